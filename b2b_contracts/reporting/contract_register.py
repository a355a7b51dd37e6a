"""The register of contracts: every data point, and what is missing of each (requirements §6). Tables are read whole, each by one
query, for the contracts that the session user may see."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Count, Sum
from frappe.utils import cint, getdate
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from b2b_contracts.contracts import visible
from b2b_contracts.contracts.facts import CONTRACT, CONTRACT_TYPE, day_of
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_register as engine
from b2b_contracts.engine.contract_register import Certificate, Control, Duty, Finding, Record, Review

# What a contract says in fields of its own, in the order of the form.
TERMS = (
	*("duration_type", "initial_months", "second_period_months", "renewal_months", "first_end_date"),
	*("binding_end", "go_live_date", "notice_period", "notice_unit", "internal_lead_days"),
	*("renegotiation_days", "renewal_probability", "renewal_decision", "termination_kind"),
	*("price_model", "price_list", "price_adjustment_on", "price_adjustment_months", "index_formula"),
	*("invoicing_frequency", "payment_terms_template", "payment_reference_point", "late_interest_percent"),
	*("paper_invoice_fee", "fx_band_percent", "fx_base_rate", "incoterm", "named_place"),
	*("liability_cap_amount", "liability_cap_percent", "liability_covers", "warranty_months", "warranty"),
	*("venue", "dispute_ladder", "confidentiality_years", "audit_notice_days", "subcontractors"),
	*("data_processing_agreement", "exit_plan", "force_majeure"),
)
HEAD = (
	*("name", "title", "contract_type", "customer", "customer_name", "company", "status", "docstatus"),
	*("contract_owner", "account_manager", "confidentiality", "governing_law", "currency", "total_value"),
	*("annual_value", "contract_form", "parent_contract", "amendment_number", "external_reference"),
	*("start_date", "end_date", "notice_deadline", "last_date_to_act", "terminated_on", "next_key_date"),
	*("next_key_date_kind", "in_force_from", "in_force_until", "replaced_by", "approved_by", "approved_on"),
	*("signed_on", "signed_file", "dpa_document", "creation", "need", "template"),
)
OBLIGATION, MILESTONE, CERTIFICATE, CONTROL, REVIEW = (
	"Contract Obligation",
	"Contract Milestone",
	"Contract Insurance Certificate",
	"Contract Compliance Item",
	"Contract Review",
)
COUNTED = (
	*("Contract Price", "Contract Discount", "Contract Bonus", "Contract Service Level", "Contract Call-off"),
	*("Contract Clause Use", "Contract Signatory", "Contract Risk", "Contract Meeting"),
)
# Fields of a contract that a filter may name, and whether it takes several values.
FILTERS = (
	"contract_type",
	"governing_law",
	"contract_owner",
	"account_manager",
	"confidentiality",
	"customer",
)


@dataclass(frozen=True)
class Wanted:
	"""Of which contracts: of some companies, in some states (none: in any), and with what in which fields."""

	companies: tuple[str, ...]
	states: tuple[str, ...] = ()
	filters: Mapping[str, str] = field(default_factory=dict)

	@cached_property
	def seen(self) -> Criterion:
		"""That the session user may see a contract; asked once for all queries."""
		return visible.among(frappe.qb.DocType(CONTRACT).name)


@dataclass(frozen=True, slots=True)
class Entry:
	"""A contract with all that it says, what is missing of it, and how many rows of each table and documents it has."""

	row: frappe._dict
	record: Record
	findings: tuple[Finding, ...]
	light: str
	counts: Mapping[str, int]
	parties: tuple[str, ...]

	def count(self, doctype: str) -> int:
		return self.counts.get(doctype, 0)


def read(wanted: Wanted, today: date | None = None) -> list[Entry]:
	"""Return the contracts that the session user may see, by customer and start, by as many queries for one as for thousands."""
	today = today or getdate()
	rows = _contracts(wanted)
	if not rows:
		return []
	tables = {
		doctype: _grouped(_table(doctype, fields, wanted))
		for doctype, fields in (
			(CONTROL, ("control", "is_required", "is_done", "expiry_date", "evidence")),
			(
				CERTIFICATE,
				("insurance_type", "insurer", "amount", "expiry_date", "certificate", "responsible"),
			),
			(OBLIGATION, ("title", "owed_by", "due_date", "is_done", "responsible", "acceptance")),
			(MILESTONE, ("title", "due_date", "is_done", "responsible", "acceptance")),
			(REVIEW, ("review_function", "is_required", "due_date", "outcome", "reviewer", "reviewer_role")),
			("Contract Party", ("party_name", "party_role")),
		)
	}
	required = _required()
	counts = _counts(wanted)
	found = []
	for row in rows:
		own = {doctype: grouped.get(row.name, []) for doctype, grouped in tables.items()}
		own_counts = {**counts.get(row.name, {}), **{name: len(every) for name, every in own.items()}}
		record = _record(row, own, _missing(row, required.get(row.contract_type, ()), own_counts))
		findings = engine.findings(record, today)
		parties = tuple(
			party.party_name for party in own["Contract Party"] if party.party_role not in ("Us", "")
		)
		found.append(Entry(row, record, findings, engine.light_of(record, findings), own_counts, parties))
	return found


# ------------------------------------------------------------------ queries
def _filtered(query: QueryBuilder, contract, wanted: Wanted) -> QueryBuilder:
	query = query.where(contract.company.isin(list(wanted.companies) or [""]))
	if wanted.states:
		query = query.where(contract.status.isin(list(wanted.states)))
	for name, value in wanted.filters.items():
		if value:
			query = query.where(contract[name] == value)
	return query.where(wanted.seen)


def _contracts(wanted: Wanted) -> list[frappe._dict]:
	contract = frappe.qb.DocType(CONTRACT)
	query = (
		frappe.qb.from_(contract)
		.select(*(contract[name] for name in (*HEAD, *TERMS, *_other_fields())))
		.orderby(contract.customer_name)
		.orderby(contract.start_date)
		.orderby(contract.name)
	)
	return _filtered(query, contract, wanted).run(as_dict=True)


def _table(doctype: str, fields: tuple[str, ...], wanted: Wanted) -> list[frappe._dict]:
	table, contract = frappe.qb.DocType(doctype), frappe.qb.DocType(CONTRACT)
	query = (
		frappe.qb.from_(table)
		.join(contract)
		.on((contract.name == table.parent) & (table.parenttype == CONTRACT))
		.select(table.parent, *(table[name] for name in fields))
		.orderby(table.parent)
		.orderby(table.idx)
	)
	return _filtered(query, contract, wanted).run(as_dict=True)


def _grouped(rows: Iterable[frappe._dict]) -> dict[str, list[frappe._dict]]:
	found: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in rows:
		found[row.parent].append(row)
	return dict(found)


def _counts(wanted: Wanted) -> dict[str, dict[str, int]]:
	"""Return how many rows of some tables, documents and letters each contract has."""
	found: dict[str, dict[str, int]] = defaultdict(dict)
	contract = frappe.qb.DocType(CONTRACT)
	for doctype in COUNTED:
		table = frappe.qb.DocType(doctype)
		query = (
			frappe.qb.from_(table)
			.join(contract)
			.on((contract.name == table.parent) & (table.parenttype == CONTRACT))
			.groupby(table.parent)
			.select(table.parent, Count(table.name))
		)
		for name, count in _filtered(query, contract, wanted).run():
			found[name][doctype] = count
	document = frappe.qb.DocType("Contract Document")
	query = (
		frappe.qb.from_(document)
		.join(contract)
		.on(contract.name == document.contract)
		.groupby(document.contract)
		.select(
			document.contract,
			Count(document.name),
			Sum(Case().when(document.kind == "Signed", 1).else_(0)),
		)
	)
	for name, count, signed in _filtered(query, contract, wanted).run():
		found[name] |= {"Contract Document": count, "Signed": int(signed)}
	return dict(found)


def _required() -> dict[str, tuple[tuple[str, str], ...]]:
	"""Return which fields each contract type wants filled in, with what they are called."""
	meta = frappe.get_meta(CONTRACT)
	found = {}
	for row in frappe.get_all(CONTRACT_TYPE, fields=["name", "required_fields"]):
		names = [name.strip() for name in (row.required_fields or "").split(",") if name.strip()]
		found[row.name] = tuple((name, meta.get_label(name)) for name in names if meta.has_field(name))
	return found


def _other_fields() -> tuple[str, ...]:
	"""Return the fields that some contract type wants and the register does not read otherwise."""
	meta = frappe.get_meta(CONTRACT)
	wanted = {name for fields in _required().values() for name, _label in fields}
	return tuple(
		sorted(
			name
			for name in wanted.difference(HEAD, TERMS)
			if meta.get_field(name).fieldtype not in frappe.model.table_fields
		)
	)


def _missing(row, required: Iterable[tuple[str, str]], counts: Mapping[str, int]) -> tuple[str, ...]:
	"""Return what is called what a contract's type wants and it does not have; a table is there when it has a row."""
	meta = frappe.get_meta(CONTRACT)
	found = []
	for name, label in required:
		wanted = meta.get_field(name)
		is_table = wanted.fieldtype in frappe.model.table_fields
		if not (counts.get(wanted.options) if is_table else row.get(name)):
			found.append(label)
	return tuple(found)


