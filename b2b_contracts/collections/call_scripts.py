"""What to say on the phone: texts that a user may edit, by situation and language, with a customer's figures filled in
(requirements §3).

A text has no logic of its own: it may name what is known of the customer, and a line that names something which is not there
is left out.
"""

import re
from collections.abc import Mapping

import frappe
from frappe import _

from b2b_contracts.exceptions import WorklistError

SCRIPT = "Call Script"
OVERDUE, BROKEN_PROMISE, MISSED_INSTALMENT, OPEN_DISPUTE, NOT_DUE = (
	"Overdue",
	"Broken Promise",
	"Missed Instalment",
	"Open Dispute",
	"Not Due",
)
SITUATIONS = (OVERDUE, BROKEN_PROMISE, MISSED_INSTALMENT, OPEN_DISPUTE, NOT_DUE)
PLACEHOLDERS = frozenset(
	(
		"customer_name",
		"company",
		"collector",
		"amount",
		"count",
		"oldest_invoice",
		"oldest_due_date",
		"days",
		"promised_amount",
		"promised_date",
		"missed_date",
		"disputed_amount",
		"left_out",
	)
)
ENGLISH = "en"
# Norwegian goes by two codes.
ALIKE = {"no": "nb", "nn": "nb"}
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def check(script) -> None:
	"""Refuse a text that names what nobody knows."""
	for line in (script.lines or "").splitlines():
		for name in _PLACEHOLDER.findall(line):
			if name not in PLACEHOLDERS:
				frappe.throw(
					_("“{0}” is no placeholder of a call script. Use one of {1}.").format(
						name, ", ".join(sorted(PLACEHOLDERS))
					),
					WorklistError,
					title=_("Call script"),
				)


def filled_in(text: str, values: Mapping[str, str]) -> list[str]:
	"""Return the lines of a text with their figures, without those that have nothing to say. Plain text: whoever shows it
	escapes it."""
	lines = []
	for line in text.splitlines():
		if line.strip() and all(values.get(name) for name in _PLACEHOLDER.findall(line)):
			lines.append(_PLACEHOLDER.sub(lambda found: str(values[found[1]]), line).strip())
	return lines


def lines_for(situation: str, language: str | None, values: Mapping[str, str]) -> list[str]:
	"""Return what to say in a situation, in the customer's language, else in the user's, else in English; nothing where there
	is no such script."""
	rows = frappe.get_all(
		SCRIPT, filters={"situation": situation, "enabled": 1}, fields=["language", "lines"]
	)
	texts = {_language(row.language): row.lines for row in rows}
	for wanted in (language, frappe.local.lang, ENGLISH):
		if _language(wanted) in texts:
			return filled_in(texts[_language(wanted)], values)
	return []


def _language(code: str | None) -> str:
	base = (code or "").replace("_", "-").split("-")[0].lower()
	return ALIKE.get(base, base)
