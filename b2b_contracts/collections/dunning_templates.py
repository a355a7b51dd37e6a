"""What reminders say: templates with a text for each language, checked when they are saved, rendered from what a notice
knows and from nothing else (requirements §3).

The ready-made blocks are the same in every text, so that no template can leave out an item, a charge, the total, how to pay
or what has to be announced.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import cint, fmt_money, getdate
from markupsafe import Markup

from b2b_contracts import merged_texts
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.letters import day_text
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError

from . import dunning_texts, payment_links, payment_references, split_links
from .dunning_texts import ITEMS, PAYMENT, STATEMENTS
from .invoices import INVOICE

TEMPLATE, FLOW = "Dunning Template", "Dunning Flow"
# What a template announces, where it says so in each language, and what it has to say.
STATEMENT_FIELDS = {
	engine.DELIVERY_STOP: ("announces_delivery_stop", "delivery_stop_statement"),
	engine.INTEREST: ("announces_interest", "interest_statement"),
	engine.COLLECTION: ("announces_collection", "collection_statement"),
}
ENGLISH = "en"


# ------------------------------------------------------------------ what may be saved
def check(template) -> None:
	"""Refuse a template that could not be sent: a text that does not show what is due and what is announced, names what
	there is not, or does more than name it."""
	if not template.texts:
		_refuse(template, _("Enter a text for at least one language."))
	languages: set[str] = set()
	for row in template.texts:
		if row.language in languages:
			_refuse(template, _("The language {0} is there twice.").format(_language_name(row.language)))
		languages.add(row.language)
		_check_text(template, row)


def _check_text(template, row) -> None:
	announced = [what for what, (field, _text) in STATEMENT_FIELDS.items() if cint(template.get(field))]
	_check_source(template, row, "subject", blocks=())
	if "\n" in (row.subject or "").strip():
		_refuse_in(template, row, "subject", _("A subject is one line."))
	_check_source(template, row, "message", is_html=True, needs=(ITEMS, STATEMENTS))
	if (row.sms or "").strip():
		# A message that announces something says so by whatever channel it goes.
		_check_source(template, row, "sms", needs=(STATEMENTS,) if announced else (), blocks=(STATEMENTS,))
	for what, (field, text_field) in STATEMENT_FIELDS.items():
		if what in announced and not (row.get(text_field) or "").strip():
			_refuse(
				template,
				_("“{0}” is ticked, but the text in {1} does not say it. Fill in “{2}” under {1}.").format(
					_label(template, field), _language_name(row.language), _label(row, text_field)
				),
			)
		_check_source(template, row, text_field, blocks=())


def _check_source(template, row, field: str, *, is_html: bool = False, needs=(), blocks=None) -> None:
	allowed = dunning_texts.BLOCKS if blocks is None else blocks
	fault = dunning_texts.first_fault(row.get(field) or "", is_html=is_html, needs=needs, blocks=allowed)
	if fault:
		_refuse_in(template, row, field, merged_texts.fault_text(fault, dunning_texts.WORDS), fault.line)


def check_flows(template) -> None:
	"""Refuse a template that no longer announces what a later step of a flow relies on."""
	from . import dunning_flows

	before = template.get_doc_before_save()
	if not before or all(
		cint(before.get(f)) <= cint(template.get(f)) for f, _text in STATEMENT_FIELDS.values()
	):
		return
	used = frappe.get_all(
		"Dunning Flow Step", {"template": template.name, "parenttype": FLOW}, pluck="parent"
	)
	for name in sorted(set(used)):
		dunning_flows.check(frappe.get_doc(FLOW, name))


def without_sms(template: str) -> list[str]:
	"""Return the languages in which a template has no text for SMS."""
	rows = frappe.get_all("Dunning Template Text", {"parent": template}, ["language", "sms"], order_by="idx")
	return [row.language for row in rows if not (row.sms or "").strip()]


def _label(document, field: str) -> str:
	return _(document.meta.get_label(field), context=document.doctype)


def _language_name(code: str) -> str:
	return frappe.db.get_value("Language", code, "language_name") or code


def _refuse_in(template, row, field: str, message: str, line: int = 1) -> None:
	where = _("{0} in {1}, line {2}").format(_label(row, field), _language_name(row.language), line)
	_refuse(template, f"{where}: {message}")


def _refuse(template, message: str) -> None:
	frappe.throw(
		_("Template {0}: {1}").format(frappe.bold(template.template_name or template.name), message),
		DunningError,
		title=_("Dunning template"),
	)


# ------------------------------------------------------------------ rendered
@dataclass(frozen=True, slots=True)
class Rendered:
	"""A message: subject and SMS are plain text, `message` is HTML; `language` is the one of the text that was taken."""

	subject: str
	message: str
	sms: str
	language: str


class _Items(list):
	"""The items of a notice: a text prints them as the ready-made table, or goes through them."""

	block = Markup()

	def __html__(self) -> Markup:
		return self.block


def render(template: str, language: str | None, context: dict, statements: Iterable[str] = ()) -> Rendered:
	"""Return a template's text in the language nearest to the one asked for, filled in from `context` (see `context_of`).

	`statements` are what the notice announces, of `STATEMENT_FIELDS`; a text that has no words for one gets the app's own.
	"""
	doc = frappe.get_cached_doc(TEMPLATE, template)
	row = _text_in(doc, language)
	with writing_in(row.language):
		values = {name: context.get(name) or "" for name in dunning_texts.VALUES}
		said = [_statement(row, what, values) for what in STATEMENT_FIELDS if what in set(statements)]
		items = _Items(context.get(ITEMS) or ())
		payment = _payment_block(context)
		plain = {**values, "payment_lines": context.get("payment_lines") or [], ITEMS: items}
		uses_payment = PAYMENT in dunning_texts.names_in(row.message, is_html=True)
		# How to pay stands in every message: under the items, where the text has no place for it.
		items.block = _items_block(context) + (Markup() if uses_payment else payment)
		rich = {**plain, PAYMENT: payment, STATEMENTS: _statements_block(said)}
		return Rendered(
			subject=" ".join(dunning_texts.render(row.subject, plain, is_html=False).split()),
			message=dunning_texts.render(row.message, rich, is_html=True).strip(),
			sms=dunning_texts.render(
				(row.sms or "").strip(), {**plain, STATEMENTS: " ".join(said)}, is_html=False
			),
			language=row.language,
		)


def language_of(template: str | None, language: str | None) -> str:
	"""Return the language in which a template speaks to somebody who reads `language`."""
	if not template:
		return language or frappe.db.get_default("lang") or ENGLISH
	return _text_in(frappe.get_cached_doc(TEMPLATE, template), language).language


def _text_in(doc, language: str | None):
	"""Return the text in the customer's language, else one near it, else in the site's, else in English, else the first."""
	by_language = {row.language: row for row in doc.texts}
	found = merged_texts.nearest(by_language, (language, frappe.db.get_default("lang"), ENGLISH))
	if found:
		return by_language[found]
	if not doc.texts:
		_refuse(doc, _("Enter a text for at least one language."))
	return doc.texts[0]


def _statement(row, what: str, values: dict) -> str:
	_field, text_field = STATEMENT_FIELDS[what]
	own = (row.get(text_field) or "").strip()
	return dunning_texts.render(own, values, is_html=False) if own else _standard_statement(what, values)


def _standard_statement(what: str, values: dict) -> str:
	"""Return what has to be said where the template of the highest step has no words for what another item's step
	announces."""
	deadline = values["deadline"]
	if what == engine.DELIVERY_STOP:
		return _(
			"If we have not received your payment by {0}, we may stop deliveries to you until everything that is overdue has been paid."
		).format(deadline)
	if what == engine.INTEREST:
		return _(
			"If we have not received your payment by {0}, we will charge late-payment interest from the due date until it is paid."
		).format(deadline)
	return _(
		"If we have received neither your payment nor your objection by {0}, we will hand the claim over to debt collection without further notice. That may cause you additional costs."
	).format(deadline)


def _statements_block(said: list[str]) -> Markup:
	paragraphs = Markup().join(Markup("<p><b>{0}</b></p>").format(text) for text in said)
	return Markup('<div class="b2b-statements">{0}</div>').format(paragraphs) if said else Markup()


def _items_block(context: dict) -> Markup:
	rows = context.get(ITEMS) or []
	charges = [
		(label, context[f"{name}_figure"])
		for name, label in (
			("fee", _("Reminder fee")),
			("interest", _("Late-payment interest")),
			("compensation", _("Compensation for the costs of collection")),
			("earlier_charges", _("Charges of earlier reminders")),
		)
		if context.get(name)
	]
	return Markup(
		frappe.render_template(
			"b2b_contracts/templates/dunning_items.html",
			{
				"rows": rows,
				"currency": context.get("currency") or "",
				"charges": charges,
				"due": context.get("amount_due_figure") or "",
				"total": context.get("grand_total_figure") or "",
				"deadline": context.get("deadline") or "",
				"left_out_amount": context.get("left_out_amount") or "",
				"has_references": int(len(rows) > 1 and any(row["reference"] for row in rows)),
				"has_left_out": int(any(row["left_out"] for row in rows)),
			},
		).strip()
	)


def _payment_block(context: dict) -> Markup:
	return Markup(
		frappe.render_template(
			"b2b_contracts/templates/dunning_payment.html",
			{
				"lines": context.get("payment_lines") or [],
				"pay_link": context.get("pay_link") or "",
				"split_link": context.get("split_link") or "",
			},
		).strip()
	)


# ------------------------------------------------------------------ what a notice knows
def context_of(notice) -> dict:
	"""Return what a text may name, from a Dunning Notice: words, amounts with their currency, the rows of the items.

	Names that end in `_figure` are amounts without currency, for the columns of the ready-made table.
	"""
	with writing_in(language_of(notice.template, notice.language)):
		return _context(notice)


def _context(notice) -> dict:
	currency = notice.currency
	rows = [row for row in notice.items if is_asked_for(row)]
	references = _references([row.sales_invoice for row in rows])
	claimed = claimed_interest(notice)
	amounts = {
		"amount_due": money(notice.amount_due),
		"fee": money(notice.fee),
		"interest": claimed,
		"compensation": money(notice.compensation),
		"earlier_charges": money(notice.earlier_charges),
		"grand_total": money(notice.grand_total),
	}
	left_out = money(notice.left_out_amount)
	return {
		"customer_name": notice.customer_name or notice.customer,
		"company": notice.company,
		"notice": notice.name or "",
		"today": day_text(notice.sent_on or notice.run_date),
		"deadline": day_text(notice.deadline) if notice.deadline else "",
		"currency": currency,
		**{name: money_text(amount, currency) if amount else "" for name, amount in amounts.items()},
		**{f"{name}_figure": figure(amount) for name, amount in amounts.items()},
		"left_out_amount": money_text(left_out, currency) if left_out > 0 else "",
		ITEMS: [_row(row, references) for row in rows],
		"payment_lines": _payment_lines(notice, rows),
		"pay_link": _pay_link(notice),
		"split_link": split_links.link_of_notice(notice, [row.sales_invoice for row in rows]),
		**contact_of(notice.customer, notice.company),
	}


def is_asked_for(row) -> bool:
	"""Whether an item of a notice is in what is sent."""
	return money(row.chased_amount) > 0 and not cint(row.exclude) and not row.dropped_because


def claimed_interest(notice):
	"""Return the interest that a notice claims; what it only announces is not in its total."""
	return money(notice.claimed_interest)


def _row(row, references: dict[str, str]) -> dict:
	amount, left = money(row.chased_amount), money(row.open_amount) - money(row.chased_amount)
	return {
		"invoice": row.sales_invoice,
		"due_date": day_text(row.due_date, "medium"),
		"days": str(row.days) if cint(row.days) > 0 else "",
		"open": figure(money(row.open_amount)),
		"amount": figure(amount),
		# How much, not why: a reason may be the house's own.
		"left_out": figure(left) if left > 0 else "",
		"reference": row.payment_reference or references.get(row.sales_invoice) or "",
	}


def _references(invoices: list[str]) -> dict[str, str]:
	printed = "b2b_payment_reference_printed"
	rows = frappe.get_all(INVOICE, {"name": ["in", invoices], printed: ["is", "set"]}, ["name", printed])
	return {row.name: row[printed] for row in rows}


def _payment_lines(notice, rows) -> list[dict]:
	"""Where to pay; the reference itself only where there is one, else each stands beside its item."""
	invoices = {row.sales_invoice for row in rows}
	reference = payment_references.reference_of(invoices.pop()) if len(invoices) == 1 else None
	return payment_references.payment_lines(notice.company, notice.currency, reference)


def _pay_link(notice) -> str:
	about = (notice.doctype, notice.name) if notice.name else ("", "")
	return payment_links.link_for(customer=notice.customer, company=notice.company, about=about) or ""


def contact_of(customer: str, company: str) -> dict:
	"""Return whom the customer may ask: its collector, else the company, as `{contact_name, contact_email, contact_phone}`."""
	email, phone = frappe.db.get_value("Company", company, ["email", "phone_no"]) or ("", "")
	found = {"contact_name": "", "contact_email": email or "", "contact_phone": phone or ""}
	collector = frappe.db.get_value("Customer", customer, "b2b_collector")
	user = collector and frappe.db.get_value(
		"User", {"name": collector, "enabled": 1}, ["full_name", "email", "phone", "mobile_no"], as_dict=True
	)
	if user:
		found["contact_name"] = user.full_name or ""
		found["contact_email"] = user.email or found["contact_email"]
		found["contact_phone"] = user.phone or user.mobile_no or found["contact_phone"]
	return found


def money_text(amount, currency: str) -> str:
	"""Return an amount with the code of its currency: kr alone could be Danish, Norwegian or Swedish."""
	return f"{currency} {figure(amount)}"


def figure(amount) -> str:
	"""Return an amount without its currency, for a column that says it at the top."""
	return fmt_money(float(amount), precision=2)


# ------------------------------------------------------------------ looked at beforehand
def preview(template: str, language: str | None) -> Rendered:
	"""Return a template's text with made-up figures, with everything announced that it announces."""
	doc = frappe.get_cached_doc(TEMPLATE, template)
	announced = [what for what, (field, _text) in STATEMENT_FIELDS.items() if cint(doc.get(field))]
	with writing_in(language_of(template, language)):
		context = _sample()
	return render(template, language, context, announced)


