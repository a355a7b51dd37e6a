"""A pack whose worker is killed between every two of its effects, and gone on with by the sweep, is there once, whole and unchanged, and
each reader gets one mail."""

import sys
from pathlib import Path
from unittest.mock import patch

import frappe
import pytest
from frappe.utils import add_to_date, getdate, now_datetime

sys.path.insert(0, str(Path(__file__).parent))
import killing

MOST_STARTS = 150
READERS = ("cfo", "auditor", "seller1")

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture(scope="module")
def schedule(site):
	from b2b_contracts.engine import packs as engine
	from b2b_contracts.reporting import packs
	from b2b_contracts.tests import factories as make
	from b2b_contracts.tests.scaffold import COMPANY, email_of

	make.make_outgoing_account()
	doc = frappe.get_doc(
		{
			"doctype": packs.SCHEDULE,
			"company": COMPANY,
			"audience": engine.CFO,
			"period": engine.MONTH,
			"days_after": 0,
			"since": engine.last_closed(engine.MONTH, getdate()).last,
			"recipients": [{"user": email_of(user)} for user in READERS],
		}
	).insert()
	frappe.db.commit()
	return doc


def write_quickly(path, asked, tell):
	from b2b_contracts.reporting.pack_workbook import Made

	path.write_bytes(b"a workbook")
	return Made("the books", {})


def work():
	"""What the scheduler and the worker do, one after the other; no worker of another process is at it."""
	from b2b_contracts.reporting import pack_workbook, packs

	with (
		patch.object(packs, "is_job_enqueued", return_value=False),
		patch.object(packs.jobs, "after_commit"),
		patch.object(packs, "_close_months"),
		patch.object(pack_workbook, "write", write_quickly),
	):
		packs.sweep()
		for name in frappe.get_all(packs.DOCTYPE, {"status": packs.QUEUED}, pluck="name"):
			packs.run(name)


def test_killed_between_every_two_effects(schedule):
	from b2b_contracts.reporting import pack_files, pack_mails, packs

	mine = {"schedule": schedule.name}
	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(work, at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		found = frappe.get_all(packs.DOCTYPE, mine, ["name", "status", "file", "file_hash"])
		assert len(found) <= 1, f"start {at} has made a second pack"
		for pack in found:
			is_made = pack.status == packs.COMPLETED
			rows = {"attached_to_doctype": packs.DOCTYPE, "attached_to_name": pack.name}
			assert frappe.db.count("File", rows) == int(is_made), f"start {at} left a file"
			assert pack_files.is_unchanged(pack.file, pack.file_hash) == is_made
			# It was killed long ago, and is not given up: that is for another test.
			started = add_to_date(now_datetime(), hours=-1)
			frappe.db.set_value(packs.DOCTYPE, pack.name, {"attempts": 0, "started_on": started})
			frappe.db.commit()
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the pack is not made after {MOST_STARTS} starts")
	assert at > 10
	(pack,) = frappe.get_all(packs.DOCTYPE, mine, ["name", "status", "version"])
	assert (pack.status, pack.version) == (packs.COMPLETED, 1)
	mails = frappe.get_all(pack_mails.MAIL, {"parent": pack.name}, pluck="status", order_by="idx")
	assert mails == ["Queued", "Queued", "Not Allowed"]
	queued = {"reference_doctype": packs.DOCTYPE, "reference_name": pack.name}
	assert frappe.db.count("Email Queue", queued) == 2
	work()
	assert frappe.db.count("Email Queue", queued) == 2
	assert frappe.db.count(packs.DOCTYPE, mine) == 1
