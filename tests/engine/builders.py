"""Builders with harmless defaults, so that a test names only what it is about.

The terms are those of requirements §2, written down here a second time on purpose: the tests compare the
engine with the requirements, not with itself or with the records the app ships.
"""

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

from b2b_contracts.engine import gate, ways_out
from b2b_contracts.engine.approval import AmountEscalation, MatrixRow, RuleRole
from b2b_contracts.engine.exposure import Position
from b2b_contracts.engine.facts import Account, Case, ContractState, Group, Order, Overdue, Policy
from b2b_contracts.engine.limits import Limit
from b2b_contracts.engine.security import Instrument

TODAY = date(2026, 4, 1)
CENT = Decimal("0.01")


def money(value) -> Decimal:
	return Decimal(str(value))


def days(number: int) -> date:
	return TODAY + timedelta(days=number)


def matrix_row(from_percent, to_percent, risk_class: str, role: str, security_required=False) -> MatrixRow:
	to_percent = None if to_percent is None else money(to_percent)
	return MatrixRow(money(from_percent), to_percent, risk_class, role, security_required)


MATRIX = (
	matrix_row(0, 10, "A", "Sales Manager"),
	matrix_row(10, 25, "A", "Credit Manager"),
	matrix_row(25, None, "A", "Finance Director"),
	matrix_row(0, 10, "B", "Credit Manager"),
	matrix_row(10, 25, "B", "Finance Director"),
	matrix_row(25, None, "B", "CFO"),
	matrix_row(0, 10, "C", "Finance Director", security_required=True),
	matrix_row(10, 25, "C", "CFO"),
	matrix_row(25, None, "C", "Board"),
)
RULE_ROLES = (
	RuleRole("Limit Use", "Credit Controller"),
	RuleRole("Limit Use", "Sales Manager", risk_class="A"),
	RuleRole("Overdue Items", "Credit Controller"),
	RuleRole("Overdue Items", "Sales Manager", risk_class="A"),
	RuleRole("Payment Terms", "CFO"),
	RuleRole("Payment Terms", "Credit Manager", up_to=Decimal(30)),
	RuleRole("Payment Terms", "Account Manager", up_to=Decimal(7)),
	RuleRole("Missing PO", "Credit Manager"),
	RuleRole("Limit Review", "Credit Controller"),
	RuleRole("Prepayment", "Credit Manager"),
	RuleRole("Security", "Credit Manager"),
	RuleRole("Credit Stop: Balance", "Credit Manager"),
	RuleRole("Credit Stop: Rating", "Credit Manager"),
	RuleRole("Delivery: Limit", "Credit Manager"),
	RuleRole("Delivery: Age", "Credit Manager"),
	RuleRole("Delivery: Dunning", "Credit Manager"),
	RuleRole("Delivery: Dispute", "Credit Manager"),
	RuleRole("Forced Hold", "Credit Manager"),
	RuleRole("No Profile", "Credit Manager"),
	RuleRole("Negative List", "Credit Manager"),
)
AMOUNT_ESCALATION = (AmountEscalation(Decimal(2_000_000), "CFO"),)


def limit(value) -> Limit:
	"""Return a limit from an amount, or from "Unlimited" / "No Credit"."""
	return Limit(value) if value in ("Unlimited", "No Credit") else Limit("Limited", money(value))


def position(receivables=0, delivered=0, granted=0, waiting=0) -> Position:
	return Position(money(receivables), money(delivered), money(granted), money(waiting))


def instrument(instrument_type: str, amount, name: str = "", **terms) -> Instrument:
	"""Return a security that counts; amounts and percentages may be plain numbers."""
	counting = {"issuer_rating": "A-", "unconditional": True, "on_demand": True, "has_document": True}
	terms = _converted(Instrument, {**counting, "name": name or instrument_type, "amount": amount, **terms})
	return Instrument(instrument_type=instrument_type, **terms)


def guarantee(amount, name: str = "guarantee", **terms) -> Instrument:
	return instrument("Bank Guarantee", amount, name, **terms)


def insurance(buyer_limit, name: str = "insurance", **terms) -> Instrument:
	return instrument("Credit Insurance", buyer_limit, name, **{"cover_percent": 90, **terms})


def group(value, *, others=0, rate=1, currency="DKK") -> Group:
	"""Return a group with a limit and the net exposure of its other members, both in the group's currency."""
	return Group("Group", currency, limit(value), money(others), money(rate))


