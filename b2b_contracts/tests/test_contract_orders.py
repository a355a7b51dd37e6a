"""Orders follow contracts: prices reach the form, the API and mapped documents; differences are said, parked, refused and let go."""

from decimal import Decimal

import frappe
from erpnext.selling.doctype.quotation.quotation import make_sales_order
from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note, make_sales_invoice
from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_invoice as bill_delivery
from erpnext.stock.get_item_details import get_item_details
from frappe.utils import add_days, add_months, flt, getdate, nowdate

from b2b_contracts import api as credit_api
from b2b_contracts import contract_orders_api as api
from b2b_contracts import contracts_api
from b2b_contracts.collections import interest_statements
from b2b_contracts.contracts import call_offs, order_check, pricing
from b2b_contracts.contracts import in_force as in_force_days
from b2b_contracts.exceptions import ContractError, CreditHoldError, DisputeError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, PRICE_LIST, SERVICE, WIDGET, email_of
from b2b_contracts.tests.test_contracts import ContractTestCase
from b2b_contracts.tests.test_query_count import counted

TODAY = nowdate()


class OrderTestCase(ContractTestCase):
	def setUp(self):
		super().setUp()
		make.make_profile(self.customer, segment="A", manual_limit=10_000_000)

	def agree(self, *prices, discounts=(), customer=None, **fields):
		"""A signed contract with prices (rows) of the customer."""
		if customer:
			fields["customer"] = getattr(customer, "name", customer)
		fields.setdefault("start_date", add_months(TODAY, -6))
		return self.signed(prices=list(prices), discounts=list(discounts), **fields)

	def price_on_form(self, item=WIDGET, on=None, **fields):
		"""What the form asks ERPNext for when an item is chosen."""
		found = get_item_details(
			{
				"item_code": item,
				"doctype": "Sales Order",
				"company": COMPANY,
				"customer": self.customer.name,
				"currency": "DKK",
				"conversion_rate": 1,
				"price_list": PRICE_LIST,
				"selling_price_list": PRICE_LIST,
				"price_list_currency": "DKK",
				"plc_conversion_rate": 1,
				"transaction_date": on or TODAY,
				"qty": 1,
				"ignore_pricing_rule": 0,
				**fields,
			}
		)
		return flt(found.get("price_list_rate")) * (1 - flt(found.get("discount_percentage")) / 100)

	def order(self, *rows, submit=False, doctype="Sales Order", on=None, user=None, **fields):
		rows = rows or ({"item_code": WIDGET, "qty": 1},)
		doc = {
			"doctype": doctype,
			"company": COMPANY,
			"currency": "DKK",
			"selling_price_list": PRICE_LIST,
			"items": [{"delivery_date": add_days(on or TODAY, 20), **row} for row in rows],
			**fields,
		}
		if doctype == "Quotation":
			doc |= {"quotation_to": "Customer", "party_name": self.customer.name}
		else:
			doc.setdefault("customer", self.customer.name)
		if doctype == "Sales Invoice":
			doc |= {"posting_date": on or TODAY, "set_posting_time": 1}
		else:
			doc |= {"transaction_date": on or TODAY, "delivery_date": add_days(on or TODAY, 20)}
		with as_user(user) if user else as_user("Administrator"):
			made = frappe.get_doc(doc).insert()
			if submit:
				made.submit()
		return made

	def policy(self, **fields):
		policy = make.active_policy()
		policy.update(fields)
		policy.save()

	def differences(self, doc) -> list[str]:
		return [
			row["kind"] for row in order_check.shown(frappe.get_doc(doc.doctype, doc.name))["differences"]
		]


def price(rate, item=WIDGET, **fields) -> dict:
	return {"item_code": item, "rate": rate, **fields}


