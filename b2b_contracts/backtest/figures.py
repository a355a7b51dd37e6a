"""What came of a world: holds and how they ended, and month by month what was billed, paid, owed and lost.

Money is summed in the book's main currency. The formulas are those of requirements §5.
"""

from collections import Counter
from datetime import date
from decimal import Decimal

from b2b_contracts.engine.gate import STOPPED, Brief
from b2b_contracts.engine.money import ZERO

from .assumptions import Assumptions
from .book import SECONDS_A_DAY
from .ledger import Account, Books, Invoice, Item, Order

# How a hold ended.
OPEN, NOTED = "Open", "Noted"
CLEARED, RELEASED, PREPAID = "Cause gone", "Released by a person", "Prepaid"
REJECTED, GAVE_UP, CLOSED, EXPIRED = "Rejected", "Given up", "Order closed", "Release expired"
ENDS = (RELEASED, PREPAID, CLEARED, GAVE_UP, CLOSED, REJECTED, OPEN, NOTED)
DELIVERY_STOP = "Delivery Stop"

# What became of an order in the past.
LOST, DISPUTED, LATE, ON_TIME, STILL_OPEN, NOT_BILLED = (
	"Lost",
	"Disputed",
	"Paid late",
	"Paid on time",
	"Still open",
	"Not billed",
)
FATES = (LOST, DISPUTED, LATE, ON_TIME, STILL_OPEN, NOT_BILLED)
BAD_FATES = (LOST, DISPUTED, LATE)
BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")


class Outcome:
	"""What came of an order that was held, for all of its holds: here, and in the past (`fate`)."""

	__slots__ = ("fate", "rate", "shift", "written_off")

	def __init__(self, fate, rate: Decimal | None):
		self.fate, self.rate = fate, rate
		self.shift, self.written_off = 0, ZERO


