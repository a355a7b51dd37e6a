"""Order Holds: every figure is counted again from the holds, decisions, invoices and payments one by one."""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, flt, get_datetime, getdate, now_datetime, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing
from b2b_contracts.reporting import shown
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of
from b2b_contracts.tests.test_query_count import counted


class HoldsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# The world is shared: what other tests committed is left out by its segment.
		self.segment = make.make_segment(f"H{frappe.generate_hash(length=5)}").name
		self.customer = self.customer_of("seller1")

	def customer_of(self, seller: str, limit: float = 10_000, **profile):
		customer = make.make_customer(account_manager=seller)
		make.make_profile(customer, segment=self.segment, manual_limit=limit, risk_class="B", **profile)
		return customer

	def report(self, user: str = "cfo", **filters) -> dict:
		with as_user(user):
			filters = {"company": COMPANY, "segment": self.segment, **filters}
			return query_report.run("Order Holds", filters=filters, ignore_prepared_report=True)

	def rows(self, user: str = "cfo", **filters) -> list[dict]:
		return [row for row in self.report(user, **filters)["result"] if isinstance(row, dict)]

	def cards(self, user: str = "cfo", **filters) -> dict:
		return {card["label"]: card["value"] for card in self.report(user, **filters)["report_summary"]}

	def row_of(self, hold: str, user: str = "cfo", **filters) -> dict:
		(row,) = [row for row in self.rows(user, **filters) if row["hold"] == hold]
		return row

	def held(self, customer=None, amount: float = 10_500, **fields):
		order = make.make_order(customer or self.customer, amount, **fields)
		self.assertEqual(order.b2b_credit_status, "Held")
		return order

	def release(self, order, user: str = "credit_manager", reason: str = "Agreed with the customer"):
		with as_user(user):
			api.release(order.b2b_credit_hold, reason)
		return order.reload()

	def let_go(self, amount: float = 10_500, customer=None):
		return self.release(self.held(customer or self.customer_of("seller1"), amount))

	def invoiced(self, order, due: int = 10):
		"""Deliver and invoice an order on a day of the past, due in so many days from today."""
		make.make_delivery(order)
		posted = add_days(nowdate(), min(0, due) - 1)
		return make.make_invoice(order=order, posting_date=posted, due_date=add_days(nowdate(), due))

	def became(self, order) -> dict:
		return self.row_of(order.b2b_credit_hold)

	def at(self, hold: str, **moments: datetime) -> None:
		for field, moment in moments.items():
			frappe.db.set_value("Credit Hold", hold, field, moment, update_modified=False)


