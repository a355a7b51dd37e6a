"""Every way around a *delivery stop* that requirements §2.4 names: the goods of a stopped customer leave by none of them."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import BANK, COMPANY, WAREHOUSE, WIDGET, SiteTestCase

REFUSALS = (CreditHoldError, frappe.ValidationError, frappe.PermissionError)


class StoppedTestCase(SiteTestCase):
	"""A customer of class C with an order that was granted, and an item fifteen days late since: deliveries are stopped."""

	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="C")
		with as_user("seller1"):
			self.order = make.make_order(self.customer, 2_000, qty=2)
		with make.policy_off():
			self.late = make.make_overdue_invoice(self.customer, 3_000, days=20)
		clearing.clear_waiting(self.customer.name, COMPANY)

	def assertStopped(self):
		status = frappe.db.get_value("Credit Profile", self.profile.name, "status")
		self.assertEqual(status, "Delivery Stop")

	def assertNothingLeft(self):
		self.assertStopped()
		self.assertEqual(frappe.db.get_value("Sales Order", self.order.name, "per_delivered"), 0)
		filters = {"item_code": WIDGET, "voucher_type": "Delivery Note", "is_cancelled": 0}
		notes = frappe.get_all("Delivery Note", {"customer": self.customer.name}, pluck="name") or [""]
		self.assertFalse(frappe.get_all("Stock Ledger Entry", {**filters, "voucher_no": ["in", notes]}))

	def refused(self, action, *arguments, user="stock_user", why=REFUSALS):
		frappe.db.savepoint("before_try")
		with as_user(user), self.assertRaises(why):
			action(*arguments)
		frappe.db.rollback(save_point="before_try")

	def deliver(self, **fields):
		return make.make_delivery(self.order, **fields)


class TestByTheOrder(StoppedTestCase):
	def test_close_and_reopen(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		with as_user("seller1"):
			update_status("Closed", self.order.name)
			update_status("Draft", self.order.name)
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_hold_and_resume(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		with as_user("seller1"):
			update_status("On Hold", self.order.name)
		with as_user("seller1"):
			update_status("Draft", self.order.name)
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_update_items_after_submit(self):
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		row = frappe.get_doc("Sales Order", self.order.name).items[0]
		changed = [{"docname": row.name, "item_code": WIDGET, "qty": 1, "rate": 1_000}]
		frappe.set_user("Administrator")
		update_child_qty_rate("Sales Order", frappe.as_json(changed), self.order.name)
		self.order.reload()
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_another_order_of_the_same_customer(self):
		with as_user("seller1"):
			other = make.make_order(self.customer, 100)
		self.refused(make.make_delivery, other)
		self.assertNothingLeft()


class TestByTheDelivery(StoppedTestCase):
	def test_a_draft_that_carries_somebody_elses_release(self):
		other = make.make_customer()
		make.make_profile(other, manual_limit=100)
		with as_user("seller1"):
			held = make.make_order(other, 5_000)
		with as_user("cfo"):
			api.release(held.b2b_credit_hold, "Agreed")
		note = self.deliver(submit=False, b2b_credit_hold=held.b2b_credit_hold)
		self.refused(note.submit)
		self.assertNothingLeft()

	def test_submitting_over_rest(self):
		note = self.deliver(submit=False)
		self.refused(frappe.client.submit, note.as_dict())
		self.refused(frappe.client.set_value, "Delivery Note", note.name, {"docstatus": 1})
		self.assertNothingLeft()

	def test_submitting_without_validation(self):
		note = self.deliver(submit=False)
		note.flags.ignore_validate = True
		self.refused(note.submit, why=CreditHoldError)
		self.assertNothingLeft()

	def test_data_import(self):
		frappe.flags.in_import = True
		try:
			self.refused(self.deliver)
		finally:
			frappe.flags.in_import = False
		self.assertNothingLeft()

	def test_amending_a_delivery_of_before(self):
		frappe.db.set_value("Sales Invoice", self.late.name, "due_date", nowdate())
		frappe.db.set_value("Sales Invoice", self.late.name, "b2b_original_due_date", None)
		frappe.db.sql(
			"update `tabPayment Schedule` set due_date=%s where parent=%s", (nowdate(), self.late.name)
		)
		clearing.clear_waiting(self.customer.name, COMPANY)
		with as_user("stock_user"):
			note = self.deliver()
			note.cancel()
		frappe.db.set_value("Sales Invoice", self.late.name, "due_date", add_days(nowdate(), -20))
		clearing.clear_waiting(self.customer.name, COMPANY)
		amended = frappe.copy_doc(note)
		amended.amended_from = note.name
		self.refused(lambda: amended.insert().submit())
		self.assertNothingLeft()

	def test_without_an_order(self):
		self.refused(lambda: make.make_delivery(customer=self.customer, amount=100))
		self.assertNothingLeft()

	def test_the_credit_controller_role_of_erpnext_passes_nothing(self):
		with change_settings("Accounts Settings", credit_controller="Stock User"):
			self.refused(self.deliver)
		self.assertNothingLeft()

	def test_not_even_the_administrator(self):
		self.refused(self.deliver, user="Administrator")
		self.assertNothingLeft()


class TestByOtherDocuments(StoppedTestCase):
	def test_an_invoice_that_ships(self):
		self.refused(
			lambda: make.make_invoice(order=self.order, update_stock=1, set_warehouse=WAREHOUSE),
			user="Administrator",
		)
		self.assertNothingLeft()

	def test_an_invoice_that_ships_without_an_order(self):
		self.refused(
			lambda: make.make_invoice(self.customer, 100, update_stock=1, set_warehouse=WAREHOUSE),
			user="Administrator",
		)
		self.assertNothingLeft()

	def test_samples(self):
		def send():
			make_entry = frappe.get_doc(
				{
					"doctype": "Stock Entry",
					"purpose": "Material Issue",
					"stock_entry_type": "Material Issue",
					"company": COMPANY,
					"b2b_customer": self.customer.name,
					"items": [{"item_code": WIDGET, "qty": 1, "s_warehouse": WAREHOUSE, "basic_rate": 10}],
				}
			)
			make_entry.insert().submit()

		self.refused(send, user="Administrator")
		self.assertNothingLeft()

	def test_consignment(self):
		target = make.make_warehouse(b2b_customer=self.customer.name)

		def send():
			make.make_stock_entry("Material Transfer", source=WAREHOUSE, target=target.name)

		self.refused(send, why=CreditHoldError)
		self.assertNothingLeft()

	def test_a_sale_at_the_till_that_is_not_paid(self):
		mode = frappe.get_doc("Mode of Payment", "Cash")
		if not any(row.company == COMPANY for row in mode.accounts):
			mode.append("accounts", {"company": COMPANY, "default_account": BANK})
			mode.save()
		invoice = make.make_invoice(
			self.customer,
			items=[{"item_code": WIDGET, "qty": 1, "rate": 100, "warehouse": WAREHOUSE}],
			submit=False,
		)
		invoice.update({"is_pos": 1, "update_stock": 1})
		invoice.append("payments", {"mode_of_payment": "Cash", "amount": 1, "account": BANK})
		invoice.save()
		self.refused(invoice.submit, user="Administrator", why=CreditHoldError)
		self.assertNothingLeft()

	def test_a_pick_list(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list

		pick_list = create_pick_list(self.order.name)
		pick_list.insert()
		self.refused(pick_list.submit, why=CreditHoldError)
		self.assertNothingLeft()


class TestByTheDebt(StoppedTestCase):
	def test_a_due_date_that_is_edited(self):
		invoice = frappe.get_doc("Sales Invoice", self.late.name)
		invoice.due_date = add_days(nowdate(), 30)
		for row in invoice.payment_schedule:
			row.due_date = invoice.due_date
		frappe.db.savepoint("before_edit")
		try:
			invoice.save()
		except frappe.ValidationError:
			frappe.db.rollback(save_point="before_edit")
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_a_credit_and_rebill(self):
		from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

		make_sales_return(self.late.name).insert().submit()
		make.make_invoice(self.customer, 3_000)
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_the_debt_moved_to_another_account_by_journal(self):
		debit_to = self.late.debit_to
		journal = frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"company": COMPANY,
				"posting_date": nowdate(),
				"accounts": [
					{
						"account": debit_to,
						"party_type": "Customer",
						"party": self.customer.name,
						"credit_in_account_currency": 3_000,
						"reference_type": "Sales Invoice",
						"reference_name": self.late.name,
					},
					{
						"account": debit_to,
						"party_type": "Customer",
						"party": self.customer.name,
						"debit_in_account_currency": 3_000,
					},
				],
			}
		)
		journal.insert().submit()
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.refused(self.deliver)
		self.assertNothingLeft()

	def test_paying_lifts_it(self):
		"""The stop is no dead end: with the money here the goods leave."""
		make.make_payment(self.late, paid_to=BANK)
		clearing.clear_waiting(self.customer.name, COMPANY)
		with as_user("stock_user"):
			self.assertEqual(self.deliver().docstatus, 1)


class TestByAnotherCustomer(SiteTestCase):
	def test_a_second_customer_of_the_same_tax_id(self):
		first = make.make_customer(tax_id="DK50607081")
		make.make_profile(first, manual_limit=10_000)
		make.make_group(first, group_limit=10_000)
		second = make.make_customer(tax_id="DK 50 60 70 81")
		make.make_profile(second, manual_limit=10_000)
		with as_user("seller1"):
			make.make_order(first, 9_000)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(customer=second, amount=5_000)
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(customer=second, amount=400).docstatus, 1)
