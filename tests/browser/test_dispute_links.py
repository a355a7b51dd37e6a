"""A customer without log-in disputes an invoice by the link of a mail, and a credit controller takes it up."""

import pytest

from .conftest import BASE_URL, Desk, scene
from .test_approvals import keep_page
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")

API = "/api/method/b2b_contracts.customer_links_api.dispute_invoice"


def open_page(desk: Desk, token: str) -> str:
	"""Open the page of a link as somebody whom the site does not know; returns what it says."""
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/dispute-invoice?token={token}")
	return desk.text(".b2b-dispute")


def fill_in(desk: Desk, **values: str) -> None:
	for name, value in values.items():
		field = desk.find(f'.b2b-dispute__form [name="{name}"]')
		if field.tag_name != "select":
			field.clear()
		field.send_keys(value)


def send(desk: Desk, words: str) -> str:
	desk.click(".b2b-dispute__form button", "Send")
	return desk.wait(
		lambda _driver: (said := desk.text(".b2b-dispute__said")) and words in said and said,
		f"it is not said that {words!r}",
	)


def status_of(desk: Desk, method: str, path: str) -> int:
	return desk.driver.execute_async_script(
		"const [method, path, done] = arguments; fetch(path, {method}).then((answer) => done(answer.status))",
		method,
		path,
	)


def test_a_customer_disputes_an_invoice_by_a_link(desk, tmp_path):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	token = scene("dispute_link", invoice=made["overdue"])
	page = open_page(desk, token)
	for words in (made["overdue"], "4000.00", "Still to be paid"):
		assert words in page
	assert "50000" not in page
	keep_page(desk, "dispute-page")

	photo = tmp_path / "broken box.png"
	photo.write_bytes(b"\x89PNG\r\n\x1a\n of a kind")
	fill_in(desk, amount="1500", description="Two of ten boxes were broken.", email="ap@customer.example.com")
	desk.driver.execute_script("document.querySelector('[name=root_cause]').value = 'Quality'")
	desk.driver.find_element("css selector", "#b2b-files").send_keys(str(photo))
	said = send(desk, "We have received your complaint")
	assert "ap@customer.example.com" in said
	keep_page(desk, "dispute-page-sent")

	page = open_page(desk, token)
	assert "What you write here is added to it" in page
	keep_page(desk, "dispute-page-again")
	fill_in(desk, description="<b>A third one</b> leaks.", email="ap@customer.example.com")
	send(desk, "We have added this")

	# The address alone does nothing, and a guest finds nothing else.
	dispute = said.split("complaint ")[1].split(" ")[0]
	desk.driver.get(f"{BASE_URL}/robots.txt")
	assert status_of(desk, "GET", f"{API}?token={token}&description=x&email=a@example.com") == 403
	assert status_of(desk, "GET", f"/api/resource/Dispute/{dispute}") == 403
	assert status_of(desk, "GET", f"/api/resource/Sales%20Invoice/{made['overdue']}") == 403
	desk.errors()

	desk.log_in_as("controller").open_form("Dispute", dispute)
	values = desk.script(
		"const { doc } = cur_frm;"
		"return [doc.docstatus, doc.by_link, doc.contact_email, doc.disputed_amount, doc.root_cause, doc.progress.length]"
	)
	assert values == [0, 1, "ap@customer.example.com", 1_500, "Quality", 1]
	assert "broken box.png" in desk.text(".form-attachments")
	assert "leaks" in desk.text('[data-fieldname="progress"]')
	keep_picture(desk, "dispute-by-link")
	desk.submit()
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status === 'Open'"), "it was not taken up"
	)
	assert desk.errors() == []


def test_a_link_that_is_not_good_says_so(desk):
	page = open_page(desk, "nothing-of-ours")
	assert "This link is not valid" in page
	assert desk.absent(".b2b-dispute__form")
	keep_page(desk, "dispute-page-gone")
