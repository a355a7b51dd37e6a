"""Shares a replay out among processes, customer by customer: no decision looks beyond a customer and its credit group."""

import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from .book import PROBLEMS_KEPT, Book, Unsorted
from .book_format import PROFILES
from .decisions import Decisions
from .memory import no_garbage_collection
from .replay import Part, Task, run_task

_progress = None


def run_in_parts(book: Book, task: Task, processes: int, on_progress: Callable[[float], None]) -> Part:
	"""Run a task in several processes; returns the same as one would."""
	while True:
		try:
			return _run_shares(book, task, customers_shared_out(book, processes), on_progress)
		except Unsorted as found:
			book.sort_first.add(found.sheet)


def _run_shares(
	book: Book, task: Task, shares: list[frozenset[str]], on_progress: Callable[[float], None]
) -> Part:
	ends = book.last_day_by_reading()
	task = replace(task, last=ends.toordinal() if ends else None)
	context = multiprocessing.get_context("spawn")
	done = context.Array("d", len(shares))
	with tempfile.TemporaryDirectory(prefix="b2b-backtest-") as name:
		folders = [Path(name) / str(number) for number in range(len(shares))]
		with ProcessPoolExecutor(len(shares), context, _begin, (done,)) as pool:
			futures = [
				pool.submit(
					_run,
					replace(task, only=share, first=not number),
					number,
					folders[number],
					book.sort_first,
				)
				for number, share in enumerate(shares)
			]
			try:
				left = set(futures)
				while left:
					_finished, left = wait(left, timeout=0.2, return_when=FIRST_EXCEPTION)
					on_progress(sum(done) / len(shares))
			except BaseException:
				for process in list(pool._processes.values()):
					process.terminate()
				raise
			parts = [future.result() for future in futures]
		return _merged(parts, [terms.name for terms in task.policies], folders)


def customers_shared_out(book: Book, processes: int) -> list[frozenset[str]]:
	"""Return the customers in as many shares of about one size: who was ever in one credit group stays together."""
	leader = {name: name for name in book.customers}

	def lead(name: str) -> str:
		while leader[name] != name:
			leader[name] = name = leader[leader[name]]
		return name

	first_of: dict[str, str] = {}
	with book.reading_ahead():
		for row in book.rows(PROFILES):
			if row.credit_group:
				leader[lead(row.customer)] = lead(first_of.setdefault(row.credit_group, row.customer))
	together: dict[str, list[str]] = {}
	for name in book.customers:
		together.setdefault(lead(name), []).append(name)
	shares: list[list[str]] = [[] for _ in range(processes)]
	for names in sorted(together.values(), key=len, reverse=True):
		min(shares, key=len).extend(names)
	return [frozenset(share) for share in shares if share] or [frozenset()]


def _begin(progress) -> None:
	global _progress
	_progress = progress


def _run(task: Task, number: int, folder: Path, sort_first: set[str]) -> tuple:
	folder.mkdir()

	def on_progress(share: float) -> None:
		_progress[number] = share

	book = Book(task.path, task.only, task.first)
	book.sort_first |= sort_first
	with no_garbage_collection():
		part = run_task(book, task, on_progress, folder)
	count, part.decisions = len(part.decisions), None
	return part, count


def _merged(parts: list[tuple], policies: list[str], folders: list[Path]) -> Part:
	whole, _count = parts[0]
	for part, _more in parts[1:]:
		whole.past.merge(part.past)
		for mine, theirs in zip(whole.worlds, part.worlds, strict=True):
			mine.merge(theirs)
		whole.problems = [*whole.problems, *part.problems]
		whole.problem_count += part.problem_count
		whole.rates |= part.rates
		whole.first = min((day for day in (whole.first, part.first) if day), default=None)
		whole.last = max((day for day in (whole.last, part.last) if day), default=None)
	whole.problems = sorted(whole.problems, key=lambda p: (p.sheet, p.row, p.column))[:PROBLEMS_KEPT]
	whole.decisions = Decisions(policies)
	whole.decisions.take_over(
		[(folder / "decisions", count) for folder, (_part, count) in zip(folders, parts, strict=True)]
	)
	return whole
