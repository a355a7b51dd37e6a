"""The key figures on the site: a small book reckoned by hand, a random one told entry by entry in Python, snapshots, rights."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, add_months, flt, get_first_day, get_last_day, getdate, nowdate

from b2b_contracts import kpis_api
from b2b_contracts.collections import write_offs
from b2b_contracts.engine import ageing
from b2b_contracts.engine import kpi as rules
from b2b_contracts.exceptions import WrittenByAppOnlyError
from b2b_contracts.reporting import kpi_facts, kpi_now, kpi_records, kpi_wording, kpis, receivables, snapshots
from b2b_contracts.setup import defaults
from b2b_contracts.tests import books, ledger
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SiteTestCase,
	ensure_second_company,
	sales_person_of,
)
from b2b_contracts.tests.test_query_count import counted

REPORT = "Credit KPIs"
CENT = Decimal("0.01")


def month(back: int) -> date:
	"""Return the first day of the month so many months ago."""
	return getdate(get_first_day(add_months(nowdate(), -back)))


def day(back: int, number: int) -> str:
	"""Return a day of the month so many months ago."""
	return str(add_days(month(back), number - 1))


def end(back: int) -> date:
	return getdate(get_last_day(month(back)))


def run(user: str, **filters) -> dict:
	with as_user(user):
		asked = json.dumps({"company": COMPANY, **filters}, default=str)
		return query_report.run(REPORT, filters=asked, ignore_prepared_report=True)


class HandBook(SiteTestCase):
	"""Two customers: one of segment A that seller1 and seller2 share 60 to 40, one of C without a salesperson."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.one = make.make_customer(account_manager="seller1").name
		cls.other = make.make_customer(account_manager="seller2").name
		cls.customers = [cls.one, cls.other]
		make.make_profile(cls.one, segment="A", manual_limit=1_000_000)
		make.make_profile(cls.other, segment="C", manual_limit=1_000_000)
		team = [
			{"sales_person": sales_person_of("seller1"), "allocated_percentage": 60},
			{"sales_person": sales_person_of("seller2"), "allocated_percentage": 40},
		]
		with make.policy_off():
			# Three months ago: 1,000 of each, the first paid 10 days late, a month later.
			cls.paid = cls.bill(cls.one, 1000, day(3, 1), day(2, 1), sales_team=team)
			cls.old = cls.bill(cls.other, 1000, day(3, 1), day(3, 15))
			cls.pay(cls.paid, 1000, day(2, 11))
			# A month ago: 600 that is due this month, and half of it paid at once.
			cls.new = cls.bill(cls.one, 600, day(1, 1), str(add_days(end(1), 10)), sales_team=team)
			cls.pay(cls.new, 300, day(1, 2))

	@classmethod
	def tearDownClass(cls):
		frappe.db.rollback()
		super().tearDownClass()

	def setUp(self):
		super().setUp()
		frappe.db.savepoint("each_test")

	def tearDown(self):
		"""The book is shared: a test takes back what it made itself."""
		frappe.set_user("Administrator")
		frappe.db.rollback(save_point="each_test")
		frappe.local.request_cache.clear()

	@staticmethod
	def bill(customer, amount, posted, due, **fields):
		return make.make_invoice(customer, amount, posting_date=posted, due_date=due, **fields)

	@staticmethod
	def pay(invoice, amount, posted):
		return make.make_payment(invoice, amount, posting_date=posted, reference_date=posted)

	def figures(self, back: int = 1, by: str = "", **more) -> kpis.Found:
		return kpis.figures(COMPANY, month(back), month(back), by, customers=self.customers, **more)

	def value(self, code: str, key: str = "", back: int = 1, by: str = ""):
		return self.figures(back, by).of(code, key).value


