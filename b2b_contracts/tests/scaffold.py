"""The world that the site tests live in: a company of their own with accounts, stock, people and an active policy.

Made once per site by public documents and committed; the second run finds everything and takes no time. Nothing
of the site's other companies is touched. What a test makes itself is rolled back when the test ends.
"""

import frappe
from frappe.utils import add_years, get_first_day, get_last_day, get_year_start, getdate, nowdate

from b2b_contracts.tests.compat import IntegrationTestCase

COMPANY = "B2B Test A/S"
ABBR = "B2BT"
SECOND_COMPANY = "B2B Test Norge"
SECOND_ABBR = "B2BN"
WAREHOUSE = f"Stores - {ABBR}"
WIDGET = "B2B-WIDGET"
SERVICE = "B2B-SERVICE"
PRICE_LIST = "B2B Test Selling"
VAT_TEMPLATE = f"B2B VAT 25 - {ABBR}"
BANK = f"B2B Bank - {ABBR}"
SECURITY_FILE = "b2b-test-security.txt"

USERS = {
	"seller1": ("Sales User", "Account Manager"),
	"seller2": ("Sales User", "Account Manager"),
	"sales_manager": ("Sales User", "Sales Manager"),
	"controller": ("Credit Controller", "Accounts User"),
	"credit_manager": ("Credit Manager", "Accounts User"),
	"finance_director": ("Finance Director", "Accounts Manager"),
	"cfo": ("CFO", "Accounts Manager"),
	"board": ("Board",),
	"collector": ("Collector", "Accounts User"),
	"auditor": ("Credit Auditor",),
	"accounts_user": ("Accounts User",),
	"stock_user": ("Stock User",),
	"contract_manager": ("Contract Manager",),
	"compliance_officer": ("Compliance Officer",),
}
# Sales Person and who stands under whom: (user, Sales Person, its group)
SALES_TREE = (
	("sales_manager", "B2BT Head of Sales", None),
	("seller1", "B2BT Seller One", "B2BT Head of Sales"),
	("seller2", "B2BT Seller Two", "B2BT Head of Sales"),
)


def email_of(name: str) -> str:
	"""Return the log-in of one of USERS ("seller1"); anything with an @ is one already."""
	return name if "@" in name or name in ("Administrator", "Guest") else f"{name}@b2b-test.example.com"


def sales_person_of(name: str) -> str:
	"""Return the Sales Person of one of the sellers in USERS."""
	return next(person for user, person, _group in SALES_TREE if user == name)


class SiteTestCase(IntegrationTestCase):
	"""A test on the site. Each test starts as Administrator and is rolled back, so make what you need in `setUp`."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		frappe.set_user("Administrator")
		# Frappe lets sixty users be made an hour; the tests of all roles make more.
		frappe.local.conf.throttle_user_limit = 10_000
		ensure_world()
		_policy_as_made()

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		frappe.clear_messages()
		_policy_as_made()

	def tearDown(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		super().tearDown()

	def messages(self) -> str:
		"""Return the text of all messages shown so far."""
		return " ".join(str(message.get("message")) for message in frappe.get_message_log())


def ensure_world() -> None:
	"""Make what is missing of the world, and commit it."""
	steps = (
		_masters_of_erpnext,
		_fiscal_years,
		_company,
		_bank,
		_vat,
		_price_list,
		_items,
		_stock,
		_users,
		_sales_tree,
		_security_file,
		_policy,
	)
	for step in steps:
		step()
	frappe.db.commit()


def ensure_second_company() -> str:
	"""Make a Norwegian company with its own active policy, and an exchange rate to the first; returns its name."""
	if not frappe.db.exists("Company", SECOND_COMPANY):
		_make_company(SECOND_COMPANY, SECOND_ABBR, "Norway", "NOK")
	for source, target, rate in (("NOK", "DKK", 0.64), ("DKK", "NOK", 1.5625)):
		_exchange_rate(source, target, rate)
	_policy_of(SECOND_COMPANY)
	frappe.db.commit()
	return SECOND_COMPANY


# ------------------------------------------------------------------ the steps
def _masters_of_erpnext() -> None:
	"""What ERPNext's setup wizard brings: groups, territories, units, modes of payment."""
	if not frappe.db.exists("Customer Group", {"is_group": 0}) or not frappe.db.exists(
		"Territory", {"is_group": 0}
	):
		from erpnext.setup.setup_wizard.operations import install_fixtures

		install_fixtures.install("Denmark")
	frappe.db.set_value("Currency", {"name": ("in", ("DKK", "NOK", "EUR"))}, "enabled", 1)


def _fiscal_years() -> None:
	"""A calendar year from three years back to next year, where the site has none."""
	today = getdate(nowdate())
	for offset in range(-3, 2):
		start = get_year_start(add_years(today, offset))
		covered = frappe.get_all(
			"Fiscal Year",
			filters={"year_start_date": ("<=", start), "year_end_date": (">=", start), "disabled": 0},
			limit=1,
		)
		if not covered:
			frappe.get_doc(
				{
					"doctype": "Fiscal Year",
					"year": str(start.year),
					"year_start_date": start,
					"year_end_date": get_last_day(get_first_day(start.replace(month=12))),
				}
			).insert()


def _company() -> None:
	if not frappe.db.exists("Company", COMPANY):
		_make_company(COMPANY, ABBR, "Denmark", "DKK")


def _make_company(name: str, abbr: str, country: str, currency: str) -> None:
	frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": name,
			"abbr": abbr,
			"country": country,
			"default_currency": currency,
			"create_chart_of_accounts_based_on": "Standard Template",
			"chart_of_accounts": "Standard",
		}
	).insert()


