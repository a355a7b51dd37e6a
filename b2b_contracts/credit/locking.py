"""Locks one document by its primary key, and nothing beside it.

Frappe's own `get_doc(for_update=True)`, which `db_set` calls too, also locks the child rows over their index on
`parent`. That takes gap locks, and with gap locks two *different* customers' orders deadlock.
"""

import frappe


def locked_doc(doctype: str, name: str):
	"""Return a document with its row locked and its own fields as they are now.

	Rows of its tables are as the transaction's snapshot shows them: where that matters, this must be the first
	statement of the transaction. Raises `DoesNotExistError`.
	"""
	row = frappe.db.get_value(doctype, name, "*", as_dict=True, for_update=True)
	if not row:
		raise frappe.DoesNotExistError(f"{doctype} {name} not found")
	doc = frappe.get_doc(doctype, name)
	doc.update(row)
	return doc


def write(doc, values: dict) -> None:
	"""Write fields of a document by its primary key, and tell whoever listens to its changes.

	`db_set` would load the document as it was, with locks; it gets it as it is in memory instead.
	"""
	before = doc.get_doc_before_save()
	doc._doc_before_save = frappe.get_doc(doc.as_dict())
	try:
		doc.db_set(values, update_modified=False)
	finally:
		doc._doc_before_save = before
