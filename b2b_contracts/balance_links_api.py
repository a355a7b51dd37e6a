"""What a customer may call with the link to a balance. No log-in: the token is the right, signed for one confirmation and good
for one answer."""

import frappe
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import balance_confirmations
from b2b_contracts.credit.notices import writing_in


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=10, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=20, seconds=60 * 60)
def answer_balance(token: str, answer: str, name_given: str, comment: str = "", amounts: str = "") -> dict:
	"""Answer whether the balance of a link is right: `Confirmed`, or `Differs` with a `comment` and, under `amounts`, what is
	owed by the customer's own books: a JSON object `{currency: amount}`. Returns `{message}`."""
	with writing_in(balance_confirmations.language_of(token)):
		return {"message": balance_confirmations.submit(token, answer, name_given, comment, amounts)}
