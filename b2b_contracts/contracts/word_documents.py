"""A contract as an editable Word file, and the sections of one that came back (requirements §6).

Each clause carries a bookmark, which Word and LibreOffice keep while the text around it is edited: a redline is matched by it, and
by headings and wording where somebody has typed the contract anew.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docxtpl import DocxTemplate

from b2b_contracts.engine.contract_text import ContractText, Section, paragraphs_of

from . import paper_files, word_layout

# Around the number of a clause in front of its heading, while the file is made: characters of nobody's text.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
# What XML cannot hold
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ue000\ue001\ufffe\uffff]")
BOOKMARK = "b2b_clause_"
LANGUAGES = {"da": "da-DK", "en": "en-GB", "nb": "nb-NO", "no": "nb-NO", "sv": "sv-SE", "de": "de-DE"}
# A line that is numbered like this and short is a heading, where a file has no styles.
HEADING = re.compile(r"^\s*(?:§\s*)?(\d{1,2})[.)]?\s+(?!\d)(\S.{0,78})$")
_NUMBER = re.compile(r"\d{1,2}(\.\d{1,2})*[.)]?")
SUBCLAUSE = re.compile(r"^\s*\d{1,2}(?:\.\d{1,2})+[.)]?\s+")
# What stands after the last clause, where a file has no styles
ENDS = (
	"signatures",
	"signature",
	"signed by",
	"underskrifter",
	"underskrift",
	"undertecknande",
	"unterschriften",
)
# Styles that a contract's heading and what is no text of it have, in Word's own names and in translations of them
HEADING_STYLES = ("heading1", "overskrift1", "rubrik1", "berschrift1")
OUTSIDE = (
	"title",
	"titel",
	"tittel",
	"rubrik",
	"subtitle",
	"undertitel",
	"header",
	"footer",
	"toc",
	"party",
	"smallprint",
)


# ------------------------------------------------------------------ out
def make(values: Mapping, text: ContractText, layout: bytes | None = None) -> bytes:
	"""Return a contract as a Word file. `values` are those of `word_layout.WORDS` without `text`."""
	rows = []
	for index, section in enumerate(text.sections):
		rows.append({"heading": f"{_OPEN}{index}{_CLOSE}{_clean(section.heading)}", "paragraph": ""})
		rows += [{"heading": "", "paragraph": _clean(line)} for line in section.paragraphs]
	template = DocxTemplate(io.BytesIO(layout or word_layout.built_in()))
	context = {name: _cleaned(value) for name, value in values.items()}
	template.render({**context, "text": rows}, word_layout.CheckedEnvironment(), autoescape=True)
	_add_bookmarks(template.docx, text.sections)
	_set_language(template.docx, LANGUAGES.get(text.language, text.language))
	properties = template.docx.core_properties
	properties.title, properties.author = (
		_clean(text.title)[:255],
		_clean(str(values.get("company", "")))[:255],
	)
	properties.comments = properties.last_modified_by = ""
	buffer = io.BytesIO()
	template.save(buffer)
	return buffer.getvalue()


def _clean(text: str) -> str:
	return _UNPRINTABLE.sub("", text or "")


def _cleaned(value):
	if isinstance(value, str):
		return _clean(value)
	return [{name: _clean(str(text or "")) for name, text in row.items()} for row in value]


def bookmark_of(section: Section, index: int) -> str:
	"""Return what a section is known by in a Word file: its clause, else its place."""
	known = hashlib.sha256(section.clause.encode()).hexdigest()[:16] if section.clause else f"at{index}"
	return f"{BOOKMARK}{known}"


def _add_bookmarks(document, sections: Sequence[Section]) -> None:
	used: set[str] = set()
	for paragraph in document.element.body.iter(qn("w:p")):
		for run in paragraph.iter(qn("w:t")):
			if not (found := _MARK.search(run.text or "")):
				continue
			run.text = _MARK.sub("", run.text)
			index = int(found[1])
			name = bookmark_of(sections[index], index)
			if name in used:
				name = f"{BOOKMARK}at{index}"
			used.add(name)
			start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
			for mark in (start, end):
				mark.set(qn("w:id"), str(9000 + index))
			start.set(qn("w:name"), name)
			first = next(child for child in paragraph if child.tag != qn("w:pPr"))
			first.addprevious(start)
			paragraph.append(end)
			break


def _set_language(document, language: str) -> None:
	defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
	if defaults is None:
		return
	found = defaults.find(qn("w:lang"))
	if found is None:
		found = OxmlElement("w:lang")
		defaults.append(found)
	found.set(qn("w:val"), language)


# ------------------------------------------------------------------ back in
def sections_of(content: bytes, name: str, known: Sequence[Section] = ()) -> tuple[Section, ...]:
	"""Return the sections of a Word file, with its tracked changes accepted. `known` are those that were sent out: what carries
	their bookmarks is theirs, and where a file has neither styles nor numbers their headings are looked for."""
	body, styles = paper_files.body_of(content, name)
	headings, outside = _styles_of(styles)
	marks = {bookmark_of(section, index): section for index, section in enumerate(known)}
	titles = {_plain(section.heading) for section in known if section.heading}
	lines = list(_lines(body, marks))
	has_styles = any(line["style"] in headings and line["text"] for line in lines)
	found: list[dict] = []
	for line in lines:
		text = line["text"]
		if line["style"] in outside or not text:
			continue
		section = line["section"]
		if found and not has_styles and _plain(text) in ENDS:
			break
		if has_styles:
			is_heading = line["style"] in headings
		else:
			is_heading = section is not None or bool(HEADING.match(text)) or _plain(text) in titles
		if is_heading:
			found.append({"heading": _without_number(text), "section": section, "paragraphs": []})
		elif found and not line["is_table"]:
			found[-1]["paragraphs"].append(SUBCLAUSE.sub("", text))
	return tuple(
		Section(
			str(number),
			row["heading"],
			row["section"].rank if row["section"] else "",
			row["section"].clause if row["section"] else "",
			"",
			paragraphs_of("\n".join(row["paragraphs"])),
		)
		for number, row in enumerate(found, start=1)
	)


def sections_of_text(text: str, known: Sequence[Section] = (), foot: str = "") -> tuple[Section, ...]:
	"""Return the sections of a text without styles (a PDF's): what is numbered like a heading, or reads like a known one, begins one.
	Lines with `foot` in them stand at the foot of a page."""
	titles = {_plain(section.heading) for section in known if section.heading}
	found: list[tuple[str, list[str]]] = []
	for line in _with_their_numbers(paragraphs_of(text)):
		if found and _plain(line) in ENDS:
			break
		if foot and foot in line:
			continue
		if (HEADING.match(line) and line[-1] not in ".,;:") or _plain(line) in titles:
			found.append((_without_number(line), []))
		elif found:
			# In a PDF a paragraph ends where the next one begins; its lines are only as long as the page is wide.
			if SUBCLAUSE.match(line) or not found[-1][1]:
				found[-1][1].append(SUBCLAUSE.sub("", line))
			else:
				found[-1][1][-1] += f" {line}"
	return tuple(
		Section(str(number), heading, paragraphs=tuple(lines))
		for number, (heading, lines) in enumerate(found, start=1)
	)


def _with_their_numbers(lines: Iterable[str]) -> Iterable[str]:
	"""A number that stands alone belongs to the line after it: it hangs in the margin."""
	number = ""
	for line in lines:
		if _NUMBER.fullmatch(line):
			number = line
			continue
		yield f"{number} {line}" if number else line
		number = ""


def _styles_of(styles) -> tuple[set[str], set[str]]:
	"""Return the ids of the styles that are a heading, and of those that are no text of a contract; with those built on a heading."""
	headings, outside, based = set(), set(), {}
	for style in styles.iter(qn("w:style")) if styles is not None else ():
		key = style.get(qn("w:styleId"), "")
		name = style.find(qn("w:name"))
		plain = re.sub(r"[^a-z0-9]", "", (name.get(qn("w:val"), "") if name is not None else key).lower())
		base = style.find(qn("w:basedOn"))
		based[key] = base.get(qn("w:val")) if base is not None else None
		level = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
		if plain.endswith(HEADING_STYLES) or (level is not None and level.get(qn("w:val")) == "0"):
			headings.add(key)
		elif plain in OUTSIDE or plain.startswith(("toc", "heading2")):
			outside.add(key)
	for key in based:
		chain, seen = based[key], set()
		while chain and chain not in seen:
			seen.add(chain)
			if chain in headings and key not in outside:
				headings.add(key)
			chain = based.get(chain)
	return headings, outside


def _lines(body, marks: Mapping[str, Section]) -> Iterable[dict]:
	carried, section = "", None
	for paragraph in body.iter(qn("w:p")):
		for mark in paragraph.iter(qn("w:bookmarkStart")):
			section = marks.get(mark.get(qn("w:name"), ""), section)
		text = carried + paper_files.accepted_text(paragraph)
		if paper_files.is_joined_on(paragraph):
			carried = text
			continue
		carried = ""
		yield {
			"text": paper_files.clean(text),
			"style": paper_files.style_of(paragraph),
			"section": section,
			"is_table": any(parent.tag == qn("w:tbl") for parent in paragraph.iterancestors()),
		}
		section = None


def _without_number(text: str) -> str:
	found = HEADING.match(text)
	return found[2].strip() if found else text


def _plain(text: str) -> str:
	return " ".join(_without_number(text).casefold().split())
