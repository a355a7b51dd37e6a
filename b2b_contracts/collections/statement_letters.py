"""The statement of account on paper, in the language of whoever gets it: the parties, the items or movements, where to pay."""

from collections.abc import Iterable
from decimal import Decimal
from io import BytesIO

import frappe
from frappe import _
from frappe.utils import formatdate, getdate
from frappe.utils.pdf import get_pdf
from pypdf import PdfReader, PdfWriter

from b2b_contracts.credit import letters, notices, wording
from b2b_contracts.engine import statements as engine
from b2b_contracts.engine.statements import OPEN_ITEMS, Aside

from . import payment_references, plan_agreement, statements
from .statements import Part, Statement

TEMPLATE = "b2b_contracts/templates/statement_of_account.html"
MARGINS = {"margin-top": "15mm", "margin-bottom": "15mm", "margin-left": "15mm", "margin-right": "15mm"}


def pdf_of(statement: Statement, language: str | None, confirmation: dict | None = None) -> bytes:
	"""Return a statement as PDF in a language. With a `confirmation` (`{name}`) it asks whether the balance is right."""
	return get_pdf(html_of(statement, language, confirmation), options={"page-size": "A4", **MARGINS})


def html_of(statement: Statement, language: str | None, confirmation: dict | None = None) -> str:
	"""Return a statement as a page in a language."""
	with notices.writing_in(language):
		return frappe.render_template(TEMPLATE, _context(statement, confirmation))


def file_name(statement: Statement) -> str:
	"""Return the name that the file of a statement has."""
	return f"{frappe.scrub(statement.customer_name).replace('_', '-')[:80]}-{statement.last.isoformat()}.pdf"


# ------------------------------------------------------------------ words
def title_of(statement: Statement, is_confirmation: bool = False) -> str:
	"""Return what a statement is called, with its days."""
	if is_confirmation:
		return _("Confirmation of balance as of {0}").format(formatdate(statement.last))
	if statement.kind == OPEN_ITEMS:
		return _("Open items as of {0}").format(formatdate(statement.last))
	return _("Statement of account {0} – {1}").format(formatdate(statement.first), formatdate(statement.last))


def kind_text(kind: str) -> str:
	"""Return what a line is, in words."""
	return {
		engine.INVOICE: _("Invoice"),
		engine.ENTRY: _("Entry"),
		engine.PAYMENT: _("Payment"),
		engine.CREDIT_NOTE: _("Credit note"),
		engine.CREDIT: _("Credit"),
		engine.UNEXPLAINED: _("Not by document"),
	}[kind]


def aside_texts(aside: Aside, amount: Decimal, currency: str) -> list[str]:
	"""Return what of a line is not asked for just now, in words; the amount only where it is not all of it."""

	def said(whole: str, part: str, some: Decimal) -> list[str]:
		if not some:
			return []
		return [whole if some == amount else part.format(wording.money_text(some, currency))]

	texts = [
		*said(_("Disputed"), _("{0} disputed"), aside.disputed),
		*said(_("In a payment plan"), _("{0} in a payment plan"), aside.planned),
		*said(_("Payment announced"), _("Payment of {0} announced"), aside.awaited),
	]
	if aside.promised and aside.promised_until:
		until = formatdate(aside.promised_until)
		texts += [
			_("Promised until {0}").format(until)
			if aside.promised == amount
			else _("{0} promised until {1}").format(wording.money_text(aside.promised, currency), until)
		]
	return texts


def balance_text(totals: dict[str, Decimal]) -> str:
	"""Return balances in words, each with its currency."""
	return "; ".join(wording.money_text(amount, currency) for currency, amount in totals.items())


def _bucket_text(bucket: str) -> str:
	return {
		engine.NOT_DUE: _("Not due"),
		engine.UP_TO_30: _("1–30 days"),
		engine.UP_TO_60: _("31–60 days"),
		engine.UP_TO_90: _("61–90 days"),
		engine.OVER_90: _("Over 90 days"),
		engine.CREDITS: _("Credits"),
	}[bucket]


# ------------------------------------------------------------------ what the page shows
def _context(statement: Statement, confirmation: dict | None) -> dict:
	is_open = statement.kind == OPEN_ITEMS
	return {
		"title": title_of(statement, bool(confirmation)),
		"lang": frappe.local.lang,
		"letter_head": letters.letter_head(
			statement.company, {"doc": {"company": statement.company, "customer": statement.customer}}
		),
		"creditor": plan_agreement.party("Company", statement.company, statement.company),
		"debtor": plan_agreement.party("Customer", statement.customer, statement.customer_name),
		"printed_on": formatdate(getdate()),
		"is_open_items": is_open,
		"day": formatdate(statement.last),
		"first_day": formatdate(statement.first) if statement.first else "",
		"parts": [_open_part(statement, p) if is_open else moved_part(statement, p) for p in statement.parts],
		"contact": _contact(statement.company),
		"confirmation": confirmation,
	}


def _open_part(statement: Statement, part: Part) -> dict:
	rows = [
		{
			"kind": kind_text(item.kind),
			"name": item.name,
			"known_by": statement.known_by.get((item.doctype, item.name), ""),
			"posted": formatdate(item.posted),
			"due": formatdate(item.due) if item.amount > 0 else "",
			"days": item.days_past_due or "",
			"reference": statement.references.get(item.name, "") if item.amount > 0 else "",
			"amount": _plain(item.amount),
			"notes": aside_texts(item.aside, item.amount, part.currency),
		}
		for item in part.items
	]
	return {
		"currency": part.currency,
		"rows": rows,
		"has_references": any(row["reference"] for row in rows),
		"closing": wording.money_text(part.closing, part.currency),
		"is_credit": part.closing < 0,
		"pay": payment_references.payment_lines(statement.company, part.currency, None)
		if part.closing > 0
		else [],
		"overdue": wording.money_text(part.overdue, part.currency) if part.overdue else "",
		"ageing": [(_bucket_text(bucket), _plain(amount)) for bucket, amount in part.ageing.items()],
	}


def moved_part(statement: Statement, part: Part) -> dict:
	"""Return the movements of one currency in words: `{currency, opening, closing, is_credit, rows: [{kind, name, known_by,
	posted, debit, credit, balance}]}`."""
	rows = [
		{
			"kind": kind_text(statements.kind_of(statement, line.entry)),
			"name": line.entry.name,
			"known_by": statement.known_by.get((line.entry.doctype, line.entry.name), ""),
			"posted": formatdate(line.entry.day),
			"debit": _plain(line.entry.debit) if line.entry.debit else "",
			"credit": _plain(line.entry.credit) if line.entry.credit else "",
			"balance": _plain(line.balance),
		}
		for line in part.lines
	]
	return {
		"currency": part.currency,
		"rows": rows,
		"opening": _plain(part.opening),
		"closing": wording.money_text(part.closing, part.currency),
		"is_credit": part.closing < 0,
	}


def _plain(amount: Decimal) -> str:
	"""Return an amount of a column that says its currency at the top."""
	return frappe.utils.fmt_money(float(amount), precision=2)


def _contact(company: str) -> str:
	return ", ".join(filter(None, frappe.db.get_value("Company", company, ["email", "phone_no"]) or ()))


def joined(documents: Iterable[bytes]) -> bytes:
	"""Return several PDFs as one, in their order."""
	writer = PdfWriter()
	for content in documents:
		writer.append_pages_from_reader(PdfReader(BytesIO(content)))
	joined = BytesIO()
	writer.write(joined)
	return joined.getvalue()
