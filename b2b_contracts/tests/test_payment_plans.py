"""Payment Plan: what it is made of, who approves it, what the money makes of it, and what follows for orders."""

import re
from unittest.mock import patch

import frappe
from frappe import client
from frappe.utils import add_days, add_months, date_diff, flt, formatdate, getdate, nowdate

from b2b_contracts import api, collections_api
from b2b_contracts.collections import following, plan_facts, plans
from b2b_contracts.credit import clearing
from b2b_contracts.exceptions import EvidenceError, NotYourMandateError, PaymentPlanError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of


class PlanTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=1_000_000, risk_class="B")

	def invoice(self, amount: float = 30_000, days: int = 20, customer=None):
		"""An invoice that has been overdue for some days, from before anybody checked the customer."""
		with as_user("Administrator"), make.policy_off():
			return make.make_overdue_invoice(customer or self.customer, amount, days)

	def plan(self, amount: float = 30_000, **fields):
		return make.make_plan((self.invoice(amount), None), **fields)

	def pay(self, plan, amount: float, row: int = 0):
		invoice = frappe.get_doc("Sales Invoice", plan.invoices[row].sales_invoice)
		return make.make_payment(invoice, amount=amount)

	def refresh(self, plan):
		plans.refresh(plan.name)
		plan.reload()
		return plan

	def grow_older(self, plan, days: int):
		"""Let everything in a plan have been due so many days earlier."""
		for row in plan.instalments:
			earlier = add_days(row.due_date, -days)
			frappe.db.set_value("Payment Plan Instalment", row.name, "due_date", earlier)

	def planned(self, plan) -> list[float]:
		return [
			flt(frappe.db.get_value("Sales Invoice", row.sales_invoice, "b2b_planned_amount"))
			for row in plan.invoices
		]

	def comments(self, plan) -> list[str]:
		return frappe.get_all(
			"Comment",
			filters={"reference_name": plan.name, "comment_type": "Info"},
			pluck="content",
			order_by="creation",
		)

	def evidence(self) -> str:
		return frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")

	def assertRefused(self, advice: str, *rows, **fields):
		with self.assertRaisesRegex(PaymentPlanError, advice):
			make.make_plan(*(rows or [(self.invoice(), None)]), approved_by=None, **fields)


