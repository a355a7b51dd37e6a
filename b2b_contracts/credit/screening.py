"""Who is screened when, the matches that come of it, and what a Compliance Officer decides about them (requirements §2.4).

A customer is screened when it is made, when its name, tax ID or an address changes, after every change of a list, and
every night: `b2b_screened_on` says when that was last, so a job that is killed goes on where it stopped. Decisions about
orders screen nobody; they ask whether a match stands (`account_facts.listing_of`).

Who sells to the customer, and the customer, learn that compliance is looking at them, and no more than that.
"""

import json
from collections.abc import Iterable
from datetime import datetime

import frappe
from frappe import _
from frappe.query_builder.functions import Max
from frappe.utils import get_datetime, getdate, now_datetime

from b2b_contracts.engine import approval, chain, rules
from b2b_contracts.engine import screening as engine
from b2b_contracts.engine.facts import STOP
from b2b_contracts.exceptions import NotYourMandateError, ScreeningError

from . import cases, clearing, gates, jobs, locking, log, mandates, notices, people, policies
from .sanctions_lists import COUNTRIES, CURRENT, ENTRY, LIST

MATCH = "Screening Match"
OPEN, CLEARED, CONFIRMED, ENDED = "Open", "Cleared", "Confirmed", "Ended"
STANDING = (OPEN, CONFIRMED)
"""Matches that stop the customer."""
SCREENED_ON = "b2b_screened_on"
AT_ONCE = 200

Indexes = dict[str, engine.Index]
"""The active lists, by name."""


# ------------------------------------------------------------------ whom to screen
def customer_checked(customer) -> None:
	"""Have a customer screened again whose name or tax ID is new; `b2b_screened_on` is nobody's to write."""
	before = customer.get_doc_before_save()
	if before is None or any(before.get(f) != customer.get(f) for f in ("customer_name", "tax_id")):
		customer.set(SCREENED_ON, None)
	else:
		customer.set(SCREENED_ON, before.get(SCREENED_ON))


def customer_saved(customer) -> None:
	"""Screen a customer whose name or tax ID is new, once this transaction is through."""
	if not customer.get(SCREENED_ON):
		_soon(customer.name)


def address_changed(address) -> None:
	"""Screen the customers of an address that was made, changed or taken away."""
	for row in address.get("links") or []:
		if row.link_doctype == "Customer" and frappe.db.exists("Customer", row.link_name):
			_forget(row.link_name)
			_soon(row.link_name)


def ships_to(doc) -> None:
	"""Look at where an order or delivery goes, which need not be an address of the customer."""
	before = doc.get_doc_before_save()
	address = doc.get("shipping_address_name")
	if address and (before is None or before.get("shipping_address_name") != address):
		jobs.after_commit(
			"b2b_contracts.credit.screening.screen_customer", customer=doc.customer, ship_to=address
		)


def _soon(customer: str) -> None:
	if frappe.flags.in_import or frappe.flags.in_migrate:
		return  # a job for each of thousands of rows: the sweep finds them
	jobs.after_commit("b2b_contracts.credit.screening.screen_customer", customer=customer)


def _forget(customer: str) -> None:
	frappe.db.set_value("Customer", customer, SCREENED_ON, None, update_modified=False)


def merge(old: str, new: str) -> None:
	"""Prepare two customers for their merge: where both match an entry, the stricter answer stays. A merge frees nobody."""
	strictness = (ENDED, CLEARED, OPEN, CONFIRMED)
	fields = ["name", "entry", "status"]
	staying = {row.entry: row for row in frappe.get_all(MATCH, filters={"customer": new}, fields=fields)}
	for row in frappe.get_all(MATCH, filters={"customer": old}, fields=fields):
		other = staying.get(row.entry)
		if other:
			both = (row, other)
			goes = min(both, key=lambda match: strictness.index(match.status))
			frappe.db.delete(MATCH, {"name": goes.name})


def renamed(customer: str, new: str) -> None:
	"""Have a customer screened once it has its new name; until then it has the one that it has still."""
	_forget(customer)
	_soon(new)


# ------------------------------------------------------------------ screening
def screen_customer(customer: str, ship_to: str | None = None) -> None:
	"""Screen one customer, with an address that an order of theirs goes to. Runs in a job."""
	if frappe.db.exists("Customer", customer):
		_screen([customer], _indexes(), now_datetime(), ship_to)


def sweep() -> None:
	"""Screen whoever is due: never screened, not since a list changed, or not today. Run every few minutes."""
	if _due_after("", 1):
		screen_due()


