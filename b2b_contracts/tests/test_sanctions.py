"""Sanctions lists and what comes of them: import, screening, matches, orders and goods that stop, and who learns of it."""

import json

import frappe
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from b2b_contracts import api
from b2b_contracts import sanctions_api as sanctions
from b2b_contracts.credit import clearing, escalation, holds, log, mandates, notices, screening
from b2b_contracts.engine.approval import COMPLIANCE
from b2b_contracts.exceptions import (
	CreditHoldError,
	EvidenceError,
	NotYourMandateError,
	SanctionsListError,
	ScreeningError,
	WrittenByAppOnlyError,
)
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.compat import change_settings
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, WAREHOUSE, WIDGET, SiteTestCase, email_of

NEUTRAL = "Compliance is looking at this customer."
TELLING = ("sanction", "listed", "embargo", "screening", "match")


class SanctionsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.word = frappe.generate_hash(length=10)
		self.lists: list[str] = []
		self.addCleanup(self.take_lists_off)

	def take_lists_off(self):
		"""Screening commits: no list of a test may meet the customers of another."""
		frappe.set_user("Administrator")
		frappe.db.rollback()
		for name in self.lists:
			if frappe.db.exists("Sanctions List", name):
				frappe.db.set_value("Sanctions List", name, "active", 0)
		frappe.db.commit()

	def list_of(self, list_type="Parties", **fields):
		with as_user("compliance_officer"):
			doc = frappe.get_doc(
				{
					"doctype": "Sanctions List",
					"list_name": f"Test list {frappe.generate_hash(length=8)}",
					"list_type": list_type,
					"source": "A made-up authority",
					**fields,
				}
			).insert()
		self.lists.append(doc.name)
		return doc

	def entry(self, of_list=None, **fields):
		of_list = of_list or self.list_of()
		with as_user("compliance_officer"):
			return frappe.get_doc(
				{"doctype": "Sanctions List Entry", "sanctions_list": of_list.name, **fields}
			).insert()

	def customer(self, **fields):
		fields = {"customer_name": f"Kvaløy {self.word} Shipping ApS", **fields}
		customer = make.make_customer(**fields)
		make.make_profile(customer, manual_limit=10_000)
		return customer

	def screened(self, customer, ship_to=None):
		"""Screen a customer; returns its match, None without one."""
		screening.screen_customer(customer.name, ship_to)
		name = frappe.db.get_value("Screening Match", {"customer": customer.name})
		return frappe.get_doc("Screening Match", name) if name else None

	def matched(self, **fields):
		"""Make a customer with an open match; returns both."""
		customer = self.customer(**fields)
		self.entry(party_name=f"KVALOY {self.word.upper()} SHIPPING A/S")
		return customer, self.screened(customer)

	def order(self, customer, amount=1_000, **fields):
		with as_user("seller1"):
			return make.make_order(customer, amount, **fields)

	def status(self, order):
		return frappe.db.get_value("Sales Order", order.name, "b2b_credit_status")

	def address(self, customer=None, country="Haiti"):
		return frappe.get_doc(
			{
				"doctype": "Address",
				"address_title": f"Dock {frappe.generate_hash(length=6)}",
				"address_type": "Shipping",
				"address_line1": "Quay 1",
				"city": "Port",
				"country": country,
				"links": [{"link_doctype": "Customer", "link_name": customer.name}] if customer else [],
			}
		).insert(ignore_permissions=True)

	def clear(self, match, reason="Another company: founded 1974 in Bodø", user="compliance_officer"):
		with as_user(user):
			return sanctions.clear_match(match.name, reason)


