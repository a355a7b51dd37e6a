"""Orders paid by milestones: planned, accepted, invoiced to the cent, paid, and what of it is no risk any more."""

from decimal import Decimal

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import milestones_api as api
from b2b_contracts.api import evaluate
from b2b_contracts.collections import following
from b2b_contracts.credit import cases, checking, clearing, deliveries, milestones, position_facts
from b2b_contracts.exceptions import CreditHoldError, EvidenceError, MilestoneError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SERVICE, WIDGET, SiteTestCase

FOUR = (("Design", 30), ("Acceptance test", 30), ("Delivery", 30), ("Commissioning", 10))
AHEAD = {"before_delivery": 1}
# Lines that no share divides evenly, with 25 % VAT on top.
ODD = [
	{"item_code": WIDGET, "qty": 7, "rate": 33.33},
	{"item_code": WIDGET, "qty": 1, "rate": 1234.57},
	{"item_code": SERVICE, "qty": 3, "rate": 0.99},
]


class MilestoneTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()

	def granted_order(self, amount=10_000, limit=1_000_000, **fields):
		make.make_profile(self.customer, manual_limit=limit)
		order = make.make_order(self.customer, amount, **fields)
		self.assertEqual(order.b2b_credit_status, "Clear")
		return order

	def held_order(self, amount=40_000, **fields):
		"""An order of a customer of segment D, who prepays."""
		make.make_profile(self.customer, segment="D")
		order = make.make_order(self.customer, amount, **fields)
		self.assertEqual(order.b2b_credit_status, "Held")
		return order

	def pay(self, invoice, amount=None):
		payment = make.make_payment(invoice.reload(), amount=amount)
		following.catch_up(self.customer.name, COMPANY)
		clearing.clear_waiting(self.customer.name, COMPANY)
		return payment

	def position(self):
		member = (self.customer.name, COMPANY)
		since = position_facts.Since.of(make_standing(member).terms, getdate())
		return position_facts.books_of([member], since)[member].position

	def statuses(self, plan):
		return [row.status for row in plan.reload().milestones]

	def assertRefused(self, words, work, *args, error=MilestoneError, **kwargs):
		with self.assertRaisesRegex(error, words):
			work(*args, **kwargs)


def make_standing(member):
	return cases.standing_of(checking.policies.active(COMPANY), *member)


