"""What customers do in the portal: promise a payment, ask for a payment plan, dispute an invoice (requirements §1, §3).

Nothing here looks at who asks: `portal_access` has. A customer has no right on our documents, so they are written without
one; what may be written is decided here. A promise counts at once, as one on the phone does; a plan and a dispute are drafts
that a credit controller takes up, and set nothing aside before.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import locking, notices, people, wording
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import disputes as dispute_rules
from b2b_contracts.engine import plans as plan_rules
from b2b_contracts.engine import portal as engine
from b2b_contracts.engine.evidence import Upload
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import PaymentPlanError, PortalError

from . import (
	dispute_links,
	disputes,
	invoices,
	plan_drafting,
	plan_facts,
	plans,
	promises,
	statement_letters,
)
from .dispute_links import whom_to_ask
from .portal_access import Account

LONGEST_REASON = 1_000
# More than these at once nobody promises from a page.
MOST_PROMISES = 50


# ------------------------------------------------------------------ offered
def days_ahead(account: Account) -> int:
	"""Return how many days ahead a customer may promise, or begin a plan; 0 where neither is offered."""
	if insolvency_of(account.customer):
		return 0
	return max(0, cint(frappe.db.get_value("Company", account.company, "b2b_portal_days_ahead")))


def free_of(facts: frappe._dict) -> Decimal:
	"""Return what of an invoice is open and neither disputed nor in a plan, in the currency of its account."""
	return dispute_rules.free_to_dispute(money(facts.outstanding_amount), disputes.set_aside_of(facts))


def why_no_promise(account: Account, found: Collection[frappe._dict]) -> dict[str, str | None]:
	"""Return of each of some invoices of an account why nothing can be promised of it, None where it can."""
	ahead = days_ahead(account)
	made: dict[str, list[str]] = {}
	for row in frappe.get_all(
		promises.PROMISE,
		filters={
			"customer": account.customer,
			"company": account.company,
			"sales_invoice": ["in", [facts.name for facts in found] or [""]],
		},
		fields=["sales_invoice", "status"],
	):
		made.setdefault(row.sales_invoice, []).append(row.status)
	return {
		facts.name: engine.why_no_promise(ahead, free_of(facts), made.get(facts.name, ())) for facts in found
	}


def for_a_plan(account: Account) -> list[str]:
	"""Return the overdue invoices that a customer may ask to pay in instalments, the oldest first; none where that is not
	offered."""
	return overdue(account) if days_ahead(account) else []


def most_instalments(account: Account) -> int:
	"""Return how many monthly instalments a plan may have that takes no more than the usual approval."""
	terms, today = plan_drafting.terms_of(account.company), getdate()
	last = plan_rules.last_allowed(today, plan_rules.MONTHLY, False, terms)
	return plan_rules.most_instalments(today, plan_rules.MONTHLY, last) or 1


# ------------------------------------------------------------------ promises
def promise(account: Account, facts: frappe._dict, amount: str, day: str) -> str:
	"""Note that a customer will pay an invoice, or some of it (`amount`, "" for all), until a day. Returns the sentence that
	says so."""
	until = _day(account, day)
	_refuse_promise(account, facts, why_no_promise(account, [facts])[facts.name])
	free, currency = free_of(facts), invoices.currency_of(facts)
	promised = _amount(account, amount, free, currency)
	doc = _note_promise(account, facts, promised, until)
	said = wording.money_text(promised, currency)
	_tell_of_promise(account, doc.name, said, until)
	return _("Thank you. We have noted that you pay {0} of invoice {1} by {2}.").format(
		said, facts.name, formatdate(until)
	)


def promise_all(account: Account, day: str) -> str:
	"""Note that a customer will pay all that is overdue until a day, as far as it can be promised. Returns the sentence that
	says so."""
	until = _day(account, day)
	found = list(invoices.seen(overdue(account)).values())
	why = why_no_promise(account, found)
	chosen = [facts for facts in found if why[facts.name] is None][:MOST_PROMISES]
	if not chosen:
		_refuse(account, _("There is nothing that could be promised here."))
	sums: dict[str, Decimal] = {}
	docs = []
	for facts in chosen:
		free, currency = free_of(facts), invoices.currency_of(facts)
		docs.append(_note_promise(account, facts, free, until))
		sums[currency] = sums.get(currency, ZERO) + free
	said = statement_letters.balance_text(sums)
	_tell_of_promise(account, docs[0].name, said, until)
	return _("Thank you. We have noted that you pay {0} ({1} invoices) by {2}.").format(
		said, len(chosen), formatdate(until)
	)


def overdue(account: Account) -> list[str]:
	"""Return the overdue invoices of an account of which something is neither disputed nor in a plan, the oldest first."""
	return plan_facts.overdue_invoices(account.customer, account.company, getdate())


def _note_promise(account: Account, facts: frappe._dict, amount: Decimal, until: date):
	doc = frappe.get_doc(
		{
			"doctype": promises.PROMISE,
			"customer": account.customer,
			"company": account.company,
			"sales_invoice": facts.name,
			"amount": number(amount),
			"made_on": getdate(),
			"promised_date": until,
			"channel": "Portal",
			"promised_by": frappe.utils.get_fullname(frappe.session.user),
		}
	)
	# Whose invoice it is was checked by the portal; a customer has no other right.
	return doc.insert(ignore_permissions=True)


def _refuse_promise(account: Account, facts: frappe._dict, why: str | None) -> None:
	if why is None:
		return
	sentence = {
		engine.NOT_OFFERED: _("Payments cannot be promised here."),
		engine.PROMISED_ALREADY: _("The payment of invoice {0} is promised already."),
		engine.NOT_KEPT_BEFORE: _(
			"The payment of invoice {0} was promised before and did not come in full. Please pay it, or ask us."
		),
		engine.NOTHING_FREE: _("Nothing of invoice {0} is open that is not disputed or in a payment plan."),
	}[why]
	_refuse(account, sentence.format(facts.name))


def _tell_of_promise(account: Account, name: str, said: str, until: date) -> None:
	with _as_the_house_writes():
		text = _("{0} promises in the portal to pay {1} by {2}.").format(
			account.customer_name, said, formatdate(until)
		)
	_tell(promises.PROMISE, name, account, text)


# ------------------------------------------------------------------ payment plans
def proposal(account: Account, chosen: Collection[str], count: int, first: str, reason: str = ""):
	"""Return the plan that a customer asks for, with its instalments, not saved: `count` monthly ones over overdue invoices.

	Refuses what takes more than the usual approval, without saying what we know of the customer.
	"""
	begins, possible = _day(account, first), for_a_plan(account)
	wanted = [name for name in possible if name in set(chosen)]
	if not wanted or set(chosen) - set(possible):
		_refuse(account, _("Choose overdue invoices of this account."))
	most = most_instalments(account)
	if not 1 <= count <= most:
		_refuse(account, _("Choose between 1 and {0} instalments.").format(most))
	return drafted(account, wanted, count, begins, reason)


def drafted(account: Account, wanted: list[str], count: int, begins: date, reason: str = ""):
	"""Return a plan of `count` monthly instalments over invoices of an account, not saved. The caller has looked at what may be
	asked for; what takes more than the usual approval is refused, without saying what we know of the customer."""
	try:
		plan = plan_drafting.new(account.customer, account.company, wanted)
		plan.update(
			{
				"frequency": plan_rules.MONTHLY,
				"number_of_instalments": count,
				"first_instalment_date": begins,
				"reason": reason,
			}
		)
		plans.complete_draft(plan)
	except PaymentPlanError:
		# The sentence may say what insurers and ratings have to do with it: that is for us.
		frappe.clear_last_message()
		_refuse(
			account,
			_("This plan cannot be offered here. Try fewer instalments or an earlier first day."),
		)
	return plan


def ask_for_plan(
	account: Account, chosen: Collection[str], count: int, first: str, reason: str, total: str
) -> str:
	"""Draft the plan that a customer asks for, for a credit controller to decide about. Returns the sentence that says so.

	`total` is what the customer was shown: where the invoices have changed since, they look again first.
	"""
	reason = _reason(account, reason)
	if open_request(account):
		refuse_second(account)
	plan = proposal(account, chosen, count, first, reason)
	enter(account, plan, total, {"asked_for_by": _email()})
	return _(
		"Thank you. We have received your request {0} and will answer you. Until then all stays due."
	).format(plan.name)


def enter(account: Account, plan, total: str, asked: dict) -> None:
	"""Save what a customer asks for as a draft and tell whoever decides about it. `total` is what it was shown; `asked` are the
	fields that say who asked and how."""
	if number(money(plan.total_amount)) != number(_decimal(total)):
		_refuse(account, _("What is open has changed meanwhile. Look at the instalments again."))
	plan.update({**asked, "request_key": _key_of(account)})
	plan.flags.in_portal = True
	try:
		# Whose invoices they are was checked by the caller; a customer has no other right.
		plan.insert(ignore_permissions=True)
	except frappe.UniqueValidationError:
		frappe.clear_last_message()
		refuse_second(account)
	with _as_the_house_writes():
		said = _("{0} asks by the link of a reminder to pay {1} in {2} instalments.")
		if not plan.acknowledged_by:
			said = _("{0} asks in the portal to pay {1} in {2} instalments.")
		text = said.format(
			account.customer_name,
			wording.money_text(money(plan.total_amount), plan.currency),
			len(plan.instalments),
		)
	_tell(plan_facts.PLAN, plan.name, account, text)


def open_request(account: Account) -> str | None:
	"""Return the plan that was asked for in the portal and waits for an answer, None without one."""
	return frappe.db.get_value(plan_facts.PLAN, {"request_key": _key_of(account), "docstatus": 0})


def _key_of(account: Account) -> str:
	return frappe.utils.sha256_hash(f"{account.customer}\n{account.company}")


def refuse_second(account: Account) -> None:
	_refuse(account, _("You have asked for a payment plan already. We will answer you."))


def _reason(account: Account, reason: str) -> str:
	reason = frappe.utils.strip_html(reason or "").strip()
	if not reason:
		_refuse(account, _("Write down why you cannot pay at once."))
	if len(reason) > LONGEST_REASON:
		_refuse(
			account,
			_("The reason has {0} letters; at most {1} can be sent.").format(len(reason), LONGEST_REASON),
		)
	return reason


def turn_down(name: str, answer: str):
	"""Turn down a plan that a customer has asked for in the portal, with an answer that the customer reads there. Returns the
	plan, which stays as a draft; the customer may ask for another one."""
	answer = (answer or "").strip()
	if not answer:
		frappe.throw(_("Write down what the customer is to read."), PortalError, title=_("Payment plan"))
	plan = locking.locked_doc(plan_facts.PLAN, name)
	if plan.docstatus or not plan.request_key:
		frappe.throw(
			_("{0} is no request of a customer that waits for an answer.").format(name),
			PortalError,
			title=_("Payment plan"),
		)
	locking.write(plan, {"request_key": None, "turned_down": answer})
	plan.add_comment("Info", _("Turned down: {0}").format(answer))
	return plan


# ------------------------------------------------------------------ disputes
def dispute(
	facts: frappe._dict, amount: str, root_cause: str, description: str, uploads: Collection[Upload]
) -> str:
	"""Enter what a customer does not accept of an invoice, or add it to what they have entered before, exactly as by the link of
	a mail. Returns the sentence that says so."""
	opened = dispute_links.opened_for(facts)
	return dispute_links.enter(opened, amount, root_cause, description, _email(), uploads, in_portal=True)


# ------------------------------------------------------------------ what was sent
def _day(account: Account, day: str) -> date:
	ahead = days_ahead(account)
	last = engine.last_day(getdate(), ahead)
	if last is None:
		_refuse(account, _("This is not offered here."))
	try:
		found = date.fromisoformat(day or "")
	except ValueError:
		found = date.min
	if not engine.is_in_time(found, getdate(), ahead):
		_refuse(
			account,
			_("Choose a day from today until {0}.").format(formatdate(last)),
		)
	return found


def _decimal(entered: str) -> Decimal:
	try:
		return Decimal((entered or "").strip())
	except InvalidOperation:
		return Decimal("NaN")


def _amount(account: Account, entered: str, free: Decimal, currency: str) -> Decimal:
	if not (entered or "").strip():
		return free
	amount = _decimal(entered)
	if not amount.is_finite() or not ZERO < amount <= free or amount != to_cents(amount):
		_refuse(
			account,
			_("Enter an amount of more than 0, and of {0} at most.").format(
				wording.money_text(free, currency)
			),
		)
	return amount


def _email() -> str:
	return frappe.db.get_value("User", frappe.session.user, "email") or frappe.session.user


# ------------------------------------------------------------------ told
def _tell(doctype: str, name: str, account: Account, text: str) -> None:
	"""Tell the controllers, and who looks after the customer, behind the bell."""
	mine = frappe.db.get_value("Customer", account.customer, ["account_manager", "b2b_collector"])
	notices.bell(doctype, name, [*people.controllers(), *mine], text)


def _as_the_house_writes():
	"""Write in the site's own language meanwhile: the people who are told need not know the customer's."""
	return notices.writing_in(frappe.db.get_default("lang"))


def _refuse(account: Account, message: str) -> None:
	frappe.throw(f"{message} {whom_to_ask(account.company)}", PortalError, title=_("Customer portal"))
