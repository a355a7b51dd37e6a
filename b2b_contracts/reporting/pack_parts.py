"""What every part of a pack has in common: what it is asked for, what it says on the cover, and where its figures come from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple

from frappe.utils import get_fullname

from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine.packs import Period

from .pack_layout import Book, Light


@dataclass(frozen=True, slots=True)
class Asked:
	"""Which pack: of a company, for whom, of which period (`label` in words), and the ends of the chains of decisions that an
	earlier pack has written down."""

	name: str
	company: str
	audience: str
	period: Period
	version: int
	reason: str
	made_on: datetime
	label: str
	heads: dict = field(default_factory=dict)
	# What several parts look at, read once.
	shared: dict = field(default_factory=dict)

	@property
	def currency(self) -> str:
		return company_currency(self.company)


class CoverLine(NamedTuple):
	"""A line of the cover: a figure (`kind` as of `cells`) with its light, and what there is to say of it."""

	label: str
	value: object
	kind: str
	light: Light | None = None
	remark: str = ""


class Source(NamedTuple):
	"""Where a figure comes from, and how it is reckoned."""

	figure: str
	formula: str
	source: str


class Part:
	"""A sheet of a pack. `read` reads the books once; everything else is made from what was read."""

	sheet: ClassVar[str] = ""

	def __init__(self, asked: Asked):
		self.asked = asked

	@property
	def title(self) -> str:
		raise NotImplementedError

	def read(self) -> None:
		"""Read the books: everything that the methods below are made from."""

	def cover(self) -> Iterable[CoverLine]:
		"""Return what the cover says of this sheet."""
		return ()

	def sources(self) -> Iterable[Source]:
		return ()

	def write(self, book: Book) -> None:
		raise NotImplementedError


def full_name(user: str | None) -> str:
	"""Return what a user is called, empty for nobody. Frappe keeps what it has looked up."""
	return get_fullname(user) if user else ""


Tell = Callable[[float, str], None]
