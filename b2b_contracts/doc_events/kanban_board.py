"""Kanban Board: none by the status of a contract, which follows from steps."""

import frappe
from frappe import _

from b2b_contracts.exceptions import ContractError
from b2b_contracts.permissions import CONTRACT


def validate(doc, method=None):
	"""Refuse a board whose columns are the status of contracts: a card that is dragged there would not move."""
	if doc.reference_doctype == CONTRACT and doc.field_name == "status":
		frappe.throw(
			_(
				"The status of a contract follows from steps, each with its mandate and its reason. Use the page Renewal pipeline, where dragging a card takes such a step."
			),
			ContractError,
			title=_("Renewal pipeline"),
		)
