"""Credit Exposure: each figure is the gate's own, as the next Credit Decision says it, and adds up from the documents one by one."""

import random
from collections import defaultdict
from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, flt, nowdate

from b2b_contracts import api
from b2b_contracts.credit.account_facts import total_of
from b2b_contracts.engine import concentration
from b2b_contracts.reporting import shown
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SERVICE,
	SiteTestCase,
	ensure_second_company,
)
from b2b_contracts.tests.test_query_count import counted

# What of the report the panel of a customer calls otherwise.
OF_GATE = {
	"receivables": "receivables",
	"delivered_not_billed": "delivered_not_billed",
	"granted_orders": "granted_orders",
	"waiting_orders": "waiting_orders",
	"exposure": "exposure_before",
	"secured": "secured",
	"net": "net_exposure",
	"headroom": "headroom",
}


class ExposureTestCase(SiteTestCase):
	def report(self, user: str = "cfo", **filters) -> dict:
		with as_user(user):
			filters = {"company": COMPANY, **filters}
			return query_report.run("Credit Exposure", filters=filters, ignore_prepared_report=True)

	def rows(self, user: str = "cfo", **filters) -> list[dict]:
		return [row for row in self.report(user, **filters)["result"] if isinstance(row, dict)]

	def row_of(self, customer, user: str = "cfo", **filters) -> dict:
		(row,) = self.rows(user, customer=getattr(customer, "name", customer), **filters)
		return row

	def cards(self, user: str = "cfo", **filters) -> dict:
		return {card["label"]: card["value"] for card in self.report(user, **filters)["report_summary"]}

	def owes(self, customer, amount: float, due: int = 10, **fields):
		"""Let a customer owe an invoice, whatever its limit is."""
		with make.policy_off(fields.get("company", COMPANY)):
			posted = add_days(nowdate(), min(0, due))
			return make.make_invoice(
				customer, amount, posting_date=posted, due_date=add_days(nowdate(), due), **fields
			)


