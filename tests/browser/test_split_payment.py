"""A customer without log-in splits what a reminder asks for, and a credit manager decides about it."""

import datetime

import pytest

from .conftest import BASE_URL, Desk, scene
from .test_approvals import keep_page
from .test_backtest import keep_picture
from .test_portal import keep_width, log_in

pytestmark = pytest.mark.usefixtures("people")


def open_page(desk: Desk, token: str) -> str:
	"""Open the page of a link as somebody whom the site does not know; returns what it says."""
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/split-payment?token={token}")
	return desk.text(".b2b-split")


def amounts(desk: Desk) -> list[str]:
	"""Return the amounts of the instalments that are shown, without the sum."""
	return desk.script(
		"return [...document.querySelectorAll('.b2b-split__instalments tr td:nth-child(2)')].map((e) => e.textContent)"
	)


def choose(desk: Desk, selector: str, value: str) -> None:
	desk.script(
		"const field = document.querySelector(arguments[0]); field.value = arguments[1];"
		"field.dispatchEvent(new Event('change', {bubbles: true}))",
		selector,
		value,
	)


def shown(desk: Desk, count: int) -> None:
	desk.wait(lambda _driver: len(amounts(desk)) == count, f"not {count} instalments")
	desk.wait(lambda _driver: not desk.script("return document.querySelector('.b2b-split__agree').hidden"))


def test_a_customer_splits_what_is_due_once(desk):
	made = scene(
		"customer", manual_limit=888_000, overdue_invoice=4_000, external_rating="B", rating_at_review="B"
	)
	other = scene("customer", manual_limit=50_000, overdue_invoice=9_100)
	token = scene("split_link", invoice=made["overdue"])
	page = open_page(desk, token)
	for words in (made["overdue"], "4000.00"):
		assert words in page
	for words in (other["overdue"], other["customer"], "888"):
		assert words not in page
	shown(desk, 3)
	assert [text.split()[-1] for text in amounts(desk)] == ["1,333.33", "1,333.33", "1,333.34"]
	choose(desk, "#b2b-count", "2")
	shown(desk, 2)
	day = (datetime.date.today() + datetime.timedelta(3)).isoformat()
	choose(desk, "#b2b-first", day)
	shown(desk, 2)
	assert "We acknowledge to owe" in desk.text(".b2b-split__acknowledge")
	keep_page(desk, "split-page")
	keep_width(desk, "split-page-390", 390)

	# Nothing is sent without the acknowledgement.
	desk.find("#b2b-name").send_keys("Kim Holm")
	desk.find("#b2b-email").send_keys("ap@customer.example.com")
	desk.click(".b2b-split__form [type=submit]")
	assert not desk.absent(".b2b-split__form")
	desk.click(".b2b-split__acknowledge")
	desk.click(".b2b-split__form [type=submit]")
	said = desk.wait(lambda _driver: desk.text(".b2b-split__said"), "nothing is said")
	assert "We have received your request" in said
	keep_page(desk, "split-page-sent")
	plan = said.split("request ")[1].split(" ")[0]

	page = open_page(desk, token)
	assert plan in page
	assert "We have received it" in page
	assert desk.absent(".b2b-split__form")
	keep_page(desk, "split-page-again")
	desk.errors()

	desk.log_in_as("credit_manager").open_form("Payment Plan", plan)
	values = desk.script(
		"const { doc } = cur_frm;"
		"return [doc.docstatus, doc.asked_for_by, doc.acknowledged_by, doc.total_amount, doc.instalments.length]"
	)
	assert values == [0, "ap@customer.example.com", "Kim Holm", 4_000, 2]
	keep_picture(desk, "plan-by-link")
	assert desk.errors() == []


def test_a_link_that_is_not_good_says_so(desk):
	page = open_page(desk, "nothing-of-ours")
	assert "This link is not valid" in page
	assert desk.absent(".b2b-split__form")
	keep_page(desk, "split-page-gone")


def test_from_the_portal(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	log_in(desk, scene("portal_user", customers=[made["customer"]]))
	desk.driver.get(f"{BASE_URL}/my-account")
	desk.click("#plan summary")
	desk.click(".b2b-portal__split")
	desk.wait(lambda _driver: not desk.absent(".b2b-split__form"), "the page did not open")
	shown(desk, 3)
	assert made["overdue"] in desk.text(".b2b-split")


def test_a_collector_with_no_other_role_collects(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	user = scene("collector_alone")
	desk.log_in_as(user).open("collections-worklist")
	desk.wait(lambda _driver: desk.script("return !!cur_page.page.worklist?.loaded"), "the list did not load")
	desk.settle()
	assert desk.script("return $('.b2b-worklist__table tbody tr').length") > 0
	keep_picture(desk, "worklist-collector-alone")
	desk.open_form("Customer", made["customer"])
	desk.open_form("Sales Invoice", made["overdue"])
	keep_picture(desk, "invoice-collector-alone")
	assert desk.errors() == []
