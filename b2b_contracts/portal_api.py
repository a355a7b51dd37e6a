"""What a customer with a log-in may call: of its own accounts, and of nobody else's (collections/portal_access.py).

Every method looks first at whose account, invoice or reminder is named, and says the same of a foreign one as of one that
there is not. Errors are Frappe's: `PermissionError` for what is not the user's, `RateLimitExceededError` for too much of it,
`ValidationError` (with a sentence that says what to do, in the customer's language) for everything else.
"""

import json

import frappe
from frappe.utils import getdate

from b2b_contracts.collections import (
	dunning_letters,
	evidence_files,
	portal_access,
	portal_account,
	portal_actions,
	portal_plans,
	statement_letters,
	statements,
)
from b2b_contracts.collections.portal_access import at_most, language_of
from b2b_contracts.credit.notices import writing_in


@frappe.whitelist()
@at_most(60)
def statement_pdf(customer: str, company: str, from_date: str = "", to_date: str = "") -> None:
	"""Answer with the open items of one's own account as PDF; with `from_date`, with what moved it from that day to
	`to_date` (empty: today)."""
	account = portal_access.need_account(customer, company)
	if from_date:
		made = statements.statement_of_account(
			account.customer, account.company, *portal_account.days_of(from_date, to_date)
		)
	else:
		made = statements.open_items(account.customer, account.company, getdate())
	_answer(statement_letters.file_name(made), statement_letters.pdf_of(made, language_of(account.customer)))


@frappe.whitelist()
@at_most(60)
def reminder_pdf(notice: str) -> None:
	"""Answer with a reminder that one was sent, as a letter: as it was printed, else in the words in which it went out."""
	_account, sent = portal_access.need_notice(notice)
	_answer(f"{sent.name}.pdf", dunning_letters.pdf_of(sent.name, getdate(sent.sent_on)))


def _answer(name: str, content: bytes) -> None:
	frappe.local.response.filename = name
	frappe.local.response.filecontent = content
	frappe.local.response.type = "pdf"


@frappe.whitelist(methods=["POST"])
@at_most(60)
def plan_preview(
	customer: str, company: str, invoices: str | list, number_of_instalments: int, first_instalment_date: str
) -> dict:
	"""Return the payment plan that one could ask for, in monthly instalments over overdue invoices. Writes nothing. Returns
	`{total, total_text, invoices, instalments: [{due, amount}]}`."""
	account = portal_access.need_account(customer, company)
	with writing_in(language_of(account.customer)):
		plan = portal_actions.proposal(
			account, _names(invoices), number_of_instalments, first_instalment_date
		)
		# What the desk says of a last instalment that is pulled in stands on the page already.
		frappe.clear_messages()
		return portal_plans.instalments(plan)


@frappe.whitelist(methods=["POST"])
@at_most(20)
def ask_for_plan(
	customer: str,
	company: str,
	invoices: str | list,
	number_of_instalments: int,
	first_instalment_date: str,
	reason: str,
	total: str,
) -> dict:
	"""Ask for a payment plan as `plan_preview` has shown it, over its `total`: a draft for the credit controller. Returns
	`{message}`."""
	account = portal_access.need_account(customer, company)
	with writing_in(language_of(account.customer)):
		message = portal_actions.ask_for_plan(
			account, _names(invoices), number_of_instalments, first_instalment_date, reason, total
		)
		frappe.clear_messages()
		return {"message": message}


@frappe.whitelist(methods=["POST"])
@at_most(20)
def promise_payment(invoice: str, promised_date: str, amount: str = "") -> dict:
	"""Promise to pay one of one's own invoices until a day: `amount` of it, in the currency of its account, or all that is
	free (empty). Returns `{message}`."""
	account, facts = portal_access.need_invoice(invoice)
	with writing_in(language_of(account.customer)):
		return {"message": portal_actions.promise(account, facts, amount, promised_date)}


@frappe.whitelist(methods=["POST"])
@at_most(20)
def promise_all_overdue(customer: str, company: str, promised_date: str) -> dict:
	"""Promise to pay all that is overdue of one's own account until a day. Returns `{message}`."""
	account = portal_access.need_account(customer, company)
	with writing_in(language_of(account.customer)):
		return {"message": portal_actions.promise_all(account, promised_date)}


@frappe.whitelist(methods=["POST"])
@at_most(20)
def dispute_invoice(invoice: str, description: str, amount: str = "", root_cause: str = "") -> dict:
	"""Enter what one does not accept of one of one's own invoices, or add to what was entered before; with up to 3 files under
	`files`. `amount` is in the currency of the invoice's account, empty: all of it. Returns `{message}`."""
	account, facts = portal_access.need_invoice(invoice)
	with writing_in(language_of(account.customer)):
		files = evidence_files.sent("files")
		return {"message": portal_actions.dispute(facts, amount, root_cause, description, files)}


@frappe.whitelist(methods=["POST"])
def turn_down_plan(plan: str, answer: str) -> dict:
	"""For the credit controller: turn down a payment plan that a customer has asked for, with an answer that it reads in the
	portal. Returns `{name, turned_down}`."""
	frappe.has_permission("Payment Plan", "write", plan, throw=True)
	turned_down = portal_actions.turn_down(plan, answer)
	return {"name": turned_down.name, "turned_down": turned_down.turned_down}


def _names(invoices: str | list) -> list[str]:
	try:
		names = json.loads(invoices) if isinstance(invoices, str) else invoices
	except ValueError:
		names = None
	return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