class TestClock(HoldsTestCase):
	def monday(self, hour: int, minute: int = 0) -> datetime:
		"""A moment on a Monday some weeks ago."""
		day = getdate(add_days(nowdate(), -30))
		day -= timedelta(days=day.weekday())
		return datetime(day.year, day.month, day.day, hour, minute)

	def test_times_are_working_hours_and_late_is_after_the_clock(self):
		order = self.release(self.held())
		friday = self.monday(14) - timedelta(days=3)
		for answered, hours, over, clock in (
			(self.monday(9), 3.0, -1.0, "In time"),
			(self.monday(10), 4.0, 0.0, "In time"),
			(self.monday(11, 30), 5.5, 1.5, "Late"),
			(self.monday(22), 10.0, 6.0, "Late"),
		):
			self.at(
				order.b2b_credit_hold, creation=friday, response_due=self.monday(10), released_on=answered
			)
			row = self.row_of(order.b2b_credit_hold)
			self.assertEqual((row["hours"], row["over"], row["clock"]), (hours, over, clock))

	def test_an_open_hold_runs_and_is_overdue(self):
		order = self.held()
		row = self.row_of(order.b2b_credit_hold)
		self.assertEqual((row["status"], row["clock"], row["answered_on"]), ("Open", "Clock runs", None))
		self.assertLessEqual(row["over"], 0)
		self.at(order.b2b_credit_hold, creation=self.monday(9), response_due=self.monday(13))
		row = self.row_of(order.b2b_credit_hold)
		self.assertEqual(row["clock"], "Overdue")
		self.assertGreater(row["over"], 40)
		self.assertEqual(self.cards()["Open now"], "1, 1 overdue")
		self.assertEqual(self.cards()["Answered in time"], shown.percent_text(0))
		# Opened before the period, and open still.
		self.assertTrue(self.row_of(order.b2b_credit_hold, from_date=add_days(nowdate(), -2)))

	def test_what_was_rejected_was_answered_when_the_log_says_so(self):
		order = self.held()
		with as_user("controller"):
			api.reject(order.b2b_credit_hold, "Too much for this customer")
		row = self.row_of(order.b2b_credit_hold)
		logged = frappe.db.get_value(
			"Credit Decision", {"credit_hold": order.b2b_credit_hold, "kind": "Reject"}, "decided_on"
		)
		self.assertEqual(get_datetime(row["answered_on"]), get_datetime(logged))
		self.assertEqual((row["why"], row["clock"]), ("Too much for this customer", "In time"))
		self.assertEqual(row["answered_by"], frappe.utils.get_fullname(email_of("controller")))

	def test_what_clears_in_time_needed_no_answer(self):
		order = self.held(amount=9_800)
		with make.policy_off():
			make.make_payment(customer=self.customer, amount=5_000)
		clearing.clear_one(order.b2b_credit_hold, order.name)
		row = self.row_of(order.b2b_credit_hold)
		self.assertEqual((row["status"], row["clock"]), ("Cleared", "No answer needed"))
		self.at(order.b2b_credit_hold, response_due=now_datetime() - timedelta(days=9))
		self.assertEqual(self.row_of(order.b2b_credit_hold)["clock"], "Late")

	def test_holidays_of_years_are_looked_up(self):
		order = self.release(self.held())
		day = self.monday(8).date()
		holidays = frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": f"B2B {frappe.generate_hash(length=6)}",
				"from_date": add_days(day, -900),
				"to_date": add_days(day, 300),
				"holidays": [{"holiday_date": add_days(day, 1), "description": "A day off"}],
			}
		).insert()
		policy = make.active_policy()
		policy.holiday_list = holidays.name
		policy.save()
		self.at(
			order.b2b_credit_hold,
			creation=self.monday(15),
			response_due=self.monday(16),
			released_on=self.monday(9) + timedelta(days=2),
		)
		row = self.row_of(order.b2b_credit_hold)
		self.assertEqual((row["hours"], row["over"]), (2.0, 1.0))


class TestByWhom(HoldsTestCase):
	def test_who_why_and_in_whose_stead(self):
		order = self.release(self.held(), reason="They paid last year")
		row = self.row_of(order.b2b_credit_hold)
		self.assertEqual((row["why"], row["acted_as"]), ("They paid last year", "Credit Manager"))
		self.assertIsNone(row["in_stead_of"])
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of("finance_director"),
				"deputy": email_of("controller"),
				"from_date": add_days(nowdate(), -1),
				"to_date": add_days(nowdate(), 2),
			}
		).insert()
		deputised = self.release(self.held(self.customer_of("seller1")), "controller")
		row = self.row_of(deputised.b2b_credit_hold)
		self.assertEqual(row["in_stead_of"], frappe.utils.get_fullname(email_of("finance_director")))
		by = {row["key"]: row for row in self.rows(by="Answered by")}
		self.assertEqual(by[email_of("controller")]["as_deputy"], 1)
		self.assertEqual(by[email_of("credit_manager")]["as_deputy"], 0)
		(row,) = self.rows(by="Hold", answered_by=email_of("controller"))
		self.assertEqual(row["hold"], deputised.b2b_credit_hold)

	def test_against_advice_is_counted(self):
		order = self.held()
		with as_user("controller"):
			api.advise(order.b2b_credit_hold, "Reject", "They always pay late")
		self.release(order)
		self.assertEqual(self.row_of(order.b2b_credit_hold)["against_advice"], 1)
		(row,) = self.rows(by="Segment")
		self.assertEqual(row["against_advice"], 1)


