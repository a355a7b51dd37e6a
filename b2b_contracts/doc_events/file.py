"""File: what is filed with a contract stays as it is."""

from b2b_contracts.contracts import documents


def before_validate(doc, method=None):
	# Before Frappe's own, which moves the file on the disk.
	documents.check_file(doc)


def on_trash(doc, method=None):
	documents.check_deletion(doc)
