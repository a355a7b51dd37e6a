"""Documents for tests, each by the public document API, with names of their own.

Amounts are the documents' grand totals in the company's currency unless `vat=True`, which puts 25 % on top. Nothing
here commits: what a test makes is rolled back with it.
"""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, flt, nowdate

from b2b_contracts.tests.scaffold import (
	BANK,
	COMPANY,
	PRICE_LIST,
	SECURITY_FILE,
	SERVICE,
	VAT_TEMPLATE,
	WAREHOUSE,
	WIDGET,
	email_of,
	sales_person_of,
)

DELIVERY_DAYS = 7


@contextmanager
def as_user(name: str) -> Iterator[str]:
	"""Act as one of `scaffold.USERS` ("seller1") or as any log-in, and be whoever one was again afterwards."""
	former = frappe.session.user
	frappe.set_user(email_of(name))
	try:
		yield frappe.session.user
	finally:
		frappe.set_user(former)


def no_exchange_rates():
	"""Make ERPNext know no exchange rate: on a machine with internet it would fetch one."""
	return patch("erpnext.setup.utils.get_exchange_rate", return_value=0)


def make_user(*roles: str) -> str:
	"""Make a user with exactly these roles; returns the log-in."""
	address = f"user-{_unique()}@b2b-test.example.com"
	frappe.get_doc(
		{
			"doctype": "User",
			"email": address,
			"first_name": address.split("@")[0],
			"send_welcome_email": 0,
			"roles": [{"role": role} for role in roles],
		}
	).insert(ignore_permissions=True)
	return address


# ------------------------------------------------------------------ who
def make_customer(
	account_manager: str | None = "seller1", sales_team: tuple[str, ...] = (), **fields
) -> Document:
	"""Make a customer. `account_manager` and `sales_team` name users of `scaffold.USERS`."""
	doc = frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": f"B2B Customer {_unique()}",
			"customer_type": "Company",
			"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}),
			"territory": frappe.db.get_value("Territory", {"is_group": 0}),
			"account_manager": email_of(account_manager) if account_manager else None,
			"sales_team": team(sales_team),
			**fields,
		}
	)
	return doc.insert(ignore_permissions=True)


def make_contact(
	customer: Document | str, name: str, roles: list[dict] | None = None, email: bool = True, **fields
) -> Document:
	"""Make a contact of a customer with an address of its name, and rows of `Contact Role`."""
	address = {"email_id": f"{name}@b2b-test.example.com", "is_primary": 1}
	return frappe.get_doc(
		{
			"doctype": "Contact",
			"first_name": name.title(),
			"links": [{"link_doctype": "Customer", "link_name": _name(customer)}],
			"email_ids": [address] if email else [],
			"b2b_contact_roles": roles or [],
			**fields,
		}
	).insert(ignore_permissions=True)


def make_portal_user(*customers: Document | str, roles: tuple[str, ...] = ("Customer",)) -> str:
	"""Make a user of the website who stands for some customers in the portal; returns the log-in."""
	user = make_user(*roles)
	for customer in customers:
		doc = frappe.get_doc("Customer", _name(customer))
		doc.append("portal_users", {"user": user})
		doc.save(ignore_permissions=True)
	return user


def make_profile(
	customer: Document | str | None = None,
	segment: str = "C",
	manual_limit: float | None = None,
	company: str = COMPANY,
	**fields,
) -> Document:
	"""Make a credit profile; without a customer, one is made. A manual limit gets a reason."""
	if customer is None:
		customer = make_customer()
	if manual_limit is not None:
		fields = {"manual_limit": manual_limit, "limit_reason": "Agreed with the customer", **fields}
	return frappe.get_doc(
		{
			"doctype": "Credit Profile",
			"customer": _name(customer),
			"company": company,
			"segment": segment,
			**fields,
		}
	).insert()


def make_group(*customers: Document | str, group_limit: float = 100_000, **fields) -> Document:
	"""Make a credit group in DKK with these members."""
	return frappe.get_doc(
		{
			"doctype": "Credit Group",
			"group_name": f"B2B Group {_unique()}",
			"currency": "DKK",
			"group_limit": group_limit,
			"members": [{"customer": _name(customer)} for customer in customers],
			**fields,
		}
	).insert()


