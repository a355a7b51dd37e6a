import frappe
from frappe.model.document import Document


class ContractSearchView(Document):
	"""A search of contracts under a name, of one user or of everybody (`contracts/search_views.py`). It holds no data."""


def on_doctype_update():
	frappe.db.add_index("Contract Search View", ["owner", "view_name"], "b2b_of_owner")
