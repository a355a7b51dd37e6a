"""The summary: key figures, room for charts, and in words what was assumed and how to read it."""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import date

from openpyxl.worksheet.pagebreak import Break

from . import charts
from .cells import AS_WRITTEN, HEAD, MONEY, NOTE, TITLE, WORDS, WRAPPED, clean
from .context import Context
from .measures import key_figures
from .sheets import LINE_POINTS, Sheet
from .terms import number, terms_of

DIFFERENCES_SHOWN = 25


def write_summary(context: Context) -> charts.Room:
	"""Write the summary and return where its charts go."""
	_, result = context.translate, context.result
	columns = 2 + len(context.labels) + len(context.differences_heads)
	widths = [60, *[max(21, context.sum_width)] * max(charts.COLUMNS - 1, columns - 1)]
	about = [line for fact in _facts(context) for line in _wrapped(fact, sum(widths[:columns]))]
	sheet = Sheet(context, _("Summary"), widths, 3 + len(about), fixed_columns=1)
	sheet.add([_("Back-test of credit policies")], look=TITLE, height=26)
	for line in about:
		sheet.add([line])
	sheet.skip(height=6)
	heads = [_("Amounts in {0}").format(result.currency), *context.world_labels, *context.differences_heads]
	sheet.add(heads, [WORDS, *[MONEY] * (columns - 1)], HEAD, 30)
	_figures(context, sheet, columns)
	room = _room_for_charts(context, sheet, columns)
	_what_differs(context, sheet, columns)
	_in_words(sheet, columns, _("Assumptions of the replay"), _assumptions(context))
	_in_words(sheet, columns, _("How to read this"), _how_to_read(context))
	return room


def _facts(context: Context) -> Iterator[str]:
	"""Yield what was replayed."""
	_, result = context.translate, context.result
	facts = [
		(_("Book"), result.book),
		(_("Period"), _period(context, result.from_date, result.to_date)),
		(_("The book covers"), _period(context, result.first, result.last)),
	]
	for letter, world in zip(context.letters, result.policies, strict=True):
		about = _("{0}, version {1}").format(world.terms.name, world.terms.values["policy"]["version"])
		facts.append((_("Policy {0}").format(letter) if len(context.letters) > 1 else _("Policy"), about))
	for name, value in facts:
		yield f"{name}: {value}"


def _period(context: Context, first: date, last: date) -> str:
	_ = context.translate
	return _("{0} to {1}").format(first.isoformat(), last.isoformat())


def _wrapped(text: str, width: float) -> list[str]:
	"""Return a sentence in lines that fit some columns."""
	return textwrap.wrap(clean(text), int(1.1 * width), subsequent_indent="   ")


def _page_break(sheet: Sheet) -> None:
	sheet.sheet.row_breaks.append(Break(id=sheet.row))


def _figures(context: Context, sheet: Sheet, columns: int) -> None:
	for figure in key_figures(context):
		if figure.of is None:
			if figure.new_page:
				_page_break(sheet)
			sheet.add_band(figure.label, columns)
			continue
		past = figure.of(context.result.past) if figure.in_past else None
		values = [figure.of(world) for world in context.result.policies]
		row = sheet.with_differences(values, figure.kind)
		sheet.add([figure.label, sheet.cell(past, figure.kind), *row])


def _room_for_charts(context: Context, sheet: Sheet, columns: int) -> charts.Room:
	"""Leave a page free for the charts, in rows of a fixed height."""
	_ = context.translate
	_page_break(sheet)
	sheet.add_band(_("Charts"), columns)
	room = charts.Room(sheet, sheet.row)
	sheet.skip(charts.ROWS, LINE_POINTS)
	_page_break(sheet)
	return room