def screen_due() -> int:
	"""Screen everybody who is due, in batches; returns how many. May be killed and run again."""
	changed, started, indexes, last, done = _last_change(), now_datetime(), _indexes(), "", 0
	while batch := _due_after(last, AT_ONCE):
		_screen(batch, indexes, started)
		last, done = batch[-1], done + len(batch)
		if _last_change() != changed:
			# A list has changed meanwhile: everybody is due again.
			changed, started, indexes, last = _last_change(), now_datetime(), _indexes(), ""
	return done


def _due_after(name: str, limit: int) -> list[str]:
	"""Return customers who are due, in order of their names."""
	customer = frappe.qb.DocType("Customer")
	before = max(_last_change(), get_datetime(getdate()))
	screened = customer[SCREENED_ON]
	return list(
		frappe.qb.from_(customer)
		.select(customer.name)
		.where((customer.name > name) & (screened.isnull() | (screened < before)))
		.orderby(customer.name)
		.limit(limit)
		.run(pluck=True)
	)


def _last_change() -> datetime:
	table = frappe.qb.DocType(LIST)
	((changed,),) = frappe.qb.from_(table).select(Max(table.changed_on)).run()
	return get_datetime(changed) if changed else datetime.min


def how_far() -> dict:
	"""Return how many customers are screened since any list changed: `{customers, screened}`."""
	customer = frappe.qb.DocType("Customer")
	of_all = frappe.db.count("Customer")
	left = len(
		frappe.qb.from_(customer)
		.select(customer.name)
		.where(customer[SCREENED_ON].isnull() | (customer[SCREENED_ON] < _last_change()))
		.run()
	)
	return {"customers": of_all, "screened": of_all - left}


def _indexes() -> Indexes:
	"""Read the active lists."""
	found = {}
	for row in frappe.get_all(
		LIST, filters={"active": 1}, fields=["name", "list_type", "threshold"], order_by="name"
	):
		found[row.name] = engine.Index(_entries(row), row.threshold or engine.DEFAULT_THRESHOLD)
	return found


def _entries(sanctions_list) -> Iterable[engine.Entry]:
	of_countries = sanctions_list.list_type == COUNTRIES
	for row in frappe.get_all(
		ENTRY,
		filters={"sanctions_list": sanctions_list.name, "status": CURRENT},
		fields=["name", "party_name", "aliases", "tax_id", "listed_country", "valid_from", "valid_until"],
	):
		aliases = (alias.strip() for alias in (row.aliases or "").split("\n"))
		yield engine.Entry(
			key=row.name,
			names=() if of_countries else tuple(filter(None, (row.party_name, *aliases))),
			tax_id="" if of_countries else row.tax_id or "",
			country=(row.listed_country or "") if of_countries else "",
			valid_from=row.valid_from and getdate(row.valid_from),
			valid_until=row.valid_until and getdate(row.valid_until),
		)


def _screen(customers: list[str], indexes: Indexes, on: datetime, ship_to: str | None = None) -> None:
	"""Screen some customers, each with anything to write in a transaction of its own, and stamp them with the moment as of
	which the lists were read. What fails is logged, and tried again the next night."""
	with_matches = set(
		frappe.get_all(MATCH, filters={"customer": ["in", customers], "status": OPEN}, pluck="customer")
	)
	for customer, party in _parties(customers, ship_to).items():
		found = [(name, hit) for name, index in indexes.items() for hit in index.hits(party, getdate())]
		if found or customer in with_matches:
			clearing.in_own_transaction(_keep, customer, party.names[0], found, indexes)
	clearing.in_own_transaction(_stamp, customers, on)


def _keep(customer: str, customer_name: str, found: list[tuple[str, engine.Hit]], indexes: Indexes) -> bool:
	"""Bring the matches of a customer in step with what was found."""
	for sanctions_list, hit in found:
		_note(customer, customer_name, sanctions_list, hit)
	met = {hit.key for _list, hit in found}
	for row in frappe.get_all(MATCH, {"customer": customer, "status": OPEN}, ["name", "entry"]):
		if row.entry not in met and not _is_listed(row.entry, indexes):
			_end(row.name)
	return True


def _stamp(customers: list[str], on: datetime) -> bool:
	frappe.db.set_value("Customer", {"name": ["in", customers]}, SCREENED_ON, on, update_modified=False)
	return True


def _is_listed(entry: str, indexes: Indexes) -> bool:
	"""Whether an entry counts today. A match does not end because the customer calls itself something else now."""
	return any(entry in i.entries and i.entries[entry].is_valid(getdate()) for i in indexes.values())


