"""Every report and every workspace, opened by somebody whom it is for; a seller sees the own portfolio there, and takes it along as a
workbook."""

import base64
import os
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import openpyxl
import pytest

from .conftest import Desk, scene

pytestmark = pytest.mark.usefixtures("people")

SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there
# Report, who opens it, and filters beside its defaults.
REPORTS = (
	("B2B Receivables Ageing", "controller", {}),
	("Collections Pipeline", "collector", {}),
	("Commission on Paid Invoices", "seller1", {"from_date": "2020-01-01"}),
	("Contract Performance", "contract_manager", {}),
	("Contract Register", "contract_manager", {}),
	("Contracted Revenue", "finance_director", {}),
	("Credit Exposure", "credit_manager", {}),
	("Credit KPIs", "cfo", {}),
	("Delivery Stops", "sales_manager", {}),
	("Dispute Analysis", "controller", {}),
	("Dunning Effectiveness", "finance_director", {}),
	("Limitation Watch", "collector", {"within": 36_500}),
	("Order Holds", "controller", {}),
	("Payment Plans and Promises", "collector", {}),
	("Renewal Pipeline", "contract_manager", {}),
	("Security Coverage", "credit_manager", {}),
)
WORKSPACES = (
	("Sales Desk", "seller1"),
	("Finance Desk", "cfo"),
	("Legal Desk", "contract_manager"),
	("Credit", "controller"),
)


@pytest.fixture(scope="module")
def book(world) -> dict:
	return scene("book_for_reports")


def keep(desk: Desk, name: str, height: int = 1000) -> None:
	if SCREENS:
		folder = Path(SCREENS)
		folder.mkdir(parents=True, exist_ok=True)
		desk.driver.set_window_size(1500, height)
		desk.settle()
		desk.driver.save_screenshot(str(folder / f"{name}.png"))
		desk.driver.set_window_size(1400, 1000)


def open_report(desk: Desk, report: str, filters: dict) -> None:
	desk.open(f"query-report/{quote(report)}?{urlencode(filters)}")
	desk.wait(
		lambda driver: driver.execute_script(
			"return frappe.query_report?.report_name === arguments[0] && !!frappe.query_report.raw_data"
			" && !jQuery.active",
			report,
		),
		f"{report} says nothing",
	)
	desk.settle()


@pytest.mark.parametrize(("report", "user", "filters"), REPORTS, ids=[report for report, *_rest in REPORTS])
def test_a_report_opens_for_whom_it_is_for(desk, book, report, user, filters):
	desk.log_in_as(user)
	open_report(desk, report, {"company": desk.world["company"], **filters})
	assert desk.dialogs() == []
	desk.find(".report-wrapper .datatable, .msg-box")
	desk.find('.page-head .inner-toolbar button[data-label="Excel"], .page-head button[data-label="Excel"]')
	keep(desk, report.replace(" ", "_"))
	assert desk.errors() == []


@pytest.mark.parametrize(("workspace", "user"), WORKSPACES, ids=[name for name, _user in WORKSPACES])
def test_a_workspace_opens_for_whom_it_is_for(desk, book, workspace, user):
	desk.log_in_as(user).open(workspace.lower().replace(" ", "-"))
	desk.find(".number-widget-box .number")
	desk.wait(
		lambda driver: driver.execute_script(
			"return !$('.number-card-loading:visible, .chart-loading-state:visible').length && !jQuery.active"
		),
		"cards or charts are still loading",
	)
	desk.settle()
	assert desk.dialogs() == []
	figures = desk.script("return $('.number-widget-box .number').get().map((e) => e.innerText.trim())")
	assert all(figures), figures
	assert desk.script("return $('.dashboard-widget-box .frappe-chart').length") > 0
	keep(desk, workspace.replace(" ", "_"), 2200)
	assert desk.errors() == []


def test_a_seller_takes_the_own_customers_along_and_no_other(desk, book):
	desk.log_in_as("seller1")
	open_report(desk, "Credit Exposure", {})
	page = desk.find(".report-wrapper").text
	for name in book["mine"]:
		assert name in page
	assert book["other"] not in page
	# A headless browser keeps no file: what it would have kept is looked at.
	desk.script("URL.createObjectURL = (blob) => { window.taken_along = blob; return '#'; };")
	desk.click(".page-head button", "Excel")
	desk.wait(lambda driver: driver.execute_script("return !!window.taken_along"), "no workbook came")
	file = desk.driver.execute_async_script(
		"const done = arguments[0]; const reader = new FileReader();"
		"reader.onload = () => done(reader.result.split(',')[1]); reader.readAsDataURL(window.taken_along);"
	)
	workbook = openpyxl.load_workbook(BytesIO(base64.b64decode(file)))
	rows, about = workbook.worksheets
	assert set(book["mine"]) <= {cell for row in rows.values for cell in row}
	assert book["other"] not in str([*rows.values, *about.values])
	amounts = [cell for row in rows.iter_rows(min_row=2) for cell in row if "DKK" in cell.number_format]
	assert amounts
	assert all(isinstance(cell.value, int | float) for cell in amounts if cell.value is not None)
	assert desk.errors() == []
