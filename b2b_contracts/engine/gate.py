"""The decision about one order: all rules, the strictest action, who may release it, the ways out (§2.2, §2.4)."""

from dataclasses import dataclass
from decimal import Decimal

from . import approval, delivery, ways_out
from .exposure import overshoot, utilisation
from .facts import STOP, Case
from .money import ZERO
from .rules import (
	CONTRACT,
	GROUP_LIMIT,
	LIMIT_USE,
	PREPAYMENT,
	RULES,
	SANCTIONS,
	STOP_BY_BALANCE,
	Finding,
	Rule,
	group_net_exposure,
	net_exposure,
	net_exposure_at,
	waiver,
)

CLEAR = "Clear"
HELD = "Held"
STOPPED = "Stopped"

# Rules that measure a limit: how far it is exceeded finds the row of the approval matrix.
GRADED_BY_MATRIX = (LIMIT_USE, GROUP_LIMIT, PREPAYMENT, STOP_BY_BALANCE, delivery.LIMIT)


@dataclass(frozen=True, slots=True)
class Requirement:
	"""What a release needs: a role, and security of `security_amount` where the matrix asks for a guarantee.

	Where compliance decides, it decides first, and next whoever answers for the contract; `then` is who decides what else has
	fired.
	"""

	role: str | None
	security_required: bool = False
	security_amount: Decimal = ZERO
	then: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
	"""The outcome for an order, and everything needed to explain it.

	Money in the limit's currency; utilisations and the overshoot are ratios (1 = 100 %), None when unlimited.
	"""

	outcome: str
	findings: tuple[Finding, ...]
	exposure_before: Decimal
	exposure_after: Decimal
	secured: Decimal
	net_exposure: Decimal
	utilisation_before: Decimal | None
	utilisation_after: Decimal | None
	group_utilisation_after: Decimal | None
	overshoot: Decimal
	over_amount: Decimal
	requirement: Requirement
	ways_out: tuple[ways_out.WayOut, ...]

	@property
	def fired(self) -> tuple[Finding, ...]:
		return tuple(f for f in self.findings if f.fired)

	@property
	def is_clear(self) -> bool:
		return self.outcome == CLEAR


def look(case: Case) -> tuple[Finding, ...]:
	"""Return what every rule that concerns the case found, credit rules waived where the order is covered."""
	why = waiver(case)
	findings = []
	for rule in RULES:
		finding = rule.look(case)
		if finding is None:
			continue
		if why and rule.is_credit and finding.fired:
			finding = Finding(
				finding.rule, finding.measured, finding.threshold, finding.unit, waived=why, note=finding.note
			)
		findings.append(finding)
	return tuple(findings)


@dataclass(frozen=True, slots=True)
class Brief:
	"""What `decide` says of an order that is not clear, without what it measured beside: only the rules that fired."""

	outcome: str
	fired: tuple[Finding, ...]
	requirement: Requirement


def firing(case: Case) -> list[Rule]:
	"""Return the rules that hold an order back, none when it is clear."""
	rules = [rule for rule in RULES if rule.fires(case)]
	if rules and waiver(case):
		return [rule for rule in rules if not rule.is_credit]
	return rules


def brief(case: Case) -> Brief | None:
	"""Return why an order is not clear, None when it is: the same as `decide`, several times as fast, for millions."""
	rules = firing(case)
	if not rules:
		return None
	findings = tuple(rule.look(case) for rule in rules)
	return Brief(outcome_of(findings), findings, requirement_of(case, findings))


def outcome_of(findings: tuple[Finding, ...]) -> str:
	"""Return the strictest action of all rules that fired."""
	actions = {f.action for f in findings if f.fired}
	if STOP in actions:
		return STOPPED
	return HELD if actions else CLEAR


def _named_role(case: Case, finding: Finding) -> str:
	"""Return who the policy names for a rule: a group's limit goes by the customer's where it has no rows of its own,
	and a rule nobody is named for is for the top."""
	names = (GROUP_LIMIT, LIMIT_USE) if finding.rule == GROUP_LIMIT else (finding.rule,)
	risk_class = case.account.risk_class
	named = (approval.rule_role(case.policy.rule_roles, name, risk_class, finding.level) for name in names)
	return next((role for role in named if role), approval.ROLE_RANK[-1])


def requirement_of(case: Case, findings: tuple[Finding, ...]) -> Requirement:
	"""Return what a release needs: the highest role over all rules that fired (§2.2), before it whoever answers for the
	contract, and before that compliance."""
	policy, risk_class = case.policy, case.account.risk_class
	roles: list[str | None] = []
	security_amount = ZERO
	security_required = False
	fired = [f for f in findings if f.fired]
	for finding in (f for f in fired if f.rule not in (SANCTIONS, CONTRACT)):
		roles.append(_named_role(case, finding))
		if finding.rule in GRADED_BY_MATRIX and finding.over > 0:
			row = approval.matrix_row(policy.matrix, risk_class, finding.over)
			roles += [row.role, approval.escalation_role(policy.amount_escalation, finding.over_amount)]
			if row.security_required:
				security_required = True
				security_amount = max(security_amount, finding.over_amount)
	role = approval.highest(roles)
	first = [approval.COMPLIANCE] if any(f.rule == SANCTIONS for f in fired) else []
	first += [approval.CONTRACT_MANAGER] if any(f.rule == CONTRACT for f in fired) else []
	in_turn = [*first, *([role] if role else [])]
	if first:
		then = in_turn[1] if len(in_turn) > 1 else None
		return Requirement(first[0], security_required, security_amount, then=then)
	return Requirement(role, security_required, security_amount)


def decide(case: Case) -> Decision:
	"""Decide about the order in hand. Raises `LookupError` when the approval matrix has a hole."""
	findings = look(case)
	gross = case.position.exposure + case.order.amount
	limit = case.account.limit
	net = net_exposure(case)
	before = case.position.exposure
	group_after = utilisation(group_net_exposure(case), case.group.limit) if case.group else None
	return Decision(
		outcome=outcome_of(findings),
		findings=findings,
		exposure_before=before,
		exposure_after=gross,
		secured=gross - net,
		net_exposure=net,
		utilisation_before=utilisation(net_exposure_at(case, ZERO), limit),
		utilisation_after=utilisation(net, limit),
		group_utilisation_after=group_after,
		overshoot=overshoot(net, limit),
		over_amount=ZERO if limit.is_unlimited else max(ZERO, net - limit.ceiling),
		requirement=requirement_of(case, findings),
		ways_out=ways_out.find(case, findings),
	)
