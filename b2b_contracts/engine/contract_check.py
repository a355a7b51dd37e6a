"""What a quotation, order or invoice says otherwise than the contract in force on its day (requirements §6).

A difference within the tolerance is none. What a policy makes of the differences (nothing, a warning, an order that waits, a
refusal) is decided by the gate and its callers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .contract_prices import Agreed
from .money import HUNDRED, ZERO

# What a policy does about a difference.
NOTHING, WARN, PARK, BLOCK = "Nothing", "Warn", "Park", "Block"
ACTIONS = (NOTHING, WARN, PARK, BLOCK)

PRICE = "Price"
DISCOUNT = "Discount"
WHOLE_DISCOUNT = "Discount on the Whole"
TERMS = "Payment Terms"
INCOTERM = "Incoterm"
PLACE = "Named Place"
CURRENCY = "Currency"
PRICE_LIST = "Price List"
QUANTITY = "Call-off Quantity"


@dataclass(frozen=True, slots=True)
class Line:
	"""A row of a document: its net price per unit (`rate`) and its list price, in the document's currency.

	`agreed` is what the contracts say of it, `exchange` turns the currency of that contract into the document's.
	"""

	number: int
	item: str
	rate: Decimal
	list_rate: Decimal = ZERO
	agreed: Agreed | None = None
	exchange: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Terms:
	"""What applies to a whole document; empty: not said."""

	payment_terms: str = ""
	incoterm: str = ""
	place: str = ""
	currency: str = ""
	price_list: str = ""


@dataclass(frozen=True, slots=True)
class CallOff:
	"""A quantity that a contract lets be called off, in stock units: `called` before this document, `wanted` by it."""

	contract: str
	about: str
	agreed: Decimal
	called: Decimal
	wanted: Decimal
	unit: str = ""

	@property
	def left(self) -> Decimal:
		"""What is left before this document, not below 0."""
		return max(ZERO, self.agreed - self.called)

	@property
	def is_exceeded(self) -> bool:
		return self.wanted > 0 and self.called + self.wanted > self.agreed


@dataclass(frozen=True, slots=True)
class Document:
	"""What is compared: a document's rows and terms with the `agreed` ones of `contract`, which comes first for its customer.

	`whole_discount_percent` is taken off the whole document; `places` is how many decimals its currency's prices have.
	"""

	contract: str
	lines: tuple[Line, ...] = ()
	terms: Terms = Terms()
	agreed: Terms = Terms()
	whole_discount_percent: Decimal = ZERO
	call_offs: tuple[CallOff, ...] = ()
	places: int = 2


@dataclass(frozen=True, slots=True)
class Difference:
	"""One thing that a document says otherwise: in which row (0: the whole document), about what, agreed and actual.

	`percent` is how far above (+) or below (−) a price is, None where that means nothing.
	"""

	kind: str
	contract: str
	row: int
	about: str
	agreed: Decimal | str
	actual: Decimal | str
	percent: Decimal | None = None


def differences(document: Document, tolerance_percent: Decimal = ZERO) -> tuple[Difference, ...]:
	"""Return what differs by more than the tolerance (per cent of the agreed price): terms first, then row by row."""
	return (
		*_of_terms(document),
		*_of_whole(document, tolerance_percent),
		*(d for line in document.lines if (d := _of_line(line, document, tolerance_percent))),
		*_of_call_offs(document.call_offs),
	)


def _of_terms(document: Document) -> Iterable[Difference]:
	for kind, name in (
		(CURRENCY, "currency"),
		(PRICE_LIST, "price_list"),
		(TERMS, "payment_terms"),
		(INCOTERM, "incoterm"),
		(PLACE, "place"),
	):
		wanted, actual = getattr(document.agreed, name), getattr(document.terms, name)
		if wanted and wanted.strip().casefold() != (actual or "").strip().casefold():
			yield Difference(kind, document.contract, 0, "", wanted, actual or "")


def _of_whole(document: Document, tolerance: Decimal) -> Iterable[Difference]:
	"""A discount on the whole would undo agreed prices, row by row."""
	percent = document.whole_discount_percent
	has_prices = any(line.agreed for line in document.lines)
	if has_prices and abs(percent) > tolerance:
		yield Difference(WHOLE_DISCOUNT, document.contract, 0, "", ZERO, percent, -percent)


def _of_line(line: Line, document: Document, tolerance: Decimal) -> Difference | None:
	if line.agreed is None or (line.agreed.rate is None and not line.list_rate):
		return None  # a discount on no price is nothing
	step = Decimal(1).scaleb(-document.places)
	wanted = line.agreed.net(line.list_rate, line.exchange).quantize(step)
	if abs(line.rate - wanted) * HUNDRED <= max(wanted * tolerance, step * HUNDRED / 2):
		return None
	percent = (line.rate - wanted) * HUNDRED / wanted if wanted else None
	kind = PRICE if line.agreed.rate is not None else DISCOUNT
	return Difference(kind, line.agreed.row.contract, line.number, line.item, wanted, line.rate, percent)


def _of_call_offs(call_offs: Iterable[CallOff]) -> Iterable[Difference]:
	for call_off in call_offs:
		if call_off.is_exceeded:
			yield Difference(QUANTITY, call_off.contract, 0, call_off.about, call_off.left, call_off.wanted)
