"""The dunning run of the demo company as it is: previewed, sent by two workers into a real SMTP server and a real SMS gateway,
killed in the middle, gone on with, and read."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import frappe
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import racers

QUEUES = "b2b-demo-run"
CUSTOMERS_A_SHARD = 4
SECONDS = 120
WORKERS = 2
KILLED_AFTER = 3
DAYS_LATER = 14


@pytest.fixture(scope="module", autouse=True)
def company():
	if not racers.SITE:
		pytest.fail("B2B_TEST_SITE names no site: run these tests by bin/test")
	racers.connect()
	from b2b_contracts.setup import demo, demo_data
	from b2b_contracts.tests import scaffold
	from b2b_contracts.tests.test_dunning_runs import age

	scaffold.ensure_world()
	frappe.db.commit()
	with contextlib.redirect_stdout(io.StringIO()):
		demo.make(force=True, months=1)
	# Two weeks later more of it is overdue.
	for customer in frappe.get_all(
		"Customer", {"name": ["in", [c.name for c in demo_data.CUSTOMERS]]}, pluck="name"
	):
		age(customer, DAYS_LATER)
	frappe.db.commit()
	yield
	frappe.db.rollback()
	with contextlib.redirect_stdout(io.StringIO()):
		demo.clear()
	frappe.destroy()


@pytest.fixture
def workers(tmp_path):
	"""Workers with queues of their own, which really send: the test's site in a folder of sites with another configuration."""
	sites = tmp_path / "sites"
	sites.mkdir()
	(tmp_path / "logs").mkdir()
	config = "common_site_config.json"
	for entry in Path.cwd().iterdir():
		if entry.name != config:
			(sites / entry.name).symlink_to(entry)
	values = json.loads(Path(config).read_text(encoding="utf-8"))
	(sites / config).write_text(
		json.dumps({**values, "bench_id": QUEUES, "mute_emails": 0}), encoding="utf-8"
	)
	former, frappe.local.conf.bench_id = frappe.local.conf.bench_id, QUEUES
	crew = Crew(sites)
	yield crew
	crew.kill()
	frappe.local.conf.bench_id = former


class Crew:
	"""Two workers, which can be killed as the kernel kills: without a word to anybody."""

	def __init__(self, sites: Path):
		self.sites, self.running = sites, []

	def start(self) -> None:
		# A worker that believes itself in a test run sends no mails.
		environment = {key: value for key, value in os.environ.items() if key != "CI"}
		command = ["-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short,default,long"]
		with (self.sites.parent / "worker.log").open("a", encoding="utf-8") as log:
			self.running = [
				subprocess.Popen(
					[sys.executable, *command, "--quiet"],
					cwd=self.sites,
					env=environment,
					stdout=log,
					stderr=log,
				)
				for _worker in range(WORKERS)
			]

	def kill(self) -> None:
		for worker in self.running:
			# Each job runs in a process of its own, which would finish it.
			for process in psutil.Process(worker.pid).children(recursive=True):
				with contextlib.suppress(psutil.NoSuchProcess):
					process.send_signal(signal.SIGKILL)
			worker.kill()
			worker.wait()
		self.running = []


def wait_until(done, between: float = 0.3):
	"""Wait until `done` is true of what others have committed; returns what it was."""
	end = time.monotonic() + SECONDS
	while time.monotonic() < end:
		frappe.db.rollback()
		if found := done():
			return found
		time.sleep(between)
	raise AssertionError("the workers did not come to it")


def notices(run: str, *statuses: str) -> list:
	filters = {"run": run, **({"status": ["in", statuses]} if statuses else {})}
	fields = ["name", "customer", "status", "channel", "sent_by_channel", "recipients", "delivery_error"]
	return frappe.get_all("Dunning Notice", filters, fields, order_by="name")


def status_of(run: str) -> str:
	return frappe.db.get_value("Dunning Run", run, "status")


def planned_as(person: str, monkeypatch) -> str:
	from b2b_contracts import dunning_api
	from b2b_contracts.collections import dunning_runs
	from b2b_contracts.setup import demo_data, demo_dunning
	from b2b_contracts.setup.demo_state import acting_as

	monkeypatch.setattr(dunning_runs, "CUSTOMERS_PER_SHARD", CUSTOMERS_A_SHARD)
	with acting_as(person):
		run = frappe.get_doc(
			{
				"doctype": "Dunning Run",
				"company": demo_data.COMPANY,
				"run_date": demo_dunning._working_day(),
			}
		).insert()
		dunning_api.plan_run(run.name)
		frappe.db.commit()
	wait_until(lambda: status_of(run.name) == "Planned")
	return run.name


