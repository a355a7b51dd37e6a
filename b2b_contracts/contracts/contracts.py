"""A contract as it is entered: completed from its type and its customer, checked, and its dates computed (requirements §6)."""

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import people
from b2b_contracts.credit.account_facts import company_currency
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.exceptions import ContractError

from . import clauses, facts, templates
from .facts import CONTRACT, day_of

# Only the use cases write these; what a client sends is put back.
SET_BY_SERVICE = (
	*("status", "amendment_number", "renewal_decision", "decided_for", "decided_by"),
	*("decision_reason", "termination_kind", "notice_given_on", "notice_in_time", "terminated_on"),
	*("notice_document", "approval_role", "approved_by", "approved_on", "signed_on", "signed_file"),
	*("signed_file_hash", "signing_recorded_by", "signature_provider", "signature_reference"),
	*("in_force_from", "in_force_until", "replaced_by", "original_contract", "inherited_values"),
	*("terms_approved_by", "terms_approved_as", "terms_approved_on", "terms_approved_template"),
	*("terms_remark", "terms_beyond", "terms_role"),
	*("contract_import", "taken_over_on", "import_key"),
)
COMPUTED = (
	*("end_date", "period_number", "notice_deadline", "last_date_to_act"),
	*("next_key_date", "next_key_date_kind", "next_watch_on", "customer_name", "approval_role"),
)
# May be named until the contract is signed.
UNTIL_SIGNED = ("signatories",)
# Who may tick off any control of a checklist, and take one out of it.
KEEPERS = ("Compliance Officer", "Contract Manager", "System Manager")
NOT_STORED = ("Section Break", "Column Break", "Tab Break")


# ------------------------------------------------------------------ completed
def take_defaults(doc) -> None:
	"""Complete a new contract: what its type starts with, its customer's account manager, its parties and controls."""
	# An amendment starts with what it amends, and nothing there as here was agreed.
	kind = None if doc.parent_contract else facts.type_of(doc)
	# What was agreed before it was entered here says all of its term: an empty notice is none.
	if kind is not None and not doc.flags.taken_over:
		_take_term(doc, kind)
	if kind is not None:
		for name in ("internal_lead_days", "renegotiation_days", "confidentiality_years"):
			if doc.get(name) in (None, ""):
				doc.set(name, kind.get(name))
		if not doc.compliance:
			for row in kind.controls:
				doc.append("compliance", {"control": row.control, "is_required": row.is_required})
	doc.contract_owner = doc.contract_owner or frappe.session.user
	if not doc.account_manager and doc.customer:
		doc.account_manager = frappe.db.get_value("Customer", doc.customer, "account_manager")
	if not doc.parties and doc.customer and doc.company:
		doc.append("parties", {"party_name": doc.company, "party_role": "Us"})
		customer = frappe.db.get_value("Customer", doc.customer, ["customer_name", "tax_id"], as_dict=True)
		if customer:
			doc.append(
				"parties",
				{
					"party_name": customer.customer_name,
					"party_role": "Customer",
					"customer": doc.customer,
					"registration_number": customer.tax_id,
				},
			)


def _take_term(doc, kind) -> None:
	if not doc.duration_type:
		doc.duration_type = kind.duration_type
	# A length of its own says that the term was thought about: nothing of the type's is mixed into it.
	if not any(doc.get(name) for name in ("initial_months", "first_end_date", "renewal_months")):
		for name in ("initial_months", "second_period_months", "renewal_months"):
			doc.set(name, kind.get(name))
	if not doc.notice_period:
		doc.notice_period, doc.notice_unit = kind.notice_period, kind.notice_unit


def put_back(doc) -> None:
	"""Put back what only the use cases write: a client may have sent anything."""
	if doc.flags.contract_service:
		return
	before = doc.get_doc_before_save()
	wanted = doc.status
	for name in SET_BY_SERVICE:
		doc.set(name, before.get(name) if before else None)
	if before is None:
		doc.status = wanted if wanted in life.FIRST else life.DRAFT
	elif wanted != before.status:
		frappe.msgprint(
			_(
				"Contract {0} stays {1}. Its status follows from steps: use the buttons on the contract, or the renewal pipeline."
			).format(doc.name, frappe.bold(_(before.status, context=CONTRACT))),
			alert=True,
			indicator="orange",
		)
	for row in doc.signatories if before is None or not before.signed_on else ():
		row.signed_on = None
	# Orders count: the form that is saved may be older than the last of them.
	counted = {row.name: row.called_off for row in before.call_offs} if before else {}
	for row in doc.call_offs:
		row.called_off = counted.get(row.name) or 0


