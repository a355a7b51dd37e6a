"""Payment plans: approved within a mandate, active once the first instalment is paid, kept, completed or broken
(requirements §2.2, §3).

What an active plan holds of an invoice stands on the invoice (`b2b_planned_amount`), so that every query of open items
has it at hand. Money is not booked on a plan: how far it has come is read from what its invoices still owe, so that
whatever pays or credits them counts, in whatever order jobs run, and a second run changes nothing.

Lock order: the plan, then the gate (at approval only), then its invoices in order of their names.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, get_datetime, getdate, now_datetime

from b2b_contracts.credit import (
	clearing,
	gates,
	holds,
	locking,
	mandates,
	notices,
	people,
	policies,
	wording,
)
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import plans as engine
from b2b_contracts.engine.money import ZERO, ratio, to_cents
from b2b_contracts.exceptions import NotYourMandateError, PaymentPlanError

from . import disputes, mandated, plan_drafting, plan_facts
from . import invoices as invoice_facts
from .invoices import INVOICE
from .plan_facts import ACTIVE, APPROVED, BROKEN, COMPLETED, LIVE, PLAN


# ------------------------------------------------------------------ drafted
def complete_draft(plan) -> None:
	"""Complete a draft from its invoices: amounts, instalments, who may approve it. Refuses what cannot be agreed."""
	_complete(plan, invoice_facts.seen(row.sales_invoice for row in plan.invoices))


def _complete(plan, found: Mapping[str, frappe._dict]) -> None:
	plan_drafting.fill_invoices(plan, found)
	plan_drafting.fill_instalments(plan)
	plan_drafting.fill_requirement(plan, found)


# ------------------------------------------------------------------ approved
def approve(plan) -> None:
	"""Approve a plan that is submitted, before it is written: its invoices as they are now, the mandate, four eyes.

	The gate makes two plans stand in line, so that they cannot both take the same money.
	"""
	gate = mandated.lock_gate(plan)
	_refuse_while_insolvent(plan)
	_refuse_after_unseen(plan, gate)
	found = invoice_facts.locked(row.sales_invoice for row in plan.invoices)
	_complete(plan, found)
	acting = _check_mandate(plan)
	_check_papers(plan)
	for row in plan.invoices:
		row.open_amount = row.amount
	plan.update(
		{
			"status": APPROVED,
			"approved_by": frappe.session.user,
			"approved_as": acting.role,
			"approved_on": now_datetime(),
		}
	)
	gate.remember(PLAN, plan.name, plan.customer, plan.company, ZERO, now_datetime())
	mandated.log_approval(
		plan,
		gate,
		acting,
		"Payment Plan",
		plan_drafting.in_company_currency(plan, found),
		days=engine.days_between(plan_drafting.instalments_of(plan)),
		frequency=plan.frequency,
	)
	gate.save()


def approved(plan) -> None:
	"""Note that a plan was approved; refuse one that came past `approve`."""
	if plan.status != APPROVED:
		frappe.throw(_("Payment plan {0} was not approved.").format(plan.name), PaymentPlanError)
	_note(
		plan,
		_("Approved by {0} as {1}: {2} in {3} instalments. It becomes active when the first is paid.").format(
			frappe.utils.get_fullname(plan.approved_by),
			_(plan.approved_as),
			wording.money_text(money(plan.total_amount), plan.currency),
			len(plan.instalments),
		),
	)


def _refuse_while_insolvent(plan) -> None:
	case = insolvency_of(plan.customer)
	if case:
		frappe.throw(
			_(
				"{0} is insolvent (case {1}): what is owed is claimed there, and paid in no instalments."
			).format(plan.customer_name, case),
			PaymentPlanError,
			title=_("Insolvent"),
		)


def _refuse_after_unseen(plan, gate: gates.Gate) -> None:
	"""Refuse when a plan of the customer was approved since this transaction began: its snapshot does not show which
	invoices that one holds."""
	approved_lately = {
		grant.name
		for grant in gate.grants
		if (grant.doctype, grant.customer, grant.company) == (PLAN, plan.customer, plan.company)
	}
	if plan_facts.unseen(approved_lately - {plan.name}):
		frappe.throw(
			_("Another payment plan of {0} was approved at the same moment. Try again.").format(
				plan.customer
			),
			PaymentPlanError,
			title=_("In another plan"),
		)


def _check_mandate(plan) -> mandates.Acting:
	"""Return in which role the user may approve a plan; refuse without one, and refuse one's own plan."""
	acting = mandates.acting_as(plan.required_role)
	if not acting:
		needed = _("Approving this payment plan takes the role {0} or higher.").format(_(plan.required_role))
		frappe.throw(
			f"{needed} {mandates.whom_to_ask(plan.required_role)}",
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	if frappe.session.user == plan.owner:
		needed = _(
			"You have made this payment plan: somebody else with the role {0} or higher must approve it."
		).format(_(plan.required_role))
		frappe.throw(
			f"{needed} {mandates.whom_to_ask(plan.required_role)}", NotYourMandateError, title=_("Four eyes")
		)
	return acting


def _check_papers(plan) -> None:
	if getdate(plan.first_instalment_date) < getdate():
		frappe.throw(
			_("The first instalment is due on {0}, which is past. Enter today or a later day.").format(
				formatdate(plan.first_instalment_date)
			),
			PaymentPlanError,
			title=_("Due already"),
		)
	if plan_drafting.needs_evidence(plan) and not (plan.force_majeure and plan.force_majeure_evidence):
		frappe.throw(
			_(
				"A plan of more than {0} days takes force majeure that is documented. Attach the evidence."
			).format(plan_drafting.terms_of(plan.company).longest_days),
			PaymentPlanError,
			title=_("Evidence missing"),
		)
	why_not = plan_drafting.why_security_does_not_do(plan)
	if why_not:
		frappe.throw(why_not, PaymentPlanError, title=_("Security required"))


def withdrawn(plan) -> None:
	"""Put back what a cancelled plan held of its invoices: all is due again."""
	_hold_back(plan, {})
	_note(plan, _("Cancelled: what is left of it is due at once."))


# ------------------------------------------------------------------ money that comes
def refresh_customer(customer: str, company: str) -> None:
	"""Bring a customer's plans in step with what their invoices owe. Runs in a job: a transaction a plan."""
	for name in plan_facts.live_plans(customer, company):
		clearing.in_own_transaction(refresh, name)


def daily() -> None:
	"""Bring all plans in step, and break those with a missed instalment. May be killed and run again."""
	for name in plan_facts.live_plans():
		clearing.in_own_transaction(refresh, name)


def refresh(name: str) -> bool:
	"""Bring one plan in step with what its invoices owe, and move it on; returns whether anything was changed.

	The plan's lock is the first statement of the transaction, so that what is read after it is as new as the lock.
	"""
	plan = locking.locked_doc(PLAN, name)
	if plan.docstatus != 1 or plan.status not in LIVE:
		return False
	invoices = invoice_facts.locked(row.sales_invoice for row in plan.invoices)
	still_open = _still_open(plan, invoices)
	rows = _matched(plan, still_open)
	status = _status_by(rows)
	changed = _write_shares(plan, still_open) | _write_instalments(plan, rows)
	if status != plan.status:
		_move_on(plan, status, rows)
		changed = True
	return _hold_back(plan, still_open if status == ACTIVE else {}, invoices) or changed


def _still_open(plan, invoices: Mapping[str, frappe._dict]) -> dict[str, Decimal]:
	"""Return what is open of each invoice's share; an invoice that was cancelled owes nothing any more."""
	beside = plan_facts.credited_for_disputes(
		[row.sales_invoice for row in plan.invoices], get_datetime(plan.approved_on)
	)
	found = {}
	for row in plan.invoices:
		invoice = invoices.get(row.sales_invoice)
		owes = money(invoice.outstanding_amount) if invoice and invoice.docstatus == 1 else ZERO
		share = engine.open_share(
			money(row.amount), money(row.outstanding), owes, beside.get(row.sales_invoice, ZERO)
		)
		found[row.sales_invoice] = to_cents(share)
	return found


def _matched(plan, still_open: Mapping[str, Decimal]) -> tuple[engine.Matched, ...]:
	paid = money(plan.total_amount) - sum(still_open.values(), ZERO)
	policy = policies.active(plan.company)
	# Plans of before it was written down on them have none.
	grace = plan.grace_working_days or plan_drafting.terms_of(plan.company).grace_working_days

	def grace_until(due: date) -> date:
		days_off = holds.days_off(plan.company, policy.holiday_list if policy else None, due)
		return engine.last_day_of_grace(due, days_off, grace)

	return engine.matched(plan_drafting.instalments_of(plan), paid, getdate(), grace_until)


def end(name: str, why: str) -> None:
	"""Break a live plan for another cause than a missed instalment: all that is left is due at once."""
	plan = locking.locked_doc(PLAN, name)
	if plan.docstatus != 1 or plan.status not in LIVE:
		return
	locking.write(plan, {"status": BROKEN, "broken_on": getdate()})
	plan.notify_update()
	_note(plan, why)
	_hold_back(plan, {})


def _status_by(rows: tuple[engine.Matched, ...]) -> str:
	if engine.is_complete(rows):
		return COMPLETED
	if engine.is_broken(rows):
		return BROKEN
	return ACTIVE if engine.first_is_paid(rows) else APPROVED


def _write_shares(plan, still_open: Mapping[str, Decimal]) -> bool:
	changed = False
	for row in plan.invoices:
		if money(row.open_amount) != still_open[row.sales_invoice]:
			value = number(still_open[row.sales_invoice])
			frappe.db.set_value(row.doctype, row.name, "open_amount", value, update_modified=False)
			changed = True
	return changed


def _write_instalments(plan, rows: tuple[engine.Matched, ...]) -> bool:
	changed = False
	for row, now in zip(plan.instalments, rows, strict=True):
		if (money(row.paid_amount), row.status) != (now.paid, now.status):
			values = {"paid_amount": number(now.paid), "status": now.status}
			frappe.db.set_value(row.doctype, row.name, values, update_modified=False)
			changed = True
	return changed


def _move_on(plan, status: str, rows: tuple[engine.Matched, ...]) -> None:
	values: dict = {"status": status}
	if status in (ACTIVE, COMPLETED):
		values["activated_on"] = plan.activated_on or getdate()
	if status == COMPLETED:
		values["completed_on"] = getdate()
	if status == BROKEN:
		values["broken_on"] = getdate()
	locking.write(plan, values)
	plan.notify_update()
	text = _why(plan, status, rows)
	_note(plan, text)
	if status == BROKEN:
		_tell(plan, _("Payment plan {0} of {1} is broken. {2}").format(plan.name, plan.customer_name, text))


def _why(plan, status: str, rows: tuple[engine.Matched, ...]) -> str:
	"""Return the sentence that says why a plan got its status."""
	if status == COMPLETED:
		return _("All instalments are paid.")
	if status == ACTIVE:
		return _("The first instalment is paid: the invoices are not chased while the plan is kept.")
	if status == APPROVED:
		return _("The payment of the first instalment was taken back: the plan waits for it again.")
	position, missed = next((n, row) for n, row in enumerate(rows, 1) if row.status == engine.MISSED)
	return _(
		"Of instalment {0} over {1}, due on {2}, {3} was paid in time. All that is left is due at once."
	).format(
		position,
		wording.money_text(missed.instalment.amount, plan.currency),
		formatdate(missed.instalment.due),
		wording.money_text(missed.paid, plan.currency),
	)


def _hold_back(
	plan, wanted: Mapping[str, Decimal], invoices: Mapping[str, frappe._dict] | None = None
) -> bool:
	"""Write on the invoices what the plan holds of each (what is not `wanted`: nothing), not more than is undisputed.

	What waited for the invoices is looked at again when that has changed.
	"""
	if invoices is None:
		invoices = invoice_facts.locked(row.sales_invoice for row in plan.invoices)
	changed = False
	for name, invoice in invoices.items():
		undisputed = money(invoice.outstanding_amount) - money(invoice.b2b_disputed_amount)
		planned = min(wanted.get(name, ZERO), max(ZERO, to_cents(undisputed)))
		if planned != money(invoice.b2b_planned_amount):
			frappe.db.set_value(INVOICE, name, "b2b_planned_amount", number(planned), update_modified=False)
			changed = True
	if changed:
		clearing.look_again(plan.customer, plan.company)
		disputes.look_again(plan.customer, plan.company)
	return changed


# ------------------------------------------------------------------ told and counted
def _note(plan, text: str) -> None:
	plan.add_comment("Info", text)


def _tell(plan, text: str) -> None:
	seller = people.salesperson_of(
		frappe._dict(doctype="Customer", name=plan.customer, customer=plan.customer)
	)
	notices.bell(PLAN, plan.name, [plan.owner, seller, *people.controllers()], text)


def success_rate(company: str, from_date: date, to_date: date) -> Decimal | None:
	"""Return completed ÷ (completed + broken) of the plans of a company that ended from one day to another, 0 to 1.

	None when none has ended. A cancelled plan counts as neither.
	"""
	completed, broken = (
		plan_facts.ended(company, status, from_date, to_date) for status in (COMPLETED, BROKEN)
	)
	ended = completed + broken
	return ratio(Decimal(completed), Decimal(ended)) if ended else None
