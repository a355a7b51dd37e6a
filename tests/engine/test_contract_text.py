from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import contract_text as ct
from b2b_contracts.engine.contract_text import ContractText, Section

words = st.text(alphabet="abc \t\r\n", max_size=30)
sections = st.builds(
	Section,
	number=st.just(""),
	heading=st.sampled_from(("Price", "Term", "")),
	choice=st.sampled_from(("", *ct.CHOICES)),
	paragraphs=st.lists(st.sampled_from(("one", "two")), max_size=3).map(tuple),
)


def test_a_text_reads_line_by_line():
	text = ContractText(
		"Supply agreement",
		"en",
		ct.numbered(
			[
				Section("", "Price", ct.MUST, "Price", ct.STANDARD, ("DKK 10.", "Net.")),
				Section("", "Audit", ct.CAN, "Audit", ct.LEFT_OUT, ("Never.",)),
				Section("", "Term", ct.SHOULD, "Term", ct.FALLBACK, ("36 months.",)),
			]
		),
	)
	assert text.text == "Supply agreement\n1. Price\nDKK 10.\nNet.\n2. Term\n36 months."
	assert text.sections[0].text == "DKK 10.\nNet."


def test_a_section_without_a_number_has_only_its_heading():
	assert ct.lines_of(Section("", "Parties", paragraphs=("A and B",))) == ("Parties", "A and B")
	assert ct.lines_of(Section("", "", paragraphs=("A",))) == ("A",)


@given(words)
def test_paragraphs_have_no_breaks_and_lose_no_letter(text):
	found = ct.paragraphs_of(text)
	assert all(part and part == " ".join(part.split()) for part in found)
	assert "".join(found).replace(" ", "") == "".join(text.split())


@given(st.lists(sections, max_size=6))
def test_numbers_count_from_one_over_what_is_kept(parts):
	found = ct.numbered(parts)
	assert [part.number for part in found] == [str(n) for n in range(1, len(found) + 1)]
	kept = [part for part in parts if part.choice != ct.LEFT_OUT]
	assert [(part.heading, part.paragraphs) for part in found] == [(p.heading, p.paragraphs) for p in kept]
