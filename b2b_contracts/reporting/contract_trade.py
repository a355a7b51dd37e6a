"""What was ordered, invoiced, paid and disputed under contracts, and what their prices are beside the price list of today.

A row of an order or an invoice belongs to the contract that gave it its price (`b2b_contract` of the row); one of a credit note to
that of the row that it credits. Contracts are summed up with their amendments: the key of everything here is the original
contract. Amounts are net of tax, in the company's currency. What the session user may not see of contracts and customers does
not count.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import frappe
from frappe import _
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Function, Sum
from frappe.utils import create_batch
from pypika.functions import NullIf
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, ExistsCriterion, Term

from b2b_contracts import permissions
from b2b_contracts.contracts import agreed_prices, visible
from b2b_contracts.contracts.facts import CONTRACT
from b2b_contracts.contracts.rates import Rates
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_prices as prices
from b2b_contracts.engine.contract_performance import Bought, Gap, Lateness, Margin, gap_of
from b2b_contracts.engine.contract_prices import Asked
from b2b_contracts.engine.disputes import RUNNING
from b2b_contracts.engine.money import ZERO

INVOICE, ORDER, DELIVERY = "Sales Invoice", "Sales Order", "Delivery Note"
# Who may know what was ordered and invoiced; a Compliance Officer reads contracts alone.
TRADE_ROLES = frozenset(
	(
		*("Account Manager", "Accounts Manager", "Accounts User", "Auditor", "Board", "CFO"),
		*("Contract Manager", "Credit Auditor", "Credit Controller", "Credit Manager", "Finance Director"),
		*("Sales Manager", "Sales User", "System Manager"),
	)
)
MANY = 500


@dataclass(frozen=True)
class Wanted:
	"""Of which company and days (both in it), and of which customers (None: all)."""

	company: str
	first: date
	last: date
	customers: frozenset[str] | None = None

	@cached_property
	def seen(self) -> Criterion:
		"""That the session user may see a contract; asked once for all queries."""
		return visible.among(frappe.qb.DocType(CONTRACT).name)

	def knows(self, customer: str) -> bool:
		"""Whether what was ordered by a customer may be told at all."""
		return self.customers is None or customer in self.customers


@dataclass(frozen=True, slots=True)
class Disputed:
	"""Disputes about what was invoiced under a contract: how many, of those how many still run, what was disputed, what of it still is, and for how
	many days those that are resolved took."""

	count: int = 0
	running: int = 0
	amount: Decimal = ZERO
	open: Decimal = ZERO
	resolved: int = 0
	days: int = 0

	@property
	def average_days(self) -> float | None:
		"""Return the days to resolve one on average, None where none is resolved."""
		return round(self.days / self.resolved, 1) if self.resolved else None

	def __add__(self, other: "Disputed") -> "Disputed":
		return Disputed(
			self.count + other.count,
			self.running + other.running,
			self.amount + other.amount,
			self.open + other.open,
			self.resolved + other.resolved,
			self.days + other.days,
		)


@dataclass(frozen=True, slots=True)
class Lines:
	"""A query of rows of invoices under contracts, before anything is selected: with the invoice, and with the rates of cost."""

	query: QueryBuilder
	chain: Term
	row: object
	invoice: object
	cost_rate: Term
	line_quantity: Term


# ------------------------------------------------------------------ who may know
def may_know() -> bool:
	"""Return whether the session user may know what was ordered and invoiced under contracts."""
	user = frappe.session.user
	return user == "Administrator" or not TRADE_ROLES.isdisjoint(frappe.get_roles(user))


def not_open() -> str:
	"""Return what is said to whom it is not open."""
	return _("What was ordered and invoiced under contracts is not open to you.")


def customers() -> frozenset[str] | None:
	"""Return the customers whose orders and invoices count for the session user, None for all.

	Whose work needs every contract sees all that their User Permissions leave them; a seller the own portfolio, also of a frame
	contract that covers others.
	"""
	user = frappe.session.user
	if not permissions.sees_every_contract(user):
		seen = permissions.customers_seen(user)
		return None if seen is None else frozenset(seen)
	linked = {"Customer", *(field.options for field in frappe.get_meta("Customer").get_link_fields())}
	if linked.isdisjoint(frappe.permissions.get_user_permissions(user)):
		return None
	if not frappe.has_permission("Customer", "read"):
		return frozenset()
	return frozenset(frappe.get_list("Customer", pluck="name", limit=0))


# ------------------------------------------------------------------ queries
def _chain(contract) -> Term:
	return Coalesce(NullIf(contract.original_contract, ""), contract.name)


def _seen(query: QueryBuilder, customer: Term, wanted: Wanted) -> QueryBuilder:
	query = query.where(wanted.seen)
	if wanted.customers is not None:
		query = query.where(customer.isin(sorted(wanted.customers) or [""]))
	return query


def _lines(wanted: Wanted) -> tuple[Lines, Lines]:
	"""Return the rows of invoices under contracts, and those of credit notes that credit such rows."""
	return _invoiced(wanted), _credited(wanted)


def _invoiced(wanted: Wanted) -> Lines:
	row, invoice = frappe.qb.DocType(INVOICE + " Item"), frappe.qb.DocType(INVOICE)
	contract, delivery = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(DELIVERY + " Item")
	query = (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.parent)
		.join(contract)
		.on(contract.name == row.b2b_contract)
		.left_join(delivery)
		.on(delivery.name == row.dn_detail)
		.where((row.b2b_contract > "") & (row.parenttype == INVOICE) & (invoice.is_return == 0))
	)
	rate = Coalesce(NullIf(delivery.incoming_rate, 0), NullIf(row.incoming_rate, 0))
	return Lines(_of_period(query, invoice, wanted), _chain(contract), row, invoice, rate, row.qty)


def _credited(wanted: Wanted) -> Lines:
	row, invoice = frappe.qb.DocType(INVOICE + " Item"), frappe.qb.DocType(INVOICE)
	source, contract = frappe.qb.DocType(INVOICE + " Item").as_("source"), frappe.qb.DocType(CONTRACT)
	delivery = frappe.qb.DocType(DELIVERY + " Item")
	query = (
		frappe.qb.from_(source)
		# By the invoice: the row that is credited has no index.
		.join(invoice)
		.on((invoice.return_against == source.parent) & (invoice.is_return == 1))
		.join(row)
		.on((row.parent == invoice.name) & (row.sales_invoice_item == source.name))
		.join(contract)
		.on(contract.name == source.b2b_contract)
		.left_join(delivery)
		.on(delivery.name == source.dn_detail)
		.where((source.b2b_contract > "") & (source.parenttype == INVOICE))
	)
	rate = Coalesce(
		NullIf(delivery.incoming_rate, 0), NullIf(source.incoming_rate, 0), NullIf(row.incoming_rate, 0)
	)
	return Lines(_of_period(query, invoice, wanted), _chain(contract), row, invoice, rate, source.qty)


def _of_period(query: QueryBuilder, invoice, wanted: Wanted) -> QueryBuilder:
	query = query.where((invoice.docstatus == 1) & (invoice.company == wanted.company)).where(
		invoice.posting_date.between(wanted.first, wanted.last)
	)
	return _seen(query, invoice.customer, wanted)


# ------------------------------------------------------------------ read
def invoiced(wanted: Wanted) -> dict[str, Margin]:
	"""Return what was invoiced under each contract less what was credited, and what the goods cost as far as that is known: by the
	valuation of the delivery, else by that of the invoice's own row. A credited quantity takes its cost with it."""
	found: dict[str, Margin] = defaultdict(Margin)
	for lines in _lines(wanted):
		row, rate = lines.row, lines.cost_rate
		known = rate.isnotnull()
		query = lines.query.groupby(lines.chain).select(
			lines.chain,
			Sum(row.base_net_amount),
			Sum(Case().when(known, row.base_net_amount).else_(0)),
			Sum(Case().when(known, rate * row.stock_qty).else_(0)),
		)
		for chain, net, of_known, cost in query.run():
			found[chain] += Margin(money(net), money(of_known), money(cost))
	return dict(found)


