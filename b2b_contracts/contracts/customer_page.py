"""Everything agreed with one customer on one screen: its contracts and the frame contracts of its group that name it, what they
say on a day, and what surrounds them (requirements §6).

Each part is what its reader may see of it by its own rights: a part that they have no right to is left out and named.
"""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import contacts
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.permissions import (
	CONTRACT,
	CONTRACT_EVENT,
	covering,
	is_in_portfolio,
	sees_every_contract,
)

from . import facts, in_force, visible, wording

DOCUMENT = "Contract Document"
MOST_CONTRACTS, MOST_ROWS = 200, 50
# Where a contract stands, in the order of the screen.
RUNNING, COMING, OVER = "running", "coming", "over"
LISTED = (
	*("name", "title", "contract_type", "status", "docstatus", "company", "customer", "customer_name"),
	*("start_date", "end_date", "notice_deadline", "last_date_to_act", "terminated_on", "signed_on"),
	*("annual_value", "currency", "contract_owner", "account_manager", "confidentiality"),
	*("parent_contract", "amendment_number", "external_reference"),
)
# What a contract says beside its tables, by the field that says it.
TERMS = (
	*("price_model", "price_list", "price_adjustment_on", "invoicing_frequency", "payment_terms_template"),
	*("payment_reference_point", "late_interest_percent", "paper_invoice_fee", "fx_band_percent", "incoterm"),
	*("named_place", "liability_cap_amount", "liability_cap_percent", "warranty_months", "governing_law"),
	*("venue", "dispute_ladder", "confidentiality_years", "data_processing_agreement", "audit_notice_days"),
)
VALID_TABLES = ("prices", "discounts", "bonuses")
ROW_FIELDS = {
	"prices": ("item_code", "item_group", "rate", "uom", "from_quantity", "valid_from", "valid_to"),
	"discounts": (
		*("item_code", "item_group", "price_list", "discount_percent", "from_quantity"),
		*("valid_from", "valid_to"),
	),
	"bonuses": ("from_turnover", "bonus_percent", "applies_to", "valid_from", "valid_to"),
	"service_levels": ("service", "target", "measured", "credit_percent", "exclusions"),
}


# ------------------------------------------------------------------ which customers
def customers(search: str = "") -> list[dict]:
	"""Return the customers that the session user sees contracts with, whose name or number has `search` in it: `[{customer,
	customer_name, contracts, running, last_date_to_act}]`, who has to be acted on first on top."""
	contract = frappe.qb.DocType(CONTRACT)
	fn = frappe.query_builder.functions
	is_running = contract.status.isin(life.RUNNING)
	act = fn.Min(frappe.qb.terms.Case().when(is_running, contract.last_date_to_act))
	query = (
		frappe.qb.from_(contract)
		.where(visible.among(contract.name))
		.groupby(contract.customer)
		.select(
			contract.customer,
			fn.Max(contract.customer_name).as_("customer_name"),
			fn.Count(contract.name).as_("contracts"),
			fn.Count(frappe.qb.terms.Case().when(is_running, contract.name)).as_("running"),
			act.as_("last_date_to_act"),
		)
		.orderby(act.isnull())
		.orderby(act)
		.orderby(contract.customer)
		.limit(MOST_ROWS)
	)
	if search.strip():
		like = f"%{search.strip()}%"
		query = query.where(contract.customer.like(like) | contract.customer_name.like(like))
	return query.run(as_dict=True)


