"""Contracts as data: entered, checked, taken through their life by the roles that may, watched, renewed and ended."""

from datetime import date
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts import contracts_api as api
from b2b_contracts.contracts import events, facts, watching, wording
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.exceptions import (
	ContractError,
	EvidenceError,
	NotYourMandateError,
	WrittenByAppOnlyError,
)
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase, email_of

FRAME = {
	"contract_type": "Frame Agreement",
	"annual_value": 1_000_000,
	"payment_terms_template": "Net 30",
	"governing_law": "Denmark",
}
SIGNATORIES = [
	{"signatory_name": "Ours", "signs_for": "Us"},
	{"signatory_name": "Theirs", "signs_for": "Customer"},
]


class ContractTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()

	def contract(self, user="seller1", **fields):
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "B2B Contract",
					"title": "Frame 2024",
					"customer": self.customer.name,
					"company": COMPANY,
					"currency": "DKK",
					"start_date": nowdate(),
					"confidentiality": "Internal",
					"duration_type": "Auto-renewing",
					**FRAME,
					**fields,
				}
			).insert()

	def tick(self, contract):
		with as_user("compliance_officer"):
			contract.reload()
			for row in contract.compliance:
				row.is_done = 1
			contract.save()

	def approved(self, **fields):
		contract = self.contract(**fields)
		with as_user("seller1"):
			api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		with as_user("contract_manager"):
			api.take_step(contract.name, "approve")
		return contract.reload()

	def out_for_signature(self, **fields):
		contract = self.approved(**fields)
		with as_user("contract_manager"):
			api.take_step(contract.name, "send_for_signature")
		return contract.reload()

	def signed(self, on=None, **fields):
		contract = self.out_for_signature(**fields)
		self.sign(contract, on)
		return contract.reload()

	def sign(self, contract, on=None):
		with as_user("contract_manager"):
			return api.record_signing(contract.name, str(on or nowdate()), self.file(), SIGNATORIES)

	def file(self, **fields) -> str:
		with as_user("contract_manager"):
			return (
				frappe.get_doc(
					{
						"doctype": "File",
						"file_name": f"signed-{frappe.generate_hash(length=6)}.txt",
						"is_private": 1,
						"content": "Signed by both.",
						**fields,
					}
				)
				.insert()
				.file_url
			)

	def history(self, contract, event=None) -> list:
		filters = {"contract": contract.name, **({"event": event} if event else {})}
		return frappe.get_all(
			"Contract Event", filters=filters, fields=["*"], order_by="happened_on, creation"
		)

	def refused(self, error, words, method, *arguments, user="contract_manager"):
		with as_user(user), self.assertRaises(error) as caught:
			method(*arguments)
		self.assertRegex(str(caught.exception), words)