def _bank() -> None:
	if not frappe.db.exists("Account", BANK):
		_make_account("B2B Bank", {"account_type": "Bank", "is_group": 1}, account_type="Bank")


def _vat() -> None:
	if not frappe.db.exists("Account", f"B2B VAT - {ABBR}"):
		_make_account(
			"B2B VAT", {"account_name": "Duties and Taxes", "is_group": 1}, account_type="Tax", tax_rate=25
		)
	if not frappe.db.exists("Sales Taxes and Charges Template", VAT_TEMPLATE):
		frappe.get_doc(
			{
				"doctype": "Sales Taxes and Charges Template",
				"title": "B2B VAT 25",
				"company": COMPANY,
				"taxes": [
					{
						"charge_type": "On Net Total",
						"account_head": f"B2B VAT - {ABBR}",
						"description": "VAT 25 %",
						"rate": 25,
					}
				],
			}
		).insert()


def _make_account(name: str, parent: dict, **fields) -> None:
	frappe.get_doc(
		{
			"doctype": "Account",
			"account_name": name,
			"company": COMPANY,
			"parent_account": frappe.db.get_value("Account", {"company": COMPANY, **parent}),
			**fields,
		}
	).insert()


def _price_list() -> None:
	if not frappe.db.exists("Price List", PRICE_LIST):
		frappe.get_doc(
			{
				"doctype": "Price List",
				"price_list_name": PRICE_LIST,
				"currency": "DKK",
				"selling": 1,
				"enabled": 1,
			}
		).insert()


def _items() -> None:
	for code, is_stock in ((WIDGET, 1), (SERVICE, 0)):
		if frappe.db.exists("Item", code):
			continue
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": code,
				"item_name": code,
				"item_group": frappe.db.get_value("Item Group", {"is_group": 0}),
				"stock_uom": "Nos",
				"is_stock_item": is_stock,
				"item_defaults": [{"company": COMPANY, "default_warehouse": WAREHOUSE}],
			}
		).insert()


def _stock() -> None:
	"""So many widgets that no test runs out of them."""
	if frappe.db.get_value("Bin", {"item_code": WIDGET, "warehouse": WAREHOUSE}, "actual_qty"):
		return
	entry = frappe.get_doc(
		{
			"doctype": "Stock Entry",
			"stock_entry_type": "Material Receipt",
			"company": COMPANY,
			"set_posting_time": 1,
			"posting_date": get_year_start(add_years(getdate(nowdate()), -2)),
			"items": [{"item_code": WIDGET, "qty": 10_000_000, "t_warehouse": WAREHOUSE, "basic_rate": 1}],
		}
	)
	entry.insert()
	entry.submit()


def _users() -> None:
	for name, roles in USERS.items():
		if frappe.db.exists("User", email_of(name)):
			continue
		frappe.get_doc(
			{
				"doctype": "User",
				"email": email_of(name),
				"first_name": name.replace("_", " ").title(),
				"send_welcome_email": 0,
				"enabled": 1,
				"roles": [{"role": role} for role in roles],
			}
		).insert()


def _sales_tree() -> None:
	root = frappe.db.get_value("Sales Person", {"is_group": 1, "parent_sales_person": ("is", "not set")})
	for user, person, group in SALES_TREE:
		if frappe.db.exists("Sales Person", person):
			continue
		employee = frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": person,
				"company": COMPANY,
				"user_id": email_of(user),
				"create_user_permission": 0,
				"gender": _gender(),
				"date_of_birth": "1985-05-05",
				"date_of_joining": "2020-01-01",
				"status": "Active",
			}
		).insert()
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": person,
				"parent_sales_person": group or root,
				"is_group": int(group is None),
				"employee": employee.name,
				"enabled": 1,
			}
		).insert()


def _gender() -> str:
	"""Frappe's setup wizard makes these; a site that never ran it has none."""
	return (
		frappe.db.get_value("Gender", {})
		or frappe.get_doc({"doctype": "Gender", "gender": "Other"}).insert().name
	)


def _security_file() -> None:
	"""The file that a security's `document` points at."""
	if not frappe.db.exists("File", {"file_name": SECURITY_FILE}):
		frappe.get_doc(
			{
				"doctype": "File",
				"file_name": SECURITY_FILE,
				"is_private": 1,
				"content": "We guarantee payment on first demand.",
			}
		).insert()


def _policy() -> None:
	_policy_of(COMPANY)


def _policy_as_made() -> None:
	"""Undo what a test that had to commit (or was killed) left of the policy."""
	name = frappe.db.get_value("Credit Policy", {"company": COMPANY, "is_active": 1})
	policy = frappe.get_doc("Credit Policy", name)
	terms = {"mode": "Enforce", "without_profile": "Park for Assessment", "default_segment": None}
	terms |= {"holiday_list": None, "credit_horizon_days": 0, "review_overdue_action": "None"}
	if any(policy.get(field) != value for field, value in terms.items()):
		policy.update(terms)
		policy.save()
		frappe.db.commit()


def _policy_of(company: str) -> None:
	"""An enforced policy with the standard terms that parks whoever has no profile."""
	if not frappe.db.exists("Credit Policy", {"company": company, "is_active": 1}):
		frappe.get_doc(
			{
				"doctype": "Credit Policy",
				"company": company,
				"is_active": 1,
				"mode": "Enforce",
				"without_profile": "Park for Assessment",
			}
		).insert()


def _exchange_rate(source: str, target: str, rate: float) -> None:
	pair = {"from_currency": source, "to_currency": target, "date": nowdate()}
	if not frappe.db.exists("Currency Exchange", pair):
		frappe.get_doc(
			{"doctype": "Currency Exchange", "exchange_rate": rate, "for_buying": 1, "for_selling": 1, **pair}
		).insert()
