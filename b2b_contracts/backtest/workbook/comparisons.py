"""The policies side by side: what each held and why, their terms, and the months."""

from collections.abc import Sequence

from b2b_contracts.engine.approval import ROLE_RANK
from b2b_contracts.engine.rules import RULES

from ..figures import DELIVERY_STOP, ENDS, FATES, SegmentFigures, Tally
from .cells import CHANGED, COUNT, HEAD, MONEY, MONTH, PLAIN, TEXT, TOTAL, WORDS, WRAPPED
from .charts import Range
from .context import Context
from .measures import month_figures, segment_figures
from .sheets import Sheet
from .terms import terms_of


# ------------------------------------------------------------------ side by side
def write_side_by_side(context: Context) -> dict[str, Range]:
	"""Write what each policy held, by rule, segment, role, fate and end; return the ranges that charts show."""
	_ = context.translate
	columns = 2 + len(context.labels) + len(context.differences_heads)
	widths = [34, 34, *[max(19, context.sum_width)] * (columns - 2)]
	sheet = Sheet(context, _("Side by side"), widths, 3, fixed_columns=2)
	sheet.add_title(_("Side by side"), _("Amounts in {0}").format(context.result.currency))
	heads = [_("Of"), _("Figure"), *context.labels, *context.differences_heads]
	sheet.add(heads, [WORDS, WORDS, *[MONEY] * (columns - 2)], HEAD, 28)
	ranges = {"rules": _by_rule(context, sheet)}
	_by_segment(context, sheet)
	_by_role(context, sheet)
	ranges["fates"] = _by_fate(context, sheet)
	_by_end(context, sheet)
	sheet.filter(3, columns, sheet.row)
	return ranges


def _line(sheet: Sheet, name: str, measure: str, kind: str, values: Sequence, look: str = PLAIN) -> int:
	"""Add a figure of each policy, and the differences."""
	left = [sheet.cell(name, TEXT, look), sheet.cell(measure, WORDS, look)]
	return sheet.add([*left, *sheet.with_differences(values, kind, look)])


def _by_rule(context: Context, sheet: Sheet) -> Range:
	"""What each rule held, stopped deliveries included."""
	_ = context.translate
	sheet.add_band(_("By rule (an order that several rules hold counts in each)"))
	found = [
		world.figures.by_rule | {DELIVERY_STOP: world.figures.stopped_deliveries}
		for world in context.result.policies
	]
	known = [rule.name for rule in RULES]
	rules = sorted(
		{rule for tallies in found for rule, tally in tallies.items() if tally.count},
		key=lambda rule: (known.index(rule) if rule in known else len(known), rule),
	)
	tallies = [(rule, [tallies.get(rule) or Tally() for tallies in found]) for rule in rules]
	for rule, of_each in tallies:
		_line(sheet, _(rule), _("Held"), COUNT, [tally.count for tally in of_each])
	first = sheet.row + 1
	for rule, of_each in tallies:
		_line(sheet, _(rule), _("Held: amount"), MONEY, [tally.amount for tally in of_each])
	return Range(sheet.sheet, 3, first, sheet.row)


def _by_segment(context: Context, sheet: Sheet) -> None:
	_ = context.translate
	sheet.add_band(_("By segment"))
	found = [world.figures.by_segment for world in context.result.policies]
	for code in sorted({code for segments in found for code in segments}):
		name = _("Segment {0}").format(code) if code else _("Without segment")
		of_each = [segments.get(code) or SegmentFigures() for segments in found]
		for measure, kind, of in segment_figures(context):
			_line(sheet, name, measure, kind, [of(segment) for segment in of_each])
	totals = [SegmentFigures() for _segments in found]
	for total, segments in zip(totals, found, strict=True):
		for segment in segments.values():
			total.merge(segment)
	for measure, kind, of in segment_figures(context):
		_line(sheet, _("All segments"), measure, kind, [of(total) for total in totals], TOTAL)


def _by_role(context: Context, sheet: Sheet) -> None:
	_ = context.translate
	sheet.add_band(_("By role: how often a release would have asked for each"))
	found = [world.figures for world in context.result.policies]
	others = {role for figures in found for role in figures.roles} - set(ROLE_RANK)
	for role in (*ROLE_RANK, *sorted(others)):
		_line(sheet, _(role), _("Asked"), COUNT, [figures.roles[role] for figures in found])
	_line(sheet, _("Bank guarantee"), _("Asked"), COUNT, [figures.guarantees_asked for figures in found])


