"""What a customer sees of its account in the portal, in words: open items, interest, reminders, charges, what it has asked for.

Reads only. Whose account it is was checked by `portal_access`. Nothing here tells of ratings, limits, insurance or others.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, formatdate, getdate

from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine.disputes import RUNNING
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.statements import Item
from b2b_contracts.exceptions import JurisdictionError

from . import (
	dunning_charges,
	interest_letters,
	interest_statements,
	invoices,
	payment_links,
	payment_references,
	portal_actions,
	portal_plans,
	promises,
	split_links,
	statement_letters,
	statements,
)
from .dispute_links import whom_to_ask
from .dunning_notices import NOTICE, SENT
from .invoices import INVOICE
from .portal_access import Account
from .statements import Part, Statement

# So many lines are on the page; the PDF has them all.
SHOWN = 300
DAYS_OF_MOVEMENTS = 90


# ------------------------------------------------------------------ the whole page
def shown(account: Account) -> dict:
	"""Return what the page of an account shows."""
	today = getdate()
	statement = statements.open_items(account.customer, account.company, today)
	names = list(
		dict.fromkeys(
			item.name
			for part in statement.parts
			for item in part.items
			if item.doctype == INVOICE and item.amount > 0
		)
	)
	found = invoices.seen(names)
	interest = _interest(found, _overdue_among(statement), today)
	return {
		"customer_name": account.customer_name,
		"company": account.company,
		"as_of": formatdate(today),
		"parts": [_part(account, statement, part, found, interest) for part in statement.parts],
		"is_settled": statement.is_settled,
		"pay_link": payment_links.link_for(customer=account.customer, company=account.company) or "",
		"whom_to_ask": whom_to_ask(account.company),
		"reminders": _reminders(account),
		"charges": _charges(account),
		"requests": [*_disputes(account), *_promises(account), *portal_plans.of_account(account)],
		**_offers(account, [found[name] for name in names if name in found]),
	}


def _overdue_among(statement: Statement) -> list[str]:
	"""Return the invoices of which an instalment is overdue, as far as they are on the page."""
	return list(
		dict.fromkeys(
			item.name
			for part in statement.parts
			for item in part.items[:SHOWN]
			if item.doctype == INVOICE and item.days_past_due > 0
		)
	)


# ------------------------------------------------------------------ open items
def _part(account: Account, statement: Statement, part: Part, found: Mapping, interest: Mapping) -> dict:
	items = part.items[:SHOWN]
	rows = [_item(statement, part, item, found, interest) for item in items]
	shown_interest = sum((row["interest_amount"] for row in rows), ZERO)
	return {
		"currency": part.currency,
		"balance": wording.money_text(part.closing, part.currency),
		"overdue": wording.money_text(part.overdue, part.currency),
		"is_overdue": part.overdue > 0,
		"interest": wording.money_text(shown_interest, part.currency) if shown_interest else "",
		"items": rows,
		"more": len(part.items) - len(items),
		"lines": payment_references.payment_lines(account.company, part.currency, None),
	}


def _item(statement: Statement, part: Part, item: Item, found: Mapping, interest: Mapping) -> dict:
	is_claim = item.amount > 0
	explained = interest.get((item.name, item.due)) if is_claim else None
	return {
		"kind": statement_letters.kind_text(item.kind),
		"name": item.name,
		"is_invoice": item.doctype == INVOICE,
		"known_by": statement.known_by.get((item.doctype, item.name), ""),
		"posted": formatdate(item.posted),
		"due": formatdate(item.due) if is_claim else "",
		"days": item.days_past_due if is_claim else 0,
		"amount": wording.money_text(item.amount, part.currency),
		"aside": statement_letters.aside_texts(item.aside, item.amount, part.currency),
		"reference": statement.references.get(item.name, "") if is_claim else "",
		"is_open_invoice": is_claim and item.name in found,
		"interest": interest_letters.told(explained) if explained else None,
		"interest_amount": explained.statement.total if explained else ZERO,
	}


def _interest(found: Mapping[str, frappe._dict], names: list[str], today: date) -> dict[tuple, object]:
	"""Return the interest that has run on overdue instalments, by invoice and due date: of what is neither disputed nor in a
	plan. Without a law of interest there is none to explain."""
	aside = {
		name: money(found[name].b2b_disputed_amount) + money(found[name].b2b_planned_amount)
		for name in names
		if name in found
	}
	try:
		explained = interest_statements.explained(list(aside), today, aside)
	except JurisdictionError:
		frappe.clear_last_message()
		return {}
	return {
		(one.debt.invoice, one.debt.due): one
		for one in explained
		if one.statement.segments or one.statement.gaps
	}


# ------------------------------------------------------------------ what can be done
def _offers(account: Account, open_invoices: list[frappe._dict]) -> dict:
	"""Return what the forms of the page offer: `promise` and `plan` None where they are not offered, `disputable` the invoices
	that can be disputed or added to."""
	ahead = portal_actions.days_ahead(account)
	last = getdate(add_days(getdate(), ahead))
	return {
		"first_day": str(getdate()),
		"last_day": str(last),
		"last_day_text": formatdate(last),
		"promise": _promise_offer(account, open_invoices) if ahead else None,
		"plan": _plan_offer(account) if ahead else None,
		"disputable": _disputable(open_invoices),
	}


def _promise_offer(account: Account, open_invoices: list[frappe._dict]) -> dict | None:
	why = portal_actions.why_no_promise(account, open_invoices)
	free = [facts for facts in open_invoices if why[facts.name] is None]
	if not free:
		return None
	names = set(portal_actions.overdue(account)) & {facts.name for facts in free}
	sums: dict[str, Decimal] = {}
	for facts in free:
		if facts.name in names:
			currency = invoices.currency_of(facts)
			sums[currency] = sums.get(currency, ZERO) + portal_actions.free_of(facts)
	return {
		"invoices": [_choice(facts) for facts in free],
		"overdue_count": len(names),
		"overdue": statement_letters.balance_text(sums),
	}


def _plan_offer(account: Account) -> dict | None:
	names = portal_actions.for_a_plan(account)
	if not names or portal_actions.open_request(account):
		return None
	found = invoices.seen(names)
	return {
		"invoices": [_choice(found[name]) for name in names],
		"split_link": split_links.link_for(account),
		"most": portal_actions.most_instalments(account),
		"longest_reason": portal_actions.LONGEST_REASON,
	}


def _disputable(open_invoices: list[frappe._dict]) -> list[dict]:
	running = dict(
		frappe.get_all(
			"Dispute",
			filters={"link_key": ["in", [facts.name for facts in open_invoices] or [""]]},
			fields=["link_key", "name"],
			as_list=True,
		)
	)
	return [
		{**_choice(facts), "dispute": running.get(facts.name, "")}
		for facts in open_invoices
		if running.get(facts.name) or portal_actions.free_of(facts) > 0
	]


def _choice(facts: frappe._dict) -> dict:
	currency, free = invoices.currency_of(facts), portal_actions.free_of(facts)
	return {
		"name": facts.name,
		"free": f"{free:.2f}",
		"currency": currency,
		"text": _("{0}, due {1}: {2}").format(
			facts.name, formatdate(facts.due_date), wording.money_text(free, currency)
		),
	}


# ------------------------------------------------------------------ what was asked for
def _disputes(account: Account) -> list[dict]:
	rows = frappe.get_all(
		"Dispute",
		filters={"customer": account.customer, "company": account.company, "docstatus": ["<", 2]},
		or_filters=[["status", "in", RUNNING], ["link_key", "is", "set"]],
		fields=["name", "opened_on", "disputed_amount", "currency", "docstatus", "next_action_by"],
		order_by="opened_on desc, name desc",
		limit=50,
	)
	names = [row.name for row in rows]
	about = portal_plans.invoices_of("Dispute Invoice", names)
	return [
		{
			"what": _("Your complaint"),
			"name": row.name,
			"day": formatdate(row.opened_on),
			"about": about.get(row.name, ""),
			"amount": wording.money_text(money(row.disputed_amount), row.currency),
			"state": _("We have received it")
			if row.docstatus == 0
			else (
				_("We wait for your answer")
				if row.next_action_by == "Customer"
				else _("We are looking into it")
			),
		}
		for row in rows
	]


def _promises(account: Account) -> list[dict]:
	return [
		{
			"what": _("Promise to pay"),
			"name": row["name"],
			"day": "",
			"about": row["sales_invoice"] or "",
			"amount": wording.money_text(money(row["amount"]), row["currency"]),
			"state": _("To be paid by {0}").format(formatdate(row["promised_date"])),
		}
		for row in promises.open_promises(account.customer, account.company)
	]


# ------------------------------------------------------------------ reminders
def _reminders(account: Account) -> list[dict]:
	rows = frappe.get_all(
		NOTICE,
		filters={"customer": account.customer, "company": account.company, "status": SENT},
		fields=["name", "sent_on", "subject", "deadline", "grand_total", "currency", "sent_by_channel"],
		order_by="sent_on desc, name desc",
		limit=50,
	)
	return [
		{
			"name": row.name,
			"day": formatdate(row.sent_on),
			"channel": _(row.sent_by_channel or ""),
			"subject": row.subject or "",
			"deadline": formatdate(row.deadline) if row.deadline else "",
			"total": wording.money_text(money(row.grand_total), row.currency),
		}
		for row in rows
	]


def _charges(account: Account) -> list[dict]:
	"""Return what reminders have charged and is still asked for."""
	rows = frappe.get_all(
		dunning_charges.CHARGE,
		filters={
			"customer": account.customer,
			"company": account.company,
			"state": dunning_charges.CLAIMED,
			"open_amount": [">", 0],
		},
		fields=["kind", "open_amount", "currency", "claimed_on", "sales_invoice", "notice"],
		order_by="claimed_on, name",
		limit=SHOWN,
	)
	return [
		{
			"kind": _(row.kind, context=dunning_charges.CHARGE),
			"day": formatdate(row.claimed_on) if row.claimed_on else "",
			"about": row.sales_invoice or "",
			"amount": wording.money_text(money(row.open_amount), row.currency),
		}
		for row in rows
	]


# ------------------------------------------------------------------ movements
def movements(account: Account, from_date: str, to_date: str) -> dict:
	"""Return the statement of account from one day to another, in words; what is no day is the last 90 days until today."""
	first, last = days_of(from_date, to_date)
	statement = statements.statement_of_account(account.customer, account.company, first, last)
	return {
		"from_date": str(first),
		"to_date": str(last),
		"title": statement_letters.title_of(statement),
		"parts": [_moved(statement, part) for part in statement.parts],
	}


def _moved(statement: Statement, part: Part) -> dict:
	told = statement_letters.moved_part(statement, part)
	return {**told, "rows": told["rows"][:SHOWN], "more": max(0, len(told["rows"]) - SHOWN)}


def days_of(from_date: str, to_date: str) -> tuple[date, date]:
	"""Return the days of a statement as they were asked for, within what there can be."""
	today = getdate()
	last = min(_day_or(to_date, today), today)
	first = _day_or(from_date, getdate(add_days(last, -DAYS_OF_MOVEMENTS)))
	return min(first, last), last


def _day_or(text: str, otherwise: date) -> date:
	try:
		return date.fromisoformat(text or "")
	except ValueError:
		return otherwise
