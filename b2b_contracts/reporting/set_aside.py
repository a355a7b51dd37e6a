"""What of open items was disputed, in a payment plan or promised on a day: by the dates of the documents that say so, not as it is
now. A cancelled document has never said anything."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Date
from frappe.utils import getdate

from b2b_contracts.collections.invoices import INVOICE
from b2b_contracts.collections.payments import MONEY_JOURNALS
from b2b_contracts.collections.plan_facts import ACTIVE, BROKEN, COMPLETED, PLAN
from b2b_contracts.collections.promises import PROMISE
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import disputes as dispute_rules
from b2b_contracts.engine import plans as plan_rules
from b2b_contracts.engine import promises as promise_rules
from b2b_contracts.engine.ageing import Row
from b2b_contracts.engine.money import ZERO, to_cents

DISPUTE = "Dispute"

Credited = dict[tuple[str, str], list[tuple[date, Decimal]]]
"""Credit notes of disputes, by dispute and invoice."""


def apply(items: Collection[Row], as_of: date) -> None:
	"""Write on open items what of them is set aside on a day, in the company's currency.

	Documents say it in the currency of the receivable account: it is the same share of what is open. Together never more than is
	open: what is disputed first, then what is planned, then what is promised.
	"""
	companies = sorted({item.company for item in items})
	if not companies:
		return
	running, kept = _running_disputes(companies, as_of), _kept_plans(companies, as_of)
	credited = _credited_for_disputes({row[1] for row in running} | {row[0] for row in kept}, as_of)
	disputed, planned = _disputed(running, credited), _planned(kept, credited)
	promised, in_general = _promised(companies, as_of)
	debts: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
	for item in items:
		if item.open <= 0 or item.is_unexplained:
			continue
		if in_general:
			debts[item.company, item.customer, item.currency].append(item)
		if item.doctype == INVOICE:
			_write(item, disputed, planned, promised)
	for account, amount in in_general.items():
		_promise_in_general(sorted(debts.get(account, ()), key=lambda item: (item.due, item.voucher)), amount)


def _write(item: Row, disputed: dict, planned: dict, promised: dict) -> None:
	name = item.voucher
	if name not in disputed and name not in planned and name not in promised:
		return
	owes = max(ZERO, item.open_in_account)
	planned_now = ZERO
	for amount, then, beside in planned.get(name, ()):
		planned_now += plan_rules.open_share(amount, then, owes, beside)
	planned_now = min(planned_now, owes)
	disputed_now = sum(dispute_rules.standing_claims(disputed.get(name, ()), owes - planned_now), ZERO)
	promised_now = min(promised.get(name, ZERO), owes - planned_now - disputed_now)
	item.disputed = _in_company_currency(item, disputed_now)
	item.planned = min(_in_company_currency(item, planned_now), item.open - item.disputed)
	item.promised = min(_in_company_currency(item, promised_now), item.open - item.disputed - item.planned)


def _in_company_currency(item: Row, amount: Decimal) -> Decimal:
	if not amount or amount >= item.open_in_account:
		return item.open if amount else ZERO
	return to_cents(item.open * amount / item.open_in_account)


def _promise_in_general(debts: Iterable[Row], amount: Decimal) -> None:
	"""Set what was promised without naming an invoice against the oldest debts that nothing else is said of."""
	for item in debts:
		free = item.open - item.disputed - item.planned - item.promised
		if amount <= 0 or free <= 0 or item.open_in_account <= 0:
			continue
		in_account = item.open_in_account * free / item.open
		mine = min(amount, in_account)
		amount -= mine
		item.promised += free if mine == in_account else to_cents(item.open * mine / item.open_in_account)


# ------------------------------------------------------------------ disputes and payment plans
def _running_disputes(companies: list[str], as_of: date) -> tuple[tuple, ...]:
	"""Return the disputes that ran on a day, the oldest first, with each of their invoices and what was disputed of it."""
	dispute, row = frappe.qb.DocType(DISPUTE), frappe.qb.DocType("Dispute Invoice")
	return (
		frappe.qb.from_(dispute)
		.join(row)
		.on((row.parent == dispute.name) & (row.parenttype == DISPUTE))
		.select(dispute.name, row.sales_invoice, row.disputed_amount)
		.where(dispute.company.isin(companies) & (dispute.docstatus == 1) & (dispute.opened_on <= as_of))
		.where(dispute.resolved_on.isnull() | (dispute.resolved_on > as_of))
		.orderby(dispute.opened_on, dispute.creation, dispute.name)
		.run()
	)


def _kept_plans(companies: list[str], as_of: date) -> tuple[tuple, ...]:
	"""Return what of invoices stood in a plan that was kept on a day: invoice, its share, what it owed when the plan was approved,
	and that day."""
	plan, row = frappe.qb.DocType(PLAN), frappe.qb.DocType("Payment Plan Invoice")
	return (
		frappe.qb.from_(plan)
		.join(row)
		.on((row.parent == plan.name) & (row.parenttype == PLAN))
		.select(row.sales_invoice, row.amount, row.outstanding, Date(plan.approved_on))
		.where(plan.company.isin(companies) & (plan.docstatus == 1))
		.where(plan.status.isin((ACTIVE, COMPLETED, BROKEN)) & (plan.activated_on <= as_of))
		.where(plan.completed_on.isnull() | (plan.completed_on > as_of))
		.where(plan.broken_on.isnull() | (plan.broken_on > as_of))
		.orderby(plan.activated_on, plan.name)
		.run()
	)


def _credited_for_disputes(invoices: Collection[str], as_of: date) -> Credited:
	"""Return the credit notes of disputes over some invoices until a day, by dispute and invoice: day and amount, in the currency of
	the account."""
	found: Credited = defaultdict(list)
	if not invoices:
		return found
	entry, note = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(entry)
		.join(note)
		.on(note.name == entry.voucher_no)
		.select(
			note.b2b_dispute, entry.against_voucher_no, entry.posting_date, entry.amount_in_account_currency
		)
		.where(entry.against_voucher_no.isin(sorted(invoices)) & (entry.against_voucher_type == INVOICE))
		.where((entry.voucher_type == INVOICE) & (entry.delinked == 0) & (entry.posting_date <= as_of))
		.where((note.docstatus == 1) & (note.is_return == 1) & (Coalesce(note.b2b_dispute, "") != ""))
		.run()
	)
	for dispute, invoice, day, amount in rows:
		found[dispute, invoice].append((getdate(day), -money(amount)))
	return found


def _disputed(running: Iterable[tuple], credited: Credited) -> dict[str, list[Decimal]]:
	"""Return what was claimed of each invoice, less what had been credited for it."""
	found: dict[str, list[Decimal]] = defaultdict(list)
	for name, invoice, amount in running:
		paid = sum((part for _day, part in credited.get((name, invoice), ())), ZERO)
		found[invoice].append(max(ZERO, money(amount) - paid))
	return found


def _planned(kept: Iterable[tuple], credited: Credited) -> dict[str, list[tuple[Decimal, Decimal, Decimal]]]:
	"""Return what of each invoice stood in a plan: its share, what it owed then, and what disputes have been credited since."""
	by_invoice: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
	for (_dispute, invoice), notes in credited.items():
		by_invoice[invoice] += notes
	found: dict[str, list[tuple[Decimal, Decimal, Decimal]]] = defaultdict(list)
	for invoice, amount, outstanding, approved in kept:
		since = approved and getdate(approved)
		beside = sum((part for day, part in by_invoice[invoice] if not since or day >= since), ZERO)
		found[invoice].append((money(amount), money(outstanding), beside))
	return found


# ------------------------------------------------------------------ promises
def _promised(
	companies: list[str], as_of: date
) -> tuple[dict[str, Decimal], dict[tuple[str, str, str], Decimal]]:
	"""Return what was promised on a day and had not come by then: of invoices by name, and in general by company, customer and
	currency."""
	promise = frappe.qb.DocType(PROMISE)
	rows = (
		frappe.qb.from_(promise)
		.select(promise.name, promise.company, promise.customer, promise.currency)
		.select(promise.sales_invoice, promise.amount, promise.made_on, promise.promised_date)
		.where(
			promise.company.isin(companies) & (promise.made_on <= as_of) & (promise.promised_date >= as_of)
		)
		.where((promise.status != promise_rules.WITHDRAWN) | (promise.judged_on > as_of))
		.orderby(promise.promised_date, promise.name)
		.run(as_dict=True)
	)
	if not rows:
		return {}, {}
	paid = _money_since(rows, as_of)
	of_invoice: dict[str, Decimal] = defaultdict(lambda: ZERO)
	in_general: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
	by_customer: dict[tuple[str, str], list] = defaultdict(list)
	for row in rows:
		by_customer[row.company, row.customer].append(row)
	for member, of_member in by_customer.items():
		rules = [_rule(row) for row in of_member]
		came = promise_rules.counted(rules, paid.get(member, ()))
		for row in of_member:
			missing = max(ZERO, money(row.amount) - came[row.name])
			if row.sales_invoice:
				of_invoice[row.sales_invoice] += missing
			elif missing:
				in_general[row.company, row.customer, row.currency] += missing
	return of_invoice, in_general


def _rule(row) -> promise_rules.Promise:
	return promise_rules.Promise(
		row.name, money(row.amount), getdate(row.made_on), getdate(row.promised_date), row.sales_invoice or ""
	)


def _money_since(rows, as_of: date) -> dict[tuple[str, str], list[promise_rules.Money]]:
	"""Return the money that came in from those who promised some, from the first of their promises until a day."""
	entry, journal = frappe.qb.DocType("Payment Ledger Entry"), frappe.qb.DocType("Journal Entry")
	found: dict[tuple[str, str], list[promise_rules.Money]] = defaultdict(list)
	for company, customer, day, amount, kind, against in (
		frappe.qb.from_(entry)
		.left_join(journal)
		.on((entry.voucher_type == "Journal Entry") & (journal.name == entry.voucher_no))
		.select(entry.company, entry.party, entry.posting_date, entry.amount_in_account_currency)
		.select(entry.against_voucher_type, entry.against_voucher_no)
		.where((entry.party_type == "Customer") & entry.party.isin(sorted({row.customer for row in rows})))
		.where(entry.company.isin(sorted({row.company for row in rows})) & (entry.delinked == 0))
		.where((entry.amount < 0) & (entry.posting_date >= min(row.made_on for row in rows)))
		.where(entry.posting_date <= as_of)
		.where((entry.voucher_type == "Payment Entry") | journal.voucher_type.isin(MONEY_JOURNALS))
		.orderby(entry.posting_date, entry.name)
		.run()
	):
		invoice = against if kind == INVOICE else ""
		found[company, customer].append(promise_rules.Money(getdate(day), -money(amount), invoice))
	return found
