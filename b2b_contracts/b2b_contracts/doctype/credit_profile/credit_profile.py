from decimal import Decimal

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_months, flt, get_link_to_form, getdate, now_datetime, nowdate

from b2b_contracts.b2b_contracts.doctype.credit_group.credit_group import (
	group_of_customer,
	put_in_table,
	take_from_table,
)
from b2b_contracts.credit import gates, native_limit, profiles
from b2b_contracts.credit.account_facts import insolvency_of, money
from b2b_contracts.credit.profile_facts import customers_with_tax_id, gross_net_ratio, normal_tax_id
from b2b_contracts.engine import approval, limits
from b2b_contracts.engine.ratings import BUREAU, INSOLVENT
from b2b_contracts.exceptions import CreditProfileError, EvidenceError
from b2b_contracts.field_checks import refuse_negative, refuse_over_hundred, refuse_unknown_choice

# A change of these after the first save needs a reason.
REASONED = (
	"segment",
	"level",
	"risk_class",
	"external_rating",
	"rating_at_review",
	"limit_type",
	"manual_limit",
	"temporary_limit",
	"temporary_limit_until",
)
# These are written to the history, with or without a reason.
RECORDED = (
	*REASONED,
	"granted_limit",
	"expected_annual_revenue",
	"credit_group",
	"require_po",
	"security_required_percent",
	"natural_person",
	"next_review",
	"credit_score",
)
# What gives a customer more credit than the segment does, or takes them out of a group's limit.
GRANTS_CREDIT = (
	*("segment", "level", "risk_class", "rating_at_review", "limit_type", "manual_limit"),
	*("temporary_limit", "temporary_limit_until", "credit_group", "security_required_percent"),
	"expected_annual_revenue",
)
GRANTED_BY = "Credit Manager"
# Only the use cases set these; what a client sends is put back.
SET_BY_SERVICE = ("status", "stop_reason", "forced_hold", "forced_hold_action", "forced_hold_reason")
NUMBERS = ("Currency", "Float", "Int", "Percent", "Check")


