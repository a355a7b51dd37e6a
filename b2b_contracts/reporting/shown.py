"""How reports show things: columns, totals and charts, each written once.

There are no Link columns: Frappe would refuse the report to whoever may not read every kind of document in them, and the rows
hold only what the user may see. `opens` makes such a cell a link all the same (public/js/reports.js).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from frappe.utils import fmt_money

Figure = Decimal | float | int | None
WORDS = ("Data", "Date", "Dynamic Link", "Link")
RED, YELLOW, GREEN, GREY, BLUE = "Red", "Yellow", "Green", "Grey", "Blue"
# Of the series of a chart that says nothing of its own: told apart also by who sees no red and green.
PALETTE = ("#3b73c4", "#e08a3c", "#5aa469", "#8d7ad6", "#c2597a", "#6b7a89")


# ------------------------------------------------------------------ columns
def column(fieldname: str, label: str, fieldtype: str = "Data", width: int = 130, **more) -> dict:
	"""Return a column; `more` is whatever else Frappe or our own script knows of one: `options`, `hidden`, `precision`,
	`opens` (a doctype) with `opens_by` (the field of the row that names the document; without it, the field itself),
	`pill` (the field of the row that holds RED, YELLOW, GREEN, GREY or BLUE)."""
	if fieldtype in WORDS:
		# The grid takes a column that begins with nothing for one of numbers.
		more.setdefault("align", "left")
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}


def money(fieldname: str, label: str, width: int = 130, options: str = "currency", **more) -> dict:
	"""Return a column of amounts; `options` is the field of the row that holds their currency."""
	return column(fieldname, label, "Currency", width, options=options, **more)


def percent(fieldname: str, label: str, width: int = 100, **more) -> dict:
	"""Return a column of percentages (15 is 15 %). None shows as a dash: unknown is not 0 %."""
	return column(fieldname, label, "Percent", width, **{"precision": 1, **more})


def count(fieldname: str, label: str, width: int = 90, **more) -> dict:
	return column(fieldname, label, "Int", width, **more)


def day(fieldname: str, label: str, width: int = 115, **more) -> dict:
	return column(fieldname, label, "Date", width, **more)


def link(fieldname: str, label: str, doctype: str, width: int = 160, **more) -> dict:
	"""Return a column of names of documents, each a link for whom it leads somewhere."""
	return column(fieldname, label, width=width, opens=doctype, **more)


def document(fieldname: str, label: str, doctype_field: str, width: int = 170, **more) -> dict:
	"""Return a column of names of documents of several kinds: `doctype_field` of the row says of which."""
	return column(fieldname, label, "Dynamic Link", width, options=doctype_field, **more)


def customer(width: int = 190) -> dict:
	"""Return the column of customers by name (field `customer_name`); the row's `customer` is opened by it."""
	from frappe import _

	return column("customer_name", _("Customer"), width=width, opens="Customer", opens_by="customer")


def hidden(fieldname: str, label: str, fieldtype: str = "Data") -> dict:
	"""Return a column that is not shown, but goes with the rows: a currency, a number behind a name."""
	return column(fieldname, label, fieldtype, 0, hidden=1)


# ------------------------------------------------------------------ totals
def amount_card(label: str, amount: Figure, currency: str, colour: str = BLUE) -> dict:
	return {
		"label": label,
		"value": plain(amount),
		"datatype": "Currency",
		"currency": currency,
		"indicator": colour,
	}


def count_card(label: str, value: int, colour: str = BLUE) -> dict:
	return {"label": label, "value": value, "datatype": "Int", "indicator": colour}


def percent_card(label: str, value: Figure, colour: str = BLUE) -> dict:
	"""Return the card of a percentage, a dash where it is not known. It is text: the desk would show three decimals."""
	return text_card(label, percent_text(value), GREY if value is None else colour)


def percent_text(value: Figure) -> str:
	"""Return a percentage (15 is 15 %) as people of the site write it, with one decimal; a dash where it is not known."""
	return "–" if value is None else f"{number_text(value)} %"


def number_text(value: Figure) -> str:
	"""Return a number as people of the site write it, with one decimal; a dash where it is not known."""
	return "–" if value is None else fmt_money(round(float(value), 1), precision=1)


def text_card(label: str, value: str, colour: str = BLUE) -> dict:
	return {"label": label, "value": value, "datatype": "Data", "indicator": colour}


# ------------------------------------------------------------------ charts
def chart(
	labels: Sequence[str],
	datasets: Mapping[str, Iterable[Figure]],
	kind: str = "bar",
	currency: str | None = None,
	**more,
) -> dict | None:
	"""Return a chart (bar, line, percentage, pie, donut) of several series by label, None without labels. Amounts with their
	currency, else plain numbers. `more` goes to Frappe Charts (`colors`, `barOptions`, …)."""
	if not labels:
		return None
	if kind == "line" and len(labels) == 1:
		# A line through one point is none, and breaks the chart.
		kind = "bar"
	made = {
		"data": {
			"labels": list(labels),
			"datasets": [
				{"name": name, "values": [plain(value) or 0 for value in values]}
				for name, values in datasets.items()
			],
		},
		"type": kind,
		"colors": list(PALETTE[: len(datasets)]),
		**more,
	}
	if currency:
		made |= {"fieldtype": "Currency", "options": "currency", "currency": currency}
	return made


def plain(value: Figure) -> float | int | None:
	"""Return a number as JSON carries it; None stays None."""
	return float(value) if isinstance(value, Decimal) else value
