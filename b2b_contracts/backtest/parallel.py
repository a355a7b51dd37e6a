"""Replays a book share by share, in several processes or in one: the result is that of the whole."""

import csv
import gc
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import book_format
from .book import PROBLEMS_KEPT, Book
from .decisions import Decisions
from .replay import Part, Task, run_sorting
from .shares import Share, customers_shared_out, share_out

# About ten thousand orders with all that belongs to them. A larger share is slower, as it leaves the processor's cache;
# a smaller one is slower too, as every share goes through every day of the calendar.
BYTES_A_SHARE = 5_000_000

Tell = Callable[[int, float], None]
"""Takes the number of a share and how much of it is done, 0 to 1."""

_done = None


def is_large(book: Book) -> bool:
	"""Whether a book is better replayed in shares, also by one process."""
	return book.size() >= 2 * BYTES_A_SHARE


def run_in_shares(book: Book, task: Task, processes: int, on_progress: Callable[[float], None]) -> Part:
	"""Run a task share by share; returns the same as one run over the whole book would."""
	rounds = max(1, round(book.size() / BYTES_A_SHARE / processes))
	customers = customers_shared_out(book, rounds * processes)
	with tempfile.TemporaryDirectory(prefix="b2b-backtest-") as name:
		sheets = frozenset(book.source.names())
		shares = [Share(Path(name), number, sheets) for number in range(len(customers))]
		with _workers(processes, len(shares), on_progress) as run_all:
			try:
				book.sort_first |= _share_out(run_all, book, shares, customers)
			except (ValueError, csv.Error):
				return run_sorting(book, task, on_progress)  # which tells what cannot be read
			ends = book.last_day_by_reading()
			task = replace(task, last=ends.toordinal() if ends else None)
			parts = run_all(_run, [(task, share, book.sort_first) for share in shares])
		return _merged(parts, task, shares)


def _share_out(
	run_all: Callable, book: Book, shares: list[Share], customers: list[frozenset[str]]
) -> set[str]:
	"""Write the lines of each share; returns the sheets whose lines are not in the order of time."""
	share_of = {name: number for number, names in enumerate(customers) for name in names}
	# The sheets of trade, which come last, are the largest: begin with them.
	names = [sheet.name for sheet in reversed(book_format.SHEETS) if sheet.name in shares[0].sheets]
	found = run_all(_write, [(book.path, name, shares[0].folder, len(shares), share_of) for name in names])
	return {name for name, in_order in zip(names, found, strict=True) if not in_order}


def _write(tell: Tell, path: Path, name: str, folder: Path, count: int, share_of: dict[str, int]) -> bool:
	return share_out(Book(path).source, name, folder, count, share_of)


def _run(tell: Tell, task: Task, share: Share, sort_first: set[str]) -> Part:
	book = Book(task.path, share)
	book.sort_first |= sort_first
	folder = share.folder / f"decisions-{share.number}"
	folder.mkdir()
	part = run_sorting(book, task, lambda done: tell(share.number, done), folder)
	gc.collect()  # a world is a circle of objects
	return part


@contextmanager
def _workers(processes: int, shares: int, on_progress: Callable[[float], None]) -> Iterator[Callable]:
	"""Give a function that calls another with each of some arguments, in as many processes, and returns what they return."""
	if processes == 1:

		def tell(number: int, done: float) -> None:
			on_progress((number + done) / shares)

		yield lambda function, calls: [function(tell, *arguments) for arguments in calls]
		return
	context = multiprocessing.get_context("spawn")
	done = context.Array("d", shares)
	with ProcessPoolExecutor(processes, context, _begin, (done,)) as pool:

		def run_all(function: Callable, calls: Sequence[tuple]) -> list:
			futures = [pool.submit(_call, function, arguments) for arguments in calls]
			try:
				left = set(futures)
				while left:
					finished, left = wait(left, timeout=0.2, return_when=FIRST_EXCEPTION)
					for future in finished:
						future.result()
					on_progress(sum(done) / shares)
			except BaseException:
				pool.shutdown(wait=False, cancel_futures=True)
				for process in list((pool._processes or {}).values()):
					process.terminate()
				raise
			return [future.result() for future in futures]

		yield run_all


def _begin(done) -> None:
	global _done
	_done = done


def _call(function: Callable, arguments: tuple):
	return function(_tell, *arguments)


def _tell(number: int, done: float) -> None:
	_done[number] = done


def _merged(parts: list[Part], task: Task, shares: list[Share]) -> Part:
	whole = parts[0]
	for part in parts[1:]:
		whole.past.merge(part.past)
		for mine, theirs in zip(whole.worlds, part.worlds, strict=True):
			mine.merge(theirs)
		whole.problems = [*whole.problems, *part.problems]
		whole.problem_count += part.problem_count
		whole.rates |= part.rates
		whole.first = min((day for day in (whole.first, part.first) if day), default=None)
		whole.last = max((day for day in (whole.last, part.last) if day), default=None)
	whole.problems = sorted(whole.problems, key=lambda p: (p.sheet, p.row, p.column))[:PROBLEMS_KEPT]
	whole.decisions = Decisions.of_parts([part.decisions for part in parts])
	return whole
