"""What the contracts in force agree about a customer's documents: read for one customer, company and day, in as many queries for
one row and contract as for many (requirements §6).

The customer's own contracts come before those of its group that name it as a party, what took effect last first.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import add_days, getdate

from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_prices as prices
from b2b_contracts.engine.contract_call_offs import Quantity
from b2b_contracts.engine.contract_prices import Item, Row, Tree
from b2b_contracts.permissions import COVERED_PARTIES

from .facts import CONTRACT, day_of

PARTY = "Contract Party"
SIGNED = 1
CONTRACT_FIELDS = (
	*("name", "title", "customer", "company", "currency", "price_list", "contract_owner"),
	*("payment_terms_template", "incoterm", "named_place", "late_interest_percent"),
	*("in_force_from", "in_force_until", "start_date", "original_contract"),
)
ABOUT = ("parent", "idx", "item_code", "item_group")


@dataclass(frozen=True, slots=True)
class Contracts:
	"""The contracts with a customer that are in force on a day, the first to count first, and what they agree."""

	contracts: tuple[frappe._dict, ...] = ()
	rows: tuple[Row, ...] = ()
	quantities: tuple[Quantity, ...] = ()

	def first(self, field: str):
		"""Return what the first contract that says something of it says of a field, None where none does."""
		return next((contract.get(field) for contract in self.contracts if contract.get(field)), None)

	@property
	def name(self) -> str:
		return self.contracts[0].name if self.contracts else ""


def in_force(customer: str, company: str, on: date) -> list[frappe._dict]:
	"""Return the contracts that say what a customer's documents of a day follow: rows of `CONTRACT_FIELDS`, the first to count
	first."""
	table = frappe.qb.DocType(CONTRACT)
	holds = (table.in_force_from <= on) & (table.in_force_until.isnull() | (table.in_force_until >= on))
	return _covering(customer, company, holds)


def _covering(customer: str, company: str, holds) -> list[frappe._dict]:
	table, party = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(PARTY)
	fields = [table[name] for name in CONTRACT_FIELDS]
	holds = holds & (table.docstatus == SIGNED) & (table.company == company) & table.in_force_from.isnotnull()
	own = frappe.qb.from_(table).where(holds & (table.customer == customer)).select(*fields)
	as_party = (
		frappe.qb.from_(party)
		.join(table)
		.on((party.parent == table.name) & (party.parenttype == CONTRACT))
		.where((party.customer == customer) & party.party_role.isin(COVERED_PARTIES))
		.where(holds & (table.customer != customer))
		.select(*fields)
		.distinct()
	)
	newest_first = {"key": lambda row: (row.in_force_from, row.name), "reverse": True}
	found: list[frappe._dict] = []
	for query in (own, as_party):
		found += sorted(query.run(as_dict=True), **newest_first)
	return found


def of_items(contracts: Iterable[frappe._dict], items: Collection[Item]) -> Contracts:
	"""Return contracts with what they agree about some items."""
	contracts = tuple(contracts)
	names = {item.name for item in items} | {item.template for item in items if item.template}
	groups = {group for item in items for group in item.groups}
	return Contracts(
		contracts, tuple(_rows(contracts, names, groups)), tuple(_quantities(contracts, names, groups))
	)


def rows_of(contracts: Iterable[frappe._dict]) -> list[Row]:
	"""Return all that some contracts agree, whoever they are with; each is for itself (`Row.contract`)."""
	return _rows(tuple(contracts))


def _rows(contracts: tuple, names: Collection[str] | None = None, groups: Collection[str] = ()) -> list[Row]:
	"""Return the prices and discounts of contracts, of some items and groups or of all; none counts when its contract is not in
	force."""
	if not contracts:
		return []
	place = {contract.name: rank for rank, contract in enumerate(contracts)}
	found: list[Row] = []
	valid = ("from_quantity", "valid_from", "valid_to")
	fields = {
		("Contract Price", prices.PRICE): ("rate", "uom"),
		("Contract Discount", prices.DISCOUNT): ("discount_percent", "price_list"),
	}
	for (doctype, kind), (value, own) in fields.items():
		for row in _of_table(doctype, (*ABOUT, *valid, value, own), place, names, groups):
			rank = place[row.parent]
			contract = contracts[rank]
			starts = [day for day in (day_of(row.valid_from), contract.in_force_from) if day]
			ends = [day for day in (day_of(row.valid_to), contract.in_force_until) if day]
			first, last = max(starts, default=None), min(ends, default=None)
			if first and last and last < first:
				continue
			found.append(
				Row(
					contract=row.parent,
					kind=kind,
					value=money(row.get(value)),
					item=row.item_code or "",
					group="" if row.item_code else row.item_group or "",
					price_list=row.get("price_list") or "",
					uom=row.get("uom") or "",
					from_quantity=money(row.from_quantity),
					valid_from=first,
					valid_until=last,
					rank=rank,
					number=row.idx,
					currency=contract.currency,
				)
			)
	return found


def _quantities(contracts: tuple, names: Collection[str], groups: Collection[str]) -> list[Quantity]:
	if not contracts:
		return []
	place = {contract.name: rank for rank, contract in enumerate(contracts)}
	rows = _of_table("Contract Call-off", ("name", *ABOUT, "quantity", "uom"), place, names, groups)
	return [
		Quantity(
			row.name,
			row.parent,
			money(row.quantity),
			row.item_code or "",
			"" if row.item_code else row.item_group or "",
			row.uom or "",
			place[row.parent],
		)
		for row in rows
	]


def _of_table(doctype: str, fields: tuple, parents: Collection[str], names, groups) -> list[frappe._dict]:
	table = frappe.qb.DocType(doctype)
	query = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in fields))
		.where((table.parenttype == CONTRACT) & table.parent.isin(list(parents)))
	)
	if names is not None:
		by_item = table.item_code.isin(list(names) or [""])
		no_item = table.item_code.isnull() | (table.item_code == "")
		by_group = table.item_group.isnull() | table.item_group.isin([*groups, ""])
		query = query.where(by_item | (no_item & by_group))
	return query.run(as_dict=True)


# ------------------------------------------------------------------ items
def items_of(codes: Iterable[str]) -> dict[str, Item]:
	"""Return what prices of some items follow from: their templates, groups and units."""
	codes = sorted({code for code in codes if code})
	if not codes:
		return {}
	found = frappe.get_all(
		"Item",
		filters={"name": ["in", codes]},
		fields=["name", "item_group", "variant_of", "stock_uom"],
	)
	chains = _chains({row.item_group for row in found})
	templates = {row.variant_of for row in found if row.variant_of}
	factors: dict[str, dict[str, Decimal]] = {}
	for row in frappe.get_all(
		"UOM Conversion Detail",
		filters={"parenttype": "Item", "parent": ["in", [*codes, *templates]]},
		fields=["parent", "uom", "conversion_factor"],
	):
		factors.setdefault(row.parent, {})[row.uom] = money(row.conversion_factor)
	return {
		row.name: Item(
			row.name,
			row.variant_of or "",
			chains.get(row.item_group, ()),
			row.stock_uom,
			factors.get(row.variant_of, {}) | factors.get(row.name, {}),
		)
		for row in found
	}


def _chains(groups: Collection[str]) -> dict[str, tuple[str, ...]]:
	"""Return each item group with those above it, the nearest first."""
	if not groups:
		return {}
	own, above = frappe.qb.DocType("Item Group"), frappe.qb.DocType("Item Group").as_("above")
	rows = (
		frappe.qb.from_(own)
		.join(above)
		.on((above.lft <= own.lft) & (above.rgt >= own.rgt))
		.where(own.name.isin(list(groups)))
		.select(own.name, above.name)
		.orderby(above.lft, order=frappe.qb.desc)
		.run()
	)
	chains: dict[str, tuple[str, ...]] = {}
	for group, upper in rows:
		chains[group] = (*chains.get(group, ()), upper)
	return chains


# ------------------------------------------------------------------ everything, for rules that ERPNext follows
def lasting(customer: str, company: str, days: int) -> tuple[Row, ...]:
	"""Return all that is agreed with a customer in a company, now, later, and until so many days ago."""
	table = frappe.qb.DocType(CONTRACT)
	since = getdate(add_days(getdate(), -days))
	contracts = _covering(customer, company, table.in_force_until.isnull() | (table.in_force_until >= since))
	return tuple(
		row for row in _rows(tuple(contracts)) if row.valid_until is None or row.valid_until >= since
	)


def tree_of(rows: Iterable[Row]) -> Tree:
	"""Return what rules for some rows need to know of the items."""
	rows = tuple(rows)
	items = {row.item for row in rows if row.item}
	groups = frappe.get_all("Item Group", fields=["name", "lft", "rgt"], order_by="lft")
	depths: dict[str, int] = {}
	open_ends: list[int] = []
	for group in groups:
		while open_ends and open_ends[-1] < group.lft:
			open_ends.pop()
		depths[group.name] = len(open_ends)
		open_ends.append(group.rgt)
	known = items_of(items)
	templates = frappe.get_all(
		"Item", filters={"name": ["in", list(items) or [""]], "has_variants": 1}, pluck="name"
	)
	factors = {
		(row.item, row.uom): factor
		for row in rows
		if row.item in known and row.uom and (factor := known[row.item].factor_of(row.uom))
	}
	return Tree(depths, groups[0].name if groups else "", frozenset(templates), factors)
