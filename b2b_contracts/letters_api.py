"""What the desk and other software may call about dunning letters and templates. Permission first, every method typed.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for
everything else.
"""

import json

import frappe

from b2b_contracts.collections import dunning_letters, dunning_templates


@frappe.whitelist()
def preview_template(template: str, language: str | None = None) -> dict:
	"""Return a template's text with made-up figures: `{subject, message, sms, language}`, `message` as HTML."""
	frappe.has_permission("Dunning Template", "read", template, throw=True)
	shown = dunning_templates.preview(template, language)
	return {
		"subject": shown.subject,
		"message": shown.message,
		"sms": shown.sms,
		"language": shown.language,
	}


@frappe.whitelist()
def letter(name: str) -> None:
	"""Answer with the letter of a notice as PDF: as it was printed, else as it would be today. Writes nothing."""
	frappe.has_permission("Dunning Notice", "read", name, throw=True)
	frappe.local.response.filename = f"{name}.pdf"
	frappe.local.response.filecontent = dunning_letters.pdf_of(name)
	frappe.local.response.type = "pdf"


@frappe.whitelist(methods=["POST"])
def print_letters(names: str | list, two_sided: bool = False) -> dict:
	"""Make the letters of some notices ready to print, each on a new page (on a new sheet when `two_sided`).

	Those not printed yet get today's date and as much time to pay as they gave when they were made. Returns `{count,
	file_url}`; without `file_url` a job makes them, and the user is told.
	"""
	chosen = json.loads(names) if isinstance(names, str) else names
	frappe.has_permission("Dunning Notice", "write", throw=True)
	return dunning_letters.print_letters(chosen, two_sided)


@frappe.whitelist(methods=["POST"])
def mark_printed(
	names: str | list, printed_on: str | None = None, tracking_numbers: str | dict | None = None
) -> dict:
	"""Note that letters have left the house on a day (today when none is said), registered ones with their tracking number by
	notice. Returns `{count}`."""
	chosen = json.loads(names) if isinstance(names, str) else names
	tracking = json.loads(tracking_numbers) if isinstance(tracking_numbers, str) else tracking_numbers
	frappe.has_permission("Dunning Notice", "write", throw=True)
	return {"count": dunning_letters.mark_printed(chosen, printed_on, tracking)}
