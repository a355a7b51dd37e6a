"""Contracts in force as the credit checks see them, and when the payment terms of one win over the customer's segment
(requirements §2.4 and §6).

Contracts are read here as rows: what becomes of them is the business of `contracts/`.
"""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe.utils import getdate

from b2b_contracts.permissions import COVERED_PARTIES

CONTRACT, PARTY = "B2B Contract", "Contract Party"
TEMPLATE, DETAIL = "Payment Terms Template", "Payment Terms Template Detail"
SIGNED = 1


def in_force(customer: str, company: str, on: date) -> list:
	"""Return the contracts of a customer that are in force in a company on a day, also those of its group that cover it as a
	party, what took effect last first: rows of name, payment terms, and the terms that credit has agreed to. One query."""
	contract, party = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(PARTY)
	holds = (
		(contract.docstatus == SIGNED)
		& (contract.company == company)
		& (contract.in_force_from <= on)
		& (contract.in_force_until.isnull() | (contract.in_force_until >= on))
	)
	columns = (
		contract.name,
		contract.in_force_from,
		contract.payment_terms_template,
		contract.terms_approved_template,
	)
	own = frappe.qb.from_(contract).where(holds & (contract.customer == customer)).select(*columns)
	as_party = (
		frappe.qb.from_(party)
		.join(contract)
		.on((party.parent == contract.name) & (party.parenttype == CONTRACT))
		.where(holds & (party.customer == customer) & party.party_role.isin(COVERED_PARTIES))
		.select(*columns)
	)
	rows = (own + as_party).run(as_dict=True)
	return sorted(rows, key=lambda row: (row.in_force_from, row.name), reverse=True)


def agreed_template(customer: str, company: str, on: date, of_segment: str | None) -> str | None:
	"""Return the payment terms template that a customer may have on a day: the segment's, or the longest of its contracts in force,
	which win. Terms beyond the segment do so only once credit has agreed to them."""
	rows = [row for row in in_force(customer, company, on) if row.payment_terms_template]
	if not rows:
		return of_segment
	dues = latest_dues({*(row.payment_terms_template for row in rows), of_segment or ""}, on)
	allowed = dues.get(of_segment or "")
	winning = [
		row.payment_terms_template
		for row in rows
		if row.terms_approved_template == row.payment_terms_template
		or allowed is None
		or (dues.get(row.payment_terms_template) or on) <= allowed
	]
	return max(winning, key=lambda name: dues.get(name) or on, default=of_segment)


def latest_dues(templates: Iterable[str], posting_date: date) -> dict[str, date]:
	"""Return the last due date that each of some payment terms templates gives from a date. One query."""
	from erpnext.controllers.accounts_controller import get_due_date

	found: dict[str, date] = {}
	for row in rows_of(templates):
		if row.due_date_based_on:
			due = getdate(get_due_date(row, posting_date))
			found[row.parent] = max(due, found.get(row.parent, due))
	return found


def rows_of(templates: Iterable[str]) -> list:
	"""Return the rows of some payment terms templates."""
	detail = frappe.qb.DocType(DETAIL)
	fields = ("parent", "due_date_based_on", "credit_days", "credit_months", "discount_type", "discount")
	return (
		frappe.qb.from_(detail)
		.select(*(detail[name] for name in fields))
		.where(detail.parent.isin([name for name in templates if name] or [""]))
		.where(detail.parenttype == TEMPLATE)
		.run(as_dict=True)
	)
