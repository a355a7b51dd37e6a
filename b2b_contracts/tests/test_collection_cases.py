"""Hand-over to an agency: proposed, announced, approved, followed to its end; and what must never be handed over."""

import csv
from datetime import datetime
from io import BytesIO, StringIO
from unittest.mock import patch
from zipfile import ZipFile

import frappe
import openpyxl
from frappe.utils import add_days, getdate, nowdate
from pypdf import PdfReader

from b2b_contracts import collection_cases_api as api
from b2b_contracts.collections import agency_export, case_files, collection_cases, following
from b2b_contracts.collections.collection_cases import invoices_in_cases, is_in_case
from b2b_contracts.exceptions import CollectionCaseError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of

CASE = "Collection Case"


def on_day(day: str):
	"""Let it be another day meanwhile."""
	moment = datetime.fromisoformat(f"{day} 10:00:00")
	return patch("frappe.utils.data.now_datetime", return_value=moment)


class CaseTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=100_000)
		with make.policy_off():
			self.old = make.make_overdue_invoice(self.customer, 4_000, days=60)
			self.young = make.make_overdue_invoice(self.customer, 1_000, days=40)

	def proposed(self, user="collector", invoices=None):
		with as_user(user):
			made = api.propose_case(self.customer.name, COMPANY, "Nobody answers.", invoices)
		return frappe.get_doc(CASE, made["name"])

	def announced(self, days_ago=0, **fields):
		"""Return a case whose last notice went out some days ago."""
		case = self.proposed(**fields)
		proof = frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")
		sent = {"sent_on": add_days(nowdate(), -days_ago), "proof": proof}
		with as_user("collector"):
			api.send_notice(case.name, "Registered Letter", **sent)
		return case.reload()

	def handed_over(self, **fields):
		case = self.announced(days_ago=11, **fields)
		with as_user("credit_manager"):
			api.hand_over(case.name, "Nordisk Inkasso", "sager@inkasso.example.com")
		return case.reload()

	def in_step(self, case) -> str:
		following.catch_up(self.customer.name, COMPANY)
		return case.reload().status

	def left_out(self, case) -> dict[str, str]:
		return {row.sales_invoice: row.left_out or "" for row in case.items}