class TestDraft(PlanTestCase):
	def rows(self, plan) -> list[tuple[str, float]]:
		return [(str(row.due_date), row.amount) for row in plan.instalments]

	def test_equal_instalments_with_the_rounding_on_the_last(self):
		row = (self.invoice(400_000), 312_345.67)
		plan = make.make_plan(row, approved_by=None, first_instalment_date="2027-01-31")
		self.assertEqual(
			self.rows(plan),
			[("2027-01-31", 104_115.22), ("2027-02-28", 104_115.22), ("2027-03-31", 104_115.23)],
		)
		self.assertEqual((plan.total_amount, plan.currency, plan.status), (312_345.67, "DKK", "Draft"))
		self.assertEqual(
			(plan.required_role, str(plan.last_instalment_date)), ("Credit Manager", "2027-03-31")
		)

	def test_the_last_is_pulled_in_where_months_are_long_and_that_is_said(self):
		plan = self.plan(approved_by=None, first_instalment_date="2027-07-01")
		self.assertEqual(
			[due for due, _amount in self.rows(plan)], ["2027-07-01", "2027-08-01", "2027-08-30"]
		)
		self.assertIn(f"and not on {formatdate('2027-09-01')}", self.messages())
		self.assertEqual(plan.required_role, "Credit Manager")

	def test_what_it_is_computed_from_computes_it_anew(self):
		plan = self.plan(approved_by=None)
		plan.number_of_instalments = 2
		plan.save()
		self.assertEqual([row.amount for row in plan.instalments], [15_000, 15_000])
		plan.invoices[0].amount = 20_000
		plan.save()
		self.assertEqual([row.amount for row in plan.instalments], [10_000, 10_000])
		self.assertEqual(plan.total_amount, 20_000)

	def test_rows_changed_by_hand_stay_when_they_add_up(self):
		plan = self.plan(approved_by=None)
		plan.instalments[0].update({"amount": 20_000, "due_date": add_days(nowdate(), 3)})
		plan.instalments[1].amount = plan.instalments[2].amount = 5_000
		plan.save()
		plan.reload()
		self.assertEqual([row.amount for row in plan.instalments], [20_000, 5_000, 5_000])
		self.assertEqual(plan.first_instalment_date, getdate(add_days(nowdate(), 3)))

	def test_rows_that_do_not_add_up_are_refused_to_the_cent(self):
		plan = self.plan(approved_by=None)
		plan.instalments[0].amount = 9_999.99
		with self.assertRaisesRegex(PaymentPlanError, "add up to .*29,999.99.*change them by .*0.01"):
			plan.save()

	def test_rows_by_hand_keep_the_limits(self):
		plan = self.plan(approved_by=None)
		plan.instalments[2].due_date = add_days(nowdate(), 61)
		with self.assertRaisesRegex(PaymentPlanError, "more than 60 days.*force majeure.*CFO"):
			plan.save()
		plan.reload()
		plan.instalments[2].due_date = plan.instalments[1].due_date
		with self.assertRaisesRegex(PaymentPlanError, "Instalment 3 is not due later"):
			plan.save()

	def test_more_instalments_than_fit(self):
		self.assertRefused("Enter 3 or fewer", number_of_instalments=4)
		self.assertRefused("Enter 5 or fewer", number_of_instalments=6, force_majeure=1)
		self.assertRefused("Enter 1 or more", number_of_instalments=0)

	def test_quarterly_only_over_a_million(self):
		self.assertRefused("more than .*1,000,000.*by the quarter", frequency="Quarterly")
		plan = self.plan(1_000_001, frequency="Quarterly", number_of_instalments=4, approved_by=None)
		self.assertEqual(plan.required_role, "CFO")
		self.assertGreater(date_diff(plan.instalments[-1].due_date, plan.instalments[0].due_date), 270)

	def test_invoices_that_cannot_be_in_a_plan(self):
		stranger = make.make_customer()
		self.assertRefused("is not one of", (self.invoice(), None), (self.invoice(customer=stranger), None))
		draft = make.make_invoice(self.customer, 1_000, submit=False)
		self.assertRefused("is not submitted", (draft, None))
		invoice = self.invoice(1_000)
		self.assertRefused("is a credit note", (make.make_credit_note(invoice, 100), None))
		self.assertRefused("a second time", (invoice, 100), (invoice, 100))
		self.assertRefused("no more than .*900.00", (invoice, 900.01))
		make.make_payment(invoice)
		self.assertRefused("Nothing of invoice .* is outstanding", (invoice, None))

	def test_what_is_disputed_is_not_planned(self):
		invoice = self.invoice(1_000)
		make.make_dispute((invoice, 400))
		plan = make.make_plan((invoice, None), approved_by=None)
		self.assertEqual(plan.total_amount, 600)
		self.assertRefused("400.00 of that is disputed.*no more than .*600.00", (invoice, 601))

	def test_two_currencies(self):
		first, second = self.invoice(1_000), self.invoice(1_000)
		frappe.db.set_value("Sales Invoice", second.name, "party_account_currency", "EUR")
		self.assertRefused("Make a payment plan for each currency", (first, None), (second, None))

	def test_what_is_overdue_is_taken_in(self):
		old, older = self.invoice(1_000, days=10), self.invoice(2_000, days=40)
		with make.policy_off():
			make.make_invoice(self.customer, 4_000, due_date=add_days(nowdate(), 30))
		make.make_plan((self.invoice(8_000), None))
		with as_user("collector"):
			plan = api.make_payment_plan(self.customer.name, COMPANY)
		self.assertEqual([row["sales_invoice"] for row in plan["invoices"]], [older.name, old.name])
		self.assertEqual((plan["total_amount"], plan["currency"]), (3_000, "DKK"))
		with as_user("collector"):
			plan = api.make_payment_plan(self.customer.name, COMPANY, frappe.as_json([old.name]))
		self.assertEqual(plan["total_amount"], 1_000)

	def test_what_is_overdue_is_taken_in_by_currency(self):
		old, older = self.invoice(1_000, days=10), self.invoice(2_000, days=40)
		frappe.db.set_value("Sales Invoice", older.name, "party_account_currency", "EUR")
		plan = api.make_payment_plan(self.customer.name, COMPANY)
		self.assertEqual(
			([row["sales_invoice"] for row in plan["invoices"]], plan["currency"]), ([older.name], "EUR")
		)
		with self.assertRaisesRegex(PaymentPlanError, "for each currency"):
			api.make_payment_plan(self.customer.name, COMPANY, [old.name, older.name])

	def test_nothing_is_overdue(self):
		with (
			as_user("collector"),
			self.assertRaisesRegex(PaymentPlanError, "is overdue that is not disputed"),
		):
			api.make_payment_plan(self.customer.name, COMPANY)

	def test_a_status_that_is_sent_in_is_ignored(self):
		plan = self.plan(approved_by=None, status="Active", approved_by_="x", activated_on=nowdate())
		self.assertEqual((plan.status, plan.activated_on), ("Draft", None))


