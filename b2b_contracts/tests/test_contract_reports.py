"""The reports about contracts beside what is read by hand, document by document: orders, invoices, credit notes, deliveries, payments,
disputes and the contracts themselves; as the people who read them."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.reporting import contract_renewals, shown
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, PRICE_LIST, SERVICE, WAREHOUSE, WIDGET, email_of
from b2b_contracts.tests.test_contract_amendments import AmendmentTestCase
from b2b_contracts.tests.test_contract_orders import OrderTestCase, price
from b2b_contracts.tests.test_contract_pipeline import PipelineTestCase
from b2b_contracts.tests.test_query_count import counted

TODAY = nowdate()
YEAR_AGO = add_days(add_months(TODAY, -12), 1)
PUMP = "B2B-PUMP"


class ContractReportTestCase(PipelineTestCase, AmendmentTestCase, OrderTestCase):
	"""A book with goods that cost something: pumps are bought at 60 and listed at 120."""

	def setUp(self):
		super().setUp()
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": PUMP,
				"item_group": frappe.db.get_value("Item", WIDGET, "item_group"),
				"stock_uom": "Nos",
				"is_stock_item": 1,
				"item_defaults": [{"company": COMPANY, "default_warehouse": WAREHOUSE}],
			}
		).insert()
		make.make_stock_entry(
			"Material Receipt",
			1000,
			target=WAREHOUSE,
			row={"item_code": PUMP, "basic_rate": 60},
			set_posting_time=1,
			posting_date=add_days(TODAY, -400),
		)
		self.list_price(PUMP, 120, valid_from=add_days(TODAY, -500))

	def list_price(self, item, rate, **fields):
		doc = {"doctype": "Item Price", "item_code": item, "price_list": PRICE_LIST, "selling": 1}
		return frappe.get_doc({**doc, "price_list_rate": rate, **fields}).insert()

	def run_report(self, report, user="contract_manager", **filters) -> dict:
		with as_user(user):
			asked = {"company": COMPANY, "customer": self.customer.name, **filters}
			return query_report.run(report, filters=asked, ignore_prepared_report=True)

	def row_of(self, report, contract, **filters) -> dict:
		rows = self.run_report(report, **filters)["result"]
		return next(row for row in rows if row["contract"] == contract.name)

	def cards(self, found) -> dict:
		return {card["label"]: card["value"] for card in found["report_summary"]}

	def bought(self, contract, quantity=12, rate=None, days_ago=40, user=None, **fields):
		"""Order pumps under the contract, and return the order."""
		row = {"item_code": PUMP, "qty": quantity, **({"rate": rate} if rate else {})}
		return self.order(row, submit=True, on=add_days(TODAY, -days_ago), user=user, **fields)


def by_hand(contracts, first=YEAR_AGO, last=TODAY) -> dict:
	"""What was ordered, invoiced, earned and bought under some contracts: every document of the company is opened."""
	names = set(contracts)
	found = defaultdict(float)
	quantities = defaultdict(float)
	for name in frappe.get_all("Sales Order", {"company": COMPANY, "docstatus": 1}, pluck="name"):
		doc = frappe.get_doc("Sales Order", name)
		if not getdate(first) <= getdate(doc.transaction_date) <= getdate(last):
			continue
		for row in doc.items:
			if row.b2b_contract in names:
				amount = row.base_net_amount
				if doc.status == "Closed":
					amount = max(row.delivered_qty * row.base_net_rate, row.billed_amt * doc.conversion_rate)
				found["ordered"] += amount
	for name in frappe.get_all("Sales Invoice", {"company": COMPANY, "docstatus": 1}, pluck="name"):
		doc = frappe.get_doc("Sales Invoice", name)
		if not getdate(first) <= getdate(doc.posting_date) <= getdate(last):
			continue
		for row in doc.items:
			source = row
			if doc.is_return:
				if not row.sales_invoice_item:
					continue
				source = frappe.get_doc("Sales Invoice Item", row.sales_invoice_item)
			if source.b2b_contract not in names:
				continue
			found["invoiced"] += row.base_net_amount
			quantities[row.item_code, abs(source.qty)] += row.qty
			rate = 0
			if source.dn_detail:
				rate = frappe.db.get_value("Delivery Note Item", source.dn_detail, "incoming_rate")
			rate = rate or source.incoming_rate
			if rate:
				found["known"] += row.base_net_amount
				found["cost"] += rate * row.stock_qty
	found["quantities"] = quantities
	return found


class TestTrade(ContractReportTestCase):
	"""One contract with everything that happens to orders and invoices."""

	def setUp(self):
		super().setUp()
		self.contract_ = self.running(
			20,
			title="Pumps",
			annual_value=24_000,
			prices=[price(100, PUMP), price(90, PUMP, from_quantity=10), {"item_code": SERVICE, "rate": 500}],
			price_list=PRICE_LIST,
		)

	def trade(self):
		order = self.bought(self.contract_, 12, days_ago=70)
		delivery = make.make_delivery(order, qty=5, set_posting_time=1, posting_date=add_days(TODAY, -60))
		# The contract's terms are net 30.
		self.invoice = make.make_invoice(
			delivery=delivery, posting_date=add_days(TODAY, -60), payment_schedule=[]
		)
		self.assertEqual(str(self.invoice.due_date), add_days(TODAY, -30))
		# Invoiced straight from the order, goods and service.
		mixed = self.order(
			{"item_code": PUMP, "qty": 2},
			{"item_code": SERVICE, "qty": 1},
			submit=True,
			on=add_days(TODAY, -20),
		)
		self.direct = make.make_invoice(order=mixed, update_stock=1)
		# Two of the five come back.
		self.credit = make.make_credit_note(self.invoice, submit=False)
		self.credit.items[0].qty = -2
		self.credit.save()
		self.credit.submit()
		closed = self.bought(self.contract_, 4)
		make.make_delivery(closed, qty=1)
		closed.reload().update_status("Closed")
		# What does not count: a draft, a cancelled one, and what no contract is about.
		make.make_invoice(order=self.bought(self.contract_, 3), submit=False)
		cancelled = make.make_invoice(order=self.bought(self.contract_, 3))
		cancelled.cancel()
		make.make_invoice(self.customer, 7_000, items=[{"item_code": WIDGET, "qty": 1, "rate": 7_000}])

	def test_what_happened_under_a_contract(self):
		self.trade()
		for check in (
			self.check_what_was_ordered_invoiced_and_earned,
			self.check_who_knows_what_was_traded,
			self.check_the_pipeline_says_margin_and_price_gap,
			self.check_lateness_overdue_and_disputes,
		):
			with self.subTest(check.__name__):
				check()

	def check_what_was_ordered_invoiced_and_earned(self):
		hand = by_hand([self.contract_.name])
		self.assertEqual(hand["ordered"], 12 * 90 + 2 * 100 + 500 + 100 + 3 * 100 + 3 * 100)
		self.assertEqual(hand["invoiced"], 3 * 90 + 2 * 100 + 500)
		self.assertEqual((hand["known"], hand["cost"]), (3 * 90 + 2 * 100, 5 * 60))
		row = self.row_of("Contract Performance", self.contract_)
		self.assertEqual((row["ordered"], row["invoiced"]), (hand["ordered"], hand["invoiced"]))
		self.assertEqual(row["margin"], hand["known"] - hand["cost"])
		self.assertAlmostEqual(row["margin_percent"], (470 - 300) / 470 * 100)
		self.assertEqual(row["cost_unknown"], 500, "a service has no cost here, and that is not 0")
		cards = self.cards(self.run_report("Contract Performance"))
		self.assertEqual((cards["Ordered"], cards["Invoiced"]), (hand["ordered"], hand["invoiced"]))
		for by in ("Customer", "Contract type", "Account manager"):
			(total,) = self.run_report("Contract Performance", by=by)["result"]
			self.assertEqual((total["invoiced"], total["contracts"]), (hand["invoiced"], 1))
		# Of other days nothing.
		row = self.row_of("Contract Performance", self.contract_, to_date=add_days(TODAY, -100))
		self.assertEqual((row["ordered"], row["invoiced"], row["margin"]), (0, 0, None))

	def check_the_pipeline_says_margin_and_price_gap(self):
		hand = by_hand([self.contract_.name])
		row = self.row_of("Renewal Pipeline", self.contract_, view="Margin and prices")
		self.assertEqual((row["invoiced"], row["margin"]), (hand["invoiced"], 170))
		# By hand: three pumps of a line of five, two of a line of two; both cost 100 up to nine, listed at 120.
		quantities = {(PUMP, 5.0): 3.0, (PUMP, 2.0): 2.0, (SERVICE, 1.0): 1.0}
		self.assertEqual(dict(hand["quantities"]), quantities)
		self.assertEqual((row["at_agreed"], row["at_list"], row["gap"]), (500, 600, 100))
		self.assertAlmostEqual(row["gap_percent"], 100 / 6)
		self.assertEqual(row["not_compared"], 1, "the service is on no list")
		overview = self.row_of("Renewal Pipeline", self.contract_)
		self.assertAlmostEqual(overview["gap_percent"], 100 / 6)
		self.assertAlmostEqual(overview["margin_percent"], row["margin_percent"])
		self.assertEqual(overview["status"], "Active")
		cards = self.cards(self.run_report("Renewal Pipeline", view="Margin and prices"))
		self.assertEqual((cards["Price gap to the list"], cards["Cost not known of"]), (100, 500))
		# The list of today counts: a new price, one that has ended, one of another customer, one per box.
		self.list_price(PUMP, 150, valid_from=add_days(TODAY, -90))
		self.list_price(PUMP, 997, valid_from=add_days(TODAY, -30), valid_upto=add_days(TODAY, -1))
		self.list_price(PUMP, 999, valid_from=add_days(TODAY, 5))
		other = make.make_customer()
		self.list_price(PUMP, 998, customer=other.name)
		row = self.row_of("Renewal Pipeline", self.contract_, view="Margin and prices")
		self.assertEqual((row["at_list"], row["gap"]), (750, 250))

	def test_quantity_breaks_and_what_was_bought_before_an_amendment(self):
		make.make_invoice(order=self.bought(self.contract_, 20), update_stock=1)
		amendment = self.amendment(self.contract_, prices=[price(80, PUMP)], annual_value=36_000)
		make.make_invoice(order=self.bought(amendment, 10, days_ago=0), update_stock=1)
		row = self.row_of("Renewal Pipeline", amendment, view="Margin and prices", within=0)
		# Twenty at 90 then, ten at 80 now; all of them cost 80 by what is agreed today.
		self.assertEqual((row["invoiced"], row["at_agreed"], row["gap"]), (20 * 90 + 800, 30 * 80, 30 * 40))
		row = self.row_of("Contract Performance", amendment)
		hand = by_hand([self.contract_.name, amendment.name])
		self.assertEqual((row["ordered"], row["invoiced"]), (hand["ordered"], hand["invoiced"]))
		self.assertEqual(row["invoiced"], 2600)
		# What was committed: the old value until yesterday, the new one today.
		first, today = getdate(YEAR_AGO), getdate(TODAY)
		old = worth_by_days(self.contract_, 24_000, first, today - timedelta(days=1))
		new = worth_by_days(amendment, 36_000, today, today)
		self.assertAlmostEqual(row["committed"], old + new, delta=0.03)

	def check_lateness_overdue_and_disputes(self):
		make.make_payment(self.invoice, 100, posting_date=add_days(TODAY, -20))
		make.make_payment(self.invoice, 50, posting_date=add_days(TODAY, -40))
		make.make_dispute((self.invoice.reload(), 60))
		# An invoice that no contract gave a price is of the contract that its dispute names.
		plain = frappe.get_last_doc(
			"Sales Invoice", {"customer": self.customer.name, "base_net_total": 7_000}
		)
		make.make_dispute((plain, 30), contract=self.contract_.name)
		row = self.row_of("Contract Performance", self.contract_)
		# 100 ten days late, 50 ten days early.
		self.assertEqual(row["late_days"], round((100 * 10 - 50 * 10) / 150, 1))
		outstanding = frappe.db.get_value("Sales Invoice", self.invoice.name, "outstanding_amount")
		self.assertGreater(outstanding, 0)
		self.assertEqual(row["overdue"], outstanding)
		self.assertEqual((row["disputes"], row["disputes_running"], row["disputed"]), (2, 2, 90))
		self.assertIsNone(row["dispute_days"])

	def check_who_knows_what_was_traded(self):
		"""A seller the own customers', a Compliance Officer the contract alone, the Board all of it."""
		hand = by_hand([self.contract_.name])
		for user in ("seller1", "sales_manager", "contract_manager", "board", "cfo", "auditor"):
			with self.subTest(user):
				(row,) = self.run_report("Contract Performance", user)["result"]
				self.assertEqual(row["invoiced"], hand["invoiced"])
		found = self.run_report("Contract Performance", "compliance_officer")
		self.assertNotIn("invoiced", {column["fieldname"] for column in found["columns"]})
		self.assertNotIn("invoiced", found["result"][0])
		self.assertEqual(set(self.cards(found)), {"Contracts", "Committed"})
		self.assertIn("not open to you", found["message"])
		pipeline = self.run_report("Renewal Pipeline", "compliance_officer", view="Margin and prices")
		self.assertFalse({"margin", "gap"} & {column["fieldname"] for column in pipeline["columns"]})
		self.assertNotIn("470", frappe.as_json(pipeline["report_summary"]))
		# Another seller sees nothing of it, and is not told that there is something.
		for report in ("Contract Performance", "Renewal Pipeline", "Contracted Revenue", "Contract Register"):
			text = frappe.as_json(self.run_report(report, "seller2"))
			self.assertNotIn(self.contract_.name, text)
			self.assertNotIn(self.customer.customer_name, text)

	def test_a_seller_of_a_covered_customer_does_not_learn_what_the_others_buy(self):
		"""A frame contract covers two sister companies of two sellers: each knows what the own customer bought."""
		sister = make.make_customer(account_manager="seller2")
		make.make_profile(sister, segment="A", manual_limit=10_000_000)
		frame = self.running(
			20,
			title="Frame",
			prices=[price(100, PUMP)],
			parties=[
				{"party_name": "Ours", "party_role": "Us"},
				{"party_name": sister.customer_name, "party_role": "Group Company", "customer": sister.name},
			],
		)
		frappe.db.set_value("B2B Contract", self.contract_.name, "in_force_until", add_days(TODAY, -300))
		make.make_invoice(order=self.bought(frame, 3), update_stock=1)
		make.make_invoice(order=self.bought(frame, 2, customer=sister.name), update_stock=1)
		rows = {
			user: self.run_report("Contract Performance", user, customer=self.customer.name)["result"]
			for user in ("contract_manager", "seller1", "seller2")
		}
		of_frame = {
			user: next(row for row in found if row["contract"] == frame.name) for user, found in rows.items()
		}
		self.assertEqual(of_frame["contract_manager"]["invoiced"], 500)
		self.assertEqual(of_frame["seller1"]["invoiced"], 300)
		# It is another seller's customer: that the contract is open to them does not open its books.
		self.assertNotIn("invoiced", of_frame["seller2"])

	def test_as_many_queries_for_many_as_for_one(self):
		self.trade()

		def queries() -> list[int]:
			found = []
			for report, filters in (
				("Renewal Pipeline", {"within": 0}),
				("Renewal Pipeline", {"within": 0, "view": "Reminders"}),
				("Contracted Revenue", {"by": "Contract"}),
				("Contract Performance", {}),
				("Contract Performance", {"by": "Cycle time"}),
				("Contract Register", {}),
				("Contract Register", {"view": "Open items"}),
			):
				self.run_report(report, **filters)
				with counted() as asked:
					self.run_report(report, **filters)
				found.append(len(asked))
			return found

		def another():
			self.running(20, prices=[price(100, PUMP)], obligations=[{"title": "Report", "due_date": TODAY}])
			make.make_invoice(order=self.bought(None, 2), update_stock=1)

		another()
		one = queries()
		for _number in range(3):
			another()
		self.assertEqual(queries(), one)


