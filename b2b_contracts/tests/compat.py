"""Differences between the test frameworks of Frappe 15 and 16."""

try:  # Frappe 16
	from frappe.tests import IntegrationTestCase, change_settings
except ImportError:  # Frappe 15
	from frappe.tests.utils import FrappeTestCase as IntegrationTestCase
	from frappe.tests.utils import change_settings

__all__ = ("IntegrationTestCase", "change_settings")
