"""A take-over as somebody walks through it: a workbook with a fault, the fault named, the workbook corrected, imported,
and what is left to do for people."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def attach(desk, customer: str, segment: str) -> None:
	"""Attach a workbook with one profile to the form, and save."""
	url = scene("takeover_file", customer=customer, segment=segment)
	desk.set_values(file=url)
	desk.save()


def test_a_fault_is_named_and_the_corrected_workbook_imported(desk):
	customer = scene("customer_with_native_limit", credit_limit=0)
	desk.log_in_as("credit_manager").open("take-over-import/new").wait_for_form("Take-over Import")
	desk.set_values(company=desk.world["company"])
	attach(desk, customer, segment="Z")
	name = desk.script("return cur_frm.doc.name")
	desk.click(".page-head .custom-actions button", "Check")
	desk.wait(lambda _driver: "1 problems" in desk.text(".form-message"), "no problem is named")
	assert "There is no credit segment Z" in desk.text('[data-fieldname="problems"] .grid-body')
	assert desk.absent(".page-head .custom-actions button[data-label='Import']")
	keep_picture(desk, "takeover-problems")

	attach(desk, customer, segment="C")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.status") == "Draft", "it is not looked at anew")
	desk.click(".page-head .custom-actions button", "Check")
	desk.wait(lambda _driver: "can be imported" in desk.text(".form-message"), "it is not found right")
	keep_picture(desk, "takeover-checked")
	desk.click(".page-head .custom-actions button", "Import")
	desk.confirm("Yes")
	desk.wait(
		lambda _driver: (
			scene("state", doctype="Take-over Import", name=name, fields=["status"]) == ["Completed"]
		),
		"it is not imported",
	)
	desk.open_form("Take-over Import", name)
	assert "Everything is taken over" in desk.text(".form-message")
	keep_picture(desk, "takeover-done")
	profile = scene("found", doctype="Credit Profile", filters={"customer": customer}, fields=["segment"])
	assert profile == ["C"]
	(security,) = scene(
		"found",
		doctype="Security Instrument",
		filters={"customer": customer, "docstatus": 1},
		fields=["name"],
	)
	assert f"Attach the signed document to {security}" in desk.text('[data-fieldname="to_do"]')
	assert desk.errors() == []
