"""The papers of a contract: filed with their text and the hash of their file, each version kept (requirements §6).

A filed file belongs to its Contract Document, which nobody may write: it cannot be deleted, replaced or made public.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from urllib.parse import unquote

import frappe
from frappe import _
from frappe.core.doctype.file.utils import delete_file
from frappe.utils import cint, get_files_path, get_url, now_datetime

from b2b_contracts.credit import locking, private_files
from b2b_contracts.engine.contract_text import Section
from b2b_contracts.exceptions import EvidenceError

from . import events, paper_files
from .contracts import refuse
from .facts import CONTRACT

DOCUMENT = "Contract Document"
PRIVATE = "/private/files/"
DRAFT, LOCKED, REDLINE, COUNTERPARTY = "Draft", "Locked PDF", "Redline", "Counterparty Paper"
SIGNED, NOTICE, CORRESPONDENCE, OTHER = "Signed", "Notice", "Correspondence", "Other"
KINDS = (DRAFT, LOCKED, REDLINE, COUNTERPARTY, SIGNED, NOTICE, CORRESPONDENCE, OTHER)
# Kinds that are a text of the contract: its versions are counted over these.
TEXTS = (DRAFT, LOCKED, REDLINE, COUNTERPARTY, SIGNED)
# What a person files by hand; the others have use cases of their own.
BY_HAND = (COUNTERPARTY, CORRESPONDENCE, OTHER)


# ------------------------------------------------------------------ filed
def file_document(
	contract: str,
	kind: str,
	file_url: str,
	*,
	title: str = "",
	text: str | None = None,
	language: str = "",
	sections: Iterable[Section] | None = None,
):
	"""File a private file that the session user may read with a contract. The file stays where it is and belongs to the Contract
	Document, which is returned. Without `text` it is read from the file; `sections` are what versions are compared by."""
	if kind not in KINDS:
		refuse(_("{0} is no kind of document.").format(kind), _("Kind of document"))
	held = locking.locked_doc(CONTRACT, contract)
	file = private_files.readable(file_url) if file_url else None
	if file is None:
		refuse(
			_("The file that you named is not there, or not open to you. Attach it again."), _("File missing")
		)
	if not cint(file.is_private):
		refuse(
			_("File {0} can be read by everybody. Make it private first.").format(file.file_name), _("File")
		)
	return file_row(held, kind, file, title=title, text=text, language=language, sections=sections)


def file_content(contract: str, kind: str, content: bytes, name: str, **fields):
	"""File something that was made here. Returns the Contract Document."""
	held = locking.locked_doc(CONTRACT, contract)
	file = frappe.get_doc({"doctype": "File", "file_name": name, "is_private": 1, "content": content})
	file.insert(ignore_permissions=True)
	return file_row(held, kind, file, **fields)


def file_row(held, kind: str, file, *, title="", text=None, language="", sections=None):
	"""File the file of a File with a contract whose row is locked. Who may do so is the caller's business."""
	content = content_of(file)
	paper_files.check(content, file.file_name)
	doc = frappe.get_doc(
		{
			"doctype": DOCUMENT,
			"contract": held.name,
			"customer": held.customer,
			"company": held.company,
			"title": (title or file.file_name)[:140],
			"kind": kind,
			"number": _next(held.name, "number"),
			"version_number": _next(held.name, "version_number") if kind in TEXTS else 0,
			"language": language or None,
			"is_own_paper": int(kind != COUNTERPARTY and held.contract_form != COUNTERPARTY),
			"file": file.file_url,
			"file_name": file.file_name[:140],
			"file_size": len(content),
			"file_hash": hashlib.sha256(content).hexdigest(),
			"made_by": frappe.session.user,
			"made_on": now_datetime(),
			"text": paper_files.text_of(content, file.file_name) if text is None else text,
			"sections": json.dumps([asdict(part) for part in sections]) if sections is not None else None,
		}
	)
	doc.flags.contract_service = True
	doc.insert(ignore_permissions=True)
	_keep_apart(doc.file)
	events.write(
		held,
		events.FILED,
		_("{0} filed: {1}. SHA-256: {2}").format(_(kind, context=DOCUMENT), doc.title, doc.file_hash),
		reference=doc.name,
	)
	return doc


def content_of(file) -> bytes:
	content = file.get_content()
	return content.encode() if isinstance(content, str) else content


def next_version(contract: str) -> int:
	"""Return the version that the next text of a contract will be."""
	return _next(contract, "version_number")


def _next(contract: str, field: str) -> int:
	"""Return the next number of a contract's documents. The contract's row is locked."""
	latest = frappe.get_all(
		DOCUMENT, filters={"contract": contract}, fields=[field], order_by=f"{field} desc", limit=1
	)
	return (latest[0].get(field) if latest else 0) + 1


