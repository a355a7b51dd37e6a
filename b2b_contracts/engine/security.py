"""Which security counts, and how much of an exposure it covers (requirements §2.3, §2.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from .money import CENT, HUNDRED, ZERO, percent_of
from .ratings import ISSUER, issuer_at_least

BANK_GUARANTEE = "Bank Guarantee"
STANDBY_LETTER_OF_CREDIT = "Stand-by Letter of Credit"
CREDIT_INSURANCE = "Credit Insurance"
PARENT_GUARANTEE = "Parent Guarantee"
RETENTION_OF_TITLE = "Retention of Title"
FACTORING = "Factoring"
INVOICE_DISCOUNTING = "Invoice Discounting"
CASH_DEPOSIT = "Cash Deposit"
SUPPLY_CHAIN_FINANCE = "Supply-chain Finance"
PERFORMANCE_GUARANTEE = "Performance Guarantee"
ADVANCE_PAYMENT_GUARANTEE = "Advance-payment Guarantee"

RECEIVED = "Received"
GIVEN_AWAY = "Given"
IN_FORCE = "In Force"
LOWEST_ISSUER_RATING = "A-"

# Why an instrument does not count; the words are in credit/wording.py.
NOT_IN_FORCE = "not_in_force"
GIVEN = "given"
DATA_ONLY = "data_only"
NOT_YET_VALID = "not_yet_valid"
CONDITIONAL = "conditional"
NOT_ON_DEMAND = "not_on_demand"
ISSUER_RATING = "issuer_rating"
NO_DOCUMENT = "no_document"
NOT_REGISTERED = "not_registered"
WITH_RECOURSE = "with_recourse"
EXPIRES_TOO_EARLY = "expires_too_early"
POLICY_NOT_IN_FORCE = "policy_not_in_force"


@dataclass(frozen=True, slots=True)
class TypeRules:
	"""What a type of security must be to count, and how it covers (the fields of a Security Type; requirements §2.6).

	`is_cover` False: kept as data only. `lowest_issuer_rating` empty: whoever issued it. `is_insurance`: the share is
	taken of the insured exposure, not of the amount. `sells_debts`: it takes over debts, so it counts only where the
	buyer of the debts cannot come back for them.
	"""

	is_cover: bool = True
	is_unconditional: bool = False
	is_on_demand: bool = False
	lowest_issuer_rating: str = ""
	takes_document: bool = True
	is_insurance: bool = False
	sells_debts: bool = False


_WORDS = {
	"no cover": ("is_cover", False),
	"unconditional": ("is_unconditional", True),
	"on demand": ("is_on_demand", True),
	"no document": ("takes_document", False),
	"insurance": ("is_insurance", True),
	"sells debts": ("sells_debts", True),
}
_ISSUER = "issuer "


def rules_in_words(rules: TypeRules) -> str:
	"""Return rules as a file keeps them: "unconditional, on demand, issuer A-"; "plain" where there are none."""
	words = [word for word, (field, value) in _WORDS.items() if getattr(rules, field) == value]
	if rules.lowest_issuer_rating:
		words.append(_ISSUER + rules.lowest_issuer_rating)
	return ", ".join(words) or "plain"


def rules_from_words(words: str) -> TypeRules:
	"""Read `rules_in_words` back. Raises `ValueError` with the word that is not known."""
	fields: dict = {}
	for word in filter(None, (part.strip() for part in words.split(","))):
		if word in _WORDS:
			field, value = _WORDS[word]
			fields[field] = value
		elif word.startswith(_ISSUER) and word.removeprefix(_ISSUER) in ISSUER:
			fields["lowest_issuer_rating"] = word.removeprefix(_ISSUER)
		elif word != "plain":
			raise ValueError(word)
	return TypeRules(**fields)


_BANK_ISSUED = TypeRules(is_unconditional=True, is_on_demand=True, lowest_issuer_rating=LOWEST_ISSUER_RATING)
_NO_COVER = TypeRules(is_cover=False)
# The types every site starts with, by their names. A guarantee given protects the customer: it is a liability.
STANDARD_TYPES = {
	BANK_GUARANTEE: _BANK_ISSUED,
	STANDBY_LETTER_OF_CREDIT: _BANK_ISSUED,
	CREDIT_INSURANCE: TypeRules(is_insurance=True),
	PARENT_GUARANTEE: TypeRules(),
	RETENTION_OF_TITLE: TypeRules(),
	FACTORING: TypeRules(sells_debts=True),
	INVOICE_DISCOUNTING: TypeRules(sells_debts=True),
	CASH_DEPOSIT: TypeRules(),
	SUPPLY_CHAIN_FINANCE: _NO_COVER,
	PERFORMANCE_GUARANTEE: _NO_COVER,
	ADVANCE_PAYMENT_GUARANTEE: _NO_COVER,
}
INSTRUMENT_TYPES = tuple(STANDARD_TYPES)
GUARANTEES = (BANK_GUARANTEE, STANDBY_LETTER_OF_CREDIT, PARENT_GUARANTEE)


@dataclass(frozen=True, slots=True)
class Instrument:
	"""One security, in the currency of the limit. Percentages are per cent; `expiry` None means no end.

	For credit insurance `amount` is the buyer limit, and `not_eligible` what the insurer does not cover any more (items
	past its maximum extension period). That is `maximum_extension_days` after due, 0 where there is none; `lacks_policy`: the
	insurance policy that it belongs to is not in force. `covers` are the documents (orders, invoices) that it covers alone,
	none: whatever is owed. `rules` None are those of the standard type of that name.
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
	lacks_registration: bool = False
	with_recourse: bool = False
	covers: tuple[str, ...] = ()
	not_eligible: Decimal = ZERO
	maximum_extension_days: int = 0
	lacks_policy: bool = False
	rules: TypeRules | None = None

	@property
	def must(self) -> TypeRules:
		"""The rules of its type; those of no cover for a type nobody knows."""
		return self.rules or STANDARD_TYPES.get(self.instrument_type, _NO_COVER)


