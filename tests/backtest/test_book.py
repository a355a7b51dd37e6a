"""Reading books: nothing is guessed, everything that is wrong is told at once, by sheet, row and column."""

import csv
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from b2b_contracts.backtest import book_format
from b2b_contracts.backtest.book import Book, BookError, Unsorted, as_datetime, as_moment, moment_of
from b2b_contracts.backtest.replay import Replay

from .books import Rows, day, outcomes, policy

ROOT = Path(__file__).resolve().parents[2]


def problems(rows_or_path, tmp_path: Path | None = None) -> list[str]:
	"""Return what is wrong with a book, as people read it, without the name of the folder."""
	path = rows_or_path.write(tmp_path, sort=False) if isinstance(rows_or_path, Rows) else rows_or_path
	with pytest.raises(BookError) as caught:
		Replay(Book(path), [policy()]).run()
	lines = str(caught.value).splitlines()
	assert lines[0].endswith(f"{len(lines) - 1} problem{'s' if len(lines) > 2 else ''}")
	return lines[1:]


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
	path.write_text(text, encoding=encoding)


def test_moments():
	assert as_datetime(moment_of("2025-03-31 14:30:05")) == datetime(2025, 3, 31, 14, 30, 5)
	assert moment_of("2025-03-31T14:30") == as_moment(datetime(2025, 3, 31, 14, 30))
	for text in (
		"31.03.2025",
		"2025-3-31",
		"2025-02-30",
		"2025-03-31 25:00",
		"2025-03-31x",
		"",
		"2025-03-31 14",
	):
		with pytest.raises(ValueError):
			moment_of(text)


def test_all_bad_cells_are_told_at_once(tmp_path):
	rows = Rows().customer()
	rows.add(
		"orders",
		date="01-02-2025",
		order="",
		customer="C9",
		amount="1,000",
		due_date="2025-02-30",
		security_required_percent="101",
	)
	rows.add("orders", date=day(1), order="O1", customer="C1", amount="-5")
	rows.add("payments", date=day(2), payment="P", customer="C1", amount="NaN", kind="Cash")
	rows.add(
		"securities",
		security="S",
		customer="C1",
		amount="1e3",
		type="Gold",
		in_force_from=day(1),
		on_demand="maybe",
		claim_period_days="1.5",
	)
	rows.add("ratings", date=day(1), customer="C1", rating="")
	assert problems(rows, tmp_path) == [
		"ratings, row 2, rating: is empty.",
		"securities, row 2, type: 'Gold' is none of Bank Guarantee, Stand-by Letter of Credit, Credit Insurance, Parent Guarantee, Retention of Title, Factoring, Invoice Discounting, Cash Deposit, Supply-chain Finance, Performance Guarantee, Advance-payment Guarantee.",
		"securities, row 2, amount: '1e3' is not an amount such as 1234.50, positive and without separators.",
		"securities, row 2, on_demand: 'maybe' is neither yes nor no.",
		"securities, row 2, claim_period_days: '1.5' is not a whole number.",
		"orders, row 2, date: '01-02-2025' is not a date such as 2026-03-31.",
		"orders, row 2, order: is empty.",
		"orders, row 2, customer: 'C9' is not in the sheet customers.",
		"orders, row 2, amount: '1,000' is not an amount such as 1234.50, positive and without separators.",
		"orders, row 2, due_date: '2025-02-30' is not a day of the calendar.",
		"orders, row 2, security_required_percent: '101' is more than 100 per cent.",
		"orders, row 3, amount: '-5' is not an amount such as 1234.50, positive and without separators.",
		"payments, row 2, amount: 'NaN' is not an amount such as 1234.50, positive and without separators.",
		"payments, row 2, kind: 'Cash' is none of Payment, Write-off.",
	]