def _record(row, own: Mapping[str, list], missing: tuple[str, ...]) -> Record:
	duties = [
		*(
			Duty(one.title or "", day_of(one.due_date), bool(cint(one.is_done)), one.owed_by != "Customer")
			for one in own[OBLIGATION]
		),
		*(
			Duty(one.title or "", day_of(one.due_date), bool(cint(one.is_done)), is_milestone=True)
			for one in own[MILESTONE]
		),
	]
	return Record(
		row.status,
		bool(row.signed_on),
		bool(row.signed_file),
		row.data_processing_agreement or "",
		bool(row.dpa_document),
		missing,
		tuple(
			Control(
				*(one.control or "", bool(cint(one.is_required)), bool(cint(one.is_done))),
				*(day_of(one.expiry_date), bool(one.evidence)),
			)
			for one in own[CONTROL]
		),
		tuple(
			Certificate(one.insurance_type or "", day_of(one.expiry_date), bool(one.certificate))
			for one in own[CERTIFICATE]
		),
		tuple(duties),
		tuple(
			Review(
				*(one.review_function or "", bool(cint(one.is_required))),
				*(day_of(one.due_date), bool(one.outcome)),
			)
			for one in own[REVIEW]
		),
	)


# ------------------------------------------------------------------ what is open
@dataclass(frozen=True, slots=True)
class Open:
	"""Something of a contract that somebody has to see to: an obligation, a milestone, a certificate, a control, a review."""

	row: frappe._dict
	kind: str
	title: str
	due: date | None
	light: str
	owed_by: str = ""
	responsible: str = ""
	note: str = ""


