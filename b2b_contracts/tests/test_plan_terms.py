"""What payment plans keep to: the limits of the policy, the insurer's maximum extension, and the agreement that is signed."""

import re
from decimal import Decimal

import frappe
from frappe.translate import print_language
from frappe.utils import add_days, formatdate, getdate, nowdate

from b2b_contracts.collections import plan_drafting, plans
from b2b_contracts.credit import insurance
from b2b_contracts.engine import plans as engine
from b2b_contracts.exceptions import CreditPolicyError, PaymentPlanError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase


class PlanTermsCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=5_000_000, risk_class="B", external_rating="C")

	def invoice(self, amount: float = 30_000, days: int = 20):
		"""An invoice that has been overdue for some days, from before anybody checked the customer."""
		with make.policy_off():
			return make.make_overdue_invoice(self.customer, amount, days)

	def file(self) -> str:
		return frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")

	def policy(self, **values):
		policy = make.active_policy()
		policy.update(values)
		policy.save()
		return policy


class TestPolicy(PlanTermsCase):
	def test_the_standard_is_what_the_requirements_say(self):
		self.assertEqual(plan_drafting.terms_of(COMPANY), engine.STANDARD)
		policy = make.active_policy()
		self.assertEqual(
			(
				policy.plan_longest_days,
				policy.plan_longest_days_with_force_majeure,
				policy.plan_grace_working_days,
				policy.plan_quarterly_above,
				policy.plan_slow_days,
				policy.plan_lowest_rating,
			),
			(60, 120, 3, 1_000_000, 90, "B"),
		)

	def test_a_change_is_a_version_of_its_own(self):
		version = make.active_policy().version
		policy = self.policy(plan_longest_days=30)
		self.assertEqual(policy.version, version + 1)
		stored = frappe.get_last_doc("Credit Policy Version", {"policy": policy.name, "version": version + 1})
		self.assertEqual(frappe.parse_json(stored.snapshot)["plan_longest_days"], "30")

	def test_a_company_without_a_policy_has_the_standard(self):
		frappe.db.set_value("Credit Policy", {"company": COMPANY}, "is_active", 0)
		self.assertEqual(plan_drafting.terms_of(COMPANY), engine.STANDARD)

	def test_the_longest_plan(self):
		self.policy(plan_longest_days=30, plan_longest_days_with_force_majeure=60)
		row = (self.invoice(), None)
		with self.assertRaisesRegex(PaymentPlanError, "Enter 2 or fewer"):
			make.make_plan(row, approved_by=None)
		with self.assertRaisesRegex(PaymentPlanError, "Enter 3 or fewer"):
			make.make_plan(row, approved_by=None, number_of_instalments=4, force_majeure=1)
		plan = make.make_plan(row, approved_by=None, number_of_instalments=2)
		plan.instalments[-1].due_date = add_days(nowdate(), 31)
		with self.assertRaisesRegex(PaymentPlanError, "more than 30 days after the first.*force majeure"):
			plan.save()
		plan.reload().instalments[-1].due_date = add_days(nowdate(), 61)
		with self.assertRaisesRegex(PaymentPlanError, "more than 60 days after the first. Nobody"):
			plan.save()

	def test_quarterly_from_an_amount(self):
		row = (self.invoice(), None)
		with self.assertRaisesRegex(PaymentPlanError, "more than .*1,000,000"):
			make.make_plan(row, approved_by=None, frequency="Quarterly", number_of_instalments=2)
		self.policy(plan_quarterly_above=20_000)
		plan = make.make_plan(row, approved_by=None, frequency="Quarterly", number_of_instalments=2)
		self.assertEqual(plan.required_role, "CFO")

	def test_security_by_rating_and_days_to_pay(self):
		make.make_payment(self.invoice(1_000, days=1))
		row = (self.invoice(), None)
		self.assertEqual(make.make_plan(row, approved_by=None).security_required, 1)
		self.policy(plan_lowest_rating="C")
		self.assertEqual(make.make_plan(row, approved_by=None).security_required, 0)
		self.policy(plan_slow_days=0)
		self.assertEqual(make.make_plan(row, approved_by=None).security_required, 1)

	def test_the_grace_of_a_plan_is_the_one_that_was_agreed(self):
		plan = make.make_plan((self.invoice(), None), first_instalment_date=nowdate())
		self.assertEqual(plan.grace_working_days, 3)
		self.policy(plan_grace_working_days=0)
		late = add_days(nowdate(), -1)
		frappe.db.set_value("Payment Plan Instalment", plan.instalments[0].name, "due_date", late)
		plans.refresh(plan.name)
		self.assertEqual(plan.reload().status, "Approved")
		# Agreed before it was written down on plans: the policy of today decides.
		frappe.db.set_value("Payment Plan", plan.name, "grace_working_days", 0)
		plans.refresh(plan.name)
		self.assertEqual(plan.reload().status, "Broken")

	def test_what_a_policy_cannot_say(self):
		for values, advice in (
			({"plan_longest_days": 90, "plan_longest_days_with_force_majeure": 60}, "Raise the second"),
			({"plan_longest_days": -1}, "Enter 0 or more"),
			({"plan_quarterly_above": -1}, "Enter 0 or more"),
			({"plan_lowest_rating": "D"}, "outside the scale|cannot be"),
		):
			with self.assertRaisesRegex((CreditPolicyError, frappe.ValidationError), advice):
				self.policy(**values)


