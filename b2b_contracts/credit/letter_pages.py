"""Letters on A4 pages, as large as they say they are: the address has to stand in the window of an envelope.

wkhtmltopdf draws a millimetre of the style sheet as it likes, depending on how it was built: a distribution's own makes it
0.77 mm. So we let it draw a page whose measures we know, look, and enlarge the letters by as much.
"""

import tempfile
from io import BytesIO
from pathlib import Path

import frappe
from frappe import _
from frappe.utils.pdf import get_pdf

# The margins of every page. The first line of a letter stands 12 mm from the top.
MARGINS = {"margin-top": "12mm", "margin-bottom": "16mm", "margin-left": "20mm", "margin-right": "20mm"}
A4 = {"page-size": "A4", **MARGINS}
POINTS_PER_MM = 72 / 25.4
_PROBE_MM = 100
_CACHE_KEY = "b2b_contracts_pdf_enlargement"


def pdf(html: str, styles: str, name: str) -> bytes:
	"""Return a letter as PDF; where it has more than one page, each says which it is, with the name of the letter."""
	content = get_pdf(page(html, styles), options=dict(A4))
	return _numbered(content, name)


def page(html: str, styles: str, enlargement: float | None = None) -> str:
	"""Return HTML as a document of its own, in the size in which it is drawn."""
	zoom = enlargement or _enlargement()
	return (
		f'<!DOCTYPE html><html lang="{frappe.local.lang}"><head><meta charset="utf-8"><style>'
		f"body {{ margin: 0; zoom: {zoom:.4f}; }} {styles}</style></head><body>{html}</body></html>"
	)


def on_whole_sheets(content: bytes) -> bytes:
	"""Return a PDF with a blank page at its end where it has an odd number, for printing on both sides."""
	from pypdf import PdfReader, PdfWriter

	reader = PdfReader(BytesIO(content))
	if len(reader.pages) % 2 == 0:
		return content
	writer = PdfWriter()
	writer.append_pages_from_reader(reader)
	writer.add_blank_page()
	return _bytes(writer)


def as_file(content: bytes) -> Path:
	"""Return bytes as a file that the caller moves where it belongs."""
	with tempfile.NamedTemporaryFile(suffix=".pdf", delete=False) as file:
		file.write(content)
	return Path(file.name)


# ------------------------------------------------------------------ how large it draws
def _enlargement() -> float:
	"""Return by how much a page has to be enlarged to be as large as it says; measured once a day."""
	found = frappe.cache.get_value(_CACHE_KEY)
	if not found:
		found = _measured()
		frappe.cache.set_value(_CACHE_KEY, found, expires_in_sec=24 * 60 * 60)
	return float(found)


def _measured() -> float:
	probe = "".join(
		f'<div style="position:absolute;left:0;top:{top}mm">{letter}</div>'
		for letter, top in (("A", 10), ("B", 10 + _PROBE_MM))
	)
	heights = _heights(get_pdf(page(probe, "", 1.0), options=dict(A4)))
	drawn = abs(heights["A"] - heights["B"])
	return _PROBE_MM * POINTS_PER_MM / drawn


def _heights(content: bytes) -> dict[str, float]:
	"""Return how high on the page each text stands, in points."""
	from pypdf import PdfReader

	found: dict[str, float] = {}

	def visit(text, matrix, text_matrix, _font, _size):
		if text.strip():
			found[text.strip()] = matrix[1] * text_matrix[4] + matrix[3] * text_matrix[5] + matrix[5]

	PdfReader(BytesIO(content)).pages[0].extract_text(visitor_text=visit)
	return found


# ------------------------------------------------------------------ page numbers
def _numbered(content: bytes, name: str) -> bytes:
	"""Return a PDF with a line at the foot of each of its pages, where it has more than one."""
	from pypdf import PdfReader, PdfWriter

	writer = PdfWriter()
	writer.append_pages_from_reader(PdfReader(BytesIO(content)))
	count = len(writer.pages)
	if count < 2:
		return content
	for number, sheet in enumerate(writer.pages, 1):
		sheet.merge_page(_foot(sheet, _("{0}, page {1} of {2}").format(name, number, count)))
	return _bytes(writer)


def _foot(sheet, text: str):
	"""Return a page as large as another with nothing on it but a line at its foot.

	wkhtmltopdf of a distribution knows no footers, and what it draws hides what is below it.
	"""
	from pypdf import PageObject
	from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

	font = DictionaryObject(
		{
			NameObject("/Type"): NameObject("/Font"),
			NameObject("/Subtype"): NameObject("/Type1"),
			NameObject("/BaseFont"): NameObject("/Helvetica"),
			NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
		}
	)
	foot = PageObject.create_blank_page(width=sheet.mediabox.width, height=sheet.mediabox.height)
	fonts = DictionaryObject({NameObject("/B2B"): font})
	foot[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
	stream = DecodedStreamObject()
	escaped = text.encode("cp1252", "replace")
	for mark in (b"\\", b"(", b")"):
		escaped = escaped.replace(mark, b"\\" + mark)
	left, up = 20 * POINTS_PER_MM, 9 * POINTS_PER_MM
	stream.set_data(b"BT /B2B 7.5 Tf 0.3 g %.1f %.1f Td (%b) Tj ET" % (left, up, escaped))
	foot[NameObject("/Contents")] = stream
	return foot


def _bytes(writer) -> bytes:
	stream = BytesIO()
	writer.write(stream)
	return stream.getvalue()