# ------------------------------------------------------------------ checked
def check(doc) -> None:
	"""Refuse a contract whose terms do not add up, and changes of what is under review, approved or signed."""
	check_is_open(doc)
	check_type(doc)
	if doc.docstatus == 0 and doc.status in life.OPEN:
		templates.check_choice(doc)
		templates.ask(doc)
		clauses.settle(doc)
	check_term(doc)
	check_rows(doc)
	check_renewal_plan(doc)
	check_parent(doc)
	check_controls(doc)
	for name in ("contract_owner", "account_manager", "escalation_user"):
		user = doc.get(name)
		if user and _changed(doc, name) and not people.is_desk_user(user) and user != "Administrator":
			refuse(
				_(
					"{0} is no user with a desk. Choose somebody who can be told of this contract under {1}."
				).format(user, frappe.bold(_label(doc, name))),
				_("Nobody to tell"),
			)


def check_is_open(doc) -> None:
	"""Refuse to change the terms of a contract that left the draft. Duties, dates, meetings and controls may be kept up."""
	before = doc.get_doc_before_save()
	if before is None or before.status in life.OPEN:
		return
	changed = [
		_label(doc, field.fieldname)
		for field in doc.meta.fields
		if not field.allow_on_submit
		and field.fieldtype not in NOT_STORED
		and field.fieldname not in COMPUTED
		and field.fieldname not in SET_BY_SERVICE
		and (before.signed_on or field.fieldname not in UNTIL_SIGNED)
		and _differs(doc, before, field)
	]
	if not changed:
		return
	status = _(before.status, context=CONTRACT)
	if before.signed_on:
		message = _("Contract {0} is signed: {1} cannot be changed. Agree an amendment instead.")
	elif before.status == life.REJECTED:
		message = _("Contract {0} is rejected: {1} cannot be changed. Open it again first.")
	else:
		message = _("Contract {0} is {2}: {1} cannot be changed. Send it back to the draft first.")
	refuse(message.format(doc.name, frappe.bold(", ".join(changed)), status), _("Terms are settled"))


def _differs(doc, before, field) -> bool:
	one, other = doc.get(field.fieldname), before.get(field.fieldname)
	if field.fieldtype != "Table":
		return _plain(doc, field, one) != _plain(doc, field, other)
	fields = [row for row in frappe.get_meta(field.options).fields if row.fieldtype not in NOT_STORED]
	return _rows(one, fields) != _rows(other, fields)


def _rows(rows, fields: list) -> list[list]:
	return [[_plain(row, field, row.get(field.fieldname)) for field in fields] for row in rows or ()]


def _plain(doc, field, value):
	"""Return a value as the database would give it back, nothing and 0 being the same. Frappe takes no date for today."""
	return None if value in (None, "") else doc.cast(value, field) or None


def _changed(doc, name: str) -> bool:
	before = doc.get_doc_before_save()
	return before is None or before.get(name) != doc.get(name)


def kept_up(doc) -> list[str]:
	"""Return the labels of what was changed of a contract whose terms are settled: duties, dates, controls, who answers for it."""
	before = doc.get_doc_before_save()
	if before is None or before.status in life.OPEN or doc.flags.contract_service:
		return []
	return [
		_label(doc, field.fieldname)
		for field in doc.meta.fields
		if (field.allow_on_submit or field.fieldname in UNTIL_SIGNED)
		and field.fieldname not in COMPUTED
		and _differs(doc, before, field)
	]


def check_type(doc) -> None:
	kind = facts.type_of(doc)
	if kind is not None and cint(kind.disabled) and _changed(doc, "contract_type"):
		refuse(
			_("Contract type {0} is disabled. Choose another one.").format(frappe.bold(kind.name)),
			_("Type disabled"),
		)


