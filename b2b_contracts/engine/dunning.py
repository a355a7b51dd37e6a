"""Which reminder a customer gets on a day: about which items, by which step, and what is left out and why (requirements §3).

Nothing here knows what was sent but by what it is told: an item brings the steps that it has had. So a day that was missed
is caught up, and a second run on the same day finds nothing to do.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from .money import ZERO

EMAIL, SMS, PHONE, LETTER, REGISTERED_LETTER = "E-mail", "SMS", "Phone Call", "Letter", "Registered Letter"
ACCOUNT_MANAGER, LEGAL_NOTICE, AGENCY = "Account Manager", "Legal Notice", "Collection Agency"
CHANNELS = (EMAIL, SMS, PHONE, LETTER, REGISTERED_LETTER, ACCOUNT_MANAGER, LEGAL_NOTICE, AGENCY)
# What is said or done by a person, not written to the customer.
BY_PERSON = (PHONE, ACCOUNT_MANAGER, AGENCY)

# What a notice announces, and what a step does.
DELIVERY_STOP, INTEREST, COLLECTION = "Delivery Stop", "Interest", "Collection"
ESCALATE, DEMAND_PLAN, HAND_OVER = "Escalate", "Demand Plan", "Hand Over"
# What has to be announced in an earlier notice before a step may do it.
NEEDS_ANNOUNCEMENT = {DELIVERY_STOP: DELIVERY_STOP, HAND_OVER: COLLECTION}

# Why something is not chased. The sentences are in collections/dunning_reasons.py.
DISPUTED, IN_PLAN, AWAITED, PROMISED = "Disputed", "In Payment Plan", "Payment Announced", "Promised"
COVERED, EXCLUDED, IN_CASE = "Covered by Credits", "Excluded", "In Collection Case"
# Why a whole customer is not.
INSOLVENT, CREDIT_BALANCE, BELOW_MINIMUM, NO_FLOW = "Insolvent", "Credit Balance", "Below Minimum", "No Flow"
# Of a hand-over of which nothing may go to collection yet (collections/collection_cases.py).
NOT_HANDED_OVER = "Not Handed Over"
# Of a customer whose variant of a test has the step later (collections/dunning_tests.py).
WAITS = "Waits for Its Variant"
# Why an action of a step is dropped.
NOT_ANNOUNCED, PUBLIC_SECTOR = "Not Announced", "Public Sector"


@dataclass(frozen=True, slots=True)
class Step:
	"""A step of a flow: from how many days after the due date on (negative: before), by which channel, and for whom.

	`minimum` is the least that all items of a message come to, `balance_below` what the customer's overdue total must be
	below, both in the company's currency. `segments` and `ratings` are those that the step is for (empty: all),
	`not_segments` those that it is not for. A step that may not be skipped is taken before any later one.
	"""

	code: str
	day: int
	channel: str
	may_be_skipped: bool = True
	minimum: Decimal = ZERO
	balance_below: Decimal | None = None
	segments: frozenset[str] = frozenset()
	not_segments: frozenset[str] = frozenset()
	ratings: frozenset[str] = frozenset()
	announces: frozenset[str] = frozenset()
	acts: frozenset[str] = frozenset()

	@property
	def is_written(self) -> bool:
		return self.channel not in BY_PERSON


@dataclass(frozen=True, slots=True)
class Flow:
	"""The steps, the earliest first. Two of an item are `shortest_gap` days apart at least, or as far as the flow has them
	where that is less: a step that came late does not make the next one follow at its heels."""

	name: str
	steps: tuple[Step, ...]
	shortest_gap: int = 3

	def __post_init__(self):
		if any(a.day > b.day for a, b in pairwise(self.steps)):
			raise ValueError(f"the steps of flow {self.name} are not in the order of their days")
		if len({step.code for step in self.steps}) != len(self.steps):
			raise ValueError(f"flow {self.name} has two steps of one name")

	def position(self, code: str) -> int:
		"""Return where a step stands in the flow, -1 for one that it does not have (any more)."""
		return next((i for i, step in enumerate(self.steps) if step.code == code), -1)


@dataclass(frozen=True, slots=True)
class Had:
	"""A step that an item has had: when, what it announced, until when the customer had time, and by which notice."""

	code: str
	day: int
	on: date
	announced: frozenset[str] = frozenset()
	deadline: date | None = None
	notice: str = ""


@dataclass(frozen=True, slots=True)
class Item:
	"""A part of an invoice that is due on a day, in the currency of the receivable account.

	`disputed`, `planned`, `awaited` and `promised` are parts of what is open, in this order where they are more than that.
	`excluded` is why the item is kept out by hand, `case` the collection case that it is in, `stays` why nothing of it may
	go to collection now.
	"""

	key: str
	invoice: str
	due: date
	open_amount: Decimal
	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	awaited: Decimal = ZERO
	promised: Decimal = ZERO
	excluded: str = ""
	case: str = ""
	stays: str = ""
	had: tuple[Had, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
	"""A customer of a company: what it owes, and what must be known of it.

	`credits` is unallocated money and credit notes, `promised` what it promised without naming an invoice; both positive.
	`payment_days` are the days of the month on which it pays (31: the last), empty for any.
	"""

	items: tuple[Item, ...]
	credits: Decimal = ZERO
	promised: Decimal = ZERO
	segment: str = ""
	rating: str = ""
	is_insolvent: bool = False
	is_public_sector: bool = False
	excluded: str = ""
	payment_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
	"""An amount that is not chased, and why."""

	reason: str
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Part:
	"""What of an item is chased on a day. `step` is the one that it takes now, None where it is only listed."""

	item: Item
	days: int
	chased: Decimal
	left_out: tuple[LeftOut, ...] = ()
	step: Step | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
	"""Something that a step would do or announce, and why it does not."""

	what: str
	reason: str


@dataclass(frozen=True, slots=True)
class Planned:
	"""What a customer gets: one message by `step`, or a person's contact by `contact`, or both; about `parts`.

	`kept_back` are the items of which something is due and nothing is chased, `held` those whose hand-over to collection has
	to wait: they take no step, and are chased as before. With a `reason` nothing goes out.
	"""

	parts: tuple[Part, ...]
	step: Step | None = None
	contact: Step | None = None
	kept_back: tuple[Part, ...] = ()
	announces: frozenset[str] = frozenset()
	acts: frozenset[str] = frozenset()
	dropped: tuple[Dropped, ...] = ()
	reason: str = ""
	held: tuple[Part, ...] = ()

	@property
	def amount(self) -> Decimal:
		return sum((part.chased for part in self.parts), ZERO)


# ------------------------------------------------------------------ what is chased
def payment_day(due: date, days: Sequence[int]) -> date:
	"""Return the first day on or after a due date on which a customer pays, the due date itself without such days."""
	if not days:
		return due
	year, month = due.year, due.month
	while True:
		last = monthrange(year, month)[1]
		for day in sorted({min(day, last) for day in days}):
			if (found := date(year, month, day)) >= due:
				return found
		year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def instalments(
	schedule: Sequence[tuple[str, date, Decimal]], open_amount: Decimal, aside: Sequence[Decimal]
) -> list[tuple]:
	"""Return what is open of the instalments (key, due date, amount) of an invoice, the earliest first, as (key, due date,
	amount, *parts set aside): money went to the earliest, so what is open is of the latest; what of that is set aside
	(each of `aside`, in the invoice's own order) is of the earliest again.
	"""
	left, found = open_amount, []
	for number, (key, due, amount) in reversed(list(enumerate(schedule))):
		# What rounding or an earlier change of the schedule leaves belongs to the first.
		part = left if number == 0 else max(ZERO, min(left, amount))
		if part > 0:
			found.append((key, due, part))
		left -= part
	found.reverse()
	rests = [max(ZERO, amount) for amount in aside]
	parts = []
	for key, due, amount in found:
		room, taken = amount, []
		for position, rest in enumerate(rests):
			part = min(room, rest)
			taken.append(part)
			rests[position] -= part
			room -= part
		parts.append((key, due, amount, *taken))
	return parts


def chased(account: Account, on: date) -> tuple[Part, ...]:
	"""Return what of each item is chased, the oldest first: open = chased + what is left out, to the cent.

	Money that is set against nothing goes to the oldest items; so does what was promised in general, of those that are due.
	"""
	credits, promised = max(ZERO, account.credits), max(ZERO, account.promised)
	parts = []
	for item in sorted(account.items, key=lambda i: (i.due, i.invoice, i.key)):
		days = (on - payment_day(item.due, account.payment_days)).days
		left: list[LeftOut] = []
		rest = item.open_amount
		rest -= _leave(left, DISPUTED, rest, item.disputed)
		rest -= _leave(left, IN_PLAN, rest, item.planned)
		rest -= _leave(left, AWAITED, rest, item.awaited)
		covered = _leave(left, COVERED, rest, credits)
		credits -= covered
		rest -= covered
		rest -= _leave(left, PROMISED, rest, item.promised)
		if days >= 0:
			kept = _leave(left, PROMISED, rest, promised)
			promised -= kept
			rest -= kept
		rest -= _leave(left, IN_CASE, rest, rest if item.case else ZERO)
		rest -= _leave(left, EXCLUDED, rest, rest if item.excluded else ZERO)
		parts.append(Part(item, days, rest, tuple(left)))
	return tuple(parts)


def _leave(left: list[LeftOut], reason: str, rest: Decimal, amount: Decimal) -> Decimal:
	"""Note what of `rest` is left out, at most `amount`; returns it."""
	part = min(rest, amount)
	if part <= 0:
		return ZERO
	left.append(LeftOut(reason, part))
	return part


# ------------------------------------------------------------------ which step
def step_of(flow: Flow, account: Account, part: Part, overdue: Decimal, on: date) -> Step | None:
	"""Return the step that an item takes on a day, None where it waits.

	The latest that it has reached; but none that may not be skipped is passed over, and an item whose time has come
	before it was due is spared what belongs before the due date. A hand-over waits for the time of its notice.
	"""
	had = max(part.item.had, key=lambda h: (h.on, h.day), default=None)
	last = max((flow.position(h.code) for h in part.item.had), default=-1)
	if had and last < 0:
		# The flow was changed, or the customer has another now: its steps up to the day of the last one count as had.
		last = max((i for i, step in enumerate(flow.steps) if step.day <= had.day), default=-1)
	reached = [
		step
		for step in flow.steps[last + 1 :]
		if step.day <= part.days and (step.day >= 0 or part.days < 0) and applies(step, account, overdue)
	]
	if not reached:
		return None
	step = next((step for step in reached if not step.may_be_skipped), reached[-1])
	if HAND_OVER in step.acts and not _was_announced(COLLECTION, part.item.had, on):
		return None
	if had and on < had.on + timedelta(days=min(flow.shortest_gap, max(0, step.day - had.day))):
		return None
	return step


def applies(step: Step, account: Account, overdue: Decimal) -> bool:
	"""Whether a step is for a customer, with so much overdue in all."""
	return (
		(not step.segments or account.segment in step.segments)
		and account.segment not in step.not_segments
		and (not step.ratings or account.rating in step.ratings)
		and (step.balance_below is None or overdue < step.balance_below)
	)


# ------------------------------------------------------------------ one message
def plan(flow: Flow | None, account: Account, on: date) -> Planned | None:
	"""Return what a customer gets on a day, None where nothing is to be said.

	What would go out but for something is returned with its reason: a run shows it.
	"""
	parts = chased(account, on)
	everything = tuple(replace(part, chased=part.item.open_amount) for part in parts)
	if flow is None:
		due = tuple(part for part in parts if part.days >= 0 and part.chased)
		return Planned((), kept_back=due, reason=NO_FLOW) if due else None
	overdue = sum((part.chased for part in parts if part.days > 0), ZERO)
	reason = INSOLVENT if account.is_insolvent else EXCLUDED if account.excluded else ""
	if reason:
		stepped = _stepped(flow, account, everything, overdue, on)
		return Planned((), kept_back=stepped, reason=reason) if stepped else None
	reached = _stepped(flow, account, [part for part in parts if part.chased], overdue, on)
	held = tuple(part for part in reached if part.step.channel == AGENCY and part.item.stays)
	stepped = tuple(part for part in reached if part not in held)
	kept_back = _kept_back(flow, account, parts, overdue, on)
	if not stepped and held:
		return Planned((), kept_back=(*held, *kept_back), reason=NOT_HANDED_OVER, held=held)
	if not stepped:
		return _nothing_left(kept_back)
	step, contact = _step_of_message(part.step for part in stepped)
	main = step or contact
	taken = {part.item.key: part for part in stepped}
	shown = tuple(
		taken.get(part.item.key, part)
		for part in parts
		if part.item.key in taken or (part.chased and part.days >= 0 and main.day >= 0)
	)
	if sum((part.chased for part in shown), ZERO) < main.minimum:
		return Planned((), kept_back=(*shown, *kept_back), reason=BELOW_MINIMUM, held=held)
	announces, acts, dropped = _allowed(stepped, account, on)
	return Planned(shown, step, contact, kept_back, announces, acts, dropped, held=held)


def _stepped(
	flow: Flow, account: Account, parts: Iterable[Part], overdue: Decimal, on: date
) -> tuple[Part, ...]:
	with_step = (replace(part, step=step_of(flow, account, part, overdue, on)) for part in parts)
	return tuple(part for part in with_step if part.step)


def _kept_back(
	flow: Flow, account: Account, parts: tuple[Part, ...], overdue: Decimal, on: date
) -> tuple[Part, ...]:
	"""Return the items that would have got a step now but are not chased at all."""
	return tuple(
		part for part in parts if not part.chased and step_of(flow, account, part, overdue, on) is not None
	)


def _nothing_left(kept_back: tuple[Part, ...]) -> Planned | None:
	if not kept_back:
		return None
	reasons = [left.reason for part in kept_back for left in part.left_out]
	only = reasons[0] if len(set(reasons)) == 1 else ""
	return Planned((), kept_back=kept_back, reason=CREDIT_BALANCE if only == COVERED else only or EXCLUDED)


def _step_of_message(steps: Iterable[Step]) -> tuple[Step | None, Step | None]:
	"""Return (what is written, what a person does): the highest step wins.

	A person's contact does not swallow a step of another item that may not be skipped: that one is written beside it. A
	hand-over, of which the customer hears nothing, swallows no written step at all.
	"""
	steps = list(steps)
	highest = max(steps, key=lambda step: step.day)
	if highest.is_written:
		return highest, None
	is_silent = highest.channel == AGENCY
	needed = [step for step in steps if step.is_written and (is_silent or not step.may_be_skipped)]
	return max(needed, key=lambda step: step.day, default=None), highest


def _allowed(
	parts: tuple[Part, ...], account: Account, on: date
) -> tuple[frozenset[str], frozenset[str], tuple[Dropped, ...]]:
	"""Return what a message announces, what it does, and what of that it may not: a stop that no earlier notice announced, and
	stops of the public sector."""
	announces, acts, dropped = set(), set(), {}
	for part in parts:
		announces |= part.step.announces
		for act in part.step.acts:
			needed = NEEDS_ANNOUNCEMENT.get(act)
			if needed and not _was_announced(needed, part.item.had, on):
				dropped[act] = NOT_ANNOUNCED
			else:
				acts.add(act)
	if account.is_public_sector and DELIVERY_STOP in announces | acts:
		dropped[DELIVERY_STOP] = PUBLIC_SECTOR
		announces.discard(DELIVERY_STOP)
		acts.discard(DELIVERY_STOP)
	still = {what: why for what, why in dropped.items() if what not in acts}
	return frozenset(announces), frozenset(acts), tuple(Dropped(*pair) for pair in sorted(still.items()))


def _was_announced(what: str, had: Iterable[Had], on: date) -> bool:
	"""Whether a notice of an earlier day announced something. Goods may be kept back as soon as that was said; what is handed
	over has to wait until the time to pay is over."""
	return any(
		what in h.announced and h.on < on and (what != COLLECTION or not h.deadline or h.deadline < on)
		for h in had
	)
