"""A contract made step by step: its type, the template, the questions for what varies, the clauses with what may be offered
instead, and a draft (requirements §6). The desk asks; what is answered is checked here."""

import frappe
from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts import permissions
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import clauses as engine
from b2b_contracts.engine import contract_text as ct
from b2b_contracts.engine.clauses import Clause, Wording

from . import clauses, contracts, merging, templates
from .clauses import TEMPLATE, refuse
from .facts import CONTRACT, CONTRACT_TYPE

# How a kind of answer is asked for on the desk.
CONTROLS = {
	"Text": "Data",
	"Long Text": "Small Text",
	"Number": "Int",
	"Amount": "Float",
	"Percent": "Percent",
	"Date": "Date",
	"Yes or No": "Check",
	"Choice": "Select",
}
WORD = "word:"
# What a row of clauses may be told from outside.
CHOSEN = ("choice", "fallback_number", "wording", "heading", "reason")


def offered(contract_type: str | None = None) -> list[dict]:
	"""Return the approved templates that the session user may make a contract from, those of a type where one is named:
	`[{name, template_name, version_number, contract_type, description, languages}]`."""
	return frappe.get_list(
		TEMPLATE,
		filters={"status": templates.APPROVED, **({"contract_type": contract_type} if contract_type else {})},
		fields=["name", "template_name", "version_number", "contract_type", "description", "languages"],
		order_by="contract_type, template_name",
		limit=200,
	)


def start(
	template: str,
	customer: str | None = None,
	language: str | None = None,
	company: str | None = None,
	answers: dict | None = None,
	start_date: str | None = None,
) -> dict:
	"""Return what a template asks and what it offers: `{questions, clauses, language, languages}`. With customer, company and
	answers, the texts of the clauses are filled in."""
	doc = _approved(template)
	languages = [code.strip() for code in (doc.languages or "").split(",") if code.strip()]
	wanted = language or (customer and frappe.db.get_value("Customer", customer, "language"))
	language = clauses.nearest_language(languages, wanted) or clauses.ENGLISH
	values = None
	if customer and company and answers is not None:
		permissions.need_customer(customer)
		draft = _draft(doc, customer, company, answers, None, start_date, language)
		contracts.take_defaults(draft)
		values = merging.values_of(draft, language)
	known = clauses.known_clauses(frappe.get_doc({"doctype": CONTRACT, "template": template}))
	return {
		"questions": _questions(doc),
		"clauses": [_offer(clause, optional, language, values) for clause, optional in known.values()],
		"language": language,
		"languages": [{"value": code, "label": clauses.language_name(code)} for code in languages],
	}


def _approved(template: str):
	frappe.has_permission(TEMPLATE, "read", template, throw=True)
	doc = frappe.get_doc(TEMPLATE, template)
	if doc.status != templates.APPROVED:
		refuse(
			_("Template {0} is {1}. Contracts are made from approved templates only.").format(
				frappe.bold(template), _(doc.status, context=TEMPLATE)
			),
			_("Not the newest terms"),
		)
	return doc


# ------------------------------------------------------------------ questions
def _questions(doc) -> list[dict]:
	"""The questions of a template, and those fields that its type wants filled in and nobody asks for."""
	kind = frappe.get_cached_doc(CONTRACT_TYPE, doc.contract_type)
	asked = [_of_field(row, kind) if row.target_field else _of_word(row) for row in doc.questions]
	there = {row.target_field for row in doc.questions}
	fields = templates.answerable()
	for name in kind.required_list():
		if name not in there and name in fields:
			label = _(fields[name].label, context=CONTRACT)
			asked.append({**_control(fields[name]), "key": name, "label": label, "required": 1})
	return asked


def _of_field(row, kind) -> dict:
	field = templates.answerable()[row.target_field]
	default = row.default_answer or (
		kind.get(row.target_field) if kind.meta.has_field(row.target_field) else None
	)
	return {
		**_control(field),
		"key": row.target_field,
		"label": _(row.question),
		"required": cint(row.is_required),
		"default": default or "",
		"help": _(row.help or ""),
	}


def _control(field) -> dict:
	"""Return how a field is asked for. A currency needs a document to be shown in, so amounts are asked for as numbers."""
	options = field.options or ""
	if field.fieldtype == "Select":
		options = [{"value": word, "label": _(word, context=CONTRACT)} for word in options.split("\n")]
	return {
		"fieldtype": "Float" if field.fieldtype == "Currency" else field.fieldtype,
		"options": options if field.fieldtype in ("Link", "Select") else "",
		"is_amount": cint(field.fieldtype == "Currency"),
		"precision": 2 if field.fieldtype == "Currency" else field.precision or "",
		"default": field.default or "",
		"help": _(field.description or ""),
	}


