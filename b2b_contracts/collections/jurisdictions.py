"""Which law a customer is dunned by, what it says on a day, and what was agreed about paying late (requirements §3.1).

Read once a transaction: a run asks for every notice. What is committed, rolled back or changed meanwhile is read anew.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import mandates
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import dunning_law, interest
from b2b_contracts.engine.dunning_law import Acceptance, Figure, Law
from b2b_contracts.engine.interest import Rate
from b2b_contracts.exceptions import JurisdictionError, NotYourMandateError

JURISDICTION, RATE = "Dunning Jurisdiction", "Reference Rate"
YES, NO = "Yes", "No"
NEEDED = (dunning_law.DAYS_BEFORE_COLLECTION, dunning_law.DAYS_TO_INTEREST)
# Who writes what was agreed about paying late, beside the credit roles.
WRITTEN_BY = "Credit Manager"
WRITERS = frozenset(("Accounts Manager", "Contract Manager", "System Manager"))
LATE_TERMS = (
	"b2b_due_date_agreed",
	"b2b_reminder_fee_agreed",
	"b2b_late_rate",
	"b2b_late_rate_ground_type",
	"b2b_late_rate_ground",
	"b2b_late_terms_since",
	"b2b_acceptance_days",
	"b2b_acceptance_agreed",
	"b2b_acceptance_unfair",
)
_COMMA = re.compile(r"^(\d+),(\d{1,2})$")

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class LateTerms:
	"""What was agreed with a customer about paying late, by its own fields or else the company's.

	`percent` is an agreed rate of interest in per cent p.a., None for the statutory one; `ground` names the contract or the
	terms that carry it ("" = none). `acceptance` is the procedure for accepting what is delivered, None without one. Debts
	invoiced before `since` were made without any of it.
	"""

	is_due_date_agreed: bool = False
	is_fee_agreed: bool = False
	percent: Decimal | None = None
	ground: str = ""
	since: date | None = None
	acceptance: Acceptance | None = None

	def cover(self, invoiced_on: date | None) -> bool:
		"""Whether a debt of a day was made under them."""
		return self.since is None or invoiced_on is None or invoiced_on >= self.since


NOTHING_AGREED = LateTerms()


# ------------------------------------------------------------------ read once
def _once(key: tuple, read: Callable[[], Read]) -> Read:
	"""Return what `read` gives, asked once a transaction."""
	kept = getattr(frappe.local, "b2b_law", None)
	if kept is None:
		kept = frappe.local.b2b_law = {}
		frappe.db.after_commit.add(forget)
		frappe.db.after_rollback.add(forget)
	if key not in kept:
		kept[key] = read()
	return kept[key]


def forget() -> None:
	"""Read everything anew from now on."""
	frappe.local.b2b_law = None


# ------------------------------------------------------------------ which law
def jurisdiction_of(company: str, customer: str) -> str:
	"""Return the jurisdiction that a customer is dunned by.

	The one set on the company, else that of the company's country, else the default. A company that says so goes by its
	customer's country where that has a jurisdiction.
	"""
	by_country, default = _once(("jurisdictions",), _jurisdictions)
	terms = frappe.get_cached_doc("Company", company)
	if terms.get("b2b_dunning_law_by_customer"):
		found = by_country.get(_country_of(customer))
		if found:
			return found
	found = terms.get("b2b_dunning_jurisdiction") or by_country.get(terms.get("country")) or default
	if not found:
		frappe.throw(
			_(
				"No law is set for reminders of {0}. Choose its {1}, or make one that applies where no other does."
			).format(company, _(JURISDICTION)),
			JurisdictionError,
			title=_("No jurisdiction"),
		)
	return found


def _jurisdictions() -> tuple[dict[str, str], str]:
	rows = frappe.get_all(JURISDICTION, fields=["name", "country", "is_default"], order_by="name")
	by_country = {row.country: row.name for row in rows if row.country}
	return by_country, next((row.name for row in rows if row.is_default), "")


def _country_of(customer: str) -> str | None:
	"""Return the country of a customer's primary address, else of any; read at once for everybody whose terms were read."""
	kept = _once(("countries",), dict)
	if customer not in kept:
		kept.update(_countries({customer, *_kept_terms()} - set(kept)))
	return kept[customer]


