"""Amendments: they inherit, take the place of what they amend on their day, and the state of any day can be asked for."""

import importlib
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_months, getdate, nowdate

from b2b_contracts import contract_amendments_api as api
from b2b_contracts import contracts_api as life_api
from b2b_contracts.contracts import in_force, reviews
from b2b_contracts.credit import agreed_terms
from b2b_contracts.exceptions import ContractError, EvidenceError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of
from b2b_contracts.tests.test_contracts import ContractTestCase, WatchTestCase

YESTERDAY, SOON, LATER = (add_days(nowdate(), days) for days in (-1, 30, 60))


class AmendmentTestCase(WatchTestCase):
	def amendment(self, parent, on=None, effective=None, **fields):
		"""Return a signed amendment that takes effect on a day."""
		return self.signed(
			on=on,
			**{
				**self.inherited(),
				"parent_contract": parent.name,
				"effective_from": effective or nowdate(),
				**fields,
			},
		)

	def inherited(self) -> dict:
		"""Return nothing in place of what a new contract of these tests is given, so that it is inherited."""
		names = ("title", "start_date", "duration_type", "annual_value", "payment_terms_template")
		return dict.fromkeys(names)

	def days(self, contract) -> tuple:
		values = frappe.db.get_value(
			"B2B Contract", contract.name, ["in_force_from", "in_force_until", "replaced_by"]
		)
		return tuple(str(value) if value else None for value in values)

	def on_day(self, day) -> list[str]:
		return in_force.in_force_on(self.customer.name, COMPANY, getdate(day))


class TestInForce(AmendmentTestCase):
	def test_what_is_not_signed_is_never_in_force(self):
		contract = self.out_for_signature()
		self.assertEqual(self.days(contract), (None, None, None))
		self.assertEqual(self.on_day(nowdate()), [])
		self.sign(contract)
		self.assertEqual(self.days(contract), (nowdate(), None, None))
		self.assertEqual(self.on_day(nowdate()), [contract.name])
		self.assertEqual(self.on_day(YESTERDAY), [])

	def test_a_fixed_one_is_in_force_until_its_last_day(self):
		contract = self.signed(duration_type="Fixed", initial_months=12, renewal_months=0)
		end = add_days(add_months(nowdate(), 12), -1)
		self.assertEqual(self.days(contract), (nowdate(), str(contract.end_date), None))
		self.assertEqual(str(contract.end_date), end)
		self.assertEqual((self.on_day(end), self.on_day(add_days(end, 1))), ([contract.name], []))

	def test_an_amendment_takes_its_place_on_its_day(self):
		contract = self.signed()
		amendment = self.amendment(contract, effective=SOON)
		before = add_days(SOON, -1)
		self.assertEqual(self.days(contract), (nowdate(), before, amendment.name))
		self.assertEqual(self.days(amendment), (SOON, None, None))
		self.assertEqual(self.on_day(before), [contract.name])
		self.assertEqual(self.on_day(SOON), [amendment.name])
		self.assertEqual(in_force.state_on(amendment.name, nowdate()).name, contract.name)
		self.assertEqual(in_force.state_on(contract.name, LATER).name, amendment.name)
		self.assertIsNone(in_force.state_on(contract.name, YESTERDAY))

	def test_from_the_first_day_on_what_is_amended_is_never_in_force(self):
		contract = self.signed()
		amendment = self.amendment(contract)
		self.assertEqual(self.days(contract), (None, None, amendment.name))
		for day, found in ((YESTERDAY, None), (nowdate(), amendment.name), (LATER, amendment.name)):
			state = in_force.state_on(contract.name, getdate(day))
			self.assertEqual(state and state.name, found, day)
		self.assertEqual(self.on_day(nowdate()), [amendment.name])

	def test_a_party_of_the_group_has_the_frame_of_the_group(self):
		sister = make.make_customer()
		parties = [
			{"party_name": "Us", "party_role": "Us"},
			{"party_name": "Sister", "party_role": "Group Company", "customer": sister.name},
			{"party_name": "Parent", "party_role": "Customer", "customer": self.customer.name},
		]
		contract = self.signed(parties=parties)
		self.assertEqual(in_force.in_force_on(sister.name, COMPANY, getdate()), [contract.name])
		self.assertEqual(self.on_day(nowdate()), [contract.name])
		self.assertEqual(in_force.in_force_on(sister.name, "Another company", getdate()), [])

	def test_amendments_of_amendments_are_one_chain(self):
		contract = self.signed()
		first = self.amendment(contract, effective=SOON)
		second = self.amendment(first, effective=LATER)
		self.assertEqual((first.amendment_number, second.amendment_number), (1, 2))
		for one in (contract, first, second):
			self.assertEqual(in_force.chain_of(one.name), [contract.name, first.name, second.name])
		self.assertEqual(self.days(first), (SOON, add_days(LATER, -1), second.name))
		self.assertEqual(self.on_day(add_days(SOON, 1)), [first.name])

	def test_the_patch_stores_what_signing_would_have(self):
		contract = self.signed(start_date=add_days(nowdate(), -10))
		amendment = self.amendment(contract, effective=YESTERDAY)
		stored = self.days(contract), self.days(amendment)
		nothing = dict.fromkeys(
			("in_force_from", "in_force_until", "replaced_by", "original_contract", "effective_from")
		)
		for one in (contract, amendment):
			frappe.db.set_value("B2B Contract", one.name, nothing)
		frappe.db.set_value("B2B Contract", amendment.name, "start_date", YESTERDAY)
		patches = importlib.import_module("b2b_contracts.patches.v0_1.contracts_in_force")
		for _run in range(2):
			patches.execute()
			self.assertEqual((self.days(contract), self.days(amendment)), stored)
		self.assertEqual(
			frappe.db.get_value("B2B Contract", amendment.name, "original_contract"), contract.name
		)


