"""Approval requests: within one's own mandate at once, else by somebody else who may; carried out to the cent or not at all."""

from hashlib import sha256
from unittest.mock import patch

import frappe
from frappe import client
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.utils import add_days, add_to_date, flt, getdate, now_datetime, nowdate

from b2b_contracts import api as credit_api
from b2b_contracts import approvals_api as api
from b2b_contracts import board_api
from b2b_contracts.collections import approvals, board, crediting
from b2b_contracts.credit import escalation, gates
from b2b_contracts.exceptions import ApprovalError, NotYourMandateError, WrittenByAppOnlyError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import ABBR, COMPANY, SiteTestCase, email_of

VAT = f"B2B VAT - {ABBR}"


def outstanding(invoice) -> float:
	return frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount")


def booked(voucher: str) -> dict[str, float]:
	"""Return what a voucher has booked: account → debit less credit."""
	rows = frappe.get_all(
		"GL Entry", filters={"voucher_no": voucher, "is_cancelled": 0}, fields=["account", "debit", "credit"]
	)
	accounts: dict[str, float] = {}
	for row in rows:
		accounts[row.account] = flt(accounts.get(row.account, 0) + row.debit - row.credit, 2)
	return accounts


class ApprovalCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000_000)
		self.write_off_account = frappe.db.get_value(
			"Account", {"company": COMPANY, "account_name": "Write Off"}
		)
		frappe.db.set_value("Company", COMPANY, "write_off_account", self.write_off_account)
		frappe.clear_document_cache("Company", COMPANY)

	def invoice(self, amount: float = 4_000, **fields):
		return make.make_invoice(self.customer, amount, vat=True, **fields)

	def ask(self, user: str, action: str, about, **values) -> dict:
		with as_user(user):
			return api.ask(action, about.doctype, about.name, "Agreed with Mr Holm on the phone", values)

	def approve(self, user: str, request: dict | str, **more) -> dict:
		with as_user(user):
			return api.approve(request if isinstance(request, str) else request["name"], **more)

	def decisions(self, request: str) -> list:
		return frappe.get_all(
			"Credit Decision",
			filters={"reference_doctype": "Approval Request", "reference_name": request},
			fields=["kind", "outcome", "amount", "customer", "payload", "links"],
		)


class TestWithinOnesOwnMandate(ApprovalCase):
	def test_a_sellers_five_per_cent_is_credited_at_once_with_its_vat_and_logged(self):
		invoice = self.invoice()
		asked = self.ask("seller1", "Cash Discount", invoice, discount_percent=5)
		self.assertEqual((asked["status"], asked["result_doctype"]), ("Approved", "Sales Invoice"))
		note = frappe.get_doc("Sales Invoice", asked["result_name"])
		self.assertEqual((note.is_return, note.return_against, note.docstatus), (1, invoice.name, 1))
		self.assertEqual((note.net_total, note.total_taxes_and_charges, note.grand_total), (-200, -50, -250))
		self.assertEqual(outstanding(invoice), 4_750)
		request = frappe.get_doc("Approval Request", asked["name"])
		self.assertEqual((request.decided_as, request.decided_by), ("Account Manager", email_of("seller1")))
		(decision,) = self.decisions(request.name)
		self.assertEqual((decision.kind, decision.outcome, decision.amount), ("Approve", "Approved", 250))
		self.assertEqual(frappe.parse_json(decision.payload)["measure"], "5")
		self.assertEqual(
			request.decision, frappe.db.get_value("Credit Decision", {"reference_name": request.name})
		)

	def test_two_halves_do_not_stay_within_the_mandate(self):
		invoice = self.invoice()
		self.ask("seller1", "Cash Discount", invoice, discount_percent=3)
		second = self.ask("seller1", "Cash Discount", invoice, discount_percent=3)
		self.assertEqual((second["status"], second["required_role"]), ("Open", "CFO"))
		self.assertEqual(frappe.db.get_value("Approval Request", second["name"], "measure"), 6)

	def test_what_another_transaction_approved_at_the_same_moment_is_not_overlooked(self):
		invoice = self.invoice()
		profile = frappe.db.get_value("Credit Profile", {"customer": self.customer.name})
		gate = gates.lock(gates.PROFILE, profile)
		# As if it was committed since this transaction began: the gate knows of it, the snapshot does not show it.
		gate.remember("Approval Request", "APR-UNSEEN", self.customer.name, COMPANY, 0, now_datetime())
		gate.save()
		with self.assertRaisesRegex(ApprovalError, "at the same moment"):
			self.ask("seller1", "Cash Discount", invoice, discount_percent=5)

	def test_what_is_asked_by_a_deputy_waits_for_somebody_else(self):
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of("cfo"),
				"deputy": email_of("seller1"),
				"from_date": nowdate(),
				"to_date": nowdate(),
			}
		).insert()
		asked = self.ask("seller1", "Cash Discount", self.invoice(), discount_percent=20)
		self.assertEqual(asked["status"], "Open")

	def test_the_preview_says_it_beforehand_and_keeps_nothing(self):
		invoice = self.invoice()
		with as_user("seller1"):
			own = api.preview_request("Cash Discount", "Sales Invoice", invoice.name, {"discount_percent": 5})
			more = api.preview_request(
				"Cash Discount", "Sales Invoice", invoice.name, {"discount_percent": 6}
			)
		self.assertEqual(
			(own["at_once"], own["amount"], own["required_role"]), (True, 250, "Account Manager")
		)
		self.assertEqual((more["at_once"], more["amount"], more["required_role"]), (False, 300, "CFO"))
		self.assertIn("Ask ", more["whom_to_ask"])
		with as_user("seller1"):
			none = api.preview_request(
				"Cash Discount", "Sales Invoice", invoice.name, {"discount_percent": 101}
			)
		self.assertIn("100 % at most", none["why_not"])
		self.assertFalse(frappe.db.exists("Approval Request", {"reference_name": invoice.name}))


