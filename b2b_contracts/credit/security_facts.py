"""Which security there is for what customers owe, as the engine sees it: their own, and what covers their credit group."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

import frappe
from frappe.utils import getdate
from pypika.terms import Parameter

from b2b_contracts.engine import insurance, security
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.overdue import latest_due_date_that_counts
from b2b_contracts.engine.security import Instrument, Part
from b2b_contracts.engine.security_life import EXPIRED

from . import insurance_facts, position_facts
from .account_facts import (
	COMPANIES,
	CUSTOMERS,
	GROUPS,
	Member,
	company_currency,
	money,
	names_of,
	rate_to,
)

INSTRUMENT = "Security Instrument"
CUSTOMER_SCOPE, GROUP_SCOPE, NAMED_SCOPE = "Customer", "Credit Group", "Named Documents"
ORDER, INVOICE = "Sales Order", "Sales Invoice"
WITH_RECOURSE = "With recourse"
# What names documents, and names none: it covers nothing, not everything.
NOTHING = ("-",)
# By the currency of an instrument and that of its company.
Rates = dict[tuple[str, str], Decimal]

FIELDS = (
	"name",
	"scope",
	"customer",
	"credit_group",
	"company",
	"instrument_type",
	"direction",
	"issuer_rating",
	"amount",
	"currency",
	"haircut_percent",
	"cover_percent",
	"deductible",
	"status",
	"valid_from",
	"expiry_date",
	"claim_period_days",
	"unconditional",
	"on_demand",
	"document",
	"credit_hold",
	"registration_needed",
	"registered_on",
	"recourse",
	"insurance_policy",
)
# Of the insurance policy that a buyer limit belongs to.
POLICY_FIELDS = {
	"policy_status": "status",
	"policy_from": "period_from",
	"policy_to": "period_to",
	"maximum_extension_days": "maximum_extension_days",
}
TYPE_FIELDS = tuple(security.TypeRules.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Lodged:
	"""An instrument as the engine sees it (in its company's currency), whose it is (the customer is empty for a group's), the
	hold that it was lodged for, and why it does not count. `uninsured` are undisputed items past the insurer's maximum
	extension period of `extension_days`, before any unallocated money; 0 where nobody insures on such terms."""

	instrument: Instrument
	member: Member
	credit_hold: str | None
	why_not: str | None
	credit_group: str = ""
	uninsured: Decimal = ZERO
	extension_days: int = 0

	@property
	def counts(self) -> bool:
		return self.why_not is None


@dataclass(frozen=True, slots=True)
class Held:
	"""All security around some customers: their own, their group's, and what belongs to the documents it names."""

	own: tuple[Lodged, ...] = ()
	of_group: tuple[Lodged, ...] = ()
	parts: Mapping[Member, tuple[Part, ...]] | None = None

	def of(self, member: Member) -> list[Lodged]:
		"""Return what a customer has given alone, whether it counts or not."""
		return [lodged for lodged in self.own if lodged.member == member]

	def counting(self, member: Member) -> tuple[Instrument, ...]:
		"""Return what counts of a customer's own."""
		return tuple(lodged.instrument for lodged in self.of(member) if lodged.counts)

	def counting_of_group(self, company: str) -> tuple[Instrument, ...]:
		"""Return what counts for the members of the group in a company."""
		return tuple(
			lodged.instrument for lodged in self.of_group if lodged.counts and lodged.member[1] == company
		)

	def uninsured(self, member: Member) -> tuple[Decimal, int]:
		"""Return what of a customer's items is past the insurer's maximum extension period, and that period in days: the
		shortest of several policies."""
		insured = [lodged for lodged in self.of(member) if lodged.extension_days]
		shortest = min(insured, key=lambda lodged: lodged.extension_days, default=None)
		return (shortest.uninsured, shortest.extension_days) if shortest else (ZERO, 0)

	def parts_of(self, member: Member) -> tuple[Part, ...]:
		return (self.parts or {}).get(member, ())


@dataclass(frozen=True, slots=True)
class InHand:
	"""The document that is decided about: a named one is covered until its own last due date."""

	name: str = ""
	latest_due: date | None = None


def held_by(
	members: Iterable[Member],
	on: date,
	latest_due: Mapping[Member, date],
	group: str | None = None,
	in_hand: InHand = InHand(),
	horizon: date | None = None,
	credits: Mapping[Member, Decimal] | None = None,
) -> Held:
	"""Return the submitted instruments in force for some customers, and for their credit group, in companies' currencies.

	`latest_due` is the last due date of what each owes, `credits` its unallocated money and credit notes. Raises a `ValidationError` that names the instrument when there is
	no exchange rate for it.
	"""
	members = list(members)
	groups = {group: members} if group else {}
	return _held(members, on, latest_due, groups, in_hand, horizon, credits or {})


