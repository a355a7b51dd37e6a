"""Puts a case together: the subject, the customer's account, the books, the group, as of now."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from frappe.utils import getdate

from b2b_contracts.engine import accounts, facts
from b2b_contracts.engine.limits import LIMITED, Limit
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.security import secured

from . import account_facts, gates, position_facts
from .account_facts import Lodged, Member, ProfileFacts, money
from .gates import Gate, Grant
from .policies import ActivePolicy
from .subjects import ORDER, Subject


@dataclass(frozen=True, slots=True)
class Standing:
	"""Where a customer stands before any facts are read: its policy, profile and the gate that decides."""

	policy: ActivePolicy
	terms: facts.Policy
	member: Member
	profile: ProfileFacts | None
	group: str | None

	@property
	def gate_key(self) -> tuple[str, str]:
		if self.group:
			return gates.GROUP, self.group
		if self.profile:
			return gates.PROFILE, self.profile.name
		return gates.COMPANY, self.member[1]

	@property
	def is_checked(self) -> bool:
		"""Whether the policy looks at this customer at all."""
		return self.profile is not None or self.policy.without_profile != facts.NOT_CHECKED


def standing_of(policy: ActivePolicy, customer: str, company: str) -> Standing:
	"""Return where a customer stands under a policy."""
	member = (customer, company)
	profile = account_facts.profiles_of([member], getdate()).get(member)
	group = profile.row.credit_group if profile else None
	return Standing(policy, policy.for_engine(), member, profile, group or None)


@dataclass(frozen=True, slots=True)
class Loaded:
	"""A case, and what is worth a link beside it."""

	case: facts.Case
	securities: list[Lodged]
	overdue_since: date


def load(standing: Standing, subject: Subject, gate: Gate | None, hold: str | None = None) -> Loaded:
	"""Read the facts and return the case of a subject. With a locked `gate`, its unseen grants are added.

	`hold` is the Credit Hold that is being decided again: what was lodged for it does not lower the overshoot.
	"""
	today = getdate()
	terms = standing.terms
	since = position_facts.Since.of(terms, today)
	horizon = position_facts.horizon_of(terms.credit_horizon_days, today)
	profiles = account_facts.profiles_of_group(standing.group, today) if standing.group else {}
	members = {standing.member, *profiles}
	in_hand = (subject.doctype, subject.name)
	unseen = [g for g in gates.unseen(gate) if (g.doctype, g.name) != in_hand] if gate else []
	# What the snapshot shows of an unseen grant is how it was before: the grant itself says what it is now.
	leave_out = [in_hand, *((grant.doctype, grant.name) for grant in unseen)]
	books = _with_grants(position_facts.books_of(members, since, horizon, leave_out), unseen)
	own = books[standing.member]
	latest_due = max((d for d in (subject.latest_due_date, own.latest_due_date) if d), default=today)
	securities = account_facts.securities_of(members, today, latest_due)
	excess = account_facts.excess_of(members) if standing.profile else {}
	account, template = _account(standing, today, excess.get(standing.member, ZERO))
	mine = [s for s in securities if s.member == standing.member and s.why_not is None]
	case = facts.Case(
		today=today,
		policy=terms,
		account=account,
		order=_order(standing, subject, template),
		position=own.position,
		overdue=_overdue(own.overdue, subject),
		instruments=tuple(s.instrument for s in mine if not hold or s.credit_hold != hold),
		lodged=tuple(s.instrument for s in mine if hold and s.credit_hold == hold),
		group=_group(standing, books, securities, today) if standing.group else None,
		arrears=_arrears(standing, own) if not subject.doctype else facts.Arrears(),
	)
	return Loaded(case, securities, since.overdue)


def _account(standing: Standing, today: date, excess: Decimal) -> tuple[facts.Account, str | None]:
	if standing.profile:
		account = accounts.account_of(
			standing.profile.profile, standing.profile.segment, standing.terms, today, excess
		)
		return account, standing.profile.row.payment_terms_template
	return account_facts.account_without_profile(standing.terms)


def terms_template_of(standing: Standing, today: date) -> str | None:
	"""Return the payment terms template that a customer's segment gives, None for none."""
	return _account(standing, today, ZERO)[1]


def _overdue(overdue: facts.Overdue, subject: Subject) -> facts.Overdue:
	"""Return what is overdue; an advance for the order in hand pays that order and not older items."""
	if subject.doctype != ORDER:
		return overdue
	return replace(overdue, credits=max(ZERO, overdue.credits - subject.prepaid))


def _order(standing: Standing, subject: Subject, template: str | None) -> facts.Order:
	required = money(standing.profile.row.security_required_percent) if standing.profile else ZERO
	return facts.Order(
		amount=subject.amount,
		prepaid=min(subject.prepaid, subject.amount),
		latest_due_date=subject.latest_due_date,
		allowed_due_date=account_facts.longest_terms(template, subject.dated) if template else None,
		po_number=subject.po_number,
		in_hand=bool(subject.doctype),
		security_required_percent=max(required, subject.security_required_percent),
	)


def _with_grants(books: dict[Member, position_facts.Books], grants: list[Grant]):
	"""Add grants that another transaction committed after this one took its snapshot."""
	books = dict(books)
	for grant in grants:
		member = (grant.customer, grant.company)
		if member in books:
			books[member] = _plus_grant(books[member], grant)
	return books


def _plus_grant(books: position_facts.Books, grant: Grant) -> position_facts.Books:
	position = books.position
	return replace(
		books, position=replace(position, granted_orders=position.granted_orders + Decimal(grant.amount))
	)


def _arrears(standing: Standing, own: position_facts.Books) -> facts.Arrears:
	"""Return what stops deliveries beside the balance; asked for where a customer is looked at, not an order."""
	dispute, days = account_facts.dispute_waiting_for(standing.member, standing.terms.dispute_standstill_days)
	return facts.Arrears(
		late=own.late,
		aged=own.aged,
		standing_still=days,
		dispute=dispute,
		has_good_plan=account_facts.has_active_plan(standing.member),
		lifted=account_facts.lifted_delivery_rules(standing.profile.name)
		if standing.profile
		else frozenset(),
	)


def _group(standing: Standing, books, securities: list[Lodged], today: date) -> facts.Group:
	"""Return the group around the customer: every other member net of its own security, in the group's currency."""
	row = account_facts.group_of(standing.group)
	what = f"Credit Group {row.name}"
	rates = {
		company: account_facts.rate_to(account_facts.company_currency(company), row.currency, today, what)
		for company in {member[1] for member in books}
	}
	others = ZERO
	for member, member_books in books.items():
		if member != standing.member:
			exposure = member_books.position.exposure
			covering = tuple(s.instrument for s in securities if s.member == member and s.why_not is None)
			others += (exposure - secured(covering, exposure)) * rates[member[1]]
	return facts.Group(
		name=row.name,
		currency=row.currency,
		limit=Limit(LIMITED, money(row.group_limit)),
		others_net=others,
		rate=rates[standing.member[1]],
	)


def subject_of_customer(customer: str, company: str) -> Subject:
	"""Return an empty subject: for looking at a customer without an order in hand."""
	today = getdate()
	return Subject(
		doctype="",
		name="",
		customer=customer,
		company=company,
		amount=ZERO,
		whole_amount=ZERO,
		prepaid=ZERO,
		dated=today,
		latest_due_date=None,
		promised=None,
		last_promised=None,
		po_number="",
		security_required_percent=ZERO,
	)