class TestApproval(PlanTestCase):
	def draft(self, **fields):
		with as_user("controller"):
			return self.plan(approved_by=None, **fields)

	def submit(self, plan, user: str):
		with as_user(user):
			doc = frappe.get_doc("Payment Plan", plan.name)
			doc.submit()
		return doc

	def assertSubmitRefused(self, plan, user: str, advice: str, error=NotYourMandateError):
		with self.assertRaisesRegex(error, advice):
			self.submit(plan, user)

	def test_a_credit_manager_approves_sixty_days(self):
		plan = self.draft()
		self.assertSubmitRefused(plan, "controller", "takes the role Credit Manager or higher")
		plan = self.submit(plan, "credit_manager")
		self.assertEqual(
			(plan.status, plan.approved_by, plan.approved_as),
			("Approved", email_of("credit_manager"), "Credit Manager"),
		)
		self.assertTrue(plan.approved_on)
		self.assertIn("30,000.00 in 3 instalments", self.comments(plan)[-1])

	def test_the_approval_is_in_the_decision_log(self):
		plan = self.submit(self.draft(), "credit_manager")
		found = frappe.get_all(
			"Credit Decision",
			filters={"reference_doctype": "Payment Plan", "reference_name": plan.name},
			fields=["kind", "outcome", "amount", "payload"],
		)
		self.assertEqual([(d.kind, d.outcome, d.amount) for d in found], [("Approve", "Approved", 30_000)])
		self.assertEqual(frappe.parse_json(found[0].payload)["acted_as"], "Credit Manager")

	def test_a_refusal_names_whom_to_ask(self):
		self.assertSubmitRefused(self.draft(), "controller", r"or higher\. Ask .*\(Credit Manager\)")

	def test_a_higher_role_may_act_for_it(self):
		self.assertEqual(self.submit(self.draft(), "cfo").approved_as, "CFO")

	def test_longer_plans_take_the_cfo_and_evidence(self):
		plan = self.draft(number_of_instalments=5, force_majeure=1)
		self.assertEqual(plan.required_role, "CFO")
		self.assertSubmitRefused(plan, "finance_director", "takes the role CFO")
		self.assertSubmitRefused(plan, "cfo", "Attach the evidence", PaymentPlanError)
		plan.reload()
		plan.force_majeure_evidence = self.evidence()
		plan.save()
		plan = self.submit(plan, "cfo")
		self.assertEqual((plan.status, plan.approved_as), ("Approved", "CFO"))
		self.assertLessEqual(date_diff(plan.instalments[-1].due_date, plan.instalments[0].due_date), 120)

	def test_nobody_approves_their_own(self):
		with as_user("credit_manager"):
			plan = self.plan(approved_by=None)
		self.assertSubmitRefused(plan, "credit_manager", "somebody else with the role Credit Manager")
		self.assertEqual(self.submit(plan, "cfo").status, "Approved")

	def test_a_deputy_approves_on_the_days_of_absence(self):
		plan = self.draft()
		self.assertSubmitRefused(plan, "collector", "takes the role Credit Manager")
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of("credit_manager"),
				"deputy": email_of("collector"),
				"from_date": nowdate(),
				"to_date": nowdate(),
			}
		).insert()
		self.assertEqual(self.submit(plan, "collector").approved_as, "Credit Manager")

	def test_what_was_paid_meanwhile_is_not_planned(self):
		plan = self.draft()
		self.pay(plan, 5_000)
		self.assertSubmitRefused(plan, "credit_manager", "no more than .*25,000.00", PaymentPlanError)

	def test_a_first_instalment_that_is_past(self):
		plan = self.draft(first_instalment_date=add_days(nowdate(), -1))
		self.assertSubmitRefused(plan, "cfo", "Enter today or a later day", PaymentPlanError)

	def test_an_invoice_stands_in_one_live_plan(self):
		invoice = self.invoice()
		second = make.make_plan((invoice, 10_000), approved_by=None)
		first = make.make_plan((invoice, 10_000))
		self.assertSubmitRefused(second, "cfo", f"in payment plan {first.name} already", PaymentPlanError)
		first.cancel()
		second.reload()
		self.assertEqual(self.submit(second, "cfo").status, "Approved")

	def test_two_plans_at_once_cannot_take_the_same_invoice(self):
		invoice = self.invoice()
		first, second = (make.make_plan((invoice, None), approved_by=None) for _n in range(2))
		frappe.db.commit()
		self.addCleanup(setattr, frappe.local, "db", self._primary_connection)
		with self.secondary_connection():
			# The second request has begun, and has its snapshot, before the first plan is approved.
			self.assertEqual(frappe.db.get_value("Payment Plan", first.name, "docstatus"), 0)
		with self.primary_connection():
			self.submit(first, "cfo")
			frappe.db.commit()
		with self.secondary_connection():
			self.assertSubmitRefused(second, "cfo", "at the same moment. Try again", PaymentPlanError)
			frappe.db.rollback()
			self.assertSubmitRefused(second, "cfo", f"in payment plan {first.name} already", PaymentPlanError)

	def test_a_customer_without_profile_or_policy(self):
		invoice = self.invoice(customer=make.make_customer())
		self.assertEqual(make.make_plan((invoice, None)).status, "Approved")
		frappe.db.set_value("Credit Policy", make.active_policy().name, "is_active", 0)
		invoice = make.make_overdue_invoice(make.make_customer(), 1_000)
		self.assertEqual(make.make_plan((invoice, None)).status, "Approved")

	def test_validation_cannot_be_skipped(self):
		plan = self.draft()
		with as_user("controller"), self.assertRaisesRegex(PaymentPlanError, "was not approved"):
			doc = frappe.get_doc("Payment Plan", plan.name)
			doc.flags.ignore_validate = True
			doc.submit()

	def test_what_was_agreed_stays_after_approval(self):
		plan = self.plan()
		plan.instalments[0].amount = 1
		plan.update({"status": "Completed", "signed_plan": self.evidence()})
		plan.save()
		plan.reload()
		self.assertEqual((plan.instalments[0].amount, plan.status), (10_000, "Approved"))
		self.assertTrue(plan.signed_plan)
		plan.reason = "Another"
		with self.assertRaises(frappe.UpdateAfterSubmitError):
			plan.save()

	def test_an_amended_plan_is_approved_anew(self):
		plan = self.plan()
		self.pay(plan, 10_000)
		self.refresh(plan)
		plan.cancel()
		amended = frappe.copy_doc(plan, ignore_no_copy=False)
		amended.update({"amended_from": plan.name, "docstatus": 0})
		amended.invoices[0].amount = None
		amended.insert()
		self.assertEqual((amended.status, amended.total_amount, amended.approved_by), ("Draft", 20_000, None))
		self.assertEqual([row.status for row in amended.instalments], ["Pending"] * 3)
		self.assertEqual(self.submit(amended, "cfo").status, "Approved")

	def test_an_approved_plan_is_not_deleted(self):
		plan = self.plan()
		plan.cancel()
		with self.assertRaises(EvidenceError):
			plan.delete()


