"""The papers of a contract: filed, kept, protected; made as Word and PDF, compared, and taken over."""

import hashlib
import io
from pathlib import Path

import docx
import frappe
from frappe.client import delete as delete_by_client
from frappe.client import set_value
from frappe.desk.form.utils import remove_attach
from frappe.utils import get_url
from pypdf import PasswordType, PdfReader

from b2b_contracts import contract_documents_api as api
from b2b_contracts.contracts import (
	documents,
	paper_files,
	papers,
	pdf_documents,
	word_documents,
	word_layout,
)
from b2b_contracts.engine.contract_text import ContractText, Section
from b2b_contracts.exceptions import ContractError, EvidenceError, WrittenByAppOnlyError
from b2b_contracts.patches.v0_1 import contract_documents
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import redlines
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import email_of

from .test_contracts import ContractTestCase

DOCUMENT = "Contract Document"


def remove_attach_of(file: str, contract: str) -> None:
	"""Take an attachment away as the sidebar of the form does."""
	frappe.form_dict.update({"fid": file, "dt": "B2B Contract", "dn": contract})
	remove_attach()


class PaperTestCase(ContractTestCase):
	def upload(self, content: bytes, name: str, user="seller1", **fields) -> str:
		with as_user(user):
			return (
				frappe.get_doc(
					{"doctype": "File", "file_name": name, "is_private": 1, "content": content, **fields}
				)
				.insert()
				.file_url
			)

	def filed(self, contract, kind="Other", content=b"Agreed by phone.", name="note.txt", user="seller1"):
		url = self.upload(content, name, user)
		with as_user(user):
			return documents.file_document(contract.name, kind, url)


class TestFiling(PaperTestCase):
	def test_a_document_keeps_text_hash_and_number(self):
		contract = self.contract()
		doc = self.filed(contract)
		self.assertEqual(doc.name, f"{contract.name}-D001")
		self.assertEqual(doc.file_hash, hashlib.sha256(b"Agreed by phone.").hexdigest())
		self.assertEqual(
			(doc.text, doc.customer, doc.version_number), ("Agreed by phone.", self.customer.name, 0)
		)
		second = self.filed(contract, "Counterparty Paper", b"Their terms", "terms.txt")
		self.assertEqual((second.number, second.version_number, second.is_own_paper), (2, 1, 0))
		third = self.filed(contract, "Counterparty Paper", b"Their terms, again", "terms.txt")
		self.assertEqual((third.number, third.version_number), (3, 2))
		filed = self.history(contract, "Filed")
		self.assertEqual([row.reference for row in filed], [doc.name, second.name, third.name])
		self.assertIn(doc.file_hash, filed[0].description)

	def test_whether_the_file_is_still_the_one_that_was_filed(self):
		doc = self.filed(self.contract())
		with as_user("seller1"):
			self.assertTrue(api.check_document(doc.name)["is_unchanged"])
		path = Path(frappe.get_doc("File", {"file_url": doc.file}).get_full_path())
		path.write_bytes(b"Agreed otherwise.")
		with as_user("seller1"):
			self.assertFalse(api.check_document(doc.name)["is_unchanged"])
		path.unlink()
		with as_user("seller1"):
			self.assertFalse(api.check_document(doc.name)["is_unchanged"])
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.check_document(doc.name)

	def test_a_public_or_foreign_file_is_not_filed(self):
		contract = self.contract()
		public = self.upload(b"For all to see", "open.txt", is_private=0)
		self.refused(ContractError, "private first", documents.file_document, contract.name, "Other", public)
		foreign = self.upload(b"Secret of another", "secret.txt", user="cfo")
		self.refused(
			*(ContractError, "not open to you", documents.file_document, contract.name, "Other", foreign),
			user="seller1",
		)

	def test_nobody_writes_or_deletes_a_document_by_hand(self):
		contract = self.contract()
		doc = self.filed(contract)
		for user in ("seller1", "contract_manager", "Administrator"):
			with as_user(user):
				with self.assertRaises((frappe.PermissionError, WrittenByAppOnlyError)):
					set_value(DOCUMENT, doc.name, "title", "Something else")
				with self.assertRaises((frappe.PermissionError, EvidenceError)):
					delete_by_client(DOCUMENT, doc.name)
				with self.assertRaises((frappe.PermissionError, WrittenByAppOnlyError)):
					frappe.get_doc({**doc.as_dict(), "name": None}).insert()

	def test_who_does_not_see_the_contract_sees_none_of_its_documents(self):
		contract = self.contract()
		doc = self.filed(contract)
		with as_user("seller1"):
			self.assertEqual(
				frappe.get_list(DOCUMENT, pluck="name", filters={"contract": contract.name}), [doc.name]
			)
		with as_user("seller2"):
			self.assertEqual(frappe.get_list(DOCUMENT, pluck="name", filters={"contract": contract.name}), [])
			self.assertFalse(frappe.has_permission(DOCUMENT, "read", doc.name))
			self.assertFalse(frappe.get_doc("File", {"file_url": doc.file}).has_permission("read"))


