"""A loss is booked: the invoice's outstanding is 0 afterwards, the VAT in it is taken back in proportion (requirements §3).

By a journal entry and not by a credit note: a credit note tells the customer that they owe nothing.
"""

from decimal import Decimal

import frappe
from frappe import _

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import concessions as rules
from b2b_contracts.engine.money import to_cents
from b2b_contracts.exceptions import ApprovalError

from . import crediting, invoices
from .invoices import INVOICE


def book(name: str, reclaims_vat: bool, remark: str):
	"""Write off all that is outstanding of an invoice; returns the submitted journal entry."""
	invoice = frappe.get_doc(INVOICE, name)
	outstanding = money(invoice.outstanding_amount)
	currency, own = invoices.currency_of(invoice), company_currency(invoice.company)
	rate = Decimal(1) if currency == own else money(invoice.conversion_rate)
	amount = to_cents(outstanding * rate)
	taxes = crediting.taxes_within(name, amount) if reclaims_vat else {}
	loss, by_account = rules.split_loss(amount, taxes)
	cost_center = invoice.cost_center or _of_company(invoice.company, "cost_center", _("Default cost center"))
	entry = frappe.new_doc("Journal Entry")
	entry.update(
		{
			"voucher_type": "Write Off Entry",
			"company": invoice.company,
			"posting_date": frappe.utils.nowdate(),
			"multi_currency": int(currency != own),
			"user_remark": remark,
			"title": invoice.customer_name,
		}
	)
	account = _of_company(invoice.company, "write_off_account", _("Write-off account"))
	for debited, part in ((account, loss), *sorted(by_account.items())):
		values = {"debit_in_account_currency": number(part), "debit": number(part), "exchange_rate": 1}
		if part:
			entry.append("accounts", {"account": debited, "cost_center": cost_center, **values})
	entry.append(
		"accounts",
		{
			"account": invoice.debit_to,
			"party_type": "Customer",
			"party": invoice.customer,
			"cost_center": cost_center,
			"reference_type": INVOICE,
			"reference_name": name,
			"exchange_rate": number(rate),
			"credit_in_account_currency": number(outstanding),
			"credit": number(amount),
		},
	)
	# The right to write off was checked by mandate.
	entry.flags.ignore_permissions = True
	entry.insert()
	entry.submit()
	return entry


def _of_company(company: str, field: str, label: str) -> str:
	value = frappe.get_cached_value("Company", company, field)
	if not value:
		frappe.throw(
			_("Company {0} has no {1}. Choose one on the company, then write off.").format(company, label),
			ApprovalError,
			title=_("Account missing"),
		)
	return value