def held_by_each(
	members: Iterable[Member],
	on: date,
	latest_due: Mapping[Member, date],
	groups: Mapping[str, Collection[Member]],
	horizon: date | None = None,
	credits: Mapping[Member, Decimal] | None = None,
) -> dict[Member, Held]:
	"""Return what `held_by` says of each of many customers: around the members of a group (`groups`) what all of them have,
	around everybody else their own. As many queries as for one."""
	members = list(members)
	found = _held(members, on, latest_due, groups, InHand(), horizon, credits or {})
	parts = found.parts or {}
	own: dict[Member, list[Lodged]] = defaultdict(list)
	for lodged in found.own:
		own[lodged.member].append(lodged)

	def around(circle: Iterable[Member], of_group: tuple[Lodged, ...] = ()) -> Held:
		circle = list(circle)
		return Held(
			tuple(lodged for member in circle for lodged in own[member]),
			of_group,
			{member: parts[member] for member in circle if member in parts},
		)

	together: dict[str, list[Lodged]] = defaultdict(list)
	for lodged in found.of_group:
		together[lodged.credit_group].append(lodged)
	each = {}
	for group, circle in groups.items():
		each |= dict.fromkeys(circle, around(circle, tuple(together[group])))
	return {member: each.get(member) or around([member]) for member in members}


def _held(
	members: list[Member],
	on: date,
	latest_due: Mapping[Member, date],
	groups: Mapping[str, Collection[Member]],
	in_hand: InHand,
	horizon: date | None,
	credits: Mapping[Member, Decimal],
) -> Held:
	"""Return all that some customers have, and what covers their groups."""
	customers, companies = names_of(members)
	values = {"customers": customers, "companies": companies, "groups": tuple(groups)}
	rows = frappe.db.sql(_text(of_groups=bool(groups)), values, as_dict=True) if members else ()
	if not rows:
		return Held()
	wanted = set(members)
	covers = _covered_documents([row.name for row in rows if row.scope == NAMED_SCOPE])
	parts = _parts(rows, covers, in_hand.name, horizon) if covers else {}
	dues = {part.name: part.latest_due for some in parts.values() for part in some}
	items = _insured_items(rows, on)
	rates: Rates = {}
	own, of_group = [], []
	for row in rows:
		documents = tuple(name for _doctype, name in covers.get(row.name, ()))
		instrument = _instrument(row, on, documents, rates)
		if row.scope == GROUP_SCOPE:
			dues_of_group = (
				latest_due[of] for of in groups[row.credit_group] if of[1] == row.company and of in latest_due
			)
			of_group.append(_lodged(row, instrument, on, max(dues_of_group, default=on)))
		elif (row.customer, row.company) in wanted:
			last = latest_due.get((row.customer, row.company), on)
			if row.scope == NAMED_SCOPE:
				last = _latest_of_named(instrument, dues, in_hand) or on
			own.append(_insured(_lodged(row, instrument, on, last), items, on, credits))
	return Held(tuple(own), tuple(of_group), parts)


def named(instrument: str, on: date, latest_due: date) -> Lodged:
	"""Return one instrument, whatever its status, for debts that are due at the latest on a day."""
	row = frappe.db.sql(_text(one=True), {"instrument": instrument}, as_dict=True)[0]
	return _lodged(row, _instrument(row, on, (), {}), on, latest_due)


def in_force_on(companies: Iterable[str], on: date) -> list[tuple[frappe._dict, Instrument]]:
	"""Return the securities of companies that were in force on a day, whatever became of them since, each with its row; in the
	companies' currencies."""
	doc = frappe.qb.DocType(INSTRUMENT)
	stands = doc.ended_on.isnull() | (doc.ended_on > on)
	# Its last day is a day of it.
	ran_out = (doc.status == EXPIRED) & (doc.ended_on == on) & (doc.expiry_date == on)
	rows = (
		_instruments(doc)
		.where(doc.company.isin(list(companies) or [""]) & (doc.docstatus == 1))
		.where((doc.in_force_on <= on) & (doc.claimed_on.isnull() | (doc.claimed_on > on)))
		.where(stands | ran_out)
		.orderby(doc.name)
		.run(as_dict=True)
	)
	covers = _covered_documents([row.name for row in rows if row.scope == NAMED_SCOPE])
	rates: Rates = {}
	found = []
	for row in rows:
		# What has ended since was in force then.
		row.status = security.IN_FORCE
		row.policy_status = row.policy_status and insurance.IN_FORCE
		documents = tuple(name for _doctype, name in covers.get(row.name, ()))
		found.append((row, _instrument(row, on, documents, rates)))
	return found


