"""Mandates: who may give how much away, and up to which measure (requirements §2.2).

A measure is per cent of the invoice, days, or an amount in the company's currency, as `UNIT_OF` has it for each action.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import approval

CASH_DISCOUNT = "Cash Discount"
DUE_DATE_CHANGE = "Due Date Change"
FEE_WAIVER = "Fee Waiver"
HAND_OVER = "Collection Hand-over"
INTEREST_WAIVER = "Interest Waiver"
LIMIT_ON_LADDER = "Limit on the Ladder"
LIMIT_BEYOND_LADDER = "Limit beyond the Ladder"
PAYMENT_PLAN = "Payment Plan"
QUARTERLY_PLAN = "Quarterly Payment Plan"
SECURITY_RELEASE = "Security Release"
WRITE_OFF = "Write-off"

PERCENT, DAYS, AMOUNT = "%", "Days", "Company Currency"
UNIT_OF = {
	CASH_DISCOUNT: PERCENT,
	DUE_DATE_CHANGE: DAYS,
	FEE_WAIVER: AMOUNT,
	HAND_OVER: AMOUNT,
	INTEREST_WAIVER: AMOUNT,
	LIMIT_ON_LADDER: AMOUNT,
	LIMIT_BEYOND_LADDER: AMOUNT,
	PAYMENT_PLAN: DAYS,
	QUARTERLY_PLAN: AMOUNT,
	SECURITY_RELEASE: AMOUNT,
	WRITE_OFF: AMOUNT,
}
ACTIONS = tuple(UNIT_OF)
# Where no row says who may: a hole in the table must never let anything pass.
WITHOUT_ROW = "Board"

# What is wrong with a table of mandates; the sentences are on the Credit Policy.
UNKNOWN_ACTION = "unknown_action"
REPEATED = "repeated"
NO_END = "no_end"


@dataclass(frozen=True, slots=True)
class Mandate:
	"""A role may do an action up to a measure, or below it; `up_to` None = without end.

	`kind` narrows an action to one kind of thing, such as a type of security; empty = every kind without rows of its own.
	"""

	action: str
	role: str
	up_to: Decimal | None = None
	kind: str = ""
	is_below: bool = False

	def covers(self, measure: Decimal | None) -> bool:
		if self.up_to is None:
			return True
		return measure is not None and (measure < self.up_to or (measure == self.up_to and not self.is_below))


@dataclass(frozen=True, slots=True)
class Answer:
	"""Who must approve an action, and in which of their roles somebody may; `acting` None = not within their mandate."""

	required: str
	acting: str | None


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong with a table of mandates, and the row (counted from 1) that it is about, None for all of an action."""

	problem: str
	action: str
	kind: str = ""
	row: int | None = None


def required_role(rows: Iterable[Mandate], action: str, measure: Decimal | None, kind: str = "") -> str:
	"""Return the lowest role whose mandate covers a measure; None as a measure is more than any end.

	Raises `ValueError` for an action without a unit, or a measure below 0: what is given away is never negative.
	"""
	if action not in UNIT_OF:
		raise ValueError(f"{action!r} is not an action; use one of {', '.join(ACTIONS)}")
	if measure is not None and measure < 0:
		raise ValueError(f"a measure is 0 or more, not {measure}")
	of_action = [row for row in rows if row.action == action]
	own = [row for row in of_action if kind and row.kind == kind] or [
		row for row in of_action if not row.kind
	]
	roles = [row.role for row in own if row.covers(measure)]
	return min(roles, key=approval.rank, default=WITHOUT_ROW)


def answer(
	rows: Iterable[Mandate], action: str, measure: Decimal | None, held: Iterable[str], kind: str = ""
) -> Answer:
	"""Return who must approve an action, and the lowest of the roles `held` in which somebody may."""
	required = required_role(rows, action, measure, kind)
	return Answer(required, approval.may_act_for(held, required))


def problems_of(rows: Iterable[Mandate]) -> list[Problem]:
	"""Return everything wrong with a table: each kind of an action needs one row without end, and each row is there once."""
	found: list[Problem] = []
	ends: dict[tuple[str, str], list[tuple]] = {}
	for number, row in enumerate(rows, 1):
		if row.action not in UNIT_OF:
			found.append(Problem(UNKNOWN_ACTION, row.action, row.kind, number))
			continue
		of_kind = ends.setdefault((row.action, row.kind), [])
		if (row.up_to, row.is_below) in of_kind:
			found.append(Problem(REPEATED, row.action, row.kind, number))
		of_kind.append((row.up_to, row.is_below))
	for (action, kind), of_kind in ends.items():
		if all(up_to is not None for up_to, _is_below in of_kind):
			found.append(Problem(NO_END, action, kind))
	return found


def of_rows(rows: Iterable[Mapping]) -> tuple[Mandate, ...]:
	"""Return mandates from a policy document's rows, or stored ones; an empty end, or 0, is no end."""
	return tuple(
		Mandate(
			row.get("action") or "",
			row.get("role") or "",
			Decimal(str(row.get("up_to") or 0)) or None,
			row.get("kind") or "",
			bool(int(float(row.get("is_below") or 0))),
		)
		for row in rows
	)
