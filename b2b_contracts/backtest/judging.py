"""How customers are judged at a moment: profile, rating, security and group, and the case that a decision is made from."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from b2b_contracts.engine import accounts, facts, rules
from b2b_contracts.engine.limits import LIMITED, Limit
from b2b_contracts.engine.money import HUNDRED, ONE, ZERO
from b2b_contracts.engine.overdue import latest_due_date_that_counts
from b2b_contracts.engine.security import Instrument, secured, why_not_counted

from .book import Book
from .book_format import PROFILES
from .ledger import BLOCKED, GRANTED, NOT_CHECKED, WAITING, Account, Invoice, Ledger, Order
from .policy_file import PolicyTerms, Segment

_DEFAULT_RATIO = Decimal("1.25")
_NOTHING_OVERDUE = facts.Overdue()
_NO_ORDER = facts.Order(amount=ZERO, in_hand=False)


class Gate:
	"""Customers that are decided about together: a credit group, or one customer. `parked` wait for their cause to go."""

	__slots__ = ("currency", "limit", "members", "name", "parked")

	def __init__(self, name: str = ""):
		self.name, self.currency, self.limit = name, "", ZERO
		self.members: dict[str, Account] = {}
		self.parked: dict[str, Order] = {}


class Standing:
	"""How a customer is judged at this moment. `row` is the profile as the book has it, `profile` as the policy sees it."""

	__slots__ = (
		"cached",
		"gate",
		"profile",
		"rating",
		"rating_at_review",
		"room",
		"row",
		"securities",
		"segment",
		"stop_since",
		"terms",
	)

	def __init__(self, gate: Gate):
		self.gate, self.row, self.profile, self.terms, self.segment = gate, None, None, None, None
		self.rating = self.rating_at_review = ""
		self.securities: dict[str, tuple[Instrument, str]] = {}
		self.stop_since: int | None = None
		# What was worked out and holds until something changes: see `Judging.forget`.
		self.cached: facts.Account | None = None
		self.room: rules.Room | None = None

	def forget(self) -> None:
		"""Something that decides about the customer has changed."""
		self.cached = self.room = None


class Judging:
	"""What a policy makes of the customers of a ledger. `today` is moved on by the world."""

	def __init__(self, book: Book, ledger: Ledger, terms: PolicyTerms, cause_gone: Callable[[Gate], None]):
		self.book, self.ledger, self.terms = book, ledger, terms
		self.policy = terms.policy
		self.today = date.min
		self.rates: dict[str, Decimal] = {}
		self.groups: dict[str, Gate] = {}
		self._cause_gone = cause_gone
		self._allowed_dates: dict[tuple[str, date], date | None] = {}
		self._horizon = self.policy.credit_horizon_days
		for account in ledger.accounts.values():
			account.standing = Standing(Gate(account.name))
			account.standing.gate.members[account.name] = account

	# -------------------------------------------------------------- rows
	def rate(self, row, moved: int = 0) -> None:
		"""An exchange rate changes."""
		self.rates[row.currency] = row.rate
		self.ledger.set_rate(row.currency, row.rate)

	def group(self, row, moved: int = 0) -> None:
		"""A credit group gets its terms."""
		gate = self.groups.setdefault(row.credit_group, Gate(row.credit_group))
		gate.limit, gate.currency = row.limit, row.currency
		self._cause_gone(gate)

	def profile(self, row, moved: int = 0) -> None:
		"""A customer is judged anew."""
		account = self.ledger.accounts[row.customer]
		standing = account.standing
		segment = self.terms.segments.get(row.segment)
		if segment is None:
			message = f"{row.segment!r} is no segment of policy {self.terms.name}."
			self.book.report(PROFILES, row.number, "segment", message)
			return
		standing.segment, standing.terms = segment, segment.at(row.level)
		standing.profile = self._judged(row, standing)
		standing.row = row
		standing.forget()
		if (row.credit_group or row.customer) != standing.gate.name:
			self._move_to_gate(account, row)
		self._cause_gone(standing.gate)

	def _judged(self, row, standing: Standing) -> accounts.Profile:
		return accounts.Profile(
			segment=row.segment,
			calculated_limit=standing.terms.calculated_limit(
				row.expected_annual_revenue or ZERO, row.gross_net_ratio or _DEFAULT_RATIO
			),
			risk_class=row.risk_class or standing.segment.default_risk_class,
			limit_type=row.limit_type or LIMITED,
			manual_limit=row.manual_limit,
			temporary_limit=row.temporary_limit if row.temporary_limit_until else None,
			temporary_limit_until=row.temporary_limit_until,
			rating=standing.rating,
			rating_at_review=standing.rating_at_review,
			next_review=row.next_review,
			forced_hold=row.forced_hold,
			forced_hold_reason=row.forced_hold_reason,
			requires_po=row.requires_po,
		)

	def _move_to_gate(self, account: Account, row) -> None:
		old = account.standing.gate
		if row.credit_group:
			new = self.groups.get(row.credit_group)
			if new is None:
				message = f"{row.credit_group!r} is not in the sheet groups by then."
				self.book.report(PROFILES, row.number, "credit_group", message)
				return
		else:
			new = Gate(account.name)
		del old.members[account.name]
		new.members[account.name] = account
		for key in [key for key, order in old.parked.items() if order.account is account]:
			new.parked[key] = old.parked.pop(key)
		account.standing.gate = new

	def rating(self, row, moved: int = 0) -> None:
		"""An external rating arrives."""
		standing = self.ledger.accounts[row.customer].standing
		standing.rating = row.rating
		if row.reviewed:
			standing.rating_at_review = row.rating
		if standing.profile:
			standing.profile = replace(
				standing.profile, rating=standing.rating, rating_at_review=standing.rating_at_review
			)
		standing.forget()
		self._cause_gone(standing.gate)

	def security(self, row) -> None:
		"""Security comes into force."""
		standing = self.ledger.accounts[row.customer].standing
		instrument = Instrument(
			name=row.security,
			instrument_type=row.type,
			amount=row.amount,
			haircut_percent=row.haircut_percent or ZERO,
			cover_percent=HUNDRED if row.cover_percent is None else row.cover_percent,
			deductible=row.deductible or ZERO,
			direction=row.direction or "Received",
			issuer_rating=row.issuer_rating,
			unconditional=row.unconditional,
			on_demand=row.on_demand,
			has_document=row.has_document,
			valid_from=row.valid_from,
			expiry=row.expiry,
			claim_period_days=row.claim_period_days or 0,
		)
		standing.securities[row.security] = (instrument, row.order)
		standing.forget()
		self._cause_gone(standing.gate)

	def security_ended(self, row) -> None:
		"""Security is no longer in force."""
		self.ledger.accounts[row.customer].standing.securities.pop(row.security, None)

	# -------------------------------------------------------------- terms
	def days_later(self, row, dated: date, due: date) -> int:
		"""Return by how many days the policy moves a due date: not at all where it was not on standard terms.

		`row` is the profile of then; its `terms_days` are the standard terms of then.
		"""
		if row is None or row.terms_days is None or (due - dated).days != row.terms_days:
			return 0
		segment = self.terms.segments.get(row.segment)
		new = accounts.longest(segment.payment_terms, dated) if segment else None
		return (new - due).days if new else 0

	# -------------------------------------------------------------- cases
	def case_of(self, order: Order) -> facts.Case:
		"""Return the case of an order as the books are now."""
		account = order.account
		amount, granted, waiting = order.open, account.granted, account.waiting
		if self._horizon:
			granted = self._granted_within_horizon(account, order)
		if order.status == WAITING:
			waiting -= amount
		elif not self._horizon:
			granted -= amount
		instruments = lodged = ()
		if account.standing.securities:
			instruments, lodged = self.counting(account, order)
		return facts.Case(
			self.today,
			self.policy,
			self.judge(account),
			self._in_hand(order, amount, account.standing),
			facts.Position(account.receivables, account.unbilled, granted, waiting),
			self._overdue(account) if account.overdue else _NOTHING_OVERDUE,
			instruments,
			lodged,
			self._group_around(account) if account.standing.gate.currency else None,
		)

	def case_of_customer(self, account: Account, goods: Decimal) -> facts.Case:
		"""Return the case of a customer with no order in hand, and goods about to leave."""
		instruments = self.counting(account, None)[0] if account.standing.securities else ()
		position = facts.Position(
			account.receivables, account.unbilled + goods, account.granted, account.waiting
		)
		return facts.Case(
			self.today,
			self.policy,
			self.judge(account),
			_NO_ORDER,
			position,
			self._overdue(account) if account.overdue else _NOTHING_OVERDUE,
			instruments,
			arrears=self._arrears(account),
		)

	def _arrears(self, account: Account) -> facts.Arrears:
		"""Return what stops goods beside the balance. Whose turn it is in a dispute is in no book."""
		policy = self.policy
		late, aged = (
			latest_due_date_that_counts(self.today, days).toordinal()
			for days in (policy.delivery_stop_days - 1, policy.delivery_age_days)
		)
		invoices = account.open_invoices.values()
		return facts.Arrears(
			late=_chased_since(invoices, late),
			aged=_chased_since(invoices, aged),
			has_good_plan=any(invoice.planned for invoice in invoices),
		)

	def _overdue(self, account: Account) -> facts.Overdue:
		oldest = account.oldest_overdue if account.overdue > account.credits else None
		return facts.Overdue(account.overdue, account.credits, date.fromordinal(oldest) if oldest else None)

	def _in_hand(self, order: Order, amount: Decimal, standing: Standing) -> facts.Order:
		segment = standing.segment if standing.profile else self._default_segment()
		allowed = self._allowed(segment, order.ordered_on) if segment else None
		required = order.security_percent
		if standing.row is not None and standing.row.security_required_percent:
			required = max(required, standing.row.security_required_percent)
		prepaid = order.prepaid if order.prepaid < amount else amount
		return facts.Order(amount, prepaid, order.due_date, allowed, order.po_number, required)

	def _allowed(self, segment: Segment, dated: date) -> date | None:
		"""Return the last due date that a segment allows an order of a day: the same for all of its orders that day."""
		key = (segment.segment_code, dated)
		if key not in self._allowed_dates:
			if len(self._allowed_dates) > 10_000:
				self._allowed_dates.clear()
			self._allowed_dates[key] = accounts.longest(segment.payment_terms, dated)
		return self._allowed_dates[key]

	def _default_segment(self) -> Segment | None:
		if self.policy.without_profile != facts.DEFAULT_SEGMENT:
			return None
		return self.terms.segments[self.policy.default_segment]

	def room(self, account: Account) -> rules.Room | None:
		"""Return how far a customer can go at a glance; None where a group, security or more than amounts counts."""
		standing = account.standing
		if (
			standing.room is None
			and not standing.securities
			and not standing.gate.currency
			and not self._horizon
		):
			room = rules.room_of(self.judge(account), self.policy, self.today)
			if standing.cached is None or self.policy.park_when_review_overdue:
				return room  # of today only
			standing.room = room
		return standing.room

	def fits(self, order: Order) -> bool:
		"""Whether a glance tells that no rule can fire on a granted order, which is in the exposure already."""
		account = order.account
		standing = account.standing
		room = standing.room or self.room(account)
		if room is None or order.security_percent:
			return False
		row = standing.row
		if row is not None and row.security_required_percent:
			return False
		segment = standing.segment if standing.profile else self._default_segment()
		return room.fits(
			account.receivables + account.unbilled + account.granted,
			account.receivables + account.unbilled,
			account.overdue,
			order.due_date,
			self._allowed(segment, order.ordered_on) if segment else None,
			order.po_number,
		)

	def judge(self, account: Account) -> facts.Account:
		"""Return what decides about a customer today."""
		standing = account.standing
		if standing.cached is not None:
			return standing.cached
		profile = standing.profile
		if profile is None:
			segment = self._default_segment()
			given = (segment.at(None), segment.default_risk_class) if segment else (None, "")
			judged = accounts.account_without_profile(self.policy, *given)
		else:
			judged = accounts.account_of(profile, standing.terms, self.policy, self.today, account.excess)
		if profile is None or profile.temporary_limit_until is None:
			standing.cached = judged
		return judged

	def _granted_within_horizon(self, account: Account, but: Order | None) -> Decimal:
		if not self._horizon:
			return account.granted
		last = self.today + timedelta(days=self._horizon)
		return sum(
			(
				order.open
				for order in account.orders.values()
				if order is not but
				and order.status in (GRANTED, NOT_CHECKED, BLOCKED)
				and (order.promised is None or order.promised <= last)
			),
			ZERO,
		)

	def counting(self, account: Account, order: Order | None) -> tuple[tuple, tuple]:
		"""Return the securities that count now: all others, and those lodged for the hold of the order in hand."""
		lodged_for = order.name if order is not None and order.status == WAITING else ""
		open_due = account.latest_due
		dates = [order.due_date if order else None, date.fromordinal(open_due) if open_due else None]
		latest = max((day for day in dates if day), default=self.today)
		counting = [
			(instrument, name)
			for instrument, name in account.standing.securities.values()
			if why_not_counted(instrument, self.today, latest) is None
		]
		others = tuple(instrument for instrument, name in counting if not lodged_for or name != lodged_for)
		lodged = tuple(instrument for instrument, name in counting if lodged_for and name == lodged_for)
		return others, lodged

	def _group_around(self, account: Account) -> facts.Group:
		gate = account.standing.gate
		others = ZERO
		for member in gate.members.values():
			if member is not account:
				exposure = member.receivables + member.unbilled + self._granted_within_horizon(member, None)
				covering = self.counting(member, None)[0] if member.standing.securities else ()
				others += (exposure - secured(covering, exposure)) * self._rate(
					member.currency, gate.currency
				)
		into = self._rate(account.currency, gate.currency)
		return facts.Group(gate.name, gate.currency, Limit(LIMITED, gate.limit), others, into)

	def _rate(self, source: str, target: str) -> Decimal:
		if source == target:
			return ONE
		return self.rates.get(source, ONE) / self.rates.get(target, ONE)


def _chased_since(invoices: Iterable[Invoice], since: int) -> Decimal:
	return sum((item.chased for i in invoices for item in i.items if item.counts_from <= since), ZERO)
