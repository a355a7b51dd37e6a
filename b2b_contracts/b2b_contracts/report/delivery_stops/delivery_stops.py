"""Delivery Stops: who is stopped, why, since when, what would lift it, and what waits behind it."""

from frappe import _

from b2b_contracts.credit import stopped_customers, stops
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import facts
from b2b_contracts.engine.money import ZERO
from b2b_contracts.reporting import shown
from b2b_contracts.reporting.report import Report, Result

HOLD = "Credit Hold"


def execute(filters: dict | None = None) -> Result:
	return DeliveryStops(filters).run()


class DeliveryStops(Report):
	reads = (HOLD,)

	def validate(self) -> None:
		self.of_companies = self.companies()
		self.of_customers = self.customers()
		self.action = self.choice("action", ("", *stops.KEEP_GOODS))

	def read(self) -> None:
		self.stopped = stopped_customers.listed(self.of_companies, self.action, self.of_customers)

	def columns(self) -> list[dict]:
		return [
			shown.customer(),
			shown.column("action_shown", _("Stop"), width=120, pill="light"),
			shown.column("reasons", _("Why"), width=330),
			shown.column("lifted_by", _("What would lift it"), width=290),
			shown.day("since", _("Since"), 110),
			shown.count("days", _("Days"), 60),
			shown.count("waiting_orders", _("Orders behind it"), 130),
			shown.money("waiting_amount", _("Amount behind it"), 140),
			shown.day("promised", _("Earliest promise"), 130),
			shown.column("account_manager", _("Account manager"), width=160),
			shown.column("company", _("Company"), width=140),
			shown.link("credit_hold", _("Credit hold"), HOLD, 150),
			shown.hidden("currency", _("Currency")),
			shown.hidden("customer", _("Customer number")),
			shown.hidden("light", _("Traffic light")),
		]

	def rows(self) -> list[dict]:
		return [_shown(row, row["action"]) for row in self.stopped]

	def summary(self) -> list[dict]:
		"""A customer may stand under a credit stop and a delivery stop: what waits is counted once."""
		customers = {(row["customer"], row["company"]): row for row in self.stopped}.values()
		cards = [
			shown.count_card(_("Customers stopped"), len(customers)),
			shown.count_card(_("Orders behind it"), sum(row["waiting_orders"] for row in customers)),
		]
		for currency in sorted({row["currency"] for row in customers}):
			amounts = (money(row["waiting_amount"]) for row in customers if row["currency"] == currency)
			cards.append(shown.amount_card(_("Amount behind it"), sum(amounts, ZERO), currency))
		return cards


def _shown(row: dict, action: str) -> dict:
	light = shown.RED if action == facts.STOP else shown.YELLOW
	return {**row, "action_shown": _(action, context=HOLD), "light": light}
