"""An order that is paid by milestones: what each bills, how it stands, and what of the money comes before the goods
(requirements §2.6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import HUNDRED, ZERO, to_cents
from .rules import AMOUNT, LIMIT_USE, PREPAYMENT, SECURITY, Finding

PLANNED, ACCEPTED, INVOICED, PAID, OVERDUE = "Planned", "Accepted", "Invoiced", "Paid", "Overdue"

# How far shares may miss 100 % by rounding alone, per cent: three times 33.33. The last share takes it.
TOLERATED = Decimal("0.05")

# The name under which a refused delivery is logged.
UNPAID = "Milestone"

# What an order may wait for while its milestones are invoiced: all that the money itself answers.
ANSWERED_BY_MONEY = frozenset((PREPAYMENT, SECURITY))


@dataclass(frozen=True, slots=True)
class Invoice:
	"""The invoice of a milestone, gross in its own currency: what it bills less what was credited of it, what is still
	open, and when that is due."""

	amount: Decimal
	outstanding: Decimal
	due: date | None

	@property
	def paid(self) -> Decimal:
		"""What came in for it; a credit note is no money."""
		return min(self.amount, max(ZERO, self.amount - self.outstanding))


def whole_shares(shares: Sequence[Decimal]) -> tuple[Decimal, ...] | None:
	"""Return shares, per cent, that make up 100: what rounding leaves goes on the last. None when they do not, or when one
	is not positive."""
	missing = HUNDRED - sum(shares, ZERO)
	if not shares or min(shares) <= 0 or abs(missing) > TOLERATED or shares[-1] + missing <= 0:
		return None
	return (*shares[:-1], shares[-1] + missing)


def amounts(total: Decimal, shares: Sequence[Decimal]) -> tuple[Decimal, ...]:
	"""Split what is left to invoice over the milestones that are left, by their shares, to the cent: the last takes what
	rounding leaves. Raises `ValueError` when there is less than nothing to split."""
	if total < 0:
		raise ValueError(f"{total} is less than nothing")
	whole, left, found = sum(shares, ZERO), total, []
	for share in shares[:-1]:
		part = min(to_cents(total * share / whole), left)
		found.append(part)
		left -= part
	return (*found, left) if shares else ()


def parts(lines: Sequence[Decimal], share: Decimal, whole: Decimal) -> tuple[Decimal, ...]:
	"""Return what a milestone bills of each line of an order, given what is left to bill of each; `share` of the `whole`
	that the milestones left make up together.

	To the cent, never more than is left of a line, and together the share of all lines; the last milestone takes all. A
	line that lowers the order (a discount) is billed by its own share.
	"""
	if share >= whole:
		return tuple(lines)
	found, exact, given = [], ZERO, ZERO
	for line in lines:
		if line <= 0:
			found.append(to_cents(line * share / whole))
			continue
		exact += line * share / whole
		part = min(max(ZERO, to_cents(exact) - given), line)
		given += part
		found.append(part)
	return tuple(found)


def status_of(invoice: Invoice | None, is_accepted: bool, today: date) -> str:
	"""Return how a milestone stands."""
	if invoice is None:
		return ACCEPTED if is_accepted else PLANNED
	if invoice.outstanding <= 0:
		return PAID
	return OVERDUE if invoice.due and invoice.due < today else INVOICED


def why_not_invoiced(status: str, needs_acceptance: bool, is_accepted: bool, amount: Decimal) -> str | None:
	"""Return why a milestone cannot be invoiced now (`invoiced`, `not_accepted`, `nothing_left`), None when it can."""
	if status not in (PLANNED, ACCEPTED):
		return "invoiced"
	if needs_acceptance and not is_accepted:
		return "not_accepted"
	return None if amount > 0 else "nothing_left"


def paid_ahead(billed: Decimal, billed_ahead: Decimal, paid: Decimal) -> Decimal:
	"""Return how much of what an order bills ahead of its goods is paid.

	`billed` is what it bills in all, `billed_ahead` what of that is not delivered, `paid` what came in for its invoices.
	Money pays for delivered goods first.
	"""
	return min(billed_ahead, max(ZERO, paid - (billed - billed_ahead)))


def may_bill_while_held(rules: Iterable[str], credit_is_per_order: bool) -> bool:
	"""Whether the milestones of a parked order may be invoiced, given the rules that hold it.

	Only where a prepayment is what it waits for: then the invoice asks for just that. Segment D, whose credit is judged
	by the order, is also held by its absolute cap, which a prepayment answers as well.
	"""
	answered = ANSWERED_BY_MONEY | {LIMIT_USE} if credit_is_per_order else ANSWERED_BY_MONEY
	return frozenset(rules) <= answered


def unpaid_finding(due: Decimal, paid: Decimal, title: str, action: str) -> Finding:
	"""Return what keeps goods back: a milestone that had to be paid before they leave."""
	return Finding(UNPAID, measured=paid, threshold=due, unit=AMOUNT, action=action, note=title)
