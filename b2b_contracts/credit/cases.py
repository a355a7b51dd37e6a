"""Puts a case together: the subject, the customer's account, the books, the group, as of now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import accounts, facts
from b2b_contracts.engine.demands import Demand, percent_demanded
from b2b_contracts.engine.limits import LIMITED, UNLIMITED, Limit
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.overdue import undisputed_rest
from b2b_contracts.engine.security import secured

from . import account_facts, agreed_terms, gates, position_facts, security_demands, security_facts
from .account_facts import Listing, Member, ProfileFacts, money
from .gates import Gate, Grant
from .policies import ActivePolicy
from .security_facts import Lodged
from .subjects import ORDER, Subject

# Let go as there is no contract at all.
NO_CONTRACT = "no contract"


@dataclass(frozen=True, slots=True)
class Standing:
	"""Where a customer stands before any facts are read: its policy, profile and the gate that decides. `is_bound`: the document
	in hand departs from a contract, which is looked at whoever the customer is."""

	policy: ActivePolicy
	terms: facts.Policy
	member: Member
	profile: ProfileFacts | None
	group: str | None
	listing: Listing
	insolvency: str | None = None
	is_bound: bool = False

	@property
	def gate_key(self) -> tuple[str, str]:
		if self.group:
			return gates.GROUP, self.group
		if self.profile:
			return gates.PROFILE, self.profile.name
		return gates.COMPANY, self.member[1]

	@property
	def is_checked(self) -> bool:
		"""Whether the policy looks at this customer at all: also at one without profile who is on the negative list, or whom
		compliance looks at, or who is insolvent."""
		listed = self.listing.negative_until is not None or self.listing.compliance_stop
		return self.decides_credit or listed or self.insolvency is not None or self.is_bound

	@property
	def decides_credit(self) -> bool:
		"""Whether the policy decides what this customer may owe."""
		return self.profile is not None or self.policy.without_profile != facts.NOT_CHECKED


def standing_of(policy: ActivePolicy, customer: str, company: str, ship_to: str | None = None) -> Standing:
	"""Return where a customer stands under a policy; `ship_to` is the address that goods in hand go to."""
	member = (customer, company)
	profile = account_facts.profiles_of([member], getdate()).get(member)
	group = profile.row.credit_group if profile else None
	listing = account_facts.listing_of(member, getdate(), ship_to)
	# A profile carries the stop itself; a customer who never traded here has none when the insolvency is reported.
	insolvency = None if profile else account_facts.insolvency_of(customer)
	return Standing(policy, policy.for_engine(), member, profile, group or None, listing, insolvency)


@dataclass(frozen=True, slots=True)
class Loaded:
	"""A case, and what is worth a link beside it."""

	case: facts.Case
	securities: list[Lodged]
	overdue_since: date


def load(
	standing: Standing,
	subject: Subject,
	gate: Gate | None,
	hold: str | None = None,
	with_arrears: bool = False,
) -> Loaded:
	"""Read the facts and return the case of a subject. With a locked `gate`, its unseen grants are added.

	`hold` is the Credit Hold that is being decided again: what was lodged for it does not lower the overshoot. What stops
	deliveries beside the balance is read where a customer is looked at, and `with_arrears` for goods that leave too.
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
	held = security_facts.held_by(
		members,
		today,
		_latest_dues(books, standing.member, subject, today),
		standing.group,
		security_facts.InHand(subject.name, subject.latest_due_date),
		horizon,
		{of: of_member.overdue.credits for of, of_member in books.items()},
	)
	excess = account_facts.excess_of(members) if standing.profile else {}
	account, of_segment = _account(standing, today, excess.get(standing.member, ZERO))
	template = _allowed_template(standing, of_segment, subject.dated)
	listing = standing.listing
	account = replace(
		account,
		negative_until=listing.negative_until,
		negative_reason=listing.negative_reason,
		compliance_stop=listing.compliance_stop,
	)
	mine = [lodged for lodged in held.of(standing.member) if lodged.counts]
	case = facts.Case(
		today=today,
		policy=terms,
		account=account,
		order=_order(standing, subject, template, _late_since(own, terms), today, hold),
		position=own.position,
		overdue=_overdue(own.overdue, subject),
		instruments=tuple(s.instrument for s in mine if not hold or s.credit_hold != hold),
		lodged=tuple(s.instrument for s in mine if hold and s.credit_hold == hold),
		group=_group(standing, books, held, today) if standing.group else None,
		arrears=_arrears(standing, own, held) if with_arrears or not subject.doctype else facts.Arrears(),
		parts=held.parts_of(standing.member),
		in_hand=subject.name,
	)
	return Loaded(case, [*held.own, *held.of_group], since.overdue)


