"""A customer with a log-in looks at its account, promises, asks for a plan and disputes; another customer gets nothing of it."""

import datetime
import re
from urllib.parse import quote

import pytest

from .conftest import BASE_URL, Desk, scene
from .test_approvals import keep_page
from .test_backtest import SCREENS

pytestmark = pytest.mark.usefixtures("people")

API = "/api/method/b2b_contracts.portal_api."


@pytest.fixture(scope="module")
def trade(world) -> dict:
	"""Two customers with log-ins, what they owe, and what the first was reminded of."""
	scene("payment_references")
	mine = scene("customer", manual_limit=888_000, overdue_invoice=4_000, open_invoice=7_000)
	theirs = scene("customer", manual_limit=50_000, overdue_invoice=9_100)
	return {
		"mine": mine,
		"theirs": theirs,
		"user": scene("portal_user", customers=[mine["customer"]]),
		"stranger": scene("portal_user", customers=[theirs["customer"]], language="da"),
		"notice": scene("reminder_sent", invoice=mine["overdue"]),
	}


def log_in(desk: Desk, user: str) -> None:
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/robots.txt")
	status = desk.driver.execute_async_script(
		"const [usr, pwd, done] = arguments;"
		"fetch('/api/method/login', {method: 'POST', body: new URLSearchParams({usr, pwd})})"
		".then((answer) => done(answer.status))",
		user,
		desk.world["password"],
	)
	assert status == 200


def open_page(desk: Desk, query: str = "") -> str:
	desk.driver.get(f"{BASE_URL}/my-account{query}")
	return desk.text(".b2b-portal")


def call(desk: Desk, method: str, values: dict | None = None) -> dict:
	"""Call a method as the page does; without values by GET."""
	return desk.driver.execute_async_script(
		"const [path, values, done] = arguments;"
		"const headers = {'Content-Type': 'application/json', 'X-Frappe-CSRF-Token': frappe.csrf_token};"
		"fetch(path, values ? {method: 'POST', headers, body: JSON.stringify(values)} : {})"
		".then(async (answer) => done({status: answer.status, text: await answer.text()}))",
		f"{API}{method}",
		values,
	)


def keep_width(desk: Desk, name: str, width: int) -> None:
	"""Take a picture of the whole page as wide as a phone or a screen is."""
	if not SCREENS:
		return
	driver = desk.driver
	metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
	driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
	metrics["height"] = driver.execute_script("return document.documentElement.scrollHeight")
	driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
	keep_page(desk, name)
	driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def said(desk: Desk, form: str) -> str:
	return desk.wait(lambda _driver: desk.text(f"#{form} .b2b-portal__said"), "nothing is said")


def write_date(desk: Desk, selector: str, days: int) -> None:
	day = (datetime.date.today() + datetime.timedelta(days)).isoformat()
	desk.script(
		"const field = document.querySelector(arguments[0]); field.value = arguments[1];"
		"field.dispatchEvent(new Event('change', {bubbles: true}))",
		selector,
		day,
	)


def test_a_customer_sees_its_account_and_asks_for_things(desk, trade):
	mine = trade["mine"]
	log_in(desk, trade["user"])
	page = open_page(desk)
	for words in (
		mine["overdue"],
		mine["invoice"],
		"11000.00",
		"4000.00",
		"20 days overdue",
		"+71<",
		trade["notice"],
	):
		assert words in page
	for words in (trade["theirs"]["overdue"], trade["theirs"]["customer"], "9100", "888"):
		assert words not in page
	assert "Account and payments" in desk.text(".web-sidebar")
	desk.click(".b2b-portal__interest summary")
	assert "Simple interest" in desk.text(".b2b-portal__interest")
	keep_width(desk, "portal-1280", 1280)
	keep_width(desk, "portal-390", 390)
	assert is_within(desk, 390)

	# By the keyboard: the button of the row opens the form with its invoice.
	desk.script("document.querySelector('[data-form=promise]').focus()")
	desk.driver.switch_to.active_element.send_keys("\n")
	assert desk.script("return document.querySelector('#b2b-promise-invoice').value") == mine["overdue"]
	write_date(desk, "#b2b-promise-day", 5)
	desk.click("#promise [type=submit]")
	assert "We have noted that you pay" in said(desk, "promise")

	# Once sent there is nothing more to enter, and the button of the row says so.
	desk.click("[data-form=promise]")
	assert desk.absent("#promise [type=submit]")

	desk.click("#plan summary")
	assert desk.absent("#plan [type=submit]")
	desk.click("#plan [data-act=preview]")
	assert desk.text("#plan .b2b-portal__preview").count("1333.33") == 2
	desk.find("#b2b-plan-reason").send_keys("Our own customer pays late.")
	keep_width(desk, "portal-plan-390", 390)
	desk.click("#plan [type=submit]")
	assert "We have received your request" in said(desk, "plan")

	desk.click("#dispute summary")
	desk.script(
		"const select = document.querySelector('#b2b-dispute-invoice'); select.value = arguments[0];"
		"select.dispatchEvent(new Event('change')); document.querySelector('#b2b-dispute-cause').value = 'Quality'",
		mine["invoice"],
	)
	desk.find("#b2b-dispute-amount").clear()
	desk.find("#b2b-dispute-amount").send_keys("500")
	desk.find("#b2b-dispute-text").send_keys("Two lamps were broken.")
	desk.click("#dispute [type=submit]")
	assert "We have received your complaint" in said(desk, "dispute")

	page = open_page(desk)
	for words in ("What you have asked for", "Payment plan", "Your complaint", "Promise to pay", "500.00"):
		assert words in page
	keep_width(desk, "portal-asked-1280", 1280)
	assert desk.errors() == []
	letter = call(desk, f"reminder_pdf?notice={trade['notice']}")
	assert (letter["status"], letter["text"][:5]) == (200, "%PDF-")


