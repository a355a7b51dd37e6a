"""An order's way through the gate on a real site: submitted, parked, released, delivered; paid, cleared."""

import frappe
from frappe.utils import flt

from b2b_contracts import api
from b2b_contracts.credit import clearing, log
from b2b_contracts.exceptions import CreditHoldError, NotYourMandateError, ReleaseError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase


class TestSpine(SiteTestCase):
	def order_over_limit(self, **fields):
		customer = make.make_customer()
		make.make_profile(customer, manual_limit=10_000, limit_reason="Agreed")
		with as_user("seller1"):
			return customer, make.make_order(customer, 12_000, **fields)

	def test_an_order_within_the_limit_is_clear_and_leaves_a_decision(self):
		customer = make.make_customer()
		make.make_profile(customer, manual_limit=10_000, limit_reason="Agreed")
		with as_user("seller1"):
			order = make.make_order(customer, 9_500)
		self.assertEqual(order.b2b_credit_status, "Clear")
		self.assertEqual(order.status, "To Deliver and Bill")
		decision = frappe.get_last_doc("Credit Decision", {"reference_name": order.name})
		self.assertEqual((decision.kind, decision.outcome), ("Submit", "Clear"))
		self.assertEqual(log.verify(), [])

	def test_an_order_over_the_limit_is_parked_with_reasons_and_ways_out(self):
		_customer, order = self.order_over_limit()
		self.assertEqual((order.docstatus, order.status, order.b2b_credit_status), (1, "On Hold", "Held"))
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual(hold.status, "Open")
		self.assertEqual([row.rule for row in hold.reasons], ["Limit Use"])
		ways = {way["kind"]: way for way in frappe.parse_json(hold.ways_out)}
		self.assertEqual(flt(ways["reduce"]["amount"]), 2_500)
		self.assertEqual(hold.required_role, "Finance Director")
		self.assertTrue(hold.response_due)

	def test_a_parked_order_is_released_within_the_mandate_and_delivered(self):
		_customer, order = self.order_over_limit()
		with as_user("stock_user"), self.assertRaises((CreditHoldError, frappe.ValidationError)):
			make.make_delivery(order)
		with as_user("controller"), self.assertRaises(NotYourMandateError):
			api.release(order.b2b_credit_hold, "Known customer")
		with as_user("finance_director"), self.assertRaises(ReleaseError):
			api.release(order.b2b_credit_hold, "  ")
		with as_user("finance_director"):
			api.release(order.b2b_credit_hold, "Known customer")
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Released", "To Deliver and Bill"))
		with as_user("stock_user"):
			note = make.make_delivery(order)
		self.assertEqual(note.docstatus, 1)

	def test_a_payment_clears_the_parked_order(self):
		customer = make.make_customer()
		make.make_profile(customer, manual_limit=10_000, limit_reason="Agreed")
		invoice = make.make_invoice(customer, 8_000)
		with as_user("seller1"):
			order = make.make_order(customer, 5_000)
		self.assertEqual(order.b2b_credit_status, "Held")
		make.make_payment(invoice)
		clearing.clear_waiting(customer.name, COMPANY)
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Clear", "To Deliver and Bill"))
