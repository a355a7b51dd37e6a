"""Goods that leave for a customer on a Stock Entry: samples and consignment (requirements §2.4).

No money is owed for them yet, so they raise no exposure, and a Stock Entry has no hold that could be released: it goes
when the customer is not stopped and has credit left for what it carries, else it is refused. What needs an exception
is sold on a sales order, where somebody can release it.

Goods are valued at what the stock ledger will say of them (`amount` of the rows), without margin and VAT: a Stock Entry
knows no price.
"""

from dataclasses import replace
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import cint, getdate

from b2b_contracts.engine import delivery, facts, rules
from b2b_contracts.engine import gate as engine_gate
from b2b_contracts.engine.gate import Decision, Requirement
from b2b_contracts.engine.money import ZERO
from b2b_contracts.exceptions import CreditHoldError

from . import cases, checking, deliveries, gates, holds, log, policies, stops
from .account_facts import money
from .cases import Loaded, Standing
from .subjects import Subject

DOCTYPE = "Stock Entry"
# What says that a customer is stopped or has no credit left. The other rules are about an order: its papers, its terms,
# what else is due before one more is taken in.
RULES = (
	rules.FORCED_HOLD,
	rules.STOP_BY_RATING,
	rules.STOP_BY_BALANCE,
	rules.NO_PROFILE,
	rules.NEGATIVE_LIST,
	rules.SANCTIONS,
	rules.LIMIT_USE,
	rules.GROUP_LIMIT,
	rules.PREPAYMENT,
)


def check(entry) -> None:
	"""Decide whether a Stock Entry may be submitted: for each customer that its goods leave for."""
	for customer, value in leaving(entry).items():
		standing = checking.standing_of(
			frappe._dict(
				doctype=DOCTYPE,
				customer=customer,
				company=entry.company,
				is_internal_customer=frappe.db.get_value("Customer", customer, "is_internal_customer"),
			)
		)
		if standing:
			_check_customer(entry, standing, value)


def leaving(entry) -> dict[str, Decimal]:
	"""Return the customers that goods of an entry leave for, in order of their names, with the value of the goods.

	Goods are with a customer in a warehouse that says so, itself or by a group above it; other goods go to the customer
	that the entry names or, when they are issued, to the one of their project. What moves within one customer's
	warehouses, comes back from them or is a return, leaves nobody; opening stock is there already.
	"""
	if cint(entry.get("is_return")) or entry.get("is_opening") == "Yes":
		return {}
	holders = _holders({row.get(side) for row in entry.items for side in ("s_warehouse", "t_warehouse")})
	values: dict[str, Decimal] = {}
	for row in entry.items:
		holder = holders.get(row.s_warehouse)
		customer = holders.get(row.t_warehouse) or (None if holder else _named_customer(entry, row))
		if customer and customer != holder:
			values[customer] = values.get(customer, ZERO) + money(row.amount)
	return dict(sorted(values.items()))


def _named_customer(entry, row) -> str | None:
	"""Return the customer that an entry names for a row out of a warehouse of our own."""
	if entry.purpose not in ("Material Issue", "Material Transfer") or not row.s_warehouse:
		return None
	if entry.get("b2b_customer"):
		return entry.b2b_customer
	project = row.get("project") or entry.get("project")
	if entry.purpose == "Material Issue" and project:
		return frappe.db.get_value("Project", project, "customer")
	return None


def _holders(warehouses: set[str | None]) -> dict[str, str]:
	"""Return the customers who have the goods of warehouses, by warehouse; the nearest one that is named counts."""
	names = {name for name in warehouses if name}
	if not names:
		return {}
	below, above = frappe.qb.DocType("Warehouse").as_("below"), frappe.qb.DocType("Warehouse").as_("above")
	rows = (
		frappe.qb.from_(below)
		.join(above)
		.on((above.lft <= below.lft) & (above.rgt >= below.rgt))
		.select(below.name, above.b2b_customer)
		.where(below.name.isin(names) & (above.b2b_customer != ""))
		.orderby(above.lft)
		.run()
	)
	return dict(rows)


def _value_with(customer: str, company: str) -> Decimal:
	"""Return the value of the goods that a customer has on consignment already."""
	below, above = frappe.qb.DocType("Warehouse").as_("below"), frappe.qb.DocType("Warehouse").as_("above")
	bin_ = frappe.qb.DocType("Bin")
	rows = (
		frappe.qb.from_(above)
		.join(below)
		.on((below.lft >= above.lft) & (below.rgt <= above.rgt) & (below.company == above.company))
		.join(bin_)
		.on(bin_.warehouse == below.name)
		.select(bin_.name, bin_.stock_value)
		.distinct()
		.where((above.b2b_customer == customer) & (above.company == company))
		.run()
	)
	return sum((money(value) for _name, value in rows), ZERO)


