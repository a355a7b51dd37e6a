"""A debt that is billed again, moved or re-dated stays as old as it is (requirements §2.4: the original due date counts).

What counts is kept on the document itself: `b2b_original_due_date` of a Sales Invoice, whose own due date is the
customer's business and stays; and the due date of a Journal Entry, which is nobody's but the ledger's. Two journals that
move a debt over a third account are not recognised.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, cint, date_diff, formatdate, getdate

from b2b_contracts.engine import approval
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.overdue import bills_again, original_due_date

from . import account_facts, cases, checking, clearing, holds, policies, position_facts, subjects
from .account_facts import money
from .cases import Standing

# How long before and after its credit note an invoice that names no order or delivery is taken to bill anew.
DAYS_AFTER_CREDIT, DAYS_BEFORE_CREDIT = 30, 7
REVALUATIONS = ("Exchange Rate Revaluation", "Exchange Gain Or Loss", "Opening Entry")


def keep(invoice) -> None:
	"""Compute what an invoice that is submitted bills again, and since when it counts as due. Sent values are ignored."""
	invoice.b2b_bills_again = invoice.b2b_original_due_date = None
	standing = checking.standing_of(invoice)
	if standing:
		_set(invoice, _billed_before(invoice), _agreed_due_date(invoice, standing))


def keep_edited(invoice) -> None:
	"""Keep the due date that a submitted invoice had, where a site lets it be edited. Sent values are ignored."""
	before = invoice.get_doc_before_save()
	if not before:
		return
	invoice.b2b_bills_again = before.b2b_bills_again
	invoice.b2b_original_due_date = before.b2b_original_due_date
	if invoice.due_date and before.due_date and not invoice.is_return and checking.standing_of(invoice):
		was = getdate(before.b2b_original_due_date or before.due_date)
		invoice.b2b_original_due_date = original_due_date(getdate(invoice.due_date), [was])


def keep_of_credited(note) -> None:
	"""After a credit note: find the invoice that was made just before to stand for the credited one."""
	if not note.return_against or cint(note.update_stock) or not _is_on(note.company):
		return
	candidates = frappe.get_all(
		"Sales Invoice",
		filters={
			"customer": note.customer,
			"company": note.company,
			"docstatus": 1,
			"is_return": 0,
			"outstanding_amount": [">", 0],
			"b2b_bills_again": ["is", "not set"],
			"name": ["!=", note.return_against],
			"posting_date": [
				"between",
				[add_days(note.posting_date, -DAYS_BEFORE_CREDIT), note.posting_date],
			],
		},
		pluck="name",
		order_by="posting_date desc, name desc",
		limit=20,
	)
	for name in candidates:
		invoice = frappe.get_doc("Sales Invoice", name)
		_set(invoice, _billed_before(invoice), invoice.b2b_original_due_date)
		if invoice.b2b_bills_again:
			values = {key: invoice.get(key) for key in ("b2b_bills_again", "b2b_original_due_date")}
			frappe.db.set_value("Sales Invoice", name, values, update_modified=False)
			return


def keep_of_transfer(journal) -> None:
	"""Give a journal that moves a customer's debt, to a new item or to a sister, the due date of what it moves."""
	if journal.voucher_type in REVALUATIONS or not _is_on(journal.company):
		return
	rows = [row for row in journal.accounts if row.party_type == "Customer" and row.party]
	new_debts = [row for row in rows if money(row.debit) > 0 and not row.reference_name]
	credited = [row for row in rows if money(row.credit) > 0]
	if not new_debts or not credited:
		return
	dues = [due for row in credited if (due := _due_of(row, journal.company))]
	original = original_due_date(getdate(journal.due_date or journal.posting_date), dues)
	if original:
		journal.due_date = original
		frappe.msgprint(
			_("This entry moves a customer's debt. It keeps the due date of what it moves: {0}.").format(
				formatdate(original)
			),
			alert=True,
		)


