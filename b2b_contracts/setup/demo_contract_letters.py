"""The paper of the demo company's contracts: a notice of which nothing shows that it left, one that did, a letter and a mail."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import contract_letters_api as api
from b2b_contracts.contracts import letters
from b2b_contracts.setup import demo_contracts
from b2b_contracts.setup.demo_contracts import ALL, Deal
from b2b_contracts.setup.demo_state import Made, acting_as

TERMINATED = Deal(
	*("notice", "sundmark", "Rental of the pallet racks", "Service Agreement", 96_000, 20, 200, ALL),
	{"data_processing_agreement": "Not Needed"},
	("For Convenience", "A cheaper offer for twice the space."),
)
LETTER = (
	"Dear Sofie, we would like to talk about the price of the castings before the contract is renewed. Our new plant needs "
	"twice as many from March on. Kind regards, the purchasing manager."
)


def write(made: Made) -> None:
	"""Give notice of a contract, record how the answer to another notice left, and file what customers wrote."""
	demo_contracts.enter(made, TERMINATED)
	ending, to_act = (made.names[f"contract:{key}"] for key in ("ending", "to-act"))
	answer = frappe.db.get_value(letters.LETTER, {"contract": ending, "kind": letters.ACKNOWLEDGEMENT})
	with acting_as("freja"):
		api.record_dispatch(answer, "Registered Letter", nowdate(), "RR 481 223 905 DK")
	with acting_as("sofie"):
		file = made.new("File", file_name="castings-2027.txt", is_private=1, content=LETTER)
		api.file_letter(to_act, "Received", file.file_url, "Price of the castings", add_days(nowdate(), -6))
	frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Received",
			"sender": "purchasing@sundmark.example.com",
			"sender_full_name": "Purchasing",
			"subject": f"Meeting about {to_act}",
			"content": "<p>Tuesday at ten suits us. Please bring the new price list.</p>",
			"reference_doctype": "B2B Contract",
			"reference_name": to_act,
		}
	).insert(ignore_permissions=True)
	made.keep()
