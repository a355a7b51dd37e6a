"""What each query of a decision costs, what each of our indexes is worth, and what settled journal entries cost.

env/bin/python benchmarks/queries.py --site SITE [--quick]
"""

import sys
from functools import partial
from statistics import median
from time import perf_counter

import decision
import frappe
import measuring
import seeding

from b2b_contracts.credit import checking, log
from b2b_contracts.setup import indexes


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	heavy, _light = decision.customers(options.quick)
	draft = seeding.draft_order(heavy, 1)
	measuring.machine()
	_each_query(draft, options.rounds)
	_each_index(options.site, draft, options.rounds)
	_journals(options)
	return 0


def _each_query(draft: str, rounds: int) -> None:
	"""Print the queries of a decision in their order, with the tables and indexes that the optimizer chose."""
	order = frappe.get_doc("Sales Order", draft)
	asked: list[list[tuple[str, object, float]]] = []
	sql = frappe.db.sql

	def recorded(query, values=(), *args, **kwargs):
		start = perf_counter()
		result = sql(query, values, *args, **kwargs)
		asked[-1].append((str(query), values, (perf_counter() - start) * 1000))
		return result

	for turn in range(rounds + 1):
		if turn < 2:
			asked.clear()  # the first decision of a request asks more
		asked.append([])
		frappe.db.sql = recorded
		checking.decide(order, log.SUBMIT)
		frappe.db.sql = sql
		frappe.db.rollback()
	print(f"\nThe {len(asked[0])} queries of one decision, median of {len(asked)}")
	for number, (query, values, _ms) in enumerate(asked[0]):
		cost = median(run[number][2] for run in asked)
		print(f"  {cost:>6.2f} ms  {_plan(query, values)}")


def _plan(query: str, values) -> str:
	words = query.split()
	if words[0].lower() != "select":
		return " ".join(words[:3])
	rows = frappe.db.sql(f"explain {query}", values, as_dict=True)
	return "; ".join(f"{row.table} by {row.key}, {row.rows} row(s)" for row in rows if row.table)


def _each_index(site: str, draft: str, rounds: int) -> None:
	"""Take each index away and put it back: what is it worth to a decision, and what does a new row cost?"""
	decide = partial(decision.decide, site, draft, fresh=False)
	print("\nOur indexes: a decision without / with (fastest), and a new row without / with (fastest)")
	for doctype, name, columns in indexes.INDEXES:
		row = partial(_new_rows, doctype)
		there, rows_there = [decide() for _round in range(rounds)], [row() for _round in range(3)]
		frappe.db.commit()
		frappe.db.sql_ddl(f"alter table `tab{doctype}` drop index `{name}`")
		try:
			without, rows_without = (
				[decide() for _round in range(max(3, rounds // 4))],
				[row() for _round in range(5)],
			)
		finally:
			frappe.db.commit()
			frappe.db.add_index(doctype, list(columns), name)
			frappe.db.sql(f"analyze table `tab{doctype}`")
		there += [decide() for _round in range(rounds)]
		rows_there += [row() for _round in range(3)]
		print(
			f"  {doctype + ' ' + name:<36}{min(without) * 1000:>8.1f} / {min(there) * 1000:.1f} ms"
			f" = {min(without) / min(there):.1f} times"
			f"{min(rows_without) * 1e6:>8.0f} / {min(rows_there) * 1e6:.0f} µs a row"
		)


def _new_rows(doctype: str, count: int = 2000) -> float:
	"""Return the seconds for one new row of a table, of many that are copied and taken back."""
	columns = ", ".join(f"`{c}`" for c in frappe.db.get_table_columns(doctype) if c != "name")
	seconds = measuring.timed(
		lambda: frappe.db.sql(
			f"insert into `tab{doctype}` (name, {columns}) select concat('copy-', name), {columns}"
			f" from `tab{doctype}` limit {count}"
		)
	)
	frappe.db.rollback()
	return seconds / count


def _journals(options) -> None:
	"""The one thing that is not bounded by what is open: journal entries that were paid by other entries."""
	counts = (0, 100) if options.quick else (0, 1000, 10_000)
	shapes = {count: seeding.Shape(0, 20, journals=count) for count in counts}
	names = {
		count: seeding.customer(f"Bench Journals {count}", shape, checked_by="us")
		for count, shape in shapes.items()
	}
	seeding.analyse()
	cases = {
		f"{count:,} settled journal entries": partial(
			decision.decide, options.site, seeding.draft_order(name, 1), fresh=False
		)
		for count, name in names.items()
	}
	samples = measuring.side_by_side(options.rounds, cases)
	measuring.show("A decision for a customer with settled journal entries", samples)


if __name__ == "__main__":
	sys.exit(main())
