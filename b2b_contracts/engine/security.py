"""Which security counts, and how much of an exposure it covers (requirements §2.3, §2.6)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import HUNDRED, ZERO, percent_of
from .ratings import issuer_at_least

BANK_GUARANTEE = "Bank Guarantee"
STANDBY_LETTER_OF_CREDIT = "Stand-by Letter of Credit"
CREDIT_INSURANCE = "Credit Insurance"
PARENT_GUARANTEE = "Parent Guarantee"
RETENTION_OF_TITLE = "Retention of Title"
FACTORING = "Factoring"
CASH_DEPOSIT = "Cash Deposit"
INSTRUMENT_TYPES = (
	BANK_GUARANTEE,
	STANDBY_LETTER_OF_CREDIT,
	CREDIT_INSURANCE,
	PARENT_GUARANTEE,
	RETENTION_OF_TITLE,
	FACTORING,
	CASH_DEPOSIT,
)
BANK_ISSUED = (BANK_GUARANTEE, STANDBY_LETTER_OF_CREDIT)
RECEIVED = "Received"
IN_FORCE = "In Force"
LOWEST_ISSUER_RATING = "A-"

# Why an instrument does not count; the words are in credit/wording.py.
NOT_IN_FORCE = "not_in_force"
GIVEN = "given"
NOT_YET_VALID = "not_yet_valid"
CONDITIONAL = "conditional"
NOT_ON_DEMAND = "not_on_demand"
ISSUER_RATING = "issuer_rating"
NO_DOCUMENT = "no_document"
EXPIRES_TOO_EARLY = "expires_too_early"


@dataclass(frozen=True, slots=True)
class Instrument:
	"""One security, in the currency of the limit. Percentages are per cent; `expiry` None means no end.

	For credit insurance `amount` is the buyer limit.
	"""

	name: str
	instrument_type: str
	amount: Decimal
	haircut_percent: Decimal = ZERO
	cover_percent: Decimal = HUNDRED
	deductible: Decimal = ZERO
	direction: str = RECEIVED
	status: str = IN_FORCE
	issuer_rating: str = ""
	unconditional: bool = False
	on_demand: bool = False
	has_document: bool = False
	valid_from: date | None = None
	expiry: date | None = None
	claim_period_days: int = 0


def why_not_counted(instrument: Instrument, on: date, latest_due: date) -> str | None:
	"""Return the first reason why an instrument does not count on a day, or `None` when it counts.

	`latest_due` is the latest due date that it has to cover: the instrument must live until then, and for the
	time that a claim takes after it (§2.6).
	"""
	if instrument.direction != RECEIVED:
		return GIVEN
	if instrument.status != IN_FORCE:
		return NOT_IN_FORCE
	if instrument.valid_from and on < instrument.valid_from:
		return NOT_YET_VALID
	if instrument.instrument_type in BANK_ISSUED:
		if not instrument.unconditional:
			return CONDITIONAL
		if not instrument.on_demand:
			return NOT_ON_DEMAND
		if not issuer_at_least(instrument.issuer_rating, LOWEST_ISSUER_RATING):
			return ISSUER_RATING
	if not instrument.has_document:
		return NO_DOCUMENT
	if instrument.expiry:
		last_claim = latest_due + timedelta(days=instrument.claim_period_days)
		if instrument.expiry < max(on, last_claim):
			return EXPIRES_TOO_EARLY
	return None


def capacity(instrument: Instrument) -> Decimal:
	"""Return the most that an instrument can ever pay: its amount after haircut (and cover, for insurance), less the
	deductible."""
	amount = percent_of(instrument.amount, HUNDRED - instrument.haircut_percent)
	if instrument.instrument_type == CREDIT_INSURANCE:
		amount = percent_of(amount, instrument.cover_percent)
	return max(ZERO, amount - instrument.deductible)


def covered(instrument: Instrument, eligible: Decimal) -> Decimal:
	"""Return how much of an eligible exposure one counting instrument covers, not more than the exposure.

	Insurance: cover % of min(exposure, buyer limit), less the deductible. Everything else:
	min(amount after haircut, cover % of the exposure), less the deductible.
	"""
	eligible = max(ZERO, eligible)
	after_haircut = percent_of(instrument.amount, HUNDRED - instrument.haircut_percent)
	if instrument.instrument_type == CREDIT_INSURANCE:
		cover = percent_of(min(eligible, after_haircut), instrument.cover_percent)
	else:
		cover = min(after_haircut, percent_of(eligible, instrument.cover_percent))
	return min(eligible, max(ZERO, cover - instrument.deductible))


def secured(instruments: tuple[Instrument, ...], exposure: Decimal) -> Decimal:
	"""Return what counting instruments cover of an exposure together; each covers what the ones before left.

	Never negative, never more than the exposure, and it never grows faster than the exposure.
	"""
	if not instruments:
		return ZERO
	left = max(ZERO, exposure)
	for instrument in sorted(instruments, key=lambda i: (-i.cover_percent, i.name)):
		left -= covered(instrument, left)
	return max(ZERO, exposure) - left
