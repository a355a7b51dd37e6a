"""Stock that is kept for an order: given back as the order is parked, and never a reason for something else to fail."""

import frappe
from frappe.utils import nowdate

from b2b_contracts import api
from b2b_contracts.credit import parking
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WAREHOUSE, WIDGET, SiteTestCase


class TestReservedStock(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000)
		settings = {"enable_stock_reservation": 1, "auto_reserve_stock_for_sales_order_on_purchase": 1}
		self.enterContext(change_settings("Stock Settings", **settings))

	def order(self, amount=1_000, **fields):
		return make.make_order(self.customer, amount, **fields)

	def reserved(self, order) -> float:
		filters = {"voucher_no": order.name, "docstatus": 1, "status": ["!=", "Cancelled"]}
		return sum(frappe.get_all("Stock Reservation Entry", filters, pluck="reserved_qty"))

	def update_qty(self, order, qty: float):
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		row = order.reload().items[0]
		changed = {"docname": row.name, "name": row.name, "item_code": row.item_code, "rate": row.rate}
		changed |= {"uom": row.uom, "conversion_factor": 1, "delivery_date": str(row.delivery_date)}
		update_child_qty_rate("Sales Order", frappe.as_json([changed | {"qty": qty}]), order.name)
		order.reload()

	def stop(self):
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours", "Stop")

	def receive(self, order):
		"""Receive goods that were bought for an order; ERPNext reserves them for it."""
		row = order.items[0]
		bought = {"item_code": WIDGET, "qty": 1, "rate": 10, "warehouse": WAREHOUSE}
		bought |= {"sales_order": order.name, "sales_order_item": row.name}
		receipt = frappe.get_doc(
			{
				"doctype": "Purchase Receipt",
				"company": COMPANY,
				"supplier": make.make_supplier(),
				"currency": "DKK",
				"posting_date": nowdate(),
				"items": [bought],
			}
		)
		return receipt.insert().submit()

	def test_a_change_that_parks_an_order_gives_its_stock_back(self):
		order = self.order(reserve_stock=1)
		self.assertEqual(self.reserved(order), 1)
		self.update_qty(order, 20)
		self.assertEqual((order.b2b_credit_status, self.reserved(order)), ("Held", 0))
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Agreed")
		parking.reserve_stock_of(order.name)
		self.assertEqual(self.reserved(order), 20, "it wanted stock, and has it again")

	def test_an_order_that_only_waits_for_papers_keeps_it_for_some_days(self):
		order = self.order(reserve_stock=1, qty=2)
		frappe.db.set_value(
			"Credit Profile",
			{"customer": self.customer.name},
			{"credit_score": 1, "credit_score_on": nowdate()},
		)
		self.update_qty(order, 3)
		self.assertEqual((order.b2b_credit_status, self.reserved(order)), ("Held", 3))
		self.assertIsNotNone(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "reservation_until"))

	def test_items_can_be_changed_while_deliveries_are_stopped(self):
		order = self.order(reserve_stock=1, qty=2)
		self.stop()
		frappe.clear_messages()
		self.update_qty(order, 1)
		self.assertEqual((order.total_qty, self.reserved(order)), (1, 0))
		self.assertIn("Reserve it when the order goes on", self.messages())

	def test_goods_that_were_bought_for_an_order_come_in_though_it_is_held(self):
		order = self.order(20_000)
		self.assertEqual(order.b2b_credit_status, "Held")
		receipt = self.receive(order)
		self.assertEqual((receipt.docstatus, self.reserved(order)), (1, 0))
		self.assertIn("Reserve it when the order goes on", self.messages())
		self.assertEqual(frappe.db.get_value("Sales Order Item", order.items[0].name, "reserve_stock"), 1)

	def test_and_though_deliveries_are_stopped(self):
		order = self.order()
		self.stop()
		self.assertEqual((self.receive(order).docstatus, self.reserved(order)), (1, 0))

	def test_for_an_order_that_goes_on_they_are_reserved(self):
		order = self.order()
		self.receive(order)
		self.assertEqual(self.reserved(order), 1)

	def test_by_hand_it_is_refused(self):
		order = self.order(20_000)
		with self.assertRaisesRegex(CreditHoldError, "Stock cannot be reserved"):
			order.create_stock_reservation_entries(notify=False)
