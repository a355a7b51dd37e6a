"""An ERPNext Contract, which has neither value nor notice, as the draft of one of ours (requirements §6)."""

import frappe
from frappe import _
from frappe.utils import add_days, getdate, strip_html

from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import contract_terms as terms

from .contracts import refuse
from .facts import CONTRACT

NATIVE = "Contract"


def draft_from(name: str):
	"""Return a contract with what an ERPNext Contract says, not saved yet. Its value, type and notice are still to be entered."""
	native = frappe.get_doc(NATIVE, name)
	if native.party_type != "Customer":
		refuse(
			_("Contract {0} is with a {1}. Only contracts with customers are kept here.").format(
				name, _(native.party_type)
			),
			_("No customer"),
		)
	taken = frappe.db.get_value(CONTRACT, {"erpnext_contract": name})
	if taken:
		refuse(_("Contract {0} was taken over already, as {1}.").format(name, taken), _("Taken over"))
	doc = frappe.new_doc(CONTRACT)
	company = doc.company or frappe.defaults.get_user_default("company")
	billed = frappe.db.get_value("Customer", native.party_name, "default_currency")
	doc.update(
		{
			"title": _("{0}: {1}").format(native.party_name, name),
			"customer": native.party_name,
			"company": company,
			"currency": billed or (company and company_currency(company)),
			"need": strip_html(native.contract_terms or "")[:1000],
			"start_date": native.start_date,
			"erpnext_contract": name,
			"duration_type": terms.FIXED if native.end_date else terms.NO_END,
			"first_end_date": native.end_date,
		}
	)
	if native.fulfilment_deadline:
		doc.append("obligations", {"title": _("Fulfilment deadline"), "due_date": native.fulfilment_deadline})
	for row in native.fulfilment_terms:
		doc.append(
			"obligations",
			{
				"title": (row.requirement or row.notes or name)[:140],
				"due_date": native.fulfilment_deadline or native.end_date or add_days(getdate(), 30),
				"is_done": row.fulfilled,
			},
		)
	return doc
