"""The scenes that the browser tests play in. Called by `bench execute`, so each commits when it ends.

A scene makes documents with names of their own in the test company, and returns their names.
"""

from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import frappe
import openpyxl
from frappe.permissions import add_permission
from frappe.utils import add_days, add_months, add_years, get_first_day, get_last_day, getdate, nowdate
from frappe.utils.password import update_password

from b2b_contracts import (
	api,
	approvals_api,
	contract_pipeline_api,
	contract_texts_api,
	contracts_api,
	limits_api,
)
from b2b_contracts.backtest import policy_file
from b2b_contracts.collections import (
	balance_confirmations,
	board,
	collection_cases,
	collection_tasks,
	dispute_links,
	dunning_tests,
	payment_links,
	promises,
	split_links,
	statements,
)
from b2b_contracts.contracts import documents, watching
from b2b_contracts.credit import clearing, insurer_duties, policy_files, screening, takeover_workbook
from b2b_contracts.reporting import commission_statements as commission_statements_of
from b2b_contracts.reporting import snapshots
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import redlines, report_scenes, scaffold
from b2b_contracts.tests.factories import as_user

PASSWORD = "b2b-browser-1"


def world() -> dict:
	"""Make the test company and its people, who may log in; returns `{company, bank, item,
	price_list, password, users: {name: log-in}}`."""
	scaffold.ensure_world()
	_finish_setup()
	for name in scaffold.USERS:
		user = scaffold.email_of(name)
		update_password(user, PASSWORD)
		frappe.defaults.set_user_default("company", scaffold.COMPANY, user)
	return {
		"company": scaffold.COMPANY,
		"bank": scaffold.BANK,
		"item": scaffold.WIDGET,
		"password": PASSWORD,
		"price_list": scaffold.PRICE_LIST,
		"users": {name: scaffold.email_of(name) for name in scaffold.USERS},
	}


def _finish_setup() -> None:
	"""A site on which nobody walked through the setup wizard shows nothing else."""
	for name in frappe.get_all("Installed Application", filters={"is_setup_complete": 0}, pluck="name"):
		frappe.db.set_value("Installed Application", name, "is_setup_complete", 1)
	frappe.db.set_single_value("System Settings", "setup_complete", 1)
	frappe.clear_cache()


def customer(
	manual_limit: float | None = None,
	segment: str = "C",
	seller: str = "seller1",
	customer_name: str | None = None,
	open_invoice: float = 0,
	overdue_invoice: float = 0,
	overdue_days: int = 20,
	**profile,
) -> dict:
	"""Make a customer with a credit profile, and what they owe; returns `{customer, profile, invoice, overdue}`."""
	fields = {"default_price_list": scaffold.PRICE_LIST}
	if customer_name:
		fields["customer_name"] = customer_name
	doc = make.make_customer(seller, **fields)
	found = make.make_profile(doc, segment=segment, manual_limit=manual_limit, **profile)
	invoice = make.make_invoice(doc, open_invoice) if open_invoice else None
	overdue = make.make_overdue_invoice(doc, overdue_invoice, overdue_days) if overdue_invoice else None
	return {
		"customer": doc.name,
		"profile": found.name,
		"invoice": invoice.name if invoice else None,
		"overdue": overdue.name if overdue else None,
	}


def order(
	customer: str, amount: float, seller: str = "seller1", qty: float = 1, submit: bool = True, **fields
) -> dict:
	"""Enter an order as a seller; returns `{order, hold, credit_status}`."""
	with as_user(seller):
		doc = make.make_order(customer, amount, qty=qty, submit=submit, **fields)
	return {"order": doc.name, "hold": doc.b2b_credit_hold, "credit_status": doc.b2b_credit_status}


def held_order(amount: float = 12_000, limit: float = 10_000, qty: float = 1, **profile) -> dict:
	"""Make a customer with a limit and an order over it; returns what `customer` and `order` return."""
	made = customer(manual_limit=limit, **profile)
	return made | order(made["customer"], amount, qty=qty)


def delivery_draft(order: str, user: str = "stock_user") -> str:
	"""Draft the delivery of an order; returns its name."""
	with as_user(user):
		return make.make_delivery(order, submit=False).name


def delivery_without_order(customer: str, amount: float) -> str:
	"""Draft a delivery that no order stands for; returns its name."""
	with as_user("stock_user"):
		return make.make_delivery(customer=customer, amount=amount, submit=False).name


def customer_with_native_limit(credit_limit: float) -> str:
	"""Make a customer with a credit limit of ERPNext's own and no profile; returns its name."""
	limit = {"company": scaffold.COMPANY, "credit_limit": credit_limit}
	return make.make_customer(credit_limits=[limit]).name


def security(customer: str, amount: float) -> str:
	"""Register a bank guarantee of a customer; returns its name."""
	return make.make_security(customer, amount).name


def insurance_policy(**fields) -> str:
	"""Enter an insurance policy in force; returns its name."""
	return make.make_insurance_policy(**fields).name


def invoice_the_insurer_covers_no_more(customer: str, amount: float, days: int) -> dict:
	"""Let an invoice of an insured customer be so many days overdue, and the night pass; returns `{invoice, duty}`, the duty to
	report it."""
	invoice = make.make_overdue_invoice(customer, amount, days).name
	insurer_duties.daily()
	clearing.clear_waiting(customer, scaffold.COMPANY)
	duty = frappe.db.get_value("Insurer Duty", {"sales_invoice": invoice, "duty": "Report Overdue"})
	return {"invoice": invoice, "duty": duty}


