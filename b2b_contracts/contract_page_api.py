"""What the desk and other software may call about the contracts of one customer. Every method checks permission first and is
typed. Amounts are numbers in the currency beside them, days are text (2026-03-31).
"""

import frappe
from frappe.utils import getdate

from b2b_contracts.contracts import customer_page
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def customers(search: str = "") -> list[dict]:
	"""Return the customers that the session user sees contracts with: `[{customer, customer_name, contracts, running,
	last_date_to_act}]`, 50 at most, who has to be acted on first on top."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	return customer_page.customers(search)


@frappe.whitelist()
def customer_contracts(customer: str, on: str | None = None) -> dict:
	"""Return everything that is agreed with a customer, and with the group whose frame contracts name it: `{contracts, is_cut_off,
	in_force, terms, prices, discounts, bonuses, service_levels, dates, documents, history, contacts, holds, disputes}`.

	Terms, prices, discounts, bonuses and service levels are those in force on the day `on` (today). A part is None without the
	right to it."""
	frappe.has_permission(CONTRACT, "read", throw=True)
	return customer_page.page(customer, getdate(on))
