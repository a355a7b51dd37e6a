"""The workbook of a back-test: what is in it is what the result says, and nothing in it becomes a formula."""

import csv
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.writer.excel import ExcelWriter

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.assumptions import Assumptions
from b2b_contracts.backtest.book import Book, as_datetime
from b2b_contracts.backtest.figures import BAD_FATES, FATES, LOST
from b2b_contracts.backtest.replay import Replay
from b2b_contracts.backtest.result import Result, amount_of
from b2b_contracts.backtest.sample import write_sample
from b2b_contracts.backtest.workbook import charts, lists, write_workbook
from b2b_contracts.backtest.workbook.cells import guarded

SHEETS = [
	"Summary",
	"Side by side",
	"Policies",
	"Month by month",
	"Months",
	"Holds",
	"Avoided",
	"Pointed at",
	"Delayed",
	"Customers",
	"Decisions",
]
TABLES = SHEETS[4:]
HOSTILE = [
	'=HYPERLINK("http://x")',
	"+1",
	"-2",
	"@x",
	"\t=1+1",
	"bell\x07 and \x1b[31mred",
	"=cmd|' /C calc'!A0",
	"#N/A",
	"<b>&amp;</b>",
	" two spaces ",
	"a;=1+1",
]
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def replay(folder: Path, *policies, **options) -> Result:
	return Replay(Book(folder), list(policies), **options).run()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
	folder = tmp_path_factory.mktemp("book")
	# One of the few small books in which a loss is avoided, and a delivery stopped: that takes a year.
	write_sample(folder, customers=40, months=12, seed=9)
	return folder


@pytest.fixture(scope="module")
def two(folder, tmp_path_factory) -> SimpleNamespace:
	"""Two policies: the result, the file, and the workbook read again."""
	result = replay(folder, policy_file.shipped("standard"), policy_file.shipped("alternative"))
	first = result.policies[0]
	assert first.avoided and first.delayed_good and first.figures.stopped_deliveries.count
	return written(result, tmp_path_factory.mktemp("two") / "two.xlsx")


@pytest.fixture(scope="module")
def one(folder, tmp_path_factory) -> SimpleNamespace:
	result = replay(folder, policy_file.shipped("standard"))
	return written(result, tmp_path_factory.mktemp("one") / "one.xlsx")


def written(result: Result, path: Path, **options) -> SimpleNamespace:
	files = write_workbook(result, path, **options)
	return SimpleNamespace(result=result, path=path, files=files, book=openpyxl.load_workbook(path))


def head_of(sheet) -> int:
	"""The row of the heading: the one that is printed on every page."""
	return int(re.fullmatch(r"\$(\d+):\$\1", sheet.print_title_rows)[1])


def table(sheet) -> list[dict]:
	"""The rows below the heading, by its labels."""
	head = head_of(sheet)
	labels = [cell.value for cell in sheet[head]]
	rows = sheet.iter_rows(min_row=head + 1, values_only=True)
	return [dict(zip(labels, row, strict=True)) for row in rows]


def figures(sheet) -> dict[str, list]:
	"""The figures of the summary by label; where a label comes twice, the first."""
	found: dict[str, list] = {}
	for row in sheet.iter_rows(min_row=head_of(sheet) + 1, values_only=True):
		if row[0] and any(isinstance(value, int | float) for value in row[1:]):
			found.setdefault(row[0], list(row[1:]))
	return found


def close(value, expected) -> bool:
	value = value if isinstance(value, Decimal) else Decimal(repr(value))
	return abs(value - Decimal(expected)) < Decimal("0.005")


# ------------------------------------------------------------------ what is there
@pytest.mark.parametrize("which", ["one", "two"])
def test_sheets(which, request):
	case = request.getfixturevalue(which)
	assert case.book.sheetnames == SHEETS
	assert case.files == [case.path]
	assert len(case.book["Summary"]._charts) == 6
	assert [path.name for path in case.path.parent.iterdir()] == [case.path.name]


