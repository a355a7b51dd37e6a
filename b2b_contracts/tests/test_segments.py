"""Credit Segment: the four of the install, what is refused, and what a change does to the customers' limits."""

import frappe
from frappe.utils import flt

from b2b_contracts.b2b_contracts.doctype.credit_profile.credit_profile import save_again
from b2b_contracts.exceptions import CreditSegmentError
from b2b_contracts.tests.factories import as_user, make_profile
from b2b_contracts.tests.scaffold import SiteTestCase


def segment(**fields):
	return frappe.get_doc(
		{
			"doctype": "Credit Segment",
			"segment_code": frappe.generate_hash(length=8),
			"title": "Test",
			"limit_basis": "Fixed Amount",
			"limit_amount": 1000,
			**fields,
		}
	)


class TestStandardSegments(SiteTestCase):
	def test_a_to_d_came_with_the_install(self):
		for code, basis, terms, risk, months in (
			("A", "Percent of Expected Revenue", "Net 45", "A", 3),
			("B", "Percent of Expected Revenue", "Net 30", "B", 6),
			("C", "Fixed Amount", "Net 14", "B", 6),
			("D", "Percent of Order", "Prepayment", "C", 3),
		):
			doc = frappe.get_doc("Credit Segment", code)
			found = (doc.limit_basis, doc.payment_terms_template, doc.default_risk_class, doc.review_months)
			self.assertEqual(found, (basis, terms, risk, months), code)

	def test_worked_example_of_the_requirements(self):
		"""Expected 12,000,000 a year net, A, domestic → 3,750,000."""
		profile = make_profile(segment="A", expected_annual_revenue=12_000_000)
		self.assertEqual(profile.calculated_limit, 3_750_000)
		self.assertEqual(profile.granted_limit, 3_750_000)

	def test_b_gives_half_of_two_months(self):
		profile = make_profile(segment="B", expected_annual_revenue=12_000_000)
		self.assertEqual(profile.granted_limit, 1_250_000)
		profile.update({"level": 2, "change_reason": "Grew"})
		profile.save()
		self.assertEqual(profile.granted_limit, 1_875_000)

	def test_c_is_a_fixed_cap_and_d_an_absolute_one(self):
		self.assertEqual(make_profile(segment="C").granted_limit, 100_000)
		self.assertEqual(make_profile(segment="D").granted_limit, 100_000)


class TestRefusals(SiteTestCase):
	def assertRefused(self, advice: str, **fields):
		with self.assertRaisesRegex(CreditSegmentError, advice):
			segment(**fields).insert()

	def test_negative(self):
		self.assertRefused("Limit amount.*Enter 0 or more", limit_amount=-1)

	def test_negative_share_of_a_level(self):
		self.assertRefused("Share of the base.* row 1", levels=[{"level": 1, "percent_of_base": -10}])

	def test_prepayment_over_hundred(self):
		self.assertRefused("Prepayment.*between 0 and 100", prepayment_percent=101)

	def test_basis_without_its_figure(self):
		self.assertRefused("Fixed Amount.* needs .*Limit amount", limit_amount=0)
		self.assertRefused(
			"needs .*Limit months",
			limit_basis="Percent of Expected Revenue",
			limit_percent=100,
			limit_months=0,
		)

	def test_level_twice(self):
		self.assertRefused("each number once.*1, 1", levels=[{"level": 1, "percent_of_base": 50}] * 2)

	def test_falling_ladder(self):
		levels = [{"level": 1, "percent_of_base": 100}, {"level": 2, "percent_of_base": 50}]
		self.assertRefused("Level 2 gives 50.0 %, less than level 1", levels=levels)

	def test_default_level_off_the_ladder(self):
		levels = [{"level": 1, "percent_of_base": 100}]
		self.assertRefused(
			"Default level 3 is not on the ladder. Use one of 1", levels=levels, default_level=3
		)

	def test_no_ladder_is_one_step(self):
		doc = segment().insert()
		self.assertEqual([(row.level, row.percent_of_base) for row in doc.levels], [(1, 100)])

	def test_levels_may_be_entered_in_any_order(self):
		levels = [{"level": 2, "percent_of_base": 100}, {"level": 1, "percent_of_base": 50}]
		doc = segment(levels=levels).insert()
		doc.reload()
		self.assertEqual([row.level for row in doc.levels], [1, 2])


class TestChange(SiteTestCase):
	def test_new_terms_reach_the_customers(self):
		doc = segment(limit_amount=1000).insert()
		profile = make_profile(segment=doc.name)
		self.assertEqual(profile.granted_limit, 1000)
		doc.limit_amount = 2000
		doc.save()
		self.assertIn("1 credit profiles are being recalculated", self.messages())
		save_again([profile.name])
		profile.reload()
		self.assertEqual(flt(profile.granted_limit), 2000)
		last = profile.history[-1]
		self.assertEqual((last.field_label, last.reason), ("Granted limit", "Recalculated"))

	def test_another_title_recalculates_nothing(self):
		doc = segment().insert()
		make_profile(segment=doc.name)
		frappe.clear_messages()
		doc.title = "Another"
		doc.save()
		self.assertNotIn("recalculated", self.messages())

	def test_one_broken_profile_does_not_stop_the_others(self):
		doc = segment(limit_amount=1000).insert()
		broken, sound = make_profile(segment=doc.name), make_profile(segment=doc.name)
		frappe.db.set_value("Credit Profile", broken.name, "level", 99)
		frappe.db.set_value("Credit Segment", doc.name, "limit_amount", 3000)
		save_again([broken.name, sound.name])
		self.assertEqual(frappe.db.get_value("Credit Profile", sound.name, "granted_limit"), 3000)
		self.assertEqual(frappe.db.get_value("Credit Profile", broken.name, "granted_limit"), 1000)
		self.assertTrue(frappe.db.exists("Error Log", {"reference_name": broken.name}))

	def test_a_disabled_segment_is_not_given_out(self):
		doc = segment(disabled=1).insert()
		with self.assertRaisesRegex(frappe.ValidationError, "disabled. Choose another"):
			make_profile(segment=doc.name)

	def test_credit_managers_change_segments_and_controllers_do_not(self):
		name = segment().insert().name
		with as_user("credit_manager"):
			doc = frappe.get_doc("Credit Segment", name)
			doc.title = "Changed"
			doc.save()
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			doc = frappe.get_doc("Credit Segment", name)
			doc.title = "Changed again"
			doc.save()
