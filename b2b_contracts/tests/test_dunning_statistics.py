"""What dunning brings and costs: the report's figures are those of the ledger, and of whom the user may see."""

from io import BytesIO

import frappe
from frappe.desk import query_report
from frappe.utils import add_days, get_datetime, nowdate

from b2b_contracts.collections import dunning_channels, payment_links
from b2b_contracts.collections.collection_tasks import About, log, open_task
from b2b_contracts.reporting import shown
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY
from b2b_contracts.tests.test_dunning_runs import DunningTestCase, age

SHARES = ("paid_7", "paid_14", "paid_30")


class StatisticsTestCase(DunningTestCase):
	def report(self, user: str = "controller", **filters) -> dict:
		filters = {"company": COMPANY, "flow": self.flow.name, **filters}
		with as_user(user):
			return query_report.run("Dunning Effectiveness", filters=filters, ignore_prepared_report=True)

	def rows(self, user: str = "controller", **filters) -> dict[str, dict]:
		rows = [row for row in self.report(user, **filters)["result"] if isinstance(row, dict)]
		return {row["key"].removeprefix(f"{self.flow.name}: "): row for row in rows}

	def cards(self, **filters) -> list:
		return [card["value"] for card in self.report(**filters)["report_summary"]]

	def reminded(self, days_ago: int):
		"""Send what is due, as if that had been so many days ago; returns the notice."""
		notice = self.notice(self.sent(self.planned()))
		day = add_days(nowdate(), -days_ago)
		frappe.db.set_value(
			"Dunning Notice",
			notice.name,
			{"sent_on": get_datetime(f"{day} 06:00"), "status": "Sent"},
			update_modified=False,
		)
		frappe.db.set_value("Dunning Log", {"notice": notice.name}, "sent_on", day)
		return notice.reload()

	def another_customer(self) -> None:
		self.customer = make.make_customer()
		make.make_contact(
			self.customer, f"ap-{frappe.generate_hash(length=6)}", [{"role": "Accounts Payable"}]
		)
		self.flow.reload().append("scopes", {"customer": self.customer.name})
		self.flow.save()

	def pays(self, invoice, days_ago: int, amount: float | None = None) -> None:
		make.make_payment(invoice, amount, posting_date=add_days(nowdate(), -days_ago))