@pytest.mark.parametrize("which", ["one", "two"])
def test_no_formula_no_macro_no_link(which, request):
	case = request.getfixturevalue(which)
	kinds = Counter(cell.data_type for sheet in case.book for row in sheet.iter_rows() for cell in row)
	assert set(kinds) <= {"s", "n", "d"}, kinds
	with ZipFile(case.path) as archive:
		assert archive.testzip() is None
		names = archive.namelist()
		assert len(names) == len(set(names))
		assert not [name for name in names if "vba" in name.lower() or "externalLink" in name]
		parts = {name: archive.read(name) for name in names}
	for name, part in parts.items():
		assert b'TargetMode="External"' not in part, name
		assert b"<f>" not in part or name.startswith("xl/charts/"), name


def test_print_and_screen(two):
	for sheet in two.book:
		head = head_of(sheet)
		assert sheet.page_setup.orientation == "landscape"
		assert sheet.sheet_properties.pageSetUpPr.fitToPage
		assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
		assert sheet.freeze_panes.endswith(str(head + 1)) and sheet.freeze_panes[0] != "A"
		assert sheet.oddFooter.left.text == "&A"
		assert sheet.oddFooter.right.text == "Page &P of &N"
		labels = [cell.value for cell in sheet[head] if cell.value]
		if sheet.title != "Summary":
			assert len(labels) == len(set(labels)), f"{sheet.title}: a heading comes twice"
			ref = re.fullmatch(r"A(\d+):([A-Z]+)(\d+)", sheet.auto_filter.ref)
			assert (int(ref[1]), int(ref[3])) == (head, sheet.max_row)
		fonts = {cell.font.name for row in list(sheet)[:60] for cell in row if cell.value}
		assert fonts == {"Arial"}
		fills = {cell.fill.fgColor.rgb for cell in sheet[head] if cell.value}
		assert len(fills) == 1 and fills != {"00000000"}
		assert not sheet.merged_cells.ranges
		assert len(sheet.title) <= 31


def test_charts_cover_no_cells(two):
	sheet = two.book["Summary"]
	for chart in sheet._charts:
		row = chart.anchor._from.row + 1
		points = sum(sheet.row_dimensions[row + n].height or 0 for n in range(12))
		assert points * 12700 > chart.anchor.ext.height
		assert all(cell.value is None for cells in sheet.iter_rows(row, row + 11) for cell in cells)


def test_charts_show_something(two):
	"""Every series points at cells with numbers, and every series and axis at labels."""
	for chart in two.book["Summary"]._charts:
		assert chart.series
		for series in chart.series:
			assert series.tx.v
			for ref, kinds in ((series.val.numRef.f, int | float), (series.cat.numRef.f, date | str)):
				title, cells = ref.rsplit("!", 1)
				found = two.book[title.strip("'")][cells.replace("$", "")]
				found = [c.value for row in found for c in row] if isinstance(found, tuple) else [found.value]
				assert any(isinstance(value, kinds) for value in found), ref


def test_formats(two):
	holds = two.book["Holds"]
	head = head_of(holds)
	formats = {
		cell.value: holds.cell(head + 1, cell.column).number_format for cell in holds[head] if cell.value
	}
	assert formats["Amount"].startswith("#,##0;")
	assert formats["Held on"] == "yyyy-mm-dd hh:mm"
	assert formats["Limit used"].startswith("0.0%")
	assert formats["Order"] == "@"
	row = table(holds)[0]
	assert isinstance(row["Held on"], datetime)
	assert isinstance(table(two.book["Decisions"])[0]["Date"], datetime)
	assert isinstance(table(two.book["Months"])[0]["Month"], datetime)
	for sheet in two.book:
		assert all(sheet.column_dimensions[cell.column_letter].width >= 6 for cell in sheet[head_of(sheet)])


