"""Orders in a world: decided about, parked, answered, let go or given up; and goods that a stop keeps back.

Each order, and each delivery or invoice that no order covers, is decided about by `engine.gate`, the functions that
decide live. What is parked is not delivered, billed or paid until it goes on; from then on all that follows from it
happens as much later as its delivery was held up. What is given up never happens.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal

from b2b_contracts.engine import delivery, facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine import release as engine_release
from b2b_contracts.engine.exposure import utilisation
from b2b_contracts.engine.gate import CLEAR, HELD, Brief
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.ratings import INSOLVENT
from b2b_contracts.engine.rules import (
	PREPAYMENT,
	SECURITY,
	Finding,
	Rule,
	is_stopped_by_balance,
	is_stopped_by_rating,
	lodged_cover,
	net_exposure,
)
from b2b_contracts.engine.ways_out import PREPAY

from . import book_format
from .assumptions import Assumptions
from .book import SECONDS_A_DAY, Book, as_datetime, as_moment
from .book_format import ORDERS
from .figures import CLEARED, GAVE_UP, PREPAID, REJECTED, RELEASED, Hold
from .ledger import BLOCKED, GIVEN_UP, GRANTED, NOT_CHECKED, WAITING, Account, Order
from .past import Past
from .policy_file import PolicyTerms
from .timeline import ANSWER, CLOSING, HELD_UP, RANK, Timeline

_WANTS_MONEY = {PREPAYMENT, SECURITY}
_STOP_RULES = (rules.STOP_BY_BALANCE, rules.STOP_BY_RATING)


class Holding(Timeline):
	"""The orders of a world. `past` is the world as it was, `begins` and `ends` when orders are decided about."""

	def __init__(
		self,
		book: Book,
		terms: PolicyTerms,
		assumptions: Assumptions,
		past: Past,
		begins: int = 0,
		ends: int = 1 << 62,
	):
		super().__init__(book, terms, assumptions)
		self.past, self.begins, self.ends = past, begins, ends
		self.watched: dict[str, Callable] = {}
		self._company = self.policy.company
		self._holds_back = not assumptions.observe
		# Documents of orders that wait, were moved, or were given up.
		self._pending: dict[str, dict[str, Order]] = {book_format.DELIVERIES: {}, book_format.INVOICES: {}}
		self._given_up: dict[str, dict[str, Order]] = {sheet: {} for sheet in (ORDERS, *self._pending)}

	# -------------------------------------------------------------- orders
	def _order(self, row, moved: int) -> None:
		account = self.ledger.accounts[row.customer]
		order = Order(row.order, account, ORDERS, row.amount)
		self._set_terms(order, row)
		self._enter(order)
		if row.closed_on is not None:
			self._schedule(row.closed_on, CLOSING, self._close_order, row.order)
		if self.assumptions.recorded_answers:
			for at, end in ((row.released_on, RELEASED), (row.rejected_on, REJECTED)):
				if at is not None:
					self._schedule(at, ANSWER, self._recorded, order, end)

	def _set_terms(self, order: Order, row) -> None:
		order.ordered_on = self._today
		order.due_date = row.due_date
		if row.due_date and self._follows_terms:
			days = self.judging.days_later(order.account.standing.row, self._today, row.due_date)
			order.due_date += timedelta(days=days)
		order.promised = row.promised_date
		order.last_promised = row.last_promised_date or row.promised_date
		order.po_number = row.po_number
		order.security_percent = row.security_required_percent or ZERO

	def _change(self, row, moved: int) -> None:
		"""A change of an order: decided about again where it asks for more (as live). Nothing of what is done or given up."""
		order = self.ledger.orders.get(row.order)
		if order is None:
			return
		more = row.amount - order.amount
		due, po = order.due_date, order.po_number
		order.amount = row.amount
		room = max(more, -order.open)
		order.open += room
		account = order.account
		if order.status == WAITING:
			account.waiting += room
		elif order.status != GIVEN_UP:
			account.granted += room
		self._set_terms(order, row)
		if order.status == WAITING:
			self._cause_may_be_gone(account.standing.gate)
			return
		longer = bool(due and order.due_date and order.due_date > due)
		if order.status == GRANTED and (more > 0 or longer or (po and not order.po_number)):
			if order.approved is None or self._why_release_ended(order):
				order.approved = None
				self._decide(order)

	def _enter(self, order: Order) -> None:
		"""Enter an order, decide about it, and park it where the decision says so."""
		self.ledger.add_order(order)
		self.entered[order.key] = order
		order.fate = self.past.entered.get(order.key)
		self._decide(order)

	def _is_checked(self, account: Account) -> bool:
		if not self.begins <= self._now < self.ends:
			return False
		if self._company:
			company = self.book.customers[account.name].company
			if company and company != self._company:
				return False
		return account.standing.profile is not None or self.policy.without_profile != facts.NOT_CHECKED

	def _decide(self, order: Order) -> None:
		if not self._is_checked(order.account):
			if order.status == GRANTED and order.approved is None:
				order.status = NOT_CHECKED
			return
		order.status = GRANTED
		account = order.account
		if order.name not in self.watched and self.judging.fits(order):
			account.standing.stop_since = None
			after = account.exposure
			self._note_decision(order, self.judging.judge(account), after - order.open, after, None)
			return
		case = self.judging.case_of(order)
		brief = engine_gate.brief(case)
		self._note_stop(account, self._stops(case, brief.fired if brief else ()))
		used = self._note_decision(order, case.account, case.position.exposure, net_exposure(case), brief)
		watch = self.watched.get(order.name)
		if watch:
			watch(order, case, self._now)
		if brief is None:
			return
		judged = case.account
		order.hold = self.figures.held(order, judged.segment, judged.risk_class, brief, used, self._now)
		if self._holds_back:
			self._park(order, brief)

	def _note_decision(
		self, order: Order, judged: facts.Account, before: Decimal, net_after: Decimal, brief: Brief | None
	) -> Decimal | None:
		"""Write down what was decided, `brief` is None when the order is clear; returns how much of the limit is used."""
		used = utilisation(net_after, judged.limit)
		outcome, fired, role = CLEAR, "", ""
		if brief is not None:
			outcome, role = brief.outcome, brief.requirement.role or ""
			fired = "; ".join(finding.rule for finding in brief.fired)
		self.figures.decided(order, judged.segment, brief)
		made = (judged.segment, outcome, fired, role, used, before, before + order.open, judged.limit)
		self.decided[order.key] = (self._now, order, order.open, made)
		return used

	def _segment_and_class(self, account: Account) -> tuple[str, str]:
		judged = self.judging.judge(account)
		return judged.segment, judged.risk_class

	def _park(self, order: Order, brief: Brief) -> None:
		self.ledger.park(order)
		order.status = WAITING
		order.account.standing.gate.parked[order.key] = order
		self._plan_answer(order, brief)
		self._plan_give_up(order)

	def _plan_give_up(self, order: Order) -> None:
		if not self.assumptions.recorded_answers:
			at = self._now + self.assumptions.give_up_days * SECONDS_A_DAY
			self._schedule(at, ANSWER, self._give_up, order, order.hold)

	def _plan_answer(self, order: Order, brief: Brief) -> None:
		"""Plan how a hold is answered: by money that was asked for, by a person, or not at all."""
		assumed = self.assumptions
		if assumed.recorded_answers:
			return
		fired = {finding.rule for finding in brief.fired}
		if fired & _WANTS_MONEY and assumed.prepay_days is not None:
			at = self._now + assumed.prepay_days * SECONDS_A_DAY
			self._schedule(at, ANSWER, self._prepay, order, order.hold)
		elif brief.outcome == HELD and rules.FORCED_HOLD not in fired and not fired & _WANTS_MONEY:
			self._plan_release(order)

	def _plan_release(self, order: Order) -> None:
		if self.assumptions.nobody_releases or self.assumptions.recorded_answers:
			return
		hours = self.assumptions.release_hours
		if hours is None:
			hours = self.terms.response_hours
		at = as_moment(self.terms.answered_at(as_datetime(self._now), hours))
		self._schedule(at, ANSWER, self._release, order, order.hold)

	# -------------------------------------------------------------- answers
	def _recorded(self, order: Order, end: str) -> None:
		if order.hold is None or order.status != WAITING:
			return
		if end == REJECTED:
			# Stays parked, and never clears by itself.
			order.account.standing.gate.parked.pop(order.key, None)
			order.hold.end = REJECTED
			return
		self._release(order, order.hold)

	def _release(self, order: Order, hold: Hold) -> None:
		"""A person releases a hold: for what it asks now, and until its release ends."""
		if order.hold is not hold or order.status != WAITING:
			return
		case = self.judging.case_of(order)
		firing = engine_gate.firing(case)
		self._note_stop(order.account, self._stops(case, firing))
		if not firing:
			self._go_on(order, CLEARED)
			return
		if order.account.standing.stop_since is not None and not self.assumptions.recorded_answers:
			return  # became a stop meanwhile: it waits for its cause to go
		limit = case.account.limit
		if not limit.is_unlimited:
			approved = case.account.approved_excess
			if case.measures_before_lodged:
				approved += lodged_cover(case)
			order.excess = engine_release.approved_excess(net_exposure(case), limit.ceiling, approved)
		rating = order.account.standing.rating
		order.approved = engine_release.Terms(order.amount, order.due_date, rating)
		order.valid_until = engine_release.valid_until(
			self._today, order.last_promised, self.policy.release_grace_days, self.policy.release_max_days
		)
		order.released_at = self._now
		self._go_on(order, RELEASED)

	def _prepay(self, order: Order, hold: Hold) -> None:
		"""A customer pays in advance what the hold asks for, unless insolvent by now."""
		account = order.account
		if order.hold is not hold or order.status != WAITING or account.standing.rating == INSOLVENT:
			return
		decision = engine_gate.decide(self.judging.case_of(order))
		ways = [way for way in decision.ways_out if way.kind == PREPAY and way.amount]
		way = next((way for way in ways if way.is_enough), ways[-1] if ways else None)
		if way is not None:
			account.receivables -= way.amount
			order.prepaid += way.amount
			order.advance_asked += way.amount
			self.figures.advance(account, way.amount)
			self._cause_may_be_gone(account.standing.gate)
		brief = engine_gate.brief(self.judging.case_of(order))
		if brief is None:
			self._go_on(order, PREPAID if way is not None else CLEARED)
		elif brief.outcome == HELD:
			self._plan_release(order)

	def _give_up(self, order: Order, hold: Hold) -> None:
		"""Nobody waits for ever: the order is lost, and nothing of it happens."""
		if order.hold is not hold or order.status not in (WAITING, BLOCKED):
			return
		account = order.account
		gate = account.standing.gate
		gate.parked.pop(order.key, None)
		left = order.open
		self.ledger.take_off(order, left)
		order.status = GIVEN_UP
		if order.prepaid:
			# The advance is the customer's money: it is on account again.
			account.credits += order.prepaid
			order.prepaid = ZERO
		self.ledger.forget(order)
		self._given_up[ORDERS][order.key] = order
		self.figures.ended(order, GAVE_UP, self._now)
		self.figures.lost_order(order, left)
		self._catch_up(order)
		self._cause_may_be_gone(gate)

	def _go_on(self, order: Order, how: str) -> None:
		"""A parked order goes on; what was kept back happens now, and what follows as much later."""
		account = order.account
		account.standing.gate.parked.pop(order.key, None)
		if order.status == WAITING:
			self.ledger.let_go(order)
		order.status = GRANTED
		if order.deferred:
			order.shift = order.outcome.shift = max(order.shift, self._now - order.deferred[0][0])
		self.figures.ended(order, how, self._now)
		self._catch_up(order)

	def _catch_up(self, order: Order) -> None:
		deferred, order.deferred = order.deferred, None
		for moment, rank, handler, row in deferred or ():
			self._schedule(moment + order.shift, rank, handler, row, HELD_UP)

	def _defer(self, order: Order, sheet: str, handler: Callable, row, moved: int) -> None:
		"""Keep a row back that its order keeps waiting; its moment is that of the book."""
		if order.deferred is None:
			order.deferred = []
		moment = self._now - order.shift if moved & HELD_UP else self._now
		order.deferred.append((moment, RANK[sheet], handler, row))

	def _look_again(self) -> None:
		"""Decide again about what waits where something has changed: by promise, then by age, each seeing the one before."""
		while self._dirty:
			gate = next(iter(self._dirty))
			del self._dirty[gate]
			waiting = sorted(
				gate.parked.values(), key=lambda o: (o.promised or date.max, o.hold.began, o.name)
			)
			for order in waiting:
				if order.status == WAITING:
					case = self.judging.case_of(order)
					firing = engine_gate.firing(case)
					self._note_stop(order.account, self._stops(case, firing))
					if not firing:
						self._go_on(order, CLEARED)
				elif order.status == BLOCKED and not self._is_stopped(order, self._deferred_goods(order)):
					self._go_on(order, CLEARED)

	# -------------------------------------------------------------- stops
	@staticmethod
	def _stops(case: facts.Case, fired: Iterable[Finding | Rule]) -> bool:
		"""Whether a customer is stopped: also where an order passes the stop, because it is prepaid or secured."""
		for found in fired:
			if (found.rule if isinstance(found, Finding) else found.name) in _STOP_RULES:
				return True
		if case.order.prepaid or case.has_security:
			return is_stopped_by_balance(case) or is_stopped_by_rating(case)
		return False

	def _note_stop(self, account: Account, stops: bool) -> None:
		"""Remember since when a customer is stopped."""
		standing = account.standing
		if not stops:
			standing.stop_since = None
		elif standing.stop_since is None:
			standing.stop_since = self._now
			self.figures.stopped(account)

	def _is_stopped(self, order: Order, goods: Decimal) -> bool:
		"""Whether goods of an order may not leave: the customer is stopped, measured with them, and it does not pass."""
		account = order.account
		room = account.standing.room or self.judging.room(account)
		if room is not None and account.receivables + account.unbilled + goods <= room.goods:
			account.standing.stop_since = None
			return False
		case = self.judging.case_of_customer(account, goods, order.name)
		forced = case.account.forced_hold == facts.STOP
		stopped = is_stopped_by_balance(case) or is_stopped_by_rating(case)
		if not forced and not stopped:
			account.standing.stop_since = None
			if not delivery.firing(case):
				return False
		if order.prepaid >= goods > 0 and not forced:
			return False
		began = account.standing.stop_since
		return order.released_at is None or (began is not None and order.released_at < began)

	def _why_release_ended(self, order: Order) -> str | None:
		now = engine_release.Terms(order.amount, order.due_date, order.account.standing.rating)
		return engine_release.why_not_covered(order.approved, now, order.valid_until, self._today)

	def _deferred_goods(self, order: Order) -> Decimal:
		return next(
			(row.amount for _m, _r, handler, row in order.deferred or () if handler == self._delivery), ZERO
		)
