"""Commission: what a site earns its sellers is what their invoices, payments and credit notes say, counted by hand; and nobody sees
another one's."""

import random
from decimal import ROUND_HALF_UP, Decimal
from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import api
from b2b_contracts.collections import crediting, write_offs
from b2b_contracts.reporting import commission
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SERVICE,
	WIDGET,
	SiteTestCase,
	email_of,
	sales_person_of,
)

REPORT = "Commission on Paid Invoices"
ONE, TWO = sales_person_of("seller1"), sales_person_of("seller2")
FIELDS = ("at_invoicing", "on_payment", "reversed", "malus", "total", "still_to_come")


def cents(amount) -> Decimal:
	return Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


class CommissionTestCase(SiteTestCase):
	is_history = True

	def setUp(self):
		super().setUp()
		frappe.db.set_value("Sales Person", ONE, "commission_rate", "5")
		frappe.db.set_value("Sales Person", TWO, "commission_rate", "2.5")
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000_000)
		if self.is_history:
			# What was sold was sold: no credit check looks at it.
			self.enterContext(make.policy_off())

	def invoice(self, amount=10_000, days_ago=40, first=60, customer=None, **fields):
		"""Invoice services: so many per cent of the commission for the first seller, the rest for the second."""
		return make.make_invoice(
			customer or self.customer,
			amount,
			posting_date=add_days(nowdate(), -days_ago),
			due_date=add_days(nowdate(), 30 - days_ago),
			sales_team=self.team(first),
			**fields,
		)

	def team(self, first=60) -> list[dict]:
		shares = ((ONE, first), (TWO, 100 - first))
		return [{"sales_person": name, "allocated_percentage": share} for name, share in shares if share]

	def pay(self, invoice, amount=None, days_ago=10, **fields):
		return make.make_payment(invoice, amount, posting_date=add_days(nowdate(), -days_ago), **fields)

	def result(self, user="finance_director", days=90, until=0, **filters):
		filters = {
			"company": COMPANY,
			"by": "Invoice",
			"from_date": add_days(nowdate(), -days),
			"to_date": add_days(nowdate(), -until),
			**filters,
		}
		with as_user(user):
			return query_report.run(REPORT, filters=filters, ignore_prepared_report=True)

	def rows(self, user="finance_director", **filters):
		return [row for row in self.result(user, **filters)["result"] if isinstance(row, dict)]

	def figures(self, invoice, person=ONE, **filters) -> tuple:
		"""Return what a person earned on an invoice: at invoicing, on payments, credited, malus, in all, still to come."""
		(row,) = [
			row
			for row in self.rows(customer=invoice.customer, **filters)
			if (row["invoice"], row["sales_person"]) == (invoice.name, person)
		]
		return tuple(row[field] for field in FIELDS)


