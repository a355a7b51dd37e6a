"""What a collector has in front of them about one customer of the worklist: numbers to call, what is open, what to say, and
what happened before (requirements §3). Reads only."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, get_datetime, get_fullname, getdate

from b2b_contracts import permissions
from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import dunning
from b2b_contracts.engine import worklist as engine
from b2b_contracts.engine.money import ZERO

from . import call_scripts, call_sheets, dunning_reasons, worklist
from .worklist import Entry

MOST_EVENTS = 40


def sheet(customer: str, company: str, on: date | None = None) -> dict:
	"""Return `{phones, items, script, situation, history}` of a customer; see `worklist_api.customer`."""
	entry = worklist.entry(company, customer, on)
	return {
		"phones": call_sheets.phones(customer),
		"items": items(entry),
		"situation": situation(entry),
		"script": script(entry, company),
		"history": history(customer, company),
	}


def items(entry: Entry) -> list[dict]:
	"""Return what is open, item by item, the oldest first."""
	currency_of = {item.key: account.currency for account in entry.accounts for item in account.account.items}
	rows = []
	for part, _rate in sorted(entry.parts, key=lambda pair: (pair[0].item.due, pair[0].item.invoice)):
		currency = currency_of[part.item.key]
		rows.append(
			{
				"sales_invoice": part.item.invoice,
				"due_date": str(part.item.due),
				"days": part.days,
				"outstanding": number(part.item.open_amount),
				"chased": number(part.chased),
				"left_out": dunning_reasons.left_out(part, currency) if part.left_out else "",
				"currency": currency,
			}
		)
	return rows


# ------------------------------------------------------------------ what to say
def situation(entry: Entry) -> str:
	"""Return which script fits: what was not kept before what is merely late."""
	reason = entry.action.reason
	if reason == engine.BROKEN_PROMISE:
		return call_scripts.BROKEN_PROMISE
	if reason == engine.MISSED_INSTALMENT:
		return call_scripts.MISSED_INSTALMENT
	if reason in (engine.UNANSWERED_DISPUTE, engine.IN_DISPUTE):
		return call_scripts.OPEN_DISPUTE
	return call_scripts.OVERDUE if entry.debt.chased else call_scripts.NOT_DUE


def script(entry: Entry, company: str) -> list[str]:
	"""Return what to say, a sentence each, in the customer's language; where nobody has written that, what every call says."""
	values = placeholders(entry, company)
	lines = call_scripts.lines_for(situation(entry), entry.known.language, values)
	return lines or call_sheets.script(entry.customer, company, items(entry))


def placeholders(entry: Entry, company: str) -> dict[str, str]:
	"""Return what a script may name (`call_scripts.PLACEHOLDERS`), as text; what there is nothing to say of is empty."""
	late = [part for part, _rate in entry.parts if part.days > 0 and part.chased]
	oldest = min(late, key=lambda part: (part.item.due, part.item.invoice), default=None)
	unkept, currency = entry.unkept, company_currency(company)
	disputed = entry.left_out.get(dunning.DISPUTED, ZERO)

	def text(amount) -> str:
		return wording.money_text(amount, currency) if amount else ""

	return {
		"customer_name": entry.known.customer_name,
		"company": company,
		"collector": get_fullname(entry.known.collector or frappe.session.user),
		"amount": text(entry.debt.chased),
		"count": str(len({part.item.invoice for part in late}) or ""),
		"oldest_invoice": oldest.item.invoice if oldest else "",
		"oldest_due_date": formatdate(oldest.item.due) if oldest else "",
		"days": str(entry.days or ""),
		"promised_amount": wording.money_text(unkept.amount, unkept.currency) if unkept else "",
		"promised_date": formatdate(unkept.until) if unkept else "",
		"missed_date": formatdate(entry.known.missed_on) if entry.known.missed_on else "",
		"disputed_amount": text(disputed),
		"left_out": text(sum(entry.left_out.values(), ZERO)),
	}


# ------------------------------------------------------------------ what happened before
def history(customer: str, company: str) -> list[dict]:
	"""Return what happened with a customer, the newest first: contacts, promises, disputes, plans, reminders, cases, and what
	came in and was stopped: `[{on, by, doctype, name, text}]`."""
	events = [
		*call_sheets.history(customer, company, MOST_EVENTS),
		*_payments(customer, company),
		*_holds(customer, company),
	]
	events.sort(key=lambda event: (str(get_datetime(event["on"])), event["name"]), reverse=True)
	return events[:MOST_EVENTS]


def _payments(customer: str, company: str) -> list[dict]:
	# What came in is what a call is about, also for who may not open Payment Entries, in which salaries are too.
	may_open = frappe.has_permission("Payment Entry", "read")
	if not may_open and not permissions.sees_everything():
		return []
	rows = frappe.get_all(
		"Payment Entry",
		filters={
			"party_type": "Customer",
			"party": customer,
			"company": company,
			"docstatus": 1,
			"payment_type": "Receive",
		},
		fields=["name", "owner", "posting_date", "paid_amount", "paid_from_account_currency"],
		order_by="posting_date desc, creation desc",
		limit=MOST_EVENTS,
	)
	return [
		_event(
			row.posting_date,
			row.owner,
			"Payment Entry" if may_open else "",
			row.name,
			_("Paid: {0}").format(wording.money_text(money(row.paid_amount), row.paid_from_account_currency)),
		)
		for row in rows
	]


def _holds(customer: str, company: str) -> list[dict]:
	if not frappe.has_permission("Credit Hold", "read"):
		return []
	rows = frappe.get_all(
		"Credit Hold",
		filters={"customer": customer, "company": company},
		fields=["name", "owner", "creation", "action", "status", "reference_name"],
		order_by="creation desc",
		limit=MOST_EVENTS,
	)
	return [
		_event(
			row.creation,
			row.owner,
			"Credit Hold",
			row.name,
			" · ".join(
				(
					_(row.action, context="Credit Hold"),
					_(row.status, context="Credit Hold"),
					row.reference_name or "",
				)
			),
		)
		for row in rows
	]


def _event(on, by: str, doctype: str, name: str, text: str) -> dict:
	moment = get_datetime(on) if not isinstance(on, str) else get_datetime(getdate(on))
	return {"on": str(moment), "by": get_fullname(by), "doctype": doctype, "name": name, "text": text}
