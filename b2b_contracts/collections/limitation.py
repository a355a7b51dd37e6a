"""Which claims can soon no longer be enforced, and who is warned of them, in good time and once (requirements §3).

A claim is an instalment that is open on the ledger. Its time runs from its due date, the original one where it was billed
again; from a signed payment plan, or from a balance that the customer confirmed and that a person let count, it runs anew,
and so it does from a judgment. A suit that was filed in time interrupts it. How long is the law of the jurisdiction that
applies.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

import frappe
from frappe import _
from frappe.query_builder.functions import Min, Sum
from frappe.utils import create_batch, formatdate, get_url_to_form, getdate, now_datetime

from b2b_contracts import permissions
from b2b_contracts.credit import clearing, notices, people, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import dunning_law, statements
from b2b_contracts.engine import limitation as engine
from b2b_contracts.engine.limitation import Claim, Terms, Watched
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.engine.statements import Voucher
from b2b_contracts.exceptions import JurisdictionError

from . import balance_confirmations, court_cases, jurisdictions
from .invoices import INVOICE
from .plan_facts import PLAN
from .statement_facts import RECEIVABLE, schedules_of

WARNING = "Limitation Warning"
TEMPLATE = "Claims about to expire"
WARNED_AHEAD = max(engine.WARNING_DAYS)
NAMED = 20
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Expiring:
	"""A claim whose time runs out. Its amount is in `currency`, `base_amount` is the same in the company's."""

	customer: str
	company: str
	doctype: str
	name: str
	currency: str
	base_amount: Decimal
	watched: Watched
	terms: Terms

	@property
	def amount(self) -> Decimal:
		return self.watched.claim.amount

	@property
	def due(self) -> date:
		return self.watched.claim.due

	@property
	def is_in_court(self) -> bool:
		"""Whether a suit that is pending keeps its time from being over."""
		return self.watched.interrupted_by is not None

	@property
	def is_confirmed(self) -> bool:
		"""Whether somebody has confirmed the years that count for it."""
		by_court = self.watched.interrupted_by or self.watched.counts_by
		return self.terms.is_confirmed and (self.terms.is_court_confirmed or not by_court)


# ------------------------------------------------------------------ the law
def terms_of(company: str, customer: str, on: date) -> Terms:
	"""Return how long claims on a customer live, by the jurisdiction that applies; where that says nothing, three and ten years,
	which nobody has confirmed."""
	try:
		law = jurisdictions.law_of(jurisdictions.jurisdiction_of(company, customer), on)
	except JurisdictionError:
		# A watch that stops because no law is chosen yet would watch nothing.
		frappe.clear_last_message()
		return Terms(is_confirmed=False)
	if law.limitation_years is None:
		return Terms(is_confirmed=False, source=law.jurisdiction)
	rules = (dunning_law.LIMITATION, dunning_law.LIMITATION_ACKNOWLEDGED)
	origins = [origin for origin in map(law.origin, rules) if origin]
	judged = law.origin(dunning_law.LIMITATION_JUDGMENT)
	return Terms(
		law.limitation_years,
		law.limitation_years_acknowledged or law.limitation_years,
		all(origin.is_confirmed for origin in origins),
		"; ".join(dict.fromkeys(origin.source for origin in origins if origin.source)),
		# Where the law says nothing of judgments, time runs anew from one as it does from the due date.
		law.limitation_years_judgment or law.limitation_years,
		law.limitation_years_no_judgment or 0,
		bool(judged and judged.is_confirmed),
	)


def shortest_years(on: date) -> int:
	"""Return the fewest years that a claim lives anywhere, which bounds what has to be read of the books."""
	names = frappe.get_all(jurisdictions.JURISDICTION, pluck="name")
	years = [jurisdictions.law_of(name, on).limitation_years for name in names]
	return min((Terms().years, *(number for number in years if number)))