class TestProtection(PaperTestCase):
	def file_of(self, doc):
		return frappe.get_doc("File", {"file_url": doc.file, "attached_to_doctype": DOCUMENT})

	def test_a_filed_file_is_neither_deleted_nor_changed(self):
		doc = self.filed(self.contract())
		row = self.file_of(doc)
		for user in ("seller1", "contract_manager", "Administrator"):
			with as_user(user):
				for change in (
					{"is_private": 0},
					{"file_url": "/private/files/other.txt"},
					{"content_hash": "0" * 32},
					{"attached_to_name": None},
					{"attached_to_doctype": "ToDo"},
				):
					with self.subTest(f"{user}: {change}"):
						with self.assertRaises((frappe.PermissionError, EvidenceError)):
							set_value("File", row.name, change)
				with self.assertRaises((frappe.PermissionError, EvidenceError)):
					delete_by_client("File", row.name)
		self.assertEqual(documents.content_of(frappe.get_doc("File", row.name)), b"Agreed by phone.")

	def test_a_scratch_attachment_of_the_contract_may_go(self):
		contract = self.contract()
		self.filed(contract)
		url = self.upload(
			*(b"Scribbles", "scratch.txt"), attached_to_doctype="B2B Contract", attached_to_name=contract.name
		)
		with as_user("seller1"):
			delete_by_client("File", frappe.db.get_value("File", {"file_url": url}))
		self.assertFalse(frappe.db.exists("File", {"file_url": url}))

	def test_the_same_file_uploaded_elsewhere_may_go_and_leaves_the_filed_one(self):
		doc = self.filed(self.contract())
		url = self.upload(b"Agreed by phone.", "mine.txt", "seller2")
		own = frappe.db.get_value("File", {"file_url": url, "owner": email_of("seller2")})
		with as_user("seller2"):
			for change in (
				{"content_hash": "0" * 32},
				{"file_url": "/private/files/other.txt"},
				{"is_private": 0},
			):
				with self.subTest(change), self.assertRaises(EvidenceError):
					set_value("File", own, change)
			delete_by_client("File", own)
		row = self.file_of(doc)
		self.assertTrue(row.is_private)
		self.assertEqual(documents.content_of(row), b"Agreed by phone.")

	def test_a_public_file_with_the_same_content_moves_nothing(self):
		doc = self.filed(self.contract())
		url = self.upload(b"Agreed by phone.", "open.txt", "seller2", is_private=0)
		own = frappe.db.get_value("File", {"file_url": url})
		with as_user("seller2"):
			with self.assertRaises(EvidenceError):
				set_value("File", own, "is_private", 1)
			delete_by_client("File", own)
		self.assertEqual(self.file_of(doc).file_url, doc.file)

	def test_two_contracts_may_file_the_same_file(self):
		doc = self.filed(self.contract())
		self.customer = make.make_customer(account_manager="seller2")
		other = self.filed(self.contract(user="seller2"), user="seller2")
		self.assertEqual(other.file, doc.file)
		with as_user("seller2"):
			self.assertTrue(frappe.has_permission(DOCUMENT, "read", other.name))
			self.assertFalse(frappe.has_permission(DOCUMENT, "read", doc.name))
		for name in (doc.name, other.name):
			self.assertTrue(frappe.db.exists("File", {"attached_to_name": name, "file_url": doc.file}))

	def test_no_row_of_it_is_the_last_one(self):
		doc = self.filed(self.contract())
		rows = frappe.get_all("File", {"file_url": doc.file}, pluck="name")
		self.assertEqual(len(rows), 2)
		for name in rows:
			with self.assertRaises(EvidenceError):
				frappe.delete_doc("File", name)
			self.assertEqual(documents.content_of(self.file_of(doc)), b"Agreed by phone.")

	def test_what_was_signed_before_is_filed_once(self):
		contract = self.signed()
		# As it was on the contract before there were documents
		frappe.db.delete(DOCUMENT, {"contract": contract.name})
		frappe.db.delete("File", {"file_url": contract.signed_file, **documents.HELD})
		row = frappe.db.get_value("File", {"file_url": contract.signed_file})
		on_contract = {"attached_to_doctype": "B2B Contract", "attached_to_name": contract.name}
		frappe.db.set_value("File", row, on_contract)
		for _turn in range(2):
			contract_documents.execute()
		(doc,) = frappe.get_all(DOCUMENT, {"contract": contract.name}, ["kind", "file", "file_hash"])
		self.assertEqual(
			(doc.kind, doc.file, doc.file_hash), ("Signed", contract.signed_file, contract.signed_file_hash)
		)

	def test_saving_the_contract_copies_nothing(self):
		contract = self.signed()
		for _turn in range(2):
			with as_user("contract_manager"):
				contract.reload()
				contract.append("risks", {"risk": "Late"})
				contract.save()
		urls = set(frappe.get_all("File", {"attached_to_name": contract.name}, pluck="file_url"))
		self.assertEqual(urls, {contract.signed_file})

	def test_the_signed_file_stays_on_the_contract(self):
		contract = self.signed()
		# Others are of the mails that took it along, of other tests' contracts with the same file too.
		rows = frappe.get_all(
			"File",
			{"file_url": contract.signed_file, "attached_to_doctype": ["!=", "Communication"]},
			["name", "attached_to_doctype"],
		)
		self.assertIn(DOCUMENT, [row.attached_to_doctype for row in rows])
		for row in rows:
			for user in ("contract_manager", "Administrator"):
				with as_user(user):
					with self.assertRaises((EvidenceError, frappe.PermissionError)):
						delete_by_client("File", row.name)
					with self.assertRaises((EvidenceError, frappe.PermissionError)):
						set_value("File", row.name, "is_private", 0)
					with self.assertRaises((EvidenceError, frappe.PermissionError)):
						remove_attach_of(row.name, contract.name)
		file = frappe.get_doc("File", rows[0].name)
		self.assertEqual(hashlib.sha256(documents.content_of(file)).hexdigest(), contract.signed_file_hash)

	def test_naming_its_address_does_not_open_it(self):
		doc = self.filed(self.contract())
		name = doc.file.rsplit("/", 1)[-1]
		for address in (
			doc.file,
			f"/private/files//{name}",
			f"/private/files/./{name}",
			f"/files/../../private/files/{name}",
			f"{get_url()}{doc.file}",
			doc.file.replace("note", "n%6fte"),
		):
			with self.subTest(address), as_user("seller2"):
				with self.assertRaises((frappe.PermissionError, OSError)):
					frappe.get_doc({"doctype": "File", "file_url": address, "file_name": "n.txt"}).insert()

	def test_naming_its_address_with_other_content_does_not_open_it(self):
		doc = self.filed(self.contract())
		self.upload(b"Anything", "anything.txt", "seller2")
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc(
				{"doctype": "File", "file_url": doc.file, "file_name": "n.txt", "content": b"Anything"}
			).insert()

	def test_naming_its_address_in_a_field_does_not_open_it(self):
		doc = self.filed(self.contract())
		with as_user("seller2"):
			other = self.contract(user="seller2", dpa_document=doc.file)
			rows = frappe.get_all("File", {"attached_to_name": other.name})
		self.assertEqual(rows, [])


