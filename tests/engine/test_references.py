"""Payment references: the worked values of requirements §3.1, and what each scheme promises to find."""

from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from b2b_contracts.engine import references
from b2b_contracts.engine.references import FIK, KID, MOD11, OCR, RF, Scheme

FIK_71, KID_10, KID_11 = Scheme(FIK), Scheme(KID), Scheme(KID, method=MOD11)
OCR_PLAIN, OCR_LENGTH, CREDITOR_REFERENCE = Scheme(OCR), Scheme(OCR, has_length_digit=True), Scheme(RF)
SCHEMES = {
	"FIK +71": FIK_71,
	"FIK +75": Scheme(FIK, card_type="75"),
	"FIK +04": Scheme(FIK, card_type="04"),
	"FIK +15 with a prefix": Scheme(FIK, card_type="15", prefix="88"),
	"KID MOD10": KID_10,
	"KID MOD10 of 12": Scheme(KID, length=12),
	"KID MOD11": KID_11,
	"KID MOD11 of 8 with a prefix": Scheme(KID, method=MOD11, length=8, prefix="7"),
	"OCR": OCR_PLAIN,
	"OCR of 10": Scheme(OCR, length=10),
	"OCR with a length digit": OCR_LENGTH,
	"OCR of 12 with a length digit": Scheme(OCR, length=12, has_length_digit=True),
	"RF": CREDITOR_REFERENCE,
	"RF with a prefix": Scheme(RF, prefix="B2B"),
}
all_schemes = pytest.mark.parametrize("scheme", [pytest.param(s, id=name) for name, s in SCHEMES.items()])
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def numbers_of(scheme: Scheme) -> st.SearchStrategy[str]:
	signs = "0123456789" + (LETTERS if scheme.kind == RF else "")
	return st.text(signs, min_size=1, max_size=scheme.room).filter(lambda number: number.strip("0"))


# ------------------------------------------------------------------ worked values
@pytest.mark.parametrize(
	("digits", "check"),
	[
		pytest.param("00404040000066", "9", id="FIK of requirements §3.1"),
		pytest.param("60224", "3", id="KID of requirements §3.1"),
		pytest.param("123456789", "7", id="every digit"),
		pytest.param("0", "0", id="nothing"),
	],
)
def test_mod10(digits, check):
	assert references.mod10(digits) == check


@pytest.mark.parametrize(
	("digits", "check"),
	[
		pytest.param("1234567890", "3", id="as a Norwegian account"),
		pytest.param("12345678", "5", id="the weights begin again after seven"),
		pytest.param("0", "0", id="nothing"),
		pytest.param("6", "-", id="ten is no digit"),
	],
)
def test_mod11(digits, check):
	assert references.mod11(digits) == check


@pytest.mark.parametrize(
	"text", ["RF96TU06FX", "RF68AB2G5", "RF451234512345", "RF18 5390 0754 7034", "rf68ab2g5"]
)
def test_these_rf_references_are_valid(text):
	assert references.is_valid(CREDITOR_REFERENCE, text)


@pytest.mark.parametrize(
	("scheme", "number", "reference"),
	[
		pytest.param(FIK_71, "404040000066", "004040400000669", id="FIK is filled up to 15 digits"),
		pytest.param(Scheme(FIK, card_type="75"), "404040000066", "0004040400000669", id="FIK 75 to 16"),
		pytest.param(KID_10, "60224", "602243", id="KID"),
		pytest.param(Scheme(KID, length=10), "60224", "0000602243", id="KID of an agreed length"),
		pytest.param(Scheme(KID, length=8, prefix="6"), "224", "60002243", id="KID with a prefix"),
		pytest.param(KID_11, "6", "6-", id="KID that ends with a dash"),
		pytest.param(OCR_PLAIN, "123456789", "1234567897", id="OCR"),
		pytest.param(OCR_LENGTH, "12345", "1234574", id="OCR: seven long, then its check digit"),
		pytest.param(OCR_LENGTH, "12345678", "1234567806", id="OCR: ten long is a length digit of 0"),
		pytest.param(CREDITOR_REFERENCE, "TU06FX", "RF96TU06FX", id="RF"),
		pytest.param(CREDITOR_REFERENCE, "1234512345", "RF451234512345", id="RF of digits"),
	],
)
def test_made(scheme, number, reference):
	assert references.make(scheme, number) == reference
	assert references.is_valid(scheme, reference)


