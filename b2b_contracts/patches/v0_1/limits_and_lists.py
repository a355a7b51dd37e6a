"""Higher limits and the negative list: in each policy of before who grants and who releases, and the premium clock."""

import frappe


def execute():
	for name in frappe.get_all("Credit Policy", pluck="name"):
		# Saving adds the rules and actions that nobody is named for yet, and a version that has them.
		frappe.get_doc("Credit Policy", name).save(ignore_permissions=True)
