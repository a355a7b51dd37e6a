"""The law of requirements §3.1 as plain data: what a new site's jurisdictions and reference rates start with.

A user may edit or delete every record that is made of it; nothing here is ever written over one. A figure that nobody has
checked against its source is marked so (`is_confirmed` 0) until somebody has. None of this is legal advice.
"""

from b2b_contracts.engine import dunning_law as law

DENMARK, NORWAY, SWEDEN, EU = "Denmark", "Norway", "Sweden", "EU default"

_DK_FEES = "Renteloven § 9 b"
_DK_COMPENSATION = "Renteloven § 9 a and BEK 105/2013"
_DK_INTEREST = "Renteloven §§ 3 and 5"
_NO_FEES = "Inkassoforskriften §§ 1-2 and 1-3"
_NO_COMPENSATION = "Forsinkelsesrenteloven § 3 a"
_SE_FEES = "Lag (1981:739) and förordning (1981:1057)"
_SE_COMPENSATION = "Lag (1981:739) § 3 a"
_EU = "Directive 2011/7/EU"
_HOUSE = "House rule, stricter than the law"
_UNCHECKED = "To be checked"


def _row(rule: str, value: str, valid_from: str, source: str, is_confirmed: int = 1) -> dict:
	return {
		"rule": rule,
		"value": value,
		"valid_from": valid_from,
		"source": source,
		"is_confirmed": is_confirmed,
	}


