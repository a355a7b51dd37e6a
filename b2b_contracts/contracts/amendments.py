"""An amendment: a whole contract of its own that starts with what is agreed, is signed like any other, and takes the place of what
it amends on its day (requirements §6).

What it started with is kept with it, so that what it changes can be said later too, whatever has happened to the contract that it
amends since then.
"""

import json
from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import locking
from b2b_contracts.engine import contract_chain as chain
from b2b_contracts.engine import contract_differences as differences
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms

from . import contracts, events, facts, in_force
from .contracts import refuse
from .facts import CONTRACT, day_of

# Not what was agreed but why, and what it is called.
NOT_TERMS = ("title", "need")
# One of these says how long the first period is, and none of what is amended is mixed into it.
LENGTHS = ("initial_months", "first_end_date")
RENEW = "Renew"
DECISION = ("renewal_decision", "decided_for", "decided_by", "decision_reason")
NOTICE = (
	*DECISION,
	*("termination_kind", "notice_given_on", "notice_in_time", "terminated_on", "notice_document"),
)
# The controls of an amendment are its own.
CHECKED_ANEW = ("compliance",)
NOT_OF_ROWS = ("idx", "name", "owner", "creation", "modified", "modified_by", "docstatus")
NO_VALUES = (*contracts.NOT_STORED, "HTML", "Button")


def inherit(doc) -> None:
	"""Fill in of a new amendment what was not said of it, by what it amends."""
	if not doc.parent_contract or not frappe.db.exists(CONTRACT, doc.parent_contract):
		return
	parent = frappe.get_doc(CONTRACT, doc.parent_contract)
	blank = frappe.new_doc(CONTRACT)
	said = {name for name in (*LENGTHS, "compliance") if doc.get(name)}
	for name, value in values_of(parent).items():
		if name in NOT_TERMS or name in said or (name in LENGTHS and not said.isdisjoint(LENGTHS)):
			continue
		if name == "compliance":
			value = _controls_of(parent)
		if isinstance(value, list):
			if not doc.get(name):
				doc.extend(name, value)
		elif not _is_said(doc, name, blank):
			doc.set(name, value)
	for row in doc.signatories:
		row.signed_on = None


def _is_said(doc, name: str, blank) -> bool:
	"""Whether a field of a new document was given. What Frappe fills in by itself (the first of some options, the currency of the
	site), as in a blank one, was not."""
	value = doc.get(name)
	return value is not None and value != blank.get(name)


def _controls_of(parent) -> list[dict]:
	"""Return the controls of an amendment: those of what it amends and of its type, each to be done again."""
	kind = facts.type_of(parent)
	asked = kind.controls if kind else ()
	found = {row.control: {"control": row.control, "is_required": row.is_required} for row in asked}
	for row in parent.compliance:
		found[row.control] = {
			"control": row.control,
			"is_required": row.is_required,
			"responsible": row.responsible,
		}
	return list(found.values())


def place(doc) -> None:
	"""Give an amendment that is entered its place: its number, its day, and the values that it starts from."""
	if not doc.parent_contract:
		doc.update({"original_contract": None, "amendment_number": 0, "effective_from": None})
		doc.update({"withdraws_notice": 0, "inherited_values": None})
		return
	before = doc.get_doc_before_save()
	if before is not None and before.parent_contract == doc.parent_contract:
		return
	if not frappe.db.exists(CONTRACT, doc.parent_contract):
		return  # Frappe says so
	parent = frappe.get_doc(CONTRACT, doc.parent_contract)
	original = parent.original_contract or parent.name
	if before is None or before.original_contract != original:
		doc.amendment_number = next_number(original)
	doc.original_contract = original
	if not doc.title:
		title = frappe.db.get_value(CONTRACT, original, "title")
		doc.title = _("{0}, amendment {1}").format(title, doc.amendment_number)
	doc.effective_from = doc.effective_from or max(getdate(), getdate(parent.start_date))
	doc.start_date = doc.start_date or parent.start_date
	doc.inherited_values = json.dumps(values_of(parent), default=str)


