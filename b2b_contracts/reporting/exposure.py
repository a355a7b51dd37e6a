"""Credit Exposure: what customers and credit groups owe and have been promised, and on how few it hangs (requirements §2.3, §5).

The figures are the gate's (`credit/many_cases.py`): nothing is measured anew here. Amounts of a customer are in its company's
currency, those of a group in the group's; where customers of several companies are added up, in one currency at today's rates.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce, Count, Max, Sum
from frappe.utils import add_months, getdate
from pypika import Order

from b2b_contracts import permissions
from b2b_contracts.credit import account_facts, many_cases, position_facts, security_facts
from b2b_contracts.credit.account_facts import Member, company_currency, money
from b2b_contracts.credit.many_cases import Company, Customer
from b2b_contracts.engine import credit_standing
from b2b_contracts.engine.credit_standing import Figures
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.overdue import undisputed_rest
from b2b_contracts.engine.rules import group_net_exposure_at
from b2b_contracts.engine.security import shares

# How far back trade tells what a customer is worth, in months.
REVENUE_MONTHS = 12
NOT_KNOWN = ""
# Whom a group's security comes from is not for those who see some of its members only.
OF_GROUP = "Security of the credit group"


@dataclass(frozen=True, slots=True)
class Row:
	"""A customer in a company. `overdue` is what is past the policy's days, less unallocated money; `revenue` of the last 12
	months, net, where it was asked for."""

	customer: str
	company: str
	currency: str
	name: str
	of: Customer
	figures: Figures
	status: str
	revenue: Decimal = ZERO
	industry: str = NOT_KNOWN
	country: str = NOT_KNOWN

	@property
	def member(self) -> Member:
		return self.customer, self.company

	@property
	def segment(self) -> str:
		return self.of.case.account.segment

	@property
	def risk_class(self) -> str:
		"""The risk class of the profile, empty without a profile: nobody has classed the customer."""
		return self.of.case.account.risk_class if self.of.profile else ""

	@property
	def overdue(self) -> Decimal:
		return undisputed_rest(self.of.books.overdue.amount, self.of.books.overdue.credits)

	@property
	def has_anything(self) -> bool:
		position = self.of.case.position
		return any(
			(
				position.receivables,
				position.delivered_not_billed,
				position.granted_orders,
				position.waiting_orders,
			)
		)


@dataclass(frozen=True, slots=True)
class Group:
	"""A credit group over all its companies, in its own currency. `free` is what is left of its limit."""

	name: str
	currency: str
	members: int
	receivables: Decimal
	delivered_not_billed: Decimal
	granted_orders: Decimal
	waiting_orders: Decimal
	exposure: Decimal
	net: Decimal
	limit: Decimal
	utilisation: Decimal | None

	@property
	def free(self) -> Decimal:
		return self.limit - self.net


@dataclass(frozen=True, slots=True)
class Trade:
	"""What a customer has bought since a day, net of credit notes; how many invoices and orders, and the last day."""

	revenue: Decimal = ZERO
	invoices: int = 0
	orders: int = 0
	last_on: date | None = None

	@property
	def is_any(self) -> bool:
		return bool(self.invoices or self.orders)


@dataclass(frozen=True)
class Wanted:
	"""Whose exposure: companies, and customers (None: every one). What costs a look of its own is asked for."""

	companies: tuple[str, ...]
	customers: list[str] | None = None
	with_trade: bool = False
	with_places: bool = False
	today: date = field(default_factory=getdate)


class Found:
	"""What was found of it."""

	def __init__(self, wanted: Wanted):
		self.wanted, self.today = wanted, wanted.today
		self.companies: dict[str, Company] = {}
		self.trade: dict[Member, Trade] = {}
		for company in wanted.companies:
			trade = _trade(company, wanted.customers, self.today) if wanted.with_trade else {}
			self.trade |= {(customer, company): one for customer, one in trade.items()}
			customers = _customers_of(company, wanted.customers) | set(trade)
			self.companies[company] = many_cases.of_company(company, customers, self.today)

	@cached_property
	def customers(self) -> list[Row]:
		"""Everybody who has a profile, owes or is promised anything, or has traded (where that was asked for)."""
		members = [
			(member, one, company)
			for company in self.companies.values()
			for member, one in company.customers.items()
		]
		names = _names({member[0] for member, _one, _company in members})
		places = places_of(set(names)) if self.wanted.with_places else {}
		rows = []
		for member, one, company in members:
			figures = self._figures(one)
			status = one.profile.row.status if one.profile else ""
			industry, country = places.get(member[0], (NOT_KNOWN, NOT_KNOWN))
			row = Row(
				customer=member[0],
				company=member[1],
				currency=company.currency,
				name=names.get(member[0], member[0]),
				of=one,
				figures=figures,
				status=credit_standing.status(one.case, figures, status),
				revenue=self.trade.get(member, Trade()).revenue,
				industry=industry,
				country=country,
			)
			if one.profile or row.has_anything or self.trade.get(member, Trade()).is_any:
				rows.append(row)
		return sorted(rows, key=lambda row: (row.name.casefold(), row.customer, row.company))

	def _figures(self, one: Customer) -> Figures:
		"""Return the figures of a customer; those of its group tell of its sisters, and are not for everybody."""
		figures = credit_standing.figures(one.case)
		if self.sees_groups:
			return figures
		return replace(figures, group_net=None, group_utilisation=None, group_headroom=None)

	@cached_property
	def sees_groups(self) -> bool:
		return permissions.sees_every_customer()

	@cached_property
	def groups(self) -> list[Group]:
		"""The credit groups of these customers; none for whom a customer or a company of them is kept from.

		As the gate sees each from its members' companies: by the one with the highest use where their policies differ.
		"""
		if not self.sees_groups:
			return []
		companies = set(permissions.companies_seen())
		found: dict[str, Group] = {}
		for company in self.companies.values():
			for member, one in company.customers.items():
				name = one.group
				if not name or not {of for _customer, of in company.groups[name]} <= companies:
					continue
				group = _group(company, member, one)
				if name not in found or group.net > found[name].net:
					found[name] = group
		return sorted(found.values(), key=lambda group: group.name.casefold())

	@cached_property
	def currency(self) -> str:
		"""The currency that customers of several companies are added up in: the user's own company's, if it is one of them."""
		own = frappe.defaults.get_user_default("Company")
		companies = self.wanted.companies
		return company_currency(own if own in companies else companies[0]) if companies else ""

	@cached_property
	def rates(self) -> Mapping[str, Decimal]:
		"""What turns the companies' currencies into that one, by currency."""
		return {
			currency: account_facts.rate_to(currency, self.currency, self.today, _("Credit Exposure"))
			for currency in sorted({company.currency for company in self.companies.values()})
		}

	def in_one(self, row: Row, amount: Decimal) -> Decimal:
		return amount * self.rates[row.currency]

	def covered_by(self, rows: Iterable[Row]) -> dict[Member, dict[str, Decimal]]:
		"""Return what each security covers of each customer, in the company's currency; what a group's covers together goes to
		its members by what each owes."""
		found = {}
		for row in rows:
			case, held = row.of.case, row.of.held
			own = shares(case.instruments, case.position.exposure, case.exposed_parts(ZERO))
			covered = dict(own)
			together = row.figures.secured - sum(own.values(), ZERO)
			if together > 0:
				of_group = _shares_of_group(self.companies[row.company], row, held)
				whole = sum(of_group.values(), ZERO)
				for name, amount in of_group.items():
					covered[name] = covered.get(name, ZERO) + together * amount / whole
			found[row.member] = covered
		return found