def test_names_that_the_book_does_not_know_by_then(tmp_path):
	rows = Rows().customer().customer("C2").order("O1", 100, 5)
	rows.deliver("D1", "O9", 100, 6).bill("I1", 100, 4, "O1").bill("I2", 100, 6, "", "D9").pay(
		5, 7, "I9"
	).pay(5, 7, order="O9")
	rows.add(
		"credit_notes", date=day(8), credit_note="N", customer="C1", amount=1, invoice="I8", delivery="D8"
	)
	rows.add("disputes", dispute="X", customer="C1", invoice="I7", amount=1, opened_on=day(8))
	rows.add("plans", plan="X", customer="C1", invoice="I6", amount=1, agreed_on=day(8))
	rows.pay(5, 9, kind="Write-off").pay(5, 9, taken_from="On Account")
	found = problems(rows, tmp_path)
	for expected in (
		"deliveries, row 2, order: 'O9' is not in the book by then.",
		"invoices, row 2, order: 'O1' is not in the book by then.",
		"invoices, row 3, delivery: 'D9' is not in the book by then.",
		"payments, row 2, invoice: 'I9' is not in the book by then.",
		"payments, row 3, order: 'O9' is not in the book by then.",
		"credit_notes, row 2, invoice: 'I8' is not in the book by then.",
		"credit_notes, row 2, delivery: 'D8' is not in the book by then.",
		"disputes, row 2, invoice: 'I7' is not in the book by then.",
		"plans, row 2, invoice: 'I6' is not in the book by then.",
		"payments, row 4, invoice: is empty: a write-off names the invoice that is lost.",
		"payments, row 5, invoice: is empty: money that was there pays an invoice.",
	):
		assert expected in found


def test_a_day_with_times_is_checked_in_the_order_of_time(tmp_path):
	rows = Rows().customer().order("O1", 100, 5, date=f"{day(5)} 12:00")
	rows.deliver("D1", "O1", 100, 5, date=f"{day(5)} 11:00")
	assert problems(rows, tmp_path) == ["deliveries, row 2, order: 'O1' is not in the book by then."]


def test_whose_documents_they_are(tmp_path):
	rows = (
		Rows()
		.customer()
		.customer("C2")
		.order("O1", 100, 1)
		.bill("I1", 100, 2, "O1", customer="C2")
		.bill("I2", 10, 2)
		.bill("I2", 10, 2, customer="C2")
		.bill("I3", 1, 3)
	)
	rows.bill("I1", 5, 4).pay(100, 5, "I3", customer="C2")
	found = problems(rows, tmp_path)
	assert "invoices, row 2, order: 'O1' is of customer C1." in found
	assert "invoices, row 4, invoice: 'I2' is of customer C1." in found
	assert "payments, row 2, invoice: 'I3' is of customer C1." in found
	assert "invoices, row 6, invoice: 'I1' stands there already: keep its rows together." in found


def test_what_only_the_books_can_tell(tmp_path):
	rows = Rows().customer().bill("I1", 100, 2).order("O1", 5, 1).pay(3, 2, order="O1")
	rows.pay(100, 5, "I1", taken_from="On Account").pay(4, 6, "I1", order="O1", taken_from="Advance")
	assert problems(rows, tmp_path) == [
		"payments, row 3, taken_from: 100 more is taken than was there by then.",
		"payments, row 4, taken_from: 1 more is taken than was there by then.",
	]


def test_segments_and_groups_must_be_there(tmp_path):
	rows = Rows().customer(segment="Z").customer("C2", credit_group="G")
	assert set(problems(rows, tmp_path)) == {
		"profiles, row 2, segment: 'Z' is no segment of policy Test.",
		"profiles, row 3, credit_group: 'G' is not in the sheet groups by then.",
	}


