"""A policy file: the terms of a Credit Policy, its segments and its approval matrix as TOML.

The names are those of the documents on a site. A term that a file leaves out is what a new Credit Policy starts with;
a name that nobody knows is an error, and all errors are told at once. Written by ourselves and not by a TOML library:
each term comes with a sentence that says what it means, and a site needs no further package for it.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path

from b2b_contracts import standard_terms
from b2b_contracts.engine import delivery, facts, limits, policy_terms, rules
from b2b_contracts.engine.accounts import PaymentTerms, SegmentTerms
from b2b_contracts.engine.approval import RISK_CLASSES, ROLE_RANK, matrix_problems
from b2b_contracts.engine.money import HUNDRED
from b2b_contracts.engine.policy_terms import number
from b2b_contracts.engine.working_hours import WorkingTime, due_at

if sys.version_info >= (3, 11):
	import tomllib
else:
	import tomli as tomllib

SHIPPED = Path(__file__).parent / "policies"
AFTER_INVOICE, AFTER_MONTH, MONTHS_AFTER_MONTH = (
	"Day(s) after invoice date",
	"Day(s) after the end of the invoice month",
	"Month(s) after the end of the invoice month",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class PolicyFileError(ValueError):
	"""What is wrong with a policy file, one sentence each, with the name of the file."""

	def __init__(self, where: str, problems: Iterable[str]):
		self.problems = tuple(problems)
		super().__init__("\n".join(f"{where}: {problem}" for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Term:
	"""A term of a policy file: its kind checks the value, `about` is written beside it."""

	name: str
	kind: str
	default: object
	about: str
	choices: tuple[str, ...] = ()


_TEXT, _NUMBER, _WHOLE, _YES, _CHOICE, _TIME = (
	"text",
	"number",
	"whole number",
	"true or false",
	"choice",
	"time",
)

POLICY_TERMS = (
	Term("name", _TEXT, "", "What this policy is called."),
	Term("version", _WHOLE, 1, "Which version of the Credit Policy this is."),
	Term("company", _TEXT, "", "The company whose orders it decides; empty decides all in the book."),
	Term("currency", _TEXT, "", "The currency of all amounts here."),
	Term(
		"mode",
		_CHOICE,
		facts.OBSERVE,
		"On a site only: a replay always evaluates.",
		(facts.OFF, facts.OBSERVE, facts.ENFORCE),
	),
	Term(
		"without_profile",
		_CHOICE,
		facts.NOT_CHECKED,
		"What happens to customers nobody has assessed.",
		(facts.NOT_CHECKED, facts.DEFAULT_SEGMENT, facts.PARK_FOR_ASSESSMENT),
	),
	Term("default_segment", _TEXT, "", "Their segment, where without_profile is Default Segment."),
	Term(
		"hold_utilisation_percent",
		_NUMBER,
		Decimal(95),
		"Hold above this share of the limit, per cent, the order included.",
	),
	Term(
		"stop_utilisation_percent",
		_NUMBER,
		Decimal(120),
		"Stop when the balance is above this share of the limit, per cent.",
	),
	Term("overdue_hold_days", _WHOLE, 14, "Hold when an item is more than this many days overdue."),
	Term(
		"overdue_tolerance_amount",
		_NUMBER,
		Decimal(500),
		"Overdue items of a customer up to this sum are ignored.",
	),
	Term(
		"rating_stop_notches",
		_WHOLE,
		2,
		"Stop at this many notches down since the last review; 0: only insolvency.",
	),
	Term("credit_horizon_days", _WHOLE, 0, "Orders promised later than this do not count; 0: all count."),
	Term(
		"delivery_age_days",
		_WHOLE,
		30,
		"Deliveries stop when an item is more than this many days overdue and the rating is C or lower; 0: never.",
	),
	Term(
		"delivery_stop_days",
		_WHOLE,
		15,
		"For risk class C and segment D deliveries stop this many days after an item was due; 0: never.",
	),
	Term(
		"dispute_standstill_days",
		_WHOLE,
		14,
		"Deliveries stop when a dispute waits longer than this for the customer; 0: never.",
	),
	Term(
		"payment_slip_days",
		_WHOLE,
		3,
		"On a site only: working days after its value date for which the money of a payment slip is waited for.",
	),
	Term("release_grace_days", _WHOLE, 7, "A release ends this many days after the last promised delivery."),
	Term("release_max_days", _WHOLE, 60, "A release lasts this many days at most."),
	Term("response_hours", _NUMBER, Decimal(4), "An answer is due within this many working hours."),
	Term("workday_start", _TIME, time(8), "When the working day starts."),
	Term("workday_end", _TIME, time(16), "When it ends."),
	Term("holiday_list", _TEXT, "", "On a site only: days_off below are the days nobody works."),
	Term(
		"reserve_days_for_documents",
		_WHOLE,
		5,
		"How long stock is kept for orders that wait for prepayment or security.",
	),
	Term("customer_notice_delay_minutes", _WHOLE, 30, "When the customer is told of a hold."),
	Term("require_po", _YES, False, "Hold orders without a purchase order number."),
	Term(
		"review_overdue_action", _CHOICE, "None", "Hold customers whose review is overdue.", ("None", "Park")
	),
)
CALENDAR_TERMS = (
	Term("weekly_off", "weekdays", ("Saturday", "Sunday"), "Days of the week on which nobody works."),
	Term("days_off", "dates", (), "Holidays."),
)
ROW_TERMS = {
	"approval_matrix": (
		Term("risk_class", _CHOICE, None, "", RISK_CLASSES),
		Term("from_percent", _NUMBER, Decimal(0), ""),
		Term("to_percent", _NUMBER, Decimal(0), ""),
		Term("role", _CHOICE, None, "", ROLE_RANK),
		Term("security_required", _YES, False, ""),
	),
	"rule_roles": (
		Term("rule", _CHOICE, None, "", tuple(rule.name for rule in (*rules.RULES, *delivery.RULES))),
		Term("risk_class", _CHOICE, "", "", ("", *RISK_CLASSES)),
		Term("up_to", _NUMBER, Decimal(0), ""),
		Term("role", _CHOICE, None, "", ROLE_RANK),
	),
	"amount_escalation": (
		Term("amount_over_limit", _NUMBER, None, ""),
		Term("role", _CHOICE, None, "", ROLE_RANK),
	),
	"segments": (
		Term("segment_code", _TEXT, None, ""),
		Term("title", _TEXT, "", ""),
		Term("default_risk_class", _CHOICE, "B", "", RISK_CLASSES),
		Term("limit_basis", _CHOICE, None, "", limits.LIMIT_BASES),
		Term("limit_percent", _NUMBER, Decimal(0), ""),
		Term("limit_months", _NUMBER, Decimal(0), ""),
		Term("limit_amount", _NUMBER, Decimal(0), ""),
		Term("prepayment_percent", _NUMBER, Decimal(0), ""),
		Term("default_level", _WHOLE, 1, ""),
		Term("levels", "levels", (), ""),
		Term("payment_terms", "payment terms", (), ""),
		Term("review_months", _WHOLE, 6, ""),
		Term("target_dso", _WHOLE, 0, ""),
	),
}
LEVEL_TERMS = (Term("level", _WHOLE, None, ""), Term("percent_of_base", _NUMBER, None, ""))
PAYMENT_TERMS = (
	Term("due_date_based_on", _CHOICE, AFTER_INVOICE, "", (AFTER_INVOICE, AFTER_MONTH, MONTHS_AFTER_MONTH)),
	Term("credit_days", _WHOLE, 0, ""),
	Term("credit_months", _WHOLE, 0, ""),
)
_ABOUT_ROWS = {
	"approval_matrix": "Who approves how far over the limit (per cent, above from_percent up to to_percent; 0 is no upper end).",
	"rule_roles": "Who releases what each rule holds (up_to: days over what is allowed; 0 is no upper end).",
	"amount_escalation": "More than this amount over the limit takes this role at least.",
	"segments": "Segments: what credit and which terms their customers get.",
}


@dataclass(frozen=True, slots=True)
class Segment:
	"""A segment as it stands in a policy file; percentages per cent, amounts in the policy's currency."""

	segment_code: str
	title: str
	default_risk_class: str
	limit_basis: str
	limit_percent: Decimal
	limit_months: Decimal
	limit_amount: Decimal
	prepayment_percent: Decimal
	default_level: int
	levels: tuple[tuple[int, Decimal], ...]
	payment_terms: tuple[PaymentTerms, ...]
	review_months: int
	target_dso: int

	def at(self, level: int | None) -> SegmentTerms:
		"""Return what the segment gives at a level of its ladder; None is the default level."""
		share = dict(self.levels).get(self.default_level if level is None else level, HUNDRED)
		return SegmentTerms(
			self.limit_basis,
			self.limit_percent,
			self.limit_months,
			self.limit_amount,
			self.prepayment_percent,
			share,
		)


