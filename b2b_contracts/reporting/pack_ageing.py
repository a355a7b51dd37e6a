"""Ageing in a pack: what customers owed at the end of the period, by age and by customer, tied to the general ledger (requirements §5).

Where the month has a snapshot, its figures are shown, and what was booked since stands beside them; else the books are read.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from openpyxl.chart import Reference

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import ageing
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine.money import HUNDRED, ZERO

from . import receivables, settings
from .pack_layout import LIGHT, Book, Column, Light, Range, bars
from .pack_parts import Asked, CoverLine, Part, Source
from .shown import BLUE, GREEN, GREY, RED, YELLOW
from .snapshots import CUSTOMER, SNAPSHOT

# Of the snapshot of a month; the books are read by the bounds of Report Settings.
SNAPSHOT_BOUNDS = ageing.Bounds((30, 60, 90))
_BUCKETS = ("not_due", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")
# So many customers by name; the others stand in one line.
LISTED = 40
_YELLOW_FROM = Decimal("0.9")


@dataclass(slots=True)
class Aged:
	"""What somebody owes by age. `disputed` is a part of the buckets, credits are negative."""

	name: str
	buckets: list[Decimal]
	credits: Decimal = ZERO
	disputed: Decimal = ZERO
	unexplained: Decimal = ZERO

	@property
	def total(self) -> Decimal:
		return sum(self.buckets, ZERO) + self.credits + self.unexplained

	@property
	def overdue(self) -> Decimal:
		return sum(self.buckets[1:], ZERO)

	def add(self, other: "Aged") -> None:
		self.buckets = [mine + theirs for mine, theirs in zip(self.buckets, other.buckets, strict=True)]
		self.credits += other.credits
		self.disputed += other.disputed
		self.unexplained += other.unexplained


@dataclass(slots=True)
class Books:
	"""What the books say as of a day: the sums of all, and of each customer."""

	bounds: ageing.Bounds
	whole: ageing.Sums
	of_customers: dict[str, ageing.Sums] = field(default_factory=dict)
	ledger: Decimal = ZERO
	unexplained: Decimal = ZERO


def books_of(asked: Asked) -> Books:
	"""Return the books as of the last day of the period, by the bounds and the alarm of Report Settings; read once for a pack."""
	if "books" not in asked.shared:
		asked.shared["books"] = _read_books(asked.company, asked.period.last)
	return asked.shared["books"]


def _read_books(company: str, as_of: date) -> Books:
	bounds = ageing.Bounds.of(settings.value("ageing_buckets"))
	alarm = int(settings.value("alarm_days"))
	found = receivables.read(receivables.Wanted((company,), as_of))
	books = Books(bounds, ageing.Sums(bounds, alarm))
	for part in ageing.all_parts(found.items):
		books.whole.add(part, as_of)
		if part.row.customer not in books.of_customers:
			books.of_customers[part.row.customer] = ageing.Sums(bounds, alarm)
		books.of_customers[part.row.customer].add(part, as_of)
	books.ledger, books.unexplained = found.ledger[company], found.unexplained[company]
	return books


class Ageing(Part):
	"""What is owed, how old it is, and that it is what the general ledger has."""

	sheet = engine.AGEING

	@property
	def title(self) -> str:
		return _("Ageing")

	def read(self) -> None:
		company, as_of = self.asked.company, self.asked.period.last
		self.books = books_of(self.asked)
		self.snapshot = frappe.db.get_value(SNAPSHOT, {"company": company, "month_end": as_of})
		found = self._of_snapshot() if self.snapshot else self._of_books()
		self.bounds = SNAPSHOT_BOUNDS if self.snapshot else self.books.bounds
		self.whole = Aged(_("Total"), [ZERO] * len(self.bounds))
		for one in found.values():
			self.whole.add(one)
		names = _names(found)
		for customer, one in found.items():
			one.name = names.get(customer, customer)
		by_amount = sorted(found.items(), key=lambda pair: (-pair[1].total, pair[0]))
		self.listed = [one for _customer, one in by_amount[:LISTED]]
		self.others = None
		if len(by_amount) > LISTED:
			self.others = Aged(
				_("{0} other customers").format(len(by_amount) - LISTED), [ZERO] * len(self.bounds)
			)
			for _customer, one in by_amount[LISTED:]:
				self.others.add(one)

	def _of_books(self) -> dict[str, Aged]:
		return {
			customer: Aged(customer, list(sums.buckets), sums.credits, sums.disputed, sums.unexplained)
			for customer, sums in self.books.of_customers.items()
		}

	def _of_snapshot(self) -> dict[str, Aged]:
		row = frappe.qb.DocType(CUSTOMER)
		rows = (
			frappe.qb.from_(row)
			.select(row.customer, row.credits, row.disputed, *(row[name] for name in _BUCKETS))
			.where(row.snapshot == self.snapshot)
			.run()
		)
		found = {}
		for customer, credits, disputed, *buckets in rows:
			one = Aged(customer, [money(amount) for amount in buckets], money(credits), money(disputed))
			if any(one.buckets) or one.credits:
				found[customer] = one
		return found

	# -------------------------------------------------------------- what it says
	@property
	def difference(self) -> Decimal:
		"""The general ledger as it is now, as of the last day, less what is shown."""
		return self.books.ledger - self.whole.total

	@property
	def _tie(self) -> Light:
		if not self.difference and not self.whole.unexplained:
			return Light(GREEN, _("Equal"))
		# What came after a snapshot is no error, but has to be seen.
		if self.snapshot and not self.books.unexplained:
			return Light(YELLOW, _("Booked since"))
		return Light(RED, _("Differs"))

	@property
	def _alarm(self) -> Light:
		share, limit = self.books.whole.share_old, money(settings.value("alarm_percent"))
		if share is None:
			return Light(GREY)
		return Light(RED if share > limit else YELLOW if share > limit * _YELLOW_FROM else GREEN)

	def cover(self):
		whole = self.whole
		yield CoverLine(
			_("Receivables"),
			whole.total,
			cells.MONEY,
			self._tie,
			_("General ledger: {0}.").format(self._amount(self.books.ledger)),
		)
		debts = sum(whole.buckets, ZERO)
		yield CoverLine(
			_("Overdue"),
			whole.overdue,
			cells.MONEY,
			None,
			_("{0} of what is owed.").format(f"{whole.overdue / debts:.1%}") if debts > 0 else "",
		)
		share = self.books.whole.share_old
		yield CoverLine(
			_("Undisputed and overdue for more than {0} days").format(self.books.whole.alarm_days),
			None if share is None else share / HUNDRED,
			cells.SHARE,
			self._alarm,
			_("Alarm over {0} %.").format(frappe.utils.rounded(float(settings.value("alarm_percent")), 2)),
		)

	def _amount(self, amount: Decimal) -> str:
		return frappe.utils.fmt_money(amount, currency=self.asked.currency)

	def sources(self):
		yield Source(
			_("Receivables"),
			_(
				"What is open of every document on receivable accounts as of the last day, by posting date: invoices by the due dates of their schedules (the first ones, where they were moved), credits and payments that nobody has allocated, journal entries."
			),
			_("Snapshot of the month ({0})").format(self.snapshot)
			if self.snapshot
			else _("Payment ledger; report B2B Receivables Ageing"),
		)
		yield Source(
			_("General ledger"),
			_(
				"Entries of receivable accounts with a customer that are not cancelled and were posted on the last day or before, in the company's currency; read when the pack was made."
			),
			_("GL Entry"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("{0}, as of {1}, by due date. Amounts in {2}.").format(
				self.asked.company, f"{self.asked.period.last:%Y-%m-%d}", self.asked.currency
			),
			(34, *[16] * (len(self.bounds) + 4)),
		)
		self._write_tie(page)
		room = page.chart_room(2)
		self._write_buckets(page, room)
		self._write_customers(page, room)

	def _write_tie(self, page) -> None:
		rows = [
			(_("What is shown below"), self.whole.total, None),
			(_("General ledger"), self.books.ledger, None),
			(_("Difference"), self.difference, self._tie),
		]
		if self.whole.unexplained:
			rows.insert(1, (_("of that: no document explains it"), self.whole.unexplained, Light(RED)))
		page.table(
			_("Tied to the general ledger"),
			[Column(""), Column(_("Amount"), cells.MONEY), Column(_("Check"), LIGHT)],
			rows,
		)
		if self.snapshot and self.difference:
			page.sentence(
				_(
					"The figures are those of the snapshot of the month. The difference was booked into the period after the snapshot was taken."
				),
				cells.NOTE,
			)
			page.skip()

	def _write_buckets(self, page, room) -> None:
		debts = sum(self.whole.buckets, ZERO)
		first, last = page.table(
			_("By age"),
			[
				Column(_("Days overdue")),
				Column(_("Amount"), cells.MONEY),
				Column(_("Share of the whole"), cells.SHARE),
			],
			[
				(label, amount, amount / debts if debts > 0 else None)
				for label, amount in zip(bucket_labels(self.bounds), self.whole.buckets, strict=True)
			],
			total=[_("Owed"), debts, None],
		)
		labels = Range(page, 1, first, last).reference()
		room.put(
			bars(
				_("Owed by days overdue, {0}").format(self.asked.currency),
				labels,
				[(_("Amount"), Range(page, 2, first, last).reference(), BLUE)],
				"#,##0",
			)
		)

	def _write_customers(self, page, room) -> None:
		columns = [
			Column(_("Customer"), cells.TEXT),
			*(Column(label, cells.MONEY) for label in bucket_labels(self.bounds)),
			Column(_("Credits"), cells.MONEY),
			Column(_("Total"), cells.MONEY),
			Column(_("Disputed"), cells.MONEY),
		]
		rows = [self._row(one) for one in self.listed]
		first, last = page.table(
			_("By customer, the largest first"),
			columns,
			[*rows, *([self._row(self.others)] if self.others else [])],
			total=self._row(self.whole),
		)
		shown = min(last, first + 9)
		if shown >= first:
			place = len(self.bounds) + 3
			room.put(
				bars(
					_("The largest debtors, {0}").format(self.asked.currency),
					Range(page, 1, first, shown).reference(),
					[
						(
							_("Total"),
							Reference(page.sheet, min_col=place, min_row=first, max_row=shown),
							BLUE,
						)
					],
					"#,##0",
					lying=True,
				)
			)

	def _row(self, one: Aged) -> list:
		return [one.name, *one.buckets, one.credits, one.total, one.disputed]


def bucket_labels(bounds: ageing.Bounds) -> list[str]:
	"""Return what the buckets are called, the first is what is not due."""
	return [
		_("Not due"),
		*(
			_("Over {0}").format(first - 1) if last is None else f"{first}–{last}"
			for first, last in bounds.spans
		),
	]


def _names(customers) -> dict[str, str]:
	customer = frappe.qb.DocType("Customer")
	query = frappe.qb.from_(customer).select(customer.name, customer.customer_name)
	return dict(query.where(customer.name.isin(list(customers) or [""])).run())
