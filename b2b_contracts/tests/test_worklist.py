"""The collections worklist: the order in SQL and the exact figures say the same, what to do next, who sees whom, and what is
logged from it."""

import random
from datetime import timedelta
from decimal import Decimal

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import worklist_api as api
from b2b_contracts.collections import (
	call_scripts,
	following,
	plans,
	worklist,
	worklist_details,
	worklist_ranking,
)
from b2b_contracts.collections.worklist_ranking import Filters
from b2b_contracts.engine.worklist import priority
from b2b_contracts.exceptions import DunningError, WorklistError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SECURITY_FILE,
	SiteTestCase,
	email_of,
	ensure_second_company,
)
from b2b_contracts.tests.test_query_count import counted

CENT = Decimal("0.01")


def listed(
	customer: str | None = None, user: str = "controller", company: str = COMPANY, **filters
) -> list[dict]:
	"""Return the rows of the list, those of a customer where one is named, the way a client gets them."""
	filters = {"search": customer, **filters} if customer else filters
	with as_user(user):
		return api.entries(company, filters)["rows"]


def row_of(customer: str, **kwargs) -> dict:
	(row,) = listed(customer, **kwargs)
	return row


def action_of(customer: str) -> tuple[str, str | None]:
	action = row_of(customer)["action"]
	return action["kind"], action["day"]


class WorklistTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.name = self.customer.name
		make.make_profile(self.customer, manual_limit=1_000_000, risk_class="B")

	def owes(self, amount=1_000, days=20, **fields):
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days, **fields)

	def promise(self, amount, days=5, **fields):
		with as_user("collector"):
			return frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.name,
					"company": COMPANY,
					"amount": amount,
					"promised_date": add_days(nowdate(), days),
					**fields,
				}
			).insert()

	def breaks(self, promise, days=3):
		"""Let a promise have run out some days ago."""
		dates = {"made_on": add_days(nowdate(), -days - 5), "promised_date": add_days(nowdate(), -days)}
		frappe.db.set_value("Promise to Pay", promise.name, dates)
		following.catch_up(self.name, COMPANY)
		self.assertEqual(promise.reload().status, "Broken")

	def log(self, outcome, user="collector", **fields):
		with as_user(user):
			return api.log_contact(self.name, COMPANY, outcome, **fields)