class TestSecurity(PlanTestCase):
	def pays_after(self, days: int):
		with make.policy_off():
			invoice = make.make_invoice(self.customer, 1_000, posting_date=add_days(nowdate(), -days))
		make.make_payment(invoice)

	def rate(self, rating: str):
		self.profile.update({"external_rating": rating, "rating_at_review": rating, "change_reason": "Seen"})
		self.profile.save()

	def test_none_for_who_pays_in_time_and_is_rated_well(self):
		self.pays_after(89)
		self.rate("B")
		plan = self.plan(security=None)
		self.assertEqual((plan.status, plan.security_required), ("Approved", 0))
		self.assertEqual(plan.payment_record, "Pays after 89.0 days on average. Rated B.")

	def test_who_pays_late_or_is_rated_low_or_not_known(self):
		for days, rating, record in (
			(None, "", "Nothing was paid in the last 12 months. Not rated."),
			(10, "", "Pays after 10.0 days on average. Not rated."),
			(10, "C", "Pays after 10.0 days on average. Rated C."),
			(170, "A", "Pays after 90.0 days on average. Rated A."),
		):
			if days and "10.0" not in self.record():
				self.pays_after(days)
			if rating:
				self.rate(rating)
			if days == 170:
				self.pays_after(days)
			plan = self.plan(1_000, security=None, approved_by=None)
			self.assertEqual((plan.security_required, plan.payment_record), (1, record))
			with as_user("cfo"), self.assertRaisesRegex(PaymentPlanError, "takes a guarantee"):
				plan.submit()

	def record(self) -> str:
		since = getdate(add_months(nowdate(), -12))
		return str(plan_facts.average_days_to_pay(self.customer.name, COMPANY, since))

	def test_a_guarantee_that_counts_will_do_and_no_other(self):
		retention = make.make_security(self.customer, 1_000, "Retention of Title")
		without_document = make.make_security(self.customer, 1_000, document=None)
		ends_early = make.make_security(self.customer, 1_000, expiry_date=add_days(nowdate(), 45))
		others = make.make_security(make.make_customer(), 1_000)
		for security, advice in (
			(retention, "neither a guarantee nor"),
			(without_document, "does not count: No document is attached"),
			(ends_early, "does not count: It expires before"),
			(others, "is not one of"),
		):
			plan = self.plan(1_000, security=security.name, approved_by=None)
			with as_user("cfo"), self.assertRaisesRegex(PaymentPlanError, advice):
				plan.submit()
		insured = make.make_security(self.customer, 1_000, "Credit Insurance")
		self.assertEqual(self.plan(1_000, security=insured.name).status, "Approved")


