"""Who may approve what (requirements §2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .money import HUNDRED, ZERO

ROLE_RANK = (
	"Account Manager",
	"Sales Manager",
	"Credit Controller",
	"Credit Manager",
	"Finance Director",
	"CFO",
	"Board",
)
# Off the ladder, on purpose: no credit or sales role acts for compliance, not even the Board, nor compliance for them (§2.2).
COMPLIANCE = "Compliance Officer"
# Off the ladder too: no credit role lets go what a contract says, but those above who may approve contracts.
CONTRACT_MANAGER = "Contract Manager"
ABOVE_CONTRACTS = ("Finance Director", "CFO", "Board")
RISK_CLASSES = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class MatrixRow:
	"""One cell of the approval matrix: overshoot in (from_percent; to_percent], per cent of the limit.

	`to_percent` None means no upper end.
	"""

	from_percent: Decimal
	to_percent: Decimal | None
	risk_class: str
	role: str
	security_required: bool = False

	def covers(self, percent: Decimal) -> bool:
		return self.from_percent < percent and (self.to_percent is None or percent <= self.to_percent)


@dataclass(frozen=True, slots=True)
class MatrixProblem:
	"""What is wrong with an approval matrix: kind is start, gap, overlap, reversed, open_end or missing_class."""

	kind: str
	risk_class: str
	from_percent: Decimal | None = None
	to_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RuleRole:
	"""Who may release a rule: `up_to` is the largest measure (for terms: days over) this row covers, None = any."""

	rule: str
	role: str
	risk_class: str = ""
	up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AmountEscalation:
	"""More than `amount_over_limit` (money) over the limit needs this role at least."""

	amount_over_limit: Decimal
	role: str


def rank(role: str) -> int:
	"""Return the rank of a release role, 0 the lowest; raises `ValueError` for a role that releases nothing."""
	try:
		return ROLE_RANK.index(role)
	except ValueError:
		raise ValueError(f"{role!r} is not a release role; use one of {', '.join(ROLE_RANK)}") from None


def highest(roles: Iterable[str | None]) -> str | None:
	"""Return the highest of some roles, leaving out the empty ones; None when there are none."""
	return max((role for role in roles if role), key=rank, default=None)


def may_act_for(held: Iterable[str], required: str) -> str | None:
	"""Return the lowest held role that reaches `required`, None when none does. Roles off the ladder do not count, and
	what compliance decides nobody else does."""
	if required == COMPLIANCE:
		return COMPLIANCE if COMPLIANCE in held else None
	if required == CONTRACT_MANAGER:
		return next((role for role in roles_from(CONTRACT_MANAGER) if role in held), None)
	needed = rank(required)
	reaching = [role for role in held if role in ROLE_RANK and rank(role) >= needed]
	return min(reaching, key=rank, default=None)


def roles_from(required: str) -> tuple[str, ...]:
	"""Return the roles that may do what `required` may, the lowest first."""
	if required == COMPLIANCE:
		return (COMPLIANCE,)
	if required == CONTRACT_MANAGER:
		return (CONTRACT_MANAGER, *ABOVE_CONTRACTS)
	return ROLE_RANK[rank(required) :]


def next_role_up(role: str, staffed: Iterable[str]) -> str | None:
	"""Return the lowest role above `role` that somebody has, None when there is none: whom an unanswered request goes to.
	Nobody stands above compliance."""
	if role == COMPLIANCE:
		return None
	if role == CONTRACT_MANAGER:
		return next((other for other in ABOVE_CONTRACTS if other in staffed), None)
	above = [other for other in staffed if other in ROLE_RANK and rank(other) > rank(role)]
	return min(above, key=rank, default=None)


def matrix_problems(rows: Iterable[MatrixRow]) -> list[MatrixProblem]:
	"""Return everything wrong with a matrix: each risk class must be covered from 0 upwards, once, without end."""
	rows = list(rows)
	problems: list[MatrixProblem] = []
	for risk_class in RISK_CLASSES:
		own = sorted((r for r in rows if r.risk_class == risk_class), key=lambda r: r.from_percent)
		if not own:
			problems.append(MatrixProblem("missing_class", risk_class))
			continue
		reversed_rows = [r for r in own if r.to_percent is not None and r.to_percent <= r.from_percent]
		if reversed_rows:
			problems += [
				MatrixProblem("reversed", risk_class, r.from_percent, r.to_percent) for r in reversed_rows
			]
			continue
		if own[0].from_percent != ZERO:
			problems.append(MatrixProblem("start", risk_class, ZERO, own[0].from_percent))
		reached = own[0].to_percent
		for row in own[1:]:
			if reached is None or reached > row.from_percent:
				problems.append(MatrixProblem("overlap", risk_class, row.from_percent, reached))
			elif reached < row.from_percent:
				problems.append(MatrixProblem("gap", risk_class, reached, row.from_percent))
			if reached is not None:
				reached = None if row.to_percent is None else max(reached, row.to_percent)
		if all(r.to_percent is not None for r in own):
			problems.append(MatrixProblem("open_end", risk_class, max(r.to_percent for r in own), None))
	return problems


def matrix_row(matrix: Iterable[MatrixRow], risk_class: str, overshoot: Decimal) -> MatrixRow | None:
	"""Return the row for an overshoot (a ratio, 0.14 = 14 %); None at or below the limit.

	Raises `LookupError` when the matrix has a hole there: a hole must never let an order pass.
	"""
	if overshoot <= 0:
		return None
	percent = overshoot * HUNDRED
	for row in matrix:
		if row.risk_class == risk_class and row.covers(percent):
			return row
	raise LookupError(
		f"the approval matrix has no row for risk class {risk_class} at {percent:.2f} % over the limit"
	)


def rule_role(
	rule_roles: Iterable[RuleRole], rule: str, risk_class: str, measure: Decimal | None = None
) -> str | None:
	"""Return who may release a rule at a measure: rows of the risk class first, then the lowest fitting `up_to`."""
	fitting = [
		row
		for row in rule_roles
		if row.rule == rule
		and row.risk_class in ("", risk_class)
		and (row.up_to is None or (measure is not None and measure <= row.up_to))
	]
	best = min(fitting, key=lambda r: (not r.risk_class, r.up_to is None, r.up_to or ZERO), default=None)
	return best.role if best else None


def escalation_role(escalations: Iterable[AmountEscalation], over_amount: Decimal) -> str | None:
	"""Return the highest role that an amount over the limit asks for, None when it asks for none."""
	return highest(e.role for e in escalations if over_amount > e.amount_over_limit)
