"""What a credit decision is made from. Everything in here was true at one moment, in one currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .approval import AmountEscalation, MatrixRow, RuleRole
from .demands import Demand
from .disputes import STANDSTILL_DAYS
from .exposure import Position
from .limits import LIMITED, PERCENT_OF_ORDER, Limit
from .money import ZERO
from .payment_slips import WAIT_DAYS
from .security import Instrument, Part

OFF = "Off"
OBSERVE = "Observe"
ENFORCE = "Enforce"

NOT_CHECKED = "Not Checked"
DEFAULT_SEGMENT = "Default Segment"
PARK_FOR_ASSESSMENT = "Park for Assessment"

HOLD = "Hold"
STOP = "Stop"
DELIVERY_STOP = "Delivery Stop"


@dataclass(frozen=True, slots=True)
class Policy:
	"""The terms of a Credit Policy that decide; percentages per cent, days in days."""

	name: str
	version: int
	company: str
	currency: str
	mode: str = ENFORCE
	without_profile: str = NOT_CHECKED
	default_segment: str = ""
	hold_utilisation_percent: Decimal = Decimal(95)
	stop_utilisation_percent: Decimal = Decimal(120)
	overdue_hold_days: int = 14
	overdue_tolerance_amount: Decimal = Decimal(500)
	rating_stop_notches: int = 2
	credit_horizon_days: int = 0
	delivery_stop_days: int = 15
	delivery_age_days: int = 30
	dispute_standstill_days: int = STANDSTILL_DAYS
	payment_slip_days: int = WAIT_DAYS
	release_grace_days: int = 7
	release_max_days: int = 60
	require_po: bool = False
	park_when_review_overdue: bool = False
	contract_required: bool = False
	parks_for_contract: bool = False
	matrix: tuple[MatrixRow, ...] = ()
	rule_roles: tuple[RuleRole, ...] = ()
	amount_escalation: tuple[AmountEscalation, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractState:
	"""How a document stands to the contracts with its customer (`contract_check.py`).

	`contract` is the one that comes first of those in force, empty for none. `differences` counts what the document says
	otherwise, beyond the tolerance; `signature` stands for exactly those, and `is_approved` says that they were let go.
	"""

	contract: str = ""
	differences: int = 0
	signature: str = ""
	is_approved: bool = False


@dataclass(frozen=True, slots=True)
class Order:
	"""The order (delivery, invoice) in hand.

	`amount` is gross in the limit's currency, only the part that is not yet delivered or billed; `prepaid` is
	what has been paid for it in advance. `billed_ahead` is what has been invoiced of it before delivery (by milestones,
	say): it is owed, so it is in the position; `paid_ahead` is what of that has been paid. `latest_due_date` is the last
	date of its payment terms and `allowed_due_date` the last one that the customer's own terms would give (None: no terms
	to compare with). `demands` are why security is asked for; their share is in `security_required_percent`. `contract` is None
	where nobody looked at the contracts.
	Without an order `in_hand` only the customer is looked at: no papers, and nothing that prepayment could waive.
	"""

	amount: Decimal
	prepaid: Decimal = ZERO
	billed_ahead: Decimal = ZERO
	paid_ahead: Decimal = ZERO
	latest_due_date: date | None = None
	allowed_due_date: date | None = None
	po_number: str = ""
	security_required_percent: Decimal = ZERO
	in_hand: bool = True
	demands: tuple[Demand, ...] = ()
	contract: ContractState | None = None

	@property
	def undelivered(self) -> Decimal:
		"""What is still to be delivered, invoiced already or not."""
		return self.amount + self.billed_ahead

	@property
	def paid(self) -> Decimal:
		"""What of that has been paid, by an advance or an invoice."""
		return self.prepaid + self.paid_ahead

	@property
	def is_fully_prepaid(self) -> bool:
		return self.paid >= self.undelivered


@dataclass(frozen=True, slots=True)
class Account:
	"""A customer in a company: its profile, and what follows from its segment.

	`negative_until` is the last day on which the customer stands on the negative list, None when it does not today.
	`compliance_stop`: a match with a sanctions list that nobody has cleared.
	"""

	limit: Limit = Limit(LIMITED)
	has_profile: bool = True
	segment: str = ""
	risk_class: str = "B"
	limit_basis: str = ""
	prepaid_percent: Decimal = ZERO
	rating: str = ""
	rating_at_review: str = ""
	next_review: date | None = None
	temporary_limit_ended: date | None = None
	forced_hold: str = ""
	forced_hold_reason: str = ""
	requires_po: bool = False
	approved_excess: Decimal = ZERO
	negative_until: date | None = None
	negative_reason: str = ""
	compliance_stop: bool = False

	@property
	def per_order(self) -> bool:
		"""Whether credit is judged order by order (segment D) instead of by how far the limit is used."""
		return self.limit_basis == PERCENT_OF_ORDER


@dataclass(frozen=True, slots=True)
class Overdue:
	"""Items past the policy's threshold, and the unallocated credit that goes against the oldest of them first.

	`awaited` is what would count beside `amount`, were it not on its way by an accepted payment slip.
	"""

	amount: Decimal = ZERO
	credits: Decimal = ZERO
	oldest_due_date: date | None = None
	awaited: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Arrears:
	"""What stops deliveries beside the balance (requirements §2.4).

	`late` and `aged` are undisputed items past the policy's `delivery_stop_days` and `delivery_age_days`, in the limit's
	currency. `standing_still` is for how many days the dispute `dispute` has waited for the customer, 0 where none has for
	longer than the policy allows. `uninsured` are undisputed items of an insured customer past the insurer's maximum extension
	period of `extension_days` after due (0: not insured, or without such a period). `lifted` are the delivery rules that a
	person has lifted for a while.
	"""

	late: Decimal = ZERO
	aged: Decimal = ZERO
	standing_still: int = 0
	dispute: str = ""
	uninsured: Decimal = ZERO
	extension_days: int = 0
	has_good_plan: bool = False
	lifted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
	"""The credit group of the customer, in the group's currency.

	`others_net` is the exposure of all other members, each net of its own security: a guarantee for one member
	covers nothing of another. `rate` turns the customer's own currency into the group's.

	`instruments` cover the members in the customer's company together; `others_to_cover` and `others_owing` are what the
	other members there have for them to cover: exposure and balance, net of their own security, none below 0.
	"""

	name: str
	currency: str
	limit: Limit
	others_net: Decimal = ZERO
	rate: Decimal = Decimal(1)
	instruments: tuple[Instrument, ...] = ()
	others_to_cover: Decimal = ZERO
	others_owing: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Case:
	"""All that a decision may look at. `instruments` count already; `lodged` count too, and were given for this hold.

	`parts` is what of the exposure, without the order in hand, belongs to documents that an instrument names; `in_hand` is
	the name of the order in hand.
	"""

	today: date
	policy: Policy
	account: Account
	order: Order
	position: Position = Position()
	overdue: Overdue = Overdue()
	instruments: tuple[Instrument, ...] = ()
	lodged: tuple[Instrument, ...] = ()
	group: Group | None = None
	arrears: Arrears = Arrears()
	parts: tuple[Part, ...] = ()
	in_hand: str = ""

	def exposed_parts(self, in_hand: Decimal) -> dict[str, Decimal]:
		"""Return what of the exposure belongs to each named document, with so much of the order in hand."""
		found = {part.name: part.balance + part.promised for part in self.parts}
		if self.in_hand:
			found[self.in_hand] = found.get(self.in_hand, ZERO) + in_hand
		return found

	@property
	def owed_parts(self) -> dict[str, Decimal]:
		"""What of the balance belongs to each named document."""
		return {part.name: part.balance for part in self.parts}

	@property
	def has_security(self) -> bool:
		"""Whether anything counts as security for what the customer owes."""
		return bool(self.instruments or self.lodged or (self.group and self.group.instruments))

	@property
	def is_unassessed(self) -> bool:
		"""Nobody has assessed the customer, and the policy wants that done before any credit."""
		return not self.account.has_profile and self.policy.without_profile == PARK_FOR_ASSESSMENT

	@property
	def measures_before_lodged(self) -> bool:
		"""Whether a limit is measured without what was lodged for this hold: where the matrix asks for a guarantee
		on top of an approval, for class C, the guarantee must not make the overshoot vanish (§2.2)."""
		return any(
			row.security_required for row in self.policy.matrix if row.risk_class == self.account.risk_class
		)

	@property
	def covering(self) -> tuple[Instrument, ...]:
		"""The instruments that reduce the exposure a limit is measured by."""
		if not self.lodged or self.measures_before_lodged:
			return self.instruments
		return self.instruments + self.lodged
