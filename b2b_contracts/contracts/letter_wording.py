"""What a letter about the end of a contract says, in the language of the moment (requirements §6).

The reason of the decision is our own and is in no letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts.credit.letters import day_text
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine.contract_terms import Outcome

from . import facts


@dataclass(frozen=True, slots=True)
class Words:
	"""The subject of a letter, and its paragraphs as plain text."""

	subject: str
	paragraphs: tuple[str, ...]


def notice(doc, outcome: Outcome, cause: str = "") -> Words:
	"""Return our notice of a contract: for convenience, or for a cause that the letter names."""
	if doc.termination_kind == terms.CAUSE:
		return Words(
			_("Termination for cause: {0}").format(_contract(doc)),
			(_dear(doc), *_for_cause(doc, outcome, cause), *_until_then(doc, outcome)),
		)
	return Words(
		_("Notice of termination: {0}").format(_contract(doc)),
		(_dear(doc), *_for_convenience(doc, outcome), *_until_then(doc, outcome)),
	)


def acknowledgement(doc, outcome: Outcome) -> Words:
	"""Return our answer to a notice that came from the customer: when it came, whether in time, and when the contract ends."""
	came = _("On {0} we received your notice of termination of our contract {1}.").format(
		day_text(outcome.given_on), _named(doc)
	)
	return Words(
		_("Your notice of termination: {0}").format(_contract(doc)),
		(
			*(_dear(doc), came, *_in_time(doc, outcome), *_until_then(doc, outcome)),
			_("If you understand the contract differently, please let us know."),
		),
	)


# ------------------------------------------------------------------ paragraphs
def _dear(doc) -> str:
	return _("Dear {0},").format(doc.customer_name or doc.customer)


def _contract(doc) -> str:
	return f"{doc.title} ({doc.name})"


def _named(doc) -> str:
	return (
		_("“{0}”, signed on {1}").format(doc.title, day_text(doc.signed_on)) if doc.signed_on else doc.title
	)


def _for_convenience(doc, outcome: Outcome) -> Iterator[str]:
	yield _("We hereby give notice of termination of our contract {0}.").format(_named(doc))
	term = facts.term_of(doc)
	if term.notice.length:
		yield _("With the agreed period of notice of {0} the contract ends on {1}.").format(
			period_text(term.notice), day_text(outcome.effective)
		)
	else:
		yield _("The contract ends on {0}.").format(day_text(outcome.effective))
	yield from _deadline(term, outcome)
	if term.renews or term.duration == terms.NO_END:
		yield _(
			"Should it not be possible to end it on that day, this notice ends it on the first day on which it can be ended thereafter."
		)


def _deadline(term: terms.Term, outcome: Outcome) -> Iterator[str]:
	"""Say by when notice has to be given, where a contract has ends."""
	if term.duration == terms.NO_END or not term.notice.length:
		return
	if outcome.missed_end is not None:
		yield _("Notice to end it on {0} had to be given by {1}.").format(
			day_text(outcome.missed_end), day_text(terms.notice_deadline(outcome.missed_end, term.notice))
		)
	elif outcome.in_time:
		yield _("Notice to end it on that day has to be given by {0}; this notice is in time.").format(
			day_text(terms.notice_deadline(outcome.effective, term.notice))
		)


def _for_cause(doc, outcome: Outcome, cause: str) -> Iterator[str]:
	yield _("We hereby terminate our contract {0} for the following cause:").format(_named(doc))
	yield cause
	if outcome.effective <= outcome.given_on:
		yield _("The termination takes effect at once: the contract ends on {0}.").format(
			day_text(outcome.effective)
		)
	else:
		yield _("The contract ends on {0}.").format(day_text(outcome.effective))
	term = facts.term_of(doc)
	if term.renews or term.duration == terms.NO_END:
		regular = terms.notice_given(term, outcome.given_on)
		if regular.effective > outcome.effective:
			yield _(
				"As a precaution we also give notice with the agreed period of notice, which ends the contract on {0} at the latest."
			).format(day_text(regular.effective))
	yield _("We reserve all other rights and claims.")


def _in_time(doc, outcome: Outcome) -> Iterator[str]:
	term = facts.term_of(doc)
	if outcome.missed_end is not None:
		yield _(
			"Notice to end it on {0} had to reach us by {1}. With the agreed period of notice of {2} the contract therefore ends on {3}."
		).format(
			day_text(outcome.missed_end),
			day_text(terms.notice_deadline(outcome.missed_end, term.notice)),
			period_text(term.notice),
			day_text(outcome.effective),
		)
		return
	if not outcome.in_time:
		yield _("Notice did not come in time, but the contract ends by itself on {0}.").format(
			day_text(outcome.effective)
		)
		return
	if term.notice.length:
		yield _("It came in time. With the agreed period of notice of {0} the contract ends on {1}.").format(
			period_text(term.notice), day_text(outcome.effective)
		)
	else:
		yield _("It came in time. The contract ends on {0}.").format(day_text(outcome.effective))


def _until_then(doc, outcome: Outcome) -> Iterator[str]:
	if outcome.effective > outcome.given_on:
		yield _("Until that day both sides carry out the contract as agreed.")
	years = cint(doc.confidentiality_years)
	if years:
		yield _(
			"What was agreed to last beyond the end stays in force, including confidentiality until {0}."
		).format(day_text(_years_later(outcome.effective, years)))
	else:
		yield _("What was agreed to last beyond the end of the contract stays in force.")


def _years_later(day: date, years: int) -> date:
	return terms.period_end(getdate(day) + terms.ONE_DAY, years * terms.MONTHS_A_YEAR)


def period_text(notice: terms.Notice) -> str:
	"""Return a period of notice in words: days stay days, and months stay months."""
	if notice.unit == terms.DAYS:
		return _("one day") if notice.length == 1 else _("{0} days").format(notice.length)
	if notice.unit == terms.MONTHS:
		return _("one month") if notice.length == 1 else _("{0} months").format(notice.length)
	if notice.length == 1:
		return _("one month to the end of a month")
	return _("{0} months to the end of a month").format(notice.length)
