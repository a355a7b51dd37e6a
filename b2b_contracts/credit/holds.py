"""Credit Hold documents: made and moved on by the use cases, never by hand."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime

from b2b_contracts.engine import facts, rules
from b2b_contracts.engine.gate import STOPPED, Decision
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.engine.rules import Finding
from b2b_contracts.engine.working_hours import WorkingTime, due_at

from . import gates, locking, log, people, wording
from .account_facts import company_currency
from .cases import Standing, holding_key
from .policies import ActivePolicy
from .subjects import Subject

OPEN, RELEASED, REJECTED = "Open", "Released", "Rejected"
CLEARED, EXPIRED, CANCELLED = "Cleared", "Expired", "Cancelled"
PROFILE_DOCTYPE = "Credit Profile"
# Parked for nothing but papers that are on their way: the goods may be kept aside for some days (§2.4).
WAITS_FOR_DOCUMENTS = {rules.PREPAYMENT, rules.SECURITY}
# What a percent field shows when there is no limit to be a percentage of.
NO_PERCENTAGE = 9.99e8


def open_hold(subject: Subject, standing: Standing, decision: Decision, previous: str | None = None):
	"""Park a subject: make its Credit Hold, or bring the open one (`previous`) up to date. Returns the document."""
	if previous:
		return _bring_up_to_date(newest(previous), subject, standing, decision)
	hold = frappe.new_doc("Credit Hold")
	hold.name = next_name(subject.doctype, subject.name)
	hold.update(
		{
			"reference_doctype": subject.doctype,
			"reference_name": subject.name,
			"customer": subject.customer,
			"customer_name": frappe.db.get_value("Customer", subject.customer, "customer_name"),
			"company": subject.company,
			"currency": company_currency(subject.company),
			"salesperson": people.salesperson_of(subject),
			"status": OPEN,
			**_decision_fields(subject, standing, decision),
		}
	)
	hold.extend("reasons", reason_rows(decision.fired, hold.currency))
	_start_clocks(hold, standing)
	return save(hold)


def _bring_up_to_date(hold, subject: Subject, standing: Standing, decision: Decision):
	"""Rewrite what an open hold says. Its clock, its request and its advice stay.

	Rows are replaced by their own names and not "all of this parent", which would lock a gap in the index.
	"""
	_rewrite_reasons(hold, decision.fired)
	write(hold, **_decision_fields(subject, standing, decision))
	return hold


def replace_reasons(hold, findings: tuple[Finding, ...], required_role: str | None) -> None:
	"""Rewrite why a customer is stopped, and who may lift it; its clock runs on."""
	_rewrite_reasons(hold, findings)
	write(hold, required_role=required_role)


def _rewrite_reasons(hold, findings: tuple[Finding, ...]) -> None:
	old = [row.name for row in hold.reasons]
	hold.reasons = []
	hold.extend("reasons", reason_rows(findings, hold.currency))
	for row in hold.reasons:
		row.db_insert()
	if old:
		frappe.db.delete("Credit Hold Reason", {"name": ["in", old]})


def open_customer_hold(standing: Standing, action: str, reasons: list[dict], required_role: str):
	"""Put a whole customer on hold or stop (`action`): one Credit Hold on its profile. Returns the document."""
	customer, company = standing.member
	hold = frappe.new_doc("Credit Hold")
	hold.name = next_name(PROFILE_DOCTYPE, standing.profile.name)
	hold.update(
		{
			"reference_doctype": PROFILE_DOCTYPE,
			"reference_name": standing.profile.name,
			"customer": customer,
			"customer_name": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": company,
			"currency": company_currency(company),
			"status": OPEN,
			"action": action,
			"granted_limit": number(standing.profile.limit.ceiling),
			"required_role": required_role,
			"policy": standing.policy.name,
			"gate": gates.name_of(*standing.gate_key),
		}
	)
	hold.extend("reasons", reasons)
	_start_clocks(hold, standing)
	return save(hold)


def save(hold):
	"""Insert a hold; only the use cases may."""
	hold.flags.credit_service = True
	hold.flags.ignore_permissions = True
	hold.flags.ignore_links = True
	return hold.insert()


def write(hold, **values) -> None:
	"""Write fields of a hold, and nothing else of it: its rows may be newer than what this transaction has read."""
	locking.write(hold, values)


def close(hold, status: str, **values) -> None:
	"""End a hold: Released, Rejected, Cleared, Expired or Cancelled."""
	if status == CLEARED:
		values["cleared_on"] = now_datetime()
	write(hold, status=status, **values)


def newest(name: str):
	"""Return a hold with its row locked, as it is now and not as this transaction's snapshot shows it."""
	return locking.locked_doc("Credit Hold", name)


def next_name(doctype: str, name: str) -> str:
	"""Return the name of a document's next hold: SO-0001-H1, SO-0001-H2 … No naming series, so no lock on one."""
	count = frappe.db.count("Credit Hold", {"reference_doctype": doctype, "reference_name": name})
	return f"{name}-H{count + 1}"


