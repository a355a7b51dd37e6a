"""What a customer may be reminded of: ERPNext's reminders (Dunning) ask for nothing that is set aside (requirements §3).

What is disputed, in a payment plan (one that waits for its first instalment too), on its way by a payment slip, promised for
a day to come or in a collection case is left out, and an insolvent customer is reminded of nothing. A draft is brought in step
as it is saved; one that has fallen behind since is not sent.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import overdue
from b2b_contracts.engine.disputes import standing_claims
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import ChasingError

from . import collection_cases, jurisdictions, plan_facts, promises
from . import invoices as invoice_facts
from .invoices import INVOICE, currency_of


def bring_in_step(dunning) -> None:
	"""Lower a reminder's rows to what may be asked for, take off those with nothing left, and a fee that the law forbids.

	A reminder that is sent is not changed any more: it is refused when it would have to be. What a dunning notice books was
	planned by the same rules, and judged by the law.
	"""
	if dunning.flags.b2b_stands_in or dunning.flags.b2b_of_notice:
		return
	_refuse_while_insolvent(dunning)
	found = invoice_facts.seen(row.sales_invoice for row in dunning.overdue_payments)
	said = [*_lower(dunning, found), *_take_off_fee(dunning, found)]
	if not said:
		return
	if not dunning.overdue_payments:
		_refuse(_("There is nothing to remind {0} of now.").format(dunning.customer), said)
	if dunning._action == "submit":
		_refuse(
			_(
				"Reminder {0} asks for what may not be asked for now. Save it again, which leaves that out."
			).format(dunning.name),
			said,
		)
	frappe.msgprint(said, title=_("Left out of the reminder"), as_list=True, indicator="orange")


def _refuse_while_insolvent(dunning) -> None:
	case = insolvency_of(dunning.customer)
	if case:
		_refuse(
			_("{0} is insolvent (case {1}): what is owed is claimed there, and no reminder goes out.").format(
				dunning.customer_name or dunning.customer, case
			)
		)


# ------------------------------------------------------------------ what is set aside
def _lower(dunning, found: dict[str, frappe._dict]) -> list[str]:
	"""Lower the rows of a reminder and take off the empty ones; returns a sentence for each invoice that it concerns."""
	waiting = plan_facts.waiting_for_first(dunning.company, [dunning.customer])
	promised = _promised(dunning.customer, dunning.company, waiting)
	in_cases = collection_cases.invoices_in_cases([dunning.customer])
	said = []
	for name, invoice in found.items():
		parts = _parts(invoice, waiting, promised)
		aside = overdue.not_chased(*parts)
		rows = [row for row in dunning.overdue_payments if row.sales_invoice == name]
		if name in in_cases:
			_lower_rows(rows, {})
			said.append(_("Invoice {0} is in collection case {1}.").format(name, in_cases[name]))
		elif aside and _lower_rows(rows, _chased_by_due_date(invoice, aside)):
			said.append(_what_is_aside(invoice, parts))
	if said:
		dunning.set("overdue_payments", [row for row in dunning.overdue_payments if row.outstanding > 0])
	return said


def _lower_rows(rows: list, chased: dict) -> bool:
	"""Lower the rows of one invoice to what is chased of them by due date; returns whether one asked for more."""
	lowered = False
	for row in rows:
		due = getdate(row.due_date)
		part = min(money(row.outstanding), chased.get(due, ZERO))
		chased[due] = chased.get(due, ZERO) - part
		if part != money(row.outstanding):
			row.outstanding, lowered = number(part), True
	return lowered


def _chased_by_due_date(invoice, aside: Decimal) -> dict:
	"""Return what is chased of an invoice by due date, in its own currency, which a reminder is in."""
	schedule = frappe.get_all(
		"Payment Schedule",
		filters={"parent": invoice.name, "parenttype": INVOICE},
		fields=["due_date", "payment_amount"],
		order_by="due_date, idx",
	)
	instalments = [(getdate(row.due_date), money(row.payment_amount)) for row in schedule]
	chased: dict = {}
	for due, amount in overdue.chased_instalments(
		instalments or [(getdate(invoice.due_date), money(invoice.outstanding_amount))],
		_in_own_currency(invoice, money(invoice.outstanding_amount)),
		_in_own_currency(invoice, aside),
	):
		chased[due] = chased.get(due, ZERO) + amount
	return chased


def _in_own_currency(invoice, amount: Decimal) -> Decimal:
	if currency_of(invoice) == invoice.currency:
		return amount
	return to_cents(amount / money(invoice.conversion_rate))


def _parts(
	invoice, waiting: Mapping[str, Decimal], promised: Mapping[str, Decimal]
) -> tuple[Decimal, Decimal, Decimal, Decimal]:
	"""Return what of an invoice is disputed, in a plan, on its way by a slip, promised."""
	return (
		money(invoice.b2b_disputed_amount),
		money(invoice.b2b_planned_amount) + waiting.get(invoice.name, ZERO),
		money(invoice.b2b_awaited_amount),
		promised.get(invoice.name, ZERO),
	)


def _what_is_aside(invoice, parts: tuple[Decimal, Decimal, Decimal, Decimal]) -> str:
	said = [
		sentence.format(wording.money_text(amount, currency_of(invoice)))
		for sentence, amount in zip(
			(
				_("{0} is disputed"),
				_("{0} is in a payment plan"),
				_("{0} is on its way by a payment slip"),
				_("{0} is promised"),
			),
			parts,
			strict=True,
		)
		if amount > 0
	]
	return _("Invoice {0}: {1}.").format(invoice.name, ", ".join(said))


def _promised(customer: str, company: str, waiting: Mapping[str, Decimal]) -> dict[str, Decimal]:
	"""Return what of each invoice is promised for today or later. A promise that names no invoice is set against the oldest
	ones of its currency."""
	at_large, of_invoice = promises.still_promised(company, [customer], getdate())
	for (_customer, currency), amount in at_large.items():
		oldest = _open_invoices(customer, company, currency)
		free = [
			max(ZERO, money(row.outstanding_amount) - overdue.not_chased(*_parts(row, waiting, of_invoice)))
			for row in oldest
		]
		for row, part in zip(oldest, standing_claims(free, amount), strict=True):
			of_invoice[row.name] = of_invoice.get(row.name, ZERO) + part
	return of_invoice


def _open_invoices(customer: str, company: str, currency: str) -> list[frappe._dict]:
	rows = frappe.get_all(
		INVOICE,
		filters={"customer": customer, "company": company, "docstatus": 1, "outstanding_amount": [">", 0]},
		fields=list(invoice_facts.FIELDS),
		order_by="due_date, name",
	)
	return [row for row in rows if currency_of(row) == currency]


# ------------------------------------------------------------------ fees
def _take_off_fee(dunning, found: Iterable[str]) -> list[str]:
	"""Take off the fee of a reminder of what a broken payment plan was about, where the law allows none."""
	if not money(dunning.dunning_fee):
		return []
	law = jurisdictions.law_of(jurisdictions.jurisdiction_of(dunning.company, dunning.customer), getdate())
	if law.fee_after_broken_plan:
		return []
	broken = plan_facts.broken_plans_over(found)
	if not broken:
		return []
	dunning.dunning_fee = 0
	invoice, plan = next(iter(sorted(broken.items())))
	return [
		_(
			"No fee: invoice {0} was in payment plan {1}, which is broken, and after that {2} allows none."
		).format(invoice, plan, _(law.jurisdiction))
	]


def _refuse(message: str, said: Iterable[str] = ()) -> None:
	frappe.throw(" ".join([message, *said]), ChasingError, title=_("Reminder"))
