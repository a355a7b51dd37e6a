"""The roles that this app ships, and which of them go at uninstall.

The role records themselves are a fixture (`fixtures/role.json`). Frappe makes any missing role as soon as a
DocType names it, so what existed before must be written down *before* the documents are installed.
"""

import frappe

from b2b_contracts.setup import marks

ROLES = (
	"Account Manager",
	"Board",
	"CFO",
	"Collector",
	"Compliance Officer",
	"Contract Manager",
	"Credit Auditor",
	"Credit Controller",
	"Credit Manager",
	"Finance Director",
)
# Board members decide without a desk log-in (requirements §1).
WITHOUT_DESK = ("Board",)

CREATED = "created_roles"


def remember_existing() -> None:
	"""Write down which of our roles this site does not have yet: those are ours to remove again."""
	existing = frappe.get_all("Role", filters={"name": ("in", ROLES)}, pluck="name")
	marks.add(CREATED, sorted(set(ROLES) - set(existing)))


def create() -> None:
	"""Make the roles that are missing. The fixture sets the rest of their fields."""
	for role in ROLES:
		if not frappe.db.exists("Role", role):
			frappe.get_doc(
				{"doctype": "Role", "role_name": role, "desk_access": 0 if role in WITHOUT_DESK else 1}
			).insert(ignore_permissions=True)


def remove() -> None:
	"""Remove the roles that we brought and that no document of another app names. Runs after our documents went."""
	for role in marks.listed(CREATED):
		if not frappe.db.exists("Role", role) or _is_needed(role):
			continue
		frappe.db.delete("Has Role", {"role": role})
		frappe.delete_doc("Role", role, force=True, ignore_permissions=True, delete_permanently=True)


def _is_needed(role: str) -> bool:
	"""Return whether permissions or workflows of somebody else name the role."""
	for doctype, field in (
		("DocPerm", "role"),
		("Custom DocPerm", "role"),
		("Workflow Transition", "allowed"),
		("Workflow Document State", "allow_edit"),
	):
		if frappe.db.exists(doctype, {field: role}):
			return True
	return False
