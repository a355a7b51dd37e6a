"""The records that are made of the standard terms once at install.

A user may edit or delete every record; nothing here is ever written over one, and no migrate brings it back.
"""

import frappe

from b2b_contracts.contracts import templates as contract_templates
from b2b_contracts.engine import kpi as kpi_rules
from b2b_contracts.setup import marks
from b2b_contracts.standard_clauses import CLAUSES
from b2b_contracts.standard_clauses import TEMPLATES as CONTRACT_TEMPLATES
from b2b_contracts.standard_contracts import CONTRACT_TYPES
from b2b_contracts.standard_dunning import FLOWS, TEMPLATES
from b2b_contracts.standard_law import JURISDICTIONS, REFERENCE_RATES
from b2b_contracts.standard_scripts import SCRIPTS
from b2b_contracts.standard_terms import (
	MILESTONE_TEMPLATE,
	PAYMENT_TERMS,
	SANCTIONS_LIST,
	SECURITY_TYPES,
	SEGMENTS,
)

CREATED_TERMS = "created_payment_terms"


def create() -> None:
	"""Make the payment terms, the segments A–D and the milestone template that this site does not have."""
	_create_payment_terms()
	for segment in SEGMENTS:
		if not frappe.db.exists("Credit Segment", segment["segment_code"]):
			frappe.get_doc({"doctype": "Credit Segment", **segment}).insert(ignore_permissions=True)
	create_milestone_template()
	create_security_types()
	create_sanctions_list()
	create_dunning_law()
	create_dunning()
	create_call_scripts()
	create_contract_types()
	create_contract_texts()
	create_credit_kpis()
	create_commission_plan()


def create_commission_plan() -> None:
	"""Make the standard plan of commission, for every company and invoice, where the site has none."""
	if not frappe.db.exists("Commission Plan", {}):
		plan = {"doctype": "Commission Plan", "title": "Standard commission", "valid_from": "2000-01-01"}
		# Not the company of whoever installs: the plan is for all of them.
		frappe.get_doc({**plan, "for_company": ""}).insert(ignore_permissions=True)


def create_credit_kpis() -> None:
	"""Make the key figures, where there are none, with their owners, targets and limits; a segment that is gone has none of its own."""
	if frappe.db.exists("Credit KPI", {}):
		return
	segments = set(frappe.get_all("Credit Segment", pluck="name"))
	for kpi in kpi_rules.KPIS:
		frappe.get_doc(
			{
				"doctype": "Credit KPI",
				"kpi_name": kpi_rules.NAMES[kpi.code],
				"code": kpi.code,
				"owner_role": kpi.owner,
				"months": kpi.months,
				"red": float(kpi.red or 0),
				"target": float(kpi.target or 0),
				"targets": [
					{"segment": segment, "target": float(target), "red": float(red)}
					for segment, (target, red) in kpi_rules.OF_SEGMENTS.get(kpi.code, {}).items()
					if segment in segments
				],
			}
		).insert(ignore_permissions=True)


def create_contract_texts() -> None:
	"""Make the clauses and an approved template for each standard type of contract, where there is none of either."""
	if frappe.db.exists("Contract Clause", {}) or frappe.db.exists("B2B Contract Template", {}):
		return
	for clause in CLAUSES:
		frappe.get_doc({"doctype": "Contract Clause", **clause}).insert(ignore_permissions=True)
	for template in CONTRACT_TEMPLATES:
		if frappe.db.exists("Contract Type", template["contract_type"]):
			doc = frappe.get_doc({"doctype": "B2B Contract Template", **template}).insert(
				ignore_permissions=True
			)
			contract_templates.approve(doc.name)


def create_contract_types() -> None:
	"""Make the types of contract, where there are none."""
	if frappe.db.exists("Contract Type", {}):
		return
	for kind in CONTRACT_TYPES:
		frappe.get_doc({"doctype": "Contract Type", **kind}).insert(ignore_permissions=True)


