"""Reviews of a contract by function, each with a reviewer and a deadline (requirements §6): asked for as it is sent for review,
answered by whom they are given to, and in the way of its approval as long as required ones are open."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import cint, formatdate, get_url_to_form, getdate, now_datetime

from b2b_contracts.credit import clearing, locking, notices, people
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_reviews as engine
from b2b_contracts.exceptions import NotYourMandateError

from . import events, facts
from .contracts import refuse
from .facts import CONTRACT, day_of

REVIEW = "Contract Review"
TEMPLATE = "Contract: key date"
ASKED = ("review_function", "reviewer", "reviewer_role", "is_required", "days")
ANSWER = ("outcome", "remark", "reviewed_by", "reviewed_on", "due_date")
# Who answers for a function where a contract names neither reviewer nor role.
ROLE_OF = {
	"Legal": life.CONTRACT_MANAGER,
	"Finance": life.FINANCE_DIRECTOR,
	"Credit": "Credit Manager",
	"Compliance": "Compliance Officer",
	"Operations": "Sales Manager",
	"Technology": life.CONTRACT_MANAGER,
	"Sales": "Sales Manager",
	"Other": life.CONTRACT_MANAGER,
}


# ------------------------------------------------------------------ asked for
def put_back(doc) -> None:
	"""Put back what only an answer writes: a client may have sent anything."""
	if doc.flags.contract_service:
		return
	before = doc.get_doc_before_save()
	known = {row.name: row for row in before.reviews} if before else {}
	for row in doc.reviews:
		former = known.get(row.name)
		for name in ANSWER:
			row.set(name, former.get(name) if former else None)


def begin(doc) -> None:
	"""Ask for the reviews of a contract that is sent for review: those that it lists and those that its type asks for. Earlier
	answers were about earlier terms."""
	listed = {row.review_function: row for row in doc.reviews}
	for wanted in _of_type(doc):
		row = listed.get(wanted.review_function)
		if row is None:
			doc.append("reviews", {name: wanted.get(name) for name in ASKED})
		elif cint(wanted.is_required):
			row.is_required = 1
	holidays = facts.holidays_of(doc.company)
	for row in doc.reviews:
		row.update(dict.fromkeys(ANSWER))
		row.due_date = engine.due_on(getdate(), cint(row.days), holidays)
	doc.update_child_table("reviews")
	for row in doc.reviews:
		_tell(doc, row, _reviewers(row), _asked(row))


def _of_type(doc) -> Iterable:
	kind = facts.type_of(doc)
	value = facts.weight_of(doc).annual_value
	return [row for row in (kind.reviews if kind else ()) if engine.applies(money(row.over_value), value)]


def _asked(row) -> str:
	return _("Please review it for {0} by {1}.").format(
		_(row.review_function, context=REVIEW), formatdate(row.due_date)
	)


def role_of(row) -> str:
	"""Return the role that answers a review where nobody is named."""
	return row.reviewer_role or ROLE_OF.get(row.review_function) or life.CONTRACT_MANAGER


def _reviewers(row) -> list[str]:
	return [row.reviewer] if row.reviewer else people.users_with(role_of(row))


def _tell(doc, row, users: list[str], text: str) -> None:
	notices.bell(CONTRACT, doc.name, users, _("Contract {0}: {1}").format(doc.title, text))


# ------------------------------------------------------------------ answered
def engine_reviews(doc) -> list[engine.Review]:
	"""Return the reviews of a contract as the engine takes them."""
	return [
		engine.Review(
			row.review_function, day_of(row.due_date), bool(cint(row.is_required)), row.outcome or ""
		)
		for row in doc.reviews
	]


def in_the_way(doc) -> tuple[str, ...]:
	"""Return the functions that keep a contract from being approved."""
	return engine.in_the_way(engine_reviews(doc)) if doc.status == life.IN_REVIEW else ()


def possible(doc) -> list[dict]:
	"""Return the reviews of a contract that the session user can answer: `[{row, review_function, due_date, outcome}]`."""
	if doc.status != life.IN_REVIEW:
		return []
	return [
		{
			"row": row.name,
			"review_function": row.review_function,
			"due_date": str(row.due_date or ""),
			"outcome": row.outcome or "",
		}
		for row in doc.reviews
		if not _why_not(doc, row)
	]


def _why_not(doc, row) -> str:
	user = frappe.session.user
	if user == "Administrator":
		return ""
	if user in (doc.owner, doc.account_manager):
		return _("You entered contract {0} or sell by it, so somebody else reviews it.").format(doc.name)
	if row.reviewer and row.reviewer != user:
		return _("This review is given to {0}. Ask them, or have it given to somebody else.").format(
			frappe.utils.get_fullname(row.reviewer)
		)
	if not row.reviewer and role_of(row) not in frappe.get_roles(user):
		return _("This review is for the role {0}.").format(_(role_of(row)))
	return ""


def answer(name: str, row: str, outcome: str, remark: str | None = None):
	"""Write down what a function says of a contract. Whoever answers first does so for a role. Returns the contract."""
	doc = locking.locked_doc(CONTRACT, name)
	found = _row(doc, row)
	if outcome not in engine.OUTCOMES:
		refuse(_("{0} is no outcome of a review.").format(outcome), _("Outcome"))
	why_not = _why_not(doc, found)
	if why_not:
		frappe.throw(why_not, NotYourMandateError, title=_("Not your review"))
	remark = (remark or "").strip()
	if outcome in engine.WITH_REMARK and not remark:
		refuse(_("Write down the remark, or what is to be changed."), _("Remark missing"))
	found.db_set(
		{
			"outcome": outcome,
			"remark": remark or None,
			"reviewed_by": frappe.session.user,
			"reviewed_on": now_datetime(),
		},
		update_modified=False,
	)
	said = _("Review for {0}: {1}").format(
		_(found.review_function, context=REVIEW), _(outcome, context=REVIEW)
	)
	events.write(doc, events.REVIEWED, said, reason=remark)
	_tell(doc, found, [doc.contract_owner, doc.account_manager], f"{said}. {remark}" if remark else said)
	doc.notify_update()
	return doc


def give(name: str, row: str, reviewer: str):
	"""Give a review of a contract that is in review to somebody else. Returns the contract."""
	doc = locking.locked_doc(CONTRACT, name)
	found = _row(doc, row)
	user = frappe.session.user
	allowed = {life.CONTRACT_MANAGER, role_of(found)}
	if user not in ("Administrator", found.reviewer) and allowed.isdisjoint(frappe.get_roles(user)):
		frappe.throw(
			_("Reviews are given to others by whom they are given to, or by a contract manager."),
			NotYourMandateError,
			title=_("Not your review"),
		)
	# Whoever reviews a contract may read it; contracts as such have to be open to them.
	if not people.is_desk_user(reviewer) or not frappe.has_permission(CONTRACT, "read", user=reviewer):
		refuse(
			_("{0} may not read contracts. Choose somebody who may.").format(reviewer),
			_("Reviewer"),
		)
	found.db_set({"reviewer": reviewer}, update_modified=False)
	events.write(
		doc,
		events.CHANGED,
		_("The review for {0} is given to {1}.").format(
			_(found.review_function, context=REVIEW), frappe.utils.get_fullname(reviewer)
		),
	)
	_tell(doc, found, [reviewer], _asked(found))
	doc.notify_update()
	return doc


def _row(doc, name: str):
	found = next((row for row in doc.reviews if row.name == name), None)
	if found is None or doc.status != life.IN_REVIEW:
		refuse(
			_("Contract {0} is {1}. Reviews are answered while it is in review.").format(
				doc.name, _(doc.status, context=CONTRACT)
			),
			_("Not in review"),
		)
	return found


# ------------------------------------------------------------------ reminded of
def daily() -> None:
	"""Remind of reviews that are due or late, each step once. Safe to be killed and run again."""
	review, contract = frappe.qb.DocType(REVIEW), frappe.qb.DocType(CONTRACT)
	names = (
		frappe.qb.from_(contract)
		.join(review)
		.on((review.parent == contract.name) & (review.parenttype == CONTRACT))
		.where((contract.status == life.IN_REVIEW) & (review.due_date <= getdate()))
		.where(review.outcome.isnull() | (review.outcome == ""))
		.select(contract.name)
		.distinct()
		.orderby(contract.name)
		.run(pluck=True)
	)
	for name in names:
		clearing.in_own_transaction(remind, name)


def remind(name: str) -> bool:
	"""Remind whoever has not answered the reviews of a contract; who answers for it too once they are late. Returns whether
	anybody was."""
	doc = locking.locked_doc(CONTRACT, name)
	if doc.status != life.IN_REVIEW:
		return False
	today, done = getdate(), False
	for row, review in zip(doc.reviews, engine_reviews(doc), strict=True):
		keys = {days: _key(doc, row, days) for days in engine.REMINDED_AFTER}
		told = [days for days, key in keys.items() if events.has(key)]
		rung = engine.reminder_due(review, today, told)
		if rung is not None:
			_remind(doc, row, rung, keys[rung])
			done = True
	return done


def _key(doc, row, days: int) -> str:
	return events.effect_key(doc.name, "review", row.name, row.due_date, days)


def _remind(doc, row, rung: int, key: str) -> None:
	late = (getdate() - getdate(row.due_date)).days
	function = _(row.review_function, context=REVIEW)
	said = (
		_("The review for {0} is {1} days late").format(function, late)
		if late
		else _("The review for {0} is due today").format(function)
	)
	users = [*_reviewers(row), *([doc.contract_owner, doc.account_manager] if rung else [])]
	told = [user for user in dict.fromkeys(users) if user and people.is_desk_user(user)]
	fields = {"key_date": row.due_date, "rung": -rung, "reference": row.name, "told": ", ".join(told)}
	events.write(doc, events.REMINDER, said, key, **fields)
	for language, of_language in people.by_language(told).items():
		with notices.writing_in(language or None):
			notices.bell(CONTRACT, doc.name, of_language, _("Contract {0}: {1}").format(doc.title, said))
			context = {
				"contract": doc,
				"what": said,
				"customer_name": doc.customer_name or doc.customer,
				"link": get_url_to_form(CONTRACT, doc.name),
			}
			notices.mail(of_language, TEMPLATE, context, CONTRACT, doc.name, language or None)
