"""A customer of the demo company with a log-in, who asks for a payment plan in the portal."""

import frappe
from frappe.utils import nowdate
from frappe.utils.password import update_password

from b2b_contracts import portal_api
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, say

# Owes an overdue invoice; neither disputed, promised nor in a plan.
CUSTOMER = "kystlyng"


def email() -> str:
	"""Return the log-in: the address of the customer's contact."""
	return f"{CUSTOMER}@example.com"


def name() -> str:
	"""Return what the person with the log-in is called."""
	return " ".join(_customer().contact)


def does() -> str:
	"""Return what the summary calls them."""
	return f"Customer, {_customer().name}: /my-account"


def _customer() -> data.Customer:
	return next(customer for customer in data.CUSTOMERS if customer.key == CUSTOMER)


def open_portal(made: Made, password: str) -> None:
	"""Give the customer's contact a log-in, by which it asks to pay what is overdue in three instalments."""
	first_name, last_name = _customer().contact
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": email(),
			"first_name": first_name,
			"last_name": last_name,
			"language": "en",
			"enabled": 1,
			"send_welcome_email": 0,
			"roles": [{"role": "Customer"}],
		}
	)
	user.flags.no_welcome_mail = True
	user.insert()
	made.note("User", user.name)
	# Not through the document: a demo's password is as weak as the site's policy forbids.
	update_password(user.name, password)
	customer = frappe.get_doc("Customer", made.names[f"customer:{CUSTOMER}"])
	customer.append("portal_users", {"user": user.name})
	customer.save()
	made.keep()
	_ask_for_plan(made, customer.name)
	made.keep()
	say("  1 customer asks for a payment plan in the portal")


def _ask_for_plan(made: Made, customer: str) -> None:
	overdue = {
		"customer": customer,
		"docstatus": 1,
		"outstanding_amount": [">", 0],
		"due_date": ["<", nowdate()],
	}
	plan = {
		"customer": customer,
		"company": data.COMPANY,
		"invoices": frappe.get_all("Sales Invoice", filters=overdue, pluck="name"),
		"number_of_instalments": 3,
		"first_instalment_date": nowdate(),
	}
	frappe.set_user(email())
	try:
		total = portal_api.plan_preview(**plan)["total"]
		reason = "The season begins late; the first guests pay in two weeks."
		portal_api.ask_for_plan(**plan, reason=reason, total=total)
	finally:
		frappe.set_user("Administrator")
	made.names["plan:asked-for"] = frappe.db.get_value("Payment Plan", {"asked_for_by": email()})