@dataclass(frozen=True, slots=True)
class Part:
	"""What of an exposure belongs to one document that a security names: owed or delivered, and still promised.

	The parts of a customer do not overlap: an invoice that is named itself is no part of its order.
	"""

	name: str
	balance: Decimal = ZERO
	promised: Decimal = ZERO
	latest_due: date | None = None


def why_not_counted(instrument: Instrument, on: date, latest_due: date) -> str | None:
	"""Return the first reason why an instrument does not count on a day, or `None` when it counts.

	`latest_due` is the latest due date that it has to cover: the instrument must live until then, and for the
	time that a claim takes after it (§2.6).
	"""
	must = instrument.must
	if instrument.direction != RECEIVED:
		return GIVEN
	if instrument.status != IN_FORCE:
		return NOT_IN_FORCE
	if not must.is_cover:
		return DATA_ONLY
	if instrument.lacks_policy:
		return POLICY_NOT_IN_FORCE
	if instrument.valid_from and on < instrument.valid_from:
		return NOT_YET_VALID
	if must.is_unconditional and not instrument.unconditional:
		return CONDITIONAL
	if must.is_on_demand and not instrument.on_demand:
		return NOT_ON_DEMAND
	if must.lowest_issuer_rating and not issuer_at_least(instrument.issuer_rating, must.lowest_issuer_rating):
		return ISSUER_RATING
	if must.sells_debts and instrument.with_recourse:
		return WITH_RECOURSE
	if instrument.lacks_registration:
		return NOT_REGISTERED
	if must.takes_document and not instrument.has_document:
		return NO_DOCUMENT
	if instrument.expiry:
		last_claim = latest_due + timedelta(days=instrument.claim_period_days)
		if instrument.expiry < max(on, last_claim):
			return EXPIRES_TOO_EARLY
	return None


