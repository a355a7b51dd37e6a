"""Contract templates in versions: written, approved by somebody else, frozen from then on, and replaced by the next version
(requirements §6). Sellers see the newest approved version alone (permissions.py); nobody makes a contract from another."""

import frappe
from frappe import _
from frappe.utils import cint, escape_html, now_datetime

from b2b_contracts import merged_texts
from b2b_contracts.credit import locking
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.exceptions import NotYourMandateError
from b2b_contracts.permissions import CONTRACT

from . import clauses, merging
from .clauses import CLAUSE, TEMPLATE, refuse

DRAFT, APPROVED, RETIRED = "Draft", "Approved", "Retired"
SET_BY_SERVICE = (
	*("version_number", "status", "previous_version", "languages", "approved_by", "approved_on"),
	*("retired_on",),
)
# Field types that a question can be answered in.
ANSWERABLE = (
	*("Check", "Currency", "Data", "Date", "Float", "Int", "Link", "Percent", "Select", "Small Text"),
)
# Said at the start, by the contract itself, or by nobody.
NOT_ASKED = frozenset(
	(
		*("title", "contract_type", "customer", "company", "status", "contract_owner", "account_manager"),
		*("template", "text_language", "parent_contract", "contract_form", "erpnext_contract", "currency"),
		*("start_date", "effective_from", "escalation_user", "confidentiality", "withdraws_notice"),
	)
)
KINDS = ("Text", "Long Text", "Number", "Amount", "Percent", "Date", "Yes or No", "Choice")


def name_of(doc) -> str:
	"""Return the name of a version of a template, which takes its number."""
	doc.template_name = " ".join((doc.template_name or "").split())
	if not doc.flags.contract_service:
		doc.version_number = _next_version(doc.template_name)
	return f"{doc.template_name} v{doc.version_number}"


def _next_version(template_name: str) -> int:
	(latest,) = frappe.get_all(
		TEMPLATE, filters={"template_name": template_name}, fields=["max(version_number) as number"]
	)
	return cint(latest.number) + 1


def put_back(doc) -> None:
	"""Put back what only the use cases write: a client may have sent anything."""
	if doc.flags.contract_service:
		return
	before = doc.get_doc_before_save()
	number = doc.version_number
	for field in SET_BY_SERVICE:
		doc.set(field, before.get(field) if before else None)
	if before is None:
		doc.status, doc.version_number = DRAFT, number
		for row in doc.clauses:
			row.frozen = None
	else:
		former = {row.name: row.frozen for row in before.clauses}
		for row in doc.clauses:
			row.frozen = former.get(row.name)


# ------------------------------------------------------------------ checked
def check(doc) -> None:
	"""Refuse a change of an approved version, and a draft that nothing can be made from."""
	before = doc.get_doc_before_save()
	if before and before.status != DRAFT and not doc.flags.contract_service:
		_refuse(
			doc,
			_(
				"It is approved, and contracts are made from it: nobody changes it. Make a new version instead."
			),
		)
	names = [row.clause for row in doc.clauses]
	if twice := next((name for name in names if names.count(name) > 1), None):
		_refuse(doc, _("Clause {0} is there twice. Remove one of them.").format(frappe.bold(twice)))
	seen: set[str] = set()
	for row in doc.questions:
		_check_question(doc, row, seen)


def _check_question(doc, row, seen: set[str]) -> None:
	target, word = (row.target_field or "").strip(), (row.variable or "").strip()
	row.target_field, row.variable = target, word
	if bool(target) == bool(word):
		_refuse(
			doc,
			_("Question {0} needs either a field of the contract, or a word of its own.").format(row.idx),
		)
	if (target or word) in seen:
		_refuse(
			doc,
			_("Question {0} asks for {1} once more. Remove one of the two.").format(row.idx, target or word),
		)
	seen.add(target or word)
	if target and target not in answerable():
		_refuse(
			doc,
			_(
				"Question {0}: {1} is no field of a contract that can be asked for. Use its name, such as {2}."
			).format(row.idx, escape_html(target), "liability_cap_percent"),
		)
	if word and (not merged_texts.is_plain(word) or word in merging.WORDS.names):
		_refuse(
			doc,
			_(
				"Question {0}: {1} cannot be a word of its own. Use small letters and single underscores, and no name that contracts have already."
			).format(row.idx, escape_html(word)),
		)
	if word and row.kind == "Choice" and not choices_of(row):
		_refuse(doc, _("Question {0} is a choice: enter the choices, one a line.").format(row.idx))


