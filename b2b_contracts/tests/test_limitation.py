"""The watch on claims that can soon no longer be enforced: which they are, what moves their last day, who is warned, once."""

from datetime import date
from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, add_years, getdate, nowdate

from b2b_contracts import collection_cases_api as cases_api
from b2b_contracts import statements_api as api
from b2b_contracts.collections import limitation, statement_sending
from b2b_contracts.collections.limitation import WARNING
from b2b_contracts.engine.limitation import Terms
from b2b_contracts.exceptions import CollectionCaseError, WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of


class WatchTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(account_manager="seller1", b2b_collector=email_of("collector"))

	def invoice(self, days_left: int, amount: float = 1_000, **fields):
		"""An invoice whose three years after due are over in so many days."""
		due = add_years(add_days(nowdate(), days_left), -3)
		invoice = make.make_overdue_invoice(self.customer, amount, 20, **fields)
		self.date(invoice, due)
		return invoice

	def date(self, invoice, due) -> None:
		"""Let an invoice have been due on a day for which there is no fiscal year any more."""
		earlier = {"posting_date": add_days(due, -14), "due_date": due}
		frappe.db.set_value("Sales Invoice", invoice.name, earlier, update_modified=False)
		frappe.db.set_value("Payment Schedule", {"parent": invoice.name}, "due_date", due)
		frappe.db.set_value(
			"Payment Ledger Entry",
			{"voucher_no": invoice.name},
			{"posting_date": add_days(due, -14), "due_date": due},
		)

	def watched(self, within: int = 365) -> list[tuple]:
		rows = limitation.expiring(COMPANY, within, self.customer.name)
		return [(row.name, row.watched.days_left(getdate()), row.amount) for row in rows]

	def run_daily(self, on: int = 0) -> None:
		day = getdate(add_days(nowdate(), on))
		with (
			patch.object(frappe.local.db, "commit"),
			patch.object(limitation, "getdate", lambda value=None: getdate(value) if value else day),
		):
			limitation.daily()

	def warned(self, name: str) -> list[int]:
		return frappe.get_all(WARNING, {"voucher_no": name}, pluck="days_before", order_by="creation, name")

	def bells(self, user: str) -> list[str]:
		filters = {"document_name": self.customer.name, "for_user": email_of(user)}
		return frappe.get_all("Notification Log", filters=filters, pluck="subject")


class TestWhichClaims(WatchTestCase):
	def test_three_years_from_due_the_worst_first(self):
		with make.policy_off():
			soon, far, lost = self.invoice(40), self.invoice(500), self.invoice(-5)
		self.assertEqual(self.watched(), [(lost.name, -5, 1_000), (soon.name, 40, 1_000)])
		self.assertIn(far.name, [row[0] for row in self.watched(500)])

	def test_what_is_paid_is_no_claim(self):
		with make.policy_off():
			paid, partly = self.invoice(40), self.invoice(40)
		make.make_payment(paid)
		make.make_payment(partly, amount=300)
		self.assertEqual(self.watched(), [(partly.name, 40, 700)])

	def test_each_instalment_by_itself(self):
		rows = [
			{"due_date": add_days(nowdate(), day), "invoice_portion": 50, "payment_amount": 500}
			for day in (0, 30)
		]
		with make.policy_off():
			invoice = make.make_invoice(
				self.customer, 1_000, due_date=add_days(nowdate(), 30), payment_schedule=rows
			)
		due = add_years(add_days(nowdate(), 10), -3)
		frappe.db.set_value("Payment Schedule", {"parent": invoice.name, "idx": 1}, "due_date", due)
		frappe.db.set_value("Payment Ledger Entry", {"voucher_no": invoice.name}, "posting_date", due)
		frappe.db.set_value("Sales Invoice", invoice.name, "posting_date", due)
		self.assertEqual(self.watched(), [(invoice.name, 10, 500)])

	def test_billing_it_again_gives_it_no_longer(self):
		with make.policy_off():
			invoice = make.make_invoice(self.customer, 1_000)
		original = add_years(add_days(nowdate(), 20), -3)
		frappe.db.set_value("Sales Invoice", invoice.name, "b2b_original_due_date", original)
		self.assertEqual(self.watched(), [(invoice.name, 20, 1_000)])

	def test_a_journal_entry_is_a_claim_too(self):
		journal = make.make_journal(self.customer, 90)
		due = add_years(add_days(nowdate(), 7), -3)
		frappe.db.set_value(
			"Payment Ledger Entry", {"voucher_no": journal.name}, {"posting_date": due, "due_date": due}
		)
		self.assertEqual(self.watched(), [(journal.name, 7, 90)])

	def test_the_years_are_those_of_the_jurisdiction(self):
		with make.policy_off():
			invoice = self.invoice(40)
		self.assertEqual(limitation.terms_of(COMPANY, self.customer.name, getdate()).years, 3)
		with patch.object(limitation, "terms_of", return_value=Terms(10, 10)):
			self.assertEqual(self.watched(), [])
			self.assertEqual(self.watched(365 * 8)[0][0], invoice.name)


