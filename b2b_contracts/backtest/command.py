"""The command `b2b-contracts`. It says in one line what to install where its libraries are missing."""

import sys


def main() -> None:
	"""Run the command; ends with status 2 when its libraries are not there."""
	try:
		from .terminal import cli
	except ModuleNotFoundError as missing:
		if (missing.name or "").partition(".")[0] not in ("click", "rich", "openpyxl"):
			raise
		print(
			f"b2b-contracts needs {missing.name}: python -m pip install 'b2b_contracts[cli]' (or, in a checkout, '.[cli]')",
			file=sys.stderr,
		)
		raise SystemExit(2) from None
	cli(prog_name="b2b-contracts")


if __name__ == "__main__":
	main()
