"""What the installation has to remember for its uninstallation, kept in Frappe's table of defaults.

The rows hang on a parent of their own, so they are neither a user's nor a site-wide default.
"""

import json

import frappe

PARENT = "__b2b_contracts"


def store(key: str, value: str) -> None:
	"""Remember `value` under `key`, in place of what was there."""
	forget(key)
	frappe.get_doc(
		{
			"doctype": "DefaultValue",
			"parent": PARENT,
			"parenttype": PARENT,
			"parentfield": "system_defaults",
			"defkey": key,
			"defvalue": value,
		}
	).insert(ignore_permissions=True)


def read(key: str) -> str | None:
	"""Return what was remembered under `key`, None when nothing was."""
	return frappe.db.get_value("DefaultValue", {"parent": PARENT, "defkey": key}, "defvalue")


def add(key: str, created: list) -> None:
	"""Add to the list of what we created under `key`. A repeated install must not forget what the first one made."""
	known = listed(key)
	store(key, json.dumps(known + [item for item in created if item not in known]))


def listed(key: str) -> list:
	"""Return what `add` has put under `key`."""
	return json.loads(read(key) or "[]")


def forget(key: str | None = None) -> None:
	"""Forget what was remembered under `key`, or everything."""
	filters = {"parent": PARENT}
	if key:
		filters["defkey"] = key
	frappe.db.delete("DefaultValue", filters)