def worth_by_days(contract, annual, first, last) -> float:
	"""What a contract is worth in some days: each is its part of a month of the contract, which is a twelfth of a year."""
	total = Decimal(0)
	day = first
	while day <= last:
		months = 0
		while terms.anniversary(getdate(contract.start_date), months + 1) <= day:
			months += 1
		start, end = (
			terms.anniversary(getdate(contract.start_date), number) for number in (months, months + 1)
		)
		total += Decimal(annual) / 12 / (end - start).days
		day += timedelta(days=1)
	return float(total)


class TestRevenue(ContractReportTestCase):
	def revenue(self, user="contract_manager", **filters):
		return self.run_report("Contracted Revenue", user, **filters)

	def test_months_add_up_to_the_terms_value_to_the_cent(self):
		start = add_days(TODAY, -100)
		contract = self.signed(
			start_date=start, duration_type="Fixed", initial_months=17, renewal_months=0, annual_value=100_000
		)
		found = self.revenue(from_month=start, months=36)["result"]
		self.assertEqual(round(sum(row["committed"] for row in found), 2), round(100_000 * 17 / 12, 2))
		(row,) = self.revenue(from_month=start, months=36, by="Contract")["result"]
		self.assertEqual(row["contract"], contract.name)
		self.assertEqual(row["committed"], round(100_000 * 17 / 12, 2))
		# Nobody has said how probable a renewal is: not 0 %, but not counted either.
		self.assertEqual((row["weighted"], row["possible"]), (0, row["unassessed"]))
		self.assertGreater(row["possible"], 0)
		# The first month by hand, day by day.
		first = getdate(start)
		last = terms.month_end(first)
		self.assertAlmostEqual(
			found[0]["committed"], worth_by_days(contract, 100_000, first, last), delta=0.01
		)

	def test_renewals_count_by_their_probability_and_notice_ends_it(self):
		contract = self.running(150, annual_value=120_000, renewal_months=12)
		with as_user("seller1"):
			frappe.get_attr("b2b_contracts.contract_pipeline_api.plan")(contract.name, 40)
		end = getdate(contract.end_date)
		rows = {row["month"]: row for row in self.revenue(months=36)["result"]}
		after = rows[terms.anniversary(end.replace(day=1), 2).strftime("%Y-%m")]
		# About a twelfth of the year: a calendar month has parts of two months of the contract.
		self.assertAlmostEqual(after["possible"], 10_000, delta=1_100)
		self.assertEqual(after["committed"], 0)
		self.assertAlmostEqual(after["weighted"], after["possible"] * 0.4, delta=0.02)
		later = rows[terms.anniversary(end.replace(day=1), 14).strftime("%Y-%m")]
		self.assertAlmostEqual(later["weighted"], later["possible"] * 0.16, delta=0.02)
		cards = self.cards(self.revenue(months=36))
		self.assertEqual(round(cards["Expected"], 2), round(sum(row["expected"] for row in rows.values()), 2))
		total = self.revenue(months=36, by="Contract")["result"][0]
		for name in ("committed", "possible", "weighted", "expected"):
			self.assertEqual(round(total[name], 2), round(sum(row[name] for row in rows.values()), 2))
		self.assertEqual(
			round(sum(total[f"month_{place}"] for place in range(36)), 2), round(total["expected"], 2)
		)
		# Decided: it is certain. Notice given: nothing comes after.
		self.move(contract, "Renewed")
		rows = {row["month"]: row for row in self.revenue(months=36)["result"]}
		self.assertEqual(rows[after["month"]]["committed"], after["possible"])
		self.assertAlmostEqual(rows[later["month"]]["weighted"], later["possible"] * 0.4, delta=0.02)
		other = self.running(150, annual_value=120_000)
		self.move(other, "Ending", kind="For Convenience", given_on=TODAY)
		other.reload()
		(row,) = [
			row for row in self.revenue(months=60, by="Contract")["result"] if row["contract"] == other.name
		]
		self.assertEqual((row["possible"], row["expected"]), (0, row["committed"]))
		first = getdate(TODAY).replace(day=1)
		hand = worth_by_days(other, 120_000, first, getdate(other.terminated_on))
		self.assertAlmostEqual(row["committed"], hand, delta=0.03)

	def test_an_amendment_takes_over_on_its_day(self):
		contract = self.signed(
			start_date=getdate(TODAY).replace(day=1),
			annual_value=120_000,
			initial_months=36,
			renewal_months=12,
		)
		cut = terms.anniversary(getdate(TODAY).replace(day=1), 2)
		amendment = self.amendment(contract, effective=cut, annual_value=240_000)
		rows = self.revenue(months=6)["result"]
		self.assertEqual([row["committed"] for row in rows], [10_000] * 2 + [20_000] * 4)
		by_contract = {row["contract"]: row for row in self.revenue(months=6, by="Contract")["result"]}
		self.assertEqual(by_contract[contract.name]["committed"], 20_000)
		self.assertEqual(by_contract[amendment.name]["committed"], 80_000)
		self.assertEqual(self.cards(self.revenue(months=6))["Contracts"], 1, "one agreement")

	def test_currencies_by_rate_and_what_has_no_value(self):
		rate = {"doctype": "Currency Exchange", "from_currency": "EUR", "to_currency": "DKK"}
		frappe.get_doc(
			{**rate, "date": TODAY, "exchange_rate": 7.5, "for_selling": 1, "for_buying": 1}
		).insert()
		start = getdate(TODAY).replace(day=1)
		self.signed(start_date=start, annual_value=12_000, currency="EUR")
		(row, *_rest) = self.revenue(months=2)["result"]
		self.assertEqual(row["committed"], 7_500)
		nothing = self.signed(
			start_date=start,
			contract_type="Confidentiality Agreement",
			annual_value=0,
			duration_type="No End",
		)
		found = self.revenue(months=2)
		self.assertIn(nothing.name, found["message"])
		with make.no_exchange_rates():
			found = self.revenue(months=2)
		self.assertIn("no exchange rate from EUR", found["message"])
		self.assertEqual(sum(row["expected"] for row in found["result"]), 0)

	def test_a_confidential_one_is_in_nobodys_totals_who_may_not_see_it(self):
		start = getdate(TODAY).replace(day=1)
		self.signed(start_date=start, annual_value=12_000)
		secret = self.signed(start_date=start, annual_value=120_000)
		frappe.db.set_value(
			"B2B Contract",
			secret.name,
			{
				"confidentiality": "Confidential",
				"account_manager": None,
				"owner": "Administrator",
				"contract_owner": email_of("contract_manager"),
			},
		)
		for user, month in (
			("contract_manager", 11_000),
			("cfo", 11_000),
			("auditor", 11_000),
			("seller1", 1_000),
			("board", 1_000),
			("compliance_officer", 1_000),
			("credit_manager", 1_000),
			("seller2", 0),
		):
			with self.subTest(user):
				found = self.revenue(user, months=1)
				self.assertEqual(found["result"][0]["expected"], month)
				self.assertEqual(self.cards(found)["Expected"], month)
				charted = sum(
					sum(one["values"])
					for one in (found["chart"] or {"data": {"datasets": []}})["data"]["datasets"]
				)
				self.assertEqual(charted, month)
				listed = self.run_report("Contract Register", user)["result"]
				self.assertEqual(secret.name in {row["contract"] for row in listed}, month == 11_000)


