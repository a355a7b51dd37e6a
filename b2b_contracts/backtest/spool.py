"""Rows that wait on disk, many at a time: files of this process or one that it started, never anybody else's."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def put(rows: list, file: BinaryIO) -> None:
	"""Write some rows behind those that are there."""
	pickle.dump(rows, file, pickle.HIGHEST_PROTOCOL)


def rows_of(file: BinaryIO) -> Iterator:
	"""Yield the rows of a file from where it stands."""
	while True:
		try:
			# A pickle is read at one go; marshal asks the file for every number and word, and takes ten times as long.
			yield from pickle.load(file)
		except EOFError:
			return


def rows_in(path: Path) -> Iterator:
	"""Yield the rows of a file."""
	with path.open("rb") as file:
		yield from rows_of(file)
