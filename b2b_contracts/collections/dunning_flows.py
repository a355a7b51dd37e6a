"""Dunning flows: what may not be saved, which one is a customer's, and their quiet days (requirements §3).

A flow is chosen by the narrowest row that fits: the customer's own field, a row for the customer, a risk class with a
segment, a risk class, a segment, none at all; one company's flow goes before one for all companies.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import days_off
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError

from . import dunning_templates

FLOW, TEMPLATE = "Dunning Flow", "Dunning Template"
NO_FEE, STATUTORY, FIXED = "None", "Statutory Maximum", "Fixed"
NO_INTEREST, ANNOUNCE, CLAIM = "None", "Announce", "Claim"
ANNOUNCES = {
	"announces_delivery_stop": engine.DELIVERY_STOP,
	"announces_interest": engine.INTEREST,
	"announces_collection": engine.COLLECTION,
}
ACTS = {
	"delivery_stop": engine.DELIVERY_STOP,
	"hand_over": engine.HAND_OVER,
	"demand_plan": engine.DEMAND_PLAN,
}


# ------------------------------------------------------------------ what may be saved
def check(flow) -> None:
	"""Refuse a flow that could not be run: steps without text, a stop that nothing announces, a second flow for the same."""
	_check_dates(flow)
	if not flow.steps:
		_refuse(flow, _("Enter at least one step."))
	flow.steps.sort(key=lambda row: cint(row.day))
	announced = frappe.get_all(TEMPLATE, fields=["name", *ANNOUNCES])
	of_template = {row.name: row for row in announced}
	codes: set[str] = set()
	so_far: set[str] = set()
	for number, row in enumerate(flow.steps, 1):
		row.idx = number
		_check_step(flow, row, codes, so_far)
		template = of_template.get(row.template)
		announces = {what for field, what in ANNOUNCES.items() if template and template[field]}
		if announces:
			# What later steps rely on is not passed over.
			row.may_be_skipped = 0
		so_far |= announces
		codes.add(row.step_code)
	_refuse_overlap(flow)


def _check_dates(flow) -> None:
	if flow.valid_from and flow.valid_until and getdate(flow.valid_until) < getdate(flow.valid_from):
		_refuse(
			flow,
			_("It ends on {0}, before it begins on {1}.").format(
				formatdate(flow.valid_until), formatdate(flow.valid_from)
			),
		)
	for row in flow.quiet_periods:
		if getdate(row.until_date) < getdate(row.from_date):
			_refuse(
				flow,
				_("The quiet period in row {0} ends on {1}, before it begins on {2}.").format(
					row.idx, formatdate(row.until_date), formatdate(row.from_date)
				),
			)


def _check_step(flow, row, codes: set[str], announced: set[str]) -> None:
	row.step_code = (row.step_code or "").strip()
	if row.step_code in codes:
		_refuse(flow, _("Two steps are called {0}. Give each a name of its own.").format(row.step_code))
	is_written = row.channel not in engine.BY_PERSON
	if is_written and not row.template:
		_refuse(
			flow, _("Step {0} is sent by {1}: choose its template.").format(row.step_code, _(row.channel))
		)
	if (
		row.channel == engine.SMS
		and row.template
		and (missing := dunning_templates.without_sms(row.template))
	):
		_refuse(
			flow,
			_("Step {0} is an SMS, but template {1} has no text for one in: {2}. Fill it in there.").format(
				row.step_code, row.template, ", ".join(missing)
			),
		)
	if not is_written and (row.fee_basis != NO_FEE or row.claim_compensation or row.interest == CLAIM):
		_refuse(
			flow,
			_(
				"Step {0} is not in writing, so it cannot charge anything. Move the charge to a written step."
			).format(row.step_code),
		)
	for field, what in ACTS.items():
		needed = engine.NEEDS_ANNOUNCEMENT.get(what)
		if row.get(field) and needed and needed not in announced:
			_refuse(
				flow,
				_(
					"Step {0} has “{1}”, but no earlier step announces it. Choose for an earlier step a template that does."
				).format(row.step_code, _(row.meta.get_label(field), context=row.doctype)),
			)
	for field in ("for_segments", "not_for_segments"):
		for code in _listed(row.get(field)):
			if not frappe.db.exists("Credit Segment", code):
				_refuse(
					flow, _("Step {0} names segment {1}, which there is not.").format(row.step_code, code)
				)


def _refuse_overlap(flow) -> None:
	"""Refuse a second flow for the same customers at the same time: chance would decide between them."""
	if not flow.enabled:
		return
	own = {_scope_key(row) for row in flow.scopes} or {("", "", "")}
	if len(own) < len(flow.scopes):
		_refuse(flow, _("A row of “For whom” is there twice."))
	for other in _enabled():
		if (
			other.name == flow.name
			or (other.for_company or "") != (flow.for_company or "")
			or not _overlap(other, flow)
		):
			continue
		theirs = {_scope_key(row) for row in other.scopes} or {("", "", "")}
		if shared := own & theirs:
			names = ", ".join(filter(None, next(iter(shared)))) or _("everybody")
			_refuse(
				flow,
				_("Flow {0} is for {1} at the same time. Change its dates or rows, or disable it.").format(
					other.name, names
				),
			)


def _overlap(one, other) -> bool:
	first = max(getdate(one.valid_from or date.min), getdate(other.valid_from or date.min))
	last = min(getdate(one.valid_until or date.max), getdate(other.valid_until or date.max))
	return first <= last


def _scope_key(row) -> tuple[str, str, str]:
	return (row.customer, "", "") if row.customer else ("", row.risk_class or "", row.segment or "")


def _listed(text: str | None) -> list[str]:
	return [part.strip() for part in (text or "").split(",") if part.strip()]


def _enabled() -> list:
	return [
		frappe.get_doc(FLOW, name)
		for name in frappe.get_all(FLOW, {"enabled": 1}, pluck="name", order_by="name")
	]


# ------------------------------------------------------------------ which one
@dataclass(frozen=True, slots=True)
class Terms:
	"""What a step charges, and what belongs to it beside the rules: amounts in the flow's currency."""

	template: str
	deadline_days: int
	fee_basis: str
	fee_amount: Decimal
	interest: str
	claim_compensation: bool
	escalate_to: str
	offers_split: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
	"""A flow as the engine knows it, and its document's other fields."""

	flow: engine.Flow
	terms: dict[str, Terms]
	email_account: str
	quiet_reason: str
	currency: str

	def in_currency(self, rate: Decimal) -> "Chosen":
		"""Return the flow with its amounts in another currency: `rate` is what one unit of its own is worth in that."""
		steps = tuple(
			replace(
				step,
				minimum=step.minimum * rate,
				balance_below=None if step.balance_below is None else step.balance_below * rate,
			)
			for step in self.flow.steps
		)
		terms = {code: replace(one, fee_amount=one.fee_amount * rate) for code, one in self.terms.items()}
		return replace(self, flow=replace(self.flow, steps=steps), terms=terms)


