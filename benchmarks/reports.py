"""Receivables by age over 1,000,000 invoices of which some 100,000 are open, beside ERPNext's Accounts Receivable on a tenth of that
(which it can finish), and beside the fastest single grouped query over the payment ledger.

env/bin/python benchmarks/reports.py --site SITE [--quick]
"""

import multiprocessing
import resource
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import frappe
import frappe.app  # what a web worker has loaded long since: whichever case asks for it first would pay for it
import measuring
import seeding
from frappe.utils import nowdate

from b2b_contracts.b2b_contracts.report.b2b_receivables_ageing import b2b_receivables_ageing as ours
from b2b_contracts.b2b_contracts.report.credit_kpis import credit_kpis as kpis
from b2b_contracts.reporting import snapshots
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import ledger, scaffold

AT_MOST_OF_ERPNEXT_TIME = 0.05
AT_MOST_OF_ERPNEXT_MEMORY = 0.2
AT_MOST_OF_GROUPED = 3.0
AT_MOST_OF_AGEING = 0.5
INVOICES, QUICK = 1_000_000, 10_000
SHARE_OF_ERPNEXT = 10  # ERPNext's report gets a company with that part of it
CUSTOMERS = 5000
DAYS = 4 * 365
TEMPLATE = "Bench Ledger"
BATCH = 50_000
LARGE = 512 * 1024 * 1024  # what a temporary table may take before it goes to disk
TABLES = ("GL Entry", "Payment Entry", "Payment Ledger Entry", "Payment Schedule", "Sales Invoice")

