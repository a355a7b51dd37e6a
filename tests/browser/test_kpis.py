"""The key figures: read, explained on a click, and compared with what the books say of a closed month today."""

import os
from urllib.parse import urlencode

import pytest

from .conftest import Desk, scene

SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there

pytestmark = pytest.mark.usefixtures("people")


def open_report(desk: Desk, **filters) -> None:
	"""Open Credit KPIs and wait for its rows."""
	desk.open(f"query-report/Credit%20KPIs?{urlencode({'company': desk.world['company'], **filters})}")
	wait_for_rows(desk)


def wait_for_rows(desk: Desk, having: str = "true") -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return !!frappe.query_report?.data?.length && !jQuery.active && !!frappe.query_report.datatable"
			f" && (frappe.query_report.data || []).some((row) => {having})"
		),
		"the report has no such rows",
	)
	desk.settle()


def picture(desk: Desk, name: str) -> None:
	if SCREENS:
		desk.driver.save_screenshot(f"{SCREENS}/{name}.png")


def test_a_figure_is_explained_on_a_click_and_compared_with_the_books(desk):
	made = scene("closed_month")
	desk.log_in_as("cfo")
	open_report(desk, from_date=made["first"])
	assert "DSO" in desk.text(".dt-scrollable .dt-row-0")
	assert desk.find(".dt-scrollable .dt-row-0 .indicator-pill")
	desk.find(".chart-wrapper .frappe-chart")
	picture(desk, "kpis")
	desk.click('a.b2b-kpi[data-code="cei"]')
	said = desk.wait(lambda driver: "Numbers from" in desk.dialog() and desk.dialog(), "nothing is explained")
	desk.settle_dialog()
	for words in (
		"÷ N",
		"Receivables at the beginning",
		"Payment ledger",
		"Credit Controller",
		"Month snapshot",
	):
		assert words in said
	picture(desk, "kpi_explained")
	desk.answer("Open B2B Receivables Ageing")
	desk.wait(
		lambda driver: driver.execute_script("return frappe.get_route()[1] === 'B2B Receivables Ageing'"),
		"the documents behind it are not opened",
	)
	open_report(desk, from_date=made["first"], figures="From the Books Again", view="Formula and Inputs")
	wait_for_rows(desk, "row.code === 'dso' && row.change < 0")
	assert "changed since" in desk.text(".form-message")
	picture(desk, "kpis_again")
	assert desk.errors() == []


def test_a_seller_reads_the_figures_of_the_own_portfolio(desk):
	made = scene("closed_month")
	desk.log_in_as("seller1")
	open_report(desk, from_date=made["first"], view="Formula and Inputs")
	assert desk.script(
		"return frappe.query_report.data.every((row) => !row.source || row.source === 'Books')"
	)
	assert "these customers only" in desk.text(".form-message")