class TestScreening(SanctionsTestCase):
	def test_by_name_tax_id_and_country(self):
		_customer, match = self.matched()
		self.assertEqual((match.status, match.match_kind, match.score), ("Open", "Name", 100))
		self.assertIn(self.word, match.what_matched)
		number = f"DK{self.word}"
		self.entry(party_name="Nobody of that name", tax_id=f"{number[:4]} {number[4:]}".lower())
		same_id = self.screened(self.customer(customer_name=f"Else {self.word[::-1]}", tax_id=number))
		self.assertEqual((same_id.match_kind, same_id.score), ("Tax ID", 100))
		self.entry(self.list_of("Countries"), listed_country="Haiti")
		far = self.customer(customer_name=f"Far {self.word[::-1]}")
		self.assertIsNone(self.screened(far))
		address = self.address(far)
		self.assertIn(address.name, self.screened(far).what_matched)

	def test_a_second_run_makes_nothing_twice_and_a_clear_customer_none(self):
		customer, match = self.matched()
		for _n in range(2):
			self.assertEqual(self.screened(customer).name, match.name)
		self.assertEqual(frappe.db.count("Screening Match", {"customer": customer.name}), 1)
		self.assertIsNone(self.screened(self.customer(customer_name=f"Other {self.word[::-1]}")))

	def test_whoever_is_new_or_called_otherwise_is_due(self):
		customer = self.customer()
		self.assertIn(customer.name, screening._due_after("", 100_000))
		self.screened(customer)
		self.assertNotIn(customer.name, screening._due_after("", 100_000))
		customer.reload()
		customer.b2b_screened_on = add_days(nowdate(), 300)
		customer.customer_name += " International"
		customer.save()
		self.assertIn(customer.name, screening._due_after("", 100_000))
		self.screened(customer)
		self.address(customer)
		self.assertIn(customer.name, screening._due_after("", 100_000))

	def test_nobody_writes_when_they_were_screened(self):
		customer = self.customer()
		self.screened(customer)
		customer.reload()
		then = customer.b2b_screened_on
		customer.b2b_screened_on = add_days(nowdate(), 300)
		customer.save()
		self.assertEqual(customer.reload().b2b_screened_on, then)

	def test_everybody_is_due_after_a_list_changed_and_every_night(self):
		customer = self.customer()
		self.screened(customer)
		self.entry(party_name=f"Kvaløy {self.word} Shipping")
		frappe.db.commit()
		self.assertIn(customer.name, screening._due_after("", 100_000))
		screening.sweep()
		self.assertEqual(screening._due_after("", 1), [])
		self.assertTrue(frappe.db.exists("Screening Match", {"customer": customer.name}))
		yesterday = add_to_date(now_datetime(), days=-1)
		frappe.db.set_value("Customer", customer.name, "b2b_screened_on", yesterday, update_modified=False)
		self.assertEqual(screening._due_after("", 100_000), [customer.name])

	def test_a_run_that_was_killed_goes_on(self):
		first, second = self.customer(), self.customer()
		self.entry(party_name=f"Kvaløy {self.word} Shipping")
		frappe.db.commit()
		self.screened(first)
		self.assertNotIn(first.name, screening._due_after("", 100_000))
		screening.screen_due()
		for customer in (first, second):
			self.assertEqual(frappe.db.count("Screening Match", {"customer": customer.name}), 1)

	def test_an_entry_that_is_over_or_taken_off_ends_the_open_match(self):
		customer = self.customer()
		entry = self.entry(party_name=f"Kvaløy {self.word} Shipping", valid_until=add_days(nowdate(), 1))
		self.assertEqual(self.screened(customer).status, "Open")
		frappe.db.set_value("Sanctions List Entry", entry.name, "valid_until", add_days(nowdate(), -1))
		self.assertEqual(self.screened(customer).status, "Ended")
		frappe.db.set_value("Sanctions List Entry", entry.name, "valid_until", None)
		self.assertEqual(self.screened(customer).status, "Open")

	def test_another_name_is_no_way_out(self):
		customer, match = self.matched()
		with as_user("seller1"):
			doc = frappe.get_doc("Customer", customer.name)
			doc.customer_name = "Ordinary Goods"
			doc.save()
		self.assertEqual(self.screened(customer).status, "Open")
		self.assertEqual(match.name, self.screened(customer).name)

	def test_whoever_gets_another_id_is_due(self):
		customer = self.customer()
		self.screened(customer)
		name = frappe.rename_doc("Customer", customer.name, f"Renamed {self.word}")
		self.assertIn(name, screening._due_after("", 100_000))

	def test_a_merge_frees_nobody(self):
		twin = self.customer(customer_name=f"Shipping, Kvaløy {self.word}")
		customer, match = self.matched()
		self.clear(self.screened(twin))
		frappe.rename_doc("Customer", customer.name, twin.name, merge=True)
		self.assertEqual(
			frappe.get_all("Screening Match", {"customer": twin.name}, ["name", "status"]),
			[{"name": match.name, "status": "Open"}],
		)

	def test_the_compliance_officers_are_told_and_nobody_else(self):
		_customer, match = self.matched()
		told = frappe.get_all("Notification Log", {"document_name": match.name}, pluck="for_user")
		self.assertIn(email_of("compliance_officer"), told)
		for user in told:
			self.assertIn("Compliance Officer", frappe.get_roles(user))


