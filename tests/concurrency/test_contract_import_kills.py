"""The import of a list of contracts that is killed between every two of its effects, and started again, makes each contract once
and each of them whole."""

import sys
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import frappe
import openpyxl
import pytest
from frappe.utils import add_months, getdate, nowdate

sys.path.insert(0, str(Path(__file__).parent))
import killing

MOST_STARTS = 600


pytestmark = pytest.mark.usefixtures("mailing_site")


def an_import(customer: str, number: str) -> str:
	"""Make an import of two contracts, the second with a price, that is about to run."""
	from b2b_contracts import contract_import_api as api
	from b2b_contracts.contracts import import_workbook, importing
	from b2b_contracts.tests.factories import as_user
	from b2b_contracts.tests.scaffold import COMPANY, WIDGET

	book = openpyxl.load_workbook(BytesIO(import_workbook.template()))
	heading = [cell.value for cell in book["Contracts"][1]]
	for n in range(2):
		row = {
			"number": f"{number}-{n}",
			"customer": customer,
			"type": "Frame Agreement",
			"title": f"Killed {n}",
			"start_date": getdate(add_months(nowdate(), -30)),
			"duration": "Auto-renewing",
			"initial_months": 24,
			"renewal_months": 12,
			"signed_on": getdate(add_months(nowdate(), -30)),
		}
		book["Contracts"].append([row.get(column) for column in heading])
	price = {"number": f"{number}-1", "item": WIDGET, "rate": 5}
	book["Prices"].append([price.get(cell.value) for cell in book["Prices"][1]])
	content = BytesIO()
	book.save(content)
	with as_user("contract_manager"):
		file = {"doctype": "File", "file_name": f"{number}.xlsx", "is_private": 1}
		url = frappe.get_doc({**file, "content": content.getvalue()}).insert().file_url
		name = frappe.get_doc({"doctype": "Contract Import", "company": COMPANY, "file": url}).insert().name
		assert api.check(name)["problems"] == 0
		# The site's own worker would run it.
		with patch.object(importing.imports.jobs, "after_commit"):
			api.start(name)
	return name


def first_of_the_year(customer: str) -> None:
	"""Make a contract of another customer."""
	from b2b_contracts.tests.scaffold import COMPANY

	frappe.get_doc(
		{
			"doctype": "B2B Contract",
			"title": "First",
			"customer": customer,
			"company": COMPANY,
			"currency": "DKK",
			"contract_type": "Frame Agreement",
			"confidentiality": "Internal",
			"duration_type": "No End",
			"start_date": nowdate(),
		}
	).insert()


def test_killed_between_every_two_effects():
	from b2b_contracts.contracts import importing
	from b2b_contracts.tests import factories as make

	customer = make.make_customer().name
	# The series of the year has to be there: the first number of all is made between two gap locks, by which a connection that
	# was killed and is not yet rolled back deadlocks with the next.
	first_of_the_year(make.make_customer().name)
	name = an_import(customer, f"K-{frappe.generate_hash(length=8)}")
	frappe.db.commit()
	for at in range(1, MOST_STARTS):
		ended = killing.run_and_kill(lambda: importing.run(name), at)
		assert ended in (killing.DIED, killing.DONE), f"start {at} failed"
		if ended == killing.DONE:
			break
	else:
		raise AssertionError(f"the job is not through after {MOST_STARTS} starts")
	assert frappe.get_all("Take-over Problem", {"parent": name}, pluck="message") == []
	assert frappe.db.get_value("Contract Import", name, ["status", "contracts_done"]) == ("Completed", 2)
	assert at > 20
	made = frappe.get_all(
		"B2B Contract", {"customer": customer}, ["name", "title", "status", "docstatus"], order_by="title"
	)
	assert [(row.title, row.status, row.docstatus) for row in made] == [
		("Killed 0", "Active", 1),
		("Killed 1", "Active", 1),
	]
	for row in made:
		events = frappe.get_all("Contract Event", {"contract": row.name}, pluck="event", order_by="creation")
		assert sorted(events) == ["Created", "Signed"]
		assert frappe.db.count("Contract Search Text", {"contract": row.name}) == 1
	assert frappe.db.count("Contract Price", {"parent": made[1].name}) == 1
	before = [row.name for row in made]
	importing.run(name)
	assert frappe.get_all("B2B Contract", {"customer": customer}, pluck="name", order_by="title") == before
