"""A demo company to walk through: `bench --site SITE execute b2b_contracts.setup.demo.make`, and `…demo.clear`.

What it looks like is in demo_data.py. Everything is made by public documents and our own API, as the people who would
do it; the same data come out every time, counted from the day on which they are made.
"""

import time
from collections import Counter

import frappe
from frappe import _
from frappe.utils import cint, get_url

from b2b_contracts.credit import stops
from b2b_contracts.setup import (
	demo_approvals,
	demo_collections,
	demo_commission,
	demo_company,
	demo_contract_amendments,
	demo_contract_documents,
	demo_contract_import,
	demo_contract_letters,
	demo_contract_orders,
	demo_contract_pipeline,
	demo_contract_texts,
	demo_contracts,
	demo_data,
	demo_dunning,
	demo_dunning_test,
	demo_hand_over,
	demo_kpis,
	demo_limits,
	demo_milestones,
	demo_money,
	demo_packs,
	demo_portal,
	demo_removal,
	demo_state,
	demo_statements,
	demo_trade,
)
from b2b_contracts.setup.demo_state import READY, Made, say

# What says that a company is at work, other than its set-up
TRANSACTIONS = ("GL Entry", "Stock Ledger Entry", "Sales Order", "Purchase Order", "Quotation")


def make(password: str = "demo", force: bool = False, months: int = 12) -> dict:
	"""Make the demo company with `months` of history and return its `summary`.

	A second call changes nothing; one after a run that broke off clears what that run has made and starts anew.
	Refuses on a site where another company has submitted anything, unless `force`d.
	"""
	started = time.monotonic()
	frappe.set_user("Administrator")
	made = demo_state.read()
	if made and made.state == READY:
		say(f"The demo company {demo_data.COMPANY} is there already; demo.clear removes it.")
		return summary(password)
	if made:
		say("An earlier run broke off; clearing what it made.")
		demo_removal.remove(made)
	_refuse_site_in_use(cint(force))
	made = Made()
	made.keep()
	steps = (
		("Setting up the company", lambda: demo_company.build(made, password, cint(months))),
		("Booking its history", lambda: _book_history(made, cint(months))),
		("Taking an order that is paid by milestones", lambda: demo_milestones.take_order(made)),
		("Assessing the customers and enforcing the credit policy", lambda: demo_trade.assess(made)),
		("Naming contacts and keeping the credit lists", lambda: demo_limits.enter_lists(made)),
		("Opening disputes and agreeing on payment plans", lambda: demo_collections.open_claims(made)),
		("Reporting an insolvency", lambda: demo_money.report_insolvency(made)),
		("Taking today's orders", lambda: demo_trade.take_orders(made)),
		("Looking at what came of it", lambda: demo_collections.follow_up(made)),
		("Asking for higher limits", lambda: demo_limits.ask(made)),
		("Asking for discounts, due dates and a write-off", lambda: demo_approvals.ask(made)),
		("Stating what sellers have earned", lambda: demo_commission.state(made)),
		("Sending in payment slips", lambda: demo_money.send_slips(made)),
		("Asking customers to confirm their balances", lambda: demo_statements.ask_for_balances(made)),
		("Comparing two wordings of a reminder", lambda: demo_dunning_test.begin(made)),
		("Sending reminders and printing letters", lambda: demo_dunning.remind(made)),
		("Agreeing contracts", lambda: demo_contracts.agree(made)),
		("Amending contracts", lambda: demo_contract_amendments.agree(made)),
		("Importing contracts from before", lambda: demo_contract_import.take_over(made)),
		("Writing contract texts", lambda: demo_contract_texts.write(made)),
		("Filing contract papers", lambda: demo_contract_documents.file(made)),
		("Looking ahead to renewals", lambda: demo_contract_pipeline.plan(made)),
		("Writing letters about contracts", lambda: demo_contract_letters.write(made)),
		("Ordering under a contract", lambda: demo_contract_orders.order(made)),
		("Opening the portal to a customer", lambda: demo_portal.open_portal(made, password)),
		("Calling customers and handing over debts", lambda: demo_hand_over.work(made)),
		("Closing the books of the past months", lambda: demo_kpis.close_months(made)),
		("Making the pack of last month", lambda: demo_packs.make(made)),
		("Planning the next reminders", lambda: demo_dunning.plan(made)),
	)
	for number, (title, work) in enumerate(steps, 1):
		say(f"[{number}/{len(steps)}] {title}")
		try:
			work()
		except BaseException:
			# What is not in the list of what was made must not be kept by whatever commits next.
			frappe.db.rollback()
			frappe.set_user("Administrator")
			raise
	made.state = READY
	made.keep()
	frappe.clear_cache()
	say(f"The demo company {demo_data.COMPANY} is there ({time.monotonic() - started:.0f} s).")
	return summary(password)


