"""Where cover will end, and what the bank has taken: two ways to a security that counts rightly."""

from urllib.parse import urlencode

import pytest

from .conftest import Desk, scene

pytestmark = pytest.mark.usefixtures("people")


def open_report(desk: Desk, **filters) -> None:
	"""Open Security Coverage and wait for its rows."""
	desk.open(f"query-report/Security%20Coverage?{urlencode({'company': desk.world['company'], **filters})}")
	desk.wait(
		lambda driver: driver.execute_script(
			"return !!frappe.query_report?.data?.length && !jQuery.active && !!frappe.query_report.datatable"
		),
		"the report has no rows",
	)
	desk.settle()


def test_a_gap_is_read_before_it_is_there(desk):
	made = scene("customer_whose_cover_ends", days=25, cover=4_000, overdue=12_000, manual_limit=10_000)
	customer, security = made["customer"], made["security"]
	desk.log_in_as("controller")
	open_report(desk, customer=customer)
	row = desk.text(".dt-scrollable .dt-row-0")
	assert "12000.00" in row
	assert "4000.00" in row
	assert "2000.00" in row
	assert "Assumed: every invoice is paid on its due date" in desk.text(".form-message")
	desk.find(".chart-wrapper .frappe-chart")
	desk.click(".dt-scrollable .dt-row-0 [data-ahead]")
	desk.wait(
		lambda driver: driver.execute_script(
			"return frappe.query_report.get_filter_value('show') === 'Dates ahead' && !jQuery.active"
			" && (frappe.query_report.data || []).some((row) => row.lost)"
		),
		"the dates are not shown",
	)
	desk.settle()
	row = desk.text(".dt-scrollable .dt-row-0")
	assert security in row
	assert "2000.00" in row
	desk.click(f'.dt-scrollable .dt-row-0 a[href*="{security}"]')
	desk.wait_for_form("Security Instrument")
	assert desk.errors() == []


def test_a_discounting_without_recourse_becomes_a_security(desk):
	made = scene("discounted_invoice", amount=3_000)
	desk.log_in_as("finance_director").open_form("Invoice Discounting", made["discounting"])
	desk.choose("Create", "Security Instrument")
	desk.wait_for_form("Security Instrument")
	named = desk.script("return cur_frm.doc.documents.map((row) => row.reference_name)")
	assert named == [made["invoice"]]
	desk.set_values(recourse="Without recourse", document=made["file"])
	desk.save()
	desk.submit()
	desk.settle()
	assert "Counts today" in desk.text(".form-message")
	# What Frappe notes of the last page of whoever was logged in before is refused.
	assert [error for error in desk.errors() if "route_history" not in error] == []
