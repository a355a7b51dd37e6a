"""What was paid at the agency: noted on the case, and drafted as a Payment Entry for accounts to submit (requirements §3)."""

from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.credit import locking, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.holds import number
from b2b_contracts.engine.collection_cases import AFTER_HAND_OVER, spread
from b2b_contracts.engine.money import ZERO, to_cents
from b2b_contracts.exceptions import CollectionCaseError

from .case_documents import CASE
from .invoices import INVOICE


def why_not(case, paid_on: date | None, amount: Decimal, reference: str) -> str | None:
	"""Return why a payment cannot be noted on a case, None when it can. Reads only."""
	if case.status not in AFTER_HAND_OVER:
		return _("Collection case {0} is {1}: no agency takes payments for it.").format(
			case.name, _(case.status, context=CASE)
		)
	if amount <= 0:
		return _("Enter the amount that was paid.")
	if not paid_on or paid_on > getdate():
		return _("Enter the day of the payment, today or earlier.")
	if not (reference or "").strip():
		return _("Enter the agency's reference of the payment, so that it is noted once.")
	if not _owed(case):
		return _("Nothing of {0} is open any more.").format(case.name)
	return None


def noted(case, reference: str) -> str | None:
	"""Return the Payment Entry of a payment that was noted before by its reference, None for a new one."""
	reference = (reference or "").strip()
	return next((row.payment_entry for row in case.payments if row.reference == reference), None)


def record(name: str, paid_on: date, amount: Decimal, reference: str):
	"""Note a payment at the agency and draft its Payment Entry, the oldest invoices first; one with the same reference is
	noted once. Returns the Payment Entry."""
	case = locking.locked_doc(CASE, name)
	amount = to_cents(amount)
	reason = why_not(case, paid_on, amount, reference)
	if reason:
		frappe.throw(reason, CollectionCaseError, title=_("Payment at the agency"))
	before = noted(case, reference)
	if before:
		frappe.throw(
			_("Payment {0} is noted already: {1}.").format(reference, before),
			CollectionCaseError,
			title=_("Noted already"),
		)
	entry = _draft(case, paid_on, amount, reference.strip())
	row = case.append(
		"payments",
		{
			"paid_on": paid_on,
			"amount": number(amount),
			"currency": case.currency,
			"reference": reference.strip(),
			"payment_entry": entry.name,
			"noted_by": frappe.session.user,
		},
	)
	row.db_insert()
	case.add_comment(
		"Info",
		_("Paid at the agency on {0}: {1}. Accounts submit {2}.").format(
			formatdate(paid_on), wording.money_text(amount, case.currency), entry.name
		),
	)
	return entry


def _owed(case) -> list[tuple[str, Decimal]]:
	"""Return what each invoice of a case owes, the oldest first; drafts of before are counted as paid."""
	drafted = _drafted(case)
	rows = sorted(case.items, key=lambda row: (getdate(row.due_date), row.sales_invoice))
	names = [row.sales_invoice for row in rows if row.open_key]
	outstanding = dict(
		frappe.get_all(
			INVOICE,
			filters={"name": ["in", names or [""]], "docstatus": 1},
			fields=["name", "outstanding_amount"],
			as_list=True,
		)
	)
	owed = [(name, money(outstanding.get(name)) - drafted.get(name, ZERO)) for name in names]
	return [(name, amount) for name, amount in owed if amount > 0]


def _drafted(case) -> dict[str, Decimal]:
	"""Return what Payment Entries of this case that are still drafts set against each invoice."""
	entries = [row.payment_entry for row in case.payments if row.payment_entry]
	rows = frappe.get_all(
		"Payment Entry Reference",
		filters={"parent": ["in", entries or [""]], "docstatus": 0, "reference_doctype": INVOICE},
		fields=["reference_name", "allocated_amount"],
	)
	found: dict[str, Decimal] = {}
	for row in rows:
		found[row.reference_name] = found.get(row.reference_name, ZERO) + money(row.allocated_amount)
	return found


def _draft(case, paid_on: date, amount: Decimal, reference: str):
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	_refuse_without_account(case.company)
	owed = _owed(case)
	entry = get_payment_entry(INVOICE, owed[0][0], party_amount=number(amount), reference_date=str(paid_on))
	entry.update({"posting_date": paid_on, "reference_no": reference, "reference_date": paid_on})
	entry.set("references", [])
	for (name, _due), part in zip(owed, spread(amount, [due for _name, due in owed]), strict=True):
		if part:
			entry.append(
				"references",
				{"reference_doctype": INVOICE, "reference_name": name, "allocated_amount": number(part)},
			)
	entry.remarks = _("Paid to {0} for {1}.").format(case.agency_name, case.name)
	entry.custom_remarks = 1
	# A draft books nothing: accounts look at it and submit it.
	entry.flags.ignore_permissions = True
	entry.set_missing_ref_details()
	entry.insert()
	return entry


def _refuse_without_account(company: str) -> None:
	accounts = frappe.get_cached_value("Company", company, ["default_bank_account", "default_cash_account"])
	if not any(accounts):
		frappe.throw(
			_(
				"Company {0} has no default bank account. Choose one on the company, then note the payment."
			).format(company),
			CollectionCaseError,
			title=_("Account missing"),
		)
