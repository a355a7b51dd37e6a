"""Decisions to take: what waited for somebody when the pack was made, by the role that decides (requirements §5)."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import approval
from b2b_contracts.engine import packs as engine

from .pack_layout import Book, Column, Light
from .pack_parts import CoverLine, Part, Source
from .shown import GREEN, RED, YELLOW


class Waiting(NamedTuple):
	"""Something that waits for a decision. `amount` is in `currency`."""

	role: str
	what: str
	document: str
	customer: str
	amount: Decimal
	currency: str
	since: datetime
	due: datetime | None
	why: str


class ToDecide(Part):
	"""What waits for the committee or somebody else."""

	sheet = engine.DECISIONS

	@property
	def title(self) -> str:
		return _("Decisions to take")

	def read(self) -> None:
		self.waiting = sorted(
			(*self._holds(), *self._limits(), *self._approvals(), *self._plans()),
			key=lambda one: (-_rank(one.role), one.due or datetime.max, one.document),
		)
		self.reviews = self._reviews()

	def _open(self, doctype: str, status, *fields: str) -> list[frappe._dict]:
		return frappe.get_all(
			doctype,
			filters={"company": self.asked.company, "status": status},
			fields=["name", "customer_name", "required_role", "creation", *fields],
			order_by="creation",
			limit=0,
		)

	def _holds(self) -> Iterator[Waiting]:
		rows = self._open(
			*("Credit Hold", "Open", "reference_name", "order_amount", "currency", "response_due"),
			*("request_reason", "reference_doctype"),
		)
		reasons: dict[str, list[str]] = {}
		if rows:
			names = [row.name for row in rows]
			for reason in frappe.get_all(
				"Credit Hold Reason",
				filters={"parent": ["in", names], "parenttype": "Credit Hold"},
				fields=["parent", "rule"],
				order_by="parent, idx",
				limit=0,
			):
				reasons.setdefault(reason.parent, []).append(_(reason.rule, context="Credit Hold Reason"))
		for row in rows:
			why = ", ".join(reasons.get(row.name, ()))
			yield Waiting(
				row.required_role or "",
				_("Lift the stop") if row.reference_doctype == "Credit Profile" else _("Release"),
				row.reference_name or row.name,
				row.customer_name or "",
				money(row.order_amount),
				row.currency or self.asked.currency,
				get_datetime(row.creation),
				row.response_due,
				f"{why}. {row.request_reason}" if row.request_reason else why,
			)

	def _limits(self) -> Iterator[Waiting]:
		for row in self._open(
			*("Limit Request", "Open", "requested_limit", "currency", "response_due", "reason")
		):
			yield Waiting(
				row.required_role or "",
				_("Higher limit"),
				row.name,
				row.customer_name or "",
				money(row.requested_limit),
				row.currency or self.asked.currency,
				get_datetime(row.creation),
				row.response_due,
				row.reason or "",
			)

	def _approvals(self) -> Iterator[Waiting]:
		for row in self._open(
			*("Approval Request", "Open", "action", "amount", "currency", "response_due", "reason"),
			"reference_name",
		):
			yield Waiting(
				row.required_role or "",
				_(row.action, context="Approval Request"),
				row.reference_name or row.name,
				row.customer_name or "",
				money(row.amount),
				row.currency or self.asked.currency,
				get_datetime(row.creation),
				row.response_due,
				row.reason or "",
			)

	def _plans(self) -> Iterator[Waiting]:
		for row in self._open("Payment Plan", "Draft", "total_amount", "currency", "reason"):
			yield Waiting(
				row.required_role or "",
				_("Payment plan"),
				row.name,
				row.customer_name or "",
				money(row.total_amount),
				row.currency or self.asked.currency,
				get_datetime(row.creation),
				None,
				row.reason or "",
			)

	def _reviews(self) -> list[frappe._dict]:
		"""Return the profiles whose review is overdue, the longest first."""
		return frappe.get_all(
			"Credit Profile",
			filters={"company": self.asked.company, "next_review": ["<", self._today]},
			fields=["customer_name", "segment", "risk_class", "granted_limit", "currency", "next_review"],
			order_by="next_review, customer_name",
			limit=0,
		)

	@property
	def _today(self) -> date:
		return getdate(self.asked.made_on)

	# -------------------------------------------------------------- what it says
	@property
	def _late(self) -> list[Waiting]:
		return [one for one in self.waiting if one.due and one.due < self.asked.made_on]

	def cover(self):
		late = len(self._late)
		yield CoverLine(
			_("Decisions to take"),
			len(self.waiting),
			cells.COUNT,
			Light(RED if late else YELLOW if self.waiting else GREEN),
			_("{0} past the time to answer.").format(late),
		)
		yield CoverLine(
			_("Reviews overdue"),
			len(self.reviews),
			cells.COUNT,
			Light(YELLOW if self.reviews else GREEN),
		)

	def sources(self):
		yield Source(
			_("Decisions to take"),
			_(
				"Everything that was open when the pack was made, by the role that decides; the highest first."
			),
			_("Credit Hold, Limit Request, Approval Request, Payment Plan"),
		)
		yield Source(
			_("Reviews overdue"),
			_("Profiles whose next review lies before the day on which the pack was made."),
			_("Credit Profile"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("As of {0}, when the pack was made.").format(f"{self.asked.made_on:%Y-%m-%d %H:%M}"),
			(20, 16, 22, 28, 15, 12, 17, 17, 46),
			wide=True,
		)
		page.table(
			_("Waiting for a decision"),
			[
				Column(_("Role that decides")),
				Column(_("What")),
				Column(_("Document"), cells.TEXT),
				Column(_("Customer"), cells.TEXT),
				Column(_("Amount"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Waits since"), cells.MOMENT),
				Column(_("Answer due"), cells.MOMENT),
				Column(_("Why")),
			],
			(
				(
					_(one.role) if one.role else "",
					*(one.what, one.document, one.customer, one.amount, one.currency, one.since),
					self._due(page, one),
					one.why,
				)
				for one in self.waiting
			),
			empty=_("Nothing waits."),
		)
		page.table(
			_("Reviews overdue"),
			[
				Column(_("Segment"), cells.TEXT),
				Column(_("Risk class"), cells.TEXT),
				Column(_("Review was due"), cells.DAY),
				Column(_("Customer"), cells.TEXT),
				Column(_("Limit", context="Credit"), cells.MONEY),
				Column(_("Currency")),
			],
			(
				(
					*(row.segment or "", row.risk_class or "", row.next_review, row.customer_name),
					*(money(row.granted_limit), row.currency),
				)
				for row in self.reviews
			),
			most=100,
		)

	def _due(self, page, one: Waiting):
		if one.due and one.due < self.asked.made_on:
			return page.light(Light(RED, f"{one.due:%Y-%m-%d %H:%M}"))
		return one.due


def _rank(role: str) -> int:
	return approval.ROLE_RANK.index(role) if role in approval.ROLE_RANK else -1