class TestPlanning(MilestoneTestCase):
	def test_the_template_that_is_the_default(self):
		order = self.granted_order(100_000)
		with as_user("seller1"):
			plan = frappe.get_doc(api.make_milestone_plan(order.name))
			plan.insert()
		found = [
			(r.title, r.share, r.amount, r.acceptance_needed, r.before_delivery) for r in plan.milestones
		]
		self.assertEqual(
			found,
			[
				("Design", 30, 30_000, 1, 1),
				("Acceptance test", 30, 30_000, 1, 1),
				("Delivery", 30, 30_000, 0, 0),
				("Commissioning", 10, 10_000, 1, 0),
			],
		)
		self.assertEqual(
			(plan.customer, plan.company, plan.total_amount), (self.customer.name, COMPANY, 100_000)
		)
		self.assertEqual(plan.milestones[2].expected_date, getdate(order.delivery_date))
		self.assertGreaterEqual(plan.milestones[0].expected_date, getdate(order.transaction_date))

	def test_another_template(self):
		order = self.granted_order()
		template = {"doctype": "Milestone Template", "template_name": f"Half {order.name}", "days_to_pay": 8}
		rows = [{"title": "Order", "share": 50}, {"title": "Goods", "share": 50}]
		name = frappe.get_doc({**template, "milestones": rows}).insert().name
		plan = milestones.new(order.name, name)
		self.assertEqual(([r.amount for r in plan.milestones], plan.days_to_pay), ([5_000, 5_000], 8))

	def test_one_template_is_the_default(self):
		rows = [{"title": "All", "share": 100}]
		first = frappe.db.get_value("Milestone Template", {"is_default": 1})
		other = frappe.get_doc(
			{
				"doctype": "Milestone Template",
				"template_name": "All at once",
				"milestones": rows,
				"is_default": 1,
			}
		).insert()
		self.assertEqual(
			frappe.get_all("Milestone Template", filters={"is_default": 1}, pluck="name"), [other.name]
		)
		self.assertNotEqual(first, other.name)
		other.milestones[0].share = 90
		self.assertRefused("make up 90", other.save)

	def test_the_orders_own_instalments(self):
		make.make_profile(self.customer, manual_limit=1_000_000)
		days = [add_days(nowdate(), n) for n in (3, 10)]
		order = make.make_order(
			self.customer,
			1_000,
			payment_schedule=[
				{"due_date": days[0], "invoice_portion": 40, "description": "On order"},
				{"due_date": days[1], "invoice_portion": 60, "description": "On delivery"},
			],
		)
		plan = milestones.new(order.name)
		found = [(r.title, r.share, r.amount, str(r.expected_date)) for r in plan.milestones]
		self.assertEqual(found, [("On order", 40, 400, days[0]), ("On delivery", 60, 600, days[1])])

	def test_rounding_goes_on_the_last(self):
		plan = make.make_milestone_plan(
			self.granted_order(1_000), *((f"Part {n}", 33.33) for n in range(3)), submit=False
		)
		self.assertEqual([r.amount for r in plan.milestones], [333.30, 333.30, 333.40])
		self.assertEqual(plan.milestones[-1].share, 33.34)

	def test_shares_must_make_up_the_order(self):
		order = self.granted_order()
		for rows in ((("One", 60), ("Two", 30)), (("One", 100), ("Two", 0))):
			self.assertRefused("make up 100 %", make.make_milestone_plan, order, *rows)

	def test_one_plan_an_order_and_only_of_a_submitted_one(self):
		order = self.granted_order()
		plan = make.make_milestone_plan(order, *FOUR, submit=False)
		self.assertRefused(f"plan already: {plan.name}", milestones.new, order.name)
		draft = make.make_order(self.customer, 10, submit=False)
		self.assertRefused("submitted, open orders", milestones.new, draft.name)
		plan.delete()
		self.assertEqual(len(milestones.new(order.name).milestones), 4)

	def test_what_a_client_sends_in_our_fields_is_overwritten(self):
		order = self.granted_order()
		other = make.make_invoice(self.customer, 10)
		plan = milestones.new(order.name)
		plan.update({"status": "Completed", "paid_amount": 99})
		plan.milestones[0].update({"status": "Paid", "sales_invoice": other.name, "accepted_by": "Nobody"})
		plan.insert()
		plan.submit()
		row = plan.reload().milestones[0]
		self.assertEqual((plan.status, plan.paid_amount), ("Active", 0))
		self.assertEqual((row.status, row.sales_invoice, row.accepted_by), ("Planned", None, None))
		row.update({"status": "Paid", "amount": 1, "expected_date": add_days(nowdate(), 40)})
		plan.save()
		row = plan.reload().milestones[0]
		self.assertEqual((row.status, row.amount), ("Planned", 3_000))
		self.assertEqual(str(row.expected_date), add_days(nowdate(), 40))


class TestAccepting(MilestoneTestCase):
	def setUp(self):
		super().setUp()
		self.plan = make.make_milestone_plan(
			self.granted_order(), ("Design", 40, {"acceptance_needed": 1}), ("Rest", 60)
		)
		self.design = self.plan.milestones[0].name

	def test_is_needed_before_the_invoice(self):
		self.assertRefused(
			"before the customer has accepted", api.make_milestone_invoice, self.plan.name, None, self.design
		)
		with as_user("seller1"):
			api.accept_milestone(self.plan.name, self.design, nowdate(), "Mette Holm")
		row = self.plan.reload().milestones[0]
		self.assertEqual((row.status, row.accepted_by), ("Accepted", "Mette Holm"))
		with as_user("accounts_user"):
			invoice = frappe.get_doc(api.make_milestone_invoice(self.plan.name, None, self.design))
			invoice.insert()
			invoice.submit()
		self.assertEqual(self.statuses(self.plan), ["Invoiced", "Planned"])
		self.assertRefused(
			"is invoiced already", milestones.accept, self.plan.name, self.design, nowdate(), "X", None
		)

	def test_takes_who_and_a_day_that_has_come(self):
		for on, by, words in (
			(nowdate(), " ", "who has accepted"),
			(add_days(nowdate(), 1), "Mette", "still to come"),
		):
			self.assertRefused(words, milestones.accept, self.plan.name, self.design, on, by, None)
		self.assertRefused(
			"no file",
			milestones.accept,
			self.plan.name,
			self.design,
			nowdate(),
			"Mette",
			"/private/files/x.pdf",
		)

	def test_its_document_is_read_by_whoever_reads_the_plan(self):
		with as_user("seller1"):
			file = frappe.get_doc(
				{
					"doctype": "File",
					"file_name": f"{self.plan.name}.txt",
					"is_private": 1,
					"content": self.plan.name,
				}
			).insert()
			api.accept_milestone(self.plan.name, self.design, nowdate(), "Mette", file.file_url)
		self.assertEqual(self.plan.reload().milestones[0].evidence, file.file_url)
		with as_user("accounts_user"):
			self.assertTrue(frappe.has_permission("File", "read", file.name))


