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
from frappe.core.doctype.file.utils import delete_file, get_content_hash
from frappe.utils import cint, get_files_path, get_url, now_datetime

from b2b_contracts.credit import locking, private_files
from b2b_contracts.engine.contract_text import Section
from b2b_contracts.exceptions import EvidenceError

from . import events, paper_files
from .contracts import refuse
from .facts import CONTRACT

DOCUMENT = "Contract Document"
PRIVATE = "/private/files/"
# What the second row of a filed file hangs on: nobody's form shows it.
HELD = {"attached_to_doctype": "DocType", "attached_to_name": DOCUMENT}
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
	file = to_file(file_url)
	return file_row(held, kind, file, title=title, text=text, language=language, sections=sections)


def to_file(file_url: str):
	"""Return the File behind an address. Raises `ContractError` where it is not there, not open to the session user, or public."""
	file = private_files.readable(file_url) if file_url else None
	if file is None:
		refuse(
			_("The file that you named is not there, or not open to you. Attach it again."), _("File missing")
		)
	if not cint(file.is_private):
		refuse(
			_("File {0} can be read by everybody. Make it private first.").format(file.file_name), _("File")
		)
	return file


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
	doc.set_new_name()
	_hold(doc.name, file, content)
	doc.flags.contract_service = True
	doc.insert(ignore_permissions=True)
	events.write(
		held,
		events.FILED,
		_("{0} filed: {1}. SHA-256: {2}").format(_(kind, context=DOCUMENT), doc.title, doc.file_hash),
		reference=doc.name,
	)
	return doc


def is_unchanged(document) -> bool:
	"""Whether the file of a Contract Document is still there and has the hash that it was filed with."""
	name = frappe.db.get_value("File", {"file_url": document.file})
	try:
		content = content_of(frappe.get_doc("File", name)) if name else None
	except OSError:
		content = None
	return content is not None and hashlib.sha256(content).hexdigest() == document.file_hash


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


def latest_text(contract: str, before: int | None = None, language: str | None = None):
	"""Return the latest document of a contract whose text is there clause by clause: of those with a version lower than `before`, and
	not in another language than `language`."""
	filters = {"contract": contract, "sections": ("is", "set"), "kind": ("in", TEXTS)}
	if before is not None:
		filters["version_number"] = ("<", before)
	rows = frappe.get_all(
		DOCUMENT, filters=filters, fields=["name", "language"], order_by="version_number desc"
	)
	found = next((row.name for row in rows if not language or row.language in (language, None, "")), None)
	return frappe.get_doc(DOCUMENT, found) if found else None


def latest_texts(contract: str) -> list:
	"""Return the latest documents of a contract whose text is there clause by clause, one in each language."""
	languages = frappe.get_all(
		DOCUMENT,
		filters={"contract": contract, "sections": ("is", "set"), "kind": ("in", TEXTS)},
		pluck="language",
		distinct=True,
	)
	return [latest_text(contract, language=language) for language in languages]


def sections_of(document) -> tuple[Section, ...]:
	"""Return the sections of a Contract Document, none where it has none (a scan, a letter)."""
	rows = json.loads(document.sections) if document.sections else []
	return tuple(Section(**{**row, "paragraphs": tuple(row["paragraphs"])}) for row in rows)


# ------------------------------------------------------------------ protected
def _hold(document: str, file, content: bytes) -> None:
	"""Hang a file on its Contract Document, and give it a second row. Frappe deletes a file from the disk with its last row,
	before anybody can object: now no row is the last one."""
	digest = file.content_hash or get_content_hash(content)
	frappe.db.set_value("File", {"file_url": file.file_url}, "content_hash", digest, update_modified=False)
	hung = {"attached_to_doctype": DOCUMENT, "attached_to_name": document, "attached_to_field": "file"}
	if file.attached_to_doctype:
		_add_row(file, digest, file.owner, hung)
	else:
		file.db_set(hung)
	if not frappe.db.exists("File", {"file_url": file.file_url, **HELD}):
		_add_row(file, digest, "Administrator", HELD)


def _add_row(file, digest: str, owner: str, hung: dict) -> None:
	"""Write a row of a file as it is: Frappe's own way reads the file and joins equal ones."""
	row = frappe.new_doc("File")
	row.update({name: file.get(name) for name in ("file_name", "file_url", "file_size", "file_type")})
	row.update({"content_hash": digest, "is_private": 1, "folder": "Home", **hung})
	row.set_new_name()
	row.owner = row.modified_by = owner
	row.creation = row.modified = now_datetime()
	row.db_insert()


def check_file(file) -> None:
	"""Refuse to change where a filed file lies, whether it is private, or what it hangs on; and to reach one that is not open to
	the session user by naming its address in a field of any document: Frappe makes that File, permissions ignored."""
	if file.is_folder or not file.file_url:
		return
	before = file.get_doc_before_save()
	if before is None:
		if file.flags.ignore_permissions and not file.flags.contract_service:
			_check_reach(file)
		return
	watched = ("file_url", "is_private", "content_hash", "file_name")
	changed = [name for name in watched if str(before.get(name) or "") != str(file.get(name) or "")]
	if _holds(before):
		hung = ("attached_to_doctype", "attached_to_name")
		changed += [name for name in hung if before.get(name) != file.get(name)]
	if changed and (_filed_like(before) or _filed_like(file)):
		_refuse_filed(before.file_name)


def check_deletion(file) -> None:
	"""Refuse to delete a filed file. A row of somebody who uploaded the same file elsewhere may go: the file stays on the disk."""
	filed = [] if file.is_folder else _filed_at(file.file_url)
	if not filed:
		return
	if file.flags.contract_service or frappe.flags.in_uninstall:
		if file.attached_to_doctype == DOCUMENT and len(filed) == 1:
			frappe.db.delete("File", {"file_url": file.file_url, **HELD})
			delete_file(file.file_url)
	elif _holds(file) or file.attached_to_doctype == CONTRACT:
		_refuse_filed(file.file_name)


def may_name(doc, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a File that names the address of a filed file which is not open to the user: it would open it to them."""
	if ptype != "create" or doc.is_folder or not doc.file_url:
		return None
	rows = _filed_at(doc.file_url)
	return None if not rows or _opens(rows, user) else False


def every_file(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the Files that a user may list: Frappe's own has it all."""
	return ""


def _check_reach(file) -> None:
	rows = [row for row in _filed_at(file.file_url) if row.attached_to_name != file.attached_to_name]
	if rows and not _opens(rows, frappe.session.user):
		frappe.throw(
			_("File {0} belongs to a contract that is not open to you.").format(file.file_url),
			frappe.PermissionError,
		)


def _opens(rows: list, user: str | None) -> bool:
	return any(frappe.has_permission(DOCUMENT, "read", row.attached_to_name, user=user) for row in rows)


def _holds(file) -> bool:
	"""Whether a row is one of the two of a filed file."""
	return file.attached_to_doctype == DOCUMENT or all(
		file.get(name) == value for name, value in HELD.items()
	)


def _filed_at(file_url: str | None) -> list:
	"""Return the rows of filed files at an address."""
	mark = {"attached_to_doctype": DOCUMENT, "file_url": _address(file_url or "")}
	return frappe.get_all("File", filters=mark, fields=["name", "attached_to_name"])


def _filed_like(file) -> bool:
	"""Whether a file is filed: at its address, or with its content, whose rows Frappe moves and re-addresses together."""
	mark = {"attached_to_doctype": DOCUMENT, "content_hash": file.content_hash}
	return bool(_filed_at(file.file_url) or (file.content_hash and frappe.db.exists("File", mark)))


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
