"""Dunning runs on the site: what is planned, what a person leaves out, what is sent, and that nothing is sent twice."""

from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_to_date, getdate, now_datetime, nowdate

from b2b_contracts import dunning_api as api
from b2b_contracts.collections import dunning_planning, dunning_runs, dunning_sending, plans
from b2b_contracts.exceptions import DunningError, EvidenceError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase

TEXT = "<p>Dear {{ customer_name }},</p>{{ items }}{{ statements }}<p>{{ company }}</p>"


def make_template(name: str, **announces) -> str:
	statements = {
		field.removeprefix("announces_") + "_statement": f"We announce: {field}." for field in announces
	}
	template = frappe.get_doc(
		{
			"doctype": "Dunning Template",
			"template_name": f"{name} {frappe.generate_hash(length=6)}",
			**announces,
			"texts": [
				{
					"language": "en",
					"subject": "You owe {{ amount_due }}",
					"message": TEXT,
					"sms": "Please pay. {{ statements }}",
					**statements,
				}
			],
		}
	)
	return template.insert().name


def step(code: str, day: int, channel: str = "E-mail", **fields) -> dict:
	return {"step_code": code, "day": day, "channel": channel, "may_be_skipped": 1, **fields}


def age(customer: str, days: int) -> None:
	"""Let everything of a customer have happened so many days earlier."""
	for doctype, where, fields in (
		("Sales Invoice", {"customer": customer}, ("posting_date", "due_date")),
		("Dunning Log", {"customer": customer}, ("sent_on", "deadline")),
		("Dunning Notice", {"customer": customer}, ("run_date", "deadline")),
		("GL Entry", {"party": customer}, ("posting_date", "due_date")),
		("Payment Ledger Entry", {"party": customer}, ("posting_date", "due_date")),
	):
		for row in frappe.get_all(doctype, where, ["name", *fields]):
			values = {field: add_days(row[field], -days) for field in fields if row[field]}
			if values:
				frappe.db.set_value(doctype, row.name, values, update_modified=False)
	invoices = frappe.get_all("Sales Invoice", {"customer": customer}, pluck="name")
	for row in frappe.get_all("Payment Schedule", {"parent": ["in", invoices]}, ["name", "due_date"]):
		frappe.db.set_value("Payment Schedule", row.name, "due_date", add_days(row.due_date, -days))


class DunningTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=1_000_000)
		make.make_contact(
			self.customer, f"ap-{frappe.generate_hash(length=6)}", [{"role": "Accounts Payable"}]
		)
		make.make_outgoing_account()
		friendly, formal = make_template("Friendly"), make_template("Formal", announces_delivery_stop=1)
		self.flow = frappe.get_doc(
			{
				"doctype": "Dunning Flow",
				"flow_name": f"Flow {frappe.generate_hash(length=6)}",
				"not_on_days_off": 0,
				"scopes": [{"customer": self.customer.name}],
				"steps": [
					step("D0", 0, template=friendly),
					step("D7", 7, template=friendly, fee_basis="Statutory Maximum", deadline_days=10),
					step("D14", 14, "Phone Call"),
					step("D21", 21, template=formal, fee_basis="Statutory Maximum", deadline_days=5),
					step("D30", 30, "Registered Letter", template=friendly, delivery_stop=1),
				],
			}
		).insert()

	@contextmanager
	def in_a_job(self):
		"""A run commits and rolls back transactions that are its own; here they are the test's."""
		with (
			patch.object(frappe.db, "commit"),
			patch.object(frappe.db, "rollback"),
			patch.object(frappe, "enqueue"),
		):
			yield

	def owes(self, amount: float = 1_000, days: int = 7, **fields):
		"""An invoice that was due so many days ago."""
		with make.policy_off():
			return make.make_invoice(
				fields.pop("customer", self.customer),
				amount,
				posting_date=add_days(nowdate(), -days - 14),
				due_date=add_days(nowdate(), -days),
				**fields,
			)

	def planned(self, user: str = "controller", **fields):
		with as_user(user), self.in_a_job():
			run = frappe.get_doc(
				{"doctype": "Dunning Run", "company": COMPANY, "customer": self.customer.name, **fields}
			).insert()
			api.plan_run(run.name)
			self.work(run.name)
		return run.reload()

	def work(self, name: str) -> None:
		"""Do what the jobs of a run do."""
		shards = frappe.get_all("Dunning Run Shard", {"parent": name}, pluck="name", order_by="idx")
		with self.in_a_job():
			for shard in shards or [""]:
				dunning_runs.work(name, shard)

	def sent(self, run, user: str = "controller"):
		with as_user(user), self.in_a_job():
			api.send_run(run.name)
			self.work(run.name)
		return run.reload()

	def notice(self, run):
		(name,) = frappe.get_all("Dunning Notice", {"run": run.name}, pluck="name")
		return frappe.get_doc("Dunning Notice", name)

	def mails(self, notice) -> list:
		return frappe.get_all(
			"Email Queue",
			{"reference_doctype": "Dunning Notice", "reference_name": notice.name},
			["name", "message", "status"],
		)