class TestByHand(HandBook):
	def test_dso_and_count_back(self):
		# Owed: 1,000 + 300. Sold: 600 a month ago, nothing before, 2,000 three months ago.
		days = sum((end(back) - month(back)).days + 1 for back in (1, 2, 3))
		self.assertEqual(self.value("dso"), Decimal(1300) / Decimal(2600) * days)
		peeled = (end(1) - month(1)).days + 1 + (end(2) - month(2)).days + 1
		of_third = Decimal(700) / Decimal(2000) * ((end(3) - month(3)).days + 1)
		self.assertEqual(self.value("dso_count_back"), peeled + of_third)

	def test_days_to_pay_and_beyond_terms(self):
		# Two months ago 1,000 came for an invoice of the month before, ten days late; a month ago 300 after a day.
		took = (getdate(day(2, 11)) - getdate(day(3, 1))).days
		self.assertEqual(self.value("days_to_pay", back=2), took)
		self.assertEqual(self.value("days_beyond_terms", back=2), 10)
		self.assertEqual(self.value("days_to_pay", back=1), 1)
		self.assertEqual(self.value("days_beyond_terms", back=1), 0)

	def test_effectiveness(self):
		# Two months ago: began with 2,000, sold nothing, 1,000 is left, all of it overdue.
		self.assertEqual(self.value("cei", back=2), Decimal(50))
		# A month ago: began with 1,000, sold 600, ends with 1,300 of which 300 is not due.
		self.assertEqual(self.value("cei", back=1), Decimal(300) / Decimal(1300) * 100)

	def test_overdue_collected_and_over_60(self):
		self.assertEqual(self.value("overdue_collected", back=2), Decimal(50))
		age = (end(1) - getdate(day(3, 15))).days
		self.assertGreater(age, 60)
		self.assertEqual(self.value("over_60"), Decimal(1000) / Decimal(1300) * 100)

	def test_what_is_disputed_is_in_neither_part(self):
		make.make_dispute((self.old, 400), opened_on=day(2, 1))
		self.assertEqual(self.value("over_60"), Decimal(600) / Decimal(900) * 100)
		# Before it was opened all of it counted.
		self.assertEqual(self.figures(3).of("over_60").figure.inputs[1].value, 2000)

	def test_dispute_time_is_of_the_month_in_which_it_was_settled(self):
		dispute = make.make_dispute((self.old, 400), opened_on=day(2, 1))
		dispute.db_set({"status": "Resolved: Rejected", "resolved_on": day(1, 4)})
		days = (getdate(day(1, 4)) - getdate(day(2, 1))).days
		self.assertEqual(self.value("dispute_time"), days)
		self.assertIsNone(self.value("dispute_time", back=2))

	def test_bad_debt_is_net_with_net(self):
		with make.policy_off():
			invoice = self.bill(self.other, 1000, day(2, 1), day(2, 15), vat=True)
		write_offs.book(invoice.name, True, "Gone")
		found = kpis.figures(COMPANY, month(0), month(0), customers=self.customers).of("bad_debt")
		inputs = {one.name: one.value for one in found.figure.inputs}
		# 1,250 were owed; 250 of VAT come back. Revenue of twelve months: 1,000 + 1,000 + 600 + 1,000.
		self.assertEqual(inputs, {"written_off": 1000, "revenue": 3600})
		self.assertEqual(found.value, Decimal(1000) / Decimal(3600) * 100)
		# What was written off is nothing that was paid.
		self.assertIsNone(
			kpis.figures(COMPANY, month(0), month(0), customers=self.customers).of("days_to_pay").value
		)

	def test_by_segment(self):
		found = self.figures(1, kpi_facts.SEGMENT)
		self.assertEqual(found.keys, ["A", "C"])
		self.assertEqual(found.of("dso", "C").figure.inputs[0].value, 1000)
		self.assertEqual(found.of("dso", "A").figure.inputs[0].value, 300)
		# 300 ÷ 1,600 of a quarter is far below the 60 days of segment A; C has 30.
		self.assertEqual(found.of("dso", "A").light, rules.GREEN)
		self.assertEqual(found.of("dso", "C").light, rules.RED)

	def test_by_salesperson_the_shares_add_up_to_the_whole(self):
		found = self.figures(2, kpi_facts.SALESPERSON)
		paid = {key: found.of("days_to_pay", key).figure.inputs[1].value for key in found.keys}
		self.assertEqual(
			{key: amount for key, amount in paid.items() if amount},
			{sales_person_of("seller1"): 600, sales_person_of("seller2"): 400},
		)
		owed = {
			key: self.figures(1, kpi_facts.SALESPERSON).of("dso", key).figure.inputs[0].value
			for key in found.keys
		}
		self.assertEqual(owed[""], 1000)
		self.assertEqual(sum(owed.values()), 1300)

	def test_a_credit_that_nobody_allocated_lowers_what_is_owed_and_no_bucket(self):
		with make.policy_off():
			make.make_payment(customer=self.one, amount=200, posting_date=day(1, 5), reference_date=day(1, 5))
		inputs = {one.name: one.value for one in self.figures().of("cei").figure.inputs}
		self.assertEqual((inputs["receivables"], inputs["not_due"]), (1100, 300))
		self.assertEqual(self.value("over_60"), Decimal(1000) / Decimal(1300) * 100)

	def test_an_opening_is_owed_and_no_sale(self):
		before = {one.name: one.value for one in self.figures().of("dso").figure.inputs}
		with make.policy_off():
			temporary = frappe.db.get_value(
				"Account", {"company": COMPANY, "account_type": "Temporary"}, "name"
			)
			opening = make.make_invoice(
				self.one, 500, submit=False, posting_date=day(1, 1), due_date=day(1, 1)
			)
			opening.is_opening = "Yes"
			for row in opening.items:
				row.income_account = temporary
			opening.submit()
		after = {one.name: one.value for one in self.figures().of("dso").figure.inputs}
		self.assertEqual(after["receivables"] - before["receivables"], 500)
		self.assertEqual(after["sales"], before["sales"])

	def test_orders_held_and_how_fast_holds_are_answered(self):
		order = make.make_order(self.other, 5_000_000)
		hold = frappe.get_doc("Credit Hold", {"reference_name": order.name})
		make.make_order(self.one, 10)
		found = kpis.figures(COMPANY, month(0), month(0), customers=self.customers)
		self.assertEqual(found.of("orders_held").value, 50)
		self.assertIsNone(found.of("hold_response").value)
		from b2b_contracts.credit import releasing

		with as_user("cfo"):
			releasing.reject(hold.name, "Too much")
		# What is answered on the last day that is read is of its month, at whatever hour.
		answered = kpis.figures(COMPANY, month(0), month(0), customers=self.customers).of("hold_response")
		self.assertIsNotNone(answered.value)
		# From Wednesday 15:00 to Thursday 10:00 are three working hours of a day from eight to four.
		frappe.db.set_value(
			"Credit Hold", hold.name, "creation", "2026-11-04 15:00:00", update_modified=False
		)
		decision = frappe.get_last_doc("Credit Decision", {"credit_hold": hold.name, "kind": "Reject"})
		decided = frappe.qb.DocType("Credit Decision")
		frappe.qb.update(decided).set(decided.decided_on, "2026-11-05 10:00:00").where(
			decided.name == decision.name
		).run()
		november = date(2026, 11, 1)
		found = kpis.figures(COMPANY, november, november, customers=self.customers)
		self.assertEqual(found.of("hold_response").value, 3)

	def test_invoice_lag(self):
		with make.policy_off():
			order = make.make_order(self.one, 100, transaction_date=day(1, 1))
			note = make.make_delivery(order, posting_date=day(1, 2), set_posting_time=1)
			make.make_invoice(delivery=note, posting_date=day(1, 7), due_date=day(1, 20))
		self.assertEqual(self.value("invoice_lag"), 5)

	def test_plans_kept_and_broken(self):
		for status, field in (
			("Completed", "completed_on"),
			("Broken", "broken_on"),
			("Completed", "completed_on"),
		):
			with make.policy_off():
				invoice = self.bill(self.one, 300, day(2, 1), day(2, 10))
			plan = make.make_plan((invoice, None))
			plan.db_set({"status": status, field: day(1, 9)})
		self.assertEqual(round(self.value("plan_success"), 2), Decimal("66.67"))

	def test_insured_share(self):
		policy = make.make_insurance_policy()
		make.make_security(
			self.other,
			800,
			"Credit Insurance",
			insurance_policy=policy.name,
			valid_from=day(4, 1),
			in_force_on=day(2, 1),
		)
		frappe.db.set_value(
			"Security Instrument", {"customer": self.other}, {"in_force_on": day(2, 1), "cover_percent": 90}
		)
		self.assertEqual(self.value("insured"), Decimal(720) / Decimal(1300) * 100)
		self.assertEqual(self.figures(3).of("insured").figure.inputs[0].value, 0)


