"""Two orders at the same instant must never both take the last of a limit: real processes, real transactions.

Each scenario runs with `innodb_snapshot_isolation` off (MariaDB before 11.6) and on (from 11.6.2), where the server
has the variable.
"""

import multiprocessing
import sys
from pathlib import Path

import frappe
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import racers

PROCESSES = 8
ROUNDS = 20
LIMIT = 10_000


pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture(scope="module", params=["OFF", "ON"])
def pool(request, site):
	"""Eight processes that start each task at the same moment."""
	if request.param == "ON" and not frappe.db.sql("show variables like 'innodb_snapshot_isolation'"):
		pytest.skip("this MariaDB has no innodb_snapshot_isolation")
	context = multiprocessing.get_context("spawn")
	barrier = context.Barrier(PROCESSES)
	with context.Pool(PROCESSES, initializer=racers.start, initargs=(barrier, request.param)) as pool:
		yield pool


def run(pool, tasks: list[tuple]) -> list:
	"""Race the tasks, one a process; every one must end without an error."""
	assert len(tasks) == PROCESSES
	answers = pool.map(racers.race, tasks, chunksize=1)
	# The reader's own snapshot must be newer than the race.
	frappe.db.rollback()
	errors = [answer["error"] for answer in answers if answer["error"]]
	assert not errors, errors[0]
	return [answer["result"] for answer in answers]


def profiled_customer(**fields):
	from b2b_contracts.tests import factories as make

	customer = make.make_customer()
	make.make_profile(customer, **{"manual_limit": LIMIT, "risk_class": "B", **fields})
	return customer


def test_one_group_with_room_for_one_order(pool):
	"""Eight orders of four members, room for one: one is clear, seven are parked, every time."""
	from b2b_contracts.tests import factories as make

	customers = [profiled_customer() for _n in range(4)]
	for _round in range(ROUNDS):
		group = make.make_group(*customers, group_limit=LIMIT)
		drafts = [make.make_order(customers[n % 4], 0.6 * LIMIT, submit=False).name for n in range(PROCESSES)]
		frappe.db.commit()
		statuses = run(pool, [(racers.submit_order, draft) for draft in drafts])
		assert sorted(statuses) == ["Clear"] + ["Held"] * 7
		finish_round(drafts, group)


def finish_round(drafts: list[str], group) -> None:
	"""Take the round's orders and group away, so that the next begins with an empty limit."""
	for name in drafts:
		frappe.get_doc("Sales Order", name).cancel()
	group.reload()
	group.members = []
	group.save()
	frappe.db.commit()


def test_different_new_customers_do_not_hinder_each_other(pool):
	"""Eight customers with their first order ever: all are clear, none loses a deadlock."""
	from b2b_contracts.tests import factories as make

	for _round in range(ROUNDS // 4):
		drafts = [
			make.make_order(profiled_customer(), 0.6 * LIMIT, submit=False).name for _n in range(PROCESSES)
		]
		frappe.db.commit()
		assert run(pool, [(racers.submit_order, draft) for draft in drafts]) == ["Clear"] * PROCESSES


def test_payments_clear_orders_while_others_submit_and_save(pool):
	"""Three payments free parked orders while two orders of the same customer and item are submitted and three
	parked orders are saved from a form: no deadlock, no "record has changed", nothing lost."""
	from b2b_contracts.tests import factories as make
	from b2b_contracts.tests.scaffold import COMPANY

	for _round in range(ROUNDS // 4):
		customer = profiled_customer(manual_limit=100_000)
		invoices = [make.make_invoice(customer, 30_000) for _n in range(3)]
		# Drafted before: a new document's number is ERPNext's own race, and not ours to win.
		payments = [make.make_payment(invoice, submit=False).name for invoice in invoices]
		parked = [make.make_order(customer, 20_000) for _n in range(3)]
		assert [order.b2b_credit_status for order in parked] == ["Held"] * 3
		drafts = [make.make_order(customer, 1_000, submit=False).name for _n in range(2)]
		frappe.db.commit()
		tasks = [(racers.pay_and_clear, payment, customer.name, COMPANY) for payment in payments]
		tasks += [(racers.submit_order, draft) for draft in drafts]
		tasks += [(racers.save_order, order.name, "po_no", f"PO-{order.name}") for order in parked]
		run(pool, tasks)
		for invoice in invoices:
			assert frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount") == 0
		for order in parked:
			found = frappe.db.get_value("Sales Order", order.name, ["b2b_credit_status", "status", "po_no"])
			assert found == ("Clear", "To Deliver and Bill", f"PO-{order.name}")
		assert_nothing_lost(customer.name)


def assert_nothing_lost(customer: str) -> None:
	"""No open hold without its parked order, no parked order without its hold, and an unbroken decision log."""
	from b2b_contracts.credit import log

	holds = frappe.get_all(
		"Credit Hold", filters={"customer": customer, "status": "Open"}, pluck="reference_name"
	)
	waiting = frappe.get_all(
		"Sales Order",
		filters={"customer": customer, "docstatus": 1, "b2b_credit_status": ["in", ["Held", "Stopped"]]},
		pluck="name",
	)
	assert sorted(holds) == sorted(waiting)
	assert log.verify() == []


def test_requests_that_submit_five_orders_each(pool):
	"""One request that submits five orders sees its own; eight such requests of one customer share one limit."""
	from b2b_contracts.tests import factories as make

	customer = profiled_customer()
	drafts = [
		[make.make_order(customer, 0.3 * LIMIT, submit=False).name for _n in range(5)]
		for _m in range(PROCESSES)
	]
	frappe.db.commit()
	statuses = [
		status for some in run(pool, [(racers.submit_many, names) for names in drafts]) for status in some
	]
	assert sorted(statuses) == ["Clear"] * 3 + ["Held"] * 37
	assert_nothing_lost(customer.name)
