"""Promises to pay: noted, judged every day by the money that came in, and kept in mind by reminders until their date
(requirements §3)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import clearing, locking, notices, people, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import promises as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.promises import BROKEN, KEPT, OPEN, PARTLY, WITHDRAWN, Money, Promise
from b2b_contracts.exceptions import PromiseError

from . import payments
from .invoices import INVOICE, currency_of, receivable_currency

PROMISE = "Promise to Pay"
FIELDS = ("name", "customer", "company", "sales_invoice", "amount", "made_on", "promised_date", "status")


# ------------------------------------------------------------------ noted
def complete(promise) -> None:
	"""Complete a promise from its invoice, and refuse one that does not fit it, or that stands there already."""
	if not promise.sales_invoice:
		# Not what a form or the site's defaults have put there.
		promise.currency = receivable_currency(promise.customer, promise.company)
		return
	invoice = frappe.db.get_value(
		INVOICE,
		promise.sales_invoice,
		["customer", "company", "docstatus", "outstanding_amount", "party_account_currency", "currency"],
		as_dict=True,
	)
	if not invoice or (invoice.customer, invoice.company) != (promise.customer, promise.company):
		_refuse(
			_("Invoice {0} is not one of {1} in {2}. Choose an invoice of this customer.").format(
				promise.sales_invoice, promise.customer, promise.company
			)
		)
	promise.currency = currency_of(invoice)
	open_amount = money(invoice.outstanding_amount) if invoice.docstatus == 1 else money(0)
	if money(promise.amount) > open_amount:
		_refuse(
			_("{0} is promised, but only {1} of invoice {2} is open. Enter that, or less.").format(
				wording.money_text(money(promise.amount), promise.currency),
				wording.money_text(open_amount, promise.currency),
				promise.sales_invoice,
			)
		)
	other = frappe.db.get_value(PROMISE, {"sales_invoice": promise.sales_invoice, "status": OPEN})
	if other:
		_refuse(
			_("Invoice {0} is promised already ({1}). Withdraw that promise first.").format(
				promise.sales_invoice, other
			)
		)


def made(promise) -> None:
	"""Judge a promise as soon as it is noted: it may be about money that came in since it was made."""
	judge_all(promise.customer, promise.company)


def withdraw(name: str, reason: str):
	"""End an open promise that no longer holds, with a reason. Returns it."""
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the promise no longer holds."))
	promise = locking.locked_doc(PROMISE, name)
	if promise.status != OPEN:
		_refuse(
			_("Promise {0} is {1}: only an open one can be withdrawn.").format(
				name, _(promise.status, context=PROMISE)
			)
		)
	locking.write(promise, {"status": WITHDRAWN, "judged_on": getdate()})
	promise.add_comment("Info", _("Withdrawn: {0}").format(reason))
	return promise


# ------------------------------------------------------------------ judged
def has_open(customer: str, company: str) -> bool:
	"""Whether a customer has a promise that is open."""
	return bool(frappe.db.exists(PROMISE, {"customer": customer, "company": company, "status": OPEN}))


def judge_customer(customer: str, company: str) -> None:
	"""Judge a customer's promises, in a transaction of their own. Runs in a job; a second run changes nothing."""
	clearing.in_own_transaction(judge_all, customer, company)


def daily() -> None:
	"""Judge every open promise. May be killed and run again."""
	rows = frappe.get_all(PROMISE, filters={"status": OPEN}, fields=["customer", "company"])
	for customer, company in sorted({(row.customer, row.company) for row in rows}):
		judge_customer(customer, company)


def judge_all(customer: str, company: str) -> bool:
	"""Judge the open promises of a customer by the money that came in; returns whether one has changed.

	Money that one promise has been kept with does not count for the next: those that are judged already, and whose days
	overlap, take theirs first.
	"""
	open_rows = _promises(customer, company, status=OPEN)
	if not open_rows:
		return False
	since = min(row.made_on for row in open_rows)
	others = _promises(customer, company, status=["in", (KEPT, PARTLY)], promised_date=[">=", since])
	rows = {row.name: row for row in (*open_rows, *others)}
	counted = engine.counted(
		[_for_engine(row) for row in rows.values()],
		_money_since(customer, company, min(row.made_on for row in rows.values())),
	)
	return any([_judge(row, counted[row.name]) for row in open_rows])


