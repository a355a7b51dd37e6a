"""The Board decides by a link in a mail: signed, used once, without a desk log-in (requirements §1, §2.2).

A link holds a random token; what is kept is its hash under the site's own key, so that a copy of the database opens
nothing. Looking at it decides nothing. The first answer counts, and voids the links of the other members.

Lock order: the link, what is decided (and its document), the gate.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import get_datetime, get_fullname, get_url, now_datetime

from b2b_contracts import signed_links
from b2b_contracts.credit import locking, mandates, notices, people, releasing, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.exceptions import ApprovalError, NotYourMandateError

from . import approvals
from .concessions import REQUEST

LINK, HOLD = "Board Link", "Credit Hold"
OPEN, USED, VOID = "Open", "Used", "Void"
APPROVE, REJECT = "Approve", "Reject"
VALID_FOR = timedelta(days=7)
PAGE = "/board-decision"


# ------------------------------------------------------------------ sent
def send(doctype: str, name: str) -> list[str]:
	"""Mail each member of the Board a link to decide an open hold or request; returns who was written to.

	Links that were sent before for the same are void from now on.
	"""
	doc = _undecided(doctype, name)
	_check_may_send(doc)
	members = people.users_with(mandates.BOARD)
	if not members:
		_refuse(_("Nobody has the role Board. Give it to the users who are its members."))
	_void(doctype, name)
	for member in members:
		_mail(doc, member, _new_link(doc, member))
	doc.add_comment(
		"Info", _("The Board was asked by mail: {0}.").format(", ".join(get_fullname(m) for m in members))
	)
	return members


def _undecided(doctype: str, name: str):
	if doctype not in (HOLD, REQUEST):
		_refuse(_("The Board decides holds and approval requests, not {0}.").format(doctype))
	doc = locking.locked_doc(doctype, name)
	if doc.status != OPEN:
		_refuse(_("{0} is decided already.").format(name))
	return doc


def _check_may_send(doc) -> None:
	required = releasing.role_required(doc) if doc.doctype == HOLD else doc.required_role
	if required != mandates.BOARD:
		_refuse(
			_("{0} takes the role {1}, not the Board.").format(doc.name, _(required or "Credit Controller"))
		)
	if not mandates.may_ask_the_board(required):
		needed = _("Asking the Board takes the role {0} or higher.").format(_(mandates.ASKS_THE_BOARD))
		frappe.throw(
			f"{needed} {mandates.whom_to_ask(mandates.ASKS_THE_BOARD)}",
			NotYourMandateError,
			title=_("Not within your mandate"),
		)


def _new_link(doc, member: str) -> str:
	"""Make a member's link; returns its token, which is kept nowhere."""
	token = secrets.token_urlsafe(32)
	link = frappe.new_doc(LINK)
	link.update(
		{
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"customer": doc.customer,
			"customer_name": doc.customer_name,
			"company": doc.company,
			"member": member,
			"sent_by": frappe.session.user,
			"expires_on": now_datetime() + VALID_FOR,
			"status": OPEN,
			"token_hash": signed_links.keyed_hash(token),
		}
	)
	link.flags.credit_service = True
	# Nobody has a right to make links; the right to ask the Board was checked.
	link.insert(ignore_permissions=True)
	return token


def _mail(doc, member: str, token: str) -> None:
	context = {
		**shown_of(doc),
		"member": get_fullname(member),
		"days": VALID_FOR.days,
		"link": get_url(f"{PAGE}?token={token}"),
	}
	notices.mail([member], notices.BOARD_TEMPLATE, context, doc.doctype, doc.name)


def _void(doctype: str, name: str) -> None:
	filters = {"reference_doctype": doctype, "reference_name": name, "status": OPEN}
	for other in frappe.get_all(LINK, filters=filters, pluck="name", order_by="name"):
		frappe.db.set_value(LINK, other, "status", VOID, update_modified=False)


# ------------------------------------------------------------------ looked at
def shown(token: str) -> dict:
	"""Return what a link is about, for its page: nothing but what the Board decides. Reads only."""
	link = _link(token)
	doc = frappe.get_doc(link.reference_doctype, link.reference_name)
	if doc.status != OPEN:
		_gone()
	return shown_of(doc) | {"member": get_fullname(link.member), "expires_on": link.expires_on}


