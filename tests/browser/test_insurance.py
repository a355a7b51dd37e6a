"""An insurance policy as people work with it: a buyer limit that lets an order go, an item that the insurer covers no more."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture
from .test_money import wait_for_status

pytestmark = pytest.mark.usefixtures("people")


def headline(desk: Desk) -> str:
	return desk.text(".form-message")


def fill_dialog(desk: Desk, **values) -> None:
	"""Enter values into the open dialog, as its own controls do it."""
	desk.settle_dialog()
	desk.driver.execute_async_script(
		"const [values, done] = arguments; cur_dialog.set_values(values).then(() => done())", values
	)
	desk.settle()


def add_buyer_limit(desk: Desk, customer: str, amount: float) -> None:
	desk.click(".page-head .custom-actions .btn", "Add buyer limit")
	fill_dialog(desk, customer=customer, amount=amount)
	keep_picture(desk, "insurance-add")
	desk.confirm("Add")
	desk.find(f'tr[data-customer="{customer}"]')


def wait_for_duty(desk: Desk, status: str) -> None:
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status === arguments[0]", status),
		f"the duty did not become {status}",
	)


def test_from_the_policy_to_the_insurers_stop(desk):
	made = scene("customer", manual_limit=10_000, risk_class="B")
	customer = made["customer"]
	policy = scene("insurance_policy")
	order = scene("order", customer=customer, amount=15_000)
	assert order["credit_status"] == "Held"

	desk.log_in_as("credit_manager").open_form("Insurance Policy", policy)
	assert "In force from" in headline(desk)
	assert "No buyer limit yet." in desk.text('[data-fieldname="buyer_limits"]')
	add_buyer_limit(desk, customer, 20_000)
	row = desk.text(f'tr[data-customer="{customer}"]')
	assert "20000.00" in row
	assert "In Force" in row
	keep_picture(desk, "insurance-policy")
	wait_for_status(desk, order["order"], "Clear")

	late = scene("invoice_the_insurer_covers_no_more", customer=customer, amount=3_000, days=61)
	note = scene("delivery_draft", order=order["order"])
	desk.log_in_as("stock_user").open_form("Delivery Note", note)
	desk.wait_for_panel("stopped")
	keep_picture(desk, "insurance-delivery")
	desk.log_in_as("controller").open_form("Credit Profile", made["profile"])
	desk.wait_for_panel("maximum extension period of 60 days")
	keep_picture(desk, "insurance-stop")

	desk.open("insurer-duty")
	desk.find(f'.list-row-container [data-name="{late["duty"]}"]')
	keep_picture(desk, "insurance-duties")
	desk.open("insurer-duty/view/calendar/default")
	desk.find(".fc-event")
	keep_picture(desk, "insurance-calendar")
	desk.open_form("Insurer Duty", late["duty"])
	assert "cover may be lost" in headline(desk)
	keep_picture(desk, "insurance-duty")
	desk.click(".page-head .custom-actions .btn", "Done")
	desk.write("note", "Reported on the insurer's portal")
	desk.confirm("Done")
	wait_for_duty(desk, "Done")
	assert desk.errors() == []


def test_a_new_policy_and_a_limit_chosen_on_the_security(desk):
	customer = scene("customer", manual_limit=10_000)["customer"]
	desk.log_in_as("credit_manager").open("insurance-policy/new")
	desk.wait_for_form("Insurance Policy")
	desk.set_values(
		insurer="Nordic Credit Cover",
		policy_number=f"N-{customer}",
		company=desk.world["company"],
		status="In Force",
		period_from=desk.script("return frappe.datetime.get_today()"),
		period_to=desk.script("return frappe.datetime.add_days(frappe.datetime.get_today(), 365)"),
		deductible=500,
	)
	keep_picture(desk, "insurance-new")
	desk.save()
	policy = desk.script("return cur_frm.doc.name")
	desk.open("security-instrument/new")
	desk.wait_for_form("Security Instrument")
	desk.set_values(customer=customer, company=desk.world["company"], instrument_type="Credit Insurance")
	desk.set_values(insurance_policy=policy, amount=5_000)
	taken = desk.script("return [cur_frm.doc.issuer, cur_frm.doc.cover_percent, cur_frm.doc.deductible]")
	assert taken == ["Nordic Credit Cover", 90, 500]
	keep_picture(desk, "insurance-limit")
	desk.save()
	assert desk.script("return cur_frm.doc.limit_basis") == "Named"
	assert desk.errors() == []
