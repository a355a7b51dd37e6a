"""What a file from outside may be before it is filed with a contract, and the text in it (requirements §6).

Word files are zip archives of XML, and PDFs can carry programs. Whatever is opened here was sent by somebody else: sizes are
checked before anything is unpacked, and what could run, fetch or hide something is refused in words.
"""

import io
import re
import zipfile

from docx.oxml.ns import qn
from frappe import _
from frappe.utils import escape_html
from lxml import etree
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject

from .contracts import refuse

WORD, PDF = ".docx", ".pdf"
MB = 1024 * 1024
# Of a Word file: what it may unpack to, how many parts it may have, and how much smaller a part may be packed.
MOST_UNPACKED, MOST_PARTS, MOST_RATIO = 60 * MB, 2_000, 200
MOST_PAGES, MOST_TEXT = 500, 2_000_000
BODY = "word/document.xml"
# Parts of a Word file that can run something or carry another file.
PROGRAMS = ("vba", "activex", "/embeddings/", "macrosheets", "oleobject")
# Hyperlinks are shown, and followed by who clicks; everything else from outside is fetched by opening the file.
FOLLOWED_BY_CLICK = "hyperlink"
# What a PDF does by itself, or carries.
PDF_ACTIONS = ("/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/XFA")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def check(content: bytes, name: str) -> None:
	"""Refuse a Word or PDF file that could do more than be read. Other files are kept as they are and never opened."""
	kind = extension(name)
	if (
		kind in (".docm", ".dotm", ".doc", ".dot", ".rtf")
		or content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	):
		if kind not in (".msg", ".xls"):
			_refuse(name, _("it is a Word file of a kind that can carry macros. Save it as .docx"))
	if kind == WORD:
		parts_of(content, name)
	elif kind == PDF:
		_pdf_of(content, name)


def extension(name: str) -> str:
	return f".{name.rsplit('.', 1)[-1].lower()}" if "." in name else ""


def text_of(content: bytes, name: str) -> str:
	"""Return the text of a Word, PDF or plain text file; empty for every other, and for a scan."""
	kind = extension(name)
	if kind == WORD:
		return "\n".join(text for _style, text in paragraphs_of(content, name) if text)[:MOST_TEXT]
	if kind == PDF:
		return _pdf_text(content, name)[:MOST_TEXT]
	if kind in (".txt", ".md", ".csv"):
		return content.decode("utf-8", errors="replace").replace("\x00", "")[:MOST_TEXT]
	return ""


# ------------------------------------------------------------------ Word
def parts_of(content: bytes, name: str) -> dict[str, bytes]:
	"""Return the parts of a Word file by their names. Raises `ContractError` for one that is broken, too large, or could run,
	fetch or hide something."""
	try:
		archive = zipfile.ZipFile(io.BytesIO(content))
	except zipfile.BadZipFile:
		_refuse(name, _("it is no Word file, or damaged"))
	with archive:
		infos = archive.infolist()
		unpacked = sum(info.file_size for info in infos)
		packed = max(len(content), 1)
		if len(infos) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked / packed > MOST_RATIO:
			_refuse(name, _("it unpacks to far more than a contract"))
		try:
			parts = {info.filename: _part(archive, info, name) for info in infos if not info.is_dir()}
		except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError):
			_refuse(name, _("it is damaged or locked with a password"))
	if BODY not in parts or "[Content_Types].xml" not in parts:
		_refuse(name, _("it is no Word file, or damaged"))
	lower = [part.lower() for part in parts]
	if any(word in part for part in lower for word in PROGRAMS):
		_refuse(name, _("it carries macros or other files. Remove them"))
	if b"macroenabled" in parts["[Content_Types].xml"].lower():
		_refuse(name, _("it carries macros or other files. Remove them"))
	for part, data in parts.items():
		if part.endswith((".xml", ".rels")):
			if _declares_entities(data):
				_refuse(name, _("it declares entities, which Word never does"))
			if part.endswith(".rels"):
				_check_links(data, name)
	return parts


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
	# The size that an archive tells may be a lie: no more is read than it says.
	with archive.open(info) as part:
		data = part.read(info.file_size + 1)
	if len(data) > info.file_size:
		_refuse(name, _("it unpacks to far more than a contract"))
	return data


def _declares_entities(data: bytes) -> bool:
	# In another encoding than the one that it is searched in, a declaration would hide.
	if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
		data = data.decode("utf-16", errors="ignore").encode()
	return b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper() or b"\x00" in data


def _check_links(data: bytes, name: str) -> None:
	for link in _xml(data, name).iter("{*}Relationship"):
		if link.get("TargetMode", "").lower() != "external":
			continue
		kind = link.get("Type", "").rsplit("/", 1)[-1].lower()
		target = link.get("Target", "")
		if kind != FOLLOWED_BY_CLICK or not re.match(r"(https?:|mailto:|tel:|#)", target.strip().lower()):
			_refuse(
				name,
				_("opening it would fetch {0} from elsewhere. Remove the link").format(target[:80] or kind),
			)


