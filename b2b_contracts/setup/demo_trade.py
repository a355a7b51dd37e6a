"""What the demo company has sold and been paid, how it assesses its customers, and the orders that wait today.

History is booked before the policy is there, in the order of its dates; every order of today is submitted by its
seller through the gate, and answered by whoever may.
"""

from collections.abc import Callable
from datetime import date, timedelta

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing, insurer_duties, securities, security_reminders
from b2b_contracts.engine.security_life import RECEIVED
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_company import sales_person, warehouse
from b2b_contracts.setup.demo_state import Made, acting_as, say

Event = tuple[date, int, Callable[[], None]]


# ------------------------------------------------------------------ the past
def book_history(made: Made, months: int) -> None:
	"""Book the invoices and payments of the last months, oldest first, as the books would have grown.

	Plain invoices of the past say nothing of stock: deliveries are made for orders alone.
	"""
	events = _events(made, getdate(nowdate()), months)
	events.sort(key=lambda event: event[:2])
	with acting_as("jens"):
		for done, (_day, _order, work) in enumerate(events, 1):
			work()
			if done % 100 == 0 or done == len(events):
				made.keep()
				say(f"  {done} of {len(events)} documents booked")


def _events(made: Made, today: date, months: int) -> list[Event]:
	"""Return everything that happened as (day, order within the day, what to do)."""
	events: list[Event] = []
	booked: dict[str, str] = {}
	start = getdate(add_months(today, -months))

	def add(day: date, work: Callable[[], None]) -> None:
		events.append((day, len(events), work))

	for index, customer in enumerate(data.CUSTOMERS):
		for day, amount, paid_on in _ordinary_invoices(customer, index, start, today):
			key = f"{customer.key}:{day}"
			add(
				day, lambda c=customer, a=amount, d=day, k=key, i=index: _invoice(made, booked, k, c, a, d, i)
			)
			add(paid_on, lambda d=paid_on, k=key: pay_invoice(booked[k], d))
		for number, (amount, due_in) in enumerate(customer.open_items):
			day = today + timedelta(due_in - customer.terms[1])
			key = open_item_key(customer.key, number)
			add(
				day,
				lambda c=customer, a=amount, d=day, k=key, i=index: _invoice(made, made.names, k, c, a, d, i),
			)
	for customer, number, amount, ago in data.PART_PAYMENTS:
		day, key = today - timedelta(ago), open_item_key(customer, number)
		add(day, lambda d=day, k=key, a=amount: pay_invoice(made.names[k], d, a))
	for customer, number, pieces in data.CREDIT_NOTES:
		key = open_item_key(customer, number)
		add(today - timedelta(2), lambda k=key, p=pieces: _credit_note(made.names[k], p))
	for customer, amount, ago in data.UNALLOCATED_PAYMENTS:
		day = today - timedelta(ago)
		add(day, lambda c=customer, a=amount, d=day: _unallocated_payment(made, c, a, d))
	for customer, amount, ago, text in data.JOURNALS:
		day = today - timedelta(ago)
		add(day, lambda c=customer, a=amount, d=day, t=text: book_journal(made, c, a, d, t))
	for number, (customer, amount, ago, share, is_billed) in enumerate(data.OLD_ORDERS):
		day = today - timedelta(ago)
		if day >= start:
			add(
				day,
				lambda n=number, c=customer, a=amount, d=day, s=share, b=is_billed: _old_order(
					made, n, c, a, d, s, b
				),
			)
	return events


def open_item_key(customer: str, number: int) -> str:
	"""Return the key under which an open invoice of a customer is found again."""
	return f"open:{customer}:{number}"


def _ordinary_invoices(customer: data.Customer, index: int, start: date, today: date):
	"""Yield (day, amount, paid on) of a customer's invoices that are paid by now."""
	day, count = start + timedelta(3 + index * 5 % customer.every), 0
	while day < today:
		paid_on = day + timedelta(max(1, customer.terms[1] + customer.lags[count % len(customer.lags)]))
		if paid_on < today:
			yield _workday(day), customer.ticket * (7 + (3 * index + 5 * count) % 7) // 10, _workday(paid_on)
		day, count = day + timedelta(customer.every), count + 1


