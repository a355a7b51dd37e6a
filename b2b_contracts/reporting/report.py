"""What every script report of the app is: filters that are checked before anything is read, and one reading from which rows, chart
and totals are made alike.

A report is a class; its file has an `execute` that runs it:

    def execute(filters: dict | None = None) -> Result:
        return ReceivablesAgeing(filters).run()
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, NoReturn

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts import permissions

Result = tuple[list[dict], list[dict], str | None, dict | None, list[dict]]
"""Columns, rows, a message above them, a chart, and the totals: what Frappe wants of a script report, in its order."""


class Report:
	"""One run of a report for the session user.

	A report reads its filters in `validate`, by the methods below, reads the books once in `read`, and makes what it returns from
	what was read: nobody sees more in a total than in the rows. `reads` are the documents that one has to be able to read.
	"""

	reads: ClassVar[tuple[str, ...]] = ()

	def __init__(self, filters: dict | None = None):
		self.filters = frappe._dict(filters or {})
		for doctype in self.reads:
			frappe.has_permission(doctype, "read", throw=True)
		self.validate()

	def run(self) -> Result:
		"""Return what the report says. Raises `ValidationError` for a filter that says nothing, `PermissionError` for a company, a
		customer or a document that the user may not see."""
		self.read()
		rows = list(self.rows())
		return self.columns(), rows, self.message(), self.chart(), self.summary()

	# -------------------------------------------------------------- what a report says
	def validate(self) -> None:
		"""Read the filters."""

	def read(self) -> None:
		"""Read the books: everything that the methods below are made from."""

	def columns(self) -> list[dict]:
		raise NotImplementedError

	def rows(self) -> Iterable[dict]:
		"""Return the rows. One that may have very many makes them one after the other (`yield`): a workbook then never holds them
		all (reporting/exporting.py)."""
		raise NotImplementedError

	def message(self) -> str | None:
		return None

	def chart(self) -> dict | None:
		return None

	def summary(self) -> list[dict]:
		return []

	# -------------------------------------------------------------- filters
	def company(self) -> str:
		"""Return the company asked for, else the user's own."""
		company = self.filters.company or frappe.defaults.get_user_default("Company")
		if not company or not frappe.db.exists("Company", company):
			self.refuse(_("Choose a company."))
		permissions.need_company(company)
		return company

	def companies(self) -> tuple[str, ...]:
		"""Return the companies asked for (filter `company`, one or several), else all that the user may see, by name."""
		asked = self.several("company")
		for company in asked:
			if not frappe.db.exists("Company", company):
				self.refuse(_("There is no company {0}.").format(company))
			permissions.need_company(company)
		return asked or tuple(permissions.companies_seen())

	def customers(self) -> list[str] | None:
		"""Return the customers that the report is about: those that the user may see, or of them the one asked for (filter
		`customer`). None is every customer. Raises `PermissionError` for a customer that is not theirs to see."""
		asked, seen = self.filters.customer, permissions.customers_seen()
		if not asked:
			return seen
		# Auditors see what concerns every customer and read no Customer.
		if seen is not None and asked not in seen:
			frappe.throw(_("Customer {0} is not in your portfolio.").format(asked), frappe.PermissionError)
		return [asked]

	def day(self, name: str, default: date | str | None = None) -> date:
		"""Return a day, today where neither the filter nor the default says one."""
		try:
			return getdate(self.filters.get(name) or default)
		except (ValueError, frappe.ValidationError):
			self.refuse(_("{0} is not a date.").format(frappe.bold(self.filters.get(name))))

	def period(
		self,
		first: date | str,
		last: date | str | None = None,
		names: tuple[str, str] = ("from_date", "to_date"),
	) -> tuple[date, date]:
		"""Return the first and the last day of a period (both in it); `first` and `last` are the defaults."""
		since, until = self.day(names[0], first), self.day(names[1], last)
		if since > until:
			self.refuse(
				_("The first day ({0}) comes after the last one ({1}). Change one of them.").format(
					formatdate(since), formatdate(until)
				)
			)
		return since, until

	def choice(self, name: str, offered: Sequence[str], default: str | None = None) -> str:
		"""Return one of what is offered, the first of it where neither the filter nor the default says one."""
		value = self.filters.get(name) or default or offered[0]
		if value not in offered:
			self.refuse(
				_("{0} is not offered here. Choose one of {1}.").format(
					frappe.bold(value), ", ".join(_(one) for one in offered)
				)
			)
		return value

	def number(self, name: str, default: int, lowest: int, highest: int) -> int:
		"""Return a whole number between two (both included). An empty filter is the default, 0 is 0."""
		value = self.filters.get(name)
		if value in (None, ""):
			return default
		if not str(value).strip().lstrip("-").isdigit():
			self.refuse(_("{0} is not a whole number.").format(frappe.bold(value)))
		if not lowest <= cint(value) <= highest:
			self.refuse(_("{0} is not between {1} and {2}.").format(frappe.bold(value), lowest, highest))
		return cint(value)

	def several(self, name: str) -> tuple[str, ...]:
		"""Return the values of a filter that takes many: a list, or its JSON text, or a single value."""
		value = self.filters.get(name)
		if isinstance(value, str) and value.startswith("["):
			value = frappe.parse_json(value)
		if isinstance(value, list | tuple):
			return tuple(sorted({str(one) for one in value if one}))
		return (str(value),) if value else ()

	def refuse(self, sentence: str) -> NoReturn:
		"""Refuse the filters with a sentence that says what to do."""
		frappe.throw(sentence, title=_("Filter"))
