"""What is missing of a contract, and how bad that is."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_register as register
from b2b_contracts.engine.contract_register import Certificate, Control, Duty, Record, Review

TODAY = date(2026, 6, 1)
PAST, SOON, LATER = TODAY - timedelta(days=1), TODAY + timedelta(days=30), TODAY + timedelta(days=31)


def said(record: Record) -> list[tuple[str, str]]:
	return [(one.reason, one.about) for one in register.findings(record, TODAY)]


def light(record: Record) -> str:
	return register.light_of(record, register.findings(record, TODAY))


def test_a_contract_that_is_in_order():
	record = Record(
		life.ACTIVE,
		is_signed=True,
		has_signed_file=True,
		dpa="Signed",
		has_dpa_file=True,
		controls=(Control("Screening", True, True, LATER, True), Control("Extra", False, False)),
		certificates=(Certificate("Liability", TODAY, True),),
		duties=(Duty("Forecast", TODAY, False), Duty("Report", PAST, True)),
	)
	assert (said(record), light(record)) == ([], register.GREEN)


def test_what_is_missing_the_severe_first():
	record = Record(
		life.ACTIVE,
		is_signed=True,
		dpa="Signed",
		missing=("Governing law",),
		controls=(
			Control("Screening", True, False),
			Control("Authority", True, True, PAST, True),
			Control("Insurance", True, True),
		),
		certificates=(Certificate("Liability", PAST, True), Certificate("Transport", LATER)),
		duties=(
			Duty("Ours", PAST, False),
			Duty("Theirs", PAST, False, is_ours=False),
			Duty("Acceptance", PAST, False, is_milestone=True),
		),
	)
	assert said(record) == [
		(register.NO_SIGNED_FILE, ""),
		(register.OUR_DUTY, "Ours"),
		(register.NO_FIELD, "Governing law"),
		(register.CONTROL_OPEN, "Screening"),
		(register.CONTROL_EXPIRED, "Authority"),
		(register.CERTIFICATE_EXPIRED, "Liability"),
		(register.NO_DPA, ""),
		(register.THEIR_DUTY, "Theirs"),
		(register.MILESTONE_LATE, "Acceptance"),
		(register.NO_EVIDENCE, "Insurance"),
		(register.NO_CERTIFICATE, "Transport"),
	]
	assert light(record) == register.RED
	over = replace(record, status=life.EXPIRED)
	assert [reason for reason, _about in said(over)] == [
		register.NO_SIGNED_FILE,
		register.OUR_DUTY,
		register.THEIR_DUTY,
		register.MILESTONE_LATE,
	]
	assert (said(replace(record, status=life.REJECTED)), light(replace(record, status=life.REJECTED))) == (
		[],
		register.GREY,
	)


def test_reviews_are_late_while_the_contract_is_reviewed():
	reviews = (
		Review("Legal", True, PAST, False),
		Review("Finance", True, PAST, True),
		Review("Sales", True, SOON, False),
	)
	record = Record(life.IN_REVIEW, reviews=reviews)
	assert (said(record), light(record)) == ([(register.REVIEW_LATE, "Legal")], register.YELLOW)
	assert said(replace(record, status=life.APPROVED)) == []


def test_the_light_of_a_day():
	assert register.light_of_day(PAST, True, TODAY) == register.GREEN
	assert [register.light_of_day(day, False, TODAY) for day in (None, PAST, TODAY, SOON, LATER)] == [
		register.GREY,
		register.RED,
		register.YELLOW,
		register.YELLOW,
		register.GREEN,
	]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.dates(), st.booleans()), max_size=6))
def test_a_control_is_told_of_once_at_most(rows):
	controls = tuple(Control(str(number), *row) for number, row in enumerate(rows))
	found = register.findings(Record(life.DRAFT, controls=controls), TODAY)
	about = [one.about for one in found]
	assert len(about) == len(set(about))
	for control in controls:
		is_fine = control.has_evidence and (control.expires is None or control.expires >= TODAY)
		expected = not is_fine if control.is_done else control.is_required
		assert (control.name in about) == expected
