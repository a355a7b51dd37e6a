"""What customers of the demo company dispute, what they have agreed to pay in instalments, and whose deliveries stop.

Everything is entered by who would do it and settled as it would be. Only what time alone can make is written: that
something was entered, noted or agreed on so many days ago.
"""

from datetime import date, timedelta

import frappe
from frappe.model.document import Document
from frappe.utils import getdate, nowdate

from b2b_contracts import api, collections_api
from b2b_contracts.collections import dispute_links, disputes, following, promises
from b2b_contracts.credit import clearing
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade, demo_worklist
from b2b_contracts.setup.demo_state import Made, acting_as, say

# How long after it is due a missed instalment breaks a plan at the latest, with public holidays.
BROKEN_AFTER = 12


def open_claims(made: Made) -> None:
	"""Enter the disputes, and the payment plans that were agreed before today's orders."""
	for claim in data.CLAIMS:
		_dispute(made, claim)
		made.keep()
	for agreement in data.AGREEMENTS:
		if agreement.agreed_ago or not agreement.is_begun:
			_agree(made, agreement)
	say(f"  {len(data.CLAIMS)} disputes opened")


def follow_up(made: Made) -> None:
	"""Agree on what the orders wait for, and look at every customer as the night would: whose deliveries stop?"""
	for agreement in data.AGREEMENTS:
		if agreement.is_begun and not agreement.agreed_ago:
			_agree(made, agreement)
	for word in data.WORDS:
		_promise(made, word)
	demo_worklist.work(made)
	for customer in data.CUSTOMERS:
		if customer.segment:
			clearing.clear_waiting(made.names[f"customer:{customer.key}"], data.COMPANY)
	say(f"  {len(data.AGREEMENTS)} payment plans agreed")


# ------------------------------------------------------------------ disputes
def _dispute(made: Made, claim: data.Claim) -> None:
	invoice = made.names[demo_trade.open_item_key(claim.customer, claim.item)]
	if claim.email:
		made.names[f"dispute:{claim.key}"] = _entered_by_link(invoice, claim)
		return
	rows = [{"sales_invoice": invoice, "disputed_amount": claim.amount}]
	with acting_as(claim.by):
		if not claim.opened_ago:
			name = collections_api.report_dispute(rows, claim.root_cause, claim.description)["name"]
		else:
			name = _entered_later(rows, claim)
		made.names[f"dispute:{claim.key}"] = name
		if claim.note:
			collections_api.add_dispute_entry(name, "Note", claim.note, claim.turn)
	if claim.opened_ago:
		_date_dispute(frappe.get_doc("Dispute", name), claim)
	if claim.ends:
		_settle(name, *claim.ends)


def _entered_by_link(invoice: str, claim: data.Claim) -> str:
	"""Let the customer dispute an invoice by the link in our mail; returns the dispute's name."""
	token = dispute_links.b2b_dispute_link(invoice).split("token=")[1]
	frappe.set_user("Guest")
	try:
		dispute_links.submit(token, str(claim.amount), claim.root_cause, claim.description, claim.email)
	finally:
		frappe.set_user("Administrator")
	return frappe.db.get_value("Dispute", {"link_key": invoice})


def _entered_later(rows: list[dict], claim: data.Claim) -> str:
	"""Take up a dispute that the customer raised some days ago; returns its name."""
	dispute = disputes.new(rows, claim.root_cause, claim.description)
	dispute.opened_on = _days_ago(claim.opened_ago)
	dispute.insert()
	dispute.submit()
	return dispute.name


def _date_dispute(dispute: Document, claim: data.Claim) -> None:
	"""Let a dispute have been entered when it was opened, and have stood still since."""
	opened, moved = (
		f"{_days_ago(days)} 09:30:00" for days in (claim.opened_ago, claim.stands_still or claim.opened_ago)
	)
	values = {"creation": opened, "last_progress_on": moved[:10]}
	if dispute.first_response_on:
		values["first_response_on"] = moved
	_date(dispute, **values)
	for row in dispute.progress:
		_date(row, noted_on=moved)


def _settle(dispute: str, how: str, user: str = "jens", resolution: str = "") -> None:
	with acting_as(user):
		if how == "reject":
			collections_api.settle_dispute(dispute, "Resolved: Rejected", resolution)
		else:
			credit_note = frappe.get_doc(collections_api.make_credit_note(dispute))
			credit_note.insert()
			credit_note.submit()