class TestShares(HoldsTestCase):
	def test_held_of_all_orders_that_were_decided_about(self):
		other = self.customer_of("seller2")
		make.make_order(self.customer, 1_000)
		make.make_order(self.customer, 2_000)
		cancelled = make.make_order(other, 3_000)
		cancelled.cancel()
		self.held(self.customer)
		self.release(self.held(other))
		with make.policy_off():
			make.make_order(self.customer, 50)
		(row,) = self.rows(by="Segment")
		# Every order of the segment, by the documents one by one; those that nobody decided about are in neither.
		orders = [
			name
			for customer in (self.customer, other)
			for name in frappe.get_all(
				"Sales Order", {"customer": customer.name, "docstatus": ["!=", 0]}, pluck="name"
			)
			if frappe.db.exists("Credit Decision", {"reference_name": name, "kind": "Submit"})
		]
		was_held = [name for name in orders if frappe.db.exists("Credit Hold", {"reference_name": name})]
		self.assertEqual((len(orders), len(was_held)), (5, 2))
		self.assertEqual((row["orders"], row["orders_held"], row["held_percent"]), (5, 2, 40))
		self.assertEqual((row["holds"], row["released"], row["open"]), (2, 1, 1))
		by = {row["key"]: row for row in self.rows(by="Customer")}
		self.assertEqual(by[self.customer.name]["held_percent"], flt(100 / 3))
		self.assertEqual(self.cards()["Orders held"], "40.0 % of 5")
		(row,) = self.rows(by="Month")
		self.assertEqual((row["label"], row["orders"]), (nowdate()[:7], 5))
		# Of holds that were picked by what came of them there is no share of all orders.
		fields = [column["fieldname"] for column in self.report(by="Segment", status="Released")["columns"]]
		self.assertNotIn("held_percent", fields)

	def test_a_seller_sees_the_own_portfolio(self):
		mine, other = self.held(self.customer), self.held(self.customer_of("seller2"))
		self.assertEqual([row["hold"] for row in self.rows("seller1")], [mine.b2b_credit_hold])
		(row,) = self.rows("seller1", by="Segment")
		self.assertEqual((row["orders"], row["orders_held"]), (1, 1))
		self.assertEqual(self.cards("seller1")["Orders held"], "100.0 % of 1")
		self.assertNotIn(other.name, frappe.as_json(self.report("seller1")))
		with self.assertRaises(frappe.PermissionError):
			self.report("seller1", customer=other.customer)

	def test_a_hold_stands_at_each_of_its_reasons(self):
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 2_000, days=40)
		order = self.held(amount=9_000)
		rules = frappe.get_all("Credit Hold Reason", {"parent": order.b2b_credit_hold}, pluck="rule")
		self.assertGreater(len(rules), 1)
		rows = {row["key"]: row for row in self.rows(by="Reason")}
		self.assertEqual(set(rows), set(rules))
		(row,) = self.rows(reason="Overdue Items")
		self.assertEqual(row["hold"], order.b2b_credit_hold)

	def test_a_policy_that_only_observes_says_so(self):
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		order = make.make_order(self.customer, 99_000)
		self.assertEqual(order.b2b_credit_status, "Not Checked")
		found = self.report(by="Segment")
		self.assertIn("only observes", found["message"])
		self.assertEqual([row for row in found["result"] if isinstance(row, dict)], [])

	def test_of_deliveries_and_of_customers(self):
		with as_user("credit_manager"):
			api.force_hold(self.customer.name, COMPANY, "Waits for its accounts")
		self.assertEqual(self.rows(), [])
		(row,) = self.rows(about="Customers")
		self.assertEqual((row["doctype"], row["customer"]), ("Credit Profile", self.customer.name))
		draft = make.make_delivery(customer=self.customer_of("seller1", limit=10), amount=500, submit=False)
		self.assertRaises(frappe.ValidationError, draft.submit)


