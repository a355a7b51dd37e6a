"""Commission statements: what a salesperson is paid for a month. What was approved never changes: a statement pays the difference
between what has been earned by its month's end, as the books say it now, and what earlier statements have paid (requirements §5).

So approved statements together are always what the books said when the last of them was approved, to the cent, whatever was booked
back in time, cancelled or returned meanwhile. The first statement of a person in a company begins with its month: what was earned
before was paid without us.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder.functions import Sum
from frappe.utils import formatdate, get_first_day, get_last_day, getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine.commission import KINDS
from b2b_contracts.engine.money import ZERO
from b2b_contracts.permissions import sales_persons_of

from . import commission

STATEMENT = "Commission Statement"
SUMS = dict(zip(KINDS, ("at_invoicing", "on_payment", "reversed", "malus"), strict=True))
Part = tuple[str, str]
"""An invoice, and what moved its commission."""


def make(company: str, month: date) -> list[str]:
	"""Make drafts for everybody who has something to be stated for a month and has no statement of it yet; returns their names."""
	start, end = getdate(get_first_day(month)), getdate(get_last_day(month))
	earned = commission.read(commission.Wanted(company, start, end))
	persons = {one.sales_person for one in earned if any(move.day >= start for move in one.moves)}
	# Something may have changed in what was stated, without anything having happened since.
	persons |= set(
		frappe.get_all(STATEMENT, {"company": company, "docstatus": 1}, pluck="sales_person", distinct=True)
	)
	stated = set(frappe.get_all(STATEMENT, {"company": company, "month_end": end}, pluck="sales_person"))
	made = []
	for person in sorted(persons - stated):
		doc = frappe.get_doc(
			{"doctype": STATEMENT, "sales_person": person, "company": company, "month_end": end}
		)
		fill(doc)
		if doc.rows:
			made.append(doc.insert().name)
	return made


def fill(doc) -> None:
	"""Write into a draft what its person has to be paid for its month, by the books as they are now."""
	end = getdate(get_last_day(doc.month_end))
	start = getdate(get_first_day(end))
	_refuse_out_of_order(doc, end)
	stated = _stated(doc)
	since = _first_day(doc) or start
	parts, before = _earned(doc, since, start, end, tuple({invoice for invoice, _kind in stated}))
	currency = company_currency(doc.company)
	doc.update({"month_end": end, "currency": currency, "rows": []})
	sums = dict.fromkeys(SUMS.values(), ZERO)
	corrections = ZERO
	customers = _customers({invoice for invoice, _kind in {*parts, *stated}})
	for key in sorted({*parts, *stated}):
		invoice, kind = key
		correction = before[key] - stated.get(key, ZERO)
		for amount, is_correction in ((correction, 1), (parts[key] - before[key], 0)):
			if not amount:
				continue
			sums[SUMS[kind]] += amount
			corrections += amount if is_correction else ZERO
			doc.append(
				"rows",
				{
					"sales_invoice": invoice,
					**customers.get(invoice, {}),
					"kind": kind,
					"is_correction": is_correction,
					"currency": currency,
					"amount": float(amount),
				},
			)
	doc.update({name: float(amount) for name, amount in sums.items()})
	doc.corrections = float(corrections)
	doc.total = float(sum(sums.values(), ZERO))
	doc.total_before = float(sum(stated.values(), ZERO))


def _earned(doc, since: date, start: date, end: date, also: tuple[str, ...]):
	"""Return by part what was earned from the first statement's month until the end of this one's, and until before it."""
	parts: dict[Part, Decimal] = defaultdict(Decimal)
	before: dict[Part, Decimal] = defaultdict(Decimal)
	wanted = commission.Wanted(doc.company, since, end, [doc.sales_person], also=also)
	for one in commission.read(wanted):
		for move in one.moves:
			if move.day >= since:
				parts[one.invoice.name, move.kind] += move.amount
				if move.day < start:
					before[one.invoice.name, move.kind] += move.amount
	return parts, before


def _approved(doc):
	statement = frappe.qb.DocType(STATEMENT)
	return (
		frappe.qb.from_(statement)
		.where((statement.sales_person == doc.sales_person) & (statement.company == doc.company))
		.where((statement.docstatus == 1) & (statement.name != (doc.name or "")))
	), statement


def _stated(doc) -> dict[Part, Decimal]:
	query, statement = _approved(doc)
	row = frappe.qb.DocType("Commission Statement Row")
	rows = (
		query.join(row)
		.on((row.parent == statement.name) & (row.parenttype == STATEMENT))
		.groupby(row.sales_invoice, row.kind)
		.select(row.sales_invoice, row.kind, Sum(row.amount))
		.run()
	)
	return {(invoice, kind): money(amount) for invoice, kind, amount in rows}


def _first_day(doc) -> date | None:
	query, statement = _approved(doc)
	first = query.select(statement.month_end).orderby(statement.month_end).limit(1).run(pluck=True)
	return getdate(get_first_day(first[0])) if first else None


def _refuse_out_of_order(doc, end: date) -> None:
	"""Refuse a month before one that was approved already: its corrections are in that one."""
	query, statement = _approved(doc)
	later = query.where(statement.month_end >= end).select(statement.name, statement.month_end).limit(1).run()
	if later:
		name, month = later[0]
		frappe.throw(
			_("Statement {0} of {1} is approved: what changed in {2} comes in the next one.").format(
				name, formatdate(month, "MMMM yyyy"), formatdate(end, "MMMM yyyy")
			),
			title=_("Approved already"),
		)


def _customers(invoices: set[str]) -> dict[str, dict]:
	rows = frappe.get_all(
		"Sales Invoice",
		filters={"name": ["in", sorted(invoices) or [""]]},
		fields=["name", "customer", "customer_name"],
	)
	return {row.pop("name"): dict(row) for row in rows}


def refuse_to_approve(doc) -> None:
	"""Refuse the approval of a month that is not over, of one's own commission, and while an earlier month is a draft."""
	if getdate(doc.month_end) >= getdate():
		frappe.throw(
			_("{0} is not over: approve its statement afterwards.").format(
				formatdate(doc.month_end, "MMMM yyyy")
			),
			title=_("Too early"),
		)

	if doc.sales_person in sales_persons_of(frappe.session.user):
		frappe.throw(
			_("Nobody approves their own commission, or that of whom they lead. Ask another one to."),
			frappe.PermissionError,
			title=_("Four eyes"),
		)
	earlier = frappe.db.get_value(
		STATEMENT,
		{
			"sales_person": doc.sales_person,
			"company": doc.company,
			"docstatus": 0,
			"month_end": ["<", doc.month_end],
		},
		["name", "month_end"],
	)
	if earlier:
		frappe.throw(
			_("Statement {0} of {1} is still a draft. Approve or delete it first.").format(
				earlier[0], formatdate(earlier[1], "MMMM yyyy")
			),
			title=_("Earlier month"),
		)
