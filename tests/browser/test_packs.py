"""The CFO has the pack of last month made, watches it, and has it made anew; the auditor reads it and cannot change it."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("people")
SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there


def keep_picture(desk, name: str) -> None:
	if SCREENS:
		Path(SCREENS).mkdir(parents=True, exist_ok=True)
		desk.settle()
		desk.driver.save_screenshot(f"{SCREENS}/{name}.png")


def wait_until_made(desk) -> str:
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm.doc.status === 'Completed' && $('.b2b-pack .b2b-credit__asides').text().includes('Unchanged')"
		),
		"the pack is not made",
		seconds=120,
	)
	desk.settle()
	return desk.text(".b2b-pack")


def test_a_pack_is_made_downloaded_and_made_anew(desk):
	desk.log_in_as("cfo")
	desk.open("monthly-pack/new")
	desk.wait_for_form("Monthly Pack")
	desk.set_values(company=desk.world["company"], audience="Everybody")
	keep_picture(desk, "pack_new")
	desk.save()
	desk.find(".b2b-pack")
	keep_picture(desk, "pack_under_way")
	assert "Unchanged since it was made" in wait_until_made(desk)
	keep_picture(desk, "pack_made")
	name, url = desk.script("return [cur_frm.doc.name, cur_frm.doc.file]")
	size = desk.script(
		"return fetch(arguments[0]).then((answer) => answer.blob()).then((blob) => blob.size)", url
	)
	assert size > 10_000
	desk.click(".page-head .custom-actions button", "Make anew")
	desk.find(".modal.show textarea").send_keys("A payment was booked late")
	desk.click(".modal.show .btn-primary", "Make pack")
	desk.wait(
		lambda driver: (
			driver.execute_script("return cur_frm.doc.name !== arguments[0] && cur_frm.doc.version", name)
			== 2
		),
		"no second version",
	)
	wait_until_made(desk)
	desk.open("monthly-pack")
	desk.wait(lambda driver: driver.execute_script("return $('.list-row').length") >= 2)
	keep_picture(desk, "pack_list")

	desk.log_in_as("auditor").open_form("Monthly Pack", name)
	assert "Unchanged since it was made" in wait_until_made(desk)
	buttons = desk.script(
		"return $('.page-head .custom-actions button').get().map((b) => b.innerText.trim())"
	)
	assert "Download" in buttons and "Make anew" not in buttons and "Send" not in buttons