def ordered(wanted: Wanted) -> dict[str, Decimal]:
	"""Return what was ordered under each contract; of a closed order what was delivered or billed of it."""
	row, order = frappe.qb.DocType(ORDER + " Item"), frappe.qb.DocType(ORDER)
	contract = frappe.qb.DocType(CONTRACT)
	done = Function("greatest", row.delivered_qty * row.base_net_rate, row.billed_amt * order.conversion_rate)
	counted = (
		Case()
		.when(order.status == "Closed", Function("least", row.base_net_amount, done))
		.else_(row.base_net_amount)
	)
	query = (
		frappe.qb.from_(row)
		.join(order)
		.on(order.name == row.parent)
		.join(contract)
		.on(contract.name == row.b2b_contract)
		.where((row.b2b_contract > "") & (row.parenttype == ORDER))
		.where((order.docstatus == 1) & (order.company == wanted.company))
		.where(order.transaction_date.between(wanted.first, wanted.last))
		.groupby(_chain(contract))
		.select(_chain(contract), Sum(counted))
	)
	return {chain: money(amount) for chain, amount in _seen(query, order.customer, wanted).run()}


def lateness(wanted: Wanted, today: date) -> tuple[dict[str, Lateness], dict[str, Decimal]]:
	"""Return how late the invoices of some days were paid, and what of them is overdue today. An invoice under several contracts
	counts for each by its share."""
	lines = _invoiced(wanted)
	invoice, share = lines.invoice, lines.row.base_net_amount / NullIf(lines.invoice.base_net_total, 0)
	due = Coalesce(invoice.b2b_original_due_date, invoice.due_date)
	paid = frappe.qb.DocType("Payment Ledger Entry")
	amount = paid.amount * share * -1
	query = (
		lines.query.join(paid)
		.on((paid.against_voucher_no == invoice.name) & (paid.against_voucher_type == INVOICE))
		.where((paid.delinked == 0) & paid.voucher_type.isin(["Payment Entry", "Journal Entry"]))
		.groupby(lines.chain)
		.select(lines.chain, Sum(amount * Function("datediff", paid.posting_date, due)), Sum(amount))
	)
	late = {chain: Lateness(money(days), money(of)) for chain, days, of in query.run()}
	return late, _overdue(wanted, today)


