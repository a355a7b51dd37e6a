"""A contract on the desk: entered by a seller, reviewed, approved, signed, and given notice of by a contract manager."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def take(desk, label: str) -> None:
	"""Clicks one of the contract's steps and says yes."""
	desk.click(".custom-actions button", label)
	desk.settle_dialog()
	desk.confirm("Yes")
	desk.settle()


def status(name: str) -> list:
	return scene("found", doctype="B2B Contract", filters={"name": name}, fields=["status", "docstatus"])


def test_from_draft_to_notice(desk):
	made = scene("contract_draft")
	name = made["contract"]
	desk.log_in_as("seller1").open_form("B2B Contract", name)
	keep_picture(desk, "contract-draft")
	assert desk.script("return cur_frm.toolbar.get_action_status()") == "Save"
	take(desk, "Send for review")
	assert status(name)[-2:] == ["In Review", 0]
	scene("tick_contract", contract=name)

	desk.log_in_as("contract_manager").open_form("B2B Contract", name)
	take(desk, "Approve contract")
	take(desk, "Send for signature")
	assert status(name)[-2:] == ["Out for Signature", 0]
	scene("sign_contract", contract=name)
	desk.open_form("B2B Contract", name)
	assert "Act by" in desk.text(".form-message")
	keep_picture(desk, "contract-active")

	desk.click(".custom-actions button", "Terminate")
	desk.settle_dialog()
	assert "Notice given today ends the contract" in desk.dialog()
	keep_picture(desk, "contract-terminate")
	desk.write("reason", "No margin")
	desk.confirm("Terminate")
	desk.settle()
	assert "It ends on" in desk.text(".form-message")

	desk.open("b2b-contract")
	desk.find(".list-row")
	keep_picture(desk, "contract-list")
	assert desk.errors() == []