def test_previewed_sent_killed_gone_on_with_and_read(smtp, gateway, workers, monkeypatch):
	from b2b_contracts import dunning_api
	from b2b_contracts.collections import dunning_runs
	from b2b_contracts.setup.demo_state import acting_as

	workers.start()
	name = planned_as("karen", monkeypatch)
	assert len(frappe.get_all("Dunning Run Shard", {"parent": name})) > WORKERS
	with acting_as("karen"):
		shown = dunning_api.notices(name, "Planned")
		assert {row["name"] for row in shown} == {row.name for row in notices(name, "Planned")}
		left_out = shown[0]["name"]
		dunning_api.leave_out([left_out], "They have called; they pay on Monday.")
	before = {row.name: row for row in notices(name, "Planned")}
	assert len(before) > KILLED_AFTER + WORKERS
	assert not (smtp.mails or gateway.messages)

	with acting_as("karen"):
		dunning_api.send_run(name)
		frappe.db.commit()
	wait_until(lambda: len(notices(name, "Planned")) <= len(before) - KILLED_AFTER, between=0.01)
	workers.kill()
	frappe.db.rollback()
	to_go = len(notices(name, "Planned"))
	assert 0 < to_go < len(before)
	assert status_of(name) == "Sending"
	monkeypatch.setattr(dunning_runs, "SECONDS_UNTIL_STILL", 0)
	time.sleep(1.1)
	with acting_as("karen"):
		state = dunning_api.run_state(name)
		assert (state["stands_still"], state["planned"]) == (True, to_go)
		workers.start()
		dunning_api.go_on_run(name)
		frappe.db.commit()
	wait_until(lambda: status_of(name) == "Completed")

	after = {row.name: row for row in notices(name) if row.name in before}
	assert after.pop(left_out).status == "Skipped"
	assert {row.status for row in after.values()} <= {"Queued", "Sent"}, after
	send_mails(name)
	run = frappe.get_doc("Dunning Run", name)
	assert (run.sent, run.planned, run.failed, run.unclear) == (len(after), 0, 0, 0)
	by_mail = {row.name: row.recipients for row in notices(name) if row.sent_by_channel == "E-mail"}
	assert by_mail
	assert left_out not in by_mail
	arrived = Counter(
		(mail["X-Dunning-Notice"], address) for recipients, mail in smtp.mails for address in recipients
	)
	of_this_run = Counter(
		{key: times for key, times in arrived.items() if key[0] and key[0].startswith(name)}
	)
	assert of_this_run == Counter(
		(notice, address) for notice, recipients in by_mail.items() for address in recipients.split(", ")
	)
	texts = Counter(row.recipients for row in notices(name) if row.sent_by_channel == "SMS")
	assert Counter(message["to"] for message in gateway.messages) == texts
	each_step_once(name)
	with acting_as("karen"):
		assert not dunning_api.run_state(name)["stands_still"]
		rows = {row["name"]: row for row in dunning_api.notices(name)}
	assert rows[left_out]["reason_text"] == "They have called; they pay on Monday."
	assert all(rows[mail]["status"] == "Sent" for mail in by_mail)
	# The same day once more: whoever got something gets nothing.
	again = planned_as("karen", monkeypatch)
	assert {row.customer for row in notices(again, "Planned")} <= {before[left_out].customer}


def send_mails(run: str) -> None:
	"""Have a worker send what is queued, as the scheduler has it done every minute, and see what became of it."""
	mails = {"reference_doctype": "Dunning Notice", "status": ["!=", "Sent"]}
	frappe.enqueue("frappe.email.queue.flush", queue="short")
	wait_until(lambda: not frappe.get_all("Email Queue", mails))
	frappe.enqueue("b2b_contracts.collections.dunning_runs.sweep", queue="short")
	wait_until(
		lambda: not [row for row in notices(run, "Queued", "Sending") if row.sent_by_channel == "E-mail"]
	)


def each_step_once(run: str) -> None:
	"""Each notice that went has one row in the log for each item that took its step, and each charge is there once."""
	logs = frappe.get_all("Dunning Log", {"notice": ["like", f"{run}-%"]}, ["log_key", "status", "notice"])
	assert len({log.log_key for log in logs}) == len(logs)
	assert {log.status for log in logs} == {"Sent"}
	charged = Counter(
		frappe.get_all("Dunning", {"b2b_dunning_notice": ["like", f"{run}-%"]}, pluck="b2b_dunning_notice")
	)
	assert set(charged.values()) <= {1}
