"""What every letter of the house has: its look, the address in the window of an envelope, and the company's letter head."""

import frappe
from frappe import _
from frappe.contacts.doctype.address.address import get_default_address
from frappe.utils import formatdate, getdate

TEMPLATE = "b2b_contracts/templates/dunning_letter.html"
STYLES = "b2b_contracts/templates/dunning_letter.css"


def styles() -> str:
	"""Return the style sheet of letters."""
	return frappe.render_template(STYLES, {}, is_path=True)


def day_text(day, style: str = "long") -> str:
	"""Return a day as the language of the moment writes it, the month in letters: 6/12 is a day in June to some readers."""
	return formatdate(getdate(day), style)


def address_lines(doctype: str, name: str, home: str | None = None) -> list[str]:
	"""Return where somebody's post goes, line by line; the country only where it is not `home`. Empty without an address."""
	own = frappe.db.get_value(doctype, name, "customer_primary_address") if doctype == "Customer" else None
	address = own or get_default_address(doctype, name)
	if not address:
		return []
	row = frappe.db.get_value(
		"Address",
		address,
		["address_line1", "address_line2", "pincode", "city", "state", "country"],
		as_dict=True,
	)
	city = " ".join(filter(None, (row.pincode, row.city)))
	country = row.country if home and row.country != home else ""
	return [
		line
		for line in (
			row.address_line1,
			row.address_line2,
			city,
			row.state,
			_(country).upper() if country else "",
		)
		if line
	]


def letter_head(company: str, context: dict) -> dict:
	"""Return the default letter head of a company as `{content, footer}`, HTML; empty without one. `context` is what it may name,
	as `{doc}`."""
	name = frappe.get_cached_value("Company", company, "default_letter_head")
	found = name and frappe.db.get_value("Letter Head", name, ["content", "footer", "disabled"], as_dict=True)
	if not found or found.disabled:
		return {"content": "", "footer": ""}
	return {part: frappe.render_template(found[part] or "", context) for part in ("content", "footer")}
