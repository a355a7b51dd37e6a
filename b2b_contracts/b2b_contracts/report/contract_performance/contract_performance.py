"""Contract Performance: what was committed, ordered and invoiced under contracts, what it earned, what was disputed and paid late,
and how long contracts take from request to signature."""

from collections.abc import Iterable

from frappe import _
from frappe.utils import add_days, add_months, getdate

from b2b_contracts.contracts.facts import day_of
from b2b_contracts.credit import people
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import contract_performance as engine
from b2b_contracts.engine.money import ZERO
from b2b_contracts.permissions import CONTRACT
from b2b_contracts.reporting import contract_performance, contract_revenue, contract_trade, shown
from b2b_contracts.reporting.contract_performance import Done
from b2b_contracts.reporting.report import Report, Result

BY_CONTRACT, CUSTOMER, TYPE, MANAGER, CYCLE = VIEWS = (
	"Contract",
	"Customer",
	"Contract type",
	"Account manager",
	"Cycle time",
)
MONTHS = 12
CHARTED = 12


def execute(filters: dict | None = None) -> Result:
	return ContractPerformance(filters).run()


class ContractPerformance(Report):
	"""Amounts are net of tax, in the company's currency. A seller sees the own portfolio alone."""

	reads = (CONTRACT,)

	def validate(self) -> None:
		today = getdate()
		self.by = self.choice("by", VIEWS)
		first, last = self.period(add_days(add_months(today, -MONTHS), 1), today)
		filters = {name: self.filters.get(name) for name in ("customer", "contract_type", "account_manager")}
		self.wanted = contract_revenue.Wanted(self.company(), first, last, filters)
		self.target = contract_performance.target_days()

	def read(self) -> None:
		self.may_know = contract_trade.may_know()
		self.signed: list = []
		self.found = contract_performance.Found([], "", "")
		if self.by == CYCLE:
			self.signed = contract_performance.signed(self.wanted)
			rows = self.signed
		else:
			self.found = contract_performance.read(self.wanted)
			rows = [one.row for one in self.found.done]
		self.total = contract_performance.total_of(self.found.done)
		self.names = people.full_names(
			{row[name] for row in rows for name in ("account_manager", "contract_owner") if row[name]}
		)

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterable[dict]:
		if self.by == CYCLE:
			return [self._cycle(row) for row in self.signed]
		return [{**self._about(key, rows), **self._row(total)} for key, rows, total in self._groups()]

	def _groups(self) -> list[tuple[str, list[Done], Done]]:
		"""Return the groups of the view, what was invoiced most first."""
		grouped: dict[str, list[Done]] = {}
		for one in self.found.done:
			grouped.setdefault(self._key(one), []).append(one)
		found = [(key, rows, contract_performance.total_of(rows)) for key, rows in grouped.items()]
		return sorted(found, key=lambda one: (-one[2].margin.net, -(one[2].committed or ZERO), one[0]))

	def _key(self, done: Done) -> str:
		row = done.row
		return {
			BY_CONTRACT: row.name,
			CUSTOMER: row.customer,
			TYPE: row.contract_type,
			MANAGER: row.account_manager or "",
		}[self.by]

	def _about(self, key: str, rows: list[Done]) -> dict:
		row = rows[0].row
		about = {"contracts": len(rows), "company_currency": self.found.currency}
		if self.by == BY_CONTRACT:
			return about | {
				"contract": key,
				**{name: row[name] for name in ("title", "customer", "customer_name")},
				"contract_type": _(row.contract_type),
				"status": _(row.status, context=CONTRACT),
				"account_manager": self.names.get(row.account_manager, row.account_manager),
			}
		if self.by == CUSTOMER:
			return about | {"customer": key, "customer_name": row.customer_name or key}
		if self.by == TYPE:
			return about | {"key": _(key), "contract_type": key}
		return about | {"key": self.names.get(key, key) or _("No account manager"), "account_manager": key}

	def _row(self, done: Done) -> dict:
		row = {
			"committed": None if done.committed is None else number(done.committed),
			"cycle_days": done.cycle_days,
			"cycle_light": engine.meets(done.cycle_days, self.target),
		}
		if not done.knows_trade:
			return row
		margin, disputed = done.margin, done.disputed
		return row | {
			"ordered": number(done.ordered),
			"invoiced": number(margin.net),
			"of_committed": shown.plain(engine.percent(margin.net, done.committed or ZERO)),
			"margin": None if margin.amount is None else number(margin.amount),
			"margin_percent": shown.plain(margin.percent),
			"cost_unknown": number(margin.unknown),
			"disputes": disputed.count,
			"disputes_running": disputed.running,
			"disputed": number(disputed.amount),
			"dispute_days": disputed.average_days,
			"late_days": None if done.late.days is None else round(float(done.late.days), 1),
			"overdue": number(done.overdue),
		}

	def _cycle(self, row) -> dict:
		days = contract_performance.cycle_days(row)
		asked, approved, signed = day_of(row.creation), day_of(row.approved_on), day_of(row.signed_on)
		is_known = days is not None and approved is not None and asked <= approved <= signed
		return {
			"contract": row.name,
			**{name: row[name] for name in ("title", "customer", "customer_name", "amendment_number")},
			"contract_type": _(row.contract_type),
			"contract_form": _(row.contract_form or ""),
			"asked_on": asked,
			"approved_on": approved if is_known else None,
			"signed_on": signed,
			"to_approval": (approved - asked).days if is_known else None,
			"to_signature": (signed - approved).days if is_known else None,
			"cycle_days": days,
			"cycle_light": engine.meets(days, self.target),
			"over_target": None if days is None else max(0, days - self.target),
			"account_manager": self.names.get(row.account_manager or "", ""),
			"contract_owner": self.names.get(row.contract_owner or "", ""),
		}

	# -------------------------------------------------------------- around the rows
	def columns(self) -> list[dict]:
		if self.by == CYCLE:
			return self._cycle_columns()
		hidden = [shown.hidden("company_currency", _("Company currency"))]
		if self.by in (BY_CONTRACT, CUSTOMER):
			hidden.append(shown.hidden("customer", _("Customer number")))
		return [
			*self._group_columns(),
			_amount("committed", _("Committed")),
			*(_trade_columns() if self.may_know else ()),
			shown.count("cycle_days", _("Request to signature (days)"), 190, pill="cycle_light"),
			*hidden,
			shown.hidden("cycle_light", _("Light")),
		]

	def _group_columns(self) -> list[dict]:
		if self.by == BY_CONTRACT:
			return [
				shown.column("title", _("Contract"), width=210, opens=CONTRACT, opens_by="contract"),
				shown.link("contract", _("Number"), CONTRACT, 155),
				shown.customer(170),
				shown.column("contract_type", _("Contract type"), width=150),
				shown.column("status", _("Status"), width=110),
				shown.column("account_manager", _("Account manager"), width=150),
			]
		if self.by == CUSTOMER:
			return [shown.customer(), shown.count("contracts", _("Contracts"), 100)]
		return [
			shown.column("key", _(self.by), width=210),
			shown.count("contracts", _("Contracts"), 100),
		]

	def _cycle_columns(self) -> list[dict]:
		return [
			shown.column("title", _("Contract"), width=230, opens=CONTRACT, opens_by="contract"),
			shown.link("contract", _("Number"), CONTRACT, 155),
			shown.customer(170),
			shown.column("contract_type", _("Contract type"), width=150),
			shown.column("contract_form", _("Form"), width=140),
			shown.count("amendment_number", _("Amendment"), 110),
			shown.day("asked_on", _("Asked for on")),
			shown.day("approved_on", _("Approved on")),
			shown.day("signed_on", _("Signed on")),
			shown.count("to_approval", _("Days to approval"), 135),
			shown.count("to_signature", _("Approval to signature (days)"), 195),
			shown.count("cycle_days", _("Request to signature (days)"), 190, pill="cycle_light"),
			shown.count("over_target", _("Days over the target"), 150),
			shown.column("account_manager", _("Account manager"), width=150),
			shown.column("contract_owner", _("Contract owner"), width=150),
			shown.hidden("customer", _("Customer number")),
			shown.hidden("cycle_light", _("Light")),
		]

	def message(self) -> str:
		if self.by == CYCLE:
			return _(
				"From the day on which a contract was entered to the day on which the last party signed it; the target is {0} days. What was signed before it was entered here is not measured."
			).format(self.target)
		said = [
			_(
				"Contracts in force between the two days, each with its amendments. Committed is what their value comes to for these days."
			)
		]
		if self.may_know:
			said.append(
				_(
					"Ordered and invoiced are net of tax, of rows that a contract gave their price, invoices less credit notes. Margin is of goods whose cost ERPNext knows; the rest stands beside it. Days late are of the payments of these invoices, weighed by their amounts; a dispute counts for the contracts under which the disputed invoices were made."
				)
			)
		else:
			said.append(contract_trade.not_open())
		return " ".join([*said, *([self.found.message] if self.found.message else [])])

	def chart(self) -> dict | None:
		if self.by == CYCLE:
			return self._cycle_chart()
		groups = self._groups()[:CHARTED]
		series = {_("Committed"): [total.committed for _key, _rows, total in groups]}
		if self.may_know:
			series |= {
				_("Ordered"): [total.ordered for _key, _rows, total in groups],
				_("Invoiced"): [total.margin.net for _key, _rows, total in groups],
			}
		labels = [self._label(self._about(key, rows)) for key, rows, _total in groups]
		return shown.chart(labels, series, currency=self.found.currency)

	def _label(self, about: dict) -> str:
		return about.get("title") or about.get("customer_name") or about.get("key") or "–"

	def _cycle_chart(self) -> dict | None:
		"""The average of the contracts signed in each month, beside the target."""
		months: dict[str, list[int]] = {}
		for row in self.signed:
			days = contract_performance.cycle_days(row)
			if days is not None:
				months.setdefault(row.signed_on.strftime("%Y-%m"), []).append(days)
		labels = sorted(months)
		return shown.chart(
			labels,
			{
				_("Request to signature (days)"): [
					round(engine.average(months[month]), 1) for month in labels
				],
				_("Target"): [self.target for _month in labels],
			},
			# A line through one month has nowhere to go, and the chart breaks over it.
			"line",
		)

	def summary(self) -> list[dict]:
		if self.by == CYCLE:
			return self._cycle_summary()
		total, currency = self.total, self.found.currency
		if not self.found.done:
			return []
		cards = [
			shown.count_card(_("Contracts"), len(self.found.done)),
			shown.amount_card(_("Committed"), total.committed or ZERO, currency),
		]
		if total.knows_trade:
			late = total.late.days
			cards += [
				shown.amount_card(_("Ordered"), total.ordered, currency),
				shown.amount_card(_("Invoiced"), total.margin.net, currency),
				shown.percent_card(_("Margin in %"), total.margin.percent),
				shown.amount_card(_("Disputed"), total.disputed.amount, currency),
				shown.text_card(
					_("Days late, on average"),
					shown.number_text(late),
					shown.GREY if late is None else shown.RED if late > 0 else shown.GREEN,
				),
				shown.amount_card(
					_("Overdue today"),
					total.overdue,
					currency,
					shown.RED if total.overdue > 0 else shown.GREEN,
				),
			]
		return cards

	def _cycle_summary(self) -> list[dict]:
		days = [contract_performance.cycle_days(row) for row in self.signed]
		known = [one for one in days if one is not None]
		average = engine.average(known)
		within = sum(one <= self.target for one in known)
		light = engine.meets(average, self.target)
		return [
			shown.count_card(_("Signed"), len(days)),
			shown.count_card(_("Measured"), len(known)),
			shown.text_card(_("Days on average"), shown.number_text(average), light),
			shown.count_card(_("Target in days"), self.target),
			shown.percent_card(_("Within the target"), engine.percent(within, len(known)), light),
		]


def _amount(name: str, label: str, width: int = 130) -> dict:
	return shown.money(name, label, width, "company_currency")


def _trade_columns() -> list[dict]:
	return [
		_amount("ordered", _("Ordered")),
		_amount("invoiced", _("Invoiced")),
		shown.percent("of_committed", _("Of what is committed"), 160),
		_amount("margin", _("Margin")),
		shown.percent("margin_percent", _("Margin in %"), 110),
		_amount("cost_unknown", _("Cost not known of"), 150),
		shown.count("disputes", _("Disputes"), 90),
		shown.count("disputes_running", _("Running"), 90),
		_amount("disputed", _("Disputed")),
		shown.column("dispute_days", _("Days to resolve"), "Float", 130, precision=1),
		shown.column("late_days", _("Days late"), "Float", 100, precision=1),
		_amount("overdue", _("Overdue today")),
	]
