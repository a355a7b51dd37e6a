"""The texts of reminders as a Credit Manager looks at them, and the pile of letters as a collector prints it."""

import pytest

from .conftest import scene
from .test_approvals import keep_page
from .test_backtest import keep_picture
from .test_statements import fetched

pytestmark = pytest.mark.usefixtures("people")

TEMPLATE = "Standard: reminder 2, notice of default"


def test_a_template_is_previewed_in_each_language(desk):
	desk.log_in_as("credit_manager").open_form("Dunning Template", TEMPLATE)
	keep_picture(desk, "dunning-template")
	desk.click(".page-head .inner-page-message, .page-head .custom-actions .btn", "Preview")
	desk.settle_dialog()
	assert "notice of default" in desk.text(".modal.show .b2b-preview-subject")
	keep_page(desk, "dunning-preview")
	desk.script("cur_dialog.set_value('language', 'da')")
	desk.wait(
		lambda driver: "påkrav" in driver.execute_script("return $('.b2b-preview-subject').text()"),
		"the Danish text is not shown",
	)
	shown = desk.script("return $('iframe.b2b-preview').attr('srcdoc')")
	assert "standse leveringer" in shown
	assert "Rykkergebyr" in shown
	keep_page(desk, "dunning-preview-danish")
	assert desk.errors() == []


def test_a_text_without_the_items_is_refused_with_its_line(desk):
	desk.log_in_as("credit_manager").open_form("Dunning Template", TEMPLATE)
	desk.driver.execute_async_script(
		"const done = arguments[0]; const [row] = cur_frm.doc.texts;"
		"frappe.model.set_value(row.doctype, row.name, 'message', '<p>Pay</p>\\n{{ statements }}{{ itms }}')"
		".then(() => done())"
	)
	desk.primary("Save")
	said = desk.wait(
		lambda driver: driver.execute_script("return $('.msgprint:visible').text()"), "nothing was refused"
	)
	assert "line 2" in said
	assert "itms" in said
	keep_page(desk, "dunning-template-refused")
	desk.close_message()


def test_letters_are_printed_and_marked(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	name = scene("letter_notice", invoice=made["overdue"])
	desk.log_in_as("collector").open_form("Dunning Notice", name)
	assert desk.menu("Letter") == ["Look at it", "Print", "Mark as printed"]
	keep_picture(desk, "dunning-notice-letter")
	desk.open(f"dunning-notice?customer={made['customer']}")
	desk.find(".list-row-checkbox").click()
	desk.click(".actions-btn-group > button")
	keep_page(desk, "dunning-notice-list")
	desk.click(".actions-btn-group .dropdown-item", "Print letters")
	desk.answer("Make the file")
	desk.wait(
		lambda driver: driver.execute_script("return $('a.b2b-letters-file:visible').length"), "no file"
	)
	keep_page(desk, "letters-ready")
	status, kind, length = fetched(desk, desk.script("return $('a.b2b-letters-file').attr('href')"))
	assert (status, kind) == (200, "application/pdf")
	assert length > 5_000
	desk.answer("Mark as printed")
	desk.wait(
		lambda driver: driver.execute_script("return !!window.cur_dialog?.fields_dict?.tracking"),
		"the dialog to mark them does not come",
	)
	desk.settle_dialog()
	desk.script(
		"const grid = cur_dialog.fields_dict.tracking; grid.df.data[0].tracking_number = 'RR123456785DK';"
		"grid.grid.refresh()"
	)
	keep_page(desk, "letters-mark")
	desk.answer("Mark as printed")
	desk.wait(
		lambda _driver: scene("state", doctype="Dunning Notice", name=name, fields=["status"]) == ["Sent"],
		"the letter was not marked",
	)
	tracking = scene("state", doctype="Dunning Notice", name=name, fields=["tracking_number"])
	assert tracking == ["RR123456785DK"]
	desk.open_form("Dunning Notice", name)
	assert desk.menu("Letter") == ["Look at it", "Tracking number"]
	keep_picture(desk, "dunning-notice-sent")
	status, kind, _length = fetched(desk, f"/api/method/b2b_contracts.letters_api.letter?name={name}")
	assert (status, kind) == (200, "application/pdf")
	assert desk.errors() == []
