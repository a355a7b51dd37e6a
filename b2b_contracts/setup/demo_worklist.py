"""How the demo's collector works: whose portfolio the customers are in, and a call that nobody answered."""

import frappe

from b2b_contracts import worklist_api
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say

COLLECTOR = "peter"
# Has broken a promise (demo_data.WORDS), and does not answer the phone.
CALLED = "kragekaer"


def work(made: Made) -> None:
	"""Give the assessed customers to the collector, who calls one of them in vain and tries again tomorrow."""
	collector = data.PERSON[COLLECTOR].email
	for customer in data.CUSTOMERS:
		if customer.segment:
			name = made.names[f"customer:{customer.key}"]
			frappe.db.set_value("Customer", name, "b2b_collector", collector, update_modified=False)
	made.keep()
	with acting_as(COLLECTOR):
		call = worklist_api.log_contact(
			made.names[f"customer:{CALLED}"], data.COMPANY, "Not Reached", note="The line is engaged."
		)
	made.names["call:not-reached"] = call["name"]
	made.keep()
	say("  1 customer called in vain")