def _countries(customers: Collection[str]) -> dict[str, str | None]:
	address, link = frappe.qb.DocType("Address"), frappe.qb.DocType("Dynamic Link")
	rows = (
		frappe.qb.from_(address)
		.join(link)
		.on((link.parent == address.name) & (link.parenttype == "Address"))
		.select(link.link_name, address.country)
		.where((link.link_doctype == "Customer") & link.link_name.isin(sorted(customers)))
		.where(address.disabled == 0)
		.orderby(address.is_primary_address)
		.run()
	)
	# The last one read is the primary one.
	return {**dict.fromkeys(customers), **dict(rows)}


# ------------------------------------------------------------------ what it says
def law_of(name: str, on: date) -> Law:
	"""Return what holds in a jurisdiction on a day, amounts in its own currency."""
	currency, figures = _once(("figures", name), lambda: _figures(name))
	return _once(("law", name, on), lambda: dunning_law.law_of(name, currency, figures, on))


def _figures(name: str) -> tuple[str, tuple[Figure, ...]]:
	rows = frappe.get_all(
		"Dunning Jurisdiction Rule",
		filters={"parent": name, "parenttype": JURISDICTION},
		fields=["rule", "value", "valid_from", "valid_until", "source", "is_confirmed"],
		order_by="idx",
	)
	figures = tuple(
		Figure(
			rule=row.rule,
			value=dunning_law.value_of(row.rule, row.value),
			valid_from=row.valid_from,
			source=row.source or "",
			is_confirmed=bool(row.is_confirmed),
			valid_until=row.valid_until,
		)
		for row in rows
	)
	return frappe.db.get_value(JURISDICTION, name, "currency"), figures


def rates_of(name: str) -> tuple[Rate, ...]:
	"""Return the statutory rates of interest of a jurisdiction, in per cent p.a. and in total: reference rate and what the law
	adds on the day. A half-year without a rate of its own carries the one before on, and says so."""
	return _once(("rates", name), lambda: _rates(name))


def _rates(name: str) -> tuple[Rate, ...]:
	rows = frappe.get_all(
		RATE,
		filters={"jurisdiction": name},
		fields=["valid_from", "percent", "is_confirmed", "source"],
		order_by="valid_from",
	)
	known = interest.half_yearly(
		Rate(row.valid_from, money(row.percent), bool(row.is_confirmed), row.source or "") for row in rows
	)
	_currency, figures = _once(("figures", name), lambda: _figures(name))
	margins = [figure for figure in figures if figure.rule == dunning_law.INTEREST_MARGIN]
	days = {rate.valid_from for rate in known}
	days |= {margin.valid_from for margin in margins if days and margin.valid_from > min(days)}
	return tuple(_total(name, known, day) for day in sorted(days))


def _total(name: str, known: tuple[Rate, ...], day: date) -> Rate:
	reference = [rate for rate in known if rate.valid_from <= day][-1]
	law = law_of(name, day)
	margin = law.origin(dunning_law.INTEREST_MARGIN)
	return Rate(
		valid_from=day,
		# A margin never makes up for a reference rate so low that nothing is left.
		percent=max(Decimal(0), reference.percent + law.interest_margin),
		is_confirmed=reference.is_confirmed and (margin is None or margin.is_confirmed),
		source=reference.source,
		is_known=reference.is_known,
	)


def day_count_of(name: str) -> str:
	"""Return how days of interest are counted in a jurisdiction."""
	return _once(("day count", name), lambda: frappe.db.get_value(JURISDICTION, name, "day_count"))


def reference_of(name: str) -> str:
	"""Return whose rate the interest of a jurisdiction follows, as a letter names it."""
	return _once(("reference", name), lambda: frappe.db.get_value(JURISDICTION, name, "reference_name") or "")


def known_until(name: str) -> date | None:
	"""Return the last day whose rate of interest is known, None where none is."""
	rates = rates_of(name)
	carried_on = [rate.valid_from for rate in rates if not rate.is_known]
	return max(carried_on) - timedelta(days=1) if carried_on else None


# ------------------------------------------------------------------ what was agreed
def late_terms_of(company: str, customer: str) -> LateTerms:
	"""Return what was agreed with a customer about paying late; what it leaves open is as with the company's other customers."""
	read_terms((customer,))
	own = _kept_terms()[customer]
	general = frappe.get_cached_doc("Company", company)
	rates = own if own.get("b2b_late_rate") else general
	return LateTerms(
		is_due_date_agreed=_said(own.get("b2b_due_date_agreed"), general.get("b2b_due_date_agreed")),
		is_fee_agreed=_said(own.get("b2b_reminder_fee_agreed"), general.get("b2b_reminder_fee_agreed")),
		percent=money(rates.get("b2b_late_rate")) if rates.get("b2b_late_rate") else None,
		ground=_ground_of(rates),
		since=own.get("b2b_late_terms_since") or general.get("b2b_late_terms_since"),
		acceptance=acceptance_of(own) or acceptance_of(general),
	)