class TestEntering(ContractTestCase):
	def test_it_starts_with_what_its_type_says(self):
		contract = self.contract()
		self.assertEqual((contract.initial_months, contract.renewal_months), (36, 12))
		self.assertEqual((contract.notice_period, contract.notice_unit), (90, "Days"))
		self.assertEqual(contract.account_manager, email_of("seller1"))
		self.assertEqual(contract.contract_owner, email_of("seller1"))
		self.assertEqual(
			[row.control for row in contract.compliance],
			["Sanctions screening", "Signing authority", "Insurance certificate"],
		)
		self.assertEqual([row.party_role for row in contract.parties], ["Us", "Customer"])
		self.assertEqual([row.event for row in self.history(contract)], ["Created"])

	def test_its_dates_are_computed_and_stored(self):
		contract = self.contract(
			start_date="2024-03-01",
			duration_type="Fixed",
			initial_months=36,
			notice_period=90,
			internal_lead_days=30,
		)
		stored = frappe.db.get_value(
			"B2B Contract", contract.name, ["end_date", "notice_deadline", "last_date_to_act"]
		)
		self.assertEqual(stored, (date(2027, 2, 28), date(2026, 11, 30), date(2026, 10, 30)))

	def test_what_a_client_sends_of_its_life_is_put_back(self):
		contract = self.contract(
			status="Active",
			signed_on=nowdate(),
			approved_by=email_of("cfo"),
			notice_deadline="2001-01-01",
			terminated_on="2001-01-01",
		)
		self.assertEqual(contract.status, "Draft")
		self.assertFalse(contract.signed_on or contract.approved_by or contract.terminated_on)
		self.assertNotEqual(str(contract.notice_deadline), "2001-01-01")
		with as_user("seller1"):
			contract.update({"status": "Active", "signed_on": nowdate()})
			contract.save()
		self.assertEqual((contract.status, contract.signed_on), ("Draft", None))

	def test_a_request_is_taken_up(self):
		contract = self.contract(status="Request", need="A frame for three plants")
		self.assertEqual(contract.status, "Request")
		with as_user("contract_manager"):
			self.assertEqual(api.take_step(contract.name, "take_up")["status"], "Draft")

	def test_a_term_that_does_not_add_up_says_what_to_change(self):
		for fields, words in (
			(
				{"duration_type": "Fixed", "initial_months": 12, "first_end_date": "2030-01-01"},
				"one of the two",
			),
			({"duration_type": "Fixed", "first_end_date": "2001-01-01"}, "later end"),
			({"binding_end": "2001-01-01"}, "Nobody is bound"),
			({"duration_type": "Auto-renewing, second period"}, "Second period"),
			({"initial_months": 12}, "Renewed by"),
			({"notice_period": -1}, "0 or more"),
			({"discounts": [{"discount_percent": 10}]}, "neither an item nor a group"),
			({"discounts": [{"item_group": "Products", "discount_percent": 101}]}, "more than the price"),
			(
				{
					"prices": [
						{
							"item_group": "Products",
							"rate": 1,
							"valid_from": "2026-02-01",
							"valid_to": "2026-01-01",
						}
					]
				},
				"before it is valid",
			),
			({"contract_owner": make.make_portal_user()}, "no user with a desk"),
		):
			with self.subTest(words), self.assertRaisesRegex(ContractError, words):
				self.contract(**fields)

	def test_another_currency_than_the_customers_is_said_aloud(self):
		self.contract()
		self.assertNotIn("is billed in", self.messages())
		self.contract(currency="EUR", annual_value=0, total_value=0)
		self.assertIn("is billed in DKK", self.messages())

	def test_an_amendment_is_of_the_same_customers_signed_contract(self):
		parent = self.signed()
		amendment = self.contract(parent_contract=parent.name)
		self.assertEqual(amendment.amendment_number, 1)
		self.assertEqual(self.contract(parent_contract=parent.name).amendment_number, 2)
		with self.assertRaisesRegex(ContractError, "not signed"):
			self.contract(parent_contract=amendment.name)
		self.customer = make.make_customer()
		with self.assertRaisesRegex(ContractError, "Amend one of this customer"):
			self.contract(parent_contract=parent.name)