# ------------------------------------------------------------------ numbers
def test_summary_is_the_result(two):
	result = two.result
	past, a, b = result.worlds
	shown = figures(two.book["Summary"])
	for label, of in {
		"Orders in the book": lambda w: w.figures.orders.count,
		"Orders in the book: amount": lambda w: w.figures.orders.amount,
		"Written off": lambda w: w.loss,
		"Cash received": lambda w: w.cash,
		"Receivables, average of the month ends": lambda w: w.receivables_average,
		"Overdue share of open items, average of the month ends": lambda w: w.overdue_share_average,
		"DSO, average of the month ends": lambda w: w.dso_average,
		"DSO at the end": lambda w: w.dso_of(w.months[-1]),
		"Average days from invoice to payment": lambda w: w.figures.days_to_pay,
		"Average days beyond terms": lambda w: w.figures.days_beyond_terms,
	}.items():
		values = [of(world) for world in (past, a, b)]
		for value, expected in zip(shown[label], [*values, values[2] - values[1]], strict=False):
			assert close(value, expected), label
	for label, of in {
		"Decisions about orders, each time one is decided": lambda w: w.figures.checked.count,
		"Decisions: amount": lambda w: w.figures.checked.amount,
		"Held": lambda w: w.figures.held_orders.count,
		"Held: amount": lambda w: w.figures.held_orders.amount,
		"Held orders, each counted once": lambda w: len(w.held_orders),
		"Held orders: amount": lambda w: amount_of(w.held_orders),
		"Deliveries stopped on their way": lambda w: w.figures.stopped_deliveries.count,
		"Average days on hold": lambda w: w.hold_days[0],
		"Median days on hold": lambda w: w.hold_days[1],
		"Loss avoided, under the assumptions below": lambda w: w.loss_avoided,
		"Held orders that were lost in the past: what the policy pointed at": lambda w: amount_of(
			w.lost_after_hold
		),
		"Delayed": lambda w: len(w.delayed_good),
		"Delayed: amount": lambda w: amount_of(w.delayed_good),
		"Lost, since it waited too long": lambda w: len(w.lost_good),
		**{
			f"{fate}: amount": lambda w, fate=fate: w.by_fate[fate][0].amount
			for fate in FATES
			if fate != LOST
		},
	}.items():
		values = [of(world) for world in (a, b)]
		assert shown[label][0] is None, label
		for value, expected in zip(shown[label][1:], [*values, values[1] - values[0]], strict=False):
			assert close(value, expected), label
	ends = Counter(hold.end for hold in a.figures.holds)
	assert sum(shown[end][1] for end in ends) == len(a.figures.holds)


def test_side_by_side_is_the_result(two):
	rows = table(two.book["Side by side"])
	a, b = two.result.policies
	found = {(row["Of"], row["Figure"]): row for row in rows if row["Figure"]}
	for rule in {*a.figures.by_rule, *b.figures.by_rule}:
		for world, column in ((a, "A: Standard"), (b, "B: Alternative")):
			tally = world.figures.by_rule.get(rule)
			assert close(found[rule, "Held: amount"][column], tally.amount if tally else 0)
			assert found[rule, "Held"][column] == (tally.count if tally else 0)
	for code, figures_of in a.figures.by_segment.items():
		assert close(found[f"Segment {code}", "Held: amount"]["A: Standard"], figures_of.held.amount)
		assert close(found[f"Segment {code}", "Unused"]["A: Standard"], figures_of.unused)
	assert found["All segments", "Decisions"]["B: Alternative"] == b.figures.checked.count
	assert found["CFO", "Asked"]["A: Standard"] == a.figures.roles["CFO"]
	for fate in FATES:
		row = found[fate, "Held orders"]
		counts = [world.by_fate[fate][0].count for world in (a, b)]
		assert [row["A: Standard"], row["B: Alternative"], row["B − A"]] == [*counts, counts[1] - counts[0]]


def test_policies_show_every_difference(two):
	rows = table(two.book["Policies"])
	differing = [row for row in rows if row["Differs"] == "yes"]
	assert len(differing) == len(two.result.differences) > 0
	months = next(row for row in rows if row["Part"] == "Segment A" and row["Term"] == "Limit months")
	assert (months["A: Standard"], months["B: Alternative"], months["Differs"]) == (3, 5, "yes")
	values = two.result.policies[0].terms.values
	terms = sum(len(values[name]) for name in ("policy", "calendar"))
	keys = {"segments": 1, "approval_matrix": 2, "rule_roles": 3, "amount_escalation": 1}
	terms += sum(len(row) - count for name, count in keys.items() for row in values[name])
	assert len(rows) >= terms
	summary = [row[0].value for row in two.book["Summary"].iter_rows() if row[0].value]
	assert "Segment A: Limit months" in summary


