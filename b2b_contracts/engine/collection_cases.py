"""Hand-over to an agency: what of a customer's debts may go, when, what it adds up to, and how a case moves on
(requirements §2.2, §3, §3.1).

Amounts are in the currency of the invoices' receivable account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import ZERO
from .overdue import chased_instalments

DRAFT, NOTICE_SENT, READY = "Draft", "Notice Sent", "Ready"
HANDED_OVER, WITH_AGENCY = "Handed Over", "With Agency"
PAID, RETURNED, WRITTEN_OFF, CANCELLED = "Paid", "Returned", "Written Off", "Cancelled"
# Until then it is ours alone; nobody outside has to be told when it ends.
BEFORE_HAND_OVER = (DRAFT, NOTICE_SENT, READY)
AFTER_HAND_OVER = (HANDED_OVER, WITH_AGENCY)
OPEN = (*BEFORE_HAND_OVER, *AFTER_HAND_OVER)
ENDED = (PAID, RETURNED, WRITTEN_OFF, CANCELLED)
# What an agency may say of a case, by its file or by a person who has it from them.
AGENCY_STATUSES = (WITH_AGENCY, PAID, RETURNED)

# Days to pay that a last notice gives at least, also where the law of a country says nothing of it.
SHORTEST_NOTICE = 10

E_MAIL, LETTER, REGISTERED_LETTER = "E-mail", "Letter", "Registered Letter"
CHANNELS = (E_MAIL, LETTER, REGISTERED_LETTER)

# Why an item, or a part of it, is not handed over.
INSOLVENT, IN_CASE, SETTLED = "Insolvent", "In Another Case", "Settled"
NOT_DUE, IN_PLAN, DISPUTED = "Not Due", "In a Payment Plan", "Disputed"
PAYMENT_ON_ITS_WAY, PROMISED = "Payment on Its Way", "Promised"
COVERED = "Covered by Credits"


@dataclass(frozen=True, slots=True)
class Standing:
	"""How a debt stands: what is open of it, and what of that is set aside and why.

	`instalments` are its due dates and amounts as they were agreed, the earliest first; without any all of it is due.
	`covered` is what money and credit notes that are set against nothing would pay of it: they go to the oldest debts.
	"""

	outstanding: Decimal
	instalments: tuple[tuple[date, Decimal], ...] = ()
	disputed: Decimal = ZERO
	planned: Decimal = ZERO
	awaited: Decimal = ZERO
	promised: Decimal = ZERO
	covered: Decimal = ZERO
	is_insolvent: bool = False
	other_case: bool = False


@dataclass(frozen=True, slots=True)
class Part:
	"""An amount that is left out, and why."""

	reason: str
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Chosen:
	"""What of a debt is handed over, and what is left out for which reasons; the two are all that is open of it."""

	principal: Decimal
	left_out: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
	"""A row of a case: what is demanded of one debt."""

	principal: Decimal
	interest: Decimal = ZERO
	fees: Decimal = ZERO
	compensation: Decimal = ZERO

	@property
	def total(self) -> Decimal:
		return self.principal + self.interest + self.fees + self.compensation


@dataclass(frozen=True, slots=True)
class Totals:
	"""What the rows of a case add up to, the hand-over's own fee among it."""

	principal: Decimal
	interest: Decimal
	fees: Decimal
	compensation: Decimal
	hand_over_fee: Decimal
	total: Decimal


# ------------------------------------------------------------------ what may go
def choose(debt: Standing, today: date | None = None) -> Chosen:
	"""Return what of a debt may be handed over on a day, and why the rest may not. Without a day all counts as overdue.

	Nothing of an insolvent customer or of another case goes. Of the rest goes what is overdue and neither disputed, nor in
	a plan, nor on its way by a payment slip, nor promised, nor covered by credits: a slip and a promise are mostly about
	the same money, so the larger of the two counts, under the slip's name when they are alike.
	"""
	open_amount = max(ZERO, debt.outstanding)
	if not open_amount:
		return Chosen(ZERO, (Part(SETTLED, ZERO),))
	for applies, reason in ((debt.is_insolvent, INSOLVENT), (debt.other_case, IN_CASE)):
		if applies:
			return Chosen(ZERO, (Part(reason, open_amount),))
	coming = (
		(PAYMENT_ON_ITS_WAY, debt.awaited) if debt.awaited >= debt.promised else (PROMISED, debt.promised)
	)
	left, parts = open_amount, []
	for reason, amount in (
		(DISPUTED, debt.disputed),
		(IN_PLAN, debt.planned),
		coming,
		(COVERED, debt.covered),
	):
		part = min(max(ZERO, amount), left)
		left -= part
		if part:
			parts.append(Part(reason, part))
	later = _not_due(debt.instalments, left, today) if today else ZERO
	if later:
		parts.append(Part(NOT_DUE, later))
	return Chosen(left - later, tuple(parts))


