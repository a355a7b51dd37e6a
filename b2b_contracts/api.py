"""What the desk and other software may call. Every method checks permission first and is typed.

Amounts are numbers in the company's currency, gross; percentages are per cent (100 = the whole limit); `None` for a
utilisation means unlimited. Errors are Frappe's: `PermissionError` without the right or the mandate,
`ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe
from frappe import _

from b2b_contracts.collections import plan_drafting
from b2b_contracts.credit import (
	deliveries,
	enforcement,
	log,
	original_due_dates,
	overview,
	releasing,
	splitting,
	subjects,
)
from b2b_contracts.permissions import is_in_portfolio, need_customer, sells


@frappe.whitelist()
def credit_status(customer: str, company: str) -> dict:
	"""Return how a customer stands: `{checked, mode, outcome, currency, granted_limit, exposure_before, secured,
	net_exposure, utilisation_before, headroom, reasons: [{rule, action, message}], ways_out: [{kind, amount, text,
	is_enough}], group: {name, utilisation_after} | None, open_holds: [...], …}`; `{checked: False, mode}` when nothing
	checks the customer.
	"""
	need_customer(customer)
	frappe.has_permission("Company", "read", company, throw=True)
	return overview.of_customer(customer, company)


@frappe.whitelist()
def evaluate(doctype: str, name: str) -> dict:
	"""Return what the gate would say of a saved Sales Order, Delivery Note or Sales Invoice now: the shape of
	`credit_status` with `order_amount`, `exposure_after`, `utilisation_after`, `credit_status`, `hold` and `refusals`:
	the sentences with which a draft delivery or invoice would be refused for an order that waits or a stopped customer.

	A preview: it takes no lock and logs nothing.
	"""
	doc = _readable(doctype, name)
	# Who ships is no seller: they are told what their submit would say, and nothing of the credit.
	ships = doctype != subjects.ORDER and doc.has_permission("submit")
	if ships and not _is_mine(doc) and not is_in_portfolio(doc.customer):
		return overview.unseen(doc.company) | {"refusals": deliveries.why_refused(doc)}
	_need_own(doc)
	return overview.of_document(doc) | {"refusals": deliveries.why_refused(doc)}


@frappe.whitelist()
def evaluate_goods(doctype: str, name: str) -> dict:
	"""Return the sentences with which the submit of a draft Pick List or drop-shipping Purchase Order would be refused, as its
	orders wait or their customer is stopped: `{refusals: [...]}`. A preview: it takes no lock and logs nothing."""
	if doctype not in (deliveries.PICK_LIST, deliveries.PURCHASE_ORDER):
		frappe.throw(_("{0} is not checked for credit.").format(doctype))
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return {"refusals": deliveries.why_refused(doc)}


@frappe.whitelist(methods=["POST"])
def evaluate_draft(doc: str | dict) -> dict:
	"""Return the same for a document as it stands on a form that is not saved."""
	values = json.loads(doc) if isinstance(doc, str) else doc
	if values.get("doctype") not in subjects.CHECKED_DOCTYPES:
		frappe.throw(_("{0} is not checked for credit.").format(values.get("doctype")))
	frappe.has_permission(values["doctype"], "create", throw=True)
	if not values.get("customer") or not values.get("company"):
		return overview.UNCHECKED
	need_customer(values["customer"])
	# An order has no hold before it is submitted: a client that names one asks about somebody else's.
	draft = frappe.get_doc(values | {"b2b_credit_hold": None})
	draft.run_method("calculate_taxes_and_totals")
	return overview.of_document(draft)


@frappe.whitelist(methods=["POST"])
def request_release(hold: str, reason: str) -> dict:
	"""Ask for the release of a hold, as its seller. Returns `{name, status}`."""
	_need_hold(hold)
	return _answer(releasing.request(hold, reason))


@frappe.whitelist(methods=["POST"])
def advise(hold: str, advice: str, comment: str | None = None) -> dict:
	"""Advise Release or Reject to whoever decides. Returns `{name, status}`."""
	_need_hold(hold)
	return _answer(releasing.advise(hold, advice, comment))


@frappe.whitelist(methods=["POST"])
def release(hold: str, reason: str, payment_slip: str | None = None, minutes: str | None = None) -> dict:
	"""Release a hold with a written reason, within the mandate of the user; on the strength of an accepted Payment Slip
	until its money must be here. `minutes` is the address of the file with which a Finance Director enters what the Board
	has decided. Returns `{name, status, valid_until}`."""
	_need_hold(hold)
	return _answer(releasing.release(hold, reason, payment_slip, minutes))


@frappe.whitelist(methods=["POST"])
def reject(hold: str, reason: str) -> dict:
	"""Send a held order back to its seller with a written reason. Returns `{name, status}`."""
	_need_hold(hold)
	return _answer(releasing.reject(hold, reason))


@frappe.whitelist(methods=["POST"])
def answer_many(holds: str | list, action: str, reason: str) -> dict:
	"""Release or reject several holds, each in a transaction of its own: a transaction holds one gate at a time.

	Returns `{done: [name], failed: [{name, error}]}`: one that cannot be answered keeps none of the others.
	"""
	names = json.loads(holds) if isinstance(holds, str) else holds
	if action not in ("release", "reject"):
		frappe.throw(_("Holds are released or rejected, not {0}.").format(action))
	answer = {"release": release, "reject": reject}[action]
	done, failed = [], []
	for name in names:
		try:
			answer(name, reason)
			frappe.db.commit()  # nosemgrep: one transaction an answer, on purpose
			done.append(name)
		except (frappe.ValidationError, frappe.PermissionError) as error:
			frappe.db.rollback()
			failed.append({"name": name, "error": frappe.utils.strip_html(str(error))})
		frappe.clear_messages()
	return {"done": done, "failed": failed}


@frappe.whitelist(methods=["POST"])
def split(hold: str) -> dict:
	"""Ship what fits and park the rest: cut the held order to what the limit leaves, the rest becomes an order of its
	own. Returns `{order, rest, hold}`: the two orders' names and the hold of the rest.
	"""
	_need_hold(hold)
	return splitting.split(hold)


@frappe.whitelist(methods=["POST"])
def force_hold(customer: str, company: str, reason: str, action: str = "Hold") -> dict:
	"""Put a customer on Hold (new orders wait) or Stop (nothing leaves either). Returns `{name, status}`."""
	need_customer(customer)
	return _answer(releasing.force_hold(customer, company, reason, action))


@frappe.whitelist(methods=["POST"])
def lift_hold(hold: str, reason: str) -> dict:
	"""Lift the hold or stop of a customer, within the mandate of the user. Returns `{name, status}`."""
	_need_hold(hold)
	return _answer(releasing.lift(hold, reason))


@frappe.whitelist(methods=["POST"])
def accept_due_date(invoice: str, reason: str) -> dict:
	"""Let a Sales Invoice that counts as older than its due date count from its due date, as a Credit Manager or
	higher. Returns `{name, b2b_original_due_date: None}`.
	"""
	_document("Sales Invoice", invoice)
	original_due_dates.accept(invoice, reason)
	return {"name": invoice, "b2b_original_due_date": None}


@frappe.whitelist()
def make_payment_plan(customer: str, company: str, invoices: str | list | None = None) -> dict:
	"""Return a payment plan that is not saved yet, over Sales Invoices of a customer (their names), or over the overdue
	ones when none are named. Amounts are in the currency of the invoices' receivable account.
	"""
	frappe.has_permission("Payment Plan", "create", throw=True)
	frappe.has_permission("Company", "read", company, throw=True)
	need_customer(customer)
	names = json.loads(invoices) if isinstance(invoices, str) else invoices
	return plan_drafting.new(customer, company, names or []).as_dict()


@frappe.whitelist()
def open_orders(policy: str) -> list[dict]:
	"""Return what a policy would say of the open orders that nobody decided about: `[{order, customer, amount,
	outcome, rules}]`.
	"""
	return enforcement.evaluate_open_orders(_policy(policy, "read").company)


@frappe.whitelist(methods=["POST"])
def park_open_orders(policy: str) -> dict:
	"""Decide about those orders in a job and park the ones that fail. Returns `{enqueued: True}`."""
	company = _policy(policy, "write").company
	frappe.enqueue("b2b_contracts.credit.enforcement.park_open_orders", queue="long", company=company)
	return {"enqueued": True}


@frappe.whitelist()
def customers_without_profile(company: str) -> list[dict]:
	"""Return customers with a native credit limit and no profile: `[{customer, customer_name, native_limit, bypass}]`."""
	frappe.has_permission("Credit Profile", "create", throw=True)
	return enforcement.unprofiled_limits(company)


@frappe.whitelist(methods=["POST"])
def create_profiles(company: str, segment: str, customers: str | list) -> list[str]:
	"""Make profiles for customers, taking over their native limits. Returns the profiles' names."""
	frappe.has_permission("Credit Profile", "create", throw=True)
	names = json.loads(customers) if isinstance(customers, str) else customers
	return enforcement.create_profiles(company, segment, names)


