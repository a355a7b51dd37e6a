"""Calls and other contact: opened once, logged with what came of them, over by themselves when nothing is left."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import collection_tasks_api as api
from b2b_contracts.collections import collection_tasks, following
from b2b_contracts.collections.collection_tasks import About, open_task
from b2b_contracts.exceptions import CollectionTaskError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of

TASK = "Collection Task"


class TaskTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=100_000)
		with make.policy_off():
			self.old = make.make_overdue_invoice(self.customer, 4_000, days=30)
			self.young = make.make_overdue_invoice(self.customer, 1_000, days=10)

	def opened(self, kind="Phone Call", **fields):
		fields.setdefault("assigned_to", email_of("collector"))
		return frappe.get_doc(TASK, open_task(kind, self.customer.name, COMPANY, **fields))

	def log(self, task, outcome, user="collector", **fields):
		with as_user(user):
			return api.log_contact(task.name, outcome, **fields)

	def in_step(self, task) -> tuple[str, str]:
		following.catch_up(self.customer.name, COMPANY)
		task.reload()
		return task.status, task.end_reason or ""


class TestOpening(TaskTestCase):
	def test_it_holds_the_invoices_as_they_stood(self):
		make.make_dispute((self.old, 500))
		task = self.opened(about=[self.old.name, self.young.name], reason="No answer to two reminders")
		self.assertEqual(
			[(row.sales_invoice, row.outstanding, row.chased_amount) for row in task.items],
			[(self.old.name, 4_000, 3_500), (self.young.name, 1_000, 1_000)],
		)
		self.assertEqual((task.total_amount, task.currency, task.status), (4_500, "DKK", "Open"))
		make.make_payment(self.young)
		task.reload()
		self.assertEqual(task.items[1].outstanding, 1_000)

	def test_without_invoices_it_is_about_all_that_is_open(self):
		self.assertEqual([row.sales_invoice for row in self.opened().items], [self.old.name, self.young.name])

	def test_the_same_document_and_step_makes_one(self):
		about = About("Customer", self.customer.name, "D14")
		first = self.opened(about=about)
		self.assertEqual(self.opened(about=about).name, first.name)
		self.assertEqual(self.opened(about=("Customer", self.customer.name)).name != first.name, True)
		self.assertNotEqual(self.opened("Send Letter", about=about).name, first.name)
		self.log(first, "Refuses")
		self.assertEqual(self.opened(about=about).name, first.name)

	def test_two_at_once_make_one(self):
		about = About("Customer", self.customer.name, "D14")
		first = self.opened(about=about)
		with patch.object(collection_tasks, "_with_key", return_value=None):
			self.assertEqual(self.opened(about=about).name, first.name)
		self.assertEqual(frappe.db.count(TASK, {"customer": self.customer.name}), 1)

	def test_it_is_on_the_list_of_whoever_works_on_it(self):
		task = self.opened()
		todo = {"reference_type": TASK, "reference_name": task.name, "status": "Open"}
		self.assertEqual(frappe.get_all("ToDo", filters=todo, pluck="allocated_to"), [email_of("collector")])
		with as_user("controller"):
			task.assigned_to = email_of("controller")
			task.save()
		self.assertEqual(frappe.get_all("ToDo", filters=todo, pluck="allocated_to"), [email_of("controller")])
		self.log(task, "Refuses", user="controller")
		self.assertEqual(frappe.get_all("ToDo", filters=todo), [])

	def test_who_works_on_it(self):
		self.assertEqual(
			self.opened("Account Manager Contact", assigned_to=None).assigned_to, email_of("seller1")
		)
		frappe.db.set_value("Customer", self.customer.name, "b2b_collector", email_of("controller"))
		self.assertEqual(self.opened(assigned_to=None).assigned_to, email_of("controller"))
		frappe.db.set_value("Customer", self.customer.name, "b2b_collector", None)
		worker = self.opened("Other", assigned_to=None).assigned_to
		self.assertIn("Collector", frappe.get_roles(worker))

	def test_a_rule_of_the_site_comes_before_the_role(self):
		with patch("b2b_contracts.collections.work_lists.has_assignment_rule", return_value=True):
			self.assertIsNone(self.opened(assigned_to=None).assigned_to)

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		with as_user("collector"):
			task = frappe.get_doc(
				{
					"doctype": TASK,
					"customer": self.customer.name,
					"company": COMPANY,
					"kind": "Phone Call",
					"due_date": nowdate(),
					"status": "Done",
					"outcome": "Promise",
					"total_amount": 9,
				}
			).insert()
			self.assertEqual((task.status, task.outcome, task.total_amount), ("Open", None, 5_000))
			task.update({"status": "Done", "priority": "High", "items": []})
			task.save()
		task.reload()
		self.assertEqual((task.status, task.priority, len(task.items)), ("Open", "High", 2))

	def test_an_invoice_of_somebody_else(self):
		other = make.make_invoice(make.make_profile(manual_limit=5_000).customer, 1_000)
		with self.assertRaisesRegex(CollectionTaskError, "is not one of"):
			self.opened(about=[other.name])


class TestLogging(TaskTestCase):
	def test_a_promise_is_noted_for_the_oldest_invoices_and_they_are_left_alone(self):
		task = self.opened()
		until = add_days(nowdate(), 5)
		answer = self.log(
			task,
			"Promise",
			spoken_with="Mette Holm",
			note="Pays on Friday",
			values={"amount": 4_500, "promised_date": until},
		)
		self.assertEqual((answer["status"], answer["result_doctype"]), ("Done", "Promise to Pay"))
		promises = frappe.get_all(
			"Promise to Pay",
			filters={"customer": self.customer.name},
			fields=["sales_invoice", "amount", "promised_date", "owner"],
			order_by="amount desc",
		)
		self.assertEqual(
			[(p.sales_invoice, p.amount) for p in promises], [(self.old.name, 4_000), (self.young.name, 500)]
		)
		self.assertEqual({str(p.promised_date) for p in promises}, {until})
		task.reload()
		(contact,) = task.contacts
		self.assertEqual(
			(contact.contacted_by, contact.spoken_with, contact.outcome, contact.note),
			(email_of("collector"), "Mette Holm", "Promise", "Pays on Friday"),
		)
		self.assertEqual((task.outcome, task.ended_by), ("Promise", email_of("collector")))

	def test_a_promise_needs_a_day_and_no_more_than_is_open(self):
		task = self.opened()
		with self.assertRaisesRegex(CollectionTaskError, "Enter the day"):
			self.log(task, "Promise")
		with self.assertRaisesRegex(CollectionTaskError, "can be asked for"):
			self.log(task, "Promise", values={"amount": 5_001, "promised_date": add_days(nowdate(), 3)})
		self.assertEqual(task.reload().status, "Open")

	def test_a_dispute_is_reported_by_a_collector_who_takes_it_up(self):
		task = self.opened()
		values = {"sales_invoice": self.old.name, "amount": 700, "root_cause": "Price"}
		answer = self.log(task, "Dispute", note="They were promised 5 %", values=values)
		dispute = frappe.get_doc("Dispute", answer["result_name"])
		self.assertEqual(
			(dispute.root_cause, dispute.disputed_amount, dispute.description),
			("Price", 700, "They were promised 5 %"),
		)
		self.assertEqual(dispute.docstatus, 1)
		with self.assertRaisesRegex(CollectionTaskError, "what is disputed"):
			self.log(self.opened("Other"), "Dispute")

	def test_a_plan_is_drafted_for_somebody_to_approve(self):
		answer = self.log(self.opened(), "Payment Plan", values={"number_of_instalments": 2})
		plan = frappe.get_doc("Payment Plan", answer["result_name"])
		self.assertEqual((plan.docstatus, plan.total_amount, len(plan.instalments)), (0, 5_000, 2))

	def test_who_is_not_reached_is_tried_again(self):
		task = self.opened()
		again = add_days(nowdate(), 4)
		self.assertEqual(self.log(task, "Not Reached", retry_on=again)["status"], "Open")
		self.assertEqual(str(task.reload().due_date), again)
		todo = {"reference_type": TASK, "reference_name": task.name}
		self.assertEqual(str(frappe.db.get_value("ToDo", todo, "date")), again)
		with self.assertRaisesRegex(CollectionTaskError, "is not after today"):
			self.log(task, "Not Reached", retry_on=nowdate())
		self.log(task, "Not Reached")
		task.reload()
		self.assertEqual(getdate(task.due_date), getdate(add_days(nowdate(), 1)))
		self.assertEqual([row.outcome for row in task.contacts], ["Not Reached"] * 2)

	def test_a_wrong_number_has_somebody_find_the_right_one(self):
		task = self.opened()
		self.log(task, "Wrong Number")
		following_task = frappe.get_doc(TASK, {"kind": "Find Address", "reference_name": task.name})
		self.assertEqual(
			(following_task.customer, following_task.assigned_to, following_task.items),
			(self.customer.name, email_of("collector"), []),
		)

	def test_a_refusal_is_told(self):
		task = self.opened()
		self.log(task, "Refuses", note="They have no money")
		told = frappe.get_all("Notification Log", filters={"document_name": task.name}, pluck="for_user")
		self.assertIn(email_of("controller"), told)
		self.assertIn(email_of("seller1"), told)

	def test_a_letter_is_carried_out_and_nothing_else(self):
		task = self.opened("Send Letter")
		with self.assertRaisesRegex(CollectionTaskError, "comes out as one of"):
			self.log(task, "Promise")
		self.assertEqual(self.log(task, "Carried Out", note="Sent")["status"], "Done")
		with self.assertRaisesRegex(CollectionTaskError, "nothing can be logged"):
			self.log(task, "Carried Out")


class TestNothingLeft(TaskTestCase):
	def test_paid(self):
		task = self.opened()
		make.make_payment(self.old)
		self.assertEqual(self.in_step(task), ("Open", ""))
		make.make_payment(self.young)
		self.assertEqual(self.in_step(task), ("Cancelled", "Paid or credited."))
		todo = {"reference_type": TASK, "reference_name": task.name, "status": "Open"}
		self.assertFalse(frappe.db.exists("ToDo", todo))

	def test_disputed_and_promised(self):
		task = self.opened()
		make.make_dispute((self.old, None))
		self.assertEqual(self.in_step(task)[0], "Open")
		with as_user("collector"):
			frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"sales_invoice": self.young.name,
					"amount": 1_000,
					"promised_date": add_days(nowdate(), 3),
				}
			).insert()
		status, reason = self.in_step(task)
		self.assertEqual(status, "Cancelled")
		self.assertIn("Disputed.", reason)
		self.assertIn("Promised", reason)

	def test_money_that_is_set_against_nothing_covers_the_oldest(self):
		task = self.opened(about=[self.old.name])
		make.make_payment(customer=self.customer, amount=4_000)
		self.assertEqual(self.in_step(task)[0], "Cancelled")

	def test_what_became_of_a_message_is_decided_by_a_person(self):
		task = self.opened("Decide Unclear", about=[self.old.name])
		make.make_payment(self.old)
		self.assertEqual(self.in_step(task)[0], "Open")

	def test_an_insolvency_ends_every_task(self):
		task = self.opened()
		with as_user("controller"):
			case = frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": self.customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": nowdate(),
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				}
			).insert()
		from b2b_contracts.collections import insolvency

		insolvency.carry_out(case.name)
		task.reload()
		self.assertEqual(task.status, "Cancelled")
		self.assertIn(case.name, task.end_reason)

	def test_by_hand_and_with_a_reason(self):
		task = self.opened()
		with as_user("collector"):
			with self.assertRaisesRegex(CollectionTaskError, "Write down"):
				api.cancel_task(task.name, " ")
			api.cancel_task(task.name, "They came by and paid in cash")
		self.assertEqual(task.reload().status, "Cancelled")


class TestCallSheet(TaskTestCase):
	def test_what_whoever_calls_has_in_front_of_them(self):
		make.make_contact(self.customer, "mette", roles=[{"role": "Accounts Payable"}], phone="")
		make.make_dispute((self.old, 500))
		task = self.opened()
		self.log(task, "Not Reached", note="Voicemail")
		with as_user("collector"):
			sheet = api.call_sheet(self.customer.name, COMPANY, [self.old.name])
		self.assertEqual(sheet["phones"][0]["name"], "Mette")
		(item,) = sheet["items"]
		self.assertEqual((item["outstanding"], item["chased"], item["days"]), (4_000, 3_500, 30))
		self.assertIn("is disputed", item["left_out"])
		self.assertEqual(sheet["total"], [{"currency": "DKK", "amount": 3_500}])
		said = " ".join(sheet["script"])
		self.assertIn(self.old.name, said)
		self.assertIn("Do not ask for what is left out", said)
		texts = [event["text"] for event in sheet["history"]]
		self.assertTrue(any("Voicemail" in text for text in texts))
		self.assertIn("Dispute", {event["doctype"] for event in sheet["history"]})
		moments = [event["on"] for event in sheet["history"]]
		self.assertEqual(moments, sorted(moments, reverse=True))

	def test_nothing_is_asked_for_that_cannot_be(self):
		make.make_dispute((self.old, None), (self.young, None))
		with as_user("collector"):
			said = " ".join(api.call_sheet(self.customer.name, COMPANY)["script"])
		self.assertIn("Nothing can be asked for now", said)
		self.assertNotIn("overdue", said)

	def test_a_broken_promise_is_brought_up(self):
		with as_user("collector"):
			promise = frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"amount": 700,
					"promised_date": nowdate(),
				}
			).insert()
		frappe.db.set_value("Promise to Pay", promise.name, "status", "Broken")
		with as_user("collector"):
			sheet = api.call_sheet(self.customer.name, COMPANY)
		self.assertTrue(any("have not kept it" in line for line in sheet["script"]))


class TestRights(TaskTestCase):
	def test_a_seller_sees_tasks_of_the_own_customers_and_logs_those_that_are_theirs(self):
		theirs = self.opened("Account Manager Contact", assigned_to=email_of("seller1"))
		other = self.opened("Other")
		with as_user("seller1"):
			self.assertEqual(
				set(frappe.get_list(TASK, pluck="name")) & {theirs.name, other.name},
				{theirs.name, other.name},
			)
			self.assertTrue(api.may_log(theirs.name))
			self.assertFalse(api.may_log(other.name))
		self.log(theirs, "Promise", user="seller1", values={"promised_date": add_days(nowdate(), 3)})
		self.assertEqual(theirs.reload().status, "Done")
		with self.assertRaisesRegex(frappe.PermissionError, "is not yours"):
			self.log(other, "Refuses", user="seller1")
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.cancel_task(other.name, "I do not like it")

	def test_another_seller_sees_nothing(self):
		task = self.opened()
		with as_user("seller2"):
			self.assertNotIn(task.name, frappe.get_list(TASK, pluck="name"))
			rows = frappe.get_list("Collection Task Item", parent_doctype=TASK, pluck="parent")
			self.assertNotIn(task.name, rows)
			for call in (
				lambda: api.call_sheet(self.customer.name, COMPANY),
				lambda: api.log_contact(task.name, "Refuses"),
				lambda: api.may_log(task.name),
			):
				with self.assertRaises(frappe.PermissionError):
					call()

	def test_who_only_reads_logs_nothing(self):
		task = self.opened()
		for user in ("accounts_user", "auditor"):
			with self.assertRaises(frappe.PermissionError):
				self.log(task, "Refuses", user=user)
