from frappe.model.document import Document

from b2b_contracts.collections import dunning_templates, dunning_tests


class DunningTemplate(Document):
	"""What a reminder says, in each language; what it announces stands in every one of them (requirements §3)."""

	def validate(self):
		dunning_templates.check(self)

	def on_update(self):
		dunning_templates.check_flows(self)
		dunning_tests.check_template(self.name)