CLAUSES = (
	(
		"Liability",
		"Must",
		"The supplier's liability is limited to DKK 1,000,000 a year.\nNobody is liable for indirect loss.",
	),
	("Payment terms", "Should", "Invoices are paid within 30 days."),
	("Audit", "Can", "The customer may audit the supplier once a year."),
	("Governing law", "Must", "Danish law applies."),
)


class TextTestCase(PaperTestCase):
	"""Contracts with clauses of a library of their own."""

	def setUp(self):
		super().setUp()
		for name, rank, text in CLAUSES:
			if not frappe.db.exists("Contract Clause", f"T {name}"):
				frappe.get_doc(
					{
						"doctype": "Contract Clause",
						"clause_name": f"T {name}",
						"rank": rank,
						"wordings": [{"kind": "Standard", "language": "en", "heading": name, "text": text}],
					}
				).insert()

	def with_text(self, **fields):
		contract = self.contract(**fields)
		with as_user("seller1"):
			contract.text_language = "en"
			for name, _rank, _text in CLAUSES:
				contract.append("clauses", {"clause": f"T {name}", "choice": "Standard"})
			contract.save()
		return contract.reload()

	def word(self, contract):
		with as_user("seller1"):
			return frappe.get_doc(DOCUMENT, api.make_word(contract.name)["name"])

	def content(self, doc) -> bytes:
		return documents.content_of(frappe.get_doc("File", {"file_url": doc.file}))

	def receive(self, contract, content: bytes, kind="Redline", name="redline.docx", user="seller1"):
		url = self.upload(content, name, user)
		with as_user(user):
			return frappe.get_doc(DOCUMENT, api.receive_document(contract.name, kind, url)["name"])

	def changes(self, document, user="seller1") -> dict:
		with as_user(user):
			return {
				c["clause"] or c["number_after"]: c for c in api.compare_documents(document.name)["changes"]
			}


