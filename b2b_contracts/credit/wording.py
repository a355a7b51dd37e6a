"""Every sentence about a decision: reasons, ways out, why security does not count. One place, translated whole."""

from decimal import ROUND_HALF_UP, Decimal

import frappe
from frappe import _
from frappe.utils import fmt_money, formatdate

from b2b_contracts.engine import rules, security, ways_out
from b2b_contracts.engine.gate import Decision
from b2b_contracts.engine.money import HUNDRED
from b2b_contracts.engine.ratings import INSOLVENT
from b2b_contracts.engine.rules import Finding
from b2b_contracts.engine.ways_out import WayOut


def money_text(amount: Decimal, currency: str) -> str:
	"""Return an amount as people here write it."""
	return fmt_money(float(amount), currency=currency)


def percent_text(percent: Decimal, beside: Decimal | None = None) -> str:
	"""Return a percentage with one decimal, or as many as it takes to differ from the one beside it.

	Over a limit of nothing there is no percentage to give.
	"""
	if not percent.is_finite():
		return "∞"
	for places in range(1, 5):
		shown = percent.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
		if beside is None or shown != beside or percent == beside:
			break
	return f"{fmt_money(float(shown), precision=places)} %"


def reason(finding: Finding, currency: str) -> str:
	"""Return one sentence that says why a rule fired."""
	return _REASONS[finding.rule](finding, currency)


def measured_text(value, unit: str, currency: str) -> str:
	"""Return what a rule measured, or measured against, for a table cell."""
	if value is None:
		return ""
	if unit == rules.PERCENT:
		return percent_text(value)
	if unit == rules.AMOUNT:
		return money_text(value, currency)
	if unit == rules.DATE:
		return formatdate(value)
	return str(value)


def way_out(way: WayOut, decision: Decision, currency: str) -> str:
	"""Return one sentence that says what somebody can do."""
	amount = money_text(way.amount, currency) if way.amount is not None else ""
	if way.kind == ways_out.PAY:
		return _("The customer pays {0} of what is open, the oldest items first.").format(amount)
	if way.kind == ways_out.REDUCE:
		return _("Cut the order by {0}, to {1}.").format(amount, money_text(way.remaining, currency))
	if way.kind == ways_out.PREPAY:
		return _("The customer pays {0} for this order in advance.").format(amount)
	if way.kind == ways_out.SECURE:
		return _("Register security that counts for another {0}.").format(amount)
	if way.kind == ways_out.SHORTEN_TERMS:
		return _("Shorten the payment terms so that all is due by {0}.").format(formatdate(way.until))
	if way.kind == ways_out.APPROVE:
		return approval(decision, currency)
	return _PLAIN_WAYS[way.kind]()


def approval(decision: Decision, currency: str) -> str:
	"""Return who may release the order, and what it takes."""
	role = _(decision.requirement.role or "")
	over = max((f.over for f in decision.fired), default=Decimal(0))
	if decision.requirement.security_required:
		return _("Approval by {0} together with a bank guarantee of at least {1}.").format(
			role, money_text(decision.requirement.security_amount, currency)
		)
	if over > 0 and over.is_finite():
		return _("Approval by {0}: {1} over the limit.").format(role, percent_text(over * HUNDRED))
	return _("Approval by {0}.").format(role)


def why_not_counted(reason_code: str) -> str:
	"""Return why a security instrument does not count."""
	return _WHY_NOT[reason_code]()


def _limit(finding: Finding, currency: str) -> str:
	if not finding.measured.is_finite():
		return _("The customer has no credit left to use: the limit is {0}.").format(
			money_text(Decimal(0), currency)
		)
	return _("With this order {0} of the credit limit is used; {1} is allowed.").format(
		percent_text(finding.measured, finding.threshold), percent_text(finding.threshold)
	)