def _overdue(wanted: Wanted, today: date) -> dict[str, Decimal]:
	lines = _invoiced(wanted)
	invoice, share = lines.invoice, lines.row.base_net_amount / NullIf(lines.invoice.base_net_total, 0)
	currency = frappe.get_cached_value("Company", wanted.company, "default_currency")
	own = invoice.party_account_currency == currency
	open_amount = invoice.outstanding_amount * Case().when(own, 1).else_(invoice.conversion_rate)
	query = (
		lines.query.where(
			(invoice.outstanding_amount > 0)
			& (Coalesce(invoice.b2b_original_due_date, invoice.due_date) < today)
		)
		.groupby(lines.chain)
		.select(lines.chain, Sum(open_amount * share))
	)
	return {chain: money(amount) for chain, amount in query.run()}


def disputed(wanted: Wanted, rates: Rates) -> dict[str, Disputed]:
	"""Return the disputes opened in some days about invoices under contracts, each by the share that a contract has in the invoice;
	where no contract gave the invoice a price, for the contract that the dispute names."""
	found: dict[str, Disputed] = defaultdict(Disputed)
	for query in (_disputed_invoices(wanted), _disputes_that_name(wanted)):
		for chain, _name, currency, status, days, amount, is_open in query.run():
			rate = rates.of(currency)
			is_running = status in RUNNING
			found[chain] += Disputed(
				1,
				int(is_running),
				money(amount) * rate,
				money(is_open) * rate if is_running else ZERO,
				int(not is_running),
				0 if is_running else int(days or 0),
			)
	return dict(found)