class TestMoney(PlanTestCase):
	def test_active_once_the_first_instalment_is_paid(self):
		plan = self.plan()
		self.assertEqual(self.planned(plan), [0])
		self.pay(plan, 9_999)
		self.refresh(plan)
		self.assertEqual(
			(plan.status, plan.instalments[0].status, self.planned(plan)), ("Approved", "Partly Paid", [0])
		)
		self.pay(plan, 1)
		self.refresh(plan)
		self.assertEqual((plan.status, self.planned(plan)), ("Active", [20_000]))
		self.assertEqual(plan.activated_on, getdate())
		self.assertEqual([row.status for row in plan.instalments], ["Paid", "Pending", "Pending"])
		self.assertIn("The first instalment is paid", self.comments(plan)[-1])

	def test_payments_go_to_the_earliest_instalment_and_the_plan_first(self):
		invoices = [self.invoice(10_000), self.invoice(20_000)]
		plan = make.make_plan((invoices[0], 4_000), (invoices[1], 11_000))
		self.pay(plan, 1_000)
		self.pay(plan, 5_500, row=1)
		self.refresh(plan)
		self.assertEqual([flt(row.open_amount) for row in plan.invoices], [3_000, 5_500])
		self.assertEqual([flt(row.paid_amount) for row in plan.instalments], [5_000, 1_500, 0])
		self.assertEqual(self.planned(plan), [3_000, 5_500])
		self.pay(plan, 9_000)
		self.pay(plan, 14_500, row=1)
		self.refresh(plan)
		self.assertEqual((plan.status, self.planned(plan)), ("Completed", [0, 0]))
		self.assertEqual(plan.completed_on, getdate())

	def test_a_journal_counts_too(self):
		plan = self.plan()
		invoice = frappe.get_doc("Sales Invoice", plan.invoices[0].sales_invoice)
		make.make_journal(self.customer, -10_000, against=invoice)
		self.assertEqual(self.refresh(plan).status, "Active")

	def test_a_credit_note_counts_like_a_payment(self):
		plan = self.plan()
		make.make_credit_note(plan.invoices[0].sales_invoice, 10_000)
		self.assertEqual((self.refresh(plan).status, self.planned(plan)), ("Active", [20_000]))

	def test_the_credit_note_of_a_dispute_settles_the_disputed_part(self):
		invoice = self.invoice(1_000)
		dispute = make.make_dispute((invoice, 400))
		plan = make.make_plan((invoice, 600))
		make.make_credit_note(invoice, 400, b2b_dispute=dispute.name)
		self.refresh(plan)
		self.assertEqual((flt(plan.invoices[0].open_amount), plan.status), (600, "Approved"))
		self.pay(plan, 200)
		self.assertEqual((self.refresh(plan).status, self.planned(plan)), ("Active", [400]))

	def test_what_is_disputed_since_is_not_planned_as_well(self):
		plan = self.plan(1_000, number_of_instalments=2)
		make.make_dispute((plan.invoices[0].sales_invoice, 800))
		self.pay(plan, 500)
		self.refresh(plan)
		invoice = frappe.get_doc("Sales Invoice", plan.invoices[0].sales_invoice)
		self.assertLessEqual(invoice.b2b_planned_amount + invoice.b2b_disputed_amount, 500.0 + 300.0)
		self.assertEqual(plan.status, "Active")

	def test_a_payment_that_is_taken_back(self):
		plan = self.plan()
		payment = self.pay(plan, 10_000)
		self.assertEqual(self.refresh(plan).status, "Active")
		payment.cancel()
		self.refresh(plan)
		self.assertEqual((plan.status, self.planned(plan)), ("Approved", [0]))
		self.assertEqual(flt(plan.instalments[0].paid_amount), 0)

	def test_a_cancelled_invoice_owes_nothing_any_more(self):
		plan = self.plan()
		frappe.get_doc("Sales Invoice", plan.invoices[0].sales_invoice).cancel()
		self.assertEqual(self.refresh(plan).status, "Completed")

	def test_a_planned_amount_that_is_sent_in_is_ignored(self):
		plan = self.plan()
		self.pay(plan, 10_000)
		self.refresh(plan)
		invoice = frappe.get_doc("Sales Invoice", plan.invoices[0].sales_invoice)
		invoice.b2b_planned_amount = 20
		invoice.save()
		self.assertEqual(self.planned(plan), [20_000])
		fresh = make.make_invoice(self.customer, 1_000, b2b_planned_amount=1_000)
		self.assertEqual(flt(frappe.db.get_value("Sales Invoice", fresh.name, "b2b_planned_amount")), 0)

	def test_money_of_a_customer_with_a_plan_asks_for_a_look_after_commit(self):
		plan = self.plan()
		other = self.invoice(customer=make.make_customer())
		frappe.db.commit()
		with patch.object(frappe, "enqueue") as enqueue:
			self.pay(plan, 1_000)
			make.make_payment(other)
			self.assertEqual(self.jobs(enqueue), [])
			frappe.db.commit()
		self.assertEqual(self.jobs(enqueue), [self.customer.name])

	def test_money_that_is_reconciled_later_asks_for_a_look_too(self):
		plan = self.plan()
		payment = make.make_payment(customer=self.customer, amount=10_000)
		self.assertEqual(self.refresh(plan).status, "Approved")
		frappe.db.commit()
		with patch.object(frappe, "enqueue") as enqueue:
			self.reconcile(payment, plan.invoices[0].sales_invoice)
			frappe.db.commit()
		self.assertEqual(self.jobs(enqueue), [self.customer.name])
		self.assertEqual(self.refresh(plan).status, "Active")

	def reconcile(self, payment, invoice: str):
		tool = frappe.get_doc(
			{
				"doctype": "Payment Reconciliation",
				"company": COMPANY,
				"party_type": "Customer",
				"party": self.customer.name,
				"receivable_payable_account": payment.paid_from,
			}
		)
		tool.get_unreconciled_entries()
		invoices = [row.as_dict() for row in tool.invoices if row.invoice_number == invoice]
		payments = [row.as_dict() for row in tool.payments if row.reference_name == payment.name]
		tool.allocate_entries(frappe._dict(invoices=invoices, payments=payments))
		tool.reconcile()

	def jobs(self, enqueue) -> list[str]:
		return [
			call.kwargs["customer"]
			for call in enqueue.call_args_list
			if call.args[0] == "b2b_contracts.collections.following.catch_up"
		]


