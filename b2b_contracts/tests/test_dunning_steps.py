"""Which step comes: a hand-over that has to wait says so and comes by itself, and the worklist shows what the planner takes."""

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts.collections import (
	dunning_facts,
	dunning_planning,
	dunning_steps,
	jurisdictions,
	worklist,
	worklist_wording,
)
from b2b_contracts.engine import variants
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age, make_template, step
from b2b_contracts.tests.test_query_count import counted


class StepsTestCase(DunningTestCase):
	def setUp(self):
		super().setUp()
		last = make_template("Last notice", announces_collection=1)
		self.flow.append("steps", step("D45", 45, "Legal Notice", template=last, deadline_days=10))
		self.flow.append("steps", step("D60", 60, "Collection Agency", hand_over=1, may_be_skipped=0))
		self.flow.save()

	def told(self, invoice, days_ago: int = 16) -> None:
		"""Let the last notice about an invoice have gone out so many days ago."""
		(key,) = frappe.get_all("Payment Schedule", {"parent": invoice.name}, pluck="name")
		log = frappe.get_doc(
			{
				"doctype": "Dunning Log",
				"log_key": f"{key}:D45",
				"item_key": key,
				"sales_invoice": invoice.name,
				"customer": invoice.customer,
				"company": COMPANY,
				"flow": self.flow.name,
				"step_code": "D45",
				"step_day": 45,
				"status": "Sent",
				"sent_on": add_days(nowdate(), -days_ago),
				"deadline": add_days(nowdate(), 10 - days_ago),
				"announced": "Collection",
				"channel": "Legal Notice",
				"currency": "DKK",
			}
		)
		log.flags.by_run = True
		log.insert(ignore_permissions=True)

	def coming(self, customer: str | None = None) -> tuple[str, str] | None:
		"""What the step book foresees: the step and its day."""
		steps = dunning_steps.StepBook(COMPANY, getdate())
		(facts,) = dunning_facts.of(COMPANY, [customer or self.customer.name], getdate())
		steps.hold([facts])
		found, _why = steps.coming(facts)
		return found and (found.step.code, str(found.day))

	def entry(self) -> worklist.Entry:
		return worklist.entry(COMPANY, self.customer.name)


