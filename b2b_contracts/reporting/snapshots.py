"""Months as they were when their books were closed: key figures, and what each customer owed (requirements §5).

A snapshot is written in one transaction, whose first row has a key that is unique in the database: a worker that is killed leaves
nothing behind, two at once write one, and what was written is never written again.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder.functions import Max, Sum
from frappe.utils import add_days, cint, getdate, now_datetime

from b2b_contracts.credit import clearing
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import kpi as rules
from b2b_contracts.engine.kpi import Figure, Input
from b2b_contracts.exceptions import WrittenByAppOnlyError

from . import kpi_facts, kpi_records, kpis, settings

# The row that keeps what all figures of a segment or salesperson were made from.
FACTS = "facts"
SNAPSHOT, FIGURE, CUSTOMER = "Month Snapshot", "Month Snapshot Figure", "Month Snapshot Customer"
TREND = ("granted_limit", "exposure", "secured")
AGEING = ("not_due", *kpi_facts.BUCKETS, "credits", "disputed")
# A month that was over longer than this when its snapshot was taken: what limits and exposure were then is not known any more.
FRESH_DAYS = 31
CHUNK = 2000
# So many months of customers are held in memory at once.
MOST_AT_ONCE = 100_000

Taken = dict[tuple[str, str], tuple[Figure, int]]
"""Figures by (code, key), each with the months that it is of."""


# ------------------------------------------------------------------ written
def daily() -> None:
	"""Take the snapshots of every company that are due, the oldest first, one transaction for each. May be run again."""
	for company in frappe.get_all("Company", pluck="name", order_by="name"):
		take_due(company)


def take_due(company: str) -> None:
	"""Take what is due of a company. Many months, as on the first night, are read together: it takes as long as one."""
	months = due(company)
	at_once = max(1, MOST_AT_ONCE // max(1, frappe.db.count("Customer")))
	for start in range(0, len(months), at_once):
		some = months[start : start + at_once]
		together = _Together(company, some[0], some[-1])
		for month in some:
			clearing.in_own_transaction(_take, company, month, together)


def due(company: str, today: date | None = None) -> list[date]:
	"""Return the closed months (first days) of which there is no snapshot: since the first one, or since the company began to
	sell, at most so many as the settings say."""
	today = today or getdate()
	days = cint(settings.value("snapshot_after_days"))
	back = cint(settings.value("snapshot_months_back"))
	first = rules.months_later(rules.month_of(today), -max(1, back))
	since = began(company)
	if since is None:
		return []
	first = max(first, rules.month_of(since))
	there = set(frappe.get_all(SNAPSHOT, filters={"company": company}, pluck="month_end"))
	return [
		month
		for month in rules.months_between(first, today)
		if rules.is_closed(month, today, days) and rules.last_day(month) not in there
	]


def began(company: str) -> date | None:
	"""Return the day of a company's first invoice."""
	invoice = frappe.qb.DocType("Sales Invoice")
	rows = (
		frappe.qb.from_(invoice)
		.select(invoice.posting_date)
		.where((invoice.company == company) & (invoice.docstatus == 1))
		# In the order of ERPNext's index of it, until the first one.
		.orderby(invoice.posting_date)
		.limit(1)
		.run()
	)
	return getdate(rows[0][0]) if rows else None


def take(company: str, month_end: date) -> str:
	"""Write the snapshot of a month that is over, and return its name; the one that is there where there is one."""
	month = rules.month_of(getdate(month_end))
	last = rules.last_day(month)
	if getdate() <= last:
		frappe.throw(
			_("{0} is not over: its snapshot can be taken from {1} on.").format(
				frappe.bold(frappe.utils.formatdate(last, "MMMM yyyy")),
				frappe.utils.formatdate(add_days(last, 1)),
			),
			title=_("Month snapshot"),
		)
	# A company that was renamed keeps the names of its snapshots.
	there = frappe.db.get_value(SNAPSHOT, {"company": company, "month_end": last})
	if there:
		return there
	return _take(company, month, _Together(company, month, month))


def _take(company: str, month: date, together: "_Together") -> str:
	name = key_of(company, rules.last_day(month))
	written = _Snapshot(company, month, name, together)
	# The row whose key is unique comes first: a second worker waits here for the first.
	if not written.begin():
		return name
	written.figures()
	written.customers()
	written.end()
	return name


def key_of(company: str, month_end: date) -> str:
	return f"{company} {month_end:%Y-%m}"


