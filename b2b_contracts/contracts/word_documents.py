"""A contract as an editable Word file, and the sections of one that came back (requirements §6).

Each clause carries a bookmark, which Word and LibreOffice keep while the text around it is edited: a redline is matched by it, and
by headings and wording where somebody has typed the contract anew.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
HEADING = re.compile(r"^\s*(?:§\s*)?(\d{1,2})[.)]?\s+(\S.{0,78})$")
_NUMBER = re.compile(r"\d{1,2}(\.\d{1,2})*[.)]?")
# So many numbers may be missing between two headings: clauses that somebody took out.
MOST_SKIPPED = 3
# What stands over the signatures: there the text ends
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
	headings, outside, closing = _styles_of(styles)
	marks = {bookmark_of(section, index): section for index, section in enumerate(known)}
	titles = {_plain(section.heading) for section in known if section.heading}
	lines = list(_lines(body, marks))
	has_styles = any(line["style"] in headings and line["text"] for line in lines)
	found: list[_Found] = []
	for line in lines:
		text, section = line["text"], line["section"]
		if found and (line["style"] in closing or _plain(text) in ENDS):
			break
		if line["style"] in outside or not text:
			continue
		number = 0 if has_styles else _heading_number(text, found)
		if has_styles:
			is_heading = line["style"] in headings
		else:
			is_heading = section is not None or bool(number) or _plain(text) in titles
		if is_heading:
			found.append(_Found(_without_number(text), section, number or _next_number(found)))
		elif found:
			found[-1].paragraphs.append(text)
	return _sections(found)


def sections_of_text(text: str, known: Sequence[Section] = (), foot: str = "") -> tuple[Section, ...]:
	"""Return the sections of a text without styles (a PDF's): what is numbered like a heading, or reads like a known one, begins one.
	Lines with `foot` in them stand at the foot of a page."""
	titles = {_plain(section.heading) for section in known if section.heading}
	found: list[_Found] = []
	for line in _with_their_numbers(paragraphs_of(text)):
		if found and _plain(line) in ENDS:
			break
		if foot and foot in line:
			continue
		number = _heading_number(line, found) if line[-1] not in ".,;:" else 0
		if number or _plain(line) in titles:
			found.append(_Found(_without_number(line), None, number or _next_number(found)))
		elif found:
			last = found[-1]
			# In a PDF a paragraph ends where the next one begins; its lines are only as long as the page is wide.
			if not last.paragraphs or line.startswith(f"{last.number}.{len(last.paragraphs) + 1} "):
				last.paragraphs.append(line)
			else:
				last.paragraphs[-1] += f" {line}"
	return _sections(found)


@dataclass(slots=True)
class _Found:
	"""A section as it is being read: the one that was sent out which it is, and the number that it has, or would have."""

	heading: str
	known: Section | None
	number: int
	paragraphs: list[str] = field(default_factory=list)


def _next_number(found: Sequence[_Found]) -> int:
	return found[-1].number + 1 if found else 1


def _heading_number(text: str, found: Sequence[_Found]) -> int:
	"""Return the number of a line that reads like the next heading, 0 for every other: "30 days after the invoice" is none."""
	match = HEADING.match(text)
	number = int(match[1]) if match else 0
	return number if 0 <= number - _next_number(found) <= MOST_SKIPPED else 0


def _sections(found: Iterable[_Found]) -> tuple[Section, ...]:
	return tuple(
		Section(
			str(number),
			row.heading,
			row.known.rank if row.known else "",
			row.known.clause if row.known else "",
			"",
			paragraphs_of("\n".join(_without_typed_numbers(row))),
		)
		for number, row in enumerate(found, start=1)
	)


def _without_typed_numbers(row: _Found) -> list[str]:
	"""Return the paragraphs of a section without 4.1, 4.2, 4.3, where each of them has its number."""
	numbers = [re.compile(rf"{row.number}\.{index}[.)]?\s+") for index in range(1, len(row.paragraphs) + 1)]
	pairs = list(zip(numbers, row.paragraphs, strict=True))
	if not all(number.match(text) for number, text in pairs):
		return row.paragraphs
	return [number.sub("", text, count=1) for number, text in pairs]


def _with_their_numbers(lines: Iterable[str]) -> Iterable[str]:
	"""A number that stands alone belongs to the line after it: it hangs in the margin."""
	number = ""
	for line in lines:
		if _NUMBER.fullmatch(line):
			number = line
			continue
		yield f"{number} {line}" if number else line
		number = ""


def _styles_of(styles) -> tuple[set[str], set[str], set[str]]:
	"""Return the ids of the styles that are a heading (with those built on one), that are no text of a contract, and that end it."""
	headings, outside, closing, based = set(), set(), set(), {}
	for style in styles.iter(qn("w:style")) if styles is not None else ():
		key = style.get(qn("w:styleId"), "")
		name = style.find(qn("w:name"))
		plain = re.sub(r"[^a-z0-9]", "", (name.get(qn("w:val"), "") if name is not None else key).lower())
		base = style.find(qn("w:basedOn"))
		based[key] = base.get(qn("w:val")) if base is not None else None
		level = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
		if plain == re.sub(r"[^a-z0-9]", "", word_layout.CLOSING.lower()):
			closing.add(key)
		elif plain in OUTSIDE or plain.startswith("toc"):
			outside.add(key)
		elif plain.endswith(HEADING_STYLES) or (level is not None and level.get(qn("w:val")) == "0"):
			headings.add(key)
	for key in set(based) - outside - closing:
		level, seen = based[key], set()
		while level and level not in seen and not re.search(r"[2-9]$", key):
			seen.add(level)
			if level in headings:
				headings.add(key)
			level = based.get(level)
	return headings, outside, closing


def _lines(body, marks: Mapping[str, Section]) -> Iterable[dict]:
	carried, section = "", None
	for paragraph in body.iter(qn("w:p")):
		for mark in paragraph.iter(qn("w:bookmarkStart")):
			section = marks.get(mark.get(qn("w:name"), ""), section)
		text = carried + paper_files.accepted_text(paragraph)
		if paper_files.is_joined_on(paragraph):
			carried = text
			section = section if text else None  # of a heading that is deleted nothing is left
			continue
		carried = ""
		yield {
			"text": paper_files.clean(text),
			"style": paper_files.style_of(paragraph),
			"section": section,
		}
		section = None


def _without_number(text: str) -> str:
	found = HEADING.match(text)
	return found[2].strip() if found else text


def _plain(text: str) -> str:
	return " ".join(_without_number(text).casefold().split())
