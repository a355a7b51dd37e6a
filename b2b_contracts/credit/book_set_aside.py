"""What of invoices was set aside over time: the sheets disputes and plans.

- **A dispute** counts since it was opened, or since the book has its invoice; a draft never does. What its credit notes
  have settled is a row of its own that ends with the credit note. The rest ends with the dispute.
- **A plan** counts since its first instalment was paid, with the whole amount until it ends: what its payments have
  lowered meanwhile is open no longer anyway. One whose first payment was taken back again is left out, as nobody
  knows when.

The documents know the day on which something ended. The time comes from their own trail (a dispute's progress, what a
plan has noted), where that is of the same day.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from b2b_contracts.backtest.book_format import DISPUTES, PLANS
from b2b_contracts.engine import disputes

from . import book_facts
from .account_facts import company_currency
from .book_facts import Scope
from .book_scratch import Scratch, amount_text, cents, moment, text

# The words of a book for how something ended.
ACCEPTED, REJECTED, WITHDRAWN = "Accepted", "Rejected", "Withdrawn"
OUTCOME_OF_DISPUTE = {disputes.ACCEPTED: ACCEPTED, disputes.REJECTED: REJECTED, disputes.CANCELLED: WITHDRAWN}
OUTCOME_OF_PLAN = {"Completed": "Kept", "Broken": "Broken"}


# ------------------------------------------------------------------ disputes
def add_disputes(scope: Scope, scratch: Scratch) -> None:
	"""Add the disputes of the period, and those from before it that had not ended when it began."""
	last = ""
	while found := book_facts.disputes(last, scope):
		begins = scratch.moments_of_invoices(
			row.sales_invoice for dispute in found for row in dispute.invoices
		)
		for dispute in found:
			_add_dispute(dispute, begins, scope, scratch)
		last = found[-1].name


def _add_dispute(dispute, begins: dict[str, str], scope: Scope, scratch: Scratch) -> None:
	ended = _end_of_dispute(dispute)
	for row in dispute.invoices:
		if row.sales_invoice not in begins:
			continue
		since = max(moment(dispute.opened_on, dispute.creation), begins[row.sales_invoice])
		rate = _rate(dispute, row)
		for amount, until, outcome in _parts(dispute, row, ended):
			until = _until(until, since, scope)
			scratch.add(
				DISPUTES,
				since,
				(dispute.customer, dispute.company),
				dispute=dispute.name,
				invoice=row.sales_invoice,
				amount=amount_text(cents(amount * rate)),
				closed_on=until,
				outcome=outcome if until else "",
			)


def _parts(dispute, row, ended: str) -> Iterator[tuple[Decimal, str, str]]:
	"""Yield (amount, until when, outcome) of what was disputed of an invoice: what each credit note settled, and the rest."""
	left, credited = _money(row.disputed_amount), _money(row.credited_amount)
	for note in dispute.credit_notes:
		part = min(_total(dispute, note), credited, left)
		if note.return_against == row.sales_invoice and part > 0:
			yield part, moment(note.posting_date, note.creation), ACCEPTED
			left, credited = left - part, credited - part
	if left > 0:
		yield left, ended, OUTCOME_OF_DISPUTE.get(dispute.status, "")


def _total(dispute, note) -> Decimal:
	"""Return what a credit note credits, in the dispute's currency."""
	if note.currency == dispute.currency:
		return abs(_money(note.rounded_total or note.grand_total))
	return abs(_money(note.base_rounded_total or note.base_grand_total))


def _end_of_dispute(dispute) -> str:
	if dispute.docstatus == 2:
		return text(dispute.modified)
	if not dispute.resolved_on:
		return ""
	return _last_of(dispute.resolved_on, dispute.noted)


# ------------------------------------------------------------------ payment plans
def add_plans(scope: Scope, scratch: Scratch) -> None:
	"""Add the payment plans that became active until the end of the period and had not ended when it began."""
	last = ""
	while found := book_facts.plans(last, scope):
		begins = scratch.moments_of_invoices(row.sales_invoice for plan in found for row in plan.invoices)
		for plan in found:
			_add_plan(plan, begins, scope, scratch)
		last = found[-1].name


def _add_plan(plan, begins: dict[str, str], scope: Scope, scratch: Scratch) -> None:
	# The first thing that a plan notes is its approval, the second that it is active.
	active = next((at for at in plan.noted[1:] if at.date() == plan.activated_on), None)
	since = text(active) if active else plan.activated_on.isoformat()
	ended = _end_of_plan(plan)
	for row in plan.invoices:
		if row.sales_invoice not in begins:
			continue
		at = max(since, begins[row.sales_invoice])
		until = _until(ended, at, scope)
		scratch.add(
			PLANS,
			at,
			(plan.customer, plan.company),
			plan=plan.name,
			invoice=row.sales_invoice,
			amount=amount_text(cents(_money(row.amount) * _rate(plan, row))),
			ended_on=until,
			outcome=OUTCOME_OF_PLAN.get(plan.status, "") if until else "",
		)


def _end_of_plan(plan) -> str:
	if plan.docstatus == 2:
		return text(plan.modified)
	ended_on = plan.completed_on or plan.broken_on
	return _last_of(ended_on, plan.noted) if ended_on else ""


# ------------------------------------------------------------------ what both share
def _last_of(day: date, trail: Iterable[datetime]) -> str:
	"""Return the last moment of a day in a document's trail, the day itself without any."""
	return max((text(at) for at in trail if at.date() == day), default=day.isoformat())


def _until(ended: str, since: str, scope: Scope) -> str:
	"""Return when something ended, empty when that is after the book; nothing ends before it begins."""
	return max(ended, since) if ended and ended[:10] <= scope.to_date.isoformat() else ""


def _rate(doc, row) -> Decimal:
	"""Return what turns amounts of a dispute or plan into the currency of the company."""
	foreign = doc.currency != company_currency(doc.company)
	return _money(row.conversion_rate) if foreign else Decimal(1)


def _money(value) -> Decimal:
	return Decimal(str(value or 0))
