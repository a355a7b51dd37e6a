"""A payment plan from the overdue customer to the order that goes on by itself; the worker does that."""

from urllib.parse import urlencode

import pytest

from .conftest import BASE_URL, scene
from .test_approvals import keep_page
from .test_backtest import keep_picture
from .test_disputes import headline
from .test_money import pay, wait_for_status

pytestmark = pytest.mark.usefixtures("people")


def test_from_the_overdue_customer_to_the_lifted_stop(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	guarantee = scene("security", customer=made["customer"], amount=4_000)
	order = scene("order", customer=made["customer"], amount=5_000)
	assert order["credit_status"] == "Held"

	desk.log_in_as("controller").open_form("Sales Invoice", made["overdue"])
	keep_picture(desk, "invoice-overdue")
	desk.choose("Credit", "Payment plan")
	desk.wait_for_form("Payment Plan")
	given = desk.script(
		"return [cur_frm.doc.customer, cur_frm.doc.invoices[0].amount, cur_frm.doc.total_amount]"
	)
	assert given == [made["customer"], 4_000, 4_000]
	desk.set_values(
		reason="Two of its own customers pay late.",
		number_of_instalments=2,
		first_instalment_date=desk.script("return frappe.datetime.get_today()"),
		security=guarantee,
	)
	keep_picture(desk, "plan-new")
	desk.save()
	assert "Credit Manager" in headline(desk)
	plan, instalments = desk.script(
		"return [cur_frm.doc.name, cur_frm.doc.instalments.map((row) => row.amount)]"
	)
	assert instalments == [2_000, 2_000]
	keep_picture(desk, "plan-draft")

	desk.log_in_as("credit_manager").open_form("Payment Plan", plan)
	desk.submit()
	assert "2000.00" in headline(desk)
	assert "waits for its first instalment" in headline(desk)
	keep_picture(desk, "plan-approved")
	wait_for_status(desk, order["order"], "Held")

	desk.log_in_as("accounts_user").open_form("Sales Invoice", made["overdue"])
	desk.choose("Create", "Payment")
	desk.wait_for_form("Payment Entry")
	desk.driver.execute_async_script(
		"const done = arguments[0]; const [row] = cur_frm.doc.references;"
		"frappe.model.set_value(row.doctype, row.name, 'allocated_amount', 2000)"
		".then(() => cur_frm.set_value('paid_amount', 2000)).then(() => done())"
	)
	desk.settle()
	pay(desk)
	wait_for_status(desk, order["order"], "Clear")
	assert scene("state", doctype="Payment Plan", name=plan, fields=["status"]) == ["Active"]

	desk.log_in_as("seller1").open_form("Sales Order", order["order"])
	desk.wait_for_panel("has passed the credit check")
	desk.log_in_as("controller").open_form("Payment Plan", plan)
	assert "Next instalment" in headline(desk)
	keep_picture(desk, "plan-active")
	desk.open_form("Sales Invoice", made["overdue"])
	keep_picture(desk, "invoice-planned")
	assert "In a payment plan: " in headline(desk)
	offered = desk.menu("Credit")
	assert "Dispute" in offered
	assert "Payment plan" not in offered
	assert desk.errors() == []


def test_a_controller_does_not_approve_a_plan(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	plan = scene("plan_draft", invoice=made["overdue"])
	desk.log_in_as("controller").open_form("Payment Plan", plan)
	desk.primary("Submit")
	desk.answer("Yes")
	desk.wait(
		lambda _driver: any("takes the role Credit Manager" in text for text in desk.dialogs()),
		"it was not refused",
	)
	assert scene("state", doctype="Payment Plan", name=plan, fields=["status"]) == ["Draft"]
	desk.open("payment-plan")
	desk.find(f'.list-row-container [data-name="{plan}"]')
	keep_picture(desk, "plan-list")


def test_the_agreement_is_printed_in_the_language_of_the_customer(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	plan = scene("plan_draft", invoice=made["overdue"])
	desk.log_in_as("controller")
	query = {"doctype": "Payment Plan", "name": plan, "format": "Payment Plan", "no_letterhead": 1}
	for language, words in (("en", "The debtor acknowledges"), ("da", "Skyldneren anerkender")):
		desk.driver.get(f"{BASE_URL}/printview?{urlencode(query | {'_lang': language})}")
		assert words in desk.text(".print-format")
		keep_page(desk, f"plan-agreement-{language}")
