"""What a payment plan is made of before it is approved: its invoices, its instalments, and what approving it takes.

Amounts are in the currency of the invoices' receivable account; only the amount from which a plan may be paid by the
quarter is in the company's.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_months, cint, flt, formatdate, getdate

from b2b_contracts.credit import insurance_facts, mandates, policies, security_facts, wording
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine import plans as engine
from b2b_contracts.engine import security
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import PaymentPlanError

from . import invoices, plan_facts

SECURES_A_PLAN = (
	security.BANK_GUARANTEE,
	security.STANDBY_LETTER_OF_CREDIT,
	security.PARENT_GUARANTEE,
	security.CREDIT_INSURANCE,
)
MONTHS_OF_PAYMENT_RECORD = 12


def terms_of(company: str) -> engine.Terms:
	"""Return what a company's payment plans keep to: by its policy, the standard where it has none."""
	policy = policies.active(company)
	return policy.plan_terms if policy else engine.STANDARD


def new(customer: str, company: str, names: list[str]):
	"""Return a plan over invoices, not saved yet; none named: over the overdue ones in the currency of the oldest."""
	names = names or plan_facts.overdue_invoices(customer, company, getdate())
	if not names:
		_refuse(
			_("Nothing of {0} in {1} is overdue that is not disputed or in a payment plan already.").format(
				customer, company
			)
		)
	plan = frappe.new_doc(plan_facts.PLAN)
	customer_name = frappe.db.get_value("Customer", customer, "customer_name")
	plan.update({"customer": customer, "customer_name": customer_name, "company": company})
	for name in names:
		plan.append("invoices", {"sales_invoice": name})
	fill_invoices(plan, invoices.seen(names))
	return plan


# ------------------------------------------------------------------ invoices
def fill_invoices(plan, found: Mapping[str, frappe._dict]) -> None:
	"""Complete the rows from their invoices, and refuse what cannot be in the plan.

	An amount that is left empty is all that is outstanding and not disputed. `found` are the invoices by name.
	"""
	before: set[str] = set()
	for row in plan.invoices:
		invoice = found.get(row.sales_invoice)
		_refuse_foreign(plan, row, invoice)
		invoices.refuse_repeated(row, before, _refuse)
		free = money(invoice.outstanding_amount) - money(invoice.b2b_disputed_amount)
		row.due_date, row.outstanding = invoice.due_date, invoice.outstanding_amount
		row.amount = number(to_cents(money(row.amount) or max(ZERO, free)))
		row.open_amount = 0
		_refuse_more_than(free, row, invoice)
	names = [row.sales_invoice for row in plan.invoices]
	_refuse_second_currency(names, found)
	_refuse_planned_elsewhere(plan, names)
	plan.currency = invoices.currency_of(found[names[0]]) if names else None
	plan.total_amount = number(sum((money(row.amount) for row in plan.invoices), ZERO))


def _refuse_foreign(plan, row, invoice: frappe._dict | None) -> None:
	invoices.refuse_foreign(plan, row, invoice, _refuse)
	if invoice.docstatus != 1:
		_refuse(
			_("Invoice {0} in row {1} is not submitted. A plan is about what is owed already.").format(
				row.sales_invoice, row.idx
			)
		)
	if cint(invoice.is_return):
		_refuse(
			_("{0} in row {1} is a credit note. Choose the invoice that is still owed.").format(
				row.sales_invoice, row.idx
			)
		)
	if money(invoice.outstanding_amount) <= 0:
		_refuse(
			_("Nothing of invoice {0} in row {1} is outstanding. Take it out of the plan.").format(
				row.sales_invoice, row.idx
			)
		)


def _refuse_more_than(free: Decimal, row, invoice: frappe._dict) -> None:
	if money(row.amount) > free or money(row.amount) <= 0:
		currency = invoices.currency_of(invoice)
		_refuse(
			_(
				"{0} of invoice {1} is to be paid by the plan, but {2} is outstanding and {3} of that is disputed. Enter more than 0 and no more than {4}."
			).format(
				wording.money_text(money(row.amount), currency),
				row.sales_invoice,
				wording.money_text(money(invoice.outstanding_amount), currency),
				wording.money_text(money(invoice.b2b_disputed_amount), currency),
				wording.money_text(max(ZERO, free), currency),
			)
		)


def _refuse_second_currency(names: list[str], found: Mapping[str, frappe._dict]) -> None:
	rows = [found[name] for name in names if name in found]
	for invoice in rows:
		currency, first = invoices.currency_of(invoice), invoices.currency_of(rows[0])
		if currency != first:
			_refuse(
				_("Invoice {0} is in {1}, invoice {2} in {3}. Make a payment plan for each currency.").format(
					invoice.name, currency, rows[0].name, first
				),
				_("Two currencies"),
			)


def _refuse_planned_elsewhere(plan, names: list[str]) -> None:
	for name, other in sorted(plan_facts.live_plans_over(names, but=plan.name).items()):
		_refuse(
			_("Invoice {0} is in payment plan {1} already. Take it out, or cancel that plan.").format(
				name, other
			),
			_("In another plan"),
		)


