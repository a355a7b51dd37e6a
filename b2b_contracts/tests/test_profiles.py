"""Credit Profile: limits, refusals, history, tax ids, and what a client may not set."""

import frappe
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts.b2b_contracts.doctype.credit_profile.credit_profile import end_temporary_limits
from b2b_contracts.exceptions import CreditProfileError, EvidenceError
from b2b_contracts.tests.factories import as_user, make_customer, make_group, make_invoice, make_profile
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, ensure_second_company


class TestLimit(SiteTestCase):
	def test_temporary_before_manual_before_calculated(self):
		profile = make_profile()
		self.assertEqual(profile.granted_limit, 100_000)
		profile.update(
			{"manual_limit": 250_000, "limit_reason": "Audited accounts", "change_reason": "Accounts"}
		)
		profile.save()
		self.assertEqual(profile.granted_limit, 250_000)
		profile.update(
			{"temporary_limit": 400_000, "temporary_limit_until": nowdate(), "change_reason": "Christmas"}
		)
		profile.save()
		self.assertEqual(profile.granted_limit, 400_000)
		profile.update({"temporary_limit_until": add_days(nowdate(), -1), "change_reason": "Over"})
		profile.save()
		self.assertEqual(profile.granted_limit, 250_000)

	def test_a_temporary_limit_ends_by_itself(self):
		ended = make_profile(temporary_limit=400_000, temporary_limit_until=nowdate())
		running = make_profile(temporary_limit=400_000, temporary_limit_until=nowdate())
		ended.db_set("temporary_limit_until", add_days(nowdate(), -1))
		for _turn in range(2):
			end_temporary_limits()
			ended.reload()
			running.reload()
			self.assertEqual((ended.granted_limit, running.granted_limit), (100_000, 400_000))
		rows = [row for row in ended.history if row.reason == "Temporary limit ended"]
		self.assertEqual([row.field_label for row in rows], ["Granted limit"])

	def test_a_manual_limit_of_nothing_is_a_limit_when_it_has_a_reason(self):
		self.assertEqual(make_profile(manual_limit=0).granted_limit, 0)

	def test_unlimited_and_no_credit(self):
		for limit_type in ("Unlimited", "No Credit"):
			self.assertEqual(make_profile(limit_type=limit_type).granted_limit, 0)

	def test_what_a_client_sends_as_limit_is_recomputed(self):
		profile = make_profile(granted_limit=9_000_000, calculated_limit=9_000_000)
		self.assertEqual((profile.granted_limit, profile.calculated_limit), (100_000, 100_000))

	def test_own_gross_net_ratio_counts_when_there_are_invoices(self):
		profile = make_profile(segment="A", expected_annual_revenue=12_000_000)
		make_invoice(profile.customer, 1000)
		make_invoice(profile.customer, 1000, vat=True)
		profile = frappe.get_doc("Credit Profile", profile.name)
		profile.save()
		self.assertEqual(profile.gross_net_ratio, 1.125)
		self.assertEqual(profile.granted_limit, 3_375_000)

	def test_export_customer_without_invoices_pays_no_vat(self):
		address = frappe.get_doc(
			{
				"doctype": "Address",
				"address_title": "Oslo",
				"address_type": "Billing",
				"address_line1": "Karl Johans gate 1",
				"city": "Oslo",
				"country": "Norway",
			}
		).insert()
		customer = make_customer(customer_primary_address=address.name)
		profile = make_profile(customer, segment="A", expected_annual_revenue=12_000_000)
		self.assertEqual((profile.gross_net_ratio, profile.granted_limit), (1.0, 3_000_000))

	def test_defaults_of_the_segment(self):
		profile = make_profile(segment="A")
		self.assertEqual((profile.level, profile.risk_class, profile.currency), (3, "A", "DKK"))
		self.assertEqual(getdate(profile.next_review), add_months(getdate(nowdate()), 3))

	def test_a_review_moves_the_next_one(self):
		profile = make_profile(segment="A", next_review=add_days(nowdate(), 5))
		profile.last_review = nowdate()
		profile.save()
		self.assertEqual(getdate(profile.next_review), add_months(getdate(nowdate()), 3))

	def test_a_review_date_that_is_entered_stays(self):
		profile = make_profile(segment="A")
		profile.update({"last_review": nowdate(), "next_review": add_days(nowdate(), 9)})
		profile.save()
		self.assertEqual(getdate(profile.next_review), getdate(add_days(nowdate(), 9)))


