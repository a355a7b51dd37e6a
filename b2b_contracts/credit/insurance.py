"""Insurance policies and their buyer limits, which are securities (requirements §2.3, §2.6).

A buyer limit takes from its policy what is not entered on it, and counts only while the policy is in force. What the
insurer wants in return is in `insurer_duties.py`.
"""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import insurance as engine
from b2b_contracts.engine import security
from b2b_contracts.engine.insurance import DISCRETIONARY, IN_FORCE, LIMIT_BASES, NAMED
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.security import CREDIT_INSURANCE
from b2b_contracts.engine.security_life import CLAIMED
from b2b_contracts.exceptions import SecurityInstrumentError

from . import clearing, insurance_facts, locking, position_facts, profiles, security_facts, wording
from .account_facts import company_currency, money, rate_to
from .security_facts import CUSTOMER_SCOPE, INSTRUMENT

POLICY = "Insurance Policy"
# A change of these decides about the customers of the policy.
DECIDE = ("status", "period_from", "period_to", "maximum_extension_days")
# What a buyer limit takes from its policy unless it is entered: field of the instrument, of the policy.
TERMS = {
	"issuer": "insurer",
	"issuer_rating": "issuer_rating",
	"currency": "currency",
	"cover_percent": "cover_percent",
	"deductible": "deductible",
	"expiry_date": "period_to",
	"document": "document",
}


# ------------------------------------------------------------------ buyer limits
def take_terms(instrument) -> None:
	"""Give a new buyer limit what its policy says, where nothing is entered."""
	if not instrument.insurance_policy:
		return
	policy = frappe.get_doc(POLICY, instrument.insurance_policy)
	instrument.instrument_type = instrument.instrument_type or CREDIT_INSURANCE
	for field, of_policy in TERMS.items():
		if instrument.get(field) in (None, ""):
			instrument.set(field, policy.get(of_policy))
	instrument.limit_basis = instrument.limit_basis or NAMED
	if not instrument.valid_from or getdate(instrument.valid_from) < getdate(policy.period_from):
		instrument.valid_from = policy.period_from


def check_buyer_limit(instrument, of_insurance: bool) -> None:
	"""Refuse a buyer limit that does not fit its policy, or whose limit the policy does not let us set ourselves."""
	if not instrument.insurance_policy:
		instrument.limit_basis = None
		return
	if not of_insurance:
		_refuse(
			_(
				"{0} is no insurance, so it cannot be a buyer limit of {1}. Choose another type or no policy."
			).format(_(instrument.instrument_type), instrument.insurance_policy)
		)
	if instrument.scope != CUSTOMER_SCOPE:
		_refuse(
			_("A buyer limit is of one customer: under {0} choose {1}.").format(
				frappe.bold(_(instrument.meta.get_label("scope"))), _(CUSTOMER_SCOPE)
			)
		)
	if instrument.limit_basis not in LIMIT_BASES:
		_refuse(_("A buyer limit is one of {0}.").format(", ".join(_(basis) for basis in LIMIT_BASES)))
	policy = frappe.get_doc(POLICY, instrument.insurance_policy)
	if policy.company != instrument.company:
		_refuse(
			_("{0} insures {1}, not {2}.").format(policy.name, policy.company, instrument.company),
		)
	_check_discretion(instrument, policy)
	_check_only_one(instrument)


def _check_discretion(instrument, policy) -> None:
	if instrument.limit_basis != DISCRETIONARY:
		return
	rate = rate_to(instrument.currency, policy.currency, getdate(instrument.valid_from), instrument.label())
	allowed = money(policy.discretionary_limit)
	if money(instrument.amount) * rate > allowed:
		_refuse(
			_(
				"A discretionary limit under {0} is at most {1}; {2} is entered. Enter less, or ask the insurer and choose {3}."
			).format(
				policy.name,
				wording.money_text(allowed, policy.currency),
				wording.money_text(money(instrument.amount), instrument.currency),
				_(NAMED, context=INSTRUMENT),
			)
		)


def _check_only_one(instrument) -> None:
	other = _live_limit_of(instrument)
	if other:
		_refuse(
			_(
				"{0} has a buyer limit under {1} already: {2}. For one that takes its place choose that one under {3}."
			).format(
				instrument.customer_name or instrument.customer,
				instrument.insurance_policy,
				frappe.utils.get_link_to_form(INSTRUMENT, other),
				frappe.bold(_(instrument.meta.get_label("replaces"))),
			)
		)


def _live_limit_of(instrument) -> str | None:
	return frappe.db.get_value(
		INSTRUMENT,
		{
			"name": ["not in", [instrument.name or "", instrument.replaces or ""]],
			"insurance_policy": instrument.insurance_policy,
			"customer": instrument.customer,
			"company": instrument.company,
			"docstatus": 1,
			"status": ["in", (IN_FORCE, CLAIMED)],
		},
	)


def comes_into_force(instrument) -> None:
	"""Refuse a second live buyer limit of a customer, also when both come at once: they stand in line at their policy."""
	if instrument.insurance_policy:
		frappe.db.get_value(POLICY, instrument.insurance_policy, "name", for_update=True)
		_check_only_one(instrument)