class TestCycleTime(ContractReportTestCase):
	def test_from_request_to_signature_against_the_target(self):
		quick, slow = self.signed(), self.signed()
		taken_over = self.signed()
		frappe.db.set_value("B2B Contract", taken_over.name, "taken_over_on", TODAY)
		for contract, days, approved in ((quick, 5, 2), (slow, 31, 30)):
			frappe.db.set_value(
				"B2B Contract",
				contract.name,
				{
					"creation": add_days(TODAY, -days) + " 09:00:00",
					"approved_on": add_days(TODAY, approved - days),
				},
				update_modified=False,
			)
		found = self.run_report("Contract Performance", by="Cycle time")
		rows = {row["contract"]: row for row in found["result"]}
		self.assertEqual(
			[rows[quick.name][name] for name in ("cycle_days", "cycle_light", "to_approval", "to_signature")],
			[5, "Green", 2, 3],
		)
		self.assertEqual(
			[rows[slow.name][name] for name in ("cycle_days", "cycle_light", "over_target")], [31, "Red", 11]
		)
		self.assertEqual(
			(rows[taken_over.name]["cycle_days"], rows[taken_over.name]["cycle_light"]), (None, "Grey")
		)
		cards = self.cards(found)
		self.assertEqual((cards["Signed"], cards["Measured"], cards["Days on average"]), (3, 2, "18.0"))
		self.assertEqual((cards["Target in days"], cards["Within the target"]), (20, shown.percent_text(50)))
		frappe.db.set_value("Credit KPI", {"code": "contract_cycle"}, "red", 40)
		cards = self.cards(self.run_report("Contract Performance", by="Cycle time"))
		self.assertEqual((cards["Target in days"], cards["Within the target"]), (40, shown.percent_text(100)))


