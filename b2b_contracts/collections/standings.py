"""How a customer's debts stand: what is open of each invoice, what of that is set aside and why, what credits cover
(requirements §3). For calls and hand-overs. Reads only.

Amounts are in the currency of the invoices' receivable account.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts.credit import wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import collection_cases as engine
from b2b_contracts.engine.collection_cases import Chosen, Part, Standing, spread
from b2b_contracts.engine.disputes import standing_claims
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.engine.overdue import not_chased

from . import invoices as invoice_facts
from . import plan_facts, promises, unallocated
from .invoices import INVOICE, currency_of

CASE_ROW = "Collection Case Item"


def of(
	customer: str,
	company: str,
	names: Collection[str],
	but_case: str = "",
	locked: Mapping[str, frappe._dict] | None = None,
) -> dict[str, Standing]:
	"""Return how some invoices of a customer stand, by name. `but_case` is the case for which being in it is no hindrance,
	`locked` the invoices as they are now where they were locked; else they are as this transaction sees them."""
	return of_customers(company, {customer: names}, but_case, locked)


def of_customers(
	company: str,
	names_of: Mapping[str, Collection[str]],
	but_case: str = "",
	locked: Mapping[str, frappe._dict] | None = None,
) -> dict[str, Standing]:
	"""Return how some invoices of each of some customers stand, by name: as many queries for one customer as for many."""
	names = list(dict.fromkeys(name for some in names_of.values() for name in some))
	rows = {row.name: row for row in _open_invoices(company, list(names_of))}
	rows |= invoice_facts.seen(name for name in names if name not in rows)
	rows |= locked or {}
	by_account: dict[tuple[str, str], list] = defaultdict(list)
	for row in sorted(rows.values(), key=lambda row: (getdate(row.due_date), row.name)):
		if _open(row):
			by_account[row.customer, currency_of(row)].append(row)
	aside = _set_aside(rows, by_account, company, names_of)
	covered = _covered(by_account, aside, company, names_of)
	elsewhere = {name: case for name, case in cases_of(names).items() if case != but_case}
	insolvent = _insolvent(names_of)
	agreed = _instalments({name: rows[name] for name in names if name in rows})
	return {
		name: Standing(
			_open(rows[name]),
			agreed.get(name, ()),
			*aside[name],
			covered.get(name, ZERO),
			customer in insolvent,
			name in elsewhere,
		)
		for customer, some in names_of.items()
		for name in some
		if name in rows
	}


def open_invoices(customer: str, company: str) -> list[frappe._dict]:
	"""Return what of a customer is not paid, the oldest first."""
	return _open_invoices(company, [customer])


def _open_invoices(company: str, customers: list[str]) -> list[frappe._dict]:
	return frappe.get_all(
		INVOICE,
		filters={
			"customer": ["in", customers or [""]],
			"company": company,
			"docstatus": 1,
			"is_return": 0,
			"outstanding_amount": [">", 0],
		},
		fields=list(invoice_facts.FIELDS),
		order_by="due_date, name",
	)


def cases_of(names: Collection[str]) -> dict[str, str]:
	"""Return which of some invoices are in an open collection case, and in which."""
	rows = frappe.get_all(
		CASE_ROW, filters={"open_key": ["in", list(names) or [""]]}, fields=["open_key", "parent"]
	)
	return {row.open_key: row.parent for row in rows}


def _open(invoice) -> Decimal:
	return (
		money(invoice.outstanding_amount) if invoice.docstatus == 1 and not cint(invoice.is_return) else ZERO
	)


def _insolvent(customers: Iterable[str]) -> set[str]:
	filters = {"customer": ["in", list(customers) or [""]], "status": "Open"}
	return set(frappe.get_all("Insolvency Case", filters=filters, pluck="customer"))


# ------------------------------------------------------------------ set aside
def _set_aside(
	rows: Mapping[str, frappe._dict], by_account: Mapping[tuple, list], company: str, customers: Iterable[str]
) -> dict[str, tuple]:
	"""Return what of each invoice is disputed, in a plan, on its way by a slip, promised."""
	# A plan that is approved is not written on its invoices yet: it waits for its first instalment, and so do we.
	planned = plan_facts.live_plans_over(rows, None)
	at_large, promised = promises.still_promised(company, customers, getdate())
	found = {}
	for name, row in rows.items():
		in_plan = money(row.b2b_planned_amount) or (_open(row) if name in planned else ZERO)
		found[name] = [
			*(money(row.b2b_disputed_amount), in_plan, money(row.b2b_awaited_amount)),
			promised.get(name, ZERO),
		]
	for account, amount in at_large.items():
		oldest = by_account.get(account, [])
		free = [max(ZERO, _open(row) - not_chased(*found[row.name])) for row in oldest]
		for row, part in zip(oldest, standing_claims(free, amount), strict=True):
			found[row.name][3] += part
	return {name: tuple(parts) for name, parts in found.items()}


# ------------------------------------------------------------------ credits
def _covered(
	by_account: Mapping[tuple, list], aside: Mapping[str, tuple], company: str, customers: Iterable[str]
) -> dict[str, Decimal]:
	"""Return what of each invoice money and credit notes would pay that are set against nothing: the oldest first."""
	found: dict[str, Decimal] = {}
	for account, credit in unallocated.credits(company, customers).items():
		oldest = by_account.get(account, [])
		free = [max(ZERO, _open(row) - not_chased(*aside[row.name])) for row in oldest]
		found |= dict(zip([row.name for row in oldest], spread(credit, free), strict=True))
	return found


# ------------------------------------------------------------------ instalments
def _instalments(rows: Mapping[str, frappe._dict]) -> dict[str, tuple]:
	"""Return due dates and amounts of some invoices, the earliest first, in the currency of their account."""
	found: dict[str, list] = defaultdict(list)
	for part in frappe.get_all(
		"Payment Schedule",
		filters={"parent": ["in", list(rows) or [""]], "parenttype": INVOICE},
		fields=["parent", "due_date", "payment_amount", "base_payment_amount"],
		order_by="parent, due_date, idx",
	):
		is_own = currency_of(rows[part.parent]) == rows[part.parent].currency
		amount = part.payment_amount if is_own else part.base_payment_amount
		found[part.parent].append((getdate(part.due_date), to_cents(money(amount))))
	for name, row in rows.items():
		if name not in found:
			found[name].append((getdate(row.due_date), _open(row)))
	return {name: tuple(parts) for name, parts in found.items()}


# ------------------------------------------------------------------ what may not be handed over
def why_they_stay(company: str, names_of: Mapping[str, Collection[str]], on: date) -> dict[str, str]:
	"""Return why nothing of them may go to collection on a day, of those of some customers' invoices of which that is so."""
	found = invoice_facts.seen(name for names in names_of.values() for name in names)
	chosen = {name: engine.choose(debt, on) for name, debt in of_customers(company, names_of).items()}
	return {
		name: left_out_text(one, currency_of(found[name]))
		for name, one in chosen.items()
		if not one.principal
	}


# ------------------------------------------------------------------ words
def left_out_text(chosen: Chosen, currency: str) -> str:
	"""Return what of an invoice is left out and why, empty where nothing is."""
	return " ".join(_sentence(part, currency) for part in chosen.left_out)


def _sentence(part: Part, currency: str) -> str:
	amount = wording.money_text(part.amount, currency)
	return {
		engine.INSOLVENT: _("{0}: the customer is insolvent, the claim is made there."),
		engine.IN_CASE: _("{0} is in another collection case."),
		engine.SETTLED: _("Nothing is open any more."),
		engine.NOT_DUE: _("{0} is not overdue."),
		engine.IN_PLAN: _("{0} is in a payment plan."),
		engine.DISPUTED: _("{0} is disputed."),
		engine.PAYMENT_ON_ITS_WAY: _("{0} is on its way by a payment slip."),
		engine.PROMISED: _("{0} is promised for a day to come."),
		engine.COVERED: _("{0} is covered by credits that are set against nothing yet."),
	}[part.reason].format(amount)