class TestEarned(CommissionTestCase):
	def test_seventy_at_invoicing_and_thirty_as_it_is_paid(self):
		invoice = self.invoice(vat=True)
		self.assertEqual(invoice.sales_team[0].incentives, 300)
		self.assertEqual(self.figures(invoice), (210, 0, 0, 0, 210, 90))
		self.pay(invoice, 5_000)
		self.assertEqual(self.figures(invoice), (210, 36, 0, 0, 246, 54))
		self.pay(invoice, days_ago=5)
		self.assertEqual(self.figures(invoice), (210, 90, 0, 0, 300, 0))
		self.assertEqual(self.figures(invoice, TWO), (70, 30, 0, 0, 100, 0))
		# Of the days since the second payment: what that brought, and no more.
		self.assertEqual(self.figures(invoice, days=7), (0, 54, 0, 0, 54, 0))
		(row,) = self.rows(customer=self.customer.name, sales_person=ONE)
		self.assertEqual((row["base"], row["rate"], row["commission"]), (6_000, 5, 300))
		self.assertEqual((row["paid_percent"], row["to_date"]), (100, 300))

	def test_credit_notes_take_back_what_was_earned_after_the_pay_out_too(self):
		invoice = self.invoice(first=100, vat=True)
		self.pay(invoice, days_ago=20)
		make.make_credit_note(invoice, posting_date=add_days(nowdate(), -3), set_posting_time=1)
		self.assertEqual(self.figures(invoice, until=4), (350, 150, 0, 0, 500, 0))
		self.assertEqual(self.figures(invoice, days=3), (0, 0, -500, 0, -500, 0))
		self.assertEqual(self.figures(invoice), (350, 150, -500, 0, 0, 0))

	def test_a_note_over_an_amount_credits_in_proportion(self):
		invoice = self.invoice(first=100, vat=True)
		note = crediting.note_over(invoice.name, Decimal("2500"), "Price", "Agreed")
		note.insert()
		note.submit()
		self.assertEqual(note.amount_eligible_for_commission, 0)
		self.assertEqual(self.figures(invoice), (350, 0, -70, 0, 280, 120))
		self.pay(invoice)
		self.assertEqual(self.figures(invoice), (350, 120, -70, 0, 400, 0))

	def test_what_earns_no_commission_takes_none_back(self):
		frappe.db.set_value("Item", SERVICE, "grant_commission", 0)
		frappe.clear_document_cache("Item", SERVICE)
		items = [
			{"item_code": WIDGET, "qty": 1, "rate": 6_000},
			{"item_code": SERVICE, "qty": 1, "rate": 4_000},
		]
		invoice = self.invoice(first=100, items=items)
		self.assertEqual(invoice.amount_eligible_for_commission, 6_000)
		from erpnext.controllers.sales_and_purchase_return import make_return_doc

		note = make_return_doc("Sales Invoice", invoice.name)
		note.items = [row for row in note.items if row.item_code == SERVICE]
		note.update({"update_outstanding_for_self": 0})
		note.insert()
		note.submit()
		self.assertEqual(self.figures(invoice), (210, 0, 0, 0, 210, 90))
		self.pay(invoice, 3_000)
		self.assertEqual(self.figures(invoice), (210, 45, 0, 0, 255, 45))
		self.pay(invoice, days_ago=0)
		self.assertEqual(self.figures(invoice), (210, 90, 0, 0, 300, 0))

	def test_a_cash_discount_is_paid_and_a_write_off_is_not(self):
		invoice, other = self.invoice(first=100), self.invoice(first=100)
		discount = frappe.db.get_value(
			"Account", {"company": COMPANY, "account_type": "Chargeable", "is_group": 0}
		)
		discount = discount or frappe.db.get_value(
			"Account",
			{"company": COMPANY, "root_type": "Expense", "is_group": 0, "name": ["not like", "%Write Off%"]},
		)
		for one, account in (
			(invoice, discount),
			(other, frappe.get_cached_value("Company", COMPANY, "write_off_account")),
		):
			doc = make.make_payment(one, submit=False)
			doc.paid_amount = doc.received_amount = 9_800
			doc.append(
				"deductions",
				{
					"account": account,
					"cost_center": frappe.get_cached_value("Company", COMPANY, "cost_center"),
					"amount": 200,
				},
			)
			doc.save()
			doc.submit()
			self.assertEqual(frappe.db.get_value("Sales Invoice", one.name, "outstanding_amount"), 0)
		self.assertEqual(self.figures(invoice), (350, 150, 0, 0, 500, 0))
		self.assertEqual(self.figures(other), (350, 147, 0, 0, 497, 0))

	def test_a_loss_is_never_paid_and_the_plan_says_whether_it_costs(self):
		invoice = self.invoice(first=100, vat=True)
		self.pay(invoice, 2_500)
		write_offs.book(invoice.name, True, "Bankrupt")
		self.assertEqual(self.figures(invoice), (350, 30, 0, 0, 380, 0))
		frappe.get_doc(
			{
				"doctype": "Commission Plan",
				"title": "Losses cost",
				"for_company": COMPANY,
				"valid_from": "2001-01-01",
				"reverses_written_off": 1,
			}
		).insert()
		self.assertEqual(self.figures(invoice), (350, 30, -280, 0, 100, 0))

	def test_an_exchange_difference_earns_nothing(self):
		abroad = make.make_customer(default_currency="EUR")
		make.make_profile(abroad, manual_limit=10_000_000)
		account = frappe.copy_doc(frappe.get_doc("Account", {"account_name": "Debtors", "company": COMPANY}))
		account.update({"account_name": f"Debtors EUR {abroad.name}", "account_currency": "EUR"}).insert()
		invoice = self.invoice(
			1_000, first=100, customer=abroad, currency="EUR", conversion_rate=7.5, debit_to=account.name
		)
		self.assertEqual(invoice.sales_team[0].incentives, 375)
		for amount, rate in ((400, 7.8), (600, 7.2)):
			payment = make.make_payment(invoice, amount, submit=False)
			payment.update(
				{"source_exchange_rate": rate, "paid_amount": amount, "received_amount": amount * rate}
			)
			payment.save()
			payment.submit()
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount"), 0)
		self.assertTrue(frappe.db.exists("Journal Entry", {"voucher_type": "Exchange Gain Or Loss"}))
		self.assertEqual(self.figures(invoice), (262.5, 112.5, 0, 0, 375, 0))

	def test_a_claim_that_is_moved_on_is_not_paid(self):
		invoice = self.invoice(first=100)
		other = make.make_customer()
		receivable = {"account": invoice.debit_to, "party_type": "Customer"}
		entry = frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"company": COMPANY,
				"posting_date": nowdate(),
				"accounts": [
					{**receivable, "party": other.name, "debit_in_account_currency": 10_000},
					{
						**receivable,
						"party": self.customer.name,
						"credit_in_account_currency": 10_000,
						"reference_type": "Sales Invoice",
						"reference_name": invoice.name,
					},
				],
			}
		).insert()
		entry.submit()
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount"), 0)
		self.assertEqual(self.figures(invoice)[:3], (350, 0, 0))

	def test_its_own_credit_note_set_against_it_later_pays_nothing(self):
		invoice = self.invoice(first=100)
		note = make.make_credit_note(invoice, 4_000, update_outstanding_for_self=1)
		self.assertEqual(self.figures(invoice), (350, 0, -140, 0, 210, 90))
		from erpnext.accounts.doctype.payment_reconciliation.payment_reconciliation import (
			reconcile_dr_cr_note,
		)

		row = {
			"voucher_type": "Sales Invoice",
			"voucher_no": note.name,
			"against_voucher_type": "Sales Invoice",
			"against_voucher": invoice.name,
			"account": invoice.debit_to,
			"party_type": "Customer",
			"party": self.customer.name,
			"dr_or_cr": "credit_in_account_currency",
			"unadjusted_amount": 4_000,
			"allocated_amount": 4_000,
			"currency": "DKK",
			"exchange_rate": 1,
			"difference_amount": 0,
			"difference_account": None,
			"difference_posting_date": nowdate(),
			"cost_center": invoice.cost_center,
		}
		reconcile_dr_cr_note([frappe._dict(row)], COMPANY)
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount"), 6_000)
		self.assertEqual(self.figures(invoice), (350, 0, -140, 0, 210, 90))
		self.pay(invoice, days_ago=0)
		self.assertEqual(self.figures(invoice), (350, 90, -140, 0, 300, 0))

	def test_cancelled_is_as_if_it_had_never_been(self):
		invoice = self.invoice(first=100)
		payment = self.pay(invoice)
		payment.cancel()
		self.assertEqual(self.figures(invoice), (350, 0, 0, 0, 350, 150))
		invoice.reload().cancel()
		self.assertEqual([row for row in self.rows() if row["invoice"] == invoice.name], [])

	def test_a_random_book_by_hand(self):
		"""Part payments, credit notes, cancellations: each person's total by arithmetic on the documents, read one by one."""
		dice = random.Random(7)
		invoices = []
		for _number in range(6):
			invoice = self.invoice(
				cents(dice.uniform(100, 9_999)),
				days_ago=dice.randint(31, 60),
				first=dice.choice((100, 35, 50)),
			)
			invoices.append(invoice)
			for _step in range(dice.randint(0, 3)):
				left = frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount")
				amount = float(cents(dice.uniform(0.1, 0.6) * left))
				if dice.random() < 0.35:
					make.make_credit_note(invoice, amount)
				else:
					payment = self.pay(invoice, amount, days_ago=dice.randint(0, 30))
					if dice.random() < 0.2:
						payment.cancel()
				invoice.reload()
			if dice.random() < 0.5:
				self.pay(invoice, days_ago=0)
		found = {
			(row["invoice"], row["sales_person"]): row["total"]
			for row in self.rows(customer=self.customer.name)
		}
		self.assertGreaterEqual(len(found), 8)
		for invoice in invoices:
			for member in invoice.reload().sales_team:
				self.assertEqual(
					cents(found[invoice.name, member.sales_person]),
					self.by_hand(invoice, member),
					invoice.name,
				)

	def by_hand(self, invoice, member) -> Decimal:
		"""Return what was earned of a person's commission: shares of what is owed after rounding, and of the net that was credited."""

		def owed(doc) -> Decimal:
			return cents(doc.rounded_total or doc.grand_total)

		full, whole, net = cents(member.incentives), owed(invoice), cents(invoice.base_net_total)
		paid = Decimal(0)
		for name in frappe.get_all(
			"Payment Entry", {"docstatus": 1, "party": invoice.customer}, pluck="name"
		):
			for row in frappe.get_doc("Payment Entry", name).references:
				if row.reference_name == invoice.name:
					paid += cents(row.allocated_amount)
		left, stands = whole, net
		for name in frappe.get_all(
			"Sales Invoice", {"docstatus": 1, "return_against": invoice.name}, pluck="name"
		):
			note = frappe.get_doc("Sales Invoice", name)
			left, stands = left + owed(note), stands + cents(note.base_net_total)
		if paid == left:
			return cents(full * stands / net)
		at_invoicing = cents(full * Decimal("0.7") * stands / net)
		return at_invoicing + cents((full - cents(full * Decimal("0.7"))) * paid / left * stands / net)