def customer_whose_cover_ends(days: int, cover: float, overdue: float, manual_limit: float) -> dict:
	"""Let a customer owe more than the limit, covered by a guarantee for so many days; returns `{customer, security}`."""
	customer = make.make_customer()
	make.make_profile(customer, manual_limit=manual_limit)
	with make.policy_off():
		make.make_overdue_invoice(customer, overdue)
	ends = {"expiry_date": _days_ago(-days), "claim_period_days": 0}
	return {"customer": customer.name, "security": make.make_security(customer, cover, **ends).name}


def discounted_invoice(amount: float) -> dict:
	"""Discount an invoice of a customer with the bank, where accountants may see that; returns `{invoice, discounting, file}`,
	a file to be the security's document."""
	customer = make.make_customer()
	make.make_profile(customer, manual_limit=10_000)
	invoice = make.make_invoice(customer, amount, due_date=_days_ago(-7))
	add_permission("Invoice Discounting", "Accounts Manager")
	return {
		"invoice": invoice.name,
		"discounting": make.make_discounting(invoice).name,
		"file": frappe.db.get_value("File", {"file_name": scaffold.SECURITY_FILE}, "file_url"),
	}


def closed_month() -> dict:
	"""Let a customer buy and pay late for some months, close the last one, and book a payment into it afterwards; returns
	`{customer, month, first}`: the month's snapshot and the first day looked at."""
	customer = make.make_customer()
	make.make_profile(customer, segment="B", manual_limit=500_000)
	first = getdate(get_first_day(add_months(nowdate(), -4)))
	with make.policy_off():
		for number, (amount, paid_after) in enumerate(((40_000, 50), (55_000, 62), (30_000, None))):
			posted = getdate(add_months(first, number))
			bill = {"posting_date": str(posted), "due_date": str(add_days(posted, 30))}
			invoice = make.make_invoice(customer, amount, **bill)
			if paid_after:
				day = str(add_days(posted, paid_after))
				make.make_payment(invoice, amount, posting_date=day, reference_date=day)
		last = getdate(get_last_day(add_months(nowdate(), -1)))
		name = snapshots.take(scaffold.COMPANY, last)
		make.make_payment(invoice, 12_000, posting_date=str(last), reference_date=str(last))
	return {"customer": customer.name, "month": name, "first": str(first)}


def bank_guarantee(customer: str, amount: float) -> str:
	"""Receive ERPNext's Bank Guarantee from a customer; returns its name."""
	return make.make_bank_guarantee(customer=customer, amount=amount).name


def dispute(invoice: str, amount: float, **fields) -> str:
	"""Dispute a part of an invoice; returns the dispute's name."""
	with as_user("controller"):
		return make.make_dispute((invoice, amount), **fields).name


def dispute_link(invoice: str) -> str:
	"""Return the token of the link by which a customer disputes an invoice."""
	return dispute_links.b2b_dispute_link(invoice).split("token=")[1]


def balance_to_confirm(customer: str) -> dict:
	"""Ask a customer to confirm what it owes today; returns `{name, token}`."""
	statement = statements.open_items(customer, scaffold.COMPANY, getdate())
	with as_user("collector"):
		doc = balance_confirmations.make(statement)
	return {"name": doc.name, "token": balance_confirmations.link_of(doc.name).split("token=")[1]}


def statement_run(customers: list[str]) -> str:
	"""Draft a run that prints the statements of some customers; returns its name."""
	collector = make.make_user("Collector")
	for name in customers:
		frappe.db.set_value("Customer", name, "b2b_collector", collector)
	run = {"company": scaffold.COMPANY, "kind": "Open Items", "to_date": nowdate(), "delivery": "Print"}
	with as_user("collector"):
		return (
			frappe.get_doc({"doctype": "Account Statement Run", **run, "collector": collector}).insert().name
		)


def claim_about_to_expire(invoice: str, days: int) -> None:
	"""Let the three years of an invoice be over in so many days."""
	due = add_years(add_days(nowdate(), days), -3)
	frappe.db.set_value("Sales Invoice", invoice, "b2b_original_due_date", due)


def payment_references() -> str:
	"""Have the test company make FIK references, with a bank account; returns the name of the set-up."""
	found = frappe.db.get_value("Payment Reference Setup", {"company": scaffold.COMPANY})
	if found:
		return found
	frappe.get_doc({"doctype": "Bank", "bank_name": "B2B Browser Bank", "swift_number": "BBBBDK22"}).insert()
	account = {"account_name": "Operations", "bank": "B2B Browser Bank", "iban": "DK5000400440116243"}
	account |= {"company": scaffold.COMPANY, "is_company_account": 1}
	bank_account = frappe.get_doc({"doctype": "Bank Account", **account}).insert()
	setup = {"company": scaffold.COMPANY, "kind": "FIK", "creditor": "12345678"}
	return (
		frappe.get_doc({"doctype": "Payment Reference Setup", "bank_account": bank_account.name, **setup})
		.insert()
		.name
	)


def portal_user(customers: list[str], language: str = "en") -> str:
	"""Give somebody a log-in to the portal of some customers; returns it."""
	user = make.make_portal_user(*customers)
	update_password(user, PASSWORD)
	for name in customers:
		frappe.db.set_value("Customer", name, {"language": language, "b2b_due_date_agreed": "Yes"})
	return user


def overdue_invoice_of(customer: str, amount: float, days: int = 10) -> str:
	"""Let a customer owe another invoice that is overdue so many days; returns its name."""
	with make.policy_off():
		return make.make_overdue_invoice(customer, amount, days).name


def reminders_on_any_day() -> str:
	"""Let reminders go out whatever day the tests run on; returns the flow."""
	for name in frappe.get_all("Dunning Flow", pluck="name"):
		flow = frappe.get_doc("Dunning Flow", name)
		flow.not_on_days_off = 0
		flow.set("quiet_periods", [])
		flow.save()
	return "Standard ladder"