def _parties(customers: list[str], ship_to: str | None) -> dict[str, engine.Party]:
	countries: dict[str, set] = {customer: set() for customer in customers}
	for customer, address, country in _addresses(customers):
		countries[customer].add((address, country or ""))
	if ship_to:
		country = frappe.db.get_value("Address", ship_to, "country")
		for of_customer in countries.values():
			of_customer.add((ship_to, country or ""))
	rows = frappe.get_all(
		"Customer", filters={"name": ["in", customers]}, fields=["name", "customer_name", "tax_id"]
	)
	return {
		row.name: engine.Party(
			names=tuple(dict.fromkeys((row.customer_name or row.name, row.name))),
			tax_id=row.tax_id or "",
			countries=tuple(sorted(countries[row.name])),
		)
		for row in rows
	}


def _addresses(customers: list[str]) -> list[tuple[str, str, str]]:
	link, address = frappe.qb.DocType("Dynamic Link"), frappe.qb.DocType("Address")
	return (
		frappe.qb.from_(link)
		.join(address)
		.on(address.name == link.parent)
		.select(link.link_name, address.name, address.country)
		.where((link.parenttype == "Address") & (link.link_doctype == "Customer"))
		.where(link.link_name.isin(customers) & (address.disabled == 0))
		.run()
	)


# ------------------------------------------------------------------ matches
def _note(customer: str, customer_name: str, sanctions_list: str, hit: engine.Hit) -> None:
	"""Make the match of a customer and an entry, or look whether the one that is there says so already."""
	name = frappe.db.get_value(MATCH, {"customer": customer, "entry": hit.key})
	if not name:
		_make(customer, customer_name, sanctions_list, hit)
		return
	match = locking.locked_doc(MATCH, name)
	known = set(json.loads(match.matched_values or "[]"))
	values = {
		"score": hit.score,
		"match_kind": hit.kind,
		"what_matched": hit.what,
		"customer_name": customer_name,
		"matched_values": json.dumps(sorted(known | hit.matched)),
	}
	is_new = not hit.matched <= known
	if match.status == ENDED or (match.status == CLEARED and is_new):
		locking.write(match, values | {"status": OPEN, "opened_on": now_datetime()})
		match.add_comment("Info", _("Open again: {0}").format(hit.what))
		_follow(match, log.FORCE, "Stopped")
		_tell(match)
	elif is_new:
		locking.write(match, values)


def _make(customer: str, customer_name: str, sanctions_list: str, hit: engine.Hit) -> None:
	match = frappe.new_doc(MATCH)
	match.update(
		{
			"customer": customer,
			"customer_name": customer_name,
			"status": OPEN,
			"sanctions_list": sanctions_list,
			"entry": hit.key,
			"entry_name": frappe.db.get_value(ENTRY, hit.key, "party_name"),
			"match_kind": hit.kind,
			"score": hit.score,
			"what_matched": hit.what,
			"matched_values": json.dumps(sorted(hit.matched)),
			"opened_on": now_datetime(),
		}
	)
	match.flags.credit_service = True
	frappe.db.savepoint("b2b_match")
	try:
		match.insert(ignore_permissions=True)
	except (frappe.UniqueValidationError, frappe.DuplicateEntryError):
		# Another job has made it meanwhile.
		frappe.db.rollback(save_point="b2b_match")
		return
	_follow(match, log.FORCE, "Stopped")
	_tell(match)


def _tell(match) -> None:
	"""Tell the Compliance Officers, and nobody else."""
	text = _("{0} may be on {1}: {2}").format(match.customer_name, match.sanctions_list, match.what_matched)
	notices.bell(MATCH, match.name, people.users_with(approval.COMPLIANCE), text)


def _end(name: str) -> None:
	"""End an open match whose entry is on no list any more."""
	match = locking.locked_doc(MATCH, name)
	if match.status == OPEN:
		locking.write(match, {"status": ENDED})
		match.add_comment("Info", _("The entry is not on an active list any more."))
		_follow(match, log.LIFT, "Lifted")


def compared(match) -> list[dict]:
	"""Return what is known of the customer and of the entry, line by line: `[{label, customer, entry}]`. Whoever decides need have
	no right on customers."""
	customer = frappe.db.get_value("Customer", match.customer, ["customer_name", "tax_id"], as_dict=True)
	entry = frappe.db.get_value(
		ENTRY, match.entry, ["party_name", "aliases", "tax_id", "listed_country", "programme"], as_dict=True
	)
	if not customer or not entry:
		return []
	addresses = "; ".join(
		sorted(f"{address}: {country or '?'}" for _customer, address, country in _addresses([match.customer]))
	)
	rows = (
		(_("Name"), customer.customer_name, entry.party_name),
		(_("Also known as"), "", "; ".join((entry.aliases or "").split("\n"))),
		(_("Tax ID or registration number"), customer.tax_id, entry.tax_id),
		(_("Country"), addresses, entry.listed_country),
		(_("Programme"), "", entry.programme),
	)
	return [
		{"label": label, "customer": ours or "", "entry": theirs or ""}
		for label, ours, theirs in rows
		if ours or theirs
	]


