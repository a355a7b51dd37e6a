"""What 50,000 contracts cost: the daily watcher on a day with nothing due beside one indexed query, the renewal pipeline beside
`get_list` of the same rows, the forecast of what all contracts bring in beside that of theirs, and an order's comparison with its
contracts, by queries.

env/bin/python benchmarks/contracts.py --site SITE [--quick]
"""

import sys
from functools import partial
from time import perf_counter
from unittest.mock import patch

import frappe
import measuring
import seeding
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import contract_pipeline_api
from b2b_contracts.b2b_contracts.report.contracted_revenue import contracted_revenue
from b2b_contracts.b2b_contracts.report.renewal_pipeline import renewal_pipeline as report
from b2b_contracts.contracts import order_check, pipeline, watching
from b2b_contracts.reporting import contract_revenue
from b2b_contracts.tests.scaffold import WIDGET, email_of

AT_MOST_OF_ONE_QUERY = 2.0
AT_MOST_OF_GET_LIST = 2.0
AT_MOST_OF_REPORT = 5.0  # it words thousands of rows and looks up who was told of each
AT_MOST_OF_ALL_CONTRACTS = 10.0  # it reckons twelve months of each
CONTRACT, EVENT, CUSTOMER = "B2B Contract", "Contract Event", "Bench Party"
TEMPLATE = "Bench contract"
PER_CUSTOMER = 20
SELLERS = 49  # each looks after that share of the customers
WITHIN = 180  # days, as the page opens
PRICES = ((0, 100), (10, 95), (100, 90))  # from which quantity: the rate
LINES = (1, 50)
SPREAD = 1100  # days over which the last dates to act lie
LATE = 20  # of them in the past


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	count = 1000 if options.quick else 50_000
	seeding.world()
	seed(count)
	measuring.machine()
	rounds = options.rounds
	holds = watcher(rounds)
	for user in ("contract_manager", "seller1"):
		holds &= views(user, rounds)
	holds &= forecast(rounds)
	holds &= orders(options.site, rounds)
	return 0 if holds or options.quick else 1