def check(doc) -> None:
	"""Refuse an amendment, while it is written, of another customer's contract, of a day on which there is nothing to amend, or whose
	term starts anew."""
	if doc.amended_from:
		refuse(
			_("A signed contract is not cancelled and entered again. Agree an amendment of {0}.").format(
				doc.amended_from
			),
			_("Amendment"),
		)
	if not doc.parent_contract or doc.status not in life.OPEN:
		return
	rows = chain_rows(doc)
	original = next((row for row in rows if row.name == doc.original_contract), None)
	if original is None or original.docstatus != in_force.SIGNED:
		return  # said already
	if (doc.customer, doc.company) != (original.customer, original.company):
		refuse(
			_("An amendment of contract {0} is with {1} in {2}, as that is.").format(
				original.name, original.customer, original.company
			),
			_("Another customer's contract"),
		)
	_check_days(doc, rows, original)


def _check_days(doc, rows: list, original) -> None:
	start, effective = getdate(original.start_date), getdate(doc.effective_from)
	if not doc.effective_from or effective < start:
		refuse(
			_(
				"Contract {0} starts on {1}. Enter the day on which the amendment takes effect, not before that."
			).format(original.name, formatdate(start)),
			_("Takes effect on"),
		)
	if getdate(doc.start_date) != start:
		refuse(
			_(
				"The term of contract {0} is counted from its start on {1}, and so is that of its amendments. Leave the start as it is, and change how long the contract runs instead."
			).format(original.name, formatdate(start)),
			_("Start date"),
		)
	members = in_force.signed(rows)
	spans = chain.spans(members)
	if not spans:
		return
	end = spans[-1].end
	notice = next((day_of(row.terminated_on) for row in reversed(rows) if row.terminated_on), None)
	if cint(doc.withdraws_notice) and notice is None:
		refuse(
			_("No notice was given of contract {0}: there is none to withdraw.").format(spans[-1].name),
			_("Notice"),
		)
	reaches = end + chain.ONE_DAY if end and (notice is None or cint(doc.withdraws_notice)) else end
	if reaches is not None and effective > reaches:
		refuse(
			_(
				"Contract {0} ends on {1}, and an amendment of {2} comes too late. Let it take effect before that, or agree a new contract."
			).format(spans[-1].name, formatdate(end), formatdate(effective)),
			_("It has ended by then"),
		)
	term = facts.term_of(doc)
	own_end = None if term.renews else terms.period(term, 1).end
	# What goes on after a fixed end is drafted with that end, and given a later one.
	if own_end is not None and own_end < effective and not doc.is_new():
		refuse(
			_("Its first period ends on {0}, before it takes effect on {1}. Enter a later end.").format(
				formatdate(own_end), formatdate(effective)
			),
			_("Ends before it starts"),
		)


def chain_rows(doc) -> list:
	"""Return the other contracts of an amendment's chain, rows of `in_force.FIELDS` with their customer and company."""
	rows = frappe.get_all(
		CONTRACT,
		filters={"name": ["!=", doc.name or ""]},
		or_filters={"name": doc.original_contract, "original_contract": doc.original_contract},
		fields=[*in_force.FIELDS, "customer", "company"],
	)
	return sorted(rows, key=lambda row: (in_force.effective_day(row), cint(row.amendment_number)))


def other_base(doc) -> str:
	"""Return the contract that an amendment takes the place of, where that is not the one it was drafted from: another amendment
	was signed since. Empty where it is."""
	if not doc.parent_contract:
		return ""
	base = base_of(chain_rows(doc), in_force.effective_day(doc))
	return base if base and base != doc.parent_contract else ""