def policy(**terms) -> Policy:
	shipped = {"matrix": MATRIX, "rule_roles": RULE_ROLES, "amount_escalation": AMOUNT_ESCALATION}
	terms = {"name": "CPOL-0001", "version": 1, "company": "Nord", "currency": "DKK", **shipped, **terms}
	return Policy(**_converted(Policy, terms))


def case(
	*,
	limit_is=1_000_000,
	amount=10_000,
	receivables=0,
	delivered=0,
	granted=0,
	waiting=0,
	overdue=0,
	credits=0,
	oldest_due_date=None,
	instruments=(),
	lodged=(),
	group_is=None,
	today=TODAY,
	**terms,
) -> Case:
	"""Return the case of an order of 10,000 by a class B customer with a limit of a million, which is clear.

	`terms` are fields of Account, Order or Policy (`risk_class="C"`, `prepaid=500`, `rating_stop_notches=3`).
	"""
	parts = {kind: {f.name: terms.pop(f.name) for f in fields(kind) if f.name in terms} for kind in _PARTS}
	if terms:
		raise TypeError(f"no such term: {', '.join(terms)}")
	return Case(
		today=today,
		policy=policy(**parts[Policy]),
		account=Account(limit=limit(limit_is), **_converted(Account, parts[Account])),
		order=Order(amount=money(amount), **_converted(Order, parts[Order])),
		position=position(receivables, delivered, granted, waiting),
		overdue=Overdue(money(overdue), money(credits), oldest_due_date),
		instruments=tuple(instruments),
		lodged=tuple(lodged),
		group=group_is,
	)


_PARTS = (Account, Order, Policy)


def _converted(kind, terms: dict) -> dict:
	"""Return the terms with plain numbers turned into `Decimal` where the dataclass wants one."""
	decimals = {f.name for f in fields(kind) if f.type is Decimal}
	return {name: money(value) if name in decimals else value for name, value in terms.items()}


def segment_d(prepaid_percent=100, **terms) -> Case:
	"""Return a case of segment D: class C, judged order by order, with a cap of 100,000."""
	defaults = {"limit_is": 100_000, "limit_basis": "Percent of Order", "segment": "D", "risk_class": "C"}
	return case(prepaid_percent=prepaid_percent, **{**defaults, **terms})


def outcome(of: Case) -> str:
	return gate.decide(of).outcome


def fired(of: Case) -> set[str]:
	return {finding.rule for finding in gate.decide(of).fired}


def finding(of: Case, rule: str):
	"""Return what a rule found about a case, None when the rule does not concern it."""
	return next((f for f in gate.look(of) if f.rule == rule), None)


def required_role(of: Case) -> str | None:
	return gate.decide(of).requirement.role


def ways(of: Case, kind: str) -> list[ways_out.WayOut]:
	return [way for way in gate.decide(of).ways_out if way.kind == kind]


def with_order(of: Case, **terms) -> Case:
	return replace(of, order=replace(of.order, **_converted(Order, terms)))


def with_limit(of: Case, new: Limit) -> Case:
	return replace(of, account=replace(of.account, limit=new))


def pay(of: Case, amount: Decimal) -> Case:
	"""The customer pays: it owes less, and the oldest items are paid first."""
	items = replace(of.overdue, amount=max(Decimal(0), of.overdue.amount - amount))
	return replace(of, position=_with_less_owed(of, amount), overdue=items)


def prepay(of: Case, amount: Decimal) -> Case:
	"""The customer pays an advance for the order in hand: an advance is a negative receivable (§2.3)."""
	order = replace(of.order, prepaid=of.order.prepaid + amount)
	return replace(of, position=_with_less_owed(of, amount), order=order)


def _with_less_owed(of: Case, amount: Decimal) -> Position:
	return replace(of.position, receivables=of.position.receivables - amount)


def do(of: Case, way: ways_out.WayOut) -> Case:
	"""Return the case after somebody did exactly what a way out says."""
	if way.kind == "pay":
		return pay(of, way.amount)
	if way.kind == "reduce":
		return with_order(of, amount=way.remaining)
	if way.kind == "prepay":
		return prepay(of, way.amount)
	if way.kind == "secure":
		return replace(of, lodged=(*of.lodged, guarantee(way.amount, "lodged")))
	if way.kind == "shorten_terms":
		return with_order(of, latest_due_date=way.until)
	if way.kind == "add_po":
		return with_order(of, po_number="PO 4711")
	if way.kind in ("follow_contract", "sign_contract"):
		return with_order(of, contract=ContractState("C1"))
	if way.kind == "review":
		return replace(of, account=replace(of.account, next_review=days(180), temporary_limit_ended=None))
	raise AssertionError(f"{way.kind} is a person's decision, not something one can do to the case")
