"""The provision matrix: what is owed by ageing bucket, what of it is secured, and what is provided for (requirements §5). Rates are
data (Report Settings)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from frappe import _

from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import ageing, provisions
from b2b_contracts.engine.ageing import Bounds
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.provisions import Line

from . import settings
from .expected_cash import Found


@dataclass(frozen=True, slots=True)
class Matrix:
	"""The lines of the buckets from what is not due on, and that of insolvent customers; beside them what nothing is provided
	for: credits, and what documents do not explain."""

	bounds: Bounds
	buckets: tuple[Line, ...]
	insolvent: Line
	credits: Decimal
	unexplained: Decimal

	@property
	def lines(self) -> tuple[Line, ...]:
		return (*self.buckets, self.insolvent)

	@property
	def provision(self) -> Decimal:
		return provisions.total_of(self.lines)

	@property
	def owed(self) -> Decimal:
		return sum((line.owed for line in self.lines), ZERO) + self.credits + self.unexplained


def of(found: Found) -> Matrix:
	"""Return the matrix of what is owed, by the rates of Report Settings."""
	bounds = Bounds.of(settings.value("ageing_buckets"))
	rates = provisions.rates_of(settings.value("provision_rates"), len(bounds))
	owed, secured = [ZERO] * (len(bounds) + 1), [ZERO] * (len(bounds) + 1)
	insolvent = {debtor.name for debtor in found.debtors if debtor.is_insolvent}
	credits = unexplained = ZERO
	for part in ageing.all_parts(found.books.items):
		if part.row.is_unexplained:
			unexplained += part.open
		elif part.open <= 0:
			credits += part.open
		else:
			place = _place(part, insolvent, bounds, found.wanted.today)
			owed[place] += part.open
			secured[place] += part.secured
	lines = [Line(*line) for line in zip(owed, secured, (*rates, _insolvent_rate()), strict=True)]
	return Matrix(bounds, tuple(lines[:-1]), lines[-1], credits, unexplained)


def _place(part: ageing.Part, insolvent: set[str], bounds: Bounds, today: date) -> int:
	return len(bounds) if part.row.customer in insolvent else bounds.bucket((today - part.day).days)


def _insolvent_rate() -> Decimal:
	return money(settings.value("provision_insolvent"))


def names(bounds: Bounds) -> list[str]:
	"""Return what the buckets are called, from what is not due on."""
	return [
		_("Not due"),
		*(
			_("{0}–{1} days").format(first, last) if last else _("Over {0} days").format(first - 1)
			for first, last in bounds.spans
		),
	]
