"""A snapshot of a month whose writer is killed between every two of its effects, and started again, is there once and whole; of several
writers at the same moment one writes."""

import sys
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, add_months, get_first_day, get_last_day, getdate, nowdate
from test_gate_races import PROCESSES, pool, run

sys.path.insert(0, str(Path(__file__).parent))
import killing

MOST_STARTS = 100

__all__ = ("pool",)


pytestmark = pytest.mark.usefixtures("site")


def month_end(back: int):
	return getdate(get_last_day(add_months(nowdate(), -back)))


@pytest.fixture(scope="module")
def customer(site) -> str:
	from b2b_contracts.tests import factories as make

	name = make.make_customer().name
	first = str(get_first_day(add_months(nowdate(), -3)))
	with make.policy_off():
		make.make_invoice(name, 1000, posting_date=first, due_date=str(add_days(first, 14)))
	frappe.db.commit()
	return name


def parts_of(name: str) -> tuple[list, list, list]:
	"""Return what there is of a snapshot: itself, its figures, its customers."""
	from b2b_contracts.reporting import snapshots

	figures = frappe.get_all(
		snapshots.FIGURE, {"snapshot": name}, ["kpi", "dimension", "dimension_key", "inputs"], limit=0
	)
	customers = frappe.get_all(snapshots.CUSTOMER, {"snapshot": name}, ["customer", "receivables"], limit=0)
	return frappe.get_all(snapshots.SNAPSHOT, {"name": name}, ["figures", "customers"]), figures, customers


def test_killed_between_every_two_effects(customer):
	from b2b_contracts.credit import clearing
	from b2b_contracts.reporting import snapshots
	from b2b_contracts.tests.scaffold import COMPANY

	name = snapshots.key_of(COMPANY, month_end(2))
	assert not any(parts_of(name))

	def work():
		clearing.in_own_transaction(snapshots.take, COMPANY, month_end(2))

	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(work, at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		found = parts_of(name)
		# Nothing, or all of it.
		assert all(found) or not any(found), f"start {at} left a part"
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the snapshot is not taken after {MOST_STARTS} starts")
	assert at > 4
	(snapshot,), figures, customers = parts_of(name)
	assert (snapshot.figures, snapshot.customers) == (len(figures), len(customers))
	keys = [(row.kpi, row.dimension, row.dimension_key) for row in figures]
	assert len(keys) == len(set(keys))
	assert [row.receivables for row in customers if row.customer == customer] == [1000]
	work()
	assert parts_of(name) == ([snapshot], figures, customers)


def test_of_many_at_once_one_writes(pool, customer):
	from b2b_contracts.credit import clearing
	from b2b_contracts.reporting import snapshots
	from b2b_contracts.tests.scaffold import COMPANY

	ends = {snapshots.key_of(COMPANY, month_end(back)): month_end(back) for back in range(3, 12)}
	name, end = next((name, end) for name, end in ends.items() if not any(parts_of(name)))
	# As the daily job runs it: whoever lost tries again, and finds the month closed.
	task = (clearing.in_own_transaction, snapshots.take, COMPANY, end)
	assert run(pool, [task] * PROCESSES) == [True] * PROCESSES
	(snapshot,), figures, customers = parts_of(name)
	assert (snapshot.figures, snapshot.customers) == (len(figures), len(customers))
	assert len({(row.kpi, row.dimension, row.dimension_key) for row in figures}) == len(figures)