def accept(name: str, reason: str) -> None:
	"""Let an invoice count from its own due date after all: a new debt, not an old one. A credit manager's call."""
	if not reason.strip():
		frappe.throw(_("Say why the invoice is not the old debt billed again."))
	if not approval.may_act_for(frappe.get_roles(), "Credit Manager"):
		frappe.throw(_("Only a Credit Manager or higher may accept a due date."), frappe.PermissionError)
	invoice = frappe.get_doc("Sales Invoice", name, for_update=True)
	if not invoice.b2b_original_due_date:
		frappe.throw(_("{0} counts from its own due date already.").format(name))
	text = _("Counted as due since {0}, now from its own due date {1}: {2}").format(
		formatdate(invoice.b2b_original_due_date), formatdate(invoice.due_date), reason.strip()
	)
	invoice.db_set("b2b_original_due_date", None)
	invoice.add_comment("Comment", frappe.utils.escape_html(text))
	clearing.cause_may_be_gone(invoice.customer, invoice.company)


def move(name: str, due: date, is_agreed: bool) -> None:
	"""Give a submitted invoice another due date. It counts for credit too when it is agreed; else what was due stays due."""
	was, original = frappe.db.get_value("Sales Invoice", name, ["due_date", "b2b_original_due_date"])
	counts = None if is_agreed else original_due_date(due, [getdate(original or was)])
	values = {"due_date": due, "b2b_original_due_date": counts}
	frappe.db.set_value("Sales Invoice", name, values, update_modified=False)


def _is_on(company: str) -> bool:
	policy = policies.active(company)
	return bool(policy and policy.is_on)


def _set(invoice, predecessors: list[frappe._dict], agreed: date | None) -> None:
	dues = [getdate(row.due) for row in predecessors if row.due]
	if agreed:
		dues.append(agreed)
	invoice.b2b_bills_again = predecessors[0].name if predecessors else None
	if invoice.due_date:
		invoice.b2b_original_due_date = original_due_date(getdate(invoice.due_date), dues)


def _billed_before(invoice) -> list[frappe._dict]:
	"""Return the credited or cancelled invoices that this one stands for, the earliest due first."""
	names = {invoice.amended_from} if invoice.amended_from else set()
	if not invoice.update_stock:
		for field in ("dn_detail", "so_detail"):
			names |= _credited_with_same_rows(invoice, field)
		names |= _credited_with_same_items(invoice)
	return sorted(_not_billed_again(names, invoice.name), key=lambda row: (row.due or date.max, row.name))


def _not_billed_again(names: Iterable[str], but_by: str) -> list[frappe._dict]:
	names = [name for name in names if name]
	if not names:
		return []
	invoice, later = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Sales Invoice").as_("later")
	return (
		frappe.qb.from_(invoice)
		.left_join(later)
		.on((later.b2b_bills_again == invoice.name) & (later.docstatus == 1) & (later.name != but_by))
		.select(invoice.name, position_facts.counts_as_due(invoice).as_("due"))
		.where(invoice.name.isin(names) & later.name.isnull())
		.run(as_dict=True)
	)


def _credited_with_same_rows(invoice, field: str) -> set[str]:
	"""Return invoices that billed the same order or delivery rows and were cancelled or credited since.

	A row of a delivery is compared by its delivery: what is delivered anew is a new debt, though the order is the same.
	"""
	rows = [
		row for row in invoice.items if row.get(field) and (field == "dn_detail" or not row.get("dn_detail"))
	]
	if not rows:
		return set()
	item, bill = frappe.qb.DocType("Sales Invoice Item"), frappe.qb.DocType("Sales Invoice")
	found = (
		frappe.qb.from_(item)
		.join(bill)
		.on(bill.name == item.parent)
		.select(bill.name, bill.docstatus, bill.return_against, item.base_net_amount)
		.where(item[field].isin([row.get(field) for row in rows]))
		.where((bill.customer == invoice.customer) & (bill.company == invoice.company))
		.where((bill.docstatus == 2) | ((bill.docstatus == 1) & (bill.is_return == 1)))
		.where(bill.name != invoice.name)
		.run(as_dict=True)
	)
	credited: dict[str, Decimal] = {}
	for row in found:
		name = row.return_against or row.name
		credited[name] = credited.get(name, ZERO) + abs(money(row.base_net_amount))
	billed = sum((money(row.base_net_amount) for row in rows), ZERO)
	return set(credited) if bills_again(sum(credited.values(), ZERO), billed) else set()


