"""Statements in bulk: killed anywhere and started again a run sends nothing twice and leaves nobody out."""

from contextlib import contextmanager
from io import BytesIO
from unittest.mock import patch

import frappe
from frappe.utils import add_days, nowdate
from pypdf import PdfReader

from b2b_contracts import statements_api as api
from b2b_contracts.collections import statement_letters, statement_runs, statement_sending
from b2b_contracts.credit import locking
from b2b_contracts.exceptions import EvidenceError, StatementError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase, email_of

PATH = "b2b_contracts.collections.statement_runs"


class Killed(BaseException):
	"""The worker is gone: nothing catches this."""


class RunTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		make.make_outgoing_account()
		# Whose customers a run is for: those of this test alone.
		self.collector = make.make_user("Collector")
		self.customers = [self.customer() for _n in range(3)]

	def customer(self, amount: float = 500, days: int = 30, contact: bool = True, **fields):
		customer = make.make_customer(b2b_collector=self.collector, **fields)
		with make.policy_off():
			if amount:
				make.make_overdue_invoice(customer, amount, days)
		if contact:
			make.make_contact(customer, frappe.generate_hash(length=8), [{"role": "Accounts Payable"}])
		return customer

	def run_of(self, user: str = "collector", **fields):
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Account Statement Run",
					"company": COMPANY,
					"kind": "Open Items",
					"to_date": nowdate(),
					"delivery": "E-mail",
					"collector": self.collector,
					"only_open": 1,
					**fields,
				}
			).insert()

	def start(self, run, user: str = "collector"):
		with as_user(user):
			api.start_statement_run(run.name)

	def work(self, run):
		"""Do what the workers do, one job after the other."""
		with transactions(), jobs_at_once():
			statement_runs.go_on(run.name)
		return run.reload()

	def done(self, **fields):
		run = self.run_of(**fields)
		self.start(run)
		return self.work(run)

	def rows(self, run) -> dict[str, str]:
		filters = {"run": run.name}
		return dict(
			frappe.get_all("Account Statement", filters=filters, fields=["customer", "status"], as_list=True)
		)

	def mails(self, run) -> int:
		names = frappe.get_all("Account Statement", filters={"run": run.name}, pluck="name")
		return frappe.db.count("Email Queue", {"reference_name": ["in", [*names, ""]]})


@contextmanager
def transactions():
	"""Let commits and rollbacks be those of savepoints, so that the test's own transaction stands around them."""
	frappe.db.savepoint("b2b_committed")
	rollback = frappe.local.db.rollback

	def back(save_point: str | None = None, **_options):
		rollback(save_point=save_point or "b2b_committed")

	with (
		patch.object(frappe.local.db, "commit", lambda: frappe.db.savepoint("b2b_committed")),
		patch.object(frappe.local.db, "rollback", back),
	):
		yield


@contextmanager
def jobs_at_once():
	def enqueue(method, queue=None, timeout=None, **kwargs):
		frappe.get_attr(method)(**kwargs)

	with patch.object(frappe, "enqueue", enqueue):
		yield


@contextmanager
def small_pdfs():
	"""Spare the printing where the page is not looked at."""
	page = BytesIO()
	from pypdf import PdfWriter

	writer = PdfWriter()
	writer.add_blank_page(100, 100)
	writer.write(page)
	with patch.object(statement_letters, "pdf_of", lambda *_a, **_k: page.getvalue()):
		yield


