"""Payment Plans and Promises: what comes next, what was kept, counted row by row."""

from datetime import date

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.collections import following, plans, promises
from b2b_contracts.reporting import shown
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of

REPORT = "Payment Plans and Promises"


def found(user: str = "cfo", **filters) -> dict:
	with as_user(user):
		filters = {"company": COMPANY, **filters}
		return query_report.run(REPORT, filters=filters, ignore_prepared_report=True)


def rows(user: str = "cfo", **filters) -> list[dict]:
	return [row for row in found(user, **filters)["result"] if isinstance(row, dict)]


def cards(result: dict) -> dict:
	return {one["label"]: one["value"] for one in result["report_summary"]}


class ReportTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(account_manager="seller1", b2b_collector=email_of("collector"))
		make.make_profile(self.customer, manual_limit=10_000_000)

	def owes(self, amount: float, days: int = 30):
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days)

	def promise(self, amount: float, days: int = 5, **fields):
		with as_user("collector"):
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

	def ended(self, amount: float, status: str, paid: float = 0, ago: int = 1):
		"""A promise that was judged some days ago."""
		promise = self.promise(amount)
		values = {"status": status, "paid_amount": paid, "judged_on": add_days(nowdate(), -ago)}
		frappe.db.set_value("Promise to Pay", promise.name, values)
		return promise

	def broken_plan(self, amount: float = 600):
		plan = make.make_plan((self.owes(amount), None))
		ago = add_days(nowdate(), -30)
		frappe.db.set_value("Payment Plan Instalment", {"parent": plan.name, "idx": 1}, "due_date", ago)
		plans.refresh(plan.name)
		self.assertEqual(plan.reload().status, "Broken")
		return plan

	def mine(self, **filters) -> list[dict]:
		return rows(customer=self.customer.name, **filters)


class TestDueNext(ReportTestCase):
	def test_instalments_and_promises_by_day_until_the_furthest_asked_for(self):
		plan = make.make_plan((self.owes(900), None), first_instalment_date=add_days(nowdate(), 4))
		invoice = self.owes(500)
		promise = self.promise(200, days=2, sales_invoice=invoice.name)
		lines = self.mine()
		self.assertEqual(
			[(row["document"], row["amount"], row["in_days"]) for row in lines][:2],
			[(promise.name, 200, 2), (plan.name, 300, 4)],
		)
		self.assertEqual([row["kind"] for row in lines[1:]], [f"Instalment {n} of 3" for n in (1, 2, 3)])
		self.assertEqual((lines[0]["doctype"], lines[0]["sales_invoice"]), ("Promise to Pay", invoice.name))
		self.assertEqual(len(self.mine(within=10)), 2)
		self.assertEqual(len(self.mine(within=0)), 0)

	def test_what_should_have_come_is_red_and_what_came_is_gone(self):
		invoice = self.owes(900)
		plan = make.make_plan((invoice, None))
		make.make_payment(invoice.reload(), amount=100)
		following.catch_up(self.customer.name, COMPANY)
		(first, *_later) = self.mine()
		self.assertEqual((first["document"], first["amount"], first["light"]), (plan.name, 200, "Yellow"))
		yesterday = add_days(nowdate(), -1)
		frappe.db.set_value("Payment Plan Instalment", {"parent": plan.name, "idx": 1}, "due_date", yesterday)
		(first, *_later) = self.mine()
		self.assertEqual((first["in_days"], first["light"]), (-1, "Red"))
		self.assertEqual(cards(found(customer=self.customer.name))["Should have come"], 200)


