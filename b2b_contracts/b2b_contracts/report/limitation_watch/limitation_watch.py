"""Limitation Watch: claims that can soon no longer be enforced, and those that are lost already, the worst first."""

from collections import defaultdict
from decimal import Decimal

from frappe import _
from frappe.utils import formatdate

from b2b_contracts.collections import limitation
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine.money import ZERO
from b2b_contracts.reporting import shown
from b2b_contracts.reporting.report import Report, Result

VERY_SOON, SOON, LATEST = 30, 90, 36_500
LOST, IN_COURT, LATER = "lost", "court", "later"


def execute(filters: dict | None = None) -> Result:
	return LimitationWatch(filters).run()


class LimitationWatch(Report):
	reads = (limitation.WARNING,)

	def validate(self) -> None:
		self.of_company = self.company()
		self.of_customers = self.customers()
		self.within = self.number("within", limitation.WARNED_AHEAD, 0, LATEST)

	def read(self) -> None:
		self.claims = limitation.listed(
			self.of_company, self.within, self.of_customers, self.filters.collector
		)

	def columns(self) -> list[dict]:
		return [
			shown.day("expires_on", _("Last day")),
			shown.count("days_left", _("Days left"), 130, pill="light"),
			shown.money("amount", _("Amount"), 140),
			shown.customer(),
			shown.document("voucher_no", _("Document"), "voucher_type", 190),
			shown.day("due_date", _("Due date")),
			shown.day("acknowledged_on", _("Counts from"), 130),
			shown.day("suit_filed_on", _("Suit filed on")),
			shown.column("collector", _("Collector"), width=160),
			shown.column("remark", _("Remark"), width=260),
			shown.hidden("voucher_type", _("Document type")),
			shown.hidden("currency", _("Currency")),
			shown.hidden("light", _("Traffic light")),
		]

	def rows(self) -> list[dict]:
		return [{**row, "light": _light(row), "remark": _remark(row)} for row in self.claims]

	def message(self) -> str | None:
		if all(row["is_confirmed"] for row in self.claims):
			return None
		return _(
			"For some of these customers nobody has confirmed how many years the law gives. See the Dunning Jurisdiction."
		)

	def summary(self) -> list[dict]:
		sums: dict[str | int, Decimal] = defaultdict(lambda: ZERO)
		for row in self.claims:
			sums[_part(row)] += money(row["base_amount"])
		labels = (
			(LOST, _("Lost"), shown.RED),
			(SOON, _("Within {0} days").format(SOON), shown.YELLOW),
			(LATER, _("Later"), shown.BLUE),
			(IN_COURT, _("Before a court"), shown.GREY),
		)
		currency = company_currency(self.of_company)
		return [shown.amount_card(label, sums[part], currency, colour) for part, label, colour in labels]


def _part(row: dict) -> str | int:
	if row["suit_filed_on"]:
		return IN_COURT
	if row["days_left"] < 0:
		return LOST
	return SOON if row["days_left"] <= SOON else LATER


def _light(row: dict) -> str:
	"""Return how bad it is; nothing while a suit is pending: then no day is the last."""
	if row["suit_filed_on"]:
		return ""
	left = row["days_left"]
	return shown.RED if left <= VERY_SOON else shown.YELLOW if left <= SOON else shown.BLUE


def _remark(row: dict) -> str:
	texts = (
		_in_court(row),
		_("In insolvency proceedings: the claim lodged there counts.") if row["insolvent"] else "",
		"" if row["is_confirmed"] else _("The years are not confirmed by anybody."),
	)
	return " ".join(filter(None, texts))


def _in_court(row: dict) -> str:
	if row["suit_filed_on"]:
		return _("Suit filed on {0} at {1}: limitation is interrupted.").format(
			formatdate(row["suit_filed_on"]), row["court"]
		)
	if row["judged_on"]:
		return _("Decided by a court on {0}.").format(formatdate(row["judged_on"]))
	return ""
