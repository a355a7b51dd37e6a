"""What an insolvent customer is asked for: every open item to the cent of the ledger, what was delivered and not billed,
interest, goods that are still ours, securities to call (requirements §3). Reads only."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Coalesce, Min, Sum
from frappe.utils import flt, getdate

from b2b_contracts.credit import position_facts
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import insolvency as engine
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.engine.security import IN_FORCE, RECEIVED, RETENTION_OF_TITLE

from .invoices import INVOICE

NOTE = "Delivery Note"
KIND_OF = {
	INVOICE: engine.INVOICE,
	"Payment Entry": engine.PAYMENT,
	"Journal Entry": engine.JOURNAL,
}


# ------------------------------------------------------------------ the claim
def companies_of(customer: str) -> list[str]:
	"""Return our companies that the customer ever dealt with."""
	entry, note, profile = (frappe.qb.DocType(d) for d in ("Payment Ledger Entry", NOTE, "Credit Profile"))
	found: set[str] = set()
	for query in (
		frappe.qb.from_(entry)
		.select(entry.company)
		.where((entry.party_type == "Customer") & (entry.party == customer) & (entry.delinked == 0)),
		frappe.qb.from_(note).select(note.company).where((note.customer == customer) & (note.docstatus == 1)),
		frappe.qb.from_(profile).select(profile.company).where(profile.customer == customer),
	):
		found.update(query.distinct().run(pluck=True))
	return sorted(found)


def items(customer: str, company: str, until: date, interest_rate: Decimal) -> list[dict]:
	"""Return the rows of the claim in a company: the ledger's, what was delivered and not billed, interest before `until`
	at a rate of so many per cent a year."""
	ledger = _ledger(customer, company)
	return [
		*ledger,
		*_not_billed(customer, company),
		*_interest(ledger, until, interest_rate),
	]


def total(company: str, rows: Iterable[dict]) -> dict:
	"""Return what the rows of a company add up to."""
	found = engine.total_of(engine.Item(row["kind"], money(row["amount"])) for row in rows)
	return {
		"company": company,
		"ledger_balance": number(found.ledger),
		"not_billed_amount": number(found.not_billed),
		"interest_amount": number(found.interest),
		"claim_amount": number(found.claim),
		"currency": company_currency(company),
	}


def _ledger(customer: str, company: str) -> list[dict]:
	"""Return each voucher of the payment ledger that is not settled: what they add up to is the party's balance."""
	entry = frappe.qb.DocType("Payment Ledger Entry")
	amount, in_account = Sum(entry.amount), Sum(entry.amount_in_account_currency)
	rows = (
		frappe.qb.from_(entry)
		.select(
			entry.against_voucher_type,
			entry.against_voucher_no,
			amount,
			in_account,
			Min(entry.account_currency),
			Min(entry.posting_date),
			Min(entry.due_date),
		)
		.where((entry.party_type == "Customer") & (entry.party == customer) & (entry.company == company))
		.where(entry.delinked == 0)
		.groupby(entry.against_voucher_type, entry.against_voucher_no)
		.having((amount != 0) | (in_account != 0))
		.run()
	)
	invoices = _invoices([name for doctype, name, *_rest in rows if doctype == INVOICE])
	currency = company_currency(company)
	found = []
	for doctype, name, owed, owed_in_account, account_currency, posted, due in rows:
		invoice = invoices.get(name, frappe._dict()) if doctype == INVOICE else frappe._dict()
		kind = KIND_OF.get(doctype, engine.OTHER)
		found.append(
			{
				"company": company,
				"kind": engine.PAYMENT if kind == engine.INVOICE and owed < 0 else kind,
				"voucher_type": doctype,
				"voucher_no": name,
				"posting_date": invoice.posting_date or posted,
				"due_date": invoice.due or due,
				"amount": number(to_cents(money(owed))),
				"currency": currency,
				"account_amount": number(to_cents(money(owed_in_account))),
				"account_currency": account_currency,
				"disputed_amount": invoice.b2b_disputed_amount,
			}
		)
	return sorted(found, key=lambda row: (str(row["due_date"] or row["posting_date"]), row["voucher_no"]))


def _invoices(names: list[str]) -> dict[str, frappe._dict]:
	invoice = frappe.qb.DocType(INVOICE)
	rows = (
		frappe.qb.from_(invoice)
		.select(
			invoice.name,
			invoice.posting_date,
			position_facts.counts_as_due(invoice).as_("due"),
			invoice.b2b_disputed_amount,
		)
		.where(invoice.name.isin(names or [""]))
		.run(as_dict=True)
	)
	return {row.name: row for row in rows}