def _disputed_invoices(wanted: Wanted) -> QueryBuilder:
	dispute, disputed_row = frappe.qb.DocType("Dispute"), frappe.qb.DocType("Dispute Invoice")
	row, invoice = frappe.qb.DocType(INVOICE + " Item"), frappe.qb.DocType(INVOICE)
	contract = frappe.qb.DocType(CONTRACT)
	share = row.base_net_amount / NullIf(invoice.base_net_total, 0)
	query = (
		frappe.qb.from_(dispute)
		.join(disputed_row)
		.on((disputed_row.parent == dispute.name) & (disputed_row.parenttype == "Dispute"))
		.join(invoice)
		.on(invoice.name == disputed_row.sales_invoice)
		.join(row)
		.on((row.parent == invoice.name) & (row.b2b_contract > ""))
		.join(contract)
		.on(contract.name == row.b2b_contract)
	)
	return _of_disputes(
		query,
		dispute,
		contract,
		wanted,
		disputed_row.disputed_amount * share,
		disputed_row.open_amount * share,
	)


def _disputes_that_name(wanted: Wanted) -> QueryBuilder:
	dispute, disputed_row = frappe.qb.DocType("Dispute"), frappe.qb.DocType("Dispute Invoice")
	row, contract = frappe.qb.DocType(INVOICE + " Item"), frappe.qb.DocType(CONTRACT)
	priced = (
		frappe.qb.from_(disputed_row)
		.join(row)
		.on((row.parent == disputed_row.sales_invoice) & (row.b2b_contract > ""))
		.where(disputed_row.parent == dispute.name)
		.select(row.name)
	)
	query = (
		frappe.qb.from_(dispute)
		.join(contract)
		.on(contract.name == dispute.contract)
		.where(ExistsCriterion(priced).negate())
	)
	return _of_disputes(query, dispute, contract, wanted, dispute.disputed_amount, dispute.open_amount)


def _of_disputes(query: QueryBuilder, dispute, contract, wanted: Wanted, amount: Term, is_open: Term):
	days = Function("datediff", dispute.resolved_on, dispute.opened_on)
	about = (_chain(contract), dispute.name, dispute.currency, dispute.status, days)
	query = (
		query.where((dispute.docstatus == 1) & (dispute.status != "Cancelled"))
		.where((dispute.company == wanted.company) & dispute.opened_on.between(wanted.first, wanted.last))
		.groupby(*about)
		.select(*about, Sum(amount), Sum(is_open))
	)
	return _seen(query, dispute.customer, wanted)


# ------------------------------------------------------------------ prices
@dataclass(frozen=True, slots=True)
class Line:
	"""A quantity that was invoiced under a contract by lines of `each` units at a time."""

	chain: str
	item: str
	uom: str
	factor: Decimal
	each: Decimal
	quantity: Decimal


def bought(wanted: Wanted) -> list[Line]:
	"""Return what was invoiced under contracts less what was credited, by item, unit and size of the line: which price counts may
	hang on that."""
	found: list[Line] = []
	for lines in _lines(wanted):
		row = lines.row
		keys = (lines.chain, row.item_code, row.uom, row.conversion_factor, lines.line_quantity)
		query = lines.query.groupby(*keys).select(*keys, Sum(row.qty))
		found += [
			Line(chain, item or "", uom or "", money(factor or 1), abs(money(each)), money(quantity))
			for chain, item, uom, factor, each, quantity in query.run()
		]
	return found