def reminder_sent(invoice: str) -> str:
	"""Let a reminder of an invoice have gone out by mail; returns its name."""
	doc = frappe.get_doc("Sales Invoice", invoice)
	sent = {"status": "Sent", "subject": "You owe us money", "message": "<p>Please pay.</p>", "days_ago": 5}
	return make.make_letter_notice(doc, channel="E-mail", **sent).name


def payment_link(customer: str) -> str:
	"""Return the token of the link by which a customer sees what it can pay, as a reminder called DN-BROWSER has it."""
	about = ("Dunning Notice", "DN-BROWSER")
	return payment_links.link_for(customer=customer, company=scaffold.COMPANY, about=about).split("token=")[1]


def split_link(invoice: str) -> str:
	"""Return the token of the link by which a customer splits what a reminder of an invoice asks for."""
	doc = frappe.get_doc("Sales Invoice", invoice)
	sent = {
		"status": "Sent",
		"subject": "You owe us money",
		"message": "<p>Please pay.</p>",
		"offers_split": 1,
	}
	notice = make.make_letter_notice(doc, channel="E-mail", **sent)
	return split_links.link_of_notice(notice, [invoice]).split("token=")[1]


def collector_alone() -> str:
	"""Make a user who has the role Collector and no other; returns the log-in."""
	user = make.make_user("Collector")
	update_password(user, PASSWORD)
	frappe.defaults.set_user_default("company", scaffold.COMPANY, user)
	return user


def letter_notice(invoice: str, **fields) -> str:
	"""Make a dunning notice about an invoice that waits to be printed; returns its name."""
	return make.make_letter_notice(frappe.get_doc("Sales Invoice", invoice), **fields).name


def begun_test(customers: int, paid: int) -> dict:
	"""Let a test of two wordings have come to some customers ten days ago, of whom some have paid; returns `{test, flow}`."""
	frappe.db.set_value("Dunning Test", {"enabled": 1}, "enabled", 0)
	test = frappe.get_doc(
		{
			"doctype": "Dunning Test",
			"test_name": f"Wording {frappe.generate_hash(length=6)}",
			"flow": "Medium risk",
			"step_code": "D3",
			"from_date": _days_ago(30),
			"variants": [
				{"label": "A", "weight": 1},
				{"label": "B", "weight": 1, "template": "Low risk: e-mail"},
			],
		}
	).insert()
	run = frappe.get_doc({"doctype": "Dunning Run", "company": scaffold.COMPANY, "mode": "Real"}).insert()
	run.db_set("status", "Completed")
	for number in range(customers):
		with make.policy_off():
			customer = make.make_customer()
			invoice = make.make_invoice(
				customer, 1_000 + number, posting_date=_days_ago(40), due_date=_days_ago(13)
			)
		make.make_letter_notice(
			invoice,
			days_ago=10,
			channel="E-mail",
			fee=0,
			status="Sent",
			template="Medium: e-mail",
			flow="Medium risk",
			step_code="D3",
			run=run.name,
			test=test.name,
			variant=dunning_tests.variant_of(test, customer.name),
		)
		if number < paid:
			make.make_payment(invoice, posting_date=_days_ago(6))
	return {"test": test.name, "flow": test.flow}


def clicks() -> int:
	"""Return on how many days the link of the reminder DN-BROWSER was opened."""
	return frappe.db.count("Payment Link Click", {"reference_name": "DN-BROWSER"})


def request_of(invoice: str) -> str:
	"""Return the newest approval request about an invoice."""
	return frappe.get_last_doc("Approval Request", {"reference_name": invoice}).name


def write_off_for_the_board(invoice: str) -> dict:
	"""Propose to write off an invoice and send the Board its links; returns `{request, token}`, the token of a mail."""
	with as_user("controller"):
		values = {"loss_ground": "Bankruptcy or Restructuring"}
		reason = "The bankruptcy court closed the estate without dividend"
		asked = approvals_api.ask("Write-off", "Sales Invoice", invoice, reason, values)
	with as_user("credit_manager"), patch.object(board.notices, "mail") as mail:
		approvals_api.ask_the_board("Approval Request", asked["name"])
	links = {call.args[0][0]: call.args[2]["link"] for call in mail.call_args_list}
	return {"request": asked["name"], "token": links[scaffold.email_of("board")].split("token=")[1]}


def milestone_plan(order: str, rows: list[list]) -> str:
	"""Plan the milestones of an order: [title, share] each, with more fields where wanted; returns the plan's name."""
	return make.make_milestone_plan(order, *rows).name


def milestone_template(rows: list[list]) -> str:
	"""Make a template the default: [title, share, acceptance needed, paid before delivery] each; returns its name."""
	fields = ("title", "share", "acceptance_needed", "before_delivery")
	doc = {
		"doctype": "Milestone Template",
		"template_name": f"B2B {frappe.generate_hash(length=6)}",
		"is_default": 1,
		"milestones": [dict(zip(fields, row, strict=True)) for row in rows],
	}
	return frappe.get_doc(doc).insert().name


def remove_template(name: str) -> None:
	"""Remove a template."""
	frappe.delete_doc("Milestone Template", name)


def evidence() -> str:
	"""Return the address of a file that proves something."""
	return frappe.db.get_value("File", {"file_name": scaffold.SECURITY_FILE}, "file_url")


def plan_draft(invoice: str, **fields) -> str:
	"""Draft a payment plan of an invoice; returns its name."""
	with as_user("controller"):
		return make.make_plan((invoice, None), approved_by=None, **fields).name


def limit_request(customer: str, limit: float, seller: str = "seller1") -> str:
	"""Ask for a higher limit as a seller; returns the request's name."""
	with as_user(seller):
		made = limits_api.request_limit(customer, scaffold.COMPANY, limit, "A large project in spring")
	return made["name"]


