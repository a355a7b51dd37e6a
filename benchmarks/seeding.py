"""Customers with years of history, made in minutes.

One document of each kind is made by ERPNext itself (`_templates`), so its rows are as ERPNext writes them. The rows are
then copied by `INSERT … SELECT` with other names, dates and amounts. Amounts are random by a fixed seed. The names carry
the date, so that the customers' rows lie mixed in the tables, as they do where many customers buy every day.

What is left out, because neither check reads it: taxes of invoices, references of payments, stock ledger.
"""

import sys
from dataclasses import dataclass

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.credit import native_limit
from b2b_contracts.tests import factories as make
from b2b_contracts.tests import scaffold

COMPANY = scaffold.COMPANY
SEED = 2
BATCH = 5000
YEARS = 4
LIMIT = 900_000_000_000  # nobody reaches it: what is measured is a clear order
OPEN_DAYS = 25  # open invoices are that young at most, and due in two halves, after 30 and 60 days
TEMPLATE = "Bench Template"
DONE = "Seeded"


@dataclass(frozen=True)
class Shape:
	"""How much a customer has. A tenth of the open invoices is half paid; a fifth of the open orders half delivered."""

	paid_invoices: int
	open_invoices: int
	open_orders: int = 50
	open_deliveries: int = 20
	open_journals: int = 20
	unallocated_payments: int = 5
	journals: int | None = None  # settled ones; one for each 1,000 paid invoices when not said

	@property
	def finished_orders(self) -> int:
		return self.paid_invoices // 10

	@property
	def settled_journals(self) -> int:
		return self.paid_invoices // 1000 if self.journals is None else self.journals


def world() -> None:
	"""Make the company, and its policy: enforced, and customers without a profile are not checked."""
	scaffold.ensure_world()
	policy = make.active_policy()
	if policy.without_profile != "Not Checked":
		policy.without_profile = "Not Checked"
		policy.save()
	if not frappe.db.exists("Customer", TEMPLATE):
		_templates()
	frappe.db.commit()


def customer(name: str, shape: Shape, checked_by: str | None) -> str:
	"""Make a customer of a shape, checked by "us", by "ERPNext" or by nobody; returns its name."""
	if frappe.db.exists("Customer", name):
		if frappe.db.get_value("Customer", name, "customer_details") != DONE:
			sys.exit(f"{name} was not seeded to its end. Use a new site.")
		return name
	print(
		f"  seeding {name}: {shape.paid_invoices:,} paid and {shape.open_invoices:,} open invoices …",
		flush=True,
	)
	make.make_customer(customer_name=name)
	if checked_by == "us":
		make.make_profile(name, segment="B", manual_limit=LIMIT)
		make.make_security(name, 100_000)
		native_limit.take_over(name, COMPANY)
	elif checked_by == "ERPNext":
		doc = frappe.get_doc("Customer", name)
		doc.append("credit_limits", {"company": COMPANY, "credit_limit": LIMIT})
		doc.save()
	_History(name).fill(shape)
	frappe.db.set_value("Customer", name, "customer_details", DONE)
	frappe.db.commit()
	return name


def others(count: int) -> None:
	"""Make customers that nobody measures: without them every index would look good."""
	for number in range(1, count + 1):
		customer(f"Bench Other {number}", Shape(1000, 20), checked_by="ERPNext")


def suppliers(entries: int) -> None:
	"""Fill the payment ledger's other half: purchase invoices, that many, of 100 suppliers."""
	there = frappe.db.count("Payment Ledger Entry", {"party": ("like", "Bench Supplier %")})
	name = f"concat('PBPI-', date_format({_day('s.seq mod 1400')}, '%%y%%m%%d'), '-', s.seq)"
	changes = {
		"name": name,
		"voucher_no": name,
		"against_voucher_no": name,
		"voucher_type": "'Purchase Invoice'",
		"against_voucher_type": "'Purchase Invoice'",
		"account_type": "'Payable'",
		"party_type": "'Supplier'",
		"party": "concat('Bench Supplier ', s.seq mod 100)",
		"posting_date": _day("s.seq mod 1400"),
	}
	invoice = _template("Sales Invoice")
	_copy("Payment Ledger Entry", f"t.voucher_no = '{invoice}'", (there + 1, entries), changes)


def analyse() -> None:
	"""Bring the optimizer's statistics up to date, as InnoDB does by itself after a while."""
	tables = ("Sales Invoice", "Sales Invoice Item", "Payment Schedule", "Payment Entry", "GL Entry")
	more = ("Payment Ledger Entry", "Sales Order", "Sales Order Item", "Delivery Note", "Delivery Note Item")
	frappe.db.sql(f"analyze table {', '.join(f'`tab{t}`' for t in tables + more)}")


def draft_order(name: str, lines: int) -> str:
	"""Make a draft order of that many lines for a customer, committed; returns its name."""
	rows = [{"qty": 1, "rate": 100 + line} for line in range(lines)]
	order = make.make_order(name, items=rows, vat=True, submit=False)
	frappe.db.commit()
	return order.name


