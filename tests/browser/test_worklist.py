"""A collector works the list by the keyboard: opens a customer, logs a call with a promise, saves a view."""

from datetime import date, timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")
IN_FOUR_DAYS = str(date.today() + timedelta(days=4))


def press(desk, *keys: str) -> None:
	"""Presses keys where no field has the focus."""
	desk.script("document.activeElement && document.activeElement.blur()")
	for key in keys:
		desk.driver.find_element(By.TAG_NAME, "body").send_keys(key)


def open_list(desk, user: str) -> None:
	desk.log_in_as(user).open("collections-worklist")
	desk.wait(lambda _driver: desk.script("return !!cur_page.page.worklist?.loaded"), "the list did not load")
	desk.settle()


def search(desk, words: str) -> None:
	"""Looks for customers by the filter of the page."""
	press(desk, "/")
	field = desk.find('.page-form [data-fieldname="search"] input')
	assert desk.script("return document.activeElement === arguments[0]", field)
	field.clear()
	field.send_keys(words, Keys.TAB)
	desk.wait(
		lambda _driver: desk.script("return cur_page.page.worklist.filters().search === arguments[0]", words)
	)
	desk.settle()


def names(desk) -> list[str]:
	return desk.script(
		"return $('.b2b-worklist__table tbody tr td:nth-child(2) b').map((_n, e) => e.textContent).get()"
	)


def chosen(desk) -> str:
	return desk.text('.b2b-worklist__table tr[aria-selected="true"] td:nth-child(2) b')


def test_a_call_with_a_promise_by_the_keyboard(desk):
	made = scene("worklist")
	open_list(desk, "collector")
	search(desk, made["search"])
	assert names(desk) == [made["large"], made["broken"], made["small"]]
	assert chosen(desk) == made["large"]
	assert "3 customers, kr 17500.00 can be asked for" in desk.text(".b2b-worklist__bar")
	press(desk, "j", Keys.ARROW_DOWN, "j")
	assert chosen(desk) == made["small"]
	press(desk, "k")
	assert chosen(desk) == made["broken"]
	assert "did not come" in desk.text('tr[aria-selected="true"]')
	keep_picture(desk, "worklist")

	press(desk, "x")
	desk.settle_dialog()
	assert "Broken promises 1.50" in desk.dialog()
	assert "All of them multiplied" in desk.dialog()
	keep_picture(desk, "worklist-formula")
	desk.close_message()

	press(desk, Keys.ENTER)
	panel = desk.text(".b2b-worklist__panel")
	assert made["broken"] in panel
	assert "You promised kr 400.00" in panel
	assert made["invoice"] in panel
	desk.settle()
	keep_picture(desk, "worklist-customer")

	press(desk, "c")
	desk.settle_dialog()
	assert "You promised" in desk.dialog()
	desk.click('.modal.show [data-fieldname="outcome"] select')
	desk.click('.modal.show [data-fieldname="outcome"] option[value="Promise"]')
	desk.write("spoken_with", "Anna Holm")
	desk.script(
		"const dialog = cur_dialog; return dialog.set_value('promised_date', arguments[0])", IN_FOUR_DAYS
	)
	desk.settle()
	keep_picture(desk, "worklist-call")
	desk.answer("Save")
	desk.wait(
		lambda _driver: "Wait" in desk.text('tr[aria-selected="true"] td:nth-child(5)'), "still to call"
	)
	filters = {"customer": made["customers"]["broken"], "status": "Open"}
	promised = scene("found", doctype="Promise to Pay", filters=filters, fields=["amount", "promised_date"])
	assert promised[-2:] == [2_500, IN_FOUR_DAYS]
	desk.settle()
	assert "Anna Holm" in desk.text(".b2b-worklist__panel")
	press(desk, Keys.ESCAPE)
	desk.wait(lambda _driver: desk.absent(".b2b-worklist__panel"), "the panel stays open")
	assert desk.errors() == []


def test_a_view_that_is_saved_comes_first(desk):
	made = scene("worklist")
	open_list(desk, "credit_manager")
	search(desk, made["search"])
	desk.click('.page-form [data-fieldname="situation"] select')
	desk.click('.page-form [data-fieldname="situation"] option[value="Broken Promise"]')
	desk.wait(lambda _driver: names(desk) == [made["broken"]], "the filter does nothing")
	press(desk, "s")
	desk.write("name", "Broken promises of today")
	desk.click('.modal.show [data-fieldname="is_default"] input')
	desk.confirm("Save")
	desk.settle()
	desk.open("collections-worklist")
	desk.wait(lambda _driver: names(desk) == [made["broken"]], "the saved view is not shown first")
	value = desk.script("return cur_page.page.worklist.filters()")
	assert (value["situation"], value["search"]) == ("Broken Promise", made["search"])
	desk.click(".page-head .menu-btn-group button")
	desk.click(".page-head .menu-btn-group .dropdown-item", "Remove a filter")
	desk.settle_dialog()
	desk.click('.modal.show [data-fieldname="name"] select')
	desk.click('.modal.show [data-fieldname="name"] option', "Broken promises of today")
	desk.confirm("Remove")
	desk.settle()
	press(desk, "?")
	desk.settle_dialog()
	assert "Log call" in desk.dialog()
	keep_picture(desk, "worklist-keys")
	assert desk.errors() == []


def test_a_seller_looks_and_logs_nothing(desk):
	made = scene("worklist")
	open_list(desk, "seller1")
	search(desk, made["search"])
	assert names(desk) == [made["large"], made["broken"], made["small"]]
	press(desk, Keys.ENTER)
	desk.find(".b2b-worklist__panel")
	desk.settle()
	keys = desk.script("return $('.b2b-worklist__panel [data-key]').map((_n, e) => e.dataset.key).get()")
	assert "c" not in keys
	assert "g" in keys
	press(desk, "c")
	assert desk.absent(".modal.show")
	assert desk.errors() == []
