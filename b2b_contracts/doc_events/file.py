"""File: what is filed with a contract, and the workbook of a pack, stay as they are."""

from b2b_contracts.contracts import documents
from b2b_contracts.reporting import pack_files


def before_validate(doc, method=None):
	# Before Frappe's own, which moves the file on the disk.
	documents.check_file(doc)
	pack_files.check_file(doc)


def on_trash(doc, method=None):
	documents.check_deletion(doc)
	pack_files.check_deletion(doc)
