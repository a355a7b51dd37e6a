"""The renewal pipeline on the desk: a card is dragged, or moved from its menu, by a step of the contract's life; what is not possible
is said, and the card goes back."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture(scope="module")
def contracts(world) -> dict:
	return scene("renewal_pipeline")


def open_pipeline(desk, user: str):
	desk.log_in_as(user).open("renewal-pipeline")
	desk.find(".b2b-pipeline__card")
	desk.settle()
	return desk


def search(desk, text: str) -> None:
	"""Narrows the page to this test's contracts: others make some too."""
	drawn = "return Number($('.b2b-pipeline').attr('data-drawn'))"
	before = desk.script(drawn)
	desk.find('.page-form [data-fieldname="search"] input').send_keys(text, Keys.TAB)
	desk.wait(lambda driver: driver.execute_script(drawn) > before, "the page is not drawn anew")
	desk.settle()


def card(desk, name: str):
	return desk.find(f'.b2b-pipeline__card[data-contract="{name}"]')


def stage(desk, name: str) -> str:
	return desk.script(
		"return $(`[data-contract=\"${arguments[0]}\"]`).closest('.b2b-pipeline__cards').data('stage')", name
	)


def drag(desk, name: str, to: str) -> None:
	"""Drags a card to a stage with the mouse, as a person does: not in one leap."""
	target = desk.find(f'.b2b-pipeline__cards[data-stage="{to}"]')
	(
		ActionChains(desk.driver, duration=60)
		.move_to_element_with_offset(card(desk, name), -60, 0)
		.click_and_hold()
		.move_by_offset(12, 8)
		.move_to_element(target)
		.move_by_offset(4, 4)
		.pause(0.3)
		.release()
		.perform()
	)
	desk.settle()


def state(name: str) -> list:
	return scene(
		"found",
		doctype="B2B Contract",
		filters={"name": name},
		fields=["status", "renewal_decision", "decision_reason"],
	)


def test_a_card_is_dragged_with_a_reason_and_refused_in_words(desk, contracts):
	soon, ending, talking = (contracts[key] for key in ("soon", "ending", "talking"))
	open_pipeline(desk, "contract_manager")
	search(desk, "Pipeline customer")
	order = desk.script(
		"return $('[data-stage=\"To Decide\"] [data-contract]').get().map((e) => e.dataset.contract)"
	)
	assert order == [contracts[key] for key in ("late", "soon", "other", "later")]
	assert [stage(desk, name) for name in (talking, ending)] == ["In Renegotiation", "Ending"]
	lights = [
		card(desk, contracts[key]).get_attribute("class").split("--")[-1] for key in ("late", "soon", "later")
	]
	assert lights == ["Red", "Yellow", "Green"]
	assert "Offer with the new price list" in card(desk, soon).text
	assert "Told" in card(desk, soon).text
	keep_picture(desk, "pipeline")

	# Asked for a reason, and thought better of it: it is back.
	drag(desk, soon, "Renewed")
	desk.settle_dialog()
	assert stage(desk, soon) == "Renewed"
	desk.script("cur_dialog.hide()")
	desk.settle()
	assert stage(desk, soon) == "To Decide"
	assert state(soon)[0] == "Active"

	drag(desk, soon, "Renewed")
	desk.write("reason", "They took the new prices")
	keep_picture(desk, "pipeline-reason")
	desk.confirm("Renew")
	desk.settle()
	assert stage(desk, soon) == "Renewed"
	assert state(soon) == ["Active", "Renew", "They took the new prices"]

	# What is decided is not undecided, and a notice stands.
	drag(desk, soon, "To Decide")
	assert "cannot go back" in desk.dialog()
	keep_picture(desk, "pipeline-refused")
	desk.close_message()
	assert stage(desk, soon) == "Renewed"
	drag(desk, ending, "Renewed")
	assert "nothing left to decide" in desk.dialog()
	desk.close_message()
	assert stage(desk, ending) == "Ending"

	drag(desk, talking, "Ending")
	desk.settle_dialog()
	assert "Notice given today ends the contract" in desk.dialog()
	desk.write("reason", "No margin")
	desk.confirm("Terminate")
	desk.settle()
	assert stage(desk, talking) == "Ending"
	assert state(talking)[1] == "Terminate"
	# The form says what was decided.
	desk.open_form("B2B Contract", soon)
	desk.settle()
	assert "It is decided that it goes on after" in desk.text(".form-message.green")
	keep_picture(desk, "contract-renewed")
	assert desk.errors() == []