class TestReminders(ContractReportTestCase):
	def test_the_history_of_reminders(self):
		contract = self.running(25)
		self.look(contract, nowdate())
		self.look(contract, add_days(nowdate(), 20))
		told = frappe.get_all(
			"Contract Event",
			filters={"contract": contract.name, "event": "Reminder"},
			fields=["happened_on", "told"],
			order_by="happened_on desc",
		)
		self.assertGreater(len(told), 1)
		row = self.row_of("Renewal Pipeline", contract, view="Reminders", within=0)
		self.assertEqual((row["reminders"], row["last_told"]), (len(told), told[0].happened_on.date()))
		name = frappe.db.get_value("User", email_of("seller1"), "full_name")
		self.assertEqual(row["history"].count(";") + 1, min(len(told), 8))
		self.assertIn(name, row["history"])
		self.assertEqual(len(contract_renewals.history([])), 0)


class TestRegister(ContractReportTestCase):
	def register(self, user="contract_manager", **filters):
		return self.run_report("Contract Register", user, **filters)

	def test_what_is_missing(self):
		late, soon = add_days(TODAY, -1), add_days(TODAY, 5)
		contract = self.signed(
			obligations=[
				{"title": "Forecast", "due_date": late},
				{"title": "Their report", "due_date": late, "owed_by": "Customer"},
				{"title": "Later", "due_date": soon},
			],
			certificates=[{"insurance_type": "Liability", "expiry_date": late}],
			data_processing_agreement="Needed",
		)
		(row,) = self.register()["result"]
		self.assertEqual((row["contract"], row["light"]), (contract.name, "Red"))
		for words in (
			"“Forecast”, ours",
			"“Their report”, the customer's",
			"certificate “Liability” expired",
			"no signed data processing agreement",
			"has no evidence",
		):
			self.assertIn(words, row["missing"])
		self.assertNotIn("Later", row["missing"])
		controls = [one for one in contract.compliance if one.is_required]
		self.assertEqual((row["controls_done"], row["controls"]), (len(controls), len(controls)))
		self.assertEqual((row["duties"], row["duties_overdue"]), (3, 2))
		self.assertEqual((row["signed_file"], row["documents"]), ("Yes", self.documents(contract)))
		cards = self.cards(self.register())
		self.assertEqual(
			(cards["Duties overdue"], cards["Certificates expired"], cards["Incomplete"]), (2, 1, 1)
		)
		items = self.register(view="Open items")["result"]
		self.assertEqual(
			[(item["item"], item["light"]) for item in items],
			[("Forecast", "Red"), ("Liability", "Red"), ("Their report", "Red"), ("Later", "Yellow")],
		)
		self.assertEqual(len(self.register(view="Open items", only="Overdue")["result"]), 3)
		self.assertEqual(self.register(only="In order")["result"], [])
		# What is seen to is gone.
		with as_user("contract_manager"):
			contract.reload()
			for one in contract.obligations:
				one.is_done = 1
			contract.save()
		(row,) = self.register()["result"]
		self.assertEqual((row["duties"], row["duties_overdue"]), (0, 0))
		self.assertNotIn("Forecast", row["missing"])

	def documents(self, contract) -> int:
		return frappe.db.count("Contract Document", {"contract": contract.name})

	def test_every_term_is_as_the_document_says(self):
		contract = self.signed(
			liability_cap_percent=50,
			late_interest_percent=8,
			dispute_ladder="Arbitration",
			venue="Aarhus",
			prices=[price(100, PUMP), price(90, PUMP, from_quantity=10)],
		)
		(row,) = self.register(view="Every term")["result"]
		doc = frappe.get_doc("B2B Contract", contract.name)
		for name in ("initial_months", "notice_period", "liability_cap_percent", "late_interest_percent"):
			self.assertEqual(row[name], doc.get(name))
		for name in ("venue", "governing_law", "payment_terms_template", "dispute_ladder", "duration_type"):
			self.assertEqual(row[name], doc.get(name))
		self.assertEqual((row["signed_on"], row["in_force_from"]), (doc.signed_on, doc.in_force_from))
		self.assertEqual(row["rows_contract_price"], 2)
		self.assertIsNone(row["liability_cap_amount"], "not agreed is not 0")
		self.assertIn(self.customer.customer_name, row["parties"])

	def test_filters(self):
		running, draft = self.signed(governing_law="Norway"), self.contract()
		confidential = self.contract(confidentiality="Confidential")
		for filters, wanted in (
			({}, {running, draft, confidential}),
			({"status": ["Draft"]}, {draft, confidential}),
			({"status": '["Active", "In Renewal"]'}, {running}),
			({"governing_law": "Norway"}, {running}),
			({"confidentiality": "Confidential"}, {confidential}),
			({"contract_owner": email_of("seller1")}, {running, draft, confidential}),
			({"contract_owner": email_of("seller2")}, set()),
			({"account_manager": email_of("seller1"), "status": "Draft"}, {draft, confidential}),
			({"contract_type": "Service Agreement"}, set()),
		):
			with self.subTest(filters):
				rows = self.register(**filters)["result"]
				self.assertEqual({row["contract"] for row in rows}, {one.name for one in wanted})
		with self.assertRaisesRegex(frappe.ValidationError, "no state of a contract"):
			self.register(status=["Nonsense"])
		with self.assertRaises(frappe.ValidationError):
			self.register(view="Nonsense")
		draft_row = next(row for row in self.register()["result"] if row["contract"] == draft.name)
		self.assertIn("is open", draft_row["missing"])
		self.assertEqual((draft_row["signed_file"], draft_row["light"]), ("", "Red"))
