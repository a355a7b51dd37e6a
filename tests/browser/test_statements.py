"""Statements of account from the customer and in bulk, a balance that a customer confirms by a link, and claims about to expire."""

import pytest

from .conftest import BASE_URL, Desk, plain, scene
from .test_approvals import keep_page
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")

API = "/api/method/b2b_contracts.balance_links_api.answer_balance"


def open_page(desk: Desk, token: str) -> str:
	"""Open the page of a link as somebody whom the site does not know; returns what it says."""
	desk.driver.delete_all_cookies()
	desk.driver.get(f"{BASE_URL}/confirm-balance?token={token}")
	return desk.text(".b2b-balance")


def send(desk: Desk, words: str) -> str:
	desk.click(".b2b-balance__form button", "Send")
	return desk.wait(
		lambda _driver: (said := desk.text(".b2b-balance__said")) and words in said and said,
		f"it is not said that {words!r}",
	)


def choose(desk: Desk, answer: str) -> None:
	desk.script("document.querySelector(`[name=answer][value=${arguments[0]}]`).click()", answer)


def fetched(desk: Desk, path: str, method: str = "GET") -> list:
	"""Fetch an address as whoever is logged in; returns `[status, type, how long]`."""
	return desk.driver.execute_async_script(
		"const [path, method, done] = arguments; fetch(path, {method}).then(async (answer) => done("
		"[answer.status, answer.headers.get('content-type'), (await answer.arrayBuffer()).byteLength]))",
		path,
		method,
	)


def test_a_statement_is_shown_from_the_customer(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	scene("claim_about_to_expire", invoice=made["overdue"], days=40)
	desk.log_in_as("collector").open_form("Customer", made["customer"])
	# The scripts of the form come one after the other, each with a question of its own.
	desk.wait(lambda _driver: len(desk.menu("Statement")) == 3, "the buttons are not there")
	assert desk.menu("Statement") == ["Statement of account", "Confirm balance", "What was sent"]
	said = desk.wait(
		lambda driver: driver.execute_script("return $('.b2b-limitation:visible').text()"),
		"nothing is said of the limitation",
	)
	assert "4000.00 at stake" in plain(said)
	desk.choose("Statement", "Statement of account")
	desk.settle_dialog()
	desk.script("window.b2b_opened = []; window.open = (address) => window.b2b_opened.push(address)")
	keep_page(desk, "statement-dialog")
	desk.answer("Show")
	(address,) = desk.script("return window.b2b_opened")
	status, kind, length = fetched(desk, address)
	assert (status, kind) == (200, "application/pdf") and length > 5_000
	keep_picture(desk, "statement-customer")

	desk.log_in_as("seller2")
	assert fetched(desk, address)[0] == 403
	desk.errors()

	desk.log_in_as("collector").open(
		f"query-report/Limitation Watch?company={desk.world['company']}&customer={made['customer']}"
	)
	desk.wait(
		lambda _driver: made["overdue"] in desk.text(".report-wrapper"), "the claim is not in the report"
	)
	keep_picture(desk, "limitation-watch")
	assert desk.errors() == []


def test_statements_in_bulk_are_printed_in_the_background(desk):
	customers = [scene("customer", manual_limit=50_000, overdue_invoice=1_000)["customer"] for _n in range(2)]
	run = scene("statement_run", customers=customers)
	desk.log_in_as("collector").open_form("Account Statement Run", run)
	desk.click(".page-head .btn", "Preview")
	desk.wait(lambda _driver: "2 customers" in " ".join(desk.dialogs()), "no preview")
	desk.close_message()
	desk.click(".page-head .btn", "Start")
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status === 'Completed'"),
		"the run does not end",
		seconds=120,
	)
	desk.settle()
	values = desk.script(
		"const { doc } = cur_frm; return [doc.printed_count, doc.failed_count, doc.print_file]"
	)
	assert values[:2] == [2, 0]
	status, kind, length = fetched(desk, values[2])
	assert (status, kind) == (200, "application/pdf") and length > 5_000
	keep_picture(desk, "statement-run")
	desk.click(".page-head .btn", "Customers")
	desk.wait(lambda driver: driver.execute_script("return cur_list?.data?.length === 2"), "not in the list")
	keep_picture(desk, "statements-list")
	assert desk.errors() == []


def test_a_customer_answers_whether_a_balance_is_right(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	asked = scene("balance_to_confirm", customer=made["customer"])
	page = open_page(desk, asked["token"])
	assert "4000.00" in page and "50000" not in page
	choose(desk, "Differs")
	for name, text in (("comment", "We paid <b>1,000</b> in June."), ("name_given", "Anna Holm")):
		desk.find(f'.b2b-balance__form [name="{name}"]').send_keys(text)
	desk.find(".b2b-balance__theirs").send_keys("3000")
	keep_page(desk, "balance-page")
	send(desk, "We have noted what differs")
	keep_page(desk, "balance-page-sent")
	assert "good for one answer" in open_page(desk, asked["token"])
	assert desk.absent(".b2b-balance__form")
	assert fetched(desk, f"{API}?token={asked['token']}&answer=Confirmed&name_given=x")[0] == 403
	desk.errors()

	desk.log_in_as("credit_manager").open_form("Balance Confirmation", asked["name"])
	values = desk.script(
		"const { doc } = cur_frm; return [doc.status, doc.answered_by, doc.amounts[0].difference, doc.comment]"
	)
	assert values == ["Differs", "Anna Holm", 1_000, "We paid <b>1,000</b> in June."]
	assert "Enter answer on paper" not in desk.script("return $('.page-head:visible').text()")
	keep_picture(desk, "balance-confirmation")
	assert desk.errors() == []


def test_a_credit_manager_lets_a_confirmed_balance_count(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	asked = scene("balance_to_confirm", customer=made["customer"])
	open_page(desk, asked["token"])
	choose(desk, "Confirmed")
	desk.find('.b2b-balance__form [name="name_given"]').send_keys("Anna Holm")
	send(desk, "the balance is right")
	desk.errors()
	desk.log_in_as("collector").open_form("Balance Confirmation", asked["name"])
	desk.settle()
	assert desk.menu("Limitation") == []
	desk.log_in_as("credit_manager").open_form("Balance Confirmation", asked["name"])
	desk.settle()
	desk.choose("Limitation", "Acknowledges the debt")
	desk.write("reason", "Signed by the managing director.")
	desk.answer("Decide")
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.acknowledges_debt === 'Yes'"),
		"it does not count",
	)
	assert desk.errors() == []
