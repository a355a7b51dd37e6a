"""Contracted Revenue: what contracts bring in by month, what is committed and what renewals may add to it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.contracts.rates import Rates
from b2b_contracts.credit import people
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import contract_revenue as engine
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine.contract_revenue import Amounts
from b2b_contracts.engine.money import ZERO
from b2b_contracts.permissions import CONTRACT
from b2b_contracts.reporting import contract_revenue, shown
from b2b_contracts.reporting.report import Report, Result

MONTH, BY_CONTRACT, CUSTOMER, TYPE, MANAGER = GROUPS = (
	"Month",
	"Contract",
	"Customer",
	"Contract type",
	"Account manager",
)
EXPECTED, COMMITTED, WEIGHTED, POSSIBLE = AMOUNTS = ("Expected", "Committed", "Weighted", "Possible")
MONTHS, LONGEST = 12, 60
# Contracts without a value that are named.
NAMED = 10


def execute(filters: dict | None = None) -> Result:
	return ContractedRevenue(filters).run()


class ContractedRevenue(Report):
	"""All amounts are in the company's currency, at the rate of today. A seller sees the own portfolio alone."""

	reads = (CONTRACT,)

	def validate(self) -> None:
		self.today = getdate()
		self.of_company = self.company()
		self.by = self.choice("by", GROUPS)
		self.amount = self.choice("amount", AMOUNTS)
		self.first = self.day("from_month", self.today).replace(day=1)
		self.months = self.number("months", MONTHS, 1, LONGEST)

	def read(self) -> None:
		bounds = engine.month_starts(self.first, self.months + 1)
		self.starts, last = bounds[:-1], bounds[-1] - terms.ONE_DAY
		self.rates = Rates(self.of_company, self.today)
		filters = {name: self.filters.get(name) for name in ("customer", "contract_type", "account_manager")}
		wanted = contract_revenue.Wanted(self.of_company, self.first, last, filters)
		entries = contract_revenue.read(wanted, self.rates)
		self.unvalued = [entry.row.name for entry in entries if not entry.is_valued]
		self.valued: list[tuple[contract_revenue.Entry, tuple[Amounts, ...]]] = []
		for entry in entries:
			months = engine.spread(entry.contract, bounds, self.today, entry.rate)
			if any(months):
				self.valued.append((entry, months))
		self.by_month = _summed([months for _entry, months in self.valued], self.months)
		self.total = sum(self.by_month, Amounts())
		self.names = people.full_names(
			{entry.row.account_manager for entry, _months in self.valued if entry.row.account_manager}
		)

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterable[dict]:
		if self.by == MONTH:
			yield from self._months()
			return
		grouped: dict[str, list] = {}
		for entry, months in self.valued:
			grouped.setdefault(self._key(entry), []).append((entry, months))
		sums = {
			key: _summed([months for _entry, months in rows], self.months) for key, rows in grouped.items()
		}
		totals = {key: sum(months, Amounts()) for key, months in sums.items()}
		for key in sorted(sums, key=lambda key: (-totals[key].expected, key)):
			yield {
				**self._about(key, grouped[key]),
				**self._amounts(totals[key]),
				**{f"month_{place}": number(self._chosen(month)) for place, month in enumerate(sums[key])},
			}

	def _months(self) -> Iterable[dict]:
		so_far = ZERO
		for place, (start, month) in enumerate(zip(self.starts, self.by_month, strict=True)):
			so_far += month.expected
			yield {
				"month": start.strftime("%Y-%m"),
				"contracts": sum(bool(months[place]) for _entry, months in self.valued),
				**self._amounts(month),
				"so_far": number(so_far),
				"company_currency": self.rates.currency,
			}

	def _key(self, entry: contract_revenue.Entry) -> str:
		row = entry.row
		return {
			BY_CONTRACT: row.name,
			CUSTOMER: row.customer,
			TYPE: row.contract_type,
			MANAGER: row.account_manager or "",
		}[self.by]

	def _about(self, key: str, rows: list) -> dict:
		row = rows[0][0].row
		about = {"contracts": len(rows), "company_currency": self.rates.currency}
		if self.by == BY_CONTRACT:
			return about | {
				"contract": key,
				**{name: row[name] for name in ("title", "customer", "customer_name", "currency")},
				"annual_value": row.annual_value or row.total_value,
				"in_force_from": row.in_force_from,
				"committed_until": engine.committed_until(rows[0][0].contract, self.today),
				"probability": row.renewal_probability or None,
			}
		if self.by == CUSTOMER:
			return about | {"customer": key, "customer_name": row.customer_name or key}
		if self.by == TYPE:
			return about | {"key": _(key), "contract_type": key}
		return about | {"key": self.names.get(key, key) or _("No account manager"), "account_manager": key}

	def _amounts(self, amounts: Amounts) -> dict:
		return {
			"committed": number(amounts.committed),
			"possible": number(amounts.possible),
			"weighted": number(amounts.weighted),
			"expected": number(amounts.expected),
			"unassessed": number(amounts.unassessed),
		}

	def _chosen(self, amounts: Amounts) -> Decimal:
		return getattr(amounts, self.amount.lower())

	# -------------------------------------------------------------- around the rows
	def columns(self) -> list[dict]:
		def amount(name: str, label: str, width: int = 140) -> dict:
			return shown.money(name, label, width, "company_currency")

		sums = [
			amount("committed", _("Committed")),
			amount("possible", _("If all renew"), 130),
			amount("weighted", _("Renewals, weighted"), 160),
			amount("expected", _("Expected")),
			amount("unassessed", _("Renewals not assessed"), 170),
		]
		hidden = [shown.hidden("company_currency", _("Company currency"))]
		if self.by == MONTH:
			return [
				shown.column("month", _("Month"), width=100),
				shown.count("contracts", _("Contracts"), 100),
				*sums,
				amount("so_far", _("Expected so far"), 150),
				*hidden,
			]
		months = [
			amount(f"month_{place}", self._month_name(start), 125) for place, start in enumerate(self.starts)
		]
		if self.by == BY_CONTRACT:
			hidden += [
				shown.hidden("currency", _("Currency")),
				shown.hidden("customer", _("Customer number")),
			]
		elif self.by == CUSTOMER:
			hidden.append(shown.hidden("customer", _("Customer number")))
		return [*self._group_columns(), *sums, *months, *hidden]

	def _group_columns(self) -> list[dict]:
		if self.by == BY_CONTRACT:
			return [
				shown.column("title", _("Contract"), width=210, opens=CONTRACT, opens_by="contract"),
				shown.link("contract", _("Number"), CONTRACT, 155),
				shown.customer(170),
				shown.money("annual_value", _("A year"), 120),
				shown.day("in_force_from", _("In force from"), 120),
				shown.day("committed_until", _("Committed until"), 130),
				shown.percent("probability", _("Probability"), 100),
			]
		if self.by == CUSTOMER:
			return [shown.customer(), shown.count("contracts", _("Contracts"), 100)]
		return [
			shown.column("key", _(self.by), width=210),
			shown.count("contracts", _("Contracts"), 100),
		]

	@staticmethod
	def _month_name(start: date) -> str:
		return formatdate(start, "MMM yyyy")

	def message(self) -> str:
		said = [
			_(
				"Committed is agreed: until the end that notice given today would bring, or a decided renewal. Renewals after that count by the probability that was entered, once for each of them; those that nobody has assessed count as nothing. Amounts are at today's exchange rates."
			),
			self.rates.message(),
		]
		if self.unvalued:
			more = "…" if len(self.unvalued) > NAMED else ""
			said.append(
				_("Without a value nothing is forecast: {0}.").format(", ".join(self.unvalued[:NAMED]) + more)
			)
		return " ".join(one for one in said if one)

	def chart(self) -> dict | None:
		if not self.valued:
			return None
		return shown.chart(
			[self._month_name(start) for start in self.starts],
			{
				_("Committed"): [month.committed for month in self.by_month],
				_("Renewals, weighted"): [month.weighted for month in self.by_month],
			},
			currency=self.rates.currency,
			barOptions={"stacked": 1},
		)

	def summary(self) -> list[dict]:
		currency = self.rates.currency
		return [
			shown.count_card(_("Contracts"), len({entry.chain for entry, _months in self.valued})),
			shown.amount_card(_("Committed"), self.total.committed, currency, shown.GREEN),
			shown.amount_card(_("Renewals, weighted"), self.total.weighted, currency),
			shown.amount_card(_("Expected"), self.total.expected, currency),
			shown.amount_card(_("Renewals not assessed"), self.total.unassessed, currency, shown.GREY),
		]


def _summed(rows: list[tuple[Amounts, ...]], count: int) -> list[Amounts]:
	"""Return month by month what some contracts bring together."""
	sums = [[ZERO, ZERO, ZERO, ZERO] for _month in range(count)]
	for months in rows:
		for total, one in zip(sums, months, strict=True):
			if one:
				total[0] += one.committed
				total[1] += one.possible
				total[2] += one.weighted
				total[3] += one.unassessed
	return [Amounts(*total) for total in sums]