class TestInvoicing(MilestoneTestCase):
	def test_all_invoices_together_are_the_order_to_the_cent(self):
		order = self.granted_order(items=ODD, vat=True)
		plan = make.make_milestone_plan(order, *FOUR)
		invoices = [make.make_milestone_invoice(plan, n) for n in (1, 2, 3, 4)]
		order.reload()
		self.assertEqual(order.per_billed, 100)
		for field in ("grand_total", "net_total", "total_taxes_and_charges"):
			together = sum(Decimal(str(invoice.get(field))) for invoice in invoices)
			self.assertEqual(together, Decimal(str(order.get(field))), field)
		for line in order.items:
			self.assertEqual(line.billed_amt, line.amount)
		for invoice, share in zip(invoices, (30, 30, 30, 10), strict=True):
			self.assertAlmostEqual(invoice.grand_total, order.grand_total * share / 100, delta=0.03)
			self.assertEqual(invoice.outstanding_amount, invoice.grand_total)
			self.assertEqual(str(invoice.due_date), add_days(nowdate(), 14))
		together = sum(Decimal(str(row.amount)) for row in plan.milestones)
		self.assertEqual(together, Decimal(str(order.grand_total)))
		self.assertEqual((plan.invoiced_amount, plan.status), (order.grand_total, "Active"))

	def test_invoices_in_another_order_take_the_rest_as_well(self):
		order = self.granted_order(items=ODD, vat=True)
		plan = make.make_milestone_plan(order, *FOUR)
		invoices = [make.make_milestone_invoice(plan, n) for n in (4, 2, 1, 3)]
		self.assertEqual(sum(Decimal(str(i.grand_total)) for i in invoices), Decimal(str(order.grand_total)))
		self.assertEqual(order.reload().per_billed, 100)

	def test_a_draft_from_when_others_were_to_come_does_not_do_for_the_last(self):
		order = self.granted_order(items=ODD, vat=True)
		plan = make.make_milestone_plan(order, *FOUR)
		drafts = [make.make_milestone_invoice(plan, n, submit=False) for n in (1, 2, 3, 4)]
		for draft in drafts[:3]:
			draft.submit()
		together = sum(Decimal(str(draft.net_total)) for draft in drafts)
		self.assertNotEqual(together, Decimal(str(order.net_total)))
		self.assertRefused("Make it anew", drafts[3].submit)
		drafts[3].delete()
		drafts[3] = make.make_milestone_invoice(plan, 4)
		together = sum(Decimal(str(draft.grand_total)) for draft in drafts)
		self.assertEqual((together, order.reload().per_billed), (Decimal(str(order.grand_total)), 100))

	def test_freight_and_a_discount_on_the_whole_are_shared_too(self):
		freight = {
			"charge_type": "Actual",
			"account_head": frappe.db.get_value("Account", {"company": COMPANY, "account_name": "B2B VAT"}),
			"description": "Freight",
			"tax_amount": 100.01,
		}
		order = self.granted_order(
			items=ODD, taxes=[freight], apply_discount_on="Net Total", additional_discount_percentage=7
		)
		plan = make.make_milestone_plan(order, *FOUR)
		invoices = [make.make_milestone_invoice(plan, n) for n in (1, 2, 3, 4)]
		for field in ("grand_total", "total_taxes_and_charges", "discount_amount"):
			together = sum(Decimal(str(invoice.get(field))) for invoice in invoices)
			self.assertEqual(together, Decimal(str(order.get(field))), field)
		self.assertAlmostEqual(invoices[0].total_taxes_and_charges, 30, delta=0.01)

	def test_goods_are_delivered_from_the_order_as_ever(self):
		order = self.granted_order(1_000, qty=10)
		plan = make.make_milestone_plan(order, ("First", 40), ("Second", 60))
		make.make_milestone_invoice(plan, 1)
		note = make.make_delivery(order)
		self.assertEqual((note.items[0].qty, note.grand_total), (10, 1_000))
		self.assertEqual(order.reload().per_delivered, 100)
		self.assertEqual(self.position().delivered_not_billed, 600)
		make.make_milestone_invoice(plan, 2)
		note.reload()
		self.assertEqual((note.per_billed, order.reload().status), (100, "Completed"))
		self.assertEqual((self.position().delivered_not_billed, self.position().receivables), (0, 1_000))

	def test_nothing_is_billed_twice(self):
		order = self.granted_order()
		plan = make.make_milestone_plan(order, *FOUR)
		draft = make.make_milestone_invoice(plan, 1, submit=False)
		self.assertRefused(f"draft invoice: {draft.name}", make.make_milestone_invoice, plan, 1)
		copy = frappe.copy_doc(draft)
		copy.update({"b2b_milestone_plan": plan.name, "b2b_milestone": plan.milestones[0].name})
		copy.insert()
		draft.submit()
		self.assertRefused(f"invoiced already \\({draft.name}\\)", copy.submit)
		self.assertRefused("invoiced already", make.make_milestone_invoice, plan, 1)
		with self.assertRaises(frappe.ValidationError):
			make.make_invoice(order=order)

	def test_an_invoice_that_bills_more_than_its_milestone_is_refused(self):
		plan = make.make_milestone_plan(self.granted_order(), *FOUR)
		draft = make.make_milestone_invoice(plan, 1, submit=False)
		draft.items[0].rate = 3_001
		draft.save()
		self.assertRefused("bills .*3,001.00, but milestone Design is", draft.submit)

	def test_an_invoice_of_something_else_cannot_pass_for_one(self):
		plan = make.make_milestone_plan(self.granted_order(), *FOUR)
		values = {"b2b_milestone_plan": plan.name, "b2b_milestone": plan.milestones[0].name}
		draft = make.make_invoice(self.customer, 10, submit=False, **values)
		self.assertRefused("is not an invoice of a milestone", draft.submit)

	def test_what_is_invoiced_beside_the_plan_is_not_invoiced_again(self):
		order = self.granted_order(items=[{"item_code": WIDGET, "qty": 10, "rate": 100}])
		plan = make.make_milestone_plan(order, ("First", 50), ("Second", 50))
		beside = make.make_invoice(order=order, submit=False)
		beside.items[0].qty = 4
		beside.save()
		beside.submit()
		self.assertEqual([r.amount for r in plan.reload().milestones], [300, 300])
		invoices = [make.make_milestone_invoice(plan, n) for n in (1, 2)]
		self.assertEqual([i.grand_total for i in invoices], [300, 300])
		self.assertEqual(order.reload().per_billed, 100)

	def test_in_another_currency(self):
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"from_currency": "EUR",
				"to_currency": "DKK",
				"exchange_rate": 7.46,
				"date": nowdate(),
				"for_selling": 1,
				"for_buying": 1,
			}
		).insert()
		order = self.granted_order(items=ODD, currency="EUR", conversion_rate=7.46, vat=True)
		# Who has something in DKK on the account may be invoiced in EUR on it.
		make.make_invoice(self.customer, 10)
		plan = make.make_milestone_plan(order, *FOUR)
		self.assertEqual((plan.currency, plan.total_amount), ("EUR", order.grand_total))
		invoices = [make.make_milestone_invoice(plan, n) for n in (1, 2, 3, 4)]
		self.assertEqual(sum(Decimal(str(i.grand_total)) for i in invoices), Decimal(str(order.grand_total)))
		self.pay(invoices[0])
		self.assertEqual(plan.reload().paid_amount, invoices[0].grand_total)


