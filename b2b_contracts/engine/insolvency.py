"""An insolvent customer: what is claimed, interest up to the day, and until when securities can be called (requirements §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .money import HUNDRED, ZERO, to_cents
from .security import (
	BANK_GUARANTEE,
	CASH_DEPOSIT,
	CREDIT_INSURANCE,
	PARENT_GUARANTEE,
	STANDBY_LETTER_OF_CREDIT,
)

OPEN, ENDED, ERROR = "Open", "Proceedings Ended", "Reported in Error"
ENDINGS = (ENDED, ERROR)

REPORTED_BY, ENDED_BY = "Credit Controller", "Finance Director"
# Insurers want to know at once; most terms give ten days.
INSURER_DAYS = 7

INVOICE, PAYMENT, JOURNAL, OTHER = "Invoice", "Payment or Credit", "Journal Entry", "Other"
NOT_BILLED, INTEREST = "Delivered, Not Billed", "Interest"
# What of a claim is not in the receivable ledger.
BESIDE_LEDGER = (NOT_BILLED, INTEREST)

# What is asked of somebody else than the customer when the customer cannot pay.
CALLABLE = (BANK_GUARANTEE, STANDBY_LETTER_OF_CREDIT, PARENT_GUARANTEE, CASH_DEPOSIT, CREDIT_INSURANCE)

DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True)
class Item:
	"""A row of a claim: its kind, and what is claimed, in the company's currency; negative for what we owe the customer."""

	kind: str
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Total:
	"""What is claimed in one company: as the receivable ledger has it, delivered and not billed, interest."""

	ledger: Decimal = ZERO
	not_billed: Decimal = ZERO
	interest: Decimal = ZERO

	@property
	def claim(self) -> Decimal:
		return self.ledger + self.not_billed + self.interest


def total_of(items: Iterable[Item]) -> Total:
	"""Return what the rows of a claim add up to."""
	ledger = not_billed = interest = ZERO
	for item in items:
		if item.kind == NOT_BILLED:
			not_billed += item.amount
		elif item.kind == INTEREST:
			interest += item.amount
		else:
			ledger += item.amount
	return Total(ledger, not_billed, interest)


def interest(amount: Decimal, due: date, until: date, percent_a_year: Decimal) -> Decimal:
	"""Return simple interest on an open amount: from its due date to the day before `until`, actual/365, to the cent.

	0 for what was not due yet, and where no rate is known.
	"""
	days = (until - due).days
	if days <= 0 or amount <= 0 or percent_a_year <= 0:
		return ZERO
	return to_cents(amount * percent_a_year / HUNDRED * days / DAYS_OF_YEAR)


def last_day_to_call(instrument_type: str, expiry: date | None) -> date | None:
	"""Return the last day on which a security can be called: a bank pays on nothing that comes after the expiry.

	None where it does not run out.
	"""
	return expiry if instrument_type in CALLABLE else None


def insurer_to_be_told_by(known_on: date) -> date:
	"""Return until when the insurer is told of an insolvency that became known on a day."""
	return known_on + timedelta(days=INSURER_DAYS)


def kept_quantity(delivered: Decimal, returned: Decimal) -> Decimal:
	"""Return how much of delivered goods the customer still has to give back."""
	return max(ZERO, delivered - max(ZERO, returned))