class TestInsurer(PlanTermsCase):
	def insure(self, **fields):
		policy = make.make_insurance_policy(**fields)
		with as_user("credit_manager"):
			return insurance.add_buyer_limit(policy.name, self.customer.name, 100_000)

	def test_the_last_instalment_lies_within_its_maximum_extension(self):
		limit = self.insure(maximum_extension_days=60)
		old = self.invoice(10_000, days=20)
		rows = [(old, None), (self.invoice(20_000, days=5), None)]
		last = add_days(old.due_date, 60)
		with self.assertRaisesRegex(PaymentPlanError, f"until {formatdate(last)}.*insurer's consent"):
			make.make_plan(*rows, approved_by=None, security=limit.name)
		plan = make.make_plan(*rows, approved_by=None, security=limit.name, number_of_instalments=2)
		plan.instalments[-1].due_date = last
		plan.save()
		self.assertEqual(plan_drafting.last_insured(plan), getdate(last))
		plan.instalments[-1].due_date = add_days(last, 1)
		self.assertRaises(PaymentPlanError, plan.save)

	def test_with_its_consent_a_plan_may_take_longer(self):
		limit = self.insure(maximum_extension_days=30)
		row = (self.invoice(days=20), None)
		plan = make.make_plan(row, approved_by=None, security=limit.name, insurer_consent=self.file())
		self.assertEqual(len(plan.instalments), 3)

	def test_what_is_older_than_the_insurance_is_not_insured(self):
		row = (self.invoice(days=20), None)
		posted = getdate(row[0].posting_date)
		limit = self.insure(maximum_extension_days=30, period_from=add_days(posted, 1))
		plan = make.make_plan(row, approved_by=None, security=limit.name)
		self.assertIsNone(plan_drafting.last_insured(plan))

	def test_who_is_not_insured_any_more_is_not_bound(self):
		limit = self.insure(maximum_extension_days=30)
		row = (self.invoice(days=20), None)
		with self.assertRaisesRegex(PaymentPlanError, "stands by this plan"):
			make.make_plan(row, approved_by=None)
		frappe.db.set_value("Insurance Policy", limit.insurance_policy, "status", "Ended")
		self.assertEqual(make.make_plan(row, approved_by=None).total_amount, 30_000)


class TestAgreement(PlanTermsCase):
	HEADINGS = (
		("en", "The debtor acknowledges to owe", "within 3 working days"),
		("da", "Skyldneren anerkender at skylde", "senest 3 arbejdsdage"),
		("nb", "Skyldneren erkjenner å skylde", "innen 3 virkedager"),
		("no", "Skyldneren erkjenner å skylde", "innen 3 virkedager"),
		("sv", "Gäldenären erkänner sig vara skyldig", "inom 3 arbetsdagar"),
	)

	def plan(self, **fields):
		rows = [(self.invoice(200_000, days=30), None), (self.invoice(200_000), 112_345.67)]
		return make.make_plan(*rows, **fields)

	def printed(self, plan, language: str = "en", user: str = "collector") -> str:
		with as_user(user), print_language(language):
			return frappe.get_print("Payment Plan", plan.name, "Payment Plan").replace("\xa0", " ")

	def amounts(self, html: str, table: str) -> list[Decimal]:
		rows = html.split(f"b2b-plan__{table}")[-1].split("</table>")[0]
		return [
			Decimal(re.sub(r"[^\d.]", "", cell.rpartition("kr")[2] or cell))
			for cell in re.findall(r'<td class="text-right">(?:<b>)?([^<]*\d\.\d\d)<', rows)
		]

	def test_it_speaks_the_languages_of_the_customers(self):
		plan = self.plan()
		for language, debt, grace in self.HEADINGS:
			html = self.printed(plan, language)
			for words in (debt, grace, plan.name, COMPANY, self.customer.customer_name):
				self.assertIn(words, html, language)
			for row in plan.invoices:
				self.assertIn(row.sales_invoice, html)

	def test_its_amounts_add_up_to_the_cent(self):
		html = self.printed(self.plan())
		for table, parts in (("invoices", 2), ("instalments", 3)):
			*rows, total = self.amounts(html, table)
			self.assertEqual((len(rows), sum(rows), total), (parts, total, Decimal("312345.67")), table)

	def test_a_draft_says_that_it_is_one(self):
		plan = self.plan(approved_by=None)
		self.assertIn("not agreed before it is approved", self.printed(plan))
		with as_user("credit_manager"):
			frappe.get_doc("Payment Plan", plan.name).submit()
		self.assertNotIn("not agreed before it is approved", self.printed(plan))

	def test_names_cannot_carry_markup(self):
		plan = self.plan()
		frappe.db.set_value("Payment Plan", plan.name, "customer_name", "<img src=x onerror=alert(1)>")
		self.assertNotIn("<img src=x", self.printed(plan))

	def test_it_is_the_customers_language_that_it_is_printed_in(self):
		frappe.db.set_value("Customer", self.customer.name, "language", "da")
		self.assertEqual(self.plan().language, "da")

	def test_who_may_not_read_the_plan_does_not_print_it(self):
		plan = self.plan()
		with self.assertRaises(frappe.PermissionError):
			self.printed(plan, user="seller2")
