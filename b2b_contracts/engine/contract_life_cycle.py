"""The life of a contract: which step follows from which state, who may take it, and what stands in the way (requirements §6).

Texts are the caller's: an obstacle is a word and what it is about.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

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
}
# The days take these, nobody by hand.
BY_ITSELF = (ACTIVATE, END, EXPIRE)
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
SIGNED, ENDS_ALREADY = "signed", "ends already"


@dataclass(frozen=True, slots=True)
class Rule:
	"""Who approves contracts over a yearly value (in the company's currency) or over a length in months, where 0 does not ask;
	all contracts where neither does. A contract without an end is longer than any number of months."""

	role: str
	over_value: Decimal = Decimal(0)
	over_months: int = 0


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


def approval_role(rules: Iterable[Rule], annual_value: Decimal, months: int | None) -> str:
	"""Return who approves a contract of a yearly value and a length (None: without end): the highest over all rules that it
	meets, a Contract Manager where it meets none."""
	met = {rule.role for rule in rules if _is_met(rule, annual_value, months)}
	return max((CONTRACT_MANAGER, *met), key=APPROVERS.index)


def _is_met(rule: Rule, annual_value: Decimal, months: int | None) -> bool:
	if not rule.over_value and not rule.over_months:
		return True
	is_long = bool(rule.over_months) and (months is None or months > rule.over_months)
	return is_long or bool(rule.over_value and annual_value > rule.over_value)


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
	if step in (SEND_FOR_REVIEW, APPROVE) and contract.missing:
		found.append(Obstacle(MISSING, contract.missing))
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
	"""Return the step that the days take: a signed contract starts, one that notice was given of ends, one that does not renew
	itself expires after its last day. None while nothing is due."""
	if contract.status == OUT_FOR_SIGNATURE:
		return (
			ACTIVATE
			if contract.is_signed and contract.starts is not None and contract.starts <= today
			else None
		)
	if contract.status not in RUNNING:
		return None
	if contract.ends_on is not None:
		return END if contract.ends_on < today else None
	return EXPIRE if expires is not None and expires < today else None