class TestPricesReachTheDocument(OrderTestCase):
	def test_the_form_finds_the_price_and_quantity_breaks(self):
		self.agree(price(100), price(90, from_quantity=10))
		self.assertEqual([self.price_on_form(qty=n, stock_qty=n) for n in (1, 9, 10, 11)], [100, 100, 90, 90])

	def test_a_client_that_names_no_price_gets_it(self):
		contract = self.agree(price(100), price(90, from_quantity=10))
		order = self.order({"item_code": WIDGET, "qty": 12})
		row = order.items[0]
		self.assertEqual((row.rate, order.grand_total), (90, 1080))
		self.assertEqual((row.b2b_contract, row.b2b_contract_rate), (contract.name, 90))
		order.items[0].qty = 2
		order.save()
		self.assertEqual(order.items[0].rate, 100, "it follows the quantity")
		self.assertEqual(self.differences(order), [])

	def test_a_price_that_somebody_sends_is_kept_and_said_to_differ(self):
		self.agree(price(100))
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 95})
		self.assertEqual(order.items[0].rate, 95)
		order.save()
		self.assertEqual((order.items[0].rate, order.items[0].b2b_contract_rate), (95, 100))
		shown = order_check.shown(order)["differences"][0]
		self.assertEqual((shown["row"], shown["percent"]), (1, "−5.0 %"))
		self.assertIn(
			"differs from what is agreed",
			frappe.message_log[-1]["message"]
			if isinstance(frappe.message_log[-1], dict)
			else frappe.message_log[-1],
		)

	def test_the_item_group_and_the_unit(self):
		group = frappe.db.get_value("Item", SERVICE, "item_group")
		parent = frappe.db.get_value("Item Group", group, "parent_item_group")
		self.agree({"item_group": parent, "rate": 500}, {"item_group": group, "rate": 400})
		self.assertEqual(self.price_on_form(SERVICE), 400)
		self.assertEqual(self.order({"item_code": SERVICE, "qty": 2}).items[0].rate, 400)

	def test_a_price_per_box_counts_for_boxes_and_pieces(self):
		item = frappe.get_doc("Item", SERVICE)
		if not any(row.uom == "Box" for row in item.uoms):
			item.append("uoms", {"uom": "Box", "conversion_factor": 12})
			item.save()
		self.agree(price(108, SERVICE, uom="Box"))
		self.assertEqual(self.price_on_form(SERVICE, uom="Box", conversion_factor=12, stock_qty=12), 108)
		self.assertEqual(self.price_on_form(SERVICE), 9)
		rows = (
			{"item_code": SERVICE, "qty": 2, "uom": "Box", "conversion_factor": 12},
			{"item_code": SERVICE, "qty": 5},
		)
		self.assertEqual([row.rate for row in self.order(*rows).items], [108, 9])

	def test_a_discount_is_taken_from_the_price_list_and_from_the_named_one_alone(self):
		frappe.get_doc(
			{"doctype": "Item Price", "item_code": SERVICE, "price_list": PRICE_LIST, "price_list_rate": 200}
		).insert()
		self.agree(discounts=[{"item_code": SERVICE, "discount_percent": 25, "price_list": PRICE_LIST}])
		self.assertEqual(self.price_on_form(SERVICE), 150)
		order = self.order({"item_code": SERVICE, "qty": 1})
		self.assertEqual((order.items[0].price_list_rate, order.items[0].rate), (200, 150))
		self.assertEqual(self.differences(order), [])

	def test_it_stops_by_itself_the_day_after_its_last_day(self):
		last = add_days(TODAY, -10)
		self.agree(price(100, valid_to=last), price(120, valid_from=add_days(TODAY, -5)))
		prices = [self.price_on_form(on=add_days(TODAY, days)) for days in (-11, -10, -9, -6, -5, 0)]
		self.assertEqual(prices, [100, 100, 0, 0, 120, 120])

	def test_it_ends_with_the_contract_and_starts_with_it(self):
		contract = self.agree(price(100), duration_type="Fixed", renewal_months=0, initial_months=12)
		end = contract.in_force_until
		self.assertEqual(
			[
				self.price_on_form(on=str(add_days(day, n)))
				for day, n in ((contract.start_date, -1), (contract.start_date, 0), (end, 0), (end, 1))
			],
			[0, 100, 100, 0],
		)

	def test_a_quotation_becomes_an_order_and_an_invoice_at_its_price(self):
		self.agree(price(100), price(90, from_quantity=10))
		quotation = self.order({"item_code": WIDGET, "qty": 10}, doctype="Quotation", submit=True)
		self.assertEqual(quotation.items[0].rate, 90)
		order = make_sales_order(quotation.name)
		order.delivery_date = add_days(TODAY, 20)
		order.insert().submit()
		self.assertEqual(order.items[0].rate, 90)
		invoice = make_sales_invoice(order.name)
		invoice.items[0].qty = 3
		invoice.insert()
		self.assertEqual(invoice.items[0].rate, 90, "a part of an order costs what the order does")
		self.assertEqual(self.differences(invoice), [])

	def test_what_was_sold_otherwise_stays_so_in_what_is_made_from_it(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Nothing")
		quotation = self.order({"item_code": WIDGET, "qty": 10, "rate": 95}, doctype="Quotation", submit=True)
		order = make_sales_order(quotation.name)
		self.assertEqual(order.items[0].rate, 95)
		order.delivery_date = add_days(TODAY, 20)
		order.insert().submit()
		invoice = make_sales_invoice(order.name)
		self.assertEqual(invoice.items[0].rate, 95)
		for mapped in (invoice, make_delivery_note(order.name)):
			mapped.insert()
			self.assertEqual((mapped.items[0].rate, mapped.grand_total), (95, 950))

	def test_an_order_that_ignores_pricing_rules_is_billed_as_it_was_sold(self):
		"""With the agreed price typed in, below the price list: in one go, in parts, and from its delivery."""
		self.agree(price(80), discounts=[{"item_code": SERVICE, "discount_percent": 10}])
		rows = ({"item_code": WIDGET, "qty": 10, "rate": 80}, {"item_code": SERVICE, "qty": 10, "rate": 90})
		for from_delivery in (False, True):
			with self.subTest(from_delivery=from_delivery):
				order = self.order(*rows, ignore_pricing_rule=1, submit=True)
				self.assertEqual([row.rate for row in order.items], [80, 90])
				source = order
				if from_delivery:
					source = make_delivery_note(order.name)
					source.insert().submit()
				for part in (4, 6):
					invoice = (bill_delivery if from_delivery else make_sales_invoice)(source.name)
					for row in invoice.items:
						row.qty = part
					invoice.insert().submit()
					self.assertEqual([row.rate for row in invoice.items], [80, 90])

	def test_an_order_follows_its_own_day_and_a_backdated_invoice_its_posting_date(self):
		self.agree(price(80, valid_to=add_days(TODAY, -31)), price(100, valid_from=add_days(TODAY, -30)))
		then = add_days(TODAY, -40)
		order = self.order({"item_code": WIDGET, "qty": 1}, on=then)
		self.assertEqual(order.items[0].rate, 80)
		invoice = self.order(
			{"item_code": SERVICE, "qty": 1, "rate": 5},
			{"item_code": WIDGET, "qty": 1},
			doctype="Sales Invoice",
			on=then,
		)
		self.assertEqual([row.rate for row in invoice.items], [5, 80])
		self.assertEqual(
			self.order({"item_code": WIDGET, "qty": 1}, doctype="Sales Invoice").items[0].rate, 100
		)

	def test_another_currency_is_compared_at_its_rate_and_said(self):
		frappe.get_doc(
			{
				"doctype": "Currency Exchange",
				"from_currency": "EUR",
				"to_currency": "DKK",
				"exchange_rate": 7.5,
				"date": add_days(TODAY, -1),
				"for_selling": 1,
				"for_buying": 1,
			}
		).insert()
		self.agree(price(10), currency="EUR", annual_value=1_000)
		order = self.order({"item_code": WIDGET, "qty": 1})
		self.assertEqual((order.items[0].rate, self.differences(order)), (75, ["Currency"]))
		self.assertEqual(self.price_on_form(currency="EUR", conversion_rate=7.5), 10)


class TestTerms(OrderTestCase):
	def test_they_are_filled_in_where_nothing_was_said(self):
		self.agree(price(100), payment_terms_template="Net 45", incoterm="DAP", named_place="Odense")
		for doctype in ("Quotation", "Sales Order", "Sales Invoice"):
			doc = self.order(doctype=doctype)
			self.assertEqual(
				(doc.payment_terms_template, doc.incoterm, doc.named_place),
				("Net 45", "DAP", "Odense"),
				doctype,
			)
			self.assertEqual(getdate(doc.payment_schedule[0].due_date), getdate(add_days(TODAY, 45)), doctype)

	def test_what_was_said_otherwise_differs(self):
		self.agree(price(100), payment_terms_template="Net 30", incoterm="DAP", named_place="Odense")
		order = self.order(payment_terms_template="Net 14", incoterm="EXW")
		self.assertEqual(order.payment_terms_template, "Net 14")
		self.assertEqual(self.differences(order), ["Payment terms", "Incoterm", "Named place"])

	def test_a_discount_on_the_whole_is_said(self):
		self.agree(price(100))
		order = self.order(additional_discount_percentage=5, apply_discount_on="Net Total")
		self.assertEqual(self.differences(order), ["Discount on the whole document"])


class TestWhichContract(OrderTestCase):
	def test_the_own_newest_comes_before_the_groups_frame_and_the_difference_says_which(self):
		sister = make.make_customer()
		parties = [
			{"party_name": COMPANY, "party_role": "Us"},
			{"party_name": sister.name, "party_role": "Customer", "customer": sister.name},
			{"party_name": self.customer.name, "party_role": "Group Company", "customer": self.customer.name},
		]
		frame = self.agree(price(100), price(7, SERVICE), customer=sister, parties=parties)
		self.assertEqual((self.price_on_form(), self.price_on_form(SERVICE)), (100, 7))
		own = self.agree(price(80))
		self.assertEqual((self.price_on_form(), self.price_on_form(SERVICE)), (80, 7))
		rows = ({"item_code": WIDGET, "qty": 1, "rate": 81}, {"item_code": SERVICE, "qty": 1, "rate": 8})
		shown = order_check.shown(self.order(*rows))
		self.assertEqual([row["contract"] for row in shown["differences"]], [own.name, frame.name])
		self.assertEqual([row["is_own"] for row in shown["contracts"]], [True, False])

	def test_a_guarantor_gets_no_prices(self):
		sister = make.make_customer()
		parties = [{"party_name": "G", "party_role": "Guarantor", "customer": self.customer.name}]
		self.agree(price(100), customer=sister, parties=parties)
		self.assertEqual(self.price_on_form(), 0)

	def test_an_amendment_takes_over_on_its_day(self):
		contract = self.agree(price(100))
		self.amend(contract, price(110), effective_from=TODAY)
		self.assertEqual([self.price_on_form(on=add_days(TODAY, n)) for n in (-1, 0)], [100, 110])
		self.assertEqual([self.order(on=add_days(TODAY, n)).items[0].rate for n in (-1, 0)], [100, 110])

	def amend(self, contract, *prices, **fields):
		from b2b_contracts.contracts import amendments

		with as_user("seller1"):
			draft = amendments.draft_amendment(contract.name, fields.get("effective_from"))
			draft.update({"title": "New prices", "prices": list(prices), **fields})
			draft.insert()
			contracts_api.take_step(draft.name, "send_for_review")
		self.tick(draft)
		with as_user("contract_manager"):
			contracts_api.take_step(draft.name, "approve")
			contracts_api.take_step(draft.name, "send_for_signature")
		self.sign(draft.reload())
		return draft.reload()

	def test_rules_are_made_once_kept_in_step_and_switched_off(self):
		contract = self.agree(price(100), price(90, from_quantity=10))
		rules = self.rules(contract)
		self.assertEqual(len(rules), 2)
		pricing.sync(self.customer.name, COMPANY)
		self.assertEqual(self.rules(contract), rules)
		frappe.db.set_value("B2B Contract", contract.name, "in_force_until", add_days(TODAY, -1))
		pricing.daily()
		self.assertEqual(
			[row.valid_upto for row in self.rules(contract, disable=0)], [getdate(add_days(TODAY, -1))] * 2
		)
		self.assertEqual(self.price_on_form(), 0)

	def rules(self, contract, **filters):
		return frappe.get_all(
			"Pricing Rule",
			filters={"b2b_contract": contract.name, **filters},
			fields=["name", "valid_upto", "disable"],
			order_by="name",
		)

	def test_nothing_of_the_rules_is_left_when_the_app_goes(self):
		self.agree(price(100))
		order = self.order()
		self.assertTrue(order.items[0].pricing_rules)
		pricing.remove()
		self.assertFalse(frappe.get_all("Pricing Rule", filters={"b2b_contract": ["is", "set"]}))
		self.assertFalse(frappe.get_all("Pricing Rule Detail", filters={"parent": order.name}))
		order.reload()
		order.items[0].qty = 2
		order.save()


class TestPolicy(OrderTestCase):
	def parked(self, rate=95, **fields):
		self.policy(contract_difference_action="Park")
		return self.order(
			{"item_code": WIDGET, "qty": 1, "rate": rate}, user="seller1", submit=True, **fields
		)

	def hold_of(self, order):
		return frappe.get_doc("Credit Hold", order.reload().b2b_credit_hold)

	def test_a_warning_lets_it_pass(self):
		self.agree(price(100))
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, user="seller1", submit=True)
		self.assertEqual((order.status, order.b2b_credit_status), ("To Deliver and Bill", "Clear"))

	def test_within_the_tolerance_nothing_is_said(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Block", contract_tolerance_percent=5)
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, user="seller1", submit=True)
		self.assertEqual(self.differences(order), [])

	def test_block_refuses_quotation_order_and_invoice(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Block")
		for doctype in ("Quotation", "Sales Order", "Sales Invoice"):
			doc = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, doctype=doctype)
			with self.assertRaises(ContractError, msg=doctype) as caught:
				doc.submit()
			self.assertIn("agreed is", str(caught.exception))

	def test_park_waits_for_the_contract_and_nobody_of_credit_lets_it_go(self):
		contract = self.agree(price(100), contract_owner=email_of("seller2"))
		order = self.parked()
		hold = self.hold_of(order)
		self.assertEqual((order.status, order.b2b_credit_status), ("On Hold", "Held"))
		self.assertEqual([row.rule for row in hold.reasons], ["Contract"])
		self.assertEqual((hold.contract, hold.required_role), (contract.name, "Contract Manager"))
		for user in ("seller1", "credit_manager", "sales_manager", "controller"):
			self.refused(
				NotYourMandateError, "contract owner|your own", credit_api.release, hold.name, "ok", user=user
			)
		with as_user("contract_manager"):
			self.assertTrue(api.follows("Sales Order", order.name)["hold"]["may_let_go"])
			api.let_go(hold.name, "Agreed by phone, amendment follows")
		order.reload()
		self.assertEqual((order.b2b_credit_status, order.status), ("Released", "To Deliver and Bill"))
		self.assertEqual(self.hold_of(order).released_as, "Contract Manager")

	def test_the_owner_of_the_contract_lets_it_go_unless_they_sell_on_it(self):
		self.agree(price(100), contract_owner=email_of("seller2"))
		order = self.parked()
		with as_user("seller2"):
			api.let_go(self.hold_of(order).name, "Yes")
		self.assertEqual(order.reload().b2b_credit_status, "Released")

	def test_the_owner_who_sells_on_it_does_not(self):
		self.agree(price(100), contract_owner=email_of("seller1"))
		order = self.parked()
		self.refused(
			NotYourMandateError, "your own", api.let_go, self.hold_of(order).name, "Yes", user="seller1"
		)

	def test_credit_decides_next_what_is_beyond_the_contract(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Park", require_po=1)
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, user="seller1", submit=True)
		hold = self.hold_of(order)
		self.assertEqual(sorted(row.rule for row in hold.reasons), ["Contract", "Missing PO"])
		with as_user("contract_manager"):
			api.let_go(hold.name, "The price is right")
		hold.reload()
		self.assertEqual((hold.status, hold.required_role), ("Open", "Credit Manager"))
		self.assertEqual([row.rule for row in hold.reasons], ["Missing PO"])
		self.assertEqual(hold.contract_approved_by, email_of("contract_manager"))
		with as_user("credit_manager"):
			credit_api.release(hold.name, "PO comes tomorrow")
		self.assertEqual(order.reload().b2b_credit_status, "Released")

	def test_a_lower_price_after_its_release_waits_again(self):
		self.agree(price(100))
		order = self.parked()
		with as_user("contract_manager"):
			api.let_go(self.hold_of(order).name, "ok")
		order.reload()
		self.update_rate(order, 60)
		self.assertEqual(order.reload().b2b_credit_status, "Held")

	def test_an_order_that_followed_waits_when_its_price_is_changed_afterwards(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Park")
		order = self.order(submit=True, user="seller1")
		self.assertEqual(order.b2b_credit_status, "Clear")
		self.update_rate(order, 60)
		self.assertEqual(order.reload().b2b_credit_status, "Held")
		self.update_rate(order, 100)
		self.assertEqual(order.reload().b2b_credit_status, "Clear")

	def update_rate(self, order, rate):
		from erpnext.controllers.accounts_controller import update_child_qty_rate

		rows = [
			{
				"docname": row.name,
				"item_code": row.item_code,
				"qty": row.qty,
				"rate": rate,
				"conversion_factor": 1,
				"uom": row.uom,
				"delivery_date": str(row.delivery_date),
			}
			for row in order.items
		]
		update_child_qty_rate("Sales Order", frappe.as_json(rows), order.name)

	def test_an_invoice_may_not_depart_from_the_order_it_bills(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Park")
		order = self.order(
			{"item_code": SERVICE, "qty": 1, "rate": 5},
			{"item_code": WIDGET, "qty": 1},
			submit=True,
			user="seller1",
		)
		invoice = make_sales_invoice(order.name)
		invoice.items[1].rate = 60
		invoice.insert()
		with self.assertRaises(ContractError):
			invoice.submit()

	def test_a_direct_invoice_that_differs_waits_as_a_draft(self):
		self.agree(price(100))
		self.policy(contract_difference_action="Park")
		invoice = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, doctype="Sales Invoice")
		with self.assertRaises(CreditHoldError) as caught:
			invoice.submit()
		self.assertIn("does not follow a contract", str(caught.exception))

	def test_a_contract_that_is_required_and_not_there(self):
		self.policy(contract_required=1)
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 5}, submit=True, user="seller1")
		self.assertIn("No signed contract", self.hold_of(order).reasons[0].message)
		with as_user("contract_manager"):
			api.let_go(self.hold_of(order).name, "It is being signed")
		self.assertEqual(order.reload().b2b_credit_status, "Released")

	def test_a_customer_whom_nobody_checks_needs_the_contract_all_the_same(self):
		self.policy(contract_required=1)
		stranger = make.make_customer()
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 5}, submit=True, customer=stranger.name)
		self.assertEqual(order.b2b_credit_status, "Held")

	def test_observing_holds_nothing_and_off_says_nothing(self):
		self.agree(price(100))
		self.policy(mode="Observe", contract_difference_action="Block")
		order = self.order({"item_code": WIDGET, "qty": 1, "rate": 95}, submit=True)
		self.assertEqual(order.docstatus, 1)


