"""What the law did to a letter, as a sentence (requirements §3.1): one for every check that the engine makes."""

from collections.abc import Callable
from datetime import date

from frappe import _
from frappe.utils import formatdate

from b2b_contracts.credit.wording import money_text
from b2b_contracts.engine import dunning_law as law
from b2b_contracts.engine.dunning_law import APPLIED, DROPPED, MOVED, REDUCED, WARNED, Check
from b2b_contracts.engine.money import to_cents


def check_text(check: Check, currency: str) -> str:
	"""Return what a rule did to a letter, in one sentence or two; amounts are in `currency`."""
	say = _SENTENCES.get((check.rule, check.outcome), _plain)
	text = say(check, currency)
	if check.is_confirmed or check.rule == law.RATE:
		return text
	return " ".join((text, _("Nobody has confirmed this figure yet.")))


def _plain(check: Check, currency: str) -> str:
	return "{0}: {1}".format(_(check.rule), _(check.outcome))


# ------------------------------------------------------------------ fees
def _fee_applied(check: Check, currency: str) -> str:
	return _("The fee of {0} is within the {1} that the law allows.").format(
		money_text(check.after, currency), money_text(check.limit, currency)
	)


def _fee_reduced(check: Check, currency: str) -> str:
	return _("The fee is lowered from {0} to {1}, the most that the law allows.").format(
		money_text(check.before, currency), money_text(check.after, currency)
	)


def _no_such_fee(check: Check, currency: str) -> str:
	return _("No fee: the law has none for such a letter.")


def _counted_per_claim(check: Check, currency: str) -> str:
	return _("Fee {0} of the {1} that a claim bears at most.").format(check.number + 1, check.limit)


def _too_many_per_claim(check: Check, currency: str) -> str:
	return _("No fee: the claim has borne {0} already, and {1} is the most.").format(
		check.number, check.limit
	)


def _counted_per_arrears(check: Check, currency: str) -> str:
	return _("Fee {0} of the {1} at most within one unbroken period of arrears.").format(
		check.number + 1, check.limit
	)


def _too_many_per_arrears(check: Check, currency: str) -> str:
	return _(
		"No fee: {0} were charged since the customer is in arrears without a break, and {1} is the most."
	).format(check.number, check.limit)


def _apart(check: Check, currency: str) -> str:
	return _("{0} days since the last fee; the law asks for {1}.").format(check.number, check.limit)


def _not_apart(check: Check, currency: str) -> str:
	return _(
		"No fee: {0} days since the last one, and the law asks for {1}. From {2} on there may be one."
	).format(check.number, check.limit, formatdate(check.day))


def _moved_apart(check: Check, currency: str) -> str:
	return _("Moved from {0} to {1}: {2} days since the last fee, and the law asks for {3}.").format(
		formatdate(check.before), formatdate(check.after), check.number, check.limit
	)


def _ripe(check: Check, currency: str) -> str:
	return _("{0} days after the due date; a fee takes {1}.").format(check.number, check.limit)


def _not_ripe(check: Check, currency: str) -> str:
	return _(
		"No fee: {0} days after the due date, and the law asks for {1}. From {2} on there may be one."
	).format(max(0, check.number), check.limit, formatdate(check.day))


def _moved_ripe(check: Check, currency: str) -> str:
	return _("Moved from {0} to {1}: a fee takes {2} days from the due date.").format(
		formatdate(check.before), formatdate(check.after), check.limit
	)


def _overdue(check: Check, currency: str) -> str:
	return _("The claim is overdue.")


def _not_overdue(check: Check, currency: str) -> str:
	return _("Nothing is charged: no claim is overdue yet.")


def _moved_overdue(check: Check, currency: str) -> str:
	return _("Moved from {0} to {1}: no claim is overdue before.").format(
		formatdate(check.before), formatdate(check.after)
	)


def _agreed(check: Check, currency: str) -> str:
	return _("A reminder fee was agreed when the debt arose.")


def _not_agreed(check: Check, currency: str) -> str:
	return _("No fee: none was agreed when the debt arose.")