def open_items(wanted: Wanted, today: date | None = None) -> list[Open]:
	"""Return what is open of the contracts, the first due on top: what is done, and what expires never, is left out."""
	today = today or getdate()
	contracts = {row.name: row for row in _contracts(wanted)}
	found: list[Open] = []

	def add(kind: str, rows: Iterable[frappe._dict], day: str, title: str, **named: str) -> None:
		for one in rows:
			due = day_of(one[day])
			found.append(
				Open(
					contracts[one.parent],
					kind,
					one[title] or "",
					due,
					engine.light_of_day(due, False, today),
					**{name: one[field] or "" for name, field in named.items()},
				)
			)

	def rows(doctype: str, *fields: str) -> list[frappe._dict]:
		return [row for row in _table(doctype, fields, wanted) if row.parent in contracts]

	duty = {"responsible": "responsible", "note": "acceptance"}
	fields = ("title", "due_date", "is_done", "responsible", "acceptance")
	add(
		OBLIGATION,
		(row for row in rows(OBLIGATION, *fields, "owed_by") if not cint(row.is_done)),
		*("due_date", "title"),
		owed_by="owed_by",
		**duty,
	)
	add(
		MILESTONE,
		(row for row in rows(MILESTONE, *fields) if not cint(row.is_done)),
		*("due_date", "title"),
		**duty,
	)
	still = {name for name, row in contracts.items() if row.status not in (*life.OVER, life.REJECTED)}
	add(
		CERTIFICATE,
		(
			row
			for row in rows(CERTIFICATE, "insurance_type", "insurer", "expiry_date", "responsible")
			if row.expiry_date and row.parent in still
		),
		*("expiry_date", "insurance_type"),
		responsible="responsible",
		note="insurer",
	)
	add(
		CONTROL,
		(
			row
			for row in rows(CONTROL, "control", "is_done", "is_required", "expiry_date", "responsible")
			if row.parent in still and (row.expiry_date if cint(row.is_done) else cint(row.is_required))
		),
		*("expiry_date", "control"),
		responsible="responsible",
	)
	add(
		REVIEW,
		(
			row
			for row in rows(REVIEW, "review_function", "outcome", "due_date", "reviewer", "reviewer_role")
			if not row.outcome and contracts[row.parent].status == life.IN_REVIEW
		),
		*("due_date", "review_function"),
		responsible="reviewer",
		note="reviewer_role",
	)
	return sorted(found, key=lambda one: (one.due is None, one.due or date.max, one.row.name, one.title))