class TestHandOver(StepsTestCase):
	def awaits(self, invoice, amount: float) -> None:
		"""What a payment slip holds of an invoice until its payment is judged: a reminder may ask for it again from the day after
		its value date, but nobody hands it over."""
		frappe.db.set_value("Sales Invoice", invoice.name, "b2b_awaited_amount", amount)

	def test_over_days_it_waits_with_its_reason_and_comes_by_itself(self):
		invoice = self.owes(1_000, 61)
		self.told(invoice)
		self.awaits(invoice, 1_000)
		for days in (0, 1, 1):
			age(self.customer.name, days)
			run = self.sent(self.planned())
			self.assertEqual((run.status, run.sent, run.skipped, run.failed), ("Completed", 0, 1, 0))
			notice = self.notice(run)
			self.assertEqual((notice.status, notice.reason), ("Skipped", "Not Handed Over"))
			self.assertIn(invoice.name, notice.reason_text)
			self.assertIn("is on its way by a payment slip", notice.reason_text)
			self.assertFalse(notice.delivery_error)
			self.assertFalse(frappe.db.exists("Dunning Log", {"notice": notice.name}))
			self.assertFalse(frappe.db.exists("Collection Case", {"customer": self.customer.name}))
			entry = self.entry()
			self.assertEqual((entry.action.kind, entry.action.reason), ("Wait", "Held"))
			self.assertIn("is on its way", worklist_wording.action_reason(entry, "DKK"))
		self.awaits(invoice, 0)
		age(self.customer.name, 1)
		self.assertEqual(self.entry().action.kind, "Hand Over")
		run = self.sent(self.planned())
		self.assertEqual((run.sent, run.failed), (1, 0))
		case = frappe.get_last_doc("Collection Case", {"customer": self.customer.name})
		self.assertEqual([row.sales_invoice for row in case.items], [invoice.name])
		self.assertEqual(
			frappe.db.count("Dunning Notice", {"run": self.planned().name, "status": "Failed"}), 0
		)

	def test_beside_what_goes_it_is_left_out_and_said(self):
		held, going = self.owes(1_000, 61), self.owes(500, 62)
		self.told(held)
		self.told(going)
		self.awaits(held, 1_000)
		young = self.owes(300, 7)
		run = self.sent(self.planned())
		notice = self.notice(run)
		self.assertEqual((notice.status, notice.step_code, notice.contact_step), ("Queued", "D7", "D60"))
		(check,) = [row for row in notice.checks if row.rule == "Hand-over to collection"]
		self.assertEqual(check.outcome, "Dropped")
		self.assertIn(f"{held.name}: ", check.explanation)
		steps = {row.sales_invoice: row.step_code for row in notice.items}
		self.assertEqual(steps, {held.name: "", going.name: "D60", young.name: "D7"})
		case = frappe.get_last_doc("Collection Case", {"customer": self.customer.name})
		# What only has a reminder is not handed over with it.
		self.assertEqual([row.sales_invoice for row in case.items], [going.name])
		self.awaits(held, 0)
		run = self.sent(self.planned())
		self.assertEqual(frappe.db.count("Collection Case", {"customer": self.customer.name}), 2)
		self.assertEqual(run.failed, 0)

	def test_what_it_has_to_wait_for_since_the_plan_skips_it(self):
		invoice = self.owes(1_000, 61)
		self.told(invoice)
		run = self.planned()
		self.assertEqual(self.notice(run).status, "Planned")
		self.awaits(invoice, 1_000)
		run = self.sent(run)
		self.assertEqual((run.failed, run.skipped), (0, 1))
		self.assertEqual(self.notice(run).reason, "Not Handed Over")

	def test_an_advance_for_goods_to_come_covers_nothing_that_is_handed_over(self):
		invoice = self.owes(1_000, 61)
		self.told(invoice)
		with make.policy_off():
			order = make.make_order(self.customer, 3_000)
			make.make_payment(order, amount=2_000)
		run = self.sent(self.planned())
		self.assertEqual((run.sent, run.failed), (1, 0))
		self.assertTrue(frappe.db.exists("Collection Case", {"customer": self.customer.name}))

	def test_as_many_queries_for_many_as_for_one(self):
		customers = [self.customer, make.make_customer(), make.make_customer()]
		for customer in customers:
			if customer is not self.customer:
				self.flow.append("scopes", {"customer": customer.name})
			invoice = self.owes(1_000, 61, customer=customer)
			self.told(invoice)
			make.make_dispute((invoice, 100))
		self.flow.save()
		names = sorted(customer.name for customer in customers)

		def queries(some: list[str]) -> int:
			planner = dunning_planning.Planner(COMPANY, getdate())
			planner.plan(names)
			with counted() as asked:
				self.assertEqual(len(planner.plan(some)), len(some))
			return len(asked)

		self.assertEqual(queries(names), queries(names[:1]))


