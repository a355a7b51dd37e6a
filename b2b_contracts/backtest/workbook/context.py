"""What all sheets are written from: the result, what policies are called, and the widths that fit its amounts."""

import textwrap
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache, cached_property

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from b2b_contracts.engine.money import ZERO

from ..result import Result, WorldResult
from .cells import clean

LABEL_CHARACTERS = 26


class Context:
	"""A result and the workbook it goes into. All English passes through `translate`.

	`labels` are what columns and rows call the policies, `letters` shorter; `world_labels` begin with the past.
	"""

	def __init__(self, book: Workbook, result: Result, translate: Callable[[str], str]):
		self.book, self.result = book, result
		self.translate = _ = cache(lambda text: translate(text) if text else text)
		self.letters = [get_column_letter(number) for number, _world in enumerate(result.policies, 1)]
		self.labels = list(map(self._label, self.letters, result.policies))
		self.world_labels = [_("As it was"), *self.labels]
		# The headings of the columns that compare each further policy with the first.
		self.differences_heads = [f"{letter} − {self.letters[0]}" for letter in self.letters[1:]]
		self.ends = {world: Counter(hold.end for hold in world.figures.holds) for world in result.policies}

	def _label(self, letter: str, world: WorldResult) -> str:
		"""What a policy is called: short, and each another."""
		name = textwrap.shorten(clean(world.terms.name), LABEL_CHARACTERS, placeholder="…")
		name = name if name != "…" else clean(world.terms.name)[: LABEL_CHARACTERS - 1] + "…"
		return f"{letter}: {name}" if len(self.result.policies) > 1 else name

	@cached_property
	def sum_width(self) -> float:
		"""How wide the largest sum is."""
		worlds = self.result.worlds
		sums = (x for w in worlds for x in (w.figures.orders.amount, w.figures.checked.amount, w.cash))
		return _width_of(max(map(abs, sums), default=ZERO))

	@cached_property
	def money_width(self) -> float:
		"""How wide the largest amount of a customer or month is."""
		found = [
			abs(amount)
			for world in self.result.worlds
			for customer in world.figures.by_customer.values()
			for amount in (customer.orders.amount, customer.limit, customer.exposure)
		]
		found += [month.receivables for world in self.result.worlds for month in world.months]
		return _width_of(max(found, default=ZERO))


def _width_of(amount: Decimal) -> float:
	return max(12, len(f"{amount:,.0f}") + 2)
