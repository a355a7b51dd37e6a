"""How a document stands to the contracts with its customer, asked of whoever knows (`b2b_contract_state` in hooks.py).

Credit decides about orders and knows no contracts: the package above it answers, under Frappe's own way of asking.
"""

from decimal import Decimal

import frappe

from b2b_contracts.engine.facts import ContractState

HOOK = "b2b_contract_state"


def state_of(doc, tolerance_percent: Decimal) -> ContractState | None:
	"""Return how a document stands to the contracts in force on its day, None where nobody knows or it cannot depart from one."""
	for answer in frappe.get_hooks(HOOK):
		return frappe.get_attr(answer)(doc, tolerance_percent)
	return None
