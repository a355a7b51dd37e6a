"""The books of one world as they grow: what customers ordered, got, owe and paid, each to the cent.

Money is gross in the customer's currency, days are ordinals (`date.toordinal`), moments are seconds since the year 1.
Nothing in here decides anything.
"""

from collections.abc import Iterable
from decimal import Decimal

from b2b_contracts.engine.money import ZERO

from .book_format import ORDERS

# How an order stands in a world.
GRANTED, WAITING, BLOCKED, GIVEN_UP, NOT_CHECKED = "Granted", "Waiting", "Blocked", "Given Up", "Not Checked"


class Item:
	"""An instalment of an invoice. `aside` is the part that is disputed or in a payment plan."""

	__slots__ = ("account", "aside", "counts_from", "due", "is_overdue", "open")

	def __init__(self, account: "Account", due: int, counts_from: int, amount: Decimal):
		self.account, self.due, self.counts_from, self.open = account, due, counts_from, amount
		self.aside, self.is_overdue = ZERO, False

	@property
	def chased(self) -> Decimal:
		"""What counts when it is overdue."""
		return self.open - self.aside if self.aside < self.open else ZERO


class Invoice:
	"""What a customer owes for one document. `advanced` is what was paid for it ahead because the policy asked."""

	__slots__ = (
		"account",
		"advanced",
		"amount",
		"day",
		"disputed",
		"items",
		"name",
		"open",
		"order",
		"planned",
	)

	def __init__(self, name: str, account: "Account", order: "Order | None", day: int):
		self.name, self.account, self.order, self.day = name, account, order, day
		self.items: list[Item] = []
		self.amount = self.open = self.advanced = self.disputed = self.planned = ZERO


class Delivery:
	"""Goods that left and are not billed yet."""

	__slots__ = ("account", "name", "order", "unbilled")

	def __init__(self, name: str, account: "Account", order: "Order | None"):
		self.name, self.account, self.order, self.unbilled = name, account, order, ZERO


def key_of(kind: str, name: str) -> str:
	"""Return the key of an order; deliveries and invoices that are orders of their own may bear an order's name."""
	return name if kind == ORDERS else f"{kind}\n{name}"


class Order:
	"""An order: `open` is neither delivered nor billed; `owed` and `unbilled` are what became of the rest and is not paid.

	A delivery or invoice without an order is an order of its own (`kind` says what it was).
	"""

	# Most orders never have most of these: what is not set on an order is this.
	open = prepaid = owed = unbilled = advance_asked = ZERO
	_excess = ZERO
	invoiced = written_off = security_percent = ZERO
	worst_days_late = shift = 0
	due_date = promised = last_promised = ordered_on = None
	po_number = ""
	hold = approved = valid_until = released_at = None
	deferred: list | None = None
	# What became of it in the past (past.py), and what came of it where it was held (figures.py).
	fate = outcome = None

	def __init__(self, name: str, account: "Account", kind: str, amount: Decimal):
		self.name, self.account, self.kind, self.amount = name, account, kind, amount
		self.key = key_of(kind, name)
		self.status = GRANTED

	@property
	def excess(self) -> Decimal:
		"""By how much its release let the customer go over the limit; the customer's `excess` is the sum of them."""
		return self._excess

	@excess.setter
	def excess(self, amount: Decimal) -> None:
		if amount != self._excess:
			self.account.excess += amount - self._excess
			self._excess = amount
			self.account.standing.forget()

	@property
	def is_done(self) -> bool:
		"""Whether nothing of it is left to deliver, to bill or to pay."""
		return not (self.open or self.unbilled or self.owed or self.prepaid or self.deferred)


class Account:
	"""A customer in a world. Everything a decision needs is summed as it happens, nothing is searched for."""

	__slots__ = (
		"credits",
		"currency",
		"excess",
		"granted",
		"insolvent",
		"name",
		"open_invoices",
		"orders",
		"overdue",
		"overdue_items",
		"rate",
		"receivables",
		"standing",
		"unbilled",
		"waiting",
	)

	def __init__(self, name: str, currency: str):
		self.name, self.currency = name, currency
		self.rate: Decimal | None = None
		self.insolvent = False
		self.receivables = self.unbilled = self.granted = self.waiting = ZERO
		self.credits = self.overdue = self.excess = ZERO
		self.overdue_items: dict[Item, None] = {}
		self.open_invoices: dict[str, Invoice] = {}
		self.orders: dict[str, Order] = {}
		self.standing = None

	@property
	def balance(self) -> Decimal:
		"""What is owed or delivered."""
		return self.receivables + self.unbilled

	@property
	def exposure(self) -> Decimal:
		"""That, and what has been promised."""
		return self.receivables + self.unbilled + self.granted

	@property
	def oldest_overdue(self) -> int | None:
		"""Since when the oldest overdue item counts as due."""
		return min((item.counts_from for item in self.overdue_items if item.chased), default=None)

	@property
	def latest_due(self) -> int | None:
		"""The last due date of everything that is open."""
		return max(
			(item.due for invoice in self.open_invoices.values() for item in invoice.items if item.open),
			default=None,
		)


