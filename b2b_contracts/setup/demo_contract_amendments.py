"""Amendments of a contract for the demo: one that took effect on a day before it was signed, one that is still to come, one that is
being written; and a contract in review whose payment terms wait for credit."""

import frappe
from frappe.utils import add_days, add_months, nowdate

from b2b_contracts import contract_amendments_api as api
from b2b_contracts import contracts_api
from b2b_contracts.contracts import watching
from b2b_contracts.setup import demo_contracts
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say

CUSTOMER, TERMS_CUSTOMER = "kystlyng", "brohoved"
LATE, SOON = -30, 20


def agree(made: Made) -> None:
	"""Enter a contract, its amendments, and one that waits for its reviews and for credit."""
	original = _contract(
		made,
		"amended",
		CUSTOMER,
		title="Frame agreement for the hotels",
		start_date=add_months(nowdate(), -14),
		annual_value=700_000,
		payment_terms_template="Net 45",
		incoterm="DAP",
		named_place="Svendborg",
		service_levels=[{"service": "Delivery on the promised day", "target": "95 %", "measured": "Monthly"}],
	)
	_sign(made, original, add_months(nowdate(), -14))
	first = _amend(made, original, "amendment", LATE, "Two hotels more", annual_value=900_000)
	_sign(made, first)
	second = _amend(
		made, first, "amendment-later", SOON, "Deliveries from the new warehouse", named_place="Odense"
	)
	_sign(made, second)
	_amend(
		*(made, second, "amendment-draft", 50, "Longer, for a better discount"),
		annual_value=1_200_000,
		confidentiality_years=5,
		service_levels=[
			{"service": "Delivery on the promised day", "target": "97 %", "measured": "Monthly"},
			{"service": "Answer to a complaint", "target": "2 working days", "measured": "Monthly"},
		],
	)
	_reviewed(made)
	made.keep()
	say("  3 amendments of a contract, and one whose payment terms wait for credit")


def _contract(made: Made, key: str, customer: str, **fields) -> str:
	with acting_as("sofie"):
		doc = made.new(
			"B2B Contract",
			customer=made.names[f"customer:{customer}"],
			company=data.COMPANY,
			currency=data.CURRENCY,
			contract_type="Frame Agreement",
			confidentiality="Internal",
			duration_type="Auto-renewing",
			initial_months=36,
			renewal_months=12,
			governing_law="Denmark",
			**fields,
		)
	made.names[f"contract:{key}"] = doc.name
	return doc.name


def _amend(made: Made, contract: str, key: str, days: int, need: str, **fields) -> str:
	with acting_as("sofie"):
		name = api.amend_contract(contract, add_days(nowdate(), days), need)["name"]
		made.note("B2B Contract", name)
		doc = frappe.get_doc("B2B Contract", name)
		doc.update(fields)
		doc.save()
	made.names[f"contract:{key}"] = name
	return name


def _sign(made: Made, name: str, on: str | None = None) -> None:
	for step in demo_contracts.SENT:
		demo_contracts.take(made, name, step)
	demo_contracts.sign(made, name, on)
	watching.watch(name)


def _reviewed(made: Made) -> None:
	name = _contract(
		*(made, "terms", TERMS_CUSTOMER),
		title="Frame agreement for the bridges",
		start_date=add_days(nowdate(), 14),
		annual_value=1_400_000,
		payment_terms_template="Net 60",
		reviews=[
			{"review_function": "Legal", "reviewer": data.PERSON["freja"].email, "days": 3, "is_required": 1},
			{
				"review_function": "Finance",
				"reviewer": data.PERSON["henrik"].email,
				"days": 0,
				"is_required": 1,
			},
		],
	)
	with acting_as("sofie"):
		contracts_api.take_step(name, "send_for_review")
	with acting_as("freja"):
		(row,) = (row for row in api.contract_questions(name)["reviews"] if row["review_function"] == "Legal")
		api.answer_review(name, row["row"], "Agreed with Remarks", "The venue should be Aarhus next time.")
