"""What people of the demo company have asked for, one request in each state.

Asked and answered by who would do it, by the same calls as the desk. Only what time alone can make is written: that the
due date that somebody asked for has passed.
"""

from datetime import date, timedelta

import frappe
from frappe.utils import getdate, nowdate

from b2b_contracts import approvals_api as api
from b2b_contracts.collections import approvals
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade
from b2b_contracts.setup.demo_state import Made, acting_as, say


def ask(made: Made) -> None:
	"""Enter the requests, and answer those that are answered."""
	for asked in data.REQUESTS:
		invoice = made.names[demo_trade.open_item_key(asked.customer, 0)]
		values = dict(asked.values)
		if asked.due_in:
			values["new_due_date"] = str(_days_ahead(asked.due_in))
		with acting_as(asked.by):
			name = api.ask(asked.action, "Sales Invoice", invoice, asked.reason, values)["name"]
		made.names[f"request:{asked.key}"] = name
		if asked.rejected_by:
			with acting_as(asked.rejected_by):
				api.reject(name, asked.remark)
		elif asked.key == "withdrawn":
			with acting_as(asked.by):
				api.withdraw(name)
		elif asked.key == "lapsed":
			yesterday = _days_ahead(-1)
			frappe.db.set_value(approvals.REQUEST, name, "new_due_date", yesterday, update_modified=False)
			approvals.lapse_if_past(name)
		made.keep()
	say(f"  {len(data.REQUESTS)} approvals asked for")


def _days_ahead(days: int) -> date:
	return getdate(nowdate()) + timedelta(days)
