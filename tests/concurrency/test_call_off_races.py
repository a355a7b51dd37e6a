"""Orders at the same instant, of two companies of a group with a gate each, never call off more than their frame contract agrees
without the last of them being told."""

import frappe
import pytest
import racers
from test_gate_races import PROCESSES, pool, run

pytestmark = pytest.mark.usefixtures("site")
AGREED, EACH, ROUNDS = 100, 30, 5

__all__ = ("pool",)


@pytest.fixture
def parks(site):
	from b2b_contracts.tests import browser_scenes as scenes

	scenes.on_difference("Park")
	yield
	scenes.on_difference("Warn")


def frame_contract():
	"""Sign a frame contract of two customers with a quantity to call off; returns the customers and the quantity's row."""
	from b2b_contracts.tests import browser_scenes as scenes
	from b2b_contracts.tests import factories as make
	from b2b_contracts.tests.factories import as_user
	from b2b_contracts.tests.scaffold import WIDGET

	customers = [make.make_customer("seller1") for _n in range(2)]
	for customer in customers:
		make.make_profile(customer, segment="A", manual_limit=10_000_000)
	name = scenes.contract_draft()["contract"]
	with as_user("seller1"):
		doc = frappe.get_doc("B2B Contract", name)
		us = [row for row in doc.parties if row.party_role == "Us"]
		doc.update({"customer": customers[0].name, "parties": us})
		for customer in customers:
			doc.append(
				"parties",
				{"party_name": customer.name, "party_role": "Group Company", "customer": customer.name},
			)
		doc.append("call_offs", {"item_code": WIDGET, "quantity": AGREED})
		doc.save()
		scenes.contracts_api.take_step(name, "send_for_review")
	scenes.tick_contract(name)
	with as_user("contract_manager"):
		for step in ("approve", "send_for_signature"):
			scenes.contracts_api.take_step(name, step)
	scenes.sign_contract(name)
	return customers, frappe.get_doc("B2B Contract", name).call_offs[0].name


def test_two_gates_and_one_quantity(pool, parks):
	"""Eight orders of 30 against 100: three go on and five wait, every time, and the count is what was ordered."""
	from b2b_contracts.tests import factories as make

	customers, row = frame_contract()
	for _round in range(ROUNDS):
		drafts = [
			make.make_order(customers[n % 2], EACH * 10, qty=EACH, submit=False).name
			for n in range(PROCESSES)
		]
		frappe.db.commit()
		statuses = run(pool, [(racers.submit_order, draft) for draft in drafts])
		assert sorted(statuses) == ["Clear"] * 3 + ["Held"] * 5
		assert frappe.db.get_value("Contract Call-off", row, "called_off") == PROCESSES * EACH
		for name in drafts:
			frappe.get_doc("Sales Order", name).cancel()
		frappe.db.commit()
		assert frappe.db.get_value("Contract Call-off", row, "called_off") == 0
