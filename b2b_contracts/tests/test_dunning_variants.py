"""Tests of a dunning step on the site: what a variant may change, who gets which, and what the figures say."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, nowdate

from b2b_contracts import dunning_api as api
from b2b_contracts.collections import dunning_test_results, dunning_tests
from b2b_contracts.engine import variants
from b2b_contracts.exceptions import DunningError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age, make_template


class VariantTestCase(DunningTestCase):
	def variants_of(self, *rows: dict, user: str = "credit_manager", **fields):
		"""A test of a step of the flow, D7 unless it is said."""
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Dunning Test",
					"test_name": f"Test {frappe.generate_hash(length=8)}",
					"flow": self.flow.name,
					"step_code": "D7",
					"from_date": add_days(nowdate(), -60),
					"variants": [{"weight": 1, **row} for row in rows],
					**fields,
				}
			).insert()

	def only(self, test, label: str):
		"""Let every customer have one variant of a test."""
		return patch.object(
			variants, "assigned", lambda name, customer, weights: label if name == test.name else "A"
		)


class TestWhatAVariantMayChange(VariantTestCase):
	def assertRefused(self, message: str, *rows: dict, **fields):
		with self.assertRaisesRegex(DunningError, message):
			self.variants_of(*(rows or ({"label": "A"}, {"label": "B", "days_later": 2})), **fields)

	def test_words_sender_channel_and_time(self):
		other = make_template("Other words")
		test = self.variants_of(
			{"label": "As it is"},
			{"label": "Words", "template": other, "weight": 2},
			{"label": "Later", "days_later": 3},
			{"label": "On paper", "channel": "Letter"},
			{"label": "Sender", "email_account": make.make_outgoing_account().name},
		)
		self.assertEqual(test.step_day, 7)

	def test_a_template_that_announces_less_or_more(self):
		silent, loud = make_template("Silent"), make_template("Loud", announces_interest=1)
		self.assertRefused(
			"announces “nothing”", {"label": "A"}, {"label": "B", "template": silent}, step_code="D21"
		)
		self.assertRefused("announces “Interest”", {"label": "A"}, {"label": "B", "template": loud})
		same = make_template("Same", announces_delivery_stop=1)
		self.variants_of({"label": "A"}, {"label": "B", "template": same}, step_code="D21")

	def test_a_channel_that_cannot_carry_it(self):
		self.assertRefused("charges or announces", {"label": "A"}, {"label": "B", "channel": "SMS"})
		self.assertRefused(
			"Registered Letter", {"label": "A"}, {"label": "B", "channel": "E-mail"}, step_code="D30"
		)
		self.assertRefused("person's", step_code="D14")
		self.variants_of({"label": "A"}, {"label": "B", "channel": "SMS"}, step_code="D0")

	def test_a_sender_that_sends_nothing_or_of_a_letter(self):
		account = make.make_outgoing_account().name
		self.assertRefused(
			"Only an e-mail", {"label": "A"}, {"label": "B", "channel": "Letter", "email_account": account}
		)
		frappe.db.set_value("Email Account", account, "enable_outgoing", 0)
		self.assertRefused("does not send", {"label": "A"}, {"label": "B", "email_account": account})
		frappe.db.set_value("Email Account", account, "enable_outgoing", 1)

	def test_a_time_that_is_earlier_or_that_of_the_next_step(self):
		self.assertRefused("next step comes on day 14", {"label": "A"}, {"label": "B", "days_later": 7})
		with self.assertRaisesRegex(DunningError, "0 or more"):
			self.variants_of({"label": "A"}, {"label": "B", "days_later": -1})

	def test_figures_and_rows(self):
		self.assertRefused("say nothing", minimum_sample=29)
		self.assertRefused("1 to 90 days", paid_within_days=0)
		self.assertRefused("before it begins", until_date=add_days(nowdate(), -90))
		self.assertRefused("2 to 5", {"label": "A"})
		self.assertRefused("are the same", {"label": "A"}, {"label": "B"})
		self.assertRefused("are called A", {"label": "A"}, {"label": "A ", "days_later": 1})
		self.assertRefused("weight", {"label": "A"}, {"label": "B", "days_later": 1, "weight": 0})
		self.assertRefused("has no step D8", step_code="D8")

	def test_two_of_a_step_at_a_time(self):
		first = self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})
		self.assertRefused(first.name)
		first.enabled = 0
		first.save()
		self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})

	def test_a_flow_or_template_that_does_not_fit_any_more(self):
		other = make_template("Other")
		self.variants_of({"label": "A"}, {"label": "B", "template": other, "days_later": 6})
		self.flow.reload()
		self.flow.steps[2].day = 12
		with self.assertRaisesRegex(DunningError, "next step comes on day 12"):
			self.flow.save()
		template = frappe.get_doc("Dunning Template", other)
		template.announces_collection = 1
		template.texts[0].collection_statement = "We hand it over."
		with self.assertRaisesRegex(DunningError, "announces “Collection”"):
			template.save()


class TestWhoGetsWhich(VariantTestCase):
	def test_words_and_sender_go_out_with_the_notice(self):
		other, account = make_template("Other"), make.make_outgoing_account()
		# The one that mails go by without any other.
		make.make_outgoing_account()
		test = self.variants_of(
			{"label": "A"}, {"label": "B", "template": other, "email_account": account.name}
		)
		self.owes(1_000, 7)
		with self.only(test, "B"):
			run = self.planned()
			notice = self.notice(run)
			self.assertEqual((notice.test, notice.variant, notice.template), (test.name, "B", other))
			notice = self.notice(self.sent(run))
		self.assertEqual((notice.status, notice.variant, notice.email_account), ("Queued", "B", account.name))
		sender = frappe.db.get_value("Email Queue", notice.email_queue, "sender")
		self.assertIn(account.email_id, sender)

	def test_each_customer_has_the_variant_of_its_hash_every_time(self):
		test = self.variants_of({"label": "A"}, {"label": "B", "template": make_template("Other")})
		self.owes(1_000, 7)
		expected = variants.assigned(test.name, self.customer.name, {"A": 1, "B": 1})
		for _n in range(2):
			self.assertEqual(self.notice(self.planned()).variant, expected)

	def test_another_channel(self):
		test = self.variants_of({"label": "A"}, {"label": "B", "channel": "Letter"})
		self.owes(1_000, 7)
		with self.only(test, "B"):
			notice = self.notice(self.sent(self.planned()))
		self.assertEqual((notice.channel, notice.sent_by_channel, notice.fee), ("Letter", "Letter", 100))
		self.assertEqual(
			frappe.db.get_value("Dunning Log", {"notice": notice.name}, ["step_code", "channel"]),
			("D7", "Letter"),
		)

	def test_days_later_waits_and_says_so_then_goes_once(self):
		test = self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})
		self.owes(1_000, 7)
		with self.only(test, "B"):
			run = self.planned()
			notice = self.notice(run)
			self.assertEqual(
				(notice.status, notice.reason, notice.variant), ("Skipped", "Waits for Its Variant", "B")
			)
			self.assertIn("days later", notice.reason_text)
			self.assertEqual(self.sent(run).sent, 0)
			self.assertFalse(frappe.db.exists("Dunning Log", {"customer": self.customer.name}))
			age(self.customer.name, 1)
			self.assertEqual(self.sent(self.planned()).sent, 0)
			age(self.customer.name, 1)
			run = self.sent(self.planned())
			self.assertEqual((run.sent, self.notice(run).step_code), (1, "D7"))
			self.assertEqual(frappe.db.count("Dunning Notice", {"run": self.planned().name}), 0)

	def test_what_waits_keeps_no_other_item_waiting(self):
		test = self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})
		self.owes(1_000, 7)
		young = self.owes(300, 0)
		with self.only(test, "B"):
			notice = self.notice(self.planned())
		self.assertEqual((notice.status, notice.step_code, notice.variant), ("Planned", "D0", "B"))
		self.assertEqual({r.sales_invoice: r.step_code for r in notice.items}[young.name], "D0")

	def test_who_had_the_step_before_waits_as_well(self):
		test = self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})
		self.owes(1_000, 0)
		with self.only(test, "B"):
			self.assertEqual(self.sent(self.planned()).sent, 1)
			for days, step_code in ((7, ""), (1, ""), (1, "D7")):
				age(self.customer.name, days)
				run = self.planned()
				found = frappe.get_all(
					"Dunning Notice", {"run": run.name, "status": "Planned"}, pluck="step_code"
				)
				self.assertEqual(found, [step_code] if step_code else [])

	def test_other_steps_days_and_stopped_tests_are_as_the_flow_has_them(self):
		other = make_template("Other")
		test = self.variants_of({"label": "A"}, {"label": "B", "template": other})
		self.owes(1_000, 0)
		with self.only(test, "B"):
			self.assertFalse(self.notice(self.planned()).test)
			age(self.customer.name, 7)
			self.assertEqual(self.notice(self.planned()).template, other)
			test.reload().update({"until_date": add_days(nowdate(), -1)})
			test.save()
			self.assertFalse(self.notice(self.planned()).test)
			test.update({"until_date": None, "enabled": 0})
			test.save()
			self.assertFalse(self.notice(self.planned()).test)

	def test_a_template_that_changed_behind_the_checks_costs_no_announcement(self):
		same = make_template("Same", announces_delivery_stop=1)
		test = self.variants_of({"label": "A"}, {"label": "B", "template": same}, step_code="D21")
		frappe.db.set_value("Dunning Template", same, "announces_delivery_stop", 0)
		self.owes(1_000, 21)
		with self.only(test, "B"):
			notice = self.notice(self.planned())
		self.assertEqual((notice.test, notice.announces), (None, "Delivery Stop"))
		self.assertNotEqual(notice.template, same)


class TestResults(VariantTestCase):
	def setUp(self):
		super().setUp()
		self.test = self.variants_of({"label": "A"}, {"label": "B", "days_later": 2})

	def results(self, user: str = "controller") -> dict:
		with as_user(user):
			return api.test_results(self.test.name)

	def row(self, label: str) -> dict:
		return next(row for row in self.results()["variants"] if row["label"] == label)

	def entered(self, label: str, days_ago: int = 10):
		"""Let the test have come to the customer so many days ago; returns its run."""
		with self.only(self.test, label):
			run = self.sent(self.planned())
		self.back(run, days_ago)
		return run

	def back(self, run, days: int) -> None:
		for name in frappe.get_all("Dunning Notice", {"run": run.name}, pluck="name"):
			day = add_days(nowdate(), -days)
			frappe.db.set_value(
				"Dunning Notice",
				name,
				{"run_date": day, "creation": get_datetime(f"{day} 06:00")},
				update_modified=False,
			)

	def pays(self, invoice, days_ago: int, amount: float | None = None) -> None:
		fields = {} if amount is None else {"amount": amount}
		make.make_payment(invoice, posting_date=add_days(nowdate(), -days_ago), **fields)

	def test_paid_in_time_counts_and_paid_late_or_in_part_does_not(self):
		for label, days_ago, part, expected in (
			("A", 4, None, 1),
			("A", 1, None, 0),
			("A", 4, 400, 0),
		):
			customer = self.customer = make.make_customer()
			self.flow.reload().append("scopes", {"customer": customer.name})
			self.flow.save()
			invoice = self.owes(1_000, 7)
			with self.only(self.test, label):
				before = self.row("A")
				self.entered(label, 10)
				self.pays(invoice, days_ago, part)
				row = self.row("A")
			self.assertEqual((row["customers"] - before["customers"], row["over"] - before["over"]), (1, 1))
			self.assertEqual(row["paid"] - before["paid"], expected, f"paid {days_ago} days ago: {part}")

	def test_a_credit_note_pays_nothing(self):
		invoice = self.owes(1_000, 7)
		with self.only(self.test, "A"):
			self.entered("A", 10)
			make.make_credit_note(invoice, 1_000)
			self.assertEqual((self.row("A")["over"], self.row("A")["paid"]), (1, 0))

	def test_whoever_waits_is_in_it_from_the_same_day_and_counts_once(self):
		invoice = self.owes(1_000, 7)
		with self.only(self.test, "B"):
			first = self.entered("B", 0)
			self.assertEqual(self.notice(first).status, "Skipped")
			age(self.customer.name, 2)
			second = self.sent(self.planned())
			self.assertEqual(second.sent, 1)
			self.back(first, 10)
			self.back(second, 8)
			# Within 7 days of the reminder, but not within 7 days of the day on which the others were reminded.
			self.pays(invoice, 2)
			row = self.row("B")
		self.assertEqual((row["customers"], row["over"], row["paid"]), (1, 1, 0))

	def test_whose_days_are_not_over_is_counted_and_not_judged(self):
		self.owes(1_000, 7)
		with self.only(self.test, "A"):
			self.entered("A", 7)
			row = self.row("A")
		self.assertEqual((row["customers"], row["over"], row["share"]), (1, 0, None))

	def test_a_run_that_was_only_looked_at_says_nothing(self):
		self.owes(1_000, 7)
		with self.only(self.test, "A"):
			run = self.planned()
			self.back(run, 10)
			self.assertEqual(self.row("A")["customers"], 0)
		self.assertFalse(dunning_tests.has_begun(self.test.name))

	def test_once_begun_it_stays_as_it_is(self):
		self.owes(1_000, 7)
		with self.only(self.test, "A"):
			self.entered("A", 10)
		with as_user("credit_manager"):
			for change in ({"paid_within_days": 14}, {"minimum_sample": 50}, {"from_date": nowdate()}):
				with self.assertRaisesRegex(DunningError, "stays as it is"):
					self.test.reload().update(change)
					self.test.save()
			self.test.reload().variants[0].weight = 3
			with self.assertRaisesRegex(DunningError, "stays as it is"):
				self.test.save()
			with self.assertRaises((DunningError, frappe.LinkExistsError)):
				frappe.delete_doc("Dunning Test", self.test.name)
			self.test.reload().update({"until_date": nowdate(), "description": "Enough"})
			self.test.save()

	def test_no_winner_before_the_sample_then_the_figures_in_words(self):
		self.assertIn("0 of 100 customers of variant A", self.results()["sentence"])
		days = [add_days(nowdate(), -20 - n) for n in range(100)]

		def fake(paid_of: dict[str, int]):
			entries, paid = [], {}
			for label, many in paid_of.items():
				for n, day in enumerate(days):
					name = f"{label}{n}"
					entries.append(dunning_test_results.Entry(name, label, frappe.utils.getdate(day)))
					paid[name] = (n < many, 100.0, 100.0 if n < many else 0.0)
			return (
				patch.object(dunning_test_results, "_entries", return_value=entries),
				patch.object(dunning_test_results, "_paid", return_value=paid),
			)

		entries, paid = fake({"A": 50, "B": 55})
		with entries, paid:
			found = self.results()
		self.assertEqual(found["outcome"], "No Difference")
		self.assertIn("may be chance. The next look is at 200", found["sentence"])
		entries, paid = fake({"A": 40, "B": 70})
		with entries, paid:
			found = self.results()
		self.assertEqual(found["outcome"], "Winner")
		self.assertIn(
			"B is better: 70 of 100 customers paid within 7 days, of A it was 40 of 100", found["sentence"]
		)
		(first, second) = found["variants"]
		self.assertEqual((first["share"], second["share"], first["difference"]), (40, 70, None))
		self.assertTrue(0 < second["difference"]["low"] < 30 < second["difference"]["high"])
		self.assertTrue(first["low"] < 40 < first["high"])

	def test_who_may_see_and_make_them(self):
		for user in ("controller", "collector", "credit_manager", "cfo"):
			self.assertEqual(len(self.results(user)["variants"]), 2)
		with self.assertRaises(frappe.PermissionError):
			self.results("seller1")
		with self.assertRaises(frappe.PermissionError):
			self.variants_of(
				{"label": "A"}, {"label": "B", "days_later": 1}, step_code="D0", user="collector"
			)
		user = make.make_user("Collector")
		permission = frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": self.customer.name}
		).insert()
		self.addCleanup(permission.delete)
		with as_user(user), self.assertRaisesRegex(frappe.PermissionError, "all customers"):
			api.test_results(self.test.name)


# Its own tests run where it stands.
del DunningTestCase
