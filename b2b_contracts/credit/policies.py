"""The active Credit Policy of a company, as the engine wants it."""

import json
from datetime import time
from decimal import Decimal

import frappe
from frappe.utils import get_time

from b2b_contracts.engine import contract_check, demands, facts, mandates, plans, policy_terms, security_life
from b2b_contracts.engine.chain import canonical
from b2b_contracts.standard_terms import MANDATES


def snapshot_of(policy) -> str:
	"""Return every term of a Credit Policy document as canonical JSON text; numbers as text, so nothing drifts."""
	return canonical(policy_terms.stored(policy))


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
		self.premium_response_hours = Decimal(terms.get("premium_response_hours") or self.response_hours)
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

	@property
	def mandates(self) -> tuple[mandates.Mandate, ...]:
		"""Who may give how much away; the standard mandates for a version of before there were any."""
		return mandates.of_rows(self.terms.get("mandates") or MANDATES)

	@property
	def demands(self) -> tuple[demands.Trigger, ...]:
		"""When an order takes security; never in a version of before there were such rows."""
		return demands.triggers_of(self.terms.get("security_demands") or ())

	@property
	def own_equity(self) -> Decimal:
		"""The company's own equity in its currency; 0 = not said."""
		return Decimal(self.terms.get("own_equity") or 0)

	@property
	def contract_required(self) -> bool:
		"""Whether an order needs a signed contract in force."""
		return bool(policy_terms.number(self.terms.get("contract_required")))

	@property
	def contract_action(self) -> str:
		"""What happens where a document differs from the contract; a warning in a version of before there was a choice."""
		return self.terms.get("contract_difference_action") or contract_check.WARN

	@property
	def contract_tolerance_percent(self) -> Decimal:
		"""How far a price may be off the agreed one, per cent of that."""
		return policy_terms.number(self.terms.get("contract_tolerance_percent"))

	@property
	def looks_at_contracts(self) -> bool:
		"""Whether an order may have to wait for a contract."""
		return self.contract_required or self.contract_action == contract_check.PARK

	@property
	def cost_of_credit_percent(self) -> Decimal:
		"""What a year of credit costs the company, per cent; 0 = not said."""
		return Decimal(self.terms.get("cost_of_credit_percent") or 0)

	@property
	def security_reminder_days(self) -> tuple[int, ...]:
		"""How many days before the end of a security people are reminded; the standard for a version of before."""
		if "security_reminder_days" not in self.terms:
			return security_life.REMINDER_DAYS
		return security_life.days_from(self.terms["security_reminder_days"] or "")

	@property
	def plan_terms(self) -> plans.Terms:
		"""What a payment plan keeps to; the standard for a version of before."""
		return policy_terms.plan_terms_of(self.terms)

	def for_engine(self) -> facts.Policy:
		"""Return the terms that decide."""
		currency = frappe.get_cached_value("Company", self.company, "default_currency")
		return policy_terms.policy_of(self.name, self.version, self.company, currency, self.terms)