def answerable() -> dict:
	"""Return the fields of a contract that a question can fill in, by name."""
	return {
		field.fieldname: field
		for field in frappe.get_meta(CONTRACT).fields
		if field.fieldtype in ANSWERABLE
		and field.label
		and not field.read_only
		and not field.hidden
		and field.fieldname not in NOT_ASKED
	}


def words() -> dict:
	"""Return what a wording may name, and what a question may fill in, with labels."""
	return {
		"values": list(merging.VALUES),
		"rows": {name: list(fields) for name, fields in merging.ROWS.items()},
		"fields": {name: _(field.label, context=CONTRACT) for name, field in answerable().items()},
	}


def choices_of(row) -> list[str]:
	return [line.strip() for line in (row.options or "").splitlines() if line.strip()]


# ------------------------------------------------------------------ versions
def new_version(name: str):
	"""Make the next version of a template as a draft. Returns it."""
	doc = frappe.get_doc(TEMPLATE, name)
	waiting = frappe.db.get_value(TEMPLATE, {"template_name": doc.template_name, "status": DRAFT})
	if waiting:
		_refuse(doc, _("Version {0} is a draft already. Go on with that one.").format(frappe.bold(waiting)))
	draft = frappe.copy_doc(doc)
	draft.update({**dict.fromkeys(SET_BY_SERVICE), "status": DRAFT, "changes": None})
	draft.update({"version_number": _next_version(doc.template_name), "previous_version": doc.name})
	for row in draft.clauses:
		row.frozen = None
	draft.flags.contract_service = True
	return draft.insert()


def approve(name: str):
	"""Approve a version of a template: its clauses are kept as they are now, and the version before is retired. Returns it."""
	doc = locking.locked_doc(TEMPLATE, name)
	why_not = why_not_approve(doc)
	if why_not:
		frappe.throw(why_not, NotYourMandateError, title=_("Not your mandate"))
	if doc.status != DRAFT:
		_refuse(doc, _("It is {0}. Only a draft can be approved.").format(_(doc.status, context=TEMPLATE)))
	languages = _freeze(doc)
	doc.update(
		{
			"status": APPROVED,
			"languages": ", ".join(languages),
			"approved_by": frappe.session.user,
			"approved_on": now_datetime(),
		}
	)
	_save(doc)
	for former in frappe.get_all(
		TEMPLATE,
		filters={"template_name": doc.template_name, "status": APPROVED, "name": ["!=", doc.name]},
		pluck="name",
	):
		_retire(locking.locked_doc(TEMPLATE, former))
	return doc


def why_not_approve(doc) -> str:
	"""Return why the session user cannot approve a version: nothing when they may. Whoever wrote it does not approve it."""
	user = frappe.session.user
	if user == "Administrator":
		return ""
	if set(life.APPROVERS).isdisjoint(frappe.get_roles(user)):
		return _("Templates are approved by: {0}. Ask one of them.").format(
			", ".join(_(role) for role in life.APPROVERS)
		)
	if user in (doc.owner, doc.modified_by):
		return _("You wrote template {0}, so somebody else has to approve it: {1}.").format(
			doc.name, ", ".join(_(role) for role in life.APPROVERS)
		)
	return ""


def may_retire() -> bool:
	return frappe.session.user == "Administrator" or not set(life.APPROVERS).isdisjoint(frappe.get_roles())


def retire(name: str):
	"""Take a template out of use: no contract is made from it any more. Returns it."""
	doc = locking.locked_doc(TEMPLATE, name)
	if not may_retire():
		frappe.throw(
			_("Templates are retired by: {0}. Ask one of them.").format(
				", ".join(_(role) for role in life.APPROVERS)
			),
			NotYourMandateError,
			title=_("Not your mandate"),
		)
	if doc.status != APPROVED:
		_refuse(
			doc,
			_("It is {0}. Only an approved template can be retired.").format(_(doc.status, context=TEMPLATE)),
		)
	_retire(doc)
	return doc


