"""Time in a world: the rows of a book as their days come, and what the world itself has planned."""

from collections.abc import Callable
from datetime import date, timedelta
from heapq import heappop, heappush

from b2b_contracts.engine.overdue import latest_due_date_that_counts

from . import book_format
from .assumptions import Assumptions
from .book import SECONDS_A_DAY, Book
from .book_format import INVOICES, PAYMENTS, PROFILES
from .figures import Figures
from .judging import Gate, Judging
from .ledger import Ledger, Order
from .policy_file import PolicyTerms

# A moment and a rank in one number: moment * RANKS + rank.
RANKS = 32
CLOSING, ANSWER = 8, 20
# What a later row of an order is: it happens among the orders.
CHANGE = 31
# Whether a row happens at another time than in the book: moved by changed terms, by what held its order up, or both.
BY_TERMS, HELD_UP = 1, 2
RANK = {sheet.name: sheet.rank for sheet in book_format.SHEETS}


class Timeline:
	"""The clock and the books of a policy's world."""

	def __init__(self, book: Book, terms: PolicyTerms, assumptions: Assumptions):
		self.book, self.terms, self.assumptions = book, terms, assumptions
		self.policy = terms.policy
		self.ledger = Ledger(book.customers.values())
		self.judging = Judging(book, self.ledger, terms, self._cause_may_be_gone)
		self.figures = Figures(assumptions)
		self.decided: dict[str, tuple] = {}
		self.entered: dict[str, Order] = {}
		self._handlers: dict[int, Callable] = {}
		self._agenda: list[tuple] = []
		self._sequence = 0
		self._now = 0
		self._day = 0
		self._today = date.min
		self._dirty: dict[Gate, None] = {}
		# Which payments changed terms move: invoice -> (its moment, by how many days), rows that were moved.
		self._follows_terms = assumptions.follow_terms
		self._later: dict[str, tuple[int, int]] = {}
		self._retimed: set[int] = set()
		self._ahead: dict[str, tuple] = {}

	def begin_with(self, groups: list[tuple], profiles: list[tuple], ratings: list[tuple]) -> None:
		"""Judge customers by some rows before the first day."""
		for row in groups:
			self.judging.group(row)
		for row in profiles:
			self.judging.profile(row)
			self._ahead[row.customer] = row
		for row in ratings:
			self.judging.rating(row)

	def run_day(self, day: int, events: list[tuple]) -> None:
		"""Let a day happen: its rows (key, rank, row) in order, with what the world itself has planned for it."""
		self._day = day
		self._today = self.judging.today = date.fromordinal(day)
		until = latest_due_date_that_counts(self._today, self.policy.overdue_hold_days)
		self.ledger.become_overdue(until.toordinal())
		self.figures.begin(self._today)
		self.decided, self.entered = {}, {}
		agenda, handlers = self._agenda, self._handlers
		now = self._now
		for key, rank, row in events:
			if agenda and agenda[0][0] < key:
				while agenda and agenda[0][0] < key:
					self._run_planned()
				now = self._now
			if key >= (now + 1) * RANKS:
				now = key // RANKS
				self._move_to(now)
			handlers[rank](row, 0)
		end = (day + 1) * SECONDS_A_DAY * RANKS
		while agenda and agenda[0][0] < end:
			self._run_planned()
		self._look_again()

	def _run_planned(self) -> None:
		key, _sequence, handler, arguments = heappop(self._agenda)
		moment = key // RANKS
		if moment > self._now:
			self._move_to(moment)
		handler(*arguments)

	def _move_to(self, moment: int) -> None:
		if self._dirty:
			self._look_again()
		self._now = moment

	def _schedule(self, moment: int, rank: int, handler: Callable, *arguments) -> None:
		"""Plan something for a moment; what is planned for the past happens next."""
		self._sequence += 1
		if moment < self._now:
			moment = self._now
		heappush(self._agenda, (moment * RANKS + rank, self._sequence, handler, arguments))

	def _cause_may_be_gone(self, gate: Gate) -> None:
		"""Look again at what waits at a gate, once everything of this moment has happened."""
		if gate.parked:
			self._dirty[gate] = None

	def _look_again(self) -> None:
		raise NotImplementedError("what waits is known to Holding")

	# -------------------------------------------------------------- changed terms
	def foresee(self, events: list[tuple]) -> None:
		"""Look at rows before their day comes: which payments move because their invoice's terms do."""
		if not self._follows_terms:
			return
		profiles, invoices, payments = (RANK[name] for name in (PROFILES, INVOICES, PAYMENTS))
		for key, rank, row in events:
			if rank == profiles:
				self._ahead[row.customer] = row
			elif rank == invoices:
				self._foresee_invoice(key // RANKS, row)
			elif rank == payments and row.invoice in self._later and not row.kind and not row.taken_from:
				invoiced, days = self._later[row.invoice]
				at = max(invoiced, key // RANKS + days * SECONDS_A_DAY)
				self._retimed.add(row.number)
				self._schedule(at, rank, self._handlers[rank], row, BY_TERMS)

	def _foresee_invoice(self, moment: int, group: list) -> None:
		row = self._ahead.get(group[0].customer)
		dated = date.fromordinal(moment // SECONDS_A_DAY)
		days = self.judging.days_later(row, dated, max(line.due_date for line in group))
		if days:
			self._later[group[0].invoice] = (moment, days)

	def shift_of_terms(self, rows: list[tuple]) -> int | None:
		"""Return by how many days at most the policy makes the standard terms of some profile rows shorter; None when it
		leaves them all as they were, and then follows none."""
		dated = date(2000, 1, 1)
		shifts = {
			self.judging.days_later(row, dated, dated + timedelta(days=row.terms_days))
			for row in rows
			if row.terms_days is not None
		}
		self._follows_terms = self._follows_terms and any(shifts)
		return max(0, -min(shifts)) if self._follows_terms else None
