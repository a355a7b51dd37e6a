"""Security Instrument: by type, by customer, group and document; refusals; its life, and who may release one."""

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts import api, securities_api
from b2b_contracts.credit import clearing, securities
from b2b_contracts.exceptions import NotYourMandateError, SecurityInstrumentError
from b2b_contracts.tests.factories import (
	as_user,
	make_bank_guarantee,
	make_customer,
	make_delivery,
	make_group,
	make_invoice,
	make_order,
	make_payment,
	make_profile,
	make_security,
	no_exchange_rates,
)
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase


class TestDefaults(SiteTestCase):
	def test_cover_by_type(self):
		customer = make_customer()
		for instrument_type, cover in (
			("Bank Guarantee", 100),
			("Stand-by Letter of Credit", 100),
			("Credit Insurance", 90),
			("Parent Guarantee", 50),
			("Retention of Title", 0),
			("Factoring", 100),
			("Cash Deposit", 100),
		):
			doc = make_security(
				customer,
				1000,
				instrument_type,
				submit=False,
				recourse="Without recourse" if instrument_type == "Factoring" else "",
			)
			self.assertEqual(doc.cover_percent, cover, instrument_type)

	def test_cover_that_is_entered_stays(self):
		customer = make_customer()
		self.assertEqual(
			make_security(customer, 1000, "Credit Insurance", cover_percent=80).cover_percent, 80
		)

	def test_submitting_puts_it_in_force(self):
		draft = make_security(make_customer(), 1000, submit=False)
		self.assertEqual((draft.direction, draft.status), ("Received", "Requested"))
		draft.submit()
		self.assertEqual(draft.status, "In Force")


class TestRefusals(SiteTestCase):
	def assertRefused(self, advice: str, amount: float = 1000, **fields):
		with self.assertRaisesRegex(SecurityInstrumentError, advice):
			make_security(make_customer(), amount, **fields)

	def test_negative(self):
		self.assertRefused("Amount.*Enter 0 or more", amount=-1)
		self.assertRefused("Deductible.*Enter 0 or more", deductible=-1)
		self.assertRefused("Claim period.*Enter 0 or more", claim_period_days=-1)
		self.assertRefused("Haircut.*between 0 and 100", haircut_percent=-1)

	def test_shares_over_hundred(self):
		self.assertRefused("Cover.*between 0 and 100", cover_percent=101)
		self.assertRefused("Haircut.*between 0 and 100", haircut_percent=101)

	def test_rating_outside_the_scale(self):
		self.assertRefused(
			"Issuer rating.* AAAA is outside the scale. Use one of AAA, AA\\+", issuer_rating="AAAA"
		)

	def test_expires_before_it_is_valid(self):
		self.assertRefused(
			"Enter a later expiry date", valid_from=nowdate(), expiry_date=add_days(nowdate(), -1)
		)

	def test_currency_without_rate(self):
		advice = "exchange rate from ISK to DKK.*Currency Exchange"
		with no_exchange_rates(), self.assertRaisesRegex(frappe.ValidationError, advice):
			make_security(make_customer(), 1000, currency="ISK")

	def test_hold_of_another_customer(self):
		profile = make_profile()
		hold = frappe.get_doc(
			{
				"doctype": "Credit Hold",
				"name": f"{profile.name}-H1",
				"customer": profile.customer,
				"company": profile.company,
			}
		)
		hold.flags.credit_service = True
		hold.insert()
		self.assertRefused("Choose a hold of the same customer", credit_hold=hold.name)

	def test_named_documents(self):
		customer = make_customer()
		other = make_order(make_customer(), 100)
		self.assertRefused("Name at least one order or invoice", scope="Named Documents")
		rows = [{"reference_doctype": "Sales Order", "reference_name": other.name}]
		with self.assertRaisesRegex(SecurityInstrumentError, f"Row 1: .*{other.name}.* is of .*, not of"):
			make_security(customer, 1000, scope="Named Documents", documents=rows)
		rows = [{"reference_doctype": "Sales Order", "reference_name": make_order(customer, 100).name}] * 2
		with self.assertRaisesRegex(SecurityInstrumentError, "Row 2: .* is named twice"):
			make_security(customer, 1000, scope="Named Documents", documents=[dict(row) for row in rows])

	def test_the_same_paper_twice(self):
		customer, sister = make_customer(), make_customer()
		first = make_security(customer, 1000, instrument_number="G 1", issuer="Bank")
		with self.assertRaisesRegex(
			SecurityInstrumentError, f"is registered as .*{first.name}.* count twice"
		):
			make_security(sister, 1000, instrument_number="G 1", issuer="Bank")
		make_security(sister, 1000, instrument_number="G 1", issuer="Another bank")

	def test_a_group_of_another_company_and_a_hold(self):
		self.assertRefused("Choose the credit group", scope="Credit Group")

	def test_recourse_must_be_said(self):
		self.assertRefused("Say under .*Recourse", instrument_type="Factoring")

	def test_a_guarantee_that_is_given_is_never_received(self):
		doc = make_security(make_customer(), 1000, "Performance Guarantee", submit=False)
		self.assertEqual(doc.direction, "Given")
		doc.direction = "Received"
		with self.assertRaisesRegex(SecurityInstrumentError, "is given to the customer"):
			doc.save()

	def test_a_type_that_is_given_cannot_cover(self):
		kind = frappe.get_doc("Security Type", "Performance Guarantee")
		kind.is_cover = 1
		with self.assertRaisesRegex(SecurityInstrumentError, "cannot count as cover"):
			kind.save()

	def test_a_type_in_use_cannot_go(self):
		make_security(make_customer(), 1000, submit=False)
		with self.assertRaisesRegex(frappe.LinkExistsError, "Disable it instead"):
			frappe.delete_doc("Security Type", "Bank Guarantee")

	def test_what_expired_does_not_come_into_force(self):
		draft = make_security(
			make_customer(),
			1000,
			submit=False,
			expiry_date=add_days(nowdate(), -1),
			valid_from=add_days(nowdate(), -9),
		)
		with self.assertRaisesRegex(SecurityInstrumentError, "It expired on"):
			draft.submit()


