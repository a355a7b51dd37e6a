"""Who may do what the policy's mandates are about, in which role, and whom to ask otherwise (requirements §2.2).

One place for everybody who approves anything: orders on hold, payment plans, invoices, securities. A higher role acts
for a lower one, a deputy for whoever is away.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import approval
from b2b_contracts.engine import mandates as engine
from b2b_contracts.exceptions import NotYourMandateError
from b2b_contracts.standard_terms import MANDATES

from . import people, policies, wording
from .account_facts import company_currency

BOARD = "Board"
# Who minutes what the Board has decided.
MINUTES_BY = "Finance Director"
ASKS_THE_BOARD = "Credit Manager"
# So many names are enough to ask.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Acting:
	"""The role in which somebody acts, and for whom when it is a deputy's."""

	role: str
	in_stead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
	"""The role that an action takes; in which the session user may do it, or else the sentence that says why not."""

	required: str
	acting: Acting | None = None
	why_not: str | None = None


# ------------------------------------------------------------------ what an action takes
def require(
	action: str,
	measure: Decimal | None,
	company: str,
	*,
	subject: tuple[str, str] | None = None,
	kind: str = "",
) -> str:
	"""Return the role in which the session user may do an action; refuse with the role it takes and whom to ask.

	`measure` is per cent, days or an amount in the company's currency (`engine.mandates.UNIT_OF`), None as much as can be.
	`subject` is the document that it is about; for the release of a security its type is read from there, unless
	`kind` gives it.
	"""
	answer = ask(action, measure, company, subject=subject, kind=kind)
	if answer.acting is None:
		frappe.throw(answer.why_not, NotYourMandateError, title=_("Not within your mandate"))
	return answer.acting.role


def ask(
	action: str,
	measure: Decimal | None,
	company: str,
	*,
	subject: tuple[str, str] | None = None,
	kind: str = "",
) -> Answer:
	"""Return what `require` would say, without refusing."""
	kind = kind or _kind_of(action, subject)
	required = engine.required_role(in_force(company), action, measure, kind)
	acting = acting_as(required)
	if acting:
		return Answer(required, acting)
	why_not = "{} {}".format(_takes(action, measure, company, required, subject), whom_to_ask(required))
	return Answer(required, why_not=why_not)


def in_force(company: str) -> tuple[engine.Mandate, ...]:
	"""Return a company's mandates: those of its policy, the standard ones where it has none."""
	policy = policies.active(company)
	return policy.mandates if policy else engine.of_rows(MANDATES)


def _kind_of(action: str, subject: tuple[str, str] | None) -> str:
	if action != engine.SECURITY_RELEASE or subject is None:
		return ""
	return frappe.db.get_value(*subject, "instrument_type") or ""


# ------------------------------------------------------------------ who acts in which role
def acting_as(required: str, but_for: Collection[str] = (), has_minutes: bool = False) -> Acting | None:
	"""Return in which role the session user reaches `required`: the lowest of their own, else as somebody's deputy.

	Nobody stands in for those in `but_for`: whoever asks for something does not lend the role that approves it. With the
	minutes of the Board in hand, a Finance Director (or higher) enters what the Board has decided.
	"""
	own = approval.may_act_for(frappe.get_roles(), required)
	if own:
		return Acting(own)
	if has_minutes and required == BOARD and acting_as(MINUTES_BY, but_for):
		return Acting(BOARD)
	absent_users = [user for user in absent_today() if user not in but_for]
	lent = [(role, absent) for absent in absent_users for role in release_roles(absent)]
	borrowed = approval.may_act_for((role for role, _absent in lent), required)
	return next((Acting(role, absent) for role, absent in lent if role == borrowed), None)


def may_ask_the_board(required: str | None) -> bool:
	"""Whether the session user may send the Board a link to decide what takes the Board."""
	return required == BOARD and acting_as(ASKS_THE_BOARD) is not None


