"""What a book is: its sheets, column by column. `docs/book-format.md` is written from here.

A book holds past trade as it was: who the customers are and how they were judged, what they ordered, got, were billed
and paid. Amounts are gross, in the customer's currency. Each row says *when* it became known: a replay looks at a
moment with nothing but the rows before it.
"""

from collections import namedtuple
from dataclasses import dataclass

from b2b_contracts.engine import limits, ratings, security

TEXT, MONEY, PERCENT, NUMBER, WHOLE = "text", "amount", "per cent", "number", "whole number"
DAY, MOMENT, YES_NO, CHOICE = "date", "date or time", "yes or no", "choice"

CUSTOMERS, PROFILES, GROUPS, RATES = "customers", "profiles", "groups", "rates"
RATINGS, SECURITIES, DISPUTES, PLANS = "ratings", "securities", "disputes", "plans"
ORDERS, DELIVERIES, INVOICES = "orders", "deliveries", "invoices"
CREDIT_NOTES, PAYMENTS = "credit_notes", "payments"

# What a row of `payments` is, and where its money comes from.
PAYMENT, WRITE_OFF = "Payment", "Write-off"
ON_ACCOUNT, ADVANCE = "On Account", "Advance"
# What a row of `invoices` is: a journal that debits a customer owes like an invoice, and nobody decides about it.
INVOICE, JOURNAL = "Invoice", "Journal"
HOLD, STOP = "Hold", "Stop"
# Security that we gave: a liability, never cover.
GIVEN = "Given"
DEFAULT_YES, DEFAULT_NO = "Yes", "No"


@dataclass(frozen=True, slots=True)
class Column:
	"""A column: its kind says what a cell may hold, `choices` the words of a CHOICE. A cell that is not required may be
	empty, and a column without a required cell may be left out."""

	name: str
	kind: str
	about: str
	required: bool = False
	choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
	"""A sheet (or CSV file) of a book. `when` is the column that says since when a row is known; "" for customers.

	`rank` orders the rows of one moment: what is known of people first, then trade in the order in which it happens.
	"""

	name: str
	about: str
	when: str
	rank: int
	columns: tuple[Column, ...]
	required: bool = False

	def __post_init__(self):
		# The last field is the row's number in the file, for errors.
		row = namedtuple(
			f"{self.name.title().replace('_', '')}Row", [*(c.name for c in self.columns), "number"]
		)
		object.__setattr__(self, "row", row)


def _when(about: str) -> Column:
	return Column("date", MOMENT, about, required=True)


def _customer(about: str = "Whose it is; a customer of the sheet customers.") -> Column:
	return Column("customer", TEXT, about, required=True)


def _amount(about: str) -> Column:
	return Column("amount", MONEY, about, required=True)


