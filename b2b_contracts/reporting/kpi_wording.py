"""How the key figures are put into words: names, formulas, where their numbers come from, units (requirements §5)."""

from decimal import Decimal

from frappe import _
from frappe.utils import flt, fmt_money, formatdate

from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.kpi import AMOUNT, DAYS, HOURS, Figure, Input

from . import kpi_facts


def name_of(code: str) -> str:
	return {
		"dso": _("DSO"),
		"dso_count_back": _("DSO, count-back"),
		"days_to_pay": _("Average days to pay"),
		"days_beyond_terms": _("Days beyond terms"),
		"cei": _("Collection effectiveness (CEI)"),
		"overdue_collected": _("Overdue collected"),
		"over_60": _("Over 60 days"),
		"bad_debt": _("Bad debt"),
		"dispute_time": _("Dispute time"),
		"orders_held": _("Orders held"),
		"hold_response": _("Time to answer a hold"),
		"hit_rate": _("Reminder hit rate"),
		"plan_success": _("Payment plans kept"),
		"invoice_lag": _("Invoice lag"),
		"insured": _("Insured share"),
		"largest_customer": _("Largest customer"),
		"ten_largest": _("Ten largest customers"),
		"largest_industry": _("Largest industry"),
		"largest_country": _("Largest country"),
		"contract_cycle": _("Contract cycle time"),
	}[code]


def formula_of(code: str) -> str:
	return {
		"dso": _(
			"Receivables on the last day ÷ credit sales of the months × days of the months; both with VAT"
		),
		"dso_count_back": _(
			"The sales of whole calendar months are peeled off the receivables, newest first; days of those months, and of the last one its share"
		),
		"days_to_pay": _("Σ (paid × days from invoice to payment) ÷ Σ paid"),
		"days_beyond_terms": _("Σ (paid × days from due date to payment, never below 0) ÷ Σ paid"),
		"cei": _(
			"(Receivables at the beginning + sales ÷ N − receivables at the end) ÷ (receivables at the beginning + sales ÷ N − not due at the end) × 100"
		),
		"overdue_collected": _(
			"Paid after the due date ÷ (paid after the due date + overdue on the last day) × 100"
		),
		"over_60": _("Undisputed debts over 60 days overdue ÷ all undisputed debts × 100"),
		"bad_debt": _("Written off ÷ revenue × 100; both without VAT"),
		"dispute_time": _("Σ days from registration to resolution ÷ disputes settled"),
		"orders_held": _("Orders that a credit check has held ÷ orders submitted × 100"),
		"hold_response": _("Σ working hours until a person first answered ÷ holds answered"),
		"hit_rate": _("Invoices paid within 7 days of their first reminder ÷ first reminders × 100"),
		"plan_success": _("Payment plans kept to the end ÷ payment plans that ended × 100"),
		"invoice_lag": _("Σ days from delivery to invoice ÷ deliveries invoiced"),
		"insured": _("Debts covered by credit insurance ÷ receivables × 100"),
		"largest_customer": _("What the largest debtor owes ÷ receivables × 100"),
		"ten_largest": _("What the ten largest debtors owe ÷ receivables × 100"),
		"largest_industry": _("What the customers of the largest industry owe ÷ receivables × 100"),
		"largest_country": _("What the customers of the largest country owe ÷ receivables × 100"),
		"contract_cycle": _("Σ days from request to signature ÷ contracts signed"),
	}[code]


def source_of(code: str) -> str:
	"""Return where the numbers of a figure come from."""
	ledger = _("Payment ledger of the receivable accounts")
	return {
		"over_60": _("Payment ledger of the receivable accounts, disputes"),
		"bad_debt": _("Journal entries of the kind Write Off Entry, sales invoices"),
		"dispute_time": _("Disputes that were settled in the months"),
		"orders_held": _("Sales orders by their date, credit holds"),
		"hold_response": _("Credit decisions; the working hours of the policy"),
		"hit_rate": _("Dunning notices, payment ledger; reminders whose days are over"),
		"plan_success": _("Payment plans that were completed or broken in the months"),
		"invoice_lag": _("Sales invoices with delivery notes"),
		"insured": _("Payment ledger of the receivable accounts, buyer limits in force on the last day"),
		"largest_industry": _("Payment ledger of the receivable accounts, industries of customers"),
		"largest_country": _("Payment ledger of the receivable accounts, addresses of customers"),
		"contract_cycle": _("Contracts that were signed in the months"),
	}.get(code, ledger)


