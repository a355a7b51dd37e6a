"""How customers are judged at a moment: profile, rating, security and group, and the case that a decision is made from."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from b2b_contracts.engine import accounts, facts, insurance, rules
from b2b_contracts.engine.limits import LIMITED, Limit
from b2b_contracts.engine.money import HUNDRED, ONE, ZERO
from b2b_contracts.engine.overdue import latest_due_date_that_counts
from b2b_contracts.engine.security import (
	Instrument,
	Part,
	insures,
	rules_from_words,
	secured,
	why_not_counted,
)

from .book import Book
from .book_format import PROFILES, SECURITIES
from .ledger import BLOCKED, GRANTED, NOT_CHECKED, WAITING, Account, Invoice, Ledger, Order
from .policy_file import PolicyTerms, Segment

_DEFAULT_RATIO = Decimal("1.25")
_NOTHING_OVERDUE = facts.Overdue()
_NO_ORDER = facts.Order(amount=ZERO, in_hand=False)


class Gate:
	"""Customers that are decided about together: a credit group, or one customer. `parked` wait for their cause to go."""

	__slots__ = ("currency", "limit", "members", "name", "parked", "securities")

	def __init__(self, name: str = ""):
		self.name, self.currency, self.limit = name, "", ZERO
		# What covers all members together, each with the currency that it is in.
		self.securities: dict[str, tuple[Instrument, str]] = {}
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
		account = self.ledger.accounts[row.customer]
		try:
			own_rules = rules_from_words(row.rules) if row.rules else None
		except ValueError as unknown:
			message = f"{unknown} is no rule of a security; see the description of the column."
			self.book.report(SECURITIES, row.number, "rules", message)
			return
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
			lacks_registration=row.lacks_registration,
			with_recourse=row.with_recourse,
			maximum_extension_days=row.max_extension_days or 0,
			covers=tuple(row.covers.split()),
			rules=own_rules,
		)
		if row.credit_group:
			gate = self.groups.get(row.credit_group)
			if gate is None:
				message = f"{row.credit_group!r} is not in the sheet groups by then."
				self.book.report(SECURITIES, row.number, "credit_group", message)
				return
			gate.securities[row.security] = (instrument, account.currency)
		else:
			gate = account.standing.gate
			account.standing.securities[row.security] = (instrument, row.order)
		account.standing.forget()
		self._cause_gone(gate)

	def security_ended(self, row) -> None:
		"""Security is no longer in force."""
		if row.credit_group and row.credit_group in self.groups:
			self.groups[row.credit_group].securities.pop(row.security, None)
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
		instruments = lodged = parts = ()
		if account.standing.securities:
			instruments, lodged = self.counting(account, order)
			parts = self.parts(account, instruments, order)
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
			parts=parts,
			in_hand=order.name,
		)

	def case_of_customer(self, account: Account, goods: Decimal, of_order: str = "") -> facts.Case:
		"""Return the case of a customer with no order in hand, and goods (of an order) about to leave."""
		instruments = parts = ()
		if account.standing.securities:
			instruments = self.counting(account, None)[0]
			parts = tuple(
				replace(part, balance=part.balance + goods) if part.name == of_order else part
				for part in self.parts(account, instruments, None)
			)
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
			group=self._group_around(account) if account.standing.gate.securities else None,
			arrears=self._arrears(account),
			parts=parts,
		)

	def _arrears(self, account: Account) -> facts.Arrears:
		"""Return what stops goods beside the balance. Whose turn it is in a dispute is in no book."""
		policy = self.policy
		late, aged = (
			latest_due_date_that_counts(self.today, days).toordinal()
			for days in (policy.delivery_stop_days - 1, policy.delivery_age_days)
		)
		invoices = account.open_invoices.values()
		uninsured, extension_days = self._uninsured(account)
		return facts.Arrears(
			late=_chased_since(invoices, late),
			aged=_chased_since(invoices, aged),
			uninsured=uninsured,
			extension_days=extension_days,
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
		return facts.Order(
			amount,
			prepaid,
			latest_due_date=order.due_date,
			allowed_due_date=allowed,
			po_number=order.po_number,
			security_required_percent=required,
		)

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
		latest = self._latest_due(account, order)
		counting = [
			(self._eligible(instrument, account), name)
			for instrument, name in account.standing.securities.values()
			if why_not_counted(
				instrument, self.today, self._latest_due_of(instrument, account, order, latest)
			)
			is None
		]
		others = tuple(instrument for instrument, name in counting if not lodged_for or name != lodged_for)
		lodged = tuple(instrument for instrument, name in counting if lodged_for and name == lodged_for)
		return others, lodged

	def _eligible(self, instrument: Instrument, account: Account) -> Instrument:
		"""Return an instrument with what its insurer does not cover now."""
		days = instrument.maximum_extension_days
		if not days:
			return instrument
		left_out = insurance.not_covered(_insured_items(account), self.today, days, account.credits)
		return replace(instrument, not_eligible=left_out)

	def _uninsured(self, account: Account) -> tuple[Decimal, int]:
		"""Return what is past the shortest maximum extension period of the customer's insurances, and that period."""
		periods = [
			instrument.maximum_extension_days
			for instrument, _name in account.standing.securities.values()
			if insures(instrument, self.today)
		]
		if not periods:
			return ZERO, 0
		return insurance.past_maximum(_insured_items(account), self.today, min(periods)), min(periods)

	def _latest_due(self, account: Account, order: Order | None) -> date:
		open_due = account.latest_due
		dates = [order.due_date if order else None, date.fromordinal(open_due) if open_due else None]
		return max((day for day in dates if day), default=self.today)

	def _latest_due_of(
		self, instrument: Instrument, account: Account, order: Order | None, latest: date
	) -> date:
		"""Return the latest due date that an instrument has to cover: of the documents it names, else of all."""
		if not instrument.covers:
			return latest
		dates = [part.latest_due for part in self.parts(account, (instrument,), order)]
		if order is not None and order.name in instrument.covers:
			dates.append(order.due_date)
		return max((day for day in dates if day), default=self.today)

	def parts(
		self, account: Account, instruments: Iterable[Instrument], but: Order | None
	) -> tuple[Part, ...]:
		"""Return what belongs to the documents that instruments name, without what of an order `but` is still open."""
		names = sorted({name for instrument in instruments for name in instrument.covers})
		return tuple(part for name in names if (part := self._part(account, name, names, but)))

	@staticmethod
	def _part(account: Account, name: str, named: list[str], but: Order | None) -> Part | None:
		order, invoice = account.orders.get(name), account.open_invoices.get(name)
		if order is not None:
			of_order = [i for i in account.open_invoices.values() if i.order is order]
			alone = sum((i.open for i in of_order if i.name in named), ZERO)
			promised = (
				order.open if order is not but and order.status in (GRANTED, NOT_CHECKED, BLOCKED) else ZERO
			)
			return Part(name, order.owed + order.unbilled - alone, promised, order.due_date)
		if invoice is None:
			return None
		due = max((item.due for item in invoice.items if item.open), default=None)
		return Part(name, invoice.open, latest_due=date.fromordinal(due) if due else None)

	def net_of_own_security(
		self, account: Account, exposure: Decimal, owed: Decimal
	) -> tuple[Decimal, Decimal]:
		"""Return an exposure, and a balance, net of what the customer's own security covers."""
		if not account.standing.securities:
			return exposure, owed
		instruments = self.counting(account, None)[0]
		parts = self.parts(account, instruments, None)
		whole = {part.name: part.balance + part.promised for part in parts}
		of_balance = {part.name: part.balance for part in parts}
		return (
			exposure - secured(instruments, exposure, whole),
			owed - secured(instruments, owed, of_balance),
		)

	def _group_around(self, account: Account) -> facts.Group:
		gate = account.standing.gate
		others = to_cover = owing = ZERO
		for member in gate.members.values():
			if member is not account:
				granted = self._granted_within_horizon(member, None)
				rate = self._rate(member.currency, gate.currency)
				net, owed = self.net_of_own_security(member, member.balance + granted, member.balance)
				others += net * rate
				to_cover += max(ZERO, net) * rate
				owing += max(ZERO, owed) * rate
		return facts.Group(
			gate.name,
			gate.currency,
			Limit(LIMITED, gate.limit),
			others,
			self._rate(account.currency, gate.currency),
			self._of_group(gate) if gate.securities else (),
			to_cover,
			owing,
		)

	def _of_group(self, gate: Gate) -> tuple[Instrument, ...]:
		"""Return the securities of a group that count now, in its currency."""
		latest = max(self._latest_due(member, None) for member in gate.members.values())
		return tuple(
			replace(instrument, amount=instrument.amount * rate, deductible=instrument.deductible * rate)
			for instrument, currency in gate.securities.values()
			if why_not_counted(instrument, self.today, latest) is None
			for rate in (self._rate(currency, gate.currency),)
		)

	def _rate(self, source: str, target: str) -> Decimal:
		if source == target:
			return ONE
		return self.rates.get(source, ONE) / self.rates.get(target, ONE)


def _insured_items(account: Account) -> list[insurance.Item]:
	"""Return what a customer has open, by due date; what is disputed of an invoice is the earliest of it."""
	found = []
	for invoice in account.open_invoices.values():
		disputed = invoice.disputed
		for item in invoice.items:
			part = min(disputed, item.open)
			disputed -= part
			if item.open:
				found.append(
					insurance.Item(invoice.name, date.fromordinal(item.counts_from), item.open, part)
				)
	return found


def _chased_since(invoices: Iterable[Invoice], since: int) -> Decimal:
	return sum((item.chased for i in invoices for item in i.items if item.counts_from <= since), ZERO)