class CreditProfile(Document):
	"""What one customer may owe one company, and why (requirements §2.1). Amounts in the company's currency.

	`track_changes` is off on purpose: Frappe hands versions to every reader, whatever their permission level.
	The history table records the same for those who may see it.
	"""

	def before_validate(self):
		self.restore_what_is_not_entered()
		self.set_from_masters()

	def validate(self):
		self.validate_policy()
		refuse_negative(self, CreditProfileError)
		refuse_over_hundred(self, ("security_required_percent",), CreditProfileError)
		for fieldname in ("external_rating", "rating_at_review"):
			refuse_unknown_choice(self, fieldname, BUREAU, CreditProfileError)
		self.validate_segment()
		self.validate_limits()
		self.validate_may_grant()
		self.validate_insolvency()
		self.join_group_of_tax_id()
		self.validate_group()
		self.set_limits()
		self.set_next_review()
		self.record_history()

	def after_insert(self):
		gates.create(gates.PROFILE, self.name)

	def on_update(self):
		self.keep_group_in_step()
		profiles.changed(self.customer, self.company)

	def keep_group_in_step(self):
		before = self.get_doc_before_save()
		former = before.credit_group if before else None
		if former == self.credit_group or self.flags.from_group:
			return
		if former:
			take_from_table(former, self.customer)
		if self.credit_group:
			put_in_table(self.credit_group, self.customer, self.customer_name)

	def on_trash(self):
		self.refuse_trash_of_evidence()
		native_limit.restore(self.customer, self.company)
		frappe.db.delete("Credit Gate", {"name": gates.name_of(gates.PROFILE, self.name)})

	def after_delete(self):
		if self.credit_group:
			take_from_table(self.credit_group, self.customer)

	def validate_may_grant(self):
		"""Refuse a limit given by somebody who may not: it would let orders go past the approval matrix (§2.2).

		A controller assesses a new customer by segment; what goes beyond the segment is granted by others.
		"""
		before = self.get_doc_before_save()
		if before:
			changed = [field for field in GRANTS_CREDIT if plain(self, field) != plain(before, field)]
		else:
			changed = [field for field in ("manual_limit", "temporary_limit") if plain(self, field)]
			changed += ["limit_type"] if self.limit_type == limits.UNLIMITED else []
		if not changed or self.flags.credit_service or self.flags.from_group:
			return
		roles = frappe.get_roles()
		if "System Manager" in roles or approval.may_act_for(roles, GRANTED_BY):
			return
		frappe.throw(
			_("{0} of a credit profile is changed by a {1} or higher. Ask one of them to do it.").format(
				", ".join(frappe.bold(_(self.meta.get_label(field))) for field in changed), _(GRANTED_BY)
			),
			frappe.PermissionError,
			title=_("Not within your mandate"),
		)

	def validate_insolvency(self):
		"""Refuse another rating while an insolvency is open: the stop would lift itself."""
		before = self.get_doc_before_save()
		if not before or before.external_rating == self.external_rating or self.external_rating == INSOLVENT:
			return
		case = insolvency_of(self.customer)
		if case:
			frappe.throw(
				_(
					"{0} is insolvent: the rating stays {1} and is not changed to {2} before insolvency case {3} has ended."
				).format(
					self.customer,
					_(INSOLVENT),
					self.get_formatted("external_rating") or _("nothing"),
					get_link_to_form("Insolvency Case", case),
				),
				CreditProfileError,
				title=_("Insolvent"),
			)

	# -------------------------------------------------------------- what is set, not entered
	def restore_what_is_not_entered(self):
		"""Put back history, status and forced hold: a client may have sent anything."""
		before = self.get_doc_before_save()
		self.set("history", [row.as_dict() for row in before.history] if before else [])
		if self.flags.credit_service:
			return
		for fieldname in SET_BY_SERVICE:
			default = self.meta.get_field(fieldname).default
			self.set(fieldname, before.get(fieldname) if before else default)

	def set_from_masters(self):
		if self.company:
			self.currency = frappe.get_cached_value("Company", self.company, "default_currency")
		if self.customer:
			self.tax_id = normal_tax_id(frappe.db.get_value("Customer", self.customer, "tax_id"))
		if self.segment:
			segment = frappe.get_doc("Credit Segment", self.segment)
			self.level = self.level or segment.default_level
			self.risk_class = self.risk_class or segment.default_risk_class
		if self.is_new() and not self.credit_group and self.customer and self.company:
			self.credit_group = group_of_customer(self.customer, self.company)

	def set_limits(self):
		segment = frappe.get_doc("Credit Segment", self.segment)
		ratio = gross_net_ratio(self.customer, self.company)
		self.gross_net_ratio = flt(ratio, 4)
		self.calculated_limit = self.limit_at(segment, self.level_percent(segment), ratio)
		granted = limits.granted_limit(
			self.limit_type,
			self.calculated_limit,
			money(self.manual_limit) if flt(self.manual_limit) or self.limit_reason else None,
			money(self.temporary_limit) if self.temporary_limit_until else None,
			getdate(self.temporary_limit_until) if self.temporary_limit_until else None,
			getdate(nowdate()),
		)
		self.granted_limit = granted.ceiling

	def limit_at(self, segment, level_percent: Decimal, ratio: Decimal) -> Decimal:
		"""Return the limit that the segment gives at a level (per cent of its base) and a gross/net ratio."""
		return limits.calculated_limit(
			segment.limit_basis,
			money(segment.limit_percent),
			money(segment.limit_months),
			money(segment.limit_amount),
			level_percent,
			money(self.expected_annual_revenue),
			ratio,
		)

	def highest_limit_of_ladder(self) -> Decimal:
		"""Return what the highest level of the segment's ladder would give this customer."""
		segment = frappe.get_doc("Credit Segment", self.segment)
		highest = max(money(row.percent_of_base) for row in segment.levels)
		return self.limit_at(segment, highest, money(self.gross_net_ratio))

	def level_percent(self, segment) -> Decimal:
		return next(money(row.percent_of_base) for row in segment.levels if row.level == self.level)

	def set_next_review(self):
		"""Fill in the next review; a review that was done moves it on, unless somebody entered a date with it."""
		before = self.get_doc_before_save()
		reviewed = before and str(before.last_review or "") != str(self.last_review or "")
		entered = before and str(before.next_review or "") != str(self.next_review or "")
		months = frappe.db.get_value("Credit Segment", self.segment, "review_months")
		if months and (not self.next_review or (reviewed and not entered)):
			self.next_review = add_months(getdate(self.last_review or nowdate()), months)

	# -------------------------------------------------------------- checks
	def validate_policy(self):
		if not frappe.db.exists("Credit Policy", {"company": self.company, "is_active": 1}):
			frappe.throw(
				_(
					"Company {0} has no active credit policy, so this profile would decide nothing. Create one under {1} first."
				).format(
					frappe.bold(self.company),
					'<a href="{0}">{1}</a>'.format(
						frappe.utils.get_url_to_list("Credit Policy"), _("Credit Policy")
					),
				),
				CreditProfileError,
				title=_("No credit policy"),
			)

	def validate_segment(self):
		segment = frappe.get_doc("Credit Segment", self.segment)
		before = self.get_doc_before_save()
		if segment.disabled and (not before or before.segment != self.segment):
			frappe.throw(
				_("Credit segment {0} is disabled. Choose another one.").format(frappe.bold(self.segment)),
				CreditProfileError,
				title=_("Segment disabled"),
			)
		steps = [row.level for row in segment.levels]
		if self.level not in steps:
			frappe.throw(
				_(
					"Level {0} is not on the ladder of credit segment {1}. Use one of {2}, or 0 for its default."
				).format(self.level, frappe.bold(self.segment), ", ".join(str(step) for step in steps)),
				CreditProfileError,
				title=_("Level"),
			)

	def validate_limits(self):
		if flt(self.manual_limit) and not (self.limit_reason or "").strip():
			frappe.throw(
				_(
					"A manual limit of {0} needs a reason. Say under {1} why it replaces the calculated limit."
				).format(
					self.get_formatted("manual_limit"), frappe.bold(_(self.meta.get_label("limit_reason")))
				),
				CreditProfileError,
				title=_("Reason missing"),
			)
		if flt(self.temporary_limit) and not self.temporary_limit_until:
			frappe.throw(
				_("A temporary limit of {0} needs an end. Enter {1}.").format(
					self.get_formatted("temporary_limit"),
					frappe.bold(_(self.meta.get_label("temporary_limit_until"))),
				),
				CreditProfileError,
				title=_("End missing"),
			)

	def validate_group(self):
		if not self.credit_group:
			return
		company = frappe.db.get_value("Credit Group", self.credit_group, "company")
		if company and company != self.company:
			frappe.throw(
				_(
					"Credit group {0} counts in company {1} only, not in {2}. Choose another group or none."
				).format(get_link_to_form("Credit Group", self.credit_group), company, self.company),
				CreditProfileError,
				title=_("Group of another company"),
			)

	def join_group_of_tax_id(self):
		"""Warn of customers with the same tax id; a new profile joins their group (requirements §2)."""
		before = self.get_doc_before_save()
		if not self.tax_id or (before and before.tax_id == self.tax_id):
			return
		others = customers_with_tax_id(self.tax_id, self.customer)
		if not others:
			return
		offer = None
		groups = [group for group in (group_of_customer(other, self.company) for other in others) if group]
		names = ", ".join(get_link_to_form("Customer", other) for other in others[:5])
		if groups and self.is_new() and not self.credit_group:
			self.credit_group = groups[0]
			message = _(
				"{0} has the same tax ID {1}. This customer joins the credit group {2}, so that both count against one limit."
			).format(names, self.tax_id, get_link_to_form("Credit Group", groups[0]))
		elif self.credit_group:
			return
		else:
			message = _(
				"{0} has the same tax ID {1}. Put both into one credit group, so that they count against one limit."
			).format(names, self.tax_id)
			offer = self.offer_of_group([self.customer, *others]) if not groups else None
		frappe.msgprint(message, title=_("Same tax ID"), indicator="orange", primary_action=offer)

	def offer_of_group(self, customers: list[str]) -> dict | None:
		"""Return the button that opens a new group with these customers, None for who may not make one."""
		if not frappe.has_permission("Credit Group", "create"):
			return None
		return {
			"label": _("Make the credit group"),
			"client_action": "b2b_contracts.credit.new_group",
			"args": {
				"customers": customers,
				"company": self.company,
				"currency": frappe.get_cached_value("Company", self.company, "default_currency"),
			},
			"hide_on_success": True,
		}

	def refuse_trash_of_evidence(self):
		if self.flags.credit_service:
			return
		of_customer = {"customer": self.customer, "company": self.company}
		if frappe.db.exists("Credit Hold", {**of_customer, "status": "Open"}):
			reason = _("has open credit holds")
		elif frappe.db.exists("Credit Decision", of_customer):
			reason = _("has credit decisions, which are evidence")
		else:
			return
		frappe.throw(
			_("Credit profile {0} {1} and cannot be deleted. Set {2} to {3} instead.").format(
				self.name,
				reason,
				frappe.bold(_(self.meta.get_label("limit_type"))),
				frappe.bold(_("No Credit")),
			),
			EvidenceError,
			title=_("Profile is evidence"),
		)

	# -------------------------------------------------------------- history
	def record_history(self):
		"""Append one row for each recorded field that changed, and move the reason there."""
		before = self.get_doc_before_save()
		changed = [fieldname for fieldname in RECORDED if self.differs(before, fieldname)]
		reason = (self.change_reason or "").strip()
		reasoned = [fieldname for fieldname in changed if fieldname in REASONED]
		if before and reasoned and not reason and not self.flags.credit_service:
			frappe.throw(
				_("Say under {0} why you change {1}: {2}.").format(
					frappe.bold(_(self.meta.get_label("change_reason"))),
					frappe.bold(_(self.meta.get_label(reasoned[0]))),
					_("from {0} to {1}").format(
						shown(before, reasoned[0]) or _("nothing"), shown(self, reasoned[0]) or _("nothing")
					),
				),
				CreditProfileError,
				title=_("Reason missing"),
			)
		for fieldname in changed:
			self.append(
				"history",
				{
					"valid_from": nowdate(),
					"changed_on": now_datetime(),
					"changed_by": frappe.session.user,
					"field_label": self.meta.get_label(fieldname),
					"before": shown(before, fieldname) if before else "",
					"after": shown(self, fieldname),
					"reason": reason
					or (_("First entry") if not before else self.automatic_reason(fieldname)),
				},
			)
		self.change_reason = None

	def differs(self, before: Document | None, fieldname: str) -> bool:
		return plain(before, fieldname) != plain(self, fieldname)

	def automatic_reason(self, fieldname: str) -> str:
		if fieldname == "granted_limit":
			return _("Recalculated")
		return _("Credit group saved") if self.flags.from_group and fieldname == "credit_group" else ""