# ------------------------------------------------------------------ one of them
def page(customer: str, on: date) -> dict:
	"""Return what is agreed with a customer, as of a day what is dated. Raises `PermissionError` for whom the customer is kept
	from, unless a contract with it is theirs."""
	contracts = _contracts(customer)
	knows = _knows(customer)
	if not contracts and not knows:
		frappe.throw(
			_("Customer {0} is not in your portfolio.").format(customer),
			frappe.PermissionError,
		)
	names = [row.name for row in contracts]
	valid = visible.loaded(_in_force(contracts, customer, on))
	running = visible.loaded([row.name for row in contracts if row.status in life.RUNNING])
	return {
		"customer": customer,
		"customer_name": frappe.db.get_value("Customer", customer, "customer_name") or customer,
		"on": str(on),
		"contracts": [
			{**row, "stage": _stage(row), "of_group": row.customer != customer} for row in contracts
		],
		# Not all of them: the others are found by the search.
		"is_cut_off": len(contracts) == MOST_CONTRACTS,
		"in_force": [doc.name for doc in valid],
		"terms": [_terms(doc) for doc in valid],
		**{table: _rows(valid, table, on) for table in ROW_FIELDS},
		"dates": _dates(running),
		"documents": _documents(names),
		"history": _history(names),
		"contacts": _contacts(customer, running or valid, knows),
		"holds": _listed(
			"Credit Hold",
			customer,
			(
				"status",
				"action",
				"reference_doctype",
				"reference_name",
				"currency",
				"order_amount",
				"response_due",
				"company",
			),
			{"status": "Open"},
		),
		"disputes": _listed(
			"Dispute",
			customer,
			("status", "root_cause", "deadline", "currency", "open_amount", "assigned_to", "company"),
			{"docstatus": ["<", 2], "status": ["not like", "Resolved%"]},
		),
	}


def _knows(customer: str) -> bool:
	"""Whether somebody may see the customer itself: by right and portfolio, or because every contract is theirs to see."""
	if not frappe.db.exists("Customer", customer):
		frappe.throw(_("There is no customer {0}.").format(customer), frappe.DoesNotExistError)
	user = frappe.session.user
	allowed = frappe.permissions.get_user_permissions(user).get("Customer")
	if allowed and customer not in {row.get("doc") for row in allowed}:
		return False
	if sees_every_contract(user):
		return True
	return bool(frappe.has_permission("Customer", "read", customer)) and is_in_portfolio(customer, user)


def _contracts(customer: str) -> list:
	"""Return the contracts with a customer and those that cover it, what has to be acted on first on top."""
	rows = frappe.get_list(
		CONTRACT,
		fields=list(LISTED),
		or_filters=[
			["customer", "=", customer],
			["name", "in", covering([customer]).run(pluck=True) or [""]],
		],
		order_by="last_date_to_act, start_date desc, name",
		limit_page_length=MOST_CONTRACTS,
	)
	# An empty day sorts first in the database.
	return sorted(rows, key=lambda row: (not row.last_date_to_act, row.last_date_to_act or date.max))


def _in_force(contracts: list, customer: str, on: date) -> list[str]:
	"""Return which of the contracts that somebody sees are in force on a day, in their order."""
	companies = sorted({row.company for row in contracts})
	found = {name for company in companies for name in in_force.in_force_on(customer, company, on)}
	return [row.name for row in contracts if row.name in found]


def _stage(row) -> str:
	if row.status in life.RUNNING:
		return RUNNING
	return OVER if row.status in (*life.OVER, life.REJECTED) else COMING


def _terms(doc) -> dict:
	"""Return what a contract says beside its tables, field by field with its label, empty ones left out."""
	said = []
	for name in TERMS:
		if doc.get(name):
			field = doc.meta.get_field(name)
			value = doc.get(name)
			text = _(value, context=CONTRACT) if field.fieldtype == "Select" else doc.get_formatted(name)
			said.append({"field": name, "label": _(field.label, context=CONTRACT), "value": text})
	return {"contract": doc.name, "title": doc.title, "company": doc.company, "said": said}


def _rows(docs: Iterable, table: str, on: date) -> list[dict]:
	"""Return the rows of a table of contracts that count on a day, each with the contract that it is of."""
	return [
		{
			"contract": doc.name,
			"title": doc.title,
			"currency": doc.currency,
			**{name: row.get(name) for name in ROW_FIELDS[table]},
		}
		for doc in docs
		for row in doc.get(table)
		if table not in VALID_TABLES or _counts_on(row, on)
	]