JURISDICTIONS = (
	{
		"jurisdiction_name": DENMARK,
		"country": "Denmark",
		"currency": "DKK",
		"day_count": "Actual/365",
		"reference_name": "Danmarks Nationalbank, official lending rate",
		"rules": [
			_row(law.REMINDER_FEE, "100", "2013-03-01", _DK_FEES),
			_row(law.FEES_PER_CLAIM, "3", "2013-03-01", _DK_FEES),
			_row(law.FEES_PER_ARREARS, "3", "2013-03-01", _HOUSE),
			_row(law.DAYS_BETWEEN_FEES, "10", "2013-03-01", _DK_FEES),
			_row(law.FEE_TOO_SOON, law.DROP_FEE, "2013-03-01", _HOUSE),
			_row(law.FEE_IN_WRITING, "Yes", "2013-03-01", _DK_FEES),
			_row(law.FEE_WITH_VAT, "No", "2013-03-01", _DK_FEES),
			_row(law.FEE_AFTER_BROKEN_PLAN, "No", "2013-03-01", _HOUSE),
			_row(law.HAND_OVER_FEE, "100", "2013-03-01", _DK_FEES),
			_row(law.COMPENSATION, "310", "2013-03-01", _DK_COMPENSATION),
			_row(law.COMPENSATION_ONCE_PER, law.ARREARS, "2013-03-01", _DK_COMPENSATION),
			_row(law.COMPENSATION_AND_FEES, law.ADDED, "2013-03-01", _DK_COMPENSATION),
			_row(law.COMPENSATION_FROM_PUBLIC_SECTOR, "No", "2013-03-01", _HOUSE),
			_row(law.DAYS_TO_PAY, "10", "2013-03-01", _HOUSE),
			_row(law.DAYS_BEFORE_COLLECTION, "10", "2013-03-01", "Inkassoloven § 10"),
			_row(law.INTEREST_MARGIN, "8", "2013-03-01", _DK_INTEREST),
			_row(law.DAYS_TO_INTEREST, "30", "2013-03-01", _DK_INTEREST),
			_row(law.LONGEST_TERMS, "60", "2013-03-01", "Renteloven § 3 b"),
			_row(law.LONGEST_ACCEPTANCE, "30", "2013-03-01", "Renteloven § 3 b"),
			_row(law.LIMITATION, "3", "2013-03-01", "Forældelsesloven § 3"),
			_row(law.LIMITATION_ACKNOWLEDGED, "10", "2013-03-01", "Forældelsesloven § 5"),
			_row(law.LIMITATION_JUDGMENT, "10", "2013-03-01", "Forældelsesloven §§ 5 and 19"),
			_row(law.LIMITATION_NO_JUDGMENT, "1", "2013-03-01", "Forældelsesloven § 21", 0),
		],
	},
	{
		"jurisdiction_name": NORWAY,
		"country": "Norway",
		"currency": "NOK",
		"day_count": "Actual/365",
		"reference_name": "Norges Bank, policy rate",
		"rules": [
			_row(law.REMINDER_FEE, "35", "2024-01-01", _NO_FEES),
			_row(law.FEES_PER_CLAIM, "2", "2024-01-01", _NO_FEES),
			_row(law.DAYS_BEFORE_FEE, "14", "2024-01-01", _NO_FEES),
			_row(law.FEE_TOO_SOON, law.DROP_FEE, "2024-01-01", _HOUSE),
			_row(law.FEE_IN_WRITING, "Yes", "2024-01-01", _NO_FEES),
			_row(law.FEE_WITH_VAT, "No", "2024-01-01", _UNCHECKED, 0),
			_row(law.FEE_AFTER_BROKEN_PLAN, "No", "2024-01-01", _HOUSE),
			_row(law.COMPENSATION, "470", "2024-01-01", _NO_COMPENSATION),
			_row(law.COMPENSATION_ONCE_PER, law.CLAIM, "2024-01-01", _UNCHECKED, 0),
			_row(law.COMPENSATION_AND_FEES, law.DEDUCTED, "2024-01-01", _NO_COMPENSATION),
			_row(law.COMPENSATION_FROM_PUBLIC_SECTOR, "No", "2024-01-01", _HOUSE),
			_row(law.DAYS_TO_PAY, "14", "2024-01-01", _NO_FEES),
			_row(law.DAYS_BEFORE_COLLECTION, "14", "2024-01-01", "Inkassoloven § 9"),
			_row(law.INTEREST_MARGIN, "8", "2024-01-01", "Forsinkelsesrenteloven § 3"),
			_row(law.DAYS_TO_INTEREST, "30", "2024-01-01", _UNCHECKED, 0),
			_row(law.LONGEST_TERMS, "60", "2024-01-01", _EU, 0),
			_row(law.LONGEST_ACCEPTANCE, "30", "2024-01-01", _EU, 0),
			_row(law.LIMITATION, "3", "2024-01-01", _UNCHECKED, 0),
			_row(law.LIMITATION_ACKNOWLEDGED, "3", "2024-01-01", _UNCHECKED, 0),
			_row(law.LIMITATION_JUDGMENT, "10", "2024-01-01", _UNCHECKED, 0),
		],
	},
	{
		"jurisdiction_name": SWEDEN,
		"country": "Sweden",
		"currency": "SEK",
		"day_count": "Actual/365",
		"reference_name": "Sveriges Riksbank, reference rate",
		"rules": [
			_row(law.REMINDER_FEE, "60", "2013-03-16", _SE_FEES),
			_row(law.FEE_NEEDS_AGREEMENT, "Yes", "2013-03-16", _SE_FEES),
			_row(law.FEES_PER_CLAIM, "1", "2013-03-16", _HOUSE),
			_row(law.FEE_IN_WRITING, "Yes", "2013-03-16", _SE_FEES),
			_row(law.FEE_WITH_VAT, "No", "2013-03-16", _UNCHECKED, 0),
			_row(law.FEE_AFTER_BROKEN_PLAN, "No", "2013-03-16", _HOUSE),
			_row(law.DEMAND_FEE, "180", "2013-03-16", _SE_FEES),
			_row(law.PLAN_FEE, "170", "2013-03-16", _SE_FEES),
			_row(law.COMPENSATION, "450", "2013-03-16", _SE_COMPENSATION),
			_row(law.COMPENSATION_ONCE_PER, law.CLAIM, "2013-03-16", _UNCHECKED, 0),
			_row(law.COMPENSATION_AND_FEES, law.ABSORBED, "2013-03-16", _SE_COMPENSATION),
			_row(law.COMPENSATION_FROM_PUBLIC_SECTOR, "No", "2013-03-16", _HOUSE),
			_row(law.DAYS_TO_PAY, "10", "2013-03-16", _UNCHECKED, 0),
			_row(law.DAYS_BEFORE_COLLECTION, "10", "2013-03-16", _UNCHECKED, 0),
			_row(law.INTEREST_MARGIN, "8", "2013-03-16", "Räntelagen § 6"),
			_row(law.DAYS_TO_INTEREST, "30", "2013-03-16", "Räntelagen § 4", 0),
			_row(law.LONGEST_TERMS, "60", "2013-03-16", _EU, 0),
			_row(law.LONGEST_ACCEPTANCE, "30", "2013-03-16", _EU, 0),
			_row(law.LIMITATION, "10", "2013-03-16", _UNCHECKED, 0),
			_row(law.LIMITATION_ACKNOWLEDGED, "10", "2013-03-16", _UNCHECKED, 0),
			_row(law.LIMITATION_JUDGMENT, "10", "2013-03-16", _UNCHECKED, 0),
		],
	},
	{
		"jurisdiction_name": EU,
		"is_default": 1,
		"currency": "EUR",
		"day_count": "Actual/365",
		"reference_name": "European Central Bank, main refinancing operations",
		"rules": [
			_row(law.COMPENSATION, "40", "2013-03-16", f"{_EU} Art. 6"),
			_row(law.COMPENSATION_ONCE_PER, law.CLAIM, "2013-03-16", _UNCHECKED, 0),
			_row(law.COMPENSATION_AND_FEES, law.ABSORBED, "2013-03-16", f"{_EU} Art. 6"),
			_row(law.COMPENSATION_FROM_PUBLIC_SECTOR, "No", "2013-03-16", _HOUSE),
			_row(law.FEE_NEEDS_AGREEMENT, "Yes", "2013-03-16", _UNCHECKED, 0),
			_row(law.FEE_WITH_VAT, "No", "2013-03-16", _UNCHECKED, 0),
			_row(law.FEE_AFTER_BROKEN_PLAN, "No", "2013-03-16", _HOUSE),
			_row(law.DAYS_TO_PAY, "10", "2013-03-16", _UNCHECKED, 0),
			_row(law.DAYS_BEFORE_COLLECTION, "14", "2013-03-16", _UNCHECKED, 0),
			_row(law.INTEREST_MARGIN, "8", "2013-03-16", f"{_EU} Art. 2"),
			_row(law.DAYS_TO_INTEREST, "30", "2013-03-16", f"{_EU} Art. 3", 0),
			_row(law.LONGEST_TERMS, "60", "2013-03-16", f"{_EU} Art. 3"),
			_row(law.LONGEST_ACCEPTANCE, "30", "2013-03-16", f"{_EU} Art. 3"),
			_row(law.LIMITATION, "3", "2013-03-16", _UNCHECKED, 0),
			_row(law.LIMITATION_ACKNOWLEDGED, "3", "2013-03-16", _UNCHECKED, 0),
			_row(law.LIMITATION_JUDGMENT, "10", "2013-03-16", _UNCHECKED, 0),
		],
	},
)