class TestBesideADispute(PlanTestCase):
	def test_a_payment_to_the_plan_leaves_the_dispute_alone(self):
		invoice = self.invoice(30_000)
		with as_user("controller"):
			dispute = make.make_dispute((invoice, 6_000))
		plan = make.make_plan((invoice, 24_000), number_of_instalments=3)
		self.pay(plan, 8_000)
		following.catch_up(self.customer.name, COMPANY)
		self.assertEqual((plan.reload().status, self.planned(plan)), ("Active", [16_000]))
		self.assertEqual((dispute.reload().status, dispute.open_amount), ("Open", 6_000))
		self.pay(plan, 16_000)
		following.catch_up(self.customer.name, COMPANY)
		self.assertEqual((plan.reload().status, self.planned(plan)), ("Completed", [0]))
		self.assertEqual((dispute.reload().status, dispute.open_amount), ("Open", 6_000))


class TestBroken(PlanTestCase):
	def test_a_missed_instalment_breaks_it_after_three_working_days(self):
		plan = self.plan()
		self.pay(plan, 10_000)
		self.refresh(plan)
		self.grow_older(plan, date_diff(plan.instalments[1].due_date, nowdate()))
		self.assertEqual(self.refresh(plan).status, "Active")
		self.grow_older(plan, 8)
		self.refresh(plan)
		self.assertEqual((plan.status, plan.broken_on, self.planned(plan)), ("Broken", getdate(), [0]))
		self.assertEqual([row.status for row in plan.instalments], ["Paid", "Missed", "Pending"])
		self.assertIn("instalment 2 over", self.comments(plan)[-1])
		told = frappe.get_all("Notification Log", filters={"document_name": plan.name}, pluck="for_user")
		self.assertLessEqual({email_of("seller1"), email_of("controller")}, set(told))

	def test_grace_leaves_holidays_out(self):
		plan = self.plan()
		self.grow_older(plan, 8)
		self.with_holidays([add_days(nowdate(), -n) for n in range(2, 8)])
		self.assertEqual(self.refresh(plan).status, "Approved")
		self.with_holidays([])
		self.assertEqual(self.refresh(plan).status, "Broken")

	def with_holidays(self, days: list[str]):
		policy = make.active_policy()
		policy.holiday_list = (
			frappe.get_doc(
				{
					"doctype": "Holiday List",
					"holiday_list_name": f"Closed {frappe.generate_hash(length=6)}",
					"from_date": add_days(nowdate(), -30),
					"to_date": add_days(nowdate(), 30),
					"holidays": [{"holiday_date": day, "description": "Closed"} for day in days],
				}
			)
			.insert()
			.name
		)
		policy.save()

	def test_a_first_instalment_that_never_came(self):
		plan = self.plan()
		self.grow_older(plan, 8)
		self.assertEqual(self.refresh(plan).status, "Broken")

	def test_broken_is_the_end(self):
		plan = self.plan()
		self.grow_older(plan, 8)
		self.refresh(plan)
		self.pay(plan, 30_000)
		self.assertFalse(plans.refresh(plan.name))
		self.assertEqual(frappe.db.get_value("Payment Plan", plan.name, "status"), "Broken")

	def test_success_rate(self):
		def rate():
			return plans.success_rate(COMPANY, getdate(), getdate())

		completed, broken = (
			plan_facts.ended(COMPANY, status, getdate(), getdate()) for status in ("Completed", "Broken")
		)
		for _n in range(3):
			plan = self.plan(1_000)
			self.pay(plan, 1_000)
			self.refresh(plan)
		plan = self.plan(1_000)
		self.grow_older(plan, 8)
		self.refresh(plan)
		self.assertEqual(float(rate()), (completed + 3) / (completed + broken + 4))
		self.assertIsNone(plans.success_rate(COMPANY, getdate("2001-01-01"), getdate("2001-12-31")))
		frappe.defaults.set_user_default("company", COMPANY, email_of("collector"))
		with as_user("collector"):
			shown = flt(re.search(r"[\d.]+", collections_api.plans_kept().replace(",", "."))[0])
		self.assertAlmostEqual(shown, float(rate()) * 100, delta=1)
		with as_user("stock_user"):
			self.assertRaises(frappe.PermissionError, collections_api.plans_kept)


