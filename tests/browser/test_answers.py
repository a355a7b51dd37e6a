"""A hold is asked about, released, rejected, split; what the controller's queue shows."""

import pytest

from .conftest import plain, scene

pytestmark = pytest.mark.usefixtures("people")


def open_queue(desk) -> None:
	"""The hold queue with all that is in it: another test may have left more than a page."""
	desk.open("credit-hold")
	desk.click(".list-paging-area button", "500")
	desk.settle()


def statuses(order: str) -> list:
	return scene("state", doctype="Sales Order", name=order, fields=["b2b_credit_status", "status"])


def row_with_reason(desk, hold: str) -> str:
	"""Return the text of a hold's row once it gives a reason; the list draws its rows anew meanwhile."""
	text = desk.find(f'.list-row-container:has([data-name="{hold}"])').text
	return text if "of the credit limit is used" in text else ""


def test_parked_requested_released_with_a_reason_and_delivered(desk):
	made = scene("held_order")

	desk.log_in_as("seller1").open_form("Sales Order", made["order"]).wait_for_panel("Held")
	desk.click('.b2b-credit button[data-kind="approve"]', "Request release")
	desk.write("reason", "Their new plant opens on Monday")
	desk.confirm("Send request")
	desk.wait_for_panel("Release requested by")

	open_queue(desk.log_in_as("finance_director"))
	row = desk.wait(lambda _driver: row_with_reason(desk, made["hold"]), "the queue gives no reason")
	assert "left" in row
	assert "12000.00" in plain(row)
	desk.open_form("Credit Hold", made["hold"])
	assert "Their new plant opens on Monday" in desk.wait_for_panel("Release")
	desk.click('.b2b-credit button[data-kind="approve"]', "Release")
	desk.answer("Release")  # without a reason
	assert scene("state", doctype="Credit Hold", name=made["hold"], fields=["status"]) == ["Open"]
	desk.close_message()
	desk.write("reason", "Good payer for ten years")
	desk.confirm("Release")
	desk.wait_for_panel("may go ahead")
	assert "Good payer for ten years" in desk.panel()

	desk.log_in_as("stock_user").open_form("Sales Order", made["order"])
	desk.wait(lambda _driver: "Delivery Note" in desk.menu("Create"), "no delivery is offered")
	desk.choose("Create", "Delivery Note")
	desk.wait_for_form("Delivery Note")
	desk.save()
	desk.submit()
	assert statuses(made["order"]) == ["Released", "To Bill"]


def test_the_queue_is_open_holds_by_clock(desk):
	made = scene("held_order")
	open_queue(desk.log_in_as("controller"))
	listed = "return cur_list.data.map((doc) => doc.name)"
	desk.wait(lambda _driver: made["hold"] in desk.script(listed), "the hold is not in the queue")
	assert desk.script("return [...new Set(cur_list.data.map((doc) => doc.status))]") == ["Open"]
	clocks = desk.script("return cur_list.data.map((doc) => doc.response_due)")
	assert clocks == sorted(clocks)
	assert desk.errors() == []


def test_who_may_not_release_may_advise(desk):
	made = scene("held_order")  # 20 % over: Finance Director
	desk.log_in_as("controller").open_form("Credit Hold", made["hold"]).wait_for_panel("Finance Director")
	desk.click('.b2b-credit button[data-kind="approve"]', "Advise")
	desk.click('.modal.show [data-fieldname="advice"] select')
	desk.click('.modal.show [data-fieldname="advice"] option[value="Reject"]')
	desk.write("comment", "Two cheques bounced")
	desk.confirm("Advise")
	assert "Credit advice: Reject" in desk.wait_for_panel("Credit advice")


def test_several_are_released_at_once_and_each_refusal_is_told(desk):
	within = scene("held_order", amount=10_400, segment="B")  # 4 % over: Credit Manager
	beyond = scene("held_order", amount=20_000, segment="B")  # 100 % over: CFO
	open_queue(desk.log_in_as("finance_director"))
	for made in (within, beyond):
		desk.click(f'.list-row-checkbox[data-name="{made["hold"]}"]')
	desk.click(".page-head .actions-btn-group > button")
	desk.click(".page-head .actions-btn-group .dropdown-item", "Release")
	desk.write("reason", "Agreed on the phone")
	desk.answer("Release")
	message = desk.wait(lambda _driver: next((t for t in desk.dialogs() if "refused" in t), None))
	assert "1 done, 1 refused" in message
	assert beyond["hold"] in message
	assert within["hold"] not in message
	assert statuses(within["order"])[0] == "Released"
	assert statuses(beyond["order"])[0] == "Held"


def test_a_rejected_order_tells_its_seller_why(desk):
	made = scene("held_order")
	desk.log_in_as("controller").open_form("Credit Hold", made["hold"]).wait_for_panel("Finance Director")
	desk.click('.b2b-credit button[data-action="reject"]')
	desk.write("reason", "Insolvency has been filed for")
	desk.confirm("Reject")
	desk.wait_for_panel("sent back to its seller")
	desk.log_in_as("seller1").open_form("Sales Order", made["order"])
	text = desk.wait_for_panel("Rejected")
	assert "Insolvency has been filed for" in text
	assert "Resume" not in desk.menu("Status")
	assert statuses(made["order"]) == ["Rejected", "On Hold"]


def test_an_order_is_split_into_what_fits_and_the_rest(desk):
	made = scene("held_order", amount=12_000, limit=10_000, qty=12)
	desk.log_in_as("seller1").open_form("Sales Order", made["order"]).wait_for_panel("Held")
	desk.click('.b2b-credit button[data-kind="reduce"]', "Split")
	assert "9500.00" in desk.dialog()
	desk.answer("Yes")
	desk.wait(
		lambda _driver: any("waits for a credit decision" in text for text in desk.dialogs()),
		"nothing is told",
	)
	desk.close_message()
	desk.wait_for_panel("has passed the credit check")
	assert desk.script("return cur_frm.doc.items[0].qty") == 9
	rest = scene("rest_of", order=made["order"])
	assert rest == {"qty": 3, "credit_status": "Held"}


def test_a_customer_is_put_on_hold_and_lifted(desk):
	made = scene("customer", manual_limit=10_000)
	desk.log_in_as("credit_manager").open_form("Customer", made["customer"])
	desk.wait_for_panel("New orders go ahead")
	desk.click('.b2b-credit button[data-action="force"]')
	desk.write("reason", "Waiting for their accounts")
	desk.confirm("Put on hold")
	assert "Waiting for their accounts" in desk.wait_for_panel("Hold")
	assert scene("order", customer=made["customer"], amount=100)["credit_status"] == "Held"
	desk.open_form("Credit Profile", made["profile"]).wait_for_panel("Hold")
	desk.click('.b2b-credit button[data-action="lift"]')
	desk.write("reason", "Accounts received")
	desk.confirm("Lift")
	desk.wait_for_panel("New orders go ahead")
	assert desk.errors() == []
