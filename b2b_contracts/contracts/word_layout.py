"""The layout of a contract in Word: the built-in one, and what one of the user's own may be (requirements §6).

A layout is a Word file with placeholders. Its styles are Word's own – Title, Heading 1, and one numbered with the headings – so
that a lawyer works in the file as in any other.
"""

import io
import re

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docxtpl import DocxTemplate
from frappe import _
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from b2b_contracts import merged_texts
from b2b_contracts.merged_texts import UnsafeTextError, Vocabulary

from . import paper_files
from .contracts import refuse

# What a layout may name. `word_…` are the words around a contract, in its language.
WORDS = Vocabulary(
	values=frozenset(
		(
			*("title", "contract_number", "customer", "company", "start_date", "made_on"),
			*(
				"word_between",
				"word_and",
				"word_signatures",
				"word_place_and_date",
				"word_page",
				"word_draft",
			),
		)
	),
	rows=(
		("parties", ("role", "name", "registration_number", "address")),
		("text", ("heading", "paragraph")),
		("signatories", ("party", "name", "position")),
	),
)
# What a layout has to show, by what to write for it
NEEDED = {
	"{{ title }}": re.compile(r"\{\{\s*title\s*\}\}"),
	"{%p for line in text %}": re.compile(r"\{%-?\s*for\s+\w+\s+in\s+text\s*-?%\}"),
}
# The last one stands over the signatures, where the text ends.
CLAUSE, PARTY, SMALL, CLOSING = "Clause Text", "Party", "Small Print", "Signatures"
NUMBERING = 77
MOST_LAYOUT = 5 * paper_files.MB
INK, GREY = RGBColor(0x1F, 0x27, 0x2E), RGBColor(0x6B, 0x72, 0x80)


class CheckedEnvironment(ImmutableSandboxedEnvironment):
	"""Renders nothing that has not been checked word by word, whatever part of a file it comes from."""

	def __init__(self):
		super().__init__(undefined=StrictUndefined, autoescape=True)
		self.globals.clear()

	def from_string(self, source, *arguments, **keywords):
		if fault := merged_texts.first_fault(source, WORDS, is_html=False):
			raise UnsafeTextError(fault)
		return super().from_string(source, *arguments, **keywords)