class DraftingTestCase(AmendmentTestCase):
	def amend(self, contract, effective=None, user="seller1", **more):
		with as_user(user):
			name = api.amend_contract(contract.name, str(effective or nowdate()), "Prices", **more)["name"]
		return frappe.get_doc("B2B Contract", name)


class TestDrafting(DraftingTestCase):
	def test_it_starts_with_all_that_is_agreed(self):
		contract = self.signed(
			incoterm="DAP",
			named_place="Aarhus",
			notice_period=3,
			notice_unit="Months",
			prices=[{"item_group": "Products", "rate": 90}],
			obligations=[{"title": "Forecast", "due_date": SOON}],
		)
		amendment = self.amend(contract, SOON)
		for name in (
			*("customer", "company", "currency", "start_date", "duration_type", "initial_months"),
			*("notice_period", "notice_unit", "incoterm", "named_place", "annual_value", "contract_owner"),
			*("payment_terms_template", "governing_law"),
		):
			self.assertEqual(amendment.get(name), contract.get(name), name)
		self.assertEqual([row.rate for row in amendment.prices], [90])
		self.assertEqual([row.title for row in amendment.obligations], ["Forecast"])
		self.assertEqual((amendment.status, amendment.docstatus, amendment.need), ("Draft", 0, "Prices"))
		self.assertEqual(str(amendment.effective_from), SOON)
		self.assertEqual(amendment.title, "Frame 2024, amendment 1")
		self.assertIsNone(amendment.signed_on)
		self.assertFalse(amendment.signed_file or amendment.approved_by)
		# Its controls are done again, by whoever may.
		self.assertEqual(
			[row.control for row in amendment.compliance], [r.control for r in contract.compliance]
		)
		self.assertFalse(any(row.is_done for row in amendment.compliance))
		self.assertIn(amendment.name, self.history(contract, "Changed")[-1].description)

	def test_one_that_names_nothing_but_what_it_amends_inherits_the_rest(self):
		self.customer = make.make_customer()
		contract = self.signed(notice_unit="Months", notice_period=3, governing_law="Norway")
		with as_user("seller1"):
			amendment = frappe.get_doc(
				{"doctype": "B2B Contract", "parent_contract": contract.name, "venue": "Oslo"}
			).insert()
		for name in (
			"customer",
			"company",
			"currency",
			"governing_law",
			"notice_unit",
			"notice_period",
			"contract_owner",
		):
			self.assertEqual(amendment.get(name), contract.get(name), name)
		self.assertEqual((amendment.venue, str(amendment.effective_from)), ("Oslo", nowdate()))
		changed = api.contract_changes(amendment.name)
		self.assertEqual([row["label"] for row in changed["values"]], ["Venue"])

	def test_what_is_empty_stays_empty(self):
		contract = self.signed(notice_period=0, venue=None)
		frappe.db.set_value("B2B Contract", contract.name, "notice_period", 0)
		amendment = self.amend(contract)
		self.assertFalse(amendment.venue)
		self.assertEqual(amendment.notice_period, 0)

	def test_what_amends_an_amendment_starts_with_that(self):
		contract = self.signed()
		first = self.amendment(contract, effective=SOON, annual_value=1_500_000)
		# Whichever is clicked, what is in force on the day is amended.
		for clicked in (contract, first):
			second = self.amend(clicked, LATER)
			self.assertEqual((second.parent_contract, second.annual_value), (first.name, 1_500_000))
		self.assertEqual(second.amendment_number, 3)
		self.assertEqual(self.amend(first, nowdate()).parent_contract, contract.name)

	def test_days_on_which_there_is_nothing_to_amend(self):
		contract = self.signed(duration_type="Fixed", initial_months=12, renewal_months=0)
		end = contract.end_date
		for fields, words in (
			({"effective_from": add_days(nowdate(), -1)}, "not before"),
			({"effective_from": add_days(end, 2)}, "comes too late"),
			({"start_date": SOON}, "counted from its start"),
			({"withdraws_notice": 1}, "No notice"),
			({"effective_from": SOON, "initial_months": 0, "first_end_date": nowdate()}, "Enter a later end"),
		):
			amendment = self.amend(contract)
			amendment.update(fields)
			with self.subTest(words), self.assertRaisesRegex(ContractError, words):
				amendment.save()
		amendment = self.amend(contract, add_days(end, 1))
		self.assertEqual(amendment.effective_from, add_days(end, 1))

	def test_nothing_is_amended_that_is_not_signed_or_of_somebody_else(self):
		contract = self.out_for_signature()
		self.refused(
			ContractError, "not signed", api.amend_contract, contract.name, nowdate(), user="seller1"
		)
		self.sign(contract)
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.amend_contract(contract.name, nowdate())
		with as_user("auditor"), self.assertRaises(frappe.PermissionError):
			api.amend_contract(contract.name, nowdate())
		amendment = self.amend(contract)
		amendment.customer = make.make_customer().name
		self.assertRaisesRegex(ContractError, "is with", amendment.save)

	def test_what_a_client_sends_of_its_place_is_put_back(self):
		contract = self.signed()
		amendment = self.amend(contract, SOON)
		amendment.update(
			{
				"in_force_from": nowdate(),
				"inherited_values": "{}",
				"original_contract": amendment.name,
				"amendment_number": 9,
				"replaced_by": contract.name,
			}
		)
		with as_user("seller1"):
			amendment.save()
		amendment.reload()
		self.assertEqual((amendment.original_contract, amendment.amendment_number), (contract.name, 1))
		self.assertIsNone(amendment.in_force_from or amendment.replaced_by)
		self.assertGreater(len(amendment.inherited_values), 100)

	def test_frappes_own_amend_stays_off(self):
		contract = self.signed()
		perms = frappe.get_all(
			"DocPerm", filters={"parent": "B2B Contract"}, fields=["amend", "cancel", "delete"]
		)
		self.assertFalse(any(row.amend or row.cancel for row in perms))
		self.assertRaises(EvidenceError, contract.cancel)
		with self.assertRaises(frappe.ValidationError):
			self.contract(amended_from=contract.name)


