"""What proves that a letter left the house, and when it is asked for: until it is there (requirements §6)."""

from dataclasses import dataclass
from datetime import date, timedelta

REGISTERED, COURIER, LETTER = "Registered Letter", "Courier", "Letter"
HANDED_OVER, EMAIL = "Handed Over", "E-mail"
METHODS = (REGISTERED, COURIER, LETTER, HANDED_OVER, EMAIL)
# Ways that carry a number of their own. Of the others a file has to tell: a receipt, a certificate of posting, the mail.
NUMBERED = (REGISTERED, COURIER)

# What is reminded of, beside the key dates of a contract.
PROOF = "Proof of Dispatch"
# Days after the date of the letter.
ASKED_AFTER = (1, 3, 7)
ASKED_EVERY = 7
ESCALATES_FROM = 7

METHOD, NUMBER, FILE, DAY_AHEAD, DAY_BEFORE = "method", "number", "file", "day ahead", "day before"


@dataclass(frozen=True, slots=True)
class Proof:
	"""How and when a letter left, and what shows it."""

	method: str
	day: date
	tracking_number: str = ""
	has_file: bool = False


def obstacles(proof: Proof, letter_date: date, today: date) -> tuple[str, ...]:
	"""Return what is wrong with a proof: nothing when it proves that a letter of that date left."""
	if proof.method not in METHODS:
		return (METHOD,)
	found = []
	if proof.day > today:
		found.append(DAY_AHEAD)
	if proof.day < letter_date:
		found.append(DAY_BEFORE)
	if proof.method in NUMBERED:
		if not proof.tracking_number.strip() and not proof.has_file:
			found.append(NUMBER)
	elif not proof.has_file:
		found.append(FILE)
	return tuple(found)


def rung_on(letter_date: date, today: date) -> int | None:
	"""Return after how many days the proof was last to be asked for: the newest rung that has come. None before the first."""
	days = (today - letter_date).days
	last = ASKED_AFTER[-1]
	if days >= last:
		return last + (days - last) // ASKED_EVERY * ASKED_EVERY
	return max((rung for rung in ASKED_AFTER if rung <= days), default=None)


def next_reminder(letter_date: date, today: date) -> date:
	"""Return the first day after today on which the proof is asked for, if it is not there by then."""
	rung = rung_on(letter_date, today)
	if rung is None:
		return letter_date + timedelta(days=ASKED_AFTER[0])
	following = next((later for later in ASKED_AFTER if later > rung), rung + ASKED_EVERY)
	return letter_date + timedelta(days=following)


def escalates(rung: int) -> bool:
	"""Whether others than those who answer for the contract are told as well."""
	return rung >= ESCALATES_FROM
