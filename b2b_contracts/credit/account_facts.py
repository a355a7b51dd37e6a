"""Who the customer is to us: profile, segment, group, terms and security. One query each, never cached.

The texts of the two wide queries are written once and kept, as in position_facts.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import frappe
from frappe import _
from frappe.query_builder.functions import Sum
from frappe.utils import getdate
from pypika.terms import ExistsCriterion, LiteralValue, Parameter

from b2b_contracts.engine import accounts, disputes, facts, limits, payment_slips
from b2b_contracts.engine.money import HUNDRED, ZERO

from .profile_facts import normalised

NEGATIVE, PREMIUM = "Negative", "Premium"
# What compliance looks at, in the same answer as the lists.
COMPLIANCE = "Compliance"

Member = tuple[str, str]
"""A customer in a company."""

PROFILE_FIELDS = (
	"name",
	"customer",
	"company",
	"status",
	"segment",
	"risk_class",
	"external_rating",
	"rating_at_review",
	"limit_type",
	"calculated_limit",
	"manual_limit",
	"limit_reason",
	"temporary_limit",
	"temporary_limit_until",
	"credit_group",
	"forced_hold",
	"forced_hold_action",
	"forced_hold_reason",
	"next_review",
	"require_po",
	"security_required_percent",
	"credit_score",
	"credit_score_on",
	"annual_spend",
	"expected_annual_revenue",
	"gross_net_ratio",
	"last_default_on",
)
CUSTOMERS, COMPANIES, GROUPS = (Parameter(f"%({name})s") for name in ("customers", "companies", "groups"))


@dataclass(frozen=True, slots=True)
class ProfileFacts:
	"""A profile as the engine sees it, the terms of its segment, and the row (PROFILE_FIELDS and the segment's terms)
	that both were read from."""

	row: frappe._dict
	profile: accounts.Profile
	segment: accounts.SegmentTerms | None
	limit: limits.Limit

	@property
	def name(self) -> str:
		return self.row.name


def money(value) -> Decimal:
	"""Return a number from the database as exact money, None as 0."""
	return Decimal(str(value)) if value else ZERO


def total_of(amounts: Iterable[float]) -> float:
	"""Return the sum of amounts of one currency that are shown as floats, exact to the cent: floats do not add up."""
	return float(sum((money(amount) for amount in amounts), ZERO))


def profiles_of(members: Iterable[Member], on: date) -> dict[Member, ProfileFacts]:
	"""Return the profiles of customers in companies."""
	customers, companies = names_of(members)
	rows = frappe.db.sql(_profiles_text(), {"customers": customers, "companies": companies}, as_dict=True)
	return _profiles(rows, on)


def profiles_of_group(group: str, on: date) -> dict[Member, ProfileFacts]:
	"""Return the profiles of all members of a credit group, over all its companies."""
	return profiles_of_groups([group], on)


def profiles_of_groups(groups: Iterable[str], on: date) -> dict[Member, ProfileFacts]:
	"""Return the profiles of all members of credit groups, over all their companies."""
	values = {"groups": tuple(groups)}
	return _profiles(frappe.db.sql(_profiles_text(of_groups=True), values, as_dict=True), on)


def _profiles(rows, on: date) -> dict[Member, ProfileFacts]:
	return {(row.customer, row.company): _profile_facts(row, on) for row in rows}


def _profile_facts(row, on: date) -> ProfileFacts:
	profile = _profile(row)
	return ProfileFacts(row, profile, _segment_terms(row), profile.granted_limit(on))


def _profile(row) -> accounts.Profile:
	return accounts.Profile(
		segment=row.segment or "",
		calculated_limit=money(row.calculated_limit),
		risk_class=row.risk_class or "",
		limit_type=row.limit_type or limits.LIMITED,
		# A manual limit of 0 is a limit when a reason stands beside it; an untouched field is not.
		manual_limit=money(row.manual_limit) if row.manual_limit or row.limit_reason else None,
		temporary_limit=money(row.temporary_limit) if row.temporary_limit_until else None,
		temporary_limit_until=row.temporary_limit_until and getdate(row.temporary_limit_until),
		rating=row.external_rating or "",
		rating_at_review=row.rating_at_review or "",
		next_review=row.next_review and getdate(row.next_review),
		forced_hold=(row.forced_hold_action or facts.HOLD) if row.forced_hold else "",
		forced_hold_reason=row.forced_hold_reason or "",
		requires_po=row.require_po or "",
	)


def _segment_terms(row) -> accounts.SegmentTerms | None:
	if not row.limit_basis:
		return None
	return accounts.SegmentTerms(
		limit_basis=row.limit_basis,
		limit_percent=money(row.limit_percent),
		prepayment_percent=money(row.prepayment_percent),
		level_percent=HUNDRED if row.percent_of_base is None else money(row.percent_of_base),
	)


def names_of(members: Iterable[Member]) -> tuple[tuple[str, ...], tuple[str, ...]]:
	"""Return the customers and the companies of members, each once."""
	members = list(members)
	return tuple({customer for customer, _company in members}), tuple(
		{company for _customer, company in members}
	)


@lru_cache
def _profiles_text(of_groups: bool = False) -> str:
	profile = frappe.qb.DocType("Credit Profile")
	segment = frappe.qb.DocType("Credit Segment")
	level = frappe.qb.DocType("Credit Segment Level")
	of_members = profile.customer.isin(CUSTOMERS) & profile.company.isin(COMPANIES)
	return (
		frappe.qb.from_(profile)
		.left_join(segment)
		.on(segment.name == profile.segment)
		.left_join(level)
		.on((level.parent == profile.segment) & (level.level == profile.level))
		.select(
			*(profile[f] for f in PROFILE_FIELDS),
			segment.limit_basis,
			segment.limit_percent,
			segment.prepayment_percent,
			segment.payment_terms_template,
			level.percent_of_base,
		)
		.where(profile.credit_group.isin(GROUPS) if of_groups else of_members)
		.get_sql()
	)


def account_without_profile(policy: facts.Policy) -> tuple[facts.Account, str | None]:
	"""Return the engine's view of a customer without profile, and the payment terms template that applies."""
	if policy.without_profile != facts.DEFAULT_SEGMENT:
		return accounts.account_without_profile(policy), None
	segment = frappe.get_doc("Credit Segment", policy.default_segment)
	level = next((row for row in segment.levels if row.level == segment.default_level), None)
	terms = accounts.SegmentTerms(
		limit_basis=segment.limit_basis,
		limit_percent=money(segment.limit_percent),
		limit_months=money(segment.limit_months),
		limit_amount=money(segment.limit_amount),
		prepayment_percent=money(segment.prepayment_percent),
		level_percent=money(level.percent_of_base) if level else HUNDRED,
	)
	account = accounts.account_without_profile(policy, terms, segment.default_risk_class)
	return account, segment.payment_terms_template


@dataclass(frozen=True, slots=True)
class Listing:
	"""On which lists a customer stands on a day: until when on the negative one (None: not), why, whether on the premium one,
	and whether a match with a sanctions list stops it."""

	negative_until: date | None = None
	negative_reason: str = ""
	is_premium: bool = False
	compliance_stop: bool = False


def listing_of(member: Member, on: date, ship_to: str | None = None) -> Listing:
	"""Return how a customer is listed on a day: by its name, or by the tax ID that it has now; and whether a match stops it,
	or the country of an address that goods go to. Nobody is screened here."""
	customer, company = member
	rows = frappe.db.sql(
		_listing_text(),
		{"customer": customer, "company": company, "today": on, "ship_to": ship_to or ""},
		as_dict=True,
	)
	negative = max((row for row in rows if row.list_type == NEGATIVE), key=_ends_on, default=None)
	return Listing(
		negative_until=negative and getdate(negative.valid_until),
		negative_reason=negative.reason if negative else "",
		is_premium=any(row.list_type == PREMIUM for row in rows),
		compliance_stop=any(row.list_type == COMPLIANCE for row in rows),
	)


def _ends_on(row) -> date:
	return getdate(row.valid_until)


@lru_cache
def _listing_text() -> str:
	entry, of_customer = frappe.qb.DocType("Credit List Entry"), frappe.qb.DocType("Customer")
	customer, company, today = (Parameter(f"%({name})s") for name in ("customer", "company", "today"))
	same_tax_id = (entry.tax_id != "") & (entry.tax_id == normalised(of_customer.tax_id))
	of_lists = (
		frappe.qb.from_(entry)
		.left_join(of_customer)
		.on(of_customer.name == customer)
		.select(entry.list_type, entry.valid_until, entry.reason)
		.where((entry.valid_until >= today) & (entry.valid_from <= today) & entry.ended_by.isnull())
		.where(entry.company.isnull() | (entry.company == "") | (entry.company == company))
		.where((entry.customer == customer) | same_tax_id)
	)
	# One query for all three: a decision costs no more for it.
	return f"{of_lists.get_sql()} union all {_matched_text()} union all {_embargoed_text()}"


def _matched_text() -> str:
	"""Select a row for each match with a sanctions list that stops a customer."""
	match = frappe.qb.DocType("Screening Match")
	return (
		frappe.qb.from_(match)
		.select(LiteralValue(f"'{COMPLIANCE}'"), LiteralValue("null"), LiteralValue("null"))
		.where((match.customer == Parameter("%(customer)s")) & match.status.isin(("Open", "Confirmed")))
		.get_sql()
	)


def _embargoed_text() -> str:
	"""Select a row for each list that has the country of an address, where nobody has looked at it for the customer yet."""
	entry, of_list, address, match = (
		frappe.qb.DocType(d) for d in ("Sanctions List Entry", "Sanctions List", "Address", "Screening Match")
	)
	today = Parameter("%(today)s")
	looked_at = (
		frappe.qb.from_(match)
		.select(match.name)
		.where((match.customer == Parameter("%(customer)s")) & (match.entry == entry.name))
	)
	return (
		frappe.qb.from_(address)
		.join(entry)
		.on((entry.listed_country == address.country) & (entry.status == "Current"))
		.join(of_list)
		.on((of_list.name == entry.sanctions_list) & (of_list.active == 1))
		.select(LiteralValue(f"'{COMPLIANCE}'"), LiteralValue("null"), LiteralValue("null"))
		.where((address.name == Parameter("%(ship_to)s")) & (of_list.list_type == "Countries"))
		.where(entry.valid_from.isnull() | (entry.valid_from <= today))
		.where(entry.valid_until.isnull() | (entry.valid_until >= today))
		.where(ExistsCriterion(looked_at).negate())
		.get_sql()
	)


def dispute_waiting_for(member: Member, days_allowed: int) -> tuple[str, int]:
	"""Return the dispute that has waited longest for the customer, and for how many days; ("", 0) where none has for more
	than the days allowed."""
	return disputes_waiting_for([member], days_allowed).get(member, ("", 0))


def disputes_waiting_for(members: Iterable[Member], days_allowed: int) -> dict[Member, tuple[str, int]]:
	"""Return the dispute that has waited longest for each of some customers, and for how many days; whose have all waited no
	longer than the days allowed is not in it."""
	customers, companies = names_of(members)
	dispute = frappe.qb.DocType("Dispute")
	rows = (
		frappe.qb.from_(dispute)
		.select(dispute.customer, dispute.company, dispute.name, dispute.last_progress_on)
		.where(dispute.customer.isin(customers or ("",)) & dispute.company.isin(companies or ("",)))
		.where(dispute.status == disputes.WAITING)
		.orderby(dispute.last_progress_on, dispute.name)
		.run()
	)
	found: dict[Member, tuple[str, int]] = {}
	for customer, company, name, moved in rows:
		stands = disputes.standstill(getdate(moved), disputes.CUSTOMER, getdate(), days_allowed)
		if stands and (customer, company) not in found:
			found[customer, company] = (name, stands.days)
	return found


def slip_awaited(member: Member) -> str | None:
	"""Return the accepted payment slip of a customer whose money must be here first, None where none is waited for."""
	customer, company = member
	slip = frappe.qb.DocType("Payment Slip")
	rows = (
		frappe.qb.from_(slip)
		.select(slip.name)
		.where((slip.customer == customer) & (slip.company == company))
		.where(slip.status == payment_slips.ACCEPTED)
		.orderby(slip.wait_until, slip.name)
		.limit(1)
		.run(pluck=True)
	)
	return rows[0] if rows else None


def insolvency_of(customer: str) -> str | None:
	"""Return the open insolvency case of a customer, None without one."""
	return frappe.db.get_value("Insolvency Case", {"customer": customer, "status": "Open"})


def has_active_plan(member: Member) -> bool:
	"""Whether the customer keeps a payment plan: one is active, and no instalment of it was missed."""
	return bool(with_active_plan([member]))


def with_active_plan(members: Iterable[Member]) -> set[Member]:
	"""Return those of some customers who keep a payment plan."""
	customers, companies = names_of(members)
	plan = frappe.qb.DocType("Payment Plan")
	rows = (
		frappe.qb.from_(plan)
		.select(plan.customer, plan.company)
		.distinct()
		.where(plan.customer.isin(customers or ("",)) & plan.company.isin(companies or ("",)))
		.where((plan.status == "Active") & (plan.docstatus == 1))
		.run()
	)
	return {(customer, company) for customer, company in rows}


def lifted_delivery_rules(profile: str) -> frozenset[str]:
	"""Return the delivery rules that a person has lifted for a customer, and whose time is not over."""
	return lifted_delivery_rules_of([profile]).get(profile, frozenset())


def lifted_delivery_rules_of(profiles: Iterable[str]) -> dict[str, frozenset[str]]:
	"""Return the delivery rules that a person has lifted for some customers, by profile, and whose time is not over."""
	hold, reason = frappe.qb.DocType("Credit Hold"), frappe.qb.DocType("Credit Hold Reason")
	rows = (
		frappe.qb.from_(hold)
		.join(reason)
		.on((reason.parent == hold.name) & (reason.parenttype == "Credit Hold"))
		.select(hold.reference_name, reason.rule)
		.where(hold.reference_doctype == "Credit Profile")
		.where(hold.reference_name.isin(list(profiles) or [""]))
		.where((hold.status == "Released") & (hold.action == facts.DELIVERY_STOP))
		.where(hold.valid_until >= getdate())
		.run()
	)
	found: dict[str, set[str]] = {}
	for profile, rule in rows:
		found.setdefault(profile, set()).add(rule)
	return {profile: frozenset(rules) for profile, rules in found.items()}


def group_of(name: str) -> frappe._dict:
	"""Return a credit group's currency and limit."""
	return groups_of([name])[name]


def groups_of(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Return the currency and limit of credit groups."""
	group = frappe.qb.DocType("Credit Group")
	query = frappe.qb.from_(group).select(group.name, group.currency, group.group_limit)
	return {row.name: row for row in query.where(group.name.isin(list(names))).run(as_dict=True)}


def excess_of(members: Iterable[Member]) -> dict[Member, Decimal]:
	"""Return what valid releases approved beyond the limit and is not paid yet, in the companies' currencies."""
	customers, companies = names_of(members)
	hold = frappe.qb.DocType("Credit Hold")
	rows = (
		frappe.qb.from_(hold)
		.select(hold.customer, hold.company, Sum(hold.approved_excess))
		.where(hold.customer.isin(customers) & hold.company.isin(companies))
		.where((hold.status == "Released") & (hold.excess_active == 1))
		.groupby(hold.customer, hold.company)
		.run()
	)
	return {(customer, company): money(amount) for customer, company, amount in rows}


def longest_terms(template: str, posting_date: date) -> date | None:
	"""Return the last due date that a payment terms template gives from a date, None for an empty template."""
	from erpnext.controllers.accounts_controller import get_due_date

	detail = frappe.qb.DocType("Payment Terms Template Detail")
	rows = (
		frappe.qb.from_(detail)
		.select(detail.due_date_based_on, detail.credit_days, detail.credit_months)
		.where((detail.parent == template) & (detail.parenttype == "Payment Terms Template"))
		.run(as_dict=True)
	)
	dates = [getdate(get_due_date(row, posting_date)) for row in rows if row.due_date_based_on]
	return max(dates, default=None)


def company_currency(company: str) -> str:
	return frappe.get_cached_value("Company", company, "default_currency")


def rate_to(source: str, target: str, on: date, what: str) -> Decimal:
	"""Return the exchange rate between two currencies on a day; a missing one is an error that says what needs it."""
	if not source or source == target:
		return Decimal(1)
	from erpnext.setup.utils import get_exchange_rate

	rate = get_exchange_rate(source, target, str(on))
	if not rate:
		frappe.throw(
			_("{0} needs an exchange rate from {1} to {2} on {3}. Enter one under Currency Exchange.").format(
				what, source, target, frappe.format(on, "Date")
			),
			title=_("Exchange rate missing"),
		)
	return Decimal(str(rate))
