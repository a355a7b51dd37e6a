"""How contracts do: committed, ordered, invoiced, margin, disputes, lateness, and how long each was on its way to its signature
(requirements §6, quarterly performance review). A contract stands for itself and its amendments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import cint, getdate

from b2b_contracts.contracts import visible
from b2b_contracts.contracts.facts import CONTRACT, day_of
from b2b_contracts.contracts.rates import Rates
from b2b_contracts.engine import contract_performance as engine
from b2b_contracts.engine import contract_revenue as revenue
from b2b_contracts.engine.contract_performance import Lateness, Margin
from b2b_contracts.engine.money import ZERO

from . import contract_revenue, contract_trade
from .contract_trade import Disputed

# The key figure whose red limit is the target.
CYCLE_TARGET = "contract_cycle"
CYCLE_FIELDS = (
	*("name", "title", "customer", "customer_name", "contract_type", "status", "account_manager"),
	*("contract_owner", "amendment_number", "contract_form", "creation", "approved_on", "signed_on"),
	*("taken_over_on", "contract_import", "erpnext_contract"),
)


@dataclass(frozen=True, slots=True)
class Done:
	"""What a contract, its amendments with it, has brought in some days. `knows_trade`: whether what was ordered and invoiced may be
	told at all. Amounts are net, in the company's currency."""

	row: frappe._dict
	committed: Decimal | None
	knows_trade: bool = False
	ordered: Decimal = ZERO
	margin: Margin = field(default_factory=Margin)
	disputed: Disputed = field(default_factory=Disputed)
	late: Lateness = field(default_factory=Lateness)
	overdue: Decimal = ZERO
	cycle_days: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
	"""The contracts in force on some of the days, whose trade may be told, and what has to be said of currencies."""

	done: list[Done]
	currency: str
	message: str


def target_days() -> int:
	"""Return within how many days a contract is to be signed: what its key figure says."""
	return cint(frappe.db.get_value("Credit KPI", {"code": CYCLE_TARGET}, "red")) or engine.TARGET_DAYS


def read(wanted: contract_revenue.Wanted, today: date | None = None) -> Found:
	"""Return what the contracts brought that were in force on some days, by as many queries for one as for thousands."""
	today = today or getdate()
	rates = Rates(wanted.company, today)
	entries = contract_revenue.read(wanted, rates)
	members: dict[str, list[contract_revenue.Entry]] = {}
	for entry in entries:
		if _is_in_force(entry.row, wanted):
			members.setdefault(entry.chain, []).append(entry)
	trade = None
	if members and contract_trade.may_know():
		of = contract_trade.Wanted(wanted.company, wanted.first, wanted.last, contract_trade.customers())
		trade = _Trade(of, rates, today)
	done = [_done(chain, rows, wanted, trade, today) for chain, rows in members.items()]
	return Found(done, rates.currency, rates.message())


def _is_in_force(row, wanted: contract_revenue.Wanted) -> bool:
	"""Whether a contract is in force on some of the days; one that may be renewed until then is not."""
	return row.in_force_until is None or row.in_force_until >= wanted.first


class _Trade:
	"""What was traded under the contracts of a company, by the original contract."""

	def __init__(self, wanted: contract_trade.Wanted, rates: Rates, today: date):
		self.wanted = wanted
		self.ordered = contract_trade.ordered(wanted)
		self.margins = contract_trade.invoiced(wanted)
		self.late, self.overdue = contract_trade.lateness(wanted, today)
		self.disputed = contract_trade.disputed(wanted, rates)


def _done(chain: str, rows: list[contract_revenue.Entry], wanted, trade: _Trade | None, today: date) -> Done:
	# What took effect last says what it is called and whose it is.
	row = rows[-1].row
	valued = [entry for entry in rows if entry.is_valued]
	committed = None
	if valued:
		amounts = (
			revenue.between(entry.contract, wanted.first, wanted.last, today, entry.rate) for entry in valued
		)
		committed = sum((one.committed for one in amounts), ZERO)
	first = next((entry.row for entry in rows if entry.row.name == chain), row)
	days = cycle_days(first)
	if trade is None or not trade.wanted.knows(row.customer):
		return Done(row, committed, cycle_days=days)
	return Done(
		row,
		committed,
		True,
		trade.ordered.get(chain, ZERO),
		trade.margins.get(chain, Margin()),
		trade.disputed.get(chain, Disputed()),
		trade.late.get(chain, Lateness()),
		trade.overdue.get(chain, ZERO),
		days,
	)


# ------------------------------------------------------------------ cycle time
def cycle_days(row) -> int | None:
	"""Return for how many days a contract was on its way from its request to its signature, None for one that was signed before it
	was entered here."""
	taken_over = bool(row.taken_over_on or row.contract_import or row.erpnext_contract)
	return engine.cycle_days(day_of(row.creation), day_of(row.signed_on), taken_over)


def signed(wanted: contract_revenue.Wanted) -> list[frappe._dict]:
	"""Return the contracts and amendments signed in some days, as far as the session user may see them, the newest first."""
	contract = frappe.qb.DocType(CONTRACT)
	query = (
		frappe.qb.from_(contract)
		.select(*(contract[name] for name in CYCLE_FIELDS))
		.where((contract.company == wanted.company) & (contract.docstatus == 1))
		.where(contract.signed_on.between(wanted.first, wanted.last) & visible.among(contract.name))
		.orderby(contract.signed_on, order=frappe.qb.desc)
		.orderby(contract.name)
	)
	for name, value in wanted.filters.items():
		if value:
			query = query.where(contract[name] == value)
	return query.run(as_dict=True)


def total_of(done: Iterable[Done]) -> Done:
	"""Return what some contracts did together; `row` is empty, the cycle time is the average in whole days, and what may not be
	known of one of them is not counted."""
	done = list(done)
	committed = [one.committed for one in done if one.committed is not None]
	average = engine.average(one.cycle_days for one in done)
	return Done(
		frappe._dict(),
		sum(committed, ZERO) if committed else None,
		any(one.knows_trade for one in done),
		sum((one.ordered for one in done), ZERO),
		sum((one.margin for one in done), Margin()),
		sum((one.disputed for one in done), Disputed()),
		sum((one.late for one in done), Lateness()),
		sum((one.overdue for one in done), ZERO),
		None if average is None else round(average),
	)
