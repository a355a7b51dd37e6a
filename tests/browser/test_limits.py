"""A higher limit is asked for from the order that waits, granted, and the order goes on; who is on a list, and whom messages go to."""

import pytest

from .conftest import scene
from .test_answers import statuses
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def test_asked_for_from_the_order_and_granted_in_part(desk):
	made = scene("held_order", amount=12_000, limit=10_000)
	other = scene("order", customer=made["customer"], amount=30_000)["order"]
	desk.log_in_as("seller1").open_form("Sales Order", made["order"]).wait_for_panel("Held")
	desk.click('.b2b-credit button[data-action="ask_limit"]')
	desk.settle_dialog()
	assert "12632.00" in desk.dialog()
	keep_picture(desk, "limit-ask")
	desk.write("reason", "Their new plant opens on Monday")
	desk.answer("Ask")
	told = desk.wait(
		lambda _driver: next((t for t in desk.dialogs() if "you get an answer by" in t), None),
		"it is not told who decides",
	)
	assert "CFO" in told
	keep_picture(desk, "limit-asked")
	name, amount = scene(
		"found",
		doctype="Limit Request",
		filters={"customer": made["customer"]},
		fields=["name", "requested_limit"],
	)
	assert amount == 12_632

	desk.log_in_as("finance_director").open_form("Limit Request", name)
	text = desk.wait_for_panel("Open")
	assert made["order"] in text
	assert "Goes ahead" in text
	assert other in text
	assert "Still waits" in text
	assert desk.absent('.b2b-credit button[data-action="approve"]')
	keep_picture(desk, "limit-request-not-mine")

	desk.log_in_as("cfo").open_form("Limit Request", name).wait_for_panel("Open")
	keep_picture(desk, "limit-request")
	desk.click('.b2b-credit button[data-action="approve"]')
	desk.settle_dialog()
	desk.write("remark", "Good payer for ten years")
	keep_picture(desk, "limit-approve")
	desk.confirm("Approve")
	assert "Good payer for ten years" in desk.wait_for_panel("Approved")
	keep_picture(desk, "limit-approved")
	desk.wait(lambda _driver: statuses(made["order"])[0] == "Clear", "the order does not go on")
	assert statuses(other)[0] == "Held"
	desk.log_in_as("seller1").open("limit-request?status=")
	desk.find(f'.list-row-container [data-name="{name}"]')
	keep_picture(desk, "limit-list")
	assert desk.errors() == []


def test_a_request_is_rejected_and_the_seller_reads_why(desk):
	made = scene("held_order", amount=12_000, limit=10_000)
	request = scene("limit_request", customer=made["customer"], limit=15_000)
	desk.log_in_as("controller").open_form("Limit Request", request).wait_for_panel("Open")
	desk.click('.b2b-credit button[data-action="reject"]')
	desk.write("remark", "Their accounts are late")
	desk.confirm("Reject")
	desk.wait_for_panel("Rejected")
	desk.log_in_as("seller1").open_form("Limit Request", request)
	text = desk.wait_for_panel("Rejected")
	assert "Their accounts are late" in text
	assert desk.absent(".b2b-credit button")
	assert desk.errors() == []


def test_a_customer_is_put_on_the_negative_list_and_taken_off(desk):
	made = scene("customer", manual_limit=10_000)
	desk.log_in_as("credit_manager").open("credit-list-entry/new").wait_for_form("Credit List Entry")
	until = desk.script("return frappe.datetime.add_days(frappe.datetime.get_today(), 30)")
	desk.set_values(
		list_type="Negative", customer=made["customer"], valid_until=until, reason="Bounced cheques"
	)
	assert "New orders and quotations wait" in desk.text(".form-message")
	keep_picture(desk, "list-entry-new")
	desk.save()
	entry = desk.script("return cur_frm.doc.name")
	keep_picture(desk, "list-entry")
	assert scene("order", customer=made["customer"], amount=100)["credit_status"] == "Held"
	desk.open_form("Customer", made["customer"])
	assert "on the negative list until" in desk.wait_for_panel("Orders wait")
	keep_picture(desk, "customer-listed")
	desk.open_form("Credit List Entry", entry)
	desk.click(".page-head .custom-actions button", "End it")
	desk.write("reason", "All paid")
	desk.confirm("End it")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.status") == "Ended", "it did not end")
	desk.open("credit-list-entry?status=")
	desk.find(f'.list-row-container [data-name="{entry}"]')
	keep_picture(desk, "list-of-entries")
	assert desk.errors() == []


def test_whom_messages_go_to_and_who_is_premium(desk):
	made = scene("customer", manual_limit=10_000)
	scene("role_contact", customer=made["customer"], name="anna", role="Ordering")
	scene("list_entry", customer=made["customer"], list_type="Premium")
	hold = scene("order", customer=made["customer"], amount=12_000)["hold"]
	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	text = desk.wait_for_panel("Messages go to")
	assert "Ordering: anna@b2b-test.example.com" in text
	assert "Premium" in text
	keep_picture(desk, "customer-contacts")
	desk.log_in_as("controller").open_form("Credit Hold", hold)
	assert "Premium" in desk.wait_for_panel("Finance Director")
	keep_picture(desk, "hold-premium")
	desk.open_form(
		"Contact", scene("found", doctype="Contact", filters={"first_name": "Anna"}, fields=["name"])[0]
	)
	keep_picture(desk, "contact-roles")
	assert desk.errors() == []