class TestProposing(CaseTestCase):
	def test_everything_overdue_goes(self):
		with make.policy_off():
			make.make_invoice(self.customer, 500)
		case = self.proposed()
		self.assertEqual(
			[(row.sales_invoice, row.principal, row.left_out) for row in case.items],
			[(self.old.name, 4_000, ""), (self.young.name, 1_000, "")],
		)
		self.assertEqual((case.status, case.principal_amount, case.hand_over_fee), ("Draft", 5_000, 100))
		parts = (
			case.principal_amount,
			case.interest_amount,
			case.fee_amount,
			case.compensation_amount,
			case.hand_over_fee,
		)
		self.assertAlmostEqual(case.total_amount, sum(parts), 2)
		self.assertEqual((case.required_role, case.currency), ("Credit Manager", "DKK"))

	def test_what_is_disputed_planned_promised_or_on_its_way_is_left_out_with_the_reason(self):
		with make.policy_off():
			disputed, planned, promised = (
				make.make_overdue_invoice(self.customer, amount, days=50) for amount in (700, 900, 600)
			)
		make.make_dispute((disputed, 300))
		make.make_plan((planned, None))
		with as_user("collector"):
			frappe.get_doc(
				{
					"doctype": "Promise to Pay",
					"customer": self.customer.name,
					"company": COMPANY,
					"sales_invoice": promised.name,
					"amount": 600,
					"promised_date": add_days(nowdate(), 3),
				}
			).insert()
		case = self.proposed()
		by_name = {row.sales_invoice: row for row in case.items}
		self.assertEqual(by_name[disputed.name].principal, 400)
		self.assertIn("is disputed", by_name[disputed.name].left_out)
		for name, why in ((planned.name, "in a payment plan"), (promised.name, "is promised")):
			self.assertEqual(by_name[name].principal, 0, why)
			self.assertIn(why, by_name[name].left_out)
			self.assertFalse(is_in_case(name))
		self.assertEqual(case.principal_amount, 5_400)

	def test_money_that_is_set_against_nothing_covers_the_oldest(self):
		make.make_payment(customer=self.customer, amount=4_500)
		case = self.proposed()
		self.assertEqual([row.principal for row in case.items], [0, 500])
		self.assertIn("covered by credits", self.left_out(case)[self.old.name])

	def test_nothing_left_is_refused_with_the_reasons(self):
		make.make_dispute((self.old, None), (self.young, None))
		with self.assertRaisesRegex(CollectionCaseError, "is disputed"):
			self.proposed()

	def test_nothing_of_the_insolvent(self):
		with as_user("controller"):
			frappe.get_doc(
				{
					"doctype": "Insolvency Case",
					"customer": self.customer.name,
					"kind": "Bankruptcy",
					"insolvent_on": nowdate(),
					"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
				}
			).insert()
		with self.assertRaisesRegex(CollectionCaseError, "is insolvent"):
			self.proposed()

	def test_an_invoice_is_in_one_case(self):
		first = self.proposed(invoices=[self.old.name])
		second = self.proposed()
		self.assertIn("another collection case", self.left_out(second)[self.old.name])
		self.assertEqual(second.principal_amount, 1_000)
		with patch("b2b_contracts.collections.standings.cases_of", return_value={}):
			with self.assertRaises(frappe.UniqueValidationError):
				self.proposed(invoices=[self.old.name])
		self.assertEqual(
			invoices_in_cases([self.customer.name]), {self.old.name: first.name, self.young.name: second.name}
		)

	def test_reminders_stop_while_it_is_open_and_go_on_after(self):
		case = self.proposed()
		self.assertTrue(is_in_case(self.old.name))
		with as_user("collector"):
			api.withdraw_case(case.name, "They have called")
		self.assertEqual(case.reload().status, "Cancelled")
		self.assertFalse(is_in_case(self.old.name))
		self.assertEqual(invoices_in_cases([self.customer.name]), {})

	def test_no_reminder_of_erpnext_asks_for_it(self):
		self.proposed(invoices=[self.old.name])
		dunning = make.make_dunning(self.old, self.young, submit=False)
		self.assertEqual([row.sales_invoice for row in dunning.overdue_payments], [self.young.name])
		self.assertIn("is in collection case", self.messages())

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		case = self.proposed()
		with as_user("collector"):
			case.update(
				{"status": "Handed Over", "hand_over_from": nowdate(), "agency_name": "Nordisk Inkasso"}
			)
			case.items[0].principal = 9
			case.save()
		case.reload()
		self.assertEqual((case.status, case.hand_over_from, case.items[0].principal), ("Draft", None, 4_000))
		self.assertEqual(case.agency_name, "Nordisk Inkasso")

	def test_a_preview_changes_nothing(self):
		with as_user("collector"):
			rows = api.preview_case(self.customer.name, COMPANY)
		self.assertEqual(
			[(row["sales_invoice"], row["principal"]) for row in rows],
			[(self.old.name, 4_000), (self.young.name, 1_000)],
		)
		self.assertFalse(frappe.db.exists(CASE, {"customer": self.customer.name}))


