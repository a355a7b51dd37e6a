"""A test of two wordings that the demo company has begun, and what its reminders cost."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say
from b2b_contracts.standard_dunning import LOW_EMAIL, MEDIUM_FLOW

# In the company's currency
COSTS = {
	"b2b_cost_letter": 22,
	"b2b_cost_registered_letter": 115,
	"b2b_cost_sms": 0.4,
	"b2b_cost_call_minute": 6,
	"b2b_call_minutes": 5,
}


def begin(made: Made) -> None:
	"""Begin the test before reminders go out, so that they are in it."""
	# Saving a company once more has ERPNext make a Property Setter that would stay.
	frappe.db.set_value("Company", data.COMPANY, COSTS)
	if not frappe.db.exists("Dunning Flow", MEDIUM_FLOW) or not frappe.db.exists(
		"Dunning Template", LOW_EMAIL
	):
		say("  no test: somebody has deleted the flow or text that came with the app")
		return
	with acting_as("lars"):
		test = frappe.get_doc(
			{
				"doctype": "Dunning Test",
				"test_name": "First e-mail: instalments offered or not",
				"flow": MEDIUM_FLOW,
				"step_code": "D3",
				"from_date": add_days(nowdate(), -7),
				"description": "Does the offer of instalments in the first e-mail keep customers from paying at once?",
				"variants": [
					{"label": "Instalments", "weight": 1},
					{"label": "Gentle", "weight": 1, "template": LOW_EMAIL},
				],
			}
		).insert()
	made.names["dunning:test"] = test.name
	made.note("Dunning Test", test.name)
	made.keep()