@lru_cache
def _text(of_groups: bool = False, one: bool = False) -> str:
	doc = frappe.qb.DocType(INSTRUMENT)
	query = _instruments(doc)
	if one:
		return query.where(doc.name == Parameter("%(instrument)s")).get_sql()
	query = query.where((doc.docstatus == 1) & (doc.status == security.IN_FORCE))
	of_members = doc.customer.isin(CUSTOMERS) & doc.company.isin(COMPANIES)
	if not of_groups:
		return query.where(of_members).get_sql()
	return query.where(of_members | (doc.credit_group.isin(GROUPS) & (doc.scope == GROUP_SCOPE))).get_sql()


def _instruments(doc):
	"""A query of instruments with what their types ask for and their policies say."""
	kind, policy = frappe.qb.DocType("Security Type"), frappe.qb.DocType("Insurance Policy")
	return (
		frappe.qb.from_(doc)
		.left_join(kind)
		.on(kind.name == doc.instrument_type)
		.left_join(policy)
		.on(policy.name == doc.insurance_policy)
		.select(*(doc[f] for f in FIELDS), *(kind[f] for f in TYPE_FIELDS))
		.select(*(policy[f].as_(name) for name, f in POLICY_FIELDS.items()))
	)


def _instrument(row, on: date, covers: tuple[str, ...], rates: Rates) -> Instrument:
	"""Return an instrument in its company's currency; `rates` are those of the day that are known by now."""
	pair = (row.currency, company_currency(row.company))
	if pair not in rates:
		rates[pair] = rate_to(*pair, on, f"{INSTRUMENT} {row.name}")
	rate = rates[pair]
	return Instrument(
		name=row.name,
		instrument_type=row.instrument_type,
		amount=money(row.amount) * rate,
		haircut_percent=money(row.haircut_percent),
		cover_percent=money(row.cover_percent),
		deductible=money(row.deductible) * rate,
		direction=row.direction,
		status=row.status,
		issuer_rating=row.issuer_rating or "",
		unconditional=bool(row.unconditional),
		on_demand=bool(row.on_demand),
		has_document=bool(row.document),
		valid_from=row.valid_from and getdate(row.valid_from),
		expiry=row.expiry_date and getdate(row.expiry_date),
		claim_period_days=row.claim_period_days or 0,
		lacks_registration=bool(row.registration_needed and not row.registered_on),
		with_recourse=row.recourse == WITH_RECOURSE,
		maximum_extension_days=row.maximum_extension_days or 0,
		lacks_policy=bool(row.insurance_policy) and not _is_policy_in_force(row, on),
		covers=covers or (NOTHING if row.scope == NAMED_SCOPE else ()),
		rules=rules_of(row),
	)


def _is_policy_in_force(row, on: date) -> bool:
	return row.policy_status == insurance.IN_FORCE and (
		getdate(row.policy_from) <= on <= getdate(row.policy_to)
	)


def _insured_items(rows, on: date) -> Mapping[Member, tuple[insurance_facts.OpenItem, ...]]:
	"""Return what insured customers have open that their insurer may not cover; asks nothing where nobody has a buyer limit
	of a policy with a maximum extension period."""
	insured = [row for row in rows if row.maximum_extension_days and row.customer]
	if not insured:
		return {}
	until = max(latest_due_date_that_counts(on, row.maximum_extension_days) for row in insured)
	return insurance_facts.open_items({(row.customer, row.company) for row in insured}, until)


def _insured(lodged: Lodged, items, on: date, credits: Mapping[Member, Decimal]) -> Lodged:
	"""Return a security with what the insurer does not cover; as it is where no policy sets a maximum extension period."""
	days = lodged.instrument.maximum_extension_days
	of_member = [of.item for of in items.get(lodged.member, ())]
	if not days or not of_member:
		return lodged
	not_eligible = insurance.not_covered(of_member, on, days, credits.get(lodged.member, ZERO))
	found = replace(lodged, instrument=replace(lodged.instrument, not_eligible=not_eligible))
	if not security.insures(lodged.instrument, on):
		return found
	return replace(found, uninsured=insurance.past_maximum(of_member, on, days), extension_days=days)


def rules_of(row) -> security.TypeRules:
	"""Return the rules of a Security Type (a document, or a row with its fields)."""
	values = {field: bool(row.get(field)) for field in TYPE_FIELDS}
	return security.TypeRules(**values | {"lowest_issuer_rating": row.get("lowest_issuer_rating") or ""})


