"""A contract on the desk: amended, what that changes shown, signed, in force, and its state on a day; reviewed by function, and its
payment terms agreed to by credit."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture
from .test_contracts import status, take

pytestmark = pytest.mark.usefixtures("people")


def click(desk, label: str) -> None:
	"""Clicks one of the contract's buttons that opens a dialog."""
	desk.click(".custom-actions button", label)
	desk.settle_dialog()


def test_from_amend_to_the_state_of_a_day(desk):
	contract = scene("contract_to_amend")["contract"]
	desk.log_in_as("seller1").open_form("B2B Contract", contract)
	click(desk, "Amend")
	desk.write("need", "A bigger plant")
	keep_picture(desk, "contract-amend")
	desk.confirm("Enter amendment")
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm?.doc.parent_contract === arguments[0]", contract
		),
		"the amendment does not open",
	)
	desk.settle()
	amendment = desk.script("return cur_frm.doc.name")
	assert "nothing changes so far" in desk.text(".b2b-amendment")

	desk.set_values(annual_value=1_500_000, named_place="Aarhus", incoterm="DAP")
	desk.script(
		"const row = cur_frm.doc.service_levels[0]; frappe.model.set_value(row.doctype, row.name, 'target', '97 %')"
	)
	desk.settle()
	desk.save()
	desk.settle()
	said = desk.text(".b2b-amendment").replace(",", "")
	for words in ("Annual value", "1200000", "1500000", "Delivery on the promised day", "97 %"):
		assert words in said
	desk.script("cur_frm.scroll_to_field('amendment_changes')")
	keep_picture(desk, "contract-amendment-changes")

	take(desk, "Send for review")
	scene("take_contract_to_signature", contract=amendment)
	scene("sign_contract", contract=amendment)
	assert status(amendment)[-2:] == ["Active", 1]

	desk.log_in_as("contract_manager").open_form("B2B Contract", contract)
	desk.settle()
	assert status(contract)[-2:] == ["Expired", 1]
	assert amendment in desk.text(".form-message-container")
	desk.choose("View", "State on a day")
	desk.settle_dialog()
	desk.settle()
	assert "amendment 1" in desk.dialog()
	assert "1500000" in desk.dialog().replace(",", "")
	keep_picture(desk, "contract-state-on-a-day")
	desk.script("cur_dialog.set_value('on', frappe.datetime.add_days(frappe.datetime.get_today(), -1))")
	desk.settle()
	desk.wait(lambda _driver: "Nothing is in force" in desk.dialog(), "the day before is not shown")
	assert desk.errors() == []


def test_reviewed_and_agreed_to(desk):
	contract = scene("contract_for_credit")["contract"]
	desk.log_in_as("contract_manager").open_form("B2B Contract", contract)
	desk.settle()
	assert "longer than the customer's segment allows" in desk.text(".form-message-container")
	click(desk, "Approve contract")
	said = desk.dialog()
	assert "have not agreed in review" in said
	assert "credit has not agreed" in said
	keep_picture(desk, "contract-not-approved")
	desk.close_message()

	desk.log_in_as("finance_director").open_form("B2B Contract", contract)
	desk.settle()
	click(desk, "Review for Finance")
	keep_picture(desk, "contract-review")
	desk.confirm("Answer")
	desk.settle()

	desk.log_in_as("credit_manager").open_form("B2B Contract", contract)
	desk.settle()
	click(desk, "Agree to payment terms")
	desk.write("remark", "Pays on time")
	keep_picture(desk, "contract-agree-to-terms")
	desk.confirm("Agree")
	desk.settle()

	desk.log_in_as("contract_manager").open_form("B2B Contract", contract)
	desk.settle()
	take(desk, "Approve contract")
	assert status(contract)[-2:] == ["Approved", 0]
	assert desk.errors() == []
