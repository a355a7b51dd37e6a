"""The steps of a contract's life: taken by whoever may, written down, and refused with the way out (requirements §6)."""

import frappe
from frappe import _
from frappe.utils import escape_html, getdate, now_datetime

from b2b_contracts.credit import locking, notices
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.exceptions import NotYourMandateError

from . import (
	approving,
	contracts,
	credit_terms,
	events,
	facts,
	in_force,
	readiness,
	reviews,
	signature_providers,
	wording,
)
from .contracts import refuse
from .facts import CONTRACT

# Steps that need more than a reason have a use case of their own.
PLAIN = (
	*(life.TAKE_UP, life.SEND_FOR_REVIEW, life.SEND_BACK, life.APPROVE, life.SEND_FOR_SIGNATURE),
	*(life.REJECT, life.REOPEN),
)


def possible(doc) -> list[dict]:
	"""Return what the session user can do with a contract, and what it takes that they cannot: `[{step, label, why_not}]`, the
	latter only of steps that follow from its state."""
	contract, person, today = readiness.contract_of(doc), facts.person(doc), getdate()
	found = []
	for step in life.STEPS:
		if step in life.BY_ITSELF or not life.follows(contract.status, step):
			continue
		obstacles = life.obstacles(contract, step, person, today)
		# Of a signed contract nothing is signed or sent back: no button says so again and again.
		if any(obstacle.reason in (life.SIGNED, life.ENDS_ALREADY) for obstacle in obstacles):
			continue
		why_not = [wording.why_not(doc, step, obstacle) for obstacle in obstacles]
		found.append({"step": step, "label": wording.step_name(step), "why_not": " ".join(why_not)})
	return found


def require(doc, step: str) -> None:
	"""Refuse whoever may not take a step of a contract now, with everything that stands in the way."""
	obstacles = life.obstacles(readiness.contract_of(doc), step, facts.person(doc), getdate())
	if not obstacles:
		return
	sentences = [wording.why_not(doc, step, obstacle) for obstacle in obstacles]
	if obstacles[0].reason in (life.WRONG_ROLE, life.OWN):
		frappe.throw(
			"<br>".join(map(escape_html, sentences)), NotYourMandateError, title=_("Not your mandate")
		)
	refuse("<br>".join(map(escape_html, sentences)), wording.step_name(step))


def need_reason(reason: str | None) -> str:
	reason = (reason or "").strip()
	if not reason:
		refuse(_("Write down the reason."), _("Reason missing"))
	return reason


def take(name: str, step: str, reason: str | None = None, provider: str | None = None):
	"""Take a plain step of a contract; `provider` is the way in which one is signed that goes out for signature, on record where
	none is named. Returns the contract."""
	if step not in PLAIN:
		refuse(_("{0} is no step that a contract can take like this.").format(step), _("Unknown step"))
	doc = locking.locked_doc(CONTRACT, name)
	require(doc, step)
	reason = need_reason(reason) if step in life.WITH_REASON else (reason or "").strip()
	values = {"status": life.after(doc.status, step)}
	if step == life.APPROVE:
		values |= {"approved_by": frappe.session.user, "approved_on": now_datetime()}
		values |= credit_terms.on_approval(doc)
	elif step in (life.SEND_BACK, life.REOPEN):
		values |= {"approved_by": None, "approved_on": None, **credit_terms.withdrawn()}
	if step == life.SEND_FOR_SIGNATURE:
		values |= signature_providers.request(doc, provider)
	elif doc.status == life.OUT_FOR_SIGNATURE:
		values |= signature_providers.withdraw(doc)
	event = events.APPROVED if step == life.APPROVE else events.STEP
	approvers = approving.asked(doc) if step == life.SEND_FOR_REVIEW else []
	why = approving.why(doc) if step in (life.SEND_FOR_REVIEW, life.APPROVE) else ""
	move(doc, values, event, reason, told=", ".join(approvers), why=why)
	if step == life.SEND_FOR_REVIEW:
		approving.ask(doc, approvers)
		reviews.begin(doc)
		credit_terms.ask(doc)
	return doc


def move(
	doc,
	values: dict,
	event: str,
	reason: str = "",
	key: str | None = None,
	told: str = "",
	said: str = "",
	why: str = "",
) -> None:
	"""Write fields of a contract, what follows from them, and what happened: from which status to which and by whose mandate
	(`why`), unless `said` says it."""
	before = doc.status
	doc.update(values)
	values = {**values, **contracts.dates_of(doc)}
	values["next_watch_on"] = getdate() if contracts.is_watched(doc) else None
	locking.write(doc, values)
	if doc.docstatus == in_force.SIGNED:
		in_force.sync(doc)
	text = said or _("{0} → {1}").format(_(before, context=CONTRACT), _(doc.status, context=CONTRACT))
	text = f"{text}. {why}" if why else text
	events.write(doc, event, text, key, reason=reason, told=told)
	_tell(doc, text, reason)


def _tell(doc, text: str, reason: str) -> None:
	"""Tell who owns a contract and its account manager of a step that somebody else took."""
	said = _("Contract {0} ({1}): {2}").format(doc.title, doc.customer_name or doc.customer, text)
	said = f"{said}. {reason}" if reason else said
	notices.bell(CONTRACT, doc.name, [doc.contract_owner, doc.account_manager], said)
