"""Why somebody cannot take a step of a contract, in one sentence that names the way out."""

from frappe import _
from frappe.utils import fmt_money

from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import dispatch
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.engine.contract_life_cycle import Obstacle
from b2b_contracts.engine.contract_text import CAN, MUST, SHOULD

from . import facts
from .facts import CONTRACT


def step_name(step: str) -> str:
	"""Return what a step is called on its button."""
	return {
		life.TAKE_UP: _("Take up"),
		life.SEND_FOR_REVIEW: _("Send for review"),
		life.SEND_BACK: _("Send back to draft"),
		life.APPROVE: _("Approve contract"),
		life.SEND_FOR_SIGNATURE: _("Send for signature"),
		life.SIGN: _("Record signing"),
		life.REJECT: _("Reject contract"),
		life.REOPEN: _("Open again"),
		life.RENEGOTIATE: _("Renegotiate"),
		life.END_RENEWAL: _("End renegotiation"),
		life.RENEW: _("Renew"),
		life.TERMINATE: _("Terminate"),
		life.ACTIVATE: _("Start"),
		life.END: _("End"),
		life.EXPIRE: _("Expire"),
		life.REPLACE: _("Replace"),
		life.LAPSE: _("Lapse"),
	}[step]


def kind_names() -> dict[str, str]:
	"""Return what each kind of key date is called."""
	return {
		keys.EXPIRY: _("Expiry"),
		keys.AUTO_RENEWAL: _("Auto-renewal"),
		keys.NOTICE_DEADLINE: _("Notice deadline"),
		keys.LAST_DATE_TO_ACT: _("Last date to act"),
		keys.RENEGOTIATION: _("Renegotiation window"),
		keys.PRICE_ADJUSTMENT: _("Price adjustment"),
		keys.BINDING_END: _("End of the binding period"),
		keys.DISCOUNT_END: _("End of a discount"),
		keys.CERTIFICATE: _("Insurance certificate expires"),
		keys.FIRST_REVIEW: _("First service review"),
		keys.OBLIGATION: _("Obligation"),
		keys.MILESTONE: _("Milestone"),
		keys.MEETING: _("Meeting"),
		keys.OWN: _("Key date"),
		dispatch.PROOF: _("Proof of dispatch"),
	}


def kind_name(kind: str) -> str:
	"""Return what a kind of key date is called."""
	return kind_names()[kind]


def why_not(doc, step: str, obstacle: Obstacle) -> str:
	"""Return one sentence that says what keeps somebody from a step, and what to do about it."""
	about = [_(word, context=CONTRACT) for word in obstacle.about]
	if obstacle.reason == life.WRONG_STATE:
		return _("Contract {0} is {1}. “{2}” follows only from: {3}.").format(
			doc.name, _(doc.status, context=CONTRACT), step_name(step), ", ".join(about)
		)
	if obstacle.reason == life.NOT_BY_HAND:
		return _("“{0}” happens by itself on the day. Nobody does it by hand.").format(step_name(step))
	if obstacle.reason == life.WRONG_ROLE:
		said = _("“{0}” is for: {1}. Ask one of them.").format(
			step_name(step), ", ".join(_(role) for role in obstacle.about)
		)
		return f"{said} {reasons_of_approval(doc)}".strip() if step == life.APPROVE else said
	if obstacle.reason == life.OWN:
		return _(
			"You entered contract {0} or answer for it, so somebody else has to decide. Ask another with the role {1}."
		).format(doc.name, _(doc.approval_role or life.CONTRACT_MANAGER))
	if obstacle.reason == life.OPEN_CONTROL:
		return _("Controls of the compliance checklist are open: {0}. Do them, and tick them off.").format(
			", ".join(obstacle.about)
		)
	if obstacle.reason == life.EXPIRED_CONTROL:
		return _("What proves these controls has expired: {0}. Renew it, and enter the new date.").format(
			", ".join(obstacle.about)
		)
	if obstacle.reason == life.MISSING:
		labels = [_(doc.meta.get_label(name), context=doc.doctype) for name in obstacle.about]
		return _("Contracts of type {0} need: {1}. Fill that in first.").format(
			_(doc.contract_type), ", ".join(labels)
		)
	if obstacle.reason == life.OPEN_TEXT:
		return _("The text leaves open: {0}. Fill that in.").format(", ".join(obstacle.about))
	if obstacle.reason == life.NO_REASON:
		return _("These clauses deviate without a reason: {0}. Write down why.").format(
			", ".join(obstacle.about)
		)
	if obstacle.reason == life.OPEN_REVIEW:
		functions = (_(word, context="Contract Review") for word in obstacle.about)
		return _("These have not agreed in review: {0}. Ask them for their answer.").format(
			", ".join(functions)
		)
	if obstacle.reason == life.OPEN_TERMS:
		return _(
			"Its payment terms go beyond the customer's segment, and credit has not agreed to them: that takes the role {0} or higher."
		).format(_(obstacle.about[0]))
	if obstacle.reason == life.OTHER_BASE:
		return _(
			"Contract {0} was signed since and takes effect before this amendment, which would undo what it changed. Base this one on it first."
		).format(obstacle.about[0])
	if obstacle.reason == life.SIGNED:
		return _("Contract {0} was signed on {1}. Terminate it once it runs, or agree an amendment.").format(
			doc.name, doc.get_formatted("signed_on")
		)
	return _("Contract {0} ends on {1} already. There is nothing left to decide.").format(
		doc.name, doc.get_formatted("terminated_on")
	)


def reasons_of_approval(doc) -> str:
	"""Return what makes the role approve a contract that does, in sentences; what is so of all contracts of its type only where
	there is nothing else."""
	reasons = facts.approval_reasons(doc)
	telling = [reason for reason in reasons if reason.kind != life.BY_TYPE] or reasons
	return " ".join(dict.fromkeys(why_approved_by(doc, reason) for reason in telling))


def why_approved_by(doc, reason: life.Reason) -> str:
	"""Return one sentence that says why a role approves a contract."""
	currency = company_currency(doc.company)
	if reason.kind == life.BY_VALUE:
		return _("Its annual value is over {0}.").format(fmt_money(float(reason.over), currency=currency))
	if reason.kind == life.BY_LENGTH:
		return _("It binds for longer than {0} months.").format(reason.over)
	if reason.kind == life.BY_CAP:
		return _("Our liability is capped at more than {0}.").format(
			fmt_money(float(reason.over), currency=currency)
		)
	if reason.kind == life.NO_CAP:
		return _("Our liability is not capped.")
	if reason.kind == life.BY_DEVIATION:
		return {
			MUST: _("It deviates from a clause that must be kept."),
			SHOULD: _("It deviates from a clause that should be kept."),
			CAN: _("It deviates from a clause that can be changed."),
		}[reason.over]
	if reason.kind == life.BY_CLAUSE:
		return _("Clause “{0}” calls for it.").format(reason.over)
	return _("All contracts of its type.")