def make_segment(code: str, **fields) -> Document:
	"""Make a segment with a fixed limit of 1,000 and one level."""
	return frappe.get_doc(
		{
			"doctype": "Credit Segment",
			"segment_code": code,
			"title": f"Segment {code}",
			"limit_basis": "Fixed Amount",
			"limit_amount": 1000,
			"levels": [{"level": 1, "percent_of_base": 100}],
			**fields,
		}
	).insert()


def make_policy(company: str = COMPANY, **fields) -> Document:
	"""Make an inactive credit policy with the standard terms."""
	return frappe.get_doc({"doctype": "Credit Policy", "company": company, "is_active": 0, **fields}).insert()


def active_policy(company: str = COMPANY) -> Document:
	"""Return the company's active policy."""
	return frappe.get_doc("Credit Policy", {"company": company, "is_active": 1})


@contextmanager
def policy_off(company: str = COMPANY) -> Iterator[None]:
	"""Book history that no credit check sees: the company's policy is off meanwhile."""
	policy = active_policy(company)
	mode = policy.mode
	policy.mode = "Off"
	policy.save()
	try:
		yield
	finally:
		policy = active_policy(company)
		policy.mode = mode
		policy.save()


def make_security(
	customer: Document | str,
	amount: float,
	instrument_type: str = "Bank Guarantee",
	submit: bool = True,
	**fields,
) -> Document:
	"""Make a security that counts: on demand, of a good bank, with its document, in force for a year."""
	doc = frappe.get_doc(
		{
			"doctype": "Security Instrument",
			"customer": _name(customer),
			"company": COMPANY,
			"instrument_type": instrument_type,
			"instrument_number": _unique(),
			"issuer": "B2B Test Bank",
			"issuer_rating": "AA-",
			"amount": amount,
			"currency": "DKK",
			"valid_from": add_days(nowdate(), -30),
			"expiry_date": add_days(nowdate(), 365),
			"claim_period_days": 30,
			"unconditional": 1,
			"on_demand": 1,
			"document": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
			**fields,
		}
	).insert()
	if submit:
		doc.submit()
	return doc


def make_insurance_policy(**fields) -> Document:
	"""Make an insurance policy in force this year and the next months, that covers 90 % after 60 days at the latest."""
	return frappe.get_doc(
		{
			"doctype": "Insurance Policy",
			"insurer": "B2B Test Insurance",
			"issuer_rating": "AA",
			"policy_number": _unique(),
			"company": COMPANY,
			"currency": "DKK",
			"status": "In Force",
			"period_from": add_days(nowdate(), -200),
			"period_to": add_days(nowdate(), 300),
			"duties_from": add_days(nowdate(), -200),
			"document": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
			**fields,
		}
	).insert()


def make_bank_guarantee(**fields) -> Document:
	"""Make ERPNext's own Bank Guarantee, one that we received unless `fields` say otherwise."""
	bank = (
		frappe.db.get_value("Bank", {})
		or frappe.get_doc({"doctype": "Bank", "bank_name": "B2B Bank"}).insert().name
	)
	doc = frappe.get_doc(
		{
			"doctype": "Bank Guarantee",
			"bg_type": "Receiving",
			"amount": 5000,
			"start_date": nowdate(),
			"end_date": add_days(nowdate(), 300),
			"bank": bank,
			"bank_guarantee_number": _unique(),
			"name_of_beneficiary": COMPANY,
			**fields,
		}
	).insert()
	doc.submit()
	return doc


# ------------------------------------------------------------------ order to cash
def make_order(
	customer: Document | str,
	amount: float = 1000,
	submit: bool = True,
	items: list[dict] | None = None,
	qty: float = 1,
	vat: bool = False,
	company: str = COMPANY,
	sales_team: tuple[str, ...] = (),
	**fields,
) -> Document:
	"""Make a sales order over `amount` (of `qty` widgets), or with rows of its own (`items`)."""
	delivery_date = fields.get("delivery_date") or add_days(
		fields.get("transaction_date") or nowdate(), DELIVERY_DAYS
	)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"customer": _name(customer),
			"company": company,
			"transaction_date": nowdate(),
			"delivery_date": delivery_date,
			"currency": _currency(company),
			"selling_price_list": PRICE_LIST,
			"ignore_pricing_rule": 1,
			"items": _rows(items, amount, qty, WIDGET, company, {"delivery_date": delivery_date}),
			"sales_team": team(sales_team),
			**_vat(vat),
			**fields,
		}
	).insert()
	if submit:
		doc.submit()
	return doc