def _not_written(check: Check, currency: str) -> str:
	return _("No fee: it takes a reminder in writing.")


def _after_plan(check: Check, currency: str) -> str:
	return _("No fee: the claim was in a payment plan that broke.")


def _once(check: Check, currency: str) -> str:
	return _("No fee: it has been charged for this claim already.")


def _disputed(check: Check, currency: str) -> str:
	if isinstance(check.before, date):
		return _("Not handed over: a disputed claim never goes to collection.")
	return _("Nothing is charged on a disputed claim.")


# ------------------------------------------------------------------ compensation
def _compensation(check: Check, currency: str) -> str:
	if check.number == 1:
		return _("Compensation of {0}, once.").format(money_text(check.after, currency))
	return _("Compensation of {0} for each of {1} claims.").format(
		money_text(check.after, currency), check.number
	)


def _less_compensation(check: Check, currency: str) -> str:
	return _("Compensation is lowered from {0} to {1}, what the law gives.").format(
		money_text(check.before, currency), money_text(check.after, currency)
	)


def _no_compensation(check: Check, currency: str) -> str:
	return _("No compensation: the law gives none.")


def _claimed_already(check: Check, currency: str) -> str:
	return _("No compensation: it was claimed on {0} already.").format(formatdate(check.day))


def _business_only(check: Check, currency: str) -> str:
	return _("No compensation: it is for debts between businesses.")


def _public_sector(check: Check, currency: str) -> str:
	return _("No compensation from a customer of the public sector.")


def _covered(check: Check, currency: str) -> str:
	return _("No fee: the compensation stands for what collecting costs.")


def _partly_covered(check: Check, currency: str) -> str:
	if check.limit is None:
		return _("The fee is lowered from {0} to {1}: the compensation stands for the rest.").format(
			money_text(check.before, currency), money_text(check.after, currency)
		)
	return _("Compensation is lowered from {0} to {1}: fees of {2} count towards it.").format(
		money_text(check.before, currency),
		money_text(check.after, currency),
		money_text(check.limit, currency),
	)


# ------------------------------------------------------------------ deadlines, collection
def _time_given(check: Check, currency: str) -> str:
	return _("The deadline {0} gives the {1} days that the law asks for.").format(
		formatdate(check.after), check.limit
	)


def _more_time(check: Check, currency: str) -> str:
	return _("The deadline is {1} instead of {0}: the law asks for {2} days.").format(
		formatdate(check.before), formatdate(check.after), check.limit
	)


def _collection_in_time(check: Check, currency: str) -> str:
	return _("The {0} days to pay before collection are given.").format(check.limit)


def _collection_later(check: Check, currency: str) -> str:
	return _("{1} instead of {0}: {2} days to pay come before collection.").format(
		formatdate(check.before), formatdate(check.after), check.limit
	)


def _notice_first(check: Check, currency: str) -> str:
	return _("Not handed over: no notice has announced it yet, with a deadline to pay.")


# ------------------------------------------------------------------ interest, terms
def percent_text(percent) -> str:
	"""Return a rate in per cent with the decimals that it has, two at least."""
	value = to_cents(percent)
	return f"{value if value == percent else percent.normalize():f}"


def _rate_unconfirmed(check: Check, currency: str) -> str:
	return _("Interest of {0} is by a rate that is not confirmed, or not known, for all days.").format(
		money_text(check.before, currency)
	)


def _rate_agreed(check: Check, currency: str) -> str:
	return _("Interest of {0} % p.a. as agreed.").format(percent_text(check.after))


def _rate_reduced(check: Check, currency: str) -> str:
	return _(
		"Interest is lowered from {0} % to {1} % p.a.: no contract or terms that carry the agreed rate are linked."
	).format(percent_text(check.before), percent_text(check.after))


def _long_terms(check: Check, currency: str) -> str:
	return _("Payment terms of {0} days: more than {1} take an express agreement.").format(
		check.before, check.limit
	)


def _long_acceptance(check: Check, currency: str) -> str:
	return _(
		"An acceptance procedure of {0} days counts as {1}: a longer one must be expressly agreed and not be grossly unfair."
	).format(check.before, check.after)


