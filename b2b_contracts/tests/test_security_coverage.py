"""Security Coverage: today's figures are the gate's, and a gap is seen before it is there."""

from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import api
from b2b_contracts.credit import coverage
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, ensure_second_company
from b2b_contracts.tests.test_query_count import counted


def day(days: int):
	return getdate(add_days(nowdate(), days))


class CoverageTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000)

	def report(self, user: str = "controller", **filters) -> dict:
		filters = {"company": COMPANY, "customer": self.customer.name, **filters}
		with as_user(user):
			return query_report.run("Security Coverage", filters=filters, ignore_prepared_report=True)

	def rows(self, show: str = "Customers", user: str = "controller", **filters) -> list[dict]:
		return [row for row in self.report(user, show=show, **filters)["result"] if isinstance(row, dict)]

	def owes(self, amount: float, due: int, **fields):
		"""Let the customer owe an invoice that is due in so many days."""
		dated = min(0, due)
		return self.invoice(self.customer, amount, posting_date=day(dated), due_date=day(due), **fields)

	def invoice(self, customer, amount: float, **fields):
		"""Make an invoice whatever the customer's terms and limit are."""
		with make.policy_off():
			return make.make_invoice(customer, amount, **fields)

	def assertAsTheGate(self, customer=None):
		name = customer or self.customer.name
		(row,) = self.rows(customer=name)
		status = api.credit_status(name, COMPANY)
		for field, of_gate in (
			("exposure", "exposure_before"),
			("secured", "secured"),
			("net", "net_exposure"),
		):
			self.assertAlmostEqual(row[field], status[of_gate], places=2, msg=field)
		self.assertAlmostEqual(row["utilisation"], status["utilisation_before"], places=6)
		self.assertEqual(row["limit"], status["granted_limit"])
		return row


class TestToday(CoverageTestCase):
	def test_the_figures_are_those_of_the_gate(self):
		order = make.make_order(self.customer, 2_000, qty=2)
		make.make_delivery(order, qty=1)
		make.make_security(self.customer, 3_000)
		make.make_security(self.customer, 5_000, "Credit Insurance", deductible=500)
		make.make_security(self.customer, 9_000, document=None)
		self.owes(4_000, 20)
		self.owes(2_500, -30)
		make.make_payment(customer=self.customer, amount=700)
		make.make_journal(self.customer, 300)
		row = self.assertAsTheGate()
		self.assertEqual(row["exposure"], 4_000 + 2_500 - 700 + 300 + 2_000)
		self.assertEqual((row["securities"], row["not_counting"]), (3, 1))

	def test_what_is_named_covers_nothing_else(self):
		invoice = self.owes(4_000, 20)
		self.owes(2_500, 25)
		order = make.make_order(self.customer, 1_000)
		named = [{"reference_doctype": doc.doctype, "reference_name": doc.name} for doc in (invoice, order)]
		make.make_security(self.customer, 9_000, scope="Named Documents", documents=named)
		row = self.assertAsTheGate()
		self.assertEqual(row["secured"], 5_000)

	def test_a_customer_in_the_red_has_nothing_to_cover(self):
		make.make_security(self.customer, 3_000)
		make.make_payment(customer=self.customer, amount=700)
		row = self.assertAsTheGate()
		self.assertEqual((row["exposure"], row["secured"]), (-700, 0))

	def test_members_of_a_group_share_what_covers_them_together(self):
		sister = make.make_customer()
		make.make_profile(sister, manual_limit=10_000)
		group = make.make_group(self.customer, sister, group_limit=5_000)
		make.make_security(
			None, 2_000, scope="Credit Group", credit_group=group.name,
			expiry_date=day(60), claim_period_days=0,
		)  # fmt: skip
		make.make_security(self.customer, 500)
		self.owes(2_500, -5)
		self.invoice(sister, 6_000, posting_date=day(0), due_date=day(20))
		self.assertAsTheGate()
		self.assertAsTheGate(sister.name)
		rows = self.rows("Credit groups", customer=None, credit_group=group.name)
		(row,) = [row for row in rows if row["credit_group"] == group.name]
		self.assertEqual((row["exposure"], row["secured"], row["limit"]), (8_500, 2_500, 5_000))
		self.assertEqual((row["over"], row["next_fall"], row["securities"]), (1_000, day(61), 2))
		with as_user("seller1"):
			self.assertEqual(coverage.seen(COMPANY, 6, coverage.WHEN_DUE).groups, {})

	def test_a_group_over_two_companies(self):
		company = ensure_second_company()
		make.make_profile(self.customer, company=company, manual_limit=10_000)
		group = make.make_group(self.customer, group_limit=50_000, currency="NOK")
		make.make_security(None, 2_000, scope="Credit Group", credit_group=group.name)
		self.owes(3_000, 10)
		self.invoice(self.customer, 1_000, company=company, due_date=day(10))
		self.assertAsTheGate()
		rows = self.rows("Credit groups", customer=None)
		(row,) = [row for row in rows if row["credit_group"] == group.name]
		self.assertEqual((row["currency"], row["exposure"]), ("NOK", 3_000 * 1.5625 + 1_000))
		used = api.credit_status(self.customer.name, COMPANY)["group"]["utilisation_after"]
		self.assertAlmostEqual(row["utilisation"], used, places=6)

	def test_a_customer_without_a_profile_has_no_limit(self):
		other = make.make_customer()
		make.make_security(other, 3_000)
		self.invoice(other, 1_000, due_date=day(10))
		(row,) = self.rows(customer=other.name)
		self.assertEqual((row["exposure"], row["secured"], row["limit"]), (1_000, 1_000, 0))

	def test_an_unlimited_customer_has_no_gap(self):
		self.profile.update({"limit_type": "Unlimited", "change_reason": "Agreed"})
		self.profile.save()
		make.make_security(self.customer, 300, expiry_date=day(20), claim_period_days=0)
		self.owes(50_000, -5)
		(row,) = self.rows()
		self.assertEqual(
			(row["limit"], row["utilisation"], row["gap"], row["uncovered"]), (None, None, 0, 300)
		)

	def test_why_a_security_does_not_count(self):
		good = make.make_security(self.customer, 3_000)
		given = make.make_security(self.customer, 1_000, "Performance Guarantee")
		self.owes(4_000, 20)
		rows = {row["security"]: row for row in self.rows("Securities")}
		self.assertEqual((rows[good.name]["covers"], rows[good.name]["why_not"]), (3_000, None))
		self.assertEqual(rows[given.name]["covers"], 0)
		self.assertTrue(rows[given.name]["why_not"])