def _group(finding: Finding, currency: str) -> str:
	if not finding.measured.is_finite():
		return _("The credit group has no limit to use.")
	return _("With this order {0} of the credit group's limit is used; {1} is allowed.").format(
		percent_text(finding.measured, finding.threshold), percent_text(finding.threshold)
	)


def _overdue(finding: Finding, currency: str) -> str:
	return _("{0} is overdue, the oldest item by {1} days; up to {2} is tolerated.").format(
		money_text(finding.measured, currency), finding.note, money_text(finding.threshold, currency)
	)


def _terms(finding: Finding, currency: str) -> str:
	return _(
		"The payment terms run until {0}, {1} days longer than the customer's own terms allow ({2})."
	).format(formatdate(finding.measured), int(finding.level), formatdate(finding.threshold))


def _prepayment(finding: Finding, currency: str) -> str:
	return _("{0} must be prepaid or secured before this order may go ahead; {1} has been.").format(
		money_text(finding.threshold, currency), money_text(finding.measured, currency)
	)


def _security(finding: Finding, currency: str) -> str:
	return _("The order must be secured for {0}; security that counts covers {1}.").format(
		money_text(finding.threshold, currency), money_text(finding.measured, currency)
	)


def _stop_balance(finding: Finding, currency: str) -> str:
	return _("Credit stop: {0} is owed, open orders aside; the stop is at {1}.").format(
		money_text(finding.measured, currency), money_text(finding.threshold, currency)
	)


def _stop_rating(finding: Finding, currency: str) -> str:
	if finding.note == INSOLVENT:
		return _("Credit stop: the customer is insolvent.")
	return _("Credit stop: the rating is {0}, down by {1} notches since the last review.").format(
		finding.note, finding.measured
	)


def _review(finding: Finding, currency: str) -> str:
	return _("The review of the customer's limit was due on {0}.").format(formatdate(finding.measured))


def _forced(finding: Finding, currency: str) -> str:
	return _("The customer was put on hold by hand: {0}").format(finding.measured)


_REASONS = {
	rules.LIMIT_USE: _limit,
	rules.GROUP_LIMIT: _group,
	rules.OVERDUE_ITEMS: _overdue,
	rules.PAYMENT_TERMS: _terms,
	rules.PREPAYMENT: _prepayment,
	rules.SECURITY: _security,
	rules.STOP_BY_BALANCE: _stop_balance,
	rules.STOP_BY_RATING: _stop_rating,
	rules.LIMIT_REVIEW: _review,
	rules.FORCED_HOLD: _forced,
	rules.MISSING_PO: lambda finding, currency: _(
		"The customer requires a purchase order number; the order has none."
	),
	rules.NO_PROFILE: lambda finding, currency: _(
		"The customer has no credit profile yet and must be assessed first."
	),
}

_PLAIN_WAYS = {
	ways_out.ADD_PO: lambda: _("Enter the customer's purchase order number."),
	ways_out.ASSESS: lambda: _("Assess the customer: create a credit profile."),
	ways_out.REVIEW: lambda: _("Review the customer's limit."),
	ways_out.LIFT: lambda: _("Lift the hold or stop on the customer."),
}

_WHY_NOT = {
	security.NOT_IN_FORCE: lambda: _("It is not in force."),
	security.GIVEN: lambda: _("It was given by us: it protects the customer, not us."),
	security.NOT_YET_VALID: lambda: _("It is not valid yet."),
	security.CONDITIONAL: lambda: _("It is not unconditional."),
	security.NOT_ON_DEMAND: lambda: _("It is not payable on demand."),
	security.ISSUER_RATING: lambda: _("The issuer is rated below A-."),
	security.NO_DOCUMENT: lambda: _("No document is attached."),
	security.EXPIRES_TOO_EARLY: lambda: _("It expires before the latest due date plus the claim period."),
}


def list_of(doctype: str, names) -> str:
	"""Return links to documents, for a message on the desk."""
	return ", ".join(frappe.utils.get_link_to_form(doctype, name) for name in names)
