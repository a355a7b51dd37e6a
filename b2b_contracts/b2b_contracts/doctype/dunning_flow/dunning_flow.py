from frappe.model.document import Document

from b2b_contracts.collections import dunning_flows, dunning_tests
from b2b_contracts.exceptions import DunningError
from b2b_contracts.field_checks import refuse_negative


class DunningFlow(Document):
	"""Which reminders whom are sent when (requirements §3). Days count from the due date, amounts are in company currency."""

	def validate(self):
		refuse_negative(self, DunningError)
		dunning_flows.check(self)
		dunning_tests.check_flow(self)
