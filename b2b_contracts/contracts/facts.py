"""What the engine is told of a contract: read from the document, or from the site where the document does not say it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import cint, getdate

from b2b_contracts.credit.account_facts import company_currency, money, rate_to
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.engine.clauses import strictest
from b2b_contracts.engine.contract_terms import Notice, Term
from b2b_contracts.engine.contract_text import MUST
from b2b_contracts.engine.security_life import days_from
from b2b_contracts.permissions import CONTRACT

from . import clauses
from .clauses import COUNTERPARTY_PAPER, TAILORED_FORM

CONTRACT_TYPE = "Contract Type"
# While the text is looked at before somebody approves it.
_WRITTEN = (*life.OPEN, life.IN_REVIEW)
# table, kind of its dates, field of the day, field of the title; is_done ends each
DATED = (
	("certificates", keys.CERTIFICATE, "expiry_date", "insurance_type"),
	("obligations", keys.OBLIGATION, "due_date", "title"),
	("milestones", keys.MILESTONE, "due_date", "title"),
	("key_dates", keys.OWN, "key_date", "title"),
	("meetings", keys.MEETING, "meeting_date", "title"),
)


def day_of(value) -> date | None:
	return getdate(value) if value else None


def type_of(doc):
	"""Return a contract's type, None where there is none (Frappe says so)."""
	if not doc.contract_type or not frappe.db.exists(CONTRACT_TYPE, doc.contract_type):
		return None
	return frappe.get_cached_doc(CONTRACT_TYPE, doc.contract_type)


def term_of(doc) -> Term:
	"""Return how long a contract runs. Raises `ValueError` where it says too little."""
	return Term(
		doc.duration_type,
		getdate(doc.start_date),
		cint(doc.initial_months),
		cint(doc.renewal_months),
		cint(doc.second_period_months),
		day_of(doc.first_end_date) if doc.duration_type != terms.NO_END else None,
		Notice(cint(doc.notice_period), doc.notice_unit or terms.DAYS),
		day_of(doc.binding_end),
	)


def key_facts(doc) -> keys.Facts:
	"""Return what the key dates of a contract follow from."""
	return keys.Facts(
		term_of(doc),
		cint(doc.internal_lead_days),
		holidays_of(doc.company),
		day_of(doc.terminated_on),
		day_of(doc.decided_for),
		cint(doc.renegotiation_days),
		day_of(doc.price_adjustment_on),
		cint(doc.price_adjustment_months),
		kicked_off(doc),
		bool(cint(doc.is_reviewed)),
		tuple(_items(doc)),
	)


def kicked_off(doc) -> date | None:
	"""Return from when on the first service review is counted: the go-live; where none was entered, the signature of a contract
	with service levels, or its start where that comes later. An amendment is about a service that is reviewed already."""
	if doc.go_live_date:
		return getdate(doc.go_live_date)
	if not doc.service_levels or not doc.signed_on or doc.parent_contract:
		return None
	return max(getdate(doc.signed_on), getdate(doc.start_date))


def _items(doc) -> Iterable[keys.Item]:
	for table, kind, day, title in DATED:
		for row in doc.get(table):
			if row.get(day):
				yield keys.Item(
					*(
						kind,
						getdate(row.get(day)),
						row.name or "",
						row.get(title) or "",
						row.get("responsible"),
					),
					bool(cint(row.get("is_done"))),
				)
	for row in doc.discounts:
		if row.valid_to:
			yield keys.Item(
				*(keys.DISCOUNT_END, getdate(row.valid_to), row.name or ""),
				row.item_code or row.item_group or row.price_list or "",
			)


def holidays_of(company: str) -> frozenset[date]:
	"""Return the days off of a company's holiday list."""
	name = company and frappe.get_cached_value("Company", company, "default_holiday_list")
	if not name:
		return frozenset()
	known: dict[str, frozenset[date]] = frappe.flags.setdefault("b2b_contract_holidays", {})
	if name not in known:
		known[name] = frozenset(
			getdate(day) for day in frappe.get_all("Holiday", filters={"parent": name}, pluck="holiday_date")
		)
	return known[name]


def ladder_of(doc) -> keys.Ladder:
	"""Return when people are reminded of a contract's dates: what its type says, else the standard."""
	kind = type_of(doc)
	if kind is None:
		return keys.Ladder()
	return keys.Ladder(
		days_from(kind.reminder_days or ""),
		days_from(kind.task_reminder_days or ""),
		cint(kind.escalate_from_days),
	)