class TestAcknowledged(WatchTestCase):
	def test_a_signed_plan_lets_the_time_run_anew(self):
		with make.policy_off():
			invoice = self.invoice(40)
		plan = make.make_plan((invoice, None))
		self.assertEqual(len(self.watched()), 1)
		frappe.db.set_value("Payment Plan", plan.name, "signed_plan", f"/private/files/{SECURITY_FILE}")
		self.assertEqual(self.watched(), [])
		(row,) = limitation.expiring(COMPANY, 365 * 11, self.customer.name)
		self.assertEqual(row.watched.expires, getdate(add_years(nowdate(), 10)))
		self.assertEqual(row.watched.counts_from, getdate())

	def test_a_confirmed_balance_does_once_a_person_says_so(self):
		make.make_outgoing_account()
		make.make_contact(self.customer, frappe.generate_hash(length=8), [{"role": "Accounts Payable"}])
		with make.policy_off():
			invoice = self.invoice(40)
		with as_user("collector"):
			name = api.ask_to_confirm_balance(self.customer.name, COMPANY)["name"]
		token = statement_sending.balance_confirmations.link_of(name).split("token=")[1]
		with as_user("Guest"):
			statement_sending.balance_confirmations.submit(token, "Confirmed", "Anna Holm")
		self.assertEqual(self.watched(), [(invoice.name, 40, 1_000)])
		with as_user("credit_manager"):
			api.decide_acknowledgement(name, 1, "Signed by the managing director.")
		self.assertEqual(self.watched(), [])

	def test_one_that_comes_too_late_revives_nothing(self):
		with make.policy_off():
			invoice = self.invoice(-5)
		plan = make.make_plan((invoice, None))
		frappe.db.set_value("Payment Plan", plan.name, "signed_plan", f"/private/files/{SECURITY_FILE}")
		self.assertEqual(self.watched(), [(invoice.name, -5, 1_000)])