def test_without_a_mandate_the_card_goes_back(desk, contracts):
	other = contracts["other"]
	open_pipeline(desk, "seller1")
	search(desk, "Pipeline customer")
	drag(desk, other, "Renewed")
	assert "Contract Manager" in desk.dialog()
	desk.close_message()
	assert stage(desk, other) == "To Decide"
	assert state(other)[1] is None
	assert desk.errors() == []


def test_the_same_by_keyboard(desk, contracts):
	other = contracts["other"]
	open_pipeline(desk, "seller1")
	search(desk, "Pipeline customer")
	menu = card(desk, other).find_element(By.CSS_SELECTOR, "[data-menu]")
	menu.send_keys(Keys.ENTER)
	desk.settle()
	desk.find(".b2b-pipeline__card .dropdown-menu.show [data-plan]")
	items = desk.script(
		"return $('.dropdown-menu.show [role=menuitem]').get().map((e) => e.textContent.trim())"
	)
	assert items == ["Probability and next step", "Renegotiate", "Renew", "Terminate"]
	keep_picture(desk, "pipeline-menu")
	assert desk.script("return document.activeElement.textContent.trim()") == items[0]
	desk.driver.switch_to.active_element.send_keys(Keys.ENTER)
	desk.settle_dialog()
	desk.write("probability", "60")
	desk.write("next_step", "Visit with the technician")
	desk.answer("Save")
	desk.settle()
	assert "60 %" in card(desk, other).text
	assert "Visit with the technician" in card(desk, other).text

	menu = card(desk, other).find_element(By.CSS_SELECTOR, "[data-menu]")
	menu.send_keys(Keys.ENTER)
	desk.settle()
	desk.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
	desk.write("reason", "They asked for another index")
	desk.confirm("Renegotiate")
	desk.settle()
	assert stage(desk, other) == "In Renegotiation"
	assert state(other) == ["In Renewal", "Renegotiate", "They asked for another index"]
	# Somebody else's seller has no such card.
	open_pipeline_of_nobody(desk, "seller2", other)
	assert desk.errors() == []


def open_pipeline_of_nobody(desk, user: str, name: str) -> None:
	desk.log_in_as(user).open("renewal-pipeline")
	desk.find(".b2b-pipeline__stage")
	desk.settle()
	search(desk, "Pipeline customer")
	assert desk.absent(f'[data-contract="{name}"]')


def test_calendar_and_report_show_the_same(desk, contracts):
	desk.log_in_as("contract_manager").open("b2b-contract/view/calendar/default")
	desk.find(".fc-event")
	desk.settle()
	assert desk.script("return $('.fc-event.fc-draggable').length") == 0
	assert "Yellow: within 30 days" in desk.text(".footnote-area")
	keep_picture(desk, "pipeline-calendar")
	desk.open("query-report/Renewal Pipeline")
	desk.find(".datatable .dt-row")
	desk.settle()
	assert "Frame agreement for cables" in desk.text(".datatable")
	assert desk.script("return frappe.query_report.data.length") > 3
	keep_picture(desk, "pipeline-report")
	assert desk.errors() == []


def test_in_danish(desk, contracts):
	scene("speak", user="contract_manager", language="da")
	try:
		open_pipeline(desk, "contract_manager")
		search(desk, "Pipeline customer")
		assert "Fornyelser" in desk.text(".page-title")
		keep_picture(desk, "pipeline-da")
		menu = card(desk, contracts["later"]).find_element(By.CSS_SELECTOR, "[data-menu]")
		menu.click()
		desk.settle()
		keep_picture(desk, "pipeline-menu-da")
		desk.open("query-report/Renewal Pipeline")
		desk.find(".datatable .dt-row")
		desk.settle()
		keep_picture(desk, "pipeline-report-da")
		assert desk.errors() == []
	finally:
		scene("speak", user="contract_manager", language="en")


def test_on_a_phone_it_is_read_and_moved(desk, contracts):
	size = desk.driver.get_window_size()
	desk.driver.set_window_size(420, 900)
	try:
		open_pipeline(desk, "contract_manager")
		menu = card(desk, contracts["later"]).find_element(By.CSS_SELECTOR, "[data-menu]")
		desk.script("arguments[0].scrollIntoView({block: 'center'})", menu)
		menu.click()
		desk.settle()
		keep_picture(desk, "pipeline-phone")
		assert desk.find(".dropdown-menu.show [data-to]").is_displayed()
	finally:
		desk.driver.set_window_size(size["width"], size["height"])