class FlowBook:
	"""The flows of a company on a day, each read once."""

	def __init__(self, company: str, on: date):
		self.company, self.on = company, on
		announced = frappe.get_all(TEMPLATE, fields=["name", *ANNOUNCES])
		self._announces = {
			row.name: frozenset(what for field, what in ANNOUNCES.items() if row[field]) for row in announced
		}
		self._chosen: dict[str, Chosen] = {}
		self._by_scope: dict[tuple[str, str, str], str] = {}
		self._docs = {}
		self._quiet: dict[tuple[str, date], str] = {}
		self._days_off: set[date] | None = None
		# One company's flow goes before one for all: it is written last.
		for doc in sorted(_enabled(), key=lambda d: bool(d.for_company)):
			if doc.for_company and doc.for_company != company:
				continue
			self._docs[doc.name] = doc
			if not _is_valid(doc, on):
				continue
			for key in [_scope_key(row) for row in doc.scopes] or [("", "", "")]:
				self._by_scope[key] = doc.name

	def of(self, customer: str, own_flow: str | None, segment: str, risk_class: str) -> Chosen | None:
		"""Return the flow of a customer, None where no flow is for it."""
		keys = [
			(customer, "", ""),
			("", risk_class, segment) if risk_class and segment else None,
			("", risk_class, "") if risk_class else None,
			("", "", segment) if segment else None,
			("", "", ""),
		]
		names = [own_flow if own_flow in self._docs and _is_valid(self._docs[own_flow], self.on) else None]
		names += [self._by_scope.get(key) for key in keys if key]
		name = next(filter(None, names), None)
		return name and self.chosen(name)

	def chosen(self, name: str) -> Chosen:
		if name not in self._chosen:
			self._chosen[name] = self._read(self._docs[name])
		return self._chosen[name]

	def quiet_reason(self, name: str, on: date) -> str:
		"""Return why a flow rests on a day, empty where it does not."""
		key = name, on
		if key not in self._quiet:
			self._quiet[key] = _quiet_reason(self._docs[name], on, self._is_day_off)
		return self._quiet[key]

	def _is_day_off(self, on: date) -> bool:
		if self._days_off is None:
			self._days_off = days_off(self.company, None, self.on)
		return on in self._days_off

	@property
	def names(self) -> list[str]:
		"""The flows that are in force on the day."""
		return sorted(name for name, doc in self._docs.items() if _is_valid(doc, self.on))

	@property
	def earliest_day(self) -> int:
		"""How many days before the due date the first step of any flow comes (0: none does)."""
		return max([0, *(-cint(row.day) for doc in self._docs.values() for row in doc.steps)])

	def _read(self, doc) -> Chosen:
		return Chosen(
			flow=engine.Flow(doc.name, tuple(self._step(row) for row in doc.steps), cint(doc.shortest_gap)),
			terms={row.step_code: _terms(row) for row in doc.steps},
			email_account=doc.email_account or "",
			quiet_reason=self.quiet_reason(doc.name, self.on),
			currency=doc.amounts_currency or (company_currency(self.company) if self.company else ""),
		)

	def _step(self, row) -> engine.Step:
		return engine.Step(
			code=row.step_code,
			day=cint(row.day),
			channel=row.channel,
			may_be_skipped=bool(row.may_be_skipped),
			minimum=money(row.minimum_amount),
			balance_below=money(row.balance_below) if row.balance_below else None,
			segments=frozenset(_listed(row.for_segments)),
			not_segments=frozenset(_listed(row.not_for_segments)),
			ratings=frozenset(_listed(row.for_ratings)),
			announces=self._announces.get(row.template, frozenset()),
			acts=frozenset(what for field, what in ACTS.items() if row.get(field)),
		)


