"""The law of dunning on the site: which jurisdiction applies, what its records say, interest from the books, on paper, and in
words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe.utils import getdate
from pypdf import PdfReader

from b2b_contracts import interest_api, standard_law
from b2b_contracts.collections import (
	dunning_wording,
	interest_letters,
	interest_statements,
	jurisdictions,
)
from b2b_contracts.engine import dunning_law as law
from b2b_contracts.engine.dunning_law import Asked, Check, Claim, Figure, Sent
from b2b_contracts.exceptions import JurisdictionError, NotYourMandateError
from b2b_contracts.setup import defaults
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECURITY_FILE,
	SiteTestCase,
	ensure_second_company,
)

DENMARK, NORWAY, SWEDEN, EU = (
	standard_law.DENMARK,
	standard_law.NORWAY,
	standard_law.SWEDEN,
	standard_law.EU,
)
CENT = Decimal("0.01")


def money(value) -> Decimal:
	return Decimal(str(value))


class LawTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		jurisdictions.forget()
		_cover_years(2023, 2024)

	def tearDown(self):
		super().tearDown()
		jurisdictions.forget()

	def set_terms(self, doc, **fields):
		"""Write what was agreed without the checks of the form."""
		frappe.db.set_value(doc.doctype, doc.name, fields)
		jurisdictions.forget()

	def agreed_customer(self, **fields):
		customer = make.make_customer(**fields)
		self.set_terms(customer, b2b_due_date_agreed="Yes")
		return customer

	def late_invoice(self, customer, amount=100_000, due="2023-11-15", posted="2023-11-01", **fields):
		with make.policy_off():
			return make.make_invoice(customer, amount, posting_date=posted, due_date=due, **fields)


def _cover_years(*years: int) -> None:
	for year in years:
		first, last = f"{year}-01-01", f"{year}-12-31"
		if not frappe.db.exists(
			"Fiscal Year", {"year_start_date": ["<=", first], "year_end_date": [">=", last]}
		):
			frappe.get_doc(
				{"doctype": "Fiscal Year", "year": first, "year_start_date": first, "year_end_date": last}
			).insert(ignore_permissions=True)


# ------------------------------------------------------------------ records
class TestShippedLaw(LawTestCase):
	def test_four_jurisdictions_with_their_rules_are_there(self):
		for row in standard_law.JURISDICTIONS:
			doc = frappe.get_doc(jurisdictions.JURISDICTION, row["jurisdiction_name"])
			self.assertEqual(len(doc.rules), len(row["rules"]), doc.name)
			self.assertEqual(doc.unconfirmed, sum(not r["is_confirmed"] for r in row["rules"]))
		self.assertEqual(frappe.db.get_value(jurisdictions.JURISDICTION, EU, "is_default"), 1)

	def test_what_a_user_changed_is_not_brought_back(self):
		doc = frappe.get_doc(jurisdictions.JURISDICTION, DENMARK)
		doc.rules[0].value = "50"
		doc.save()
		before = frappe.db.count(jurisdictions.RATE)
		frappe.delete_doc(jurisdictions.RATE, "Denmark 2021-01-01")
		defaults.create_dunning_law()
		self.assertEqual(frappe.db.count(jurisdictions.RATE), before - 1)
		self.assertEqual(jurisdictions.law_of(DENMARK, getdate()).reminder_fee, 50)

	def test_the_law_of_each_country(self):
		on = date(2026, 6, 1)
		dk, no, se, eu = (jurisdictions.law_of(name, on) for name in (DENMARK, NORWAY, SWEDEN, EU))
		self.assertEqual((dk.reminder_fee, dk.hand_over_fee, dk.compensation), (100, 100, 310))
		self.assertEqual((dk.fees_per_claim, dk.fees_per_arrears, dk.days_between_fees), (3, 3, 10))
		self.assertEqual((no.reminder_fee, no.compensation, no.days_before_collection), (35, 470, 14))
		self.assertEqual((se.reminder_fee, se.demand_fee, se.plan_fee, se.compensation), (60, 180, 170, 450))
		self.assertEqual((eu.currency, eu.compensation, eu.longest_terms), ("EUR", 40, 60))
		self.assertEqual((dk.limitation_years, dk.limitation_years_acknowledged), (3, 10))

	def test_rates_are_totals_by_half_year_and_say_what_is_not_confirmed(self):
		rates = {rate.valid_from: rate for rate in jurisdictions.rates_of(DENMARK)}
		self.assertEqual(rates[date(2021, 1, 1)].percent, money("8.05"))
		self.assertEqual(rates[date(2021, 7, 1)].percent, money("7.65"))
		self.assertEqual(rates[date(2023, 7, 1)].percent, money("11.25"))
		self.assertEqual(rates[date(2024, 1, 1)].percent, money("11.75"))
		self.assertTrue(rates[date(2024, 1, 1)].is_confirmed)
		self.assertEqual(rates[date(2025, 7, 1)].percent, money("9.75"))
		self.assertFalse(rates[date(2025, 7, 1)].is_confirmed)
		self.assertEqual(
			(rates[date(2026, 1, 1)].percent, rates[date(2026, 1, 1)].is_known), (money("9.75"), False)
		)
		self.assertEqual(jurisdictions.known_until(DENMARK), date(2025, 12, 31))

	def test_a_margin_that_changes_changes_the_total_from_its_day_on(self):
		doc = frappe.get_doc(jurisdictions.JURISDICTION, DENMARK)
		row = {"rule": law.INTEREST_MARGIN, "value": "9", "valid_from": "2024-03-01", "is_confirmed": 1}
		doc.append("rules", row)
		doc.save()
		rates = {rate.valid_from: rate.percent for rate in jurisdictions.rates_of(DENMARK)}
		self.assertEqual(rates[date(2024, 1, 1)], money("11.75"))
		self.assertEqual(rates[date(2024, 3, 1)], money("12.75"))
		self.assertEqual(rates[date(2024, 7, 1)], money("12.50"))

	def test_a_new_rate_is_known_at_once(self):
		self.assertFalse(jurisdictions.rates_of(DENMARK)[-1].is_known)
		frappe.get_doc(
			{
				"doctype": jurisdictions.RATE,
				"jurisdiction": DENMARK,
				"valid_from": "2026-01-01",
				"percent": 1.6,
				"is_confirmed": 1,
			}
		).insert()
		rates = {rate.valid_from: rate for rate in jurisdictions.rates_of(DENMARK)}
		self.assertEqual(rates[date(2026, 1, 1)].percent, money("9.6"))
		self.assertEqual(jurisdictions.known_until(DENMARK), date(2026, 6, 30))

	def test_reading_again_asks_the_database_nothing(self):
		customer = make.make_customer()
		jurisdictions.rates_of(DENMARK)
		jurisdictions.law_of(DENMARK, date(2024, 1, 1))
		jurisdictions.jurisdiction_of(COMPANY, customer.name)
		jurisdictions.late_terms_of(COMPANY, customer.name)
		with self.assertQueryCount(0):
			jurisdictions.rates_of(DENMARK)
			jurisdictions.jurisdiction_of(COMPANY, customer.name)
			jurisdictions.late_terms_of(COMPANY, customer.name)
			jurisdictions.law_of(DENMARK, date(2024, 1, 1))


class TestEnteredLaw(LawTestCase):
	def jurisdiction(self, *rules, **fields):
		row = {"valid_from": "2026-01-01", "is_confirmed": 1}
		needed = [{"rule": rule, "value": "30"} for rule in jurisdictions.NEEDED]
		return frappe.get_doc(
			{
				"doctype": jurisdictions.JURISDICTION,
				"jurisdiction_name": frappe.generate_hash(length=8),
				"currency": "EUR",
				"rules": [{**row, **rule} for rule in (*rules, *needed)],
				**fields,
			}
		)

	def refused(self, doc, *words):
		with self.assertRaises(JurisdictionError) as caught:
			doc.save()
		for word in words:
			self.assertIn(word, str(caught.exception))

	def test_values_that_no_rule_could_have_are_refused(self):
		for rule, value, words in (
			(law.REMINDER_FEE, "much", ["such as 100.50"]),
			(law.REMINDER_FEE, "1,000", ["such as 100.50"]),
			(law.FEES_PER_CLAIM, "1.5", ["whole number"]),
			(law.FEE_WITH_VAT, "Perhaps", ["Yes or No"]),
			(law.FEE_TOO_SOON, "Never", [law.DROP_FEE, law.MOVE_LETTER]),
		):
			self.refused(self.jurisdiction({"rule": rule, "value": value}), *words)

	def test_a_comma_and_ones_own_language_are_understood(self):
		with patch.object(jurisdictions, "_", lambda text, *args, **kwargs: {"Yes": "Ja"}.get(text, text)):
			doc = self.jurisdiction(
				{"rule": law.REMINDER_FEE, "value": "12,50"}, {"rule": law.FEE_WITH_VAT, "value": "Ja"}
			)
			doc.insert()
		self.assertEqual([row.value for row in doc.rules[:2]], ["12.50", "Yes"])
		found = jurisdictions.law_of(doc.name, getdate("2026-02-01"))
		self.assertEqual((found.reminder_fee, found.fee_with_vat), (money("12.50"), True))

	def test_dates_that_contradict_each_other_are_refused(self):
		row = {"rule": law.REMINDER_FEE, "value": "10"}
		self.refused(self.jurisdiction({**row, "valid_until": "2025-12-31"}), "ends before it begins")
		self.refused(self.jurisdiction(row, {**row, "value": "20"}), "second time")

	def test_a_second_one_of_a_country_and_a_second_default_are_refused(self):
		self.refused(self.jurisdiction(country="Denmark"), DENMARK)
		self.refused(self.jurisdiction(is_default=1), EU)

	def test_one_that_does_not_say_how_long_before_collection_is_refused(self):
		doc = self.jurisdiction()
		doc.rules = [row for row in doc.rules if row.rule != law.DAYS_BEFORE_COLLECTION]
		self.refused(doc, law.DAYS_BEFORE_COLLECTION)

	def test_a_rate_begins_with_a_half_year(self):
		rate = {"doctype": jurisdictions.RATE, "jurisdiction": DENMARK, "percent": 1}
		self.refused(frappe.get_doc({**rate, "valid_from": "2026-03-01"}), "1 January")
		frappe.get_doc({**rate, "valid_from": "2026-07-01"}).insert()
		with self.assertRaises(frappe.DuplicateEntryError):
			frappe.get_doc({**rate, "valid_from": "2026-07-01"}).insert()

	def test_roles(self):
		for user in ("finance_director", "cfo", "compliance_officer"):
			with as_user(user):
				doc = frappe.get_doc(jurisdictions.JURISDICTION, DENMARK)
				doc.notes = f"Read by {user}"
				doc.save()
		for user in ("controller", "collector", "credit_manager", "auditor", "accounts_user"):
			with as_user(user):
				self.assertIn(DENMARK, frappe.get_list(jurisdictions.JURISDICTION, pluck="name"), user)
				self.assertTrue(frappe.get_list(jurisdictions.RATE, limit=1), user)
				with self.assertRaises(frappe.PermissionError):
					frappe.get_doc(jurisdictions.JURISDICTION, DENMARK).save()
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			frappe.get_list(jurisdictions.JURISDICTION)

	def test_what_the_form_says_of_the_rate(self):
		def said(day):
			with as_user("finance_director"), patch.object(interest_api, "getdate", lambda: day):
				return interest_api.rate_today(DENMARK)

		found = said(date(2025, 8, 1))
		self.assertEqual((found["percent"], found["is_confirmed"], found["is_known"]), (9.75, False, True))
		found = said(date(2026, 8, 1))
		self.assertEqual((found["percent"], found["is_known"]), (9.75, False))
		self.assertEqual(found["until"], date(2025, 12, 31))
		self.assertIsNone(said(date(2020, 1, 1))["percent"])
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			interest_api.rate_today(DENMARK)


class TestWhichLaw(LawTestCase):
	def of(self, company=COMPANY, customer=None):
		jurisdictions.forget()
		return jurisdictions.jurisdiction_of(company, (customer or self.customer).name)

	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()

	def set_company(self, **fields):
		frappe.db.set_value("Company", COMPANY, fields)

	def address(self, customer, country):
		frappe.get_doc(
			{
				"doctype": "Address",
				"address_title": customer.name,
				"address_type": "Billing",
				"address_line1": "Storgata 1",
				"city": "Oslo",
				"country": country,
				"links": [{"link_doctype": "Customer", "link_name": customer.name}],
			}
		).insert()

	def test_the_companys_country_then_what_it_says_itself(self):
		self.assertEqual(self.of(), DENMARK)
		self.assertEqual(self.of(ensure_second_company()), NORWAY)
		self.set_company(b2b_dunning_jurisdiction=SWEDEN)
		self.assertEqual(self.of(), SWEDEN)

	def test_a_country_without_its_own_has_the_default(self):
		self.set_company(country="Germany")
		self.assertEqual(self.of(), EU)

	def test_the_customers_country_where_the_company_goes_by_it(self):
		self.address(self.customer, "Norway")
		self.assertEqual(self.of(), DENMARK)
		self.set_company(b2b_dunning_law_by_customer=1)
		self.assertEqual(self.of(), NORWAY)
		german = make.make_customer()
		self.address(german, "Germany")
		self.assertEqual(self.of(customer=german), DENMARK)

	def test_without_any_law_it_says_what_to_do(self):
		frappe.db.set_value(jurisdictions.JURISDICTION, EU, "is_default", 0)
		self.set_company(country="Germany")
		with self.assertRaises(JurisdictionError) as caught:
			self.of()
		self.assertIn(COMPANY, str(caught.exception))


# ------------------------------------------------------------------ what was agreed
class TestAgreedTerms(LawTestCase):
	def terms(self, customer, **fields):
		doc = frappe.get_doc("Customer", customer.name)
		doc.update(fields)
		doc.save()
		return jurisdictions.late_terms_of(COMPANY, customer.name)

	def set_company(self, **fields):
		frappe.db.set_value("Company", COMPANY, fields)
		jurisdictions.forget()

	def test_a_customer_without_a_word_is_as_the_companys_others(self):
		customer = make.make_customer()
		self.set_company(b2b_due_date_agreed=1, b2b_reminder_fee_agreed=1)
		found = jurisdictions.late_terms_of(COMPANY, customer.name)
		self.assertTrue(found.is_due_date_agreed and found.is_fee_agreed)
		found = self.terms(customer, b2b_due_date_agreed="No", b2b_reminder_fee_agreed="No")
		self.assertFalse(found.is_due_date_agreed or found.is_fee_agreed)

	def test_terms_hold_for_debts_of_after_they_were_agreed(self):
		customer = make.make_customer()
		self.terms(customer, b2b_reminder_fee_agreed="Yes", b2b_late_terms_since="2026-06-01")
		agreed = [
			jurisdictions.is_fee_agreed(customer.name, COMPANY, day)
			for day in (date(2026, 5, 31), date(2026, 6, 1), None)
		]
		self.assertEqual(agreed, [False, True, True])

	def test_a_rate_above_the_statutory_one_needs_its_contract_or_terms(self):
		customer = make.make_customer()
		with self.assertRaises(JurisdictionError) as caught:
			self.terms(customer, b2b_late_rate=24)
		self.assertIn("statutory", str(caught.exception))
		terms = frappe.get_doc(
			{"doctype": "Terms and Conditions", "title": frappe.generate_hash(length=8), "selling": 1}
		).insert()
		found = self.terms(
			customer,
			b2b_late_rate=24,
			b2b_late_rate_ground_type="Terms and Conditions",
			b2b_late_rate_ground=terms.name,
		)
		self.assertEqual((found.percent, found.ground), (24, terms.name))
		self.assertEqual(self.terms(make.make_customer(), b2b_late_rate=5).percent, 5)

	def test_a_contract_of_another_customer_carries_nothing(self):
		customer, other = make.make_customer(), make.make_customer()
		contracts = [
			frappe.get_doc(
				{
					"doctype": "Contract",
					"party_type": "Customer",
					"party_name": party.name,
					"contract_terms": "24 % p.a.",
					"is_signed": signed,
				}
			).insert()
			for party, signed in ((other, 1), (customer, 0), (customer, 1))
		]
		for contract in contracts:
			contract.submit()
		ground = {"b2b_late_rate": 24, "b2b_late_rate_ground_type": "Contract"}
		for contract in contracts[:2]:
			with self.assertRaises(JurisdictionError):
				self.terms(customer, **ground, b2b_late_rate_ground=contract.name)
			frappe.clear_messages()
		self.assertEqual(self.terms(customer, **ground, b2b_late_rate_ground=contracts[2].name).percent, 24)

	def test_sellers_do_not_write_them(self):
		customer = make.make_customer()
		with as_user("seller1"):
			doc = frappe.get_doc("Customer", customer.name)
			doc.website = "example.com"
			doc.save()
			doc.b2b_due_date_agreed = "Yes"
			with self.assertRaises(NotYourMandateError):
				doc.save()
		with as_user("finance_director"):
			doc = frappe.get_doc("Customer", customer.name)
			doc.b2b_due_date_agreed = "Yes"
			doc.save(ignore_permissions=True)

	def test_the_company_is_checked_as_well(self):
		company = frappe.get_doc("Company", COMPANY)
		company.b2b_late_rate = 24
		with self.assertRaises(JurisdictionError):
			jurisdictions.check_late_terms(company)


# ------------------------------------------------------------------ interest from the books
class TestInterest(LawTestCase):
	def rows(self, statement):
		return [(row.days, row.principal, row.percent, row.amount) for row in statement.segments]

	def worked(self, day_count="Actual/365"):
		"""The invoice of requirements §3.1: 100,000 due 15 November 2023, paid in two."""
		frappe.db.set_value(jurisdictions.JURISDICTION, DENMARK, "day_count", day_count)
		jurisdictions.forget()
		invoice = self.late_invoice(self.agreed_customer())
		make.make_payment(invoice, 40_000, posting_date="2023-12-20", reference_date="2023-12-20")
		invoice.reload()
		make.make_payment(invoice, 60_000, posting_date="2024-01-31", reference_date="2024-01-31")
		return invoice

	def test_the_worked_figures(self):
		for day_count, total in (
			("Actual/365", "1880.14"),
			("Actual/360", "1906.25"),
			("30E/360", "1867.92"),
		):
			invoice = self.worked(day_count)
			found = interest_statements.statement_of(invoice.name, None, date(2024, 6, 1))
			self.assertEqual(found.total, money(total), day_count)
			self.assertEqual([row.percent for row in found.segments], list(map(money, (11.25, 11.25, 11.75))))
			self.assertEqual((found.open_principal, found.is_confirmed), (0, True))

	def test_without_agreement_it_runs_from_30_days_after_the_invoice(self):
		invoice = self.late_invoice(make.make_customer())
		found = interest_statements.statement_of(invoice.name, None, date(2023, 12, 11))
		self.assertEqual(found.first, date(2023, 12, 1))
		self.assertEqual(self.rows(found), [(10, 100_000, money("11.25"), money("308.22"))])

	def test_terms_agreed_later_leave_older_debts_alone(self):
		customer = self.agreed_customer()
		self.set_terms(customer, b2b_late_terms_since="2023-11-02")
		invoice = self.late_invoice(customer)
		found = interest_statements.statement_of(invoice.name, None, date(2023, 12, 11))
		self.assertEqual(found.first, date(2023, 12, 1))

	def test_money_counts_from_its_value_date(self):
		invoice = self.late_invoice(self.agreed_customer())
		make.make_payment(invoice, 100_000, posting_date="2023-12-01", reference_date="2023-11-25")
		found = interest_statements.statement_of(invoice.name, None, date(2024, 1, 1))
		self.assertEqual([row.days for row in found.segments], [10])

	def test_what_was_credited_was_never_owed(self):
		invoice = self.late_invoice(self.agreed_customer())
		make.make_credit_note(invoice, 40_000)
		found = interest_statements.statement_of(invoice.name, None, date(2023, 11, 25))
		self.assertEqual([(row.days, row.principal) for row in found.segments], [(10, 60_000)])

	def test_a_payment_that_was_cancelled_does_not_count(self):
		invoice = self.late_invoice(self.agreed_customer())
		payment = make.make_payment(invoice, 100_000, posting_date="2023-11-20", reference_date="2023-11-20")
		payment.cancel()
		found = interest_statements.statement_of(invoice.name, None, date(2023, 11, 25))
		self.assertEqual([(row.days, row.principal) for row in found.segments], [(10, 100_000)])

	def test_unallocated_money_goes_to_the_oldest_item(self):
		customer = self.agreed_customer()
		older = self.late_invoice(customer, 50_000, due="2023-11-15")
		younger = self.late_invoice(customer, 50_000, due="2023-12-01")
		make.make_payment(
			customer=customer, amount=70_000, posting_date="2023-12-11", reference_date="2023-12-11"
		)
		found = interest_statements.statements_of([older.name, younger.name], date(2023, 12, 21))
		by_invoice = {invoice: statement for (invoice, _row), statement in found.items()}
		self.assertEqual([(r.days, r.principal) for r in by_invoice[older.name].segments], [(26, 50_000)])
		self.assertEqual(
			[(r.days, r.principal) for r in by_invoice[younger.name].segments], [(10, 50_000), (10, 30_000)]
		)
		# Asked for one alone it is the same.
		alone = interest_statements.statement_of(younger.name, None, date(2023, 12, 21))
		self.assertEqual(self.rows(alone), self.rows(by_invoice[younger.name]))

	def test_by_instalments_each_from_its_own_due_date(self):
		schedule = [
			{"due_date": due, "invoice_portion": 50, "payment_amount": 50_000}
			for due in ("2023-11-15", "2023-12-15")
		]
		invoice = self.late_invoice(self.agreed_customer(), due="2023-12-15", payment_schedule=schedule)
		make.make_payment(invoice, 60_000, posting_date="2023-12-20", reference_date="2023-12-20")
		keys = [row.name for row in invoice.payment_schedule]
		first, second = (
			interest_statements.statement_of(invoice.name, key, date(2023, 12, 25)) for key in keys
		)
		self.assertEqual([(r.days, r.principal) for r in first.segments], [(35, 50_000)])
		self.assertEqual([(r.days, r.principal) for r in second.segments], [(5, 50_000), (5, 40_000)])
		both = interest_statements.statement_of(invoice.name, None, date(2023, 12, 25))
		self.assertEqual(both.total, first.total + second.total)

	def test_what_is_left_out_carries_none(self):
		invoice = self.late_invoice(self.agreed_customer())
		found = interest_statements.statement_of(invoice.name, None, date(2023, 11, 25), Decimal(30_000))
		self.assertEqual([(r.days, r.principal) for r in found.segments], [(10, 70_000)])

	def test_it_ends_with_the_insolvency(self):
		customer = self.agreed_customer()
		invoice = self.late_invoice(customer)
		with as_user("credit_manager"):
			frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": "2023-11-25",
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				}
			).insert()
		found = interest_statements.statement_of(invoice.name, None, date(2024, 6, 1))
		self.assertEqual(found.until, date(2023, 11, 25))
		self.assertEqual([row.days for row in found.segments], [10])

	def test_drafts_and_credit_notes_carry_none(self):
		customer = self.agreed_customer()
		draft = self.late_invoice(customer, submit=False)
		invoice = self.late_invoice(customer)
		note = make.make_credit_note(invoice)
		for name in (draft.name, note.name):
			self.assertIsNone(interest_statements.statement_of(name, None, date(2024, 1, 1)))

	def test_an_agreed_rate_above_the_law_holds_with_its_ground_alone(self):
		customer = self.agreed_customer()
		self.set_terms(customer, b2b_late_rate=18)
		invoice = self.late_invoice(customer, 36_500)
		until = date(2023, 11, 25)
		found = interest_statements.statement_of(invoice.name, None, until)
		self.assertEqual([row.percent for row in found.segments], [money("11.25")])
		self.set_terms(
			customer, b2b_late_rate_ground_type="Terms and Conditions", b2b_late_rate_ground="GTC 2023"
		)
		found = interest_statements.statement_of(invoice.name, None, until)
		self.assertEqual([(r.percent, r.source, r.amount) for r in found.segments], [(18, "GTC 2023", 180)])
		rate = interest_statements.rate_on(COMPANY, customer.name, until)
		self.assertEqual(rate.percent, 18)

	def test_many_invoices_take_no_more_queries_than_one(self):
		customer = self.agreed_customer()
		names = [self.late_invoice(customer, 1_000 + n).name for n in range(6)]
		interest_statements.statements_of(names[:1], date(2024, 1, 1))
		with self.assertQueryCount(12):
			interest_statements.statements_of(names[:1], date(2024, 1, 1))
		with self.assertQueryCount(12):
			self.assertEqual(len(interest_statements.statements_of(names, date(2024, 1, 1))), 6)


# ------------------------------------------------------------------ on paper
class TestPrinted(LawTestCase):
	def setUp(self):
		super().setUp()
		self.customer = self.agreed_customer(language="en")
		self.invoice = self.late_invoice(self.customer)
		make.make_payment(self.invoice, 40_000, posting_date="2023-12-20", reference_date="2023-12-20")

	def test_it_adds_up_and_says_why(self):
		html = interest_letters.html_of([self.invoice.name], date(2024, 1, 31), "en")
		for text in ("1,078.77", "221.92", "579.45", "1,880.14", "11.25", "11.75", "40,000.00 paid"):
			self.assertIn(text, html)
		self.assertIn("as agreed beforehand", html)
		self.assertIn("Danmarks Nationalbank", html)
		self.assertNotIn("11.25*", html)
		self.assertNotIn("11.75*", html)

	def test_a_rate_that_nobody_confirmed_or_knows_is_marked(self):
		html = interest_letters.html_of([self.invoice.name], date(2026, 2, 1), "en")
		self.assertIn("11.50*", html)
		self.assertIn("9.75**", html)
		self.assertIn("* Nobody has confirmed this rate yet.", html)
		self.assertIn("** The rate of this half-year is not known yet", html)

	def test_days_before_the_first_rate_are_shown_and_not_free(self):
		frappe.db.delete(jurisdictions.RATE, {"jurisdiction": DENMARK, "valid_from": ["<", "2024-01-01"]})
		jurisdictions.forget()
		html = interest_letters.html_of([self.invoice.name], date(2024, 1, 31), "en")
		self.assertIn("No rate is known.", html)
		self.assertIn("579.45", html)

	def test_as_pdf_in_the_customers_language_as_the_collector(self):
		frappe.db.set_value("Sales Invoice", self.invoice.name, "language", "da")
		with as_user("collector"):
			interest_api.interest_statement_pdf(self.invoice.name, "2024-01-31")
		self.assertEqual(frappe.local.response.type, "pdf")
		text = _text_of(frappe.local.response.filecontent)
		for words in ("Rente i alt", "1,880.14", "som aftalt på forhånd", "40,000.00 betalt"):
			self.assertIn(words, text)

	def test_names_are_escaped(self):
		frappe.db.set_value("Customer", self.customer.name, "customer_name", "<script>x</script> & Co")
		html = interest_letters.html_of([self.invoice.name], date(2024, 1, 31), "en")
		self.assertIn("&lt;script&gt;x&lt;/script&gt; &amp; Co", html)
		self.assertNotIn("<script>", html)

	def test_who_may_see_it(self):
		for user in ("controller", "collector", "accounts_user"):
			with as_user(user):
				found = interest_api.interest_statement(self.invoice.name, "2024-01-31")
				self.assertEqual(found["total"], 1880.14, user)
				self.assertEqual(len(found["instalments"][0]["rows"]), 3)
		for user in ("stock_user", "board"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				interest_api.interest_statement(self.invoice.name)
			with as_user(user), self.assertRaises(frappe.PermissionError):
				interest_api.interest_statement_pdf(self.invoice.name)

	def test_what_the_law_makes_of_the_terms_is_said_on_the_desk_alone(self):
		customer = make.make_customer()
		self.set_terms(customer, b2b_late_rate=18)
		invoice = self.late_invoice(customer, due="2024-01-31")
		found = interest_api.interest_statement(invoice.name, "2024-03-01")
		said = " ".join(found["checks"])
		self.assertIn("Payment terms of 91 days", said)
		self.assertIn("from 18.00 % to 11.75 %", said)
		html = interest_letters.html_of([invoice.name], date(2024, 3, 1), "en")
		self.assertNotIn("91 days", html)
		self.assertNotIn("18.00", html)

	def test_a_draft_has_none(self):
		draft = self.late_invoice(self.customer, submit=False)
		for ask in (interest_api.interest_statement, interest_api.interest_statement_pdf):
			with self.assertRaises(JurisdictionError):
				ask(draft.name)


def _text_of(content: bytes) -> str:
	return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


# ------------------------------------------------------------------ in words
class TestWording(LawTestCase):
	def said(self, judged, currency="DKK"):
		return [dunning_wording.check_text(check, currency) for check in judged.checks]

	def test_the_third_letter_of_d30(self):
		dk = jurisdictions.law_of(DENMARK, date(2026, 7, 1))
		asked = Asked((Claim("A", date(2026, 6, 1)),), fee=Decimal(100))
		sent = [Sent(date(2026, 6, n), frozenset("A"), fee=Decimal(100)) for n in (8, 22)]
		judged = law.judge(dk, asked, sent, date(2026, 7, 1))
		said = self.said(judged)
		self.assertTrue(any("9 days since the last one" in text and "10" in text for text in said), said)

	def test_an_unconfirmed_figure_says_so(self):
		check = Check(law.REMINDER_FEE, law.APPLIED, Decimal(100), Decimal(100), limit=Decimal(100))
		self.assertNotIn("confirmed", dunning_wording.check_text(check, "DKK"))
		unsure = Check(
			law.REMINDER_FEE,
			law.APPLIED,
			Decimal(100),
			Decimal(100),
			limit=Decimal(100),
			is_confirmed=False,
		)
		self.assertIn("Nobody has confirmed", dunning_wording.check_text(unsure, "DKK"))

	def test_every_check_that_a_letter_can_get_has_its_own_sentence(self):
		seen = set()
		for judged in _many_letters():
			for check in judged.checks:
				seen.add((check.rule, check.outcome))
				text = dunning_wording.check_text(check, "DKK")
				self.assertNotIn("{", text)
				self.assertNotIn("None", text, f"{check}")
		self.assertEqual(seen - set(dunning_wording._SENTENCES), set())
		# All but what is said of rates, which no letter is judged by.
		apart = {(law.RATE, law.APPLIED), (law.RATE, law.REDUCED)}
		never = {
			(rule, outcome) for rule, outcome in dunning_wording._SENTENCES if (rule, outcome) not in seen
		}
		self.assertLessEqual(never, apart)

	def test_rates_and_terms(self):
		eu, on = jurisdictions.law_of(EU, date(2026, 1, 1)), date(2026, 6, 1)
		checks = [
			law.rate_check(Decimal("9.75"), Decimal(18), True),
			law.rate_check(Decimal("9.75"), Decimal(18), False),
			*law.terms_checks(eu, 90, False),
			*law.payable(eu, on, on, on, law.Acceptance(45)).checks,
		]
		said = [dunning_wording.check_text(check, "EUR") for check in checks]
		self.assertIn("18.00 % p.a. as agreed", said[0])
		self.assertIn("from 18.00 % to 9.75 %", said[1])
		self.assertIn("90 days", said[2])
		self.assertIn("45 days counts as 30", said[3])
		self.assertIn("acceptance procedure of 30 days", said[4])


def _many_letters():
	"""Yield what becomes of letters of every kind under laws that differ in every rule."""
	due, on = date(2026, 6, 1), date(2026, 6, 20)
	loose = law.law_of(
		"X",
		"DKK",
		[
			Figure(rule, value, date(2020, 1, 1))
			for rule, value in (
				(law.REMINDER_FEE, Decimal(100)),
				(law.DEMAND_FEE, Decimal(180)),
				(law.PLAN_FEE, Decimal(170)),
				(law.HAND_OVER_FEE, Decimal(100)),
				(law.COMPENSATION, Decimal(310)),
				(law.FEE_AFTER_BROKEN_PLAN, True),
				(law.COMPENSATION_AND_FEES, law.ADDED),
			)
		],
		on,
	)
	laws = [
		law.Law("X", "DKK"),
		loose,
		replace(loose, demand_fee=None, fee_in_writing=True, fee_needs_agreement=True),
		replace(loose, fees_per_claim=1, fee_after_broken_plan=False, compensation_once_per=law.CLAIM),
		replace(loose, fees_per_arrears=1, days_to_pay=10, days_before_collection=10),
		*(
			replace(loose, days_between_fees=10, days_before_fee=14, fee_too_soon=choice)
			for choice in (law.DROP_FEE, law.MOVE_LETTER)
		),
		replace(loose, fee_too_soon=law.MOVE_LETTER),
		replace(loose, demand_fee=Decimal(0)),
		replace(loose, compensation_and_fees=law.DEDUCTED),
		replace(loose, compensation_and_fees=law.ABSORBED),
		replace(loose, compensation_and_fees=law.ABSORBED, compensation=Decimal(40)),
		replace(loose, longest_acceptance=2, longest_terms=60),
	]
	claims = [
		Claim("A", due),
		Claim("A", due, is_disputed=True),
		Claim("A", due, is_fee_agreed=True),
		Claim("A", due, had_broken_plan=True),
		Claim("A", date(2026, 6, 15)),
		Claim("A", date(2026, 6, 25)),
		Claim("A", due, invoiced=date(2026, 3, 1)),
		*(
			Claim("A", due, invoiced=due, acceptance=law.Acceptance(days, is_agreed))
			for days, is_agreed in ((4, False), (4, True), (40, True))
		),
	]
	letters = [
		[],
		[Sent(date(2026, 6, 12), frozenset("A"), fee=Decimal(100))],
		[Sent(date(2026, 6, 2), frozenset("A"), fee=Decimal(100))],
		[Sent(date(2026, 6, 2), frozenset("A"), compensation=Decimal(310))],
		[Sent(date(2026, 6, 2), frozenset("A"), law.COLLECTION_NOTICE)],
		[Sent(date(2026, 6, 15), frozenset("A"), law.COLLECTION_NOTICE)],
		[
			Sent(date(2026, 6, 2), frozenset("A"), law.COLLECTION_NOTICE),
			*(Sent(date(2026, 6, 3), frozenset("A"), kind, Decimal(9)) for kind in law.KINDS),
		],
	]
	for a_law in laws:
		for claim in claims:
			for sent in letters:
				for kind in law.KINDS:
					for fee, compensation in ((100, 0), (900, 900), (0, 310)):
						for more in (
							{"deadline": date(2026, 6, 22)},
							{"deadline": date(2026, 8, 1), "is_written": False, "is_public_sector": True},
							{"is_business": False, "interest": Decimal(5), "is_interest_confirmed": False},
						):
							asked = Asked((claim,), kind, Decimal(fee), Decimal(compensation), **more)
							yield law.judge(a_law, asked, sent, on)
