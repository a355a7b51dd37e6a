"""What people type and see: `b2b-contracts backtest`, `demo`, `explain`, `policy`, `compare`."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from b2b_contracts import __version__
from b2b_contracts.engine.money import HUNDRED

from . import explaining, policy_file, sample
from .assumptions import Assumptions
from .book import Book, BookError
from .figures import DISPUTED, LATE, LOST, ON_TIME
from .parallel import is_large
from .policy_file import PolicyFileError, PolicyTerms
from .replay import Replay
from .result import Result, WorldResult, amount_of
from .workbook import write_workbook

out = Console()
err = Console(stderr=True)


class _Day(click.ParamType):
	name = "date"

	def convert(self, value, param, ctx):
		if isinstance(value, date):
			return value
		try:
			return datetime.strptime(value, "%Y-%m-%d").date()
		except ValueError:
			self.fail(f"{value!r} is not a date such as 2026-03-31.", param, ctx)


class _Hours(click.ParamType):
	name = "hours"

	def convert(self, value, param, ctx):
		try:
			hours = Decimal(str(value))
		except InvalidOperation:
			hours = Decimal(-1)
		if not hours.is_finite() or hours < 0:
			self.fail(f"{value!r} is not a number of hours such as 4 or 1.5.", param, ctx)
		return hours


DAY, HOURS = _Day(), _Hours()
BOOK = click.option(
	"--book",
	"book_path",
	required=True,
	type=click.Path(path_type=Path),
	help="A folder of CSV files or one XLSX file; see docs/book-format.md.",
)


def _assumption_options(command: Callable) -> Callable:
	for option in (
		click.option(
			"--release-hours",
			type=HOURS,
			help="A person releases a hold after so many working hours [default: the policy's answer time].",
		),
		click.option(
			"--nobody-releases",
			is_flag=True,
			help="Holds wait until their cause has gone (payment, credit note, …).",
		),
		click.option(
			"--prepay-days",
			type=click.IntRange(0),
			default=5,
			show_default=True,
			help="Who is asked for prepayment pays after so many days.",
		),
		click.option("--never-prepay", is_flag=True, help="Who is asked for prepayment never pays it."),
		click.option(
			"--give-up-days",
			type=click.IntRange(0),
			default=30,
			show_default=True,
			help="An order that waits longer is lost.",
		),
		click.option(
			"--late-days",
			type=click.IntRange(0),
			default=14,
			show_default=True,
			help="Paid late means more than so many days after the due date.",
		),
		click.option(
			"--keep-terms", is_flag=True, help="Leave payment terms as they were, whatever the policy gives."
		),
		click.option(
			"--profiles-from-start",
			is_flag=True,
			help="The first profile of a customer holds from the beginning of the book.",
		),
		click.option(
			"--observe", is_flag=True, help="Hold nothing back: only note what would have been held."
		),
		click.option(
			"--recorded-answers", is_flag=True, help="Holds are answered as the book says they were."
		),
	):
		command = option(command)
	return command


def _assumptions(given: dict) -> Assumptions:
	return Assumptions(
		release_hours=given["release_hours"],
		nobody_releases=given["nobody_releases"],
		prepay_days=None if given["never_prepay"] else given["prepay_days"],
		give_up_days=given["give_up_days"],
		late_days=given["late_days"],
		follow_terms=not given["keep_terms"],
		observe=given["observe"],
		profiles_from_start=given["profiles_from_start"],
		recorded_answers=given["recorded_answers"],
	)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="b2b-contracts")
def cli() -> None:
	"""Back-test a credit policy: what would it have done to us?"""


@cli.command()
@BOOK
@click.option(
	"--policy",
	"policy_path",
	required=True,
	type=click.Path(path_type=Path),
	help="A policy file (TOML), or standard or alternative.",
)
@click.option(
	"--against", "against_path", type=click.Path(path_type=Path), help="A second policy to compare with."
)
@click.option(
	"--out",
	"out_path",
	required=True,
	type=click.Path(path_type=Path, dir_okay=False),
	help="The workbook to write (XLSX).",
)
@click.option("--from", "from_date", type=DAY, help="Decide about orders from this day on.")
@click.option("--to", "to_date", type=DAY, help="Decide about orders until this day.")
@click.option(
	"--processes",
	type=click.IntRange(1),
	help="How many processes to use [default: all cores for large books].",
)
@_assumption_options
def backtest(
	book_path, policy_path, against_path, out_path, from_date, to_date, processes, **assumed
) -> None:
	"""Replay a book under one policy, or two, and write the workbook."""
	with _errors():
		policies = [_policy(path) for path in (policy_path, against_path) if path]
		book = Book(book_path)
		result = _replay(book, policies, _assumptions(assumed), from_date, to_date, processes)
		_write(result, out_path)
	_summary(result)


@cli.command()
@click.option("--customers", type=click.IntRange(1), default=300, show_default=True)
@click.option("--months", type=click.IntRange(1, 120), default=24, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another book.")
@click.option(
	"--out",
	"out_path",
	type=click.Path(path_type=Path, dir_okay=False),
	default=Path("b2b-backtest.xlsx"),
	show_default=True,
)
@click.option(
	"--keep-book", type=click.Path(path_type=Path, file_okay=False), help="Keep the made book in this folder."
)
def demo(customers, months, seed, out_path, keep_book) -> None:
	"""Make a believable book, replay it under two policies and write the workbook."""
	with _errors(), tempfile.TemporaryDirectory(prefix="b2b-demo-") as made:
		folder = keep_book or Path(made) / "sample book"
		with _progress("Making a book") as on_progress:
			sample.write_sample(folder, customers, months, seed, progress=on_progress)
		policies = [policy_file.shipped("standard"), policy_file.shipped("alternative")]
		result = _replay(Book(folder), policies, Assumptions(), None, None, None)
		_write(result, out_path)
	_summary(result)
	out.print(f"\nThe workbook: [bold]{escape(str(out_path))}[/]", soft_wrap=True)
	if keep_book:
		out.print(f"The book:     [bold]{escape(str(keep_book))}[/]", soft_wrap=True)


@cli.command()
@BOOK
@click.option(
	"--order", "order_name", required=True, help="The order (or the delivery or invoice without one)."
)
@click.option(
	"--policy",
	"policy_path",
	required=True,
	type=click.Path(path_type=Path),
	help="A policy file, or standard or alternative.",
)
@_assumption_options
def explain(book_path, order_name, policy_path, **assumed) -> None:
	"""Print each decision about one order: every rule, inputs, threshold, outcome, and the ways out."""
	with _errors():
		book, terms = Book(book_path), _policy(policy_path)
		with _progress("Replaying") as on_progress:
			found = explaining.explain(book, order_name, terms, _assumptions(assumed), on_progress)
	for explanation in found:
		_print_explanation(explanation)


@cli.command()
@click.argument("name", type=click.Choice(["standard", "alternative"]))
@click.option(
	"--out",
	"out_path",
	type=click.Path(path_type=Path, dir_okay=False),
	help="Where to write it; else it is printed.",
)
def policy(name, out_path) -> None:
	"""Write a shipped policy file to begin with."""
	text = policy_file.dumps(policy_file.shipped(name))
	if out_path:
		out_path.write_text(text, encoding="utf-8")
		out.print(f"Written: {escape(str(out_path))}", soft_wrap=True)
	else:
		click.echo(text, nl=False)


@cli.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
def compare(one, other) -> None:
	"""Say in which terms two policy files differ."""
	with _errors():
		mine, theirs = _policy(one), _policy(other)
	rows = policy_file.differences(mine, theirs)
	if not rows:
		out.print("The same terms.")
		return
	table = Table("Term", escape(mine.name), escape(theirs.name))
	for row in rows:
		table.add_row(escape(row.where), escape(row.ours), escape(row.theirs))
	out.print(table)


# ------------------------------------------------------------------ helpers
def _policy(path: Path) -> PolicyTerms:
	name = str(path)
	if name in ("standard", "alternative") and not path.exists():
		return policy_file.shipped(name)
	return policy_file.load(path)


@contextmanager
def _errors() -> Iterator[None]:
	"""Tell what is wrong with the input in plain lines, without a traceback."""
	try:
		yield
	except (BookError, PolicyFileError, explaining.NotDecided) as error:
		lines = str(error).splitlines()
		for line in lines[:100]:
			err.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
		if len(lines) > 100:
			err.print(f"… and {len(lines) - 100} more lines", style="red", markup=False)
		raise SystemExit(1) from None
	except (ValueError, OSError) as error:
		err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
		raise SystemExit(1) from None


@contextmanager
def _progress(title: str) -> Iterator[Callable[[float], None]]:
	columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
	with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
		task = bar.add_task(title, total=1.0)
		yield lambda share: bar.update(task, completed=share)


def _replay(
	book: Book,
	policies: list[PolicyTerms],
	assumptions: Assumptions,
	from_date: date | None,
	to_date: date | None,
	processes: int | None,
) -> Result:
	if processes is None:
		processes = (os.cpu_count() or 1) if is_large(book) else 1
	started = time.monotonic()
	with _progress("Replaying") as on_progress:
		replay = Replay(book, policies, assumptions, from_date, to_date, on_progress, processes)
		result = replay.run()
	err.print(f"Replayed in {time.monotonic() - started:.1f} s.", style="dim")
	return result


def _write(result: Result, path: Path) -> None:
	with _progress("Writing the workbook") as on_progress:
		written = write_workbook(result, path, on_progress)
	for extra in written[1:]:
		err.print(f"Too many rows for a sheet: {extra}", style="yellow", markup=False, soft_wrap=True)


def _summary(result: Result) -> None:
	"""Print the figures that matter on one screen."""
	out.print(
		f"\n[bold]{escape(result.book)}[/], {result.from_date} to {result.to_date}, amounts in {escape(result.currency)}\n",
		highlight=False,
	)
	table = Table(box=None, pad_edge=False, header_style="bold")
	table.add_column("", no_wrap=True)
	for world in result.worlds:
		table.add_column(escape(world.title), justify="right", no_wrap=True)
	for title, value in _FIGURES:
		table.add_row(title, *(value(world) for world in result.worlds))
	out.print(table)


def _policy_only(value: Callable[[WorldResult], str]) -> Callable[[WorldResult], str]:
	return lambda world: value(world) if world.before else "–"


def _number(value, places: int = 0) -> str:
	return "–" if value is None else f"{value:,.{places}f}"


def _share(world: WorldResult) -> str:
	checked = world.figures.checked.amount
	return f"{world.figures.held_orders.amount / checked * HUNDRED:.1f} %" if checked else "–"


def _fate(fate: str) -> Callable[[WorldResult], str]:
	return _policy_only(lambda world: _number(world.by_fate[fate][0].count))


_FIGURES: tuple[tuple[str, Callable[[WorldResult], str]], ...] = (
	("Orders", lambda w: _number(w.figures.orders.count)),
	("Decided about", _policy_only(lambda w: _number(w.figures.checked.count))),
	("  amount", _policy_only(lambda w: _number(w.figures.checked.amount))),
	("Held", _policy_only(lambda w: _number(w.figures.held_orders.count))),
	("  amount", _policy_only(lambda w: _number(w.figures.held_orders.amount))),
	("  share of the amount", _policy_only(_share)),
	("  of which stopped", _policy_only(lambda w: _number(w.figures.stopped_orders.count))),
	("  median hold, days", _policy_only(lambda w: _number(w.hold_days and w.hold_days[1], 1))),
	("Held, in the past paid on time", _fate(ON_TIME)),
	("  paid late", _fate(LATE)),
	("  disputed", _fate(DISPUTED)),
	("  lost", _fate(LOST)),
	("  lost, amount", _policy_only(lambda w: _number(amount_of(w.lost_after_hold)))),
	("Good business delayed", _policy_only(lambda w: _number(len(w.delayed_good)))),
	("  amount", _policy_only(lambda w: _number(amount_of(w.delayed_good)))),
	("Good business lost", _policy_only(lambda w: _number(len(w.lost_good)))),
	("  amount", _policy_only(lambda w: _number(amount_of(w.lost_good)))),
	("Written off", lambda w: _number(w.loss)),
	("  loss avoided", _policy_only(lambda w: _number(w.loss_avoided))),
	("DSO, average", lambda w: _number(w.dso_average, 1)),
	("Days to pay, average", lambda w: _number(w.figures.days_to_pay, 1)),
	("Days beyond terms", lambda w: _number(w.figures.days_beyond_terms, 1)),
	("Receivables, average", lambda w: _number(w.receivables_average)),
	("Cash received", lambda w: _number(w.cash)),
)


def _print_explanation(found: explaining.Explanation) -> None:
	out.print(f"\n[bold]{escape(found.title)}[/]", highlight=False)
	for label, value in found.facts:
		out.print(f"  {label + ':':<28} {escape(value)}", highlight=False, soft_wrap=True)
	table = Table("Rule", "Measured", "Threshold", "Outcome", header_style="bold")
	for row in found.rules:
		style = "red" if row.fired else None
		table.add_row(
			*(escape(cell) for cell in (row.rule, row.measured, row.threshold, row.outcome)), style=style
		)
	out.print(table)
	for sentence in found.reasons:
		out.print(f"  {escape(sentence)}", highlight=False, soft_wrap=True)
	if found.ways_out:
		out.print("Ways out:", highlight=False)
	for sentence in found.ways_out:
		out.print(f"  • {escape(sentence)}", highlight=False, soft_wrap=True)
