"""Key figures in a pack: each with its target and light, and how it went over the months (requirements §5)."""

from decimal import Decimal

from frappe import _
from frappe.utils import fmt_money

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine.money import HUNDRED

from . import kpi_wording, kpis
from .pack_layout import LIGHT, Book, Column, Light, Range, lines
from .pack_parts import CoverLine, Part, Source
from .shown import BLUE, GREEN, GREY, RED, YELLOW

MONTHS, FEWEST_MONTHS = 24, 12
# What is drawn together: codes whose figures have one unit, the first with its limit.
DRAWN = (
	("dso", "dso_count_back", "days_to_pay"),
	("cei", "overdue_collected"),
	("over_60", "bad_debt"),
	("dispute_time", "invoice_lag", "days_beyond_terms"),
	("orders_held", "hit_rate", "plan_success"),
	("ten_largest", "largest_customer", "insured"),
	("hold_response",),
)
_COLOURS = (BLUE, YELLOW, GREEN)


class Kpis(Part):
	"""The key figures of the last month of the period, and of the months before."""

	sheet = engine.KPIS

	@property
	def title(self) -> str:
		return _("Key figures")

	def read(self) -> None:
		months = engine.months_until(self.asked.period.last, MONTHS)
		self.found = kpis.figures(self.asked.company, months[0].first, months[-1].last)
		self.month = self.found.months[-1]
		known = [
			place
			for place, month in enumerate(self.found.months)
			if any(self._value(record, month) for record in self.found.records)
		]
		first = min(known, default=0)
		self.months = self.found.months[min(first, max(0, len(self.found.months) - FEWEST_MONTHS)) :]

	def _value(self, record, month) -> Decimal | None:
		one = self.found.of(record.code, month=month)
		return one.value if one else None

	@property
	def records(self) -> list:
		return self.found.records

	@property
	def source(self) -> str:
		"""Whether the figures of the last month come from its snapshot."""
		sources = {one.source for one in self.found.figures.values() if one.month == self.month}
		return kpis.SNAPSHOT if sources == {kpis.SNAPSHOT} else kpis.BOOKS

	# -------------------------------------------------------------- what it says
	def cover(self):
		for record in self.records:
			one = self.found.of(record.code)
			if record.limits.red is None and record.target is None:
				continue
			value = one.value if one else None
			yield CoverLine(
				kpi_wording.label_of(record.kpi, record.months),
				_as_cell(record, value),
				_kind(record),
				Light(one.light if one else GREY),
				self._remark(record),
			)

	def _remark(self, record) -> str:
		parts = []
		if record.target is not None:
			parts.append(_("Target {0}.").format(_said(record.target, record.kpi.unit)))
		if record.limits.red is not None:
			limit = _said(record.limits.red, record.kpi.unit)
			parts.append(
				_("Red above {0}.").format(limit)
				if record.limits.bad == rules.HIGH
				else _("Red below {0}.").format(limit)
			)
		parts.append(_(record.owner) + ".")
		return " ".join(parts)

	def sources(self):
		for record in self.records:
			one = self.found.of(record.code)
			formula = kpi_wording.formula_of(record.code)
			if one and one.figure.inputs:
				made_of = kpi_wording.inputs_of(one.figure, self.asked.currency)
				formula = f"{formula}\n{made_of}"
			yield Source(
				kpi_wording.label_of(record.kpi, record.months), formula, kpi_wording.source_of(record.code)
			)

	def write(self, book: Book) -> None:
		shown = _("from the snapshot of the month") if self.source == kpis.SNAPSHOT else _("from the books")
		page = book.page(
			self.title,
			_("{0}, {1}, {2}. Formulas and the numbers behind them are on the last sheet.").format(
				self.asked.company, kpi_wording.month_name(self.month), shown
			),
			(40, 12, 16, 13, 12, 12, 14, 14, 24),
		)
		self._write_figures(page)
		page.new_page()
		room = page.chart_room(len(self.drawn))
		months = book.page(
			_("Months"),
			_("{0}: the key figures month by month, which the charts show.").format(self.asked.company),
			(12, *[12] * (len(self.records) + len(self.drawn))),
			wide=True,
		)
		self._write_months(months, room)

	@property
	def drawn(self) -> list[tuple[str, ...]]:
		"""The charts: codes that are shown, together."""
		shown = {
			record.code
			for record in self.records
			if any(self._value(record, month) is not None for month in self.months)
		}
		return [kept for codes in DRAWN if (kept := tuple(code for code in codes if code in shown))]

	def _write_figures(self, page) -> None:
		page.table(
			_("At the end of the period"),
			[
				Column(_("Figure")),
				Column(_("Value"), cells.DAYS),
				Column(_("Unit")),
				Column(_("Light"), LIGHT),
				Column(_("Target"), cells.DAYS),
				Column(_("Red from"), cells.DAYS),
				Column(_("Month before"), cells.DAYS),
				Column(_("A year before"), cells.DAYS),
				Column(_("Owner")),
			],
			(self._row(page, record) for record in self.records),
		)

	def _row(self, page, record) -> tuple:
		one, kind = self.found.of(record.code), _kind(record)

		def shown(value: Decimal | None):
			cell = page.of(_as_cell(record, value), kind)
			if kind == cells.SHARE and record.limits.red is not None and record.limits.red < 1:
				cell.number_format = "0.00%"
			return cell

		before = [self._before(record, months) for months in (1, 12)]
		label = kpi_wording.label_of(record.kpi, record.months)
		return (
			_("{0} (at least)").format(label) if one and one.figure.at_least else label,
			shown(one.value if one else None),
			kpi_wording.unit_of(record.kpi.unit),
			Light(one.light if one else GREY),
			shown(record.target),
			shown(record.limits.red),
			shown(before[0]),
			shown(before[1]),
			_(record.owner),
		)

	def _before(self, record, months: int) -> Decimal | None:
		place = len(self.found.months) - 1 - months
		return self._value(record, self.found.months[place]) if place >= 0 else None

	def _write_months(self, page, room) -> None:
		by_code = {record.code: record for record in self.records}
		limited = [by_code[codes[0]] for codes in self.drawn]
		limited = [record for record in limited if record.limits.red is not None]
		columns = [
			Column(_("Month"), cells.MONTH),
			*(Column(kpi_wording.name_of(record.code), _kind(record)) for record in self.records),
			*(
				Column(_("Red: {0}").format(kpi_wording.name_of(record.code)), _kind(record))
				for record in limited
			),
		]
		first, last = page.table(
			"",
			columns,
			(
				(
					month,
					*(_as_cell(record, self._value(record, month)) for record in self.records),
					*(_as_cell(record, record.limits.red) for record in limited),
				)
				for month in self.months
			),
		)
		places = {record.code: place for place, record in enumerate(self.records, 2)}
		limits = {record.code: place for place, record in enumerate(limited, 2 + len(self.records))}
		for drawn in self.drawn:
			series = [
				(kpi_wording.name_of(code), Range(page, places[code], first, last), colour)
				for code, colour in zip(drawn, _COLOURS, strict=False)
			]
			if drawn[0] in limits:
				name = _("Red: {0}").format(kpi_wording.name_of(drawn[0]))
				series.append((name, Range(page, limits[drawn[0]], first, last), f"-{RED}"))
			record = by_code[drawn[0]]
			room.put(
				lines(
					_("{0}, {1}").format(
						" / ".join(kpi_wording.name_of(code) for code in drawn),
						kpi_wording.unit_of(record.kpi.unit),
					),
					Range(page, 1, first, last),
					series,
					"0%" if record.kpi.unit == rules.PERCENT else "0",
				)
			)


def _kind(record) -> str:
	return cells.SHARE if record.kpi.unit == rules.PERCENT else cells.DAYS


def _as_cell(record, value: Decimal | None) -> Decimal | None:
	"""Return a value as its cell holds it: per cent as a share."""
	if value is None:
		return None
	return value / HUNDRED if record.kpi.unit == rules.PERCENT else value


def _said(value: Decimal, unit: str) -> str:
	"""Return a target or limit with its unit, with as many decimals as it has."""
	decimals = min(2, max(0, -value.normalize().as_tuple().exponent))
	return f"{fmt_money(float(value), precision=decimals)} {kpi_wording.unit_of(unit)}"
