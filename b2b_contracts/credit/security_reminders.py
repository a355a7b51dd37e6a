"""Reminds people of the end of a security, at the policy's steps, each once (requirements §2.6)."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, formatdate, get_url_to_form, getdate, now_datetime

from b2b_contracts.engine import security_life as life
from b2b_contracts.engine.security import GIVEN_AWAY

from . import clearing, locking, notices, people, policies, securities, wording
from .account_facts import money
from .security_facts import GROUP_SCOPE, INSTRUMENT

REMINDER = "Security Reminder"
EXPIRES_TEMPLATE = "Security expires"
GIVEN_TEMPLATE = "Guarantee given expires"


def daily() -> None:
	"""Remind of securities in force that end soon. May be killed and run again: each reminder is written down in the
	transaction that sends it. After days on which it did not run only the tightest step is sent."""
	steps = {row.company: _steps_of(row.company) for row in _in_force({})}
	for company in sorted(steps):
		if steps[company]:
			last = add_days(getdate(), max(steps[company]))
			for row in _in_force({"company": company, "expiry_date": ["between", (getdate(), last)]}):
				clearing.in_own_transaction(remind, row.name)


def _in_force(more: dict) -> list[frappe._dict]:
	filters = {"docstatus": 1, "status": life.IN_FORCE, "expiry_date": [">=", getdate()], **more}
	return frappe.get_all(
		INSTRUMENT, filters=filters, fields=["name", "company"], order_by="expiry_date, name"
	)


def _steps_of(company: str) -> tuple[int, ...]:
	policy = policies.active(company)
	return policy.security_reminder_days if policy else life.REMINDER_DAYS


def remind(name: str) -> bool:
	"""Remind of one security where a step is reached that nobody was told of; returns whether it was."""
	doc = locking.locked_doc(INSTRUMENT, name)
	today, expiry = getdate(), doc.expiry_date and getdate(doc.expiry_date)
	if doc.docstatus != 1 or doc.status != life.IN_FORCE or not expiry:
		return False
	told = frappe.get_all(REMINDER, filters={"security": name, "expiry_date": expiry}, pluck="days_before")
	step = life.reminder_due(expiry, today, told, _steps_of(doc.company))
	if step is None:
		return False
	recipients = recipients_of(doc)
	_write_down(doc, expiry, step, recipients)
	_tell(doc, expiry, (expiry - today).days, recipients)
	return True


def recipients_of(doc) -> list[str]:
	"""Return who is reminded: whoever registered the security, the account manager, the credit managers."""
	manager = None
	if doc.scope != GROUP_SCOPE:
		manager = frappe.db.get_value("Customer", doc.customer, "account_manager")
	wanted = [doc.owner, manager, *people.controllers("Credit Manager")]
	return [user for user in dict.fromkeys(wanted) if user and people.is_desk_user(user)]


def _write_down(doc, expiry: date, step: int, recipients: list[str]) -> None:
	reminder = frappe.get_doc(
		{
			"doctype": REMINDER,
			"security": doc.name,
			"customer": doc.customer,
			"credit_group": doc.credit_group,
			"company": doc.company,
			"expiry_date": expiry,
			"days_before": step,
			"sent_on": now_datetime(),
			"sent_to": ", ".join(recipients),
		}
	)
	reminder.flags.credit_service = True
	# A second one of this name fails in the database.
	reminder.insert(set_name=f"{doc.name} {expiry.isoformat()} {step}", ignore_permissions=True)


def _tell(doc, expiry: date, days_left: int, recipients: list[str]) -> None:
	is_given = doc.direction == GIVEN_AWAY
	text = (
		_(
			"{0}, given to {1}, over {2} expires on {3}, in {4} days. Get it back, or see whether it must be extended."
		)
		if is_given
		else _("{0} of {1} over {2} expires on {3}, in {4} days. Have it extended or replaced.")
	)
	amount = wording.money_text(money(doc.amount), doc.currency)
	said = text.format(doc.label(), securities.whom(doc), amount, formatdate(expiry), days_left)
	notices.bell(INSTRUMENT, doc.name, recipients, said)
	context = {
		"security": doc,
		"title": doc.label(),
		"whom": securities.whom(doc),
		"days_left": days_left,
		"link": get_url_to_form(INSTRUMENT, doc.name),
	}
	template = GIVEN_TEMPLATE if is_given else EXPIRES_TEMPLATE
	for language, users in people.by_language(recipients).items():
		notices.mail(users, template, context, INSTRUMENT, doc.name, language or None)
