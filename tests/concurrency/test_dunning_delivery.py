"""A dunning run by real workers, into a real SMTP server and a real SMS gateway."""

import sys
import time
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, nowdate

sys.path.insert(0, str(Path(__file__).parent))

SECONDS = 60


pytestmark = pytest.mark.usefixtures("site")


def an_overdue_customer(name: str, number: str = ""):
	from b2b_contracts.tests import factories as make

	customer = make.make_customer()
	phones = [{"phone": number, "is_primary_mobile_no": 1}] if number else []
	make.make_contact(
		customer, f"{name}-{frappe.generate_hash(length=8)}", [{"role": "Accounts Payable"}], phone_nos=phones
	)
	with make.policy_off():
		make.make_invoice(
			customer, 1_000, posting_date=add_days(nowdate(), -30), due_date=add_days(nowdate(), -8)
		)
	return customer


def run_over(channel: str, *customers):
	"""Start a real run of a flow of one step, and wait until the worker has done it."""
	from b2b_contracts.collections import dunning_runs
	from b2b_contracts.tests import test_dunning_runs as dunning
	from b2b_contracts.tests.scaffold import COMPANY

	template = dunning.make_template("Delivered")
	flow = frappe.get_doc(
		{
			"doctype": "Dunning Flow",
			"flow_name": f"Flow {frappe.generate_hash(length=6)}",
			"not_on_days_off": 0,
			"scopes": [{"customer": customer.name} for customer in customers],
			"steps": [dunning.step("D7", 7, channel, template=template, deadline_days=10)],
		}
	).insert()
	run = frappe.get_doc(
		{"doctype": "Dunning Run", "company": COMPANY, "mode": "Real", "flow": flow.name}
	).insert()
	dunning_runs.plan(run.name)
	frappe.db.commit()
	wait_until(lambda: frappe.db.get_value("Dunning Run", run.name, "status") == "Completed")
	return run.reload()


def wait_until(done) -> None:
	end = time.monotonic() + SECONDS
	while time.monotonic() < end:
		frappe.db.rollback()
		if done():
			return
		time.sleep(0.5)
	raise AssertionError("the worker did not come to it")


def notices(run) -> dict:
	rows = frappe.get_all(
		"Dunning Notice",
		{"run": run.name},
		["name", "customer", "status", "sent_by_channel", "delivery_error"],
	)
	return {row.customer: row for row in rows}


def flush() -> None:
	"""Send what is queued, as the scheduler has it done every minute; retries are not waited for."""
	from frappe.email.queue import flush as send_queued

	from b2b_contracts.collections import dunning_channels

	# The test site is muted; what it sends here goes to the sink.
	frappe.flags.testing_email, frappe.local.conf.mute_emails = True, 0
	for _try in range(4):
		send_queued()
		frappe.db.commit()
	dunning_channels.follow()
	frappe.db.commit()


def test_mails_arrive_once_and_the_refused_one_goes_as_a_letter(smtp):
	good, bad = an_overdue_customer("good"), an_overdue_customer("bad")
	smtp.refuse = lambda address: address.startswith("bad-")
	run = run_over("E-mail", good, bad)
	assert (run.sent, run.failed) == (2, 0)
	flush()
	found = notices(run)
	assert (found[good.name].status, found[good.name].sent_by_channel) == ("Sent", "E-mail")
	assert (found[bad.name].status, found[bad.name].sent_by_channel) == ("Queued", "Letter")
	((recipients, mail),) = smtp.mails
	assert all(address.startswith("good-") for address in recipients)
	assert mail["X-Dunning-Notice"] == found[good.name].name
	assert mail["List-Unsubscribe"] is None
	assert "1,000" in mail.get_body(("html",)).get_content()
	flush()
	assert len(smtp.mails) == 1
	assert frappe.db.count("Collection Task", {"customer": bad.name, "kind": "Find Address"}) == 1


def test_an_sms_arrives_once(gateway):
	customer = an_overdue_customer("sms", "+45 20 30 40 50")
	run = run_over("SMS", customer)
	assert run.sent == 1, notices(run)
	assert notices(run)[customer.name].status == "Sent"
	(message,) = gateway.messages
	assert message["to"] == "+4520304050"
	assert "Please pay." in message["text"]


def test_an_sms_that_the_gateway_refuses_goes_by_mail(gateway, smtp):
	gateway.answer = 402
	customer = an_overdue_customer("sms", "+45 20 30 40 51")
	run = run_over("SMS", customer)
	assert run.sent == 1, notices(run)
	flush()
	assert (notices(run)[customer.name].status, notices(run)[customer.name].sent_by_channel) == (
		"Sent",
		"E-mail",
	)
	assert (len(gateway.messages), len(smtp.mails)) == (1, 1)
