"""What dunning brings and what it costs: by step, channel, template or month (requirements §3).

Grouped in SQL; amounts come out in the company's currency, by the rate of the last day. A share of what was paid within some
days is of those only whose days are over: what was sent yesterday has not failed to be paid in a month.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, DateFormat, Sum
from frappe.query_builder.functions import Date as DateOf
from frappe.utils import cint, getdate
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, ExistsCriterion, Not, Term

from b2b_contracts import permissions
from b2b_contracts.credit.account_facts import company_currency, money, rate_to
from b2b_contracts.engine import dunning as engine
from b2b_contracts.engine.money import ZERO

from .dunning_facts import HAD
from .dunning_notices import FAILED, LOG, NOTICE, QUEUED, SENDING, SENT, UNCLEAR
from .dunning_payments import HALF_A_CENT, ITEM, asked_and_paid, paid_within
from .payment_links import CLICK

STEP, CHANNEL, TEMPLATE, MONTH = "Step", "Channel", "Template", "Month"
BY = (STEP, CHANNEL, TEMPLATE, MONTH)
WINDOWS = (7, 14, 30)
# The hit rate: what was paid so many days after the first reminder.
HIT_DAYS = 7
WENT = (SENDING, QUEUED, SENT, UNCLEAR)
WITH_LINK = (engine.EMAIL, engine.SMS)
# Which field of the company says what one of a channel costs; an e-mail costs nothing.
COST_FIELDS = {
	engine.SMS: "b2b_cost_sms",
	engine.LETTER: "b2b_cost_letter",
	engine.REGISTERED_LETTER: "b2b_cost_registered_letter",
	engine.LEGAL_NOTICE: "b2b_cost_registered_letter",
}


@dataclass(slots=True)
class Rate:
	"""A part of a whole; the share is None where there is no whole."""

	part: Decimal = ZERO
	whole: Decimal = ZERO

	def add(self, part, whole) -> None:
		self.part += Decimal(str(part or 0))
		self.whole += Decimal(str(whole or 0))

	@property
	def percent(self) -> float | None:
		return float(100 * self.part / self.whole) if self.whole else None


def _rates() -> dict[int, Rate]:
	return {days: Rate() for days in WINDOWS}


@dataclass(slots=True)
class Group:
	"""The notices that share a key. `sent` = `delivered` + `failed` (the channel did not reach the customer) + those of which
	it is not known yet. `invoices` counts an invoice for each notice that asked for it. Amounts in the company's currency."""

	sent: int = 0
	delivered: int = 0
	failed: int = 0
	calls: int = 0
	invoices: int = 0
	clicked: Rate = field(default_factory=Rate)
	paid: dict[int, Rate] = field(default_factory=_rates)
	paid_amount: dict[int, Rate] = field(default_factory=_rates)
	asked: Decimal = ZERO
	collected: Decimal = ZERO
	cost: Decimal = ZERO
	claimed: Decimal = ZERO
	charges_paid: Decimal = ZERO


@dataclass(slots=True)
class Found:
	"""The groups in their order with what each is called, and what is true of all of them together."""

	groups: list[tuple[str, Group]]
	currency: str
	hit: Rate
	hit_amount: Rate

	def total(self, name: str) -> float:
		return float(sum((getattr(group, name) for _key, group in self.groups), ZERO))

	@property
	def clicked(self) -> Rate:
		found = Rate()
		for _key, group in self.groups:
			found.add(group.clicked.part, group.clicked.whole)
		return found


def effectiveness(
	company: str, from_date: date, to_date: date, by: str = STEP, flow: str | None = None
) -> Found:
	"""Return what the notices that were sent from one day to another have brought and cost. The user's permissions apply."""
	if by not in BY:
		frappe.throw(_("Reminders are grouped by one of {0}, not {1}.").format(", ".join(BY), by))
	return _Statistics(company, getdate(from_date), getdate(to_date), by, flow).found()


