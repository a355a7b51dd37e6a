"""Everything agreed with one customer on one screen, the search for contracts, and the import of a list of them."""

import json
import secrets

import pytest

from .conftest import on_site, scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def contract_scene(function: str, **arguments):
	printed = on_site(f"b2b_contracts.tests.contract_scenes.{function}", **arguments)
	return json.loads(printed.splitlines()[-1])


def part(desk, name: str) -> str:
	return desk.text(f".b2b-agreed__card[data-part='{name}']")


def test_one_customer_on_one_screen_and_found_by_its_words(desk):
	word = f"q{secrets.token_hex(4)}"
	made = contract_scene("customer_with_contracts", word=word)
	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	desk.script(
		"cur_frm.page.inner_toolbar.find(`[data-label='${encodeURIComponent('Contracts of the customer')}']`).click()"
	)
	desk.find(".b2b-agreed__card[data-part='contracts']")
	desk.settle()
	keep_picture(desk, "customer-contracts")
	assert "Frame agreement" in part(desk, "contracts")
	assert "Service agreement" in part(desk, "contracts")
	assert "95.00" in part(desk, "prices") and "70.00" not in part(desk, "prices")
	assert "7.00 %" in part(desk, "discounts")
	assert "98 %" in part(desk, "service_levels")
	assert "Sø- og Handelsretten" in part(desk, "terms")
	assert "Forecast for the half-year" in part(desk, "dates")
	assert "General terms" in part(desk, "documents")
	assert "Sales Order" in part(desk, "holds")
	assert "Nothing is disputed" in part(desk, "disputes")
	assert "Signed" in part(desk, "history")

	desk.script(
		"frappe.pages['customer-contracts'].contracts.on.set_value("
		"frappe.datetime.add_days(frappe.datetime.get_today(), 70))"
	)
	desk.wait(lambda _driver: "70.00" in part(desk, "prices"), "the prices of that day are not shown")
	assert "No discounts are in force" in part(desk, "discounts")

	desk.open("customer-contracts")
	desk.find(".b2b-agreed__card[data-part='customers'] [data-customer]")
	keep_picture(desk, "customer-contracts-list")

	desk.open("contract-search")
	desk.find(".b2b-found__ask input").send_keys(f"{word}delay konventionalbod")
	desk.click(".b2b-found__ask button", "Search")
	desk.wait(lambda _driver: "1 contract" in desk.text(".b2b-found__total"), "it is not found")
	assert "Document: General terms" in desk.text(".b2b-found__list")
	desk.find(".b2b-found__ask input").clear()
	desk.find(".b2b-found__ask input").send_keys("konventionalbod")
	desk.click(".b2b-found__ask button", "Search")
	desk.settle()
	assert "Konventionalbod" in desk.text(".b2b-found__where mark")
	keep_picture(desk, "contract-search")
	desk.click(".b2b-found__views button", "Waiting for approval or signature")
	desk.settle()
	assert "0 contracts" in desk.text(".b2b-found__total") or made["contract"] not in desk.text(
		".b2b-found__list"
	)
	keep_picture(desk, "contract-search-view")
	desk.click(".page-head .standard-actions button", "Save view")
	desk.write("name", f"Mine {word}")
	desk.confirm("Save")
	desk.wait(lambda _driver: f"Mine {word}" in desk.text(".b2b-found__views"), "the view is not saved")
	assert desk.errors() == []


def test_another_seller_sees_nothing_of_it(desk):
	word = f"q{secrets.token_hex(4)}"
	made = contract_scene("customer_with_contracts", word=word)
	desk.log_in_as("seller2").open(f"customer-contracts/{made['customer']}")
	desk.find(".modal.show")
	assert "not in your portfolio" in desk.dialog()
	desk.open(f"contract-search?text={word}")
	desk.wait(lambda _driver: "0 contracts" in desk.text(".b2b-found__total"), "something is found")


def test_a_list_is_checked_corrected_and_imported(desk):
	customer = scene("customer_with_native_limit", credit_limit=0)
	number = f"K-{secrets.token_hex(3)}"

	def attach(with_faults: int) -> None:
		url = contract_scene("contract_workbook", customer=customer, number=number, with_faults=with_faults)
		desk.set_values(file=url)
		desk.save()

	desk.log_in_as("contract_manager").open("contract-import/new").wait_for_form("Contract Import")
	desk.set_values(company=desk.world["company"])
	attach(1)
	name = desk.script("return cur_frm.doc.name")
	desk.click(".page-head .custom-actions button", "Check")
	desk.wait(lambda _driver: "5 problems" in desk.text(".form-message"), "the problems are not named")
	found = desk.text('[data-fieldname="problems"] .grid-body')
	for words in (
		"There is no customer Nobody Ltd",
		"called Framework",
		"is text: enter",
		"holds a formula",
		"in row 2 already",
	):
		assert words in found
	keep_picture(desk, "contract-import")

	attach(0)
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.status") == "Draft", "it is not looked at anew")
	desk.click(".page-head .custom-actions button", "Check")
	desk.wait(lambda _driver: "can be imported" in desk.text(".form-message"), "it is not found right")
	desk.click(".page-head .custom-actions button", "Import")
	assert "1 that are signed" in desk.dialog()
	desk.confirm("Yes")
	desk.wait(
		lambda _driver: (
			scene("state", doctype="Contract Import", name=name, fields=["status"]) == ["Completed"]
		),
		"it is not imported",
	)
	desk.open_form("Contract Import", name)
	assert "Everything is taken over" in desk.text(".form-message")
	assert f"file it with the contract: {number}" in desk.text('[data-fieldname="to_do"]')
	keep_picture(desk, "contract-import-done")
	contract = scene(
		"found",
		doctype="B2B Contract",
		filters={"external_reference": number},
		fields=["status", "period_number"],
	)
	assert contract == ["Active", 2]
	desk.open(f"customer-contracts/{customer}")
	assert "88.00" in part(desk, "prices")
	assert desk.errors() == []