def check_term(doc) -> None:
	"""Refuse a term that says too little, in the words of the form."""
	if doc.duration_type == terms.NO_END:
		doc.initial_months = doc.renewal_months = doc.second_period_months = 0
		doc.first_end_date = None
	elif doc.duration_type not in terms.RENEWING:
		doc.second_period_months = 0
	if not doc.start_date or doc.duration_type not in terms.DURATIONS:
		return  # Frappe says that they are missing
	start, first_end, binding = (day_of(doc.get(n)) for n in ("start_date", "first_end_date", "binding_end"))
	if first_end and cint(doc.initial_months):
		refuse(
			_("The first period lasts {0} months and ends on {1}. Enter one of the two.").format(
				cint(doc.initial_months), formatdate(first_end)
			),
			_("Two ends"),
		)
	if first_end and first_end < start:
		refuse(
			_("The first period ends on {0}, before the contract starts on {1}. Enter a later end.").format(
				formatdate(first_end), formatdate(start)
			),
			_("Ends before it starts"),
		)
	if binding and binding < start:
		refuse(
			_(
				"Nobody is bound until {0}: the contract starts on {1} only. Enter a later day, or none."
			).format(formatdate(binding), formatdate(start)),
			_("Bound before it starts"),
		)
	for name in _lengths_missing(doc):
		refuse(
			_("A contract with duration {0} needs {1}. Enter at least one month.").format(
				_(doc.duration_type, context=CONTRACT), frappe.bold(_label(doc, name))
			),
			_("Length missing"),
		)


def _lengths_missing(doc) -> list[str]:
	wanted = []
	if doc.duration_type != terms.NO_END and not doc.first_end_date:
		wanted.append("initial_months")
	if doc.duration_type in terms.RENEWING:
		wanted.append("renewal_months")
	if doc.duration_type == terms.SECOND_PERIOD:
		wanted.append("second_period_months")
	return [name for name in wanted if cint(doc.get(name)) < 1]


def check_rows(doc) -> None:
	for row in (*doc.prices, *doc.discounts, *doc.call_offs):
		if not row.item_code and not row.item_group and not row.get("price_list"):
			refuse(
				_("Row {0} of {1} names neither an item nor a group. Choose one.").format(
					row.idx, _label(doc, row.parentfield)
				),
				_("Price of nothing"),
			)
	for row in (*doc.prices, *doc.discounts, *doc.bonuses):
		if row.valid_from and row.valid_to and getdate(row.valid_to) < getdate(row.valid_from):
			refuse(
				_(
					"Row {0} of {1} is valid until {2}, before it is valid from {3}. Change one of the days."
				).format(
					*(
						row.idx,
						_label(doc, row.parentfield),
						formatdate(row.valid_to),
						formatdate(row.valid_from),
					)
				),
				_("Ends before it starts"),
			)
	for row in doc.discounts:
		if row.discount_percent > 100:
			refuse(
				_("Row {0} of {1}: a discount of {2} % is more than the price. Enter 100 or less.").format(
					row.idx, _label(doc, "discounts"), row.discount_percent
				),
				_("More than 100 %"),
			)


def check_renewal_plan(doc) -> None:
	"""Refuse a probability of renewal that is none, and a day without a step."""
	if doc.renewal_probability and doc.renewal_probability > 100:
		refuse(
			_("A renewal is probable by {0} % at most, not by {1} %. Enter 0 to 100.").format(
				100, doc.renewal_probability
			),
			_("Probability of renewal"),
		)
	if doc.next_step_on and not (doc.next_step or "").strip():
		refuse(_("Say what the next step is, or leave its day empty."), _("Next step"))


def check_parent(doc) -> None:
	"""Refuse an amendment of another customer's contract, or of one that is not signed."""
	if not doc.parent_contract or not _changed(doc, "parent_contract"):
		return
	fields = ("customer", "company", "signed_on", "status")
	parent = frappe.db.get_value(CONTRACT, doc.parent_contract, fields, as_dict=True)
	if parent and (parent.customer, parent.company) != (doc.customer, doc.company):
		refuse(
			_(
				"Contract {0} is with {1} in {2}, not with {3} in {4}. Amend one of this customer and company."
			).format(doc.parent_contract, parent.customer, parent.company, doc.customer, doc.company),
			_("Another customer's contract"),
		)
	if parent and not parent.signed_on:
		refuse(
			_(
				"Contract {0} is {1} and not signed: change it as it is, there is nothing to amend yet."
			).format(doc.parent_contract, _(parent.status, context=CONTRACT)),
			_("Not signed yet"),
		)


