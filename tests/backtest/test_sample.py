"""The sample book: the same bytes for the same seed, every kind of event, and books that add up on every day."""

import csv
import gc
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from b2b_contracts.backtest import book_format as book
from b2b_contracts.backtest.sample import Sample, write_sample

ARGUMENTS = {
	"one customer, one month": {"customers": 1, "months": 1},
	"one customer, two years": {"customers": 1, "orders": 400},
	"one order": {"customers": 5, "months": 2, "orders": 1},
	"more customers than orders": {"customers": 200, "months": 6, "orders": 40},
	"ends on a leap day": {"customers": 30, "months": 12, "last": date(2024, 2, 29), "seed": 7},
	"ends on a Saturday": {"customers": 30, "months": 1, "last": date(2026, 1, 31), "seed": 8},
	"ten years": {"customers": 20, "months": 120, "seed": 9},
	"busy": {"customers": 60, "orders": 6000, "seed": 10},
	"the benchmark, small": {"customers": 400, "orders": 12_000, "seed": 11},
}
REFERENCES = {
	"order": book.ORDERS,
	"delivery": book.DELIVERIES,
	"invoice": book.INVOICES,
	"credit_group": book.GROUPS,
}


class Written:
	"""A book that was written, read by plain csv."""

	def __init__(self, folder: Path, **arguments):
		self.folder = folder
		self.sample: Sample = write_sample(folder, **arguments)
		self.rows = {sheet.name: read(folder, sheet.name) for sheet in book.SHEETS}

	def __getitem__(self, sheet: str) -> list[dict]:
		return self.rows[sheet]


def read(folder: Path, sheet: str) -> list[dict]:
	with (folder / f"{sheet}.csv").open(newline="", encoding="utf-8") as file:
		return list(csv.DictReader(file))


def fingerprint(folder: Path) -> dict[str, str]:
	return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def cents(text: str) -> int:
	whole, _, rest = text.partition(".")
	assert len(rest) == 2, f"{text} is not an amount with two decimals"
	return int(whole) * 100 + int(rest)


def days_between(earlier: str, later: str) -> int:
	return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> Written:
	return Written(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module", params=["the default", *ARGUMENTS])
def written(request, tmp_path_factory, default) -> Written:
	"""Every book of this file: what must hold for one must hold for all."""
	if request.param == "the default":
		return default
	return Written(tmp_path_factory.mktemp("book"), **ARGUMENTS[request.param])


# ------------------------------------------------------------------ arguments
def test_the_same_arguments_give_the_same_bytes(tmp_path, default):
	again = write_sample(tmp_path / "again")
	assert again == default.sample
	assert fingerprint(tmp_path / "again") == fingerprint(default.folder)


def test_a_book_that_is_there_is_replaced(tmp_path):
	write_sample(tmp_path / "book", customers=40, months=12)
	write_sample(tmp_path / "book", customers=5, months=2)
	write_sample(tmp_path / "new", customers=5, months=2)
	assert fingerprint(tmp_path / "book") == fingerprint(tmp_path / "new")


def test_another_seed_gives_another_book(tmp_path, default):
	write_sample(tmp_path / "other", seed=2)
	other, same = fingerprint(tmp_path / "other"), fingerprint(default.folder)
	assert all(other[name] != same[name] for name in same)


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"months": 0}, {"orders": 0}, {"customers": -3}])
def test_nothing_to_write_is_refused(tmp_path, wrong):
	with pytest.raises(ValueError, match="1 or more"):
		write_sample(tmp_path / "book", **wrong)
	assert not (tmp_path / "book").exists()


@pytest.mark.parametrize("target", [1, 250, 5000])
def test_orders_hits_its_target(tmp_path, target):
	sample = write_sample(tmp_path / "book", customers=100, orders=target)
	orders = {row["order"] for row in read(tmp_path / "book", book.ORDERS)}
	assert len(orders) == target
	assert sample.counts[book.ORDERS] <= target * 1.01 + 1  # with the changes of orders


