"""Replays a book day by day: once as it was, and once under each policy, side by side.

Rows of one moment happen in the order of `book_format`: what is known of people first, then closings, orders,
deliveries, invoices, credit notes, payments, and within a sheet in the order of its rows. A row without a time of day
happens at the beginning of its day. After everything of a moment, what waits is looked at again.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from .assumptions import Assumptions
from .book import SECONDS_A_DAY, Book, BookError, Problem, Unsorted
from .book_format import GROUPS, PROFILES, RATINGS
from .decisions import Decisions
from .figures import Figures
from .memory import no_garbage_collection
from .past import Past
from .policy_file import PolicyTerms
from .reading import days_of
from .result import Result, WorldResult
from .world import World

AS_IT_WAS = "As it was"
FOREVER = 1 << 62


@dataclass(frozen=True)
class Task:
	"""What is to be replayed. `last` is the day on which the whole book ends, where this is a share of it."""

	path: Path
	policies: tuple[PolicyTerms, ...]
	assumptions: Assumptions
	from_date: date | None
	to_date: date | None
	last: int | None = None


@dataclass
class Part:
	"""What came of a task: the figures of the past and of each policy, and the decisions."""

	past: Figures
	worlds: list[Figures]
	decisions: Decisions
	first: int | None
	last: int | None
	rates: dict
	problems: list[Problem] = field(default_factory=list)
	problem_count: int = 0


class Replay:
	"""One back-test. `run` returns its `Result`, or raises `BookError` with everything that is wrong with the book.

	Orders from `from_date` to `to_date` are decided about; what comes before is the past that they are judged by, what
	comes after tells how they ended. `on_progress` gets the share that is done (0 to 1); what it raises ends the replay.
	A large book is replayed in shares of its customers, by as many `processes`: the result is the same.
	"""

	def __init__(
		self,
		book: Book,
		policies: Sequence[PolicyTerms],
		assumptions: Assumptions | None = None,
		from_date: date | None = None,
		to_date: date | None = None,
		on_progress: Callable[[float], None] | None = None,
		processes: int = 1,
	):
		if from_date and to_date and to_date < from_date:
			raise ValueError(f"the period ends on {to_date}, before it begins on {from_date}")
		self.book, self.policies = book, list(policies)
		self.assumptions = assumptions or Assumptions()
		self.from_date, self.to_date = from_date, to_date
		self.on_progress = on_progress or (lambda share: None)
		self.processes = processes

	def run(self) -> Result:
		task = Task(self.book.path, tuple(self.policies), self.assumptions, self.from_date, self.to_date)
		from .parallel import is_large, run_in_shares

		if self.processes > 1 or is_large(self.book):
			part = run_in_shares(self.book, task, self.processes, self.on_progress)
		else:
			part = run_sorting(self.book, task, self.on_progress)
		if part.problem_count:
			raise BookError(str(self.book.path), part.problems, part.problem_count)
		return self._result(part)

	def _result(self, part: Part) -> Result:
		for figures in part.worlds:
			figures.holds.sort(key=lambda hold: (hold.began, hold.key))
		first = date.fromordinal(part.first) if part.first else self.from_date or date(2000, 1, 1)
		last = date.fromordinal(part.last) if part.last else first
		past = WorldResult(AS_IT_WAS, part.past, last)
		return Result(
			book=self.book.path.name,
			currency=self._main_currency(part.rates),
			first=first,
			last=last,
			from_date=max(first, self.from_date or first),
			to_date=min(last, self.to_date or last),
			assumptions=self.assumptions,
			past=past,
			policies=[
				WorldResult(title, figures, last, past, terms)
				for title, figures, terms in zip(
					_titles(self.policies), part.worlds, self.policies, strict=True
				)
			],
			decisions=part.decisions,
			customers=self.book.customers,
		)

	def _main_currency(self, rates: dict) -> str:
		ones = [currency for currency, rate in rates.items() if rate == 1]
		currencies = {row.currency for row in self.book.customers.values()}
		return ones[0] if ones else ", ".join(sorted(currencies))


def _titles(policies: Sequence[PolicyTerms]) -> list[str]:
	"""Return the names of the policies, told apart where they are called the same."""
	names = [terms.name for terms in policies]
	if len(set(names)) < len(names):
		return [f"{number}: {name}" for number, name in enumerate(names, 1)]
	return names


def run_sorting(
	book: Book,
	task: Task,
	on_progress: Callable[[float], None],
	folder: Path | None = None,
	watch: Callable[[World], None] | None = None,
) -> Part:
	"""Run a task; again with a sheet sorted that turns out not to be in the order of time."""
	while True:
		try:
			with no_garbage_collection():
				return run_task(book, task, on_progress, folder, watch)
		except Unsorted as found:
			book.sort_first.add(found.sheet)
			book.begin()


def run_task(
	book: Book,
	task: Task,
	on_progress: Callable[[float], None],
	folder: Path | None = None,
	watch: Callable[[World], None] | None = None,
) -> Part:
	"""Replay a book (or the part of it that belongs to some customers). Problems are on the part, nothing is raised for them.

	`watch` gets the world of the first policy before the first day.
	"""
	begins = task.from_date.toordinal() * SECONDS_A_DAY if task.from_date else 0
	ends = (task.to_date.toordinal() + 1) * SECONDS_A_DAY if task.to_date else FOREVER
	past = Past(book, task.assumptions)
	worlds = [World(book, terms, task.assumptions, past, begins, ends) for terms in task.policies]
	if task.assumptions.profiles_from_start:
		_begin_with_first_profiles(book, worlds)
	if watch and worlds:
		watch(worlds[0])
	decisions = Decisions(_titles(task.policies), folder)
	everybody = (past, *worlds)
	ahead = _days_ahead(book, worlds)
	waiting: deque[tuple[int, list]] = deque()
	expected = task.last or (book.last_day() or task.to_date or date.max).toordinal()
	first = last = None

	def happen(day: int, events: list) -> None:
		if book.problem_count > past.problems:
			return  # all there is left to do is to find the other problems
		past.run_day(day, events)
		if book.problem_count:
			return
		for world in worlds:
			world.run_day(day, events)
		decisions.keep(worlds)
		today = date.fromordinal(day)
		if (today + timedelta(days=1)).day == 1:
			for world in everybody:
				world.figures.close_month(world.ledger, today)

	for day, events in days_of(book):
		if first is None:
			first = day
		last = day
		if ahead is not None:
			for world in worlds:
				world.foresee(events)
		waiting.append((day, events))
		while waiting and waiting[0][0] <= day - (ahead or 0):
			happen(*waiting.popleft())
		if day % 7 == 0:
			on_progress(min(1.0, (day - first) / max(1, expected - first)))
	while last is not None and task.last is not None and last < task.last:
		last += 1
		waiting.append((last, []))
	while waiting:
		happen(*waiting.popleft())
	decisions.close()
	if not book.problem_count and last is not None:
		for world in everybody:
			world.figures.close_month(world.ledger, date.fromordinal(last))
		for world in worlds:
			world.close()
	on_progress(1.0)
	return Part(
		past.figures,
		[world.figures for world in worlds],
		decisions,
		first,
		last,
		past.rates,
		book.problems,
		book.problem_count,
	)


def _begin_with_first_profiles(book: Book, worlds: list[World]) -> None:
	"""Let the first known judgement of each customer hold from the beginning; it comes again, unchanged, on its day."""
	with book.reading_ahead():
		groups, profiles, ratings = (
			_first_of_each(book.rows(sheet), key)
			for sheet, key in ((GROUPS, "credit_group"), (PROFILES, "customer"), (RATINGS, "customer"))
		)
	for world in worlds:
		world.begin_with(groups, profiles, ratings)


def _first_of_each(rows: Iterator[tuple], key: str) -> list[tuple]:
	found: dict[str, tuple] = {}
	for row in rows:
		found.setdefault(getattr(row, key), row)
	return list(found.values())


def _days_ahead(book: Book, worlds: list[World]) -> int | None:
	"""Return how far to read ahead: as far as a policy makes payments come earlier; None where it moves none at all."""
	# Profiles are few beside orders: read once more for this alone.
	with book.reading_ahead():
		rows = list(book.rows(PROFILES))
	shifts = [world.shift_of_terms(rows) for world in worlds]
	return max((most for most in shifts if most is not None), default=None)
