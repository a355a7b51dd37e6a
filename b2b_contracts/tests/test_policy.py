"""Credit Policy: what a bare one comes with, what is refused and with which advice, and its versions."""

import json

import frappe

from b2b_contracts.engine.rules import CONTRACT, RULES, SANCTIONS
from b2b_contracts.exceptions import CreditPolicyError, EvidenceError, WrittenByAppOnlyError
from b2b_contracts.tests.factories import active_policy, as_user, make_policy
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase


def rows(*cells: tuple) -> list[dict]:
	"""Return matrix rows of class A from (from, to), with classes B and C complete."""
	complete = [{"risk_class": c, "from_percent": 0, "to_percent": 0, "role": "CFO"} for c in "BC"]
	return [
		{"risk_class": "A", "from_percent": lower, "to_percent": upper, "role": "CFO"}
		for lower, upper in cells
	] + complete


class TestStandardTerms(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.policy = make_policy()

	def test_thresholds_are_those_of_the_requirements(self):
		expected = {
			"mode": "Observe",
			"without_profile": "Not Checked",
			"hold_utilisation_percent": 95,
			"stop_utilisation_percent": 120,
			"overdue_hold_days": 14,
			"overdue_tolerance_amount": 500,
			"rating_stop_notches": 2,
			"credit_horizon_days": 0,
			"release_grace_days": 7,
			"release_max_days": 60,
			"response_hours": 4,
			"reserve_days_for_documents": 5,
			"customer_notice_delay_minutes": 30,
			"require_po": 0,
			"review_overdue_action": "None",
			"currency": "DKK",
		}
		self.policy.reload()
		self.assertEqual({field: self.policy.get(field) for field in expected}, expected)
		self.assertEqual(str(self.policy.workday_start), "8:00:00")
		self.assertEqual(str(self.policy.workday_end), "16:00:00")

	def test_working_day_that_is_entered_stays(self):
		policy = make_policy(workday_start="07:30:00", workday_end="15:30:00")
		policy.reload()
		self.assertEqual((str(policy.workday_start), str(policy.workday_end)), ("7:30:00", "15:30:00"))

	def test_matrix_is_that_of_the_requirements(self):
		cells = {(row.from_percent, row.risk_class): row.role for row in self.policy.approval_matrix}
		self.assertEqual(
			cells,
			{
				(0, "A"): "Sales Manager",
				(0, "B"): "Credit Manager",
				(0, "C"): "Finance Director",
				(10, "A"): "Credit Manager",
				(10, "B"): "Finance Director",
				(10, "C"): "CFO",
				(25, "A"): "Finance Director",
				(25, "B"): "CFO",
				(25, "C"): "Board",
			},
		)
		secured = [(r.risk_class, r.from_percent) for r in self.policy.approval_matrix if r.security_required]
		self.assertEqual(secured, [("C", 0)])

	def test_every_rule_of_the_engine_has_a_role(self):
		with_role = {row.rule for row in self.policy.rule_roles}
		# A sanctions match is for compliance alone, a contract for who answers for it: no policy can give them to a credit role.
		self.assertEqual({rule.name for rule in RULES} - with_role, {SANCTIONS, CONTRACT})

	def test_more_than_two_million_over_is_for_the_cfo(self):
		escalation = [(row.amount_over_limit, row.role) for row in self.policy.amount_escalation]
		self.assertEqual(escalation, [(2_000_000, "CFO")])

	def test_a_rule_without_row_is_filled_and_a_row_of_ours_is_kept(self):
		policy = make_policy(rule_roles=[{"rule": "Limit Use", "role": "CFO"}])
		limit_use = [row.role for row in policy.rule_roles if row.rule == "Limit Use"]
		self.assertEqual(limit_use, ["CFO"])
		self.assertIn("Missing PO", {row.rule for row in policy.rule_roles})

	def test_amount_escalation_may_be_removed_for_good(self):
		self.policy.amount_escalation = []
		self.policy.save()
		self.policy.reload()
		self.assertFalse(self.policy.amount_escalation)


class TestRefusals(SiteTestCase):
	def assertRefused(self, advice: str, **fields):
		with self.assertRaisesRegex(CreditPolicyError, advice):
			make_policy(**fields)

	def test_negative_number(self):
		self.assertRefused("Overdue tolerance.*-1.*Enter 0 or more", overdue_tolerance_amount=-1)

	def test_negative_number_in_a_row(self):
		escalation = [{"amount_over_limit": -5, "role": "CFO"}]
		self.assertRefused("row 1 of Escalation by amount.*Enter 0 or more", amount_escalation=escalation)

	def test_stop_below_hold(self):
		self.assertRefused("90.* below hold above 95", stop_utilisation_percent=90)

	def test_workday_that_ends_before_it_starts(self):
		self.assertRefused("ends at 07:00.*Enter a later end", workday_end="07:00:00")

	def test_default_segment_missing(self):
		self.assertRefused("Choose a .*Default segment", without_profile="Default Segment")

	def test_holiday_list_that_is_not_there(self):
		with self.assertRaisesRegex(frappe.LinkValidationError, "No such list"):
			make_policy(holiday_list="No such list")

	def test_role_that_releases_nothing(self):
		self.assertRefused(
			"Collector.* row 1 of Escalation by amount cannot release.*Use one of Account Manager",
			amount_escalation=[{"amount_over_limit": 1, "role": "Collector"}],
		)

	def test_two_active_policies(self):
		other = active_policy().name
		self.assertRefused(f"already has the active credit policy.*{other}.*Untick", is_active=1)

	def test_two_active_policies_at_the_same_instant(self):
		policy = frappe.get_doc({"doctype": "Credit Policy", "company": COMPANY, "is_active": 1})
		policy.validate_one_active = lambda: None
		with self.assertRaises(frappe.UniqueValidationError):
			policy.insert()

	def test_activating_the_second_is_refused_too(self):
		policy = make_policy()
		policy.is_active = 1
		with self.assertRaisesRegex(CreditPolicyError, "already has the active credit policy"):
			policy.save()

	def test_matrix_problems(self):
		for cells, advice in (
			(((0, 10), (25, 0)), "Risk class A has a gap from 10.0 % to 25.0 %. Let the upper row start"),
			(((0, 15), (10, 0)), "Risk class A is covered twice from 10.0 % to 15.0 %"),
			(((0, 0), (10, 0)), "without upper end that overlaps the row from 10.0 %. End it at 10.0 %"),
			(((5, 0),), "Risk class A starts at 5.0 %. Let its first row start at 0 %"),
			(((0, 10), (10, 25)), "Risk class A ends at 25.0 %. Set the upper end of its last row to 0"),
			(((0, 20), (20, 10), (20, 0)), "row from 20.0 % up to 10.0 %. Let it end above its start"),
			((), "Risk class A has no row. Add rows"),
		):
			with self.subTest(cells=cells):
				self.assertRefused(advice, approval_matrix=rows(*cells))

	def test_all_matrix_problems_are_told_at_once(self):
		only_b = [{"risk_class": "B", "from_percent": 0, "to_percent": 0, "role": "CFO"}]
		with self.assertRaises(CreditPolicyError):
			make_policy(approval_matrix=only_b)
		self.assertIn("Risk class A has no row", self.messages())
		self.assertIn("Risk class C has no row", self.messages())

	def test_rule_without_upper_end(self):
		self.assertRefused(
			"Rule .*Payment Terms.* has no row without upper end.*beyond 7.0 nobody",
			rule_roles=[{"rule": "Payment Terms", "up_to": 7, "role": "CFO"}],
		)

	def test_rule_for_one_class_only(self):
		self.assertRefused(
			"Rule .*Limit Use.* has no row for risk class B, C",
			rule_roles=[{"rule": "Limit Use", "risk_class": "A", "role": "CFO"}],
		)

	def test_same_rule_row_twice(self):
		row = {"rule": "Limit Use", "role": "CFO"}
		self.assertRefused("Row 2 of Roles by rule repeats", rule_roles=[row, {**row, "role": "Board"}])

	def test_company_stays(self):
		policy = make_policy()
		policy.company = "Another"
		with self.assertRaises(frappe.CannotChangeConstantError):
			policy.save()

	def test_a_policy_is_never_deleted(self):
		policy = make_policy()
		with self.assertRaisesRegex(EvidenceError, "Untick .*Is active.* instead"):
			policy.delete()


class TestVersions(SiteTestCase):
	def versions(self, policy) -> list[int]:
		return frappe.get_all(
			"Credit Policy Version", filters={"policy": policy.name}, order_by="version", pluck="version"
		)

	def test_each_change_is_a_version_and_no_change_is_none(self):
		policy = make_policy()
		self.assertEqual((policy.version, self.versions(policy)), (1, [1]))
		policy.save()
		self.assertEqual((policy.version, self.versions(policy)), (1, [1]))
		policy.overdue_hold_days = 20
		policy.save()
		self.assertEqual((policy.version, self.versions(policy)), (2, [1, 2]))
		policy.approval_matrix[0].role = "CFO"
		policy.save()
		self.assertEqual((policy.version, self.versions(policy)), (3, [1, 2, 3]))

	def test_saving_what_was_loaded_is_no_change(self):
		policy = frappe.get_doc("Credit Policy", make_policy().name)
		policy.save()
		self.assertEqual(policy.version, 1)

	def test_version_keeps_the_terms_and_who_changed_them(self):
		policy = make_policy()
		with as_user("cfo") as cfo:
			policy = frappe.get_doc("Credit Policy", policy.name)
			policy.overdue_hold_days = 20
			policy.save()
		version = frappe.get_doc("Credit Policy Version", {"policy": policy.name, "version": 2})
		self.assertEqual(json.loads(version.snapshot)["overdue_hold_days"], "20")
		self.assertEqual(version.changed_by, cfo)
		self.assertEqual(version.company, COMPANY)

	def test_a_client_cannot_set_version_or_snapshot(self):
		policy = make_policy(version=77, snapshot="{}")
		self.assertEqual(policy.version, 1)
		policy.update({"version": 99, "snapshot": "{}"})
		policy.save()
		policy.reload()
		self.assertEqual(policy.version, 1)
		self.assertEqual(json.loads(policy.snapshot)["company"], COMPANY)

	def test_versions_are_evidence(self):
		name = frappe.db.get_value("Credit Policy Version", {"policy": make_policy().name})
		version = frappe.get_doc("Credit Policy Version", name)
		version.snapshot = "{}"
		with self.assertRaises(WrittenByAppOnlyError):
			version.save()
		version.reload()
		version.flags.credit_service = True
		with self.assertRaises(EvidenceError):
			version.save()
		with self.assertRaises(WrittenByAppOnlyError):
			frappe.get_doc("Credit Policy Version", name).delete()

	def test_a_gate_for_the_company_comes_with_the_policy(self):
		self.assertTrue(frappe.db.exists("Credit Gate", f"C:{COMPANY}"))
