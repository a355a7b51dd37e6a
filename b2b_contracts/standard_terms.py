"""The standard terms of requirements §2, as plain data: what a new Credit Policy and a new site start with.

A user may edit or delete every record that is made of them; nothing here is ever written over one.
"""

from b2b_contracts.engine.security import (
	ADVANCE_PAYMENT_GUARANTEE,
	BANK_GUARANTEE,
	CASH_DEPOSIT,
	CREDIT_INSURANCE,
	FACTORING,
	GIVEN_AWAY,
	INVOICE_DISCOUNTING,
	PARENT_GUARANTEE,
	PERFORMANCE_GUARANTEE,
	RECEIVED,
	RETENTION_OF_TITLE,
	STANDARD_TYPES,
	STANDBY_LETTER_OF_CREDIT,
	SUPPLY_CHAIN_FINANCE,
)

# (from %, up to %; 0 = no upper end), role by risk class A, B, C
_BANDS = (
	((0, 10), ("Sales Manager", "Credit Manager", "Finance Director")),
	((10, 25), ("Credit Manager", "Finance Director", "CFO")),
	((25, 0), ("Finance Director", "CFO", "Board")),
)
# In the lowest band of class C a guarantee stands beside the Finance Director.
_SECURED_CELL = ("C", 0)

APPROVAL_MATRIX = tuple(
	{
		"risk_class": risk_class,
		"from_percent": lower,
		"to_percent": upper,
		"role": role,
		"security_required": int((risk_class, lower) == _SECURED_CELL),
	}
	for (lower, upper), roles in _BANDS
	for risk_class, role in zip("ABC", roles, strict=True)
)

