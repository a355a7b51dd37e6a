"""The demo company itself: books, goods, people and customers, before anything is bought or sold."""

from datetime import date

import frappe
from frappe.utils import add_days, add_months, get_last_day, get_year_start, getdate, nowdate
from frappe.utils.password import update_password

from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, say

# What ERPNext's set-up wizard changes for the whole site, and what is put back when the demo is cleared
SITE_SETTINGS = {
	"System Settings": (
		"country",
		"currency",
		"language",
		"time_zone",
		"date_format",
		"time_format",
		"number_format",
		"float_precision",
		"rounding_method",
		"enable_scheduler",
		"backup_limit",
		"enable_telemetry",
		"enable_onboarding",
		"setup_complete",
	),
	"Global Defaults": ("default_company", "default_currency", "country"),
}
SETUP_APPS = ("frappe", "erpnext")
HOME_PAGE = "desktop:home_page"


def build(made: Made, password: str, months: int) -> None:
	"""Make the company and everything it needs to trade; `months` is how far back its books go."""
	say("  company, accounts, calendar")
	_finish_setup(made)
	_company(made)
	_mail_account(made)
	_fiscal_years(made)
	_holidays(made)
	_bank(made)
	_vat()
	made.keep()
	say("  goods and stock")
	_terms_and_prices(made)
	_warehouses()
	_articles(made)
	_stock(months)
	made.keep()
	say("  people")
	_people(made, password)
	_sales_tree(made)
	made.keep()
	say("  customers")
	for index, customer in enumerate(data.CUSTOMERS):
		_customer(made, customer, index)
	made.keep()


# ------------------------------------------------------------------ site and company
def _finish_setup(made: Made) -> None:
	"""Do what the set-up wizard would do, where nobody has run it, so that the desk opens."""
	if frappe.is_setup_complete():
		return
	is_empty = not frappe.db.exists("Company", {})
	keys = {HOME_PAGE, "setup_complete"}
	made.former = {"System Settings": {"setup_complete": 0}, "time_zones": {}}
	if is_empty:
		made.former = {
			doctype: {field: frappe.db.get_single_value(doctype, field) for field in fields}
			for doctype, fields in SITE_SETTINGS.items()
		}
		made.former["time_zones"] = {
			user: frappe.db.get_value("User", user, "time_zone") for user in frappe.STANDARD_USERS
		}
		keys |= {field for fields in SITE_SETTINGS.values() for field in fields} | {"company"}
	made.former["defaults"] = {key: frappe.db.get_default(key) for key in sorted(keys)}
	made.keep()
	if is_empty:
		_set_up_site()
	for app in SETUP_APPS:
		frappe.db.set_value("Installed Application", {"app_name": app}, "is_setup_complete", 1)
	frappe.db.set_default(HOME_PAGE, "workspace")
	frappe.db.set_single_value("System Settings", "setup_complete", 1)
	frappe.clear_cache()


def _set_up_site() -> None:
	"""Set language, country, time zone and formats, as Frappe's part of the wizard does."""
	from frappe.desk.page.setup_wizard.setup_wizard import update_global_settings

	update_global_settings(
		frappe._dict(
			language="English",
			country=data.COUNTRY,
			timezone="Europe/Copenhagen",
			currency=data.CURRENCY,
			enable_telemetry=0,
		)
	)


def _company(made: Made) -> None:
	_masters_of_erpnext()
	frappe.db.set_value("Currency", data.CURRENCY, "enabled", 1)
	frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": data.COMPANY,
			"abbr": data.ABBR,
			"country": data.COUNTRY,
			"default_currency": data.CURRENCY,
			"enable_perpetual_inventory": 1,
			"create_chart_of_accounts_based_on": "Standard Template",
			"chart_of_accounts": "Standard",
			"tax_id": data.TAX_ID,
			"email": "sales@nordlys.example.com",
			"website": "https://nordlys.example.com",
			# Its general terms say when its invoices are due, and what a reminder costs.
			"b2b_due_date_agreed": 1,
			"b2b_reminder_fee_agreed": 1,
			"company_description": "Wholesale of lighting and electrical goods. Invented, as is everything it does.",
		}
	).insert()
	made.new(
		"Address",
		address_title=data.COMPANY,
		address_type="Office",
		address_line1=data.STREET,
		pincode=data.POSTCODE,
		city=data.CITY,
		country=data.COUNTRY,
		is_primary_address=1,
		is_your_company_address=1,
		links=[{"link_doctype": "Company", "link_name": data.COMPANY}],
	)
	if "Global Defaults" in made.former:
		_site_defaults()


