"""Calls that the demo company makes, and debts that it hands over to an agency.

Everything is entered by who would do it. Only what time alone can make is written: that a notice went out some days ago.
"""

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import approvals_api
from b2b_contracts import collection_cases_api as cases_api
from b2b_contracts import collection_tasks_api as tasks_api
from b2b_contracts.collections import collection_cases, following
from b2b_contracts.collections.collection_tasks import About, open_task
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade
from b2b_contracts.setup.demo_data import PERSON
from b2b_contracts.setup.demo_state import Made, acting_as, say

AGENCY = "Nordisk Fordringsservice A/S"
# Owes three small invoices for long, and nobody has assessed it.
SMALL_DEBTOR = "nybaek"
# A day more than the law of Denmark gives: the deadline has passed.
ANNOUNCED_AGO = 11


def work(made: Made) -> None:
	"""Call who is overdue, and hand over what nobody pays."""
	_call(made)
	_hand_over(made)
	say("  5 calls and 9 collection cases")


# ------------------------------------------------------------------ calls
def _call(made: Made) -> None:
	for key, customer, kind, outcome, spoken_with, note in (
		("not-reached", "kystlyng", "Phone Call", "Not Reached", "", "Voicemail, asked them to call back."),
		("open", "hedelund", "Phone Call", "", "", ""),
		("account-manager", "kvistholt", "Account Manager Contact", "", "", ""),
		("refuses", "raevehoej", "Phone Call", "Refuses", "Torben Rævehøj", "Has no money until the season."),
	):
		task = open_task(
			kind,
			made.names[f"customer:{customer}"],
			data.COMPANY,
			about=About("Customer", made.names[f"customer:{customer}"], key),
			due=nowdate(),
			assigned_to=None if kind == "Account Manager Contact" else PERSON["peter"].email,
			reason="Nothing came after the reminder."
			if outcome or key == "open"
			else "Ask before it is due.",
		)
		made.names[f"task:{key}"] = task
		if outcome:
			with acting_as("peter"):
				tasks_api.log_contact(task, outcome, spoken_with, note)
	task = open_task(
		"Send Letter",
		made.names["customer:birkemose"],
		data.COMPANY,
		about=About("Customer", made.names["customer:birkemose"], "cancelled"),
		assigned_to=PERSON["peter"].email,
		reason="Their mailbox is full.",
	)
	with acting_as("peter"):
		tasks_api.cancel_task(task, "The last notice goes by registered letter anyway.")
	made.names["task:cancelled"] = task
	made.keep()


# ------------------------------------------------------------------ hand-over
def _hand_over(made: Made) -> None:
	_propose(made, "draft", "tranesoe", "No answer to three reminders and two calls.")
	announced = _propose(made, "notice-sent", "kystlyng", "Has broken off the talks about the lobby lamps.")
	with acting_as("peter"):
		cases_api.send_notice(announced, "Registered Letter")
	_announced_before(_propose(made, "ready", "raevehoej", "Refuses to pay."), made)
	returned = _announced_before(_propose(made, "returned", "birkemose", "Has moved without a word."), made)
	_given_to_agency(returned)
	with acting_as("peter"):
		cases_api.report_status(returned, "Returned", "NF-20233", "No assets; the address is not known.")
	withdrawn = _propose(made, "cancelled", "birkemose", "Found at a new address.")
	with acting_as("peter"):
		cases_api.withdraw_case(withdrawn, "They called and want to pay.")
	kept_by = _announced_before(_propose(made, "with-agency", "birkemose", "Has not kept its word."), made)
	_given_to_agency(kept_by)
	with acting_as("peter"):
		cases_api.report_status(kept_by, "With Agency", "NF-20417")
	made.keep()
	_hand_over_small_ones(made)


def _hand_over_small_ones(made: Made) -> None:
	"""Hand over an invoice each that the agency has just got, that is paid by now, and that is written off."""
	customer = made.names[f"customer:{SMALL_DEBTOR}"]
	for number, key in enumerate(("handed-over", "paid", "written-off"), 1):
		invoice = made.names[demo_trade.open_item_key(SMALL_DEBTOR, number)]
		with acting_as("peter"):
			case = cases_api.propose_case(customer, data.COMPANY, "Answers no letter.", [invoice])["name"]
		made.names[f"case:{key}"] = case
		_given_to_agency(_announced_before(case, made))
		if key == "paid":
			demo_trade.pay_invoice(invoice, getdate(nowdate()))
		elif key == "written-off":
			_write_off(invoice)
		made.keep()
	# Now, what a worker does later: there may be none yet.
	following.catch_up(customer, data.COMPANY)
	made.keep()


def _write_off(invoice: str) -> None:
	with acting_as("peter"):
		asked = approvals_api.ask(
			"Write-off",
			"Sales Invoice",
			invoice,
			"Costs more than it is worth.",
			{"loss_ground": "Settlement"},
		)
	with acting_as("lars"):
		approvals_api.approve(asked["name"])


def _propose(made: Made, key: str, customer: str, reason: str) -> str:
	debtor = made.names[f"customer:{customer}"]
	# A reminder flow may have proposed it already.
	case = next(iter(collection_cases.open_of(debtor, data.COMPANY)), None)
	if case is None:
		with acting_as("peter"):
			case = cases_api.propose_case(debtor, data.COMPANY, reason)["name"]
	made.names[f"case:{key}"] = case
	return case


def _announced_before(case: str, made: Made) -> str:
	"""Let the last notice of a case have gone out before: by registered letter, with its receipt."""
	with acting_as("peter"):
		receipt = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"receipt-{case}.txt",
				"content": f"Registered letter, {case}, posted at Aarhus C.",
				"attached_to_doctype": "Collection Case",
				"attached_to_name": case,
				"is_private": 1,
			}
		).insert()
		sent_on = str(getdate(add_days(nowdate(), -ANNOUNCED_AGO)))
		cases_api.send_notice(case, "Registered Letter", sent_on, receipt.file_url)
	made.note("File", receipt.name)
	return case


def _given_to_agency(case: str) -> None:
	with acting_as("lars"):
		cases_api.hand_over(case, AGENCY, "sager@nordiskfordring.example.com")