class TestDifferences(DraftingTestCase):
	def test_field_by_field_and_row_by_row(self):
		contract = self.signed(
			prices=[{"item_group": "Products", "rate": 90}, {"item_group": "Services", "rate": 10}],
			obligations=[{"title": "Forecast", "due_date": SOON}],
		)
		amendment = self.amend(contract, SOON)
		self.assertEqual(api.contract_changes(amendment.name)["values"], [])
		self.assertEqual(api.contract_changes(amendment.name)["rows"], [])
		with as_user("seller1"):
			amendment.annual_value = 2_000_000
			amendment.notice_unit = "Months"
			amendment.prices[0].rate = 95
			amendment.remove(amendment.prices[1])
			amendment.append("discounts", {"item_group": "Products", "discount_percent": 5})
			amendment.save()
			changes = api.contract_changes(amendment.name)
		said = {row["label"]: (row["before"], row["after"]) for row in changes["values"]}
		self.assertEqual(set(said), {"Annual value", "Notice counted in"})
		self.assertEqual(said["Notice counted in"], ("Days", "Months"))
		self.assertIn("1,000,000", said["Annual value"][0])
		rows = {(row["kind"], row["about"]): row["changes"] for row in changes["rows"]}
		self.assertEqual(set(rows), {("Changed", "Products"), ("Removed", "Services"), ("Added", "Products")})
		(change,) = rows["Changed", "Products"]
		self.assertEqual(change["label"], "Rate")
		self.refused(ContractError, "amends nothing", api.contract_changes, contract.name)
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.contract_changes(amendment.name)

	def test_it_stays_what_was_agreed(self):
		contract = self.signed()
		amendment = self.amendment(contract, effective=SOON, annual_value=2_000_000)
		with as_user("seller1"):
			contract.reload()
			contract.append("meetings", {"title": "Review", "meeting_date": LATER})
			contract.save()
		changes = api.contract_changes(amendment.name)
		self.assertEqual([row["label"] for row in changes["values"]], ["Annual value"])
		self.assertEqual(changes["rows"], [])

	def test_one_that_another_was_signed_before_is_based_on_that(self):
		contract = self.signed()
		second = self.amend(contract, LATER)
		with as_user("seller1"):
			second.update({"annual_value": 3_000_000, "venue": "Odense"})
			second.save()
		first = self.amendment(
			contract, effective=SOON, annual_value=1_500_000, incoterm="DAP", named_place="Here"
		)
		self.refused(
			ContractError, first.name, life_api.take_step, second.name, "send_for_review", user="seller1"
		)
		self.assertEqual(api.contract_changes(second.name)["other_base"], first.name)
		with as_user("seller1"):
			answer = api.take_over_base(second.name)
		self.assertEqual(answer["conflicts"], ["Annual value"])
		second.reload()
		self.assertEqual(
			(second.parent_contract, second.amendment_number, second.annual_value), (first.name, 1, 3_000_000)
		)
		self.assertEqual((second.incoterm, second.venue), ("DAP", "Odense"))
		said = [row["label"] for row in api.contract_changes(second.name)["values"]]
		self.assertEqual(set(said), {"Annual value", "Venue"})
		self.refused(ContractError, "based on", api.take_over_base, second.name, user="seller1")
		with as_user("seller1"):
			self.assertEqual(life_api.take_step(second.name, "send_for_review")["status"], "In Review")


