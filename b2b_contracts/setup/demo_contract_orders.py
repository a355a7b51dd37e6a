"""Orders of the demo company under a contract with prices: one that follows it and is delivered in part, one that waits as it does not,
and a quantity that is called off.

Entered by who would enter it, with the same documents as on the desk.
"""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.credit import clearing
from b2b_contracts.setup import demo_contracts, demo_trade
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_company import warehouse
from b2b_contracts.setup.demo_contracts import ALL, Deal
from b2b_contracts.setup.demo_state import Made, acting_as, say

KEY, CUSTOMER = "orders", "lyngfest"
PANEL, LAMP = data.ARTICLES[0].code, data.ARTICLES[1].code
# key, rows of (item, quantity, rate; None as agreed)
ORDERS = (
	("contract-follows", ((PANEL, 120, None), (LAMP, 4, None))),
	# What the buyer wrote into his order, and nobody has agreed to.
	("contract-differs", ((PANEL, 110, 340), (LAMP, 2, None))),
)
# So much of the order that follows the contract is delivered and billed today.
SHARE = 0.5


def _deal() -> Deal:
	return Deal(
		KEY,
		CUSTOMER,
		"Lighting for two years",
		"Frame Agreement",
		1_100_000,
		4,
		600,
		ALL,
		{
			"payment_terms_template": "Net 45",
			"incoterm": "DAP",
			"named_place": "København",
			"late_interest_percent": 12,
			"prices": [
				{"item_code": PANEL, "rate": 390},
				{"item_code": PANEL, "rate": 365, "from_quantity": 100},
				{"item_code": LAMP, "rate": 1_300, "valid_to": add_days(nowdate(), 180)},
			],
			"discounts": [{"item_group": "Electrical", "discount_percent": 8}],
			"call_offs": [{"item_code": PANEL, "quantity": 1_000}],
		},
	)


def order(made: Made) -> None:
	"""Sign the contract, have orders wait that differ from theirs, and enter the orders."""
	demo_contracts.enter(made, _deal())
	made.keep()
	policy = frappe.get_doc("Credit Policy", {"company": data.COMPANY, "is_active": 1})
	policy.contract_difference_action = "Park"
	policy.contract_tolerance_percent = 1
	policy.save()
	made.keep()
	_look_again()
	for key, rows in ORDERS:
		_order(made, key, rows)
		made.keep()
	demo_trade.deliver_and_bill(made.names[f"order:{ORDERS[0][0]}"], SHARE)
	say(f"  {len(ORDERS)} orders under a contract")


def _look_again() -> None:
	"""Have what waits for credit already say that it departs from a contract, too."""
	waiting = {"company": data.COMPANY, "status": "Open", "reference_doctype": "Sales Order"}
	for customer in sorted(set(frappe.get_all("Credit Hold", filters=waiting, pluck="customer"))):
		clearing.clear_waiting(customer, data.COMPANY)


def _order(made: Made, key: str, rows: tuple) -> None:
	promised = add_days(nowdate(), 21)
	customer = next(one for one in data.CUSTOMERS if one.key == CUSTOMER)
	with acting_as(customer.seller):
		doc = made.new(
			"Sales Order",
			**{**demo_trade.selling(made, customer), "ignore_pricing_rule": 0},
			transaction_date=nowdate(),
			delivery_date=promised,
			po_no=f"LY-{key.split('-')[1].upper()}",
			set_warehouse=warehouse(0),
			items=[
				{
					"item_code": item,
					"qty": quantity,
					"delivery_date": promised,
					"warehouse": warehouse(0),
					**({"rate": rate} if rate else {}),
				}
				for item, quantity, rate in rows
			],
		)
		doc.submit()
	made.names[f"order:{key}"] = doc.name
