"""A guarantee from its request to its release: asked for by an order, registered, in force, given back by who may."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture
from .test_disputes import headline
from .test_money import wait_for_status

pytestmark = pytest.mark.usefixtures("people")


def answer_prompt(desk, label: str, **values) -> None:
	"""Fill in the dialog that opens and press its button."""
	desk.wait(lambda _driver: desk.script("return Boolean(window.cur_dialog?.display)"), "no dialog opens")
	desk.script(
		"for (const [field, value] of Object.entries(arguments[0])) cur_dialog.set_value(field, value);",
		values,
	)
	desk.settle_dialog()
	desk.answer(label)
	desk.settle()


def test_from_request_to_release(desk):
	made = scene("customer", manual_limit=50_000, credit_score=20, credit_score_on="2026-01-01")
	order = scene("order", customer=made["customer"], amount=5_000)
	assert order["credit_status"] == "Held"

	desk.log_in_as("controller").open_form("Sales Order", order["order"])
	desk.wait_for_panel("credit score is low")
	keep_picture(desk, "security-demanded")
	desk.click(".b2b-credit button", "Register security")
	desk.wait_for_form("Security Instrument")
	given = desk.script(
		"return [cur_frm.doc.scope, cur_frm.doc.amount, cur_frm.doc.documents[0].reference_name]"
	)
	assert given == ["Named Documents", 5_000, order["order"]]
	desk.set_values(
		instrument_type="Bank Guarantee",
		instrument_number="G 4711",
		issuer="Nordbank",
		issuer_rating="AA-",
		expiry_date="2030-12-31",
		unconditional=1,
		on_demand=1,
	)
	desk.save()
	assert "Not in force yet" in headline(desk)
	keep_picture(desk, "security-requested")
	desk.set_values(document=scene("evidence"))
	desk.click(".page-actions button, .custom-actions button", "Mark as received")
	desk.wait(
		lambda _driver: desk.script("return cur_frm.doc.status === 'Received' && !cur_frm.is_dirty()"),
		"it was not received",
	)
	desk.settle()
	desk.submit()
	assert "Counts today" in headline(desk)
	keep_picture(desk, "security-in-force")
	security = desk.script("return cur_frm.doc.name")
	wait_for_status(desk, order["order"], "Clear")

	desk.open_form("Security Instrument", security)
	desk.click(".page-actions button, .custom-actions button", "Release")
	desk.wait(
		lambda _driver: any("takes the role CFO" in text for text in desk.dialogs()), "it was not refused"
	)
	keep_picture(desk, "security-not-yours")
	desk.log_in_as("cfo").open_form("Security Instrument", security)
	desk.click(".page-actions button, .custom-actions button", "Release")
	answer_prompt(desk, "Release", reason="The order is paid.")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.status") == "Released", "it was not released")
	keep_picture(desk, "security-released")
	assert desk.errors() == []


def test_a_bank_guarantee_becomes_a_security_in_one_click(desk):
	made = scene("customer", manual_limit=50_000)
	guarantee = scene("bank_guarantee", customer=made["customer"], amount=7_000)
	desk.log_in_as("credit_manager").open_form("Bank Guarantee", guarantee)
	desk.choose("Create", "Security Instrument")
	desk.wait_for_form("Security Instrument")
	given = desk.script("return [cur_frm.doc.customer, cur_frm.doc.amount, cur_frm.doc.status]")
	assert given == [made["customer"], 7_000, "Received"]
	keep_picture(desk, "security-from-bank-guarantee")
	assert desk.errors() == []