class TestLife(ContractTestCase):
	def test_from_request_to_running(self):
		contract = self.signed()
		self.assertEqual((contract.status, contract.docstatus), ("Active", 1))
		self.assertEqual(len(contract.signed_file_hash), 64)
		with as_user("seller1"):
			document = frappe.get_doc("Contract Document", {"contract": contract.name, "kind": "Signed"})
			file = {"file_url": contract.signed_file, "attached_to_name": document.name}
			self.assertTrue(frappe.get_doc("File", file).has_permission("read"))
		self.assertEqual({str(row.signed_on) for row in contract.signatories}, {nowdate()})
		self.assertEqual(
			[row.event for row in self.history(contract)],
			["Created", "Step", "Changed", "Approved", "Step", "Filed", "Signed", "Started"],
		)
		self.assertEqual(contract.approved_by, email_of("contract_manager"))

	def test_signed_before_its_start_it_waits_for_it(self):
		contract = self.signed(start_date=add_days(nowdate(), 10))
		self.assertEqual((contract.status, contract.docstatus), ("Out for Signature", 1))
		watching.watch(contract.name)
		self.assertEqual(contract.reload().status, "Out for Signature")
		frappe.db.set_value("B2B Contract", contract.name, "start_date", nowdate())
		watching.watch(contract.name)
		self.assertEqual(contract.reload().status, "Active")

	def test_what_is_missing_keeps_it_from_review(self):
		contract = self.contract(governing_law=None)
		self.refused(
			ContractError, "Governing law", api.take_step, contract.name, "send_for_review", user="seller1"
		)

	def test_an_open_control_keeps_it_from_approval(self):
		contract = self.contract()
		with as_user("seller1"):
			api.take_step(contract.name, "send_for_review")
		self.refused(ContractError, "Sanctions screening", api.take_step, contract.name, "approve")

	def test_whoever_wants_it_approved_does_not_tick_its_controls(self):
		contract = self.contract()
		with as_user("seller1"):
			contract.compliance[0].is_done = 1
			self.assertRaisesRegex(ContractError, "Sanctions screening", contract.save)
			contract.reload()
			contract.compliance[0].update({"responsible": email_of("seller1"), "is_done": 1})
			self.assertRaisesRegex(ContractError, "Sanctions screening", contract.save)
			contract.reload()
			contract.compliance[1].is_required = 0
			self.assertRaisesRegex(ContractError, "Signing authority", contract.save)
			contract.reload()
			contract.remove(contract.compliance[2])
			self.assertRaisesRegex(ContractError, "Insurance certificate", contract.save)
			with self.assertRaisesRegex(ContractError, "Signing authority"):
				self.contract(compliance=[{"control": "Sanctions screening", "is_required": 1}])
			contract.reload()
			contract.compliance[0].responsible = email_of("sales_manager")
			contract.save()
		with as_user("sales_manager"):
			contract.reload()
			contract.compliance[0].is_done = 1
			contract.save()

	def test_who_may_approve(self):
		contract = self.contract(annual_value=3_000_000)
		with as_user("seller1"):
			api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		self.assertEqual(contract.approval_role, "Finance Director")
		self.refused(NotYourMandateError, "Finance Director", api.take_step, contract.name, "approve")
		self.refused(
			NotYourMandateError, "Finance Director", api.take_step, contract.name, "approve", user="seller1"
		)
		with as_user("cfo"):
			self.assertEqual(api.take_step(contract.name, "approve")["status"], "Approved")

	def test_nobody_approves_what_they_answer_for(self):
		contract = self.contract(contract_owner=email_of("contract_manager"))
		with as_user("seller1"):
			api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		self.refused(NotYourMandateError, "somebody else", api.take_step, contract.name, "approve")

	def test_terms_are_settled_once_it_is_under_review(self):
		contract = self.contract()
		with as_user("seller1"):
			api.take_step(contract.name, "send_for_review")
			contract.reload()
			contract.annual_value = 1
			self.assertRaisesRegex(ContractError, "Send it back", contract.save)
			contract.reload()
			# Empty before: nothing is not today.
			contract.price_adjustment_on = nowdate()
			self.assertRaisesRegex(ContractError, "Prices adjusted on", contract.save)
			contract.reload()
			contract.append("discounts", {"item_group": "Products", "discount_percent": 90})
			self.assertRaisesRegex(ContractError, "Discounts", contract.save)
			contract.reload()
			contract.append("meetings", {"title": "Kick-off", "meeting_date": nowdate()})
			contract.save()
			with self.assertRaisesRegex(ContractError, "reason"):
				api.take_step(contract.name, "send_back")
			api.take_step(contract.name, "send_back", "Prices have changed")
			contract.reload()
			contract.annual_value = 2
			contract.save()
		self.assertEqual(contract.status, "Draft")

	def test_a_signed_contract_is_neither_changed_nor_cancelled_nor_deleted(self):
		contract = self.signed()
		contract.annual_value = 1
		self.assertRaises(frappe.ValidationError, contract.save)
		contract.reload()
		self.assertRaises(EvidenceError, contract.cancel)
		contract.reload()
		self.assertRaises((EvidenceError, frappe.ValidationError), contract.delete)

	def test_what_may_be_kept_up_is_and_stands_in_the_history(self):
		contract = self.signed()
		with as_user("seller1"):
			contract.append("meetings", {"title": "Review", "meeting_date": nowdate()})
			contract.go_live_date = nowdate()
			contract.save()
			contract.save()
			contract.signatories[0].signatory_name = "Somebody else"
			self.assertRaises(frappe.ValidationError, contract.save)
		# The controls were ticked off while it was under review.
		self.assertEqual(
			[row.description for row in self.history(contract, "Changed")],
			["Changed: Controls", "Changed: Go-live date, Meetings"],
		)

	def test_nobody_submits_it_by_hand(self):
		contract = self.out_for_signature()
		self.assertRaisesRegex(ContractError, "record its signing", contract.submit)
		with as_user("contract_manager"):
			self.assertRaisesRegex(ContractError, "record its signing", contract.reload().submit)

	def test_a_signing_needs_both_sides_a_file_and_a_day(self):
		contract = self.out_for_signature()
		sign = api.record_signing
		self.refused(
			ContractError,
			"still to come",
			sign,
			contract.name,
			add_days(nowdate(), 1),
			self.file(),
			SIGNATORIES,
		)
		self.refused(
			ContractError,
			"Attach the signed",
			sign,
			contract.name,
			nowdate(),
			"/private/files/x",
			SIGNATORIES,
		)
		self.refused(
			ContractError,
			"signed for the customer",
			sign,
			contract.name,
			nowdate(),
			self.file(),
			SIGNATORIES[:1],
		)
		public = self.file(is_private=0)
		self.refused(ContractError, "private first", sign, contract.name, nowdate(), public, SIGNATORIES)
		self.refused(
			NotYourMandateError,
			"Contract Manager",
			sign,
			contract.name,
			nowdate(),
			self.file(),
			SIGNATORIES,
			user="seller1",
		)

	def test_a_rejected_one_can_be_opened_again(self):
		contract = self.contract()
		with as_user("contract_manager"):
			api.take_step(contract.name, "reject", "Too risky")
		self.refused(
			ContractError,
			"follows only from",
			api.take_step,
			contract.name,
			"send_for_review",
			user="seller1",
		)
		with as_user("seller1"):
			self.assertEqual(api.take_step(contract.name, "reopen", "They came back")["status"], "Draft")

	def test_the_buttons_follow_the_mandate(self):
		contract = self.contract()
		with as_user("seller1"):
			steps = {row["step"]: row["why_not"] for row in api.contract_steps(contract.name)["steps"]}
		self.assertEqual(steps["send_for_review"], "")
		self.assertIn("Contract Manager", steps["reject"])

	def test_history_is_written_by_the_app_alone_and_never_changed(self):
		contract = self.contract()
		(event,) = self.history(contract)
		doc = frappe.get_doc("Contract Event", event.name)
		doc.description = "Nothing happened"
		self.assertRaises(WrittenByAppOnlyError, doc.save)
		self.assertRaises(EvidenceError, doc.delete)
		self.assertRaises(
			WrittenByAppOnlyError,
			frappe.get_doc(
				{"doctype": "Contract Event", "contract": contract.name, "event": "Approved"}
			).insert,
		)