class TestMaking(TextTestCase):
	def test_the_word_file_has_real_styles_and_every_clause(self):
		contract = self.with_text()
		doc = self.word(contract)
		self.assertEqual((doc.kind, doc.version_number, doc.language), ("Draft", 1, "en"))
		word = docx.Document(io.BytesIO(self.content(doc)))
		by_style: dict[str, list[str]] = {}
		for paragraph in word.paragraphs:
			by_style.setdefault(paragraph.style.name, []).append(paragraph.text)
		self.assertEqual(by_style["Title"], [contract.title])
		self.assertEqual(by_style["Heading 1"], [name for name, _rank, _text in CLAUSES])
		self.assertEqual(len(by_style["Clause Text"]), 5)
		for style in ("Heading 1", "Clause Text"):
			self.assertIsNotNone(word.styles[style].element.pPr.numPr, style)
		self.assertIn("Nobody is liable for indirect loss.", doc.text)
		self.assertNotIn("{{", word.element.xml)

	def test_the_pdf_is_locked_and_its_hash_kept(self):
		contract = self.with_text()
		with as_user("seller1"):
			doc = frappe.get_doc(DOCUMENT, api.make_pdf(contract.name, "da")["name"])
		content = self.content(doc)
		self.assertEqual(doc.file_hash, hashlib.sha256(content).hexdigest())
		self.assertTrue(pdf_documents.is_locked(content))
		reader = PdfReader(io.BytesIO(content))
		self.assertTrue(reader.is_encrypted)
		self.assertEqual(reader.decrypt("wrong"), PasswordType.NOT_DECRYPTED)
		text = " ".join(paper_files.text_of(content, "made.pdf").split())
		self.assertIn("Underskrifter", text)
		self.assertIn("Danish law applies.", text)

	def test_versions_are_counted_and_kept(self):
		contract = self.with_text()
		names = [self.word(contract).name for _turn in range(3)]
		with as_user("seller1"):
			found = api.contract_documents(contract.name)
		self.assertEqual([row.name for row in found["documents"]], names[::-1])
		self.assertEqual([row.version_number for row in found["documents"]], [3, 2, 1])
		self.assertTrue(found["may_make"])

	def test_what_has_no_clauses_or_is_signed_is_not_made(self):
		self.refused(ContractError, "no clauses yet", api.make_word, self.contract().name, user="seller1")

	def test_who_may_only_read_makes_nothing(self):
		contract = self.with_text()
		for user in ("auditor", "seller2"):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.make_word(contract.name)
			with as_user(user), self.assertRaises(frappe.PermissionError):
				api.receive_document(contract.name, "Other", "/private/files/x.txt")

	def test_a_customers_name_cannot_run_or_break_anything(self):
		contract = self.with_text(title="{{ ''.__class__ }} & <b>\x0b{% for x in y %}")
		word = docx.Document(io.BytesIO(self.content(self.word(contract))))
		self.assertIn("{{ ''.__class__ }} &", word.paragraphs[0].text)
		self.assertIn("{% for x in y %}", word.paragraphs[0].text)

	def test_what_a_counterparty_wrote_is_text_in_the_pdf(self):
		contract = self.with_text()
		text = "<b>Bold</b> {{ doc.name }} & more"
		row = {"choice": "Counterparty", "heading": "<b>Theirs</b>", "wording": text, "reason": "None"}
		with as_user("seller1"):
			contract.append("clauses", row)
			contract.save()
			doc = frappe.get_doc(DOCUMENT, api.make_pdf(contract.name)["name"])
		words = " ".join(paper_files.text_of(self.content(doc), "made.pdf").split())
		for wording in ("<b>Theirs</b>", "<b>Bold</b> {{ doc.name }}"):
			self.assertIn(wording, words)