def gaps(contracts: Iterable, lines: Iterable[Line], today: date, rates: Rates) -> dict[str, Gap]:
	"""Return by how much the prices of contracts are below the price list of today, weighed by the quantities that were bought.

	`contracts` are those in force (rows with name, customer, currency, price_list, original_contract and the days that they are in
	force); their price list is the contract's, else the customer's, else the company's for selling.
	"""
	of_chain: dict[str, list[Line]] = defaultdict(list)
	for line in lines:
		if line.quantity:
			of_chain[line.chain].append(line)
	wanted = {
		row.original_contract or row.name: row
		for row in contracts
		if (row.original_contract or row.name) in of_chain
	}
	if not wanted:
		return {}
	items = agreed_prices.items_of(line.item for chain in wanted for line in of_chain[chain])
	agreed = _agreed([*wanted.values()])
	lists = _price_lists([*wanted.values()])
	listed = _listed(set(lists.values()), items, today)
	found: dict[str, Gap] = {}
	for chain, contract in wanted.items():
		own, price_list = agreed.get(contract.name, ()), lists[contract.name]
		found[chain] = gap_of(
			_compared(line, contract, own, items.get(line.item), price_list, listed, today, rates)
			for line in of_chain[chain]
		)
	return found


def _compared(line: Line, contract, own, item, price_list: str, listed, today: date, rates: Rates) -> Bought:
	if item is None:
		return Bought(line.quantity, None, None)
	found = listed.get((price_list, item.name)) or listed.get((price_list, item.template))
	list_rate = None
	if found is not None:
		# Per the unit of the line: a price per box is one of so many pieces.
		rate, uom, currency = found
		factor = item.factor_of(uom)
		list_rate = rate * rates.of(currency) * line.factor / factor if factor else None
	asked = Asked(item, line.each, today, line.uom, line.factor, price_list)
	counts = prices.agreed(own, asked)
	if counts is None or (counts.rate is None and list_rate is None):
		return Bought(line.quantity, None, list_rate)
	rate = rates.of(contract.currency)
	return Bought(line.quantity, counts.net(list_rate or ZERO, rate) if rate else None, list_rate)


def _agreed(contracts: list) -> dict[str, list[prices.Row]]:
	found: dict[str, list[prices.Row]] = defaultdict(list)
	for some in create_batch(contracts, MANY):
		for row in agreed_prices.rows_of(some):
			found[row.contract].append(row)
	return found


def _price_lists(contracts: list) -> dict[str, str]:
	"""Return by which price list each contract is compared."""
	without = {row.customer for row in contracts if not row.price_list}
	own: dict[str, str] = {}
	for some in create_batch(sorted(without), MANY):
		own |= dict(
			frappe.get_all(
				"Customer",
				filters={"name": ["in", some]},
				fields=["name", "default_price_list"],
				as_list=True,
			)
		)
	standard = frappe.db.get_single_value("Selling Settings", "selling_price_list") or ""
	return {row.name: row.price_list or own.get(row.customer) or standard for row in contracts}


def _listed(lists: Collection[str], items, today: date) -> dict[tuple[str, str], tuple[Decimal, str, str]]:
	"""Return the price of items in price lists that is valid today, for everybody: rate, unit and currency. Of several the one in
	stock units counts, and of those the one that became valid last."""
	codes = {item.name for item in items.values()} | {
		item.template for item in items.values() if item.template
	}
	found: dict[tuple[str, str], tuple] = {}
	price = frappe.qb.DocType("Item Price")
	for some in create_batch(sorted(codes), MANY):
		rows = (
			frappe.qb.from_(price)
			.where(price.item_code.isin(some) & price.price_list.isin(sorted(lists)) & (price.selling == 1))
			.where(price.valid_from.isnull() | (price.valid_from <= today))
			.where(price.valid_upto.isnull() | (price.valid_upto >= today))
			.where(price.customer.isnull() | (price.customer == ""))
			.where(price.batch_no.isnull() | (price.batch_no == ""))
			.select(price.price_list, price.item_code, price.price_list_rate, price.uom, price.currency)
			.select(price.valid_from, price.name)
			.run()
		)
		for price_list, item, rate, uom, currency, valid_from, name in rows:
			known = items.get(item)
			in_stock_units = not uom or (known is not None and uom == known.stock_uom)
			place = (in_stock_units, valid_from or date.min, name)
			key = (price_list, item)
			if key not in found or place > found[key][0]:
				found[key] = (place, (money(rate), uom or "", currency or ""))
	return {key: value for key, (_place, value) in found.items()}
