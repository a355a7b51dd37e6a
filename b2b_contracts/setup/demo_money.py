"""Payment slips that customers of the demo company sent in, and a customer that is insolvent.

Everything is entered by who would do it. Only what time alone can make is written: that a slip came some days ago.
"""

from datetime import timedelta

import frappe
from frappe.model.document import Document
from frappe.utils import getdate, nowdate

from b2b_contracts import collections_api
from b2b_contracts.collections import insolvency, payment_links, payment_slips
from b2b_contracts.engine.payment_slips import ACCEPTED, ARRIVED, NOT_ARRIVED, REJECTED
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade
from b2b_contracts.setup.demo_state import Made, acting_as, say

# How long ago a slip came whose money is here, or should be.
CAME_AGO, WAITED_UNTIL_AGO = 9, 4


def report_insolvency(made: Made) -> None:
	"""Report the insolvency of a customer, before today's orders: theirs is stopped."""
	failure = data.FAILURE
	customer = made.names[f"customer:{failure.customer}"]
	with acting_as("karen"):
		case = made.new(
			"Insolvency Case",
			customer=customer,
			kind=failure.kind,
			insolvent_on=_days_ago(failure.days_ago),
			case_number=failure.case_number,
			court=failure.court,
			trustee=failure.trustee,
			interest_rate=failure.interest_rate,
			retains_title=1,
			evidence=_file("statstidende.txt", failure.evidence),
		)
	made.names["insolvency"] = case.name
	made.keep()
	insolvency.carry_out(case.name)
	say("  1 insolvency reported")


def send_slips(made: Made) -> None:
	"""Report the payment slips, and let each come out as its table says."""
	for proof in data.PROOFS:
		slip = _reported(made, proof)
		made.names[f"slip:{proof.key}"] = slip.name
		if proof.ends in (ACCEPTED, NOT_ARRIVED):
			with acting_as("karen"):
				collections_api.accept_payment_slip(slip.name)
		if proof.ends == REJECTED:
			with acting_as("karen"):
				collections_api.reject_payment_slip(
					slip.name, "Only a screenshot, and the amount is cut off."
				)
		if proof.ends in (ARRIVED, NOT_ARRIVED):
			_date(slip.reload())
		made.keep()
		payment_slips.judge_customer(slip.customer, data.COMPANY)
	_open_links()
	say(f"  {len(data.PROOFS)} payment slips sent in")


def _open_links() -> None:
	"""Let two customers who sent in a slip have looked at the page behind a payment link before."""
	for slip in frappe.get_all(
		"Payment Slip", filters={"company": data.COMPANY}, fields=["customer"], order_by="name", limit=2
	):
		address = payment_links.link_for(customer=slip.customer, company=data.COMPANY)
		if address:
			payment_links.count_click(address.partition("token=")[2])


def _reported(made: Made, proof: data.Proof) -> Document:
	customer = made.names[f"customer:{proof.customer}"]
	invoices = []
	if proof.item is not None:
		invoices = [{"sales_invoice": made.names[demo_trade.open_item_key(proof.customer, proof.item)]}]
	filters = {"party": customer, "docstatus": 1, "paid_amount": proof.amount}
	reference = frappe.db.get_value("Payment Entry", filters, "reference_no")
	with acting_as(proof.by):
		return frappe.get_doc(
			{
				"doctype": "Payment Slip",
				"customer": customer,
				"company": data.COMPANY,
				"amount": proof.amount,
				"value_date": nowdate(),
				"payment_reference": reference,
				"slip_file": _file(
					f"transfer-{proof.key}.txt", f"Transfer of {proof.amount} to {data.COMPANY}"
				),
				"invoices": invoices,
			}
		).insert()


def _date(slip: Document) -> None:
	"""Let a slip have come some days ago, and its money be waited for no more."""
	came = f"{_days_ago(CAME_AGO)} 10:15:00"
	values = {"creation": came, "value_date": came[:10], "wait_until": _days_ago(WAITED_UNTIL_AGO)}
	if slip.answered_on:
		values["answered_on"] = came
	frappe.db.set_value(slip.doctype, slip.name, values, update_modified=False)


def _file(name: str, content: str) -> str:
	"""Return the address of a file; Frappe attaches one that nobody has to the document that names it."""
	file = {"doctype": "File", "file_name": name, "is_private": 1, "content": content}
	return frappe.get_doc(file).insert(ignore_permissions=True).file_url


def _days_ago(days: int):
	return getdate(nowdate()) - timedelta(days)
