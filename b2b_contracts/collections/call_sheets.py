"""What whoever calls a customer has in front of them: numbers, what is open now, what to say, what was said before
(requirements §3). Reads only."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, get_datetime, get_fullname, getdate

from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import collection_cases as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.promises import BROKEN, PARTLY

from . import standings
from .invoices import currency_of, seen

MOST_EVENTS = 30


def sheet(customer: str, company: str, names: Collection[str] = (), kind: str = "") -> dict:
	"""Return a call sheet: `{customer_name, phones: [{name, phone, email}], items: [{sales_invoice, due_date, days,
	outstanding, chased, left_out, currency}], total: [{currency, amount}], script: [sentence], history: [{on, by, doctype,
	name, text}]}`. Without `names` it is about everything that is open."""
	items = _items(customer, company, names)
	return {
		"customer_name": frappe.db.get_value("Customer", customer, "customer_name"),
		"phones": phones(customer),
		"items": items,
		"total": _totals(items),
		"script": script(customer, company, items),
		"history": history(customer, company),
	}


def _items(customer: str, company: str, names: Collection[str]) -> list[dict]:
	names = list(names) or [row.name for row in standings.open_invoices(customer, company)]
	found, standing = seen(names), standings.of(customer, company, names)
	rows = []
	for name in sorted(standing, key=lambda n: (getdate(found[n].due_date), n)):
		chosen = engine.choose(standing[name])
		rows.append(
			{
				"sales_invoice": name,
				"due_date": str(found[name].due_date),
				"days": (getdate() - getdate(found[name].due_date)).days,
				"outstanding": number(standing[name].outstanding),
				"chased": number(chosen.principal),
				"left_out": standings.left_out_text(chosen, currency_of(found[name])),
				"currency": currency_of(found[name]),
			}
		)
	return rows


def _totals(items: list[dict]) -> list[dict]:
	found: dict[str, Decimal] = {}
	for item in items:
		found[item["currency"]] = found.get(item["currency"], ZERO) + money(item["chased"])
	return [{"currency": currency, "amount": number(amount)} for currency, amount in sorted(found.items())]


def phones(customer: str) -> list[dict]:
	"""Return who at a customer can be called: `[{name, phone, email}]`, those of accounts payable first."""
	link, contact = frappe.qb.DocType("Dynamic Link"), frappe.qb.DocType("Contact")
	rows = (
		frappe.qb.from_(link)
		.join(contact)
		.on(contact.name == link.parent)
		.select(contact.name, contact.first_name, contact.last_name, contact.phone, contact.mobile_no)
		.select(contact.email_id)
		.where((link.parenttype == "Contact") & (link.link_doctype == "Customer"))
		.where(link.link_name == customer)
		.orderby(contact.name)
		.run(as_dict=True)
	)
	payers = set(
		frappe.get_all(
			"Contact Role",
			filters={"parent": ["in", [row.name for row in rows] or [""]], "role": "Accounts Payable"},
			pluck="parent",
		)
	)
	rows.sort(key=lambda row: row.name not in payers)
	return [
		{
			"name": " ".join(filter(None, (row.first_name, row.last_name))),
			"phone": row.phone or row.mobile_no or "",
			"email": row.email_id or "",
		}
		for row in rows
	]


# ------------------------------------------------------------------ what to say
def script(customer: str, company: str, items: list[dict]) -> list[str]:
	"""Return what to say, a sentence each: what is open, what was promised and not kept, what to ask for."""
	late = [item for item in items if item["days"] > 0 and item["chased"]]
	coming = [item for item in items if item["days"] <= 0 and item["chased"]]
	said = [_("Ask for whoever pays the invoices, and say who you are and which company you call for.")]
	if len(late) == 1:
		said.append(
			_("Invoice {0} is overdue since {1}: {2}.").format(
				late[0]["sales_invoice"], formatdate(late[0]["due_date"]), _sum_text(late)
			)
		)
	elif late:
		said.append(
			_("{0} invoices are overdue, together {1}; the oldest, {2}, since {3}.").format(
				len(late), _sum_text(late), late[0]["sales_invoice"], formatdate(late[0]["due_date"])
			)
		)
	elif coming:
		said.append(
			_(
				"Nothing is overdue yet. {0} falls due on {1}: ask whether the invoice has arrived and is right."
			).format(_sum_text(coming), formatdate(coming[0]["due_date"]))
		)
	elif items:
		said.append(_("Nothing can be asked for now: thank them, and ask whether all is in order."))
	broken = _last_broken(customer, company)
	if broken:
		said.append(
			_("They promised {0} by {1} and have not kept it: ask what came in between.").format(
				wording.money_text(money(broken.amount), broken.currency), formatdate(broken.promised_date)
			)
		)
	if any(item["left_out"] for item in items):
		said.append(_("Do not ask for what is left out below: it is disputed, agreed or on its way."))
	said.append(_("Ask for an amount and a day, and repeat both. If they cannot, offer a payment plan."))
	said.append(_("If something is wrong with an invoice, note a dispute now: the rest of it stays due."))
	return said


def _sum_text(items: list[dict]) -> str:
	return " + ".join(
		wording.money_text(money(total["amount"]), total["currency"]) for total in _totals(items)
	)


def _last_broken(customer: str, company: str) -> frappe._dict | None:
	rows = frappe.get_all(
		"Promise to Pay",
		filters={"customer": customer, "company": company, "status": ["in", (BROKEN, PARTLY)]},
		fields=["amount", "currency", "promised_date"],
		order_by="promised_date desc",
		limit=1,
	)
	return rows[0] if rows else None


# ------------------------------------------------------------------ what was said before
def history(customer: str, company: str, most: int = MOST_EVENTS) -> list[dict]:
	"""Return what happened with a customer before, the newest first: contacts, promises, disputes, plans, reminders."""
	of = {"customer": customer, "company": company}
	events = [
		*_contacts(of, most),
		*_documents("Promise to Pay", of, most, "made_on", ("amount", "promised_date")),
		*_documents("Dispute", of, most, "opened_on", ("disputed_amount",)),
		*_documents("Payment Plan", of, most, "creation", ("total_amount",)),
		*_documents("Dunning Notice", {**of, "status": "Sent"}, most, "sent_on", ("amount_due",)),
		*_documents("Dunning", {**of, "docstatus": 1}, most, "posting_date", ("grand_total",)),
		*_documents("Collection Case", of, most, "creation", ("total_amount",)),
	]
	events.sort(key=lambda event: (event["on"], event["name"]), reverse=True)
	return events[:most]


def _contacts(of: dict, most: int) -> list[dict]:
	task, row = frappe.qb.DocType("Collection Task"), frappe.qb.DocType("Collection Contact")
	rows = (
		frappe.qb.from_(row)
		.join(task)
		.on(task.name == row.parent)
		.select(task.name, row.contacted_on, row.contacted_by, row.spoken_with, row.outcome, row.note)
		.where((task.customer == of["customer"]) & (task.company == of["company"]))
		.orderby(row.contacted_on, order=frappe.qb.desc)
		.limit(most)
		.run(as_dict=True)
	)
	return [
		_event(
			row.contacted_on,
			row.contacted_by,
			"Collection Task",
			row.name,
			" · ".join(filter(None, (_(row.outcome, context="Collection Task"), row.spoken_with, row.note))),
		)
		for row in rows
	]


def _documents(doctype: str, filters: dict, most: int, on: str, shown: tuple[str, ...]) -> list[dict]:
	rows = frappe.get_all(
		doctype,
		filters=filters,
		fields=list(dict.fromkeys(("name", "owner", "status", "currency", on, *shown))),
		order_by=f"{on} desc",
		limit=most,
	)
	found = []
	for row in rows:
		amount = wording.money_text(money(row[shown[0]]), row.currency) if row.currency else ""
		until = formatdate(row[shown[1]]) if len(shown) > 1 else ""
		words = (_(doctype), _(row.status, context=doctype), amount, until)
		found.append(_event(row[on], row.owner, doctype, row.name, " · ".join(filter(None, words))))
	return found


def _event(on, by: str, doctype: str, name: str, text: str) -> dict:
	moment: datetime = get_datetime(on)
	return {"on": str(moment), "by": get_fullname(by), "doctype": doctype, "name": name, "text": text}