@frappe.whitelist()
def log_heads() -> dict:
	"""Return the end of every chain of the decision log, `{gate: [sequence, hash]}`: keep it outside the database and
	give it to `verify_log` later.
	"""
	frappe.has_permission("Credit Decision", "export", throw=True)
	return log.heads()


@frappe.whitelist()
def verify_log(heads: str | dict | None = None) -> list[dict]:
	"""Check the chains of the decision log, also against `heads` kept from before. Returns the gates with problems: `[{gate, decisions, problems: [{kind,
	sequence, name}]}]`; an empty list means that nothing was changed, removed or inserted.
	"""
	frappe.has_permission("Credit Decision", "export", throw=True)
	return [
		{
			"gate": report.gate,
			"decisions": report.decisions,
			"problems": [{"kind": p.kind, "sequence": p.sequence, "name": p.name} for p in report.problems],
		}
		for report in log.verify(json.loads(heads) if isinstance(heads, str) else heads)
	]


def _need_hold(name: str) -> None:
	frappe.has_permission("Credit Hold", "read", name, throw=True)


def _document(doctype: str, name: str):
	doc = _readable(doctype, name)
	_need_own(doc)
	return doc


def _readable(doctype: str, name: str):
	if doctype not in subjects.CHECKED_DOCTYPES:
		frappe.throw(_("{0} is not checked for credit.").format(doctype))
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return doc


def _is_mine(doc) -> bool:
	return sells(doc.doctype, doc.name, frappe.session.user)


def _need_own(doc) -> None:
	"""Refuse a user who neither entered the document nor sells on it, and does not see its customer."""
	if not _is_mine(doc):
		need_customer(doc.customer)


def _policy(name: str, permission: str):
	doc = frappe.get_doc("Credit Policy", name)
	doc.check_permission(permission)
	return doc


def _answer(hold) -> dict:
	return {"name": hold.name, "status": hold.status, "valid_until": str(hold.valid_until or "") or None}
