"""What notices charge: the states of fees, interest and compensation, what ERPNext books, and what is waived or paid."""

import frappe
from frappe.utils import add_days, flt, nowdate

from b2b_contracts.collections import approvals
from b2b_contracts.exceptions import WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age, make_template, step


class ChargesTestCase(DunningTestCase):
	def setUp(self):
		super().setUp()
		plain, interest = make_template("Plain"), make_template("Interest", announces_interest=1)
		frappe.db.set_value("Customer", self.customer.name, "b2b_due_date_agreed", "Yes")
		self.flow.set(
			"steps",
			[
				step("D7", 7, template=plain, fee_basis="Statutory Maximum", deadline_days=10),
				step(
					"D21",
					21,
					template=interest,
					fee_basis="Statutory Maximum",
					interest="Announce",
					deadline_days=10,
				),
				step(
					"D35",
					35,
					"Letter",
					template=plain,
					interest="Claim",
					claim_compensation=1,
					deadline_days=10,
				),
				step("D50", 50, "Letter", template=plain, interest="Claim", deadline_days=10),
			],
		)
		self.flow.save()

	def charges(self, **filters) -> list:
		return frappe.get_all(
			"Dunning Charge",
			{"customer": self.customer.name, **filters},
			["name", "kind", "state", "amount", "open_amount", "paid_amount", "waived_amount"],
			order_by="creation, name",
		)

	def by_kind(self) -> dict:
		found = {}
		for row in self.charges():
			found.setdefault(row.kind, []).append((row.state, row.amount))
		return found

	def on_day(self, days: int):
		"""Let the days pass and send what is due then."""
		age(self.customer.name, days)
		return self.notice(self.sent(self.planned()))

	def dunning(self, notice):
		return frappe.get_doc("Dunning", notice.reload().dunning)


class TestStates(ChargesTestCase):
	def test_a_fee_is_claimed_and_booked_by_erpnext(self):
		self.owes(10_000, 7)
		notice = self.notice(self.sent(self.planned()))
		self.assertEqual(self.by_kind(), {"Reminder Fee": [("Claimed", 100)]})
		dunning = self.dunning(notice)
		self.assertEqual((dunning.docstatus, dunning.status, dunning.dunning_fee), (1, "Unresolved", 100))
		self.assertEqual(
			(dunning.total_interest, dunning.total_outstanding, dunning.grand_total), (0, 10_000, 10_100)
		)

	def test_interest_is_threatened_then_claimed_and_grows(self):
		self.owes(100_000, 21)
		self.flow.set("steps", [row for row in self.flow.steps if row.step_code != "D7"])
		self.flow.save()
		announced = self.notice(self.sent(self.planned()))
		self.assertGreater(announced.interest, 0)
		self.assertEqual(announced.claimed_interest, 0)
		self.assertEqual(announced.grand_total, 100_100)
		self.assertEqual(self.by_kind()["Interest"], [("Threatened", announced.interest)])
		self.assertEqual(self.dunning(announced).total_interest, 0)
		claimed = self.on_day(14)
		self.assertGreater(claimed.claimed_interest, announced.interest)
		self.assertEqual(self.by_kind()["Interest"], [("Claimed", claimed.interest)])
		self.assertEqual(self.by_kind()["Compensation"], [("Claimed", 310)])
		self.assertEqual(claimed.earlier_charges, 100)
		self.assertEqual(flt(claimed.grand_total, 2), flt(100_000 + 100 + 310 + claimed.interest, 2))
		booked = self.dunning(claimed)
		self.assertEqual((booked.total_interest, booked.dunning_fee), (claimed.interest, 310))
		last = self.on_day(15)
		self.assertEqual(self.by_kind()["Interest"], [("Claimed", last.interest)])
		self.assertEqual(self.by_kind()["Compensation"], [("Claimed", 310)])
		self.assertEqual(last.earlier_charges, 410)
		# ERPNext's reminders together book what was claimed, no more.
		interest = sum(self.dunning(notice).total_interest for notice in (announced, claimed, last))
		self.assertAlmostEqual(interest, last.interest, places=2)

	def test_nobody_writes_a_charge(self):
		self.owes(10_000, 7)
		self.sent(self.planned())
		doc = frappe.get_doc("Dunning Charge", self.charges()[0].name)
		doc.state = "Waived"
		with self.assertRaises(WrittenByAppOnlyError):
			doc.save()


