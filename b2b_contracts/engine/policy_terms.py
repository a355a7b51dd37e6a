"""A policy's terms as they are stored: every value as plain text or None, so that a version reads the same for ever."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from decimal import Decimal

from . import facts, plans
from .approval import AmountEscalation, MatrixRow, RuleRole
from .contract_check import PARK
from .disputes import STANDSTILL_DAYS
from .payment_slips import WAIT_DAYS

TERM_FIELDS = (
	"company",
	"mode",
	"without_profile",
	"default_segment",
	"hold_utilisation_percent",
	"stop_utilisation_percent",
	"overdue_hold_days",
	"overdue_tolerance_amount",
	"rating_stop_notches",
	"credit_horizon_days",
	"delivery_stop_days",
	"delivery_age_days",
	"dispute_standstill_days",
	"payment_slip_days",
	"release_grace_days",
	"release_max_days",
	"response_hours",
	"workday_start",
	"workday_end",
	"holiday_list",
	"reserve_days_for_documents",
	"customer_notice_delay_minutes",
	"require_po",
	"review_overdue_action",
)
# Terms that versions of before do not have, and what holds there.
_LATER_TERMS = {
	"delivery_stop_days": 15,
	"delivery_age_days": 30,
	"dispute_standstill_days": STANDSTILL_DAYS,
	"payment_slip_days": WAIT_DAYS,
}
CHILD_FIELDS = {
	"approval_matrix": ("from_percent", "to_percent", "risk_class", "role", "security_required"),
	"rule_roles": ("rule", "risk_class", "up_to", "role"),
	"amount_escalation": ("amount_over_limit", "role"),
}
# Stored with each version like the terms above, but no part of a policy file: no order is decided by them.
MANDATE_TERMS = ("cost_of_credit_percent", "premium_response_hours", "security_reminder_days")
MANDATE_FIELDS = {"mandates": ("action", "kind", "up_to", "is_below", "role")}
# No part of a policy file either: a book says what was demanded of each order, not why.
DEMAND_TERMS = ("own_equity",)
DEMAND_FIELDS = {"security_demands": ("what", "threshold", "percent")}
# Nor these: a book says nothing of what contracts agree.
CONTRACT_TERMS = ("contract_required", "contract_difference_action", "contract_tolerance_percent")
# Nor these: a book says what was agreed, and no order is decided by what could have been.
PLAN_TERMS = (
	*("plan_longest_days", "plan_longest_days_with_force_majeure", "plan_grace_working_days"),
	*("plan_quarterly_above", "plan_slow_days", "plan_lowest_rating"),
)


def stored(terms: Mapping) -> dict:
	"""Return terms (a document's, a file's) in the form in which they are stored."""
	fields = TERM_FIELDS + MANDATE_TERMS + DEMAND_TERMS + PLAN_TERMS + CONTRACT_TERMS
	result: dict = {field: plain(terms.get(field)) for field in fields}
	for table, fields in (CHILD_FIELDS | MANDATE_FIELDS | DEMAND_FIELDS).items():
		result[table] = [{field: plain(row.get(field)) for field in fields} for row in terms.get(table) or []]
	return result


def policy_of(name: str, version: int, company: str, currency: str, terms: Mapping) -> facts.Policy:
	"""Return the terms that decide, from the form in which they are stored."""
	return facts.Policy(
		name=name,
		version=version,
		company=company,
		currency=currency,
		mode=terms["mode"],
		without_profile=terms["without_profile"],
		default_segment=terms["default_segment"] or "",
		hold_utilisation_percent=number(terms["hold_utilisation_percent"]),
		stop_utilisation_percent=number(terms["stop_utilisation_percent"]),
		overdue_hold_days=int(number(terms["overdue_hold_days"])),
		overdue_tolerance_amount=number(terms["overdue_tolerance_amount"]),
		rating_stop_notches=int(number(terms["rating_stop_notches"])),
		credit_horizon_days=int(number(terms["credit_horizon_days"])),
		**{field: _days(terms, field, standard) for field, standard in _LATER_TERMS.items()},
		release_grace_days=int(number(terms["release_grace_days"])),
		release_max_days=int(number(terms["release_max_days"])),
		require_po=bool(number(terms["require_po"])),
		park_when_review_overdue=terms["review_overdue_action"] == "Park",
		contract_required=bool(number(terms.get("contract_required"))),
		parks_for_contract=terms.get("contract_difference_action") == PARK,
		matrix=matrix_rows(terms["approval_matrix"]),
		rule_roles=tuple(
			RuleRole(r["rule"], r["role"], r["risk_class"] or "", number(r["up_to"]) or None)
			for r in terms["rule_roles"]
		),
		amount_escalation=tuple(
			AmountEscalation(number(r["amount_over_limit"]), r["role"]) for r in terms["amount_escalation"]
		),
	)


def plan_terms_of(terms: Mapping) -> plans.Terms:
	"""Return what a payment plan keeps to, from the form in which terms are stored; the standard for a version of before."""
	if "plan_longest_days" not in terms:
		return plans.STANDARD
	return plans.Terms(
		longest_days=int(number(terms["plan_longest_days"])),
		longest_days_with_force_majeure=int(number(terms["plan_longest_days_with_force_majeure"])),
		quarterly_above=number(terms["plan_quarterly_above"]),
		grace_working_days=int(number(terms["plan_grace_working_days"])),
		slow_days=number(terms["plan_slow_days"]),
		lowest_rating=terms["plan_lowest_rating"] or "",
	)


def _days(terms: Mapping, field: str, standard: int) -> int:
	value = terms.get(field)
	return standard if value is None else int(number(value))


def matrix_rows(rows: Iterable[Mapping]) -> tuple[MatrixRow, ...]:
	"""Return the approval matrix of a policy document's rows (or stored ones); an empty upper end is no end."""
	return tuple(
		MatrixRow(
			number(r.get("from_percent")),
			number(r.get("to_percent")) or None,
			r.get("risk_class"),
			r.get("role"),
			bool(number(r.get("security_required"))),
		)
		for r in rows
	)


def number(value) -> Decimal:
	"""Return a stored number, 0 for an empty one."""
	return Decimal(int(value)) if isinstance(value, bool) else Decimal(str(value or 0))


def plain(value) -> str | None:
	"""Return a value as it is stored: numbers as the shortest exact text, times as HH:MM:SS, the rest as text."""
	if value is None or value == "":
		return None
	if isinstance(value, bool):
		return str(int(value))
	if isinstance(value, int | float | Decimal):
		return format(Decimal(str(value)).normalize(), "f")
	if isinstance(value, timedelta):
		minutes, seconds = divmod(int(value.total_seconds()), 60)
		return str(time(minutes // 60, minutes % 60, seconds))
	return str(value)
