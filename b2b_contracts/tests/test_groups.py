"""Credit Group: one group per customer and company, and the table of members in step with the profiles."""

import frappe

from b2b_contracts.exceptions import CreditGroupError, EvidenceError
from b2b_contracts.tests.factories import make_customer, make_group, make_profile, no_exchange_rates
from b2b_contracts.tests.scaffold import COMPANY, SECOND_COMPANY, SiteTestCase, ensure_second_company


def group_of(profile) -> str | None:
	return frappe.db.get_value("Credit Profile", profile.name, "credit_group")


def members_of(group) -> set[str]:
	return set(frappe.get_all("Credit Group Member", filters={"parent": group.name}, pluck="customer"))


class TestSync(SiteTestCase):
	def test_group_writes_its_name_on_the_profiles(self):
		profile = make_profile()
		group = make_group(profile.customer)
		self.assertEqual(group_of(profile), group.name)

	def test_removing_a_member_clears_it(self):
		profile, other = make_profile(), make_profile()
		group = make_group(profile.customer, other.customer)
		group.members = [row for row in group.members if row.customer != profile.customer]
		group.save()
		self.assertIsNone(group_of(profile))
		self.assertEqual(group_of(other), group.name)

	def test_profile_moves_from_one_table_to_the_other(self):
		profile = make_profile()
		first, second = make_group(profile.customer), make_group()
		profile.reload()
		profile.credit_group = second.name
		profile.save()
		self.assertEqual((members_of(first), members_of(second)), (set(), {profile.customer}))

	def test_profile_that_leaves_goes_from_the_table(self):
		profile = make_profile()
		group = make_group(profile.customer)
		profile.reload()
		profile.credit_group = None
		profile.save()
		self.assertEqual(members_of(group), set())
		group.reload()
		group.save()
		self.assertIsNone(group_of(profile))

	def test_a_member_without_profile_joins_with_its_first_one(self):
		customer = make_customer()
		group = make_group(customer)
		self.assertEqual(make_profile(customer).credit_group, group.name)

	def test_move_is_history_of_the_profile(self):
		profile = make_profile()
		group = make_group(profile.customer)
		profile.reload()
		last = profile.history[-1]
		self.assertEqual(
			(last.field_label, last.before, last.after, last.reason),
			("Credit group", "", group.name, "Credit group saved"),
		)

	def test_group_of_one_company_leaves_the_others_alone(self):
		ensure_second_company()
		customer = make_customer()
		here, there = make_profile(customer), make_profile(customer, company=SECOND_COMPANY)
		group = make_group(customer, company=COMPANY)
		self.assertEqual((group_of(here), group_of(there)), (group.name, None))
		other = make_group(customer, company=SECOND_COMPANY)
		self.assertEqual((group_of(here), group_of(there)), (group.name, other.name))

	def test_group_of_all_companies_takes_every_profile(self):
		ensure_second_company()
		customer = make_customer()
		profiles = [make_profile(customer), make_profile(customer, company=SECOND_COMPANY)]
		group = make_group(customer)
		self.assertEqual([group_of(profile) for profile in profiles], [group.name] * 2)

	def test_member_stays_while_one_profile_does(self):
		ensure_second_company()
		customer = make_customer()
		here = make_profile(customer)
		make_profile(customer, company=SECOND_COMPANY)
		group = make_group(customer)
		here.reload()
		here.credit_group = None
		here.save()
		self.assertEqual(members_of(group), {customer.name})

	def test_two_profiles_saved_from_old_copies_both_arrive(self):
		group = make_group()
		for profile in (make_profile(), make_profile()):
			profile.credit_group = group.name
			profile.save()
		self.assertEqual(len(members_of(group)), 2)


class TestRefusals(SiteTestCase):
	def test_negative_limit(self):
		with self.assertRaisesRegex(CreditGroupError, "Group limit.*Enter 0 or more"):
			make_group(group_limit=-1)

	def test_member_twice(self):
		customer = make_customer()
		with self.assertRaisesRegex(CreditGroupError, "member in rows 1 and 2. Remove one"):
			make_group(customer, customer)

	def test_customer_of_another_group(self):
		profile = make_profile()
		first = make_group(profile.customer)
		with self.assertRaisesRegex(
			CreditGroupError, f"is in credit group .*{first.name}.*Remove the customer there"
		):
			make_group(profile.customer)

	def test_currency_without_rate(self):
		profile = make_profile()
		advice = "exchange rate from DKK to ISK.*Currency Exchange"
		with no_exchange_rates(), self.assertRaisesRegex(frappe.ValidationError, advice):
			make_group(profile.customer, currency="ISK")

	def test_merge(self):
		first, second = make_group(), make_group()
		with self.assertRaisesRegex(CreditGroupError, "cannot be merged"):
			frappe.rename_doc("Credit Group", first.name, second.name, merge=True)


class TestGate(SiteTestCase):
	def test_gate_comes_goes_and_is_renamed_with_the_group(self):
		profile = make_profile()
		group = make_group(profile.customer)
		self.assertTrue(frappe.db.exists("Credit Gate", f"G:{group.name}"))
		renamed = f"{group.name} II"
		frappe.rename_doc("Credit Group", group.name, renamed)
		self.assertEqual(frappe.db.exists("Credit Gate", f"G:{renamed}"), f"G:{renamed}")
		self.assertFalse(frappe.db.exists("Credit Gate", f"G:{group.name}"))
		self.assertEqual(group_of(profile), renamed)
		group = frappe.get_doc("Credit Group", renamed)
		group.members = []
		group.save()
		group.delete()
		self.assertFalse(frappe.db.exists("Credit Gate", f"G:{renamed}"))

	def test_group_with_members_is_not_deleted(self):
		group = make_group(make_profile().customer)
		with self.assertRaises(frappe.LinkExistsError):
			group.delete()

	def test_group_with_decisions_is_not_deleted(self):
		group = make_group()
		decision = frappe.get_doc(
			{
				"doctype": "Credit Decision",
				"gate": f"G:{group.name}",
				"sequence": 1,
				"customer": make_customer().name,
				"company": COMPANY,
			}
		)
		decision.flags.credit_service = True
		decision.insert()
		with self.assertRaisesRegex(EvidenceError, "Remove its members instead"):
			group.delete()