class TestRun(RunTestCase):
	def test_everybody_once(self):
		run = self.done()
		self.assertEqual(self.rows(run), {customer.name: "Sent" for customer in self.customers})
		self.assertEqual(
			(run.status, run.planned_count, run.sent_count, run.failed_count), ("Completed", 3, 3, 0)
		)
		self.assertEqual(self.mails(run), 3)
		self.assertEqual(run.started_by, email_of("collector"))
		row = frappe.get_last_doc("Account Statement", {"run": run.name})
		self.assertIn("500.00", row.balance)
		with self.assertRaisesRegex(StatementError, "is completed"):
			self.start(run)
		# A job that comes late finds nothing to do.
		self.work(run)
		with transactions(), jobs_at_once():
			statement_runs.send_some(
				run.name, frappe.get_all("Account Statement", {"run": run.name}, pluck="name")
			)
		self.assertEqual(self.mails(run), 3)

	def test_who_is_in_it(self):
		nothing = self.customer(0)
		young = self.customer(80, days=-5)
		paid = self.customer(90)
		invoice = frappe.get_last_doc("Sales Invoice", {"customer": paid.name})
		make.make_payment(invoice)
		segment_a = self.customer(70)
		make.make_profile(segment_a, segment="A")
		of_ours = {customer.name for customer in self.customers}

		def chosen(**fields) -> set[str]:
			return set(statement_runs.customers_of(self.run_of(**fields)))

		self.assertEqual(chosen(), {*of_ours, young.name, segment_a.name})
		self.assertEqual(chosen(only_open=0), {*of_ours, young.name, segment_a.name, paid.name})
		self.assertEqual(chosen(segment="A"), {segment_a.name})
		self.assertNotIn(nothing.name, chosen(only_open=0))
		with small_pdfs():
			run = self.done(only_overdue=1)
		self.assertEqual(self.rows(run)[young.name], "Skipped")
		self.assertEqual((run.sent_count, run.skipped_count), (4, 1))

	def test_as_of_a_day_before_it_was_paid(self):
		invoice = frappe.get_last_doc("Sales Invoice", {"customer": self.customers[0].name})
		make.make_payment(invoice)
		self.assertNotIn(self.customers[0].name, statement_runs.customers_of(self.run_of()))
		earlier = self.run_of(to_date=add_days(nowdate(), -1))
		self.assertIn(self.customers[0].name, statement_runs.customers_of(earlier))

	def test_who_has_no_address_is_left_out_or_printed(self):
		silent = self.customer(60, contact=False)
		with small_pdfs():
			run = self.done()
			self.assertEqual(self.rows(run)[silent.name], "Skipped")
			reason = frappe.db.get_value(
				"Account Statement", {"run": run.name, "customer": silent.name}, "reason"
			)
			self.assertIn("no e-mail address", reason)
			run = self.done(delivery="E-mail, else Print")
		self.assertEqual(self.rows(run)[silent.name], "Printed")
		self.assertEqual((run.sent_count, run.printed_count), (3, 1))

	def test_what_is_printed_is_one_pdf_in_the_order_of_names(self):
		run = self.done(delivery="Print")
		self.assertEqual(set(self.rows(run).values()), {"Printed"})
		self.assertEqual(self.mails(run), 0)
		file = frappe.get_doc("File", {"file_url": run.print_file})
		self.assertTrue(file.is_private)
		pages = [page.extract_text() for page in PdfReader(BytesIO(file.get_content())).pages]
		names = sorted(customer.customer_name for customer in self.customers)
		self.assertEqual(len(pages), 3)
		for page, name in zip(pages, names, strict=True):
			self.assertIn(name, " ".join(page.split()))

	def test_a_large_one_is_printed_in_parts(self):
		with small_pdfs(), patch.object(statement_runs, "BOUND", 2):
			run = self.done(delivery="Print")
		files = frappe.get_all("File", filters={"attached_to_name": run.name}, pluck="file_name")
		self.assertEqual(len(files), 2)

	def test_an_insolvent_customer_gets_none(self):
		frappe.get_doc(
			{
				"doctype": "Insolvency Case",
				"customer": self.customers[0].name,
				"kind": "Bankruptcy",
				"insolvent_on": nowdate(),
				"case_number": "K 12/2026",
				"evidence": frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
			}
		).insert()
		with small_pdfs():
			run = self.done()
		self.assertEqual(self.rows(run)[self.customers[0].name], "Skipped")
		self.assertEqual(run.sent_count, 2)

	def test_one_that_fails_keeps_no_other_out_and_is_tried_again(self):
		failing = self.customers[1].name
		deliver = statement_sending.deliver

		def fail(row, *arguments, **options):
			if row.customer == failing:
				raise ZeroDivisionError
			deliver(row, *arguments, **options)

		with small_pdfs():
			run = self.run_of()
			self.start(run)
			with patch.object(statement_sending, "deliver", fail):
				self.work(run)
			self.assertEqual((run.status, run.sent_count, run.failed_count), ("Completed", 2, 1))
			self.assertEqual(self.rows(run)[failing], "Failed")
			self.start(run)
			self.work(run)
		self.assertEqual((run.status, run.sent_count, run.failed_count), ("Completed", 3, 0))
		self.assertEqual(self.mails(run), 3)

	def test_a_refusal_is_the_reason(self):
		with small_pdfs(), patch.object(frappe, "sendmail", side_effect=frappe.OutgoingEmailError):
			run = self.done()
		self.assertEqual(run.failed_count, 3)
		reason = frappe.db.get_value("Account Statement", {"run": run.name}, "reason")
		self.assertIn("could be queued", reason)
		self.assertFalse(frappe.db.get_value("Account Statement", {"run": run.name}, "pdf"))

	def test_one_that_is_cancelled_goes_on_later(self):
		run = self.run_of()
		self.start(run)
		send, sent = statement_runs._send, []

		def one(name):
			if len(sent) == 1:
				frappe.db.set_value("Account Statement Run", run.name, "status", "Cancelled")
			sent.append(name)
			return send(name)

		with small_pdfs():
			with patch.object(statement_runs, "_send", one):
				self.work(run)
			self.assertEqual(run.status, "Cancelled")
			self.assertEqual(sorted(self.rows(run).values()), ["Planned", "Sent", "Sent"])
			self.start(run)
			self.work(run)
		self.assertEqual((run.status, run.sent_count, self.mails(run)), ("Completed", 3, 3))


