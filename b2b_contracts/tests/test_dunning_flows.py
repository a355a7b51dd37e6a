"""The four flows of requirements §3 as they are shipped: each step on a real invoice, over the days."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate

from b2b_contracts import standard_dunning as standard
from b2b_contracts.collections import dunning_flows
from b2b_contracts.exceptions import DunningError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.scaffold import email_of
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age, make_template, step

ALL_ACTS = ("Delivery Stop", "Hand Over", "Demand Plan")


class ShippedTestCase(DunningTestCase):
	def setUp(self):
		super().setUp()
		# The customer has the flow that fits it, and the day is a working day whenever the tests run.
		self.flow.delete()
		quiet = patch.object(dunning_flows, "_quiet_reason", return_value="")
		quiet.start()
		self.addCleanup(quiet.stop)

	def a_customer(self, segment: str, risk_class: str = "B", **fields):
		self.customer = make.make_customer(**fields)
		make.make_profile(self.customer, manual_limit=1_000_000, segment=segment, risk_class=risk_class)
		make.make_contact(
			self.customer,
			f"ap-{frappe.generate_hash(length=6)}",
			[{"role": "Accounts Payable"}],
			phone_nos=[{"phone": "+45 20 30 40 50", "is_primary_mobile_no": 1}],
		)

	def walk(self, *days: int, amount: float = 10_000) -> list[tuple]:
		"""Run on each of these days past due, and return (day, step, channel, what it does) of what went out."""
		invoice = self.owes(amount, days[0])
		found, former = [], days[0]
		for day in days:
			age(self.customer.name, day - former)
			former = day
			run = self.planned()
			if not frappe.db.count("Dunning Notice", {"run": run.name}):
				continue
			notice = self.notice(self.sent(run))
			acts = tuple(act for act in (notice.acts or "").split(", ") if act)
			found.append((day, notice.step_code, notice.channel, acts))
			self.assertIn(notice.status, ("Queued", "Sent"), notice.delivery_error or notice.reason_text)
			self.assertEqual(notice.items[0].sales_invoice, invoice.name)
		return found

	def told(self, role_user: str) -> int:
		return frappe.db.count(
			"Notification Log", {"for_user": email_of(role_user), "document_type": "Dunning Notice"}
		)

	def tasks(self) -> list[str]:
		return frappe.get_all(
			"Collection Task", {"customer": self.customer.name}, pluck="kind", order_by="creation"
		)


class TestShipped(ShippedTestCase):
	def test_low_risk_of_segment_a(self):
		self.a_customer("A", "A")
		frappe.db.set_single_value("SMS Settings", "sms_gateway_url", "http://sms.example.com")
		for field, value in (("message_parameter", "text"), ("receiver_parameter", "to")):
			frappe.db.set_single_value("SMS Settings", field, value)
		with patch("frappe.core.doctype.sms_settings.sms_settings.send_request", return_value=200) as gateway:
			walked = self.walk(-4, -3, 0, 1, 3, 5, 7, 20)
		self.assertEqual(
			walked,
			[
				(-3, "D-3", "Account Manager", ()),
				(1, "D1", "Account Manager", ()),
				# The contact of the day before is one, the mail follows after the shortest gap or the flow's own.
				(3, "D3", "E-mail", ()),
				(7, "D7", "SMS", ()),
			],
		)
		self.assertEqual(gateway.call_count, 1)
		self.assertEqual(self.tasks(), ["Account Manager Contact"] * 2)

	def test_low_risk_of_segment_a_with_much_overdue_gets_no_sms(self):
		self.a_customer("A", "A")
		self.assertEqual([step for _day, step, *_rest in self.walk(3, 7, 12, amount=25_000)], ["D3"])

	def test_medium(self):
		self.a_customer("B")
		self.assertEqual(
			self.walk(0, 3, 10, 20, 40),
			[
				(3, "D3", "E-mail", ()),
				(10, "D10", "Phone Call", ()),
				(20, "D20", "Letter", ("Demand Plan",)),
			],
		)
		letter = frappe.get_last_doc("Dunning Notice", {"customer": self.customer.name, "step_code": "D20"})
		self.assertEqual(letter.fee, 100)

	def test_high_risk_stops_deliveries(self):
		self.a_customer("D", "C")
		walked = self.walk(-5, 0, 1, 15, 30)
		self.assertEqual([row[:3] for row in walked], [
			(-5, "D-5", "Account Manager"),
			(1, "D1", "E-mail"),
			(15, "D15", "E-mail"),
		])  # fmt: skip
		notice = frappe.get_last_doc("Dunning Notice", {"customer": self.customer.name, "step_code": "D1"})
		self.assertEqual(notice.announces, "Delivery Stop")
		self.assertEqual(walked[-1][3], ("Delivery Stop",))
		self.assertEqual(
			frappe.db.get_value("Credit Profile", {"customer": self.customer.name}, "status"), "Delivery Stop"
		)

	def test_high_risk_of_segment_a_is_not_stopped(self):
		self.a_customer("A", "C")
		self.assertEqual([row[1] for row in self.walk(-5, 1, 15, 30)], ["D-5", "D1"])

	def test_the_standard_ladder(self):
		self.a_customer("C")
		walked = self.walk(0, 7, 14, 21, 30, 45, 60, 61)
		self.assertEqual(
			[row[:3] for row in walked],
			[
				(0, "D0", "E-mail"),
				(7, "D7", "E-mail"),
				(14, "D14", "Phone Call"),
				(21, "D21", "E-mail"),
				(30, "D30", "Registered Letter"),
				(45, "D45", "Legal Notice"),
				(60, "D60", "Collection Agency"),
			],
		)
		notices = {
			row.step_code: row
			for row in frappe.get_all(
				"Dunning Notice",
				{"customer": self.customer.name},
				["step_code", "fee", "interest", "claimed_interest", "compensation", "announces", "deadline"],
			)
		}
		# The third fee would come nine days after the second (requirements §3.1): it is dropped.
		self.assertEqual([notices[code].fee for code in ("D7", "D21", "D30")], [100, 100, 0])
		self.assertEqual(notices["D21"].announces, "Delivery Stop, Interest")
		self.assertGreater(notices["D21"].interest, 0)
		self.assertEqual(notices["D21"].claimed_interest, 0)
		self.assertGreater(notices["D30"].claimed_interest, 0)
		self.assertEqual(notices["D45"].compensation, 310)
		self.assertIn("Collection", notices["D45"].announces)
		(case,) = frappe.get_all("Collection Case", {"customer": self.customer.name}, ["status"])
		self.assertIn(case.status, ("Draft", "Notice Sent", "Ready"))

	def test_every_customer_has_a_flow(self):
		book = dunning_flows.FlowBook("", getdate())
		expected = {
			("A", "A"): standard.LOW_FLOW,
			("A", "C"): standard.HIGH_FLOW,
			("B", "B"): standard.MEDIUM_FLOW,
			("C", "B"): standard.STANDARD_FLOW,
			("D", "A"): standard.HIGH_FLOW,
			("", ""): standard.STANDARD_FLOW,
		}
		for (segment, risk), flow in expected.items():
			self.assertEqual(book.of("somebody", None, segment, risk).flow.name, flow, (segment, risk))


class TestChecks(DunningTestCase):
	def refused(self, text: str, **fields):
		self.flow.update(fields)
		with self.assertRaisesRegex(DunningError, text):
			self.flow.save()
		self.flow.reload()

	def test_a_flow_that_could_not_be_run(self):
		plain = make_template("Plain")
		self.refused("choose its template", steps=[step("D1", 1)])
		self.refused(
			"Two steps are called D1", steps=[step("D1", 1, template=plain), step("D1", 2, template=plain)]
		)
		self.refused("no earlier step announces it", steps=[step("D1", 1, template=plain, delivery_stop=1)])
		self.refused("no earlier step announces it", steps=[step("D1", 1, "Collection Agency", hand_over=1)])
		self.refused("not in writing", steps=[step("D1", 1, "Phone Call", fee_basis="Statutory Maximum")])
		self.refused("segment Q", steps=[step("D1", 1, template=plain, for_segments="Q")])
		self.refused("before it begins", valid_from=nowdate(), valid_until=add_days(nowdate(), -1))

	def test_a_step_that_announces_is_never_skipped(self):
		formal = make_template("Formal", announces_collection=1)
		self.flow.set(
			"steps", [step("D5", 5, template=formal), step("D1", 1, template=make_template("Plain"))]
		)
		self.flow.save()
		self.assertEqual(
			[(row.step_code, row.may_be_skipped) for row in self.flow.steps], [("D1", 1), ("D5", 0)]
		)

	def test_a_second_flow_for_the_same_customer(self):
		other = frappe.copy_doc(self.flow)
		other.flow_name = f"Second {frappe.generate_hash(length=6)}"
		with self.assertRaisesRegex(DunningError, "at the same time"):
			other.insert()
		other.valid_from = add_days(nowdate(), 10)
		self.flow.valid_until = add_days(nowdate(), 9)
		self.flow.save()
		other.insert()

	def test_own_flow_company_flow_and_dates(self):
		own = frappe.get_doc(
			{
				"doctype": "Dunning Flow",
				"flow_name": f"Own {frappe.generate_hash(length=6)}",
				"scopes": [{"customer": make.make_customer().name}],
				"steps": [step("D1", 1, template=make_template("Plain"))],
			}
		).insert()
		book = dunning_flows.FlowBook("", getdate())
		self.assertEqual(book.of(self.customer.name, own.name, "C", "B").flow.name, own.name)
		self.assertEqual(book.of(self.customer.name, None, "C", "B").flow.name, self.flow.name)
		later = dunning_flows.FlowBook("", getdate(add_days(nowdate(), 10)))
		own.valid_until = add_days(nowdate(), 5)
		own.save()
		later = dunning_flows.FlowBook("", getdate(add_days(nowdate(), 10)))
		self.assertEqual(later.of(self.customer.name, own.name, "C", "B").flow.name, self.flow.name)

	def test_quiet_periods_over_the_end_of_the_year(self):
		first, last = getdate("2025-12-23"), getdate("2026-01-02")
		for day, quiet in (
			("2026-12-22", False),
			("2026-12-23", True),
			("2026-12-31", True),
			("2027-01-02", True),
			("2027-01-03", False),
		):
			self.assertEqual(dunning_flows._within_year(first, last, getdate(day)), quiet, day)

	def test_days_on_which_a_customer_pays(self):
		self.assertEqual(dunning_flows.payment_days("15, 1", "X"), (1, 15))
		with self.assertRaisesRegex(DunningError, "no day of the month"):
			dunning_flows.payment_days("32", "X")


class TestExclusions(DunningTestCase):
	def exclusion(self, **fields):
		return frappe.get_doc(
			{
				"doctype": "Dunning Exclusion",
				"customer": self.customer.name,
				"valid_until": add_days(nowdate(), 10),
				"reason": "Because",
				**fields,
			}
		)

	def test_with_a_reason_and_an_end(self):
		from b2b_contracts import dunning_api

		for text, fields in (
			("Say why", {"reason": " "}),
			("before it begins", {"valid_until": add_days(nowdate(), -1)}),
			("a year at most", {"valid_until": add_days(nowdate(), 500)}),
			("one of", {"sales_invoice": self.owes(customer=self.another()).name}),
		):
			with self.assertRaisesRegex(DunningError, text):
				self.exclusion(**fields).insert()
		self.owes(1_000, 7)
		doc = self.exclusion().insert()
		self.assertEqual(self.notice(self.planned()).reason, "Excluded")
		with self.assertRaises(frappe.ValidationError):
			doc.delete()
		dunning_api.end_exclusion(doc.name, "Settled")
		self.assertEqual(self.notice(self.planned()).status, "Planned")
		with self.assertRaisesRegex(DunningError, "ended already"):
			dunning_api.end_exclusion(doc.name, "Again")

	def test_of_one_invoice(self):
		invoice, other = self.owes(1_000, 7), self.owes(500, 7)
		self.exclusion(sales_invoice=invoice.name).insert()
		rows = {row.sales_invoice: row.chased_amount for row in self.notice(self.planned()).items}
		self.assertEqual(rows, {invoice.name: 0, other.name: 500})

	def another(self):
		return make.make_customer()
