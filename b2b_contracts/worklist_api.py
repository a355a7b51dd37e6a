"""What the desk and other software may call about the collections worklist. Every method checks permission first and is typed.

Amounts are numbers in the company's currency, those of items in the currency beside them. Errors are Frappe's:
`PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _
from frappe.utils import flt

from b2b_contracts.collection_tasks_api import log_contact as log_in_task
from b2b_contracts.collections import (
	collection_tasks,
	worklist,
	worklist_details,
	worklist_filters,
	worklist_ranking,
	worklist_wording,
)
from b2b_contracts.credit import people
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine.worklist import Weights
from b2b_contracts.permissions import customers_seen, need_company, need_customer

TASK = collection_tasks.TASK


def _need(company: str) -> None:
	frappe.has_permission(TASK, "read", throw=True)
	frappe.has_permission("Customer", "read", throw=True)
	need_company(company)


def _need_customer(customer: str, company: str) -> None:
	_need(company)
	need_customer(customer)


# ------------------------------------------------------------------ the list
@frappe.whitelist()
def entries(company: str, filters: str | dict | None = None, start: int = 0) -> dict:
	"""Return a page of the worklist, the most urgent first. `filters` are `collector` ("-": nobody's customers), `segment`,
	`risk_class`, `situation` (see worklist_ranking.SITUATIONS), `search`, `least_amount` and `least_days`.

	`{company, currency, total, chased, start, length, rows: [{customer, customer_name, collector, segment, risk_class,
	credit_status, chased, disputed, overdue, days, left_out: [text], priority, factors: [{name, label, value, text}], action:
	{kind, label, colour, day, reason, task}, tasks: [{name, kind, due}], last_contact: {on, outcome, by} | None}]}`."""
	_need(company)
	asked = (json.loads(filters) if isinstance(filters, str) else filters) or {}
	page, found = worklist.listed(_filters(company, asked), start)
	return {
		"company": company,
		"currency": company_currency(company),
		"total": page.total,
		"chased": number(page.chased),
		"start": start,
		"length": worklist.LENGTH,
		"rows": _rows(found, company),
	}


def _filters(company: str, asked: dict) -> worklist_ranking.Filters:
	words = ("collector", "segment", "risk_class", "situation", "search")
	return worklist_ranking.Filters(
		company=company,
		names=customers_seen(),
		least_amount=money(flt(asked.get("least_amount"))),
		least_days=int(flt(asked.get("least_days"))),
		**{word: str(asked.get(word) or "").strip() for word in words},
	)


def _rows(entries: list[worklist.Entry], company: str) -> list[dict]:
	contacts = [entry.known.last_contact for entry in entries if entry.known.last_contact]
	users = {*(entry.known.collector for entry in entries), *(contact.by for contact in contacts)}
	names = people.full_names(users)
	weights, currency = worklist.weights(), company_currency(company)
	return [_row(entry, weights, currency, names) for entry in entries]


def _row(entry: worklist.Entry, weights: Weights, currency: str, names: dict[str, str]) -> dict:
	known, action, last = entry.known, entry.action, entry.known.last_contact
	return {
		"customer": entry.customer,
		"customer_name": known.customer_name,
		"collector": known.collector,
		"collector_name": names.get(known.collector, known.collector),
		"segment": known.segment,
		"risk_class": known.risk_class,
		"credit_status": known.credit_status,
		"chased": number(entry.debt.chased),
		"disputed": number(entry.debt.disputed),
		"overdue": number(entry.overdue),
		"days": entry.days,
		"left_out": worklist_wording.left_out(entry.left_out, currency),
		"priority": round(float(entry.priority.value), 1),
		"factors": [
			{
				"name": factor.name,
				"label": worklist_wording.factor_label(factor),
				"value": round(float(factor.value), 2),
				"text": worklist_wording.factor_text(factor, entry.debt, weights, currency),
			}
			for factor in entry.priority.factors
		],
		"action": {
			"kind": action.kind,
			"label": worklist_wording.action_label(action),
			"colour": worklist_wording.COLOURS[action.kind],
			"day": str(action.day) if action.day else None,
			"reason": worklist_wording.action_reason(entry, currency),
			"task": action.task,
		},
		"tasks": [{"name": t.name, "kind": t.kind, "due": str(t.due)} for t in known.tasks],
		"last_contact": {"on": str(last.on), "outcome": last.outcome, "by": names.get(last.by, last.by)}
		if last
		else None,
	}


@frappe.whitelist()
def options(company: str) -> dict:
	"""Return what the page offers: `{collectors: [{user, name}], own_portfolio, situations, segments, saved: [filter], may:
	{log, promise, dispute, plan, hold}, formula}`. `may` says what the user's roles allow; the server decides each time."""
	_need(company)
	# Whoever sees some customers only has no use for the portfolios of others.
	users = worklist.collectors() if customers_seen() is None else []
	names = people.full_names(users)
	return {
		"collectors": [{"user": user, "name": names.get(user, user)} for user in users],
		"own_portfolio": frappe.session.user in users,
		"situations": list(worklist_ranking.SITUATIONS),
		"segments": frappe.get_all("Credit Segment", pluck="name", order_by="name"),
		"saved": worklist_filters.saved(),
		"may": {
			"log": frappe.has_permission(TASK, "create"),
			"promise": frappe.has_permission("Promise to Pay", "create"),
			"dispute": frappe.has_permission("Dispute", "create"),
			"plan": frappe.has_permission("Payment Plan", "create"),
			"settings": frappe.has_permission(worklist.SETTINGS, "write"),
		},
		"formula": worklist_wording.formula(),
	}


@frappe.whitelist()
def customer(customer: str, company: str) -> dict:
	"""Return what a collector has in front of them about a customer: `{row, phones: [{name, phone, email}], items:
	[{sales_invoice, due_date, days, outstanding, chased, left_out, currency}], situation, script: [sentence], history: [{on, by,
	doctype, name, text}]}`; `row` is that of the list."""
	_need_customer(customer, company)
	(row,) = _rows([worklist.entry(company, customer)], company)
	return {"row": row, **worklist_details.sheet(customer, company)}


# ------------------------------------------------------------------ what came of it
@frappe.whitelist(methods=["POST"])
def log_contact(
	customer: str,
	company: str,
	outcome: str,
	task: str | None = None,
	spoken_with: str = "",
	note: str = "",
	retry_on: str | None = None,
	values: str | dict | None = None,
) -> dict:
	"""Log a contact with a customer in one of their open tasks, or in a new one about everything that is open, and make what
	came of it. `outcome` and `values` are those of `collection_tasks_api.log_contact`. Returns `{name, status, due_date,
	result_doctype, result_name}`."""
	_need_customer(customer, company)
	if task and (customer, company) != frappe.db.get_value(TASK, task, ["customer", "company"]):
		frappe.throw(_("Task {0} is not about {1}.").format(task, customer), frappe.PermissionError)
	if not task:
		frappe.has_permission(TASK, "create", throw=True)
		# Whoever calls has it on their own list when it has to be tried again.
		new = {"doctype": TASK, "kind": "Phone Call", "customer": customer, "company": company}
		task = frappe.get_doc({**new, "assigned_to": frappe.session.user}).insert().name
	return log_in_task(task, outcome, spoken_with, note, retry_on, values)


# ------------------------------------------------------------------ saved filters
@frappe.whitelist(methods=["POST"])
def save_filter(name: str, filters: str | dict, is_default: int = 0) -> list[dict]:
	"""Save filters of the worklist under a name, for the user alone; one of the same name is replaced. The default is shown
	first. Returns all of the user's: `[{name, filters, is_default}]`."""
	frappe.has_permission(TASK, "read", throw=True)
	worklist_filters.save(
		name, json.loads(filters) if isinstance(filters, str) else filters, bool(is_default)
	)
	return worklist_filters.saved()


@frappe.whitelist(methods=["POST"])
def remove_filter(name: str) -> list[dict]:
	"""Remove one of the user's saved filters. Returns those that are left."""
	frappe.has_permission(TASK, "read", throw=True)
	worklist_filters.remove(name)
	return worklist_filters.saved()