class Book:
	"""A random book of customers in two companies: every kind of limit, security, group and document."""

	def __init__(self, seed: int, count: int = 6):
		self.draw = random.Random(seed)
		ensure_second_company()
		with make.policy_off(), make.policy_off(SECOND_COMPANY):
			self.customers = [self.customer(number) for number in range(count)]
			self.groups = [
				make.make_group(*self.customers[:2], group_limit=30_000),
				make.make_group(*self.customers[2:4], group_limit=8_000, currency="NOK"),
			]
			make.make_security(None, 4_000, scope="Credit Group", credit_group=self.groups[0].name)
			make.make_security(
				None, 2_000, scope="Credit Group", credit_group=self.groups[1].name,
				company=SECOND_COMPANY, currency="NOK", valid_from=nowdate(),
			)  # fmt: skip
			for customer in self.customers:
				for company in (COMPANY, SECOND_COMPANY):
					self.history(customer, company)
		for customer in self.customers:
			for company in (COMPANY, SECOND_COMPANY):
				self.today(customer, company)

	def members(self):
		return [
			(customer.name, company) for customer in self.customers for company in (COMPANY, SECOND_COMPANY)
		]

	def customer(self, number: int):
		customer = make.make_customer(account_manager=("seller1", "seller2")[number % 2])
		kinds = (
			{"manual_limit": 20_000},
			{"limit_type": "Unlimited"},
			{"limit_type": "No Credit"},
			{
				"manual_limit": 3_000,
				"temporary_limit": 25_000,
				"temporary_limit_until": add_days(nowdate(), 9),
			},
			{"segment": "D"},
			{"manual_limit": 15_000},
		)
		fields = kinds[number % len(kinds)]
		for company in (COMPANY, SECOND_COMPANY):
			# The last one is assessed by one company only.
			if company == COMPANY or number + 1 < len(kinds):
				make.make_profile(customer, company=company, risk_class="ABC"[number % 3], **fields)
		return customer

	def amount(self, most: int = 6_000) -> float:
		return self.draw.randrange(10_000, most * 100) / 100

	def history(self, customer, company: str) -> None:
		invoices = []
		for _number in range(self.draw.randrange(1, 4)):
			posted = add_days(nowdate(), -self.draw.randrange(1, 200))
			due = add_days(posted, self.draw.randrange(0, 90))
			invoices.append(
				make.make_invoice(customer, self.amount(), company=company, posting_date=posted, due_date=due)
			)
		if company != COMPANY:
			return
		if self.draw.random() < 0.6:
			make.make_payment(invoices[0], flt(invoices[0].outstanding_amount * self.draw.random() + 1, 2))
		if self.draw.random() < 0.5:
			make.make_payment(customer=customer, amount=self.amount(900))
		if self.draw.random() < 0.5:
			make.make_journal(customer, self.amount(900) * self.draw.choice((1, -1)))
		if len(invoices) > 1 and self.draw.random() < 0.5:
			make.make_credit_note(invoices[1], flt(invoices[1].grand_total / 3, 2))
		if self.draw.random() < 0.7:
			make.make_security(customer, self.amount(3_000), claim_period_days=self.draw.choice((0, 30)))
		if self.draw.random() < 0.5:
			named = [{"reference_doctype": "Sales Invoice", "reference_name": invoices[-1].name}]
			make.make_security(customer, self.amount(), scope="Named Documents", documents=named)
		if self.draw.random() < 0.7:
			policy = make.make_insurance_policy(
				insurer=self.draw.choice(("Alfa Insurance", "Beta Insurance"))
			)
			make.make_security(
				customer, self.amount(), "Credit Insurance", insurance_policy=policy.name, deductible=100,
				currency=self.draw.choice(("DKK", "NOK")), cover_percent=90, valid_from=nowdate(),
			)  # fmt: skip
		delivery = make.make_order(customer, self.amount(), qty=4, vat=True)
		make.make_delivery(delivery, qty=self.draw.choice((1, 3, 4)))
		billed = make.make_order(customer, self.amount(), qty=2)
		make.make_invoice(order=billed, due_date=add_days(nowdate(), 20))

	def today(self, customer, company: str) -> None:
		for _number in range(2):
			self.order(customer, company, self.amount(9_000))

	@staticmethod
	def order(customer, company: str, amount: float):
		"""Make an order of a service: the second company has no stock."""
		return make.make_order(customer, items=[{"item_code": SERVICE, "rate": amount}], company=company)

	# ---------------------------------------------------------- the documents, one by one
	def brute_force(self, customer: str, company: str) -> dict[str, float]:
		"""Add up the documents of a customer in Python; receivables from the general ledger."""
		found: dict[str, Decimal] = defaultdict(Decimal)
		receivable = {"party_type": "Customer", "party": customer, "company": company, "is_cancelled": 0}
		for row in frappe.get_all("GL Entry", receivable, ["debit", "credit"]):
			found["receivables"] += Decimal(str(row.debit)) - Decimal(str(row.credit))
		of = {"customer": customer, "company": company, "docstatus": 1}
		for name in frappe.get_all("Delivery Note", of, pluck="name"):
			note = frappe.get_doc("Delivery Note", name)
			gross = Decimal(str(note.base_grand_total)) / Decimal(str(note.base_net_total))
			for item in note.items:
				open_part = Decimal(str(item.base_net_amount)) - Decimal(str(item.billed_amt))
				found["delivered_not_billed"] += open_part * gross
		for name in frappe.get_all("Sales Order", of, pluck="name"):
			order = frappe.get_doc("Sales Order", name)
			if order.status in ("Completed", "Closed"):
				continue
			gross = Decimal(str(order.base_grand_total)) / Decimal(str(order.base_net_total))
			kind = (
				"waiting_orders"
				if order.b2b_credit_status in ("Held", "Stopped", "Rejected")
				else "granted_orders"
			)
			untouched = not order.per_delivered and not order.per_billed
			if untouched:
				found[kind] += Decimal(str(order.base_rounded_total or order.base_grand_total))
				continue
			for item in order.items:
				net = Decimal(str(item.base_net_amount))
				done = max(
					Decimal(str(item.delivered_qty)) / Decimal(str(item.qty)) * net,
					Decimal(str(item.billed_amt)),
				)
				found[kind] += max(Decimal(0), net - done) * gross
		found["exposure"] = found["receivables"] + found["delivered_not_billed"] + found["granted_orders"]
		return {kind: float(amount) for kind, amount in found.items()}