def make_delivery(
	order: Document | str | None = None,
	customer: Document | str | None = None,
	amount: float = 1000,
	qty: float | None = None,
	submit: bool = True,
	company: str = COMPANY,
	**fields,
) -> Document:
	"""Deliver an order (all of it, or `qty` of its first row), or make a delivery without one."""
	if order is not None:
		from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

		doc = make_delivery_note(_name(order))
		if qty is not None:
			doc.items = doc.items[:1]
			doc.items[0].qty = qty
		doc.update(fields)
	else:
		doc = frappe.get_doc(
			{
				"doctype": "Delivery Note",
				"customer": _name(customer),
				"company": company,
				"currency": _currency(company),
				"selling_price_list": PRICE_LIST,
				"ignore_pricing_rule": 1,
				"items": _rows(None, amount, qty or 1, WIDGET, company, {}),
				**fields,
			}
		)
	return _finished(doc, submit)


def make_invoice(
	customer: Document | str | None = None,
	amount: float = 1000,
	order: Document | str | None = None,
	delivery: Document | str | None = None,
	submit: bool = True,
	vat: bool = False,
	posting_date: str | None = None,
	due_date: str | None = None,
	items: list[dict] | None = None,
	company: str = COMPANY,
	**fields,
) -> Document:
	"""Invoice an order, a delivery, or `amount` of services; `posting_date` may lie in the past."""
	if order is not None:
		from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

		doc = make_sales_invoice(_name(order))
	elif delivery is not None:
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_invoice

		doc = make_sales_invoice(_name(delivery))
	else:
		doc = frappe.get_doc(
			{
				"doctype": "Sales Invoice",
				"customer": _name(customer),
				"company": company,
				"currency": _currency(company),
				"selling_price_list": PRICE_LIST,
				"ignore_pricing_rule": 1,
				"items": _rows(
					items, amount, 1, WIDGET if fields.get("update_stock") else SERVICE, company, {}
				),
				**_vat(vat),
			}
		)
	doc.update(fields)
	if posting_date:
		doc.update({"set_posting_time": 1, "posting_date": posting_date})
	if due_date or posting_date:
		doc.due_date = due_date or posting_date
	return _finished(doc, submit)


def make_overdue_invoice(
	customer: Document | str, amount: float = 1000, days: int = 20, **fields
) -> Document:
	"""Make an invoice that fell due `days` ago."""
	due = add_days(nowdate(), -days)
	return make_invoice(customer, amount, posting_date=add_days(due, -14), due_date=due, **fields)


def make_credit_note(
	invoice: Document | str, amount: float | None = None, submit: bool = True, **fields
) -> Document:
	"""Credit an invoice, in full or over `amount`."""
	from erpnext.controllers.sales_and_purchase_return import make_return_doc

	doc = make_return_doc("Sales Invoice", _name(invoice))
	if amount is not None:
		doc.items = doc.items[:1]
		doc.items[0].update({"qty": -1, "rate": amount, "price_list_rate": amount})
		doc.taxes = []
		# ERPNext compares the total with the invoice's outstanding before it calculates the new one.
		doc.calculate_taxes_and_totals()
	doc.update({"update_outstanding_for_self": 0, **fields})
	return _finished(doc, submit)


def make_payment(
	against: Document | None = None,
	amount: float | None = None,
	customer: Document | str | None = None,
	submit: bool = True,
	**fields,
) -> Document:
	"""Receive a payment: for an invoice, as an advance for an order, or unallocated from a customer."""
	if against is not None:
		from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

		doc = get_payment_entry(against.doctype, against.name, party_amount=amount, bank_account=BANK)
	else:
		doc = frappe.get_doc(
			{
				"doctype": "Payment Entry",
				"payment_type": "Receive",
				"company": COMPANY,
				"party_type": "Customer",
				"party": _name(customer),
				"paid_from": frappe.get_cached_value("Company", COMPANY, "default_receivable_account"),
				"paid_to": BANK,
				"paid_amount": amount,
				"received_amount": amount,
				"source_exchange_rate": 1,
				"target_exchange_rate": 1,
			}
		)
	doc.update({"reference_no": _unique(), "reference_date": nowdate(), **fields})
	return _finished(doc, submit)


