"""A site's Credit Policy as a policy file: its terms as a version stored them, its segments, and who works when.

Segments and holidays have no versions: they are always those of today.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.policy_file import (
	AFTER_INVOICE,
	MONTHS_AFTER_MONTH,
	WEEKDAYS,
	Difference,
	PolicyTerms,
)
from b2b_contracts.engine.policy_terms import CHILD_FIELDS, number

from .account_facts import company_currency

NUMBERS = ("number", "whole number")
TERMS_OF = {"policy": policy_file.POLICY_TERMS} | policy_file.ROW_TERMS


def terms_of_policy(policy: str, version: int | None = None) -> PolicyTerms:
	"""Return the terms of a Credit Policy as one of its versions has them, by default the newest."""
	stored = _stored(policy, version)
	snapshot = frappe.parse_json(stored.snapshot)
	head = _values("policy", snapshot) | {
		"name": policy,
		"version": stored.version,
		"company": stored.company,
		"currency": company_currency(stored.company),
	}
	values = {"policy": head, "calendar": _calendar(snapshot.get("holiday_list"), stored.company)}
	for table in CHILD_FIELDS:
		values[table] = [_values(table, row) for row in snapshot.get(table) or []]
	values["segments"] = _segments(head.get("default_segment"))
	return policy_file.of_values(values, policy)


def file_of_policy(policy: str, version: int | None = None) -> str:
	"""Return the text of the policy file of a Credit Policy."""
	return policy_file.dumps(terms_of_policy(policy, version))


def differences_with_file(policy: str, text: str, where: str = "") -> list[Difference]:
	"""Return the terms in which a Credit Policy and the text of a policy file differ.

	Raises `PolicyFileError` with everything that is wrong with the file, which `where` names.
	"""
	return policy_file.differences(terms_of_policy(policy), policy_file.loads(text, where or _("The file")))


def newest_version(policy: str) -> str | None:
	"""Return the name of the newest version of a Credit Policy."""
	rows = frappe.get_all(
		"Credit Policy Version", filters={"policy": policy}, order_by="version desc", limit=1, pluck="name"
	)
	return rows[0] if rows else None


def _stored(policy: str, version: int | None):
	filters = {"policy": policy} | ({"version": version} if version is not None else {})
	rows = frappe.get_all(
		"Credit Policy Version",
		filters=filters,
		fields=["version", "company", "snapshot"],
		order_by="version desc",
		limit=1,
	)
	if not rows:
		what = policy if version is None else _("{0}, version {1}").format(policy, version)
		frappe.throw(_("There is no credit policy {0}.").format(what), frappe.DoesNotExistError)
	return rows[0]


# ------------------------------------------------------------------ terms
def _values(table: str, stored: Mapping) -> dict:
	"""Return stored terms as the kinds of value that a policy file has; those of before a term was invented lack it."""
	return {term.name: _value(term, stored[term.name]) for term in TERMS_OF[table] if term.name in stored}


def _value(term: policy_file.Term, text: str | None):
	if term.kind in NUMBERS:
		return number(text)
	if term.kind == "true or false":
		return bool(number(text))
	if term.kind == "text":
		return text or ""
	# An empty choice is one of the choices, or what a new policy begins with.
	return "" if text is None and "" in term.choices else text


# ------------------------------------------------------------------ segments
def _segments(default: str | None) -> list[dict]:
	"""Return the segments that customers may have, or had: enabled, used by a profile or named in one's history."""
	segments = frappe.get_all("Credit Segment", fields=["*"], order_by="segment_code")
	disabled = {row.name for row in segments if row.disabled}
	unused = disabled - _in_use(disabled) - {default}
	kept = [row for row in segments if row.name not in unused]
	levels = _rows_of("Credit Segment Level", "Credit Segment", [row.name for row in kept], "level")
	templates = {row.payment_terms_template for row in kept if row.payment_terms_template}
	terms = _rows_of("Payment Terms Template Detail", "Payment Terms Template", templates, "idx")
	return [
		{
			"segment_code": row.name,
			"title": row.title or "",
			"default_risk_class": row.default_risk_class or None,
			"limit_basis": row.limit_basis,
			"limit_percent": number(row.limit_percent),
			"limit_months": number(row.limit_months),
			"limit_amount": number(row.limit_amount),
			"prepayment_percent": number(row.prepayment_percent),
			"default_level": number(row.default_level),
			"levels": [
				{"level": step.level, "percent_of_base": number(step.percent_of_base)}
				for step in levels.get(row.name, ())
			],
			"payment_terms": [
				_payment_terms(part)
				for part in terms.get(row.payment_terms_template, ())
				if part.due_date_based_on
			],
			"review_months": number(row.review_months),
			"target_dso": number(row.target_dso),
		}
		for row in kept
	]


def _in_use(segments: set[str]) -> set[str]:
	"""Return which of some segments a profile has, or once had."""
	if not segments:
		return set()
	within = ["in", sorted(segments)]
	found = set(frappe.get_all("Credit Profile", filters={"segment": within}, distinct=True, pluck="segment"))
	for side in ("before", "after"):
		found |= set(
			frappe.get_all("Credit Profile Change", filters={side: within}, distinct=True, pluck=side)
		)
	return found


def _rows_of(doctype: str, parenttype: str, parents: Iterable[str], order_by: str) -> dict[str, list]:
	"""Return the rows of some documents by their names."""
	rows: dict[str, list] = {}
	for row in frappe.get_all(
		doctype,
		filters={"parenttype": parenttype, "parent": ["in", sorted(parents) or [""]]},
		fields=["*"],
		order_by=f"parent, {order_by}",
	):
		rows.setdefault(row.parent, []).append(row)
	return rows


def _payment_terms(row) -> dict:
	"""Return a part of ERPNext's payment terms: of days and months the one that counts."""
	in_months = row.due_date_based_on == MONTHS_AFTER_MONTH
	return {
		"due_date_based_on": row.due_date_based_on or AFTER_INVOICE,
		"credit_days": 0 if in_months else row.credit_days or 0,
		"credit_months": (row.credit_months or 0) if in_months else 0,
	}


# ------------------------------------------------------------------ working days
def _calendar(holiday_list: str | None, company: str) -> dict:
	"""Return who works when, as `holds.response_due` has it: by the list of the policy or the company, else no weekends.

	A weekday that is off throughout the list is off at all times: lists are made for a year, a back-test looks further.
	"""
	holiday_list = holiday_list or frappe.get_cached_value("Company", company, "default_holiday_list")
	if not holiday_list:
		return {"weekly_off": ["Saturday", "Sunday"], "days_off": []}
	rows = frappe.get_all(
		"Holiday",
		filters={"parent": holiday_list, "parenttype": "Holiday List"},
		fields=["holiday_date", "weekly_off"],
	)
	period = frappe.db.get_value("Holiday List", holiday_list, ["from_date", "to_date"])
	first, last = (getdate(day) for day in period)
	days = {getdate(row.holiday_date) for row in rows}
	weekly = {getdate(row.holiday_date).weekday() for row in rows if row.weekly_off}
	weekly = {weekday for weekday in weekly if set(_days_of(weekday, first, last)) <= days}
	return {
		"weekly_off": [WEEKDAYS[weekday] for weekday in sorted(weekly)],
		"days_off": sorted(day for day in days if day.weekday() not in weekly),
	}


def _days_of(weekday: int, first: date, last: date) -> Iterable[date]:
	"""Yield the days of a period that are that day of the week."""
	day = first + timedelta(days=(weekday - first.weekday()) % 7)
	while day <= last:
		yield day
		day += timedelta(days=7)
