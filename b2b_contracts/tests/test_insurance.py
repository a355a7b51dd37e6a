"""Insurance policies: buyer limits, what they cover, the insurer's stop, and the duties to the insurer."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import api, insurance_api
from b2b_contracts.credit import clearing, insurance, insurer_duties, securities
from b2b_contracts.exceptions import (
	CreditHoldError,
	InsuranceError,
	SecurityInstrumentError,
	WrittenByAppOnlyError,
)
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SiteTestCase,
	email_of,
	ensure_second_company,
)
from b2b_contracts.tests.test_query_count import counted


class InsuranceTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")
		self.policy = make.make_insurance_policy(discretionary_limit=5_000, deductible=500)

	def limit(self, amount=20_000, customer=None, **fields):
		name = insurance_api.add_buyer_limit(
			self.policy.name, (customer or self.customer).name, amount, **fields
		)
		return frappe.get_doc("Security Instrument", name)

	def why_not(self, limit) -> str | None:
		return securities.status_of(limit.name)["why_not"]

	def look_again(self):
		return clearing.clear_waiting(self.customer.name, COMPANY)

	def stop(self):
		name = frappe.db.get_value(
			"Credit Hold", {"reference_name": self.profile.name, "status": "Open", "action": "Delivery Stop"}
		)
		return frappe.get_doc("Credit Hold", name) if name else None


class TestThePolicy(InsuranceTestCase):
	def test_a_period_that_ends_before_it_begins(self):
		with self.assertRaisesRegex(InsuranceError, "Enter a later end"):
			make.make_insurance_policy(period_to=add_days(nowdate(), -201))

	def test_in_force_after_its_end(self):
		with self.assertRaisesRegex(InsuranceError, "cannot be in force"):
			make.make_insurance_policy(period_to=add_days(nowdate(), -1))

	def test_entered_twice(self):
		with self.assertRaisesRegex(InsuranceError, f"entered already.*{self.policy.name}"):
			make.make_insurance_policy(policy_number=self.policy.policy_number)
		make.make_insurance_policy(
			policy_number=self.policy.policy_number,
			period_from=add_days(nowdate(), 301),
			period_to=add_days(nowdate(), 600),
		)

	def test_numbers_and_ratings_outside_their_scale(self):
		with self.assertRaisesRegex(InsuranceError, "between 0 and 100"):
			make.make_insurance_policy(cover_percent=101)
		with self.assertRaisesRegex(InsuranceError, "Enter 0 or more"):
			make.make_insurance_policy(maximum_extension_days=-1)
		with self.assertRaisesRegex(InsuranceError, "outside the scale"):
			make.make_insurance_policy(issuer_rating="AAAA")

	def test_with_buyer_limits_it_is_neither_deleted_nor_a_draft(self):
		self.limit()
		with self.assertRaises(frappe.LinkExistsError):
			self.policy.delete()
		self.policy.reload().status = "Draft"
		with self.assertRaisesRegex(InsuranceError, "no draft any more"):
			self.policy.save()


class TestBuyerLimits(InsuranceTestCase):
	def test_it_takes_from_the_policy_what_is_not_entered(self):
		with as_user("credit_manager"):
			limit = self.limit()
		for field, value in {
			"issuer": "B2B Test Insurance",
			"issuer_rating": "AA",
			"cover_percent": 90,
			"deductible": 500,
			"currency": "DKK",
			"limit_basis": "Named",
			"status": "In Force",
			"document": self.policy.document,
		}.items():
			self.assertEqual(limit.get(field), value, field)
		self.assertEqual(getdate(limit.expiry_date), getdate(self.policy.period_to))
		self.assertIsNone(self.why_not(limit))

	def test_what_is_entered_stays(self):
		until = add_days(nowdate(), 100)
		limit = self.limit(expiry_date=until)
		self.assertEqual(getdate(limit.expiry_date), getdate(until))

	def test_one_that_is_asked_for_is_a_draft(self):
		limit = self.limit(in_force=False)
		self.assertEqual((limit.docstatus, limit.status), (0, "Requested"))

	def test_our_own_discretion_ends_somewhere(self):
		self.limit(5_000, limit_basis="Discretionary")
		other = make.make_customer()
		with self.assertRaisesRegex(SecurityInstrumentError, "at most .*5,000.*choose Named"):
			self.limit(5_001, other, limit_basis="Discretionary")
		self.limit(5_001, other)

	def test_one_live_limit_a_customer_and_policy(self):
		first = self.limit()
		with self.assertRaisesRegex(SecurityInstrumentError, f"already.*{first.name}"):
			self.limit()
		securities.release(first.name, "The insurer took it back")
		self.limit()

	def test_a_draft_does_not_come_into_force_beside_one(self):
		draft = self.limit(in_force=False)
		self.limit()
		with self.assertRaisesRegex(SecurityInstrumentError, "already"):
			draft.submit()

	def test_one_that_takes_the_place_of_another(self):
		first = self.limit()
		second = make.make_security(
			self.customer, 30_000, "Credit Insurance", insurance_policy=self.policy.name, replaces=first.name
		)
		self.assertEqual((first.reload().status, second.status), ("Replaced", "In Force"))

	def test_only_an_insurance_of_one_customer_in_its_company(self):
		with self.assertRaisesRegex(SecurityInstrumentError, "is no insurance"):
			make.make_security(self.customer, 1, insurance_policy=self.policy.name)
		group = make.make_group(self.customer)
		with self.assertRaisesRegex(SecurityInstrumentError, "of one customer"):
			make.make_security(
				self.customer,
				1,
				"Credit Insurance",
				insurance_policy=self.policy.name,
				scope="Credit Group",
				credit_group=group.name,
			)
		ensure_second_company()
		with self.assertRaisesRegex(SecurityInstrumentError, f"insures {COMPANY}"):
			make.make_security(
				self.customer,
				1,
				"Credit Insurance",
				insurance_policy=self.policy.name,
				company=SECOND_COMPANY,
				currency="NOK",
			)

	def test_an_insurance_without_a_policy_stays_possible(self):
		limit = make.make_security(self.customer, 20_000, "Credit Insurance")
		self.assertFalse(limit.limit_basis)
		self.assertIsNone(self.why_not(limit))

	def test_it_counts_only_while_the_policy_is_in_force(self):
		limit = self.limit()
		for fields in (
			{"status": "Ended"},
			{"status": "In Force", "period_from": add_days(nowdate(), 1)},
			{"period_from": add_days(nowdate(), -9), "period_to": add_days(nowdate(), -1)},
		):
			frappe.db.set_value("Insurance Policy", self.policy.name, fields)
			self.assertEqual(self.why_not(limit), "Its insurance policy is not in force.")

	def test_a_policy_ends_by_itself(self):
		frappe.db.set_value("Insurance Policy", self.policy.name, "period_to", add_days(nowdate(), -1))
		insurance.end_due()
		insurance.end_due()
		self.assertEqual(self.policy.reload().status, "Ended")
		self.assertEqual(
			frappe.db.count("Comment", {"reference_name": self.policy.name, "comment_type": "Info"}), 1
		)

	def test_an_order_that_fits_with_it(self):
		with as_user("seller1"):
			parked = make.make_order(self.customer, 15_000)
		self.assertEqual(parked.b2b_credit_status, "Held")
		with as_user("credit_manager"):
			self.limit(20_000)
		self.assertEqual(self.look_again(), [parked.name])

	def test_the_table_on_the_policy(self):
		make.make_overdue_invoice(self.customer, 4_000, days=20)
		limit = self.limit()
		with as_user("controller"):
			(row,) = insurance_api.buyer_limits(self.policy.name)
		self.assertEqual((row["name"], row["owed"], row["covered"]), (limit.name, 4_000, 3_100))
		self.assertEqual((row["counts"], row["oldest_days"], row["duties"]), (True, 20, 0))


class TestNotEligible(InsuranceTestCase):
	def setUp(self):
		super().setUp()
		with make.policy_off():
			self.old = make.make_overdue_invoice(self.customer, 3_000, days=61)
			make.make_overdue_invoice(self.customer, 1_000, days=60)
		self.limit(20_000)

	def covered(self) -> float:
		(row,) = insurance_api.buyer_limits(self.policy.name)
		return row["covered"]

	def test_what_is_past_the_maximum_extension(self):
		self.assertEqual(insurance_api.buyer_limits(self.policy.name)[0]["not_eligible"], 3_000)
		self.assertEqual(self.covered(), 1_000 * 0.9 - 500)

	def test_without_a_maximum_all_is_covered(self):
		frappe.db.set_value("Insurance Policy", self.policy.name, "maximum_extension_days", 0)
		self.assertEqual(self.covered(), 4_000 * 0.9 - 500)

	def test_unallocated_money_goes_to_the_oldest(self):
		make.make_payment(customer=self.customer, amount=1_000)
		# 3,000 is owed; of that 2,000 is past the maximum.
		self.assertEqual(self.covered(), 1_000 * 0.9 - 500)

	def test_what_is_disputed_however_young(self):
		make.make_payment(self.old)
		with make.policy_off():
			invoice = make.make_invoice(self.customer, 2_000)
		with as_user("controller"):
			make.make_dispute((invoice, 800))
		self.assertEqual(self.covered(), (1_000 + 1_200) * 0.9 - 500)

	def test_an_instalment_counts_by_its_own_date(self):
		make.make_payment(self.old)
		with make.policy_off():
			make.make_invoice(
				self.customer,
				2_000,
				posting_date=add_days(nowdate(), -80),
				due_date=add_days(nowdate(), 10),
				payment_schedule=[
					{"due_date": add_days(nowdate(), -70), "invoice_portion": 25, "payment_amount": 500},
					{"due_date": add_days(nowdate(), 10), "invoice_portion": 75, "payment_amount": 1_500},
				],
			)
		self.assertEqual(self.covered(), (1_000 + 1_500) * 0.9 - 500)

	def test_the_original_due_date_counts(self):
		make.make_payment(self.old)
		with make.policy_off():
			invoice = make.make_overdue_invoice(self.customer, 2_000, days=1)
		frappe.db.set_value("Sales Invoice", invoice.name, "b2b_original_due_date", add_days(nowdate(), -90))
		self.assertEqual(self.covered(), 1_000 * 0.9 - 500)

	def test_an_order_sees_it(self):
		order = make.make_order(self.customer, 5_000, submit=False)
		decision = api.evaluate("Sales Order", order.name)
		self.assertEqual(flt(decision["secured"], 2), (1_000 + 5_000) * 0.9 - 500)

	def test_it_costs_one_query_and_none_without_a_policy(self):
		def queries(customer) -> list[str]:
			with counted() as found:
				make.make_order(customer, 10, submit=False).run_method("before_submit")
			return [q for q in found if "earlier" in q and "Payment Schedule" in q]

		self.assertEqual(len(queries(self.customer)), 1)
		other = make.make_customer()
		make.make_profile(other, manual_limit=10_000)
		make.make_security(other, 1_000, "Credit Insurance")
		self.assertEqual(queries(other), [])


class TestTheInsurersStop(InsuranceTestCase):
	def setUp(self):
		super().setUp()
		self.limit(20_000)

	def late(self, days=61, amount=2_000):
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days=days)

	def test_an_item_past_the_maximum_extension_stops_deliveries_until_it_is_paid(self):
		with make.policy_off(), as_user("seller1"):
			order = make.make_order(self.customer, 1_000)
		invoice = self.late()
		self.look_again()
		stop = self.stop()
		self.assertEqual([row.rule for row in stop.reasons], ["Delivery: Insurance"])
		self.assertIn("maximum extension period of 60 days", stop.reasons[0].message)
		self.assertEqual(stop.required_role, "Credit Manager")
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)
		make.make_payment(invoice)
		self.look_again()
		self.assertIsNone(self.stop())
		with as_user("stock_user"):
			self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_not_on_the_last_day_and_not_for_small_change(self):
		self.late(days=60)
		self.late(amount=500)
		self.look_again()
		self.assertIsNone(self.stop())

	def test_not_for_what_is_disputed(self):
		invoice = self.late()
		with as_user("controller"):
			make.make_dispute((invoice, 2_000))
		self.look_again()
		self.assertIsNone(self.stop())

	def test_not_when_nobody_insures_the_customer_any_more(self):
		self.late()
		frappe.db.set_value("Insurance Policy", self.policy.name, "status", "Ended")
		self.look_again()
		self.assertIsNone(self.stop())

	def test_the_shortest_of_two_policies(self):
		shorter = make.make_insurance_policy(maximum_extension_days=30)
		insurance_api.add_buyer_limit(shorter.name, self.customer.name, 1_000)
		self.late(days=31)
		self.look_again()
		self.assertIn("of 30 days", self.stop().reasons[0].message)

	def test_a_person_may_lift_it(self):
		self.late()
		self.look_again()
		with as_user("credit_manager"):
			api.lift_hold(self.stop().name, "The insurer agreed to go on")
		self.look_again()
		self.assertIsNone(self.stop())


class TestDuties(InsuranceTestCase):
	def setUp(self):
		super().setUp()
		self.buyer_limit = self.limit(20_000)

	def late(self, days, amount=2_000):
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days=days)

	def duties(self, **filters) -> dict[str, frappe._dict]:
		"""Return the duties about the customer by kind."""
		rows = frappe.get_all(
			"Insurer Duty", filters={"insurance_policy": self.policy.name, **filters}, fields=["*"]
		)
		self.assertEqual(len({row.duty for row in rows}), len(rows), rows)
		return {row.duty: row for row in rows}

	def told(self, duty, user) -> int:
		return frappe.db.count("Notification Log", {"document_name": duty.name, "for_user": email_of(user)})

	def test_an_item_brings_them_about_once(self):
		invoice = self.late(61)
		insurer_duties.daily()
		insurer_duties.daily()
		found = self.duties()
		due = getdate(invoice.due_date)
		self.assertEqual(
			{kind: (getdate(row.due_date), row.status) for kind, row in found.items()},
			{
				"Report Overdue": (getdate(add_days(due, 30)), "Missed"),
				"Stop Shipments": (getdate(add_days(due, 60)), "Missed"),
				"Hand Over to Collection": (getdate(add_days(due, 90)), "Open"),
			},
		)
		for row in found.values():
			self.assertEqual((row.customer, row.sales_invoice), (self.customer.name, invoice.name))
			self.assertEqual(row.security_instrument, self.buyer_limit.name)

	def test_the_database_refuses_a_second_one(self):
		self.late(30)
		insurer_duties.daily()
		(row,) = self.duties().values()
		twin = frappe.copy_doc(frappe.get_doc("Insurer Duty", row.name))
		twin.flags.credit_service = True
		with self.assertRaises(frappe.UniqueValidationError):
			twin.insert()

	def test_they_close_by_themselves_when_it_is_paid(self):
		invoice = self.late(61)
		insurer_duties.daily()
		make.make_payment(invoice)
		insurer_duties.daily()
		self.assertEqual({row.status for row in self.duties().values()}, {"Not Needed"})

	def test_nothing_for_invoices_of_another_time_or_duties_switched_off(self):
		self.late(230)  # before the policy began
		insurer_duties.daily()
		self.assertEqual(self.duties(), {})
		self.late(61)
		frappe.db.set_value("Insurance Policy", self.policy.name, "duties_on", 0)
		insurer_duties.daily()
		self.assertEqual(self.duties(), {})

	def test_a_policy_that_ended_still_asks_for_what_was_invoiced_under_it(self):
		self.late(61)
		frappe.db.set_value(
			"Insurance Policy", self.policy.name, {"status": "Ended", "duties_from": nowdate()}
		)
		insurer_duties.daily()
		self.assertEqual(list(self.duties()), ["Hand Over to Collection"])

	def test_the_credit_managers_are_told_before_and_those_above_when_it_is_missed(self):
		self.late(27)  # to be reported within 3 days
		insurer_duties.daily()
		duty = self.duties()["Report Overdue"]
		for user, times in (("credit_manager", 1), ("finance_director", 0), ("cfo", 0)):
			self.assertEqual(self.told(duty, user), times, user)
		insurer_duties.daily()
		self.assertEqual(self.told(duty, "credit_manager"), 1)
		frappe.db.set_value("Insurer Duty", duty.name, "due_date", add_days(nowdate(), -1))
		insurer_duties.daily()
		insurer_duties.daily()
		for user, times in (("credit_manager", 1), ("finance_director", 1), ("cfo", 1)):
			self.assertEqual(self.told(duty, user), times, user)
		found = frappe.get_doc("Insurer Duty", duty.name)
		self.assertEqual(found.status, "Missed")
		self.assertIn(email_of("cfo"), found.escalated_to)

	def test_killed_midway_it_goes_on_where_it_was(self):
		self.late(61)

		def killed(*_arguments):
			raise KeyboardInterrupt

		with patch.object(insurer_duties.notices, "bell", killed), self.assertRaises(KeyboardInterrupt):
			insurer_duties.daily()
		insurer_duties.daily()
		duty = self.duties()["Report Overdue"]
		self.assertEqual(self.told(duty, "cfo"), 1)

	def test_done_with_a_note_or_a_file_by_who_may(self):
		self.late(61)
		insurer_duties.daily()
		duty = self.duties()["Report Overdue"]
		with as_user("collector"):
			with self.assertRaisesRegex(InsuranceError, "attach the evidence"):
				insurance_api.duty_done(duty.name)
			insurance_api.duty_done(duty.name, "Reported on the insurer's portal")
			with self.assertRaisesRegex(InsuranceError, "closed already"):
				insurance_api.duty_done(duty.name, "Again")
		done = frappe.get_doc("Insurer Duty", duty.name)
		self.assertEqual((done.status, done.done_by), ("Done", email_of("collector")))
		insurer_duties.daily()
		self.assertEqual(done.reload().status, "Done")

	def test_not_needed_takes_a_reason(self):
		self.late(61)
		insurer_duties.daily()
		duty = self.duties()["Stop Shipments"]
		with as_user("controller"):
			with self.assertRaisesRegex(InsuranceError, "Write down why"):
				insurance_api.duty_not_needed(duty.name, " ")
			insurance_api.duty_not_needed(duty.name, "The insurer agreed to go on")
		self.assertEqual(frappe.db.get_value("Insurer Duty", duty.name, "status"), "Not Needed")

	def test_nobody_writes_one_by_hand(self):
		self.late(61)
		insurer_duties.daily()
		duty = frappe.get_doc("Insurer Duty", self.duties()["Stop Shipments"].name)
		duty.status = "Done"
		with as_user("credit_manager"), self.assertRaises(WrittenByAppOnlyError):
			duty.save()

	def test_turnover_and_renewal(self):
		frappe.db.set_value(
			"Insurance Policy",
			self.policy.name,
			{
				"declares_turnover": "Monthly",
				"duties_from": nowdate(),
				"declaration_days": 40,
				"period_to": add_days(nowdate(), 70),
			},
		)
		insurer_duties.daily()
		of_policy = {"insurance_policy": self.policy.name, "customer": ["is", "not set"]}
		self.assertEqual(
			set(frappe.get_all("Insurer Duty", of_policy, pluck="duty")), {"Declare Turnover", "Renew"}
		)
		renewal = frappe.get_doc("Insurer Duty", {"insurance_policy": self.policy.name, "duty": "Renew"})
		self.assertEqual(getdate(renewal.due_date), getdate(add_days(nowdate(), 10)))
		self.assertEqual(renewal.title, self.policy.insurer)

	def test_an_insolvency_is_reported_once(self):
		names = insurer_duties.report_insolvency(self.customer.name, COMPANY)
		self.assertEqual(insurer_duties.report_insolvency(self.customer.name, COMPANY), names)
		duty = self.duties()["Report Insolvency"]
		self.assertEqual(names, [duty.name])
		self.assertEqual(getdate(duty.due_date), getdate(add_days(nowdate(), 7)))

	def test_the_calendar_shows_what_one_may_see(self):
		self.late(61)
		insurer_duties.daily()
		args = ("Insurer Duty", add_days(nowdate(), -60), add_days(nowdate(), 60))
		with as_user("controller"):
			found = insurance_api.duty_events(*args, filters={"insurance_policy": self.policy.name})
			self.assertEqual(
				[event["title"].split(":")[0] for event in found],
				["Report Overdue", "Stop Shipments", "Hand Over to Collection"],
			)
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			insurance_api.duty_events(*args)


class TestWhoMay(InsuranceTestCase):
	def test_sellers_see_neither_policies_nor_duties(self):
		with as_user("seller1"):
			for doctype in ("Insurance Policy", "Insurer Duty"):
				with self.assertRaises(frappe.PermissionError):
					frappe.get_list(doctype)
			with self.assertRaises(frappe.PermissionError):
				insurance_api.buyer_limits(self.policy.name)
			with self.assertRaises(frappe.PermissionError):
				insurance_api.add_buyer_limit(self.policy.name, self.customer.name, 1)

	def test_a_controller_adds_limits_and_changes_no_policy(self):
		with as_user("controller"):
			self.limit()
			policy = frappe.get_doc("Insurance Policy", self.policy.name)
			policy.discretionary_limit = 10**6
			with self.assertRaises(frappe.PermissionError):
				policy.save()
