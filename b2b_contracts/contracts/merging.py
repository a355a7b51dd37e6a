"""What the wordings of clauses may name, and what a contract fills in for it (requirements §6).

Everything is text in the language that is written in. What a contract does not say is a gap: it counts as nothing in a
condition, and reads as its label in brackets where a wording shows it all the same.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, flt, fmt_money, formatdate, getdate

from b2b_contracts import merged_texts
from b2b_contracts.credit import letters
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.merged_texts import Vocabulary
from b2b_contracts.permissions import CONTRACT

# Fields of a contract whose value reads as it is shown on the form.
PLAIN_FIELDS = (
	*(
		"title",
		"customer_name",
		"company",
		"currency",
		"annual_value",
		"total_value",
		"start_date",
		"end_date",
	),
	*(
		"binding_end",
		"go_live_date",
		"first_end_date",
		"initial_months",
		"renewal_months",
		"internal_lead_days",
	),
	*(
		"second_period_months",
		"price_list",
		"price_adjustment_on",
		"price_adjustment_months",
		"index_formula",
	),
	*(
		"late_interest_percent",
		"paper_invoice_fee",
		"fx_band_percent",
		"fx_base_rate",
		"incoterm",
		"named_place",
	),
	*("liability_cap_amount", "liability_cap_percent", "liability_covers", "warranty_months", "warranty"),
	*("governing_law", "venue", "confidentiality_years", "audit_notice_days", "exit_plan", "force_majeure"),
	*("price_model", "invoicing_frequency", "payment_reference_point", "duration_type", "subcontractors"),
	*("dispute_ladder", "data_processing_agreement", "external_reference"),
)
# Values that follow from several fields.
MADE = (
	*("contract", "notice_period", "payment_terms", "liability_cap", "today", "parties"),
	*("company_number", "customer_number", "company_address", "customer_address"),
)
VALUES = (*PLAIN_FIELDS, *MADE)
# Tables of a contract to go through: the field of each word of a row.
ROWS = {
	"prices": ("item", "rate", "unit", "from_quantity", "valid_from", "valid_to"),
	"discounts": ("item", "percent", "from_quantity", "valid_from", "valid_to"),
	"bonuses": ("from_turnover", "percent"),
	"service_levels": ("service", "target", "measured", "credit_percent", "exclusions"),
	"party_rows": ("name", "role", "number", "address"),
}
# Questions of a template add words of their own.
WORDS = Vocabulary(frozenset(VALUES), tuple(ROWS.items()), is_open=True)
AMOUNT, PERCENT, DATE, NUMBER, YES_NO = "Amount", "Percent", "Date", "Number", "Yes or No"
YES = ("1", "yes", "Yes", "true", "True")


class Gap:
	"""What a contract does not say. False in a condition; where it is shown, it says what is missing, and is remembered."""

	def __init__(self, label: str, shown: list[str] | None = None):
		self.label, self.shown = label, shown if shown is not None else []

	def __bool__(self) -> bool:
		return False

	def __str__(self) -> str:
		if self.label not in self.shown:
			self.shown.append(self.label)
		return f"[{self.label}]"

	def __eq__(self, other: object) -> bool:
		return other == ""

	def __hash__(self) -> int:
		return hash("")


class Values(dict):
	"""The values of a contract by name; `gaps` are the labels of what was shown and is not there."""

	gaps: list[str]


# ------------------------------------------------------------------ checked and filled in
def fault_of(text: str) -> str | None:
	"""Return what is wrong with a wording and what to do about it, as HTML; None when it may be used."""
	fault = merged_texts.first_fault(text or "", WORDS, is_html=False)
	if fault is None:
		return None
	return _("line {0}: {1}").format(fault.line, merged_texts.fault_text(fault, WORDS))


def own_words_in(text: str) -> frozenset[str]:
	"""Return the words of a wording that no contract has by itself: a question of the template has to ask for them."""
	return merged_texts.names_in(text or "", WORDS, is_html=False) - WORDS.names


def fill_in(text: str, values: Values) -> str:
	"""Return a wording with the values of a contract filled in.

	Raises `merged_texts.UnsafeTextError` for a wording that must not be used, however it got here.
	"""
	words = merged_texts.names_in(text or "", WORDS, is_html=False)
	known = {**values, **{name: Gap(_label_of(name), values.gaps) for name in words - set(values)}}
	try:
		return merged_texts.render(text or "", known, WORDS, is_html=False)
	except TypeError as error:
		# A number compared with a word, or with what is not there.
		raise merged_texts.UnsafeTextError(merged_texts.Fault(merged_texts.SYNTAX, 1, str(error))) from None


# ------------------------------------------------------------------ what a contract fills in
def values_of(doc, language: str | None = None) -> Values:
	"""Return what a contract fills in for the names of a wording, written in a language."""
	gaps: list[str] = []
	with writing_in(language):
		found = Values({name: _shown(doc, name, gaps) for name in PLAIN_FIELDS})
		found.gaps = gaps
		found.update(_made(doc, gaps))
		found.update(_rows_of(doc))
		for row in doc.get("answers") or ():
			if row.variable and merged_texts.is_plain(row.variable) and row.variable not in WORDS.names:
				text = _answer(row, doc.currency)
				found[row.variable] = text if text else Gap(row.question or row.variable, gaps)
	return found


def _shown(doc, name: str, gaps: list[str]):
	field, value = doc.meta.get_field(name), doc.get(name)
	if field.fieldtype in ("Int", "Float", "Percent", "Currency"):
		if not flt(value):
			return Gap(_label_of(name), gaps)
		if field.fieldtype == "Currency":
			return amount_text(value, doc.currency)
		return str(cint(value)) if field.fieldtype == "Int" else number_text(value)
	if not value:
		return Gap(_label_of(name), gaps)
	if field.fieldtype == "Date":
		return day_text(value)
	if field.fieldtype == "Select":
		return _(value, context=CONTRACT)
	if name == "governing_law":
		return _(value)
	return str(value)


def _made(doc, gaps: list[str]) -> dict:
	ours = next((row for row in doc.parties if row.party_role == "Us"), None)
	theirs = next((row for row in doc.parties if row.party_role == "Customer"), None)
	made = {
		"contract": doc.name or "",
		"notice_period": notice_text(doc),
		"payment_terms": payment_text(doc),
		"liability_cap": cap_text(doc),
		"today": day_text(getdate()),
		"parties": ", ".join(row.party_name for row in doc.parties if row.party_name),
		"company_number": (ours and ours.registration_number)
		or frappe.db.get_value("Company", doc.company, "tax_id"),
		"customer_number": theirs and theirs.registration_number,
		"company_address": one_line(ours and ours.address) or _address("Company", doc.company),
		"customer_address": one_line(theirs and theirs.address) or _address("Customer", doc.customer),
	}
	return {name: value or Gap(_label_of(name), gaps) for name, value in made.items()}


def _address(doctype: str, name: str | None) -> str:
	return ", ".join(letters.address_lines(doctype, name)) if name else ""


def _item_text(row) -> str:
	"""Return an item by its name, and by the number that orders name it by."""
	if not row.item_code:
		return ""
	name = frappe.get_cached_value("Item", row.item_code, "item_name")
	return f"{name} ({row.item_code})" if name and name != row.item_code else row.item_code


def _rows_of(doc) -> dict[str, list[dict]]:
	return {
		"prices": [
			{
				"item": _item_text(row) or _(row.item_group or ""),
				"rate": amount_text(row.rate, doc.currency),
				"unit": _(row.uom or ""),
				"from_quantity": number_text(row.from_quantity) if row.from_quantity else "",
				**_validity(row),
			}
			for row in doc.prices
		],
		"discounts": [
			{
				"item": _item_text(row) or _(row.item_group or "") or row.price_list or "",
				"percent": number_text(row.discount_percent),
				"from_quantity": number_text(row.from_quantity) if row.from_quantity else "",
				**_validity(row),
			}
			for row in doc.discounts
		],
		"bonuses": [
			{
				"from_turnover": amount_text(row.from_turnover, doc.currency),
				"percent": number_text(row.bonus_percent),
			}
			for row in doc.bonuses
		],
		"service_levels": [
			{
				"service": row.service or "",
				"target": row.target or "",
				"measured": _(row.measured or ""),
				"credit_percent": number_text(row.credit_percent) if row.credit_percent else "",
				"exclusions": one_line(row.exclusions),
			}
			for row in doc.service_levels
		],
		"party_rows": [
			{
				"name": row.party_name or "",
				"role": _(row.party_role or ""),
				"number": row.registration_number or "",
				"address": one_line(row.address),
			}
			for row in doc.parties
		],
	}


def _validity(row) -> dict:
	return {name: day_text(row.get(name)) if row.get(name) else "" for name in ("valid_from", "valid_to")}


def _answer(row, currency: str) -> str:
	"""Return the answer to a question as the text says it. Yes reads as a word; no is nothing, for a condition to ask."""
	value = (row.answer or "").strip()
	if not value:
		return ""
	if row.kind == YES_NO:
		return _("Yes") if value in YES else ""
	if row.kind == DATE:
		return day_text(value)
	if row.kind == AMOUNT:
		return amount_text(flt(value), currency)
	if row.kind in (PERCENT, NUMBER):
		return number_text(flt(value))
	return value


def _label_of(name: str) -> str:
	made = {
		"contract": _("Number of the contract"),
		"notice_period": _("Notice period"),
		"payment_terms": _("Payment terms"),
		"liability_cap": _("Liability cap"),
		"company_number": _("Our registration number"),
		"customer_number": _("The customer's registration number"),
		"company_address": _("Our address"),
		"customer_address": _("The customer's address"),
		"parties": _("Parties"),
	}
	if name in made:
		return made[name]
	if name in PLAIN_FIELDS:
		return _(frappe.get_meta(CONTRACT).get_label(name), context=CONTRACT)
	return name.replace("_", " ")


# ------------------------------------------------------------------ words
def day_text(day) -> str:
	"""Return a day with the month in letters."""
	return formatdate(getdate(day), "long")


def amount_text(amount, currency: str) -> str:
	"""Return an amount with the code of its currency."""
	return f"{currency} {fmt_money(flt(amount), precision=2)}"


def number_text(number) -> str:
	"""Return a number without needless decimals."""
	value = Decimal(str(flt(number, 3)))
	decimals = f"{abs(value) % 1:.3f}"[2:].rstrip("0")
	mark = fmt_money(1.5, precision=1)[1:2]
	whole = fmt_money(int(value), precision=0)
	return f"{whole}{mark}{decimals}" if decimals else whole


def one_line(text: str | None) -> str:
	return ", ".join(part.strip() for part in (text or "").replace("<br>", "\n").splitlines() if part.strip())


def notice_text(doc) -> str:
	"""Return a notice period in words: days stay days, and months stay months."""
	length = cint(doc.notice_period)
	if not length:
		return ""
	if (doc.notice_unit or terms.DAYS) == terms.DAYS:
		return _("one day") if length == 1 else _("{0} days").format(length)
	months = _("one month") if length == 1 else _("{0} months").format(length)
	if doc.notice_unit == terms.MONTHS_TO_MONTH_END:
		return _("{0} to the end of a month").format(months)
	return months


def payment_text(doc) -> str:
	"""Return the payment terms in words, from the rows of their template."""
	if not doc.payment_terms_template:
		return ""
	rows = frappe.get_all(
		"Payment Terms Template Detail",
		filters={"parent": doc.payment_terms_template},
		fields=["due_date_based_on", "credit_days", "credit_months", "invoice_portion"],
		order_by="idx",
	)
	if len(rows) != 1:
		return doc.payment_terms_template
	(row,) = rows
	after_receipt = doc.payment_reference_point == "Receipt of Invoice"
	if row.due_date_based_on == "Day(s) after invoice date":
		if after_receipt:
			return _("{0} days from receipt of the invoice").format(cint(row.credit_days))
		return _("{0} days from the date of the invoice").format(cint(row.credit_days))
	if row.due_date_based_on == "Day(s) after the end of the invoice month":
		return _("{0} days from the end of the month of the invoice").format(cint(row.credit_days))
	return _("{0} months from the end of the month of the invoice").format(cint(row.credit_months))


def cap_text(doc) -> str:
	"""Return the cap of our liability in words; where there are an amount and a percentage, the higher counts."""
	amount = flt(doc.liability_cap_amount) and amount_text(doc.liability_cap_amount, doc.currency)
	percent = flt(doc.liability_cap_percent) and _("{0} % of the annual value of this agreement").format(
		number_text(doc.liability_cap_percent)
	)
	if amount and percent:
		return _("the higher of {0} and {1}").format(amount, percent)
	return amount or percent or ""