class TestRedline(TextTestCase):
	def test_tracked_changes_are_read_as_accepted(self):
		contract = self.with_text()
		redline = redlines.tracked(
			self.content(self.word(contract)), {"1,000,000": "5,000,000"}, deleted=["Audit"]
		)
		filed = self.receive(contract, redline)
		self.assertEqual((filed.kind, filed.version_number), ("Redline", 2))
		self.assertIn("5,000,000", filed.text)
		self.assertNotIn("1,000,000", filed.text)
		changes = self.changes(filed)
		self.assertEqual(
			{name: (c["kind"], c["rank"]) for name, c in changes.items()},
			{
				"T Liability": ("Changed", "Must"),
				"T Payment terms": ("Same", "Should"),
				"T Audit": ("Left Out", "Can"),
				"T Governing law": ("Same", "Must"),
			},
		)
		self.assertIn(["Removed", "1"], changes["T Liability"]["parts"])
		self.assertIn(["Inserted", "5"], changes["T Liability"]["parts"])

	def test_a_plainly_edited_file_is_compared_just_as_well(self):
		contract = self.with_text()
		redline = redlines.edited(
			self.content(self.word(contract)), {"30 days": "60 days", "Payment terms": "Settlement"}
		)
		changes = self.changes(self.receive(contract, redline))
		self.assertEqual(changes["T Payment terms"]["kind"], "Changed")
		self.assertEqual(changes["T Liability"]["kind"], "Same")

	def test_one_typed_anew_without_styles_or_bookmarks_is_still_recognised(self):
		contract = self.with_text()
		self.word(contract)
		lines = []
		for number, (name, _rank, text) in enumerate(CLAUSES, start=1):
			lines += [f"{number}. {name}", *text.replace("30 days", "90 days").split("\n")]
		changes = self.changes(
			self.receive(contract, redlines.plain([*lines, "5. Exclusivity", "We buy from nobody else."]))
		)
		self.assertEqual(changes["T Payment terms"]["kind"], "Changed")
		self.assertEqual(changes["T Liability"]["kind"], "Same")
		self.assertEqual(changes["5"]["kind"], "Added")

	def test_numbers_in_the_text_are_no_numbers_of_clauses(self):
		sections = tuple(
			Section(str(number), heading, "Must", f"C{number}", "", paragraphs)
			for number, (heading, paragraphs) in enumerate(
				(
					("Prices", ("12.5 % is added to each price.", "30 days after the invoice they are due.")),
					("2026 and after", ("2 months' notice is given.", "1.1 is no number of ours.")),
					("Signatures of both", ("5 copies are signed.",)),
				),
				start=1,
			)
		)
		text = ContractText("Numbers", "en", sections)
		values = papers.values_of(self.contract(), text)
		word = word_documents.make(values, text)
		for known in ((), sections):
			read = word_documents.sections_of(word, "numbers.docx", known)
			self.assertEqual([s.paragraphs for s in read], [s.paragraphs for s in sections])
			self.assertEqual([s.heading for s in read], [s.heading for s in sections])
		lines = []
		for part in sections:
			numbered = [f"{part.number}.{n} {line}" for n, line in enumerate(part.paragraphs, start=1)]
			lines += [f"{part.number}. {part.heading}", *numbered]
		read = word_documents.sections_of(redlines.plain(lines), "typed.docx", sections)
		self.assertEqual([s.paragraphs for s in read], [s.paragraphs for s in sections])
		read = word_documents.sections_of_text("\n".join(lines), sections)
		self.assertEqual([s.paragraphs for s in read], [s.paragraphs for s in sections])

	def test_a_pdf_that_came_back_is_compared(self):
		contract = self.with_text()
		self.word(contract)
		with as_user("seller1"):
			pdf = frappe.get_doc(DOCUMENT, api.make_pdf(contract.name)["name"])
		changes = self.changes(self.receive(contract, self.content(pdf), name="back.pdf"))
		self.assertEqual({c["kind"] for c in changes.values()}, {"Same"})

	def test_it_is_compared_with_the_version_in_its_language(self):
		contract = self.with_text()
		clause = frappe.get_doc("Contract Clause", "T Governing law")
		clause.append(
			"wordings",
			{
				"kind": "Standard",
				"language": "da",
				"heading": "Lovvalg",
				"text": "Dansk ret finder anvendelse.",
			},
		)
		clause.save()
		with as_user("seller1"):
			row = next(row for row in contract.clauses if row.clause == clause.name)
			row.choice = "Left Out"
			row.reason = "Anew"
			contract.save()
			row.choice = "Standard"
			contract.save()
			word = frappe.get_doc(DOCUMENT, api.make_word(contract.name, "en")["name"])
			api.make_word(contract.name, "da")
		filed = self.receive(contract, redlines.edited(self.content(word), {"Danish law": "Swedish law"}))
		self.assertEqual(filed.language, "en")
		with as_user("seller1"):
			self.assertEqual(api.compare_documents(filed.name)["before"]["name"], word.name)
		frappe.db.set_value("B2B Contract", contract.name, "text_language", "da")
		self.refused(
			*(
				ContractError,
				"Change the language",
				api.take_over_changes,
				filed.name,
				[3],
				"Counterparty",
				"x",
			),
			user="seller1",
		)

	def test_it_needs_a_version_before_and_clauses(self):
		contract = self.with_text()
		url = self.upload(redlines.plain(["Hello"]), "hello.docx")
		self.refused(
			*(ContractError, "Make a Word file first", api.receive_document, contract.name, "Redline", url),
			user="seller1",
		)
		self.word(contract)
		self.refused(
			*(ContractError, "No clauses are found", api.receive_document, contract.name, "Redline", url),
			user="seller1",
		)

	def test_changes_become_deviations_of_the_draft(self):
		contract = self.with_text()
		redline = redlines.tracked(
			*(self.content(self.word(contract)), {"1,000,000": "5,000,000"}),
			deleted=["Audit"],
			added=[("Exclusivity", "The customer buys from nobody else.")],
		)
		filed = self.receive(contract, redline)
		changes = self.changes(filed)
		indexes = [c["index"] for c in changes.values() if c["kind"] != "Same"]
		self.assertEqual(len(indexes), 3)
		self.refused(
			*(
				ContractError,
				"Write down the reason",
				api.take_over_changes,
				filed.name,
				indexes,
				"Counterparty",
				" ",
			),
			user="seller1",
		)
		with as_user("seller1"):
			api.take_over_changes(filed.name, indexes, "Counterparty", "They insisted")
		contract.reload()
		rows = {row.heading: row for row in contract.clauses}
		self.assertEqual((rows["Liability"].choice, rows["Liability"].is_deviation), ("Counterparty", 1))
		self.assertIn("5,000,000", rows["Liability"].wording)
		self.assertEqual(rows["Liability"].reason, "They insisted")
		self.assertEqual(rows["Audit"].choice, "Left Out")
		self.assertEqual(rows["Exclusivity"].choice, "Counterparty")
		self.assertFalse(rows["Payment terms"].is_deviation)
		self.assertEqual(contract.contract_form, "Tailored")
		said = self.history(contract, "Changed")[-1]
		self.assertIn("Liability", said.description)
		self.assertEqual(said.reference, filed.name)
		self.assertEqual({c["kind"] for c in self.changes(self.word(contract)).values()}, {"Same"})

	def test_they_are_taken_over_into_a_draft_only_and_by_who_may_write_it(self):
		contract = self.with_text()
		filed = self.receive(
			contract, redlines.edited(self.content(self.word(contract)), {"30 days": "60 days"})
		)
		with as_user("auditor"):
			self.assertIn("not change it", api.compare_documents(filed.name)["why_not"])
			with self.assertRaises(frappe.PermissionError):
				api.take_over_changes(filed.name, [1], "Counterparty", "Mine")
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.compare_documents(filed.name)
		frappe.db.set_value("B2B Contract", contract.name, "status", "Approved")
		self.refused(
			*(ContractError, "Send it back", api.take_over_changes, filed.name, [1], "Counterparty", "Late"),
			user="seller1",
		)

	def test_two_contracts_are_not_compared(self):
		one, other = self.word(self.with_text()), self.word(self.with_text())
		self.refused(ContractError, "two contracts", api.compare_documents, one.name, other.name)