def test_progress_is_told_up_to_the_end(tmp_path):
	told = []
	write_sample(tmp_path / "book", customers=3, months=2, progress=told.append)
	assert told == sorted(told)
	assert 0 < told[0] < 0.1 and told[-1] == 1
	assert gc.isenabled()


def test_it_covers_the_months_up_to_the_last_day(written):
	sample = written.sample
	assert sample.first.day == (sample.last + timedelta(days=1)).day
	assert all(rate["date"] >= sample.first.isoformat() for rate in written[book.RATES])
	assert min(row["date"] for row in written[book.PROFILES]) == sample.first.isoformat()


def test_the_first_day_is_the_last_of_a_month_that_is_too_short(tmp_path):
	sample = write_sample(tmp_path / "book", customers=2, months=11, last=date(2026, 1, 30))
	assert sample.first == date(2025, 2, 28)


# ------------------------------------------------------------------ format
def test_the_files_are_the_sheets_of_the_format(written):
	assert sorted(path.name for path in written.folder.iterdir()) == sorted(
		f"{s.name}.csv" for s in book.SHEETS
	)
	for sheet in book.SHEETS:
		with (written.folder / f"{sheet.name}.csv").open(newline="", encoding="utf-8") as file:
			lines = list(csv.reader(file))
		assert lines[0] == [column.name for column in sheet.columns]
		assert {len(line) for line in lines} == {len(sheet.columns)}
		assert written.sample.counts[sheet.name] == len(lines) - 1


def check_cell(column: book.Column, text: str) -> None:
	if not text:
		assert not column.required
	elif column.kind == book.MONEY:
		assert cents(text) >= 0
	elif column.kind == book.PERCENT:
		assert 0 <= float(text) <= 100
	elif column.kind == book.NUMBER:
		assert float(text) > 0
	elif column.kind == book.WHOLE:
		assert text.isdecimal()
	elif column.kind in (book.DAY, book.MOMENT):
		assert datetime.fromisoformat(text).date().isoformat() == text
	elif column.kind == book.YES_NO:
		assert text in ("Yes", "No")
	elif column.kind == book.CHOICE:
		assert text in column.choices
	else:
		assert text == text.strip()


def test_every_cell_is_what_its_column_says(written):
	for sheet in book.SHEETS:
		for column in sheet.columns:
			for text in {row[column.name] for row in written[sheet.name]}:
				check_cell(column, text)


def test_rows_stand_in_the_order_of_time_and_within_the_book(written):
	first, last = written.sample.first.isoformat(), written.sample.last.isoformat()
	for sheet in book.SHEETS:
		known = [column.name for column in sheet.columns if column.kind == book.MOMENT]
		for name in known:
			assert all(first <= row[name] <= last for row in written[sheet.name] if row[name]), (
				sheet.name,
				name,
			)
			if name not in ("date", sheet.when):
				assert all(row[sheet.when] <= row[name] for row in written[sheet.name] if row[name])
		if sheet.when:
			days = [row[sheet.when] for row in written[sheet.name]]
			assert days == sorted(days)


def test_references_are_there_before_or_on_the_same_day(written):
	names = {row["customer"] for row in written[book.CUSTOMERS]}
	assert len(names) == len(written[book.CUSTOMERS])
	since = {name: {} for name in REFERENCES}
	for reference, sheet in REFERENCES.items():
		for row in written[sheet]:
			since[reference].setdefault(row[reference], (row["date"], row.get("customer")))
	for sheet in book.SHEETS:
		own = {reference for reference, home in REFERENCES.items() if home == sheet.name}
		for row in written[sheet.name]:
			assert row.get("customer", next(iter(names))) in names
			for reference in since.keys() & row.keys() - own:
				if row[reference]:
					day, customer = since[reference][row[reference]]
					assert day <= row[sheet.when]
					assert customer in (None, row["customer"])