def _workday(day: date) -> date:
	"""Return a day, or the Friday before it at a weekend."""
	return day - timedelta(max(0, day.weekday() - 4))


def _invoice(
	made: Made, names: dict[str, str], key: str, customer: data.Customer, amount: float, day: date, index: int
) -> None:
	with acting_as("jens"):
		doc = frappe.get_doc(
			{
				"doctype": "Sales Invoice",
				**selling(made, customer),
				"set_posting_time": 1,
				"posting_date": day,
				"posting_time": "10:00:00",
				"payment_terms_template": customer.terms[0],
				"items": basket(customer, amount, index),
			}
		)
		# Saved and submitted in one go, which takes two thirds of the time.
		doc.submit()
	names[key] = doc.name


def pay_invoice(invoice: str, day: date, amount: float | None = None) -> Document:
	"""Book a payment of an invoice, in full or over an amount, as accounts."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	with acting_as("jens"):
		doc = get_payment_entry("Sales Invoice", invoice, party_amount=amount, bank_account=_bank())
		return _received(doc, day, invoice)


def _received(doc: Document, day: date, reference: str) -> Document:
	doc.update({"posting_date": day, "reference_no": reference, "reference_date": day})
	doc.submit()
	return doc


def _credit_note(invoice: str, pieces: int) -> None:
	from erpnext.controllers.sales_and_purchase_return import make_return_doc

	with acting_as("jens"):
		doc = make_return_doc("Sales Invoice", invoice)
		doc.items = doc.items[:1]
		doc.items[0].qty = -pieces
		doc.update({"update_outstanding_for_self": 0, "payment_terms_template": None, "payment_schedule": []})
		# ERPNext compares the total with the invoice's outstanding before it calculates the new one.
		doc.calculate_taxes_and_totals()
		doc.insert()
		doc.submit()


def _unallocated_payment(made: Made, customer: str, amount: float, day: date) -> None:
	with acting_as("jens"):
		doc = frappe.get_doc(
			{
				"doctype": "Payment Entry",
				"payment_type": "Receive",
				"company": data.COMPANY,
				"party_type": "Customer",
				"party": made.names[f"customer:{customer}"],
				"paid_from": frappe.get_cached_value("Company", data.COMPANY, "default_receivable_account"),
				"paid_to": _bank(),
				"paid_amount": amount,
				"received_amount": amount,
				"source_exchange_rate": 1,
				"target_exchange_rate": 1,
			}
		)
		_received(doc, day, "No reference given")


def book_journal(made: Made, customer: str, amount: float, day: date, text: str) -> None:
	"""Charge a customer something by journal entry on a day."""
	company = frappe.get_cached_doc("Company", data.COMPANY)
	with acting_as("jens"):
		doc = frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"voucher_type": "Journal Entry",
				"company": data.COMPANY,
				"posting_date": day,
				"user_remark": text,
				"accounts": [
					{
						"account": company.default_receivable_account,
						"party_type": "Customer",
						"party": made.names[f"customer:{customer}"],
						"debit_in_account_currency": amount,
					},
					{
						"account": company.default_income_account,
						"credit_in_account_currency": amount,
						"cost_center": company.cost_center,
					},
				],
			}
		).insert()
		doc.submit()


def _old_order(
	made: Made, number: int, key: str, amount: float, day: date, share: float, is_billed: bool
) -> None:
	"""An order from before the policy, delivered in part or in full, billed and paid where it says so."""
	customer = _customer(key)
	with acting_as(customer.seller):
		order = _new_order(made, customer, amount, day, f"PO-{2400 + number}", 10, number)
		order.submit()
	if share:
		note = _deliver(order.name, share, day + timedelta(3))
		if is_billed:
			pay_invoice(_bill_delivery(note, day + timedelta(4)), day + timedelta(30))


# ------------------------------------------------------------------ the policy and the assessment
def assess(made: Made) -> None:
	"""Switch the policy on, and enter what the credit people know of each customer."""
	with acting_as("birgit"):
		_insert(
			"Credit Policy",
			company=data.COMPANY,
			is_active=1,
			mode="Enforce",
			without_profile="Park for Assessment",
			review_overdue_action="Park",
			holiday_list=data.HOLIDAY_LIST,
			cost_of_credit_percent=6,
			own_equity=data.OWN_EQUITY,
			security_demands=[dict(row) for row in data.SECURITY_DEMANDS],
		)
	with acting_as("lars"):
		name, limit, members = data.GROUP
		_insert(
			"Credit Group",
			group_name=name,
			company=data.COMPANY,
			currency=data.CURRENCY,
			group_limit=limit,
			members=[{"customer": made.names[f"customer:{key}"]} for key in members],
		)
		for customer in data.CUSTOMERS:
			if customer.segment:
				made.names[f"profile:{customer.key}"] = _profile(made, customer).name
		_insurance(made)
		for security in data.SECURITIES:
			_security(made, security)
		insurer_duties.look_at(made.names["insurance"])
	for key, user, reason in data.FORCED_HOLDS:
		with acting_as(user):
			api.force_hold(made.names[f"customer:{key}"], data.COMPANY, reason)
	made.keep()


def _profile(made: Made, customer: data.Customer) -> Document:
	today = getdate(nowdate())
	values = dict(customer.profile)
	for key, limit, days in data.TEMPORARY_LIMITS:
		if key == customer.key:
			values |= {"temporary_limit": limit, "temporary_limit_until": add_days(today, days)}
	for key, days in data.OVERDUE_REVIEWS:
		if key == customer.key:
			values |= {"next_review": add_days(today, -days)}
	return _insert(
		"Credit Profile",
		customer=made.names[f"customer:{customer.key}"],
		company=data.COMPANY,
		segment=customer.segment,
		last_review=add_days(today, -40),
		**values,
	)


def _insurance(made: Made) -> None:
	"""Enter the insurance policy that the buyer limits belong to."""
	today = getdate(nowdate())
	file = _insert(
		"File",
		file_name="insurance-policy.txt",
		is_private=1,
		content=f"{data.INSURANCE['insurer']} {data.INSURANCE['policy_number']}\n",
	)
	made.names["insurance"] = _insert(
		"Insurance Policy",
		company=data.COMPANY,
		currency=data.CURRENCY,
		period_from=add_days(today, -120),
		period_to=add_days(today, 500),
		document=file.file_url,
		**data.INSURANCE,
	).name


def _security(made: Made, security: data.Security) -> None:
	today = getdate(nowdate())
	place = data.SECURITIES.index(security)
	number, before = f"{data.ABBR}-{place + 101}", f"{data.ABBR}-{place + 100}"
	doc = _insert(
		"Security Instrument",
		customer=made.names[f"customer:{security.customer}"] if security.customer else None,
		company=data.COMPANY,
		instrument_type=security.instrument_type,
		instrument_number=number,
		issuer=security.issuer,
		amount=security.amount,
		currency=data.CURRENCY,
		valid_from=add_days(today, -90),
		expiry_date=add_days(today, security.expires_in),
		document=_paper_of(security, number) if security.document else None,
		insurance_policy=made.names["insurance"] if security.is_buyer_limit else None,
		replaces=_security_of(before) if security.replaces else None,
		**security.values,
	)
	if not security.document or doc.status == RECEIVED:
		return  # asked for and not here yet, or looked at
	doc.submit()
	security_reminders.remind(doc.name)
	for step, user, *arguments in security.steps:
		with acting_as(user):
			getattr(securities, step)(doc.name, *arguments)


def _security_of(number: str) -> str:
	return frappe.db.get_value("Security Instrument", {"company": data.COMPANY, "instrument_number": number})


def _paper_of(security: data.Security, number: str) -> str:
	"""Return the address of a security's document. Frappe attaches a file that nobody has to the document that names it."""
	file = _insert(
		"File",
		file_name=f"{security.instrument_type.lower().replace(' ', '-')}-{number}.txt",
		is_private=1,
		content=f"{security.instrument_type} {number}\n{security.issuer}\n\n{security.document}\n",
	)
	return file.file_url


