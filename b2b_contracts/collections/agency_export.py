"""Cases for a collection agency as CSV and XLSX: a row an invoice (requirements §3). The columns are in docs/dunning.md.

Text that looks like a formula is text in both.
"""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO

import frappe
from frappe import _
from frappe.utils import getdate
from openpyxl import Workbook
from openpyxl.styles import Font

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit import contacts
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine.collection_cases import BEFORE_HAND_OVER
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import CollectionCaseError

from .case_documents import CASE

COLUMNS = (
	*("case", "agency_reference", "creditor", "customer", "customer_name", "tax_id", "address", "country"),
	*("email", "phone", "invoice", "invoice_date", "due_date", "payment_reference", "currency"),
	*("principal", "interest", "interest_until", "reminder_fees", "compensation", "hand_over_fee", "total"),
	*("still_open", "notice_sent_on", "notice_deadline", "handed_over_on"),
)
# More than this is not opened by anybody who collects.
MOST_CASES = 1_000


def csv_of(names: Iterable[str]) -> str:
	"""Return cases as CSV: UTF-8, commas, a head row, dates as 2026-07-27, amounts as 1234.50."""
	out = StringIO()
	writer = csv.writer(out, lineterminator="\r\n")
	writer.writerow(COLUMNS)
	for row in rows_of(names):
		writer.writerow([_plain(row[column]) for column in COLUMNS])
	return out.getvalue()


def xlsx_of(names: Iterable[str]) -> bytes:
	"""Return cases as a workbook of one sheet with the same columns; numbers are numbers and dates are dates."""
	book = Workbook()
	sheet = book.active
	sheet.title = "Cases"
	for number, column in enumerate(COLUMNS, 1):
		cells.fill(sheet.cell(1, number), column).font = Font(bold=True)
		sheet.column_dimensions[sheet.cell(1, number).column_letter].width = max(12, len(column) + 2)
	sheet.freeze_panes = "A2"
	for line, row in enumerate(rows_of(names), 2):
		for number, column in enumerate(COLUMNS, 1):
			cells.fill(sheet.cell(line, number), row[column])
	out = BytesIO()
	book.save(out)
	return out.getvalue()


def _plain(value) -> str:
	if isinstance(value, str):
		return cells.guarded(value)
	if isinstance(value, Decimal):
		return f"{value:.2f}"
	return "" if value is None else str(value)


def rows_of(names: Iterable[str]) -> list[dict]:
	"""Return a row for each invoice that is handed over, by column; the hand-over fee is on the first row of its case."""
	found = []
	for name in _handed_over(names):
		case = frappe.get_doc(CASE, name)
		who = _debtor(case)
		rows = [row for row in case.items if row.principal]
		references = _references([row.sales_invoice for row in rows])
		for number, row in enumerate(rows):
			fee = money(case.hand_over_fee) if not number else ZERO
			found.append(
				{
					"case": case.name,
					"agency_reference": case.agency_reference or "",
					"creditor": case.company,
					**who,
					"invoice": row.sales_invoice,
					"invoice_date": _day(row.posting_date),
					"due_date": _day(row.due_date),
					"payment_reference": references.get(row.sales_invoice) or "",
					"currency": case.currency,
					"principal": money(row.principal),
					"interest": money(row.interest),
					"interest_until": _day(case.interest_until),
					"reminder_fees": money(row.fees),
					"compensation": money(row.compensation),
					"hand_over_fee": fee,
					"total": money(row.total) + fee,
					"still_open": money(row.open_amount),
					"notice_sent_on": _day(case.notice_sent_on),
					"notice_deadline": _day(case.notice_deadline),
					"handed_over_on": _day(case.handed_over_on),
				}
			)
	return found


def _handed_over(names: Iterable[str]) -> list[str]:
	"""Return the cases, sorted; refuses one that is not handed over: no agency may have it."""
	names = sorted(set(names))
	if len(names) > MOST_CASES:
		frappe.throw(
			_("{0} cases are more than {1}. Choose fewer.").format(len(names), MOST_CASES),
			CollectionCaseError,
		)
	early = frappe.get_all(
		CASE, filters={"name": ["in", names or [""]], "status": ["in", BEFORE_HAND_OVER]}, pluck="name"
	)
	if early:
		frappe.throw(
			_("Not handed over yet: {0}. Only what is handed over goes to an agency.").format(
				", ".join(sorted(early)[:10])
			),
			CollectionCaseError,
			title=_("Not handed over"),
		)
	return names


def _debtor(case) -> dict[str, str]:
	from frappe.contacts.doctype.address.address import get_default_address

	customer = frappe.db.get_value(
		"Customer", case.customer, ["customer_name", "tax_id", "mobile_no"], as_dict=True
	)
	name = get_default_address("Customer", case.customer)
	fields = ["address_line1", "address_line2", "pincode", "city", "country", "phone"]
	address = frappe.db.get_value("Address", name, fields, as_dict=True) if name else frappe._dict()
	town = " ".join(filter(None, (address.pincode, address.city)))
	lines = (address.address_line1, address.address_line2, town)
	email = contacts.addresses_for(case.customer, contacts.LEGAL_NOTICES, case.company)
	return {
		"customer": case.customer,
		"customer_name": customer.customer_name or "",
		"tax_id": customer.tax_id or "",
		"address": ", ".join(filter(None, lines)),
		"country": address.country or "",
		"email": email[0].email if email else "",
		"phone": customer.mobile_no or address.phone or "",
	}


def _references(names: list[str]) -> dict[str, str]:
	return dict(
		frappe.get_all(
			"Sales Invoice",
			filters={"name": ["in", names or [""]]},
			fields=["name", "b2b_payment_reference"],
			as_list=True,
		)
	)


def _day(value) -> date | None:
	return getdate(value) if value else None
