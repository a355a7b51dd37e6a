"""Exceptions of a period: what was released beyond the limit or against advice, what was granted, who stood in for whom, and which
terms were changed by hand (requirements §2.2, §5). Read from the decision log where it has them."""

import json
from datetime import datetime, time
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder import Order

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit import log
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import approval
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine.money import ZERO

from .pack_layout import Book, Column, Light
from .pack_parts import CoverLine, Part, Source, full_name
from .shown import GREEN, RED, YELLOW

DECISION = "Credit Decision"
# Changes of a profile that move its limit, or what is held, by hand.
BY_HAND = (
	"manual_limit",
	"temporary_limit",
	"limit_type",
	"risk_class",
	"external_rating",
	"segment",
	"level",
)
BY_HAND += ("forced_hold", "forced_hold_action")
SECONDS_OF_BEGINNING = 60


class Exceptions(Part):
	"""What went beyond the rules in the period."""

	sheet = engine.EXCEPTIONS

	@property
	def title(self) -> str:
		return _("Exceptions")

	def read(self) -> None:
		first = datetime.combine(self.asked.period.first, time.min)
		last = datetime.combine(self.asked.period.last, time.max)
		self.between = (first, last)
		self.deputies = self._deputies()
		decided = self._decisions()
		self.releases = [row for row in decided if row.kind == log.RELEASE]
		self.beyond = [row for row in self.releases if row.over > 0 or row.against_advice or row.below]
		self.approvals = [row for row in decided if row.kind == log.APPROVE]
		self.stops = [row for row in decided if row.kind in (log.FORCE, log.LIFT)]
		self.names = _customer_names({row.customer for row in decided})
		self.changes = self._changes_by_hand()
		self.terms = self._policy_versions()

	# -------------------------------------------------------------- the books
	def _decisions(self) -> list[frappe._dict]:
		decision = frappe.qb.DocType(DECISION)
		rows = (
			frappe.qb.from_(decision)
			.select(decision.name, decision.kind, decision.customer, decision.reference_doctype)
			.select(decision.reference_name, decision.amount, decision.decided_by, decision.decided_on)
			.select(decision.payload, decision.links)
			.where((decision.company == self.asked.company) & decision.decided_on.between(*self.between))
			.where(decision.kind.isin((log.RELEASE, log.APPROVE, log.FORCE, log.LIFT)))
			.orderby(decision.decided_on)
			.orderby(decision.name)
			.run(as_dict=True)
		)
		return [self._decision(row) for row in rows]

	def _decision(self, row: frappe._dict) -> frappe._dict:
		said, links = _json(row.payload), _json(row.links)
		over = said.get("overshoot")
		row.over = Decimal("Infinity") if over == "infinite" else money(over or 0)
		row.over_amount = (
			None if said.get("over_amount") == "infinite" else money(said.get("over_amount") or 0)
		)
		row.required, row.acted_as = said.get("required_role") or "", said.get("acted_as") or ""
		row.against_advice = bool(said.get("against_advice"))
		row.rules = [rule["rule"] for rule in said.get("rules") or () if rule.get("action")]
		row.action = said.get("action") or ""
		row.reason = links.get("reason") or links.get("remark") or ""
		row.in_stead_of = links.get("in_stead_of") or ""
		row.as_deputy = bool(said.get("as_deputy")) or self._stood_in(row)
		# Nobody can release below the matrix: that nobody did is what this column is for.
		row.below = bool(row.acted_as and row.required) and _ranks_below(row.acted_as, row.required)
		return row

	def _stood_in(self, row: frappe._dict) -> bool:
		"""Whether who released something acted in a role that is not their own, and was somebody's deputy that day."""
		if row.kind != log.RELEASE or not row.acted_as or row.acted_as == "Board":
			return False
		day = row.decided_on.date()
		lent = [d for d in self.deputies if d.deputy == row.decided_by and d.from_date <= day <= d.to_date]
		return bool(lent) and row.acted_as not in frappe.get_roles(row.decided_by)

	def _deputies(self) -> list[frappe._dict]:
		first, last = self.asked.period.first, self.asked.period.last
		return frappe.get_all(
			"Credit Deputy",
			filters={"from_date": ["<=", last], "to_date": [">=", first]},
			fields=["deputy_for", "deputy", "from_date", "to_date", "reason"],
			order_by="from_date, name",
		)

	def _changes_by_hand(self) -> list[frappe._dict]:
		meta = frappe.get_meta("Credit Profile")
		labels = [meta.get_label(field) for field in BY_HAND if meta.has_field(field)]
		change, profile = frappe.qb.DocType("Credit Profile Change"), frappe.qb.DocType("Credit Profile")
		rows = (
			frappe.qb.from_(change)
			.join(profile)
			.on((profile.name == change.parent) & (change.parenttype == "Credit Profile"))
			.select(profile.customer_name, change.changed_on, change.changed_by, change.field_label)
			.select(change.before, change.after, change.reason, profile.creation)
			.where((profile.company == self.asked.company) & change.changed_on.between(*self.between))
			.where(change.field_label.isin(labels))
			.orderby(change.changed_on)
			.orderby(change.name)
			.run(as_dict=True)
		)
		# What a new profile began with is no change.
		return [row for row in rows if (row.changed_on - row.creation).total_seconds() > SECONDS_OF_BEGINNING]

	def _policy_versions(self) -> list[frappe._dict]:
		version, policy = frappe.qb.DocType("Credit Policy Version"), frappe.qb.DocType("Credit Policy")
		return (
			frappe.qb.from_(version)
			.join(policy)
			.on(policy.name == version.policy)
			.select(version.policy, version.version, version.changed_on, version.changed_by)
			.where((policy.company == self.asked.company) & version.changed_on.between(*self.between))
			.orderby(version.changed_on, order=Order.asc)
			.run(as_dict=True)
		)

	# -------------------------------------------------------------- what it says
	def cover(self):
		beyond, below = len(self.beyond), sum(row.below for row in self.beyond)
		against = sum(row.against_advice for row in self.releases)
		yield CoverLine(
			_("Releases beyond the limit or against advice"),
			beyond,
			cells.COUNT,
			Light(RED if below else YELLOW if beyond else GREEN),
			_("{0} of {1} releases; {2} against advice, {3} below the matrix.").format(
				beyond, len(self.releases), against, below
			),
		)
		granted = sum((money(row.amount) for row in self.approvals), ZERO)
		yield CoverLine(
			_("Concessions and approvals"),
			len(self.approvals),
			cells.COUNT,
			None,
			_("{0} in all.").format(frappe.utils.fmt_money(granted, currency=self.asked.currency)),
		)

	def sources(self):
		yield Source(
			_("Releases beyond the limit or against advice"),
			_(
				"Every release whose net exposure was over the limit, that went against the advice of credit, or whose releaser ranks below the role that the approval matrix requires."
			),
			_("Decision log (Credit Decision), kind Release"),
		)
		yield Source(
			_("Concessions and approvals"),
			_(
				"Every approval within a mandate: discounts, later due dates, fees and interest waived, plans, limits, securities."
			),
			_("Decision log (Credit Decision), kind Approve"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("{0}, {1}. Amounts in {2}.").format(self.asked.company, self.asked.label, self.asked.currency),
			(16, 28, 24, 15, 14, 18, 18, 20, 40),
			wide=True,
		)
		self._write_releases(page)
		self._write_approvals(page)
		self._write_stops(page)
		self._write_deputies(page)
		self._write_changes(page)
		self._write_terms(page)

	def _write_releases(self, page) -> None:
		page.table(
			_("Releases beyond the limit, against advice, or below the matrix"),
			[
				Column(_("Decided on"), cells.MOMENT),
				Column(_("Customer"), cells.TEXT),
				Column(_("Document"), cells.TEXT),
				Column(_("Amount"), cells.MONEY),
				Column(_("Over the limit"), cells.SHARE),
				Column(_("Role required")),
				Column(_("Decided by"), cells.TEXT),
				Column(_("Mandate"), "light"),
				Column(_("Reason")),
			],
			(
				(
					row.decided_on,
					self.names.get(row.customer, row.customer),
					row.reference_name or "",
					money(row.amount),
					row.over if row.over else None,
					_acted(row),
					full_name(row.decided_by),
					_mandate(row),
					row.reason,
				)
				for row in self.beyond
			),
			empty=_("Nothing was released beyond the limit or against advice."),
		)

	def _write_approvals(self, page) -> None:
		page.table(
			_("Concessions and approvals"),
			[
				Column(_("Decided on"), cells.MOMENT),
				Column(_("Customer"), cells.TEXT),
				Column(_("Document"), cells.TEXT),
				Column(_("Amount"), cells.MONEY),
				Column(_("What")),
				Column(_("Role required")),
				Column(_("Decided by"), cells.TEXT),
				Column(_("Deputy"), cells.WORDS),
				Column(_("Reason")),
			],
			(
				(
					row.decided_on,
					self.names.get(row.customer, row.customer),
					row.reference_name or "",
					money(row.amount),
					_(row.action) if row.action else _(row.reference_doctype or ""),
					_acted(row),
					full_name(row.decided_by),
					_("Yes") if row.as_deputy else "",
					row.reason,
				)
				for row in self.approvals
			),
			empty=_("Nothing was granted."),
		)

	def _write_stops(self, page) -> None:
		page.table(
			_("Holds and stops set or lifted by hand"),
			[
				Column(_("Decided on"), cells.MOMENT),
				Column(_("Customer"), cells.TEXT),
				Column(_("What")),
				*(Column("") for _number in range(3)),
				Column(_("Decided by"), cells.TEXT),
				Column(""),
				Column(_("Reason")),
			],
			(
				(
					row.decided_on,
					self.names.get(row.customer, row.customer),
					_("Set by hand") if row.kind == log.FORCE else _("Lifted by hand"),
					*(None, None, None),
					full_name(row.decided_by),
					None,
					row.reason,
				)
				for row in self.stops
			),
		)

	def _write_deputies(self, page) -> None:
		page.table(
			_("Deputies"),
			[
				Column(_("From"), cells.DAY),
				Column(_("Deputy"), cells.TEXT),
				Column(_("In stead of"), cells.TEXT),
				Column(_("Until"), cells.DAY),
				Column(_("Decisions"), cells.COUNT),
				*(Column("") for _number in range(3)),
				Column(_("Reason")),
			],
			(
				(
					row.from_date,
					full_name(row.deputy),
					full_name(row.deputy_for),
					row.to_date,
					self._decided_as_deputy(row),
					*(None, None, None),
					row.reason or "",
				)
				for row in self.deputies
			),
			empty=_("Nobody stood in for anybody."),
		)

	def _decided_as_deputy(self, deputy: frappe._dict) -> int:
		return sum(
			row.as_deputy
			and row.decided_by == deputy.deputy
			and deputy.from_date <= row.decided_on.date() <= deputy.to_date
			for row in (*self.releases, *self.approvals)
		)

	def _write_changes(self, page) -> None:
		page.table(
			_("Limits, ratings and segments changed by hand"),
			[
				Column(_("Changed on"), cells.MOMENT),
				Column(_("Customer"), cells.TEXT),
				Column(_("What")),
				Column(_("Before"), cells.TEXT),
				Column(_("After"), cells.TEXT),
				Column(""),
				Column(_("Changed by"), cells.TEXT),
				Column(""),
				Column(_("Reason")),
			],
			(
				(
					row.changed_on,
					row.customer_name,
					_(row.field_label, context="Credit Profile"),
					row.before or "–",
					row.after or "–",
					None,
					full_name(row.changed_by),
					None,
					row.reason or "",
				)
				for row in self.changes
			),
		)

	def _write_terms(self, page) -> None:
		page.table(
			_("New versions of the credit policy"),
			[
				Column(_("Changed on"), cells.MOMENT),
				Column(_("Policy"), cells.TEXT),
				Column(_("Version"), cells.COUNT),
				*(Column("") for _number in range(3)),
				Column(_("Changed by"), cells.TEXT),
			],
			(
				(
					row.changed_on,
					row.policy,
					row.version,
					*(None, None, None),
					full_name(row.changed_by),
				)
				for row in self.terms
			),
		)


def _acted(row: frappe._dict) -> str:
	"""Return the role that was required, and the one that acted where that is another."""
	if not row.required:
		return _(row.acted_as) if row.acted_as else ""
	if not row.acted_as or row.acted_as == row.required:
		return _(row.required)
	return _("{0}; acted: {1}").format(_(row.required), _(row.acted_as))


def _mandate(row: frappe._dict) -> Light:
	if row.below:
		return Light(RED, _("Below"))
	if row.against_advice:
		return Light(YELLOW, _("Against advice"))
	return Light(YELLOW, _("As deputy")) if row.as_deputy else Light(GREEN, _("Within the mandate"))


def _ranks_below(acted: str, required: str) -> bool:
	rank = approval.ROLE_RANK
	return acted in rank and required in rank and rank.index(acted) < rank.index(required)


def _json(text: str | None) -> dict:
	try:
		found = json.loads(text or "{}")
	except ValueError:
		return {}
	return found if isinstance(found, dict) else {}


def _customer_names(customers: set[str]) -> dict[str, str]:
	if not customers:
		return {}
	rows = frappe.get_all(
		"Customer", filters={"name": ["in", sorted(customers)]}, fields=["name", "customer_name"]
	)
	return {row.name: row.customer_name for row in rows}
