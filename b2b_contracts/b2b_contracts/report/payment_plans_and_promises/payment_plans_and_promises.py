"""Payment Plans and Promises: what comes next, what was kept and what was not, by collector and by month."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from frappe import _
from frappe.utils import add_months, getdate

from b2b_contracts.collections import plan_facts
from b2b_contracts.collections.promises import PROMISE
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import cash_forecast, promises
from b2b_contracts.engine import plans as plan_rules
from b2b_contracts.engine.agreements import Tally
from b2b_contracts.engine.money import ZERO
from b2b_contracts.reporting import agreements, shown
from b2b_contracts.reporting.agreements import Agreement, Due
from b2b_contracts.reporting.report import Report, Result

DUE, PLANS, PROMISES, COLLECTORS, MONTHS = "Due Next", "Plans", "Promises", "By Collector", "By Month"
VIEWS = (DUE, PLANS, PROMISES, COLLECTORS, MONTHS)
WITHIN, FURTHEST, SOON, MONTHS_BACK = 91, 1_000, 30, 12
LIGHTS = {
	promises.OPEN: shown.BLUE,
	promises.KEPT: shown.GREEN,
	promises.PARTLY: shown.YELLOW,
	promises.BROKEN: shown.RED,
	promises.WITHDRAWN: shown.GREY,
	plan_facts.APPROVED: shown.YELLOW,
	plan_facts.ACTIVE: shown.BLUE,
	plan_facts.COMPLETED: shown.GREEN,
}


def execute(filters: dict | None = None) -> Result:
	return PaymentPlansAndPromises(filters).run()


class PaymentPlansAndPromises(Report):
	reads = (plan_facts.PLAN, PROMISE)

	def validate(self) -> None:
		self.view = self.choice("view", VIEWS)
		self.within = self.number("within", WITHIN, 0, FURTHEST)
		since, until = self.period(add_months(getdate(), -MONTHS_BACK))
		self.wanted = agreements.Wanted(
			self.company(), since, until, self.customers(), self.filters.collector or ""
		)

	def read(self) -> None:
		self.found = agreements.read(self.wanted)
		self.dues = self.found.dues(self.within)
		self.tally = self.found.tally()

	# -------------------------------------------------------------- rows
	def rows(self) -> list[dict]:
		if self.view == DUE:
			return [self._due(one) for one in self.dues]
		if self.view == PLANS:
			return [self._plan(one) for one in _latest_first(self.found.plans)]
		if self.view == PROMISES:
			return [self._promise(one) for one in _latest_first(self.found.promises)]
		by = self.found.by_collector() if self.view == COLLECTORS else self.found.by_month()
		return [self._group(name, currency, tally) for (name, currency), tally in by.items()]

	def _due(self, one: Due) -> dict:
		late = (self.found.today - one.day).days
		return {
			**self._who(one.agreement),
			"day": one.day,
			"in_days": -late,
			"light": shown.RED if late > 0 else shown.YELLOW if late == 0 else shown.BLUE,
			"kind": _("Instalment {0} of {1}").format(one.number, len(one.agreement.parts))
			if one.number
			else _("Promise"),
			"amount": shown.plain(one.amount),
			"doctype": one.agreement.doctype,
			"document": one.agreement.name,
			"sales_invoice": one.agreement.invoice,
		}

	def _plan(self, plan: Agreement) -> dict:
		statuses = [part.status for part in plan.parts]
		return {
			**self._who(plan),
			**self._status(plan),
			"payment_plan": plan.name,
			"amount": shown.plain(plan.amount),
			"paid": shown.plain(plan.paid),
			"open": shown.plain(plan.missing) if plan.is_live else None,
			"instalments": len(plan.parts),
			"instalments_paid": statuses.count(plan_rules.PAID),
			"instalments_missed": statuses.count(plan_rules.MISSED),
			"next_day": plan.due,
			"next_amount": shown.plain(sum((p.unpaid for p in plan.parts if p.due == plan.due), ZERO)),
			"last_day": max((part.due for part in plan.parts), default=None),
			"made": plan.made,
			"ended": plan.ended,
			"by": self.found.people.get(plan.by, plan.by),
		}

	def _promise(self, promise: Agreement) -> dict:
		return {
			**self._who(promise),
			**self._status(promise),
			"promise": promise.name,
			"sales_invoice": promise.invoice,
			"amount": shown.plain(promise.amount),
			"paid": shown.plain(promise.paid),
			"open": shown.plain(promise.missing) if promise.is_live else None,
			"made": promise.made,
			"next_day": promise.due,
			"ended": promise.ended,
			"by": self.found.people.get(promise.by, promise.by),
		}

	def _who(self, one: Agreement) -> dict:
		return {
			"customer": one.customer,
			"customer_name": one.customer_name,
			"collector": self.found.people.get(one.collector, ""),
			"currency": one.currency,
		}

	@staticmethod
	def _status(one: Agreement) -> dict:
		return {"status": _(one.status, context=one.doctype), "light": LIGHTS[one.status]}

	def _group(self, name: str, currency: str, tally: Tally) -> dict:
		counted = ("judged", "kept", "partly", "broken", "paid", "missed", "completed", "failed")
		shares = ("kept_percent", "came_percent", "paid_percent", "success_percent")
		label = name if self.view == MONTHS else self.found.people.get(name) or _("No collector")
		return {
			"group": label,
			"currency": currency,
			**{field: getattr(tally, field) for field in counted},
			**{field: shown.plain(getattr(tally, field)) for field in (*shares, "promised", "came")},
		}

	# -------------------------------------------------------------- columns
	def columns(self) -> list[dict]:
		if self.view == DUE:
			return self._columns_of_dues()
		if self.view == PLANS:
			return self._columns_of_plans()
		if self.view == PROMISES:
			return self._columns_of_promises()
		return self._columns_of_groups()

	def _columns_of_dues(self) -> list[dict]:
		return [
			shown.day("day", _("Day")),
			shown.count("in_days", _("In days"), pill="light"),
			shown.money("amount", _("Amount"), 140),
			shown.column("kind", _("What"), width=150),
			shown.customer(),
			shown.document("document", _("Document"), "doctype"),
			shown.column("sales_invoice", _("Invoice"), width=160, opens="Sales Invoice"),
			shown.column("collector", _("Collector"), width=160),
			*self._hidden(),
			shown.hidden("doctype", _("Document type")),
		]

	def _columns_of_plans(self) -> list[dict]:
		return [
			shown.link("payment_plan", _("Payment plan"), plan_facts.PLAN),
			shown.customer(),
			shown.column("status", _("Status"), width=110, pill="light"),
			shown.money("amount", _("Total")),
			shown.money("paid", _("Paid")),
			shown.money("open", _("Still to come")),
			shown.count("instalments", _("Instalments"), 100),
			shown.count("instalments_paid", _("Paid instalments"), 140),
			shown.count("instalments_missed", _("Missed instalments"), 150),
			shown.day("next_day", _("Next instalment"), 140),
			shown.money("next_amount", _("Of that day"), 120),
			shown.day("last_day", _("Last instalment"), 130),
			shown.day("made", _("Approved on")),
			shown.day("ended", _("Ended on")),
			shown.column("by", _("Approved by"), width=150),
			shown.column("collector", _("Collector"), width=160),
			*self._hidden(),
		]

	def _columns_of_promises(self) -> list[dict]:
		return [
			shown.link("promise", _("Promise"), PROMISE),
			shown.customer(),
			shown.column("status", _("Status"), width=110, pill="light"),
			shown.money("amount", _("Promised")),
			shown.money("paid", _("Came in time")),
			shown.money("open", _("Still to come")),
			shown.day("next_day", _("Promised until"), 130),
			shown.column("sales_invoice", _("Invoice"), width=160, opens="Sales Invoice"),
			shown.day("made", _("Made on")),
			shown.day("ended", _("Judged on")),
			shown.column("by", _("Noted by"), width=150),
			shown.column("collector", _("Collector"), width=160),
			*self._hidden(),
		]

	def _columns_of_groups(self) -> list[dict]:
		return [
			shown.column("group", _("Month") if self.view == MONTHS else _("Collector"), width=190),
			shown.percent("kept_percent", _("Promises kept"), 130),
			shown.percent("came_percent", _("Of the amount"), 120),
			shown.count("judged", _("Promises judged"), 130),
			shown.count("kept", _("Kept")),
			shown.count("partly", _("Partly kept"), 100),
			shown.count("broken", _("Broken")),
			shown.money("promised", _("Promised")),
			shown.money("came", _("Came in time")),
			shown.percent("paid_percent", _("Instalments kept"), 140),
			shown.count("paid", _("Paid instalments"), 140),
			shown.count("missed", _("Missed instalments"), 150),
			shown.percent("success_percent", _("Plans kept"), 110),
			shown.count("completed", _("Completed plans"), 140),
			shown.count("failed", _("Broken plans"), 120),
			shown.column("currency", _("Currency"), width=90),
		]

	@staticmethod
	def _hidden() -> list[dict]:
		return [
			shown.hidden("currency", _("Currency")),
			shown.hidden("customer", _("Customer number")),
			shown.hidden("light", _("Traffic light")),
		]

	# -------------------------------------------------------------- around the rows
	def message(self) -> str:
		return " ".join(
			(
				_(
					"Open promises and live plans are all here, those that ended if they did in the time asked for."
				),
				_(
					"A promise is kept when all of it came by its day; a plan when all instalments were paid. What was withdrawn counts as neither."
				),
			)
		)

	def summary(self) -> list[dict]:
		tally = self.tally
		late = [one for one in self.dues if one.day < self.found.today]
		cards = [
			shown.percent_card(_("Promises kept"), tally.kept_percent),
			shown.percent_card(_("Plans kept"), tally.success_percent),
			shown.percent_card(_("Instalments kept"), tally.paid_percent),
		]
		soon = self.found.dues(SOON)
		for currency, amount in _by_currency(soon).items():
			cards.append(
				shown.amount_card(_("To come within {0} days").format(SOON), amount, currency, shown.BLUE)
			)
		for currency, amount in _by_currency(late).items():
			cards.append(shown.amount_card(_("Should have come"), amount, currency, shown.RED))
		return cards

	def chart(self) -> dict | None:
		return self._chart_of_dues() if self.view == DUE else self._chart_of_months()

	def _chart_of_dues(self) -> dict | None:
		"""What comes by week, of what is in the company's currency: others cannot be added to it."""
		currency = company_currency(self.wanted.company)
		own = [one for one in self.dues if one.agreement.currency == currency]
		if not own:
			return None
		weeks = cash_forecast.weeks_from(self.found.today)
		sums = {kind: [ZERO] * len(weeks) for kind in (_("Instalments"), _("Promises"))}
		for one in own:
			number = max(0, (one.day - weeks[0]).days // 7)
			if number < len(weeks):
				sums[_("Instalments") if one.number else _("Promises")][number] += one.amount
		return shown.chart(
			[week_name(week) for week in weeks],
			sums,
			currency=currency,
			barOptions={"stacked": 1},
			colors=["#7cd6fd", "#5e64ff"],
		)

	def _chart_of_months(self) -> dict | None:
		months: dict[str, Tally] = {}
		for (month, _currency), tally in self.found.by_month().items():
			total = months.setdefault(month, Tally())
			total.kept += tally.kept
			total.partly += tally.partly
			total.broken += tally.broken
		return shown.chart(
			list(months),
			{
				_("Kept"): (month.kept for month in months.values()),
				_("Partly kept"): (month.partly for month in months.values()),
				_("Broken"): (month.broken for month in months.values()),
			},
			colors=["green", "orange", "red"],
			barOptions={"stacked": 1},
		)


def week_name(monday) -> str:
	return _("Week {0}").format(monday.isocalendar().week)


def _latest_first(some: Iterable[Agreement]) -> list[Agreement]:
	"""Return what is still open first, by its day, then what ended, the newest first."""
	live = sorted((one for one in some if one.is_live), key=lambda one: (str(one.due), one.name))
	ended = sorted(
		(one for one in some if not one.is_live), key=lambda one: (str(one.ended), one.name), reverse=True
	)
	return [*live, *ended]


def _by_currency(dues: Iterable[Due]) -> dict[str, Decimal]:
	found: dict[str, Decimal] = defaultdict(lambda: ZERO)
	for one in dues:
		found[one.agreement.currency] += one.amount
	return dict(sorted(found.items()))
