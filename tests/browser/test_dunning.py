"""A dunning run, as a credit controller goes through it: planned, looked through, one left out, sent; the worker does it."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture
from .test_insolvency import button, said

pytestmark = pytest.mark.usefixtures("people")


def wait_for_run(desk: Desk, status: str) -> None:
	"""Until the worker has brought the open run to a status."""

	def is_there(driver):
		driver.execute_async_script("cur_frm.reload_doc().then(() => arguments[0]())")
		return driver.execute_script("return cur_frm.doc.status") == status

	desk.wait(is_there, f"the run is not {status}", seconds=90)
	desk.settle()


def notices(desk: Desk) -> list[str]:
	"""What the table of notices says, a line each."""
	desk.wait(lambda driver: driver.execute_script("return $('.b2b-notices tbody tr').length"), "no notices")
	return desk.script("return $('.b2b-notices tbody tr').map((i, row) => row.innerText).get()")


def test_planned_looked_through_and_sent(desk):
	scene("reminders_on_any_day")
	made = scene("customer", segment="C", manual_limit=50_000, overdue_invoice=4_000, overdue_days=8)
	desk.log_in_as("controller").open("dunning-run/new")
	desk.wait_for_form("Dunning Run")
	desk.set_values(customer=made["customer"])
	desk.save()
	assert "Nothing is sent by that" in said(desk)
	button(desk, "Plan")
	wait_for_run(desk, "Planned")
	(line,) = notices(desk)
	assert "4,000" in line or "4000" in line
	keep_picture(desk, "dunning-run-planned")

	desk.script("$('[data-leave-out]').click()")
	desk.wait(lambda driver: driver.execute_script("return cur_dialog?.display"), "no question why")
	desk.script("cur_dialog.set_value('reason', 'Talked to them this morning')")
	desk.script("cur_dialog.get_primary_btn().click()")
	desk.wait(
		lambda driver: "Talked to them" in driver.execute_script("return $('.b2b-notices').text()"),
		"not left out",
	)
	desk.script("$('[data-leave-out]').click()")
	desk.wait(
		lambda driver: "Talked to them" not in driver.execute_script("return $('.b2b-notices').text()"),
		"not taken in again",
	)
	button(desk, "Send")
	desk.wait(lambda driver: driver.execute_script("return cur_dialog?.display"), "no question")
	desk.script("cur_dialog.get_primary_btn().click()")
	wait_for_run(desk, "Completed")
	assert "1 sent" in said(desk)
	keep_picture(desk, "dunning-run-sent")

	name = desk.script("return $('.b2b-notices a').attr('href').split('/').pop()")
	desk.open_form("Dunning Notice", name)
	keep_picture(desk, "dunning-notice")
	button(desk, "See the message")
	desk.wait(lambda driver: driver.execute_script("return $('.modal iframe:visible').length"), "no message")
	keep_picture(desk, "dunning-message")
	assert made["customer"] in desk.script("return $('.modal iframe').attr('srcdoc')")