class Books:
	"""Who the customers are, and what they owe for their invoices."""

	def __init__(self, customers: Iterable[tuple]):
		self.accounts = {row.customer: Account(row.customer, row.currency) for row in customers}
		self.invoices: dict[str, Invoice] = {}

	def set_rate(self, currency: str, rate: Decimal) -> None:
		"""What one unit of a currency is worth in the main one."""
		for account in self.accounts.values():
			if account.currency == currency:
				account.rate = None if rate == 1 else rate

	def invoice(self, name: str, account: Account, order: Order | None, day: int) -> Invoice:
		"""Open an invoice, or return the one of that name that is open."""
		found = self.invoices.get(name)
		if found is None:
			found = self.invoices[name] = Invoice(name, account, order, day)
			account.open_invoices[name] = found
		return found

	def add_item(self, invoice: Invoice, due: int, counts_from: int, amount: Decimal) -> None:
		"""Add an instalment."""
		account, order = invoice.account, invoice.order
		item = Item(account, due, counts_from, amount)
		invoice.items.append(item)
		invoice.amount += amount
		invoice.open += amount
		account.receivables += amount
		if order is not None:
			order.owed += amount
			order.invoiced += amount
		self._await(item)

	def settle(self, invoice: Invoice, amount: Decimal) -> list[tuple[Item, Decimal]]:
		"""Set an amount (not more than is open) against an invoice, the earliest instalment first; returns what went to
		each. The caller lowers the receivables: money may have lowered them before.
		"""
		if not amount:
			return []
		if amount == invoice.open and len(invoice.items) == 1 and not invoice.items[0].is_overdue:
			return self._settle_whole(invoice, amount)
		parts: list[tuple[Item, Decimal]] = []
		left, account = amount, invoice.account
		for item in invoice.items:
			open_part = item.open
			if not open_part:
				continue
			part = left if left < open_part else open_part
			if item.is_overdue:
				before = item.chased
				item.open = open_part - part
				account.overdue -= before - item.chased
				if not item.open:
					account.overdue_items.pop(item, None)
			else:
				item.open = open_part - part
			parts.append((item, part))
			left -= part
			if not left:
				break
		invoice.open -= amount
		if invoice.order is not None:
			invoice.order.owed -= amount
		if not invoice.open:
			self._close(invoice)
		return parts

	def settle_up_to(self, invoice: Invoice | None, amount: Decimal) -> Decimal:
		"""Set as much of an amount against an invoice as is open, nothing where there is none; returns how much it took."""
		if invoice is None:
			return ZERO
		taken = amount if amount < invoice.open else invoice.open
		self.settle(invoice, taken)
		return taken

	def _settle_whole(self, invoice: Invoice, amount: Decimal) -> list[tuple[Item, Decimal]]:
		"""The usual case: one instalment, paid at once and in time."""
		item = invoice.items[0]
		item.open = invoice.open = ZERO
		if invoice.order is not None:
			invoice.order.owed -= amount
		self._close(invoice)
		return [(item, amount)]

	def _close(self, invoice: Invoice) -> None:
		self.invoices.pop(invoice.name, None)
		invoice.account.open_invoices.pop(invoice.name, None)

	def reopen(self, invoice: Invoice, amount: Decimal) -> Decimal:
		"""A payment was taken back: the last paid instalment is open again. Returns what could be reopened."""
		self.invoices[invoice.name] = invoice
		invoice.account.open_invoices[invoice.name] = invoice
		room = min(amount, invoice.amount - invoice.open)
		if not room:
			return ZERO
		item = invoice.items[-1]
		before = item.chased
		item.open += room
		invoice.open += room
		if invoice.order is not None:
			invoice.order.owed += room
		if item.is_overdue:
			invoice.account.overdue_items[item] = None
			invoice.account.overdue += item.chased - before
		else:
			self._reopened(item)
		return room

	def _await(self, item: Item) -> None:
		"""An item is open from now on."""

	def _reopened(self, item: Item) -> None:
		"""An item that was not overdue yet is open again."""


