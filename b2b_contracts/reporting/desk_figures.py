"""Figures of the workspaces, each with its light and the report that it opens: of what the user may see, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote, urlencode

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, fmt_money, getdate

from b2b_contracts import permissions
from b2b_contracts.contracts import pipeline
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import ageing, kpi
from b2b_contracts.engine import contract_register as register_rules
from b2b_contracts.engine import renewal_pipeline as renewals
from b2b_contracts.reporting import (
	contract_performance,
	contract_register,
	contract_revenue,
	kpi_wording,
	kpis,
	receivables,
	settings,
	shared,
)
from b2b_contracts.reporting.shown import GREEN, GREY, RED, YELLOW

AGEING, KPIS, PERFORMANCE, REGISTER, RENEWALS = (
	"B2B Receivables Ageing",
	"Credit KPIs",
	"Contract Performance",
	"Contract Register",
	"Renewal Pipeline",
)
OWED, OVERDUE, OLD, TO_ACT_ON, AT_STAKE, OBLIGATIONS, CYCLE, KPI = FIGURES = (
	"owed",
	"overdue",
	"old",
	"to_act_on",
	"at_stake",
	"obligations",
	"cycle",
	"kpi",
)
# So many days ahead contracts are looked at, as on the pipeline's own page.
WITHIN = 180
# Contracts signed within so many months say how long signing takes.
MONTHS = 12
UNKNOWN = "–"
# Where what the ageing says is kept: a document of these that is new or changed may change it.
AGEING_READS = (
	*("Payment Ledger Entry", "GL Entry", "Sales Invoice", "Account"),
	*("Dispute", "Payment Plan", "Promise to Pay"),
)


@dataclass(frozen=True, slots=True)
class Shown:
	"""A figure as people read it. `light` "" is one that is neither good nor bad."""

	text: str
	report: str
	filters: dict
	light: str = ""

	@property
	def html(self) -> str:
		"""Return the figure as a number card takes it: with its light, a link to the report behind it."""
		address = f"/app/query-report/{quote(self.report)}?{urlencode(self.filters)}"
		light = f'<span class="b2b-light b2b-light--{self.light.lower()}"></span>' if self.light else ""
		return f'<a class="b2b-figure" href="{escape_html(address)}">{light}{escape_html(self.text)}</a>'


def company_of_user() -> str:
	"""Return the user's own company, the first that they may see where that is none of them."""
	seen = permissions.companies_seen()
	own = frappe.defaults.get_user_default("Company")
	if not seen:
		frappe.throw(_("Choose a company."), title=_("Company"))
	return own if own in seen else seen[0]


def report_behind(figure: str) -> str:
	"""Return the report that a figure comes from: who may see the one may see the other."""
	return {
		**dict.fromkeys((OWED, OVERDUE, OLD), AGEING),
		**dict.fromkeys((TO_ACT_ON, AT_STAKE), RENEWALS),
		OBLIGATIONS: REGISTER,
		CYCLE: PERFORMANCE,
		KPI: KPIS,
	}[figure]


def read(figure: str, company: str, code: str = "", today: date | None = None) -> Shown:
	"""Return a figure of a company for the session user, as of today; `code` says which key figure."""
	today = today or getdate()
	if figure == KPI:
		return _key_figure(company, code, today)
	makers: dict[str, Callable[[str, date], Shown]] = {
		**dict.fromkeys((OWED, OVERDUE, OLD), lambda company, today: _receivables(figure, company, today)),
		**dict.fromkeys((TO_ACT_ON, AT_STAKE), lambda company, today: _contracts(figure, company, today)),
		OBLIGATIONS: _obligations,
		CYCLE: _cycle,
	}
	return makers[figure](company, today)


# ------------------------------------------------------------------ receivables
@dataclass(frozen=True, slots=True)
class Owed:
	"""What customers owe, what of it is overdue, in the company's currency, and which share of it is older than the alarm allows."""

	total: Decimal
	overdue: Decimal
	share_old: Decimal | None