class TestRefusals(SiteTestCase):
	def assertRefused(self, advice: str, **fields):
		with self.assertRaisesRegex(CreditProfileError, advice):
			make_profile(**fields)

	def test_company_without_policy(self):
		company = ensure_second_company()
		frappe.db.set_value("Credit Policy", {"company": company}, {"is_active": 0, "active_key": None})
		self.assertRefused("no active credit policy.*Create one under .*Credit Policy", company=company)

	def test_negative_amounts(self):
		for field in ("manual_limit", "temporary_limit", "expected_annual_revenue"):
			self.assertRefused("Enter 0 or more", **{field: -1, "limit_reason": "x"})

	def test_manual_limit_without_reason(self):
		self.assertRefused("manual limit of .*5,000.* needs a reason", manual_limit=5000, limit_reason=" ")

	def test_temporary_limit_without_end(self):
		self.assertRefused("temporary limit of .*5,000.* needs an end", temporary_limit=5000)

	def test_rating_outside_the_scale(self):
		for field in ("external_rating", "rating_at_review"):
			self.assertRefused(
				"BBB is outside the scale. Use one of AAA, AA, A, AN, B, C, Insolvent", **{field: "BBB"}
			)

	def test_level_off_the_ladder(self):
		self.assertRefused("Level 7 is not on the ladder of credit segment .*C.* Use one of 1", level=7)

	def test_security_over_hundred_percent(self):
		self.assertRefused("Security required.*between 0 and 100", security_required_percent=120)

	def test_segment_that_is_not_there(self):
		with self.assertRaises(frappe.LinkValidationError):
			make_profile(segment="Z")

	def test_second_profile_of_a_customer_in_a_company(self):
		customer = make_customer()
		make_profile(customer)
		with self.assertRaises(frappe.UniqueValidationError):
			make_profile(customer)

	def test_group_of_another_company(self):
		group = make_group(company=ensure_second_company())
		self.assertRefused(
			f"counts in company B2B Test Norge only, not in {COMPANY}", credit_group=group.name
		)

	def test_customer_and_company_stay(self):
		profile = make_profile()
		profile.customer = make_customer().name
		with self.assertRaises(frappe.CannotChangeConstantError):
			profile.save()


class TestHistory(SiteTestCase):
	def test_first_entry_is_history_too(self):
		history = make_profile(external_rating="AA").history
		entries = {row.field_label: (row.before, row.after, row.reason) for row in history}
		self.assertEqual(entries["Segment"], ("", "C", "First entry"))
		self.assertEqual(entries["External rating"], ("", "AA", "First entry"))

	def test_a_change_says_who_when_what_and_why(self):
		profile = make_profile(external_rating="AA")
		with as_user("credit_manager") as manager:
			profile = frappe.get_doc("Credit Profile", profile.name)
			profile.update({"external_rating": "B", "change_reason": "Bureau report of May"})
			profile.save()
		row = profile.history[-1]
		self.assertEqual((row.field_label, row.before, row.after), ("External rating", "AA", "B"))
		self.assertEqual((row.changed_by, row.reason), (manager, "Bureau report of May"))
		self.assertEqual(getdate(row.valid_from), getdate(nowdate()))
		self.assertTrue(row.changed_on)
		self.assertFalse(profile.change_reason)

	def test_each_of_them_needs_a_reason(self):
		for field, value in (
			("segment", "B"),
			("risk_class", "C"),
			("external_rating", "B"),
			("rating_at_review", "B"),
			("limit_type", "No Credit"),
		):
			profile = make_profile()
			profile.set(field, value)
			with self.subTest(field), self.assertRaisesRegex(CreditProfileError, "why you change"):
				profile.save()

	def test_manual_limit_needs_a_reason_and_its_own_reason_is_none(self):
		profile = make_profile(manual_limit=1000)
		profile.manual_limit = 2000
		with self.assertRaisesRegex(CreditProfileError, "Manual limit.*: from .*1,000.* to .*2,000"):
			profile.save()

	def test_other_changes_need_none(self):
		profile = make_profile()
		profile.require_po = "Yes"
		profile.save()
		self.assertEqual(
			(profile.history[-1].field_label, profile.history[-1].after),
			("Require a purchase order number", "Yes"),
		)

	def test_saving_what_was_loaded_writes_no_history(self):
		profile = make_profile(segment="A", expected_annual_revenue=123_456.78, manual_limit=1000.5)
		before = len(profile.history)
		profile = frappe.get_doc("Credit Profile", profile.name)
		profile.save()
		self.assertEqual(len(profile.history), before)

	def test_history_cannot_be_changed_or_removed_by_a_client(self):
		profile = make_profile()
		stored = [(row.name, row.after) for row in profile.history]
		profile.history[0].after = "forged"
		profile.append("history", {"field_label": "Segment", "after": "forged"})
		profile.save()
		profile.reload()
		self.assertEqual([(row.name, row.after) for row in profile.history], stored)
		profile.history = []
		profile.save()
		profile.reload()
		self.assertEqual([(row.name, row.after) for row in profile.history], stored)

	def test_versions_do_not_tell_what_the_permission_level_hides(self):
		self.assertFalse(frappe.get_meta("Credit Profile").track_changes)


