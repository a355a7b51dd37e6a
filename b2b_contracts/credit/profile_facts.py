"""What a Credit Profile takes from the site: the customer's own gross/net ratio, and who shares their tax id."""

import re
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Replace, Sum, Upper
from frappe.utils import add_months, getdate, nowdate

from b2b_contracts.engine.limits import DOMESTIC_GROSS_NET_RATIO, EXPORT_GROSS_NET_RATIO

RATIO_MONTHS = 12
_SEPARATORS = " -./"


def gross_net_ratio(customer: str, company: str) -> Decimal:
	"""Return gross over net sales of the customer's invoices of the last 12 months (requirements §2.1).

	Without any, 1.00 for a customer abroad and 1.25 for every other one.
	"""
	invoice = frappe.qb.DocType("Sales Invoice")
	((gross, net),) = (
		frappe.qb.from_(invoice)
		.select(Sum(invoice.base_grand_total), Sum(invoice.base_net_total))
		.where((invoice.customer == customer) & (invoice.company == company) & (invoice.docstatus == 1))
		.where(invoice.posting_date >= add_months(getdate(nowdate()), -RATIO_MONTHS))
		.run()
	)
	if gross and net and gross > 0 and net > 0:
		return (Decimal(str(gross)) / Decimal(str(net))).quantize(Decimal("0.0001"))
	return EXPORT_GROSS_NET_RATIO if _is_abroad(customer, company) else DOMESTIC_GROSS_NET_RATIO


def _is_abroad(customer: str, company: str) -> bool:
	address = frappe.db.get_value("Customer", customer, "customer_primary_address")
	country = address and frappe.db.get_value("Address", address, "country")
	return bool(country) and country != frappe.get_cached_value("Company", company, "country")


def normal_tax_id(tax_id: str | None) -> str:
	"""Return a tax id without separators and in capitals: "dk 12.34.56.78" is "DK12345678"."""
	return re.sub(f"[{re.escape(_SEPARATORS)}]", "", tax_id or "").upper()


def normalised(tax_id):
	"""Return what `normal_tax_id` does as an SQL term, for a column."""
	term = Upper(tax_id)
	for separator in _SEPARATORS:
		term = Replace(term, separator, "")
	return term


def customers_with_tax_id(tax_id: str, other_than: str) -> list[str]:
	"""Return the customers that have a (normalised) tax id, but for one.

	Reads every customer's tax id, which ERPNext does not index: call it when a tax id is new, not at each save.
	"""
	customer = frappe.qb.DocType("Customer")
	rows = (
		frappe.qb.from_(customer)
		.where((normalised(customer.tax_id) == tax_id) & (customer.name != other_than))
		.select(customer.name)
		.orderby(customer.creation)
		.run()
	)
	return [name for (name,) in rows]