def test_names_are_given_once(written):
	for sheet, key in (
		(book.DELIVERIES, "delivery"),
		(book.CREDIT_NOTES, "credit_note"),
		(book.DISPUTES, "dispute"),
	):
		assert len({row[key] for row in written[sheet]}) == len(written[sheet])
	assert len({row["name"] for row in written[book.CUSTOMERS]}) == len(written[book.CUSTOMERS])
	seen, before = set(), None
	for row in written[book.INVOICES]:
		if row["invoice"] != before:
			assert row["invoice"] not in seen, "the rows of an invoice stand together"
			seen.add(row["invoice"])
			before = row["invoice"]
	for name, rows in by(written[book.PAYMENTS], "payment").items():
		assert len({row["customer"] for row in rows}) == 1
		assert len({row["date"] for row in rows if not row["taken_from"]}) == 1, name


def test_customers_have_a_profile_and_a_rating_from_their_start(written):
	profiles, ratings = by(written[book.PROFILES], "customer"), by(written[book.RATINGS], "customer")
	for name, rows in profiles.items():
		assert {row["terms_days"] for row in rows} <= {"45", "30", "14", "0"}
		assert all(bool(row["temporary_limit"]) == bool(row["temporary_limit_until"]) for row in rows)
		if name in ratings:
			assert ratings[name][0]["reviewed"] == "Yes"
			assert 0 <= days_between(rows[0]["date"], ratings[name][0]["date"]) <= 3
	for row in written[book.ORDERS]:
		assert profiles[row["customer"]][0]["date"] <= row["date"]


def by(rows: list[dict], key: str) -> dict[str, list[dict]]:
	found = defaultdict(list)
	for row in rows:
		found[row[key]].append(row)
	return found


# ------------------------------------------------------------------ money
class Ledger:
	"""What is ordered, delivered, billed and paid up to a moment; refuses what does not add up."""

	def __init__(self):
		self.ordered, self.delivered, self.billed = {}, Counter(), Counter()
		self.goods, self.billed_goods, self.services = {}, Counter(), Counter()
		self.invoiced, self.settled, self.of_order = Counter(), Counter(), {}
		self.pots = Counter()  # money on account by payment, advances by payment and order

	def orders(self, row, amount):
		assert amount > 0
		assert self.delivered[row["order"]] + self.services[row["order"]] <= amount
		self.ordered[row["order"]] = amount

	def deliveries(self, row, amount):
		assert amount > 0
		self.goods[row["delivery"]] = amount
		self.delivered[row["order"]] += amount
		assert self.delivered[row["order"]] + self.services[row["order"]] <= self.ordered[row["order"]]

	def invoices(self, row, amount):
		assert amount > 0
		assert row["due_date"] >= row["date"]
		self.invoiced[row["invoice"]] += amount
		self.of_order[row["invoice"]] = row["order"]
		if row["delivery"]:
			self.billed_goods[row["delivery"]] += amount
			assert self.billed_goods[row["delivery"]] <= self.goods[row["delivery"]]
		elif row["order"]:
			self.services[row["order"]] += amount
		if row["order"]:
			self.billed[row["order"]] += amount
			assert self.billed[row["order"]] <= self.ordered[row["order"]]

	def credit_notes(self, row, amount):
		assert amount > 0
		self.settle(row["invoice"], amount)

	def payments(self, row, amount):
		assert amount > 0
		pot = (row["payment"], row["order"])
		if row["taken_from"]:
			assert bool(row["order"]) == (row["taken_from"] == book.ADVANCE)
			assert row["invoice"] and row["order"] in ("", self.of_order[row["invoice"]])
			self.pots[pot] -= amount
			assert self.pots[pot] >= 0
		elif not row["invoice"]:
			assert not row["kind"]
			self.pots[pot] += amount
			if row["order"]:
				assert self.pots[pot] <= self.ordered[row["order"]]
		if row["invoice"]:
			self.settle(row["invoice"], amount)

	def settle(self, invoice, amount):
		self.settled[invoice] += amount
		assert self.settled[invoice] <= self.invoiced[invoice]

	def open(self, invoice):
		return self.invoiced[invoice] - self.settled[invoice]

	def in_plan_or_dispute(self, row, amount):
		assert 0 < amount <= self.open(row["invoice"])