class _Statistics:
	def __init__(self, company: str, from_date: date, to_date: date, by: str, flow: str | None):
		self.company, self.from_date, self.to_date, self.by = company, from_date, to_date, by
		self.flow = flow
		self.currency = company_currency(company)
		self.notice = frappe.qb.DocType(NOTICE)
		self.customers = permissions.customers_seen()
		self.groups: dict[tuple, Group] = {}
		self._rates: dict[str, Decimal] = {}

	def found(self) -> Found:
		self._count_notices()
		self._count_calls()
		self._sum_payments()
		self._sum_charges()
		hit, hit_amount = self._hits()
		ordered = sorted(self.groups.items(), key=lambda pair: _order(self.by, pair[0], pair[1]))
		return Found(
			[(_label(self.by, key), group) for key, group in ordered], self.currency, hit, hit_amount
		)

	# -------------------------------------------------------------- which notices
	def _where(self, *statuses: str, until: date | None) -> list[Criterion]:
		"""What narrows notices to those of the company in the time; with `until` None also those that were sent later."""
		notice = self.notice
		which = [
			notice.company == self.company,
			notice.status.isin(statuses),
			notice.sent_on >= self.from_date,
		]
		if until:
			which.append(notice.sent_on < until + timedelta(days=1))
		if self.flow:
			which.append(notice.flow == self.flow)
		if self.customers is not None:
			which.append(notice.customer.isin(self.customers or [""]))
		return which

	def _keys(self) -> list[Term]:
		notice = self.notice
		return {
			STEP: [notice.flow, notice.step_code],
			CHANNEL: [notice.sent_by_channel],
			TEMPLATE: [notice.template],
			MONTH: [DateFormat(notice.sent_on, "%Y-%m")],
		}[self.by]

	def _group(self, key: tuple) -> Group:
		return self.groups.setdefault(tuple(part or "" for part in key), Group())

	def _in_own(self, amount, currency: str) -> Decimal:
		if currency not in self._rates:
			self._rates[currency] = rate_to(
				currency, self.currency, self.to_date, _("The report Dunning Effectiveness")
			)
		return money(amount) * self._rates[currency]

	# -------------------------------------------------------------- sent
	def _count_notices(self) -> None:
		notice, click = self.notice, frappe.qb.DocType(CLICK)
		clicks = (
			frappe.qb.from_(click)
			.select(click.reference_name)
			.distinct()
			.where(click.reference_doctype == NOTICE)
			.as_("clicks")
		)
		failed = (notice.status == FAILED) | (notice.sent_by_channel != notice.channel)
		with_link = notice.sent_by_channel.isin(WITH_LINK) & (notice.status != FAILED)
		keys = self._keys()
		rows = (
			frappe.qb.from_(notice)
			.left_join(clicks)
			.on(clicks.reference_name == notice.name)
			.select(
				*keys,
				notice.sent_by_channel,
				Count("*"),
				_count(failed),
				_count((notice.status == SENT) & Not(failed)),
				_count(notice.status != FAILED),
				_count(with_link),
				_count(with_link & clicks.reference_name.isnotnull()),
			)
			.where(Criterion.all(self._where(*WENT, FAILED, until=self.to_date)))
			.groupby(*keys, notice.sent_by_channel)
			.run()
		)
		costs = costs_of(self.company)
		# What a person does is counted by the calls that were made (`_count_calls`).
		costs.pop(engine.PHONE)
		for *key, channel, sent, failures, delivered, went, linked, clicked in rows:
			group = self._group(tuple(key))
			group.sent += sent
			group.failed += cint(failures)
			group.delivered += cint(delivered)
			group.clicked.add(clicked, linked)
			group.cost += costs.get(channel, ZERO) * cint(went)

	def _count_calls(self) -> None:
		"""Count the calls that were made for steps; those that a message goes beside are of the call's own step."""
		notice, task = self.notice, frappe.qb.DocType("Collection Task")
		contact = frappe.qb.DocType("Collection Contact")
		keys = [notice.flow, task.step] if self.by == STEP else self._keys() if self.by == MONTH else []
		query = (
			frappe.qb.from_(contact)
			.join(task)
			.on((task.name == contact.parent) & (contact.parenttype == "Collection Task"))
			.join(notice)
			.on((task.reference_doctype == NOTICE) & (task.reference_name == notice.name))
			.select(*keys, Count("*"))
			.where((task.kind == "Phone Call") & Criterion.all(self._where(*WENT, until=self.to_date)))
		)
		rows = (query.groupby(*keys) if keys else query).run()
		each = costs_of(self.company)[engine.PHONE]
		for *key, calls in rows:
			if not calls:
				continue
			group = self._group(tuple(key) or (engine.PHONE if self.by == CHANNEL else "",))
			group.calls += calls
			group.cost += each * calls

	# -------------------------------------------------------------- paid
	def _payments(self, windows: tuple[int, ...], items: Criterion | None = None) -> QueryBuilder:
		notice = self.notice
		notices = (
			frappe.qb.from_(notice)
			.select(notice.name, DateOf(notice.sent_on).as_("day"), notice.sent_on.as_("seen"))
			.where(Criterion.all(self._where(*WENT, until=None)))
		)
		return asked_and_paid(notices, windows, self.to_date, items).as_("each")

	def _sum_payments(self) -> None:
		notice, each = self.notice, self._payments(WINDOWS)
		keys = self._keys()
		query = (
			frappe.qb.from_(each)
			.join(notice)
			.on(notice.name == each.name)
			.select(*keys, notice.currency, Count("*"), Sum(each.asked), Sum(each.collected))
			.groupby(*keys, notice.currency)
		)
		for days in WINDOWS:
			query = query.select(*_within(each, days))
		for *key, currency, invoices, asked, collected, a, b, c, d, e, f, g, h, i, j, k, m in query.run():
			group = self._group(tuple(key))
			group.invoices += invoices
			group.asked += self._in_own(asked, currency)
			group.collected += self._in_own(collected, currency)
			for days, some in zip(WINDOWS, ((a, b, c, d), (e, f, g, h), (i, j, k, m)), strict=True):
				paid, over, paid_amount, over_amount = some
				group.paid[days].add(paid, over)
				group.paid_amount[days].add(
					self._in_own(paid_amount, currency), self._in_own(over_amount, currency)
				)

	def _hits(self) -> tuple[Rate, Rate]:
		"""Return what was paid soon after its first reminder: of the invoices, and of the amounts."""
		notice = self.notice
		each = self._payments((HIT_DAYS,), is_first_reminder())
		rows = (
			frappe.qb.from_(each)
			.join(notice)
			.on(notice.name == each.name)
			.select(notice.currency, *_within(each, HIT_DAYS))
			.groupby(notice.currency)
			.run()
		)
		hit, hit_amount = Rate(), Rate()
		for currency, paid, over, paid_amount, over_amount in rows:
			hit.add(paid, over)
			hit_amount.add(self._in_own(paid_amount, currency), self._in_own(over_amount, currency))
		return hit, hit_amount

	def _sum_charges(self) -> None:
		notice, charge = self.notice, frappe.qb.DocType("Dunning Charge")
		keys = self._keys()
		rows = (
			frappe.qb.from_(charge)
			.join(notice)
			.on(notice.name == charge.notice)
			.select(*keys, charge.currency, Sum(charge.amount), Sum(charge.paid_amount))
			.where((charge.state != "Threatened") & Criterion.all(self._where(*WENT, until=self.to_date)))
			.groupby(*keys, charge.currency)
			.run()
		)
		for *key, currency, claimed, paid in rows:
			group = self._group(tuple(key))
			group.claimed += self._in_own(claimed, currency)
			group.charges_paid += self._in_own(paid, currency)


