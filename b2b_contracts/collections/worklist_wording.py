"""The worklist in words: what to do next and why, and how a priority comes about."""

from collections.abc import Mapping
from decimal import Decimal

from frappe import _
from frappe.utils import fmt_money, formatdate

from b2b_contracts.credit import wording
from b2b_contracts.engine import dunning
from b2b_contracts.engine import worklist as engine
from b2b_contracts.engine.worklist import Factor, Weights

from . import dunning_reasons
from .worklist import Entry

COLOURS = {
	engine.CALL: "red",
	engine.CONTACT: "red",
	engine.HAND_OVER: "red",
	engine.ANSWER_DISPUTE: "orange",
	engine.FIND_ADDRESS: "orange",
	engine.DO_TASK: "orange",
	engine.SET_OFF: "orange",
	engine.REMINDER: "blue",
	engine.WAIT: "gray",
	engine.NOTHING: "darkgrey",
}


# ------------------------------------------------------------------ what to do next
def action_label(action: engine.Action) -> str:
	"""Return what to do in a word or two."""
	return {
		engine.CALL: _("Call"),
		engine.CONTACT: _("Talk to the account manager"),
		engine.REMINDER: _("Reminder"),
		engine.ANSWER_DISPUTE: _("Answer dispute"),
		engine.SET_OFF: _("Set off credits"),
		engine.FIND_ADDRESS: _("Find address"),
		engine.DO_TASK: _("Do task"),
		engine.HAND_OVER: _("Hand over"),
		engine.WAIT: _("Wait"),
		engine.NOTHING: _("Nothing to do"),
	}[action.kind]


def action_reason(entry: Entry, currency: str) -> str:
	"""Return why, in a sentence, with the amounts and days that it is about."""
	action, known = entry.action, entry.known
	unkept = entry.unkept
	day = formatdate(action.day) if action.day else ""
	if action.reason == engine.BROKEN_PROMISE:
		return _("{0}, promised until {1}, did not come.").format(
			wording.money_text(unkept.amount, unkept.currency), formatdate(unkept.until)
		)
	if action.reason == engine.MISSED_INSTALMENT:
		return _("An instalment of the payment plan was not paid ({0}).").format(formatdate(known.missed_on))
	if action.reason == engine.UNANSWERED_DISPUTE:
		return _("Dispute {0} of {1} has no answer of ours yet.").format(
			known.dispute, formatdate(known.unanswered_since)
		)
	if action.reason == engine.EXCLUDED:
		why = next((a.account.excluded for a in entry.accounts if a.account.excluded), "")
		why = why or next((part.item.excluded for part, _rate in entry.parts if part.item.excluded), "")
		return _("Excluded from dunning: {0}").format(why)
	if action.reason == engine.TASK:
		return _task_reason(entry, day)
	if action.reason == engine.HELD:
		return entry.held
	if action.reason == engine.STEP:
		return _step_reason(action, day)
	if action.reason == engine.NO_ADDRESS:
		return _("Step {0} is due, and neither an e-mail nor a postal address is known.").format(
			action.step.code
		)
	return _set_aside_reason(entry, currency, day)


def _task_reason(entry: Entry, day: str) -> str:
	action = entry.action
	task = next(task for task in entry.known.tasks if task.name == action.task)
	kind = _(task.kind, context="Collection Task")
	if action.kind == engine.WAIT:
		return _("{0} ({1}) comes on {2}.").format(kind, task.name, day)
	return _("{0} ({1}) has been due since {2}.").format(kind, task.name, formatdate(task.due))


def _step_reason(action: engine.Action, day: str) -> str:
	step = action.step
	channel = _(step.channel)
	if action.kind == engine.WAIT:
		return _("Step {0} ({1}) comes on {2}.").format(step.code, channel, day)
	if action.kind == engine.REMINDER:
		return _("Step {0} ({1}) is reached: it goes with the next dunning run.").format(step.code, channel)
	return _("Step {0} ({1}) is reached.").format(step.code, channel)


