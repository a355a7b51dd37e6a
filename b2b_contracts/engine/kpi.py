"""The key figures of credit and collections: each one's formula, and the lights by which it is read (requirements §5).

Amounts are in the company's currency. A month is told by its facts (`Facts`), which add up: over customers, over salespersons'
shares, over months. A figure looks at the last `months` of a history, oldest first; it is None where there is nothing to divide by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from .money import HUNDRED, ONE, ZERO

DAYS, PERCENT, HOURS = "Days", "Percent", "Hours"
UNITS = (DAYS, PERCENT, HOURS)
# What is bad of a figure.
HIGH, LOW = "High", "Low"
RED, YELLOW, GREEN, GREY = "Red", "Yellow", "Green", "Grey"
# What an input of a figure is.
AMOUNT, NUMBER, TEXT = "Amount", "Number", "Text"
MOST_MONTHS_BACK = 36
"""How many months the count-back peels at most."""


@dataclass(slots=True)
class Facts:
	"""What a month comes to, of a company or of a part of it. What is owed is as of its last day, all else happened in it.

	`receivables` = `not_due` + `overdue` + `credits` (money and credit notes that nobody has allocated, negative). `disputed` and
	`disputed_over_60` are parts of the debts. `paid_times_days` weighs each payment by the days since its invoice,
	`paid_times_late` by the days beyond the due date (none of what came in time). Counts may be shares: an order of two salespersons
	is half of each.
	"""

	# What is owed on the last day.
	receivables: Decimal = ZERO
	not_due: Decimal = ZERO
	overdue_1_30: Decimal = ZERO
	overdue_31_60: Decimal = ZERO
	overdue_61_90: Decimal = ZERO
	overdue_over_90: Decimal = ZERO
	credits: Decimal = ZERO
	disputed: Decimal = ZERO
	disputed_over_60: Decimal = ZERO
	insured: Decimal = ZERO
	largest: Decimal = ZERO
	largest_ten: Decimal = ZERO
	largest_industry: Decimal = ZERO
	largest_country: Decimal = ZERO
	# What was billed, paid and lost in the month.
	sales: Decimal = ZERO
	revenue: Decimal = ZERO
	written_off: Decimal = ZERO
	paid: Decimal = ZERO
	paid_times_days: Decimal = ZERO
	paid_times_late: Decimal = ZERO
	paid_late: Decimal = ZERO
	# What happened in the month: how many, and their days or hours together.
	disputes: Decimal = ZERO
	dispute_days: Decimal = ZERO
	orders: Decimal = ZERO
	orders_held: Decimal = ZERO
	answers: Decimal = ZERO
	answer_hours: Decimal = ZERO
	reminded: Decimal = ZERO
	reminded_and_paid: Decimal = ZERO
	plans_kept: Decimal = ZERO
	plans_broken: Decimal = ZERO
	billed_deliveries: Decimal = ZERO
	billing_days: Decimal = ZERO
	contracts: Decimal = ZERO
	contract_days: Decimal = ZERO

	@property
	def overdue(self) -> Decimal:
		return self.overdue_1_30 + self.overdue_31_60 + self.over_60

	@property
	def over_60(self) -> Decimal:
		return self.overdue_61_90 + self.overdue_over_90

	@property
	def debts(self) -> Decimal:
		return self.not_due + self.overdue

	def add(self, name: str, value: Decimal) -> None:
		setattr(self, name, getattr(self, name) + value)


FACTS = tuple(field.name for field in fields(Facts))
CONCENTRATIONS = ("largest", "largest_ten", "largest_industry", "largest_country")
"""Facts that do not add up, and are of a whole company alone."""


@dataclass(frozen=True, slots=True)
class Month:
	"""A month with its facts. `last` is its last day, of the month that is running the day up to which it was read."""

	first: date
	last: date
	facts: Facts

	@property
	def days(self) -> int:
		return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Input:
	"""One number that a figure was made from: which (a name that the reports put into words), and what kind of number it is."""

	name: str
	value: Decimal
	kind: str = AMOUNT


@dataclass(frozen=True, slots=True)
class Figure:
	"""What a key figure is, None where there is nothing to reckon it from, and from what it was made.

	`at_least`: it may be more; the history that was read does not reach further.
	"""

	value: Decimal | None
	inputs: tuple[Input, ...] = ()
	at_least: bool = False


# ------------------------------------------------------------------ formulas
def dso(receivables: Decimal, sales: Decimal, days: int) -> Decimal | None:
	"""Return days sales outstanding: receivables ÷ credit sales of some days (both gross) × those days. What is owed without any
	sales has no number of days; nothing owed is 0."""
	if receivables <= 0:
		return ZERO
	return receivables / sales * days if sales > 0 else None


def count_back(receivables: Decimal, months: Sequence[tuple[Decimal, int]]) -> tuple[Decimal, bool]:
	"""Return (days, whether it is at least so many): the sales of whole months are peeled off the receivables, newest first, and
	the last one by its share. `months` are (gross credit sales, days in it), the newest first. A month that was credited more than
	sold peels nothing."""
	left, days = receivables, ZERO
	for sales, days_in_month in months:
		if left <= 0:
			return days, False
		if sales >= left:
			return days + left / sales * days_in_month, False
		left -= max(ZERO, sales)
		days += days_in_month
	return days, left > 0


def effectiveness(
	begin: Decimal, sales: Decimal, months: int, end_total: Decimal, end_current: Decimal
) -> Decimal | None:
	"""Return the collection effectiveness index in per cent: (begin + sales ÷ N − end total) ÷ (begin + sales ÷ N − end current).
	`begin`, `end_total` and `end_current` (what is not due) are receivables, `sales` those of N months."""
	claims = begin + sales / months
	collectable = claims - end_current
	return (claims - end_total) / collectable * HUNDRED if collectable > 0 else None


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
	"""Return how many per cent a part is, None of nothing."""
	return part / whole * HUNDRED if whole > 0 else None


def average(total: Decimal, count: Decimal) -> Decimal | None:
	return total / count if count > 0 else None


# ------------------------------------------------------------------ figures of a history
def _sum(months: Sequence[Month], name: str) -> Decimal:
	return sum((getattr(month.facts, name) for month in months), ZERO)


def _dso(history: Sequence[Month], n: int) -> Figure:
	window, end = history[-n:], history[-1].facts
	sales, days = _sum(window, "sales"), sum(month.days for month in window)
	return Figure(
		dso(end.receivables, sales, days),
		(Input("receivables", end.receivables), Input("sales", sales), Input("days", Decimal(days), NUMBER)),
	)


def _count_back(history: Sequence[Month], n: int) -> Figure:
	peeled = [(month.facts.sales, month.days) for month in reversed(history[-MOST_MONTHS_BACK:])]
	owed = history[-1].facts.receivables
	days, at_least = count_back(owed, peeled)
	used, so_far = 0, ZERO
	while used < len(peeled) and so_far < owed:
		so_far += max(ZERO, peeled[used][0])
		used += 1
	months = Input("months_peeled", Decimal(used), NUMBER)
	return Figure(days, (Input("receivables", owed), Input("sales_peeled", so_far), months), at_least)


def _effectiveness(history: Sequence[Month], n: int) -> Figure:
	window, end = history[-n:], history[-1].facts
	begin = history[-n - 1].facts.receivables if len(history) > n else ZERO
	sales = _sum(window, "sales")
	return Figure(
		effectiveness(begin, sales, n, end.receivables, end.not_due),
		(
			Input("receivables_at_begin", begin),
			Input("sales", sales),
			Input("periods", Decimal(n), NUMBER),
			Input("receivables", end.receivables),
			Input("not_due", end.not_due),
		),
	)


def _ageing_share(history: Sequence[Month], n: int) -> Figure:
	end = history[-1].facts
	old, total = end.over_60 - end.disputed_over_60, end.debts - end.disputed
	return Figure(percent(old, total), (Input("undisputed_over_60", old), Input("undisputed", total)))


def _of_receivables(part: str) -> Callable[[Sequence[Month], int], Figure]:
	"""The share of something in what is owed on the last day."""

	def figure(history: Sequence[Month], n: int) -> Figure:
		end = history[-1].facts
		owed = getattr(end, part)
		return Figure(
			percent(owed, end.receivables), (Input(part, owed), Input("receivables", end.receivables))
		)

	return figure


def _overdue_collected(history: Sequence[Month], n: int) -> Figure:
	paid, left = _sum(history[-n:], "paid_late"), history[-1].facts.overdue
	return Figure(percent(paid, paid + left), (Input("paid_late", paid), Input("overdue", left)))


def _share(part: str, whole: str, kind: str = NUMBER) -> Callable[[Sequence[Month], int], Figure]:
	"""A part of a whole of the months together, in per cent."""

	def figure(history: Sequence[Month], n: int) -> Figure:
		of_part, of_whole = _sum(history[-n:], part), _sum(history[-n:], whole)
		return Figure(percent(of_part, of_whole), (Input(part, of_part, kind), Input(whole, of_whole, kind)))

	return figure


def _average(total: str, count: str, kind: str = NUMBER) -> Callable[[Sequence[Month], int], Figure]:
	"""The average of what was counted, or paid, in the months together."""

	def figure(history: Sequence[Month], n: int) -> Figure:
		of_total, of_count = _sum(history[-n:], total), _sum(history[-n:], count)
		return Figure(
			average(of_total, of_count), (Input(total, of_total, NUMBER), Input(count, of_count, kind))
		)

	return figure


def _plan_success(history: Sequence[Month], n: int) -> Figure:
	kept, broken = _sum(history[-n:], "plans_kept"), _sum(history[-n:], "plans_broken")
	return Figure(
		percent(kept, kept + broken),
		(Input("plans_kept", kept, NUMBER), Input("plans_broken", broken, NUMBER)),
	)


@dataclass(frozen=True, slots=True)
class Kpi:
	"""What a key figure is by nature. Owner, months, limits and targets are data (doctype Credit KPI); `red` and the others here
	are what an installation begins with. `of_company` is true of a whole company only, not of its segments or salespersons."""

	code: str
	unit: str
	bad: str
	owner: str
	reckon: Callable[[Sequence[Month], int], Figure]
	months: int = 1
	red: Decimal | None = None
	target: Decimal | None = None
	of_company: bool = False


CREDIT_CONTROL, FINANCE, SERVICE, CONTRACTS = (
	"Credit Controller",
	"Finance Director",
	"Credit Manager",
	"Contract Manager",
)


NAMES = {
	"dso": "DSO",
	"dso_count_back": "DSO, count-back",
	"days_to_pay": "Average days to pay",
	"days_beyond_terms": "Days beyond terms",
	"cei": "Collection effectiveness (CEI)",
	"overdue_collected": "Overdue collected",
	"over_60": "Over 60 days",
	"bad_debt": "Bad debt",
	"dispute_time": "Dispute time",
	"orders_held": "Orders held",
	"hold_response": "Time to answer a hold",
	"hit_rate": "Reminder hit rate",
	"plan_success": "Payment plans kept",
	"invoice_lag": "Invoice lag",
	"insured": "Insured share",
	"largest_customer": "Largest customer",
	"ten_largest": "Ten largest customers",
	"largest_industry": "Largest industry",
	"largest_country": "Largest country",
	"contract_cycle": "Contract cycle time",
}
"""What the figures are called, in English."""


OF_SEGMENTS: dict[str, dict[str, tuple[Decimal, Decimal]]] = {
	code: {
		"A": (Decimal(50), Decimal(60)),
		"B": (Decimal(35), Decimal(45)),
		"C": (Decimal(20), Decimal(30)),
		"D": (Decimal(5), Decimal(15)),
	}
	for code in ("dso", "dso_count_back", "days_to_pay")
}
"""Target and limit of the standard segments: their terms (45, 30, 14 days, prepaid) and 15 days more are red."""


def _number(text: str | None) -> Decimal | None:
	return None if text is None else Decimal(text)


def _kpis() -> tuple[Kpi, ...]:
	in_money = AMOUNT
	table = (
		# code, unit, what is bad, owner, formula, months, red, target
		("dso", DAYS, HIGH, FINANCE, _dso, 3, "45", "40"),
		("dso_count_back", DAYS, HIGH, FINANCE, _count_back, 1, "45", "40"),
		("days_to_pay", DAYS, HIGH, FINANCE, _average("paid_times_days", "paid", in_money), 1, "45", "40"),
		(
			"days_beyond_terms",
			DAYS,
			HIGH,
			CREDIT_CONTROL,
			_average("paid_times_late", "paid", in_money),
			1,
			None,
			None,
		),
		("cei", PERCENT, LOW, CREDIT_CONTROL, _effectiveness, 1, "90", "95"),
		("overdue_collected", PERCENT, LOW, CREDIT_CONTROL, _overdue_collected, 1, None, None),
		("over_60", PERCENT, HIGH, CREDIT_CONTROL, _ageing_share, 1, "15", "10"),
		("bad_debt", PERCENT, HIGH, "CFO", _share("written_off", "revenue", in_money), 12, "0.5", "0.25"),
		("dispute_time", DAYS, HIGH, SERVICE, _average("dispute_days", "disputes"), 1, "14", "10"),
		("orders_held", PERCENT, HIGH, SERVICE, _share("orders_held", "orders"), 1, None, None),
		("hold_response", HOURS, HIGH, CREDIT_CONTROL, _average("answer_hours", "answers"), 1, "4", "2"),
		("hit_rate", PERCENT, LOW, "Collector", _share("reminded_and_paid", "reminded"), 1, None, None),
		("plan_success", PERCENT, LOW, "Collector", _plan_success, 3, None, None),
		("invoice_lag", DAYS, HIGH, FINANCE, _average("billing_days", "billed_deliveries"), 1, None, None),
		("insured", PERCENT, LOW, SERVICE, _of_receivables("insured"), 1, None, None),
		("largest_customer", PERCENT, HIGH, SERVICE, _of_receivables("largest"), 1, None, None),
		("ten_largest", PERCENT, HIGH, SERVICE, _of_receivables("largest_ten"), 1, None, None),
		("largest_industry", PERCENT, HIGH, SERVICE, _of_receivables("largest_industry"), 1, None, None),
		("largest_country", PERCENT, HIGH, SERVICE, _of_receivables("largest_country"), 1, None, None),
		("contract_cycle", DAYS, HIGH, CONTRACTS, _average("contract_days", "contracts"), 3, "20", "20"),
	)
	of_company = ("largest_customer", "ten_largest", "largest_industry", "largest_country")
	return tuple(
		Kpi(
			code,
			unit,
			bad,
			owner,
			reckon,
			months,
			_number(red),
			_number(target),
			of_company=code in of_company,
		)
		for code, unit, bad, owner, reckon, months, red, target in table
	)


KPIS = _kpis()
BY_CODE = {kpi.code: kpi for kpi in KPIS}


def history_needed(months_of: Sequence[int]) -> int:
	"""Return how many months before a month have to be read for figures over so many months each."""
	return max(MOST_MONTHS_BACK - 1, *months_of) if months_of else MOST_MONTHS_BACK - 1


def figure(code: str, history: Sequence[Month], months: int) -> Figure:
	"""Return a key figure of the last month of a history (oldest first), over its last `months`."""
	return BY_CODE[code].reckon(history, max(1, months))


# ------------------------------------------------------------------ lights
@dataclass(frozen=True, slots=True)
class Limits:
	"""From where on a figure is red and yellow. Beyond `red` it is red; `yellow` begins at `yellow_percent` of the way there: of a
	figure that is bad when high from 0, of one that is bad when low from `best` (100 %)."""

	bad: str
	red: Decimal | None
	yellow_percent: Decimal = Decimal(90)
	best: Decimal = HUNDRED

	@property
	def yellow(self) -> Decimal | None:
		if self.red is None:
			return None
		share = self.yellow_percent / HUNDRED
		return self.red * share if self.bad == HIGH else self.best - (self.best - self.red) * share


def light(limits: Limits, value: Decimal | None) -> str:
	"""Return the light of a figure: grey where it or its limit is unknown. The limit itself is not beyond it: of DSO 45 is
	yellow, 45.1 is red."""
	if value is None or limits.red is None:
		return GREY
	sign = ONE if limits.bad == HIGH else -ONE
	if sign * value > sign * limits.red:
		return RED
	return YELLOW if sign * value > sign * limits.yellow else GREEN


# ------------------------------------------------------------------ months
def month_of(day: date) -> date:
	"""Return the first day of a day's month."""
	return day.replace(day=1)


def months_later(first: date, months: int) -> date:
	"""Return the first day of the month so many months after (or before) a month."""
	place = first.year * 12 + first.month - 1 + months
	return date(place // 12, place % 12 + 1, 1)


def last_day(first: date) -> date:
	return months_later(first, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> list[date]:
	"""Return the first days of the months from one to another, both included."""
	found, month = [], month_of(first)
	while month <= last:
		found.append(month)
		month = months_later(month, 1)
	return found


def is_closed(first: date, today: date, days_after: int) -> bool:
	"""Whether the books of a month are closed: so many days after its last one."""
	return today > last_day(first) + timedelta(days=days_after)
