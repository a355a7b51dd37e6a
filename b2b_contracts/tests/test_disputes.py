"""Disputes: what they set aside, whose turn it is, how they end; raised, worked and settled by real roles."""

from unittest.mock import patch

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, flt, getdate, nowdate

from b2b_contracts import collections_api as api
from b2b_contracts.collections import disputes
from b2b_contracts.credit import clearing
from b2b_contracts.exceptions import DisputeError
from b2b_contracts.reporting import disputes as analysis
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SERVICE, WIDGET, SiteTestCase, email_of


class DisputeTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		self.profile = make.make_profile(self.customer, manual_limit=100_000)

	def dispute(self, invoice, amount=None, **fields):
		with as_user("controller"):
			return make.make_dispute((invoice, amount), **fields)

	def disputed(self, invoice) -> float:
		return frappe.db.get_value("Sales Invoice", invoice.name, "b2b_disputed_amount")

	def in_step(self):
		disputes.keep_in_step(self.customer.name, COMPANY)


class TestWhatIsSetAside(DisputeTestCase):
	def test_the_disputed_part_is_neither_overdue_nor_forgiven(self):
		invoice = make.make_overdue_invoice(self.customer, 4_000)
		with as_user("seller1"):
			order = make.make_order(self.customer, 1_000)
		self.assertEqual(order.b2b_credit_status, "Held")
		dispute = self.dispute(invoice, 3_600)
		self.assertEqual((dispute.status, dispute.open_amount), ("Open", 3_600))
		self.assertEqual(self.disputed(invoice), 3_600)
		# 400 are left to chase, which the policy tolerates; the exposure is what it was.
		self.assertEqual(clearing.clear_waiting(self.customer.name, COMPANY), [order.name])
		from b2b_contracts import api as credit_api

		status = credit_api.credit_status(self.customer.name, COMPANY)
		self.assertEqual(status["exposure_before"], 5_000)

	def test_the_rest_goes_on(self):
		invoice = make.make_overdue_invoice(self.customer, 4_000)
		self.dispute(invoice, 3_000)
		with as_user("seller1"):
			order = make.make_order(self.customer, 1_000)
		self.assertEqual(order.b2b_credit_status, "Held")
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertIn("1,000.00 is overdue", hold.reasons[0].message.replace("\xa0", " "))

	def test_an_instalment_that_is_disputed_is_not_overdue(self):
		rows = [
			{"due_date": add_days(nowdate(), days), "invoice_portion": 50, "payment_amount": 3_000}
			for days in (-30, 10)
		]
		with make.policy_off():
			invoice = make.make_invoice(
				self.customer,
				6_000,
				posting_date=add_days(nowdate(), -60),
				due_date=add_days(nowdate(), 10),
				payment_schedule=rows,
			)
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 100).b2b_credit_status, "Held")
		self.dispute(invoice, 3_000)
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 100).b2b_credit_status, "Clear")

	def test_nothing_entered_is_all_that_is_open(self):
		invoice = make.make_invoice(self.customer, 4_000)
		make.make_payment(invoice, amount=1_500)
		self.assertEqual(self.dispute(invoice).open_amount, 2_500)

	def test_two_disputes_share_what_is_open(self):
		invoice = make.make_invoice(self.customer, 4_000)
		self.dispute(invoice, 3_000)
		self.assertEqual(self.dispute(invoice, 1_000).status, "Open")
		self.assertEqual(self.disputed(invoice), 4_000)
		with self.assertRaisesRegex(DisputeError, "Enter .*0.00 or less"):
			self.dispute(invoice, 1)

	def test_a_draft_sets_nothing_aside_and_is_checked_again_when_it_is_taken_up(self):
		invoice = make.make_invoice(self.customer, 4_000)
		draft = self.dispute(invoice, 4_000, submit=False)
		self.assertEqual(self.disputed(invoice), 0)
		make.make_payment(invoice, amount=3_000)
		with as_user("controller"), self.assertRaisesRegex(DisputeError, "Enter .*1,000.00 or less"):
			draft.reload().submit()

	def test_what_a_client_sends_in_our_fields_is_put_back(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(
			invoice, 1_000, status="Resolved: Accepted", resolution="None of your business"
		)
		self.assertEqual((dispute.status, dispute.resolution), ("Open", None))
		dispute.update(
			{"status": "Cancelled", "open_amount": 4_000, "next_action_by": "Customer", "priority": "High"}
		)
		dispute.invoices[0].open_amount = 4_000
		dispute.append("progress", {"text": "All is well", "entry": "Customer Answer"})
		with as_user("controller"):
			dispute.save()
		dispute.reload()
		self.assertEqual(
			(dispute.status, dispute.open_amount, dispute.next_action_by, dispute.priority, dispute.progress),
			("Open", 1_000, "Us", "High", []),
		)
		self.assertEqual(dispute.invoices[0].open_amount, 1_000)


class TestRefusals(DisputeTestCase):
	def assertRefused(self, advice, *rows, **fields):
		with self.assertRaisesRegex(DisputeError, advice), as_user("controller"):
			make.make_dispute(*rows, **fields)

	def test_more_than_is_open(self):
		invoice = make.make_invoice(self.customer, 4_000)
		self.assertRefused("4,000.00 is open.*Enter .*4,000.00 or less", (invoice, 4_000.01))

	def test_an_invoice_of_somebody_else(self):
		other = make.make_invoice(make.make_profile(manual_limit=1_000).customer, 100)
		mine = make.make_invoice(self.customer, 100)
		self.assertRefused("is not one of", (mine, 50), (other, 50))

	def test_nothing_open(self):
		paid = make.make_invoice(self.customer, 100)
		make.make_payment(paid)
		self.assertRefused("Nothing of invoice .* is open", (paid.reload(), 100))

	def test_the_same_invoice_twice(self):
		invoice = make.make_invoice(self.customer, 100)
		self.assertRefused("a second time. Put the two amounts together", (invoice, 10), (invoice, 20))

	def test_opened_in_the_future(self):
		invoice = make.make_invoice(self.customer, 100)
		self.assertRefused("still to come", (invoice, 10), opened_on=add_days(nowdate(), 1))


class TestProgress(DisputeTestCase):
	def setUp(self):
		super().setUp()
		self.invoice = make.make_invoice(self.customer, 4_000)
		self.running = self.dispute(self.invoice, 1_000, root_cause="Price")

	def age(self, days):
		frappe.db.set_value("Dispute", self.running.name, "last_progress_on", add_days(nowdate(), -days))

	def test_it_is_given_to_the_team_of_its_cause(self):
		self.assertEqual((self.running.owner_team, self.running.assigned_to), ("Sales", email_of("seller1")))
		todo = {"reference_type": "Dispute", "reference_name": self.running.name, "status": "Open"}
		self.assertEqual(frappe.get_all("ToDo", filters=todo, pluck="allocated_to"), [email_of("seller1")])
		other = self.dispute(self.invoice, 10, root_cause="Other")
		self.assertEqual(other.owner_team, "Credit Control")
		self.assertIn("Credit Controller", frappe.get_roles(other.assigned_to))

	def test_handing_it_on_moves_the_task(self):
		self.running.assigned_to = email_of("collector")
		with as_user("controller"):
			self.running.save()
		todo = {"reference_type": "Dispute", "reference_name": self.running.name, "status": "Open"}
		self.assertEqual(frappe.get_all("ToDo", filters=todo, pluck="allocated_to"), [email_of("collector")])

	def test_entries_say_whose_turn_it_is(self):
		with as_user("seller1"):
			answer = api.add_dispute_entry(
				self.running.name, "Note", "Asked for the signed price list", "Customer"
			)
		self.assertEqual(answer["status"], "Waiting for Customer")
		with as_user("controller"):
			answer = api.add_dispute_entry(self.running.name, "Customer Answer", "They sent it")
		self.assertEqual(answer["status"], "In Progress")
		self.running.reload()
		self.assertEqual(self.running.next_action_by, "Us")
		self.assertEqual(
			[row.noted_by for row in self.running.progress], [email_of("seller1"), email_of("controller")]
		)
		self.assertTrue(self.running.first_response_on)

	def test_only_real_progress_moves_it_on(self):
		self.age(10)
		with as_user("collector"):
			api.add_dispute_entry(self.running.name, "Note", "Still nothing")
		self.assertEqual(getdate(self.running.reload().last_progress_on), getdate(add_days(nowdate(), -10)))
		with as_user("seller1"):
			api.add_dispute_entry(self.running.name, "Note", "Rang them")
		self.assertEqual(getdate(self.running.reload().last_progress_on), getdate())

	def test_a_standstill_on_our_side_is_told_to_the_manager_once(self):
		self.age(15)
		told = {"document_name": self.running.name, "document_type": "Dispute"}
		before = frappe.db.count("Notification Log", told)
		disputes.daily()
		after = frappe.db.count("Notification Log", told)
		self.assertGreater(after, before)
		leader = {**told, "for_user": email_of("sales_manager")}
		self.assertTrue(frappe.db.exists("Notification Log", leader), "who leads the seller was not told")
		disputes.daily()
		self.assertEqual(frappe.db.count("Notification Log", told), after)

	def test_14_days_are_no_standstill(self):
		self.age(14)
		self.assertNotIn(self.running.name, [row.name for row in disputes.standing_still()])

	def test_an_entry_needs_words_and_a_running_dispute(self):
		with as_user("controller"):
			with self.assertRaisesRegex(DisputeError, "Write down"):
				api.add_dispute_entry(self.running.name, "Note", " ")
			with self.assertRaisesRegex(DisputeError, "An entry is one of"):
				api.add_dispute_entry(self.running.name, "Gossip", "Heard something")
			api.settle_dispute(self.running.name, "Resolved: Rejected", "The price was agreed")
			with self.assertRaisesRegex(DisputeError, "nothing can be noted"):
				api.add_dispute_entry(self.running.name, "Note", "Too late")


class TestHowItEnds(DisputeTestCase):
	def test_rejected_it_is_due_again_since_its_own_due_date(self):
		invoice = make.make_overdue_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice)
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 100).b2b_credit_status, "Clear")
		with as_user("controller"):
			answer = api.settle_dispute(dispute.name, "Resolved: Rejected", "Signed for")
		self.assertEqual((answer["status"], answer["open_amount"]), ("Resolved: Rejected", 0))
		self.assertEqual(self.disputed(invoice), 0)
		with as_user("seller1"):
			self.assertEqual(make.make_order(self.customer, 100).b2b_credit_status, "Held")
		todo = {"reference_type": "Dispute", "reference_name": dispute.name, "status": "Open"}
		self.assertFalse(frappe.db.exists("ToDo", todo))

	def test_a_credit_note_made_from_it_settles_it(self):
		invoice = make.make_invoice(self.customer, 4_000, vat=True)
		dispute = self.dispute(invoice, 1_234.56)
		with as_user("accounts_user"):
			note = frappe.get_doc(api.make_credit_note(dispute.name))
			note.insert()
			self.assertEqual(flt(note.rounded_total or note.grand_total, 2), -1_234.56)
			note.submit()
		dispute.reload()
		self.assertEqual(
			(dispute.status, dispute.credit_note, dispute.open_amount), ("Resolved: Accepted", note.name, 0)
		)
		invoice.reload()
		self.assertEqual((invoice.outstanding_amount, invoice.b2b_disputed_amount), (3_765.44, 0))

	def credit_note(self, dispute, **fields):
		with as_user("accounts_user"):
			note = frappe.get_doc(api.make_credit_note(dispute.name))
			note.update(fields)
			note.insert()
			note.submit()
		return note

	def test_any_amount_is_credited_to_the_cent(self):
		items = [
			{"item_code": WIDGET, "qty": 700, "rate": 33.33},
			{"item_code": SERVICE, "qty": 3, "rate": 0.07},
		]
		invoice = make.make_invoice(self.customer, items=items, vat=True)
		for amount in (12_000, 0.01, 333.33):
			dispute = self.dispute(invoice, amount)
			note = self.credit_note(dispute)
			self.assertEqual(flt(note.grand_total, 2), -amount)
			self.assertEqual(dispute.reload().status, "Resolved: Accepted")

	def test_a_second_credit_note_settles_the_rest(self):
		invoice = make.make_invoice(self.customer, 4_000, vat=True)
		dispute = self.dispute(invoice, 1_000)
		first = frappe.get_doc(api.make_credit_note(dispute.name))
		first.items[0].rate = 400
		first.insert()
		first.submit()
		self.assertEqual((dispute.reload().status, dispute.open_amount), ("In Progress", 600))
		self.credit_note(dispute)
		self.assertEqual((dispute.reload().status, dispute.open_amount), ("Resolved: Accepted", 0))

	def test_the_goods_can_still_be_returned_afterwards(self):
		invoice = make.make_invoice(self.customer, 4_000)
		self.credit_note(self.dispute(invoice, 1_000))
		self.assertEqual(make.make_credit_note(invoice.reload(), 500).docstatus, 1)

	def test_a_whole_invoice_is_returned_line_by_line(self):
		invoice = make.make_invoice(self.customer, 4_000, vat=True)
		note = self.credit_note(self.dispute(invoice))
		self.assertEqual([row.item_code for row in note.items], [row.item_code for row in invoice.items])
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount"), 0)

	def test_a_smaller_credit_note_leaves_the_rest_disputed(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		make.make_credit_note(invoice, 400, b2b_dispute=dispute.name)
		dispute.reload()
		self.assertEqual(
			(dispute.status, dispute.open_amount, self.disputed(invoice)), ("In Progress", 600, 600)
		)
		self.in_step()
		self.assertEqual((dispute.reload().open_amount, self.disputed(invoice)), (600, 600))

	def test_cancelling_the_credit_note_disputes_it_again(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		note = make.make_credit_note(invoice, 1_000, b2b_dispute=dispute.name)
		self.assertEqual(dispute.reload().status, "Resolved: Accepted")
		note.reload().cancel()
		self.in_step()
		dispute.reload()
		self.assertEqual(
			(dispute.status, dispute.open_amount, self.disputed(invoice)), ("In Progress", 1_000, 1_000)
		)

	def test_a_payment_goes_to_the_undisputed_part_first(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		make.make_payment(invoice, amount=3_000)
		self.in_step()
		self.assertEqual((dispute.reload().open_amount, self.disputed(invoice)), (1_000, 1_000))
		make.make_payment(invoice.reload(), amount=400)
		self.in_step()
		self.assertEqual((dispute.reload().open_amount, self.disputed(invoice)), (600, 600))
		payment = make.make_payment(invoice.reload(), amount=600)
		self.in_step()
		self.assertEqual((dispute.reload().status, self.disputed(invoice)), ("Resolved: Rejected", 0))
		payment.reload().cancel()
		self.in_step()
		self.assertEqual(dispute.reload().status, "Resolved: Rejected", "what has ended stays ended")

	def test_a_payment_that_is_taken_back_raises_it_again(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		payment = make.make_payment(invoice, amount=3_500)
		self.in_step()
		self.assertEqual(self.disputed(invoice), 500)
		payment.reload().cancel()
		self.in_step()
		self.assertEqual((dispute.reload().open_amount, self.disputed(invoice)), (1_000, 1_000))

	def test_an_invoice_in_dispute_can_be_cancelled(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		invoice.reload().cancel()
		self.in_step()
		self.assertEqual(dispute.reload().status, "Resolved: Rejected")

	def test_cancelling_the_dispute_puts_everything_back(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		with as_user("controller"):
			dispute.reload().cancel()
		self.assertEqual((dispute.reload().status, self.disputed(invoice)), ("Cancelled", 0))

	def test_keeping_in_step_twice_changes_nothing(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		make.make_payment(invoice, amount=3_500)
		self.in_step()
		first = dispute.reload().as_dict()
		self.in_step()
		self.assertEqual(dispute.reload().as_dict(), first)


class TestWhoMayWhat(DisputeTestCase):
	def report(self, user, invoice, amount=100):
		with as_user(user):
			return api.report_dispute(
				[{"sales_invoice": invoice.name, "disputed_amount": amount}],
				"Delivery",
				"Two boxes were missing",
			)

	def test_a_seller_reports_and_a_controller_takes_it_up(self):
		invoice = make.make_overdue_invoice(self.customer, 4_000)
		answer = self.report("seller1", invoice, 4_000)
		self.assertEqual((answer["status"], answer["docstatus"]), ("Draft", 0))
		self.assertEqual(self.disputed(invoice), 0, "a seller cannot make what is overdue go away")
		self.assertTrue(frappe.db.exists("Notification Log", {"document_name": answer["name"]}))
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc("Dispute", answer["name"]).submit()
		with as_user("controller"):
			frappe.get_doc("Dispute", answer["name"]).submit()
		self.assertEqual(self.disputed(invoice), 4_000)

	def test_a_controllers_is_taken_up_at_once(self):
		invoice = make.make_invoice(self.customer, 4_000)
		self.assertEqual(self.report("controller", invoice)["status"], "Open")

	def test_a_seller_sees_and_reports_those_of_the_own_portfolio_only(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		with as_user("seller2"):
			self.assertNotIn(dispute.name, frappe.get_list("Dispute", pluck="name"))
			self.assertFalse(frappe.has_permission("Dispute", "read", dispute.name))
			self.assertEqual(
				frappe.get_list(
					"Dispute Invoice", filters={"parent": dispute.name}, parent_doctype="Dispute"
				),
				[],
			)
			with self.assertRaises(frappe.PermissionError):
				api.add_dispute_entry(dispute.name, "Note", "Let me look")
		with self.assertRaises(frappe.PermissionError):
			self.report("seller2", invoice)
		with as_user("seller1"):
			self.assertIn(dispute.name, frappe.get_list("Dispute", pluck="name"))

	def test_who_works_on_it_sees_and_moves_it_whoever_the_customer_is(self):
		manager, colleague = make.make_user("Stock Manager"), make.make_user("Stock Manager")
		invoice = make.make_invoice(self.customer, 2_000)
		late = self.dispute(invoice, 100, root_cause="Delivery", assigned_to=manager)
		price = self.dispute(invoice, 100, root_cause="Price")
		for user in (manager, colleague):
			with as_user(user):
				of_customer = {"customer": self.customer.name}
				self.assertEqual(frappe.get_list("Dispute", of_customer, pluck="name"), [late.name])
				self.assertTrue(late.has_permission("write"))
				self.assertFalse(price.has_permission("read"))
				both = {"parent": ["in", [late.name, price.name]]}
				rows = frappe.get_list("Dispute Invoice", both, parent_doctype="Dispute", pluck="parent")
				self.assertEqual(rows, [late.name])
		with as_user(manager):
			answer = api.add_dispute_entry(late.name, "Note", "The carrier has the signature")
		self.assertEqual(answer["status"], "In Progress")
		with as_user(manager), self.assertRaises(frappe.PermissionError):
			api.add_dispute_entry(price.name, "Note", "None of my business")
		frappe.db.set_value("Dispute", price.name, "assigned_to", manager)
		with as_user(manager):
			self.assertTrue(frappe.get_doc("Dispute", price.name).has_permission("read"))

	def test_an_auditor_reads_and_writes_nothing(self):
		invoice = make.make_invoice(self.customer, 4_000)
		dispute = self.dispute(invoice, 1_000)
		with as_user("auditor"):
			self.assertTrue(frappe.has_permission("Dispute", "read", dispute.name))
			with self.assertRaises(frappe.PermissionError):
				api.settle_dispute(dispute.name, "Resolved: Rejected", "No")
		with self.assertRaises(frappe.PermissionError):
			self.report("auditor", invoice)

	def test_a_seller_who_may_not_read_invoices_finds_those_of_the_own_customers(self):
		invoice = make.make_invoice(self.customer, 4_000)
		self.dispute(invoice, 1_000)
		with as_user("seller1"):
			(row,) = api.disputable_invoices(self.customer.name, COMPANY)
		self.assertEqual(
			(row["sales_invoice"], row["outstanding"], row["free"]), (invoice.name, 4_000, 3_000)
		)
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.disputable_invoices(self.customer.name, COMPANY)

	def test_a_dispute_for_a_form_is_filled(self):
		invoice = make.make_invoice(self.customer, 4_000)
		with as_user("accounts_user"):
			form = frappe.get_doc(api.make_dispute(invoice.name))
		self.assertEqual(
			(form.customer, form.company, form.invoices[0].sales_invoice),
			(self.customer.name, COMPANY, invoice.name),
		)


class TestAnalysis(DisputeTestCase):
	def setUp(self):
		super().setUp()
		items = [
			{"item_code": WIDGET, "qty": 3, "rate": 1_000},
			{"item_code": SERVICE, "qty": 1, "rate": 1_000},
		]
		self.invoice = make.make_invoice(self.customer, items=items, sales_team=make.team(("seller1",)))
		self.first = self.dispute(self.invoice, 1_000, root_cause="Price", opened_on=add_days(nowdate(), -20))
		self.second = self.dispute(make.make_invoice(self.customer, 500), root_cause="Quality")

	def result(self, by, user="controller", **filters):
		with as_user(user):
			return query_report.run(
				"Dispute Analysis",
				filters={"company": COMPANY, "by": by, **filters},
				ignore_prepared_report=True,
			)

	def rows(self, by, user="controller", **filters):
		result = self.result(by, user, **filters)["result"]
		return {row["key"]: row for row in result if isinstance(row, dict)}

	def test_by_cause(self):
		price = self.rows("Root cause")["Price"]
		self.assertGreaterEqual((price["disputes"], price["disputed"]), (1, 1_000))
		self.assertGreaterEqual(price["longest_days"], 20)

	def test_by_customer(self):
		row = self.rows("Customer")[self.customer.customer_name]
		self.assertEqual((row["disputes"], row["running"], row["disputed"]), (2, 2, 1_500))
		self.assertEqual((row["average_days"], row["longest_days"], row["light"]), (10, 20, "Green"))
		self.assertIsNone(row["accepted_percent"])

	def test_how_they_end_and_how_soon_somebody_answered(self):
		with as_user("controller"):
			api.settle_dispute(self.second.name, "Resolved: Rejected", "Signed for")
		make.make_credit_note(self.invoice, 1_000, b2b_dispute=self.first.name)
		row = self.rows("Customer")[self.customer.customer_name]
		self.assertEqual((row["running"], row["accepted_percent"], row["credited"]), (0, 50, 1_000))
		self.assertLess(row["response_hours"], 1)

	def test_amounts_are_shared_out_among_items(self):
		shares = {
			by: {
				key: (row["disputed"], row["credited"])
				for key, row in self.rows(by, customer=self.customer.name).items()
			}
			for by in ("Item", "Warehouse", "Salesperson", "Price list")
		}
		# 1,000 about three widgets and a service of 1,000 each, 500 about a service.
		self.assertEqual(shares["Item"], {WIDGET: (750, 0), SERVICE: (750, 0)})
		self.assertEqual(shares["Salesperson"], {"B2BT Seller One": (1_000, 0), "Not known": (500, 0)})
		self.assertEqual(shares["Price list"], {"B2B Test Selling": (1_500, 0)})
		for by, found in shares.items():
			self.assertEqual(sum(disputed for disputed, _credited in found.values()), 1_500, by)

	def test_one_by_one_and_in_total(self):
		result = self.result("Dispute", customer=self.customer.name)
		rows = [row for row in result["result"] if isinstance(row, dict)]
		self.assertEqual(
			[(row["opens"], row["disputed"], row["light"]) for row in rows],
			[(self.first.name, 1_000, "Red"), (self.second.name, 500, "Green")],
		)
		cards = {card["label"]: card["value"] for card in result["report_summary"]}
		self.assertEqual((cards["Disputes"], cards["Disputed"]), (2, 1_500))
		self.assertEqual(result["chart"]["data"]["datasets"][0]["values"], [1_000, 500])

	def test_a_foreign_invoice_stands_at_its_own_rate(self):
		abroad = make.make_customer(default_currency="EUR")
		make.make_profile(abroad, manual_limit=100_000)
		receivable = frappe.get_doc("Account", {"account_name": "Debtors", "company": COMPANY})
		account = frappe.copy_doc(receivable).update(
			{"account_name": f"Debtors EUR {abroad.name}", "account_currency": "EUR"}
		)
		account.insert()
		invoice = make.make_invoice(
			abroad,
			100,
			currency="EUR",
			conversion_rate=7.4567,
			debit_to=account.name,
			party_account_currency="EUR",
		)
		self.dispute(invoice, 10.01)
		row = self.rows("Customer")[abroad.customer_name]
		self.assertEqual(row["disputed"], 74.64)

	def test_a_count_of_queries_that_does_not_grow(self):
		def queries(by: str) -> int:
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				analysis.analysed(COMPANY, getdate("2000-01-01"), getdate(), by, [self.customer.name])
			return sql.call_count

		before = {by: queries(by) for by in analysis.BY}
		for _number in range(4):
			self.dispute(make.make_invoice(self.customer, 500), root_cause="Quality")
		self.assertEqual({by: queries(by) for by in analysis.BY}, before)
		self.assertLessEqual(max(before.values()), 4)

	def test_by_month_and_within_the_dates(self):
		self.assertIn(nowdate()[:7], self.rows("Month"))
		found = self.rows("Customer", from_date=add_days(nowdate(), -5))
		self.assertEqual(found[self.customer.customer_name]["disputes"], 1)

	def test_a_seller_sees_the_own_customers(self):
		self.assertIn(self.customer.customer_name, self.rows("Customer", "seller1"))
		self.assertNotIn(self.customer.customer_name, self.rows("Customer", "seller2"))

	def test_an_unknown_grouping(self):
		with self.assertRaisesRegex(frappe.ValidationError, "is not offered here"):
			self.rows("Weather")
