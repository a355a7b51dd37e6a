"""What the desk and other software may call about the documents of contracts. Every method checks permission first and is typed.

A document is known by its name (`CTR-2026-00001-D001`). Errors are Frappe's: `PermissionError` without the right,
`ValidationError` (with a sentence that says what to do) for everything else.
"""

import json

import frappe

from b2b_contracts.contracts import documents, papers, word_layout
from b2b_contracts.contracts.documents import DOCUMENT
from b2b_contracts.permissions import CONTRACT

FIELDS = (
	*(
		"name",
		"kind",
		"title",
		"number",
		"version_number",
		"language",
		"made_by",
		"made_on",
		"file",
		"file_name",
	),
	*("file_hash", "file_size", "is_own_paper"),
)


@frappe.whitelist()
def contract_documents(contract: str) -> dict:
	"""Return the documents of a contract, the newest first: `{documents: [{name, kind, title, version_number, language, made_by,
	made_on, file, file_hash, has_clauses, …}], may_file, may_make}`."""
	doc = _contract(contract, "read")
	rows = frappe.get_list(
		DOCUMENT, filters={"contract": contract}, fields=list(FIELDS), order_by="number desc", limit=0
	)
	with_clauses = set(
		frappe.get_all(DOCUMENT, filters={"contract": contract, "sections": ("is", "set")}, pluck="name")
	)
	for row in rows:
		row["has_clauses"] = row.name in with_clauses
	may_write = frappe.has_permission(CONTRACT, "write", doc)
	return {
		"documents": rows,
		"may_file": may_write,
		"may_make": may_write and not doc.signed_on and bool(doc.get("clauses")),
	}


@frappe.whitelist(methods=["POST"])
def make_word(contract: str, language: str | None = None) -> dict:
	"""Make an editable Word file of a contract's text, in its own language or another one (two letters), and file it as its next
	version. Returns `{name, version_number, file}`."""
	_contract(contract, "write")
	return _answer(papers.make_word(contract, language))


@frappe.whitelist(methods=["POST"])
def make_pdf(contract: str, language: str | None = None) -> dict:
	"""Make a locked PDF of a contract's text and file it as its next version. Returns `{name, version_number, file}`."""
	_contract(contract, "write")
	return _answer(papers.make_pdf(contract, language))


@frappe.whitelist(methods=["POST"])
def receive_document(
	contract: str, kind: str, file_url: str, title: str | None = None, language: str | None = None
) -> dict:
	"""File what came from outside: `Redline` (a Word file or PDF, compared with the version before), `Counterparty Paper`,
	`Correspondence` or `Other`. The file has to be private. Returns `{name, version_number, file}`."""
	_contract(contract, "write")
	return _answer(papers.receive(contract, kind, file_url, title or "", language or ""))


@frappe.whitelist()
def compare_documents(document: str, against: str | None = None) -> dict:
	"""Return what a version changed, clause by clause, against the version before or the one named: `{before, after, changes,
	is_received, why_not}`; `why_not` is empty where the session user may take changes over. A change is `{index, kind, is_moved, rank, clause, number_before, number_after, heading, parts, is_taken}`; `kind`
	is Same, Changed, Added, Left Out or Moved, `heading` and `parts` are `[[Kept|Removed|Inserted, text]]`, and `is_taken` says
	that the contract's draft reads like the version already."""
	return papers.comparison(_document(document), _document(against) if against else None)


@frappe.whitelist(methods=["POST"])
def take_over_changes(
	document: str, changes: str | list, choice: str, reason: str, against: str | None = None
) -> dict:
	"""Take changes of a redline or of the counterparty's paper, by their `index`, over into the contract's draft: as
	`Counterparty` wording or as `Tailored` of our own. Returns `{name, status}`."""
	doc = _document(document)
	_contract(doc.contract, "write")
	indexes = json.loads(changes) if isinstance(changes, str) else changes
	contract = papers.take_over(doc, indexes, choice, reason, _document(against) if against else None)
	return {"name": contract.name, "status": contract.status}


@frappe.whitelist()
def check_document(document: str) -> dict:
	"""Say whether the file of a document still has the hash that it was filed with: `{is_unchanged, file_hash}`."""
	doc = _document(document)
	return {"is_unchanged": documents.is_unchanged(doc), "file_hash": doc.file_hash}


@frappe.whitelist()
def word_layout_file() -> None:
	"""Download the built-in layout of contracts in Word, to start an own one from."""
	frappe.has_permission(papers.TEMPLATE, "read", throw=True)
	frappe.response.filename = "contract-layout.docx"
	frappe.response.filecontent = word_layout.built_in()
	frappe.response.type = "download"


def _contract(name: str, right: str):
	doc = frappe.get_doc(CONTRACT, name)
	doc.check_permission(right)
	return doc


def _document(name: str):
	doc = frappe.get_doc(DOCUMENT, name)
	doc.check_permission("read")
	return doc


def _answer(doc) -> dict:
	return {"name": doc.name, "version_number": doc.version_number, "file": doc.file}
