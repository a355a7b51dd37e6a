"""Insolvency in one action: what stops, what is frozen, what is claimed, who is warned, and how it ends."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import api
from b2b_contracts import collections_api as collections
from b2b_contracts.collections import insolvency
from b2b_contracts.credit import clearing
from b2b_contracts.exceptions import (
	CreditHoldError,
	CreditProfileError,
	InsolvencyError,
	NotYourMandateError,
	PaymentPlanError,
	PaymentSlipError,
	ReleaseError,
)
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SECURITY_FILE,
	SERVICE,
	SiteTestCase,
	email_of,
	ensure_second_company,
)


class InsolvencyTestCase(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		ensure_second_company()

	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=100_000, external_rating="A")

	def order(self, amount=1_000, **fields):
		with as_user("seller1"):
			return make.make_order(self.customer, amount, **fields)

	def report(self, user="controller", **fields):
		"""Report the insolvency, and do what the job after it does."""
		with as_user(user):
			case = frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": self.customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": nowdate(),
					"case_number": "K 12/2026",
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
					**fields,
				}
			).insert()
		return case

	def carried_out(self, **fields):
		case = self.report(**fields)
		self.assertTrue(insolvency.carry_out(case.name))
		return case.reload()

	def end(self, case, user="finance_director", outcome="Proceedings Ended", reason="The estate is closed"):
		with as_user(user):
			collections.end_insolvency(case.name, outcome, reason)
		return case.reload()

	def profile_of(self, company=COMPANY):
		name = frappe.db.get_value("Credit Profile", {"customer": self.customer.name, "company": company})
		return frappe.get_doc("Credit Profile", name)

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def told(self, case, user):
		about = {"document_type": "Insolvency Case", "document_name": case.name}
		return frappe.get_all(
			"Notification Log",
			filters={**about, "for_user": email_of(user), "subject": ["like", f"%{case.customer_name}%"]},
			pluck="subject",
		)


class TestStop(InsolvencyTestCase):
	def test_all_companies_at_once_and_before_any_job(self):
		self.assertFalse(insolvency.is_frozen(self.customer.name))
		with make.policy_off(SECOND_COMPANY):
			make.make_invoice(self.customer, 500, company=SECOND_COMPANY)
		case = self.report()
		self.assertTrue(insolvency.is_frozen(self.customer.name))
		self.assertTrue(case.reload().stopped_on)
		self.assertFalse(case.carried_out_on)
		for company in (COMPANY, SECOND_COMPANY):
			profile = self.profile_of(company)
			self.assertEqual((profile.external_rating, profile.status), ("Insolvent", "Stop"), company)
			self.assertEqual((profile.forced_hold, profile.forced_hold_action), (1, "Stop"))
			self.assertIn(case.name, profile.stop_reason)
			kinds = frappe.get_all(
				"Credit Decision",
				filters={"customer": self.customer.name, "company": company},
				fields=["kind", "outcome", "decided_by"],
			)
			self.assertEqual(
				[(row.kind, row.outcome, row.decided_by) for row in kinds],
				[("Force", "Stopped", email_of("controller"))],
			)
		change = self.profile_of().history[-1]
		self.assertEqual((change.before, change.after), ("A", "Insolvent"))
		self.assertIn(case.name, change.reason)

	def test_where_it_never_traded_the_case_itself_stops_it(self):
		policy = make.active_policy(SECOND_COMPANY)
		policy.without_profile = "Not Checked"
		policy.save()
		self.report()
		self.assertFalse(
			frappe.db.exists("Credit Profile", {"customer": self.customer.name, "company": SECOND_COMPANY})
		)
		order = make.make_order(
			self.customer,
			company=SECOND_COMPANY,
			items=[{"item_code": SERVICE, "qty": 1, "rate": 100}],
		)
		self.assertEqual(self.status(order), "Stopped")
		hold = frappe.get_doc("Credit Hold", {"reference_name": order.name})
		self.assertIn("Forced Hold", [row.rule for row in hold.reasons])

	def test_new_orders_wait_and_goods_stay(self):
		order = self.order()
		self.report()
		self.assertEqual(self.status(self.order()), "Stopped")
		with as_user("stock_user"), self.assertRaises(CreditHoldError):
			make.make_delivery(order)

	def test_a_draft_of_before_waits(self):
		order = self.order(submit=False)
		self.report()
		order.reload().submit()
		self.assertEqual(self.status(order), "Stopped")

	def test_orders_that_were_let_through_are_parked(self):
		clear = self.order(2_000)
		with make.policy_off():
			not_checked = self.order(1_000)
		delivered = self.order(500)
		make.make_delivery(delivered)
		self.carried_out()
		for order in (clear, not_checked):
			order.reload()
			self.assertEqual((order.b2b_credit_status, order.status), ("Stopped", "On Hold"))
		self.assertEqual(self.status(delivered), "Clear")

	def test_a_hold_by_hand_becomes_the_stop(self):
		with as_user("controller"):
			api.force_hold(self.customer.name, COMPANY, "They do not answer")
		self.report()
		open_holds = frappe.get_all(
			"Credit Hold",
			filters={"reference_name": self.profile.name, "status": "Open"},
			fields=["action", "required_role"],
		)
		self.assertEqual([(h.action, h.required_role) for h in open_holds], [("Stop", "Finance Director")])

	def test_a_group_has_one_gate_and_is_stopped_whole_once(self):
		sister = make.make_customer(account_manager="seller2")
		make.make_profile(sister, manual_limit=50_000)
		make.make_group(self.customer, sister)
		case = self.carried_out()
		profile = frappe.get_doc("Credit Profile", {"customer": sister.name, "company": COMPANY})
		self.assertEqual((profile.status, str(profile.next_review)), ("Open", nowdate()))
		(text,) = self.told(case, "seller2")
		self.assertIn(f"review {sister.customer_name} today", text)

	def test_no_stop_is_lifted_and_no_rating_changed_while_it_is_open(self):
		case = self.carried_out()
		for hold in frappe.get_all(
			"Credit Hold", filters={"reference_name": self.profile.name, "status": "Open"}, pluck="name"
		):
			with (
				as_user("cfo"),
				self.assertRaisesRegex(ReleaseError, f"end with insolvency case {case.name}"),
			):
				api.lift_hold(hold, "They are friends")
		profile = self.profile_of()
		profile.update({"external_rating": "B", "change_reason": "Looks fine"})
		with as_user("cfo"), self.assertRaisesRegex(CreditProfileError, "the rating stays"):
			profile.save()

	def test_a_form_that_was_open_does_not_write_the_former_rating(self):
		open_form = self.profile_of()
		self.report()
		open_form.change_reason = "Note"
		with self.assertRaises(frappe.TimestampMismatchError):
			open_form.save()


class TestWhatEnds(InsolvencyTestCase):
	def test_plans_promises_and_slips(self):
		invoice = make.make_overdue_invoice(self.customer, 3_000)
		with make.policy_off():
			other = make.make_overdue_invoice(self.customer, 2_000)
		with as_user("collector"):
			plan = make.make_plan((invoice, None))
			promise = frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"amount": 100,
					"promised_date": add_days(nowdate(), 5),
				}
			).insert()
			slip = self.slip(2_000, other)
		with as_user("controller"):
			collections.accept_payment_slip(slip.name)
		case = self.carried_out()
		self.assertEqual(
			[doc.reload().status for doc in (plan, promise, slip)], ["Broken", "Withdrawn", "Cancelled"]
		)
		self.assertIn(case.name, slip.reason)
		values = frappe.db.get_value(
			"Sales Invoice", other.name, ["b2b_awaited_amount", "b2b_planned_amount"]
		)
		self.assertEqual([flt(value) for value in values], [0, 0])

	def slip(self, amount, invoice):
		return frappe.get_doc(
			{
				"doctype": "Payment Slip",
				"customer": self.customer.name,
				"company": COMPANY,
				"amount": amount,
				"value_date": nowdate(),
				"slip_file": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				"invoices": [{"sales_invoice": invoice.name}],
			}
		).insert()

	def test_none_begins_while_it_is_open(self):
		invoice = make.make_overdue_invoice(self.customer, 3_000)
		self.carried_out()
		with self.assertRaisesRegex(PaymentPlanError, "is insolvent"):
			make.make_plan((invoice, None))
		with as_user("collector"):
			slip = self.slip(2_000, invoice)
		with as_user("controller"), self.assertRaisesRegex(PaymentSlipError, "is insolvent"):
			collections.accept_payment_slip(slip.name)


class TestClaim(InsolvencyTestCase):
	def ledger(self, company=COMPANY):
		from erpnext.accounts.utils import get_balance_on

		return get_balance_on(party_type="Customer", party=self.customer.name, company=company)

	def total(self, case, company=COMPANY):
		return next(row for row in case.totals if row.company == company)

	def test_every_open_item_to_the_cent_of_the_ledger(self):
		first = make.make_overdue_invoice(self.customer, 1_234.56, days=10, disable_rounded_total=1)
		second = make.make_invoice(self.customer, 2_000.01, disable_rounded_total=1)
		make.make_payment(second, amount=500.5)
		make.make_payment(customer=self.customer, amount=77.77)
		make.make_journal(self.customer, 42.1)
		paid = make.make_invoice(self.customer, 300)
		make.make_payment(paid)
		case = self.carried_out()
		total = self.total(case)
		self.assertEqual(total.ledger_balance, self.ledger())
		self.assertEqual(total.claim_amount, self.ledger())
		rows = {row.voucher_no: row for row in case.get("items")}
		self.assertEqual((rows[first.name].kind, rows[first.name].amount), ("Invoice", 1_234.56))
		self.assertEqual(rows[second.name].amount, 1_499.51)
		self.assertNotIn(paid.name, rows)
		kinds = sorted(row.kind for row in case.get("items"))
		self.assertEqual(kinds, ["Invoice", "Invoice", "Journal Entry", "Payment or Credit"])

	def test_delivered_and_not_billed_and_interest_stand_beside_it(self):
		make.make_overdue_invoice(self.customer, 10_000, days=36)
		with make.policy_off():
			make.make_delivery(customer=self.customer, amount=700)
		case = self.carried_out(interest_rate=11.25)
		total = self.total(case)
		self.assertEqual((total.ledger_balance, total.not_billed_amount), (self.ledger(), 700))
		# 10,000 × 11.25 % × 36 / 365
		self.assertEqual((total.interest_amount, total.claim_amount), (110.96, self.ledger() + 810.96))

	def test_taken_again_it_is_as_the_books_are_then(self):
		invoice = make.make_invoice(self.customer, 1_000)
		case = self.carried_out()
		make.make_payment(invoice, amount=400)
		self.assertEqual(self.total(case).ledger_balance, 1_000)
		with as_user("controller"):
			answer = collections.take_claim(case.name)
		(total,) = answer["totals"]
		self.assertEqual((total["company"], total["ledger_balance"]), (COMPANY, 600))
		self.assertEqual(len(case.reload().totals), 1)

	def test_in_each_company_in_its_own_currency(self):
		make.make_invoice(self.customer, 1_000)
		make.make_profile(self.customer, company=SECOND_COMPANY, manual_limit=10_000)
		make.make_invoice(self.customer, 500, company=SECOND_COMPANY)
		case = self.carried_out()
		found = {(row.company, row.currency): row.claim_amount for row in case.totals}
		self.assertEqual(found, {(COMPANY, "DKK"): 1_000, (SECOND_COMPANY, "NOK"): 500})

	def test_a_statement_is_printed(self):
		make.make_invoice(self.customer, 1_234.56, disable_rounded_total=1)
		case = self.carried_out(trustee="Advokat Skiftesen", retains_title=1)
		html = frappe.get_print("Insolvency Case", case.name, "Insolvency Claim")
		for text in ("1,234.56", "Advokat Skiftesen", "K 12/2026", COMPANY):
			self.assertIn(text, html)

	def goods(self, case):
		return [(row.item_code, row.qty, row.amount, row.sales_invoice) for row in case.goods]

	def test_unpaid_goods_under_retention_of_title(self):
		order = self.order(1_000, qty=10)
		note = make.make_delivery(order)
		invoice = make.make_invoice(delivery=note)
		shipped = make.make_invoice(self.customer, 300, update_stock=1)
		paid = make.make_invoice(self.customer, 200, update_stock=1)
		make.make_payment(paid)
		make.make_invoice(self.customer, 900)  # a service
		unbilled = make.make_delivery(self.order(400, qty=4))
		make.make_security(self.customer, 1, instrument_type="Retention of Title", issuer_rating=None)
		case = self.carried_out()
		found = {row.voucher_no: row for row in case.goods}
		self.assertEqual(set(found), {note.name, shipped.name, unbilled.name})
		self.assertEqual((found[note.name].qty, found[note.name].amount), (10, 1_000))
		self.assertEqual(found[note.name].sales_invoice, invoice.name)
		self.assertIsNone(found[unbilled.name].sales_invoice)
		self.assertTrue(found[note.name].security)

	def test_without_one_only_where_the_terms_retain_title(self):
		make.make_invoice(self.customer, 300, update_stock=1)
		self.assertEqual(self.carried_out().goods, [])
		case = frappe.get_last_doc("Insolvency Case", {"customer": self.customer.name})
		with as_user("controller"):
			case.update({"retains_title": 1}).save()
		insolvency.take_claim_again(case.name)
		self.assertEqual([row.amount for row in case.reload().goods], [300])

	def test_securities_that_can_be_called(self):
		until = add_days(nowdate(), 90)
		guarantee = make.make_security(self.customer, 5_000, expiry_date=until)
		make.make_security(self.customer, 1, instrument_type="Retention of Title", issuer_rating=None)
		case = self.carried_out()
		self.assertEqual(
			[(row.security, row.amount, str(row.last_day_to_call)) for row in case.securities],
			[(guarantee.name, 5_000, until)],
		)


class TestWarning(InsolvencyTestCase):
	def test_people_and_the_insurer(self):
		make.make_security(
			self.customer, 5_000, instrument_type="Credit Insurance", issuer="Kautionsforsikring"
		)
		case = self.carried_out()
		for user in ("seller1", "collector"):
			self.assertEqual(
				self.told(case, user),
				[
					f"{case.customer_name} is insolvent (Bankruptcy). Everything is stopped and nothing is chased; the claim is in {case.name}."
				],
			)
		tasks = frappe.get_all(
			"ToDo",
			filters={"reference_name": case.name, "status": "Open"},
			fields=["allocated_to", "date", "description"],
		)
		self.assertIn(email_of("credit_manager"), {task.allocated_to for task in tasks})
		self.assertEqual({str(task.date) for task in tasks}, {add_days(nowdate(), 7)})
		self.assertIn("Kautionsforsikring", tasks[0].description)
		self.end(case)
		self.assertFalse(frappe.db.exists("ToDo", {"reference_name": case.name, "status": "Open"}))

	def test_who_is_in_no_group_is_not_warned_of_another(self):
		other = make.make_profile(make.make_customer(account_manager="seller2"))
		case = self.carried_out()
		self.assertEqual(self.told(case, "seller2"), [])
		before = str(other.next_review)
		self.assertEqual(str(other.reload().next_review), before)

	def test_no_insurer_no_task(self):
		case = self.carried_out()
		self.assertFalse(frappe.db.exists("ToDo", {"reference_name": case.name}))

	def test_carried_out_twice_does_nothing_twice(self):
		make.make_security(
			self.customer, 5_000, instrument_type="Credit Insurance", issuer="Kautionsforsikring"
		)
		order = self.order()
		case = self.carried_out()
		count = lambda: [  # noqa: E731
			frappe.db.count("Notification Log", {"document_name": case.name}),
			frappe.db.count("ToDo", {"reference_name": case.name}),
			frappe.db.count("Credit Decision", {"customer": self.customer.name}),
			frappe.db.count("Credit Hold", {"reference_name": order.name}),
		]
		before = count()
		self.assertFalse(insolvency.carry_out(case.name))
		frappe.db.set_value("Insolvency Case", case.name, "carried_out_on", None)
		insolvency.sweep()
		self.assertEqual(count(), before)
		self.assertTrue(case.reload().carried_out_on)

	def test_killed_midway_it_is_carried_out_by_the_sweep(self):
		order = self.order()
		case = self.report()
		with patch.object(insolvency, "_take_claim", side_effect=KeyboardInterrupt):
			with self.assertRaises(KeyboardInterrupt):
				insolvency.carry_out(case.name)
		self.assertEqual((self.status(order), case.reload().carried_out_on), ("Stopped", None))
		insolvency.sweep()
		self.assertTrue(case.reload().carried_out_on)
		self.assertTrue(case.claim_taken_on)

	def test_a_piece_that_fails_is_tried_again(self):
		case = self.report()
		with patch.object(insolvency, "_take_claim", autospec=True, side_effect=frappe.ValidationError):
			self.assertFalse(insolvency.carry_out(case.name))
		self.assertFalse(case.reload().carried_out_on)
		self.assertTrue(insolvency.carry_out(case.name))


class TestReporting(InsolvencyTestCase):
	def test_takes_a_credit_controller(self):
		for user in ("seller1", "collector", "accounts_user"):
			with self.assertRaises(frappe.PermissionError):
				self.report(user=user)
		self.assertEqual(self.report().status, "Open")

	def test_only_once_and_not_for_the_future(self):
		with self.assertRaisesRegex(InsolvencyError, "still to come"):
			self.report(insolvent_on=add_days(nowdate(), 1))
		with self.assertRaises(frappe.MandatoryError):
			self.report(evidence=None)
		first = self.report()
		with self.assertRaisesRegex(InsolvencyError, f"reported already: {first.name}"):
			self.report()

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		case = self.carried_out(status="Reported in Error", items=[{"kind": "Invoice", "amount": 1}])
		self.assertEqual((case.status, case.get("items")), ("Open", []))
		case.update({"status": "Reported in Error", "ended_on": nowdate(), "totals": [{"claim_amount": 1}]})
		with as_user("controller"):
			case.save()
		case.reload()
		self.assertEqual((case.status, case.ended_on, case.totals), ("Open", None, []))

	def test_sellers_see_those_of_their_customers(self):
		make.make_invoice(self.customer, 100)
		case = self.carried_out()
		with as_user("seller1"):
			self.assertEqual(collections.open_insolvency(self.customer.name)["name"], case.name)
			self.assertIn(case.name, frappe.get_list("Insolvency Case", pluck="name"))
		with as_user("seller2"):
			self.assertNotIn(case.name, frappe.get_list("Insolvency Case", pluck="name"))
			with self.assertRaises(frappe.PermissionError):
				collections.open_insolvency(self.customer.name)


class TestEnd(InsolvencyTestCase):
	def test_takes_a_finance_director_and_a_reason(self):
		case = self.carried_out()
		for user in ("controller", "credit_manager"):
			with as_user(user):
				self.assertRegex(collections.why_not_end_insolvency(case.name), "Finance Director or higher")
			with self.assertRaises(NotYourMandateError):
				self.end(case, user=user)
		with self.assertRaisesRegex(InsolvencyError, "Write down a reason"):
			self.end(case, reason=" ")
		with self.assertRaisesRegex(InsolvencyError, "ends as one of"):
			self.end(case, outcome="Open")
		self.assertEqual(self.end(case, user="cfo", outcome="Reported in Error").ended_as, "CFO")
		with self.assertRaisesRegex(InsolvencyError, "closed already"):
			self.end(case)

	def test_reminders_go_on_and_a_person_reviews_the_rating(self):
		order = self.order()
		case = self.carried_out()
		self.end(case, outcome="Reported in Error", reason="Another company of the same name")
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertFalse(insolvency.is_frozen(self.customer.name))
		profile = self.profile_of()
		self.assertEqual((profile.forced_hold, profile.external_rating), (0, "Insolvent"))
		self.assertEqual((profile.status, str(profile.next_review)), ("Stop", nowdate()))
		self.assertEqual(self.status(order), "Stopped", "nothing goes on before the rating was reviewed")
		kinds = frappe.get_all(
			"Credit Decision",
			filters={"reference_name": profile.name, "kind": "Lift"},
			fields=["decided_by", "links"],
		)
		self.assertEqual([row.decided_by for row in kinds], [email_of("finance_director")])
		self.assertIn("Another company", kinds[0].links)
		self.assertTrue(any("review it" in text for text in self.told(case, "credit_manager")))
		profile.update({"external_rating": "B", "rating_at_review": "B", "change_reason": "Reviewed"})
		with as_user("credit_manager"):
			profile.save()
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual((self.profile_of().status, self.status(order)), ("Open", "Clear"))

	def test_the_claim_stays_as_it_was(self):
		make.make_invoice(self.customer, 1_000)
		case = self.end(self.carried_out())
		with as_user("controller"), self.assertRaisesRegex(InsolvencyError, "its claim stays"):
			collections.take_claim(case.name)
		case.insolvent_on = add_days(getdate(nowdate()), -3)
		with as_user("controller"), self.assertRaisesRegex(InsolvencyError, "stays as it was"):
			case.save()

	def test_it_can_be_reported_again(self):
		first = self.end(self.carried_out())
		second = self.report()
		self.assertNotEqual(first.name, second.name)
		self.assertEqual(self.profile_of().status, "Stop")