# ------------------------------------------------------------------ instalments
def fill_instalments(plan) -> None:
	"""Compute the instalments, unless the rows were made by hand and nothing that they are computed from has changed."""
	if plan.instalments and not _asks_anew(plan):
		plan.number_of_instalments = len(plan.instalments)
		plan.first_instalment_date = plan.instalments[0].due_date
	else:
		plan.set("instalments", [])
		for instalment in _computed(plan):
			plan.append("instalments", {"due_date": instalment.due, "amount": number(instalment.amount)})
	for row in plan.instalments:
		row.amount = number(to_cents(money(row.amount)))
		row.update({"paid_amount": 0, "status": engine.PENDING})
	plan.last_instalment_date = plan.instalments[-1].due_date


def _asks_anew(plan) -> bool:
	before = plan.get_doc_before_save()
	return bool(before) and _asked(plan) != _asked(before)


def _asked(plan) -> tuple:
	"""Return what instalments are computed from: when it changes they are computed anew."""
	first = plan.first_instalment_date and getdate(plan.first_instalment_date)
	return money(plan.total_amount), cint(plan.number_of_instalments), first, plan.frequency


def _computed(plan) -> tuple[engine.Instalment, ...]:
	total, count = money(plan.total_amount), cint(plan.number_of_instalments)
	first = getdate(plan.first_instalment_date)
	last_day = engine.last_allowed(first, plan.frequency, bool(plan.force_majeure), terms_of(plan.company))
	most = engine.most_instalments(first, plan.frequency, last_day)
	if count < 1:
		_refuse(_("A payment plan has one instalment at least. Enter 1 or more."))
	if most is not None and count > most:
		_refuse(
			_(
				"{0} monthly instalments do not fit: the last is due {1} days after the first at most. Enter {2} or fewer."
			).format(count, (last_day - first).days, most),
			_("Too many instalments"),
		)
	try:
		made = engine.instalments(total, count, first, plan.frequency, last_day)
	except ValueError:
		_refuse(
			_("{0} is too little for {1} instalments. Enter fewer.").format(
				wording.money_text(total, plan.currency), count
			)
		)
	as_it_comes = engine.instalments(total, count, first, plan.frequency, None)[-1].due
	if made[-1].due != as_it_comes:
		frappe.msgprint(
			_(
				"The last instalment is due on {0} and not on {1}: the plan ends {2} days after the first at most."
			).format(formatdate(made[-1].due), formatdate(as_it_comes), (last_day - first).days),
			alert=True,
		)
	return made


def instalments_of(plan) -> tuple[engine.Instalment, ...]:
	"""Return the instalments as they stand in the table."""
	return tuple(engine.Instalment(getdate(row.due_date), money(row.amount)) for row in plan.instalments)


# ------------------------------------------------------------------ what it takes
def fill_requirement(plan, found: Mapping[str, frappe._dict]) -> None:
	"""Say who may approve the plan and whether it takes a security; refuse instalments that nobody may approve."""
	rows, terms = instalments_of(plan), terms_of(plan.company)
	requirement = engine.required_role(
		engine.days_between(rows),
		plan.frequency,
		in_company_currency(plan, found),
		mandates.in_force(plan.company),
		terms,
	)
	problems = engine.problems_of(
		rows,
		money(plan.total_amount),
		requirement,
		bool(plan.force_majeure),
		None if plan.insurer_consent else last_insured(plan),
	)
	if problems:
		sentences = [_problem(plan, problem, requirement, terms) for problem in problems]
		_refuse("<br>".join(sentences), _("These instalments cannot be agreed"))
	plan.required_role = requirement.role
	# Agreed with the customer: a later change of the policy does not shorten it.
	plan.grace_working_days = terms.grace_working_days
	_fill_security(plan, terms)


def last_insured(plan) -> date | None:
	"""Return the last day on which the insurers of the customer stand by a plan, None where none sets one.

	The original due dates count, of what is dated within the period of the insurance policy.
	"""
	member, today = (plan.customer, plan.company), getdate()
	held = security_facts.held_by([member], today, {member: today})
	insured = [one.instrument for one in held.of(member) if security.insures(one.instrument, today)]
	if not insured:
		return None
	names = {row.sales_invoice for row in plan.invoices}
	since = _insured_since(one.name for one in insured)
	items = insurance_facts.open_items([member], getdate(plan.instalments[-1].due_date)).get(member, ())
	days = [
		engine.insured_until(
			(of.item.due for of in items if of.item.invoice in names and of.dated >= since[one.name]),
			one.maximum_extension_days,
		)
		for one in insured
	]
	return min((day for day in days if day), default=None)