class TestWaived(ChargesTestCase):
	def waive(self, dunning: str, action: str):
		with as_user("controller"):
			request = frappe.get_doc(
				{
					"doctype": "Approval Request",
					"action": action,
					"reference_doctype": "Dunning",
					"reference_name": dunning,
					"reason": "A good customer",
				}
			).insert()
		with as_user("cfo"):
			approvals.approve(request.name, "As agreed")
		return request.reload()

	def test_a_waived_fee_is_not_asked_for_again(self):
		self.owes(10_000, 7)
		notice = self.notice(self.sent(self.planned()))
		self.waive(notice.dunning, "Fee Waiver")
		self.assertEqual(self.by_kind(), {"Reminder Fee": [("Waived", 100)]})
		self.assertEqual(self.dunning(notice).dunning_fee, 0)
		later = self.on_day(14)
		self.assertEqual((later.earlier_charges, later.fee), (0, 100))

	def test_waived_interest_is_not_claimed_again(self):
		self.owes(100_000, 35)
		self.flow.set("steps", [row for row in self.flow.steps if row.step_code in ("D35", "D50")])
		self.flow.save()
		first = self.notice(self.sent(self.planned()))
		self.assertGreater(first.interest, 0)
		self.waive(first.dunning, "Interest Waiver")
		self.assertEqual(self.by_kind()["Interest"], [("Waived", first.interest)])
		self.assertEqual((self.dunning(first).total_interest, self.dunning(first).dunning_fee), (0, 310))
		later = self.on_day(15)
		self.assertLess(later.interest, first.interest)
		self.assertEqual(flt(self.dunning(later).total_interest, 2), flt(later.interest, 2))
		(row,) = self.charges(kind="Interest")
		self.assertEqual((row.state, row.open_amount), ("Claimed", later.interest))


class TestPaid(ChargesTestCase):
	def pay(self, notice, amount: float):
		"""Pay invoice and charges as a payment made from ERPNext's reminder does."""
		dunning = self.dunning(notice)
		invoice = frappe.get_doc("Sales Invoice", notice.items[0].sales_invoice)
		payment = make.make_payment(invoice, submit=False)
		payment.paid_amount = payment.received_amount = invoice.outstanding_amount + amount
		payment.append(
			"deductions",
			{"account": dunning.income_account, "cost_center": dunning.cost_center, "amount": -amount},
		)
		payment.save()
		payment.submit()
		return payment

	def test_paid_with_the_invoice_and_taken_back(self):
		self.owes(10_000, 7)
		notice = self.notice(self.sent(self.planned()))
		payment = self.pay(notice, 100)
		self.assertEqual(self.by_kind(), {"Reminder Fee": [("Paid", 100)]})
		payment.reload().cancel()
		self.assertEqual(self.by_kind(), {"Reminder Fee": [("Claimed", 100)]})

	def test_a_part_is_paid(self):
		self.owes(10_000, 7)
		self.pay(self.notice(self.sent(self.planned())), 60)
		(row,) = self.charges()
		self.assertEqual((row.state, row.paid_amount, row.open_amount), ("Claimed", 60, 40))

	def test_fees_that_stay_open_are_asked_for_by_the_next_notice(self):
		invoice = self.owes(10_000, 7)
		self.sent(self.planned())
		make.make_payment(invoice)
		self.owes(5_000, 7)
		notice = self.notice(self.planned())
		self.assertEqual((notice.amount_due, notice.earlier_charges), (5_000, 100))
		self.assertEqual(add_days(nowdate(), 0), str(notice.run_date))
		self.assertEqual(notice.company, COMPANY)