def _templates() -> None:
	"""Let ERPNext write one document of each kind for a customer of their own."""
	make.make_customer(customer_name=TEMPLATE)
	halves = [{"due_date": add_days(nowdate(), days), "invoice_portion": 50} for days in (30, 60)]
	invoice = make.make_invoice(
		TEMPLATE, 1000, vat=True, due_date=halves[1]["due_date"], payment_schedule=halves
	)
	if len(invoice.payment_schedule) != 2:
		raise RuntimeError("The template invoice should have two instalments")
	make.make_payment(invoice)
	make.make_payment(customer=TEMPLATE, amount=1000)
	journal = make.make_journal(TEMPLATE, 1000)
	make.make_journal(TEMPLATE, -1000, against=journal)
	# Not the item of the orders that are measured: ERPNext adds up all open lines of an item at each submit.
	line = {"item_code": scaffold.SERVICE, "qty": 2, "rate": 100}
	make.make_order(TEMPLATE, items=[line for _ in range(5)], vat=True)
	make.make_delivery(customer=TEMPLATE, amount=1000, qty=2)


class _History:
	"""Copies the templates' rows to one customer. In the SQL, `t` is the template's row and `s.seq` the number."""

	def __init__(self, customer: str):
		self.party = frappe.db.escape(customer)
		# Numbers customers in the order they are seeded; names must be unique over all of them.
		self.number = frappe.db.count("Customer")

	def fill(self, shape: Shape) -> None:
		first_open, last = shape.paid_invoices + 1, shape.paid_invoices + shape.open_invoices
		spread = max(shape.paid_invoices, shape.settled_journals, 1)
		long_ago = f"40 + floor(({spread} - s.seq) * {YEARS * 365} / {spread})"
		lately = f"s.seq mod {OPEN_DAYS}"
		self._invoices(1, shape.paid_invoices, long_ago, open_share="0")
		self._payments(1, shape.paid_invoices, long_ago, share="1", where="1")
		half_paid = "s.seq mod 10 = 0"
		self._invoices(first_open, last, lately, open_share=f"if({half_paid}, 0.5, 1)")
		self._payments(first_open, last, lately, share="0.5", where=half_paid)
		self._unallocated(shape.unallocated_payments, lately)
		self._journals(shape.settled_journals, long_ago, is_settled=True)
		self._journals(shape.open_journals, lately, is_settled=False)
		self._orders(
			shape.finished_orders,
			long_ago,
			{"status": "'Completed'", "per_delivered": "100", "per_billed": "100"},
		)
		half = "s.seq mod 5 = 0"
		self._orders(
			shape.open_orders,
			lately,
			{
				"status": "'To Deliver and Bill'",
				"per_delivered": f"if({half}, 50, 0)",
				"b2b_credit_status": "'Clear'",
			},
			{"delivered_qty": f"if({half}, t.qty / 2, 0)"},
		)
		against = self._name("BSO-Completed", long_ago)
		self._deliveries(
			shape.finished_orders,
			long_ago,
			{"status": "'Completed'", "per_billed": "100"},
			{"against_sales_order": against},
		)
		self._deliveries(shape.open_deliveries, lately, {"status": "'To Bill'"}, {})

	def _name(self, prefix: str, days_ago: str) -> str:
		return f"concat('{prefix}-', date_format({_day(days_ago)}, '%%y%%m%%d'), '-{self.number}-', s.seq)"

	def _invoices(self, first: int, last: int, days_ago: str, open_share: str) -> None:
		name, template = self._name("BSI", days_ago), _template("Sales Invoice")
		span, day = (first, last), _day(days_ago)
		changes = {
			"name": name,
			"customer": self.party,
			"posting_date": day,
			"due_date": _day(days_ago, 60),
			"outstanding_amount": f"{_times('t.outstanding_amount')} * {open_share}",
			"status": f"if({open_share} = 0, 'Paid', if({open_share} = 1, 'Unpaid', 'Partly Paid'))",
		}
		# The template was paid, so its outstanding is 0: what it was at first is its total.
		changes["outstanding_amount"] = f"{_times('t.grand_total')} * {open_share}"
		_copy("Sales Invoice", f"t.name = '{template}'", span, changes)
		row = {"parent": name, "name": f"concat({name}, '-', t.idx)"}
		_copy("Sales Invoice Item", f"t.parent = '{template}'", span, row)
		schedule = {
			"due_date": _day(days_ago, "30 * t.idx"),
			"outstanding": f"{_times('t.payment_amount')} * {open_share}",
		}
		_copy("Payment Schedule", f"t.parent = '{template}'", span, row | schedule)
		self._ledgers(template, name, span, days_ago, against=name)

	def _payments(self, first: int, last: int, invoiced: str, share: str, where: str) -> None:
		paid = f"({invoiced}) - 30" if where == "1" else "0"
		template = frappe.db.get_value("Payment Entry", {"party": TEMPLATE, "unallocated_amount": 0})
		name = self._name("BPE", paid)
		span = (first, last)
		changes = {"name": name, "party": self.party, "posting_date": _day(paid)}
		_copy("Payment Entry", f"t.name = '{template}'", span, changes, share, where)
		self._ledgers(template, name, span, paid, self._name("BSI", invoiced), share, where)

	def _unallocated(self, count: int, days_ago: str) -> None:
		template = frappe.db.get_value("Payment Entry", {"party": TEMPLATE, "unallocated_amount": (">", 0)})
		name = self._name("BPU", days_ago)
		changes = {"name": name, "party": self.party, "posting_date": _day(days_ago)}
		_copy("Payment Entry", f"t.name = '{template}'", (1, count), changes)
		self._ledgers(template, name, (1, count), days_ago, against=name)

	def _journals(self, count: int, days_ago: str, is_settled: bool) -> None:
		debit, credit = frappe.get_all(
			"Payment Ledger Entry",
			filters={"party": TEMPLATE, "voucher_type": "Journal Entry"},
			order_by="amount desc",
			pluck="voucher_no",
		)
		kind = "BJS" if is_settled else "BJO"
		name = self._name(kind, days_ago)
		self._ledgers(debit, name, (1, count), days_ago, against=name)
		if is_settled:
			self._ledgers(credit, self._name("BJC", days_ago), (1, count), days_ago, against=name)

	def _orders(self, count: int, days_ago: str, changes: dict, line: dict | None = None) -> None:
		name = self._name(f"BSO-{'Completed' if 'Completed' in changes['status'] else 'Open'}", days_ago)
		self._goods("Sales Order", name, count, {"transaction_date": _day(days_ago), **changes}, line or {})

	def _deliveries(self, count: int, days_ago: str, changes: dict, line: dict) -> None:
		name = self._name("BDN", days_ago)
		self._goods("Delivery Note", name, count, {"posting_date": _day(days_ago), **changes}, line)

	def _goods(self, doctype: str, name: str, count: int, changes: dict, line: dict) -> None:
		template = _template(doctype)
		head = {"name": name, "customer": self.party, **changes}
		_copy(doctype, f"t.name = '{template}'", (1, count), head)
		row = {"parent": name, "name": f"concat({name}, '-', t.idx)", **line}
		_copy(f"{doctype} Item", f"t.parent = '{template}'", (1, count), row)

	def _ledgers(self, template, voucher, span, days_ago, against, share="1", where="1") -> None:
		common = {
			"voucher_no": voucher,
			"posting_date": _day(days_ago),
			"due_date": f"if(t.due_date is null, null, {_day(days_ago, 60)})",
		}
		rank = "row_number() over (partition by s.seq order by t.account, t.creation)"
		of_party = f"if(t.party is null, null, {self.party})"
		gl = {"name": f"concat('G', {voucher}, '-', {rank})", "party": of_party, "to_rename": "0"}
		gl["against_voucher"] = f"if(t.against_voucher is null, null, {against})"
		_copy("GL Entry", f"t.voucher_no = '{template}'", span, common | gl, share, where)
		ple = {
			"name": f"concat('P', {voucher}, '-', {rank})",
			"party": of_party,
			"against_voucher_no": against,
		}
		_copy("Payment Ledger Entry", f"t.voucher_no = '{template}'", span, common | ple, share, where)


