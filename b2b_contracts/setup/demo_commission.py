"""What the demo's sellers have earned: last month's statements, approved but for one."""

import frappe
from frappe.utils import add_months, nowdate

from b2b_contracts import commission_api
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as


def state(made: Made) -> None:
	"""State last month's commission, as the finance director; the CFO approves all but the last one. In a history that is too
	short for it, this month's waits until it is over."""
	with acting_as("birgit"):
		names = commission_api.make_statements(data.COMPANY, add_months(nowdate(), -1))
		waiting = names[-1:] or commission_api.make_statements(data.COMPANY, nowdate())
	made.names["commission:drafts"] = ",".join(waiting)
	for name in names[:-1]:
		with acting_as("henrik"):
			frappe.get_doc("Commission Statement", name).submit()
