"""Runs things side by side on a site: interleaved, several rounds, medians and ratios of one run."""

import argparse
import os
import platform
import random
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import frappe

Timed = Callable[[], float]
"""Does its own preparation and clearing up, and returns the seconds of what is measured."""


def arguments(description: str) -> argparse.Namespace:
	"""Read the command line and open the site; ends the program with a message when there is none."""
	parser = argparse.ArgumentParser(description=description)
	parser.add_argument("--site", required=True, help="a site of its own: rows are committed to it")
	parser.add_argument("--bench", default=os.environ.get("BENCH_DIR", "~/frappe-bench"))
	parser.add_argument("--rounds", type=int, help="samples of each")
	parser.add_argument("--quick", action="store_true", help="little data, few rounds: does it run at all?")
	options = parser.parse_args()
	os.chdir(Path(options.bench).expanduser() / "sites")
	if not Path(options.site, "site_config.json").exists():
		sys.exit(f"There is no site {options.site} in {os.getcwd()}. Make one, and install the app on it.")
	options.rounds = options.rounds or (5 if options.quick else 41)
	open_request(options.site)
	return options


def open_request(site: str) -> None:
	"""Begin as a web request does: nothing in the process's own caches, what Redis has is there."""
	frappe.destroy()
	frappe.init(site)
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.flags.mute_emails = True


def timed(what: Callable[[], object]) -> float:
	start = perf_counter()
	what()
	return perf_counter() - start


def side_by_side(rounds: int, cases: dict[str, Timed]) -> dict[str, list[float]]:
	"""Time each case once per round, in an order that is drawn anew, so that noise hits all alike.

	The first round is not kept.
	"""
	draw = random.Random(rounds)
	names = list(cases)
	samples: dict[str, list[float]] = {name: [] for name in names}
	for turn in range(rounds + 1):
		for name in draw.sample(names, len(names)):
			seconds = cases[name]()
			if turn:
				samples[name].append(seconds)
	return samples


def show(title: str, samples: dict[str, list[float]]) -> None:
	"""Print medians with the middle 80 % of the samples, and the fastest."""
	print(f"\n{title}")
	print(f"  {'':<56}{'median':>9}{'10–90 %':>16}{'fastest':>9}   ms")
	for name, values in samples.items():
		ordered = sorted(values)
		low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
		middle = f"{low * 1000:.1f} – {high * 1000:.1f}"
		print(f"  {name:<56}{median(values) * 1000:>9.1f}{middle:>16}{ordered[0] * 1000:>9.1f}")


def ratio(title: str, above: list[float], below: list[float], at_most: float) -> bool:
	"""Print a ratio by medians (and by the fastest), and whether it is within its bound."""
	by_median, by_fastest = median(above) / median(below), min(above) / min(below)
	holds = by_median <= at_most
	verdict = "holds" if holds else "DOES NOT HOLD"
	print(f"  {title:<56}{by_median:>7.3f}  (fastest {by_fastest:.3f}; at most {at_most:.2f}: {verdict})")
	return holds


def machine() -> None:
	"""Say what this ran on."""
	pool = frappe.db.sql("select @@innodb_buffer_pool_size / 1024 / 1024")[0][0]
	model = next(
		(
			line.split(":")[1].strip()
			for line in Path("/proc/cpuinfo").read_text().splitlines()
			if "model name" in line
		),
		"",
	)
	version = frappe.db.sql("select version()")[0][0]
	print(
		f"{os.cpu_count()} × {model}, Python {platform.python_version()}, MariaDB {version}, buffer pool {pool:.0f} MB"
	)
	for app in ("frappe", "erpnext", "b2b_contracts"):
		print(f"{app} {frappe.get_module(app).__version__}", end="  ")
	print()