def _of_word(row) -> dict:
	options = [{"value": word, "label": _(word)} for word in ["", *templates.choices_of(row)]]
	return {
		"key": WORD + row.variable,
		"label": _(row.question),
		"fieldtype": CONTROLS.get(row.kind, "Data"),
		"options": options if row.kind == "Choice" else "",
		"is_amount": cint(row.kind == merging.AMOUNT),
		"precision": 2 if row.kind == merging.AMOUNT else "",
		"required": cint(row.is_required),
		"default": row.default_answer or "",
		"help": _(row.help or ""),
	}


# ------------------------------------------------------------------ clauses
def _offer(clause: Clause, optional: bool, language: str, values=None, row=None) -> dict:
	"""Return a clause with what may stand instead of it, in their order, and who has to agree to each; `row` is how it stands. The
	texts are filled in where there are values."""

	def filled(word: Wording, field: str) -> str:
		return (
			clauses.filled_in(word, field, language, values) if values is not None else getattr(word, field)
		)

	words = clause.in_languages(0)
	standard = words[clauses.nearest_language(words, language)]
	fallbacks = []
	for number in clause.fallbacks:
		known = clause.in_languages(number)
		word = known[clauses.nearest_language(known, language)]
		fallbacks.append(
			{
				"number": number,
				"text": filled(word, "text"),
				"role": engine.role_of(clause, ct.FALLBACK, number),
			}
		)
	return {
		"clause": clause.name,
		"heading": filled(standard, "heading"),
		"category": clause.category,
		"rank": clause.rank,
		"is_optional": cint(optional),
		"text": filled(standard, "text"),
		"fallbacks": fallbacks,
		"deviation_role": engine.role_of(clause, ct.TAILORED),
		"choice": row.choice if row else ct.STANDARD,
		"fallback_number": cint(row.fallback_number) if row else 0,
		"wording": (row.wording or "") if row and row.choice in engine.OWN_WORDS else "",
		"reason": (row.reason or "") if row else "",
		"row": row.name if row else None,
	}


def choices_of(doc) -> list[dict]:
	"""Return how the clauses of a contract stand, each with what may stand instead; see `start`. Those of its own have no
	alternatives."""
	known = clauses.known_clauses(doc)
	language = doc.text_language or clauses.language_of(doc)
	values = merging.values_of(doc, language)
	found = []
	for row in doc.clauses:
		if row.clause:
			clause, optional = known.get(row.clause) or (clauses.in_library(row.clause), False)
			found.append(_offer(clause, optional, language, values, row))
	return found


def choose(doc, chosen: list[dict]):
	"""Write into a draft which wording of each clause was agreed (`[{row, choice, fallback_number, wording, reason}]`). Returns
	it; whoever may not write the contract is refused."""
	rows = {row.name: row for row in doc.clauses}
	for choice in chosen:
		row = rows.get(choice.get("row"))
		if row is not None:
			_apply(row, choice)
	doc.save()
	return doc


def _apply(row, choice: dict) -> None:
	for name in CHOSEN:
		if name in choice and (name != "wording" or choice.get("choice") in engine.OWN_WORDS):
			row.set(name, choice[name])


# ------------------------------------------------------------------ the draft
def draft(
	template: str,
	customer: str,
	company: str,
	answers: dict,
	chosen: list[dict] | None = None,
	title: str | None = None,
	start_date: str | None = None,
	language: str | None = None,
):
	"""Make a draft of a contract from a template. `answers` are the questions' by their keys, `chosen` the clauses that do not
	stand as standard: `[{clause, choice, fallback_number, wording, reason}]`. Returns it."""
	permissions.need_customer(customer)
	source = _approved(template)
	missing = [
		question["label"]
		for question in _questions(source)
		if question["required"]
		and question["fieldtype"] != "Check"
		and _is_empty(answers.get(question["key"]))
	]
	if missing:
		refuse(_("Answer these questions first: {0}.").format("; ".join(missing)), _("Answers missing"))
	doc = _draft(source, customer, company, answers, title, start_date, language)
	by_clause = {choice.get("clause"): choice for choice in chosen or []}
	for row in source.clauses:
		line = doc.append("clauses", {"clause": row.clause, "choice": ct.STANDARD})
		_apply(line, by_clause.get(row.clause) or {})
	doc.insert()
	return doc


