"""The text of a contract on paper: made as Word or locked PDF, received as a redline or on the counterparty's paper, compared with
the version before, and what differs taken over into the draft (requirements §6)."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import cint, escape_html, formatdate, getdate

from b2b_contracts.credit import private_files
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import text_comparison as comparing
from b2b_contracts.engine.contract_text import COUNTERPARTY, LEFT_OUT, TAILORED, ContractText
from b2b_contracts.engine.text_comparison import Change

from . import clauses, documents, events, paper_files, pdf_documents, word_documents, word_layout
from .contracts import refuse
from .documents import DOCUMENT
from .facts import CONTRACT

TEMPLATE = "B2B Contract Template"
# What came from outside, clause by clause
RECEIVED = (documents.REDLINE, documents.COUNTERPARTY)
NO_STATUS_YET = (*life.OPEN, life.IN_REVIEW)


# ------------------------------------------------------------------ made
def make_word(contract: str, language: str | None = None):
	"""Make an editable Word file of a contract's text and file it. Returns the Contract Document."""
	doc, text = _text_to_print(contract, language)
	content = word_documents.make(values_of(doc, text), text, _layout_of(doc))
	return _filed(doc, documents.DRAFT, content, "docx", text)


def make_pdf(contract: str, language: str | None = None):
	"""Make a locked PDF of a contract's text and file it. Returns the Contract Document."""
	doc, text = _text_to_print(contract, language)
	with writing_in(text.language):
		content = pdf_documents.make(values_of(doc, text), text)
	return _filed(doc, documents.LOCKED, content, "pdf", text)


def _text_to_print(contract: str, language: str | None):
	doc = frappe.get_doc(CONTRACT, contract)
	refuse_signed(doc)
	text = clauses.text_of(doc, language)
	if not text.sections:
		refuse(
			_(
				"Contract {0} has no clauses yet. Choose a template for it, or upload the counterparty's paper."
			).format(doc.name),
			_("No text yet"),
		)
	return doc, text


def refuse_signed(doc) -> None:
	if doc.signed_on:
		refuse(
			_("Contract {0} is signed: its text is the signed file. Agree an amendment instead.").format(
				doc.name
			),
			_("Signed"),
		)


def _filed(doc, kind: str, content: bytes, extension: str, text: ContractText):
	version = documents.next_version(doc.name)
	return documents.file_content(
		doc.name,
		kind,
		content,
		f"{doc.name}-v{version}-{text.language}.{extension}",
		title=doc.title,
		text=text.text,
		language=text.language,
		sections=text.sections,
	)


def check_layout(template) -> None:
	"""Refuse a layout of a template that cannot be used, or that everybody can read."""
	if not template.word_layout or not template.has_value_changed("word_layout"):
		return
	file = private_files.readable(template.word_layout)
	if file is None or not cint(file.is_private):
		refuse(
			_("The layout {0} is not there, not open to you, or not private. Attach it again.").format(
				template.word_layout
			),
			_("Layout"),
		)
	word_layout.check(documents.content_of(file), file.file_name)


def _layout_of(doc) -> bytes | None:
	"""Return the layout of a contract's template, None for the built-in one."""
	url = doc.get("template") and frappe.db.get_value(TEMPLATE, doc.template, "word_layout")
	if not url:
		return None
	name = frappe.db.get_value("File", {"file_url": url})
	if not name:
		refuse(
			_("The layout of template {0} is gone. Attach it to a new version of the template.").format(
				doc.template
			),
			_("Layout"),
		)
	file = frappe.get_doc("File", name)
	content = documents.content_of(file)
	word_layout.check(content, file.file_name)
	return content


def values_of(doc, text: ContractText) -> dict:
	"""Return what a layout may name, in the language of the text."""
	with writing_in(text.language):
		return {
			"title": text.title,
			"contract_number": doc.name,
			"customer": doc.customer_name or doc.customer,
			"company": doc.company,
			"start_date": formatdate(doc.start_date, "long"),
			"made_on": formatdate(getdate(), "long"),
			"word_between": _("This contract is made between"),
			"word_and": _("and"),
			"word_signatures": _("Signatures"),
			"word_place_and_date": _("Place and date"),
			"word_page": _("Page"),
			"word_draft": _("Draft, not approved") if doc.status in NO_STATUS_YET else "",
			"parties": [
				{
					"role": _role(row.party_role),
					"name": row.party_name,
					"registration_number": row.registration_number or "",
					"address": row.address or "",
				}
				for row in doc.parties
			],
			"signatories": _signatories(doc),
		}


def _role(role: str) -> str:
	return _("Supplier") if role == "Us" else _(role, context="Contract Party")


