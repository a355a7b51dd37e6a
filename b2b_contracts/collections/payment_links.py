"""The payment link of a reminder, statement or invoice (requirements §3): a page that shows a customer what is open, where
to pay it and with which reference.

A link is signed for one invoice, or for one customer's account with one company, and good for 90 days. It shows what had
been billed on the day it was made and is still open, nothing that came later, and nothing once that is paid. Nothing is
kept of a link but that it was opened, at most once a day.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts import signed_links
from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import PaymentLinkError
from b2b_contracts.signed_links import NotSignedError, SignedLink

from . import online_payments, payment_references
from .dispute_links import whom_to_ask
from .invoices import INVOICE, currency_of, may_read

PURPOSE = "pay invoices"
PAGE = "/pay-invoices"
VALID_FOR = timedelta(days=90)
CLICK = "Payment Link Click"
# More than these are named by their number: nobody pays hundreds of invoices from a page.
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Subject:
	"""What a link is for: one invoice, or a customer's account with a company; and the document that it was sent with."""

	invoice: str = ""
	customer: str = ""
	company: str = ""
	about: tuple[str, str] = ("", "")

	def written(self) -> str:
		return json.dumps([self.invoice, self.customer, self.company, *self.about], ensure_ascii=False)

	@classmethod
	def read(cls, text: str) -> "Subject":
		invoice, customer, company, *about = json.loads(text)
		return cls(invoice, customer, company, tuple(about))

	def sent_with(self) -> tuple[str, str]:
		"""Return what its clicks are counted for: the notice it was sent with, else what it is for."""
		if all(self.about):
			return self.about
		return (INVOICE, self.invoice) if self.invoice else ("Customer", self.customer)


@dataclass(frozen=True, slots=True)
class Opened:
	"""What a good link opens: what it is for, with which company, and what of that is open, the first due first."""

	subject: Subject
	company: str
	invoices: tuple[frappe._dict, ...]


# ------------------------------------------------------------------ given away
def link_for(
	invoice: str | None = None,
	*,
	customer: str | None = None,
	company: str | None = None,
	about: tuple[str, str] = ("", ""),
) -> str | None:
	"""Return the address at which a customer sees what it can pay, None where nothing is open.

	For one `invoice`, or for all that is open of a `customer` with a `company`. `about` is the document that it is sent
	with (doctype, name): its clicks are counted for that. Whoever calls this has looked at who gets it.
	"""
	subject = Subject(invoice or "", customer or "", company or "", about)
	if not _open_invoices(subject, getdate()):
		return None
	return signed_links.address(PAGE, PURPOSE, subject.written(), VALID_FOR)


def b2b_payment_link(invoice: str) -> str:
	"""Return the payment link of an invoice, for Email Templates and print formats.

	Empty where nothing of it is open, and for whom may not read the invoice.
	"""
	if not frappe.db.exists(INVOICE, invoice) or not may_read(invoice):
		return ""
	return link_for(invoice) or ""


# ------------------------------------------------------------------ looked at
def language_of(token: str) -> str | None:
	"""Return the language of the customer whom a link is for, None where it is not known."""
	try:
		subject = Subject.read(signed_links.read(token, PURPOSE).subject)
	except NotSignedError:
		return None
	customer = subject.customer or frappe.db.get_value(INVOICE, subject.invoice, "customer")
	return frappe.db.get_value("Customer", customer, "language") if customer else None


def shown(token: str) -> dict:
	"""Return what the page of a link shows, and nothing else. Reads only."""
	opened = _open(token)
	rows = [_row(invoice) for invoice in opened.invoices[:SHOWN]]
	currencies = list(dict.fromkeys(row["currency"] for row in rows))
	online = {currency for currency in currencies if online_payments.account_for(opened.company, currency)}
	for row in rows:
		row["pays_online"] = bool(row["to_pay"]) and not row["aside_text"] and row["currency"] in online
	return {
		"company": opened.company,
		"customer": opened.invoices[0].customer_name,
		"invoices": rows,
		"more": len(opened.invoices) - len(rows),
		"groups": [_group(opened.company, currency, rows) for currency in currencies],
		"whom_to_ask": whom_to_ask(opened.company),
	}


def _row(invoice: frappe._dict) -> dict:
	currency = invoice.currency
	left, aside = _amounts(invoice)
	return {
		"name": invoice.name,
		"posting_date": formatdate(invoice.posting_date),
		"due_date": formatdate(invoice.due_date),
		"is_overdue": getdate(invoice.due_date) < getdate(),
		"currency": currency,
		"to_pay": left,
		"to_pay_text": wording.money_text(left, currency),
		"aside_text": wording.money_text(aside, currency) if aside else "",
		"reference": invoice.b2b_payment_reference or invoice.name,
		"printed": invoice.b2b_payment_reference_printed or invoice.name,
	}


