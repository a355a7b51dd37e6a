"""Install → use → uninstall → install on a scratch site, and what must be as before afterwards.

	python -m b2b_contracts.tests.install_roundtrip SITE

in the bench's `sites` folder. SITE has ERPNext and not this app; it may be thrown away afterwards. Ends with status 0
when the site is as it was, else with a list of what is not. Not part of the site tests: it takes the app away.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import frappe

APP = "b2b_contracts"
# Records by which an app shows on a site, by name
RECORDS = (
	"Client Script",
	"Custom Field",
	"Dashboard",
	"Dashboard Chart",
	"DocType",
	"Email Template",
	"Module Def",
	"Notification",
	"Number Card",
	"Page",
	"Payment Term",
	"Payment Terms Template",
	"Print Format",
	"Property Setter",
	"Report",
	"Role",
	"Server Script",
	"Web Form",
	"Workflow",
	"Workspace",
)
# Rows of Frappe's that may name our documents or code: (table, column, pattern)
TRACES = (
	("Comment", "reference_doctype", "Credit %"),
	("DefaultValue", "parent", "%b2b\\_contracts%"),
	("File", "attached_to_doctype", "Credit %"),
	("File", "attached_to_doctype", "Policy %"),
	("Has Role", "role", "Credit %"),
	("Logs To Clear", "ref_doctype", "Payment Link %"),
	("Notification Log", "document_type", "Policy %"),
	("Patch Log", "patch", "b2b\\_contracts%"),
	("Portal Menu Item", "route", "/my-account"),
	("Scheduled Job Type", "method", "b2b\\_contracts%"),
	("Series", "name", "C%P%-"),
	("Series", "name", "PBT-%"),
	("Series", "name", "SEC-%"),
	("Tag Link", "document_type", "Credit %"),
	("ToDo", "reference_type", "Credit %"),
	("User Permission", "allow", "Credit %"),
	("Version", "ref_doctype", "Credit %"),
	("Version", "ref_doctype", "Policy %"),
)
ROLE_OF_THE_SITE = "Collector"
ROLE_TAKEN_INTO_USE = "Compliance Officer"
TERMS_TAKEN_INTO_USE = "Net 30"
NATIVE_LIMIT = 12_345
# What keeps ROLE_TAKEN_INTO_USE in use
PERMISSION_IN_USE = "left behind: Custom DocPerm: Brand |"


# ------------------------------------------------------------------ what a site looks like
def snapshot() -> dict[str, list]:
	"""Return what an app could leave behind: schema, records, traces, native credit limits, orders on hold."""
	schema = frappe.conf.db_name
	found = {
		"columns": frappe.db.sql(
			"""select table_name, column_name, column_type, column_default
			from information_schema.columns where table_schema = %s order by 1, 2""",
			schema,
		),
		# Frappe gives a table that is sorted by creation this index of its own with the next column that anybody adds.
		"indexes": frappe.db.sql(
			"""select table_name, index_name, seq_in_index, column_name, non_unique
			from information_schema.statistics where table_schema = %s and index_name != 'creation' order by 1, 2, 3""",
			schema,
		),
		"installed apps": [(app,) for app in sorted(frappe.get_installed_apps())],
		"native credit limits": frappe.get_all(
			"Customer Credit Limit",
			fields=["parent", "company", "credit_limit", "bypass_credit_limit_check"],
			order_by="parent, company",
			as_list=True,
		),
	}
	private = Path(frappe.utils.get_files_path(is_private=1))
	found["private files"] = [(file.name,) for file in sorted(private.iterdir())]
	found["orders on hold"] = [
		(name,) for name in frappe.get_all("Sales Order", filters={"status": "On Hold"}, pluck="name")
	]
	# A permission has no name that stays: the document, role and rights tell it.
	found["Custom DocPerm"] = [
		(row.parent, row.role, row.permlevel, row.read, row.write, row.if_owner)
		for row in frappe.get_all("Custom DocPerm", fields=["*"])
	]
	for doctype in RECORDS:
		found[doctype] = [(name,) for name in frappe.get_all(doctype, order_by="name", pluck="name")]
	for doctype, column, pattern in TRACES:
		table = frappe.qb.DocType(doctype)
		rows = frappe.qb.from_(table).select(table[column]).where(table[column].like(pattern)).run()
		found[f"{doctype} like {pattern}"] = sorted(rows)
	return {kind: [list(map(str, row)) for row in rows] for kind, rows in found.items()}


def differences(before: dict[str, list], after: dict[str, list]) -> list[str]:
	"""Return what came and what went, one line each."""
	lines = []
	for kind in sorted({*before, *after}):
		old = {tuple(row) for row in before.get(kind, [])}
		new = {tuple(row) for row in after.get(kind, [])}
		lines += [f"left behind: {kind}: {' | '.join(row)}" for row in sorted(new - old)]
		lines += [f"lost: {kind}: {' | '.join(row)}" for row in sorted(old - new)]
	return lines


# ------------------------------------------------------------------ what happens on the site
def prepare() -> None:
	"""A company, a customer with a native limit, and a role that has the name of one of ours: all without our app."""
	from b2b_contracts.tests import scaffold

	for step in (scaffold._masters_of_erpnext, scaffold._fiscal_years, scaffold._company):
		step()
	frappe.get_doc({"doctype": "Role", "role_name": ROLE_OF_THE_SITE}).insert()
	frappe.get_doc({"doctype": "Role", "role_name": "Sales Clerk"}).insert()
	for name, limits in (
		("Roundtrip One", [{"company": scaffold.COMPANY, "credit_limit": NATIVE_LIMIT}]),
		("Roundtrip Two", []),
	):
		frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": name,
				"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}),
				"territory": frappe.db.get_value("Territory", {"is_group": 0}),
				"credit_limits": limits,
			}
		).insert()


def use() -> None:
	"""Work with the app: policy, profiles, group, security, a held order, a back-test; and build upon its documents."""
	from b2b_contracts.tests import factories, scaffold

	scaffold.ensure_world()
	profile = factories.make_profile("Roundtrip One", manual_limit=1000)
	factories.make_profile("Roundtrip Two")
	factories.make_group("Roundtrip One", "Roundtrip Two")
	factories.make_security("Roundtrip One", 500)
	order = factories.make_order("Roundtrip One", 50_000)
	expect(
		order.b2b_credit_status == "Held", f"an order over the limit is {order.b2b_credit_status}, not Held"
	)
	managed = frappe.get_all("Customer Credit Limit", filters={"b2b_managed": 1}, pluck="parent")
	expect("Roundtrip One" in managed, "ERPNext's own limit was not taken over")

	back_test()
	profile.reload()
	profile.add_comment("Comment", "Called the customer")
	profile.add_tag("Christmas")
	frappe.get_doc(
		{
			"doctype": "ToDo",
			"description": "Call",
			"reference_type": "Credit Profile",
			"reference_name": profile.name,
		}
	).insert()
	frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "roundtrip.txt",
			"content": "Annual accounts",
			"attached_to_doctype": "Credit Profile",
			"attached_to_name": profile.name,
			"is_private": 1,
		}
	).insert()
	frappe.get_doc(
		{
			"doctype": "Custom Field",
			"dt": "Credit Profile",
			"fieldname": "our_own",
			"label": "Our own",
			"fieldtype": "Data",
		}
	).insert()
	frappe.make_property_setter(
		{
			"doctype": "Sales Order",
			"fieldname": "b2b_credit_status",
			"property": "hidden",
			"value": "1",
			"property_type": "Check",
		}
	)
	frappe.make_property_setter(
		{
			"doctype": "Credit Hold",
			"fieldname": "customer",
			"property": "bold",
			"value": "1",
			"property_type": "Check",
		}
	)
	frappe.get_doc(
		{
			"doctype": "Report",
			"report_name": "Roundtrip Holds",
			"ref_doctype": "Credit Hold",
			"report_type": "Report Builder",
			"is_standard": "No",
		}
	).insert()
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": scaffold.email_of("controller"),
			"allow": "Credit Segment",
			"for_value": "C",
		}
	).insert()
	frappe.db.set_value("Customer", "Roundtrip Two", "payment_terms", TERMS_TAKEN_INTO_USE)
	frappe.permissions.add_permission("Brand", ROLE_TAKEN_INTO_USE)


def back_test() -> None:
	"""Run a back-test of the policy, which leaves a workbook."""
	from b2b_contracts.credit import backtesting
	from b2b_contracts.tests import factories, scaffold

	policy = factories.active_policy().name
	doc = frappe.get_doc({"doctype": "Policy Back-test", "company": scaffold.COMPANY, "policy_a": policy})
	doc.insert()
	backtesting.start(doc.name)
	backtesting.run(doc.name)
	doc.reload()
	expect(doc.status == "Completed", f"the back-test is {doc.status}: {doc.error}")
	expect(bool(doc.workbook), "the back-test has no workbook")


def expect(holds: bool, message: str) -> None:
	if not holds:
		raise SystemExit(message)


# ------------------------------------------------------------------ the round trip
def round_trip(site: str) -> list[str]:
	"""Run it and return what is not as it should be, one line each."""
	problems = []
	in_site(site, prepare)
	bare = in_site(site, snapshot)

	say("Install")
	bench(site, "install-app", APP)
	installed = in_site(site, snapshot)
	problems += missing_after_install(installed)

	say("Uninstall, unused")
	bench(site, "uninstall-app", APP, "--yes", "--no-backup")
	problems += [f"after an unused install, {line}" for line in differences(bare, in_site(site, snapshot))]

	say("Install again")
	bench(site, "install-app", APP)
	problems += [
		f"the second install differs, {line}" for line in differences(installed, in_site(site, snapshot))
	]
	bench(site, "migrate")
	problems += [
		f"migrate changes the install, {line}" for line in differences(installed, in_site(site, snapshot))
	]

	say("Use, uninstall")
	in_site(site, use)
	bench(site, "uninstall-app", APP, "--yes", "--no-backup")
	left = differences(bare, in_site(site, snapshot))
	problems += [f"after use, {line}" for line in without_what_is_in_use(left)]

	say("Install after use")
	bench(site, "install-app", APP)
	problems += [
		f"the install after use differs, {line}"
		for line in differences(installed, in_site(site, snapshot))
		if not line.startswith(PERMISSION_IN_USE)
	]
	return problems


def missing_after_install(installed: dict[str, list]) -> list[str]:
	"""Return what the install did not bring: a few things of each kind, so that the comparison compares something."""
	expected = {
		"columns": [("tabSales Order", "b2b_credit_status"), ("tabCredit Hold", "required_role")],
		"indexes": [("tabSales Invoice", "b2b_open_items"), ("tabCredit Profile", "unique_customer_company")],
		"Role": [("Board",), ("Credit Controller",)],
		"Custom DocPerm": [("Customer", "Collector"), ("Customer", "Sales User")],
		"Custom Field": [("Sales Order-b2b_credit_hold",)],
		"DocType": [("Credit Decision",), ("Policy Back-test",)],
		"Payment Terms Template": [("Net 45",)],
	}
	return [
		f"the install did not bring {kind} {' '.join(start)}"
		for kind, starts in expected.items()
		for start in starts
		if not any(tuple(row[: len(start)]) == start for row in installed[kind])
	]


def without_what_is_in_use(lines: list[str]) -> list[str]:
	"""Leave out what stays on purpose, because somebody took it into use, and say so when it did not stay."""
	stays = {
		f"left behind: Role: {ROLE_TAKEN_INTO_USE}",
		f"left behind: Payment Term: {TERMS_TAKEN_INTO_USE}",
		f"left behind: Payment Terms Template: {TERMS_TAKEN_INTO_USE}",
	}
	removed = [f"removed while in use: {line.split(': ', 1)[1]}" for line in sorted(stays - set(lines))]
	return removed + [line for line in lines if line not in stays and not line.startswith(PERMISSION_IN_USE)]


# ------------------------------------------------------------------ running things
def in_site(site: str, function: Callable):
	"""Run a function of this module on the site, in a process of its own, and return what it returns."""
	run = subprocess.run(
		[sys.executable, "-m", __spec__.name, site, function.__name__],
		capture_output=True,
		text=True,
		check=False,
	)
	if run.returncode:
		sys.exit(f"{function.__name__} failed on {site}\n{run.stdout}\n{run.stderr}")
	return json.loads(run.stdout.splitlines()[-1])


def bench(site: str, *words: str) -> None:
	"""Run a bench command on the site."""
	run = subprocess.run(
		[sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", site, *words],
		capture_output=True,
		text=True,
		check=False,
	)
	if run.returncode:
		sys.exit(f"bench {' '.join(words)} failed on {site}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}")


@contextmanager
def connected(site: str) -> Iterator[None]:
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.flags.mute_emails = True
	try:
		yield
		frappe.db.commit()
	finally:
		frappe.destroy()


def say(text: str) -> None:
	print(text, flush=True)


def main(arguments: list[str]) -> None:
	if len(arguments) == 2:
		with connected(arguments[0]):
			result = {"prepare": prepare, "snapshot": snapshot, "use": use}[arguments[1]]()
			print()
			print(json.dumps(result))
		return
	if len(arguments) != 1:
		sys.exit(__doc__)
	problems = round_trip(arguments[0])
	for line in problems:
		say(line)
	if problems:
		sys.exit(f"{len(problems)} things are not as they were.")
	say("The site is as it was.")


if __name__ == "__main__":
	main(sys.argv[1:])
