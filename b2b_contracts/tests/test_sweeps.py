"""The nightly jobs of securities and payment history: run twice, and killed between any two of their pieces."""

from contextlib import contextmanager
from unittest.mock import patch

import frappe
from frappe.utils import add_days, nowdate

from b2b_contracts.credit import clearing, payment_history, securities
from b2b_contracts.tests.factories import (
	make_customer,
	make_invoice,
	make_overdue_invoice,
	make_profile,
	make_security,
)
from b2b_contracts.tests.scaffold import COMPANY, SiteTestCase


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