def _judge(row, paid) -> bool:
	promise = locking.locked_doc(PROMISE, row.name)
	if promise.status != OPEN:
		return False
	status = engine.status_of(_for_engine(row), paid, getdate())
	if (status, paid) == (promise.status, money(promise.paid_amount)):
		return False
	values = {"status": status, "paid_amount": number(paid)}
	if status != OPEN:
		values["judged_on"] = getdate()
	locking.write(promise, values)
	if status in (PARTLY, BROKEN):
		_tell(promise)
	return True


def _tell(promise) -> None:
	"""Tell whoever noted it and the controllers that a promise was not kept."""
	text = _("{0} has not kept a promise: {1} of {2} came in by {3}.").format(
		promise.customer_name,
		wording.money_text(money(promise.paid_amount), promise.currency),
		wording.money_text(money(promise.amount), promise.currency),
		promise.get_formatted("promised_date"),
	)
	notices.bell(PROMISE, promise.name, [promise.owner, *people.controllers()], text)


def _promises(customer: str, company: str, **filters) -> list[frappe._dict]:
	return frappe.get_all(
		PROMISE,
		filters={"customer": customer, "company": company, **filters},
		fields=list(FIELDS),
		order_by="promised_date, name",
	)


def _for_engine(row) -> Promise:
	return Promise(
		row.name, money(row.amount), getdate(row.made_on), getdate(row.promised_date), row.sales_invoice or ""
	)


def _money_since(customer: str, company: str, since: date) -> list[Money]:
	"""Return the money that came in from a customer since a day, by what it was set against."""
	return [Money(p.day, p.amount, p.invoice) for p in payments.since(customer, company, since)]


# ------------------------------------------------------------------ kept in mind
def open_promises(customer: str, company: str) -> list[dict]:
	"""Return what a customer has promised and reminders wait for: `[{name, sales_invoice, amount, paid_amount, currency,
	promised_date}]`, the earliest first."""
	fields = ("name", "sales_invoice", "amount", "paid_amount", "currency", "promised_date")
	rows = waited_for(company, [customer], getdate())
	return [{**{f: row[f] for f in fields}, "promised_date": str(row.promised_date)} for row in rows]


def waited_for(company: str, customers: Iterable[str], on: date) -> list[frappe._dict]:
	"""Return the promises of some customers that reminders wait for on a day, the earliest first: those that are open and for
	that day or later. `missing` is what of each did not come yet, in its currency."""
	promise = frappe.qb.DocType(PROMISE)
	rows = (
		frappe.qb.from_(promise)
		.select(promise.name, promise.customer, promise.currency, promise.sales_invoice)
		.select(promise.amount, promise.paid_amount, promise.promised_date)
		.where(promise.customer.isin(list(customers) or [""]) & (promise.company == company))
		.where((promise.status == OPEN) & (promise.promised_date >= on))
		.orderby(promise.promised_date)
		.orderby(promise.name)
		.run(as_dict=True)
	)
	for row in rows:
		row.missing = max(ZERO, money(row.amount) - money(row.paid_amount))
	return rows


def still_promised(
	company: str, customers: Iterable[str], on: date
) -> tuple[dict[tuple[str, str], Decimal], dict[str, Decimal]]:
	"""Return what is still promised in general, by customer and currency, and of single invoices, by name. One query."""
	general: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
	of_invoice: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for row in waited_for(company, customers, on):
		if row.sales_invoice:
			of_invoice[row.sales_invoice] += row.missing
		else:
			general[row.customer, row.currency] += row.missing
	return general, of_invoice


def kept_rate(company: str, from_date: date, to_date: date) -> float | None:
	"""Return the share of promises judged from one day to another that were kept in full, 0 to 1; None without any."""
	judged = frappe.get_all(
		PROMISE,
		filters={
			"company": company,
			"status": ["in", (KEPT, PARTLY, BROKEN)],
			"judged_on": ["between", (from_date, to_date)],
		},
		pluck="status",
	)
	return judged.count(KEPT) / len(judged) if judged else None


def _refuse(message: str) -> None:
	frappe.throw(message, PromiseError, title=_("Promise to pay"))