def takeover_file(customer: str, segment: str) -> str:
	"""Fill in the template of a take-over with one profile and a security; returns the file's address."""
	book = openpyxl.load_workbook(BytesIO(takeover_workbook.template()))
	book["Profiles"].append([customer, segment])
	security = {"customer": customer, "type": "Bank Guarantee", "number": f"BG-{customer}", "amount": 25_000}
	security |= {"unconditional": "Yes", "on_demand": "Yes", "status": "In Force"}
	book["Securities"].append([security.get(cell.value) for cell in book["Securities"][1]])
	content = BytesIO()
	book.save(content)
	file = {"doctype": "File", "file_name": f"take-over-{segment}.xlsx", "is_private": 1}
	with as_user("credit_manager"):
		return frappe.get_doc({**file, "content": content.getvalue()}).insert().file_url


def match(customer: str) -> str:
	"""Put a customer on a made-up sanctions list and screen it; returns the match's name."""
	name = frappe.db.get_value("Customer", customer, "customer_name")
	with as_user("compliance_officer"):
		made_up = {"doctype": "Sanctions List", "list_name": f"Made-up list {frappe.generate_hash(length=8)}"}
		sanctions_list = frappe.get_doc({**made_up, "source": "Nobody"}).insert().name
		entry = {"doctype": "Sanctions List Entry", "sanctions_list": sanctions_list}
		frappe.get_doc({**entry, "party_name": f"{name.upper()} A/S", "programme": "Made up"}).insert()
	frappe.db.commit()
	screening.screen_customer(customer)
	return frappe.db.get_value("Screening Match", {"customer": customer})


def list_with_file(rows: list[str], name: str | None = None) -> str:
	"""Give a made-up sanctions list, or a new one, a CSV file; returns its name."""
	heading = "reference,name,aliases,tax_id,country,programme,valid_from,valid_until"
	with as_user("compliance_officer"):
		name = name or (
			frappe.get_doc(
				{"doctype": "Sanctions List", "list_name": f"Made-up list {frappe.generate_hash(length=8)}"}
			)
			.insert()
			.name
		)
		file = {"doctype": "File", "file_name": f"{frappe.generate_hash(length=8)}.csv", "is_private": 1}
		about = {"attached_to_doctype": "Sanctions List", "attached_to_name": name}
		content = frappe.get_doc({**file, **about, "content": "\n".join((heading, *rows))}).insert()
		sanctions_list = frappe.get_doc("Sanctions List", name)
		sanctions_list.file = content.file_url
		sanctions_list.save()
	return name


def list_entry(customer: str, list_type: str) -> str:
	"""Put a customer on the negative or premium list; returns the entry's name."""
	with as_user("credit_manager"):
		return (
			frappe.get_doc(
				{
					"doctype": "Credit List Entry",
					"list_type": list_type,
					"customer": customer,
					"valid_until": frappe.utils.add_days(frappe.utils.nowdate(), 30),
					"reason": "Twelve years without a day of delay",
				}
			)
			.insert()
			.name
		)


def worklist() -> dict:
	"""Let three customers of the collector's owe what is overdue, of which one has broken a promise; returns `{search, large, broken, small,
	customers, invoice}`: a word that all names have, their names, the documents, and the invoice of the one in the middle."""
	word = frappe.generate_hash(length=6)
	owed = (("large", 12_000), ("broken", 2_500), ("small", 3_000))
	made, invoices = {}, {}
	for key, amount in owed:
		named = f"{key.title()} {word} A/S"
		found = customer(manual_limit=100_000, customer_name=named, overdue_invoice=amount, overdue_days=30)
		made[key], invoices[key] = found["customer"], found["overdue"]
		frappe.db.set_value("Customer", made[key], "b2b_collector", scaffold.email_of("collector"))
		make.make_contact(found["customer"], f"anna-{key}-{word}", [{"role": "Accounts Payable"}])
	promise = {"doctype": "Promise to Pay", "customer": made["broken"], "company": scaffold.COMPANY}
	with as_user("collector"):
		doc = frappe.get_doc({**promise, "amount": 400, "promised_date": _days_ago(0)}).insert()
	frappe.db.set_value("Promise to Pay", doc.name, {"made_on": _days_ago(9), "promised_date": _days_ago(3)})
	promises.judge_all(made["broken"], scaffold.COMPANY)
	return {
		"search": word,
		"invoice": invoices["broken"],
		"customers": made,
		**{key: frappe.db.get_value("Customer", name, "customer_name") for key, name in made.items()},
	}


def cash_to_come() -> dict:
	"""Let a customer who pays ten days late owe what is in a plan, promised, disputed and reminded of, and another one who has never
	paid; both are the collector's. Returns `{customer, other, plan, promise, dispute, notice}`."""
	word = frappe.generate_hash(length=6)
	who = customer(manual_limit=500_000, customer_name=f"Late {word} A/S")["customer"]
	other = customer(
		manual_limit=90_000, customer_name=f"New {word} A/S", overdue_invoice=7_500, overdue_days=9
	)
	for name in (who, other["customer"]):
		frappe.db.set_value("Customer", name, "b2b_collector", scaffold.email_of("collector"))
	with make.policy_off():
		for amount, late in ((9_000, 0), (14_000, 10), (6_000, 17)):
			paid = make.make_overdue_invoice(who, amount, 90)
			make.make_payment(paid, posting_date=_days_ago(90 - late))
		in_plan, promised, disputed, reminded = (
			make.make_overdue_invoice(who, amount, days)
			for amount, days in ((24_000, 40), (8_000, 12), (5_000, 25), (11_000, 5))
		)
		make.make_overdue_invoice(who, 30_000, -12)
	plan = make.make_plan((in_plan, None), first_instalment_date=_days_ago(-3))
	with as_user("collector"):
		promise = frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": who,
				"company": scaffold.COMPANY,
				"sales_invoice": promised.name,
				"amount": 8_000,
				"promised_date": _days_ago(-9),
			}
		).insert()
	return {
		"customer": who,
		"other": other["customer"],
		"plan": plan.name,
		"promise": promise.name,
		"dispute": make.make_dispute((disputed, 2_000)).name,
		"notice": reminder_sent(reminded.name),
	}


