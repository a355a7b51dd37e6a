"""The payment reference of every Sales Invoice (requirements §3): made when it is submitted, as agreed with the company's
bank, and kept on it for good.

A reference is given once within a company. What cannot be made is said and stops no invoice; a credit note gets none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.query_builder.functions import Coalesce
from frappe.utils import cint, now_datetime

from b2b_contracts.credit import jobs
from b2b_contracts.engine import references as engine
from b2b_contracts.engine.references import FIK, KID, RF, Scheme
from b2b_contracts.exceptions import PaymentReferenceError

from .invoices import INVOICE, may_read

SETUP = "Payment Reference Setup"
FIELDS = (
	"b2b_payment_reference",
	"b2b_payment_reference_kind",
	"b2b_payment_reference_printed",
	"b2b_payment_reference_key",
)
NEEDED = ("name", "company", "currency", "docstatus", "is_return", "b2b_payment_reference")
BATCH = 500
NAMED = 20
EXAMPLE = "ACC-SINV-2026-00012"


@dataclass(frozen=True, slots=True)
class Reference:
	"""A payment reference: its kind, as a payer enters it, and as it is printed."""

	kind: str
	text: str
	printed: str


# ------------------------------------------------------------------ how they are made
def setup_of(company: str, currency: str) -> frappe._dict | None:
	"""Return the set-up for a company's invoices in a currency: its own, else the one for every other; None without."""
	setup = frappe.qb.DocType(SETUP)
	rows = (
		frappe.qb.from_(setup)
		.select("*")
		.where((setup.company == company) & (setup.disabled == 0))
		.where(Coalesce(setup.for_currency, "").isin((currency, "")))
		.run(as_dict=True)
	)
	return max(rows, key=lambda row: bool(row.for_currency), default=None)


def scheme_of(setup) -> Scheme:
	"""Return what a Payment Reference Setup (a document, or a row with its fields) has agreed with the bank."""
	return Scheme(
		setup.kind,
		card_type=setup.card_type or "71",
		method=setup.method or engine.MOD10,
		length=cint(setup.reference_length),
		has_length_digit=bool(cint(setup.has_length_digit)),
		prefix=setup.prefix or "",
	)


def example(setup) -> str:
	"""Return how the reference of an invoice would be printed."""
	scheme = scheme_of(setup)
	number = next(engine.numbers(scheme, EXAMPLE))
	return engine.printed(scheme, engine.make(scheme, number), setup.creditor or "")


# ------------------------------------------------------------------ kept on the invoice
def none_of(invoice) -> None:
	"""Give no reference yet to an invoice that is entered or submitted now, whatever a client has sent: an amended one
	brings that of the cancelled invoice along, though its fields are not to be copied.
	"""
	for field in FIELDS:
		invoice.set(field, None)


def keep(invoice) -> None:
	"""Put back the reference of a submitted invoice that somebody saves."""
	before = invoice.get_doc_before_save()
	for field in FIELDS if before else ():
		invoice.set(field, before.get(field))


def made_at_submit(invoice) -> None:
	"""Give an invoice that is submitted its reference; say so where that cannot be, and let it go on."""
	try:
		made = give(invoice)
	except PaymentReferenceError as refused:
		frappe.clear_last_message()
		frappe.msgprint(str(refused), title=_("No payment reference"), indicator="orange", alert=True)
		return
	if made:
		invoice.update(made)


def give(invoice) -> dict:
	"""Give a submitted invoice (a document, or a row with `NEEDED`) the reference that it lacks.

	Returns the fields that were written: none for a credit note, without a set-up, and where it has one. Raises
	`PaymentReferenceError` when every number that it may have is another invoice's.
	"""
	if cint(invoice.docstatus) != 1 or cint(invoice.is_return) or invoice.b2b_payment_reference:
		return {}
	setup = setup_of(invoice.company, invoice.currency)
	if not setup:
		return {}
	abbr = frappe.get_cached_value("Company", invoice.company, "abbr")
	scheme = scheme_of(setup)
	for number in engine.numbers(scheme, invoice.name):
		text = engine.make(scheme, number)
		printed = engine.printed(scheme, text, setup.creditor)
		values = dict(zip(FIELDS, (text, setup.kind, printed, f"{abbr}|{text}"), strict=True))
		if not _is_taken(invoice.company, text) and _written(invoice.name, values):
			return values
	frappe.throw(
		_(
			"No payment reference could be made for invoice {0}: other invoices have the numbers that it could get. Make the references of {1} longer, then make it there."
		).format(invoice.name, setup.name),
		PaymentReferenceError,
		title=_("No payment reference"),
	)


def _is_taken(company: str, text: str) -> bool:
	return bool(frappe.db.exists(INVOICE, {"b2b_payment_reference": text, "company": company}))


def _written(name: str, values: dict) -> bool:
	"""Write a reference on its invoice; returns False where another transaction has just given it to one of its own."""
	frappe.db.savepoint("b2b_payment_reference")
	try:
		frappe.db.set_value(INVOICE, name, values, update_modified=False)
	except Exception as error:
		if not (error.args and frappe.db.is_unique_key_violation(error)):
			raise
		frappe.db.rollback(save_point="b2b_payment_reference")
		return False
	return True


# ------------------------------------------------------------------ read
def reference_of(invoice: str) -> Reference | None:
	"""Return the payment reference of an invoice, None where it has none."""
	kept = frappe.db.get_value(INVOICE, invoice, FIELDS, as_dict=True)
	if not kept or not kept.b2b_payment_reference:
		return None
	return Reference(
		kept.b2b_payment_reference_kind, kept.b2b_payment_reference, kept.b2b_payment_reference_printed
	)