class TestOutcomes(HoldsTestCase):
	def test_what_orders_that_were_let_go_became(self):
		paid = self.let_go()
		make.make_payment(self.invoiced(paid))
		late = self.let_go()
		make.make_payment(self.invoiced(late, due=-6), posting_date=add_days(nowdate(), -2))
		due, overdue = self.let_go(), self.let_go()
		self.invoiced(due)
		make.make_payment(self.invoiced(overdue, due=-3), 4_000, posting_date=add_days(nowdate(), -3))
		lost = self.let_go()
		self.write_off(self.invoiced(lost, due=-40), 10_500)
		credited = self.let_go()
		invoice = self.invoiced(credited)
		make.make_credit_note(invoice)
		cancelled, waiting = self.let_go(), self.let_go()
		cancelled.cancel()
		expected = {
			paid: ("Paid in time", 0, 0, 0),
			late: ("Paid late", 4, 0, 0),
			due: ("Still open", 0, 10_500, 0),
			overdue: ("Overdue", 3, 6_500, 0),
			lost: ("Written off", 0, 0, 10_500),
			credited: ("Cancelled or credited", 0, 0, 0),
			cancelled: ("Cancelled or credited", 0, 0, 0),
			waiting: ("Not invoiced yet", 0, 0, 0),
		}
		rows = {row["document"]: row for row in self.rows()}
		for order, (outcome, days, still_open, loss) in expected.items():
			with self.subTest(outcome):
				row = rows[order.name]
				self.assertEqual(
					(row["outcome"], row["days_late"], row["open"], row["lost"]),
					(outcome, days, still_open, loss),
				)
		by = {row["key"]: row for row in self.rows(by="What became of it")}
		counts: dict[str, int] = defaultdict(int)
		for outcome, *_rest in expected.values():
			counts[outcome] += 1
		self.assertEqual({key: row["orders"] for key, row in by.items()}, counts)
		self.assertAlmostEqual(sum(row["percent"] for row in by.values()), 100, places=6)
		self.assertEqual(by["Written off"]["lost"], 10_500)
		self.assertEqual(by["Overdue"]["paid"], 4_000)
		self.assertEqual(self.cards()["Let go and written off"], 10_500)
		(row,) = self.rows(by="Segment")
		self.assertEqual((row["paid_in_time"], row["paid_late"], row["lost_orders"]), (1, 1, 1))
		self.assertEqual((row["still_open"], row["overdue"], row["lost"]), (2, 1, 10_500))
		(row,) = self.rows(outcome="Paid late")
		self.assertEqual(row["document"], late.name)
		self.medians_are_those_of_the_holds()

	def medians_are_those_of_the_holds(self) -> None:
		hours = [row["hours"] for row in self.rows() if row["answered_on"]]
		(row,) = self.rows(by="Segment")
		self.assertAlmostEqual(row["median"], median(hours), places=2)
		self.assertEqual(row["in_time"], 100)

	def write_off(self, invoice, amount: float) -> None:
		account = frappe.get_cached_value("Company", COMPANY, "write_off_account")
		frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"voucher_type": "Write Off Entry",
				"company": COMPANY,
				"posting_date": nowdate(),
				"accounts": [
					{
						"account": invoice.debit_to,
						"party_type": "Customer",
						"party": invoice.customer,
						"reference_type": "Sales Invoice",
						"reference_name": invoice.name,
						"credit_in_account_currency": amount,
					},
					{"account": account, "debit_in_account_currency": amount},
				],
			}
		).insert().submit()

	def test_instalments_are_late_one_by_one(self):
		order = self.let_go(10_600)
		make.make_delivery(order)
		invoice = make.make_invoice(order=order, submit=False)
		posted = add_days(nowdate(), -40)
		invoice.update({"set_posting_time": 1, "posting_date": posted, "payment_terms_template": None})
		invoice.payment_schedule = []
		for due in (-30, -10):
			invoice.append("payment_schedule", {"due_date": add_days(nowdate(), due), "invoice_portion": 50})
		invoice.due_date = add_days(nowdate(), -10)
		invoice.save()
		invoice.submit()
		make.make_payment(invoice, 5_300, posting_date=add_days(nowdate(), -25))
		make.make_payment(invoice.reload(), 5_300, posting_date=add_days(nowdate(), -10))
		row = self.became(order)
		self.assertEqual((row["outcome"], row["days_late"]), ("Paid late", 5))

	def test_what_a_payment_deducts_as_a_loss_is_a_loss_and_a_small_difference_is_none(self):
		account = frappe.get_cached_value("Company", COMPANY, "write_off_account")
		centre = frappe.get_cached_value("Company", COMPANY, "cost_center")
		for left, outcome in ((500, "Written off"), (2, "Paid in time")):
			order = self.let_go()
			invoice = self.invoiced(order)
			payment = make.make_payment(invoice, submit=False)
			payment.paid_amount = payment.received_amount = 10_500 - left
			payment.references[0].allocated_amount = 10_500
			payment.append("deductions", {"account": account, "cost_center": centre, "amount": left})
			payment.save()
			payment.submit()
			row = self.became(order)
			self.assertEqual((row["outcome"], row["lost"]), (outcome, left))


class TestQueries(HoldsTestCase):
	def counts(self) -> list[int]:
		found = []
		for by in ("Hold", "Segment", "Reason", "Answered by", "Month", "What became of it", "Customer"):
			for _twice in range(2):
				with counted() as queries:
					self.report(by=by, segment=None)
			found.append(len([query for query in queries if query != "None"]))
		return found

	def test_as_many_for_few_as_for_many(self):
		self.grow(1)
		few = self.counts()
		self.grow(3)
		self.assertEqual(self.counts(), few)

	def grow(self, count: int) -> None:
		for _number in range(count):
			make.make_payment(self.invoiced(self.let_go()))
			order = self.held(self.customer_of("seller1"))
			with as_user("controller"):
				api.reject(order.b2b_credit_hold, "Too much")
