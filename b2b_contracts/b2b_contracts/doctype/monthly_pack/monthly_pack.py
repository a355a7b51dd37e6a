from frappe.model.document import Document

from b2b_contracts.reporting import packs


class MonthlyPack(Document):
	"""The figures of a month or quarter in one workbook, which never changes (requirements §5)."""

	def before_insert(self):
		packs.begin(self, self.flags.of_schedule)

	def after_insert(self):
		packs.queue(self)

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		before = self.get_doc_before_save()
		if before:
			packs.check_unchanged(self, before)

	def on_trash(self):
		packs.check_deletion(self)
