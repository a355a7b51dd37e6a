"""How old is what customers owe, does it tie to the ledger, and what is behind a line?"""

import os
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .conftest import Desk, scene

pytestmark = pytest.mark.usefixtures("people")

SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there


def wait_for_rows(desk: Desk, by: str) -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return frappe.query_report?.get_filter_value('by') === arguments[0] && !jQuery.active"
			" && !!frappe.query_report.data?.length && !!frappe.query_report.datatable",
			by,
		),
		f"no rows by {by}",
	)
	desk.settle()


def keep(desk: Desk, name: str) -> None:
	if SCREENS:
		Path(SCREENS).mkdir(parents=True, exist_ok=True)
		desk.driver.set_window_size(1700, 1100)
		desk.settle()
		desk.driver.save_screenshot(str(Path(SCREENS) / f"{name}.png"))
		desk.driver.set_window_size(1400, 1000)


def test_from_a_total_that_ties_to_the_ledger_to_the_documents_behind_it(desk):
	scene("book_for_reports")
	desk.log_in_as("controller")
	asked = urlencode({"by": "Segment", "credits": "Against the Oldest", "buckets": "15, 45, 75"})
	desk.open(f"query-report/B2B%20Receivables%20Ageing?{asked}")
	wait_for_rows(desk, "Segment")
	cards = desk.text(".report-summary")
	assert "Ties to the ledger" in cards
	assert "✓" in cards
	assert "by the due date of each instalment" in desk.text(".form-message")
	desk.find(".chart-wrapper .frappe-chart")
	keep(desk, "ageing_segments")
	group, total = desk.script(
		"const row = frappe.query_report.data.find((row) => row.inside); return [row.group, row.total]"
	)
	desk.click(".dt-scrollable .dt-row-0 a[data-inside]")
	wait_for_rows(desk, "Document")
	rows = desk.script("return frappe.query_report.data.filter((row) => !row.is_total)")
	assert rows
	assert round(sum(row["total"] for row in rows), 2) == round(total, 2)
	asked = desk.script("return frappe.query_report.get_filter_values()")
	assert (asked["part_by"], asked["buckets"]) == ("Segment", "15, 45, 75")
	assert asked.get("part", "") == ("" if group == "No segment" else group)
	assert asked["credits"] == "Against the Oldest"
	keep(desk, "ageing_documents")
	assert desk.errors() == []