class TestPlan(DunningTestCase):
	def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(self):
		invoice = self.owes(1_000, 7)
		later = self.owes(500, -20)
		run = self.planned()
		self.assertEqual(
			(run.status, run.mode, run.planned, run.skipped, run.sent), ("Planned", "Dry Run", 1, 0, 0)
		)
		notice = self.notice(run)
		self.assertEqual((notice.status, notice.step_code, notice.channel), ("Planned", "D7", "E-mail"))
		self.assertEqual((notice.amount_due, notice.fee, notice.grand_total), (1_000, 100, 1_100))
		self.assertEqual(getdate(notice.deadline), getdate(add_days(nowdate(), 10)))
		(row,) = notice.items
		self.assertEqual((row.sales_invoice, row.days, row.step_code), (invoice.name, 7, "D7"))
		self.assertNotIn(later.name, [r.sales_invoice for r in notice.items])
		self.assertEqual(self.mails(notice), [])
		self.assertFalse(frappe.db.exists("Dunning Log", {"customer": self.customer.name}))

	def test_planned_anew_it_is_as_if_it_had_been_planned_once(self):
		self.owes(1_000, 7)
		run = self.planned()
		first = self.notice(run).as_dict()
		with as_user("controller"), self.in_a_job():
			api.plan_run(run.name)
			self.work(run.name)
		second = self.notice(run).as_dict()
		for key in ("amount_due", "fee", "step_code", "status"):
			self.assertEqual(first[key], second[key])
		self.assertEqual(len(second["items"]), 1)

	def test_what_is_set_aside_is_left_out_and_said(self):
		disputed, promised = self.owes(1_000, 8), self.owes(2_000, 9)
		make.make_dispute((disputed, 400))
		with as_user("collector"):
			frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"sales_invoice": promised.name,
					"amount": 2_000,
					"promised_date": add_days(nowdate(), 3),
				}
			).insert()
		notice = self.notice(self.planned())
		self.assertEqual((notice.amount_due, notice.left_out_amount), (600, 2_400))
		rows = {row.sales_invoice: row for row in notice.items}
		self.assertIn("Disputed", rows[disputed.name].left_out)
		self.assertIn("Promised", rows[promised.name].left_out)
		self.assertEqual((rows[promised.name].chased_amount, rows[promised.name].step_code), (0, ""))

	def test_what_is_agreed_in_a_plan_is_left_out_from_its_approval_until_it_breaks(self):
		agreed, other = self.owes(1_000, 9), self.owes(500, 8)
		plan = make.make_plan((agreed, None), first_instalment_date=add_days(nowdate(), 5))
		notice = self.notice(self.planned())
		self.assertEqual((notice.amount_due, notice.left_out_amount), (500, 1_000))
		rows = {row.sales_invoice: (row.left_out or "", row.step_code) for row in notice.items}
		self.assertIn("In a payment plan", rows[agreed.name][0])
		self.assertEqual((rows[agreed.name][1], rows[other.name][0]), ("", ""))
		plans.end(plan.name, "Its first instalment was missed.")
		self.assertEqual(self.notice(self.planned()).amount_due, 1_500)

	def test_unallocated_money_covers_the_oldest_items(self):
		old, new = self.owes(1_000, 9), self.owes(1_000, 7)
		make.make_payment(customer=self.customer, amount=1_400)
		notice = self.notice(self.planned())
		rows = {row.sales_invoice: row.chased_amount for row in notice.items}
		self.assertEqual(rows, {new.name: 600, old.name: 0})

	def test_credit_balance_and_exclusions_are_skipped_with_the_reason(self):
		self.owes(1_000, 7)
		make.make_payment(customer=self.customer, amount=1_000)
		notice = self.notice(self.planned())
		self.assertEqual((notice.status, notice.reason), ("Skipped", "Credit Balance"))
		other = make.make_customer()
		self.owes(700, 7, customer=other)
		with as_user("controller"):
			frappe.get_doc(
				{
					"doctype": "Dunning Exclusion",
					"customer": other.name,
					"for_company": COMPANY,
					"valid_until": add_days(nowdate(), 30),
					"reason": "Flooded warehouse",
				}
			).insert()
		notice = self.notice(self.planned(customer=other.name))
		self.assertEqual((notice.status, notice.reason), ("Skipped", "Excluded"))
		self.assertIn("Flooded warehouse", notice.reason_text)

	def test_instalments_are_chased_each_from_its_own_due_date(self):
		invoice = self.owes(1_000, 7)
		(row,) = frappe.get_all("Payment Schedule", {"parent": invoice.name}, ["*"])
		frappe.db.set_value(
			"Payment Schedule",
			row.name,
			{"payment_amount": 600, "base_payment_amount": 600, "due_date": add_days(nowdate(), -7)},
		)
		second = frappe.get_doc(
			{
				**row,
				"doctype": "Payment Schedule",
				"name": None,
				"idx": 2,
				"due_date": add_days(nowdate(), 23),
			}
		)
		second.update({"payment_amount": 400, "base_payment_amount": 400})
		second.db_insert()
		frappe.db.set_value("Sales Invoice", invoice.name, "due_date", add_days(nowdate(), 23))
		notice = self.notice(self.planned())
		self.assertEqual([(r.item_key, r.chased_amount) for r in notice.items], [(row.name, 600)])

	def test_what_is_wrong_with_one_customer_keeps_no_other_waiting(self):
		self.owes(1_000, 7)
		other = make.make_customer()
		self.flow.append("scopes", {"customer": other.name})
		self.flow.save()
		self.owes(500, 7, customer=other)
		frappe.db.set_value("Customer", other.name, "b2b_payment_days", "soon")
		run = self.planned(customer=None, flow=self.flow.name)
		found = {
			row.customer: (row.status, row.reason)
			for row in frappe.get_all("Dunning Notice", {"run": run.name}, ["customer", "status", "reason"])
		}
		self.assertEqual(found, {self.customer.name: ("Planned", ""), other.name: ("Skipped", "Problem")})
		frappe.db.set_value("Customer", other.name, "b2b_payment_days", "")
		self.flow.db_set("amounts_currency", "USD")
		with make.no_exchange_rates():
			run = self.planned(customer=None, flow=self.flow.name)
		texts = frappe.get_all("Dunning Notice", {"run": run.name, "reason": "Problem"}, pluck="reason_text")
		self.assertTrue(texts and all("exchange rate" in text for text in texts), texts)

	def test_a_run_of_tomorrow_is_refused(self):
		with as_user("controller"), self.assertRaisesRegex(DunningError, "not known"):
			self.planned(run_date=add_days(nowdate(), 1))

	def test_a_quiet_period_keeps_everything_back(self):
		self.owes(1_000, 7)
		today = nowdate()
		self.flow.append("quiet_periods", {"from_date": today, "until_date": today, "reason": "Stocktaking"})
		self.flow.save()
		notice = self.notice(self.planned())
		self.assertEqual(
			(notice.status, notice.reason, notice.reason_text), ("Skipped", "Quiet Day", "Stocktaking")
		)

	def test_the_plan_of_many_customers_takes_as_many_queries_as_that_of_one(self):
		customers = [make.make_customer() for _n in range(4)]
		for customer in customers:
			self.flow.append("scopes", {"customer": customer.name})
			for _n in range(2):
				self.owes(100, 7, customer=customer)
		self.flow.save()
		names = sorted(customer.name for customer in customers)

		def queries(some) -> int:
			planner = dunning_planning.Planner(COMPANY, getdate())
			planner.plan(names)
			count = 0
			real = frappe.db.sql

			def counting(*args, **kwargs):
				nonlocal count
				count += 1
				return real(*args, **kwargs)

			with patch.object(frappe.db, "sql", counting):
				self.assertEqual(len(planner.plan(some)), len(some))
			return count

		self.assertEqual(queries(names), queries(names[:1]))