def test_headings_and_shapes(tmp_path):
	Rows().customer().order("O1", 1, 1).write(tmp_path)
	write(tmp_path / "orders.csv", "date,order,custmer,amount,amount\n")
	write(tmp_path / "payments.csv", "date,payment,customer,amount\n2025-01-01,P\n\n")
	write(tmp_path / "credit_notes.csv", "")
	(tmp_path / "ratings.csv").write_bytes("date,customer,rating\n2025-01-01,C1,Åben\n".encode("latin-1"))
	found = problems(tmp_path)
	assert "credit_notes, row 1: has no heading." in found
	assert "payments, row 2: has 2 cells where the heading has 4." in found
	assert "ratings: is not UTF-8 text." in found or "ratings, row 1: is not UTF-8 text." in found
	assert any(
		line.startswith("orders, row 1, custmer: is not a column of this sheet; use date, order")
		for line in found
	)
	assert "orders, row 1, amount: stands in the heading twice." in found
	assert "orders, row 1, customer: is missing; this column is needed." in found


def test_missing_sheets_and_books(tmp_path):
	write(tmp_path / "customers.csv", "customer,currency\nC1,DKK\nC1,DKK\n")
	with pytest.raises(BookError) as caught:
		Book(tmp_path)
	assert [p.sheet for p in caught.value.problems] == ["profiles", "orders", "invoices", "payments"]
	with pytest.raises(BookError, match="there is no such file or folder"):
		Book(tmp_path / "nowhere")
	write(tmp_path / "x.xlsx", "no workbook")
	with pytest.raises(BookError, match="neither a folder of CSV files nor an XLSX file"):
		Book(tmp_path / "x.xlsx")


def test_optional_columns_may_be_left_out_and_stand_in_any_order(tmp_path):
	Rows().customer().write(tmp_path)
	write(tmp_path / "orders.csv", "\ufeffamount,customer,order,date\n95000.5,C1,O1,2025-03-10\n")
	assert outcomes(Replay(Book(tmp_path), [policy()]).run()) == {"O1": "Held"}


def test_thousands_of_problems_are_counted(tmp_path):
	rows = Rows().customer()
	for number in range(1500):
		rows.order(f"O{number}", "x", 1)
	with pytest.raises(BookError) as caught:
		Replay(Book(rows.write(tmp_path)), [policy()]).run()
	assert (caught.value.count, len(caught.value.problems)) == (1500, 1000)
	assert str(caught.value).endswith("… and 500 more")


def test_problems_are_the_same_with_several_processes(tmp_path):
	rows = (
		Rows()
		.customer()
		.customer("C2")
		.customer("C2")
		.order("O1", "x", 1)
		.order("O2", "y", 2, "C2")
		.order("O3", 1, 3, "C7")
	)
	rows.add("rates", date="x", currency="DKK", rate=1).add(
		"ratings", date=day(1), customer="C2", rating="ZZ"
	)
	path = rows.write(tmp_path, sort=False)
	with (path / "payments.csv").open("a") as file:
		file.write("2025-01-02,C1,7\n2025-01-02,C2\n")
	assert len(_problems_in_one_and_two_processes(path)) == 8


def _problems_in_one_and_two_processes(path: Path) -> list[str]:
	"""Return the problems of a book, the same however many processes look for them."""
	found = []
	for processes in (1, 2):
		with pytest.raises(BookError) as caught:
			Replay(Book(path), [policy()], processes=processes).run()
		problems = sorted(map(str, caught.value.problems))
		assert len(problems) == caught.value.count
		found.append(problems)
	assert found[0] == found[1]
	return found[0]


@pytest.mark.parametrize(
	("text", "problem"),
	[
		(b"", "has no heading."),
		(b"date,payment,amount\n2025-01-01,P1,5\n", "is missing; this column is needed."),
		(b"date,payment,customer,amount\n2025-01-01,P1,C1,\xe6\n", "is not UTF-8 text."),
		(b'date,payment,customer,amount\n2025-01-01,P1,C1,"' + b"9" * 140_000 + b'"\n', "is not CSV"),
	],
)
def test_a_sheet_that_cannot_be_shared_out_is_told_by_one(tmp_path, text, problem):
	path = Rows().customer().customer("C2").order("O1", 1, 1).write(tmp_path)
	(path / "payments.csv").write_bytes(text)
	assert any(problem in line for line in _problems_in_one_and_two_processes(path))


