"""What the desk and other software may call about disputes, payment slips and promises. Every method checks permission first and is typed.

Amounts are numbers in the currency of the invoices' receivable account. Errors are Frappe's: `PermissionError` without
the right, `ValidationError` (with a sentence that says what to do) for everything else.
"""

import json
from collections.abc import Callable
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from b2b_contracts.collections import dispute_links, disputes, insolvency, payment_slips, plans, promises
from b2b_contracts.credit import wording
from b2b_contracts.permissions import need_customer


@frappe.whitelist(methods=["POST"])
def report_dispute(
	invoices: str | list,
	root_cause: str,
	description: str,
	raised_by: str = "Customer",
	next_action_by: str = "Us",
) -> dict:
	"""Open a dispute of some invoices of one customer: `[{sales_invoice, disputed_amount}]`; without an amount all that is
	open is disputed. It is taken up at once by whoever may, and waits as a draft for a credit controller otherwise.
	Returns `{name, status, docstatus, open_amount}`.
	"""
	rows = json.loads(invoices) if isinstance(invoices, str) else invoices
	frappe.has_permission("Dispute", "create", throw=True)
	if not rows:
		frappe.throw(_("Name at least one invoice that is disputed."))
	doc = disputes.new(rows, root_cause, description, raised_by, next_action_by)
	need_customer(doc.customer)
	doc.insert()
	if disputes.may_take_up(doc):
		doc.submit()
	return _answer(doc)


@frappe.whitelist()
def disputable_invoices(customer: str, company: str) -> list[dict]:
	"""Return what of a customer's open invoices can still be disputed, the oldest first: `[{sales_invoice, due_date,
	outstanding, free, currency}]`. Sellers, who may not read invoices, may for their own customers."""
	need_customer(customer)
	return disputes.disputable(customer, company)


@frappe.whitelist()
def make_dispute(source_name: str, target_doc: str | None = None) -> dict:
	"""Return a dispute of a Sales Invoice that is not saved yet, for a form."""
	frappe.has_permission("Dispute", "create", throw=True)
	frappe.has_permission("Sales Invoice", "read", source_name, throw=True)
	dispute = disputes.new([{"sales_invoice": source_name}])
	disputes.fill_invoices(dispute)
	return dispute.as_dict()


@frappe.whitelist()
def dispute_link(invoice: str) -> str:
	"""Return the address at which the customer can dispute an invoice without log-in, good for 90 days; empty for a draft, a
	cancelled invoice and a credit note. For software that sends invoices by itself."""
	frappe.has_permission("Sales Invoice", "read", invoice, throw=True)
	return dispute_links.b2b_dispute_link(invoice)


@frappe.whitelist(methods=["POST"])
def add_dispute_entry(dispute: str, entry: str, text: str, next_action_by: str | None = None) -> dict:
	"""Note what was said or done in a running dispute (Note, Customer Answer or Resolution Step), and whose turn it is (Us
	or Customer). Returns `{name, status, docstatus, open_amount}`."""
	frappe.has_permission("Dispute", "write", dispute, throw=True)
	return _answer(disputes.add_entry(dispute, entry, text, next_action_by))


@frappe.whitelist(methods=["POST"])
def settle_dispute(dispute: str, status: str, resolution: str) -> dict:
	"""End a running dispute without a credit note: `Resolved: Accepted` (goods were replaced, say) or `Resolved: Rejected`,
	which a withdrawal is too. Returns `{name, status, docstatus, open_amount}`."""
	frappe.has_permission("Dispute", "write", dispute, throw=True)
	return _answer(disputes.settle(dispute, status, resolution))


@frappe.whitelist()
def make_credit_note(source_name: str, target_doc: str | None = None, invoice: str | None = None) -> dict:
	"""Return a credit note over what a dispute still disputes of an invoice (its first open one, when none is named), not
	saved yet, for a form. Submitting it settles that part of the dispute."""
	frappe.has_permission("Dispute", "read", source_name, throw=True)
	frappe.has_permission("Sales Invoice", "create", throw=True)
	# A form hands its own arguments over in the flags.
	invoice = invoice or (frappe.flags.args or {}).get("invoice")
	return disputes.credit_note_for(source_name, invoice).as_dict()


@frappe.whitelist()
def open_promises(customer: str, company: str) -> list[dict]:
	"""Return what a customer has promised to pay and what reminders wait for: `[{name, sales_invoice, amount, paid_amount,
	currency, promised_date}]`, the earliest first."""
	need_customer(customer)
	frappe.has_permission("Promise to Pay", "read", throw=True)
	return promises.open_promises(customer, company)


@frappe.whitelist(methods=["POST"])
def withdraw_promise(promise: str, reason: str) -> dict:
	"""End an open promise that no longer holds. Returns `{name, status}`."""
	frappe.has_permission("Promise to Pay", "write", promise, throw=True)
	withdrawn = promises.withdraw(promise, reason)
	return {"name": withdrawn.name, "status": withdrawn.status}


