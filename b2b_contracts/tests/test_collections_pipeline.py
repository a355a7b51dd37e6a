"""Collections Pipeline: what is owed is what the ledger says, every line comes to it, cash is expected as it was agreed or as the
customer pays, and the provision matrix is the rates times what is not secured."""

from datetime import date, timedelta
from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.collections import following, worklist, worklist_wording
from b2b_contracts.exceptions import ReportSettingsError
from b2b_contracts.tests import books, ledger
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of

REPORT = "Collections Pipeline"
VIEWS = ("By Customer", "By Document", "By Collector")
PARTS = (
	*(f"week_{number}" for number in range(13)),
	*("later", "disputed", "not_expected", "credits", "unexplained"),
)


def cents(value) -> int:
	return round((value or 0) * 100)


def found(user: str = "cfo", company: str = COMPANY, **filters) -> dict:
	with as_user(user):
		filters = {"company": company, **filters}
		return query_report.run(REPORT, filters=filters, ignore_prepared_report=True)


def rows(user: str = "cfo", **filters) -> list[dict]:
	return [row for row in found(user, **filters)["result"] if isinstance(row, dict)]


def card(result: dict, label: str) -> float:
	return next(one["value"] for one in result["report_summary"] if one["label"] == label)


def monday(day: date | str) -> date:
	return getdate(day) - timedelta(days=getdate(day).weekday())


def week_of(day: date | str) -> int:
	"""Return in which week from this one a day is."""
	return (monday(day) - monday(nowdate())).days // 7


class PipelineTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(account_manager="seller1", b2b_collector=email_of("collector"))
		make.make_profile(self.customer, manual_limit=10_000_000)

	def owes(self, amount: float = 1_000, days: int = 20, **fields):
		"""An invoice that has been due for so many days; negative: it will be."""
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days, **fields)

	def paid(self, amount: float, late: int, ago: int = 60) -> None:
		"""An invoice that was due some time ago and paid so many days late."""
		invoice = self.owes(amount, ago)
		make.make_payment(invoice, posting_date=add_days(nowdate(), late - ago))

	def row(self, **filters) -> dict:
		(row,) = rows(customer=self.customer.name, **filters)
		self.assertEqual(sum(cents(row.get(part)) for part in PARTS), cents(row["owed"]))
		return row

	def weeks(self, row: dict) -> dict[int, float]:
		return {number: row[f"week_{number}"] for number in range(13) if row[f"week_{number}"]}


class TestTotals(PipelineTestCase):
	def test_whatever_the_book_every_line_adds_up_and_all_of_them_to_the_ledger(self):
		book = books.make_book(seed=7, events=30)
		for company in book.companies:
			frappe.db.set_value(
				"Customer", book.customers[company][1], "b2b_collector", email_of("collector")
			)
			balance = ledger.balance(company, nowdate())
			self.assertTrue(balance)
			for view in VIEWS:
				result = found(company=company, view=view)
				lines = [row for row in result["result"] if isinstance(row, dict)]
				with self.subTest(company=company, view=view):
					for row in lines:
						self.assertEqual(sum(cents(row.get(part)) for part in PARTS), cents(row["owed"]), row)
					self.assertEqual(sum(cents(row["owed"]) for row in lines), cents(balance))
					self.assertEqual(cents(card(result, "Owed")), cents(balance))
			by_customer = {
				row["customer"]: cents(row["owed"]) for row in rows(company=company, view="By Customer")
			}
			owed = {name: cents(amount) for name, amount in ledger.balances(company, nowdate()).items()}
			self.assertEqual(
				{name: amount for name, amount in by_customer.items() if amount},
				{name: amount for name, amount in owed.items() if amount},
			)
			with as_user("cfo"):
				filters = {"company": [company]}
				ageing = query_report.run("B2B Receivables Ageing", filters, ignore_prepared_report=True)
			overdue = cents(card(found(company=company), "Overdue"))
			self.assertEqual(overdue, cents(card(ageing, "Overdue")), company)
			weeks = rows(company=company, view="By Week")
			self.assertEqual(cents(weeks[-1]["amount"]), cents(balance))
			self.assertEqual(sum(cents(row["amount"]) for row in weeks[:-1]), cents(balance))
			self.assertEqual(
				cents(rows(company=company, view="Provision Matrix")[-1]["owed"]), cents(balance)
			)

	def test_nothing_is_owed(self):
		self.assertEqual(rows(customer=make.make_customer().name), [])
		for view in (*VIEWS, "By Week", "Provision Matrix"):
			result = found(customer=make.make_customer().name, view=view)
			self.assertEqual((result["result"], result["chart"]), ([], None), view)