# ------------------------------------------------------------------ data
def seed(count: int) -> None:
	"""Make contracts as copies of one that Frappe wrote: four in five run, one in fifty of them with notice given, one in ten in
	euros; with parties and controls, and of each who was told twice. Nothing is due."""
	there = frappe.db.count(CONTRACT, {"name": ("like", "BCTR-%")})
	if there < count:
		start = perf_counter()
		_customers(count // PER_CUSTOMER)
		template = _template()
		_contracts(template, there + 1, count)
		_events(template, there + 1, count)
		frappe.db.commit()
		print(f"  seeded {count - there:,} contracts in {perf_counter() - start:.0f} s")
	# What was seeded on another day: again nothing is due.
	frappe.db.sql(
		f"update `tab{CONTRACT}` set next_watch_on = date_add(%s, interval 1 + crc32(name) mod 30 day) where next_watch_on is not null",
		nowdate(),
	)
	frappe.db.commit()
	for table in (CONTRACT, EVENT, "Customer"):
		frappe.db.sql(f"analyze table `tab{table}`")


def _customers(count: int) -> None:
	there = frappe.db.count("Customer", {"name": ("like", f"{CUSTOMER} %")})
	if there >= count:
		return
	name = f"concat('{CUSTOMER} ', s.seq)"
	seller = f"if(s.seq mod {SELLERS} = 0, '{email_of('seller1')}', null)"
	changes = {"name": name, "customer_name": name, "account_manager": seller}
	seeding._copy("Customer", f"t.name = '{seeding.TEMPLATE}'", (there + 1, count), changes)


def _template() -> str:
	"""Return a draft that Frappe made of a type, with its rows."""
	found = frappe.db.get_value(CONTRACT, {"title": TEMPLATE})
	if found:
		return found
	if not frappe.db.exists("Currency Exchange", {"from_currency": "EUR", "to_currency": "DKK"}):
		rate = {
			"from_currency": "EUR",
			"to_currency": "DKK",
			"exchange_rate": 7.46,
			"date": add_days(nowdate(), -1),
		}
		frappe.get_doc({"doctype": "Currency Exchange", **rate}).insert()
	doc = frappe.get_doc(
		{
			"doctype": CONTRACT,
			"title": TEMPLATE,
			"customer": seeding.TEMPLATE,
			"company": seeding.COMPANY,
			"currency": "DKK",
			"contract_type": "Frame Agreement",
			"confidentiality": "Internal",
			"duration_type": "Auto-renewing",
			"start_date": nowdate(),
			"annual_value": 100_000,
			"payment_terms_template": "Net 30",
			"governing_law": "Denmark",
			"contract_owner": email_of("contract_manager"),
			"prices": [
				{"item_code": WIDGET, "rate": rate, "from_quantity": quantity} for quantity, rate in PRICES
			],
		}
	)
	return doc.insert().name


def _contracts(template: str, first: int, last: int) -> None:
	name = _name("s.seq")
	act = f"date_add(curdate(), interval cast((s.seq * 7919) mod {SPREAD} as signed) - {LATE} day)"
	customer = f"concat('{CUSTOMER} ', 1 + s.seq mod {max(1, last // PER_CUSTOMER)})"
	status = "elt(1 + s.seq mod 25, {})".format(
		", ".join(["'In Renewal'", *["'Active'"] * 19, *["'Expired'"] * 3, *["'Terminated'"] * 2])
	)
	runs = "s.seq mod 25 < 20"
	ends = f"{runs} and s.seq mod 50 = 7"
	changes = {
		"name": name,
		"title": "concat('Frame agreement ', s.seq)",
		"customer": customer,
		"customer_name": customer,
		"account_manager": f"if((1 + s.seq mod {max(1, last // PER_CUSTOMER)}) mod {SELLERS} = 0, '{email_of('seller1')}', null)",
		"docstatus": "1",
		"status": status,
		"currency": "if(s.seq mod 10 = 3, 'EUR', 'DKK')",
		"signed_on": "date_sub(curdate(), interval 400 day)",
		"start_date": f"date_sub({act}, interval 980 day)",
		"end_date": f"date_add({act}, interval 120 day)",
		"notice_deadline": f"if({runs} and not ({ends}), date_add({act}, interval 30 day), null)",
		"last_date_to_act": f"if({runs} and not ({ends}), {act}, null)",
		"terminated_on": f"if({ends}, date_add({act}, interval 150 day), null)",
		"in_force_from": f"date_sub({act}, interval 980 day)",
		"in_force_until": f"if({runs}, null, curdate())",
		"next_watch_on": f"if({runs}, date_add(curdate(), interval 1 + s.seq mod 30 day), null)",
		"renewal_probability": "(s.seq mod 5) * 25",
		"next_step": "if(s.seq mod 3 = 0, 'Meet them with the new prices', null)",
		"next_step_on": f"if(s.seq mod 3 = 0, date_sub({act}, interval 30 day), null)",
	}
	seeding._copy(CONTRACT, f"t.name = '{template}'", (first, last), changes)
	for table in ("Contract Party", "Contract Compliance Item", "Contract Price"):
		row = {"name": f"concat({name}, '-', t.idx)", "parent": name}
		if table == "Contract Party":
			row["customer"] = f"if(t.customer is null, null, {customer})"
		seeding._copy(table, f"t.parent = '{template}'", (first, last), row)


def _events(template: str, first: int, last: int) -> None:
	"""Of what somebody was told of each contract: two months and one month before its last date to act."""
	event = frappe.db.get_value(EVENT, {"contract": template})
	for rung in (60, 30):
		changes = {
			"name": f"concat('BCE-{rung}-', s.seq)",
			"contract": _name("s.seq"),
			"event": "'Reminder'",
			"effect_key": f"concat('bench-{rung}-', s.seq)",
			"key_date_kind": "'Last Date to Act'",
			"rung": str(rung),
			"told": f"'{email_of('seller1')}, {email_of('contract_manager')}'",
			"happened_on": f"date_sub(now(6), interval {rung} * 1440 + s.seq mod 1000 minute)",
		}
		seeding._copy(EVENT, f"t.name = '{event}'", (first, last), changes)


def _name(number: str) -> str:
	return f"concat('BCTR-', lpad({number}, 6, '0'))"


# ------------------------------------------------------------------ measured
def watcher(rounds: int) -> bool:
	"""Measure the daily job on a day with nothing due."""
	due = watching._due("")
	if due:
		sys.exit(f"{len(due)} contracts are due, so the day is none with nothing due.")
	samples = measuring.side_by_side(
		rounds,
		{
			"the daily watcher, nothing due": partial(_timed, watching.daily),
			"one indexed query": partial(_timed, _one_query),
		},
	)
	measuring.show(f"{frappe.db.count(CONTRACT):,} contracts", samples)
	daily, query = samples.values()
	return measuring.ratio("the watcher / one indexed query", daily, query, AT_MOST_OF_ONE_QUERY)


def _one_query() -> None:
	frappe.db.sql(
		f"select name from `tab{CONTRACT}` where next_watch_on <= %s and name > '' order by name limit 500",
		nowdate(),
	)


def views(user: str, rounds: int) -> bool:
	"""Measure the pipeline's page and report as a user, beside `get_list` of the same contracts and fields."""
	frappe.set_user(email_of(user))
	same = {row["name"] for row in _listed()}
	read = {entry.name for entry in pipeline.read(pipeline.Wanted(seeding.COMPANY, WITHIN)).entries}
	if same != read:
		sys.exit(f"get_list finds other contracts than the pipeline: {sorted(same ^ read)[:5]} …")
	samples = measuring.side_by_side(
		max(5, rounds // 4),
		{
			"the data call: every contract, its stage, totals": partial(_timed, _read),
			"the page: that, and cards with who was told": partial(_timed, _page),
			"the report: every row, chart, who was told": partial(_timed, _report),
			"get_list of the same rows and fields": partial(_timed, _listed),
		},
	)
	measuring.show(f"{len(same):,} contracts to act on within {WITHIN} days, as {user}", samples)
	call, page, whole, listed = samples.values()
	holds = measuring.ratio("the data call / get_list", call, listed, AT_MOST_OF_GET_LIST)
	holds &= measuring.ratio("the page / get_list", page, listed, AT_MOST_OF_GET_LIST)
	holds &= measuring.ratio("the report / get_list", whole, listed, AT_MOST_OF_REPORT)
	frappe.set_user("Administrator")
	return holds


def _read() -> None:
	pipeline.read(pipeline.Wanted(seeding.COMPANY, WITHIN))


def _page() -> None:
	contract_pipeline_api.read(seeding.COMPANY, {"within": WITHIN})


def _report() -> None:
	report.execute({"company": seeding.COMPANY, "within": WITHIN})


def _listed() -> list[dict]:
	"""List the same contracts. An empty day is before every other for Frappe: those with notice given are among them."""
	return frappe.get_list(
		CONTRACT,
		filters={
			"company": seeding.COMPANY,
			"status": ["in", ["Active", "In Renewal"]],
			"last_date_to_act": ["<=", add_days(getdate(), WITHIN)],
		},
		fields=list(pipeline.FIELDS),
		order_by="last_date_to_act, annual_value desc",
		limit_page_length=0,
	)


def forecast(rounds: int) -> bool:
	"""Measure what all contracts bring in over twelve months, beside `get_list` of the same contracts and fields."""
	frappe.set_user(email_of("contract_manager"))
	samples = measuring.side_by_side(
		max(3, rounds // 10),
		{
			"contracted revenue by month": partial(_timed, _forecast),
			"get_list of the same rows and fields": partial(_timed, _all_listed),
		},
	)
	measuring.show(f"{len(_all_listed()):,} contracts in force, twelve months", samples)
	forecasted, listed = samples.values()
	holds = measuring.ratio("contracted revenue / get_list", forecasted, listed, AT_MOST_OF_ALL_CONTRACTS)
	frappe.set_user("Administrator")
	return holds


def _forecast() -> None:
	contracted_revenue.execute({"company": seeding.COMPANY})


def _all_listed() -> list[dict]:
	return frappe.get_list(
		CONTRACT,
		filters={"company": seeding.COMPANY, "docstatus": 1, "in_force_until": ["is", "not set"]},
		fields=list(contract_revenue.FIELDS),
		limit_page_length=0,
	)


def orders(site: str, rounds: int) -> bool:
	"""Measure comparing an order with its customer's contracts, and count its queries: as many for fifty lines as for one."""
	drafts = {lines: seeding.draft_order(f"{CUSTOMER} 1", lines) for lines in LINES}
	samples = measuring.side_by_side(
		max(5, rounds // 4),
		{f"an order of {lines} line(s)": partial(_compared, site, name) for lines, name in drafts.items()},
	)
	signed = {"customer": f"{CUSTOMER} 1", "docstatus": 1}
	measuring.show(
		f"Comparing with {frappe.db.count(CONTRACT, signed)} signed contracts of the customer", samples
	)
	counts = [_queries(site, name) for name in drafts.values()]
	same = len(set(counts)) == 1
	print(f"  queries: {counts} for {LINES} lines: {'holds' if same else 'DOES NOT HOLD'}")
	return same


def _compared(site: str, name: str) -> float:
	"""Time the comparison as the first thing in a request."""
	measuring.open_request(site)
	order = frappe.get_doc("Sales Order", name)
	return measuring.timed(partial(order_check.look, order))


def _queries(site: str, name: str) -> int:
	measuring.open_request(site)
	order = frappe.get_doc("Sales Order", name)
	order_check.look(order)  # what it caches of documents' forms is no query of the comparison
	order_check.forget(order)
	with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
		if order_check.look(order) is None:
			sys.exit(f"{name} has no contract to be compared with.")
	return sql.call_count


def _timed(what) -> float:
	frappe.db.rollback()
	return measuring.timed(what)


if __name__ == "__main__":
	sys.exit(main())