def _set_aside_reason(entry: Entry, currency: str, day: str) -> str:
	def amount(reason: str) -> str:
		return wording.money_text(entry.left_out.get(reason, Decimal(0)), currency)

	reason = entry.action.reason
	if reason == engine.INSOLVENT:
		return _("Insolvent: what is owed is claimed in the proceedings.")
	if reason == engine.IN_CASE:
		return _("{0} is in a collection case.").format(amount(dunning.IN_CASE))
	if reason == engine.COVERED:
		return _("Credits of {0} are set against nothing yet and would cover what is overdue.").format(
			amount(dunning.COVERED)
		)
	if reason == engine.AWAITED:
		return _("{0} is on its way by a payment slip, until {1}.").format(amount(dunning.AWAITED), day)
	if reason == engine.PROMISED:
		return _("{0} is promised, next until {1}.").format(amount(dunning.PROMISED), day)
	if reason == engine.IN_PLAN and day:
		return _("{0} is in a payment plan; the next instalment is due on {1}.").format(
			amount(dunning.IN_PLAN), day
		)
	if reason == engine.IN_PLAN:
		return _("{0} is in a payment plan.").format(amount(dunning.IN_PLAN))
	if reason == engine.IN_DISPUTE:
		return _("{0} is disputed, for {1} days.").format(amount(dunning.DISPUTED), entry.known.dispute_days)
	return {
		engine.NO_STEP: _("No further step of the dunning flow comes: decide how it goes on."),
		engine.NO_FLOW: _("No dunning flow is for this customer, so nothing goes out by itself."),
		engine.NOTHING_DUE: _("Nothing is overdue."),
		engine.CONTACTED: _("Somebody has spoken with them, or tried to, today."),
	}[reason]


def left_out(amounts: Mapping[str, Decimal], currency: str) -> list[str]:
	"""Return what of the overdue is not chased, each with its reason, the most first."""
	named = dunning_reasons.reasons()
	ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
	return [
		f"{named[reason]}: {wording.money_text(amount, currency)}" for reason, amount in ordered if amount
	]


# ------------------------------------------------------------------ how urgent, and why
def factor_label(factor: Factor) -> str:
	return {
		engine.AMOUNT: _("Amount"),
		engine.AGE: _("Age"),
		engine.RISK: _("Risk"),
		engine.BROKEN_PROMISES: _("Broken promises"),
		engine.DISPUTE_AGE: _("Age of the dispute"),
	}[factor.name]


def factor_text(factor: Factor, debt: engine.Debt, weights: Weights, currency: str) -> str:
	"""Return how a factor comes about."""
	if factor.name == engine.AMOUNT:
		return _amount_text(factor, debt, weights, currency)
	if factor.name == engine.AGE:
		return _("{0} days late on average, {1} at most; each {2} days add {3} to 1.").format(
			_number(factor.measured), weights.age_most, weights.age_days, _number(weights.age_weight, 2)
		)
	if factor.name == engine.RISK:
		if factor.measured:
			return _("Risk class {0}.").format(factor.measured)
		return _("No risk class.")
	if factor.name == engine.BROKEN_PROMISES:
		return _("Promises not kept: {0}, {1} at most; each adds {2} to 1.").format(
			_number(factor.measured, 0), weights.broken_most, _number(weights.broken_weight, 2)
		)
	return _("The oldest dispute is {0} days old, {1} at most; each {2} days add {3} to 1.").format(
		_number(factor.measured, 0),
		weights.dispute_most,
		weights.dispute_days,
		_number(weights.dispute_weight, 2),
	)


def _amount_text(factor: Factor, debt: engine.Debt, weights: Weights, currency: str) -> str:
	unit = wording.money_text(weights.amount_unit, currency)
	if not debt.disputed:
		return _("{0} can be asked for; {1} make one point.").format(
			wording.money_text(debt.chased, currency), unit
		)
	return _("{0} can be asked for and {1} % of {2} that is disputed count; {3} make one point.").format(
		wording.money_text(debt.chased, currency),
		_number(weights.disputed_percent, 0),
		wording.money_text(debt.disputed, currency),
		unit,
	)


def formula() -> str:
	"""Return the formula in a sentence."""
	return _(
		"Priority = amount × age × risk × broken promises × age of the dispute. Credit managers set what each of them weighs."
	)


def _number(value: Decimal, places: int = 1) -> str:
	"""Return a number as the user's system writes it, without zeros that say nothing."""
	rounded = round(value, places)
	if rounded == rounded.to_integral_value():
		places = 0
	return fmt_money(float(rounded), precision=places)