def _shares_of_group(company: Company, row: Row, held: security_facts.Held) -> dict[str, Decimal]:
	"""Return what each security of a group covers of all its members in a company, in the group's currency."""
	rate = company.group_rates[row.of.group][row.company]
	instruments = security_facts.in_currency(held.counting_of_group(row.company), rate)
	group = row.of.case.group
	own = row.figures.exposure - sum(
		shares(row.of.case.instruments, row.figures.exposure, row.of.case.exposed_parts(ZERO)).values(), ZERO
	)
	return shares(instruments, group.others_to_cover + max(ZERO, own * rate))


def _group(company: Company, member: Member, one: Customer) -> Group:
	row, rates = company.group_rows[one.group], company.group_rates[one.group]
	positions = [company.group_books[of].position.times(rates[of[1]]) for of in company.groups[one.group]]
	whole = sum(positions[1:], positions[0])
	net = group_net_exposure_at(one.case, ZERO)
	figures = credit_standing.figures(one.case)
	return Group(
		name=row.name,
		currency=row.currency,
		members=len(positions),
		receivables=whole.receivables,
		delivered_not_billed=whole.delivered_not_billed,
		granted_orders=whole.granted_orders,
		waiting_orders=whole.waiting_orders,
		exposure=whole.exposure,
		net=net,
		limit=money(row.group_limit),
		utilisation=figures.group_utilisation,
	)