def _what_differs(context: Context, sheet: Sheet, columns: int) -> None:
	_ = context.translate
	if len(context.labels) < 2:
		return
	sheet.add_band(_("What differs between the policies"), columns)
	found = [term for term in terms_of(context) if term.differs]
	for term in found[:DIFFERENCES_SHOWN]:
		values = [sheet.cell(value, MONEY, WRAPPED, formats=AS_WRITTEN) for value in term.values]
		name = sheet.cell(f"{term.part}: {term.label}", WORDS, WRAPPED)
		sheet.add_wrapped([name, sheet.cell(None), *values])
	if not found:
		sheet.add([_("Nothing: all terms are the same.")])
	if len(found) > DIFFERENCES_SHOWN:
		more = _("… and {0} more: see the sheet Policies.")
		sheet.add([more.format(len(found) - DIFFERENCES_SHOWN)], look=NOTE)
	sheet.skip()


def _in_words(sheet: Sheet, columns: int, title: str, sentences: Iterable[str]) -> None:
	"""Add sentences, in lines that fit the width of the page."""
	sheet.add_band(title, columns)
	for sentence in sentences:
		for line in _wrapped(f"• {sentence}", sum(sheet.widths[:columns])):
			sheet.add([line])
	sheet.skip()


def _assumptions(context: Context) -> Iterator[str]:
	_, assumed = context.translate, context.result.assumptions
	if assumed.observe:
		yield _(
			"Nothing is held back: every order goes on as it did, and a hold is only noted (mode Observe)."
		)
	elif assumed.recorded_answers:
		yield _("People answered holds as the book says they did. Nobody else releases, prepays or gives up.")
	else:
		if assumed.nobody_releases:
			yield _("Nobody releases a hold: it waits until its cause has gone.")
		else:
			if assumed.release_hours is not None:
				yield _("A person releases a hold after {0} working hours.").format(
					number(assumed.release_hours)
				)
			else:
				hours = {number(world.terms.response_hours) for world in context.result.policies}
				yield _(
					"A person releases a hold after the policy's response hours ({0} working hours)."
				).format(" / ".join(sorted(hours)))
			yield _(
				"Nobody releases credit stops and holds set by hand: they wait until their cause has gone."
			)
		if assumed.prepay_days is None:
			yield _("A customer who is asked for prepayment or security does not give it.")
		else:
			yield _("A customer who is asked for prepayment or security pays after {0} days.").format(
				assumed.prepay_days
			)
		yield _(
			"An order that waits longer than {0} days is lost, with all that would have followed from it."
		).format(assumed.give_up_days)
	if assumed.profiles_from_start:
		yield _(
			"The first profile, rating and group limit that the book knows of a customer hold from its beginning: nobody wrote down any before."
		)
	yield _("An invoice counts as paid late when it was paid more than {0} days after it was due.").format(
		assumed.late_days
	)
	if assumed.follow_terms:
		yield _(
			"Invoices on a segment's standard terms get the policy's terms; customers stay as late as they were."
		)
	else:
		yield _("Invoices keep the terms that they had, whatever the policy's terms are.")


def _how_to_read(context: Context) -> Iterator[str]:
	_ = context.translate
	if context.result.assumptions.profiles_from_start:
		yield _(
			"The book was replayed day by day. Each decision used only what was known at that moment, and first profiles, ratings and group limits (see the assumptions)."
		)
	else:
		yield _("The book was replayed day by day. Each decision used only what was known at that moment.")
	yield _(
		"What is held happens later, with all that follows from it (delivery, invoice, payment), or is lost when it waits too long. Nothing else about customers changes: they order the same and are as late as they were."
	)
	yield _(
		"Loss avoided is what was written off in the past and would not have been. It follows from the assumptions: with others it is another. What the policy pointed at hangs far less on them: held orders that were lost in the past, whoever would have released them."
	)
	yield _(
		"A hold costs, too: see good business delayed and lost. What colleagues did to answer holds is not counted in money."
	)
	yield _(
		"An order that is changed, or whose release runs out, is decided about again. Decisions count each time; held orders, and what became of them, count each order once."
	)
	yield _(
		"DSO at a month end: receivables ÷ sales of the last three months × days. Days to pay and beyond terms are weighted by amount. Other currencies are counted at the rate of the day."
	)