def _late_since(own: position_facts.Books, terms: facts.Policy) -> date | None:
	"""Return since when more is overdue than the policy tolerates, once credits went to the oldest; None when nothing is."""
	rest = undisputed_rest(own.overdue.amount, own.overdue.credits)
	return own.overdue.oldest_due_date if rest > terms.overdue_tolerance_amount else None


def _latest_dues(books, member: Member, subject: Subject, today: date) -> dict[Member, date]:
	"""Return the last due date of what each customer owes, with the order in hand."""
	found = {of: of_member.latest_due_date or today for of, of_member in books.items()}
	if subject.latest_due_date:
		found[member] = max(books[member].latest_due_date or subject.latest_due_date, subject.latest_due_date)
	return found


def _account(standing: Standing, today: date, excess: Decimal) -> tuple[facts.Account, str | None]:
	if standing.profile:
		account = accounts.account_of(
			standing.profile.profile, standing.profile.segment, standing.terms, today, excess
		)
		return account, standing.profile.row.payment_terms_template
	if standing.decides_credit:
		account, template = account_facts.account_without_profile(standing.terms)
	else:
		account, template = facts.Account(Limit(UNLIMITED), has_profile=False), None
	if standing.insolvency:
		reason = _("Insolvency case {0}.").format(standing.insolvency)
		account = replace(account, forced_hold=facts.STOP, forced_hold_reason=reason)
	return account, template


def account_of(standing: Standing, on: date) -> tuple[facts.Account, str | None]:
	"""Return how a customer stands with the policy on a day, and the payment terms template of its segment, None for none."""
	return _account(standing, on, ZERO)


def terms_template_of(standing: Standing, on: date) -> str | None:
	"""Return the payment terms template that a customer may have on a day, None for none: its segment's, or its contract's."""
	return _allowed_template(standing, _account(standing, on, ZERO)[1], on)


def _allowed_template(standing: Standing, of_segment: str | None, on: date) -> str | None:
	if not standing.decides_credit:
		return of_segment
	return agreed_terms.agreed_template(*standing.member, on, of_segment)


def _overdue(overdue: facts.Overdue, subject: Subject) -> facts.Overdue:
	"""Return what is overdue; an advance for the order in hand pays that order and not older items."""
	if subject.doctype != ORDER:
		return overdue
	return replace(overdue, credits=max(ZERO, overdue.credits - subject.prepaid))


def _order(
	standing: Standing,
	subject: Subject,
	template: str | None,
	late_since: date | None,
	today: date,
	hold: str | None,
) -> facts.Order:
	required = money(standing.profile.row.security_required_percent) if standing.profile else ZERO
	demands: tuple[Demand, ...] = ()
	if subject.doctype == ORDER:
		demands = security_demands.of_order(
			standing.policy, standing.profile, subject.whole_amount, subject.made_to_order, late_since, today
		)
	return facts.Order(
		amount=subject.amount,
		prepaid=min(subject.prepaid, subject.amount),
		billed_ahead=subject.billed_ahead,
		paid_ahead=subject.paid_ahead,
		latest_due_date=subject.latest_due_date,
		allowed_due_date=account_facts.longest_terms(template, subject.dated) if template else None,
		po_number=subject.po_number,
		in_hand=bool(subject.doctype),
		security_required_percent=max(required, subject.security_required_percent, percent_demanded(demands)),
		demands=demands,
		contract=_contract(standing.policy, subject, hold),
	)