def _group(company: str, currency: str, rows: list[dict]) -> dict:
	"""Return how the invoices of a currency are paid, and how much they are together."""
	own = [row for row in rows if row["currency"] == currency]
	return {
		"currency": currency,
		"total_text": wording.money_text(sum((row["to_pay"] for row in own), ZERO), currency),
		"count": len(own),
		"lines": payment_references.payment_lines(company, currency, None),
	}


def _amounts(invoice: frappe._dict) -> tuple[Decimal, Decimal]:
	"""Return what of an invoice is to be paid now, and what of it is disputed or paid by a plan: in its own currency."""
	in_account = currency_of(invoice)
	rate = Decimal(1) if in_account == invoice.currency else Decimal(str(invoice.conversion_rate or 1))
	still_open = money(invoice.outstanding_amount)
	aside = min(still_open, money(invoice.b2b_disputed_amount) + money(invoice.b2b_planned_amount))
	return to_cents((still_open - aside) / rate), to_cents(aside / rate)


def _open(token: str) -> Opened:
	"""Return what a link opens; refuse one that is not good, or of which everything is paid."""
	link, subject = _read(token)
	company = subject.company or frappe.db.get_value(INVOICE, subject.invoice, "company")
	if not company or not frappe.db.exists("Company", company):
		_not_valid()
	if not link.is_good(getdate()):
		_gone(_("This link was good until {0}.").format(formatdate(link.until)), company)
	invoices = _open_invoices(subject, link.until - VALID_FOR)
	if not invoices:
		_gone(_("Nothing is open any more of what this link is for. Thank you for your payment."), company)
	return Opened(subject, company, invoices)


def _read(token: str) -> tuple[SignedLink, Subject]:
	try:
		link = signed_links.read(token or "", PURPOSE)
	except NotSignedError:
		_not_valid()
	return link, Subject.read(link.subject)


def _open_invoices(subject: Subject, billed_until: date) -> tuple[frappe._dict, ...]:
	invoice = frappe.qb.DocType(INVOICE)
	query = (
		frappe.qb.from_(invoice)
		.select(
			*(invoice.name, invoice.company, invoice.customer_name, invoice.posting_date, invoice.due_date),
			*(invoice.currency, invoice.party_account_currency, invoice.conversion_rate),
			*(invoice.outstanding_amount, invoice.b2b_disputed_amount, invoice.b2b_planned_amount),
			*(invoice.b2b_payment_reference, invoice.b2b_payment_reference_printed),
		)
		.where((invoice.docstatus == 1) & (invoice.is_return == 0) & (invoice.outstanding_amount > 0))
		.orderby(invoice.due_date, invoice.name)
	)
	if subject.invoice:
		query = query.where(invoice.name == subject.invoice)
	else:
		query = query.where((invoice.customer == subject.customer) & (invoice.company == subject.company))
		query = query.where(invoice.posting_date <= billed_until)
	return tuple(query.run(as_dict=True))


def _not_valid() -> None:
	_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))


def _gone(why: str, company: str | None = None) -> None:
	whom = whom_to_ask(company) if company else ""
	frappe.throw(f"{why} {whom}".strip(), PaymentLinkError, title=_("Link not valid"))


# ------------------------------------------------------------------ paid at once
def pay_online(token: str, invoice: str) -> str:
	"""Return the address at a payment provider where an invoice of a link is paid. Refuses any other invoice."""
	opened = _open(token)
	row = next((row for row in opened.invoices if row.name == invoice), None)
	aside = _amounts(row)[1] if row else ZERO
	if not row or aside or not online_payments.account_for(opened.company, row.currency):
		_gone(_("Invoice {0} cannot be paid here.").format(invoice), opened.company)
	return online_payments.address_for(invoice)


# ------------------------------------------------------------------ counted
def count_click(token: str) -> None:
	"""Count that a link was opened today: once a day for what it was sent with, and nothing of who opened it."""
	opened = _open(token)
	doctype, name = opened.subject.sent_with()
	doc = frappe.get_doc(
		{
			"doctype": CLICK,
			"reference_doctype": doctype,
			"reference_name": name,
			"company": opened.company,
			"clicked_on": getdate(),
			"click_key": frappe.utils.sha256_hash(f"{doctype}\n{name}\n{opened.company}\n{getdate()}"),
		}
	)
	doc.flags.credit_service = True
	try:
		# The link is the right to be counted; whoever has it has no other.
		doc.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.clear_last_message()


def clicked(doctype: str, names: list[str]) -> set[str]:
	"""Return which documents of a type (notices, say) had their link opened at least once: for the click rate."""
	return set(
		frappe.get_all(
			CLICK,
			filters={"reference_doctype": doctype, "reference_name": ["in", names or [""]]},
			pluck="reference_name",
			distinct=True,
		)
	)
