"""Whether a contract goes on: decided in time, with a reason, by whoever may; and what it costs when time has run out
(requirements §6)."""

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.credit import private_files, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms

from . import events, facts, in_force, letters, life_cycle
from .contracts import refuse

RENEW, RENEGOTIATE, TERMINATE = "Renew", "Renegotiate", "Terminate"


# ------------------------------------------------------------------ what it costs
def outlook(doc) -> dict:
	"""Return what a notice that is given today would bring: `{effective, in_time, missed_end, extra_days, cost, currency, text}`,
	the cost in the contract's currency."""
	outcome = terms.notice_given(facts.term_of(doc), getdate())
	cost = terms.cost_of_delay(outcome, money(doc.annual_value))
	return {
		"effective": str(outcome.effective),
		"in_time": outcome.in_time,
		"missed_end": str(outcome.missed_end) if outcome.missed_end else None,
		"extra_days": outcome.extra_days,
		"cost": number(cost),
		"currency": doc.currency,
		"text": _said(doc, outcome, cost),
	}


def _said(doc, outcome: terms.Outcome, cost) -> str:
	if outcome.missed_end is None:
		return _("Notice given today ends the contract on {0}.").format(formatdate(outcome.effective))
	if not cost:
		return _(
			"The deadline has passed: notice given today ends the contract on {0} instead of {1}, {2} days later. What that is worth is not known without an annual value."
		).format(formatdate(outcome.effective), formatdate(outcome.missed_end), outcome.extra_days)
	return _(
		"The deadline has passed: notice given today ends the contract on {0} instead of {1}, {2} days later. At its annual value that is {3}."
	).format(
		formatdate(outcome.effective),
		formatdate(outcome.missed_end),
		outcome.extra_days,
		wording.money_text(cost, doc.currency),
	)


# ------------------------------------------------------------------ decided
def decide(name: str, decision: str, reason: str, new_end: str | None = None):
	"""Decide that a contract is renewed or renegotiated. A fixed one is renewed until a day, `new_end`, or by its months of
	renewal; one that renews itself is let. Returns the contract."""
	steps = {RENEW: life.RENEW, RENEGOTIATE: life.RENEGOTIATE}
	if decision not in steps:
		refuse(_("{0} is no decision about a renewal.").format(decision), _("Decision"))
	doc = in_force.locked_doc(name)
	life_cycle.require(doc, steps[decision])
	reason = life_cycle.need_reason(reason)
	term = facts.term_of(doc)
	values = {
		"status": life.after(doc.status, steps[decision]),
		"renewal_decision": decision,
		# What was decided before is open again, and its deadline is reminded of.
		"decided_for": None,
		"decided_by": frappe.session.user,
		"decision_reason": reason,
	}
	if decision == RENEW:
		if term.duration == terms.NO_END:
			refuse(_("Contract {0} has no end: there is nothing to renew.").format(name), _("No end"))
		if term.renews:
			values["decided_for"] = terms.free_end(term, getdate())
		else:
			values |= _extended(doc, term, new_end)
	said = _("Decided: it is renewed") if decision == RENEW else _("Decided: it is renegotiated")
	life_cycle.move(doc, values, events.DECISION, reason, said=said)
	return doc


def _extended(doc, term: terms.Term, new_end: str | None) -> dict:
	"""Return the fields of a fixed contract that is renewed."""
	end = terms.period(term, 1).end
	if new_end:
		later = getdate(new_end)
	elif term.renewal_months:
		later = terms.anniversary(end + terms.ONE_DAY, term.renewal_months) - terms.ONE_DAY
	else:
		refuse(_("Say until which day contract {0} is renewed.").format(doc.name), _("New end"))
	if later <= end:
		refuse(
			_("Contract {0} runs until {1} anyway. Renew it until a later day than {2}.").format(
				doc.name, formatdate(end), formatdate(later)
			),
			_("New end"),
		)
	return {"first_end_date": later, "initial_months": 0, "decided_for": None}


def end_renegotiation(name: str, reason: str):
	"""Let a contract that was renegotiated go on as it is. Returns it."""
	doc = in_force.locked_doc(name)
	life_cycle.require(doc, life.END_RENEWAL)
	values = {"status": life.ACTIVE, "renewal_decision": None, "decided_by": None, "decision_reason": None}
	life_cycle.move(doc, values, events.DECISION, life_cycle.need_reason(reason))
	return doc


# ------------------------------------------------------------------ ended
def terminate(
	name: str,
	kind: str,
	given_on: str,
	reason: str,
	ends_on: str | None = None,
	document: str | None = None,
	cause: str | None = None,
):
	"""Write down that notice of a contract was given, or came from the customer: when, whether that was in time, and when the
	contract ends by it; and write the letter that goes to the customer. `ends_on` and `cause`, in the words of the letter, count for
	a termination for cause alone. Returns the contract, with the name of the letter as its flag `letter`."""
	if kind not in terms.TERMINATIONS:
		refuse(_("{0} is no kind of termination.").format(kind), _("Termination"))
	doc = in_force.locked_doc(name)
	life_cycle.require(doc, life.TERMINATE)
	reason = life_cycle.need_reason(reason)
	day = getdate(given_on)
	if day > getdate():
		refuse(
			_("{0} is still to come. Enter the day on which notice was given or came in.").format(
				formatdate(day)
			),
			_("Notice"),
		)
	if document and private_files.readable(document) is None:
		refuse(_("The file of the notice is not there, or not open to you."), _("File"))
	outcome = outcome_of(facts.term_of(doc), kind, day, ends_on)
	cause = letters.need_cause(kind, cause, document)
	values = {
		"renewal_decision": TERMINATE,
		"decided_by": frappe.session.user,
		"decision_reason": reason,
		"termination_kind": kind,
		"notice_given_on": day,
		"notice_in_time": int(outcome.in_time),
		"terminated_on": outcome.effective,
		"notice_document": document or None,
	}
	said = _("Notice: {0}. It ends on {1}.").format(
		_(kind, context=doc.doctype), formatdate(outcome.effective)
	)
	life_cycle.move(doc, values, events.TERMINATION, reason, said=said)
	doc.flags.letter = letters.of_termination(doc, outcome, cause, document).name
	if outcome.missed_end:
		cost = terms.cost_of_delay(outcome, money(doc.annual_value))
		frappe.msgprint(_said(doc, outcome, cost), title=_("Notice came late"), indicator="orange")
	return doc


def outcome_of(term: terms.Term, kind: str, day, ends_on: str | None) -> terms.Outcome:
	"""Return what comes of a notice of some kind; refuses one for cause that ends a contract before it was given."""
	if kind != terms.CAUSE:
		return terms.notice_given(term, day)
	if ends_on and getdate(ends_on) < day:
		refuse(
			_("Notice of {0} cannot end a contract on {1}, before it was given. Enter a later day.").format(
				formatdate(day), formatdate(getdate(ends_on))
			),
			_("Ends before notice"),
		)
	return terms.for_cause(term, day, getdate(ends_on) if ends_on else None)
