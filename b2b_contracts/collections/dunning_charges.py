"""What notices charge: fees, interest and compensation with their states, and ERPNext's own Dunning, which books them (§3).

A fee and a compensation are charged once and stay; interest grows, so an item has one charge for it, which every notice that
claims brings up to its day. What is open of earlier charges is asked for again by each notice. ERPNext's Dunning of a notice
has what is new in it, so that the sum of all of them is what was claimed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import mandates
from b2b_contracts.engine.money import ZERO, to_cents

CHARGE, DUNNING, INVOICE = "Dunning Charge", "Dunning", "Sales Invoice"
FEE, INTEREST, COMPENSATION = "Reminder Fee", "Interest", "Compensation"
THREATENED, CLAIMED, WAIVED, PAID = "Threatened", "Claimed", "Waived", "Paid"
# What an approved request waives: of a reminder's fee ERPNext knows no parts.
WAIVED_BY = {mandates.FEE_WAIVER: (FEE, COMPENSATION), mandates.INTEREST_WAIVER: (INTEREST,)}


# ------------------------------------------------------------------ what there is already
@dataclass(slots=True)
class Charged:
	"""What was charged a customer in a currency so far: open fees and compensations, and of each item's interest what was
	claimed and what of that is settled (paid or waived)."""

	open: Decimal = ZERO
	claimed: dict[str, Decimal] = field(default_factory=dict)
	settled: dict[str, Decimal] = field(default_factory=dict)

	def still_asked(self, key: str, total: Decimal) -> Decimal:
		"""Return what is asked of an item's interest, which comes to `total` from its first day on."""
		return max(ZERO, total - self.settled.get(key, ZERO))

	def new(self, key: str, asked: Decimal) -> Decimal:
		"""Return what of the interest asked for was not claimed before."""
		open_before = self.claimed.get(key, ZERO) - self.settled.get(key, ZERO)
		return max(ZERO, asked - open_before)


def charged(company: str, customers: Collection[str]) -> dict[tuple[str, str], Charged]:
	"""Return what was charged some customers so far, by customer and currency."""
	charge = frappe.qb.DocType(CHARGE)
	rows = (
		frappe.qb.from_(charge)
		.select(
			charge.customer,
			charge.currency,
			charge.kind,
			charge.item_key,
			charge.amount,
			charge.paid_amount,
			charge.waived_amount,
		)
		.where(
			charge.customer.isin(list(customers)) & (charge.company == company) & (charge.state != THREATENED)
		)
		.run(as_dict=True)
	)
	found: dict[tuple[str, str], Charged] = defaultdict(Charged)
	for row in rows:
		of_customer = found[row.customer, row.currency]
		settled = money(row.paid_amount) + money(row.waived_amount)
		if row.kind == INTEREST:
			of_customer.claimed[row.item_key] = money(row.amount)
			of_customer.settled[row.item_key] = settled
		else:
			of_customer.open += max(ZERO, money(row.amount) - settled)
	return found


# ------------------------------------------------------------------ charged
def charge(notice) -> None:
	"""Write down what a notice charges or threatens with, and have ERPNext book what is claimed. In the notice's transaction."""
	before = charged(notice.company, [notice.customer]).get((notice.customer, notice.currency), Charged())
	claims_interest = money(notice.claimed_interest) > 0
	new_interest: dict[str, Decimal] = {}
	for row in notice.items:
		interest = money(row.interest)
		if interest <= 0:
			continue
		if claims_interest:
			new_interest[row.item_key] = before.new(row.item_key, interest)
		_state_interest(notice, row, claims_interest, before)
	if money(notice.fee) > 0:
		_state(notice, FEE, money(notice.fee), f"fee:{notice.name}")
	for row in notice.items:
		if money(row.compensation) > 0:
			_state(
				notice,
				COMPENSATION,
				money(row.compensation),
				f"compensation:{notice.name}:{row.item_key}",
				row,
			)
	if money(notice.fee) + money(notice.compensation) + sum(new_interest.values(), ZERO) > 0:
		notice.dunning = _book(notice, new_interest)


def _state(notice, kind: str, amount: Decimal, key: str, row=None):
	doc = frappe.new_doc(CHARGE)
	doc.update(
		{
			"customer": notice.customer,
			"customer_name": notice.customer_name,
			"company": notice.company,
			"kind": kind,
			"state": CLAIMED,
			"currency": notice.currency,
			"amount": number(amount),
			"open_amount": number(amount),
			"notice": notice.name,
			"sales_invoice": row.sales_invoice if row else None,
			"item_key": row.item_key if row else "",
			"stated_on": getdate(),
			"claimed_on": getdate(),
			"charge_key": key,
		}
	)
	_write(doc)
	return doc