def _terms(row) -> Terms:
	return Terms(
		template=row.template or "",
		deadline_days=cint(row.deadline_days),
		fee_basis=row.fee_basis or NO_FEE,
		fee_amount=money(row.fee_amount),
		interest=row.interest or NO_INTEREST,
		claim_compensation=bool(row.claim_compensation),
		escalate_to=row.escalate_to or "",
		offers_split=bool(row.offers_split),
	)


def _is_valid(doc, on: date) -> bool:
	return getdate(doc.valid_from or date.min) <= on <= getdate(doc.valid_until or date.max)


def _quiet_reason(doc, on: date, is_off: Callable[[date], bool]) -> str:
	"""Return why nothing goes out on a day, empty where it may."""
	for row in doc.quiet_periods:
		first, last = getdate(row.from_date), getdate(row.until_date)
		if (first <= on <= last) or (row.every_year and _within_year(first, last, on)):
			return row.reason or _("Quiet period")
	if doc.not_on_days_off and is_off(on):
		return _("Day off")
	return ""


def _within_year(first: date, last: date, on: date) -> bool:
	"""Whether a day lies in a yearly period: one from 23 December to 2 January goes over the end of the year."""
	start, end, day = ((d.month, d.day) for d in (first, last, on))
	return start <= day <= end if start <= end else day >= start or day <= end


def payment_days(text: str | None, customer: str) -> tuple[int, ...]:
	"""Return the days of the month on which a customer pays. Raises `DunningError` for what is none."""
	found: set[int] = set()
	for part in _listed(text):
		if not part.isdigit() or not 1 <= int(part) <= 31:
			frappe.throw(
				_(
					"“{0}” of customer {1} is no day of the month. Enter days such as 1, 15; 31 is the last day."
				).format(part, customer),
				DunningError,
				title=_("Pays on"),
			)
		found.add(int(part))
	return tuple(sorted(found))


def known(names: Collection[str]) -> set[str]:
	"""Return which of some flows there are."""
	return set(frappe.get_all(FLOW, {"name": ["in", list(names)]}, pluck="name"))


def _refuse(flow, message: str) -> None:
	frappe.throw(
		_("Flow {0}: {1}").format(frappe.bold(flow.flow_name or flow.name), message),
		DunningError,
		title=_("Dunning flow"),
	)
