"""Clauses: as the library has them, as they stand in a contract, and the text that comes of them (requirements §6).

A contract keeps the wording that it was made with: what changes in the library later changes no contract. Wordings are
plain text in which values are filled in by `merging`, and can do nothing else.
"""

import json
from collections.abc import Collection

import frappe
from frappe import _
from frappe.utils import cint, escape_html

from b2b_contracts import merged_texts
from b2b_contracts.credit.notices import writing_in
from b2b_contracts.engine import clauses as engine
from b2b_contracts.engine import contract_text as ct
from b2b_contracts.engine.clauses import Clause, Wording
from b2b_contracts.engine.contract_text import ContractText, Section
from b2b_contracts.exceptions import ContractError
from b2b_contracts.permissions import CONTRACT

from . import merging

CLAUSE, TEMPLATE = "Contract Clause", "B2B Contract Template"
ENGLISH = "en"
# Forms of a contract: our standard, and texts that were not agreed to beforehand.
STANDARD_FORM, TAILORED_FORM, COUNTERPARTY_PAPER = "Standard", "Tailored", "Counterparty Paper"
STANDARD_WORDING, FALLBACK_WORDING = "Standard", "Fallback"
# What follows from the library and from the choice; a client does not write it.
ROW_COMPUTED = ("category", "rank", "approval_role", "is_deviation", "is_optional", "other_languages")


# ------------------------------------------------------------------ the library
def clause_of(doc) -> Clause:
	"""Return a Contract Clause as the rules know it."""
	return Clause(
		doc.name or doc.clause_name,
		doc.category or "",
		doc.rank,
		doc.deviation_role or "",
		tuple(
			Wording(
				row.language,
				row.heading or "",
				row.text or "",
				cint(row.fallback_number) if row.kind == FALLBACK_WORDING else 0,
				(row.approval_role or "") if row.kind == FALLBACK_WORDING else "",
			)
			for row in doc.wordings
		),
	)


def frozen(clause: Clause) -> str:
	"""Return a clause as text, for a template to keep it as it was approved."""
	return json.dumps(
		{
			"name": clause.name,
			"category": clause.category,
			"rank": clause.rank,
			"deviation_role": clause.deviation_role,
			"wordings": [[w.language, w.heading, w.text, w.number, w.approval_role] for w in clause.wordings],
		},
		ensure_ascii=False,
	)


def thawed(text: str) -> Clause:
	"""Return what `frozen` kept."""
	kept = json.loads(text)
	wordings = tuple(Wording(*row) for row in kept["wordings"])
	return Clause(kept["name"], kept["category"], kept["rank"], kept["deviation_role"], wordings)


def in_library(name: str) -> Clause:
	return clause_of(frappe.get_cached_doc(CLAUSE, name))


def check(doc) -> None:
	"""Refuse a clause without a standard wording, with fallbacks out of order, or with a text that cannot be filled in."""
	seen = set()
	for row in doc.wordings:
		if row.kind != FALLBACK_WORDING:
			row.fallback_number, row.approval_role = 0, ""
		elif cint(row.fallback_number) < 1:
			_refuse(
				doc,
				_("Row {0}: number the fallbacks 1, 2, 3 in the order in which you give in.").format(row.idx),
			)
		key = (cint(row.fallback_number), row.language)
		if key in seen:
			_refuse(
				doc,
				_("Row {0}: this wording is there twice in {1}. Change its number or its language.").format(
					row.idx, language_name(row.language)
				),
			)
		seen.add(key)
		for field in ("heading", "text"):
			if fault := merging.fault_of(row.get(field)):
				_refuse(
					doc,
					_("Row {0}, {1} in {2}, {3}").format(
						row.idx, _(row.meta.get_label(field)), language_name(row.language), fault
					),
				)
		if len(ct.paragraphs_of(row.heading)) > 1:
			_refuse(doc, _("Row {0}: a heading is one line.").format(row.idx))
	clause = clause_of(doc)
	if not clause.languages:
		_refuse(doc, _("Enter a standard wording in at least one language."))
	numbers = clause.fallbacks
	if numbers != tuple(range(1, len(numbers) + 1)):
		_refuse(
			doc,
			_("The fallbacks are numbered {0}. Number them 1, 2, 3 without a gap.").format(
				", ".join(map(str, numbers))
			),
		)