class TestCallOffs(OrderTestCase):
	def setUp(self):
		super().setUp()
		self.contract_ = self.agree(price(100), call_offs=[{"item_code": WIDGET, "quantity": 100}])
		self.row = self.contract_.call_offs[0].name

	def called(self) -> float:
		return frappe.db.get_value("Contract Call-off", self.row, "called_off")

	def test_orders_count_it_down_and_whoever_orders_more_is_told(self):
		self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		self.assertEqual(self.called(), 60)
		over = self.order({"item_code": WIDGET, "qty": 50})
		shown = order_check.shown(over)
		self.assertEqual(self.differences(over), ["Quantity left to call off"])
		self.assertEqual((shown["call_offs"][0]["left"], shown["call_offs"][0]["wanted"]), (40, 50))
		over.submit()
		self.assertEqual(self.called(), 110)
		self.assertEqual(self.differences(over), ["Quantity left to call off"], "of its own it says the same")

	def test_it_parks_and_blocks(self):
		self.order({"item_code": WIDGET, "qty": 100}, submit=True)
		self.policy(contract_difference_action="Park")
		held = self.order({"item_code": WIDGET, "qty": 1}, submit=True)
		self.assertEqual(held.b2b_credit_status, "Held")
		self.policy(contract_difference_action="Block")
		with self.assertRaises(ContractError):
			self.order({"item_code": WIDGET, "qty": 1}, submit=True)

	def test_what_is_cancelled_closed_returned_or_changed_is_given_back(self):
		first = self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		second = self.order({"item_code": WIDGET, "qty": 30}, submit=True)
		first.reload().cancel()
		self.assertEqual(self.called(), 30)
		note = make_delivery_note(second.name)
		note.items[0].qty = 10
		note.insert().submit()
		second.reload().update_status("Closed")
		call_offs.recount_of_orders([second.name])
		self.assertEqual(self.called(), 10)
		second.reload().update_status("Submitted")
		call_offs.recount_of_orders([second.name])
		self.assertEqual(self.called(), 30)
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		back = make_sales_return(note.name)
		back.items[0].qty = -4
		back.insert()
		# ERPNext counts a return only where it is read as one.
		frappe.get_doc("Delivery Note", back.name).submit()
		call_offs.recount_of_orders([second.name])
		self.assertEqual(self.called(), 26)

	def test_an_amended_order_counts_once(self):
		order = self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		order.reload().cancel()
		amended = frappe.copy_doc(order.reload())
		amended.update({"docstatus": 0, "status": "Draft"})
		amended.amended_from = order.name
		amended.items[0].qty = 70
		amended.insert().submit()
		self.assertEqual(self.called(), 70)

	def test_update_items_counts_the_change(self):
		order = self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		TestPolicy.update_rate(self, order.reload(), 100)
		self.assertEqual(self.called(), 60)
		order.reload().items[0].qty = 80
		TestPolicy.update_rate(self, order, 100)
		self.assertEqual(self.called(), 80)

	def test_a_form_that_is_older_does_not_put_the_count_back(self):
		contract = frappe.get_doc("B2B Contract", self.contract_.name)
		self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		with as_user("contract_manager"):
			contract.append("risks", {"risk": "Late"})
			contract.save()
		self.assertEqual(self.called(), 60)

	def test_a_recount_puts_right_what_went_wrong(self):
		self.order({"item_code": WIDGET, "qty": 60}, submit=True)
		frappe.db.set_value("Contract Call-off", self.row, "called_off", 7)
		self.assertTrue(call_offs.recount(self.row))
		self.assertEqual(self.called(), 60)
		self.assertFalse(call_offs.recount(self.row))


