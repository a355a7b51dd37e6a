"""The workbook of a take-over, column by column: its template, and reading it with every bad cell named."""

from collections.abc import Iterator
from datetime import date

from frappe import _

from b2b_contracts.backtest.book_format import CHOICE, DAY, MONEY, PERCENT, TEXT, WHOLE, Column
from b2b_contracts.engine.limits import LIMIT_TYPES, LIMITED
from b2b_contracts.engine.ratings import BUREAU, ISSUER
from b2b_contracts.engine.security_life import IN_FORCE, REQUESTED

from . import workbooks
from .workbooks import Problem, Row

PROFILES, LIMITS, RATINGS = "Profiles", "Limits", "Ratings"
SECURITIES, PLANS, INSTALMENTS = "Securities", "Plans", "Instalments"
# Their rows are documents, several a customer; those of the others are one credit profile.
OF_DOCUMENTS = (SECURITIES, PLANS, INSTALMENTS)
YES, NO = "Yes", "No"
CUSTOMER = Column("customer", TEXT, "The customer's ID, or its tax ID.", required=True)
OF_COMPANY = Column("company", TEXT, "Empty = the company of the take-over; another is refused.")
PLAN = Column("plan", TEXT, "What joins the rows of a plan; any text.", required=True)

SHEETS: dict[str, tuple[Column, ...]] = {
	PROFILES: (
		CUSTOMER,
		Column("segment", TEXT, "A credit segment, such as A.", required=True),
		Column("level", WHOLE, "The level on its ladder; empty = its default."),
		Column("risk_class", CHOICE, "Empty = the segment's default.", choices=("A", "B", "C")),
		Column("expected_annual_revenue", MONEY, "Net, in the company's currency."),
		Column("require_po", CHOICE, "Empty = what the policy says.", choices=(YES, NO)),
		Column("security_required_percent", PERCENT, "Share of each order that must be secured."),
		Column("last_review", DAY, "When a person last reviewed the customer."),
		Column("next_review", DAY, "Empty = counted from the last review."),
	),
	LIMITS: (
		CUSTOMER,
		Column("limit_type", CHOICE, "Empty = Limited.", choices=LIMIT_TYPES),
		Column("manual_limit", MONEY, "Gross. Replaces what the segment gives; 0 is a limit."),
		Column("limit_reason", TEXT, "Why; needed with a manual limit."),
		Column("temporary_limit", MONEY, "Gross. Replaces both until a day."),
		Column("temporary_limit_until", DAY, "Its last day; needed with a temporary limit."),
	),
	RATINGS: (
		CUSTOMER,
		Column("external_rating", CHOICE, "The bureau's rating.", required=True, choices=tuple(BUREAU)),
		Column("rating_at_review", CHOICE, "The one a person last looked at.", choices=tuple(BUREAU)),
	),
	SECURITIES: (
		Column("customer", TEXT, "Its ID or tax ID; for a credit group one of its members.", required=True),
		OF_COMPANY,
		Column("type", TEXT, "A Security Type, such as Bank Guarantee.", required=True),
		Column(
			"number", TEXT, "The number on the paper: with type and issuer it is known by.", required=True
		),
		Column("issuer", TEXT, "Who gave it."),
		Column("issuer_rating", CHOICE, "The issuer's rating.", choices=tuple(ISSUER)),
		Column("amount", MONEY, "In its own currency.", required=True),
		Column("currency", TEXT, "Empty = the company's."),
		Column("cover_percent", PERCENT, "Empty = the cover of the type."),
		Column("haircut_percent", PERCENT, "Empty = the haircut of the type."),
		Column("deductible", MONEY, "First loss, in its own currency."),
		Column("valid_from", DAY, "Empty = today."),
		Column("expiry_date", DAY, "Empty = no expiry."),
		Column("claim_period_days", WHOLE, "Days to call it; empty = those of the type."),
		Column("unconditional", CHOICE, "Empty = No.", choices=(YES, NO)),
		Column("on_demand", CHOICE, "Empty = No.", choices=(YES, NO)),
		Column(
			"recourse",
			CHOICE,
			"Where debts are sold: whether the buyer comes back to us.",
			choices=("Without recourse", "With recourse"),
		),
		Column(
			"covers",
			TEXT,
			"Customer (or empty), a credit group, or orders and invoices with spaces between.",
		),
		Column(
			"status", CHOICE, "Only what is in force counts.", required=True, choices=(IN_FORCE, REQUESTED)
		),
	),
	PLANS: (
		PLAN,
		CUSTOMER,
		OF_COMPANY,
		Column("invoice", TEXT, "A row for each Sales Invoice of the plan.", required=True),
		Column("amount", MONEY, "Of the invoice in the plan; empty = all that is open and undisputed."),
		Column("frequency", CHOICE, "Empty = Monthly.", choices=("Monthly", "Quarterly")),
		Column("force_majeure", CHOICE, "Empty = No. Lets it take longer.", choices=(YES, NO)),
		Column("reason", TEXT, "Why the customer pays in instalments."),
	),
	INSTALMENTS: (
		PLAN,
		Column("due_date", DAY, "Only instalments that are still to come.", required=True),
		Column("amount", MONEY, "In the currency of the invoices.", required=True),
	),
}


def template() -> bytes:
	"""Return the workbook to fill in."""
	return workbooks.template(SHEETS)


def read(content: bytes) -> tuple[list[Row], list[Problem]]:
	"""Return the rows of a workbook and everything that is wrong with its sheets and cells."""
	return workbooks.read(content, SHEETS)


def limits_do_not_fit(values: dict, today: date) -> Iterator[tuple[str, str]]:
	"""Yield what of a row of limits does not fit together: (column, sentence)."""
	amounts = [column for column in ("manual_limit", "temporary_limit") if column in values]
	if values.get("limit_type", LIMITED) != LIMITED and amounts:
		yield amounts[0], _("There is no amount to a limit of the type {0}.").format(values["limit_type"])
	if "manual_limit" in values and "limit_reason" not in values:
		yield "limit_reason", _("A manual limit needs a reason.")
	if ("temporary_limit" in values) != ("temporary_limit_until" in values):
		missing = "temporary_limit_until" if "temporary_limit" in values else "temporary_limit"
		yield missing, _("A temporary limit and its last day belong together.")
	if "temporary_limit_until" in values and values["temporary_limit_until"] < today:
		yield "temporary_limit_until", _("The last day of the temporary limit is past.")
