"""The notes of an export, in a file of their own: a book may be larger than memory, and its rows come in no order.

Amounts are whole cents here. `write` puts the rows in the order of time, names the customers (and, for an anonymous
book, everything else) and writes the sheets.
"""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from b2b_contracts.backtest import book_format

from .account_facts import Member
from .book_facts import ORDER

TABLES = """
	create table document
		(kind text, name text, moment text, selected int, primary key (kind, name)) without rowid;
	create table line
		(number integer primary key, sheet text, moment text, customer text, company text, cells text);
	create table sale
		(name text primary key, customer text, company text, is_complete int, changes text) without rowid;
	create table moved (order_name text primary key, amount int, last_moment text) without rowid;
	create table goods
		(number integer primary key, order_name text, delivery text, moment text, what int, document text,
		customer text, company text, amount int, flag int, closed_on text);
	create table invoice
		(number integer primary key, name text, moment text, customer text, company text, cells text, instalments text);
	create table part (number integer primary key, invoice text, order_name text, delivery text, amount int);
	create table alias (kind text, name text, alias text, primary key (kind, name)) without rowid;
"""
# Which columns name something, and the first letters of its name in an anonymous book.
NAMED = {
	"customer": "K",
	"company": "C",
	"credit_group": "G",
	"security": "SE",
	"dispute": "DI",
	"plan": "PP",
	"order": "SO",
	"delivery": "DN",
	"invoice": "SI",
	"credit_note": "CN",
	"payment": "PA",
}
LEFT_EMPTY = ("name", "forced_hold_reason")

# What happens to goods, in the order within a moment.
DELIVERED, BILLED, RETURNED = 1, 2, 3