RULE_ROLES = (
	{"rule": "Limit Use", "risk_class": "", "up_to": 0, "role": "Credit Controller"},
	{"rule": "Limit Use", "risk_class": "A", "up_to": 0, "role": "Sales Manager"},
	{"rule": "Group Limit", "risk_class": "", "up_to": 0, "role": "Credit Controller"},
	{"rule": "Group Limit", "risk_class": "A", "up_to": 0, "role": "Sales Manager"},
	{"rule": "Overdue Items", "risk_class": "", "up_to": 0, "role": "Credit Controller"},
	{"rule": "Overdue Items", "risk_class": "A", "up_to": 0, "role": "Sales Manager"},
	{"rule": "Payment Terms", "risk_class": "", "up_to": 7, "role": "Account Manager"},
	{"rule": "Payment Terms", "risk_class": "", "up_to": 30, "role": "Credit Manager"},
	{"rule": "Payment Terms", "risk_class": "", "up_to": 0, "role": "CFO"},
	{"rule": "Missing PO", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Limit Review", "risk_class": "", "up_to": 0, "role": "Credit Controller"},
	{"rule": "Prepayment", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Security", "risk_class": "", "up_to": 0, "role": "CFO"},
	{"rule": "Credit Stop: Balance", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Credit Stop: Rating", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Delivery: Limit", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Delivery: Age", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Delivery: Dunning", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Delivery: Dispute", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Delivery: Insurance", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Forced Hold", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "No Profile", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "Negative List", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
)

WORKDAY = {"workday_start": "08:00:00", "workday_end": "16:00:00"}

AMOUNT_ESCALATION = ({"amount_over_limit": 2_000_000, "role": "CFO"},)

# Up to which measure a role may give something away; 0 = no end. What anybody may do, every higher role may.
# A security that somebody else stands for is released by the CFO, our own precautions by a Credit Manager.
_OWN_PRECAUTIONS = ("Credit Insurance", "Retention of Title", "Factoring")
MANDATES = tuple(
	{"action": action, "kind": kind, "role": role, "up_to": up_to, "is_below": int(is_below)}
	for action, kind, role, up_to, is_below in (
		("Cash Discount", "", "Account Manager", 5, False),
		("Cash Discount", "", "CFO", 0, False),
		("Collection Hand-over", "", "Credit Manager", 500_000, False),
		("Collection Hand-over", "", "Finance Director", 2_000_000, False),
		("Collection Hand-over", "", "CFO", 0, False),
		("Due Date Change", "", "Account Manager", 7, False),
		("Due Date Change", "", "Credit Manager", 30, False),
		("Due Date Change", "", "CFO", 0, False),
		("Fee Waiver", "", "Credit Manager", 5_000, True),
		("Fee Waiver", "", "CFO", 0, False),
		("Interest Waiver", "", "CFO", 0, False),
		("Limit on the Ladder", "", "Credit Controller", 0, False),
		("Limit beyond the Ladder", "", "Credit Manager", 0, False),
		("Payment Plan", "", "Credit Manager", 60, False),
		("Payment Plan", "", "CFO", 0, False),
		("Quarterly Payment Plan", "", "CFO", 0, False),
		("Security Release", "", "CFO", 0, False),
		*(("Security Release", kind, "Credit Manager", 0, False) for kind in _OWN_PRECAUTIONS),
		("Write-off", "", "Credit Manager", 10_000, False),
		("Write-off", "", "Finance Director", 100_000, False),
		("Write-off", "", "CFO", 1_000_000, False),
		("Write-off", "", "Board", 0, False),
	)
)

# When an order takes security (§2.6): from which score, share or days on, and for which share of the order.
SECURITY_DEMANDS = (
	{"what": "Score", "threshold": 40, "percent": 100},
	{"what": "Own Equity", "threshold": 5, "percent": 50},
	{"what": "Annual Spend", "threshold": 20, "percent": 50},
	{"what": "Default", "threshold": 30, "percent": 100},
	{"what": "Made to Order", "threshold": 0, "percent": 50},
)

# The types of security of requirements §2.6, created once: cover, conditions, and what each is for.
SECURITY_TYPES = tuple(
	{
		"type_name": name,
		"direction": GIVEN_AWAY if name in (PERFORMANCE_GUARANTEE, ADVANCE_PAYMENT_GUARANTEE) else RECEIVED,
		"cover_percent": {CREDIT_INSURANCE: 90, PARENT_GUARANTEE: 50, RETENTION_OF_TITLE: 0}.get(name, 100),
		"description": description,
		**{
			field: getattr(STANDARD_TYPES[name], field) for field in STANDARD_TYPES[name].__dataclass_fields__
		},
	}
	for name, description in (
		(
			BANK_GUARANTEE,
			"A bank pays when the customer does not: a payment guarantee, unconditional and on demand.",
		),
		(STANDBY_LETTER_OF_CREDIT, "A stand-by letter of credit of a bank, unconditional and on demand."),
		(CREDIT_INSURANCE, "The buyer limit of a credit insurance."),
		(PARENT_GUARANTEE, "The customer's parent company pays when the customer does not."),
		(RETENTION_OF_TITLE, "Goods stay ours until they are paid. In some countries it must be registered."),
		(FACTORING, "Debts sold to a factor, up to the limit that the factor has for this customer."),
		(INVOICE_DISCOUNTING, "Named invoices sold to a bank."),
		(CASH_DEPOSIT, "Money of the customer that we hold."),
		(SUPPLY_CHAIN_FINANCE, "The customer's bank pays early. Kept as data, it covers nothing."),
		(PERFORMANCE_GUARANTEE, "Given by us: the customer can call it when we do not perform."),
		(ADVANCE_PAYMENT_GUARANTEE, "Given by us: the customer can call back an advance."),
	)
)

# name, days after the invoice date
PAYMENT_TERMS = (("Net 14", 14), ("Net 30", 30), ("Net 45", 45), ("Prepayment", 0))

SEGMENTS = (
	{
		"segment_code": "A",
		"title": "Strategic and solid",
		"default_risk_class": "A",
		"limit_basis": "Percent of Expected Revenue",
		"limit_percent": 100,
		"limit_months": 3,
		"default_level": 3,
		"levels": (
			{"level": 1, "percent_of_base": 50},
			{"level": 2, "percent_of_base": 75},
			{"level": 3, "percent_of_base": 100},
		),
		"payment_terms_template": "Net 45",
		"review_months": 3,
		"target_dso": 45,
	},
	{
		"segment_code": "B",
		"title": "Growing",
		"default_risk_class": "B",
		"limit_basis": "Percent of Expected Revenue",
		"limit_percent": 50,
		"limit_months": 2,
		"default_level": 1,
		"levels": ({"level": 1, "percent_of_base": 100}, {"level": 2, "percent_of_base": 150}),
		"payment_terms_template": "Net 30",
		"review_months": 6,
		"target_dso": 30,
	},
	{
		"segment_code": "C",
		"title": "Standard",
		"default_risk_class": "B",
		"limit_basis": "Fixed Amount",
		"limit_amount": 100_000,
		"default_level": 1,
		"levels": ({"level": 1, "percent_of_base": 100},),
		"payment_terms_template": "Net 14",
		"review_months": 6,
		"target_dso": 20,
	},
	{
		"segment_code": "D",
		"title": "High risk",
		"default_risk_class": "C",
		"limit_basis": "Percent of Order",
		"limit_percent": 25,
		"limit_amount": 100_000,
		"prepayment_percent": 100,
		"default_level": 1,
		"levels": ({"level": 1, "percent_of_base": 0}, {"level": 2, "percent_of_base": 100}),
		"payment_terms_template": "Prepayment",
		"review_months": 3,
		"target_dso": 10,
	},
)

# Expected so many days from the order's delivery date; what is paid before delivery keeps the goods back until it is.
MILESTONE_TEMPLATE = {
	"template_name": "Design, test, delivery, commissioning",
	"is_default": 1,
	"days_to_pay": 14,
	"milestones": [
		{
			"title": title,
			"share": share,
			"days_from_delivery": days,
			"acceptance_needed": int(title != "Delivery"),
			"before_delivery": int(days < 0),
		}
		for title, share, days in (
			("Design", 30, -60),
			("Acceptance test", 30, -14),
			("Delivery", 30, 0),
			("Commissioning", 10, 30),
		)
	],
}

# No list is shipped: which countries are embargoed is for a Compliance Officer to say.
SANCTIONS_LIST = {"list_name": "Embargoed countries", "list_type": "Countries", "threshold": 90, "active": 1}
