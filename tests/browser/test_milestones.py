"""An order paid by milestones, as people go through it: planned, accepted, invoiced, paid, and then delivered."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture
from .test_money import pay, wait_for_status

pytestmark = pytest.mark.usefixtures("people")


def plan_from_order(desk: Desk, order: str) -> str:
	"""Make the order's milestone plan and put it in force; returns its name."""
	desk.open_form("Sales Order", order)
	desk.choose("Credit", "Milestones")
	desk.wait_for_form("Order Milestone Plan")
	desk.save()
	keep_picture(desk, "milestones-draft")
	desk.submit()
	return desk.script("return cur_frm.doc.name")


def wait_for_milestones(desk: Desk, *statuses: str) -> None:
	desk.wait(
		lambda driver: (
			driver.execute_script("return cur_frm.doc.milestones.map((row) => row.status)") == list(statuses)
		),
		f"the milestones did not become {statuses}",
	)


def test_from_the_plan_to_the_delivery(desk):
	made = scene("customer", segment="D")
	order = scene("order", customer=made["customer"], amount=40_000)["order"]
	template = scene("milestone_template", rows=[["Design", 40, 1, 1], ["Delivery", 60, 0, 0]])
	desk.log_in_as("seller1")
	plan = plan_from_order(desk, order)
	assert "No goods leave before Design is paid: " in desk.text(".form-message")
	assert desk.menu("Make invoice") == []  # sellers make no invoices, and nothing is accepted yet

	desk.choose("Accept", "Design")
	desk.write("accepted_by", "Mette Holm")
	keep_picture(desk, "milestones-accept")
	desk.confirm("Accept")
	wait_for_milestones(desk, "Accepted", "Planned")
	keep_picture(desk, "milestones-accepted")
	desk.open_form("Sales Order", order).wait_for_panel("Next: Design")
	assert "0.00 of" in desk.panel()
	keep_picture(desk, "milestones-order")

	desk.log_in_as("accounts_user")
	for number, title in enumerate(("Design", "Delivery")):
		desk.open_form("Order Milestone Plan", plan)
		desk.choose("Make invoice", title)
		desk.wait_for_form("Sales Invoice")
		desk.save()
		desk.submit()
		if not number:
			keep_picture(desk, "milestones-invoice")
		invoice, amount = desk.script("return [cur_frm.doc.name, cur_frm.doc.grand_total]")
		assert amount == (16_000, 24_000)[number]
		desk.script("b2b_contracts.credit.enter_payment('Sales Invoice', arguments[0])", invoice)
		pay(desk)
	wait_for_status(desk, order, "Clear")
	desk.open_form("Order Milestone Plan", plan)
	wait_for_milestones(desk, "Paid", "Paid")
	assert desk.script("return cur_frm.doc.status") == "Completed"
	keep_picture(desk, "milestones-paid")
	desk.log_in_as("seller1").open("order-milestone-plan")
	desk.find(f'.list-row-container [data-name="{plan}"]')
	keep_picture(desk, "milestones-list")
	scene("remove_template", name=template)
	assert desk.errors() == []
	# The warehouse may not read all that ERPNext asks for on its form.
	note = scene("delivery_draft", order=order)
	desk.log_in_as("stock_user").open_form("Delivery Note", note)
	desk.submit()


def test_goods_wait_for_a_milestone_until_a_credit_manager_lets_them_leave(desk):
	made = scene("customer", manual_limit=50_000)
	order = scene("order", customer=made["customer"], amount=10_000)["order"]
	plan = scene("milestone_plan", order=order, rows=[["Design", 40, {"before_delivery": 1}], ["Rest", 60]])
	note = scene("delivery_draft", order=order)
	desk.log_in_as("stock_user").open_form("Delivery Note", note)
	desk.wait_for_panel("must be paid before goods leave")
	keep_picture(desk, "milestones-delivery-refused")
	desk.errors()
	desk.log_in_as("seller1").open_form("Order Milestone Plan", plan)
	assert desk.menu("Let goods leave") == []
	desk.log_in_as("credit_manager").open_form("Order Milestone Plan", plan)
	desk.choose("Let goods leave", "Design")
	desk.write("reason", "The bank has confirmed the transfer")
	desk.confirm("Let goods leave")
	desk.wait(
		lambda driver: driver.execute_script("return !cur_frm.doc.milestones[0].before_delivery"),
		"the goods still wait",
	)
	assert desk.errors() == []
	desk.log_in_as("stock_user").open_form("Delivery Note", note)
	desk.submit()
