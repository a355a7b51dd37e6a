"""Sends a customer its statement: to the accounts payable contacts, each in its own language, with the PDF; or makes the PDF
to print. What went out is kept as an Account Statement with its file, in the transaction that queues the mail."""

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime, strip_html

from b2b_contracts.credit import contacts, locking, notices, wording
from b2b_contracts.engine import statements as engine
from b2b_contracts.exceptions import StatementError

from . import balance_confirmations, payment_links, statement_letters, statements
from .statements import Statement

ROW = "Account Statement"
BALANCE_CONFIRMATION = "Balance Confirmation"
PLANNED, SENT, PRINTED, SKIPPED, FAILED = "Planned", "Sent", "Printed", "Skipped", "Failed"
EMAIL, EMAIL_ELSE_PRINT, PRINT = "E-mail", "E-mail, else Print", "Print"
STATEMENT_TEMPLATE = "Statement of account"


def mail(customer: str, company: str, kind: str, from_date: str | None, to_date: str, **days: int):
	"""Mail a customer its statement, or ask it to confirm a balance, now. Returns the Account Statement.

	`days` are `remind_after` and `give_up_after` of a confirmation.
	"""
	row = frappe.get_doc(
		{
			"doctype": ROW,
			"customer": customer,
			"customer_name": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": company,
			"kind": kind,
			"from_date": from_date if kind == engine.MOVEMENTS else None,
			"to_date": to_date,
			"status": PLANNED,
			"row_key": frappe.generate_hash(length=20),
		}
	)
	row.flags.credit_service = True
	row.insert()
	deliver(row, EMAIL, **days)
	if row.status != SENT:
		frappe.throw(row.reason, StatementError, title=_("Statement of account"))
	return row


def statement_for(row) -> Statement:
	"""Return the statement that a row is about, as the books are now."""
	if row.kind == BALANCE_CONFIRMATION:
		return statements.open_items(row.customer, row.company, getdate(row.to_date))
	first = getdate(row.from_date) if row.from_date else None
	return statements.of_kind(row.kind, row.customer, row.company, first, getdate(row.to_date))


def deliver(row, how: str, statement: Statement | None = None, **days: int) -> None:
	"""Send a planned statement by e-mail, or make it for the printer where that is wanted; the row says what came of it."""
	statement = statement or statement_for(row)
	addresses = []
	if how != PRINT:
		addresses = contacts.addresses_for(row.customer, contacts.ACCOUNTS_PAYABLE, row.company)
	if not addresses and how == EMAIL:
		skip(
			row,
			_("{0} has no e-mail address for accounts payable. Name a contact, or print it.").format(
				row.customer_name or row.customer
			),
		)
		return
	confirmation = None
	if row.kind == BALANCE_CONFIRMATION:
		confirmation = balance_confirmations.make(statement, run=row.run, row_key=row.row_key, **days)
	languages = [a.language for a in addresses] or [frappe.db.get_value("Customer", row.customer, "language")]
	files = {language: _kept(row, statement, language, confirmation) for language in dict.fromkeys(languages)}
	if not addresses:
		_done(row, statement, PRINTED, files, confirmation)
		return
	refused = [a.email for a in addresses if not _mail(row, statement, a, files[a.language], confirmation)]
	if len(refused) == len(addresses):
		frappe.throw(
			_(
				"No mail to {0} could be queued. See that the outgoing e-mail account works, then send it again."
			).format(", ".join(refused)),
			StatementError,
		)
	sent_to = [a.email for a in addresses if a.email not in refused]
	_done(row, statement, SENT, files, confirmation, sent_to)


def _kept(row, statement: Statement, language: str | None, confirmation):
	"""Make the PDF in a language and keep it with the row; returns its File."""
	asked = {"name": confirmation.name} if confirmation else None
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": statement_letters.file_name(statement),
			"attached_to_doctype": ROW,
			"attached_to_name": row.name,
			"is_private": 1,
			"content": statement_letters.pdf_of(statement, language, asked),
		}
	)
	# Who may send a statement was checked; a job has no rights of its own.
	return file.insert(ignore_permissions=True)


def _mail(row, statement: Statement, address: contacts.Address, file, confirmation) -> bool:
	if confirmation:
		context = balance_confirmations.mail_context(confirmation, address.language)
		template = balance_confirmations.CONFIRMATION_TEMPLATE
		about = (balance_confirmations.DOCTYPE, confirmation.name)
	else:
		context, template, about = _context(statement, address.language), STATEMENT_TEMPLATE, (ROW, row.name)
	return notices.mail(
		[address.email], template, context, *about, address.language, attachments=[{"fid": file.name}]
	)


def _context(statement: Statement, language: str | None) -> dict:
	"""Return what the mail of a statement may use: `{customer_name, company, title, balance, overdue, pay}`; `pay` is the payment
	link, empty where nothing is open now."""
	pay = payment_links.link_for(customer=statement.customer, company=statement.company)
	with notices.writing_in(language):
		return {
			"pay": pay or "",
			"customer_name": statement.customer_name,
			"company": statement.company,
			"title": statement_letters.title_of(statement),
			"balance": statement_letters.balance_text(statement.totals),
			"overdue": statement_letters.balance_text(statement.overdue),
		}


def _done(row, statement: Statement, status: str, files: dict, confirmation, sent_to: list[str] = ()) -> None:
	language, file = next(iter(files.items()))
	common = {"pdf": file.file_url, "language": language, "sent_to": ", ".join(sent_to)}
	balance = "; ".join(wording.money_text(amount, currency) for currency, amount in statement.totals.items())
	values = {**common, "status": status, "reason": None, "balance": balance[:140], "sent_on": now_datetime()}
	if confirmation:
		locking.write(confirmation, common)
		values["balance_confirmation"] = confirmation.name
	locking.write(row, values)


def skip(row, reason: str) -> None:
	"""Leave a planned statement out, and say why."""
	locking.write(row, {"status": SKIPPED, "reason": strip_html(reason)})


def fail(row, reason: str) -> None:
	"""Note that a planned statement could not go out, and why."""
	locking.write(row, {"status": FAILED, "reason": strip_html(reason)})


def days_of(run) -> dict[str, int]:
	"""Return the days of a run's confirmations, as `deliver` takes them."""
	return {
		"remind_after": cint(run.remind_after_days),
		"give_up_after": cint(run.give_up_after_days),
	}
