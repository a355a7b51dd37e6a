"""An order under a contract on the desk: its price and terms come by themselves, another price is said, waits, and is let go."""

import pytest

from .conftest import scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")
PANEL = ".b2b-following"


@pytest.fixture
def parks():
	scene("on_difference", action="Park")
	yield
	scene("on_difference", action="Warn")


def wait_for(desk, words: str) -> str:
	desk.wait(lambda _driver: words in desk.text(PANEL), f"the contract's banner does not say {words!r}")
	return desk.text(PANEL)


def row(desk, field: str):
	return desk.script(f"return cur_frm.doc.items[0].{field}")


def test_an_order_follows_departs_waits_and_is_let_go(desk, parks):
	made = scene("contract_with_prices")
	desk.log_in_as("seller1").open("sales-order/new")
	desk.wait_for_form("Sales Order")
	desk.set_values(company="B2B Test A/S", customer=made["customer"], selling_price_list="B2B Test Selling")
	desk.wait(lambda _driver: desk.script("return cur_frm.doc.incoterm") == "DAP", "no terms of the contract")
	desk.settle()
	# Of the site's own currency ERPNext knows no rate.
	desk.close_message()
	assert desk.script("return cur_frm.doc.payment_terms_template") == "Net 30"
	delivery = desk.script("return frappe.datetime.add_days(frappe.datetime.get_today(), 20)")
	desk.set_values(delivery_date=delivery)
	desk.set_in_row(item_code=made["item"])
	desk.set_in_row(delivery_date=delivery)
	assert row(desk, "rate") == 100
	desk.set_in_row(qty=12)
	assert row(desk, "rate") == 90
	assert "Follows the contract" in wait_for(desk, "38 are left after that")
	desk.set_in_row(rate=80)
	assert "90" in wait_for(desk, "Differs from the contract in one point")
	desk.close_message()
	desk.save()
	assert "agreed is" in desk.dialog()
	keep_picture(desk, "contract-order-message")
	desk.close_message()
	assert row(desk, "rate") == 80, "what somebody typed stays"
	wait_for(desk, "it waits until the contract owner")
	keep_picture(desk, "contract-order-differs")
	desk.click(f"{PANEL} button", "Show differences")
	desk.settle_dialog()
	assert "−11.1 %" in desk.dialog()
	keep_picture(desk, "contract-order-diff")
	desk.answer("Take what is agreed")
	wait_for(desk, "Follows the contract")
	assert row(desk, "rate") == 90
	desk.set_in_row(rate=80)
	desk.close_message()
	desk.save()
	desk.close_message()
	name = desk.script("return cur_frm.docname")
	desk.submit()
	desk.close_message()
	assert desk.script("return cur_frm.doc.status") == "On Hold"
	desk.wait(
		lambda _driver: "until somebody decides about the contract" in desk.text(".b2b-credit"),
		"the credit panel speaks of credit, which has nothing against it",
	)

	desk.log_in_as("contract_manager").open_form("Sales Order", name)
	desk.click(f"{PANEL} button", "Let differences go")
	desk.write("reason", "The buyer has it in writing.")
	desk.confirm("Let go")
	desk.wait(
		lambda _driver: desk.script("return cur_frm.doc.b2b_credit_status") == "Released", "it was not let go"
	)
	desk.open_form("B2B Contract", made["contract"])
	desk.click(".form-tabs .nav-link", "Orders")
	desk.wait(lambda _driver: name in desk.text(".form-layout"), "the order is not listed")
	keep_picture(desk, "contract-orders-tab")