def _not_billed(customer: str, company: str) -> list[dict]:
	"""Return what was delivered and is not billed, gross, by delivery note."""
	currency = company_currency(company)
	return [
		{
			"company": company,
			"kind": engine.NOT_BILLED,
			"voucher_type": NOTE,
			"voucher_no": name,
			"posting_date": posted,
			"amount": number(to_cents(money(amount))),
			"currency": currency,
		}
		for name, posted, amount in position_facts.unbilled_notes((customer, company))
	]


def _interest(ledger: list[dict], until: date, interest_rate: Decimal) -> list[dict]:
	found = []
	for row in ledger:
		if row["kind"] != engine.INVOICE or not row["due_date"]:
			continue
		due = getdate(row["due_date"])
		amount = engine.interest(money(row["amount"]), due, until, interest_rate)
		if amount:
			same = {field: row[field] for field in ("company", "voucher_type", "voucher_no", "currency")}
			found.append(
				{
					**same,
					"kind": engine.INTEREST,
					"posting_date": until,
					"due_date": due,
					"days": (until - due).days,
					"amount": number(amount),
				}
			)
	return found


# ------------------------------------------------------------------ goods that are still ours
def goods(customer: str, company: str, retains_title: bool) -> list[dict]:
	"""Return the goods that a customer has and has not paid, where title to them is retained: by a security instrument in
	force, or (`retains_title`) by our terms of sale."""
	security = frappe.db.get_value("Security Instrument", _in_force(customer, company, RETENTION_OF_TITLE))
	if not security and not retains_title:
		return []
	currency = company_currency(company)
	rows = [*_billed_goods(customer, company), *_unbilled_goods(customer, company)]
	returned = _returned([row.row for row in rows if row.voucher_type == INVOICE])
	numbers = _numbers_of(row.bundle for row in rows if row.bundle)
	found, seen = [], set()
	for row in rows:
		kept = engine.kept_quantity(money(row.qty), money(row.returned_qty) or returned.get(row.row, ZERO))
		if row.row in seen or not kept:
			continue
		seen.add(row.row)
		found.append(
			{
				"company": company,
				"item_code": row.item_code,
				"item_name": row.item_name,
				"qty": flt(kept),
				"uom": row.uom,
				"serial_batch": numbers.get(row.bundle) or _plain(row.serial_no, row.batch_no),
				"voucher_type": row.voucher_type,
				"voucher_no": row.voucher_no,
				"delivered_on": row.delivered_on,
				"sales_invoice": row.sales_invoice,
				"amount": number(to_cents(money(row.amount) * kept / money(row.qty))),
				"currency": currency,
				"security": security,
			}
		)
	return sorted(found, key=lambda row: (str(row["delivered_on"]), row["voucher_no"], row["item_code"]))


def _in_force(customer: str, company: str, instrument_type) -> dict:
	return {
		"customer": customer,
		"company": company,
		"docstatus": 1,
		"status": IN_FORCE,
		"direction": RECEIVED,
		"instrument_type": instrument_type,
	}


def _goods_of(parent, row, doctype: str):
	"""A query of the stock items of a document's rows, with what their return and their numbers are known by."""
	item = frappe.qb.DocType("Item")
	return (
		frappe.qb.from_(parent)
		.join(row)
		.on(row.parent == parent.name)
		.join(item)
		.on((item.name == row.item_code) & (item.is_stock_item == 1))
		.select(
			row.name.as_("row"),
			row.item_code,
			row.item_name,
			row.qty,
			row.uom,
			row.serial_no,
			row.batch_no,
			row.serial_and_batch_bundle.as_("bundle"),
			parent.name.as_("voucher_no"),
			parent.posting_date.as_("delivered_on"),
			(row.base_net_amount * position_facts.gross_of_net(parent)).as_("amount"),
			*_constant(voucher_type=doctype),
		)
		.where((parent.docstatus == 1) & (parent.is_return == 0) & (row.qty > 0))
	)


def _constant(**values):
	from pypika.terms import ValueWrapper

	return [ValueWrapper(value, alias=alias) for alias, value in values.items()]