def moments(written: Written):
	"""Return the rows of a book in the order of time: by day, rank of the sheet and place in it; at the end of a day the
	disputes and plans that began."""
	events = []
	for sheet in book.SHEETS:
		if sheet.name in (book.ORDERS, book.DELIVERIES, book.INVOICES, book.CREDIT_NOTES, book.PAYMENTS):
			events += [(r["date"], sheet.rank, n, sheet.name, r) for n, r in enumerate(written[sheet.name])]
		elif sheet.name in (book.DISPUTES, book.PLANS):
			rows = enumerate(written[sheet.name])
			events += [(r[sheet.when], 99, n, "in_plan_or_dispute", r) for n, r in rows]
	events.sort(key=lambda event: event[:3])
	return events


def test_the_book_adds_up_at_every_moment(written):
	ledger = Ledger()
	for _day, _rank, _number, name, row in moments(written):
		getattr(ledger, name)(row, cents(row["amount"]))


def test_deliveries_are_billed_in_full_and_soon(written):
	billed = by(written[book.INVOICES], "delivery")
	for row in written[book.DELIVERIES]:
		rows = billed[row["delivery"]]
		if rows:
			assert sum(cents(r["amount"]) for r in rows) == cents(row["amount"])
			assert 1 <= days_between(row["date"], rows[0]["date"]) <= 22
		else:
			assert days_between(row["date"], written.sample.last.isoformat()) <= 22


def test_invoices_have_the_days_of_their_order(written):
	orders = {row["order"]: row for row in reversed(written[book.ORDERS])}  # the first row tells the days
	for rows in by(written[book.INVOICES], "invoice").values():
		assert len(rows) <= 2
		if rows[0]["order"]:
			order = orders[rows[0]["order"]]
			days = days_between(order["date"], order["due_date"])
			assert days_between(rows[-1]["date"], rows[-1]["due_date"]) == days
			assert days_between(rows[0]["date"], rows[0]["due_date"]) == (
				days if len(rows) == 1 else days // 2
			)


def test_orders_are_promised_closed_and_changed_sensibly(written):
	delivered = by(written[book.DELIVERIES], "order")
	for name, rows in by(written[book.ORDERS], "order").items():
		first = rows[0]
		assert date.fromisoformat(first["date"]).weekday() < 5
		assert 2 <= days_between(first["date"], first["promised_date"]) <= 20
		assert first["last_promised_date"] == "" or first["last_promised_date"] > first["promised_date"]
		assert len(delivered[name]) <= 3
		assert all(row["date"] > first["date"] for row in delivered[name])
		if len(rows) == 2:
			assert rows[1]["amount"] != first["amount"]
			assert all(row["date"] >= rows[1]["date"] for row in delivered[name])
			assert not any(row["closed_on"] for row in rows)
		if first["closed_on"]:
			assert all(row["date"] < first["closed_on"] for row in delivered[name])


def test_accepted_disputes_are_credited_and_others_paid_or_open(written):
	credited = {(row["invoice"], row["date"], row["amount"]) for row in written[book.CREDIT_NOTES]}
	due = {row["invoice"]: row["due_date"] for row in written[book.INVOICES]}
	for row in written[book.DISPUTES]:
		assert row["opened_on"] > due[row["invoice"]]
		assert bool(row["closed_on"]) == bool(row["outcome"])
		was_credited = (row["invoice"], row["closed_on"], row["amount"]) in credited
		assert not row["outcome"] or was_credited == (row["outcome"] == "Accepted")
		if row["closed_on"]:
			assert 5 <= days_between(row["opened_on"], row["closed_on"]) <= 60