@frappe.whitelist()
def promises_kept() -> str:
	"""Return how many per cent of the promises that were judged in the last twelve months were kept in full, as people here
	write it; a dash when none was. In the user's own company."""
	frappe.has_permission("Promise to Pay", "read", throw=True)
	return _of_a_year(promises.kept_rate)


@frappe.whitelist()
def plans_kept() -> str:
	"""Return how many per cent of the payment plans that ended in the last twelve months were completed; else as
	`promises_kept`."""
	frappe.has_permission("Payment Plan", "read", throw=True)
	return _of_a_year(plans.success_rate)


def _of_a_year(rate: Callable) -> str:
	company = frappe.defaults.get_user_default("Company")
	share = rate(company, add_months(getdate(), -12), getdate()) if company else None
	return "–" if share is None else wording.percent_text(Decimal(str(share)) * 100)


@frappe.whitelist()
def live_payment_slips(customer: str, company: str) -> list[dict]:
	"""Return the payment slips of a customer whose money is waited for: `[{name, status, amount, arrived_amount, currency,
	value_date, wait_until, invoices: {name: awaited}}]`, the one that is waited for the shortest first."""
	need_customer(customer)
	frappe.has_permission("Payment Slip", "read", throw=True)
	return payment_slips.live(customer, company)


@frappe.whitelist()
def why_not_accept_slip(payment_slip: str) -> str | None:
	"""Return why the user may not accept a reported payment slip, None when they may."""
	doc = frappe.get_doc("Payment Slip", payment_slip)
	doc.check_permission("read")
	return payment_slips.why_not_accept(doc)


@frappe.whitelist(methods=["POST"])
def accept_payment_slip(payment_slip: str) -> dict:
	"""Let orders wait for the money of a reported payment slip. Returns `{name, status, wait_until}`."""
	frappe.has_permission("Payment Slip", "write", payment_slip, throw=True)
	return _slip(payment_slips.accept(payment_slip))


@frappe.whitelist(methods=["POST"])
def reject_payment_slip(payment_slip: str, reason: str) -> dict:
	"""Turn a reported payment slip down, with a written reason. Returns `{name, status, wait_until}`."""
	frappe.has_permission("Payment Slip", "write", payment_slip, throw=True)
	return _slip(payment_slips.reject(payment_slip, reason))


@frappe.whitelist(methods=["POST"])
def cancel_payment_slip(payment_slip: str, reason: str) -> dict:
	"""Take a payment slip back whose money is still waited for, with a written reason. Orders that went ahead because of
	it are decided about again. Returns `{name, status, wait_until}`."""
	frappe.has_permission("Payment Slip", "write", payment_slip, throw=True)
	return _slip(payment_slips.cancel(payment_slip, reason))


@frappe.whitelist()
def open_insolvency(customer: str) -> dict | None:
	"""Return the open insolvency case of a customer: `{name, kind, insolvent_on, carried_out}`, None without one. While there
	is one nothing of the customer is chased."""
	need_customer(customer)
	return insolvency.open_case(customer)


@frappe.whitelist()
def why_not_end_insolvency(case: str) -> str | None:
	"""Return why the user may not end an insolvency case, None when they may."""
	frappe.has_permission("Insolvency Case", "read", case, throw=True)
	return insolvency.why_not_end()


@frappe.whitelist(methods=["POST"])
def take_claim(case: str) -> dict:
	"""Write the claim of an open insolvency case anew, as the books are now. Returns `{name, status, totals: [{company,
	currency, ledger_balance, not_billed_amount, interest_amount, claim_amount}]}`."""
	frappe.has_permission("Insolvency Case", "write", case, throw=True)
	return _insolvency(insolvency.take_claim(case))


@frappe.whitelist(methods=["POST"])
def end_insolvency(case: str, outcome: str, reason: str) -> dict:
	"""End an insolvency case as `Proceedings Ended` or `Reported in Error`. The rating stays insolvent until a person
	reviews it. Returns the shape of `take_claim`."""
	frappe.has_permission("Insolvency Case", "write", case, throw=True)
	return _insolvency(insolvency.end(case, outcome, reason))


def _insolvency(case) -> dict:
	fields = ("company", "currency", "ledger_balance", "not_billed_amount", "interest_amount", "claim_amount")
	totals = [{field: row.get(field) for field in fields} for row in case.totals]
	return {"name": case.name, "status": case.status, "totals": totals}


def _slip(slip) -> dict:
	return {"name": slip.name, "status": slip.status, "wait_until": str(slip.wait_until)}


def _answer(dispute) -> dict:
	return {
		"name": dispute.name,
		"status": dispute.status,
		"docstatus": int(dispute.docstatus),
		"open_amount": dispute.open_amount,
	}
