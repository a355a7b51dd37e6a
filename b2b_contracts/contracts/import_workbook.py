"""The workbook of existing contracts, column by column: a sheet of contracts and sheets of their rows, which name their contract
by its number."""

from b2b_contracts.backtest.book_format import CHOICE, DAY, MONEY, NUMBER, PERCENT, TEXT, WHOLE, Column
from b2b_contracts.credit import workbooks
from b2b_contracts.credit.workbooks import Problem, Row
from b2b_contracts.engine import contract_terms as terms

CONTRACTS, PRICES, DISCOUNTS, BONUSES = "Contracts", "Prices", "Discounts", "Bonuses"
SERVICE_LEVELS, OBLIGATIONS, KEY_DATES, PARTIES = "Service levels", "Obligations", "Key dates", "Parties"
YES, NO = "Yes", "No"
OF = Column("number", TEXT, "The number of a contract on the sheet Contracts.", required=True)
VALID = (
	Column("valid_from", DAY, "Empty = from the start of the contract."),
	Column("valid_to", DAY, "Its last day; empty = to the end of the contract."),
)

SHEETS: dict[str, tuple[Column, ...]] = {
	CONTRACTS: (
		Column("number", TEXT, "The number that you know it by; it is imported once only.", required=True),
		Column("customer", TEXT, "The customer's ID, its tax ID, or its name.", required=True),
		Column("company", TEXT, "Empty = the company of the import; another is refused."),
		Column("type", TEXT, "A contract type, such as Frame Agreement.", required=True),
		Column("title", TEXT, "What people call it.", required=True),
		Column("start_date", DAY, "Its first day, however long ago.", required=True),
		Column("duration", CHOICE, "How it goes on.", required=True, choices=terms.DURATIONS),
		Column("initial_months", WHOLE, "Length of the first period; or enter first_end_date."),
		Column("first_end_date", DAY, "Last day of the first period, where a day was agreed."),
		Column("second_period_months", WHOLE, "Needed with a second period."),
		Column("renewal_months", WHOLE, "By how many months it renews itself."),
		Column("binding_end", DAY, "Nobody can end it before this day."),
		Column("notice_period", WHOLE, "Empty = none."),
		Column("notice_unit", CHOICE, "Empty = Days.", choices=terms.NOTICE_UNITS),
		Column("internal_lead_days", WHOLE, "Our own lead before the deadline; empty = the type's."),
		Column("signed_on", DAY, "Empty = it is not signed yet and becomes a draft."),
		Column("signed_by_us", TEXT, "Who signed for us."),
		Column("signed_by_customer", TEXT, "Who signed for the customer."),
		Column("signed_file", TEXT, "The name of the signed file, attached to the import. May be left out."),
		Column("notice_given_on", DAY, "Where notice was given or came in already; then with ends_on."),
		Column("notice_by", CHOICE, "Empty = Us.", choices=("Us", "Customer")),
		Column("ends_on", DAY, "Its last day, where notice was given."),
		Column("owner", TEXT, "E-mail of who answers for it; empty = you."),
		Column("account_manager", TEXT, "E-mail; empty = the customer's."),
		Column("confidentiality", CHOICE, "Empty = Internal.", choices=("Internal", "Confidential")),
		Column("form", CHOICE, "Empty = Standard.", choices=("Standard", "Tailored", "Counterparty Paper")),
		Column("about", TEXT, "What it is for."),
		Column("currency", TEXT, "Empty = the customer's, else the company's."),
		Column("annual_value", MONEY, "In its currency."),
		Column("total_value", MONEY, "In its currency."),
		Column(
			"price_model",
			CHOICE,
			"How prices are made.",
			choices=("Fixed", "Cost-plus", "Volume", "Pay-as-you-go", "Performance"),
		),
		Column("price_list", TEXT, "A price list for selling."),
		Column("price_adjustment_on", DAY, "When prices are adjusted next."),
		Column("price_adjustment_months", WHOLE, "And every so many months."),
		Column(
			"invoicing_frequency",
			CHOICE,
			"How often it is invoiced.",
			choices=("Per Delivery", "Weekly", "Monthly", "Quarterly", "Yearly"),
		),
		Column("payment_terms", TEXT, "A payment terms template, such as Net 30."),
		Column(
			"payment_counted_from",
			CHOICE,
			"Empty = Invoice Date.",
			choices=("Invoice Date", "Receipt of Invoice"),
		),
		Column("late_interest", PERCENT, "Per cent a year."),
		Column("incoterm", TEXT, "Such as DAP."),
		Column("named_place", TEXT, "The place of the incoterm."),
		Column("liability_cap", MONEY, "In its currency."),
		Column("liability_cap_percent", PERCENT, "Of the annual value."),
		Column("warranty_months", WHOLE, "How long we warrant."),
		Column("governing_law", TEXT, "A country, such as Denmark."),
		Column("venue", TEXT, "Where disputes are heard."),
		Column("confidentiality_years", WHOLE, "After its end; empty = the type's."),
		Column(
			"data_processing_agreement",
			CHOICE,
			"Whether one is needed, and signed.",
			choices=("Not Needed", "Needed", "Signed"),
		),
	),
	PRICES: (
		OF,
		Column("item", TEXT, "An item; or enter item_group."),
		Column("item_group", TEXT, "A group of items."),
		Column("rate", MONEY, "In the contract's currency.", required=True),
		Column("uom", TEXT, "The unit; empty = the item's."),
		Column("from_quantity", NUMBER, "From which quantity on."),
		*VALID,
	),
	DISCOUNTS: (
		OF,
		Column("item", TEXT, "An item; or enter item_group or price_list."),
		Column("item_group", TEXT, "A group of items."),
		Column("price_list", TEXT, "Everything on a price list."),
		Column("discount", PERCENT, "Off the list price.", required=True),
		Column("from_quantity", NUMBER, "From which quantity on."),
		*VALID,
	),
	BONUSES: (
		OF,
		Column("from_turnover", MONEY, "From which turnover on, in the contract's currency.", required=True),
		Column("bonus", PERCENT, "Of the turnover.", required=True),
		Column(
			"applies_to",
			CHOICE,
			"Empty = Turnover above the Step.",
			choices=("Whole Turnover", "Turnover above the Step"),
		),
		*VALID,
	),
	SERVICE_LEVELS: (
		OF,
		Column("service", TEXT, "What is measured.", required=True),
		Column("target", TEXT, "Such as 98 %.", required=True),
		Column("measured", CHOICE, "Empty = Monthly.", choices=("Monthly", "Quarterly", "Yearly")),
		Column("credit", PERCENT, "Credit when it is missed."),
		Column("exclusions", TEXT, "What does not count."),
	),
	OBLIGATIONS: (
		OF,
		Column("title", TEXT, "What has to be done.", required=True),
		Column("owed_by", CHOICE, "Empty = Us.", choices=("Us", "Customer")),
		Column("due_date", DAY, "By when.", required=True),
		Column("responsible", TEXT, "E-mail of who sees to it."),
		Column("acceptance", TEXT, "When it counts as done."),
		Column("done", CHOICE, "Empty = No.", choices=(YES, NO)),
	),
	KEY_DATES: (
		OF,
		Column("title", TEXT, "What is on that day.", required=True),
		Column("date", DAY, "The day.", required=True),
		Column("responsible", TEXT, "E-mail of who is reminded."),
	),
	PARTIES: (
		OF,
		Column("name", TEXT, "A party beside us and the customer.", required=True),
		Column(
			"role",
			CHOICE,
			"A Group Company that is a customer buys under this contract.",
			required=True,
			choices=("Group Company", "Guarantor", "Other"),
		),
		Column("customer", TEXT, "Its ID, tax ID or name, where it is a customer too."),
		Column("registration_number", TEXT, "Its number in the register."),
		Column("email", TEXT, "Where it is written to."),
	),
}
ABOUT = (
	"One row on the sheet Contracts for each contract; their prices, discounts and so on stand on the other sheets, by number.",
	"Contracts that run already are imported with the day on which they were signed; their dates go on from today.",
	"Dates are dates (2026-03-31), numbers are numbers without unit. Formulas are refused: paste values.",
	"Sheets and columns keep their names. Columns that you do not need may be deleted; delete no sheet that you fill in.",
	"Attach the workbook to a Contract Import and check it: every bad row and column is named, and nothing is written.",
)
# Where a column of a sheet goes, where it is not called so: the field of the contract, or of its row.
FIELDS = {
	CONTRACTS: {
		"number": "external_reference",
		"type": "contract_type",
		"duration": "duration_type",
		"owner": "contract_owner",
		"form": "contract_form",
		"about": "need",
		"payment_terms": "payment_terms_template",
		"payment_counted_from": "payment_reference_point",
		"late_interest": "late_interest_percent",
		"liability_cap": "liability_cap_amount",
		"ends_on": "terminated_on",
	},
	PRICES: {"item": "item_code"},
	DISCOUNTS: {"item": "item_code", "discount": "discount_percent"},
	BONUSES: {"bonus": "bonus_percent"},
	SERVICE_LEVELS: {"credit": "credit_percent"},
	OBLIGATIONS: {"done": "is_done"},
	KEY_DATES: {"date": "key_date"},
	PARTIES: {"name": "party_name", "role": "party_role"},
}
TABLES = {
	PRICES: "prices",
	DISCOUNTS: "discounts",
	BONUSES: "bonuses",
	SERVICE_LEVELS: "service_levels",
	OBLIGATIONS: "obligations",
	KEY_DATES: "key_dates",
	PARTIES: "parties",
}
# Columns that name another document, by what it is.
LINKS = {
	CONTRACTS: {
		"type": "Contract Type",
		"currency": "Currency",
		"price_list": "Price List",
		"payment_terms": "Payment Terms Template",
		"incoterm": "Incoterm",
		"governing_law": "Country",
	},
	PRICES: {"item": "Item", "item_group": "Item Group", "uom": "UOM"},
	DISCOUNTS: {"item": "Item", "item_group": "Item Group", "price_list": "Price List"},
}
PEOPLE = {
	CONTRACTS: ("owner", "account_manager"),
	OBLIGATIONS: ("responsible",),
	KEY_DATES: ("responsible",),
}


def template(rows: dict[str, list[dict]] | None = None) -> bytes:
	"""Return the workbook to fill in, with some rows where they are given."""
	return workbooks.template(SHEETS, rows, ABOUT)


def read(content: bytes) -> tuple[list[Row], list[Problem]]:
	"""Return the rows of a workbook, with those that have a bad cell, and everything that is wrong with its sheets and cells."""
	return workbooks.read(content, SHEETS, with_bad=True)