SHEETS = (
	Sheet(
		CUSTOMERS,
		"Every customer of the book. A customer of two companies is two rows with two names.",
		"",
		0,
		(
			Column("customer", TEXT, "The name by which all other sheets call the customer.", required=True),
			Column("name", TEXT, "What people call them."),
			Column("company", TEXT, "The company that they buy from; empty where there is only one."),
			Column("currency", TEXT, "The currency of all their amounts, such as DKK.", required=True),
		),
		required=True,
	),
	Sheet(
		RATES,
		"Exchange rates, for credit groups over several currencies and for sums over a book with several.",
		"date",
		1,
		(
			_when("Since when the rate holds."),
			Column("currency", TEXT, "A currency.", required=True),
			Column(
				"rate", NUMBER, "What one unit of it is worth in the book's main currency.", required=True
			),
		),
	),
	Sheet(
		GROUPS,
		"Credit groups: customers that share one limit. A later row replaces an earlier one.",
		"date",
		2,
		(
			_when("Since when these terms hold."),
			Column("credit_group", TEXT, "The group's name.", required=True),
			Column("currency", TEXT, "The currency of its limit.", required=True),
			Column("limit", MONEY, "What all members together may owe.", required=True),
		),
	),
	Sheet(
		PROFILES,
		"How a customer is judged, since when. A later row replaces the whole earlier one.",
		"date",
		3,
		(
			_when("Since when this holds."),
			_customer(),
			Column("segment", TEXT, "The segment: one of the policy file's.", required=True),
			Column("level", WHOLE, "The level on the segment's ladder; empty is its default."),
			Column(
				"risk_class",
				CHOICE,
				"The risk class; empty is the segment's default.",
				choices=("A", "B", "C"),
			),
			Column("limit_type", CHOICE, "Empty is Limited.", choices=limits.LIMIT_TYPES),
			Column(
				"manual_limit", MONEY, "A limit set by a person instead of the calculated one; 0 is a limit."
			),
			Column("temporary_limit", MONEY, "A limit that replaces both until a day."),
			Column("temporary_limit_until", DAY, "The last day of the temporary limit."),
			Column("expected_annual_revenue", MONEY, "Expected net sales a year, for limits from revenue."),
			Column("gross_net_ratio", NUMBER, "Gross over net sales; empty is 1.25."),
			Column("credit_group", TEXT, "The credit group; one of the sheet groups."),
			Column("next_review", DAY, "When the customer is to be reviewed."),
			Column(
				"requires_po", CHOICE, "Empty is what the policy says.", choices=(DEFAULT_YES, DEFAULT_NO)
			),
			Column("security_required_percent", PERCENT, "Which share of each order must be secured."),
			Column("forced_hold", CHOICE, "Put on hold or stop by a person.", choices=(HOLD, STOP)),
			Column("forced_hold_reason", TEXT, "Why."),
			Column(
				"terms_days",
				WHOLE,
				"The standard terms of then, in days after the invoice. Invoices with exactly these terms get the policy's terms in a replay, all others keep theirs.",
			),
		),
		required=True,
	),
	Sheet(
		RATINGS,
		"External ratings as they arrived.",
		"date",
		4,
		(
			_when("When it arrived."),
			_customer(),
			Column("rating", CHOICE, "The rating.", required=True, choices=ratings.BUREAU),
			Column("reviewed", YES_NO, "Whether a person has reviewed it: falls are counted from there."),
		),
	),
	Sheet(
		SECURITIES,
		"Guarantees, insurance and other security.",
		"in_force_from",
		5,
		(
			Column("security", TEXT, "Its name.", required=True),
			_customer(),
			Column("type", CHOICE, "The kind of security.", required=True, choices=security.INSTRUMENT_TYPES),
			_amount("Its amount; for insurance the buyer limit."),
			Column("in_force_from", MOMENT, "When it was registered as in force.", required=True),
			Column(
				"in_force_until", MOMENT, "When it was released, replaced or taken off; empty while in force."
			),
			Column(
				"direction",
				CHOICE,
				"Empty is Received; Given never counts.",
				choices=(security.RECEIVED, GIVEN),
			),
			Column("cover_percent", PERCENT, "Empty is 100."),
			Column("haircut_percent", PERCENT, "Empty is 0."),
			Column("deductible", MONEY, "Empty is 0."),
			Column("issuer_rating", CHOICE, "The issuer's rating.", choices=ratings.ISSUER),
			Column("unconditional", YES_NO, "For guarantees of banks."),
			Column("on_demand", YES_NO, "For guarantees of banks."),
			Column("has_document", YES_NO, "Whether the document is there: without it nothing counts."),
			Column("valid_from", DAY, "First day of validity."),
			Column("expiry", DAY, "Last day of validity; empty is without end."),
			Column("claim_period_days", WHOLE, "How long a claim takes after the due date."),
			Column("order", TEXT, "The order it was lodged for, where it was given for one."),
			Column(
				"covers",
				TEXT,
				"The orders and invoices that it covers alone, separated by spaces; empty is whatever is owed.",
			),
			Column(
				"credit_group",
				TEXT,
				"The credit group whose members it covers together; the customer is one of them, and says the currency.",
			),
			Column("with_recourse", YES_NO, "For debts sold: whether their buyer can come back for them."),
			Column("lacks_registration", YES_NO, "Whether it must be registered and is not."),
			Column(
				"max_extension_days",
				WHOLE,
				"For insurance: so many days after due an item, and from the start what is disputed, is not covered, and no more goods leave; empty or 0 is never.",
			),
			Column(
				"rules",
				TEXT,
				"Where the rules of its type are others than usual, all of them: no cover, unconditional, on demand, issuer A-, no document, insurance, sells debts; plain is none.",
			),
		),
	),
	Sheet(
		DISPUTES,
		"Disputed amounts. While open they are not overdue, and stay in the exposure.",
		"opened_on",
		12,
		(
			Column("dispute", TEXT, "Its name.", required=True),
			_customer(),
			Column("invoice", TEXT, "The invoice in dispute.", required=True),
			_amount("The disputed part of it."),
			Column("opened_on", MOMENT, "When it was raised.", required=True),
			Column("closed_on", MOMENT, "When it was settled; empty while open."),
			Column("outcome", CHOICE, "How it ended.", choices=("Accepted", "Rejected", "Withdrawn")),
		),
	),
	Sheet(
		PLANS,
		"Payment plans, a row for each invoice in one. What is in a plan that is kept is not overdue.",
		"agreed_on",
		13,
		(
			Column("plan", TEXT, "Its name.", required=True),
			_customer(),
			Column("invoice", TEXT, "An invoice in the plan.", required=True),
			_amount("The part of it that is in the plan."),
			Column("agreed_on", MOMENT, "When it was agreed.", required=True),
			Column("ended_on", MOMENT, "When it was fulfilled or broken; empty while it runs."),
			Column("outcome", CHOICE, "How it ended.", choices=("Kept", "Broken")),
		),
	),
	Sheet(
		ORDERS,
		"Orders. A second row of the same order is a change of it, with all its new terms.",
		"date",
		9,
		(
			_when("When it was submitted, or changed."),
			Column("order", TEXT, "Its name.", required=True),
			_customer(),
			_amount("The whole order."),
			Column("due_date", DAY, "The last due date of its payment terms."),
			Column("promised_date", DAY, "The first promised delivery."),
			Column("last_promised_date", DAY, "The last promised delivery; empty is the first."),
			Column("po_number", TEXT, "The customer's purchase order number."),
			Column("security_required_percent", PERCENT, "Which share of this order must be secured."),
			Column("closed_on", MOMENT, "When what was left of it was closed or cancelled."),
			Column("released_on", MOMENT, "When a person released it from a hold, in real life."),
			Column("rejected_on", MOMENT, "When a person rejected it, in real life."),
		),
		required=True,
	),
	Sheet(
		DELIVERIES,
		"Deliveries, a row for each order in one. Without an order a delivery is decided about itself.",
		"date",
		10,
		(
			_when("When the goods left."),
			Column("delivery", TEXT, "Its name.", required=True),
			_customer(),
			_amount("The goods of this order in it, gross."),
			Column("order", TEXT, "The order it fulfils."),
			Column("billed_before", YES_NO, "Whether these goods were billed before they left."),
			Column("closed_on", MOMENT, "When it was closed or cancelled without being billed."),
		),
	),
	Sheet(
		INVOICES,
		"What customers owe, a row for each instalment (and for each order or delivery in an invoice; rows of one invoice stand together). Without an order and a delivery an invoice is decided about itself.",
		"date",
		11,
		(
			_when("When it was booked."),
			Column("invoice", TEXT, "Its name.", required=True),
			_customer(),
			Column("due_date", DAY, "When this instalment is due.", required=True),
			_amount("This instalment."),
			Column("order", TEXT, "The order it bills."),
			Column("delivery", TEXT, "The delivery it bills."),
			Column(
				"counts_from",
				DAY,
				"The original due date, where a debt was billed again: since when it counts as due.",
			),
			Column("kind", CHOICE, "Empty is Invoice.", choices=(INVOICE, JOURNAL)),
			Column("cancelled_on", MOMENT, "When it was cancelled: what is open of it goes."),
		),
		required=True,
	),
	Sheet(
		CREDIT_NOTES,
		"What was credited: against an invoice, for goods returned before they were billed, or on account.",
		"date",
		14,
		(
			_when("When it was booked."),
			Column("credit_note", TEXT, "Its name.", required=True),
			_customer(),
			_amount("What was credited, a positive amount."),
			Column("invoice", TEXT, "The invoice it is set against; empty is on account."),
			Column(
				"delivery", TEXT, "The delivery whose unbilled goods came back; such a row credits no money."
			),
			Column("cancelled_on", MOMENT, "When it was cancelled."),
		),
	),
	Sheet(
		PAYMENTS,
		"Money, a row for each invoice or order that it was set against.",
		"date",
		15,
		(
			_when("When it was received, or set against an invoice."),
			Column("payment", TEXT, "Its name.", required=True),
			_customer(),
			_amount("This part of it."),
			Column("invoice", TEXT, "The invoice it pays; with an empty order too, it is on account."),
			Column("order", TEXT, "The order it is an advance for."),
			Column("kind", CHOICE, "Empty is Payment; Write-off is a loss.", choices=(PAYMENT, WRITE_OFF)),
			Column(
				"taken_from",
				CHOICE,
				"Empty is new money; else money received before: on account, or the advance for the order.",
				choices=(ON_ACCOUNT, ADVANCE),
			),
			Column("cancelled_on", MOMENT, "When it was cancelled or bounced."),
		),
		required=True,
	),
)
BY_NAME = {sheet.name: sheet for sheet in SHEETS}


def markdown() -> str:
	"""Return the tables of docs/book-format.md."""
	parts = []
	for sheet in SHEETS:
		need = "needed" if sheet.required else "may be left out"
		parts.append(
			f"### {sheet.name}\n{sheet.about} ({need.capitalize()}.)\n\n| Column | Holds | |\n|---|---|---|"
		)
		for column in sheet.columns:
			holds = (
				", ".join(f"`{word}`" for word in column.choices) if column.kind == CHOICE else column.kind
			)
			name = f"**{column.name}**" if column.required else column.name
			parts.append(f"| {name} | {holds} | {column.about} |")
		parts.append("")
	return "\n".join(parts)


if __name__ == "__main__":
	print(markdown())
