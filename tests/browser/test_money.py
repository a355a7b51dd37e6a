"""What is held goes on by itself once the customer has paid; the worker does it."""

import pytest

from .conftest import scene

pytestmark = pytest.mark.usefixtures("people")


def pay(desk) -> None:
	"""Complete and submit the Payment Entry that is open."""
	desk.wait_for_form("Payment Entry")
	desk.set_values(
		paid_to=desk.world["bank"],
		reference_no="B2B",
		reference_date=desk.script("return frappe.datetime.get_today()"),
	)
	desk.save()
	desk.submit()


def wait_for_status(desk, order: str, status: str) -> None:
	def has_status(_driver):
		return scene("state", doctype="Sales Order", name=order, fields=["b2b_credit_status"]) == [status]

	desk.wait(has_status, f"{order} did not become {status}", seconds=60)


def test_a_payment_clears_the_parked_order_by_itself(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	order = scene("order", customer=made["customer"], amount=5_000)
	assert order["credit_status"] == "Held"
	desk.log_in_as("accounts_user").open_form("Sales Order", order["order"]).wait_for_panel("is overdue")
	desk.click('.b2b-credit button[data-kind="pay"]')
	assert made["overdue"] in desk.dialog()
	desk.click(f'.modal.show button[data-pay="{made["overdue"]}"]')
	pay(desk)
	wait_for_status(desk, order["order"], "Clear")
	desk.log_in_as("seller1").open_form("Sales Order", order["order"])
	desk.wait_for_panel("has passed the credit check")


def test_a_prepayment_clears_the_order_of_a_segment_d_customer(desk):
	made = scene("customer", segment="D")
	order = scene("order", customer=made["customer"], amount=8_000)
	assert order["credit_status"] == "Held"
	desk.log_in_as("accounts_user").open_form("Sales Order", order["order"])
	desk.wait_for_panel("must be prepaid or secured")
	desk.click('.b2b-credit button[data-kind="prepay"]')
	desk.wait_for_form("Payment Entry")
	assert desk.script("return cur_frm.doc.paid_amount") == 8_000
	pay(desk)
	wait_for_status(desk, order["order"], "Clear")
