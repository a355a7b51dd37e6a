"""The days of a book: the rows of all sheets, in the order in which they happened, each checked against those before."""

from collections.abc import Iterator

from . import book_format
from .book import SECONDS_A_DAY, Book
from .book_format import (
	CREDIT_NOTES,
	DELIVERIES,
	DISPUTES,
	INVOICES,
	ORDERS,
	PAYMENTS,
	PLANS,
	WRITE_OFF,
	Sheet,
)
from .timeline import CHANGE, RANKS

Event = tuple[int, int, object]
"""(moment and rank in one number, what happens: the rank of the sheet or CHANGE, row); the row of an invoice is the list of
its rows."""


def days_of(book: Book) -> Iterator[tuple[int, list[Event]]]:
	"""Yield every day from the first row to the last with its events in order; days without any are empty."""
	known = _Known(book)
	streams = [
		_Stream(book, sheet, known)
		for sheet in sorted(book_format.SHEETS, key=lambda s: s.rank)
		if sheet.when
	]
	day = min((stream.day for stream in streams if stream.day is not None), default=None)
	while day is not None:
		events: list[Event] = []
		timed = False
		for stream in streams:
			if stream.day == day:
				timed |= stream.take(day, events)
		if timed:
			events.sort(key=_key)
			known.check_order(events)
		yield day, events
		day = day + 1 if any(stream.day is not None for stream in streams) else None


_SHEET_OF = {sheet.rank: sheet.name for sheet in book_format.SHEETS} | {CHANGE: ORDERS}
_NAMED_BY = {
	book_format.BY_NAME[sheet].rank: column
	for sheet, column in ((ORDERS, "order"), (DELIVERIES, "delivery"), (INVOICES, "invoice"))
}


def _key(event: Event) -> int:
	return event[0]


class _Stream:
	"""A sheet, a day at a time. `day` is that of the next row, None at the end."""

	def __init__(self, book: Book, sheet: Sheet, known: "_Known"):
		self.rank = sheet.rank
		self._place = [column.name for column in sheet.columns].index(sheet.when)
		self._rows = book.rows(sheet.name)
		self._grouped = sheet.name == INVOICES
		self._check = known.checks.get(sheet.name)
		self._known_orders = known.orders if sheet.name == ORDERS else None
		self._next: tuple | None = next(self._rows, None)
		self.day = self._day_of_next()

	def _day_of_next(self) -> int | None:
		return None if self._next is None else self._next[self._place] // SECONDS_A_DAY

	def take(self, day: int, events: list[Event]) -> bool:
		"""Add the rows of a day; returns whether any has a time of day. Rows of one invoice become one event."""
		place, rank, row, check = self._place, self.rank, self._next, self._check
		begins, ends = day * SECONDS_A_DAY, (day + 1) * SECONDS_A_DAY
		timed = False
		rows = self._rows
		while row is not None:
			moment = row[place]
			if moment >= ends:
				break
			if moment != begins:
				timed = True
			if self._grouped:
				group = [row]
				row = next(rows, None)
				while row is not None and row.invoice == group[0].invoice and row[place] == moment:
					group.append(row)
					row = next(rows, None)
				check(group)
				events.append((moment * RANKS + rank, rank, group))
			else:
				what = rank
				if self._known_orders is not None and row.order in self._known_orders:
					what = CHANGE
				if check is not None:
					check(row)
				events.append((moment * RANKS + rank, what, row))
				row = next(rows, None)
		self._next = row
		self.day = self._day_of_next()
		return timed


