"""What a member of the Board may call with the link of a mail. No log-in: the token is the right, and good for one answer."""

import frappe
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import board


# The token, 256 random bits that are kept as a keyed hash and used once, stands for the log-in that members do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(limit=10, seconds=60 * 60)
def decide(token: str, decision: str, name_given: str, remark: str = "") -> dict:
	"""Decide what a link is about: `decision` is Approve or Reject. Returns `{message}`."""
	return {"message": board.answer(token, decision, name_given, remark)}