class PolicyTerms:
	"""A policy file, read: `policy` for the engine, its segments, its working time. `values` is what was written."""

	def __init__(self, values: dict):
		self.values = values

	@cached_property
	def policy(self) -> facts.Policy:
		"""The terms that decide."""
		terms = policy_terms.stored(
			self.values["policy"] | {t: self.values[t] for t in policy_terms.CHILD_FIELDS}
		)
		head = self.values["policy"]
		return policy_terms.policy_of(head["name"], head["version"], head["company"], head["currency"], terms)

	@cached_property
	def segments(self) -> dict[str, Segment]:
		"""The segments by their code."""
		return {row["segment_code"]: _segment(row) for row in self.values["segments"]}

	@property
	def name(self) -> str:
		"""What to call the policy: its name, with its version."""
		return self.values["policy"]["name"] or "Unnamed policy"

	@property
	def response_hours(self) -> Decimal:
		return number(self.values["policy"]["response_hours"])

	@cached_property
	def working(self) -> WorkingTime:
		"""The working days and hours."""
		calendar = self.values["calendar"]
		off = _DaysOff(
			frozenset(calendar["days_off"]), frozenset(WEEKDAYS.index(d) for d in calendar["weekly_off"])
		)
		head = self.values["policy"]
		return WorkingTime(head["workday_start"], head["workday_end"], off)

	@cached_property
	def answered_at(self) -> Callable[[datetime, Decimal], datetime]:
		"""When a hold of a moment is answered that takes so many working hours."""
		return lru_cache(maxsize=50_000)(lambda held, hours: due_at(held, hours, self.working))

	def __getstate__(self) -> dict:
		return {"values": self.values}


