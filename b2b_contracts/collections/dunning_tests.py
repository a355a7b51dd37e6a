"""Tests of a dunning step: what a variant may change, and which variant a customer's notice gets (requirements §3).

A variant changes words, sender, channel or time, never what the notice has to say or may charge: its template announces what
the step's does, its channel is one that can carry that, and it is only ever later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, cint, formatdate, getdate
from pypika.queries import QueryBuilder

from b2b_contracts.engine import dunning as engine
from b2b_contracts.engine import variants
from b2b_contracts.exceptions import DunningError

from . import dunning_flows, dunning_templates
from .dunning_notices import NOTICE, RUN

TEST = "Dunning Test"
SENT_RUNS = ("Sending", "Completed")
# Whatever else goes by registered letter or as a legal notice does so because it has to be proved.
CHANNELS = (engine.EMAIL, engine.SMS, engine.LETTER, engine.REGISTERED_LETTER)
MAY_CHANGE_CHANNEL = (engine.EMAIL, engine.SMS, engine.LETTER)
MOST_VARIANTS = 5
LEAST_SAMPLE = 30
"""Below it an interval is so wide that it says nothing."""
MOST_DAYS = 90
DIFFERS = ("template", "email_account", "channel", "days_later")
# What decides who is in a test, and what it measures.
FIXED = ("flow", "step_code", "from_date", "minimum_sample", "paid_within_days")


# ------------------------------------------------------------------ what may be saved
def check(test) -> None:
	"""Refuse a test that could not be run, that would make a notice unlawful, or that was changed after it had begun."""
	test.step_code = (test.step_code or "").strip()
	_check_figures(test)
	_refuse_change(test)
	flow = frappe.get_doc(dunning_flows.FLOW, test.flow)
	step = _step_of(test, flow)
	test.step_day = step.day
	_check_rows(test)
	for row in test.variants:
		_check_variant(test, row, flow, step)
	_refuse_overlap(test)


def _check_figures(test) -> None:
	if test.until_date and getdate(test.until_date) < getdate(test.from_date):
		_refuse(
			test,
			_("It ends on {0}, before it begins on {1}.").format(
				formatdate(test.until_date), formatdate(test.from_date)
			),
		)
	if cint(test.minimum_sample) < LEAST_SAMPLE:
		_refuse(
			test,
			_("{0} customers of each variant say nothing. Enter {1} or more.").format(
				cint(test.minimum_sample), LEAST_SAMPLE
			),
		)
	if not 1 <= cint(test.paid_within_days) <= MOST_DAYS:
		_refuse(
			test,
			_("Customers get 1 to {0} days to pay in, not {1}.").format(
				MOST_DAYS, cint(test.paid_within_days)
			),
		)


def _refuse_change(test) -> None:
	before = test.get_doc_before_save()
	if not before or not has_begun(test.name):
		return
	for field in FIXED:
		if test.has_value_changed(field):
			_refuse_late(test, _(test.meta.get_label(field), context=TEST))
	if [_row_key(row) for row in before.variants] != [_row_key(row) for row in test.variants]:
		_refuse_late(test, _(test.meta.get_label("variants"), context=TEST))


def _row_key(row) -> tuple:
	return row.label, cint(row.weight), *_differences(row)


def _differences(row) -> tuple:
	return tuple(cint(row.get(f)) if f == "days_later" else row.get(f) or "" for f in DIFFERS)


def _refuse_late(test, label: str) -> None:
	_refuse(
		test,
		_(
			"Customers are in it already, so “{0}” stays as it is: the figures would compare what is not alike. Stop it and make a new test."
		).format(label),
	)


def has_begun(name: str) -> bool:
	"""Whether customers have come into a test."""
	return bool(notices_of(name).limit(1).run())


def notices_of(name: str) -> QueryBuilder:
	"""Return a query of (name, customer, variant, run_date) of the notices by which a test came to customers, in their order.

	A run that was only looked at says nothing: neither was anybody reminded, nor did anybody wait.
	"""
	notice, run = frappe.qb.DocType(NOTICE), frappe.qb.DocType(RUN)
	return (
		frappe.qb.from_(notice)
		.join(run)
		.on(run.name == notice.run)
		.select(notice.name, notice.customer, notice.variant, notice.run_date)
		.where((notice.test == name) & (run.mode == "Real") & run.status.isin(SENT_RUNS))
		.orderby(notice.run_date)
		.orderby(notice.name)
	)


def variant_of(test, customer: str) -> str:
	"""Return the variant of a test that a customer has."""
	return variants.assigned(test.name, customer, {row.label: cint(row.weight) for row in test.variants})


def _check_rows(test) -> None:
	if not 2 <= len(test.variants) <= MOST_VARIANTS:
		_refuse(
			test, _("Enter 2 to {0} variants. One without anything of its own is the step as it is.").format(
				MOST_VARIANTS
			)
		)  # fmt: skip
	seen: dict[tuple, str] = {}
	for row in test.variants:
		row.label = (row.label or "").strip()
		if row.label in seen.values():
			_refuse(test, _("Two variants are called {0}. Give each a name of its own.").format(row.label))
		if cint(row.weight) < 1:
			_refuse(
				test, _("The weight of variant {0} is {1}. Enter 1 or more.").format(row.label, row.weight)
			)
		key = _differences(row)
		if key in seen:
			_refuse(
				test,
				_("Variants {0} and {1} are the same. Let them differ in something.").format(
					seen[key], row.label
				),
			)
		seen[key] = row.label


def _step_of(test, flow):
	step = next((row for row in flow.steps if row.step_code == test.step_code), None)
	if not step:
		_refuse(
			test,
			_("Flow {0} has no step {1}. Its steps are: {2}.").format(
				flow.name, test.step_code, ", ".join(row.step_code for row in flow.steps)
			),
		)
	if step.channel in engine.BY_PERSON:
		_refuse(
			test,
			_("Step {0} is a person's, not written: there is nothing to vary. Choose a written step.").format(
				step.step_code
			),
		)
	return step


def _check_variant(test, row, flow, step) -> None:
	channel, template = row.channel or step.channel, row.template or step.template
	announces = _announced_by(step.template)
	if row.template and _announced_by(row.template) != announces:
		_refuse_variant(
			test,
			row,
			_("Template {0} announces “{1}”, that of step {2} “{3}”. Later steps rely on it: choose one that announces the same.").format(
				row.template, _listed(_announced_by(row.template)), step.step_code, _listed(announces)
			),
		)  # fmt: skip
	if channel != step.channel:
		_check_channel(test, row, step, announces)
	if channel == engine.SMS and (missing := dunning_templates.without_sms(template)):
		_refuse_variant(
			test,
			row,
			_("Template {0} has no text for an SMS in: {1}. Fill it in there.").format(
				template, ", ".join(missing)
			),
		)
	if row.email_account:
		_check_sender(test, row, channel)
	if cint(row.days_later):
		_check_days(test, row, flow, step)


def _check_channel(test, row, step, announces: frozenset[str]) -> None:
	if step.channel not in MAY_CHANGE_CHANNEL or row.channel not in CHANNELS:
		_refuse_variant(
			test,
			row,
			_("Step {0} goes by {1}, so that it can be proved: its channel is not for a test.").format(
				step.step_code, _(step.channel, context="Dunning Flow Step")
			),
		)
	charges = (
		step.fee_basis not in ("", None, dunning_flows.NO_FEE)
		or step.interest == dunning_flows.CLAIM
		or step.claim_compensation
	)
	if row.channel == engine.SMS and (charges or announces):
		_refuse_variant(
			test,
			row,
			_("Step {0} charges or announces something, which an SMS is too short for. Choose another channel.").format(
				step.step_code
			),
		)  # fmt: skip


def _check_sender(test, row, channel: str) -> None:
	if channel != engine.EMAIL:
		_refuse_variant(test, row, _("Only an e-mail has a sender, and it goes by {0}.").format(_(channel)))
	if not frappe.db.get_value("Email Account", row.email_account, "enable_outgoing"):
		_refuse_variant(
			test,
			row,
			_("Email account {0} does not send. Enable outgoing mail there, or choose another.").format(
				row.email_account
			),
		)


def _check_days(test, row, flow, step) -> None:
	day = cint(step.day) + cint(row.days_later)
	following = min((cint(s.day) for s in flow.steps if cint(s.day) > cint(step.day)), default=None)
	if following is not None and day >= following:
		_refuse_variant(
			test,
			row,
			_("It would come on day {0}, but the next step comes on day {1}. Enter {2} days or fewer.").format(
				day, following, following - cint(step.day) - 1
			),
		)  # fmt: skip
	if cint(step.day) < 0 <= day:
		_refuse_variant(test, row, _("It would come on day {0}, after the due date.").format(day))


def _announced_by(template: str | None) -> frozenset[str]:
	row = template and frappe.db.get_value(
		dunning_flows.TEMPLATE, template, list(dunning_flows.ANNOUNCES), as_dict=True
	)
	return frozenset(what for field, what in dunning_flows.ANNOUNCES.items() if row and row[field])


def _listed(announced: Iterable[str]) -> str:
	return ", ".join(_(what) for what in sorted(announced)) or _("nothing")


def _refuse_overlap(test) -> None:
	if not test.enabled:
		return
	for other in frappe.get_all(
		TEST,
		{"flow": test.flow, "step_code": test.step_code, "enabled": 1, "name": ["!=", test.name or ""]},
		["name", "from_date", "until_date"],
	):
		first = max(getdate(test.from_date), getdate(other.from_date))
		if first <= min(getdate(test.until_date or date.max), getdate(other.until_date or date.max)):
			_refuse(
				test,
				_("Test {0} is of the same step at the same time. Stop one, or change its days.").format(
					other.name
				),
			)


def check_flow(flow) -> None:
	"""Refuse a flow that a test which is running does not fit any more."""
	for test in _running(getdate(), flow=flow.name):
		step = _step_of(test, flow)
		for row in test.variants:
			_check_variant(test, row, flow, step)


def check_template(template: str) -> None:
	"""Refuse a template that does not announce any more what a test which is running relies on."""
	rows = frappe.get_all("Dunning Test Variant", {"template": template}, pluck="parent")
	steps = frappe.get_all("Dunning Flow Step", {"template": template}, pluck="parent")
	flows = {*steps, *frappe.get_all(TEST, {"name": ["in", [*rows, ""]]}, pluck="flow")}
	for name in sorted(flows):
		check_flow(frappe.get_doc(dunning_flows.FLOW, name))


def refuse_deletion(test) -> None:
	if has_begun(test.name):
		_refuse(test, _("Customers are in it: its figures are kept. Stop it instead."))


def _refuse_variant(test, row, message: str) -> None:
	_refuse(test, _("Variant {0}: {1}").format(row.label, message))


def _refuse(test, message: str) -> None:
	frappe.throw(
		_("Test {0}: {1}").format(frappe.bold(test.test_name or test.name), message),
		DunningError,
		title=_("Dunning test"),
	)


# ------------------------------------------------------------------ which one a notice gets
def _running(on: date, **filters) -> list:
	"""Return the tests that customers come into on a day."""
	return [test for test in _to_come(on, **filters) if _runs(test, on)]


def _to_come(on: date, **filters) -> list:
	"""Return the tests that customers come into on a day or later; those of which the last day is over are read no more."""
	rows = frappe.get_all(TEST, {"enabled": 1, **filters}, ["name", "until_date"], order_by="name")
	return [
		frappe.get_doc(TEST, row.name) for row in rows if not row.until_date or getdate(row.until_date) >= on
	]


def _runs(test, on: date) -> bool:
	return getdate(test.from_date) <= on <= getdate(test.until_date or date.max)


class TestBook:
	"""The tests that run on a day or later, each read once."""

	# Not one of pytest's.
	__test__ = False

	def __init__(self, on: date):
		self.on = on
		self._tests: dict[tuple[str, str], list] = {}
		for test in _to_come(on):
			self._tests.setdefault((test.flow, test.step_code), []).append(test)
		names = {row.template for test in self._all() for row in test.variants if row.template}
		self._announces = {name: _announced_by(name) for name in names}

	def _all(self) -> list:
		return [test for tests in self._tests.values() for test in tests]

	def shifted(self, flow: engine.Flow, customer: str) -> list[engine.Flow]:
		"""Return a flow as it is with the days of the variants that a customer has: of each test that has it wait."""
		found = []
		for test in self._all():
			later = cint(_row_of(test, customer).days_later) if test.flow == flow.name else 0
			if later:
				found.append(_later(flow, test.step_code, later))
		return found

	def turns(self, flow: str) -> set[date]:
		"""Return the days to come on which a test of a flow begins, or is over."""
		days = set()
		for test in self._all():
			if test.flow == flow:
				days.add(getdate(test.from_date))
				if test.until_date:
					days.add(getdate(add_days(test.until_date, 1)))
		return {day for day in days if day > self.on}

	def taken(
		self,
		chosen: dunning_flows.Chosen | None,
		customer: str,
		planned: engine.Planned | None,
		on: date | None = None,
	) -> "Taken | None":
		"""Return the variant of a customer whose message is of a step that is tested, None where nothing is."""
		if not planned or planned.reason or not planned.step or chosen.quiet_reason:
			return None
		of_step = self._tests.get((chosen.flow.name, planned.step.code), ())
		test = next((test for test in of_step if _runs(test, on or self.on)), None)
		if not test:
			return None
		row = _row_of(test, customer)
		if row.template and self._announces[row.template] != planned.step.announces:
			# Saving a flow or template sees to it; whatever got past that must not cost an announcement.
			return None
		return Taken(test.name, row, chosen.flow, planned)


def _row_of(test, customer: str):
	label = variant_of(test, customer)
	return next(row for row in test.variants if row.label == label)


def _later(flow: engine.Flow, code: str, days: int) -> engine.Flow:
	"""Return a flow with one of its steps some days later."""
	steps = (replace(step, day=step.day + days) if step.code == code else step for step in flow.steps)
	return replace(flow, steps=tuple(steps))


@dataclass(frozen=True, slots=True)
class Taken:
	"""The variant of a customer, and what it would get without one."""

	test: str
	row: object
	flow: engine.Flow
	as_it_is: engine.Planned

	@property
	def label(self) -> str:
		return self.row.label

	def planned(self, account: engine.Account, on: date) -> engine.Planned:
		"""Return what a customer gets: nothing yet, where its variant has the step later."""
		later = cint(self.row.days_later)
		if not later:
			return self.as_it_is
		flow = _later(self.flow, self.as_it_is.step.code, later)
		found = engine.plan(flow, self._waiting(account), on)
		return found or engine.Planned((), kept_back=self.as_it_is.parts, reason=engine.WAITS)

	def _waiting(self, account: engine.Account) -> engine.Account:
		"""Return the account with what has come to the step as if it had had the one before: it waits for this one, and is not
		sent an earlier one meanwhile that it was late for."""
		position = self.flow.position(self.as_it_is.step.code)
		if not position:
			return account
		before = self.flow.steps[position - 1]
		keys = {p.item.key for p in self.as_it_is.parts if p.step and p.step.code == self.as_it_is.step.code}
		had = engine.Had(before.code, before.day, date.min)
		items = (replace(item, had=(*item.had, had)) if item.key in keys else item for item in account.items)
		return replace(account, items=tuple(items))

	def shape(self, notice) -> None:
		"""Let a notice go as the variant has it, where it is the step that is tested."""
		if not notice.planned.step or notice.planned.step.code != self.as_it_is.step.code:
			return
		notice.step = replace(notice.step, channel=self.row.channel or notice.step.channel)
		notice.terms = replace(notice.terms, template=self.row.template or notice.terms.template)
		notice.email_account = self.row.email_account or ""