class TestWhoSees(ContractTestCase):
	def sees(self, user, contract) -> bool:
		with as_user(user):
			listed = bool(frappe.get_list("B2B Contract", filters={"name": contract.name}))
			single = bool(frappe.has_permission("B2B Contract", "read", contract.name))
			history = bool(frappe.get_list("Contract Event", filters={"contract": contract.name}))
			event = self.history(contract)[0].name
			one_event = bool(frappe.has_permission("Contract Event", "read", event))
		self.assertEqual({listed, single, history, one_event}, {listed}, user)
		return listed

	def test_sellers_see_their_own(self):
		contract = self.contract()
		for user, seen in (
			("seller1", True),
			("sales_manager", True),
			("seller2", False),
			("contract_manager", True),
			("credit_manager", True),
		):
			self.assertEqual(self.sees(user, contract), seen, user)

	def test_whoever_owns_it_sees_it_whatever_the_customer(self):
		self.assertTrue(self.sees("seller2", self.contract(contract_owner=email_of("seller2"))))

	def test_a_confidential_one_is_for_few(self):
		contract = self.contract(
			user="contract_manager", confidentiality="Confidential", account_manager=email_of("seller2")
		)
		for user, seen in (
			("seller1", False),
			("seller2", True),
			("credit_manager", False),
			("cfo", True),
			("auditor", True),
			("contract_manager", True),
		):
			self.assertEqual(self.sees(user, contract), seen, user)

	def test_a_type_can_be_for_one_role_alone(self):
		frappe.get_doc(
			{"doctype": "Contract Type", "type_name": "Board matter", "visible_to_role": "Credit Manager"}
		).insert()
		contract = self.contract(
			user="contract_manager",
			contract_type="Board matter",
			account_manager=email_of("seller2"),
			initial_months=12,
			renewal_months=12,
		)
		for user, seen in (("seller1", False), ("credit_manager", True), ("controller", False)):
			self.assertEqual(self.sees(user, contract), seen, user)

	def test_rows_are_kept_with_their_contract(self):
		contract = self.contract(parties=[{"party_name": "Secret party", "party_role": "Other"}])
		for user, seen in (("seller1", True), ("seller2", False)):
			with as_user(user):
				rows = frappe.get_list(
					"Contract Party", parent_doctype="B2B Contract", filters={"parent": contract.name}
				)
			self.assertEqual(bool(rows), seen, user)