class TestMalus(CommissionTestCase):
	is_history = False

	def setUp(self):
		super().setUp()
		with make.policy_off():
			for number in range(3):
				make.make_overdue_invoice(self.customer, 1_000, days=40 + number)

	def pushed(self, advice="Reject", asks=True, entered_by="seller1"):
		with as_user(entered_by):
			order = make.make_order(self.customer, 10_000, sales_team=("seller1", "seller2"))
		hold = order.b2b_credit_hold
		self.assertTrue(hold)
		with as_user("controller"):
			api.advise(hold, advice, "Three invoices paid a month late this year")
		if asks:
			with as_user("seller1"):
				api.request_release(hold, "They pay on Friday")
		with as_user("cfo"):
			api.release(hold, "A new start")
		return make.make_invoice(order=order)

	def test_who_pushed_an_order_to_a_repeat_late_payer_loses_half(self):
		invoice = self.pushed()
		self.assertEqual(self.figures(invoice), (175, 0, 0, -87.5, 87.5, 37.5))
		# Not who only stands on the team.
		self.assertEqual(self.figures(invoice, TWO), (87.5, 0, 0, 0, 87.5, 37.5))
		(row,) = self.rows(customer=self.customer.name, sales_person=ONE)
		self.assertEqual(row["hold"], frappe.db.get_value("Credit Hold", {"customer": self.customer.name}))
		self.pay(invoice, days_ago=0)
		self.assertEqual(self.figures(invoice), (175, 75, 0, -125, 125, 0))

	def test_where_nobody_asked_it_is_who_entered_the_order(self):
		self.assertEqual(self.figures(self.pushed(asks=False))[3], -87.5)
		invoice = self.pushed(asks=False, entered_by="seller2")
		self.assertEqual((self.figures(invoice)[3], self.figures(invoice, TWO)[3]), (0, -43.75))

	def test_with_the_advice_of_credit_control_there_is_none(self):
		self.assertEqual(self.figures(self.pushed("Release"))[3], 0)

	def test_a_customer_who_has_a_case_is_no_late_payer(self):
		(name, *_others) = frappe.get_all("Sales Invoice", {"customer": self.customer.name}, pluck="name")
		with as_user("controller"):
			make.make_dispute((name, 500))
		self.assertEqual(self.figures(self.pushed())[3], 0)

	def test_the_terms_are_data(self):
		plan = frappe.get_doc(
			{
				"doctype": "Commission Plan",
				"title": "Strict",
				"for_company": COMPANY,
				"valid_from": "2001-01-01",
				"invoiced_percent": 50,
				"malus_percent": 10,
				"late_invoices": 3,
				"late_days": 30,
				"within_days": 365,
			}
		).insert()
		self.assertEqual(self.figures(self.pushed()), (125, 0, 0, -12.5, 112.5, 112.5))
		frappe.db.set_value("Commission Plan", plan.name, "late_days", 45)
		self.assertEqual(
			self.figures(
				frappe.get_last_doc("Sales Invoice", {"customer": self.customer.name, "grand_total": 10_000})
			)[3],
			0,
		)
		with self.assertRaisesRegex(frappe.ValidationError, "already"):
			frappe.copy_doc(plan).insert()
		plan.reload().invoiced_percent = 120
		with self.assertRaisesRegex(frappe.ValidationError, "from 0 to 100"):
			plan.save()


