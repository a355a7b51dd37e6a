"""Writes what a back-test found as a workbook for the people who decide: one XLSX file that opens and prints as it is.

Nothing from a book or a policy file becomes a formula: text is text, whatever it begins with.
"""

from collections.abc import Callable
from pathlib import Path

from ..result import Result
from . import charts, comparisons, lists, summary, tables
from .context import Context
from .files import Files, new_book

__all__ = ["write_workbook"]


def write_workbook(
	result: Result,
	path: str | Path,
	on_progress: Callable[[float], None] | None = None,
	max_rows: int = tables.MOST_ROWS,
	translate: Callable[[str], str] = str,
) -> list[Path]:
	"""Write a back-test as a workbook and return the files written: the workbook, then its CSV files.

	A table that would make a sheet longer than `max_rows` goes whole into `<stem>-<table>.csv`. `on_progress` gets the
	share that is done (0 to 1); what it raises ends the writing. All English passes through `translate`. Files appear when
	they are complete; of a write that fails nothing is left.
	"""
	path = Path(path)
	with Files() as files, new_book() as book:
		unfinished = files.begin(path)
		context = Context(book, result, translate)
		_ = context.translate
		book.properties.title = _("Back-test of credit policies")
		book.properties.creator = "b2b_contracts"
		room = summary.write_summary(context)
		ranges = comparisons.write_side_by_side(context)
		comparisons.write_policies(context)
		ranges |= comparisons.write_month_by_month(context)
		found = lists.tables_of(context)
		progress = tables.Progress(sum(table.count for table in found), on_progress or (lambda share: None))
		for table in found:
			if table.head + table.count <= max_rows:
				tables.write(context, table, progress)
			else:
				beside = path.with_name(f"{path.stem}-{table.file}.csv")
				tables.write_beside(context, table, progress, files.begin(beside), beside.name, max_rows)
		charts.draw(context, room, ranges)
		book.save(unfinished)
		progress.end()
	return files.paths
