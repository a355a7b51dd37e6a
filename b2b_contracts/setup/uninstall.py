"""The mirror image of `install.py`: what the installation brought goes, what it changed is put back.

Frappe itself removes our documents, their tables and what belongs to our module (reports, workspaces, notifications,
number cards, print formats). It leaves the columns of custom fields, indexes, roles, number series, and every
row of its own tables that points at one of our documents.
"""

import frappe

from b2b_contracts.contracts import pricing
from b2b_contracts.credit import native_limit, parking, position_facts
from b2b_contracts.setup import core_permissions, custom_fields, defaults, indexes, marks, roles, texts
from b2b_contracts.setup.custom_fields import MODULE

# What somebody may have built upon our documents, which cannot work without them: (doctype, field naming ours)
BUILT_UPON = (
	("Assignment Rule", "document_type"),
	("Auto Repeat", "reference_doctype"),
	("Calendar View", "reference_doctype"),
	("Client Script", "dt"),
	("Custom Field", "dt"),
	("Dashboard Chart", "document_type"),
	("Document Naming Rule", "document_type"),
	("Kanban Board", "reference_doctype"),
	("List Filter", "reference_doctype"),
	("List View Settings", "name"),
	("Notification", "document_type"),
	("Number Card", "document_type"),
	("Print Format", "doc_type"),
	("Report", "ref_doctype"),
	("Server Script", "reference_doctype"),
	("Webhook", "webhook_doctype"),
	("Workflow", "document_type"),
)
# What Frappe writes down about documents of ours, row by row: (doctype, field naming ours)
WRITTEN_ABOUT = (
	("Activity Log", "reference_doctype"),
	("Comment", "reference_doctype"),
	("Communication", "reference_doctype"),
	("Communication Link", "link_doctype"),
	("Custom DocPerm", "parent"),
	("Deleted Document", "deleted_doctype"),
	("DocShare", "share_doctype"),
	("Document Follow", "ref_doctype"),
	("Logs To Clear", "ref_doctype"),
	("Notification Log", "document_type"),
	("Portal Menu Item", "reference_doctype"),
	("Property Setter", "doc_type"),
	("Tag Link", "document_type"),
	("ToDo", "reference_type"),
	("User Permission", "allow"),
	("Version", "ref_doctype"),
	("View Log", "reference_doctype"),
)
# Number series of our documents; some have the year behind them.
SERIES = (
	"CLE-",
	"CP-",
	"CPOL-",
	"CTR-",
	"DIS-",
	"INS-",
	"OMP-",
	"LREQ-",
	"PBT-",
	"PTP-",
	"PLAN-",
	"SCM-",
	"SEC-",
	"SLIP-",
	"TOI-",
)


def before_uninstall() -> None:
	"""Put back and remove what needs our documents to be there."""
	let_orders_go_on()
	pricing.remove()
	native_limit.restore_all()
	indexes.remove()
	custom_fields.remove()
	_remove_traces()


def let_orders_go_on() -> None:
	"""Let every parked order go on, so that none stays On Hold for a reason that nobody can look up any more.

	Orders that somebody put on hold by hand stay so. One that fails is named and keeps no other on hold.
	"""
	parked = {"docstatus": 1, "b2b_credit_status": ("in", position_facts.WAITING)}
	for name in frappe.get_all("Sales Order", filters=parked, order_by="name", pluck="name"):
		frappe.db.savepoint("b2b_go_on")
		try:
			parking.go_on_without_us(parking.locked_order(name))
		except Exception:
			frappe.db.rollback(save_point="b2b_go_on")
			frappe.log_error(title=f"Sales Order {name} could not be taken off hold")
			print(
				f"Sales Order {name} could not be taken off hold: see the Error Log, and resume it by hand."
			)


def after_uninstall() -> None:
	"""Remove what our documents kept in use until now."""
	defaults.remove_payment_terms()
	texts.remove()
	core_permissions.remove()
	roles.remove()
	marks.forget()
	ours = ("like", "b2b\\_contracts.%")
	frappe.db.delete("Patch Log", {"patch": ours})
	frappe.db.delete("Scheduled Job Type", {"method": ours})
	frappe.db.commit()  # nosemgrep: Frappe has ended its own transaction before it calls this
	frappe.clear_cache()


def _remove_traces() -> None:
	"""Remove what was built upon our documents or written about them, and their files and number series."""
	doctypes = frappe.get_all("DocType", filters={"module": MODULE}, pluck="name")
	for doctype, field in (*BUILT_UPON, ("File", "attached_to_doctype")):
		for name in frappe.get_all(doctype, filters={field: ("in", doctypes)}, pluck="name"):
			frappe.delete_doc(
				doctype,
				name,
				force=True,
				ignore_permissions=True,
				ignore_on_trash=doctype != "File",
				delete_permanently=True,
			)
	for doctype, field in WRITTEN_ABOUT:
		frappe.db.delete(doctype, {field: ("in", doctypes)})
	series = frappe.qb.DocType("Series")
	for prefix in SERIES:
		frappe.qb.from_(series).delete().where(
			(series.name == prefix) | series.name.like(f"{prefix}____-")
		).run()
