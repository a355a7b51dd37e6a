"""Security Instrument: defaults by type, refusals, and who may release one."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.exceptions import SecurityInstrumentError
from b2b_contracts.tests.factories import (
	as_user,
	make_customer,
	make_profile,
	make_security,
	no_exchange_rates,
)
from b2b_contracts.tests.scaffold import SiteTestCase


class TestDefaults(SiteTestCase):
	def test_cover_by_type(self):
		customer = make_customer()
		for instrument_type, cover in (
			("Bank Guarantee", 100),
			("Stand-by Letter of Credit", 100),
			("Credit Insurance", 90),
			("Parent Guarantee", 50),
			("Retention of Title", 0),
			("Factoring", 100),
			("Cash Deposit", 100),
		):
			doc = make_security(customer, 1000, instrument_type, submit=False)
			self.assertEqual(doc.cover_percent, cover, instrument_type)

	def test_cover_that_is_entered_stays(self):
		customer = make_customer()
		self.assertEqual(
			make_security(customer, 1000, "Credit Insurance", cover_percent=80).cover_percent, 80
		)

	def test_submitting_puts_it_in_force(self):
		draft = make_security(make_customer(), 1000, submit=False)
		self.assertEqual((draft.direction, draft.status), ("Received", "Requested"))
		draft.submit()
		self.assertEqual(draft.status, "In Force")


class TestRefusals(SiteTestCase):
	def assertRefused(self, advice: str, amount: float = 1000, **fields):
		with self.assertRaisesRegex(SecurityInstrumentError, advice):
			make_security(make_customer(), amount, **fields)

	def test_negative(self):
		self.assertRefused("Amount.*Enter 0 or more", amount=-1)
		self.assertRefused("Deductible.*Enter 0 or more", deductible=-1)
		self.assertRefused("Claim period.*Enter 0 or more", claim_period_days=-1)
		self.assertRefused("Haircut.*between 0 and 100", haircut_percent=-1)

	def test_shares_over_hundred(self):
		self.assertRefused("Cover.*between 0 and 100", cover_percent=101)
		self.assertRefused("Haircut.*between 0 and 100", haircut_percent=101)

	def test_rating_outside_the_scale(self):
		self.assertRefused(
			"Issuer rating.* AAAA is outside the scale. Use one of AAA, AA\\+", issuer_rating="AAAA"
		)

	def test_expires_before_it_is_valid(self):
		self.assertRefused(
			"Enter a later expiry date", valid_from=nowdate(), expiry_date=add_days(nowdate(), -1)
		)

	def test_currency_without_rate(self):
		advice = "exchange rate from ISK to DKK.*Currency Exchange"
		with no_exchange_rates(), self.assertRaisesRegex(frappe.ValidationError, advice):
			make_security(make_customer(), 1000, currency="ISK")

	def test_hold_of_another_customer(self):
		profile = make_profile()
		hold = frappe.get_doc(
			{
				"doctype": "Credit Hold",
				"name": f"{profile.name}-H1",
				"customer": profile.customer,
				"company": profile.company,
			}
		)
		hold.flags.credit_service = True
		hold.insert()
		self.assertRefused("Choose a hold of the same customer", credit_hold=hold.name)


class TestRelease(SiteTestCase):
	def test_controller_may_enter_and_not_release(self):
		customer = make_customer()
		with as_user("controller"):
			doc = make_security(customer, 1000)
			doc.status = "Released"
			with self.assertRaisesRegex(frappe.PermissionError, "needs the role .*Credit Manager"):
				doc.save()

	def test_credit_manager_releases(self):
		name = make_security(make_customer(), 1000).name
		with as_user("credit_manager"):
			doc = frappe.get_doc("Security Instrument", name)
			doc.status = "Released"
			doc.save()
		self.assertEqual(frappe.db.get_value("Security Instrument", name, "status"), "Released")

	def test_controller_may_not_take_a_release_back(self):
		doc = make_security(make_customer(), 1000)
		doc.status = "Released"
		doc.save()
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			doc = frappe.get_doc("Security Instrument", doc.name)
			doc.status = "In Force"
			doc.save()

	def test_amount_is_fixed_after_submit(self):
		doc = make_security(make_customer(), 1000)
		doc.amount = 5000
		with self.assertRaises(frappe.UpdateAfterSubmitError):
			doc.save()
