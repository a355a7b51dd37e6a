"""Our indexes on ERPNext's tables: open items, open orders and unbilled deliveries of one customer.

They are composite on purpose: Frappe drops a single-column index at its next schema sync. Columns after the ones that
select are there so that the rows themselves, which are wide, need not be read. What each is worth is measured in
docs/performance.md.
"""

import frappe
from frappe.utils.caching import site_cache
from pypika.queries import QueryBuilder

# (doctype, index name, columns)
INDEXES = (
	("Delivery Note", "b2b_unbilled", ("customer", "company", "docstatus", "is_return", "per_billed")),
	# What the general ledger has on each customer's accounts as of a day: what ageing has to come to.
	(
		"GL Entry",
		"b2b_balances",
		(
			"account",
			"party_type",
			"party",
			"is_cancelled",
			"posting_date",
			"debit",
			"credit",
			"debit_in_account_currency",
			"credit_in_account_currency",
		),
	),
	# What is open of every document as of a day: in the order that ageing groups by, so that nothing is sorted.
	(
		"Payment Ledger Entry",
		"b2b_ageing",
		(
			"account",
			"party_type",
			"party",
			"against_voucher_type",
			"against_voucher_no",
			"delinked",
			"posting_date",
			"amount",
			"amount_in_account_currency",
			"due_date",
		),
	),
	(
		"Payment Ledger Entry",
		"b2b_party_open",
		(
			"party",
			"company",
			"delinked",
			"against_voucher_type",
			"against_voucher_no",
			"party_type",
			"amount",
			"due_date",
			"posting_date",
		),
	),
	(
		"Payment Schedule",
		"b2b_instalments",
		("parent", "parenttype", "due_date", "idx", "payment_amount", "base_payment_amount"),
	),
	# Which invoices have several instalments.
	("Payment Schedule", "b2b_several", ("idx", "parenttype", "parent")),
	# Whether an invoice was billed again already.
	("Sales Invoice", "b2b_bills_again", ("b2b_bills_again", "docstatus")),
	# The invoices of a milestone plan.
	("Sales Invoice", "b2b_milestones", ("b2b_milestone_plan", "b2b_milestone", "docstatus")),
	(
		"Sales Invoice",
		"b2b_open_items",
		(
			"customer",
			"company",
			"docstatus",
			"outstanding_amount",
			"due_date",
			"b2b_original_due_date",
			"b2b_disputed_amount",
			"b2b_planned_amount",
			"b2b_awaited_amount",
			"party_account_currency",
			"conversion_rate",
		),
	),
	# What is open of a whole company, without reading what was paid: the worklist and dunning runs.
	(
		"Sales Invoice",
		"b2b_open_of_company",
		(
			"company",
			"docstatus",
			"outstanding_amount",
			"customer",
			"due_date",
			"b2b_original_due_date",
			"b2b_disputed_amount",
			"b2b_planned_amount",
			"party_account_currency",
			"conversion_rate",
		),
	),
	# The few invoices that count as due since another day than their own.
	("Sales Invoice", "b2b_re_aged", ("b2b_original_due_date", "company")),
	("Sales Order", "b2b_open_orders", ("customer", "company", "docstatus", "status")),
)


def create() -> None:
	"""Make the indexes that are missing, and make those anew whose columns have changed since."""
	for doctype, name, columns in INDEXES:
		there = columns_of(doctype, name)
		if there and there != columns:
			_drop(doctype, name)
		frappe.db.add_index(doctype, list(columns), name)


def remove() -> None:
	"""Drop our indexes."""
	for doctype, name, _columns in INDEXES:
		if columns_of(doctype, name):
			_drop(doctype, name)


def through(query: QueryBuilder, doctype: str, name: str) -> QueryBuilder:
	"""Have a query over one doctype go through one of our indexes, where that is there.

	Over a million rows MariaDB takes now this index and now that, by statistics that it draws by chance, and one that does not hold
	what is read costs ten times as much.
	"""
	return query.force_index(name) if _is_there(doctype, name) else query


@site_cache(ttl=60 * 60)
def _is_there(doctype: str, name: str) -> bool:
	return bool(columns_of(doctype, name))


def columns_of(doctype: str, name: str) -> tuple[str, ...]:
	"""Return the columns of an index in their order, none when there is no such index."""
	# The doctype is one of our own constants; a table's name takes no parameter.
	rows = frappe.db.sql(
		f"SHOW INDEX FROM `tab{doctype}` WHERE Key_name = %s", (name,), as_dict=True
	)  # nosemgrep
	return tuple(row.Column_name for row in sorted(rows, key=lambda row: row.Seq_in_index))


def _drop(doctype: str, name: str) -> None:
	# Both names are our own constants; DDL takes no parameters.
	frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP INDEX `{name}`")  # nosemgrep
