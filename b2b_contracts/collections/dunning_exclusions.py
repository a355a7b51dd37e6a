"""Customers and invoices that get no reminders for a while: with a reason and an end, ended early by whoever says why."""

from collections.abc import Collection
from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate, getdate, now_datetime

from b2b_contracts.exceptions import DunningError, EvidenceError

EXCLUSION, INVOICE = "Dunning Exclusion", "Sales Invoice"
LONGEST_DAYS = 366


def check(exclusion) -> None:
	"""Refuse an exclusion without reason, of another customer's invoice, or for longer than a year."""
	before = exclusion.get_doc_before_save()
	if before:
		# Who ended it and why is written by `end` alone.
		for fieldname in ("ended_by", "ended_on", "end_reason"):
			exclusion.set(
				fieldname, exclusion.get(fieldname) if exclusion.flags.ending else before.get(fieldname)
			)
	if not (exclusion.reason or "").strip():
		_refuse(_("Say why {0} gets no reminders.").format(exclusion.customer))
	first, last = getdate(exclusion.valid_from), getdate(exclusion.valid_until)
	if last < first:
		_refuse(
			_("The exclusion ends on {0}, before it begins on {1}. Enter a later end.").format(
				formatdate(last), formatdate(first)
			)
		)
	if (last - first).days > LONGEST_DAYS:
		_refuse(
			_(
				"An exclusion lasts a year at most, so that it is looked at again. Enter an end before {0}."
			).format(formatdate(frappe.utils.add_days(first, LONGEST_DAYS + 1)))
		)
	if exclusion.sales_invoice:
		_check_invoice(exclusion)


def _check_invoice(exclusion) -> None:
	customer, company = frappe.db.get_value(INVOICE, exclusion.sales_invoice, ["customer", "company"])
	exclusion.for_company = exclusion.for_company or company
	if (customer, company) != (exclusion.customer, exclusion.for_company):
		_refuse(
			_("Invoice {0} is one of {1} in {2}. Choose an invoice of this customer and company.").format(
				exclusion.sales_invoice, customer, company
			)
		)


def end(name: str, reason: str):
	"""End an exclusion today. Returns the document."""
	if not (reason or "").strip():
		_refuse(_("Say why the exclusion ends."))
	exclusion = frappe.get_doc(EXCLUSION, name, for_update=True)
	if exclusion.ended_by or getdate(exclusion.valid_until) < getdate():
		_refuse(_("{0} has ended already.").format(name))
	exclusion.update(
		{"ended_by": frappe.session.user, "ended_on": now_datetime(), "end_reason": reason.strip()}
	)
	exclusion.flags.ending = True
	exclusion.save()
	return exclusion


def refuse_deletion(exclusion) -> None:
	if getdate(exclusion.valid_from) <= getdate():
		frappe.throw(
			_("{0} has been in force. End it instead: it is kept as evidence.").format(exclusion.name),
			EvidenceError,
		)


def in_force(company: str, customers: Collection[str], on: date) -> tuple[dict[str, str], dict[str, str]]:
	"""Return why customers and why invoices are excluded on a day: ({customer: reason}, {invoice: reason})."""
	entry = frappe.qb.DocType(EXCLUSION)
	rows = (
		frappe.qb.from_(entry)
		.select(entry.customer, entry.sales_invoice, entry.reason)
		.where(entry.customer.isin(list(customers)) & (entry.valid_from <= on) & (entry.valid_until >= on))
		.where(entry.for_company.isnull() | (entry.for_company == "") | (entry.for_company == company))
		.where(entry.ended_by.isnull() | (entry.ended_by == ""))
		.orderby(entry.creation)
		.run()
	)
	whole = {customer: reason for customer, invoice, reason in rows if not invoice}
	return whole, {invoice: reason for _customer, invoice, reason in rows if invoice}


def _refuse(message: str) -> None:
	frappe.throw(message, DunningError, title=_("Dunning exclusion"))
