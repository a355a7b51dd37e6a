"""An order of the demo company that is paid by milestones, one in each state.

Entered by its seller, accepted by the customer, invoiced and paid by accounts, as the days went by.
"""

from datetime import date, timedelta

import frappe
from frappe.utils import getdate, nowdate

from b2b_contracts import milestones_api
from b2b_contracts.credit import milestones
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade
from b2b_contracts.setup.demo_state import Made, acting_as


def take_order(made: Made) -> None:
	"""Enter the order and its plan, and let happen to its milestones what came since. Before the policy is there."""
	planned, today = data.MILESTONES, getdate(nowdate())
	day = today - timedelta(planned.ago)
	customer = next(c for c in data.CUSTOMERS if c.key == planned.customer)
	with acting_as(customer.seller):
		doc = demo_trade._new_order(made, customer, planned.amount, day, "PO-2390", planned.promised_in, 0)
		doc.submit()
		plan = frappe.get_doc(milestones_api.make_milestone_plan(doc.name))
		plan.milestones = []
		for title, share, is_ahead, *_ago in planned.rows:
			plan.append("milestones", {"title": title, "share": share, "before_delivery": is_ahead})
			plan.milestones[-1].acceptance_needed = 1
		plan.insert()
		plan.submit()
	made.names["milestones"] = plan.name
	for row, (_title, _share, _ahead, accepted, invoiced, paid) in zip(
		plan.milestones, planned.rows, strict=True
	):
		if accepted is not None:
			with acting_as(customer.seller):
				accepted_on = str(today - timedelta(accepted))
				milestones_api.accept_milestone(plan.name, row.name, accepted_on, "Hans Mølgaard")
		if invoiced is not None:
			invoice = _invoice(plan.name, row.name, today - timedelta(invoiced))
			if paid is not None:
				with acting_as("jens"):
					demo_trade.pay_invoice(invoice, today - timedelta(paid))
	milestones.refresh(plan.name)
	made.keep()


def _invoice(plan: str, milestone: str, day: date) -> str:
	"""Invoice a milestone on a day; it is due a fortnight later."""
	with acting_as("jens"):
		invoice = frappe.get_doc(milestones_api.make_milestone_invoice(plan, None, milestone))
		due = day + timedelta(data.MILESTONES.days_to_pay)
		invoice.update({"set_posting_time": 1, "posting_date": day, "due_date": due})
		invoice.payment_schedule[0].due_date = due
		invoice.insert()
		invoice.submit()
	return invoice.name