class TestAgreement(WorklistTestCase):
	"""What SQL ranks by is what the engine says of each customer."""

	def assert_agrees(self, customers, company=COMPANY, on=None):
		on = on or getdate()
		weights = worklist.weights()
		for customer in customers:
			page = worklist_ranking.page(Filters(company, names=[customer]), on, weights)
			entry = worklist.entry(company, customer, on)
			with self.subTest(customer):
				if not page.rows:
					self.assertEqual((entry.overdue, entry.debt.chased), (0, 0))
					continue
				(row,) = page.rows
				for field in ("chased", "disputed", "money_days"):
					self.assertAlmostEqual(getattr(row, field), getattr(entry.debt, field), 2, field)
				self.assertAlmostEqual(row.overdue, entry.overdue, 2)
				self.assertEqual(
					(row.risk_class, row.broken, row.dispute_days),
					(entry.debt.risk_class, entry.debt.broken, entry.debt.dispute_days),
				)
				self.assertAlmostEqual(row.value, priority(entry.debt, weights).value, 3)
				self.assertEqual(page.total, 1)
				self.assertAlmostEqual(page.chased, row.chased, 2)

	def amounts(self) -> tuple[float, float, float]:
		self.assert_agrees([self.name])
		row = row_of(self.name)
		return row["chased"], row["disputed"], row["overdue"]

	def test_what_is_set_aside(self):
		first, second = self.owes(4_000, 40), self.owes(1_000, 10)
		self.assertEqual(self.amounts(), (5_000, 0, 5_000))
		with as_user("controller"):
			make.make_dispute((first, 1_500))
		self.assertEqual(self.amounts(), (3_500, 1_500, 5_000))
		self.promise(200, sales_invoice=second.name)
		self.promise(300)
		self.assertEqual(self.amounts(), (3_000, 1_500, 5_000))
		make.make_payment(customer=self.customer, amount=2_600)
		# The credit covers the rest of the oldest and 100 of the younger one, which the promise of it is of the rest of.
		self.assertEqual(self.amounts(), (400, 1_500, 5_000))

	def test_a_credit_note_and_an_advance_for_goods_to_come(self):
		self.owes(4_000, 40)
		with make.policy_off():
			order = make.make_order(self.customer, 3_000)
			make.make_payment(order, amount=1_000)
		self.assertEqual(self.amounts(), (4_000, 0, 4_000))
		make.make_journal(self.customer, -700)
		self.assertEqual(self.amounts(), (3_300, 0, 4_000))

	def test_a_slip_and_a_plan(self):
		invoice, other = self.owes(2_000, 20), self.owes(3_000, 25)
		with as_user("seller1"):
			slip = frappe.get_doc(
				{
					"doctype": "Payment Slip",
					"customer": self.name,
					"company": COMPANY,
					"amount": 800,
					"value_date": nowdate(),
					"slip_file": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
					"invoices": [{"sales_invoice": invoice.name, "amount": 800}],
				}
			).insert()
		frappe.db.set_value("Payment Slip", slip.name, "status", "Accepted")
		frappe.db.set_value("Payment Slip Invoice", {"parent": slip.name}, "awaited_amount", 800)
		self.assertEqual(self.amounts(), (4_200, 0, 5_000))
		frappe.db.set_value("Sales Invoice", other.name, "b2b_planned_amount", 3_000)
		self.assertEqual(self.amounts(), (1_200, 0, 5_000))
		frappe.db.set_value("Payment Slip", slip.name, "value_date", add_days(nowdate(), -1))
		self.assertEqual(self.amounts(), (2_000, 0, 5_000))

	def test_a_plan_that_waits_for_its_first_instalment(self):
		invoice = self.owes(2_000, 20)
		self.owes(3_000, 25)
		plan = make.make_plan((invoice, 1_500))
		self.assertEqual(self.amounts(), (3_500, 0, 5_000))
		plans.end(plan.name, "Missed, for a test.")
		self.assertEqual(self.amounts(), (5_000, 0, 5_000))

	def test_instalments_and_what_is_not_late(self):
		halves = [
			{"due_date": add_days(nowdate(), days), "invoice_portion": 50, "payment_amount": 500}
			for days in (-10, 20)
		]
		with make.policy_off():
			invoice = make.make_invoice(
				self.customer,
				1_000,
				posting_date=add_days(nowdate(), -40),
				due_date=halves[1]["due_date"],
				payment_schedule=halves,
			)
		self.assertEqual(self.amounts(), (500, 0, 500))
		make.make_payment(invoice, amount=200)
		self.assertEqual(self.amounts(), (300, 0, 300))
		with as_user("controller"):
			make.make_dispute((invoice.reload(), 350))
		self.assertEqual(self.amounts(), (0, 300, 300))

	def test_another_currency(self):
		company = ensure_second_company()
		with make.policy_off(company):
			foreign, _own = (
				make.make_invoice(
					self.customer,
					amount,
					company=company,
					posting_date=add_days(nowdate(), -40),
					due_date=add_days(nowdate(), -days),
				)
				for amount, days in ((100, 10), (1_000, 5))
			)
		in_euro = {"party_account_currency": "EUR", "currency": "EUR", "conversion_rate": 11}
		frappe.db.set_value("Sales Invoice", foreign.name, in_euro)
		self.assert_agrees([self.name], company)
		self.assertEqual(row_of(self.name, company=SECOND_COMPANY)["chased"], 2_100)

	def test_whom_dunning_leaves_alone(self):
		invoice, other = self.owes(2_000, 20), self.owes(500, 5)
		exclusion = {
			"doctype": "Dunning Exclusion",
			"customer": self.name,
			"valid_from": nowdate(),
			"valid_until": add_days(nowdate(), 9),
			"reason": "Talks about the whole account",
		}
		one = frappe.get_doc({**exclusion, "sales_invoice": invoice.name}).insert()
		self.assertEqual(self.amounts(), (500, 0, 2_500))
		frappe.get_doc(exclusion).insert()
		self.assertEqual(self.amounts(), (0, 0, 2_500))
		self.assertEqual(action_of(self.name), ("Nothing", None))
		self.assertIn("Talks about", row_of(self.name)["action"]["reason"])
		frappe.db.set_value("Dunning Exclusion", {"customer": self.name}, "ended_by", "Administrator")
		self.assertEqual(self.amounts(), (2_500, 0, 2_500))
		self.assertEqual(one.sales_invoice, invoice.name)
		frappe.get_doc(
			{
				"doctype": "Insolvency Case",
				"customer": self.name,
				"insolvent_on": nowdate(),
				"kind": "Bankruptcy",
				"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
			}
		).insert()
		self.assertEqual(self.amounts(), (0, 0, 2_500))
		self.assertEqual(action_of(self.name), ("Nothing", None))
		self.assertEqual(other.docstatus, 1)

	def test_a_collection_case(self):
		from b2b_contracts import collection_cases_api

		invoice = self.owes(2_000, 60)
		self.owes(500, 10)
		with as_user("collector"):
			collection_cases_api.propose_case(self.name, COMPANY, "Nobody answers.", [invoice.name])
		self.assertEqual(self.amounts(), (500, 0, 2_500))

	def test_payment_days_of_the_customer(self):
		self.owes(1_000, 3)
		self.owes(2_000, 33)
		today = getdate()
		# Whoever pays on one day of the month is not late before it, whatever the terms say.
		for day in (today.day, (today + timedelta(days=1)).day, (today - timedelta(days=2)).day):
			frappe.db.set_value("Customer", self.name, "b2b_payment_days", str(day))
			self.assert_agrees([self.name])
		frappe.db.set_value("Customer", self.name, "b2b_payment_days", str((today - timedelta(days=2)).day))
		self.assertEqual(row_of(self.name)["chased"], 3_000)
		frappe.db.set_value("Customer", self.name, "b2b_payment_days", str(today.day))
		self.assertEqual(row_of(self.name)["chased"], 2_000)

	def test_payment_days_that_are_none_are_not_entered(self):
		self.customer.reload()
		self.customer.b2b_payment_days = "1, 32"
		with self.assertRaisesRegex(DunningError, "“32”"):
			self.customer.save()
		self.customer.reload()
		self.customer.b2b_payment_days = "1, 31"
		self.customer.save()

	def test_whatever_comes_together(self):
		template = self.owes(1_000, 20)
		customers = [Scrambled(number, self.customer, template) for number in range(40)]
		self.assert_agrees([scrambled.name for scrambled in customers])
		weights = worklist.weights()
		names = {scrambled.name for scrambled in customers}
		page = worklist_ranking.page(Filters(COMPANY, names=names), getdate(), weights)
		alone = {
			row.customer: row.value
			for name in names
			for row in worklist_ranking.page(Filters(COMPANY, names=[name]), getdate(), weights).rows
		}
		# Together they are what each is alone, the most urgent first.
		self.assertEqual({row.customer: row.value for row in page.rows}, alone)
		self.assertEqual([row.value for row in page.rows], sorted(alone.values(), reverse=True))
		self.assertGreater(len({row.value for row in page.rows}), 20)


