import hashlib

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from b2b_contracts import permissions
from b2b_contracts.engine import packs as engine
from b2b_contracts.exceptions import PackError
from b2b_contracts.field_checks import refuse_negative

MOST_DAYS = 60


class MonthlyPackSchedule(Document):
	"""Which pack is made every month or quarter, and who gets it. One for each company, period and readers."""

	def validate(self):
		permissions.need_company(self.company)
		if not permissions.sees_every_customer():
			frappe.throw(
				_("A pack tells of every customer: it is made by who may see all of them."),
				frappe.PermissionError,
			)
		refuse_negative(self, PackError)
		self.validate_days()
		self.validate_recipients()
		self.title = f"{self.company}: {_(self.audience, context='Monthly Pack')}"[:140]
		self.validate_only_one()

	def validate_days(self):
		if self.days_after > MOST_DAYS:
			self.refuse(
				_("{0} days after the end is too late: choose {1} at most.").format(
					self.days_after, MOST_DAYS
				)
			)
		self.since = engine.period_of(self.period, getdate(self.since)).last

	def validate_recipients(self):
		users = [row.user for row in self.recipients]
		twice = sorted({user for user in users if users.count(user) > 1})
		if twice:
			self.refuse(_("{0} is among the recipients twice.").format(", ".join(twice)))
		for row in self.recipients:
			row.full_name = frappe.db.get_value("User", row.user, "full_name")

	def validate_only_one(self):
		text = "\n".join((self.company, self.audience, self.period))
		self.schedule_key = hashlib.sha256(text.encode()).hexdigest()
		other = frappe.db.get_value(
			self.doctype, {"schedule_key": self.schedule_key, "name": ["!=", self.name or ""]}
		)
		if other:
			self.refuse(
				_("{0} makes this pack already. Add recipients there.").format(frappe.bold(other)),
			)

	def refuse(self, message: str):
		frappe.throw(message, PackError, title=_("Monthly pack"))
