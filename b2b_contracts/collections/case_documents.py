"""What proves a claim: the invoices of a case with their orders, deliveries, contract, reminders and correspondence, and what
of that is missing (requirements §3). Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass

import frappe
from frappe import _

from . import disputes
from . import invoices as invoice_facts
from .invoices import INVOICE

REMINDER, LAST_NOTICE, ORDER = "Reminder", "Last Notice", "Order"
CONTRACT, DELIVERY, CORRESPONDENCE = "Contract", "Delivery", "Correspondence"
THE_INVOICE = "Invoice"
CASE = "Collection Case"
# So many names are enough to read.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Proof:
	"""What there is of one kind for an invoice ("" = for the whole case): documents as (doctype, name) to be printed, and
	files (their rows' names) as they are."""

	kind: str
	invoice: str
	documents: tuple[tuple[str, str], ...] = ()
	files: tuple[str, ...] = ()
	is_needed: bool = True

	@property
	def is_there(self) -> bool:
		return bool(self.documents or self.files)


def checked(case) -> list[dict]:
	"""Return the checked list of a case, a row a kind and invoice: what is there, and what is missing."""
	return [
		{
			"kind": proof.kind,
			"sales_invoice": proof.invoice or None,
			"is_there": int(proof.is_there),
			"found": _said(proof),
		}
		for proof in proofs_of(case)
		if proof.is_there or proof.is_needed
	]


def check_again(case) -> None:
	"""Write the checked list of a case anew, as it is now."""
	frappe.db.delete("Collection Case Document", {"parent": case.name, "parenttype": CASE})
	case.set("documents", [])
	for values in checked(case):
		case.append("documents", values).db_insert()


def _said(proof: Proof) -> str:
	if not proof.is_there:
		return {
			THE_INVOICE: _("The invoice is missing."),
			REMINDER: _("No reminder was sent before."),
			LAST_NOTICE: _("The last notice was not sent yet."),
			ORDER: _("No order: attach the customer's order to the invoice."),
			DELIVERY: _("No delivery note: attach a proof of delivery to the invoice."),
			CONTRACT: _("No signed contract of that day."),
		}[proof.kind]
	names = [name for _doctype, name in proof.documents]
	names += [frappe.db.get_value("File", file, "file_name") for file in proof.files]
	shown = ", ".join(names[:NAMED])
	return shown if len(names) <= NAMED else _("{0} and {1} more").format(shown, len(names) - NAMED)


def proofs_of(case) -> list[Proof]:
	"""Return what there is to prove a case: of each invoice that is handed over, and the last notice."""
	names = [row.sales_invoice for row in case.items if row.principal]
	facts = invoice_facts.seen(names)
	found = [Proof(LAST_NOTICE, "", files=_file_of(case.notice_file, case.notice_proof))]
	for name in names:
		orders, deliveries = _orders_of(name), _deliveries_of(name)
		contract = disputes.contract_of(facts[name])
		found += [
			Proof(THE_INVOICE, name, ((INVOICE, name),)),
			Proof(ORDER, name, _named("Sales Order", orders), _attached("Sales Order", orders)),
			Proof(DELIVERY, name, _delivered(name, deliveries), _attached("Delivery Note", deliveries)),
			Proof(CONTRACT, name, _named("Contract", [contract] if contract else []), is_needed=False),
			Proof(REMINDER, name, *_reminders_of(name)),
			Proof(
				CORRESPONDENCE,
				name,
				_named("Communication", _mails_of(name)),
				_attached(INVOICE, [name]),
				is_needed=False,
			),
		]
	return found


def _named(doctype: str, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
	return tuple((doctype, name) for name in names)


def _orders_of(invoice: str) -> list[str]:
	rows = frappe.get_all(
		"Sales Invoice Item", filters={"parent": invoice}, pluck="sales_order", order_by="idx"
	)
	return list(dict.fromkeys(filter(None, rows)))


def _deliveries_of(invoice: str) -> list[str]:
	"""Return the delivery notes of an invoice: named in its rows, or made of the same rows of an order."""
	row, note = frappe.qb.DocType("Sales Invoice Item"), frappe.qb.DocType("Delivery Note Item")
	parent = frappe.qb.DocType("Delivery Note")
	made = (
		frappe.qb.from_(row)
		.join(note)
		.on((note.name == row.dn_detail) | ((note.so_detail == row.so_detail) & (row.so_detail != "")))
		.join(parent)
		.on(parent.name == note.parent)
		.select(parent.name)
		.distinct()
		.where((row.parent == invoice) & (parent.docstatus == 1) & (parent.is_return == 0))
		.orderby(parent.name)
		.run(pluck=True)
	)
	return list(made)


def _delivered(invoice: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
	"""Return what proves that goods were delivered: an invoice that ships goods is its own delivery note."""
	if not notes and frappe.db.get_value(INVOICE, invoice, "update_stock"):
		return ((INVOICE, invoice),)
	return _named("Delivery Note", notes)


def _reminders_of(invoice: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
	"""Return the reminders about an invoice: ERPNext's, and the letters and messages of our notices."""
	parents = frappe.get_all(
		"Overdue Payment", filters={"sales_invoice": invoice, "parenttype": "Dunning"}, pluck="parent"
	)
	reminders = frappe.get_all(
		"Dunning", filters={"name": ["in", parents or [""]], "docstatus": 1}, order_by="name", pluck="name"
	)
	parents = frappe.get_all("Dunning Notice Item", filters={"sales_invoice": invoice}, pluck="parent")
	notices = frappe.get_all(
		"Dunning Notice",
		filters={"name": ["in", parents or [""]], "status": "Sent"},
		fields=["name", "letter"],
		order_by="sent_on",
	)
	printed = [row.name for row in notices if not row.letter]
	return (
		(*_named("Dunning", reminders), *_named("Dunning Notice", printed)),
		_file_of(*(row.letter for row in notices)),
	)


def _mails_of(invoice: str) -> list[str]:
	return frappe.get_all(
		"Communication",
		filters={
			"reference_doctype": INVOICE,
			"reference_name": invoice,
			"communication_type": "Communication",
		},
		order_by="creation",
		pluck="name",
	)


def _attached(doctype: str, names: Iterable[str]) -> tuple[str, ...]:
	rows = frappe.get_all(
		"File",
		filters={
			"attached_to_doctype": doctype,
			"attached_to_name": ["in", list(names) or [""]],
			"is_folder": 0,
		},
		order_by="creation",
		pluck="name",
	)
	return tuple(rows)


def _file_of(*urls: str | None) -> tuple[str, ...]:
	"""Return the rows of files by their addresses; what is not here any more is left out."""
	found = [frappe.db.get_value("File", {"file_url": url}) for url in urls if url]
	return tuple(name for name in found if name)
