"""Takes the demo away: everything of its company, and every other record that the demo has noted.

The company's documents go as rows, submitted or not, like in ERPNext's own deletion of a company's transactions: to
cancel them one by one would take longer than to make them, and would leave a trail of its own. The decision log of the
company's gates goes with them; besides the uninstallation nothing else ever deletes it.
"""

import frappe
from frappe import _

from b2b_contracts.credit import gates
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup import marks
from b2b_contracts.setup.demo_company import SETUP_APPS, SITE_SETTINGS
from b2b_contracts.setup.demo_state import MARK, Made, say

# What Company deletes itself, by its own rules
LEFT_TO_COMPANY = ("Account", "Cost Center", "Department", "Employee", "Warehouse")
# Shared with the rest of the site: these stay when somebody else has taken them into use.
SHARED = (
	"Bank",
	"Fiscal Year",
	"Item Group",
	"Payment Term",
	"Payment Terms Template",
	"Territory",
)
# Rows that Frappe keeps about a document: (doctype, field of its type, field of its name)
WRITTEN_ABOUT = (
	("Comment", "reference_doctype", "reference_name"),
	("Communication", "reference_doctype", "reference_name"),
	("DocShare", "share_doctype", "share_name"),
	("Document Follow", "ref_doctype", "ref_docname"),
	("Email Queue", "reference_doctype", "reference_name"),
	("Notification Log", "document_type", "document_name"),
	("Tag Link", "document_type", "document_name"),
	("ToDo", "reference_type", "reference_name"),
	("Version", "ref_doctype", "docname"),
	("View Log", "reference_doctype", "reference_name"),
)
# Rows that Frappe keeps about what a user did: (doctype, field naming the user)
WRITTEN_BY = (
	("Access Log", "user"),
	("Activity Log", "user"),
	("Credit Deputy", "deputy"),
	("Credit Deputy", "deputy_for"),
	("DefaultValue", "parent"),
	("Notification Log", "for_user"),
	("Notification Log", "from_user"),
	("Prepared Report", "owner"),
	("Route History", "user"),
	("View Log", "viewed_by"),
)


def remove(made: Made) -> None:
	"""Remove the demo and commit; what is shared and in use by others stays."""
	frappe.set_user("Administrator")
	say("  documents of the company")
	_remove_gates()
	_remove_search_of_contracts()
	for doctype in _doctypes_of_companies():
		_remove_rows(doctype, frappe.get_all(doctype, filters={"company": data.COMPANY}, pluck="name"))
	warehouses = frappe.get_all("Warehouse", filters={"company": data.COMPANY}, pluck="name")
	if warehouses:
		frappe.db.delete("Bin", {"warehouse": ("in", warehouses)})
	_remove_sanctions_list(made)
	# As evidence it would refuse to go, and its company is no field called so.
	excluded = made.names.get("dunning:exclusion")
	_remove_rows("Dunning Exclusion", [excluded] if excluded else [])
	say("  customers, goods, people")
	users = [name for doctype, name in made.records if doctype == "User"]
	_remove_traces_of(users)
	for doctype, name in reversed([record for record in made.records if record[0] not in SHARED]):
		_remove_record(doctype, name)
	_remove_record("Company", data.COMPANY)
	for doctype, name in reversed([record for record in made.records if record[0] in SHARED]):
		_remove_shared(doctype, name)
	_put_back(made.former)
	marks.forget(MARK)
	frappe.clear_messages()
	frappe.db.commit()  # nosemgrep: a command, not a request
	frappe.clear_cache()


def _remove_search_of_contracts() -> None:
	"""Delete the words of the company's contracts, and the views that its people saved."""
	contract, text = frappe.qb.DocType("B2B Contract"), frappe.qb.DocType("Contract Search Text")
	of_company = frappe.qb.from_(contract).where(contract.company == data.COMPANY).select(contract.name)
	frappe.qb.from_(text).where(text.contract.isin(of_company)).delete().run()
	people = [person.email for person in data.PEOPLE]
	frappe.db.delete("Contract Search View", {"owner": ("in", people)})


def _remove_sanctions_list(made: Made) -> None:
	"""Delete the made-up list with its entries and matches, which as evidence would refuse it."""
	name = made.names.get("sanctions:list")
	for doctype in ("Screening Match", "Sanctions List Entry") if name else ():
		_remove_rows(doctype, frappe.get_all(doctype, filters={"sanctions_list": name}, pluck="name"))
	_remove_rows("Sanctions List", [name] if name else [])