class TestSomebodyElseDecides(ApprovalCase):
	def setUp(self):
		super().setUp()
		self.document = self.invoice()
		self.asked = self.ask("seller1", "Cash Discount", self.document, discount_percent=10)["name"]

	def test_it_waits_with_a_clock_and_those_who_may_are_told(self):
		request = frappe.get_doc("Approval Request", self.asked)
		self.assertEqual((request.status, request.required_role, request.amount), ("Open", "CFO", 500))
		self.assertTrue(request.response_due)
		told = frappe.get_all("Notification Log", filters={"document_name": self.asked}, pluck="for_user")
		self.assertIn(email_of("cfo"), told)
		self.assertEqual(outstanding(self.document), 5_000)

	def test_a_lower_role_is_refused_with_the_role_and_the_people(self):
		for user in ("credit_manager", "finance_director"):
			with self.assertRaisesRegex(NotYourMandateError, r"takes the role CFO or higher\. Ask .*\(CFO\)"):
				self.approve(user, self.asked)
		self.assertEqual(outstanding(self.document), 5_000)

	def test_the_cfo_approves_and_it_is_carried_out(self):
		answer = self.approve("cfo", self.asked, remark="Good customer")
		self.assertEqual(answer["status"], "Approved")
		self.assertEqual(outstanding(self.document), 4_500)
		request = frappe.get_doc("Approval Request", self.asked)
		self.assertEqual(
			(request.decided_as, request.remark, request.open_key), ("CFO", "Good customer", None)
		)
		with self.assertRaisesRegex(ApprovalError, "Approved already"):
			self.approve("cfo", self.asked)
		told = frappe.get_all(
			"Notification Log", filters={"document_name": self.asked, "for_user": email_of("seller1")}
		)
		self.assertTrue(told)

	def test_a_deputy_approves_in_the_stead_of_somebody(self):
		deputy = {"deputy_for": email_of("cfo"), "deputy": email_of("controller")}
		days = {"from_date": nowdate(), "to_date": nowdate()}
		frappe.get_doc({"doctype": "Credit Deputy", **deputy, **days}).insert()
		self.approve("controller", self.asked)
		request = frappe.get_doc("Approval Request", self.asked)
		self.assertEqual((request.decided_as, request.in_stead_of), ("CFO", email_of("cfo")))

	def test_a_rejection_takes_a_reason_and_the_mandate(self):
		with as_user("cfo"), self.assertRaisesRegex(ApprovalError, "reason"):
			api.reject(self.asked, " ")
		with as_user("credit_manager"), self.assertRaises(NotYourMandateError):
			api.reject(self.asked, "No")
		with as_user("cfo"):
			api.reject(self.asked, "They had 5 % last month")
		self.assertEqual(frappe.db.get_value("Approval Request", self.asked, "status"), "Rejected")
		self.assertEqual([row.kind for row in self.decisions(self.asked)], ["Reject"])
		self.assertEqual(outstanding(self.document), 5_000)

	def test_only_who_asked_withdraws_it(self):
		with as_user("cfo"), self.assertRaisesRegex(ApprovalError, "nobody else can withdraw"):
			api.withdraw(self.asked)
		with as_user("seller1"):
			self.assertEqual(api.withdraw(self.asked)["status"], "Withdrawn")

	def test_the_same_is_not_asked_twice_at_once(self):
		with self.assertRaisesRegex(ApprovalError, "has asked for this already"):
			self.ask("controller", "Cash Discount", self.document, discount_percent=9)

	def test_a_failure_midway_leaves_nothing_done(self):
		frappe.db.savepoint("b2b_before")
		with patch.object(crediting, "put_one_line", side_effect=RuntimeError("no paper")):
			with self.assertRaisesRegex(RuntimeError, "no paper"):
				self.approve("cfo", self.asked)
		frappe.db.rollback(save_point="b2b_before")
		self.assertEqual(frappe.db.get_value("Approval Request", self.asked, "status"), "Open")
		self.assertEqual(self.decisions(self.asked), [])

	def test_it_is_measured_anew_when_it_is_approved(self):
		make.make_payment(self.document, 4_800)
		with self.assertRaisesRegex(ApprovalError, "is open and neither disputed"):
			self.approve("cfo", self.asked)

	def test_what_is_paid_meanwhile_lapses_and_the_job_may_run_twice(self):
		make.make_payment(self.document, 5_000)
		self.assertTrue(approvals.lapse_if_past(self.asked))
		self.assertFalse(approvals.lapse_if_past(self.asked))
		self.assertEqual(frappe.db.get_value("Approval Request", self.asked, "status"), "Lapsed")