class _Together:
	"""What some months came to, of a company, of its parts and of its customers: each read when it is first asked for."""

	def __init__(self, company: str, first: date, last: date):
		self.company, self.first, self.last = company, first, last
		self.records = kpi_records.all_of_them()
		self.read: dict[str, kpi_facts.Books] = {}

	def of(self, by: str) -> kpi_facts.Books:
		if by not in self.read:
			until = rules.last_day(self.last)
			if by == kpi_facts.CUSTOMER:
				months = self.first, self.last, self.first, self.first
				self.read[by] = kpi_facts.read_receivables(kpi_facts.Wanted(self.company, *months, until, by))
			else:
				months = self.first, self.last
				self.read[by] = kpis.read_books(self.company, *months, by, self.records, until=until)
		return self.read[by]


class _Snapshot:
	"""One snapshot while it is written."""

	def __init__(self, company: str, month: date, name: str, together: _Together):
		self.company, self.month, self.last = company, month, rules.last_day(month)
		self.name, self.together = name, together
		self.counts = {"figures": 0, "customers": 0}
		self.is_fresh = (getdate() - self.last).days <= FRESH_DAYS

	def begin(self) -> bool:
		"""Write the snapshot itself. Returns whether it was not there: another worker may have been faster."""
		doc = frappe.get_doc(
			{
				"doctype": SNAPSHOT,
				"name": self.name,
				"snapshot_key": self.name,
				"company": self.company,
				"month_end": self.last,
				"currency": company_currency(self.company),
				"taken_on": now_datetime(),
				"from_books": int(not self.is_fresh),
			}
		)
		doc.set_user_and_timestamp()
		try:
			doc.db_insert()
		except frappe.DuplicateEntryError:
			frappe.clear_last_message()
			return False
		return True

	def figures(self) -> None:
		for by in kpis.BY:
			self._insert(FIGURE, "figures", self._rows_of(self.together.of(by)))

	def _rows_of(self, books: kpi_facts.Books) -> Iterator[dict]:
		by = books.wanted.by
		for key, months in books.facts.items():
			facts = {name: str(getattr(months[self.month], name)) for name in rules.FACTS}
			row = {"kpi": FACTS, "dimension": by, "dimension_key": key, "value": 0.0, "is_known": 0}
			yield {**row, "inputs": json.dumps(facts)}
		for key, code, figure, months in kpis.reckoned(books, self.month, self.together.records):
			if by and rules.BY_CODE[code].of_company:
				continue
			yield {
				"kpi": code,
				"dimension": by,
				"dimension_key": key,
				"value": float(figure.value or 0),
				"is_known": int(figure.value is not None),
				"inputs": _as_text(figure, months),
			}

	def customers(self) -> None:
		rows = self._rows_of_customers(self.together.of(kpi_facts.CUSTOMER))
		self._insert(CUSTOMER, "customers", rows)

	def _rows_of_customers(self, books: kpi_facts.Books) -> Iterator[dict]:
		standing = _standing(self.company) if self.is_fresh else {}
		profiles = {
			row.customer: row
			for row in frappe.get_all(
				"Credit Profile",
				filters={"company": self.company},
				fields=["customer", "segment", "risk_class"],
			)
		}
		for customer in sorted({*books.facts, *standing}):
			facts = books.facts[customer][self.month] if customer in books.facts else rules.Facts()
			known, profile = standing.get(customer), profiles.get(customer) or frappe._dict()
			if not (facts.receivables or facts.debts or facts.credits or known):
				continue
			yield {
				"customer": customer,
				"segment": profile.segment,
				"risk_class": profile.risk_class,
				"currency": company_currency(self.company),
				"is_standing_known": int(known is not None),
				"granted_limit": float(known.limit) if known else 0,
				"exposure": float(known.exposure) if known else 0,
				"secured": float(known.secured) if known else 0,
				"receivables": float(facts.receivables),
				**{name: float(getattr(facts, name)) for name in AGEING},
			}

	def _insert(self, doctype: str, count: str, rows: Iterator[dict]) -> None:
		"""Insert rows as they come. Nobody's document events are asked: nothing may write these but us."""
		now, user = now_datetime(), frappe.session.user
		common = {
			**{"creation": now, "modified": now, "owner": user, "modified_by": user},
			**{"snapshot": self.name, "company": self.company, "month_end": self.last},
		}
		fields: list[str] = []
		values: list[tuple] = []
		for row in rows:
			whole = {"name": frappe.generate_hash(length=16), **common, **row}
			fields = fields or list(whole)
			values.append(tuple(whole[name] for name in fields))
			self.counts[count] += 1
			if len(values) == CHUNK:
				frappe.db.bulk_insert(doctype, fields, values, chunk_size=CHUNK)
				values = []
		if values:
			frappe.db.bulk_insert(doctype, fields, values, chunk_size=CHUNK)

	def end(self) -> None:
		frappe.db.set_value(SNAPSHOT, self.name, self.counts, update_modified=False)