class TestFollowing(MilestoneTestCase):
	def setUp(self):
		super().setUp()
		self.order = self.granted_order(1_000)
		self.plan = make.make_milestone_plan(self.order, ("First", 40), ("Second", 60))

	def test_paid_overdue_and_done(self):
		first = make.make_milestone_invoice(self.plan, 1)
		frappe.db.set_value("Sales Invoice", first.name, "due_date", add_days(nowdate(), -1))
		milestones.daily()
		self.assertEqual(self.statuses(self.plan), ["Overdue", "Planned"])
		self.pay(first, 100)
		self.assertEqual((self.statuses(self.plan)[0], self.plan.milestones[0].paid_amount), ("Overdue", 100))
		self.pay(first)
		self.assertEqual(self.statuses(self.plan), ["Paid", "Planned"])
		payment = self.pay(make.make_milestone_invoice(self.plan, 2))
		self.assertEqual((self.statuses(self.plan), self.plan.status), (["Paid", "Paid"], "Completed"))
		self.assertEqual(self.plan.paid_amount, 1_000)
		payment.cancel()
		following.catch_up(self.customer.name, COMPANY)
		self.assertEqual((self.statuses(self.plan), self.plan.status), (["Paid", "Invoiced"], "Active"))

	def test_a_second_look_changes_nothing(self):
		self.pay(make.make_milestone_invoice(self.plan, 1), 50)
		before = self.plan.reload().as_dict()
		self.assertFalse(milestones.refresh(self.plan.name))
		milestones.daily()
		self.assertEqual(self.plan.reload().as_dict(), before)

	def test_a_cancelled_invoice_gives_the_milestone_back(self):
		first = make.make_milestone_invoice(self.plan, 1)
		first.cancel()
		row = self.plan.reload().milestones[0]
		self.assertEqual((row.status, row.sales_invoice, row.amount), ("Planned", None, 400))
		self.assertEqual(make.make_milestone_invoice(self.plan, 1).grand_total, 400)

	def test_a_credit_note_is_no_payment(self):
		first = make.make_milestone_invoice(self.plan, 1)
		make.make_credit_note(first, 100)
		self.assertEqual((self.statuses(self.plan)[0], self.plan.milestones[0].amount), ("Invoiced", 300))
		self.pay(first)
		row = self.plan.reload().milestones[0]
		self.assertEqual((row.status, row.paid_amount), ("Paid", 300))

	def test_what_is_credited_in_full_is_not_invoiced_any_more(self):
		first = make.make_milestone_invoice(self.plan, 1)
		make.make_credit_note(first, update_billed_amount_in_sales_order=1)
		row = self.plan.reload().milestones[0]
		self.assertEqual((row.status, row.sales_invoice, row.amount), ("Planned", None, 400))
		self.assertEqual(self.order.reload().per_billed, 0)

	def test_a_changed_order_changes_what_is_not_invoiced(self):
		from b2b_contracts.tests.browser_scenes import raise_order

		make.make_milestone_invoice(self.plan, 1)
		raise_order(self.order.name, 1_500)
		self.assertEqual([r.amount for r in self.plan.reload().milestones], [400, 1_100])
		self.assertEqual(self.plan.total_amount, 1_500)
		with self.assertRaises(frappe.ValidationError):
			raise_order(self.order.name, 300)

	def test_less_than_is_invoiced_is_refused_by_the_plan_too(self):
		make.make_milestone_invoice(self.plan, 1)
		order = frappe.get_doc("Sales Order", self.order.name)
		order.grand_total = 399
		self.assertRefused("cannot be cut to .*399.00: .*400.00 is invoiced", milestones.order_changed, order)

	def test_a_cancelled_order_takes_its_plan_along_and_the_amended_one_starts_with_it(self):
		self.order.reload().cancel()
		self.plan.reload()
		self.assertEqual(
			(self.plan.docstatus, self.plan.status, self.plan.live_order), (2, "Cancelled", None)
		)
		amended = frappe.copy_doc(self.order)
		amended.update({"amended_from": self.order.name, "docstatus": 0})
		amended.insert()
		amended.submit()
		plan = milestones.new(amended.name)
		self.assertEqual([(r.title, r.share) for r in plan.milestones], [("First", 40), ("Second", 60)])
		self.assertRefused("kept as evidence", self.plan.delete, error=EvidenceError)

	def test_a_plan_that_is_invoiced_is_not_cancelled(self):
		make.make_milestone_invoice(self.plan, 1)
		self.assertRefused("is invoiced .*Cancel the invoice first", self.plan.cancel)