def _signatories(doc) -> list[dict]:
	"""Return who signs; a line to write on for each side that nobody is named for."""
	names = {"Us": doc.company, "Customer": doc.customer_name or doc.customer}
	rows = [
		{
			"party": names.get(row.signs_for, ""),
			"name": row.signatory_name,
			"position": row.position or "",
		}
		for row in doc.signatories
	]
	sides = {row.signs_for for row in doc.signatories}
	return rows + [
		{"party": name, "name": "", "position": ""} for side, name in names.items() if side not in sides
	]


# ------------------------------------------------------------------ received
def receive(contract: str, kind: str, file_url: str, title: str = "", language: str = ""):
	"""File what came from outside: a redline of the last version, the counterparty's paper, a letter. Returns the Contract
	Document, with its text clause by clause where there are clauses in it."""
	if kind != documents.REDLINE and kind not in documents.BY_HAND:
		refuse(
			_("A document of the kind {0} is not filed by hand.").format(_(kind, context=DOCUMENT)), _("Kind")
		)
	doc = frappe.get_doc(CONTRACT, contract)
	if kind not in RECEIVED:
		return documents.file_document(contract, kind, file_url, title=title, language=language)
	refuse_signed(doc)
	texts = documents.latest_texts(contract)
	if kind == documents.REDLINE and not texts:
		refuse(
			_("Contract {0} has no version to compare a redline with. Make a Word file first.").format(
				contract
			),
			_("Nothing to compare with"),
		)
	former, sections = _sections_in(file_url, texts, contract)
	if kind == documents.REDLINE and not sections:
		refuse(
			_(
				"No clauses are found in the file. Upload the Word file that was sent out, with the changes in it; a scan is filed as the counterparty's paper."
			),
			_("No clauses found"),
		)
	language = language or (former.language if former else "") or ""
	filed = documents.file_document(
		contract, kind, file_url, title=title, language=language, sections=sections or None
	)
	if (
		kind == documents.COUNTERPARTY
		and doc.status in life.OPEN
		and doc.contract_form != clauses.COUNTERPARTY_PAPER
	):
		doc.contract_form = clauses.COUNTERPARTY_PAPER
		doc.save()
	return filed


def _sections_in(file_url: str, texts: list, contract: str) -> tuple:
	"""Return which of some versions a file that the session user may read was made from, and the clauses in it, recognised by those
	of that version."""
	file = documents.to_file(file_url)
	content, name = documents.content_of(file), file.file_name
	paper_files.check(content, name)
	found = []
	for former in texts or [None]:
		known = documents.sections_of(former) if former else ()
		sections = comparing.recognised(_read(content, name, known, contract), known)
		found.append((comparing.likeness(known, sections), former, sections))
	_likeness, former, sections = max(found, key=lambda row: row[0])
	return former, sections


def _read(content: bytes, name: str, known, contract: str) -> tuple:
	kind = paper_files.extension(name)
	if kind == paper_files.WORD:
		return word_documents.sections_of(content, name, known)
	if kind == paper_files.PDF:
		return word_documents.sections_of_text(paper_files.text_of(content, name), known, contract)
	return ()


# ------------------------------------------------------------------ compared
def comparison(document, against=None) -> dict:
	"""Return what a document changed clause by clause, against another one of the same contract; without one, against the version
	before it. `{before, after, changes, is_received, why_not}`; see `contract_documents_api.compare_documents`."""
	before = against or _before(document)
	changes = changes_of(document, before)
	contract = frappe.get_doc(CONTRACT, document.contract)
	text = clauses.text_of(contract, document.language)
	now = {part.clause or part.heading: part for part in text.sections}
	return {
		"before": _head(before),
		"after": _head(document),
		"changes": [_shown(index, change, now) for index, change in enumerate(changes)],
		"is_received": document.kind in RECEIVED,
		"why_not": why_not_take_over(document, contract),
	}


def why_not_take_over(document, contract) -> str:
	"""Return why the session user cannot take changes of a document over into the contract's draft: nothing when they may."""
	if document.kind not in RECEIVED:
		return _("Changes are taken over from a redline or from the counterparty's paper.")
	if contract.status not in life.OPEN:
		return _(
			"Contract {0} is {1}: its clauses cannot be changed. Send it back to the draft first."
		).format(contract.name, _(contract.status, context=CONTRACT))
	ours, theirs = contract.get("text_language"), document.language
	if ours and theirs and ours != theirs:
		return _(
			"Version {0} is in {1}, and the clauses of the contract are in {2}. Change the language of the contract first, or ask for a redline of the text in that language."
		).format(document.version_number, clauses.language_name(theirs), clauses.language_name(ours))
	if not contract.has_permission("write"):
		return _("You may read contract {0}, and not change it.").format(contract.name)
	return ""