class TestDeciding(SanctionsTestCase):
	def test_who_decides_sees_both_beside_each_other(self):
		customer, match = self.matched(tax_id="DK 1")
		address = self.address(customer)
		with as_user("compliance_officer"):
			doc = frappe.get_doc("Screening Match", match.name)
			doc.run_method("onload")
			rows = {row["label"]: (row["customer"], row["entry"]) for row in doc.get_onload("compared")}
		self.assertEqual(rows["Name"], (customer.customer_name, match.entry_name))
		self.assertEqual(rows["Tax ID or registration number"], ("DK 1", ""))
		self.assertEqual(rows["Country"], (f"{address.name}: Haiti", ""))

	def test_cleared_stays_cleared_until_something_new_matches(self):
		customer, match = self.matched()
		self.clear(match)
		self.assertEqual(self.screened(customer).status, "Cleared")
		self.entry(frappe.get_doc("Sanctions List", match.sanctions_list), party_name="Somebody else")
		self.assertEqual(self.screened(customer).status, "Cleared")
		with as_user("compliance_officer"):
			entry = frappe.get_doc("Sanctions List Entry", match.entry)
			entry.aliases = f"{self.word} Kvaloy Shiping"
			entry.save()
		again = self.screened(customer)
		self.assertEqual(again.status, "Open")
		self.assertGreater(again.opened_on, match.opened_on)

	def test_no_other_role_decides_and_not_whoever_made_the_customer(self):
		_customer, match = self.matched()
		for user in ("cfo", "credit_manager", "seller1", "finance_director", "controller", "board"):
			with self.subTest(user), self.assertRaises(frappe.PermissionError):
				self.clear(match, user=user)
		reader = make.make_user("Credit Auditor")
		with self.assertRaisesRegex(NotYourMandateError, "takes the role Compliance Officer"):
			self.clear(match, user=reader)
		frappe.db.set_value("Customer", match.customer, "owner", email_of("compliance_officer"))
		with self.assertRaisesRegex(NotYourMandateError, "somebody else"):
			self.clear(match)
		with as_user("compliance_officer"), self.assertRaisesRegex(ScreeningError, "Write down"):
			sanctions.confirm_match(match.name, " ")
		with as_user("compliance_officer"):
			self.assertEqual(sanctions.confirm_match(match.name, "It is them")["status"], "Confirmed")
			with self.assertRaises(ScreeningError):
				sanctions.confirm_match(match.name, "Again")

	def test_written_by_the_screening_only_and_never_deleted(self):
		_customer, match = self.matched()
		match.status = "Cleared"
		with self.assertRaises(WrittenByAppOnlyError):
			match.save()
		with self.assertRaises(WrittenByAppOnlyError):
			match.delete()
		with self.assertRaises(EvidenceError):
			frappe.get_doc("Sanctions List Entry", match.entry).delete()
		with self.assertRaises(EvidenceError):
			frappe.get_doc("Sanctions List", match.sanctions_list).delete()

	def test_who_reads_it(self):
		_customer, match = self.matched()
		for user in (
			"seller1",
			"sales_manager",
			"credit_manager",
			"cfo",
			"controller",
			"collector",
			"stock_user",
		):
			for doctype in ("Screening Match", "Sanctions List", "Sanctions List Entry"):
				with self.subTest(f"{user} {doctype}"), as_user(user):
					self.assertFalse(frappe.has_permission(doctype, "read"))
		for user in ("compliance_officer", "auditor"):
			with as_user(user):
				self.assertIn(match.name, frappe.get_list("Screening Match", pluck="name"))

	def test_everything_is_in_the_decision_log_and_tells_its_readers_nothing(self):
		customer, match = self.matched()
		self.clear(match)
		rows = frappe.get_all(
			"Credit Decision",
			{"customer": customer.name, "reference_doctype": "Customer", "company": COMPANY},
			["name", "kind", "outcome", "payload", "links"],
			order_by="sequence",
		)
		self.assertEqual(
			[(row.kind, row.outcome) for row in rows], [("Force", "Stopped"), ("Lift", "Lifted")]
		)
		for row in rows:
			self.assertEqual(json.loads(row.payload)["rules"][0]["rule"], "Compliance")
			self.assertNotIn(match.name, f"{row.payload}{row.links}")
			self.assertIn(row.name, frappe.db.get_value("Screening Match", match.name, "decisions"))
		self.assertEqual(log.verify(), [])


