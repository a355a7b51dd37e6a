"""The invoices that disputes and payment plans are about: as they are, as they are now, and whether they may be named."""

from collections.abc import Callable, Iterable

import frappe
from frappe import _

INVOICE = "Sales Invoice"
FIELDS = (
	*("name", "customer", "company", "docstatus", "is_return", "outstanding_amount", "due_date"),
	*("party_account_currency", "currency", "conversion_rate", "b2b_disputed_amount", "b2b_planned_amount"),
	*("b2b_awaited_amount", "posting_date", "selling_price_list"),
)


def facts_of(name: str, lock: bool = False) -> frappe._dict | None:
	"""Return an invoice as this transaction sees it, or as it is now with its row locked; None where there is none."""
	return frappe.db.get_value(INVOICE, name, FIELDS, as_dict=True, for_update=lock)


def seen(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Return invoices by name, as this transaction sees them."""
	rows = frappe.get_all(INVOICE, filters={"name": ["in", list(names) or [""]]}, fields=list(FIELDS))
	return {row.name: row for row in rows}


def locked(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Return invoices by name as they are now, with their rows locked in order of their names."""
	found = {name: facts_of(name, lock=True) for name in sorted(set(names))}
	return {name: row for name, row in found.items() if row}


def may_read(name: str) -> bool:
	"""Return whether the session user may read an invoice, on the desk or as a customer of the portal."""
	doc = frappe.get_doc(INVOICE, name)
	return doc.has_permission("read") or frappe.has_website_permission(doc)


def currency_of(invoice) -> str:
	"""Return the currency of an invoice's receivable account, in which its outstanding amount is."""
	return invoice.party_account_currency or invoice.currency


def receivable_currency(customer: str, company: str) -> str:
	"""Return the currency of a customer's receivable account in a company."""
	from erpnext.accounts.party import get_party_account_currency

	return get_party_account_currency("Customer", customer, company)


def refuse_foreign(doc, row, invoice: frappe._dict | None, refuse: Callable[[str], None]) -> None:
	"""Refuse a row of a dispute or plan whose invoice is not of its customer and company."""
	if not invoice or (invoice.customer, invoice.company) != (doc.customer, doc.company):
		refuse(
			_("Invoice {0} in row {1} is not one of {2} in {3}. Choose an invoice of this customer.").format(
				row.sales_invoice, row.idx, doc.customer, doc.company
			)
		)


def refuse_repeated(row, before: set[str], refuse: Callable[[str], None]) -> None:
	"""Refuse a row whose invoice stands in a row `before`, and add it to those."""
	if row.sales_invoice in before:
		refuse(
			_("Invoice {0} stands in row {1} a second time. Put the two amounts together.").format(
				row.sales_invoice, row.idx
			)
		)
	before.add(row.sales_invoice)
