"""What contracts bring in by month (requirements §6, contracted-revenue forecast): read by one query, whatever their number.

Signed contracts and their amendments count for the days on which they are in force (`in_force_from`, `in_force_until`), so that an
amendment takes over on its day; what follows after that is a renewal, weighted by its probability.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe

from b2b_contracts.contracts import facts, visible
from b2b_contracts.contracts.facts import CONTRACT, day_of
from b2b_contracts.contracts.rates import Rates
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_revenue as engine
from b2b_contracts.engine import renewal_pipeline

FIELDS = (
	*("name", "title", "customer", "customer_name", "contract_type", "status", "account_manager"),
	*("contract_owner", "currency", "annual_value", "total_value", "original_contract", "company"),
	*("duration_type", "start_date", "initial_months", "renewal_months", "second_period_months"),
	*("first_end_date", "notice_period", "notice_unit", "binding_end", "terminated_on", "replaced_by"),
	*("in_force_from", "in_force_until", "renewal_decision", "decided_for", "renewal_probability"),
	*("end_date", "signed_on", "creation", "taken_over_on", "contract_import", "erpnext_contract"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
	"""Of which contracts of a company; `filters` are values of their fields."""

	company: str
	first: date
	last: date
	filters: dict


@dataclass(frozen=True, slots=True)
class Entry:
	"""A contract, what the engine knows of it, and the rate from its currency into the company's (0: none is known)."""

	row: frappe._dict
	contract: engine.Contract
	rate: Decimal

	@property
	def chain(self) -> str:
		"""The contract that it is or amends."""
		return self.row.original_contract or self.row.name

	@property
	def is_valued(self) -> bool:
		return self.contract.is_valued


def read(wanted: Wanted, rates: Rates) -> list[Entry]:
	"""Return the signed contracts that are in force on some of the days, or may be renewed until then, as far as the session user may
	see them."""
	contract = frappe.qb.DocType(CONTRACT)
	reaches = (
		contract.in_force_until.isnull()
		| (contract.in_force_until >= wanted.first)
		| contract.status.isin(life.RUNNING)
	)
	query = (
		frappe.qb.from_(contract)
		.select(*(contract[name] for name in FIELDS))
		.where((contract.docstatus == 1) & (contract.company == wanted.company))
		.where(contract.in_force_from.isnotnull() & (contract.in_force_from <= wanted.last) & reaches)
		.where(visible.among(contract.name))
		.orderby(contract.in_force_from)
		.orderby(contract.name)
	)
	for field, value in wanted.filters.items():
		if value:
			query = query.where(contract[field] == value)
	return [Entry(row, contract_of(row), rates.of(row.currency)) for row in query.run(as_dict=True)]


def contract_of(row) -> engine.Contract:
	"""Return what the forecast of a contract goes by."""
	entered = money(row.renewal_probability)
	decided = row.renewal_decision == renewal_pipeline.RENEW_DECIDED and row.decided_for
	return engine.Contract(
		facts.term_of(row),
		day_of(row.in_force_from),
		day_of(row.in_force_until),
		money(row.annual_value),
		money(row.total_value),
		# 0 is not assessed, as everywhere.
		entered or None,
		goes_on=not (row.terminated_on or row.replaced_by or row.status in life.OVER),
		renewed_for=day_of(row.decided_for) if decided else None,
	)
