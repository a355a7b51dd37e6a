"""How notices leave the house: what falls back on what, what came back, and what only a person can say."""

import email
import email.policy
from unittest.mock import patch

import frappe
import requests
from frappe.utils import add_to_date, now_datetime

from b2b_contracts import dunning_api as api
from b2b_contracts.collections import dunning_channels
from b2b_contracts.exceptions import DunningError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import email_of
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, make_template, step

GATEWAY = "frappe.core.doctype.sms_settings.sms_settings.send_request"


class ChannelsTestCase(DunningTestCase):
	def by(self, channel: str, **fields):
		"""Let the flow have one step by a channel, and send it; returns the notice."""
		self.flow.set(
			"steps", [step("D7", 7, channel, template=make_template("Any"), deadline_days=10, **fields)]
		)
		self.flow.save()
		self.owes(1_000, 7)
		return self.notice(self.sent(self.planned()))

	def mobile(self, number: str = "+45 20 30 40 50"):
		contact = frappe.get_last_doc("Contact", {"first_name": ["like", "Ap-%"]})
		contact.append("phone_nos", {"phone": number, "is_primary_mobile_no": 1})
		contact.save()

	def gateway(self):
		frappe.db.set_single_value("SMS Settings", "sms_gateway_url", "http://sms.example.com")
		frappe.db.set_single_value("SMS Settings", "message_parameter", "text")
		frappe.db.set_single_value("SMS Settings", "receiver_parameter", "to")

	def tasks(self, notice) -> list[str]:
		return frappe.get_all(
			"Collection Task", {"reference_name": notice.name}, pluck="kind", order_by="creation"
		)

	def log(self) -> list[str]:
		return frappe.get_all("Dunning Log", {"customer": self.customer.name}, pluck="status")


class TestMail(ChannelsTestCase):
	def test_sent_by_the_queue(self):
		notice = self.by("E-mail")
		self.assertEqual(notice.status, "Queued")
		frappe.db.set_value("Email Queue", notice.email_queue, "status", "Sent")
		with self.in_a_job():
			dunning_channels.follow()
			dunning_channels.follow()
		self.assertEqual((notice.reload().status, self.log()), ("Sent", ["Sent"]))

	def test_refused_by_the_server_it_goes_as_a_letter_and_somebody_finds_the_address(self):
		notice = self.by("E-mail")
		values = {"status": "Error", "error": "Traceback…\nSMTPRecipientsRefused: 550 no such user"}
		frappe.db.set_value("Email Queue", notice.email_queue, values)
		with self.in_a_job():
			dunning_channels.follow()
			dunning_channels.follow()
		notice.reload()
		self.assertEqual((notice.status, notice.sent_by_channel), ("Queued", "Letter"))
		self.assertIn("no such user", notice.delivery_error)
		self.assertEqual(self.tasks(notice), ["Find Address"])

	def test_without_an_address_it_goes_as_a_letter(self):
		frappe.db.delete("Contact Email", {"email_id": ["like", "ap-%"]})
		frappe.db.sql("update tabContact set email_id = '' where first_name like 'Ap-%%'")
		notice = self.by("E-mail")
		self.assertEqual((notice.status, notice.sent_by_channel), ("Queued", "Letter"))
		self.assertEqual(self.tasks(notice), ["Find Address"])

	def test_without_an_outgoing_account_it_goes_as_a_letter(self):
		with patch.object(frappe, "sendmail", side_effect=AttributeError("no account")):
			notice = self.by("E-mail")
		self.assertEqual((notice.status, notice.sent_by_channel), ("Queued", "Letter"))
		self.assertIn("outgoing email account", notice.delivery_error)

	def test_the_queue_died_over_it(self):
		notice = self.by("E-mail")
		frappe.db.set_value("Email Queue", notice.email_queue, "status", "Sending")
		with self.in_a_job():
			dunning_channels.follow()
			self.assertEqual(notice.reload().status, "Queued")
			long_ago = add_to_date(now_datetime(), hours=-2)
			frappe.db.set_value(
				"Email Queue", notice.email_queue, "modified", long_ago, update_modified=False
			)
			dunning_channels.follow()
		self.assertEqual((notice.reload().status, self.log()), ("Unclear", ["Unclear"]))
		self.assertEqual(self.tasks(notice), ["Decide Unclear"])
		with as_user("collector"):
			api.decide_unclear(notice.name, True)
		self.assertEqual((notice.reload().status, self.log()), ("Sent", ["Sent"]))
		self.assertFalse(
			frappe.db.exists("Collection Task", {"reference_name": notice.name, "status": "Open"})
		)
		with as_user("collector"), self.assertRaises(DunningError):
			api.decide_unclear(notice.name, True)

	def test_what_the_queue_noted_of_every_recipient_is_known(self):
		notice = self.by("E-mail")
		frappe.db.set_value("Email Queue Recipient", {"parent": notice.email_queue}, "status", "Sent")
		values = {"status": "Sending", "modified": add_to_date(now_datetime(), hours=-2)}
		frappe.db.set_value("Email Queue", notice.email_queue, values, update_modified=False)
		with self.in_a_job():
			dunning_channels.follow()
		self.assertEqual(notice.reload().status, "Sent")

	def test_one_that_did_not_go_says_a_person_goes_by_letter(self):
		notice = self.by("E-mail")
		values = {"status": "Sending", "modified": add_to_date(now_datetime(), hours=-2)}
		frappe.db.set_value("Email Queue", notice.email_queue, values, update_modified=False)
		with self.in_a_job():
			dunning_channels.follow()
		with as_user("collector"):
			api.decide_unclear(notice.name, False)
		notice.reload()
		self.assertEqual((notice.status, notice.sent_by_channel, self.log()), ("Queued", "Letter", ["Sent"]))

	def test_reply_goes_to_the_collector_and_documents_go_with_it(self):
		frappe.db.set_value("Customer", self.customer.name, "b2b_collector", email_of("collector"))
		notice = self.by("E-mail", attach_letter=1, attach_invoices=1)
		queue = frappe.get_doc("Email Queue", notice.email_queue)
		self.assertIn(f"Reply-To: {email_of('collector')}", queue.message)
		self.assertIn(f"X-Dunning-Notice: {notice.name}", queue.message)
		# They are in the mail: nothing is left for the queue to print.
		self.assertEqual(frappe.parse_json(queue.attachments), [])
		mail = email.message_from_string(queue.message, policy=email.policy.default)
		attached = {part.get_filename(): part.get_content()[:5] for part in mail.iter_attachments()}
		self.assertEqual(
			attached, {f"{notice.name}.pdf": b"%PDF-", f"{notice.items[0].sales_invoice}.pdf": b"%PDF-"}
		)


