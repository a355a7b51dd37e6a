"""Letters on paper: where the address stands, what they say, and that they left the house."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate
from pypdf import PdfReader

from b2b_contracts import letters_api as api
from b2b_contracts.collections import dunning_letters, interest_statements, jurisdictions
from b2b_contracts.credit import letter_pages, letters
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError
from b2b_contracts.standard_dunning import LEGAL_NOTICE, MEDIUM_LETTER, REMINDER_2, REMINDER_3
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, make_template, step
from b2b_contracts.tests.test_payment_references import IBAN, bank_account

MM = 72 / 25.4


def text_of(content: bytes) -> str:
	"""Return what stands in a PDF; wkhtmltopdf writes tabs for spaces."""
	pages = PdfReader(BytesIO(content)).pages
	return "\n".join(page.extract_text() for page in pages).replace("\t", " ")


def places_of(content, wanted) -> dict:
	"""Return where texts begin on the first page, in millimetres from its left and its top."""
	page = PdfReader(BytesIO(content)).pages[0]
	height, found = float(page.mediabox.height), {}

	def visit(text, matrix, text_matrix, _font, _size):
		text = text.replace("\t", " ")
		if text.strip() in wanted:
			left = matrix[0] * text_matrix[4] + matrix[2] * text_matrix[5] + matrix[4]
			up = matrix[1] * text_matrix[4] + matrix[3] * text_matrix[5] + matrix[5]
			found.setdefault(text.strip(), (left / MM, (height - up) / MM))

	page.extract_text(visitor_text=visit)
	return found


class LetterTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(language="da")
		make.make_profile(self.customer, manual_limit=1_000_000)
		self.invoice = make.make_overdue_invoice(self.customer, 12_500, days=21)
		make.make_address("Customer", self.customer.name, "Nørregade 12", "1165", "København K")

	def notice(self, **fields):
		return make.make_letter_notice(self.invoice, language="da", **fields)

	def log_of(self, doc):
		return frappe.db.get_value("Dunning Log", {"notice": doc.name}, ["sent_on", "deadline"])


class TestLetter(LetterTestCase):
	def test_the_address_stands_in_the_window(self):
		content = dunning_letters.pdf_of(self.notice())
		places = places_of(content, ("Nørregade 12", "1165 København K", self.customer.customer_name))
		self.assertEqual(len(places), 3, places)
		for text, (left, top) in places.items():
			with self.subTest(text):
				# The window of a C5 or DL envelope: 20–110 mm from the left, 45–90 mm from the top.
				self.assertTrue(22 <= left <= 30, left)
				self.assertTrue(50 <= top <= 88, top)

	def test_where_to_pay(self):
		frappe.db.delete("Payment Reference Setup", {"company": COMPANY})
		bank_account(is_default=1)
		text = text_of(dunning_letters.pdf_of(self.notice()))
		self.assertIn(IBAN, text)
		# Nobody clicks on paper.
		self.assertNotIn("Betal online", text)

	def test_a_page_is_as_large_as_it_says(self):
		html = "".join(
			f'<div style="position:absolute;left:0;top:{mm}mm">mark{mm}</div>' for mm in (0, 100, 200)
		)
		places = places_of(letter_pages.pdf(html, "", "x"), ("mark0", "mark100", "mark200"))
		self.assertAlmostEqual(places["mark100"][1] - places["mark0"][1], 100, delta=1)
		self.assertAlmostEqual(places["mark200"][1] - places["mark0"][1], 200, delta=1)
		self.assertAlmostEqual(places["mark0"][0], 20, delta=1)

	def test_what_it_says(self):
		text = text_of(dunning_letters.pdf_of(self.notice(compensation=310)))
		for words in (
			"Anbefalet brev".upper(),
			"Rykker 3, anbefalet brev",
			self.invoice.name,
			"12,500.00",
			"Rykkergebyr",
			"100.00",
			"310.00",
			"12,910.00",
			"Betal venligst senest",
		):
			self.assertIn(words, text)
		# Post needs no phone number of the customer's.
		self.assertNotIn("99 99 99 99", text)

	def test_the_country_only_where_it_is_another(self):
		self.assertEqual(
			letters.address_lines("Customer", self.customer.name, "Denmark"),
			["Nørregade 12", "1165 København K"],
		)
		lines = letters.address_lines("Customer", self.customer.name, "Norway")
		self.assertEqual(lines[-1].upper(), lines[-1])
		self.assertEqual(len(lines), 3)

	def test_the_statement_of_interest_adds_up_to_what_is_claimed(self):
		claimed = interest_statements.statement_of(self.invoice.name, None, getdate()).total
		self.assertGreater(claimed, 0)
		doc = self.notice(template=MEDIUM_LETTER, channel=engine.LETTER, interest=float(claimed))
		content = dunning_letters.pdf_of(doc)
		self.assertGreaterEqual(len(PdfReader(BytesIO(content)).pages), 2)
		text = text_of(content)
		self.assertIn("Renteopgørelse", text)
		self.assertEqual(text.count(f"\n{claimed}"), 4, text)
		self.assertNotIn("Ikke krævet", text)
		foot = places_of(content, (f"{doc.name}, side 1 af 2",))
		self.assertGreater(foot[f"{doc.name}, side 1 af 2"][1], 280)
		self.assertIn(f"{doc.name}, side 2 af 2", text)

	def test_no_statement_where_interest_is_only_announced(self):
		doc = self.notice(
			template=REMINDER_2, channel=engine.LETTER, interest=83.42, claimed_interest=0, grand_total=12_600
		)
		text = text_of(dunning_letters.pdf_of(doc))
		self.assertNotIn("Renteopgørelse", text)
		self.assertNotIn("83.42", text)

	def test_a_long_letter_goes_on_on_a_second_page(self):
		head = frappe.get_doc(
			{
				"doctype": "Letter Head",
				"letter_head_name": frappe.generate_hash(length=8),
				"source": "HTML",
				"content": "<h2>Nordic Widgets A/S</h2><p>Havnegade 1, 8000 Aarhus C, CVR 12345678</p>",
				"footer": "<p>nordic-widgets.example.com</p>",
			}
		).insert()
		frappe.db.set_value("Company", COMPANY, "default_letter_head", head.name)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		frappe.clear_document_cache("Company", COMPANY)
		doc = self.notice(template=REMINDER_2, channel=engine.LETTER, announces="Delivery Stop, Interest")
		for number in range(40):
			doc.append("items", doc.items[0].as_dict() | {"payment_reference": f"+71<{number:015}+12345678<"})
		pages = PdfReader(BytesIO(dunning_letters.pdf_of(doc))).pages
		self.assertEqual(len(pages), 2)
		first, last = (page.extract_text().replace("\t", " ") for page in pages)
		self.assertIn("Havnegade 1", first)
		self.assertIn("+71<000000000000000+12345678<", first)
		self.assertIn("kan vi standse leveringer", last)
		self.assertIn("opkræver vi morarente", last)
		self.assertIn("nordic-widgets.example.com", last)

	def test_a_pile_begins_each_letter_on_a_page_or_a_sheet_of_its_own(self):
		names = [self.notice().name, self.notice().name]
		single = len(PdfReader(BytesIO(dunning_letters.pdf_of(names[0]))).pages)
		one = PdfReader(BytesIO(dunning_letters.batch_pdf(names)))
		self.assertEqual(len(one.pages), 2 * single)
		two = PdfReader(BytesIO(dunning_letters.batch_pdf(names, two_sided=True)))
		self.assertEqual(len(two.pages), 2 * (single + single % 2))
		self.assertIn(names[1], two.pages[single + single % 2].extract_text().replace("\t", " "))

	def test_the_print_format_shows_it_to_whom_may_read_it(self):
		doc = self.notice()
		html = frappe.get_print("Dunning Notice", doc.name, print_format="Dunning Notice Letter")
		self.assertIn("b2b-letter__window", html)
		self.assertIn("Nørregade 12", html)
		with as_user("stock_user"):
			self.assertEqual(dunning_letters.b2b_dunning_letter(doc.name), "")

	def test_names_are_escaped(self):
		doc = self.notice()
		doc.customer_name = "<script>alert(1)</script> & Co"
		html = dunning_letters.html_of(doc)
		self.assertNotIn("<script", html)
		self.assertIn("&lt;script&gt;", html)


class TestPrinting(LetterTestCase):
	def test_printed_and_marked(self):
		doc = self.notice()
		task = self.task(doc)
		with as_user("collector"):
			made = api.print_letters([doc.name])
			self.assertEqual(made["count"], 1)
			file = frappe.get_doc("File", {"file_url": made["file_url"]})
			self.assertEqual((file.is_private, file.owner), (1, email_of("collector")))
			self.assertIn(self.invoice.name, text_of(file.get_content()))
			doc.reload()
			self.assertEqual((doc.status, doc.printed_on), ("Queued", None))
			api.mark_printed([doc.name], tracking_numbers={doc.name: " RR123456785DK "})
		doc.reload()
		self.assertEqual((doc.status, doc.tracking_number), ("Sent", "RR123456785DK"))
		self.assertEqual(getdate(doc.printed_on), getdate())
		self.assertTrue(doc.letter)
		self.assertEqual(frappe.db.get_value("Collection Task", task, "status"), "Done")

	def test_what_was_printed_is_printed_again(self):
		doc = self.notice()
		dunning_letters.print_letters([doc.name])
		dunning_letters.mark_printed([doc.name])
		first = dunning_letters.pdf_of(doc.name)
		frappe.db.set_value("Customer", self.customer.name, "customer_name", "Another name")
		frappe.db.set_value("Dunning Notice", doc.name, {"customer_name": "Another name", "fee": 1})
		self.assertEqual(dunning_letters.pdf_of(doc.name), first)
		with as_user("auditor"):
			api.letter(doc.name)
			self.assertEqual(frappe.local.response.filecontent, first)

	def test_printed_later_it_gives_as_much_time(self):
		doc = self.notice(days_ago=4)
		self.assertEqual(getdate(doc.deadline), getdate(add_days(None, 6)))
		dunning_letters.print_letters([doc.name])
		doc.reload()
		self.assertEqual(getdate(doc.deadline), getdate() + timedelta(days=10))
		self.assertEqual(self.log_of(doc), (getdate(), getdate(doc.deadline)))
		# A second print on the same day moves nothing.
		dunning_letters.print_letters([doc.name])
		self.assertEqual(doc.reload().deadline, getdate() + timedelta(days=10))

	def test_the_law_counts_from_the_day_it_left(self):
		doc = self.notice(days_ago=3, fee=0)
		dunning_letters.mark_printed([doc.name], add_days(getdate(), -1))
		self.assertEqual(self.log_of(doc)[0], getdate(add_days(getdate(), -1)))
		self.assertEqual(getdate(doc.reload().printed_on), getdate(add_days(getdate(), -1)))

	def test_not_before_its_date_and_not_in_the_future(self):
		doc = self.notice()
		for day in (add_days(getdate(), -1), add_days(getdate(), 1)):
			with self.assertRaises(DunningError):
				dunning_letters.mark_printed([doc.name], day)
		self.assertEqual(doc.reload().status, "Queued")

	def test_a_notice_before_collection_leaves_in_time_or_is_printed_again(self):
		doc = self.notice(template=LEGAL_NOTICE, channel=engine.LEGAL_NOTICE, days_ago=5)
		with self.assertRaises(DunningError) as caught:
			dunning_letters.mark_printed([doc.name])
		self.assertIn("10", str(caught.exception))
		dunning_letters.print_letters([doc.name])
		dunning_letters.mark_printed([doc.name])
		self.assertEqual(doc.reload().status, "Sent")

	def test_a_reminder_with_a_fee_gives_the_days_of_the_law_too(self):
		doc = self.notice(days_ago=2)
		with self.assertRaises(DunningError):
			dunning_letters.mark_printed([doc.name])
		dunning_letters.print_letters([doc.name])
		dunning_letters.mark_printed([doc.name])
		self.assertEqual(doc.reload().status, "Sent")

	def test_marked_twice_only_a_tracking_number_is_added(self):
		doc = self.notice()
		dunning_letters.mark_printed([doc.name])
		printed, letter = doc.reload().printed_on, doc.letter
		dunning_letters.mark_printed([doc.name], tracking={doc.name: "RR1"})
		doc.reload()
		self.assertEqual((doc.printed_on, doc.letter, doc.tracking_number), (printed, letter, "RR1"))

	def test_what_is_no_letter_is_not_printed(self):
		for fields in ({"status": "Planned"}, {"channel": engine.EMAIL, "sent_by_channel": engine.EMAIL}):
			doc = self.notice(**({"channel": engine.LETTER} | fields))
			with self.subTest(fields), self.assertRaises(DunningError) as caught:
				dunning_letters.print_letters([doc.name])
			self.assertIn(doc.name, str(caught.exception))

	def test_who_may(self):
		doc = self.notice()
		for user in ("auditor", "seller1", "accounts_user"):
			for call in (api.print_letters, api.mark_printed):
				with as_user(user), self.subTest(user), self.assertRaises(frappe.PermissionError):
					call([doc.name])
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.letter(doc.name)
		with as_user("stock_user"), self.assertRaises(frappe.PermissionError):
			api.preview_template(REMINDER_3)
		with as_user("collector"):
			self.assertIn("Rykker 3", api.preview_template(REMINDER_3, "da")["subject"])

	def test_many_are_made_by_a_job_that_tells_the_user(self):
		names = [self.notice().name for _n in range(3)]
		with as_user("collector"), patch.object(dunning_letters, "AT_ONCE", 2):
			with patch.object(dunning_letters.jobs, "after_commit") as later:
				self.assertEqual(api.print_letters(names), {"count": 3})
		arguments = {k: v for k, v in later.call_args.kwargs.items() if k not in ("queue", "timeout")}
		dunning_letters.print_in_background(**arguments)
		(told,) = frappe.get_all(
			"Notification Log",
			{"for_user": email_of("collector"), "document_name": names[0]},
			pluck="subject",
		)
		self.assertIn("3", told)
		file = frappe.get_doc("File", {"owner": email_of("collector"), "file_name": ["like", "letters%"]})
		self.assertEqual(sum(name in text_of(file.get_content()) for name in names), 3)

	def task(self, doc) -> str:
		from b2b_contracts.collections import collection_tasks

		about = collection_tasks.About("Dunning Notice", doc.name, "D30")
		return collection_tasks.open_task("Send Letter", doc.customer, COMPANY, about=about)


class TestAnnexOfARun(DunningTestCase):
	"""The statement of interest of a letter that a run made adds up to what the letter claims, to the cent."""

	def setUp(self):
		super().setUp()
		self.flow.set(
			"steps",
			[step("L", 5, "Letter", template=make_template("Letter"), interest="Claim", deadline_days=10)],
		)
		self.flow.save()
		frappe.db.set_value("Customer", self.customer.name, "b2b_due_date_agreed", "Yes")
		jurisdictions.forget()

	def in_two(self, invoice, first: float, second: float) -> None:
		"""Let an invoice be due in two instalments, 40 and 10 days ago."""
		(row,) = frappe.get_all("Payment Schedule", {"parent": invoice.name}, ["*"])
		earlier = {
			"payment_amount": first,
			"base_payment_amount": first,
			"due_date": add_days(getdate(), -40),
		}
		frappe.db.set_value("Payment Schedule", row.name, earlier)
		later = frappe.get_doc({**row, "doctype": "Payment Schedule", "name": None, "idx": 2})
		later.update(
			{"payment_amount": second, "base_payment_amount": second, "due_date": add_days(getdate(), -10)}
		)
		later.db_insert()

	def letter(self):
		"""The letter of a run, with its annex; the annex is checked against the notice."""
		doc = self.notice(self.sent(self.planned()))
		self.assertEqual((doc.status, doc.channel), ("Queued", "Letter"))
		self.assertGreater(doc.claimed_interest, 0)
		annex = dunning_letters._interest(doc)
		rows = [Decimal(row["amount"].replace(",", "")) for part in annex for row in part["rows"]]
		self.assertEqual(sum(rows), Decimal(str(doc.claimed_interest)))
		self.assertEqual([part["not_claimed"] for part in annex], [""] * len(annex))
		by_item = {row.due_date: Decimal(str(row.interest)) for row in doc.items if row.interest}
		self.assertEqual(sum(by_item.values()), sum(rows))
		self.assertIn(f"{doc.claimed_interest:,.2f}", dunning_letters.html_of(doc))
		return doc, annex

	def test_a_disputed_part_carries_none(self):
		invoice = self.owes(80_000, 40)
		make.make_dispute((invoice, 30_000))
		_doc, annex = self.letter()
		self.assertEqual({row["principal"] for part in annex for row in part["rows"]}, {"50,000.00"})

	def test_a_part_of_the_second_instalment_is_not_taken_off_the_first(self):
		invoice = self.owes(100_000, 40)
		self.in_two(invoice, 60_000, 40_000)
		# All of the first instalment, and a quarter of the second.
		make.make_dispute((invoice, 70_000))
		doc, annex = self.letter()
		self.assertEqual([row.chased_amount for row in doc.items if row.chased_amount], [30_000])
		self.assertEqual([row["principal"] for part in annex for row in part["rows"]], ["30,000.00"])

	def test_what_money_covers_is_left_to_its_value_date(self):
		self.owes(80_000, 40)
		make.make_payment(
			customer=self.customer,
			amount=30_000,
			posting_date=add_days(getdate(), -20),
			reference_date=add_days(getdate(), -20),
		)
		_doc, annex = self.letter()
		self.assertEqual(
			[row["principal"] for part in annex for row in part["rows"]], ["80,000.00", "50,000.00"]
		)


# Its own tests run where it stands.
del DunningTestCase