class TestWords(ContractTestCase):
	def test_every_step_date_and_obstacle_is_said(self):
		contract = self.signed()
		contract.terminated_on = nowdate()
		reasons = [value for value in vars(life).values() if isinstance(value, str)]
		for step in life.STEPS:
			self.assertTrue(wording.step_name(step))
		for kind in keys.KINDS:
			self.assertTrue(wording.kind_name(kind))
		obstacles = [
			life.Obstacle(life.WRONG_STATE, ("Draft",)),
			life.Obstacle(life.NOT_BY_HAND),
			life.Obstacle(life.WRONG_ROLE, ("CFO",)),
			life.Obstacle(life.OWN),
			life.Obstacle(life.OPEN_CONTROL, ("Tax",)),
			life.Obstacle(life.EXPIRED_CONTROL, ("Tax",)),
			life.Obstacle(life.MISSING, ("annual_value",)),
			life.Obstacle(life.SIGNED),
			life.Obstacle(life.ENDS_ALREADY),
		]
		self.assertLessEqual({one.reason for one in obstacles}, set(reasons))
		said = {wording.why_not(contract, life.APPROVE, one) for one in obstacles}
		self.assertEqual(len(said), len(obstacles))
		for sentence in said:
			self.assertNotRegex(sentence, r"\{\d\}")


class TestTypes(ContractTestCase):
	def test_days_and_fields_are_checked(self):
		for fields, words in (
			({"reminder_days": "90, soon"}, "soon"),
			({"required_fields": "annual_value, colour"}, "colour"),
		):
			kind = frappe.get_doc({"doctype": "Contract Type", "type_name": "Odd", **fields})
			self.assertRaisesRegex(ContractError, words, kind.insert)
		kind = frappe.get_doc(
			{"doctype": "Contract Type", "type_name": "Odd", "reminder_days": "7;90"}
		).insert()
		self.assertEqual(kind.reminder_days, "90, 7")
		kind.disabled = 1
		kind.save()
		with self.assertRaisesRegex(ContractError, "disabled"):
			self.contract(contract_type="Odd")


class WatchTestCase(ContractTestCase):
	"""Contracts whose day comes: the clock of the job is set by hand."""

	def on(self, day):
		day = getdate(day)
		clock = lambda value=None: getdate(value) if value else day  # noqa: E731
		modules = (
			"watching",
			"contracts",
			"life_cycle",
			"renewals",
			"taking_effect",
			"amendments",
			"in_force",
		)
		patches = [patch(f"b2b_contracts.contracts.{name}.getdate", clock) for name in (*modules, "facts")]
		for one in patches:
			one.start()
			self.addCleanup(one.stop)
		return patches

	def at(self, day, work, *arguments):
		patches = self.on(day)
		try:
			return work(*arguments)
		finally:
			for one in patches:
				one.stop()

	def look(self, contract, day):
		self.at(day, watching.watch, contract.name)
		return contract.reload()

	def told(self, contract) -> list[tuple]:
		return [
			(row.key_date_kind, str(row.key_date), row.rung) for row in self.history(contract, "Reminder")
		]