def input_name(name: str) -> str:
	return {
		"receivables": _("Receivables on the last day"),
		"receivables_at_begin": _("Receivables at the beginning"),
		"sales": _("Credit sales"),
		"sales_peeled": _("Sales of the months peeled off"),
		"months_peeled": _("Months peeled off"),
		"days": _("Days of the months"),
		"periods": _("N (months)"),
		"not_due": _("Not due on the last day"),
		"overdue": _("Overdue on the last day"),
		"undisputed": _("Undisputed debts"),
		"undisputed_over_60": _("Undisputed debts over 60 days"),
		"written_off": _("Written off, without VAT"),
		"revenue": _("Revenue, without VAT"),
		"paid": _("Paid on invoices"),
		"paid_times_days": _("Σ paid × days since the invoice"),
		"paid_times_late": _("Σ paid × days late"),
		"paid_late": _("Paid after the due date"),
		"disputes": _("Disputes settled"),
		"dispute_days": _("Days in dispute"),
		"orders": _("Orders submitted"),
		"orders_held": _("Orders held"),
		"answers": _("Holds answered"),
		"answer_hours": _("Working hours until the answer"),
		"reminded": _("First reminders"),
		"reminded_and_paid": _("Paid within 7 days"),
		"plans_kept": _("Payment plans kept"),
		"plans_broken": _("Payment plans broken"),
		"billed_deliveries": _("Deliveries invoiced"),
		"billing_days": _("Days from delivery to invoice"),
		"insured": _("Debts covered by credit insurance"),
		"largest": _("What the largest debtor owes"),
		"largest_ten": _("What the ten largest debtors owe"),
		"largest_industry": _("What the largest industry owes"),
		"largest_country": _("What the largest country owes"),
		"contracts": _("Contracts signed"),
		"contract_days": _("Days from request to signature"),
	}[name]


def unit_of(unit: str) -> str:
	return {DAYS: _("days"), HOURS: _("working hours")}.get(unit, "%")


def months_of(months: int) -> str:
	return _("1 month") if months == 1 else _("{0} months together").format(months)


def key_of(by: str, key: str) -> str:
	"""Return whose a figure is, in words."""
	if by == kpi_facts.SALESPERSON:
		return key or _("No salesperson")
	if by == kpi_facts.SEGMENT:
		return key or _("No segment")
	return key or _("All")


def number_of(one: Input, currency: str) -> str:
	"""Return an input as people write it."""
	if one.kind == AMOUNT:
		return fmt_money(float(one.value), currency=currency)
	rounded = round(float(one.value), 2)
	return fmt_money(rounded, precision=0 if rounded == int(rounded) else 2)


def inputs_of(figure: Figure, currency: str) -> str:
	"""Return the inputs of a figure as one text."""
	return "; ".join(f"{input_name(one.name)}: {number_of(one, currency)}" for one in figure.inputs)


def value_of(value: Decimal | None, unit: str, at_least: bool = False) -> str:
	"""Return a figure with its unit as people write it, a dash where it is not known."""
	if value is None:
		return "–"
	text = f"{fmt_money(flt(value, 1), precision=1)} {unit_of(unit)}"
	return _("at least {0}").format(text) if at_least else text


def month_name(month) -> str:
	return formatdate(month, "MMM yyyy")


def label_of(kpi: rules.Kpi, months: int) -> str:
	"""Return the name of a figure with the months that it is of, where they are several."""
	return name_of(kpi.code) if months == 1 else f"{name_of(kpi.code)}, {months_of(months)}"