# ------------------------------------------------------------------ payment plans
def _agree(made: Made, agreement: data.Agreement) -> None:
	"""Agree on a plan: the collector makes it, the credit manager approves it, accounts get the first instalment."""
	customer = made.names[f"customer:{agreement.customer}"]
	with acting_as("peter"):
		plan = frappe.get_doc(api.make_payment_plan(customer, data.COMPANY))
		plan.update(
			{
				"reason": agreement.reason,
				"number_of_instalments": 3,
				"first_instalment_date": _days_ago(-agreement.first_in),
			}
		)
		plan.insert()
	made.names[f"plan:{agreement.key}"] = plan.name
	if not agreement.is_approved:
		return
	with acting_as("lars"):
		plan = frappe.get_doc("Payment Plan", plan.name)
		plan.submit()
	if agreement.is_begun:
		paid_on = _days_ago(max(0, agreement.agreed_ago - 2))
		demo_trade.pay_invoice(plan.invoices[0].sales_invoice, paid_on, plan.instalments[0].amount)
	_catch_up(made, customer)
	if agreement.agreed_ago:
		_date_plan(plan.reload(), agreement.agreed_ago)
		for row in plan.instalments[1:] if agreement.is_kept else ():
			demo_trade.pay_invoice(plan.invoices[0].sales_invoice, row.due_date, row.amount)
		_catch_up(made, customer)
		_date_end(plan.reload())
		made.keep()


def _date_plan(plan: Document, days: int) -> None:
	"""Let a plan have been agreed some days ago, and its first instalment have been paid two days later."""
	agreed, active = f"{_days_ago(days)} 11:00:00", f"{_days_ago(days - 2)} 14:00:00"
	_date(
		plan,
		creation=agreed,
		approved_on=agreed,
		activated_on=active[:10],
		first_instalment_date=plan.first_instalment_date - timedelta(days),
		last_instalment_date=plan.last_instalment_date - timedelta(days),
	)
	for row in plan.instalments:
		_date(row, due_date=row.due_date - timedelta(days))
	for comment, at in zip(_notes_of(plan), (agreed, active), strict=True):
		_date(comment, creation=at)


def _date_end(plan: Document) -> None:
	"""Let a plan have been completed with its last instalment, or broken when its grace was over."""
	if plan.status == "Completed":
		_date(plan, completed_on=plan.instalments[-1].due_date)
		_date(_notes_of(plan)[-1], creation=f"{plan.instalments[-1].due_date} 15:00:00")
		return
	missed = next(row for row in plan.instalments if row.status == "Missed")
	broken = f"{missed.due_date + timedelta(BROKEN_AFTER)} 02:00:00"
	_date(plan, broken_on=broken[:10])
	_date(_notes_of(plan)[-1], creation=broken)


def _notes_of(plan: Document) -> list[Document]:
	"""Return what a plan has noted about itself, the earliest first."""
	filters = {"reference_doctype": plan.doctype, "reference_name": plan.name, "comment_type": "Info"}
	names = frappe.get_all("Comment", filters=filters, order_by="creation", pluck="name")
	return [frappe.get_doc("Comment", name) for name in names]


# ------------------------------------------------------------------ promises
def _promise(made: Made, word: data.Word) -> None:
	"""Let the collector note what a customer has promised, and judge it by what came in."""
	with acting_as("peter"):
		promise = frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": made.names[f"customer:{word.customer}"],
				"company": data.COMPANY,
				"sales_invoice": made.names[demo_trade.open_item_key(word.customer, 0)],
				"amount": word.amount,
				"promised_date": max(getdate(nowdate()), _days_ago(-word.due_in)),
				"channel": "Phone",
			}
		).insert()
		made.names[f"promise:{word.customer}"] = promise.name
		if word.ends == "Withdrawn":
			collections_api.withdraw_promise(promise.name, "Wants a payment plan instead.")
	made_on = _days_ago(word.made_ago)
	_date(
		promise,
		creation=f"{made_on} 10:00:00",
		made_on=made_on,
		promised_date=_days_ago(-word.due_in),
	)
	made.keep()
	promises.judge_customer(promise.customer, data.COMPANY)


def _catch_up(made: Made, customer: str) -> None:
	"""Do now what a worker does when a payment is committed: there may be none yet."""
	made.keep()
	following.catch_up(customer, data.COMPANY)
	clearing.clear_waiting(customer, data.COMPANY)


# ------------------------------------------------------------------ dates
def _days_ago(days: int) -> date:
	return getdate(nowdate()) - timedelta(days)


def _date(doc: Document, **dates) -> None:
	frappe.db.set_value(doc.doctype, doc.name, dates, update_modified=False)
