"""What a customer may call with a link of a mail. No log-in: the token is the right, signed for one invoice."""

import frappe
from frappe.rate_limiter import rate_limit

from b2b_contracts.collections import dispute_links, evidence_files, payment_links, split_links
from b2b_contracts.credit.notices import writing_in


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=10, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=20, seconds=60 * 60)
def dispute_invoice(token: str, description: str, email: str, amount: str = "", root_cause: str = "") -> dict:
	"""Enter what a customer does not accept of the invoice of a link, or add it to what they have entered before; with up to
	3 files under `files`. `amount` is in the currency of the invoice, empty: all of it. Returns `{message}`."""
	with writing_in(dispute_links.language_of(token)):
		files = evidence_files.sent("files")
		return {"message": dispute_links.submit(token, amount, root_cause, description, email, files)}


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=50, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=60, seconds=60 * 60)
def payment_link_opened(token: str) -> None:
	"""Count that the page of a payment link was opened: once a day, and nothing of who opened it."""
	with writing_in(payment_links.language_of(token)):
		payment_links.count_click(token)


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=50, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=20, seconds=60 * 60)
def pay_online(token: str, invoice: str) -> dict:
	"""Return the address at a payment provider where an invoice of a payment link is paid, as `{address}`."""
	with writing_in(payment_links.language_of(token)):
		return {"address": payment_links.pay_online(token, invoice)}


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=100, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=120, seconds=60 * 60)
def split_preview(token: str, number_of_instalments: int, first_instalment_date: str) -> dict:
	"""Return in which instalments what the link of a reminder is about would be paid. Writes nothing. Returns `{total,
	total_text, invoices, instalments: [{due, amount}]}`."""
	with writing_in(split_links.language_of(token)):
		made = split_links.preview(token, number_of_instalments, first_instalment_date)
		# What the desk says of a last instalment that is pulled in stands on the page already.
		frappe.clear_messages()
		return made


# The token, signed with the site's own key, stands for the log-in that customers do not have.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: see above
@rate_limit(key="token", limit=10, seconds=24 * 60 * 60, ip_based=False)
@rate_limit(limit=20, seconds=60 * 60)
def agree_split(
	token: str,
	number_of_instalments: int,
	first_instalment_date: str,
	total: str,
	name_given: str,
	email: str,
	acknowledged: int = 0,
) -> dict:
	"""Ask to pay in the instalments that `split_preview` has shown, over its `total`, and acknowledge to owe it: a draft for the
	credit controller, once for each link. Returns `{message}`."""
	with writing_in(split_links.language_of(token)):
		message = split_links.agree(
			token,
			number_of_instalments,
			first_instalment_date,
			total,
			name_given,
			email,
			bool(acknowledged),
		)
		frappe.clear_messages()
		return {"message": message}