class TestPaid(StatisticsTestCase):
	def test_shares_are_of_what_is_over_and_amounts_of_the_ledger(self):
		first = self.owes(1_000, 7)
		self.reminded(40)
		self.pays(first, 36, 400)
		self.pays(first, 28)
		self.another_customer()
		self.owes(3_000, 7)
		self.reminded(40)
		self.another_customer()
		third = self.owes(500, 7)
		self.reminded(10)
		self.pays(third, 5)
		row = self.rows()["D7"]
		self.assertEqual((row["sent"], row["invoices"], row["asked"], row["collected"]), (3, 3, 4_500, 1_500))
		# Within 7 days: one of three. Within 14 and 30: one of the two whose days are over.
		for field, expected in zip(SHARES, (100 / 3, 50, 50), strict=True):
			self.assertAlmostEqual(row[field], expected, places=4, msg=field)
		self.assertAlmostEqual(row["paid_amount_7"], 100 * 900 / 4_500, places=4)
		self.assertAlmostEqual(row["paid_amount_30"], 100 * 1_000 / 4_000, places=4)
		hit, hit_amount = self.cards()[:2]
		self.assertEqual((hit, hit_amount), (shown.percent_text(33.3), shown.percent_text(20)))

	def test_what_came_before_the_notice_by_credit_note_or_too_late_is_not_its(self):
		invoice = self.owes(1_000, 7)
		self.pays(invoice, 41, 100)
		self.reminded(40)
		make.make_credit_note(invoice, 300)
		self.pays(invoice, 5)
		row = self.rows()["D7"]
		self.assertEqual((row["asked"], row["collected"]), (900, 0))
		self.assertEqual([row[field] for field in SHARES], [0, 0, 0])

	def test_of_two_notices_the_later_one_collects_and_each_share_counts_its_own_days(self):
		invoice = self.owes(1_000, 0)
		self.reminded(40)
		age(self.customer.name, 7)
		self.reminded(33)
		self.pays(invoice, 30, 1_000)
		rows = self.rows()
		self.assertEqual(
			[(rows[k]["collected"], rows[k]["paid_14"]) for k in ("D0", "D7")], [(0, 100), (1_000, 100)]
		)
		self.assertEqual(rows["D0"]["paid_7"], 0)
		# The first reminder is the first after the due date: the friendly notice is none.
		self.assertEqual(self.cards()[0], shown.percent_text(100))
		self.assertEqual(self.cards(to_date=add_days(nowdate(), -39))[0], "–")

	def test_a_second_reminder_is_no_first_one(self):
		invoice = self.owes(1_000, 7)
		self.reminded(60)
		age(self.customer.name, 14)
		self.reminded(40)
		self.pays(invoice, 38, 1_000)
		self.assertEqual(self.rows()["D21"]["paid_7"], 100)
		self.assertEqual(self.cards()[0], shown.percent_text(0))

	def test_the_days_and_the_flow_of_the_filters(self):
		self.owes(1_000, 7)
		self.reminded(40)
		self.assertEqual(self.rows(to_date=add_days(nowdate(), -41)), {})
		self.assertEqual(self.rows(from_date=add_days(nowdate(), -39)), {})
		self.assertIn("D7", self.rows(from_date=add_days(nowdate(), -40), to_date=add_days(nowdate(), -40)))
		with self.assertRaisesRegex(frappe.ValidationError, "comes after"):
			self.report(from_date=nowdate(), to_date=add_days(nowdate(), -1))
		with self.assertRaisesRegex(frappe.ValidationError, "not offered here"):
			self.report(by="Mood")


