"""A contract made from a template, step by step, by a seller; a deviation from a must-clause waits for whom the clause names."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")
TEMPLATE = "Standard Frame Agreement v1"


def fill(desk, **values) -> None:
	"""Enters values into the open dialog, as its own controls do it."""
	desk.settle_dialog()
	desk.driver.execute_async_script(
		"const done = arguments[1];"
		"(async () => { for (const [field, value] of Object.entries(arguments[0])) await cur_dialog.set_value(field, value); })()"
		".then(() => frappe.after_ajax(() => done()))",
		values,
	)
	desk.settle()


def next_step(desk, words: str, label: str = "Next") -> None:
	"""Goes on, and waits for the step that follows."""
	desk.answer(label)
	desk.wait(lambda _driver: any(words in text for text in desk.dialogs()), f"no step {words!r}")
	desk.settle_dialog()
	desk.settle()


def choose(desk, clause: str, option: str) -> None:
	desk.script(
		"$(`.modal.show [data-clause=\"${arguments[0]}\"] select`).val(arguments[1]).trigger('change')[0].scrollIntoView()",
		clause,
		option,
	)


def write_in(desk, clause: str, selector: str, text: str) -> None:
	desk.find(f'.modal.show [data-clause="{clause}"] {selector}').clear()
	desk.find(f'.modal.show [data-clause="{clause}"] {selector}').send_keys(text)


def take(desk, label: str) -> None:
	desk.click(".custom-actions button", label)
	desk.settle_dialog()
	desk.confirm("Yes")
	desk.settle()


def show_tab(desk, fieldname: str) -> None:
	desk.script(
		"cur_frm.layout.tabs.find((tab) => tab.df.fieldname === arguments[0]).set_active()", fieldname
	)
	desk.settle()


def test_from_template_to_the_approval_of_a_deviation(desk):
	made = scene("customer_for_contract")
	desk.log_in_as("seller1").open("b2b-contract")
	desk.find(".list-row, .no-result")
	desk.click(".page-actions button, .custom-actions button", "New from a template")
	desk.settle_dialog()
	fill(desk, customer=made["customer"], company=made["company"], contract_type="Frame Agreement")
	fill(desk, template=TEMPLATE, title="Frame 2027")
	keep_picture(desk, "creation-1-template")
	next_step(desk, "What is it worth in a year?")

	fill(
		desk,
		word__scope_of_supply="scales and spare parts",
		annual_value=500_000,
		payment_terms_template="Net 30",
		governing_law="Denmark",
		liability_cap_percent=100,
	)
	keep_picture(desk, "creation-2-questions")
	next_step(desk, "Limitation of liability")

	assert "scales and spare parts" in desk.text('.modal.show [data-clause="Scope"] .b2b-clause__text')
	keep_picture(desk, "creation-3-clauses")
	choose(desk, "Audit", "Left Out")
	choose(desk, "Price Adjustment", "Fallback 1")
	assert desk.text('.modal.show [data-clause="Price Adjustment"] .b2b-clause__text').find("at most 5 %") > 0
	assert desk.absent('.modal.show [data-clause="Price Adjustment"] .b2b-clause__needs')
	choose(desk, "Limitation of Liability", "Tailored")
	assert "CFO" in desk.text('.modal.show [data-clause="Limitation of Liability"] .b2b-clause__needs')
	write_in(desk, "Limitation of Liability", "textarea", "The Supplier is liable without limit.")
	desk.answer("Create draft")
	assert desk.text(".modal.show .b2b-clause__asks:not(:empty)") == "Write down the reason."
	write_in(desk, "Limitation of Liability", "input", "They are strategic")
	keep_picture(desk, "creation-4-deviation")
	desk.answer("Create draft")
	desk.wait_for_form("B2B Contract")
	name = desk.script("return cur_frm.doc.name")
	desk.settle()

	show_tab(desk, "tab_text")
	text = desk.text(".b2b-contract-text")
	assert "The Supplier is liable without limit." in text
	assert "Left out:" in text
	assert "Must be kept" in text
	keep_picture(desk, "contract-text")
	desk.script("$('.b2b-contract-text__language').val('da').trigger('change')")
	desk.settle()
	assert "Fortrolighed" in desk.text(".b2b-contract-text")
	keep_picture(desk, "contract-text-danish")
	show_tab(desk, "tab_signature")
	assert "It deviates from a clause that must be kept." in desk.text(".b2b-approval-why")
	keep_picture(desk, "contract-approval-why")
	desk.click(".custom-actions button", "Choose wordings")
	desk.settle_dialog()
	keep_picture(desk, "contract-wordings")
	choose(desk, "Late Interest", "Fallback 1")
	desk.confirm("Save")
	desk.settle()
	take(desk, "Send for review")
	scene("tick_contract", contract=name)

	desk.log_in_as("contract_manager").open_form("B2B Contract", name)
	desk.click(".custom-actions button", "Approve contract")
	desk.settle_dialog()
	assert "CFO" in desk.dialog()
	keep_picture(desk, "contract-refused")
	desk.close_message()
	desk.log_in_as("cfo").open_form("B2B Contract", name)
	take(desk, "Approve contract")
	found = scene("found", doctype="B2B Contract", filters={"name": name}, fields=["status", "docstatus"])
	assert found[-2:] == ["Approved", 0]
	assert desk.errors() == []


def test_a_template_gets_a_new_version(desk):
	desk.log_in_as("contract_manager").open_form("B2B Contract Template", TEMPLATE)
	keep_picture(desk, "template-approved")
	desk.click(".custom-actions button", "Preview")
	desk.settle_dialog()
	assert "[Customer name]" in desk.text(".modal.show .b2b-contract-text")
	keep_picture(desk, "template-preview")
	desk.click(".modal.show .btn-modal-close")
	desk.wait(lambda _driver: desk.absent(".modal.show"), "the preview stays open")
	desk.click(".custom-actions button", "New version")
	desk.wait(lambda _driver: desk.script("return cur_frm?.doc.name") != TEMPLATE, "no new version")
	desk.wait_for_form("B2B Contract Template")
	desk.settle()
	name = desk.script("return cur_frm.doc.name")
	keep_picture(desk, "template-draft")
	desk.click(".custom-actions button", "Approve template")
	desk.settle_dialog()
	assert "somebody else" in desk.dialog()
	desk.close_message()
	desk.open_form("Contract Clause", "Limitation of Liability")
	keep_picture(desk, "clause")

	desk.log_in_as("finance_director").open_form("B2B Contract Template", name)
	take(desk, "Approve template")
	assert "is in use" in desk.text(".form-message")
	desk.log_in_as("seller1").open("b2b-contract-template")
	desk.find(".list-row")
	listed = desk.script("return cur_list.data.map((row) => row.name)")
	assert name in listed
	assert TEMPLATE not in listed
	assert desk.errors() == []
	scene("first_version_again", template=name, former=TEMPLATE)