class TestFourEyes(ApprovalCase):
	def test_nobody_approves_what_they_asked_for(self):
		asked = self.ask("cfo", "Write-off", self.invoice(), loss_ground="Settlement")
		self.assertEqual(asked["status"], "Open")
		with self.assertRaisesRegex(NotYourMandateError, "somebody else must decide"):
			self.approve("cfo", asked)

	def test_nobody_approves_what_is_about_their_own_document(self):
		invoice = self.invoice()
		frappe.db.set_value("Sales Invoice", invoice.name, "owner", email_of("cfo"))
		asked = self.ask("seller1", "Cash Discount", invoice, discount_percent=10)
		with self.assertRaisesRegex(NotYourMandateError, "your own document"):
			self.approve("cfo", asked)

	def test_who_asks_lends_no_role_to_a_deputy(self):
		asked = self.ask("cfo", "Write-off", self.invoice(), loss_ground="Settlement")
		deputy = {"deputy_for": email_of("cfo"), "deputy": email_of("collector")}
		days = {"from_date": nowdate(), "to_date": nowdate()}
		frappe.get_doc({"doctype": "Credit Deputy", **deputy, **days}).insert()
		with self.assertRaises(NotYourMandateError):
			self.approve("collector", asked)

	def test_the_form_is_told_who_may(self):
		asked = self.ask("seller1", "Cash Discount", self.invoice(), discount_percent=10)["name"]
		said = {}
		for user in ("cfo", "seller1"):
			with as_user(user):
				request = frappe.get_doc("Approval Request", asked)
				request.onload()
				said[user] = request.get_onload("may_approve")
		self.assertEqual(said, {"cfo": True, "seller1": False})


class TestDueDate(ApprovalCase):
	def setUp(self):
		super().setUp()
		self.due_in(-10)

	def due_in(self, days: int):
		self.due = getdate(add_days(nowdate(), days))
		self.document = self.invoice(posting_date=add_days(self.due, -14), due_date=self.due)

	def move(self, user: str, days: int) -> dict:
		return self.ask(user, "Due Date Change", self.document, new_due_date=str(add_days(self.due, days)))

	def dates(self) -> tuple:
		invoice = frappe.get_doc("Sales Invoice", self.document.name)
		ledger = frappe.get_all(
			"Payment Ledger Entry", filters={"voucher_no": invoice.name}, pluck="due_date", distinct=True
		)
		rows = [row.due_date for row in invoice.payment_schedule]
		return invoice.due_date, rows, ledger, invoice.b2b_original_due_date

	def test_a_credit_managers_word_moves_it_everywhere_and_counts(self):
		new = add_days(self.due, 30)
		self.assertEqual(self.move("credit_manager", 30)["status"], "Approved")
		self.assertEqual(self.dates(), (new, [new], [new], None))
		self.assertEqual(frappe.db.get_value("Sales Invoice", self.document.name, "status"), "Unpaid")

	def test_a_sellers_seven_days_do_not_make_the_debt_younger(self):
		self.due_in(-3)
		self.assertEqual(self.move("seller1", 7)["status"], "Approved")
		new = add_days(self.due, 7)
		self.assertEqual(self.dates(), (new, [new], [new], self.due))

	def test_days_are_counted_from_the_first_due_date(self):
		self.due_in(5)
		self.move("seller1", 7)
		second = self.move("seller1", 14)
		self.assertEqual((second["status"], second["required_role"]), ("Open", "Credit Manager"))
		self.assertEqual(frappe.db.get_value("Approval Request", second["name"], "measure"), 14)

	def test_an_earlier_date_is_a_change_too(self):
		self.due_in(14)
		self.assertEqual(self.move("seller1", -8)["required_role"], "Credit Manager")

	def test_what_the_days_cost_is_shown(self):
		policy = make.active_policy()
		policy.cost_of_credit_percent = 7.3
		policy.save()
		asked = self.move("seller1", 50)
		self.assertEqual(frappe.db.get_value("Approval Request", asked["name"], "interest_cost"), 50)

	def test_what_makes_no_sense_is_refused(self):
		for days, advice in ((0, "due on .* already"), (1, "is past")):
			with self.assertRaisesRegex(ApprovalError, advice):
				self.move("credit_manager", days)


