"""Payment terms that a contract grants beyond the customer's segment: how far, and who of credit has to agree to them
(requirements §2.2 and §6)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from frappe.utils import getdate

from b2b_contracts.engine import approval, mandates, rules
from b2b_contracts.engine.money import ZERO

from . import cases, policies
from .account_facts import money
from .agreed_terms import rows_of

FROM_INVOICE_DATE = "Day(s) after invoice date"
PERCENTAGE = "Percentage"
A_YEAR = 366


@dataclass(frozen=True, slots=True)
class Beyond:
	"""How far payment terms go beyond a customer's segment: by how many days at most, and which discount for early payment (per
	cent) it does not give; and the role that agrees to it."""

	segment_template: str
	days: int
	discount: Decimal
	role: str


def beyond(customer: str, company: str, template: str | None, on: date) -> Beyond | None:
	"""Return how far payment terms go beyond a customer's segment from a day on, None where they do not, or no policy looks."""
	policy = policies.active(company)
	if policy is None or not policy.is_on or not template:
		return None
	standing = cases.standing_of(policy, customer, company)
	account, of_segment = cases.account_of(standing, on)
	if not of_segment or of_segment == template:
		return None
	rows = rows_of((template, of_segment))
	days = _days_longer(rows, template, of_segment, on)
	discount = _discount(rows, template)
	if discount <= _discount(rows, of_segment):
		discount = ZERO
	roles = []
	if days:
		named = approval.rule_role(
			standing.terms.rule_roles, rules.PAYMENT_TERMS, account.risk_class, Decimal(days)
		)
		roles.append(named or approval.ROLE_RANK[-1])
	if discount:
		roles.append(mandates.required_role(policy.mandates, mandates.CASH_DISCOUNT, discount))
	role = approval.highest(roles)
	return Beyond(of_segment, days, discount, role) if role else None


def _days_longer(rows: list, template: str, of_segment: str, on: date) -> int:
	"""Return by how many days at most one template is longer than another: over a year, where months have a say."""
	from erpnext.controllers.accounts_controller import get_due_date

	steady = all(row.due_date_based_on == FROM_INVOICE_DATE for row in rows if row.due_date_based_on)
	longest = 0
	for number in range(1 if steady else A_YEAR):
		day = on + timedelta(days=number)
		due: dict[str, date] = {}
		for row in rows:
			if row.due_date_based_on:
				of_row = getdate(get_due_date(row, day))
				due[row.parent] = max(of_row, due.get(row.parent, of_row))
		if template in due and of_segment in due:
			longest = max(longest, (due[template] - due[of_segment]).days)
	return longest


def _discount(rows: list, template: str) -> Decimal:
	given = (
		money(row.discount) for row in rows if row.parent == template and row.discount_type == PERCENTAGE
	)
	return max(given, default=ZERO)
