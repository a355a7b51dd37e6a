"""What an amendment changes, field by field, row by row and in the text, and how a contract stood on any day, in words and figures
for a screen (requirements §6)."""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.engine import contract_differences as differences
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.engine import text_comparison

from . import amendments, clauses, facts, in_force
from .contracts import refuse
from .facts import CONTRACT, day_of

# What rows are about: those about the same are compared with each other. Others by the first fields of their list.
ABOUT = {
	"answers": ("question",),
	"bonuses": ("applies_to", "from_turnover", "valid_from"),
	"call_offs": ("item_code", "item_group"),
	"certificates": ("insurance_type",),
	"copy_recipients": ("user",),
	"discounts": ("item_code", "item_group", "price_list", "from_quantity", "valid_from"),
	"key_dates": ("title",),
	"meetings": ("title", "meeting_date"),
	"milestones": ("title",),
	"obligations": ("title",),
	"parties": ("party_name",),
	"prices": ("item_code", "item_group", "from_quantity", "valid_from"),
	"risks": ("risk",),
	"service_levels": ("service",),
}
# The controls and signatories of an amendment are its own; clauses are compared as the text that they make.
NOT_COMPARED = ("clauses", "compliance", "signatories")
# Of a day these count.
TABLES_OF_DAY = ("prices", "discounts", "bonuses", "service_levels")


# ------------------------------------------------------------------ what it changes
def changes_of(doc) -> dict:
	"""Return what an amendment changes: `{base, base_title, effective_from, other_base, values: [{label, before, after}], rows:
	[{table, kind, about, changes: [{label, before, after}]}], text: [{kind, rank, heading, parts: [{kind, text}]}]}`."""
	if not doc.parent_contract:
		refuse(_("Contract {0} amends nothing.").format(doc.name), _("No amendment"))
	before = amendments.inherited(doc)
	after = amendments.values_of(doc)
	fields = [field for field in amendments.inherited_fields(doc.meta) if _is_compared(field)]
	plain = [field.fieldname for field in fields if field.fieldtype not in frappe.model.table_fields]
	return {
		"base": doc.parent_contract,
		"base_title": frappe.db.get_value(CONTRACT, doc.parent_contract, "title"),
		"effective_from": str(doc.effective_from or ""),
		"other_base": amendments.other_base(doc) if doc.docstatus != in_force.SIGNED else "",
		"values": [
			_change(doc.meta, change, doc.currency)
			for change in differences.of_values(amendments.plain(before), amendments.plain(after), plain)
		],
		"rows": list(_rows(doc, fields, before, after)),
		"text": _text(doc),
	}


def _is_compared(field) -> bool:
	return field.fieldname not in (*amendments.NOT_TERMS, *NOT_COMPARED)


def _change(meta, change: differences.Change, currency: str | None) -> dict:
	field = meta.get_field(change.field)
	return {
		"label": _(field.label, context=meta.name),
		"before": shown(field, change.before, currency, meta.name),
		"after": shown(field, change.after, currency, meta.name),
	}


def _rows(doc, fields: Iterable, before: dict, after: dict) -> Iterable[dict]:
	for field in fields:
		if field.fieldtype not in frappe.model.table_fields:
			continue
		meta = frappe.get_meta(field.options)
		about = _about(field.fieldname, meta)
		names = [one.fieldname for one in meta.fields if one.fieldtype not in amendments.NO_VALUES]
		one, other = (amendments.plain(state.get(field.fieldname) or []) for state in (before, after))
		for row in differences.of_rows(field.fieldname, one, other, about, names):
			yield {
				"table": _(field.label, context=CONTRACT),
				"kind": row.kind,
				"about": said_of_row(meta, row.row, about, doc.currency),
				"changes": [_change(meta, change, doc.currency) for change in row.changes],
				"values": _filled(meta, row.row, about, doc.currency) if not row.changes else [],
			}