class TestKilled(RunTestCase):
	"""Killed before and after every effect, and gone on with by the sweep."""

	EFFECTS = (
		(locking, "write"),
		(statement_sending, "_kept"),
		(statement_sending, "_mail"),
		(statement_sending, "_done"),
		(frappe, "enqueue"),
	)

	@contextmanager
	def killed_at(self, point: int):
		"""Kill the worker at one point: before the first effect, after it, before the second … Says whether it came to that."""
		passed = {"points": 0, "killed": False}

		def reached():
			passed["points"] += 1
			if passed["points"] == point:
				passed["killed"] = True
				raise Killed

		def dangerous(function):
			def call(*arguments, **options):
				reached()
				result = function(*arguments, **options)
				reached()
				return result

			return call

		def enqueue(method, queue=None, timeout=None, **kwargs):
			frappe.get_attr(method)(**kwargs)

		with transactions():
			commit = frappe.local.db.commit
			patches = [
				patch.object(holder, name, dangerous(enqueue if name == "enqueue" else getattr(holder, name)))
				for holder, name in self.EFFECTS
			]
			patches.append(patch.object(frappe.local.db, "commit", dangerous(commit)))
			for one in patches:
				one.start()
			try:
				yield passed
			except Killed:
				pass
			finally:
				for one in reversed(patches):
					one.stop()
			# The database of a killed worker forgets what was not committed.
			frappe.local.db.rollback()

	def survives(self, **fields) -> int:
		"""Kill runs at every point there is; returns how many points there were."""
		point = 0
		while True:
			point += 1
			run = self.run_of(**fields)
			self.start(run)
			with self.killed_at(point) as passed:
				statement_runs.go_on(run.name)
			killed = passed["killed"]
			with self.subTest(point):
				with transactions(), jobs_at_once():
					frappe.cache.delete_value(statement_runs._alive_key(run.name))
					statement_runs.sweep()
				run.reload()
				self.assertEqual(run.status, "Completed", f"killed at point {point}")
				self.assertEqual(len(self.rows(run)), 3)
				self.check(run)
			if not killed:
				return point

	def check(self, run):
		self.assertEqual(self.mails(run), 3)
		self.assertEqual((run.sent_count, run.failed_count), (3, 0))

	def test_no_mail_is_sent_twice_and_none_is_missing(self):
		with small_pdfs(), patch.object(statement_runs, "SHARD", 1):
			self.assertGreater(self.survives(), 30)

	def test_two_workers_on_the_same_rows(self):
		run = self.run_of()
		self.start(run)
		with small_pdfs(), transactions(), jobs_at_once():
			statement_runs._plan(run.name)
			names = frappe.get_all("Account Statement", filters={"run": run.name}, pluck="name")
			send = statement_runs._send

			def meanwhile(name):
				# Another worker has the same rows and is a little faster.
				send(name)
				return send(name)

			with patch.object(statement_runs, "_send", meanwhile):
				statement_runs.send_some(run.name, names)
		self.assertEqual(self.mails(run), 3)

	def test_planned_twice_at_once_is_one_row_a_customer(self):
		run = self.run_of()
		self.start(run)
		with transactions():
			statement_runs._plan(run.name)
			frappe.db.set_value("Account Statement Run", run.name, "status", "Queued")
			with patch.object(frappe, "get_all", self.blind(frappe.get_all)):
				statement_runs._plan(run.name)
		self.assertEqual(len(self.rows(run)), 3)

	def blind(self, get_all):
		"""Another transaction's snapshot does not show the rows that this one has written."""

		def get(doctype, *arguments, **options):
			return [] if doctype == "Account Statement" else get_all(doctype, *arguments, **options)

		return get

	def test_one_that_is_at_work_is_left_alone(self):
		run = self.run_of()
		self.start(run)
		with patch.object(statement_runs, "go_on") as go_on:
			statement_runs.sweep()
			self.assertNotIn(run.name, [call.args[0] for call in go_on.call_args_list])