def _mail_account(made: Made) -> None:
	"""Give a site that sends no mails an account to write them with: without one Frappe refuses to queue a mail that names no
	sender. Where mails leave, whose they are is for the site to say."""
	if not frappe.are_emails_muted() or frappe.db.exists("Email Account", {"default_outgoing": 1}):
		return
	account = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": data.COMPANY,
			"email_id": data.MAIL_SENDER,
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"no_smtp_authentication": 1,
			"smtp_server": "localhost",
		}
	)
	# It would dial a server that nobody needs.
	account.flags.ignore_validate = True
	account.insert()
	made.note("Email Account", account.name)
	# What Frappe found when it looked before.
	frappe.local.outgoing_email_account = {}


def _site_defaults() -> None:
	"""Let the site's forms start with the company, as ERPNext's part of the wizard does."""
	from erpnext.setup.setup_wizard.operations.install_fixtures import set_global_defaults

	set_global_defaults({"company_name": data.COMPANY, "currency": data.CURRENCY, "country": data.COUNTRY})


def _masters_of_erpnext() -> None:
	"""Groups, territories and units, which the set-up wizard brings."""
	if not frappe.db.exists("Customer Group", {"is_group": 0}) or not frappe.db.exists("Gender", {}):
		from erpnext.setup.setup_wizard.operations import install_fixtures
		from frappe.desk.page.setup_wizard import install_fixtures as frappe_fixtures

		install_fixtures.install(data.COUNTRY)
		frappe_fixtures.install()


def _fiscal_years(made: Made) -> None:
	this_year = get_year_start(getdate(nowdate()))
	# As far back as the oldest claim, which is about to expire.
	for offset in range(-3, 2):
		start = getdate(add_months(this_year, 12 * offset))
		covered = frappe.db.exists(
			"Fiscal Year",
			{"year_start_date": ("<=", start), "year_end_date": (">=", start), "disabled": 0},
		)
		if not covered:
			made.new(
				"Fiscal Year",
				year=str(start.year),
				year_start_date=start,
				year_end_date=get_last_day(start.replace(month=12)),
			)


def _holidays(made: Made) -> None:
	"""Weekends and Danish public holidays of last, this and next year: the clock of a hold stands still on them."""
	from holidays import country_holidays

	year = getdate(nowdate()).year
	years = range(year - 1, year + 2)
	rows = {day: (name, 0) for day, name in country_holidays("DK", years=years, language="en_US").items()}
	day, last = date(years[0], 1, 1), date(years[-1], 12, 31)
	while day <= last:
		if day.weekday() >= 5:
			rows.setdefault(day, (day.strftime("%A"), 1))
		day = getdate(add_days(day, 1))
	made.new(
		"Holiday List",
		holiday_list_name=data.HOLIDAY_LIST,
		from_date=date(years[0], 1, 1),
		to_date=last,
		holidays=[
			{"holiday_date": day, "description": name, "weekly_off": weekly}
			for day, (name, weekly) in sorted(rows.items())
		],
	)
	frappe.db.set_value("Company", data.COMPANY, "default_holiday_list", data.HOLIDAY_LIST)


def _bank(made: Made) -> None:
	account = frappe.get_doc(
		{
			"doctype": "Account",
			"account_name": data.BANK,
			"company": data.COMPANY,
			"parent_account": frappe.db.get_value(
				"Account", {"company": data.COMPANY, "account_type": "Bank", "is_group": 1}
			),
			"account_type": "Bank",
		}
	).insert()
	frappe.db.set_value("Company", data.COMPANY, "default_bank_account", account.name)
	made.ensure("Bank", data.BANK, bank_name=data.BANK)
	bank_account = frappe.get_doc(
		{
			"doctype": "Bank Account",
			"account_name": "Operations",
			"bank": data.BANK,
			"account": account.name,
			"company": data.COMPANY,
			"is_company_account": 1,
			"is_default": 1,
			"iban": data.IBAN,
			"bank_account_no": data.BANK_ACCOUNT,
		}
	).insert()
	# Said for each: what is left out Frappe fills with the site's own currency.
	for kind, currency, creditor in (("FIK", "DKK", data.FIK_CREDITOR), ("RF", "", data.IBAN)):
		frappe.get_doc(
			{
				"doctype": "Payment Reference Setup",
				"company": data.COMPANY,
				"kind": kind,
				"currency": currency,
				"creditor": creditor,
				"bank_account": bank_account.name,
			}
		).insert()
	for mode in frappe.get_all("Mode of Payment", filters={"type": "Bank"}, pluck="name"):
		doc = frappe.get_doc("Mode of Payment", mode)
		doc.append("accounts", {"company": data.COMPANY, "default_account": account.name})
		doc.save()
	# Caches the defaults just written straight to the table.
	frappe.clear_document_cache("Company", data.COMPANY)


