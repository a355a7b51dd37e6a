"""A dunning run that is killed between every two of its effects, and started again, sends nothing twice and misses nothing."""

import sys
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, nowdate

sys.path.insert(0, str(Path(__file__).parent))
import killing
import racers

CUSTOMERS = 3
MOST_STARTS = 400


pytestmark = pytest.mark.usefixtures("mailing_site")


def a_flow(customers, **step):
	from b2b_contracts.tests import test_dunning_runs as dunning

	template = dunning.make_template("Killed")
	return frappe.get_doc(
		{
			"doctype": "Dunning Flow",
			"flow_name": f"Flow {frappe.generate_hash(length=6)}",
			"not_on_days_off": 0,
			"scopes": [{"customer": customer.name} for customer in customers],
			"steps": [dunning.step("D7", 7, template=template, deadline_days=10, **step)],
		}
	).insert()


def overdue_customers() -> list:
	from b2b_contracts.tests import factories as make

	customers = []
	for number in range(CUSTOMERS):
		customer = make.make_customer()
		make.make_contact(customer, f"ap-{frappe.generate_hash(length=8)}", [{"role": "Accounts Payable"}])
		with make.policy_off():
			for _n in range(number + 1):
				make.make_invoice(
					customer, 1_000, posting_date=add_days(nowdate(), -30), due_date=add_days(nowdate(), -8)
				)
		customers.append(customer)
	return customers


def a_run(flow):
	from b2b_contracts.tests.scaffold import COMPANY

	run = frappe.get_doc(
		{"doctype": "Dunning Run", "company": COMPANY, "mode": "Real", "flow": flow.name}
	).insert()
	frappe.db.commit()
	return run


def start_again_until_done(run: str) -> int:
	"""Start the run's work again and again, killed one effect later each time, until it is complete. Returns the starts."""
	from b2b_contracts.collections import dunning_runs

	def work() -> None:
		frappe.enqueue = lambda *args, **kwargs: None
		if frappe.db.get_value("Dunning Run", run, "status") == "Draft":
			dunning_runs.plan(run)
			frappe.db.commit()
		for _state in range(3):
			for shard in frappe.get_all("Dunning Run Shard", {"parent": run}, pluck="name"):
				dunning_runs.work(run, shard)

	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(work, at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		if frappe.db.get_value("Dunning Run", run, "status") == "Completed":
			return at
	raise AssertionError(f"{run} is not complete after {MOST_STARTS} starts")


@pytest.mark.parametrize("channel", ["E-mail", "Letter"])
def test_killed_between_every_two_effects(channel):
	customers = overdue_customers()
	run = a_run(a_flow(customers, channel=channel, fee_basis="Statutory Maximum"))
	starts = start_again_until_done(run.name)
	# It died inside a notice, not only between two of them.
	assert starts > 20
	run.reload()
	assert (run.sent, run.failed, run.unclear, run.skipped) == (CUSTOMERS, 0, 0, 0)
	for number, customer in enumerate(customers):
		(notice,) = frappe.get_all(
			"Dunning Notice", {"run": run.name, "customer": customer.name}, ["name", "status", "fee"]
		)
		assert (notice.status, notice.fee) == ("Queued", 100)
		mails = frappe.db.count("Email Queue", {"reference_name": notice.name})
		assert mails == (1 if channel == "E-mail" else 0)
		logs = frappe.get_all("Dunning Log", {"customer": customer.name}, ["notice", "status"])
		assert [(log.notice, log.status) for log in logs] == [(notice.name, "Sent")] * (number + 1)


def test_two_workers_share_a_run_and_send_each_notice_once():
	"""Two processes work on the same shard at the same time: rows are locked, then done."""
	import multiprocessing

	customers = overdue_customers()
	run = a_run(a_flow(customers, channel="E-mail"))
	context = multiprocessing.get_context("spawn")
	barrier = context.Barrier(4)
	with context.Pool(4, initializer=racers.start, initargs=(barrier, "OFF")) as pool:
		for _state in range(3):
			answers = pool.map(racers.race, [(racers.work_on_run, run.name)] * 4, chunksize=1)
			assert not [a["error"] for a in answers if a["error"]], answers
	frappe.db.rollback()
	run.reload()
	assert (run.status, run.sent) == ("Completed", CUSTOMERS)
	for customer in customers:
		(notice,) = frappe.get_all(
			"Dunning Notice", {"run": run.name, "customer": customer.name}, pluck="name"
		)
		assert frappe.db.count("Email Queue", {"reference_name": notice}) == 1
