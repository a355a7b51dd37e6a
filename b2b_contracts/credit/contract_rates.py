"""The late interest that contracts agree, by the day on which a debt arose (requirements §6)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import frappe

from b2b_contracts.permissions import CONTRACT, COVERED_PARTIES

from .account_facts import money

SIGNED = 1
PARTY = "Contract Party"
FIELDS = ("name", "company", "late_interest_percent", "in_force_from", "in_force_until")


def late_rates_of(debts: Mapping[str, tuple[str, str, date]]) -> dict[str, tuple[Decimal, str]]:
	"""Return the rate, per cent p.a., and the contract that agrees it for debts {name: (customer, company, day)}; without those for
	which no contract in force on their day says one. The customer's own newest comes first, then its group's. Two queries."""
	customers = sorted({customer for customer, _company, _day in debts.values()})
	if not customers:
		return {}
	contract, party = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(PARTY)
	fields = [contract[name] for name in FIELDS]
	agrees = (contract.docstatus == SIGNED) & (contract.late_interest_percent > 0)
	agrees = agrees & contract.in_force_from.isnotnull()
	own = (
		frappe.qb.from_(contract)
		.where(agrees & contract.customer.isin(customers))
		.select(contract.customer.as_("for_customer"), *fields)
	)
	as_party = (
		frappe.qb.from_(party)
		.join(contract)
		.on((party.parent == contract.name) & (party.parenttype == CONTRACT))
		.where(agrees & party.customer.isin(customers) & party.party_role.isin(COVERED_PARTIES))
		.where(party.customer != contract.customer)
		.select(party.customer.as_("for_customer"), *fields)
	)
	rows = [
		row
		for query in (own, as_party)
		for row in sorted(
			query.run(as_dict=True), key=lambda row: (row.in_force_from, row.name), reverse=True
		)
	]
	found: dict[str, tuple[Decimal, str]] = {}
	for name, (customer, company, day) in debts.items():
		for row in rows:
			is_theirs = (row.for_customer, row.company) == (customer, company)
			if is_theirs and row.in_force_from <= day <= (row.in_force_until or day):
				found[name] = (money(row.late_interest_percent), row.name)
				break
	return found
