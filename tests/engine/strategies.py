"""Random cases, small enough that limits, securities and prepayments often meet."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from b2b_contracts.engine.exposure import Position
from b2b_contracts.engine.facts import Account, Case, ContractState, Group, Order, Overdue
from b2b_contracts.engine.limits import Limit
from b2b_contracts.engine.ratings import BUREAU
from b2b_contracts.engine.security import Instrument, Part

from .builders import days, matrix_row, policy

ZERO = Decimal(0)
LARGEST = 1000
RATES = (Decimal(1), Decimal("0.125"), Decimal("7.46"))


def _money(low: int, high: int):
	return st.integers(low * 100, high * 100).map(lambda cents: Decimal(cents).scaleb(-2))


def amounts(high=LARGEST):
	"""Amounts in whole cents from nothing to `high`, often round or nothing."""
	return _money(0, high) | st.sampled_from([ZERO, Decimal(1), Decimal(high // 2), Decimal(high)])


percents = st.integers(0, 100).map(Decimal)
limits = st.one_of(
	_money(LARGEST, 6 * LARGEST).map(lambda amount: Limit("Limited", amount)),
	_money(0, 3 * LARGEST).map(lambda amount: Limit("Limited", amount)),
	st.sampled_from(
		[Limit("Unlimited"), Limit("No Credit"), Limit("Limited"), Limit("Limited", Decimal(LARGEST))]
	),
)


@st.composite
def instruments(draw, deductibles=True):
	return Instrument(
		name=draw(st.sampled_from("abcdef")),
		instrument_type=draw(st.sampled_from(["Bank Guarantee", "Credit Insurance", "Parent Guarantee"])),
		amount=draw(amounts()),
		haircut_percent=draw(st.sampled_from([ZERO, Decimal(10)]) | percents),
		cover_percent=draw(st.sampled_from([Decimal(100), Decimal(90), Decimal(50)]) | percents),
		deductible=draw(st.just(ZERO) | amounts(100)) if deductibles else ZERO,
	)


def securities(deductibles=True, most=3):
	return st.lists(instruments(deductibles), max_size=most, unique_by=lambda i: i.name).map(tuple)


@st.composite
def groups(draw, deductibles=False):
	"""A group whose instruments cover the members together: the others owe what they have for it to cover, at least."""
	others = draw(amounts())
	instruments_ = draw(st.just(()) | securities(deductibles, most=2))
	to_cover = draw(amounts(int(others))) if instruments_ else ZERO
	return Group(
		name="Group",
		currency="EUR",
		limit=draw(limits),
		others_net=others,
		rate=draw(st.sampled_from(RATES)),
		instruments=instruments_,
		others_to_cover=to_cover,
		others_owing=draw(amounts(int(to_cover))) if to_cover else ZERO,
	)


@st.composite
def parts(draw, names=("X", "Y"), most=LARGEST):
	"""What of an exposure belongs to some named documents."""
	found = draw(st.sets(st.sampled_from(names)))
	return tuple(Part(name, draw(amounts(most // 2)), draw(amounts(most // 2))) for name in sorted(found))


def naming(held, draw, names=("X", "Y", "In hand")):
	"""Let some of the instruments name documents."""
	chosen = [
		draw(st.just(()) | st.sets(st.sampled_from(names), min_size=1).map(sorted).map(tuple)) for _ in held
	]
	return tuple(replace(i, covers=covers) for i, covers in zip(held, chosen, strict=True))


# What can be special about a case, each with the fields it draws. A case has a few of them, so that each
# often decides the outcome alone.
_ACCOUNT = {
	"rating": {"rating": st.sampled_from(BUREAU), "rating_at_review": st.sampled_from(["", "AAA", *BUREAU])},
	"forced hold": {"forced_hold": st.sampled_from(["Hold", "Stop"])},
	"compliance": {"compliance_stop": st.just(True)},
	"negative list": {"negative_until": st.just(days(30))},
	"po": {"requires_po": st.just(True)},
	"review": {"next_review": st.sampled_from([days(-1), days(30)])},
	"excess": {"approved_excess": amounts(200)},
	"no profile": {"has_profile": st.just(False)},
	"segment D": {
		"limit_basis": st.just("Percent of Order"),
		"prepaid_percent": st.sampled_from([Decimal(100), Decimal(75)]),
	},
}
_ORDER = {
	"po": {"po_number": st.sampled_from(["", "PO 1"])},
	"terms": {
		"latest_due_date": st.sampled_from([days(31), days(75), days(30)]),
		"allowed_due_date": st.just(days(30)),
	},
	"contract": {
		"contract": st.sampled_from([ContractState(), ContractState("C1"), ContractState("C1", 2, "s")])
	},
	"order security": {"security_required_percent": st.sampled_from([Decimal(30), Decimal(100)])},
}
_POSITION = {
	"delivered": {"delivered_not_billed": amounts()},
	"granted": {"granted_orders": amounts()},
	"waiting": {"waiting_orders": amounts()},
}
TRAITS = sorted(
	{*_ACCOUNT, *_ORDER, *_POSITION, "billed ahead", "overdue", "prepaid", "security", "lodged", "group"}
)


@st.composite
def cases(draw, only=TRAITS, deductibles=False):
	"""Cases that can happen: what is overdue is owed, an advance lowers what is owed, and what is billed ahead and not paid
	is owed.

	Deductibles are left out where a property asks about the share of *one order*, which a deductible on the
	whole exposure makes jump.
	"""
	traits = draw(st.sets(st.sampled_from(only), max_size=4))

	def some(fields):
		return {
			name: draw(value) for trait in sorted(traits) for name, value in fields.get(trait, {}).items()
		}

	amount = draw(_money(1, LARGEST))
	prepaid = draw(amounts(int(amount))) if "prepaid" in traits else ZERO
	ahead = draw(amounts()) if "billed ahead" in traits else ZERO
	paid_ahead = draw(amounts(int(ahead))) if ahead else ZERO
	items = draw(amounts())
	overdue = min(items, draw(_money(50, LARGEST))) if "overdue" in traits else ZERO
	credits = draw(st.just(ZERO) | amounts(100)) if "overdue" in traits else ZERO
	return Case(
		today=days(0),
		policy=policy(
			without_profile="Park for Assessment",
			park_when_review_overdue=True,
			overdue_tolerance_amount=50,
			contract_required=True,
			parks_for_contract=True,
		),
		account=Account(limit=draw(limits), risk_class=draw(st.sampled_from("ABC")), **some(_ACCOUNT)),
		order=Order(amount, prepaid, ahead, paid_ahead, **some(_ORDER)),
		position=Position(receivables=items + ahead - paid_ahead - credits - prepaid, **some(_POSITION)),
		overdue=Overdue(overdue, credits, days(-40) if overdue else None),
		instruments=naming(draw(securities(deductibles)), draw) if "security" in traits else (),
		lodged=draw(securities(deductibles, most=1)) if "lodged" in traits else (),
		group=draw(groups()) if "group" in traits else None,
		parts=draw(parts(most=max(1, int(items)))) if "security" in traits else (),
		in_hand="In hand",
	)


@st.composite
def matrices(draw, highest=12):
	"""Approval matrices of whole percents, none of their rows reversed: good, gappy and overlapping ones."""
	rows = []
	for risk_class in "ABC":
		if draw(st.booleans()):  # bands that touch, from which some may be taken away
			ends = sorted(draw(st.sets(st.integers(1, highest), max_size=3)))
			bands = list(zip([0, *ends], [*ends, None], strict=True))
			bands = [band for band in bands if draw(st.sampled_from([True, True, True, False]))]
		else:
			starts = draw(st.lists(st.integers(0, highest), max_size=4))
			bands = [(start, draw(st.none() | st.integers(start + 1, highest + 1))) for start in starts]
		rows += [matrix_row(lower, upper, risk_class, "CFO") for lower, upper in bands]
	return draw(st.permutations(rows))
