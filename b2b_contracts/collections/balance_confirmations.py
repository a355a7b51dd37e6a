"""A customer confirms a balance, or says what differs, by a link in our mail without log-in (requirements §3).

The link is signed for one confirmation, good for 180 days and for one answer; nothing is kept of it. An answer on paper is
entered by hand with the paper. Whether an answer acknowledges the debt, so that the limitation period starts anew, is
decided by a person.
"""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _
from frappe.utils import cint, formatdate, get_datetime, getdate, now_datetime
from frappe.utils.html_utils import sanitize_html

from b2b_contracts import signed_links
from b2b_contracts.credit import (
	clearing,
	contacts,
	locking,
	mandates,
	notices,
	people,
	private_files,
	wording,
)
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import balance_confirmations as engine
from b2b_contracts.engine.balance_confirmations import CONFIRMED, DIFFERS, NO_ANSWER, SENT, Asked
from b2b_contracts.engine.money import to_cents
from b2b_contracts.exceptions import BalanceConfirmationError, NotYourMandateError
from b2b_contracts.signed_links import NotSignedError

from . import dispute_links
from .statements import Statement

DOCTYPE = "Balance Confirmation"
PURPOSE = "confirm a balance"
PAGE = "/confirm-balance"
VALID_FOR = timedelta(days=180)
CONFIRMATION_TEMPLATE = "Balance to confirm"
REMINDER_TEMPLATE = "Balance to confirm: reminder"
LONGEST_TEXT = 4_000
LINK, PAPER = "Link", "Paper"
DECIDES = "Credit Manager"


# ------------------------------------------------------------------ asked
def make(
	statement: Statement,
	*,
	run: str | None = None,
	row_key: str | None = None,
	remind_after: int = engine.REMIND_AFTER,
	give_up_after: int = engine.GIVE_UP_AFTER,
):
	"""Write down the balance of a customer as of a day that is asked about now; the mail goes out with it."""
	if give_up_after <= remind_after:
		_refuse(
			_(
				"It would be given up after {0} days and reminded after {1}. Enter more days until it is given up."
			).format(give_up_after, remind_after)
		)
	doc = frappe.new_doc(DOCTYPE)
	doc.update(
		{
			"customer": statement.customer,
			"customer_name": statement.customer_name,
			"company": statement.company,
			"as_of": statement.last,
			"status": SENT,
			"run": run,
			"row_key": row_key or frappe.generate_hash(length=20),
			"remind_after_days": remind_after,
			"give_up_after_days": give_up_after,
			"sent_on": now_datetime(),
			"amounts": [
				{"currency": part.currency, "our_amount": number(part.closing)} for part in statement.parts
			],
			"items": [
				{
					"voucher_type": item.doctype or None,
					"voucher_no": item.name or None,
					"due_date": item.due,
					"amount": number(item.amount),
					"currency": part.currency,
				}
				for part in statement.parts
				for item in part.items
			],
		}
	)
	doc.flags.credit_service = True
	# Who may ask was checked; a job has no rights of its own.
	doc.insert(ignore_permissions=True)
	return doc


def link_of(name: str) -> str:
	"""Return the address at which a customer answers."""
	return signed_links.address(PAGE, PURPOSE, name, VALID_FOR)


# ------------------------------------------------------------------ looked at


def language_of(token: str) -> str | None:
	"""Return the language in which the customer of a link is written to, None where it is not known."""
	try:
		link = signed_links.read(token or "", PURPOSE)
	except NotSignedError:
		return None
	found = frappe.db.get_value(DOCTYPE, link.subject, ["language", "customer"])
	return found and (found[0] or frappe.db.get_value("Customer", found[1], "language"))


def shown(token: str) -> dict:
	"""Return what the page of a link shows: the balance, what it is made of, and nothing else. Reads only."""
	doc = _open(token)
	return {
		"name": doc.name,
		"company": doc.company,
		"customer_name": doc.customer_name,
		"as_of": formatdate(doc.as_of),
		"amounts": [
			{
				"currency": row.currency,
				"text": wording.money_text(money(row.our_amount), row.currency),
				"amount": number(money(row.our_amount)),
			}
			for row in doc.amounts
		],
		"items": [
			{
				"name": row.voucher_no or "",
				"due_date": formatdate(row.due_date),
				"text": wording.money_text(money(row.amount), row.currency),
			}
			for row in doc.items
		],
	}