def end_temporary_limits() -> None:
	"""Give the customers whose temporary limit has run out their other limit back. Runs every day.

	Decisions do not wait for this: they look at the dates themselves. This is what lists and the history show.
	"""
	profile = frappe.qb.DocType("Credit Profile")
	policy = frappe.qb.DocType("Credit Policy")
	names = (
		frappe.qb.from_(profile)
		.join(policy)
		.on((policy.company == profile.company) & (policy.is_active == 1))
		.where((profile.limit_type == limits.LIMITED) & (profile.temporary_limit_until < getdate(nowdate())))
		.where(profile.granted_limit == profile.temporary_limit)
		.orderby(profile.name)
		.select(profile.name)
		.run(pluck=True)
	)
	save_again(names, reason=_("Temporary limit ended"))


def save_again(profiles: list[str], reason: str | None = None) -> None:
	"""Save profiles, so that their limits are calculated anew. One that cannot be saved is logged and left."""
	for name in profiles:
		frappe.db.savepoint("save_again")
		try:
			profile = frappe.get_doc("Credit Profile", name)
			profile.change_reason = reason
			profile.save()
		except frappe.ValidationError:
			frappe.db.rollback(save_point="save_again")
			frappe.log_error(
				_("The limit of credit profile {0} was not recalculated").format(name),
				reference_doctype="Credit Profile",
				reference_name=name,
			)


def plain(doc: Document | None, fieldname: str):
	"""Return a field's value in a form that compares: empty is empty, 1 is 1.0."""
	value = doc.get(fieldname) if doc else None
	if doc and doc.meta.get_field(fieldname).fieldtype in NUMBERS:
		return flt(value, 2) or None
	return str(value) if value else None


def shown(doc: Document, fieldname: str) -> str:
	"""Return a field's value as plain text for the history, empty for nothing."""
	return "" if plain(doc, fieldname) is None else str(doc.get_formatted(fieldname))


def on_doctype_update():
	frappe.db.add_unique("Credit Profile", ["customer", "company"], "unique_customer_company")
