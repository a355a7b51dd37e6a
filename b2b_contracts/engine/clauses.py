"""Clauses of the library and how they stand in a contract: which wording, whether it deviates, and who has to agree to that
(requirements §6).

A clause has a standard wording and fallbacks in an order: what one gives up first comes first. A later fallback never needs
less than an earlier one, and a wording of one's own never less than the last fallback.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .contract_life_cycle import APPROVERS, CONTRACT_MANAGER
from .contract_text import CHOICES, COUNTERPARTY, FALLBACK, LEFT_OUT, MUST, RANKS, STANDARD, TAILORED

# Wordings that nobody agreed to beforehand.
DEVIATING = (TAILORED, COUNTERPARTY, LEFT_OUT)
# Their text is the contract's own, not the library's.
OWN_WORDS = (TAILORED, COUNTERPARTY)


@dataclass(frozen=True, slots=True)
class Wording:
	"""One wording of a clause in one language. Number 0 is the standard, 1 the first fallback; a fallback may need a role."""

	language: str
	heading: str
	text: str
	number: int = 0
	approval_role: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
	"""A clause as the library, or an approved template, has it."""

	name: str
	category: str = ""
	rank: str = MUST
	deviation_role: str = ""
	wordings: tuple[Wording, ...] = ()

	def __post_init__(self):
		if self.rank not in RANKS:
			raise ValueError(f"unknown rank {self.rank!r}")
		roles = {self.deviation_role, *(wording.approval_role for wording in self.wordings)} - {""}
		if unknown := roles - set(APPROVERS):
			raise ValueError(f"nobody approves contracts as {sorted(unknown)[0]}")

	@property
	def fallbacks(self) -> tuple[int, ...]:
		"""The numbers of its fallbacks, in their order."""
		return tuple(sorted({wording.number for wording in self.wordings if wording.number}))

	@property
	def languages(self) -> tuple[str, ...]:
		"""The languages that its standard wording is there in."""
		return tuple(wording.language for wording in self.wordings if not wording.number)

	def in_languages(self, number: int) -> dict[str, Wording]:
		"""Return a wording by language."""
		return {wording.language: wording for wording in self.wordings if wording.number == number}


def highest(roles: Iterable[str]) -> str:
	"""Return the highest of some roles, nothing where there is none."""
	return max((role for role in roles if role), key=APPROVERS.index, default="")


def role_of(clause: Clause, choice: str, number: int = 0, is_optional: bool = False) -> str:
	"""Return who has to agree to how a clause stands in a contract: nobody to its standard, to the fallbacks whoever they or an
	earlier one name, to anything else the clause's own role. A clause that is optional may be left out.

	Raises `ValueError` for a choice or a fallback that there is not.
	"""
	if choice not in CHOICES:
		raise ValueError(f"unknown choice {choice!r}")
	if choice == FALLBACK and number not in clause.fallbacks:
		raise ValueError(f"{clause.name} has no fallback {number}")
	if choice == STANDARD or (choice == LEFT_OUT and is_optional):
		return ""
	if choice == FALLBACK:
		return highest(w.approval_role for w in clause.wordings if 0 < w.number <= number)
	given_up = highest(w.approval_role for w in clause.wordings)
	return highest((clause.deviation_role, given_up, CONTRACT_MANAGER))


def is_deviation(choice: str, role: str, is_optional: bool = False) -> bool:
	"""Whether a clause stands otherwise in a contract than was agreed to beforehand: in words of one's own, the counterparty's,
	left out, or as a fallback that somebody has to agree to."""
	if choice in DEVIATING:
		return not (choice == LEFT_OUT and is_optional)
	return choice == FALLBACK and bool(role)


def strictest(ranks: Iterable[str]) -> str:
	"""Return the strictest of some ranks, nothing where there is none."""
	return min((rank for rank in ranks if rank), key=RANKS.index, default="")
