"""What insured customers have open, item by item, as an insurer looks at it: bounded by what is open, one query."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import frappe
from frappe.utils import getdate
from pypika.terms import ExistsCriterion, Parameter

from b2b_contracts.engine import insurance
from b2b_contracts.engine.insurance import Item
from b2b_contracts.engine.money import ONE

from .account_facts import COMPANIES, CUSTOMERS, Member, company_currency, money, names_of
from .position_facts import counts_as_due

UNTIL = Parameter("%(until)s")


@dataclass(frozen=True, slots=True)
class OpenItem:
	"""An item, and when its invoice is dated: whatever is dated within a policy's period is insured by it."""

	item: Item
	dated: date


def open_items(members: Iterable[Member], due_until: date) -> dict[Member, tuple[OpenItem, ...]]:
	"""Return what customers have open of invoices that are due on a day or before, or disputed, in company currency.

	The original due date counts, and of an invoice in instalments each one's own. Journal entries are no insured sales.
	"""
	members = set(members)
	if not members:
		return {}
	customers, companies = names_of(members)
	values = {"customers": customers, "companies": companies, "until": due_until}
	invoices: dict[str, list] = defaultdict(list)
	for row in frappe.db.sql(_text(), values, as_dict=True):
		invoices[row.name].append(row)
	found: dict[Member, list[OpenItem]] = defaultdict(list)
	for rows in invoices.values():
		member = (rows[0].customer, rows[0].company)
		if member in members:
			found[member] += _items_of(rows)
	return {member: tuple(items) for member, items in found.items()}


def _items_of(rows) -> list[OpenItem]:
	"""Return the items of an invoice, given its row for each instalment."""
	invoice = rows[0]
	currency = company_currency(invoice.company)
	# What is open is kept in the currency of the receivable account.
	is_foreign = (invoice.party_account_currency or currency) != currency
	rate = money(invoice.conversion_rate) if is_foreign else ONE
	items = insurance.items_of(
		invoice.name,
		getdate(invoice.counts_from),
		money(invoice.outstanding_amount) * rate,
		money(invoice.b2b_disputed_amount) * rate,
		sorted((getdate(row.due_date), money(row.base_payment_amount)) for row in rows if row.due_date),
	)
	return [OpenItem(item, getdate(invoice.posting_date)) for item in items]


@lru_cache
def _text() -> str:
	invoice, row = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Payment Schedule")
	earlier = frappe.qb.DocType("Payment Schedule").as_("earlier")
	has_earlier = ExistsCriterion(
		frappe.qb.from_(earlier)
		.select(earlier.name)
		.where((earlier.parent == invoice.name) & (earlier.parenttype == "Sales Invoice"))
		.where(earlier.due_date <= UNTIL)
	)
	return (
		frappe.qb.from_(invoice)
		.left_join(row)
		.on((row.parent == invoice.name) & (row.parenttype == "Sales Invoice"))
		.select(
			invoice.name,
			invoice.customer,
			invoice.company,
			invoice.posting_date,
			counts_as_due(invoice).as_("counts_from"),
			invoice.outstanding_amount,
			invoice.b2b_disputed_amount,
			invoice.party_account_currency,
			invoice.conversion_rate,
			row.due_date,
			row.base_payment_amount,
		)
		.where(invoice.customer.isin(CUSTOMERS) & invoice.company.isin(COMPANIES))
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.where((counts_as_due(invoice) <= UNTIL) | (invoice.b2b_disputed_amount > 0) | has_earlier)
		.orderby(invoice.name, row.idx)
		.get_sql()
	)
