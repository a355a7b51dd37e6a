"""A credit manager asks what a policy would have done."""

import os
from pathlib import Path

import pytest

from .conftest import scene

pytestmark = pytest.mark.usefixtures("people")
SCREENS = os.environ.get("B2B_SCREENS")  # a folder: keep a picture of each screen there


def keep_picture(desk, name: str) -> None:
	"""Take a picture of the whole page, as long as it is."""
	if not SCREENS:
		return
	Path(SCREENS).mkdir(parents=True, exist_ok=True)
	size = desk.driver.get_window_size()
	height = desk.script(
		"return Math.max(...$('.page-container:visible').get().map((e) => e.scrollHeight)) + 200"
	)
	desk.driver.set_window_size(size["width"], max(height, size["height"]))
	desk.wait(lambda driver: True)
	desk.settle()
	desk.driver.save_screenshot(f"{SCREENS}/{name}.png")
	desk.driver.set_window_size(size["width"], size["height"])


def wait_until_completed(desk) -> str:
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm.doc.status === 'Completed' && !!$('.b2b-back-test h6').length"
		),
		"the back-test is not completed",
		seconds=120,
	)
	desk.settle()
	return desk.text(".b2b-back-test")


def test_a_back_test_of_a_policy_against_an_easier_one(desk):
	made = scene("year_of_trade")
	policy = scene("policy")
	desk.log_in_as("credit_manager").open_form("Credit Policy", policy)
	desk.choose("Back-test", "New back-test")
	desk.wait_for_form("Policy Back-test")
	given = desk.script("return [cur_frm.doc.company, cur_frm.doc.policy_a, cur_frm.doc.prepay_days]")
	assert given == [desk.world["company"], policy, 5]
	desk.set_values(
		from_date=made["from_date"], to_date=made["to_date"], policy_b=made["other_policy"], title="A year"
	)
	desk.save()
	keep_picture(desk, "draft")
	desk.click(".page-head .custom-actions button", "Run back-test")
	desk.find(".b2b-back-test")
	keep_picture(desk, "running")
	text = wait_until_completed(desk)
	keep_picture(desk, "completed")
	assert "As it was" in text
	assert f"A: {policy}, version" in text
	assert f"B: {made['other_policy']}, version 1" in text
	assert "Overdue tolerance" not in text  # no difference
	assert "Hold above utilisation" in text
	held = [desk.text(f'[data-figure="held"] td:nth-child({n})') for n in (2, 3, 4)]
	assert held[0] == "–"
	assert int(held[1].split()[0]) > int(held[2].split()[0]) > 0
	charts = desk.script("return $('.b2b-back-test .frappe-chart').length")
	assert charts == 5
	drawn = desk.script(
		"return $('.b2b-back-test .frappe-chart').get().every((e) => $(e).find('path, rect').length > 1)"
	)
	assert drawn
	# The lists lead to the orders.
	desk.script("$('.b2b-back-test details').prop('open', true)")
	keep_picture(desk, "lists")
	link = desk.find('.b2b-back-test a[href*="/app/sales-order/"]')
	order = link.text
	link.click()
	desk.wait_for_form("Sales Order")
	assert desk.script("return cur_frm.doc.name") == order
	assert desk.errors() == []

	name = scene("found", doctype="Policy Back-test", filters={"title": "A year"}, fields=["name"])[0]
	desk.open_form("Policy Back-test", name)
	wait_until_completed(desk)
	assert desk.script("return cur_frm.fields_dict.give_up_days.disp_status") == "Read"
	desk.click(".page-head .custom-actions button", "Duplicate")
	desk.wait(lambda driver: driver.execute_script("return cur_frm.is_new()"), "nothing was duplicated")
	copy = desk.script("return [cur_frm.doc.status, cur_frm.doc.result || null, cur_frm.doc.policy_b]")
	assert copy == ["Draft", None, made["other_policy"]]
	assert desk.absent(".b2b-back-test")
	assert desk.errors() == []

	desk.log_in_as("auditor").open_form("Policy Back-test", name)
	wait_until_completed(desk)
	assert "Duplicate" not in desk.text(".page-head")
	desk.open("policy-back-test")
	desk.find(".list-row-container")
	keep_picture(desk, "list")
	assert "Completed" in desk.text(".frappe-list")
	assert desk.errors() == []