class TestNotice(CaseTestCase):
	def test_its_days_count_from_dispatch(self):
		case = self.announced()
		self.assertEqual((case.status, case.notice_days), ("Notice Sent", 10))
		self.assertEqual([row.is_there for row in case.documents if row.kind == "Last Notice"], [1])
		self.assertEqual(str(case.notice_deadline), add_days(nowdate(), 10))
		self.assertEqual(str(case.hand_over_from), add_days(nowdate(), 11))

	def test_a_danish_notice_of_16_july_is_handed_over_on_27_july(self):
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=100_000)
		make.make_invoice(self.customer, 3_000, posting_date="2026-05-18", due_date="2026-06-01")
		case = self.proposed()
		proof = frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url")
		with on_day("2026-07-20"):
			with as_user("collector"):
				api.send_notice(case.name, "Registered Letter", "2026-07-16", proof)
			case.reload()
			self.assertEqual(
				(str(case.notice_deadline), str(case.hand_over_from)), ("2026-07-26", "2026-07-27")
			)
		for today, may in (("2026-07-26", False), ("2026-07-27", True)):
			with on_day(today), as_user("credit_manager"):
				collection_cases.refresh(case.name)
				why_not = api.why_not_hand_over(case.name)
				self.assertEqual(why_not is None, may, why_not)
				self.assertEqual(case.reload().status, "Ready" if may else "Notice Sent")

	def test_it_is_printed_with_all_facts_and_kept(self):
		frappe.db.set_value("Customer", self.customer.name, "language", "da")
		case = self.proposed()
		with as_user("collector"):
			api.send_notice(case.name, "Registered Letter")
		case.reload()
		file = frappe.get_doc("File", {"file_url": case.notice_file})
		self.assertTrue(file.is_private)
		with open(file.get_full_path(), "rb") as content:
			pages = PdfReader(BytesIO(content.read())).pages
			said = " ".join(" ".join(page.extract_text() for page in pages).split())
		self.assertIn("Sidste varsel før inkasso", said)
		self.assertIn("ANBEFALET BREV", said)
		self.assertIn(self.old.name, said)
		html = frappe.get_print(CASE, case.name, "Collection Notice").replace("\xa0", " ")
		self.assertIn(self.old.name, html)
		self.assertIn("Pay by", html)
		self.assertIn(case.get_formatted("notice_deadline"), html)
		self.assertIn("100.00", html)

	def test_by_mail_to_whom_legal_notices_go(self):
		make.make_outgoing_account()
		make.make_contact(self.customer, "jura", roles=[{"role": "Legal Notices"}])
		case = self.proposed()
		with as_user("collector"):
			api.send_notice(case.name, "E-mail")
		queued = frappe.get_doc("Email Queue", {"reference_doctype": CASE, "reference_name": case.name})
		self.assertEqual([row.recipient for row in queued.recipients], ["jura@b2b-test.example.com"])
		(attached,) = frappe.parse_json(queued.attachments)
		self.assertEqual(
			frappe.db.get_value("File", attached["fid"], "file_url"),
			frappe.db.get_value(CASE, case.name, "notice_file"),
		)

	def test_by_mail_to_nobody_is_refused(self):
		case = self.proposed()
		with as_user("collector"), self.assertRaisesRegex(CollectionCaseError, "no e-mail address"):
			api.send_notice(case.name, "E-mail")

	def test_a_notice_of_before_takes_proof_and_was_not_sent_before_it_was_due(self):
		case = self.proposed()
		with as_user("collector"):
			with self.assertRaisesRegex(CollectionCaseError, "Attach the proof"):
				collection_cases.notice_sent(case.name, "Letter", getdate(add_days(nowdate(), -3)))
			with self.assertRaisesRegex(CollectionCaseError, "still to come"):
				collection_cases.notice_sent(case.name, "Letter", getdate(add_days(nowdate(), 1)), "/x")
			with self.assertRaisesRegex(CollectionCaseError, "before everything was overdue"):
				collection_cases.notice_sent(case.name, "Letter", getdate(add_days(nowdate(), -50)), "/x")
			with self.assertRaisesRegex(CollectionCaseError, "goes out by one of"):
				collection_cases.notice_sent(case.name, "Pigeon")

	def test_the_legal_notice_of_a_flow_is_the_last_notice(self):
		flow = frappe.db.get_value("Dunning Flow", {})
		notice = frappe.get_doc(
			{
				"doctype": "Dunning Notice",
				"customer": self.customer.name,
				"company": COMPANY,
				"run_date": add_days(nowdate(), -12),
				"status": "Sent",
				"channel": "Legal Notice",
				"flow": flow,
				"sent_on": f"{add_days(nowdate(), -12)} 10:00:00",
				"currency": "DKK",
				"items": [
					{"sales_invoice": name, "currency": "DKK"} for name in (self.old.name, self.young.name)
				],
			}
		)
		notice.flags.credit_service = notice.flags.ignore_mandatory = notice.flags.ignore_validate = True
		notice.insert(ignore_permissions=True)
		case = self.proposed()
		self.assertEqual((case.status, case.dunning_notice), ("Ready", notice.name))
		self.assertEqual(str(case.hand_over_from), add_days(nowdate(), -1))

	def test_sent_again_its_days_begin_anew(self):
		case = self.announced(days_ago=11)
		self.assertEqual(case.status, "Ready")
		with as_user("collector"):
			api.send_notice(case.name, "Registered Letter")
		self.assertEqual(case.reload().status, "Notice Sent")

	def test_a_missed_day_is_caught_up_and_told_once(self):
		case = self.announced()
		frappe.db.set_value(CASE, case.name, "hand_over_from", add_days(nowdate(), -3))
		collection_cases.daily()
		self.assertEqual(case.reload().status, "Ready")
		told = {"document_name": case.name, "for_user": email_of("controller")}
		count = frappe.db.count("Notification Log", told)
		collection_cases.daily()
		self.assertEqual(frappe.db.count("Notification Log", told), count)


