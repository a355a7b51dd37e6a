"""How many of the promises and payment plans that came to an end were kept, and what of the money came (requirements §3, §5)."""

from dataclasses import dataclass
from decimal import Decimal

from . import promises
from .money import HUNDRED, ZERO

COMPLETED, BROKEN = "Completed", "Broken"


@dataclass(slots=True)
class Tally:
	"""Promises and plans that ended, and instalments that were due, each by what became of it. Amounts are in one currency:
	`promised` of the promises that were judged, `came` what of it came in time.

	What was withdrawn or cancelled counts as neither kept nor broken.
	"""

	kept: int = 0
	partly: int = 0
	broken: int = 0
	promised: Decimal = ZERO
	came: Decimal = ZERO
	completed: int = 0
	failed: int = 0
	paid: int = 0
	missed: int = 0

	def add_promise(self, status: str, amount: Decimal, paid: Decimal) -> None:
		if status not in (promises.KEPT, promises.PARTLY, promises.BROKEN):
			return
		self.kept += status == promises.KEPT
		self.partly += status == promises.PARTLY
		self.broken += status == promises.BROKEN
		self.promised += amount
		self.came += max(ZERO, min(amount, paid))

	def add_plan(self, status: str) -> None:
		self.completed += status == COMPLETED
		self.failed += status == BROKEN

	def add_instalment(self, is_paid: bool, is_missed: bool) -> None:
		self.paid += is_paid
		self.missed += is_missed and not is_paid

	@property
	def judged(self) -> int:
		return self.kept + self.partly + self.broken

	@property
	def ended(self) -> int:
		return self.completed + self.failed

	@property
	def kept_percent(self) -> Decimal | None:
		"""Promises kept in full, of those that were judged; None without any."""
		return percent(Decimal(self.kept), Decimal(self.judged))

	@property
	def came_percent(self) -> Decimal | None:
		"""What came in time, of what was promised."""
		return percent(self.came, self.promised)

	@property
	def success_percent(self) -> Decimal | None:
		"""Plans that were completed, of those that ended."""
		return percent(Decimal(self.completed), Decimal(self.ended))

	@property
	def paid_percent(self) -> Decimal | None:
		"""Instalments that were paid, of those that were due."""
		return percent(Decimal(self.paid), Decimal(self.paid + self.missed))


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
	return part * HUNDRED / whole if whole > 0 else None