def _vat() -> None:
	"""Let orders and invoices that are entered by hand start with the VAT that ERPNext has made for the country."""
	template = frappe.get_doc("Sales Taxes and Charges Template", {"company": data.COMPANY})
	template.is_default = 1
	template.save()


# ------------------------------------------------------------------ goods
def _terms_and_prices(made: Made) -> None:
	name, days = data.EXTRA_TERMS
	row = {"invoice_portion": 100, "due_date_based_on": "Day(s) after invoice date", "credit_days": days}
	made.ensure("Payment Term", name, payment_term_name=name, **row)
	made.ensure("Payment Terms Template", name, template_name=name, terms=[{"payment_term": name, **row}])
	made.new("Price List", price_list_name=data.PRICE_LIST, currency=data.CURRENCY, selling=1, enabled=1)


def _articles(made: Made) -> None:
	root = frappe.db.get_value("Item Group", {"is_group": 1, "parent_item_group": ("in", ("", None))})
	for article in data.ARTICLES:
		made.ensure(
			"Item Group",
			article.group,
			item_group_name=article.group,
			parent_item_group=root,
			is_group=0,
		)
		made.new(
			"Item",
			item_code=article.code,
			item_name=article.name,
			item_group=article.group,
			stock_uom="Nos",
			is_stock_item=int(article.is_stock),
			item_defaults=[
				{
					"company": data.COMPANY,
					"default_warehouse": warehouse(0),
					"default_price_list": data.PRICE_LIST,
				}
			],
		)
		made.new(
			"Item Price",
			item_code=article.code,
			price_list=data.PRICE_LIST,
			price_list_rate=article.price,
			# Else it is valid from today on, and what was invoiced before had no price.
			valid_from=add_months(nowdate(), -60),
		)


def warehouse(index: int) -> str:
	"""Return the name of one of the demo's warehouses."""
	return f"{data.WAREHOUSES[index]} - {data.ABBR}"


def _warehouses() -> None:
	parent = frappe.db.get_value("Warehouse", {"company": data.COMPANY, "is_group": 1})
	for name in data.WAREHOUSES:
		frappe.get_doc(
			{
				"doctype": "Warehouse",
				"warehouse_name": name,
				"company": data.COMPANY,
				"parent_warehouse": parent,
			}
		).insert()


def _stock(months: int) -> None:
	entry = frappe.get_doc(
		{
			"doctype": "Stock Entry",
			"stock_entry_type": "Material Receipt",
			"company": data.COMPANY,
			"set_posting_time": 1,
			"posting_date": add_days(add_months(getdate(nowdate()), -months), -75),
			"posting_time": "07:00:00",
			"items": [
				{
					"item_code": article.code,
					"qty": data.STOCK_QTY / (1 + 9 * index),
					"t_warehouse": warehouse(index),
					"basic_rate": article.price * data.COST_SHARE,
				}
				for index in range(len(data.WAREHOUSES))
				for article in data.ARTICLES
				if article.is_stock
			],
		}
	)
	entry.insert()
	entry.submit()


# ------------------------------------------------------------------ people
def _people(made: Made, password: str) -> None:
	for number, person in enumerate(data.PEOPLE, 1):
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": person.email,
				"first_name": person.first_name,
				"last_name": person.last_name,
				"phone": f"{data.PHONES[data.COUNTRY]} 20 {number:02}",
				"language": "en",
				"enabled": 1,
				"send_welcome_email": 0,
				"default_workspace": _workspace(person),
				"roles": [{"role": role} for role in person.roles],
			}
		)
		user.flags.no_welcome_mail = True
		user.insert()
		made.note("User", user.name)
		# Not through the document: a demo's password is as weak as the site's policy forbids.
		update_password(user.name, password)
		frappe.defaults.set_user_default("company", data.COMPANY, user.name)


