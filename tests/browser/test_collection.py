"""A call and a hand-over to an agency, as people go through them."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture
from .test_disputes import headline
from .test_insolvency import button, said

pytestmark = pytest.mark.usefixtures("people")


def wait_until(desk: Desk, doctype: str, status: str) -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm.doctype === arguments[0] && cur_frm.doc.status === arguments[1]", doctype, status
		),
		f"it did not become {status}",
	)
	desk.settle()


def choose_in_dialog(desk: Desk, fieldname: str, value: str) -> None:
	desk.settle_dialog()
	desk.click(f'.modal.show [data-fieldname="{fieldname}"] select')
	desk.click(f'.modal.show [data-fieldname="{fieldname}"] option[value="{value}"]')


def test_a_call_becomes_a_promise(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	task = scene("collection_task", customer=made["customer"], invoice=made["overdue"])
	desk.log_in_as("collector").open_form("Collection Task", task)
	sheet = desk.text('[data-fieldname="call_sheet"]')
	assert made["overdue"] in sheet
	assert "4000.00" in sheet
	assert "Ask for an amount and a day" in sheet
	keep_picture(desk, "task-open")

	button(desk, "Not reached")
	desk.wait(lambda driver: driver.execute_script("return cur_frm.doc.contacts.length === 1"))
	desk.settle()
	button(desk, "Log contact")
	choose_in_dialog(desk, "outcome", "Promise")
	desk.write("spoken_with", "Mette Holm")
	desk.script(
		"cur_dialog.set_value('promised_date', frappe.datetime.add_days(frappe.datetime.get_today(), 5))"
	)
	keep_picture(desk, "task-log")
	desk.confirm("Save")
	wait_until(desk, "Collection Task", "Done")
	keep_picture(desk, "task-done")
	fields = ["sales_invoice", "amount", "status"]
	filters = {"customer": made["customer"]}
	assert scene("found", doctype="Promise to Pay", filters=filters, fields=fields) == [
		made["overdue"],
		4_000,
		"Open",
	]
	desk.open("collection-task?status=")
	desk.find(f'.list-row-container [data-name="{task}"]')
	keep_picture(desk, "task-list")
	assert desk.errors() == []


def test_from_the_customer_to_the_agency_and_back(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000, overdue_days=40)
	desk.log_in_as("collector").open_form("Customer", made["customer"])
	desk.choose("Credit", "Hand over to collection")
	desk.wait_for_form("Collection Case")
	desk.set_values(reason="Nobody answers.")
	keep_picture(desk, "case-new")
	desk.save()
	case = desk.script("return cur_frm.doc.name")
	assert desk.script("return cur_frm.doc.items.map((row) => [row.sales_invoice, row.principal])") == [
		[made["overdue"], 4_000]
	]
	keep_picture(desk, "case-draft")
	button(desk, "Send last notice")
	choose_in_dialog(desk, "channel", "Registered Letter")
	desk.confirm("Send")
	wait_until(desk, "Collection Case", "Notice Sent")
	assert "Hand-over from" in headline(desk)
	assert desk.script("return cur_frm.doc.notice_file")
	keep_picture(desk, "case-notice-sent")
	desk.wait(lambda driver: True)
	assert "Hand over" not in desk.script(
		"return $('.page-head:visible .custom-actions button').map((_n, e) => $(e).text().trim()).get()"
	)

	scene("notice_went_out", case=case, days=11)
	desk.open_form("Collection Case", case)
	wait_until(desk, "Collection Case", "Ready")
	assert "takes the role" in said(desk) or "somebody else" in said(desk)
	desk.log_in_as("credit_manager").open_form("Collection Case", case)
	button(desk, "Hand over")
	desk.write("agency_name", "Nordisk Inkasso")
	keep_picture(desk, "case-hand-over")
	desk.confirm("Hand over")
	wait_until(desk, "Collection Case", "Handed Over")
	keep_picture(desk, "case-handed-over")

	desk.log_in_as("collector").open_form("Collection Case", case)
	button(desk, "Status from the agency")
	desk.write("agency_reference", "NI-77")
	desk.confirm("Save")
	wait_until(desk, "Collection Case", "With Agency")
	button(desk, "Payment at the agency")
	desk.write("reference", "NI-PAY-1")
	desk.answer("Save")
	told = desk.wait(lambda _driver: next((t for t in desk.dialogs() if "waits for accounts" in t), None))
	assert told
	desk.close_message()
	desk.open("collection-case?status=")
	desk.find(f'.list-row-container [data-name="{case}"]')
	keep_picture(desk, "case-list")
	assert desk.errors() == []


def test_a_seller_reads_the_case_and_has_no_button(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000, overdue_days=40)
	desk.log_in_as("collector").open_form("Customer", made["customer"])
	desk.choose("Credit", "Hand over to collection")
	desk.wait_for_form("Collection Case")
	desk.set_values(reason="Nobody answers.")
	desk.save()
	case = desk.script("return cur_frm.doc.name")
	desk.log_in_as("seller1").open_form("Collection Case", case)
	desk.settle()
	assert "Proposed" in headline(desk)
	assert desk.absent(".page-head .custom-actions button")
	desk.log_in_as("seller2").open(f"collection-case/{case}")
	desk.wait(lambda driver: "permission" in driver.page_source.lower(), "somebody else's seller sees it")