def _insert(doctype: str, /, **values) -> Document:
	return frappe.get_doc({"doctype": doctype, **values}).insert()


# ------------------------------------------------------------------ today's orders
def take_orders(made: Made) -> None:
	"""Submit every order as its seller, and let happen to it what its table says."""
	for number, order in enumerate(data.ORDERS):
		customer = _customer(order.customer)
		with acting_as(customer.seller):
			doc = _new_order(
				made,
				customer,
				order.amount,
				getdate(nowdate()),
				f"PO-{7100 + 13 * number}" if order.has_po else None,
				order.promised_in,
				number,
				order.terms,
			)
			doc.submit()
		made.names[f"order:{order.key}"] = doc.name
		made.keep()
		for verb, *details in order.steps:
			STEPS[verb](made, order, doc.name, *details)
			made.keep()
	say(f"  {len(data.ORDERS)} orders taken")


def _new_order(
	made: Made,
	customer: data.Customer,
	amount: float,
	day: date,
	po_no: str | None,
	promised_in: int,
	index: int,
	terms: str = "",
) -> Document:
	promised = add_days(day, promised_in)
	return _insert(
		"Sales Order",
		**selling(made, customer),
		transaction_date=day,
		delivery_date=promised,
		po_no=po_no,
		set_warehouse=warehouse(0),
		payment_terms_template=terms or customer.terms[0],
		items=basket(customer, amount, index, warehouse=warehouse(0), delivery_date=promised),
	)