# ------------------------------------------------------------------ insurers
@dataclass(frozen=True, slots=True)
class Insured:
	"""What an insurer stands for, in one currency: `limits` are the buyer limits, `exposure` what the insured customers owe and
	have been promised, `covered` what of it the insurer would pay."""

	insurer: str
	customers: int
	limits: Decimal
	exposure: Decimal
	covered: Decimal


def insured(found: Found, rows: list[Row]) -> list[Insured]:
	"""Return the insured exposure by insurer. A customer whom two insure stands with its whole exposure at each."""
	covered = found.covered_by(rows)
	lodged = {
		one.instrument.name: one
		for row in rows
		for one in (*row.of.held.of(row.member), *row.of.held.of_group)
		if one.counts and one.instrument.must.is_insurance and one.member[1] == row.company
	}
	insurers = _insurers(lodged)
	sees_groups = found.sees_groups
	of: dict[str, dict] = defaultdict(
		lambda: {"customers": set(), "limits": {}, "exposure": {}, "covered": ZERO}
	)
	for row in rows:
		for name, amount in covered[row.member].items():
			if name not in lodged:
				continue
			is_of_group = not lodged[name].member[0]
			insurer = OF_GROUP if is_of_group and not sees_groups else insurers.get(name, NOT_KNOWN)
			one = of[insurer]
			one["customers"].add(row.customer)
			if not (is_of_group and not sees_groups):
				one["limits"][name] = found.in_one(row, lodged[name].instrument.amount)
			one["exposure"][row.member] = found.in_one(row, max(ZERO, row.figures.exposure))
			one["covered"] += found.in_one(row, amount)
	return [
		Insured(
			insurer,
			len(one["customers"]),
			sum(one["limits"].values(), ZERO),
			sum(one["exposure"].values(), ZERO),
			one["covered"],
		)
		for insurer, one in of.items()
	]


def _insurers(names: Iterable[str]) -> dict[str, str]:
	"""Return who insures by some securities: the insurer of their policy, else their issuer."""
	names = list(names)
	if not names:
		return {}
	doc, policy = frappe.qb.DocType("Security Instrument"), frappe.qb.DocType("Insurance Policy")
	rows = (
		frappe.qb.from_(doc)
		.left_join(policy)
		.on(policy.name == doc.insurance_policy)
		.select(doc.name, Coalesce(policy.insurer, doc.issuer))
		.where(doc.name.isin(names))
		.run()
	)
	return {name: insurer or NOT_KNOWN for name, insurer in rows}


# ------------------------------------------------------------------ who
def _customers_of(company: str, customers: list[str] | None) -> set[str]:
	"""Return who has a profile in a company, or anything open there: more than is open, never less."""
	found: set[str] = set()
	for table, party, conditions in _books(company):
		query = frappe.qb.from_(table).select(party).distinct().where(table.company == company)
		for condition in conditions:
			query = query.where(condition)
		if customers is not None:
			query = query.where(party.isin(customers or [""]))
		found |= set(query.run(pluck=True))
	return found - {None, ""}


