"""A contract manager reads what contracts bring, what they brought, what they say and what is missing of them."""

import json
import os
from urllib.parse import urlencode

import pytest

from .conftest import Desk, on_site
from .test_backtest import keep_picture

SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there
pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture(scope="module")
def trade(world) -> dict:
	printed = on_site("b2b_contracts.tests.contract_scenes.contracts_with_trade")
	return json.loads(printed.splitlines()[-1])


def open_report(desk: Desk, name: str, **filters) -> None:
	"""Open a report and wait for its rows."""
	asked = urlencode({"company": desk.world["company"], **filters})
	desk.open(f"query-report/{name.replace(' ', '%20')}?{asked}")
	desk.wait(
		lambda driver: driver.execute_script(
			"const report = frappe.query_report; return report?.report_name === arguments[0]"
			" && !!report.data?.length && !jQuery.active && !!report.datatable"
			" && report.get_filter_value('customer') === arguments[1]",
			name,
			filters["customer"],
		),
		f"{name} has no rows",
	)
	desk.settle()
	if SCREENS:
		word = filters.get("view") or filters.get("by") or "first"
		keep_picture(desk, f"{name} {word}".replace(" ", "-").lower())


def rows(desk: Desk) -> list[dict]:
	return desk.script("return frappe.query_report.data.filter((row) => row && !row.is_total_row)")


def row_of(desk: Desk, contract: str) -> dict:
	return next(row for row in rows(desk) if row["contract"] == contract)


def test_what_contracts_bring_and_what_they_brought(desk, trade):
	made = trade
	desk.log_in_as("contract_manager")
	open_report(desk, "Contract Performance", customer=made["customer"])
	row = row_of(desk, made["contract"])
	assert (row["invoiced"], row["ordered"], row["disputed"]) == (39_000, 43_500, 4_500)
	assert (row["margin"], row["cost_unknown"]) == (35_600, 3_000)
	desk.find(".chart-wrapper .frappe-chart")
	open_report(desk, "Contract Performance", customer=made["customer"], by="Cycle time")
	assert row_of(desk, made["contract"])["cycle_days"] == 0
	open_report(desk, "Renewal Pipeline", customer=made["customer"], view="Margin and prices", within=0)
	row = row_of(desk, made["contract"])
	assert (row["gap"], row["gap_percent"], row["not_compared"]) == (4_000, 10, 1)
	open_report(desk, "Renewal Pipeline", customer=made["customer"], within=0)
	assert row_of(desk, made["contract"])["gap_percent"] == 10
	open_report(desk, "Renewal Pipeline", customer=made["customer"], view="Reminders", within=0)
	open_report(desk, "Contracted Revenue", customer=made["customer"])
	# A twelfth of both, but for months of the contract that are longer than the calendar's.
	assert 45_000 < rows(desk)[0]["committed"] < 55_000
	open_report(desk, "Contracted Revenue", customer=made["customer"], by="Account manager")
	desk.click(".dt-row-0 a[data-narrowed]", "2")
	desk.wait(
		lambda driver: driver.execute_script(
			"return frappe.query_report.get_filter_value('by') === 'Contract' && !jQuery.active"
			" && frappe.query_report.data.length === 2 && !!frappe.query_report.data[0].contract"
		),
		"the contracts of the account manager are not shown",
	)
	desk.settle()
	assert 36_000 < row_of(desk, made["contract"])["month_0"] < 44_000
	desk.click(".dt-row-0 .dt-cell__content a", "Frame agreement for pumps")
	desk.wait_for_form("B2B Contract")
	assert desk.errors() == []


def test_the_register_says_what_is_missing_and_what_is_overdue(desk, trade):
	made = trade
	desk.log_in_as("contract_manager")
	open_report(desk, "Contract Register", customer=made["customer"])
	row = row_of(desk, made["contract"])
	assert row["light"] == "Red"
	assert "“Forecast for the half-year”, ours" in row["missing"]
	open_report(desk, "Contract Register", customer=made["customer"], view="Every term")
	assert row_of(desk, made["contract"])["rows_contract_price"] == 2
	open_report(desk, "Contract Register", customer=made["customer"], view="Open items")
	assert [one["light"] for one in rows(desk)[:3]] == ["Red", "Red", "Yellow"]
	assert desk.errors() == []
