"""What people have settled for key figures: owner, months, targets and limits (doctype Credit KPI)."""

from dataclasses import dataclass, field
from decimal import Decimal

import frappe

from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import kpi as rules

KPI, TARGET = "Credit KPI", "Credit KPI Target"


@dataclass(frozen=True, slots=True)
class Record:
	"""A key figure as people have settled it. Targets and limits are in its unit; None is none."""

	name: str
	code: str
	owner: str
	months: int
	is_shown: bool
	target: Decimal | None
	limits: rules.Limits
	of_segments: dict[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)

	@property
	def kpi(self) -> rules.Kpi:
		return rules.BY_CODE[self.code]

	def target_of(self, segment: str | None) -> Decimal | None:
		"""Return the target of a segment, else that of all."""
		own, _red = self.of_segments.get(segment or "", (None, None))
		return self.target if own is None else own

	def limits_of(self, segment: str | None) -> rules.Limits:
		"""Return from where on the figure of a segment is red and yellow, else that of all."""
		_target, red = self.of_segments.get(segment or "", (None, None))
		if red is None:
			return self.limits
		return rules.Limits(self.limits.bad, red, self.limits.yellow_percent)

	def light(self, value: Decimal | None, segment: str | None = None) -> str:
		return rules.light(self.limits_of(segment), value)


def all_of_them() -> list[Record]:
	"""Return every key figure in the order of the formulas, two queries."""
	rows = frappe.get_all(
		KPI,
		fields=[
			*("name", "code", "owner_role", "months", "is_shown", "bad"),
			*("target", "red", "yellow_percent"),
		],
	)
	targets = frappe.get_all(
		TARGET, filters={"parenttype": KPI}, fields=["parent", "segment", "target", "red"], order_by="idx"
	)
	for row in rows:
		row.targets = [target for target in targets if target.parent == row.name]
	order = {kpi.code: place for place, kpi in enumerate(rules.KPIS)}
	return sorted((of(row) for row in rows if row.code in order), key=lambda record: order[record.code])


def of(row) -> Record:
	"""Return the record of a document, or of a row with its fields."""
	return Record(
		row.name or row.get("kpi_name"),
		row.code,
		row.owner_role,
		max(1, row.months or 1),
		bool(row.is_shown),
		_or_none(row.target),
		rules.Limits(rules.BY_CODE[row.code].bad, _or_none(row.red), money(row.yellow_percent or 90)),
		{target.segment: (_or_none(target.target), _or_none(target.red)) for target in row.targets or ()},
	)


def _or_none(value) -> Decimal | None:
	"""Return a number that is 0 where nobody has settled it."""
	return money(value) if value else None