class TestWriteOff(ApprovalCase):
	def write_off(self, amount: float, approver: str = "cfo", **values):
		invoice = self.invoice(amount)
		values = {"loss_ground": "Collection Without Result", **values}
		asked = self.ask("controller", "Write-off", invoice, **values)
		return invoice, asked, self.approve(approver, asked)

	def test_the_loss_is_booked_the_vat_taken_back_and_nothing_is_left(self):
		invoice, asked, answer = self.write_off(4_000.01, "credit_manager")
		self.assertEqual(asked["required_role"], "Credit Manager")
		self.assertEqual(outstanding(invoice), 0)
		total = invoice.rounded_total or invoice.grand_total
		books = booked(answer["result_name"])
		self.assertEqual(books[VAT], flt(invoice.total_taxes_and_charges * total / invoice.grand_total, 2))
		self.assertEqual(books[self.write_off_account], flt(total - books[VAT], 2))
		self.assertEqual(books[invoice.debit_to], -total)
		self.assertEqual((answer["status"], answer["result_doctype"]), ("Approved", "Journal Entry"))

	def test_a_part_payment_leaves_its_share_of_vat(self):
		invoice = self.invoice()
		make.make_payment(invoice, 1_000.03)
		asked = self.ask("controller", "Write-off", invoice, loss_ground="Settlement")
		books = booked(self.approve("cfo", asked)["result_name"])
		self.assertEqual(outstanding(invoice), 0)
		self.assertEqual((books[VAT], books[self.write_off_account]), (799.99, 3_199.98))

	def test_vat_that_may_not_be_taken_back_yet_is_lost_with_the_rest(self):
		invoice, _asked, answer = self.write_off(4_000, "credit_manager", reclaim_vat=0)
		self.assertEqual(booked(answer["result_name"])[self.write_off_account], 5_000)
		self.assertEqual(outstanding(invoice), 0)

	def test_the_role_goes_by_the_amount(self):
		for amount, role in ((8_000, "Credit Manager"), (8_001, "Finance Director"), (900_000, "Board")):
			asked = self.ask("controller", "Write-off", self.invoice(amount), loss_ground="Settlement")
			self.assertEqual(asked["required_role"], role, amount)

	def test_without_a_ground_nothing_is_written_off(self):
		with self.assertRaisesRegex(ApprovalError, "how the loss"):
			self.ask("controller", "Write-off", self.invoice())

	def test_without_an_account_it_is_said_which_is_missing_and_nothing_is_done(self):
		invoice = self.invoice()
		asked = self.ask("controller", "Write-off", invoice, loss_ground="Settlement")
		frappe.db.set_value("Company", COMPANY, "write_off_account", None)
		frappe.clear_document_cache("Company", COMPANY)
		with self.assertRaisesRegex(ApprovalError, "Write-off account"):
			self.approve("credit_manager", asked)
		self.assertEqual(outstanding(invoice), 5_000)

	def test_the_board_decides_by_minutes_of_a_finance_director(self):
		asked = self.ask("controller", "Write-off", self.invoice(900_000), loss_ground="Settlement")["name"]
		with self.assertRaises(NotYourMandateError):
			self.approve("finance_director", asked)
		with as_user("finance_director"):
			file = frappe.get_doc(
				{"doctype": "File", "file_name": "minutes.txt", "content": "Agreed.", "is_private": 1}
			).insert()
		with self.assertRaises(NotYourMandateError):
			self.approve("credit_manager", asked, minutes=file.file_url)
		self.approve("finance_director", asked, minutes=file.file_url)
		request = frappe.get_doc("Approval Request", asked)
		self.assertEqual((request.decided_as, request.minutes), ("Board", file.file_url))
		(decision,) = self.decisions(asked)
		self.assertEqual(frappe.parse_json(decision.payload)["minutes"], file.content_hash)
		self.assertEqual(frappe.db.get_value("File", file.name, "attached_to_name"), asked)


