"""Signed copies, correspondence, and the seam by which contracts are signed."""

from unittest.mock import patch

import frappe
from frappe.utils import nowdate

from b2b_contracts import contract_letters_api as letters_api
from b2b_contracts import contracts_api as api
from b2b_contracts.contracts import copies, signature_providers, signing
from b2b_contracts.contracts.signature_providers import Signatory, Signed
from b2b_contracts.exceptions import ContractError, EvidenceError, NotYourMandateError, WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import email_of
from b2b_contracts.tests.test_contracts import ContractTestCase

COPY = "Contract Copy"


def address(name: str) -> str:
	return f"{name}@b2b-test.example.com"


class TestCopies(ContractTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()
		self.contract_fields = {
			"parties": [
				{"party_name": "Us", "party_role": "Us"},
				{"party_name": "Theirs", "party_role": "Customer", "email": address("theirs")},
				{"party_name": "Guarantor", "party_role": "Guarantor"},
			],
			"signatories": [
				{"signatory_name": "Director", "signs_for": "Customer", "email": address("Theirs")},
				{"signatory_name": "Second", "signs_for": "Customer", "email": address("second")},
			],
			"copy_recipients": [{"user": email_of("compliance_officer")}, {"user": email_of("seller1")}],
		}

	def rows(self, contract) -> dict:
		fields = ["name", "recipient_name", "email", "status", "is_internal", "reason", "language"]
		return {
			row.email or row.recipient_name: row
			for row in frappe.get_all(COPY, {"contract": contract.name}, fields, order_by="creation desc")
		}

	def mails(self, contract) -> list[str]:
		queues = frappe.get_all("Email Queue", {"reference_name": contract.name}, pluck="name")
		return sorted(
			frappe.get_all("Email Queue Recipient", {"parent": ["in", queues or [""]]}, pluck="recipient")
		)

	def test_all_parties_and_named_internals_get_one_each(self):
		contract = self.signed(**self.contract_fields)
		planned = self.rows(contract)
		expected = {
			address("theirs"),
			address("second"),
			"Guarantor",
			email_of("seller1"),
			email_of("compliance_officer"),
		}
		self.assertEqual(set(planned), expected)
		self.assertEqual(planned["Guarantor"].status, "No Address")
		self.assertEqual({row.status for email, row in planned.items() if "@" in email}, {"Planned"})
		copies.send_planned(contract.name)
		copies.send_planned(contract.name)
		reached = sorted(expected - {"Guarantor"})
		self.assertEqual(self.mails(contract), reached)
		sent = self.history(contract, "Copy Sent")
		self.assertEqual(sorted(row.told for row in sent), reached)
		file = frappe.get_all(
			"Email Queue", {"reference_name": contract.name}, ["attachments", "reference_doctype"]
		)
		self.assertTrue(all("fid" in row.attachments for row in file))

	def test_a_copy_is_written_in_the_language_of_who_gets_it(self):
		self.customer.db_set("language", "da")
		contract = self.signed(**self.contract_fields)
		copies.send_planned(contract.name)
		subjects = dict(
			frappe.get_all(
				"Communication", {"reference_name": contract.name}, ["recipients", "subject"], as_list=True
			)
		)
		self.assertIn("Underskrevet kontrakt", subjects[address("theirs")])
		self.assertIn("Signed contract", subjects[email_of("compliance_officer")])

	def test_the_same_address_cannot_be_planned_twice(self):
		contract = self.signed(**self.contract_fields)
		with self.assertRaises(frappe.UniqueValidationError):
			copies.plan(contract)

	def test_what_became_of_the_mail_is_followed(self):
		contract = self.signed(**self.contract_fields)
		copies.send_planned(contract.name)
		rows = self.rows(contract)
		self.assertEqual(rows[address("second")].status, "Queued")
		mail = frappe.db.get_value(COPY, rows[address("second")].name, "communication")
		frappe.db.set_value("Communication", mail, "delivery_status", "Sent")
		mail = frappe.db.get_value(COPY, rows[address("theirs")].name, "communication")
		frappe.db.set_value("Communication", mail, "delivery_status", "Error")
		for row in rows.values():
			copies.follow(row.name)
		rows = self.rows(contract)
		self.assertEqual(rows[address("second")].status, "Sent")
		self.assertEqual(rows[address("theirs")].status, "Failed")
		self.assertIn("Check the address", rows[address("theirs")].reason)
		with as_user("seller1"):
			shown = {
				row["recipient_name"]: row for row in letters_api.letters_of_contract(contract.name)["copies"]
			}
		self.assertEqual({name for name, row in shown.items() if row["is_missing"]}, {"Theirs", "Guarantor"})

	def test_a_person_sends_again_and_to_who_had_no_address(self):
		contract = self.signed(**self.contract_fields)
		copies.send_planned(contract.name)
		with as_user("seller1"):
			self.assertRaisesRegex(
				ContractError, "on its way", letters_api.send_copy, contract.name, address("theirs")
			)
			frappe.db.set_value(
				COPY, {"contract": contract.name, "email": address("theirs")}, "status", "Sent"
			)
			letters_api.send_copy(contract.name, address("theirs"))
			letters_api.send_copy(contract.name, address("guarantor"), "Guarantor")
			self.assertRaisesRegex(ContractError, "no e-mail", letters_api.send_copy, contract.name, "nobody")
		copies.send_planned(contract.name)
		self.assertEqual(self.mails(contract).count(address("theirs")), 2)
		self.assertEqual(self.mails(contract).count(address("guarantor")), 1)
		with as_user("auditor"):
			shown = letters_api.letters_of_contract(contract.name)
			self.assertFalse(shown["may_write"])
			self.assertFalse([row for row in shown["copies"] if row["is_missing"]])
			self.assertRaises(frappe.PermissionError, letters_api.send_copy, contract.name, address("theirs"))

	def test_without_an_account_to_send_by_it_says_so_and_can_be_sent_later(self):
		contract = self.signed(**self.contract_fields)
		with patch.object(frappe, "sendmail", side_effect=frappe.OutgoingEmailError):
			copies.send_planned(contract.name)
		rows = self.rows(contract)
		self.assertEqual(rows[address("theirs")].status, "Failed")
		self.assertFalse(frappe.db.count("Communication", {"reference_name": contract.name}))
		with as_user("contract_manager"):
			letters_api.send_copy(contract.name, address("theirs"))
		copies.send_planned(contract.name)
		self.assertEqual(self.mails(contract), [address("theirs")])

	def test_nobody_enters_changes_or_deletes_one(self):
		contract = self.signed(**self.contract_fields)
		copy = frappe.get_doc(COPY, self.rows(contract)[address("theirs")].name)
		copy.status = "Sent"
		self.assertRaises(WrittenByAppOnlyError, copy.save)
		self.assertRaises(EvidenceError, copy.delete)
		with as_user("seller2"):
			self.assertFalse(frappe.get_list(COPY, {"contract": contract.name}))


class TestCorrespondence(ContractTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()
		make.make_contact(self.customer, "karen")

	def mail_in(self, contract=None, **fields):
		return frappe.get_doc(
			{
				"doctype": "Communication",
				"communication_type": "Communication",
				"communication_medium": "Email",
				"sent_or_received": "Received",
				"sender": address("karen"),
				"sender_full_name": "Karen",
				"recipients": "us@b2b-test.example.com",
				"subject": "Our prices",
				"content": "<p>We would like <b>100 %</b> more.</p>",
				**(
					{"reference_doctype": "B2B Contract", "reference_name": contract.name} if contract else {}
				),
				**fields,
			}
		).insert(ignore_permissions=True)

	def seen(self, contract, search="", user="seller1"):
		with as_user(user):
			return letters_api.correspondence_of(contract.name, search)["rows"]

	def test_the_answer_to_a_mail_about_a_contract_is_filed_with_it(self):
		contract = self.signed(
			parties=[{"party_name": "X", "party_role": "Customer", "email": address("karen")}]
		)
		copies.send_planned(contract.name)
		sent = frappe.get_doc(
			"Communication", {"reference_name": contract.name, "recipients": address("karen")}
		)
		raw = "\r\n".join(
			(
				f"From: Karen <{address('karen')}>",
				"To: us@b2b-test.example.com",
				"Subject: Re: thanks",
				"Message-ID: <answer-1@customer.example.com>",
				f"In-Reply-To: <{sent.message_id}>",
				"Content-Type: text/plain",
				"",
				"We file it on our side.",
			)
		)
		from frappe.email.receive import InboundMail

		account = frappe.get_doc("Email Account", {"enable_outgoing": 1})
		answer = InboundMail(raw.encode(), account, uid=1).process()
		self.assertEqual((answer.reference_doctype, answer.reference_name), ("B2B Contract", contract.name))
		rows = self.seen(contract)
		self.assertEqual([row["direction"] for row in rows], ["Received", "Sent"])
		# It is theirs to know.
		self.assertTrue(
			frappe.db.exists(
				"Notification Log", {"document_name": contract.name, "for_user": email_of("seller1")}
			)
		)

	def test_a_mail_that_names_the_contract_is_filed_if_its_sender_is_known(self):
		contract = self.contract()
		mail = self.mail_in(subject=f"Question about {contract.name.lower()}")
		self.assertEqual(mail.reload().reference_name, contract.name)
		stranger = self.mail_in(subject=f"About {contract.name}", sender="stranger@example.com")
		self.assertFalse(stranger.reload().reference_name)
		other = self.mail_in(
			subject=f"About {contract.name}",
			reference_doctype="Customer",
			reference_name=self.customer.name,
		)
		self.assertEqual(other.reload().reference_doctype, "Customer")

	def test_one_list_that_is_searched(self):
		contract = self.contract()
		self.mail_in(contract)
		with as_user("seller1"):
			letters_api.file_letter(
				contract.name,
				"Received",
				self.own_file("We claim the underscore_x."),
				"Claim",
				nowdate(),
				"Their lawyer",
			)
		self.assertEqual({row["subject"] for row in self.seen(contract)}, {"Our prices", "Claim"})
		for search, found in (
			("100 %", ["Our prices"]),
			("karen", ["Our prices"]),
			("underscore_x", ["Claim"]),
			("lawyer", ["Claim"]),
			("%", ["Our prices"]),
			("_x", ["Claim"]),
			("nowhere", []),
		):
			with self.subTest(search):
				self.assertEqual([row["subject"] for row in self.seen(contract, search)], found)
		letter = next(row for row in self.seen(contract) if row["subject"] == "Claim")
		self.assertEqual((letter["kind"], letter["from_or_to"]), ("Received", "Their lawyer"))
		self.assertEqual(len(letter["files"]), 1)

	def own_file(self, content: str) -> str:
		name = f"letter-{frappe.generate_hash(length=6)}.txt"
		return (
			frappe.get_doc({"doctype": "File", "file_name": name, "is_private": 1, "content": content})
			.insert()
			.file_url
		)

	def test_who_may_not_see_the_contract_sees_nothing_of_it(self):
		contract = self.contract()
		mail = self.mail_in(contract)
		for user in ("seller2", "stock_user"):
			with self.subTest(user):
				self.assertRaises(frappe.PermissionError, self.seen, contract, user=user)
				with as_user(user):
					self.assertFalse(frappe.has_permission("Communication", "read", mail.name))
		with as_user("auditor"):
			file = {"contract": contract.name, "direction": "Received", "file": "/private/files/x"}
			self.assertRaises(
				frappe.PermissionError, letters_api.file_letter, **file, subject="x", letter_date=nowdate()
			)

	def test_who_writes_the_contract_writes_to_the_customer(self):
		contract = self.signed(
			parties=[{"party_name": "X", "party_role": "Customer", "email": address("karen")}]
		)
		document = frappe.db.get_value("Contract Document", {"contract": contract.name})
		write = letters_api.write_to_customer
		with as_user("seller1"):
			shown = letters_api.letters_of_contract(contract.name)
			self.assertEqual(shown["addresses"], [address("karen")])
			mail = write(
				*(contract.name, f"{address('karen')}, {address('other')}", "The new plant"),
				*("<p>See it<script>alert(1)</script>.</p>", [document], self.own_file("Plan")),
			)
			for arguments, words in (
				(("nobody", "Subject", "Text"), "no e-mail address"),
				((address("karen"), " ", "Text"), "subject and a text"),
				((address("karen"), "Subject", "<p> </p>"), "subject and a text"),
				((address("karen"), "Subject", "Text", ["CTR-X-D001"]), "none of contract"),
				((address("karen"), "Subject", "Text", [], "/private/files/x"), "not there"),
			):
				with self.subTest(words):
					self.assertRaisesRegex(ContractError, words, write, contract.name, *arguments)
		mail = frappe.get_doc("Communication", mail["name"])
		self.assertNotIn("<script", mail.content)
		queue = frappe.get_doc("Email Queue", {"communication": mail.name})
		self.assertEqual({row.recipient for row in queue.recipients}, {address("karen"), address("other")})
		self.assertEqual(queue.attachments.count("fid"), 2)
		(row,) = self.seen(contract, "new plant")
		self.assertEqual((row["direction"], row["subject"]), ("Sent", "The new plant"))
		self.assertEqual(len(row["files"]), 2)
		for user in ("auditor", "seller2"):
			with self.subTest(user), as_user(user):
				self.assertRaises(frappe.PermissionError, write, contract.name, address("karen"), "S", "T")

	def test_it_stays_even_for_who_wrote_it(self):
		contract = self.contract()
		with as_user("seller1"):
			mail = frappe.get_doc(
				{
					"doctype": "Communication",
					"communication_type": "Communication",
					"communication_medium": "Email",
					"sent_or_received": "Sent",
					"recipients": address("karen"),
					"subject": "Offer",
					"content": "As discussed.",
					"reference_doctype": "B2B Contract",
					"reference_name": contract.name,
				}
			).insert(ignore_permissions=True)
			self.assertRaisesRegex(
				EvidenceError, "stays there", frappe.delete_doc, "Communication", mail.name
			)
		self.assertEqual([row["subject"] for row in self.seen(contract)], ["Offer"])


class Outside:
	"""A way of signing outside the house: asked in the transaction, answered by a message, withdrawn when nobody wants it any more."""

	name = "Outside"
	by_hand = False
	asked: list[str] = []
	withdrawn: list[str] = []

	def label(self) -> str:
		return "Outside signatures"

	def request(self, contract) -> str:
		self.asked.append(contract.name)
		return f"REF-{contract.name}"

	def withdraw(self, contract) -> None:
		self.withdrawn.append(contract.signature_reference)

	def collect(self, contract, given) -> Signed | None:
		if not given.get("file_url"):
			return None
		return Signed(
			given["day"],
			given["file_url"],
			(Signatory("Ours", "Us"), Signatory("Theirs", "Customer", "Director", address("director"))),
			"Sealed by Outside as 4711.",
		)


class TestSeam(ContractTestCase):
	def setUp(self):
		super().setUp()
		Outside.asked, Outside.withdrawn = [], []
		paths = ["b2b_contracts.contracts.signature_providers.RecordOfSigning", f"{__name__}.Outside"]
		real = frappe.get_hooks

		def hooks(hook=None, *arguments, **named):
			return paths if hook == signature_providers.HOOK else real(hook, *arguments, **named)

		patcher = patch.object(frappe, "get_hooks", hooks)
		patcher.start()
		self.addCleanup(patcher.stop)

	def sent(self):
		contract = self.approved()
		with as_user("contract_manager"):
			api.take_step(contract.name, "send_for_signature", provider="Outside")
		return contract.reload()

	def test_the_record_of_signing_is_the_first_of_its_users(self):
		contract = self.out_for_signature()
		self.assertEqual(
			(contract.signature_provider, contract.signature_reference), ("Record of Signing", None)
		)
		self.sign(contract)
		self.assertEqual(contract.reload().status, "Active")
		self.assertEqual(Outside.asked, [])

	def test_another_one_is_asked_and_what_it_sends_is_treated_like_any_signing(self):
		contract = self.sent()
		self.assertEqual(Outside.asked, [contract.name])
		self.assertEqual(
			(contract.signature_provider, contract.signature_reference),
			("Outside", f"REF-{contract.name}"),
		)
		# Nobody records by hand what the provider has not seen.
		self.refused(
			*(ContractError, "not everybody has signed"),
			*(api.record_signing, contract.name, nowdate(), self.file(), []),
		)
		with as_user("Guest"):
			self.assertIsNone(signing.received(contract.name, "Outside", {}))
			given = {"day": nowdate(), "file_url": self.file()}
		with as_user("Guest"):
			signing.received(contract.name, "Outside", given)
			self.assertEqual(frappe.session.user, "Guest")
			# The message came a second time.
			self.assertIsNone(signing.received(contract.name, "Outside", given))
		contract.reload()
		self.assertEqual((contract.status, contract.docstatus), ("Active", 1))
		self.assertEqual([row.signs_for for row in contract.signatories], ["Us", "Customer"])
		(signed,) = self.history(contract, "Signed")
		self.assertIn("Sealed by Outside as 4711.", signed.description)
		self.assertIn(contract.signed_file_hash, signed.description)
		self.assertTrue(frappe.db.exists("Contract Document", {"contract": contract.name, "kind": "Signed"}))
		self.assertTrue(frappe.db.exists(COPY, {"contract": contract.name, "email": address("director")}))

	def test_the_wrong_provider_is_refused(self):
		contract = self.out_for_signature()
		self.assertRaisesRegex(
			ContractError, "not with Outside", signing.received, contract.name, "Outside", {}
		)
		approved = self.approved()
		self.refused(
			*(ContractError, "no way of signing"),
			*(api.take_step, approved.name, "send_for_signature", None, "Nowhere"),
		)
		self.assertEqual(approved.reload().status, "Approved")

	def test_what_is_sent_back_or_rejected_is_withdrawn(self):
		for step in ("send_back", "reject"):
			contract = self.sent()
			with as_user("contract_manager"):
				api.take_step(contract.name, step, "Changed our mind")
			contract.reload()
			self.assertEqual(Outside.withdrawn[-1], f"REF-{contract.name}")
			self.assertFalse(contract.signature_provider or contract.signature_reference)

	def test_nobody_sets_the_provider_by_hand(self):
		contract = self.contract(signature_provider="Outside", signature_reference="X")
		self.assertFalse(contract.signature_provider or contract.signature_reference)

	def test_who_may_not_sign_may_not_by_a_provider_either(self):
		contract = self.sent()
		self.refused(
			*(NotYourMandateError, "Contract Manager"),
			*(api.record_signing, contract.name, nowdate(), "x", []),
			user="seller1",
		)