def test_kept_plans_are_paid_when_they_end(written):
	settled = defaultdict(list)
	for row in written[book.PAYMENTS]:
		settled[row["invoice"]].append(row)
	for row in written[book.PLANS]:
		assert bool(row["ended_on"]) == bool(row["outcome"])
		paid = sum(
			cents(r["amount"])
			for r in settled[row["invoice"]]
			if row["agreed_on"] < r["date"] <= (row["ended_on"] or "9")
		)
		if row["outcome"] == "Kept":
			assert paid >= cents(row["amount"])
			assert days_between(row["agreed_on"], row["ended_on"]) <= 70
	outcomes = {
		(row["plan"], row["customer"], row["agreed_on"], row["outcome"]) for row in written[book.PLANS]
	}
	assert len(outcomes) == written.sample.plans


def test_the_failed_stop_and_are_written_off(written):
	insolvent = {r["customer"]: r["date"] for r in written[book.RATINGS] if r["rating"] == "Insolvent"}
	assert len(insolvent) == written.sample.bankruptcies
	for sheet in (book.ORDERS, book.DELIVERIES, book.PROFILES, book.SECURITIES):
		when = book.BY_NAME[sheet].when
		for row in written[sheet]:
			assert row[when] < insolvent.get(row["customer"], "9")
	for row in written[book.RATINGS]:
		assert row["date"] <= insolvent.get(row["customer"], "9")
	for row in written[book.PAYMENTS]:
		if row["kind"]:
			assert 60 <= days_between(insolvent[row["customer"]], row["date"]) <= 120
	ends = written.sample.last.isoformat()
	settled = Counter()
	for row in written[book.PAYMENTS] + written[book.CREDIT_NOTES]:
		settled[row["invoice"]] += cents(row["amount"])
	for name, rows in by(written[book.INVOICES], "invoice").items():
		failed = insolvent.get(rows[0]["customer"])
		if failed and days_between(failed, ends) > 120:
			assert settled[name] == sum(cents(row["amount"]) for row in rows)


def test_rating_changes_are_counted(written):
	changes = 0
	for rows in by(written[book.RATINGS], "customer").values():
		changes += sum(now["rating"] != before["rating"] for before, now in pairwise(rows))
	assert changes == written.sample.rating_changes
	assert len(written[book.DISPUTES]) == written.sample.disputes


# ------------------------------------------------------------------ what the default book holds
def test_the_default_book_has_the_planned_sizes(default):
	counts = default.sample.counts
	orders = len({row["order"] for row in default[book.ORDERS]})
	assert counts[book.CUSTOMERS] == 300
	assert 9_000 < orders < 18_000
	assert 1.4 < counts[book.INVOICES] / orders < 1.7
	assert 1.4 < counts[book.PAYMENTS] / orders < 1.7
	assert 0.02 < counts[book.DISPUTES] / len({r["invoice"] for r in default[book.INVOICES]}) < 0.03
	per_customer = Counter(row["customer"] for row in default[book.ORDERS])
	assert 3 <= sorted(per_customer.values())[15] and max(per_customer.values()) < 300


def test_the_default_book_has_every_kind_of_customer(default):
	first = {name: rows[0] for name, rows in by(default[book.PROFILES], "customer").items()}
	segments = Counter(row["segment"] for row in first.values())
	for segment, share in (("A", 0.12), ("B", 0.28), ("C", 0.45), ("D", 0.15)):
		assert abs(segments[segment] / 300 - share) < 0.06
	assert {row["risk_class"] for row in first.values()} == {"A", "B", "C"}
	assert sum(row["date"] > default.sample.first.isoformat() for row in first.values()) > 10
	rows = default[book.PROFILES]
	for column in ("manual_limit", "temporary_limit", "credit_group", "next_review", "requires_po", "level"):
		assert 3 <= sum(bool(row[column]) for row in rows) < len(rows), column
	changed = by(rows, "customer").values()
	assert any(len({row["segment"] for row in rows}) > 1 for rows in changed)
	assert sum(len({row["expected_annual_revenue"] for row in rows}) > 1 for rows in changed) > 100
	members = Counter(row["credit_group"] for row in first.values() if row["credit_group"])
	assert set(members) == {row["credit_group"] for row in default[book.GROUPS]}
	assert set(members.values()) <= {2, 3, 4}
	assert {row["currency"] for row in default[book.CUSTOMERS]} == {"DKK", "EUR"}


