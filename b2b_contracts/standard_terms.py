"""The standard terms of requirements §2, as plain data: what a new Credit Policy and a new site start with.

A user may edit or delete every record that is made of them; nothing here is ever written over one.
"""

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
	{"rule": "Forced Hold", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
	{"rule": "No Profile", "risk_class": "", "up_to": 0, "role": "Credit Manager"},
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
