"""What was signed before documents were filed is filed, so that it is kept like what is signed from now on."""

import frappe
from frappe import _

from b2b_contracts.contracts import documents
from b2b_contracts.credit import locking
from b2b_contracts.exceptions import ContractError
from b2b_contracts.permissions import CONTRACT


def execute():
	signed = frappe.get_all(CONTRACT, filters={"signed_file": ("is", "set")}, fields=["name", "signed_file"])
	filed = {"kind": documents.SIGNED, "contract": ("in", [row.name for row in signed] or [""])}
	there = set(frappe.get_all(documents.DOCUMENT, filters=filed, pluck="contract"))
	for row in signed:
		file = frappe.db.get_value("File", {"file_url": row.signed_file, "is_private": 1})
		if row.name in there or not file:
			continue
		contract = locking.locked_doc(CONTRACT, row.name)
		try:
			documents.file_row(
				contract,
				documents.SIGNED,
				frappe.get_doc("File", file),
				title=_("Signed: {0}").format(contract.title),
			)
		except (ContractError, OSError):
			# Gone from the disk, or of a kind that is not taken any more: what is there stays as it is.
			frappe.log_error(title=f"Signed file of contract {row.name} is not filed")
