"""What is missing of a contract: controls, documents, certificates, duties (requirements §6, compliance checklist and
watchers)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from . import contract_life_cycle as life

RED, YELLOW, GREEN, GREY = "Red", "Yellow", "Green", "Grey"

CONTROL_OPEN, CONTROL_EXPIRED, NO_EVIDENCE = "control open", "control expired", "no evidence"
NO_FIELD, NO_SIGNED_FILE, NO_DPA = "field", "no signed file", "no data processing agreement"
CERTIFICATE_EXPIRED, NO_CERTIFICATE = "certificate expired", "no certificate"
OUR_DUTY, THEIR_DUTY, MILESTONE_LATE = "our duty", "their duty", "milestone late"
REVIEW_LATE = "review late"
# What keeps a contract from being in order; the rest is to be looked at.
SEVERE = frozenset(
	(CONTROL_OPEN, CONTROL_EXPIRED, NO_SIGNED_FILE, NO_DPA, CERTIFICATE_EXPIRED, OUR_DUTY, NO_FIELD)
)
# Soon is so many days before the day.
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Control:
	name: str
	is_required: bool
	is_done: bool
	expires: date | None = None
	has_evidence: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
	name: str
	expires: date | None = None
	has_file: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
	"""An obligation or a milestone. `is_ours`: owed by us."""

	title: str
	due: date | None
	is_done: bool
	is_ours: bool = True
	is_milestone: bool = False


@dataclass(frozen=True, slots=True)
class Review:
	function: str
	is_required: bool
	due: date | None
	is_answered: bool


@dataclass(frozen=True, slots=True)
class Record:
	"""What a contract has. `missing` are the labels of fields that its type wants; `dpa` is what it says of data processing."""

	status: str
	is_signed: bool = False
	has_signed_file: bool = False
	dpa: str = ""
	has_dpa_file: bool = False
	missing: tuple[str, ...] = ()
	controls: tuple[Control, ...] = ()
	certificates: tuple[Certificate, ...] = ()
	duties: tuple[Duty, ...] = ()
	reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
	"""What is missing, of what, and since when."""

	reason: str
	about: str = ""
	since: date | None = None

	@property
	def is_severe(self) -> bool:
		return self.reason in SEVERE


def findings(record: Record, today: date) -> tuple[Finding, ...]:
	"""Return what is missing of a contract, the severe first. Nothing is asked of one that was rejected; of one that is over, only
	the signed file and the duties that outlive it."""
	if record.status == life.REJECTED:
		return ()
	found: list[Finding] = []
	if record.is_signed and not record.has_signed_file:
		found.append(Finding(NO_SIGNED_FILE))
	found += _duties(record.duties, today)
	if record.status not in life.OVER:
		found += [Finding(NO_FIELD, label) for label in record.missing]
		found += _controls(record, today)
		found += _certificates(record, today)
		if record.dpa == "Needed" or (record.dpa == "Signed" and not record.has_dpa_file):
			found.append(Finding(NO_DPA))
		if record.status == life.IN_REVIEW:
			found += [
				Finding(REVIEW_LATE, review.function, review.due)
				for review in record.reviews
				if not review.is_answered and review.due is not None and review.due < today
			]
	return tuple(sorted(found, key=lambda one: not one.is_severe))


def _controls(record: Record, today: date) -> Iterable[Finding]:
	for control in record.controls:
		if not control.is_done:
			if control.is_required:
				yield Finding(CONTROL_OPEN, control.name)
		elif control.expires is not None and control.expires < today:
			yield Finding(CONTROL_EXPIRED, control.name, control.expires)
		elif not control.has_evidence:
			yield Finding(NO_EVIDENCE, control.name)


def _certificates(record: Record, today: date) -> Iterable[Finding]:
	for one in record.certificates:
		if one.expires is not None and one.expires < today:
			yield Finding(CERTIFICATE_EXPIRED, one.name, one.expires)
		elif not one.has_file:
			yield Finding(NO_CERTIFICATE, one.name)


def _duties(duties: Iterable[Duty], today: date) -> Iterable[Finding]:
	for duty in duties:
		if duty.is_done or duty.due is None or duty.due >= today:
			continue
		if duty.is_milestone:
			yield Finding(MILESTONE_LATE, duty.title, duty.due)
		else:
			yield Finding(OUR_DUTY if duty.is_ours else THEIR_DUTY, duty.title, duty.due)


def light_of(record: Record, found: Iterable[Finding]) -> str:
	"""Return the traffic light of a contract: red where something severe is missing, yellow where anything is, grey for one that
	was rejected."""
	if record.status == life.REJECTED:
		return GREY
	found = tuple(found)
	if any(one.is_severe for one in found):
		return RED
	return YELLOW if found else GREEN


def light_of_day(due: date | None, is_done: bool, today: date) -> str:
	"""Return the traffic light of something that is due on a day: red when that has passed, yellow within a month."""
	if is_done:
		return GREEN
	if due is None:
		return GREY
	if due < today:
		return RED
	return YELLOW if due - timedelta(days=SOON_DAYS) <= today else GREEN
