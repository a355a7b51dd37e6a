"""What the racing processes run: each a connection of its own to the test site, started at the same moment.

Imported by every process (spawned, so that no connection is shared), with the site's sites folder as working folder.
"""

import os
import traceback

import frappe

SITE = os.environ.get("B2B_TEST_SITE", "")

_barrier = None
_isolation = "OFF"


def start(barrier, isolation: str) -> None:
	"""Prepare a process: connect, and set MariaDB's snapshot isolation as newer servers have it (or not)."""
	global _barrier, _isolation
	_barrier, _isolation = barrier, isolation
	connect()


def connect() -> None:
	frappe.init(SITE)
	frappe.connect()
	frappe.flags.in_test = True
	frappe.set_user("Administrator")
	if frappe.db.sql("show variables like 'innodb_snapshot_isolation'"):
		frappe.db.sql(f"set session innodb_snapshot_isolation = '{_isolation}'")
		frappe.db.commit()


def race(task: tuple) -> dict:
	"""Run one task together with all others; returns what came of it, an error as text."""
	function, *arguments = task
	frappe.db.rollback()
	frappe.local.b2b_snapshot_isolation_off = None
	frappe.db.sql(f"set session innodb_snapshot_isolation = '{_isolation}'")
	frappe.clear_messages()
	# Frappe takes its snapshot long before a document is saved: the session and the user are read first.
	frappe.db.sql("select count(*) from `tabSales Order`")
	_barrier.wait(timeout=120)
	try:
		result = function(*arguments)
		frappe.db.commit()
		return {"result": result, "error": None}
	except Exception:
		frappe.db.rollback()
		return {"result": None, "error": traceback.format_exc()}


def submit_order(name: str) -> str:
	"""Submit a draft as a form does; returns its credit status."""
	order = frappe.get_doc("Sales Order", name)
	order.submit()
	return order.b2b_credit_status


def pay_and_clear(payment: str, customer: str, company: str) -> list[str]:
	"""Submit a drafted payment, then do what the job after it does."""
	from b2b_contracts.credit import clearing

	frappe.get_doc("Payment Entry", payment).submit()
	frappe.db.commit()
	return clearing.clear_waiting(customer, company)


def save_order(name: str, field: str, value) -> str:
	"""Save a submitted order from a form: one field changed."""
	order = frappe.get_doc("Sales Order", name)
	order.set(field, value)
	order.save()
	return order.get(field)


def submit_many(names: list[str]) -> list[str]:
	"""Submit several drafts in one request."""
	return [submit_order(name) for name in names]


def work_on_run(name: str) -> None:
	"""Do what the jobs of a dunning run do, planning it first where nobody has."""
	from b2b_contracts.collections import dunning_runs

	frappe.enqueue = lambda *args, **kwargs: None
	if frappe.db.get_value("Dunning Run", name, "status") == "Draft":
		try:
			dunning_runs.plan(name)
			frappe.db.commit()
		except frappe.ValidationError:
			# Somebody else has begun it.
			frappe.db.rollback()
	for shard in frappe.get_all("Dunning Run Shard", {"parent": name}, pluck="name"):
		dunning_runs.work(name, shard)