class Scratch:
	"""Everything that an export has found so far. Its file is the caller's to remove."""

	def __init__(self, file: Path):
		self._db = sqlite3.connect(file, isolation_level=None)
		# Nothing of it has to survive a crash.
		self._db.executescript("pragma journal_mode = off; pragma synchronous = off;" + TABLES)
		self._db.execute("begin")

	def close(self) -> None:
		"""Let go of the file."""
		self._db.close()

	# -------------------------------------------------------------- documents of the book
	def select(self, kind: str, names: Iterable[str]) -> None:
		"""Take documents into the book."""
		self._db.executemany(
			"insert or ignore into document values (?, ?, null, 1)", ((kind, name) for name in names if name)
		)

	def refer(self, kind: str, name: str, moment: str) -> None:
		"""Note that the book names a document at a moment. It need not be in the book itself."""
		self._db.execute(
			"""insert into document values (?, ?, ?, 0)
			on conflict do update set moment = min(moment, excluded.moment) where not selected""",
			(kind, name, moment),
		)

	def set_billed(self, kind: str, name: str) -> None:
		"""Note that a document is billed in full by now."""
		self.refer(f"{kind}, billed", name, "")

	def is_billed(self, kind: str, name: str) -> bool:
		"""Return whether a document is billed in full by now."""
		return bool(self._one("select 1 from document where kind = ? and name = ?", f"{kind}, billed", name))

	def batches(self, kind: str, size: int, selected: bool = True) -> Iterator[list[str]]:
		"""Yield the names of documents, some at a time."""
		last = ""
		while True:
			names = [
				name
				for (name,) in self._db.execute(
					"select name from document where kind = ? and name > ? and selected = ? order by name limit ?",
					(kind, last, int(selected), size),
				)
			]
			if not names:
				return
			yield names
			last = names[-1]

	def count(self, kind: str) -> int:
		"""Return how many documents of a kind are noted."""
		return self._one("select count(*) from document where kind = ?", kind)[0]

	def set_moment(self, kind: str, name: str, moment: str) -> None:
		"""Note when a document of the book comes in."""
		self._db.execute("update document set moment = ? where kind = ? and name = ?", (moment, kind, name))

	def not_later(self, kind: str, name: str, moment: str) -> None:
		"""Let a document come in before what is dated earlier and belongs to it."""
		self._db.execute(
			"update document set moment = ? where kind = ? and name = ? and moment > ?",
			(moment, kind, name, moment),
		)

	def name_order(self, name: str, moment: str) -> None:
		"""Note that something names an order: it has to be there by then, and to come in before."""
		if name:
			self.refer(ORDER, name, moment)
			self.not_later(ORDER, name, moment)

	def moment_of(self, kind: str, name: str) -> str | None:
		"""Return when a document comes in, None for one that is not in the book."""
		found = self._one("select moment from document where kind = ? and name = ? and selected", kind, name)
		return found[0] if found else None

	# -------------------------------------------------------------- rows
	def add(self, sheet: str, moment: str, member: Member | None, **cells: str) -> None:
		"""Add a row to a sheet. Empty cells need not be given."""
		customer, company = member or (None, None)
		self._db.execute(
			"insert into line (sheet, moment, customer, company, cells) values (?, ?, ?, ?, ?)",
			(sheet, moment, customer, company, json.dumps({k: v for k, v in cells.items() if v != ""})),
		)

	def add_sale(self, name: str, member: Member, is_complete: bool, changes: list[dict]) -> None:
		"""Note an order: its state at each change; whether nothing of it is left to deliver or bill."""
		self._db.execute(
			"insert into sale values (?, ?, ?, ?, ?)", (name, *member, int(is_complete), json.dumps(changes))
		)

	def add_goods(
		self,
		what: int,
		member: Member,
		document: str,
		amount: int,
		moment: str,
		order: str,
		delivery: str,
		flag: bool = False,
		closed_on: str = "",
	) -> None:
		"""Note goods that were delivered, billed or returned. `flag`: delivered goods were billed before; a bill is the
		delivery as well."""
		values = (order, delivery, moment, what, document, *member, amount, int(flag), closed_on)
		self._db.execute(f"insert into goods values (null, {', '.join('?' * len(values))})", values)

	def add_invoice(
		self, name: str, member: Member, moment: str, instalments: list[tuple[str, int]], **cells: str
	) -> None:
		"""Note an invoice; what it bills is noted as its parts."""
		self._db.execute(
			"insert into invoice values (null, ?, ?, ?, ?, ?, ?)",
			(name, moment, *member, json.dumps(cells), json.dumps(instalments)),
		)

	def add_part(self, invoice: str, order: str, delivery: str, amount: int) -> None:
		"""Note which part of an invoice bills what."""
		self._db.execute("insert into part values (null, ?, ?, ?, ?)", (invoice, order, delivery, amount))

	def forget_unknown_orders(self) -> None:
		"""Name no order that is not in the book."""
		for table in ("goods", "part"):
			self._db.execute(
				f"update {table} set order_name = '' where order_name not in (select name from sale)"
			)

	# -------------------------------------------------------------- looking through
	def goods(self) -> Iterator[tuple]:
		"""Yield (order, delivery, moment, what, document, customer, company, amount, flag, closed_on), order by order
		(without one, delivery by delivery) as it happened."""
		return self._db.execute(
			"""select order_name, delivery, moment, what, document, customer, company, amount, flag, closed_on
			from goods order by order_name, case when order_name = '' then delivery end, moment, what, number"""
		)

	def set_moved(self, order: str, amount: int, last_moment: str) -> None:
		"""Note how much of an order was delivered or billed, and when last."""
		self._db.execute("insert into moved values (?, ?, ?)", (order, amount, last_moment))

	def sales(self) -> Iterator[tuple[str, Member, bool, list[dict], str | None, int, str]]:
		"""Yield (name, whose, whether it is complete, changes, when it comes in, what was delivered or billed, when last)
		of each order."""
		rows = self._db.execute(
			"""select sale.name, customer, company, is_complete, changes, moment, coalesce(amount, 0), last_moment
			from sale left join document on kind = 'Sales Order' and document.name = sale.name
			left join moved on moved.order_name = sale.name"""
		)
		for name, customer, company, is_complete, changes, *moved in rows:
			yield name, (customer, company), bool(is_complete), json.loads(changes), *moved

	def invoices(self) -> Iterator[tuple[str, Member, str, dict, list, list[tuple]]]:
		"""Yield each invoice with its cells, its instalments and its parts (order, delivery, amount)."""
		self._db.execute("create index by_invoice on part (invoice)")
		rows = self._db.execute(
			"select name, customer, company, moment, cells, instalments from invoice order by number"
		)
		for name, customer, company, moment, cells, instalments in rows:
			parts = self._db.execute(
				"select order_name, delivery, sum(amount) from part where invoice = ? group by 1, 2 order by min(number)",
				(name,),
			).fetchall()
			yield name, (customer, company), moment, json.loads(cells), json.loads(instalments), parts

	def moments_of_invoices(self, names: Iterable[str]) -> dict[str, str]:
		"""Return when some invoices come in; those that are not in the book are left out."""
		self._db.execute("create index if not exists by_name on invoice (name)")
		rows = (
			self._one("select name, min(moment) from invoice where name = ?", name)
			for name in sorted(set(names))
		)
		return {name: at for name, at in rows if name}

	def members(self) -> list[Member]:
		"""Return the customers of all rows, in their companies."""
		return self._db.execute(
			"select distinct customer, company from line where customer is not null order by customer, company"
		).fetchall()

	def groups_from(self) -> dict[str, str]:
		"""Return the credit groups that profiles name, and since when."""
		rows = self._db.execute(
			"""select json_extract(cells, '$.credit_group') as credit_group, min(moment) from line
			where sheet = ? group by 1 having credit_group is not null""",
			(book_format.PROFILES,),
		)
		return dict(rows.fetchall())

	def group_currencies(self) -> set[str]:
		"""Return the currencies of the credit groups."""
		rows = self._db.execute(
			"select distinct json_extract(cells, '$.currency') from line where sheet = ?",
			(book_format.GROUPS,),
		)
		return {currency for (currency,) in rows}

	def first_moment(self) -> str | None:
		"""Return when the book begins."""
		return self._one("select min(moment) from line")[0]

	# -------------------------------------------------------------- the book
	def write(
		self, folder: Path, customers: list[dict], anonymise: bool, tell: Callable[[float], None]
	) -> dict[str, int]:
		"""Write the sheets; returns how many rows each has. `customers` are the rows of that sheet."""
		self._db.execute("create index by_moment on line (sheet, moment, number)")
		ids = {(row["member"]): row["customer"] for row in customers}
		namer = self._new_names(ids, customers) if anonymise else None
		written = {}
		for number, sheet in enumerate(book_format.SHEETS):
			tell(number / len(book_format.SHEETS))
			rows = self._rows(sheet, ids)
			if sheet.name == book_format.CUSTOMERS:
				rows = (
					sorted(customers, key=lambda row: namer("customer", row["customer"]))
					if namer
					else customers
				)
			with (folder / f"{sheet.name}.csv").open("w", encoding="utf-8", newline="") as file:
				written[sheet.name] = _write(csv.writer(file, lineterminator="\n"), sheet, rows, namer)
		return written

	def _rows(self, sheet: book_format.Sheet, ids: dict[Member, str]) -> Iterator[dict]:
		lines = self._db.execute(
			"select moment, customer, company, cells from line where sheet = ? order by moment, number",
			(sheet.name,),
		)
		for moment, customer, company, cells in lines:
			row = json.loads(cells)
			row[sheet.when] = moment
			if customer is not None:
				row["customer"] = ids[customer, company]
			yield row

	def _new_names(self, ids: dict[Member, str], customers: list[dict]) -> Callable[[str, str], str]:
		"""Give everything a new name, numbered by chance; returns what looks one up."""
		for sheet in book_format.SHEETS:
			columns = [column.name for column in sheet.columns if column.name in NAMED]
			rows = customers if sheet.name == book_format.CUSTOMERS else self._rows(sheet, ids)
			self._db.executemany(
				"insert or ignore into alias values (?, ?, null)",
				((column, row[column]) for row in rows for column in columns if row.get(column)),
			)
		self._db.execute(
			"""update alias set alias = numbered.alias from (
				select kind, name, printf('%05d', row_number() over (partition by kind order by random())) as alias
				from alias) as numbered
			where numbered.kind = alias.kind and numbered.name = alias.name"""
		)

		@lru_cache(50_000)
		def new_name(column: str, name: str) -> str:
			found = self._one("select alias from alias where kind = ? and name = ?", column, name)
			return NAMED[column] + found[0] if found else ""

		return new_name

	def _one(self, query: str, *values) -> tuple:
		return self._db.execute(query, values).fetchone()