def _about(table: str, meta) -> list[str]:
	there = [name for name in ABOUT.get(table, ()) if meta.has_field(name)]
	return there or [field.fieldname for field in meta.fields if field.in_list_view][:2]


def said_of_row(meta, row, about: Iterable[str], currency: str | None) -> str:
	"""Return what a row is about, in words."""
	values = (shown(meta.get_field(name), row.get(name), currency, meta.name) for name in about)
	return ", ".join(value for value in values if value)


def _filled(meta, row, but_for: Iterable[str], currency: str | None) -> list[dict]:
	"""Return the fields of a row that say something."""
	return [
		{
			"label": _(field.label, context=meta.name),
			"value": shown(field, row.get(field.fieldname), currency, meta.name),
		}
		for field in meta.fields
		if field.fieldtype not in amendments.NO_VALUES
		and not field.hidden
		and field.fieldname not in but_for
		and row.get(field.fieldname)
	]


def shown(field, value, currency: str | None, context: str) -> str:
	"""Return a value as people here write it; nothing for nothing."""
	if field.fieldtype == "Check":
		return _("Yes") if cint(value) else _("No")
	if value in (None, "", 0, 0.0):
		return ""
	if field.fieldtype == "Currency":
		return frappe.format_value(value, {"fieldtype": "Currency"}, currency=currency)
	if field.fieldtype == "Percent":
		return f"{frappe.format_value(value, {'fieldtype': 'Float'})} %"
	if field.fieldtype == "Select":
		return _(value, context=context)
	if field.fieldtype == "Link" and field.options in ("User", "Customer"):
		title = {"User": "full_name", "Customer": "customer_name"}[field.options]
		return frappe.db.get_value(field.options, value, title) or value
	if field.fieldtype in ("Small Text", "Text", "Long Text", "Data", "Link", "Attach"):
		return str(value)
	return frappe.format_value(value, {"fieldtype": field.fieldtype})


def _text(doc) -> list[dict]:
	"""Return what changes in the text, clause by clause, the strictest first; nothing where there is no text."""
	former = frappe.get_doc(CONTRACT, doc.parent_contract)
	if not doc.get("clauses") and not former.get("clauses"):
		return []
	language = doc.get("text_language") or former.get("text_language") or None
	before, after = (clauses.text_of(one, language).sections for one in (former, doc))
	return [
		{
			"kind": change.kind,
			"rank": change.rank,
			"heading": next(part.heading for part in (change.after, change.before) if part),
			"parts": [{"kind": part.kind, "text": part.text} for part in _parts(change)],
		}
		for change in text_comparison.differences(text_comparison.compare(before, after))
	]


def _parts(change: text_comparison.Change) -> tuple[text_comparison.Part, ...]:
	if change.parts:
		return change.parts
	if change.before and not change.after:
		return (text_comparison.Part(text_comparison.REMOVED, change.before.text),)
	if change.after and not change.before:
		return (text_comparison.Part(text_comparison.INSERTED, change.after.text),)
	return (text_comparison.Part(text_comparison.KEPT, change.after.text),)


# ------------------------------------------------------------------ as of any day
def state_of(name: str, on: date) -> dict:
	"""Return how a contract stood, or will stand, on a day: `{on, text, contract, title, chain, values: [{label, value}], tables:
	[{label, rows: [{about, values}]}]}`. What is known today counts; a notice only from the day on which it was given."""
	doc = in_force.state_on(name, on)
	found = {"on": str(on), "chain": _chain(name), "values": [], "tables": []}
	if doc is None:
		return {**found, "text": _nothing(name, on), "contract": None, "title": None}
	doc.check_permission("read")
	return {
		**found,
		"text": _said(doc, on),
		"contract": doc.name,
		"title": doc.title,
		"values": [*_dates(doc, on), *_values(doc)],
		"tables": [table for table in (_table(doc, name, on) for name in TABLES_OF_DAY) if table["rows"]],
	}