class TestMixedRates(ApprovalCase):
	def test_a_discount_takes_each_rate_in_its_share(self):
		template = frappe.get_doc(
			{
				"doctype": "Item Tax Template",
				"title": "B2B no VAT",
				"company": COMPANY,
				"taxes": [{"tax_type": VAT, "tax_rate": 0}],
			}
		).insert()
		rows = [
			{"item_code": "B2B-SERVICE", "qty": 1, "rate": 1_000},
			{"item_code": "B2B-SERVICE", "qty": 1, "rate": 1_000, "item_tax_template": template.name},
		]
		invoice = make.make_invoice(self.customer, items=rows, vat=True)
		self.assertEqual((invoice.net_total, invoice.grand_total), (2_000, 2_250))
		note = frappe.get_doc(
			"Sales Invoice", self.ask("seller1", "Cash Discount", invoice, discount_percent=4)["result_name"]
		)
		self.assertEqual((note.net_total, note.total_taxes_and_charges, note.grand_total), (-80, -10, -90))
		self.assertEqual(outstanding(invoice), 2_160)


class TestReminders(ApprovalCase):
	def dunning(self, fee: float = 100, rate: float = 10):
		customer = make.make_customer()
		make.make_profile(customer, manual_limit=10_000_000)
		invoice = make.make_overdue_invoice(customer, 10_000)
		return make.make_dunning(invoice, fee=fee, rate=rate)

	def test_a_credit_manager_waives_a_fee_and_the_interest_stays(self):
		before = self.dunning().reload()
		answer = self.ask("credit_manager", "Fee Waiver", before)
		self.assertEqual(answer["status"], "Approved")
		after = frappe.get_doc("Dunning", answer["result_name"])
		self.assertEqual((after.amended_from, after.docstatus, after.dunning_fee), (before.name, 1, 0))
		self.assertEqual(after.total_interest, before.total_interest)
		self.assertEqual(frappe.db.get_value("Dunning", before.name, "docstatus"), 2)

	def test_interest_and_large_fees_are_the_cfos(self):
		self.assertEqual(
			self.ask("credit_manager", "Fee Waiver", self.dunning(5_000))["required_role"], "CFO"
		)
		asked = self.ask("credit_manager", "Interest Waiver", self.dunning())
		self.assertEqual((asked["status"], asked["required_role"]), ("Open", "CFO"))
		after = frappe.get_doc("Dunning", self.approve("cfo", asked)["result_name"])
		self.assertEqual((after.total_interest, after.dunning_fee), (0, 100))

	def test_where_there_is_no_fee_none_is_waived(self):
		with self.assertRaisesRegex(ApprovalError, "nothing of that kind"):
			self.ask("credit_manager", "Fee Waiver", self.dunning(fee=0))


class TestWhoSeesAndWrites(ApprovalCase):
	def test_a_seller_asks_for_and_sees_their_own_customers_only(self):
		invoice = self.invoice()
		asked = self.ask("seller1", "Cash Discount", invoice, discount_percent=10)["name"]
		with as_user("seller2"):
			self.assertRaises(frappe.PermissionError, api.withdraw, asked)
			self.assertNotIn(asked, frappe.get_list("Approval Request", pluck="name"))
			with self.assertRaises(frappe.PermissionError):
				api.ask("Cash Discount", "Sales Invoice", invoice.name, "Why not", {"discount_percent": 1})
			doc = {"doctype": "Approval Request", "action": "Cash Discount", "reason": "Why not"}
			doc |= {
				"reference_doctype": "Sales Invoice",
				"reference_name": invoice.name,
				"discount_percent": 1,
			}
			self.assertRaises(frappe.PermissionError, client.insert, doc)
		with as_user("seller1"):
			self.assertIn(asked, frappe.get_list("Approval Request", pluck="name"))

	def test_what_a_client_sends_of_the_decision_is_ignored(self):
		invoice = self.invoice()
		forged = {
			"doctype": "Approval Request",
			"action": "Write-off",
			"reference_doctype": "Sales Invoice",
			"reference_name": invoice.name,
			"loss_ground": "Settlement",
			"reason": "Because",
			"status": "Approved",
			"required_role": "Account Manager",
			"requested_by": email_of("seller2"),
			"amount": 1,
			"decided_by": email_of("cfo"),
		}
		with as_user("credit_manager"):
			made = frappe.get_doc(client.insert(forged))
		self.assertEqual((made.status, made.amount, made.decided_by), ("Open", 5_000, None))
		self.assertEqual(made.requested_by, email_of("credit_manager"))

	def test_nobody_changes_or_deletes_one_by_hand(self):
		asked = self.ask("seller1", "Cash Discount", self.invoice(), discount_percent=10)["name"]
		request = frappe.get_doc("Approval Request", asked)
		request.status = "Approved"
		self.assertRaises(WrittenByAppOnlyError, request.save)
		self.assertRaises(WrittenByAppOnlyError, request.delete)

	def test_what_an_action_is_not_about_is_refused(self):
		with self.assertRaisesRegex(ApprovalError, "not for a"):
			self.ask("cfo", "Fee Waiver", self.invoice())