def _write(
	out, sheet: book_format.Sheet, rows: Iterable[dict], new_name: Callable[[str, str], str] | None
) -> int:
	columns = [column.name for column in sheet.columns]
	out.writerow(columns)
	count = 0
	for row in rows:
		if new_name:
			_hide(row, new_name)
		out.writerow([row.get(column, "") for column in columns])
		count += 1
	return count


def _hide(row: dict, new_name: Callable[[str, str], str]) -> None:
	"""Take out of a row whatever says whose it is."""
	for column in row.keys() & NAMED.keys():
		if row[column]:
			row[column] = new_name(column, row[column])
	if row.get("covers"):
		# What a security names and the book does not hold says nothing to anybody.
		named = (new_name("order", name) or new_name("invoice", name) for name in row["covers"].split())
		row["covers"] = " ".join(filter(None, named)) or "-"
	for column in LEFT_EMPTY:
		row.pop(column, None)
	if row.get("po_number"):
		row["po_number"] = "yes"


# ------------------------------------------------------------------ amounts
def cents(value) -> int:
	"""Return a number from the database as whole cents."""
	return int((Decimal(str(value or 0)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def amount_text(amount: int) -> str:
	"""Return cents as a book has them."""
	return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def number_text(value) -> str:
	"""Return a number as a book has it, without zeros at its end."""
	number = Decimal(str(value)).quantize(Decimal("0.000001")).normalize()
	return format(number, "f")


def split(amount: int, weights: list[int]) -> list[int]:
	"""Split an amount by weights that are not negative and not all 0; the parts add up to it."""
	total, so_far, given, parts = sum(weights), 0, 0, []
	for weight in weights:
		so_far += weight
		until = (2 * amount * so_far + total) // (2 * total)
		parts.append(until - given)
		given = until
	return parts


# ------------------------------------------------------------------ moments
def moment(day: date, entered: datetime) -> str:
	"""Return when something dated on a day came into the book: with the time, where it was entered that day."""
	return text(entered) if entered.date() == day else day.isoformat()


def day_text(day: date | None) -> str:
	"""Return a day as a book has it."""
	return day.isoformat() if day else ""


def text(at: datetime) -> str:
	"""Return a time as a book has it."""
	return f"{at:%Y-%m-%d %H:%M:%S}"


def text_until(at: datetime, last: date) -> str:
	"""Return a time as a book has it, empty when it is after the last day of the book."""
	return text(at) if at.date() <= last else ""


def not_before(at: str, *others: str | None) -> str:
	"""Return a moment, or a later one of the same day: nothing comes before what it belongs to."""
	return max([at, *(other for other in others if other and other[:10] == at[:10])])
