"""Small books, written row by row, and the policies that tests replay them under."""

import csv
import tempfile
from datetime import date, timedelta
from pathlib import Path

from b2b_contracts.backtest import book_format, policy_file
from b2b_contracts.backtest.assumptions import Assumptions
from b2b_contracts.backtest.book import Book
from b2b_contracts.backtest.replay import Replay, Task, run_sorting

START = date(2025, 3, 3)  # a Monday


def day(number: int) -> str:
	"""Return a day of the book as its cells say it."""
	return (START + timedelta(days=number)).isoformat()


class Rows:
	"""The rows of a book. Each method adds one and gives what a test does not care about a harmless value."""

	def __init__(self):
		self.sheets: dict[str, list[dict]] = {sheet.name: [] for sheet in book_format.SHEETS}
		self._count = 0

	def add(self, sheet: str, **cells) -> "Rows":
		self.sheets[sheet].append({name: "" if cell is None else str(cell) for name, cell in cells.items()})
		return self

	def customer(
		self, name: str = "C1", limit=100_000, segment: str = "B", at: int = 0, currency="DKK", **profile
	) -> "Rows":
		"""A customer with a limit set by people, from a day on."""
		self.add("customers", customer=name, name=f"Customer {name}", currency=currency)
		return self.profile(name, limit, segment, at, **profile)

	def profile(self, name: str = "C1", limit=100_000, segment: str = "B", at: int = 0, **profile) -> "Rows":
		return self.add(
			"profiles", date=day(at), customer=name, segment=segment, manual_limit=limit, **profile
		)

	def order(
		self,
		name: str,
		amount,
		at: int,
		customer: str = "C1",
		due: int | None = 30,
		promised: int = 5,
		**cells,
	) -> "Rows":
		given = {"po_number": "PO", "promised_date": day(at + promised), **cells}
		due_date = None if due is None else day(at + due)
		return self.add(
			"orders",
			date=given.pop("date", day(at)),
			order=name,
			customer=customer,
			amount=amount,
			due_date=due_date,
			**given,
		)

	def deliver(self, name: str, order: str, amount, at: int, customer: str = "C1", **cells) -> "Rows":
		given = {"date": day(at), **cells}
		return self.add("deliveries", delivery=name, order=order, customer=customer, amount=amount, **given)

	def bill(
		self,
		name: str,
		amount,
		at: int,
		order: str = "",
		delivery: str = "",
		due: int = 30,
		customer: str = "C1",
		**cells,
	) -> "Rows":
		given = {"date": day(at), "due_date": day(at + due), **cells}
		return self.add(
			"invoices",
			invoice=name,
			customer=customer,
			amount=amount,
			order=order,
			delivery=delivery,
			**given,
		)

	def pay(
		self, amount, at: int, invoice: str = "", order: str = "", customer: str = "C1", **cells
	) -> "Rows":
		self._count += 1
		given = {"date": day(at), "payment": f"P{self._count}", **cells}
		return self.add("payments", customer=customer, amount=amount, invoice=invoice, order=order, **given)

	def trade(
		self, name: str, amount, at: int, paid: int | None = None, customer: str = "C1", due: int = 30
	) -> "Rows":
		"""An order that is delivered after five days, billed the day after, and paid on a day (None: never)."""
		self.order(name, amount, at, customer, due)
		self.deliver(f"D-{name}", name, amount, at + 5, customer)
		self.bill(f"I-{name}", amount, at + 6, name, f"D-{name}", due, customer)
		return self if paid is None else self.pay(amount, paid, f"I-{name}", customer=customer)

	def write(self, folder: Path, sort: bool = True) -> Path:
		"""Write the book as CSV, each sheet in the order of time unless a test wants it as it stands."""
		folder.mkdir(parents=True, exist_ok=True)
		for sheet in book_format.SHEETS:
			rows = self.sheets[sheet.name]
			if sheet.when and sort:
				rows = sorted(rows, key=lambda row: row[sheet.when])
			with (folder / f"{sheet.name}.csv").open("w", newline="", encoding="utf-8") as file:
				writer = csv.DictWriter(file, [column.name for column in sheet.columns], restval="")
				writer.writeheader()
				writer.writerows(rows)
		return folder


def policy(segments: dict[str, dict] | None = None, **terms) -> policy_file.PolicyTerms:
	"""Return the standard policy with other terms; `segments` changes some terms of some segments."""
	given = {"policy": {"name": "Test", "without_profile": "Park for Assessment", **terms}}
	rows = policy_file._standard_segments()
	for row in rows:
		row.update((segments or {}).get(row["segment_code"], {}))
	return policy_file.of_values({**given, "segments": rows})


def replay(
	rows: Rows,
	*policies: policy_file.PolicyTerms,
	sort: bool = True,
	processes: int = 1,
	from_date=None,
	to_date=None,
	**assumed,
):
	"""Replay a book under some policies (the test policy when none is given) and return the result."""
	with tempfile.TemporaryDirectory() as name:
		book = Book(rows.write(Path(name), sort))
		run = Replay(
			book, policies or [policy()], Assumptions(**assumed), from_date, to_date, processes=processes
		)
		return run.run()


def world(rows: Rows, terms: policy_file.PolicyTerms | None = None, **assumed):
	"""Replay a book under one policy and return its world, with all its books, and the part."""
	found = []
	with tempfile.TemporaryDirectory() as name:
		book = Book(rows.write(Path(name)))
		task = Task(book.path, (terms or policy(),), Assumptions(**assumed), None, None)
		part = run_sorting(book, task, lambda share: None, watch=found.append)
	assert not part.problems, part.problems
	return found[-1], part


def outcomes(result, policy_number: int = 0) -> dict[str, str]:
	"""Return the first outcome of each order under a policy."""
	found: dict[str, str] = {}
	for row in result.decisions:
		made = row.made[policy_number]
		if made:
			found.setdefault(row.name, made.outcome)
	return found