Measured = dict[str, tuple[list[float], list[float]]]
"""By case: seconds, and megabytes that the process grew by at most."""


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	count = QUICK if options.quick else INVOICES
	rounds = min(options.rounds, 3 if options.quick else 5)
	scaffold.ensure_world()
	scaffold.ensure_second_company()
	seed({scaffold.COMPANY: ("BRA", count), scaffold.SECOND_COMPANY: ("BRB", count // SHARE_OF_ERPNEXT)})
	measuring.machine()
	holds = beside_erpnext(options.site, rounds)
	holds &= beside_grouped(options.site, rounds)
	holds &= kpis_beside_ageing(options.site, rounds)
	return 0 if holds or options.quick else 1


# ------------------------------------------------------------------ data
def seed(books: dict[str, tuple[str, int]]) -> None:
	"""Fill the ledgers of companies, each with a prefix of its documents and so many invoices, in the order of their dates: one in ten
	is open (of the newest three in four), the others are paid a month later, and one journal entry for five hundred moves a debt
	between two customers. Copies of what ERPNext wrote."""
	missing = {
		company: (prefix, count)
		for company, (prefix, count) in books.items()
		if not frappe.db.exists("Sales Invoice", f"{prefix}-{count:07}")
	}
	if not missing:
		return
	for company, (prefix, _count) in missing.items():
		if frappe.db.count("Sales Invoice", {"name": ("like", f"{prefix}-%")}):
			sys.exit(f"{company} was not seeded to its end. Use a new site.")
	start = perf_counter()
	seeding.BATCH = BATCH
	templates = {company: _templates(company) for company in missing}
	dropped = {table: _drop_indexes(table) for table in TABLES}
	try:
		for company, (prefix, count) in missing.items():
			_fill(prefix, count, *templates[company])
			print(f"  {count:,} invoices of {company} after {perf_counter() - start:.0f} s", flush=True)
	finally:
		for table, indexes in dropped.items():
			_make_indexes(table, indexes)
	frappe.db.commit()
	seeding.analyse()
	print(f"  seeded in {perf_counter() - start:.0f} s", flush=True)


def _templates(company: str):
	"""Let ERPNext write one invoice, and its payment."""
	customer = make.make_customer(customer_name=f"{TEMPLATE} {company}")
	with make.policy_off(company):
		invoice = make.make_invoice(customer, 1000, company=company, due_date=nowdate())
	bank = scaffold.BANK
	if company != scaffold.COMPANY:
		bank = frappe.get_cached_value("Company", company, "default_cash_account")
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	payment = get_payment_entry("Sales Invoice", invoice.name, bank_account=bank)
	payment.update({"reference_no": "bench", "reference_date": nowdate()})
	payment.insert()
	payment.submit()
	frappe.db.commit()
	return invoice, payment


def _fill(prefix: str, count: int, invoice, payment) -> None:
	party = f"concat('Bench Buyer ', (s.seq * 7919) mod {CUSTOMERS})"
	age = f"ceil(({count} - s.seq) * {DAYS} / {count})"
	name, paid_by = f"concat('{prefix}-', lpad(s.seq, 7, '0'))", f"concat('P{prefix}-', lpad(s.seq, 7, '0'))"
	posted, due, paid = (f"date_sub(curdate(), interval {age} - {later} day)" for later in (0, 30, 30))
	is_open = f"(s.seq mod 25 = 0 or (s.seq > {int(count * 0.915)} and s.seq mod 4 <> 0))"
	span = (1, count)
	head = {
		"name": name,
		"customer": party,
		"posting_date": posted,
		"due_date": due,
		"outstanding_amount": f"if({is_open}, {seeding._times('t.grand_total')}, 0)",
		"status": f"if({is_open}, 'Unpaid', 'Paid')",
	}
	seeding._copy("Sales Invoice", f"t.name = '{invoice.name}'", span, head)
	row = {"name": f"concat({name}, '-1')", "parent": name, "due_date": due}
	seeding._copy("Payment Schedule", f"t.parent = '{invoice.name}'", span, row)
	entry = {"voucher_no": name, "posting_date": posted, "due_date": due, "party": party}
	_ledgers(invoice.name, span, entry, name, name)
	money = {"name": paid_by, "party": party, "posting_date": f"least({paid}, curdate())"}
	seeding._copy("Payment Entry", f"t.name = '{payment.name}'", span, money, where=f"not {is_open}")
	entry = {"voucher_no": paid_by, "posting_date": f"least({paid}, curdate())", "party": party}
	_ledgers(payment.name, span, entry, name, paid_by, f"not {is_open}")
	other = f"concat('Bench Buyer ', (s.seq * 7919 + 1) mod {CUSTOMERS})"
	journal = f"concat('J{prefix}-', lpad(s.seq, 7, '0'))"
	entry = {"voucher_no": journal, "voucher_type": "'Journal Entry'", "posting_date": posted}
	for sign, whose in (("1", party), ("-1", other)):
		side = {"party": whose, "against_voucher_type": "'Journal Entry'"}
		_ledgers(
			invoice.name, (1, count // 500), entry | side, journal, f"concat({journal}, '{sign}')", sign=sign
		)


def _ledgers(
	template: str, span, changes: dict, against: str, name: str, where: str = "1", sign: str = "1"
) -> None:
	"""Copy the entries of a template on the customer's account: what stands against them (income, bank) no report here reads."""
	common = {"name": f"concat('E', {name})", **changes}
	condition = f"t.voucher_no = '{template}' and t.party_type = 'Customer'"
	gl = common | {"against_voucher": against, "to_rename": "0"}
	if sign == "-1":
		gl |= {
			"debit": "0",
			"debit_in_account_currency": "0",
			"credit": seeding._times("t.debit"),
			"credit_in_account_currency": seeding._times("t.debit_in_account_currency"),
		}
	seeding._copy("GL Entry", condition, span, gl, where=where)
	seeding._copy(
		"Payment Ledger Entry", condition, span, common | {"against_voucher_no": against}, sign, where
	)


def _drop_indexes(table: str) -> list[tuple[str, str]]:
	"""Drop what is no primary or unique key, and return (name, columns) of it: rows go in quicker without."""
	found: dict[str, list[str]] = {}
	for row in frappe.db.sql(f"show index from `tab{table}` where Non_unique = 1", as_dict=True):
		found.setdefault(row.Key_name, []).append(f"`{row.Column_name}`")
	if found:
		frappe.db.sql_ddl(f"alter table `tab{table}` {', '.join(f'drop index `{name}`' for name in found)}")
	return [(name, ", ".join(columns)) for name, columns in found.items()]


def _make_indexes(table: str, indexes: list[tuple[str, str]]) -> None:
	if indexes:
		added = ", ".join(f"add index `{name}` ({columns})" for name, columns in indexes)
		frappe.db.sql_ddl(f"alter table `tab{table}` {added}")


# ------------------------------------------------------------------ measured
def measure(site: str, rounds: int, cases: dict[str, Callable[[], object]]) -> Measured:
	"""Run each case once a round in a process of its own; the first round is not kept."""
	found: Measured = {name: ([], []) for name in cases}
	for turn in range(rounds + 1):
		for name, case in cases.items():
			seconds, grown = _in_own_process(site, case)
			if turn:
				found[name][0].append(seconds)
				found[name][1].append(grown)
	return found


def _in_own_process(site: str, case: Callable[[], object]) -> tuple[float, float]:
	here, there = multiprocessing.Pipe(duplex=False)
	frappe.destroy()
	child = multiprocessing.get_context("fork").Process(target=_run, args=(site, case, there))
	child.start()
	there.close()
	answer = here.recv()
	child.join()
	measuring.open_request(site)
	return answer


def _run(site: str, case: Callable[[], object], pipe) -> None:
	measuring.open_request(site)
	frappe.get_meta("Sales Invoice")
	before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
	seconds = measuring.timed(case)
	pipe.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def show(title: str, found: Measured) -> None:
	print(f"\n{title}")
	print(f"  {'':<56}{'median s':>10}{'fastest s':>11}{'grown by MB':>13}")
	for name, (seconds, grown) in found.items():
		print(f"  {name:<56}{median(seconds):>10.2f}{min(seconds):>11.2f}{median(grown):>13.1f}")


def beside_erpnext(site: str, rounds: int) -> bool:
	"""Measure both reports over the smaller company: the same documents, and the same total."""
	company = scaffold.SECOND_COMPANY
	theirs = sum(ledger.exact(row.outstanding) for row in ledger.erpnext_receivables(company, nowdate()))
	_columns, rows, *_rest = ours.execute({"company": company, "by": "Document"})
	mine = sum(ledger.exact(row["total"]) for row in rows if not row.get("is_total"))
	if round(mine - theirs, 2):
		sys.exit(f"The totals differ: ours {mine}, ERPNext's {theirs}.")
	cases = {
		"ours, by document": partial(ours.execute, {"company": company, "by": "Document"}),
		"ours, by customer": partial(ours.execute, {"company": company}),
		"ERPNext's Accounts Receivable": partial(ledger.erpnext_receivables, company, nowdate()),
	}
	found = measure(site, rounds, cases)
	count = frappe.db.count("Sales Invoice", {"company": company, "docstatus": 1})
	show(f"{count:,} invoices, {len(rows):,} open documents; total of both {mine:,.2f}", found)
	document, _customer, erpnext = found.values()
	holds = measuring.ratio("time: ours / ERPNext's", document[0], erpnext[0], AT_MOST_OF_ERPNEXT_TIME)
	memory = [max(1, grown) for grown in document[1]]
	holds &= measuring.ratio("memory: ours / ERPNext's", memory, erpnext[1], AT_MOST_OF_ERPNEXT_MEMORY)
	return holds


def beside_grouped(site: str, rounds: int) -> bool:
	"""Measure ours over the larger company beside every way to group its payment ledger by one query."""
	company = scaffold.COMPANY
	cases = {
		"ours, by customer": partial(ours.execute, {"company": company}),
		"ours, by document": partial(ours.execute, {"company": company, "by": "Document"}),
		"grouped by number alone, as it comes": partial(_grouped, company, "against_voucher_no"),
		"grouped by number alone, without our index": partial(
			_grouped, company, "against_voucher_no", "ignore index (b2b_ageing)"
		),
		"the same, temporary table of 512 MB": partial(
			_grouped, company, "against_voucher_no", "ignore index (b2b_ageing)", LARGE
		),
		"grouped by account, party, type and number": partial(
			_grouped, company, "account, party, against_voucher_type, against_voucher_no"
		),
	}
	found = measure(site, rounds, cases)
	count = frappe.db.count("Sales Invoice", {"company": company, "docstatus": 1})
	show(f"{count:,} invoices of one company", found)
	fastest = min(
		(seconds for name, (seconds, _grown) in found.items() if name.startswith(("grouped", "the"))),
		key=median,
	)
	return measuring.ratio(
		"ours by customer / the fastest grouped query",
		found["ours, by customer"][0],
		fastest,
		AT_MOST_OF_GROUPED,
	)


def kpis_beside_ageing(site: str, rounds: int) -> bool:
	"""Measure the key figures over 24 months, of which all but the running one are closed, beside the ageing of the same company."""
	company = scaffold.COMPANY
	start = perf_counter()
	snapshots.take_due(company)
	print(f"\n  closed the months before in {perf_counter() - start:.0f} s", flush=True)
	cases = {
		"key figures, 24 months": partial(kpis.execute, {"company": company}),
		"receivables by age, by customer": partial(ours.execute, {"company": company}),
	}
	found = measure(site, rounds, cases)
	again = partial(kpis.execute, {"company": company, "figures": kpis.BOOKS})
	found |= measure(site, 1, {"key figures, all months from the books again": again})
	show("Key figures over 24 months", found)
	figures, aged, _again = found.values()
	return measuring.ratio("key figures / receivables by age", figures[0], aged[0], AT_MOST_OF_AGEING)


def _grouped(company: str, by: str, hint: str = "", memory: int = 0) -> None:
	if memory:
		frappe.db.sql(f"set session tmp_memory_table_size = {memory}, session max_heap_table_size = {memory}")
	accounts = tuple(ledger.receivable_accounts(company))
	frappe.db.sql(
		f"""select {by}, sum(amount) as amount from `tabPayment Ledger Entry` {hint}
		where account in %s and party_type = 'Customer' and delinked = 0 and posting_date <= %s
		group by {by} having amount <> 0""",
		(accounts, nowdate()),
	)


if __name__ == "__main__":
	sys.exit(main())