def _long_acceptance_agreed(check: Check, currency: str) -> str:
	return _(
		"An acceptance procedure of {0} days, more than the {1} of the law, was expressly agreed."
	).format(check.after, check.limit)


def _accepted(check: Check, currency: str) -> str:
	return _(
		"Payable by {1} instead of {0}: the time to pay runs from {2}, the end of the acceptance procedure of {3} days."
	).format(formatdate(check.before), formatdate(check.after), formatdate(check.day), check.number)


_FEES = (law.REMINDER_FEE, law.DEMAND_FEE, law.PLAN_FEE, law.HAND_OVER_FEE)
_SENTENCES: dict[tuple[str, str], Callable[[Check, str], str]] = {
	**{(rule, APPLIED): _fee_applied for rule in _FEES},
	**{(rule, REDUCED): _fee_reduced for rule in _FEES},
	**{(rule, DROPPED): _no_such_fee for rule in _FEES},
	(law.FEES_PER_CLAIM, APPLIED): _counted_per_claim,
	(law.FEES_PER_CLAIM, DROPPED): _too_many_per_claim,
	(law.FEES_PER_ARREARS, APPLIED): _counted_per_arrears,
	(law.FEES_PER_ARREARS, DROPPED): _too_many_per_arrears,
	(law.DAYS_BETWEEN_FEES, APPLIED): _apart,
	(law.DAYS_BETWEEN_FEES, DROPPED): _not_apart,
	(law.DAYS_BETWEEN_FEES, MOVED): _moved_apart,
	(law.DAYS_BEFORE_FEE, APPLIED): _ripe,
	(law.DAYS_BEFORE_FEE, DROPPED): _not_ripe,
	(law.DAYS_BEFORE_FEE, MOVED): _moved_ripe,
	(law.NOT_OVERDUE, APPLIED): _overdue,
	(law.NOT_OVERDUE, DROPPED): _not_overdue,
	(law.NOT_OVERDUE, MOVED): _moved_overdue,
	(law.FEE_NEEDS_AGREEMENT, APPLIED): _agreed,
	(law.FEE_NEEDS_AGREEMENT, DROPPED): _not_agreed,
	(law.FEE_IN_WRITING, DROPPED): _not_written,
	(law.FEE_AFTER_BROKEN_PLAN, DROPPED): _after_plan,
	(law.ONCE_PER_CLAIM, DROPPED): _once,
	(law.DISPUTED, DROPPED): _disputed,
	(law.COMPENSATION, APPLIED): _compensation,
	(law.COMPENSATION, REDUCED): _less_compensation,
	(law.COMPENSATION, DROPPED): _no_compensation,
	(law.COMPENSATION_ONCE_PER, DROPPED): _claimed_already,
	(law.BUSINESS_ONLY, DROPPED): _business_only,
	(law.COMPENSATION_FROM_PUBLIC_SECTOR, DROPPED): _public_sector,
	(law.COMPENSATION_AND_FEES, DROPPED): _covered,
	(law.COMPENSATION_AND_FEES, REDUCED): _partly_covered,
	(law.DAYS_TO_PAY, APPLIED): _time_given,
	(law.DAYS_TO_PAY, MOVED): _more_time,
	(law.DAYS_BEFORE_COLLECTION, APPLIED): _collection_in_time,
	(law.DAYS_BEFORE_COLLECTION, MOVED): _collection_later,
	(law.NOTICE_FIRST, DROPPED): _notice_first,
	(law.RATE, WARNED): _rate_unconfirmed,
	(law.RATE, APPLIED): _rate_agreed,
	(law.RATE, REDUCED): _rate_reduced,
	(law.LONGEST_TERMS, WARNED): _long_terms,
	(law.LONGEST_ACCEPTANCE, REDUCED): _long_acceptance,
	(law.LONGEST_ACCEPTANCE, APPLIED): _long_acceptance_agreed,
	(law.ACCEPTANCE, MOVED): _accepted,
}
