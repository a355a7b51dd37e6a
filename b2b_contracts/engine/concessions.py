"""What giving something away costs, and how the VAT in a loss is taken back (requirements §2.2, §3)."""

from collections.abc import Mapping
from decimal import Decimal

from . import approval
from .money import HUNDRED, ZERO, to_cents

DAYS_OF_A_YEAR = Decimal(365)


def interest_cost(amount: Decimal, days: int, percent_a_year: Decimal) -> Decimal:
	"""Return what it costs to get an amount so many days later, simple interest, actual/365, to the cent; 0 for earlier."""
	return to_cents(amount * percent_a_year * max(0, days) / HUNDRED / DAYS_OF_A_YEAR)


def is_agreed(acted_as: str | None, needed: str) -> bool:
	"""Whether a new due date that was approved in a role counts for credit too: `needed` or a higher role."""
	return bool(approval.may_act_for([acted_as] if acted_as else [], needed))


def split_loss(amount: Decimal, taxes: Mapping[str, Decimal]) -> tuple[Decimal, dict[str, Decimal]]:
	"""Return the loss without tax, and the tax in it by account; together they are `amount` to the cent.

	`taxes` is the tax within the amount. Raises `ValueError` when that is more than the amount: then it is another's.
	"""
	parts = {account: to_cents(tax) for account, tax in taxes.items() if to_cents(tax)}
	loss = amount - sum(parts.values(), ZERO)
	if loss < 0:
		raise ValueError(f"there cannot be {amount - loss} of tax in {amount}")
	return loss, parts
