"""The daily job of contracts that is killed between every two of its effects, and started again, tells nothing twice and misses
nothing."""

import sys
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, add_months, nowdate

sys.path.insert(0, str(Path(__file__).parent))
import killing

MOST_STARTS = 400


pytestmark = pytest.mark.usefixtures("mailing_site")


def a_contract(**fields) -> str:
	"""Make a signed contract that is due: as rows, for the life that led there is tested elsewhere."""
	from b2b_contracts.tests import factories as make
	from b2b_contracts.tests.scaffold import COMPANY, email_of

	doc = frappe.get_doc(
		{
			"doctype": "B2B Contract",
			"title": "Killed",
			"customer": make.make_customer().name,
			"company": COMPANY,
			"currency": "DKK",
			"contract_type": "Frame Agreement",
			"confidentiality": "Internal",
			"contract_owner": email_of("contract_manager"),
			"duration_type": "Auto-renewing",
			"renewal_months": 12,
			"notice_period": 30,
			"start_date": add_months(nowdate(), -13),
			"initial_months": 12,
			"obligations": [{"title": "Send the forecast", "due_date": add_days(nowdate(), 5)}],
			**fields,
		}
	).insert()
	signed = {"status": "Out for Signature", "signed_on": doc.start_date, "docstatus": 1}
	due = {"creation": add_months(nowdate(), -14), "next_watch_on": add_days(nowdate(), -3)}
	frappe.db.set_value("B2B Contract", doc.name, {**signed, **due}, update_modified=False)
	return doc.name


def events_of(name: str) -> list[tuple]:
	rows = frappe.get_all(
		"Contract Event",
		filters={"contract": name, "event": ["!=", "Created"]},
		fields=["event", "key_date_kind", "key_date", "rung"],
	)
	return sorted(
		(row.event, row.key_date_kind or "", str(row.key_date or ""), row.rung or 0) for row in rows
	)


def test_killed_between_every_two_effects():
	from b2b_contracts.contracts import watching

	names = [
		a_contract(),
		a_contract(duration_type="Fixed", renewal_months=0, initial_months=12),
		a_contract(),
	]
	frappe.db.commit()
	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(watching.daily, at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the job is not through after {MOST_STARTS} starts")
	assert at > 20
	told = events_of(names[0])
	# It started, renewed itself, and its obligation is told of.
	assert [row[0] for row in told] == ["Reminder", "Renewed", "Started"]
	assert events_of(names[2]) == told
	assert [row[0] for row in events_of(names[1])] == ["Ended", "Started"]
	assert frappe.db.get_value("B2B Contract", names[1], "status") == "Expired"
	for name in (names[0], names[2]):
		assert frappe.db.count("Email Queue", {"reference_name": name}) == 1
	before = {name: events_of(name) for name in names}
	for _run in range(2):
		watching.daily()
	assert {name: events_of(name) for name in names} == before
	assert not set(names) & set(watching._due(""))


def an_amendment(parent: str, **fields) -> str:
	"""Make a signed amendment of a contract that nobody has looked at since its day."""
	from b2b_contracts.contracts import in_force

	doc = frappe.get_doc(
		{
			"doctype": "B2B Contract",
			"parent_contract": parent,
			"effective_from": add_days(nowdate(), -2),
			"duration_type": "Auto-renewing",
			**fields,
		}
	).insert()
	signed = {"status": "Out for Signature", "signed_on": add_days(nowdate(), -9), "docstatus": 1}
	due = {"creation": add_months(nowdate(), -1), "next_watch_on": add_days(nowdate(), -2)}
	frappe.db.set_value("B2B Contract", doc.name, {**signed, **due}, update_modified=False)
	in_force.sync(frappe.get_doc("B2B Contract", doc.name))
	return doc.name


def chain(*names: str) -> list[tuple]:
	fields = ["status", "in_force_from", "in_force_until", "replaced_by", "terminated_on"]
	return [frappe.db.get_value("B2B Contract", name, fields) for name in names]


def test_an_amendment_takes_effect_once_however_often_the_job_is_killed():
	from b2b_contracts.contracts import watching

	original = a_contract()
	first = an_amendment(original, effective_from=add_days(nowdate(), -20))
	second = an_amendment(first, annual_value=2_000_000)
	frappe.db.set_value("B2B Contract", original, {"status": "Active", "renewal_decision": "Renegotiate"})
	names = (original, first, second)
	frappe.db.commit()
	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(watching.daily, at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		# Between any two effects at most one of them runs.
		running = [row[0] for row in chain(*names) if row[0] in ("Active", "In Renewal")]
		assert len(running) <= 1, f"start {at}: {running}"
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the job is not through after {MOST_STARTS} starts")
	assert at > 10
	assert [row[0] for row in chain(*names)] == ["Expired", "Expired", "Active"]
	assert [row[3] for row in chain(*names)] == [first, second, None]
	assert str(chain(second)[0][1]) == add_days(nowdate(), -2)
	assert [row[0] for row in events_of(first) if row[0] != "Renewed"] == ["Ended", "Started"]
	assert [row[0] for row in events_of(original) if row[0] == "Ended"] == ["Ended"]
	before = {name: events_of(name) for name in names}
	for _run in range(2):
		watching.daily()
	assert {name: events_of(name) for name in names} == before
