"""A believable book of past trade of an invented Danish wholesaler, drawn by chance from a seed.

It shows `b2b-contracts demo` and measures replays. It is no evidence for any policy: nothing here knows limits, holds
or stops. Everything comes from the distributions in `SEGMENTS` and `Odds`, chosen before any policy was tried:

- Size, order rhythm, growth and lateness are drawn per customer, from its segment's distributions. The lateness of each
  invoice is drawn around the customer's own, with a heavy tail, a drift over the years and bad months now and then.
- Ratings are drawn by segment and then move at random, for good customers as for bad ones: most falls mean nothing.
- Failures strike `Odds.FAILING` of the customers a year, by segment and first rating, on a day drawn evenly. About half
  are downgraded in the half year before, 60 % pay ever later, each drawn by itself: some fail out of the blue, some of
  them well rated, and many badly rated customers always pay.
- Trade was not controlled: no order was held, so no column says who released or rejected one. The book begins with no
  open items, so its first two months owe less than the rest.

Journals, cancelled documents and invoices over several deliveries do not occur. The world is played day by day, and
the rows of a day are written before the next, so memory holds the customers and what is open, not the book. The same
arguments give the same bytes in every version of Python: all chance comes from methods of `random.Random` that do not
change, and floats are never added by `sum` (3.12 changed it).
"""

import csv
from bisect import bisect
from calendar import monthrange
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from math import exp
from pathlib import Path
from random import Random

from b2b_contracts.engine import ratings, security

from . import book_format as book
from .memory import no_garbage_collection


@dataclass(frozen=True)
class Segment:
	"""The distributions of one segment. Revenue is net DKK a year; days are calendar days."""

	share: float  # of all customers
	revenue: float  # median; log-normal
	revenue_spread: float  # sigma of the log-normal
	orders: float  # median in 24 months; log-normal with sigma 0.5, cut to 3-240
	terms: int  # standard terms, days after the invoice (requirements 2.1)
	risk_class: str
	late: float  # mean over customers of their mean days after due
	late_spread: float  # standard deviation of that mean between customers
	noise: float  # standard deviation between the invoices of a customer
	bad_month: float  # chance a month that one to three bad months begin
	failing: float  # how likely to fail, relative to the others
	ratings: tuple[int, ...]  # weights, in the order of RATING_RISK


SEGMENTS = {
	"A": Segment(0.12, 6_000_000, 0.8, 90, 45, "A", 3, 3, 4, 0.010, 0.5, (18, 34, 30, 2, 13, 3)),
	"B": Segment(0.28, 1_500_000, 0.7, 48, 30, "B", 5, 3, 5, 0.014, 1.0, (6, 20, 38, 6, 24, 6)),
	"C": Segment(0.45, 300_000, 0.8, 24, 14, "B", 7, 5, 6, 0.018, 1.2, (2, 10, 34, 12, 30, 12)),
	"D": Segment(0.15, 200_000, 0.9, 12, 0, "C", 14, 9, 12, 0.035, 2.0, (0, 3, 12, 20, 33, 32)),
}
# How likely a first rating makes a failure, relative to A: ratings know something, not much.
RATING_RISK = {"AAA": 0.6, "AA": 0.8, "A": 1.0, "AN": 1.3, "B": 1.4, "C": 2.0}
NOTCHES = ("AAA", "AA", "A", "B", "C")


class Odds:
	"""Every other chance, as a share of what is named, and the days and sizes that go with it."""

	# Customers
	FAILING = 0.015  # a year
	WARNED = 0.5  # of the failing: a downgrade 30-180 days before
	SLOWED = 0.6  # of the failing: begins 60-200 days before, each day later adds SLOWING days of delay
	SLOWING = 0.25
	DIVIDEND = 0.3  # of the failed: 2-15 % of what they owe is paid out
	STARTS_LATE = 0.12
	EUR = 0.02
	PAYS_IN_RUNS = 0.3  # pays all that is due at once
	REQUIRES_PO = 0.05
	OTHER_RISK_CLASS = 0.08
	OTHER_LEVEL = 0.06
	AGREED_LIMIT = {"A": 0.5, "B": 0.85, "C": 0.6, "D": 0}  # set by people, from what is ordinarily owed
	ROOM = (2.0, 2.0)  # such a limit, times what is ordinarily owed: at least, and how much more at most
	TEMPORARY_LIMIT = 0.05
	REVIEWED = 0.75  # has review dates
	LATE_REVIEW = 0.15  # of the reviews: 10-60 days after their date
	NEW_SEGMENT = 0.025  # of the reviews: to the segment above or below
	GROWTH = (0.02, 0.18)  # of the orders a year, mean and standard deviation; cut to -0.4 to 0.5
	RATING_GAP_DAYS = 800  # mean between two changes of a rating, exponential
	RATING_FALLS = 0.55  # of the changes
	# Orders
	SIZE_SPREAD = 0.7  # sigma of the log-normal around the customer's mean order
	PROJECT = 0.03  # 3 to 8 times that
	LONGER_TERMS = 0.04  # by 7, 15 or 30 days
	NO_PO_NUMBER = 0.06
	CHANGED = 0.008
	CANCELLED = 0.02
	ADVANCE = 0.45  # of those due at once
	SERVICE = 0.05  # with a part that is billed and never delivered
	COUNTER_SALE = 0.05  # followed by a direct sale within two months
	# Invoices
	INSTALMENTS = 0.3  # of those over LARGE
	LARGE = 25_000  # DKK
	DISPUTED = 0.028
	RETURNED = 0.02
	# Payments
	TAIL = 0.025  # later by TAIL_DAYS more, exponential
	TAIL_DAYS = 25
	IN_PART = 0.03
	SHORT = 0.015  # by up to 1 %, 41 at most
	ON_ACCOUNT = 0.02  # matched 2-15 days later
	PLAN = 0.5  # of the bad spells, and of the slow before they fail
	PLAN_KEPT = 0.65