class TestStopping(SanctionsTestCase):
	def test_match_stops_the_order_and_clearing_lets_it_go_on(self):
		customer, match = self.matched()
		order = self.order(customer)
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual((self.status(order), hold.required_role), ("Stopped", "Compliance Officer"))
		self.assertEqual([(row.rule, row.message) for row in hold.reasons], [("Compliance", NEUTRAL)])
		self.clear(match)
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertEqual(self.status(order), "Clear")

	def test_a_prepaid_order_and_one_of_a_customer_without_profile_are_stopped_too(self):
		customer, _match = self.matched()
		order = self.order(customer)
		make.make_payment(order, amount=1_000)
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertEqual(self.status(order), "Stopped")
		policy = make.active_policy()
		policy.without_profile = "Not Checked"
		policy.save()
		newcomer = make.make_customer(customer_name=f"Kvaloy {self.word} Shipping")
		self.assertEqual(self.status(self.order(newcomer)), "Not Checked")
		self.screened(newcomer)
		self.assertEqual(self.status(self.order(newcomer)), "Stopped")

	def test_no_credit_role_releases_it_and_a_compliance_officer_nothing_else(self):
		customer, match = self.matched()
		hold = self.order(customer).b2b_credit_hold
		for user in (
			"controller",
			"credit_manager",
			"finance_director",
			"cfo",
			make.make_user("Board", "CFO"),
		):
			with self.subTest(user), as_user(user):
				with self.assertRaisesRegex(NotYourMandateError, "takes the role Compliance Officer\\."):
					api.release(hold, "Trust me")
				self.assertFalse(frappe.get_doc("Credit Hold", hold).run_method("onload"))
		self.clear(match)
		other = self.order(self.customer(customer_name=f"Over {self.word[::-1]}"), 12_000)
		with as_user("compliance_officer"), self.assertRaises(NotYourMandateError):
			api.release(other.b2b_credit_hold, "Why not")

	def test_a_deputy_does_not_stand_in_for_compliance(self):
		customer, match = self.matched()
		hold = self.order(customer).b2b_credit_hold
		frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": make.make_user(COMPLIANCE, "Credit Manager"),
				"deputy": email_of("cfo"),
				"from_date": nowdate(),
				"to_date": add_days(nowdate(), 5),
			}
		).insert()
		with as_user("cfo"):
			self.assertIsNone(mandates.acting_as(COMPLIANCE))
			with self.assertRaises(NotYourMandateError):
				api.release(hold, "As their deputy")
			with self.assertRaises(frappe.PermissionError):
				sanctions.clear_match(match.name, "As their deputy")

	def test_compliance_and_credit_are_both_needed_compliance_first(self):
		customer, match = self.matched()
		order = self.order(customer, 12_000)
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		texts = " ".join(way["text"] for way in json.loads(hold.ways_out))
		self.assertRegex(texts, "Compliance decides first. Approval by .*: 20.0 % over")
		with as_user("compliance_officer"):
			self.assertIn("credit decision too", self.why_not(hold.name))
			with self.assertRaises(NotYourMandateError):
				api.release(hold.name, "A small one")
		with as_user("cfo"):
			self.assertIn("Compliance Officer", self.why_not(hold.name))
		self.clear(match)
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertEqual(self.status(order), "Held")
		with as_user("cfo"):
			api.release(hold.name, "A frame agreement is signed")
		self.assertEqual(self.status(order), "Released")

	def why_not(self, hold):
		doc = frappe.get_doc("Credit Hold", hold)
		doc.run_method("onload")
		return doc.get_onload("why_not_release")

	def test_a_release_by_compliance_lets_this_order_out_until_another_match(self):
		customer, match = self.matched()
		order = self.order(customer)
		with as_user("compliance_officer"):
			self.assertIsNone(self.why_not(order.b2b_credit_hold))
			api.release(order.b2b_credit_hold, "Licence 2026/17 of the authority")
		hold = frappe.get_doc("Credit Hold", order.b2b_credit_hold)
		self.assertEqual((self.status(order), hold.released_as), ("Released", "Compliance Officer"))
		self.assertNotIn("Licence", hold.release_reason)
		comments = frappe.get_all("Comment", {"reference_name": match.name}, pluck="content")
		self.assertTrue(any("Licence 2026/17" in text for text in comments))
		with as_user("stock_user"):
			first = make.make_delivery(order, submit=False)
		self.entry(party_name=f"{self.word} Kvaloy Shipping")
		self.screened(customer)
		frappe.db.set_value(
			"Screening Match",
			{"customer": customer.name, "name": ["!=", match.name]},
			"opened_on",
			add_to_date(now_datetime(), seconds=5),
		)
		with as_user("stock_user"), self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			first.submit()
		frappe.db.delete("Screening Match", {"customer": customer.name, "name": ["!=", match.name]})
		with as_user("stock_user"):
			first.reload().submit()
		self.assertEqual(first.docstatus, 1)

	def test_goods_of_an_order_granted_before_do_not_leave(self):
		customer = self.customer()
		order = self.order(customer)
		make.make_payment(order, amount=1_000)
		delivered = self.order(customer)
		note = make.make_delivery(delivered)
		self.entry(party_name=f"Kvaløy {self.word} Shipping")
		self.screened(customer)
		with (
			as_user("stock_user"),
			self.assertRaisesRegex(CreditHoldError, "compliance is looking") as refused,
		):
			make.make_delivery(order)
		self.assert_tells_nothing(str(refused.exception))
		with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			make.make_invoice(order=order, update_stock=1, set_warehouse=WAREHOUSE)
		with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			make.make_delivery(customer=customer, amount=10)
		with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			make.make_stock_entry("Material Issue", source=WAREHOUSE, b2b_customer=customer.name)
		self.assertEqual(make.make_invoice(delivery=note).docstatus, 1, "what is delivered can be billed")

	def test_pick_lists_reservations_and_drop_shipping_of_orders_granted_before(self):
		from erpnext.selling.doctype.sales_order.sales_order import create_pick_list, make_purchase_order

		customer, supplier = self.customer(), make.make_supplier()
		order = self.order(customer)
		row = {"item_code": WIDGET, "rate": 500, "delivered_by_supplier": 1, "supplier": supplier}
		with make.policy_off():
			drop_shipped = make.make_order(customer, items=[row])
		self.entry(party_name=f"Kvaløy {self.word} Shipping")
		self.screened(customer)
		pick_list = create_pick_list(order.name)
		pick_list.insert()
		refusals = api.evaluate_goods("Pick List", pick_list.name)["refusals"]
		self.assertIn("compliance is looking", refusals[0])
		self.assert_tells_nothing(refusals[0])
		with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			pick_list.submit()
		purchase = make_purchase_order(
			drop_shipped.name,
			selected_items=[{"item_code": WIDGET, "sales_order_item": drop_shipped.items[0].name}],
		)
		purchase.update({"supplier": supplier, "schedule_date": nowdate()})
		purchase.insert()
		with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
			purchase.submit()
		frappe.db.set_value("Sales Order Item", order.items[0].name, "reserve_stock", 1)
		with change_settings("Stock Settings", enable_stock_reservation=1):
			with self.assertRaisesRegex(CreditHoldError, "compliance is looking"):
				frappe.get_doc("Sales Order", order.name).create_stock_reservation_entries(notify=False)

	def test_a_sale_for_cash_is_no_way_around_it(self):
		from b2b_contracts.credit import checking

		customer, _match = self.matched()
		values = {"doctype": "Sales Invoice", "is_pos": 1, "paid_amount": 100, "grand_total": 100}
		for name, is_seen in ((customer.name, True), (self.customer(customer_name=self.word).name, False)):
			doc = frappe._dict(values, customer=name, company=COMPANY)
			self.assertEqual(checking.standing_of(doc) is not None, is_seen)
		returned = frappe._dict(values, customer=customer.name, company=COMPANY, is_return=1)
		self.assertIsNone(checking.standing_of(returned))

	def test_an_order_that_ships_to_an_embargoed_country(self):
		self.entry(self.list_of("Countries"), listed_country="Haiti")
		customer = self.customer(customer_name=f"Near {self.word[::-1]}")
		address = self.address(customer)
		order = self.order(customer, shipping_address_name=address.name)
		self.assertEqual(self.status(order), "Stopped", "before anybody is screened")
		match = self.screened(customer, ship_to=address.name)
		self.assertEqual((match.match_kind, match.status), ("Country", "Open"))
		self.assertEqual(self.status(self.order(customer)), "Stopped")
		self.clear(match, "Humanitarian goods; authorised")
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertEqual(self.status(order), "Clear")

	def test_the_screening_looks_again_at_what_waits(self):
		customer = self.customer()
		order = self.order(customer, 12_000)
		self.assertEqual(self.status(order), "Held")
		self.entry(party_name=f"Kvaløy {self.word} Shipping")
		self.screened(customer)
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertEqual(self.status(order), "Stopped")

	def test_a_policy_that_only_observes_stops_nothing(self):
		customer, _match = self.matched()
		policy = make.active_policy()
		policy.mode = "Observe"
		policy.save()
		order = self.order(customer)
		self.assertEqual(self.status(order), "Not Checked")
		seen = frappe.get_last_doc("Credit Decision", {"reference_name": order.name})
		self.assertEqual(seen.outcome, "Stopped")

	# -------------------------------------------------------------- who learns what
	def assert_tells_nothing(self, text):
		for word in TELLING:
			self.assertNotIn(word, text.lower())

	def test_the_seller_reads_a_neutral_sentence_everywhere(self):
		customer, _match = self.matched()
		frappe.clear_messages()
		order = self.order(customer)
		self.assert_tells_nothing(self.messages())
		with as_user("seller1"):
			seen = api.evaluate("Sales Order", order.name)
			self.assertEqual([row["message"] for row in seen["reasons"]], [NEUTRAL])
			self.assert_tells_nothing(json.dumps(seen, default=str))
			self.assert_tells_nothing(json.dumps(api.credit_status(customer.name, COMPANY), default=str))
			self.assert_tells_nothing(frappe.get_doc("Credit Hold", order.b2b_credit_hold).as_json())
			self.assertFalse(seen["hold"]["may_release"])
		notices.tell_of_hold(order.b2b_credit_hold)
		for text in frappe.get_all(
			"Notification Log", {"document_name": order.b2b_credit_hold}, pluck="subject"
		):
			self.assert_tells_nothing(text)

	def test_the_customer_gets_no_mail_while_compliance_looks(self):
		make.make_outgoing_account()
		customer, match = self.matched(email_id="buyer@b2b-test.example.com")
		order = self.order(customer, 12_000)
		due = {"customer_notice_due": add_to_date(now_datetime(), minutes=-1)}
		frappe.db.set_value("Credit Hold", order.b2b_credit_hold, due)
		self.assertIn(order.b2b_credit_hold, notices._held_by_compliance())
		self.assertEqual(notices._tell_customer(order.b2b_credit_hold), 0)
		self.assertFalse(frappe.db.exists("Email Queue", {"reference_name": order.name}))
		self.clear(match)
		clearing.clear_waiting(customer.name, COMPANY)
		self.assertNotIn(order.b2b_credit_hold, notices._held_by_compliance())

	def test_nobody_above_compliance_is_told_that_it_waits(self):
		customer, _match = self.matched()
		hold = self.order(customer).b2b_credit_hold
		frappe.db.set_value("Credit Hold", hold, "response_due", add_to_date(now_datetime(), hours=-1))
		self.assertFalse(escalation.pass_on("Credit Hold", hold))
		self.assertEqual(holds.newest(hold).escalated_to, None)