def _retire(doc) -> None:
	doc.update({"status": RETIRED, "retired_on": now_datetime()})
	_save(doc)


def _save(doc) -> None:
	doc.flags.contract_service = True
	# The mandate was checked: a Finance Director approves what they may not write.
	doc.save(ignore_permissions=True)


def _freeze(doc) -> list[str]:
	"""Keep the clauses of a template as they are now. Returns the languages that every one of them is there in.

	Refuses what no contract could be made from: a disabled clause, a word that nobody is asked for, no common language.
	"""
	asked = {row.variable for row in doc.questions if row.variable}
	spoken = []
	for row in doc.clauses:
		clause = frappe.get_doc(CLAUSE, row.clause)
		if cint(clause.disabled):
			_refuse(
				doc, _("Clause {0} is disabled. Take it out, or enable it.").format(frappe.bold(clause.name))
			)
		clauses.check(clause)
		known = clauses.clause_of(clause)
		for wording in known.wordings:
			if (
				missing := (merging.own_words_in(wording.text) | merging.own_words_in(wording.heading))
				- asked
			):
				_refuse(
					doc,
					_(
						"Clause {0} names {1}, which no question asks for. Add a question with that word."
					).format(frappe.bold(clause.name), ", ".join(sorted(missing))),
				)
		row.frozen = clauses.frozen(known)
		spoken.append(known.languages)
	common = clauses.in_all(spoken)
	if not common:
		_refuse(
			doc,
			_("There is no language that every clause is there in. Add the wordings that are missing."),
		)
	return common


# ------------------------------------------------------------------ chosen by a contract
def check_choice(doc) -> None:
	"""Refuse a contract from a template that is not the newest approved one, of another type, or kept from who chooses it. An
	amendment may go on with the template of what it amends."""
	before = doc.get_doc_before_save()
	if not doc.get("template") or (before and before.template == doc.template):
		return
	template = frappe.db.get_value(
		TEMPLATE, doc.template, ["name", "template_name", "status", "contract_type"], as_dict=True
	)
	if template is None:
		return  # Frappe says so.
	inherited = doc.parent_contract and doc.template == frappe.db.get_value(
		CONTRACT, doc.parent_contract, "template"
	)
	if template.status != APPROVED and not inherited:
		newest = frappe.db.get_value(TEMPLATE, {"template_name": template.template_name, "status": APPROVED})
		if newest:
			refuse(
				_("Template {0} is {1}. Choose the version that is approved now: {2}.").format(
					frappe.bold(doc.template), _(template.status, context=TEMPLATE), newest
				),
				_("Not the newest terms"),
			)
		refuse(
			_("Template {0} is {1}, and no version of it is approved. Choose another one.").format(
				frappe.bold(doc.template), _(template.status, context=TEMPLATE)
			),
			_("Not the newest terms"),
		)
	if not inherited:
		frappe.has_permission(TEMPLATE, "read", doc.template, throw=True)
	if doc.contract_type and template.contract_type != doc.contract_type:
		refuse(
			_("Template {0} is for contracts of type {1}, not {2}. Choose another one.").format(
				frappe.bold(doc.template), _(template.contract_type), _(doc.contract_type)
			),
			_("Another type"),
		)


def ask(doc) -> None:
	"""Have a contract that is being written ask what its template asks and no field of it answers, each question once."""
	if not doc.get("template") or not frappe.db.exists(TEMPLATE, doc.template):
		return
	asked = {
		row.variable: row for row in frappe.get_cached_doc(TEMPLATE, doc.template).questions if row.variable
	}
	there: set[str] = set()
	for row in list(doc.answers):
		if row.variable not in asked or row.variable in there:
			doc.remove(row)
			continue
		there.add(row.variable)
		row.update({"question": asked[row.variable].question, "kind": asked[row.variable].kind})
	for word, question in asked.items():
		if word not in there:
			doc.append(
				"answers",
				{
					"question": question.question,
					"variable": word,
					"kind": question.kind,
					"answer": question.default_answer,
				},
			)


def _refuse(doc, message: str) -> None:
	refuse(
		f"{_('Template {0}').format(frappe.bold(doc.name or doc.template_name))}: {message}",
		_("Contract template"),
	)
