"""“We paid yesterday” and insolvency, as people go through them; the worker carries both out."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture
from .test_disputes import headline
from .test_money import pay, wait_for_status

pytestmark = pytest.mark.usefixtures("people")


def button(desk: Desk, label: str) -> None:
	desk.click(".page-head .custom-actions button", label)


def said(desk: Desk) -> str:
	"""All that is said above the fields of the form."""
	return desk.script("return $('.form-message:visible').text()")


def wait_for_field(desk: Desk, field: str) -> None:
	"""Until the open form's document has a value in a field, loaded anew by the worker's notice or by us."""

	def has_value(driver):
		driver.execute_async_script("cur_frm.reload_doc().then(() => arguments[0]())")
		return driver.execute_script("return Boolean(cur_frm.doc[arguments[0]])", field)

	desk.wait(has_value, f"{field} stayed empty", seconds=60)
	desk.settle()


def test_a_slip_lets_the_order_wait_for_the_money(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	order = scene("order", customer=made["customer"], amount=5_000)
	assert order["credit_status"] == "Held"

	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	desk.choose("Credit", "Payment slip")
	desk.wait_for_form("Payment Slip")
	desk.set_values(
		amount=4_000,
		value_date=desk.script("return frappe.datetime.get_today()"),
		payment_reference="RF96 TU06 FX",
		slip_file=scene("evidence"),
	)
	keep_picture(desk, "slip-new")
	desk.save()
	assert "Reported only" in headline(desk)
	slip = desk.script("return cur_frm.doc.name")
	keep_picture(desk, "slip-reported-seller")

	desk.log_in_as("controller").open_form("Payment Slip", slip)
	keep_picture(desk, "slip-reported")
	button(desk, "Accept")
	desk.wait(lambda driver: driver.execute_script("return cur_frm.doc.status") == "Accepted", "not accepted")
	desk.settle()
	assert "4000.00" in headline(desk)
	keep_picture(desk, "slip-accepted")
	wait_for_status(desk, order["order"], "Clear")
	desk.open_form("Sales Order", order["order"])
	assert desk.script("return cur_frm.doc.b2b_payment_slip") == slip
	desk.open_form("Sales Invoice", made["overdue"])
	assert "On its way by a payment slip: " in headline(desk)
	desk.open_form("Customer", made["customer"])
	desk.wait(lambda _driver: "awaited until" in said(desk), "the customer says nothing")
	keep_picture(desk, "slip-customer")

	desk.log_in_as("accounts_user").open_form("Sales Invoice", made["overdue"])
	desk.choose("Create", "Payment")
	desk.wait_for_form("Payment Entry")
	desk.settle()
	pay(desk)
	desk.wait(
		lambda _driver: scene("state", doctype="Payment Slip", name=slip, fields=["status"]) == ["Arrived"],
		"the money did not arrive",
		seconds=60,
	)
	assert desk.errors() == []


def test_insolvency_in_one_action(desk):
	made = scene("customer", manual_limit=50_000, open_invoice=4_000)
	order = scene("order", customer=made["customer"], amount=5_000)
	assert order["credit_status"] == "Clear"

	desk.log_in_as("controller").open_form("Customer", made["customer"])
	desk.choose("Credit", "Report insolvency")
	desk.wait_for_form("Insolvency Case")
	assert "Saving stops the customer" in headline(desk)
	desk.set_values(
		kind="Bankruptcy",
		insolvent_on=desk.script("return frappe.datetime.get_today()"),
		case_number="SKS 2-417/2026",
		court="Nordkystens Skifteret",
		trustee="Advokat Skiftesen",
		evidence=scene("evidence"),
	)
	keep_picture(desk, "insolvency-new")
	desk.save()
	case = desk.script("return cur_frm.doc.name")
	wait_for_field(desk, "carried_out_on")
	assert "4000.00" in headline(desk)
	keep_picture(desk, "insolvency-open")
	wait_for_status(desk, order["order"], "Stopped")
	desk.open_form("Customer", made["customer"])
	desk.wait(lambda _driver: "Insolvent since" in said(desk), "the customer says nothing")
	desk.wait_for_panel("New orders wait and nothing is delivered")
	assert "Report insolvency" not in desk.menu("Credit")
	keep_picture(desk, "insolvency-customer")
	desk.driver.get(
		desk.script(
			"return frappe.urllib.get_full_url('/printview?doctype=Insolvency%20Case&name='"
			" + encodeURIComponent(arguments[0]) + '&format=Insolvency%20Claim')",
			case,
		)
	)
	assert "Advokat Skiftesen" in desk.driver.page_source

	desk.log_in_as("finance_director").open_form("Insolvency Case", case)
	button(desk, "End the case")
	desk.click('.modal.show [data-fieldname="outcome"] select')
	desk.click('.modal.show [data-fieldname="outcome"] option[value="Reported in Error"]')
	desk.write("reason", "Another company of the same name.")
	desk.confirm("End the case")
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status") == "Reported in Error",
		"the case did not end",
	)
	desk.settle()
	assert "stays insolvent" in headline(desk)
	keep_picture(desk, "insolvency-ended")
	assert desk.errors() == []