def _insured_since(instruments: Iterable[str]) -> dict[str, date]:
	"""Return the first day of the policies that buyer limits belong to, by the limit's name."""
	limit, policy = frappe.qb.DocType("Security Instrument"), frappe.qb.DocType("Insurance Policy")
	rows = (
		frappe.qb.from_(limit)
		.join(policy)
		.on(policy.name == limit.insurance_policy)
		.select(limit.name, policy.period_from)
		.where(limit.name.isin(list(instruments)))
		.run()
	)
	return dict(rows)


def needs_evidence(plan) -> bool:
	"""Return whether the plan takes documented force majeure."""
	days = engine.days_between(instalments_of(plan))
	in_force, terms = mandates.in_force(plan.company), terms_of(plan.company)
	return engine.required_role(days, plan.frequency, ZERO, in_force, terms).force_majeure


def in_company_currency(plan, found: Mapping[str, frappe._dict]) -> Decimal:
	"""Return what a plan is over in the company's currency; `found` are its invoices by name."""
	foreign = plan.currency != company_currency(plan.company)
	return sum(
		(
			money(row.amount) * (money(found[row.sales_invoice].conversion_rate) if foreign else 1)
			for row in plan.invoices
		),
		ZERO,
	)


def _problem(plan, problem: engine.Problem, requirement: engine.Requirement, terms: engine.Terms) -> str:
	total = money(plan.total_amount)
	if problem.kind == engine.WRONG_SUM:
		return _("The instalments add up to {0}, the plan to {1}: change them by {2}.").format(
			wording.money_text(problem.amount, plan.currency),
			wording.money_text(total, plan.currency),
			wording.money_text(total - problem.amount, plan.currency),
		)
	sentences = {
		engine.NO_INSTALMENT: _("A payment plan has one instalment at least. Enter 1 or more."),
		engine.NOT_POSITIVE: _("Instalment {0} is not more than 0. Enter an amount, or take the row out."),
		engine.NOT_LATER: _("Instalment {0} is not due later than the one before. Enter a later day."),
		engine.NEEDS_FORCE_MAJEURE: _(
			"The last instalment is due more than {0} days after the first. That takes force majeure, with evidence, and the role {1}."
		),
		engine.TOO_LONG: _(
			"The last instalment is due more than {0} days after the first. Nobody may approve that."
		),
		engine.TOO_SMALL_FOR_QUARTERLY: _(
			"Only a plan over more than {0} may be paid by the quarter. Choose monthly instalments."
		),
		engine.BEYOND_INSURER: _(
			"The credit insurance stands by this plan until {0}: its maximum extension period after the oldest due date. Let the last instalment be due by then, or attach the insurer's consent."
		),
	}
	values = {
		engine.NOT_POSITIVE: (problem.number,),
		engine.NOT_LATER: (problem.number,),
		engine.NEEDS_FORCE_MAJEURE: (terms.longest_days, _(requirement.role or "")),
		engine.TOO_LONG: (terms.longest_days_with_force_majeure,),
		engine.TOO_SMALL_FOR_QUARTERLY: (
			wording.money_text(terms.quarterly_above, company_currency(plan.company)),
		),
		engine.BEYOND_INSURER: (formatdate(problem.day),),
	}
	return sentences[problem.kind].format(*values.get(problem.kind, ()))


# ------------------------------------------------------------------ security
def _fill_security(plan, terms: engine.Terms) -> None:
	since = getdate(add_months(getdate(), -MONTHS_OF_PAYMENT_RECORD))
	average = plan_facts.average_days_to_pay(plan.customer, plan.company, since)
	rating = plan_facts.rating_of(plan.customer, plan.company)
	plan.security_required = int(engine.needs_security(average, rating, terms))
	pays = (
		_("Nothing was paid in the last 12 months.")
		if average is None
		else _("Pays after {0} days on average.").format(flt(average, 1))
	)
	rated = _("Rated {0}.").format(_(rating)) if rating else _("Not rated.")
	plan.payment_record = f"{pays} {rated}"


def why_security_does_not_do(plan) -> str | None:
	"""Return why the security of a plan that takes one does not do, None when it does or none is needed."""
	if not plan.security_required:
		return None
	if not plan.security:
		return _(
			"This plan takes a guarantee or a credit insurance: {0} Register it as a Security Instrument and choose it here."
		).format(plan.payment_record)
	latest = getdate(plan.last_instalment_date)
	member = (plan.customer, plan.company)
	held = security_facts.held_by([member], getdate(), {member: latest})
	lodged = [found for found in held.of(member) if found.instrument.name == plan.security]
	if not lodged:
		return _("Security {0} is not one of {1} in {2} that is in force.").format(
			plan.security, plan.customer, plan.company
		)
	if lodged[0].instrument.instrument_type not in SECURES_A_PLAN:
		return _("Security {0} is neither a guarantee nor a credit insurance.").format(plan.security)
	if lodged[0].why_not:
		return _("Security {0} does not count: {1}").format(
			plan.security, wording.why_not_counted(lodged[0].why_not)
		)
	return None


def _refuse(message: str, title: str | None = None) -> None:
	frappe.throw(message, PaymentPlanError, title=title or _("Payment plan"))
