"""The active Credit Policy of a company, as the engine wants it."""

import json
from datetime import time, timedelta
from decimal import Decimal

import frappe
from frappe.utils import get_time

from b2b_contracts.engine import facts
from b2b_contracts.engine.approval import AmountEscalation, MatrixRow, RuleRole
from b2b_contracts.engine.chain import canonical

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
CHILD_FIELDS = {
	"approval_matrix": ("from_percent", "to_percent", "risk_class", "role", "security_required"),
	"rule_roles": ("rule", "risk_class", "up_to", "role"),
	"amount_escalation": ("amount_over_limit", "role"),
}


def snapshot_of(policy) -> str:
	"""Return every term of a Credit Policy document as canonical JSON text; numbers as text, so nothing drifts."""
	terms = {field: _plain(policy.get(field)) for field in TERM_FIELDS}
	for table, fields in CHILD_FIELDS.items():
		terms[table] = [
			{field: _plain(row.get(field)) for field in fields} for row in policy.get(table) or []
		]
	return canonical(terms)


def active(company: str) -> "ActivePolicy | None":
	"""Return the company's active policy with its stored terms, None when it has none. One query, never cached."""
	policy = frappe.qb.DocType("Credit Policy")
	rows = (
		frappe.qb.from_(policy)
		.select(policy.name, policy.version, policy.snapshot)
		.where((policy.company == company) & (policy.is_active == 1))
		.limit(1)
		.run()
	)
	return ActivePolicy(company, *rows[0]) if rows else None


class ActivePolicy:
	"""A policy's terms as they were stored with its version: what decides, and the clocks around a hold."""

	def __init__(self, company: str, name: str, version: int, snapshot: str):
		terms = json.loads(snapshot)
		self.company, self.name, self.version = company, name, version
		self.mode = terms["mode"]
		self.without_profile = terms["without_profile"]
		self.response_hours = Decimal(terms["response_hours"] or 0)
		self.workday_start: time = get_time(terms["workday_start"] or "08:00:00")
		self.workday_end: time = get_time(terms["workday_end"] or "16:00:00")
		self.holiday_list = terms["holiday_list"]
		self.reserve_days_for_documents = int(float(terms["reserve_days_for_documents"] or 0))
		self.customer_notice_delay_minutes = int(float(terms["customer_notice_delay_minutes"] or 0))
		self.terms = terms

	@property
	def is_on(self) -> bool:
		return self.mode in (facts.OBSERVE, facts.ENFORCE)

	@property
	def is_enforced(self) -> bool:
		return self.mode == facts.ENFORCE

	def for_engine(self) -> facts.Policy:
		"""Return the terms that decide."""
		terms = self.terms
		return facts.Policy(
			name=self.name,
			version=self.version,
			company=self.company,
			currency=frappe.get_cached_value("Company", self.company, "default_currency"),
			mode=self.mode,
			without_profile=self.without_profile,
			default_segment=terms["default_segment"] or "",
			hold_utilisation_percent=_decimal(terms["hold_utilisation_percent"]),
			stop_utilisation_percent=_decimal(terms["stop_utilisation_percent"]),
			overdue_hold_days=int(_decimal(terms["overdue_hold_days"])),
			overdue_tolerance_amount=_decimal(terms["overdue_tolerance_amount"]),
			rating_stop_notches=int(_decimal(terms["rating_stop_notches"])),
			credit_horizon_days=int(_decimal(terms["credit_horizon_days"])),
			release_grace_days=int(_decimal(terms["release_grace_days"])),
			release_max_days=int(_decimal(terms["release_max_days"])),
			require_po=bool(_decimal(terms["require_po"])),
			park_when_review_overdue=terms["review_overdue_action"] == "Park",
			matrix=matrix_rows(terms["approval_matrix"]),
			rule_roles=tuple(
				RuleRole(r["rule"], r["role"], r["risk_class"] or "", _decimal(r["up_to"]) or None)
				for r in terms["rule_roles"]
			),
			amount_escalation=tuple(
				AmountEscalation(_decimal(r["amount_over_limit"]), r["role"])
				for r in terms["amount_escalation"]
			),
		)


def matrix_rows(rows) -> tuple[MatrixRow, ...]:
	"""Return the approval matrix of a policy document's rows (or stored ones); an empty upper end is no end."""
	return tuple(
		MatrixRow(
			_decimal(r.get("from_percent")),
			_decimal(r.get("to_percent")) or None,
			r.get("risk_class"),
			r.get("role"),
			bool(_decimal(r.get("security_required"))),
		)
		for r in rows
	)


def _decimal(value) -> Decimal:
	return Decimal(str(value or 0))


def _plain(value):
	"""Return a value as it is stored: numbers as the shortest exact text, times as HH:MM:SS, the rest as text."""
	if value is None or value == "":
		return None
	if isinstance(value, bool):
		return str(int(value))
	if isinstance(value, int | float | Decimal):
		return format(Decimal(str(value)).normalize(), "f")
	if isinstance(value, timedelta):
		return str(get_time(str(value)))
	return str(value)