class TestQueries(OrderTestCase):
	def test_as_many_for_one_line_and_contract_as_for_twenty_and_ten(self):
		self.agree(price(100))
		one = self.queries_for(1)
		for n in range(9):
			self.agree(price(100 + n), price(50, SERVICE))
		many = self.queries_for(20)
		self.assertEqual(one, many)
		self.assertLessEqual(one, 10)

	def queries_for(self, lines: int) -> int:
		rows = [{"item_code": (WIDGET, SERVICE)[n % 2], "qty": 1, "rate": 5} for n in range(lines)]
		order = self.order(*rows)
		for _turn in range(2):  # the second time everything is cached that is
			order_check.forget(order)
			with counted() as queries:
				order_check.state_of(order, Decimal(0))
		return len(queries)


class TestWhoSees(OrderTestCase):
	def test_the_documents_of_a_contract_are_those_that_one_may_read(self):
		contract = self.agree(price(100))
		order = self.order(submit=True)
		with as_user("contract_manager"):
			self.assertEqual([row["name"] for row in api.documents(contract.name)], [order.name])
		with as_user("seller2"), self.assertRaises(frappe.PermissionError):
			api.documents(contract.name)

	def test_what_a_form_starts_with(self):
		self.agree(price(100), incoterm="DAP", named_place="Odense")
		with as_user("seller1"):
			found = api.agreed_terms(self.customer.name, COMPANY)
		self.assertEqual(
			(found["payment_terms"], found["incoterm"], found["place"]), ("Net 30", "DAP", "Odense")
		)
		self.assertEqual(
			in_force_days.in_force_on(self.customer.name, COMPANY, getdate())[0], found["contract"]
		)


