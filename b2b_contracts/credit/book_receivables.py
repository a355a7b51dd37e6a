"""What customers owe and have paid, from the payment ledger: the sheets invoices, credit_notes and payments.

The ledger books each voucher against another one or against itself. What is booked against one voucher is a *page*: on
it debts and credits meet in the order of time. A credit that finds a debt is set against it; one that comes first, or is
larger, is on account (or an advance for its order) and is taken from there by the next debt. So a customer's rows add up
to the ledger on every day: `invoices - credit_notes - payments`, those with `taken_from` left out, as they move money
that has been counted.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import frappe

from b2b_contracts.backtest import book_format
from b2b_contracts.backtest.book_format import ADVANCE, CREDIT_NOTES, ON_ACCOUNT, PAYMENTS, WRITE_OFF

from . import book_facts, subjects
from .account_facts import Member
from .book_facts import INVOICE, JOURNAL, ORDER, PAYMENT, Scope
from .book_scratch import BILLED, Scratch, amount_text, cents, moment, not_before, split, text_until

DELIVERY = book_facts.DELIVERY
VOUCHER = "Voucher"
"""The kind under which a scratch notes what the ledger is booked against."""

# What an entry does on its page: owe more, owe less, or take off what is on account.
DEBT, CREDIT, OUT = 0, 1, 2
# What a credit is.
MONEY, LOSS, CREDITED = "", WRITE_OFF, "credited"
BY_BANK = ("Bank Entry", "Cash Entry")
LOSSES = "Write Off Entry"


@dataclass(frozen=True, slots=True)
class Page:
	"""What the ledger books against one voucher for one customer."""

	company: str
	party: str
	type: str
	name: str

	@property
	def member(self) -> Member:
		return self.party, self.company


@dataclass(slots=True)
class Voucher:
	"""A document that books in the ledger. `facts` are its fields, empty for a type nobody knows."""

	type: str
	name: str
	entered: datetime
	facts: dict

	@property
	def is_cancelled(self) -> bool:
		return self.facts.get("docstatus") == 2

	@property
	def cancelled(self) -> datetime:
		return self.facts["modified"]

	@property
	def is_debt(self) -> bool:
		"""Whether it is an invoice: what it books for itself is owed, and what it credits itself was paid on the spot."""
		return self.type == INVOICE and not self.facts.get("is_return")

	@property
	def has_own_account(self) -> bool:
		"""Whether it is an advance on an account of its own: what an invoice takes of it is booked out and in."""
		return bool(self.facts.get("book_advance_payments_in_separate_party_account"))


@dataclass(slots=True)
class Entry:
	"""What a voucher does on a page on one day. `moves` means that the money is in the book already."""

	what: int
	voucher: Voucher
	day: date
	amount: int
	due: date
	foreign: float = 0
	moves: bool = False

	@property
	def moment(self) -> str:
		return moment(self.day, self.voucher.entered)

	@property
	def place(self) -> tuple:
		"""Debts come first on a day, unless the credit was entered that day and before."""
		at = self.moment[11:] or ("" if self.what == DEBT else "24")
		return self.day, at, self.what, self.voucher.name


@dataclass(slots=True)
class Debt:
	name: str
	left: int
	moment: str


@dataclass(slots=True)
class Money:
	"""Money or a credit note that waits on account, or for an order."""

	name: str
	left: int
	moment: str
	order: str


class _Sums:
	__slots__ = ("due", "foreign", "minus", "plus")

	def __init__(self):
		self.plus = self.minus = 0
		self.foreign = 0.0
		self.due = None


class Receivables:
	"""Writes the pages of some vouchers into a scratch."""

	def __init__(self, scope: Scope, scratch: Scratch):
		self.scope, self.scratch = scope, scratch
		self.loss_accounts = book_facts.loss_accounts(scope)

	def add(self, names: list[str]) -> None:
		"""Add what is booked against some vouchers."""
		rows = book_facts.entries(names, self.scope)
		self._read(rows)
		pages = defaultdict(list)
		for row in rows:
			page = Page(row.company, row.party, row.against_voucher_type, row.against_voucher_no)
			pages[page].append(row)
		for page, its_rows in pages.items():
			self._add_page(page, its_rows)

	def _read(self, rows: list) -> None:
		"""Read what is to be known of the vouchers of some entries."""
		names = defaultdict(set)
		for row in rows:
			names[row.voucher_type].add(row.voucher_no)
			names[row.against_voucher_type].add(row.against_voucher_no)
		invoices, payments, journals = (sorted(names[kind]) for kind in (INVOICE, PAYMENT, JOURNAL))
		self.documents = {kind: book_facts.documents(kind, some) for kind, some in names.items()}
		self.instalments = book_facts.instalments(invoices) if invoices else {}
		self.parts = book_facts.invoice_parts(invoices) if invoices else {}
		self.advances_taken = book_facts.advances_taken(invoices) if invoices else {}
		self.references = {}
		self.losses, self.moving, self.loss_journals, self.parties = {}, set(), set(), {}
		if payments:
			self.references[PAYMENT] = book_facts.payment_references(payments)
			self.losses = book_facts.written_off(payments, self.loss_accounts)
		if journals:
			self.references[JOURNAL] = book_facts.journal_references(journals)
			self.loss_journals = book_facts.journals_on(journals, self.loss_accounts)
			self.moving = book_facts.moving_journals(journals)
			self.parties = book_facts.parties_of_journals(journals)

	# -------------------------------------------------------------- a page
	def _add_page(self, page: Page, rows: list) -> None:
		live, cancelled = defaultdict(_Sums), defaultdict(_Sums)
		vouchers = {}
		for row in rows:
			key = (row.voucher_type, row.voucher_no)
			if key not in vouchers:
				facts = self.documents.get(row.voucher_type, {}).get(row.voucher_no) or {}
				vouchers[key] = Voucher(*key, facts.get("creation") or row.creation, facts)
			if vouchers[key].is_cancelled:
				if self._stood(vouchers[key], row):
					_sum_up(cancelled[key, row.posting_date], row)
			elif not row.delinked:
				_sum_up(live[key, row.posting_date], row)
		entries = [
			e for (key, day), sums in live.items() for e in self._entries(page, vouchers[key], day, sums)
		]
		own = self._meet(page, sorted(self._folded(entries), key=lambda entry: entry.place))
		for entry in sorted(
			(
				e
				for (key, day), sums in cancelled.items()
				for e in self._entries(page, vouchers[key], day, sums)
			),
			key=lambda entry: (not self._is_own(page, entry.voucher), entry.place),
		):
			own = self._add_cancelled(page, entry, own)

	def _stood(self, voucher: Voucher, row) -> bool:
		"""Whether an entry of a cancelled voucher is of before its cancellation, and stood over a night in the period."""
		return (
			row.creation.date() < voucher.cancelled.date()
			and voucher.cancelled.date() >= self.scope.from_date
		)

	def _entries(self, page: Page, voucher: Voucher, day: date, sums: _Sums) -> Iterator[Entry]:
		own = self._is_own(page, voucher)

		def entry(what: int, amount: int, moves: bool = False) -> Entry:
			return Entry(what, voucher, day, amount, sums.due or day, sums.foreign, moves)

		if own and (voucher.is_debt or voucher.has_own_account):
			if sums.plus:
				yield entry(DEBT if voucher.is_debt else OUT, sums.plus)
			if sums.minus:
				yield entry(CREDIT, sums.minus)
			return
		moves = not own and (voucher.has_own_account or voucher.name in self.moving)
		amount = sums.plus - sums.minus
		if amount > 0:
			yield entry(OUT if moves else DEBT, amount)
		elif amount < 0:
			yield entry(CREDIT, -amount, moves)

	def _is_own(self, page: Page, voucher: Voucher) -> bool:
		return (voucher.type, voucher.name) == (page.type, page.name)

	def _folded(self, entries: list[Entry]) -> list[Entry]:
		"""Take what was moved before the period as if it had come that way.

		The other page of such a move need not be in the book: what was moved off one is left out there, and on the other
		it is new money.
		"""
		off = 0
		for entry in entries:
			if entry.day < self.scope.from_date:
				off += entry.amount if entry.what == OUT else 0
				entry.moves = False
		kept = [e for e in entries if e.what != OUT or e.day >= self.scope.from_date]
		for entry in sorted(kept, key=lambda entry: entry.place):
			if off and entry.what == CREDIT and entry.day < self.scope.from_date:
				less = min(off, entry.amount)
				entry.amount -= less
				off -= less
		return [entry for entry in kept if entry.amount]

	def _meet(self, page: Page, entries: list[Entry]) -> Debt | None:
		"""Let debts and credits of a page meet; returns the voucher's own debt."""
		debts: deque[Debt] = deque()
		waiting: deque[Money] = deque()
		own = None
		for entry in entries:
			if entry.what == DEBT:
				debt = self._book(page, entry)
				if self._is_own(page, entry.voucher):
					own = Debt(debt.name, debt.left, debt.moment)
				_settle(debt, waiting, lambda money, part, debt=debt: self._take(page, money, part, debt))
				if debt.left:
					debts.append(debt)
			elif entry.what == OUT:
				_settle(Debt("", entry.amount, ""), waiting, lambda money, part: None)
			else:
				for what, amount, order in self._pieces(page, entry):
					self._credit(page, entry, what, amount, order, debts, waiting)
		return own

	def _credit(
		self, page, entry: Entry, what: str, amount: int, order: str, debts: deque, waiting: deque
	) -> None:
		while amount and debts:
			debt = debts[0]
			part = min(amount, debt.left)
			self._set_against(page, entry, what, part, order, debt.name, debt.moment)
			amount -= part
			debt.left -= part
			if not debt.left:
				debts.popleft()
		if amount:
			at = entry.moment if entry.moves else self._on_account(page, entry, what, amount, order)
			waiting.append(Money(entry.voucher.name, amount, at, order))

	# -------------------------------------------------------------- debts
	def _book(self, page: Page, entry: Entry, cancelled_on: str = "") -> Debt:
		"""Note a debt: an invoice, or whatever else makes a customer owe more."""
		own = self._is_own(page, entry.voucher)
		name = entry.voucher.name if own else f"{entry.voucher.name} / {page.name}"
		if entry.voucher.type == JOURNAL and self.parties.get(entry.voucher.name, 1) > 1:
			name = f"{name} / {page.party}"
		if own and entry.voucher.is_debt:
			return self._book_invoice(page, entry, name, cancelled_on)
		due = [(entry.due.isoformat(), entry.amount)]
		cells = {"kind": book_format.JOURNAL, "cancelled_on": cancelled_on}
		self.scratch.add_invoice(name, page.member, entry.moment, due, **cells)
		self.scratch.add_part(name, "", "", entry.amount)
		return Debt(name, entry.amount, entry.moment)

	def _book_invoice(self, page: Page, entry: Entry, name: str, cancelled_on: str) -> Debt:
		facts, at = entry.voucher.facts, entry.moment
		undecided = entry.voucher.is_cancelled or bool(
			subjects.is_exempt(frappe._dict(facts, doctype=INVOICE)) or facts["is_opening"] == "Yes"
		)
		parts = []
		for order, delivery, amount in self._parts(name, entry.amount):
			at_once = bool(facts["update_stock"])
			if delivery and not self.scratch.moment_of(DELIVERY, delivery):
				# Billed in full before the period: nobody decides about that any more, and it bills no other delivery.
				undecided, delivery, at_once = undecided or not order, "", True
			parts.append((order, delivery, amount, at_once))
			for kind, document in ((ORDER, order), (DELIVERY, delivery)):
				at = not_before(at, self.scratch.moment_of(kind, document) if document else None)
		for order, delivery, amount, at_once in parts:
			self.scratch.name_order(order, at)
			if entry.voucher.is_cancelled:
				# A book cannot say that goods are to be billed again: they were billed where they are by now.
				again = self._is_billed(order, delivery, at)
				self.scratch.add_part(name, order if again else "", delivery if again else "", amount)
			elif not (order or delivery):
				self.scratch.add_part(name, "", "", amount)
			else:
				self.scratch.add_goods(BILLED, page.member, name, amount, at, order, delivery, at_once)
		counts_from = facts["b2b_original_due_date"]
		self.scratch.add_invoice(
			name,
			page.member,
			at,
			self._instalments(entry),
			counts_from=counts_from.isoformat() if counts_from else "",
			kind=book_format.JOURNAL if undecided else "",
			cancelled_on=cancelled_on,
		)
		return Debt(name, entry.amount, at)

	def _is_billed(self, order: str, delivery: str, at: str) -> bool:
		"""Whether what a cancelled invoice billed was billed anew, in full."""
		if delivery:
			there = self.scratch.moment_of(DELIVERY, delivery)
			return bool(there) and there <= at and self.scratch.is_billed(DELIVERY, delivery)
		return bool(order) and self.scratch.is_billed(ORDER, order)

	def _parts(self, name: str, amount: int) -> list[tuple[str, str, int]]:
		"""Split an invoice by what it bills, in proportion of the net amounts; a rebate goes with the largest part."""
		rows = [[order, delivery, cents(net)] for order, delivery, net in self.parts.get(name, ())]
		rebate = sum(net for _order, _delivery, net in rows if net < 0)
		rows = [row for row in rows if row[2] > 0]
		if rows and rebate:
			largest = max(rows, key=lambda row: row[2])
			largest[2] = max(0, largest[2] + rebate)
		if not any(row[2] for row in rows):
			return [("", "", amount)]
		amounts = split(amount, [net for _order, _delivery, net in rows])
		return [(row[0], row[1], part) for row, part in zip(rows, amounts, strict=True) if part]

	def _instalments(self, entry: Entry) -> list[tuple[str, int]]:
		"""Return when how much of an invoice is due.

		Live takes as overdue what is open beyond the later instalments, so what the schedule leaves out (an advance that
		was taken off it, rounding) belongs to the first one. A schedule of more than the invoice is cut in proportion.
		"""
		facts = entry.voucher.facts
		rows = [(due, cents(amount)) for due, amount in self.instalments.get(entry.voucher.name, ()) if due]
		rows = [row for row in rows if row[1] > 0]
		if not rows:
			return [((facts["due_date"] or entry.due).isoformat(), entry.amount)]
		amounts = [amount for _due, amount in rows]
		missing = entry.amount - sum(amounts)
		if missing < 0:
			amounts = split(entry.amount, amounts)
		else:
			amounts[0] += missing
		return [(due.isoformat(), amount) for (due, _a), amount in zip(rows, amounts, strict=True) if amount]

	# -------------------------------------------------------------- credits
	def _pieces(self, page: Page, entry: Entry) -> Iterator[tuple[str, int, str]]:
		"""Split a credit into what it is: (money, a loss or a credit note; amount; the order it was an advance for)."""
		voucher, left = entry.voucher, entry.amount
		kind = voucher.facts.get("voucher_type")
		own = self._is_own(page, voucher)
		if voucher.type == JOURNAL and (kind == LOSSES or voucher.name in self.loss_journals):
			yield LOSS, left, ""
			return
		rest = CREDITED
		if voucher.type == PAYMENT or kind in BY_BANK or entry.moves or (own and voucher.is_debt):
			rest = MONEY
		loss = min(left, self._loss(voucher, entry.amount, own))
		if loss:
			yield LOSS, loss, ""
			left -= loss
		for order, amount in self._advances(page, entry, own):
			part = min(left, amount)
			if part:
				yield MONEY, part, order
				left -= part
		if left:
			yield rest, left, ""

	def _loss(self, voucher: Voucher, amount: int, own: bool) -> int:
		"""Return how much of a credit is a loss: what a payment deducts to the write-off account, or a POS invoice writes
		off."""
		if voucher.type == INVOICE:
			return cents(voucher.facts.get("base_write_off_amount")) if own and voucher.is_debt else 0
		loss, total = self.losses.get(voucher.name, (0, 0)) if voucher.type == PAYMENT and not own else (0, 0)
		return round(amount * float(loss) / float(total)) if loss and total > 0 else 0

	def _advances(self, page: Page, entry: Entry, own: bool) -> list[tuple[str, int]]:
		"""Return which part of a credit was an advance for which order of the book."""
		if page.type == ORDER:
			found = {page.name: 1.0}
			total = 1.0
		else:
			found, total = self._advances_by_order(page, entry, own)
		return [
			(order, round(entry.amount * amount / total))
			for order, amount in found.items()
			if total > 0 and self.scratch.moment_of(ORDER, order)
		]

	def _advances_by_order(self, page: Page, entry: Entry, own: bool) -> tuple[dict[str, float], float]:
		voucher, found, total = entry.voucher, defaultdict(float), 0.0
		for doctype, name, amount, advance_for in self.references.get(voucher.type, {}).get(voucher.name, ()):
			amount = float(amount or 0)
			if own and doctype == ORDER:
				found[name] += amount
			elif own and voucher.has_own_account and advance_for:
				found[advance_for] += amount
			elif not own and (doctype, name) == (page.type, page.name):
				total += amount
				if advance_for:
					found[advance_for] += amount
		taken = self.advances_taken.get((page.name, voucher.name))
		orders = {order for order, _delivery, _net in self.parts.get(page.name, ()) if order}
		if taken and not own and len(orders) == 1:
			found[orders.pop()] += float(taken)
		return found, abs(entry.foreign) if own else total

	# -------------------------------------------------------------- rows
	def _take(self, page: Page, money: Money, part: int, debt: Debt) -> None:
		"""Money that waited is set against a debt."""
		self.scratch.add(
			PAYMENTS,
			max(money.moment, debt.moment),
			page.member,
			payment=money.name,
			amount=amount_text(part),
			invoice=debt.name,
			order=money.order,
			taken_from=ADVANCE if money.order else ON_ACCOUNT,
		)

	def _set_against(
		self, page, entry: Entry, what: str, part: int, order: str, debt: str, at: str, cancelled_on: str = ""
	) -> None:
		"""A credit is set against a debt that was there."""
		at, amount = max(entry.moment, at), amount_text(part)
		if what == CREDITED:
			cells = {"credit_note": entry.voucher.name, "invoice": debt}
			self.scratch.add(CREDIT_NOTES, at, page.member, amount=amount, cancelled_on=cancelled_on, **cells)
			return
		cells = {"payment": entry.voucher.name, "invoice": debt, "kind": WRITE_OFF if what == LOSS else ""}
		if entry.moves:
			cells |= {"order": order, "taken_from": ADVANCE if order else ON_ACCOUNT}
		self.scratch.add(PAYMENTS, at, page.member, amount=amount, cancelled_on=cancelled_on, **cells)

	def _on_account(
		self, page, entry: Entry, what: str, part: int, order: str, cancelled_on: str = ""
	) -> str:
		"""A credit finds no debt: it waits, for its order where it is an advance. Returns since when."""
		at, amount = entry.moment, amount_text(part)
		if what != MONEY:
			name = entry.voucher.name
			self.scratch.add(
				CREDIT_NOTES, at, page.member, credit_note=name, amount=amount, cancelled_on=cancelled_on
			)
			return at
		if order:
			at = not_before(at, self.scratch.moment_of(ORDER, order))
			self.scratch.not_later(ORDER, order, at)
		cells = {"payment": entry.voucher.name, "amount": amount, "order": order}
		self.scratch.add(PAYMENTS, at, page.member, cancelled_on=cancelled_on, **cells)
		return at

	# -------------------------------------------------------------- cancelled
	def _add_cancelled(self, page: Page, entry: Entry, own: Debt | None) -> Debt | None:
		"""Add what a cancelled voucher booked while it stood; returns the voucher's own debt.

		It meets nobody: what stood against it was set free when it was cancelled, and what it stood against was open again.
		"""
		cancelled_on = text_until(entry.voucher.cancelled, self.scope.to_date)
		if entry.what == DEBT:
			debt = self._book(page, entry, cancelled_on)
			return debt if self._is_own(page, entry.voucher) else own
		if entry.what == OUT or entry.moves:
			return own
		for what, amount, order in self._pieces(page, entry):
			if own and own.moment[:10] <= entry.day.isoformat():
				self._set_against(page, entry, what, amount, "", own.name, own.moment, cancelled_on)
			else:
				self._on_account(page, entry, what, amount, order, cancelled_on)
		return own


def _sum_up(sums: _Sums, row) -> None:
	amount = cents(row.amount)
	if amount > 0:
		sums.plus += amount
	else:
		sums.minus -= amount
		sums.foreign += float(row.amount_in_account_currency or 0)
	due = row.due_date or row.posting_date
	sums.due = min(sums.due or due, due)


def _settle(debt: Debt, waiting: deque, taken) -> None:
	"""Let money that waits pay a debt, the oldest first; `taken` is told of each part."""
	while debt.left and waiting:
		money = waiting[0]
		part = min(debt.left, money.left)
		taken(money, part)
		debt.left -= part
		money.left -= part
		if not money.left:
			waiting.popleft()
