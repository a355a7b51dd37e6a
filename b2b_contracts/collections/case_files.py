"""The bundle of a collection case: a ZIP of everything that proves the claim, with a list of what is in it and what is
missing (requirements §3). Made in a job: printing takes a while."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import frappe
from frappe import _
from frappe.utils import now_datetime

from b2b_contracts.credit import clearing, jobs, locking, private_files

from . import case_documents, printed_pdfs
from .case_documents import CASE, Proof

FOLDERS = {
	case_documents.THE_INVOICE: "1-invoices",
	case_documents.REMINDER: "2-reminders",
	case_documents.LAST_NOTICE: "3-last-notice",
	case_documents.ORDER: "4-orders",
	case_documents.CONTRACT: "5-contracts",
	case_documents.DELIVERY: "6-deliveries",
	case_documents.CORRESPONDENCE: "7-correspondence",
}
CONTENTS = "0-contents.txt"
_UNSAFE = re.compile(r"[^\w.()@+-]+")


def ask_for_bundle(case) -> None:
	"""Have the bundle of a case made once this transaction is through."""
	jobs.after_commit("b2b_contracts.collections.case_files.make_bundle", queue="long", name=case.name)


def make_bundle(name: str) -> None:
	"""Make the bundle of a case anew. Runs in a job; a second run makes the same."""
	clearing.in_own_transaction(_make, name)


def _make(name: str) -> bool:
	case = locking.locked_doc(CASE, name)
	proofs = case_documents.proofs_of(case)
	with TemporaryDirectory() as folder:
		path = Path(folder) / f"{name}.zip"
		with ZipFile(path, "w", ZIP_DEFLATED) as bundle:
			left_out = [text for proof in proofs for text in _add(bundle, proof)]
			bundle.writestr(CONTENTS, _contents(case, proofs, left_out))
		former = frappe.get_all("File", filters={"file_url": case.bundle_file or "–"}, pluck="name")
		address = private_files.keep(
			path, path.name, case.owner, attached_to_doctype=CASE, attached_to_name=name
		)
	for file in former:
		frappe.delete_doc("File", file, ignore_permissions=True, force=True)
	locking.write(case, {"bundle_file": address, "bundle_made_on": now_datetime()})
	case_documents.check_again(case)
	case.notify_update()
	return True


def _add(bundle: ZipFile, proof: Proof) -> list[str]:
	"""Put what there is into the bundle; returns what could not be, a sentence each."""
	left_out = []
	for doctype, name in proof.documents:
		if doctype == "Communication":
			_put(bundle, proof, f"{name}.html", _mail(name))
		else:
			_put(bundle, proof, f"{name}.pdf", printed_pdfs.pdf_of(doctype, name))
	for name in proof.files:
		file = frappe.get_doc("File", name)
		try:
			_put(bundle, proof, file.file_name, file.get_content())
		except Exception:  # a file that was lost on the disk, or is kept elsewhere
			left_out.append(_("{0} could not be read.").format(file.file_name or file.file_url))
	return left_out


def _put(bundle: ZipFile, proof: Proof, name: str, content: bytes | str) -> None:
	"""Write a file into the folder of its kind, under a name that is safe and is there once."""
	folder = "/".join(filter(None, (FOLDERS[proof.kind], _safe(proof.invoice))))
	path = Path(_safe(name) or "file")
	target, number = f"{folder}/{path}", 1
	while target in bundle.namelist():
		number += 1
		target = f"{folder}/{path.stem} ({number}){path.suffix}"
	bundle.writestr(target, content)


def _safe(name: str) -> str:
	return _UNSAFE.sub("-", name or "").strip(".-")[:120]


def _mail(name: str) -> str:
	mail = frappe.get_doc("Communication", name)
	escape = frappe.utils.escape_html
	lines = [
		f"<p><b>{escape(label)}</b> {escape(str(value or ''))}</p>"
		for label, value in (
			(_("Date"), mail.get_formatted("communication_date")),
			(_("From"), mail.sender),
			(_("To"), mail.recipients),
			(_("Subject"), mail.subject),
		)
	]
	return f'<meta charset="utf-8">{"".join(lines)}<hr>{mail.content or ""}'


def _contents(case, proofs: list[Proof], left_out: list[str]) -> str:
	"""Return the list of a bundle as plain text: the claim, what is in it, and what is missing."""
	lines = [
		_("Collection case {0}: {1} against {2}").format(case.name, case.company, case.customer_name),
		_("Claim: {0}").format(case.get_formatted("total_amount")),
		"",
	]
	for row in case_documents.checked(case):
		mark = "[x]" if row["is_there"] else "[ ]"
		about = f" {row['sales_invoice']}" if row["sales_invoice"] else ""
		lines.append(f"{mark} {_(row['kind'], context='Collection Case Document')}{about}: {row['found']}")
	return "\n".join([*lines, *left_out, ""])
