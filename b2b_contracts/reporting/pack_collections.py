"""Dunning and collections of a period: what was sent, promised, agreed, disputed, handed over and written off (requirements §3, §5)."""

from datetime import datetime, time
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce, Count, Sum

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine.money import ZERO

from .pack_layout import Book, Column
from .pack_parts import CoverLine, Part, Source

KEPT, BROKEN = ("Kept",), ("Broken", "Partly Kept")
OPEN_CASES = ("Notice Sent", "Ready", "Handed Over", "With Agency")


class Collections(Part):
	"""What was done to be paid, and what came of it."""

	sheet = engine.COLLECTIONS

	@property
	def title(self) -> str:
		return _("Collections")

	def read(self) -> None:
		first, last = self.asked.period.first, self.asked.period.last
		self.moments = (datetime.combine(first, time.min), datetime.combine(last, time.max))
		self.notices = self._notices()
		self.promises = self._promises()
		self.plans = self._plans()
		self.disputes = self._disputes()
		self.cases = self._cases()
		self.paid = self._paid()

	# -------------------------------------------------------------- the books
	def _notices(self) -> tuple[tuple, ...]:
		notice = frappe.qb.DocType("Dunning Notice")
		return (
			frappe.qb.from_(notice)
			.select(notice.step_code, notice.currency, Count("*"), Sum(notice.amount_due))
			.select(Sum(notice.fee), Sum(notice.interest), Sum(notice.compensation))
			.where((notice.company == self.asked.company) & notice.sent_on.between(*self.moments))
			.where(notice.status == "Sent")
			.groupby(notice.step_code, notice.currency)
			.orderby(notice.step_code)
			.orderby(notice.currency)
			.run()
		)

	def _promises(self) -> tuple[tuple, ...]:
		promise = frappe.qb.DocType("Promise to Pay")
		return (
			frappe.qb.from_(promise)
			.select(promise.status, promise.currency, Count("*"), Sum(promise.amount))
			.select(Sum(Coalesce(promise.paid_amount, 0)))
			.where(promise.company == self.asked.company)
			.where(promise.promised_date.between(self.asked.period.first, self.asked.period.last))
			.groupby(promise.status, promise.currency)
			.orderby(promise.status)
			.orderby(promise.currency)
			.run()
		)

	def _plans(self) -> list[frappe._dict]:
		"""Return the plans that began, ended or broke in the period, or are kept to at its end."""
		plan = frappe.qb.DocType("Payment Plan")
		first, last = self.asked.period.first, self.asked.period.last
		ended = plan.completed_on.between(first, last) | plan.broken_on.between(first, last)
		return (
			frappe.qb.from_(plan)
			.select(plan.name, plan.customer_name, plan.status, plan.total_amount, plan.currency)
			.select(plan.activated_on, plan.completed_on, plan.broken_on, plan.last_instalment_date)
			.where((plan.company == self.asked.company) & (plan.docstatus == 1))
			.where(((plan.status == "Active") & (plan.activated_on <= last)) | ended)
			.orderby(plan.activated_on)
			.orderby(plan.name)
			.run(as_dict=True)
		)

	def _disputes(self) -> list[frappe._dict]:
		"""Return the disputes that were open at the end of the period or solved in it."""
		dispute = frappe.qb.DocType("Dispute")
		first, last = self.asked.period.first, self.asked.period.last
		open_at_end = dispute.resolved_on.isnull() | (dispute.resolved_on > last)
		return (
			frappe.qb.from_(dispute)
			.select(dispute.name, dispute.customer_name, dispute.root_cause, dispute.disputed_amount)
			.select(dispute.currency, dispute.opened_on, dispute.resolved_on, dispute.status)
			.where((dispute.company == self.asked.company) & (dispute.docstatus == 1))
			.where(dispute.status != "Cancelled")
			.where((dispute.opened_on <= last) & (open_at_end | dispute.resolved_on.between(first, last)))
			.orderby(dispute.opened_on)
			.orderby(dispute.name)
			.run(as_dict=True)
		)

	def _cases(self) -> list[frappe._dict]:
		return frappe.get_all(
			"Collection Case",
			filters={"company": self.asked.company, "status": ["in", OPEN_CASES]},
			fields=[
				*("name", "customer_name", "status", "open_amount", "currency", "handed_over_on"),
				*("agency_name", "hand_over_from"),
			],
			order_by="creation",
			limit=0,
		)

	def _paid(self) -> Decimal:
		"""Return what customers paid in the period, in the company's currency: less what was paid back."""
		entry = frappe.qb.DocType("Payment Entry")
		rows = (
			frappe.qb.from_(entry)
			.select(entry.payment_type, Sum(entry.base_paid_amount), Sum(entry.base_received_amount))
			.where((entry.company == self.asked.company) & (entry.docstatus == 1))
			.where(entry.party_type == "Customer")
			.where(entry.posting_date.between(self.asked.period.first, self.asked.period.last))
			.groupby(entry.payment_type)
			.run()
		)
		return sum(
			(
				money(paid) if kind == "Receive" else -money(received)
				for kind, paid, received in rows
				if kind in ("Receive", "Pay")
			),
			ZERO,
		)

	# -------------------------------------------------------------- what it says
	@property
	def kept_of_judged(self) -> tuple[int, int]:
		"""How many promises that fell due in the period were kept, and how many somebody has judged."""
		kept = sum(row[2] for row in self.promises if row[0] in KEPT)
		return kept, kept + sum(row[2] for row in self.promises if row[0] in BROKEN)

	def cover(self):
		yield CoverLine(
			_("Paid by customers"),
			self.paid,
			cells.MONEY,
			None,
			_("Notices sent: {0}.").format(sum(row[2] for row in self.notices)),
		)
		kept, judged = self.kept_of_judged
		yield CoverLine(
			_("Promises kept"),
			Decimal(kept) / judged if judged else None,
			cells.SHARE,
			None,
			_("{0} of {1}.").format(kept, judged),
		)
		open_disputes = [row for row in self.disputes if self._is_open(row)]
		yield CoverLine(
			_("Disputes open at the end"),
			len(open_disputes),
			cells.COUNT,
			None,
			_("Solved: {0}.").format(len(self.disputes) - len(open_disputes)),
		)

	def sources(self):
		yield Source(
			_("Paid by customers"),
			_("Payments received in the period less what was paid back, in the company's currency."),
			_("Payment Entry"),
		)
		yield Source(
			_("Promises kept"),
			_("Promises that fell due in the period: kept ÷ (kept + partly kept + broken)."),
			_("Promise to Pay"),
		)

	def _is_open(self, row: frappe._dict) -> bool:
		return not row.resolved_on or row.resolved_on > self.asked.period.last

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("{0}, {1}. Amounts in the currency beside them.").format(self.asked.company, self.asked.label),
			(28, 26, 16, 12, 18, 16, 18, 16),
		)
		self._write_notices(page)
		self._write_promises(page)
		self._write_plans(page)
		self._write_disputes(page)
		self._write_cases(page)

	def _write_notices(self, page) -> None:
		page.table(
			_("Notices sent, by step"),
			[
				Column(_("Step"), cells.TEXT),
				Column(_("Notices"), cells.COUNT),
				Column(_("Claimed"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Fees"), cells.MONEY),
				Column(_("Interest"), cells.MONEY),
				Column(_("Compensation"), cells.MONEY),
			],
			(
				(step or "–", count, money(due), currency, money(fee), money(interest), money(compensation))
				for step, currency, count, due, fee, interest, compensation in self.notices
			),
		)

	def _write_promises(self, page) -> None:
		page.table(
			_("Promises that fell due"),
			[
				Column(_("Status")),
				Column(_("Promises"), cells.COUNT),
				Column(_("Promised"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Paid"), cells.MONEY),
			],
			(
				(_(status, context="Promise to Pay"), count, money(amount), currency, money(paid))
				for status, currency, count, amount, paid in self.promises
			),
		)

	def _write_plans(self, page) -> None:
		page.table(
			_("Payment plans"),
			[
				Column(_("Customer"), cells.TEXT),
				Column(_("Plan"), cells.TEXT),
				Column(_("Amount"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Status")),
				Column(_("Since"), cells.DAY),
				Column(_("Last instalment"), cells.DAY),
				Column(_("Ended"), cells.DAY),
			],
			(
				(
					*(row.customer_name, row.name, money(row.total_amount), row.currency),
					_(row.status, context="Payment Plan"),
					*(row.activated_on, row.last_instalment_date, row.broken_on or row.completed_on),
				)
				for row in self.plans
			),
			most=200,
		)

	def _write_disputes(self, page) -> None:
		page.table(
			_("Disputes open at the end or solved in the period"),
			[
				Column(_("Customer"), cells.TEXT),
				Column(_("Dispute"), cells.TEXT),
				Column(_("Amount"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Cause")),
				Column(_("Since"), cells.DAY),
				Column(_("Solved"), cells.DAY),
				Column(_("Days"), cells.COUNT),
			],
			(
				(
					*(row.customer_name, row.name, money(row.disputed_amount), row.currency),
					_(row.root_cause or "", context="Dispute") if row.root_cause else "",
					*(row.opened_on, None if self._is_open(row) else row.resolved_on),
					(
						(row.resolved_on if not self._is_open(row) else self.asked.period.last)
						- row.opened_on
					).days,
				)
				for row in self.disputes
			),
			most=200,
		)

	def _write_cases(self, page) -> None:
		page.table(
			_("Collection cases under way when the pack was made"),
			[
				Column(_("Customer"), cells.TEXT),
				Column(_("Case"), cells.TEXT),
				Column(_("Open"), cells.MONEY),
				Column(_("Currency")),
				Column(_("Status")),
				Column(_("Handed over"), cells.DAY),
				Column(_("Agency"), cells.TEXT),
			],
			(
				(
					*(row.customer_name, row.name, money(row.open_amount), row.currency),
					_(row.status, context="Collection Case"),
					*(row.handed_over_on, row.agency_name or ""),
				)
				for row in self.cases
			),
			most=200,
		)
