"""What takes a mandate, as people go through it: asked, decided by who may, decided by the Board on a page without log-in."""

import pytest

from .conftest import BASE_URL, Desk, scene
from .test_backtest import SCREENS, keep_picture

pytestmark = pytest.mark.usefixtures("people")


def wait_for_status(desk: Desk, status: str) -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm.doctype === 'Approval Request' && cur_frm.doc.status === arguments[0]", status
		),
		f"the request did not become {status}",
	)


def wait_in_dialog(desk: Desk, words: str) -> str:
	return desk.wait(
		lambda _driver: next((text for text in desk.dialogs() if words in text), None),
		f"no dialog says {words!r}",
	)


def keep_page(desk: Desk, name: str) -> None:
	"""Take a picture of a page outside the desk."""
	if SCREENS:
		desk.driver.save_screenshot(f"{SCREENS}/{name}.png")


def buttons(desk: Desk) -> list[str]:
	return desk.script(
		"return $('.page-head:visible .btn').get().map((e) => e.innerText.trim()).filter(Boolean)"
	)


def test_a_discount_is_asked_for_and_approved_by_who_may(desk):
	made = scene("customer", manual_limit=500_000, open_invoice=40_000)
	desk.log_in_as("credit_manager").open_form("Sales Invoice", made["invoice"])
	offered = desk.menu("Credit")
	assert {"Ask for discount", "Change due date", "Propose write-off"} <= set(offered)
	desk.choose("Credit", "Ask for discount")
	desk.write("discount_percent", "4")
	assert "Within your mandate" in wait_in_dialog(desk, "1600.00")
	desk.write("discount_percent", "8")
	assert "Takes the role CFO or higher" in wait_in_dialog(desk, "3200.00")
	desk.write("reason", "They buy for two million a year")
	keep_picture(desk, "discount-dialog")
	desk.answer("Send")
	wait_in_dialog(desk, "waits for the role CFO")
	keep_picture(desk, "discount-asked")
	desk.close_message()

	request = scene("request_of", invoice=made["invoice"])
	desk.open_form("Approval Request", request)
	assert "Ask " in desk.text(".form-message")
	assert "Approve" not in buttons(desk)
	keep_picture(desk, "request-of-another")

	desk.log_in_as("cfo").open("approval-request?status=Open")
	desk.find(f'.list-row-container a[data-name="{request}"]')
	keep_picture(desk, "request-list")
	desk.open_form("Approval Request", request)
	desk.click(".page-head .custom-actions .btn", "Approve")
	desk.write("remark", "This once")
	keep_picture(desk, "approve-dialog")
	desk.confirm("Approve")
	wait_for_status(desk, "Approved")
	assert "Approve" not in buttons(desk)
	keep_picture(desk, "request-approved")
	assert scene("state", doctype="Sales Invoice", name=made["invoice"], fields=["outstanding_amount"]) == [
		36_800
	]
	assert desk.errors() == []


def test_a_seller_asks_from_the_customer(desk):
	made = scene("customer", manual_limit=500_000, open_invoice=10_000)
	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	desk.choose("Credit", "Ask for discount")
	desk.write("discount_percent", "5")
	wait_in_dialog(desk, "Within your mandate")
	desk.write("reason", "Agreed at the visit")
	desk.answer("Send")
	wait_in_dialog(desk, "is within your mandate")
	keep_picture(desk, "discount-given")
	desk.close_message()
	assert scene("state", doctype="Sales Invoice", name=made["invoice"], fields=["outstanding_amount"]) == [
		9_500
	]
	assert desk.errors() == []


def test_the_board_decides_on_a_page_without_log_in(desk):
	made = scene("customer", manual_limit=5_000_000, open_invoice=2_000_000)
	asked = scene("write_off_for_the_board", invoice=made["invoice"])
	desk.log_in_as("finance_director").open_form("Approval Request", asked["request"])
	assert desk.menu("The Board has decided") == ["Approved", "Rejected"]
	assert "Ask the Board by mail" in buttons(desk)
	keep_picture(desk, "request-for-the-board")

	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/board-decision?token={asked['token']}")
	assert made["invoice"] in desk.text(".b2b-board")
	assert "2000000.00" in desk.text(".b2b-board")
	keep_page(desk, "board-page")
	desk.click(".b2b-board__form button", "Reject")
	desk.wait(lambda _driver: "reason" in desk.text(".b2b-board__said"), "no reason is asked for")
	desk.find("#b2b-remark").send_keys("We agreed in the meeting of Monday")
	desk.click(".b2b-board__form button", "Approve")
	desk.wait(lambda _driver: "approved" in desk.text(".b2b-board__said"), "it is not said what was decided")
	keep_page(desk, "board-page-decided")
	state = scene("state", doctype="Approval Request", name=asked["request"], fields=["status", "decided_as"])
	assert state == ["Approved", "Board"]

	desk.driver.get(f"{BASE_URL}/board-decision?token={asked['token']}")
	assert "not valid" in desk.text(".b2b-board__gone")
	keep_page(desk, "board-page-used")