class TestRisk(MilestoneTestCase):
	def test_exposure_is_counted_once_at_every_step(self):
		order = self.granted_order(1_000)
		plan = make.make_milestone_plan(order, ("First", 40), ("Second", 60))
		self.assertEqual(self.figures(), (0, 0, 1_000))
		first = make.make_milestone_invoice(plan, 1)
		self.assertEqual(self.figures(), (400, 0, 600))
		self.pay(first)
		self.assertEqual(self.figures(), (0, 0, 600))
		make.make_delivery(order)
		self.assertEqual(self.figures(), (0, 600, 0))
		self.pay(make.make_milestone_invoice(plan, 2))
		self.assertEqual(self.figures(), (0, 0, 0))

	def figures(self):
		position = self.position()
		return (position.receivables, position.delivered_not_billed, position.granted_orders)

	def seen(self, order):
		_standing, loaded, decision = checking.preview(frappe.get_doc("Sales Order", order.name))
		return loaded.case.order, {f.rule for f in decision.fired}

	def test_a_prepaid_order_of_segment_d_goes_on_when_its_milestones_are_paid(self):
		order = self.held_order()
		plan = make.make_milestone_plan(order, ("Design", 40), ("Rest", 60))
		first = make.make_milestone_invoice(plan, 1)
		self.assertEqual((first.docstatus, first.grand_total), (1, 16_000))
		seen, rules = self.seen(order)
		self.assertEqual((seen.amount, seen.billed_ahead, seen.paid), (24_000, 16_000, 0))
		self.assertEqual(rules, {"Prepayment"})
		self.pay(first)
		seen, rules = self.seen(order)
		self.assertEqual((seen.billed_ahead, seen.paid_ahead, rules), (16_000, 16_000, {"Prepayment"}))
		self.assertEqual(order.reload().b2b_credit_status, "Held")
		self.pay(make.make_milestone_invoice(plan, 2))
		self.assertEqual((order.reload().b2b_credit_status, plan.reload().status), ("Clear", "Completed"))
		self.assertEqual(make.make_delivery(order).docstatus, 1)

	def test_an_advance_and_a_milestone_together_prepay_an_order(self):
		order = self.held_order()
		plan = make.make_milestone_plan(order, ("Design", 40), ("Rest", 60))
		self.pay(make.make_milestone_invoice(plan, 1))
		make.make_payment(order.reload(), amount=24_000)
		clearing.clear_waiting(self.customer.name, COMPANY)
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def test_a_credit_note_prepays_nothing(self):
		order = self.held_order()
		plan = make.make_milestone_plan(order, ("Design", 40), ("Rest", 60))
		make.make_credit_note(make.make_milestone_invoice(plan, 1))
		seen, _rules = self.seen(order)
		self.assertEqual(seen.paid, 0)

	def test_money_pays_for_delivered_goods_first(self):
		order = self.granted_order(items=[{"item_code": WIDGET, "qty": 10, "rate": 100}])
		plan = make.make_milestone_plan(order, ("First", 60), ("Second", 40))
		make.make_delivery(order, qty=4)
		self.pay(make.make_milestone_invoice(plan, 1), 500)
		seen, _rules = self.seen(order)
		self.assertEqual((seen.amount, seen.billed_ahead, seen.paid_ahead), (400, 200, 100))

	def test_goods_that_are_invoiced_ahead_are_not_weighed_against_the_limit_again(self):
		order = self.granted_order(1_000, limit=1_100)
		plan = make.make_milestone_plan(order, ("First", 60), ("Second", 40))
		make.make_milestone_invoice(plan, 1)
		note = make.make_delivery(order)
		self.assertEqual(note.docstatus, 1)
		self.assertEqual(self.figures(), (600, 400, 0))

	def test_goods_beyond_the_limit_are_refused_however_they_are_invoiced(self):
		order = self.granted_order(1_000, limit=1_100)
		make.make_milestone_invoice(make.make_milestone_plan(order, ("First", 60), ("Second", 40)), 1)
		with make.policy_off():
			make.make_invoice(self.customer, 200)
		self.assertRefused("would owe more than its credit", make.make_delivery, order, error=CreditHoldError)

	def test_paid_milestones_pass_a_stop_of_the_customer_as_an_advance_does(self):
		order = self.granted_order(1_000, limit=5_000)
		plan = make.make_milestone_plan(order, ("First", 40), ("Second", 60))
		for number in (1, 2):
			self.pay(make.make_milestone_invoice(plan, number))
		frappe.db.set_value(
			"Credit Profile", {"customer": self.customer.name}, {"external_rating": "Insolvent"}
		)
		clearing.sync_stop((self.customer.name, COMPANY))
		self.assertEqual(make.make_delivery(order).docstatus, 1)
		other = make.make_order(self.customer, 10)
		self.assertEqual(other.b2b_credit_status, "Stopped")


