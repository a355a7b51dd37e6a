"""Existing contracts from a workbook: drafts, and contracts that run already (requirements §6).

One transaction a contract. Its key, of company, customer and number, is unique in the database: however often a job is killed
and started, each is imported once. What was signed elsewhere passes no approval here, so whoever starts the import must be
allowed to approve the largest of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.credit import imports, people, private_files
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.credit.imports import WorkbookImport
from b2b_contracts.credit.workbooks import Problem, Row
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.exceptions import NotYourMandateError
from b2b_contracts.permissions import sees_every_contract

from . import documents, events, facts
from .facts import CONTRACT, day_of
from .import_workbook import (
	CONTRACTS,
	DISCOUNTS,
	FIELDS,
	LINKS,
	OBLIGATIONS,
	PARTIES,
	PEOPLE,
	PRICES,
	TABLES,
	YES,
	read,
)

DOCTYPE = "Contract Import"
EVENT = "b2b_contract_import"
# Columns of the sheet of contracts that are no field of the contract.
NOT_FIELDS = ("customer", "company", "signed_by_us", "signed_by_customer", "signed_file", "notice_by")
MOST_NAMED = 20


@dataclass(slots=True)
class Entry:
	"""A contract of the workbook: with whom, its row, and its rows on the other sheets."""

	customer: str
	row: Row
	company: str
	rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
	customer_of_party: dict[int, str] = field(default_factory=dict)

	@property
	def number(self) -> str:
		return self.row.values.get("number", "")

	@property
	def key(self) -> str:
		"""What it is known by; the database takes it once. Small and capital letters are the same."""
		return events.effect_key(self.company, self.customer, self.number.casefold())

	@property
	def is_signed(self) -> bool:
		return "signed_on" in self.row.values


class ContractImport(WorkbookImport):
	doctype = DOCTYPE
	event = EVENT
	job = "b2b_contracts.contracts.importing.run"
	done = "contracts_done"
	found = ("rows_read", "contracts", "contracts_signed", "contracts_over", "needs_role")

	def looked_at(self, doc, trying: bool) -> tuple[Collection, list[Problem], int]:
		return _looked_at(doc, trying)

	def summary(self, doc, entries: Collection, problems: list[Problem], rows: int) -> dict:
		signed = [entry for entry in entries if entry.is_signed]
		# What a contract with a bad cell is cannot be said.
		over = [] if problems else [one for one in signed if _status(_built(one, doc)) in life.OVER]
		return {
			"rows_read": rows,
			"contracts": len(entries),
			"contracts_signed": len(signed),
			"contracts_over": len(over),
			"needs_role": "" if problems else _needed_role(entries, doc),
			"to_do": "" if problems else self.left_to_do(doc, entries),
		}

	def require_mandate(self, doc) -> None:
		needed = doc.needs_role or life.CONTRACT_MANAGER
		allowed = life.APPROVERS[life.APPROVERS.index(needed) :]
		if frappe.session.user != "Administrator" and set(allowed).isdisjoint(frappe.get_roles()):
			frappe.throw(
				_(
					"These contracts are imported as signed, without approval here: whoever imports them must be allowed to approve the largest. Ask a {0}."
				).format(_(needed)),
				NotYourMandateError,
				title=_("Not within your mandate"),
			)

	def save(self, entry, doc) -> None:
		_save(entry, doc)

	def place(self, entry) -> tuple[Row, str]:
		return entry.row, entry.number

	def left_to_do(self, doc, entries: Collection) -> str:
		without = [
			entry.number for entry in entries if entry.is_signed and "signed_file" not in entry.row.values
		]
		drafts = [entry.number for entry in entries if not entry.is_signed]
		sentences = []
		if without:
			sentences.append(
				_("Without their signed file, file it with the contract: {0}.").format(_named(without))
			)
		if drafts:
			sentences.append(
				_("Not signed yet, so they are drafts that are reviewed and approved as all: {0}.").format(
					_named(drafts)
				)
			)
		return "\n".join(sentences)


SERVICE = ContractImport()


def run(name: str) -> None:
	"""Import what is not imported yet. Runs in a job; may be killed and run again."""
	SERVICE.run(name)


def sweep() -> None:
	"""Have imports go on whose job was lost. Run every few minutes."""
	SERVICE.sweep()


def _named(numbers: list[str]) -> str:
	rest = len(numbers) - MOST_NAMED
	said = ", ".join(numbers[:MOST_NAMED])
	return _("{0} and {1} more").format(said, rest) if rest > 0 else said


def _needed_role(entries: Collection[Entry], doc) -> str:
	"""Return the lowest role that may approve each contract that is imported as signed and binds anybody still."""
	made = [_built(entry, doc) for entry in entries if entry.is_signed]
	roles = [facts.approval_role(one) for one in made if _status(one) not in life.OVER]
	return max((life.CONTRACT_MANAGER, *roles), key=life.APPROVERS.index)


# ------------------------------------------------------------------ looked at
def _looked_at(doc, trying: bool) -> tuple[list[Entry], list[Problem], int]:
	"""Return the contracts that a workbook names, what is wrong with it, and how many rows it has. What was imported by this very
	document before its job was killed is right, and left alone."""
	rows, problems = read(imports.content_of(doc))
	customers = _customers()
	entries: dict[str, Entry] = {}
	same: dict[tuple, int] = {}

	def wrong(row: Row, column: str, message: str) -> None:
		problems.append(Problem(row.sheet, row.number, column, message))

	for row in (row for row in rows if row.sheet == CONTRACTS):
		customer = ""
		if "customer" in row.values:
			customer, unknown = imports.customer_of(row.values["customer"], customers)
			if unknown:
				wrong(row, "customer", unknown)
		number = row.values.get("number", "")
		before = entries.get(number.casefold()) if number else None
		if before is not None:
			wrong(row, "number", _("{0} stands in row {1} already.").format(number, before.row.number))
			continue
		# Without a number it is looked at all the same.
		entry = Entry(customer, row, doc.company)
		entries[number.casefold() or f"\n{row.number}"] = entry
		likeness = _likeness(entry)
		first = same.setdefault(likeness, row.number) if all(likeness) else row.number
		if first != row.number:
			message = _("Row {0} is the same contract under another number: customer, type, title and start.")
			wrong(row, "title", message.format(first))
	for row in (row for row in rows if row.sheet != CONTRACTS and "number" in row.values):
		entry = entries.get(row.values["number"].casefold())
		if entry is None:
			message = _("There is no contract {0} on the sheet {1}.").format(row.values["number"], CONTRACTS)
			wrong(row, "number", message)
		else:
			entry.rows[row.sheet].append(row)
	found = [*problems, *_site_problems(rows, entries.values(), customers, doc)]
	if trying:
		found += _tried(entries.values(), found, doc)
	found.sort(key=lambda problem: (_sheet_order(problem.sheet), problem.row))
	return list(entries.values()), found, len(rows)


def _tried(entries: Collection[Entry], problems: list[Problem], doc) -> list[Problem]:
	"""Return why contracts whose rows seem right would be refused all the same."""
	bad = {(problem.sheet, problem.row) for problem in problems}
	found = []
	for entry in entries:
		mine = {(row.sheet, row.number) for of in ([entry.row], *entry.rows.values()) for row in of}
		refused = imports.tried(_built(entry, doc)) if bad.isdisjoint(mine) else None
		if refused:
			found.append(Problem(CONTRACTS, entry.row.number, "", refused))
	return found


def _sheet_order(sheet: str) -> int:
	order = (CONTRACTS, *TABLES)
	return order.index(sheet) if sheet in order else -1


def _customers() -> dict[str, list[str]]:
	"""Return the customers by ID, tax ID and name. Who sees every contract may enter one with any customer, whatever their right
	to read customers."""
	filters = {}
	if not frappe.has_permission("Customer", "read"):
		if not sees_every_contract(frappe.session.user):
			return {}
		allowed = frappe.permissions.get_user_permissions(frappe.session.user).get("Customer")
		if allowed:
			filters = {"name": ["in", [row.get("doc") for row in allowed]]}
		rows = frappe.get_all(
			"Customer", filters=filters, fields=["name", "tax_id", "customer_name"], order_by="name"
		)
	else:
		rows = frappe.get_list(
			"Customer", fields=["name", "tax_id", "customer_name"], limit_page_length=0, order_by="name"
		)
	return imports.customers_by_cell(rows)


def _site_problems(rows: list[Row], entries: Collection[Entry], customers: dict, doc) -> Iterator[Problem]:
	"""Yield what is wrong by what the site knows, and by what of a row does not fit together."""
	known = _Known(rows)
	for row in rows:
		yield from known.problems(row)
		yield from _order_problems(row)
		if row.sheet in (PRICES, DISCOUNTS):
			yield from _names_nothing(row)
	taken = _taken(entries)
	files = _files_of(doc)
	for entry in entries:
		values = entry.row.values

		def wrong(column: str, message: str, entry=entry) -> Problem:
			return Problem(CONTRACTS, entry.row.number, column, message)

		named = values.get("company", doc.company)
		if named != doc.company:
			message = _("This import is of {0}, not of {1}. Make one for each company.")
			yield wrong("company", message.format(doc.company, named))
		there = taken.get((entry.customer, entry.number.casefold())) or taken.get(_likeness(entry))
		if there and there.contract_import != doc.name:
			yield wrong(
				"number",
				_("It is here already as {0} ({1}). Take the row out.").format(there.name, there.title),
			)
		if "signed_file" in values and values["signed_file"] not in files:
			message = _("There is no file {0} attached to {1}. Attach it there, or empty the cell.")
			yield wrong("signed_file", message.format(values["signed_file"], doc.name))
		yield from _term_problems(entry.row)
		for row in entry.rows[PARTIES]:
			if "customer" not in row.values:
				continue
			customer, refused = imports.customer_of(row.values["customer"], customers)
			entry.customer_of_party[row.number] = customer
			if refused:
				yield Problem(PARTIES, row.number, "customer", refused)


def _order_problems(row: Row) -> Iterator[Problem]:
	values, today = row.values, getdate()
	if "valid_from" in values and "valid_to" in values and values["valid_to"] < values["valid_from"]:
		yield Problem(
			*(row.sheet, row.number, "valid_to"),
			_("{0} is before valid_from, {1}.").format(
				*map(formatdate, (values["valid_to"], values["valid_from"]))
			),
		)
	if row.sheet != CONTRACTS:
		return
	start = values.get("start_date")
	for column in ("first_end_date", "binding_end", "ends_on"):
		if start and column in values and values[column] < start:
			message = _("{0} is before its start on {1}.")
			yield Problem(
				row.sheet, row.number, column, message.format(formatdate(values[column]), formatdate(start))
			)
	for column in ("signed_on", "notice_given_on"):
		if column in values and values[column] > today:
			message = _("{0} is still to come.").format(formatdate(values[column]))
			yield Problem(row.sheet, row.number, column, message)
	if "ends_on" in values and "notice_given_on" in values and values["ends_on"] < values["notice_given_on"]:
		yield Problem(
			*(row.sheet, row.number, "ends_on"),
			_("{0} is before notice was given on {1}.").format(
				formatdate(values["ends_on"]), formatdate(values["notice_given_on"])
			),
		)


def _term_problems(row: Row) -> Iterator[Problem]:
	"""Yield what is missing or too much of a term, column by column."""
	values = row.values

	def wrong(column: str, message: str) -> Problem:
		return Problem(row.sheet, row.number, column, message)

	duration = values.get("duration", "")
	needed = _("A contract with duration {0} needs at least one month here.").format(
		_(duration, context=CONTRACT)
	)
	if duration and duration != terms.NO_END:
		if values.get("initial_months") and "first_end_date" in values:
			yield wrong("first_end_date", _("The first period has months and an end. Enter one of the two."))
		if not values.get("initial_months") and "first_end_date" not in values:
			yield wrong(
				"initial_months", _("Enter the months of the first period, or its end in first_end_date.")
			)
	if duration in terms.RENEWING and not values.get("renewal_months"):
		yield wrong("renewal_months", needed)
	if duration == terms.SECOND_PERIOD and not values.get("second_period_months"):
		yield wrong("second_period_months", needed)
	for column, other in (("notice_given_on", "ends_on"), ("ends_on", "notice_given_on")):
		if column in values and other not in values:
			yield wrong(other, _("{0} is filled in: this is needed too.").format(column))
	for column in ("signed_by_us", "signed_by_customer", "signed_file", "ends_on"):
		if column in values and "signed_on" not in values:
			yield wrong("signed_on", _("{0} is filled in: this is needed too.").format(column))
			break


def _names_nothing(row: Row) -> Iterator[Problem]:
	if not any(name in row.values for name in ("item", "item_group", "price_list")):
		yield Problem(row.sheet, row.number, "item", _("It names neither an item nor a group. Enter one."))


class _Known:
	"""The documents and people that a workbook names, as far as they are on the site: one query for each kind."""

	def __init__(self, rows: list[Row]):
		wanted: dict[str, set[str]] = defaultdict(set)
		users: set[str] = set()
		for row in rows:
			for column, doctype in LINKS.get(row.sheet, {}).items():
				if column in row.values:
					wanted[doctype].add(row.values[column])
			users |= {row.values[column] for column in PEOPLE.get(row.sheet, ()) if column in row.values}
		# As the database compares names, which takes small and capital letters for the same.
		self.names = {
			doctype: {
				name.casefold()
				for name in frappe.get_all(doctype, filters={"name": ["in", sorted(names)]}, pluck="name")
			}
			for doctype, names in wanted.items()
		}
		self.disabled_types = {
			name.casefold() for name in frappe.get_all("Contract Type", filters={"disabled": 1}, pluck="name")
		}
		self.desk_users = {user for user in users if people.is_desk_user(user)}

	def problems(self, row: Row) -> Iterator[Problem]:
		for column, doctype in LINKS.get(row.sheet, {}).items():
			value = row.values.get(column)
			if value is None:
				continue
			if value.casefold() not in self.names[doctype]:
				message = _("There is no {0} called {1}.").format(_(doctype), value)
				yield Problem(row.sheet, row.number, column, message)
			elif doctype == "Contract Type" and value.casefold() in self.disabled_types:
				message = _("Contract type {0} is disabled. Choose another one.").format(value)
				yield Problem(row.sheet, row.number, column, message)
		for column in PEOPLE.get(row.sheet, ()):
			value = row.values.get(column)
			if value is not None and value not in self.desk_users:
				message = _("{0} is no user with a desk.").format(value)
				yield Problem(row.sheet, row.number, column, message)


def _taken(entries: Collection[Entry]) -> dict[tuple, frappe._dict]:
	"""Return the contracts that are here of the customers of a workbook, by customer and number, and by what makes them alike."""
	customers = sorted({entry.customer for entry in entries if entry.customer})
	if not customers:
		return {}
	found: dict[tuple, frappe._dict] = {}
	company = next(iter(entries)).company
	for row in frappe.get_all(
		CONTRACT,
		filters={"customer": ["in", customers], "company": company, "status": ["!=", life.REJECTED]},
		fields=[
			*("name", "title", "customer", "external_reference", "contract_import"),
			*("contract_type", "start_date", "parent_contract"),
		],
		order_by="creation desc",
	):
		if row.external_reference:
			found[row.customer, row.external_reference.casefold()] = row
		if not row.parent_contract:
			found[row.customer, row.contract_type.casefold(), row.title.casefold(), row.start_date] = row
	return found


def _likeness(entry: Entry) -> tuple:
	"""Return what makes two contracts the same whatever their numbers; some of it empty where that is not known."""
	said = entry.row.values
	return (
		entry.customer,
		said.get("type", "").casefold(),
		said.get("title", "").casefold(),
		said.get("start_date"),
	)


def _files_of(doc) -> dict[str, str]:
	"""Return the files that are attached to an import, by their names."""
	rows = frappe.get_all(
		"File",
		filters={"attached_to_doctype": DOCTYPE, "attached_to_name": doc.name, "is_private": 1},
		fields=["file_name", "file_url"],
	)
	return {row.file_name: row.file_url for row in rows if row.file_url != doc.file}


# ------------------------------------------------------------------ made
def _built(entry: Entry, doc):
	"""Return the contract of an entry, not saved."""
	values = entry.row.values
	made = frappe.new_doc(CONTRACT)
	renamed = FIELDS[CONTRACTS]
	made.update(
		{
			"customer": entry.customer,
			"company": doc.company,
			"currency": values.get("currency") or _currency(entry.customer, doc.company),
			"contract_owner": frappe.session.user,
			"confidentiality": "Internal",
			"contract_form": "Standard",
			"notice_unit": terms.DAYS,
			"payment_reference_point": "Invoice Date",
			"status": life.DRAFT,
			"contract_import": doc.name,
			"import_key": entry.key,
			"taken_over_on": getdate(),
			# A user's default would fill it in.
			"price_list": "",
			"governing_law": "",
		}
	)
	made.update(
		{renamed.get(column, column): value for column, value in values.items() if column not in NOT_FIELDS}
	)
	if not entry.is_signed:
		made.signed_on = None
	if "ends_on" in values:
		made.termination_kind = terms.RECEIVED if values.get("notice_by") == "Customer" else terms.CONVENIENCE
		made.renewal_decision = "Terminate"
	for sheet, rows in entry.rows.items():
		_append(made, sheet, rows, entry)
	for side, column in (("Us", "signed_by_us"), ("Customer", "signed_by_customer")):
		if column in values:
			made.append(
				"signatories",
				{"signatory_name": values[column], "signs_for": side, "signed_on": values["signed_on"]},
			)
	made.flags.contract_service = True
	made.flags.taken_over = True
	# Who may import is said by the mandate: a Finance Director approves contracts and enters none otherwise.
	made.flags.ignore_permissions = True
	return made


def _append(made, sheet: str, rows: list[Row], entry: Entry) -> None:
	renamed = FIELDS[sheet]
	if sheet == PARTIES and rows:
		# Named ones stand beside the two that every contract has.
		name = frappe.db.get_value("Customer", entry.customer, "customer_name")
		made.append("parties", {"party_name": entry.company, "party_role": "Us"})
		made.append("parties", {"party_name": name, "party_role": "Customer", "customer": entry.customer})
	for row in rows:
		said = {
			renamed.get(column, column): value for column, value in row.values.items() if column != "number"
		}
		if sheet == OBLIGATIONS:
			said["is_done"] = int(row.values.get("done") == YES)
		if sheet == PARTIES and "customer" in said:
			said["customer"] = entry.customer_of_party[row.number]
		made.append(TABLES[sheet], said)


def _currency(customer: str, company: str) -> str:
	return frappe.get_cached_value("Customer", customer, "default_currency") or company_currency(company)


def _status(made) -> str:
	"""Return how a contract that was signed elsewhere stands today."""
	state, _period = terms.state_on(facts.term_of(made), getdate(), day_of(made.terminated_on))
	if state == terms.NOT_STARTED:
		return life.OUT_FOR_SIGNATURE
	if state == terms.RUNNING:
		return life.ACTIVE
	return life.TERMINATED if made.terminated_on else life.EXPIRED


def _save(entry: Entry, doc) -> None:
	"""Make the contract of an entry, unless it was made; what was signed is in force or over from the same moment on."""
	if frappe.db.exists(CONTRACT, {"import_key": entry.key}):
		return
	made = _built(entry, doc)
	signed_on: date | None = made.signed_on
	# It becomes signed by being submitted, not by being entered.
	made.signed_on = None
	made.insert()
	if signed_on is None:
		return
	values = {"signed_on": signed_on, "status": _status(made), "signing_recorded_by": frappe.session.user}
	made.update({**values, **_signed_file(entry, doc)})
	made.flags.contract_service = True
	made.submit()
	if made.signed_file:
		documents.file_document(
			made.name, documents.SIGNED, made.signed_file, title=_("Signed: {0}").format(made.title)
		)
	events.write(
		made,
		events.SIGNED,
		_("Taken over with {0} as signed on {1}: {2}.").format(
			doc.name, formatdate(signed_on), _(made.status, context=CONTRACT)
		),
		events.effect_key(made.name, "signed"),
	)


def _signed_file(entry: Entry, doc) -> dict:
	name = entry.row.values.get("signed_file")
	url = _files_of(doc).get(name) if name else None
	if not url:
		return {}
	file = private_files.readable(url)
	if file is None:
		imports.refuse(_("File {0} is not open to you.").format(name))
	return {"signed_file": url, "signed_file_hash": sha256(documents.content_of(file)).hexdigest()}