def add_buyer_limit(
	policy: str,
	customer: str,
	amount: float,
	limit_basis: str = NAMED,
	in_force: bool = True,
	**entered,
):
	"""Make a buyer limit of a policy for a customer, in force or (where the insurer has yet to answer) requested.

	`entered` are other fields of a Security Instrument. Returns the document.
	"""
	company, currency = frappe.db.get_value(POLICY, policy, ("company", "currency"))
	doc = frappe.get_doc(
		{
			"doctype": INSTRUMENT,
			"scope": CUSTOMER_SCOPE,
			"customer": customer,
			"company": company,
			"insurance_policy": policy,
			"instrument_type": CREDIT_INSURANCE,
			"limit_basis": limit_basis,
			"amount": amount,
			# Frappe would fill in the default of the user, which is not the policy's.
			"currency": currency,
			**{field: value for field, value in entered.items() if value not in (None, "")},
		}
	)
	doc.insert()
	if in_force:
		doc.submit()
	return doc


# ------------------------------------------------------------------ the policy
def follow(policy) -> None:
	"""Have what waits for the customers of a policy looked at."""
	for customer, company in insured_by(policy.name):
		profiles.security_changed(customer, company)


def insured_by(policy: str) -> list[tuple[str, str]]:
	"""Return the customers who have, or had, a buyer limit in force under a policy."""
	rows = frappe.get_all(
		INSTRUMENT,
		filters={"insurance_policy": policy, "docstatus": 1, "customer": ["is", "set"]},
		fields=["customer", "company"],
		order_by="customer",
	)
	return list(dict.fromkeys((row.customer, row.company) for row in rows))


def end_due() -> None:
	"""End policies whose period is over. Daily; may be killed and run again."""
	due = frappe.get_all(
		POLICY,
		filters={"status": IN_FORCE, "period_to": ["<", getdate()]},
		order_by="period_to, name",
		pluck="name",
	)
	for name in due:
		clearing.in_own_transaction(_end, name)


def _end(name: str) -> bool:
	policy = locking.locked_doc(POLICY, name)
	if policy.status != IN_FORCE or getdate(policy.period_to) >= getdate():
		return False
	locking.write(policy, {"status": engine.ENDED, "ended_on": policy.period_to})
	policy.add_comment("Info", _("Ended: its last day was {0}.").format(policy.get_formatted("period_to")))
	follow(policy)
	return True


# ------------------------------------------------------------------ shown
def buyer_limits(name: str) -> list[dict]:
	"""Return the buyer limits of a policy that the user may see, those in force first, as its form shows them.

	`[{name, customer, customer_name, amount, currency, limit_basis, status, expiry_date, counts, why_not, owed, not_eligible,
	covered, company_currency, oldest_days, duties}]`: what is owed, what of that the insurer does not cover, and what the
	limit covers today, in the company's currency; `oldest_days` is for how many days the oldest undisputed item is overdue,
	`duties` how many are to be done.
	"""
	rows = frappe.get_list(
		INSTRUMENT,
		filters={"insurance_policy": name, "docstatus": ["<", 2]},
		fields=[
			"name",
			"customer",
			"customer_name",
			"company",
			"amount",
			"currency",
			"limit_basis",
			"status",
			"docstatus",
			"expiry_date",
		],
		order_by="docstatus desc, customer_name, name",
		limit_page_length=0,
	)
	today = getdate()
	members = list(dict.fromkeys((row.customer, row.company) for row in rows))
	if not members:
		return []
	items = insurance_facts.open_items(members, today)
	books = position_facts.books_of(members, position_facts.Since(today, today, today))
	held = security_facts.held_by(
		members,
		today,
		{member: of.latest_due_date or today for member, of in books.items()},
		credits={member: of.overdue.credits for member, of in books.items()},
	)
	lodged = {one.instrument.name: one for one in held.own}
	duties = _duties_of(name)
	return [_shown(row, lodged.get(row.name), items, books, duties, today) for row in rows]


def _shown(row, lodged, items, books, duties: dict[str, int], today: date) -> dict:
	member = (row.customer, row.company)
	overdue = [of.item.due for of in items.get(member, ()) if of.item.due < today and of.item.undisputed > 0]
	owed = max(ZERO, books[member].position.balance)
	covered = security.covered(lodged.instrument, owed) if lodged and lodged.counts else ZERO
	why_not = lodged.why_not if lodged else security.NOT_IN_FORCE
	return {
		**{field: row[field] for field in ("name", "customer", "customer_name", "amount", "currency")},
		"limit_basis": row.limit_basis,
		"status": row.status if row.docstatus == 1 else "Requested",
		"expiry_date": row.expiry_date and str(row.expiry_date),
		"counts": why_not is None,
		"why_not": wording.why_not_counted(why_not) if why_not else None,
		"owed": float(owed),
		"not_eligible": float(min(owed, lodged.instrument.not_eligible)) if lodged else 0.0,
		"covered": float(covered),
		"company_currency": company_currency(row.company),
		"oldest_days": (today - min(overdue)).days if overdue else 0,
		"duties": duties.get(row.customer, 0),
	}


def _duties_of(policy: str) -> dict[str, int]:
	found: dict[str, int] = {}
	for customer in frappe.get_all(
		"Insurer Duty",
		filters={"insurance_policy": policy, "status": ["in", engine.STILL_TO_DO]},
		pluck="customer",
	):
		found[customer] = found.get(customer, 0) + 1
	return found


def _refuse(message: str) -> None:
	frappe.throw(message, SecurityInstrumentError, title=_("Buyer limit"))