class TestEscalation(ApprovalCase):
	def setUp(self):
		super().setUp()
		self.asked = self.ask(
			"seller1", "Due Date Change", self.invoice(), new_due_date=add_days(nowdate(), 20)
		)["name"]

	def run_out(self, doctype: str, name: str, field: str = "response_due"):
		frappe.db.set_value(doctype, name, field, add_days(nowdate(), -10), update_modified=False)

	def step(self, doctype: str, name: str) -> tuple:
		passed = escalation.pass_on(doctype, name)
		return passed, frappe.db.get_value(doctype, name, "escalated_to")

	def test_nothing_happens_before_the_clock_has_run_out(self):
		self.assertEqual(self.step("Approval Request", self.asked), (False, None))

	def test_it_goes_up_one_role_once_and_again_when_the_next_clock_runs_out(self):
		self.run_out("Approval Request", self.asked)
		self.assertEqual(self.step("Approval Request", self.asked), (True, "Finance Director"))
		self.assertEqual(self.step("Approval Request", self.asked), (False, "Finance Director"))
		self.run_out("Approval Request", self.asked, "escalated_on")
		self.assertEqual(self.step("Approval Request", self.asked), (True, "CFO"))
		told = frappe.get_all(
			"Notification Log", filters={"document_name": self.asked}, fields=["for_user", "subject"]
		)
		self.assertEqual(
			len([row for row in told if "in time" in row.subject and row.for_user == email_of("cfo")]), 1
		)

	def test_who_could_answer_before_still_can(self):
		self.run_out("Approval Request", self.asked)
		escalation.pass_on("Approval Request", self.asked)
		self.assertEqual(self.approve("credit_manager", self.asked)["status"], "Approved")
		self.run_out("Approval Request", self.asked, "escalated_on")
		self.assertEqual(self.step("Approval Request", self.asked)[0], False)

	def test_an_open_hold_goes_up_too(self):
		order = make.make_order(make.make_customer(), 1_000)
		hold = order.b2b_credit_hold
		self.assertEqual(frappe.db.get_value("Credit Hold", hold, "required_role"), "Credit Manager")
		self.run_out("Credit Hold", hold)
		self.assertEqual(self.step("Credit Hold", hold), (True, "Finance Director"))
		self.assertEqual(self.step("Credit Hold", hold), (False, "Finance Director"))

	def test_roles_that_nobody_has_are_passed_over(self):
		frappe.db.delete("Has Role", {"role": ["in", ["Finance Director", "CFO"]]})
		self.run_out("Approval Request", self.asked)
		self.assertEqual(self.step("Approval Request", self.asked), (True, "Board"))

	def test_the_sweep_finds_what_is_overdue(self):
		self.run_out("Approval Request", self.asked)
		found = []
		with patch.object(
			escalation.clearing, "in_own_transaction", lambda work, *arguments: found.append(arguments)
		):
			escalation.sweep()
		self.assertIn(("Approval Request", self.asked), found)