class TestWhatAClientMayNotSet(SiteTestCase):
	FORGED = {
		"status": "Stop",
		"stop_reason": "forged",
		"forced_hold": 1,
		"forced_hold_action": "Stop",
		"forced_hold_reason": "forged",
	}

	def test_on_insert(self):
		profile = make_profile(**self.FORGED)
		profile.reload()
		self.assertEqual((profile.status, profile.forced_hold, profile.stop_reason), ("Open", 0, None))

	def test_on_save(self):
		profile = make_profile()
		profile.update(self.FORGED)
		profile.save()
		profile.reload()
		self.assertEqual((profile.status, profile.forced_hold, profile.forced_hold_reason), ("Open", 0, None))

	def test_lifting_a_forced_hold_by_saving(self):
		profile = make_profile()
		profile.db_set({"status": "Hold", "forced_hold": 1, "forced_hold_reason": "Fraud"})
		profile.update({"status": "Open", "forced_hold": 0})
		profile.save()
		profile.reload()
		self.assertEqual(
			(profile.status, profile.forced_hold, profile.forced_hold_reason), ("Hold", 1, "Fraud")
		)


class TestTaxId(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.tax_id = f"DK{frappe.generate_hash(length=8).upper()}"

	def test_is_taken_over_without_separators(self):
		customer = make_customer(tax_id=f" {self.tax_id[:2].lower()} {self.tax_id[2:6]}-{self.tax_id[6:]}")
		self.assertEqual(make_profile(customer).tax_id, self.tax_id)

	def test_duplicate_is_told(self):
		first = make_customer(tax_id=self.tax_id)
		make_profile(make_customer(tax_id=self.tax_id))
		self.assertIn(first.name, self.messages())
		self.assertIn("Put both into one credit group", self.messages())
		offers = [
			message.primary_action for message in frappe.get_message_log() if message.get("primary_action")
		]
		self.assertEqual(len(offers), 1)
		self.assertIn(first.name, offers[0]["args"]["customers"])

	def test_duplicate_joins_the_group_of_the_other(self):
		first = make_customer(tax_id=self.tax_id)
		make_profile(first)
		group = make_group(first)
		second = make_profile(make_customer(tax_id=f"{self.tax_id[:4]} {self.tax_id[4:]}"))
		self.assertEqual(second.credit_group, group.name)
		self.assertIn(group.name, self.messages())
		group.reload()
		self.assertEqual({row.customer for row in group.members}, {first.name, second.customer})

	def test_is_told_once(self):
		make_customer(tax_id=self.tax_id)
		profile = make_profile(make_customer(tax_id=self.tax_id))
		frappe.clear_messages()
		profile.save()
		self.assertNotIn("same tax ID", self.messages())

	def test_customers_without_tax_id_are_strangers(self):
		make_customer()
		make_profile()
		self.assertNotIn("same tax ID", self.messages())


class TestEnd(SiteTestCase):
	def test_an_unused_profile_may_be_deleted_and_takes_its_gate_along(self):
		group = make_group()
		profile = make_profile(credit_group=group.name)
		self.assertTrue(frappe.db.exists("Credit Gate", f"P:{profile.name}"))
		profile.delete()
		self.assertFalse(frappe.db.exists("Credit Gate", f"P:{profile.name}"))
		self.assertFalse(frappe.db.exists("Credit Group Member", {"customer": profile.customer}))

	def test_a_profile_with_an_open_hold_stays(self):
		profile = make_profile()
		self.service_insert("Credit Hold", name=f"{profile.name}-H1", status="Open", **self.about(profile))
		with self.assertRaisesRegex(EvidenceError, "open credit holds.*Set .*Limit type.* to .*No Credit"):
			profile.delete()

	def test_a_profile_with_decisions_stays(self):
		profile = make_profile()
		self.service_insert("Credit Decision", gate=f"P:{profile.name}", sequence=1, **self.about(profile))
		with self.assertRaisesRegex(EvidenceError, "credit decisions, which are evidence"):
			profile.delete()

	def about(self, profile) -> dict:
		return {"customer": profile.customer, "company": profile.company}

	def service_insert(self, doctype: str, **fields):
		doc = frappe.get_doc({"doctype": doctype, **fields})
		doc.flags.credit_service = True
		return doc.insert()