def _check_customer(entry, standing: Standing, value: Decimal) -> None:
	subject = _subject(entry, standing, value)
	gate = gates.lock(*standing.gate_key)
	loaded, decision = _decide(standing, subject, gate)
	if not standing.policy.is_enforced:
		checking.log_decision(standing, subject, gate, loaded, decision, log.OBSERVE, None)
	elif decision.is_clear:
		checking.log_decision(standing, subject, gate, loaded, decision, log.SUBMIT, None)
	else:
		if decision.outcome != engine_gate.STOPPED or loaded.case.account.compliance_stop:
			deliveries.after_refusal(lambda: _keep_refusal(subject))
		_refuse(entry, subject, decision)
	gate.save()


def _subject(entry, standing: Standing, value: Decimal) -> Subject:
	customer, company = standing.member
	return replace(
		cases.subject_of_customer(customer, company),
		doctype=DOCTYPE,
		name=entry.name,
		amount=value,
		whole_amount=value,
		dated=getdate(entry.posting_date),
	)


def _decide(standing: Standing, subject: Subject, gate: gates.Gate) -> tuple[Loaded, Decision]:
	"""Decide about goods as about an order over their value, with what the customer has on consignment already.

	A stop is measured with what is about to leave (§2.3), so these goods stand beside the balance for it.
	"""
	loaded = cases.load(standing, subject, gate, with_arrears=True)
	case = _with_goods(loaded.case, _value_with(*standing.member))
	stopping = stops.stop_findings(_with_goods(case, subject.amount))
	decision = engine_gate.decide(case)
	by_rule = {f.rule: f for f in decision.findings if f.rule in RULES}
	for finding in stopping:
		if not by_rule[finding.rule].waived:
			by_rule[finding.rule] = finding
	# A hold by hand keeps new orders back; only a stop keeps goods back.
	if case.account.forced_hold != facts.STOP:
		by_rule.pop(rules.FORCED_HOLD, None)
	# The limit is what the goods themselves are weighed against above.
	by_rule |= {f.rule: f for f in delivery.firing(case) if f.rule != delivery.LIMIT}
	findings = tuple(by_rule.values())
	decision = replace(
		decision,
		outcome=engine_gate.outcome_of(findings),
		findings=findings,
		requirement=Requirement(None),
		ways_out=(),
	)
	return replace(loaded, case=case), decision


def _with_goods(case: facts.Case, value: Decimal) -> facts.Case:
	position = case.position
	goods = position.delivered_not_billed + value
	return replace(case, position=replace(position, delivered_not_billed=goods))


def _refuse(entry, subject: Subject, decision: Decision) -> None:
	title = _("Refused for credit")
	if any(f.rule == rules.SANCTIONS for f in decision.fired):
		frappe.throw(deliveries.screened_sentence(entry.name, subject.customer), CreditHoldError, title=title)
	keeps_goods = any(f.action == facts.DELIVERY_STOP for f in decision.fired)
	if decision.outcome == engine_gate.STOPPED or keeps_goods:
		by_hand = any(f.rule == rules.FORCED_HOLD for f in decision.fired)
		frappe.throw(
			deliveries.stopped_sentence(entry.name, subject.customer, by_hand),
			CreditHoldError,
			title=title,
		)
	reasons = "".join(f"<li>{text}</li>" for text in holds.reasons_of(decision, subject.company))
	frappe.throw(
		_("{0} cannot be submitted: its goods go beyond the credit of customer {1}:").format(
			entry.name, subject.customer
		)
		+ f"<ul>{reasons}</ul>"
		+ _("Send goods of less value, or sell them on a sales order: its credit hold can be released."),
		CreditHoldError,
		title=title,
	)


def _keep_refusal(subject: Subject) -> None:
	"""Log a refusal, in a transaction of its own: the one it happened in is rolled back."""
	policy = policies.active(subject.company)
	if not policy or not policy.is_enforced:
		return
	standing = cases.standing_of(policy, subject.customer, subject.company)
	gate = gates.lock(*standing.gate_key)
	loaded, decision = _decide(standing, subject, gate)
	checking.log_decision(standing, subject, gate, loaded, decision, log.REFUSE, None)
	gate.save()
