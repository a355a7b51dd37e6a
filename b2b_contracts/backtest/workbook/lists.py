"""The long tables: months, holds and those of them that matter, customers, decisions."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from math import isfinite

from b2b_contracts.engine.money import ZERO

from ..book import SECONDS_A_DAY, as_datetime
from ..book_format import DELIVERIES, INVOICES, ORDERS
from ..decisions import Made, Row
from ..figures import BAD_FATES, BUCKETS, DELIVERY_STOP, CustomerFigures, Hold
from ..result import WorldResult, amount_of
from .cells import COUNT, DAY, DAYS, MOMENT, MONEY, MONTH, SHARE, TEXT
from .context import Context
from .measures import average_delay, overdue_share
from .tables import Column, Table

INFINITE = Decimal("Infinity")


def tables_of(context: Context) -> list[Table]:
	"""Return all long tables, in the order of their sheets."""
	return [
		_months(context),
		_holds(context),
		_avoided(context),
		_pointed_at(context),
		_delayed(context),
		_customers(context),
		_decisions(context),
	]


def _months(context: Context) -> Table:
	_ = context.translate
	ages = (_("Not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("Over 90 days"))
	columns = [
		Column(_("As it was, or policy"), TEXT, lambda label, w, m: label, 26),
		Column(_("Month"), MONTH, lambda label, w, m: m.month),
		Column(_("Invoiced"), MONEY, lambda label, w, m: m.invoiced),
		Column(_("Credited"), MONEY, lambda label, w, m: m.credited),
		Column(_("Invoices cancelled"), MONEY, lambda label, w, m: m.cancelled),
		Column(_("Written off"), MONEY, lambda label, w, m: m.written_off),
		Column(_("Cash received"), MONEY, lambda label, w, m: m.cash),
		Column(_("Of these advances"), MONEY, lambda label, w, m: m.advances),
		Column(_("Receivables"), MONEY, lambda label, w, m: m.receivables),
		*(
			Column(age, MONEY, lambda label, w, m, bucket=bucket: getattr(m, bucket))
			for age, bucket in zip(ages, BUCKETS, strict=True)
		),
		Column(_("Unallocated"), MONEY, lambda label, w, m: m.unallocated),
		Column(_("Disputed"), MONEY, lambda label, w, m: m.disputed),
		Column(_("Overdue share"), SHARE, lambda label, w, m: overdue_share(m)),
		Column(_("DSO"), DAYS, lambda label, w, m: w.dso_of(m)),
	]
	about = _(
		"Amounts in {0}; receivables by age at the month's end. Not due to over 90 days and unallocated add up to the receivables."
	)
	rows = [
		(label, world, month)
		for label, world in zip(context.world_labels, context.result.worlds, strict=True)
		for month in world.months
	]
	return Table("months", _("Months"), about, columns, rows, len(rows), fixed_columns=2)


# ------------------------------------------------------------------ holds
def _holds(context: Context) -> Table:
	_, kinds = context.translate, _kinds(context)
	yes, no = _("yes"), _("no")
	policies = list(zip(context.labels, context.result.policies, strict=True))
	# An order that is held twice avoids its loss once.
	counted = {hold for _label, world in policies for hold in world.avoided}
	columns = [
		Column(_("Policy"), TEXT, lambda label, h: label, 18),
		Column(_("Held on"), MOMENT, lambda label, h: as_datetime(h.began)),
		Column(_("Order"), TEXT, lambda label, h: h.name, 14),
		Column(_("Kind"), TEXT, lambda label, h: kinds.get(h.kind, h.kind), 15),
		Column(_("Customer"), TEXT, lambda label, h: h.customer, 12),
		Column(_("Name"), TEXT, lambda label, h: _name(context, h.customer), 28),
		Column(_("Segment"), TEXT, lambda label, h: h.segment, 11),
		Column(_("Risk class"), TEXT, lambda label, h: h.risk_class, 8),
		Column(_("Amount"), MONEY, lambda label, h: h.amount),
		Column(_("Outcome"), TEXT, lambda label, h: _(h.outcome), 10),
		Column(_("Rules"), TEXT, lambda label, h: _rules(context, h.rules), 44),
		Column(_("Role required"), TEXT, lambda label, h: _(h.role), 17),
		Column(_("Guarantee required"), TEXT, lambda label, h: yes if h.security_required else no, 12.5),
		Column(_("Limit used"), SHARE, lambda label, h: _used_by(context, h)),
		Column(
			_("Over the limit"), SHARE, lambda label, h: _used(context, h.overshoot) if h.overshoot else None
		),
		Column(_("Over by amount"), MONEY, lambda label, h: h.over_amount or None),
		Column(_("Ended on"), MOMENT, lambda label, h: None if h.ended is None else as_datetime(h.ended)),
		Column(_("Days on hold"), DAYS, lambda label, h: h.days),
		Column(_("How it ended"), TEXT, lambda label, h: _(h.end), 20),
		Column(_("Goods later, days"), DAYS, lambda label, h: h.days_delayed, 12),
		Column(_("In the past"), TEXT, lambda label, h: _(h.fate), 13),
		Column(_("Paid days late"), COUNT, lambda label, h: h.days_late),
		Column(_("Loss avoided"), MONEY, lambda label, h: h.effect if h in counted else None),
	]
	about = _(
		"Every order held and every delivery stopped. Amounts in {0}; what is over the limit in the customer's currency."
	)
	rows = ((label, hold) for label, world in policies for hold in world.figures.holds)
	count = sum(len(world.figures.holds) for _label, world in policies)
	return Table("holds", _("Holds"), about, columns, rows, count, fixed_columns=3)


def _list_of_holds(
	context: Context,
	file: str,
	title: str,
	about: str,
	last: Column,
	groups: Callable[[WorldResult], dict[str, list[Hold]]],
	total_of: Callable[[Sequence[Hold]], object],
	group_column: str = "",
) -> Table:
	"""Return a list of some orders of each policy, in groups, with how many they are and what they come to on top.

	`last` is what this list tells beside what all do, `total_of` its total over a group.
	"""
	_, columns = context.translate, [*_columns_of_holds(context), last]
	if group_column:
		columns.insert(1, Column(group_column, TEXT, lambda label, group, h: group, 13))
	rows, totals, amount = [], [], 6 + bool(group_column)
	for label, world in zip(context.labels, context.result.policies, strict=True):
		for group, holds in groups(world).items():
			rows += [(label, group, hold) for hold in holds]
			number = _("Orders: {0}").format(f"{len(holds):,}")
			told = [label, group, number] if group_column else [label, number]
			total = dict(enumerate(told)) | {amount: amount_of(holds), len(columns) - 1: total_of(holds)}
			totals.append(total)
	return Table(file, title, about, columns, rows, len(rows), totals, fixed_columns=2 + bool(group_column))


def _columns_of_holds(context: Context) -> list[Column]:
	"""Return what the shorter lists tell of a hold. Their rows are (policy, group, hold)."""
	_ = context.translate
	return [
		Column(_("Policy"), TEXT, lambda label, group, h: label, 20),
		Column(_("Order"), TEXT, lambda label, group, h: h.name, 14),
		Column(_("Customer"), TEXT, lambda label, group, h: h.customer, 12),
		Column(_("Name"), TEXT, lambda label, group, h: _name(context, h.customer), 30),
		Column(_("Segment"), TEXT, lambda label, group, h: h.segment, 11),
		Column(_("Held on"), DAY, lambda label, group, h: h.day),
		Column(_("Amount"), MONEY, lambda label, group, h: h.amount),
		Column(_("Outcome"), TEXT, lambda label, group, h: _(h.outcome), 10),
		Column(_("Rules"), TEXT, lambda label, group, h: _rules(context, h.rules), 44),
		Column(_("How it ended"), TEXT, lambda label, group, h: _(h.end), 20),
		Column(_("Days on hold"), DAYS, lambda label, group, h: h.days),
		Column(_("In the past"), TEXT, lambda label, group, h: _(h.fate), 13),
	]


def _avoided(context: Context) -> Table:
	_ = context.translate
	return _list_of_holds(
		context,
		"avoided",
		_("Avoided"),
		_(
			"Orders whose loss would have been avoided under the assumptions of the replay: the amount ordered, and what of it was written off in the past and would not have been, in {0}."
		),
		Column(_("Loss avoided"), MONEY, lambda label, group, h: h.effect),
		lambda world: {"": world.avoided},
		lambda holds: sum((hold.effect for hold in holds), ZERO),
	)


def _pointed_at(context: Context) -> Table:
	_ = context.translate

	def groups(world: WorldResult) -> dict[str, list[Hold]]:
		by_fate: dict[str, list[Hold]] = {fate: [] for fate in BAD_FATES}
		for hold in sorted(world.held_orders, key=lambda hold: -hold.amount):
			if hold.fate in by_fate:
				by_fate[hold.fate].append(hold)
		return {_(fate): holds for fate, holds in by_fate.items()}

	return _list_of_holds(
		context,
		"pointed-at",
		_("Pointed at"),
		_(
			"Held orders that were lost, disputed or paid late in the past: what the policy pointed at, whoever would have released them. Amounts ordered, in {0}."
		),
		Column(_("Paid days late"), COUNT, lambda label, group, h: h.days_late),
		groups,
		lambda holds: None,
		_("What became"),
	)


def _delayed(context: Context) -> Table:
	_ = context.translate
	return _list_of_holds(
		context,
		"delayed",
		_("Delayed"),
		_(
			"Orders that were paid on time in the past and would have been delivered later (on average by so many days), or lost because they waited too long. Amounts in {0}."
		),
		Column(_("Goods later, days"), DAYS, lambda label, group, h: h.days_delayed, 12),
		lambda world: {_("Delayed"): world.delayed_good, _("Given up"): world.lost_good},
		average_delay,
		_("What happened"),
	)


# ------------------------------------------------------------------ customers and decisions
def _customers(context: Context) -> Table:
	_ = context.translate
	columns = [
		Column(_("Policy"), TEXT, lambda label, c: label, 18),
		Column(_("Customer"), TEXT, lambda label, c: c.name, 12),
		Column(_("Name"), TEXT, lambda label, c: _name(context, c.name), 30),
		Column(_("Segment"), TEXT, lambda label, c: c.segment, 11),
		Column(_("Rating"), TEXT, lambda label, c: c.rating, 9),
		Column(_("Orders"), COUNT, lambda label, c: c.orders.count),
		Column(_("Orders: amount"), MONEY, lambda label, c: c.orders.amount),
		Column(_("Held"), COUNT, lambda label, c: c.held.count),
		Column(_("Held: amount"), MONEY, lambda label, c: c.held.amount),
		Column(_("Days on hold"), DAYS, lambda label, c: c.hold_seconds / SECONDS_A_DAY),
		Column(_("Credit stops"), COUNT, lambda label, c: c.stops),
		Column(_("Orders given up"), COUNT, lambda label, c: c.lost_orders.count),
		Column(_("Given up: amount"), MONEY, lambda label, c: c.lost_orders.amount),
		Column(_("Written off"), MONEY, lambda label, c: c.written_off),
		Column(_("Currency"), TEXT, lambda label, c: _currency(context, c.name), 11),
		Column(_("Limit"), MONEY, lambda label, c: _limit(context, c)),
		Column(_("Exposure"), MONEY, lambda label, c: c.exposure),
		Column(_("Limit used"), SHARE, lambda label, c: _share_used(context, c)),
		Column(_("Over the limit"), MONEY, lambda label, c: _over(c)),
		Column(_("Overdue"), MONEY, lambda label, c: c.overdue),
	]
	about = _(
		"Orders, holds and losses in {0}, the most held first; limit, exposure and overdue items at the end in the customer's currency, before security."
	)
	rows = [
		(label, customer)
		for label, world in zip(context.labels, context.result.policies, strict=True)
		for customer in sorted(
			world.figures.by_customer.values(), key=lambda c: (-c.held.amount, -c.orders.amount, c.name)
		)
	]
	return Table("customers", _("Customers"), about, columns, rows, len(rows), fixed_columns=3)


def _decisions(context: Context) -> Table:
	_, kinds, decisions = context.translate, _kinds(context), context.result.decisions
	columns = [
		Column(_("Date"), DAY, lambda row: row.day),
		Column(_("Order"), TEXT, lambda row: row.name, 14),
		Column(_("Kind"), TEXT, lambda row: kinds.get(row.kind, row.kind), 15),
		Column(_("Customer"), TEXT, lambda row: row.customer, 12),
		Column(_("Name"), TEXT, lambda row: _name(context, row.customer), 28),
		Column(_("Currency"), TEXT, lambda row: _currency(context, row.customer), 11),
		Column(_("Amount"), MONEY, lambda row: row.amount),
	]
	for number, letter in enumerate(context.letters):
		before = f"{letter}: " if len(context.letters) > 1 else ""
		columns += _columns_of_decisions(context, number, before)
	about = _(
		"Every decision, in the order in which it was made: an order that is changed, or whose release runs out, comes again. Amounts in the customer's currency."
	)
	rows = ((row,) for row in decisions)
	return Table("decisions", _("Decisions"), about, columns, rows, len(decisions), fixed_columns=2)


def _columns_of_decisions(context: Context, number: int, before: str) -> list[Column]:
	"""Return what one policy made of an order."""
	_ = context.translate

	def made(of: Callable[[Made], object]) -> Callable[[Row], object]:
		return lambda row: None if row.made[number] is None else of(row.made[number])

	def limit(m: Made) -> float | str:
		return _("unlimited") if m.limit is None else m.limit

	return [
		Column(before + _("Segment"), TEXT, made(lambda m: m.segment), 13),
		Column(before + _("Outcome"), TEXT, made(lambda m: _(m.outcome)), 13),
		Column(before + _("Rules"), TEXT, made(lambda m: _rules(context, m.rules.split("; "))), 36),
		Column(before + _("Role"), TEXT, made(lambda m: _(m.role)), 17),
		Column(before + _("Limit used"), SHARE, made(lambda m: _used(context, m.utilisation)), 12),
		Column(before + _("Exposure before"), MONEY, made(lambda m: m.exposure_before)),
		Column(before + _("Exposure after"), MONEY, made(lambda m: m.exposure_after)),
		Column(before + _("Limit"), MONEY, made(limit)),
	]


# ------------------------------------------------------------------ what cells of them say
def _kinds(context: Context) -> dict[str, str]:
	_ = context.translate
	return {ORDERS: _("Order"), DELIVERIES: _("Direct delivery"), INVOICES: _("Direct invoice")}


def _name(context: Context, customer: str) -> str:
	row = context.result.customers.get(customer)
	return row.name if row else ""


def _currency(context: Context, customer: str) -> str:
	row = context.result.customers.get(customer)
	return row.currency if row else ""


def _rules(context: Context, rules: Iterable[str]) -> str:
	return "; ".join(map(context.translate, rules))


def _used(context: Context, ratio: Decimal | float | None) -> Decimal | float | str:
	"""Return how much of a limit is used."""
	_ = context.translate
	if ratio is None:
		return _("unlimited")
	return ratio if isfinite(ratio) else _("∞ (limit 0)")


def _used_by(context: Context, hold: Hold) -> Decimal | float | str | None:
	"""Return how much of the limit a hold found used; nothing where a delivery was stopped, which measures none."""
	return None if hold.rules == (DELIVERY_STOP,) else _used(context, hold.utilisation)


def _share_used(context: Context, customer: CustomerFigures) -> Decimal | str | None:
	if customer.unlimited or not customer.segment or not (customer.limit or customer.exposure > 0):
		return None
	return _used(context, customer.exposure / customer.limit if customer.limit else INFINITE)


def _limit(context: Context, customer: CustomerFigures) -> Decimal | str | None:
	"""Return a customer's limit; nothing for one that nobody has assessed."""
	_ = context.translate
	if customer.unlimited:
		return _("unlimited")
	return customer.limit if customer.segment else None


def _over(customer: CustomerFigures) -> Decimal | None:
	if customer.unlimited or not customer.segment:
		return None
	return max(ZERO, customer.exposure - customer.limit)
