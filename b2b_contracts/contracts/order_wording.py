"""How a document differs from its contract, in words."""

from collections.abc import Iterable
from decimal import Decimal

from frappe import _
from frappe.utils import escape_html, flt, get_link_to_form

from b2b_contracts.credit.wording import money_text, percent_text
from b2b_contracts.engine import contract_check as check
from b2b_contracts.engine.contract_check import CallOff, Difference

from .facts import CONTRACT

FIELD_OF = {
	check.PRICE: "rate",
	check.DISCOUNT: "rate",
	check.WHOLE_DISCOUNT: "additional_discount_percentage",
	check.TERMS: "payment_terms_template",
	check.INCOTERM: "incoterm",
	check.PLACE: "named_place",
}


def kind_name(kind: str) -> str:
	"""Return what a difference is about."""
	return {
		check.PRICE: _("Price"),
		check.DISCOUNT: _("Price with discount"),
		check.WHOLE_DISCOUNT: _("Discount on the whole document"),
		check.TERMS: _("Payment terms"),
		check.INCOTERM: _("Incoterm"),
		check.PLACE: _("Named place"),
		check.CURRENCY: _("Currency"),
		check.PRICE_LIST: _("Price list"),
		check.QUANTITY: _("Quantity left to call off"),
	}[kind]


def value_text(difference: Difference, value, currency: str) -> str:
	"""Return one side of a difference as people here write it."""
	if difference.kind in (check.PRICE, check.DISCOUNT):
		return money_text(value, currency)
	if difference.kind == check.WHOLE_DISCOUNT:
		return percent_text(value)
	if difference.kind == check.QUANTITY:
		return quantity_text(value)
	return str(value) or _("none")


def quantity_text(value: Decimal) -> str:
	return f"{flt(float(value), 3):g}"


def shown(doc, difference: Difference) -> dict:
	"""Return a difference for the form: `{kind, row, about, agreed, actual, percent, contract}` in words, and what would undo it: the
	`field` and, of a row, its `rate`."""
	return {
		"kind": kind_name(difference.kind),
		"row": difference.row,
		"about": difference.about,
		"agreed": value_text(difference, difference.agreed, doc.currency),
		"actual": value_text(difference, difference.actual, doc.currency),
		"percent": _signed(difference.percent),
		"contract": difference.contract,
		"field": FIELD_OF.get(difference.kind, ""),
		"rate": float(difference.agreed) if difference.row else None,
	}


def _signed(percent: Decimal | None) -> str:
	if percent is None:
		return ""
	return f"{'+' if percent > 0 else '−'}{percent_text(abs(percent))}"


def sentence(doc, difference: Difference) -> str:
	"""Return a difference as one sentence."""
	one = shown(doc, difference)
	what = (
		_("{0} of {1} in row {2}").format(one["kind"], one["about"], one["row"])
		if one["row"]
		else one["kind"]
	)
	if difference.kind == check.QUANTITY:
		return _("{0}: {1} are left of {2}, {3} are ordered.").format(
			what, one["agreed"], difference.about, one["actual"]
		)
	by = f" ({one['percent']})" if one["percent"] else ""
	return _("{0}: agreed is {1}, here it is {2}{3}.").format(what, one["agreed"], one["actual"], by)


def message(doc, found: Iterable[Difference], action: str) -> str:
	"""Return all differences of a document and what follows from them, as HTML."""
	found = tuple(found)
	names = list(dict.fromkeys(difference.contract for difference in found))
	lines = "".join(f"<li>{escape_html(sentence(doc, difference))}</li>" for difference in found)
	links = ", ".join(get_link_to_form(CONTRACT, name) for name in names)
	follows = {
		check.WARN: _("It can be submitted all the same."),
		check.PARK: _(
			"When it is submitted it waits until the contract owner or a contract manager lets it go."
		),
		check.BLOCK: _("It cannot be submitted like this: change it, or agree an amendment."),
	}[action]
	if action == check.PARK and doc.doctype == "Quotation":
		follows = _("An order of it will wait until the contract owner or a contract manager lets it go.")
	said = _("{0} differs from what is agreed in {1}:").format(_(doc.doctype), links)
	return f"<p>{said}</p><ul>{lines}</ul><p>{escape_html(follows)}</p>"


def call_off(one: CallOff) -> dict:
	"""Return an agreed quantity for the form: `{contract, about, agreed, called, wanted, left, is_exceeded}`."""
	return {
		"contract": one.contract,
		"about": one.about,
		"unit": one.unit,
		"agreed": float(one.agreed),
		"called": float(one.called),
		"wanted": float(one.wanted),
		"left": float(one.left),
		"is_exceeded": one.is_exceeded,
	}
