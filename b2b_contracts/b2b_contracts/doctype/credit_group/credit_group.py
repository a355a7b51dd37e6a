import frappe
from frappe import _
from frappe.utils import get_link_to_form, getdate, nowdate

from b2b_contracts.all_companies import OfAllCompanies
from b2b_contracts.credit import gates, profiles
from b2b_contracts.credit.account_facts import company_currency, rate_to
from b2b_contracts.exceptions import CreditGroupError, EvidenceError
from b2b_contracts.field_checks import refuse_negative


class CreditGroup(OfAllCompanies):
	"""Customers under common control that share one limit (requirements §2.1).

	What decides is `Credit Profile.credit_group`; the table of members is kept in step with it both ways.
	"""

	def validate(self):
		refuse_negative(self, CreditGroupError)
		self.validate_members()
		self.validate_currency()

	def after_insert(self):
		gates.create(gates.GROUP, self.name)

	def on_update(self):
		self.write_to_profiles()
		profiles.group_changed([(profile.customer, profile.company) for profile in self.member_profiles()])

	def after_rename(self, old: str, new: str, merge: bool = False):
		gates.rename(gates.GROUP, old, new)

	def before_rename(self, old: str, new: str, merge: bool = False):
		if merge:
			frappe.throw(
				_(
					"Credit groups {0} and {1} cannot be merged: each has a chain of decisions of its own. Move the members instead."
				).format(old, new),
				CreditGroupError,
				title=_("Merge of credit groups"),
			)

	def on_trash(self):
		gate = gates.name_of(gates.GROUP, self.name)
		if not self.flags.credit_service and frappe.db.exists("Credit Decision", {"gate": gate}):
			frappe.throw(
				_(
					"Credit group {0} is kept, because decisions were made for it. Remove its members instead."
				).format(self.name),
				EvidenceError,
				title=_("Group is evidence"),
			)
		frappe.db.delete("Credit Gate", {"name": gate})

	def validate_members(self):
		seen = {}
		for row in self.members:
			if row.customer in seen:
				frappe.throw(
					_("{0} is a member in rows {1} and {2}. Remove one of them.").format(
						frappe.bold(row.customer), seen[row.customer], row.idx
					),
					CreditGroupError,
					title=_("Member twice"),
				)
			seen[row.customer] = row.idx
		before = self.get_doc_before_save()
		known = {row.customer for row in before.members} if before else set()
		for profile in self.member_profiles():
			if profile.credit_group and profile.credit_group != self.name and profile.customer not in known:
				frappe.throw(
					_(
						"{0} is in credit group {1} for company {2} already. Remove the customer there first: a customer is in one group per company."
					).format(
						frappe.bold(profile.customer),
						get_link_to_form("Credit Group", profile.credit_group),
						profile.company,
					),
					CreditGroupError,
					title=_("In another group"),
				)

	def validate_currency(self):
		"""Refuse a currency that the members' figures cannot be turned into."""
		for company in sorted({profile.company for profile in self.member_profiles()}):
			rate_to(
				company_currency(company),
				self.currency,
				getdate(nowdate()),
				_("Credit group {0}").format(self.group_name),
			)

	def member_profiles(self) -> list[frappe._dict]:
		"""Return the profiles of the customers in the table, in the group's company or in all."""
		if not self.members:
			return []
		filters = {"customer": ("in", [row.customer for row in self.members])}
		if self.company:
			filters["company"] = self.company
		return frappe.get_all(
			"Credit Profile", filters=filters, fields=["name", "customer", "company", "credit_group"]
		)

	def write_to_profiles(self):
		"""Take the members' profiles into the group and let the others go."""
		joining = [profile.name for profile in self.member_profiles() if not profile.credit_group]
		staying = {profile.name for profile in self.member_profiles()}
		leaving = [
			name
			for name in frappe.get_all("Credit Profile", filters={"credit_group": self.name}, pluck="name")
			if name not in staying
		]
		for name, group in [(name, self.name) for name in joining] + [(name, None) for name in leaving]:
			profile = frappe.get_doc("Credit Profile", name)
			profile.credit_group = group
			profile.flags.from_group = True
			profile.save()


def group_of_customer(customer: str, company: str) -> str | None:
	"""Return the credit group in whose table of members a customer stands, for a company."""
	group = frappe.qb.DocType("Credit Group")
	member = frappe.qb.DocType("Credit Group Member")
	rows = (
		frappe.qb.from_(member)
		.join(group)
		.on(group.name == member.parent)
		.where((member.parenttype == "Credit Group") & (member.customer == customer))
		.where(group.company.isnull() | (group.company == "") | (group.company == company))
		.select(group.name)
		.orderby(group.name)
		.limit(1)
		.run()
	)
	return rows[0][0] if rows else None


def put_in_table(group: str, customer: str, customer_name: str | None) -> None:
	"""Write a customer into a group's table of members, unless they stand there.

	Written as a row of its own and not through the group, so that two profiles saved at once both arrive.
	"""
	if frappe.db.exists("Credit Group Member", {"parent": group, "customer": customer}):
		return
	row = frappe.new_doc("Credit Group Member")
	row.update(
		{
			"parent": group,
			"parenttype": "Credit Group",
			"parentfield": "members",
			"customer": customer,
			"customer_name": customer_name,
			"idx": frappe.db.count("Credit Group Member", {"parent": group}) + 1,
		}
	)
	row.insert(ignore_permissions=True)


def take_from_table(group: str, customer: str) -> None:
	"""Take a customer out of a group's table of members, unless another profile of theirs is still in it."""
	if not frappe.db.exists("Credit Profile", {"customer": customer, "credit_group": group}):
		frappe.db.delete("Credit Group Member", {"parent": group, "customer": customer})