def book_for_reports() -> dict:
	"""Make customers of whom reports tell everything, two of seller1 and one of seller2, with a contract to decide about; returns
	`{mine, other}`: names as people read them."""
	word = frappe.generate_hash(length=5)
	names = [f"{name} {word}" for name in ("Nordlys Energi", "Bølgen Maskinfabrik", "Fjordglas")]
	for name in names[:2]:
		report_scenes.everything_of_a_customer(customer_name=name)
	other = report_scenes.everything_of_a_customer(customer_name=names[2])
	other.update({"account_manager": scaffold.email_of("seller2"), "sales_team": make.team(("seller2",))})
	other.save(ignore_permissions=True)
	_running_contract(
		"seller1",
		frappe.db.get_value("Customer", {"customer_name": names[0]}),
		"Frame agreement",
		20,
		640_000,
	)
	frappe.db.commit()
	return {"mine": names[:2], "other": names[2]}


def role_contact(customer: str, name: str, role: str) -> str:
	"""Make a contact with a role; returns its name."""
	return make.make_contact(customer, name, [{"role": role}]).name


def raise_order(order: str, amount: float) -> None:
	"""Raise a submitted order of one row to `amount` by ERPNext's Update Items."""
	from erpnext.controllers.accounts_controller import update_child_qty_rate

	row = frappe.get_doc("Sales Order", order).items[0]
	changed = {
		"docname": row.name,
		"name": row.name,
		"item_code": row.item_code,
		"qty": row.qty,
		"rate": amount / row.qty,
		"delivery_date": str(row.delivery_date),
	}
	update_child_qty_rate("Sales Order", frappe.as_json([changed]), order)


def rest_of(order: str) -> dict:
	"""Return `{qty, credit_status}` of the order that was split off from another."""
	rest = frappe.get_doc("Sales Order", {"b2b_split_from": order})
	return {"qty": rest.items[0].qty, "credit_status": rest.b2b_credit_status}


def billed_again(customer: str, invoice: str, amount: float) -> str:
	"""Credit an invoice and bill it again with a later due date; returns the new invoice's name."""
	make.make_credit_note(invoice)
	return make.make_invoice(
		customer, amount, due_date=frappe.utils.add_days(frappe.utils.nowdate(), 14)
	).name


def customers_of_one_tax_id() -> list[str]:
	"""Make two customers of one tax id without profile; returns their names."""
	tax_id = f"DK{frappe.generate_hash(length=8).upper()}"
	return [make.make_customer(tax_id=tax_id).name for _n in range(2)]


def year_of_trade() -> dict:
	"""Sell to four customers for a year, of which one pays late and one stops paying; returns `{customers, from_date,
	to_date, other_policy}`, the last one an easier policy that is not active.
	"""
	habits = ((10_000, 10), (10_000, 40), (25_000, 12), (8_000, 25))
	customers = []
	for limit, _paid_after in habits:
		doc = make.make_customer()
		profile = make.make_profile(doc, manual_limit=limit)
		_date_back(profile.name, _days_ago(400))
		customers.append(doc)
	with make.policy_off():
		for month in range(12):
			for number, (limit, paid_after) in enumerate(habits):
				sold = 360 - 30 * month - number
				amount = limit * (0.4 + 0.2 * ((month + number) % 5))
				order = make.make_order(customers[number], amount, transaction_date=_days_ago(sold))
				invoice = make.make_invoice(
					order=order, posting_date=_days_ago(sold - 1), due_date=_days_ago(sold - 15)
				)
				paid = sold - 1 - paid_after
				if paid >= 0 and not (number == 3 and month > 6):
					make.make_payment(invoice, posting_date=_days_ago(paid))
	easier = make.make_policy(
		without_profile="Park for Assessment",
		hold_utilisation_percent=140,
		stop_utilisation_percent=180,
		overdue_hold_days=30,
	)
	return {
		"customers": [doc.name for doc in customers],
		"from_date": _days_ago(370),
		"to_date": _days_ago(0),
		"other_policy": easier.name,
	}


def back_test_without_segments() -> str:
	"""Make a back-test of a policy file that lacks a segment in which a customer once was; returns its name."""
	code = f"B2B-{frappe.generate_hash(length=6)}"
	segment = {"doctype": "Credit Segment", "segment_code": code, "title": code, "limit_amount": 50_000}
	frappe.get_doc({**segment, "levels": [{"level": 1, "percent_of_base": 100}]}).insert()
	text = policy_files.file_of_policy(make.active_policy().name)
	customer = make.make_customer()
	profile = make.make_profile(customer, segment=code)
	_date_back(profile.name, _days_ago(400))
	profile.reload()
	profile.update({"segment": "C", "change_reason": "Moved"})
	profile.save()
	with make.policy_off():
		make.make_order(customer, 1_000, transaction_date=_days_ago(30))
	start = text.index(f'[[segments]]\nsegment_code = "{code}"')
	rest = text.find("[[segments]]", start + 1)
	text = text[:start] + (text[rest:] if rest > 0 else "")
	with as_user("cfo"):
		file = {"doctype": "File", "file_name": "too-few-segments.toml", "content": text, "is_private": 1}
		return _back_test(file_a=frappe.get_doc(file).insert().file_url)