class TestOrders(PlanTestCase):
	def order(self, amount: float = 5_000):
		with as_user("seller1"):
			return make.make_order(self.customer, amount)

	def status(self, order) -> str:
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def clear(self) -> list[str]:
		return clearing.clear_waiting(self.customer.name, COMPANY)

	def test_the_first_payment_lets_a_parked_order_go_and_a_missed_one_holds_the_next(self):
		plan = self.plan()
		order = self.order()
		self.assertEqual((self.status(order), self.clear()), ("Held", []))
		self.pay(plan, 10_000)
		self.assertEqual(self.clear(), [])
		self.refresh(plan)
		self.assertEqual((self.clear(), self.status(order)), ([order.name], "Clear"))
		self.assertEqual(self.status(self.order()), "Clear")
		self.grow_older(plan, date_diff(plan.instalments[1].due_date, nowdate()) + 8)
		self.refresh(plan)
		late = self.order()
		self.assertEqual(self.status(late), "Held")
		reasons = frappe.get_all("Credit Hold Reason", {"parent": late.b2b_credit_hold}, pluck="rule")
		self.assertEqual(reasons, ["Overdue Items"])

	def test_a_cancelled_plan_puts_all_back(self):
		plan = self.plan()
		self.pay(plan, 10_000)
		self.refresh(plan)
		self.assertEqual(self.status(self.order()), "Clear")
		with as_user("credit_manager"):
			plan.cancel()
		self.assertEqual((plan.status, self.planned(plan)), ("Cancelled", [0]))
		self.assertEqual(self.status(self.order()), "Held")
		self.assertFalse(plans.refresh(plan.name))

	def test_a_change_looks_at_stops_and_orders_again(self):
		plan = self.plan()
		self.pay(plan, 10_000)
		with patch.object(clearing, "look_again") as look_again:
			plans.refresh(plan.name)
			look_again.assert_called_once_with(self.customer.name, COMPANY)
			plans.refresh(plan.name)
		look_again.assert_called_once()