def why_not(match, verb: str) -> str | None:
	"""Return why the session user may not clear or confirm a match now; None when they may."""
	if match.status == ENDED or match.status == verb:
		return _("{0} is {1}.").format(match.name, _(match.status, context=MATCH))
	if not mandates.acting_as(approval.COMPLIANCE):
		needed = _("This takes the role {0}.").format(_(approval.COMPLIANCE))
		return f"{needed} {mandates.whom_to_ask(approval.COMPLIANCE)}"
	made_by = frappe.db.get_value("Customer", match.customer, "owner")
	if verb == CLEARED and made_by == frappe.session.user:
		return _("You have made customer {0}: somebody else must clear the match.").format(
			match.customer_name
		)
	return None


def clear(name: str, reason: str):
	"""Say that a customer is not who is listed. What waits for it is looked at again. Returns the match."""
	return _decide(name, CLEARED, reason, log.LIFT, "Lifted")


def confirm(name: str, reason: str):
	"""Say that a customer is who is listed. It stays stopped. Returns the match."""
	return _decide(name, CONFIRMED, reason, log.FORCE, "Stopped")


def _decide(name: str, status: str, reason: str, kind: str, outcome: str):
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(
			_("Write down why; it is kept with the match."), ScreeningError, title=_("Reason missing")
		)
	match = locking.locked_doc(MATCH, name)
	refused = why_not(match, status)
	if refused:
		error = ScreeningError if match.status in (ENDED, status) else NotYourMandateError
		frappe.throw(refused, error, title=_("Screening match"))
	values = {"decided_by": frappe.session.user, "decided_on": now_datetime(), "reason": reason}
	locking.write(match, {"status": status, **values})
	match.add_comment("Info", _("{0}: {1}").format(_(status, context=MATCH), reason))
	_follow(match, kind, outcome)
	return match


def note_release(customer: str, order: str, reason: str) -> None:
	"""Keep why an order goes ahead although a match stands: on the matches, which its seller does not read."""
	for name in frappe.get_all(MATCH, {"customer": customer, "status": ["in", STANDING]}, pluck="name"):
		text = _("{0} released {1}: {2}").format(frappe.utils.get_fullname(), order, reason)
		frappe.get_doc(MATCH, name).add_comment("Info", text)


def standing_since(customer: str) -> datetime | None:
	"""Return since when the newest match that stops a customer stands, None without one."""
	table = frappe.qb.DocType(MATCH)
	((since,),) = (
		frappe.qb.from_(table)
		.select(Max(table.opened_on))
		.where((table.customer == customer) & table.status.isin(STANDING))
		.run()
	)
	return since and get_datetime(since)


# ------------------------------------------------------------------ what follows
def _follow(match, kind: str, outcome: str) -> None:
	"""Log what has become of a match where a policy is on, and look again at what waits for the customer.

	It is logged in the companies that have a profile of the customer; where none has, in all.
	"""
	found = (policies.active(company) for company in frappe.get_all("Company", pluck="name"))
	on = [policy for policy in found if policy and policy.is_on]
	assessed_in = frappe.get_all("Credit Profile", {"customer": match.customer}, pluck="company")
	logged_in = [policy for policy in on if policy.company in assessed_in] or on
	standings = [cases.standing_of(policy, match.customer, policy.company) for policy in logged_in]
	# Several gates are taken in the order of their names, always.
	standings.sort(key=lambda standing: gates.name_of(*standing.gate_key))
	decisions = [_log(match, standing, kind, outcome) for standing in standings]
	for policy in on:
		clearing.cause_may_be_gone(match.customer, policy.company)
	kept = [*filter(None, (match.decisions or "").split("\n")), *decisions]
	locking.write(match, {"decisions": "\n".join(kept)})


def _log(match, standing: cases.Standing, kind: str, outcome: str) -> str:
	"""Append to the decision log of a company. The match and its reason are there as a digest only: more people read the log."""
	customer, company = standing.member
	gate = gates.lock(*standing.gate_key)
	finding = rules.Finding(rules.SANCTIONS, None, None, rules.TEXT, action=STOP if kind == log.FORCE else "")
	logged = log.append(
		gate,
		log.Entry(
			kind=kind,
			outcome=outcome,
			customer=customer,
			company=company,
			policy=standing.policy,
			reference_doctype="Customer",
			reference_name=customer,
			payload={
				"rules": [log.rule_payload(finding)],
				"on": getdate().isoformat(),
				"matter": chain.digest(f"{match.status}|{match.reason or ''}", match.name),
			},
		),
	)
	gate.save()
	return logged