def back_test_of_hostile_names(html: str) -> str:
	"""Make a back-test of two policy files in which whatever has a name is called `html`; returns its name."""
	customer = make.make_customer()
	_date_back(make.make_profile(customer, manual_limit=10_000).name, _days_ago(400))
	with make.policy_off():
		order = make.make_order(customer, 12_000, transaction_date=_days_ago(60))
		invoice = make.make_invoice(order=order, posting_date=_days_ago(58), due_date=_days_ago(44))
		make.make_payment(invoice, posting_date=_days_ago(50))
	terms = policy_files.terms_of_policy(make.active_policy().name)
	terms.values["policy"]["name"] = html
	urls = []
	for title in (html, f"{html}{html}"):
		for segment in terms.values["segments"]:
			segment["title"] = title
		content = {"content": policy_file.dumps(terms), "file_name": "hostile.toml", "is_private": 1}
		with as_user("cfo"):
			urls.append(frappe.get_doc({"doctype": "File", **content}).insert().file_url)
	with as_user("cfo"):
		return _back_test(file_a=urls[0], file_b=urls[1])


def collection_task(customer: str, invoice: str, user: str = "collector") -> str:
	"""Open a call about an invoice for somebody; returns its name."""
	return collection_tasks.open_task(
		"Phone Call",
		customer,
		scaffold.COMPANY,
		about=[invoice],
		assigned_to=scaffold.email_of(user),
		reason="No answer to the last reminder.",
	)


def notice_went_out(case: str, days: int) -> None:
	"""Let the last notice of a collection case have gone out some days earlier than it did, and the night have passed."""
	dates = frappe.db.get_value(
		"Collection Case", case, ["notice_sent_on", "notice_deadline", "hand_over_from"], as_dict=True
	)
	earlier = {field: frappe.utils.add_days(day, -days) for field, day in dates.items()}
	frappe.db.set_value("Collection Case", case, earlier)
	collection_cases.refresh(case)


def back_test_that_waits(policy: str) -> str:
	"""Make a back-test whose job was lost; returns its name."""
	name = _back_test(policy_a=policy)
	waiting = {"status": "Queued", "step": "Waiting for its turn", "started_on": frappe.utils.now_datetime()}
	frappe.db.set_value("Policy Back-test", name, waiting)
	return name


def _back_test(**fields) -> str:
	return (
		frappe.get_doc({"doctype": "Policy Back-test", "company": scaffold.COMPANY, **fields}).insert().name
	)


def _days_ago(days: int) -> str:
	return str(frappe.utils.add_days(frappe.utils.nowdate(), -days))


def _date_back(profile: str, day: str) -> None:
	"""Let a profile have been there since a day."""
	frappe.db.set_value("Credit Profile", profile, "creation", f"{day} 08:00:00")
	frappe.db.set_value("Credit Profile Change", {"parent": profile}, "changed_on", f"{day} 08:00:00")


def policy() -> str:
	"""Return the name of the test company's policy."""
	return make.active_policy().name


def state(doctype: str, name: str, fields: list[str]) -> list:
	"""Return the values of a document's fields."""
	return list(frappe.db.get_value(doctype, name, fields, as_dict=True).values())


def found(doctype: str, filters: dict, fields: list[str]) -> list | str:
	"""Return the values of the first document that fits, "none" when none does."""
	row = frappe.db.get_value(doctype, filters, fields, as_dict=True)
	return list(row.values()) if row else "none"


def contract_draft(seller: str = "seller1") -> dict:
	"""Make a draft of a contract that renews itself, ready for review; returns `{contract}`."""
	with as_user(seller):
		doc = frappe.get_doc(
			{
				"doctype": "B2B Contract",
				"title": "Frame agreement",
				"customer": make.make_customer(seller).name,
				"company": scaffold.COMPANY,
				"currency": "DKK",
				"contract_type": "Frame Agreement",
				"confidentiality": "Internal",
				"duration_type": "Auto-renewing",
				"start_date": nowdate(),
				"annual_value": 1_200_000,
				"payment_terms_template": "Net 30",
				"governing_law": "Denmark",
			}
		).insert()
	frappe.db.commit()
	return {"contract": doc.name}


def tick_contract(contract: str) -> None:
	"""Do every control of a contract, as a compliance officer."""
	with as_user("compliance_officer"):
		doc = frappe.get_doc("B2B Contract", contract)
		for row in doc.compliance:
			row.is_done = 1
		doc.save()
	frappe.db.commit()


def contract_to_sign(seller: str = "seller1", language: str = "da") -> dict:
	"""Make a contract that is out for signature, with a Danish customer that has an address; returns `{contract, customer}`."""
	made = contract_draft(seller)
	customer = frappe.db.get_value("B2B Contract", made["contract"], "customer")
	frappe.db.set_value("Customer", customer, "language", language)
	make.make_address("Customer", customer, "Nørregade 12", "1165", "København K")
	contact = make.make_contact(
		customer, f"jura-{frappe.generate_hash(length=6)}", [{"role": "Legal Notices"}]
	)
	with as_user(seller):
		contracts_api.take_step(made["contract"], "send_for_review")
	tick_contract(made["contract"])
	with as_user("contract_manager"):
		for step in ("approve", "send_for_signature"):
			contracts_api.take_step(made["contract"], step)
	frappe.db.commit()
	return {**made, "customer": customer, "address": contact.email_id}