def _rates(jurisdiction: str, source: str, confirmed: dict, unconfirmed: dict) -> list[dict]:
	return [
		{
			"jurisdiction": jurisdiction,
			"valid_from": valid_from,
			"percent": percent,
			"is_confirmed": is_confirmed,
			"source": source,
		}
		for rates, is_confirmed in ((confirmed, 1), (unconfirmed, 0))
		for valid_from, percent in rates.items()
	]


# Reference rates alone: what the law adds is the jurisdiction's. Those of Denmark and Norway are the totals of the
# requirements less 8; those of Sweden and the ECB are public figures that nobody here has checked.
REFERENCE_RATES = (
	*_rates(
		DENMARK,
		"Danmarks Nationalbank",
		{
			"2021-01-01": 0.05,
			"2021-07-01": -0.35,
			"2022-01-01": -0.45,
			"2022-07-01": -0.45,
			"2023-01-01": 1.90,
			"2023-07-01": 3.25,
			"2024-01-01": 3.75,
		},
		{"2024-07-01": 3.50, "2025-01-01": 2.75, "2025-07-01": 1.75},
	),
	*_rates(NORWAY, "Norges Bank", {"2024-01-01": 4.50, "2024-07-01": 4.50, "2025-01-01": 4.50}, {}),
	*_rates(
		SWEDEN,
		"Sveriges Riksbank",
		{},
		{
			"2022-01-01": 0.0,
			"2022-07-01": 0.50,
			"2023-01-01": 2.50,
			"2023-07-01": 3.50,
			"2024-01-01": 4.00,
			"2024-07-01": 4.00,
		},
	),
	*_rates(
		EU,
		"European Central Bank",
		{},
		{"2023-07-01": 4.00, "2024-01-01": 4.50, "2024-07-01": 4.25, "2025-01-01": 3.15},
	),
)
