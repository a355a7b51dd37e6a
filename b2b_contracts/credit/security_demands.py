"""When an order takes security, and for how much: the policy's triggers on what is known (requirements §2.6)."""

from datetime import date
from decimal import Decimal

import frappe
from frappe.utils import getdate

from b2b_contracts.engine import demands as engine
from b2b_contracts.engine.money import ZERO

from .account_facts import ProfileFacts, money
from .policies import ActivePolicy


def of_order(
	policy: ActivePolicy,
	profile: ProfileFacts | None,
	amount: Decimal,
	made_to_order: Decimal,
	late_since: date | None,
	today: date,
) -> tuple[engine.Demand, ...]:
	"""Return why an order of an amount (gross, company currency) takes security, the largest demand first."""
	triggers = policy.demands
	if not triggers or amount <= 0:
		return ()
	row = profile.row if profile else frappe._dict()
	grounds = engine.Grounds(
		amount=amount,
		score=Decimal(str(row.credit_score or 0)) if row.credit_score_on else None,
		own_equity=policy.own_equity,
		annual_spend=_annual_spend(row),
		last_default=row.last_default_on and getdate(row.last_default_on),
		late_since=late_since,
		made_to_order=made_to_order,
	)
	return engine.demanded(triggers, grounds, today)


def _annual_spend(row) -> Decimal:
	"""Return what a customer buys in a year, gross: billed so far or expected, whichever is more; 0 for one that was never
	billed, whose first order would always be large."""
	billed = money(row.annual_spend)
	if billed <= 0:
		return ZERO
	return max(billed, money(row.expected_annual_revenue) * (money(row.gross_net_ratio) or Decimal(1)))
