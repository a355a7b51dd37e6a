"""Signed copies that are sent by a job which is killed between every two of its effects, started again, and run twice at once: each
recipient finds one in the mailbox, with the signed file."""

import sys
import threading
from collections import Counter
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, nowdate

sys.path.insert(0, str(Path(__file__).parent))
import killing
import racers

MOST_STARTS = 200
SIGNED = "Signed by both sides, on every page."

pytestmark = pytest.mark.usefixtures("site")


def an_address(name: str) -> str:
	return f"{name}-{frappe.generate_hash(length=6)}@b2b-test.example.com"


def a_signed_contract() -> tuple[str, list[str]]:
	"""Make a contract that was just signed, its copies planned; returns its name and who is to get one."""
	from b2b_contracts.contracts import copies
	from b2b_contracts.tests import factories as make
	from b2b_contracts.tests.scaffold import COMPANY, email_of

	parties = {
		"Us": an_address("us"),
		"Customer": an_address("customer"),
		"Guarantor": an_address("guarantor"),
	}
	doc = frappe.get_doc(
		{
			"doctype": "B2B Contract",
			"title": "Copied",
			"customer": make.make_customer().name,
			"company": COMPANY,
			"currency": "DKK",
			"contract_type": "Frame Agreement",
			"confidentiality": "Internal",
			"contract_owner": email_of("contract_manager"),
			"account_manager": email_of("seller1"),
			"duration_type": "Fixed",
			"initial_months": 12,
			"start_date": add_days(nowdate(), 5),
			"parties": [
				{"party_name": role, "party_role": role, "email": email} for role, email in parties.items()
			],
		}
	).insert()
	file = frappe.get_doc(
		{"doctype": "File", "file_name": f"{doc.name}.txt", "is_private": 1, "content": SIGNED}
	).insert()
	doc.db_set({"signed_on": nowdate(), "signed_file": file.file_url, "docstatus": 1}, update_modified=False)
	copies.plan(doc)
	return doc.name, sorted([*parties.values(), email_of("contract_manager"), email_of("seller1")])


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
	"""The worker of the test site would send them at once."""
	from b2b_contracts.contracts import copies

	monkeypatch.setattr(copies.jobs, "after_commit", lambda *arguments, **named: None)


def sent_to(name: str) -> list[str]:
	return sorted(frappe.get_all("Contract Event", {"contract": name, "event": "Copy Sent"}, pluck="told"))


def flush() -> None:
	"""Send what is queued, as the scheduler has it done every minute."""
	from frappe.email.queue import flush as send_queued

	# The test site is muted; what it sends here goes to the sink.
	frappe.flags.testing_email, frappe.local.conf.mute_emails = True, 0
	for _try in range(2):
		send_queued()
		frappe.db.commit()


def arrived(smtp, title: str) -> Counter:
	found = Counter()
	for recipients, mail in smtp.mails:
		if title in mail["Subject"]:
			(attached,) = list(mail.iter_attachments())
			assert attached.get_content().strip() == SIGNED
			found.update(recipients)
	return found


def test_killed_between_every_two_effects_and_run_again(smtp):
	from b2b_contracts.contracts import copies

	name, wanted = a_signed_contract()
	frappe.db.commit()
	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(lambda: copies.send_planned(name), at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the job is not through after {MOST_STARTS} starts")
	assert at > 10
	assert sent_to(name) == wanted
	for _run in range(2):
		copies.send_planned(name)
		copies.sweep()
	flush()
	assert arrived(smtp, name) == Counter(wanted)
	copies.sweep()
	frappe.db.commit()
	assert set(frappe.get_all("Contract Copy", {"contract": name}, pluck="status")) == {"Sent"}
	flush()
	assert arrived(smtp, name) == Counter(wanted)


def test_two_jobs_at_once_send_one_each(smtp):
	from b2b_contracts.contracts import copies

	name, wanted = a_signed_contract()
	frappe.db.commit()
	start, failed = threading.Barrier(2), []

	def job():
		try:
			racers.connect()
			start.wait()
			copies.send_planned(name)
			frappe.db.commit()
		except Exception as error:
			failed.append(error)
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=job) for _job in range(2)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert not failed
	frappe.db.rollback()
	assert sent_to(name) == wanted
	flush()
	assert arrived(smtp, name) == Counter(wanted)


def test_a_contract_is_changed_while_a_mail_about_it_is_filed(smtp):
	"""Both write the contract and the words that it is found by; they take them in the same order."""
	from b2b_contracts.contracts import copies, in_force, search_texts

	name, wanted = a_signed_contract()
	frappe.db.commit()
	failed = []

	def job():
		try:
			racers.connect()
			copies.send_planned(name)
			frappe.db.commit()
		except Exception as error:
			failed.append(error)
		finally:
			frappe.destroy()

	doc = in_force.locked_doc(name)
	sending = threading.Thread(target=job)
	sending.start()
	# Long enough for the mail to be written, and to wait for what is held here.
	sending.join(3)
	assert sending.is_alive()
	doc.title = "Copied, and changed meanwhile"
	search_texts.keep(doc)
	frappe.db.commit()
	sending.join(60)
	assert not failed
	frappe.db.commit()
	assert sent_to(name) == wanted