class TestSend(DunningTestCase):
	def test_one_mail_with_all_items_and_the_log(self):
		first, second = self.owes(1_000, 7), self.owes(500, 2)
		run = self.sent(self.planned())
		self.assertEqual((run.status, run.sent, run.failed, run.mode), ("Completed", 1, 0, "Real"))
		notice = self.notice(run)
		self.assertEqual(notice.status, "Queued")
		(mail,) = self.mails(notice)
		text = make.text_of(mail.message)
		self.assertIn(first.name, text)
		self.assertIn(second.name, text)
		self.assertNotIn("List-Unsubscribe", mail.message)
		log = frappe.get_all(
			"Dunning Log", {"customer": self.customer.name}, ["sales_invoice", "step_code", "status"]
		)
		self.assertEqual(
			sorted((r.sales_invoice, r.step_code, r.status) for r in log),
			sorted([(first.name, "D7", "Sent"), (second.name, "D0", "Sent")]),
		)

	def test_a_second_run_finds_nothing_and_two_at_once_send_once(self):
		self.owes(1_000, 7)
		one, two = self.planned(), self.planned()
		self.assertEqual(self.sent(one).sent, 1)
		two = self.sent(two)
		self.assertEqual((two.status, two.sent, two.skipped), ("Completed", 0, 1))
		self.assertEqual(frappe.db.count("Dunning Notice", {"run": self.planned().name}), 0)
		self.assertEqual(frappe.db.count("Dunning Log", {"customer": self.customer.name}), 1)

	def test_of_two_runs_that_do_not_see_each_other_the_log_lets_one_send(self):
		invoice = self.owes(1_000, 7)
		(key,) = frappe.get_all("Payment Schedule", {"parent": invoice.name}, pluck="name")
		run = self.planned()
		# Another transaction has taken the step; facts of before do not show it.
		log = frappe.get_doc(
			{
				"doctype": "Dunning Log",
				"log_key": dunning_sending.log_key(key, "D7"),
				"item_key": key,
				"sales_invoice": invoice.name,
				"customer": self.customer.name,
				"company": COMPANY,
				"step_code": "D7",
				"status": "Reserved",
				"notice": None,
			}
		)
		log.flags.by_run = True
		log.insert()
		with patch("b2b_contracts.collections.dunning_facts._had", return_value={}):
			run = self.sent(run)
		notice = self.notice(run)
		self.assertEqual((notice.status, notice.reason), ("Skipped", "Sent by Another"))
		self.assertEqual(self.mails(notice), [])

	def test_what_was_paid_since_the_plan_is_not_asked_for(self):
		paid, open_one = self.owes(1_000, 7), self.owes(300, 8)
		run = self.planned()
		make.make_payment(paid)
		notice = self.notice(self.sent(run))
		self.assertEqual((notice.amount_due, notice.status), (300, "Queued"))
		self.assertEqual([row.sales_invoice for row in notice.items], [open_one.name])
		run = self.planned()
		self.assertEqual(frappe.db.count("Dunning Notice", {"run": run.name}), 0)

	def test_everything_paid_since_the_plan(self):
		invoice = self.owes(1_000, 7)
		run = self.planned()
		make.make_payment(invoice)
		notice = self.notice(self.sent(run))
		self.assertEqual((notice.status, notice.reason), ("Skipped", "Changed"))

	def test_a_notice_and_an_item_can_be_left_out(self):
		self.owes(1_000, 7)
		other = self.owes(500, 8)
		run = self.planned()
		notice = self.notice(run)
		with as_user("collector"):
			notice.items[0].exclude = 1
			kept = next(row.sales_invoice for row in notice.items if not row.exclude)
			notice.amount_due = 1
			notice.save()
		self.assertEqual(notice.reload().amount_due, 1_500)
		notice = self.notice(self.sent(run))
		self.assertEqual(notice.amount_due, 1_000 if kept != other.name else 500)
		run = self.planned()
		with as_user("collector"):
			with self.assertRaisesRegex(DunningError, "why"):
				left = self.notice(run)
				left.excluded = 1
				left.save()
			api.leave_out([self.notice(run).name], "Talked to them")
		notice = self.notice(self.sent(run))
		self.assertEqual(
			(notice.status, notice.reason, notice.reason_text), ("Skipped", "By Hand", "Talked to them")
		)

	def test_a_sent_notice_cannot_be_changed_or_deleted(self):
		self.owes(1_000, 7)
		notice = self.notice(self.sent(self.planned()))
		with as_user("collector"), self.assertRaises(DunningError):
			notice.excluded, notice.exclude_reason = 1, "too late"
			notice.save()
		with self.assertRaises(EvidenceError):
			frappe.delete_doc("Dunning Notice", notice.name)
		with self.assertRaises(EvidenceError):
			frappe.delete_doc("Dunning Run", notice.run)
		log = frappe.get_last_doc("Dunning Log", {"customer": self.customer.name})
		with self.assertRaises(EvidenceError):
			log.save()

	def test_a_failure_leaves_the_steps_free_for_the_next_run(self):
		self.owes(1_000, 7)
		run = self.planned()
		with patch(
			"b2b_contracts.collections.dunning_channels.by_email", side_effect=ValueError("no printer")
		):
			with patch.object(
				frappe.db,
				"rollback",
				lambda *a, **k: frappe.db.delete("Dunning Log", {"customer": self.customer.name}),
			):
				with (
					as_user("controller"),
					patch.object(frappe.db, "commit"),
					patch.object(frappe, "enqueue"),
				):
					api.send_run(run.name)
					for shard in frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name"):
						dunning_runs.work(run.name, shard)
		notice = self.notice(run)
		self.assertEqual((notice.status, notice.delivery_error), ("Failed", "no printer"))
		self.assertEqual(run.reload().failed, 1)
		self.assertEqual(self.sent(self.planned()).sent, 1)

	def test_a_notice_that_loses_every_deadlock_is_left_to_the_sweep(self):
		other = make.make_customer()
		self.flow.append("scopes", {"customer": other.name})
		self.flow.save()
		self.owes(1_000, 7)
		self.owes(500, 7, customer=other)
		run, tried, take = self.planned(customer=None, flow=self.flow.name), [], dunning_sending._take_steps

		def lose(doc, notice, on):
			if doc.customer != self.customer.name:
				return take(doc, notice, on)
			tried.append(doc.name)
			raise frappe.QueryDeadlockError(1213, "Deadlock found when trying to get lock")

		with patch.object(dunning_sending, "_take_steps", lose):
			run = self.sent(run)
		self.assertEqual(len(tried), dunning_sending.MOST_TRIES)
		statuses = {
			row.customer: row.status
			for row in frappe.get_all("Dunning Notice", {"run": run.name}, ["customer", "status"])
		}
		self.assertEqual((run.status, statuses[self.customer.name]), ("Sending", "Planned"))
		# It keeps no other waiting.
		self.assertEqual(statuses[other.name], "Queued")
		said = frappe.get_all("Error Log", {"method": ["like", f"%{run.name} lost%"]}, pluck="error")
		self.assertEqual(said, [tried[0]])
		(shard,) = frappe.get_all("Dunning Run Shard", {"parent": run.name}, ["name", "status"])
		self.assertEqual(shard.status, "Planned")
		with self.in_a_job(), patch.object(dunning_runs, "_enqueue") as started:
			dunning_runs.sweep()
			self.assertNotIn((run.name, shard.name, "Sending"), [call.args for call in started.mock_calls])
			frappe.db.set_value("Dunning Run Shard", shard.name, "touched_on", add_days(nowdate(), -1))
			dunning_runs.sweep()
			self.assertIn((run.name, shard.name, "Sending"), [call.args for call in started.mock_calls])
		self.work(run.name)
		self.assertEqual((run.reload().status, run.sent, run.failed), ("Completed", 2, 0))
		self.assertEqual(frappe.db.count("Dunning Log", {"customer": self.customer.name}), 1)

	def test_over_days_the_ladder_climbs_and_the_law_has_its_say(self):
		self.owes(1_000, 0)
		steps = []
		for days in (0, 7, 7, 7, 9):
			age(self.customer.name, days)
			run = self.sent(self.planned())
			notice = self.notice(run)
			steps.append((notice.step_code, notice.fee))
		self.assertEqual(steps, [("D0", 0), ("D7", 100), ("D14", 0), ("D21", 100), ("D30", 0)])
		tasks = frappe.get_all(
			"Collection Task", {"customer": self.customer.name}, pluck="kind", order_by="creation"
		)
		self.assertEqual(tasks, ["Phone Call"])
		notice = self.notice(run)
		self.assertEqual((notice.channel, notice.status), ("Registered Letter", "Queued"))
		self.assertIn("Delivery stop evaluated", [row.rule for row in notice.checks])

	def test_a_plan_of_last_week_is_not_sent(self):
		self.owes(1_000, 20)
		run = self.planned(run_date=add_days(nowdate(), -6))
		with as_user("controller"), self.assertRaisesRegex(DunningError, "Plan it anew"):
			api.send_run(run.name)

	def test_who_may_do_what(self):
		self.owes(1_000, 7)
		run = self.planned()
		for user in ("seller2", "collector", "stock_user", "auditor"):
			with self.subTest(user), as_user(user), self.assertRaises(frappe.PermissionError):
				api.send_run(run.name)
		with as_user("seller2"):
			self.assertFalse(frappe.has_permission("Dunning Notice", "read", self.notice(run).name))
			self.assertNotIn(self.notice(run).name, frappe.get_list("Dunning Notice", pluck="name"))
		with as_user("seller1"):
			self.assertTrue(frappe.has_permission("Dunning Notice", "read", self.notice(run).name))
			self.assertFalse(frappe.has_permission("Dunning Notice", "write", self.notice(run).name))
			self.assertIn(self.notice(run).name, frappe.get_list("Dunning Notice", pluck="name"))