class TestAfterTheInvoice(OrderTestCase):
	def test_late_interest_is_the_contracts_of_the_day_of_the_invoice(self):
		contract = self.agree(late_interest_percent=14)
		then, before = add_days(TODAY, -60), add_months(TODAY, -7)
		with make.policy_off():
			covered = make.make_invoice(self.customer, 1000, posting_date=then)
			earlier = make.make_invoice(self.customer, 1000, posting_date=before)
		found = {
			one.debt.invoice: (one.agreed_percent, one.ground)
			for one in interest_statements.explained([covered.name, earlier.name], getdate())
		}
		self.assertEqual(found[covered.name], (14, contract.name))
		self.assertEqual(found[earlier.name], (None, ""))
		self.assertEqual(interest_statements.rate_on(COMPANY, self.customer.name, getdate(then)).percent, 14)

	def test_a_dispute_names_the_contract_of_its_invoice_and_a_clause_of_that_alone(self):
		contract = self.agree()
		invoice = make.make_invoice(self.customer, 1000, posting_date=add_days(TODAY, -5))
		dispute = make.make_dispute((invoice, 100), submit=False)
		self.assertEqual(dispute.contract, contract.name)
		dispute.contract_clause = frappe.get_all("Contract Clause", limit=1, pluck="name")[0]
		with self.assertRaisesRegex(DisputeError, "has no clause"):
			dispute.save()
		other = self.agree(customer=make.make_customer())
		dispute.reload().contract = other.name
		with self.assertRaisesRegex(DisputeError, "is not with"):
			dispute.save()
