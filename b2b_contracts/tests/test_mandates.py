"""Mandates: what the policy's table allows real people, how a refusal reads, and what a table may not say."""

from decimal import Decimal

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.credit import mandates, policies
from b2b_contracts.engine import mandates as engine
from b2b_contracts.exceptions import CreditPolicyError, NotYourMandateError
from b2b_contracts.standard_terms import MANDATES
from b2b_contracts.tests.factories import active_policy, as_user, make_policy
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of


def may(user: str, action: str, measure, **about) -> str | None:
	"""Return the role in which a user may do something, None when they may not."""
	with as_user(user):
		answer = mandates.ask(action, Decimal(str(measure)), COMPANY, **about)
		return answer.acting.role if answer.acting else None


class TestWhoMay(SiteTestCase):
	def test_each_by_their_own_role_and_no_further(self):
		cases = (
			("seller1", "Cash Discount", 5, "Account Manager"),
			("seller1", "Cash Discount", 5.01, None),
			("seller1", "Due Date Change", 8, None),
			("credit_manager", "Due Date Change", 30, "Credit Manager"),
			("credit_manager", "Fee Waiver", 4999.99, "Credit Manager"),
			("credit_manager", "Fee Waiver", 5000, None),
			("finance_director", "Write-off", 100_000, "Finance Director"),
			("cfo", "Write-off", 1_000_000, "CFO"),
			("cfo", "Write-off", 1_000_001, None),
			("board", "Write-off", 1_000_001, "Board"),
			("collector", "Cash Discount", 1, None),
		)
		for user, action, measure, role in cases:
			with self.subTest(user=user, action=action, measure=measure):
				self.assertEqual(may(user, action, measure), role)

	def test_a_higher_role_acts_in_its_own_name(self):
		self.assertEqual(may("cfo", "Cash Discount", 1), "CFO")

	def test_the_release_of_a_security_goes_by_its_type(self):
		self.assertIsNone(may("credit_manager", "Security Release", 1, kind="Bank Guarantee"))
		self.assertEqual(
			may("credit_manager", "Security Release", 1, kind="Credit Insurance"), "Credit Manager"
		)

	def test_a_deputy_acts_on_their_days_and_for_whom_is_kept(self):
		deputy = {
			"doctype": "Credit Deputy",
			"deputy_for": email_of("cfo"),
			"deputy": email_of("controller"),
			"from_date": nowdate(),
			"to_date": nowdate(),
		}
		doc = frappe.get_doc(deputy).insert()
		with as_user("controller"):
			answer = mandates.ask("Cash Discount", Decimal(20), COMPANY)
		self.assertEqual(answer.acting, mandates.Acting("CFO", email_of("cfo")))
		doc.update({"from_date": add_days(nowdate(), 1), "to_date": add_days(nowdate(), 1)})
		doc.save()
		self.assertIsNone(may("controller", "Cash Discount", 20))


class TestRefusals(SiteTestCase):
	def test_a_refusal_names_the_measure_the_document_the_role_and_somebody_who_has_it(self):
		with as_user("seller1"), self.assertRaises(NotYourMandateError) as refused:
			mandates.require("Cash Discount", Decimal(7), COMPANY, subject=("Sales Invoice", "SINV-1"))
		said = str(refused.exception)
		self.assertRegex(said, r"A discount of 7\.0 % on SINV-1 takes the role CFO or higher\. Ask .*\(CFO\)")
		self.assertIn(mandates.who_could("CFO")[0], said)

	def test_within_the_mandate_the_role_is_answered(self):
		with as_user("seller1"):
			self.assertEqual(mandates.require("Due Date Change", Decimal(7), COMPANY), "Account Manager")

	def test_where_nobody_has_the_role_the_next_one_up_is_named(self):
		frappe.db.delete("Has Role", {"role": "CFO"})
		role, users = mandates.who_could("CFO")
		self.assertEqual(role, "Board")
		self.assertIn(email_of("board"), users)
		frappe.db.delete("Has Role", {"role": "Board"})
		self.assertEqual(mandates.who_could("CFO"), ("CFO", []))
		self.assertIn("Nobody has this role", mandates.whom_to_ask("CFO"))


class TestTable(SiteTestCase):
	def test_a_new_policy_has_the_standard_mandates_with_their_units(self):
		policy = make_policy()
		rows = [{key: row.get(key) or "" for key in ("action", "role")} for row in policy.mandates]
		self.assertEqual(rows, [{key: row[key] for key in ("action", "role")} for row in MANDATES])
		self.assertEqual({row.action: row.unit for row in policy.mandates}, engine.UNIT_OF)

	def test_a_changed_mandate_counts_at_once_and_makes_a_version(self):
		policy = active_policy()
		version = policy.version
		row = next(row for row in policy.mandates if row.action == "Cash Discount" and row.up_to)
		row.up_to = 2
		policy.save()
		self.assertEqual(policy.version, version + 1)
		self.assertEqual(
			(may("seller1", "Cash Discount", 2), may("seller1", "Cash Discount", 2.01)),
			("Account Manager", None),
		)

	def test_a_version_of_before_there_were_mandates_has_the_standard_ones(self):
		policy = policies.active(COMPANY)
		policy.terms.pop("mandates")
		self.assertEqual(policy.mandates, engine.of_rows(MANDATES))

	def test_a_company_without_a_policy_has_the_standard_ones(self):
		self.assertEqual(mandates.in_force("No such company"), engine.of_rows(MANDATES))

	def test_what_a_table_may_not_say(self):
		cfo = {"action": "Write-off", "role": "CFO"}
		for advice, rows in (
			("has no mandate without upper end", [{**cfo, "up_to": 5}]),
			("Row 2 repeats an earlier mandate", [cfo, {**cfo, "role": "Board"}]),
			("is not a type of security", [{**cfo, "kind": "Bank Guarantee"}]),
			("cannot release orders", [{**cfo, "role": "Collector"}]),
		):
			with self.subTest(advice=advice), self.assertRaisesRegex(CreditPolicyError, advice):
				make_policy(mandates=rows)
