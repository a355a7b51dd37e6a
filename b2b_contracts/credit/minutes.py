"""Minutes of the Board: the file with which a Finance Director enters what the Board has decided (requirements §1, §2.2)."""

import frappe
from frappe import _

from b2b_contracts.exceptions import ApprovalError


def attach(url: str, doctype: str, name: str) -> None:
	"""Attach minutes to what they decide, where they hang on nothing yet; refuses a file that the user may not read."""
	found = frappe.db.get_value("File", {"file_url": url})
	if not found:
		frappe.throw(
			_("There is no file {0}. Attach the minutes of the Board.").format(url),
			ApprovalError,
			title=_("Minutes missing"),
		)
	file = frappe.get_doc("File", found)
	file.check_permission("read")
	if not file.attached_to_name:
		values = {"attached_to_doctype": doctype, "attached_to_name": name}
		frappe.db.set_value("File", file.name, values, update_modified=False)


def hash_of(url: str | None) -> str | None:
	"""Return the hash of the file of some minutes, which shows later that it is the same; None without any."""
	return frappe.db.get_value("File", {"file_url": url}, "content_hash") if url else None