def _not_due(instalments: Iterable[tuple[date, Decimal]], left: Decimal, today: date) -> Decimal:
	"""Return what of the last `left` of some instalments is due today or later: money went to the earliest."""
	chased = chased_instalments(list(instalments), left, ZERO)
	return sum((amount for due, amount in chased if due >= today), ZERO)


def totals_of(claims: Iterable[Claim], hand_over_fee: Decimal = ZERO) -> Totals:
	"""Return what some claims add up to. Nothing is owed for handing over where nothing is handed over."""
	claims = tuple(claims)
	principal = sum((claim.principal for claim in claims), ZERO)
	fee = max(ZERO, hand_over_fee) if principal > 0 else ZERO
	interest = sum((claim.interest for claim in claims), ZERO)
	fees = sum((claim.fees for claim in claims), ZERO)
	compensation = sum((claim.compensation for claim in claims), ZERO)
	return Totals(
		principal, interest, fees, compensation, fee, principal + interest + fees + compensation + fee
	)


def spread(amount: Decimal, owed: Iterable[Decimal]) -> list[Decimal]:
	"""Return how a payment is set against what some debts owe, in their order; what is more than that is nobody's."""
	left, parts = max(ZERO, amount), []
	for claim in owed:
		part = min(left, max(ZERO, claim))
		parts.append(part)
		left -= part
	return parts


# ------------------------------------------------------------------ when it may go
def deadline(sent_on: date, days: int) -> date:
	"""Return the last day to pay after a notice: so many days from its dispatch, which does not count itself."""
	if days < 0:
		raise ValueError(f"a deadline is 0 days or more from dispatch, not {days}")
	return sent_on + timedelta(days=days)


def earliest_hand_over(sent_on: date, days: int) -> date:
	"""Return the first day on which what a notice was about may be handed over: the day after its deadline.

	A Danish notice sent on 16 July may be handed over on 27 July.
	"""
	return deadline(sent_on, days) + timedelta(days=1)


def status_by_time(status: str, hand_over_from: date | None, today: date) -> str:
	"""Return the status of a case as time goes by: ready once the deadline of its notice has passed."""
	if status == NOTICE_SENT and hand_over_from is not None and today >= hand_over_from:
		return READY
	return status


# ------------------------------------------------------------------ how it moves on
def may_become(status: str, new: str) -> bool:
	"""Whether a case may go from one status to another. What has ended stays so."""
	return new in _NEXT.get(status, ())


_NEXT = {
	# A notice that did not arrive is sent again, and its days begin anew.
	DRAFT: (NOTICE_SENT, CANCELLED),
	NOTICE_SENT: (NOTICE_SENT, READY, HANDED_OVER, CANCELLED),
	READY: (NOTICE_SENT, HANDED_OVER, CANCELLED),
	HANDED_OVER: (WITH_AGENCY, PAID, RETURNED, WRITTEN_OFF),
	WITH_AGENCY: (WITH_AGENCY, PAID, RETURNED, WRITTEN_OFF),
}


def ended_by_books(status: str, still_open: Iterable[Decimal], is_written_off: bool) -> str | None:
	"""Return what a case ends as because nothing of its debts is open any more, None while something is."""
	if status not in OPEN or any(amount > 0 for amount in still_open):
		return None
	if status in BEFORE_HAND_OVER:
		return CANCELLED
	return WRITTEN_OFF if is_written_off else PAID
