"""Credit KPIs: the key figures of credit and collections by month, of the whole, by segment or by salesperson, with targets, owners and
traffic lights, and of each the formula and the numbers that it is made from."""

from collections.abc import Iterator
from decimal import Decimal

from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.engine import kpi as rules
from b2b_contracts.reporting import kpi_facts, kpi_records, kpi_wording, kpis, shown, snapshots
from b2b_contracts.reporting.report import Report, Result

REPORT = "Credit KPIs"
MONTH, SEGMENT, SALESPERSON = "Month", "Segment", "Salesperson"
BY = {MONTH: kpi_facts.COMPANY, SEGMENT: kpi_facts.SEGMENT, SALESPERSON: kpi_facts.SALESPERSON}
BESIDE, IN_DETAIL = "Months Side by Side", "Formula and Inputs"
SNAPSHOTS, BOOKS = "As Closed", "From the Books Again"
TRENDS = FIGURES, AGEING, LIMITS = "Figures", "Ageing", "Limits and Exposure"
MONTHS, MOST_MONTHS = 24, 60
# What is drawn where nobody asks for anything else, of a whole company and of its parts.
DRAWN, DRAWN_OF_PARTS = ("dso", "dso_count_back", "days_to_pay"), ("dso",)
MOST_LINES = 8


def execute(filters: dict | None = None) -> Result:
	return CreditKPIs(filters).run()


