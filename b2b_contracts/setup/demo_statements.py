"""Balances that customers of the demo company were asked to confirm for the audit, one in each state; and a claim that is about
to expire.

Printed, so that nobody needs a mail server: entered by the collector, answered by the customers' links. Only that time has
passed without an answer is written.
"""

import frappe
from frappe.utils import add_days, add_years, cint, getdate, now_datetime, nowdate

from b2b_contracts import statements_api as api
from b2b_contracts.collections import balance_confirmations, limitation, statement_runs
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import demo_trade
from b2b_contracts.setup.demo_state import Made, acting_as, say

SEGMENT = "A"
# Customer, amount, days until it expires, text: too small to hold anything
OLD_CLAIM = ("sundmark", 480, 25, "Freight that was never paid")
CONFIRMED, DIFFERS, SILENT = "fjordlund", "nordmole", "kystlyng"


def ask_for_balances(made: Made) -> None:
	"""Ask the customers of a segment to confirm their balance; one does, one does not, one never answers, the others may yet."""
	with acting_as("peter"):
		run = frappe.get_doc(
			{
				"doctype": statement_runs.RUN,
				"company": data.COMPANY,
				"kind": "Balance Confirmation",
				"to_date": add_days(nowdate(), -1),
				"segment": SEGMENT,
				"delivery": "Print",
			}
		).insert()
		api.start_statement_run(run.name)
	made.names["statements:run"] = run.name
	made.keep()
	# Now, what a worker does later: there may be none yet.
	statement_runs.go_on(run.name)
	_answer(_of(made, CONFIRMED), "Confirmed")
	with acting_as("lars"):
		api.decide_acknowledgement(
			_of(made, CONFIRMED), 1, "Signed for by the finance director of the customer."
		)
	doc = frappe.get_doc(balance_confirmations.DOCTYPE, _of(made, DIFFERS))
	theirs = {row.currency: row.our_amount - 4_500 for row in doc.amounts}
	_answer(doc.name, "Differs", "We returned goods worth 4,500 in March.", frappe.as_json(theirs))
	_let_time_pass(_of(made, SILENT))
	_warn_of_old_claim(made)
	made.keep()
	say(f"  {cint(run.reload().planned_count)} balances to confirm")


def book_old_claim(made: Made) -> None:
	"""Let a small amount have been left over for nearly three years: part of the history, before anything is decided."""
	customer, amount, days_left, text = OLD_CLAIM
	day = getdate(add_years(add_days(nowdate(), days_left), -3))
	demo_trade.book_journal(made, customer, amount, day, text)


def _warn_of_old_claim(made: Made) -> None:
	"""Warn people that it expires, as the nightly job does."""
	name = made.names[f"customer:{OLD_CLAIM[0]}"]
	limitation.warn(name, data.COMPANY, limitation.expiring(data.COMPANY, customer=name))


def _of(made: Made, customer: str) -> str:
	filters = {"run": made.names["statements:run"], "customer": made.names[f"customer:{customer}"]}
	return frappe.db.get_value(balance_confirmations.DOCTYPE, filters)


def _answer(name: str, answer: str, comment: str = "", amounts: str = "") -> None:
	token = balance_confirmations.link_of(name).split("token=")[1]
	frappe.set_user("Guest")
	try:
		balance_confirmations.submit(token, answer, "Rikke Krag", comment, amounts)
	finally:
		frappe.set_user("Administrator")


def _let_time_pass(name: str) -> None:
	"""Let a balance have been sent and reminded of so long ago that it is given up."""
	days = {"sent_on": add_days(now_datetime(), -40), "reminded_on": add_days(now_datetime(), -26)}
	frappe.db.set_value(balance_confirmations.DOCTYPE, name, days, update_modified=False)
	balance_confirmations.follow(name)
