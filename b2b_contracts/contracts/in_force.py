"""Which contract is in force on a day: a contract and its amendments as a chain, and what follows stored on each (requirements
§6).

The days are stored, `in_force_from` and `in_force_until` (empty: open), so that whoever asks what was agreed with a customer on a
day reads an index. A contract that was not signed is never in force, and neither status nor daily job is asked.
"""

from datetime import date

import frappe
from frappe.utils import cint, getdate

from b2b_contracts.credit import agreed_terms, locking
from b2b_contracts.engine import contract_chain as engine
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine.contract_chain import Member, Span

from . import facts, pricing
from .facts import CONTRACT, day_of

SIGNED = agreed_terms.SIGNED
# A signed contract that the daily job looks at.
WATCHED = (life.OUT_FOR_SIGNATURE, *life.RUNNING)
# What the place of one in its chain follows from, and what is stored of it.
FIELDS = (
	*("name", "docstatus", "status", "effective_from", "start_date", "signed_on", "amendment_number"),
	*("duration_type", "initial_months", "renewal_months", "second_period_months", "first_end_date"),
	*("notice_period", "notice_unit", "binding_end", "terminated_on", "withdraws_notice"),
	*("in_force_from", "in_force_until", "original_contract", "replaced_by"),
)


# ------------------------------------------------------------------ asked
def in_force_on(customer: str, company: str, on: date) -> list[str]:
	"""Return the contracts with a customer that are in force in a company on a day, also those of its group that cover it as a
	party; what took effect last first."""
	return [row.name for row in agreed_terms.in_force(customer, company, on)]


def chain_of(name: str) -> list[str]:
	"""Return a contract and all its amendments, the original one first and the others by their number, signed or not."""
	original = frappe.db.get_value(CONTRACT, name, "original_contract") or name
	amendments = frappe.get_all(
		CONTRACT,
		filters={"original_contract": original},
		pluck="name",
		order_by="amendment_number, name",
	)
	return [original, *amendments]


def state_on(name: str, on: date):
	"""Return the contract that is in force of a contract's chain on a day, None where there is none."""
	# Compared here: for get_all an empty day, of what is never in force, is before every other.
	for one in frappe.get_all(
		CONTRACT,
		filters={"name": ["in", chain_of(name)], "docstatus": SIGNED, "in_force_from": ["is", "set"]},
		fields=["name", "in_force_from", "in_force_until"],
	):
		if Span(one.name, one.in_force_from, one.in_force_until).holds(getdate(on)):
			return frappe.get_doc(CONTRACT, one.name)
	return None


# ------------------------------------------------------------------ computed
def member_of(row) -> Member:
	"""Return what the place of a signed contract in its chain follows from."""
	term = facts.term_of(row)
	return Member(
		row.name,
		effective_day(row),
		getdate(row.signed_on),
		cint(row.amendment_number),
		None if term.renews else terms.period(term, 1).end,
		day_of(row.terminated_on),
		bool(cint(row.withdraws_notice)),
	)


def effective_day(row) -> date:
	"""Return the first day of a contract, or the day an amendment takes effect."""
	return getdate(row.effective_from or row.start_date)


def days_of(rows: list) -> dict[str, dict]:
	"""Return for each contract of a chain (rows of `FIELDS`) when it is in force and what takes its place after that:
	`{in_force_from, in_force_until, replaced_by}`, the days empty for never."""
	members = signed(rows)
	following = engine.replacements(members)
	found = {
		row.name: {"in_force_from": None, "in_force_until": None, "replaced_by": following.get(row.name)}
		for row in rows
	}
	for span in engine.spans(members):
		found[span.name] |= {"in_force_from": span.start, "in_force_until": span.end}
	return found


def signed(rows: list) -> list[Member]:
	"""Return the members of a chain that were signed; the others have no place in it yet."""
	return [member_of(row) for row in rows if row.docstatus == SIGNED]


def locked_rows(name: str) -> list:
	"""Return the contracts of a chain as they are now, each locked by its primary key, always in the same order."""
	rows = [
		frappe.db.get_value(CONTRACT, one, FIELDS, as_dict=True, for_update=True)
		for one in sorted(chain_of(name))
	]
	return [row for row in rows if row]


def locked_doc(name: str):
	"""Return a contract, locked with all of its chain: what happens to one says when the others are in force."""
	locked_rows(name)
	return locking.locked_doc(CONTRACT, name)


def sync(doc) -> None:
	"""Store when a contract, and each other of its chain, is in force. What takes its place is known from its signature on, also
	where its day is still to come."""
	rows = locked_rows(doc.name)
	days = days_of(rows)
	changed = False
	for row in rows:
		new = days[row.name]
		if all(row.get(name) == value for name, value in new.items()):
			continue
		changed = True
		if row.name == doc.name:
			locking.write(doc, new)
			continue
		if row.status in WATCHED:
			new["next_watch_on"] = getdate()
		frappe.db.set_value(CONTRACT, row.name, new, update_modified=False)
	if changed:
		pricing.follow(doc.name)


# ------------------------------------------------------------------ watched
def tells_of(doc, day: date) -> bool:
	"""Whether people are told of a date by this contract: it is in force then, and no other of its chain, which tells of it."""
	if doc.parent_contract and (not doc.in_force_from or day < getdate(doc.in_force_from)):
		return False
	replaced = facts.replaced_from(doc)
	return replaced is None or day < replaced


def turning_days(doc) -> tuple[date | None, ...]:
	"""Return the days on which a contract takes effect, is replaced, or lapses; None for those that it does not have."""
	return facts.starts(doc), facts.replaced_from(doc), facts.lapses_on(doc)