@pytest.mark.parametrize(
	("scheme", "reference", "creditor", "printed"),
	[
		pytest.param(FIK_71, "004040400000669", "1234 5678", "+71<004040400000669+12345678<", id="FIK"),
		pytest.param(KID_10, "602243", "1234.56.78903", "KID 602243", id="KID"),
		pytest.param(OCR_PLAIN, "1234567897", "5050-1055", "OCR 1234567897", id="OCR"),
		pytest.param(CREDITOR_REFERENCE, "RF96TU06FX", "", "RF96 TU06 FX", id="RF in groups of four"),
	],
)
def test_printed(scheme, reference, creditor, printed):
	assert references.printed(scheme, reference, creditor) == printed
	if scheme.kind == RF:
		assert references.is_valid(scheme, printed)


@pytest.mark.parametrize(
	("scheme", "text"),
	[
		pytest.param(FIK_71, "4040400000669", id="FIK without its zeros"),
		pytest.param(FIK_71, "0004040400000669", id="FIK of another card type"),
		pytest.param(Scheme(KID, length=10), "602243", id="KID of another length"),
		pytest.param(Scheme(KID, prefix="5"), "602243", id="KID of another system"),
		pytest.param(KID_10, "6-", id="a dash is of MOD11 alone"),
		pytest.param(KID_10, "3", id="a check digit of nothing"),
		pytest.param(KID_10, "1" * 25 + references.mod10("1" * 25), id="KID of 26"),
		pytest.param(OCR_LENGTH, "1234567897", id="OCR without its length digit"),
		pytest.param(OCR_LENGTH, "00", id="OCR with room for neither"),
		pytest.param(OCR_PLAIN, "١٢٣", id="digits of another script"),
		pytest.param(CREDITOR_REFERENCE, "RF97TU06FX", id="RF with another check digit"),
		pytest.param(CREDITOR_REFERENCE, "96TU06FX", id="RF without RF"),
		pytest.param(CREDITOR_REFERENCE, "RF96", id="RF without a number"),
		pytest.param(CREDITOR_REFERENCE, "RF96TU06FX" + "0" * 20, id="RF that is too long"),
		pytest.param(CREDITOR_REFERENCE, "RF96TU06FØ", id="RF with a letter of ours"),
		pytest.param(Scheme(RF, prefix="B2B"), "RF96TU06FX", id="RF of another system"),
		pytest.param(CREDITOR_REFERENCE, "", id="nothing"),
		pytest.param(FIK_71, "", id="no FIK"),
	],
)
def test_invalid(scheme, text):
	assert not references.is_valid(scheme, text)


@pytest.mark.parametrize(("text", "alias"), [(2, 99), (97, 0), (98, 1)])
def test_rf_is_never_made_with_a_check_that_means_another(text, alias):
	number = next(
		number
		for number in map(str, range(1, 500))
		if references.make(CREDITOR_REFERENCE, number)[2:4] == f"{text:02}"
	)
	assert references.is_valid(CREDITOR_REFERENCE, f"RF{text:02}{number}")
	assert not references.is_valid(CREDITOR_REFERENCE, f"RF{alias:02}{number}")


# ------------------------------------------------------------------ what holds for all
@all_schemes
@given(st.data())
def test_what_is_made_is_valid(scheme, data):
	number = data.draw(numbers_of(scheme))
	reference = references.make(scheme, number)
	assert references.is_valid(scheme, reference)
	if scheme.is_fixed:
		assert len(reference) == len(references.make(scheme, "1"))


@all_schemes
@given(st.data())
def test_a_wrong_sign_is_found(scheme, data):
	reference = references.make(scheme, data.draw(numbers_of(scheme)))
	at = data.draw(st.integers(0, len(reference) - 1))
	# A letter for a digit makes the number that RF divides longer: it promises nothing about that.
	signs = LETTERS if reference[at].isalpha() else "0123456789"
	wrong = data.draw(st.sampled_from(signs))
	assume(wrong != reference[at])
	assert not references.is_valid(scheme, reference[:at] + wrong + reference[at + 1 :])


@all_schemes
@given(st.data())
def test_neighbours_that_changed_places_are_found(scheme, data):
	reference = references.make(scheme, data.draw(numbers_of(scheme)))
	at = data.draw(st.integers(0, len(reference) - 2))
	first, second = reference[at : at + 2]
	assume(first != second)
	if scheme.kind != RF and scheme.method != MOD11:
		# Nine and nought weigh the same in either place: MOD10 promises nothing about them.
		assume({first, second} != {"0", "9"})
	if scheme.kind == RF:
		assume({first, second} not in ({"1", "B"}, {"2", "M"}, {"3", "X"}))
	assert not references.is_valid(scheme, reference[:at] + second + first + reference[at + 2 :])


def test_mod10_does_not_tell_09_from_90():
	assert references.is_valid(KID_10, references.make(KID_10, "1091"))
	assert references.mod10("1091") == references.mod10("1901")
	assert references.mod11("1091") != references.mod11("1901")