SEASON = (0.90, 0.95, 1.05, 1.00, 1.05, 1.00, 0.60, 0.95, 1.05, 1.10, 1.35, 0.95)  # January to December
WEEKDAYS = (1.15, 1.10, 1.00, 1.00, 0.80, 0, 0)  # Monday to Sunday
D_TERMS = (0, 0, 0, 0, 8, 8, 8, 14, 14, 14)  # days that segment D was given in practice
REVIEW_EVERY = {"A": 365, "B": 182, "C": 91}  # days, by risk class (requirements 2.5)
EUR_RATE = 7.46
CUSTOMERS_A_GROUP = 60  # one credit group of 2-4 for so many customers
CUSTOMERS_A_SECURITY = 12  # one customer of so many gives a security
LAST_TO_FAIL = 8  # days before the end: the rating Insolvent is still seen

PEOPLE, TRADE, DELIVER, BILL, CREDIT, PAY, STEPS = range(7)  # the steps of a day
NEVER = 1_000_000  # days
DAYS_AHEAD = 1200  # no date is further after the last day (the longest: the expiry of a security)

BEGINNINGS = "Bakke Birke Bøge Dyb Ege Elle Eng Fjord Havne Hassel Hede Høj Klit Kyst Lynge Mose Nord Skov Strand Vest Øster"
MIDDLES = "brynets broens bugtens dammens foldens hegnets hjørnets kammens kildens lundens lysningens portens stenens stiens"
TRADES = (
	"Auto,Bageri,Byg,Byggemarked,Cykler,Dyrefoder,El,Emballage,Entreprise,Farver,Gartneri,Grafisk,Hoteldrift,Industri,"
	"Isolering,Jern & Stål,Køkken,Køleteknik,Logistik,Maskinfabrik,Mejeri,Møbelfabrik,Plast,Rengøring,Smedje,Solenergi,"
	"Tagdækning,Tekstil,Tømrer,Værktøj,VVS,Ventilation,Vinduer,Vognmand"
)


@dataclass(frozen=True)
class Sample:
	"""What was written: rows per sheet, the first and the last day, and facts planted in it.

	`bankruptcies` are customers rated Insolvent; `unwarned` those who neither were downgraded in the half year before
	nor paid ever later. `rating_changes` are ratings other than the one before. `plans` counts plans, not rows.
	"""

	counts: dict[str, int]
	first: date
	last: date
	bankruptcies: int
	unwarned: int
	disputes: int
	plans: int
	rating_changes: int


def write_sample(
	folder: Path,
	customers: int = 300,
	months: int = 24,
	seed: int = 1,
	last: date = date(2026, 6, 30),
	orders: int | None = None,
	progress: Callable[[float], None] | None = None,
) -> Sample:
	"""Write a book of CSV files (`book_format`) into a folder and say what is in it.

	The book covers the `months` up to `last`. `orders` is how many orders to write (changes of one come on top); None
	lets it follow from the customers' own rhythm. `progress` is told the share that is done, 0 to 1, after each day.
	"""
	if customers < 1 or months < 1 or (orders is not None and orders < 1):
		raise ValueError("customers, months and orders must be 1 or more.")
	first = _months_before(last + timedelta(days=1), months)
	days = (last - first).days + 1
	rng = Random(seed)
	people = [_customer(rng, number, days) for number in range(customers)]
	_choose_failing(rng, people, days)
	natural = 0.0
	for customer in people:
		natural += customer.rhythm * (days - customer.start) / 730
	target = orders or max(1, round(natural))
	for customer in people:
		gross_in_24_months = 2 * customer.revenue * customer.gross_net_ratio
		customer.mean_order = 100 * gross_in_24_months / (customer.rhythm * target / natural)
	with no_garbage_collection(), closing(_Files(Path(folder))) as files:
		trade = _Trade(files, rng, people, first, days, _orders_a_day(rng, target, first, days))
		trade.run(progress)
	return Sample(files.counts, first, last, **trade.facts)


def _months_before(day: date, months: int) -> date:
	"""Return the same day of the month so many months before, or that month's last."""
	year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
	return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _orders_a_day(rng: Random, target: int, first: date, days: int) -> list[int]:
	"""Spread the orders over the days by season, weekday and chance (each day 70-130 %)."""
	weights = []
	for number in range(days):
		day = first + timedelta(days=number)
		weights.append(SEASON[day.month - 1] * WEEKDAYS[day.weekday()] * (0.7 + 0.6 * rng.random()))
	sums = list(accumulate(weights))
	upto = [int(target * (done / sums[-1])) for done in sums]
	return [now - before for now, before in zip(upto, [0, *upto[:-1]], strict=True)]


