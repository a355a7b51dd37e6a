"""Security Coverage: what security covers now, and from which day on there will be a gap (requirements §2.3, §2.6).

Today's figures are the gate's. What is open later is an assumption that the reader chooses; what is overdue already, or
has no due date, stays open under each of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import frappe
from frappe.utils import add_months, getdate

from b2b_contracts import permissions
from b2b_contracts.engine import coverage as engine
from b2b_contracts.engine import facts
from b2b_contracts.engine.coverage import ONE_DAY, Customer, Fall, Group, Holder, Item, Limits, Sisters
from b2b_contracts.engine.limits import LIMITED, Limit
from b2b_contracts.engine.money import HUNDRED, ZERO

from . import account_facts, coverage_facts, policies, position_facts, security_facts
from .account_facts import Member, company_currency, money
from .security_facts import Held, Lodged

WHEN_DUE, AS_LATE, AS_TODAY = "Paid when due", "Paid as late as usual", "As much open as today"
ASSUMPTIONS = (WHEN_DUE, AS_LATE, AS_TODAY)
# How far back payments tell how late a customer usually pays, in months.
USUAL_MONTHS = 12


@dataclass(frozen=True)
class Seen:
	"""What the user may see of a company's security, and where it stands until a day.

	`lodged` has every security that plays a part, `securities` those that the user may see.
	"""

	company: str
	currency: str
	today: date
	until: date
	securities: list[frappe._dict]
	customers: dict[Member, Customer]
	groups: dict[str, Group]
	lodged: dict[str, Lodged]
	names: dict[str, str]
	group_of: dict[Member, str]
	group_rows: dict[str, frappe._dict]

	def falls(self, of: engine.Covered) -> tuple[Fall, ...]:
		return engine.falls(of, self.today, self.until)

	@cached_property
	def falls_of(self) -> dict[Member, tuple[Fall, ...]]:
		"""The days on which cover falls, by customer."""
		return {member: self.falls(customer) for member, customer in self.customers.items()}


def seen(
	company: str,
	months: int,
	assumption: str,
	customer: str | None = None,
	credit_group: str | None = None,
) -> Seen:
	"""Load what security covers in a company, for the customers that the user may see, and what stays open for so many
	months."""
	today = getdate()
	securities = coverage_facts.securities_in_force(company)
	together = coverage_facts.groups_with_security(company)
	shown = {(row.customer, company) for row in securities if row.customer}
	shown |= coverage_facts.members_seen(company, together)
	if credit_group:
		shown &= coverage_facts.members_seen(company, [credit_group])
	if customer:
		shown &= {(customer, company)}
	loaded = _Loaded(company, shown, today, assumption)
	groups = {loaded.group_of[member] for member in shown if member in loaded.group_of}
	return Seen(
		company=company,
		currency=company_currency(company),
		today=today,
		until=getdate(add_months(today, months)),
		securities=[
			row for row in securities if (row.customer, company) in shown or row.credit_group in groups
		],
		customers=loaded.customers(),
		groups=loaded.groups() if permissions.sees_every_customer() else {},
		lodged=loaded.lodged,
		names=coverage_facts.names_of_customers(customer for customer, _company in shown),
		group_of=loaded.group_of,
		group_rows=loaded.group_rows,
	)


class _Loaded:
	"""The books and securities of customers and of their groups, as the engine looks at them."""

	def __init__(self, company: str, shown: set[Member], today: date, assumption: str):
		policy = policies.active(company)
		self.terms = (
			policy.for_engine() if policy else facts.Policy("", 0, company, company_currency(company))
		)
		self.company, self.shown, self.today, self.assumption = company, shown, today, assumption
		self.profiles = account_facts.profiles_of(shown, today) if shown else {}
		groups = {profile.row.credit_group for profile in self.profiles.values()} - {None, ""}
		self.sisters = coverage_facts.members_of_groups(groups) if groups else {}
		self.group_of = {member: group for group, of_group in self.sisters.items() for member in of_group}
		self.group_rows = account_facts.groups_of(self.sisters) if self.sisters else {}
		self.members = shown.union(*self.sisters.values())
		self.horizon = position_facts.horizon_of(self.terms.credit_horizon_days, today)
		since = position_facts.Since.of(self.terms, today)
		self.books = position_facts.books_of(self.members, since, self.horizon) if self.members else {}
		self.held = self._held()
		self.lodged = {
			lodged.instrument.name: lodged
			for held in self.held.values()
			for lodged in (*held.own, *held.of_group)
		}
		self.holders = self._holders()

	def _held(self) -> dict[Member, Held]:
		"""Return what each customer has given, and the members of its group."""
		return security_facts.held_by_each(
			self.members,
			self.today,
			{member: books.latest_due_date or self.today for member, books in self.books.items()},
			self.sisters,
			self.horizon,
			{member: books.overdue.credits for member, books in self.books.items()},
		)

	def _holders(self) -> dict[Member, Holder]:
		if not self.members:
			return {}
		invoices = coverage_facts.open_invoices(self.members)
		orders = coverage_facts.open_orders(self.members, self.horizon, self.today)
		late: dict[Member, int] = {}
		if self.assumption == AS_LATE:
			since = getdate(add_months(self.today, -USUAL_MONTHS))
			late = dict(coverage_facts.days_late(self.members, since))
		return {
			member: self._holder(
				member, invoices.get(member, []), orders.get(member, []), late.get(member, 0)
			)
			for member in self.members
		}

	def _holder(self, member: Member, invoices: list, orders: list, late: int) -> Holder:
		"""Return a customer whose items add up to the exposure of the gate; what no invoice or order stands for has no
		due date, or is credit."""
		paid_on = self._paid_on(late)
		by_due: dict[date, Decimal] = defaultdict(Decimal)
		for invoice in invoices:
			by_due[invoice.due] += invoice.amount
		dated = [Item(amount, due, paid_on(due)) for due, amount in by_due.items()]
		dated += [Item(order.amount, order.due, paid_on(order.due), order.owed_from) for order in orders]
		position = self.books[member].position
		delivered = position.delivered_not_billed
		rest = position.exposure - delivered - sum((item.amount for item in dated), ZERO)
		undated = [Item(amount) for amount in (delivered, max(ZERO, rest)) if amount]
		return Holder(
			name=member[0],
			today=self.today,
			items=(*dated, *undated),
			credits=max(ZERO, -rest),
			instruments=tuple(lodged.instrument for lodged in self.held[member].of(member)),
			parts=self._parts(member, {due.name: due.due for due in orders}, paid_on),
			rolls=self.assumption == AS_TODAY,
		)

	def _paid_on(self, late: int) -> Callable[[date | None], date | None]:
		def paid_on(due: date | None) -> date | None:
			if due is None or self.assumption == AS_TODAY:
				return None
			day = due + timedelta(days=late)
			return day if day >= self.today else None

		return paid_on

	def _parts(self, member: Member, orders: dict[str, date], paid_on) -> tuple[Item, ...]:
		return tuple(
			Item(
				part.balance + part.promised,
				part.latest_due,
				paid_on(max(filter(None, (part.latest_due, orders.get(part.name))), default=None)),
				document=part.name,
			)
			for part in self.held[member].parts_of(member)
		)

	def customers(self) -> dict[Member, Customer]:
		pools = {group: self._pools(group) for group in sorted(self.sisters)}
		found = {}
		for member in sorted(self.shown):
			group = self.group_of.get(member)
			sisters = pools[group][self.company] if group else Sisters((self.holders[member],))
			found[member] = Customer(self.holders[member], self._limits(member), sisters)
		return found

	def groups(self) -> dict[str, Group]:
		return {
			name: Group(
				tuple(self._pools(name).values()),
				Limits(Limit(LIMITED, money(self.group_rows[name].group_limit))),
			)
			for name in sorted(self.sisters)
		}

	def _pools(self, group: str) -> dict[str, Sisters]:
		"""Return the members of a group by company, with what covers them together in the group's currency."""
		members, currency = self.sisters[group], self.group_rows[group].currency
		pools = {}
		for company in sorted({company for _customer, company in members}):
			rate = account_facts.rate_to(
				company_currency(company), currency, self.today, f"Credit Group {group}"
			)
			held = next(self.held[member] for member in members if member[1] == company)
			together = (one.instrument for one in held.of_group if one.member[1] == company)
			pools[company] = Sisters(
				tuple(self.holders[member] for member in members if member[1] == company),
				security_facts.in_currency(together, rate),
				rate,
			)
		return pools

	def _limits(self, member: Member) -> Limits:
		profile = self.profiles.get(member)
		if profile is None:
			return Limits(account_facts.account_without_profile(self.terms)[0].limit)
		until = profile.profile.temporary_limit_until
		if profile.profile.temporary_limit is None or until is None or until < self.today:
			return Limits(profile.limit)
		return Limits(profile.limit, until, profile.profile.granted_limit(until + ONE_DAY))