class TestInCourt(WatchTestCase):
	"""A suit in time interrupts, a judgment starts the time anew, and the report says so."""

	def setUp(self):
		super().setUp()
		make.make_profile(self.customer, manual_limit=100_000)
		with make.policy_off():
			self.sued, self.other = self.invoice(40), self.invoice(50, 300)
		with as_user("collector"):
			made = cases_api.propose_case(self.customer.name, COMPANY, "Nobody answers.", [self.sued.name])
		self.case = made["name"]

	def file(self, days_ago: int = 3, user: str = "collector", **fields):
		values = {"filed_on": add_days(nowdate(), -days_ago), "court": "Retten i Aarhus", **fields}
		with as_user(user):
			cases_api.record_suit(self.case, **values, court_reference="BS-42/2026")
		return frappe.get_doc("Collection Case", self.case)

	def decide(self, outcome: str, days_ago: int = 0, **fields):
		values = {"decided_on": add_days(nowdate(), -days_ago), "note": "To pay all of it.", **fields}
		with as_user("collector"):
			cases_api.record_court_outcome(self.case, outcome, **values)
		return frappe.get_doc("Collection Case", self.case)

	def row(self, within: int = 365):
		return next(
			(r for r in limitation.expiring(COMPANY, within, self.customer.name) if r.name == self.sued.name),
			None,
		)

	def test_a_suit_in_time_interrupts(self):
		case = self.file()
		self.assertEqual(
			(case.court, case.court_reference, case.court_outcome),
			("Retten i Aarhus", "BS-42/2026", "Pending"),
		)
		self.assertTrue(self.row().is_in_court)
		found = limitation.of_customer(self.customer.name, COMPANY)
		self.assertEqual((found["amount"], found["count"]), (300, 1))
		self.run_daily(20)
		self.assertEqual(self.warned(self.sued.name), [])
		self.assertTrue(self.warned(self.other.name))

	def test_one_that_comes_too_late_does_not(self):
		self.date(self.sued, add_years(add_days(nowdate(), -10), -3))
		self.file(days_ago=3)
		self.assertFalse(self.row().is_in_court)
		self.assertEqual(self.row().watched.days_left(getdate()), -10)

	def test_ten_years_from_a_judgment(self):
		self.file()
		self.decide("Judgment", days_ago=1)
		self.assertIsNone(self.row())
		row = self.row(365 * 11)
		day = getdate(add_days(nowdate(), -1))
		self.assertEqual((row.watched.expires, row.watched.counts_from), (getdate(add_years(day, 10)), day))
		self.assertTrue(row.is_confirmed)

	def test_a_year_after_a_suit_without_judgment(self):
		self.file()
		self.decide("No Judgment")
		self.assertEqual(self.row(370).watched.expires, getdate(add_years(nowdate(), 1)))

	def test_elsewhere_it_counts_and_says_that_nobody_has_confirmed_it(self):
		elsewhere = Terms(3, 10, years_after_judgment=10, is_court_confirmed=False)
		with patch.object(limitation, "terms_of", return_value=elsewhere):
			self.assertTrue(self.row().is_confirmed)
			self.file()
			self.assertTrue(self.row().is_in_court)
			self.assertFalse(self.row().is_confirmed)
		for name in ("Norway", "Sweden", "EU default"):
			law = limitation.jurisdictions.law_of(name, getdate())
			self.assertEqual(law.limitation_years_judgment, 10, name)
			self.assertFalse(law.origin("Years of Limitation after a Judgment").is_confirmed, name)

	def test_the_report_shows_where_and_counts_it_apart(self):
		self.file()
		with as_user("auditor"):
			filters = {"company": COMPANY, "customer": self.customer.name}
			found = query_report.run("Limitation Watch", filters=filters, ignore_prepared_report=True)
		row = next(r for r in found["result"] if r["voucher_no"] == self.sued.name)
		self.assertIn("Retten i Aarhus BS-42/2026", row["remark"])
		self.assertEqual(row["suit_filed_on"], getdate(add_days(nowdate(), -3)))
		sums = {one["label"]: one["value"] for one in found["report_summary"]}
		self.assertEqual((sums["Before a court"], sums["Within 90 days"]), (1_000, 300))

	def test_what_cannot_be(self):
		with self.assertRaises(frappe.PermissionError):
			self.file(user="seller1")
		for fields, why in (
			({"days_ago": -1}, "until today"),
			({"days_ago": 4_000}, "Enter a day from"),
			({"court": " "}, "Enter the court"),
		):
			with self.assertRaisesRegex(CollectionCaseError, why):
				self.file(**fields)
		with self.assertRaisesRegex(CollectionCaseError, "No suit"):
			self.decide("Judgment")
		self.file()
		for outcome, fields, why in (
			("Won", {}, "Choose how"),
			("Judgment", {"days_ago": 9}, "on which the suit was filed"),
			("Judgment", {"note": ""}, "what was decided"),
		):
			with self.assertRaisesRegex(CollectionCaseError, why):
				self.decide(outcome, **fields)
		self.decide("Judgment")
		with self.assertRaisesRegex(CollectionCaseError, "decided on"):
			self.file()

	def test_nobody_writes_it_by_hand(self):
		with as_user("collector"):
			case = frappe.get_doc("Collection Case", self.case)
			case.update({"suit_filed_on": nowdate(), "court": "Mine", "court_outcome": "Judgment"})
			case.save()
		self.assertFalse(case.reload().suit_filed_on)

	def test_whoever_works_on_it_is_told(self):
		self.file()
		told = frappe.get_all(
			"Notification Log",
			{"document_name": self.case, "subject": ["like", "%Retten i Aarhus%"]},
			pluck="for_user",
		)
		self.assertIn(email_of("credit_manager"), told)