class TestCounterpartyPaper(TextTestCase):
	def test_it_is_filed_with_its_text_and_says_whose_paper_it_is(self):
		contract = self.contract()
		filed = self.receive(
			*(contract, redlines.plain(["1. Liability", "Liability is unlimited."]), "Counterparty Paper"),
			name="theirs.docx",
		)
		self.assertEqual((filed.is_own_paper, filed.version_number), (0, 1))
		self.assertIn("unlimited", filed.text)
		self.assertEqual(contract.reload().contract_form, "Counterparty Paper")
		second = self.receive(
			*(contract, redlines.plain(["1. Liability", "Liability is capped."]), "Counterparty Paper"),
			name="theirs.docx",
		)
		(change,) = self.changes(second).values()
		self.assertEqual(change["kind"], "Changed")

	def test_a_scan_is_filed_without_text(self):
		contract = self.contract()
		filed = self.receive(contract, redlines.scan(), "Counterparty Paper", name="scan.pdf")
		self.assertEqual((filed.text or "", filed.sections), ("", None))
		self.refused(
			ContractError, "cannot be compared|No clauses are known", api.compare_documents, filed.name
		)


class TestHostileFiles(TextTestCase):
	def refuse_file(self, content: bytes, name: str, words: str):
		contract = self.contract()
		url = self.upload(content, name)
		for kind in ("Counterparty Paper", "Other"):
			self.refused(
				*(ContractError, words, api.receive_document, contract.name, kind, url), user="seller1"
			)
		self.assertFalse(frappe.db.exists(DOCUMENT, {"contract": contract.name}))

	def test_word_files_that_do_more_than_be_read(self):
		plain = redlines.plain(["1. Liability", "None."])
		for name, content, words in (
			("bomb", redlines.with_part(plain, "word/media/x.xml", b"0" * 80_000_000), "unpacks to far more"),
			("ratio", redlines.with_part(plain, "word/x.bin", b"0" * 20_000_000), "unpacks to far more"),
			("macros", redlines.with_part(plain, "word/vbaProject.bin", b"x"), "macros"),
			("activex", redlines.with_part(plain, "word/activeX/activeX1.xml", b"<x/>"), "macros"),
			("embedded", redlines.with_part(plain, "word/embeddings/a.bin", b"x"), "macros or other files"),
			(
				"fetched template",
				redlines.with_link(plain, "attachedTemplate", "http://evil.example.com/a.dotm"),
				"fetch",
			),
			("fetched picture", redlines.with_link(plain, "image", "http://evil.example.com/a.png"), "fetch"),
			("file link", redlines.with_link(plain, "hyperlink", "file:///etc/passwd"), "fetch"),
			("entities", redlines.with_entity(plain, "/etc/passwd"), "entities"),
			("entities in UTF-16", redlines.with_entity(plain, "/etc/passwd", "utf-16"), "entities"),
			("no zip", b"PK\x03\x04 nothing", "no Word file"),
			("no document", redlines.archive({"a.txt": b"x"}), "no Word file"),
			("broken", redlines.with_part(plain, "word/document.xml", b"<w:document"), "no Word file"),
		):
			with self.subTest(name):
				self.refuse_file(content, f"{name}.docx", words)

	def test_old_word_files_and_macro_files(self):
		self.refuse_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "old.doc", "carry macros")
		self.refuse_file(redlines.plain(["x"]), "macro.docm", "carry macros")

	def test_pdfs_that_do_more_than_be_read(self):
		for name, content, words in (
			("launch", redlines.pdf_with("/Launch"), "program"),
			("attachment", redlines.pdf_with("/EmbeddedFile"), "program"),
			("password", redlines.pdf_with_password(), "password"),
		):
			with self.subTest(name):
				self.refuse_file(content, f"{name}.pdf", words)

	def test_a_broken_pdf(self):
		# Frappe refuses to upload one, in words of its own.
		with self.assertRaisesRegex(ContractError, "no PDF"):
			paper_files.check(b"%PDF-1.4 nothing", "broken.pdf")

	def test_a_hyperlink_is_harmless(self):
		content = redlines.with_link(redlines.plain(["1. Law", "None."]), "hyperlink", "https://example.com")
		self.assertTrue(self.receive(self.contract(), content, "Counterparty Paper", name="link.docx").text)

	def test_a_layout_may_name_what_there_is_and_do_nothing_else(self):
		word_layout.check(word_layout.built_in(), "layout.docx")
		text = ["{%p for line in text %}", "{{ line.paragraph }}", "{%p endfor %}"]
		good = ["{{ title }}", *text]
		word_layout.check(redlines.plain(good), "layout.docx")
		for source, words in (
			("{{ ''.__class__.__mro__ }}", "more than a text may do"),
			("{{ title.__class__ }}", "more than a text may do"),
			("{% set x = 1 %}", "more than a text may do"),
			("{% for x in range(10000000) %}x{% endfor %}", "more than a text may do"),
			("{{ frappe.db.sql('x') }}", "no placeholder|more than a text may do"),
			("{{ password }}", "no placeholder"),
			("{% include 'x' %}", "more than a text may do"),
			("{{ title }", "cannot be read"),
		):
			with self.subTest(source), self.assertRaisesRegex(ContractError, words):
				word_layout.check(redlines.plain([*good, source]), "layout.docx")
		for body in (["{{ title }}"], text):
			with self.subTest(body), self.assertRaisesRegex(ContractError, "does not show"):
				word_layout.check(redlines.plain(body), "layout.docx")