class Scrambled:
	"""A customer with invoices, credits, promises and payment days drawn by a number, written past every check: what is
	compared are two readings of the same rows."""

	def __init__(self, number: int, customer, template):
		self.draw = random.Random(number)
		doc = frappe.copy_doc(customer)
		doc.name = self.name = f"B2B Scrambled {number} {frappe.generate_hash(length=6)}"
		doc.b2b_payment_days = self.draw.choice(("", "", "", "15", "1, 20", "31"))
		doc.db_insert()
		invoices = [self.invoice(template) for _n in range(self.draw.randint(1, 6))]
		for _n in range(self.draw.randint(0, 2)):
			self.credit()
		for _n in range(self.draw.randint(0, 3)):
			self.promised(self.draw.choice([None, *invoices]))
		if self.draw.random() < 0.3:
			self.excluded(self.draw.choice(invoices))

	def amount(self, most: float = 1000) -> float:
		return flt(self.draw.uniform(1, most), 2)

	def invoice(self, template) -> str:
		doc = frappe.copy_doc(template)
		doc.name = f"SCR-{frappe.generate_hash(length=10)}"
		doc.docstatus, doc.customer = 1, self.name
		doc.outstanding_amount = self.amount()
		if self.draw.random() < 0.15:
			doc.outstanding_amount *= -1
		for field in ("b2b_disputed_amount", "b2b_planned_amount"):
			doc.set(field, self.amount(600) if self.draw.random() < 0.3 else 0)
		rows = sorted(self.draw.sample(range(-60, 30), self.draw.choice((0, 1, 1, 2, 3))))
		doc.due_date = add_days(nowdate(), rows[-1] if rows else self.draw.randint(-60, 30))
		doc.db_insert()
		for number, days in enumerate(rows, 1):
			schedule, amount = frappe.copy_doc(template.payment_schedule[0]), self.amount(500)
			schedule.update(
				{
					"name": frappe.generate_hash(length=10),
					"parent": doc.name,
					"idx": number,
					"due_date": add_days(nowdate(), days),
					"payment_amount": amount,
					"base_payment_amount": amount,
				}
			)
			schedule.db_insert()
		return doc.name

	def credit(self) -> None:
		name = f"SCR-{frappe.generate_hash(length=10)}"
		frappe.get_doc(
			{
				"doctype": "Payment Ledger Entry",
				"name": name,
				"company": COMPANY,
				"party_type": "Customer",
				"party": self.name,
				"voucher_type": "Payment Entry",
				"voucher_no": name,
				"against_voucher_type": "Payment Entry",
				"against_voucher_no": name,
				"account_currency": "DKK",
				"amount_in_account_currency": self.draw.choice((-1, -1, 1)) * self.amount(700),
				"delinked": int(self.draw.random() < 0.1),
			}
		).db_insert()

	def promised(self, invoice: str | None) -> None:
		frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"name": f"SCR-{frappe.generate_hash(length=10)}",
				"customer": self.name,
				"company": COMPANY,
				"currency": "DKK",
				"sales_invoice": invoice,
				"status": self.draw.choice(("Open", "Open", "Broken", "Kept")),
				"amount": self.amount(400),
				"paid_amount": self.draw.choice((0, 50)),
				"promised_date": add_days(nowdate(), self.draw.randint(-20, 20)),
			}
		).db_insert()

	def excluded(self, invoice: str) -> None:
		frappe.get_doc(
			{
				"doctype": "Dunning Exclusion",
				"name": f"SCR-{frappe.generate_hash(length=10)}",
				"customer": self.name,
				"sales_invoice": invoice,
				"reason": "Drawn",
				"valid_from": add_days(nowdate(), -2),
				"valid_until": add_days(nowdate(), 2),
			}
		).db_insert()


