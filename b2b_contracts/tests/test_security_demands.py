"""When orders and quotations take security: the policy's triggers on the site's facts."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing, payment_history
from b2b_contracts.exceptions import CreditPolicyError
from b2b_contracts.tests.factories import (
	active_policy,
	as_user,
	make_customer,
	make_invoice,
	make_order,
	make_overdue_invoice,
	make_payment,
	make_profile,
	make_security,
)
from b2b_contracts.tests.scaffold import COMPANY, PRICE_LIST, WIDGET, SiteTestCase


def make_quotation(customer, amount: float = 1000, **row):
	return frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": "Customer",
			"party_name": customer.name,
			"company": COMPANY,
			"currency": "DKK",
			"selling_price_list": PRICE_LIST,
			"ignore_pricing_rule": 1,
			"items": [{"item_code": WIDGET, "qty": 1, "rate": amount, **row}],
		}
	).insert()


class TestDemands(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make_customer()
		self.profile = make_profile(self.customer, manual_limit=100_000)

	def scored(self, score: float):
		frappe.db.set_value(
			"Credit Profile", self.profile.name, {"credit_score": score, "credit_score_on": nowdate()}
		)

	def held_for(self, order) -> list[str]:
		order.reload()
		if not order.b2b_credit_hold:
			return []
		return [row.rule for row in frappe.get_doc("Credit Hold", order.b2b_credit_hold).reasons]

	def test_nothing_known_nothing_demanded(self):
		order = make_order(self.customer)
		self.assertEqual((order.b2b_credit_status, order.b2b_security_demanded_percent), ("Clear", 0))

	def test_a_low_score_takes_security_and_says_so(self):
		self.scored(39)
		order = make_order(self.customer, 1000)
		self.assertEqual(self.held_for(order), ["Security"])
		self.assertEqual(order.b2b_security_demanded_percent, 100)
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertRegex(hold.reasons[0].message, "must be secured for .*1.000.* credit score is low")
		self.scored(40)
		self.assertEqual(self.held_for(make_order(self.customer, 1000)), [])

	def test_the_order_goes_on_once_the_security_is_there(self):
		self.scored(0)
		order = make_order(self.customer, 1000)
		rows = [{"reference_doctype": "Sales Order", "reference_name": order.name}]
		make_security(self.customer, 1000, scope="Named Documents", documents=rows)
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def test_an_advance_does_as_well(self):
		self.scored(0)
		order = make_order(self.customer, 1000)
		make_payment(order)
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def test_large_against_own_equity(self):
		policy = active_policy()
		policy.own_equity = 20_000
		policy.save()
		self.assertEqual(self.held_for(make_order(self.customer, 1000)), [])
		order = make_order(self.customer, 1001)
		self.assertEqual((self.held_for(order), order.b2b_security_demanded_percent), (["Security"], 50))

	def test_large_against_what_the_customer_buys_in_a_year(self):
		paid = make_invoice(self.customer, 5000)
		make_payment(paid)
		payment_history.refresh(COMPANY, [self.customer.name])
		self.assertEqual(self.held_for(make_order(self.customer, 1000)), [])
		self.assertEqual(self.held_for(make_order(self.customer, 1001)), ["Security"])

	def test_a_new_customer_is_not_measured_by_what_it_bought(self):
		payment_history.refresh(COMPANY, [self.customer.name])
		self.assertEqual(self.held_for(make_order(self.customer, 50_000)), [])

	def test_what_is_expected_counts_where_it_is_more(self):
		make_payment(make_invoice(self.customer, 100))
		self.profile.reload()
		self.profile.update({"expected_annual_revenue": 40_000, "change_reason": "New year"})
		self.profile.save()
		payment_history.refresh(COMPANY, [self.customer.name])
		self.assertEqual(self.held_for(make_order(self.customer, 8_000)), [])

	def test_a_default_is_held_against_the_customer_for_a_year(self):
		invoice = make_overdue_invoice(self.customer, 10_000, days=40)
		payment_history.refresh(COMPANY, [self.customer.name])
		value = frappe.db.get_value("Credit Profile", self.profile.name, "last_default_on")
		self.assertEqual(str(value), nowdate())
		make_payment(invoice)
		payment_history.refresh(COMPANY, [self.customer.name])
		self.assertEqual(
			str(frappe.db.get_value("Credit Profile", self.profile.name, "last_default_on")), nowdate()
		)
		self.assertEqual(self.held_for(make_order(self.customer)), ["Security"])
		frappe.db.set_value("Credit Profile", self.profile.name, "last_default_on", add_days(nowdate(), -366))
		self.assertEqual(self.held_for(make_order(self.customer)), [])

	def test_paid_a_month_late_is_no_default(self):
		make_payment(make_overdue_invoice(self.customer, 1000, days=30))
		payment_history.refresh(COMPANY, [self.customer.name])
		self.assertIsNone(frappe.db.get_value("Credit Profile", self.profile.name, "last_default_on"))

	def test_the_refresh_run_twice_writes_nothing_the_second_time(self):
		make_overdue_invoice(self.customer, 1000, days=40)
		payment_history.refresh(COMPANY, [self.customer.name])
		before = frappe.db.get_value("Credit Profile", self.profile.name, ["annual_spend", "last_default_on"])
		payment_history.refresh(COMPANY, [self.customer.name])
		after = frappe.db.get_value("Credit Profile", self.profile.name, ["annual_spend", "last_default_on"])
		self.assertEqual((before, before[0]), (after, 1000))

	def test_goods_made_to_order_take_security_for_their_share(self):
		rows = [
			{"item_code": WIDGET, "qty": 1, "rate": 400, "b2b_made_to_order": 1},
			{"item_code": WIDGET, "qty": 1, "rate": 600},
		]
		order = make_order(self.customer, items=rows)
		self.assertEqual((self.held_for(order), order.b2b_security_demanded_percent), (["Security"], 20))

	def test_the_panel_of_a_draft_shows_the_demand(self):
		self.scored(10)
		draft = make_order(self.customer, 1000, submit=False)
		with as_user("seller1"):
			view = api.evaluate("Sales Order", draft.name)
		self.assertIn("Security", [row["rule"] for row in view["reasons"]])
		self.assertIn("secure", [way["kind"] for way in view["ways_out"]])

	def test_a_share_that_is_sent_in_does_not_stand(self):
		self.scored(10)
		draft = make_order(self.customer, 1000, submit=False)
		draft.b2b_security_demanded_percent = 0
		draft.submit()
		self.assertEqual(draft.b2b_security_demanded_percent, 100)


class TestQuotations(SiteTestCase):
	def test_a_quotation_says_what_its_order_takes(self):
		customer = make_customer()
		profile = make_profile(customer, manual_limit=100_000)
		self.assertEqual(make_quotation(customer).b2b_security_demanded_percent, 0)
		frappe.db.set_value(
			"Credit Profile", profile.name, {"credit_score": 10, "credit_score_on": nowdate()}
		)
		quotation = make_quotation(customer, 1000)
		self.assertEqual(
			(quotation.b2b_security_demanded_percent, quotation.b2b_security_demanded_amount), (100, 1000)
		)
		self.assertIn("score is low", quotation.b2b_security_demanded_because)

	def test_what_was_agreed_on_the_quotation_goes_to_the_order(self):
		from erpnext.selling.doctype.quotation.quotation import make_sales_order

		customer = make_customer()
		make_profile(customer, manual_limit=100_000)
		quotation = make_quotation(customer, 1000, b2b_made_to_order=1)
		quotation.b2b_security_required_percent = 30
		quotation.save()
		quotation.submit()
		order = make_sales_order(quotation.name)
		self.assertEqual((order.b2b_security_required_percent, order.items[0].b2b_made_to_order), (30, 1))

	def test_a_quotation_to_a_lead_asks_for_nothing(self):
		lead = frappe.get_doc({"doctype": "Lead", "first_name": "New", "company_name": "New"}).insert()
		quotation = frappe.get_doc(
			{
				"doctype": "Quotation",
				"quotation_to": "Lead",
				"party_name": lead.name,
				"company": COMPANY,
				"currency": "DKK",
				"selling_price_list": PRICE_LIST,
				"items": [{"item_code": WIDGET, "qty": 1, "rate": 1000, "b2b_made_to_order": 1}],
			}
		).insert()
		self.assertEqual(quotation.b2b_security_demanded_percent, 0)


class TestPolicy(SiteTestCase):
	def test_a_new_policy_has_the_rows_of_the_requirements(self):
		rows = {row.what: (row.threshold, row.percent, row.unit) for row in active_policy().security_demands}
		self.assertEqual(
			rows,
			{
				"Score": (40, 100, "Points"),
				"Own Equity": (5, 50, "%"),
				"Annual Spend": (20, 50, "%"),
				"Default": (30, 100, "Days"),
				"Made to Order": (0, 50, ""),
			},
		)

	def test_rows_that_cannot_be(self):
		policy = active_policy()
		policy.append("security_demands", {"what": "Score", "threshold": 10, "percent": 10})
		with self.assertRaisesRegex(CreditPolicyError, "looks at the same"):
			policy.save()
		policy.reload()
		policy.security_demands[0].percent = 101
		with self.assertRaisesRegex(CreditPolicyError, "between 0 and 100"):
			policy.save()

	def test_a_row_of_nothing_is_off(self):
		policy = active_policy()
		for row in policy.security_demands:
			row.percent = 0
		policy.save()
		customer = make_customer()
		make_profile(customer, manual_limit=1000, credit_score=1, credit_score_on=nowdate())
		self.assertEqual(make_order(customer, 100).b2b_credit_status, "Clear")
