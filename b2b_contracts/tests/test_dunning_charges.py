"""What notices charge: the states of fees, interest and compensation, what ERPNext books, and what is waived or paid."""

import frappe
from frappe.utils import add_days, flt, nowdate

from b2b_contracts import collection_cases_api
from b2b_contracts.collections import approvals, collection_cases, dunning_charges
from b2b_contracts.exceptions import WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE
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


class TestInACase(ChargesTestCase):
	"""What a hand-over demands of charges: each once, and nothing of what was waived or paid."""

	def setUp(self):
		super().setUp()
		self.flow.set("steps", [row for row in self.flow.steps if row.step_code in ("D35", "D50")])
		self.flow.save()
		self.items = [self.owes(10_000, 35), self.owes(5_000, 35)]
		self.reminder = self.notice(self.sent(self.planned()))
		self.compensation = self.reminder.compensation
		self.assertGreater(self.compensation, 0)
		self.second = self.on_day(15)
		self.assertEqual((self.reminder.fee, self.second.fee, self.second.compensation), (0, 0, 0))

	def proposed(self, *invoices):
		with as_user("collector"):
			made = collection_cases_api.propose_case(
				self.customer.name, COMPANY, "Nobody answers.", [row.name for row in invoices or self.items]
			)
		return frappe.get_doc("Collection Case", made["name"])

	def demanded(self, case) -> tuple[float, float]:
		case.reload()
		self.assertEqual(flt(sum(row.fees for row in case.items), 2), case.fee_amount)
		self.assertEqual(flt(sum(row.compensation for row in case.items), 2), case.compensation_amount)
		parts = ("principal", "interest", "fee", "compensation")
		total = sum(case.get(f"{part}_amount") for part in parts) + case.hand_over_fee
		self.assertEqual(flt(total, 2), flt(case.total_amount, 2))
		return case.fee_amount, case.compensation_amount

	def charge(self, kind: str, amount: float) -> str:
		"""A charge of the second notice."""
		doc = frappe.get_doc(
			{
				"doctype": "Dunning Charge",
				"customer": self.customer.name,
				"company": COMPANY,
				"kind": kind,
				"state": "Claimed",
				"currency": "DKK",
				"amount": amount,
				"open_amount": amount,
				"notice": self.second.name,
				"sales_invoice": self.items[0].name if kind != "Reminder Fee" else None,
				"item_key": self.items[0].name,
				"charge_key": frappe.generate_hash(length=10),
			}
		)
		doc.flags.credit_service = True
		return doc.insert().name

	def settle(self, charge: str, **fields) -> None:
		doc = frappe.get_doc("Dunning Charge", charge)
		doc.update(fields)
		dunning_charges._settle(doc)

	def test_one_fee_for_a_letter_however_many_invoices_it_is_about(self):
		self.charge("Reminder Fee", 100)
		self.assertEqual(self.demanded(self.proposed()), (100, self.compensation))

	def test_a_fee_that_another_case_demands_is_not_demanded_twice(self):
		self.charge("Reminder Fee", 100)
		first, second = (self.demanded(self.proposed(one)) for one in reversed(self.items))
		self.assertEqual((first[0], second[0]), (100, 0))
		self.assertEqual(first[1] + second[1], self.compensation)

	def test_what_was_waived_before_is_not_in_it(self):
		self.settle(self.charge("Reminder Fee", 100), waived_amount=33.34)
		self.waive(self.reminder.dunning, "Fee Waiver")
		self.assertEqual(self.demanded(self.proposed()), (66.66, 0))

	def test_waived_interest_is_not_in_it(self):
		before = self.proposed()
		collection_cases.withdraw(before.name, "Looked at")
		self.waive(self.second.dunning, "Interest Waiver")
		(waived, *_rest) = frappe.get_all(
			"Dunning Charge",
			{"customer": self.customer.name, "kind": "Interest"},
			["sum(waived_amount)"],
			as_list=True,
		)[0]
		self.assertGreater(waived, 0)
		self.assertAlmostEqual(self.proposed().interest_amount, before.reload().interest_amount - waived, 2)

	def test_what_is_waived_later_comes_off_and_whoever_collects_is_told(self):
		fee = self.charge("Reminder Fee", 100)
		case = self.proposed()
		before = case.total_amount
		self.settle(fee, waived_amount=100)
		collection_cases.refresh(case.name)
		self.assertEqual(self.demanded(case), (0, self.compensation))
		self.assertEqual(flt(before - case.total_amount, 2), 100)
		proof = frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")
		with as_user("collector"):
			collection_cases_api.send_notice(
				case.name, "Registered Letter", sent_on=add_days(nowdate(), -11), proof=proof
			)
		with as_user("credit_manager"):
			collection_cases_api.hand_over(case.name, "Nordisk Inkasso")
		self.waive(self.reminder.dunning, "Fee Waiver")
		self.assertTrue(collection_cases.refresh(case.name))
		self.assertEqual(self.demanded(case), (0, 0))
		told = frappe.get_all("Notification Log", {"document_name": case.name}, pluck="subject")
		self.assertTrue(any("Tell Nordisk Inkasso" in text for text in told), told)
		self.assertFalse(collection_cases.refresh(case.name))


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
