"""Files that a job has made, kept as private files of the site without being read into memory."""

import hashlib
import os
import shutil
from pathlib import Path

import frappe


def keep(path: Path, name: str, owner: str, **attached) -> str:
	"""Move a file to the site's private files and return its address.

	`attached` says what it hangs on (`attached_to_doctype`, …): who may read that may read the file. Its row is written
	as it is, because `File.insert` reads the whole file and has a limit of size that is meant for what people upload.
	"""
	target = Path(frappe.utils.get_files_path(name, is_private=1))
	if target.exists():
		target = target.with_stem(f"{target.stem}-{frappe.generate_hash(length=6)}")
	file = frappe.new_doc("File")
	file.update(
		{
			"file_name": name,
			"file_url": f"/private/files/{target.name}",
			"file_size": path.stat().st_size,
			"file_type": path.suffix.lstrip(".").upper(),
			# Without it Frappe leaves the file on the disk when its row is deleted.
			"content_hash": _hash_of(path),
			"folder": frappe.db.get_value("File", {"is_attachments_folder": 1}) if attached else "Home",
			"is_private": 1,
			**attached,
		}
	)
	shutil.move(path, target)
	frappe.db.after_rollback.add(lambda: target.unlink(missing_ok=True))
	os.chmod(target, 0o640)
	file.set_new_name()
	file.owner = file.modified_by = owner
	file.creation = file.modified = frappe.utils.now_datetime()
	file.db_insert()
	return file.file_url


def hang_on(name: str, doctype: str, document: str) -> None:
	"""Hang a File on another document, too, without a second copy on the disk."""
	file = frappe.get_doc("File", name)
	row = frappe.new_doc("File")
	same = ("file_name", "file_url", "file_size", "file_type", "content_hash", "folder", "is_private")
	row.update({field: file.get(field) for field in same})
	row.update({"attached_to_doctype": doctype, "attached_to_name": document})
	row.set_new_name()
	row.owner = row.modified_by = frappe.session.user
	row.creation = row.modified = frappe.utils.now_datetime()
	row.db_insert()


def readable(file_url: str):
	"""Return the File behind an address, for whom it is open, None for everybody else: who may enter an address may not read
	all of them."""
	for name in frappe.get_all("File", filters={"file_url": file_url}, pluck="name"):
		file = frappe.get_doc("File", name)
		if not file.is_remote_file and file.has_permission("read"):
			return file
	return None


def _hash_of(path: Path) -> str:
	digest = hashlib.md5(usedforsecurity=False)  # Frappe's own; it only tells equal files
	with path.open("rb") as content:
		while piece := content.read(1 << 20):
			digest.update(piece)
	return digest.hexdigest()