class TestTakingEffect(AmendmentTestCase):
	def state(self, contract) -> tuple:
		return tuple(
			frappe.db.get_value("B2B Contract", contract.name, ["status", "docstatus", "replaced_by"])
		)

	def test_on_its_day_it_takes_the_place_of_what_it_amends(self):
		contract = self.signed()
		amendment = self.amendment(contract, effective=SOON)
		self.look(contract, add_days(SOON, -1))
		self.look(amendment, add_days(SOON, -1))
		self.assertEqual(self.state(contract)[0], "Active")
		self.assertEqual(self.state(amendment)[0], "Out for Signature")
		self.look(contract, SOON)
		self.assertEqual(self.state(contract), ("Expired", 1, amendment.name))
		self.assertEqual(self.state(amendment), ("Active", 1, None))
		for _run in range(2):
			self.look(amendment, SOON)
		self.assertEqual(len(self.history(amendment, "Started")), 1)
		self.assertIn(contract.name, self.history(amendment, "Started")[0].description)
		(ended,) = self.history(contract, "Ended")
		self.assertIn(amendment.name, ended.description)

	def test_also_after_days_on_which_the_job_did_not_run(self):
		contract = self.signed()
		first = self.amendment(contract, effective=SOON)
		second = self.amendment(first, effective=LATER)
		self.look(first, add_days(LATER, 20))
		self.assertEqual(
			[self.state(one)[0] for one in (contract, first, second)], ["Expired", "Expired", "Active"]
		)
		self.assertEqual(len(self.history(first, "Started")), 1)

	def test_signed_after_its_day_it_holds_from_that_day(self):
		contract = self.signed(start_date=add_days(nowdate(), -40))
		amendment = self.amendment(contract, effective=add_days(nowdate(), -10))
		self.assertEqual(self.state(contract), ("Expired", 1, amendment.name))
		self.assertEqual(self.state(amendment)[0], "Active")
		self.assertEqual(self.on_day(add_days(nowdate(), -11)), [contract.name])
		self.assertEqual(self.on_day(add_days(nowdate(), -10)), [amendment.name])

	def test_of_two_of_one_day_the_one_signed_later_holds(self):
		contract = self.signed()
		first = self.out_for_signature(**self.inherited(), parent_contract=contract.name, effective_from=SOON)
		second = self.out_for_signature(
			**self.inherited(), parent_contract=contract.name, effective_from=SOON
		)
		self.sign(second)
		frappe.db.set_value("B2B Contract", second.name, "signed_on", YESTERDAY)
		self.sign(first)
		self.assertEqual(self.on_day(SOON), [first.name])
		self.look(contract, SOON)
		self.assertEqual(
			[self.state(one) for one in (contract, first, second)],
			[("Expired", 1, first.name), ("Active", 1, None), ("Expired", 1, first.name)],
		)
		self.assertEqual(self.history(second, "Started"), [])

	def test_a_notice_goes_on_to_the_amendment(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		end = contract.end_date
		with as_user("contract_manager"):
			life_api.terminate_contract(contract.name, "Received from Customer", nowdate(), "They leave")
		amendment = self.amendment(contract, effective=SOON)
		self.assertEqual(self.days(amendment), (SOON, str(end), None))
		self.look(amendment, SOON)
		self.assertEqual(
			(
				amendment.status,
				amendment.terminated_on,
				amendment.termination_kind,
				amendment.renewal_decision,
			),
			("Active", end, "Received from Customer", "Terminate"),
		)
		self.assertEqual(self.look(amendment, add_days(end, 1)).status, "Terminated")
		self.assertEqual(self.state(contract)[0], "Expired")
		self.assertEqual(self.on_day(add_days(end, 1)), [])

	def test_an_amendment_can_withdraw_the_notice(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		end = contract.end_date
		with as_user("contract_manager"):
			life_api.terminate_contract(contract.name, "For Convenience", nowdate(), "No margin")
		amendment = self.amendment(contract, effective=add_days(end, 1), withdraws_notice=1)
		self.look(contract, add_days(end, 1))
		self.look(amendment, add_days(end, 1))
		self.assertEqual((amendment.status, amendment.terminated_on), ("Active", None))
		self.assertEqual(self.days(contract), (nowdate(), str(end), amendment.name))
		self.assertEqual(self.days(amendment), (str(add_days(end, 1)), None, None))

	def test_what_would_take_effect_after_the_end_never_does(self):
		contract = self.signed()
		amendment = self.amendment(contract, effective=LATER)
		with as_user("contract_manager"):
			life_api.terminate_contract(
				contract.name, "For Cause", nowdate(), "Breach", SOON, cause="They do not pay."
			)
		self.assertEqual(self.days(amendment), (None, None, None))
		self.look(amendment, LATER)
		self.assertEqual(amendment.status, "Expired")
		self.assertIn("never took effect", self.history(amendment, "Ended")[0].description)
		self.look(contract, LATER)
		self.assertEqual(self.state(contract)[0], "Terminated")

	def test_a_fixed_one_that_was_renewed_meanwhile_is_amended_as_renewed(self):
		contract = self.signed(duration_type="Fixed", initial_months=12, renewal_months=0)
		amendment = self.amendment(contract, effective=SOON, annual_value=2_000_000)
		later = add_months(nowdate(), 36)
		with as_user("contract_manager"):
			life_api.decide_renewal(contract.name, "Renew", "Good", later)
		self.look(amendment, SOON)
		self.assertEqual((amendment.status, str(amendment.end_date)), ("Active", later))
		self.assertEqual((amendment.renewal_decision, amendment.initial_months), ("Renew", 0))
		self.assertEqual(self.days(amendment), (SOON, later, None))

	def test_a_length_of_its_own_is_kept(self):
		contract = self.signed(duration_type="Fixed", initial_months=12, renewal_months=0)
		amendment = self.amendment(contract, effective=SOON, initial_months=24)
		with as_user("contract_manager"):
			life_api.decide_renewal(contract.name, "Renew", "Good", add_months(nowdate(), 36))
		self.look(amendment, SOON)
		self.assertEqual((amendment.initial_months, amendment.first_end_date), (24, None))
		self.assertIsNone(amendment.renewal_decision)

	def test_a_renegotiation_ends_with_its_amendment(self):
		contract = self.signed()
		with as_user("seller1"):
			life_api.decide_renewal(contract.name, "Renegotiate", "Prices")
		amendment = self.amendment(contract)
		self.assertEqual((amendment.status, amendment.renewal_decision), ("Active", None))
		self.assertEqual(self.state(contract)[0], "Expired")

	def test_a_renewal_that_was_decided_holds_for_the_amendment(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		with as_user("contract_manager"):
			life_api.decide_renewal(contract.name, "Renew", "Good margin")
		amendment = self.amendment(contract)
		self.assertEqual((amendment.renewal_decision, amendment.decided_for), ("Renew", contract.end_date))
		self.look(amendment, add_days(amendment.last_date_to_act, -1))
		self.assertNotIn("Last Date to Act", {kind for kind, _day, _rung in self.told(amendment)})

	def test_what_was_kept_up_meanwhile_is_kept_up(self):
		contract = self.signed(
			obligations=[{"title": "Forecast", "due_date": LATER}],
			meetings=[{"title": "Kick-off", "meeting_date": LATER}],
		)
		amendment = self.amendment(
			contract,
			effective=SOON,
			meetings=[
				{"title": "Kick-off", "meeting_date": LATER},
				{"title": "Second", "meeting_date": LATER},
			],
		)
		with as_user("seller1"):
			contract.reload()
			contract.obligations[0].is_done = 1
			contract.append("obligations", {"title": "Samples", "due_date": LATER})
			contract.meetings[0].is_done = 1
			contract.escalation_user = email_of("cfo")
			contract.save()
		self.look(amendment, SOON)
		amendment.reload()
		self.assertEqual(
			[(row.title, row.is_done) for row in amendment.obligations], [("Forecast", 1), ("Samples", 0)]
		)
		self.assertEqual(
			[(row.title, row.is_done) for row in amendment.meetings], [("Kick-off", 1), ("Second", 0)]
		)
		self.assertEqual(amendment.escalation_user, email_of("cfo"))

	def test_nobody_is_told_of_the_dates_of_what_is_replaced(self):
		contract = self.signed(
			renegotiation_days=0,
			obligations=[{"title": "Forecast", "due_date": add_days(SOON, 5)}],
		)
		self.look(contract, add_days(SOON, -25))
		self.assertEqual(self.told(contract), [("Obligation", add_days(SOON, 5), 30)])
		amendment = self.amendment(contract, effective=SOON)
		# The nearest reminder was told of the contract already: the amendment does not tell it again.
		self.look(contract, add_days(SOON, -5))
		self.look(amendment, add_days(SOON, -5))
		self.assertEqual(self.told(amendment), [])
		for day in (add_days(SOON, -1), SOON, add_days(SOON, 1)):
			self.look(contract, day)
			self.look(amendment, day)
		self.assertEqual(len(self.told(contract)), 1)
		self.assertEqual(self.told(amendment), [("Obligation", add_days(SOON, 5), 7)])
		deadline = amendment.notice_deadline
		self.assertIsNone(contract.reload().next_watch_on)
		self.look(contract, deadline)
		self.assertEqual(len(self.told(contract)), 1)

	def test_it_renews_itself_once_and_not_again_by_its_amendment(self):
		contract = self.signed(initial_months=12, renewal_months=12)
		end = contract.end_date
		amendment = self.amendment(contract, effective=add_days(end, 10))
		late = add_days(end, 20)
		self.look(contract, late)
		self.look(amendment, late)
		self.assertEqual(len(self.history(contract, "Renewed")), 1)
		self.assertEqual(self.history(amendment, "Renewed"), [])
		self.look(amendment, add_days(add_months(end, 12), 5))
		self.assertEqual(len(self.history(amendment, "Renewed")), 1)

	def test_an_order_of_before_has_the_terms_of_then(self):
		contract = self.signed(start_date=add_days(nowdate(), -40))
		amendment = self.amendment(
			contract, effective=add_days(nowdate(), -10), payment_terms_template="Net 14"
		)
		terms = {
			day: agreed_terms.agreed_template(
				self.customer.name, COMPANY, getdate(add_days(nowdate(), day)), None
			)
			for day in (-41, -11, -10, 0)
		}
		self.assertEqual(terms, {-41: None, -11: "Net 30", -10: "Net 14", 0: "Net 14"})
		self.assertEqual(in_force.state_on(contract.name, getdate()).name, amendment.name)


class TestStateOfADay(AmendmentTestCase):
	def test_it_is_that_of_whichever_is_in_force(self):
		contract = self.signed(
			prices=[{"item_group": "Products", "rate": 90}],
			discounts=[{"item_group": "Products", "discount_percent": 5, "valid_to": SOON}],
		)
		amendment = self.amendment(
			contract,
			effective=LATER,
			prices=[{"item_group": "Products", "rate": 95}],
			payment_terms_template="Net 14",
		)
		with as_user("seller1"):
			now = api.contract_state(amendment.name)
			then = api.contract_state(contract.name, LATER)
			before = api.contract_state(contract.name, YESTERDAY)
		self.assertEqual((now["contract"], then["contract"]), (contract.name, amendment.name))
		self.assertEqual(self.value(now, "Payment terms"), "Net 30")
		self.assertEqual(self.value(then, "Payment terms"), "Net 14")
		self.assertEqual([table["label"] for table in now["tables"]], ["Prices", "Discounts"])
		self.assertEqual([table["label"] for table in then["tables"]], ["Prices"])
		self.assertIn("95", then["tables"][0]["rows"][0]["values"][0]["value"])
		self.assertIsNone(before["contract"])
		self.assertIn("starts on", before["text"])
		self.assertEqual([row["contract"] for row in now["chain"]], [contract.name, amendment.name])
		self.assertIn("amendment 1", then["text"])
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.contract_state(contract.name)

	def value(self, state, label):
		return next(row["value"] for row in state["values"] if row["label"] == label)

	def test_notice_counts_from_when_it_was_given(self):
		contract = self.signed(start_date=add_days(nowdate(), -60), initial_months=12, renewal_months=12)
		with as_user("contract_manager"):
			life_api.terminate_contract(contract.name, "For Convenience", nowdate(), "No margin")
		labels = {row["label"] for row in api.contract_state(contract.name, YESTERDAY)["values"]}
		self.assertIn("Notice deadline", labels)
		labels = {row["label"] for row in api.contract_state(contract.name)["values"]}
		self.assertIn("Ends by notice on", labels)
		over = api.contract_state(contract.name, str(add_days(contract.reload().terminated_on, 1)))
		self.assertIn("ended on", over["text"])

	def test_what_is_not_signed_says_so(self):
		contract = self.contract()
		self.assertIn("is signed", api.contract_state(contract.name)["text"])


class TestReviews(ContractTestCase):
	def setUp(self):
		super().setUp()
		kind = frappe.get_doc("Contract Type", "Frame Agreement")
		kind.reviews = []
		kind.append(
			"reviews",
			{"review_function": "Finance", "days": 2, "is_required": 1, "reviewer_role": "Finance Director"},
		)
		kind.append(
			"reviews",
			{
				"review_function": "Legal",
				"reviewer": email_of("contract_manager"),
				"days": 5,
				"is_required": 0,
			},
		)
		kind.append("reviews", {"review_function": "Technology", "over_value": 5_000_000, "is_required": 1})
		kind.save()

	def in_review(self, **fields):
		contract = self.contract(**fields)
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		return contract.reload()

	def row(self, contract, function) -> str:
		return next(row.name for row in contract.reviews if row.review_function == function)

	def test_they_are_asked_for_as_it_is_sent_for_review(self):
		contract = self.in_review()
		self.assertEqual([row.review_function for row in contract.reviews], ["Finance", "Legal"])
		self.assertGreater(getdate(contract.reviews[0].due_date), getdate())
		told = frappe.get_all(
			"Notification Log", filters={"document_name": contract.name}, pluck="for_user", distinct=True
		)
		self.assertIn(email_of("contract_manager"), told)
		contract = self.in_review(annual_value=6_000_000)
		self.assertEqual(len(contract.reviews), 3)

	def test_required_ones_keep_it_from_being_approved(self):
		contract = self.in_review()
		self.refused(ContractError, "Finance", life_api.take_step, contract.name, "approve")
		for user in ("seller1", "contract_manager", "credit_manager"):
			self.refused(
				NotYourMandateError,
				"review",
				api.answer_review,
				contract.name,
				self.row(contract, "Finance"),
				"Agreed",
				user=user,
			)
		with as_user("finance_director"):
			questions = api.contract_questions(contract.name)["reviews"]
			self.assertEqual([row["review_function"] for row in questions], ["Finance"])
			with self.assertRaisesRegex(ContractError, "remark"):
				api.answer_review(contract.name, self.row(contract, "Finance"), "Changes Wanted", " ")
			api.answer_review(contract.name, self.row(contract, "Finance"), "Changes Wanted", "No cap")
		self.refused(ContractError, "Finance", life_api.take_step, contract.name, "approve")
		with as_user("finance_director"):
			api.answer_review(
				contract.name, self.row(contract, "Finance"), "Agreed with Remarks", "Cap it next time"
			)
		contract.reload()
		self.assertEqual(contract.reviews[0].reviewed_by, email_of("finance_director"))
		self.assertEqual([row.event for row in self.history(contract, "Reviewed")], ["Reviewed", "Reviewed"])
		with as_user("contract_manager"):
			self.assertEqual(life_api.take_step(contract.name, "approve")["status"], "Approved")
		self.refused(
			ContractError,
			"while it is in review",
			api.answer_review,
			contract.name,
			self.row(contract, "Legal"),
			"Agreed",
		)

	def test_back_in_the_draft_it_is_reviewed_anew(self):
		contract = self.in_review()
		with as_user("finance_director"):
			api.answer_review(contract.name, self.row(contract, "Finance"), "Agreed")
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_back", "Prices")
			contract.reload()
			# What is required is asked for again, and an answer is nobody's to write.
			contract.reviews[0].outcome = "Agreed"
			contract.remove(contract.reviews[1])
			contract.save()
			life_api.take_step(contract.name, "send_for_review")
		contract.reload()
		self.assertEqual({row.review_function for row in contract.reviews}, {"Finance", "Legal"})
		self.assertFalse(any(row.outcome for row in contract.reviews))

	def test_a_client_cannot_write_an_answer(self):
		contract = self.contract(
			reviews=[{"review_function": "Credit", "outcome": "Agreed", "reviewed_by": email_of("cfo")}]
		)
		self.assertFalse(contract.reviews[0].outcome or contract.reviews[0].reviewed_by)
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_for_review")
			contract.reload()
			contract.reviews[0].outcome = "Agreed"
			contract.save()
		self.assertFalse(contract.reload().reviews[0].outcome)

	def test_a_review_is_given_to_somebody_else(self):
		contract = self.in_review()
		row = self.row(contract, "Legal")
		self.refused(
			NotYourMandateError,
			"given to others",
			api.give_review,
			contract.name,
			row,
			email_of("cfo"),
			user="seller1",
		)
		with as_user("contract_manager"):
			with self.assertRaisesRegex(ContractError, "may not read"):
				api.give_review(contract.name, row, make.make_portal_user())
			api.give_review(contract.name, row, email_of("cfo"))
		self.refused(NotYourMandateError, "given to", api.answer_review, contract.name, row, "Agreed")
		with as_user("cfo"):
			api.answer_review(contract.name, row, "Agreed")

	def test_whoever_is_asked_may_look_at_a_confidential_one(self):
		contract = self.contract(
			confidentiality="Confidential",
			reviews=[{"review_function": "Credit", "reviewer": email_of("credit_manager")}],
		)
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_for_review")
		contract.reload()
		with as_user("credit_manager"):
			self.assertTrue(contract.has_permission("read"))
			self.assertTrue(frappe.get_list("B2B Contract", filters={"name": contract.name}))
			api.answer_review(contract.name, self.row(contract, "Credit"), "Agreed")
		with as_user("controller"), self.assertRaises(frappe.PermissionError):
			api.contract_questions(contract.name)

	def test_late_ones_are_reminded_of_once_a_step(self):
		contract = self.in_review()
		due = contract.reviews[0].due_date
		frappe.db.set_value("Contract Review", self.row(contract, "Legal"), "outcome", "Agreed")
		for day, count in (
			(add_days(due, -1), 0),
			(due, 1),
			(due, 1),
			(add_days(due, 3), 2),
			(add_days(due, 9), 3),
		):
			with patch(
				"b2b_contracts.contracts.reviews.getdate", lambda value=None, day=day: getdate(value or day)
			):
				reviews.remind(contract.name)
			self.assertEqual(len(self.history(contract, "Reminder")), count, day)
		first, second, _third = self.history(contract, "Reminder")
		self.assertIn(email_of("finance_director"), first.told)
		self.assertNotIn(email_of("seller1"), first.told)
		self.assertIn(email_of("seller1"), second.told)
		self.assertIn("3 days late", second.description)

	def test_the_daily_job_finds_them(self):
		contract = self.in_review()
		frappe.db.set_value("Contract Review", contract.reviews[0].name, "due_date", YESTERDAY)
		with patch.object(reviews.clearing, "in_own_transaction", lambda work, name: work(name)):
			reviews.daily()
			reviews.daily()
		self.assertEqual(len(self.history(contract, "Reminder")), 1)


class TestTermsBeyondTheSegment(ContractTestCase):
	def setUp(self):
		super().setUp()
		make.make_profile(self.customer, segment="B", manual_limit=10_000_000)
		for days in (60, 90):
			self.terms(days)

	def terms(self, days):
		name = f"Net {days}"
		if not frappe.db.exists("Payment Terms Template", name):
			frappe.get_doc(
				{
					"doctype": "Payment Terms Template",
					"template_name": name,
					"terms": [
						{
							"invoice_portion": 100,
							"due_date_based_on": "Day(s) after invoice date",
							"credit_days": days,
						}
					],
				}
			).insert()

	def order(self, terms):
		return make.make_order(self.customer, payment_terms_template=terms)

	def in_review(self, terms="Net 60"):
		contract = self.contract(payment_terms_template=terms)
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		return contract.reload()

	def test_credit_agrees_before_it_is_approved_and_then_it_wins(self):
		contract = self.in_review()
		self.assertEqual(contract.terms_role, "Credit Manager")
		self.assertIn("30 days longer", contract.terms_beyond)
		self.refused(ContractError, "Credit Manager", life_api.take_step, contract.name, "approve")
		for user in ("seller1", "contract_manager", "controller", "compliance_officer"):
			self.refused(
				NotYourMandateError, "Credit Manager|agree", api.agree_to_terms, contract.name, user=user
			)
		self.assertEqual(self.order("Net 60").b2b_credit_status, "Held")
		with as_user("credit_manager"):
			asked = api.contract_questions(contract.name)["terms"]
			self.assertEqual((asked["role"], asked["why_not"]), ("Credit Manager", ""))
			api.agree_to_terms(contract.name, "Good payer")
			self.assertIsNone(api.contract_questions(contract.name)["terms"])
		self.assertIn("Good payer", self.history(contract, "Approved")[0].reason)
		with as_user("contract_manager"):
			life_api.take_step(contract.name, "approve")
			life_api.take_step(contract.name, "send_for_signature")
		# Agreed to, and not signed yet.
		self.assertEqual(self.order("Net 60").b2b_credit_status, "Held")
		self.sign(contract)
		self.assertEqual(self.order("Net 60").b2b_credit_status, "Clear")
		self.assertEqual(self.order("Net 90").b2b_credit_status, "Held")

	def test_the_stricter_contract_wins_too(self):
		self.signed(payment_terms_template="Net 14")
		self.assertEqual(self.order("Net 14").b2b_credit_status, "Clear")
		self.assertEqual(self.order("Net 30").b2b_credit_status, "Held")

	def test_what_nobody_of_credit_agreed_to_does_not_win(self):
		contract = self.signed()
		frappe.db.set_value("B2B Contract", contract.name, {"payment_terms_template": "Net 60"})
		self.assertEqual(self.order("Net 60").b2b_credit_status, "Held")
		with as_user("credit_manager"):
			api.agree_to_terms(contract.name)
		self.assertEqual(self.order("Net 60").b2b_credit_status, "Clear")

	def test_within_the_segment_nobody_is_asked(self):
		contract = self.in_review("Net 14")
		self.assertFalse(contract.terms_role or contract.terms_beyond)
		with as_user("credit_manager"):
			self.assertIsNone(api.contract_questions(contract.name)["terms"])
		self.refused(
			ContractError, "Nothing of contract", api.agree_to_terms, contract.name, user="credit_manager"
		)

	def test_the_longer_the_higher(self):
		contract = self.in_review("Net 90")
		self.assertEqual(contract.terms_role, "CFO")
		self.refused(NotYourMandateError, "CFO", api.agree_to_terms, contract.name, user="credit_manager")
		with as_user("cfo"):
			api.agree_to_terms(contract.name)
		self.assertEqual(contract.reload().terms_approved_as, "CFO")

	def test_nobody_agrees_to_terms_of_their_own_contract(self):
		contract = self.in_review()
		frappe.db.set_value("B2B Contract", contract.name, "contract_owner", email_of("credit_manager"))
		self.refused(
			NotYourMandateError, "somebody else", api.agree_to_terms, contract.name, user="credit_manager"
		)

	def test_back_in_the_draft_credit_is_asked_again(self):
		contract = self.in_review()
		with as_user("credit_manager"):
			api.agree_to_terms(contract.name)
		with as_user("seller1"):
			life_api.take_step(contract.name, "send_back", "Longer still")
			contract.reload()
			contract.update({"terms_approved_by": email_of("cfo"), "terms_approved_template": "Net 60"})
			contract.save()
			life_api.take_step(contract.name, "send_for_review")
		self.refused(ContractError, "Credit Manager", life_api.take_step, contract.name, "approve")