def _billed_goods(customer: str, company: str) -> list[frappe._dict]:
	"""Return the goods of unpaid invoices: shipped by the invoice itself, or by the delivery note of its row or order."""
	invoice, billed = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Invoice Item")
	note, delivered = frappe.qb.DocType(NOTE), frappe.qb.DocType("Delivery Note Item")
	is_unpaid = (invoice.customer == customer) & (invoice.company == company) & (invoice.docstatus == 1)
	is_unpaid = is_unpaid & (invoice.outstanding_amount > 0) & (invoice.is_return == 0)
	own = (
		_goods_of(invoice, billed, INVOICE)
		.select(invoice.name.as_("sales_invoice"))
		.where(is_unpaid & (invoice.update_stock == 1))
		.run(as_dict=True)
	)
	by_note = (
		_goods_of(note, delivered, NOTE)
		.join(billed)
		.on(
			(billed.dn_detail == delivered.name)
			| ((Coalesce(billed.dn_detail, "") == "") & (billed.so_detail == delivered.so_detail))
		)
		.join(invoice)
		.on(invoice.name == billed.parent)
		.select(invoice.name.as_("sales_invoice"), delivered.returned_qty)
		.where(is_unpaid & (note.customer == customer) & (note.company == company))
		.run(as_dict=True)
	)
	return [*own, *by_note]


def _unbilled_goods(customer: str, company: str) -> list[frappe._dict]:
	"""Return the goods of delivery notes that are not billed in full."""
	note, row = frappe.qb.DocType(NOTE), frappe.qb.DocType("Delivery Note Item")
	return (
		_goods_of(note, row, NOTE)
		.select(row.returned_qty)
		.where((note.customer == customer) & (note.company == company))
		.where((note.per_billed < 100) & (note.status != "Closed"))
		.where(Coalesce(row.billed_amt, 0) < row.net_amount)
		.run(as_dict=True)
	)


def _returned(rows: list[str]) -> dict[str, Decimal]:
	"""Return how much came back of rows of invoices that shipped goods."""
	invoice, row = frappe.qb.DocType(INVOICE), frappe.qb.DocType("Sales Invoice Item")
	found = (
		frappe.qb.from_(row)
		.join(invoice)
		.on(invoice.name == row.parent)
		.select(row.sales_invoice_item, Sum(row.qty))
		.where((invoice.docstatus == 1) & (invoice.is_return == 1) & (invoice.update_stock == 1))
		.where(row.sales_invoice_item.isin(rows or [""]))
		.groupby(row.sales_invoice_item)
		.run()
	)
	return {name: -money(qty) for name, qty in found}


def _numbers_of(bundles: Iterable[str]) -> dict[str, str]:
	"""Return the serial and batch numbers of bundles, as people read them."""
	entry = frappe.qb.DocType("Serial and Batch Entry")
	rows = (
		frappe.qb.from_(entry)
		.select(entry.parent, entry.serial_no, entry.batch_no)
		.where(entry.parent.isin(list(bundles) or [""]))
		.orderby(entry.parent, entry.idx)
		.run()
	)
	found: dict[str, list[str]] = {}
	for bundle, serial, batch in rows:
		of_bundle = found.setdefault(bundle, [])
		of_bundle += [n for n in (serial or batch,) if n and n not in of_bundle]
	return {bundle: ", ".join(of_bundle) for bundle, of_bundle in found.items()}


def _plain(serial_no: str | None, batch_no: str | None) -> str:
	serials = (serial_no or "").split("\n")
	return ", ".join(n.strip() for n in (*serials, batch_no or "") if n.strip())


# ------------------------------------------------------------------ securities to call
def securities(customer: str, company: str) -> list[dict]:
	"""Return the securities in force that somebody else than the customer pays on, of the customer and of its credit group; the
	first to run out on top."""
	group = frappe.db.get_value("Credit Profile", {"customer": customer, "company": company}, "credit_group")
	in_force = _in_force(customer, company, ["in", engine.CALLABLE])
	asked = [in_force]
	if group:
		asked.append({**in_force, "customer": ["is", "not set"], "credit_group": group})
	rows = [
		row
		for filters in asked
		for row in frappe.get_all(
			"Security Instrument",
			filters=filters,
			fields=["name", "instrument_type", "issuer", "amount", "currency", "expiry_date"],
			order_by="name",
		)
	]
	found = [
		{
			"company": company,
			"security": row.name,
			"instrument_type": row.instrument_type,
			"issuer": row.issuer,
			"amount": row.amount,
			"currency": row.currency,
			"last_day_to_call": engine.last_day_to_call(
				row.instrument_type, row.expiry_date and getdate(row.expiry_date)
			),
		}
		for row in rows
	]
	return sorted(found, key=lambda row: str(row["last_day_to_call"] or "9999"))
