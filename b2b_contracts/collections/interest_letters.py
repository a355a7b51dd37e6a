"""The interest on invoices on paper, row by row and adding up to the cent, in the language of whoever gets it."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby

import frappe
from frappe import _
from frappe.utils import formatdate, getdate
from frappe.utils.pdf import get_pdf

from b2b_contracts.credit import letters, notices, wording
from b2b_contracts.engine import interest
from b2b_contracts.engine.interest import Gap, Segment
from b2b_contracts.engine.money import ZERO, to_cents

from . import interest_statements, jurisdictions, plan_agreement, statement_letters
from .dunning_wording import percent_text
from .interest_statements import Explained

TEMPLATE = "b2b_contracts/templates/interest_statement.html"
# Marks beside a rate, explained below the rows.
NOT_CONFIRMED, NOT_KNOWN = "*", "**"


def pdf_of(
	invoices: Iterable[str], until: date, language: str | None, left_out: Mapping | None = None
) -> bytes:
	"""Return the interest on invoices of one customer until a day (exclusive) as PDF."""
	html = html_of(invoices, until, language, left_out)
	return get_pdf(html, options={"page-size": "A4", **statement_letters.MARGINS})


def html_of(
	invoices: Iterable[str], until: date, language: str | None, left_out: Mapping | None = None
) -> str:
	"""Return the interest on invoices of one customer until a day (exclusive) as a page in a language.

	`left_out` is what of each invoice, by name, no interest is asked for. Raises `ValueError` for no invoice at all.
	"""
	found = interest_statements.explained(list(invoices), until, left_out)
	if not found:
		raise ValueError("no invoice to state interest on")
	with notices.writing_in(language):
		return frappe.render_template(TEMPLATE, _context(found, until))


def told(one: Explained) -> dict:
	"""Return the interest on a debt in words and figures: `{basis, from_when, rows, notes, total, per_day}`."""
	rows, currency = _rows(one), one.debt.currency
	return {
		"basis": _basis(one),
		"from_when": _from_when(one),
		"rows": rows,
		"notes": _notes([one], {row["mark"] for row in rows}),
		"total": wording.money_text(one.statement.total, currency),
		"per_day": _per_day(one.statement.per_day, currency),
	}


def file_name(customer: str, until: date) -> str:
	"""Return the name that the file of a statement of interest has."""
	return f"{frappe.scrub(customer).replace('_', '-')[:80]}-{until.isoformat()}.pdf"


# ------------------------------------------------------------------ what the page shows
def _context(found: list[Explained], until: date) -> dict:
	debt = found[0].debt
	customer_name = frappe.db.get_value("Customer", debt.customer, "customer_name") or debt.customer
	marks = {row["mark"] for one in found for row in _rows(one)}
	return {
		"title": _("Interest until {0}").format(formatdate(until)),
		"lang": frappe.local.lang,
		"letter_head": letters.letter_head(
			debt.company, {"doc": {"company": debt.company, "customer": debt.customer}}
		),
		"creditor": plan_agreement.party("Company", debt.company, debt.company),
		"debtor": plan_agreement.party("Customer", debt.customer, customer_name),
		"printed_on": formatdate(getdate()),
		"basis": list(dict.fromkeys(_basis(one) for one in found)),
		"parts": [_part(currency, list(some)) for currency, some in _by_currency(found)],
		"notes": _notes(found, marks),
	}


def _by_currency(found: list[Explained]):
	return groupby(sorted(found, key=lambda one: one.debt.currency), key=lambda one: one.debt.currency)


def _part(currency: str, found: list[Explained]) -> dict:
	total = sum((one.statement.total for one in found), ZERO)
	per_day = sum((one.statement.per_day for one in found), ZERO)
	return {
		"currency": currency,
		"debts": [
			{
				"title": _("Invoice {0} of {1}, due {2}").format(
					one.debt.invoice, formatdate(one.debt.invoiced_on), formatdate(one.debt.due)
				),
				"from_when": _from_when(one),
				"rows": _rows(one),
				"total": _plain(one.statement.total),
			}
			for one in found
		],
		"total": wording.money_text(total, currency),
		"per_day": _per_day(per_day, currency),
	}


def _per_day(amount: Decimal, currency: str) -> str:
	if not amount:
		return ""
	return _("Each further day until payment adds {0}.").format(
		wording.money_text(to_cents(amount), currency)
	)


def _rows(one: Explained) -> list[dict]:
	"""Return the rows of one debt: days with their rate, and days of which no rate is known."""
	rows = sorted((*one.statement.segments, *one.statement.gaps), key=lambda row: row.first)
	return [_segment(one, row) if isinstance(row, Segment) else _gap(one, row) for row in rows]


def _segment(one: Explained, row: Segment) -> dict:
	mark = "" if row.is_confirmed else NOT_CONFIRMED if row.is_known else NOT_KNOWN
	return {
		**_days(one, row),
		"days": row.days,
		"percent": percent_text(row.percent),
		"mark": mark,
		"source": row.source,
		"amount": _plain(row.amount),
	}


def _gap(one: Explained, row: Gap) -> dict:
	days = interest.days_between(row.first, row.until, one.statement.day_count)
	said = {"days": days, "percent": "–", "mark": "", "source": _("No rate is known."), "amount": "–"}
	return {**_days(one, row), **said}


def _days(one: Explained, row: Segment | Gap) -> dict:
	paid = sum((payment.amount for payment in one.debt.paid if payment.day == row.first), ZERO)
	return {
		"first": formatdate(row.first),
		"until": formatdate(row.until),
		"principal": _plain(row.principal),
		"event": _("{0} paid").format(_plain(paid)) if paid > 0 else "",
	}


# ------------------------------------------------------------------ words
def _from_when(one: Explained) -> str:
	first = formatdate(one.statement.first)
	if not one.statement.segments and not one.statement.gaps:
		return _("No interest is due.")
	if one.accepted_on:
		return _(
			"Interest from {0}: the time to pay began on {1}, when the procedure for accepting the goods was over."
		).format(first, formatdate(one.accepted_on))
	if one.demanded_on is None:
		return _("Interest from {0}, the due date, as agreed beforehand.").format(first)
	if one.statement.first == one.debt.due:
		return _("Interest from {0}, the due date.").format(first)
	return _("Interest from {0}, {1} days after the invoice.").format(first, one.days_to_interest)


def _basis(one: Explained) -> str:
	if one.ground:
		return _("Interest of {0} % p.a. as agreed in {1}.").format(
			percent_text(one.agreed_percent), one.ground
		)
	margin = jurisdictions.law_of(one.jurisdiction, one.statement.until).interest_margin
	return _("Statutory interest, {0}: {1} on 1 January and 1 July, plus {2} % p.a.").format(
		_(one.jurisdiction), _(jurisdictions.reference_of(one.jurisdiction)), percent_text(margin)
	)


def _notes(found: list[Explained], marks: set[str]) -> list[str]:
	notes = [
		_(
			"The first day of a row counts, the last does not. Each row is amount × rate × days ÷ {0}, rounded."
		).format(interest.DAYS_OF_YEAR[one.statement.day_count])
		for one in found
	]
	if any(one.statement.day_count == interest.THIRTY_E_360 for one in found):
		notes.append(_("Every month has 30 days (30E/360)."))
	notes.append(_("Simple interest: none on interest, fees or compensation."))
	if NOT_CONFIRMED in marks:
		notes.append(_("{0} Nobody has confirmed this rate yet.").format(NOT_CONFIRMED))
	if NOT_KNOWN in marks:
		notes.append(
			_("{0} The rate of this half-year is not known yet; the one before is carried on.").format(
				NOT_KNOWN
			)
		)
	return list(dict.fromkeys(notes))


def _plain(amount: Decimal) -> str:
	"""Return an amount in a column that says its currency at the top."""
	return frappe.utils.fmt_money(float(amount), precision=2)