def _by_fate(context: Context, sheet: Sheet) -> Range:
	_ = context.translate
	sheet.add_band(_("By what became of the held orders in the past (each order once)"))
	first = sheet.row + 1
	for measure, kind, of in (
		(_("Held orders"), COUNT, lambda held, stopped: held.count),
		(_("Held orders: amount"), MONEY, lambda held, stopped: held.amount),
		(_("   of these stopped"), COUNT, lambda held, stopped: stopped.count),
		(_("   of these stopped: amount"), MONEY, lambda held, stopped: stopped.amount),
	):
		for fate in FATES:
			of_each = [world.by_fate[fate] for world in context.result.policies]
			_line(sheet, _(fate), measure, kind, [of(*tallies) for tallies in of_each])
	return Range(sheet.sheet, 3, first, first + len(FATES) - 1)


def _by_end(context: Context, sheet: Sheet) -> None:
	_ = context.translate
	sheet.add_band(_("By how holds ended"))
	for end in ENDS:
		ends = [context.ends[world][end] for world in context.result.policies]
		_line(sheet, _(end), _("Holds"), COUNT, ends)


# ------------------------------------------------------------------ terms
def write_policies(context: Context) -> None:
	"""Write all terms of the policies, those that differ marked."""
	_ = context.translate
	several = len(context.labels) > 1
	widths = [36, 28, *[30] * len(context.labels), *([9] if several else []), 72]
	sheet = Sheet(context, _("Policies"), widths, 3, fixed_columns=2)
	about = _(
		"All terms, percentages per cent, amounts in the policy's currency. Where policies differ, it is marked."
	)
	sheet.add_title(_("Policies"), about)
	differs = [_("Differs")] if several else []
	heads = [_("Part"), _("Term"), *context.labels, *differs, _("What it means")]
	sheet.add(heads, look=HEAD, height=28)
	for term in terms_of(context):
		look = CHANGED if term.differs else WRAPPED
		differs = [sheet.cell(_("yes") if term.differs else "", WORDS, look)] if several else []
		sheet.add_wrapped(
			[
				*(sheet.cell(text, WORDS, look) for text in (term.part, term.label)),
				# Numbers are shown as they were written.
				*(
					sheet.cell(value, TEXT if isinstance(value, str) else WORDS, look)
					for value in term.values
				),
				*differs,
				sheet.cell(term.about, WORDS, look),
			]
		)
	sheet.filter(3, len(widths), sheet.row)


# ------------------------------------------------------------------ months
def write_month_by_month(context: Context) -> dict[str, Range]:
	"""Write figures of each month, all worlds beside each other; return the ranges that charts show."""
	_ = context.translate
	worlds = context.result.worlds
	measures = list(month_figures(context))
	kinds = [kind for _name, _label, kind, _of in measures for _world in worlds]
	widths = [11, *(max(13, context.money_width) if kind == MONEY else 12 for kind in kinds)]
	sheet = Sheet(context, _("Month by month"), widths, 3, fixed_columns=1, wide=len(widths) > 16)
	about = _("Amounts in {0}. Receivables, overdue and DSO at the month's end.")
	sheet.add_title(_("Month by month, side by side"), about.format(context.result.currency))
	heads = [f"{label} – {world}" for _name, label, *_rest in measures for world in context.world_labels]
	sheet.add([_("Month"), *heads], [MONTH, *kinds], HEAD, 54)
	for key in sorted({key for world in worlds for key in world.figures.months}):
		found = [(world, world.figures.months.get(key)) for world in worlds]
		values = [of(w, m) if m else None for *_measure, of in measures for w, m in found]
		month = next(m for _world, m in found if m).month
		sheet.add([month, *values], [MONTH, *kinds])
	sheet.filter(3, len(widths), sheet.row)
	return {
		name: Range(sheet.sheet, 2 + place * len(worlds), 4, sheet.row)
		for place, (name, *_rest) in enumerate(measures)
	}
