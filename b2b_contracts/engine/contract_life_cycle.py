"""The life of a contract: which step follows from which state, who may take it, and what stands in the way (requirements §6).

Texts are the caller's: an obstacle is a word and what it is about.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .contract_text import RANKS

REQUEST, DRAFT, IN_REVIEW, APPROVED = "Request", "Draft", "In Review", "Approved"
OUT_FOR_SIGNATURE, ACTIVE, IN_RENEWAL = "Out for Signature", "Active", "In Renewal"
TERMINATED, EXPIRED, REJECTED = "Terminated", "Expired", "Rejected"
STATES = (
	*(REQUEST, DRAFT, IN_REVIEW, APPROVED, OUT_FOR_SIGNATURE, ACTIVE, IN_RENEWAL),
	*(TERMINATED, EXPIRED, REJECTED),
)
# What a contract is entered as.
FIRST = (REQUEST, DRAFT)
# Its terms may be written.
OPEN = (REQUEST, DRAFT)
RUNNING = (ACTIVE, IN_RENEWAL)
OVER = (TERMINATED, EXPIRED)

TAKE_UP, SEND_FOR_REVIEW, SEND_BACK = "take_up", "send_for_review", "send_back"
APPROVE, SEND_FOR_SIGNATURE, SIGN = "approve", "send_for_signature", "sign"
REJECT, REOPEN = "reject", "reopen"
RENEGOTIATE, END_RENEWAL, RENEW, TERMINATE = "renegotiate", "end_renewal", "renew", "terminate"
ACTIVATE, END, EXPIRE = "activate", "end", "expire"
# Of a contract and its amendments: another one takes its place, or it never took effect.
REPLACE, LAPSE = "replace", "lapse"
# step: (from which states, to which state; None: the state stays)
STEPS = {
	TAKE_UP: ((REQUEST,), DRAFT),
	SEND_FOR_REVIEW: ((DRAFT,), IN_REVIEW),
	SEND_BACK: ((IN_REVIEW, APPROVED, OUT_FOR_SIGNATURE), DRAFT),
	APPROVE: ((IN_REVIEW,), APPROVED),
	SEND_FOR_SIGNATURE: ((APPROVED,), OUT_FOR_SIGNATURE),
	SIGN: ((OUT_FOR_SIGNATURE,), None),
	REJECT: ((REQUEST, DRAFT, IN_REVIEW, APPROVED, OUT_FOR_SIGNATURE), REJECTED),
	REOPEN: ((REJECTED,), DRAFT),
	RENEGOTIATE: ((ACTIVE,), IN_RENEWAL),
	END_RENEWAL: ((IN_RENEWAL,), ACTIVE),
	RENEW: (RUNNING, ACTIVE),
	TERMINATE: (RUNNING, None),
	ACTIVATE: ((OUT_FOR_SIGNATURE,), ACTIVE),
	END: (RUNNING, TERMINATED),
	EXPIRE: (RUNNING, EXPIRED),
	REPLACE: ((OUT_FOR_SIGNATURE, *RUNNING), EXPIRED),
	LAPSE: ((OUT_FOR_SIGNATURE,), EXPIRED),
}
# The days take these, nobody by hand.
BY_ITSELF = (ACTIVATE, END, EXPIRE, REPLACE, LAPSE)
WITH_REASON = (SEND_BACK, REJECT, REOPEN, RENEGOTIATE, RENEW, TERMINATE)
# For whom the value and the length of the contract call for, and nobody decides so about their own.
WITH_APPROVAL = (APPROVE, RENEW)
# Only before it is signed.
UNSIGNED_ONLY = (SEND_BACK, REJECT, SIGN)

CONTRACT_MANAGER, FINANCE_DIRECTOR, CFO = "Contract Manager", "Finance Director", "CFO"
ACCOUNT_MANAGER, SALES_MANAGER = "Account Manager", "Sales Manager"
# The lowest first; a higher one may act for a lower.
APPROVERS = (CONTRACT_MANAGER, FINANCE_DIRECTOR, CFO)
# Who prepares a contract, and who binds the company to one or frees it.
PREPARERS = (CONTRACT_MANAGER, ACCOUNT_MANAGER, SALES_MANAGER)
ROLES_OF_STEP = {
	**dict.fromkeys((TAKE_UP, SEND_FOR_REVIEW, SEND_BACK, REOPEN), PREPARERS),
	**dict.fromkeys((SEND_FOR_SIGNATURE, SIGN), (CONTRACT_MANAGER,)),
	REJECT: APPROVERS,
	**dict.fromkeys((RENEGOTIATE, END_RENEWAL), PREPARERS),
	TERMINATE: APPROVERS,
}

WRONG_STATE, NOT_BY_HAND, WRONG_ROLE, OWN = "wrong state", "not by hand", "wrong role", "own"
OPEN_CONTROL, EXPIRED_CONTROL, MISSING = "open control", "expired control", "missing"
OPEN_TEXT, NO_REASON = "open text", "no reason"
SIGNED, ENDS_ALREADY = "signed", "ends already"
# What an amendment is based on has changed, and what others still have to say.
OTHER_BASE, OPEN_REVIEW, OPEN_TERMS = "other base", "open review", "open terms"

# What makes a role approve a contract.
BY_VALUE, BY_LENGTH, BY_CAP, NO_CAP = "value", "length", "liability cap", "no liability cap"
BY_DEVIATION, BY_CLAUSE, BY_TYPE = "deviation", "clause", "type"


@dataclass(frozen=True, slots=True)
class Rule:
	"""Who approves contracts over a yearly value or over a cap of our liability (in the company's currency), over a length in
	months, or with a deviation from clauses of a rank (or a stricter one), where 0 and nothing do not ask; all contracts where
	none does. A contract without an end is longer than any number of months, one without a cap is over any."""

	role: str
	over_value: Decimal = Decimal(0)
	over_months: int = 0
	over_liability_cap: Decimal = Decimal(0)
	on_deviation: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
	"""What the approval of a contract goes by: its yearly value and the cap of our liability (None: unlimited) in the company's
	currency, its length in months (None: without end), the strictest rank that it deviates from, and the roles that its clauses
	call for themselves, as (role, clause)."""

	annual_value: Decimal = Decimal(0)
	months: int | None = 0
	liability_cap: Decimal | None = None
	deviation: str = ""
	clauses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
	"""Why a role approves a contract, and over which amount, number of months, rank or clause it is."""

	role: str
	kind: str
	over: Decimal | int | str = ""


@dataclass(frozen=True, slots=True)
class Control:
	"""A control of the compliance checklist: whether it is done, and until when what proves it is valid."""

	name: str
	is_done: bool
	expires: date | None = None
	is_required: bool = True


@dataclass(frozen=True, slots=True)
class Contract:
	"""What a step is judged by."""

	status: str
	is_signed: bool = False
	starts: date | None = None
	ends_on: date | None = None
	approval_role: str = CONTRACT_MANAGER
	controls: tuple[Control, ...] = ()
	missing: tuple[str, ...] = ()
	# When another one takes its place, and when it is certain that an amendment never takes effect.
	replaced_from: date | None = None
	lapses_on: date | None = None
	# Which contract an amendment has to be based on instead, who has not agreed in review, and which role has to agree to terms
	# beyond the customer's segment.
	other_base: str = ""
	open_reviews: tuple[str, ...] = ()
	terms_role: str = ""
	# What its text leaves open, and the clauses that deviate without a reason.
	open_text: tuple[str, ...] = ()
	unexplained: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
	"""Who wants to take a step: their roles, and whether they own or entered the contract."""

	roles: frozenset[str]
	owns: bool = False
	is_administrator: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
	"""What keeps somebody from a step, and what it is about: states, roles, controls or fields."""

	reason: str
	about: tuple[str, ...] = ()


def follows(status: str, step: str) -> bool:
	"""Whether a step follows from a state."""
	return status in STEPS[step][0]


def after(status: str, step: str) -> str:
	"""Return the state after a step; raises `ValueError` where the step does not follow from the state."""
	if not follows(status, step):
		raise ValueError(f"{step} does not follow from {status}")
	return STEPS[step][1] or status


def approval_role(rules: Iterable[Rule], weight: Weight) -> str:
	"""Return who approves a contract: the highest over all rules that it meets and all that its clauses call for, a Contract
	Manager where there is none."""
	roles = (reason.role for reason in approval_reasons(rules, weight))
	return max((CONTRACT_MANAGER, *roles), key=APPROVERS.index)


def approval_reasons(rules: Iterable[Rule], weight: Weight) -> tuple[Reason, ...]:
	"""Return all that makes a role approve a contract, the highest role first."""
	found = [reason for rule in rules for reason in _met(rule, weight)]
	found += [Reason(role, BY_CLAUSE, clause) for role, clause in weight.clauses]
	return tuple(sorted(found, key=lambda reason: -APPROVERS.index(reason.role)))


def _met(rule: Rule, weight: Weight) -> Iterable[Reason]:
	if not (rule.over_value or rule.over_months or rule.over_liability_cap or rule.on_deviation):
		yield Reason(rule.role, BY_TYPE)
	if rule.over_value and weight.annual_value > rule.over_value:
		yield Reason(rule.role, BY_VALUE, rule.over_value)
	if rule.over_months and (weight.months is None or weight.months > rule.over_months):
		yield Reason(rule.role, BY_LENGTH, rule.over_months)
	if rule.over_liability_cap and weight.liability_cap is None:
		yield Reason(rule.role, NO_CAP)
	elif rule.over_liability_cap and weight.liability_cap > rule.over_liability_cap:
		yield Reason(rule.role, BY_CAP, rule.over_liability_cap)
	if (
		rule.on_deviation
		and weight.deviation
		and RANKS.index(weight.deviation) <= RANKS.index(rule.on_deviation)
	):
		yield Reason(rule.role, BY_DEVIATION, weight.deviation)


def who_may(contract: Contract, step: str) -> tuple[str, ...]:
	"""Return the roles that may take a step of a contract; nobody where the days take it."""
	if step in BY_ITSELF:
		return ()
	if step in WITH_APPROVAL:
		return APPROVERS[APPROVERS.index(contract.approval_role) :]
	return ROLES_OF_STEP[step]


def obstacles(contract: Contract, step: str, person: Person, today: date) -> tuple[Obstacle, ...]:
	"""Return all that keeps somebody from a step, the first being the first to look at; nothing when they may take it."""
	found = []
	if not follows(contract.status, step):
		return (Obstacle(WRONG_STATE, STEPS[step][0]),)
	if step in BY_ITSELF:
		return (Obstacle(NOT_BY_HAND),)
	if contract.is_signed and step in UNSIGNED_ONLY:
		return (Obstacle(SIGNED),)
	roles = who_may(contract, step)
	if not person.is_administrator and person.roles.isdisjoint(roles):
		found.append(Obstacle(WRONG_ROLE, roles))
	if step in WITH_APPROVAL and person.owns and not person.is_administrator:
		found.append(Obstacle(OWN))
	if step == APPROVE:
		found += _unchecked(contract.controls, today)
		if contract.open_reviews:
			found.append(Obstacle(OPEN_REVIEW, contract.open_reviews))
		if contract.terms_role:
			found.append(Obstacle(OPEN_TERMS, (contract.terms_role,)))
	if step in (SEND_FOR_REVIEW, APPROVE) and contract.other_base:
		found.append(Obstacle(OTHER_BASE, (contract.other_base,)))
	if step in (SEND_FOR_REVIEW, APPROVE) and contract.missing:
		found.append(Obstacle(MISSING, contract.missing))
	if step in (SEND_FOR_REVIEW, APPROVE) and contract.open_text:
		found.append(Obstacle(OPEN_TEXT, contract.open_text))
	if step in (SEND_FOR_REVIEW, APPROVE) and contract.unexplained:
		found.append(Obstacle(NO_REASON, contract.unexplained))
	if step in (TERMINATE, RENEW, RENEGOTIATE) and contract.ends_on is not None:
		found.append(Obstacle(ENDS_ALREADY))
	return tuple(found)


def _unchecked(controls: Collection[Control], today: date) -> list[Obstacle]:
	required = [control for control in controls if control.is_required]
	still_open = tuple(control.name for control in required if not control.is_done)
	expired = tuple(c.name for c in required if c.is_done and c.expires is not None and c.expires < today)
	found = [Obstacle(OPEN_CONTROL, still_open)] if still_open else []
	return [*found, Obstacle(EXPIRED_CONTROL, expired)] if expired else found


def possible(contract: Contract, person: Person, today: date) -> tuple[str, ...]:
	"""Return the steps that somebody can take now."""
	return tuple(step for step in STEPS if not obstacles(contract, step, person, today))


def by_itself(contract: Contract, expires: date | None, today: date) -> str | None:
	"""Return the step that the days take: a signed contract starts, another one takes its place, one that notice was given of
	ends, one that does not renew itself expires after its last day. None while nothing is due."""
	if contract.status == OUT_FOR_SIGNATURE:
		return _of_signed(contract, today) if contract.is_signed else None
	if contract.status not in RUNNING:
		return None
	if _is_due(contract.replaced_from, today):
		return REPLACE
	if contract.ends_on is not None:
		return END if contract.ends_on < today else None
	return EXPIRE if expires is not None and expires < today else None


def _of_signed(contract: Contract, today: date) -> str | None:
	if _is_due(contract.starts, today):
		return ACTIVATE
	if _is_due(contract.replaced_from, today):
		return REPLACE
	return LAPSE if _is_due(contract.lapses_on, today) else None


def _is_due(day: date | None, today: date) -> bool:
	return day is not None and day <= today