def language_name(code: str) -> str:
	return frappe.db.get_value("Language", code, "language_name") or code


def in_all(languages: Collection[Collection[str]]) -> list[str]:
	"""Return the languages that are in every one of some collections, in the order of the first."""
	first = next(iter(languages), ())
	return [code for code in first if all(code in others for others in languages)]


def nearest_language(there, wanted: str | None) -> str | None:
	"""Return the language that comes nearest to the one wanted: itself, one that stands in for it, the site's, English, the
	first that is there."""
	wishes = (wanted, frappe.db.get_default("lang"), ENGLISH)
	return merged_texts.nearest(there, wishes) or next(iter(there), None)


# ------------------------------------------------------------------ how they stand in a contract
def known_clauses(doc) -> dict[str, tuple[Clause, bool]]:
	"""Return the clauses of a contract's template by name, as they were approved, and whether each is optional."""
	if not doc.get("template") or not frappe.db.exists(TEMPLATE, doc.template):
		return {}
	template = frappe.get_cached_doc(TEMPLATE, doc.template)
	return {
		row.clause: (
			thawed(row.frozen) if row.frozen else in_library(row.clause),
			bool(cint(row.is_optional)),
		)
		for row in template.clauses
	}


def settle(doc) -> None:
	"""Bring the clauses of a contract that is being written into line with its template: none is missing, each has the wording
	that was chosen, and what deviates is said."""
	known = known_clauses(doc)
	if not known and not doc.get("clauses"):
		_keep_paper(doc)
		return
	_complete(doc, known)
	before = doc.get_doc_before_save() or _amended(doc)
	by = "clause" if doc.is_new() else "name"
	former = {row.get(by): row for row in before.clauses} if before else {}
	spoken = [clause.languages for clause, _optional in known.values()]
	languages = in_all(spoken) or [language for languages in spoken for language in languages]
	doc.text_language = (
		doc.text_language or nearest_language(dict.fromkeys(languages), language_of(doc)) or ENGLISH
	)
	same_text = bool(before) and (before.template, before.text_language) == (doc.template, doc.text_language)
	for row in doc.clauses:
		_settle_row(doc, row, known, former.get(row.get(by)), same_text)
	_settle_form(doc)


def _amended(doc):
	"""Return the contract that a new one amends, whose wordings it keeps where it says nothing else; None for any other."""
	name = doc.is_new() and doc.get("parent_contract")
	return frappe.get_doc(CONTRACT, name) if name and frappe.db.exists(CONTRACT, name) else None


def language_of(doc) -> str:
	"""Return the language in which a customer reads."""
	of_customer = doc.customer and frappe.db.get_value("Customer", doc.customer, "language")
	return of_customer or frappe.db.get_default("lang") or ENGLISH


def _complete(doc, known: dict) -> None:
	"""Add the clauses of the template that are not there: all as standard when it was just chosen, left out when somebody took
	them away, for a clause is not given up by deleting its row."""
	before = doc.get_doc_before_save()
	had_template = bool(before) and before.template == doc.template
	rows = {row.clause: row for row in doc.clauses if row.clause}
	if before is not None and not had_template:
		# What the template before had, and the new one has not, goes with it, unless it was written for this contract.
		former = set(known_clauses(before))
		doc.clauses = [row for row in doc.clauses if row.clause not in former or row.clause in known]
	for name in known:
		if name not in rows:
			doc.append("clauses", {"clause": name, "choice": ct.LEFT_OUT if had_template else ct.STANDARD})
	if not had_template:
		# In the order of the template; what it does not have comes last.
		order = {name: number for number, name in enumerate(known)}
		doc.clauses.sort(key=lambda row: order.get(row.clause, len(order)))
	for number, row in enumerate(doc.clauses, start=1):
		row.idx = number