def test_a_run_that_fails_says_why_and_one_that_waits_is_cancelled(desk):
	policy = scene("policy")
	name = scene("back_test_without_segments")
	desk.log_in_as("cfo").open_form("Policy Back-test", name)
	desk.click(".page-head .custom-actions button", "Run back-test")
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status === 'Failed'"),
		"it did not fail",
		seconds=60,
	)
	assert "is no segment of policy" in desk.text(".b2b-back-test")
	keep_picture(desk, "failed")
	name = scene("back_test_that_waits", policy=policy)
	desk.open_form("Policy Back-test", name)
	assert "Waiting for its turn" in desk.text(".b2b-back-test")
	keep_picture(desk, "queued")
	desk.click(".page-head .custom-actions button", "Cancel run")
	desk.wait(
		lambda driver: driver.execute_script("return cur_frm.doc.status === 'Cancelled'"),
		"it was not cancelled",
	)
	assert desk.errors() == []


def test_what_a_policy_file_brings_is_text_and_nothing_else(desk):
	hostile = "<img src=x onerror='window.b2b_was_here = 1'>"
	name = scene("back_test_of_hostile_names", html=hostile)
	desk.log_in_as("cfo").open_form("Policy Back-test", name)
	desk.click(".page-head .custom-actions button", "Run back-test")
	text = wait_until_completed(desk)
	assert f"A: {hostile}, version" in text
	assert f"{hostile}{hostile}" in text
	desk.script("$('.b2b-back-test details').prop('open', true)")
	desk.click('.form-section[data-fieldname="section_terms"] .section-head')
	desk.wait(lambda _driver: hostile in desk.text('[data-fieldname="terms_a"]'), "the terms are not shown")
	desk.script("$('.b2b-back-test svg').get().forEach((e) => e.dispatchEvent(new MouseEvent('mousemove')))")
	assert desk.script("return [window.b2b_was_here || null, $('.form-page img[src=\"x\"]').length]") == [
		None,
		0,
	]
	desk.open("policy-back-test")
	desk.find(".list-row-container")
	assert desk.script("return window.b2b_was_here || null") is None


def test_a_policy_is_downloaded_and_compared_with_a_file(desk, tmp_path):
	policy = scene("policy")
	desk.log_in_as("credit_manager").open_form("Credit Policy", policy)
	desk.script("URL.createObjectURL = (blob) => { window.b2b_blob = blob; return '#'; }")
	desk.choose("Back-test", "Download policy file")
	desk.wait(lambda driver: driver.execute_script("return !!window.b2b_blob"), "nothing was downloaded")
	text = desk.script("return window.b2b_blob.text()")
	assert "overdue_hold_days = 14" in text
	desk.choose("Back-test", "Compare with a file")
	desk.settle_dialog()
	for words, file in (
		("Nothing: all terms are the same.", text),
		("Overdue days before a hold", text.replace("overdue_hold_days = 14", "overdue_hold_days = 30")),
	):
		path = tmp_path / f"{len(file)}-{words[:4]}.toml"
		path.write_text(file, encoding="utf-8")
		desk.find('.modal.show input[type="file"]').send_keys(str(path))
		desk.wait(lambda _driver, words=words: words in desk.dialog(), f"the dialog does not say {words!r}")
	keep_picture(desk, "differences")
	assert desk.errors() == []
	path = tmp_path / "wrong.toml"
	path.write_text("[policy]\nnonsense = 1\n", encoding="utf-8")
	desk.find('.modal.show input[type="file"]').send_keys(str(path))
	desk.wait(
		lambda _driver: any("nonsense is not known" in text for text in desk.dialogs()),
		"nobody says what is wrong with the file",
	)