def _chain(name: str) -> list[dict]:
	rows = frappe.get_all(
		CONTRACT,
		filters={"name": ["in", in_force.chain_of(name)], "in_force_from": ["is", "set"]},
		fields=["name", "title", "amendment_number", "in_force_from", "in_force_until"],
		order_by="in_force_from",
	)
	return [
		{
			"contract": row.name,
			"title": row.title,
			"from": str(row.in_force_from),
			"until": str(row.in_force_until or ""),
		}
		for row in rows
	]


def _nothing(name: str, on: date) -> str:
	spans = _chain(name)
	if not spans:
		return _("Nothing of contract {0} is signed, so nothing is in force on any day.").format(name)
	if getdate(spans[0]["from"]) > on:
		return _("Nothing is in force on {0}: the contract starts on {1}.").format(
			formatdate(on), formatdate(spans[0]["from"])
		)
	return _("Nothing is in force on {0}: the contract ended on {1}.").format(
		formatdate(on), formatdate(spans[-1]["until"])
	)


def _said(doc, on: date) -> str:
	which = (
		_("amendment {0} ({1})").format(doc.amendment_number, doc.name)
		if doc.parent_contract
		else _("the original contract ({0})").format(doc.name)
	)
	if doc.in_force_until:
		return _("On {0}, {1} is in force, from {2} until {3}.").format(
			*(formatdate(on), which, formatdate(doc.in_force_from), formatdate(doc.in_force_until))
		)
	return _("On {0}, {1} is in force, from {2} on.").format(
		formatdate(on), which, formatdate(doc.in_force_from)
	)


def _dates(doc, on: date) -> list[dict]:
	"""Return the period that runs on a day and the deadlines of that day, as they were known then."""
	known = facts.key_facts(doc)
	noticed = day_of(doc.notice_given_on)
	ends_on = known.ends_on if noticed is None or noticed <= on else None
	state, period = terms.state_on(known.term, on, ends_on)
	if state != terms.RUNNING:
		return []
	rows = [(_("Period"), str(period.number)), (_("Runs until"), _day(period.end))]
	if ends_on is None:
		deadline = terms.deadline_on(known.term, on)
		act = terms.last_date_to_act(deadline, known.lead_days, known.holidays) if deadline else None
		rows += [(_("Notice deadline"), _day(deadline)), (_("Last date to act"), _day(act))]
	else:
		rows.append((_("Ends by notice on"), _day(ends_on)))
	adjusted = keys.next_price_adjustment(known, on)
	rows.append((_("Prices adjusted on"), _day(adjusted)))
	return [{"label": label, "value": value} for label, value in rows if value]


def _day(day: date | None) -> str:
	return formatdate(day) if day else ""


def _values(doc) -> list[dict]:
	fields = [
		field
		for field in amendments.inherited_fields(doc.meta)
		if field.fieldtype not in frappe.model.table_fields
		and not field.hidden
		and doc.get(field.fieldname)
		and field.fieldname not in amendments.NOT_TERMS
	]
	return [
		{
			"label": _(field.label, context=CONTRACT),
			"value": shown(field, doc.get(field.fieldname), doc.currency, CONTRACT),
		}
		for field in fields
	]


def _table(doc, table: str, on: date) -> dict:
	field = doc.meta.get_field(table)
	meta = frappe.get_meta(field.options)
	about = _about(table, meta)
	return {
		"label": _(field.label, context=CONTRACT),
		"rows": [
			{
				"about": said_of_row(meta, row, about, doc.currency),
				"values": _filled(meta, row, about, doc.currency),
			}
			for row in doc.get(table)
			if _counts(row, on)
		],
	}


def _counts(row, on: date) -> bool:
	start, end = day_of(row.get("valid_from")), day_of(row.get("valid_to"))
	return (start is None or start <= on) and (end is None or on <= end)
