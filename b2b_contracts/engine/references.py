"""Payment references with check digits, as banks of the North and of Europe read them (requirements §3, §3.1).

FIK is the Danish payment slip (card type 71 and its kin), KID the Norwegian customer identification, OCR the Swedish
giro reference, RF the creditor reference of ISO 11649. A wrong digit is found by all of them. Neighbours that changed
places are found by MOD11, by MOD10 except for 09 and 90, and by RF except for 1B, 2M and 3X.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

FIK, KID, RF, OCR = "FIK", "KID", "RF", "OCR"
KINDS = (FIK, KID, OCR, RF)
MOD10, MOD11 = "MOD10", "MOD11"
METHODS = (MOD10, MOD11)
# Danish card types that carry a reference, and its digits with the check digit. 71 and 75 pay a creditor number, 04 and
# 15 a giro account.
CARD_DIGITS = {"71": 15, "75": 16, "04": 16, "15": 16}
GIRO_CARDS = ("04", "15")
# A national slip pays in the money of its country; an RF reference stands on any transfer.
CURRENCY = {FIK: "DKK", KID: "NOK", OCR: "SEK"}
# KID and OCR alike, with check digit
SHORTEST, LONGEST = 2, 25
LONGEST_RF = 21

# A number of our own making is no longer than a person can copy, where a longer one may be.
_OWN_DIGITS = 12
_TRIES = 20
_RF_TEXT = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
_IBAN_TEXT = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")


@dataclass(frozen=True, slots=True)
class Scheme:
	"""How a company's bank reads references: the kind and what was agreed about it.

	`card_type` is of FIK, `method` of KID; `length` is that of KID and OCR with check digit, 0 for any. `prefix` stands
	before every number, so that two systems can share one agreement.
	"""

	kind: str
	card_type: str = "71"
	method: str = MOD10
	length: int = 0
	has_length_digit: bool = False
	prefix: str = ""

	@property
	def room(self) -> int:
		"""How many signs a number may have, after the prefix and before what checks it."""
		if self.kind == RF:
			return LONGEST_RF - len(self.prefix)
		return self._digits() - 1 - self._length_digits() - len(self.prefix)

	@property
	def is_fixed(self) -> bool:
		"""Whether all references are equally long: numbers are filled up with zeros."""
		return self.kind == FIK or (self.kind != RF and bool(self.length))

	def _digits(self) -> int:
		return CARD_DIGITS[self.card_type] if self.kind == FIK else self.length or LONGEST

	def _length_digits(self) -> int:
		return int(self.kind == OCR and self.has_length_digit)


# ------------------------------------------------------------------ check digits
def mod10(digits: str) -> str:
	"""Return the check digit that follows some digits: weights 2 and 1 from the right, digit sums (Luhn)."""
	total = sum(
		sum(divmod(int(digit) * weight, 10))
		for digit, weight in zip(reversed(digits), _weights((2, 1)), strict=False)
	)
	return str(-total % 10)


def mod11(digits: str) -> str:
	"""Return the check sign that follows some digits: weights 2 to 7 from the right. It is "-" where the digit would be 10."""
	total = sum(
		int(digit) * weight
		for digit, weight in zip(reversed(digits), _weights((2, 3, 4, 5, 6, 7)), strict=False)
	)
	check = -total % 11
	return "-" if check == 10 else str(check)


def mod97(text: str) -> int:
	"""Return the remainder by 97 of digits and letters, A as 10 to Z as 35 (ISO 7064)."""
	return int("".join(str(int(sign, 36)) for sign in text)) % 97


def _weights(weights: tuple[int, ...]) -> Iterator[int]:
	while True:
		yield from weights


# ------------------------------------------------------------------ made
def make(scheme: Scheme, number: str) -> str:
	"""Return the reference for a number (digits; for RF also letters A to Z).

	Raises `ValueError` for a number that has other signs, is nothing but zeros, or is longer than the scheme has room for.
	"""
	text = scheme.prefix + number
	if not _fits(scheme, number) or not _is_sign(scheme.kind, text):
		raise ValueError(f"{number!r} makes no {scheme.kind} reference")
	if scheme.kind == RF:
		return f"RF{98 - mod97(text + 'RF00'):02}{text}"
	body = scheme.prefix + (number.zfill(scheme.room) if scheme.is_fixed else number)
	if scheme.kind == OCR and scheme.has_length_digit:
		body += str((len(body) + 2) % 10)
	return body + _check(scheme, body)


def _fits(scheme: Scheme, number: str) -> bool:
	return 0 < len(number) <= scheme.room and bool(number.strip("0"))


def _is_sign(kind: str, text: str) -> bool:
	"""Return whether a text has none but the signs that references of a kind are made of."""
	return text.isascii() and (text.isdigit() if kind != RF else text.isalnum() and text == text.upper())


def _check(scheme: Scheme, body: str) -> str:
	return mod11(body) if scheme.kind == KID and scheme.method == MOD11 else mod10(body)


def numbers(scheme: Scheme, name: str) -> Iterator[str]:
	"""Yield the numbers that may stand for a document of this name, the best first; the same ones each time.

	First the digits of the name (for RF its letters too), which a person recognises: 202600012 for ACC-SINV-2026-00012;
	their last ones where there are more than there is room for. Then numbers that only differ: two series with the same
	digits get those, and names without any. Whoever keeps them takes the first that nobody has.
	"""
	signs = "".join(
		sign
		for sign in name.upper()
		if sign.isascii() and (sign.isalnum() if scheme.kind == RF else sign.isdigit())
	)
	signs = signs[-scheme.room :] if scheme.room > 0 else ""
	if _fits(scheme, signs):
		yield signs
	size = min(scheme.room, _OWN_DIGITS)
	for attempt in range(_TRIES if size > 0 else 0):
		digest = int.from_bytes(sha256(f"{name}\n{attempt}".encode()).digest(), "big")
		number = str(digest % 10**size).zfill(size)
		if _fits(scheme, number):
			yield number


# ------------------------------------------------------------------ read
def plain(text: str) -> str:
	"""Return a reference as it is kept and compared: in capitals, without the spaces that make it readable."""
	return "".join(text.split()).upper()


def is_valid(scheme: Scheme, text: str) -> bool:
	"""Return whether a text is a reference by this scheme: its signs, its length and what checks it. Spaces do not matter."""
	text = plain(text)
	if scheme.kind == RF:
		return _is_valid_rf(text, scheme.prefix)
	body, check = text[:-1], text[-1:]
	return (
		bool(body)
		and _is_sign(scheme.kind, body)
		and body.startswith(scheme.prefix)
		and _has_length(scheme, text)
		and check == _check(scheme, body)
	)


def _has_length(scheme: Scheme, text: str) -> bool:
	if scheme.is_fixed:
		is_as_long = len(text) == scheme._digits()
	else:
		is_as_long = SHORTEST <= len(text) <= LONGEST
	if scheme.kind == OCR and scheme.has_length_digit:
		return is_as_long and len(text) > SHORTEST and text[-2] == str(len(text) % 10)
	return is_as_long


def _is_valid_rf(text: str, prefix: str) -> bool:
	if not _RF_TEXT.fullmatch(text) or not text[4:].startswith(prefix):
		return False
	# 00, 01 and 99 leave the same remainder as 97, 98 and 02; only the latter are ever made.
	return 2 <= int(text[2:4]) <= 98 and mod97(text[4:] + text[:4]) == 1


def printed(scheme: Scheme, reference: str, creditor: str = "") -> str:
	"""Return a reference as it is printed for the payer: FIK as the line of the slip (+71<…+creditor<), RF in groups of
	four, KID and OCR after the name that banks give them."""
	if scheme.kind == FIK:
		return f"+{scheme.card_type}<{reference}+{digits_of(creditor)}<"
	if scheme.kind == RF:
		return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))
	return f"{scheme.kind} {reference}"


# ------------------------------------------------------------------ to whom is paid
def digits_of(text: str) -> str:
	"""Return the digits of a number that is written with dots, dashes or spaces."""
	return "".join(sign for sign in text if sign.isascii() and sign.isdigit())


def is_creditor(scheme: Scheme, text: str) -> bool:
	"""Return whether a text is a number that references of this scheme pay to.

	FIK: 8 digits of a creditor, up to 8 of a giro account. KID: a Norwegian account of 11 digits, checked by MOD11. OCR:
	a Bankgiro or Plusgiro number of 2 to 8 digits, checked by MOD10. RF: an IBAN.
	"""
	if scheme.kind == RF:
		iban = plain(text)
		return bool(_IBAN_TEXT.fullmatch(iban)) and mod97(iban[4:] + iban[:4]) == 1
	if re.search(r"[^0-9 .-]", text):
		return False
	digits = digits_of(text)
	if scheme.kind == FIK:
		return 1 <= len(digits) <= 8 if scheme.card_type in GIRO_CARDS else len(digits) == 8
	if scheme.kind == KID:
		return len(digits) == 11 and mod11(digits[:-1]) == digits[-1]
	return 2 <= len(digits) <= 8 and mod10(digits[:-1]) == digits[-1]