class _Files:
	"""The CSV files of a book. The rows of a day are collected and written together by `flush`."""

	def __init__(self, folder: Path):
		folder.mkdir(parents=True, exist_ok=True)
		self.columns = {sheet.name: [column.name for column in sheet.columns] for sheet in book.SHEETS}
		self.rows: dict[str, list] = {name: [] for name in self.columns}
		self.counts = dict.fromkeys(self.columns, 0)
		self.files = {
			name: (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") for name in self.columns
		}
		self.writers = {name: csv.writer(file, lineterminator="\n") for name, file in self.files.items()}
		for name, columns in self.columns.items():
			self.writers[name].writerow(columns)

	def add(self, sheet: str, **cells) -> None:
		"""Add a row by column names; columns that are not given stay empty. For the small sheets."""
		self.rows[sheet].append([cells.pop(name, "") for name in self.columns[sheet]])
		if cells:
			raise KeyError(f"{sheet} has no column {', '.join(cells)}")

	def flush(self) -> None:
		for name, rows in self.rows.items():
			if rows:
				self.writers[name].writerows(rows)
				self.counts[name] += len(rows)
				rows.clear()

	def close(self) -> None:
		for file in self.files.values():
			file.close()


def _money(cents: int) -> str:
	return f"{cents // 100}.{cents % 100:02d}"


def _set_by_people(amount: float, step: int = 10_000) -> str:
	"""Return an amount as people set it: a multiple of `step`, at least one."""
	return f"{max(1, round(amount / step)) * step}.00"


def _yes(value: bool) -> str:
	return "Yes" if value else "No"


# ------------------------------------------------------------------ people
@dataclass(slots=True, eq=False)
class _Customer:
	"""What a customer is like, and how it stands. Days are numbers from the book's first; `revenue` is net a year in
	the middle of the book, in its currency."""

	name: str
	start: int
	segment: str
	unit: float  # DKK for one unit of its currency
	revenue: float
	gross_net_ratio: float
	rhythm: float  # orders in 24 months, if no number was asked for
	growth: float  # of its orders, a year
	late: float  # mean days after due
	drift: float  # of that, days a year
	noise: float
	pays_in_runs: bool
	rating: str
	risk_class: str
	requires_po: bool
	spells: list  # bad months: first day, day after the last, days later
	mean_order: float = 0.0  # cents
	estimate: str = ""  # expected annual revenue
	level: str = ""
	manual_limit: str = ""
	temporary_limit: str = ""
	temporary_until: int = -1
	group: str = ""
	next_review: int | None = None
	fails: int = NEVER
	failed: bool = False
	slow_from: int = NEVER
	last_fall: int = -NEVER  # when its rating fell last
	open: dict = field(default_factory=dict)  # its open invoices, in the order of billing

	@property
	def balance(self) -> float:
		"""What it owes on a usual day, roughly: a seventh of its gross revenue a year."""
		return self.revenue * self.gross_net_ratio / 7


def _customer(rng: Random, number: int, days: int) -> _Customer:
	"""Draw a customer. The first trades from the first day, so that somebody always does."""
	code = rng.choices(tuple(SEGMENTS), [segment.share for segment in SEGMENTS.values()])[0]
	segment = SEGMENTS[code]
	foreign = rng.random() < Odds.EUR
	unit = EUR_RATE if foreign else 1.0
	revenue = segment.revenue * exp(rng.gauss(0, segment.revenue_spread)) / unit
	start = int(rng.random() * days * 0.9) if number and rng.random() < Odds.STARTS_LATE else 0
	other_class = rng.random() < Odds.OTHER_RISK_CLASS
	customer = _Customer(
		name=f"C{number + 1:05d}",
		start=start,
		segment=code,
		unit=unit,
		revenue=revenue,
		gross_net_ratio=1.0 if foreign else 1.25,
		rhythm=min(240.0, max(3.0, segment.orders * exp(rng.gauss(0, 0.5)))),
		growth=max(-0.4, min(0.5, rng.gauss(*Odds.GROWTH))),
		late=rng.gauss(segment.late, segment.late_spread),
		drift=rng.gauss(0, 4),
		noise=segment.noise * (0.5 + rng.random()),
		pays_in_runs=rng.random() < Odds.PAYS_IN_RUNS,
		rating=rng.choices(tuple(RATING_RISK), segment.ratings)[0],
		risk_class=rng.choice("ABC") if other_class else segment.risk_class,
		requires_po=rng.random() < Odds.REQUIRES_PO,
		spells=_bad_spells(rng, start, days, segment.bad_month),
	)
	if code != "C" and rng.random() < Odds.OTHER_LEVEL:
		customer.level = "2"
	if rng.random() < Odds.AGREED_LIMIT[code]:
		least, more = Odds.ROOM
		customer.manual_limit = _set_by_people(customer.balance * (least + more * rng.random()))
	if rng.random() < Odds.REVIEWED:
		customer.next_review = start + 20 + int(rng.random() * (REVIEW_EVERY[customer.risk_class] - 20))
	return customer


def _bad_spells(rng: Random, start: int, days: int, chance: float) -> list[tuple[int, int, float]]:
	"""Draw the bad months of a customer: when from and until, and how many days later it pays."""
	spells = []
	for month in range(start, days, 30):
		if rng.random() < chance:
			spells.append((month, month + 30 * rng.choice((1, 2, 3)), 15 + 35 * rng.random()))
	return spells


def _choose_failing(rng: Random, people: list[_Customer], days: int) -> None:
	"""Draw who fails and when. They are spread evenly over the segments by weight, and their number is the rate itself,
	so that a small book has its share too."""
	can = [customer for customer in people if customer.start + 90 < days - LAST_TO_FAIL]
	can.sort(key=lambda c: c.segment)
	sums = list(accumulate(SEGMENTS[c.segment].failing * RATING_RISK[c.rating] for c in can))
	count = min(round(Odds.FAILING * len(people) * days / 365), len(can))
	offset = rng.random()
	for number in range(count):
		c = can[bisect(sums, (number + offset) / count * sums[-1], 0, len(can) - 1)]
		c.fails = c.start + 90 + int(rng.random() * (days - LAST_TO_FAIL - c.start - 90))
		c.slow_from = c.fails - 60 - int(rng.random() * 141) if rng.random() < Odds.SLOWED else NEVER


def _company_name(number: int) -> str:
	"""Return an invented company name, another for each number up to 9,996; later ones carry a number."""
	beginnings, middles, trades = BEGINNINGS.split(), MIDDLES.split(), TRADES.split(",")
	total = len(beginnings) * len(middles) * len(trades)
	turn, place = divmod(number, total)
	place, trade = divmod(place * 5003 % total, len(trades))  # a prime: each name once, neighbours unlike
	beginning, middle = divmod(place, len(middles))
	again = f" {turn + 1}" if turn else ""
	form = ("ApS", "A/S", "ApS", "A/S", "ApS", "I/S", "K/S")[number % 7]
	return f"{beginnings[beginning]}{middles[middle]} {trades[trade]}{again} {form}"


# ------------------------------------------------------------------ trade
@dataclass(slots=True, eq=False)
class _Order:
	"""An order. `days` are its own terms, `advance` is what was paid for it and not yet set against an invoice."""

	name: str
	customer: _Customer
	days: int
	advance: int = 0  # cents
	advance_payment: str = ""


@dataclass(slots=True, eq=False)
class _Invoice:
	"""An open invoice, in cents. `held` is what the customer does not pay by itself: disputed, in a plan, or paid on
	account and not yet matched. `parts` are the instalments: due day and amount."""

	name: str
	customer: _Customer
	amount: int
	open: int
	parts: tuple
	held: int = 0

	def due_by(self, day: int) -> int:
		"""Return what is to be paid of the instalments due up to a day."""
		due = 0
		for due_on, amount in self.parts:
			if due_on <= day:
				due += amount
		return max(0, min(self.open - self.held, due - (self.amount - self.open)))


class _Trade:
	"""Plays the days one after the other. What is to come stands in `agenda`, by day and step of the day: whom it needs
	in business, and the call. A call may add calls of the same day in later steps only."""

	def __init__(self, files: _Files, rng: Random, people: list, first: date, days: int, orders: list):
		self.files, self.rows, self.rng = files, files.rows, rng
		self.people, self.days, self.orders = people, days, orders
		self.first_weekday = first.weekday()
		self.iso = [(first + timedelta(days=number)).isoformat() for number in range(days + DAYS_AHEAD)]
		self.agenda: list = [[] for _ in range(days * STEPS)]
		self.today = 0
		self.names: dict[str, int] = {}
		self.facts = dict.fromkeys(("bankruptcies", "unwarned", "disputes", "plans", "rating_changes"), 0)

	def run(self, progress: Callable[[float], None] | None) -> None:
		self._begin()
		for day in range(self.days):
			self.today = day
			if day % 30 == 0:
				self._begin_month()
			for step in range(STEPS):
				if step == TRADE:
					self._orders_of_today()
				for customer, call, args in self.agenda[day * STEPS + step]:
					if customer is None or not customer.failed:
						call(*args)
				self.agenda[day * STEPS + step] = None  # nothing can be added any more
			self.files.flush()
			if progress:
				progress((day + 1) / self.days)

	def _at(self, day: int, step: int, call: Callable, *args, needs: _Customer | None = None) -> None:
		"""Put a call on the agenda; what would happen after the book's end never happens."""
		if day < self.days:
			self.agenda[day * STEPS + step].append((needs, call, args))

	def _name(self, prefix: str, width: int = 6) -> str:
		number = self.names[prefix] = self.names.get(prefix, 0) + 1
		return f"{prefix}-{number:0{width}d}"

	def _in(self, least: int, most: int) -> int:
		"""Return a working day so many days from today, drawn evenly (after a weekend up to two days more)."""
		return self._workday(self.today + least + int(self.rng.random() * (most - least + 1)))

	def _workday(self, day: int) -> int:
		"""Return a day, or the Monday after its weekend."""
		return day + (0, 0, 0, 0, 0, 2, 1)[(self.first_weekday + day) % 7]

	def _known(self, day: int | None) -> str:
		"""Return the date on which something ends, empty when the book ends before."""
		return "" if day is None or day >= self.days else self.iso[day]

	# -------------------------------------------------------------- people
	def _begin(self) -> None:
		for number, c in enumerate(self.people):
			currency = "DKK" if c.unit == 1 else "EUR"
			self.files.add(book.CUSTOMERS, customer=c.name, name=_company_name(number), currency=currency)
			self._at(c.start, PEOPLE, self._arrive, c)
		self.files.add(book.RATES, date=self.iso[0], currency="DKK", rate="1")
		for place in range(0, len(self.people) - 3, CUSTOMERS_A_GROUP):
			name, limit = self._name("GRP", 3), 0.0
			for member in self.people[place : place + self.rng.choice((2, 3, 4))]:
				member.group = name
				limit += member.balance * member.unit
			cells = {"credit_group": name, "currency": "DKK", "limit": _set_by_people(limit, 50_000)}
			self.files.add(book.GROUPS, date=self.iso[0], **cells)
		for c in self.people[CUSTOMERS_A_SECURITY // 2 :: CUSTOMERS_A_SECURITY]:
			day = self._workday(c.start + int(self.rng.random() * min(300, self.days)))
			self._at(day, PEOPLE, self._secure, c, needs=c)

	def _begin_month(self) -> None:
		"""A new rate of the euro; and who is how likely to order: by rhythm and growth."""
		rate = f"{EUR_RATE + 0.02 * (self.rng.random() - 0.5):.4f}"
		self.files.add(book.RATES, date=self.iso[self.today], currency="EUR", rate=rate)
		self.order_weights = list(accumulate(c.rhythm * self._grown(c) for c in self.people))

	def _grown(self, c: _Customer) -> float:
		"""Return how much a customer buys today, as a share of the middle of the book."""
		return (1 + c.growth) ** ((self.today - self.days / 2) / 365)

	def _estimate(self, c: _Customer, error: float) -> str:
		"""Return the revenue that people expect: the true one, but for a log-normal error."""
		return _set_by_people(c.revenue * self._grown(c) * exp(self.rng.gauss(0, error)))

	def _arrive(self, c: _Customer) -> None:
		"""A customer opens an account: profile and rating; and what will happen to it goes on the agenda."""
		rng = self.rng
		c.estimate = self._estimate(c, 0.25)
		self._profile(c)
		self._at(self.today + rng.choice((0, 0, 0, 1, 3)), PEOPLE, self._rate, c, c.rating, True)
		self._at(self.today + 5 + self._rating_gap(), PEOPLE, self._rating_moves, c, needs=c)
		if c.next_review is not None:
			self._plan_review(c)
		if rng.random() < Odds.TEMPORARY_LIMIT:
			self._at(self._in(10, 600), PEOPLE, self._raise_limit, c, needs=c)
		for begins, _ends, _later in c.spells:
			if rng.random() < Odds.PLAN:
				self._at(self._workday(begins + 60), PAY, self._agree_plan, c, needs=c)
		if c.fails == NEVER:
			return
		if rng.random() < Odds.WARNED:
			warned = max(self.today + 5, c.fails - 30 - int(rng.random() * 151))
			self._at(warned, PEOPLE, self._move_rating, c, rng.choice((1, 1, 2)), needs=c)
		if c.slow_from < NEVER and rng.random() < Odds.PLAN:
			self._at(self._workday(c.fails - 45), PAY, self._agree_plan, c, needs=c)
		self._at(c.fails, PEOPLE, self._fail, c)

	def _profile(self, c: _Customer) -> None:
		temporary = c.temporary_until >= self.today
		self.files.add(
			book.PROFILES,
			date=self.iso[self.today],
			customer=c.name,
			segment=c.segment,
			level=c.level,
			risk_class=c.risk_class,
			manual_limit=c.manual_limit,
			temporary_limit=c.temporary_limit if temporary else "",
			temporary_limit_until=self.iso[c.temporary_until] if temporary else "",
			expected_annual_revenue=c.estimate,
			gross_net_ratio=f"{c.gross_net_ratio:.2f}",
			credit_group=c.group,
			next_review="" if c.next_review is None else self.iso[c.next_review],
			requires_po=book.DEFAULT_YES if c.requires_po else "",
			terms_days=SEGMENTS[c.segment].terms,
		)

	def _plan_review(self, c: _Customer) -> None:
		late = self.rng.random() < Odds.LATE_REVIEW
		day = c.next_review + (10 + int(self.rng.random() * 51) if late else -int(self.rng.random() * 10))
		self._at(self._workday(max(self.today + 1, day)), PEOPLE, self._review, c, needs=c)

	def _review(self, c: _Customer) -> None:
		"""Somebody looks at a customer again: revenue, sometimes the segment, and the next date."""
		rng = self.rng
		c.estimate = self._estimate(c, 0.15)
		if rng.random() < Odds.NEW_SEGMENT:
			c.segment = "ABCD"[max(0, min(3, "ABCD".index(c.segment) + rng.choice((-1, 1))))]
			c.risk_class, c.level = SEGMENTS[c.segment].risk_class, ""
		c.next_review = self.today + REVIEW_EVERY[c.risk_class]
		self._profile(c)
		self._plan_review(c)

	def _raise_limit(self, c: _Customer) -> None:
		c.temporary_limit = _set_by_people(c.balance * (1.5 + self.rng.random()))
		c.temporary_until = self._in(45, 120)
		self._profile(c)

	def _secure(self, c: _Customer) -> None:
		"""A guarantee or an insurance comes in; many fail one of the conditions to count (requirements 2.6)."""
		rng, cells = self.rng, {}
		kinds = (security.CREDIT_INSURANCE, security.BANK_GUARANTEE, security.PARENT_GUARANTEE)
		kind = rng.choices(kinds, (45, 35, 20))[0]
		if kind == security.CREDIT_INSURANCE:
			cells = {"cover_percent": "90", "deductible": _set_by_people(10_000 / c.unit, 500)}
		elif kind == security.PARENT_GUARANTEE:
			cells = {"cover_percent": "50"}
		else:
			cells = {"unconditional": _yes(rng.random() < 0.75), "on_demand": _yes(rng.random() < 0.75)}
			cells["issuer_rating"] = rng.choice(("AA-", "A+", "A", "A-", "BBB+"))
		if rng.random() < 0.8:
			cells["expiry"] = self.iso[self.today + rng.choice((180, 365, 365, 730))]
		if rng.random() < 0.12:
			cells["in_force_until"] = self._known(self._in(60, 170))
		self.files.add(
			book.SECURITIES,
			security=self._name("SEC", 5),
			customer=c.name,
			type=kind,
			amount=_set_by_people(c.balance * (0.4 + rng.random())),
			in_force_from=self.iso[self.today],
			has_document=_yes(rng.random() < 0.85),
			valid_from=self.iso[self.today],
			claim_period_days=rng.choice((0, 30, 30, 60)),
			**cells,
		)

	# -------------------------------------------------------------- ratings and failures
	def _rate(self, c: _Customer, rating: str, reviewed: bool) -> None:
		"""A rating arrives, or is looked at again when none is given."""
		self.facts["rating_changes"] += bool(rating) and rating != c.rating
		c.rating = rating or c.rating
		cells = {"customer": c.name, "rating": c.rating, "reviewed": _yes(reviewed)}
		self.files.add(book.RATINGS, date=self.iso[self.today], **cells)

	def _rating_gap(self) -> int:
		return 15 + int(self.rng.expovariate(1 / Odds.RATING_GAP_DAYS))

	def _rating_moves(self, c: _Customer) -> None:
		steps = self.rng.choice((1, 1, 1, 1, 2))
		self._move_rating(c, steps if self.rng.random() < Odds.RATING_FALLS else -steps)
		self._at(self.today + self._rating_gap(), PEOPLE, self._rating_moves, c, needs=c)

	def _move_rating(self, c: _Customer, steps: int) -> None:
		"""A rating comes some notches lower (or higher, when negative). Half are reviewed at once, a quarter some weeks
		later. A newly founded company (AN) that gets better is rated A."""
		place = NOTCHES.index(c.rating) if c.rating in NOTCHES else NOTCHES.index("A") + max(0, -steps)
		rating = NOTCHES[max(0, min(len(NOTCHES) - 1, place + steps))]
		if rating == c.rating:
			return
		if steps > 0:
			c.last_fall = self.today
		reviewed = self.rng.random() < 0.5
		self._rate(c, rating, reviewed)
		if not reviewed and self.rng.random() < 0.5:
			self._at(self._in(10, 60), PEOPLE, self._rate, c, "", True, needs=c)

	def _fail(self, c: _Customer) -> None:
		"""Bankruptcy: no more orders, deliveries or payments; what is open is written off in the end."""
		c.failed = True
		self.facts["bankruptcies"] += 1
		self.facts["unwarned"] += c.slow_from == NEVER and c.last_fall < self.today - 183
		self._at(self.today + 2 + int(self.rng.random() * 5), PEOPLE, self._rate, c, ratings.INSOLVENT, False)
		end = self._in(66, 116)
		if self.rng.random() < Odds.DIVIDEND:
			self._at(self._workday(end - 4), PAY, self._wind_up, c, 0.02 + 0.13 * self.rng.random(), "")
		self._at(end, PAY, self._wind_up, c, 1, book.WRITE_OFF)

	def _wind_up(self, c: _Customer, share: float, kind: str) -> None:
		self._book_payment(c, [(invoice, int(invoice.open * share)) for invoice in c.open], kind)

	# -------------------------------------------------------------- orders
	def _orders_of_today(self) -> None:
		count = self.orders[self.today]
		for c in self.rng.choices(self.people, cum_weights=self.order_weights, k=count):
			for _ in range(1000):  # who is not in business does not order: another one does
				if c.start <= self.today and not c.failed:
					self._order(c)
					break
				c = self.rng.choices(self.people, cum_weights=self.order_weights)[0]

	def _order(self, c: _Customer) -> None:
		"""Draw an order with all that will happen to it, as far as its customer's failure does not stop it."""
		rng, today = self.rng, self.today
		order = _Order(self._name("SO"), c, self._terms(c))
		amount = self._order_amount(c)
		in_advance = not order.days and rng.random() < Odds.ADVANCE
		service = int(amount * (0.1 + 0.3 * rng.random())) if rng.random() < Odds.SERVICE else 0
		promises, parts = self._deliveries_of(6 if in_advance else 2, amount - service)
		closed = None
		if not in_advance and rng.random() < Odds.CANCELLED:
			closed, parts = self._cancel(parts)
		if (closed or parts[-1][0]) >= c.fails:  # no order is closed on its own day, so never on day 0
			closed = c.fails
			parts = [part for part in parts if part[0] < closed]
		terms = (
			self.iso[today + order.days],
			self.iso[promises[0]],
			self._last_promise(promises),
			self._po_number(c),
		)
		first_amount = amount
		if not closed:
			if not in_advance and rng.random() < Odds.CHANGED:
				day = self._workday(today + 1 + int(rng.random() * (parts[0][0] - today)))
				self._at(day, TRADE, self._write_order, order, amount, terms, None)
				first_amount = int(amount * (0.6 + 0.8 * rng.random()))
			if in_advance:
				share = rng.choice((0.3, 0.5, 1, 1))
				self._at(self._in(1, 2), PAY, self._pay_advance, order, int(amount * share), needs=c)
			if service:
				self._at(parts[0][0], BILL, self._bill, c, order, "", service, order.days)
		self._write_order(order, first_amount, terms, closed)
		for day, goods in parts:
			self._at(day, DELIVER, self._deliver, order, goods)
		if rng.random() < Odds.COUNTER_SALE:
			small = int(30_000 * exp(rng.gauss(0, 0.9)) / c.unit)
			days = SEGMENTS[c.segment].terms
			self._at(self._in(1, 60), BILL, self._bill, c, None, "", small, days, needs=c)

	def _terms(self, c: _Customer) -> int:
		"""Return the days that an order is given: the standard terms, or longer ones."""
		days = self.rng.choice(D_TERMS) if c.segment == "D" else SEGMENTS[c.segment].terms
		return days + (self.rng.choice((7, 15, 30)) if self.rng.random() < Odds.LONGER_TERMS else 0)

	def _order_amount(self, c: _Customer) -> int:
		"""Draw the amount of an order in cents; the mean over many is the customer's mean order."""
		size = exp(self.rng.gauss(0, Odds.SIZE_SPREAD) - Odds.SIZE_SPREAD**2 / 2) / (1 + Odds.PROJECT * 4.5)
		if self.rng.random() < Odds.PROJECT:
			size *= 3 + 5 * self.rng.random()
		return max(10_000, int(c.mean_order * size))

	def _po_number(self, c: _Customer) -> str:
		missing = self.rng.random() < (Odds.NO_PO_NUMBER / 2 if c.requires_po else Odds.NO_PO_NUMBER)
		return "" if missing else f"PO {10_000 + int(self.rng.random() * 90_000)}"

	def _last_promise(self, promises: list[int]) -> str:
		return self.iso[promises[-1]] if len(promises) > 1 else ""

	def _deliveries_of(self, earliest: int, goods: int) -> tuple[list[int], list[tuple[int, int]]]:
		"""Draw one to three promised days; and when goods leave (mostly as promised, sometimes late, seldom early) and
		how much."""
		rng, promises, parts = self.rng, [], []
		count = bisect((0.77, 0.95), rng.random()) + 1
		promise, day = self._in(earliest, 18), self.today + 1
		for left in range(count, 0, -1):
			promises.append(promise)
			slip = rng.choices((-1, 0, 2, 8), cum_weights=(0.02, 0.74, 0.91, 1))[0]
			day = self._workday(max(day, promise + slip + (int(rng.random() * slip) if slip > 0 else 0)))
			amount = goods if left == 1 else int(goods / left * (0.6 + 0.8 * rng.random()))
			parts.append((day, amount))
			goods -= amount
			promise = self._workday(promise + 5 + int(rng.random() * 10))
		return promises, parts

	def _cancel(self, parts: list[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
		"""Draw the day on which an order is closed, and what is delivered before: nothing, or a part."""
		day, goods = parts[0]
		if self.rng.random() < 0.6:
			return self.today + 1 + int(self.rng.random() * (day - self.today - 1)), []
		if len(parts) == 1:
			goods = int(goods * (0.3 + 0.5 * self.rng.random()))
		return self._workday(day + 1), [(day, goods)]

	def _write_order(self, order: _Order, amount: int, terms: tuple, closed: int | None) -> None:
		row = (self.iso[self.today], order.name, order.customer.name, _money(amount), *terms)
		self.rows[book.ORDERS].append((*row, "", self._known(closed), "", ""))

	def _deliver(self, order: _Order, goods: int) -> None:
		"""Goods leave; they are billed the next working day, sometimes later."""
		name, c, chance = self._name("DN"), order.customer, self.rng.random()
		row = (self.iso[self.today], name, c.name, _money(goods), order.name, "", "")
		self.rows[book.DELIVERIES].append(row)
		day = self._workday(self.today + 1)
		if chance > 0.85:
			day = self._in(2, 5) if chance < 0.97 else self._in(6, 20)
		self._at(day, BILL, self._bill, c, order, name, goods, order.days)

	# -------------------------------------------------------------- invoices
	def _bill(self, c: _Customer, order: _Order | None, delivery: str, amount: int, days: int) -> None:
		"""Book an invoice in one or two instalments, and draw when it is paid, disputed or partly credited."""
		rng, today, name = self.rng, self.today, self._name("INV")
		parts = ((today + days, amount),)
		if days >= 14 and amount * c.unit > Odds.LARGE * 100 and rng.random() < Odds.INSTALMENTS:
			parts = ((today + days // 2, amount // 2), (today + days, amount - amount // 2))
		invoice = _Invoice(name, c, amount, amount, parts)
		c.open[invoice] = None
		order_name = order.name if order else ""
		for due, part in parts:
			row = (
				self.iso[today],
				name,
				c.name,
				self.iso[due],
				_money(part),
				order_name,
				delivery,
				"",
				"",
				"",
			)
			self.rows[book.INVOICES].append(row)
			day = self._workday(max(today, due + self._lateness(c, due)))
			self._at(day, PAY, self._pay, invoice, due, needs=c)
		if order and order.advance:
			self._use_advance(order, invoice)
		if rng.random() < Odds.DISPUTED and invoice.open:
			disputed = max(1, int(invoice.open * rng.choice((1, 0.1 + 0.8 * rng.random()))))
			invoice.held += disputed
			self._at(self._in(days + 1, days + 14), CREDIT, self._dispute, invoice, disputed, needs=c)
		elif rng.random() < Odds.RETURNED:
			back = int(amount * (0.05 + 0.35 * rng.random()))
			self._at(self._in(3, 25), CREDIT, self._credit, invoice, back, needs=c)

	def _lateness(self, c: _Customer, due: int) -> int:
		"""Draw how many days after a due date a customer pays; negative is early."""
		days = c.late + c.drift * due / 365 + c.noise * self.rng.gauss(0, 1)
		if self.rng.random() < Odds.TAIL:
			days += self.rng.expovariate(1 / Odds.TAIL_DAYS)
		for begins, ends, later in c.spells:
			if begins <= due < ends:
				days += later
		if due > c.slow_from:
			days += Odds.SLOWING * (due - c.slow_from)
		return round(days)

	def _credit(self, invoice: _Invoice, amount: int) -> None:
		"""Credit a part of an invoice, no more than what is open and not held."""
		amount = min(amount, invoice.open - invoice.held)
		if amount > 0:
			row = (
				self.iso[self.today],
				self._name("CN"),
				invoice.customer.name,
				_money(amount),
				invoice.name,
			)
			self.rows[book.CREDIT_NOTES].append((*row, "", ""))
			self._settle(invoice, amount)

	def _dispute(self, invoice: _Invoice, amount: int) -> None:
		self.facts["disputes"] += 1
		closed = self._in(5, 58)
		outcome = self.rng.choices(("Accepted", "Rejected", "Withdrawn"), (45, 45, 10))[0]
		self.files.add(
			book.DISPUTES,
			dispute=self._name("DSP", 5),
			customer=invoice.customer.name,
			invoice=invoice.name,
			amount=_money(amount),
			opened_on=self.iso[self.today],
			closed_on=self._known(closed),
			outcome=outcome if closed < self.days else "",
		)
		self._at(closed, CREDIT, self._close_dispute, invoice, amount, outcome)

	def _close_dispute(self, invoice: _Invoice, amount: int, outcome: str) -> None:
		invoice.held -= amount
		if outcome == "Accepted":
			self._credit(invoice, amount)
		else:
			self._at(self._in(3, 20), PAY, self._pay, invoice, NEVER, True, needs=invoice.customer)

	# -------------------------------------------------------------- payments
	def _settle(self, invoice: _Invoice, amount: int) -> None:
		invoice.open -= amount
		if not invoice.open:
			del invoice.customer.open[invoice]

	def _write_payment(
		self, payment: str, c: _Customer, amount: int, invoice="", order="", kind="", source=""
	):
		row = (self.iso[self.today], payment, c.name, _money(amount), invoice, order, kind, source, "")
		self.rows[book.PAYMENTS].append(row)

	def _book_payment(self, c: _Customer, items: list[tuple[_Invoice, int]], kind: str = "") -> None:
		"""Book one payment (or write-off) over invoices and amounts."""
		name = ""
		for invoice, amount in items:
			if amount > 0:
				name = name or self._name("PAY")
				self._write_payment(name, c, amount, invoice.name, kind=kind)
				self._settle(invoice, amount)

	def _pay(self, invoice: _Invoice, due: int, plainly: bool = False) -> None:
		"""A customer pays what of an invoice fell due up to a day: mostly all, else in part, short, or on account."""
		rng, c = self.rng, invoice.customer
		amount = invoice.due_by(due)
		if not amount:
			return
		chance = 1.0 if plainly else rng.random()
		if chance < Odds.IN_PART:
			amount = max(1, int(amount * (0.3 + 0.4 * rng.random())))
			self._at(self._in(10, 45), PAY, self._pay, invoice, due, True, needs=c)
		elif chance < Odds.IN_PART + Odds.SHORT:
			missing = min(amount // 100, 100 + int(rng.random() * 4_000))
			amount -= missing
			if rng.random() < 0.5:
				self._at(self._in(20, 60), PAY, self._pay, invoice, due, True, needs=c)
			else:
				self._at(self._in(60, 120), CREDIT, self._credit, invoice, missing, needs=c)
		elif chance < Odds.IN_PART + Odds.SHORT + Odds.ON_ACCOUNT:
			self._pay_on_account(invoice, amount)
			return
		items = [(invoice, amount)]
		if c.pays_in_runs:
			items += [(other, other.due_by(self.today + 2)) for other in c.open if other is not invoice]
		self._book_payment(c, items)

	def _pay_on_account(self, invoice: _Invoice, amount: int) -> None:
		"""Money comes without saying what for; it is set against the invoice some days later."""
		payment = self._name("PAY")
		self._write_payment(payment, invoice.customer, amount)
		invoice.held += amount
		self._at(self._in(2, 15), PAY, self._match, payment, invoice, amount)

	def _match(self, payment: str, invoice: _Invoice, amount: int) -> None:
		invoice.held -= amount
		self._write_payment(payment, invoice.customer, amount, invoice.name, source=book.ON_ACCOUNT)
		self._settle(invoice, amount)

	def _pay_advance(self, order: _Order, amount: int) -> None:
		order.advance, order.advance_payment = amount, self._name("PAY")
		self._write_payment(order.advance_payment, order.customer, amount, order=order.name)

	def _use_advance(self, order: _Order, invoice: _Invoice) -> None:
		used = min(order.advance, invoice.open)
		order.advance -= used
		payment, c = order.advance_payment, order.customer
		self._write_payment(payment, c, used, invoice.name, order.name, source=book.ADVANCE)
		self._settle(invoice, used)

	# -------------------------------------------------------------- plans
	def _agree_plan(self, c: _Customer) -> None:
		"""Put what is overdue into a plan of two or three monthly instalments. It is kept, or broken: by failing, or five
		days after an instalment that is not paid (three working days of grace, requirements 3)."""
		rng, today = self.rng, self.today
		plan = {invoice: invoice.due_by(NEVER) for invoice in c.open if invoice.parts[-1][0] < today}
		plan = {invoice: amount for invoice, amount in plan.items() if amount}
		total = sum(plan.values())
		if total * c.unit < 500_000:
			return
		count = rng.choice((2, 3))
		days = [self._workday(today + 7 + 30 * number) for number in range(count)]
		paid = count if rng.random() < Odds.PLAN_KEPT else int(rng.random() * count)
		ends = days[-1] if paid == count else days[paid] + 5
		kept = paid == count and ends < c.fails
		ends = min(ends, c.fails)
		ended = (
			{"ended_on": self._known(ends), "outcome": "Kept" if kept else "Broken"}
			if ends < self.days
			else {}
		)
		self.facts["plans"] += 1
		about = {"plan": self._name("PLAN", 5), "customer": c.name, "agreed_on": self.iso[today], **ended}
		for invoice, amount in plan.items():
			invoice.held += amount
			self.files.add(book.PLANS, invoice=invoice.name, amount=_money(amount), **about)
		for number in range(paid):
			share = total // count if number < count - 1 else total
			self._at(days[number], PAY, self._pay_instalment, c, plan, share, needs=c)
		if not kept:
			self._at(ends, CREDIT, self._end_plan, c, plan)

	def _pay_instalment(self, c: _Customer, plan: dict[_Invoice, int], amount: int) -> None:
		"""Pay an instalment, set against the plan's oldest invoices; the last one pays whatever is left."""
		items = []
		for invoice, left in plan.items():
			part = min(left, amount)
			amount -= part
			plan[invoice] -= part
			invoice.held -= part
			items.append((invoice, part))
		self._book_payment(c, items)

	def _end_plan(self, c: _Customer, plan: dict[_Invoice, int]) -> None:
		for invoice, left in plan.items():
			if left:
				invoice.held -= left
				self._at(self._in(10, 70), PAY, self._pay, invoice, NEVER, True, needs=c)
