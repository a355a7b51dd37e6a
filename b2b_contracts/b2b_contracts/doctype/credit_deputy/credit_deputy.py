import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from b2b_contracts.exceptions import ReleaseError

APPOINTS_FOR_OTHERS = {"CFO", "System Manager"}


class CreditDeputy(Document):
	"""Who may use somebody else's release roles, and from when to when (requirements §2.2)."""

	def validate(self):
		if self.deputy == self.deputy_for:
			frappe.throw(_("Nobody is their own deputy: choose another user."), ReleaseError)
		if getdate(self.to_date) < getdate(self.from_date):
			frappe.throw(
				_("The last day ({0}) lies before the first ({1}).").format(self.to_date, self.from_date), ReleaseError
			)
		self.validate_appointed_by_the_right_person()

	def on_trash(self):
		frappe.throw(_("A deputy is evidence of who could release: set the last day instead."), ReleaseError)

	def validate_appointed_by_the_right_person(self):
		"""One lends one's own roles; for others the CFO or a System Manager does it."""
		user = frappe.session.user
		if user in (self.deputy_for, "Administrator") or APPOINTS_FOR_OTHERS.intersection(frappe.get_roles(user)):
			return
		frappe.throw(
			_("Only {0} or the CFO appoints a deputy for {0}.").format(self.deputy_for), frappe.PermissionError
		)
