"""Files from outside: what is taken, and under which name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import evidence
from b2b_contracts.engine.evidence import Problem, Upload

PDF, PNG, JPG = b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n x", b"\xff\xd8\xff\xe0 x"


@pytest.mark.parametrize(
	("name", "content", "clean"),
	[
		("delivery note.pdf", PDF, "delivery note.pdf"),
		("Foto 1.JPEG", JPG, "Foto 1.jpg"),
		("følgeseddel (2).png", PNG, "følgeseddel (2).png"),
		("report.html", PDF, "report_html.pdf"),
		("../../etc/passwd", PNG, "passwd.png"),
		("C:\\temp\\bill.pdf", PDF, "bill.pdf"),
		("<img src=x onerror=alert(1)>.png", PNG, "img src_x onerror_alert(1).png"),
		(".pdf", PDF, "file.pdf"),
		("", JPG, "file.jpg"),
		("a" * 200 + ".pdf", PDF, "a" * 80 + ".pdf"),
	],
)
def test_names(name, content, clean):
	upload = Upload(name, content)
	assert evidence.problem_of([upload]) is None
	assert evidence.clean_name(upload) == clean


@given(st.text(), st.sampled_from([PDF, PNG, JPG]))
def test_a_name_is_safe_whatever_it_was(name, content):
	clean = evidence.clean_name(Upload(name, content))
	assert re.fullmatch(r"[\w ()-]+\.(pdf|png|jpg)", clean)


@pytest.mark.parametrize("content", [b"<html>", b"MZ\x90", b"PK\x03\x04", b" %PDF-", b"<svg onload=x>"])
def test_what_only_says_it_is_a_picture_is_none(content):
	assert evidence.problem_of([Upload("photo.png", content)]) == Problem(evidence.UNKNOWN_TYPE, "photo")


def test_a_pdf_that_runs_a_script_is_refused():
	evil = Upload("bill.pdf", PDF + b"<</S /JavaScript /JS (app.alert)>>")
	assert evidence.problem_of([evil]) == Problem(evidence.SCRIPT, "bill.pdf")
	assert evidence.problem_of([Upload("photo.png", PNG + b"/JavaScript")]) is None


def test_size_and_number():
	full = PDF + b"x" * (evidence.MOST_BYTES - len(PDF))
	assert evidence.problem_of([Upload("a.pdf", full)] * evidence.MOST_FILES) is None
	assert evidence.problem_of([Upload("a.pdf", full + b"x")]) == Problem(evidence.TOO_LARGE, "a.pdf")
	assert evidence.problem_of([Upload("a.pdf", PDF)] * 4) == Problem(evidence.TOO_MANY)
	assert evidence.problem_of([Upload("a.pdf", b"")]) == Problem(evidence.EMPTY, "a")
	assert evidence.problem_of([]) is None