class CreditKPIs(Report):
	reads = (kpi_records.KPI,)

	def validate(self) -> None:
		self.of_company = self.company()
		self.of_customers = self.customers()
		self.by = self.choice("by", tuple(BY))
		self.view = self.choice("view", (BESIDE, IN_DETAIL))
		self.again = self.choice("figures", (SNAPSHOTS, BOOKS)) == BOOKS
		self.trend = self.choice("trend", TRENDS)
		self.asked = self.several("kpi")
		first = rules.months_later(rules.month_of(getdate()), 1 - MONTHS)
		self.first, self.last = self.period(first)
		if len(rules.months_between(self.first, self.last)) > MOST_MONTHS:
			self.refuse(_("These are more than {0} months. Choose fewer.").format(MOST_MONTHS))
		if rules.month_of(self.first) > getdate():
			self.refuse(_("{0} has not begun.").format(formatdate(self.first, "MMMM yyyy")))

	def read(self) -> None:
		self.found = kpis.figures(
			self.of_company, self.first, self.last, BY[self.by], self.of_customers, from_books=self.again
		)
		if self.asked:
			self.found.records = [record for record in self.found.records if record.name in self.asked]

	# -------------------------------------------------------------- what is shown
	def columns(self) -> list[dict]:
		return self._columns_in_detail() if self.view == IN_DETAIL else self._columns_beside()

	def rows(self) -> Iterator[dict]:
		return self._rows_in_detail() if self.view == IN_DETAIL else self._rows_beside()

	def _columns_of_key(self) -> list[dict]:
		if self.by == MONTH:
			return []
		return [shown.column("of", _("Segment") if self.by == SEGMENT else _("Salesperson"), width=150)]

	def _columns_beside(self) -> list[dict]:
		return [
			shown.column("name", _("Figure"), width=220, asks="figure"),
			*self._columns_of_key(),
			shown.column("unit", _("Unit"), width=100),
			*self._columns_of_limits(),
			*(
				shown.column(
					_field(month),
					self._month(month),
					"Float",
					self._width(month),
					precision=2,
					pill=f"light_{_field(month)}",
				)
				for month in reversed(self.found.months)
			),
			shown.column("owner", _("Owner"), width=140),
			shown.hidden("code", _("Code")),
			shown.hidden("key", _("Key")),
		]

	def _width(self, month) -> int:
		return 165 if month == self.found.running else 105

	@staticmethod
	def _columns_of_limits() -> list[dict]:
		return [
			shown.column("target", _("Target"), "Float", 80, precision=2),
			shown.column("yellow", _("Yellow beyond"), "Float", 130, precision=2),
			shown.column("red", _("Red beyond"), "Float", 115, precision=2),
		]

	def _columns_in_detail(self) -> list[dict]:
		compared = [
			shown.column("taken", _("When closed"), "Float", 125, precision=2),
			shown.column("change", _("Change since"), "Float", 130, precision=2),
			shown.column("taken_inputs", _("Made from when closed"), width=320),
		]
		return [
			shown.column("month", _("Month"), width=90),
			shown.column("name", _("Figure"), width=220, asks="figure"),
			*self._columns_of_key(),
			shown.column("value", _("Value"), "Float", 90, precision=2, pill="light"),
			shown.column("unit", _("Unit"), width=100),
			*(compared if self.again else ()),
			shown.column("inputs", _("Made from"), width=420),
			shown.column("formula", _("Formula"), width=420),
			shown.column("of_months", _("Of"), width=130),
			shown.column("source", _("Source"), width=120),
			shown.column("numbers_from", _("Numbers from"), width=300),
			*self._columns_of_limits(),
			shown.column("light_name", _("Traffic light"), width=100),
			shown.column("owner", _("Owner"), width=140),
			shown.hidden("light", _("Colour")),
			shown.hidden("code", _("Code")),
			shown.hidden("key", _("Key")),
		]

	def _rows_beside(self) -> Iterator[dict]:
		for record in self.found.records:
			for key in self.found.keys:
				series = self.found.series(record.code, key)
				if all(one is None for one in series):
					continue
				row = self._about(record, key)
				for month, one in zip(self.found.months, series, strict=True):
					row[_field(month)] = _rounded(one and one.value)
					row[f"light_{_field(month)}"] = _colour(one)
				yield row

	def _rows_in_detail(self) -> Iterator[dict]:
		for one in self.found.all():
			record = one.record
			row = {
				**self._about(record, one.key),
				"month": self._month(one.month),
				"value": _rounded(one.value),
				"light": _colour(one),
				"light_name": _colour(one) and _(one.light),
				"inputs": kpi_wording.inputs_of(one.figure, self.found.currency),
				"formula": kpi_wording.formula_of(record.code),
				"of_months": kpi_wording.months_of(one.months),
				"source": self._source(one),
				"numbers_from": kpi_wording.source_of(record.code),
			}
			if one.taken is not None:
				row["taken"] = _rounded(one.taken.value)
				row["taken_inputs"] = kpi_wording.inputs_of(one.taken, self.found.currency)
				if one.value is not None and one.taken.value is not None:
					row["change"] = _rounded(one.value - one.taken.value)
			yield row

	def _about(self, record: kpi_records.Record, key: str) -> dict:
		segment = key if self.by == SEGMENT else None
		limits = record.limits_of(segment)
		return {
			"code": record.code,
			"key": key,
			"name": kpi_wording.name_of(record.code),
			"of": kpi_wording.key_of(BY[self.by], key),
			"unit": kpi_wording.unit_of(record.kpi.unit),
			"target": _rounded(record.target_of(segment)),
			"yellow": _rounded(limits.yellow),
			"red": _rounded(limits.red),
			"owner": _(record.owner),
		}

	def _month(self, month) -> str:
		name = kpi_wording.month_name(month)
		return _("{0} until today").format(name) if month == self.found.running else name

	@staticmethod
	def _source(one: kpis.Of) -> str:
		return _("Month snapshot") if one.source == kpis.SNAPSHOT else _("Books")

	# -------------------------------------------------------------- above and below
	def message(self) -> str | None:
		if not self.found.figures:
			return None
		said = [
			_(
				"Closed months are as they were when their books were closed; the others come from the books of today. Click on a figure for its formula and the numbers that it is made from."
			)
			if self.of_customers is None
			else _("All of it is of these customers only, from the books of today.")
		]
		if self.by == SEGMENT:
			said.append(_("From the books, customers are in the segments of today."))
		if self.again and self.of_customers is None:
			changed = sum(1 for one in self.found.all() if one.is_changed)
			said.append(
				_(
					"{0} figures have changed since their month was closed. “{1}” shows each beside it."
				).format(changed, _(IN_DETAIL))
				if changed
				else _("Nothing has changed since the months were closed.")
			)
		return " ".join(said)

	def chart(self) -> dict | None:
		if not self.found.figures:
			return None
		return self._chart_of_figures() if self.trend == FIGURES else self._chart_of_snapshots()

	def _chart_of_snapshots(self) -> dict | None:
		"""Draw what the customers owed, or might have owed, at the end of the months that were closed."""
		months = snapshots.trend(self.of_company, self.first, self.last, self.of_customers)
		if self.trend == LIMITS:
			months = {month: row for month, row in months.items() if row.is_standing_known}
		names = _limit_names() if self.trend == LIMITS else _bucket_names()
		return shown.chart(
			[kpi_wording.month_name(month) for month in months],
			{label: [row[name] for row in months.values()] for name, label in names.items()},
			kind="line" if self.trend == LIMITS else "bar",
			currency=self.found.currency,
			barOptions={"stacked": int(self.trend == AGEING)},
		)

	def _chart_of_figures(self) -> dict | None:
		drawn = [record for record in self.found.records if record.code in self._drawn()]
		lines = {
			self._line(record, key): series
			for record in drawn
			for key in self.found.keys
			if _is_drawn(series := self.found.series(record.code, key))
		}
		if not lines:
			return None
		lines = dict(list(lines.items())[:MOST_LINES])
		# What is not known yet is not 0: the chart begins where all lines do.
		begin = max(_known(series)[0] for series in lines.values())
		return shown.chart(
			[kpi_wording.month_name(month) for month in self.found.months[begin:]],
			{name: [_rounded(one.value) for one in series[begin:]] for name, series in lines.items()},
			kind="line",
			lineOptions={"regionFill": 0, "hideDots": int(len(self.found.months) > MONTHS)},
			axisOptions={"xIsSeries": 1, "xAxisMode": "tick"},
		)

	def _line(self, record: kpi_records.Record, key: str) -> str:
		name = kpi_wording.name_of(record.code)
		return name if self.by == MONTH else f"{name}: {kpi_wording.key_of(BY[self.by], key)}"

	def _drawn(self) -> tuple[str, ...]:
		"""The figures of the chart: those asked for that share the unit of the first."""
		if self.asked and self.found.records:
			unit = self.found.records[0].kpi.unit
			return tuple(record.code for record in self.found.records if record.kpi.unit == unit)
		return DRAWN if self.by == MONTH else DRAWN_OF_PARTS

	def summary(self) -> list[dict]:
		if not self.found.figures:
			return []
		now = [
			one
			for record in self.found.records
			for key in self.found.keys
			if (one := self.found.of(record.code, key)) is not None
		]
		lights, month = [one.light for one in now], self._month(self.found.months[-1])
		cards = [
			shown.count_card(
				f"{_('Red')}: {month}",
				lights.count(rules.RED),
				shown.RED if rules.RED in lights else shown.GREEN,
			),
			shown.count_card(f"{_('Yellow')}: {month}", lights.count(rules.YELLOW), shown.YELLOW),
		]
		for one in now if self.by == MONTH else ():
			if one.record.code in ("dso", "cei", "over_60", "bad_debt"):
				text = kpi_wording.value_of(one.value, one.record.kpi.unit, one.figure.at_least)
				cards.append(
					shown.text_card(kpi_wording.label_of(one.record.kpi, one.months), text, one.light)
				)
		return cards

	# -------------------------------------------------------------- one figure
	def explained(self, code: str, key: str) -> dict:
		"""Return how one figure of the report comes about, month by month, the newest first."""
		self.read()
		record = next((record for record in self.found.records if record.code == code), None)
		if record is None:
			self.refuse(_("There is no figure {0} here.").format(code))
		about, series = self._about(record, key), self.found.series(code, key)
		return {
			**about,
			"record": record.name,
			"formula": kpi_wording.formula_of(code),
			"numbers_from": kpi_wording.source_of(code),
			"months": [self._explained(one) for one in reversed(series) if one is not None],
			"opens": _opens(code),
			"company": self.of_company,
		}

	def _explained(self, one: kpis.Of) -> dict:
		unit, currency = one.record.kpi.unit, self.found.currency
		taken = {made.name: made.value for made in one.taken.inputs} if one.taken else {}
		return {
			"month": self._month(one.month),
			"day": str(min(rules.last_day(one.month), getdate())),
			"value": kpi_wording.value_of(one.value, unit, one.figure.at_least),
			"light": one.light,
			"of_months": kpi_wording.months_of(one.months),
			"source": self._source(one),
			"taken": kpi_wording.value_of(one.taken.value, unit, one.taken.at_least) if one.taken else None,
			"is_changed": one.is_changed,
			"inputs": [
				{
					"name": kpi_wording.input_name(made.name),
					"value": kpi_wording.number_of(made, currency),
					"taken": kpi_wording.number_of(
						rules.Input(made.name, taken[made.name], made.kind), currency
					)
					if made.name in taken and abs(taken[made.name] - made.value) >= Decimal("0.005")
					else None,
				}
				for made in one.figure.inputs
			],
		}