class TestAhead(CoverageTestCase):
	def test_a_guarantee_that_ends_before_what_stays_open(self):
		security = make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		self.owes(12_000, -5)
		(row,) = self.rows("Dates ahead")
		self.assertEqual((row["date"], row["lost"], row["why"]), (day(26), [security.name], "Expired"))
		self.assertEqual((row["exposure"], row["secured"], row["uncovered"]), (12_000, 0, 4_000))
		self.assertEqual((row["limit"], row["gap"]), (10_000, 2_000))
		(row,) = self.rows()
		self.assertEqual(
			(row["over"], row["next_fall"], row["gap"], row["gap_on"]), (0, day(26), 2_000, day(26))
		)
		(row,) = self.rows("Securities")
		self.assertEqual((row["covers"], row["expiry"], row["ends"]), (4_000, day(25), day(26)))

	def test_what_is_paid_until_then_needs_no_cover(self):
		make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		self.owes(12_000, 20)
		(row,) = self.rows("Dates ahead")
		self.assertEqual((row["exposure"], row["uncovered"], row["gap"]), (0, 0, 0))

	def test_who_pays_late_has_a_gap(self):
		make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		paid = self.owes(1_000, -40)
		make.make_payment(paid, posting_date=day(-30))
		self.owes(12_000, 20)
		(row,) = self.rows("Dates ahead", assumption="Paid as late as usual")
		self.assertEqual((row["exposure"], row["gap"]), (12_000, 2_000))
		self.assertEqual(self.rows("Dates ahead")[0]["gap"], 0)

	def test_business_that_goes_on_outlives_a_guarantee_before_it_expires(self):
		make.make_security(self.customer, 4_000, expiry_date=day(60), claim_period_days=30)
		self.owes(12_000, 10)
		(row,) = self.rows("Dates ahead", assumption="As much open as today")
		self.assertEqual((row["date"], row["gap"]), (day(60 - 30 - 10 + 1), 2_000))
		self.assertIn("before what is owed by then", row["why"])

	def test_an_order_that_will_be_due_too_late(self):
		make.make_security(self.customer, 4_000, expiry_date=day(50), claim_period_days=30)
		order = make.make_order(self.customer, 9_000, delivery_date=day(20), payment_terms_template="Net 14")
		self.assertEqual(order.b2b_credit_status, "Clear")
		self.assertEqual(self.assertAsTheGate()["secured"], 4_000)
		first, *_rest = self.rows("Dates ahead")
		self.assertEqual((first["date"], first["exposure"], first["uncovered"]), (day(20), 9_000, 4_000))

	def test_a_gap_closes_when_the_guarantee_is_extended(self):
		security = make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		self.owes(12_000, -5)
		self.assertEqual(self.rows()[0]["gap"], 2_000)
		frappe.db.set_value("Security Instrument", security.name, "expiry_date", day(400))
		row = self.rows()[0]
		self.assertEqual((row["gap"], row["next_fall"], row["uncovered"]), (0, None, 0))

	def test_only_so_many_months_ahead(self):
		make.make_security(self.customer, 4_000, expiry_date=day(100), claim_period_days=0)
		self.owes(12_000, -5)
		self.assertEqual(self.rows("Dates ahead", months=3), [])
		self.assertEqual(len(self.rows("Dates ahead", months=4)), 1)

	def test_a_temporary_limit_ends(self):
		self.profile.update(
			{"temporary_limit": 30_000, "temporary_limit_until": day(10), "change_reason": "Season"}
		)
		self.profile.save()
		make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		self.owes(12_000, -5)
		(row,) = self.rows("Dates ahead")
		self.assertEqual((row["limit"], row["gap"]), (10_000, 2_000))
		self.assertEqual(self.rows()[0]["limit"], 30_000)


