import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, get_link_to_form, get_time, now_datetime

from b2b_contracts.credit import enforcement, gates, policies
from b2b_contracts.engine import contract_check, demands, mandates, policy_terms, security_life
from b2b_contracts.engine.approval import ROLE_RANK, MatrixProblem, matrix_problems
from b2b_contracts.engine.ratings import BUREAU, INSOLVENT
from b2b_contracts.engine.security import INSTRUMENT_TYPES
from b2b_contracts.exceptions import CreditPolicyError, EvidenceError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice
from b2b_contracts.standard_terms import (
	AMOUNT_ESCALATION,
	APPROVAL_MATRIX,
	MANDATES,
	RULE_ROLES,
	SECURITY_DEMANDS,
	WORKDAY,
)

# "New" says nothing of how well somebody pays, and the insolvent agree on nothing.
PLAN_RATINGS = tuple(rating for rating in BUREAU if rating not in ("AN", INSOLVENT))


class CreditPolicy(Document):
	"""Terms under which a company gives credit (requirements §2). Every change is stored as a version."""

	def before_insert(self):
		for fieldname, standard in WORKDAY.items():
			# Frappe gives every empty Time field of a new document the time of day, whatever its default says.
			# The fraction of a second gives it away: nobody enters one.
			if not self.get(fieldname) or get_time(self.get(fieldname)).microsecond:
				self.set(fieldname, standard)

	def before_validate(self):
		if self.is_new():
			if not self.approval_matrix:
				self.extend("approval_matrix", [dict(row) for row in APPROVAL_MATRIX])
			if not self.amount_escalation:
				self.extend("amount_escalation", [dict(row) for row in AMOUNT_ESCALATION])
		# Also later: a rule nobody may release would hold an order for ever.
		known = {row.rule for row in self.rule_roles}
		self.extend("rule_roles", [dict(row) for row in RULE_ROLES if row["rule"] not in known])
		known = {row.action for row in self.mandates}
		self.extend("mandates", [dict(row) for row in MANDATES if row["action"] not in known])
		if self.is_new() and not self.security_demands:
			self.extend("security_demands", [dict(row) for row in SECURITY_DEMANDS])
		for row in self.security_demands:
			row.unit = demands.UNIT_OF.get(row.what)
		for row in self.mandates:
			row.unit = mandates.UNIT_OF.get(row.action)

	def validate(self):
		refuse_negative(self, CreditPolicyError)
		self.validate_one_active()
		self.validate_thresholds()
		self.validate_working_day()
		self.validate_reminder_days()
		self.validate_plan_limits()
		refuse_unknown_choice(self, "contract_difference_action", contract_check.ACTIONS, CreditPolicyError)
		self.validate_roles()
		self.validate_matrix()
		self.validate_rule_roles()
		self.validate_mandates()
		self.validate_security_demands()
		# Unique in the database, so that two policies saved at once cannot both become active.
		self.active_key = self.company if self.is_active else None

	def before_save(self):
		before = self.get_doc_before_save()
		self.version = before.version if before else 0
		self.snapshot = policies.snapshot_of(self)
		if not before or before.snapshot != self.snapshot:
			self.version += 1

	def after_insert(self):
		gates.create(gates.COMPANY, self.company)

	def on_update(self):
		before = self.get_doc_before_save()
		if not before or before.version != self.version:
			self.store_version()
		enforcement.on_policy_change(self, before)

	def on_trash(self):
		if self.flags.credit_service:
			return
		frappe.throw(
			_(
				"Credit policy {0} is kept, because decisions were made under it. Untick {1} to end it instead."
			).format(self.name, frappe.bold(_("Is active"))),
			EvidenceError,
			title=_("Policy is evidence"),
		)

	def store_version(self):
		version = frappe.get_doc(
			{
				"doctype": "Credit Policy Version",
				"policy": self.name,
				"version": self.version,
				"company": self.company,
				"snapshot": self.snapshot,
				"changed_by": frappe.session.user,
				"changed_on": now_datetime(),
			}
		)
		version.flags.credit_service = True
		# Nobody has a right to write versions; the right to change the policy was checked already.
		version.insert(ignore_permissions=True)

	def validate_one_active(self):
		if not self.is_active:
			return
		other = frappe.db.get_value(
			"Credit Policy", {"company": self.company, "is_active": 1, "name": ("!=", self.name or "")}
		)
		if other:
			frappe.throw(
				_(
					"Company {0} already has the active credit policy {1}. Untick {2} there first, or save this one inactive."
				).format(
					frappe.bold(self.company),
					get_link_to_form("Credit Policy", other),
					frappe.bold(_("Is active")),
				),
				CreditPolicyError,
				title=_("Two active policies"),
			)

	def validate_thresholds(self):
		if flt(self.stop_utilisation_percent) < flt(self.hold_utilisation_percent):
			frappe.throw(
				_(
					"Credit stop above {0} % lies below hold above {1} %. Raise the first or lower the second: a customer is held before they are stopped."
				).format(flt(self.stop_utilisation_percent, 2), flt(self.hold_utilisation_percent, 2)),
				CreditPolicyError,
				title=_("Stop below hold"),
			)
		if self.without_profile == "Default Segment" and not self.default_segment:
			frappe.throw(
				_("Choose a {0}, because customers without a profile get the default segment.").format(
					frappe.bold(_("Default segment"))
				),
				CreditPolicyError,
				title=_("Default segment missing"),
			)

	def validate_working_day(self):
		if not self.workday_start or not self.workday_end:
			frappe.throw(
				_("Enter when the workday starts and ends: answers are due within working hours."),
				CreditPolicyError,
				title=_("Working day missing"),
			)
		start, end = get_time(self.workday_start), get_time(self.workday_end)
		if end <= start:
			frappe.throw(
				_("The workday ends at {0}, which is not after its start at {1}. Enter a later end.").format(
					end.strftime("%H:%M"), start.strftime("%H:%M")
				),
				CreditPolicyError,
				title=_("Working day ends before it starts"),
			)

	def validate_reminder_days(self):
		try:
			days = security_life.days_from(self.get("security_reminder_days") or "")
		except ValueError as problem:
			frappe.throw(
				_(
					"{0} under {1} is no number of days. Write whole numbers with commas between, such as 90, 60, 30, 7."
				).format(
					frappe.bold(str(problem)), frappe.bold(_(self.meta.get_label("security_reminder_days")))
				),
				CreditPolicyError,
				title=_("Days of the reminders"),
			)
		self.security_reminder_days = ", ".join(map(str, days))

	def validate_plan_limits(self):
		if cint(self.plan_longest_days_with_force_majeure) < cint(self.plan_longest_days):
			frappe.throw(
				_(
					"Payment plans take {0} days at most, and {1} with force majeure. Raise the second, or lower the first."
				).format(cint(self.plan_longest_days), cint(self.plan_longest_days_with_force_majeure)),
				CreditPolicyError,
				title=_("Shorter with force majeure"),
			)
		if self.plan_lowest_rating:
			refuse_unknown_choice(self, "plan_lowest_rating", PLAN_RATINGS, CreditPolicyError)

	def validate_roles(self):
		for table in ("approval_matrix", "rule_roles", "amount_escalation", "mandates"):
			for row in self.get(table):
				if row.role and row.role not in ROLE_RANK:
					frappe.throw(
						_("Role {0} in row {1} of {2} cannot release orders. Use one of {3}.").format(
							frappe.bold(row.role),
							row.idx,
							_(self.meta.get_label(table)),
							", ".join(ROLE_RANK),
						),
						CreditPolicyError,
						title=_("Not a release role"),
					)

	def validate_matrix(self):
		problems = matrix_problems(policy_terms.matrix_rows(self.approval_matrix))
		if problems:
			frappe.throw(
				[matrix_message(problem) for problem in problems],
				CreditPolicyError,
				title=_("Approval matrix"),
				as_list=True,
			)

	def validate_rule_roles(self):
		rows: dict[tuple[str, str], list[float]] = {}
		for row in self.rule_roles:
			ends = rows.setdefault((row.rule, row.risk_class or ""), [])
			if flt(row.up_to) in ends:
				frappe.throw(
					_(
						"Row {0} of {1} repeats an earlier row for rule {2}. Remove one, or give them different ends."
					).format(
						row.idx,
						_(self.meta.get_label("rule_roles")),
						frappe.bold(_(row.rule, context="Credit Policy Rule Role")),
					),
					CreditPolicyError,
					title=_("Rule twice"),
				)
			ends.append(flt(row.up_to))
		classes: dict[str, set[str]] = {}
		for (rule, risk_class), ends in rows.items():
			classes.setdefault(rule, set()).add(risk_class)
			if 0 not in ends:
				frappe.throw(
					_(
						"Rule {0} has no row without upper end for risk class {1}: beyond {2} nobody could release. Add a row with 0 under {3}."
					).format(
						frappe.bold(_(rule, context="Credit Policy Rule Role")),
						risk_class or _("any"),
						flt(max(ends), 2),
						frappe.bold(_("Up to (days)")),
					),
					CreditPolicyError,
					title=_("Rule without end"),
				)
		for rule, present in classes.items():
			missing = sorted({"A", "B", "C"} - present)
			if "" not in present and missing:
				frappe.throw(
					_(
						"Rule {0} has no row for risk class {1}. Add one, or one with an empty risk class for all that have none."
					).format(frappe.bold(_(rule, context="Credit Policy Rule Role")), ", ".join(missing)),
					CreditPolicyError,
					title=_("Rule without role"),
				)

	def validate_security_demands(self):
		seen = set()
		for row in self.security_demands:
			refuse_over_hundred(row, ("percent",), CreditPolicyError)
			if row.what in seen:
				frappe.throw(
					_("Row {0} of {1} looks at the same as a row above. Keep one of them.").format(
						row.idx, frappe.bold(_(self.meta.get_label("security_demands")))
					),
					CreditPolicyError,
					title=_("Twice the same"),
				)
			seen.add(row.what)

	def validate_mandates(self):
		for row in self.mandates:
			types = (
				frappe.get_all("Security Type", pluck="name")
				if row.action == mandates.SECURITY_RELEASE
				else ()
			)
			if row.kind and row.kind not in types:
				frappe.throw(
					_(
						"{0} in row {1} of {2} is not a type of security. Leave it empty, or use one of {3} for {4}."
					).format(
						frappe.bold(row.kind),
						row.idx,
						_(self.meta.get_label("mandates")),
						", ".join(_(kind, context="Security Instrument") for kind in INSTRUMENT_TYPES),
						_(mandates.SECURITY_RELEASE, context="Credit Policy Mandate"),
					),
					CreditPolicyError,
					title=_("Not a type of security"),
				)
		problems = mandates.problems_of(mandates.of_rows(self.mandates))
		if problems:
			frappe.throw(
				[mandate_message(problem) for problem in problems],
				CreditPolicyError,
				title=_("Mandates"),
				as_list=True,
			)