# Where who has a role begins at log-in; everybody else, where credit is.
DESKS = {
	"Stock User": "Stock",
	"Contract Manager": "Legal Desk",
	"CFO": "Finance Desk",
	"Finance Director": "Finance Desk",
	"Account Manager": "Sales Desk",
	"Sales Manager": "Sales Desk",
}


def _workspace(person: data.Person) -> str | None:
	"""Return where somebody begins at log-in."""
	workspace = next((desk for role, desk in DESKS.items() if role in person.roles), "Credit")
	return workspace if frappe.db.exists("Workspace", workspace) else None


# Per cent of what is sold.
COMMISSION_RATES = {"sofie": 3, "anders": 2.5, "mette": 1}


def _sales_tree(made: Made) -> None:
	root = frappe.db.get_value("Sales Person", {"is_group": 1, "parent_sales_person": ("is", "not set")})
	leaders = {leader for _key, leader in data.SALES_TREE}
	for key, leader in data.SALES_TREE:
		person = data.PERSON[key]
		employee = frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": person.first_name,
				"last_name": person.last_name,
				"company": data.COMPANY,
				"user_id": person.email,
				"create_user_permission": 0,
				"gender": _gender("Male" if key == "anders" else "Female"),
				"date_of_birth": "1984-05-05",
				"date_of_joining": "2019-02-01",
				"status": "Active",
			}
		).insert()
		made.new(
			"Sales Person",
			sales_person_name=sales_person(key),
			parent_sales_person=sales_person(leader) if leader else root,
			is_group=int(key in leaders),
			employee=employee.name,
			enabled=1,
			commission_rate=str(COMMISSION_RATES.get(key, 0)),
		)


def sales_person(key: str) -> str:
	"""Return the name of a seller's Sales Person."""
	person = data.PERSON[key]
	return f"{person.first_name} {person.last_name}"


# ------------------------------------------------------------------ customers
def _customer(made: Made, customer: data.Customer, index: int) -> None:
	doc = made.new(
		"Customer",
		customer_name=customer.name,
		customer_type="Company",
		customer_group=_leaf("Customer Group", "Commercial"),
		territory=_territory(made, customer.country),
		tax_id=customer.tax_id,
		industry=_industry(made, data.industry_of(customer.key)),
		default_currency=data.CURRENCY,
		default_price_list=data.PRICE_LIST,
		payment_terms=customer.terms[0],
		language=customer.language,
		account_manager=data.PERSON[customer.seller].email,
		sales_team=[{"sales_person": sales_person(customer.seller), "allocated_percentage": 100}],
		credit_limits=[{"company": data.COMPANY, "credit_limit": customer.native_limit}]
		if customer.native_limit
		else [],
	)
	made.names[f"customer:{customer.key}"] = doc.name
	link = {"links": [{"link_doctype": "Customer", "link_name": doc.name}]}
	address = made.new(
		"Address",
		address_title=customer.name,
		address_type="Billing",
		address_line1=f"Industrivej {3 + 2 * index}",
		city=customer.city,
		pincode=str(1000 + 171 * index),
		country=customer.country,
		is_primary_address=1,
		**link,
	)
	first_name, last_name = customer.contact
	email = f"{customer.key.replace('_', '-')}@example.com"
	contact = made.new(
		"Contact",
		first_name=first_name,
		last_name=last_name,
		is_primary_contact=1,
		email_ids=[{"email_id": email, "is_primary": 1}],
		phone_nos=[{"phone": f"{data.PHONES[customer.country]} 10 {10 + index}", "is_primary_mobile_no": 1}],
		**link,
	)
	doc.db_set(
		{
			"customer_primary_address": address.name,
			"customer_primary_contact": contact.name,
			"email_id": email,
		},
		update_modified=False,
	)


def _leaf(doctype: str, preferred: str) -> str:
	"""Return a record of a tree that is no group: the preferred one where it is there."""
	return (
		preferred if frappe.db.exists(doctype, preferred) else frappe.db.get_value(doctype, {"is_group": 0})
	)


def _industry(made: Made, name: str) -> str:
	return made.ensure("Industry Type", name, industry=name)


def _territory(made: Made, country: str) -> str:
	root = frappe.db.get_value("Territory", {"is_group": 1, "parent_territory": ("in", ("", None))})
	return made.ensure("Territory", country, territory_name=country, parent_territory=root, is_group=0)


def _gender(wanted: str) -> str:
	"""Return a gender as the site has it: the wanted one, or whatever is there."""
	return frappe.db.get_value("Gender", wanted) or frappe.db.get_value("Gender", {})