class TestExpected(PipelineTestCase):
	def test_as_late_as_the_customer_has_paid(self):
		for amount, late in ((500, 0), (300, -2), (200, 10)):
			self.paid(amount, late)
		invoice = self.owes(101, -10)
		row = self.row()
		# 800 on time, 200 in the second week after the due date: eleven days late is the middle of it.
		due = getdate(invoice.due_date)
		by_week = {week_of(due): 80.80, week_of(add_days(due, 11)): 20.20}
		self.assertEqual(self.weeks(row), by_week)
		self.assertEqual((row["on_time"], row["days_late"]), (80, 2.2))
		self.assertEqual(row["behaviour"], "Own, 3 payments")
		self.assertEqual(row["not_expected"], 0)

	def test_what_is_later_than_ever_is_not_expected_where_nobody_paid_so_late(self):
		for _one in range(3):
			self.paid(500, 0)
		self.owes(100, 300)
		# Whom a User Permission leaves this customer alone knows of no other that has paid later.
		user = make.make_user("CFO", "Accounts Manager")
		permission = {"doctype": "User Permission", "user": user, "allow": "Customer"}
		frappe.get_doc({**permission, "for_value": self.customer.name}).insert()
		(row,) = rows(user)
		self.assertEqual((row["owed"], row["not_expected"]), (100, 100))
		(line,) = [line for line in rows(user, view="By Week") if "Later than" in line["week"]]
		self.assertEqual(line["amount"], 100)

	def test_a_plan_by_its_instalments(self):
		invoice = self.owes(900, 30)
		plan = make.make_plan((invoice, None), first_instalment_date=add_days(nowdate(), 1))
		row = self.row()
		by_week: dict[int, float] = {}
		for instalment in plan.instalments:
			week = week_of(instalment.due_date)
			by_week[week] = by_week.get(week, 0) + instalment.amount
		self.assertEqual(self.weeks(row), by_week)
		self.assertEqual(row["payment_plan"], plan.name)
		make.make_payment(invoice.reload(), amount=plan.instalments[0].amount)
		following.catch_up(self.customer.name, COMPANY)
		row = self.row()
		self.assertEqual((row["owed"], row["next_instalment"]), (600, getdate(plan.instalments[1].due_date)))
		self.assertNotIn(week_of(plan.instalments[0].due_date), set(self.weeks(row)) - {0})

	def test_promises_and_a_slip_on_their_days(self):
		invoice, other = self.owes(700, 30), self.owes(400, 10)
		named = self.promise(300, 20, sales_invoice=invoice.name)
		self.promise(250, 9)
		slip = frappe.get_doc(
			{
				"doctype": "Payment Slip",
				"customer": self.customer.name,
				"company": COMPANY,
				"amount": 400,
				"value_date": add_days(nowdate(), 3),
				"slip_file": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				"invoices": [{"sales_invoice": other.name, "amount": 400}],
			}
		).insert()
		frappe.db.set_value("Payment Slip", slip.name, "status", "Accepted")
		frappe.db.set_value("Payment Slip Invoice", {"parent": slip.name}, "awaited_amount", 400)
		lines = {row["week"]: row for row in rows(customer=self.customer.name, view="By Week")}
		by_week = [row for row in lines.values() if row.get("monday")]
		self.assertEqual(by_week[week_of(add_days(nowdate(), 3))]["by_slip"], 400)
		promised = [row["by_promise"] for row in by_week]
		self.assertEqual(promised[week_of(add_days(nowdate(), 9))], 250)
		self.assertEqual(promised[week_of(add_days(nowdate(), 20))], 300)
		chart = found(customer=self.customer.name)["chart"]["data"]["datasets"]
		self.assertEqual(
			{one["name"]: sum(one["values"]) for one in chart},
			{
				"Instalments": 0,
				"Promises": 550,
				"Announced": 400,
				"Payment behaviour": sum(row["by_behaviour"] for row in by_week),
			},
		)
		row = self.row()
		self.assertEqual(row["promised_until"], getdate(add_days(nowdate(), 9)))
		documents = {r["document"]: r for r in rows(customer=self.customer.name, view="By Document")}
		self.assertEqual(documents[invoice.name]["promise"], named.name)
		self.assertEqual(documents[other.name]["next_day"], getdate(add_days(nowdate(), 3)))

	def promise(self, amount: float, days: int, **fields):
		return frappe.get_doc(
			{
				"doctype": "Promise to Pay",
				"customer": self.customer.name,
				"company": COMPANY,
				"amount": amount,
				"promised_date": add_days(nowdate(), days),
				**fields,
			}
		).insert()

	def test_what_is_disputed_is_apart(self):
		for _one in range(3):
			self.paid(500, 0)
		invoice = self.owes(1_000, -3)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, 350))
		row = self.row()
		self.assertEqual((row["disputed"], row["dispute"]), (350, dispute.name))
		self.assertEqual(self.weeks(row), {week_of(invoice.due_date): 650})

	def test_credits_are_taken_off_and_an_advance_covers_nothing(self):
		self.owes(1_000, 5)
		make.make_payment(customer=self.customer, amount=300)
		with make.policy_off():
			make.make_payment(make.make_order(self.customer, 5_000), amount=120)
		row = self.row()
		self.assertEqual((row["owed"], row["overdue"], row["credits"]), (580, 1_000, -120))
		self.assertEqual(sum(self.weeks(row).values()) + row["later"] + row["not_expected"], 700)

	def test_who_is_insolvent_is_not_expected_to_pay(self):
		self.owes(1_000, 5)
		with as_user("controller"):
			frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": self.customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": nowdate(),
					"case_number": "K 12/2026",
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				}
			).insert()
		row = self.row()
		self.assertEqual((row["not_expected"], self.weeks(row)), (1_000, {}))
		matrix = {r["bucket"]: r for r in rows(customer=self.customer.name, view="Provision Matrix")}
		self.assertEqual(matrix["Insolvent customers"]["provision"], 1_000)