def _template(doctype: str) -> str:
	return frappe.db.get_value(doctype, {"customer": TEMPLATE})


def _day(days_ago: str, later="0") -> str:
	return f"date_add(date_sub(curdate(), interval {days_ago} day), interval {later} day)"


def _times(column: str) -> str:
	"""Multiply an amount of the template by the document's own factor, 0.20 to 5.00."""
	return f"round({column} * (20 + crc32(concat('{SEED}-', s.seq)) mod 481) / 100, 2)"


def _copy(doctype: str, template: str, span, changes: dict, share: str = "1", where: str = "1") -> None:
	"""Copy the template's rows once per number of `span`; `changes` are SQL for columns that differ."""
	money = {f.fieldname for f in frappe.get_meta(doctype).fields if f.fieldtype == "Currency"}
	columns = frappe.db.get_table_columns(doctype)
	changes = {**{c: f"{_times(f't.`{c}`')} * {share}" for c in columns if c in money}, **changes}
	values = ", ".join(changes.get(c, f"t.`{c}`") for c in columns)
	into = ", ".join(f"`{c}`" for c in columns)
	first, last = span
	for start in range(first, last + 1, BATCH):
		end = min(start + BATCH - 1, last)
		frappe.db.sql(
			f"""insert into `tab{doctype}` ({into}) select {values}
			from (select * from `tab{doctype}` t where {template}) t join seq_{start}_to_{end} s where {where}""".replace(
				"%%", "%"
			)
		)
		frappe.db.commit()