class TestFigures(ExposureTestCase):
	def test_each_row_is_what_the_gate_says_and_what_the_documents_add_up_to(self):
		book = Book(7)
		both = [COMPANY, SECOND_COMPANY]
		rows = {(row["customer"], row["company"]): row for row in self.rows(company=both)}
		seen: dict[str, int] = defaultdict(int)
		for member in book.members():
			row, gate = rows[member], api.credit_status(*member)
			with self.subTest(member):
				for field, of_gate in OF_GATE.items():
					if gate[of_gate] is None:
						self.assertIsNone(row[field], field)
					else:
						self.assertAlmostEqual(row[field], gate[of_gate], places=2, msg=field)
				is_shown = gate["utilisation_before"] is not None and gate["utilisation_before"] < 9.99e8
				if is_shown:
					self.assertAlmostEqual(row["utilisation"], gate["utilisation_before"], places=6)
				else:
					self.assertIsNone(row["utilisation"])
				if gate["limit_type"] != "Unlimited":
					self.assertEqual(row["limit"], gate["granted_limit"])
				if gate["group"]:
					self.assertEqual(row["credit_group"], gate["group"]["name"])
					self.assertAlmostEqual(
						row["group_utilisation"], gate["group"]["utilisation_after"], places=6
					)
				for field, amount in book.brute_force(*member).items():
					self.assertAlmostEqual(row[field], amount, places=2, msg=f"{field} of the documents")
			for field in ("secured", "waiting_orders", "delivered_not_billed", "granted_orders", "overdue"):
				seen[field] += bool(row[field])
		# Nothing would be proved by a book in which none of it happens.
		for field, count in seen.items():
			self.assertGreater(count, 1, field)
		self.groups_add_up(book, rows)
		self.next_decisions_say_so(book, rows)

	def groups_add_up(self, book: Book, rows) -> None:
		groups = {
			row["credit_group"]: row
			for row in self.rows(company=[COMPANY, SECOND_COMPANY], show="Credit groups")
		}
		rates = {("DKK", "DKK"): 1, ("NOK", "NOK"): 1, ("NOK", "DKK"): 0.64, ("DKK", "NOK"): 1.5625}
		for group in book.groups:
			row = groups[group.name]
			members = [one for one in rows.values() if one.get("credit_group") == group.name]
			with self.subTest(group=group.name):
				self.assertEqual((row["currency"], row["members"], len(members)), (group.currency, 4, 4))
				for field in (
					"receivables",
					"delivered_not_billed",
					"granted_orders",
					"waiting_orders",
					"exposure",
				):
					total = sum(one[field] * rates[one["currency"], group.currency] for one in members)
					self.assertAlmostEqual(row[field], total, places=2, msg=field)
				self.assertEqual(row["limit"], group.group_limit)
				self.assertAlmostEqual(row["headroom"], row["limit"] - row["net"], places=2)
				self.assertAlmostEqual(row["net"], row["exposure"] - row["secured"], places=2)
				self.assertAlmostEqual(row["utilisation"], members[0]["group_utilisation"], places=6)

	def next_decisions_say_so(self, book: Book, rows) -> None:
		"""Compare the rows with the Credit Decision about each customer's next order."""
		answers = set()
		for member in book.members()[::3] + book.members()[-3:]:
			customer, company = member
			# The order before of a sister in the group is in its figures by now.
			before = next(row for row in self.rows(customer=customer, company=company))
			order = book.order(customer, company, 100)
			said = frappe.parse_json(
				frappe.db.get_value(
					"Credit Decision",
					{"reference_doctype": "Sales Order", "reference_name": order.name, "kind": "Submit"},
					"payload",
				)
			)
			after = next(row for row in self.rows(customer=customer, company=company))
			answers.add(order.b2b_credit_status)
			with self.subTest(member, status=order.b2b_credit_status):
				self.assertAlmostEqual(before["exposure"], float(said["exposure_before"]), places=2)
				self.assert_ratio(before["utilisation"], said["utilisation_before"])
				if order.b2b_credit_status == "Clear":
					self.assertAlmostEqual(after["exposure"], float(said["exposure_after"]), places=2)
					self.assertAlmostEqual(after["secured"], float(said["secured"]), places=2)
					self.assertAlmostEqual(after["net"], float(said["net_exposure"]), places=2)
					self.assert_ratio(after["utilisation"], said["utilisation_after"])
				else:
					self.assertAlmostEqual(after["waiting_orders"], before["waiting_orders"] + 100, places=2)
					self.assertAlmostEqual(after["exposure"], before["exposure"], places=2)
		self.assertTrue(answers >= {"Clear", "Held"}, answers)

	def assert_ratio(self, percent: float | None, ratio) -> None:
		if ratio is None or str(ratio).startswith("inf"):
			self.assertIsNone(percent)
		else:
			self.assertAlmostEqual(percent, float(ratio) * 100, places=5)


