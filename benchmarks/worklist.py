"""What a page of the collections worklist costs over 50,000 open invoices: its order beside one grouped query over the same
instalments, the whole page beside reading customer by customer.

env/bin/python benchmarks/worklist.py --site SITE [--quick]
"""

import sys
from functools import partial

import frappe
import measuring
import seeding
from frappe.utils import getdate

from b2b_contracts.collections import dunning_facts, worklist, worklist_facts, worklist_ranking
from b2b_contracts.collections.worklist_ranking import Filters

AT_MOST_OF_GROUPED = 12
AT_MOST_OF_NAIVE = 1 / 4  # of 500 customers; it falls as there are more
# Reading every customer one by one takes a minute: of so many it is measured, and multiplied.
NAIVE_SAMPLE = 40
AGE = 75  # days that the open invoices are moved back: all are overdue then


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	names = customers(options.quick)
	measuring.machine()
	filters = Filters(seeding.COMPANY)
	found, _entries = worklist.listed(filters)
	items = frappe.db.count(
		"Sales Invoice", {"company": seeding.COMPANY, "docstatus": 1, "outstanding_amount": (">", 0)}
	)
	print(f"\n{found.total:,} customers with {items:,} open invoices, two instalments each")
	samples = measuring.side_by_side(
		max(3, options.rounds // 6),
		{
			"a page of the worklist": partial(_timed, lambda: worklist.listed(filters)),
			"of that: the order, in SQL": partial(_timed, _order),
			"one grouped query of the same instalments": partial(_timed, _grouped),
			f"customer by customer, from {NAIVE_SAMPLE} of {len(names):,}": partial(_naive, names),
		},
	)
	measuring.show("A page of 50 customers", samples)
	page, order, grouped, naive = samples.values()
	holds = measuring.ratio("the order / one grouped query", order, grouped, AT_MOST_OF_GROUPED)
	holds &= measuring.ratio("the page / customer by customer", page, naive, AT_MOST_OF_NAIVE)
	return 0 if holds or options.quick else 1


def customers(quick: bool) -> list[str]:
	"""Make customers with overdue invoices, disputes, promises and tasks; returns their names."""
	count, open_items, paid = (40, 10, 20) if quick else (500, 100, 200)
	seeding.world()
	names = [f"Bench Debtor {number}" for number in range(1, count + 1)]
	for number, name in enumerate(names):
		# Every fifth has paid something that is set against nothing yet.
		shape = seeding.Shape(paid, open_items, 2, 1, 2, unallocated_payments=int(number % 5 == 0))
		seeding.customer(name, shape, checked_by=None)
	_make_overdue()
	seeding.analyse()
	return names


def _make_overdue() -> None:
	"""Move what is open of the debtors back, and let some of it be disputed or promised."""
	mine = "customer like 'Bench Debtor %'"
	if frappe.db.sql(f"select 1 from `tabPromise to Pay` where {mine} limit 1"):
		return
	frappe.db.sql(
		f"""update `tabPayment Schedule` s join `tabSales Invoice` i on i.name = s.parent
		set s.due_date = date_sub(s.due_date, interval {AGE} day) where i.{mine} and i.outstanding_amount > 0"""
	)
	frappe.db.sql(
		f"""update `tabSales Invoice` set due_date = date_sub(due_date, interval {AGE} day),
		b2b_disputed_amount = if(crc32(name) mod 9 = 0, outstanding_amount / 2, 0)
		where {mine} and outstanding_amount > 0"""
	)
	today = getdate()
	for status, days, every in (("Broken", -5, 5), ("Open", 5, 4)):
		frappe.db.sql(
			f"""insert into `tabPromise to Pay`
			(name, creation, modified, owner, customer, company, currency, status, amount, paid_amount, made_on, promised_date)
			select concat('BPTP-{status}-', name), now(), now(), 'Administrator', name, %(company)s, 'DKK', '{status}', 500, 0,
			%(today)s, date_add(%(today)s, interval {days} day) from tabCustomer
			where name like 'Bench Debtor %%' and crc32(name) mod {every} = 0""",
			{"company": seeding.COMPANY, "today": today},
		)
	frappe.db.sql(
		"""insert into `tabCollection Task`
		(name, creation, modified, owner, customer, company, kind, status, due_date, task_key)
		select concat('BCT-', name), now(), now(), 'Administrator', name, %(company)s, 'Phone Call', 'Open', %(today)s, name
		from tabCustomer where name like 'Bench Debtor %%' and crc32(name) mod 6 = 0""",
		{"company": seeding.COMPANY, "today": today},
	)
	frappe.db.commit()


def _timed(what) -> float:
	frappe.db.rollback()
	return measuring.timed(what)


def _order() -> None:
	worklist_ranking.page(Filters(seeding.COMPANY), getdate(), worklist.weights())


def _grouped() -> None:
	"""Fetch who owes most with one query over the same instalments, as if nothing were disputed, promised, paid or credited."""
	frappe.db.sql(
		"""select i.customer, sum(r.base_payment_amount) overdue, sum(i.b2b_disputed_amount), min(r.due_date), count(*)
		from `tabSales Invoice` i join `tabPayment Schedule` r on r.parent = i.name and r.parenttype = 'Sales Invoice'
		where i.company = %s and i.docstatus = 1 and i.outstanding_amount > 0 and r.due_date < %s
		group by i.customer order by overdue desc limit 50""",
		(seeding.COMPANY, getdate()),
	)


def _naive(names: list[str]) -> float:
	"""Time reading some customers one by one, and return what all of them would take."""
	some = names[:: max(1, len(names) // NAIVE_SAMPLE)][:NAIVE_SAMPLE]
	on = getdate()

	def read() -> None:
		for name in some:
			dunning_facts.of(seeding.COMPANY, [name], on)
			worklist_facts.of(seeding.COMPANY, [name], on)

	frappe.db.rollback()
	return measuring.timed(read) * len(names) / len(some)


if __name__ == "__main__":
	sys.exit(main())
