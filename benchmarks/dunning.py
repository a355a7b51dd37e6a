"""Planning a dunning run over 100,000 open items of 10,000 customers, beside fetching the same items with one grouped query
and inserting the same rows; and rendering its notices by two workers, beside one.

env/bin/python benchmarks/dunning.py --site SITE [--quick]
"""

import os
import resource
import sys
from functools import partial

import frappe
import measuring
import seeding
from frappe.utils import create_batch, getdate, nowdate

from b2b_contracts.collections import dunning_channels, dunning_planning, dunning_runs

AT_MOST_OF_BARE = 3.0
AT_MOST_OF_ONE_WORKER = 0.75
DEBTOR = "Bench Dunned"
PER_CUSTOMER = 10
LATEST_DAYS = 12  # so late the latest is: each customer is at the first reminder with a fee
RENDERED = 10_000
ROUNDS_RENDERED = 2  # each of many minutes


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	count = 400 if options.quick else 10_000
	# Jobs are done here, by hand.
	frappe.enqueue = lambda *args, **kwargs: None
	seeding.world()
	seed(count)
	measuring.machine()
	memory(options.site)
	samples = measuring.side_by_side(
		1 if options.quick else 5, {"planning the run": plan, "one grouped query, a bare bulk insert": bare}
	)
	measuring.show(f"{count:,} customers, {count * PER_CUSTOMER:,} open items", samples)
	planning, baseline = samples.values()
	holds = measuring.ratio("planning / fetching and inserting", planning, baseline, AT_MOST_OF_BARE)
	names = planned_notices(200 if options.quick else RENDERED)
	samples = measuring.side_by_side(
		1 if options.quick else ROUNDS_RENDERED,
		{
			"rendered by one worker": partial(render, options.site, names, 1),
			"rendered by two workers": partial(render, options.site, names, 2),
		},
	)
	measuring.show(f"{len(names):,} notices rendered", samples)
	one, two = samples.values()
	holds &= measuring.ratio("two workers / one worker", two, one, AT_MOST_OF_ONE_WORKER)
	return 0 if holds or options.quick else 1


# ------------------------------------------------------------------ data
def seed(count: int) -> None:
	"""Make customers with ten open invoices each, due one to twelve days ago, as copies of ERPNext's own rows."""
	there = frappe.db.count("Customer", {"name": ("like", f"{DEBTOR} %")})
	if there >= count:
		return
	print(f"  seeding {count - there:,} customers …", flush=True)
	rows = (there + 1, count)
	name = f"concat('{DEBTOR} ', s.seq)"
	seeding._copy("Customer", f"t.name = '{seeding.TEMPLATE}'", rows, {"name": name, "customer_name": name})
	invoice = seeding._template("Sales Invoice")
	for number in range(PER_CUSTOMER):
		key = f"concat('BDUN-', s.seq, '-{number}')"
		due = f"date_sub('{nowdate()}', interval (1 + (s.seq * 7 + {number} * 3) mod {LATEST_DAYS}) day)"
		amount = f"100 + (s.seq * 13 + {number} * 101) mod 4000"
		seeding._copy(
			"Sales Invoice",
			f"t.name = '{invoice}'",
			rows,
			{
				"name": key,
				"customer": name,
				"customer_name": name,
				"posting_date": f"date_sub({due}, interval 30 day)",
				"due_date": due,
				"outstanding_amount": amount,
				"grand_total": amount,
				"base_grand_total": amount,
				"status": "'Overdue'",
			},
		)
		seeding._copy(
			"Payment Schedule",
			f"t.parent = '{invoice}' and t.idx = 1",
			rows,
			{
				"name": f"concat('BDPS-', s.seq, '-{number}')",
				"parent": key,
				"due_date": due,
				"payment_amount": amount,
				"base_payment_amount": amount,
			},
		)
	frappe.db.commit()
	seeding.analyse()


# ------------------------------------------------------------------ planning
def a_run():
	run = frappe.new_doc("Dunning Run")
	run.update({"company": seeding.COMPANY, "run_date": getdate()})
	run.insert()
	return run


def plan() -> float:
	"""Time the planning of a whole run by one worker: shard by shard, each in a transaction, as its jobs do; then take it away."""
	frappe.db.rollback()
	run = a_run()
	frappe.db.commit()

	def work() -> None:
		dunning_runs.plan(run.name)
		frappe.db.commit()
		for shard in frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name", order_by="idx"):
			dunning_runs.plan_shard(run.name, shard)
			frappe.db.commit()

	seconds = measuring.timed(work)
	forget(run)
	return seconds


