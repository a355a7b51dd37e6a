"""What the desk and other software may call around back-tests. Permission is checked first, every method is typed.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for
everything else.
"""

import json

import frappe
from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts.backtest.policy_file import PolicyFileError
from b2b_contracts.credit import back_test_inputs, backtesting, book_export, policy_files

# A ledger of some millions of entries.
TIMEOUT = 2 * 60 * 60


@frappe.whitelist(methods=["POST"])
def export_book(companies: str | list, from_date: str, to_date: str, anonymise: bool | int = False) -> dict:
	"""Have the trade of companies and a period written as a book, a ZIP of CSV files that `b2b-contracts` replays.

	For those who may read all credit data of the companies. Returns `{job}` at once. The work is done in a job, one at a
	time for each user, which tells the user by the realtime event `b2b_book_export`: `{job, progress (0 to 100), text}`
	while it goes on, `{job, file_url, file_name, rows: {sheet: number}}` or `{job, error}` at its end; and by a notification
	with a link to the file, which is private to the user.
	"""
	names = _names(companies)
	book_export.check_may_export(names)
	first, last = getdate(from_date), getdate(to_date)
	book_export.check_period(names, first, last)
	job = frappe.generate_hash(length=10)
	queued = frappe.enqueue(
		book_export.export_in_background,
		queue="long",
		timeout=TIMEOUT,
		job_id=f"b2b_book_export-{frappe.session.user}",
		deduplicate=True,
		companies=names,
		from_date=str(first),
		to_date=str(last),
		anonymise=bool(cint(anonymise)),
		job=job,
	)
	if queued is None:
		frappe.throw(
			_("A book is being exported for you already. You are told when it is ready."),
			title=_("Export book"),
		)
	return {"job": job}


# ------------------------------------------------------------------ Policy Back-test
@frappe.whitelist(methods=["POST"])
def start_back_test(name: str) -> dict:
	"""Have a saved Policy Back-test run in a job, for those who may change it and may see every customer of its company.

	Refused while it is under way and once it is completed. Returns `{status, progress, step}`, which `back_test_state` tells
	again; and so does the realtime event `b2b_back_test`, with the `name`, about once a second.
	"""
	_need_back_test(name, "write")
	backtesting.start(name)
	return backtesting.state(name)


@frappe.whitelist(methods=["POST"])
def cancel_back_test(name: str) -> dict:
	"""Cancel a Policy Back-test that waits or runs. One that runs ends within seconds. Returns `{status, progress, step}`."""
	_need_back_test(name, "write")
	backtesting.cancel(name)
	return backtesting.state(name)


@frappe.whitelist()
def back_test_state(name: str) -> dict:
	"""Return how far a Policy Back-test is: `{status, progress (0 to 100), step}`."""
	_need_back_test(name, "read")
	return backtesting.state(name)


@frappe.whitelist()
def policy_file(policy: str, version: int | None = None) -> str:
	"""Return a Credit Policy, with the segments and holidays of today, as the text of a policy file (TOML); the newest
	version when none is named.
	"""
	_need_policy(policy)
	return policy_files.file_of_policy(policy, version)


@frappe.whitelist(methods=["POST"])
def compare_policy_file(policy: str, text: str | None = None, file_url: str | None = None) -> list[dict]:
	"""Return the terms in which a Credit Policy and a policy file differ: `[{where, ours, theirs}]`. The file is given as
	its text or as the address of a File that the user may read; all that is wrong with it is told at once.
	"""
	_need_policy(policy)
	where = back_test_inputs.name_of(file_url) if file_url else _("The file")
	try:
		text = back_test_inputs.text_of(file_url) if file_url else text or ""
		found = policy_files.differences_with_file(policy, text, where)
	except PolicyFileError as error:
		back_test_inputs.tell_problems(error, where)
	return [{"where": row.where, "ours": row.ours, "theirs": row.theirs} for row in found]


def _need_back_test(name: str, permission: str) -> None:
	frappe.has_permission(backtesting.DOCTYPE, permission, name, throw=True)


def _need_policy(policy: str) -> None:
	frappe.has_permission("Credit Policy", "read", policy, throw=True)
	frappe.has_permission("Credit Segment", "read", throw=True)


def _names(companies: str | list) -> list[str]:
	"""Return the companies of a list, of its JSON, or of the name of one."""
	if isinstance(companies, str) and companies.lstrip().startswith("["):
		companies = json.loads(companies)
	return [str(name) for name in ([companies] if isinstance(companies, str) else companies) if name]
