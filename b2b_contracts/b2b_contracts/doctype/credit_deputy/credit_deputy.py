import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from b2b_contracts.engine.approval import ROLE_RANK
from b2b_contracts.exceptions import EvidenceError, ReleaseError

APPOINTS_FOR_OTHERS = {"CFO", "System Manager"}


class CreditDeputy(Document):
	"""Who may use somebody else's release roles, and from when to when (requirements §2.2)."""

	def validate(self):
		self.validate_people()
		if getdate(self.to_date) < getdate(self.from_date):
			frappe.throw(
				_("The last day {0} lies before the first day {1}. Enter a later last day.").format(
					self.get_formatted("to_date"), self.get_formatted("from_date")
				),
				ReleaseError,
				title=_("Dates"),
			)
		self.validate_appointed_by_the_right_person()

	def on_trash(self):
		frappe.throw(
			_("A deputy is evidence of who could release. Set the last day instead."),
			EvidenceError,
			title=_("Deputy is evidence"),
		)

	def validate_people(self):
		if self.deputy == self.deputy_for:
			frappe.throw(
				_("{0} cannot be their own deputy. Choose another user.").format(self.deputy),
				ReleaseError,
				title=_("Own deputy"),
			)
		if self.deputy_for != "Administrator" and not set(ROLE_RANK).intersection(
			frappe.get_roles(self.deputy_for)
		):
			frappe.throw(
				_("{0} has no release role that a deputy could use. Release roles are {1}.").format(
					self.deputy_for, ", ".join(ROLE_RANK)
				),
				ReleaseError,
				title=_("Nothing to stand in for"),
			)

	def validate_appointed_by_the_right_person(self):
		"""One lends one's own roles; for others the CFO or a System Manager does it."""
		user = frappe.session.user
		if user == "Administrator" or APPOINTS_FOR_OTHERS.intersection(frappe.get_roles(user)):
			return
		before = self.get_doc_before_save()
		for absent in (self.deputy_for, before.deputy_for if before else self.deputy_for):
			if user != absent:
				frappe.throw(
					_("Only {0} or the CFO appoints a deputy for {0}.").format(absent),
					frappe.PermissionError,
					title=_("Not your deputy to appoint"),
				)
