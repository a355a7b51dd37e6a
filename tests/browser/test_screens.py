"""The other screens: deliveries, policy, decisions, workspace."""

import re

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def test_a_delivery_that_no_order_covers_says_that_it_would_be_refused(desk):
	customer = scene("customer", manual_limit=10_000)["customer"]
	note = scene("delivery_without_order", customer=customer, amount=12_000)
	desk.log_in_as("stock_user").open_form("Delivery Note", note)
	assert "120.0 % of the credit limit" in desk.wait_for_panel("Would be refused")
	if desk.script("return cur_frm.is_dirty()"):
		desk.save()
	desk.primary("Submit")
	desk.answer("Yes")
	desk.wait(
		lambda _driver: any("no order covers it" in text for text in desk.dialogs()), "it was not refused"
	)
	desk.open_form("Delivery Note", note)
	assert "-H1" in desk.wait_for_panel("waits for a credit decision")


def test_the_delivery_of_a_held_order_names_the_order(desk):
	made = scene("customer", manual_limit=10_000)
	order = scene("order", customer=made["customer"], amount=5_000)["order"]
	notes = [scene("delivery_draft", order=order, user=user) for user in ("stock_user", "Administrator")]
	scene("raise_order", order=order, amount=12_000)
	desk.log_in_as("stock_user")
	for note in notes:
		desk.open_form("Delivery Note", note)
		assert order in desk.wait_for_panel("cannot be submitted while its order is on hold")
	keep_picture(desk, "delivery-of-somebody-else")


def test_an_invoice_that_bills_an_old_debt_says_so_until_a_manager_accepts_its_date(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	new = scene("billed_again", customer=made["customer"], invoice=made["overdue"], amount=4_000)
	desk.log_in_as("cfo").open_form("Sales Invoice", new)
	assert made["overdue"] in desk.text(".form-message")
	desk.choose("Credit", "Accept due date")
	desk.write("reason", "A new sale, not the old one")
	desk.confirm("Accept")
	desk.wait(
		lambda _driver: (
			scene("state", doctype="Sales Invoice", name=new, fields=["b2b_original_due_date"]) == [None]
		),
		"the date was not accepted",
	)
	order = scene("order", customer=made["customer"], amount=1_000)
	assert order["credit_status"] == "Clear"
	assert desk.errors() == []


def test_customers_of_one_tax_id_are_offered_as_a_group(desk):
	first, second = scene("customers_of_one_tax_id")
	desk.log_in_as("cfo").open("credit-profile/new").wait_for_form("Credit Profile")
	desk.set_values(customer=second, company=desk.world["company"], segment="C")
	desk.save()
	desk.confirm("Make the credit group")
	desk.wait_for_form("Credit Group")
	members = desk.script("return cur_frm.doc.members.map((row) => row.customer)")
	assert sorted(members) == sorted([first, second])
	desk.set_values(group_name=f"Group of {first}", group_limit=50_000)
	desk.save()
	profile = {"customer": second}
	group = scene("found", doctype="Credit Profile", filters=profile, fields=["credit_group"])
	assert group == [f"Group of {first}"]
	assert desk.errors() == []


def test_profiles_are_made_for_chosen_customers_with_the_limit_they_had(desk):
	chosen = scene("customer_with_native_limit", credit_limit=25_000)
	left_out = scene("customer_with_native_limit", credit_limit=30_000)
	desk.log_in_as("cfo").open_form("Credit Policy", scene("policy"))
	desk.click(".page-head .custom-actions button", "Create profiles")
	desk.find(f'.modal.show [data-customer="{chosen}"]')
	assert "25000.00" in desk.dialog()
	desk.click(".modal.show [data-all]")
	desk.click(f'.modal.show [data-customer="{chosen}"]')
	desk.write("segment", "C")
	desk.script("document.activeElement.blur()")
	desk.confirm("Create")
	profile = {"company": desk.world["company"], "customer": chosen}
	limit = scene(
		"found",
		doctype="Credit Profile",
		filters=profile,
		fields=["manual_limit", "granted_limit", "segment"],
	)
	assert limit == [25_000, 25_000, "C"]
	profile["customer"] = left_out
	assert scene("found", doctype="Credit Profile", filters=profile, fields=["name"]) == "none"
	assert desk.errors() == []


def test_open_orders_are_shown_on_the_policy(desk):
	desk.log_in_as("cfo").open_form("Credit Policy", scene("policy"))
	desk.click(".page-head .custom-actions button", "Open orders")
	text = desk.dialog()
	assert "Every open order has been decided about." in text or "would be held" in text


def test_a_decision_shows_every_rule_and_the_log_holds(desk):
	made = scene("held_order")
	decision = scene("state", doctype="Credit Hold", name=made["hold"], fields=["decision"])[0]
	desk.log_in_as("auditor").open_form("Credit Decision", decision)
	text = desk.wait_for_panel("Limit Use")
	assert "120.0 %" in text
	assert "95.0 %" in text
	assert "Passed" in text  # the rules that did not fire
	desk.click(".b2b-credit__chain summary")
	assert len(desk.text(".b2b-credit__chain code:last-of-type")) == 64
	assert desk.errors() == []


def test_the_log_is_verified_on_request(desk):
	scene("held_order")
	desk.log_in_as("credit_manager").open("credit-decision")
	desk.click(".page-head button", "Verify log")
	assert "No decision was changed, removed or inserted." in desk.dialog()


def test_the_workspace_counts_what_waits_and_leads_there(desk):
	scene("held_order")
	desk.log_in_as("controller").open("credit")
	shortcut = desk.find('.shortcut-widget-box[aria-label="Hold queue"]')
	desk.wait(lambda _driver: re.search(r"[1-9]\d* open", shortcut.text), "nothing is counted")
	assert int(desk.text('.number-widget-box:has([title="Open Credit Holds"]) .number')) > 0
	desk.click('.shortcut-widget-box[aria-label="Hold queue"]')
	desk.wait(lambda driver: "credit-hold" in driver.current_url, "the shortcut does not lead to the queue")
	desk.find(".list-row-container")
	assert desk.errors() == []
