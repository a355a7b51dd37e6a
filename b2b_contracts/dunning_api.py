"""What the desk and other software may call about dunning runs, notices and exclusions. Permission first, every method typed.

Amounts are numbers in the currency of the customer's receivable account. Errors are Frappe's: `PermissionError` without the
right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _

from b2b_contracts import permissions
from b2b_contracts.collections import (
	dunning_channels,
	dunning_exclusions,
	dunning_notices,
	dunning_runs,
	dunning_test_results,
)


@frappe.whitelist(methods=["POST"])
def plan_run(name: str) -> dict:
	"""Have a run planned in the background, anew where it was planned before. Returns `{name, status}`."""
	frappe.has_permission("Dunning Run", "write", name, throw=True)
	return _answer(dunning_runs.plan(name))


@frappe.whitelist(methods=["POST"])
def send_run(name: str) -> dict:
	"""Send what is planned and not left out, in the background. Returns `{name, status}`."""
	frappe.has_permission("Dunning Run", "write", name, throw=True)
	return _answer(dunning_runs.send(name))


@frappe.whitelist(methods=["POST"])
def go_on_run(name: str) -> dict:
	"""Have a run gone on with now whose workers were killed; harmless where they were not. Returns `{name, status}`."""
	frappe.has_permission("Dunning Run", "write", name, throw=True)
	return _answer(dunning_runs.go_on(name))


@frappe.whitelist(methods=["POST"])
def cancel_run(name: str) -> dict:
	"""Give up a run of which nothing was sent. Returns `{name, status}`."""
	frappe.has_permission("Dunning Run", "write", name, throw=True)
	return _answer(dunning_runs.cancel(name))


@frappe.whitelist()
def run_state(name: str) -> dict:
	"""Return how far a run is: `{name, status, done, of}` in shards, its notices by now, and `stands_still`."""
	frappe.has_permission("Dunning Run", "read", name, throw=True)
	return dunning_runs.state(name)


@frappe.whitelist()
def notices(name: str, status: str | None = None) -> list[dict]:
	"""Return the notices of a run that the user may see, 500 at most, the largest first within each state."""
	frappe.has_permission("Dunning Run", "read", name, throw=True)
	return dunning_runs.notices_of(name, [status] if status else ())


@frappe.whitelist(methods=["POST"])
def leave_out(names: str | list, reason: str = "") -> int:
	"""Leave planned notices out of their run, with a reason; without one they are taken in again. Returns how many."""
	chosen = json.loads(names) if isinstance(names, str) else names
	frappe.has_permission("Dunning Notice", "write", throw=True)
	return dunning_notices.leave_out(chosen, reason)


@frappe.whitelist()
def message_of(name: str) -> dict:
	"""Return the words of a notice, as they went out or as they would by now: `{subject, message, language}`."""
	frappe.has_permission("Dunning Notice", "read", name, throw=True)
	return dunning_channels.message_of(name)


@frappe.whitelist(methods=["POST"])
def decide_unclear(name: str, did_go: bool) -> dict:
	"""Say whether a notice went whose fate nobody knows: what did not goes by the next channel. Returns `{name, status}`."""
	frappe.has_permission("Dunning Notice", "write", name, throw=True)
	return _answer(dunning_channels.decide(name, did_go))


@frappe.whitelist(methods=["POST"])
def end_exclusion(name: str, reason: str) -> dict:
	"""End an exclusion today, with the reason. Returns `{name, ended_on}`."""
	frappe.has_permission("Dunning Exclusion", "write", name, throw=True)
	exclusion = dunning_exclusions.end(name, reason)
	return {"name": exclusion.name, "ended_on": exclusion.ended_on}


@frappe.whitelist()
def test_results(name: str) -> dict:
	"""Return what a dunning test has shown: shares with their intervals and a sentence (collections/dunning_test_results.py).

	They tell of every customer, so they are refused to whom some customer is kept from.
	"""
	frappe.has_permission("Dunning Test", "read", name, throw=True)
	if not permissions.sees_every_customer():
		frappe.throw(
			_("The results are of all customers, and you may not see all of them."), frappe.PermissionError
		)
	return dunning_test_results.of(frappe.get_doc("Dunning Test", name))


def _answer(run) -> dict:
	return {"name": run.name, "status": run.status}
