"""Reminders ask for nothing that is disputed, planned, promised or on its way, and for nothing of an insolvent customer."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.collections import disputes, plans, promises
from b2b_contracts.exceptions import ChasingError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase


class ChasingCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=1_000_000, risk_class="B")

	def invoice(self, amount=4_000, days=20, **fields):
		with as_user("Administrator"), make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days, **fields)

	def remind(self, *invoices, **fields):
		frappe.clear_messages()
		return make.make_dunning(*invoices, **fields)

	def said(self) -> str:
		return " ".join(str(message.get("message")) for message in frappe.get_message_log()).replace(
			"\xa0", " "
		)

	def promise(self, amount, days=5, **fields):
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

	def asked(self, reminder) -> list[float]:
		return [row.outstanding for row in reminder.overdue_payments]

	def assertNothingToRemind(self, *invoices):
		with self.assertRaisesRegex(ChasingError, "nothing to remind"):
			self.remind(*invoices)


class TestWhatIsAskedFor(ChasingCase):
	def test_all_of_it_where_nothing_is_set_aside(self):
		reminder = self.remind(self.invoice())
		self.assertEqual((self.asked(reminder), reminder.dunning_fee, self.said()), ([4_000], 100, ""))

	def test_the_undisputed_part_and_interest_on_that_alone(self):
		invoice = self.invoice()
		make.make_dispute((invoice, 3_000))
		reminder = self.remind(invoice, rate=36.5)
		self.assertEqual(self.asked(reminder), [1_000])
		self.assertAlmostEqual(reminder.total_interest, 20)
		self.assertEqual(reminder.grand_total, 1_120)
		self.assertIn("3,000.00 is disputed", self.said())

	def test_what_is_disputed_in_full_is_left_out(self):
		disputed, other = self.invoice(), self.invoice(2_000)
		dispute = make.make_dispute((disputed, None))
		reminder = self.remind(disputed, other)
		self.assertEqual([row.sales_invoice for row in reminder.overdue_payments], [other.name])
		self.assertNothingToRemind(disputed)
		with as_user("controller"):
			disputes.settle(dispute.name, "Resolved: Rejected", "The goods were signed for.")
		self.assertEqual(self.asked(self.remind(disputed)), [4_000])

	def test_the_earliest_instalment_is_the_disputed_one(self):
		rows = [
			{"due_date": add_days(nowdate(), -days), "invoice_portion": 50, "payment_amount": 2_000}
			for days in (40, 10)
		]
		invoice = self.invoice(days=40, payment_schedule=rows)
		make.make_dispute((invoice, 2_500))
		reminder = self.remind(invoice)
		self.assertEqual(self.asked(reminder), [1_500])
		self.assertEqual(str(reminder.overdue_payments[0].due_date), add_days(nowdate(), -10))

	def test_in_the_currency_of_the_invoice(self):
		frappe.db.set_single_value(
			"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
		)
		invoice = self.invoice(100, currency="EUR", conversion_rate=7.5)
		make.make_dispute((invoice, 300))
		self.assertEqual(self.asked(self.remind(invoice)), [60])

	def test_what_a_plan_holds_is_left_out_from_its_approval_until_it_breaks_and_costs_no_fee_then(self):
		invoice = self.invoice(30_000)
		plan = make.make_plan((invoice, None), approved_by=None)
		self.assertEqual(self.asked(self.remind(invoice)), [30_000])
		with as_user("credit_manager"):
			plan.submit()
		self.assertNothingToRemind(invoice.reload())
		self.assertIn("is in a payment plan", self.said())
		make.make_payment(invoice, amount=10_000)
		plans.refresh(plan.name)
		self.assertNothingToRemind(invoice.reload())
		plans.end(plan.name, "Broken for a test.")
		reminder = self.remind(invoice)
		self.assertEqual((reminder.dunning_fee, reminder.docstatus), (0, 1))
		self.assertIn(plan.name, self.said())

	def test_where_the_law_does_not_forbid_it_a_broken_plan_changes_no_fee(self):
		invoice = self.invoice(30_000)
		plans.end(make.make_plan((invoice, None)).name, "Broken for a test.")
		allowing = frappe.get_doc("Dunning Jurisdiction", "Denmark")
		for row in allowing.rules:
			if row.rule == "Fee after a Broken Plan":
				row.value = "Yes"
		allowing.save()
		self.assertEqual(self.remind(invoice).dunning_fee, 100)

	def test_what_is_promised_for_a_day_to_come_is_left_out_until_that_day(self):
		invoice = self.invoice()
		promise = self.promise(3_000, sales_invoice=invoice.name)
		self.assertEqual(self.asked(self.remind(invoice)), [1_000])
		earlier = {"made_on": add_days(nowdate(), -6), "promised_date": add_days(nowdate(), -1)}
		frappe.db.set_value("Promise to Pay", promise.name, earlier)
		promises.daily()
		self.assertEqual(self.asked(self.remind(invoice)), [4_000])

	def test_a_promise_of_no_invoice_is_set_against_the_oldest(self):
		older, newer = self.invoice(2_000, days=40), self.invoice(4_000, days=20)
		self.promise(3_000)
		self.assertEqual(self.asked(self.remind(older, newer)), [3_000])
		self.assertEqual(self.asked(self.remind(newer)), [3_000])

	def test_money_on_its_way_by_a_slip_is_left_out(self):
		invoice = self.invoice()
		frappe.db.set_value("Sales Invoice", invoice.name, "b2b_awaited_amount", 4_000)
		self.assertNothingToRemind(invoice)

	def test_nobody_reminds_an_insolvent_customer(self):
		invoice = self.invoice()
		with as_user("controller"):
			frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": self.customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": nowdate(),
					"case_number": "K 14/2026",
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				}
			).insert()
		with self.assertRaisesRegex(ChasingError, "insolvent"):
			self.remind(invoice)


class TestDrafts(ChasingCase):
	def test_a_draft_that_has_fallen_behind_is_not_sent_before_it_is_saved_again(self):
		invoice = self.invoice()
		draft = self.remind(invoice, submit=False)
		make.make_dispute((invoice, 3_000))
		with self.assertRaisesRegex(ChasingError, "may not be asked for now"):
			draft.submit()
		draft.reload().save()
		draft.submit()
		self.assertEqual(self.asked(draft.reload()), [1_000])

	def test_saving_it_twice_takes_nothing_off_twice(self):
		invoice = self.invoice()
		make.make_dispute((invoice, 3_000))
		draft = self.remind(invoice, submit=False)
		draft.save()
		self.assertEqual(self.asked(draft), [1_000])

	def test_validation_cannot_be_skipped(self):
		invoice = self.invoice()
		make.make_dispute((invoice, None))
		doc = frappe.copy_doc(self.remind(self.invoice(), submit=False))
		doc.overdue_payments[0].sales_invoice = invoice.name
		doc.flags.ignore_validate = True
		with self.assertRaisesRegex(ChasingError, "nothing to remind"):
			doc.insert()

	def test_a_fee_is_waived_of_what_is_disputed_since(self):
		from b2b_contracts import approvals_api

		invoice = self.invoice()
		reminder = self.remind(invoice)
		make.make_dispute((invoice, None))
		with as_user("credit_manager"):
			answer = approvals_api.ask("Fee Waiver", "Dunning", reminder.name, "They were right to ask", {})
		after = frappe.get_doc("Dunning", answer["result_name"])
		self.assertEqual((after.docstatus, after.dunning_fee, self.asked(after)), (1, 0, [4_000]))