def _before(document):
	"""Return the version before a document, not in another language."""
	return documents.latest_text(document.contract, document.version_number or None, document.language)


def changes_of(document, before) -> tuple[Change, ...]:
	after = documents.sections_of(document)
	if before is None or not after:
		refuse(
			_(
				"{0} cannot be compared: there is no version before it in its language whose clauses are known."
			).format(document.name)
			if before is None
			else _("No clauses are known of {0}: it is a scan, or has no headings.").format(document.name),
			_("Nothing to compare with"),
		)
	if before.contract != document.contract:
		refuse(_("{0} and {1} are of two contracts.").format(document.name, before.name), _("Two contracts"))
	return comparing.compare(documents.sections_of(before), after)


def _head(document) -> dict:
	fields = ("name", "title", "kind", "version_number", "language", "made_on", "made_by")
	return {name: document.get(name) for name in fields}


def _shown(index: int, change: Change, now: dict) -> dict:
	section = change.after or change.before
	there = now.get(section.clause or section.heading)
	wanted = change.after.paragraphs if change.after else ()
	return {
		"index": index,
		"kind": change.kind,
		"is_moved": change.is_moved,
		"rank": change.rank,
		"clause": change.clause,
		"number_before": change.before.number if change.before else "",
		"number_after": change.after.number if change.after else "",
		"heading": [[part.kind, part.text] for part in change.heading],
		"parts": [[part.kind, part.text] for part in change.parts],
		"is_taken": change.kind != comparing.SAME and (there.paragraphs if there else ()) == wanted,
	}


# ------------------------------------------------------------------ taken over
def take_over(document, indexes: Iterable[int], choice: str, reason: str, against=None):
	"""Take changes of a redline, or of the counterparty's paper, over into the draft: as deviations, in their words. `indexes` are
	those of the comparison. Returns the contract."""
	if choice not in (COUNTERPARTY, TAILORED):
		refuse(_("{0} is no way to take a clause over.").format(choice), _("Choice"))
	doc = frappe.get_doc(CONTRACT, document.contract)
	if why_not := why_not_take_over(document, doc):
		refuse(why_not, _("Not taken over"))
	before = against or _before(document)
	changes = changes_of(document, before)
	wanted = sorted({cint(index) for index in indexes})
	taken = [changes[index] for index in wanted if 0 <= index < len(changes)]
	taken = [change for change in taken if change.kind != comparing.SAME]
	if not taken:
		refuse(_("Tick the changes that are to be taken over."), _("Nothing ticked"))
	if not (reason or "").strip():
		refuse(_("Write down the reason."), _("Reason missing"))
	after = documents.sections_of(document)
	for change in taken:
		_take(doc, change, after, choice, reason.strip())
	for number, row in enumerate(doc.clauses, start=1):
		row.idx = number
	doc.save()
	names = ", ".join((change.after or change.before).heading for change in taken)
	events.write(
		doc,
		events.CHANGED,
		_("Taken over from version {0}: {1}").format(document.version_number, names),
		reason=reason.strip(),
		reference=document.name,
	)
	return doc


def _take(doc, change: Change, after, choice: str, reason: str) -> None:
	row = _row_of(doc, change)
	if change.kind == comparing.LEFT_OUT:
		if row is None:
			return
		if row.clause:
			row.choice, row.reason = LEFT_OUT, reason
		else:
			doc.clauses.remove(row)  # never in the library: nobody misses it
		return
	section = change.after
	if row is None:
		row = doc.append("clauses", {"clause": section.clause or None})
	if change.kind != comparing.MOVED:
		row.update({"choice": choice, "heading": section.heading, "wording": section.text, "reason": reason})
		if not section.text:
			refuse(
				_("Clause {0} has no text in the file.").format(frappe.bold(escape_html(section.heading))),
				_("Text missing"),
			)
	if change.before is None or change.is_moved:
		_place(doc, row, section, after)


def _row_of(doc, change: Change):
	"""Return the row of a contract that a change is about, None for a clause that is not there yet."""
	for section in (change.before, change.after):
		for row in doc.clauses if section else ():
			if section.clause and row.clause == section.clause:
				return row
			if not section.clause and not row.clause and row.heading == section.heading:
				return row
	return None


def _place(doc, row, section, after) -> None:
	"""Put a row behind that of the clause which it follows in the file."""
	rows = [other for other in doc.clauses if other is not row]
	place = 0
	for earlier in reversed(after[: after.index(section)]):
		found = next(
			(
				index
				for index, other in enumerate(rows)
				if (earlier.clause and other.clause == earlier.clause) or other.heading == earlier.heading
			),
			None,
		)
		if found is not None:
			place = found + 1
			break
	rows.insert(place, row)
	doc.clauses = rows
