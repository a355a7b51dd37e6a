"""Reminders of the demo company: a run that was sent to the growing customers, with the letters that it has left to print, and
one over everybody that waits to be looked through."""

from datetime import timedelta

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import dunning_api as api
from b2b_contracts import letters_api
from b2b_contracts.collections import dunning_channels, dunning_planning, dunning_runs
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_data import PERSON
from b2b_contracts.setup.demo_state import Made, acting_as, say

SENT_TO = "B"
# Who has asked for time, and why nobody reminds them of it.
EXCLUDED, REASON = (
	"sundmark",
	"Their bookkeeping moves house; agreed by telephone until the end of the month.",
)


def remind(made: Made) -> None:
	"""Give every customer a collector, leave one out, send a run, and print its letters but one."""
	frappe.db.set_value(
		"Customer",
		{"name": ["in", [name for key, name in made.names.items() if key.startswith("customer:")]]},
		"b2b_collector",
		PERSON["peter"].email,
	)
	with acting_as("peter"):
		exclusion = frappe.get_doc(
			{
				"doctype": "Dunning Exclusion",
				"customer": made.names[f"customer:{EXCLUDED}"],
				"for_company": data.COMPANY,
				"valid_until": add_days(nowdate(), 30),
				"reason": REASON,
			}
		).insert()
	made.names["dunning:exclusion"] = exclusion.name
	made.keep()
	sent = _run(made, "sent", mode=dunning_runs.REAL, segment=SENT_TO)
	printed = _print_letters(made, sent.name)
	say(f"  {sent.sent} reminders sent, {printed} of them printed")


def plan(made: Made) -> None:
	"""Plan a run over everybody, which somebody may look through and send."""
	planned = _run(made, "planned")
	say(f"  {planned.planned} reminders planned")


def _run(made: Made, key: str, **fields):
	with acting_as("karen"):
		run = frappe.get_doc(
			{"doctype": "Dunning Run", "company": data.COMPANY, "run_date": _working_day(), **fields}
		).insert()
		api.plan_run(run.name)
	made.names[f"dunning:{key}"] = run.name
	made.keep()
	# Now, what workers do later: there may be none yet. Once for the plan, once for the sending.
	for _state in range(2):
		for shard in frappe.get_all("Dunning Run Shard", {"parent": run.name}, pluck="name", order_by="idx"):
			dunning_runs.work(run.name, shard)
	return run.reload()


def _print_letters(made: Made, run: str) -> int:
	"""Print the letters of a run as one pile, which stays with the run, and post them; the last one is left to print. Returns how
	many were printed."""
	waiting = {"run": run, "status": "Queued", "sent_by_channel": ["in", dunning_channels.LETTERS]}
	letters = frappe.get_all("Dunning Notice", waiting, pluck="name", order_by="name")[:-1]
	if not letters:
		return 0
	with acting_as("karen"):
		pile = letters_api.print_letters(letters)["file_url"]
		letters_api.mark_printed(letters)
	frappe.db.set_value(
		"File", {"file_url": pile}, {"attached_to_doctype": "Dunning Run", "attached_to_name": run}
	)
	made.keep()
	return len(letters)


def _working_day():
	"""Return today, or the last day on which reminders go out."""
	day = getdate()
	while (
		dunning_planning.is_quiet(data.COMPANY, day)
		and (getdate() - day).days < dunning_runs.DAYS_A_PLAN_KEEPS
	):
		day -= timedelta(days=1)
	return day