class TestRandomBook(SiteTestCase):
	"""Against Python that reads every entry by itself: what the ageing has at each month end, and what was sold and paid."""

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.book = books.make_book(seed=int(getdate().strftime("%j")), events=60)
		cls.first, cls.last = month(13), month(0)

	@classmethod
	def tearDownClass(cls):
		frappe.db.rollback()
		super().tearDownClass()

	def tearDown(self):
		"""The book is shared: it is rolled back with the class."""
		frappe.set_user("Administrator")

	def facts(self, company: str, by: str = "") -> kpi_facts.Books:
		return kpis.read_books(company, self.first, self.last, by, kpi_records.all_of_them())

	def test_every_month_end_is_as_the_ageing_and_the_ledger_have_it(self):
		for company in self.book.companies:
			facts = self.facts(company)
			for first in rules.months_between(self.first, self.last):
				with self.subTest(company=company, month=first):
					self.assert_as_the_ageing(company, facts, first)

	def assert_as_the_ageing(self, company, facts, first):
		of_month, as_of = facts.facts[""][first], facts.wanted.end_of(first)
		found = receivables.read(receivables.Wanted((company,), as_of))
		sums = ageing.Sums(ageing.Bounds())
		for part in ageing.all_parts(found.items):
			sums.add(part, as_of)
		self.assertEqual(found.unexplained[company], 0)
		self.assertEqual(of_month.receivables, ledger.balance(company, as_of))
		self.assertEqual(
			[of_month.not_due, *(getattr(of_month, name) for name in kpi_facts.BUCKETS), of_month.credits],
			[*sums.buckets, sums.credits],
		)
		self.assertEqual(of_month.debts - of_month.disputed, sums.undisputed)
		self.assertEqual(of_month.over_60 - of_month.disputed_over_60, sums.undisputed_old)

	def test_sales_and_payments(self):
		for company in self.book.companies:
			facts = self.facts(company)
			sold, paid, weighed = self.told_one_by_one(company)
			for first in rules.months_between(self.first, self.last):
				of_month = facts.facts[""][first]
				with self.subTest(company=company, month=first):
					self.assertEqual(of_month.sales, sold[first])
					self.assertEqual(of_month.paid, paid[first])
					self.assertEqual(of_month.paid_times_days, weighed[first])

	def told_one_by_one(self, company):
		"""Return what was sold and paid by month, and the payments times their days: entry by entry."""
		sold, paid, weighed = (defaultdict(Decimal) for _sum in range(3))
		accounts = ledger.receivable_accounts(company)
		for entry in frappe.get_all("Payment Ledger Entry", {"company": company, "delinked": 0}, ["*"]):
			first = getdate(entry.posting_date).replace(day=1)
			amount = ledger.exact(entry.amount)
			if entry.account not in accounts or entry.against_voucher_type != "Sales Invoice":
				continue
			invoice = frappe.get_doc("Sales Invoice", entry.against_voucher_no)
			if entry.voucher_type == "Sales Invoice":
				sold[first] += amount
			elif amount < 0 and flt(entry.amount_in_account_currency) and not invoice.is_return:
				# The journals of this book are of the kind Journal Entry: they move debts, they are no money.
				if entry.voucher_type == "Payment Entry":
					days = max(0, (getdate(entry.posting_date) - getdate(invoice.posting_date)).days)
					paid[first] -= amount
					weighed[first] -= amount * days
		return sold, paid, weighed

	def test_the_running_month_from_what_invoices_say_is_open_is_what_the_ledger_says(self):
		records = kpi_records.all_of_them()
		for company in self.book.companies:
			for by in kpis.BY:
				with self.subTest(company=company, by=by):
					self.assert_the_same_from_the_ledger(company, by, records)

	def assert_the_same_from_the_ledger(self, company, by, records):
		running = month(0)
		whole = kpis.read_books(company, running, running, by, records)
		past = {
			key: {first: facts for first, facts in months.items() if first < running}
			for key, months in whole.facts.items()
		}
		found = kpi_now.read(whole.wanted, past)
		self.assertIsNotNone(found)
		for key in {*whole.facts, *found.facts}:
			for name in rules.FACTS:
				one, other = (getattr(books.facts[key][running], name) for books in (found, whole))
				self.assertLess(abs(one - other), CENT, f"{key}: {name}")
		told = {(key, code): figure.value for key, code, figure, _n in kpis.reckoned(whole, running, records)}
		for key, code, figure, _months in kpis.reckoned(found, running, records):
			if figure.value is not None:
				self.assertAlmostEqual(figure.value, told[key, code], 6)

	def test_a_later_entry_is_read_from_the_ledger(self):
		frappe.db.savepoint("later")
		with make.policy_off():
			customer = self.book.customers[COMPANY][1]
			make.make_payment(
				customer=customer, amount=10, posting_date=add_days(nowdate(), 3), reference_date=nowdate()
			)
		wanted = kpis.read_books(COMPANY, month(0), month(0), "", kpi_records.all_of_them()).wanted
		self.assertIsNone(kpi_now.read(wanted, {}))
		frappe.db.rollback(save_point="later")

	def test_segments_and_salespersons_add_up_to_the_company(self):
		names = [name for name in rules.FACTS if name not in rules.CONCENTRATIONS]
		whole = self.facts(COMPANY).facts[""]
		for by in (kpi_facts.SEGMENT, kpi_facts.SALESPERSON):
			parts = self.facts(COMPANY, by).facts
			for first in rules.months_between(self.first, self.last):
				for name in names:
					with self.subTest(by=by, month=first, fact=name):
						total = sum(getattr(of_key[first], name) for of_key in parts.values())
						self.assertLess(abs(total - getattr(whole[first], name)), CENT)

	def test_a_salespersons_part_is_that_of_the_ageing(self):
		facts = self.facts(COMPANY, kpi_facts.SALESPERSON).facts
		found = receivables.read(receivables.Wanted((COMPANY,), getdate(), with_teams=True))
		owed = defaultdict(Decimal)
		for item in found.items:
			for person, amount in ageing.shares_of_team(item.open, item.team):
				owed[person] += amount
		for person, amount in owed.items():
			with self.subTest(person):
				# The ageing rounds each item to the cent, the figures round nothing.
				self.assertLess(abs(facts[person][month(0)].receivables - amount), len(found.items) * CENT)