class TestHeldOrders(MilestoneTestCase):
	def test_the_plan_lets_an_order_that_waits_for_money_be_invoiced_and_nothing_else(self):
		order = self.held_order()
		self.assertEqual(order.status, "On Hold")
		plan = make.make_milestone_plan(order, ("Design", 40), ("Rest", 60))
		order.reload()
		self.assertEqual((order.status, order.b2b_credit_status), ("To Deliver and Bill", "Held"))
		self.assertRefused("on hold for credit", make.make_delivery, order, error=CreditHoldError)
		self.assertRefused("on hold for credit", make.make_invoice, order=order, error=CreditHoldError)
		draft = make.make_milestone_invoice(plan, 1, submit=False)
		self.assertEqual(deliveries.why_refused(draft), [])
		draft.submit()
		self.assertEqual(order.reload().b2b_credit_status, "Held")

	def test_the_order_is_on_hold_again_when_its_plan_is_cancelled(self):
		order = self.held_order()
		make.make_milestone_plan(order, *FOUR).cancel()
		self.assertEqual(order.reload().status, "On Hold")

	def test_an_order_that_waits_for_something_else_is_not_invoiced(self):
		make.make_profile(self.customer, manual_limit=100_000)
		make.make_overdue_invoice(self.customer, 2_000)
		order = make.make_order(self.customer, 5_000)
		plan = make.make_milestone_plan(order, *FOUR)
		draft = make.make_milestone_invoice(plan, 1, submit=False)
		self.assertIn("on hold for credit", deliveries.why_refused(draft)[0])
		self.assertRefused("on hold for credit", draft.submit, error=CreditHoldError)

	def test_segment_d_beyond_its_cap_is_invoiced_too(self):
		order = self.held_order(400_000)
		rules = frappe.get_all("Credit Hold Reason", filters={"parent": order.b2b_credit_hold}, pluck="rule")
		self.assertEqual(set(rules), {"Prepayment", "Limit Use"})
		plan = make.make_milestone_plan(order, *FOUR)
		self.assertEqual(make.make_milestone_invoice(plan, 1).docstatus, 1)

	def test_an_order_sent_back_is_not_invoiced(self):
		from b2b_contracts import api as credit_api

		order = self.held_order()
		plan = make.make_milestone_plan(order, *FOUR)
		with as_user("controller"):
			credit_api.reject(order.b2b_credit_hold, "Too risky")
		self.assertRefused("on hold for credit", make.make_milestone_invoice, plan, 1, error=CreditHoldError)


