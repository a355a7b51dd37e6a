"""The text of a contract as sections: what documents are made of, and what two versions are compared by (requirements §6).

Plain text: a paragraph is one line without markup. Numbers are counted by whoever puts the sections together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

STANDARD, FALLBACK, TAILORED = "Standard", "Fallback", "Tailored"
COUNTERPARTY, LEFT_OUT = "Counterparty", "Left Out"
# How a clause stands in a contract.
CHOICES = (STANDARD, FALLBACK, TAILORED, COUNTERPARTY, LEFT_OUT)
MUST, SHOULD, CAN = "Must", "Should", "Can"
# The strictest first.
RANKS = (MUST, SHOULD, CAN)


@dataclass(frozen=True, slots=True)
class Section:
	"""One section: its number ("7"), its heading, and its paragraphs; which clause of the library it is, how strictly that has to
	be kept, and how it stands in the contract. A section without a clause (the parties, a counterparty's own) has none of them."""

	number: str
	heading: str
	rank: str = ""
	clause: str = ""
	choice: str = ""
	paragraphs: tuple[str, ...] = ()

	@property
	def text(self) -> str:
		"""The paragraphs, one a line."""
		return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class ContractText:
	"""The text of a contract in one language (two letters), its sections in their order."""

	title: str
	language: str
	sections: tuple[Section, ...] = ()

	@property
	def text(self) -> str:
		"""Title, headings and paragraphs, one a line, as it is searched."""
		return "\n".join([self.title, *(line for part in self.sections for line in lines_of(part))])


def lines_of(section: Section) -> tuple[str, ...]:
	"""Return a section line by line, its numbered heading first."""
	heading = f"{section.number}. {section.heading}" if section.number else section.heading
	return (*((heading,) if heading else ()), *section.paragraphs)


def paragraphs_of(text: str | None) -> tuple[str, ...]:
	"""Return a text's paragraphs: its lines without outer blanks, empty ones left out."""
	return tuple(line for line in (" ".join(part.split()) for part in (text or "").splitlines()) if line)


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
	"""Return sections numbered from 1 in their order, those left out taken out."""
	kept = [part for part in sections if part.choice != LEFT_OUT]
	return tuple(
		Section(str(number), part.heading, part.rank, part.clause, part.choice, part.paragraphs)
		for number, part in enumerate(kept, start=1)
	)