def _books(company: str):
	"""Where somebody can owe or be promised something: (table, its customer, what is open of it)."""
	profile, invoice, order, note, entry = (
		frappe.qb.DocType(name)
		for name in (
			"Credit Profile",
			"Sales Invoice",
			"Sales Order",
			"Delivery Note",
			"Payment Ledger Entry",
		)
	)
	return (
		(profile, profile.customer, ()),
		(invoice, invoice.customer, (invoice.docstatus == 1, invoice.outstanding_amount != 0)),
		(
			order,
			order.customer,
			(
				order.docstatus == 1,
				order.status.notin(position_facts.FINISHED_ORDERS),
				order.is_internal_customer == 0,
			),
		),
		(
			note,
			note.customer,
			(note.docstatus == 1, note.per_billed < 100, note.is_return == 0, note.is_internal_customer == 0),
		),
		(
			entry,
			entry.party,
			(
				entry.delinked == 0,
				entry.party_type == "Customer",
				(entry.against_voucher_type < "Sales Invoice")
				| (entry.against_voucher_type > "Sales Invoice"),
			),
		),
	)


def _names(customers: set[str]) -> dict[str, str]:
	customer = frappe.qb.DocType("Customer")
	query = frappe.qb.from_(customer).select(customer.name, customer.customer_name)
	return dict(query.where(customer.name.isin(list(customers) or [""])).run())


def places_of(customers: set[str]) -> dict[str, tuple[str, str]]:
	"""Return the industry and the country of customers: of their primary address, else of another of theirs."""
	customer, address, link = (frappe.qb.DocType(name) for name in ("Customer", "Address", "Dynamic Link"))
	names = list(customers) or [""]
	rows = (
		frappe.qb.from_(customer)
		.left_join(address)
		.on(address.name == customer.customer_primary_address)
		.select(customer.name, customer.industry, address.country)
		.where(customer.name.isin(names))
		.run()
	)
	linked = (
		frappe.qb.from_(link)
		.join(address)
		.on(address.name == link.parent)
		.select(link.link_name, address.country)
		.where((link.parenttype == "Address") & (link.link_doctype == "Customer"))
		.where(link.link_name.isin(names) & (address.disabled == 0))
		.orderby(address.is_primary_address)
		.orderby(address.creation, order=Order.desc)
		.run()
	)
	# The last one wins: the oldest of those that are marked as primary.
	other = dict(linked)
	return {
		name: (industry or NOT_KNOWN, country or other.get(name) or NOT_KNOWN)
		for name, industry, country in rows
	}


def _trade(company: str, customers: list[str] | None, today: date) -> dict[str, Trade]:
	"""Return what customers have bought of a company in the last 12 months; openings and internal sales are no trade."""
	since = getdate(add_months(today, -REVENUE_MONTHS))
	invoice, order = frappe.qb.DocType("Sales Invoice"), frappe.qb.DocType("Sales Order")
	billed = (
		frappe.qb.from_(invoice)
		.select(invoice.customer, Sum(invoice.base_net_total), Count(invoice.name), Max(invoice.posting_date))
		.where((invoice.company == company) & (invoice.docstatus == 1) & (invoice.posting_date > since))
		.where((invoice.posting_date <= today) & (invoice.is_internal_customer == 0))
		.where(Coalesce(invoice.is_opening, "No") != "Yes")
		.groupby(invoice.customer)
	)
	ordered = (
		frappe.qb.from_(order)
		.select(order.customer, Count(order.name), Max(order.transaction_date))
		.where((order.company == company) & (order.docstatus == 1) & (order.transaction_date > since))
		.where((order.transaction_date <= today) & (order.is_internal_customer == 0))
		.groupby(order.customer)
	)
	if customers is not None:
		billed = billed.where(invoice.customer.isin(customers or [""]))
		ordered = ordered.where(order.customer.isin(customers or [""]))
	found = {
		customer: Trade(money(revenue), count, 0, getdate(last))
		for customer, revenue, count, last in billed.run()
	}
	for customer, count, last in ordered.run():
		of = found.get(customer, Trade())
		found[customer] = replace(of, orders=count, last_on=max(filter(None, (of.last_on, getdate(last)))))
	return found