def printed_of(invoices: Iterable[str]) -> dict[str, str]:
	"""Return the references of invoices as they are printed, by invoice; without those that have none."""
	return dict(
		frappe.get_all(
			INVOICE,
			filters={"name": ["in", list(invoices) or [""]], "b2b_payment_reference_printed": ["is", "set"]},
			fields=["name", "b2b_payment_reference_printed"],
			as_list=True,
		)
	)


def payment_lines(company: str, currency: str, reference: Reference | None) -> list[dict]:
	"""Return how a company is paid in a currency: `[{label, value}]`, in the language of the moment, the reference last.

	Without a set-up: the company's default bank account, where it has one.
	"""
	setup = setup_of(company, currency)
	account = _account(setup.bank_account if setup else _default_account(company))
	creditor = setup.creditor if setup else ""
	kind = setup.kind if setup else ""
	lines = {
		_("Bank"): account.get("bank"),
		_("Account number"): creditor if kind == KID else account.get("number"),
		_("Bankgiro or Plusgiro"): creditor if kind == engine.OCR else "",
		_("Creditor number"): creditor if kind == FIK else "",
		_("IBAN"): creditor if kind == RF else account.get("iban"),
		_("BIC"): account.get("bic"),
		_("Payment reference"): reference.printed if reference else "",
	}
	return [{"label": label, "value": value} for label, value in lines.items() if value]


def _account(name: str | None) -> dict:
	"""Return what a payer needs of a bank account of the company, whoever asks."""
	if not name:
		return {}
	account = frappe.db.get_value(
		"Bank Account", name, ["bank", "iban", "bank_account_no", "branch_code"], as_dict=True
	)
	if not account:
		return {}
	return {
		"bank": account.bank,
		"number": " ".join(filter(None, (account.branch_code, account.bank_account_no))),
		"iban": account.iban,
		"bic": frappe.db.get_value("Bank", account.bank, "swift_number"),
	}


def _default_account(company: str) -> str | None:
	own = {"company": company, "is_company_account": 1, "disabled": 0, "is_default": 1}
	return frappe.db.get_value("Bank Account", own)


def b2b_payment_details(invoice: str) -> dict:
	"""Return how an invoice is paid, for print formats and Email Templates: `{kind, text, printed, lines: [{label, value}]}`.

	Not called after the field of an invoice: in the mail of an invoice its fields come first. Empty for a draft, a credit
	note and whom may not read the invoice: everybody with a log-in can have a template
	rendered with the name of any document. Without a reference, `lines` names the account alone.
	"""
	facts = frappe.db.get_value(INVOICE, invoice, NEEDED, as_dict=True)
	if not facts or facts.docstatus != 1 or cint(facts.is_return) or not may_read(invoice):
		return {}
	reference = reference_of(invoice)
	return {
		"kind": reference.kind if reference else "",
		"text": reference.text if reference else "",
		"printed": reference.printed if reference else "",
		"lines": payment_lines(facts.company, facts.currency, reference),
	}


# ------------------------------------------------------------------ for invoices of before
def ask_for_missing(company: str) -> None:
	"""Have a job make the references that open invoices of a company lack."""
	jobs.after_commit(
		"b2b_contracts.collections.payment_references.make_missing", queue="long", company=company
	)


def make_missing(company: str) -> dict:
	"""Give every open invoice of a company that lacks one its reference. Returns `{made, failed: [sentence]}`.

	Safe to run twice and to be killed: each batch is committed by itself, and what is done is not found again.
	"""
	made, failed = 0, []
	for batch in _lacking(company):
		for invoice in batch:
			try:
				made += bool(give(invoice))
			except PaymentReferenceError as refused:
				frappe.clear_last_message()
				failed.append(str(refused))
		frappe.db.commit()  # nosemgrep: a job of its own, one batch at a time
	_keep_result(company, made, failed)
	frappe.db.commit()  # nosemgrep: as above
	return {"made": made, "failed": failed}


def _lacking(company: str) -> Iterator[list[frappe._dict]]:
	"""Yield in batches the open invoices of a company that have no reference, by name."""
	last = ""
	invoice = frappe.qb.DocType(INVOICE)
	while True:
		batch = (
			frappe.qb.from_(invoice)
			.select(*NEEDED)
			.where((invoice.company == company) & (invoice.docstatus == 1) & (invoice.is_return == 0))
			.where((invoice.outstanding_amount > 0) & (Coalesce(invoice.b2b_payment_reference, "") == ""))
			.where(invoice.name > last)
			.orderby(invoice.name)
			.limit(BATCH)
			.run(as_dict=True)
		)
		if not batch:
			return
		yield batch
		last = batch[-1].name


def _keep_result(company: str, made: int, failed: list[str]) -> None:
	"""Write on the set-ups of a company what a job has come to, and let open forms show it."""
	lines = [_("{0} references made, {1} not.").format(made, len(failed)), *failed[:NAMED]]
	if len(failed) > NAMED:
		lines.append(_("And {0} more.").format(len(failed) - NAMED))
	values = {"last_run_on": now_datetime(), "last_run_result": "\n".join(lines)}
	for name in frappe.get_all(SETUP, filters={"company": company, "disabled": 0}, pluck="name"):
		frappe.db.set_value(SETUP, name, values, update_modified=False)
	frappe.publish_realtime(
		"b2b_payment_references", {"company": company}, user=frappe.session.user, after_commit=True
	)