def _contract(policy: ActivePolicy, subject: Subject, hold: str | None) -> facts.ContractState | None:
	"""Return how a subject stands to its contracts, where the policy wants to know; what was let go on its hold is let go."""
	if subject.contract is None or not policy.looks_at_contracts:
		return None
	state = subject.contract(policy.contract_tolerance_percent)
	if state is None or not hold:
		return state
	let_go = frappe.db.get_value("Credit Hold", hold, "contract_approved")
	return replace(state, is_approved=let_go == holding_key(state))


def holding_key(state: facts.ContractState) -> str:
	"""Return what is kept of a state that somebody let go: another difference, or none at all any more, is another one."""
	return state.signature or NO_CONTRACT


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


def _arrears(standing: Standing, own: position_facts.Books, held: security_facts.Held) -> facts.Arrears:
	"""Return what stops deliveries beside the balance; asked for where a customer is looked at, not an order."""
	member = standing.member
	lifted = account_facts.lifted_delivery_rules(standing.profile.name) if standing.profile else frozenset()
	return arrears_of(
		own,
		held.uninsured(member),
		account_facts.dispute_waiting_for(member, standing.terms.dispute_standstill_days),
		account_facts.has_active_plan(member),
		lifted,
	)


def arrears_of(
	own: position_facts.Books,
	uninsured: tuple[Decimal, int],
	waiting: tuple[str, int],
	has_good_plan: bool,
	lifted: frozenset[str],
) -> facts.Arrears:
	"""Return what stops deliveries beside the balance, from what was read of a customer: its books, what the insurer no longer
	covers (and its period in days), the dispute that waits for it (and for how many days)."""
	return facts.Arrears(
		late=own.late,
		aged=own.aged,
		standing_still=waiting[1],
		dispute=waiting[0],
		uninsured=uninsured[0],
		extension_days=uninsured[1],
		has_good_plan=has_good_plan,
		lifted=lifted,
	)


def _group(standing: Standing, books, held: security_facts.Held, today: date) -> facts.Group:
	"""Return the group around the customer: every other member net of its own security, in the group's currency."""
	row = account_facts.group_of(standing.group)
	rates = rates_to_group(row, (company for _customer, company in books), today)
	return group_around(row, standing.member, books, held, rates)


def rates_to_group(row, companies: Iterable[str], today: date) -> dict[str, Decimal]:
	"""Return what turns the currencies of companies into that of a credit group."""
	what = f"Credit Group {row.name}"
	return {
		company: account_facts.rate_to(account_facts.company_currency(company), row.currency, today, what)
		for company in set(companies)
	}


def group_around(
	row,
	around: Member,
	books: Mapping[Member, position_facts.Books],
	held: security_facts.Held,
	rates: Mapping[str, Decimal],
) -> facts.Group:
	"""Return the group (its `row`) around a customer, given the books and securities of all members."""
	company = around[1]
	others, to_cover, owing = ZERO, defaultdict(Decimal), ZERO
	for member, of_member in books.items():
		if member == around:
			continue
		position, rate = of_member.position, rates[member[1]]
		net, owed = security_facts.net_of(held, member, position.exposure, position.balance)
		others += net * rate
		to_cover[member[1]] += max(ZERO, net) * rate
		if member[1] == company:
			owing += max(ZERO, owed) * rate
	# What covers the members in another company has nothing to do with this customer, but with the group as a whole.
	for other in set(rates) - {company}:
		covering = security_facts.in_currency(held.counting_of_group(other), rates[other])
		others -= secured(covering, to_cover[other])
	return facts.Group(
		name=row.name,
		currency=row.currency,
		limit=Limit(LIMITED, money(row.group_limit)),
		others_net=others,
		rate=rates[company],
		instruments=security_facts.in_currency(held.counting_of_group(company), rates[company]),
		others_to_cover=to_cover[company],
		others_owing=owing,
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