class TestWhoSees(CommissionTestCase):
	def test_sellers_their_own_and_leaders_their_teams(self):
		invoice = self.invoice()
		self.pay(invoice)

		def persons(user, **filters):
			return {row["sales_person"] for row in self.rows(user, **filters)}

		self.assertEqual(persons("seller1"), {ONE})
		self.assertEqual(persons("seller2"), {TWO})
		self.assertLessEqual({ONE, TWO}, persons("sales_manager"))
		for user in ("finance_director", "cfo", "auditor"):
			self.assertLessEqual({ONE, TWO}, persons(user))
		for user in ("controller", "collector", "accounts_user", "board", "stock_user"):
			with self.assertRaises(frappe.PermissionError, msg=user):
				self.rows(user)
		with self.assertRaisesRegex(frappe.PermissionError, "not yours to see"):
			self.rows("seller1", sales_person=TWO)
		# Totals, chart and every grouping say no more than the rows.
		for by in ("Invoice", "Salesperson", "Customer", "Month"):
			result = self.result("seller1", by=by, customer=self.customer.name)
			cards = {card["label"]: card["value"] for card in result["report_summary"]}
			self.assertEqual((cards["At invoicing"], cards["On payments"]), (210, 90), by)
			charted = [sum(part["values"]) for part in result["chart"]["data"]["datasets"]]
			self.assertEqual(charted, [210, 90, 0, 0], by)
			rows = [row for row in result["result"] if isinstance(row, dict)]
			self.assertEqual(sum(row["total"] for row in rows), 300, by)
			self.assertNotIn(TWO, frappe.as_json(result), by)

	def test_whom_a_user_permission_leaves_one_customer(self):
		self.invoice()
		other = make.make_customer(sales_team=("seller1",))
		make.make_profile(other, manual_limit=100_000)
		shown = self.invoice(customer=other)
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": email_of("seller1"),
				"allow": "Customer",
				"for_value": other.name,
			}
		).insert()
		self.assertEqual([row["invoice"] for row in self.rows("seller1")], [shown.name])
		self.assertNotIn(self.customer.name, frappe.as_json(self.result("seller1", by="Customer")))
		with self.assertRaises(frappe.PermissionError):
			self.rows("seller1", customer=self.customer.name)

	def test_what_the_filters_say(self):
		self.invoice(days_ago=5)
		self.assertEqual(self.rows(customer=self.customer.name, until=6), [])
		for filters, said in (
			({"by": "Mood"}, "not offered"),
			({"sales_person": "Nobody"}, "no salesperson"),
			({"until": 200}, "comes after"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, said):
				self.rows(**filters)

	def test_a_count_of_queries_that_does_not_grow(self):
		def queries() -> int:
			wanted = commission.Wanted(
				COMPANY, getdate(add_days(nowdate(), -90)), getdate(), None, [self.customer.name]
			)
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				commission.read(wanted)
			return sql.call_count

		self.pay(self.invoice())
		before = queries()
		for _number in range(4):
			invoice = self.invoice(100)
			self.pay(invoice, 50)
			make.make_credit_note(invoice, 20)
		self.assertEqual(queries(), before)