def acceptance_of(terms) -> Acceptance | None:
	"""Return the procedure of acceptance that a customer, a company or a contract has agreed, None without one."""
	days = cint(terms.get("b2b_acceptance_days"))
	if not days:
		return None
	return Acceptance(
		days, bool(cint(terms.get("b2b_acceptance_agreed"))), bool(cint(terms.get("b2b_acceptance_unfair")))
	)


def read_terms(customers: Iterable[str]) -> None:
	"""Read what was agreed with some customers, in one query for those that are asked for the first time."""
	kept = _kept_terms()
	missing = sorted(set(customers) - set(kept))
	if not missing:
		return
	rows = frappe.get_all("Customer", filters={"name": ["in", missing]}, fields=["name", *LATE_TERMS])
	kept.update(dict.fromkeys(missing, frappe._dict()))
	kept.update({row.name: row for row in rows})


def _kept_terms() -> dict[str, frappe._dict]:
	return _once(("terms",), dict)


def _said(own: str | None, general: int | None) -> bool:
	return own == YES if own else bool(general)


def _ground_of(terms) -> str:
	ground = terms.get("b2b_late_rate_ground") if terms.get("b2b_late_rate_ground_type") else None
	return ground or ""


def is_fee_agreed(customer: str, company: str, invoiced_on: date | None = None) -> bool:
	"""Whether reminder fees were agreed with a customer when a debt of a day arose."""
	terms = late_terms_of(company, customer)
	return terms.is_fee_agreed and terms.cover(invoiced_on)


# ------------------------------------------------------------------ entered
def check(doc) -> None:
	"""Refuse a jurisdiction whose rules nobody could apply, a second one of its country, and a second default."""
	seen: set[tuple] = set()
	for row in doc.rules:
		row.value = _in_english(row.value)
		try:
			dunning_law.value_of(row.rule, row.value)
		except ValueError:
			_refuse(
				_("{0} in row {1} cannot be {2}. {3}").format(
					frappe.bold(_(row.rule)), row.idx, frappe.bold(row.value), _what_it_takes(row.rule)
				)
			)
		if row.valid_until and getdate(row.valid_until) < getdate(row.valid_from):
			_refuse(_("Row {0} ends before it begins. Correct its dates.").format(row.idx))
		key = row.rule, getdate(row.valid_from)
		if key in seen:
			_refuse(
				_("{0} begins on {1} a second time in row {2}. Leave one of them.").format(
					frappe.bold(_(row.rule)), formatdate(row.valid_from), row.idx
				)
			)
		seen.add(key)
	_refuse_without(doc, {rule for rule, _day in seen})
	doc.unconfirmed = sum(not row.is_confirmed for row in doc.rules)
	_refuse_second(doc, "country", doc.country, _("{0} has the jurisdiction {1} already. Change that one."))
	_refuse_second(
		doc, "is_default", doc.is_default, _("{1} applies already where no other does. Clear it there first.")
	)


def _refuse_without(doc, rules: set[str]) -> None:
	"""Refuse a jurisdiction that does not say what nothing can be done without: silence would be no time at all."""
	missing = [_(rule) for rule in NEEDED if rule not in rules]
	if missing:
		_refuse(_("Add a row for {0}.").format(frappe.bold(", ".join(missing))))


def _refuse_second(doc, field: str, value, message: str) -> None:
	if not value:
		return
	other = frappe.db.get_value(JURISDICTION, {field: value, "name": ["!=", doc.name or ""]})
	if other:
		_refuse(message.format(_(str(value)), frappe.bold(other)))


def _in_english(value: str) -> str:
	"""Return a value as the engine reads it, from what a person wrote in their own language."""
	value = (value or "").strip()
	words = {_(word): word for word in (YES, NO, *_words())}
	return words.get(value, _COMMA.sub(r"\1.\2", value))


def _words() -> tuple[str, ...]:
	return tuple(word for words in dunning_law.CHOICES.values() for word in words)


