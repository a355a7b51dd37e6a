"""Texts of contracts for the demo: a template in two versions, a contract that took what we offer instead, and one whose deviation
from a must-clause waits for the CFO."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import contract_texts_api as texts
from b2b_contracts import contracts_api as api
from b2b_contracts.contracts.clauses import TEMPLATE
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say
from b2b_contracts.standard_clauses import (
	QUESTION_CAP,
	QUESTION_CONFIDENTIALITY,
	QUESTION_LAW,
	QUESTION_MONTHS,
	QUESTION_NOTICE,
	QUESTION_SCOPE,
	QUESTION_TERMS,
	QUESTION_VALUE,
	QUESTION_WARRANTY,
)

NAME = "Frame Agreement for the Building Trade"
CLAUSES = (
	*("Parties", "Scope", "Prices", "Price Adjustment", "Payment", "Late Interest", "Delivery"),
	*(
		"Retention of Title",
		"Warranty",
		"Limitation of Liability",
		"Confidentiality",
		"Force Majeure",
		"Term and Renewal",
	),
	*("Termination", "Law and Disputes"),
)
OPTIONAL = ("Insurance", "Audit")


def write(made: Made) -> None:
	"""Write a template, its second version, and two contracts from it. Left out where the standard clauses are gone."""
	there = set(frappe.get_all("Contract Clause", pluck="name"))
	if not there.issuperset((*CLAUSES, *OPTIONAL)) or not frappe.db.exists(
		"Contract Type", "Frame Agreement"
	):
		return
	template = _template(made)
	_fallback(made, template)
	_deviation(made, template)
	made.keep()
	say("  a contract template in two versions, and 2 contracts from it")


def _template(made: Made) -> str:
	with acting_as("freja"):
		first = made.new(
			TEMPLATE,
			template_name=NAME,
			contract_type="Frame Agreement",
			description="Contractors and builders' merchants who order over some years.",
			clauses=[{"clause": name} for name in CLAUSES],
			questions=[
				*(QUESTION_SCOPE, QUESTION_VALUE, QUESTION_MONTHS, QUESTION_TERMS, QUESTION_NOTICE),
				*(QUESTION_CAP, QUESTION_WARRANTY, QUESTION_CONFIDENTIALITY, QUESTION_LAW),
			],
		)
	with acting_as("henrik"):
		texts.approve_template(first.name)
	with acting_as("freja"):
		second = frappe.get_doc(TEMPLATE, texts.new_template_version(first.name)["name"])
		made.note(TEMPLATE, second.name)
		for name in OPTIONAL:
			second.append("clauses", {"clause": name, "is_optional": 1})
		second.changes = "Insurance and audit are offered, and may be left out."
		second.save()
	with acting_as("henrik"):
		texts.approve_template(second.name)
	return second.name


def _draft(
	made: Made, template: str, key: str, customer: str, title: str, value: int, clauses: list[dict]
) -> str:
	with acting_as("sofie"):
		name = texts.draft_contract(
			template,
			made.names[f"customer:{customer}"],
			data.COMPANY,
			{
				"word:scope_of_supply": "byggematerialer, som Kunden bestiller",
				"annual_value": value,
				"initial_months": 36,
				"payment_terms_template": "Net 30",
				"word:adjustment_notice": 60,
				"liability_cap_percent": 100,
				"warranty_months": 24,
				"confidentiality_years": 3,
				"governing_law": "Denmark",
			},
			clauses,
			title,
			add_days(nowdate(), 30),
			"da",
		)["name"]
	made.note("B2B Contract", name)
	made.names[f"contract:{key}"] = name
	return name


def _fallback(made: Made, template: str) -> None:
	"""The customer got the cap on price adjustments, which nobody has to agree to."""
	_draft(
		made,
		template,
		"fallback",
		"brohoved",
		"Rammeaftale med loft over prisregulering",
		800_000,
		[
			{"clause": "Price Adjustment", "choice": "Fallback", "fallback_number": 1},
			{"clause": "Audit", "choice": "Left Out"},
		],
	)


def _deviation(made: Made, template: str) -> None:
	"""The customer wants no cap on our liability: the CFO has to agree, whatever the contract is worth."""
	name = _draft(
		made,
		template,
		"deviation",
		"kystlyng",
		"Rammeaftale uden ansvarsloft",
		950_000,
		[
			{
				"clause": "Limitation of Liability",
				"choice": "Counterparty",
				"wording": "Leverandøren hæfter uden begrænsning for ethvert tab, som Kunden lider.",
				"reason": "Kunden anvender egne vilkår og vil ikke fravige dem.",
			}
		],
	)
	with acting_as("sofie"):
		api.take_step(name, "send_for_review")