def _xml(data: bytes, name: str):
	try:
		return etree.fromstring(data, PARSER)
	except etree.XMLSyntaxError:
		_refuse(name, _("it is no Word file, or damaged"))


def body_of(content: bytes, name: str):
	"""Return the XML of a Word file's text, and that of its styles (None without)."""
	parts = parts_of(content, name)
	styles = parts.get("word/styles.xml")
	return _xml(parts[BODY], name), _xml(styles, name) if styles else None


def paragraphs_of(content: bytes, name: str) -> list[tuple[str, str]]:
	"""Return the paragraphs of a Word file, `(style, text)`, with its tracked changes accepted."""
	body, _styles = body_of(content, name)
	found, carried = [], ""
	for paragraph in body.iter(qn("w:p")):
		text = carried + accepted_text(paragraph)
		if is_joined_on(paragraph):
			carried = text
			continue
		carried = ""
		found.append((style_of(paragraph), clean(text)))
	if carried:
		found.append(("", clean(carried)))
	return found


def style_of(paragraph) -> str:
	style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
	return style.get(qn("w:val"), "") if style is not None else ""


def is_joined_on(paragraph) -> bool:
	"""Whether the end of a paragraph is deleted by a tracked change: accepted, it goes on with the next one."""
	marks = paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}")
	return marks is not None and (
		marks.find(qn("w:del")) is not None or marks.find(qn("w:moveFrom")) is not None
	)


def accepted_text(paragraph) -> str:
	"""Return the text of a paragraph with its tracked changes accepted: what was inserted counts, what was deleted does not."""
	pieces: list[str] = []
	_gather(paragraph, pieces)
	return "".join(pieces)


GONE = {
	qn(tag) for tag in ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:instrText", "w:delText", "w:txbxContent")
}


def _gather(element, pieces: list[str]) -> None:
	for child in element:
		tag = child.tag
		if tag in GONE or not isinstance(tag, str):
			continue
		if tag == qn("w:t"):
			pieces.append(child.text or "")
		elif tag == qn("w:tab"):
			pieces.append("\t")
		elif tag in (qn("w:br"), qn("w:cr")):
			pieces.append(" ")
		elif tag == qn("w:noBreakHyphen"):
			pieces.append("-")
		elif tag.endswith("}AlternateContent"):
			continue  # drawings: the same text twice
		elif tag != qn("w:p"):
			_gather(child, pieces)


def has_tracked_changes(content: bytes, name: str) -> bool:
	"""Whether a Word file has changes that were tracked and neither accepted nor rejected."""
	body, _styles = body_of(content, name)
	return any(body.find(f".//{qn(tag)}") is not None for tag in ("w:ins", "w:del", "w:moveFrom", "w:moveTo"))


def clean(text: str) -> str:
	return " ".join(text.replace("\xa0", " ").split())


# ------------------------------------------------------------------ PDF
def _pdf_of(content: bytes, name: str) -> PdfReader:
	try:
		reader = PdfReader(io.BytesIO(content), strict=False)
		if reader.is_encrypted and not reader.decrypt(""):
			_refuse(name, _("it is locked with a password. Ask for one that can be read"))
		if len(reader.pages) > MOST_PAGES:
			_refuse(name, _("it has more than {0} pages").format(MOST_PAGES))
		found = _action(reader)
	except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
		_refuse(name, _("it is no PDF, or damaged"))
	if found:
		_refuse(name, _("it carries a program or another file ({0}). Print it as a plain PDF").format(found))
	return reader


def _action(reader: PdfReader) -> str:
	"""Return what of a PDF runs or carries something: its catalogue, its pages and what hangs on them are looked through."""
	seen: set[int] = set()
	waiting: list = [reader.trailer.get("/Root")]
	looked_at = 0
	while waiting and looked_at < 200_000:
		item = waiting.pop()
		looked_at += 1
		if isinstance(item, IndirectObject):
			if item.idnum in seen:
				continue
			seen.add(item.idnum)
			item = item.get_object()
		if isinstance(item, DictionaryObject):
			for key, value in item.items():
				if key in PDF_ACTIONS or (key == "/S" and value in PDF_ACTIONS):
					return str(key if key in PDF_ACTIONS else value)
				waiting.append(value)
		elif isinstance(item, list):
			waiting.extend(item)
	return ""


def _pdf_text(content: bytes, name: str) -> str:
	pieces: list[str] = []
	length = 0
	for page in _pdf_of(content, name).pages:
		try:
			text = page.extract_text() or ""
		except Exception:  # pypdf raises whatever a broken page makes it raise; the others are still read
			text = ""
		pieces.append(text.replace("\x00", "").replace("\t", " "))
		length += len(text)
		if length > MOST_TEXT:
			break
	return "\n".join(pieces).strip()


def _refuse(name: str, why: str) -> None:
	refuse(_("File {0} is not taken: {1}.").format(escape_html(name), escape_html(why)), _("File not taken"))