class TestImport(SanctionsTestCase):
	HEADING = "reference,name,aliases,tax_id,country,programme,valid_from,valid_until"

	def file(self, of_list, *rows, heading=HEADING, content=None):
		text = "\n".join((heading, *rows))
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{frappe.generate_hash(length=8)}.csv",
				"content": content or text,
				"is_private": 1,
				"attached_to_doctype": "Sanctions List",
				"attached_to_name": of_list.name,
			}
		).insert(ignore_permissions=True)
		of_list.db_set("file", file.file_url)

	def run_as(self, method, of_list, user="compliance_officer"):
		with as_user(user):
			return method(of_list.name)

	def numbers(self, answer):
		return tuple(answer[key] for key in ("entries", "added", "changed", "removed"))

	def test_a_new_version_replaces_the_old_and_matches_keep_their_entries(self):
		of_list = self.list_of()
		self.file(
			of_list,
			f"R1,Kvaløy {self.word} Shipping,Kvaloy Line;KLN,DK1,Norway,Fleet,2024-01-01,",
			'R2,"Smith, John",,,,,,',
			"R3,Gone Tomorrow,,,,,,",
		)
		dry = self.run_as(sanctions.check_list, of_list)
		self.assertEqual((self.numbers(dry), dry["problems"]), ((3, 3, 0, 0), []))
		self.assertEqual(frappe.db.count("Sanctions List Entry", {"sanctions_list": of_list.name}), 0)
		self.run_as(sanctions.import_list, of_list)
		of_list.reload()
		self.assertEqual((of_list.entries, of_list.imported_by), (3, email_of("compliance_officer")))
		customer = self.customer()
		match = self.screened(customer)
		entry = frappe.get_doc("Sanctions List Entry", match.entry)
		self.assertEqual((entry.aliases, str(entry.valid_from)), ("Kvaloy Line\nKLN", "2024-01-01"))
		self.assertEqual(self.numbers(self.run_as(sanctions.import_list, of_list)), (3, 0, 0, 0))
		self.file(
			of_list,
			f"R1;Kvaløy {self.word} Shipping;;DK1;no;Fleet 2;;",
			"R2;Smith John;;;;;;",
			"R4;Someone New;;;;;;",
			heading=self.HEADING.replace(",", ";"),
		)
		self.assertEqual(self.numbers(self.run_as(sanctions.import_list, of_list)), (3, 1, 2, 1))
		entry.reload()
		self.assertEqual((entry.programme, entry.listed_country, entry.aliases), ("Fleet 2", "Norway", ""))
		removed = {"sanctions_list": of_list.name, "status": "Removed"}
		self.assertEqual(frappe.db.get_value("Sanctions List Entry", removed, "reference"), "R3")
		self.assertEqual(self.screened(customer).name, match.name)

	def test_the_dry_run_names_every_bad_row_and_column_and_nothing_is_imported(self):
		of_list = self.list_of()
		self.file(
			of_list,
			'R1,"=HYPERLINK(""http://x"")",,,,,,',
			"R2,Fine,,,Atlantis,,,",
			"R3,Fine too,,,,,31/03/2026,",
			"R4,---,,,,,,",
			"R5,Twice,,,,,2026-02-01,2026-01-01",
			"R5,Twice,,,,,,",
			"R6,Too many,,,,,,,,",
		)
		dry = self.run_as(sanctions.check_list, of_list)
		self.assertEqual(
			[(p["row"], p["column"]) for p in dry["problems"]],
			[
				(2, "name"),
				(3, "country"),
				(4, "valid_from"),
				(5, "name"),
				(5, "name"),
				(6, "valid_until"),
				(7, "reference"),
				(8, ""),
			],
		)
		with self.assertRaisesRegex(SanctionsListError, "8 problems"):
			self.run_as(sanctions.import_list, of_list)
		self.assertEqual(frappe.db.count("Sanctions List Entry", {"sanctions_list": of_list.name}), 0)

	def test_a_file_that_is_none(self):
		of_list = self.list_of()
		for content, heading, message in (
			("", "name,colour", "no such column"),
			("", "reference,country", "missing"),
			("", "name", "no rows"),
			(b"name\n\xff\xfe\xff", "", "UTF-8"),
		):
			with self.subTest(message):
				self.file(of_list, heading=heading, content=content or None)
				problems = self.run_as(sanctions.check_list, of_list)["problems"]
				self.assertRegex(" ".join(p["message"] for p in problems), message)

	def test_a_list_of_countries(self):
		of_list = self.list_of("Countries")
		self.file(of_list, "ht", "Bhutan", heading="country")
		self.run_as(sanctions.import_list, of_list)
		found = frappe.get_all(
			"Sanctions List Entry",
			{"sanctions_list": of_list.name},
			pluck="listed_country",
			order_by="listed_country",
		)
		self.assertEqual(found, ["Bhutan", "Haiti"])

	def test_who_may(self):
		of_list = self.list_of()
		self.file(of_list, "R1,Somebody,,,,,,")
		for user in ("auditor", "cfo", "credit_manager", "seller1"):
			for method in (sanctions.check_list, sanctions.import_list):
				with self.subTest(user), self.assertRaises(frappe.PermissionError):
					self.run_as(method, of_list, user)

	def test_what_could_never_be_met_is_refused(self):
		with self.assertRaisesRegex(SanctionsListError, "letters or digits"):
			self.entry(party_name="!!!")
		with self.assertRaisesRegex(SanctionsListError, "Choose the country"):
			self.entry(self.list_of("Countries"), party_name="Somewhere")
		with self.assertRaisesRegex(SanctionsListError, "50 to 100"):
			self.list_of(threshold=20)

	def test_no_list_is_shipped_but_an_empty_one_of_countries(self):
		from b2b_contracts.standard_terms import SANCTIONS_LIST

		self.assertTrue(frappe.db.exists("Sanctions List", SANCTIONS_LIST["list_name"]))
		shipped = {"sanctions_list": SANCTIONS_LIST["list_name"]}
		self.assertEqual(frappe.db.count("Sanctions List Entry", shipped), 0)
