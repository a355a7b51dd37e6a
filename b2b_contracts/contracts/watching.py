"""The one daily job of all contracts: starts, renews and ends them on their day and reminds of every key date, each once
(requirements §6, watchers).

What is due is found by state and day. All that is due of one contract is one transaction, with a key in the database for each
effect, so the job can be killed anywhere and run again; after days on which it did not run it catches up.
"""

from collections import defaultdict
from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, formatdate, get_url_to_form, getdate

from b2b_contracts.credit import clearing, locking, notices, people
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.engine.key_dates import Reminder

from . import contracts, events, facts, in_force, taking_effect, wording
from .facts import CONTRACT, day_of

TEMPLATE = "Contract: key date"
BATCH = 500


def daily() -> None:
	"""Look at every contract whose day has come."""
	last = ""
	while names := _due(last):
		for name in names:
			clearing.in_own_transaction(watch, name)
		last = names[-1]


def _due(after: str) -> list[str]:
	"""Return the next contracts to look at, by name. What fails keeps its day, and is looked at again tomorrow."""
	# Not by get_all, for which an empty day is before every other, and which then reads past the index. Written out: on most days
	# nothing is due, and the query builder takes longer to write it than the database to answer.
	return list(
		frappe.db.sql(
			"select name from `tabB2B Contract` where next_watch_on <= %s and name > %s order by name limit %s",
			(getdate(), after, BATCH),
			pluck=True,
		)
	)


def watch(name: str) -> bool:
	"""Do what is due of one contract today, and say when it is looked at next. Returns whether anything was due."""
	doc = in_force.locked_doc(name)
	today = getdate()
	# What renewed itself before it was replaced did so.
	done = _renew(doc, today)
	done = taking_effect.settle(doc) or done
	if not contracts.is_watched(doc):
		locking.write(doc, {"next_watch_on": None})
		return done
	done = _renew(doc, today) or done
	known, ladder = facts.key_facts(doc), facts.ladder_of(doc)
	# Of what was over before a contract was imported, whoever kept it then was told.
	since = day_of(doc.taken_over_on)
	dates = [
		one
		for one in keys.key_dates(known, today)
		if in_force.tells_of(doc, one.day) and (since is None or one.day >= since)
	]
	for reminder in keys.reminders_due(dates, today, _told(doc), ladder):
		remind(doc, reminder)
		done = True
	looks = (keys.next_look(known, today, ladder), *in_force.turning_days(doc))
	upcoming = min((day for day in looks if day is not None and day > today), default=None)
	locking.write(doc, {**contracts.dates_of(doc), "next_watch_on": upcoming})
	return done


def _renew(doc, today: date) -> bool:
	"""Write down each period that a running contract has entered by itself, and tell of it. Returns whether there was one."""
	known = facts.key_facts(doc)
	if doc.status not in life.RUNNING or not known.term.renews:
		return False
	# What renewed itself before the contract was entered here is no news.
	since = max(day_of(doc.signed_on) or today, getdate(doc.creation), known.term.start)
	if doc.parent_contract and doc.in_force_from:
		since = max(since, facts.starts(doc) - terms.ONE_DAY)
	until = min(day for day in (today, known.ends_on, day_of(doc.in_force_until)) if day is not None)
	renewed = False
	for period in terms.renewals_between(known.term, since, until):
		key = events.effect_key(doc.name, "renewed", period.start)
		if events.has(key):
			continue
		text = _("Renewed itself: period {0} runs from {1} to {2}.").format(
			period.number, formatdate(period.start), formatdate(period.end)
		)
		told = recipients_of(doc)
		events.write(doc, events.RENEWED, text, key, told=", ".join(told))
		notices.bell(CONTRACT, doc.name, told, _("Contract {0}: {1}").format(doc.title, text))
		renewed = True
	if renewed and not known.ends_on:
		# It was about the period that is over.
		about = ("renewal_decision", "decided_for", "decided_by", "decision_reason")
		step = {"renewal_probability": 0, "next_step": None, "next_step_on": None}
		locking.write(doc, {**dict.fromkeys(about), **step})
	return renewed


# ------------------------------------------------------------------ reminders
def _told(doc) -> dict[tuple[str, str, date], list[int]]:
	"""Return the rungs that were told of each date of a contract, also while another one of its chain was in force."""
	found: dict[tuple[str, str, date], list[int]] = defaultdict(list)
	names = in_force.chain_of(doc.name)
	own = _references(doc) if len(names) > 1 else {}
	here = {one.name: _references(one) for one in _others(doc, names)}
	for row in frappe.get_all(
		events.EVENT,
		filters={"contract": ["in", names], "event": events.REMINDER},
		fields=["contract", "key_date_kind", "reference", "key_date", "rung"],
	):
		reference = row.reference or ""
		if row.contract != doc.name and reference:
			# The same thing is another row there.
			about = next((key for key, name in here[row.contract].items() if name == reference), None)
			reference = own.get(about)
		if reference is not None:
			found[row.key_date_kind, reference, getdate(row.key_date)].append(cint(row.rung))
	return found


def _others(doc, names: list[str]) -> list:
	return [frappe.get_doc(CONTRACT, name) for name in names if name != doc.name]


def _references(doc) -> dict[tuple[str, str, date], str]:
	"""Return the rows that a contract's dates are about, by what they are."""
	return {(item.kind, item.title, item.day): item.reference for item in facts.key_facts(doc).items}


def remind(doc, reminder: Reminder) -> None:
	"""Tell people of one key date of a contract, by mail and in the app, and write down whom."""
	about = reminder.key_date
	told = recipients_of(doc, about.responsible, reminder.escalates)
	text = said(about, getdate())
	events.write(
		doc,
		events.REMINDER,
		text,
		events.effect_key(doc.name, about.kind, about.reference, about.day, reminder.rung),
		key_date_kind=about.kind,
		key_date=about.day,
		rung=reminder.rung,
		reference=about.reference,
		told=", ".join(told),
	)
	for language, users in people.by_language(told).items():
		with notices.writing_in(language or None):
			_tell(doc, about, users, language or None)


def _tell(doc, about: keys.KeyDate, users: list[str], language: str | None) -> None:
	what = said(about, getdate())
	customer = doc.customer_name or doc.customer
	notices.bell(
		CONTRACT, doc.name, users, _("{0} – contract {1} with {2}").format(what, doc.title, customer)
	)
	context = {
		"contract": doc,
		"what": what,
		"customer_name": customer,
		"link": get_url_to_form(CONTRACT, doc.name),
	}
	notices.mail(users, TEMPLATE, context, CONTRACT, doc.name, language)


def said(about: keys.KeyDate, today: date) -> str:
	"""Return a key date and how far away it is, in words."""
	what = wording.kind_name(about.kind)
	if about.title:
		what = _("{0} “{1}”").format(what, about.title)
	days = (about.day - today).days
	if days < 0:
		return _("{0} was on {1}, {2} days ago").format(what, formatdate(about.day), -days)
	if days == 0:
		return _("{0} is today").format(what)
	return _("{0} on {1}, in {2} days").format(what, formatdate(about.day), days)


def recipients_of(doc, responsible: str | None = None, escalates: bool = False) -> list[str]:
	"""Return who is told: whoever answers for what is due, the contract's owner, its account manager, and above them whom it is
	escalated to."""
	wanted = [responsible, doc.contract_owner, doc.account_manager]
	if escalates:
		wanted += [doc.escalation_user] if doc.escalation_user else people.users_with(life.CONTRACT_MANAGER)
	return [user for user in dict.fromkeys(wanted) if user and people.is_desk_user(user)]