class _DaysOff:
	"""Holidays and weekly days off as one collection of dates."""

	def __init__(self, days: frozenset[date], weekdays: frozenset[int]):
		self.days, self.weekdays = days, weekdays

	def __contains__(self, day) -> bool:
		return day.weekday() in self.weekdays or day in self.days

	def __iter__(self):
		return iter(self.days)

	def __len__(self) -> int:
		return len(self.days)


# ------------------------------------------------------------------ reading
def load(path: str | Path) -> PolicyTerms:
	"""Read a policy file. Raises `PolicyFileError` with everything that is wrong with it."""
	path = Path(path)
	try:
		text = path.read_text(encoding="utf-8-sig")
	except OSError as error:
		raise PolicyFileError(str(path), [f"cannot be read: {error.strerror or error}."]) from None
	except UnicodeDecodeError:
		raise PolicyFileError(str(path), ["is not a UTF-8 text file."]) from None
	return loads(text, str(path))


def loads(text: str, where: str = "The policy") -> PolicyTerms:
	"""Read the text of a policy file; `where` names it in errors."""
	try:
		given = tomllib.loads(text, parse_float=Decimal)
	except tomllib.TOMLDecodeError as error:
		raise PolicyFileError(where, [f"is not TOML: {error}"]) from None
	return of_values(given, where)


