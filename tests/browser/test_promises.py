"""A seller, who may not read invoices, notes what the customer has promised to pay of one."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def test_a_seller_notes_a_promise_of_an_invoice(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	desk.choose("Credit", "Promise to pay")
	desk.wait_for_form("Promise to Pay")
	desk.click(".custom-actions button", "Choose an invoice")
	desk.settle_dialog()
	assert made["overdue"] in desk.dialog()
	keep_picture(desk, "promise-invoice")
	desk.click('.modal.show [data-fieldname="invoice"] select')
	desk.click(f'.modal.show [data-fieldname="invoice"] option[value="{made["overdue"]}"]')
	desk.confirm("Choose")
	desk.settle()
	given = desk.script("return [cur_frm.doc.sales_invoice, cur_frm.doc.amount]")
	assert given == [made["overdue"], 4_000]
	desk.set_values(promised_date=desk.script("return frappe.datetime.get_today()"))
	desk.save()
	filters = {"customer": made["customer"]}
	fields = ["sales_invoice", "amount", "status"]
	assert scene("found", doctype="Promise to Pay", filters=filters, fields=fields)[-3:] == [
		made["overdue"],
		4_000,
		"Open",
	]
	desk.open_form("Customer", made["customer"])
	assert "4000.00 until" in desk.text(".b2b-promise")
	keep_picture(desk, "promise-on-customer")
	assert desk.errors() == []