class TestSchedule(DunningTestCase):
	def test_a_run_a_day_and_no_second_one(self):
		self.owes(1_000, 7)
		frappe.db.set_value("Company", COMPANY, "b2b_dunning_mode", "Plan every day")
		with (
			self.in_a_job(),
			patch("b2b_contracts.collections.dunning_planning.is_quiet", return_value=False),
		):
			dunning_runs.daily()
			dunning_runs.daily()
		runs = frappe.get_all(
			"Dunning Run", {"company": COMPANY, "is_automatic": 1}, ["name", "status", "mode"]
		)
		self.assertEqual([(run.status, run.mode) for run in runs], [("Planning", "Dry Run")])
		frappe.db.set_value("Company", COMPANY, "b2b_dunning_mode", "By hand")

	def test_whoever_looks_is_told_that_it_stands_still_and_has_it_gone_on_with(self):
		self.owes(1_000, 7)
		with as_user("controller"), self.in_a_job():
			run = frappe.get_doc(
				{"doctype": "Dunning Run", "company": COMPANY, "customer": self.customer.name, "mode": "Real"}
			).insert()
			api.plan_run(run.name)
			self.assertFalse(api.run_state(run.name)["stands_still"])
			frappe.db.set_value(
				"Dunning Run",
				run.name,
				"modified",
				add_to_date(now_datetime(), minutes=-2),
				update_modified=False,
			)
			self.assertTrue(api.run_state(run.name)["stands_still"])
			with as_user("auditor"), self.assertRaises(frappe.PermissionError):
				api.go_on_run(run.name)
			frappe.db.after_commit.reset()
			api.go_on_run(run.name)
			frappe.db.after_commit.run()
			# Not the job of before, which Redis believes to be running still.
			(shard,) = frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name")
			(started,) = [call.kwargs["job_id"] for call in frappe.enqueue.mock_calls if "run" in call.kwargs]
			self.assertRegex(started, rf"^b2b-dunning-{run.name}-{shard}-Planning-\d{{12}}$")
		self.work(run.name)
		state = api.run_state(run.name)
		self.assertEqual((state["status"], state["planned"], state["sent"]), ("Sending", 1, 0))
		self.assertFalse(state["stands_still"])
		self.work(run.name)
		self.assertEqual(run.reload().status, "Completed")
		with as_user("controller"), self.assertRaisesRegex(DunningError, "nothing to go on with"):
			api.go_on_run(run.name)

	def test_a_run_that_stands_still_is_started_again(self):
		self.owes(1_000, 7)
		with as_user("controller"), self.in_a_job():
			run = frappe.get_doc(
				{"doctype": "Dunning Run", "company": COMPANY, "customer": self.customer.name, "mode": "Real"}
			).insert()
			api.plan_run(run.name)
		(shard,) = frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name")
		with self.in_a_job(), patch.object(dunning_runs, "_enqueue") as started:
			dunning_runs.sweep()
			self.assertNotIn((run.name, shard, "Planning"), [call.args for call in started.mock_calls])
			frappe.db.set_value(
				"Dunning Run Shard", shard, "modified", add_days(nowdate(), -1), update_modified=False
			)
			dunning_runs.sweep()
			self.assertIn((run.name, shard, "Planning"), [call.args for call in started.mock_calls])
		self.work(run.name)
		self.assertEqual(run.reload().status, "Sending")
		self.work(run.name)
		self.assertEqual(
			(run.reload().status, run.sent, self.notice(run).delivery_error), ("Completed", 1, None)
		)
