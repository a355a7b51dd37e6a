"""The contracts that the demo company had before: one list that was imported, so that the page of a customer is full, and one that
still has faults to be named."""

from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts import contract_import_api as api
from b2b_contracts import contract_search_api as search
from b2b_contracts.contracts import import_workbook, importing
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say

FRAME = "NL-2022-017"


def take_over(made: Made) -> None:
	"""Import a list as a contract manager, and leave another one checked, with what is wrong with it."""
	name = _entered(made, "existing-contracts.xlsx", _list(made))
	with acting_as("freja"):
		api.check(name)
		api.start(name)
	made.keep()
	importing.run(name)
	faulty = _entered(made, "contracts-to-correct.xlsx", _faulty(made))
	with acting_as("freja"):
		api.check(faulty)
		search.save_view(
			"Frame agreements about lighting",
			"lighting",
			[["B2B Contract", "contract_type", "=", "Frame Agreement"]],
			is_shared=True,
		)
	made.keep()
	say("  a list of existing contracts imported, another one to correct")


def _entered(made: Made, file_name: str, rows: dict[str, list[dict]]) -> str:
	with acting_as("freja"):
		file = made.new("File", file_name=file_name, is_private=1, content=import_workbook.template(rows))
		return made.new(importing.DOCTYPE, company=data.COMPANY, file=file.file_url).name


def _day(months: int = 0, days: int = 0):
	return getdate(add_days(add_months(nowdate(), months), days))


def _list(made: Made) -> dict[str, list[dict]]:
	sundmark = made.names["customer:sundmark"]
	common = {"customer": sundmark, "owner": data.PERSON["sofie"].email, "currency": data.CURRENCY}
	frame = {
		**common,
		"number": FRAME,
		"type": "Frame Agreement",
		"title": "Lighting for all sites",
		"start_date": _day(-40),
		"duration": "Auto-renewing, second period",
		"initial_months": 24,
		"second_period_months": 24,
		"renewal_months": 12,
		"notice_period": 3,
		"notice_unit": "Months to month end",
		"internal_lead_days": 30,
		"signed_on": _day(-41),
		"signed_by_us": "Birgit Skov",
		"signed_by_customer": "Hans Mølgaard",
		"annual_value": 920_000,
		"about": "Lighting for the waterworks and pumping stations, on call-off.",
		"price_model": "Volume",
		"price_adjustment_on": _day(5),
		"price_adjustment_months": 12,
		"invoicing_frequency": "Monthly",
		"payment_terms": "Net 30",
		"payment_counted_from": "Receipt of Invoice",
		"late_interest": 9.5,
		"incoterm": "DAP",
		"named_place": "Roskilde",
		"liability_cap": 2_000_000,
		"warranty_months": 60,
		"governing_law": "Denmark",
		"venue": "Sø- og Handelsretten, København",
		"confidentiality_years": 3,
	}
	old = {
		**common,
		"number": "NL-2019-004",
		"type": "Service Agreement",
		"title": "Maintenance of the emergency lighting",
		"start_date": _day(-60),
		"duration": "Fixed",
		"initial_months": 48,
		"signed_on": _day(-61),
		"annual_value": 140_000,
	}
	return {
		import_workbook.CONTRACTS: [frame, old],
		import_workbook.PRICES: [
			{"number": FRAME, "item": "NL-1030", "rate": 590, "from_quantity": 50},
			{"number": FRAME, "item": "NL-1030", "rate": 560, "from_quantity": 200},
			{"number": FRAME, "item": "NL-1040", "rate": 990, "valid_to": _day(6)},
		],
		import_workbook.DISCOUNTS: [
			{"number": FRAME, "item_group": "Electrical", "discount": 8, "valid_to": _day(3)},
		],
		import_workbook.BONUSES: [
			{"number": FRAME, "from_turnover": 1_000_000, "bonus": 1.5},
			{"number": FRAME, "from_turnover": 1_500_000, "bonus": 2.5},
		],
		import_workbook.SERVICE_LEVELS: [
			{
				"number": FRAME,
				"service": "Delivery on the day that was confirmed",
				"target": "97 %",
				"measured": "Quarterly",
				"credit": 2,
				"exclusions": "Orders over 200 pieces",
			},
			{"number": FRAME, "service": "Replacement of a faulty lamp", "target": "2 working days"},
		],
		import_workbook.OBLIGATIONS: [
			{
				"number": FRAME,
				"title": "Forecast for the next half-year",
				"owed_by": "Customer",
				"due_date": _day(0, 20),
				"responsible": data.PERSON["sofie"].email,
			}
		],
		import_workbook.KEY_DATES: [
			{"number": FRAME, "title": "Tender of the region opens", "date": _day(2)}
		],
	}


def _faulty(made: Made) -> dict[str, list[dict]]:
	good = {
		"customer": made.names["customer:fjordlund"],
		"type": "Service Agreement",
		"duration": "Fixed",
		"initial_months": 24,
		"start_date": _day(-6),
		"signed_on": _day(-6),
	}
	return {
		import_workbook.CONTRACTS: [
			{**good, "number": "NL-2024-031", "title": "Service of the crane lights"},
			{
				**good,
				"number": "NL-2024-032",
				"title": "Service of the gates",
				"customer": "Fjordlund and Krag",
			},
			{**good, "number": "NL-2024-031", "title": "Service of the ramps", "annual_value": "125.000,00"},
			{
				**good,
				"number": "NL-2024-033",
				"title": "Inspection",
				"type": "Serviceaftale",
				"first_end_date": _day(-9),
				"initial_months": None,
			},
		],
		import_workbook.PRICES: [{"number": "NL-2024-099", "item": "NL-1010", "rate": 400}],
	}