class TestConfirmations(RunTestCase):
	def test_a_run_asks_everybody_to_confirm(self):
		run = self.done(kind="Balance Confirmation", remind_after_days=5, give_up_after_days=9)
		asked = frappe.get_all(
			"Balance Confirmation",
			filters={"run": run.name},
			fields=["name", "customer", "status", "remind_after_days", "pdf"],
		)
		self.assertEqual({row.customer for row in asked}, {customer.name for customer in self.customers})
		self.assertEqual({(row.status, row.remind_after_days) for row in asked}, {("Sent", 5)})
		self.assertTrue(all(row.pdf for row in asked))
		mails = frappe.get_all("Email Queue", {"reference_name": asked[0].name}, pluck="message")
		self.assertEqual(len(mails), 1)
		self.assertIn("/confirm-balance?token=", make.text_of(mails[0]))

	def test_days_that_cannot_be_are_the_reason(self):
		with small_pdfs():
			run = self.done(kind="Balance Confirmation", remind_after_days=9, give_up_after_days=9)
		self.assertEqual(run.failed_count, 3)
		self.assertFalse(frappe.db.exists("Balance Confirmation", {"run": run.name}))


class TestRights(RunTestCase):
	def test_sellers_run_nothing(self):
		run = self.run_of()
		for user in ("seller1", "sales_manager", "stock_user", "auditor"):
			with as_user(user):
				self.assertRaises(frappe.PermissionError, api.start_statement_run, run.name)
				with self.assertRaises(frappe.PermissionError):
					frappe.get_doc(run.as_dict() | {"name": None}).insert()

	def test_whoever_may_see_some_customers_sends_to_those(self):
		user = make.make_user("Collector", "Accounts User")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": self.customers[0].name,
			}
		).insert()
		with small_pdfs():
			run = self.run_of(user=user)
			self.start(run, user)
			# Whatever worker goes on with it.
			self.work(run)
		self.assertEqual(self.rows(run), {self.customers[0].name: "Sent"})

	def test_what_was_asked_stays_and_is_kept(self):
		with small_pdfs():
			run = self.done()
		with as_user("collector"):
			run.update({"to_date": add_days(nowdate(), -9), "status": "Draft", "sent_count": 99})
			run.save()
			self.assertEqual((str(run.to_date), run.status, run.sent_count), (nowdate(), "Completed", 3))
		with self.assertRaises(EvidenceError):
			run.delete()

	def test_a_client_cannot_say_that_it_was_sent(self):
		run = self.run_of(status="Completed", sent_count=7, started_by="Administrator")
		self.assertEqual((run.status, run.sent_count, run.started_by), ("Draft", 0, None))

	def test_days_are_checked(self):
		with self.assertRaisesRegex(StatementError, "still to come"):
			self.run_of(to_date=add_days(nowdate(), 1))
		with self.assertRaisesRegex(StatementError, "first day"):
			self.run_of(kind="Movements")
		self.assertIsNone(self.run_of(from_date=nowdate()).from_date)