def check(content: bytes, name: str) -> None:
	"""Refuse a layout that is no safe Word file, names what there is not, does more than name it, or would leave the text out."""
	if paper_files.extension(name) != paper_files.WORD:
		_refuse(name, _("a layout is a Word file (.docx)"))
	if len(content) > MOST_LAYOUT:
		_refuse(name, _("it is larger than {0} MB").format(MOST_LAYOUT // paper_files.MB))
	paper_files.check(content, name)
	found = sources(content)
	for source in found:
		if fault := merged_texts.first_fault(source, WORDS, is_html=False):
			refuse(
				_("The layout {0} cannot be used. {1}").format(name, merged_texts.fault_text(fault, WORDS)),
				_("Layout"),
			)
	for words, pattern in NEEDED.items():
		if not any(pattern.search(source) for source in found):
			_refuse(name, _("it does not show {0}").format(words))


def sources(content: bytes) -> list[str]:
	"""Return what Jinja would be given of a layout: the text, its headers, footers and notes."""
	layout = DocxTemplate(io.BytesIO(content))
	layout.render_init()
	found = [layout.patch_xml(layout.get_xml())]
	for uri in (layout.HEADER_URI, layout.FOOTER_URI):
		found += [
			layout.patch_xml(layout.get_part_xml(part)) for _key, part in layout.get_headers_footers(uri)
		]
	return found


def _refuse(name: str, why: str) -> None:
	refuse(_("The layout {0} cannot be used: {1}.").format(name, why), _("Layout"))


# ------------------------------------------------------------------ the built-in one
def built_in() -> bytes:
	"""Return the layout that contracts have without one of their own: also the one to start an own one from."""
	document = docx.Document()
	section = document.sections[0]
	section.page_width, section.page_height = Cm(21), Cm(29.7)
	section.left_margin = section.right_margin = Cm(2.5)
	section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.2)
	_styles(document)
	_header_and_footer(section)
	document.add_paragraph("{{ title }}", style="Title")
	document.add_paragraph("{{ company }} – {{ customer }}", style=PARTY)
	document.add_paragraph(
		"{{ contract_number }} · {{ made_on }}{% if word_draft %} · {{ word_draft }}{% endif %}",
		style="Subtitle",
	)
	_text(document)
	_signatures(document)
	buffer = io.BytesIO()
	document.save(buffer)
	return buffer.getvalue()


def _styles(document) -> None:
	styles = document.styles
	normal = styles["Normal"]
	normal.font.name, normal.font.size, normal.font.color.rgb = "Calibri", Pt(10.5), INK
	normal.paragraph_format.space_after = Pt(6)
	normal.paragraph_format.line_spacing = 1.15
	_look(styles["Title"], 22, bold=True, before=0, after=4)
	_without_border(styles["Title"])
	_look(styles["Subtitle"], 10, colour=GREY, after=16, italic=False)
	_look(styles["Heading 1"], 12, bold=True, before=16, after=4)
	styles["Heading 1"].paragraph_format.keep_with_next = True
	for name in (CLAUSE, PARTY, SMALL, CLOSING):
		style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
		style.base_style, style.quick_style = normal, True
	styles["Heading 1"].next_paragraph_style = styles[CLAUSE]
	styles[CLAUSE].paragraph_format.widow_control = True
	styles[PARTY].paragraph_format.space_after = Pt(2)
	_look(styles[CLOSING], 12, bold=True, before=18, after=6)
	styles[CLOSING].paragraph_format.keep_with_next = True
	_look(styles[SMALL], 8.5, colour=GREY, after=0)
	_number(document)


def _look(
	style,
	size: float,
	*,
	bold: bool = False,
	italic: bool = False,
	colour=INK,
	before: float = 0,
	after: float = 6,
) -> None:
	font = style.font
	font.name, font.size, font.bold, font.italic, font.color.rgb = "Calibri", Pt(size), bold, italic, colour
	fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
	for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
		fonts.attrib.pop(qn(f"w:{theme}"), None)
	if (spacing := style.element.rPr.find(qn("w:spacing"))) is not None:
		style.element.rPr.remove(spacing)
	style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _without_border(style) -> None:
	border = style.element.pPr.find(qn("w:pBdr"))
	if border is not None:
		style.element.pPr.remove(border)


def _number(document) -> None:
	"""Headings are counted 1, 2, 3 and the paragraphs under them 1.1, 1.2: by Word itself, so that they stay right when edited."""
	levels = (
		("Heading1", "%1.", "0", "567", "567"),
		(document.styles[CLAUSE].style_id, "%1.%2", "1", "567", "567"),
	)
	numbering = document.part.numbering_part.element
	abstract = parse_xml(
		f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{NUMBERING}"><w:multiLevelType w:val="multilevel"/>'
		+ "".join(
			f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="{style}"/>'
			f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/><w:pPr><w:tabs><w:tab w:val="num" w:pos="{left}"/></w:tabs>'
			f'<w:ind w:left="{left}" w:hanging="{hanging}"/></w:pPr></w:lvl>'
			for style, text, level, left, hanging in levels
		)
		+ "</w:abstractNum>"
	)
	numbering.insert(0, abstract)
	numbering.append(
		parse_xml(
			f'<w:num {nsdecls("w")} w:numId="{NUMBERING}"><w:abstractNumId w:val="{NUMBERING}"/></w:num>'
		)
	)
	for style, level in (("Heading 1", 0), (CLAUSE, 1)):
		properties = document.styles[style].element.get_or_add_pPr()
		number = properties._add_numPr()
		number._add_ilvl().val = level
		number._add_numId().val = NUMBERING


def _header_and_footer(section) -> None:
	header = section.header.paragraphs[0]
	_small(header, "{{ company }}\t\t{{ contract_number }}", section)
	footer = section.footer.paragraphs[0]
	_small(footer, "{{ title }}\t\t{{ word_page }} ", section)
	_field(footer, "PAGE")
	footer.add_run(" / ")
	_field(footer, "NUMPAGES")


def _small(paragraph, text: str, section) -> None:
	paragraph.style = SMALL
	stops = paragraph.paragraph_format.tab_stops
	width = section.page_width - section.left_margin - section.right_margin
	stops.add_tab_stop(width // 2)
	stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
	paragraph.add_run(text)


def _field(paragraph, code: str) -> None:
	for kind in ("begin", None, "end"):
		run = paragraph.add_run()
		if kind is None:
			text = OxmlElement("w:instrText")
			text.set(qn("xml:space"), "preserve")
			text.text = code
			run._r.append(text)
		else:
			mark = OxmlElement("w:fldChar")
			mark.set(qn("w:fldCharType"), kind)
			run._r.append(mark)


def _text(document) -> None:
	for line, style in (
		("{%p for line in text %}", None),
		("{%p if line.heading %}", None),
		("{{ line.heading }}", "Heading 1"),
		("{%p endif %}", None),
		("{%p if line.paragraph %}", None),
		("{{ line.paragraph }}", CLAUSE),
		("{%p endif %}", None),
		("{%p endfor %}", None),
	):
		document.add_paragraph(line, style=style)


def _signatures(document) -> None:
	document.add_paragraph("{{ word_signatures }}", style=CLOSING)
	table = document.add_table(rows=3, cols=2)
	table.autofit = False
	for index, text in enumerate(("{%tr for person in signatories %}", None, "{%tr endfor %}")):
		if text:
			table.rows[index].cells[0].paragraphs[0].add_run(text)
	left, right = table.rows[1].cells
	for cell in (left, right):
		cell.width = Cm(8)
	left.paragraphs[0].add_run("{{ person.party }}").bold = True
	left.add_paragraph(
		"{{ person.name }}{% if person.position %}, {{ person.position }}{% endif %}", style=PARTY
	)
	right.paragraphs[0].add_run("{{ word_place_and_date }}")
	right.add_paragraph("", style=PARTY)
	for cell in (left, right):
		line = cell.add_paragraph("_" * 34)
		line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(20), Pt(14)
	row = table.rows[1]._tr.get_or_add_trPr()
	row.append(OxmlElement("w:cantSplit"))