def _state_interest(notice, row, claims: bool, before: Charged) -> None:
	"""Bring an item's charge of interest up to the day of the notice; what was claimed once is not a threat any more."""
	key = f"interest:{row.item_key}"
	name = frappe.db.get_value(CHARGE, {"charge_key": key})
	if not name:
		doc = _state(notice, INTEREST, money(row.interest), key, row)
	else:
		doc = frappe.get_doc(CHARGE, name, for_update=True)
	is_claimed = claims or row.item_key in before.claimed
	if is_claimed and not claims:
		return
	settled = money(doc.paid_amount) + money(doc.waived_amount)
	doc.update(
		{
			"amount": number(money(row.interest) + settled),
			"notice": notice.name,
			"state": CLAIMED if claims else THREATENED,
			"claimed_on": (doc.claimed_on or getdate()) if claims else None,
			"settled_on": None,
		}
	)
	_settle(doc)


def _settle(doc) -> None:
	"""Bring what is open of a charge, and its state, to what was paid and waived of it."""
	settled = money(doc.paid_amount) + money(doc.waived_amount)
	doc.open_amount = number(max(ZERO, money(doc.amount) - settled))
	if doc.state != THREATENED:
		is_over = not money(doc.open_amount) and settled > 0
		doc.state = CLAIMED if not is_over else PAID if money(doc.paid_amount) > 0 else WAIVED
		doc.settled_on = (doc.settled_on or getdate()) if is_over else None
	_write(doc)


def _write(doc) -> None:
	doc.flags.credit_service = doc.flags.ignore_permissions = doc.flags.ignore_links = True
	doc.save()


# ------------------------------------------------------------------ booked by ERPNext
def _book(notice, new_interest: dict[str, Decimal]) -> str:
	"""Make and submit ERPNext's Dunning over what is new in a notice. Returns its name.

	ERPNext's is in the currency of the invoices: with a receivable account in another, those of each currency get one of
	their own, and the last is returned.
	"""
	rows = [row for row in notice.items if money(row.chased_amount) > 0]
	about = {
		row.name: row
		for row in frappe.get_all(
			INVOICE,
			{"name": ["in", [row.sales_invoice for row in rows]]},
			["name", "currency", "conversion_rate", "customer_address", "contact_person"],
		)
	}
	by_currency: dict[str, list] = defaultdict(list)
	for row in rows:
		by_currency[about[row.sales_invoice].currency].append(row)
	flat, made = money(notice.fee) + money(notice.compensation), ""
	for currency, some in sorted(by_currency.items(), key=lambda pair: pair[0] != notice.currency):
		# The charges stand in the first of them.
		made = _dunning_of(notice, currency, some, about, flat, new_interest) or made
		flat = ZERO
	return made


def _dunning_of(
	notice, currency: str, rows: list, about: dict, flat: Decimal, new_interest: dict
) -> str | None:
	rate = Decimal(1) if currency == notice.currency else money(about[rows[0].sales_invoice].conversion_rate)
	interest = {row.item_key: to_cents(new_interest.get(row.item_key, ZERO) / rate) for row in rows}
	if not flat and not sum(interest.values(), ZERO):
		return None
	dunning = frappe.new_doc(DUNNING)
	income = _income_of(notice.company)
	dunning.update(
		{
			"customer": notice.customer,
			"company": notice.company,
			"currency": currency,
			"conversion_rate": float(_to_company_currency(notice, currency, about[rows[0].sales_invoice])),
			"posting_date": getdate(),
			"dunning_type": income.name,
			"income_account": income.income_account,
			"cost_center": income.cost_center,
			"language": notice.language,
			"dunning_fee": number(to_cents(flat / rate)),
			# Only a sign that there is interest: how much it is stands in the rows.
			"rate_of_interest": 1 if any(interest.values()) else 0,
			"b2b_dunning_notice": notice.name,
			"overdue_payments": [
				{
					"sales_invoice": row.sales_invoice,
					"payment_schedule": row.item_key if row.item_key != row.sales_invoice else None,
					"due_date": row.due_date,
					"outstanding": number(to_cents(money(row.chased_amount) / rate)),
					"b2b_interest": number(interest[row.item_key]),
				}
				for row in rows
			],
		}
	)
	dunning.flags.ignore_permissions = dunning.flags.b2b_of_notice = True
	dunning.insert()
	dunning.submit()
	return dunning.name


def _to_company_currency(notice, currency: str, invoice) -> Decimal:
	return Decimal(1) if currency == company_currency(notice.company) else money(invoice.conversion_rate or 1)


def _income_of(company: str) -> frappe._dict:
	"""Return the Dunning Type that says where charges of a company are booked: its default one, else any; the company's own
	income account where there is none."""
	found = frappe.get_all(
		"Dunning Type",
		{"company": company},
		["name", "income_account", "cost_center"],
		order_by="is_default desc, creation",
		limit=1,
	)
	row = found[0] if found else frappe._dict(name=None, income_account=None, cost_center=None)
	own = frappe.get_cached_value("Company", company, ["default_income_account", "cost_center"], as_dict=True)
	row.income_account = row.income_account or own.default_income_account
	row.cost_center = row.cost_center or own.cost_center
	return row


