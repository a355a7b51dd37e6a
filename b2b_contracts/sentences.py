"""Every sentence about a decision: reasons, ways out, why security does not count. One place, translated whole.

Pure: how to translate and how to write money, dates and numbers is given to the `Speaker`. On a site that is Frappe's
(`credit/wording.py`), elsewhere plain English.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from b2b_contracts.engine import delivery, demands, rules, security, ways_out
from b2b_contracts.engine.approval import COMPLIANCE, CONTRACT_MANAGER
from b2b_contracts.engine.delivery import Lift
from b2b_contracts.engine.gate import Requirement
from b2b_contracts.engine.money import HUNDRED
from b2b_contracts.engine.ratings import INSOLVENT
from b2b_contracts.engine.rules import Finding
from b2b_contracts.engine.ways_out import WayOut


class Speaker:
	"""Says what a decision found. `money` writes an amount in a currency, `number` a number with some decimals, `day` a date."""

	def __init__(
		self,
		translate: Callable[[str], str],
		money: Callable[[Decimal, str], str],
		number: Callable[[Decimal, int], str],
		day: Callable[[date], str],
	):
		self.translate, self.money, self.number, self.day = translate, money, number, day

	def percent(self, percent: Decimal, beside: Decimal | None = None) -> str:
		"""Return a percentage with one decimal, or as many as it takes to differ from the one beside it.

		Over a limit of nothing there is no percentage to give.
		"""
		if not percent.is_finite():
			return "∞"
		for places in range(1, 5):
			shown = percent.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
			if beside is None or shown != beside or percent == beside:
				break
		return f"{self.number(shown, places)} %"

	def reason(self, finding: Finding, currency: str) -> str:
		"""Return one sentence that says why a rule fired."""
		return getattr(self, _REASONS[finding.rule])(finding, currency)

	def measured(self, value, unit: str, currency: str) -> str:
		"""Return what a rule measured, or measured against, for a table cell."""
		if value is None:
			return ""
		if unit == rules.PERCENT:
			return self.percent(value)
		if unit == rules.AMOUNT:
			return self.money(value, currency)
		if unit == rules.DATE:
			return self.day(value)
		return str(value)

	# -------------------------------------------------------------- ways out
	def way_out(self, way: WayOut, requirement: Requirement, over: Decimal, currency: str) -> str:
		"""Return one sentence that says what somebody can do. `over` is how far the limit is exceeded, a ratio."""
		_ = self.translate
		amount = self.money(way.amount, currency) if way.amount is not None else ""
		if way.kind == ways_out.PAY:
			return _("The customer pays {0} of what is open, the oldest items first.").format(amount)
		if way.kind == ways_out.REDUCE:
			return _("Cut the order by {0}, to {1}.").format(amount, self.money(way.remaining, currency))
		if way.kind == ways_out.PREPAY:
			return _("The customer pays {0} for this order in advance.").format(amount)
		if way.kind == ways_out.SECURE:
			return _("Register security that counts for another {0}.").format(amount)
		if way.kind == ways_out.SHORTEN_TERMS:
			return _("Shorten the payment terms so that all is due by {0}.").format(self.day(way.until))
		if way.kind == ways_out.APPROVE:
			return self.approval(requirement, over, currency)
		return {
			ways_out.ADD_PO: _("Enter the customer's purchase order number."),
			ways_out.ASSESS: _("Assess the customer: create a credit profile."),
			ways_out.REVIEW: _("Review the customer's limit."),
			ways_out.LIFT: _("Lift the hold or stop on the customer."),
			ways_out.FOLLOW_CONTRACT: _("Change the order to what the contract says, or amend the contract."),
			ways_out.SIGN_CONTRACT: _("Sign a contract with the customer."),
		}[way.kind]

	def approval(self, requirement: Requirement, over: Decimal, currency: str) -> str:
		"""Return who may release the order, and what it takes."""
		_ = self.translate
		if requirement.role == COMPLIANCE:
			first = _("Compliance decides first.")
			if not requirement.then:
				return first
			rest = self.approval(replace(requirement, role=requirement.then, then=None), over, currency)
			return f"{first} {rest}"
		if requirement.role == CONTRACT_MANAGER:
			first = _("Approval by the contract owner or a Contract Manager.")
			if not requirement.then:
				return first
			rest = self.approval(replace(requirement, role=requirement.then, then=None), over, currency)
			return f"{first} {rest}"
		role = _(requirement.role or "")
		if requirement.security_required:
			return _("Approval by {0} together with a bank guarantee of at least {1}.").format(
				role, self.money(requirement.security_amount, currency)
			)
		if over > 0 and over.is_finite():
			return _("Approval by {0}: {1} over the limit.").format(role, self.percent(over * HUNDRED))
		return _("Approval by {0}.").format(role)

	def lift(self, lift: Lift, currency: str) -> str:
		"""Return one sentence that says what would lift a stop."""
		_ = self.translate
		if lift.kind == delivery.PAY:
			return _("The customer pays {0}, the oldest items first.").format(
				self.money(lift.amount, currency)
			)
		if lift.kind == delivery.ANSWER:
			return _("The customer answers in dispute {0}.").format(lift.name)
		if lift.kind == delivery.REVIEW:
			return _("A person reviews the rating.")
		if lift.kind == delivery.SOLVENT:
			return _("Nothing, while the customer is insolvent.")
		return _("A person lifts it.")

	def why_not_counted(self, reason: str) -> str:
		"""Return why a security instrument does not count."""
		_ = self.translate
		return {
			security.NOT_IN_FORCE: _("It is not in force."),
			security.GIVEN: _("It was given by us: it protects the customer, not us."),
			security.NOT_YET_VALID: _("It is not valid yet."),
			security.CONDITIONAL: _("It is not unconditional."),
			security.NOT_ON_DEMAND: _("It is not payable on demand."),
			security.ISSUER_RATING: _("The issuer is not rated well enough."),
			security.DATA_ONLY: _("Securities of its type cover nothing."),
			security.WITH_RECOURSE: _("The buyer of the debts can come back to us for them."),
			security.NOT_REGISTERED: _("It must be registered and is not."),
			security.NO_DOCUMENT: _("No document is attached."),
			security.POLICY_NOT_IN_FORCE: _("Its insurance policy is not in force."),
			security.EXPIRES_TOO_EARLY: _("It expires before the latest due date plus the claim period."),
		}[reason]

	# -------------------------------------------------------------- reasons
	def _limit(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		if not finding.measured.is_finite():
			return _("The customer has no credit left to use: the limit is {0}.").format(
				self.money(Decimal(0), currency)
			)
		return _("With this order {0} of the credit limit is used; {1} is allowed.").format(
			self.percent(finding.measured, finding.threshold), self.percent(finding.threshold)
		)

	def _group(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		if not finding.measured.is_finite():
			return _("The credit group has no limit to use.")
		return _("With this order {0} of the credit group's limit is used; {1} is allowed.").format(
			self.percent(finding.measured, finding.threshold), self.percent(finding.threshold)
		)

	def _overdue(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("{0} is overdue, the oldest item by {1} days; up to {2} is tolerated.").format(
			self.money(finding.measured, currency), finding.note, self.money(finding.threshold, currency)
		)

	def _terms(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _(
			"The payment terms run until {0}, {1} days longer than the customer's own terms allow ({2})."
		).format(self.day(finding.measured), int(finding.level), self.day(finding.threshold))

	def _prepayment(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("{0} must be prepaid or secured before this order may go ahead; {1} has been.").format(
			self.money(finding.threshold, currency), self.money(finding.measured, currency)
		)

	def _security(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		sentence = _("The order must be secured for {0}; security that counts covers {1}.").format(
			self.money(finding.threshold, currency), self.money(finding.measured, currency)
		)
		return " ".join([sentence, *(self.demand(what) for what in finding.note.split(",") if what)])

	def demand(self, what: str) -> str:
		"""Return why an order takes security."""
		_ = self.translate
		return {
			demands.SCORE: _("The customer's credit score is low."),
			demands.OWN_EQUITY: _("The order is large against our own equity."),
			demands.ANNUAL_SPEND: _("The order is large against what the customer buys in a year."),
			demands.DEFAULT: _("The customer has been far overdue within the last year."),
			demands.MADE_TO_ORDER: _("Goods of it are made to order."),
		}[what]

	def _stop_balance(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("Credit stop: {0} is owed, open orders aside; the stop is at {1}.").format(
			self.money(finding.measured, currency), self.money(finding.threshold, currency)
		)

	def _stop_rating(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		if finding.note == INSOLVENT:
			return _("Credit stop: the customer is insolvent.")
		return _("Credit stop: the rating is {0}, down by {1} notches since the last review.").format(
			finding.note, finding.measured
		)

	def _delivery_limit(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("Delivery stop: {0} is owed; the limit, with what was approved beyond it, is {1}.").format(
			self.money(finding.measured, currency), self.money(finding.threshold, currency)
		)

	def _delivery_age(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _(
			"Delivery stop: {0} is more than {1} days overdue, and the customer is rated C or lower."
		).format(self.money(finding.measured, currency), finding.note)

	def _delivery_dunning(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("Delivery stop: {0} has been overdue for {1} days or more.").format(
			self.money(finding.measured, currency), finding.note
		)

	def _delivery_dispute(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("Delivery stop: dispute {0} has waited for the customer's answer for {1} days.").format(
			finding.note, finding.measured
		)

	def _delivery_insurance(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _(
			"Delivery stop: {0} is past the insurer's maximum extension period of {1} days after due; new deliveries would not be insured."
		).format(self.money(finding.measured, currency), finding.note)

	def _review(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("The review of the customer's limit was due on {0}.").format(self.day(finding.measured))

	def _forced(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("The customer was put on hold by hand: {0}").format(finding.measured)

	def _missing_po(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("The customer requires a purchase order number; the order has none.")

	def _negative_list(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("The customer is on the negative list until {0}: {1}").format(
			self.day(finding.measured), finding.note
		)

	def _compliance(self, finding: Finding, currency: str) -> str:
		# Whoever sells to the customer reads it: which list, and that there is one, is not for them.
		_ = self.translate
		return _("Compliance is looking at this customer.")

	def _contract(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		if not finding.note:
			return _("No signed contract with the customer is in force, and the policy requires one.")
		if finding.measured == 1:
			return _("The order differs from contract {0} in one point.").format(finding.note)
		return _("The order differs from contract {0} in {1} points.").format(finding.note, finding.measured)

	def _no_profile(self, finding: Finding, currency: str) -> str:
		_ = self.translate
		return _("The customer has no credit profile yet and must be assessed first.")


_REASONS = {
	rules.LIMIT_USE: "_limit",
	rules.GROUP_LIMIT: "_group",
	rules.OVERDUE_ITEMS: "_overdue",
	rules.PAYMENT_TERMS: "_terms",
	rules.PREPAYMENT: "_prepayment",
	rules.SECURITY: "_security",
	rules.STOP_BY_BALANCE: "_stop_balance",
	rules.STOP_BY_RATING: "_stop_rating",
	delivery.LIMIT: "_delivery_limit",
	delivery.AGE: "_delivery_age",
	delivery.DUNNING: "_delivery_dunning",
	delivery.DISPUTE: "_delivery_dispute",
	delivery.INSURANCE: "_delivery_insurance",
	rules.LIMIT_REVIEW: "_review",
	rules.FORCED_HOLD: "_forced",
	rules.MISSING_PO: "_missing_po",
	rules.NO_PROFILE: "_no_profile",
	rules.NEGATIVE_LIST: "_negative_list",
	rules.SANCTIONS: "_compliance",
	rules.CONTRACT: "_contract",
}


def plain_english() -> Speaker:
	"""Return the speaker for a terminal: English, ISO dates, amounts with their currency."""
	return Speaker(
		translate=str,
		money=lambda amount, currency: f"{amount:,.2f} {currency}".rstrip(),
		number=lambda value, places: f"{value:,.{places}f}",
		day=date.isoformat,
	)
