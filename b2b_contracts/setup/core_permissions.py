"""What our own roles may read of ERPNext's documents, as far as ERPNext gives it to none of them.

Frappe takes the rights of a document either all from its DocType or all from its *Custom DocPerm* rows, so the first own row
brings copies of the standard ones with it. What a site's administrator changed stays: a right that was made once is never made
again, and at uninstall only rows go that are as we made them.
"""

import frappe
from frappe.permissions import setup_custom_perms

from b2b_contracts.setup import marks

LOOK = ("select", "read")
WORK = (*LOOK, "report", "print", "email")
# Who has no other role than this must be able to collect: whom to call, what is owed, and what was written about it. Not Payment
# Entry: it holds what suppliers and employees are paid, too; the worklist shows what came in of a customer.
RIGHTS = {
	"Collector": {
		"Address": LOOK,
		"Company": LOOK,
		"Contact": LOOK,
		"Customer": WORK,
		"Dunning": WORK,
		"Sales Invoice": WORK,
	},
	# Who has no other role than this looks at what departs from a contract, and at whom it is with.
	"Contract Manager": {
		"Company": LOOK,
		"Customer": WORK,
		"Item": LOOK,
		"Quotation": WORK,
		"Sales Invoice": WORK,
		"Sales Order": WORK,
	},
}

GRANTED, COPIED = "core_permissions", "copied_permissions"
PERMISSION, STANDARD = "Custom DocPerm", "DocPerm"


def create() -> None:
	"""Give our roles what they need; what was given once, or is there already, is left alone."""
	given = marks.listed(GRANTED)
	for role, rights in RIGHTS.items():
		for doctype, names in rights.items():
			if [doctype, role] not in given:
				_give(doctype, role, names)


def _give(doctype: str, role: str, names: tuple[str, ...]) -> None:
	if setup_custom_perms(doctype):
		marks.add(COPIED, [doctype])
	if frappe.db.exists(PERMISSION, {"parent": doctype, "role": role, "permlevel": 0}):
		return
	frappe.get_doc(
		{
			"doctype": PERMISSION,
			"parent": doctype,
			"parenttype": "DocType",
			"parentfield": "permissions",
			"role": role,
			"permlevel": 0,
			**dict.fromkeys(_rights(), 0),
			**dict.fromkeys(names, 1),
		}
	).insert(ignore_permissions=True)
	marks.add(GRANTED, [[doctype, role]])
	frappe.clear_cache(doctype=doctype)


def remove() -> None:
	"""Take back what was given and is as we gave it, and the copies of standard rights that it brought, where nothing else was
	changed in them."""
	for doctype, role in marks.listed(GRANTED):
		ours = dict.fromkeys(RIGHTS.get(role, {}).get(doctype, ()), 1)
		for name, rights in _rows(PERMISSION, doctype, role=role, permlevel=0):
			if rights == (role, 0, *(ours.get(right, 0) for right in _rights())):
				frappe.db.delete(PERMISSION, {"name": name})
	for doctype in marks.listed(COPIED):
		copied = [rights for _name, rights in _rows(PERMISSION, doctype)]
		if sorted(copied) == sorted(rights for _name, rights in _rows(STANDARD, doctype)):
			frappe.db.delete(PERMISSION, {"parent": doctype})
		frappe.clear_cache(doctype=doctype)


def _rights() -> list[str]:
	"""Return the fields of a permission that say what is allowed."""
	return [field.fieldname for field in frappe.get_meta(PERMISSION).fields if field.fieldtype == "Check"]


def _rows(table: str, doctype: str, **filters) -> list[tuple[str, tuple]]:
	"""Return the permissions of a document: the row's name; role, level and whether each right is given."""
	# All columns: some rights are words that SQL keeps for itself.
	rows = frappe.get_all(table, filters={"parent": doctype, **filters}, fields=["*"])
	rights = _rights()
	return [
		(row.name, (row.role, row.permlevel, *(int(row[right] or 0) for right in rights))) for row in rows
	]