def _what_it_takes(rule: str) -> str:
	unit = dunning_law.UNIT_OF_RULE.get(rule)
	if unit == dunning_law.CHOICE:
		return _("Enter one of these: {0}.").format(", ".join(map(_, dunning_law.CHOICES[rule])))
	if unit == dunning_law.YES_NO:
		return _("Enter Yes or No.")
	if unit in (dunning_law.AMOUNT, dunning_law.PERCENT):
		return _("Enter a number of 0 or more, such as 100.50.")
	return _("Enter a whole number of 0 or more.")


def check_rate(doc) -> None:
	"""Refuse a reference rate that does not begin with a half-year."""
	day = getdate(doc.valid_from)
	if (day.month, day.day) not in ((1, 1), (7, 1)):
		_refuse(
			_("A reference rate begins on 1 January or 1 July, not on {0}. Correct its date.").format(
				formatdate(day)
			)
		)


def check_late_terms(doc) -> None:
	"""Refuse an agreed rate of interest above the statutory one that no contract or terms carry (requirements §3.1).

	`doc` is a Customer or a Company. What is refused here the engine would lower: nobody should print it either.
	"""
	_refuse_without_mandate(doc)
	if not (doc.get("b2b_late_rate") or doc.get("b2b_late_rate_ground")):
		return
	if doc.get("b2b_late_rate_ground_type") and doc.get("b2b_late_rate_ground"):
		_refuse_foreign_contract(doc)
		return
	statutory = _statutory_percent(doc)
	if statutory is not None and money(doc.b2b_late_rate) > statutory:
		_refuse(
			_(
				"Interest of {0} % is above the statutory {1} %. Link the contract or the terms that carry it, or enter no more than that."
			).format(frappe.format(doc.b2b_late_rate, "Float"), frappe.format(float(statutory), "Float"))
		)


def _refuse_without_mandate(doc) -> None:
	"""Refuse terms that somebody without a say in them has changed: sellers may write customers."""
	before = doc.get_doc_before_save() or frappe._dict()
	changed = [field for field in LATE_TERMS if _plain(doc.get(field)) != _plain(before.get(field))]
	if not changed or WRITERS.intersection(frappe.get_roles()) or mandates.acting_as(WRITTEN_BY):
		return
	frappe.throw(
		_("{0} of {1} is changed by the role {2} or higher. {3}").format(
			frappe.bold(_(doc.meta.get_label(changed[0]))),
			doc.name or doc.get("customer_name"),
			_(WRITTEN_BY),
			mandates.whom_to_ask(WRITTEN_BY),
		),
		NotYourMandateError,
		title=_("Not within your mandate"),
	)


def _plain(value) -> str:
	"""Return a value so that what a client sent and what the database has compare equal."""
	try:
		return f"{float(value or 0):g}"
	except (TypeError, ValueError):
		return str(value)


def _statutory_percent(doc) -> Decimal | None:
	"""Return the lowest rate that the law gives a customer of any company today, or customers of this one; None unknown."""
	if doc.doctype == "Company":
		names = {
			doc.get("b2b_dunning_jurisdiction")
			or _once(("jurisdictions",), _jurisdictions)[0].get(doc.country)
		}
	else:
		names = {jurisdiction_of(company, doc.name) for company in frappe.get_all("Company", pluck="name")}
	found = [
		[rate.percent for rate in rates if rate.valid_from <= getdate()]
		for rates in (rates_of(name) for name in names if name)
	]
	return min((percents[-1] for percents in found if percents), default=None)


def _refuse_foreign_contract(doc) -> None:
	"""Refuse a contract that is not this customer's, or that nobody has signed, as the ground of a rate of interest."""
	if doc.doctype != "Customer" or doc.b2b_late_rate_ground_type != "Contract":
		return
	contract = frappe.db.get_value(
		"Contract",
		doc.b2b_late_rate_ground,
		["party_type", "party_name", "docstatus", "is_signed"],
		as_dict=True,
	)
	if not contract or (contract.party_type, contract.party_name) != ("Customer", doc.name):
		_refuse(
			_("Contract {0} is not one with {1}. Choose a contract with this customer.").format(
				doc.b2b_late_rate_ground, frappe.bold(doc.customer_name or doc.name)
			)
		)
	if contract.docstatus != 1 or not contract.is_signed:
		_refuse(
			_("Contract {0} is not signed. Interest above the statutory rate takes one that is.").format(
				doc.b2b_late_rate_ground
			)
		)


def _refuse(message: str) -> None:
	frappe.throw(message, JurisdictionError, title=_("Law of dunning"))
