"""The scheduled jobs: run twice, and killed between any two of their pieces."""

from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from b2b_contracts import approvals_api, collections_api
from b2b_contracts.collections import disputes, payment_slips, plans, promises
from b2b_contracts.credit import clearing, escalation, payment_history, securities
from b2b_contracts.tests.factories import (
	as_user,
	make_customer,
	make_dispute,
	make_invoice,
	make_overdue_invoice,
	make_plan,
	make_profile,
	make_security,
	policy_off,
)
from b2b_contracts.tests.scaffold import COMPANY, SECURITY_FILE, SiteTestCase


@contextmanager
def killed_after(pieces: int):
	"""Let a job do some pieces of its work and die in the next, as a worker that is shut down does."""
	done = []

	def work_or_die(work, *arguments):
		if len(done) == pieces:
			raise KeyboardInterrupt
		done.append(arguments)
		return work(*arguments)

	with patch.object(clearing, "in_own_transaction", work_or_die):
		yield done


class TestExpiry(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.names = [make_security(make_customer(), 1000).name for _n in range(3)]
		for name in self.names:
			frappe.db.set_value("Security Instrument", name, "expiry_date", add_days(nowdate(), -1))

	def expired(self) -> int:
		return frappe.db.count("Security Instrument", {"name": ["in", self.names], "status": "Expired"})

	def told(self) -> int:
		filters = {"reference_name": ["in", self.names], "comment_type": "Info"}
		return frappe.db.count("Comment", filters)

	def test_killed_between_any_two_and_run_again_all_have_expired_once(self):
		before = self.told()
		for pieces in (0, 1):
			with killed_after(pieces), self.assertRaises(KeyboardInterrupt):
				securities.expire_due()
			self.assertEqual(self.expired(), pieces)
		with killed_after(1000):
			securities.expire_due()
			securities.expire_due()
		self.assertEqual((self.expired(), self.told() - before), (3, 3))


class TestPaymentHistory(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.profiles = []
		for amount in (1000, 2000, 3000):
			customer = make_customer()
			self.profiles.append(make_profile(customer, manual_limit=100_000).name)
			make_invoice(customer, amount)
			make_overdue_invoice(customer, 10, days=40)

	def written(self) -> list:
		fields = ["annual_spend", "last_default_on"]
		return [tuple(frappe.db.get_value("Credit Profile", name, fields)) for name in self.profiles]

	def test_killed_between_any_two_and_run_again_all_is_written(self):
		others = frappe.db.count("Credit Profile", {"company": COMPANY}) - 3
		with patch.object(payment_history, "BATCH", 1):
			with killed_after(others + 2), self.assertRaises(KeyboardInterrupt):
				payment_history.daily()
			self.assertEqual(sum(1 for spend, _default in self.written() if spend), 2)
			with killed_after(10_000):
				payment_history.daily()
		whole = self.written()
		self.assertEqual([spend for spend, _default in whole], [1010, 2010, 3010])
		self.assertEqual({str(default) for _spend, default in whole}, {nowdate()})
		with killed_after(10_000):
			payment_history.daily()
		self.assertEqual(self.written(), whole)


class TestCollections(SiteTestCase):
	"""Three customers each, whose matter is due since yesterday: killed in the middle, and run again twice."""

	def setUp(self):
		super().setUp()
		self.invoices = []
		for _n in range(3):
			customer = make_customer()
			make_profile(customer, manual_limit=1_000_000, risk_class="B")
			with policy_off():
				self.invoices.append(make_overdue_invoice(customer, 3_000))

	def insert(self, doctype: str, user: str, **fields) -> list[str]:
		names = []
		for invoice in self.invoices:
			of_invoice = {"customer": invoice.customer, "company": COMPANY}
			more = {key: value(invoice) if callable(value) else value for key, value in fields.items()}
			with as_user(user):
				names.append(frappe.get_doc({"doctype": doctype, **of_invoice, **more}).insert().name)
		return names

	def moved(self, doctype: str, names: list[str], field: str, value) -> int:
		return frappe.db.count(doctype, {"name": ["in", names], field: value})

	def told(self, doctype: str, names: list[str]) -> int:
		return frappe.db.count("Notification Log", {"document_type": doctype, "document_name": ["in", names]})

	def assertKilledAndRunAgain(self, job, doctype: str, names: list[str], field: str, value):
		"""Wherever a job is killed, the pieces before are done and the others are not; then all are, once."""
		self.assertEqual(self.moved(doctype, names, field, value), 0)
		seen, told = set(), self.told(doctype, names)
		for pieces in range(100):
			try:
				with killed_after(pieces):
					job()
			except KeyboardInterrupt:
				seen.add(self.moved(doctype, names, field, value))
			else:
				break
		with killed_after(10_000):
			job()
			self.assertEqual(self.moved(doctype, names, field, value), len(names))
			after = self.told(doctype, names)
			self.assertGreaterEqual(after - told, len(names))
			job()
		self.assertTrue(seen & {1, 2}, f"it was never killed in the middle: {seen}")
		self.assertEqual(self.told(doctype, names), after)

	def test_promises(self):
		names = self.insert(
			"Promise to Pay", "collector", amount=100, promised_date=nowdate(), sales_invoice=lambda i: i.name
		)
		for name in names:
			earlier = {"made_on": add_days(nowdate(), -3), "promised_date": add_days(nowdate(), -1)}
			frappe.db.set_value("Promise to Pay", name, earlier)
		self.assertKilledAndRunAgain(promises.daily, "Promise to Pay", names, "status", "Broken")

	def test_payment_slips(self):
		names = self.insert(
			"Payment Slip",
			"seller1",
			amount=3_000,
			value_date=nowdate(),
			slip_file=frappe.db.get_value("File", {"file_name": SECURITY_FILE}, "file_url"),
			invoices=lambda i: [{"sales_invoice": i.name, "amount": 3_000}],
		)
		for name in names:
			with as_user("controller"):
				collections_api.accept_payment_slip(name)
			frappe.db.set_value("Payment Slip", name, "wait_until", add_days(nowdate(), -1))
		self.assertKilledAndRunAgain(payment_slips.daily, "Payment Slip", names, "status", "Not Arrived")

	def test_payment_plans(self):
		names = [make_plan((invoice, None)).name for invoice in self.invoices]
		for row in frappe.get_all("Payment Plan Instalment", {"parent": ["in", names]}, ["name", "due_date"]):
			earlier = add_days(row.due_date, -12)
			frappe.db.set_value("Payment Plan Instalment", row.name, "due_date", earlier)
		self.assertKilledAndRunAgain(plans.daily, "Payment Plan", names, "status", "Broken")

	def test_disputes_that_stand_still(self):
		names = [make_dispute((invoice, 1_000)).name for invoice in self.invoices]
		for name in names:
			frappe.db.set_value("Dispute", name, "last_progress_on", add_days(nowdate(), -20))
		self.assertKilledAndRunAgain(disputes.daily, "Dispute", names, "escalated_on", nowdate())

	def test_what_nobody_answers(self):
		names = []
		for invoice in self.invoices:
			with as_user("seller1"):
				asked = approvals_api.ask(
					"Cash Discount", "Sales Invoice", invoice.name, "A large order", {"discount_percent": 9}
				)
			names.append(asked["name"])
			late = add_to_date(now_datetime(), hours=-1)
			frappe.db.set_value("Approval Request", asked["name"], "response_due", late)
		self.assertKilledAndRunAgain(escalation.sweep, "Approval Request", names, "escalated_to", "Board")