def insures(instrument: Instrument, on: date) -> bool:
	"""Whether an insurance with a maximum extension period stands behind what is owed on a day, however soon it ends."""
	return (
		bool(instrument.maximum_extension_days)
		and why_not_counted(instrument, on, latest_due=date.min) is None
	)


def capacity(instrument: Instrument) -> Decimal:
	"""Return the most that an instrument can ever pay: its amount after haircut (and cover, for insurance), less the
	deductible."""
	amount = percent_of(instrument.amount, HUNDRED - instrument.haircut_percent)
	if instrument.must.is_insurance:
		amount = percent_of(amount, instrument.cover_percent)
	return max(ZERO, amount - instrument.deductible)


def gives_up(former: Instrument, new: Instrument, new_counts: bool) -> bool:
	"""Whether something is given up when one security takes the place of another: it does not count, may pay less, ends sooner
	or covers less than the former."""
	if not new_counts or capacity(new) < capacity(former):
		return True
	if new.cover_percent < former.cover_percent or new.deductible > former.deductible:
		return True
	if new.expiry and (former.expiry is None or new.expiry < former.expiry):
		return True
	return bool(new.covers) and not (former.covers and set(former.covers) <= set(new.covers))


def covered(instrument: Instrument, eligible: Decimal) -> Decimal:
	"""Return how much of an eligible exposure one counting instrument covers, not more than the exposure.

	Insurance: cover % of min(exposure, buyer limit), less the deductible. Everything else:
	min(amount after haircut, cover % of the exposure), less the deductible.
	"""
	eligible = max(ZERO, eligible - instrument.not_eligible)
	after_haircut = percent_of(instrument.amount, HUNDRED - instrument.haircut_percent)
	if instrument.must.is_insurance:
		cover = percent_of(min(eligible, after_haircut), instrument.cover_percent)
	else:
		cover = min(after_haircut, percent_of(eligible, instrument.cover_percent))
	return min(eligible, max(ZERO, cover - instrument.deductible))


def shares(
	instruments: tuple[Instrument, ...], exposure: Decimal, parts: Mapping[str, Decimal] | None = None
) -> dict[str, Decimal]:
	"""Return what each counting instrument covers of an exposure; each covers what the ones before left.

	`parts` is what of the exposure belongs to the documents that instruments name. Those that name documents come first,
	for they cover nothing else; no document and no part of the exposure is covered twice.
	"""
	left = max(ZERO, exposure)
	open_parts = dict(parts or {})
	found = {}
	for instrument in sorted(
		instruments, key=lambda i: (not i.covers, len(i.covers), -i.cover_percent, i.name)
	):
		eligible = left
		if instrument.covers:
			eligible = min(left, sum((open_parts.get(name, ZERO) for name in instrument.covers), ZERO))
		amount = covered(instrument, eligible)
		found[instrument.name] = found.get(instrument.name, ZERO) + amount
		left -= amount
		for name in instrument.covers:
			taken = min(amount, open_parts.get(name, ZERO))
			open_parts[name] = open_parts.get(name, ZERO) - taken
			amount -= taken
	return found


def secured(
	instruments: tuple[Instrument, ...], exposure: Decimal, parts: Mapping[str, Decimal] | None = None
) -> Decimal:
	"""Return what counting instruments cover of an exposure together (see `shares`).

	Never negative, never more than the exposure, and it never grows faster than the exposure.
	"""
	if not instruments:
		return ZERO
	return sum(shares(instruments, exposure, parts).values(), ZERO)


def share_of_member(instruments: tuple[Instrument, ...], own: Decimal, others: Decimal) -> Decimal:
	"""Return a member's share of what the instruments of its group cover: by what each member owes net of its own security.

	All shares together never exceed what the group's instruments cover, so nothing is counted twice across sisters. Rounded
	down to the cent; it never grows faster than `own`.
	"""
	own, others = max(ZERO, own), max(ZERO, others)
	if not instruments or not own:
		return ZERO
	whole = own + others
	cover = secured(instruments, whole)
	return own if cover >= whole else (cover * own / whole).quantize(CENT, rounding=ROUND_FLOOR)
