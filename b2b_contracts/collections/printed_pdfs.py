"""Documents as PDF without a look at the network: a job prints where the site cannot be reached, and nothing that a document
names is fetched from anywhere."""

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote

import frappe
from bs4 import BeautifulSoup
from frappe.utils.jinja_globals import bundled_asset
from frappe.utils.pdf import get_pdf

# What a style sheet would fetch: other sheets, fonts, backgrounds.
_FETCHED = re.compile(r"@import[^;]*;|url\((?!['\"]?data:)[^)]*\)", re.IGNORECASE)
MARGINS = {"margin-top": "15mm", "margin-bottom": "15mm", "margin-left": "15mm", "margin-right": "15mm"}


def pdf_of(doctype: str, name: str, print_format: str | None = None) -> bytes:
	"""Return a document in its (or the named) print format as PDF. Who may print it is asked by nobody: the caller has."""
	with _printing_for_all():
		html = frappe.get_print(doctype, name, print_format)
	return get_pdf(_by_itself(html), options={"page-size": "A4", **MARGINS})


@contextmanager
def _printing_for_all() -> Iterator[None]:
	former = frappe.flags.ignore_print_permissions
	frappe.flags.ignore_print_permissions = True
	try:
		yield
	finally:
		frappe.flags.ignore_print_permissions = former


def _by_itself(html: str) -> str:
	"""Return HTML with its style sheet and the site's own pictures in it, and nothing that is to be fetched."""
	soup = BeautifulSoup(html, "html5lib")
	for tag in soup.find_all(["link", "script", "iframe", "object", "embed"]):
		tag.decompose()
	for picture in soup.find_all("img"):
		found = _file_at(picture.get("src") or "")
		if found:
			kind = guess_type(found.name)[0] or "image/png"
			picture["src"] = f"data:{kind};base64,{b64encode(found.read_bytes()).decode()}"
		elif not (picture.get("src") or "").startswith("data:"):
			picture.decompose()
	style = soup.new_tag("style")
	style.string = _style_sheet()
	(soup.head or soup).insert(0, style)
	for style in soup.find_all("style"):
		style.string = _FETCHED.sub("", style.string or "")
	for tag in soup.find_all(style=True):
		tag["style"] = _FETCHED.sub("", tag["style"])
	return str(soup)


def _file_at(address: str) -> Path | None:
	"""Return the file on the disk behind an address of the site's own."""
	path = Path(unquote(address.split("?")[0]))
	folders = {"/private/files": frappe.get_site_path("private", "files")}
	folders["/files"] = frappe.get_site_path("public", "files")
	folder = folders.get(str(path.parent))
	found = Path(folder) / path.name if folder else None
	return found if found and found.is_file() else None


def _style_sheet() -> str:
	address = bundled_asset("print.bundle.css")
	path = Path(frappe.local.sites_path) / address.split("?")[0].lstrip("/")
	return path.read_text(encoding="utf-8") if path.is_file() else ""