class Hold:
	"""One order held, or one delivery stopped. `amount` in the main currency; `utilisation` and `overshoot` are ratios, the
	first None when unlimited; `began`, `ended` are moments in seconds, `shift` how many seconds later its goods came.

	`because` says that a release had run out before the goods left. What became of the order in the past is filled in at the end: `fate`, how many days late it was paid, and `effect`,
	the loss that this world avoids with it, in the main currency.
	"""

	__slots__ = (
		"amount",
		"because",
		"began",
		"customer",
		"days_late",
		"effect",
		"end",
		"ended",
		"fate",
		"key",
		"kind",
		"name",
		"outcome",
		"over_amount",
		"overshoot",
		"risk_class",
		"role",
		"rules",
		"security_required",
		"segment",
		"shift",
		"utilisation",
		"what_came",
	)

	def __init__(self, order: Order, began: int, amount: Decimal, segment: str, risk_class: str):
		if order.outcome is None:
			order.outcome = Outcome(order.fate, order.account.rate)
		# Not the order itself: it is forgotten when it is done, and there may be hundreds of thousands.
		self.what_came: Outcome | None = order.outcome
		self.name, self.key, self.kind, self.customer = order.name, order.key, order.kind, order.account.name
		self.began, self.amount, self.segment, self.risk_class = began, amount, segment, risk_class
		self.outcome, self.rules, self.role = STOPPED, (), ""
		self.security_required = False
		self.utilisation: Decimal | None = None
		self.overshoot = self.over_amount = self.effect = ZERO
		self.ended: int | None = None
		self.end, self.because, self.fate = OPEN, "", NOT_BILLED
		self.shift = self.days_late = 0

	@property
	def day(self) -> date:
		"""The day on which it began."""
		return date.fromordinal(self.began // SECONDS_A_DAY)

	@property
	def days(self) -> float | None:
		"""How long it lasted, in days; None while it is open."""
		return None if self.ended is None else (self.ended - self.began) / SECONDS_A_DAY

	@property
	def days_delayed(self) -> float:
		"""By how much the goods really came later, in days."""
		return self.shift / SECONDS_A_DAY


class Tally:
	"""A number of orders and what they come to."""

	__slots__ = ("amount", "count")

	def __init__(self):
		self.count, self.amount = 0, ZERO

	def add(self, amount: Decimal) -> None:
		self.count += 1
		self.amount += amount

	def merge(self, other: "Tally") -> None:
		self.count += other.count
		self.amount += other.amount


class SegmentFigures:
	"""A segment: its orders, what was held of them, and at the end how its limits are used."""

	def __init__(self):
		self.orders, self.held, self.stopped = Tally(), Tally(), Tally()
		self.customers = self.unlimited = 0
		self.limit = self.used = self.unused = self.over = ZERO

	def merge(self, other: "SegmentFigures") -> None:
		for name in ("orders", "held", "stopped"):
			getattr(self, name).merge(getattr(other, name))
		_add(self, other, ("customers", "unlimited", "limit", "used", "unused", "over"))


class CustomerFigures:
	"""A customer: its orders and holds, and at the end its limit and exposure in its own currency."""

	__slots__ = (
		"exposure",
		"held",
		"hold_seconds",
		"limit",
		"lost_orders",
		"name",
		"orders",
		"overdue",
		"rating",
		"segment",
		"stops",
		"unlimited",
		"written_off",
	)

	def __init__(self, name: str):
		self.name = name
		self.orders, self.held, self.lost_orders = Tally(), Tally(), Tally()
		self.hold_seconds = self.stops = 0
		self.segment = self.rating = ""
		self.limit = self.exposure = self.overdue = self.written_off = ZERO
		self.unlimited = False


class Month:
	"""A calendar month, `month` its first day; amounts in the main currency, ageing and balances at its end."""

	__slots__ = (
		"advances",
		"cancelled",
		"credited",
		"disputed",
		"invoiced",
		"month",
		"received",
		"receivables",
		"unallocated",
		"written_off",
		*BUCKETS,
	)

	def __init__(self, month: date):
		self.month = month
		self.invoiced = self.credited = self.received = self.advances = self.written_off = self.cancelled = (
			ZERO
		)
		self.receivables = self.unallocated = self.disputed = ZERO
		for bucket in BUCKETS:
			setattr(self, bucket, ZERO)

	def merge(self, other: "Month") -> None:
		_add(self, other, [name for name in self.__slots__ if name != "month"])

	@property
	def cash(self) -> Decimal:
		"""All money that came in, advances included."""
		return self.received + self.advances

	@property
	def overdue(self) -> Decimal:
		return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90


class Figures:
	"""The figures of one world."""

	def __init__(self, assumptions: Assumptions):
		self.assumptions = assumptions
		self.orders, self.held_orders, self.stopped_orders, self.stopped_deliveries = (
			Tally(),
			Tally(),
			Tally(),
			Tally(),
		)
		self.checked = Tally()
		self.by_rule: dict[str, Tally] = {}
		self.by_segment: dict[str, SegmentFigures] = {}
		self.by_customer: dict[str, CustomerFigures] = {}
		self.roles: Counter[str] = Counter()
		self.guarantees_asked = 0
		self.ends: Counter[str] = Counter()
		self.holds: list[Hold] = []
		self.months: dict[int, Month] = {}
		self.month = Month(date(2000, 1, 1))
		self.loss = ZERO
		self.paid_amount = self.paid_days = self.late_days = ZERO
		self.totals = Totals()
		self.to_come = Totals()
		self.stops = 0

	# -------------------------------------------------------------- decisions
	def ordered(self, account: Account, amount: Decimal) -> None:
		amount = _main(account, amount)
		self.orders.add(amount)
		self.customer(account).orders.add(amount)

	def order_as(self, past: "Figures") -> None:
		"""The same is ordered in every world."""
		self.orders.merge(past.orders)
		for name, customer in past.by_customer.items():
			self.by_customer.setdefault(name, CustomerFigures(name)).orders.merge(customer.orders)

	def customer(self, account: Account) -> CustomerFigures:
		found = self.by_customer.get(account.name)
		if found is None:
			found = self.by_customer[account.name] = CustomerFigures(account.name)
		return found

	def segment(self, code: str) -> SegmentFigures:
		found = self.by_segment.get(code)
		if found is None:
			found = self.by_segment[code] = SegmentFigures()
		return found

	def decided(self, order: Order, segment: str, brief: Brief | None) -> None:
		"""An order was decided about; None when it is clear."""
		amount = _main(order.account, order.open)
		self.checked.add(amount)
		figures = self.segment(segment)
		figures.orders.add(amount)
		if brief is None:
			return
		stopped = brief.outcome == STOPPED
		self.held_orders.add(amount)
		figures.held.add(amount)
		if stopped:
			self.stopped_orders.add(amount)
			figures.stopped.add(amount)
		self.customer(order.account).held.add(amount)
		for finding in brief.fired:
			self.by_rule.setdefault(finding.rule, Tally()).add(amount)
		if brief.requirement.role:
			self.roles[brief.requirement.role] += 1
		self.guarantees_asked += brief.requirement.security_required

	def held(
		self, order: Order, segment: str, risk_class: str, brief: Brief, used: Decimal | None, now: int
	) -> Hold:
		hold = Hold(order, now, _main(order.account, order.open), segment, risk_class)
		hold.outcome = brief.outcome
		hold.rules = tuple(finding.rule for finding in brief.fired)
		hold.role = brief.requirement.role or ""
		hold.security_required = brief.requirement.security_required
		hold.utilisation = used
		hold.overshoot = max((finding.over for finding in brief.fired), default=ZERO)
		hold.over_amount = max((finding.over_amount for finding in brief.fired), default=ZERO)
		if self.assumptions.observe:
			hold.end = NOTED
		self.holds.append(hold)
		return hold

	def delivery_stopped(
		self, order: Order, segment: str, risk_class: str, amount: Decimal, now: int
	) -> Hold:
		amount = _main(order.account, amount)
		self.stopped_deliveries.add(amount)
		hold = Hold(order, now, amount, segment, risk_class)
		hold.rules = (DELIVERY_STOP,)
		self.holds.append(hold)
		return hold

	def ended(self, order: Order, how: str, now: int) -> None:
		hold = order.hold
		if hold is None or hold.ended is not None:
			return
		hold.end, hold.ended = how, now
		self.ends[how] += 1
		self.customer(order.account).hold_seconds += now - hold.began

	def stopped(self, account: Account) -> None:
		self.stops += 1
		self.customer(account).stops += 1

	def lost_order(self, order: Order, amount: Decimal) -> None:
		self.customer(order.account).lost_orders.add(_main(order.account, amount))

	# -------------------------------------------------------------- trade
	def begin(self, day: date) -> None:
		"""A day begins: what is booked from now on goes to its month."""
		key = day.year * 12 + day.month
		self.month = self.months.get(key)
		if self.month is None:
			self.month = self.months[key] = Month(day.replace(day=1))

	def invoiced(self, account: Account, amount: Decimal) -> None:
		self.totals.invoiced += amount
		self.month.invoiced += _main(account, amount)

	def cancelled_invoice(self, account: Account, amount: Decimal) -> None:
		self.totals.cancelled += amount
		self.month.cancelled += _main(account, amount)

	def credited(self, account: Account, amount: Decimal) -> None:
		self.totals.credited += amount
		self.month.credited += _main(account, amount)

	def received(self, account: Account, amount: Decimal) -> None:
		self.totals.received += amount
		self.month.received += _main(account, amount)

	def advance(self, account: Account, amount: Decimal) -> None:
		"""Money that came before the invoice because the policy asked for it."""
		self.totals.advanced += amount
		self.month.advances += _main(account, amount)

	def paid_ahead(self, amount: Decimal) -> None:
		"""A payment of the past that came as such an advance."""
		self.totals.paid_ahead += amount

	def written_off(self, account: Account, lost: Decimal, not_lost: Decimal) -> None:
		self.totals.written_off += lost
		self.totals.not_written_off += not_lost
		lost = _main(account, lost)
		self.loss += lost
		self.month.written_off += lost
		self.customer(account).written_off += lost

	def paid(self, invoice: Invoice, parts: list[tuple[Item, Decimal]], day: int) -> None:
		"""Instalments of an invoice were paid: how long it took, and how late it was."""
		rate, order = invoice.account.rate, invoice.order
		for item, part in parts:
			late = day - item.due
			if order is not None and late > order.worst_days_late:
				order.worst_days_late = late
			if rate is not None:
				part *= rate
			self.paid_amount += part
			self.paid_days += part * (day - invoice.day)
			self.late_days += part * late

	# -------------------------------------------------------------- balances
	def close_month(self, ledger: Books, day: date) -> None:
		"""Write down the balances and the ageing at the end of a day: every open instalment by days past due."""
		month, today = self.month, day.toordinal()
		not_due = to_30 = to_60 = to_90 = over = disputed = ZERO
		for invoice in ledger.invoices.values():
			rate = invoice.account.rate
			for item in invoice.items:
				amount = item.open
				if not amount:
					continue
				if rate is not None:
					amount *= rate
				late = today - item.due
				if late <= 0:
					not_due += amount
				elif late <= 30:
					to_30 += amount
				elif late <= 60:
					to_60 += amount
				elif late <= 90:
					to_90 += amount
				else:
					over += amount
			if invoice.disputed:
				disputed += _main(invoice.account, min(invoice.disputed, invoice.open))
		month.not_due, month.days_1_30, month.days_31_60, month.days_61_90, month.over_90 = (
			not_due,
			to_30,
			to_60,
			to_90,
			over,
		)
		month.disputed = disputed
		month.receivables = sum((_main(a, a.receivables) for a in ledger.accounts.values()), ZERO)
		month.unallocated = month.receivables - (not_due + to_30 + to_60 + to_90 + over)

	def merge(self, other: "Figures") -> None:
		"""Add the figures of other customers in the same world."""
		for name in ("orders", "checked", "held_orders", "stopped_orders", "stopped_deliveries"):
			getattr(self, name).merge(getattr(other, name))
		for name, make in (("by_rule", Tally), ("by_segment", SegmentFigures)):
			mine = getattr(self, name)
			for key, figures in getattr(other, name).items():
				mine.setdefault(key, make()).merge(figures)
		self.by_customer |= other.by_customer
		for key, month in other.months.items():
			self.months.setdefault(key, Month(month.month)).merge(month)
		self.roles += other.roles
		self.ends += other.ends
		self.holds += other.holds
		_add(self, other, ("guarantees_asked", "stops", "loss", "paid_amount", "paid_days", "late_days"))
		_add(self.totals, other.totals, Totals.__slots__)
		_add(self.to_come, other.to_come, Totals.__slots__)

	@property
	def days_to_pay(self) -> Decimal | None:
		"""Average days from invoice to payment, weighted by amount; None when nothing was paid."""
		return self.paid_days / self.paid_amount if self.paid_amount else None

	@property
	def days_beyond_terms(self) -> Decimal | None:
		"""Average days from due date to payment, weighted by amount; negative when paid early."""
		return self.late_days / self.paid_amount if self.paid_amount else None


class Totals:
	"""Everything that was booked in a world, in the customers' currencies, and what of the past was not.

	For each kind: past = booked + never happened + still to come, and receivables = invoiced − cancelled − credited −
	received − advanced − written off.
	"""

	__slots__ = (
		"advanced",
		"cancelled",
		"credited",
		"delivered",
		"invoiced",
		"never_credited",
		"never_delivered",
		"never_invoiced",
		"never_paid",
		"never_written_off",
		"not_written_off",
		"paid_ahead",
		"received",
		"written_off",
	)

	def __init__(self):
		for name in self.__slots__:
			setattr(self, name, ZERO)


def _add(to, other, names) -> None:
	for name in names:
		setattr(to, name, getattr(to, name) + getattr(other, name))


def _main(account: Account, amount: Decimal) -> Decimal:
	return amount if account.rate is None else amount * account.rate


def dso(receivables: Decimal, sales: Decimal, days: int) -> Decimal | None:
	"""Return days sales outstanding, simple: gross receivables ÷ gross credit sales × days (§5); None without sales."""
	return receivables / sales * days if sales > 0 else None