class TestHandingOver(CaseTestCase):
	def hand_over(self, case, user="credit_manager"):
		with as_user(user):
			return api.hand_over(case.name, "Nordisk Inkasso")

	def test_within_the_mandate_after_the_deadline(self):
		case = self.handed_over()
		self.assertEqual(
			(case.status, case.approved_by, case.approved_as, str(case.handed_over_on)),
			("Handed Over", email_of("credit_manager"), "Credit Manager", nowdate()),
		)
		logged = frappe.db.get_value(
			"Credit Decision", {"reference_doctype": CASE, "reference_name": case.name}, ["kind", "amount"]
		)
		self.assertEqual(logged, ("Approve", 5_000))

	def test_not_before_the_notice_nor_before_its_deadline(self):
		with self.assertRaisesRegex(CollectionCaseError, "not sent yet"):
			self.hand_over(self.proposed(invoices=[self.old.name]))
		with self.assertRaisesRegex(CollectionCaseError, "at the earliest"):
			self.hand_over(self.announced(days_ago=10))

	def test_not_below_the_mandate_and_never_ones_own(self):
		case = self.announced(days_ago=11)
		with self.assertRaisesRegex(NotYourMandateError, "takes the role Credit Manager"):
			self.hand_over(case, "controller")
		own = self.customer = make.make_customer()
		make.make_profile(own, manual_limit=100_000)
		make.make_overdue_invoice(own, 3_000, days=60)
		mine = self.announced(days_ago=11, user="credit_manager")
		with self.assertRaisesRegex(NotYourMandateError, "somebody else must approve"):
			self.hand_over(mine)
		self.hand_over(mine, "cfo")
		self.assertEqual(mine.reload().approved_as, "CFO")

	def test_large_claims_take_more(self):
		customer = self.customer = make.make_customer()
		make.make_profile(customer, manual_limit=9_000_000)
		make.make_overdue_invoice(customer, 600_000, days=60)
		case = self.announced(days_ago=11)
		self.assertEqual(case.required_role, "Finance Director")
		with self.assertRaisesRegex(NotYourMandateError, "Finance Director"):
			self.hand_over(case)
		self.hand_over(case, "finance_director")

	def test_what_was_disputed_since_the_notice_is_left_out(self):
		case = self.announced(days_ago=11)
		make.make_dispute((self.old, None))
		self.hand_over(case)
		case.reload()
		self.assertEqual(case.principal_amount, 1_000)
		self.assertIn("is disputed", self.left_out(case)[self.old.name])
		self.assertFalse(is_in_case(self.old.name))

	def test_nothing_when_all_is_disputed_by_then(self):
		case = self.announced(days_ago=11)
		make.make_dispute((self.old, None), (self.young, None))
		with self.assertRaisesRegex(CollectionCaseError, "Nothing of"):
			self.hand_over(case)
		self.assertEqual(case.reload().status, "Ready")

	def test_with_whom_it_is_does_not_change_any_more(self):
		case = self.handed_over()
		case.agency_name = "Somebody else"
		with as_user("collector"), self.assertRaisesRegex(CollectionCaseError, "cannot be changed"):
			case.save()

	def test_an_agency_must_be_named(self):
		case = self.announced(days_ago=11)
		with as_user("credit_manager"), self.assertRaisesRegex(CollectionCaseError, "Enter the agency"):
			api.hand_over(case.name)