# ------------------------------------------------------------------ parts of the queries
def _count(which: Criterion) -> Term:
	return Coalesce(Sum(Case().when(which, 1).else_(0)), 0)


def _within(each, days: int) -> list[Term]:
	"""Return the columns (paid, over, amount paid, amount over) of what was paid within so many days, of those that are over."""
	paid = each[paid_within(days)]
	# The last of the days is over once it is yesterday.
	is_over = each.day < getdate() - timedelta(days=days)
	return [
		_count(is_over & (each.asked - paid < HALF_A_CENT)),
		_count(is_over),
		Coalesce(Sum(Case().when(is_over, paid).else_(0)), 0),
		Coalesce(Sum(Case().when(is_over, each.asked).else_(0)), 0),
	]


def is_first_reminder() -> Criterion:
	"""Whether an item of a notice had its first reminder by it: the first that was written after its due date."""
	item, log = frappe.qb.DocType(ITEM), frappe.qb.DocType(LOG)
	earlier = log.as_("earlier")

	def is_reminder(row) -> Criterion:
		return (row.step_day > 0) & row.channel.notin(engine.BY_PERSON) & row.status.isin(HAD)

	before = (
		frappe.qb.from_(earlier)
		.select(earlier.name)
		.where((earlier.item_key == log.item_key) & is_reminder(earlier))
		.where(
			(earlier.sent_on < log.sent_on) | ((earlier.sent_on == log.sent_on) & (earlier.name < log.name))
		)
	)
	return ExistsCriterion(
		frappe.qb.from_(log)
		.select(log.name)
		.where((log.notice == item.parent) & (log.item_key == item.item_key) & is_reminder(log))
		.where(ExistsCriterion(before).negate())
	)


def costs_of(company: str) -> dict[str, Decimal]:
	"""Return what one reminder by each channel costs a company, in its currency; a call by its usual length."""
	fields = {*COST_FIELDS.values(), "b2b_cost_call_minute", "b2b_call_minutes"}
	about = frappe.get_cached_value("Company", company, sorted(fields), as_dict=True)
	found = {channel: money(about[name]) for channel, name in COST_FIELDS.items()}
	found[engine.PHONE] = money(about.b2b_cost_call_minute) * cint(about.b2b_call_minutes)
	return found


# ------------------------------------------------------------------ as a report shows it
def _label(by: str, key: tuple) -> str:
	if by == STEP:
		flow, step = key
		return f"{flow}: {step}"
	(name,) = key
	if not name:
		return _("None")
	return _(name) if by == CHANNEL else name


def _order(by: str, key: tuple, group: Group) -> tuple:
	if by == STEP:
		# D7 comes before D21, and -3 before 0.
		number = re.search(r"-?\d+", key[1])
		return key[0], int(number.group()) if number else 0, key[1]
	return key if by == MONTH else (-group.sent, *key)