def _draft(source, customer: str, company: str, answers: dict, title, start_date, language):
	"""Return a contract from a template that is in no database yet, with the answers where they belong."""
	kind = frappe.get_cached_doc(CONTRACT_TYPE, source.contract_type)
	doc = frappe.get_doc(
		{
			"doctype": CONTRACT,
			"title": (title or "").strip() or source.template_name,
			"contract_type": source.contract_type,
			"customer": customer,
			"customer_name": frappe.db.get_value("Customer", customer, "customer_name"),
			"company": company,
			"currency": frappe.db.get_value("Customer", customer, "default_currency")
			or company_currency(company),
			"status": "Draft",
			"confidentiality": "Internal",
			"duration_type": kind.duration_type,
			"start_date": getdate(start_date or None),
			"template": source.name,
			"text_language": language or None,
		}
	)
	# The questions may ask for one length of the term only: the others are its type's.
	doc.update(
		{name: kind.get(name) for name in ("initial_months", "second_period_months", "renewal_months")}
	)
	if answers.get("first_end_date"):
		doc.initial_months = 0
	known = {WORD + row.variable: row for row in source.questions if row.variable}
	for question in _questions(source):
		key, value = question["key"], answers.get(question["key"])
		value = value.strip() if isinstance(value, str) else value
		if key in known:
			_keep_word(doc, known[key], value)
		elif value not in (None, ""):
			doc.set(key, value)
	return doc


def _is_empty(value) -> bool:
	return value in (None, "", 0) or (isinstance(value, str) and not value.strip())


def _keep_word(doc, row, value) -> None:
	text = "" if value is None else str(value)
	if row.kind == "Choice" and text and text not in templates.choices_of(row):
		refuse(
			_("{0}: {1} is no choice. Use one of {2}.").format(
				_(row.question), frappe.utils.escape_html(text), ", ".join(templates.choices_of(row))
			),
			_("Unknown choice"),
		)
	doc.append(
		"answers", {"question": row.question, "variable": row.variable, "kind": row.kind, "answer": text}
	)


# ------------------------------------------------------------------ looked at
def preview(doc, language: str | None = None) -> dict:
	"""Return the text of a contract for the screen: `{title, language, languages, sections, open_text, left_out}`, a section being
	`{number, heading, rank, choice, clause, paragraphs, is_deviation}`."""
	text = clauses.text_of(doc, language)
	deviating = {row.clause for row in doc.clauses if cint(row.is_deviation) and row.clause}
	return {
		"title": text.title,
		"language": text.language,
		"languages": [
			{"value": code, "label": clauses.language_name(code)} for code in clauses.languages_of(doc)
		],
		"sections": [
			{
				"number": part.number,
				"heading": part.heading,
				"rank": part.rank,
				"choice": part.choice,
				"clause": part.clause,
				"paragraphs": list(part.paragraphs),
				"is_deviation": cint(part.clause in deviating or not part.clause),
			}
			for part in text.sections
		],
		"open_text": list(clauses.open_text(doc)),
		"left_out": [
			{"heading": row.heading or row.clause, "rank": row.rank, "is_deviation": cint(row.is_deviation)}
			for row in doc.clauses
			if row.choice == ct.LEFT_OUT
		],
	}


def sample(template: str, language: str | None = None) -> dict:
	"""Return the text that a version of a template makes, its values in brackets: `{title, language, languages, sections}` as
	`preview` has them. A draft shows its clauses as the library has them now."""
	source = frappe.get_doc(TEMPLATE, template)
	doc = frappe.get_doc({"doctype": CONTRACT, "template": template, "title": source.template_name})
	known = clauses.known_clauses(doc)
	languages = clauses.in_all([clause.languages for clause, _optional in known.values()])
	language = clauses.nearest_language(languages, language or frappe.local.lang) or clauses.ENGLISH
	values = merging.values_of(doc, language)
	sections = []
	for number, (clause, _optional) in enumerate(known.values(), start=1):
		words = clause.in_languages(0)
		word = words[clauses.nearest_language(words, language)]
		heading, text = (clauses.filled_in(word, field, language, values) for field in ("heading", "text"))
		sections.append(
			{
				**{"number": str(number), "heading": heading, "rank": clause.rank, "choice": ct.STANDARD},
				**{"clause": clause.name, "paragraphs": list(ct.paragraphs_of(text)), "is_deviation": 0},
			}
		)
	return {
		"title": source.template_name,
		"language": language,
		"languages": [{"value": code, "label": clauses.language_name(code)} for code in languages],
		"sections": sections,
		"open_text": [],
		"left_out": [],
	}