def test_months_are_the_result(two):
	rows = table(two.book["Months"])
	labels = ["As it was", "A: Standard", "B: Alternative"]
	assert len(rows) == sum(len(world.months) for world in two.result.worlds)
	for label, world in zip(labels, two.result.worlds, strict=True):
		mine = [row for row in rows if row["As it was, or policy"] == label]
		for row, month in zip(mine, world.months, strict=True):
			assert row["Month"].date() == month.month
			for name in ("invoiced", "credited", "written_off", "receivables", "not_due", "disputed"):
				assert close(row[name.replace("_", " ").capitalize()], getattr(month, name))
			assert close(row["Cash received"], month.cash)
			ages = ("Not due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days", "Unallocated")
			assert close(sum(Decimal(repr(row[age])) for age in ages), month.receivables)
	side = table(two.book["Month by month"])
	assert [
		close(row["Cash received – As it was"], m.cash)
		for row, m in zip(side, two.result.past.months, strict=True)
	]
	assert side[0]["DSO – As it was"] is None and side[-1]["DSO – As it was"]


def test_holds_are_the_result(two):
	rows = table(two.book["Holds"])
	for label, world in zip(("A: Standard", "B: Alternative"), two.result.policies, strict=True):
		mine = [row for row in rows if row["Policy"] == label]
		assert len(mine) == len(world.figures.holds)
		assert close(sum(Decimal(repr(row["Amount"])) for row in mine), amount_of(world.figures.holds))
		for row, hold in zip(mine, world.figures.holds, strict=True):
			assert (row["Order"], row["Customer"], row["How it ended"]) == (
				hold.name,
				hold.customer,
				hold.end,
			)
			assert abs((row["Held on"] - as_datetime(hold.began)).total_seconds()) < 1
			assert row["Rules"] == "; ".join(hold.rules)
			assert (row["In the past"], row["Paid days late"]) == (hold.fate, hold.days_late)
		avoided = sum(Decimal(repr(row["Loss avoided"] or 0)) for row in mine)
		assert close(avoided, sum(hold.effect for hold in world.avoided))
	assert {type(row["Limit used"]) for row in rows} <= {int, float, str, type(None)}


def test_lists_of_holds_have_totals(two):
	for title, amount, groups in (
		("Avoided", 6, lambda w: [w.avoided]),
		("Pointed at", 7, lambda w: [[h for h in w.held_orders if h.fate == fate] for fate in BAD_FATES]),
		("Delayed", 7, lambda w: [w.delayed_good, w.lost_good]),
	):
		sheet = two.book[title]
		head = head_of(sheet)
		expected = [holds for world in two.result.policies for holds in groups(world)]
		totals = list(sheet.iter_rows(min_row=3, max_row=head - 1, values_only=True))
		assert len(totals) == len(expected)
		for total, holds in zip(totals, expected, strict=True):
			assert close(total[amount], amount_of(holds)), title
			assert total[2 if title != "Avoided" else 1] == f"Orders: {len(holds)}"
		rows = table(sheet)
		assert len(rows) == sum(map(len, expected))
		assert close(
			sum(Decimal(repr(row["Amount"])) for row in rows), sum(amount_of(holds) for holds in expected)
		)


def test_customers_are_the_result(two):
	rows = table(two.book["Customers"])
	a = two.result.policies[0]
	mine = {row["Customer"]: row for row in rows if row["Policy"] == "A: Standard"}
	assert set(mine) == set(a.figures.by_customer)
	for name, customer in a.figures.by_customer.items():
		row = mine[name]
		assert close(row["Orders: amount"], customer.orders.amount)
		assert close(row["Held: amount"], customer.held.amount)
		assert close(row["Exposure"], customer.exposure)
		if customer.limit and not customer.unlimited:
			assert close(row["Limit"], customer.limit)
			assert close(row["Over the limit"], max(0, customer.exposure - customer.limit))