class TestSnapshots(HandBook):
	def take(self, back: int = 1) -> str:
		return snapshots.take(COMPANY, end(back))

	def contents(self, name: str) -> list:
		return [
			frappe.get_all(doctype, filters={"snapshot": name}, fields=["*"], order_by="name", limit=0)
			for doctype in (snapshots.FIGURE, snapshots.CUSTOMER)
		] + [frappe.get_all(snapshots.SNAPSHOT, filters={"name": name}, fields=["*"])]

	def test_what_is_taken_is_what_the_books_said(self):
		before = kpis.figures(COMPANY, month(1), month(1))
		self.take()
		after = kpis.figures(COMPANY, month(1), month(1))
		self.assertEqual({one.source for one in before.all()}, {kpis.BOOKS})
		self.assertEqual({one.source for one in after.all()}, {kpis.SNAPSHOT})
		self.assertEqual(
			{(one.record.code, one.figure) for one in before.all()},
			{(one.record.code, one.figure) for one in after.all()},
		)
		for by in (kpi_facts.SEGMENT, kpi_facts.SALESPERSON):
			found = kpis.figures(COMPANY, month(1), month(1), by)
			self.assertEqual({one.source for one in found.all()}, {kpis.SNAPSHOT})

	def test_taken_again_it_stays_as_it_is_to_the_letter(self):
		name = self.take()
		before = self.contents(name)
		self.assertTrue(all(before))
		with make.policy_off():
			self.pay(self.old, 1000, day(1, 20))
		self.assertEqual(self.take(), name)
		self.assertEqual(self.contents(name), before)

	def test_what_was_booked_since_shows_in_the_books_alone(self):
		self.take()
		closed = kpis.figures(COMPANY, month(1), month(1)).of("dso")
		with make.policy_off():
			self.pay(self.old, 1000, day(1, 20))
		self.assertEqual(kpis.figures(COMPANY, month(1), month(1)).of("dso").value, closed.value)
		again = kpis.figures(COMPANY, month(1), month(1), from_books=True).of("dso")
		self.assertTrue(again.is_changed)
		self.assertEqual(again.taken.value, closed.value)
		owed = closed.figure.inputs[0].value
		self.assertEqual(again.figure.inputs[0].value, owed - 1000)
		said = run(
			"cfo",
			from_date=month(1),
			to_date=end(1),
			figures="From the Books Again",
			view="Formula and Inputs",
		)
		row = next(row for row in said["result"] if row.get("code") == "dso")
		self.assertAlmostEqual(row["change"], round(float(again.value - closed.value), 2))
		self.assertIn("changed since", said["message"])

	def test_each_customer_is_kept_with_its_ageing_and_limit(self):
		name = self.take()
		row = frappe.get_doc(snapshots.CUSTOMER, {"snapshot": name, "customer": self.other})
		self.assertEqual(
			(row.receivables, row.overdue_61_90 + row.overdue_over_90, row.segment), (1000, 1000, "C")
		)
		self.assertEqual((row.is_standing_known, row.granted_limit), (1, 1_000_000))
		self.assertEqual(row.exposure, 1000)
		rows = frappe.get_all(snapshots.CUSTOMER, {"snapshot": name}, pluck="receivables", limit=0)
		self.assertEqual(sum(map(ledger.exact, rows)), ledger.balance(COMPANY, end(1)))

	def test_trends_are_drawn_from_the_months_that_were_closed(self):
		for back in (1, 2):
			self.take(back)
		asked = {"from_date": month(3), "to_date": end(0), "customer": self.other}
		ageing_drawn = run("cfo", trend="Ageing", **asked)["chart"]["data"]
		self.assertEqual(len(ageing_drawn["labels"]), 2)
		self.assertEqual(sum(sum(of["values"]) for of in ageing_drawn["datasets"]), 2000)
		limits_drawn = run("cfo", trend="Limits and Exposure", **asked)["chart"]["data"]
		# Of the older one nobody knows the limit.
		self.assertEqual(len(limits_drawn["labels"]), 1)
		self.assertEqual([of["values"] for of in limits_drawn["datasets"]], [[1_000_000], [1000], [0]])

	def test_of_a_month_long_ago_no_limit_is_known(self):
		name = self.take(3)
		self.assertEqual(frappe.db.get_value(snapshots.SNAPSHOT, name, "from_books"), 1)
		row = frappe.get_doc(snapshots.CUSTOMER, {"snapshot": name, "customer": self.other})
		self.assertEqual((row.is_standing_known, row.granted_limit, row.receivables), (0, 0, 1000))

	def test_a_month_that_is_not_over_is_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "not over"):
			snapshots.take(COMPANY, end(0))

	def test_killed_between_any_two_writes_it_leaves_nothing_and_is_whole_the_next_time(self):
		class Killed(BaseException):
			pass

		writes = 0
		original = frappe.db.sql

		def counting(at):
			seen = 0

			def sql(query, *args, **kwargs):
				nonlocal seen, writes
				if str(query).lstrip().lower().startswith(("insert", "update", "delete")):
					seen += 1
					writes = max(writes, seen)
					if seen == at:
						raise Killed
				return original(query, *args, **kwargs)

			return sql

		at = 1
		while True:
			frappe.db.savepoint("killed")
			frappe.db.sql = counting(at)
			try:
				name = self.take()
				break
			except Killed:
				frappe.db.sql = original
				frappe.db.rollback(save_point="killed")
				self.assertFalse(frappe.db.exists(snapshots.SNAPSHOT, snapshots.key_of(COMPANY, end(1))))
				self.assertFalse(frappe.db.count(snapshots.FIGURE, {"company": COMPANY, "month_end": end(1)}))
			finally:
				frappe.db.sql = original
			at += 1
		self.assertGreater(at, 4)
		figures, customers, (snapshot,) = self.contents(name)
		self.assertEqual((snapshot.figures, snapshot.customers), (len(figures), len(customers)))
		keys = [(row.kpi, row.dimension, row.dimension_key) for row in figures]
		self.assertEqual(len(keys), len(set(keys)))
		self.assertEqual({row.kpi for row in figures}, {*rules.BY_CODE, snapshots.FACTS})

	def test_the_running_month_goes_on_from_the_closed_ones(self):
		before = kpis.figures(COMPANY, month(0), month(0))
		for first in snapshots.due(COMPANY):
			snapshots.take(COMPANY, rules.last_day(first))
		again = kpis.figures(COMPANY, month(0), month(0))
		self.assertIsNotNone(kpis._running(again))
		for one in before.all():
			other = again.of(one.record.code)
			self.assertEqual((other.value, other.source), (one.value, kpis.BOOKS), one.record.code)

	def test_many_months_at_once_are_as_one_after_the_other(self):
		names = [self.take(back) for back in (3, 2)]
		apart = [self.told(name) for name in names]
		frappe.db.rollback(save_point="each_test")
		together = snapshots._Together(COMPANY, month(3), month(2))
		self.assertEqual(names, [snapshots._take(COMPANY, month(back), together) for back in (3, 2)])
		self.assertEqual([self.told(name) for name in names], apart)

	def told(self, name: str) -> list[list[tuple]]:
		"""Return what a snapshot says, without names and times."""
		figures, customers, _snapshot = self.contents(name)
		return [
			sorted((row.kpi, row.dimension, row.dimension_key, row.inputs) for row in figures),
			sorted((row.customer, *(row[name] for name in snapshots.AGEING)) for row in customers),
		]

	def test_two_at_once_write_one(self):
		name = self.take()
		written = snapshots._Snapshot(
			COMPANY, month(1), name, snapshots._Together(COMPANY, month(1), month(1))
		)
		self.assertFalse(written.begin())

	def test_the_daily_job_takes_what_is_due_and_nothing_twice(self):
		today = getdate()
		due = snapshots.due(COMPANY, today)
		self.assertLessEqual(len(due), 36)
		self.assertEqual(due, sorted(due))
		name = self.take(1)
		self.assertNotIn(month(1), snapshots.due(COMPANY, today))
		self.assertEqual(frappe.db.count(snapshots.SNAPSHOT, {"name": name}), 1)
		# Before the books are closed the month is not due.
		self.assertNotIn(month(2), snapshots.due(COMPANY, add_days(end(2), 7)))
		self.assertIn(month(2), snapshots.due(COMPANY, getdate(add_days(end(2), 8))))

	def test_no_hand_writes_or_deletes_one(self):
		name = self.take()
		figure = frappe.get_all(snapshots.FIGURE, {"snapshot": name}, pluck="name", limit=1)[0]
		customer = frappe.get_all(snapshots.CUSTOMER, {"snapshot": name}, pluck="name", limit=1)[0]
		for doctype, row in (
			(snapshots.SNAPSHOT, name),
			(snapshots.FIGURE, figure),
			(snapshots.CUSTOMER, customer),
		):
			doc = frappe.get_doc(doctype, row)
			for user in ("cfo", "Administrator"):
				with self.subTest(doctype, user=user), as_user(user):
					self.assertRaises((frappe.PermissionError, WrittenByAppOnlyError), doc.save)
					self.assertRaises((frappe.PermissionError, WrittenByAppOnlyError), doc.delete)
					copied = frappe.copy_doc(doc)
					self.assertRaises((frappe.PermissionError, WrittenByAppOnlyError), copied.insert)

	def test_sellers_see_no_snapshot_and_their_figures_are_of_their_customers(self):
		self.take()
		for doctype in (snapshots.SNAPSHOT, snapshots.FIGURE):
			with as_user("seller1"), self.assertRaises(frappe.PermissionError):
				frappe.get_list(doctype)
		found = run(
			"seller1", from_date=month(1), to_date=end(1), view="Formula and Inputs", customer=self.one
		)
		row = next(row for row in found["result"] if row.get("code") == "dso")
		self.assertIn("300.00", row["inputs"].split(";")[0])
		self.assertEqual(row["source"], "Books")
		with self.assertRaises(frappe.PermissionError):
			run("seller1", customer=self.other)