class TestNextAction(WorklistTestCase):
	def test_a_promise_that_was_broken_is_called_about_until_somebody_has(self):
		self.owes(1_000, 20)
		self.breaks(self.promise(400))
		row = row_of(self.name)
		self.assertEqual((row["action"]["kind"], row["action"]["day"]), ("Call", nowdate()))
		self.assertIn("400.00", row["action"]["reason"])
		factor = next(factor for factor in row["factors"] if factor["name"] == "Broken Promises")
		self.assertEqual(factor["value"], 1.5)
		self.log("Not Reached")
		self.assertEqual(action_of(self.name), ("Wait", add_days(nowdate(), 1)))
		self.assertEqual(row_of(self.name)["last_contact"]["outcome"], "Not Reached")

	def test_a_broken_promise_about_an_invoice_that_is_paid_by_now(self):
		invoice = self.owes(1_000, 20)
		self.owes(500, 10)
		self.breaks(self.promise(400, sales_invoice=invoice.name))
		self.assertIn("did not come", row_of(self.name)["action"]["reason"])
		make.make_payment(invoice.reload())
		self.assertNotIn("did not come", row_of(self.name)["action"]["reason"])

	def test_a_call_with_a_promise_makes_the_promise_and_waits_for_it(self):
		invoice = self.owes(1_000, 20)
		until = add_days(nowdate(), 4)
		made = self.log("Promise", spoken_with="Anna", values={"promised_date": until})
		self.assertEqual((made["status"], made["result_doctype"]), ("Done", "Promise to Pay"))
		promise = frappe.get_doc("Promise to Pay", made["result_name"])
		self.assertEqual((promise.amount, promise.sales_invoice), (1_000, invoice.name))
		self.assertEqual(action_of(self.name), ("Wait", until))
		self.assertEqual(row_of(self.name)["chased"], 0)
		# Another call on the same day is a task of its own.
		again = self.log("Says It Is Paid")
		self.assertNotEqual(again["name"], made["name"])

	def test_a_task_that_is_due_is_done_in_the_task(self):
		self.owes(1_000, 20)
		with as_user("collector"):
			task = frappe.get_doc(
				{
					"doctype": "Collection Task",
					"kind": "Phone Call",
					"customer": self.name,
					"company": COMPANY,
				}
			).insert()
		row = row_of(self.name)
		self.assertEqual((row["action"]["kind"], row["action"]["task"]), ("Call", task.name))
		self.assertEqual([found["name"] for found in row["tasks"]], [task.name])
		self.assertEqual(self.log("Refuses", task=task.name)["name"], task.name)
		self.assertEqual(task.reload().status, "Done")
		other = make.make_customer()
		with as_user("collector"), self.assertRaises(frappe.PermissionError):
			api.log_contact(other.name, COMPANY, "Refuses", task=task.name)

	def test_a_dispute_that_nobody_has_answered(self):
		invoice = self.owes(1_000, 20)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, None))
		frappe.db.set_value("Dispute", dispute.name, "opened_on", add_days(nowdate(), -28))
		row = row_of(self.name)
		self.assertEqual((row["action"]["kind"], row["chased"]), ("Answer Dispute", 0))
		# 250 of 1,000 count, 20 days late, for a dispute of two steps.
		self.assertEqual(row["priority"], round(0.25 * (1 + 20 / 30) * 1.5, 1))
		frappe.db.set_value("Dispute", dispute.name, "first_response_on", nowdate())
		self.assertEqual(action_of(self.name), ("Wait", None))

	def test_an_instalment_that_was_missed(self):
		invoice = self.owes(3_000, 20)
		plan = make.make_plan((invoice, 2_000))
		frappe.db.set_value("Payment Plan", plan.name, "status", "Active")
		row = plan.instalments[0]
		yesterday = {"status": "Missed", "due_date": add_days(nowdate(), -1)}
		frappe.db.set_value("Payment Plan Instalment", row.name, yesterday)
		self.assertEqual(action_of(self.name), ("Call", nowdate()))
		self.assertIn("instalment", row_of(self.name)["action"]["reason"])

	def test_credits_that_cover_everything_are_set_off_first(self):
		self.owes(1_000, 20)
		make.make_payment(customer=self.customer, amount=1_500)
		self.assertEqual(action_of(self.name)[0], "Set off Credits")
		self.assertIn("1,000.00", row_of(self.name)["action"]["reason"])

	def test_who_has_no_address(self):
		flow = frappe.get_doc(
			{
				"doctype": "Dunning Flow",
				"flow_name": f"Worklist {frappe.generate_hash(length=6)}",
				"scopes": [{"customer": self.name}],
				"steps": [{"step_code": "Call", "day": 60, "channel": "Phone Call"}],
			}
		)
		template = frappe.get_all("Dunning Template", pluck="name", limit=1)[0]
		flow.append("steps", {"step_code": "Mail", "day": 3, "channel": "E-mail", "template": template})
		flow.insert()
		self.owes(1_000, 20)
		self.assertEqual(action_of(self.name), ("Find Address", nowdate()))
		make.make_contact(self.customer, "Anna", [{"role": "Accounts Payable"}])
		self.assertEqual(action_of(self.name), ("Reminder", nowdate()))
		frappe.db.set_value("Dunning Flow Step", {"parent": flow.name, "step_code": "Mail"}, "day", 25)
		self.assertEqual(action_of(self.name), ("Wait", add_days(nowdate(), 5)))
		self.assertIn("Mail", row_of(self.name)["action"]["reason"])

	def test_a_task_about_a_customer_who_owes_nothing_overdue_is_on_the_list(self):
		self.assertEqual(listed(self.name), [])
		with make.policy_off():
			make.make_invoice(self.customer, 1_000, due_date=add_days(nowdate(), 5))
		self.assertEqual(listed(self.name), [])
		with as_user("collector"):
			frappe.get_doc(
				{
					"doctype": "Collection Task",
					"kind": "Phone Call",
					"customer": self.name,
					"company": COMPANY,
				}
			).insert()
		self.assertEqual(action_of(self.name), ("Call", nowdate()))