def shipped(name: str) -> PolicyTerms:
	"""Return a policy that comes with the app: "standard" or "alternative"."""
	return load(SHIPPED / f"{name}.toml")


def of_values(given: Mapping, where: str = "The policy") -> PolicyTerms:
	"""Check the values of a policy file (or of documents) and fill in what is left out."""
	problems: list[str] = []
	tables = ("policy", "calendar", *ROW_TERMS)
	problems += [f"[{name}] is not known; use {', '.join(tables)}." for name in given if name not in tables]
	values: dict = {
		"policy": _table(given.get("policy", {}), POLICY_TERMS, "[policy]", problems),
		"calendar": _table(given.get("calendar", {}), CALENDAR_TERMS, "[calendar]", problems),
	}
	for table, terms in ROW_TERMS.items():
		rows = given.get(table)
		if rows is None:
			rows = _STANDARD_ROWS[table]
		if not isinstance(rows, list | tuple):
			problems.append(f"[[{table}]] must be a list of rows.")
			rows = []
		values[table] = [
			_table(row, terms, f"[[{table}]] row {position}", problems)
			for position, row in enumerate(rows, 1)
		]
	if not problems:
		_add_missing_rule_roles(values)
		problems += _contradictions(values)
	if problems:
		raise PolicyFileError(where, problems)
	return PolicyTerms(values)


def _table(given, terms: tuple[Term, ...], where: str, problems: list[str]) -> dict:
	if not isinstance(given, Mapping):
		problems.append(f"{where} must be a table.")
		return {}
	known = {term.name for term in terms}
	problems += [
		f"{where}: {name} is not known; use {', '.join(t.name for t in terms)}."
		for name in given
		if name not in known
	]
	result = {}
	for term in terms:
		value = given.get(term.name)
		if value is None:
			if term.default is None:
				problems.append(f"{where}: {term.name} is missing.")
			result[term.name] = term.default
			continue
		try:
			result[term.name] = _READERS[term.kind](value, term, where)
		except _BadValue as error:
			problems.append(f"{where}: {term.name} = {_shown(value)} {error}.")
			result[term.name] = term.default
	return result


class _BadValue(ValueError):
	pass


def _shown(value) -> str:
	return json.dumps(value, default=str, ensure_ascii=False)


def _read_text(value, term: Term, where: str) -> str:
	if not isinstance(value, str):
		raise _BadValue("must be text in quotes")
	return value.strip()


def _read_number(value, term: Term, where: str) -> Decimal:
	if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
		raise _BadValue("must be a number")
	result = Decimal(str(value))
	if not result.is_finite() or result < 0:
		raise _BadValue("must not be negative")
	return result


def _read_whole(value, term: Term, where: str) -> int:
	result = _read_number(value, term, where)
	if result != int(result):
		raise _BadValue("must be a whole number")
	return int(result)


def _read_yes(value, term: Term, where: str) -> bool:
	if value not in (True, False, 0, 1):
		raise _BadValue("must be true or false")
	return bool(value)


def _read_choice(value, term: Term, where: str) -> str:
	if value not in term.choices:
		raise _BadValue(f"must be one of {', '.join(c or 'an empty text' for c in term.choices)}")
	return value


def _read_time(value, term: Term, where: str) -> time:
	if isinstance(value, time):
		return value.replace(microsecond=0)
	if isinstance(value, timedelta):
		value = policy_terms.plain(value)
	try:
		return time.fromisoformat(str(value).zfill(8)).replace(microsecond=0)
	except ValueError:
		raise _BadValue("must be a time such as 08:00:00") from None


def _read_dates(value, term: Term, where: str) -> tuple[date, ...]:
	try:
		days = {d if type(d) is date else date.fromisoformat(d) for d in value}
	except (TypeError, ValueError):
		raise _BadValue("must be dates such as 2026-12-25") from None
	return tuple(sorted(days))