# ------------------------------------------------------------------ found
def expiring(company: str, within: int = WARNED_AHEAD, customer: str | None = None) -> list[Expiring]:
	"""Return the claims of a company (on a customer) whose time runs out within so many days, and those that are lost: the worst
	first. Permissions are the caller's."""
	today = getdate()
	last = engine.oldest_due_that_matters(today, shortest_years(today), within)
	rows = _open_rows(company, customer, last)
	names = [row.name for row in rows if row.doctype == INVOICE]
	invoices, schedules = _invoices(names), schedules_of(names)
	acknowledged = acknowledgements([row.name for row in rows])
	suits = court_cases.suits_of(names)
	found: dict[str, Expiring] = {}
	claims: list[tuple[Claim, Terms]] = []
	# Where the law goes by the customer's country, those of all are read at once.
	jurisdictions.read_terms({row.customer for row in rows})
	for row in rows:
		terms = terms_of(row.company, row.customer, today)
		days = tuple(sorted(acknowledged.get(row.name, ())))
		for due, amount in _instalments(row, invoices.get(row.name), schedules.get(row.name, ())):
			claim = Claim(f"{row.name} {due.isoformat()}", due, amount, days, suits.get(row.name, ()))
			base = to_cents(money(row.base) * amount / money(row.amount))
			found[claim.name] = Expiring(
				*(row.customer, row.company, row.doctype, row.name, row.currency, base),
				engine.watched(claim, terms),
				terms,
			)
			claims.append((claim, terms))
	return [found[one.claim.name] for one in engine.worst_first(claims, today, within)]


def _open_rows(company: str, customer: str | None, last: date) -> list[frappe._dict]:
	"""Return what is owed by document, of those that may be due on or before a day, a thousand documents a query."""
	found: list[frappe._dict] = []
	for names in create_batch(sorted(_candidates(company, customer, last)), CHUNK):
		found += _owed_of(company, customer, list(names))
	return found


