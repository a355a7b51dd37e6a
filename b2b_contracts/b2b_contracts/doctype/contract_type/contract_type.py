import frappe
from frappe import _
from frappe.model.document import Document

from b2b_contracts.engine.security_life import days_from
from b2b_contracts.exceptions import ContractError
from b2b_contracts.field_checks import refuse_negative


class ContractType(Document):
	"""What contracts of a kind start with, what they need, who approves them and when people are reminded (requirements §6)."""

	def validate(self):
		refuse_negative(self, ContractError)
		self.validate_days()
		self.validate_required()

	def validate_days(self):
		for fieldname in ("reminder_days", "task_reminder_days"):
			try:
				days = days_from(self.get(fieldname) or "")
			except ValueError as word:
				frappe.throw(
					_(
						"{0}: {1} is no number of days. Enter days separated by commas, such as 90, 60, 30, 7."
					).format(frappe.bold(_(self.meta.get_label(fieldname), context=self.doctype)), word),
					ContractError,
					title=_("Reminders"),
				)
			self.set(fieldname, ", ".join(map(str, days)))

	def validate_required(self):
		known = {field.fieldname for field in frappe.get_meta("B2B Contract").fields if field.label}
		for name in self.required_list():
			if name not in known:
				frappe.throw(
					_(
						"A contract has no field {0}. Enter names of its fields under {1}, separated by commas."
					).format(
						frappe.bold(name),
						frappe.bold(_(self.meta.get_label("required_fields"), context=self.doctype)),
					),
					ContractError,
					title=_("Unknown field"),
				)

	def required_list(self) -> list[str]:
		"""Return the names of the fields that contracts of this type must have before they are reviewed."""
		text = (self.required_fields or "").replace("\n", ",")
		return [name for name in (part.strip() for part in text.split(",")) if name]