def _read_weekdays(value, term: Term, where: str) -> tuple[str, ...]:
	if not isinstance(value, list | tuple) or set(value) - set(WEEKDAYS) or len(set(value)) > 6:
		raise _BadValue(f"must be at most six of {', '.join(WEEKDAYS)}")
	return tuple(day for day in WEEKDAYS if day in value)


def _rows_reader(terms: tuple[Term, ...]) -> Callable:
	def read(value, term: Term, where: str) -> tuple[dict, ...]:
		problems: list[str] = []
		if not isinstance(value, list | tuple):
			raise _BadValue("must be a list of rows")
		rows = tuple(_table(row, terms, f"row {n}", problems) for n, row in enumerate(value, 1))
		if problems:
			raise _BadValue("has errors: " + " ".join(problems).rstrip("."))
		return rows

	return read


_READERS = {
	_TEXT: _read_text,
	_NUMBER: _read_number,
	_WHOLE: _read_whole,
	_YES: _read_yes,
	_CHOICE: _read_choice,
	_TIME: _read_time,
	"dates": _read_dates,
	"weekdays": _read_weekdays,
	"levels": _rows_reader(LEVEL_TERMS),
	"payment terms": _rows_reader(PAYMENT_TERMS),
}


def _standard_segments() -> list[dict]:
	days = dict(standard_terms.PAYMENT_TERMS)
	rows = []
	for segment in standard_terms.SEGMENTS:
		row = {key: value for key, value in segment.items() if key != "payment_terms_template"}
		row["payment_terms"] = [{"credit_days": days[segment["payment_terms_template"]]}]
		rows.append(row)
	return rows


_STANDARD_ROWS = {
	"approval_matrix": standard_terms.APPROVAL_MATRIX,
	"rule_roles": standard_terms.RULE_ROLES,
	"amount_escalation": standard_terms.AMOUNT_ESCALATION,
	"segments": _standard_segments(),
}


def _add_missing_rule_roles(values: dict) -> None:
	"""A rule that nobody is named for gets its standard rows, as in the document."""
	named = {row["rule"] for row in values["rule_roles"]}
	standard = [row for row in standard_terms.RULE_ROLES if row["rule"] not in named]
	values["rule_roles"] += [_table(row, ROW_TERMS["rule_roles"], "", []) for row in standard]


def _contradictions(values: dict) -> list[str]:
	policy, problems = values["policy"], []
	codes = [row["segment_code"] for row in values["segments"]]
	problems += [
		f"[[segments]]: {code} stands there twice."
		for code in sorted({c for c in codes if codes.count(c) > 1})
	]
	if policy["stop_utilisation_percent"] < policy["hold_utilisation_percent"]:
		problems.append("[policy]: stop_utilisation_percent lies below hold_utilisation_percent.")
	if policy["workday_end"] <= policy["workday_start"]:
		problems.append("[policy]: the working day ends before it starts.")
	if policy["without_profile"] == facts.DEFAULT_SEGMENT and policy["default_segment"] not in codes:
		problems.append(
			f"[policy]: default_segment = {_shown(policy['default_segment'])} is none of the segments."
		)
	for row in values["segments"]:
		steps = [level["level"] for level in row["levels"]]
		if steps and row["default_level"] not in steps:
			problems.append(
				f"[[segments]] {row['segment_code']}: default_level {row['default_level']} is not on its ladder."
			)
		if len(set(steps)) < len(steps):
			problems.append(f"[[segments]] {row['segment_code']}: a level stands on its ladder twice.")
	for found in matrix_problems(policy_terms.matrix_rows(values["approval_matrix"])):
		at = "" if found.from_percent is None else f" at {found.from_percent} %"
		problems.append(
			f"[[approval_matrix]]: risk class {found.risk_class} has a {found.kind.replace('_', ' ')}{at}; each class must be covered from 0 % up, once and without end."
		)
	return problems