# ------------------------------------------------------------------ rows
def customers(found: Seen) -> list[dict]:
	"""Return where each customer stands today and what becomes of its cover, the widest gap first."""
	rows = []
	for member, customer in found.customers.items():
		name = member[0]
		row = {"customer": name, "customer_name": found.names.get(name, name)}
		row |= {"credit_group": found.group_of.get(member), "currency": found.currency}
		row |= _counted(lodged for lodged in found.lodged.values() if lodged.member == member)
		rows.append(row | _standing_of(found, customer, found.falls_of[member]))
	return sorted(rows, key=_most_at_stake)


def groups(found: Seen) -> list[dict]:
	"""Return the same of each credit group, in its own currency and over all its companies."""
	rows = []
	for name, group in found.groups.items():
		row = {"credit_group": name, "currency": found.group_rows[name].currency}
		of_group = (
			lodged
			for lodged in found.lodged.values()
			if name in (lodged.credit_group, found.group_of.get(lodged.member))
		)
		rows.append(row | _counted(of_group) | _standing_of(found, group, found.falls(group)))
	return sorted(rows, key=_most_at_stake)


def _counted(lodged: Iterable[Lodged]) -> dict:
	lodged = list(lodged)
	return {"securities": len(lodged), "not_counting": sum(not one.counts for one in lodged)}


