"""Every way around the gate that requirements §2.4 names, tried with a seller's rights (stock and accounts rights
where the document needs them). Each must end parked or refused, never quietly through."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, flt, nowdate

from b2b_contracts import api
from b2b_contracts.credit import clearing, deliveries, parking
from b2b_contracts.exceptions import CreditHoldError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import BANK, COMPANY, WAREHOUSE, SiteTestCase, email_of

REFUSALS = (CreditHoldError, frappe.ValidationError, frappe.PermissionError)


class BypassTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def order(self, amount=12_000, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, ["b2b_credit_status", "status"])


class TestStatusByHand(BypassTestCase):
	def test_resume_does_not_free_a_held_order(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		order = self.order()
		for user in ("seller1", "stock_user", "Administrator"):
			frappe.db.savepoint("before_resume")
			with as_user(user), self.assertRaises(CreditHoldError):
				update_status("Draft", order.name)
			frappe.db.rollback(save_point="before_resume")
		self.assertEqual(frappe.get_doc("Sales Order", order.name).b2b_credit_status, "Held")

	def test_close_and_reopen_is_decided_again(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		order = self.order(9_000)
		self.assertEqual(order.b2b_credit_status, "Clear")
		with as_user("seller1"):
			update_status("Closed", order.name)
			self.assertEqual(self.status(order), ("Not Checked", "Closed"))
			other = make.make_order(self.customer, 9_000)
			self.assertEqual(other.b2b_credit_status, "Clear")
			update_status("Draft", order.name)
		self.assertEqual(self.status(order), ("Held", "On Hold"))

	def test_closing_a_held_order_ends_its_hold_and_reopening_holds_it_again(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		order = self.order()
		with as_user("seller1"):
			update_status("Closed", order.name)
			self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "status"), "Cancelled")
			update_status("Draft", order.name)
		status, hold = frappe.db.get_value(
			"Sales Order", order.name, ["b2b_credit_status", "b2b_credit_hold"]
		)
		self.assertEqual(status, "Held")
		self.assertNotEqual(hold, order.b2b_credit_hold)

	def test_a_manual_hold_of_a_clear_order_can_be_resumed_and_still_counts(self):
		from erpnext.selling.doctype.sales_order.sales_order import update_status

		order = self.order(9_000)
		with as_user("seller1"):
			update_status("On Hold", order.name)
			self.assertEqual(api.credit_status(self.customer.name, COMPANY)["granted_orders"], 9_000)
			update_status("Draft", order.name)
		self.assertEqual(self.status(order), ("Clear", "To Deliver and Bill"))


class TestOurFieldsFromAClient(BypassTestCase):
	def test_a_draft_sent_with_our_status_is_decided_all_the_same(self):
		order = self.order(b2b_credit_status="Clear", b2b_credit_hold=None)
		self.assertEqual(order.b2b_credit_status, "Held")

	def test_a_submitted_order_keeps_what_was_decided(self):
		order = self.order()
		with as_user("seller1"):
			doc = frappe.get_doc("Sales Order", order.name)
			doc.update({"b2b_credit_status": "Clear", "b2b_credit_hold": None})
			doc.save()
		self.assertEqual(self.status(order), ("Held", "On Hold"))

	def test_a_stale_form_does_not_undo_a_release(self):
		order = self.order()
		stale = frappe.get_doc("Sales Order", order.name)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Agreed")
		with as_user("seller1"):
			stale.po_no = "PO-77"
			stale.save()
		self.assertEqual(self.status(order), ("Released", "To Deliver and Bill"))

	def test_holds_and_decisions_cannot_be_written_over_rest(self):
		order = self.order()
		decision = frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "decision")
		for user in ("seller1", "credit_manager", "Administrator"):
			with as_user(user):
				for doctype, name, values in (
					("Credit Hold", order.b2b_credit_hold, {"status": "Released"}),
					("Credit Decision", decision, {"outcome": "Clear"}),
				):
					with self.assertRaises(REFUSALS):
						frappe.client.set_value(doctype, name, values)
					with self.assertRaises(REFUSALS):
						frappe.client.delete(doctype, name)
				with self.assertRaises(REFUSALS):
					frappe.client.insert(
						{
							"doctype": "Credit Hold",
							"flags": {"credit_service": True},
							"customer": self.customer.name,
						}
					)

	def test_bulk_edit_cannot_write_our_status(self):
		from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

		order = self.order()
		with as_user("seller1"):
			submit_cancel_or_update_docs(
				"Sales Order", frappe.as_json([order.name]), "update", {"b2b_credit_status": "Clear"}
			)
		self.assertEqual(self.status(order), ("Held", "On Hold"))


class TestChangesAfterSubmit(BypassTestCase):
	def update_items(self, order, **values):
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		row = order.items[0]
		rows = [
			{
				"docname": row.name,
				"name": row.name,
				"item_code": row.item_code,
				"qty": row.qty,
				"rate": row.rate,
				"uom": row.uom,
				"conversion_factor": row.conversion_factor,
				"delivery_date": str(row.delivery_date),
				**values,
			}
		]
		update_child_qty_rate("Sales Order", frappe.as_json(rows), order.name)

	def test_update_items_beyond_the_limit_parks_the_order(self):
		order = self.order(9_000)
		with as_user("seller1"):
			self.update_items(order, qty=2)
		self.assertEqual(self.status(order), ("Held", "On Hold"))

	def test_update_items_to_what_fits_clears_the_order(self):
		order = self.order(12_000, qty=12)
		with as_user("seller1"):
			self.update_items(order, qty=9)
		self.assertEqual(self.status(order), ("Clear", "To Deliver and Bill"))
		self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "status"), "Cleared")

	def test_a_release_covers_no_more_than_was_released(self):
		order = self.order(12_000, qty=12)
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Agreed")
		order.reload()
		with as_user("seller1"):
			self.update_items(order, qty=11)
			self.assertEqual(self.status(order)[0], "Released")
			order.reload()
			self.update_items(order, qty=20)
		self.assertEqual(self.status(order), ("Held", "On Hold"))

	def test_amending_is_decided_like_a_new_order(self):
		order = self.order()
		with as_user("cfo"):
			api.release(order.b2b_credit_hold, "Agreed")
		with as_user("sales_manager"):
			order.reload()
			order.cancel()
			amended = frappe.copy_doc(order, ignore_no_copy=False)
			amended.update({"amended_from": order.name, "docstatus": 0, "delivery_date": order.delivery_date})
			amended.insert()
			self.assertEqual(amended.b2b_credit_status, "Not Checked")
			amended.submit()
		self.assertEqual(amended.b2b_credit_status, "Held")
		self.assertEqual(frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "status"), "Cancelled")


class TestShipping(BypassTestCase):
	def test_a_held_order_is_not_delivered_picked_billed_or_reserved(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list

		order = self.order(delivery_date=add_days(nowdate(), 3))
		with as_user("stock_user"), self.assertRaises(REFUSALS):
			make.make_delivery(order)
		with as_user("Administrator"), self.assertRaises(REFUSALS):
			make.make_invoice(order=order)
		with as_user("stock_user"):
			pick_list = create_pick_list(order.name)
			pick_list.update({"company": COMPANY, "parent_warehouse": WAREHOUSE})
			pick_list.insert()
			for row in pick_list.locations:
				row.picked_qty = row.stock_qty
			with self.assertRaises(CreditHoldError):
				pick_list.submit()

	def test_stock_is_not_reserved_for_a_held_order(self):
		with change_settings("Stock Settings", enable_stock_reservation=1):
			order = self.order(reserve_stock=1)
			self.assertFalse(
				frappe.db.exists("Stock Reservation Entry", {"voucher_no": order.name, "docstatus": 1})
			)
			with as_user("Administrator"), self.assertRaises(CreditHoldError):
				frappe.get_doc("Sales Order", order.name).create_stock_reservation_entries()
			with as_user("cfo"):
				api.release(order.b2b_credit_hold, "Agreed")
			parking.reserve_stock_of(order.name)
			self.assertTrue(
				frappe.db.exists("Stock Reservation Entry", {"voucher_no": order.name, "docstatus": 1})
			)

	def test_an_order_that_only_waits_for_its_prepayment_keeps_stock_for_some_days(self):
		customer = make.make_customer()
		make.make_profile(customer, segment="D", risk_class="C")
		with change_settings("Stock Settings", enable_stock_reservation=1), as_user("Administrator"):
			order = make.make_order(customer, 1_000, reserve_stock=1)
			reserved = {"voucher_no": order.name, "docstatus": 1}
			self.assertEqual(order.b2b_credit_status, "Held")
			self.assertTrue(frappe.db.exists("Stock Reservation Entry", reserved))
			frappe.db.set_value(
				"Credit Hold", order.b2b_credit_hold, "reservation_until", add_days(nowdate(), -1)
			)
			for name in clearing._reservations_run_out():
				clearing._end_reservation(name)
			self.assertFalse(frappe.db.exists("Stock Reservation Entry", reserved))

	def test_a_direct_delivery_beyond_the_limit_is_refused(self):
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(customer=self.customer, amount=12_000)

	def test_a_direct_invoice_beyond_the_limit_is_refused_with_and_without_stock(self):
		for update_stock in (0, 1):
			with as_user("Administrator"), self.assertRaises(CreditHoldError):
				make.make_invoice(self.customer, 12_000, update_stock=update_stock)

	def test_a_row_that_only_names_an_order_is_not_covered_by_it(self):
		order = self.order(1_000)
		invoice = make.make_invoice(self.customer, 50_000, submit=False)
		invoice.items[0].sales_order = order.name
		invoice.save()
		with self.assertRaises(REFUSALS):
			invoice.submit()

	def test_a_pos_invoice_paid_in_full_passes_and_one_on_credit_does_not(self):
		paid = self.pos_invoice(12_000, paid=12_000)
		paid.submit()
		self.assertEqual(paid.docstatus, 1)
		with self.assertRaises(CreditHoldError):
			self.pos_invoice(12_000, paid=100).submit()

	def pos_invoice(self, amount, paid):
		if not frappe.db.exists("Mode of Payment Account", {"parent": "Cash", "company": COMPANY}):
			mode = frappe.get_doc("Mode of Payment", "Cash")
			mode.append("accounts", {"company": COMPANY, "default_account": BANK})
			mode.save()
		invoice = make.make_invoice(self.customer, amount, submit=False)
		invoice.is_pos = 1
		invoice.append("payments", {"mode_of_payment": "Cash", "amount": paid, "account": BANK})
		invoice.save()
		return invoice

	def test_delivered_goods_can_always_be_invoiced(self):
		order = self.order(9_000)
		note = make.make_delivery(order)
		with make.policy_off():
			make.make_overdue_invoice(self.customer, 50_000, days=40)
		invoice = make.make_invoice(delivery=note)
		self.assertEqual(invoice.docstatus, 1)

	def test_a_stopped_customer_gets_no_delivery_of_an_order_that_was_clear(self):
		order = self.order(9_000)
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours of bankruptcy", "Stop")
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)

	def test_a_hold_on_the_customer_parks_new_orders_and_lets_granted_ones_go(self):
		order = self.order(1_000)
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Waiting for accounts")
		self.assertEqual(self.order(1_000).b2b_credit_status, "Held")
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_returns_are_exempt(self):
		order = self.order(9_000)
		note = make.make_delivery(order)
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Stopped", "Stop")
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		back = make_sales_return(note.name).insert()
		back.submit()
		self.assertEqual(back.docstatus, 1)


class TestStockEntries(BypassTestCase):
	"""Samples and consignment. A widget is worth 1 in stock, the limit is 10,000, of which 95 % may be used."""

	def entry(
		self, qty=1_000, purpose="Material Issue", source=WAREHOUSE, target=None, submit=True, **fields
	):
		return make.make_stock_entry(purpose, qty, source, target, submit=submit, **fields)

	def sample(self, qty=1_000, **fields):
		return self.entry(qty, b2b_customer=self.customer.name, **fields)

	def consignment(self, qty=1_000, warehouse=None, **fields):
		warehouse = warehouse or make.make_warehouse(b2b_customer=self.customer.name).name
		return self.entry(qty, "Material Transfer", target=warehouse, **fields)

	def stop(self, action="Stop"):
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Rumours of bankruptcy", action)

	def decisions(self, **filters):
		filters = {"reference_doctype": "Stock Entry", "customer": self.customer.name, **filters}
		return frappe.get_all("Credit Decision", filters=filters, fields=["kind", "outcome", "amount"])

	def test_what_the_customer_has_credit_for_goes_and_is_logged(self):
		with as_user("stock_user"):
			self.assertEqual(self.sample(9_500).docstatus, 1)
			self.assertEqual(self.consignment(9_500).docstatus, 1)
		self.assertEqual({row.kind for row in self.decisions(outcome="Clear", amount=9_500)}, {"Submit"})
		self.assertEqual(len(self.decisions()), 2)
		self.assertEqual(api.credit_status(self.customer.name, COMPANY)["exposure_before"], 0)

	def test_a_sample_beyond_the_credit_is_refused(self):
		with as_user("stock_user"):
			with self.assertRaises(CreditHoldError) as refused:
				self.sample(9_501)
			with self.assertRaises(CreditHoldError):
				self.sample(9_501, purpose="Material Transfer", target=make.make_warehouse().name)
		self.assertIn(self.customer.name, str(refused.exception))

	def test_what_is_owed_already_counts(self):
		make.make_invoice(self.customer, 5_000)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			self.sample(4_501)

	def test_a_sample_for_a_project_of_the_customer_is_refused(self):
		project = frappe.get_doc(
			{
				"doctype": "Project",
				"project_name": self.customer.name,
				"customer": self.customer.name,
				"company": COMPANY,
			}
		).insert()
		with as_user("stock_user"):
			with self.assertRaises(CreditHoldError):
				self.entry(9_501, project=project.name)
			with self.assertRaises(CreditHoldError):
				self.entry(9_501, row={"project": project.name})

	def test_consignment_beyond_the_credit_is_refused_also_below_a_group_of_warehouses(self):
		group = make.make_warehouse(b2b_customer=self.customer.name, is_group=1)
		leaf = make.make_warehouse(parent_warehouse=group.name)
		with as_user("stock_user"):
			with self.assertRaises(CreditHoldError):
				self.consignment(9_501)
			with self.assertRaises(CreditHoldError):
				self.consignment(9_501, leaf.name)

	def test_consignment_in_portions_is_refused_when_it_is_too_much_together(self):
		group = make.make_warehouse(b2b_customer=self.customer.name, is_group=1)
		first = make.make_warehouse(parent_warehouse=group.name)
		second = make.make_warehouse(b2b_customer=self.customer.name)
		with as_user("stock_user"):
			self.consignment(6_000, first.name)
			with self.assertRaises(CreditHoldError):
				self.consignment(3_501, second.name)
			self.assertEqual(self.consignment(3_500, second.name).docstatus, 1)

	def test_a_receipt_straight_into_consignment_is_refused(self):
		warehouse = make.make_warehouse(b2b_customer=self.customer.name).name
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			self.entry(9_501, "Material Receipt", source=None, target=warehouse)

	def test_a_stopped_customer_gets_nothing(self):
		self.stop()
		with as_user("stock_user"):
			with self.assertRaises(CreditHoldError) as refused:
				self.sample(1)
			with self.assertRaises(CreditHoldError):
				self.consignment(1)
		self.assertIn(self.customer.name, str(refused.exception))
		self.assertNotIn("bankruptcy", str(refused.exception))

	def test_a_stop_by_balance_is_measured_with_the_goods(self):
		with make.policy_off():
			make.make_invoice(self.customer, 9_000)
		with as_user("stock_user"):
			self.assertEqual(self.sample(500).docstatus, 1)
			with self.assertRaisesRegex(CreditHoldError, "are stopped"):
				self.sample(3_001)

	def test_a_hold_by_hand_keeps_no_goods_back(self):
		self.stop("Hold")
		with as_user("stock_user"):
			self.assertEqual(self.sample(1).docstatus, 1)

	def test_an_unassessed_customer_gets_nothing(self):
		customer = make.make_customer()
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			self.entry(1, b2b_customer=customer.name)

	def test_goods_that_come_back_or_stay_with_the_customer_pass_a_stop(self):
		theirs = make.make_warehouse(b2b_customer=self.customer.name).name
		other = make.make_warehouse(b2b_customer=self.customer.name).name
		self.consignment(1_000, theirs)
		self.stop()
		named = {"b2b_customer": self.customer.name}
		with as_user("stock_user"):
			back = self.entry(300, "Material Transfer", theirs, WAREHOUSE, **named)
			moved = self.entry(300, "Material Transfer", theirs, other)
			used = self.entry(300, source=theirs, **named)
			returned = self.sample(1, is_return=1)
		self.assertEqual([doc.docstatus for doc in (back, moved, used, returned)], [1] * 4)

	def test_goods_from_one_customers_consignment_to_another_are_checked(self):
		theirs = make.make_warehouse(b2b_customer=self.customer.name).name
		other = make.make_customer()
		self.consignment(1_000, theirs)
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			self.entry(300, "Material Transfer", theirs, make.make_warehouse(b2b_customer=other.name).name)

	def test_entries_that_name_no_customer_are_none_of_our_business(self):
		self.stop()
		with as_user("stock_user"):
			self.assertEqual(self.entry(50_000).docstatus, 1)
			target = make.make_warehouse().name
			self.assertEqual(self.entry(50_000, "Material Transfer", target=target).docstatus, 1)
		self.assertEqual(self.decisions(), [])

	def test_observe_refuses_nothing_and_logs_what_it_saw(self):
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		with as_user("stock_user"):
			self.assertEqual(self.sample(9_501).docstatus, 1)
		(seen,) = self.decisions()
		self.assertEqual((seen.kind, seen.outcome), ("Observe", "Held"))

	def test_a_policy_that_is_off_refuses_and_logs_nothing(self):
		with make.policy_off(), as_user("stock_user"):
			self.assertEqual(self.sample(9_501).docstatus, 1)
		self.assertEqual(self.decisions(), [])

	def test_a_refusal_is_logged_after_the_entry_was_rolled_back(self):
		with patch.object(deliveries, "after_refusal") as later:
			with as_user("stock_user"), self.assertRaises(CreditHoldError):
				self.sample(9_501)
		((write,), _options) = later.call_args
		write()
		(kept,) = self.decisions()
		self.assertEqual((kept.kind, kept.outcome, kept.amount), ("Refuse", "Held", 9_501))

	def test_security_that_counts_makes_room(self):
		make.make_security(self.customer, 20_000)
		with as_user("stock_user"):
			self.assertEqual(self.sample(19_000).docstatus, 1)


class TestErpnextsOwnCheck(BypassTestCase):
	def test_its_limit_does_not_decide_a_second_time(self):
		customer = make.make_customer(credit_limits=[{"company": COMPANY, "credit_limit": 100}])
		make.make_profile(customer, manual_limit=10_000)
		with as_user("seller1"):
			self.assertEqual(make.make_order(customer, 5_000).b2b_credit_status, "Clear")

	def test_its_limit_of_a_customer_without_profile_parks_instead_of_refusing(self):
		customer = make.make_customer(credit_limits=[{"company": COMPANY, "credit_limit": 100}])
		with as_user("seller1"):
			self.assertEqual(make.make_order(customer, 5_000).b2b_credit_status, "Held")

	def test_the_credit_controller_role_passes_nothing_silently(self):
		with change_settings("Accounts Settings", credit_controller="Sales User"):
			self.assertEqual(self.order().b2b_credit_status, "Held")

	def test_the_former_row_comes_back_with_the_policy_off(self):
		customer = make.make_customer(credit_limits=[{"company": COMPANY, "credit_limit": 7_777}])
		make.make_profile(customer, manual_limit=10_000)
		with as_user("seller1"):
			make.make_order(customer, 5_000)
		row = {"parent": customer.name, "company": COMPANY}
		self.assertEqual(frappe.db.get_value("Customer Credit Limit", row, "b2b_managed"), 1)
		with make.policy_off():
			found = frappe.db.get_value("Customer Credit Limit", row, ["credit_limit", "b2b_managed"])
			self.assertEqual((flt(found[0]), found[1]), (7_777, 0))

	def test_saving_the_customer_keeps_the_row(self):
		self.order(1_000)
		customer = frappe.get_doc("Customer", self.customer.name)
		customer.credit_limits = []
		customer.save()
		row = {"parent": customer.name, "company": COMPANY, "b2b_managed": 1}
		self.assertTrue(frappe.db.exists("Customer Credit Limit", row))


class TestOtherWaysIn(BypassTestCase):
	def test_data_import_parks_too(self):
		frappe.flags.in_import = True
		try:
			order = self.order(order_type="Sales", status="Draft")
			self.assertEqual(order.b2b_credit_status, "Held")
		finally:
			frappe.flags.in_import = False

	def test_submitting_without_validation_is_refused(self):
		order = self.order(submit=False)
		order.flags.ignore_validate = True
		with self.assertRaises(CreditHoldError):
			order.submit()

	def test_orders_from_auto_repeat_are_parked_and_somebody_is_told(self):
		frappe.set_user("Administrator")
		order = make.make_order(self.customer, 12_000, submit=False)
		repeat = frappe.get_doc(
			{
				"doctype": "Auto Repeat",
				"reference_doctype": "Sales Order",
				"reference_document": order.name,
				"frequency": "Monthly",
				"start_date": nowdate(),
				"submit_on_creation": 1,
			}
		).insert()
		made = repeat.make_new_document()
		self.assertEqual(made.b2b_credit_status, "Held")
		self.assertEqual(
			frappe.db.get_value("Credit Hold", made.b2b_credit_hold, "salesperson"), email_of("seller1")
		)

	def test_orders_of_a_web_shopper_are_parked_and_the_account_manager_is_told(self):
		order = make.make_order(self.customer, 12_000, submit=False)
		frappe.db.set_value("Sales Order", order.name, "owner", "Guest")
		order.reload()
		order.submit()
		self.assertEqual(
			frappe.db.get_value("Credit Hold", order.b2b_credit_hold, "salesperson"), email_of("seller1")
		)

	def test_a_second_customer_of_the_same_tax_id_joins_the_group(self):
		first = make.make_customer(tax_id="DK10203040")
		make.make_profile(first, manual_limit=10_000)
		group = make.make_group(first, group_limit=10_000)
		second = make.make_customer(tax_id="DK 10 20 30 40")
		profile = make.make_profile(second, manual_limit=10_000)
		self.assertEqual(profile.credit_group, group.name)
		with as_user("seller1"):
			make.make_order(first, 9_000)
			self.assertEqual(make.make_order(second, 9_000).b2b_credit_status, "Held")

	def test_a_controller_does_not_raise_a_limit_to_get_past_the_matrix(self):
		order = self.order()
		for changes in (
			{"manual_limit": 100_000},
			{"limit_type": "Unlimited"},
			{"temporary_limit": 100_000, "temporary_limit_until": add_days(nowdate(), 1)},
			{"segment": "A"},
			{"risk_class": "A"},
		):
			with as_user("controller"), self.assertRaises(frappe.PermissionError):
				profile = frappe.get_doc("Credit Profile", self.profile.name)
				profile.update({**changes, "change_reason": "Friend"})
				profile.save()
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			make.make_profile(make.make_customer(), manual_limit=1_000_000)
		self.assertEqual(self.status(order)[0], "Held")

	def test_a_controller_assesses_a_new_customer_by_segment(self):
		customer = make.make_customer()
		with as_user("controller"):
			self.assertEqual(make.make_profile(customer, segment="C").granted_limit, 100_000)

	def test_one_request_that_submits_five_orders_sees_its_own(self):
		with as_user("seller1"):
			drafts = [make.make_order(self.customer, 2_000, submit=False) for _n in range(5)]
			outcomes = [draft.submit().b2b_credit_status for draft in drafts]
		self.assertEqual(outcomes, ["Clear"] * 4 + ["Held"])

	def test_bulk_delivery_does_not_pass(self):
		from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

		order = self.order(9_000)
		note = make.make_delivery(order, submit=False)
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "Stopped", "Stop")
		# Bulk actions commit and roll back by themselves, so what they work on must be there for good.
		frappe.db.commit()
		with as_user("stock_user"):
			failed = submit_cancel_or_update_docs("Delivery Note", frappe.as_json([note.name]), "submit")
		self.assertEqual(failed, [note.name])
		self.assertEqual(frappe.db.get_value("Delivery Note", note.name, "docstatus"), 0)