def keep_interest(dunning) -> None:
	"""Put our interest into a Dunning that a notice made: ERPNext reckons with one rate from the due date to its own day."""
	if not dunning.get("b2b_dunning_notice"):
		return
	for row in dunning.overdue_payments:
		row.interest = row.b2b_interest if dunning.rate_of_interest else 0
	dunning.total_interest = sum(row.interest for row in dunning.overdue_payments)
	dunning.dunning_amount = dunning.total_interest + dunning.dunning_fee
	dunning.base_dunning_amount = dunning.dunning_amount * dunning.conversion_rate
	dunning.grand_total = dunning.total_outstanding + dunning.dunning_amount


# ------------------------------------------------------------------ waived, paid
def waived(before, after, action: str, by: str) -> None:
	"""Take note that the fee (or the interest) of a reminder was given up, and by which Approval Request."""
	if not before.get("b2b_dunning_notice"):
		return
	frappe.db.set_value(
		"Dunning Notice", before.b2b_dunning_notice, "dunning", after.name, update_modified=False
	)
	keys = {
		row.payment_schedule or row.sales_invoice: money(row.b2b_interest) for row in before.overdue_payments
	}
	for doc in _claimed_of(before):
		if doc.kind not in WAIVED_BY[action]:
			continue
		open_amount = money(doc.open_amount)
		part = min(open_amount, keys.get(doc.item_key, ZERO)) if doc.kind == INTEREST else open_amount
		if part > 0:
			doc.waived_amount = number(money(doc.waived_amount) + part)
			doc.waived_by = "\n".join(filter(None, (doc.waived_by, by)))
			_settle(doc)


def _claimed_of(dunning) -> list:
	"""Return the open charges that a Dunning books: those of its notice, and the interest of its items."""
	charge = frappe.qb.DocType(CHARGE)
	keys = [row.payment_schedule or row.sales_invoice for row in dunning.overdue_payments]
	names = (
		frappe.qb.from_(charge)
		.select(charge.name)
		.where(
			(charge.customer == dunning.customer)
			& (charge.company == dunning.company)
			& (charge.state == CLAIMED)
		)
		.where(
			(charge.notice == dunning.b2b_dunning_notice)
			| ((charge.kind == INTEREST) & charge.item_key.isin(keys))
		)
		.orderby(charge.name)
		.run(pluck=True)
	)
	return [frappe.get_doc(CHARGE, name) for name in names]


def paid(payment) -> None:
	"""Set what a payment paid of reminder charges against the oldest of them: ERPNext books that as a deduction to the income
	account of the reminder."""
	if payment.payment_type != "Receive" or payment.party_type != "Customer":
		return
	accounts = _income_accounts(payment.party, payment.company)
	amount = -sum((money(row.amount) for row in payment.deductions if row.account in accounts), ZERO)
	if amount <= 0:
		return
	if payment.paid_from_account_currency != company_currency(payment.company):
		amount = to_cents(amount / money(payment.source_exchange_rate or 1))
	for doc in _open_of(payment.party, payment.company, payment.paid_from_account_currency):
		part = min(amount, money(doc.open_amount))
		if part <= 0:
			continue
		doc.append(
			"payments",
			{
				"payment_entry": payment.name,
				"paid_on": payment.posting_date,
				"currency": doc.currency,
				"amount": number(part),
			},
		)
		doc.paid_amount = number(money(doc.paid_amount) + part)
		_settle(doc)
		amount -= part


def unpaid(payment) -> None:
	"""Take back what a payment that is cancelled had paid of reminder charges."""
	rows = frappe.get_all("Dunning Charge Payment", {"payment_entry": payment.name}, pluck="parent")
	for name in sorted(set(rows)):
		doc = frappe.get_doc(CHARGE, name)
		back = sum((money(row.amount) for row in doc.payments if row.payment_entry == payment.name), ZERO)
		doc.set("payments", [row for row in doc.payments if row.payment_entry != payment.name])
		doc.paid_amount = number(money(doc.paid_amount) - back)
		_settle(doc)


def _income_accounts(customer: str, company: str) -> set[str]:
	return set(
		frappe.get_all(
			DUNNING,
			{"customer": customer, "company": company, "docstatus": 1, "b2b_dunning_notice": ["is", "set"]},
			pluck="income_account",
			distinct=True,
		)
	)


def _open_of(customer: str, company: str, currency: str) -> Iterable:
	names = frappe.get_all(
		CHARGE,
		{"customer": customer, "company": company, "currency": currency, "state": CLAIMED},
		pluck="name",
		order_by="stated_on, name",
	)
	return [frappe.get_doc(CHARGE, name) for name in names]


def request_for(name: str) -> tuple[str, str]:
	"""Return what waiving a charge is asked for: (action, the Dunning that books it). Refuses a charge that is not claimed."""
	doc = frappe.get_doc(CHARGE, name)
	dunning = frappe.db.get_value("Dunning Notice", doc.notice, "dunning")
	if doc.state != CLAIMED or not dunning:
		frappe.throw(
			_("{0} is not claimed, so there is nothing to waive.").format(name), title=_("Dunning charge")
		)
	return (mandates.INTEREST_WAIVER if doc.kind == INTEREST else mandates.FEE_WAIVER), dunning