def test_all_that_is_overdue_is_promised_at_once(desk, trade):
	made = scene("customer", overdue_invoice=1_000)
	second = scene("overdue_invoice_of", customer=made["customer"], amount=250)
	log_in(desk, scene("portal_user", customers=[made["customer"]]))
	open_page(desk)
	desk.click("#promise summary")
	assert "1250.00" in desk.text("#b2b-promise-invoice")
	assert desk.absent("#b2b-promise-amount")
	write_date(desk, "#b2b-promise-day", 5)
	desk.click("#promise [type=submit]")
	assert "1250.00" in said(desk, "promise")
	page = open_page(desk)
	assert second in page
	assert "romised until" in page
	assert desk.absent("#promise")


def test_a_request_is_turned_down_on_the_desk_and_answered_in_the_portal(desk, trade):
	made = scene("customer", overdue_invoice=3_000)
	user = scene("portal_user", customers=[made["customer"]])
	log_in(desk, user)
	open_page(desk)
	# The site's day may be ahead of the machine's.
	in_two_days = datetime.date.today() + datetime.timedelta(days=2)
	plan = {"customer": made["customer"], "company": desk.world["company"], "invoices": [made["overdue"]]}
	plan |= {"number_of_instalments": 2, "first_instalment_date": in_two_days.isoformat()}
	asked = call(desk, "ask_for_plan", {**plan, "reason": "A late season.", "total": "3000.00"})
	assert "PLAN-" in asked["text"], asked
	name = re.search(r"PLAN-[\d-]*\d", asked["text"])[0]

	desk.log_in_as("controller").open_form("Payment Plan", name)
	assert "has asked for this plan in the portal" in desk.text(".form-message")
	desk.click(".page-head .btn", "Turn down")
	desk.write("answer", "Please pay half of it at once.")
	desk.confirm("Turn down")
	desk.wait_for_form("Payment Plan")
	assert "Turn down" not in desk.script(
		"return $('.page-head:visible .btn').get().map((e) => e.innerText.trim())"
	)
	assert desk.errors() == []

	log_in(desk, user)
	assert "Please pay half of it at once." in open_page(desk)


def is_within(desk: Desk, width: int) -> bool:
	"""Whether nothing has to be scrolled sideways on a page of a width."""
	metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
	desk.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
	wide = desk.driver.execute_script("return document.documentElement.scrollWidth")
	desk.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
	return wide <= width


def test_another_customer_gets_nothing_of_it(desk, trade):
	mine, company = trade["mine"], desk.world["company"]
	log_in(desk, trade["stranger"])
	page = open_page(desk)
	assert trade["theirs"]["overdue"] in page
	assert "Konto og betalinger" in page
	for words in (mine["overdue"], mine["invoice"], mine["customer"], trade["notice"]):
		assert words not in page
	account = {"customer": mine["customer"], "company": company}
	plan = {**account, "invoices": [mine["overdue"]], "number_of_instalments": 3}
	plan["first_instalment_date"] = datetime.date.today().isoformat()
	for method, values in (
		(f"statement_pdf?customer={quote(mine['customer'])}&company={quote(company)}", None),
		(f"reminder_pdf?notice={trade['notice']}", None),
		("plan_preview", plan),
		("ask_for_plan", {**plan, "reason": "x", "total": "4000.00"}),
		("promise_payment", {"invoice": mine["overdue"], "promised_date": plan["first_instalment_date"]}),
		("promise_all_overdue", {**account, "promised_date": plan["first_instalment_date"]}),
		("dispute_invoice", {"invoice": mine["overdue"], "description": "x", "root_cause": "Price"}),
	):
		answer = call(desk, method, values)
		assert answer["status"] == 403, method
		assert "4000" not in answer["text"]
		assert "4,000" not in answer["text"]
	desk.driver.get(f"{BASE_URL}/my-account?customer={quote(mine['customer'])}&company={quote(company)}")
	text = desk.find("body").text
	assert mine["overdue"] not in text
	assert desk.absent(".b2b-portal__items")
	for doctype in ("Dispute", "Payment Plan", "Promise to Pay", "Dunning Notice", "Credit Profile"):
		status = desk.driver.execute_async_script(
			"const [path, done] = arguments; fetch(path).then((answer) => done(answer.status))",
			f"/api/resource/{quote(doctype)}",
		)
		assert status == 403, doctype


def test_without_log_in_there_is_only_the_log_in(desk):
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/my-account")
	assert "/login" in desk.driver.current_url