class TestBounce(ChannelsTestCase):
	def comes_back(self, subject: str, content: str, sender: str = "MAILER-DAEMON@mx.example.com"):
		return frappe.get_doc(
			{
				"doctype": "Communication",
				"communication_type": "Communication",
				"communication_medium": "Email",
				"sent_or_received": "Received",
				"sender": sender,
				"subject": subject,
				"content": content,
			}
		).insert(ignore_permissions=True)

	def test_known_by_its_reference(self):
		notice = self.by("E-mail")
		mail = self.comes_back("Undelivered Mail Returned to Sender", f"<p>Our reference: {notice.name}</p>")
		notice.reload()
		self.assertEqual((notice.status, notice.sent_by_channel), ("Queued", "Letter"))
		self.assertEqual(self.tasks(notice), ["Find Address"])
		self.assertEqual(mail.reload().reference_name, notice.name)
		self.comes_back("Undelivered Mail Returned to Sender", f"<p>Our reference: {notice.name}</p>")
		self.assertEqual(self.tasks(notice), ["Find Address"])

	def test_known_by_the_address_that_failed(self):
		notice = self.by("E-mail")
		self.comes_back(
			"Delivery Status Notification (Failure)", f"The address {notice.recipients} is unknown."
		)
		self.assertEqual(notice.reload().sent_by_channel, "Letter")

	def test_an_answer_of_the_customer_is_none(self):
		notice = self.by("E-mail")
		self.comes_back(f"Re: {notice.subject}", f"Please wait. {notice.name}", sender=notice.recipients)
		self.assertEqual(notice.reload().sent_by_channel, "E-mail")


class TestSms(ChannelsTestCase):
	def test_sent_once_through_the_gateway(self):
		self.mobile()
		self.gateway()
		with patch(GATEWAY, return_value=200) as sent:
			notice = self.by("SMS")
		self.assertEqual(sent.call_count, 1)
		self.assertEqual(sent.call_args.args[1]["to"], "+4520304050")
		self.assertIn("Please pay.", sent.call_args.args[1]["text"])
		self.assertEqual((notice.status, self.log()), ("Sent", ["Sent"]))

	def test_refused_it_goes_by_mail(self):
		self.mobile()
		self.gateway()
		with patch(GATEWAY, side_effect=requests.HTTPError("402 no credit")):
			notice = self.by("SMS")
		self.assertEqual((notice.status, notice.sent_by_channel), ("Queued", "E-mail"))
		self.assertEqual(len(self.mails(notice)), 1)
		self.assertIn("402", notice.delivery_error)

	def test_without_number_or_gateway_it_goes_by_mail(self):
		notice = self.by("SMS")
		self.assertEqual((notice.sent_by_channel, len(self.mails(notice))), ("E-mail", 1))

	def test_no_answer_is_unclear(self):
		self.mobile()
		self.gateway()
		with patch(GATEWAY, side_effect=requests.ReadTimeout("no answer")):
			notice = self.by("SMS")
		self.assertEqual((notice.status, self.log()), ("Unclear", ["Unclear"]))
		with as_user("collector"):
			api.decide_unclear(notice.name, False)
		notice.reload()
		self.assertEqual((notice.sent_by_channel, len(self.mails(notice))), ("E-mail", 1))

	def test_a_worker_that_died_over_it_leaves_it_unclear(self):
		self.mobile()
		self.gateway()
		with patch("b2b_contracts.collections.dunning_channels._send_sms"):
			notice = self.by("SMS")
		self.assertEqual(notice.status, "Sending")
		with self.in_a_job():
			dunning_channels.follow()
			self.assertEqual(notice.reload().status, "Sending")
			long_ago = add_to_date(now_datetime(), hours=-1)
			frappe.db.set_value("Dunning Notice", notice.name, "modified", long_ago, update_modified=False)
			dunning_channels.follow()
		self.assertEqual(notice.reload().status, "Unclear")

	def test_no_other_run_sends_it_meanwhile(self):
		self.mobile()
		self.gateway()
		with patch(GATEWAY, side_effect=requests.ReadTimeout("no answer")):
			self.by("SMS")
		run = self.planned()
		self.assertEqual(frappe.db.count("Dunning Notice", {"run": run.name}), 0)
		make.make_payment(customer=self.customer, amount=1)