def make_plan(
	*rows: tuple[Document | str, float | None], approved_by: str | None = "credit_manager", **fields
) -> Document:
	"""Agree on a payment plan of invoices of one customer: (invoice, amount), no amount for all that is outstanding.

	Three monthly instalments from today, secured; approved by one of `scaffold.USERS`, None leaves a draft.
	"""
	first = frappe.db.get_value("Sales Invoice", _name(rows[0][0]), ["customer", "company"], as_dict=True)
	if "security" not in fields:
		with as_user("Administrator"):
			fields["security"] = make_security(first.customer, 1, company=first.company).name
	doc = frappe.get_doc(
		{
			"doctype": "Payment Plan",
			**first,
			"reason": "Two of its own customers pay late.",
			"first_instalment_date": nowdate(),
			"number_of_instalments": 3,
			"invoices": [{"sales_invoice": _name(invoice), "amount": amount} for invoice, amount in rows],
			**fields,
		}
	).insert()
	if approved_by:
		with as_user(approved_by):
			doc.submit()
	return doc


def make_milestone_plan(
	order: Document | str, *rows: tuple[str, float] | tuple[str, float, dict], submit: bool = True, **fields
) -> Document:
	"""Plan the milestones of an order: (title, share) each, with more fields where wanted; without any the template's."""
	from b2b_contracts.credit import milestones

	doc = milestones.new(_name(order))
	if rows:
		doc.milestones = []
		for title, share, *more in rows:
			doc.append("milestones", {"title": title, "share": share, **(more[0] if more else {})})
	doc.update(fields)
	return _finished(doc, submit)


def make_milestone_invoice(plan: Document, number: int = 1, submit: bool = True, **fields) -> Document:
	"""Invoice a milestone of a plan, by its number; one that waits for the customer's acceptance is accepted first."""
	from b2b_contracts.credit import milestone_invoicing, milestones

	row = plan.reload().milestones[number - 1]
	if row.acceptance_needed and not row.accepted_on:
		milestones.accept(plan.name, row.name, nowdate(), "Mette Holm", None)
	doc = milestone_invoicing.make(plan.name, row.name)
	doc.update(fields)
	doc = _finished(doc, submit)
	plan.reload()
	return doc


def make_dispute(*rows: tuple[Document | str, float | None], submit: bool = True, **fields) -> Document:
	"""Dispute invoices of one customer: (invoice, amount), no amount for all that is open."""
	first = frappe.db.get_value("Sales Invoice", _name(rows[0][0]), ["customer", "company"], as_dict=True)
	doc = frappe.get_doc(
		{
			"doctype": "Dispute",
			**first,
			"root_cause": "Delivery",
			"description": "Two boxes were missing.",
			"invoices": [
				{"sales_invoice": _name(invoice), "disputed_amount": amount} for invoice, amount in rows
			],
			**fields,
		}
	)
	return _finished(doc, submit)


def make_dunning(*invoices: Document, fee: float = 100, rate: float = 10, submit: bool = True) -> Document:
	"""Remind a customer of all that is open of some invoices, with a fee and interest in per cent a year."""
	first = invoices[0]
	doc = frappe.get_doc(
		{
			"doctype": "Dunning",
			"customer": first.customer,
			"company": first.company,
			"currency": first.currency,
			"conversion_rate": first.conversion_rate,
			"posting_date": nowdate(),
			"dunning_fee": fee,
			"rate_of_interest": rate,
			"overdue_payments": [
				{
					"sales_invoice": invoice.name,
					"payment_schedule": row.name,
					"due_date": row.due_date,
					"outstanding": row.payment_amount,
				}
				for invoice in invoices
				for row in invoice.payment_schedule
			],
		}
	)
	return _finished(doc, submit)