def _open(token: str, lock: bool = False):
	"""Return the confirmation that a link opens; refuse one that is not good, or that is answered."""
	try:
		link = signed_links.read(token or "", PURPOSE)
	except NotSignedError:
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	if not frappe.db.exists(DOCTYPE, link.subject):
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	doc = locking.locked_doc(DOCTYPE, link.subject) if lock else frappe.get_doc(DOCTYPE, link.subject)
	if not link.is_good(getdate()):
		_gone(_("This link was good until {0}.").format(formatdate(link.until)), doc.company)
	if doc.status not in engine.MAY_ANSWER:
		_gone(
			_("This was answered on {0}, and the link is good for one answer.").format(
				formatdate(doc.answered_on)
			),
			doc.company,
		)
	return doc


def _gone(why: str, company: str | None = None) -> None:
	whom = dispute_links.whom_to_ask(company) if company else ""
	frappe.throw(f"{why} {whom}".strip(), BalanceConfirmationError, title=_("Link not valid"))


# ------------------------------------------------------------------ answered
def submit(token: str, answer: str, name_given: str, comment: str = "", amounts: str = "") -> str:
	"""Enter what a customer answers by a link; returns the sentence that thanks for it.

	`amounts` is what the customer owes by its own books, a JSON object by currency; asked for where the balance differs.
	"""
	name_given = _needed(name_given, _("Enter your name."), 140)
	doc = _open(token, lock=True)
	_answer(doc, answer, name_given, comment, _amounts_sent(amounts), LINK)
	if doc.status == CONFIRMED:
		return _("Thank you. We have noted that the balance is right.")
	return _("Thank you. We have noted what differs, look into it, and get back to you.")


