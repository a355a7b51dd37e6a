"""Who owes how much against which limit, and what became of orders that waited: read in the desk."""

import os
import time
from urllib.parse import urlencode

import pytest

from .conftest import Desk, scene

pytestmark = pytest.mark.usefixtures("people")
SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there


def open_report(desk: Desk, report: str, **filters) -> None:
	asked = urlencode({"company": desk.world["company"], **filters})
	desk.open(f"query-report/{report.replace(' ', '%20')}?{asked}")
	wait_for_rows(desk)


def wait_for_rows(desk: Desk, condition: str = "true") -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return !!frappe.query_report?.data?.length && !jQuery.active && !!frappe.query_report.datatable"
			f" && ({condition})"
		),
		f"the report has no rows: {condition}",
	)
	desk.settle()


def picture(desk: Desk, name: str) -> None:
	if SCREENS:
		desk.driver.set_window_size(1700, 1500)
		time.sleep(1.5)  # until charts are drawn
		desk.driver.save_screenshot(f"{SCREENS}/{name}.png")
		desk.driver.set_window_size(1400, 1000)


def rows(desk: Desk, field: str) -> list:
	return desk.script("return frappe.query_report.data.map((row) => row[arguments[0]])", field)


def test_from_the_map_of_risk_and_revenue_to_a_customer(desk):
	made = scene("credit_book")
	desk.log_in_as("controller")
	open_report(desk, "Credit Exposure", segment=made["segment"])
	picture(desk, "exposure_customers")
	assert rows(desk, "status") == [
		"Stopped",
		"Over the limit, approved",
		"Within the limit",
		"Within the limit",
	]
	assert "131" in desk.text(".dt-scrollable .dt-row-0")
	for view in ("Credit groups", "Concentration", "Without a profile"):
		if SCREENS:
			filters = {} if view == "Without a profile" else {"segment": made["segment"]}
			desk.open(
				f"query-report/Credit%20Exposure?{urlencode({'company': desk.world['company'], 'show': view, **filters})}"
			)
			desk.settle()
			picture(desk, f"exposure_{view.split()[0].lower()}")
	open_report(desk, "Credit Exposure", segment=made["segment"], show="Risk and revenue")
	picture(desk, "exposure_map")
	assert rows(desk, "risk_shown") == ["A", "B", "C", "Not classed", "Total"]
	desk.find(".chart-wrapper .frappe-chart")
	desk.click(".dt-scrollable .dt-row-2 [data-exposure-filters]")
	wait_for_rows(
		desk,
		"frappe.query_report.get_filter_value('show') === 'Customers' && frappe.query_report.data[0].customer",
	)
	assert rows(desk, "customer") == [made["over"]]
	assert desk.errors() == []


def test_from_a_segment_to_its_holds(desk):
	made = scene("credit_book")
	desk.log_in_as("credit_manager")
	open_report(desk, "Order Holds", segment=made["segment"], by="Segment")
	picture(desk, "holds_segment")
	assert (rows(desk, "orders"), rows(desk, "orders_held")) == ([4], [3])
	desk.click(".dt-scrollable .dt-row-0 [data-hold-filters]")
	wait_for_rows(
		desk, "frappe.query_report.get_filter_value('by') === 'Hold' && frappe.query_report.data[0].hold"
	)
	picture(desk, "holds_hold")
	assert len(rows(desk, "hold")) == 3
	assert "Pays on time; the season opens." in rows(desk, "why")
	for by in ("Reason", "What became of it", "Month", "Answered by"):
		if SCREENS:
			open_report(desk, "Order Holds", by=by)
			picture(desk, f"holds_{by.split()[0].lower()}")
	assert desk.errors() == []
