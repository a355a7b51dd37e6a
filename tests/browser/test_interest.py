"""The interest on an invoice from its form, and what a jurisdiction says of its rates."""

import pytest

from .conftest import scene
from .test_approvals import keep_page
from .test_statements import fetched

pytestmark = pytest.mark.usefixtures("people")


def test_interest_is_shown_row_by_row_and_printed(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	desk.log_in_as("collector").open_form("Sales Invoice", made["overdue"])
	desk.choose("Credit", "Interest")
	desk.settle_dialog()
	rows = desk.wait(
		lambda driver: driver.execute_script("return $('.modal.show tbody tr').length"), "no rows are shown"
	)
	assert rows >= 2
	keep_page(desk, "interest-dialog")
	desk.script("window.b2b_opened = []; window.open = (address) => window.b2b_opened.push(address)")
	desk.answer("Print")
	(address,) = desk.script("return window.b2b_opened")
	status, kind, length = fetched(desk, address)
	assert (status, kind) == (200, "application/pdf")
	assert length > 2_000
	assert desk.errors() == []


def test_a_jurisdiction_says_until_when_its_rates_are_known(desk):
	desk.log_in_as("finance_director").open_form("Dunning Jurisdiction", "Denmark")
	said = desk.wait(
		lambda driver: driver.execute_script("return $('.form-message:visible').text()"), "nothing is said"
	)
	assert "Reference rates are known until" in said
	keep_page(desk, "dunning-jurisdiction")
	desk.open("reference-rate")
	desk.settle()
	keep_page(desk, "reference-rates")
	assert desk.errors() == []
