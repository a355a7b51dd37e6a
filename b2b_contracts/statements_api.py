"""What the desk and other software may call about statements of account, confirmations of balance and the limitation of claims.

Every method checks permission first and is typed. Amounts are numbers in the currency that stands beside them. Errors are
Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _
from frappe.utils import cint, getdate, nowdate

from b2b_contracts.collections import (
	balance_confirmations,
	limitation,
	statement_letters,
	statement_runs,
	statement_sending,
	statements,
)
from b2b_contracts.credit.account_facts import total_of
from b2b_contracts.engine.balance_confirmations import GIVE_UP_AFTER, REMIND_AFTER
from b2b_contracts.engine.statements import OPEN_ITEMS
from b2b_contracts.permissions import need_customer, sees_every_customer

ROW, RUN = statement_sending.ROW, statement_runs.RUN
CONFIRMATION = balance_confirmations.DOCTYPE


def _need(customer: str, company: str) -> None:
	"""Refuse whoever may not read statements of a customer in a company: by role, portfolio and user permissions."""
	if frappe.has_permission("Customer", "read"):
		need_customer(customer)
	elif not sees_every_customer():
		raise frappe.PermissionError
	frappe.get_doc({"doctype": ROW, "customer": customer, "company": company}).check_permission("read")


# ------------------------------------------------------------------ one statement
@frappe.whitelist()
def statement(
	customer: str, company: str, kind: str = OPEN_ITEMS, from_date: str = "", to_date: str = ""
) -> dict:
	"""Return a statement of account: `Open Items` as of `to_date` (empty: today), or `Movements` from `from_date` to it.
	`{kind, customer, customer_name, company, from_date, to_date, parts: [{currency, opening, closing, overdue, ageing, items,
	lines}]}`."""
	_need(customer, company)
	return statements.as_dict(_made(customer, company, kind, from_date, to_date))


@frappe.whitelist()
def statement_pdf(
	customer: str,
	company: str,
	kind: str = OPEN_ITEMS,
	from_date: str = "",
	to_date: str = "",
	language: str = "",
	download: int = 0,
) -> None:
	"""Answer with a statement of account as PDF, in the customer's language unless another is named; to look at, or with
	`download` to keep."""
	_need(customer, company)
	made = _made(customer, company, kind, from_date, to_date)
	language = language or frappe.db.get_value("Customer", customer, "language")
	frappe.local.response.filename = statement_letters.file_name(made)
	frappe.local.response.filecontent = statement_letters.pdf_of(made, language)
	frappe.local.response.type = "download" if cint(download) else "pdf"


def _made(customer: str, company: str, kind: str, from_date: str, to_date: str) -> statements.Statement:
	first = getdate(from_date) if from_date else None
	return statements.of_kind(kind, customer, company, first, getdate(to_date or nowdate()))


@frappe.whitelist(methods=["POST"])
def mail_statement(
	customer: str, company: str, kind: str = OPEN_ITEMS, from_date: str = "", to_date: str = ""
) -> dict:
	"""Mail a statement of account to the accounts payable contacts of a customer, in their languages. Returns `{name, sent_to}`."""
	_need(customer, company)
	frappe.has_permission(ROW, "create", throw=True)
	if kind not in statements.KINDS:
		frappe.throw(
			_("{0} is no kind of statement. Use one of {1}.").format(kind, ", ".join(statements.KINDS))
		)
	row = statement_sending.mail(customer, company, kind, from_date or None, to_date or nowdate())
	return {"name": row.name, "sent_to": row.sent_to}


@frappe.whitelist(methods=["POST"])
def ask_to_confirm_balance(
	customer: str,
	company: str,
	to_date: str = "",
	remind_after: int = REMIND_AFTER,
	give_up_after: int = GIVE_UP_AFTER,
) -> dict:
	"""Mail a customer its balance as of a day (empty: today) with a link to confirm it or to say what differs. Days are those
	until it is reminded and given up. Returns `{name, sent_to}` of the Balance Confirmation."""
	_need(customer, company)
	frappe.has_permission(CONFIRMATION, "create", throw=True)
	row = statement_sending.mail(
		customer,
		company,
		statement_sending.BALANCE_CONFIRMATION,
		None,
		to_date or nowdate(),
		remind_after=remind_after,
		give_up_after=give_up_after,
	)
	return {"name": row.balance_confirmation, "sent_to": row.sent_to}


# ------------------------------------------------------------------ many
@frappe.whitelist(methods=["POST"])
def start_statement_run(run: str) -> dict:
	"""Start a run, go on with one that was cancelled, or try again what failed. Returns the shape of `statement_run_state`."""
	frappe.has_permission(RUN, "write", run, throw=True)
	statement_runs.start(run)
	return statement_runs.state(run)


@frappe.whitelist(methods=["POST"])
def cancel_statement_run(run: str) -> dict:
	"""Stop a run; what has not gone out stays planned. Returns the shape of `statement_run_state`."""
	frappe.has_permission(RUN, "write", run, throw=True)
	statement_runs.cancel(run)
	return statement_runs.state(run)


@frappe.whitelist()
def statement_run_state(run: str) -> dict:
	"""Return how far a run is: `{status, planned, left, sent, printed, skipped, failed}`."""
	frappe.has_permission(RUN, "read", run, throw=True)
	return statement_runs.state(run)


@frappe.whitelist()
def customers_of_run(run: str) -> dict:
	"""Return for how many customers a run is, before it is started: `{count, first: [names]}`."""
	doc = frappe.get_doc(RUN, run)
	doc.check_permission("read")
	names = statement_runs.customers_of(doc)
	return {"count": len(names), "first": names[:10]}


# ------------------------------------------------------------------ confirmations
@frappe.whitelist(methods=["POST"])
def record_balance_answer(
	confirmation: str,
	answer: str,
	name_given: str,
	evidence: str,
	comment: str = "",
	amounts: str | dict = "",
) -> dict:
	"""Enter an answer that came on paper: `Confirmed` or `Differs`, who signed it, the paper (address of a file), and where it
	differs what is owed by the customer's books, `{currency: amount}`. Returns `{name, status}`."""
	frappe.has_permission(CONFIRMATION, "write", confirmation, throw=True)
	theirs = json.loads(amounts or "{}") if isinstance(amounts, str) else amounts
	doc = balance_confirmations.record(confirmation, answer, name_given, comment, theirs, evidence)
	return {"name": doc.name, "status": doc.status}


