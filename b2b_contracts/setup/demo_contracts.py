"""Contracts of the demo company, one in each state that somebody has to do something about.

Each step by who would take it, with the same calls as the desk.
"""

from dataclasses import dataclass, field

import frappe
from frappe.utils import add_days, add_months, nowdate

from b2b_contracts import contracts_api as api
from b2b_contracts.contracts import watching
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say

# What each contract goes through, one after another.
REVIEW, APPROVED, SENT, SIGNED = ("review",), ("review", "approve"), ("review", "approve", "send"), ("sign",)
ALL = (*SENT, *SIGNED)


@dataclass(frozen=True, slots=True)
class Deal:
	"""A contract: with whom, of which type, when it started (months ago) and when its first period ends (days from today)."""

	key: str
	customer: str
	title: str
	contract_type: str
	value: int
	started: int = 0
	ends_in: int = 0
	steps: tuple[str, ...] = ()
	fields: dict = field(default_factory=dict)
	notice: tuple[str, str] | None = None


DEALS = (
	Deal("request", "fjordlund", "Frame agreement for the new plant", "Frame Agreement", 900_000, fields={"status": "Request", "need": "One price list and one delivery term for three plants."}),
	Deal("review", "sundmark", "Frame agreement 2027", "Frame Agreement", 1_200_000, steps=REVIEW),
	Deal("sent", "fjordlund", "Service of the warehouse scales", "Service Agreement", 240_000, steps=SENT, fields={"data_processing_agreement": "Not Needed"}),
	# With 90 days' notice and a lead of 30 days: three weeks left, and a month too late.
	Deal("to-act", "sundmark", "Frame agreement", "Frame Agreement", 1_500_000, 24, 141, ALL),
	Deal("too-late", "fjordlund", "Frame agreement", "Frame Agreement", 600_000, 24, 60, ALL),
	Deal("ending", "fjordlund", "Maintenance of the racks", "Service Agreement", 180_000, 18, 200, ALL, {"data_processing_agreement": "Not Needed"}, ("Received from Customer", "They do it themselves from next year on.")),
	Deal("expired", "sundmark", "Confidentiality before the tender", "Confidentiality Agreement", 0, 8, -10, ALL),
)  # fmt: skip


def agree(made: Made) -> None:
	"""Enter the contracts and take each as far as it is."""
	for deal in DEALS:
		enter(made, deal)
		made.keep()
	say(f"  {len(DEALS)} contracts")


def enter(made: Made, deal: Deal) -> None:
	"""Enter a contract and take it as far as it is."""
	kind_renews = deal.contract_type != "Confidentiality Agreement"
	term = {"first_end_date": add_days(nowdate(), deal.ends_in)} if deal.ends_in else {"initial_months": 36}
	with acting_as("sofie"):
		doc = made.new(
			"B2B Contract",
			title=deal.title,
			customer=made.names[f"customer:{deal.customer}"],
			company=data.COMPANY,
			currency=data.CURRENCY,
			contract_type=deal.contract_type,
			confidentiality="Internal",
			start_date=add_months(nowdate(), -deal.started),
			duration_type="Auto-renewing" if kind_renews else "Fixed",
			renewal_months=12 if kind_renews else 0,
			annual_value=deal.value,
			**{"payment_terms_template": "Net 45", "governing_law": "Denmark", **term, **deal.fields},
		)
	made.names[f"contract:{deal.key}"] = doc.name
	for step in deal.steps:
		take(made, doc.name, step)
	if deal.notice:
		kind, reason = deal.notice
		with acting_as("freja"):
			api.terminate_contract(doc.name, kind, nowdate(), reason)
	if SIGNED[0] in deal.steps:
		watching.watch(doc.name)


def take(made: Made, name: str, step: str) -> None:
	"""Take a step of a contract as whoever would."""
	if step == "review":
		with acting_as("sofie"):
			api.take_step(name, "send_for_review")
	elif step == "approve":
		_tick(name)
		with acting_as("freja"):
			api.take_step(name, "approve")
	elif step == "send":
		with acting_as("freja"):
			api.take_step(name, "send_for_signature")
	else:
		sign(made, name)


def _tick(name: str) -> None:
	with acting_as("nina"):
		doc = frappe.get_doc("B2B Contract", name)
		for row in doc.compliance:
			row.is_done = 1
		doc.save()


def sign(made: Made, name: str, on: str | None = None) -> None:
	"""Record that a contract was signed, today where no day is given."""
	with acting_as("freja"):
		file = made.new(
			"File",
			file_name=f"{name}-signed.txt",
			is_private=1,
			content=f"Contract {name}, signed by both parties.",
		)
		rows = [
			{"signatory_name": "Karen Juhl", "signs_for": "Us", "position": "CFO"},
			{"signatory_name": "The customer's director", "signs_for": "Customer", "position": "Director"},
		]
		api.record_signing(name, on or nowdate(), file.file_url, rows)
