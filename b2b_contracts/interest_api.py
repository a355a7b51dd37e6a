"""What the desk and other software may call about interest on what is paid late. Every method checks permission first and is
typed.

Amounts are numbers in the currency that stands beside them, rates per cent p.a. Errors are Frappe's: `PermissionError`
without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import frappe
from frappe import _
from frappe.utils import cint, getdate, nowdate

from b2b_contracts.collections import dunning_wording, interest_letters, interest_statements, jurisdictions
from b2b_contracts.collections.invoices import INVOICE
from b2b_contracts.exceptions import JurisdictionError


@frappe.whitelist()
def interest_statement(invoice: str, until: str = "") -> dict:
	"""Return the interest on an invoice until a day (exclusive; empty: today), by instalment: `{invoice, customer, company,
	currency, until, total, per_day, is_confirmed, unknown_from, instalments: [{due_date, first, total, rows: [{first, until,
	days, principal, percent, amount, is_confirmed, is_known, source}], gaps: [{first, until, principal}]}], checks: [what the law says of the terms and of an
	agreed rate, in words]}`."""
	frappe.has_permission(INVOICE, "read", invoice, throw=True)
	day = getdate(until or nowdate())
	found = interest_statements.explained([invoice], day)
	if not found:
		_refuse_no_debt(invoice)
	debt = found[0].debt
	return {
		"invoice": invoice,
		"customer": debt.customer,
		"company": debt.company,
		"currency": debt.currency,
		"until": day,
		"total": float(sum(one.statement.total for one in found)),
		"per_day": float(sum(one.statement.per_day for one in found)),
		"is_confirmed": all(one.statement.is_confirmed for one in found),
		"unknown_from": min(
			(one.statement.unknown_from for one in found if one.statement.unknown_from), default=None
		),
		"instalments": [_instalment(one) for one in found],
		"checks": list(
			dict.fromkeys(
				dunning_wording.check_text(check, debt.currency) for one in found for check in one.checks
			)
		),
	}


def _instalment(one: interest_statements.Explained) -> dict:
	return {
		"due_date": one.debt.due,
		"first": one.statement.first,
		"total": float(one.statement.total),
		"rows": [
			{
				"first": row.first,
				"until": row.until,
				"days": row.days,
				"principal": float(row.principal),
				"percent": float(row.percent),
				"amount": float(row.amount),
				"is_confirmed": row.is_confirmed,
				"is_known": row.is_known,
				"source": row.source,
			}
			for row in one.statement.segments
		],
		"gaps": [
			{"first": gap.first, "until": gap.until, "principal": float(gap.principal)}
			for gap in one.statement.gaps
		],
	}


@frappe.whitelist()
def interest_statement_pdf(invoice: str, until: str = "", language: str = "", download: int = 0) -> None:
	"""Answer with the interest on an invoice until a day (exclusive; empty: today) as PDF, in the invoice's language unless
	another is named; to look at, or with `download` to keep."""
	frappe.has_permission(INVOICE, "read", invoice, throw=True)
	about = frappe.db.get_value(
		INVOICE, invoice, ["docstatus", "is_return", "language", "customer"], as_dict=True
	)
	if about.docstatus != 1 or about.is_return:
		_refuse_no_debt(invoice)
	day = getdate(until or nowdate())
	frappe.local.response.filename = interest_letters.file_name(about.customer, day)
	frappe.local.response.filecontent = interest_letters.pdf_of([invoice], day, language or about.language)
	frappe.local.response.type = "download" if cint(download) else "pdf"


def _refuse_no_debt(invoice: str) -> None:
	frappe.throw(
		_("{0} carries no interest: it is no submitted invoice that anybody owes.").format(invoice),
		JurisdictionError,
		title=_("No interest"),
	)


@frappe.whitelist()
def rate_today(jurisdiction: str) -> dict:
	"""Return the statutory rate of interest of a jurisdiction today, in total: `{percent, is_confirmed, is_known, until}`,
	`percent` None without any; `until` is the last day whose rate is known."""
	frappe.has_permission(jurisdictions.JURISDICTION, "read", jurisdiction, throw=True)
	in_force = [rate for rate in jurisdictions.rates_of(jurisdiction) if rate.valid_from <= getdate()]
	rate = in_force[-1] if in_force else None
	return {
		"percent": float(rate.percent) if rate else None,
		"is_confirmed": bool(rate and rate.is_confirmed),
		"is_known": bool(rate and rate.is_known),
		"until": jurisdictions.known_until(jurisdiction),
	}
