"""What every report has something to say about: a customer that something of everything is known of, and copies of it."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, add_years, nowdate

from b2b_contracts import api, permissions
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of, sales_person_of

# Documents of ERPNext that a scene is made of; of ours, all that are about a customer or a contract.
CORE = (
	*(
		"Contact",
		"Contact Email",
		"Customer",
		"Delivery Note",
		"Delivery Note Item",
		"Dynamic Link",
		"GL Entry",
	),
	*("Journal Entry", "Journal Entry Account", "Payment Entry", "Payment Entry Reference"),
	*("Payment Ledger Entry", "Payment Schedule", "Sales Invoice", "Sales Invoice Item", "Sales Order"),
	*("Sales Order Item", "Sales Team"),
)
ROWS_AT_ONCE = 500
MARK = "~"


def everything_of_a_customer(**fields) -> Document:
	"""Make a customer of seller1 with all that reports tell of, but contracts; returns it."""
	frappe.db.set_value("Sales Person", sales_person_of("seller1"), "commission_rate", "5")
	customer = make.make_customer(sales_team=("seller1",), b2b_collector=email_of("collector"), **fields)
	make.make_profile(customer, "B", manual_limit=90_000)
	with make.policy_off():
		old = make.make_overdue_invoice(customer, 11_013, 75)
		lately = make.make_overdue_invoice(customer, 7_019, 40)
		late = make.make_overdue_invoice(customer, 5_003, 20, sales_team=make.team(("seller1",)))
		make.make_invoice(customer, 3_001, due_date=add_days(nowdate(), 20))
		lost = make.make_overdue_invoice(customer, 2_003, 30)
		make.make_payment(late, amount=1_009)
		make.make_payment(customer=customer, amount=211)
		paid = make.make_overdue_invoice(customer, 4_007, 50, sales_team=make.team(("seller1",)))
		make.make_payment(paid)
		make.make_credit_note(lately, 101)
		make.make_journal(customer, 307)
		make.make_delivery(make.make_order(customer, 2_011))
	_past_enforcing(lost)
	make.make_dispute((lately, 1_019))
	make.make_plan((old.name, None))
	make.make_security(customer, 9_011)
	notice = make.make_letter_notice(late.reload(), days_ago=9)
	frappe.db.set_value("Dunning Notice", notice.name, "status", "Sent")
	_promise(customer, late)
	make.make_order(customer, 150_001, sales_team=("seller1",))
	with as_user("credit_manager"):
		api.force_hold(customer.name, COMPANY, "Rumours about their bank", "Stop")
	return customer


def _past_enforcing(invoice: Document) -> None:
	"""Let an invoice have been due so long ago that it can soon no longer be enforced (no fiscal year reaches back so far)."""
	due = add_years(add_days(nowdate(), 40), -3)
	frappe.db.set_value("Sales Invoice", invoice.name, "due_date", due, update_modified=False)
	frappe.db.set_value("Payment Schedule", {"parent": invoice.name}, "due_date", due)
	frappe.db.set_value("Payment Ledger Entry", {"voucher_no": invoice.name}, "due_date", due)


def _promise(customer: Document, invoice: Document) -> None:
	with as_user("collector"):
		promise = {"doctype": "Promise to Pay", "customer": customer.name, "company": COMPANY}
		promise |= {"amount": 503, "promised_date": add_days(nowdate(), 5), "sales_invoice": invoice.name}
		frappe.get_doc(promise).insert()


def copy(customer: Document, number: int, of_another_seller: bool = False) -> str:
	"""Copy all that is known of a customer, by SQL: as quick for thirty as for one. Returns the copy's name.

	A copy has names of its own wherever the customer and its documents are named, and the same numbers; of another seller, it is
	seller2's wherever it was seller1's.
	"""
	rows = {doctype: _rows_about(doctype, customer) for doctype in _doctypes()}
	names = {str(row["name"]) for found in rows.values() for row in found} | {customer.customer_name}
	renamed = {name: f"{name}{MARK}{number}" for name in names}
	if of_another_seller:
		renamed |= {email_of("seller1"): email_of("seller2")}
		renamed |= {sales_person_of("seller1"): sales_person_of("seller2")}
	for doctype, found in rows.items():
		unique = _unique_indexes(doctype)
		copies = [_renamed(row, renamed, unique, f"{MARK}{number}") for row in found]
		_insert(doctype, copies)
	return renamed[customer.name]


def _doctypes() -> list[str]:
	ours = (*permissions.OF_CUSTOMER, *permissions.OF_CONTRACT)
	tables = {field.options for doctype in ours for field in frappe.get_meta(doctype).get_table_fields()}
	return list(dict.fromkeys((*CORE, *ours, *sorted(tables))))


def _rows_about(doctype: str, customer: Document) -> list[dict]:
	"""Return the rows made since the customer was (it was made first), in this transaction; copies are none of them."""
	table = frappe.qb.DocType(doctype)
	rows = (
		frappe.qb.from_(table).where(table.creation >= customer.creation).select(table.star).run(as_dict=True)
	)
	return [row for row in rows if MARK not in str(row["name"]) and MARK not in str(row.get("parent"))]


def _renamed(row: dict, renamed: dict[str, str], unique: list[list[str]], mark: str) -> dict:
	made = {
		column: renamed.get(value, value) if isinstance(value, str) else value
		for column, value in row.items()
	}
	for columns in unique:
		if all(made[column] == row[column] for column in columns):
			text = next((column for column in columns if isinstance(made[column], str)), None)
			if text:
				made[text] += mark
	return made


def _unique_indexes(doctype: str) -> list[list[str]]:
	"""Return the columns of each unique index."""
	found: dict[str, list[str]] = {}
	for index in frappe.db.sql(f"show index from `tab{doctype}` where Non_unique = 0", as_dict=True):
		found.setdefault(index["Key_name"], []).append(index["Column_name"])
	return list(found.values())


def _insert(doctype: str, rows: list[dict]) -> None:
	if not rows:
		return
	columns = [column for column in rows[0] if not (column == "name" and isinstance(rows[0]["name"], int))]
	frappe.db.bulk_insert(
		doctype, columns, ([row[column] for column in columns] for row in rows), chunk_size=ROWS_AT_ONCE
	)