def _lodged(row, instrument: Instrument, on: date, latest_due: date) -> Lodged:
	why_not = security.why_not_counted(instrument, on, latest_due)
	customer = "" if row.scope == GROUP_SCOPE else row.customer
	return Lodged(
		instrument, (customer, row.company), row.credit_hold or None, why_not, row.credit_group or ""
	)


# ------------------------------------------------------------------ documents that are named
def _covered_documents(instruments: list[str]) -> dict[str, list[tuple[str, str]]]:
	"""Return the documents that instruments name: {instrument: [(doctype, name)]}."""
	found: dict[str, list[tuple[str, str]]] = defaultdict(list)
	if not instruments:
		return found
	row = frappe.qb.DocType("Security Instrument Document")
	rows = (
		frappe.qb.from_(row)
		.select(row.parent, row.reference_doctype, row.reference_name)
		.where(row.parent.isin(instruments) & (row.parenttype == INSTRUMENT))
		.orderby(row.parent, row.idx)
		.run()
	)
	for parent, doctype, name in rows:
		found[parent].append((doctype, name))
	return found


def named_documents(instruments: list[str]) -> dict[str, list[str]]:
	"""Return the names of the documents that instruments cover alone, those that cover nothing included."""
	found = _covered_documents(instruments)
	return {
		name: [document for _doctype, document in found.get(name, ())] or list(NOTHING)
		for name in instruments
	}


def _parts(rows, covers, in_hand: str, horizon: date | None) -> dict[Member, tuple[Part, ...]]:
	"""Return what belongs to the documents that instruments name, by customer; of the order in hand only what is owed."""
	of_member: dict[Member, set[tuple[str, str]]] = defaultdict(set)
	of_company: dict[str, set[tuple[str, str]]] = defaultdict(set)
	for row in rows:
		documents = covers.get(row.name, ())
		of_member[row.customer, row.company].update(documents)
		of_company[row.company].update(documents)
	parts = {
		company: {part.name: part for part in _parts_of(company, documents, in_hand, horizon)}
		for company, documents in of_company.items()
		if documents
	}
	return {
		member: tuple(
			parts[member[1]][name] for _doctype, name in sorted(documents) if name in parts[member[1]]
		)
		for member, documents in of_member.items()
		if documents
	}


def _parts_of(company: str, documents: set[tuple[str, str]], in_hand: str, horizon) -> tuple[Part, ...]:
	orders = sorted(name for doctype, name in documents if doctype == ORDER)
	invoices = sorted(name for doctype, name in documents if doctype == INVOICE)
	parts = []
	if orders:
		promised = position_facts.promised_of_orders(orders, horizon)
		unbilled = position_facts.unbilled_of_orders(orders)
		owed = position_facts.owed_of_orders(orders, company, but=invoices)
		due = position_facts.latest_due_of_orders(orders)
		for name in orders:
			amount, last = owed.get(name, (ZERO, None))
			dates = [getdate(d) for d in (last, due.get(name)) if d]
			parts.append(
				Part(
					name,
					amount + unbilled.get(name, ZERO),
					ZERO if name == in_hand else promised.get(name, ZERO),
					max(dates, default=None),
				)
			)
	if invoices:
		owed = position_facts.owed_of_invoices(invoices, company)
		parts += [Part(name, amount, latest_due=getdate(last)) for name, (amount, last) in owed.items()]
	return tuple(parts)


def _latest_of_named(instrument: Instrument, dues: Mapping[str, date | None], in_hand: InHand) -> date | None:
	dates = [dues.get(name) for name in instrument.covers]
	if in_hand.name in instrument.covers:
		dates.append(in_hand.latest_due)
	return max((day for day in dates if day), default=None)


# ------------------------------------------------------------------ net of it
def net_of(held: Held, member: Member, exposure: Decimal, balance: Decimal) -> tuple[Decimal, Decimal]:
	"""Return an exposure, and a balance, net of what the customer's own security covers."""
	covering = held.counting(member)
	if not covering:
		return exposure, balance
	parts = held.parts_of(member)
	whole = {part.name: part.balance + part.promised for part in parts}
	owed = {part.name: part.balance for part in parts}
	return (
		exposure - security.secured(covering, exposure, whole),
		balance - security.secured(covering, balance, owed),
	)


def in_currency(instruments: Iterable[Instrument], rate: Decimal) -> tuple[Instrument, ...]:
	"""Return instruments in another currency."""
	return tuple(replace(i, amount=i.amount * rate, deductible=i.deductible * rate) for i in instruments)
