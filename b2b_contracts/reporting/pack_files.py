"""The workbook of a pack, kept as it was made: a private file that nobody replaces, opens to others or deletes, and whose hash says
whether it is still the one that was made."""

import hashlib
from pathlib import Path
from urllib.parse import unquote

import frappe
from frappe import _
from frappe.core.doctype.file.utils import delete_file
from frappe.utils import get_files_path, get_url, now_datetime

from b2b_contracts.credit import private_files
from b2b_contracts.exceptions import EvidenceError

DOCTYPE = "Monthly Pack"
# What the second row of a file hangs on. Frappe deletes a file from the disk with its last row, before anybody can object: now no
# row is the last one.
HELD = {"attached_to_doctype": "DocType", "attached_to_name": DOCTYPE}
WATCHED = ("file_url", "is_private", "content_hash", "file_name", "attached_to_doctype", "attached_to_name")
PRIVATE = "/private/files/"


def keep(path: Path, name: str, pack: str) -> str:
	"""Move a workbook to the site's private files and hang it on its pack. Returns its address."""
	hung = {"attached_to_doctype": DOCTYPE, "attached_to_name": pack, "attached_to_field": "file"}
	# Nobody's own: who may read the pack may read it, and nobody else.
	url = private_files.keep(path, name, "Administrator", **hung)
	kept = frappe.get_doc("File", {"file_url": url, **hung})
	row = frappe.new_doc("File")
	same = ("file_name", "file_url", "file_size", "file_type", "content_hash", "folder", "is_private")
	row.update({field: kept.get(field) for field in same} | HELD)
	row.set_new_name()
	row.owner = row.modified_by = "Administrator"
	row.creation = row.modified = now_datetime()
	row.db_insert()
	return url


def hash_of(path: Path) -> str:
	"""Return the SHA-256 of a file, read in pieces."""
	digest = hashlib.sha256()
	with path.open("rb") as content:
		while piece := content.read(1 << 20):
			digest.update(piece)
	return digest.hexdigest()


def is_unchanged(file_url: str | None, file_hash: str | None) -> bool:
	"""Whether the file of a pack is still there and has the hash that it was made with."""
	path = path_of(file_url)
	return bool(path and path.is_file() and hash_of(path) == file_hash)


def path_of(file_url: str | None) -> Path | None:
	"""Return where a private file lies, None for an address of any other."""
	if not file_url or not file_url.startswith(PRIVATE):
		return None
	folder = Path(get_files_path(is_private=1)).resolve()
	path = (folder / file_url.removeprefix(PRIVATE).lstrip("/")).resolve()
	return path if path.parent == folder else None


# ------------------------------------------------------------------ protected
def check_file(file) -> None:
	"""Refuse to change where the file of a pack lies, whether it is private, or what it hangs on; and a row of somebody's own that
	would open it to them."""
	if file.is_folder or not file.file_url:
		return
	before = file.get_doc_before_save()
	if before is None:
		pack = _pack_of(file.file_url)
		if pack and not frappe.has_permission(DOCTYPE, "read", pack):
			_refuse(file.file_name or file.file_url)
		return
	changed = [name for name in WATCHED if str(before.get(name) or "") != str(file.get(name) or "")]
	if changed and (_holds(before) or _pack_of(file.file_url)):
		_refuse(before.file_name)


def check_deletion(file) -> None:
	"""Refuse to delete the file of a pack that was made. Where the demo goes, both of its rows go, and the file with them."""
	if file.is_folder or not _holds(file) or frappe.flags.in_uninstall:
		return
	if not file.flags.contract_service:
		_refuse(file.file_name)
	elif file.attached_to_doctype == DOCTYPE:
		frappe.db.delete("File", {"file_url": file.file_url, **HELD})
		delete_file(file.file_url)


def _holds(file) -> bool:
	"""Whether a row is one of the two of a pack's file."""
	if file.attached_to_doctype == DOCTYPE:
		return bool(file.file_url and _pack_of(file.file_url))
	return all(file.get(name) == value for name, value in HELD.items())


def _pack_of(file_url: str) -> str | None:
	"""Return the pack whose workbook an address leads to: there are many ways of writing one."""
	path = path_of(unquote(file_url).removeprefix(get_url()).split("?")[0])
	return frappe.db.get_value(DOCTYPE, {"file": PRIVATE + path.name}) if path else None


def _refuse(file_name: str) -> None:
	frappe.throw(
		_("File {0} is the workbook of a pack: it cannot be changed, moved, made public or deleted.").format(
			file_name
		),
		EvidenceError,
		title=_("Pack is evidence"),
	)