class TestChased(PipelineTestCase):
	def test_step_notice_and_next_action_as_the_worklist_has_them(self):
		invoice = self.owes(2_000, 25)
		notice = make.make_letter_notice(invoice.reload(), days_ago=9)
		frappe.db.set_value("Dunning Notice", notice.name, "status", "Sent")
		row = self.row()
		self.assertEqual((row["notice"], row["step_on"]), (notice.name, getdate(add_days(nowdate(), -9))))
		self.assertTrue(row["step"])
		entry = worklist.entry(COMPANY, self.customer.name)
		self.assertEqual(row["action"], worklist_wording.action_label(entry.action))
		self.assertEqual(row["action_on"], entry.action.day)
		self.assertEqual(row["why"], worklist_wording.action_reason(entry, "DKK"))
		(document,) = rows(customer=self.customer.name, view="By Document")
		self.assertEqual((document["document"], document["notice"]), (invoice.name, notice.name))

	def test_the_documents_of_a_week(self):
		for _one in range(3):
			self.paid(500, 0)
		with make.policy_off():
			soon, later = (
				make.make_invoice(self.customer, amount, due_date=add_days(nowdate(), days))
				for amount, days in ((100, 3), (200, 40))
			)
		for invoice in (soon, later):
			(row,) = rows(customer=self.customer.name, view="By Document", week=invoice.due_date)
			self.assertEqual(row["document"], invoice.name)

	def test_by_collector(self):
		self.owes(100, 5)
		nobody = make.make_customer()
		with make.policy_off():
			make.make_overdue_invoice(nobody, 40, 5)
		by_name = {row["collector_user"]: row for row in rows(view="By Collector")}
		mine = rows(view="By Collector", collector=email_of("collector"))
		self.assertEqual([row["owed"] for row in mine], [by_name[email_of("collector")]["owed"]])
		self.assertEqual(by_name[""]["collector"], "No collector")
		self.assertEqual(
			[row["customer"] for row in rows(view="By Customer", collector="nobody@example.com")], []
		)

	def test_a_seller_sees_the_own_portfolio_alone(self):
		self.owes(100, 5)
		other = make.make_customer(account_manager="seller2")
		with make.policy_off():
			make.make_overdue_invoice(other, 40, 5)
		self.assertIn(self.customer.name, [row["customer"] for row in rows("seller1")])
		self.assertNotIn(other.name, [row["customer"] for row in rows("seller1")])
		self.assertEqual(
			cents(card(found("seller1"), "Owed")), sum(cents(row["owed"]) for row in rows("seller1"))
		)
		with self.assertRaises(frappe.PermissionError):
			rows("seller1", customer=other.name)


class TestProvisions(PipelineTestCase):
	def test_the_rates_times_what_is_not_secured(self):
		for amount, days in ((1_000, -5), (400, 10), (300, 45), (200, 75), (100, 95)):
			self.owes(amount, days)
		make.make_security(self.customer, 250)
		make.make_payment(customer=self.customer, amount=60)
		lines = rows(customer=self.customer.name, view="Provision Matrix")
		self.assertEqual([row["owed"] for row in lines], [1_000, 400, 300, 200, 100, 0, -60, 1_940])
		self.assertEqual([row["rate"] for row in lines[:6]], [0.5, 2, 10, 25, 50, 100])
		secured = sum(cents(row["secured"]) for row in lines[:5])
		self.assertEqual(secured, 25_000)
		for row in lines[:6]:
			base = Decimal(cents(row["owed"]) - cents(row["secured"])) / 100
			self.assertEqual(cents(row["provision"]), round(base * Decimal(str(row["rate"]))), row)
		total = lines[-1]
		self.assertEqual(cents(total["provision"]), sum(cents(row["provision"]) for row in lines[:6]))

	def test_rates_that_do_not_fit_are_refused(self):
		for rates in ("1, 2", "1, 2, 3, 2, 9", "1, 2, 3, 4, much", "1, 2, 3, 4, 500"):
			settings = frappe.get_doc("Report Settings")
			settings.provision_rates = rates
			with self.subTest(rates), self.assertRaises(ReportSettingsError):
				settings.save()
		settings = frappe.get_doc("Report Settings")
		settings.update({"provision_rates": "0, 1, 5, 20, 60", "provision_insolvent": 80})
		settings.save()
		self.owes(100, 45)
		lines = rows(customer=self.customer.name, view="Provision Matrix")
		self.assertEqual([row["rate"] for row in lines[:6]], [0, 1, 5, 20, 60, 80])
		self.assertEqual(lines[-1]["provision"], 5)