class Ledger(Books):
	"""The books of a policy's world: with orders, goods, and what is overdue of the invoices."""

	def __init__(self, customers: Iterable[tuple]):
		super().__init__(customers)
		self.orders: dict[str, Order] = {}
		self.deliveries: dict[str, Delivery] = {}
		# Items by the day since when they count as due, and the last day whose items are counted.
		self._due_on: dict[int, list[Item]] = {}
		self._overdue_until = -1

	def become_overdue(self, until: int) -> None:
		"""Count the items that are due on a day or before. Call it with one day after the other."""
		for item in self._due_on.pop(until, ()):
			self._chase(item)
		self._overdue_until = until

	def _chase(self, item: Item) -> None:
		if item.open:
			item.is_overdue = True
			item.account.overdue_items[item] = None
			item.account.overdue += item.chased

	def _reopened(self, item: Item) -> None:
		if item.counts_from <= self._overdue_until:
			self._chase(item)

	def _await(self, item: Item) -> None:
		"""Chase an item that is due, or wait for its day."""
		day = item.counts_from
		if day <= self._overdue_until:
			self._chase(item)
			return
		waiting = self._due_on.get(day)
		if waiting is None:
			self._due_on[day] = [item]
		else:
			waiting.append(item)

	def _close(self, invoice: Invoice) -> None:
		super()._close(invoice)
		order = invoice.order
		if order is not None:
			if not (order.open or order.unbilled or order.owed):
				order.excess = ZERO
			self.drop_if_done(order)

	# -------------------------------------------------------------- orders
	def add_order(self, order: Order) -> None:
		"""Enter an order as granted."""
		self.orders[order.key] = order
		order.account.orders[order.key] = order
		order.open = order.amount
		order.account.granted += order.open

	def park(self, order: Order) -> None:
		"""What is left of a granted order waits."""
		order.account.granted -= order.open
		order.account.waiting += order.open

	def let_go(self, order: Order) -> None:
		"""What is left of a waiting order is granted."""
		order.account.waiting -= order.open
		order.account.granted += order.open

	def take_off(self, order: Order, amount: Decimal) -> Decimal:
		"""Lower what is open of an order by an amount, or by all that is open; returns by how much."""
		taken = amount if amount < order.open else order.open
		order.open -= taken
		if order.status == WAITING:
			order.account.waiting -= taken
		elif order.status != GIVEN_UP:
			order.account.granted -= taken
		return taken

	def drop_if_done(self, order: Order) -> None:
		"""Forget an order of which nothing is left."""
		if order.is_done and order.status not in (WAITING, BLOCKED):
			self.forget(order)

	def forget(self, order: Order) -> None:
		"""Forget an order."""
		order.excess = ZERO
		self.orders.pop(order.key, None)
		order.account.orders.pop(order.key, None)

	# -------------------------------------------------------------- goods
	def deliver(self, name: str, account: Account, order: Order | None, amount: Decimal) -> Delivery:
		"""Goods leave: they are unbilled until an invoice comes."""
		delivery = self.deliveries.get(name)
		if delivery is None:
			delivery = self.deliveries[name] = Delivery(name, account, order)
		delivery.unbilled += amount
		account.unbilled += amount
		if order is not None:
			order.unbilled += amount
			self.take_off(order, amount)
		return delivery

	def bill_or_return(self, delivery: Delivery, amount: Decimal) -> None:
		"""Delivered goods are billed, returned or written off the delivery."""
		taken = amount if amount < delivery.unbilled else delivery.unbilled
		delivery.unbilled -= taken
		delivery.account.unbilled -= taken
		if delivery.order is not None:
			delivery.order.unbilled -= min(taken, delivery.order.unbilled)
		if not delivery.unbilled:
			self.deliveries.pop(delivery.name, None)

	# -------------------------------------------------------------- disputes and plans
	def set_aside(self, invoice: Invoice, amount: Decimal, what: str) -> Decimal:
		"""Set part of an invoice aside as disputed or planned (`what`), the earliest instalment first; a negative amount
		takes it back. Returns how much was."""
		left, done = amount, ZERO
		account = invoice.account
		for item in invoice.items:
			if not left:
				break
			if amount > 0:
				part = min(left, max(ZERO, item.open - item.aside))
			else:
				part = -min(-left, item.aside)
			if not part:
				continue
			before = item.chased
			item.aside += part
			if item.is_overdue:
				account.overdue -= before - item.chased
			left -= part
			done += part
		setattr(invoice, what, getattr(invoice, what) + done)
		return done