def _settle_row(doc, row, known: dict, former, same_text: bool) -> None:
	if not row.clause:
		_settle_own(doc, row)
		return
	clause, optional = known.get(row.clause) or (_of_library(row.clause), False)
	row.choice = row.choice or ct.STANDARD
	number = row.fallback_number = cint(row.fallback_number) if row.choice == ct.FALLBACK else 0
	try:
		role = engine.role_of(clause, row.choice, number, optional)
	except ValueError:
		refuse(
			_("Clause {0} has no fallback {1}. Choose one of: {2}.").format(
				frappe.bold(row.clause),
				number,
				", ".join(map(str, clause.fallbacks)) or "–",
			),
			_("Unknown fallback"),
		)
	row.category, row.rank, row.approval_role = clause.category, clause.rank, role
	row.is_optional = cint(optional)
	row.is_deviation = cint(engine.is_deviation(row.choice, role, optional))
	same = (
		same_text
		and former is not None
		and (former.clause, former.choice, cint(former.fallback_number))
		== (
			row.clause,
			row.choice,
			number,
		)
	)
	if row.choice in engine.OWN_WORDS:
		_own_words(doc, row, clause, former)
	elif same:
		row.heading, row.wording, row.other_languages = former.heading, former.wording, former.other_languages
	else:
		_words_of_library(doc, row, clause, number)


def _of_library(name: str) -> Clause:
	if not frappe.db.exists(CLAUSE, name):
		refuse(
			_("There is no clause {0}. Choose one of the library.").format(frappe.bold(name)),
			_("Unknown clause"),
		)
	return in_library(name)


def _words_of_library(doc, row, clause: Clause, number: int) -> None:
	"""Keep a wording of the library with the contract, in every language that it is there in."""
	words = clause.in_languages(number)
	row.other_languages = json.dumps(
		{language: [word.heading, word.text] for language, word in words.items()}, ensure_ascii=False
	)
	word = words[nearest_language(words, doc.text_language)]
	row.heading, row.wording = word.heading, "" if row.choice == ct.LEFT_OUT else word.text


def _own_words(doc, row, clause: Clause, former) -> None:
	"""Check words of one's own, and keep the library's heading where none was entered."""
	row.other_languages = None
	if not row.heading:
		words = clause.in_languages(0)
		row.heading = words[nearest_language(words, doc.text_language)].heading
	if row.choice == ct.TAILORED and former is not None and former.choice not in engine.OWN_WORDS:
		# Written from ours.
		row.wording = (row.wording or "").strip() or former.wording
	_check_words(row)


def _settle_own(doc, row) -> None:
	"""A clause of the contract's own: nobody knows which of ours it undoes, so it counts as a deviation from a must-clause."""
	row.choice = ct.COUNTERPARTY if row.choice == ct.COUNTERPARTY else ct.TAILORED
	row.fallback_number = row.is_optional = 0
	row.category, row.rank, row.other_languages = "", ct.MUST, None
	row.approval_role = engine.role_of(Clause(row.heading or ""), row.choice)
	row.is_deviation = 1
	if not (row.heading or "").strip():
		refuse(
			_("Row {0} of the clauses has neither a clause nor a heading. Enter one.").format(row.idx),
			_("Clauses"),
		)
	_check_words(row)


def _check_words(row) -> None:
	if not (row.wording or "").strip():
		refuse(
			_("Clause {0} is “{1}”, but has no text. Write down what was agreed.").format(
				frappe.bold(escape_html(row.heading or row.clause)), _(row.choice)
			),
			_("Text missing"),
		)
	if row.choice == ct.COUNTERPARTY:
		return  # Shown as it was received, filled in with nothing.
	for field in ("heading", "wording"):
		if fault := merging.fault_of(row.get(field)):
			refuse(
				_("Clause {0}, {1}").format(frappe.bold(escape_html(row.heading or row.clause)), fault),
				_("Wording"),
			)