class TestMoney(CaseTestCase):
	def test_paid_before_hand_over_it_withdraws_itself_and_tells(self):
		case = self.announced()
		make.make_payment(self.old)
		self.assertEqual(self.in_step(case), "Notice Sent")
		self.assertEqual((case.open_amount, case.principal_amount), (1_000, 1_000))
		make.make_payment(self.young)
		self.assertEqual(self.in_step(case), "Cancelled")
		self.assertIn("before it was handed over", case.end_reason)
		self.assertFalse(is_in_case(self.old.name))
		told = frappe.get_all("Notification Log", filters={"document_name": case.name}, pluck="for_user")
		self.assertIn(email_of("collector"), told)
		self.assertIn(email_of("seller1"), told)

	def test_paid_to_us_after_hand_over(self):
		case = self.handed_over()
		make.make_payment(self.old)
		make.make_payment(self.young)
		self.assertEqual(self.in_step(case), "Paid")
		told = frappe.get_all("Notification Log", filters={"document_name": case.name}, pluck="subject")
		self.assertTrue(any("Tell Nordisk Inkasso" in text for text in told))

	def test_a_dispute_after_hand_over_is_told_once(self):
		case = self.handed_over()
		make.make_dispute((self.old, 500))
		for _turn in range(2):
			self.in_step(case)
		notes = frappe.get_all(
			"Comment",
			filters={"reference_name": case.name, "content": ["like", "%pause its collection%"]},
		)
		self.assertEqual(len(notes), 1)

	def test_a_second_look_changes_nothing(self):
		case = self.handed_over()
		self.in_step(case)
		first = case.as_dict()
		self.in_step(case)
		self.assertEqual(case.as_dict(), first)

	def test_a_dispute_that_is_rejected_goes_again(self):
		case = self.announced()
		dispute = make.make_dispute((self.old, None))
		self.in_step(case)
		self.assertEqual(case.principal_amount, 1_000)
		from b2b_contracts.collections import disputes

		disputes.settle(dispute.name, "Resolved: Rejected", "The delivery note is signed")
		self.in_step(case)
		self.assertEqual(case.principal_amount, 5_000)

	def test_written_off(self):
		case = self.handed_over(invoices=[self.young.name])
		from b2b_contracts import approvals_api

		with as_user("controller"):
			asked = approvals_api.ask(
				"Write-off", "Sales Invoice", self.young.name, "Hopeless", {"loss_ground": "Settlement"}
			)
		with as_user("credit_manager"):
			approvals_api.approve(asked["name"])
		self.assertEqual(self.in_step(case), "Written Off")


class TestAgency(CaseTestCase):
	def report(self, case, status, user="collector", **fields):
		with as_user(user):
			return api.report_status(case.name, status, **fields)["status"]

	def test_it_has_the_case_and_gives_it_back(self):
		case = self.handed_over()
		self.assertEqual(self.report(case, "With Agency", agency_reference="NI-77"), "With Agency")
		with self.assertRaisesRegex(CollectionCaseError, "and not NI-78"):
			self.report(case, "With Agency", agency_reference="NI-78")
		self.assertEqual(self.report(case, "Returned", note="Nothing to take"), "Returned")
		case.reload()
		self.assertEqual((case.agency_reference, case.end_reason), ("NI-77", "Nothing to take"))
		self.assertFalse(is_in_case(self.old.name))

	def test_nothing_is_paid_that_is_open_in_our_books(self):
		case = self.handed_over()
		with self.assertRaisesRegex(CollectionCaseError, "still open in our books"):
			self.report(case, "Paid")

	def test_nothing_comes_back_that_was_not_handed_over(self):
		early = self.announced(invoices=[self.young.name])
		with self.assertRaisesRegex(CollectionCaseError, "cannot become"):
			self.report(early, "With Agency")
		with self.assertRaisesRegex(CollectionCaseError, "reports one of"):
			self.report(self.handed_over(invoices=[self.old.name]), "Cancelled")

	def test_what_is_paid_there_becomes_a_draft_for_accounts(self):
		case = self.handed_over()
		with as_user("collector"):
			made = api.record_payment(case.name, nowdate(), 4_300, "NI-PAY-1")
		entry = frappe.get_doc("Payment Entry", made["payment_entry"])
		self.assertEqual((entry.docstatus, entry.paid_amount, entry.reference_no), (0, 4_300, "NI-PAY-1"))
		self.assertEqual(
			[(row.reference_name, row.allocated_amount) for row in entry.references],
			[(self.old.name, 4_000), (self.young.name, 300)],
		)
		with as_user("collector"), self.assertRaisesRegex(CollectionCaseError, "noted already"):
			api.record_payment(case.name, nowdate(), 4_300, "NI-PAY-1")
		entry.submit()
		self.assertEqual(self.in_step(case), "Handed Over")
		self.assertEqual(case.open_amount, 700)
		with as_user("collector"):
			made = api.record_payment(case.name, nowdate(), 700, "NI-PAY-2")
		frappe.get_doc("Payment Entry", made["payment_entry"]).submit()
		self.assertEqual(self.in_step(case), "Paid")

	def test_no_payment_that_cannot_be(self):
		case = self.handed_over()
		with as_user("collector"):
			for args, why in (
				((nowdate(), 0, "X"), "Enter the amount"),
				((add_days(nowdate(), 1), 5, "X"), "today or earlier"),
				((nowdate(), 5, " "), "reference of the payment"),
			):
				with self.assertRaisesRegex(CollectionCaseError, why):
					api.record_payment(case.name, *args)


