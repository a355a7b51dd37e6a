"""What the law lets a creditor charge in a letter, and when (requirements §3.1).

A `Law` is what holds in one jurisdiction on one day. A flow asks for a letter (`Asked`); `judge` says what of it is lawful
on the day, given the letters that went before (`Sent`), and which rule changed what (`Check`). What the law does not know
it does not allow: a jurisdiction without a row for a fee or a compensation has none.

All amounts of one call are in one currency. A day on which something may be done is always the first such day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from .money import CENT, ZERO

ONE_DAY = timedelta(days=1)

# ------------------------------------------------------------------ the rules that a jurisdiction has rows for
REMINDER_FEE = "Reminder Fee"
DEMAND_FEE = "Demand Fee"
PLAN_FEE = "Payment Plan Fee"
HAND_OVER_FEE = "Hand-over Fee"
COMPENSATION = "Compensation"

FEES_PER_CLAIM = "Fees per Claim"
FEES_PER_ARREARS = "Fees per Period of Arrears"

DAYS_BETWEEN_FEES = "Days between Fees"
DAYS_BEFORE_FEE = "Days from Due Date to Fee"
DAYS_TO_PAY = "Days to Pay after a Reminder"
DAYS_BEFORE_COLLECTION = "Days to Pay before Collection"
DAYS_TO_INTEREST = "Days from Demand to Interest"
LONGEST_TERMS = "Longest Terms without Agreement"
LONGEST_ACCEPTANCE = "Longest Acceptance Procedure"

INTEREST_MARGIN = "Interest above Reference Rate"

LIMITATION = "Years of Limitation"
LIMITATION_ACKNOWLEDGED = "Years of Limitation once Acknowledged"
LIMITATION_JUDGMENT = "Years of Limitation after a Judgment"
LIMITATION_NO_JUDGMENT = "Years after a Suit without Judgment"
OF_LIMITATION = (LIMITATION, LIMITATION_ACKNOWLEDGED, LIMITATION_JUDGMENT, LIMITATION_NO_JUDGMENT)

FEE_NEEDS_AGREEMENT = "Fee Needs Agreement"
FEE_IN_WRITING = "Fee in Writing Only"
FEE_WITH_VAT = "Fee with VAT"
FEE_AFTER_BROKEN_PLAN = "Fee after a Broken Plan"
COMPENSATION_FROM_PUBLIC_SECTOR = "Compensation from Public Sector"

COMPENSATION_ONCE_PER = "Compensation Once per"
COMPENSATION_AND_FEES = "Compensation beside Fees"
FEE_TOO_SOON = "Fee That Is Too Soon"

CLAIM, ARREARS = "Claim", "Period of Arrears"
ADDED, DEDUCTED, ABSORBED = "Added", "Fees Deducted", "Fees Absorbed"
DROP_FEE, MOVE_LETTER = "Drop the Fee", "Move the Letter"

AMOUNT, COUNT, DAYS, PERCENT, YEARS, YES_NO, CHOICE = (
	"Amount",
	"Count",
	"Days",
	"Percent",
	"Years",
	"Yes or No",
	"Choice",
)
CHOICES = {
	COMPENSATION_ONCE_PER: (CLAIM, ARREARS),
	COMPENSATION_AND_FEES: (ADDED, DEDUCTED, ABSORBED),
	FEE_TOO_SOON: (DROP_FEE, MOVE_LETTER),
}
UNIT_OF_RULE = {
	REMINDER_FEE: AMOUNT,
	DEMAND_FEE: AMOUNT,
	PLAN_FEE: AMOUNT,
	HAND_OVER_FEE: AMOUNT,
	COMPENSATION: AMOUNT,
	FEES_PER_CLAIM: COUNT,
	FEES_PER_ARREARS: COUNT,
	DAYS_BETWEEN_FEES: DAYS,
	DAYS_BEFORE_FEE: DAYS,
	DAYS_TO_PAY: DAYS,
	DAYS_BEFORE_COLLECTION: DAYS,
	DAYS_TO_INTEREST: DAYS,
	LONGEST_TERMS: DAYS,
	LONGEST_ACCEPTANCE: DAYS,
	INTEREST_MARGIN: PERCENT,
	LIMITATION: YEARS,
	LIMITATION_ACKNOWLEDGED: YEARS,
	LIMITATION_JUDGMENT: YEARS,
	LIMITATION_NO_JUDGMENT: YEARS,
	FEE_NEEDS_AGREEMENT: YES_NO,
	FEE_IN_WRITING: YES_NO,
	FEE_WITH_VAT: YES_NO,
	FEE_AFTER_BROKEN_PLAN: YES_NO,
	COMPENSATION_FROM_PUBLIC_SECTOR: YES_NO,
	COMPENSATION_ONCE_PER: CHOICE,
	COMPENSATION_AND_FEES: CHOICE,
	FEE_TOO_SOON: CHOICE,
}
RULES = tuple(UNIT_OF_RULE)

# ------------------------------------------------------------------ what no jurisdiction can switch off
DISPUTED = "Disputed Claim"
NOT_OVERDUE = "Not Overdue"
ONCE_PER_CLAIM = "Once per Claim"
BUSINESS_ONLY = "Business Customers Only"
NOTICE_FIRST = "Notice before Collection"
ACCEPTANCE = "Acceptance Procedure"
RATE = "Rate of Interest"

# ------------------------------------------------------------------ letters, outcomes
REMINDER = "Reminder"
COLLECTION_NOTICE = "Collection Notice"
PAYMENT_PLAN = "Payment Plan"
HAND_OVER = "Hand-over"
KINDS = (REMINDER, COLLECTION_NOTICE, PAYMENT_PLAN, HAND_OVER)

APPLIED, REDUCED, DROPPED, MOVED, WARNED = "Applied", "Reduced", "Dropped", "Moved", "Warned"
OUTCOMES = (APPLIED, REDUCED, DROPPED, MOVED, WARNED)

Value = Decimal | int | bool | str


@dataclass(frozen=True, slots=True)
class Figure:
	"""One rule of a jurisdiction from one day on: its value in the rule's unit, where it stands, whether it is confirmed.

	`valid_until` is the last day, None for as long as no later figure of the same rule is there.
	"""

	rule: str
	value: Value
	valid_from: date
	source: str = ""
	is_confirmed: bool = True
	valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Law:
	"""What holds in one jurisdiction on one day. Amounts are in `currency`; None means that there is no such limit.

	`demand_fee` None: a notice before collection costs what a reminder does, and is counted as one.
	"""

	jurisdiction: str
	currency: str
	reminder_fee: Decimal = ZERO
	demand_fee: Decimal | None = None
	plan_fee: Decimal = ZERO
	hand_over_fee: Decimal = ZERO
	compensation: Decimal = ZERO
	fees_per_claim: int | None = None
	fees_per_arrears: int | None = None
	days_between_fees: int = 0
	days_before_fee: int = 0
	days_to_pay: int = 0
	days_before_collection: int = 0
	days_to_interest: int = 0
	longest_terms: int | None = None
	longest_acceptance: int | None = None
	interest_margin: Decimal = ZERO
	limitation_years: int | None = None
	limitation_years_acknowledged: int | None = None
	limitation_years_judgment: int | None = None
	limitation_years_no_judgment: int | None = None
	fee_needs_agreement: bool = False
	fee_in_writing: bool = False
	fee_with_vat: bool = False
	fee_after_broken_plan: bool = False
	compensation_from_public_sector: bool = False
	compensation_once_per: str = ARREARS
	compensation_and_fees: str = ABSORBED
	fee_too_soon: str = DROP_FEE
	figures: tuple[Figure, ...] = ()

	def origin(self, rule: str) -> Figure | None:
		"""Return the row that a rule comes from, None for what holds without one."""
		return next((figure for figure in self.figures if figure.rule == rule), None)

	@property
	def unconfirmed(self) -> tuple[Figure, ...]:
		"""The rows that nobody has confirmed yet."""
		return tuple(figure for figure in self.figures if not figure.is_confirmed)


FIELD_OF_RULE = {
	REMINDER_FEE: "reminder_fee",
	DEMAND_FEE: "demand_fee",
	PLAN_FEE: "plan_fee",
	HAND_OVER_FEE: "hand_over_fee",
	COMPENSATION: "compensation",
	FEES_PER_CLAIM: "fees_per_claim",
	FEES_PER_ARREARS: "fees_per_arrears",
	DAYS_BETWEEN_FEES: "days_between_fees",
	DAYS_BEFORE_FEE: "days_before_fee",
	DAYS_TO_PAY: "days_to_pay",
	DAYS_BEFORE_COLLECTION: "days_before_collection",
	DAYS_TO_INTEREST: "days_to_interest",
	LONGEST_TERMS: "longest_terms",
	LONGEST_ACCEPTANCE: "longest_acceptance",
	INTEREST_MARGIN: "interest_margin",
	LIMITATION: "limitation_years",
	LIMITATION_ACKNOWLEDGED: "limitation_years_acknowledged",
	LIMITATION_JUDGMENT: "limitation_years_judgment",
	LIMITATION_NO_JUDGMENT: "limitation_years_no_judgment",
	FEE_NEEDS_AGREEMENT: "fee_needs_agreement",
	FEE_IN_WRITING: "fee_in_writing",
	FEE_WITH_VAT: "fee_with_vat",
	FEE_AFTER_BROKEN_PLAN: "fee_after_broken_plan",
	COMPENSATION_FROM_PUBLIC_SECTOR: "compensation_from_public_sector",
	COMPENSATION_ONCE_PER: "compensation_once_per",
	COMPENSATION_AND_FEES: "compensation_and_fees",
	FEE_TOO_SOON: "fee_too_soon",
}
# What a fee of each kind of letter is capped by.
FEE_OF_KIND = {
	REMINDER: REMINDER_FEE,
	COLLECTION_NOTICE: DEMAND_FEE,
	PAYMENT_PLAN: PLAN_FEE,
	HAND_OVER: HAND_OVER_FEE,
}


@dataclass(frozen=True, slots=True)
class Acceptance:
	"""A procedure that was agreed for accepting what is delivered: how many days it may take from its receipt.

	More than the law's count only if that was expressly agreed and is not grossly unfair to the creditor.
	"""

	days: int
	is_expressly_agreed: bool = False
	is_grossly_unfair: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
	"""One item that a letter is about: an invoice, or one instalment of it, and what the law wants to know of it.

	`is_fee_agreed`: reminder fees were agreed when the debt arose. `had_broken_plan`: it was in a payment plan that broke.
	`due` is by the invoice of the day `invoiced`; where an `acceptance` was agreed of what was `received` on a day, it is
	payable later (`payable`). `are_terms_agreed`: its time to pay was expressly agreed.
	"""

	key: str
	due: date
	is_disputed: bool = False
	is_fee_agreed: bool = False
	had_broken_plan: bool = False
	invoiced: date | None = None
	received: date | None = None
	acceptance: Acceptance | None = None
	are_terms_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
	"""What a flow wants of one letter to one customer, before the law has looked at it.

	`fee` is for the whole letter; `compensation` for each overdue claim in it. `deadline` is the last day to pay that the
	letter would name (None: the earliest lawful one). `arrears_since` is the first day of the customer's unbroken period of
	arrears (`unbroken_since`); without it every earlier letter counts as one of this period.
	"""

	claims: tuple[Claim, ...]
	kind: str = REMINDER
	fee: Decimal = ZERO
	compensation: Decimal = ZERO
	interest: Decimal = ZERO
	is_interest_confirmed: bool = True
	deadline: date | None = None
	is_written: bool = True
	is_business: bool = True
	is_public_sector: bool = False
	arrears_since: date | None = None


@dataclass(frozen=True, slots=True)
class Sent:
	"""A letter that has gone out: when, of what kind, about which claims, what it charged, until when it gave time."""

	day: date
	claims: frozenset[str]
	kind: str = REMINDER
	fee: Decimal = ZERO
	compensation: Decimal = ZERO
	deadline: date | None = None


@dataclass(frozen=True, slots=True)
class Check:
	"""What one rule did to a letter.

	`before` and `after` are what was asked and what is left: amounts, days, or dates, as the rule measures. `limit` is the
	rule's own figure, `number` what it was held against (the days since the last fee, the fees so far), `day` the date it
	turns on. `source` says where the rule stands; `is_confirmed` whether somebody has checked that.
	"""

	rule: str
	outcome: str
	before: Value | date | None = None
	after: Value | date | None = None
	limit: Value | None = None
	number: int | None = None
	day: date | None = None
	source: str = ""
	is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
	"""What may be charged in a letter that goes out on the day asked about.

	`compensation` is net of `deducted`, the fees that count towards it. `earliest_day` is the first day on which the letter
	may go as it was meant: the day itself, a later one (a letter that goes before then goes without what it lacks), or None
	when something else has to come first. `fee_claims` and `compensation_claims` are the keys that bear the charge.
	"""

	fee: Decimal
	compensation: Decimal
	deducted: Decimal
	deadline: date | None
	earliest_day: date | None
	checks: tuple[Check, ...]
	fee_claims: tuple[str, ...] = ()
	compensation_claims: tuple[str, ...] = ()

	def may_go(self, on: date) -> bool:
		"""Whether the letter goes out on the day as it was meant."""
		return self.earliest_day is not None and self.earliest_day <= on

	@property
	def changes(self) -> tuple[Check, ...]:
		"""The checks that changed something, or that somebody ought to read."""
		return tuple(check for check in self.checks if check.outcome != APPLIED or not check.is_confirmed)


# ------------------------------------------------------------------ from rows to the law of a day
def value_of(rule: str, text: str) -> Value:
	"""Return the value that a row says in words: "100.00", "3", "Yes", "Fees Deducted".

	Raises `ValueError` for a rule that there is not, and for a value that its unit does not allow.
	"""
	unit, text = UNIT_OF_RULE.get(rule), text.strip()
	if unit is None:
		raise ValueError(f"no such rule: {rule}")
	if unit == CHOICE:
		if text not in CHOICES[rule]:
			raise ValueError(f"{text} is none of {', '.join(CHOICES[rule])}")
		return text
	if unit == YES_NO:
		if text not in ("Yes", "No"):
			raise ValueError(f"{text} is neither Yes nor No")
		return text == "Yes"
	try:
		number = Decimal(text)
	except InvalidOperation:
		raise ValueError(f"{text} is no number") from None
	if not number.is_finite() or number < 0:
		raise ValueError(f"{text} is no number of 0 or more")
	if unit in (AMOUNT, PERCENT):
		return number
	if number != int(number):
		raise ValueError(f"{text} is no whole number")
	return int(number)


def law_of(jurisdiction: str, currency: str, rows: Iterable[Figure], on: date) -> Law:
	"""Return what holds on a day: of each rule the row that began last, unless it has ended."""
	newest: dict[str, Figure] = {}
	for row in rows:
		known = newest.get(row.rule)
		if row.valid_from <= on and (known is None or row.valid_from > known.valid_from):
			newest[row.rule] = row
	in_force = tuple(row for row in newest.values() if row.valid_until is None or row.valid_until >= on)
	return Law(jurisdiction, currency, figures=in_force, **{FIELD_OF_RULE[r.rule]: r.value for r in in_force})


def converted(law: Law, currency: str, rate: Decimal) -> Law:
	"""Return the law with its amounts in another currency, rounded down: a cap may not be exceeded by rounding.

	`rate` is how much of `currency` one unit of the law's own currency is worth.
	"""
	if currency == law.currency:
		return law
	amounts = [FIELD_OF_RULE[rule] for rule, unit in UNIT_OF_RULE.items() if unit == AMOUNT]
	values = {name: getattr(law, name) for name in amounts}
	into = {
		name: (value * rate).quantize(CENT, rounding=ROUND_DOWN)
		for name, value in values.items()
		if value is not None
	}
	return replace(law, currency=currency, **into)


# ------------------------------------------------------------------ a letter
def judge(law: Law, asked: Asked, sent: Iterable[Sent], on: date) -> Judged:
	"""Return what of a letter is lawful on a day, never more than was asked. `sent` are the letters that went before.

	Give every earlier letter about one of the claims, and every one of the customer's since `arrears_since`; others do no
	harm. A waived fee still was a letter with a fee: leave it in.
	"""
	case = _Case(law, asked, tuple(sent), on)
	case.terms()
	earliest = case.hand_over_day() if asked.kind == HAND_OVER else case.overdue_day()
	compensation, compensated = case.compensation()
	fee, charged, fee_day = case.fee() if earliest is not None and earliest <= on else (ZERO, (), on)
	fee, compensation, deducted = case.side_by_side(fee, compensation, compensated)
	case.interest()
	return Judged(
		fee=fee,
		compensation=compensation,
		deducted=deducted,
		deadline=case.deadline(fee),
		earliest_day=None if earliest is None else max(earliest, fee_day),
		checks=tuple(case.checks),
		fee_claims=charged if fee else (),
		compensation_claims=compensated if compensation else (),
	)


class _Case:
	"""One letter before its judge: gathers the checks on the way."""

	def __init__(self, law: Law, asked: Asked, sent: tuple[Sent, ...], on: date):
		self.law, self.asked, self.sent, self.on = law, asked, sent, on
		self.checks: list[Check] = []
		self.claims = asked.claims
		keys = {claim.key for claim in asked.claims}
		since = asked.arrears_since
		self.of_arrears = [s for s in sent if since is None or s.day >= since or s.claims & keys]

	def note(self, rule: str, outcome: str, before=None, after=None, **more) -> None:
		self.checks.append(_checked(self.law, rule, rule, outcome, before, after, **more))

	# -------------------------------------------------------------- when
	def terms(self) -> None:
		"""Let each claim be due when it is payable by law, and note what put that off; of several the one that is last."""
		found = [(claim, _payable_of(self.law, claim)) for claim in self.asked.claims]
		moved = [(claim, by) for claim, by in found if by.checks]
		if moved:
			self.checks.extend(max(moved, key=lambda pair: (pair[1].due, pair[0].key))[1].checks)
		days = max(
			(
				(claim.due - claim.invoiced).days
				for claim, _by in found
				if claim.invoiced and not claim.are_terms_agreed
			),
			default=0,
		)
		self.checks.extend(terms_checks(self.law, days, False))
		self.asked = replace(self.asked, claims=tuple(replace(claim, due=by.due) for claim, by in found))

	def overdue_day(self) -> date:
		"""Return from when on a letter may go about claims that a procedure of acceptance makes payable later than their due
		dates say: while none of them is overdue there is nothing to remind of."""
		return max(self.on, overdue_from(self.law, self.claims) or self.on)

	def hand_over_day(self) -> date | None:
		"""Return from when on the claims may go to collection, None while no notice has announced it."""
		if any(claim.is_disputed for claim in self.asked.claims):
			self.note(DISPUTED, DROPPED, self.on)
			return None
		days = [self._announced(claim) for claim in self.asked.claims]
		if not days or None in days:
			self.note(NOTICE_FIRST, DROPPED, self.on)
			return None
		earliest = max(days)
		limit = self.law.days_before_collection
		if earliest > self.on:
			self.note(DAYS_BEFORE_COLLECTION, MOVED, self.on, earliest, limit=limit, day=earliest)
		elif limit:
			self.note(DAYS_BEFORE_COLLECTION, APPLIED, self.on, self.on, limit=limit, day=earliest)
		return max(earliest, self.on)

	def _announced(self, claim: Claim) -> date | None:
		notices = (s for s in self.sent if s.kind == COLLECTION_NOTICE and claim.key in s.claims)
		return min((hand_over_day(self.law, s.day, s.deadline) for s in notices), default=None)

	def deadline(self, fee: Decimal) -> date | None:
		"""Return the last day to pay that the letter names: the one asked for, or the first that the law lets it name."""
		kind, asked = self.asked.kind, self.asked.deadline
		if kind not in (REMINDER, COLLECTION_NOTICE):
			return asked
		rule = DAYS_BEFORE_COLLECTION if kind == COLLECTION_NOTICE else DAYS_TO_PAY
		limit = getattr(self.law, FIELD_OF_RULE[rule])
		earliest = self.on + timedelta(days=limit)
		if asked is None:
			return max([earliest, *(claim.due for claim in self.asked.claims)])
		if kind == REMINDER and not fee:
			return asked
		if asked < earliest:
			self.note(rule, MOVED, asked, earliest, limit=limit, day=earliest)
		elif limit:
			self.note(rule, APPLIED, asked, asked, limit=limit, day=earliest)
		return max(asked, earliest)

	# -------------------------------------------------------------- the fee
	def fee(self) -> tuple[Decimal, tuple[str, ...], date]:
		"""Return the fee, the claims that bear it, and the first day on which the letter may carry it.

		What rules a fee out for good comes before what only takes time: a letter is not moved for a fee it never gets.
		"""
		asked, none = self.asked, (ZERO, (), self.on)
		if asked.fee <= 0:
			return none
		is_reminder = asked.kind == REMINDER or (
			asked.kind == COLLECTION_NOTICE and self.law.demand_fee is None
		)
		cap_rule = REMINDER_FEE if is_reminder else FEE_OF_KIND[asked.kind]
		cap = getattr(self.law, FIELD_OF_RULE[cap_rule]) or ZERO
		amount = min(asked.fee, cap)
		if not amount:
			return self._no_fee(cap_rule, limit=cap)
		claims = self._may_bear(is_reminder)
		if not claims:
			return none
		charged, day = self._in_time(claims, is_reminder)
		if not charged:
			return ZERO, (), day
		self.note(cap_rule, REDUCED if amount < asked.fee else APPLIED, asked.fee, amount, limit=cap)
		return amount, charged, self.on

	def _no_fee(self, rule: str, **more) -> tuple[Decimal, tuple[str, ...], date]:
		self.note(rule, DROPPED, self.asked.fee, ZERO, **more)
		return ZERO, (), self.on

	def _may_bear(self, is_reminder: bool) -> list[Claim]:
		"""Return the claims that a fee could ever be charged for, and note the rule that left none."""
		law = self.law
		claims = list(self.asked.claims)
		for rule, bears in (
			(DISPUTED, lambda claim: not claim.is_disputed),
			(FEE_AFTER_BROKEN_PLAN, lambda claim: law.fee_after_broken_plan or not claim.had_broken_plan),
			(COMPENSATION_AND_FEES, lambda claim: not self._is_covered(claim)),
		):
			claims = [claim for claim in claims if bears(claim)]
			if not claims:
				self._no_fee(rule)
				return []
		return self._reminded(claims) if is_reminder else self._charged_once(claims)

	def _is_covered(self, claim: Claim) -> bool:
		"""Whether a compensation already stands for what collecting a claim costs."""
		if self.law.compensation_and_fees == ADDED:
			return False
		if self.law.compensation_once_per == CLAIM:
			return any(s.compensation > 0 and claim.key in s.claims for s in self.sent)
		return any(s.compensation > 0 for s in self.of_arrears)

	def _charged_once(self, claims: list[Claim]) -> list[Claim]:
		before = [s for s in self.sent if s.fee > 0 and s.kind == self.asked.kind]
		left = [claim for claim in claims if not any(claim.key in s.claims for s in before)]
		if not left:
			self._no_fee(ONCE_PER_CLAIM, limit=1, number=1)
		return left

	def _reminded(self, claims: list[Claim]) -> list[Claim]:
		law = self.law
		if law.fee_in_writing and not self.asked.is_written:
			self._no_fee(FEE_IN_WRITING)
			return []
		if law.fee_needs_agreement:
			claims = [claim for claim in claims if claim.is_fee_agreed]
			if not claims:
				self._no_fee(FEE_NEEDS_AGREEMENT)
				return []
			self.note(FEE_NEEDS_AGREEMENT, APPLIED, self.asked.fee, self.asked.fee)
		if law.fees_per_claim is not None:
			so_far = {claim.key: self._fees_so_far(claim) for claim in claims}
			claims = [claim for claim in claims if so_far[claim.key] < law.fees_per_claim]
			if not self._counted(FEES_PER_CLAIM, law.fees_per_claim, min(so_far.values()), bool(claims)):
				return []
		if law.fees_per_arrears is not None:
			number = len(self._reminder_fees(self.of_arrears))
			within = number < law.fees_per_arrears
			if not self._counted(FEES_PER_ARREARS, law.fees_per_arrears, number, within):
				return []
		return claims

	def _counted(self, rule: str, limit: int, number: int, within: bool) -> bool:
		if within:
			self.note(rule, APPLIED, self.asked.fee, self.asked.fee, limit=limit, number=number)
		else:
			self._no_fee(rule, limit=limit, number=number)
		return within

	def _fees_so_far(self, claim: Claim) -> int:
		return sum(claim.key in s.claims for s in self._reminder_fees(self.sent))

	def _reminder_fees(self, letters: Iterable[Sent]) -> list[Sent]:
		counted = (REMINDER,) if self.law.demand_fee is not None else (REMINDER, COLLECTION_NOTICE)
		return [s for s in letters if s.fee > 0 and s.kind in counted]

	def _in_time(self, claims: list[Claim], is_reminder: bool) -> tuple[tuple[str, ...], date]:
		"""Return the keys of the claims that may bear a fee on the day, and else from when on the letter may carry one."""
		law, on = self.law, self.on
		days = max(1, law.days_before_fee if is_reminder else 0)
		ripe = min(claim.due for claim in claims) + timedelta(days=days)
		first = [(DAYS_BEFORE_FEE if days > 1 else NOT_OVERDUE, ripe, days, days - (ripe - on).days)]
		before = [s.day for s in self._reminder_fees(self.of_arrears)] if is_reminder else []
		if before and law.days_between_fees:
			free = max(before) + timedelta(days=law.days_between_fees)
			first.append((DAYS_BETWEEN_FEES, free, law.days_between_fees, (on - max(before)).days))
		day = max(self._wait(*rule) for rule in first)
		if any(first_day > on for _rule, first_day, *_measured in first):
			return (), day
		return tuple(claim.key for claim in claims if claim.due + timedelta(days=days) <= on), on

	def _wait(self, rule: str, first_day: date, limit: int, number: int) -> date:
		"""Note that a fee has to wait until a day, or need not; return the day on which the letter may go as it was meant."""
		asked = self.asked.fee
		if first_day <= self.on:
			self.note(rule, APPLIED, asked, asked, limit=limit, number=number, day=first_day)
			return self.on
		if self.law.fee_too_soon == MOVE_LETTER:
			self.note(rule, MOVED, self.on, first_day, limit=limit, number=number, day=first_day)
			return first_day
		self.note(rule, DROPPED, asked, ZERO, limit=limit, number=number, day=first_day)
		return self.on

	# -------------------------------------------------------------- compensation, interest
	def compensation(self) -> tuple[Decimal, tuple[str, ...]]:
		"""Return the compensation, before fees are taken off it, and the claims that it is for."""
		law, asked = self.law, self.asked
		if asked.compensation <= 0:
			return ZERO, ()
		each = min(asked.compensation, law.compensation)
		claims = [claim for claim in asked.claims if not claim.is_disputed and claim.due < self.on]
		if not each:
			return self._no_compensation(COMPENSATION, limit=law.compensation)
		if not asked.is_business:
			return self._no_compensation(BUSINESS_ONLY)
		if asked.is_public_sector and not law.compensation_from_public_sector:
			return self._no_compensation(COMPENSATION_FROM_PUBLIC_SECTOR)
		if not claims:
			all_disputed = all(claim.is_disputed for claim in asked.claims)
			return self._no_compensation(DISPUTED if all_disputed else NOT_OVERDUE)
		if law.compensation_once_per == CLAIM:
			earlier = [s for s in self.sent if s.compensation > 0]
			claims = [claim for claim in claims if not any(claim.key in s.claims for s in earlier)]
		else:
			earlier = [s for s in self.of_arrears if s.compensation > 0]
			claims = [] if earlier else [min(claims, key=lambda claim: (claim.due, claim.key))]
		if not claims:
			return self._no_compensation(COMPENSATION_ONCE_PER, day=max(s.day for s in earlier))
		outcome = REDUCED if each < asked.compensation else APPLIED
		self.note(COMPENSATION, outcome, asked.compensation, each, limit=law.compensation, number=len(claims))
		return each * len(claims), tuple(claim.key for claim in claims)

	def _no_compensation(self, rule: str, **more) -> tuple[Decimal, tuple[str, ...]]:
		self.note(rule, DROPPED, self.asked.compensation, ZERO, **more)
		return ZERO, ()

	def side_by_side(
		self, fee: Decimal, compensation: Decimal, compensated: tuple[str, ...]
	) -> tuple[Decimal, Decimal, Decimal]:
		"""Return fee, compensation and what was deducted from it, once each has taken account of the other."""
		law = self.law
		if not compensation or law.compensation_and_fees == ADDED:
			return fee, compensation, ZERO
		letters = self.of_arrears
		if law.compensation_once_per == CLAIM:
			letters = [s for s in self.sent if s.claims.intersection(compensated)]
		fees = sum((s.fee for s in letters), ZERO)
		if law.compensation_and_fees == DEDUCTED:
			fees += fee
		deducted = min(compensation, fees)
		left = compensation - deducted
		if deducted:
			self.note(COMPENSATION_AND_FEES, REDUCED, compensation, left, limit=fees)
		if law.compensation_and_fees == ABSORBED and fee and left:
			rest = max(ZERO, fee - left)
			self.note(COMPENSATION_AND_FEES, REDUCED if rest else DROPPED, fee, rest)
			fee = rest
		return fee, left, deducted

	def interest(self) -> None:
		if self.asked.interest > 0 and not self.asked.is_interest_confirmed:
			self.checks.append(
				Check(RATE, WARNED, self.asked.interest, self.asked.interest, is_confirmed=False)
			)


# ------------------------------------------------------------------ single questions
def hand_over_day(law: Law, notice_sent: date, deadline: date | None = None) -> date:
	"""Return the first day on which a claim may go to collection: the day after the time that its notice gave."""
	until = notice_sent + timedelta(days=law.days_before_collection)
	return max(until, deadline or until) + ONE_DAY


def unbroken_since(items: Iterable[tuple[date, date | None]], on: date) -> date | None:
	"""Return the first day of the unbroken period of arrears that a day lies in, None when nothing is overdue on it.

	`items` are due dates with the day on which each was settled (None: not yet). Only a whole day without anything overdue
	breaks a period: an item that is paid on the day another runs overdue, or the day before, does not.
	"""
	spans = sorted(
		((due + ONE_DAY, settled or date.max) for due, settled in items if (settled or date.max) > due),
		key=lambda span: span[1],
		reverse=True,
	)
	current = [first for first, last in spans if first <= on <= last]
	if not current:
		return None
	since = min(current)
	for first, last in spans:
		if first < since and last >= since - ONE_DAY:
			since = first
	return since


def interest_from(law: Law, due: date, is_due_date_agreed: bool, demanded_on: date | None) -> date | None:
	"""Return the first day that carries interest, None as long as none does.

	The due date itself if it was agreed beforehand, else so many days after a demand, and never before the due date.
	"""
	if is_due_date_agreed:
		return due
	if demanded_on is None:
		return None
	return max(due, demanded_on + timedelta(days=law.days_to_interest))


def lawful_percent(statutory: Decimal, agreed: Decimal | None, has_ground: bool) -> Decimal:
	"""Return the rate of interest that may be charged, per cent p.a.

	An agreed rate holds; above the statutory one only with the contract or the terms that carry it (`has_ground`).
	"""
	if agreed is None:
		return statutory
	return agreed if has_ground else min(agreed, statutory)


def rate_check(statutory: Decimal, agreed: Decimal | None, has_ground: bool) -> Check | None:
	"""Return what became of an agreed rate of interest, None where nothing is agreed."""
	if agreed is None:
		return None
	percent = lawful_percent(statutory, agreed, has_ground)
	return Check(RATE, REDUCED if percent < agreed else APPLIED, agreed, percent, limit=statutory)


def terms_checks(law: Law, days: int, is_expressly_agreed: bool) -> tuple[Check, ...]:
	"""Return the warning about payment terms of `days` that are too long: longer ones are for the parties to agree expressly
	(Directive 2011/7/EU art. 3(5))."""
	limit = law.longest_terms
	if is_expressly_agreed or limit is None or days <= limit:
		return ()
	return (_checked(law, LONGEST_TERMS, LONGEST_TERMS, WARNED, days, limit, limit=limit),)


# ------------------------------------------------------------------ a procedure of acceptance
@dataclass(frozen=True, slots=True)
class Payable:
	"""Until when a debt is to be paid by law, and what put that off: `accepted_on` is the day on which the procedure of
	acceptance is over and the time to pay begins, None where none puts it off."""

	due: date
	accepted_on: date | None = None
	checks: tuple[Check, ...] = ()


def payable(
	law: Law,
	due: date,
	invoiced_on: date,
	received_on: date | None = None,
	acceptance: Acceptance | None = None,
) -> Payable:
	"""Return until when a debt is to be paid whose invoice gives until `due`.

	Where a procedure of acceptance was agreed the time to pay runs from its end, or from the invoice where that is later
	(Directive 2011/7/EU art. 3(3)(b)(iv)). It takes its days from the receipt of the goods, the day of the invoice where that
	is not known, and 30 calendar days at most, unless more was expressly agreed in the contract and is not grossly unfair to the
	creditor (art. 3(4), art. 7).
	"""
	if acceptance is None or acceptance.days <= 0:
		return Payable(due)
	days, limit, found = acceptance.days, law.longest_acceptance, []
	if limit is not None and days > limit:
		holds = acceptance.is_expressly_agreed and not acceptance.is_grossly_unfair
		counted = days if holds else limit
		outcome = APPLIED if holds else REDUCED
		found.append(
			_checked(law, LONGEST_ACCEPTANCE, LONGEST_ACCEPTANCE, outcome, days, counted, limit=limit)
		)
		days = counted
	accepted_on = (received_on or invoiced_on) + timedelta(days=days)
	late = accepted_on - invoiced_on
	if late <= timedelta(0):
		return Payable(due)
	found.append(
		_checked(
			law,
			ACCEPTANCE,
			LONGEST_ACCEPTANCE,
			MOVED,
			due,
			due + late,
			limit=days,
			number=days,
			day=accepted_on,
		)
	)
	return Payable(due + late, accepted_on, tuple(found))


def overdue_from(law: Law, claims: Iterable[Claim]) -> date | None:
	"""Return the first day on which any of some claims is overdue, None where no procedure of acceptance puts one off."""
	found = [(claim, _payable_of(law, claim).due) for claim in claims]
	if all(due == claim.due for claim, due in found):
		return None
	return min(due for _claim, due in found) + ONE_DAY


def _payable_of(law: Law, claim: Claim) -> Payable:
	if claim.acceptance is None or claim.invoiced is None:
		return Payable(claim.due)
	return payable(law, claim.due, claim.invoiced, claim.received, claim.acceptance)


def _checked(law: Law, rule: str, of: str, outcome: str, before=None, after=None, **more) -> Check:
	"""Return what a rule did, with the source of the row of the rule `of`."""
	origin = law.origin(of)
	source, confirmed = (origin.source, origin.is_confirmed) if origin else ("", True)
	return Check(rule, outcome, before, after, **more, source=source, is_confirmed=confirmed)
