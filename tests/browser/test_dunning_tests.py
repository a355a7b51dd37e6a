"""A test of two wordings as a Credit Manager reads it, and what the reminders have brought as a report."""

from urllib.parse import urlencode

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def test_a_test_says_its_numbers_and_no_winner_before_its_sample(desk):
	made = scene("begun_test", customers=6, paid=4)
	desk.log_in_as("credit_manager").open_form("Dunning Test", made["test"])
	said = desk.text("[data-outcome='Too Few']")
	assert "No winner yet" in said
	assert "of 100 customers" in said
	rows = desk.script(
		"return $('tr[data-variant]').get().map((row) => $('td', row).get().map((cell) => cell.innerText.trim()))"
	)
	assert [row[0] for row in rows] == ["A", "B"]
	assert sum(int(row[2]) for row in rows) == 6
	assert sum(int(row[3]) for row in rows) == 4
	keep_picture(desk, "dunning-test")
	# What has begun stays as it is.
	desk.set_values(minimum_sample=40)
	desk.primary("Save")
	said = desk.wait(
		lambda driver: driver.execute_script("return $('.msgprint:visible').text()"), "nothing was refused"
	)
	assert "stays as it is" in said
	desk.close_message()
	desk.open(
		f"query-report/Dunning%20Effectiveness?{urlencode({'company': desk.world['company'], 'flow': made['flow']})}"
	)
	desk.wait(
		lambda driver: driver.execute_script(
			"return !!frappe.query_report?.data?.length && !jQuery.active && !!frappe.query_report.datatable"
		),
		"the report has no rows",
	)
	desk.settle()
	assert "Medium risk: D3" in desk.text(".dt-scrollable .dt-row-0")
	assert "Hit rate" in desk.text(".report-summary")
	desk.find(".chart-wrapper .frappe-chart")
	keep_picture(desk, "dunning-effectiveness")


def test_a_new_test_offers_the_written_steps_of_its_flow(desk):
	desk.log_in_as("credit_manager").open("dunning-test/new")
	desk.wait_for_form("Dunning Test")
	desk.set_values(flow="Medium risk")
	offered = desk.wait(
		lambda driver: driver.execute_script("return cur_frm.get_docfield('step_code').options"),
		"no steps are offered",
	)
	assert offered == ["D3", "D20"]
	assert desk.errors() == []
