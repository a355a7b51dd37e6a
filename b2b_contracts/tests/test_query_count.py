"""What the gate costs in queries: the same for one line and fifty, for a new customer and one with a history."""

from contextlib import contextmanager

import frappe

from b2b_contracts.tests import factories as make
from b2b_contracts.tests.scaffold import SiteTestCase

CEILING = 17
"""So many queries may the gate add to the submit of an order that is clear. One of them asks for the terms of contracts."""

DELIVERY_CEILING = 30
"""So many may it add to the submit of a delivery."""


@contextmanager
def counted():
	"""Count the queries of a block; they are in the list that is given back."""
	queries: list[str] = []
	database = frappe.db.__class__  # `frappe.db` itself is a proxy
	original = database.sql

	def sql(self, *args, **kwargs):
		result = original(self, *args, **kwargs)
		queries.append(str(self.last_query))
		return result

	database.sql = sql
	try:
		yield queries
	finally:
		database.sql = original


class TestQueryCount(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = make.make_customer()
		make.make_profile(self.customer, manual_limit=10_000_000)

	def submit(self, customer, lines: int = 1) -> list[str]:
		"""Return the queries of submitting an order, when everything that is cached is cached."""
		for warm in (True, False):
			order = make.make_order(customer, items=[{"rate": 10} for _line in range(lines)], submit=False)
			with counted() as queries:
				order.submit()
			self.assertEqual(order.b2b_credit_status, self.expected, warm)
		return queries

	expected = "Clear"

	def switch_off(self):
		policy = make.active_policy()
		policy.mode = "Off"
		policy.save()
		self.expected = "Not Checked"

	def assert_same(self, queries: list[str], others: list[str]):
		more = "\n".join(q[:200] for q in others if q not in queries)
		self.assertEqual(len(queries), len(others), more)

	def test_the_gate_adds_as_many_queries_for_one_line_as_for_fifty(self):
		one, fifty = self.submit(self.customer, 1), self.submit(self.customer, 50)
		self.switch_off()
		one_without, fifty_without = self.submit(self.customer, 1), self.submit(self.customer, 50)
		added = len(one) - len(one_without)
		self.assertGreater(added, 0)
		self.assertEqual(len(fifty) - len(fifty_without), added)
		self.assertLessEqual(added, CEILING)

	def test_a_history_adds_none(self):
		# The gate asks once for each kind of document that was let through lately: one of each is there before.
		self.make_history(self.customer, 0)
		before = self.submit(self.customer)
		for number in range(1, 5):
			self.make_history(self.customer, number)
		self.assert_same(before, self.submit(self.customer))

	def test_more_securities_add_none(self):
		make.make_security(self.customer, 10_000)
		before = self.submit(self.customer)
		for _number in range(3):
			make.make_security(self.customer, 10_000)
		self.assert_same(before, self.submit(self.customer))

	def test_more_members_of_a_group_add_none(self):
		make.make_group(self.customer, self.new_member(), group_limit=100_000_000)
		self.make_history(self.customer, 0)
		before = self.submit(self.customer)
		more = [self.new_member() for _number in range(3)]
		group = frappe.get_doc("Credit Group", self.group_of(self.customer))
		for number, member in enumerate(more, 1):
			self.make_history(member, number)
			group.append("members", {"customer": member.name})
		group.save()
		self.assert_same(before, self.submit(self.customer))

	def test_a_delivery_costs_as_many_queries_more_for_one_line_as_for_twenty(self):
		lines = (1, 20)
		orders = {n: [self.order_of(n) for _turn in range(4)] for n in lines}
		with_policy = {n: self.deliver(orders[n][:2]) for n in lines}
		self.switch_off()
		without = {n: self.deliver(orders[n][2:]) for n in lines}
		one, twenty = (len(with_policy[n]) - len(without[n]) for n in lines)
		self.assertGreater(one, 0)
		self.assertEqual(one, twenty)
		self.assertLessEqual(one, DELIVERY_CEILING)

	def test_a_history_adds_none_to_a_delivery(self):
		self.make_history(self.customer, 0)
		before = self.deliver([self.order_of(1) for _turn in range(2)])
		for number in range(1, 5):
			self.make_history(self.customer, number)
		self.assert_same(before, self.deliver([self.order_of(1) for _turn in range(2)]))

	def order_of(self, lines: int):
		return make.make_order(self.customer, items=[{"rate": 10} for _line in range(lines)])

	def deliver(self, orders) -> list[str]:
		"""Return the queries of submitting the delivery of the last order, when everything that is cached is cached."""
		for order in orders:
			note = make.make_delivery(order, submit=False)
			with counted() as queries:
				note.submit()
		return queries

	def new_member(self):
		customer = make.make_customer()
		make.make_profile(customer, manual_limit=10_000_000)
		return customer

	def group_of(self, customer) -> str:
		return frappe.db.get_value("Credit Profile", {"customer": customer.name}, "credit_group")

	def make_history(self, customer, number: int):
		"""An open and a paid invoice, a journal entry, a delivery, a payment on account, orders new and under way."""
		make.make_invoice(customer, 100 + number)
		make.make_payment(make.make_invoice(customer, 200))
		make.make_journal(customer, 300)
		make.make_payment(customer=customer, amount=50)
		make.make_order(customer, 500)
		make.make_delivery(make.make_order(customer, 600, qty=2), qty=1)