def record(name: str, answer: str, name_given: str, comment: str, amounts: dict, evidence: str):
	"""Enter an answer on paper, with the paper attached. Returns the confirmation."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status not in engine.MAY_ANSWER:
		_refuse(
			_("{0} was answered on {1}. A second answer cannot be entered.").format(
				name, formatdate(doc.answered_on)
			)
		)
	name_given = _needed(name_given, _("Enter who has signed it."), 140)
	if not evidence or private_files.readable(evidence) is None:
		_refuse(_("Attach the answer on paper."))
	theirs = {currency: _amount(str(value)) for currency, value in (amounts or {}).items()}
	_answer(doc, answer, name_given, comment, theirs, PAPER, evidence)
	return doc


def _answer(doc, answer, name_given, comment, theirs: dict[str, Decimal], how, evidence=None) -> None:
	if answer not in engine.ANSWERS:
		_refuse(_("Choose whether the balance is right."))
	comment = (comment or "").strip()
	if len(comment) > LONGEST_TEXT:
		_refuse(_("Write {0} characters at most.").format(LONGEST_TEXT))
	if answer == DIFFERS and not comment:
		_refuse(_("Write down what differs."))
	for row in doc.amounts:
		if answer == CONFIRMED:
			values = {"their_amount": row.our_amount, "difference": 0}
		elif row.currency in theirs:
			difference = engine.difference(money(row.our_amount), theirs[row.currency])
			values = {"their_amount": number(theirs[row.currency]), "difference": number(difference)}
		else:
			_refuse(_("Enter what is owed by your books in {0}; 0 when it is nothing.").format(row.currency))
		row.db_set(values, update_modified=False)
	if answer == DIFFERS and not any(money(row.difference) for row in doc.amounts):
		_refuse(_("The amount that you have entered is our balance. Choose that the balance is right."))
	values = {
		"status": answer,
		"answered_on": now_datetime(),
		# Written past the document's own checks, and shown on the desk: nothing of it may run there.
		"answered_by": sanitize_html(name_given, always_sanitize=True),
		"answered_how": how,
		"comment": sanitize_html(comment, always_sanitize=True),
		"evidence": evidence,
	}
	locking.write(doc, values)
	_tell(doc)


def _amounts_sent(amounts: str) -> dict[str, Decimal]:
	try:
		entered = json.loads(amounts or "{}")
	except ValueError:
		entered = None
	if not isinstance(entered, dict):
		_refuse(_("Enter what is owed by your books as a number."))
	return {str(currency): _amount(str(value)) for currency, value in entered.items()}


def _amount(entered: str) -> Decimal:
	try:
		amount = Decimal(entered.strip())
	except InvalidOperation:
		amount = Decimal("NaN")
	if not amount.is_finite() or abs(amount) > Decimal(10) ** 12 or amount != to_cents(amount):
		_refuse(_("Enter what is owed by your books as a number."))
	return amount


def _needed(text: str, otherwise: str, longest: int) -> str:
	text = (text or "").strip()
	if not text or len(text) > longest:
		_refuse(otherwise)
	return text


def _tell(doc) -> None:
	"""Tell whoever sent it of the answer, and the controllers where something differs."""
	differs = doc.status == DIFFERS
	text = (
		_("{0} says that the balance of {1} as of {2} is not right: {3}")
		if differs
		else _("{0} has confirmed the balance of {1} as of {2}.")
	)
	said = text.format(
		doc.answered_by, doc.customer_name, doc.get_formatted("as_of"), (doc.comment or "")[:140]
	)
	recipients = [doc.owner, *(people.controllers() if differs else ())]
	notices.bell(DOCTYPE, doc.name, [user for user in recipients if people.is_desk_user(user)], said)


# ------------------------------------------------------------------ acknowledged
def why_not_decide(doc) -> str | None:
	"""Return why the session user may not decide whether an answer acknowledges the debt, None when they may."""
	if doc.status != CONFIRMED:
		return _("Only a confirmed balance can acknowledge a debt.")
	if doc.acknowledges_debt != engine.UNDECIDED:
		return _("That is decided already.")
	if not mandates.acting_as(DECIDES):
		needed = _("Deciding whether it acknowledges the debt takes the role {0} or higher.").format(
			_(DECIDES)
		)
		return f"{needed} {mandates.whom_to_ask(DECIDES)}"
	return None


def decide(name: str, acknowledges: bool, reason: str):
	"""Decide whether a confirmed balance acknowledges the debt, with a written reason. Returns the confirmation."""
	reason = _needed(reason, _("Write down why; it is kept with the decision."), LONGEST_TEXT)
	doc = locking.locked_doc(DOCTYPE, name)
	why_not = why_not_decide(doc)
	if why_not:
		allowed = doc.status == CONFIRMED and doc.acknowledges_debt == engine.UNDECIDED
		error = NotYourMandateError if allowed else BalanceConfirmationError
		frappe.throw(why_not, error, title=_("Limitation"))
	values = {
		"acknowledges_debt": engine.ACKNOWLEDGES if acknowledges else engine.DOES_NOT,
		"decision_reason": reason,
		"decided_by": frappe.session.user,
		"decided_on": now_datetime(),
	}
	locking.write(doc, values)
	return doc


def acknowledged(documents: Iterable[str]) -> dict[str, set[date]]:
	"""Return on which days customers acknowledged to owe some documents, by confirmed balances that a person let count."""
	item, doc = frappe.qb.DocType("Balance Confirmation Item"), frappe.qb.DocType(DOCTYPE)
	rows = (
		frappe.qb.from_(item)
		.join(doc)
		.on(doc.name == item.parent)
		.select(item.voucher_no, doc.answered_on)
		.where(item.voucher_no.isin(list(documents) or [""]) & (item.amount > 0))
		.where((doc.status == CONFIRMED) & (doc.acknowledges_debt == engine.ACKNOWLEDGES))
		.run()
	)
	found: dict[str, set[date]] = {}
	for name, answered in rows:
		found.setdefault(name, set()).add(getdate(answered))
	return found


# ------------------------------------------------------------------ reminded
def daily() -> None:
	"""Remind of balances that nobody has answered, once, and give up later. May be killed and run again."""
	for name in frappe.get_all(DOCTYPE, filters={"status": SENT}, pluck="name", order_by="sent_on, name"):
		clearing.in_own_transaction(follow, name)


def follow(name: str) -> bool:
	"""Do what is due for one balance without answer; returns whether anything was. The mail is queued with what says so."""
	doc = locking.locked_doc(DOCTYPE, name)
	if doc.status != SENT:
		return False
	reminded = doc.reminded_on and getdate(doc.reminded_on)
	asked = Asked(getdate(doc.sent_on), cint(doc.remind_after_days), cint(doc.give_up_after_days), reminded)
	due = engine.due(asked, getdate())
	if due == engine.REMIND:
		locking.write(doc, {"reminded_on": now_datetime()})
		_remind(doc)
	elif due == engine.GIVE_UP:
		locking.write(doc, {"status": NO_ANSWER})
	return bool(due)


def _remind(doc) -> None:
	addresses = contacts.addresses_for(doc.customer, contacts.ACCOUNTS_PAYABLE, doc.company)
	for address in addresses:
		notices.mail(
			[address.email],
			REMINDER_TEMPLATE,
			mail_context(doc, address.language),
			DOCTYPE,
			doc.name,
			address.language,
		)
	if not addresses:
		doc.add_comment("Info", _("There is no e-mail address to send the reminder to."))


def mail_context(doc, language: str | None) -> dict:
	"""Return what the mails about a balance may use: `{customer_name, company, day, balance, link, sent_on}`."""
	with notices.writing_in(language):
		balance = "; ".join(wording.money_text(money(row.our_amount), row.currency) for row in doc.amounts)
		return {
			"customer_name": doc.customer_name,
			"company": doc.company,
			"day": formatdate(doc.as_of),
			"sent_on": formatdate(get_datetime(doc.sent_on)),
			"balance": balance,
			"link": link_of(doc.name),
		}


def _refuse(message: str) -> None:
	frappe.throw(message, BalanceConfirmationError, title=_("Confirmation of balance"))