def bare() -> float:
	"""Time fetching the items of every customer with one grouped query, and inserting the rows that planning wrote."""
	rows = written()

	def work() -> None:
		frappe.db.sql(
			"""select i.customer, i.name, s.name, s.due_date, max(i.outstanding_amount), sum(s.payment_amount),
			max(i.b2b_disputed_amount), max(i.b2b_planned_amount)
			from `tabSales Invoice` i join `tabPayment Schedule` s on s.parent = i.name
			where i.company = %s and i.docstatus = 1 and i.outstanding_amount > 0 and i.due_date <= %s
			group by i.customer, i.name, s.name""",
			(seeding.COMPANY, getdate()),
		)
		for doctype, (fields, values) in rows.items():
			for some in create_batch(values, 4000):
				frappe.db.bulk_insert(doctype, fields, some)
		frappe.db.commit()

	seconds = measuring.timed(work)
	take_away("BARE-")
	return seconds


_written: dict = {}


def written() -> dict:
	"""Return the rows that planning writes, by doctype as (fields, values), under names of their own."""
	if _written:
		return _written
	planner = dunning_planning.Planner(seeding.COMPANY, getdate())
	run = a_run()
	for number, some in enumerate(
		create_batch(dunning_planning.customers_of(planner, {}), dunning_runs.CUSTOMERS_PER_SHARD), 1
	):
		dunning_runs.write_notices(run, number, planner.plan(some))
	for doctype, column in (
		("Dunning Notice", "run"),
		("Dunning Notice Item", "parent"),
		("Dunning Notice Check", "parent"),
	):
		table = frappe.qb.DocType(doctype)
		found = frappe.qb.from_(table).select("*").where(table[column].like(f"{run.name}%")).run(as_dict=True)
		if found:
			fields = list(found[0])
			at = fields.index("name")
			values = [list(row.values()) for row in found]
			for row in values:
				row[at] = f"BARE-{row[at]}"
			_written[doctype] = fields, values
	frappe.db.rollback()
	return _written


def take_away(prefix: str) -> None:
	for doctype in ("Dunning Notice", "Dunning Notice Item", "Dunning Notice Check"):
		frappe.db.delete(doctype, {"name": ("like", f"{prefix}%")})
	frappe.db.commit()


def forget(run) -> None:
	take_away(run.name)
	frappe.db.delete("Dunning Run Shard", {"parent": run.name})
	frappe.db.delete("Dunning Run", {"name": run.name})
	frappe.db.commit()


def memory(site: str) -> None:
	"""Plan a run in a process of its own, and print the most memory it had had after the first shard and after the last."""
	reading, writing = os.pipe()
	child = os.fork()
	if child == 0:
		code = 1
		try:
			measuring.open_request(site)
			run = a_run()
			dunning_runs.plan(run.name)
			frappe.db.commit()
			shards = frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name", order_by="idx")
			peaks = []
			for shard in shards:
				dunning_runs.plan_shard(run.name, shard)
				frappe.db.commit()
				peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
			forget(run)
			os.write(
				writing,
				f"{len(shards)} shards: {peaks[0]:.0f} MB after the first, {peaks[-1]:.0f} after all".encode(),
			)
			code = 0
		finally:
			os._exit(code)
	os.close(writing)
	with os.fdopen(reading) as told:
		said = told.read()
	if os.waitpid(child, 0)[1]:
		sys.exit("The planning whose memory is measured failed.")
	measuring.open_request(site)  # the child has ended the connection that it inherited
	print(f"\nMemory of planning, {said}")


# ------------------------------------------------------------------ rendering
def planned_notices(count: int) -> list[str]:
	"""Plan a run and leave it there; returns the names of notices that would be written."""
	run = a_run()
	frappe.db.commit()
	dunning_runs.plan(run.name)
	frappe.db.commit()
	for shard in frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name", order_by="idx"):
		dunning_runs.plan_shard(run.name, shard)
		frappe.db.commit()
	names = frappe.get_all(
		"Dunning Notice",
		{"run": run.name, "status": "Planned", "template": ("is", "set")},
		pluck="name",
		limit=count,
	)
	frappe.db.commit()
	return names


def render(site: str, names: list[str], workers: int) -> float:
	"""Time some processes that render a share of the notices each."""

	def work() -> None:
		children = []
		for share in (names[start::workers] for start in range(workers)):
			child = os.fork()
			if child == 0:
				code = 1
				try:
					measuring.open_request(site)
					for name in share:
						dunning_channels.render(frappe.get_doc("Dunning Notice", name))
					code = 0
				finally:
					os._exit(code)
			children.append(child)
		for child in children:
			_pid, status = os.waitpid(child, 0)
			if status:
				sys.exit("A worker failed.")

	return measuring.timed(work)


if __name__ == "__main__":
	sys.exit(main())
