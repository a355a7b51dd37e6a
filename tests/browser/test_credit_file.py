"""A seller reads what they earn, and a controller everything of a customer: on the screen, and printed as pages."""

import base64
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .conftest import Desk, plain, scene
from .test_backtest import keep_picture

SCREENS = os.environ.get("B2B_SCREENS")
pytestmark = pytest.mark.usefixtures("people")

# What the button PDF does, without the window that it opens.
PRINT = """
const done = arguments[arguments.length - 1];
const report = frappe.query_report;
const settings = { orientation: "Portrait", with_letter_head: 0, columns: null };
const content = frappe.render_template(report.report_settings.html_format, {
	title: __(report.report_name), filters: report.get_filter_values(), data: report.get_data_for_print(),
	original_data: report.data, columns: report.get_columns_for_print(settings, true), report,
});
// The machine that prints does not find the test site by its name: with the styles in the page it need not.
const html = `<!doctype html><meta charset="utf-8"><style>${frappe.boot.print_css}</style><body>${content}</body>`;
const asked = new FormData();
asked.append("html", html);
asked.append("orientation", "Portrait");
fetch("/api/method/frappe.utils.print_format.report_to_pdf", {
	method: "POST", headers: { "X-Frappe-CSRF-Token": frappe.csrf_token }, body: asked,
}).then(async (answer) => {
	const bytes = new Uint8Array(await answer.arrayBuffer());
	done([content, btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""))]);
}).catch((error) => done([String(error), ""]));
"""


def open_report(desk: Desk, name: str, **filters) -> None:
	asked = urlencode({"company": desk.world["company"], **filters})
	desk.open(f"query-report/{name.replace(' ', '%20')}?{asked}")
	desk.wait(
		lambda driver: driver.execute_script(
			"return frappe.query_report?.report_name === arguments[0] && !!frappe.query_report.data?.length"
			" && !!frappe.query_report.datatable && !jQuery.active",
			name,
		),
		f"{name} has no rows",
	)
	desk.settle()


def test_a_seller_reads_what_they_have_earned(desk):
	made = scene("sold_by", seller="seller1", amount=40_000, paid=10_000)
	desk.log_in_as("seller1")
	open_report(
		desk, "Commission on Paid Invoices", customer=made["customer"], from_date="2020-01-01", by="Invoice"
	)
	keep_picture(desk, "commission")
	row = plain(desk.text(".dt-scrollable .dt-row-0"))
	# 5 % of 40,000: 70 % at invoicing, and of the rest a quarter.
	for amount in ("2000.00", "1400.00", "150.00", "1550.00", "450.00"):
		assert amount in row
	assert "70 % of the commission" in desk.text(".form-message")
	desk.find(".chart-wrapper .frappe-chart")
	people = desk.script("return [...new Set(frappe.query_report.data.map((row) => row.sales_person))]")
	assert people == [made["person"]]


def test_a_statement_is_approved_and_stays(desk):
	scene("sold_by", seller="seller2", amount=20_000, paid=20_000, days_ago=35)
	name = scene("commission_statements")[-1]
	desk.log_in_as("finance_director").open_form("Commission Statement", name)
	assert desk.script("return cur_frm.doc.rows.length") > 0
	desk.submit()
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.docstatus === 1"), "it was not approved"
	)
	keep_picture(desk, "commission-statement")
	assert desk.script("return cur_frm.page.btn_secondary.is(':visible')") is False


def test_everything_of_a_customer_on_the_screen_and_on_paper(desk):
	customer = scene("everything_of_a_customer")
	desk.log_in_as("controller")
	open_report(desk, "Customer Credit File", customer=customer)
	keep_picture(desk, "credit-file")
	parts = desk.script(
		"return frappe.query_report.data.filter((row) => row.kind === 'Part').map((row) => row.what)"
	)
	for part in (
		"Customer",
		"Exposure and limit",
		"Ageing",
		"Open items",
		"Disputes",
		"Security and insurance",
	):
		assert part in parts
	assert "Screening" in desk.text(".form-message")
	content, pdf = desk.driver.execute_async_script(PRINT)
	assert pdf, content
	assert customer in content
	assert "Exposure and limit" in content
	made = base64.b64decode(pdf)
	assert made.startswith(b"%PDF")
	if SCREENS:
		Path(SCREENS, "credit-file.pdf").write_bytes(made)
		Path(SCREENS, "credit-file.html").write_text(content)
