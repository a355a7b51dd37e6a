"""A match stops the order; the seller reads a neutral sentence; a Compliance Officer clears it, and the order goes on."""

import pytest

from .conftest import scene
from .test_answers import statuses
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def test_a_match_is_cleared_and_the_order_goes_on(desk):
	made = scene("customer", manual_limit=10_000)
	match = scene("match", customer=made["customer"])
	order = scene("order", customer=made["customer"], amount=1_000)
	assert order["credit_status"] == "Stopped"
	desk.log_in_as("seller1").open_form("Sales Order", order["order"])
	text = desk.wait_for_panel("Stopped")
	assert "Compliance is looking at this customer." in text
	assert "Compliance Officer" in text
	assert "anction" not in text
	keep_picture(desk, "sanctions-seller")
	desk.log_in_as("cfo").open_form("Credit Hold", order["hold"])
	assert "Release" not in desk.wait_for_panel("Compliance Officer").split("\n")
	keep_picture(desk, "sanctions-hold-cfo")

	desk.log_in_as("compliance_officer").open("screening-match")
	desk.find(f'.list-row-container [data-name="{match}"]')
	keep_picture(desk, "sanctions-matches")
	desk.open_form("Credit Hold", order["hold"])
	desk.click(".page-head .custom-actions button", "Screening matches")
	desk.find(f'.list-row-container [data-name="{match}"]')
	desk.open_form("Screening Match", match)
	assert "stopped until this is decided" in desk.text(".form-message")
	keep_picture(desk, "sanctions-match")
	desk.click(".page-head .custom-actions button", "Clear")
	desk.settle_dialog()
	desk.write("reason", "Another company: founded 1974, another address")
	keep_picture(desk, "sanctions-clear")
	desk.confirm("Clear")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.status") == "Cleared", "it is not cleared")
	keep_picture(desk, "sanctions-cleared")
	desk.wait(lambda _driver: statuses(order["order"])[0] == "Clear", "the order does not go on")
	assert desk.errors() == []


def test_a_file_is_checked_and_imported(desk):
	sanctions_list = scene("list_with_file", rows=["R1,Kvaløy Made Up,,,,,,", "R2,=1+1,,,Atlantis,,,"])
	desk.log_in_as("compliance_officer").open_form("Sanctions List", sanctions_list)
	desk.click(".page-head .custom-actions button", "Check the file")
	desk.settle_dialog()
	told = desk.dialog()
	assert "begins like a formula" in told
	assert "no country Atlantis" in told
	keep_picture(desk, "sanctions-file-problems")
	scene("list_with_file", rows=["R1,Kvaløy Made Up,,,,,,", "R2,Fine,,,,,,"], name=sanctions_list)
	desk.open("").open_form("Sanctions List", sanctions_list)
	desk.click(".page-head .custom-actions button", "Check the file")
	desk.settle_dialog()
	assert "2 entries: 2 are added" in desk.dialog()
	keep_picture(desk, "sanctions-file")
	desk.confirm("Import")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.entries") == 2, "it is not imported")
	keep_picture(desk, "sanctions-list")
	assert desk.errors() == []