def _doctypes_of_companies() -> list[str]:
	"""Return the doctypes whose documents belong to one company, our own evidence among them."""
	return sorted(
		doctype
		for doctype in frappe.get_all(
			"DocField",
			filters={
				"fieldname": "company",
				"fieldtype": "Link",
				"options": "Company",
				"parenttype": "DocType",
			},
			pluck="parent",
		)
		if doctype not in LEFT_TO_COMPANY
		and not frappe.db.get_value("DocType", doctype, "issingle")
		and frappe.db.table_exists(doctype)
	)


def _remove_gates() -> None:
	of_company = {"company": data.COMPANY}
	names = [gates.name_of(gates.COMPANY, data.COMPANY)]
	for kind, doctype in ((gates.PROFILE, "Credit Profile"), (gates.GROUP, "Credit Group")):
		names += [
			gates.name_of(kind, name) for name in frappe.get_all(doctype, filters=of_company, pluck="name")
		]
	frappe.db.delete("Credit Gate", {"name": ("in", names)})


def _remove_rows(doctype: str, names: list[str]) -> None:
	"""Delete documents with their child rows, their files and what Frappe has written about them."""
	if not names:
		return
	_remove_written_about(doctype, names)
	for table in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(table.options, {"parenttype": doctype, "parent": ("in", names)})
	frappe.db.delete(doctype, {"name": ("in", names)})


def _remove_written_about(doctype: str, names: list[str]) -> None:
	# Files first: Frappe writes a comment on the document about each.
	for file in frappe.get_all(
		"File", filters={"attached_to_doctype": doctype, "attached_to_name": ("in", names)}, pluck="name"
	):
		_remove_record("File", file)
	for about, type_field, name_field in WRITTEN_ABOUT:
		found = frappe.get_all(about, filters={type_field: doctype, name_field: ("in", names)}, pluck="name")
		if not found:
			continue
		if about == "Communication":
			# It has files and comments of its own.
			_remove_written_about(about, found)
		for table in frappe.get_meta(about).get_table_fields():
			frappe.db.delete(table.options, {"parenttype": about, "parent": ("in", found)})
		frappe.db.delete(about, {"name": ("in", found)})
	frappe.db.delete("__global_search", {"doctype": doctype, "name": ("in", names)})


def _remove_traces_of(users: list[str]) -> None:
	if not users:
		return
	for doctype, field in WRITTEN_BY:
		frappe.db.delete(doctype, {field: ("in", users)})
	for contact in frappe.get_all("Contact", filters={"user": ("in", users)}, pluck="name"):
		_remove_record("Contact", contact)
	for table in ("__UserSettings", "Sessions"):
		frappe.db.delete(table, {"user": ("in", users)})
	for user in users:
		_remove_record("Notification Settings", user)


def _remove_record(doctype: str, name: str) -> None:
	"""Delete a document of our own by Frappe's rules, whoever points at it."""
	if frappe.db.exists(doctype, name):
		if doctype != "File":
			_remove_written_about(doctype, [name])
		# What is filed with a contract would refuse to go.
		frappe.delete_doc(
			doctype,
			name,
			force=True,
			ignore_permissions=True,
			flags={"contract_service": True},
			delete_permanently=True,
		)
		_forget_deletion(doctype, name)


def _remove_shared(doctype: str, name: str) -> None:
	"""Delete a document that others may have taken into use; then it stays."""
	if not frappe.db.exists(doctype, name):
		return
	frappe.db.savepoint("b2b_demo_shared")
	try:
		frappe.delete_doc(doctype, name, ignore_permissions=True, delete_permanently=True)
		_forget_deletion(doctype, name)
	except frappe.LinkExistsError:
		frappe.db.rollback(save_point="b2b_demo_shared")
		say(f"  {doctype} {name} stays: it is in use")


def _forget_deletion(doctype: str, name: str) -> None:
	"""Delete what Frappe writes into the feed about a deletion."""
	frappe.db.delete(
		"Comment",
		{"comment_type": "Deleted", "reference_doctype": doctype, "subject": f"{_(doctype)} {name}"},
	)


def _put_back(former: dict[str, dict]) -> None:
	"""Put the site's settings back to what they were before the demo did the set-up wizard's work for it."""
	if not former:
		return
	for key, value in former["defaults"].items():
		if value is None:
			frappe.defaults.clear_default(key, parent="__default")
		else:
			frappe.db.set_default(key, value)
	for user, time_zone in former["time_zones"].items():
		frappe.db.set_value("User", user, "time_zone", time_zone, update_modified=False)
	for doctype in SITE_SETTINGS:
		for field, value in former.get(doctype, {}).items():
			frappe.db.set_single_value(doctype, field, value, update_modified=False)
	for app in SETUP_APPS:
		frappe.db.set_value("Installed Application", {"app_name": app}, "is_setup_complete", 0)