def _release(made: Made, order: data.Order, name: str, user: str, reason: str) -> None:
	with acting_as(user):
		api.release(_hold_of(name), reason)


def _reject(made: Made, order: data.Order, name: str, user: str, reason: str) -> None:
	with acting_as(user):
		api.reject(_hold_of(name), reason)


def _request(made: Made, order: data.Order, name: str, reason: str) -> None:
	with acting_as(_customer(order.customer).seller):
		api.request_release(_hold_of(name), reason)


def _advise(made: Made, order: data.Order, name: str, user: str, advice: str, comment: str = "") -> None:
	with acting_as(user):
		api.advise(_hold_of(name), advice, comment)


def _deliver_today(made: Made, order: data.Order, name: str, share: float) -> None:
	made.names[f"delivery:{order.key}"] = _deliver(name, share, getdate(nowdate()))


def _bill_today(made: Made, order: data.Order, name: str) -> None:
	_bill_delivery(made.names[f"delivery:{order.key}"], getdate(nowdate()))


def _prepay(made: Made, order: data.Order, name: str, share: float) -> None:
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	with acting_as("jens"):
		amount = round(frappe.db.get_value("Sales Order", name, "grand_total") * share, 2)
		doc = get_payment_entry(
			"Sales Order", name, party_amount=amount if share < 1 else None, bank_account=_bank()
		)
		_received(doc, getdate(nowdate()), name)
	_look_again(made, order)


def _pay_open_item(made: Made, order: data.Order, name: str, number: int) -> None:
	pay_invoice(made.names[open_item_key(order.customer, number)], getdate(nowdate()))
	_look_again(made, order)


def _look_again(made: Made, order: data.Order) -> None:
	"""Do now what a worker does when the payment is committed: there may be none yet."""
	made.keep()
	clearing.clear_waiting(made.names[f"customer:{order.customer}"], data.COMPANY)


def _close(made: Made, order: data.Order, name: str) -> None:
	with acting_as(_customer(order.customer).seller):
		doc = frappe.get_doc("Sales Order", name)
		doc.check_permission("write")
		doc.update_status("Closed")


def _rate(made: Made, order: data.Order, name: str, user: str, rating: str, reason: str) -> None:
	with acting_as(user):
		profile = frappe.get_doc("Credit Profile", made.names[f"profile:{order.customer}"])
		profile.update({"external_rating": rating, "change_reason": reason})
		profile.save()