def _candidates(company: str, customer: str | None, last: date) -> set[str]:
	"""Return the open documents that may be due on or before a day: none is due before it was booked, but for what was billed
	again."""
	invoice, entry = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Ledger Entry")
	invoices = (
		frappe.qb.from_(invoice)
		.select(invoice.name)
		.where((invoice.company == company) & (invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.where((invoice.posting_date <= last) | (invoice.b2b_original_due_date <= last))
	)
	others = (
		frappe.qb.from_(entry)
		.select(entry.against_voucher_no)
		.distinct()
		.where((entry.company == company) & (entry.party_type == "Customer") & (entry.delinked == 0))
		.where((entry.against_voucher_type != INVOICE) & (entry.amount > 0) & (entry.posting_date <= last))
	)
	if customer:
		invoices = invoices.where(invoice.customer == customer)
		others = others.where(entry.party == customer)
	return {*invoices.run(pluck=True), *others.run(pluck=True)}


def _owed_of(company: str, customer: str | None, names: list[str]) -> list[frappe._dict]:
	entry = frappe.qb.DocType("Payment Ledger Entry")
	amount = Sum(entry.amount_in_account_currency)
	query = (
		frappe.qb.from_(entry)
		.select(
			entry.party.as_("customer"),
			entry.company,
			entry.against_voucher_type.as_("doctype"),
			entry.against_voucher_no.as_("name"),
			entry.account_currency.as_("currency"),
			amount.as_("amount"),
			Sum(entry.amount).as_("base"),
			Min(entry.posting_date).as_("posted"),
			Min(entry.due_date).as_("due"),
		)
		.where((entry.company == company) & (entry.party_type == "Customer") & (entry.delinked == 0))
		.where((entry.account_type == RECEIVABLE) & entry.against_voucher_no.isin(names))
		.groupby(
			*(entry.party, entry.company, entry.account_currency),
			*(entry.against_voucher_type, entry.against_voucher_no),
		)
		.having(amount > 0)
	)
	if customer:
		query = query.where(entry.party == customer)
	return [row for row in query.run(as_dict=True) if to_cents(money(row.amount)) > 0]


def _invoices(names: list[str]) -> dict[str, frappe._dict]:
	fields = ["name", "posting_date", "due_date", "currency", "b2b_original_due_date"]
	rows = frappe.get_all(INVOICE, filters={"name": ["in", names or [""]]}, fields=fields)
	return {row.name: row for row in rows}


def _instalments(row, invoice, schedule: Iterable) -> list[tuple[date, Decimal]]:
	"""Return what is open of a document by the day from which its time runs."""
	due = getdate(invoice.due_date if invoice else row.due or row.posted)
	in_account = bool(invoice) and invoice.currency == row.currency
	parts = tuple(
		(
			getdate(part.due_date),
			to_cents(money(part.payment_amount if in_account else part.base_payment_amount)),
		)
		for part in schedule
	)
	voucher = Voucher(statements.INVOICE, row.doctype, row.name, due, due, to_cents(money(row.amount)), parts)
	original = invoice and invoice.b2b_original_due_date and getdate(invoice.b2b_original_due_date)
	found: dict[date, Decimal] = defaultdict(lambda: ZERO)
	for day, amount in statements.instalments(voucher):
		found[min(day, original) if original else day] += amount
	return sorted(found.items())


def acknowledgements(documents: Iterable[str]) -> dict[str, set[date]]:
	"""Return on which days customers acknowledged to owe some documents: by a signed payment plan, or a confirmed balance."""
	documents = list(documents)
	found = balance_confirmations.acknowledged(documents)
	row, plan = frappe.qb.DocType("Payment Plan Invoice"), frappe.qb.DocType(PLAN)
	rows = (
		frappe.qb.from_(row)
		.join(plan)
		.on((plan.name == row.parent) & (row.parenttype == PLAN))
		.select(row.sales_invoice, plan.approved_on)
		.where(row.sales_invoice.isin(documents or [""]) & (plan.docstatus == 1))
		.where(plan.signed_plan.isnotnull() & (plan.signed_plan != "") & plan.approved_on.isnotnull())
		.run()
	)
	for name, approved in rows:
		found.setdefault(name, set()).add(getdate(approved))
	return found


# ------------------------------------------------------------------ shown
def listed(
	company: str, within: int, customers: list[str] | None = None, collector: str | None = None
) -> list[dict]:
	"""Return the claims on some customers (None: on all) whose time runs out, as rows of a report."""
	one = customers[0] if customers is not None and len(customers) == 1 else None
	rows = _on(expiring(company, within, one), customers)
	names = list({row.customer for row in rows})
	about = {
		found.name: found
		for found in frappe.get_all(
			"Customer",
			filters={"name": ["in", names or [""]]},
			fields=["name", "customer_name", "b2b_collector"],
		)
	}
	insolvent = set(
		frappe.get_all(
			"Insolvency Case", filters={"customer": ["in", names or [""]], "status": "Open"}, pluck="customer"
		)
	)
	today = getdate()
	courts = court_cases.pending_at([row.name for row in rows if row.is_in_court])
	return [
		{
			"customer": row.customer,
			"customer_name": about[row.customer].customer_name,
			"collector": about[row.customer].b2b_collector,
			"company": row.company,
			"voucher_type": row.doctype,
			"voucher_no": row.name,
			"due_date": row.due,
			"expires_on": row.watched.expires,
			"days_left": row.watched.days_left(today),
			"acknowledged_on": row.watched.counts_from,
			"amount": number(row.amount),
			"currency": row.currency,
			"base_amount": number(row.base_amount),
			"is_confirmed": row.is_confirmed,
			"suit_filed_on": row.watched.interrupted_by and row.watched.interrupted_by.filed,
			"court": courts.get(row.name, "") if row.is_in_court else "",
			"judged_on": row.watched.counts_by and row.watched.counts_by.ended,
			"source": row.terms.source,
			"insolvent": row.customer in insolvent,
		}
		for row in rows
		if not collector or about[row.customer].b2b_collector == collector
	]


def seen(rows: list[Expiring]) -> list[Expiring]:
	"""Return those of some claims whose customers the session user may see."""
	return _on(rows, permissions.customers_seen())


def _on(rows: list[Expiring], customers: list[str] | None) -> list[Expiring]:
	"""Return those of some claims that are on some customers, None for all."""
	allowed = None if customers is None else set(customers)
	return [row for row in rows if allowed is None or row.customer in allowed]


def of_customer(customer: str, company: str) -> dict | None:
	"""Return what of a customer's debt runs out within a year: `{amount, currency, count, first, days_left}`, in the company's
	currency; None for nothing."""
	rows = [row for row in expiring(company, customer=customer) if not row.is_in_court]
	if not rows:
		return None
	return {
		"amount": number(sum((row.base_amount for row in rows), ZERO)),
		"currency": frappe.get_cached_value("Company", company, "default_currency"),
		"count": len(rows),
		"first": str(rows[0].watched.expires),
		"days_left": rows[0].watched.days_left(getdate()),
	}


# ------------------------------------------------------------------ warned
def daily() -> None:
	"""Warn of claims that reached a step: 365, 180, 90, 30 days before. May be killed and run again: each warning is written
	down in the transaction that tells of it. After days on which nobody looked only the tightest step is told."""
	for company in frappe.get_all("Company", pluck="name", order_by="name"):
		by_customer: dict[str, list[Expiring]] = defaultdict(list)
		for row in expiring(company):
			if not row.is_in_court:
				by_customer[row.customer].append(row)
		for customer in sorted(by_customer):
			clearing.in_own_transaction(warn, customer, company, by_customer[customer])


def warn(customer: str, company: str, rows: list[Expiring]) -> bool:
	"""Warn of those of a customer's claims that reached a step nobody was told of; returns whether there were any."""
	# Whoever else warns about this customer now waits here, and finds it told.
	frappe.db.get_value("Customer", customer, "name", for_update=True)
	told = _told([row.name for row in rows])
	today, due = getdate(), []
	for row in rows:
		key = (row.name, row.due, row.watched.expires)
		step = engine.warning_due(row.watched.expires, today, told.get(key, ()))
		if step is not None:
			due.append((row, step))
	if due:
		recipients = recipients_of(customer)
		for row, step in due:
			_write_down(row, step, recipients)
		_tell(customer, company, [row for row, _step in due], recipients)
	return bool(due)


def _told(names: list[str]) -> dict[tuple[str, date, date], set[int]]:
	found: dict[tuple[str, date, date], set[int]] = defaultdict(set)
	warning = frappe.qb.DocType(WARNING)
	rows = (
		frappe.qb.from_(warning)
		.select(warning.voucher_no, warning.due_date, warning.expires_on, warning.days_before)
		.where(warning.voucher_no.isin(names or [""]))
		.run()
	)
	for name, due, expires, step in rows:
		found[name, getdate(due), getdate(expires)].add(step)
	return found


def recipients_of(customer: str) -> list[str]:
	"""Return who is warned: the customer's collector and account manager, the credit managers."""
	own = frappe.db.get_value("Customer", customer, ["b2b_collector", "account_manager"])
	wanted = [*own, *people.controllers("Credit Manager")]
	return [user for user in dict.fromkeys(wanted) if user and people.is_desk_user(user)]


def _write_down(row: Expiring, step: int, recipients: list[str]) -> None:
	warning = frappe.get_doc(
		{
			"doctype": WARNING,
			"voucher_type": row.doctype,
			"voucher_no": row.name,
			"customer": row.customer,
			"company": row.company,
			"due_date": row.due,
			"expires_on": row.watched.expires,
			"days_before": step,
			"amount": number(row.amount),
			"currency": row.currency,
			"warned_on": now_datetime(),
			"warned": ", ".join(recipients),
		}
	)
	warning.flags.credit_service = True
	said = f"{row.doctype}\n{row.name}\n{row.due}\n{row.watched.expires}\n{step}"
	# A second one of this name fails in the database.
	warning.insert(set_name=sha256(said.encode()).hexdigest()[:20], ignore_permissions=True)


def _tell(customer: str, company: str, rows: list[Expiring], recipients: list[str]) -> None:
	first = rows[0].watched
	name = frappe.db.get_value("Customer", customer, "customer_name")
	text = _(
		"{0} claims on {1} can soon no longer be enforced, the first after {2} (in {3} days): {4}."
	).format(len(rows), name, formatdate(first.expires), first.days_left(getdate()), _amount_text(rows))
	notices.bell("Customer", customer, recipients, text)
	context = {
		"customer_name": name,
		"company": company,
		"claims": [
			{
				"name": row.name,
				"amount": wording.money_text(row.amount, row.currency),
				"due": formatdate(row.due),
				"expires": formatdate(row.watched.expires),
				"days_left": row.watched.days_left(getdate()),
			}
			for row in rows[:NAMED]
		],
		"more": max(0, len(rows) - NAMED),
		"link": get_url_to_form("Customer", customer),
	}
	if recipients:
		notices.mail(recipients, TEMPLATE, context, "Customer", customer)


def _amount_text(rows: list[Expiring]) -> str:
	totals: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for row in rows:
		totals[row.currency] += row.amount
	return "; ".join(wording.money_text(amount, currency) for currency, amount in totals.items())
