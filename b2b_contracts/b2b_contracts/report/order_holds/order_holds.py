"""Order Holds: what waits and waited, how fast it was answered, by whom and why, and what became of it (requirements §5)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

from frappe import _
from frappe.utils import add_months, now_datetime, nowdate

from b2b_contracts.credit import holds as hold_service
from b2b_contracts.credit import people
from b2b_contracts.engine import hold_answers, order_outcomes
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.reporting import order_holds, shown
from b2b_contracts.reporting.order_holds import Decided, Found, Held, Wanted
from b2b_contracts.reporting.report import Report, Result

HOLD, SEGMENT, REASON, ANSWERED_BY, MONTH, OUTCOME, CUSTOMER = (
	*("Hold", "Segment", "Reason", "Answered by", "Month", "What became of it", "Customer"),
)
BY = (HOLD, SEGMENT, REASON, ANSWERED_BY, MONTH, OUTCOME, CUSTOMER)
# Of these it can be said which share of all orders was held.
OF_ALL_ORDERS = (SEGMENT, MONTH, CUSTOMER)
STATUSES = ("", *("Open", "Released", "Rejected", "Cleared", "Expired", "Cancelled"))
MONTHS, IN_CHART = 12, 12
CLOCK = {
	hold_answers.IN_TIME: shown.GREEN,
	hold_answers.LATE: shown.RED,
	hold_answers.RUNNING: shown.BLUE,
	hold_answers.OVERDUE: shown.RED,
	hold_answers.NOT_NEEDED: shown.GREY,
}
OUTCOME_COLOUR = {
	order_outcomes.PAID_IN_TIME: shown.GREEN,
	order_outcomes.PAID_LATE: shown.YELLOW,
	order_outcomes.STILL_OPEN: shown.BLUE,
	order_outcomes.OVERDUE: shown.RED,
	order_outcomes.LOST: shown.RED,
	order_outcomes.CANCELLED: shown.GREY,
	order_outcomes.NOT_INVOICED: shown.GREY,
}
HEX = {
	shown.GREEN: "#48bb74",
	shown.YELLOW: "#ecc94b",
	shown.BLUE: "#4299e1",
	shown.RED: "#e24c4c",
	shown.GREY: "#a0aec0",
}


def execute(filters: dict | None = None) -> Result:
	"""Return the report. Sellers see the holds of their portfolio, and shares of its orders alone."""
	return OrderHolds(filters).run()


class OrderHolds(Report):
	reads = ("Credit Hold",)

	def validate(self):
		since, until = self.period(add_months(nowdate(), -MONTHS))
		self.clock_words, self.outcome_words = clock_words(), outcome_words()
		self.by = self.choice("by", BY)
		self.status = self.choice("status", STATUSES)
		self.wanted = Wanted(
			company=self.company(),
			since=since,
			until=until,
			now=now_datetime(),
			customers=self.customers(),
			about=self.choice("about", tuple(order_holds.SUBJECTS)),
		)

	def read(self):
		self.found = Found(self.wanted)
		self.held = [one for one in self.found.holds if self.is_asked_for(one)]
		self.people = people.full_names(
			{user for one in self.held for user in (one.answered_by, one.in_stead_of) if user}
		)

	def is_asked_for(self, one: Held) -> bool:
		filters = self.filters
		wanted = (
			(self.status, one.row.status),
			(filters.segment, one.segment),
			(filters.answered_by, one.answered_by),
			(filters.outcome, one.became.outcome if one.became else None),
			(filters.month, one.month),
		)
		return all(not asked or asked == value for asked, value in wanted) and (
			not filters.reason or filters.reason in one.reasons
		)

	@property
	def knows_all_orders(self) -> bool:
		"""Whether it can be said of how many orders these holds are: of all of the period, not of some chosen by what came after."""
		filters = self.filters
		picked = (self.status, filters.answered_by, filters.outcome, filters.reason)
		return self.wanted.about == order_holds.ORDERS and not any(picked)

	def decided(self, key: Callable[[str, str, str], str]) -> dict[str, Decided]:
		"""Return the orders decided about, by a key of (customer, segment, month)."""
		found: dict[str, Decided] = defaultdict(Decided)
		for (customer, segment, month), of in self.found.decided.items():
			if self.filters.segment in (None, "", segment) and self.filters.month in (None, "", month):
				found[key(customer, segment, month)].add(of)
		return found

	# ------------------------------------------------------------------ what is shown
	def columns(self) -> list[dict]:
		if self.by == HOLD:
			return self.hold_columns()
		if self.by == OUTCOME:
			return self.outcome_columns()
		return self.group_columns()

	def rows(self) -> list[dict]:
		if self.by == HOLD:
			return [self.hold_row(one) for one in self.held]
		if self.by == OUTCOME:
			return self.outcome_rows()
		return self.group_rows()

	def message(self) -> str:
		sentences = [
			_(
				"Holds opened in the period, and those that are open still. Times are working hours; the median is of answers by people. In time is the share of what was answered, or should have been by now."
			)
		]
		policy = self.found.policy
		if policy and policy.is_on and not policy.is_enforced:
			sentences.append(_("The credit policy only observes."))
		if self.by in OF_ALL_ORDERS:
			sentences.append(
				_(
					"Held is the share of all orders that were decided about at their submit in the period, under an enforced policy; segments are today's."
				)
			)
		if self.by == REASON:
			sentences.append(_("A hold with several reasons stands at each of them."))
		if self.by == OUTCOME:
			sentences.append(_("Orders that a person let go, by how they stand today."))
		return " ".join(sentences)

	def summary(self) -> list[dict]:
		is_open = [one for one in self.held if one.is_open]
		overdue = sum(one.clock == hold_answers.OVERDUE for one in is_open)
		cards = [
			shown.text_card(_("Open now"), _("{0}, {1} overdue").format(len(is_open), overdue), shown.RED)
			if overdue
			else shown.count_card(_("Open now"), len(is_open)),
		]
		if self.knows_all_orders:
			of_all = self.decided(lambda _customer, _segment, _month: "").get("", Decided())
			held = _percent(of_all.held, of_all.orders)
			share = _("{0} % of {1}").format(shown.number_text(held), of_all.orders) if of_all.orders else "–"
			cards.append(shown.text_card(_("Orders held"), share))
		median = _median(self.held)
		in_time = hold_answers.in_time_percent(one.clock for one in self.held)
		lost = sum((one.became.lost for one in self.held if one.became), ZERO)
		return [
			*cards,
			shown.text_card(_("Median time to answer"), _("{0} h").format(shown.number_text(median)))
			if median is not None
			else shown.text_card(_("Median time to answer"), "–", shown.GREY),
			shown.percent_card(_("Answered in time"), in_time),
			shown.amount_card(
				_("Let go and written off"), lost, self.found.currency, shown.RED if lost else shown.GREEN
			),
		]

	def chart(self) -> dict | None:
		if self.by == OUTCOME:
			counts = self.outcomes()
			names = [name for name in order_outcomes.OUTCOMES if counts[name]]
			return shown.chart(
				[self.outcome_words[name] for name in names],
				{_("Orders"): [len(counts[name]) for name in names]},
				kind="percentage",
				colors=[HEX[OUTCOME_COLOUR[name]] for name in names],
			)
		if self.by in (HOLD, MONTH):
			return self.clock_chart()
		rows = self.group_rows()[:IN_CHART]
		if self.by == SEGMENT and self.knows_all_orders:
			return shown.chart(
				[row["label"] for row in rows],
				{_("Orders held (%)"): [row["held_percent"] for row in rows]},
				colors=[HEX[shown.BLUE]],
			)
		return shown.chart(
			[row["label"] for row in rows],
			{_("Holds"): [row["holds"] for row in rows]},
			colors=[HEX[shown.BLUE]],
		)

	def clock_chart(self) -> dict | None:
		"""The holds of each month by how they stand against their clock."""
		months = sorted({one.month for one in self.held})[-IN_CHART:]
		clocks = [name for name in CLOCK if any(one.clock == name for one in self.held)]
		counts = Counter((one.month, one.clock) for one in self.held)
		colour = {**{name: HEX[of] for name, of in CLOCK.items()}, hold_answers.OVERDUE: "#9b2c2c"}
		return shown.chart(
			months,
			{self.clock_words[name]: [counts[month, name] for month in months] for name in clocks},
			colors=[colour[name] for name in clocks],
			barOptions={"stacked": 1},
		)

	# ------------------------------------------------------------------ hold by hold
	def hold_columns(self) -> list[dict]:
		return [
			shown.link("hold", _("Hold", context="Credit Hold"), "Credit Hold", 170),
			shown.document("document", _("Document"), "doctype", 160),
			shown.customer(),
			shown.column("segment", _("Segment"), width=85),
			shown.money("amount", _("Amount")),
			shown.column("status_shown", _("Status"), width=100, pill="status_colour"),
			shown.column("reasons", _("Reasons"), width=200),
			shown.column("opened", _("Held on"), "Datetime", 150),
			shown.column("due", _("Answer due"), "Datetime", 150),
			shown.column("answered_on", _("Answered on"), "Datetime", 150),
			shown.column("clock_shown", _("Clock"), width=125, pill="clock_colour"),
			shown.column("hours", _("Working hours"), "Float", 115, precision=1),
			shown.column("over", _("Hours past the clock"), "Float", 150, precision=1),
			shown.column("answered_by", _("Answered by"), width=150),
			shown.column("acted_as", _("As"), width=140),
			shown.column("in_stead_of", _("In the stead of"), width=140),
			shown.column("why", _("Why"), width=240),
			shown.column("against_advice", _("Against advice"), "Check", 110),
			shown.money("approved_excess", _("Approved excess")),
			shown.column("needs", _("Takes the role"), width=140),
			shown.column("outcome_shown", _("What became of it"), width=160, pill="outcome_colour"),
			shown.count("days_late", _("Days late")),
			shown.money("open", _("Still open")),
			shown.money("lost", _("Written off")),
			shown.hidden("customer", _("Customer ID")),
			shown.hidden("doctype", _("Kind of document")),
			shown.hidden("currency", _("Currency")),
		]

	def hold_row(self, one: Held) -> dict:
		row, became = one.row, one.became
		return {
			"hold": row.name,
			"document": row.reference_name,
			"doctype": row.reference_doctype,
			"customer": row.customer,
			"customer_name": one.customer_name,
			"segment": one.segment,
			"amount": row.order_amount,
			"status": row.status,
			"status_shown": _(row.status, context="Credit Hold"),
			"status_colour": {
				hold_service.OPEN: shown.YELLOW,
				hold_service.RELEASED: shown.GREEN,
				hold_service.REJECTED: shown.RED,
			}.get(row.status, shown.GREY),
			"reasons": ", ".join(_(rule) for rule in one.reasons),
			"opened": row.creation,
			"due": row.response_due,
			"answered_on": one.answered_on,
			"clock": one.clock,
			"clock_shown": self.clock_words[one.clock],
			"clock_colour": CLOCK[one.clock],
			"hours": _hours(one.hours) if one.is_answered or one.is_open or row.cleared_on else None,
			"over": _hours(one.over),
			"answered_by": self.people.get(one.answered_by, one.answered_by),
			"acted_as": _(row.released_as) if one.is_released and row.released_as else None,
			"in_stead_of": self.people.get(one.in_stead_of, one.in_stead_of),
			"why": row.release_reason if one.is_released else row.reject_reason,
			"against_advice": row.against_advice,
			"approved_excess": row.approved_excess,
			"needs": _(row.required_role) if row.required_role else None,
			"outcome": became.outcome if became else None,
			"outcome_shown": self.outcome_words[became.outcome] if became else None,
			"outcome_colour": OUTCOME_COLOUR[became.outcome] if became else None,
			"days_late": became.days_late if became else None,
			"open": shown.plain(became.open) if became else None,
			"lost": shown.plain(became.lost) if became else None,
			"currency": self.found.currency,
		}

	# ------------------------------------------------------------------ by something
	def group_columns(self) -> list[dict]:
		label = {
			SEGMENT: _("Segment"),
			REASON: _("Reason"),
			ANSWERED_BY: _("Answered by"),
			MONTH: _("Month"),
			CUSTOMER: _("Customer"),
		}[self.by]
		opens = {"opens": "Customer", "opens_by": "key"} if self.by == CUSTOMER else {}
		of_all = [
			shown.count("orders", _("Orders decided about"), 150),
			shown.count("orders_held", _("Orders held"), 110),
			shown.percent("held_percent", _("Held"), 80),
		]
		return [
			shown.column("label", label, width=200, **opens),
			*(of_all if self.by in OF_ALL_ORDERS and self.knows_all_orders else []),
			shown.count("holds", _("Holds")),
			shown.money("amount", _("Amount held")),
			shown.count("open", _("Open")),
			shown.count("released", _("Released")),
			shown.count("rejected", _("Rejected")),
			shown.count("cleared", _("Cleared by itself"), 130),
			shown.column("median", _("Median hours"), "Float", 115, precision=1),
			shown.percent("in_time", _("In time"), 90),
			shown.count("late", _("Late")),
			*([shown.count("as_deputy", _("As a deputy"), 110)] if self.by == ANSWERED_BY else []),
			shown.count("against_advice", _("Against advice"), 120),
			shown.count("paid_in_time", _("Paid in time"), 110),
			shown.count("paid_late", _("Paid late"), 100),
			shown.count("still_open", _("Still open"), 100),
			shown.count("overdue", _("Overdue"), 90),
			shown.count("lost_orders", _("Written off"), 105),
			shown.money("lost", _("Loss")),
			shown.hidden("key", _("Key")),
			shown.hidden("currency", _("Currency")),
		]

	def group_rows(self) -> list[dict]:
		groups: dict[str, list[Held]] = defaultdict(list)
		for one in self.held:
			for key in self.keys_of(one):
				groups[key].append(one)
		of_all = {}
		if self.by in OF_ALL_ORDERS and self.knows_all_orders:
			of_all = self.decided({SEGMENT: _second, MONTH: _third, CUSTOMER: _first}[self.by])
		labels = self.labels({*groups, *of_all})
		rows = [
			self.group_row(key, labels[key], groups.get(key, []), of_all.get(key))
			for key in sorted({*groups, *of_all}, key=lambda key: (labels[key].casefold(), key))
		]
		if self.by in (SEGMENT, MONTH):
			return rows
		return sorted(rows, key=lambda row: -row["holds"])

	def keys_of(self, one: Held) -> Iterable[str]:
		if self.by == REASON:
			return one.reasons
		if self.by == ANSWERED_BY:
			return (one.answered_by,) if one.answered_by else ()
		return ({SEGMENT: one.segment, MONTH: one.month, CUSTOMER: one.row.customer}[self.by],)

	def labels(self, keys: set[str]) -> dict[str, str]:
		if self.by == CUSTOMER:
			return order_holds.names_of(keys)
		if self.by == ANSWERED_BY:
			return {key: self.people.get(key, key) for key in keys}
		if self.by == REASON:
			return {key: _(key) for key in keys}
		return {key: key or _("No profile") for key in keys}

	def group_row(self, key: str, label: str, some: list[Held], of_all: Decided | None) -> dict:
		clocks = [one.clock for one in some]
		in_time = hold_answers.in_time_percent(clocks)
		outcomes = Counter(one.became.outcome for one in some if one.became)
		of_all = of_all or Decided()
		return {
			"key": key,
			"label": label,
			"orders": of_all.orders,
			"orders_held": of_all.held,
			"held_percent": shown.plain(_percent(of_all.held, of_all.orders)),
			"holds": len(some),
			"amount": float(sum(Decimal(str(one.row.order_amount or 0)) for one in some)),
			"open": sum(one.is_open for one in some),
			"released": sum(one.is_released for one in some),
			"rejected": sum(one.is_rejected for one in some),
			"cleared": sum(one.row.status == hold_service.CLEARED for one in some),
			"median": _hours(_median(some)),
			"in_time": shown.plain(in_time),
			"late": sum(clock in (hold_answers.LATE, hold_answers.OVERDUE) for clock in clocks),
			"as_deputy": sum(bool(one.in_stead_of) for one in some),
			"against_advice": sum(bool(one.row.against_advice) for one in some),
			"paid_in_time": outcomes[order_outcomes.PAID_IN_TIME],
			"paid_late": outcomes[order_outcomes.PAID_LATE],
			"still_open": outcomes[order_outcomes.STILL_OPEN] + outcomes[order_outcomes.NOT_INVOICED],
			"overdue": outcomes[order_outcomes.OVERDUE],
			"lost_orders": outcomes[order_outcomes.LOST],
			"lost": shown.plain(sum((one.became.lost for one in some if one.became), ZERO)),
			"currency": self.found.currency,
		}

	# ------------------------------------------------------------------ what became of it
	def outcomes(self) -> dict[str, list[Held]]:
		"""The orders that a person let go, each once: by its last hold."""
		found: dict[str, list[Held]] = defaultdict(list)
		seen = set()
		for one in self.held:
			if one.became and one.row.reference_name not in seen:
				seen.add(one.row.reference_name)
				found[one.became.outcome].append(one)
		return found

	def outcome_columns(self) -> list[dict]:
		return [
			shown.column("label", _("What became of it"), width=200, pill="colour"),
			shown.count("orders", _("Orders")),
			shown.percent("percent", _("Share")),
			shown.money("amount", _("Amount held")),
			shown.money("invoiced", _("Invoiced")),
			shown.money("paid", _("Paid")),
			shown.money("open", _("Still open")),
			shown.money("lost", _("Written off")),
			shown.column("days_late", _("Days late on average"), "Float", 150, precision=1),
			shown.count("against_advice", _("Against advice"), 120),
			shown.hidden("key", _("Key")),
			shown.hidden("currency", _("Currency")),
		]

	def outcome_rows(self) -> list[dict]:
		of = self.outcomes()
		whole = sum(map(len, of.values()))
		return [
			{
				"key": name,
				"label": self.outcome_words[name],
				"colour": OUTCOME_COLOUR[name],
				"orders": len(of[name]),
				"percent": shown.plain(_percent(len(of[name]), whole)),
				"amount": float(sum(Decimal(str(one.row.order_amount or 0)) for one in of[name])),
				**{
					field: shown.plain(sum((getattr(one.became, field) for one in of[name]), ZERO))
					for field in ("invoiced", "paid", "open", "lost")
				},
				"days_late": round(sum(one.became.days_late for one in of[name]) / len(of[name]), 1),
				"against_advice": sum(bool(one.row.against_advice) for one in of[name]),
				"currency": self.found.currency,
			}
			for name in order_outcomes.OUTCOMES
			if of[name]
		]


def clock_words() -> dict[str, str]:
	"""Return how a hold stands against its clock in the reader's language."""
	return {
		hold_answers.IN_TIME: _("In time"),
		hold_answers.LATE: _("Late"),
		hold_answers.RUNNING: _("Clock runs"),
		hold_answers.OVERDUE: _("Overdue"),
		hold_answers.NOT_NEEDED: _("No answer needed"),
	}


def outcome_words() -> dict[str, str]:
	"""Return what became of an order in the reader's language."""
	return {
		order_outcomes.PAID_IN_TIME: _("Paid in time"),
		order_outcomes.PAID_LATE: _("Paid late"),
		order_outcomes.STILL_OPEN: _("Still open"),
		order_outcomes.OVERDUE: _("Overdue"),
		order_outcomes.LOST: _("Written off"),
		order_outcomes.CANCELLED: _("Cancelled or credited"),
		order_outcomes.NOT_INVOICED: _("Not invoiced yet"),
	}


def _first(customer: str, _segment: str, _month: str) -> str:
	return customer


def _second(_customer: str, segment: str, _month: str) -> str:
	return segment


def _third(_customer: str, _segment: str, month: str) -> str:
	return month


def _percent(part: int, whole: int) -> Decimal | None:
	return HUNDRED * part / whole if whole else None


def _hours(hours: Decimal | None) -> float | None:
	return float(round(hours, 2)) if hours is not None else None


def _median(some: Iterable[Held]) -> Decimal | None:
	return hold_answers.median(one.hours for one in some if one.is_answered)
