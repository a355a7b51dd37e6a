"""What a dunning run must know of some customers, read in a dozen queries however many they are: what is open of each, what
of it is set aside, and which steps it has had (requirements §3).

Amounts are in the currency of the receivable account; a customer with open items in two has an account in each.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Max, Min, Sum
from frappe.utils import getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import dunning as engine
from b2b_contracts.engine import dunning_law
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import DunningError

from . import (
	acceptance,
	collection_cases,
	dunning_charges,
	dunning_exclusions,
	dunning_flows,
	plan_facts,
	promises,
	unallocated,
)
from .invoices import INVOICE

LOG = "Dunning Log"
# What a log row says of a step that an item has had; a failed one is tried again.
HAD = ("Reserved", "Sent", "Unclear")


@dataclass(slots=True)
class Facts:
	"""A customer in one currency: the engine's account, what else a notice needs, and the letters that went before.

	`arrears_since` is the first day of the unbroken period of arrears, None where no letter charged anything yet.
	`invoiced` says when each invoice was made: what was agreed later does not hold for it. `broken_plans` are the invoices that
	were in a payment plan that broke, `accepted` the procedures of acceptance that were agreed for invoices, `charged` is what
	was charged so far. A `problem` is why nothing can be said of the customer.
	"""

	customer: str
	customer_name: str
	currency: str
	account: engine.Account
	language: str = ""
	own_flow: str = ""
	risk_class: str = ""
	collector: str = ""
	letters: tuple[dunning_law.Sent, ...] = ()
	arrears_since: date | None = None
	invoiced: dict[str, date] = field(default_factory=dict)
	broken_plans: frozenset[str] = frozenset()
	accepted: dict[str, acceptance.Agreed] = field(default_factory=dict)
	charged: dunning_charges.Charged = field(default_factory=dunning_charges.Charged)
	problem: str = ""


def customers_due(company: str, until: date, first: str = "", last: str = "", **filters) -> list[str]:
	"""Return the customers of a company with something open that is due until a day, in the order of their names; those from
	`first` to `last` where given.

	`filters` are `customer`, `segment` and `collector`; empty ones do not count.
	"""
	invoice = frappe.qb.DocType(INVOICE)
	query = (
		frappe.qb.from_(invoice)
		.select(invoice.customer)
		.where((invoice.company == company) & (invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.groupby(invoice.customer)
		.orderby(invoice.customer)
	)
	# The due date of an invoice is that of its last instalment: the first may have passed.
	query = query.where((invoice.due_date <= until) | invoice.name.isin(_with_earlier_instalment(until)))
	if first and last:
		query = query.where((invoice.customer >= first) & (invoice.customer <= last))
	if filters.get("customer"):
		query = query.where(invoice.customer == filters["customer"])
	if filters.get("collector"):
		customer = frappe.qb.DocType("Customer")
		mine = (
			frappe.qb.from_(customer)
			.select(customer.name)
			.where(customer.b2b_collector == filters["collector"])
		)
		query = query.where(invoice.customer.isin(mine))
	if filters.get("segment"):
		profile = frappe.qb.DocType("Credit Profile")
		of_segment = (
			frappe.qb.from_(profile)
			.select(profile.customer)
			.where((profile.company == company) & (profile.segment == filters["segment"]))
		)
		query = query.where(invoice.customer.isin(of_segment))
	return query.run(pluck=True)


def _with_earlier_instalment(until: date):
	"""A query of the open invoices that are due later, with an instalment that is due until a day."""
	invoice, row = frappe.qb.DocType(INVOICE).as_("later"), frappe.qb.DocType("Payment Schedule")
	return (
		frappe.qb.from_(invoice)
		.join(row)
		.on((row.parent == invoice.name) & (row.parenttype == INVOICE))
		.select(invoice.name)
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount > 0) & (invoice.due_date > until))
		.where(row.due_date <= until)
	)


def of(company: str, customers: Collection[str], on: date) -> list[Facts]:
	"""Return the facts of customers, one for each and currency, in the order of their names."""
	customers = list(customers)
	if not customers:
		return []
	open_rows = _open_rows(company, customers)
	invoiced = {row.name: getdate(row.posting_date) for row in open_rows}
	invoices = sorted(invoiced)
	of_customer = _customers(company, customers)
	credits = unallocated.credits(company, customers)
	promised, promised_of = promises.still_promised(company, customers, on)
	awaited = _awaited(company, customers, on)
	waiting = plan_facts.waiting_for_first(company, customers)
	excluded, excluded_of = dunning_exclusions.in_force(company, customers, on)
	insolvent = insolvent_among(customers)
	had = _had(invoices)
	letters = _letters(company, customers)
	arrears = _arrears(company, letters, on)
	cases = _in_cases(customers)
	broken = _broken_plans(invoices)
	accepted = acceptance.of_invoices(
		{row.name: (company, row.customer, invoiced[row.name]) for row in open_rows}
	)
	charged = dunning_charges.charged(company, customers)
	by_account: dict[tuple[str, str], list] = defaultdict(list)
	for rows in _by_invoice(open_rows):
		first = rows[0]
		currency = first.party_account_currency or company_currency(company)
		by_account[first.customer, currency] += _items(
			rows,
			currency == first.currency,
			money(first.b2b_planned_amount) + waiting.get(first.name, ZERO),
			awaited.get(first.name, ZERO),
			promised_of.get(first.name, ZERO),
			excluded_of.get(first.name, ""),
			cases.get(first.name, ""),
			had,
		)
	found = []
	for (customer, currency), items in sorted(by_account.items()):
		about = of_customer[customer]
		names = {item.invoice for item in items}
		pays_on, problem = _payment_days(about)
		found.append(
			Facts(
				customer=customer,
				customer_name=about.customer_name or customer,
				currency=currency,
				account=engine.Account(
					items=tuple(items),
					credits=credits.get((customer, currency), ZERO),
					promised=promised.get((customer, currency), ZERO),
					segment=about.segment or "",
					rating=about.external_rating or "",
					is_insolvent=customer in insolvent,
					is_public_sector=bool(about.b2b_is_public_sector),
					excluded=excluded.get(customer, ""),
					payment_days=pays_on,
				),
				language=about.language or "",
				own_flow=about.b2b_dunning_flow or "",
				risk_class=about.risk_class or "",
				collector=about.b2b_collector or "",
				letters=tuple(letters.get(customer, ())),
				arrears_since=arrears.get(customer),
				invoiced={name: invoiced[name] for name in names},
				broken_plans=frozenset(names & broken),
				accepted={name: accepted[name] for name in names & accepted.keys()},
				charged=charged.get((customer, currency)) or dunning_charges.Charged(),
				problem=problem,
			)
		)
	return found


def _payment_days(about: frappe._dict) -> tuple[tuple[int, ...], str]:
	"""Return the days on which a customer pays, and what is wrong with what is entered of them."""
	try:
		return dunning_flows.payment_days(about.b2b_payment_days, about.name), ""
	except DunningError as problem:
		frappe.clear_last_message()
		return (), str(problem)


# ------------------------------------------------------------------ what is open
def _open_rows(company: str, customers: list[str]) -> list[frappe._dict]:
	invoice, row = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Schedule")
	return (
		frappe.qb.from_(invoice)
		.left_join(row)
		.on((row.parent == invoice.name) & (row.parenttype == INVOICE))
		.select(
			invoice.name,
			invoice.customer,
			invoice.currency,
			invoice.party_account_currency,
			invoice.outstanding_amount,
			invoice.posting_date,
			invoice.due_date,
			invoice.b2b_disputed_amount,
			invoice.b2b_planned_amount,
			row.name.as_("row"),
			row.due_date.as_("row_due_date"),
			row.payment_amount,
			row.base_payment_amount,
		)
		.where((invoice.company == company) & invoice.customer.isin(customers))
		.where((invoice.docstatus == 1) & (invoice.outstanding_amount > 0))
		.orderby(invoice.customer)
		.orderby(invoice.name)
		.orderby(row.due_date)
		.orderby(row.idx)
		.run(as_dict=True)
	)


def _by_invoice(rows: list[frappe._dict]) -> Iterable[list[frappe._dict]]:
	group: list[frappe._dict] = []
	for row in rows:
		if group and group[0].name != row.name:
			yield group
			group = []
		group.append(row)
	if group:
		yield group


def _items(
	rows: list[frappe._dict],
	in_invoice_currency: bool,
	in_plan: Decimal,
	awaited: Decimal,
	promised: Decimal,
	excluded: str,
	case: str,
	had: dict[str, tuple[engine.Had, ...]],
) -> list[engine.Item]:
	"""Return what is open of one invoice as the parts that are due on a day each."""
	first = rows[0]
	open_amount = money(first.outstanding_amount)
	aside = (money(first.b2b_disputed_amount), in_plan, awaited, promised)
	if len(rows) == 1:
		key = first.row or first.name
		due = first.row_due_date or first.due_date
		parts = [(key, due, open_amount, *aside)]
	else:
		field_name = "payment_amount" if in_invoice_currency else "base_payment_amount"
		schedule = [(row.row, row.row_due_date, money(row[field_name])) for row in rows]
		parts = engine.instalments(schedule, open_amount, aside)
	return [
		engine.Item(
			key=key,
			invoice=first.name,
			due=getdate(due),
			open_amount=amount,
			disputed=disputed,
			planned=planned,
			awaited=on_its_way,
			promised=to_come,
			excluded=excluded,
			case=case,
			had=had.get(key, ()),
		)
		for key, due, amount, disputed, planned, on_its_way, to_come in parts
	]


# ------------------------------------------------------------------ what is set aside
def _awaited(company: str, customers: list[str], on: date) -> dict[str, Decimal]:
	"""Return what is on its way for invoices by payment slips whose value date has not passed."""
	return {name: amount for name, (amount, _day) in awaited(company, customers, on).items()}


def awaited(company: str, customers: Collection[str], on: date) -> dict[str, tuple[Decimal, date]]:
	"""Return what is on its way for invoices by payment slips whose value date has not passed, and the last of those dates."""
	slip, row = frappe.qb.DocType("Payment Slip"), frappe.qb.DocType("Payment Slip Invoice")
	rows = (
		frappe.qb.from_(slip)
		.join(row)
		.on(row.parent == slip.name)
		.select(row.sales_invoice, Sum(row.awaited_amount), Max(slip.value_date))
		.where(slip.customer.isin(list(customers) or [""]) & (slip.company == company))
		.where((slip.status == "Accepted") & (slip.value_date >= on))
		.groupby(row.sales_invoice)
		.run()
	)
	return {invoice: (money(amount), getdate(day)) for invoice, amount, day in rows}


def insolvent_among(customers: list[str]) -> set[str]:
	"""Return which of some customers are insolvent."""
	case = frappe.qb.DocType("Insolvency Case")
	rows = (
		frappe.qb.from_(case)
		.select(case.customer)
		.where(case.customer.isin(customers or [""]) & (case.status == "Open"))
		.run(pluck=True)
	)
	return set(rows)


def _in_cases(customers: list[str]) -> dict[str, str]:
	"""Return the invoices that are in an open collection case, each with its case."""
	return collection_cases.invoices_in_cases(customers)


def _broken_plans(invoices: list[str]) -> set[str]:
	if not invoices:
		return set()
	plan, row = frappe.qb.DocType("Payment Plan"), frappe.qb.DocType("Payment Plan Invoice")
	rows = (
		frappe.qb.from_(row)
		.join(plan)
		.on(plan.name == row.parent)
		.select(row.sales_invoice)
		.where(row.sales_invoice.isin(invoices) & (plan.status == "Broken"))
		.run(pluck=True)
	)
	return set(rows)


# ------------------------------------------------------------------ who it is
def _customers(company: str, customers: list[str]) -> dict[str, frappe._dict]:
	customer, profile = frappe.qb.DocType("Customer"), frappe.qb.DocType("Credit Profile")
	rows = (
		frappe.qb.from_(customer)
		.left_join(profile)
		.on((profile.customer == customer.name) & (profile.company == company))
		.select(
			*(
				customer[f]
				for f in (
					"name",
					"customer_name",
					"language",
					"b2b_dunning_flow",
					"b2b_collector",
					"b2b_payment_days",
					"b2b_is_public_sector",
				)
			),
			profile.segment,
			profile.risk_class,
			profile.external_rating,
		)
		.where(customer.name.isin(customers))
		.run(as_dict=True)
	)
	return {row.name: row for row in rows}


# ------------------------------------------------------------------ what was sent before
def _had(invoices: list[str]) -> dict[str, tuple[engine.Had, ...]]:
	"""Return the steps that the items of some invoices have had, by item."""
	if not invoices:
		return {}
	log = frappe.qb.DocType(LOG)
	rows = (
		frappe.qb.from_(log)
		.select(log.item_key, log.step_code, log.step_day, log.sent_on, log.announced, log.deadline)
		.select(log.notice)
		.where(log.sales_invoice.isin(invoices) & log.status.isin(HAD))
		.orderby(log.sent_on)
		.run()
	)
	found: dict[str, list[engine.Had]] = defaultdict(list)
	for key, code, day, sent_on, announced, deadline, notice in rows:
		found[key].append(
			engine.Had(
				code,
				day,
				getdate(sent_on),
				frozenset(filter(None, (announced or "").split(", "))),
				deadline and getdate(deadline),
				notice or "",
			)
		)
	return {key: tuple(steps) for key, steps in found.items()}


def _letters(company: str, customers: list[str]) -> dict[str, list[dunning_law.Sent]]:
	"""Return the letters that the law counts, by customer: those that charged something, and notices of collection."""
	log, notice = frappe.qb.DocType(LOG), frappe.qb.DocType("Dunning Notice")
	rows = (
		frappe.qb.from_(log)
		.join(notice)
		.on(notice.name == log.notice)
		.select(
			log.customer,
			log.notice,
			log.item_key,
			log.sent_on,
			log.deadline,
			notice.fee,
			notice.compensation,
			notice.channel,
		)
		.where(log.customer.isin(customers) & (log.company == company) & log.status.isin(HAD))
		.where((log.fee > 0) | (log.compensation > 0) | (notice.channel == engine.LEGAL_NOTICE))
		.orderby(log.sent_on)
		.orderby(log.notice)
		.run(as_dict=True)
	)
	by_notice: dict[tuple[str, str], list] = defaultdict(list)
	for row in rows:
		by_notice[row.customer, row.notice].append(row)
	found: dict[str, list[dunning_law.Sent]] = defaultdict(list)
	for (customer, _notice), items in by_notice.items():
		first = items[0]
		is_legal = first.channel == engine.LEGAL_NOTICE
		found[customer].append(
			dunning_law.Sent(
				day=getdate(first.sent_on),
				claims=frozenset(row.item_key for row in items),
				kind=dunning_law.COLLECTION_NOTICE if is_legal else dunning_law.REMINDER,
				fee=money(first.fee),
				compensation=money(first.compensation),
				deadline=first.deadline and getdate(first.deadline),
			)
		)
	return found


def _arrears(company: str, letters: dict[str, list], on: date) -> dict[str, date | None]:
	"""Return since when customers have been in arrears without a break; only of those whom a letter has charged something.

	What was settled before the first such letter cannot be part of a period that the letter counts in.
	"""
	since = {
		customer: min(letter.day for letter in of_customer if letter.fee or letter.compensation)
		for customer, of_customer in letters.items()
		if any(letter.fee or letter.compensation for letter in of_customer)
	}
	if not since:
		return {}
	invoice, entry = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Payment Ledger Entry")
	settled = (
		frappe.qb.from_(invoice)
		.left_join(entry)
		.on(
			(entry.against_voucher_no == invoice.name)
			& (entry.against_voucher_type == INVOICE)
			& (entry.delinked == 0)
			& (entry.voucher_no != invoice.name)
		)
		.select(
			invoice.customer,
			Min(invoice.due_date),
			Min(invoice.outstanding_amount),
			Coalesce(Max(entry.posting_date), Max(invoice.posting_date)),
		)
		.where((invoice.company == company) & invoice.customer.isin(list(since)))
		.where((invoice.docstatus == 1) & (invoice.is_return == 0) & (invoice.due_date < on))
		.groupby(invoice.customer, invoice.name)
		.having((Min(invoice.outstanding_amount) > 0) | (Max(entry.posting_date) >= min(since.values())))
		.run()
	)
	spans: dict[str, list] = defaultdict(list)
	for customer, due, outstanding, last in settled:
		spans[customer].append((getdate(due), None if outstanding > 0 else getdate(last)))
	return {customer: dunning_law.unbroken_since(spans[customer], on) for customer in since}