def _book_history(made: Made, months: int) -> None:
	demo_statements.book_old_claim(made)
	demo_trade.book_history(made, months)


def clear() -> dict:
	"""Remove everything that `make` made. Returns `{cleared: whether there was anything}`."""
	frappe.set_user("Administrator")
	made = demo_state.read()
	if made is None:
		say("There is no demo on this site.")
		return {"cleared": False}
	started = time.monotonic()
	say(f"Removing the demo company {demo_data.COMPANY}")
	demo_removal.remove(made)
	say(f"The demo is gone ({time.monotonic() - started:.0f} s).")
	return {"cleared": True}


def summary(password: str = "demo") -> dict:
	"""Return what there is: `{company, address, users: [{name, does, user, password}], customers, invoices, orders:
	{credit status: number}, holds: {status: number}, open_holds: {rule: number}, disputes: {status: number}, plans:
	{status: number}, promises: {status: number}, slips: {status: number}, requests: {status: number}, walks: [{title, order, hold, customer, users, do, invoice?, dispute?, plan?}]}`; an empty dict without
	a demo. `password` is only repeated, not looked up.
	"""
	made = demo_state.read()
	if made is None:
		return {}
	of_company = {"company": demo_data.COMPANY}
	return {
		"company": demo_data.COMPANY,
		"address": get_url(),
		"users": [
			{
				"name": f"{person.first_name} {person.last_name}",
				"does": person.does,
				"user": person.email,
				"password": password,
			}
			for person in demo_data.PEOPLE
		]
		+ [
			{
				"name": demo_portal.name(),
				"does": demo_portal.does(),
				"user": demo_portal.email(),
				"password": password,
			}
		],
		"customers": len(demo_data.CUSTOMERS),
		"invoices": frappe.db.count("Sales Invoice", {**of_company, "docstatus": 1}),
		"orders": _counts("Sales Order", {**of_company, "docstatus": 1}, "b2b_credit_status"),
		"holds": _counts("Credit Hold", of_company, "status"),
		"open_holds": _open_rules(),
		"disputes": _counts("Dispute", of_company, "status"),
		"plans": _counts("Payment Plan", of_company, "status"),
		"promises": _counts("Promise to Pay", of_company, "status"),
		"slips": _counts("Payment Slip", of_company, "status"),
		"requests": _counts("Approval Request", of_company, "status"),
		# A demo that an older version has made lacks what was added since: `bin/demo --reset` makes it anew.
		"walks": [_walk(made, walk) for walk in demo_data.WALKS if f"order:{walk.order}" in made.names],
	}


def _refuse_site_in_use(force: bool) -> None:
	if frappe.db.exists("Company", demo_data.COMPANY):
		frappe.throw(
			_("Company {0} exists already and was not made by the demo. Rename or delete it first.").format(
				demo_data.COMPANY
			),
			title=_("Company exists"),
		)
	if force:
		return
	for doctype in TRANSACTIONS:
		other = frappe.db.get_value(
			doctype, {"company": ("!=", demo_data.COMPANY), "docstatus": 1}, "company"
		)
		if other:
			frappe.throw(
				_(
					"Company {0} is at work on this site. Demo data belong on a site of their own; to add them here all the same, call this with force."
				).format(other),
				title=_("Site in use"),
			)


def _counts(doctype: str, filters: dict, field: str) -> dict[str, int]:
	return dict(sorted(Counter(frappe.get_all(doctype, filters=filters, pluck=field)).items()))


def _open_rules() -> dict[str, int]:
	"""Return how many open holds each rule holds."""
	open_holds = frappe.get_all(
		"Credit Hold", filters={"company": demo_data.COMPANY, "status": "Open"}, pluck="name"
	)
	return _counts("Credit Hold Reason", {"parent": ("in", open_holds or [""])}, "rule")


def _walk(made: Made, walk: demo_data.Walk) -> dict:
	order = made.names[f"order:{walk.order}"]
	values = frappe.db.get_value("Sales Order", order, ["customer", "b2b_credit_hold"], as_dict=True)
	key = next(o.customer for o in demo_data.ORDERS if o.key == walk.order)
	shape = {
		"title": walk.title,
		"do": walk.do,
		"order": order,
		"hold": values.b2b_credit_hold,
		"customer": values.customer,
		"users": [demo_data.PERSON[person].email for person in walk.by],
	}
	if walk.order in ("walk-pay", "walk-plan"):
		shape["invoice"] = made.names[demo_trade.open_item_key(key, 0)]
	if walk.order == "walk-dispute":
		shape["dispute"] = made.names["dispute:waiting"]
		shape["hold"] = stops.keeping_goods(made.names[f"profile:{key}"])[0].name
	if walk.order == "walk-plan":
		shape["plan"] = made.names["plan:approved"]
	return shape