class TestReport(HandBook):
	def test_months_side_by_side_newest_first(self):
		found = run("cfo", from_date=month(3), to_date=end(1), customer=self.other)
		months = [
			column["fieldname"] for column in found["columns"] if column["fieldname"].startswith("month_")
		]
		self.assertEqual(months, [f"month_{month(back):%Y_%m}" for back in (1, 2, 3)])
		row = next(row for row in found["result"] if row.get("code") == "over_60")
		self.assertEqual(
			[row[name] for name in months], [100, 0 if (end(2) - getdate(day(3, 15))).days <= 60 else 100, 0]
		)
		self.assertEqual(row[f"light_{months[0]}"], "Red")
		self.assertEqual(
			(row["target"], row["yellow"], row["red"], row["owner"]), (10, 13.5, 15, "Credit Controller")
		)

	def test_formula_and_inputs_in_the_rows_and_on_a_click(self):
		found = run("cfo", from_date=month(1), to_date=end(1), view="Formula and Inputs", customer=self.other)
		row = next(row for row in found["result"] if row.get("code") == "cei")
		self.assertIn("÷ N", row["formula"])
		self.assertIn("N (months): 1", row["inputs"])
		with as_user("cfo"):
			filters = {
				"company": COMPANY,
				"from_date": str(month(2)),
				"to_date": str(end(1)),
				"customer": self.other,
			}
			told = kpis_api.explained(json.dumps(filters), "cei")
		self.assertEqual(len(told["months"]), 2)
		self.assertEqual(told["opens"]["report"], "B2B Receivables Ageing")
		self.assertEqual(told["months"][0]["inputs"][2], {"name": "N (months)", "value": "1", "taken": None})

	def test_who_may_not_run_the_report_is_told_nothing(self):
		user = make.make_user("Stock User")
		with as_user(user), self.assertRaises(frappe.PermissionError):
			kpis_api.explained({"company": COMPANY}, "dso")
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			kpis_api.explained({"company": COMPANY, "customer": self.other}, "dso")

	def test_bad_filters_are_refused_with_a_sentence(self):
		for filters in (
			{"by": "Moon"},
			{"from_date": add_months(nowdate(), 2), "to_date": add_months(nowdate(), 3)},
			{"from_date": "2000-01-01"},
			{"from_date": nowdate(), "to_date": "2020-01-01"},
		):
			with self.subTest(**filters), self.assertRaises(frappe.ValidationError):
				run("cfo", **filters)

	def test_a_book_of_many_months_takes_as_many_queries_as_one_of_few_customers(self):
		def queries() -> int:
			with counted() as found:
				kpis.figures(COMPANY, month(11), month(0), customers=None)
			return len(found)

		queries()
		few = queries()
		with make.policy_off():
			for number in range(6):
				customer = make.make_customer().name
				self.bill(customer, 100 + number, day(2, 1), day(2, 20))
		self.assertEqual(queries(), few)