def _receivables(figure: str, company: str, today: date) -> Shown:
	customers = permissions.customers_seen()
	alarm = int(settings.value("alarm_days"))
	about = (company, today, alarm, customers and sorted(customers))
	owed = shared.reading("owed", about, AGEING_READS, lambda: _owed(company, today, customers, alarm))
	filters = {"company": company}
	if figure == OLD:
		limits = kpi.Limits(kpi.HIGH, Decimal(str(settings.value("alarm_percent"))))
		return Shown(_percent(owed.share_old), AGEING, filters, kpi.light(limits, owed.share_old))
	amount = owed.total if figure == OWED else owed.overdue
	return Shown(_amount(amount, company), AGEING, filters)


def _owed(company: str, today: date, customers: list[str] | None, alarm_days: int) -> Owed:
	sums = ageing.Sums(ageing.Bounds(), alarm_days)
	for part in ageing.all_parts(
		receivables.read(receivables.Wanted((company,), today, customers=customers, with_posted=False)).items
	):
		sums.add(part, today)
	return Owed(sums.total, sums.overdue, sums.share_old)


# ------------------------------------------------------------------ contracts
def _contracts(figure: str, company: str, today: date) -> Shown:
	found = pipeline.read(pipeline.Wanted(company, WITHIN), today)
	filters = {"company": company, "within": WITHIN}
	if figure == AT_STAKE:
		return Shown(_amount(found.at_stake.value, company), RENEWALS, filters)
	return Shown(str(found.at_stake.count), RENEWALS, filters, _worst(found.at_stake))


def _worst(total: renewals.Total) -> str:
	if total.with_light(renewals.RED):
		return RED
	return YELLOW if total.with_light(renewals.YELLOW) else GREEN


def _obligations(company: str, today: date) -> Shown:
	items = contract_register.open_items(contract_register.Wanted((company,), (), {}), today)
	late = sum(item.light == register_rules.RED for item in items)
	filters = {"company": frappe.as_json([company], indent=None), "view": "Open items", "only": "Overdue"}
	return Shown(str(late), REGISTER, filters, RED if late else GREEN)


def _cycle(company: str, today: date) -> Shown:
	"""Return how long contracts signed within the last months were on their way, on average."""
	first = getdate(add_months(today, -MONTHS))
	signed = contract_performance.signed(contract_revenue.Wanted(company, first, today, {}))
	days = [found for row in signed if (found := contract_performance.cycle_days(row)) is not None]
	filters = {"company": company, "by": "Cycle time"}
	if not days:
		return Shown(UNKNOWN, PERFORMANCE, filters, GREY)
	average = Decimal(sum(days)) / len(days)
	limits = kpi.Limits(kpi.HIGH, Decimal(contract_performance.target_days()))
	text = f"{fmt_money(float(average), precision=1)} {_('days')}"
	return Shown(text, PERFORMANCE, filters, kpi.light(limits, average))


# ------------------------------------------------------------------ key figures
def _key_figure(company: str, code: str, today: date) -> Shown:
	"""Return a key figure of the last month that is over."""
	month = kpi.months_later(kpi.month_of(today), -1)
	found = kpis.figures(company, month, month, customers=permissions.customers_seen())
	of = found.of(code) if found.months else None
	filters = {"company": company, "from_date": month.isoformat(), "to_date": today.isoformat()}
	if of is None or of.value is None:
		return Shown(UNKNOWN, KPIS, filters, GREY)
	text = kpi_wording.value_of(of.value, of.record.kpi.unit, of.figure.at_least)
	return Shown(text, KPIS, filters, of.light)


# ------------------------------------------------------------------ words
def _amount(amount: Decimal, company: str) -> str:
	currency = company_currency(company)
	return fmt_money(float(amount), precision=0, currency=currency)


def _percent(value: Decimal | None) -> str:
	return UNKNOWN if value is None else f"{fmt_money(float(value), precision=1)} %"
