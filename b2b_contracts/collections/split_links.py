"""A customer asks to pay what a reminder is about in instalments, by a link in it without log-in (requirements §3).

The link is signed for one reminder (or, from the portal, for one account on one day), good for 30 days and for one request.
The page shows dates and amounts before anything is agreed; agreeing acknowledges the debt and makes a draft of a Payment Plan,
which takes the same approval as any other. Until then all stays due.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate, now_datetime

from b2b_contracts import signed_links
from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.engine import plans as plan_rules
from b2b_contracts.engine import portal as portal_rules
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import SplitLinkError
from b2b_contracts.signed_links import NotSignedError

from . import case_claims, dispute_links, invoices, plan_facts, portal_actions, portal_plans, standings
from .portal_access import Account

PURPOSE = "pay in instalments"
PAGE = "/split-payment"
VALID_FOR = timedelta(days=30)
# The first instalment is due within so many days.
FIRST_WITHIN_DAYS = 14
LONGEST_NAME = 140


@dataclass(frozen=True, slots=True)
class Subject:
	"""What a link is for: what a reminder is about, or without one all that is overdue of an account; made on a day ("" with a
	reminder)."""

	customer: str
	company: str
	notice: str = ""
	made_on: str = ""

	def written(self) -> str:
		return json.dumps([self.customer, self.company, self.notice, self.made_on], ensure_ascii=False)

	@property
	def key(self) -> str:
		"""What is kept of a link that was used."""
		return signed_links.keyed_hash(self.written())


@dataclass(frozen=True, slots=True)
class Opened:
	"""What a good link opens: the account, the invoices that can be split, in how many instalments, and what they come to."""

	subject: Subject
	account: Account
	names: list[str]
	counts: tuple[int, ...]
	total: Decimal
	currency: str


# ------------------------------------------------------------------ offered
def offer_of(company: str) -> plan_rules.Split:
	"""Return what a company lets its customers split by themselves."""
	most, amount = frappe.get_cached_value("Company", company, ["b2b_split_instalments", "b2b_split_amount"])
	return plan_rules.Split(cint(most), money(amount))


def link_of_notice(notice, names: Collection[str]) -> str:
	"""Return the address at which a customer splits what a notice asks for, empty where its step or the company offers none.

	`names` are the invoices that it asks for."""
	if not cint(notice.offers_split) or not notice.name:
		return ""
	return _link(Subject(notice.customer, notice.company, notice.name), names)


def link_for(account: Account) -> str:
	"""Return the address at which a customer splits all that is overdue, empty where that is not offered. The caller has looked
	at who asks."""
	subject = Subject(account.customer, account.company, made_on=str(getdate()))
	if frappe.db.exists(plan_facts.PLAN, {"link_key": subject.key}):
		return ""
	return _link(subject, portal_actions.overdue(account))


def _link(subject: Subject, names: Collection[str]) -> str:
	account = Account(subject.customer, "", subject.company)
	if not _counts(account, _can_be_split(account, names))[0]:
		return ""
	return signed_links.address(PAGE, PURPOSE, subject.written(), VALID_FOR)


def _can_be_split(account: Account, names: Collection[str]) -> list[str]:
	"""Return those of some invoices that are overdue, in no live plan, never were in a broken one, and with no agency; the
	oldest first."""
	if insolvency_of(account.customer):
		return []
	wanted = set(names)
	found = [name for name in portal_actions.overdue(account) if name in wanted]
	gone = {*plan_facts.broken_plans_over(found), *standings.cases_of(found)}
	return [name for name in found if name not in gone]


def _counts(account: Account, names: list[str]) -> tuple[tuple[int, ...], Decimal, str]:
	"""Return in how many instalments invoices may be split, what is due of them, and in which currency."""
	if not names:
		return (), ZERO, ""
	found = list(invoices.seen(names).values())
	due = [(max(ZERO, money(row.outstanding_amount) - money(row.b2b_disputed_amount)), row) for row in found]
	total = sum((amount for amount, _row in due), ZERO)
	own = case_claims.in_company_currency(account.company, due)
	counts = plan_rules.split_counts(
		offer_of(account.company), total, own, portal_actions.most_instalments(account)
	)
	return counts, total, invoices.currency_of(found[0])


# ------------------------------------------------------------------ looked at
def language_of(token: str) -> str | None:
	"""Return the language of the customer whom a link is for, None where it is not known."""
	try:
		subject = _subject(token)[0]
	except NotSignedError:
		return None
	return frappe.db.get_value("Customer", subject.customer, "language")


def shown(token: str) -> dict:
	"""Return what the page of a link shows, and nothing else. Reads only.

	A link that was used shows what has become of the request."""
	subject = _good(token)
	asked = _asked(subject)
	if asked:
		return {"company": subject.company, "asked": asked}
	opened = _opened(subject)
	today = getdate()
	last = portal_rules.last_day(today, FIRST_WITHIN_DAYS)
	return {
		"company": subject.company,
		"asked": None,
		"customer": opened.account.customer_name,
		"invoices": [_row(facts) for facts in invoices.seen(opened.names).values()],
		"total_text": wording.money_text(opened.total, opened.currency),
		"counts": opened.counts,
		"first_day": str(today),
		"last_day": str(last),
		"last_day_text": formatdate(last),
	}


def _row(facts: frappe._dict) -> dict:
	currency = invoices.currency_of(facts)
	due = money(facts.outstanding_amount) - money(facts.b2b_disputed_amount)
	return {
		"name": facts.name,
		"due_date": formatdate(facts.due_date),
		"text": wording.money_text(due, currency),
	}


def _asked(subject: Subject) -> dict | None:
	"""Return what has become of the request that was made by a link, None before."""
	return portal_plans.asked_by(subject.key)


def _opened(subject: Subject) -> Opened:
	"""Return what a link opens; refuse one of which nothing can be split any more."""
	name = frappe.db.get_value("Customer", {"name": subject.customer, "disabled": 0}, "customer_name")
	account = Account(subject.customer, name or "", subject.company)
	names = _can_be_split(account, _about(subject, account)) if name else []
	counts, total, currency = _counts(account, names)
	if not counts:
		_gone(
			_("What this link is about is paid or agreed on by now, or cannot be split here."),
			subject.company,
		)
	if portal_actions.open_request(account):
		portal_actions.refuse_second(account)
	return Opened(subject, account, names, counts, total, currency)


def _about(subject: Subject, account: Account) -> Collection[str]:
	if not subject.notice:
		return portal_actions.overdue(account)
	return frappe.get_all(
		"Dunning Notice Item",
		filters={
			"parent": subject.notice,
			"chased_amount": [">", 0],
			"exclude": 0,
			"dropped_because": ["is", "not set"],
		},
		pluck="sales_invoice",
	)


def _good(token: str) -> Subject:
	"""Return what a link is for; refuse one that is not ours, or not good any more."""
	try:
		subject, link = _subject(token)
	except NotSignedError:
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	if not frappe.db.exists("Company", subject.company):
		_gone(_("This link is not valid. Open it as it stands in our mail, or answer that mail."))
	if not link.is_good(getdate()):
		_gone(_("This link was good until {0}.").format(formatdate(link.until)), subject.company)
	return subject


def _subject(token: str) -> tuple[Subject, signed_links.SignedLink]:
	link = signed_links.read(token or "", PURPOSE)
	return Subject(*json.loads(link.subject)), link


def _gone(why: str, company: str | None = None) -> None:
	whom = dispute_links.whom_to_ask(company) if company else ""
	frappe.throw(f"{why} {whom}".strip(), SplitLinkError, title=_("Link not valid"))


# ------------------------------------------------------------------ asked
def preview(token: str, count: int, first: str) -> dict:
	"""Return the instalments that a customer would agree to. Writes nothing."""
	return portal_plans.instalments(_proposal(_fresh(token), count, first))


def agree(
	token: str, count: int, first: str, total: str, name_given: str, email: str, is_acknowledged: bool
) -> str:
	"""Draft the plan that a customer has seen and agrees to, over its `total`; returns the sentence that says so."""
	opened = _fresh(token)
	company = opened.subject.company
	name_given = frappe.utils.strip_html(name_given or "").strip()[:LONGEST_NAME]
	if not name_given:
		_refuse(_("Enter your name."), company)
	if not is_acknowledged:
		_refuse(_("Confirm that you owe the amount and will pay it by these instalments."), company)
	email = dispute_links.address(email)
	reason = _("Asked for by the link of reminder {0}.").format(opened.subject.notice)
	if not opened.subject.notice:
		reason = _("Asked for by the link in the portal.")
	plan = _proposal(opened, count, first, reason)
	portal_actions.enter(
		opened.account,
		plan,
		total,
		{
			"asked_for_by": email,
			"acknowledged_by": name_given,
			"acknowledged_on": now_datetime(),
			"asked_with": opened.subject.notice or None,
			"link_key": opened.subject.key,
		},
	)
	return _(
		"Thank you. We have received your request {0} and will answer to {1}. Until then all stays due. This page shows what has become of it."
	).format(plan.name, email)


def _fresh(token: str) -> Opened:
	"""Return what a link opens that nobody has used; refuse one that was."""
	subject = _good(token)
	if _asked(subject):
		_refuse(
			_("This link was used already. Open it again to see what has become of your request."),
			subject.company,
		)
	return _opened(subject)


def _proposal(opened: Opened, count: int, first: str, reason: str = ""):
	if count not in opened.counts:
		_refuse(_("Choose between 2 and {0} instalments.").format(opened.counts[-1]), opened.subject.company)
	begins = _day(first, opened.subject.company)
	return portal_actions.drafted(opened.account, opened.names, count, begins, reason)


def _day(first: str, company: str) -> date:
	today = getdate()
	try:
		found = date.fromisoformat(first or "")
	except ValueError:
		found = date.min
	if not portal_rules.is_in_time(found, today, FIRST_WITHIN_DAYS):
		last = portal_rules.last_day(today, FIRST_WITHIN_DAYS)
		_refuse(_("Choose a day from today until {0}.").format(formatdate(last)), company)
	return found


def _refuse(message: str, company: str) -> None:
	frappe.throw(
		f"{message} {dispute_links.whom_to_ask(company)}", SplitLinkError, title=_("Pay in instalments")
	)