@dataclass(frozen=True, slots=True)
class _Standing:
	limit: Decimal
	exposure: Decimal
	secured: Decimal


def _standing(company: str) -> dict[str, _Standing]:
	"""Return limit, exposure and security of the customers of a company as they are now, in its currency."""
	from . import exposure

	found = exposure.Found(exposure.Wanted((company,)))
	return {
		row.customer: _Standing(
			*(
				found.in_one(row, amount)
				for amount in (row.of.case.account.limit.ceiling, row.figures.exposure, row.figures.secured)
			)
		)
		for row in found.customers
	}


def _as_text(figure: Figure, months: int) -> str:
	"""Return a figure as it is kept: every number exactly."""
	return json.dumps(
		{
			"value": None if figure.value is None else str(figure.value),
			"at_least": figure.at_least,
			"months": months,
			"inputs": [[one.name, str(one.value), one.kind] for one in figure.inputs],
		}
	)


def _from_text(text: str) -> tuple[Figure, int]:
	kept = json.loads(text)
	inputs = tuple(Input(name, Decimal(value), kind) for name, value, kind in kept["inputs"])
	value = None if kept["value"] is None else Decimal(kept["value"])
	return Figure(value, inputs, kept["at_least"]), kept["months"]


# ------------------------------------------------------------------ read
def read(company: str, first: date, last: date, by: str = "") -> dict[date, Taken]:
	"""Return the figures of the snapshots from one month to another, by the first days of the months. One query.

	They are of a whole company: whoever calls has asked whether the user sees every customer.
	"""
	found: dict[date, Taken] = {}
	for row in _rows(company, first, last, by, ["!=", FACTS]):
		month = rules.month_of(getdate(row.month_end))
		found.setdefault(month, {})[row.kpi, row.dimension_key or ""] = _from_text(row.inputs)
	return found


def facts(company: str, first: date, last: date, by: str = "") -> dict[str, dict[date, rules.Facts]]:
	"""Return what the closed months came to, by key and first day of the month. One query."""
	found: dict[str, dict[date, rules.Facts]] = {}
	for row in _rows(company, first, last, by, FACTS):
		kept = {name: Decimal(value) for name, value in json.loads(row.inputs).items() if name in rules.FACTS}
		of_key = found.setdefault(row.dimension_key or "", {})
		of_key[rules.month_of(getdate(row.month_end))] = rules.Facts(**kept)
	return found


def _rows(company: str, first: date, last: date, by: str, kpi) -> list[frappe._dict]:
	ends = rules.last_day(rules.month_of(first)), rules.last_day(rules.month_of(last))
	return frappe.get_all(
		FIGURE,
		filters={"company": company, "dimension": by, "kpi": kpi, "month_end": ["between", ends]},
		fields=["month_end", "kpi", "dimension_key", "inputs"],
		order_by=None,
	)


def trend(
	company: str, first: date, last: date, seen: Collection[str] | None = None
) -> dict[date, frappe._dict]:
	"""Return what some customers (None: all) owed together at the end of each month of which there is a snapshot, by bucket; and where
	limits of then are known, limit, exposure and security. By the first days of the months, one query."""
	row = frappe.qb.DocType(CUSTOMER)
	ends = rules.last_day(rules.month_of(first)), rules.last_day(rules.month_of(last))
	query = (
		frappe.qb.from_(row)
		.select(row.month_end, Max(row.is_standing_known).as_("is_standing_known"))
		.select(*(Sum(row[name]).as_(name) for name in (*TREND, *AGEING)))
		.where((row.company == company) & row.month_end[ends[0] : ends[1]])
		.groupby(row.month_end)
		.orderby(row.month_end)
	)
	if seen is not None:
		query = query.where(row.customer.isin(sorted(seen) or [""]))
	return {rules.month_of(getdate(found.month_end)): found for found in query.run(as_dict=True)}


# ------------------------------------------------------------------ by no hand
def refuse_hands(doc) -> None:
	"""Refuse whoever writes or deletes a snapshot, or a part of one: nothing but `take` makes them, and nothing changes them."""
	frappe.throw(
		_("{0} is written when the books of a month are closed, and never again.").format(_(doc.doctype)),
		WrittenByAppOnlyError,
		title=_("Not by hand"),
	)