class TestBoardByLink(ApprovalCase):
	def setUp(self):
		super().setUp()
		self.document = self.invoice(900_000)
		self.asked = self.ask("controller", "Write-off", self.document, loss_ground="Settlement")["name"]
		self.tokens = self.send("Approval Request", self.asked)

	def send(self, doctype: str, name: str) -> list[str]:
		"""Send the links and return the tokens in the mails, of the members by name."""
		with patch.object(board.notices, "mail") as mail, as_user("credit_manager"):
			members = api.ask_the_board(doctype, name)
		self.assertIn(email_of("board"), members)
		links = {call.args[0][0]: call.args[2]["link"] for call in mail.call_args_list}
		return [
			links[member].split("token=")[1] for member in sorted(links, key=lambda m: m != email_of("board"))
		]

	def decide(self, token: str, decision: str = "Approve", name: str = "Bo Rask", remark: str = "") -> str:
		with as_user("Guest"):
			return board_api.decide(token, decision, name, remark)["message"]

	def assertGone(self, token: str):
		with self.assertRaisesRegex(ApprovalError, "not valid"):
			self.decide(token)
		with as_user("Guest"), self.assertRaisesRegex(ApprovalError, "not valid"):
			board.shown(token)

	def test_a_member_decides_without_a_desk_and_is_named(self):
		self.assertIn("approved", self.decide(self.tokens[0], remark="We agreed on Monday"))
		request = frappe.get_doc("Approval Request", self.asked)
		self.assertEqual(
			(request.status, request.decided_as, request.decided_by), ("Approved", "Board", email_of("board"))
		)
		self.assertIn("Bo Rask: We agreed on Monday", request.remark)
		self.assertEqual(outstanding(self.document), 0)
		link = frappe.get_last_doc("Board Link", {"reference_name": self.asked, "status": "Used"})
		self.assertEqual((link.answer, link.answered_as), ("Approve", "Bo Rask"))
		self.assertEqual(frappe.session.user, "Administrator")

	def test_looking_at_it_shows_what_is_decided_and_decides_nothing(self):
		with as_user("Guest"):
			seen = board.shown(self.tokens[0])
		self.assertIn(self.document.name, seen["title"])
		self.assertIn("Settlement", str(seen["lines"]))
		self.assertEqual(frappe.db.get_value("Approval Request", self.asked, "status"), "Open")
		self.assertEqual(frappe.db.count("Board Link", {"reference_name": self.asked, "status": "Used"}), 0)

	def test_it_is_good_for_one_answer(self):
		self.decide(self.tokens[0])
		self.assertGone(self.tokens[0])

	def test_the_first_answer_voids_the_others(self):
		second = make.make_user("Board")
		tokens = self.send("Approval Request", self.asked)
		self.assertGreater(len(tokens), 1)
		self.decide(tokens[0], "Reject", remark="Too early")
		for token in tokens[1:]:
			self.assertGone(token)
		self.assertEqual(frappe.db.get_value("Approval Request", self.asked, "status"), "Rejected")
		self.assertTrue(second)

	def test_a_changed_token_opens_nothing(self):
		token = self.tokens[0]
		for other in (
			token[:-1] + ("A" if token[-1] != "A" else "B"),
			token.lower(),
			token + "x",
			"",
			"' or 1=1 --",
		):
			self.assertGone(other)
		stored = frappe.db.get_value("Board Link", {"reference_name": self.asked}, "token_hash")
		self.assertGone(stored)

	def test_the_database_alone_opens_nothing(self):
		stored = frappe.get_all("Board Link", filters={"reference_name": self.asked}, pluck="token_hash")
		self.assertNotIn(sha256(self.tokens[0].encode()).hexdigest(), stored)

	def test_it_expires_after_seven_days(self):
		filters = {"reference_name": self.asked, "member": email_of("board"), "status": "Open"}
		name, expires = frappe.db.get_value("Board Link", filters, ["name", "expires_on"])
		self.assertAlmostEqual((expires - now_datetime()).total_seconds(), 7 * 86_400, delta=120)
		frappe.db.set_value("Board Link", name, "expires_on", add_to_date(now_datetime(), seconds=-1))
		self.assertGone(self.tokens[0])

	def test_sent_again_the_first_link_is_void(self):
		again = self.send("Approval Request", self.asked)
		self.assertGone(self.tokens[0])
		self.decide(again[0])

	def test_who_left_the_board_decides_no_more(self):
		frappe.db.delete("Has Role", {"role": "Board", "parent": email_of("board")})
		self.assertGone(self.tokens[0])

	def test_a_rejection_takes_a_reason_and_everybody_a_name(self):
		for decision, name, remark, advice in (
			("Reject", "Bo", " ", "reason"),
			("Approve", " ", "Yes", "name"),
			("Maybe", "Bo", "x", "approve or to reject"),
		):
			with self.assertRaisesRegex(ApprovalError, advice):
				self.decide(self.tokens[0], decision, name, remark)

	def test_when_carrying_out_fails_the_link_stays_good(self):
		frappe.db.savepoint("b2b_before")
		with patch.object(crediting, "taxes_within", side_effect=RuntimeError("no paper")):
			self.assertRaises(RuntimeError, self.decide, self.tokens[0])
		frappe.db.rollback(save_point="b2b_before")
		self.assertEqual(frappe.session.user, "Administrator")
		self.decide(self.tokens[0])

	def test_only_what_takes_the_board_is_sent_and_only_by_credit_managers(self):
		small = self.ask("controller", "Write-off", self.invoice(), loss_ground="Settlement")["name"]
		with as_user("credit_manager"), self.assertRaisesRegex(ApprovalError, "not the Board"):
			api.ask_the_board("Approval Request", small)
		with as_user("controller"), self.assertRaisesRegex(NotYourMandateError, "Asking the Board"):
			api.ask_the_board("Approval Request", self.asked)

	def test_nobody_makes_a_link_by_hand_or_sees_its_hash(self):
		link = frappe.get_last_doc("Board Link", {"reference_name": self.asked})
		self.assertRaises(WrittenByAppOnlyError, frappe.copy_doc(link).insert)
		with as_user("cfo"):
			row = frappe.get_list("Board Link", filters={"name": link.name}, fields=["*"])[0]
		self.assertFalse(row.get("token_hash"))

	def test_a_hold_that_takes_the_board_is_released_by_link_or_by_minutes(self):
		customer = make.make_customer()
		make.make_profile(customer, segment="C", manual_limit=1_000, risk_class="C")
		for by_link in (True, False):
			order = make.make_order(customer, 5_000)
			hold = order.b2b_credit_hold
			self.assertEqual(frappe.db.get_value("Credit Hold", hold, "required_role"), "Board")
			with as_user("finance_director"):
				with self.assertRaisesRegex(
					NotYourMandateError, r"takes the role Board or higher\. Ask .*\(Board\)"
				):
					credit_api.release(hold, "They decided")
			if by_link:
				(token, *_rest) = self.send("Credit Hold", hold)
				self.assertIn("approved", self.decide(token))
			else:
				with as_user("finance_director"):
					text = {"doctype": "File", "file_name": "minutes.txt", "content": hold, "is_private": 1}
					file = frappe.get_doc(text).insert()
					credit_api.release(hold, "They decided", minutes=file.file_url)
				self.assertEqual(frappe.db.get_value("Credit Hold", hold, "minutes"), file.file_url)
			released = frappe.db.get_value("Credit Hold", hold, ["status", "released_as"])
			self.assertEqual(released, ("Released", "Board"))


