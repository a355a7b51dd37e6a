"""What the desk and other software may call about the text of contracts: templates, clauses, guided creation. Every method
checks permission first and is typed. Errors are Frappe's, each with a sentence that says what to do."""

import json

import frappe

from b2b_contracts.contracts import creation, facts, templates, wording
from b2b_contracts.contracts.clauses import TEMPLATE
from b2b_contracts.permissions import CONTRACT


@frappe.whitelist()
def offered_templates(contract_type: str | None = None) -> list:
	"""Return the approved templates that the session user may make a contract from: `[{name, template_name, version_number,
	contract_type, description, languages}]`."""
	frappe.has_permission(TEMPLATE, "read", throw=True)
	return creation.offered(contract_type)


@frappe.whitelist()
def start_contract(
	template: str,
	customer: str | None = None,
	language: str | None = None,
	company: str | None = None,
	answers: str | dict | None = None,
	start_date: str | None = None,
) -> dict:
	"""Return what a template asks and offers: `{questions: [{key, label, fieldtype, options, required, default, help}], clauses:
	[{clause, heading, rank, text, fallbacks: [{number, text, role}], deviation_role, is_optional}], language, languages}`. With
	customer, company and answers, the texts are filled in."""
	frappe.has_permission(CONTRACT, "create", throw=True)
	return creation.start(template, customer, language, company, _read(answers), start_date)


@frappe.whitelist(methods=["POST"])
def draft_contract(
	template: str,
	customer: str,
	company: str,
	answers: str | dict,
	clauses: str | list | None = None,
	title: str | None = None,
	start_date: str | None = None,
	language: str | None = None,
) -> dict:
	"""Make a draft of a contract from a template: `answers` by the keys of the questions, `clauses` what does not stand as
	standard (`[{clause, choice, fallback_number, wording, reason}]`). Returns `{name, approval_role}`."""
	frappe.has_permission(CONTRACT, "create", throw=True)
	doc = creation.draft(
		template, customer, company, _read(answers) or {}, _read(clauses) or [], title, start_date, language
	)
	return {"name": doc.name, "approval_role": doc.approval_role}


@frappe.whitelist()
def clause_choices(contract: str) -> list:
	"""Return how the clauses of a contract stand, each with what may stand instead of it."""
	return creation.choices_of(_readable(contract))


@frappe.whitelist(methods=["POST"])
def choose_clauses(contract: str, clauses: str | list) -> dict:
	"""Write into a draft which wording of each clause was agreed (`[{row, choice, fallback_number, wording, reason}]`). Returns
	`{name, approval_role}`."""
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("write")
	doc = creation.choose(doc, _read(clauses) or [])
	return {"name": doc.name, "approval_role": doc.approval_role}


@frappe.whitelist()
def contract_text(contract: str, language: str | None = None) -> dict:
	"""Return the text of a contract with its values filled in: `{title, language, languages, sections, open_text, left_out}`."""
	return creation.preview(_readable(contract), language)


@frappe.whitelist()
def approval_reasons(contract: str) -> list:
	"""Return why a contract is approved by whom it is, the highest role first: `[{role, reason}]`."""
	doc = _readable(contract)
	return [
		{"role": reason.role, "reason": wording.why_approved_by(doc, reason)}
		for reason in facts.approval_reasons(doc)
	]


@frappe.whitelist()
def template_text(template: str, language: str | None = None) -> dict:
	"""Return the text that a version of a template makes, its values in brackets; as `contract_text`."""
	return creation.sample(_readable_template(template).name, language)


@frappe.whitelist()
def template_steps(template: str) -> dict:
	"""Return what the session user can do with a version of a template: `{can_approve, why_not, can_retire, can_renew}`."""
	doc = _readable_template(template)
	why_not = templates.why_not_approve(doc)
	return {
		"can_approve": doc.status == templates.DRAFT and not why_not,
		"why_not": why_not if doc.status == templates.DRAFT else "",
		"can_retire": doc.status == templates.APPROVED and templates.may_retire(),
		"can_renew": doc.status != templates.DRAFT and bool(frappe.has_permission(TEMPLATE, "create")),
	}


@frappe.whitelist(methods=["POST"])
def approve_template(template: str) -> dict:
	"""Approve a version of a template; the one before is retired. Returns `{name, status}`."""
	_readable_template(template)
	return _answer(templates.approve(template))


@frappe.whitelist(methods=["POST"])
def new_template_version(template: str) -> dict:
	"""Make the next version of a template as a draft. Returns its `{name, status}`."""
	_readable_template(template)
	frappe.has_permission(TEMPLATE, "create", throw=True)
	return _answer(templates.new_version(template))


@frappe.whitelist(methods=["POST"])
def retire_template(template: str) -> dict:
	"""Take a template out of use. Returns `{name, status}`."""
	_readable_template(template)
	return _answer(templates.retire(template))


@frappe.whitelist()
def words_for_clauses() -> dict:
	"""Return what wordings may name: `{values, rows: {name: [field]}, fields: {name: label}}`."""
	frappe.has_permission("Contract Clause", "read", throw=True)
	return templates.words()


def _readable(contract: str):
	doc = frappe.get_doc(CONTRACT, contract)
	doc.check_permission("read")
	return doc


def _readable_template(template: str):
	doc = frappe.get_doc(TEMPLATE, template)
	doc.check_permission("read")
	return doc


def _read(value):
	return json.loads(value) if isinstance(value, str) and value else value


def _answer(doc) -> dict:
	return {"name": doc.name, "status": doc.status}