def create_call_scripts() -> None:
	"""Make the call scripts, where there are none, in the languages that the site has."""
	if frappe.db.exists("Call Script", {}):
		return
	for script in SCRIPTS:
		# Frappe 15 has Norwegian Bokmål as "no" too; a script speaks to both.
		if frappe.db.exists("Language", script["language"]):
			frappe.get_doc({"doctype": "Call Script", **script}).insert(ignore_permissions=True)


def create_dunning() -> None:
	"""Make the dunning templates and flows, where there are none. A flow for a segment that is gone is left out."""
	if frappe.db.exists("Dunning Template", {}) or frappe.db.exists("Dunning Flow", {}):
		return
	for template in TEMPLATES:
		frappe.get_doc({"doctype": "Dunning Template", **template}).insert(ignore_permissions=True)
	segments = set(frappe.get_all("Credit Segment", pluck="name"))
	for flow in FLOWS:
		if {scope["segment"] for scope in flow["scopes"] if "segment" in scope} <= segments:
			frappe.get_doc({"doctype": "Dunning Flow", **flow}).insert(ignore_permissions=True)


def create_dunning_law() -> None:
	"""Make the jurisdictions with their rules and reference rates, where there is none."""
	if frappe.db.exists("Dunning Jurisdiction", {}):
		return
	for row in JURISDICTIONS:
		# A site without its country still has its law. Not None, or Frappe fills in the site's own country.
		country = row.get("country") or ""
		if country and not frappe.db.exists("Country", country):
			country = ""
		frappe.get_doc({"doctype": "Dunning Jurisdiction", **row, "country": country}).insert(
			ignore_permissions=True
		)
	for row in REFERENCE_RATES:
		frappe.get_doc({"doctype": "Reference Rate", **row}).insert(ignore_permissions=True)


def create_sanctions_list() -> None:
	"""Make the list of embargoed countries where there is no list: empty, for a Compliance Officer to fill."""
	if not frappe.db.exists("Sanctions List", {}):
		frappe.get_doc({"doctype": "Sanctions List", **SANCTIONS_LIST}).insert(ignore_permissions=True)


def create_security_types() -> None:
	"""Make the types of security, where there are none."""
	if frappe.db.exists("Security Type", {}):
		return
	for kind in SECURITY_TYPES:
		frappe.get_doc({"doctype": "Security Type", **kind}).insert(ignore_permissions=True)


def create_milestone_template() -> None:
	"""Make the milestones that plans start with, where there are none."""
	if not frappe.db.exists("Milestone Template", {}):
		frappe.get_doc({"doctype": "Milestone Template", **MILESTONE_TEMPLATE}).insert(
			ignore_permissions=True
		)


def _create_payment_terms() -> None:
	created = []
	for name, days in PAYMENT_TERMS:
		row = {"invoice_portion": 100, "due_date_based_on": "Day(s) after invoice date", "credit_days": days}
		if not frappe.db.exists("Payment Term", name):
			frappe.get_doc({"doctype": "Payment Term", "payment_term_name": name, **row}).insert(
				ignore_permissions=True
			)
			created.append(["Payment Term", name])
		if not frappe.db.exists("Payment Terms Template", name):
			frappe.get_doc(
				{
					"doctype": "Payment Terms Template",
					"template_name": name,
					"terms": [{"payment_term": name, **row}],
				}
			).insert(ignore_permissions=True)
			created.append(["Payment Terms Template", name])
	marks.add(CREATED_TERMS, created)


def remove_payment_terms() -> None:
	"""Remove the payment terms that we made and nobody took into use. Runs after our segments are gone."""
	# Templates first: a term is in use as long as its template stands.
	for doctype, name in sorted(marks.listed(CREATED_TERMS), reverse=True):
		if not frappe.db.exists(doctype, name):
			continue
		try:
			frappe.delete_doc(doctype, name, ignore_permissions=True, delete_permanently=True)
		except frappe.LinkExistsError:
			frappe.clear_last_message()
