import frappe
from frappe.model.document import Document


class WorklistFilter(Document):
	"""A view of the collections worklist that its owner has saved under a name (requirements §3). Written on the worklist
	alone: no role may create one."""


def on_doctype_update():
	frappe.db.add_index("Worklist Filter", ["owner", "filter_name"], "b2b_owner")