# ------------------------------------------------------------------ drafted
def draft_amendment(parent: str, effective_from=None):
	"""Return an amendment of what is in force of a contract on a day (today), with all that is agreed there; not saved yet."""
	first = frappe.get_doc(CONTRACT, parent)
	if first.docstatus != in_force.SIGNED:
		refuse(
			_(
				"Contract {0} is {1} and not signed: change it as it is, there is nothing to amend yet."
			).format(first.name, _(first.status, context=CONTRACT)),
			_("Not signed yet"),
		)
	effective = max(getdate(effective_from), getdate(first.start_date))
	original = first.original_contract or first.name
	rows = chain_rows(frappe._dict(original_contract=original))
	base = frappe.get_doc(CONTRACT, base_of(rows, effective) or first.name)
	values = {name: "" if value is None else value for name, value in values_of(base).items()}
	for name in NOT_TERMS:
		values.pop(name)
	values["compliance"] = _controls_of(base)
	for row in values["signatories"]:
		row["signed_on"] = None
	doc = frappe.get_doc({"doctype": CONTRACT, **values})
	doc.update({"parent_contract": base.name, "effective_from": effective, "status": life.DRAFT})
	return doc


def amend(parent: str, effective_from, need: str = "", withdraws_notice: bool = False):
	"""Enter an amendment of a contract that takes effect on a day. Returns it."""
	doc = draft_amendment(parent, effective_from)
	doc.update({"need": (need or "").strip(), "withdraws_notice": int(withdraws_notice)})
	doc.insert()
	events.write(
		frappe.get_doc(CONTRACT, doc.parent_contract),
		events.CHANGED,
		_("Amendment {0} is entered, from {1} on.").format(doc.name, formatdate(doc.effective_from)),
	)
	return doc


def rebase(name: str):
	"""Base an amendment that is being written on what takes effect before it by now: its own changes are kept, and the rest is as it
	is there. Returns it, and the labels of what both changed."""
	doc = frappe.get_doc(CONTRACT, name)
	base = other_base(doc)
	if doc.status not in life.OPEN or not base:
		refuse(
			_(
				"Amendment {0} is based on what it takes the place of already, or is no draft any more."
			).format(name),
			_("Nothing to take over"),
		)
	fields = [
		field.fieldname
		for field in inherited_fields(doc.meta)
		if field.fieldname not in (*NOT_TERMS, *CHECKED_ANEW)
	]
	former, theirs, ours = inherited(doc), values_of(frappe.get_doc(CONTRACT, base)), plain(values_of(doc))
	theirs = plain(theirs)
	both = differences.in_conflict(former, theirs, ours, fields)
	for field, value in differences.merged(former, theirs, ours, fields).items():
		if not _same(value, ours.get(field)):
			doc.set(field, value)
	doc.parent_contract = base
	doc.save()
	return doc, [_(doc.meta.get_label(field), context=CONTRACT) for field in both]


def _same(one, other) -> bool:
	if isinstance(one, list) or isinstance(other, list):
		return differences.same_rows(one or [], other or [])
	return differences.is_same(one, other)


def next_number(original: str) -> int:
	"""Return the number of the next amendment of a contract, amendments of amendments counted with it."""
	latest = frappe.get_all(
		CONTRACT,
		filters={"original_contract": original},
		fields=["amendment_number"],
		order_by="amendment_number desc",
		limit=1,
	)
	return (latest[0].amendment_number if latest else 0) + 1


def inherited_fields(meta) -> list:
	"""Return the fields of a contract that an amendment starts with: all that is agreed, and who answers for it."""
	return [
		field
		for field in meta.fields
		if field.fieldtype not in NO_VALUES
		and not field.no_copy
		and field.fieldname not in contracts.SET_BY_SERVICE
		and field.fieldname not in contracts.COMPUTED
	]


def values_of(doc) -> dict:
	"""Return what of a contract an amendment starts with, rows without what the database adds to them."""
	found = {}
	for field in inherited_fields(doc.meta):
		value = doc.get(field.fieldname)
		if field.fieldtype in frappe.model.table_fields:
			value = [_row(row) for row in value]
		found[field.fieldname] = value
	return found


def _row(row) -> dict:
	return {
		field.fieldname: row.get(field.fieldname)
		for field in row.meta.fields
		if field.fieldtype not in NO_VALUES and not field.no_copy and field.fieldname not in NOT_OF_ROWS
	}


# ------------------------------------------------------------------ taking effect
def predecessor(doc):
	"""Return the contract that was in force before an amendment, or would have been from its first day on; None for what amends
	nothing."""
	if not doc.parent_contract:
		return None
	rows = [row for row in in_force.locked_rows(doc.name) if row.name != doc.name]
	name = base_of(rows, in_force.effective_day(doc))
	return locking.locked_doc(CONTRACT, name) if name else None


