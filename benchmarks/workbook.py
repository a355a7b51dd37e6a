"""A workbook of a hundred thousand rows needs no more memory than one of ten thousand: rows are written as they come.

env/bin/python benchmarks/workbook.py --site SITE [--quick]

Each size is written by a process of its own, from rows that are made one at a time, as an export takes them from a report. Nothing is
read from the site but how its currencies are written.
"""

import os
import resource
import sys
from collections.abc import Iterator
from time import perf_counter

import measuring

SMALL, LARGE = 10_000, 100_000
# The larger one may have so many times the peak of the smaller one.
AT_MOST = 1.1
AMOUNTS = 12


def columns() -> list[dict]:
	from b2b_contracts.reporting import shown

	return [
		shown.customer(),
		shown.link("invoice", "Invoice", "Sales Invoice"),
		shown.day("due_date", "Due date"),
		shown.count("days", "Days"),
		shown.percent("share", "Share"),
		*(shown.money(f"amount_{number}", f"Amount {number}") for number in range(AMOUNTS)),
		shown.hidden("currency", "Currency"),
	]


def rows(number: int) -> Iterator[dict]:
	for row in range(number):
		yield {
			"customer_name": f"Customer {row % 900} A/S",
			"invoice": f"ACC-SINV-2026-{row:06d}",
			"due_date": f"2026-{row % 12 + 1:02d}-{row % 28 + 1:02d}",
			"days": row % 400,
			"share": row % 1000 / 10,
			**{f"amount_{part}": (row * 7919 + part) % 1_000_000 / 100 for part in range(AMOUNTS)},
			"currency": ("DKK", "EUR", "NOK")[row % 3],
		}


def measured(site: str, number: int) -> tuple[float, float, float]:
	"""Return the seconds, the peak of the process in MB, and the size of the file in MB, of so many rows."""
	reading, writing = os.pipe()
	if not os.fork():
		measuring.open_request(site)
		from b2b_contracts.reporting import workbook

		about = workbook.About("Benchmark", has_total=True)
		begin = perf_counter()
		with workbook.write(columns(), rows(number), about) as file:
			size = file.seek(0, os.SEEK_END) / 1e6
		seconds = perf_counter() - begin
		peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
		os.write(writing, f"{seconds} {peak} {size}".encode())
		os._exit(0)
	os.close(writing)
	with os.fdopen(reading) as answer:
		seconds, peak, size = map(float, answer.read().split())
	os.wait()
	return seconds, peak, size


def main() -> None:
	options = measuring.arguments(__doc__.splitlines()[0])
	sizes = (SMALL // 10, LARGE // 10) if options.quick else (SMALL, LARGE)
	peaks = []
	for number in sizes:
		seconds, peak, size = measured(options.site, number)
		peaks.append(peak)
		print(f"{number:>9,} rows: {seconds:6.1f} s, peak {peak:6.1f} MB, file {size:5.1f} MB")
	found = peaks[1] / peaks[0]
	print(f"Peak of {sizes[1]:,} rows : peak of {sizes[0]:,} rows = {found:.2f} (at most {AT_MOST})")
	sys.exit(found > AT_MOST)


if __name__ == "__main__":
	main()
