"""The key figures of a company by month, of the whole, by segment or by salesperson (requirements §5).

A closed month is as it was when its books were closed (snapshots.py); the running month, and one of which there is no snapshot, comes
from the books. What concerns some customers only is always read from the books, for those: a snapshot is of a whole company.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from frappe.utils import getdate

from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.kpi import GREY, Figure

from . import kpi_facts, kpi_records
from .kpi_facts import COMPANY, SALESPERSON, SEGMENT
from .kpi_records import Record

BY = (COMPANY, SEGMENT, SALESPERSON)
SNAPSHOT, BOOKS = "Snapshot", "Books"
# Figures that differ by less are the same.
SAME = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Of:
	"""A key figure of one month. `taken` is what the snapshot says of it where `figure` was reckoned from the books again."""

	record: Record
	key: str
	month: date
	figure: Figure
	months: int
	source: str
	segment: str | None = None
	taken: Figure | None = None

	@property
	def value(self) -> Decimal | None:
		return self.figure.value

	@property
	def light(self) -> str:
		return self.record.light(self.value, self.segment)

	@property
	def is_changed(self) -> bool:
		"""Whether the books say something else than when they were closed: another figure, or another number that it is made from."""
		return self.taken is not None and not _is_same(self.figure, self.taken)


def _is_same(one: Figure, other: Figure) -> bool:
	def same(a: Decimal | None, b: Decimal | None, by: Decimal) -> bool:
		return a == b if a is None or b is None else abs(a - b) < by

	numbers = {made.name: made.value for made in other.inputs}
	return same(one.value, other.value, SAME) and all(
		same(made.value, numbers.get(made.name), Decimal("0.005")) for made in one.inputs
	)


@dataclass(slots=True)
class Found:
	"""Figures by (code, key, first day of the month), with the records, keys and months in their order. `running` is the month that
	is not over, if it is among them."""

	company: str
	currency: str
	by: str
	months: list[date]
	records: list[Record]
	keys: list[str] = field(default_factory=list)
	figures: dict[tuple[str, str, date], Of] = field(default_factory=dict)
	running: date | None = None

	def of(self, code: str, key: str = "", month: date | None = None) -> Of | None:
		"""Return a figure of a month, of the last one where none is named."""
		return self.figures.get((code, key, month or self.months[-1]))

	def series(self, code: str, key: str = "") -> list[Of | None]:
		"""Return a figure by month, None where nothing is known."""
		return [self.figures.get((code, key, month)) for month in self.months]

	def all(self) -> Iterator[Of]:
		"""Return the figures by record, key and month."""
		for record in self.records:
			for key in self.keys:
				yield from (one for one in self.series(record.code, key) if one is not None)


def figures(
	company: str,
	first_month: date,
	last_month: date,
	by: str = COMPANY,
	customers: Collection[str] | None = None,
	from_books: bool = False,
) -> Found:
	"""Return the key figures of a company from one month to another (any day in each), `by` "", "Segment" or "Salesperson".

	`customers` None is every customer: whoever calls has asked what the user may see. `from_books` reckons closed months again, and
	tells what their snapshots said.
	"""
	today = getdate()
	months = rules.months_between(rules.month_of(first_month), min(last_month, today))
	records = [record for record in kpi_records.all_of_them() if record.is_shown]
	if by != COMPANY:
		records = [record for record in records if not record.kpi.of_company]
	found = Found(company, company_currency(company), by, months, records)
	if not months:
		return found
	if months[-1] == rules.month_of(today):
		found.running = months[-1]
	from . import snapshots

	taken = snapshots.read(company, months[0], months[-1], by) if customers is None else {}
	wanted = [month for month in months if from_books or month not in taken]
	if wanted:
		_from_books(found, wanted, customers, taken)
	for month in months:
		if month not in wanted:
			_from_snapshot(found, month, taken[month])
	found.keys = sorted({key for _code, key, _month in found.figures}, key=lambda key: (not key, key))
	return found


def light_of(record: Record | str, value: Decimal | None, segment: str | None = None) -> str:
	"""Return the light ("Red", "Yellow", "Green", "Grey") of a value of a key figure, named by its record or code."""
	if isinstance(record, str):
		code = record
		record = next((one for one in kpi_records.all_of_them() if one.code == code), None)
		if record is None:
			return GREY
	return record.light(value, segment)


def _of(found: Found, record: Record, key: str, month: date, figure: Figure, months: int, **more) -> Of:
	segment = key if found.by == SEGMENT else None
	return Of(record, key, month, figure, months, segment=segment, **more)


def _from_books(found: Found, months: list[date], customers, taken: dict) -> None:
	books = _running(found) if months == [found.running] and customers is None else None
	if books is None:
		books = read_books(found.company, months[0], months[-1], found.by, found.records, customers)
	for month in months:
		for key, code, figure, count in reckoned(books, month, found.records):
			said = taken.get(month, {}).get((code, key))
			record = next(one for one in found.records if one.code == code)
			found.figures[code, key, month] = _of(
				found, record, key, month, figure, count, source=BOOKS, taken=said[0] if said else None
			)


def _from_snapshot(found: Found, month: date, taken: dict) -> None:
	by_code = {record.code: record for record in found.records}
	for (code, key), (figure, count) in taken.items():
		if code in by_code:
			found.figures[code, key, month] = _of(
				found, by_code[code], key, month, figure, count, source=SNAPSHOT
			)


def _running(found: Found) -> kpi_facts.Books | None:
	"""Return the facts of the running month with those of closed months, None where not all months before it are closed."""
	from . import kpi_now, snapshots

	running = found.running
	wanted = _wanted(found.company, running, running, found.by, found.records)
	before = rules.months_later(running, -1)
	past = snapshots.facts(found.company, wanted.history, before, found.by)
	closed = {month for of_key in past.values() for month in of_key}
	if not kpi_now.is_complete(closed, snapshots.began(found.company), running):
		return None
	return kpi_now.read(wanted, past)


def read_books(
	company: str,
	first: date,
	last: date,
	by: str,
	records: list[Record],
	customers: Collection[str] | None = None,
	until: date | None = None,
) -> kpi_facts.Books:
	"""Return the facts that figures of some months (first days) need, up to a day: today, or the end of the last month."""
	return kpi_facts.read(_wanted(company, first, last, by, records, customers, until))


def _wanted(company, first, last, by, records, customers=None, until=None) -> kpi_facts.Wanted:
	most = max((record.months for record in records), default=1)
	until = until or min(rules.last_day(last), getdate())
	history = rules.months_later(first, 1 - max(most + 1, rules.MOST_MONTHS_BACK))
	since = rules.months_later(first, 1 - most)
	return kpi_facts.Wanted(company, first, last, since, history, until, by, customers)


def reckoned(
	books: kpi_facts.Books, month: date, records: list[Record]
) -> Iterator[tuple[str, str, Figure, int]]:
	"""Return (key, code, figure, its months) of a month, of every key of which anything is known."""
	keys = kpi_facts.keys_of(books) if books.wanted.by else [COMPANY]
	for key in keys:
		history = kpi_facts.history_of(books, key, month)
		for record in records:
			yield key, record.code, rules.figure(record.code, history, record.months), record.months
