"""Letters about a contract: what notice and acknowledgement say, where their address stands, and the proof that they left."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, formatdate, getdate, nowdate

from b2b_contracts import contract_letters_api as letters_api
from b2b_contracts import contracts_api as api
from b2b_contracts.contracts import facts, letter_wording, letters, wording
from b2b_contracts.credit import letter_pages, private_files
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import dispatch
from b2b_contracts.exceptions import ContractError, EvidenceError, WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import email_of
from b2b_contracts.tests.test_contracts import ContractTestCase
from b2b_contracts.tests.test_dunning_letters import places_of, text_of

LETTER = "Contract Letter"


class LetterTestCase(ContractTestCase):
	language = "da"

	def setUp(self):
		super().setUp()
		self.customer.db_set("language", self.language)
		make.make_address("Customer", self.customer.name, "Nørregade 12", "1165", "København K")

	def terminated(self, kind="For Convenience", given_on=None, user="contract_manager", **arguments):
		contract = self.signed(
			**{"initial_months": 12, "renewal_months": 12, **arguments.pop("fields", {})},
		)
		with as_user(user):
			answer = api.terminate_contract(
				contract.name, kind, str(given_on or nowdate()), "No margin", **arguments
			)
		return contract.reload(), frappe.get_doc(LETTER, answer["letter"])

	def pages(self, letter) -> bytes:
		file = frappe.get_doc("File", {"file_url": letter.file})
		content = file.get_content()
		return content if isinstance(content, bytes) else content.encode("latin-1")

	def text(self, letter) -> str:
		return " ".join(text_of(self.pages(letter)).split())

	def long(self, day, language="da") -> str:
		frappe.local.lang, former = language, frappe.local.lang
		try:
			return formatdate(getdate(day), "long")
		finally:
			frappe.local.lang = former

	def record(self, letter, user="contract_manager", **given):
		values = {"method": "Registered Letter", "dispatched_on": nowdate(), "tracking_number": "RR123DK"}
		with as_user(user):
			return letters_api.record_dispatch(letter.name, **{**values, **given})


class TestNotice(LetterTestCase):
	def test_for_convenience_in_the_language_of_the_customer(self):
		contract, letter = self.terminated()
		text = self.text(letter)
		self.assertIn("Opsigelse", text)
		self.assertIn("90 dage", text)
		self.assertIn(self.long(contract.terminated_on), text)
		self.assertIn(contract.name, text)
		# Why we did it is nobody else's business.
		self.assertNotIn("No margin", text)
		self.assertEqual((letter.kind, letter.status, letter.language), ("Notice", "To Be Sent", "da"))
		self.assertEqual(letter.title[:9], "Opsigelse")

	def test_the_address_stands_in_the_window(self):
		_contract, letter = self.terminated()
		wanted = ("Nørregade 12", "1165 København K", self.customer.customer_name)
		places = places_of(self.pages(letter), wanted)
		self.assertEqual(len(places), 3, places)
		for text, (left, top) in places.items():
			with self.subTest(text):
				self.assertTrue(22 <= left <= 30, left)
				self.assertTrue(50 <= top <= 88, top)

	def test_for_cause_it_names_the_cause_and_gives_regular_notice_as_a_precaution(self):
		contract, letter = self.terminated("For Cause", cause="I har ikke betalt siden marts.")
		text = self.text(letter)
		regular = terms.notice_given(facts.term_of(contract), getdate())
		for words in ("I har ikke betalt siden marts.", self.long(nowdate()), self.long(regular.effective)):
			self.assertIn(words, text)

	def test_for_cause_without_a_cause_is_refused(self):
		contract = self.signed()
		self.refused(
			*(ContractError, "Write down the cause"),
			*(api.terminate_contract, contract.name, "For Cause", nowdate(), "Breach"),
		)
		self.assertIsNone(contract.reload().terminated_on)

	def test_a_received_one_is_acknowledged_and_filed(self):
		late = {"start_date": add_months(nowdate(), -11)}
		contract, letter = self.terminated(
			"Received from Customer", given_on=add_days(nowdate(), -2), document=self.file(), fields=late
		)
		text = self.text(letter)
		self.assertEqual(letter.kind, "Acknowledgement")
		missed = terms.period(facts.term_of(contract), 1).end
		deadline = terms.notice_deadline(missed, terms.Notice(90, terms.DAYS))
		for day in (add_days(nowdate(), -2), missed, deadline, contract.terminated_on):
			self.assertIn(self.long(day), text)
		(filed,) = frappe.get_all(
			LETTER, {"contract": contract.name, "kind": "Received"}, ["status", "content", "letter_date"]
		)
		self.assertEqual(filed.status, "Filed")
		self.assertIn("Signed by both", filed.content)
		# It is asked for the answer too, but in time it was the customer's day that counted.
		self.record(letter)
		self.assertEqual(contract.reload().notice_given_on, getdate(add_days(nowdate(), -2)))

	def test_who_wrote_the_notice_alone_gets_no_other(self):
		contract, letter = self.terminated(document=self.file())
		self.assertEqual((letter.kind, letter.status, letter.message), ("Notice", "To Be Sent", None))
		self.assertTrue(letter.file_hash)
		self.assertEqual(letter.file, contract.notice_document)

	def test_it_goes_where_the_contract_says_and_to_who_gets_legal_notices(self):
		make.make_contact(self.customer, "karen-jura", [{"role": "Legal Notices", "message_language": "sv"}])
		party = {"party_name": self.customer.customer_name, "party_role": "Customer"}
		_contract, letter = self.terminated(
			fields={"parties": [{**party, "address": "Juristvej 1\n8000 Aarhus C"}]}
		)
		self.assertEqual(
			letter.receiver.splitlines(),
			[self.customer.customer_name, "Att. Karen-Jura", "Juristvej 1", "8000 Aarhus C"],
		)
		self.assertIn("Uppsägning", self.text(letter))

	def test_what_was_given_and_the_hash_of_the_file_are_kept(self):
		contract, letter = self.terminated()
		(document,) = frappe.get_all(
			"Contract Document",
			{"contract": contract.name, "kind": "Notice"},
			["file", "file_hash", "language", "text"],
		)
		self.assertEqual((document.file, document.file_hash), (letter.file, letter.file_hash))
		self.assertEqual(document.language, "da")
		self.assertIn("Opsigelse", document.text + letter.title)

	def test_without_a_printer_of_pdfs_the_contract_is_terminated_all_the_same(self):
		with patch.object(letter_pages, "pdf", side_effect=OSError("no wkhtmltopdf")):
			contract, letter = self.terminated()
		self.assertTrue(contract.terminated_on)
		self.assertIsNone(letter.file)
		with as_user("contract_manager"):
			made = letters_api.print_letter(letter.name)
			self.assertRaisesRegex(ContractError, "printed already", letters_api.print_letter, letter.name)
		self.assertIn("Opsigelse", self.text(letter.reload()))
		self.assertEqual(made["file"], letter.file)

	def test_it_can_be_looked_at_before_it_is_given(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		end = contract.end_date
		with as_user("contract_manager"):
			shown = letters_api.preview_notice(contract.name, "For Convenience", nowdate())
			for_cause = letters_api.preview_notice(
				contract.name, "For Cause", nowdate(), cause="<b>Ikke betalt</b>"
			)
			self.assertRaisesRegex(
				ContractError,
				"no letter",
				letters_api.preview_notice,
				contract.name,
				"By Accident",
				nowdate(),
			)
		self.assertIn(self.long(end), shown)
		self.assertIn("&lt;b&gt;Ikke betalt", for_cause)
		with as_user("auditor"):
			self.assertRaises(
				frappe.PermissionError,
				*(letters_api.preview_notice, contract.name, "For Convenience", nowdate()),
			)
		self.assertFalse(frappe.db.exists(LETTER, {"contract": contract.name}))
		self.assertIsNone(contract.reload().termination_kind)

	def test_who_may_not_see_the_contract_sees_no_letter_of_it(self):
		contract, letter = self.terminated()
		contract.db_set("confidentiality", "Confidential")
		for user, may in (
			*(("seller1", True), ("contract_manager", True), ("auditor", True)),
			*(("seller2", False), ("credit_manager", False)),
		):
			with self.subTest(user), as_user(user):
				listed = frappe.get_list(LETTER, {"name": letter.name})
				self.assertEqual(bool(listed), may)
				self.assertEqual(bool(frappe.has_permission(LETTER, "read", letter.name)), may)
				self.assertEqual(bool(private_files.readable(letter.file)), may)


class TestWords(LetterTestCase):
	"""Every kind of letter in every language, and nothing of it left in English."""

	def test_in_each_language(self):
		english = None
		for language in ("en", "da", "nb", "no", "sv"):
			self.customer.db_set("language", language)
			found = []
			for kind in terms.TERMINATIONS:
				contract = frappe.get_doc(self.signed_row())
				contract.termination_kind = kind
				outcome = terms.notice_given(facts.term_of(contract), getdate("2026-11-02"))
				with letters.notices.writing_in(letters.language_of(contract)):
					words = (
						letter_wording.acknowledgement(contract, outcome)
						if kind == terms.RECEIVED
						else letter_wording.notice(contract, outcome, "!")
					)
				found += [words.subject, *words.paragraphs]
			english = english or found
			with self.subTest(language):
				self.assertEqual(len(found), len(english))
				same = [one for one, other in zip(found, english, strict=True) if one == other and one != "!"]
				words = [one for one in english if one != "!"]
				self.assertEqual(same, words if language == "en" else [], language)

	def signed_row(self) -> dict:
		return {
			"doctype": "B2B Contract",
			"name": "CTR-2024-00001",
			"title": "Ramme",
			"customer": self.customer.name,
			"customer_name": "Kunde",
			"company": "X",
			"signed_on": "2024-02-20",
			"start_date": "2024-03-01",
			"duration_type": "Auto-renewing",
			"initial_months": 36,
			"renewal_months": 12,
			"notice_period": 90,
			"notice_unit": "Days",
			"confidentiality_years": 3,
		}

	def test_the_example_of_the_requirements(self):
		contract = frappe.get_doc({**self.signed_row(), "termination_kind": terms.CONVENIENCE})
		outcome = terms.notice_given(facts.term_of(contract), getdate("2026-11-30"))
		with letters.notices.writing_in("en"):
			words = " ".join(letter_wording.notice(contract, outcome).paragraphs)
		self.assertIn("of 90 days the contract ends on February 28, 2027", words)
		self.assertIn("has to be given by November 30, 2026; this notice is in time.", words)
		self.assertIn("including confidentiality until February 28, 2030", words)
		late = terms.notice_given(facts.term_of(contract), getdate("2026-12-01"))
		with letters.notices.writing_in("en"):
			words = " ".join(letter_wording.acknowledgement(contract, late).paragraphs)
		self.assertIn("Notice to end it on February 28, 2027 had to reach us by November 30, 2026.", words)
		self.assertIn("ends on February 29, 2028", words)
		with letters.notices.writing_in("en"):
			words = " ".join(letter_wording.notice(contract, late).paragraphs)
		self.assertIn("Notice to end it on February 28, 2027 had to be given by November 30, 2026.", words)
		self.assertIn("of 90 days the contract ends on February 29, 2028.", words)

	def test_periods_are_never_converted(self):
		said = [
			letter_wording.period_text(terms.Notice(length, unit))
			for unit in terms.NOTICE_UNITS
			for length in (1, 3)
		]
		self.assertEqual(
			said,
			[
				*("one day", "3 days", "one month", "3 months"),
				*("one month to the end of a month", "3 months to the end of a month"),
			],
		)


class TestDispatch(LetterTestCase):
	def test_it_is_asked_for_until_it_is_there(self):
		contract, letter = self.terminated()
		self.assertEqual(str(letter.next_reminder_on), add_days(nowdate(), 1))
		with as_user("contract_manager"):
			(shown,) = letters_api.letters_of_contract(contract.name)["letters"]
		self.assertTrue(shown["is_missing"])
		told = []
		for days in range(16):
			with patch.object(
				letters, "getdate", lambda *a, d=days: getdate(*a) if a else getdate(add_days(nowdate(), d))
			):
				for _twice in range(2):
					if letters.ask_for_proof(letter.name):
						told.append(days)
		self.assertEqual(told, [1, 3, 7, 14])
		reminders = self.history(contract, "Reminder")
		self.assertEqual([row.rung for row in reminders], [1, 3, 7, 14])
		self.assertEqual({wording.kind_name(row.key_date_kind) for row in reminders}, {"Proof of dispatch"})
		self.assertIn(email_of("contract_manager"), reminders[0].told)
		self.assertNotIn("finance", reminders[0].told)
		self.record(letter)
		with patch.object(
			letters, "getdate", lambda *a: getdate(*a) if a else getdate(add_days(nowdate(), 60))
		):
			letters.daily()
		self.assertEqual(len(self.history(contract, "Reminder")), 4)

	def test_who_when_and_how_are_kept_and_never_change(self):
		contract, letter = self.terminated()
		proof = self.file()
		frappe.db.set_value("File", {"file_url": proof}, "owner", email_of("seller1"))
		self.record(letter, user="seller1", proof=proof, dispatched_by="The porter")
		letter.reload()
		self.assertEqual(
			(letter.status, letter.dispatch_method, letter.dispatched_by, letter.tracking_number),
			("Sent", "Registered Letter", "The porter", "RR123DK"),
		)
		self.assertEqual(letter.dispatch_recorded_by, email_of("seller1"))
		self.assertTrue(letter.proof_hash)
		(event,) = self.history(contract, "Dispatched")
		for words in ("Registered Letter", "The porter", "RR123DK", letter.proof_hash):
			self.assertIn(words, event.description)
		self.assertEqual(event.done_by, email_of("seller1"))
		with self.assertRaisesRegex(ContractError, "stays as it is"):
			self.record(letter, tracking_number="Another")
		letter.tracking_number = "Another"
		self.assertRaises(WrittenByAppOnlyError, letter.save)
		self.assertRaises(EvidenceError, letter.delete)
		with as_user("contract_manager"):
			self.assertRaises(frappe.PermissionError, letter.reload().save)
			self.assertRaises(frappe.PermissionError, frappe.delete_doc, LETTER, letter.name)

	def test_a_proof_has_to_prove(self):
		_contract, letter = self.terminated(given_on=add_days(nowdate(), -1))
		for given, words in (
			({"tracking_number": " "}, "tracking number"),
			({"method": "Letter"}, "Attach what proves it"),
			({"method": "Pigeon"}, "how the letter was sent"),
			({"dispatched_on": add_days(nowdate(), 1)}, "still to come"),
			({"dispatched_on": add_days(nowdate(), -2)}, "cannot have left"),
			({"proof": "/private/files/nothing.pdf"}, "not open to you"),
		):
			with self.subTest(words), self.assertRaisesRegex(ContractError, words):
				self.record(letter, **given)
		self.assertEqual(letter.reload().status, "To Be Sent")

	def test_a_mail_that_left_with_the_letter_proves_itself(self):
		make.make_outgoing_account()
		contract, letter = self.terminated()
		document = frappe.db.get_value("Contract Document", {"file": letter.file})
		with as_user("contract_manager"):
			mail = letters_api.write_to_customer(
				contract.name, "karen@b2b-test.example.com", "Notice", "Attached.", [document]
			)["name"]
		given = {"method": "E-mail", "tracking_number": None}
		with self.assertRaisesRegex(ContractError, "Attach what proves it"):
			self.record(letter, **given)
		frappe.db.set_value("Communication", mail, "delivery_status", "Sent")
		self.record(letter, **given)
		self.assertEqual(
			letter.reload().tracking_number, frappe.db.get_value("Communication", mail, "message_id")
		)

	def test_who_may_only_read_the_contract_records_nothing(self):
		_contract, letter = self.terminated()
		for user in ("auditor", "seller2"):
			with self.subTest(user), self.assertRaises(frappe.PermissionError):
				self.record(letter, user=user)

	def test_a_notice_that_left_too_late_ends_the_contract_later(self):
		contract, letter = self.terminated(
			given_on=add_days(nowdate(), -3),
			fields={"start_date": add_months(nowdate(), -10), "notice_period": 0, "notice_unit": "Days"},
		)
		end = contract.terminated_on
		# Given three days ago it would have been in time; the day before yesterday was the last one.
		days = (getdate(end) - getdate(add_days(nowdate(), -2))).days
		frappe.db.set_value("B2B Contract", contract.name, {"notice_period": days})
		self.record(letter)
		contract.reload()
		self.assertEqual(str(contract.notice_given_on), nowdate())
		self.assertEqual(contract.notice_in_time, 0)
		self.assertGreater(getdate(contract.terminated_on), getdate(end))
		self.assertIn("instead of", self.history(contract, "Termination")[-1].description)

	def test_of_the_ways_to_send_each_is_known_to_the_document(self):
		options = frappe.get_meta(LETTER).get_field("dispatch_method").options.split("\n")
		self.assertEqual(options, ["", *dispatch.METHODS])
