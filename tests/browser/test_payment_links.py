"""A company sets up its payment references, an invoice carries one, and a customer without log-in sees how to pay it."""

import pytest

from .conftest import BASE_URL, Desk, scene
from .test_approvals import keep_page
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")

API = "/api/method/b2b_contracts.customer_links_api."


def open_page(desk: Desk, token: str) -> str:
	"""Open the page of a link as somebody whom the site does not know; returns what it says."""
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/pay-invoices?token={token}")
	return desk.text(".b2b-pay")


def status_of(desk: Desk, method: str, path: str) -> int:
	return desk.driver.execute_async_script(
		"const [method, path, done] = arguments; fetch(path, {method}).then((answer) => done(answer.status))",
		method,
		path,
	)


def test_from_the_set_up_to_the_page_of_the_customer(desk):
	setup = scene("payment_references")
	desk.log_in_as("cfo").open_form("Payment Reference Setup", setup)
	assert "+71<" in desk.script("return cur_frm.doc.example")
	keep_picture(desk, "payment-reference-setup")

	made = scene("customer", manual_limit=50_000, open_invoice=7_000, overdue_invoice=4_000)
	other = scene("customer", manual_limit=50_000, open_invoice=9_100)
	desk.log_in_as("controller").open_form("Sales Invoice", made["overdue"])
	printed, number = desk.script(
		"return [cur_frm.doc.b2b_payment_reference_printed, cur_frm.doc.b2b_payment_reference]"
	)
	assert printed == f"+71<{number}+12345678<"
	assert "Make payment reference" not in desk.menu("Credit")
	keep_picture(desk, "invoice-payment-reference")
	desk.choose("Credit", "Payment link")
	assert "/pay-invoices?token=" in desk.dialog()
	assert desk.errors() == []

	page = open_page(desk, scene("payment_link", customer=made["customer"]))
	for words in (made["overdue"], made["invoice"], "11000.00", "7000.00", printed, "DK5000400440116243"):
		assert words in page
	for words in (other["customer"], other["invoice"], "9100", "50000"):
		assert words not in page
	keep_page(desk, "pay-page")
	desk.click(".b2b-pay__copy", "Copy")
	desk.wait(
		lambda driver: driver.execute_script(
			"return ['Copied', arguments[0]].includes($('.b2b-pay__copy').first().text())", number
		),
		"nothing says what was copied",
	)
	# The page itself counts; looking at the address alone does not.
	desk.wait(lambda _driver: scene("clicks") == 1, "the visit was not counted")
	open_page(desk, scene("payment_link", customer=made["customer"]))
	desk.settle()
	assert scene("clicks") == 1
	assert status_of(desk, "GET", f"{API}payment_link_opened?token=x") == 403
	assert status_of(desk, "GET", "/api/resource/Payment%20Link%20Click") == 403
	assert status_of(desk, "GET", f"/api/resource/Sales%20Invoice/{made['overdue']}") == 403


def test_another_customers_invoices_cannot_be_reached(desk):
	scene("payment_references")
	mine = scene("customer", open_invoice=7_000)
	theirs = scene("customer", open_invoice=9_100)
	token, other = (scene("payment_link", customer=made["customer"]) for made in (mine, theirs))
	mixed = f"{other.split('.')[0]}.{token.split('.')[1]}"
	page = open_page(desk, mixed)
	assert "This link is not valid" in page
	assert desk.absent(".b2b-pay__group")
	keep_page(desk, "pay-page-gone")
	page = open_page(desk, token)
	assert mine["invoice"] in page
	assert theirs["invoice"] not in page