@frappe.whitelist()
def why_not_decide_acknowledgement(confirmation: str) -> str | None:
	"""Return why the user may not decide whether a balance acknowledges the debt, None when they may."""
	doc = frappe.get_doc(CONFIRMATION, confirmation)
	doc.check_permission("read")
	return balance_confirmations.why_not_decide(doc)


@frappe.whitelist(methods=["POST"])
def decide_acknowledgement(confirmation: str, acknowledges: int, reason: str) -> dict:
	"""Decide whether a confirmed balance acknowledges the debt, so that its limitation period starts anew. Returns `{name,
	acknowledges_debt}`."""
	frappe.has_permission(CONFIRMATION, "write", confirmation, throw=True)
	doc = balance_confirmations.decide(confirmation, bool(acknowledges), reason)
	return {"name": doc.name, "acknowledges_debt": doc.acknowledges_debt}


# ------------------------------------------------------------------ limitation
@frappe.whitelist()
def expiring_claims(customer: str, company: str) -> dict | None:
	"""Return what of a customer's debt can no longer be enforced within a year: `{amount, currency, count, first, days_left}`,
	None for nothing."""
	_need(customer, company)
	return limitation.of_customer(customer, company)


@frappe.whitelist()
def claims_about_to_expire(filters: str | dict | list | None = None) -> dict:
	"""Return what of the user's company can no longer be enforced within a year, for the card of that name."""
	frappe.has_permission(limitation.WARNING, "read", throw=True)
	company = (
		frappe.defaults.get_user_default("Company") or frappe.get_all("Company", pluck="name", limit=1)[0]
	)
	rows = limitation.seen(limitation.expiring(company))
	return {
		"value": total_of(float(row.base_amount) for row in rows),
		"fieldtype": "Currency",
		"route": ["query-report", "Limitation Watch"],
		"route_options": {"company": company},
	}
