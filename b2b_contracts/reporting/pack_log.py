"""The decision log of a period for the auditor: every decision with its hash, and whether the chains are whole (requirements §8)."""

from collections.abc import Iterator
from datetime import datetime, time

import frappe
from frappe import _

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit import log
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import chain
from b2b_contracts.engine import packs as engine

from .pack_layout import Book, Column, Light
from .pack_parts import CoverLine, Part, Source, full_name
from .shown import GREEN, RED

DECISION = "Credit Decision"
BATCH = 1000
# Of a sheet, with room for its headings.
MOST_ROWS = 1_000_000
PROBLEMS_LISTED = 200


class DecisionLog(Part):
	"""What was decided, and the proof that nothing of it was changed since."""

	sheet = engine.LOG

	@property
	def title(self) -> str:
		return _("Decision log")

	def read(self) -> None:
		first, last = self.asked.period.first, self.asked.period.last
		self.moments = (datetime.combine(first, time.min), datetime.combine(last, time.max))
		gates = self._gates()
		earlier = {gate: end for gate, end in self.asked.heads.items() if gate in gates}
		self.problems = [report for report in log.verify(earlier) if report.gate in gates]
		self.heads = {gate: head for gate, head in log.heads().items() if gate in gates}
		self.compared = len(earlier)
		self.count = self._count()

	def _gates(self) -> set[str]:
		"""Return the gates that have decisions of the company; and those that an earlier pack knew, should they be gone."""
		decision = frappe.qb.DocType(DECISION)
		rows = (
			frappe.qb.from_(decision)
			.select(decision.gate)
			.distinct()
			.where(decision.company == self.asked.company)
			.run(pluck=True)
		)
		return {*rows, *self.asked.heads}

	def _where(self, query, decision):
		return query.where(
			(decision.company == self.asked.company) & decision.decided_on.between(*self.moments)
		)

	def _count(self) -> int:
		decision = frappe.qb.DocType(DECISION)
		query = frappe.qb.from_(decision).select(frappe.query_builder.functions.Count("*"))
		return int(self._where(query, decision).run()[0][0])

	def decisions(self) -> Iterator[frappe._dict]:
		"""Yield the decisions of the period by gate and place in its chain, a thousand at a time."""
		decision = frappe.qb.DocType(DECISION)
		gate, sequence = "", -1
		while True:
			query = (
				frappe.qb.from_(decision)
				.select(decision.gate, decision.sequence, decision.name, decision.kind, decision.outcome)
				.select(decision.mode, decision.customer, decision.reference_doctype, decision.reference_name)
				.select(decision.amount, decision.policy, decision.policy_version, decision.decided_by)
				.select(decision.decided_on, decision.previous_hash, decision.hash, decision.payload)
				.where((decision.gate > gate) | ((decision.gate == gate) & (decision.sequence > sequence)))
				.orderby(decision.gate)
				.orderby(decision.sequence)
				.limit(BATCH)
			)
			rows = self._where(query, decision).run(as_dict=True)
			yield from rows
			if len(rows) < BATCH:
				return
			gate, sequence = rows[-1].gate, rows[-1].sequence

	# -------------------------------------------------------------- what it says
	def cover(self):
		broken = sum(len(report.problems) for report in self.problems)
		yield CoverLine(
			_("Decision log"),
			self.count,
			cells.COUNT,
			Light(RED, _("Broken")) if broken else Light(GREEN, _("Whole")),
			_("Chains checked: {0}, against an earlier pack: {1}; problems: {2}.").format(
				len(self.heads), self.compared, broken
			),
		)

	def sources(self):
		yield Source(
			_("Decision log"),
			_(
				"SHA-256 over the place in the chain, the hash before and the stored text of each decision, reckoned anew; the ends of the chains compared with what the gates remember and what an earlier pack wrote down."
			),
			_("Decision log (Credit Decision, Credit Gate)"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("{0}, {1}. Decisions: {2}.").format(self.asked.company, self.asked.label, self.count),
			(17, 14, 8, 11, 13, 10, 24, 24, 15, 18, 8, 22, 10, 70),
			wide=True,
		)
		self._write_check(page)
		columns = self._columns()
		rows = (self._row(row) for row in self.decisions())
		number = 1
		while True:
			page.band(_("Decisions of the period"))
			page.head(columns)
			if not self.count:
				page.add([_("None.")], look=cells.NOTE)
			if not page.stream(columns, rows, MOST_ROWS):
				break
			number += 1
			page = book.page(f"{self.title} {number}", "", page.widths, wide=True)

	def _columns(self) -> list[Column]:
		return [
			Column(_("Decided on"), cells.MOMENT),
			Column(_("Chain"), cells.TEXT),
			Column(_("Place in the chain"), cells.COUNT),
			Column(_("Kind"), cells.TEXT),
			Column(_("Outcome"), cells.TEXT),
			Column(_("Mode"), cells.TEXT),
			Column(_("Customer"), cells.TEXT),
			Column(_("Document"), cells.TEXT),
			Column(_("Amount"), cells.MONEY),
			Column(_("Policy"), cells.TEXT),
			Column(_("Version"), cells.COUNT),
			Column(_("Decided by"), cells.TEXT),
			Column(_("Hash"), "light"),
			Column(_("SHA-256"), cells.TEXT),
		]

	def _row(self, row: frappe._dict) -> tuple:
		is_whole = chain.link_hash(row.sequence, row.previous_hash, row.payload) == row.hash
		return (
			row.decided_on,
			*(row.gate, row.sequence, _(row.kind, context=DECISION), _(row.outcome, context=DECISION)),
			_(row.mode, context=DECISION),
			*(row.customer or "", row.reference_name or "", money(row.amount), row.policy or ""),
			row.policy_version,
			full_name(row.decided_by),
			Light(GREEN, _("Matches")) if is_whole else Light(RED, _("Differs")),
			row.hash,
		)

	def _write_check(self, page) -> None:
		problems = [(report.gate, problem) for report in self.problems for problem in report.problems]
		verdict = Light(RED, _("Broken")) if problems else Light(GREEN, _("Whole"))
		page.band(_("Check of the chains"))
		page.add([page.light(verdict), *[None] * 3])
		page.sentence(
			_(
				"Every decision of these chains was hashed anew, from the first on: {0} chains, {1} of them compared with the end that an earlier pack has written down."
			).format(len(self.heads), self.compared)
		)
		page.skip()
		if problems:
			page.table(
				_("What is wrong"),
				[
					Column(_("Decision"), cells.TEXT),
					Column(_("Chain"), cells.TEXT),
					Column(_("Place in the chain"), cells.COUNT),
					Column(_("What")),
				],
				(
					(problem.name or "–", gate, problem.sequence, _problem(problem.kind))
					for gate, problem in problems
				),
				most=PROBLEMS_LISTED,
			)
		page.table(
			_("Ends of the chains"),
			[
				Column(_("Chain"), cells.TEXT),
				Column(_("Place in the chain"), cells.COUNT),
				Column(""),
				Column(_("SHA-256")),
			],
			(
				# Made here, the hash runs over into the empty cells beside it.
				(gate, sequence, None, page.cell(digest))
				for gate, (sequence, digest) in sorted(self.heads.items())
			),
			most=MOST_ROWS // 2,
		)


def _problem(kind: str) -> str:
	return {
		chain.CHANGED: _("Changed"),
		chain.MISSING: _("Missing"),
		chain.INSERTED: _("Inserted"),
		chain.CUT_OFF: _("Cut off"),
		chain.HEAD_DIFFERS: _("End differs"),
	}[kind]