def _credited_with_same_items(invoice) -> set[str]:
	"""Return the invoice that an invoice without order or delivery bills again: credited lately, for the same items."""
	if invoice.get("subscription") or any(row.so_detail or row.dn_detail for row in invoice.items):
		return set()
	notes = frappe.get_all(
		"Sales Invoice",
		filters={
			"customer": invoice.customer,
			"company": invoice.company,
			"docstatus": 1,
			"is_return": 1,
			"update_stock": 0,
			"return_against": ["is", "set"],
			"posting_date": [
				"between",
				[
					add_days(invoice.posting_date, -DAYS_AFTER_CREDIT),
					add_days(invoice.posting_date, DAYS_BEFORE_CREDIT),
				],
			],
		},
		fields=["name", "return_against", "base_net_total"],
		order_by="posting_date desc, name desc",
		limit=50,
	)
	billed, items = money(invoice.base_net_total), _items_of(invoice.items)
	for note in notes:
		rows = frappe.get_all(
			"Sales Invoice Item", filters={"parent": note.name}, fields=["item_code", "item_name"]
		)
		if (
			note.return_against != invoice.name
			and bills_again(-money(note.base_net_total), billed)
			and _items_of(rows) == items
			and _not_billed_again([note.return_against], invoice.name)
		):
			return {note.return_against}
	return set()


def _items_of(rows) -> set[str]:
	return {row.item_code or row.item_name for row in rows}


def _agreed_due_date(invoice, standing: Standing) -> date | None:
	"""Return the last due date of the terms that were agreed: the orders' own, else the customer's.

	None when none were, or when longer terms were released on the invoice itself.
	"""
	released = {
		"reference_doctype": "Sales Invoice",
		"reference_name": invoice.name,
		"status": holds.RELEASED,
	}
	if frappe.db.exists("Credit Hold", released):
		return None
	posted = getdate(invoice.posting_date)
	dates = []
	orders = subjects.covering_orders(invoice)
	for order in (
		frappe.get_all(
			"Sales Order",
			filters={"name": ["in", orders], "payment_terms_template": ["is", "set"]},
			fields=["name", "transaction_date", "payment_terms_template"],
		)
		if orders
		else []
	):
		last = frappe.get_all(
			"Payment Schedule",
			filters={"parenttype": "Sales Order", "parent": order.name},
			fields=["due_date"],
			order_by="due_date desc",
			limit=1,
		)
		if last and last[0].due_date:
			dates.append(getdate(add_days(posted, date_diff(last[0].due_date, order.transaction_date))))
		dates.append(account_facts.longest_terms(order.payment_terms_template, posted))
	if not any(dates):
		template = cases.terms_template_of(standing, posted)
		dates = [account_facts.longest_terms(template, posted)] if template else []
	return max((day for day in dates if day), default=None)


def _due_of(row, company: str) -> date | None:
	"""Return since when what a journal row credits counts as due; unallocated, the customer's oldest open invoice."""
	if row.reference_type == "Sales Invoice" and row.reference_name:
		invoice = frappe.qb.DocType("Sales Invoice")
		query = frappe.qb.from_(invoice).select(position_facts.counts_as_due(invoice))
		found = query.where(invoice.name == row.reference_name).run()
		return getdate(found[0][0]) if found and found[0][0] else None
	if row.reference_type == "Journal Entry" and row.reference_name:
		due, posted = frappe.db.get_value("Journal Entry", row.reference_name, ["due_date", "posting_date"])
		return getdate(due or posted)
	oldest = position_facts.oldest_items((row.party, company), limit=1)
	return getdate(oldest[0].due_date) if oldest else None
