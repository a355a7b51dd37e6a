"""Which procedure for accepting what was delivered was agreed for an invoice, and when it was received (requirements §3.1;
Directive 2011/7/EU art. 3(3)(b)(iv) and 3(4)). The law counts the time to pay from its end (engine/dunning_law.py).

A signed contract with the customer that was in force on the day of the invoice goes before what stands on the customer, and
that before what stands on the company. Goods are received on the day of the last delivery note of an invoice, and
without one on the day of the invoice.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import frappe
from frappe.query_builder.functions import Max
from frappe.utils import getdate

from b2b_contracts.engine.dunning_law import Acceptance

from . import jurisdictions


@dataclass(frozen=True, slots=True)
class Agreed:
	"""The procedure of an invoice, and the day on which its goods were received."""

	acceptance: Acceptance
	received_on: date


Invoiced = tuple[str, str, date]
"""The company, the customer and the day of an invoice."""


def of_invoices(invoices: Mapping[str, Invoiced]) -> dict[str, Agreed]:
	"""Return the procedures of some invoices, by name, of those that have one: as many queries for one as for many."""
	customers = {customer for _company, customer, _on in invoices.values()}
	jurisdictions.read_terms(customers)
	contracts = _contracts(customers)
	agreed = {
		whose: jurisdictions.late_terms_of(*whose)
		for whose in {(company, customer) for company, customer, _on in invoices.values()}
	}
	found = {}
	for name, (company, customer, invoiced_on) in invoices.items():
		terms = agreed[company, customer]
		general = terms.acceptance if terms.cover(invoiced_on) else None
		acceptance = _by_contract(contracts.get(customer, ()), invoiced_on) or general
		if acceptance:
			found[name] = acceptance
	received = _received(found)
	return {name: Agreed(one, received.get(name, invoices[name][2])) for name, one in found.items()}


def _contracts(customers: Collection[str]) -> dict[str, list[frappe._dict]]:
	"""Return the signed contracts of customers that agree on a procedure, the newest first."""
	rows = frappe.get_all(
		"Contract",
		filters={
			"party_type": "Customer",
			"party_name": ["in", sorted(customers) or [""]],
			"docstatus": 1,
			"is_signed": 1,
			"b2b_acceptance_days": [">", 0],
		},
		fields=[
			*("name", "party_name", "start_date", "end_date"),
			*("b2b_acceptance_days", "b2b_acceptance_agreed", "b2b_acceptance_unfair"),
		],
		order_by="start_date desc, name desc",
	)
	found: dict[str, list[frappe._dict]] = {}
	for row in rows:
		found.setdefault(row.party_name, []).append(row)
	return found


def _by_contract(contracts: Iterable[frappe._dict], on: date) -> Acceptance | None:
	for row in contracts:
		if getdate(row.start_date or date.min) <= on <= getdate(row.end_date or date.max):
			return jurisdictions.acceptance_of(row)
	return None


def _received(names: Collection[str]) -> dict[str, date]:
	"""Return when the last goods of invoices were delivered, of those that delivery notes say it of."""
	if not names:
		return {}
	note, row = frappe.qb.DocType("Delivery Note"), frappe.qb.DocType("Delivery Note Item")
	billed = frappe.qb.DocType("Sales Invoice Item")
	before = (
		frappe.qb.from_(billed)
		.join(note)
		.on(note.name == billed.delivery_note)
		.select(billed.parent, Max(note.posting_date))
		.where(billed.parent.isin(list(names)) & (note.docstatus == 1))
		.groupby(billed.parent)
		.run()
	)
	after = (
		frappe.qb.from_(row)
		.join(note)
		.on(note.name == row.parent)
		.select(row.against_sales_invoice, Max(note.posting_date))
		.where(row.against_sales_invoice.isin(list(names)) & (note.docstatus == 1) & (note.is_return == 0))
		.groupby(row.against_sales_invoice)
		.run()
	)
	found: dict[str, date] = {}
	for name, day in (*before, *after):
		found[name] = max(found.get(name, date.min), getdate(day))
	return found
