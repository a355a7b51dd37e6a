"""Word and PDF files as they come back from outside: edited, with tracked changes, typed anew, and hostile ones."""

import io
import zipfile
from copy import deepcopy
from pathlib import PurePosixPath

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def plain(lines: list[str]) -> bytes:
	"""Return a Word file without headings: lines, one a paragraph."""
	document = docx.Document()
	for line in lines:
		document.add_paragraph(line)
	return _saved(document)


def edited(content: bytes, words: dict[str, str]) -> bytes:
	"""Return a Word file in which words were typed over, without tracking."""
	document = docx.Document(io.BytesIO(content))
	for text in document.element.body.iter(qn("w:t")):
		for old, new in words.items():
			text.text = (text.text or "").replace(old, new)
	return _saved(document)


def tracked(content: bytes, words: dict[str, str], deleted=(), added=()) -> bytes:
	"""Return a Word file with tracked changes: words replaced, clauses deleted by their heading, clauses added before the first."""
	document = docx.Document(io.BytesIO(content))
	body = document.element.body
	for run in list(body.iter(qn("w:r"))):
		text = run.find(qn("w:t"))
		old = next((word for word in words if text is not None and word in (text.text or "")), None)
		if old:
			_replace(run, text.text, old, words[old])
	paragraphs = list(body.iter(qn("w:p")))
	headings = [p for p in paragraphs if _style(p) == "Heading1"]
	for heading in headings:
		if _text(heading) in deleted:
			_delete(heading)
			for paragraph in paragraphs[paragraphs.index(heading) + 1 :]:
				if _style(paragraph) != "ClauseText":
					break
				_delete(paragraph)
	for heading, text in added:
		for style, words_in_it in (("Heading1", heading), ("ClauseText", text)):
			headings[0].addprevious(_inserted(style, words_in_it))
	return _saved(document)


def _style(paragraph) -> str:
	style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
	return "" if style is None else style.get(qn("w:val"))


def _text(paragraph) -> str:
	return "".join(text.text or "" for text in paragraph.iter(qn("w:t")))


def _change(tag: str):
	change = OxmlElement(tag)
	change.set(qn("w:id"), "700")
	change.set(qn("w:author"), "Counterparty")
	change.set(qn("w:date"), "2026-11-01T10:00:00Z")
	return change


def _run_like(run, text: str, tag: str = "w:t"):
	copy = deepcopy(run)
	for child in copy.findall(qn("w:t")):
		copy.remove(child)
	piece = OxmlElement(tag)
	piece.set(qn("xml:space"), "preserve")
	piece.text = text
	copy.append(piece)
	return copy


def _replace(run, text: str, old: str, new: str) -> None:
	before, after = text.split(old, 1)
	gone, come = _change("w:del"), _change("w:ins")
	gone.append(_run_like(run, old, "w:delText"))
	come.append(_run_like(run, new))
	for piece in (_run_like(run, before), gone, come, _run_like(run, after)):
		run.addprevious(piece)
	run.getparent().remove(run)


def _delete(paragraph) -> None:
	for run in list(paragraph.findall(qn("w:r"))):
		gone = _change("w:del")
		run.addprevious(gone)
		gone.append(_run_like(run, _text(run), "w:delText"))
		run.getparent().remove(run)
	properties = paragraph.get_or_add_pPr()
	marks = OxmlElement("w:rPr")
	marks.append(_change("w:del"))
	properties.append(marks)


def _inserted(style: str, text: str):
	paragraph, properties = OxmlElement("w:p"), OxmlElement("w:pPr")
	name, come, run = OxmlElement("w:pStyle"), _change("w:ins"), OxmlElement("w:r")
	name.set(qn("w:val"), style)
	properties.append(name)
	come.append(_run_like(run, text))
	paragraph.append(properties)
	paragraph.append(come)
	return paragraph


def _saved(document) -> bytes:
	buffer = io.BytesIO()
	document.save(buffer)
	return buffer.getvalue()


# ------------------------------------------------------------------ hostile
def archive(parts: dict[str, bytes]) -> bytes:
	buffer = io.BytesIO()
	with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
		for name, data in parts.items():
			packed.writestr(name, data)
	return buffer.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
	with zipfile.ZipFile(io.BytesIO(content)) as packed:
		return {name: packed.read(name) for name in packed.namelist()}


def with_part(content: bytes, name: str, data: bytes) -> bytes:
	return archive({**_parts(content), name: data})


def with_link(content: bytes, kind: str, target: str) -> bytes:
	"""Return a Word file that leads to another one, or has it fetched."""
	name = str(PurePosixPath("word/_rels/document.xml.rels"))
	link = f'<Relationship Id="rX" Type="{RELATION}/{kind}" Target="{target}" TargetMode="External"/>'
	data = _parts(content)[name].decode().replace("</Relationships>", f"{link}</Relationships>")
	return with_part(content, name, data.encode())


def with_entity(content: bytes, path: str, encoding: str = "utf-8") -> bytes:
	"""Return a Word file whose text would be a file of the server."""
	text = _parts(content)["word/document.xml"].decode()
	head, rest = text.split("?>", 1)
	declared = (
		f'{head}?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file://{path}">]>{rest.replace("Liability", "&e;")}'
	)
	return with_part(content, "word/document.xml", declared.replace("UTF-8", encoding).encode(encoding))


def scan() -> bytes:
	"""Return a PDF of one page without text."""
	writer = PdfWriter()
	writer.add_blank_page(595, 842)
	return _written(writer)


def pdf_with(action: str) -> bytes:
	"""Return a PDF that launches something, or carries a file."""
	writer = PdfWriter()
	writer.add_blank_page(595, 842)
	if action == "/EmbeddedFile":
		writer.add_attachment("invoice.exe", b"MZ")
	else:
		opened = DictionaryObject(
			{NameObject("/S"): NameObject(action), NameObject("/F"): TextStringObject("calc.exe")}
		)
		writer._root_object[NameObject("/OpenAction")] = opened
	return _written(writer)


def pdf_with_password() -> bytes:
	writer = PdfWriter()
	writer.add_blank_page(595, 842)
	writer.encrypt("secret", algorithm="AES-256")
	return _written(writer)


def _written(writer: PdfWriter) -> bytes:
	buffer = io.BytesIO()
	writer.write(buffer)
	return buffer.getvalue()
