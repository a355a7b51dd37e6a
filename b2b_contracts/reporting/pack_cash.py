"""Expected cash by week and the provision matrix in a pack: as the report Collections Pipeline has them, on the day the pack was made
(requirements §5)."""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate
from openpyxl.styles import Alignment

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.engine import cash_forecast
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine.money import HUNDRED, ZERO

from . import expected_cash, provisions
from .expected_cash import Wanted
from .pack_layout import Book, Column, Range, bars
from .pack_parts import CoverLine, Part, Source
from .shown import BLUE


class Cash(Part):
	"""What is owed by when it is expected, and what is provided for it."""

	sheet = engine.CASH

	@property
	def title(self) -> str:
		return _("Expected cash")

	def read(self) -> None:
		wanted = Wanted(self.asked.company, getdate(self.asked.made_on), with_secured=True)
		found = expected_cash.read(wanted)
		self.sums = found.sums()
		self.mondays = cash_forecast.weeks_from(wanted.today)
		self.matrix = provisions.of(found)

	# -------------------------------------------------------------- what it says
	def cover(self):
		yield CoverLine(
			_("Expected within {0} weeks").format(len(self.mondays)),
			self.sums.in_weeks,
			cells.MONEY,
			None,
			_("{0} in the week that runs.").format(self._amount(self.sums.week(0))),
		)
		yield CoverLine(_("Provision"), self.matrix.provision, cells.MONEY)

	def _amount(self, amount: Decimal) -> str:
		return frappe.utils.fmt_money(amount, currency=self.asked.currency)

	def sources(self):
		yield Source(
			_("Expected cash"),
			_(
				"What is owed, on the day on which each customer is likely to pay it: by its plan or promise, else as late as the customer has paid in the last year, else as everybody does."
			),
			_("Report Collections Pipeline, view By Week"),
		)
		yield Source(
			_("Provision"),
			_("Owed less secured, by age, times the rate of the age; rates are in Report Settings."),
			_("Report Collections Pipeline, view Provision Matrix"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("{0}, as of {1}, when the pack was made. Amounts in {2}.").format(
				self.asked.company, f"{self.asked.made_on:%Y-%m-%d}", self.asked.currency
			),
			(34, 18, 18, 18, 12, 18),
		)
		page.sheet.page_setup.fitToHeight = 1
		room = page.chart_room(1, beside=1)
		self._write_weeks(page, room)
		self._write_matrix(page)

	def _write_weeks(self, page, room) -> None:
		so_far, rows = ZERO, []
		for number, monday in enumerate(self.mondays):
			so_far += self.sums.week(number)
			rows.append((self._week(page, monday), self.sums.week(number), so_far))
		first, _last = page.table(
			_("By week"),
			[Column(_("Week from")), Column(_("Expected"), cells.MONEY), Column(_("So far"), cells.MONEY)],
			[
				*rows,
				(_("Later"), self.sums.later, None),
				(_("Disputed"), self.sums.disputed, None),
				(
					_("On no week: insolvent, in a collection case, later than anybody paid"),
					self.sums.not_expected,
					None,
				),
				(_("Credits that cover nothing"), self.sums.credits, None),
				(_("Not explained by documents"), self.sums.unexplained, None),
			],
			total=[_("Owed"), self.sums.total, None],
		)
		last = first + len(self.mondays) - 1
		room.put(
			bars(
				_("Expected by week, {0}").format(self.asked.currency),
				Range(page, 1, first, last).reference(),
				[(_("Expected"), Range(page, 2, first, last).reference(), BLUE)],
				"#,##0",
			)
		)

	@staticmethod
	def _week(page, monday: date):
		cell = page.of(monday, cells.DAY)
		cell.alignment = Alignment("left", "center")
		return cell

	def _write_matrix(self, page) -> None:
		labels = [*provisions.names(self.matrix.bounds), _("Insolvent customers")]
		page.table(
			_("Provision matrix"),
			[
				Column(_("Days overdue")),
				Column(_("Owed"), cells.MONEY),
				Column(_("Secured"), cells.MONEY),
				Column(_("Without security"), cells.MONEY),
				Column(_("Rate"), cells.SHARE),
				Column(_("Provision"), cells.MONEY),
			],
			[
				(label, line.owed, line.secured, line.base, line.rate / HUNDRED, line.provision)
				for label, line in zip(labels, self.matrix.lines, strict=True)
			],
			total=[
				_("Total"),
				sum((line.owed for line in self.matrix.lines), ZERO),
				sum((line.secured for line in self.matrix.lines), ZERO),
				sum((line.base for line in self.matrix.lines), ZERO),
				None,
				self.matrix.provision,
			],
		)
