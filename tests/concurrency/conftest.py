"""What several of these tests need: the test site, and an SMTP server and an SMS gateway set up on it."""

import sys
from pathlib import Path

import frappe
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import racers
import sinks


@pytest.fixture(scope="module")
def site():
	"""The test site with its company, connected as Administrator."""
	if not racers.SITE:
		pytest.fail("B2B_TEST_SITE names no site: run these tests by bin/test")
	racers.connect()
	from b2b_contracts.tests import scaffold

	scaffold.ensure_world()
	frappe.db.commit()
	yield
	frappe.destroy()


@pytest.fixture(scope="module")
def mailing_site(site):
	"""The test site with an account that mails go out by."""
	from b2b_contracts.tests import factories as make

	make.make_outgoing_account()
	frappe.db.commit()


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
