"""What several of these tests send to: an SMTP server and an SMS gateway, set up on the site."""

import sys
from pathlib import Path

import frappe
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import sinks


@pytest.fixture
def smtp():
	from b2b_contracts.tests import factories as make

	with sinks.smtp() as sink:
		account = make.make_outgoing_account()
		account.db_set(
			{"smtp_server": "127.0.0.1", "smtp_port": sink.port, "use_tls": 0, "use_ssl_for_outgoing": 0}
		)
		frappe.db.set_value(
			"Email Account", {"name": ["!=", account.name], "default_outgoing": 1}, "default_outgoing", 0
		)
		# What other tests queued is not this test's mail.
		frappe.db.sql("update `tabEmail Queue` set status = 'Sent' where status <> 'Sent'")
		frappe.db.commit()
		frappe.clear_cache()
		yield sink.server


@pytest.fixture
def gateway():
	with sinks.sms() as sink:
		settings = frappe.get_doc("SMS Settings")
		settings.update(
			{
				"sms_gateway_url": f"http://127.0.0.1:{sink.port}/send",
				"message_parameter": "text",
				"receiver_parameter": "to",
				"use_post": 1,
			}
		)
		settings.save()
		frappe.db.commit()
		yield sink.server
