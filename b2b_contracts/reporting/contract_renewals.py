"""What the renewal pipeline's report adds to the contracts of the pipeline: margin and price gap of the last twelve months, and whom
the app has told of what. Read by as many queries for many contracts as for one (for every five hundred in history)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import frappe
from frappe.utils import add_days, add_months, create_batch, getdate

from b2b_contracts.contracts import events, pipeline
from b2b_contracts.contracts.facts import CONTRACT
from b2b_contracts.contracts.rates import Rates
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine.contract_performance import Gap, Margin

from . import contract_trade

# Over how many months back margin and quantities are looked at.
MONTHS = 12
NO_MARGIN, NO_GAP = Margin(), Gap()
IN_FORCE = (
	*("name", "customer", "currency", "price_list", "original_contract"),
	*("in_force_from", "in_force_until"),
)


@dataclass(frozen=True, slots=True)
class Trade:
	"""Margin and price gap by contract. `known` are the contracts whose customer's trade the reader may know."""

	margins: dict[str, Margin] = field(default_factory=dict)
	gaps: dict[str, Gap] = field(default_factory=dict)
	known: frozenset[str] = frozenset()
	message: str = ""

	def margin(self, name: str) -> Margin | None:
		return self.margins.get(name, NO_MARGIN) if name in self.known else None

	def gap(self, name: str) -> Gap | None:
		return self.gaps.get(name, NO_GAP) if name in self.known else None


def trade(company: str, entries: Iterable[pipeline.Entry], today: date | None = None) -> Trade:
	"""Return margin and price gap of the contracts of a pipeline over the last twelve months, amendments with what they amend."""
	today = today or getdate()
	if not contract_trade.may_know():
		return Trade()
	first = getdate(add_days(add_months(today, -MONTHS), 1))
	wanted = contract_trade.Wanted(company, first, today, contract_trade.customers())
	rates = Rates(company, today)
	margins, lines = contract_trade.invoiced(wanted), contract_trade.bought(wanted)
	entries = {entry.name: entry for entry in entries}
	chains = {*margins, *(line.chain for line in lines)}
	traded = [row for row in _in_force(company, chains) if row.name in entries]
	gaps = contract_trade.gaps(traded, lines, today, rates)
	chain = {row.name: row.original_contract or row.name for row in traded}
	return Trade(
		{name: margins[one] for name, one in chain.items() if one in margins},
		{name: gaps[one] for name, one in chain.items() if one in gaps},
		frozenset(name for name, entry in entries.items() if wanted.knows(entry.row["customer"])),
		rates.message(),
	)


def _in_force(company: str, chains: Collection[str]) -> Iterator[frappe._dict]:
	"""Return what the price gap of the running ones of some contracts and their amendments goes by. Who may see them was asked by
	the pipeline."""
	contract = frappe.qb.DocType(CONTRACT)
	for some in create_batch(sorted(chains), 500):
		yield from (
			frappe.qb.from_(contract)
			.select(*(contract[name] for name in IN_FORCE))
			.where(contract.name.isin(some) | contract.original_contract.isin(some))
			.where(contract.status.isin(life.RUNNING) & (contract.company == company))
			.run(as_dict=True)
		)


def history(entries: Iterable[pipeline.Entry]) -> dict[str, list[pipeline.Told]]:
	"""Return who was told of the dates of some contracts, when and of what, the newest first."""
	event = frappe.qb.DocType(events.EVENT)
	found: dict[str, list[pipeline.Told]] = defaultdict(list)
	# MariaDB reads a longer list as a table, without the index.
	for names in create_batch([entry.name for entry in entries], 500):
		rows = (
			frappe.qb.from_(event)
			.select(event.contract, event.told, event.happened_on, event.key_date_kind)
			.where(event.contract.isin(names) & (event.event == events.REMINDER))
			.orderby(event.contract)
			.orderby(event.happened_on, order=frappe.qb.desc)
			.run()
		)
		for name, told, happened_on, kind in rows:
			users = tuple(user for user in (told or "").split(", ") if user)
			found[name].append(pipeline.Told(users, happened_on, kind or ""))
	return dict(found)