def test_decisions_are_the_result(two):
	rows = table(two.book["Decisions"])
	assert len(rows) == len(two.result.decisions)
	for row, decision in zip(rows, two.result.decisions, strict=True):
		assert (row["Date"].date(), row["Order"], row["Amount"]) == (
			decision.day,
			decision.name,
			decision.amount,
		)
		for letter, made in zip("AB", decision.made, strict=True):
			if made is None:
				assert row[f"{letter}: Outcome"] is None
				continue
			assert row[f"{letter}: Outcome"] == made.outcome
			assert (row[f"{letter}: Rules"] or "") == made.rules
			assert row[f"{letter}: Exposure after"] == made.exposure_after
			assert row[f"{letter}: Limit"] == ("unlimited" if made.limit is None else made.limit)


# ------------------------------------------------------------------ unusual books and policies
def hostile_book(source: Path, folder: Path) -> Path:
	"""A copy of a book whose customers and orders are named to do harm."""
	folder.mkdir()
	orders = {f"SO-{number:06}": text for number, text in enumerate(HOSTILE, 1)}
	for file in source.glob("*.csv"):
		with file.open(newline="", encoding="utf-8") as opened:
			rows = list(csv.DictReader(opened))
			names = list(rows[0]) if rows else file.read_text().strip().split(",")
		for number, row in enumerate(rows):
			if file.stem == "customers":
				row["name"] = HOSTILE[number % len(HOSTILE)]
			if "order" in row:
				row["order"] = orders.get(row["order"], row["order"])
		with (folder / file.name).open("w", newline="", encoding="utf-8") as opened:
			writer = csv.DictWriter(opened, names)
			writer.writeheader()
			writer.writerows(rows)
	return folder


@pytest.fixture(scope="module")
def hostile(folder, tmp_path_factory) -> SimpleNamespace:
	here = tmp_path_factory.mktemp("hostile")
	values = policy_file.shipped("standard").values
	renamed = [
		policy_file.of_values({**values, "policy": {**values["policy"], "name": name}})
		for name in ('=HYPERLINK("http://x")', "[A/B]: " + "very long " * 20)
	]
	return written(replay(hostile_book(folder, here / "book"), *renamed), here / "hostile.xlsx")


def shown(text: str) -> str:
	"""What a cell shows of a text: all but characters that XML cannot hold."""
	return text.replace("\x07", "").replace("\x1b", "")


def test_hostile_texts_stay_text(hostile):
	kinds = {cell.data_type for sheet in hostile.book for row in sheet.iter_rows() for cell in row}
	assert kinds <= {"s", "n", "d"}
	rows = table(hostile.book["Decisions"])
	names = {row["Name"] for row in rows} | {row["Order"] for row in rows}
	assert {shown(text) for text in HOSTILE} <= names
	for row in hostile.book["Decisions"].iter_rows(min_row=4):
		assert all(cell.data_type == "s" for cell in row if isinstance(cell.value, str))
		assert row[1].number_format == "@"
	heads = [cell.value for cell in hostile.book["Policies"][3]]
	assert heads[2] == 'A: =HYPERLINK("http://x")' and len(heads[3]) <= 32


def test_policies_of_one_name(folder, tmp_path):
	standard = policy_file.shipped("standard")
	case = written(replay(folder, standard, standard, standard), tmp_path / "three.xlsx")
	heads = [cell.value for cell in case.book["Side by side"][3]]
	assert heads[2:] == ["A: Standard", "B: Standard", "C: Standard", "B − A", "C − A"]
	assert not [row for row in table(case.book["Policies"]) if row["Differs"]]
	assert len({row["Policy"] for row in table(case.book["Holds"])}) == 3


def test_empty_book(tmp_path):
	book = tmp_path / "book"
	book.mkdir()
	write_sample(tmp_path / "full", customers=2, months=1)
	for file in (tmp_path / "full").iterdir():
		lines = file.read_text().splitlines(keepends=True)
		(book / file.name).write_text("".join(lines if file.stem == "customers" else lines[:1]))
	case = written(replay(book, policy_file.shipped("standard")), tmp_path / "empty.xlsx")
	assert case.book.sheetnames == SHEETS
	assert not case.book["Summary"]._charts
	assert len(table(case.book["Decisions"])) == 0