def _deliver_in_vain(made: Made, order: data.Order, name: str) -> None:
	"""Try to deliver an order whose release has ended: it is refused and parked again."""
	try:
		_deliver(name, 1, getdate(nowdate()))
	except CreditHoldError:
		frappe.db.rollback()
	else:
		frappe.throw(f"Order {name} was delivered although its release has ended.")


STEPS = {
	"release": _release,
	"reject": _reject,
	"request": _request,
	"advise": _advise,
	"deliver": _deliver_today,
	"deliver_refused": _deliver_in_vain,
	"bill": _bill_today,
	"prepay": _prepay,
	"pay": _pay_open_item,
	"close": _close,
	"rate": _rate,
}


def _hold_of(order: str) -> str:
	return frappe.db.get_value("Sales Order", order, "b2b_credit_hold")


# ------------------------------------------------------------------ what documents share
def _customer(key: str) -> data.Customer:
	return next(customer for customer in data.CUSTOMERS if customer.key == key)


def _bank() -> str:
	return f"{data.BANK} - {data.ABBR}"


def selling(made: Made, customer: data.Customer) -> dict:
	"""Return what orders and invoices of a customer have in common; only customers at home pay VAT."""
	values = {
		"customer": made.names[f"customer:{customer.key}"],
		"company": data.COMPANY,
		"currency": data.CURRENCY,
		"selling_price_list": data.PRICE_LIST,
		"ignore_pricing_rule": 1,
		# As the desk fills it in; documents that are made otherwise have nobody.
		"sales_team": [{"sales_person": sales_person(customer.seller), "allocated_percentage": 100}],
	}
	if _vat(customer):
		from erpnext.controllers.accounts_controller import get_taxes_and_charges

		template = frappe.db.get_value(
			"Sales Taxes and Charges Template", {"company": data.COMPANY, "is_default": 1}
		)
		values |= {
			"taxes_and_charges": template,
			"taxes": get_taxes_and_charges("Sales Taxes and Charges Template", template),
		}
	return values


def _vat(customer: data.Customer) -> int:
	return data.VAT_PERCENT if customer.country == data.COUNTRY else 0


def basket(customer: data.Customer, amount: float, index: int, **common) -> list[dict]:
	"""Return rows of goods at list price that come to about `amount`, gross; a small article makes up the rest."""
	net = amount / (1 + _vat(customer) / 100)
	goods = [article for article in data.ARTICLES if article.is_stock and article != data.SMALL_ARTICLE]
	main = goods[index % len(goods)]
	pieces = int(net * 0.75 / main.price)
	small = round((net - pieces * main.price) / data.SMALL_ARTICLE.price)
	return [
		{"item_code": article.code, "qty": qty, "rate": article.price, **common}
		for article, qty in ((main, pieces), (data.SMALL_ARTICLE, small))
		if qty > 0
	]


def _deliver(order: str, share: float, day: date) -> str:
	"""Deliver a share of every row of an order, as the warehouse; returns the delivery note."""
	from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

	with acting_as("thomas"):
		doc = make_delivery_note(order)
		for row in doc.items:
			row.qty = max(1, int(row.qty * share))
		doc.update({"set_posting_time": 1, "posting_date": day, "posting_time": "12:00:00"})
		doc.insert()
		doc.submit()
	return doc.name


def deliver_and_bill(order: str, share: float) -> str:
	"""Deliver and bill a share of every row of an order today; returns the invoice."""
	today = getdate(nowdate())
	return _bill_delivery(_deliver(order, share, today), today)


def _bill_delivery(note: str, day: date) -> str:
	from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_invoice

	with acting_as("jens"):
		doc = make_sales_invoice(note)
		# The due date that came along counts from today.
		doc.update({"due_date": None, "payment_schedule": []})
		doc.update({"set_posting_time": 1, "posting_date": day, "posting_time": "13:00:00"})
		doc.insert()
		doc.submit()
	return doc.name