class TestList(WorklistTestCase):
	def test_filters(self):
		self.owes(1_000, 20)
		self.customer.db_set("b2b_collector", email_of("collector"))
		for fits, filters in (
			(True, {"collector": email_of("collector")}),
			(False, {"collector": email_of("controller")}),
			(False, {"collector": "-"}),
			(True, {"segment": "C", "risk_class": "B"}),
			(False, {"risk_class": "A"}),
			(True, {"least_amount": 1000, "least_days": 20}),
			(False, {"least_amount": 1001}),
			(False, {"least_days": 21}),
			(True, {"situation": "Can Be Asked For"}),
			*((False, {"situation": s}) for s in worklist_ranking.SITUATIONS[1:]),
		):
			with self.subTest(filters):
				self.assertEqual(bool(listed(self.name, **filters)), fits)
		self.breaks(self.promise(100))
		self.assertTrue(listed(self.name, situation="Broken Promise"))
		self.assertEqual(listed("100%"), [])
		self.assertEqual(listed("B2B_Customer"), [])

	def test_as_many_queries_for_many_as_for_one(self):
		self.owes(1_000, 20)
		customers = [self.name]
		for number in range(4):
			doc = make.make_customer()
			make.make_profile(doc, manual_limit=1_000_000)
			with make.policy_off():
				invoices = [make.make_overdue_invoice(doc, 500, 10 + number) for _n in range(2)]
			make.make_payment(customer=doc, amount=100)
			with as_user("controller"):
				make.make_dispute((invoices[0], 100))
			customers.append(doc.name)

		word = frappe.generate_hash(length=8)
		for number, name in enumerate(customers):
			values = {"customer_name": f"{word} {number}", "b2b_collector": email_of("collector")}
			frappe.db.set_value("Customer", name, values)

		def queries(search: str, number: int) -> list[str]:
			api.entries(COMPANY, {"search": search})
			with counted() as asked:
				self.assertEqual(len(api.entries(COMPANY, {"search": search})["rows"]), number)
			return asked

		one, many = queries(f"{word} 0", 1), queries(word, len(customers))
		self.assertEqual(len(one), len(many), "\n".join(q[:200] for q in many if q not in one))
		self.assertLess(len(many), 70)

	def test_pages(self):
		template = self.owes(1_000, 20)
		names = {Scrambled(number, self.customer, template).name for number in range(100, 112)}
		weights = worklist.weights()
		whole = worklist_ranking.page(Filters(COMPANY, names=names), getdate(), weights)
		pages = [
			worklist_ranking.page(Filters(COMPANY, names=names), getdate(), weights, start, 5).rows
			for start in (0, 5, 10)
		]
		self.assertEqual(tuple(row for page in pages for row in page), whole.rows)

	def test_the_formula_is_shown_and_settable(self):
		self.owes(10_000, 30)
		row = row_of(self.name)
		self.assertEqual([factor["value"] for factor in row["factors"]], [10, 2, 1, 1, 1])
		self.assertEqual(row["priority"], 20)
		self.assertIn("10,000.00", row["factors"][0]["text"])
		with as_user("credit_manager"):
			settings = frappe.get_doc("Worklist Settings")
			settings.age_weight, settings.risk_medium = 2, 1.5
			settings.save()
		self.assertEqual(row_of(self.name)["priority"], 45)
		settings.amount_unit = 0
		with as_user("credit_manager"), self.assertRaises(WorklistError):
			settings.save()
		with as_user("collector"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc("Worklist Settings").save()


class TestWhoSeesWhom(WorklistTestCase):
	def test_sellers_see_their_own_and_log_nothing(self):
		self.owes(1_000, 20)
		theirs = make.make_customer(account_manager="seller2")
		with make.policy_off():
			make.make_overdue_invoice(theirs, 1_000, 20)
		self.assertEqual(len(listed(self.name, user="seller1")), 1)
		self.assertEqual(listed(theirs.name, user="seller1"), [])
		self.assertEqual(len(listed(theirs.name, user="seller2")), 1)
		with as_user("seller1"):
			self.assertEqual(api.options(COMPANY)["collectors"], [])
			self.assertFalse(api.options(COMPANY)["may"]["log"])
			self.assertTrue(api.customer(self.name, COMPANY)["script"])
			with self.assertRaises(frappe.PermissionError):
				api.customer(theirs.name, COMPANY)
			with self.assertRaises(frappe.PermissionError):
				api.log_contact(self.name, COMPANY, "Refuses")
		self.assertFalse(frappe.db.exists("Collection Task", {"customer": self.name}))

	def test_roles(self):
		self.owes(1_000, 20)
		for user in ("collector", "controller", "credit_manager", "finance_director", "cfo"):
			self.assertEqual(len(listed(self.name, user=user)), 1, user)
		for user in ("stock_user", "contract_manager", "compliance_officer"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.entries(COMPANY)

	def test_user_permissions(self):
		self.owes(1_000, 20)
		other = make.make_customer()
		user = make.make_user("Collector", "Accounts User")
		self.assertEqual(len(listed(self.name, user=user)), 1)
		frappe.permissions.add_user_permission("Customer", other.name, user)
		self.assertEqual(listed(self.name, user=user), [])
		with as_user(user), self.assertRaises(frappe.PermissionError):
			api.customer(self.name, COMPANY)
		second = make.make_user("Collector", "Accounts User")
		frappe.permissions.add_user_permission("Company", ensure_second_company(), second)
		with as_user(second), self.assertRaises(frappe.PermissionError):
			api.entries(COMPANY)


class TestSavedFilters(WorklistTestCase):
	def test_each_user_has_their_own(self):
		with as_user("collector"):
			api.save_filter("Mine", {"collector": email_of("collector"), "unknown": 1, "least_days": 0})
			saved = api.save_filter("Urgent", {"situation": "Broken Promise"}, 1)
			self.assertEqual(
				saved,
				[
					{"name": "Mine", "filters": {"collector": email_of("collector")}, "is_default": False},
					{"name": "Urgent", "filters": {"situation": "Broken Promise"}, "is_default": True},
				],
			)
			saved = api.save_filter("Mine", {"risk_class": "C"}, 1)
			self.assertEqual([f["is_default"] for f in saved], [True, False])
			self.assertEqual(api.options(COMPANY)["saved"], saved)
		with as_user("controller"):
			self.assertEqual(api.options(COMPANY)["saved"], [])
			with self.assertRaises(WorklistError):
				api.remove_filter("Mine")
			with self.assertRaises(frappe.PermissionError):
				frappe.get_list("Worklist Filter")
		with as_user("collector"):
			self.assertEqual(len(api.remove_filter("Mine")), 1)
			for name in ("", "x" * 61):
				with self.assertRaises(WorklistError):
					api.save_filter(name, {})
			with self.assertRaises(WorklistError):
				api.save_filter("Odd", {"collector": {"x": 1}})


class TestScripts(WorklistTestCase):
	def script(self, situation, language, lines):
		name = f"{situation} · {language}"
		if frappe.db.exists("Call Script", name):
			frappe.delete_doc("Call Script", name)
		return frappe.get_doc(
			{"doctype": "Call Script", "situation": situation, "language": language, "lines": lines}
		).insert()

	def test_in_the_customers_language_with_their_figures(self):
		self.owes(1_000, 20)
		self.script(
			"Overdue",
			"da",
			"I skylder {{ amount }}.\nI lovede {{promised_amount}}.\n\nFarvel {{ customer_name }}",
		)
		self.customer.db_set("language", "da")
		with as_user("collector"):
			found = api.customer(self.name, COMPANY)
		self.assertEqual(found["situation"], "Overdue")
		self.assertRegex(found["script"][0], r"^I skylder .*1[.,]000[.,]00")
		self.assertEqual(found["script"][1:], [f"Farvel {self.customer.customer_name}"])

	def test_another_language_falls_back(self):
		self.script("Overdue", "en", "You owe {{ amount }}.")
		for language in ("fr", "en-GB", None):
			with self.subTest(language):
				lines = call_scripts.lines_for("Overdue", language, {"amount": "5"})
				self.assertEqual(lines, ["You owe 5."])
		self.script("Overdue", "nb", "Dere skylder {{ amount }}.")
		self.assertEqual(call_scripts.lines_for("Overdue", "no", {"amount": "5"}), ["Dere skylder 5."])

	def test_what_a_script_may_not_name(self):
		with self.assertRaises(WorklistError):
			self.script("Overdue", "en", "{{ frappe.db.sql('x') }}")
		self.assertEqual(
			set(worklist_details.placeholders(worklist.entry(COMPANY, self.name), COMPANY)),
			call_scripts.PLACEHOLDERS,
		)

	def test_without_a_script_there_is_what_every_call_says(self):
		self.owes(1_000, 20)
		frappe.db.delete("Call Script")
		with as_user("collector"):
			self.assertTrue(any("1,000.00" in line for line in api.customer(self.name, COMPANY)["script"]))

	def test_a_new_site_has_each_situation_in_each_language(self):
		from b2b_contracts.standard_scripts import SCRIPTS

		found = {(script["situation"], script["language"]) for script in SCRIPTS}
		self.assertEqual(
			found, {(s, language) for s in call_scripts.SITUATIONS for language in ("en", "da", "nb", "sv")}
		)

	def test_history(self):
		invoice = self.owes(1_000, 20)
		make.make_payment(invoice, amount=100)
		self.log("Promise", values={"promised_date": add_days(nowdate(), 4)})
		with as_user("controller"):
			from b2b_contracts import api as credit_api

			credit_api.force_hold(self.name, COMPANY, "Does not pay")
		with as_user("collector"):
			history = api.customer(self.name, COMPANY)["history"]
		self.assertEqual(
			{event["doctype"] for event in history},
			{"Payment Entry", "Collection Task", "Promise to Pay", "Credit Hold"},
		)