def contract_to_amend(seller: str = "seller1") -> dict:
	"""Make a signed contract with a price and a service level; returns `{contract}`."""
	made = contract_draft(seller)
	with as_user(seller):
		doc = frappe.get_doc("B2B Contract", made["contract"])
		doc.append("service_levels", {"service": "Delivery on the promised day", "target": "95 %"})
		doc.save()
		contracts_api.take_step(doc.name, "send_for_review")
	take_contract_to_signature(doc.name)
	sign_contract(doc.name)
	return made


def take_contract_to_signature(contract: str) -> None:
	"""Tick, approve and send out a contract that is in review."""
	tick_contract(contract)
	with as_user("contract_manager"):
		for step in ("approve", "send_for_signature"):
			contracts_api.take_step(contract, step)
	frappe.db.commit()


def contract_for_credit(seller: str = "seller1") -> dict:
	"""Make a contract that is in review, with terms beyond its customer's segment and a review by finance; returns
	`{contract}`."""
	made = contract_draft(seller)
	doc = frappe.get_doc("B2B Contract", made["contract"])
	make.make_profile(doc.customer, segment="C", manual_limit=5_000_000)
	with as_user(seller):
		finance = {"review_function": "Finance", "reviewer": scaffold.email_of("finance_director"), "days": 3}
		doc.append("reviews", {**finance, "is_required": 1})
		doc.save()
		contracts_api.take_step(doc.name, "send_for_review")
	tick_contract(doc.name)
	return made


def mail_account() -> None:
	"""See that mails can be queued."""
	if not frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1}):
		make.make_outgoing_account()
	frappe.db.commit()


def sign_contract(contract: str) -> None:
	"""Record the signing of a contract with a file."""
	rows = [{"signatory_name": f"{side} signatory", "signs_for": side} for side in ("Us", "Customer")]
	with as_user("contract_manager"):
		file = {"file_name": f"{contract}.txt", "is_private": 1, "content": f"Signed {contract}"}
		url = frappe.get_doc({"doctype": "File", **file}).insert().file_url
		contracts_api.record_signing(contract, nowdate(), url, rows)
	frappe.db.commit()


def terminate_contract(contract: str, kind: str = "For Convenience") -> dict:
	"""Give notice of a contract; returns `{letter}`."""
	with as_user("contract_manager"):
		answer = contracts_api.terminate_contract(contract, kind, nowdate(), "No margin", cause="Not paid.")
	frappe.db.commit()
	return {"letter": answer["letter"]}


def renewal_pipeline(seller: str = "seller1") -> dict:
	"""Make running contracts of one customer to decide about: too late, soon, in good time, one in renegotiation and one that ends.
	Returns their names."""
	customer = make.make_customer(seller, customer_name="Pipeline customer").name
	made = {}
	for key, title, act_in, value in (
		("late", "Frame agreement for bearings", -6, 640_000),
		("soon", "Frame agreement for castings", 12, 1_500_000),
		("other", "Service of the presses", 12, 250_000),
		("later", "Frame agreement for cables", 95, 420_000),
		("talking", "Frame agreement for pumps", 40, 900_000),
		("ending", "Frame agreement for valves", 25, 310_000),
	):
		made[key] = _running_contract(seller, customer, title, act_in, value)
	with as_user("contract_manager"):
		contracts_api.decide_renewal(made["talking"], "Renegotiate", "Their prices have risen")
		contracts_api.terminate_contract(
			made["ending"], "Received from Customer", nowdate(), "They make them now"
		)
	with as_user(seller):
		contract_pipeline_api.plan(made["soon"], 75, "Offer with the new price list", _days_ago(-2))
		contract_pipeline_api.plan(made["late"], 40, "Call the buyer", _days_ago(3))
	for name in (made["soon"], made["late"]):
		watching.watch(name)
	frappe.db.commit()
	return made


def _running_contract(seller: str, customer: str, title: str, act_in: int, value: float, **fields) -> str:
	"""Return a contract that runs and has to be acted on in about so many days: 90 days' notice, a lead of 30."""
	with as_user(seller):
		doc = frappe.get_doc(
			{
				"doctype": "B2B Contract",
				"title": title,
				"customer": customer,
				"company": scaffold.COMPANY,
				"currency": "DKK",
				"contract_type": "Frame Agreement",
				"confidentiality": "Internal",
				"duration_type": "Auto-renewing",
				"start_date": frappe.utils.add_months(nowdate(), -24),
				"first_end_date": _days_ago(-120 - act_in),
				"renewal_months": 12,
				"internal_lead_days": 30,
				"annual_value": value,
				"payment_terms_template": "Net 30",
				"governing_law": "Denmark",
				**fields,
			}
		).insert()
		contracts_api.take_step(doc.name, "send_for_review")
	tick_contract(doc.name)
	with as_user("contract_manager"):
		contracts_api.take_step(doc.name, "approve")
		contracts_api.take_step(doc.name, "send_for_signature")
	sign_contract(doc.name)
	return doc.name


def speak(user: str, language: str) -> None:
	"""Let a user read the desk in a language."""
	frappe.db.set_value("User", scaffold.email_of(user), "language", language)
	frappe.clear_cache(user=scaffold.email_of(user))
	frappe.db.commit()


def customer_for_contract(seller: str = "seller1") -> dict:
	"""Make a customer of a seller who reads English; returns `{customer, company}`."""
	customer = make.make_customer(account_manager=seller, language="en")
	frappe.db.commit()
	return {"customer": customer.name, "company": scaffold.COMPANY}


def first_version_again(template: str, former: str) -> None:
	"""Put the version of a template before another one back into use, for the tests that count on it."""
	frappe.db.set_value("B2B Contract Template", template, "status", "Retired")
	frappe.db.set_value("B2B Contract Template", former, {"status": "Approved", "retired_on": None})
	frappe.db.commit()