def shown_of(doc) -> dict:
	"""Return of a hold or request what the Board is shown: title, company, customer, asked by, why, and lines (label, value)."""
	if doc.doctype == HOLD:
		lines = [
			(_("Amount"), wording.money_text(money(doc.order_amount), doc.currency)),
			(_("Credit limit"), wording.money_text(money(doc.granted_limit), doc.currency)),
			(_("Over the limit"), wording.money_text(money(doc.over_amount), doc.currency)),
			*((_("Reason"), row.message) for row in doc.reasons),
		]
		title = _("Release of {0}").format(doc.reference_name)
		return _facts(doc, title, doc.requested_by or doc.salesperson, doc.request_reason, lines)
	title = _("{0} on {1}").format(_(doc.action, context=REQUEST), doc.reference_name)
	lines = [
		(_("Amount given away"), wording.money_text(money(doc.amount), doc.currency)),
		(_("How the loss is ascertained"), _(doc.loss_ground or "", context=REQUEST)),
		(_("New due date"), doc.get_formatted("new_due_date") if doc.new_due_date else ""),
		(_("Discount"), wording.percent_text(money(doc.discount_percent)) if doc.discount_percent else ""),
	]
	return _facts(doc, title, doc.requested_by, doc.reason, lines)


def _facts(doc, title: str, asked_by: str | None, reason: str | None, lines: list[tuple[str, str]]) -> dict:
	return {
		"title": title,
		"company": doc.company,
		"customer": doc.customer_name,
		"asked_by": get_fullname(asked_by) if asked_by else "",
		"reason": reason or "",
		"lines": [(label, value) for label, value in lines if value],
	}


def _link(token: str, lock: bool = False):
	"""Return the link of a token, if it may be used; the same sentence for every other, so that nothing is given away."""
	name = frappe.db.get_value(LINK, {"token_hash": signed_links.keyed_hash(token or "")})
	if not name:
		_gone()
	link = locking.locked_doc(LINK, name) if lock else frappe.get_doc(LINK, name)
	if link.status != OPEN or get_datetime(link.expires_on) <= now_datetime():
		_gone()
	if link.member not in people.users_with(mandates.BOARD):
		_gone()
	return link


def _gone() -> None:
	frappe.throw(
		_("This link is not valid: it was used, it has expired, or somebody has decided meanwhile."),
		ApprovalError,
		title=_("Link not valid"),
	)


# ------------------------------------------------------------------ answered
def answer(token: str, decision: str, name_given: str, remark: str) -> str:
	"""Decide what a link is about, as the member it was sent to; returns the sentence that says what was decided."""
	name_given, remark = (name_given or "").strip(), (remark or "").strip()
	if decision not in (APPROVE, REJECT):
		_refuse(_("Choose to approve or to reject."))
	if not name_given:
		_refuse(_("Enter your name."))
	if decision == REJECT and not remark:
		_refuse(_("Write down a reason; it is kept with the decision."))
	link = _link(token, lock=True)
	text = _("By signed link, {0}: {1}").format(name_given, remark or _("no remark"))
	with _as_member(link.member):
		_decide(link, decision, text)
	values = {"status": USED, "answer": decision, "answered_as": name_given, "remark": remark}
	locking.write(link, values | {"used_on": now_datetime()})
	_void(link.reference_doctype, link.reference_name)
	said = _("{0} is approved.") if decision == APPROVE else _("{0} is rejected.")
	return said.format(link.reference_name)


def _decide(link, decision: str, text: str) -> None:
	doctype, name = link.reference_doctype, link.reference_name
	if doctype == REQUEST:
		(approvals.approve if decision == APPROVE else approvals.reject)(name, text)
	else:
		(releasing.release if decision == APPROVE else releasing.reject)(name, text)


@contextmanager
def _as_member(user: str) -> Iterator[None]:
	"""Decide as a member of the Board, whose roles and name count; the visitor's session is as before afterwards."""
	session, form = frappe.local.session, frappe.local.form_dict
	kept = {key: session.get(key) for key in ("user", "sid", "data")}
	try:
		frappe.set_user(user)
		yield
	finally:
		frappe.set_user(kept["user"])
		frappe.local.session.update(kept)
		frappe.local.form_dict = form


def _refuse(message: str) -> None:
	frappe.throw(message, ApprovalError, title=_("Decision of the Board"))