class TestGoodsWait(MilestoneTestCase):
	def setUp(self):
		super().setUp()
		self.order = self.granted_order(1_000)
		self.plan = make.make_milestone_plan(self.order, ("First", 40, AHEAD), ("Second", 60))

	def test_until_the_milestone_is_paid(self):
		note = make.make_delivery(self.order, submit=False)
		self.assertIn("must be paid before goods leave", deliveries.why_refused(note)[0])
		self.assertRefused("milestone First of order .* must be paid", note.submit, error=CreditHoldError)
		first = make.make_milestone_invoice(self.plan, 1)
		self.pay(first, 399)
		self.assertRefused("399.00 of it is paid", note.reload().submit, error=CreditHoldError)
		self.pay(first)
		self.assertEqual(deliveries.why_refused(note.reload()), [])
		note.submit()
		self.assertEqual(note.docstatus, 1)

	def test_on_every_way_out(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list, make_sales_invoice

		pick_list = create_pick_list(self.order.name)
		pick_list.insert()
		invoice = make_sales_invoice(self.order.name)
		invoice.update({"update_stock": 1})
		invoice.insert()
		for doc in (pick_list, invoice):
			self.assertIn("must be paid before goods leave", deliveries.why_refused(doc)[0], doc.doctype)
			self.assertRefused("must be paid before goods leave", doc.submit, error=CreditHoldError)

	def test_goods_come_back_all_the_same(self):
		from erpnext.controllers.sales_and_purchase_return import make_return_doc

		self.pay(make.make_milestone_invoice(self.plan, 1))
		note = make.make_delivery(self.order)
		frappe.db.set_value("Order Milestone", self.plan.milestones[1].name, "before_delivery", 1)
		back = make_return_doc("Delivery Note", note.name)
		back.insert()
		back.submit()
		self.assertEqual(back.docstatus, 1)

	def test_a_refusal_is_logged(self):
		note = make.make_delivery(self.order, submit=False)
		unpaid = deliveries._unpaid_milestones(note, [self.order.name])
		deliveries._keep_unpaid(note, unpaid)
		(row,) = frappe.get_all(
			"Credit Decision",
			filters={"customer": self.customer.name, "kind": "Refuse"},
			fields=["outcome", "payload", "reference_name"],
		)
		self.assertEqual((row.outcome, row.reference_name), ("Stopped", note.name))
		rule = frappe.parse_json(row.payload)["rules"][0]
		self.assertEqual((rule["rule"], rule["threshold"], rule["measured"]), ("Milestone", "400", "0"))

	def test_a_policy_that_only_observes_refuses_nothing(self):
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		self.assertEqual(make.make_delivery(self.order).docstatus, 1)

	def test_a_credit_manager_may_let_them_go_with_a_reason(self):
		first = self.plan.milestones[0].name
		for user in ("seller1", "controller"):
			with as_user(user):
				self.assertRefused(
					"takes the role Credit Manager",
					api.waive_milestone,
					self.plan.name,
					first,
					"Please",
					error=NotYourMandateError,
				)
				self.assertRefused(
					"takes the role Credit Manager", self.plan.reload().cancel, error=NotYourMandateError
				)
		with as_user("credit_manager"):
			self.assertRefused("Write down why", api.waive_milestone, self.plan.name, first, " ")
			api.waive_milestone(self.plan.name, first, "Their bank has confirmed it")
		self.assertEqual(make.make_delivery(self.order).docstatus, 1)

	def test_a_customer_nobody_checks_waits_too(self):
		policy = make.active_policy()
		policy.without_profile = "Not Checked"
		policy.save()
		order = make.make_order(make.make_customer(), 100)
		self.assertEqual(order.b2b_credit_status, "Not Checked")
		make.make_milestone_plan(order, ("All", 100, AHEAD))
		draft = make.make_delivery(order, submit=False)
		with as_user("stock_user"):
			(said,) = evaluate("Delivery Note", draft.name)["refusals"]
		self.assertIn("must be paid before goods leave", said)
		self.assertRefused("must be paid before goods leave", draft.submit, error=CreditHoldError)


class TestWhoMay(MilestoneTestCase):
	def test_sellers_plan_and_see_what_is_their_own(self):
		order = self.granted_order()
		with as_user("seller1"):
			plan = frappe.get_doc(api.make_milestone_plan(order.name)).insert()
			plan.submit()
			self.assertEqual(api.milestone_plan_of(order.name)["plan"], plan.name)
			self.assertRaises(
				frappe.PermissionError, api.make_milestone_invoice, plan.name, None, plan.milestones[2].name
			)
		with as_user("seller2"):
			self.assertNotIn(plan.name, frappe.get_list("Order Milestone Plan", pluck="name"))
			rows = frappe.get_list("Order Milestone", parent_doctype="Order Milestone Plan", pluck="parent")
			self.assertNotIn(plan.name, rows)
			for work in (
				lambda: api.milestone_plan_of(order.name),
				lambda: api.accept_milestone(plan.name, plan.milestones[0].name, nowdate(), "Me"),
				lambda: frappe.get_doc("Order Milestone Plan", plan.name).check_permission("read"),
			):
				self.assertRaises(frappe.PermissionError, work)
		with as_user("sales_manager"):
			self.assertIn(plan.name, frappe.get_list("Order Milestone Plan", pluck="name"))

	def test_a_seller_cannot_plan_for_somebody_elses_customer(self):
		order = self.granted_order()
		with as_user("seller2"):
			self.assertRaises(frappe.PermissionError, api.make_milestone_plan, order.name)
			row = {"title": "All", "share": 100}
			sneaked = {"doctype": "Order Milestone Plan", "sales_order": order.name, "milestones": [row]}
			self.assertRaises(frappe.PermissionError, frappe.get_doc(sneaked).insert)
		with as_user(make.make_user("Sales User")):
			self.assertRaises(frappe.PermissionError, api.make_milestone_plan, order.name)

	def test_the_panel_shows_how_far_it_has_come(self):
		from b2b_contracts import api as credit_api

		order = self.granted_order(1_000)
		plan = make.make_milestone_plan(order, ("First", 40), ("Second", 60))
		self.pay(make.make_milestone_invoice(plan, 1))
		with as_user("seller1"):
			view = credit_api.evaluate("Sales Order", order.name)["milestones"]
		self.assertEqual(
			(view["plan"], view["total"], view["paid"], view["next"]),
			(plan.name, 1_000, 400, {"title": "Second", "amount": 600, "status": "Planned"}),
		)
