"""Scenes of the pages about contracts, as `browser_scenes` has those of everything else."""

from io import BytesIO

import frappe
import openpyxl
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts.contracts import documents, import_workbook
from b2b_contracts.tests import browser_scenes, scaffold
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user


def customer_with_contracts(word: str) -> dict:
	"""Make a customer with a running contract full of terms, a draft, a hold, a contact and a document in which `word` stands;
	returns `{customer, contract, draft}`."""
	contract = browser_scenes.contract_draft()["contract"]
	with as_user("seller1"):
		doc = frappe.get_doc("B2B Contract", contract)
		doc.update(
			{
				"need": f"Cooling for three plants, {word}.",
				"late_interest_percent": 8,
				"venue": "Sø- og Handelsretten",
			}
		)
		doc.append("prices", {"item_code": scaffold.WIDGET, "rate": 95, "from_quantity": 100})
		doc.append(
			"prices", {"item_code": scaffold.WIDGET, "rate": 70, "valid_from": add_days(nowdate(), 60)}
		)
		doc.append(
			"discounts",
			{"item_group": "Products", "discount_percent": 7, "valid_to": add_days(nowdate(), 30)},
		)
		doc.append("bonuses", {"from_turnover": 1_000_000, "bonus_percent": 2})
		doc.append("service_levels", {"service": "Delivery on time", "target": "98 %", "credit_percent": 5})
		doc.append(
			"obligations", {"title": "Forecast for the half-year", "due_date": add_days(nowdate(), 12)}
		)
		doc.save()
		frappe.get_attr("b2b_contracts.contracts_api.take_step")(contract, "send_for_review")
	browser_scenes.tick_contract(contract)
	with as_user("contract_manager"):
		for step in ("approve", "send_for_signature"):
			frappe.get_attr("b2b_contracts.contracts_api.take_step")(contract, step)
	browser_scenes.sign_contract(contract)
	with as_user("contract_manager"):
		text = f"Goods stay ours until they are paid. Konventionalbod ved forsinkelse: 1 % om ugen. Ref. {word}delay"
		file = {"doctype": "File", "file_name": "general-terms.txt", "is_private": 1, "content": text}
		url = frappe.get_doc(file).insert().file_url
		documents.file_document(contract, documents.OTHER, url, title="General terms", text=text)
		draft = frappe.get_doc(
			{
				"doctype": "B2B Contract",
				"title": "Service agreement",
				"customer": doc.customer,
				"company": scaffold.COMPANY,
				"currency": "DKK",
				"contract_type": "Service Agreement",
				"duration_type": "No End",
				"start_date": add_days(nowdate(), 30),
				"annual_value": 90_000,
			}
		).insert()
	people = {"first_name": "Karen", "last_name": "Juhl", "designation": "Purchasing manager"}
	make.make_contact(doc.customer, f"karen-{word}", [{"role": "Legal Notices"}], **people)
	# As people call it, for whoever looks at the pictures.
	named = {"customer_name": "Sundmark Forsyning"}
	frappe.db.set_value("Customer", doc.customer, named)
	frappe.db.set_value("B2B Contract", {"customer": doc.customer}, named)
	make.make_profile(doc.customer, manual_limit=100)
	make.make_order(doc.customer, 5000)
	frappe.db.commit()
	return {"customer": doc.customer, "contract": contract, "draft": draft.name}


def contract_workbook(customer: str, number: str, with_faults: int = 0) -> str:
	"""Fill in the template of a contract import with a contract that runs, and faults where wanted; returns the file's address."""
	book = openpyxl.load_workbook(BytesIO(import_workbook.template()))
	good = {
		"number": number,
		"customer": customer,
		"type": "Frame Agreement",
		"title": f"Agreed in 2022, {number}",
		"start_date": getdate(add_months(nowdate(), -30)),
		"duration": "Auto-renewing",
		"initial_months": 24,
		"renewal_months": 12,
		"notice_period": 90,
		"signed_on": getdate(add_months(nowdate(), -30)),
		"annual_value": 600_000,
	}
	rows = [good]
	if with_faults:
		rows += [
			{**good, "number": f"{number}-2", "title": "Two", "customer": "Nobody Ltd", "type": "Framework"},
			{
				**good,
				"number": f"{number}-3",
				"title": "Three",
				"annual_value": "600.000,00",
				"signed_on": "=TODAY()",
			},
			{**good, "title": "Four"},
		]
	heading = [cell.value for cell in book["Contracts"][1]]
	for row in rows:
		book["Contracts"].append([row.get(column) for column in heading])
	price = {"number": number, "item": scaffold.WIDGET, "rate": 88}
	book["Prices"].append([price.get(cell.value) for cell in book["Prices"][1]])
	content = BytesIO()
	book.save(content)
	file = {"doctype": "File", "file_name": f"contracts-{with_faults}.xlsx", "is_private": 1}
	with as_user("contract_manager"):
		return frappe.get_doc({**file, "content": content.getvalue()}).insert().file_url


def contracts_with_trade(seller: str = "seller1") -> dict:
	"""Make two contracts of a customer that something was ordered, invoiced, credited and disputed under, with duties that are
	overdue; returns `{customer, contract, amount}`, the last being what was invoiced under the first."""
	customer = make.make_customer(seller, customer_name="Havbo Pumper").name
	make.make_profile(customer, segment="A", manual_limit=5_000_000)
	late, soon = add_days(nowdate(), -6), add_days(nowdate(), 12)
	contract = browser_scenes._running_contract(
		*(seller, customer, "Frame agreement for pumps", 25, 480_000),
		price_list=scaffold.PRICE_LIST,
		prices=[{"item_code": scaffold.WIDGET, "rate": 90}, {"item_code": scaffold.SERVICE, "rate": 500}],
		obligations=[
			{"title": "Forecast for the half-year", "due_date": late},
			{"title": "List of their plants", "due_date": soon, "owed_by": "Customer"},
		],
		certificates=[{"insurance_type": "Product liability", "insurer": "Tryg", "expiry_date": late}],
	)
	other = browser_scenes._running_contract(seller, customer, "Service of the pumps", 95, 120_000)
	price = {"item_code": scaffold.WIDGET, "price_list": scaffold.PRICE_LIST, "selling": 1}
	if not frappe.db.exists("Item Price", price):
		frappe.get_doc(
			{"doctype": "Item Price", **price, "price_list_rate": 100, "valid_from": "2020-01-01"}
		).insert()
	widgets, work = {"item_code": scaffold.WIDGET, "qty": 400}, {"item_code": scaffold.SERVICE, "qty": 6}
	order = make.make_order(customer, items=[widgets, work], ignore_pricing_rule=0)
	invoice = make.make_invoice(order=order, update_stock=1)
	make.make_order(customer, items=[{**widgets, "qty": 50}], ignore_pricing_rule=0)
	make.make_payment(invoice, 20_000)
	make.make_dispute((invoice.name, 4_500))
	with as_user(seller):
		frappe.get_attr("b2b_contracts.contract_pipeline_api.plan")(contract, 60)
	frappe.db.commit()
	return {"customer": customer, "contract": contract, "other": other, "amount": 39_000}
