"""The last notice of a collection case: printed with all facts, sent by mail or kept for the post (requirements §3.1)."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import contacts, letter_pages, letters, notices, wording
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import collection_cases as engine
from b2b_contracts.exceptions import CollectionCaseError

from . import (
	case_documents,
	collection_cases,
	dunning_templates,
	payment_references,
)
from .case_documents import CASE
from .plan_agreement import party

MESSAGE_TEMPLATE = "b2b_contracts/templates/collection_notice.html"


def send(name: str, channel: str, sent_on: date | None = None, proof: str | None = None):
	"""Send the last notice of a case: print it, mail it where mail is the channel, and begin its days. Returns the case.

	With `proof` of an earlier dispatch nothing is sent, it is only noted.
	"""
	if proof:
		return collection_cases.notice_sent(name, channel, sent_on, proof)
	case = collection_cases.notice_sent(name, channel, sent_on)
	language = frappe.db.get_value("Customer", case.customer, "language")
	to = _addresses(case) if channel == engine.E_MAIL else []
	language = next((address.language for address in to if address.language), language)
	file = _printed(case, language)
	case.db_set("notice_file", file.file_url, update_modified=False)
	case_documents.check_again(case)
	if to:
		_mail(case, to, file, language)
	return case


def _addresses(case) -> list[contacts.Address]:
	found = contacts.addresses_for(case.customer, contacts.LEGAL_NOTICES, case.company)
	if not found:
		_refuse_without_address(case)
	return found


def _refuse_without_address(case) -> None:
	frappe.throw(
		_("{0} has no e-mail address for legal notices. Enter one, or send a registered letter.").format(
			case.customer_name
		),
		CollectionCaseError,
		title=_("No address"),
	)


def _printed(case, language: str | None):
	"""Return the notice as a private file of the case, in the customer's language."""
	with notices.writing_in(language):
		content = letter_pages.pdf(_html(case), letters.styles(), case.name)
	return frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"{case.name}-{case.notice_sent_on}.pdf",
			"attached_to_doctype": CASE,
			"attached_to_name": case.name,
			"is_private": 1,
			"content": content,
		}
	).insert(ignore_permissions=True)


def _mail(case, to: list[contacts.Address], file, language: str | None) -> None:
	with notices.writing_in(language):
		subject = _("Last notice before collection: {0}").format(case.company)
		message = "".join(
			f"<p>{frappe.utils.escape_html(line)}</p>"
			for line in (
				_("Dear {0},").format(case.customer_name),
				_(
					"Attached is our last notice about {0}. Unless it is paid by {1} we hand the claim over to a collection agency, which adds costs."
				).format(case.get_formatted("total_amount"), frappe.utils.formatdate(case.notice_deadline)),
				case.company,
			)
		)
	queued = frappe.sendmail(
		recipients=[address.email for address in to],
		subject=subject,
		message=message,
		reference_doctype=CASE,
		reference_name=case.name,
		attachments=[{"fid": file.name}],
		# A legal notice: nobody unsubscribes from it.
		add_unsubscribe_link=0,
	)
	if queued == []:
		_refuse_without_address(case)


# ------------------------------------------------------------------ on paper
def letter(case) -> str:
	"""Return the notice as HTML with its styles, for the print format."""
	return f"<style>{letters.styles()}</style>{_html(case)}"


def _html(case) -> str:
	"""Return the notice as a letter for a window envelope, in the language of the moment."""
	printed = _printed_facts(case)
	values = {"doc": case, "printed": printed, "payment_lines": _payment_lines(case)}
	day = letters.day_text(case.notice_sent_on or getdate())
	registered = case.notice_channel == engine.REGISTERED_LETTER
	return frappe.render_template(
		letters.TEMPLATE,
		{
			"letter_head": letters.letter_head(case.company, {"doc": case.as_dict()}),
			"sender": {
				"name": case.company,
				"lines": letters.address_lines("Company", case.company),
			},
			"receiver": [
				case.customer_name or case.customer,
				*letters.address_lines(
					"Customer", case.customer, frappe.get_cached_value("Company", case.company, "country")
				),
			],
			"sent_as": _("Registered letter") if registered else "",
			"facts": _facts(case, day, printed),
			"subject": _("Last notice before collection"),
			"message": frappe.render_template(MESSAGE_TEMPLATE, values),
			"interest": [],
		},
	)


def _facts(case, day: str, printed: dict) -> list[tuple[str, str]]:
	contact = dunning_templates.contact_of(case.customer, case.company)
	rows = [
		(_("Date"), day),
		(_("Our reference"), case.name),
		(_("Tax ID"), printed["debtor"]["tax_id"]),
		(_("Contact"), contact["contact_name"]),
		(_("Phone"), contact["contact_phone"]),
		(_("E-mail"), contact["contact_email"]),
		(
			_("To be paid by"),
			letters.day_text(case.notice_deadline) if case.notice_deadline else "",
		),
	]
	return [(label, value) for label, value in rows if value]


def _payment_lines(case) -> list[dict]:
	"""Return where to pay; each invoice has its reference in its row."""
	return payment_references.payment_lines(case.company, case.currency, None)


def _printed_facts(case) -> dict:
	"""Return what a notice says beside the case itself, `{creditor, debtor: {name, tax_id, address}, references: {invoice:
	printed}, to_be_paid}`: the claim without what its hand-over would add."""
	to_be_paid = money(case.total_amount) - money(case.hand_over_fee)
	return {
		"to_be_paid": wording.money_text(to_be_paid, case.currency),
		"creditor": party("Company", case.company, case.company),
		"debtor": party("Customer", case.customer, case.customer_name or case.customer),
		"references": dict(
			frappe.get_all(
				"Sales Invoice",
				filters={"name": ["in", [row.sales_invoice for row in case.items]]},
				fields=["name", "b2b_payment_reference_printed"],
				as_list=True,
			)
		),
	}