# ------------------------------------------------------------------ the life cycle
def contract_of(doc) -> life.Contract:
	"""Return what a step of a contract is judged by."""
	return life.Contract(
		doc.status,
		bool(doc.signed_on),
		starts(doc),
		day_of(doc.terminated_on),
		# Of a signed contract, whoever approved it decides about its renewal.
		(doc.approval_role if doc.signed_on else None) or approval_role(doc),
		tuple(
			life.Control(
				row.control, bool(cint(row.is_done)), day_of(row.expiry_date), bool(cint(row.is_required))
			)
			for row in doc.compliance
		),
		missing(doc),
		open_text=clauses.open_text(doc) if doc.status in _WRITTEN else (),
		unexplained=clauses.unexplained(doc) if doc.status in _WRITTEN else (),
		replaced_from=replaced_from(doc),
		lapses_on=lapses_on(doc),
	)


def starts(doc) -> date | None:
	"""Return when a contract starts; an amendment when it takes effect, None for never."""
	if doc.parent_contract or doc.replaced_by:
		return day_of(doc.in_force_from)
	return day_of(doc.start_date)


def replaced_from(doc) -> date | None:
	"""Return from when on another one takes the place of a contract, None where none does."""
	if not doc.replaced_by:
		return None
	if doc.in_force_until:
		return getdate(doc.in_force_until) + terms.ONE_DAY
	return day_of(doc.effective_from or doc.start_date)


def lapses_on(doc) -> date | None:
	"""Return on which day it is certain that a signed amendment never takes effect: what it amends had ended before."""
	if not doc.parent_contract or not doc.signed_on or doc.in_force_from or doc.replaced_by:
		return None
	return day_of(doc.effective_from)


def person(doc, user: str | None = None) -> life.Person:
	"""Return who wants to take a step of a contract."""
	user = user or frappe.session.user
	owns = user in (doc.owner, doc.contract_owner, doc.account_manager)
	return life.Person(frozenset(frappe.get_roles(user)), owns, user == "Administrator")


def approval_role(doc) -> str:
	"""Return who approves a contract, by the rules of its type and what its clauses call for."""
	return life.approval_role(rules_of(doc), weight_of(doc))


def approval_reasons(doc) -> tuple[life.Reason, ...]:
	"""Return why a contract is approved by whom it is, the highest role first."""
	return life.approval_reasons(rules_of(doc), weight_of(doc))


def rules_of(doc) -> list[life.Rule]:
	kind = type_of(doc)
	return [
		life.Rule(
			row.role,
			money(row.over_value),
			cint(row.over_months),
			money(row.get("over_liability_cap")),
			row.get("on_deviation") or "",
		)
		for row in (kind.approvals if kind else ())
	]


def weight_of(doc) -> life.Weight:
	"""Return what the approval of a contract goes by, in the company's currency."""
	value = max(money(doc.annual_value), money(doc.total_value) if not doc.annual_value else Decimal(0))
	cap = _liability_cap(doc)
	rate = _rate(doc) if value or cap else Decimal(1)
	return life.Weight(
		value * rate,
		_length(doc),
		None if cap is None else cap * rate,
		_deviation(doc),
		tuple(
			(row.approval_role, row.heading or row.clause or "")
			for row in doc.get("clauses") or ()
			if row.approval_role
		),
	)


def _rate(doc) -> Decimal:
	return Decimal(rate_to(doc.currency, company_currency(doc.company), getdate(), doc.title or CONTRACT))


def _liability_cap(doc) -> Decimal | None:
	"""Return the cap of our liability, the higher of the two where there are an amount and a percentage; None: unlimited."""
	amount = money(doc.liability_cap_amount)
	percent = money(doc.liability_cap_percent) * money(doc.annual_value) / 100
	return max(amount, percent) if amount or doc.liability_cap_percent else None


def _deviation(doc) -> str:
	"""Return the strictest rank of the clauses that a contract deviates from. Of a text that is not made of the library's, none is
	known to be kept."""
	ranks = [row.rank or MUST for row in doc.get("clauses") or () if cint(row.is_deviation)]
	if doc.contract_form == COUNTERPARTY_PAPER or (
		doc.contract_form == TAILORED_FORM and not doc.get("clauses")
	):
		ranks.append(MUST)
	return strictest(ranks)


def _length(doc) -> int | None:
	"""Return for how many months a contract binds at first, begun ones counted; None without end."""
	if doc.duration_type == terms.NO_END:
		return None
	if not doc.first_end_date:
		return cint(doc.initial_months)
	start, end = getdate(doc.start_date), getdate(doc.first_end_date)
	return terms.months_between(start, end) + (end.day >= start.day)


def missing(doc) -> tuple[str, ...]:
	"""Return the names of the fields that the contract's type wants filled in before a review, and that are not."""
	kind = type_of(doc)
	return tuple(name for name in kind.required_list() if not doc.get(name)) if kind else ()