def make_letter_notice(
	invoice: Document,
	*,
	template: str = "Standard: reminder 3, registered letter",
	channel: str = "Registered Letter",
	days_ago: int = 0,
	fee: float = 100,
	interest: float = 0,
	compensation: float = 0,
	**fields,
) -> Document:
	"""Make a dunning notice about an invoice as a run makes it and puts it on the pile of letters, with its step in the log."""
	day = add_days(nowdate(), -days_ago)
	amount = flt(invoice.outstanding_amount)
	doc = frappe.get_doc(
		{
			"doctype": "Dunning Notice",
			"company": invoice.company,
			"customer": invoice.customer,
			"customer_name": invoice.customer_name,
			"run_date": day,
			"status": "Queued",
			"template": template,
			"channel": channel,
			"sent_by_channel": channel,
			"deadline": add_days(day, 10),
			"currency": "DKK",
			"amount_due": amount,
			"fee": fee,
			"interest": interest,
			"claimed_interest": interest,
			"compensation": compensation,
			"grand_total": amount + fee + interest + compensation,
			"sent_on": f"{day} 08:00:00",
			"items": [
				{
					"sales_invoice": invoice.name,
					"item_key": invoice.payment_schedule[0].name,
					"due_date": invoice.due_date,
					"days": 21,
					"step_code": "D30",
					"currency": "DKK",
					"open_amount": amount,
					"chased_amount": amount,
					"interest": interest,
				}
			],
			**fields,
		}
	)
	doc.flags.by_run = doc.flags.ignore_links = True
	doc.insert(ignore_permissions=True, set_name=f"DN-TEST-{_unique()}")
	log = frappe.get_doc(
		{
			"doctype": "Dunning Log",
			"log_key": f"{doc.name}:D30",
			"item_key": doc.items[0].item_key,
			"sales_invoice": invoice.name,
			"customer": doc.customer,
			"company": doc.company,
			"step_code": "D30",
			"status": "Sent",
			"sent_on": day,
			"notice": doc.name,
			"deadline": doc.deadline,
			"currency": "DKK",
		}
	)
	log.flags.by_run = True
	log.insert(ignore_permissions=True)
	return doc


def make_journal(
	customer: Document | str,
	amount: float,
	against: Document | None = None,
	submit: bool = True,
	posting_date: str | None = None,
	**fields,
) -> Document:
	"""Book `amount` on a customer by journal entry: positive = they owe more; `against` an invoice or order."""
	reference = {"reference_type": against.doctype, "reference_name": against.name} if against else {}
	side, other_side = ("debit", "credit") if amount > 0 else ("credit", "debit")
	doc = frappe.get_doc(
		{
			"doctype": "Journal Entry",
			"voucher_type": "Journal Entry",
			"company": COMPANY,
			"posting_date": posting_date or nowdate(),
			"accounts": [
				{
					"account": frappe.get_cached_value("Company", COMPANY, "default_receivable_account"),
					"party_type": "Customer",
					"party": _name(customer),
					f"{side}_in_account_currency": abs(amount),
					"is_advance": "Yes" if against and against.doctype == "Sales Order" else "No",
					**reference,
				},
				{"account": BANK, f"{other_side}_in_account_currency": abs(amount)},
			],
			"cheque_no": _unique(),
			"cheque_date": nowdate(),
			**fields,
		}
	)
	return _finished(doc, submit)


def make_account(name: str, beside: str, **fields) -> str:
	"""Make an account of a name of its own beside another one of the company; returns it."""
	parent = frappe.db.get_value("Account", beside, "parent_account")
	values = {"account_name": f"{name} {_unique()}", "company": COMPANY, "parent_account": parent}
	return frappe.get_doc({"doctype": "Account", **values, **fields}).insert().name


def make_discounting(*invoices: Document, days: int = 60) -> Document:
	"""Discount invoices with the bank, which has sanctioned it."""
	company = frappe.get_cached_doc("Company", COMPANY)
	doc = frappe.get_doc(
		{
			"doctype": "Invoice Discounting",
			"company": COMPANY,
			"loan_start_date": nowdate(),
			"loan_period": days,
			"bank_account": BANK,
			"short_term_loan": make_account("Loan", company.default_payable_account),
			"bank_charges_account": make_account("Charges", company.default_expense_account),
			**{
				f"accounts_receivable_{kind}": make_account(
					kind.title(), company.default_receivable_account, account_type="Receivable"
				)
				for kind in ("credit", "discounted", "unpaid")
			},
			"invoices": [
				{
					"sales_invoice": invoice.name,
					"customer": invoice.customer,
					"outstanding_amount": invoice.outstanding_amount,
					"debit_to": invoice.debit_to,
				}
				for invoice in invoices
			],
		}
	)
	return _finished(doc, submit=True)