def is_document_hold(decision: Decision) -> bool:
	"""Whether an order waits for nothing but a prepayment or security."""
	fired = {finding.rule for finding in decision.fired}
	return bool(fired) and fired <= WAITS_FOR_DOCUMENTS


def _start_clocks(hold, standing: Standing) -> None:
	now, policy = now_datetime(), standing.policy
	hold.is_premium = int(standing.listing.is_premium)
	hold.response_due = response_due(policy, now, standing.listing.is_premium)
	hold.customer_notice_due = now + timedelta(minutes=policy.customer_notice_delay_minutes)


def response_due(policy: ActivePolicy, start: datetime, is_premium: bool = False) -> datetime:
	"""Return when a hold must have been answered: working hours of the policy, fewer for premium customers, holidays of the
	company."""
	off = days_off(policy.company, policy.holiday_list, start.date())
	hours = min(policy.response_hours, policy.premium_response_hours) if is_premium else policy.response_hours
	return due_at(start, hours, WorkingTime(policy.workday_start, policy.workday_end, off))


def days_off(company: str, holiday_list: str | None, start: date) -> set[date]:
	"""Return the days off of the year from `start`: of the holiday list, else of the company's, else the weekends."""
	holiday_list = holiday_list or frappe.get_cached_value("Company", company, "default_holiday_list")
	if not holiday_list:
		return {day for n in range(367) if (day := start + timedelta(days=n)).weekday() in (5, 6)}
	holiday = frappe.qb.DocType("Holiday")
	rows = (
		frappe.qb.from_(holiday)
		.select(holiday.holiday_date)
		.where((holiday.parent == holiday_list) & (holiday.holiday_date >= start))
		.where(holiday.holiday_date <= getdate(add_days(start, 366)))
		.run(pluck=True)
	)
	return {getdate(day) for day in rows}


def _decision_fields(subject: Subject, standing: Standing, decision: Decision) -> dict:
	currency = company_currency(subject.company)
	ways = [
		{**log.way_payload(way), "text": wording.way_out(way, decision, currency)}
		for way in decision.ways_out
	]
	return {
		"action": facts.STOP if decision.outcome == STOPPED else facts.HOLD,
		"order_amount": number(subject.whole_amount),
		"exposure": number(decision.exposure_after),
		"secured": number(decision.secured),
		"net_exposure": number(decision.net_exposure),
		"granted_limit": number(standing.profile.limit.ceiling) if standing.profile else 0,
		"utilisation": percent_number(decision.utilisation_after),
		"overshoot_percent": percent_number(max((f.over for f in decision.fired), default=ZERO)),
		"over_amount": number(max((f.over_amount for f in decision.fired), default=ZERO)),
		"required_role": decision.requirement.role,
		"security_required": int(decision.requirement.security_required),
		"policy": standing.policy.name,
		"gate": gates.name_of(*standing.gate_key),
		"promised_date": subject.promised,
		"latest_due_date": subject.latest_due_date,
		**contract_fields(standing, subject),
		"rating": standing.profile.row.external_rating if standing.profile else None,
		"ways_out": json.dumps(ways),
	}


def contract_fields(standing: Standing, subject: Subject) -> dict:
	"""Return what a hold keeps of how its subject stands to the contracts: the first of those in force, and what stands for the
	differences. Nothing where the policy does not look at contracts."""
	if subject.contract is None or not standing.policy.looks_at_contracts:
		return {}
	state = subject.contract(standing.policy.contract_tolerance_percent)
	if state is None:
		return {}
	return {"contract": state.contract or None, "contract_signature": holding_key(state)}


def reason_rows(findings: tuple[Finding, ...], currency: str) -> list[dict]:
	"""Return the rows of a hold for what fired, each with its sentence."""
	return [
		{
			"rule": finding.rule,
			"message": wording.reason(finding, currency),
			"measured": wording.measured_text(finding.measured, finding.unit, currency),
			"threshold": wording.measured_text(finding.threshold, finding.unit, currency),
			"action": finding.action,
		}
		for finding in findings
	]


def reasons_of(decision: Decision, company: str) -> list[str]:
	"""Return one sentence for each rule that fired."""
	currency = company_currency(company)
	return [wording.reason(finding, currency) for finding in decision.fired]


def number(amount: Decimal | None) -> float:
	"""Return money as the database field takes it."""
	return float(amount or 0)


def percent_number(ratio: Decimal | None) -> float:
	"""Return a ratio as per cent for a field; over a limit of nothing the largest number that fits."""
	if ratio is None:
		return 0.0
	return float(ratio * HUNDRED) if ratio.is_finite() else NO_PERCENTAGE


def open_for(doctype: str, name: str):
	"""Return the open hold of a document, None when it has none."""
	found = frappe.db.get_value(
		"Credit Hold", {"reference_doctype": doctype, "reference_name": name, "status": OPEN}, "name"
	)
	return newest(found) if found else None


def minutes_left(hold) -> int | None:
	"""Return the minutes until the clock of a hold runs out, negative when it has; None without a clock."""
	if not hold.response_due:
		return None
	return int((get_datetime(hold.response_due) - now_datetime()).total_seconds() // 60)
