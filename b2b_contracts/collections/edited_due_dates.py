"""Due dates that are edited on a submitted invoice, where a site lets them: the mandate is the same as for a request.

Within it the edit is logged, beyond it refused. Whatever it says, the original due date keeps counting for credit
(credit/original_due_dates.py): what is agreed is asked for by an Approval Request.
"""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import cases, gates, log, mandates, policies
from b2b_contracts.credit.policies import ActivePolicy
from b2b_contracts.engine import mandates as engine
from b2b_contracts.exceptions import NotYourMandateError

from .invoices import INVOICE


def check(invoice) -> None:
	"""Refuse a due date that is moved further than the user's mandate reaches; log one that is not."""
	policy = policies.active(invoice.company)
	days = _days_moved(invoice)
	if not days or invoice.is_return or policy is None or not policy.is_on:
		return
	subject = (INVOICE, invoice.name)
	answer = mandates.ask(engine.DUE_DATE_CHANGE, Decimal(days), invoice.company, subject=subject)
	if answer.acting is None and policy.is_enforced:
		frappe.throw(
			"{} {}".format(answer.why_not, _("Use Credit → Change due date on the invoice to ask for it.")),
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	_log(invoice, policy, days, answer)


def _days_moved(invoice) -> int:
	"""Return by how many days a part of the invoice is moved at most, 0 when none is."""
	before = invoice.get_doc_before_save()
	if not before:
		return 0
	was = {row.name: row.due_date for row in before.payment_schedule}
	pairs = [(before.due_date, invoice.due_date)]
	pairs += [(was.get(row.name), row.due_date) for row in invoice.payment_schedule]
	return max((abs((getdate(new) - getdate(old)).days) for old, new in pairs if old and new), default=0)


def _log(invoice, policy: ActivePolicy, days: int, answer: mandates.Answer) -> None:
	"""Write the decision: Approved, or Refused where a policy that only observes would have refused it."""
	approved = answer.acting is not None
	gate = gates.lock(*cases.standing_of(policy, invoice.customer, invoice.company).gate_key)
	log.append(
		gate,
		log.Entry(
			kind=log.APPROVE if approved else log.OBSERVE,
			outcome="Approved" if approved else "Refused",
			customer=invoice.customer,
			company=invoice.company,
			policy=policy,
			reference_doctype=INVOICE,
			reference_name=invoice.name,
			payload={
				"action": engine.DUE_DATE_CHANGE,
				"measure": str(days),
				"unit": engine.DAYS,
				"required_role": answer.required,
				"acted_as": answer.acting.role if answer.acting else None,
			},
			links={"in_stead_of": answer.acting.in_stead_of if answer.acting else None},
		),
	)
	gate.save()
