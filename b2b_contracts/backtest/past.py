"""The past: the books of a book of trade as they went, and what became of each order in them. Nothing is decided."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from heapq import heappop, heappush
from weakref import WeakValueDictionary

from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.ratings import INSOLVENT

from . import book_format
from .assumptions import Assumptions
from .book import SECONDS_A_DAY, Book
from .book_format import (
	ADVANCE,
	CREDIT_NOTES,
	DELIVERIES,
	DISPUTES,
	INVOICES,
	JOURNAL,
	ON_ACCOUNT,
	ORDERS,
	PAYMENTS,
	RATES,
	RATINGS,
	WRITE_OFF,
)
from .figures import DISPUTED, LATE, LOST, NOT_BILLED, ON_TIME, STILL_OPEN, Figures
from .ledger import Account, Books, Invoice, key_of
from .timeline import RANKS


class Fate:
	"""What became of an order: what was billed of it, what is owed, and how it was paid. Amounts in its currency."""

	invoiced = owed = disputed = written_off = ZERO
	worst_days_late = 0

	def __init__(self, account: Account):
		self.account = account

	def word(self, late_days: int) -> str:
		"""Return what became of the order, judged by all that the book knows at its end."""
		if self.written_off or (self.owed and self.account.insolvent):
			return LOST
		if self.disputed:
			return DISPUTED
		if self.worst_days_late > late_days:
			return LATE
		if not self.invoiced:
			return NOT_BILLED
		return STILL_OPEN if self.owed else ON_TIME


class Past:
	"""The world as it was. Feed it the days of a book in order with `run_day`."""

	def __init__(self, book: Book, assumptions: Assumptions):
		self.book = book
		self.ledger = Books(book.customers.values())
		self.figures = Figures(assumptions)
		self.rates: dict[str, Decimal] = {}
		# The orders of today: a policy's world asks for the fates of those that it holds.
		self.entered: dict[str, Fate] = {}
		# A fate lives as long as somebody asks for it: an order of a policy's world, a hold, or an open invoice.
		self._orders: WeakValueDictionary[str, Fate] = WeakValueDictionary()
		self._deliveries: WeakValueDictionary[str, Fate] = WeakValueDictionary()
		self._advances: dict[str, Decimal] = {}
		# Cancellations and ends of disputes, by their moment.
		self._planned: list[tuple] = []
		self._count = 0
		self._day = 0
		# Problems that only the books can tell.
		self.problems = 0
		rank = {sheet.name: sheet.rank for sheet in book_format.SHEETS}
		self._handlers: dict[int, Callable] = {
			rank[RATES]: self._rate,
			rank[RATINGS]: self._rating,
			rank[DISPUTES]: self._dispute,
			rank[ORDERS]: self._order,
			rank[DELIVERIES]: self._delivery,
			rank[INVOICES]: self._invoice,
			rank[CREDIT_NOTES]: self._credit_note,
			rank[PAYMENTS]: self._payment,
		}

	def run_day(self, day: int, events: list[tuple]) -> None:
		"""Book the rows of a day (key, rank, row) in order."""
		self._day = day
		self.figures.begin(date.fromordinal(day))
		self.entered = {}
		handlers, due = self._handlers, self._planned
		for key, rank, row in events:
			while due and due[0][0] * RANKS < key:
				self._next_planned()
			handler = handlers.get(rank)
			if handler is not None:
				handler(row)
		while due and due[0][0] < (day + 1) * SECONDS_A_DAY:
			self._next_planned()

	def _later(self, moment: int, what: Callable, *arguments) -> None:
		self._count += 1
		heappush(self._planned, (moment, self._count, what, arguments))

	def _next_planned(self) -> None:
		_moment, _number, what, arguments = heappop(self._planned)
		what(*arguments)

	# -------------------------------------------------------------- people
	def _rate(self, row) -> None:
		self.rates[row.currency] = row.rate
		self.ledger.set_rate(row.currency, row.rate)

	def _rating(self, row) -> None:
		self.ledger.accounts[row.customer].insolvent = row.rating == INSOLVENT

	# -------------------------------------------------------------- trade
	def _order(self, row) -> None:
		account = self.ledger.accounts[row.customer]
		self._orders[row.order] = self.entered[row.order] = Fate(account)
		self.figures.ordered(account, row.amount)

	def _delivery(self, row) -> None:
		self.figures.totals.delivered += row.amount
		if row.order:
			fate = self._orders.get(row.order)
		else:
			fate = Fate(self.ledger.accounts[row.customer])
			self.entered[key_of(DELIVERIES, row.delivery)] = fate
		if fate is not None:
			self._deliveries[row.delivery] = fate

	def _invoice(self, group: list) -> None:
		first = group[0]
		account = self.ledger.accounts[first.customer]
		fate = self._orders.get(first.order) or self._deliveries.get(first.delivery)
		if fate is None and first.kind != JOURNAL:
			fate = self.entered[key_of(INVOICES, first.invoice)] = Fate(account)
		day = self._day
		invoice = self.ledger.invoice(first.invoice, account, fate, day)
		total = ZERO
		for row in group:
			due = row.due_date.toordinal()
			self.ledger.add_item(invoice, due if due > day else day, day, row.amount)
			total += row.amount
		if len(group) > 1:
			invoice.items.sort(key=_due)
		self.figures.invoiced(account, total)
		if first.cancelled_on is not None:
			self._later(first.cancelled_on, self._cancel_invoice, invoice)

	def _cancel_invoice(self, invoice: Invoice) -> None:
		amount = invoice.open
		invoice.account.receivables -= amount
		self.ledger.settle(invoice, amount)
		self.figures.cancelled_invoice(invoice.account, amount)

	def _credit_note(self, row) -> None:
		if row.delivery:
			return
		account = self.ledger.accounts[row.customer]
		invoice = self._open_invoice(row)
		taken = self.ledger.settle_up_to(invoice, row.amount)
		account.receivables -= row.amount
		account.credits += row.amount - taken
		self.figures.credited(account, row.amount)
		if row.cancelled_on is not None:
			self._later(row.cancelled_on, self._cancel_credit, account, invoice, row.amount, taken)

	def _cancel_credit(
		self, account: Account, invoice: Invoice | None, amount: Decimal, taken: Decimal
	) -> None:
		self._take_back(account, invoice, amount, taken)
		self.figures.credited(account, -amount)

	def _take_back(self, account: Account, invoice: Invoice | None, amount: Decimal, taken: Decimal) -> None:
		account.receivables += amount
		back = self.ledger.reopen(invoice, taken) if taken else ZERO
		account.credits -= amount - back

	def _open_invoice(self, row) -> Invoice | None:
		"""Return the open invoice that a row names, None when it names none or it is settled."""
		if not row.invoice:
			return None
		return self.ledger.invoices.get(row.invoice)

	# -------------------------------------------------------------- money
	def _payment(self, row) -> None:
		account, amount = self.ledger.accounts[row.customer], row.amount
		invoice = self._open_invoice(row)
		if row.kind == WRITE_OFF:
			lost = self.ledger.settle_up_to(invoice, amount)
			account.receivables -= lost
			if invoice is not None and invoice.order is not None:
				invoice.order.written_off += lost
			self.figures.written_off(account, lost, amount - lost)
			return
		taken = ZERO
		if invoice is not None:
			taken = amount if amount < invoice.open else invoice.open
			self.figures.paid(invoice, self.ledger.settle(invoice, taken), self._day)
		if row.taken_from == ON_ACCOUNT:
			account.credits -= taken
			self._check(row, account.credits)
		elif row.taken_from == ADVANCE:
			left = self._advances.get(row.order, ZERO) - amount
			self._advances[row.order] = left
			account.credits += amount - taken
			self._check(row, left)
		else:
			account.receivables -= amount
			self.figures.received(account, amount)
			if row.order and not row.invoice:
				self._advances[row.order] = self._advances.get(row.order, ZERO) + amount
			else:
				account.credits += amount - taken
		if row.cancelled_on is not None and not row.taken_from:
			self._later(row.cancelled_on, self._cancel_payment, account, invoice, row, taken)

	def _check(self, row, left: Decimal) -> None:
		if left < 0:
			message = f"{-left} more is taken than was there by then."
			self.problems += 1
			self.book.report(PAYMENTS, row.number, "taken_from", message)

	def _cancel_payment(self, account: Account, invoice: Invoice | None, row, taken: Decimal) -> None:
		if row.order and not row.invoice:
			account.receivables += row.amount
			self._advances[row.order] -= row.amount
		else:
			self._take_back(account, invoice, row.amount, taken)
		self.figures.received(account, -row.amount)

	def _dispute(self, row) -> None:
		invoice = self._open_invoice(row)
		if invoice is None:
			return
		if invoice.order is not None:
			invoice.order.disputed += row.amount
		part = min(row.amount, invoice.open - invoice.disputed)
		invoice.disputed += part
		if row.closed_on is not None:
			self._later(row.closed_on, self._dispute_ended, invoice, part)

	def _dispute_ended(self, invoice: Invoice, part: Decimal) -> None:
		invoice.disputed -= part


def _due(item) -> int:
	return item.due
