"""A contract on paper on the desk: a Word file is made, a redline comes back, what changed is shown by must, should and can, and is
taken over into the draft as deviations."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture
from .test_contract_letters import attach
from .test_contract_texts import fill, show_tab

pytestmark = pytest.mark.usefixtures("people")


def test_word_redline_comparison_deviations(desk, tmp_path):
	name = scene("contract_to_print")["contract"]
	desk.log_in_as("seller1").open_form("B2B Contract", name)
	show_tab(desk, "tab_documents")
	keep_picture(desk, "documents-none")
	for button, language in (("Make Word file", "en"), ("Make locked PDF", "da")):
		desk.click(".b2b-papers__buttons button", button)
		fill(desk, language=language)
		desk.confirm("Make it")
		desk.settle()
		show_tab(desk, "tab_documents")
	kinds = desk.script("return $('.b2b-papers__table .indicator-pill').get().map((e) => e.innerText)")
	assert kinds == ["Locked PDF", "Draft"]

	redline = tmp_path / "redline.docx"
	scene("redline_of", contract=name, path=str(redline))
	desk.click(".b2b-papers__buttons button", "Upload redline")
	attach(desk, "file_url", redline)
	keep_picture(desk, "documents-upload")
	desk.confirm("File it")
	desk.settle()
	desk.wait(lambda _driver: any("against version" in text for text in desk.dialogs()), "no comparison")
	desk.settle_dialog()
	shown = desk.dialog()
	assert "Version 3 against version 1" in shown
	assert "Exclusivity" in shown
	keep_picture(desk, "documents-comparison")
	colours = desk.script("return $('.b2b-change:visible').get().map((e) => e.className)")
	assert any("b2b-change--red" in colour for colour in colours)
	assert desk.script("return $('.b2b-change ins').text()") != ""
	desk.script("$('.modal.show [data-take]').prop('checked', true)")
	desk.write("reason", "They would not sign without")
	keep_picture(desk, "documents-take-over")
	desk.confirm("Take over as deviations")
	desk.settle()
	rows = scene(
		"found",
		doctype="Contract Clause Use",
		filters={"parent": name, "heading": "Exclusivity"},
		fields=["choice", "is_deviation"],
	)
	assert rows[-2:] == ["Counterparty", 1]

	show_tab(desk, "tab_documents")
	keep_picture(desk, "documents-versions")
	desk.click(".b2b-papers__table button", "What changed")
	desk.settle_dialog()
	assert "In the draft" in desk.dialog()
	assert desk.script("return $('.modal.show [data-take]').length") == 0
	assert desk.errors() == []