class TestWarned(WatchTestCase):
	def test_at_each_step_once_and_the_tightest_after_days_that_were_missed(self):
		with make.policy_off():
			invoice = self.invoice(370)
		for day, warned in (
			(0, []),
			(4, []),
			(5, [365]),
			(5, [365]),
			(189, [365]),
			(190, [365, 180]),
			(345, [365, 180, 30]),
			(345, [365, 180, 30]),
			(370, [365, 180, 30]),
			(371, [365, 180, 30]),
		):
			with self.subTest(day):
				self.run_daily(day)
				self.assertEqual(self.warned(invoice.name), warned)
		self.assertEqual(len(self.bells("collector")), 3)

	def test_who_is_told_of_all_claims_of_a_customer_at_once(self):
		make.make_outgoing_account()
		with make.policy_off():
			one, other = self.invoice(25, 300), self.invoice(28, 450)
		self.run_daily()
		for user in ("collector", "seller1", "credit_manager"):
			(said,) = self.bells(user)
			self.assertIn("2 claims", said)
			self.assertIn("750.00", said)
		self.assertEqual(self.bells("seller2"), [])
		warning = frappe.get_last_doc(WARNING, {"voucher_no": other.name})
		self.assertEqual((warning.amount, warning.days_before, warning.company), (450, 30, COMPANY))
		(mail,) = frappe.get_all("Email Queue", {"reference_name": self.customer.name}, pluck="message")
		for words in (one.name, other.name, "25 days", "28 days"):
			self.assertIn(words, make.text_of(mail))

	def test_killed_before_its_end_it_is_told_the_next_time(self):
		with make.policy_off():
			invoice = self.invoice(25)
		rows = limitation.expiring(COMPANY, customer=self.customer.name)
		frappe.db.savepoint("killed")
		with patch.object(limitation, "_tell", side_effect=KeyboardInterrupt):
			self.assertRaises(KeyboardInterrupt, limitation.warn, self.customer.name, COMPANY, rows)
		frappe.db.rollback(save_point="killed")
		self.assertEqual(self.warned(invoice.name), [])
		self.assertTrue(limitation.warn(self.customer.name, COMPANY, rows))
		self.assertFalse(limitation.warn(self.customer.name, COMPANY, rows))
		self.assertEqual((self.warned(invoice.name), len(self.bells("collector"))), ([30], 1))

	def test_a_second_warning_fails_in_the_database(self):
		with make.policy_off():
			self.invoice(25)
		(row,) = limitation.expiring(COMPANY, customer=self.customer.name)
		limitation._write_down(row, 30, [])
		with self.assertRaises(frappe.DuplicateEntryError):
			limitation._write_down(row, 30, [])

	def test_nobody_writes_one_by_hand(self):
		warning = {"doctype": WARNING, "customer": self.customer.name, "company": COMPANY}
		doc = frappe.get_doc(warning)
		doc.name = "by hand"
		self.assertRaises(WrittenByAppOnlyError, doc.insert, set_name="by hand")


class TestShown(WatchTestCase):
	def report(self, user: str, **filters) -> list[dict]:
		with as_user(user):
			filters = {"company": COMPANY, "customer": self.customer.name, **filters}
			result = query_report.run("Limitation Watch", filters=filters, ignore_prepared_report=True)[
				"result"
			]
		return [row for row in result if isinstance(row, dict)]

	def test_the_report_as_each_may_see_it(self):
		with make.policy_off():
			soon, lost = self.invoice(40), self.invoice(-5, 30)
		rows = self.report("collector")
		self.assertEqual([row["voucher_no"] for row in rows], [lost.name, soon.name])
		self.assertEqual([row["days_left"] for row in rows], [-5, 40])
		self.assertEqual(rows[0]["collector"], email_of("collector"))
		self.assertEqual(len(self.report("seller1")), 2)
		with self.assertRaises(frappe.PermissionError):
			self.report("seller2")
		self.assertNotIn(soon.name, [row["voucher_no"] for row in self.report("seller2", customer="")])
		self.assertEqual(len(self.report("auditor", within="")), 2)
		self.assertEqual([row["voucher_no"] for row in self.report("auditor", within=0)], [lost.name])
		self.assertEqual(self.report("auditor", collector=email_of("controller")), [])

	def test_what_the_form_of_the_customer_says(self):
		with make.policy_off():
			self.invoice(40, 700)
			self.invoice(90, 300)
		with as_user("seller1"):
			found = api.expiring_claims(self.customer.name, COMPANY)
		self.assertEqual((found["amount"], found["count"], found["days_left"]), (1_000, 2, 40))
		self.assertIsNone(limitation.of_customer(make.make_customer().name, COMPANY))

	def test_the_card_counts_what_its_reader_may_see(self):
		with as_user("seller2"):
			before = self.card()
		with make.policy_off():
			self.invoice(40, 700)
		for user, amount in (("seller1", 700), ("seller2", before)):
			with as_user(user):
				self.assertGreaterEqual(self.card(), amount)
		with as_user("seller2"):
			self.assertEqual(self.card(), before)

	def card(self) -> float:
		with patch.object(frappe.defaults, "get_user_default", return_value=COMPANY):
			return api.claims_about_to_expire()["value"]

	def test_a_law_that_nobody_has_confirmed_says_so(self):
		with make.policy_off():
			self.invoice(40)
		with patch.object(limitation, "terms_of", return_value=Terms(3, 10, is_confirmed=False)):
			(row,) = self.report("collector")
		self.assertIn("not confirmed", row["remark"])
		self.assertIsInstance(row["expires_on"], date)
