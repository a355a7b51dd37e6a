"""The terms of the policies side by side, in words."""

from datetime import date, time
from decimal import Decimal
from typing import NamedTuple

from .. import policy_file
from ..policy_file import PolicyTerms
from .context import Context

_HEAD_TERMS = {"policy": policy_file.POLICY_TERMS, "calendar": policy_file.CALENDAR_TERMS}
_ROW_KEYS = {
	"segments": ("segment_code",),
	"approval_matrix": ("risk_class", "from_percent"),
	"rule_roles": ("rule", "risk_class", "up_to"),
	"amount_escalation": ("amount_over_limit",),
}
_TERM_NAMES = {"require_po": "Require PO", "target_dso": "Target DSO", "to_percent": "Up to percent"}
_NAMES = ("name", "title", "company", "currency", "default_segment", "holiday_list")
_SAME_ANYWAY = ("name", "version", "mode", "holiday_list")  # nothing that decides


class Term(NamedTuple):
	"""A term, and its value in each policy."""

	part: str
	label: str
	values: list
	about: str
	differs: bool


def terms_of(context: Context) -> list[Term]:
	"""Return all terms of the policies, in the order of a policy file."""
	_ = context.translate
	flats = [_flat(world.terms) for world in context.result.policies]
	keys = dict.fromkeys(key for flat in flats for key in flat)
	order = [*_HEAD_TERMS, *_ROW_KEYS]
	found = []
	for key in sorted(keys, key=lambda key: order.index(key[0])):
		raw = [flat.get(key) for flat in flats]
		table, which, name = key
		about = next((t.about for t in _HEAD_TERMS.get(table, ()) if t.name == name), "")
		found.append(
			Term(
				_part(context, table, *which),
				_(_TERM_NAMES.get(name) or name.replace("_", " ").capitalize()),
				[_shown(context, value, name not in _NAMES) for value in raw],
				_(about),
				any(value != raw[0] for value in raw) and name not in _SAME_ANYWAY,
			)
		)
	return found


def _part(context: Context, table: str, *which) -> str:
	"""Return what a part of a policy is called."""
	_ = context.translate
	match table, which:
		case "policy", ():
			return _("Policy")
		case "calendar", ():
			return _("Calendar")
		case "segments", (code,):
			return _("Segment {0}").format(code)
		case "approval_matrix", (risk_class, percent):
			return _("Approval, class {0}, over {1} %").format(risk_class, number(percent))
		case "rule_roles", (rule, risk_class, days):
			parts = [_("Release of {0}").format(_(rule))]
			parts += [_("class {0}").format(risk_class)] if risk_class else []
			parts += [_("up to {0} days").format(number(days))] if days else []
			return ", ".join(parts)
		case _, (amount,):
			return _("Approval, more than {0} over").format(f"{amount:,}")


def _shown(context: Context, value, is_word: bool = True) -> str | int | Decimal | None:
	"""Return a term as a cell shows it; a text is one of our words, or a name that somebody has given."""
	_ = context.translate
	match value:
		case None:
			return None
		case bool():
			return _("yes") if value else _("no")
		case int() | Decimal():
			return value
		case time():
			return value.isoformat("minutes")
		case [date() as first, *_between, date() as last] if len(value) > 8:
			return _("{0} days, {1} to {2}").format(len(value), first, last)
		case list() | tuple():
			return ", ".join(str(_shown(context, inner)) for inner in value)
		case {"level": level, "percent_of_base": percent}:
			return _("level {0}: {1} %").format(level, number(percent))
		case {"due_date_based_on": based, "credit_days": days, "credit_months": months}:
			return f"{months if based == policy_file.MONTHS_AFTER_MONTH else days} {_(based)}"
	return _(value) if is_word and isinstance(value, str) else str(value)


def number(value: Decimal | int | float) -> str:
	"""Return a number in words: the shortest text that is exact."""
	return policy_file.policy_terms.plain(value) or "0"


def _flat(terms: PolicyTerms) -> dict[tuple[str, tuple, str], object]:
	"""Return every term by (table, row, name)."""
	values = terms.values
	flat = {(table, (), name): value for table in _HEAD_TERMS for name, value in values[table].items()}
	for table, keys in _ROW_KEYS.items():
		for row in values[table]:
			which = tuple(row[key] for key in keys)
			flat |= {(table, which, name): value for name, value in row.items() if name not in keys}
	return flat
