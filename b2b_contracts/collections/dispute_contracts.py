"""Which contract, and which clause of it, a dispute rests on (requirements §6)."""

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.credit import agreed_terms
from b2b_contracts.exceptions import DisputeError

CONTRACT, PARTY, USED = "B2B Contract", "Contract Party", "Contract Clause Use"


def settle(dispute) -> None:
	"""Find the contract of a new dispute, of the day of its first invoice, where nobody has named one; refuse one of somebody else,
	and a clause that it does not have."""
	if dispute.is_new() and not dispute.contract and not dispute.contract_clause:
		dispute.contract = _found(dispute)
	if not dispute.contract:
		if dispute.contract_clause:
			_refuse(_("Name the contract that the clause is of."), _("Contract missing"))
		return
	if not _concerns(dispute):
		_refuse(
			_("Contract {0} is not with {1} in {2}. Choose one that is, or none.").format(
				dispute.contract, dispute.customer, dispute.company
			),
			_("Another customer's contract"),
		)
	if dispute.contract_clause and not frappe.db.exists(
		USED, {"parent": dispute.contract, "parenttype": CONTRACT, "clause": dispute.contract_clause}
	):
		_refuse(
			_("Contract {0} has no clause {1}. Choose one of its own.").format(
				dispute.contract, dispute.contract_clause
			),
			_("No such clause"),
		)


def _found(dispute) -> str | None:
	first = next((row.sales_invoice for row in dispute.invoices if row.sales_invoice), None)
	day = first and frappe.db.get_value("Sales Invoice", first, "posting_date")
	if not day:
		return None
	rows = agreed_terms.in_force(dispute.customer, dispute.company, getdate(day))
	return rows[0].name if rows else None


def _concerns(dispute) -> bool:
	contract = frappe.db.get_value(CONTRACT, dispute.contract, ["customer", "company"], as_dict=True)
	if not contract or contract.company != dispute.company:
		return False
	party = {"parent": dispute.contract, "parenttype": CONTRACT, "customer": dispute.customer}
	return contract.customer == dispute.customer or bool(frappe.db.exists(PARTY, party))


def _refuse(message: str, title: str) -> None:
	frappe.throw(message, DisputeError, title=title)