class TestViews(ExposureTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=10_000, risk_class="B")

	def test_one_word_says_how_a_customer_stands(self):
		for owed, word, colour in (
			(9_000, "Within the limit", "Green"),
			(700, "Near the limit", "Yellow"),
			(400, "Over the limit", "Red"),
		):
			self.owes(self.customer, owed)
			row = self.row_of(self.customer)
			self.assertEqual((row["status"], row["colour"]), (word, colour))
		self.assertEqual(row["headroom"], -100)
		with as_user("credit_manager"):
			api.force_hold(self.customer.name, COMPANY, "Waits for its accounts")
		self.assertEqual(self.row_of(self.customer)["status"], "On hold")
		self.assertIn(self.customer.name, [row["customer"] for row in self.rows(status="On hold")])
		self.assertNotIn(self.customer.name, [row["customer"] for row in self.rows(status="Over the limit")])

	def test_what_a_release_approved_is_shown(self):
		order = make.make_order(self.customer, 10_500)
		with as_user("credit_manager"):
			api.release(order.b2b_credit_hold, "A good customer")
		row = self.row_of(self.customer)
		self.assertEqual((row["approved_excess"], row["headroom"]), (500, -500))
		self.assertEqual((row["status"], row["colour"]), ("Over the limit, approved", "Yellow"))

	def test_limits_that_are_no_amounts(self):
		self.owes(self.customer, 500)
		for kind, limit, headroom, word in (
			("Unlimited", None, None, "Unlimited"),
			("No Credit", 0, -500, "Over the limit"),
		):
			self.profile.reload()
			self.profile.update({"limit_type": kind, "change_reason": "Agreed"})
			self.profile.save()
			row = self.row_of(self.customer)
			self.assertEqual((row["limit"], row["headroom"], row["status"]), (limit, headroom, word))
			self.assertIsNone(row["utilisation"])

	def test_the_map_of_risk_and_revenue_adds_up_and_opens(self):
		self.owes(self.customer, 300_000)
		for risk_class, sold in (("A", 90_000), ("A", 10_000), ("C", 1_500_000)):
			other = make.make_customer()
			make.make_profile(other, manual_limit=10_000, risk_class=risk_class)
			self.owes(other, sold)
		unassessed = make.make_customer()
		self.owes(unassessed, 700)
		found = self.report(show="Risk and revenue", measure="Exposure")
		rows = {row.get("risk_class"): row for row in found["result"]}
		listed = self.rows()
		for risk_class, row in rows.items():
			if risk_class:
				of_class = [one for one in listed if (one["risk_class"] or "None") == risk_class]
				self.assertAlmostEqual(row["total"], sum(one["exposure"] for one in of_class), places=2)
				self.assertEqual(row["customers"], len(of_class))
				self.assertAlmostEqual(row["total"], sum(row[f"band_{n}"] for n in range(5)), places=2)
				for number, label in enumerate(row["bands"]):
					opened = self.rows(risk_class=risk_class, revenue_band=label)
					self.assertEqual(len(opened), row[f"count_{number}"])
					amount = sum(one["exposure"] for one in opened)
					self.assertAlmostEqual(row[f"band_{number}"], amount, places=2)
		total = rows[None]
		self.assertAlmostEqual(total["total"], sum(one["exposure"] for one in listed), places=2)
		self.assertGreaterEqual(rows["B"]["band_2"], 300_000)
		self.assertGreaterEqual(rows["C"]["band_3"], 1_500_000)
		self.assertGreaterEqual(rows["A"]["count_1"], 2)
		self.assertGreaterEqual(rows["None"]["count_1"], 1)
		self.assertEqual(len(found["chart"]["data"]["labels"]), 5)
		with self.assertRaisesRegex(frappe.ValidationError, "not offered"):
			self.report(revenue_band="Rich")

	def test_bands_are_settings(self):
		settings = frappe.get_doc("Report Settings")
		settings.exposure_revenue_bands = "5000, 1000"
		self.assertRaisesRegex(frappe.ValidationError, "rise", settings.save)
		settings.reload()
		settings.exposure_revenue_bands = "1000"
		settings.save()
		columns = [column["fieldname"] for column in self.report(show="Risk and revenue")["columns"]]
		self.assertIn("band_2", columns)
		self.assertNotIn("band_3", columns)

	def test_concentration_is_of_those_who_owe(self):
		self.owes(self.customer, 5_000)
		make.make_security(self.customer, 1_000)
		other = make.make_customer()
		self.owes(other, 2_000)
		in_credit = make.make_customer()
		make.make_payment(customer=in_credit, amount=800)
		listed = self.rows()
		rows = self.rows(show="Concentration", by="Customer")
		amounts: dict[str, float] = defaultdict(float)
		for one in listed:
			amounts[one["customer"]] += one["net"]
		owed = sum(max(0, amount) for amount in amounts.values())
		self.assertEqual({row["key"] for row in rows}, set(amounts))
		for row in rows:
			self.assertAlmostEqual(row["net"], amounts[row["key"]], places=2)
			self.assertAlmostEqual(row["percent"], round(100 * max(0, row["net"]) / owed, 2), places=2)
		self.assertEqual([row["so_far"] for row in rows], sorted(row["so_far"] for row in rows))
		self.assertAlmostEqual(rows[-1]["so_far"], 100, places=2)
		index = sum((100 * max(0, amount) / owed) ** 2 for amount in amounts.values())
		cards = self.cards(show="Concentration", by="Customer")
		self.assertEqual(cards["Herfindahl index"], round(index))
		self.assertEqual(cards["Largest"], shown.percent_text(max(row["percent"] for row in rows)))
		self.assertEqual(
			float(cards["As if so many equal ones"]), round(float(concentration.WHOLE) / index, 1)
		)

	def test_concentration_by_industry_and_country(self):
		industry = frappe.get_doc(
			{"doctype": "Industry Type", "industry": f"B2B {frappe.generate_hash(length=6)}"}
		)
		industry.insert()
		self.customer.industry = industry.name
		self.customer.save()
		make.make_address("Customer", self.customer.name, "Havnegade 1", "8000", "Aarhus", "Iceland")
		self.owes(self.customer, 5_000)
		self.owes(make.make_customer(), 300)
		of = {row["key"]: row for row in self.rows(show="Concentration", by="Industry")}
		self.assertEqual((of[industry.name]["customers"], of[industry.name]["exposure"]), (1, 5_000))
		self.assertIn("", of)
		of = {row["key"]: row for row in self.rows(show="Concentration", by="Country", measure="Exposure")}
		self.assertEqual((of["Iceland"]["customers"], of["Iceland"]["exposure"]), (1, 5_000))
		self.assertAlmostEqual(sum(row["percent"] for row in of.values()), 100, places=0)
		(row,) = self.rows(country="Iceland")
		self.assertEqual(row["customer"], self.customer.name)
		(row,) = self.rows(industry=industry.name)
		self.assertEqual(row["customer"], self.customer.name)

	def test_insurers_stand_for_what_they_would_pay(self):
		policy = make.make_insurance_policy(insurer="B2B Concentration Re")
		for amount in (4_000, 1_000):
			customer = make.make_customer()
			make.make_profile(customer, manual_limit=10_000)
			make.make_security(
				customer,
				3_000,
				"Credit Insurance",
				insurance_policy=policy.name,
				cover_percent=90,
				deductible=0,
			)
			self.owes(customer, amount)
		by_issuer = make.make_customer()
		make.make_security(
			by_issuer, 500, "Credit Insurance", cover_percent=100, issuer="B2B Direct Insurance"
		)
		self.owes(by_issuer, 2_000)
		of = {row["key"]: row for row in self.rows(show="Concentration", by="Insurer")}
		row = of["B2B Concentration Re"]
		self.assertEqual((row["customers"], row["limits"], row["exposure"]), (2, 6_000, 5_000))
		self.assertAlmostEqual(row["amount"], 2_700 + 900, places=2)
		self.assertEqual(of["B2B Direct Insurance"]["amount"], 500)
		self.assertIn("Insured share of the exposure", self.cards(show="Concentration", by="Insurer"))

	def test_who_trades_without_a_profile(self):
		new = make.make_customer()
		make.make_order(new, 900)
		owing, quiet, internal = make.make_customer(), make.make_customer(), make.make_customer()
		self.owes(owing, 400, due=-30)
		rows = {row["customer"]: row for row in self.rows(show="Without a profile")}
		self.assertNotIn(self.customer.name, rows)
		self.assertNotIn(quiet.name, rows)
		self.assertNotIn(internal.name, rows)
		self.assertEqual((rows[new.name]["orders"], rows[new.name]["waiting_orders"]), (1, 900))
		self.assertEqual(
			(rows[owing.name]["revenue"], rows[owing.name]["invoices"], rows[owing.name]["overdue"]),
			(400, 1, 400),
		)
		message = self.report(show="Without a profile")["message"]
		self.assertIn("parks orders of customers without a profile", message)
		make.make_profile(new)
		self.assertNotIn(new.name, [row["customer"] for row in self.rows(show="Without a profile")])