class TestFiles(CaseTestCase):
	def exported(self, case, file_type="CSV"):
		with as_user("collector"):
			api.export_cases([case.name], file_type)
		return frappe.response["filecontent"]

	def test_csv_and_xlsx_say_the_same(self):
		case = self.handed_over()
		rows = list(csv.DictReader(StringIO(self.exported(case).decode())))
		self.assertEqual([row["invoice"] for row in rows], [self.old.name, self.young.name])
		self.assertEqual([row["hand_over_fee"] for row in rows], ["100.00", "0.00"])
		self.assertEqual(sum(float(row["total"]) for row in rows), case.total_amount)
		sheet = openpyxl.load_workbook(BytesIO(self.exported(case, "Excel"))).active
		table = list(sheet.iter_rows(values_only=True))
		self.assertEqual(table[0], agency_export.COLUMNS)
		first = dict(zip(*table[:2], strict=True))
		self.assertEqual((first["invoice"], first["principal"]), (self.old.name, 4_000))
		self.assertEqual(first["due_date"].date(), getdate(self.old.due_date))

	def test_text_that_looks_like_a_formula_is_text(self):
		frappe.db.set_value("Customer", self.customer.name, "customer_name", '=HYPERLINK("http://x")')
		case = self.handed_over()
		(row, *_rest) = csv.DictReader(StringIO(self.exported(case).decode()))
		self.assertTrue(row["customer_name"].startswith("'="))
		sheet = openpyxl.load_workbook(BytesIO(self.exported(case, "Excel"))).active
		column = agency_export.COLUMNS.index("customer_name") + 1
		self.assertEqual(sheet.cell(2, column).data_type, "s")

	def test_nothing_goes_out_that_is_not_handed_over(self):
		case = self.announced()
		with self.assertRaisesRegex(CollectionCaseError, "Not handed over yet"):
			self.exported(case)

	def test_the_bundle_holds_what_proves_the_claim_and_says_what_is_missing(self):
		with make.policy_off():
			order = make.make_order(self.customer, 800)
			delivery = make.make_delivery(order)
			invoice = make.make_invoice(delivery=delivery, posting_date=add_days(nowdate(), -60))
		frappe.get_doc(
			{
				"doctype": "File",
				"file_name": "signed note.txt",
				"content": "Received, M. Holm",
				"attached_to_doctype": "Delivery Note",
				"attached_to_name": delivery.name,
				"is_private": 1,
			}
		).insert()
		case = self.handed_over(invoices=[self.old.name, invoice.name])
		with patch("frappe.db.commit"):
			case_files.make_bundle(case.name)
		case.reload()
		file = frappe.get_doc("File", {"file_url": case.bundle_file})
		with ZipFile(file.get_full_path()) as bundle:
			names = bundle.namelist()
			contents = bundle.read(case_files.CONTENTS).decode()
		self.assertIn(f"1-invoices/{self.old.name}/{self.old.name}.pdf", names)
		self.assertIn(f"4-orders/{invoice.name}/{order.name}.pdf", names)
		self.assertIn(f"6-deliveries/{invoice.name}/{delivery.name}.pdf", names)
		self.assertTrue(any(name.startswith(f"6-deliveries/{invoice.name}/signed-note") for name in names))
		self.assertTrue(any(name.startswith("3-last-notice/") for name in names))
		self.assertIn("[ ]", contents)
		missing = {(row.kind, row.sales_invoice) for row in case.documents if not row.is_there}
		self.assertIn(("Order", self.old.name), missing)
		self.assertNotIn(("Delivery", invoice.name), missing)

	def checked(self, content, user="collector"):
		with as_user(user):
			return api.check_status_file(content)

	def test_a_file_is_looked_at_first_and_every_bad_row_named(self):
		case = self.handed_over()
		early = make.make_customer()
		make.make_profile(early, manual_limit=100_000)
		make.make_overdue_invoice(early, 100, days=60)
		former, self.customer = self.customer, early
		draft = self.proposed()
		self.customer = former
		content = (
			"case;status;agency_reference;date;amount_paid;payment_reference;note\r\n"
			f"{case.name};With Agency;NI-1;{nowdate()};;;\r\n"
			"CC-NONE;With Agency;;;;;\r\n"
			f"{draft.name};With Agency;;;;;\r\n"
			f"{case.name};;;31.12.2026;;;\r\n"
			f"{case.name};;;{nowdate()};12,5;P-1;\r\n"
			f"{case.name};;;;;;Only a note\r\n"
		)
		seen = self.checked(content)
		self.assertEqual(
			[(p["row"], p["column"]) for p in seen["problems"]],
			[(3, "case"), (4, "status"), (5, "date"), (6, "amount_paid"), (7, "status")],
		)
		with as_user("collector"), self.assertRaisesRegex(CollectionCaseError, "nothing was done"):
			api.apply_status_file(content)
		self.assertEqual(case.reload().status, "Handed Over")

	def test_a_good_file_is_carried_out_and_a_second_time_does_nothing(self):
		case = self.handed_over()
		content = (
			"case,status,agency_reference,date,amount_paid,payment_reference\n"
			f"{case.name},With Agency,NI-1,{nowdate()},250.50,P-1\n"
		)
		self.assertEqual(len(self.checked(content)["will"]), 2)
		for _turn in range(2):
			with as_user("collector"):
				api.apply_status_file(content)
		case.reload()
		self.assertEqual((case.status, case.agency_reference, len(case.payments)), ("With Agency", "NI-1", 1))
		self.assertEqual(self.checked(content), {"rows": 1, "will": [], "problems": []})

	def test_a_file_without_its_columns(self):
		for content, why in (("", "names the columns"), ("who,what\na,b\n", "who"), ("case\n", "no rows")):
			with self.assertRaisesRegex(CollectionCaseError, why):
				self.checked(content)


