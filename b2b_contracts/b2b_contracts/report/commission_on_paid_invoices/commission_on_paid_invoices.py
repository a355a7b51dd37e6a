"""Commission on Paid Invoices: what salespeople earned in a period at invoicing and as customers paid, less credit notes and malus."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import fmt_money, formatdate, get_first_day, get_last_day

from b2b_contracts import permissions
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import commission as rules
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.reporting import commission, shown
from b2b_contracts.reporting.report import Report, Result

INVOICE, SALESPERSON, CUSTOMER, MONTH = "Invoice", "Salesperson", "Customer", "Month"
BY = (INVOICE, SALESPERSON, CUSTOMER, MONTH)
OPENS = {INVOICE: "Sales Invoice", SALESPERSON: "Sales Person", CUSTOMER: "Customer"}
FIELDS = {
	rules.AT_INVOICING: "at_invoicing",
	rules.ON_PAYMENT: "on_payment",
	rules.REVERSED: "reversed",
	rules.MALUS: "malus",
}


def execute(filters: dict | None = None) -> Result:
	return CommissionOnPaidInvoices(filters).run()


@dataclass(slots=True)
class Group:
	"""Earnings that share a key: what the period brought by kind, and what is still to come of the invoices."""

	key: str
	label: str
	sums: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(FIELDS.values(), ZERO))
	to_date: Decimal = ZERO
	still_to_come: Decimal = ZERO
	invoices: set[str] = field(default_factory=set)

	@property
	def total(self) -> Decimal:
		return sum(self.sums.values(), ZERO)


class CommissionOnPaidInvoices(Report):
	"""The commission of the people that the user may see: their own, of whom they lead, or everybody's."""

	reads = ("Commission Plan",)

	def validate(self) -> None:
		self.in_company = self.company()
		until = self.day("to_date")
		self.since, self.until = self.period(get_first_day(until), until)
		self.by = self.choice("by", BY)
		self.persons = self._persons()
		self.of_customers = self._customers()

	def _persons(self) -> list[str] | None:
		seen, asked = permissions.sales_persons_seen(), self.filters.sales_person
		if not asked:
			return seen
		if not frappe.db.exists("Sales Person", asked):
			self.refuse(_("There is no salesperson {0}.").format(asked))
		if seen is not None and asked not in seen:
			frappe.throw(
				_(
					"The commission of {0} is not yours to see: you see your own, and that of whom you lead."
				).format(frappe.bold(asked)),
				frappe.PermissionError,
			)
		# Whoever leads others stands for them in the tree, here too.
		below = frappe.db.get_descendants("Sales Person", asked)
		return [asked, *(name for name in below if seen is None or name in seen)]

	def _customers(self) -> list[str] | None:
		permitted, asked = permissions.customers_permitted(), self.filters.customer
		if not asked:
			return permitted
		if permitted is not None and asked not in permitted:
			frappe.throw(_("You may not see customer {0}.").format(asked), frappe.PermissionError)
		return [asked]

	def read(self) -> None:
		self.currency = company_currency(self.in_company)
		wanted = commission.Wanted(self.in_company, self.since, self.until, self.persons, self.of_customers)
		self.found = [
			one for one in commission.read(wanted) if any(move.day >= self.since for move in one.moves)
		]

	# -------------------------------------------------------------- columns and rows
	def columns(self) -> list[dict]:
		sums = [
			shown.money("at_invoicing", _("At invoicing"), 120),
			shown.money("on_payment", _("On payments"), 120),
			shown.money("reversed", _("Credited"), 115),
			shown.money("malus", _("Malus"), 110),
			shown.money("total", _("Earned in the period"), 150),
			shown.money("to_date", _("Earned to date"), 130),
			shown.money("still_to_come", _("Still to come"), 130),
			shown.hidden("currency", _("Currency")),
		]
		if self.by != INVOICE:
			key = shown.column("key", _(self.by), width=220, opens=OPENS.get(self.by), opens_by="opens")
			return [key, shown.count("invoices", _("Invoices")), *sums]
		return [
			shown.column("sales_person", _("Salesperson"), width=150, opens="Sales Person"),
			shown.column("invoice", _("Invoice"), width=175, opens="Sales Invoice"),
			shown.customer(170),
			shown.day("posting_date", _("Invoiced on")),
			shown.money("base", _("Commission base"), 140),
			shown.percent("rate", _("Rate"), 70),
			shown.money("commission", _("Whole commission"), 140),
			shown.percent("paid_percent", _("Paid"), 70),
			*sums,
			shown.column("hold", _("Malus by"), width=170, opens="Credit Hold"),
		]

	def rows(self) -> list[dict]:
		if self.by == INVOICE:
			return [self._row(one) for one in self.found]
		return [
			{
				"key": group.label,
				"opens": group.key,
				"invoices": len(group.invoices),
				**{name: shown.plain(amount) for name, amount in group.sums.items()},
				**self._sums(group.total, group.to_date, group.still_to_come),
			}
			for group in self.groups()
		]

	def _row(self, one: commission.Earning) -> dict:
		return {
			"sales_person": one.sales_person,
			"invoice": one.invoice.name,
			"customer": one.invoice.customer,
			"customer_name": one.invoice.customer_name,
			"posting_date": one.invoice.posting_date,
			"base": shown.plain(one.base),
			"rate": shown.plain(one.rate),
			"commission": shown.plain(one.commission),
			"paid_percent": one.paid_percent,
			**{name: shown.plain(one.total(kind, self.since)) for kind, name in FIELDS.items()},
			**self._sums(one.total(since=self.since), one.total(), one.still_to_come),
			"hold": one.hold,
		}

	def _sums(self, total: Decimal, to_date: Decimal, still_to_come: Decimal) -> dict:
		return {
			"total": shown.plain(total),
			"to_date": shown.plain(to_date),
			"still_to_come": shown.plain(still_to_come),
			"currency": self.currency,
		}

	def groups(self) -> list[Group]:
		"""Return the earnings grouped, by name; months in their order."""
		if self.by == MONTH:
			return self.months()
		key: Callable[[commission.Earning], tuple[str, str]] = {
			SALESPERSON: lambda one: (one.sales_person, one.sales_person),
			CUSTOMER: lambda one: (one.invoice.customer, one.invoice.customer_name),
		}[self.by]
		groups: dict[str, Group] = {}
		for one in self.found:
			group = groups.setdefault(key(one)[0], Group(*key(one)))
			for kind, name in FIELDS.items():
				group.sums[name] += one.total(kind, self.since)
			group.to_date += one.total()
			group.still_to_come += one.still_to_come
			group.invoices.add(one.invoice.name)
		return sorted(groups.values(), key=lambda group: group.label)

	def months(self) -> list[Group]:
		"""Return what each month of the period brought; what is still to come stands in the last one, since nobody knows when."""
		groups: dict[date, Group] = {}
		for one in self.found:
			for move in one.moves:
				if move.day >= self.since:
					end = get_last_day(move.day)
					group = groups.setdefault(end, Group("", formatdate(end, "MMM yyyy")))
					group.sums[FIELDS[move.kind]] += move.amount
					group.invoices.add(one.invoice.name)
		found = [group for _end, group in sorted(groups.items())]
		so_far = ZERO
		for group in found:
			so_far += group.total
			group.to_date = so_far
		if found:
			before = sum((one.total() for one in self.found), ZERO) - so_far
			for group in found:
				group.to_date += before
			found[-1].still_to_come = sum((one.still_to_come for one in self.found), ZERO)
		return found

	# -------------------------------------------------------------- around them
	def message(self) -> str | None:
		plan = commission.current_plan(self.in_company, self.until)
		if plan is None:
			return _(
				"There is no commission plan for invoices of this company. Make one under Commission Plan."
			)
		earned = _(
			"{0} % of the commission on the sales team of an invoice is earned when it is invoiced, {1} % as it is paid, in proportion;"
			" credit notes take back both. Amounts are in {2}, on the day of the invoice, the payment or the credit note."
		).format(number(plan.invoiced_percent), number(HUNDRED - plan.invoiced_percent), self.currency)
		if not plan.malus_percent or not plan.late_invoices:
			return earned
		return (
			earned
			+ " "
			+ _(
				"Malus: {0} % for who pushed an order against the advice of credit control, once the customer has {1} invoices within {2} days"
				" that were more than {3} days late."
			).format(number(plan.malus_percent), plan.late_invoices, plan.within_days, plan.late_days)
		)

	def chart(self) -> dict | None:
		groups = self.groups() if self.by in (SALESPERSON, CUSTOMER) else self.months()
		if self.by in (SALESPERSON, CUSTOMER):
			groups = sorted(groups, key=lambda group: -group.total)[:12]
		labels = {
			"at_invoicing": _("At invoicing"),
			"on_payment": _("On payments"),
			"reversed": _("Credited"),
			"malus": _("Malus"),
		}
		return shown.chart(
			[group.label for group in groups],
			{label: [group.sums[name] for group in groups] for name, label in labels.items()},
			currency=self.currency,
			barOptions={"stacked": 1},
		)

	def summary(self) -> list[dict]:
		if not self.found:
			return []

		def earned(kind: str) -> Decimal:
			return sum((one.total(kind, self.since) for one in self.found), ZERO)

		total = sum((one.total(since=self.since) for one in self.found), ZERO)
		to_come = sum((one.still_to_come for one in self.found), ZERO)
		reversed_, malus = earned(rules.REVERSED), earned(rules.MALUS)
		return [
			shown.amount_card(_("At invoicing"), earned(rules.AT_INVOICING), self.currency),
			shown.amount_card(_("On payments"), earned(rules.ON_PAYMENT), self.currency),
			shown.amount_card(
				_("Credited"), reversed_, self.currency, shown.RED if reversed_ else shown.GREY
			),
			shown.amount_card(_("Malus"), malus, self.currency, shown.RED if malus else shown.GREY),
			shown.amount_card(_("Earned in the period"), total, self.currency, shown.GREEN),
			shown.amount_card(_("Still to come"), to_come, self.currency),
		]


def number(percent: Decimal) -> str:
	"""Return a percentage without a tail of noughts."""
	return fmt_money(percent, 0) if percent == percent.to_integral_value() else fmt_money(percent, 2)