class TestTotals(CoverageTestCase):
	def test_chart_and_cards_are_the_sum_of_the_rows(self):
		make.make_security(self.customer, 4_000, expiry_date=day(25), claim_period_days=0)
		self.owes(12_000, -5)
		other = make.make_customer()
		make.make_profile(other, manual_limit=500)
		make.make_security(other, 1_000, expiry_date=day(40), claim_period_days=0)
		self.invoice(other, 3_000, due_date=day(35))
		result = self.report(customer=None, assumption="As much open as today")
		rows = [row for row in result["result"] if isinstance(row, dict)]
		cards = {card["label"]: card["value"] for card in result["report_summary"]}
		for label, field in (
			("Open today", "exposure"),
			("Covered today", "secured"),
			("Cover that ends", "uncovered"),
			("Widest gaps ahead", "gap"),
		):
			self.assertAlmostEqual(cards[label], sum(row[field] for row in rows), places=2, msg=label)
		opened, covered = (dataset["values"] for dataset in result["chart"]["data"]["datasets"])
		self.assertAlmostEqual(opened[0], cards["Open today"], places=2)
		self.assertAlmostEqual(covered[0], cards["Covered today"], places=2)
		self.assertLessEqual(covered[-1], covered[0] - 5_000)
		securities = self.rows("Securities", customer=None)
		alone = [row for row in securities if row["customer"] in (self.customer.name, other.name)]
		self.assertEqual(sum(row["covers"] for row in alone), 4_000 + 1_000)

	def test_a_seller_sees_the_own_customers_in_rows_chart_and_totals(self):
		make.make_security(self.customer, 4_000)
		self.owes(12_000, -5)
		other = make.make_customer(account_manager="seller2")
		make.make_security(other, 1_000)
		for user, own, foreign in (
			("seller1", self.customer.name, other.name),
			("seller2", other.name, self.customer.name),
		):
			with self.subTest(user):
				result = self.report(user, customer=None)
				rows = [row for row in result["result"] if isinstance(row, dict)]
				seen = {row["customer"] for row in rows}
				self.assertIn(own, seen)
				self.assertNotIn(foreign, seen)
				total = float(sum(Decimal(str(row["exposure"])) for row in rows))
				self.assertEqual(result["report_summary"][0]["value"], total)
				self.assertEqual(result["chart"]["data"]["datasets"][0]["values"][0], total)
		with as_user("stock_user"), self.assertRaises(frappe.PermissionError):
			query_report.run("Security Coverage", filters={"company": COMPANY}, ignore_prepared_report=True)

	def test_a_seller_is_not_told_the_name_of_what_covers_a_group(self):
		sister = make.make_customer(account_manager="seller2")
		make.make_profile(sister, manual_limit=10_000)
		group = make.make_group(self.customer, sister)
		security = make.make_security(
			None, 2_000, scope="Credit Group", credit_group=group.name,
			expiry_date=day(60), claim_period_days=0,
		)  # fmt: skip
		self.owes(3_000, -5)
		(row,) = self.rows("Dates ahead", "seller1")
		self.assertEqual((row["lost"], row["lost_shown"]), ([], "a security of the credit group"))
		self.assertEqual(row["uncovered"], 2_000)
		(row,) = self.rows("Dates ahead", "controller")
		self.assertEqual(row["lost"], [security.name])

	def test_filters_are_checked(self):
		for filters, words in (
			({"show": "Everything"}, "Choose one of"),
			({"assumption": "Nobody pays"}, "Choose one of"),
			({"months": 25}, "25.* is not between 1 and 24"),
			({"months": -1}, "-1.* is not between 1 and 24"),
			({"company": "No such company"}, "Choose a company"),
		):
			with self.subTest(filters), self.assertRaisesRegex(frappe.ValidationError, words):
				self.report(**filters)

	def test_more_customers_cost_no_more_queries(self):
		make.make_security(self.customer, 4_000)
		self.owes(1_000, 10)

		def queries(customers: int) -> int:
			for _n in range(customers):
				other = make.make_customer()
				make.make_profile(other, manual_limit=500)
				make.make_security(other, 1_000)
				make.make_order(other, 100)
				self.invoice(other, 100, due_date=day(35))
			with counted() as found:
				coverage.seen(COMPANY, 6, coverage.AS_LATE)
			return len(found)

		queries(1)
		self.assertEqual(queries(0), queries(4))
