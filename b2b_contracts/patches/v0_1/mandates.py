"""Mandates: each policy of before gets the standard ones, as rows that may be edited, and a version that has them."""

import frappe


def execute():
	for name in frappe.get_all("Credit Policy", pluck="name"):
		# Saving adds the actions that nobody is named for yet.
		frappe.get_doc("Credit Policy", name).save(ignore_permissions=True)