class TestRecords(SiteTestCase):
	def test_there_is_one_for_each_formula_made_once(self):
		records = kpi_records.all_of_them()
		self.assertEqual([record.code for record in records], [kpi.code for kpi in rules.KPIS])
		for record in records:
			self.assertEqual(record.name, rules.NAMES[record.code])
			self.assertEqual(kpi_wording.name_of(record.code), rules.NAMES[record.code])
			self.assertTrue(kpi_wording.formula_of(record.code) and kpi_wording.source_of(record.code))
		frappe.db.set_value("Credit KPI", "DSO", "red", 60)
		defaults.create_credit_kpis()
		self.assertEqual(frappe.db.get_value("Credit KPI", "DSO", "red"), 60)

	def test_the_limits_of_the_requirements(self):
		limits = {record.code: record.limits.red for record in kpi_records.all_of_them()}
		self.assertEqual({limits[code] for code in ("dso", "dso_count_back", "days_to_pay")}, {Decimal(45)})
		self.assertEqual((limits["cei"], limits["over_60"]), (90, 15))
		self.assertEqual((limits["bad_debt"], limits["dispute_time"]), (Decimal("0.5"), 14))

	def test_targets_and_limits_are_data(self):
		with as_user("finance_director"):
			doc = frappe.get_doc("Credit KPI", "DSO")
			doc.red, doc.yellow_percent = 50, 80
			doc.save()
		self.assertEqual(doc.yellow, 40)
		self.assertEqual(kpis.light_of("dso", Decimal(41)), rules.YELLOW)
		self.assertEqual(kpis.light_of("dso", Decimal(51)), rules.RED)
		self.assertEqual(kpis.light_of("dso", Decimal(51), "A"), rules.YELLOW)
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			doc.save()

	def test_no_figure_is_made_up_or_deleted(self):
		made_up = frappe.get_doc(
			{"doctype": "Credit KPI", "kpi_name": "Luck", "code": "luck", "owner_role": "CFO", "months": 1}
		)
		self.assertRaisesRegex(frappe.ValidationError, "no formula", made_up.insert)
		self.assertRaisesRegex(
			frappe.ValidationError, "Shown in the report", frappe.delete_doc, "Credit KPI", "DSO"
		)

	def test_a_segment_has_one_row(self):
		doc = frappe.get_doc("Credit KPI", "DSO")
		doc.append("targets", {"segment": "A", "red": 1})
		self.assertRaisesRegex(frappe.ValidationError, "two rows", doc.save)

	def test_every_input_has_a_name(self):
		history = [rules.Month(month(0), getdate(), rules.Facts())]
		for kpi in rules.KPIS:
			for one in rules.figure(kpi.code, history, kpi.months).inputs:
				self.assertTrue(kpi_wording.input_name(one.name))


class TestSecondCompany(SiteTestCase):
	def test_a_company_has_its_own_figures(self):
		ensure_second_company()
		customer = make.make_customer().name
		with make.policy_off(SECOND_COMPANY):
			make.make_invoice(
				customer, 100, company=SECOND_COMPANY, posting_date=day(1, 1), due_date=day(1, 9)
			)
		for company, owed in ((SECOND_COMPANY, 100), (COMPANY, 0)):
			found = kpis.figures(company, month(1), month(1), customers=[customer])
			self.assertEqual(found.of("dso").figure.inputs[0].value, owed)

	def test_a_company_that_is_kept_from_somebody_is_refused(self):
		ensure_second_company()
		user = make.make_user("CFO", "Accounts Manager")
		frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Company", "for_value": COMPANY}
		).insert()
		with self.assertRaises(frappe.PermissionError):
			run(user, company=SECOND_COMPANY)