class TestEditedByHand(ApprovalCase):
	def setUp(self):
		super().setUp()
		for doctype in ("Sales Invoice", "Payment Schedule"):
			make_property_setter(doctype, "due_date", "allow_on_submit", 1, "Check")
		make_property_setter("Sales Invoice", "payment_schedule", "allow_on_submit", 1, "Check")
		self.document = self.invoice(posting_date=add_days(nowdate(), -10), due_date=add_days(nowdate(), 4))

	def edit(self, user: str, days: int):
		with as_user(user):
			invoice = frappe.get_doc("Sales Invoice", self.document.name)
			due = add_days(self.document.due_date, days)
			invoice.update({"due_date": due, "payment_terms_template": None})
			for row in invoice.payment_schedule:
				row.due_date = due
			invoice.save()
			return invoice

	def logged(self) -> list[tuple]:
		return frappe.get_all(
			"Credit Decision",
			filters={"reference_name": self.document.name, "kind": ["in", ["Approve", "Observe"]]},
			fields=["kind", "outcome"],
			as_list=True,
		)

	def test_within_the_mandate_it_passes_is_logged_and_the_debt_stays_as_old(self):
		edited = self.edit("controller", 7)
		self.assertEqual(getdate(edited.b2b_original_due_date), getdate(self.document.due_date))
		self.assertEqual(list(self.logged()), [("Approve", "Approved")])

	def test_beyond_the_mandate_it_is_refused_with_who_could(self):
		with self.assertRaisesRegex(
			NotYourMandateError, r"by 8 days takes the role Credit Manager or higher\. Ask "
		):
			self.edit("controller", 8)
		self.assertEqual(list(self.logged()), [])

	def test_a_policy_that_observes_notes_what_it_would_have_refused(self):
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		self.edit("controller", 8)
		self.assertEqual(list(self.logged()), [("Observe", "Refused")])

	def test_an_edit_of_something_else_is_nobodys_mandate(self):
		self.edit("accounts_user", 0)
		self.assertEqual(list(self.logged()), [])
