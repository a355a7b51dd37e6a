"""The paper of a contract on the desk: its signing is recorded, copies go out, notice is given, the letter is read and its dispatch is
recorded, and what was written about it is found."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")

GROUP = "Letters"


def attach(desk, fieldname: str, path) -> None:
	"""Uploads a file into a field of the open dialog."""
	desk.settle_dialog()
	desk.click(f'.modal.show [data-fieldname="{fieldname}"] .btn-attach')
	desk.wait(
		lambda driver: len(driver.find_elements("css selector", ".modal.show")) > 1, "nothing to upload with"
	)
	desk.driver.find_element("css selector", '.modal.show .file-uploader input[type="file"]').send_keys(
		str(path)
	)
	# A dialog that is still coming in does not hear that it is to go.
	desk.settle_dialog()
	desk.click(".modal.show .btn-modal-primary", "Upload")
	desk.wait(
		lambda driver: len(driver.find_elements("css selector", ".modal.show")) == 1,
		"the file is not uploaded",
	)
	desk.settle()


def first_event(contract: str, event: str) -> list:
	return scene(
		"found",
		doctype="Contract Event",
		filters={"contract": contract, "event": event},
		fields=["description", "done_by"],
	)


def test_signed_copied_terminated_and_dispatched(desk, tmp_path):
	made = scene("contract_to_sign")
	scene("mail_account")
	name = made["contract"]
	desk.log_in_as("contract_manager").open_form("B2B Contract", name)
	signed = tmp_path / f"{name}-signed.txt"
	signed.write_text("Signed by both sides.", encoding="utf-8")
	desk.click(".custom-actions button", "Record signing")
	desk.write("us", "Karen Juhl")
	desk.write("customer", "Their director")
	attach(desk, "signed_file", signed)
	keep_picture(desk, "contract-signing")
	desk.confirm("Record signing")
	desk.settle()
	found = scene(
		"found",
		doctype="B2B Contract",
		filters={"name": name},
		fields=["status", "docstatus", "signed_file_hash"],
	)
	assert found[-3:-1] == ["Active", 1]
	assert found[-1] in first_event(name, "Signed")[0]

	desk.choose(GROUP, "Signed copies")
	desk.settle_dialog()
	desk.wait(lambda _driver: made["address"] in desk.dialog(), "the customer gets no copy")
	keep_picture(desk, "contract-copies")
	desk.open_form("B2B Contract", name)

	desk.click(".custom-actions button", "Terminate")
	desk.click(".modal.show .btn-modal-secondary", "Show the letter")
	desk.wait(
		lambda _driver: any("The letter that is written" in text for text in desk.dialogs()), "no preview"
	)
	desk.settle()
	keep_picture(desk, "contract-notice-preview")
	desk.click(".modal.show .btn-modal-primary", "Close")
	desk.wait(lambda _driver: len(desk.dialogs()) == 1, "the preview stays")
	desk.write("reason", "No margin")
	keep_picture(desk, "contract-notice")
	desk.answer("Terminate")
	desk.wait(lambda _driver: any("Opsigelse" in text for text in desk.dialogs()), "the letter is not shown")
	desk.settle()
	assert "Nothing shows yet that it left" in desk.dialog()
	assert desk.find(".b2b-letter-page").get_attribute("src").endswith(".pdf")
	keep_picture(desk, "contract-letter")
	desk.answer("Record how it left")
	desk.wait(lambda _driver: any("How the letter left" in text for text in desk.dialogs()), "nothing asks")
	desk.settle_dialog()
	desk.write("tracking_number", "RR 123 456 789 DK")
	keep_picture(desk, "contract-dispatch")
	desk.confirm("Record")
	desk.settle()
	assert desk.absent(".b2b-letters")
	dispatched, who = first_event(name, "Dispatched")
	assert "RR 123 456 789 DK" in dispatched
	assert who == desk.world["users"]["contract_manager"]

	desk.choose(GROUP, "File a letter")
	desk.write("subject", "They ask for a later end")
	answer = tmp_path / "answer.txt"
	answer.write_text("We would rather stay until Easter.", encoding="utf-8")
	attach(desk, "file", answer)
	desk.confirm("File")
	desk.settle()
	desk.choose(GROUP, "Correspondence")
	desk.write("search", "easter")
	desk.wait(
		lambda _driver: "1165" not in desk.dialog() and "Opsigelse" not in desk.dialog(), "not searched"
	)
	assert "They ask for a later end" in desk.dialog()
	desk.write("search", " ")
	desk.wait(lambda _driver: "Opsigelse" in desk.dialog(), "not all of it")
	keep_picture(desk, "contract-correspondence")
	assert desk.errors() == []


def test_a_letter_that_nobody_has_sent_is_red(desk):
	made = scene("contract_to_sign")
	scene("mail_account")
	scene("sign_contract", contract=made["contract"])
	scene("terminate_contract", contract=made["contract"])
	desk.log_in_as("seller1").open_form("B2B Contract", made["contract"])
	missing = desk.find(".form-message.red").text
	assert "nothing shows yet that it left" in missing
	keep_picture(desk, "contract-letter-missing")
	desk.click(".b2b-dispatch")
	desk.settle_dialog()
	assert "How the letter left" in desk.dialog()
	desk.open_form("B2B Contract", made["contract"])
	desk.choose(GROUP, "Write to the customer")
	desk.settle_dialog()
	assert made["address"] in desk.find('.modal.show [data-fieldname="recipients"] input').get_attribute(
		"value"
	)
	desk.find(".modal.show .ql-editor").send_keys("We will see you on Tuesday.")
	keep_picture(desk, "contract-mail")
	desk.confirm("Send")
	desk.settle()
	desk.choose(GROUP, "Correspondence")
	desk.settle_dialog()
	desk.wait(lambda _driver: "We will see you on Tuesday." in desk.dialog(), "the mail is not filed")
	assert desk.errors() == []