def test_rf_does_not_tell_1b_from_b1():
	# B counts as 11: either way the number that is divided reads 111. So 2M and 3X.
	for one, other in (("1B", "B1"), ("2M", "M2"), ("3X", "X3")):
		assert (
			references.make(CREDITOR_REFERENCE, one)[2:4] == references.make(CREDITOR_REFERENCE, other)[2:4]
		)


@all_schemes
@given(st.text(max_size=40))
def test_any_text_can_be_asked_about(scheme, text):
	assert references.is_valid(scheme, text) in (True, False)
	assert references.is_creditor(scheme, text) in (True, False)


@all_schemes
@pytest.mark.parametrize("number", ["", "0", "000", "-1", "12.5", "٣", "1" * 30, "a", "Ø"])
def test_what_makes_no_reference_is_refused(scheme, number):
	with pytest.raises(ValueError, match=scheme.kind):
		references.make(scheme, number)


def test_letters_make_references_of_rf_alone():
	assert references.make(CREDITOR_REFERENCE, "A1")
	for scheme in (FIK_71, KID_10, KID_11, OCR_PLAIN):
		with pytest.raises(ValueError):
			references.make(scheme, "A1")


# ------------------------------------------------------------------ numbers of documents
@pytest.mark.parametrize(
	("scheme", "name", "number"),
	[
		pytest.param(FIK_71, "ACC-SINV-2026-00012", "202600012", id="the digits of a name"),
		pytest.param(FIK_71, "ACC-SINV-2026-00012-1", "2026000121", id="of an amended one too"),
		pytest.param(FIK_71, "B2/2026-11-26/0000000012", "60000000012"[-14:], id="the last ones"),
		pytest.param(CREDITOR_REFERENCE, "sinv-26-Ø12", "SINV2612", id="RF keeps letters"),
		pytest.param(
			Scheme(KID, length=6), "ACC-SINV-2026-00012", "00012", id="as many as there is room for"
		),
	],
)
def test_the_first_number_of_a_name(scheme, name, number):
	first = next(references.numbers(scheme, name))
	assert first.endswith(number)
	assert len(first) <= scheme.room


@all_schemes
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_a_name_has_numbers_that_all_make_references(scheme, name):
	found = list(references.numbers(scheme, name))
	assert found == list(references.numbers(scheme, name))
	assert len(set(found)) > 10
	for number in found:
		assert references.is_valid(scheme, references.make(scheme, number))


@given(st.text("ABC-/", max_size=8), st.text("XYZ-/", max_size=8), st.integers(1, 99_999))
def test_two_series_with_the_same_digits_have_numbers_that_differ(series, other, number):
	name, second = f"{series}{number:05}", f"{other}{number:05}"
	assume(name != second)
	_same, *ours = references.numbers(FIK_71, name)
	_same, *theirs = references.numbers(FIK_71, second)
	assert not set(ours) & set(theirs)


def test_no_room_is_no_number():
	assert not list(references.numbers(Scheme(KID, length=3, prefix="12"), "ACC-SINV-2026-00012"))


def test_a_name_without_digits_gets_some():
	assert all(number.isdigit() for number in islice(references.numbers(KID_10, "INVOICE"), 3))


# ------------------------------------------------------------------ to whom is paid
@pytest.mark.parametrize(
	("scheme", "creditor", "is_one"),
	[
		pytest.param(FIK_71, "12345678", True, id="FIK creditor"),
		pytest.param(FIK_71, "1234 5678", True, id="FIK creditor with a space"),
		pytest.param(FIK_71, "1234567", False, id="FIK creditor of seven"),
		pytest.param(FIK_71, "DK345678", False, id="FIK creditor with letters"),
		pytest.param(Scheme(FIK, card_type="04"), "1234567", True, id="giro account"),
		pytest.param(Scheme(FIK, card_type="15"), "123456789", False, id="giro account of nine"),
		pytest.param(KID_10, "1234.56.78903", True, id="Norwegian account"),
		pytest.param(KID_10, "1234.56.78913", False, id="Norwegian account with a wrong digit"),
		pytest.param(KID_10, "78903", False, id="Norwegian account cut off"),
		pytest.param(OCR_PLAIN, "5050-1055", True, id="Bankgiro"),
		pytest.param(OCR_PLAIN, "5050-1054", False, id="Bankgiro with a wrong digit"),
		pytest.param(OCR_PLAIN, "5", False, id="no giro"),
		pytest.param(CREDITOR_REFERENCE, "DK50 0040 0440 1162 43", True, id="IBAN"),
		pytest.param(CREDITOR_REFERENCE, "DK50 0040 0440 1162 44", False, id="IBAN with a wrong digit"),
		pytest.param(CREDITOR_REFERENCE, "", False, id="nothing"),
	],
)
def test_to_whom_is_paid(scheme, creditor, is_one):
	assert references.is_creditor(scheme, creditor) == is_one