class _Known:
	"""What the book knew by then, and whose it was: a row may name nothing else."""

	def __init__(self, book: Book):
		self.book = book
		self.orders: dict[str, str] = {}
		self.deliveries: dict[str, str] = {}
		self.invoices: dict[str, str] = {}
		self.checks = {
			ORDERS: self._order,
			DELIVERIES: self._delivery,
			INVOICES: self._invoice,
			CREDIT_NOTES: self._credit_note,
			PAYMENTS: self._payment,
			DISPUTES: self._dispute,
			PLANS: self._plan,
		}

	def check_order(self, events: list[Event]) -> None:
		"""Check a day with times of day: nothing may come before what it names, though both are of that day."""
		begins: dict[tuple[str, str], int] = {}
		for key, rank, row in events:
			named = _NAMED_BY.get(rank)
			if named:
				first = row[0] if isinstance(row, list) else row
				begins.setdefault((named, getattr(first, named)), key)
		for key, rank, row in events:
			for line in row if isinstance(row, list) else (row,):
				for column in ("order", "delivery", "invoice"):
					name = getattr(line, column, "")
					if name and begins.get((column, name), key) > key:
						self._unknown(line, _SHEET_OF[rank], column, name)

	def _order(self, row) -> None:
		if self.orders.setdefault(row.order, row.customer) != row.customer:
			self._is_of(row, ORDERS, "order", row.order, self.orders)

	def _delivery(self, row) -> None:
		if self.deliveries.setdefault(row.delivery, row.customer) != row.customer:
			self._is_of(row, DELIVERIES, "delivery", row.delivery, self.deliveries)
		if row.order and self.orders.get(row.order) != row.customer:
			self._is_of(row, DELIVERIES, "order", row.order, self.orders)

	def _invoice(self, group: list) -> None:
		first = group[0]
		name = first.invoice
		if name in self.invoices:
			message = f"{name!r} stands there already: keep its rows together."
			self.book.report(INVOICES, first.number, "invoice", message)
		self.invoices[name] = first.customer
		for row in group:
			customer = row.customer
			if customer != first.customer:
				self._is_of(row, INVOICES, "invoice", name, self.invoices)
			if row.order and self.orders.get(row.order) != customer:
				self._is_of(row, INVOICES, "order", row.order, self.orders)
			if row.delivery and self.deliveries.get(row.delivery) != customer:
				self._is_of(row, INVOICES, "delivery", row.delivery, self.deliveries)

	def _credit_note(self, row) -> None:
		if row.invoice and self.invoices.get(row.invoice) != row.customer:
			self._is_of(row, CREDIT_NOTES, "invoice", row.invoice, self.invoices)
		if row.delivery and self.deliveries.get(row.delivery) != row.customer:
			self._is_of(row, CREDIT_NOTES, "delivery", row.delivery, self.deliveries)

	def _payment(self, row) -> None:
		if row.invoice:
			if self.invoices.get(row.invoice) != row.customer:
				self._is_of(row, PAYMENTS, "invoice", row.invoice, self.invoices)
		elif row.kind == WRITE_OFF:
			self.book.report(
				PAYMENTS, row.number, "invoice", "is empty: a write-off names the invoice that is lost."
			)
		elif row.taken_from:
			self.book.report(
				PAYMENTS, row.number, "invoice", "is empty: money that was there pays an invoice."
			)
		if row.order and self.orders.get(row.order) != row.customer:
			self._is_of(row, PAYMENTS, "order", row.order, self.orders)

	def _dispute(self, row) -> None:
		if self.invoices.get(row.invoice) != row.customer:
			self._is_of(row, DISPUTES, "invoice", row.invoice, self.invoices)

	def _plan(self, row) -> None:
		if self.invoices.get(row.invoice) != row.customer:
			self._is_of(row, PLANS, "invoice", row.invoice, self.invoices)

	def _is_of(self, row, sheet: str, column: str, name: str, owners: dict[str, str]) -> None:
		owner = owners.get(name)
		if owner is None:
			self._unknown(row, sheet, column, name)
		else:
			self.book.report(sheet, row.number, column, f"{name!r} is of customer {owner}.")

	def _unknown(self, row, sheet: str, column: str, name: str) -> None:
		self.book.report(sheet, row.number, column, f"{name!r} is not in the book by then.")