def mandate_message(problem: mandates.Problem) -> str:
	"""Say in a sentence what is wrong with the mandates and what to change."""
	action = _(problem.action, context="Credit Policy Mandate")
	if problem.kind:
		action = f"{action} ({_(problem.kind, context='Security Instrument')})"
	if problem.problem == mandates.REPEATED:
		return _(
			"Row {0} repeats an earlier mandate for {1}. Remove one, or give them different ends."
		).format(problem.row, action)
	if problem.problem == mandates.UNKNOWN_ACTION:
		return _("Row {0} names no action that mandates are for. Choose one from the list.").format(
			problem.row
		)
	return _("{0} has no mandate without upper end. Add a row with 0 under Up to.").format(action)


def matrix_message(problem: MatrixProblem) -> str:
	"""Say in a sentence what is wrong with the approval matrix and what to change."""
	lower = flt(problem.from_percent, 2)
	upper = flt(problem.to_percent, 2)
	if problem.kind == "missing_class":
		return _("Risk class {0} has no row. Add rows that cover it from 0 % without upper end.").format(
			problem.risk_class
		)
	if problem.kind == "start":
		return _("Risk class {0} starts at {1} %. Let its first row start at 0 %.").format(
			problem.risk_class, upper
		)
	if problem.kind == "reversed":
		return _("Risk class {0} has a row from {1} % up to {2} %. Let it end above its start.").format(
			problem.risk_class, lower, upper
		)
	if problem.kind == "gap":
		return _(
			"Risk class {0} has a gap from {1} % to {2} %. Let the upper row start where the lower one ends."
		).format(problem.risk_class, lower, upper)
	if problem.kind == "open_end":
		return _("Risk class {0} ends at {1} %. Set the upper end of its last row to 0, for no end.").format(
			problem.risk_class, lower
		)
	if problem.to_percent is None:
		return _(
			"Risk class {0} has a row without upper end that overlaps the row from {1} %. End it at {1} %."
		).format(problem.risk_class, lower)
	return _(
		"Risk class {0} is covered twice from {1} % to {2} %. Let the lower row end where the upper one starts."
	).format(problem.risk_class, lower, upper)
