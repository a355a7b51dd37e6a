"""A customer disputes an invoice by a link in its mail or on its print, without log-in (requirements §1, §3).

The link is signed for one invoice and good for 90 days; nothing is kept of it. What is entered becomes a draft that a
credit controller takes up: until then nothing is set aside. As long as a dispute that came by the link is not settled,
whatever comes after it is added to that one, as a customer expects who writes a second time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate, validate_email_address

from b2b_contracts import signed_links
from b2b_contracts.credit import notices, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import disputes as engine
from b2b_contracts.engine.evidence import Upload
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import DisputeError, DisputeLinkError
from b2b_contracts.signed_links import NotSignedError

from . import disputes, evidence_files, invoices
from .invoices import INVOICE

PURPOSE = "dispute an invoice"
PAGE = "/dispute-invoice"
VALID_FOR = timedelta(days=90)
LONGEST_TEXT = 4_000
INVOICE_TEMPLATE = "Invoice: with a way to dispute it"


# ------------------------------------------------------------------ given away
def b2b_dispute_link(invoice: str) -> str:
	"""Return the address at which a customer can dispute an invoice; for Email Templates and print formats.

	Empty for what cannot be disputed, and for whom may not read the invoice: everybody with a log-in can have a template
	rendered with the name of any document.
	"""
	facts = frappe.db.get_value(INVOICE, invoice, ["docstatus", "is_return"], as_dict=True)
	if not facts or facts.docstatus != 1 or cint(facts.is_return) or not invoices.may_read(invoice):
		return ""
	return signed_links.address(PAGE, PURPOSE, invoice, VALID_FOR)


# ------------------------------------------------------------------ looked at
@dataclass(frozen=True, slots=True)
class Opened:
	"""What a good link opens: an invoice, what of it can be disputed, and the dispute that came by the link, if any runs."""

	invoice: frappe._dict
	free: Decimal
	dispute: str | None


def language_of(token: str) -> str | None:
	"""Return the language of the customer whose invoice a link is about, None where it is not known."""
	try:
		link = signed_links.read(token, PURPOSE)
	except NotSignedError:
		return None
	customer = frappe.db.get_value(INVOICE, link.subject, "customer")
	return frappe.db.get_value("Customer", customer, "language") if customer else None


def shown(token: str) -> dict:
	"""Return what the page of a link shows: of the invoice and of the dispute, and nothing else. Reads only."""
	opened = _open(token)
	invoice = opened.invoice
	currency = invoices.currency_of(invoice)
	return {
		"invoice": invoice.name,
		"company": invoice.company,
		"posting_date": formatdate(invoice.posting_date),
		"due_date": formatdate(invoice.due_date),
		"open": wording.money_text(money(invoice.outstanding_amount), currency),
		"free": number(opened.free),
		"free_text": wording.money_text(opened.free, currency),
		"is_all_free": opened.free == money(invoice.outstanding_amount),
		"currency": currency,
		"dispute": opened.dispute,
		"raised_on": _raised_on(opened.dispute),
	}


def _raised_on(dispute: str | None) -> str:
	return formatdate(frappe.db.get_value("Dispute", dispute, "creation")) if dispute else ""


def _open(token: str) -> Opened:
	"""Return what a link opens; refuse one that is not good, or whose invoice has nothing left to dispute."""
	try:
		link = signed_links.read(token or "", PURPOSE)
	except NotSignedError:
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	invoice = invoices.facts_of(link.subject)
	if not invoice:
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	if not link.is_good(getdate()):
		_gone(_("This link was good until {0}.").format(formatdate(link.until)), invoice.company)
	return opened_for(invoice)


def opened_for(invoice: frappe._dict) -> Opened:
	"""Return what of an invoice its customer can dispute; refuse one of which that is nothing. The caller has looked at who
	asks."""
	if invoice.docstatus != 1 or cint(invoice.is_return) or money(invoice.outstanding_amount) <= 0:
		_gone(_("Nothing of invoice {0} is open any more.").format(invoice.name), invoice.company)
	free = engine.free_to_dispute(money(invoice.outstanding_amount), disputes.set_aside_of(invoice))
	dispute = _running_by_link(invoice.name)
	if not free and not dispute:
		_gone(
			_("All that is open of invoice {0} is disputed or agreed on already.").format(invoice.name),
			invoice.company,
		)
	return Opened(invoice, free, dispute)


def _running_by_link(invoice: str) -> str | None:
	"""Return the dispute of an invoice that came by its link and is not settled, None without one."""
	return frappe.db.get_value("Dispute", {"link_key": invoice})


def _gone(why: str, company: str | None = None) -> None:
	whom = whom_to_ask(company) if company else ""
	frappe.throw(f"{why} {whom}".strip(), DisputeLinkError, title=_("Link not valid"))


def whom_to_ask(company: str) -> str:
	"""Return the sentence that says to whom at a company a customer writes."""
	email, phone = frappe.db.get_value("Company", company, ["email", "phone_no"])
	how = ", ".join(filter(None, (email, phone)))
	if how:
		return _("Please write to {0} ({1}).").format(company, how)
	return _("Please answer the mail in which {0} has sent you the invoice.").format(company)


# ------------------------------------------------------------------ entered
def submit(
	token: str, amount: str, root_cause: str, description: str, email: str, uploads: Collection[Upload] = ()
) -> str:
	"""Enter what a customer does not accept, or add it to what they have entered before; returns the sentence that says so.

	`amount` is in the currency of the invoice's receivable account, empty: all that can be disputed.
	"""
	return enter(_open(token), amount, root_cause, description, email, uploads)


def enter(
	opened: Opened,
	amount: str,
	root_cause: str,
	description: str,
	email: str,
	uploads: Collection[Upload] = (),
	in_portal: bool = False,
) -> str:
	"""Enter a dispute of what is opened, or add to the one that runs, as `submit` does. The caller has looked at who asks."""
	description, email = _written(description), address(email)
	evidence_files.check(uploads)
	if opened.dispute:
		return _add(opened, description, email, uploads, in_portal)
	return _report(opened, _amount(amount, opened), root_cause, description, email, uploads, in_portal)


def _report(
	opened: Opened, amount: Decimal, root_cause: str, description: str, email: str, uploads, in_portal: bool
) -> str:
	if root_cause not in engine.CAUSES:
		_refuse(_("Choose what the complaint is about."))
	row = {"sales_invoice": opened.invoice.name, "disputed_amount": number(amount)}
	dispute = disputes.new([row], root_cause, description)
	dispute.update({"by_link": 1, "contact_email": email, "link_key": opened.invoice.name})
	dispute.flags.by_link, dispute.flags.in_portal = True, in_portal
	try:
		with _as_the_house_writes():
			# The link, or the portal, is the right to enter a draft; whoever has it has no other.
			dispute.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.clear_last_message()
		_refuse(_("This was sent twice at the same moment. Open the page again to add something."))
	except DisputeError as refused:
		frappe.clear_last_message()
		_refuse(str(refused))
	kept = evidence_files.keep(uploads, "Dispute", dispute.name)
	if kept:
		dispute.db_set("evidence", kept[0], update_modified=False)
	return _(
		"Thank you. We have received your complaint {0} about invoice {1} and will answer to {2}."
	).format(dispute.name, opened.invoice.name, email)


def _add(opened: Opened, description: str, email: str, uploads, in_portal: bool) -> str:
	kept = evidence_files.keep(uploads, "Dispute", opened.dispute)
	files = "\n".join(url.rpartition("/")[2] for url in kept)
	with _as_the_house_writes():
		text = "\n".join(filter(None, (description, email, files)))
		disputes.add_by_link(opened.dispute, text, in_portal)
	return _("Thank you. We have added this to your complaint {0}.").format(opened.dispute)


def _as_the_house_writes():
	"""Write in the site's own language meanwhile: the people who are told need not know the customer's."""
	return notices.writing_in(frappe.db.get_default("lang"))


def _written(text: str) -> str:
	text = (text or "").strip()
	if not text:
		_refuse(_("Write down what is wrong."))
	if len(text) > LONGEST_TEXT:
		_refuse(
			_("The description has {0} letters; at most {1} can be sent. Attach the rest as a file.").format(
				len(text), LONGEST_TEXT
			)
		)
	return frappe.utils.html_utils.sanitize_html(text, always_sanitize=True) if "<" in text else text


def address(email: str) -> str:
	"""Return the address that a customer has entered; refuse what is none."""
	email = (email or "").strip()
	is_one = not set(email) & set(",;<> \n")
	if not email or len(email) > 140 or not is_one or validate_email_address(email) != email:
		_refuse(_("Enter the e-mail address to which we may answer."))
	return email


def _amount(entered: str, opened: Opened) -> Decimal:
	if not (entered or "").strip():
		return opened.free
	try:
		amount = Decimal(entered)
	except InvalidOperation:
		amount = Decimal("NaN")
	if not amount.is_finite() or not ZERO < amount <= opened.free or amount != to_cents(amount):
		_refuse(
			_("Enter an amount of more than 0, and of {0} at most.").format(
				wording.money_text(opened.free, invoices.currency_of(opened.invoice))
			)
		)
	return amount


def _refuse(message: str) -> None:
	frappe.throw(message, DisputeLinkError, title=_("Dispute"))
