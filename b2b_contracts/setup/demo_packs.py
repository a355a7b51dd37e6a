"""The pack of the last month, and who gets it every month."""

import frappe
from frappe.utils import getdate

from b2b_contracts.engine import packs as engine
from b2b_contracts.reporting import packs
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import PERSON, Made, acting_as

READERS = {engine.EVERYBODY: ("henrik", "inge"), engine.COMMITTEE: ("henrik", "ellen")}


def make(made: Made) -> None:
	"""Schedule the packs from this month on, and have the one of last month made."""
	today = getdate()
	with acting_as("henrik"):
		for audience, readers in READERS.items():
			schedule = {
				"doctype": packs.SCHEDULE,
				"company": data.COMPANY,
				"audience": audience,
				"period": engine.MONTH,
				# What is over already is made here, and not sent to people who do not exist.
				"since": engine.period_of(engine.MONTH, today).last,
				"recipients": [{"user": PERSON[reader].email} for reader in readers],
			}
			frappe.get_doc(schedule).insert()
		last = engine.last_closed(engine.MONTH, today)
		pack = packs.ask(data.COMPANY, engine.EVERYBODY, engine.MONTH, last.last)
	frappe.db.commit()  # nosemgrep: a command, not a request
	packs.run(pack.name)
