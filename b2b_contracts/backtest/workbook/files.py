"""The files of a workbook, also those that openpyxl keeps its rows in until it is saved."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from openpyxl import Workbook

from . import cells


class Files:
	"""Files that appear together when all are complete, the first one last; of a write that fails nothing is left."""

	def __init__(self):
		self._temporary: dict[Path, Path] = {}

	def begin(self, path: Path) -> Path:
		"""Return where to write a file until it is complete."""
		self._temporary[path] = path.with_name(f".{path.name}.{os.getpid()}.tmp")
		return self._temporary[path]

	@property
	def paths(self) -> list[Path]:
		return list(self._temporary)

	def __enter__(self) -> "Files":
		return self

	def __exit__(self, error, *_rest) -> None:
		try:
			if error is None:
				for path, temporary in reversed(self._temporary.items()):
					temporary.replace(path)
		finally:
			for temporary in self._temporary.values():
				temporary.unlink(missing_ok=True)


@contextmanager
def new_book() -> Iterator[Workbook]:
	"""Begin a workbook that is written row by row."""
	book = Workbook(write_only=True)
	book._fonts[0] = cells.font(cells.PLAIN)  # widths of columns count in digits of this font
	try:
		yield book
	except BaseException:
		# openpyxl removes the files of its sheets only when it saves them.
		for sheet in book.worksheets:
			with suppress(Exception):
				sheet.close()
			with suppress(Exception):
				sheet._writer.cleanup()
		raise