class TestAgreement(StepsTestCase):
	"""What the worklist shows is what a run takes, by the facts of today, on the first day on which it takes anything."""

	def taken(self, most: int = 60) -> tuple[str, str] | None:
		name = self.customer.name
		for ahead in range(most):
			day = getdate() + timedelta(days=ahead)
			for notice in dunning_planning.Planner(COMPANY, day).plan([name]):
				if not notice.reason:
					return notice.step.code, str(day)
		return None

	def assertAgrees(self, expected: tuple[str, int] | None):
		wanted = expected and (expected[0], str(add_days(nowdate(), expected[1])))
		self.assertEqual(self.taken(), wanted)
		self.assertEqual(self.coming(), wanted)

	def variant(self, label: str, step_code: str = "D7", **fields):
		with as_user("credit_manager"):
			test = frappe.get_doc(
				{
					"doctype": "Dunning Test",
					"test_name": f"Test {frappe.generate_hash(length=8)}",
					"flow": self.flow.name,
					"step_code": step_code,
					"from_date": add_days(nowdate(), -60),
					"variants": [{"label": "A", "weight": 1}, {"label": "B", "weight": 1, "days_later": 3}],
					**fields,
				}
			).insert()
		patched = patch.object(variants, "assigned", lambda name, customer, weights: label)
		patched.start()
		self.addCleanup(patched.stop)
		return test

	def test_the_extra_days_of_a_variant(self):
		self.owes(1_000, 7)
		self.assertAgrees(("D7", 0))
		self.variant("B")
		self.assertAgrees(("D7", 3))
		entry = self.entry()
		self.assertEqual((entry.action.kind, str(entry.action.day)), ("Wait", add_days(nowdate(), 3)))
		self.assertEqual(entry.action.step.code, "D7")

	def test_the_variant_without_them(self):
		self.owes(1_000, 3)
		self.sent(self.planned())
		self.variant("A")
		self.assertAgrees(("D7", 4))

	def test_a_step_to_come(self):
		self.owes(1_000, 7)
		self.sent(self.planned())
		self.variant("B", "D21")
		self.assertAgrees(("D14", 7))
		age(self.customer.name, 7)
		self.sent(self.planned())
		age(self.customer.name, 5)
		self.assertAgrees(("D21", 5))

	def test_another_item_that_does_not_wait(self):
		self.owes(1_000, 7)
		self.variant("B")
		self.owes(300, -1)
		self.assertAgrees(("D0", 1))

	def test_a_higher_step_meanwhile(self):
		self.owes(300, 13)
		self.sent(self.planned())
		self.variant("B")
		self.owes(1_000, 8)
		# The call about the older one is not of the step that is tested, and comes three days after its reminder.
		self.assertAgrees(("D7", 2))
		self.owes(200, 20)
		self.assertAgrees(("D14", 0))

	def test_a_test_that_is_over_or_begins_meanwhile(self):
		self.owes(1_000, 7)
		test = self.variant("B", until_date=add_days(nowdate(), 0))
		self.assertAgrees(("D7", 1))
		test.update({"from_date": add_days(nowdate(), 1), "until_date": None})
		test.save()
		self.assertAgrees(("D7", 0))

	def test_quiet_days(self):
		self.owes(1_000, 5)
		first, last = add_days(nowdate(), 1), add_days(nowdate(), 4)
		self.flow.append("quiet_periods", {"from_date": first, "until_date": last, "reason": "Stocktaking"})
		self.flow.save()
		self.assertAgrees(("D0", 0))
		self.sent(self.planned())
		self.assertAgrees(("D7", 5))

	def test_what_a_procedure_of_acceptance_puts_off(self):
		self.owes(1_000, 7)
		# Invoiced 21 days ago: payable by the third day from now.
		frappe.db.set_value("Customer", self.customer.name, "b2b_acceptance_days", 10)
		jurisdictions.forget()
		self.assertAgrees(("D7", 4))
		self.assertEqual(self.entry().action.kind, "Wait")
		self.owes(500, 12)
		# That one is overdue by now, and the reminder goes for it.
		self.assertAgrees(("D7", 0))

	def test_a_minimum_that_is_reached_by_what_falls_due(self):
		self.flow.steps[1].minimum_amount = 1_200
		self.flow.save()
		self.owes(1_000, 7)
		self.owes(400, -2)
		self.assertAgrees(("D7", 2))

	def test_what_no_step_comes_for_says_why(self):
		for row in self.flow.steps:
			row.minimum_amount = 5_000
		self.flow.save()
		self.owes(1_000, 61)
		self.assertAgrees(None)
		entry = self.entry()
		self.assertEqual((entry.action.kind, entry.held), ("Wait", "Less is due than the step takes."))

	def test_what_is_wrong_is_said(self):
		self.owes(1_000, 7)
		self.flow.db_set("amounts_currency", "USD")
		with make.no_exchange_rates():
			entry = self.entry()
		self.assertEqual(entry.action.kind, "Wait")
		self.assertIn("exchange rate", entry.held)


# Its own tests run where it stands.
del DunningTestCase
