"""What outsiders may send as evidence: pictures and PDFs, told by their first bytes and not by what they are called."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_FILES = 3
MOST_BYTES = 5 * 1024 * 1024
LONGEST_NAME = 80

FIRST_BYTES = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
# Other endings under which such a file is known.
ALSO = {"jpeg": "jpg"}

TOO_MANY, TOO_LARGE, EMPTY, UNKNOWN_TYPE = "too_many", "too_large", "empty", "unknown_type"
SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Upload:
	"""A file as it was sent: what it is said to be called, and what is in it."""

	name: str
	content: bytes


@dataclass(frozen=True, slots=True)
class Problem:
	"""Why a file is not taken, and the cleaned name of the file."""

	kind: str
	name: str = ""


def problem_of(uploads: Iterable[Upload]) -> Problem | None:
	"""Return the first thing that is wrong with some files, None when all may be kept."""
	uploads = tuple(uploads)
	if len(uploads) > MOST_FILES:
		return Problem(TOO_MANY)
	for upload in uploads:
		name = clean_name(upload)
		if not upload.content:
			return Problem(EMPTY, name)
		if len(upload.content) > MOST_BYTES:
			return Problem(TOO_LARGE, name)
		if type_of(upload.content) is None:
			return Problem(UNKNOWN_TYPE, name)
		if carries_script(upload.content):
			return Problem(SCRIPT, name)
	return None


def type_of(content: bytes) -> str | None:
	"""Return "pdf", "png" or "jpg"; None for anything else."""
	return next((kind for kind, start in FIRST_BYTES.items() if content.startswith(start)), None)


def carries_script(content: bytes) -> bool:
	"""Whether a PDF says that it runs a script. What it may hide in a compressed part, a reader of PDFs has to find."""
	return type_of(content) == "pdf" and b"/JavaScript" in content


def clean_name(upload: Upload) -> str:
	"""Return a name that is safe to show and to store: letters, digits and few marks, with the ending of what it really is."""
	name = re.split(r"[/\\]", upload.name)[-1]
	stem, dot, ending = name.rpartition(".")
	known = ending.lower() in (*FIRST_BYTES, *ALSO)
	stem = re.sub(r"[^\w ()-]+", "_", stem if dot and known else name).strip(" _")
	kind = type_of(upload.content)
	return f"{stem[:LONGEST_NAME] or 'file'}{'.' + kind if kind else ''}"
