"""Documents in which an empty company means all companies."""

from frappe.model.document import Document


class OfAllCompanies(Document):
	"""A document whose company may be empty: Frappe would fill it with the site's default one at insert."""

	def __init__(self, *args, **kwargs):
		super().__init__(*args, **kwargs)
		self.flags.all_companies = not self.get("company")

	def before_insert(self):
		if self.flags.all_companies:
			self.company = None
