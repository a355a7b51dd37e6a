"""Invoices that ERPNext's Invoice Discounting hands to a bank (requirements §2.6).

ERPNext moves such a debt between receivable accounts; what is open of the invoice, and since when it is due, stays. So it
is owed, and counted, as before: with recourse nothing is secured by it. Without recourse it is covered by a security made
from the discounting, which names the invoices: what is paid drops out, and nothing else is covered.
"""

import frappe
from frappe import _

from b2b_contracts.engine import security_life as life
from b2b_contracts.engine.security import INVOICE_DISCOUNTING
from b2b_contracts.exceptions import SecurityInstrumentError

from . import clearing, jobs, position_facts, securities
from .account_facts import company_currency
from .security_facts import INSTRUMENT, INVOICE, NAMED_SCOPE

DISCOUNTING = "Invoice Discounting"
# Its debts are ours again.
OVER = ("Settled", "Cancelled")
# A security that is still at work, or about to be.
LIVE = (*life.IN_HAND, life.IN_FORCE, life.CLAIMED)


def from_invoice_discounting(source: str, customer: str):
	"""Return a security that is not saved yet, for the invoices of one customer of an Invoice Discounting."""
	discounting = frappe.get_doc(DISCOUNTING, source)
	if discounting.docstatus != 1 or discounting.status in OVER:
		_refuse(
			_("{0} is {1}: the bank has none of its invoices.").format(source, _(discounting.status)),
			_("Invoice discounting"),
		)
	names = [row.sales_invoice for row in discounting.invoices if row.customer == customer]
	owed = position_facts.owed_of_invoices(names, discounting.company) if names else {}
	if not owed:
		customers = sorted({row.customer for row in discounting.invoices})
		_refuse(
			_("{0} has no open invoice of {1}. Choose one of {2}.").format(
				source, customer, ", ".join(customers)
			),
			_("Invoice discounting"),
		)
	made = frappe.db.get_value(
		INSTRUMENT,
		{"invoice_discounting": source, "customer": customer, "docstatus": ["<", 2], "status": ["in", LIVE]},
	)
	if made:
		_refuse(
			_("{0} is registered already, as {1}.").format(
				source, frappe.utils.get_link_to_form(INSTRUMENT, made)
			),
			_("Registered already"),
		)
	several = len({row.customer for row in discounting.invoices}) > 1
	doc = frappe.new_doc(INSTRUMENT)
	doc.update(
		{
			"scope": NAMED_SCOPE,
			"customer": customer,
			"company": discounting.company,
			"instrument_type": INVOICE_DISCOUNTING,
			# Each customer has a security of its own, of a number of its own.
			"instrument_number": f"{source} {customer}" if several else source,
			"issuer": frappe.db.get_value("Bank Account", {"account": discounting.bank_account}, "bank"),
			"amount": float(sum(amount for amount, _due in owed.values())),
			"currency": company_currency(discounting.company),
			"valid_from": discounting.loan_start_date or discounting.posting_date,
			"status": life.RECEIVED,
			"invoice_discounting": source,
		}
	)
	kind = frappe.get_cached_doc("Security Type", INVOICE_DISCOUNTING)
	for fieldname in ("cover_percent", "haircut_percent", "claim_period_days"):
		# On a form an empty number is 0, which would be taken as entered.
		doc.set(fieldname, kind.get(fieldname))
	for name in names:
		if name in owed:
			doc.append("documents", {"reference_doctype": INVOICE, "reference_name": name})
	return doc


def follow(discounting) -> None:
	"""Have the securities of a discounting ended once its debts are ours again, after this transaction."""
	if discounting.status in OVER and _ended_ground(discounting.name):
		jobs.after_commit("b2b_contracts.credit.discounted_invoices.end_settled")


def end_settled() -> None:
	"""End the securities in force whose discounting is settled or cancelled. After it, and daily; may be killed and run
	again."""
	for security, source, status in _ended_ground():
		clearing.in_own_transaction(
			securities.run_out,
			security,
			_("{0} is {1}: the bank has given its invoices back.").format(source, _(status)),
		)


def _ended_ground(source: str | None = None) -> list[tuple[str, str, str]]:
	doc, discounting = frappe.qb.DocType(INSTRUMENT), frappe.qb.DocType(DISCOUNTING)
	query = (
		frappe.qb.from_(doc)
		.join(discounting)
		.on(discounting.name == doc.invoice_discounting)
		.select(doc.name, discounting.name, discounting.status)
		.where((doc.docstatus == 1) & (doc.status == life.IN_FORCE) & discounting.status.isin(OVER))
		.orderby(doc.name)
	)
	return list((query.where(discounting.name == source) if source else query).run())


def _refuse(message: str, title: str) -> None:
	frappe.throw(message, SecurityInstrumentError, title=title)