def utilisation(customer, amount: float = 0) -> float:
	"""Return what a customer's limit is used to, with an order of an amount."""
	if not amount:
		return api.credit_status(customer.name, COMPANY)["utilisation_after"]
	return api.evaluate("Sales Order", make_order(customer, amount, submit=False).name)["utilisation_after"]


def naming(*documents) -> dict:
	"""Return the fields of a security that covers documents alone."""
	rows = [{"reference_doctype": d.doctype, "reference_name": d.name} for d in documents]
	return {"scope": "Named Documents", "documents": rows}


class TestNamedDocuments(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make_customer()
		make_profile(self.customer, manual_limit=1000)

	def test_covers_its_order_from_order_to_invoice_and_nothing_else(self):
		order = make_order(self.customer, 900)
		make_security(self.customer, 5000, **naming(order))
		self.assertEqual(utilisation(self.customer), 0)
		self.assertEqual(utilisation(self.customer, 600), 60)
		delivery = make_delivery(order)
		self.assertEqual(utilisation(self.customer), 0)
		make_invoice(delivery=delivery)
		self.assertEqual(utilisation(self.customer), 0)
		make_invoice(self.customer, 300)
		self.assertEqual(utilisation(self.customer), 30)

	def test_two_for_one_order_cover_it_once(self):
		order = make_order(self.customer, 500)
		make_order(self.customer, 400)
		for _number in range(2):
			make_security(self.customer, 5000, **naming(order))
		self.assertEqual(utilisation(self.customer), 40)

	def test_an_order_beyond_the_limit_passes_with_its_own_guarantee(self):
		order = make_order(self.customer, 5000, submit=False)
		make_security(self.customer, 4500, **naming(order))
		order.submit()
		self.assertEqual(order.reload().b2b_credit_status, "Clear")
		goods = make_delivery(order)
		self.assertEqual(goods.docstatus, 1)

	def test_it_must_live_as_long_as_its_own_documents_only(self):
		order = make_order(self.customer, 500)
		soon = add_days(nowdate(), 60)
		make_security(self.customer, 500, expiry_date=soon, **naming(order))
		invoice = make_invoice(self.customer, 200)
		frappe.db.set_value("Sales Invoice", invoice.name, "due_date", add_days(nowdate(), 90))
		self.assertEqual(utilisation(self.customer), 20)

	def test_a_named_invoice_is_covered_and_drops_out_when_paid(self):
		invoice = make_invoice(self.customer, 400)
		make_security(
			self.customer, 400, "Invoice Discounting", recourse="Without recourse", **naming(invoice)
		)
		make_invoice(self.customer, 300)
		self.assertEqual(utilisation(self.customer), 30)
		make_payment(invoice)
		self.assertEqual(utilisation(self.customer), 30)

	def test_with_recourse_nothing_is_secured(self):
		invoice = make_invoice(self.customer, 400)
		doc = make_security(
			self.customer, 400, "Invoice Discounting", recourse="With recourse", **naming(invoice)
		)
		self.assertEqual(utilisation(self.customer), 40)
		self.assertIn("come back to us", securities_api.security_status(doc.name)["why_not"])


class TestGroups(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customers = [make_customer(), make_customer()]
		for customer in self.customers:
			make_profile(customer, manual_limit=1000)
		self.group = make_group(*self.customers, group_limit=10_000)

	def group_guarantee(self, amount: float, **fields):
		return make_security("", amount, scope="Credit Group", credit_group=self.group.name, **fields)

	def test_is_shared_by_what_each_owes_and_counted_once(self):
		one, other = self.customers
		make_invoice(one, 900)
		make_invoice(other, 300)
		self.group_guarantee(400)
		self.assertEqual((utilisation(one), utilisation(other)), (60, 20))
		group = api.credit_status(one.name, COMPANY)["group"]
		self.assertEqual(group["utilisation_after"], 8)

	def test_own_security_comes_first(self):
		one, other = self.customers
		make_invoice(one, 900)
		make_invoice(other, 300)
		make_security(one, 600)
		self.group_guarantee(300)
		self.assertEqual((utilisation(one), utilisation(other)), (15, 15))

	def test_frees_an_order_of_a_member_that_waits(self):
		one = self.customers[0]
		order = make_order(one, 1500)
		self.assertEqual(order.reload().b2b_credit_status, "Held")
		self.group_guarantee(1500)
		clearing.clear_waiting(one.name, COMPANY)
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def test_sellers_do_not_see_what_covers_a_group(self):
		doc = self.group_guarantee(400)
		with as_user("seller1"):
			self.assertFalse(frappe.has_permission("Security Instrument", "read", doc.name))
			self.assertNotIn(doc.name, frappe.get_list("Security Instrument", pluck="name"))
		with as_user("controller"):
			self.assertTrue(frappe.has_permission("Security Instrument", "read", doc.name))

	def test_the_documents_that_a_security_names_are_seen_in_the_own_portfolio(self):
		customer = make_customer("seller2")
		make_profile(customer, manual_limit=10_000)
		doc = make_security(customer, 100, **naming(make_order(customer, 100)))
		for user, sees in (("seller1", False), ("seller2", True), ("controller", True)):
			with as_user(user):
				rows = frappe.get_list(
					"Security Instrument Document", pluck="parent", parent_doctype="Security Instrument"
				)
				self.assertEqual(doc.name in rows, sees, user)


class TestLife(SiteTestCase):
	def status(self, doc) -> str:
		return frappe.db.get_value("Security Instrument", doc.name, "status")

	def decisions(self, doc) -> list[str]:
		return frappe.get_all(
			"Credit Decision", {"reference_name": doc.name}, pluck="kind", order_by="creation"
		)

	def test_requested_received_in_force(self):
		draft = make_security(make_customer(), 1000, submit=False)
		self.assertEqual(
			(draft.status, str(draft.requested_on), draft.received_on), ("Requested", nowdate(), None)
		)
		draft.status = "Received"
		draft.save()
		self.assertEqual(str(draft.received_on), nowdate())
		draft.submit()
		self.assertEqual((draft.status, str(draft.in_force_on)), ("In Force", nowdate()))

	def test_a_state_that_is_sent_in_is_put_back(self):
		doc = make_security(make_customer(), 1000, submit=False)
		doc.update({"status": "Released", "ended_on": nowdate()})
		doc.save()
		self.assertEqual((doc.status, doc.ended_on), ("Requested", None))
		doc.submit()
		doc.reload()
		doc.status = "Released"
		doc.save()
		self.assertEqual(self.status(doc), "In Force")

	def test_a_controller_enters_and_does_not_release(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		with as_user("controller"):
			doc = make_security(customer, 1000)
			seen = securities_api.security_status(doc.name)
			self.assertEqual((seen["counts"], seen["may_release"]), (True, False))
			with self.assertRaisesRegex(
				NotYourMandateError, f"Releasing {doc.name}.*takes the role CFO.*Ask"
			):
				securities_api.release_security(doc.name, "Paid")
		self.assertEqual(self.status(doc), "In Force")

	def test_a_credit_manager_releases_our_own_precautions_and_the_cfo_a_guarantee(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		guarantee = make_security(customer, 1000)
		title = make_security(customer, 1000, "Retention of Title")
		with as_user("credit_manager"):
			securities_api.release_security(title.name, "Sold on")
			with self.assertRaises(NotYourMandateError):
				securities_api.release_security(guarantee.name, "Paid")
		with as_user("cfo"):
			securities_api.release_security(guarantee.name, "Paid")
		self.assertEqual((self.status(title), self.status(guarantee)), ("Released", "Released"))
		self.assertEqual(self.decisions(guarantee), ["Release"])
		self.assertIn("Paid", frappe.db.get_value("Security Instrument", guarantee.name, "end_reason"))
		with as_user("cfo"):
			securities_api.take_back_security_release(guarantee.name, "Too early")
		self.assertEqual(self.status(guarantee), "In Force")

	def test_a_seller_takes_no_step(self):
		doc = make_security(make_customer(), 1000)
		with as_user("seller1"):
			for step in (
				lambda: securities_api.claim_security(doc.name, 10, "x"),
				lambda: securities_api.release_security(doc.name, "x"),
				lambda: securities_api.extend_security(doc.name, add_days(nowdate(), 900)),
			):
				self.assertRaises(frappe.PermissionError, step)

	def test_a_release_parks_what_comes_next_and_stops_what_it_held_up(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		doc = make_security(customer, 5000)
		make_invoice(customer, 3000)
		with as_user("cfo"):
			securities_api.release_security(doc.name, "Agreed")
		self.assertEqual(utilisation(customer), 300)

	def test_a_claim_counts_no_more_until_it_is_withdrawn(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		make_invoice(customer, 500)
		doc = make_security(customer, 500)
		with as_user("controller"):
			self.assertRaisesRegex(
				SecurityInstrumentError,
				"at most",
				lambda: securities_api.claim_security(doc.name, 501, "Default"),
			)
			securities_api.claim_security(doc.name, 400, "Default")
		self.assertEqual((self.status(doc), utilisation(customer)), ("Claimed", 50))
		securities_api.withdraw_security_claim(doc.name, "Paid after all")
		self.assertEqual((self.status(doc), utilisation(customer)), ("In Force", 0))

	def test_expires_by_itself_once_and_can_be_extended(self):
		doc = make_security(make_customer(), 1000)
		frappe.db.set_value("Security Instrument", doc.name, "expiry_date", add_days(nowdate(), -1))
		for _run in range(2):
			self.assertEqual(securities._expire(doc.name), _run == 0)
		self.assertEqual(self.status(doc), "Expired")
		self.assertRaisesRegex(
			SecurityInstrumentError, "ends later", lambda: securities_api.extend_security(doc.name, nowdate())
		)
		securities_api.extend_security(doc.name, add_days(nowdate(), 90))
		self.assertEqual(self.status(doc), "In Force")

	def test_the_last_day_counts(self):
		doc = make_security(make_customer(), 1000)
		frappe.db.set_value("Security Instrument", doc.name, "expiry_date", nowdate())
		self.assertFalse(securities._expire(doc.name))

	def test_is_replaced_by_the_one_that_takes_its_place(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		make_invoice(customer, 900)
		first = make_security(customer, 300, instrument_number="G 7")
		second = make_security(customer, 500, instrument_number="G 7", replaces=first.name)
		self.assertEqual((self.status(first), utilisation(customer)), ("Replaced", 40))
		second.cancel()
		self.assertEqual((self.status(first), utilisation(customer)), ("In Force", 60))

	def test_a_replaced_one_is_not_given_up_by_another_name(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		first = make_security(customer, 1000, expiry_date=add_days(nowdate(), 400))
		as_good = {"replaces": first.name, "expiry_date": add_days(nowdate(), 400)}
		lesser = (
			(999, as_good),
			(1000, as_good | {"expiry_date": add_days(nowdate(), 399)}),
			(1000, as_good | {"unconditional": 0}),
			(1000, as_good | naming(make_order(customer, 10))),
		)
		for amount, fields in lesser:
			with self.subTest(fields), as_user("controller"):
				draft = make_security(customer, amount, submit=False, **fields)
				frappe.db.savepoint("before_try")
				with self.assertRaisesRegex(NotYourMandateError, f"Releasing {first.name}.* role CFO"):
					draft.submit()
				frappe.db.rollback(save_point="before_try")
				self.assertEqual(self.status(first), "In Force")
		with as_user("controller"):
			make_security(customer, 1000, **as_good)
		self.assertEqual(self.status(first), "Replaced")

	def test_what_replaces_is_of_the_same_customer(self):
		first = make_security(make_customer(), 1000)
		with self.assertRaisesRegex(SecurityInstrumentError, f"{first.name} covers .*, not "):
			make_security(make_customer(), 1000, replaces=first.name)

	def test_cancelling_takes_the_mandate_of_a_release_and_is_logged(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		doc = make_security(customer, 1000)
		with as_user("credit_manager"), self.assertRaisesRegex(NotYourMandateError, "takes the role CFO"):
			frappe.get_doc("Security Instrument", doc.name).cancel()
		with as_user("cfo"):
			frappe.get_doc("Security Instrument", doc.name).cancel()
		self.assertEqual(self.decisions(doc), ["Change"])
		title = make_security(customer, 1000, "Retention of Title")
		with as_user("credit_manager"):
			frappe.get_doc("Security Instrument", title.name).cancel()

	def test_its_end_moves_by_an_extension_alone(self):
		doc = make_security(make_customer(), 1000, expiry_date=add_days(nowdate(), 400))
		for day in (add_days(nowdate(), 1), add_days(nowdate(), 900)):
			with as_user("controller"), self.assertRaises(frappe.UpdateAfterSubmitError):
				frappe.client.set_value("Security Instrument", doc.name, "expiry_date", day)

	def test_steps_that_do_not_follow_are_refused(self):
		doc = make_security(make_customer(), 1000)
		self.assertRaisesRegex(
			SecurityInstrumentError,
			"is In Force",
			lambda: securities_api.take_back_security_release(doc.name, "x"),
		)
		draft = make_security(make_customer(), 1000, submit=False)
		self.assertRaisesRegex(
			SecurityInstrumentError, "not submitted", lambda: securities_api.release_security(draft.name, "x")
		)

	def test_the_amount_is_fixed_after_submit(self):
		doc = make_security(make_customer(), 1000)
		doc.amount = 5000
		with self.assertRaises(frappe.UpdateAfterSubmitError):
			doc.save()


class TestTypes(SiteTestCase):
	def test_a_type_is_data(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		make_invoice(customer, 500)
		kind = frappe.get_doc(
			{"doctype": "Security Type", "type_name": "Surety Bond", "cover_percent": 80}
		).insert()
		make_security(customer, 1000, kind.name, on_demand=0, unconditional=0, issuer_rating="")
		self.assertEqual(utilisation(customer), 10)
		kind.lowest_issuer_rating = "BBB"
		kind.save()
		self.assertEqual(utilisation(customer), 50)
		self.assertIn(
			"not rated well enough", api.credit_status(customer.name, COMPANY)["not_counted"][0]["message"]
		)

	def test_a_title_counts_once_it_is_registered(self):
		customer = make_customer()
		make_profile(customer, manual_limit=1000)
		make_invoice(customer, 500)
		doc = make_security(customer, 1000, "Retention of Title", cover_percent=50, registration_needed=1)
		self.assertEqual(utilisation(customer), 50)
		doc.registered_on = nowdate()
		doc.save()
		self.assertEqual(utilisation(customer), 25)


class TestBankGuarantee(SiteTestCase):
	def test_becomes_a_security_in_one_click(self):
		customer = make_customer()
		guarantee = make_bank_guarantee(customer=customer.name)
		made = frappe.get_doc(securities_api.make_security_instrument(guarantee.name))
		self.assertEqual(
			(made.customer, made.instrument_type, made.amount, made.status, made.scope),
			(customer.name, "Bank Guarantee", 5000, "Received", "Customer"),
		)
		made.update({"company": COMPANY, "currency": "DKK"})
		made.insert()
		self.assertEqual(made.cover_percent, 100)
		with self.assertRaisesRegex(SecurityInstrumentError, "registered already"):
			securities_api.make_security_instrument(guarantee.name)

	def test_for_an_order_covers_that_order(self):
		order = make_order(make_customer(), 5000)
		guarantee = make_bank_guarantee(
			customer=order.customer, reference_doctype="Sales Order", reference_docname=order.name
		)
		made = securities_api.make_security_instrument(guarantee.name)
		self.assertEqual(
			(made["scope"], made["documents"][0]["reference_name"]), ("Named Documents", order.name)
		)
		self.assertEqual(made["company"], COMPANY)

	def test_what_we_give_covers_nothing(self):
		supplier = frappe.get_doc(
			{
				"doctype": "Supplier",
				"supplier_name": frappe.generate_hash(length=8),
				"supplier_group": frappe.db.get_value("Supplier Group", {"is_group": 0}),
			}
		).insert()
		guarantee = make_bank_guarantee(bg_type="Providing", supplier=supplier.name)
		with self.assertRaisesRegex(SecurityInstrumentError, "not received from a customer"):
			securities_api.make_security_instrument(guarantee.name)