def latest_text(contract: str, before: int | None = None):
	"""Return the latest document of a contract whose text is there clause by clause, of those with a version lower than `before`."""
	filters = {"contract": contract, "sections": ("is", "set"), "kind": ("in", TEXTS)}
	if before is not None:
		filters["version_number"] = ("<", before)
	found = frappe.get_all(DOCUMENT, filters=filters, order_by="version_number desc", limit=1, pluck="name")
	return frappe.get_doc(DOCUMENT, found[0]) if found else None


def sections_of(document) -> tuple[Section, ...]:
	"""Return the sections of a Contract Document, none where it has none (a scan, a letter)."""
	rows = json.loads(document.sections) if document.sections else []
	return tuple(Section(**{**row, "paragraphs": tuple(row["paragraphs"])}) for row in rows)


# ------------------------------------------------------------------ protected
def _keep_apart(file_url: str) -> None:
	"""Take Frappe's hash from the rows of a filed file. By it Frappe joins equal files, so that moving one moves all; and deletes a
	file from the disk before anybody can object. A filed file has a hash of its own, on its Contract Document."""
	frappe.db.set_value("File", {"file_url": file_url}, "content_hash", None, update_modified=False)


def check_file(file) -> None:
	"""Refuse to change where a filed file lies, whether it is private, or what it hangs on; and to reach one that is not open to
	the session user by naming its address."""
	if file.is_folder or not file.file_url:
		return
	before = file.get_doc_before_save()
	if before is None:
		_check_reach(file)
		return
	watched = ("file_url", "is_private", "content_hash", "file_name")
	changed = [name for name in watched if str(before.get(name) or "") != str(file.get(name) or "")]
	if before.attached_to_doctype == DOCUMENT:
		hung = ("attached_to_doctype", "attached_to_name")
		changed += [name for name in hung if before.get(name) != file.get(name)]
	if changed and (_filed_at(before.file_url) or _filed_at(file.file_url)):
		_refuse_filed(before.file_name)


def check_deletion(file) -> None:
	"""Refuse to delete a filed file. A row that names it elsewhere may go: the file itself stays on the disk."""
	if file.is_folder or not _filed_at(file.file_url):
		return
	allowed = file.flags.contract_service or frappe.flags.in_uninstall
	if not allowed and (file.attached_to_doctype in (DOCUMENT, CONTRACT) or file.content_hash):
		_refuse_filed(file.file_name)
	if allowed and file.attached_to_doctype == DOCUMENT:
		delete_file(file.file_url)  # without its hash Frappe leaves it


def may_name(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a File that names the address of a filed file which is not open to the user: Frappe would give them a copy."""
	if ptype != "create" or not doc.file_url or doc.is_folder:
		return None
	rows = _filed_at(doc.file_url)
	return None if not rows or _opens(rows, user) else False


def every_file(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the Files that a user may list: Frappe's own has it all."""
	return ""


def _check_reach(file) -> None:
	"""The same for the File that Frappe makes, permissions ignored, of an address in a field of any document; by the time it can be
	looked at, it may be a copy."""
	if not file.flags.ignore_permissions or file.flags.contract_service:
		return
	rows = _filed_at(file.file_url)
	if not rows and file.attached_to_field:
		digest = hashlib.sha256(content_of(file)).hexdigest()
		rows = [
			frappe._dict(attached_to_name=name)
			for name in frappe.get_all(DOCUMENT, filters={"file_hash": digest}, pluck="name")
		]
	if rows and not _opens(rows, frappe.session.user, file.attached_to_name):
		frappe.throw(
			_("File {0} belongs to a contract that is not open to you.").format(file.file_url),
			frappe.PermissionError,
		)


def _opens(rows: list, user: str | None, being_filed: str | None = None) -> bool:
	return any(
		row.attached_to_name == being_filed
		or frappe.has_permission(DOCUMENT, "read", row.attached_to_name, user=user)
		for row in rows
	)


def _filed_at(file_url: str | None) -> list:
	"""Return the rows of filed files at an address."""
	mark = {"attached_to_doctype": DOCUMENT, "file_url": _address(file_url or "")}
	return frappe.get_all("File", filters=mark, fields=["name", "attached_to_name"])


def _address(file_url: str) -> str:
	"""Return the address of the file that an address leads to: there are many ways of writing one."""
	address = unquote(file_url).removeprefix(get_url())
	for prefix, is_private in ((PRIVATE, 1), ("/files/", 0)):
		if address.startswith(prefix):
			path = os.path.realpath(
				get_files_path(*address.removeprefix(prefix).split("/"), is_private=is_private)
			)
			folder = os.path.realpath(get_files_path(is_private=1))
			if path.startswith(folder + os.sep):
				return PRIVATE + os.path.relpath(path, folder)
	return address


def _refuse_filed(file_name: str) -> None:
	frappe.throw(
		_(
			"File {0} is filed with a contract: it cannot be changed, moved, made public or deleted. File a new version instead."
		).format(file_name),
		EvidenceError,
		title=_("Evidence"),
	)