def test_the_default_book_has_every_kind_of_event(default):
	orders, invoices, payments = default[book.ORDERS], default[book.INVOICES], default[book.PAYMENTS]
	rows_of = by(orders, "order").values()
	assert sum(len(rows) == 2 for rows in rows_of) > 10
	assert 0.01 < sum(bool(row["closed_on"]) for row in orders) / len(orders) < 0.04
	assert 0.03 < sum(not row["po_number"] for row in orders) / len(orders) < 0.1
	assert any(row["last_promised_date"] for row in orders)
	delivered = Counter(row["order"] for row in default[book.DELIVERIES])
	assert {1, 2, 3} == set(delivered.values())
	assert sum(not row["order"] for row in invoices) > 50  # direct
	assert sum(bool(row["order"]) and not row["delivery"] for row in invoices) > 50  # services
	assert sum(len(rows) == 2 for rows in by(invoices, "invoice").values()) > 200  # instalments
	kinds = Counter(
		(row["kind"], row["taken_from"], bool(row["invoice"]), bool(row["order"])) for row in payments
	)
	assert set(kinds) == {
		("", "", True, False),
		("", "", False, False),  # on account
		("", book.ON_ACCOUNT, True, False),
		("", "", False, True),  # an advance
		("", book.ADVANCE, True, True),
		(book.WRITE_OFF, "", True, False),
	}
	assert min(kinds.values()) >= 3
	assert sum(len({row["invoice"] for row in rows}) > 1 for rows in by(payments, "payment").values()) > 100
	assert {"Accepted", "Rejected", "Withdrawn"} <= {row["outcome"] for row in default[book.DISPUTES]}
	assert {"Kept", "Broken"} <= {row["outcome"] for row in default[book.PLANS]}
	securities = default[book.SECURITIES]
	assert len({row["type"] for row in securities}) == 3
	assert {"Yes", "No"} == {row["has_document"] for row in securities}
	assert any(row["expiry"] and row["expiry"] < default.sample.last.isoformat() for row in securities)
	assert any(row["unconditional"] == "No" or row["on_demand"] == "No" for row in securities)


def test_failures_come_with_and_without_warning(default):
	"""Ratings know something and not everything: some well rated fail, most badly rated do not."""
	sample, ratings = default.sample, by(default[book.RATINGS], "customer")
	assert sample.bankruptcies >= 2
	assert 0 < sample.unwarned < sample.bankruptcies
	failed = {name for name, rows in ratings.items() if rows[-1]["rating"] == "Insolvent"}
	segments = {row["customer"]: row["segment"] for row in default[book.PROFILES]}
	assert any(segments[name] in "AB" for name in failed)
	assert any(segments[name] in "CD" for name in failed)
	bad = {name for name, rows in ratings.items() if any(row["rating"] == "C" for row in rows)}
	assert len(bad - failed) > 20
	fallen = {name for name, rows in ratings.items() if len({row["rating"] for row in rows}) > 1}
	assert len(fallen - failed) > 50


def test_lateness_grows_from_segment_to_segment(tmp_path):
	written = Written(tmp_path / "book", customers=800, orders=20_000, seed=3)
	segments = {row["customer"]: row["segment"] for row in reversed(written[book.PROFILES])}
	due = {row["invoice"]: row["due_date"] for row in written[book.INVOICES]}
	late = defaultdict(list)
	for row in written[book.PAYMENTS]:
		if row["invoice"] and not row["kind"]:
			late[segments[row["customer"]]].append(days_between(due[row["invoice"]], row["date"]))
	means = [sum(late[segment]) / len(late[segment]) for segment in "ABCD"]
	assert means == sorted(means)
	assert all(min(late[segment]) < 0 and max(late[segment]) > 60 for segment in "ABC")
