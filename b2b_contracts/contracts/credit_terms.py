"""A contract that grants payment terms beyond its customer's segment: credit agrees to them before it is approved, by the mandates
of requirements §2.2. Then the contract wins over the segment (`credit/agreed_terms.py`)."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from b2b_contracts.credit import clearing, locking, mandates, notices, people, terms_beyond
from b2b_contracts.credit import wording as credit_wording
from b2b_contracts.credit.terms_beyond import Beyond
from b2b_contracts.engine import approval
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.exceptions import NotYourMandateError

from . import events, in_force
from .contracts import refuse
from .facts import CONTRACT

# While it is one of these credit can agree to what a contract grants.
DECIDED_IN = (life.IN_REVIEW, life.APPROVED, life.OUT_FOR_SIGNATURE, *life.RUNNING)
COMPUTED_IN = (*life.OPEN, life.IN_REVIEW)
ANSWER = (
	"terms_approved_by",
	"terms_approved_as",
	"terms_approved_on",
	"terms_approved_template",
	"terms_remark",
)


def beyond(doc) -> Beyond | None:
	"""Return how far a contract's payment terms go beyond its customer's segment, None where they do not."""
	if not doc.customer or not doc.company:
		return None
	return terms_beyond.beyond(doc.customer, doc.company, doc.payment_terms_template, _from(doc))


def _from(doc) -> date:
	"""Terms hold from the day on which it takes effect; what runs already, from today on."""
	day = in_force.effective_day(doc) if doc.effective_from or doc.start_date else getdate()
	return max(getdate(), day)


def compute(doc) -> None:
	"""Write on a contract that is not approved yet what of its terms credit has to agree to."""
	if doc.status not in COMPUTED_IN:
		return
	found = beyond(doc)
	doc.terms_beyond = said(doc, found) if found else None
	doc.terms_role = found.role if found and not agreed(doc, found) else None


def missing(doc) -> str:
	"""Return the role that has to agree to a contract's terms before it is approved, empty where none has to."""
	found = beyond(doc)
	return found.role if found and not agreed(doc, found) else ""


def agreed(doc, found: Beyond) -> bool:
	"""Whether credit has agreed to the terms as they are: to this template, in a role that may go so far today."""
	if not doc.terms_approved_by or doc.terms_approved_template != doc.payment_terms_template:
		return False
	return approval.may_act_for([doc.terms_approved_as], found.role) is not None


def said(doc, found: Beyond) -> str:
	"""Return in words how far a contract's terms go beyond the segment."""
	if not found.days:
		return _(
			"{0} gives a discount of {1} for early payment, more than the customer's segment ({2})."
		).format(
			doc.payment_terms_template, credit_wording.percent_text(found.discount), found.segment_template
		)
	if found.discount:
		return _(
			"{0} is up to {1} days longer than the customer's segment allows ({2}), and gives a discount of {3} for early payment."
		).format(
			*(doc.payment_terms_template, found.days, found.segment_template),
			credit_wording.percent_text(found.discount),
		)
	return _("{0} is up to {1} days longer than the customer's segment allows ({2}).").format(
		doc.payment_terms_template, found.days, found.segment_template
	)


# ------------------------------------------------------------------ decided
def possible(doc) -> dict | None:
	"""Return what the session user can do about the terms of a contract: `{text, role, why_not}`, `why_not` empty for who may agree;
	None where there is nothing to agree to."""
	if doc.status not in DECIDED_IN:
		return None
	found = beyond(doc)
	if found is None or agreed(doc, found):
		return None
	return {"text": said(doc, found), "role": found.role, "why_not": _why_not(doc, found)}


def _why_not(doc, found: Beyond) -> str:
	own = _answers_for(doc)
	if frappe.session.user in own and frappe.session.user != "Administrator":
		return _(
			"You entered contract {0} or answer for it, so somebody else has to agree to its terms. {1}"
		).format(doc.name, mandates.whom_to_ask(found.role))
	if mandates.acting_as(found.role, own) is None:
		return _("To agree to these payment terms takes the role {0} or higher. {1}").format(
			_(found.role), mandates.whom_to_ask(found.role)
		)
	return ""


def _answers_for(doc) -> tuple[str, ...]:
	return tuple(user for user in (doc.owner, doc.contract_owner, doc.account_manager) if user)


def agree(name: str, remark: str | None = None):
	"""Agree, for credit, to payment terms of a contract beyond its customer's segment. Returns the contract."""
	doc = in_force.locked_doc(name)
	found = beyond(doc)
	if doc.status not in DECIDED_IN or found is None or agreed(doc, found):
		refuse(
			_(
				"Nothing of contract {0} waits for credit: it is {1}, and its payment terms are agreed to."
			).format(doc.name, _(doc.status, context=CONTRACT)),
			_("Nothing to agree to"),
		)
	why_not = _why_not(doc, found)
	if why_not:
		frappe.throw(why_not, NotYourMandateError, title=_("Not your mandate"))
	acting = mandates.acting_as(found.role, _answers_for(doc))
	locking.write(
		doc,
		{
			"terms_approved_by": frappe.session.user,
			"terms_approved_as": acting.role if acting else found.role,
			"terms_approved_on": now_datetime(),
			"terms_approved_template": doc.payment_terms_template,
			"terms_remark": (remark or "").strip() or None,
			"terms_role": None,
		},
	)
	text = _("Credit agrees to the payment terms: {0}").format(said(doc, found))
	events.write(doc, events.APPROVED, text, reason=(remark or "").strip())
	notices.bell(
		CONTRACT,
		doc.name,
		[doc.contract_owner, doc.account_manager],
		_("Contract {0}: {1}").format(doc.title, text),
	)
	if doc.docstatus == in_force.SIGNED:
		clearing.cause_may_be_gone(doc.customer, doc.company)
	return doc


def ask(doc) -> None:
	"""Tell those who may agree to the terms of a contract that is sent for review."""
	role = missing(doc)
	if role:
		text = _("Contract {0} ({1}) is in review and needs you to agree to its payment terms.").format(
			doc.title, doc.customer_name or doc.customer
		)
		notices.bell(CONTRACT, doc.name, people.users_with(role), text)


def on_approval(doc) -> dict:
	"""Return what is written as a contract is approved: its terms are within the segment, or credit has agreed to them."""
	return {"terms_approved_template": doc.payment_terms_template, "terms_role": None}


def withdrawn() -> dict:
	"""Return what is written as a contract goes back to the draft: its terms can change, so nobody has agreed to them."""
	return dict.fromkeys(ANSWER)
