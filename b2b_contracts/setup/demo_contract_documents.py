"""Papers of contracts for the demo: a Word file and a locked PDF that went out, the redline that came back, and a contract on the
customer's own paper."""

import io

import docx
import frappe

from b2b_contracts import contract_documents_api as papers
from b2b_contracts.contracts import documents
from b2b_contracts.setup.demo_state import Made, acting_as, say

# What the customer wrote into the Word file: our words, theirs
REDLINE = (
	("100 %", "200 %"),
	("24 måneder", "36 måneder"),
	("60 dages", "180 dages"),
	("5 % om året", "2 % om året"),
)
THEIRS = (
	("1. Priser", "Priserne er faste i 24 måneder. Leverandøren kan ikke regulere dem."),
	("2. Betaling", "Køber betaler senest 60 dage efter fakturaens modtagelse."),
	("3. Ansvar", "Leverandøren hæfter for ethvert tab, herunder driftstab og avancetab."),
	("4. Lovvalg", "Aftalen er undergivet dansk ret."),
)


def file(made: Made) -> None:
	"""Make and receive them. Left out where the contracts with texts are."""
	sent, on_their_paper = made.names.get("contract:fallback"), made.names.get("contract:request")
	if not sent:
		return
	with acting_as("sofie"):
		word = frappe.get_doc(documents.DOCUMENT, papers.make_word(sent)["name"])
		papers.make_pdf(sent)
		content = _edited(documents.content_of(frappe.get_doc("File", {"file_url": word.file})))
		papers.receive_document(
			sent, "Redline", _upload(made, f"{sent}-brohoved.docx", content), "Rettelser fra kunden"
		)
		if on_their_paper:
			url = _upload(made, "indkoebsaftale.docx", _their_paper())
			papers.receive_document(on_their_paper, "Counterparty Paper", url, "Kundens indkøbsaftale", "da")
	made.keep()
	say("  a contract in Word and as PDF with a redline, and one on the customer's paper")


def _edited(content: bytes) -> bytes:
	document = docx.Document(io.BytesIO(content))
	for paragraph in document.paragraphs:
		for ours, theirs in REDLINE:
			for run in paragraph.runs:
				run.text = run.text.replace(ours, theirs)
	return _bytes(document)


def _their_paper() -> bytes:
	document = docx.Document()
	for heading, text in THEIRS:
		document.add_paragraph(heading)
		document.add_paragraph(text)
	return _bytes(document)


def _bytes(document) -> bytes:
	buffer = io.BytesIO()
	document.save(buffer)
	return buffer.getvalue()


def _upload(made: Made, name: str, content: bytes) -> str:
	return made.new("File", file_name=name, is_private=1, content=content).file_url
