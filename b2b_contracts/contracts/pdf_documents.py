"""A contract as a PDF that cannot be changed: encrypted, open to read and print, closed to everything else (requirements §6)."""

import io
import secrets
from collections.abc import Mapping

import frappe
from pypdf import PdfReader, PdfWriter
from pypdf.constants import UserAccessPermissions as Allowed

from b2b_contracts.credit import letter_pages
from b2b_contracts.engine.contract_text import ContractText

TEMPLATE = "b2b_contracts/templates/contract_text.html"
STYLES = "b2b_contracts/templates/contract_text.css"
# To read aloud is to extract: what a screen reader needs is left open.
MAY = Allowed.PRINT | Allowed.PRINT_TO_REPRESENTATION | Allowed.EXTRACT_TEXT_AND_GRAPHICS


def make(values: Mapping, text: ContractText) -> bytes:
	"""Return a contract as a locked PDF. `values` are those of `word_layout.WORDS` without `text`."""
	html = frappe.render_template(TEMPLATE, {**values, "sections": text.sections})
	content = letter_pages.pdf(
		html, frappe.render_template(STYLES, {}, is_path=True), values["contract_number"]
	)
	return locked(content, text.title)


def locked(content: bytes, title: str) -> bytes:
	"""Return a PDF that everybody can read and print, and that nobody can change, fill in or take apart. The password that would
	allow it is drawn here and kept nowhere."""
	writer = PdfWriter()
	writer.append(PdfReader(io.BytesIO(content)), import_outline=False)
	writer.add_metadata({"/Title": title})
	writer.encrypt(
		user_password="",
		owner_password=secrets.token_urlsafe(32),
		permissions_flag=MAY,
		algorithm="AES-256",
	)
	buffer = io.BytesIO()
	writer.write(buffer)
	return buffer.getvalue()


def is_locked(content: bytes) -> bool:
	"""Whether a PDF may be read and not changed."""
	reader = PdfReader(io.BytesIO(content))
	if not reader.is_encrypted or not reader.decrypt(""):
		return False
	allowed = reader.user_access_permissions
	forbidden = Allowed.MODIFY | Allowed.ADD_OR_MODIFY | Allowed.FILL_FORM_FIELDS | Allowed.ASSEMBLE_DOC
	return allowed is not None and not allowed & forbidden
