"""Puts the cases of many customers of a company together, without an order in hand: what reports measure is what the gate
would. A fixed number of queries for a company, however many its customers are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe

from b2b_contracts.engine import accounts, facts
from b2b_contracts.engine.limits import UNLIMITED, Limit
from b2b_contracts.engine.money import ZERO

from . import account_facts, cases, policies, position_facts, security_facts
from .account_facts import Member, ProfileFacts, company_currency
from .policies import ActivePolicy
from .position_facts import Books
from .security_facts import Held

NO_ORDER = facts.Order(ZERO, in_hand=False)


@dataclass(frozen=True, slots=True)
class Customer:
	"""A customer in a company, as the gate sees it. `case` is in the company's currency."""

	case: facts.Case
	books: Books
	held: Held
	profile: ProfileFacts | None = None

	@property
	def group(self) -> str:
		return self.case.group.name if self.case.group else ""


@dataclass(frozen=True, slots=True)
class Company:
	"""The customers of a company that were asked for, and the members of their credit groups in all companies."""

	name: str
	currency: str
	policy: ActivePolicy | None
	terms: facts.Policy
	customers: Mapping[Member, Customer]
	groups: Mapping[str, tuple[Member, ...]]
	group_rows: Mapping[str, frappe._dict]
	group_rates: Mapping[str, Mapping[str, Decimal]]
	group_books: Mapping[Member, Books]


def of_company(company: str, customers: Iterable[str], today: date) -> Company:
	"""Return the cases of some customers of a company on a day, by its active policy."""
	policy, currency = policies.active(company), company_currency(company)
	terms = policy.for_engine() if policy else facts.Policy("", 0, company, currency)
	members = {(customer, company) for customer in customers}
	profiles = account_facts.profiles_of(members, today) if members else {}
	names = sorted({profile.row.credit_group for profile in profiles.values()} - {None, ""})
	of_groups = account_facts.profiles_of_groups(names, today) if names else {}
	groups: dict[str, list[Member]] = {name: [] for name in names}
	for member, profile in sorted(of_groups.items()):
		groups[profile.row.credit_group].append(member)
	everybody = members | set(of_groups)
	horizon = position_facts.horizon_of(terms.credit_horizon_days, today)
	books = (
		position_facts.books_of(everybody, position_facts.Since.of(terms, today), horizon)
		if everybody
		else {}
	)
	held = security_facts.held_by_each(
		everybody,
		today,
		{member: of.latest_due_date or today for member, of in books.items()},
		groups,
		horizon,
		{member: of.overdue.credits for member, of in books.items()},
	)
	excess = account_facts.excess_of(profiles) if profiles else {}
	rows = account_facts.groups_of(names) if names else {}
	rates = _rates(rows, groups, today)
	unknown = _account_without_profile(policy, terms)
	made = {}
	for member in sorted(members):
		profile = profiles.get(member)
		group = profile.row.credit_group if profile else None
		account = (
			accounts.account_of(profile.profile, profile.segment, terms, today, excess.get(member, ZERO))
			if profile
			else unknown
		)
		case = facts.Case(
			today=today,
			policy=terms,
			account=account,
			order=NO_ORDER,
			position=books[member].position,
			overdue=books[member].overdue,
			instruments=held[member].counting(member),
			group=cases.group_around(
				rows[group], member, {of: books[of] for of in groups[group]}, held[member], rates[group]
			)
			if group
			else None,
			parts=held[member].parts_of(member),
		)
		made[member] = Customer(case, books[member], held[member], profile)
	return Company(
		company,
		currency,
		policy,
		terms,
		made,
		{name: tuple(of) for name, of in groups.items()},
		rows,
		rates,
		{member: books[member] for member in of_groups},
	)


def _rates(rows, groups: Mapping[str, Iterable[Member]], today: date) -> dict[str, dict[str, Decimal]]:
	"""Return what turns the currencies of companies into those of groups; each pair is asked for once."""
	known: dict[tuple[str, str], Decimal] = {}
	found = {}
	for name, members in groups.items():
		row, companies = rows[name], {company for _customer, company in members}
		new = {of for of in companies if (of, row.currency) not in known}
		for company, rate in cases.rates_to_group(row, new, today).items():
			known[company, row.currency] = rate
		found[name] = {of: known[of, row.currency] for of in companies}
	return found


def _account_without_profile(policy: ActivePolicy | None, terms: facts.Policy) -> facts.Account:
	"""Return how a customer stands whom nobody has assessed: no limit where the policy does not look at them."""
	if policy is None or terms.without_profile == facts.NOT_CHECKED:
		return facts.Account(Limit(UNLIMITED), has_profile=False)
	return account_facts.account_without_profile(terms)[0]