def release_roles(user: str) -> list[str]:
	"""Return the roles of a user that approve anything, the lowest first. Compliance is not among them: it is lent to nobody, or
	whoever appoints deputies could make a credit role of it."""
	return [role for role in approval.ROLE_RANK if role in frappe.get_roles(user)]


def absent_today() -> list[str]:
	"""Return for whom the session user is deputy today."""
	return _deputies({"deputy": frappe.session.user}, "deputy_for")


def deputies_of(users: Iterable[str]) -> list[str]:
	"""Return who is deputy of some users today."""
	return _deputies({"deputy_for": ["in", list(users) or [""]]}, "deputy")


def _deputies(filters: dict, field: str) -> list[str]:
	today = getdate()
	dates = {"from_date": ["<=", today], "to_date": [">=", today]}
	return frappe.get_all("Credit Deputy", filters={**filters, **dates}, pluck=field, order_by="creation")


def deputised_roles() -> list[str]:
	"""Return the release roles of everybody whom the session user stands in for today."""
	return [role for absent in absent_today() for role in release_roles(absent)]


def who_could(required: str) -> tuple[str, list[str]]:
	"""Return the lowest role from `required` upwards that somebody else has, and who; deputies of today behind them."""
	for role in approval.roles_from(required):
		users = people.users_with(role)
		others = [u for u in dict.fromkeys([*users, *deputies_of(users)]) if u != frappe.session.user]
		if others:
			return role, others
	return required, []


# ------------------------------------------------------------------ words
def whom_to_ask(required: str) -> str:
	"""Return the sentence that says who could approve what takes a role."""
	role, users = who_could(required)
	if not users:
		return _("Nobody has this role at present; a System Manager can give it to somebody.")
	names = ", ".join(frappe.utils.get_fullname(user) for user in users[:NAMED])
	if len(users) > NAMED:
		return _("Ask {0} or {1} others ({2}).").format(names, len(users) - NAMED, _(role))
	return _("Ask {0} ({1}).").format(names, _(role))


def measure_text(action: str, measure: Decimal | None, company: str) -> str:
	"""Return a measure in the unit of its action, as people here write it."""
	if measure is None:
		return _("any amount")
	unit = engine.UNIT_OF[action]
	if unit == engine.PERCENT:
		return wording.percent_text(measure)
	if unit == engine.DAYS:
		return _("{0} days").format(f"{measure.normalize():f}")
	return wording.money_text(measure, company_currency(company))


def _takes(action, measure, company: str, required: str, subject: tuple[str, str] | None) -> str:
	sentence = {
		engine.CASH_DISCOUNT: _("A discount of {0} on {1} takes the role {2} or higher."),
		engine.DUE_DATE_CHANGE: _("Moving the due date of {1} by {0} takes the role {2} or higher."),
		engine.FEE_WAIVER: _("Waiving fees of {0} of {1} takes the role {2} or higher."),
		engine.HAND_OVER: _("Handing {1}, a claim of {0}, over to collection takes the role {2} or higher."),
		engine.INTEREST_WAIVER: _("Waiving interest of {0} of {1} takes the role {2} or higher."),
		engine.LIMIT_ON_LADDER: _("A credit limit of {0} for {1} takes the role {2} or higher."),
		engine.LIMIT_BEYOND_LADDER: _("A credit limit of {0} for {1} takes the role {2} or higher."),
		engine.PAYMENT_PLAN: _("Approving {1}, a payment plan over {0}, takes the role {2} or higher."),
		engine.QUARTERLY_PLAN: _(
			"Approving {1}, a payment plan by the quarter over {0}, takes the role {2} or higher."
		),
		engine.SECURITY_RELEASE: _("Releasing {1}, a security over {0}, takes the role {2} or higher."),
		engine.WRITE_OFF: _("Writing off {0} of {1} takes the role {2} or higher."),
	}[action]
	about = subject[1] if subject and subject[1] else _("this document")
	return sentence.format(measure_text(action, measure, company), about, _(required))
