"""The collector and the controller read what is owed, when it comes, and how promises and plans are kept."""

import os
from urllib.parse import urlencode

import pytest

from .conftest import Desk, scene

SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there
pytestmark = pytest.mark.usefixtures("people")


def open_report(desk: Desk, name: str, **filters) -> None:
	"""Open a report and wait for its rows."""
	asked = urlencode({"company": desk.world["company"], **filters})
	desk.open(f"query-report/{name.replace(' ', '%20')}?{asked}")
	wait_for_view(desk, filters.get("view"))


def wait_for_view(desk: Desk, view: str | None) -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return !!frappe.query_report?.data?.length && !jQuery.active && !!frappe.query_report.datatable"
			" && (!arguments[0] || frappe.query_report.get_filter_value('view') === arguments[0])",
			view,
		),
		"the report has no rows",
	)
	desk.settle()
	if SCREENS:
		desk.driver.save_screenshot(f"{SCREENS}/pipeline-{view}.png")


def values(desk: Desk, fieldname: str) -> list:
	return desk.script("return frappe.query_report.data.map((row) => row[arguments[0]])", fieldname)


def test_from_what_is_owed_to_the_documents_behind_it(desk):
	made = scene("cash_to_come")
	desk.log_in_as("collector")
	open_report(desk, "Collections Pipeline", view="By Customer", customer=made["customer"])
	row = desk.text(".dt-scrollable .dt-row-0")
	for words in ("78000.00", "48000.00", made["plan"]):
		assert words in row.replace(",", "")
	desk.find(".chart-wrapper .frappe-chart")
	assert "come to what is owed" in desk.text(".form-message")
	desk.click('.dt-scrollable .dt-row-0 a[href*="By%20Document"]')
	wait_for_view(desk, "By Document")
	desk.wait(lambda _driver: made["notice"] in values(desk, "notice"), "the documents are not shown")
	assert sum(values(desk, "owed")) == 78_000
	assert made["promise"] in values(desk, "promise")
	# It stands beyond the edge of the screen.
	desk.script("document.querySelector(arguments[0]).click()", f'.dt-scrollable a[href*="{made["plan"]}"]')
	desk.wait_for_form("Payment Plan")
	assert desk.errors() == []


def test_weeks_provisions_and_what_comes_next(desk):
	made = scene("cash_to_come")
	desk.log_in_as("cfo")
	open_report(desk, "Collections Pipeline", view="By Week", customer=made["customer"])
	*lines, owed = values(desk, "amount")
	assert round(sum(lines), 2) == owed == 78_000
	assert sum(value or 0 for value in values(desk, "by_plan")) == 24_000
	assert sum(value or 0 for value in values(desk, "by_promise")) == 8_000
	open_report(desk, "Collections Pipeline", view="Provision Matrix", customer=made["customer"])
	assert values(desk, "owed")[-1] == 78_000
	open_report(desk, "Payment Plans and Promises", view="Due Next", customer=made["customer"])
	assert values(desk, "document") == [made["plan"], made["promise"], made["plan"], made["plan"]]
	desk.click(f'.dt-scrollable a[href*="{made["promise"]}"]')
	desk.wait_for_form("Promise to Pay")
	assert desk.errors() == []
