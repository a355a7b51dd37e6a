"""The contract types that a new site starts with, as plain data (requirements §6). A user may edit or delete each of them."""

_APPROVALS = (
	{"role": "Contract Manager", "over_value": 0, "over_months": 0},
	{"role": "Finance Director", "over_value": 2_000_000, "over_months": 36, "on_deviation": "Must"},
	{"role": "CFO", "over_value": 10_000_000, "over_months": 60},
)


def _controls(*names: str) -> list[dict]:
	return [{"control": name, "is_required": 1} for name in names]


def _reviews(*rows: tuple[str, int]) -> list[dict]:
	"""Functions that look at contracts within so many working days. Whether one has to agree is for each company to say."""
	return [{"review_function": function, "days": days, "is_required": 0} for function, days in rows]


CONTRACT_TYPES = (
	{
		"type_name": "Frame Agreement",
		"description": "Prices, terms and service for everything that a customer orders over some years.",
		"duration_type": "Auto-renewing",
		"initial_months": 36,
		"renewal_months": 12,
		"notice_period": 90,
		"notice_unit": "Days",
		"internal_lead_days": 30,
		"renegotiation_days": 60,
		"confidentiality_years": 3,
		"required_fields": "annual_value, payment_terms_template, governing_law",
		"approvals": _APPROVALS,
		"reviews": _reviews(("Legal", 5), ("Finance", 5)),
		"controls": _controls("Sanctions screening", "Signing authority", "Insurance certificate"),
	},
	{
		"type_name": "Service Agreement",
		"description": "Services with levels that are measured.",
		"duration_type": "Auto-renewing",
		"initial_months": 12,
		"renewal_months": 12,
		"notice_period": 3,
		"notice_unit": "Months to month end",
		"internal_lead_days": 30,
		"renegotiation_days": 60,
		"confidentiality_years": 3,
		"required_fields": "annual_value, governing_law, data_processing_agreement",
		"approvals": _APPROVALS,
		"reviews": _reviews(("Legal", 5), ("Technology", 5)),
		"controls": _controls("Sanctions screening", "Signing authority", "Data processing"),
	},
	{
		"type_name": "Project Contract",
		"description": "One delivery with milestones and an end.",
		"duration_type": "Fixed",
		"initial_months": 12,
		"notice_period": 30,
		"notice_unit": "Days",
		"internal_lead_days": 14,
		"confidentiality_years": 5,
		"required_fields": "total_value, governing_law, incoterm",
		# A delivery that fails costs what we are liable for, whatever it is worth.
		"approvals": (*_APPROVALS, {"role": "Finance Director", "over_liability_cap": 5_000_000}),
		"reviews": _reviews(("Legal", 5), ("Operations", 5)),
		"controls": _controls("Sanctions screening", "Signing authority", "Insurance certificate"),
	},
	{
		"type_name": "Confidentiality Agreement",
		"description": "What both parties keep to themselves before there is a contract.",
		"duration_type": "Fixed",
		"initial_months": 24,
		"notice_period": 30,
		"notice_unit": "Days",
		"internal_lead_days": 7,
		"confidentiality_years": 5,
		"required_fields": "governing_law",
		"approvals": ({"role": "Contract Manager", "over_value": 0, "over_months": 0},),
		"controls": _controls("Signing authority"),
	},
)