class TestSentAndCost(StatisticsTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_value(
			"Company",
			COMPANY,
			{
				"b2b_cost_letter": 20,
				"b2b_cost_registered_letter": 110,
				"b2b_cost_sms": 0.5,
				"b2b_cost_call_minute": 6,
				"b2b_call_minutes": 5,
			},
		)
		frappe.clear_document_cache("Company", COMPANY)
		self.addCleanup(frappe.clear_document_cache, "Company", COMPANY)

	def test_a_mail_that_came_back_did_not_arrive_and_its_letter_costs(self):
		self.owes(1_000, 7)
		notice = self.reminded(3)
		self.assertEqual(self.rows()["D7"]["cost"], 0)
		dunning_channels._did_not_go(notice.name, "No such mailbox")
		row = self.rows()["D7"]
		self.assertEqual((row["sent"], row["delivered"], row["failed"], row["cost"]), (1, 0, 1, 20))
		self.assertEqual(self.rows(by="Channel")["Letter"]["sent"], 1)

	def test_delivered_and_opened(self):
		self.owes(1_000, 7)
		notice = self.reminded(3)
		self.another_customer()
		self.owes(1_000, 7)
		self.reminded(3)
		link = payment_links.link_for(
			customer=notice.customer, company=COMPANY, about=("Dunning Notice", notice.name)
		)
		for _n in range(2):
			payment_links.count_click(link.split("token=")[1])
		row = self.rows()["D7"]
		self.assertEqual((row["sent"], row["delivered"], row["failed"], row["clicked"]), (2, 2, 0, 50))
		self.assertEqual(self.cards()[2], shown.percent_text(50))

	def test_calls_cost_their_minutes(self):
		self.owes(1_000, 14)
		notice = self.reminded(2)
		self.assertEqual(notice.step_code, "D14")
		(task,) = frappe.get_all(
			"Collection Task",
			{"reference_doctype": "Dunning Notice", "reference_name": notice.name},
			pluck="name",
		)
		for _n in range(2):
			log(task, "Not Reached")
		row = self.rows()["D14"]
		self.assertEqual((row["sent"], row["calls"], row["cost"]), (1, 2, 60))
		self.assertEqual(self.rows(by="Channel")["Phone Call"]["calls"], 2)
		self.assertEqual(self.rows(by="Month")[notice.sent_on.strftime("%Y-%m")]["calls"], 2)

	def test_a_call_about_something_else_is_not_dunnings(self):
		task = open_task(
			"Phone Call",
			self.customer.name,
			COMPANY,
			about=About("Customer", self.customer.name, "x"),
			due=nowdate(),
		)
		log(task, "Not Reached")
		self.assertEqual(self.rows(), {})

	def test_charges_claimed_and_paid(self):
		self.owes(1_000, 7)
		notice = self.reminded(3)
		row = self.rows()["D7"]
		self.assertEqual((row["claimed"], row["charges_paid"]), (100, 0))
		charge = frappe.get_last_doc("Dunning Charge", {"notice": notice.name})
		frappe.db.set_value("Dunning Charge", charge.name, "paid_amount", 60)
		self.assertEqual(self.rows()["D7"]["charges_paid"], 60)

	def test_by_channel_template_and_month_it_is_the_same_money(self):
		invoice = self.owes(1_000, 7)
		notice = self.reminded(10)
		self.pays(invoice, 8)
		for by, key in (
			("Channel", "E-mail"),
			("Template", notice.template),
			("Month", notice.sent_on.strftime("%Y-%m")),
		):
			row = self.rows(by=by)[key]
			self.assertEqual(
				(row["sent"], row["asked"], row["collected"], row["paid_7"]), (1, 1_000, 1_000, 100)
			)


class TestWhoSeesWhat(StatisticsTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer(account_manager="seller1")
		self.flow.append("scopes", {"customer": self.customer.name})
		self.flow.save()
		self.owes(1_000, 7)
		self.mine = self.reminded(10)
		self.customer = make.make_customer(account_manager="seller2")
		self.flow.append("scopes", {"customer": self.customer.name})
		self.flow.save()
		self.owes(7_000, 7)
		self.theirs = self.reminded(10)

	def test_a_seller_sees_the_own_customers_in_rows_chart_and_totals(self):
		self.assertEqual(self.rows()["D7"]["asked"], 8_000)
		for user, asked in (("seller1", 1_000), ("seller2", 7_000)):
			found = self.report(user)
			(row,) = [row for row in found["result"] if isinstance(row, dict)]
			self.assertEqual((row["sent"], row["asked"]), (1, asked))
		self.pays(frappe.get_doc("Sales Invoice", self.theirs.items[0].sales_invoice), 8)
		found = self.report("seller1")
		none = shown.percent_text(0)
		self.assertEqual([card["value"] for card in found["report_summary"]], [none, none, "–", 0.0, 0.0])
		self.assertEqual([d["values"] for d in found["chart"]["data"]["datasets"]], [[1_000], [0]])
		self.assertEqual(self.report("controller")["report_summary"][3]["value"], 7_000)

	def test_user_permissions_hold_for_full_viewers_too(self):
		user = make.make_user("Credit Controller")
		permission = frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": self.mine.customer}
		).insert()
		self.addCleanup(permission.delete)
		self.assertEqual(self.rows(user)["D7"]["asked"], 1_000)

	def test_a_stranger_to_notices_is_refused(self):
		with self.assertRaises(frappe.PermissionError):
			self.report(make.make_user("Stock User"))

	def test_as_xlsx(self):
		from openpyxl import load_workbook

		with as_user("controller"):
			frappe.local.form_dict = frappe._dict(
				report_name="Dunning Effectiveness",
				file_format_type="Excel",
				filters=frappe.as_json({"company": COMPANY, "flow": self.flow.name}),
				visible_idx="[]",
			)
			query_report.export_query()
		sheet = load_workbook(BytesIO(frappe.response["filecontent"])).active
		cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
		header = next(row for row in cells if "Sent" in row)
		row = next(row for row in cells if row[0] == f"{self.flow.name}: D7")
		self.assertEqual((row[header.index("Sent")], row[header.index("Asked for")]), (2, 8_000))


# Its own tests run where it stands.
del DunningTestCase
