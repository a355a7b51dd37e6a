"""The documents that follow a contract, and the holds of those that depart from it."""

import frappe
from frappe import _

from b2b_contracts.credit import holds, releasing
from b2b_contracts.engine import rules
from b2b_contracts.engine.approval import CONTRACT_MANAGER
from b2b_contracts.exceptions import ReleaseError

from .order_check import INVOICE, ORDER, QUOTATION

# doctype: (its date, its customer)
KINDS = {QUOTATION: "transaction_date", ORDER: "transaction_date", INVOICE: "posting_date"}
SHOWN = 20


def of_contract(contract: str) -> list[dict]:
	"""Return the newest quotations, orders and invoices with a row that a contract gave its price, as far as the session user may
	read them."""
	found: list[dict] = []
	for doctype, day in KINDS.items():
		if not frappe.has_permission(doctype, "read"):
			continue
		meta = frappe.get_meta(doctype)
		fields = ["name", f"{day} as date", "status", "grand_total as total", "currency"]
		fields += ["b2b_credit_hold as hold"] if meta.has_field("b2b_credit_hold") else []
		rows = frappe.get_list(
			doctype,
			filters=[[f"{doctype} Item", "b2b_contract", "=", contract], ["docstatus", "<", 2]],
			fields=fields,
			order_by=f"`tab{doctype}`.{day} desc, `tab{doctype}`.name desc",
			limit=SHOWN,
			distinct=True,
		)
		found += [{"doctype": doctype, **row} for row in rows]
	return sorted(found, key=lambda row: (str(row["date"]), row["name"]), reverse=True)[:SHOWN]


def hold_of(doc) -> dict | None:
	"""Return the open hold of a document that whoever answers for the contract decides next: `{name, may_let_go, why_not}`."""
	name = doc.get("b2b_credit_hold")
	hold = frappe.get_doc("Credit Hold", name) if name and frappe.db.exists("Credit Hold", name) else None
	if hold is None or hold.status != holds.OPEN or hold.required_role != CONTRACT_MANAGER:
		return None
	why_not = releasing.why_not_release(hold, CONTRACT_MANAGER)
	return {"name": hold.name, "may_let_go": why_not is None, "why_not": why_not or ""}


def need_contract_hold(name: str) -> None:
	"""Refuse a hold that has nothing to do with a contract: it is answered where credit is."""
	if not frappe.db.exists("Credit Hold Reason", {"parent": name, "rule": rules.CONTRACT}):
		frappe.throw(
			_("Credit hold {0} does not wait for a contract. It is released on the hold itself.").format(
				name
			),
			ReleaseError,
			title=_("Not about a contract"),
		)
