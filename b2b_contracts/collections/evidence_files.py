"""Evidence that customers send without log-in: checked, and kept as private files of what it is about."""

from collections.abc import Collection

import frappe
from frappe import _
from frappe.utils.pdf import pdf_contains_js

from b2b_contracts.engine import evidence
from b2b_contracts.engine.evidence import Upload
from b2b_contracts.exceptions import DisputeLinkError

ACCEPTED = ".pdf,.jpg,.jpeg,.png"


def sent(field: str) -> list[Upload]:
	"""Return the files of the present request; of each no more than says that it is too large."""
	if not frappe.request:
		return []
	files = [file for file in frappe.request.files.getlist(field) if file.filename]
	return [Upload(file.filename, file.stream.read(evidence.MOST_BYTES + 1)) for file in files]


def check(uploads: Collection[Upload]) -> None:
	"""Refuse files that are too many, too large, or something else than they may be."""
	problem = evidence.problem_of(uploads)
	if problem is None:
		for upload in uploads:
			_check_pdf(upload)
		return
	sentence = {
		evidence.TOO_MANY: _("Send {1} files at most."),
		evidence.TOO_LARGE: _("{0} is larger than {2} MB. Send a smaller file."),
		evidence.EMPTY: _("There is nothing in {0}. Choose the file again."),
		evidence.SCRIPT: _damaged(),
		evidence.UNKNOWN_TYPE: _("{0} is neither a PDF nor a picture (JPG, PNG). Send it as one of these."),
	}[problem.kind]
	frappe.throw(
		sentence.format(problem.name, evidence.MOST_FILES, evidence.MOST_BYTES // (1024 * 1024)),
		DisputeLinkError,
		title=_("Files"),
	)


def _damaged() -> str:
	return _("{0} is damaged or carries a script. Send it as a picture, or print it into a new PDF.")


def _check_pdf(upload: Upload) -> None:
	"""Refuse a PDF in which Frappe finds a script, or that cannot be read: saving it would fail."""
	if evidence.type_of(upload.content) != "pdf":
		return
	try:
		is_safe = not pdf_contains_js(upload.content)
	except Exception:  # whatever the reader stumbles over in a file that anybody may have made
		is_safe = False
	if not is_safe:
		frappe.throw(_damaged().format(evidence.clean_name(upload)), DisputeLinkError, title=_("Files"))


def keep(uploads: Collection[Upload], doctype: str, name: str) -> list[str]:
	"""Attach checked files to a document, private; returns their addresses."""
	kept = []
	for upload in uploads:
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": evidence.clean_name(upload),
				"attached_to_doctype": doctype,
				"attached_to_name": name,
				"is_private": 1,
				"content": upload.content,
			}
		)
		# Whoever has the link has no rights at all; that they may send evidence was checked.
		file.insert(ignore_permissions=True)
		kept.append(file.file_url)
	return kept