def _segment(row: Mapping) -> Segment:
	return Segment(
		**{
			**row,
			"levels": tuple((level["level"], level["percent_of_base"]) for level in row["levels"]),
			"payment_terms": tuple(
				PaymentTerms(t["credit_days"], t["credit_months"], t["due_date_based_on"] != AFTER_INVOICE)
				for t in row["payment_terms"]
			),
		}
	)


# ------------------------------------------------------------------ writing and comparing
def dumps(terms: PolicyTerms) -> str:
	"""Return the text of a policy file with all terms, each with what it means; `loads` reads the same terms back."""
	values = terms.values
	lines = [
		"# A credit policy of b2b_contracts. Amounts in the policy's currency, percentages per cent.",
		"",
		"[policy]",
	]
	for term in POLICY_TERMS:
		lines += [f"# {term.about}", f"{term.name} = {_toml(values['policy'][term.name])}"]
	lines += ["", "[calendar]"]
	for term in CALENDAR_TERMS:
		lines += [f"# {term.about}", f"{term.name} = {_toml(values['calendar'][term.name])}"]
	for table, row_terms in ROW_TERMS.items():
		lines += ["", f"# {_ABOUT_ROWS[table]}"]
		if not values[table]:
			lines.append(f"{table} = []")
		for row in values[table]:
			lines.append(f"[[{table}]]")
			lines += [f"{term.name} = {_toml(row[term.name])}" for term in row_terms]
	return "\n".join(_tables_last(lines)) + "\n"


def _tables_last(lines: list[str]) -> list[str]:
	"""An empty list of rows is a plain value, which TOML wants before the first table."""
	empty = [line for line in lines if line.endswith(" = []") and line.split(" = ")[0] in ROW_TERMS]
	return lines[:1] + empty + [line for line in lines[1:] if line not in empty]


def _toml(value) -> str:
	if isinstance(value, bool):
		return "true" if value else "false"
	if isinstance(value, Decimal):
		return format(value, "f")
	if isinstance(value, int):
		return str(value)
	if isinstance(value, date | time):
		return value.isoformat()
	if isinstance(value, Mapping):
		return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
	if isinstance(value, list | tuple):
		return "[" + ", ".join(_toml(inner) for inner in value) + "]"
	# JSON escapes what TOML escapes, but for DEL.
	return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True, slots=True)
class Difference:
	"""A term that two policies do not share; `ours` and `theirs` are shown as text, empty where there is none."""

	where: str
	ours: str
	theirs: str


def differences(ours: PolicyTerms, theirs: PolicyTerms) -> list[Difference]:
	"""Return the terms in which two policies differ, but for their names and versions."""
	a, b = _flat(ours.values), _flat(theirs.values)
	return [
		Difference(key, a.get(key, ""), b.get(key, ""))
		for key in sorted({*a, *b})
		if a.get(key) != b.get(key)
		and key not in ("policy: name", "policy: version", "policy: mode", "policy: holiday_list")
	]


_KEYS = {
	"approval_matrix": ("risk_class", "from_percent"),
	"rule_roles": ("rule", "risk_class", "up_to"),
	"amount_escalation": ("amount_over_limit",),
	"segments": ("segment_code",),
}


def _flat(values: Mapping) -> dict[str, str]:
	"""Return every term as text under a name that says where it stands."""
	flat = {
		f"{table}: {key}": _plain(value)
		for table in ("policy", "calendar")
		for key, value in values[table].items()
	}
	for table, keys in _KEYS.items():
		for row in values[table]:
			which = " ".join(_plain(row[key]) for key in keys if row[key] not in ("", None))
			flat |= {
				f"{table} {which}: {key}": _plain(value) for key, value in row.items() if key not in keys
			}
	return flat


def _plain(value) -> str:
	if isinstance(value, list | tuple):
		return ", ".join(_plain(inner) for inner in value)
	if isinstance(value, Mapping):
		return " ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
	if isinstance(value, bool):
		return "yes" if value else "no"
	return policy_terms.plain(value) or ""