def _opens(code: str) -> dict:
	"""Return the report that shows the documents behind a figure, and which of its filters are days."""
	ageing = {"report": "B2B Receivables Ageing", "day": "as_of"}
	return {
		"dispute_time": {"report": "Dispute Analysis", "day": "to_date"},
		"orders_held": {"report": "Order Holds"},
		"hold_response": {"report": "Order Holds"},
		"hit_rate": {"report": "Dunning Effectiveness", "day": "to_date"},
		"plan_success": {"report": "Payment Plans and Promises"},
		"insured": {"report": "Credit Exposure"},
		"largest_customer": {"report": "Credit Exposure"},
		"ten_largest": {"report": "Credit Exposure"},
		"largest_industry": {"report": "Credit Exposure"},
		"largest_country": {"report": "Credit Exposure"},
		"contract_cycle": {"report": "Contract Performance"},
	}.get(code, ageing)


def _bucket_names() -> dict[str, str]:
	return {
		"not_due": _("Not due"),
		"overdue_1_30": _("1–30 days"),
		"overdue_31_60": _("31–60 days"),
		"overdue_61_90": _("61–90 days"),
		"overdue_over_90": _("Over 90 days"),
	}


def _limit_names() -> dict[str, str]:
	return {"granted_limit": _("Granted limit"), "exposure": _("Exposure"), "secured": _("Secured")}


def _field(month) -> str:
	return f"month_{month:%Y_%m}"


def _known(series: list[kpis.Of | None]) -> list[int]:
	"""Return the places of the months of which a figure is known."""
	return [place for place, one in enumerate(series) if one and one.value is not None]


def _is_drawn(series: list[kpis.Of | None]) -> bool:
	"""Whether a figure is known without a gap from its first month on."""
	known = _known(series)
	return bool(known) and len(known) == len(series) - known[0]


def _colour(one: kpis.Of | None) -> str:
	"""Return the colour of a figure, none where there is no limit or no figure."""
	return one.light if one and one.light != rules.GREY else ""


def _rounded(value: Decimal | None) -> float | None:
	return None if value is None else round(float(value), 2)