class TestKept(ReportTestCase):
	def test_shares_by_number_and_amount(self):
		for amount, status, paid in ((600, "Kept", 600), (300, "Partly Kept", 100), (100, "Broken", 0)):
			self.ended(amount, status, paid)
		self.ended(5_000, "Withdrawn")
		self.ended(400, "Kept", 400, ago=800)
		(row,) = self.mine(view="By Collector")
		self.assertEqual((row["kept"], row["partly"], row["broken"], row["judged"]), (1, 1, 1, 3))
		self.assertAlmostEqual(row["kept_percent"], 100 / 3)
		self.assertEqual((row["promised"], row["came"], row["came_percent"]), (1_000, 700, 70))
		self.assertIsNone(row["success_percent"])
		(month,) = self.mine(view="By Month")
		self.assertEqual(month["group"], getdate(add_days(nowdate(), -1)).strftime("%Y-%m"))
		self.assertEqual(cards(found(customer=self.customer.name))["Promises kept"], shown.percent_text(33.3))

	def test_as_the_rates_of_the_app_have_them(self):
		self.ended(600, "Kept", 600)
		self.ended(100, "Broken")
		self.broken_plan()
		period = getdate(add_days(nowdate(), -60)), getdate(nowdate())
		said = cards(found(from_date=period[0], to_date=period[1]))
		self.assertEqual(
			said["Promises kept"], shown.percent_text(promises.kept_rate(COMPANY, *period) * 100)
		)
		self.assertEqual(said["Plans kept"], shown.percent_text(plans.success_rate(COMPANY, *period) * 100))

	def test_instalments_that_were_paid_and_missed(self):
		invoice = self.owes(900)
		kept = make.make_plan((invoice, None))
		make.make_payment(invoice.reload(), amount=300)
		following.catch_up(self.customer.name, COMPANY)
		broken = self.broken_plan()
		(row,) = self.mine(view="By Collector")
		self.assertEqual((row["paid"], row["missed"], row["paid_percent"]), (1, 1, 50))
		self.assertEqual((row["completed"], row["failed"], row["success_percent"]), (0, 1, 0))
		lines = {row["payment_plan"]: row for row in self.mine(view="Plans")}
		self.assertEqual(
			[lines[kept.name][f] for f in ("paid", "open", "instalments_paid", "instalments_missed")],
			[300, 600, 1, 0],
		)
		self.assertEqual(lines[kept.name]["next_day"], getdate(kept.instalments[1].due_date))
		self.assertEqual((lines[broken.name]["instalments_missed"], lines[broken.name]["open"]), (1, None))
		self.assertEqual(lines[broken.name]["ended"], getdate(nowdate()))
		self.assertEqual([row["payment_plan"] for row in self.mine(view="Plans")], [kept.name, broken.name])

	def test_promises_one_by_one(self):
		done, still = self.ended(600, "Kept", 600), self.promise(250)
		lines = self.mine(view="Promises")
		self.assertEqual([row["promise"] for row in lines], [still.name, done.name])
		self.assertEqual((lines[0]["open"], lines[1]["open"]), (250, None))
		self.assertEqual((lines[0]["light"], lines[1]["light"]), ("Blue", "Green"))
		self.assertEqual(lines[1]["ended"], getdate(add_days(nowdate(), -1)))

	def test_nothing_is_known_without_any(self):
		shown = cards(found(customer=self.customer.name, view="By Month"))
		self.assertEqual([shown[f"{what} kept"] for what in ("Promises", "Plans", "Instalments")], ["–"] * 3)
		self.assertEqual(self.mine(view="By Month"), [])


class TestWho(ReportTestCase):
	def test_a_seller_sees_the_own_portfolio_and_a_collector_can_be_asked_for(self):
		self.promise(100)
		other = make.make_customer(account_manager="seller2")
		with as_user("collector"):
			frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": other.name,
					"company": COMPANY,
					"amount": 70,
					"promised_date": add_days(nowdate(), 3),
				}
			).insert()
		seen = [row["customer"] for row in rows("seller1")]
		self.assertIn(self.customer.name, seen)
		self.assertNotIn(other.name, seen)
		with self.assertRaises(frappe.PermissionError):
			rows("seller1", customer=other.name)
		asked = [row["customer"] for row in rows(collector=email_of("collector"))]
		self.assertIn(self.customer.name, asked)
		self.assertNotIn(other.name, asked)

	def test_days_that_do_not_follow_are_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "comes after"):
			rows(from_date=date(2026, 5, 2), to_date=date(2026, 5, 1))
