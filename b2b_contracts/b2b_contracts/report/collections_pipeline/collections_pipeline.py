"""Collections Pipeline: what is owed, how far it is chased, what comes next, and when the cash is expected."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from frappe import _
from frappe.utils import getdate

from b2b_contracts import permissions
from b2b_contracts.collections import worklist_wording
from b2b_contracts.collections.plan_facts import PLAN
from b2b_contracts.collections.promises import PROMISE
from b2b_contracts.engine import cash_forecast as engine
from b2b_contracts.engine import dunning
from b2b_contracts.engine.cash_forecast import Sums
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.engine.provisions import Line
from b2b_contracts.reporting import expected_cash, provisions, shown
from b2b_contracts.reporting.expected_cash import Debtor, Document, Wanted
from b2b_contracts.reporting.report import Report, Result

CUSTOMERS, DOCUMENTS, COLLECTORS, WEEKS, PROVISIONS = (
	"By Customer",
	"By Document",
	"By Collector",
	"By Week",
	"Provision Matrix",
)
VIEWS = (CUSTOMERS, DOCUMENTS, COLLECTORS, WEEKS, PROVISIONS)
# What is to be done next is found for no more customers than somebody reads.
MOST_ACTIONS = 1_000
LIGHTS = {"red": shown.RED, "orange": shown.YELLOW, "blue": shown.BLUE}


def execute(filters: dict | None = None) -> Result:
	return CollectionsPipeline(filters).run()


class CollectionsPipeline(Report):
	reads = (PROMISE, PLAN, "Dispute", "Dunning Notice")

	def validate(self) -> None:
		self.view = self.choice("view", VIEWS)
		self.week = engine.monday_of(self.day("week")) if self.filters.week else None
		self.wanted = Wanted(
			company=self.company(),
			today=getdate(),
			customers=self.customers(),
			collector=self.filters.collector or "",
			with_actions=MOST_ACTIONS if self.view == CUSTOMERS else 0,
			with_secured=self.view == PROVISIONS,
		)

	def read(self) -> None:
		self.found = expected_cash.read(self.wanted, permissions.customers_seen())
		self.sums = self.found.sums()
		self.mondays = engine.weeks_from(self.wanted.today)
		self.matrix = provisions.of(self.found) if self.view == PROVISIONS else None

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterable[dict]:
		if self.view == CUSTOMERS:
			return [self._customer(debtor) for debtor in self.found.debtors]
		if self.view == DOCUMENTS:
			return self._documents()
		if self.view == COLLECTORS:
			groups = expected_cash.by_collector(self.found.debtors)
			return [self._collector(user, debtors) for user, debtors in groups.items()]
		return self._weeks() if self.view == WEEKS else self._matrix()

	def _customer(self, debtor: Debtor) -> dict:
		promise, entry = debtor.promise, debtor.entry
		next_instalment, plan = debtor.instalment or (None, None)
		return {
			**self._who(debtor),
			**self._amounts(debtor.sums),
			"overdue": shown.plain(debtor.overdue),
			"days": debtor.days,
			**_step(debtor.had),
			"action": worklist_wording.action_label(entry.action) if entry else None,
			"light": LIGHTS.get(worklist_wording.COLOURS[entry.action.kind], shown.GREY) if entry else None,
			"action_on": entry.action.day if entry else None,
			"why": worklist_wording.action_reason(entry, self.found.currency) if entry else None,
			"promise": promise.name if promise else None,
			"promised_until": promise.promised_date if promise else None,
			"payment_plan": plan,
			"next_instalment": next_instalment,
			"dispute": debtor.dispute or None,
			"days_late": shown.plain(debtor.habit.days),
			"on_time": shown.plain(debtor.habit.on_time * HUNDRED)
			if debtor.habit.on_time is not None
			else None,
			"behaviour": self._behaviour(debtor),
		}

	@staticmethod
	def _behaviour(debtor: Debtor) -> str:
		if debtor.habit.is_known:
			return _("Own, {0} payments").format(debtor.habit.payments)
		return _("Everybody's: {0} own payments").format(debtor.habit.payments)

	def _documents(self) -> Iterable[dict]:
		for debtor in self.found.debtors:
			for document in debtor.documents:
				if self.week and not self._is_in_week(document):
					continue
				yield self._document(debtor, document)

	def _is_in_week(self, document: Document) -> bool:
		return bool(document.sums.week((self.week - self.found.first).days // 7))

	def _document(self, debtor: Debtor, document: Document) -> dict:
		row = document.row
		return {
			**self._who(debtor),
			**self._amounts(document.sums),
			"doctype": row.doctype,
			"document": row.voucher,
			"kind": _(row.doctype) if row.doctype else _("Not explained by documents"),
			"posted": row.posted if not row.is_unexplained else None,
			"due": row.due if not row.is_unexplained else None,
			"overdue": shown.plain(document.overdue),
			"days": document.days,
			**_step(document.had),
			"promise": document.promise,
			"payment_plan": document.plan,
			"dispute": document.dispute,
			"next_day": document.next_day,
		}

	def _collector(self, user: str, debtors: list[Debtor]) -> dict:
		sums = Sums(self.found.first)
		for debtor in debtors:
			sums.merge(debtor.sums)
		return {
			"collector": self.found.people.get(user, user) or _("No collector"),
			"collector_user": user,
			"customers": len(debtors),
			"currency": self.found.currency,
			"overdue": shown.plain(sum((debtor.overdue for debtor in debtors), ZERO)),
			**self._amounts(sums),
		}

	def _who(self, debtor: Debtor) -> dict:
		return {
			"customer": debtor.name,
			"customer_name": debtor.shown,
			"collector": self.found.people.get(debtor.collector, debtor.collector),
			"currency": self.found.currency,
		}

	def _amounts(self, sums: Sums) -> dict:
		return {
			"owed": shown.plain(sums.total),
			**{f"week_{number}": shown.plain(sums.week(number)) for number in range(engine.WEEKS)},
			"later": shown.plain(sums.later),
			"disputed": shown.plain(sums.disputed),
			"not_expected": shown.plain(sums.not_expected),
			"credits": shown.plain(sums.credits),
			"unexplained": shown.plain(sums.unexplained),
		}

	def _weeks(self) -> list[dict]:
		"""A line for each week by where the money comes from, and below what is on no week: together what is owed."""
		rows, so_far = [], ZERO
		for number, monday in enumerate(self.mondays):
			sources = self.sums.weeks.get(number, {})
			so_far += self.sums.week(number)
			rows.append(
				self._line(
					week_name(monday),
					self.sums.week(number),
					so_far,
					monday=monday,
					**{FIELDS[source]: shown.plain(sources.get(source, ZERO)) for source in engine.SOURCES},
				)
			)
		rest = [(_("Later"), self.sums.later)]
		rest += [(_("Disputed"), self.sums.disputed)]
		rest += [(reason_name(reason), self.sums.aside.get(reason, ZERO)) for reason in engine.NOT_EXPECTED]
		rest += [(_("Credits that cover nothing"), self.sums.credits)]
		rest += [(_("Not explained by documents"), self.sums.unexplained)]
		for label, amount in rest:
			so_far += amount
			if amount:
				rows.append(self._line(label, amount, so_far))
		rows.append({**self._line(_("Owed"), self.sums.total, so_far), "bold": 1})
		return rows if self.found.debtors else []

	def _line(self, label: str, amount: Decimal, so_far: Decimal, **more) -> dict:
		return {
			"week": label,
			"amount": shown.plain(amount),
			"so_far": shown.plain(so_far),
			"currency": self.found.currency,
			**more,
		}

	def _matrix(self) -> list[dict]:
		if not self.found.debtors:
			return []
		labels = [*provisions.names(self.matrix.bounds), _("Insolvent customers")]
		rows = [self._of_matrix(*pair) for pair in zip(labels, self.matrix.lines, strict=True)]
		for label, amount in (
			(_("Credits"), self.matrix.credits),
			(_("Not explained by documents"), self.matrix.unexplained),
		):
			if amount:
				line = Line(amount, ZERO, ZERO)
				rows.append({**self._of_matrix(label, line), "base": None, "rate": None, "provision": None})
		rows.append(
			{
				"bucket": _("Total"),
				"owed": shown.plain(self.matrix.owed),
				"secured": shown.plain(sum((line.secured for line in self.matrix.lines), ZERO)),
				"base": shown.plain(sum((line.base for line in self.matrix.lines), ZERO)),
				"rate": None,
				"provision": shown.plain(self.matrix.provision),
				"currency": self.found.currency,
				"bold": 1,
			}
		)
		return rows

	def _of_matrix(self, label: str, line: Line) -> dict:
		return {
			"bucket": label,
			"owed": shown.plain(line.owed),
			"secured": shown.plain(line.secured),
			"base": shown.plain(line.base),
			"rate": shown.plain(line.rate),
			"provision": shown.plain(line.provision),
			"currency": self.found.currency,
		}

	# -------------------------------------------------------------- columns
	def columns(self) -> list[dict]:
		return {
			CUSTOMERS: self._columns_of_customers,
			DOCUMENTS: self._columns_of_documents,
			COLLECTORS: self._columns_of_collectors,
			WEEKS: self._columns_of_weeks,
			PROVISIONS: self._columns_of_matrix,
		}[self.view]()

	def _columns_of_customers(self) -> list[dict]:
		return [
			shown.customer(),
			shown.money("owed", _("Owed")),
			shown.money("overdue", _("Overdue")),
			shown.count("days", _("Days late")),
			shown.column("action", _("Next action"), width=150, pill="light"),
			shown.day("action_on", _("On")),
			shown.column("why", _("Why"), width=260),
			*self._columns_of_steps(),
			shown.link("promise", _("Promise"), PROMISE, 150),
			shown.day("promised_until", _("Promised until"), 130),
			shown.link("payment_plan", _("Payment plan"), PLAN, 150),
			shown.day("next_instalment", _("Next instalment"), 130),
			shown.link("dispute", _("Dispute"), "Dispute", 150),
			*self._columns_of_cash(),
			shown.column("days_late", _("Pays days late"), "Float", 130, precision=1),
			shown.percent("on_time", _("Of it on time"), 120),
			shown.column("behaviour", _("Payment behaviour"), width=180),
			shown.column("collector", _("Collector"), width=160),
			*self._hidden(),
		]

	def _columns_of_documents(self) -> list[dict]:
		return [
			shown.customer(),
			shown.column("kind", _("Kind"), width=120),
			shown.document("document", _("Document"), "doctype"),
			shown.day("posted", _("Posting date")),
			shown.day("due", _("Due date")),
			shown.money("owed", _("Owed")),
			shown.money("overdue", _("Overdue")),
			shown.count("days", _("Days late")),
			*self._columns_of_steps(),
			shown.link("promise", _("Promise"), PROMISE, 150),
			shown.link("payment_plan", _("Payment plan"), PLAN, 150),
			shown.link("dispute", _("Dispute"), "Dispute", 150),
			shown.day("next_day", _("Expected from"), 130),
			*self._columns_of_cash(),
			shown.column("collector", _("Collector"), width=160),
			*self._hidden(),
			shown.hidden("doctype", _("Document type")),
		]

	def _columns_of_collectors(self) -> list[dict]:
		return [
			shown.column("collector", _("Collector"), width=190),
			shown.count("customers", _("Customers"), 100),
			shown.money("owed", _("Owed")),
			shown.money("overdue", _("Overdue")),
			*self._columns_of_cash(),
			shown.hidden("collector_user", _("User")),
			shown.hidden("currency", _("Currency")),
		]

	@staticmethod
	def _columns_of_steps() -> list[dict]:
		return [
			shown.column("step", _("Dunning step"), width=130),
			shown.day("step_on", _("Step of"), 110),
			shown.link("notice", _("Dunning notice"), "Dunning Notice", 150),
		]

	def _columns_of_cash(self) -> list[dict]:
		unexplained = bool(self.sums.unexplained)
		return [
			*(
				shown.money(f"week_{number}", week_name(monday), 115)
				for number, monday in enumerate(self.mondays)
			),
			shown.money("later", _("Later"), 115),
			shown.money("disputed", _("Disputed"), 115),
			shown.money("not_expected", _("Not expected"), 120),
			shown.money("credits", _("Credits"), 115),
			*([shown.money("unexplained", _("Not explained"), 120)] if unexplained else ()),
		]

	@staticmethod
	def _columns_of_weeks() -> list[dict]:
		return [
			shown.column("week", _("Week"), width=230),
			shown.day("monday", _("From")),
			*(shown.money(FIELDS[source], source_name(source), 150) for source in engine.SOURCES),
			shown.money("amount", _("Expected"), 150),
			shown.money("so_far", _("So far"), 150),
			shown.hidden("currency", _("Currency")),
		]

	@staticmethod
	def _columns_of_matrix() -> list[dict]:
		return [
			shown.column("bucket", _("Age"), width=200),
			shown.money("owed", _("Owed"), 150),
			shown.money("secured", _("Secured"), 150),
			shown.money("base", _("Not secured"), 150),
			shown.percent("rate", _("Rate"), 90),
			shown.money("provision", _("Provision"), 150),
			shown.hidden("currency", _("Currency")),
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
		if self.view == PROVISIONS:
			return _(
				"What is owed by age, less what securities cover, times the rate of each age. The rates are in Report Settings; what insolvent customers owe has a rate of its own, whatever its age."
			)
		said = [
			_(
				"Instalments, promises and announced payments are expected on their days; everything else as late as the customer has paid over the last 12 months, week by week after the due date."
			),
			_(
				"Who has paid fewer than {0} times, or never so late as an item is already, is taken to pay like all customers that you see."
			).format(engine.LEAST_PAYMENTS),
			_("The weeks, later, disputed, not expected and credits come to what is owed."),
		]
		if self.found.without_action:
			said.append(
				_("The next action is shown of the {0} customers that owe most overdue.").format(MOST_ACTIONS)
			)
		return " ".join(said)

	def summary(self) -> list[dict]:
		currency = self.found.currency
		cards = [
			shown.amount_card(_("Owed"), self.sums.total, currency),
			shown.amount_card(
				_("Overdue"),
				sum((debtor.overdue for debtor in self.found.debtors), ZERO),
				currency,
				shown.RED,
			),
		]
		if self.matrix:
			return [
				*cards,
				shown.amount_card(_("Provision"), self.matrix.provision, currency, shown.YELLOW),
			]
		return [
			*cards,
			shown.amount_card(
				_("Expected within {0} weeks").format(engine.WEEKS), self.sums.in_weeks, currency, shown.GREEN
			),
			shown.amount_card(_("Disputed"), self.sums.disputed, currency, shown.YELLOW),
			shown.amount_card(_("Not expected"), self.sums.not_expected, currency, shown.GREY),
		]

	def chart(self) -> dict | None:
		if not self.found.debtors:
			return None
		if self.matrix:
			return shown.chart(
				[*provisions.names(self.matrix.bounds), _("Insolvent customers")],
				{
					_("Not secured"): (line.base for line in self.matrix.lines),
					_("Provision"): (line.provision for line in self.matrix.lines),
				},
				currency=self.found.currency,
				colors=["#7cd6fd", "#ff5858"],
			)
		return shown.chart(
			[week_name(monday) for monday in self.mondays],
			{
				source_name(source): [
					self.sums.weeks.get(number, {}).get(source, ZERO) for number in range(engine.WEEKS)
				]
				for source in engine.SOURCES
			},
			currency=self.found.currency,
			barOptions={"stacked": 1},
			colors=["#7cd6fd", "#5e64ff", "#743ee2", "#28a745"],
		)


FIELDS = {
	engine.IN_PLAN: "by_plan",
	engine.PROMISED: "by_promise",
	engine.ANNOUNCED: "by_slip",
	engine.BEHAVIOUR: "by_behaviour",
}


def source_name(source: str) -> str:
	return {
		engine.IN_PLAN: _("Instalments"),
		engine.PROMISED: _("Promises"),
		engine.ANNOUNCED: _("Announced"),
		engine.BEHAVIOUR: _("Payment behaviour"),
	}[source]


def reason_name(reason: str) -> str:
	return {
		engine.IN_CASE: _("In a collection case"),
		engine.INSOLVENT: _("Owed by insolvent customers"),
		engine.NEVER_SO_LATE: _("Later than anybody has paid"),
	}[reason]


def week_name(monday: date) -> str:
	return _("Week {0}").format(monday.isocalendar().week)


def _step(had: dunning.Had | None) -> dict:
	return {
		"step": had.code if had else None,
		"step_on": had.on if had else None,
		"notice": had.notice or None if had else None,
	}