class TestWatching(WatchTestCase):
	def test_each_date_is_told_once_to_whom_it_concerns(self):
		make.make_outgoing_account()
		contract = self.signed(renegotiation_days=0)
		deadline, act = contract.notice_deadline, contract.last_date_to_act
		self.look(contract, add_days(act, -90))
		self.look(contract, add_days(act, -90))
		self.assertEqual(self.told(contract), [("Last Date to Act", str(act), 90)])
		(row,) = self.history(contract, "Reminder")
		self.assertEqual(row.told, email_of("seller1"))
		self.assertEqual(
			frappe.db.count(
				"Notification Log",
				{
					"document_name": contract.name,
					"for_user": email_of("seller1"),
					"subject": ["like", "Last date%"],
				},
			),
			1,
		)
		self.assertTrue(frappe.db.exists("Email Queue", {"reference_name": contract.name}))
		self.look(contract, deadline)
		self.assertIn(("Notice Deadline", str(deadline), 7), self.told(contract))
		last = self.history(contract, "Reminder")[-1]
		self.assertIn(email_of("contract_manager"), last.told)

	def test_it_is_looked_at_when_it_is_time_and_not_before(self):
		contract = self.signed()
		watching.watch(contract.name)
		contract.reload()
		self.assertGreater(getdate(contract.next_watch_on), getdate())
		self.assertNotIn(contract.name, watching._due(""))
		self.assertIn(contract.name, self.at(contract.next_watch_on, watching._due, ""))

	def test_until_it_is_signed_nobody_is_reminded(self):
		contract = self.out_for_signature(obligations=[{"title": "Forecast", "due_date": nowdate()}])
		self.assertIsNone(contract.next_watch_on)
		self.assertNotIn(contract.name, watching._due(""))
		self.look(contract, nowdate())
		self.assertEqual(self.told(contract), [])

	def test_a_change_of_its_dates_has_it_looked_at_again(self):
		contract = self.signed()
		watching.watch(contract.name)
		contract.reload()
		contract.append("obligations", {"title": "Send the forecast", "due_date": add_days(nowdate(), 5)})
		contract.save()
		self.assertIn(contract.name, watching._due(""))
		watching.watch(contract.name)
		self.assertEqual(self.told(contract)[-1], ("Obligation", add_days(nowdate(), 5), 7))

	def test_it_renews_itself_and_says_so_also_after_years_that_were_missed(self):
		contract = self.signed(start_date=nowdate(), initial_months=12, renewal_months=12)
		end = getdate(contract.end_date)
		self.look(contract, end)
		self.assertEqual(self.history(contract, "Renewed"), [])
		self.look(contract, add_days(end, 1))
		self.assertEqual(len(self.history(contract, "Renewed")), 1)
		self.assertEqual(contract.period_number, 2)
		self.look(contract, add_days(add_months(end, 24), 5))
		self.assertEqual(len(self.history(contract, "Renewed")), 3)
		self.assertEqual((contract.status, contract.period_number), ("Active", 4))

	def test_a_fixed_one_expires_after_its_last_day(self):
		contract = self.signed(duration_type="Fixed", initial_months=6)
		end = getdate(contract.end_date)
		self.assertEqual(self.look(contract, end).status, "Active")
		self.assertEqual(self.look(contract, add_days(end, 1)).status, "Expired")
		self.assertIsNone(contract.next_watch_on)
		self.look(contract, add_days(end, 2))
		self.assertEqual(len(self.history(contract, "Ended")), 1)

	def test_the_database_takes_an_effect_once(self):
		contract = self.signed()
		events.write(contract, events.REMINDER, "Told", events.effect_key("x"))
		with self.assertRaises(frappe.UniqueValidationError):
			events.write(contract, events.REMINDER, "Told", events.effect_key("x"))

	def test_one_that_fails_keeps_nobody_else_from_being_looked_at(self):
		broken, sound = self.signed(), self.signed()
		frappe.db.set_value("B2B Contract", broken.name, {"duration_type": "Odd", "next_watch_on": nowdate()})
		frappe.db.set_value("B2B Contract", sound.name, "next_watch_on", nowdate())
		looked = []

		def alone(work, name):
			frappe.db.savepoint("alone")
			try:
				work(name)
				looked.append(name)
			except Exception:
				frappe.db.rollback(save_point="alone")

		with patch.object(watching.clearing, "in_own_transaction", alone):
			watching.daily()
		self.assertIn(sound.name, looked)
		self.assertNotIn(broken.name, looked)


