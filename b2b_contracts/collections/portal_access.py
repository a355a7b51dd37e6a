"""Who a user of the customer portal is, and what is theirs (requirements §1): every look and every write goes through here.

A user stands for the customers in whose table *Portal Users* they are, as on ERPNext's own portal pages, and needs the role
Customer. A contact with the same e-mail address opens nothing: anybody who may write a contact could give away a customer's
account by it. A disabled customer has no portal. What belongs to somebody else is refused in the same words as what there is
not, so that names cannot be tried out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import frappe
from frappe import _

from . import invoices
from .dunning_notices import NOTICE, SENT

ROLE = "Customer"


@dataclass(frozen=True, slots=True)
class Account:
	"""What one customer has with one company."""

	customer: str
	customer_name: str
	company: str


# ------------------------------------------------------------------ whose
def accounts() -> tuple[Account, ...]:
	"""Return the accounts of the session user, by the names of customer and company: one for each company that has billed."""
	names = _customers()
	if not names:
		return ()
	entry = frappe.qb.DocType("Payment Ledger Entry")
	rows = (
		frappe.qb.from_(entry)
		.select(entry.party, entry.company)
		.where((entry.party_type == "Customer") & entry.party.isin(list(names)))
		.distinct()
		.run()
	)
	found = [Account(customer, names[customer], company) for customer, company in rows if company]
	return tuple(sorted(found, key=lambda one: (one.customer_name, one.company, one.customer)))


def has_customer() -> bool:
	"""Return whether the session user stands for any customer, billed or not."""
	return bool(_customers())


def _customers() -> dict[str, str]:
	"""Return the customers that the session user stands for, with what they are called."""
	user = frappe.session.user
	if user == "Guest" or ROLE not in frappe.get_roles(user):
		return {}
	row, customer = frappe.qb.DocType("Portal User"), frappe.qb.DocType("Customer")
	rows = (
		frappe.qb.from_(row)
		.join(customer)
		.on((customer.name == row.parent) & (row.parenttype == "Customer"))
		.select(customer.name, customer.customer_name)
		.where((row.user == user) & (customer.disabled == 0))
		.run()
	)
	return {name: customer_name or name for name, customer_name in rows}


def need_account(customer: str, company: str) -> Account:
	"""Return an account of the session user; refuse any other."""
	for account in accounts():
		if (account.customer, account.company) == (customer, company):
			return account
	_refuse(_("This log-in has no access to that account."))


def need_invoice(name: str) -> tuple[Account, frappe._dict]:
	"""Return a submitted invoice of the session user's customers, and its account; refuse any other."""
	facts = invoices.facts_of(name) if name else None
	if facts and facts.docstatus == 1:
		for account in accounts():
			if (account.customer, account.company) == (facts.customer, facts.company):
				return account, facts
	_refuse(_("This log-in has no access to that invoice."))


def need_notice(name: str) -> tuple[Account, frappe._dict]:
	"""Return what was sent to the session user's customers as a reminder, and its account; refuse any other."""
	fields = ("name", "customer", "company", "status", "sent_on")
	facts = frappe.db.get_value(NOTICE, name, fields, as_dict=True) if name else None
	if facts and facts.status == SENT:
		for account in accounts():
			if (account.customer, account.company) == (facts.customer, facts.company):
				return account, facts
	_refuse(_("This log-in has no access to that reminder."))


def _refuse(message: str) -> None:
	frappe.throw(message, frappe.PermissionError, title=_("No access"))


# ------------------------------------------------------------------ in which language
def language_of(customer: str | None) -> str | None:
	"""Return the language to speak: the one that the user has chosen, else the customer's; None for the site's."""
	chosen = frappe.db.get_value("User", frappe.session.user, "language")
	return chosen or (frappe.db.get_value("Customer", customer, "language") if customer else None)


# ------------------------------------------------------------------ how often
def at_most(times: int, seconds: int = 60 * 60) -> Callable:
	"""Let each user call a method so many times within a while; refused calls count, so that names cannot be tried out.

	Frappe's own `rate_limit` counts by address, which a whole office shares.
	"""

	def decorated(function: Callable) -> Callable:
		@wraps(function)
		def counted(*args, **kwargs):
			key = frappe.cache.make_key(f"b2b_portal:{function.__name__}:{frappe.session.user}")
			count = frappe.cache.incrby(key, 1)
			if count == 1:
				frappe.cache.expire(key, seconds)
			if count > times:
				frappe.throw(
					_("This was done very often within an hour. Try again later, or write to us."),
					frappe.RateLimitExceededError,
				)
			return function(*args, **kwargs)

		return counted

	return decorated