def _sample() -> dict:
	today = getdate()
	company = frappe.defaults.get_user_default("Company") or frappe.db.get_value("Company", {}) or "Company"
	currency = frappe.get_cached_value("Company", company, "default_currency") or "DKK"
	amounts = {
		"amount_due": 17_500,
		"fee": 100,
		"interest": 83.42,
		"compensation": 310,
		"grand_total": 17_993.42,
	}

	def row(number: int, days: int, amount: float, left_out: float = 0) -> dict:
		return {
			"invoice": f"SINV-{today.year}-{number:05}",
			"due_date": day_text(frappe.utils.add_days(today, -days), "medium"),
			"days": str(days),
			"open": figure(amount + left_out),
			"amount": figure(amount),
			"left_out": figure(left_out) if left_out else "",
			"reference": f"+71<{number:015}+00000000<",
		}

	return {
		"customer_name": _("Sample customer"),
		"company": company,
		"notice": "DN-0000",
		"today": day_text(today),
		"deadline": day_text(frappe.utils.add_days(today, 10)),
		"currency": currency,
		**{name: money_text(amount, currency) for name, amount in amounts.items()},
		**{f"{name}_figure": figure(amount) for name, amount in amounts.items()},
		"left_out_amount": money_text(2_500, currency),
		ITEMS: [row(41, 21, 12_500), row(57, 9, 5_000, 2_500)],
		"payment_lines": payment_references.payment_lines(company, currency, None),
		"pay_link": "https://example.com/pay-invoices?key=sample",
		"split_link": "",
		"contact_name": _("Sample contact"),
		"contact_email": "credit@example.com",
		"contact_phone": "+45 12 34 56 78",
	}
