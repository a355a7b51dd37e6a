"""Credit notes over an amount, whatever the invoice is made of: one line, and its taxes in proportion.

The line has no item: ERPNext takes a line with one for returned goods, and no second note would be possible.
"""

from collections import defaultdict
from decimal import Decimal

import frappe

from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine.money import CENT, ZERO, to_cents

from . import invoices
from .invoices import INVOICE

# Taxes that are a share of what they stand on.
PERCENTAGES = ("On Net Total", "On Previous Row Amount", "On Previous Row Total")


def note_over(invoice: str, amount: Decimal, title: str, description: str):
	"""Return a credit note against an invoice over an amount (in the currency of the receivable account), not saved yet.

	ERPNext's own way to make one asks for rights on invoices, which those who may give a discount do not have.
	"""
	note = frappe.copy_doc(frappe.get_doc(INVOICE, invoice))
	note.update(
		{
			"is_return": 1,
			"return_against": invoice,
			"is_pos": 0,
			"set_posting_time": 0,
			"ignore_pricing_rule": 1,
			"redeem_loyalty_points": 0,
			"write_off_amount": 0,
			# Set against the invoice; rounded to whole crowns it would not be the amount.
			"update_outstanding_for_self": 0,
			"disable_rounded_total": 1,
		}
	)
	for table in ("advances", "payments", "timesheets", "packed_items", "pricing_rules"):
		note.set(table, [])
	put_one_line(note, amount, title, description)
	return note


def put_one_line(note, amount: Decimal, title: str, description: str | None) -> None:
	"""Put one line over an amount (in the currency of the receivable account) in place of a credit note's lines."""
	first = note.items[0]
	# A discount on the whole invoice is in the amount already, and no goods come back.
	note.update({"discount_amount": 0, "additional_discount_percentage": 0, "update_stock": 0})
	if invoices.currency_of(note) != note.currency:
		amount = to_cents(amount / money(note.conversion_rate))
	note.items = []
	note.append(
		"items",
		{
			"item_name": title,
			"description": description or title,
			"qty": -1,
			"uom": first.uom,
			"rate": number(amount),
			**{field: first.get(field) for field in ("income_account", "cost_center", "project")},
		},
	)
	# Amounts of a tax by themselves, such as freight, belong to the whole invoice.
	note.taxes = [tax for tax in note.taxes if tax.charge_type in PERCENTAGES]
	for tax in note.taxes:
		tax.included_in_print_rate = 1
	note.run_method("calculate_taxes_and_totals")
	_split_as_invoiced(note, amount)


def _split_as_invoiced(note, amount: Decimal) -> None:
	"""Give each tax its share of what was invoiced, where its rate alone does not: items had rates of their own."""
	shares = _shares_of_taxes(note.return_against, amount)
	got = [abs(money(tax.tax_amount_after_discount_amount)) for tax in note.taxes]
	if all(abs(share - part) <= CENT for share, part in zip(shares, got, strict=True)):
		return
	for tax, share in zip(note.taxes, shares, strict=True):
		tax.update({"charge_type": "Actual", "included_in_print_rate": 0, "row_id": None, "rate": 0})
		tax.tax_amount = number(-share)
	note.items[0].rate = number(amount - sum(shares, ZERO))
	note.run_method("calculate_taxes_and_totals")


def _shares_of_taxes(invoice: str, amount: Decimal) -> list[Decimal]:
	"""Return what of an amount of an invoice (in its currency) is each of its percentage taxes, in order."""
	net = money(frappe.db.get_value(INVOICE, invoice, "net_total"))
	taxes = [
		money(row.tax_amount_after_discount_amount)
		for row in _taxes_of(invoice)
		if row.charge_type in PERCENTAGES
	]
	whole = net + sum(taxes, ZERO)
	return [to_cents(amount * tax / whole) if whole else ZERO for tax in taxes]


def taxes_within(invoice: str, amount: Decimal) -> dict[str, Decimal]:
	"""Return the tax in an amount of an invoice, both in the company's currency, by account; other charges count as none."""
	whole = money(frappe.db.get_value(INVOICE, invoice, "base_grand_total"))
	by_account: dict[str, Decimal] = defaultdict(Decimal)
	for row in _taxes_of(invoice):
		if row.account_type == "Tax":
			by_account[row.account_head] += money(row.base_tax_amount_after_discount_amount)
	parts = {account: to_cents(amount * tax / whole) for account, tax in by_account.items() if whole}
	return {account: part for account, part in parts.items() if part}


def _taxes_of(invoice: str) -> list[frappe._dict]:
	row, account = frappe.qb.DocType("Sales Taxes and Charges"), frappe.qb.DocType("Account")
	return (
		frappe.qb.from_(row)
		.join(account)
		.on(account.name == row.account_head)
		.select(row.charge_type, row.account_head, account.account_type)
		.select(row.tax_amount_after_discount_amount, row.base_tax_amount_after_discount_amount)
		.where((row.parenttype == INVOICE) & (row.parent == invoice))
		.orderby(row.idx)
		.run(as_dict=True)
	)


def total(credit_note) -> Decimal:
	"""Return what a credit note credits, in the currency of its receivable account."""
	in_base = invoices.currency_of(credit_note) != credit_note.currency
	amount = credit_note.base_grand_total if in_base else credit_note.grand_total
	rounded = credit_note.base_rounded_total if in_base else credit_note.rounded_total
	return abs(money(rounded or amount))