def base_of(rows: list, effective: date) -> str | None:
	"""Return which of a chain (rows of `in_force.FIELDS`) an amendment of a day takes the place of, None where there is none."""
	members = in_force.signed(rows)
	return chain.in_force(members, effective) or chain.in_force(members, effective - chain.ONE_DAY)


def taken_over(doc, former) -> dict:
	"""Return what an amendment takes over as it takes the place of another: what was kept up there since it was drafted, the notice
	that was given, and what was decided of the period that runs."""
	values = _kept_up_since(doc, former)
	if former.terminated_on and not doc.terminated_on and not cint(doc.withdraws_notice):
		values |= {name: former.get(name) for name in NOTICE if doc.meta.has_field(name)}
	elif former.renewal_decision == RENEW and _same_period(doc, former, values):
		values |= {name: former.get(name) for name in DECISION}
	return values


def _kept_up_since(doc, former) -> dict:
	"""Return the fields of an amendment that it left as they were, and that have changed since: who answers for the contract, and
	until when a fixed one was renewed."""
	fields = [
		field.fieldname
		for field in inherited_fields(doc.meta)
		if field.fieldname in LENGTHS
		or (field.allow_on_submit and field.fieldtype not in frappe.model.table_fields)
	]
	base, now = inherited(doc), values_of(former)
	ours = {name: doc.get(name) for name in fields}
	kept = differences.merged(base, now, ours, fields)
	# How long it runs is one thing, in two fields.
	if any(not differences.is_same(ours[name], base.get(name)) for name in LENGTHS):
		kept |= {name: ours[name] for name in LENGTHS}
	return {name: value for name, value in kept.items() if not differences.is_same(value, ours[name])}


def _same_period(doc, former, values: dict) -> bool:
	"""Whether what was decided of a contract's period is about that of an amendment too."""
	term = facts.term_of(frappe._dict(doc.as_dict(), **values))
	if former.decided_for:
		return getdate(former.decided_for) == terms.free_end(term, getdate())
	return terms.end_on(term, getdate()) == terms.end_on(facts.term_of(former), getdate())


def take_over_rows(doc, former) -> None:
	"""Take over what was done and entered in the tables that are kept up since an amendment was drafted. Those that it left as they
	were become what they are now; in those that it changed, what was done stays done."""
	base, now, ours = inherited(doc), values_of(former), values_of(doc)
	for field in inherited_fields(doc.meta):
		if field.fieldtype not in frappe.model.table_fields or not field.allow_on_submit:
			continue
		table = field.fieldname
		if table in CHECKED_ANEW or differences.same_rows(plain(ours[table]), plain(now[table])):
			continue
		if differences.same_rows(base.get(table) or [], plain(ours[table])):
			doc.set(table, now[table])
		elif not _tick(doc, table, former):
			continue
		doc.update_child_table(table)


def _tick(doc, table: str, former) -> bool:
	"""Tick off the rows of a table that are done in what it replaces. Returns whether there were any."""
	dated = next(((day, title) for name, _kind, day, title in facts.DATED if name == table), None)
	if dated is None:
		return False
	done = {
		tuple(str(row.get(name)) for name in dated) for row in former.get(table) if cint(row.get("is_done"))
	}
	ticked = False
	for row in doc.get(table):
		if not cint(row.get("is_done")) and tuple(str(row.get(name)) for name in dated) in done:
			row.is_done = 1
			ticked = True
	return ticked


def inherited(doc) -> dict:
	"""Return what an amendment started with. Raises `ValueError` for what amends nothing."""
	if doc.inherited_values:
		return json.loads(doc.inherited_values)
	if not doc.parent_contract:
		raise ValueError(f"contract {doc.name} amends nothing")
	return values_of(frappe.get_doc(CONTRACT, doc.parent_contract))


def plain(value):
	"""Return a value as it is kept with an amendment."""
	return json.loads(json.dumps(value, default=str))