class TestRights(CaseTestCase):
	def test_a_seller_reads_cases_of_the_own_customers_and_changes_none(self):
		case = self.proposed()
		with as_user("seller1"):
			self.assertIn(case.name, frappe.get_list(CASE, pluck="name"))
			for call in (
				lambda: api.send_notice(case.name, "Letter"),
				lambda: api.hand_over(case.name, "X"),
				lambda: api.withdraw_case(case.name, "No"),
				lambda: api.report_status(case.name, "Paid"),
				lambda: api.record_payment(case.name, nowdate(), 5, "X"),
				lambda: api.make_bundle(case.name),
				lambda: api.propose_case(self.customer.name, COMPANY, "No"),
				lambda: api.preview_case(self.customer.name, COMPANY),
				lambda: api.apply_status_file("case\nX\n"),
			):
				with self.assertRaises(frappe.PermissionError):
					call()
		with as_user("seller2"):
			self.assertNotIn(case.name, frappe.get_list(CASE, pluck="name"))
			rows = frappe.get_list("Collection Case Item", parent_doctype=CASE, pluck="parent")
			self.assertNotIn(case.name, rows)
			with self.assertRaises(frappe.PermissionError):
				api.why_not_hand_over(case.name)

	def test_who_only_reads_changes_nothing(self):
		case = self.handed_over()
		for user in ("accounts_user", "auditor"):
			with as_user(user):
				self.assertIsNotNone(api.why_not_hand_over(case.name))
				with self.assertRaises(frappe.PermissionError):
					api.withdraw_case(case.name, "No")