class TestWhoSees(ExposureTestCase):
	def test_sellers_see_their_portfolio_and_no_groups(self):
		mine, other = make.make_customer("seller1"), make.make_customer("seller2")
		for customer in (mine, other):
			make.make_profile(customer, manual_limit=10_000)
		group = make.make_group(mine, other, group_limit=1_000)
		for customer in (mine, other):
			self.owes(customer, 3_000)
		seen = {row["customer"] for row in self.rows("seller1")}
		self.assertIn(mine.name, seen)
		self.assertNotIn(other.name, seen)
		self.assertEqual(
			self.cards("seller1")["Exposure"], total_of(row["exposure"] for row in self.rows("seller1"))
		)
		self.assertEqual(self.rows("seller1", show="Credit groups"), [])
		row = self.row_of(mine, "seller1")
		self.assertNotIn("credit_group", row)
		# That the group is over its limit tells of the others in it.
		self.assertEqual(row["status"], "Within the limit")
		self.assertEqual(self.row_of(mine)["status"], "Group over its limit")
		self.assertNotIn(
			group.name, frappe.as_json(self.report("seller1", show="Concentration", by="Credit group"))
		)
		with self.assertRaises(frappe.PermissionError):
			self.report("seller1", customer=other.name)
		with self.assertRaises(frappe.PermissionError):
			self.report("seller1", credit_group=group.name)

	def test_a_group_over_a_company_that_is_kept_from_somebody_is_not_shown(self):
		ensure_second_company()
		customer = make.make_customer()
		for company in (COMPANY, SECOND_COMPANY):
			make.make_profile(customer, company=company, manual_limit=10_000)
		group = make.make_group(customer)
		user = make.make_user("CFO", "Accounts Manager")
		self.assertIn(group.name, [row["credit_group"] for row in self.rows(user, show="Credit groups")])
		frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Company", "for_value": COMPANY}
		).insert()
		self.assertNotIn(group.name, [row["credit_group"] for row in self.rows(user, show="Credit groups")])

	def test_without_a_policy_the_report_runs_all_the_same(self):
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000)
		with make.policy_off():
			make.make_invoice(self.customer, 3_000)
			row = self.row_of(self.customer)
			self.assertEqual((row["exposure"], row["limit"]), (3_000, 10_000))
			self.assertIn("checks no customer", self.report(show="Without a profile")["message"])