def test_a_sheet_out_of_order_is_sorted_in_its_share(tmp_path):
	rows = Rows().customer().customer("C2")
	for number in (7, 3, 9, 1, 8, 2, 6, 5, 4):
		rows.order(f"O{number}", 11_000, number, "C2" if number % 2 else "C1")
	path = rows.write(tmp_path, sort=False)
	one, two = (
		list(Replay(Book(path), [policy()], processes=processes).run().decisions) for processes in (1, 2)
	)
	assert one == two
	assert [row.name for row in one] == [f"O{number}" for number in range(1, 10)]


def test_a_sheet_out_of_order_is_told_and_sorted(tmp_path, monkeypatch):
	monkeypatch.setattr("b2b_contracts.backtest.book.ROWS_SORTED_AT_ONCE", 3)
	rows = Rows().customer()
	for number in (7, 3, 9, 1, 8, 2, 6, 5, 4):
		rows.order(f"O{number}", 11_000, number)
	path = rows.write(tmp_path, sort=False)
	with pytest.raises(Unsorted):
		list(Book(path).rows("orders"))
	book = Book(path)
	book.sort_first.add("orders")
	assert [row.order for row in book.rows("orders")] == [f"O{number}" for number in range(1, 10)]
	assert outcomes(Replay(Book(path), [policy()]).run())["O9"] == "Held", "the ninth of them"


def test_an_xlsx_book_is_the_same_book(tmp_path):
	rows = (
		Rows()
		.customer()
		.trade("O1", "90000.10", 0, paid=20)
		.order("O2", 10_000, 10, date=f"{day(10)} 09:30:00")
	)
	folder = rows.write(tmp_path / "csv")
	book = openpyxl.Workbook()
	book.remove(book.active)
	for sheet in book_format.SHEETS:
		page = book.create_sheet(sheet.name)
		with (folder / f"{sheet.name}.csv").open(encoding="utf-8") as file:
			for number, cells in enumerate(csv.reader(file)):
				page.append(
					cells
					if not number
					else [_typed(column, cell) for column, cell in zip(sheet.columns, cells, strict=True)]
				)
		page.append([None] * len(sheet.columns))
	book.save(tmp_path / "book.xlsx")
	one, other = (Replay(Book(path), [policy()]).run() for path in (folder, tmp_path / "book.xlsx"))
	assert list(one.decisions) == list(other.decisions)
	assert one.past.figures.totals.received == other.past.figures.totals.received


def _typed(column, cell: str):
	if not cell:
		return None
	if column.kind == book_format.DAY or (column.kind == book_format.MOMENT and len(cell) == 10):
		return date.fromisoformat(cell)
	if column.kind == book_format.MOMENT:
		return datetime.fromisoformat(cell)
	return float(cell) if column.kind == book_format.MONEY else cell


def test_a_misspelt_sheet_of_a_workbook_is_refused(tmp_path):
	book = openpyxl.Workbook()
	for sheet in book_format.SHEETS:
		book.create_sheet(sheet.name if sheet.name != "ratings" else "rating").append(
			[c.name for c in sheet.columns]
		)
	book.remove(book["Sheet"])
	book.save(tmp_path / "book.xlsx")
	with pytest.raises(BookError, match="rating: is not a sheet of a book"):
		Book(tmp_path / "book.xlsx")


def test_the_page_of_the_format_is_what_the_code_says():
	"""docs/book-format.md: run `python -m b2b_contracts.backtest.book_format` and paste when this fails."""
	page = (ROOT / "docs" / "book-format.md").read_text(encoding="utf-8")
	assert book_format.markdown() in page
