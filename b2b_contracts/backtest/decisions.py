"""Every decision of a replay, kept on disk in the order in which they were made: there may be millions."""

import tempfile
from collections.abc import Iterator
from datetime import date
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .spool import put, rows_in


class Made(NamedTuple):
	"""What one policy made of an order. Numbers as a table shows them; `limit` is None when unlimited, and so is the
	utilisation, a ratio; over a limit of nothing that is infinite."""

	segment: str
	outcome: str
	rules: str
	role: str
	utilisation: float | None
	exposure_before: float
	exposure_after: float
	limit: float | None


class Row(NamedTuple):
	"""An order (`kind` orders), or a delivery or invoice without one, and what each policy made of it, None: nothing."""

	day: date
	name: str
	kind: str
	customer: str
	amount: float
	made: tuple[Made | None, ...]


class Decisions:
	"""The decisions of all policies side by side. Iterate over it for its rows, as often as you like."""

	def __init__(self, policies: list[str], folder: Path | None = None):
		self.policies = policies
		self.count = 0
		self._folder = None
		if folder is None:
			self._folder = tempfile.TemporaryDirectory(prefix="b2b-backtest-")  # goes with this object
			folder = Path(self._folder.name)
		self.path = folder / "decisions"
		self._file: BinaryIO | None = self.path.open("wb")
		self._parts: list[Path] = [self.path]

	def keep(self, worlds) -> None:
		"""Write down what the worlds have decided on a day."""
		if len(worlds) == 1:
			keys = worlds[0].decided
		else:
			keys = {key: None for world in worlds for key in world.decided}
		if not keys:
			return
		rows = []
		for key in keys:
			found = [world.decided.get(key) for world in worlds]
			moment, order, amount, _made = next(entry for entry in found if entry)
			made = [_plain(entry[3]) if entry else None for entry in found]
			rows.append((moment, key, order.name, order.kind, order.account.name, float(amount), made))
		rows.sort(key=_place)
		self.count += len(rows)
		put(rows, self._file)

	def close(self) -> None:
		"""No more decisions come."""
		if self._file is not None:
			self._file.close()
			self._file = None

	@classmethod
	def of_parts(cls, parts: list["Decisions"]) -> "Decisions":
		"""Return the decisions of several replays as one; it takes over what they have written."""
		whole = cls(parts[0].policies)
		whole.close()
		folder = whole.path.parent
		whole._parts = [part.path.rename(folder / f"part-{number}") for number, part in enumerate(parts)]
		whole.count = sum(part.count for part in parts)
		return whole

	def __iter__(self) -> Iterator[Row]:
		if self._file is not None:
			self._file.flush()
		rows = (
			merge(*map(rows_in, self._parts), key=_place) if len(self._parts) > 1 else rows_in(self._parts[0])
		)
		for moment, _key, name, kind, customer, amount, made in rows:
			day = date.fromordinal(moment // 86400)
			yield Row(
				day, name, kind, customer, amount, tuple(Made(*entry) if entry else None for entry in made)
			)

	def __len__(self) -> int:
		return self.count


_place = itemgetter(0, 1)


def _plain(made: tuple) -> tuple:
	*words, used, before, after, limit = made
	return (
		*words,
		None if used is None else float(used),
		float(before),
		float(after),
		None if limit.is_unlimited else float(limit.ceiling),
	)
