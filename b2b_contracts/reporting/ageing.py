"""Receivables by age, grouped: by customer, credit group, segment, salesperson, company, currency or document (requirements §5).

Groups are of one company each, so that every amount has one currency. What the documents do not explain of the general ledger is a
group of its own for each customer, in every grouping: the groups always add up to the ledger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import frappe

from b2b_contracts.engine import ageing
from b2b_contracts.engine.ageing import AGAINST_OLDEST, APART, Bounds, Part, Row, Sums
from b2b_contracts.engine.money import ZERO

from . import receivables
from .receivables import Found, Wanted

CUSTOMER, CREDIT_GROUP, SEGMENT, SALESPERSON = "Customer", "Credit Group", "Segment", "Salesperson"
COMPANY, CURRENCY, DOCUMENT = "Company", "Currency", "Document"
GROUPINGS = (CUSTOMER, CREDIT_GROUP, SEGMENT, SALESPERSON, COMPANY, CURRENCY, DOCUMENT)
# By what the documents behind a group are chosen.
PARTS = (CREDIT_GROUP, SEGMENT, SALESPERSON, CURRENCY)
OF_PROFILE = {CREDIT_GROUP: "credit_group", SEGMENT: "segment"}
AMOUNTS = ("open", "open_in_account", "disputed", "planned", "promised", "secured")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
	"""How receivables are looked at. `part_by` chooses one of PARTS ("" is none), `part` which of it ("" are those without)."""

	wanted: Wanted
	bounds: Bounds = field(default_factory=Bounds)
	by: str = CUSTOMER
	credits: str = APART
	alarm_days: int = 60
	part_by: str = ""
	part: str = ""


@dataclass(slots=True)
class Group:
	"""Receivables that belong together. `row` is one of them: the document itself where it is grouped by document. `unexplained`
	groups are what the general ledger has more of a customer than the documents."""

	key: str
	company: str
	row: Row
	sums: Sums
	oldest: date | None = None
	is_unexplained: bool = False


@dataclass(slots=True)
class Aged:
	"""Groups of receivables, the sums of each company, and the names of customers."""

	asked: Asked
	found: Found
	groups: list[Group] = field(default_factory=list)
	sums: dict[str, Sums] = field(default_factory=dict)
	names: dict[str, str] = field(default_factory=dict)


def aged(asked: Asked) -> Aged:
	"""Return receivables by age, the largest group first, unexplained differences last."""
	found = receivables.read(asked.wanted)
	result = Aged(asked, found)
	result.sums = {company: _sums(asked) for company in asked.wanted.companies}
	groups: dict[Key, Group] = {}
	key_of, as_of = _key_of(asked), asked.wanted.as_of
	# As many groups as parts: to sum up groups would save nothing.
	one_by_one = asked.by == DOCUMENT
	for key, part in _parts(asked, found, _profiles(asked)):
		row = part.row
		whole_key = (
			(row.company, "", row.customer) if row.is_unexplained else (row.company, *key_of(key, row))
		)
		group = groups.get(whole_key)
		if group is None:
			group = groups[whole_key] = Group(key, row.company, row, _sums(asked))
			group.is_unexplained = row.is_unexplained
		group.sums.add(part, as_of)
		if one_by_one:
			result.sums[row.company].add(part, as_of)
		if part.open > 0 and (group.oldest is None or part.day < group.oldest):
			group.oldest = part.day
	if not one_by_one:
		for group in groups.values():
			result.sums[group.company].include(group.sums)
	result.groups = sorted(groups.values(), key=_order)
	named = (group for group in result.groups if group.is_unexplained or asked.by in (CUSTOMER, DOCUMENT))
	result.names = _names({group.row.customer for group in named})
	return result


def _sums(asked: Asked) -> Sums:
	return Sums(asked.bounds, asked.alarm_days)


def _order(group: Group) -> tuple:
	return group.is_unexplained, group.company, -group.sums.total, group.key, group.row.voucher


def _names(customers: Iterable[str]) -> dict[str, str]:
	# The query builder takes longer to write thousands of names than the database to look them up.
	rows = frappe.get_all(
		"Customer",
		filters={"name": ["in", sorted(customers) or [""]]},
		fields=["name", "customer_name"],
		as_list=True,
	)
	return dict(rows)


# ------------------------------------------------------------------ parts, and what they are grouped by
def _parts(
	asked: Asked, found: Found, profiles: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterator[tuple[str, Part]]:
	"""Return the parts that are asked for, each with what it is grouped by."""
	parts: Iterable[Part] = ageing.all_parts(found.items, asked.bounds.basis)
	if asked.credits == AGAINST_OLDEST:
		parts = list(parts)
		ageing.set_against_oldest(parts)
		parts = (part for part in parts if part.open or part.open_in_account)
	by_person = SALESPERSON in (asked.by, asked.part_by)
	for part in parts:
		for person, mine in _split(part) if by_person else (("", part),):
			if asked.part_by and _value(asked.part_by, mine.row, person, profiles) != asked.part:
				continue
			yield _value(asked.by, mine.row, person, profiles), mine


def _value(by: str, row: Row, person: str, profiles: Mapping[tuple[str, str], tuple[str, str]]) -> str:
	"""Return what a row belongs to, "" for what belongs to none."""
	if by == CUSTOMER:
		return row.customer
	if by == SALESPERSON:
		return person
	if by == CURRENCY:
		return row.currency
	if by == COMPANY:
		return row.company
	if by == DOCUMENT:
		return row.voucher
	return profiles.get((row.customer, row.company), ("", ""))[by == SEGMENT]


def _key_of(asked: Asked) -> Callable[[str, Row], Key]:
	"""Return how a group is told from others of its company."""
	if asked.by == DOCUMENT:
		return lambda key, row: (row.doctype, key, row.customer, row.account)
	return lambda key, row: ("=", key)


def _split(part: Part) -> list[tuple[str, Part]]:
	"""Split a part among the sales team of its document, each amount to the cent; what nobody answers for is left to nobody."""
	row = part.row
	if row.is_unexplained or not row.team:
		return [("", part)]
	if len(row.team) == 1 and row.team[0][1] == 100:
		return [(row.team[0][0], part)]
	split: dict[str, Part] = {}
	for name in AMOUNTS:
		amount = getattr(part, name)
		for person, mine in ageing.shares_of_team(amount, row.team) if amount else ():
			whose = split.get(person)
			if whose is None:
				whose = split[person] = Part(row, part.day, ZERO, ZERO)
			setattr(whose, name, getattr(whose, name) + mine)
	return list(split.items())


def _profiles(asked: Asked) -> dict[tuple[str, str], tuple[str, str]]:
	"""Return credit group and segment by customer and company."""
	if not {asked.by, asked.part_by} & set(OF_PROFILE):
		return {}
	profile = frappe.qb.DocType("Credit Profile")
	rows = (
		frappe.qb.from_(profile)
		.select(profile.customer, profile.company, profile.credit_group, profile.segment)
		.where(profile.company.isin(list(asked.wanted.companies) or [""]))
		.run()
	)
	return {(customer, company): (group or "", segment or "") for customer, company, group, segment in rows}
