"""The steps of a contract's life: taken by whoever may, written down, and refused with the way out (requirements §6)."""

import hashlib

import frappe
from frappe import _
from frappe.utils import cint, escape_html, formatdate, getdate, now_datetime

from b2b_contracts.credit import locking, notices, private_files
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.exceptions import NotYourMandateError

from . import contracts, events, facts, wording
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
	contract, person, today = facts.contract_of(doc), facts.person(doc), getdate()
	found = []
	for step in life.STEPS:
		if step in life.BY_ITSELF or not life.follows(contract.status, step):
			continue
		obstacles = life.obstacles(contract, step, person, today)
		# Of a signed contract nothing is signed or sent back: no button says so again and again.
		if obstacles and obstacles[0].reason in (life.SIGNED, life.ENDS_ALREADY):
			continue
		why_not = [wording.why_not(doc, step, obstacle) for obstacle in obstacles]
		found.append({"step": step, "label": wording.step_name(step), "why_not": " ".join(why_not)})
	return found


def require(doc, step: str) -> None:
	"""Refuse whoever may not take a step of a contract now, with everything that stands in the way."""
	obstacles = life.obstacles(facts.contract_of(doc), step, facts.person(doc), getdate())
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


def take(name: str, step: str, reason: str | None = None):
	"""Take a plain step of a contract. Returns the contract."""
	if step not in PLAIN:
		refuse(_("{0} is no step that a contract can take like this.").format(step), _("Unknown step"))
	doc = locking.locked_doc(CONTRACT, name)
	require(doc, step)
	reason = need_reason(reason) if step in life.WITH_REASON else (reason or "").strip()
	values = {"status": life.after(doc.status, step)}
	if step == life.APPROVE:
		values |= {"approved_by": frappe.session.user, "approved_on": now_datetime()}
	elif step in (life.SEND_BACK, life.REOPEN):
		values |= {"approved_by": None, "approved_on": None}
	event = events.APPROVED if step == life.APPROVE else events.STEP
	move(doc, values, event, reason)
	return doc


def move(
	doc,
	values: dict,
	event: str,
	reason: str = "",
	key: str | None = None,
	told: str = "",
	said: str = "",
) -> None:
	"""Write fields of a contract, what follows from them, and what happened: from which status to which, unless `said` says it."""
	before = doc.status
	doc.update(values)
	values = {**values, **contracts.dates_of(doc)}
	values["next_watch_on"] = getdate() if contracts.is_watched(doc) else None
	locking.write(doc, values)
	text = said or _("{0} → {1}").format(_(before, context=CONTRACT), _(doc.status, context=CONTRACT))
	events.write(doc, event, text, key, reason=reason, told=told)
	_tell(doc, text, reason)


def _tell(doc, text: str, reason: str) -> None:
	"""Tell who owns a contract and its account manager of a step that somebody else took."""
	said = _("Contract {0} ({1}): {2}").format(doc.title, doc.customer_name or doc.customer, text)
	said = f"{said}. {reason}" if reason else said
	notices.bell(CONTRACT, doc.name, [doc.contract_owner, doc.account_manager], said)


# ------------------------------------------------------------------ signed
def record_signing(name: str, signed_on: str, signed_file: str, signatories: list[dict] | None = None):
	"""Write down that a contract was signed: on which day, by whom (rows of its signatories), and in which file, of which the
	hash is kept. It starts on its start date, today where that has come. Returns the contract."""
	doc = locking.locked_doc(CONTRACT, name)
	require(doc, life.SIGN)
	day = getdate(signed_on)
	if day > getdate():
		refuse(
			_("{0} is still to come. Enter the day on which it was signed.").format(formatdate(day)),
			_("Signed on"),
		)
	file = private_files.readable(signed_file) if signed_file else None
	if file is None:
		refuse(
			_("Attach the signed contract: the file that you named is not there, or not open to you."),
			_("File"),
		)
	_sign_rows(doc, day, signatories)
	content = file.get_content()
	digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
	if not cint(file.is_private):
		refuse(
			_("File {0} can be read by everybody. Make it private first.").format(file.file_name), _("File")
		)
	doc.update(
		{
			"signed_on": day,
			"signed_file": file.file_url,
			"signed_file_hash": digest,
			"signing_recorded_by": frappe.session.user,
		}
	)
	doc.flags.contract_service = True
	doc.submit()
	if not file.attached_to_name:
		# Whoever may read the contract may read what was signed.
		file.db_set({"attached_to_doctype": CONTRACT, "attached_to_name": doc.name})
	names = ", ".join(row.signatory_name for row in doc.signatories if row.signed_on)
	events.write(
		doc,
		events.SIGNED,
		_("Signed on {0} by {1}. SHA-256 of {2}: {3}").format(formatdate(day), names, file.file_name, digest),
		events.effect_key(doc.name, "signed"),
	)
	start_if_due(doc)
	return doc


def _sign_rows(doc, day, signatories: list[dict] | None) -> None:
	for row in signatories or []:
		doc.append(
			"signatories",
			{name: row.get(name) for name in ("signatory_name", "signs_for", "position", "email")},
		)
	sides = {row.signs_for for row in doc.signatories}
	if not {"Us", "Customer"} <= sides:
		refuse(
			_(
				"Name who signed for us and who signed for the customer, each at least once, under {0}."
			).format(frappe.bold(_(doc.meta.get_label("signatories"), context=CONTRACT))),
			_("Signatories missing"),
		)
	for row in doc.signatories:
		row.signed_on = row.signed_on or day


def start_if_due(doc) -> bool:
	"""Start a signed contract whose start date has come. Returns whether it was."""
	step = life.by_itself(facts.contract_of(doc), None, getdate())
	if step != life.ACTIVATE:
		return False
	move(doc, {"status": life.ACTIVE}, events.STARTED, key=events.effect_key(doc.name, "started"))
	return True