def check_controls(doc) -> None:
	"""Refuse to tick off a control, or to take a required one out, to whom it is not given: whoever wants a contract approved
	would do so. Its responsible person may tick it, unless the contract is their own."""
	user = frappe.session.user
	if user == "Administrator" or not set(KEEPERS).isdisjoint(frappe.get_roles(user)):
		return
	before = doc.get_doc_before_save()
	known = {row.name: row for row in before.compliance} if before else {}
	owns = facts.person(doc).owns
	for row in doc.compliance:
		former = known.get(row.name)
		newly_done = cint(row.is_done) and not (former and cint(former.is_done))
		if newly_done and (owns or row.responsible != user):
			_refuse_control(row.control)
	kept = {row.name for row in doc.compliance if cint(row.is_required)}
	for row in known.values():
		if cint(row.is_required) and row.name not in kept:
			_refuse_control(row.control)
	kind = facts.type_of(doc)
	if before is None and kind is not None:
		listed = {row.control for row in doc.compliance if cint(row.is_required)}
		for row in kind.controls:
			if cint(row.is_required) and row.control not in listed:
				_refuse_control(row.control)


def _refuse_control(control: str) -> None:
	refuse(
		_(
			"Control “{0}” is ticked off, or taken out, by a compliance officer, a contract manager, or whoever it is given to and does not answer for the contract. Ask one of them."
		).format(control),
		_("Compliance checklist"),
	)


def warn_of_currency(doc) -> None:
	"""Say so when a contract is in another currency than its customer is billed in: a user's default may have filled it in."""
	if not doc.customer or not doc.company or not _changed(doc, "currency"):
		return
	billed = frappe.db.get_value("Customer", doc.customer, "default_currency") or company_currency(
		doc.company
	)
	if doc.currency and doc.currency != billed:
		frappe.msgprint(
			_(
				"The contract is in {0}, but {1} is billed in {2} by {3}. Change the currency if that is not meant."
			).format(frappe.bold(doc.currency), doc.customer_name or doc.customer, billed, doc.company),
			title=_("Another currency"),
			indicator="orange",
		)


# ------------------------------------------------------------------ computed
def dates_of(doc) -> dict:
	"""Return what is stored of a contract's dates, as of today."""
	today = getdate()
	known = facts.key_facts(doc)
	state, running = terms.state_on(known.term, today, known.ends_on)
	first = terms.period(known.term, 1)
	if doc.status in life.OVER or doc.status == life.REJECTED:
		upcoming, deadline, act = None, None, None
	else:
		upcoming = keys.next_key_date(keys.key_dates(known, today), today)
		deadline, act = keys.notice_deadline(known, today), keys.last_date_to_act(known, today)
	if known.ends_on is not None:
		end = known.ends_on
	else:
		end = running.end if running else terms.end_on(known.term, today)
	return {
		"end_date": end,
		"period_number": running.number if running else (first.number if state == terms.NOT_STARTED else 0),
		"notice_deadline": deadline,
		"last_date_to_act": act,
		"next_key_date": upcoming.day if upcoming else None,
		"next_key_date_kind": upcoming.kind if upcoming else None,
	}


def compute(doc) -> None:
	"""Set what follows from a contract's terms, and have it looked at by the next daily job."""
	doc.update(dates_of(doc))
	if doc.status in (*life.OPEN, life.IN_REVIEW):
		doc.approval_role = facts.approval_role(doc)
	doc.next_watch_on = getdate() if is_watched(doc) else None


def is_watched(doc) -> bool:
	"""Whether a contract's dates are watched: from its signature to its end."""
	return doc.status in life.RUNNING or (doc.status == life.OUT_FOR_SIGNATURE and bool(doc.signed_on))


def _label(doc, name: str) -> str:
	return _(doc.meta.get_label(name), context=doc.doctype)


def refuse(message: str, title: str) -> None:
	frappe.throw(message, ContractError, title=title)
