"""How long a replay takes beside reading the same book, and how its memory and time grow with the book.

    python benchmarks/backtest.py                 # 200,000 and 1,000,000 orders; about half an hour
    python benchmarks/backtest.py --orders 20000  # 20,000 and 100,000 orders, to see that it runs

No site is needed: only what `pip install '.[cli]'` brings. Each measure is a process of its own, so that its peak memory
is its own. Baseline: every file of the book read with `csv.reader` into tuples with `Decimal` amounts. Both in one run,
alternating; the workbook is not counted.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from b2b_contracts.backtest import book_format, policy_file, sample
from b2b_contracts.backtest.book import Book
from b2b_contracts.backtest.replay import Replay

CUSTOMERS_PER_ORDER = 50


def read_plainly(folder: Path) -> int:
	"""Read and parse a book as the standard library does it; returns the number of rows."""
	rows = 0
	for sheet in book_format.SHEETS:
		amounts = [n for n, column in enumerate(sheet.columns) if column.kind == book_format.MONEY]
		with (folder / f"{sheet.name}.csv").open(newline="", encoding="utf-8") as file:
			reader = csv.reader(file)
			next(reader)
			for cells in reader:
				for place in amounts:
					if cells[place]:
						cells[place] = Decimal(cells[place])
				tuple(cells)
				rows += 1
	return rows


def replay(folder: Path, processes: int) -> int:
	"""Replay a book under the standard policy; returns the number of decisions."""
	return len(Replay(Book(folder), [policy_file.shipped("standard")], processes=processes).run().decisions)


WORK = {
	"read": read_plainly,
	"replay, 1 process": lambda folder: replay(folder, 1),
	"replay, 2 processes": lambda folder: replay(folder, 2),
}


def measured(what: str, folder: Path) -> dict:
	"""Run one piece of work in a process of its own: seconds, peak memory in MB (of the largest process), what it counted."""
	command = [sys.executable, __file__, "--only", what, "--book", str(folder)]
	done = subprocess.run(command, capture_output=True, text=True, check=True)
	return json.loads(done.stdout)


def run_one(what: str, folder: Path) -> None:
	started = time.perf_counter()
	count = WORK[what](folder)
	seconds = time.perf_counter() - started
	peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
	print(json.dumps({"seconds": seconds, "megabytes": peak / 1024, "count": count}))


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	options.add_argument(
		"--orders",
		type=int,
		default=200_000,
		help="orders of the small book; the large one has five times as many",
	)
	options.add_argument("--rounds", type=int, default=3)
	options.add_argument("--only", choices=list(WORK), help=argparse.SUPPRESS)
	options.add_argument("--book", type=Path, help=argparse.SUPPRESS)
	given = options.parse_args()
	if given.only:
		run_one(given.only, given.book)
		return
	print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
	with tempfile.TemporaryDirectory(prefix="b2b-bench-") as name:
		medians = {
			orders: _book_of(Path(name) / str(orders), orders, given.rounds)
			for orders in (given.orders, given.orders * 5)
		}
	small, large = medians.values()
	for what in ("replay, 1 process", "replay, 2 processes"):
		print(f"5 × the book, {what}: {large[what] / small[what]:.2f} × the time (aim ≤ 6)")


def _book_of(folder: Path, orders: int, rounds: int) -> dict[str, float]:
	made = sample.write_sample(
		folder, customers=max(1, orders // CUSTOMERS_PER_ORDER), months=24, orders=orders
	)
	size = sum(file.stat().st_size for file in folder.glob("*.csv")) / 1e6
	rows = {name: made.counts[name] for name in ("orders", "deliveries", "invoices", "payments")}
	print(f"\n{orders:,} orders in 24 months: {rows}, {size:.0f} MB")
	found: dict[str, list[dict]] = {what: [] for what in WORK}
	for _round in range(rounds):
		for what in WORK:
			found[what].append(measured(what, folder))
	medians = {what: statistics.median(one["seconds"] for one in runs) for what, runs in found.items()}
	for what, runs in found.items():
		fastest = min(one["seconds"] for one in runs)
		peak = max(one["megabytes"] for one in runs)
		print(f"  {what:<20} {medians[what]:8.1f} s (fastest {fastest:.1f})  {peak:7.0f} MB")
	for what in list(WORK)[1:]:
		print(f"  {what} ÷ read: {medians[what] / medians['read']:.1f} (aim ≤ 10)")
	shutil.rmtree(folder)
	return medians


if __name__ == "__main__":
	main()