class TestQueries(ExposureTestCase):
	SHOWN = (
		{"show": "Customers", "revenue_band": "No revenue"},
		{"show": "Credit groups"},
		{"show": "Risk and revenue"},
		{"show": "Concentration", "by": "Country"},
		{"show": "Concentration", "by": "Insurer"},
		{"show": "Without a profile"},
	)

	def counts(self) -> list[int]:
		found = []
		for filters in self.SHOWN:
			for _twice in range(2):
				with counted() as queries:
					self.report(**filters)
			found.append(len([query for query in queries if query != "None"]))
		return found

	def grow(self, count: int) -> None:
		for _number in range(count):
			one, other = make.make_customer(), make.make_customer()
			for customer in (one, other):
				make.make_profile(customer, manual_limit=50_000)
				invoice = self.owes(customer, 3_000)
			named = [{"reference_doctype": "Sales Invoice", "reference_name": invoice.name}]
			make.make_security(
				other, 900, scope="Named Documents", documents=named, currency="NOK", valid_from=nowdate()
			)
			policy = make.make_insurance_policy()
			make.make_security(one, 900, "Credit Insurance", insurance_policy=policy.name, cover_percent=90)
			group = make.make_group(one, other, currency="NOK")
			make.make_security(None, 100, scope="Credit Group", credit_group=group.name)
			make.make_order(one, 100)

	def test_as_many_for_few_as_for_many(self):
		ensure_second_company()
		self.grow(1)
		few = self.counts()
		self.grow(4)
		self.assertEqual(self.counts(), few)