def contract_to_print(seller: str = "seller1", language: str = "en") -> dict:
	"""Make the draft of a contract from the standard template; returns `{contract}`."""
	customer = make.make_customer(account_manager=seller, language=language)
	answers = {
		"word:scope_of_supply": "scales and spare parts",
		"annual_value": 500_000,
		"payment_terms_template": "Net 30",
		"governing_law": "Denmark",
		"liability_cap_percent": 100,
		"initial_months": 36,
		"word:adjustment_notice": 60,
		"warranty_months": 24,
		"confidentiality_years": 3,
	}
	with as_user(seller):
		made = contract_texts_api.draft_contract(
			"Standard Frame Agreement v1", customer.name, scaffold.COMPANY, answers, language=language
		)
	frappe.db.commit()
	return {"contract": made["name"]}


def redline_of(contract: str, path: str) -> None:
	"""Write a redline of a contract's Word file to the disk: longer periods, more liability, no late interest, and a clause of theirs."""
	url = frappe.db.get_value("Contract Document", {"contract": contract, "kind": "Draft"}, "file")
	file = frappe.get_doc("File", {"file_url": url})
	content = redlines.tracked(
		documents.content_of(file),
		{"60 days": "180 days", "24 months": "36 months", "3 years": "5 years", "100 %": "200 %"},
		deleted=["Late interest", "Late payment"],
		added=[("Exclusivity", "The Customer may buy the same goods from others at any time.")],
	)
	Path(path).write_bytes(content)


def contract_with_prices(seller: str = "seller1") -> dict:
	"""Sign a contract with prices and a quantity to call off; returns `{contract, customer, item}`."""
	customer = make.make_customer(seller, customer_name="Lighting customer").name
	make.make_profile(customer, segment="A", manual_limit=1_000_000)
	made = contract_draft(seller)
	with as_user(seller):
		doc = frappe.get_doc("B2B Contract", made["contract"])
		parties = [row for row in doc.parties if row.party_role == "Us"]
		doc.update({"customer": customer, "incoterm": "DAP", "named_place": "Odense", "parties": parties})
		doc.append("prices", {"item_code": scaffold.SERVICE, "rate": 100})
		doc.append("prices", {"item_code": scaffold.SERVICE, "rate": 90, "from_quantity": 10})
		doc.append("call_offs", {"item_code": scaffold.SERVICE, "quantity": 50})
		doc.save()
		contracts_api.take_step(doc.name, "send_for_review")
	tick_contract(doc.name)
	with as_user("contract_manager"):
		for step in ("approve", "send_for_signature"):
			contracts_api.take_step(doc.name, step)
	sign_contract(doc.name)
	return {"contract": doc.name, "customer": customer, "item": scaffold.SERVICE}


def on_difference(action: str) -> None:
	"""Say what the policy does about orders that differ from their contract."""
	policy = make.active_policy()
	policy.contract_difference_action = action
	policy.save()
	frappe.db.commit()


def sold_by(seller: str, amount: float, paid: float, days_ago: int = 5) -> dict:
	"""Let a seller have sold something, of which a part is paid, at a commission of 5 %; returns `{customer, invoice, person}`."""
	person = scaffold.sales_person_of(seller)
	frappe.db.set_value("Sales Person", person, "commission_rate", "5")
	customer = make.make_customer(account_manager=seller)
	make.make_profile(customer, manual_limit=10 * amount)
	day = add_days(nowdate(), -days_ago)
	invoice = make.make_invoice(customer, amount, posting_date=day, sales_team=make.team((seller,)))
	make.make_payment(invoice, paid)
	return {"customer": customer.name, "invoice": invoice.name, "person": person}


def commission_statements() -> list[str]:
	"""State the commission of last month for who has any; returns the names of the drafts."""
	return commission_statements_of.make(scaffold.COMPANY, getdate(add_months(nowdate(), -1)))


def everything_of_a_customer() -> str:
	"""Make a customer of whom something of everything is known; returns its number."""
	from b2b_contracts.tests import report_scenes

	return report_scenes.everything_of_a_customer(tax_id="DK12345674", website="https://example.com").name


def credit_book() -> dict:
	"""Make customers of every risk class with revenue, security and waiting orders in a segment of their own, one of them without
	a profile; and holds that were released, rejected and wait. Returns `{segment, over, released, stranger}`."""
	segment = make.make_segment(f"B{frappe.generate_hash(length=4)}", limit_amount=60_000).name
	names = {}
	with make.policy_off():
		for key, risk_class, limit, owed in (
			("small", "A", 40_000, 12_500),
			("large", "A", 900_000, 640_000),
			("middle", "B", 300_000, 288_000),
			("over", "C", 90_000, 131_250),
		):
			doc = make.make_customer(
				"seller1", customer_name=f"{key.title()} {frappe.generate_hash(length=5)} A/S"
			)
			make.make_profile(doc, segment=segment, manual_limit=limit, risk_class=risk_class)
			make.make_invoice(
				doc, owed, posting_date=add_days(nowdate(), -40), due_date=add_days(nowdate(), 10)
			)
			names[key] = doc.name
		make.make_security(names["large"], 200_000)
		stranger = make.make_customer("seller1")
		make.make_invoice(stranger, 25_000)
	released = make.make_order(names["middle"], 15_000)
	with as_user("cfo"):
		api.release(released.b2b_credit_hold, "Pays on time; the season opens.")
	rejected = make.make_order(names["over"], 20_000)
	with as_user("controller"):
		api.reject(rejected.b2b_credit_hold, "Pay what is overdue first.")
	waiting = make.make_order(names["over"], 7_500)
	make.make_order(names["small"], 1_000)
	return {
		"segment": segment,
		"over": names["over"],
		"released": released.b2b_credit_hold,
		"waiting": waiting.b2b_credit_hold,
		"stranger": stranger.name,
	}