def _standing_of(found: Seen, of: engine.Covered, ahead: tuple[Fall, ...]) -> dict:
	now = of.standing(found.today)
	widest = engine.worst(fall.standing for fall in ahead)
	return _figures(now) | {
		"over": float(now.gap),
		"next_fall": ahead[0].standing.day if ahead else None,
		"uncovered": float(sum((fall.uncovered for fall in ahead), ZERO)),
		"gap": float(widest.gap) if widest else 0.0,
		"gap_on": widest.day if widest else None,
	}


def _figures(standing: engine.Standing) -> dict:
	used = standing.utilisation
	return {
		"exposure": float(standing.exposure),
		"secured": float(standing.secured),
		"net": float(standing.net),
		"limit": None if standing.limit.is_unlimited else float(standing.limit.ceiling),
		"utilisation": float(used * HUNDRED) if used is not None and used.is_finite() else None,
	}


def _most_at_stake(row: dict) -> tuple:
	name = row.get("customer_name") or row["credit_group"]
	return -row["gap"], -row["uncovered"], row["next_fall"] or date.max, name


def securities(found: Seen) -> list[dict]:
	"""Return each security in force: what it covers, or why not, and from when on it counts no more."""
	covered, ends = _covered_by(found), _ends(found)
	rows = []
	for row in found.securities:
		lodged = found.lodged.get(row.name)
		rows.append(
			{
				"security": row.name,
				"customer": row.customer,
				"holder": found.names.get(row.customer, row.customer) or row.credit_group,
				"instrument_type": row.instrument_type,
				"instrument_number": row.instrument_number,
				"issuer": row.issuer,
				"amount": row.amount,
				"amount_currency": row.currency,
				"covers": float(covered.get(row.name, ZERO)),
				"why_not": lodged.why_not if lodged else None,
				"expiry": row.expiry_date,
				"ends": ends.get(row.name),
				"currency": found.currency,
			}
		)
	return sorted(rows, key=lambda row: (row["ends"] or date.max, row["expiry"] or date.max, row["security"]))


def _covered_by(found: Seen) -> dict[str, Decimal]:
	"""Return what each security covers today, in the company's currency."""
	amounts: dict[str, Decimal] = {}
	for customer in found.customers.values():
		amounts |= customer.holder.shares(found.today)
		together = customer.sisters.shares(found.today)
		amounts |= {name: amount / customer.sisters.rate for name, amount in together.items()}
	return amounts


def _ends(found: Seen) -> dict[str, date]:
	"""Return from which day on each security counts no more."""
	ends: dict[str, date] = {}
	for of_customer in found.falls_of.values():
		for fall in of_customer:
			for name in fall.lost:
				ends.setdefault(name, fall.standing.day)
	return ends


def ahead(found: Seen) -> list[dict]:
	"""Return the days on which cover falls, of each customer, the earliest first."""
	visible = {row.name for row in found.securities}
	rows = []
	for (name, _company), of_customer in found.falls_of.items():
		for fall in of_customer:
			rows.append(
				{
					"date": fall.standing.day,
					"customer": name,
					"customer_name": found.names.get(name, name),
					"lost": [one for one in fall.lost if one in visible],
					"lost_of_group": any(one not in visible for one in fall.lost),
					"has_expired": len(fall.expired) == len(fall.lost),
					**_figures(fall.standing),
					"uncovered": float(fall.uncovered),
					"gap": float(fall.standing.gap),
					"currency": found.currency,
				}
			)
	return sorted(rows, key=lambda row: (row["date"], -row["gap"], row["customer_name"]))


def over_time(found: Seen, step: timedelta) -> list[tuple[date, float, float]]:
	"""Return (day, open, covered) of all customers together, from today on."""
	days, day = [], found.today
	while day <= found.until:
		days.append(day)
		day += step
	sums = engine.over_time(found.customers.values(), days)
	return [
		(day, float(total["exposure"]), float(total["secured"]))
		for day, total in zip(days, sums, strict=True)
	]