def _counts_on(row, on: date) -> bool:
	starts, ends = facts.day_of(row.valid_from), facts.day_of(row.valid_to)
	return (starts is None or starts <= on) and (ends is None or on <= ends)


def _dates(docs: Iterable) -> list[dict]:
	"""Return the next dates of running contracts, and what is overdue and not done."""
	today = getdate()
	found = []
	for doc in docs:
		for one in keys.key_dates(facts.key_facts(doc), today):
			if one.day >= today or one.kind in keys.TASKS:
				found.append((one.day, doc, one))
	found.sort(key=lambda entry: (entry[0], entry[1].name, entry[2].kind, entry[2].reference))
	return [
		{
			"day": str(day),
			"days": (day - today).days,
			"kind": one.kind,
			"what": wording.kind_name(one.kind),
			"about": one.title,
			"responsible": one.responsible,
			"contract": doc.name,
			"title": doc.title,
		}
		for day, doc, one in found[:MOST_ROWS]
	]


# ------------------------------------------------------------------ what surrounds them
def _documents(names: list[str]) -> list[dict]:
	"""Return the documents of contracts, and the files that hang on them without being one, the newest first."""
	if not names:
		return []
	documents = frappe.get_list(
		DOCUMENT,
		filters={"contract": ["in", names]},
		fields=[
			"name",
			"contract",
			"kind",
			"title",
			"version_number",
			"language",
			"file",
			"made_on",
			"made_by",
		],
		order_by="made_on desc, name",
		limit_page_length=MOST_ROWS,
	)
	filed = {row.file for row in documents}
	files = frappe.get_all(
		"File",
		filters={"attached_to_doctype": CONTRACT, "attached_to_name": ["in", names]},
		fields=[
			"file_name as title",
			"file_url as file",
			"attached_to_name as contract",
			"creation as made_on",
			"owner as made_by",
		],
		order_by="creation desc",
		limit_page_length=MOST_ROWS,
	)
	rows = [*documents, *(row for row in files if row.file not in filed)]
	return sorted(rows, key=lambda row: str(row.made_on), reverse=True)[:MOST_ROWS]


def _history(names: list[str]) -> list[dict]:
	if not names:
		return []
	return frappe.get_list(
		CONTRACT_EVENT,
		filters={"contract": ["in", names]},
		fields=["name", "contract", "event", "description", "reason", "happened_on", "done_by", "told"],
		order_by="happened_on desc, creation desc",
		limit_page_length=MOST_ROWS,
	)


def _contacts(customer: str, docs: Iterable, knows: bool) -> dict:
	"""Return whom to talk to: the contacts of the customer (None without the right to read them), and the people that its
	contracts name."""
	named = {}
	for doc in docs:
		for row in doc.signatories:
			named.setdefault(
				(row.signatory_name, row.email or ""),
				{"role": row.signs_for, "position": row.position, "contract": doc.name},
			)
		for row in doc.parties:
			if row.email:
				named.setdefault(
					(row.party_name, row.email),
					{"role": row.party_role, "position": "", "contract": doc.name},
				)
	people = [{"name": name, "email": email, **rest} for (name, email), rest in named.items()]
	can_read = knows and frappe.has_permission("Contact", "read")
	return {
		"of_customer": contacts.visible_of(customer, MOST_ROWS) if can_read else None,
		"named": people[:MOST_ROWS],
	}


def _listed(doctype: str, customer: str, fields: tuple[str, ...], filters: dict) -> list[dict] | None:
	"""Return what is open of a kind of document about a customer, None for whom it is not to be read."""
	if not frappe.has_permission(doctype, "read"):
		return None
	return frappe.get_list(
		doctype,
		filters={"customer": customer, **filters},
		fields=["name", *fields],
		order_by="creation desc",
		limit_page_length=MOST_ROWS,
	)