class TestEnding(WatchTestCase):
	def test_a_decision_needs_a_reason_and_a_mandate(self):
		contract = self.signed()
		self.refused(ContractError, "reason", api.decide_renewal, contract.name, "Renew", " ")
		self.refused(
			NotYourMandateError,
			"Contract Manager",
			api.decide_renewal,
			contract.name,
			"Renew",
			"Good",
			user="seller1",
		)

	def test_renewing_what_renews_itself_settles_the_deadline(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		with as_user("contract_manager"):
			api.decide_renewal(contract.name, "Renew", "Good margin")
		said = frappe.db.get_value(
			"Contract Event", {"contract": contract.name, "event": "Decision"}, "description"
		)
		self.assertEqual(said, "Decided: it is renewed")
		contract.reload()
		self.assertEqual(contract.decided_for, contract.end_date)
		self.look(contract, add_days(contract.last_date_to_act, -1))
		self.assertNotIn("Last Date to Act", {kind for kind, _day, _rung in self.told(contract)})
		self.look(contract, add_days(contract.end_date, 1))
		self.assertIsNone(contract.decided_for)

	def test_a_fixed_one_is_renewed_until_a_day(self):
		contract = self.signed(duration_type="Fixed", initial_months=6, renewal_months=0)
		with as_user("contract_manager"):
			with self.assertRaisesRegex(ContractError, "until which day"):
				api.decide_renewal(contract.name, "Renew", "Good")
			with self.assertRaisesRegex(ContractError, "later day"):
				api.decide_renewal(contract.name, "Renew", "Good", nowdate())
			api.decide_renewal(contract.name, "Renew", "Good", add_months(nowdate(), 12))
		self.assertEqual(str(contract.reload().end_date), add_months(nowdate(), 12))

	def test_a_renegotiation_opens_and_ends(self):
		contract = self.signed()
		with as_user("seller1"):
			self.assertEqual(
				api.decide_renewal(contract.name, "Renegotiate", "Prices")["status"], "In Renewal"
			)
			self.assertEqual(api.end_renegotiation(contract.name, "Agreed as it is")["status"], "Active")

	def test_notice_in_time_ends_it_with_its_period(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		end = contract.end_date
		with as_user("contract_manager"):
			api.terminate_contract(contract.name, "For Convenience", nowdate(), "No margin")
		contract.reload()
		self.assertEqual(
			(contract.status, contract.terminated_on, contract.notice_in_time), ("Active", end, 1)
		)
		self.assertIsNone(contract.last_date_to_act)
		self.assertEqual(self.look(contract, add_days(end, 1)).status, "Terminated")
		self.refused(ContractError, "follows only", api.decide_renewal, contract.name, "Renew", "Again")

	def test_notice_too_late_says_what_it_costs(self):
		contract = self.signed(
			start_date=add_months(nowdate(), -11), initial_months=12, renewal_months=12, annual_value=120_000
		)
		with as_user("contract_manager"):
			outlook = api.contract_steps(contract.name)["outlook"]
			self.assertEqual((outlook["in_time"], outlook["cost"]), (False, 120_000))
			self.assertIn("deadline has passed", outlook["text"])
			api.terminate_contract(contract.name, "Received from Customer", nowdate(), "They leave")
		contract.reload()
		self.assertEqual(contract.notice_in_time, 0)
		self.assertEqual(str(contract.terminated_on), outlook["effective"])
		# It renews itself once more, and what was decided stands.
		self.look(contract, add_months(nowdate(), 2))
		self.assertEqual(len(self.history(contract, "Renewed")), 1)
		self.assertEqual((contract.renewal_decision, contract.period_number), ("Terminate", 2))

	def test_for_cause_it_ends_on_the_day_that_is_named(self):
		contract = self.signed()
		self.refused(
			ContractError,
			"before it was given",
			*(
				api.terminate_contract,
				contract.name,
				"For Cause",
				nowdate(),
				"Breach",
				add_days(nowdate(), -1),
			),
		)
		with as_user("contract_manager"):
			api.terminate_contract(contract.name, "For Cause", nowdate(), "Breach", cause="You did not pay.")
		self.assertEqual(str(contract.reload().terminated_on), nowdate())
		self.assertEqual(self.look(contract, add_days(nowdate(), 1)).status, "Terminated")

	def test_notice_from_the_future_or_of_no_kind_is_refused(self):
		contract = self.signed()
		end = api.terminate_contract
		self.refused(
			ContractError, "still to come", end, contract.name, "For Convenience", add_days(nowdate(), 1), "x"
		)
		self.refused(ContractError, "no kind", end, contract.name, "By Accident", nowdate(), "x")


class TestTakeover(ContractTestCase):
	def native(self, **fields):
		return frappe.get_doc(
			{
				"doctype": "Contract",
				"party_type": "Customer",
				"party_name": self.customer.name,
				"start_date": nowdate(),
				"end_date": add_months(nowdate(), 12),
				"contract_terms": "<p>As agreed</p>",
				"requires_fulfilment": 1,
				"fulfilment_deadline": add_days(nowdate(), 60),
				"fulfilment_terms": [{"requirement": "Deliver the manual"}],
				**fields,
			}
		).insert()

	def test_an_erpnext_contract_becomes_a_draft_once(self):
		native = self.native()
		draft = frappe.get_doc(api.make_contract(native.name))
		self.assertEqual((draft.customer, draft.duration_type), (self.customer.name, "Fixed"))
		self.assertEqual(str(draft.first_end_date), add_months(nowdate(), 12))
		self.assertEqual(draft.need, "As agreed")
		draft.update({"company": COMPANY, "currency": "DKK", "contract_type": "Project Contract"})
		draft.insert()
		self.assertEqual(draft.erpnext_contract, native.name)
		self.assertEqual(
			[row.title for row in draft.obligations], ["Fulfilment deadline", "Deliver the manual"]
		)
		self.refused(
			ContractError, "taken over already", api.make_contract, native.name, user="Administrator"
		)

	def test_whoever_may_not_read_it_does_not_take_it_over(self):
		native = self.native()
		with as_user("contract_manager"), self.assertRaises(frappe.PermissionError):
			api.make_contract(native.name)


class TestFacts(ContractTestCase):
	def test_length_and_value_go_to_who_approves(self):
		contract = self.contract(duration_type="No End", initial_months=0, renewal_months=0)
		self.assertEqual(contract.approval_role, "CFO")
		contract = self.contract(
			duration_type="Fixed", initial_months=0, first_end_date=add_days(add_months(nowdate(), 36), -1)
		)
		self.assertEqual((facts._length(contract), contract.approval_role), (36, "Contract Manager"))

	def test_the_companys_holidays_count(self):
		contract = self.contract()
		day = getdate(contract.last_date_to_act)
		holidays = frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": "B2B contract holidays",
				"from_date": add_days(day, -5),
				"to_date": add_days(day, 5),
				"holidays": [{"holiday_date": day, "description": "Off"}],
			}
		).insert()
		frappe.db.set_value("Company", COMPANY, "default_holiday_list", holidays.name)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)
		contract.save()
		self.assertLess(getdate(contract.last_date_to_act), day)