class TestDaily(PlanTestCase):
	def state(self, plan) -> tuple:
		doc = frappe.get_doc("Payment Plan", plan.name)
		return (
			str(doc.modified),
			doc.status,
			[row.as_dict() for row in doc.instalments],
			self.comments(plan),
		)

	def test_a_second_run_changes_nothing(self):
		active, broken = self.plan(), self.plan()
		self.pay(active, 10_000)
		self.grow_older(broken, 8)
		frappe.db.commit()
		plans.daily()
		before = [self.state(plan) for plan in (active, broken)]
		self.assertEqual([state[1] for state in before], ["Active", "Broken"])
		plans.daily()
		self.assertEqual([self.state(plan) for plan in (active, broken)], before)

	def test_one_that_fails_keeps_none_of_the_others_waiting(self):
		failing, fine = self.plan(), self.plan()
		self.grow_older(failing, 8)
		self.grow_older(fine, 8)
		frappe.db.commit()
		refresh = plans.refresh

		def fails_for_one(name):
			if name == failing.name:
				raise ValueError("broken on purpose")
			return refresh(name)

		fails_for_one.__name__ = "refresh"
		with patch.object(plans, "refresh", fails_for_one):
			plans.daily()
		self.assertEqual((self.state(failing)[1], self.state(fine)[1]), ("Approved", "Broken"))
		self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%{failing.name}%"]}))
		plans.daily()
		self.assertEqual(self.state(failing)[1], "Broken")


class TestPermissions(PlanTestCase):
	def test_a_seller_sees_the_plans_of_the_own_portfolio_only(self):
		plan = self.plan()
		for user, sees in (("seller1", True), ("seller2", False), ("auditor", True), ("stock_user", False)):
			with as_user(user):
				self.assertEqual(bool(frappe.has_permission("Payment Plan", "read", plan.name)), sees, user)
		for user, sees in (("seller1", True), ("seller2", False), ("sales_manager", True)):
			with as_user(user):
				self.assertEqual(bool(frappe.get_list("Payment Plan", {"name": plan.name})), sees, user)
				for table in ("Payment Plan Invoice", "Payment Plan Instalment"):
					rows = client.get_list(table, filters={"parent": plan.name}, parent="Payment Plan")
					self.assertEqual(bool(rows), sees, f"{user}: {table}")

	def test_a_seller_makes_none(self):
		self.invoice()
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			api.make_payment_plan(self.customer.name, COMPANY)

	def test_a_collector_drafts_and_cannot_cancel(self):
		with as_user("collector"):
			plan = self.plan(approved_by=None)
		plan = frappe.get_doc("Payment Plan", plan.name)
		with as_user("credit_manager"):
			plan.submit()
		with as_user("collector"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc("Payment Plan", plan.name).cancel()
