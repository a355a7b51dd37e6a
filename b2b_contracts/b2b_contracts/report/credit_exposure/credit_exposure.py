"""Credit Exposure: who owes and has been promised how much against which limit, and on how few it hangs (requirements §5)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import pairwise

import frappe
from frappe import _
from frappe.utils import fmt_money

from b2b_contracts import permissions
from b2b_contracts.engine import concentration, facts
from b2b_contracts.engine import credit_standing as standing
from b2b_contracts.engine.concentration import Bands, Share
from b2b_contracts.engine.limits import LIMITED
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.reporting import exposure, settings, shown
from b2b_contracts.reporting.exposure import Found, Group, Row, Trade, Wanted
from b2b_contracts.reporting.report import Report, Result

CUSTOMERS, GROUPS, HEAT_MAP = "Customers", "Credit groups", "Risk and revenue"
CONCENTRATION, UNASSESSED = "Concentration", "Without a profile"
VIEWS = (CUSTOMERS, GROUPS, HEAT_MAP, CONCENTRATION, UNASSESSED)
CUSTOMER, CREDIT_GROUP, INDUSTRY, COUNTRY, INSURER = (
	"Customer",
	"Credit group",
	"Industry",
	"Country",
	"Insurer",
)
EXPOSURE, NET, COUNT = "Exposure", "Net exposure", "Number of customers"
RISK_CLASSES = ("A", "B", "C")
# The one of the filter, for whom nobody has classed.
UNCLASSED = "None"
COLOUR = {
	standing.STOPPED: shown.RED,
	standing.DELIVERIES_STOPPED: shown.RED,
	standing.ON_HOLD: shown.RED,
	standing.OVER: shown.RED,
	standing.GROUP_OVER: shown.RED,
	standing.OVER_APPROVED: shown.YELLOW,
	standing.NEAR: shown.YELLOW,
	standing.WITHIN: shown.GREEN,
	standing.WITHOUT_CREDIT: shown.GREY,
	standing.UNLIMITED: shown.BLUE,
	standing.NO_PROFILE: shown.GREY,
}
IN_CHART, TOP = 10, (5, 10)
# Above a limit of nothing there is no percentage.
NO_PERCENTAGE = None


def execute(filters: dict | None = None) -> Result:
	"""Return the report. Sellers see their portfolio; credit groups are for those who may see every customer."""
	return CreditExposure(filters).run()


class CreditExposure(Report):
	reads = ("Credit Profile",)

	def validate(self):
		self.wanted_companies = self.companies()
		self.show = self.choice("show", VIEWS)
		self.by = self.choice("by", (CUSTOMER, CREDIT_GROUP, INDUSTRY, COUNTRY, INSURER))
		self.measure = self.choice("measure", (NET, EXPOSURE, COUNT))
		self.status = self.choice("status", ("", *standing.STATUSES))
		self.risk_class = self.choice("risk_class", ("", *RISK_CLASSES, UNCLASSED))
		self.sees_groups = permissions.sees_every_customer()
		if self.filters.credit_group and not self.sees_groups:
			frappe.throw(self.why_no_groups(), frappe.PermissionError)
		self.words = status_words()
		self.bands = self.revenue_bands()
		self.band = self.band_asked_for()

	def revenue_bands(self) -> Bands:
		return concentration.bands_from(settings.value("exposure_revenue_bands"))

	def band_asked_for(self) -> int | None:
		label, labels = self.filters.revenue_band, self.band_labels()
		if not label:
			return None
		if label not in labels:
			self.refuse(
				_("{0} is not offered here. Choose one of {1}.").format(frappe.bold(label), "; ".join(labels))
			)
		return labels.index(label)

	def band_labels(self) -> list[str]:
		bounds = [fmt_money(bound, precision=0) for bound in self.bands.bounds]
		between = [_("{0} to {1}").format(low, high) for low, high in pairwise(bounds)]
		return [
			_("No revenue"),
			_("Up to {0}").format(bounds[0]) if bounds else _("Any revenue"),
			*between,
			*([_("Over {0}").format(bounds[-1])] if bounds else []),
		]

	def why_no_groups(self) -> str:
		return _("Credit groups are shown to those who may see every customer.")

	def read(self):
		in_places = (INDUSTRY, COUNTRY)
		self.found = Found(
			Wanted(
				companies=self.wanted_companies,
				customers=self.customers(),
				with_trade=self.show in (HEAT_MAP, UNASSESSED) or self.band is not None,
				with_places=(self.show == CONCENTRATION and self.by in in_places)
				or bool(self.filters.industry or self.filters.country),
			)
		)
		self.customers_shown = [row for row in self.found.customers if self.is_asked_for(row)]

	def is_asked_for(self, row: Row) -> bool:
		filters = self.filters
		wanted = (
			(filters.segment, row.segment),
			(filters.credit_group, row.of.group),
			(self.status, row.status),
			(self.risk_class, row.risk_class or UNCLASSED),
			(filters.industry, row.industry),
			(filters.country, row.country),
		)
		if any(asked and asked != value for asked, value in wanted):
			return False
		if self.show == UNASSESSED and not self.is_unassessed(row):
			return False
		return self.band is None or self.band_of(row) == self.band

	def is_unassessed(self, row: Row) -> bool:
		"""Whether a customer trades, or owes something, and nobody has made a profile."""
		return row.of.profile is None

	def band_of(self, row: Row) -> int:
		return self.bands.of(self.found.in_one(row, row.revenue))

	# ------------------------------------------------------------------ what is shown
	def views(self) -> dict[str, tuple[Callable, Callable, Callable]]:
		"""The columns, the rows and the chart of each view."""
		return {
			CUSTOMERS: (self.customer_columns, self.customer_rows, self.customer_chart),
			GROUPS: (self.group_columns, self.group_rows, self.group_chart),
			HEAT_MAP: (self.heat_columns, self.heat_rows, self.heat_chart),
			CONCENTRATION: (self.share_columns, self.share_rows, self.share_chart),
			UNASSESSED: (self.unassessed_columns, self.unassessed_rows, self.unassessed_chart),
		}

	def columns(self) -> list[dict]:
		return self.views()[self.show][0]()

	def rows(self) -> list[dict]:
		return self.views()[self.show][1]()

	def chart(self) -> dict | None:
		return self.views()[self.show][2]()

	def message(self) -> str:
		sentences = [
			_(
				"The figures are those of the credit check today: exposure is what is owed, delivered and promised; net of the security that counts; waiting orders use up no limit."
			)
		]
		if self.show in (HEAT_MAP, CONCENTRATION) and len(self.found.rates) > 1:
			sentences.append(
				_("Amounts of all companies are in {0}, at today's exchange rates.").format(
					self.found.currency
				)
			)
		if self.show == HEAT_MAP:
			sentences.append(
				_("Revenue is what was invoiced in the last {0} months, net.").format(exposure.REVENUE_MONTHS)
			)
		if self.show == CONCENTRATION and self.by == INSURER:
			sentences.append(
				_(
					"Shares are of what insurers would pay today. A customer whom two insure stands at each of them."
				)
			)
		if not self.sees_groups and (
			self.show == GROUPS or (self.show, self.by) == (CONCENTRATION, CREDIT_GROUP)
		):
			sentences.append(self.why_no_groups())
		if self.show == UNASSESSED:
			sentences += [self.policy_in_words(company) for company in self.wanted_companies]
		return " ".join(sentences)

	def policy_in_words(self, company: str) -> str:
		policy = self.found.companies[company].policy
		if policy is None or not policy.is_on:
			return _("{0} checks no customer: no credit policy is in force.").format(company)
		return {
			facts.NOT_CHECKED: _("{0} does not check customers without a profile."),
			facts.DEFAULT_SEGMENT: _(
				"{0} gives customers without a profile the limit of the default segment."
			),
			facts.PARK_FOR_ASSESSMENT: _("{0} parks orders of customers without a profile for assessment."),
		}[policy.without_profile].format(company)

	def summary(self) -> list[dict]:
		if self.show == GROUPS:
			return self.group_summary()
		if self.show == CONCENTRATION:
			return self.share_summary()
		if self.show == UNASSESSED:
			return [
				shown.count_card(_("Customers"), len(self.customers_shown)),
				*self.totals({_("Exposure"): lambda row: row.figures.exposure}),
			]
		over = [row for row in self.customers_shown if COLOUR[row.status] == shown.RED]
		return [
			*self.totals(
				{
					_("Exposure"): lambda row: row.figures.exposure,
					_("Secured"): lambda row: row.figures.secured,
					_("Over the limits"): lambda row: max(ZERO, -(row.figures.headroom or ZERO)),
					_("Waiting orders"): lambda row: row.of.case.position.waiting_orders,
				}
			),
			shown.count_card(_("Over the limit or stopped"), len(over), shown.RED if over else shown.GREEN),
		]

	def totals(self, of: dict[str, Callable[[Row], Decimal]]) -> list[dict]:
		"""Return the cards of some sums, for each currency."""
		cards = []
		for currency in sorted({row.currency for row in self.customers_shown}):
			rows = [row for row in self.customers_shown if row.currency == currency]
			cards += [
				shown.amount_card(label, sum(map(value, rows), ZERO), currency) for label, value in of.items()
			]
		return cards

	# ------------------------------------------------------------------ customers
	def customer_columns(self) -> list[dict]:
		of_group = [
			shown.column("credit_group", _("Credit group"), width=130, opens="Credit Group"),
			shown.percent("group_utilisation", _("Group limit used"), 120),
		]
		return [
			shown.customer(),
			*([shown.column("company", _("Company"), width=140)] if len(self.wanted_companies) > 1 else []),
			shown.column("status_shown", _("Status"), width=195, pill="colour"),
			shown.column("segment", _("Segment"), width=90, opens="Credit Segment"),
			shown.column("risk_class", _("Risk class"), width=90),
			shown.money("limit", _("Limit", context="Credit")),
			shown.column(
				"limit_kind", _("Kind of limit"), width=115, opens="Credit Profile", opens_by="profile"
			),
			shown.percent("utilisation", _("Limit used"), 100),
			shown.money("headroom", _("Headroom")),
			shown.money("receivables", _("Receivables")),
			shown.money("delivered_not_billed", _("Delivered, not billed"), 150),
			shown.money("granted_orders", _("Granted orders")),
			shown.money("exposure", _("Exposure")),
			shown.money("secured", _("Secured")),
			shown.money("net", _("Net exposure")),
			shown.money("overdue", _("Overdue")),
			shown.money("waiting_orders", _("Waiting orders")),
			shown.money("approved_excess", _("Approved excess")),
			*(of_group if self.sees_groups else []),
			shown.hidden("customer", _("Customer ID")),
			shown.hidden("currency", _("Currency")),
		]

	def customer_rows(self) -> list[dict]:
		order = {status: number for number, status in enumerate(standing.STATUSES)}
		rows = sorted(
			self.customers_shown, key=lambda row: (order[row.status], -row.figures.net, row.name.casefold())
		)
		return [self.customer_row(row) for row in rows]

	def customer_row(self, row: Row) -> dict:
		case, figures = row.of.case, row.figures
		limit, position = case.account.limit, case.position
		shown_row = {
			"customer": row.customer,
			"customer_name": row.name,
			"company": row.company,
			"currency": row.currency,
			"status": row.status,
			"status_shown": self.words[row.status],
			"colour": COLOUR[row.status],
			"segment": row.segment,
			"risk_class": row.risk_class,
			"profile": row.of.profile.name if row.of.profile else None,
			"limit": None if limit.is_unlimited else shown.plain(limit.ceiling),
			"limit_kind": _(limit.kind, context="Credit Profile")
			if row.of.profile or limit.kind == LIMITED
			else None,
			"utilisation": _percent(figures.utilisation),
			"headroom": shown.plain(figures.headroom),
			"receivables": shown.plain(position.receivables),
			"delivered_not_billed": shown.plain(position.delivered_not_billed),
			"granted_orders": shown.plain(position.granted_orders),
			"exposure": shown.plain(figures.exposure),
			"secured": shown.plain(figures.secured),
			"net": shown.plain(figures.net),
			"overdue": shown.plain(row.overdue),
			"waiting_orders": shown.plain(position.waiting_orders),
			"approved_excess": shown.plain(case.account.approved_excess),
		}
		if self.sees_groups:
			shown_row |= {
				"credit_group": row.of.group or None,
				"group_utilisation": _percent(figures.group_utilisation),
			}
		return shown_row

	def customer_chart(self) -> dict | None:
		"""The largest customers: what of their exposure is secured, and what is not."""
		currencies = {row.currency for row in self.customers_shown}
		if len(currencies) != 1:
			return None
		largest = sorted(self.customers_shown, key=lambda row: -row.figures.exposure)[:IN_CHART]
		largest = [row for row in largest if row.figures.exposure > 0]
		return _secured_chart(
			[row.name for row in largest],
			[row.figures.net for row in largest],
			[row.figures.secured for row in largest],
			*currencies,
		)

	# ------------------------------------------------------------------ credit groups
	def groups_shown(self) -> list[Group]:
		asked = self.filters.credit_group
		of_customers = {row.of.group for row in self.customers_shown}
		return [
			group
			for group in self.found.groups
			if group.name in of_customers and (not asked or group.name == asked)
		]

	def group_columns(self) -> list[dict]:
		return [
			shown.column("credit_group", _("Credit group"), width=190, opens="Credit Group"),
			shown.column("status_shown", _("Status"), width=140, pill="colour"),
			shown.count("members", _("Members")),
			shown.money("limit", _("Limit", context="Credit")),
			shown.percent("utilisation", _("Limit used")),
			shown.money("headroom", _("Headroom")),
			shown.money("receivables", _("Receivables")),
			shown.money("delivered_not_billed", _("Delivered, not billed"), 150),
			shown.money("granted_orders", _("Granted orders")),
			shown.money("exposure", _("Exposure")),
			shown.money("secured", _("Secured")),
			shown.money("net", _("Net exposure")),
			shown.money("waiting_orders", _("Waiting orders")),
			shown.column("currency", _("Currency"), width=90),
		]

	def group_rows(self) -> list[dict]:
		rows = sorted(self.groups_shown(), key=lambda group: (group.free >= 0, -(group.utilisation or ZERO)))
		return [
			{
				"credit_group": group.name,
				"status_shown": self.words[status],
				"colour": COLOUR[status],
				"members": group.members,
				"limit": shown.plain(group.limit),
				"utilisation": _percent(group.utilisation),
				"headroom": shown.plain(group.free),
				"receivables": shown.plain(group.receivables),
				"delivered_not_billed": shown.plain(group.delivered_not_billed),
				"granted_orders": shown.plain(group.granted_orders),
				"exposure": shown.plain(group.exposure),
				"secured": shown.plain(group.exposure - group.net),
				"net": shown.plain(group.net),
				"waiting_orders": shown.plain(group.waiting_orders),
				"currency": group.currency,
			}
			for group in rows
			for status in [standing.OVER if group.free < 0 else standing.WITHIN]
		]

	def group_chart(self) -> dict | None:
		groups = sorted(self.groups_shown(), key=lambda group: -group.exposure)[:IN_CHART]
		currencies = {group.currency for group in groups}
		if len(currencies) != 1:
			return None
		return _secured_chart(
			[group.name for group in groups],
			[group.net for group in groups],
			[group.exposure - group.net for group in groups],
			*currencies,
		)

	def group_summary(self) -> list[dict]:
		groups = self.groups_shown()
		over = sum(group.free < 0 for group in groups)
		cards = [
			shown.count_card(_("Credit groups"), len(groups)),
			shown.count_card(_("Over the limit"), over, shown.RED if over else shown.GREEN),
		]
		for currency in sorted({group.currency for group in groups}):
			some = [group for group in groups if group.currency == currency]
			cards += [
				shown.amount_card(_("Exposure"), sum((g.exposure for g in some), ZERO), currency),
				shown.amount_card(_("Net exposure"), sum((g.net for g in some), ZERO), currency),
				shown.amount_card(_("Limit", context="Credit"), sum((g.limit for g in some), ZERO), currency),
			]
		return cards

	# ------------------------------------------------------------------ risk and revenue
	def value_of(self, row: Row) -> Decimal:
		if self.measure == COUNT:
			return Decimal(1)
		amount = row.figures.exposure if self.measure == EXPOSURE else row.figures.net
		return self.found.in_one(row, amount)

	def cells(self) -> dict[tuple[str, int], list[Row]]:
		found: dict[tuple[str, int], list[Row]] = defaultdict(list)
		for row in self.customers_shown:
			found[row.risk_class, self.band_of(row)].append(row)
		return found

	def heat_columns(self) -> list[dict]:
		def value(fieldname: str, label: str, **more) -> dict:
			if self.measure == COUNT:
				return shown.count(fieldname, label, 130, **more)
			return shown.money(fieldname, label, 180, **more)

		return [
			shown.column("risk_shown", _("Risk class"), width=130),
			*(value(f"band_{number}", label, heat=1) for number, label in enumerate(self.band_labels())),
			value("total", _("Total")),
			shown.count("customers", _("Customers"), 100),
			shown.percent("share", _("Share")),
			shown.hidden("currency", _("Currency")),
		]

	def heat_rows(self) -> list[dict]:
		cells = self.cells()
		whole = self.sum_of(self.customers_shown)
		rows = []
		for risk_class in (*RISK_CLASSES, ""):
			of_class = [row for row in self.customers_shown if row.risk_class == risk_class]
			if not of_class and not self.customers_shown:
				continue
			rows.append(self.heat_row(risk_class or UNCLASSED, cells, risk_class, of_class, whole))
		if rows:
			total = {
				f"band_{number}": shown.plain(
					self.sum_of(row for row in self.customers_shown if self.band_of(row) == number)
				)
				for number in range(self.bands.count)
			}
			rows.append(
				{
					"risk_shown": _("Total"),
					**total,
					"total": shown.plain(whole),
					"customers": len(self.customers_shown),
					"share": 100.0 if whole > 0 else None,
					"currency": self.found.currency,
					"is_total": 1,
				}
			)
		return rows

	def heat_row(self, key: str, cells, risk_class: str, of_class: list[Row], whole: Decimal) -> dict:
		total = self.sum_of(of_class)
		return {
			"risk_class": key,
			"bands": self.band_labels(),
			"risk_shown": _("Not classed") if key == UNCLASSED else key,
			**{
				f"band_{number}": shown.plain(self.sum_of(cells[risk_class, number]))
				for number in range(self.bands.count)
			},
			**{f"count_{number}": len(cells[risk_class, number]) for number in range(self.bands.count)},
			"total": shown.plain(total),
			"customers": len(of_class),
			"share": shown.plain(HUNDRED * total / whole) if whole > 0 else None,
			"currency": self.found.currency,
		}

	def sum_of(self, rows: Iterable[Row]) -> Decimal:
		return sum((self.value_of(row) for row in rows), ZERO)

	def heat_chart(self) -> dict | None:
		if not self.customers_shown:
			return None
		cells = self.cells()
		classes = [one for one in (*RISK_CLASSES, "") if any(key[0] == one for key in cells)]
		colour = {"A": "#48bb74", "B": "#ecc94b", "C": "#e24c4c", "": "#a0aec0"}
		return shown.chart(
			self.band_labels(),
			{
				(_("Risk class {0}").format(one) if one else _("Not classed")): [
					max(ZERO, self.sum_of(cells[one, number])) for number in range(self.bands.count)
				]
				for one in classes
			},
			currency=None if self.measure == COUNT else self.found.currency,
			colors=[colour[one] for one in classes],
			barOptions={"stacked": 1},
		)

	# ------------------------------------------------------------------ concentration
	def parts(self) -> list[dict]:
		"""What the book is made of: a part for each customer, group, industry, country or insurer; in one currency."""
		if self.by == INSURER:
			return [
				{
					"key": one.insurer,
					"label": _(one.insurer)
					if one.insurer == exposure.OF_GROUP
					else one.insurer or _("Not known"),
					"customers": one.customers,
					"exposure": one.exposure,
					"limits": one.limits,
					"amount": one.covered,
				}
				for one in exposure.insured(self.found, self.customers_shown)
			]
		parts: dict[str, dict] = {}
		for row in self.customers_shown:
			key, label = self.part_of(row)
			part = parts.setdefault(
				key,
				{
					"key": key,
					"label": label,
					"customers": set(),
					"exposure": ZERO,
					"secured": ZERO,
					"net": ZERO,
				},
			)
			part["customers"].add(row.customer)
			for name in ("exposure", "secured", "net"):
				part[name] += self.found.in_one(row, getattr(row.figures, name))
		for part in parts.values():
			part["customers"] = len(part["customers"])
			part["amount"] = {EXPOSURE: part["exposure"], COUNT: Decimal(part["customers"])}.get(
				self.measure, part["net"]
			)
		return list(parts.values())

	def part_of(self, row: Row) -> tuple[str, str]:
		if self.by == CREDIT_GROUP and self.sees_groups:
			return (f"group:{row.of.group}", row.of.group) if row.of.group else (row.customer, row.name)
		if self.by in (INDUSTRY, COUNTRY):
			key = row.industry if self.by == INDUSTRY else row.country
			return key, _(key) if key else _("Not known")
		return row.customer, row.name

	def shares(self) -> list[tuple[dict, Share]]:
		parts = {part["key"]: part for part in self.parts()}
		found = concentration.shares({key: part["amount"] for key, part in parts.items()})
		return [(parts[share.key], share) for share in found]

	def share_columns(self) -> list[dict]:
		label = {
			CUSTOMER: _("Customer"),
			CREDIT_GROUP: _("Credit group or customer"),
			INDUSTRY: _("Industry"),
			COUNTRY: _("Country"),
			INSURER: _("Insurer"),
		}[self.by]
		opens = {"opens": "Customer", "opens_by": "key"} if self.by == CUSTOMER else {}
		money = (
			[
				shown.money("limits", _("Buyer limits")),
				shown.money("exposure", _("Exposure of the insured"), 170),
				shown.money("amount", _("Insured exposure"), 150),
			]
			if self.by == INSURER
			else [
				shown.money("exposure", _("Exposure")),
				shown.money("secured", _("Secured")),
				shown.money("net", _("Net exposure")),
			]
		)
		return [
			shown.column("label", label, width=240, **opens),
			shown.count("customers", _("Customers"), 100),
			*money,
			shown.percent("percent", _("Share")),
			shown.percent("so_far", _("Share so far"), 120),
			shown.hidden("key", _("Key")),
			shown.hidden("currency", _("Currency")),
		]

	def share_rows(self) -> list[dict]:
		return [
			{
				**{name: shown.plain(value) for name, value in part.items()},
				"percent": float(round(share.percent, 2)),
				"so_far": float(round(share.so_far, 2)),
				"currency": self.found.currency,
			}
			for part, share in self.shares()
		]

	def share_summary(self) -> list[dict]:
		found = [share for _part, share in self.shares()]
		index = concentration.herfindahl(found)
		parts = concentration.equal_parts(index)
		colour = shown.GREEN
		if index > concentration.CONCENTRATED:
			colour = shown.RED if index > concentration.HIGHLY_CONCENTRATED else shown.YELLOW
		cards = [shown.percent_card(_("Largest"), concentration.top(found, 1))]
		cards += [
			shown.percent_card(_("Largest {0}").format(number), concentration.top(found, number))
			for number in TOP
			if len(found) > number
		]
		cards += [
			shown.count_card(_("Herfindahl index"), round(index), colour),
			shown.text_card(_("As if so many equal ones"), shown.number_text(parts or None)),
		]
		if self.by == INSURER:
			whole = sum(
				(self.found.in_one(row, max(ZERO, row.figures.exposure)) for row in self.customers_shown),
				ZERO,
			)
			covered = sum((part["amount"] for part, _share in self.shares()), ZERO)
			cards.append(
				shown.percent_card(
					_("Insured share of the exposure"), HUNDRED * covered / whole if whole else None
				)
			)
		return cards

	def share_chart(self) -> dict | None:
		found = [(part["label"], share) for part, share in self.shares() if share.percent > 0]
		labels = [label for label, _share in found[:IN_CHART]]
		values = [share.percent for _label, share in found[:IN_CHART]]
		if len(found) > IN_CHART:
			labels.append(_("Others"))
			values.append(HUNDRED - sum(values, ZERO))
		return shown.chart(labels, {_("Share"): values}, kind="percentage", maxSlices=IN_CHART + 1)

	# ------------------------------------------------------------------ without a profile
	def unassessed_columns(self) -> list[dict]:
		return [
			shown.customer(),
			*([shown.column("company", _("Company"), width=140)] if len(self.wanted_companies) > 1 else []),
			shown.money("revenue", _("Revenue of 12 months"), 160),
			shown.count("invoices", _("Invoices")),
			shown.count("orders", _("Orders")),
			shown.day("last_on", _("Last traded on"), 130),
			shown.money("receivables", _("Receivables")),
			shown.money("delivered_not_billed", _("Delivered, not billed"), 150),
			shown.money("granted_orders", _("Granted orders")),
			shown.money("exposure", _("Exposure")),
			shown.money("overdue", _("Overdue")),
			shown.money("waiting_orders", _("Waiting orders")),
			shown.hidden("customer", _("Customer ID")),
			shown.hidden("currency", _("Currency")),
		]

	def unassessed_rows(self) -> list[dict]:
		rows = sorted(
			self.customers_shown,
			key=lambda row: (-row.figures.exposure, -row.revenue, row.name.casefold()),
		)
		found = []
		for row in rows:
			trade = self.found.trade.get(row.member, Trade())
			found.append(
				self.customer_row(row)
				| {
					"revenue": shown.plain(trade.revenue),
					"invoices": trade.invoices,
					"orders": trade.orders,
					"last_on": trade.last_on,
				}
			)
		return found

	def unassessed_chart(self) -> dict | None:
		currencies = {row.currency for row in self.customers_shown}
		if len(currencies) != 1:
			return None
		largest = sorted(self.customers_shown, key=lambda row: -row.figures.exposure)[:IN_CHART]
		return shown.chart(
			[row.name for row in largest],
			{
				_("Exposure"): [max(ZERO, row.figures.exposure) for row in largest],
				_("Revenue of 12 months"): [max(ZERO, row.revenue) for row in largest],
			},
			currency=currencies.pop(),
		)


def status_words() -> dict[str, str]:
	"""Return how a customer stands in the reader's language."""
	return {
		standing.STOPPED: _("Stopped"),
		standing.DELIVERIES_STOPPED: _("Deliveries stopped"),
		standing.ON_HOLD: _("On hold"),
		standing.OVER: _("Over the limit"),
		standing.GROUP_OVER: _("Group over its limit"),
		standing.OVER_APPROVED: _("Over the limit, approved"),
		standing.NEAR: _("Near the limit"),
		standing.WITHIN: _("Within the limit"),
		standing.WITHOUT_CREDIT: _("No credit"),
		standing.UNLIMITED: _("Unlimited"),
		standing.NO_PROFILE: _("No profile"),
	}


def _percent(ratio: Decimal | None) -> float | None:
	"""Return a ratio per cent; nothing for an unlimited customer, and over a limit of nothing."""
	return float(ratio * HUNDRED) if ratio is not None and ratio.is_finite() else NO_PERCENTAGE


def _secured_chart(
	labels: list[str], net: list[Decimal], covered: list[Decimal], currency: str
) -> dict | None:
	return shown.chart(
		labels,
		{_("Not secured"): [max(ZERO, amount) for amount in net], _("Secured"): covered},
		currency=currency,
		colors=["#e2884c", "#48a868"],
		barOptions={"stacked": 1},
	)