def make_warehouse(company: str = COMPANY, **fields) -> Document:
	"""Make an empty warehouse."""
	return frappe.get_doc(
		{"doctype": "Warehouse", "warehouse_name": f"B2B {_unique()}", "company": company, **fields}
	).insert(ignore_permissions=True)


def make_stock_entry(
	purpose: str,
	qty: float = 1,
	source: str | None = None,
	target: str | None = None,
	submit: bool = True,
	row: dict | None = None,
	**fields,
) -> Document:
	"""Issue, receive or move `qty` widgets, worth 1 each; `row` adds to the one row."""
	rate = {} if source else {"basic_rate": 1}
	item = {"item_code": WIDGET, "qty": qty, "s_warehouse": source, "t_warehouse": target, **rate}
	doc = frappe.get_doc(
		{
			"doctype": "Stock Entry",
			"stock_entry_type": purpose,
			"company": COMPANY,
			"items": [{**item, **(row or {})}],
			**fields,
		}
	)
	return _finished(doc, submit)


def make_supplier() -> str:
	"""Make a supplier; returns its name."""
	doc = frappe.get_doc(
		{
			"doctype": "Supplier",
			"supplier_name": f"B2B Supplier {_unique()}",
			"supplier_group": frappe.db.get_value("Supplier Group", {"is_group": 0}),
		}
	)
	return doc.insert(ignore_permissions=True).name


def make_address(
	doctype: str, name: str, line: str, pincode: str, city: str, country: str = "Denmark"
) -> Document:
	"""Make the primary address of a customer or a company."""
	return frappe.get_doc(
		{
			"doctype": "Address",
			"address_title": name,
			"address_type": "Billing",
			"address_line1": line,
			"pincode": pincode,
			"city": city,
			"country": country,
			"is_primary_address": 1,
			"phone": "+45 99 99 99 99",
			"links": [{"link_doctype": doctype, "link_name": name}],
		}
	).insert()


def make_outgoing_account() -> Document:
	"""Make an account that mail can be queued from; no server answers behind it."""
	# What Frappe found before it knows no more: a test may have looked when there was none.
	frappe.local.outgoing_email_account = {}
	# Saving an account dials its server, except in a patch.
	frappe.flags.in_patch = True
	try:
		return frappe.get_doc(
			{
				"doctype": "Email Account",
				"email_account_name": f"Outgoing {_unique()}",
				"email_id": f"{_unique()}@b2b-test.example.com",
				"enable_outgoing": 1,
				"default_outgoing": 1,
				"no_smtp_authentication": 1,
				"smtp_server": "localhost",
			}
		).insert()
	finally:
		frappe.flags.in_patch = False


def text_of(mail: str) -> str:
	"""Return the plain text of a queued mail (`Email Queue.message`) in one line."""
	parts = email.message_from_string(mail).walk()
	texts = [p.get_payload(decode=True).decode() for p in parts if p.get_content_type() == "text/plain"]
	return " ".join(" ".join(texts).split())


# ------------------------------------------------------------------ helpers
def _unique() -> str:
	return frappe.generate_hash(length=10)


def _name(doc: Document | str | None) -> str | None:
	return doc.name if isinstance(doc, Document) else doc


def _currency(company: str) -> str:
	return frappe.get_cached_value("Company", company, "default_currency")


def _finished(doc: Document, submit: bool) -> Document:
	doc.insert()
	if submit:
		doc.submit()
	return doc


def _rows(
	items: list[dict] | None, amount: float, qty: float, item_code: str, company: str, common: dict
) -> list[dict]:
	if items is None:
		items = [{"item_code": item_code, "qty": qty, "rate": flt(amount) / qty}]
	warehouse = {"warehouse": WAREHOUSE} if company == COMPANY else {}
	return [{"item_code": item_code, "qty": 1, **warehouse, **common, **row} for row in items]


def team(users: tuple[str, ...]) -> list[dict]:
	"""Return the rows of a sales team of some sellers, in equal parts."""
	return [
		{"sales_person": sales_person_of(user), "allocated_percentage": 100 / len(users)} for user in users
	]


def _vat(vat: bool) -> dict:
	if not vat:
		return {}
	from erpnext.controllers.accounts_controller import get_taxes_and_charges

	return {
		"taxes_and_charges": VAT_TEMPLATE,
		"taxes": get_taxes_and_charges("Sales Taxes and Charges Template", VAT_TEMPLATE),
	}