def test_no_policy(folder, tmp_path):
	case = written(replay(folder), tmp_path / "none.xlsx")
	assert case.book.sheetnames == SHEETS
	assert len(case.book["Summary"]._charts) == 4
	assert close(figures(case.book["Summary"])["Cash received"][0], case.result.past.cash)


@pytest.mark.parametrize(
	("assumed", "words"),
	[
		({"observe": True}, "only noted"),
		({"recorded_answers": True}, "as the book says they did"),
		({"nobody_releases": True}, "Nobody releases a hold"),
		({"release_hours": Decimal("2.50")}, "after 2.5 working hours"),
		(
			{"profiles_from_start": True},
			"rating and group limit that the book knows of a customer hold from its",
		),
		({"follow_terms": False}, "Invoices keep the terms that they had"),
	],
	ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_assumptions_in_words(two, tmp_path, assumed, words):
	"""Each is told, and only when it is made."""
	result = replace(two.result, assumptions=Assumptions(**assumed))
	case = written(result, tmp_path / "assumed.xlsx", max_rows=100)
	told = [row[0].value for row in case.book["Summary"].iter_rows() if isinstance(row[0].value, str)]
	assert [text for text in told if words in text]
	assert not [row for row in two.book["Summary"].iter_rows(max_col=1) if words in str(row[0].value)]


def test_observe(folder, tmp_path):
	result = replay(folder, policy_file.shipped("standard"), assumptions=Assumptions(observe=True))
	case = written(result, tmp_path / "observe.xlsx")
	assert {row["How it ended"] for row in table(case.book["Holds"])} == {"Noted"}


def test_everything_is_translated(one, tmp_path):
	"""Every text is data, or has passed through `translate`."""
	case = written(one.result, tmp_path / "t.xlsx", translate=lambda text: f"¤{text}")
	result = one.result
	data = {result.book, result.currency, "Standard", *result.customers}
	data |= {row.name for row in result.customers.values()} | {
		row.currency for row in result.customers.values()
	}
	data |= {row.name for row in result.decisions} | set(result.policies[0].figures.by_segment)
	data |= {customer.rating for customer in result.policies[0].figures.by_customer.values()}
	segments = result.policies[0].terms.values["segments"]
	data |= {"A", "B", "C", "D", "08:00", "16:00", *(segment["title"] for segment in segments)}
	for sheet in case.book:
		assert sheet.title.startswith("¤")
		for row in sheet.iter_rows():
			for cell in row:
				text = cell.value
				# The further lines of a sentence are indented.
				if isinstance(text, str) and text not in data and not text.startswith("   "):
					assert "¤" in text, (sheet.title, cell.coordinate, text)


def test_sheets_of_one_title(one, tmp_path):
	"""A language may have one word for two of ours, and longer ones than a title can be."""
	case = written(one.result, tmp_path / "t.xlsx", max_rows=100, translate=lambda text: "Ord/" * 20)
	titles = {title.lower() for title in case.book.sheetnames}
	assert len(titles) == len(SHEETS) and max(map(len, titles)) <= 31


# ------------------------------------------------------------------ files
def test_too_long_a_table_goes_into_a_file(hostile, tmp_path):
	result, told = hostile.result, []
	case = written(result, tmp_path / "small.xlsx", max_rows=100, on_progress=told.append)
	by_name = {path.name: path for path in case.files}
	assert case.files[0].name == "small.xlsx"
	assert {"small-decisions.csv", "small-holds.csv"} <= set(by_name)
	assert sorted(by_name) == sorted(path.name for path in tmp_path.iterdir())
	sheet = case.book["Decisions"]
	assert sheet.max_row == head_of(sheet) + 1
	assert "small-decisions.csv" in sheet.cell(sheet.max_row, 1).value
	assert sheet.cell(sheet.max_row, 1).hyperlink is None
	assert all(sheet.max_row <= 100 for sheet in case.book if sheet.title in TABLES)
	with by_name["small-decisions.csv"].open(newline="", encoding="utf-8-sig") as file:
		rows = list(csv.DictReader(file))
	assert len(rows) == len(result.decisions)
	for row, decision in zip(rows, result.decisions, strict=True):
		assert row["Order"] == guarded(decision.name)
		assert close(float(row["Amount"]), Decimal(repr(decision.amount)))
		assert row["Date"] == decision.day.isoformat()
		assert not any(
			value[:1] in ("=", "+", "-", "@", "\t", "\r") for name, value in row.items() if not number(value)
		)
	assert {"'+1", "'-2", "'@x", "'\t'=1+1", "a;'=1+1"} <= {row["Order"] for row in rows}
	assert "inf" not in by_name["small-decisions.csv"].read_text(encoding="utf-8-sig").lower().split(",")
	assert told[-1] == 1.0 and told == sorted(told) and told[0] == 0


def number(text: str) -> bool:
	try:
		float(text)
	except ValueError:
		return False
	return not text.startswith("+")


@pytest.mark.parametrize("rows", [100, 1_048_576])
def test_a_failing_write_leaves_nothing(two, tmp_path, rows, monkeypatch):
	scratch = tmp_path / "scratch"
	scratch.mkdir()
	monkeypatch.setattr(tempfile, "tempdir", str(scratch))
	target = tmp_path / "target"
	target.mkdir()
	(target / "two.xlsx").write_bytes(b"the one before")

	def stop(share):
		if share > 0.5:
			raise KeyboardInterrupt

	with pytest.raises(KeyboardInterrupt):
		write_workbook(two.result, target / "two.xlsx", on_progress=stop, max_rows=rows)
	assert [path.name for path in target.iterdir()] == ["two.xlsx"]
	assert (target / "two.xlsx").read_bytes() == b"the one before"
	assert not list(scratch.iterdir())


@pytest.mark.parametrize(
	"failing",
	[
		(lists, "tables_of"),
		(charts, "draw"),
		(ExcelWriter, "_write_charts"),
		(ExcelWriter, "_write_worksheets"),
	],
	ids=lambda failing: failing[1],
)
def test_a_failing_part_leaves_nothing(two, tmp_path, monkeypatch, failing):
	monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

	def fail(*_given):
		raise ZeroDivisionError

	monkeypatch.setattr(*failing, fail)
	with pytest.raises(ZeroDivisionError):
		write_workbook(two.result, tmp_path / "two.xlsx")
	assert not list(tmp_path.iterdir())


def test_written_twice(two, tmp_path):
	for _time in range(2):
		write_workbook(two.result, tmp_path / "again.xlsx")
	assert [path.name for path in tmp_path.iterdir()] == ["again.xlsx"]
	assert table(openpyxl.load_workbook(tmp_path / "again.xlsx")["Holds"]) == table(two.book["Holds"])


# ------------------------------------------------------------------ another program opens it
def office(target: Path, form: str, source: Path) -> str:
	done = subprocess.run(
		[
			OFFICE,
			f"-env:UserInstallation={(target / 'profile').as_uri()}",
			"--headless",
			"--norestore",
			"--convert-to",
			form,
			"--outdir",
			str(target),
			str(source),
		],
		capture_output=True,
		text=True,
		timeout=240,
	)
	assert done.returncode == 0, done.stderr
	return (done.stdout + done.stderr).lower()


@pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")
def test_libreoffice_prints_it(hostile, tmp_path):
	said = office(tmp_path, "pdf", hostile.path)
	assert "error" not in said and "repair" not in said and "corrupt" not in said, said
	pages = re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "hostile.pdf").read_bytes())
	assert len(pages) >= len(SHEETS)
	# Every sheet as CSV, as it is shown: a formula would show its result.
	office(
		tmp_path,
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
		hostile.path,
	)
	with (tmp_path / "hostile-Decisions.csv").open(newline="", encoding="utf-8") as file:
		cells = {cell for row in csv.reader(file) for cell in row}
	assert {'=HYPERLINK("http://x")', "+1", "-2", "@x", "=cmd|' /C calc'!A0", "#N/A"} <= cells
	assert not [cell for cell in cells if "###" in cell or cell.startswith("Err:")]
