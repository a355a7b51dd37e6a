"""Writes a pack: the books are read part by part, then the sheets are written row by row, so that a long one needs no more memory than
a short one."""

from pathlib import Path
from typing import NamedTuple

import frappe
from frappe import _

from b2b_contracts.backtest.workbook.files import new_book
from b2b_contracts.engine import packs as engine

from .pack_ageing import Ageing
from .pack_cash import Cash
from .pack_collections import Collections
from .pack_contracts import Contracts
from .pack_cover import Cover, Sources
from .pack_decisions import ToDecide
from .pack_exceptions import Exceptions
from .pack_kpis import Kpis
from .pack_layout import Book
from .pack_log import DecisionLog
from .pack_parts import Asked, Part, Tell
from .pack_risks import Risks
from .snapshots import SNAPSHOT

__all__ = ["Asked", "Made", "write"]

PARTS: dict[str, type[Part]] = {
	part.sheet: part
	for part in (Kpis, Ageing, Cash, Risks, Exceptions, ToDecide, Collections, Contracts, DecisionLog)
}


class Made(NamedTuple):
	"""What there is to know of a pack that was written: where its figures come from, and the ends of the chains of decisions."""

	taken_from: str
	heads: dict


def write(path: Path, asked: Asked, tell: Tell) -> Made:
	"""Write the workbook of a pack. `tell` gets the share that is done (0 to 1) and what is done just now."""
	parts = [PARTS[sheet](asked) for sheet in engine.sheets_of(asked.audience) if sheet in PARTS]
	for number, part in enumerate(parts):
		tell(number / (2 * len(parts)), _("Reading: {0}").format(part.title))
		part.read()
	taken_from = _taken_from(asked)
	sheets = [Cover(asked, parts, taken_from), *parts, Sources(asked, parts, taken_from)]
	with new_book() as made:
		made.properties.title = f"{asked.company} {asked.label}"
		made.properties.creator = "b2b_contracts"
		book = Book(made)
		for number, part in enumerate(sheets):
			tell(0.5 + number / (2 * len(sheets)), _("Writing: {0}").format(part.title))
			part.write(book)
		made.save(path)
	heads = next((part.heads for part in parts if isinstance(part, DecisionLog)), {})
	return Made(taken_from, heads)


def _taken_from(asked: Asked) -> str:
	"""Return where the figures of the period come from: the snapshot of its last month where there is one."""
	moment = f"{asked.made_on:%Y-%m-%d %H:%M}"
	snapshot = frappe.db.get_value(
		SNAPSHOT, {"company": asked.company, "month_end": asked.period.last}, ["name", "taken_on"]
	)
	if not snapshot:
		return _("The books on {0}").format(moment)
	name, taken_on = snapshot
	return _("Snapshot {0} of {1}, books on {2}").format(name, f"{taken_on:%Y-%m-%d}", moment)