def _settle_form(doc) -> None:
	"""Say of a contract of ours whether it is our standard."""
	if doc.contract_form != COUNTERPARTY_PAPER:
		deviates = any(cint(row.is_deviation) for row in doc.clauses)
		doc.contract_form = TAILORED_FORM if deviates else STANDARD_FORM


def _keep_paper(doc) -> None:
	"""Keep saying that a contract is on the counterparty's paper while that is what there is of its text."""
	paper = {"contract": doc.name, "kind": COUNTERPARTY_PAPER}
	if not doc.is_new() and frappe.db.exists("Contract Document", paper):
		doc.contract_form = COUNTERPARTY_PAPER


def unexplained(doc) -> tuple[str, ...]:
	"""Return the headings of the clauses that deviate without a reason."""
	return tuple(
		row.heading or row.clause
		for row in doc.get("clauses") or ()
		if cint(row.is_deviation) and not (row.reason or "").strip()
	)


# ------------------------------------------------------------------ the text
def text_of(doc, language: str | None = None) -> ContractText:
	"""Return the text of a contract, its values filled in, in the language nearest to the one asked for; without one, in the
	contract's. Words of a contract's own are there in its language alone, and stand in it."""
	return _text(doc, language)[0]


def languages_of(doc) -> list[str]:
	"""Return the languages that the text of a contract can be written in: its own, and those that every clause of the library in it
	is there in."""
	own = doc.get("text_language") or language_of(doc)
	known = [
		list(json.loads(row.other_languages))
		for row in doc.get("clauses") or ()
		if row.other_languages and row.choice != ct.LEFT_OUT
	]
	return [own, *(code for code in in_all(known) if code != own)]


def open_text(doc) -> tuple[str, ...]:
	"""Return the labels of what the text of a contract names and the contract does not say."""
	return tuple(_text(doc, None)[1]) if doc.get("clauses") else ()


def _text(doc, language: str | None) -> tuple[ContractText, list[str]]:
	language = language or doc.get("text_language") or language_of(doc)
	values = merging.values_of(doc, language)
	sections = [_section(doc, row, language, values) for row in doc.get("clauses") or ()]
	return ContractText(doc.title or "", language, ct.numbered(sections)), values.gaps


def _section(doc, row, language: str, values: merging.Values) -> Section:
	heading, text = _words_in(doc, row, language)
	clause, rank, choice = row.clause or "", row.rank or "", row.choice or ct.STANDARD
	if choice == ct.LEFT_OUT:
		return Section("", heading, rank, clause, choice)
	if choice != ct.COUNTERPARTY:
		word = Wording(language, heading, text)
		heading, text = (filled_in(word, field, language, values) for field in ("heading", "text"))
	return Section("", " ".join(heading.split()), rank, clause, choice, ct.paragraphs_of(text))


def filled_in(word: Wording, field: str, language: str, values: merging.Values) -> str:
	"""Return the heading or the text of a wording with the values of a contract."""
	try:
		with writing_in(language):
			return merging.fill_in(getattr(word, field), values)
	except merged_texts.UnsafeTextError as unsafe:
		fault = merged_texts.fault_text(unsafe.fault, merging.WORDS)
		refuse(_("Clause {0}, {1}").format(frappe.bold(escape_html(word.heading)), fault), _("Wording"))


def _words_in(doc, row, language: str) -> tuple[str, str]:
	if language != doc.get("text_language") and row.other_languages:
		words = json.loads(row.other_languages)
		found = nearest_language(words, language)
		if found:
			return words[found][0], words[found][1]
	return row.heading or "", row.wording or ""


def refuse(message: str, title: str) -> None:
	frappe.throw(message, ContractError, title=title)


def _refuse(doc, message: str) -> None:
	refuse(f"{_('Clause {0}').format(frappe.bold(doc.clause_name or doc.name))}: {message}", _(CLAUSE))
