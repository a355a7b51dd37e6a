"""What securities covered of open items on a day: the securities that were in force then, against what was owed then
(requirements §2.3). Orders play no part: what is shown is cover of receivables."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import frappe

from b2b_contracts.credit.account_facts import Member
from b2b_contracts.credit.security_facts import GROUP_SCOPE, INVOICE, in_force_on
from b2b_contracts.engine import ageing, insurance, security
from b2b_contracts.engine.ageing import Row
from b2b_contracts.engine.money import ZERO
from b2b_contracts.engine.security import Instrument

Lodged = tuple[frappe._dict, Instrument]


def apply(
	items: Collection[Row],
	companies: Iterable[str],
	as_of: date,
	items_of: Callable[[Collection[str]], Iterable[Row]] | None = None,
) -> None:
	"""Write on open items what of them was secured on a day: of the documents that a security names first, then of the oldest.

	What covers a credit group is shared by what each member owed net of its own. `items_of` reads the items of further customers,
	for the sisters of those that the items are of; None where the items are of all customers.
	"""
	found = in_force_on(companies, as_of)
	if not found:
		return
	accounts = _by_member(items)
	groups = _members_of({row.credit_group for row, _instrument in found if row.scope == GROUP_SCOPE})
	asked = set(accounts)
	if groups and items_of is not None:
		names = {customer for customer, _company in accounts}
		sisters = _sisters(groups, names)
		accounts |= _by_member(items_of(sisters)) if sisters else {}
	orders = _invoices_of_orders([i for _row, i in found if i.covers])
	lodged: dict[Member, list[Instrument]] = defaultdict(list)
	for row, instrument in found:
		if row.scope != GROUP_SCOPE:
			lodged[row.customer, row.company].append(instrument)
	books = {member: _Account(rows, as_of) for member, rows in accounts.items()}
	for member, account in books.items():
		account.take(lodged.get(member, ()), orders)
	_share_in_groups(found, groups, books)
	for member in asked:
		books[member].write()


def _by_member(items: Iterable[Row]) -> dict[Member, list[Row]]:
	found: dict[Member, list[Row]] = defaultdict(list)
	for item in items:
		if not item.is_unexplained:
			found[item.customer, item.company].append(item)
	return found


class _Account:
	"""What a customer owed a company on a day, and what its own security covered of that."""

	def __init__(self, rows: list[Row], as_of: date):
		self.rows, self.as_of = rows, as_of
		self.debts = sorted((row for row in rows if row.open > 0), key=lambda row: (row.due, row.voucher))
		self.balance = max(ZERO, sum((row.open for row in rows), ZERO))
		self.latest_due = max((row.due for row in self.debts), default=as_of)
		self.named: dict[str, Decimal] = defaultdict(lambda: ZERO)
		self.secured = ZERO

	def take(self, instruments: Iterable[Instrument], invoices_of: Mapping[str, frozenset[str]]) -> None:
		"""Set the customer's own security against what was owed."""
		counting, parts = [], {}
		for instrument in instruments:
			invoices = frozenset(
				name for document in instrument.covers for name in invoices_of.get(document, {document})
			)
			of_documents = [row for row in self.debts if row.voucher in invoices]
			last = max((row.due for row in of_documents), default=self.as_of)
			latest_due = last if instrument.covers else self.latest_due
			if security.why_not_counted(instrument, self.as_of, latest_due) is None:
				if instrument.covers:
					instrument = replace(instrument, covers=tuple(sorted(invoices)))
					parts |= {row.voucher: row.open for row in of_documents}
				counting.append(self._insured(instrument))
		covered = security.shares(tuple(counting), self.balance, parts)
		for instrument in counting:
			left = covered.get(instrument.name, ZERO)
			for row in self.debts:
				if row.voucher in instrument.covers and left > 0:
					mine = min(left, row.open - self.named[row.voucher])
					self.named[row.voucher] += mine
					left -= mine
		self.secured = sum(covered.values(), ZERO)

	def _insured(self, instrument: Instrument) -> Instrument:
		"""Return a security with what its insurer did not cover any more."""
		days = instrument.maximum_extension_days
		if not days:
			return instrument
		items = [
			insurance.Item(row.voucher, part.day, part.open, part.disputed)
			for row in self.debts
			if row.doctype == INVOICE
			for part in ageing.parts_of(row)
		]
		credits = -sum((row.open for row in self.rows if row.open < 0), ZERO)
		return replace(instrument, not_eligible=insurance.not_covered(items, self.as_of, days, credits))

	def write(self) -> None:
		"""Write on the items what is secured of each."""
		left = self.secured - sum(self.named.values(), ZERO)
		for row in self.debts:
			row.secured = self.named.get(row.voucher, ZERO)
			mine = max(ZERO, min(left, row.open - row.secured))
			row.secured += mine
			left -= mine


# ------------------------------------------------------------------ groups, and documents that are named
def _share_in_groups(
	found: list[Lodged], groups: Mapping[str, Collection[Member]], books: Mapping[Member, _Account]
) -> None:
	together: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
	for row, instrument in found:
		if row.scope == GROUP_SCOPE:
			together[row.credit_group, row.company].append(instrument)
	for (group, company), instruments in together.items():
		members = [member for member in groups.get(group, ()) if member[1] == company and member in books]
		latest_due = max((books[member].latest_due for member in members), default=date.min)
		counting = tuple(
			instrument
			for instrument in instruments
			if members and security.why_not_counted(instrument, books[members[0]].as_of, latest_due) is None
		)
		own = {member: max(ZERO, books[member].balance - books[member].secured) for member in members}
		whole = sum(own.values(), ZERO)
		for member in members:
			books[member].secured += security.share_of_member(counting, own[member], whole - own[member])


def _members_of(groups: Collection[str]) -> dict[str, list[Member]]:
	found: dict[str, list[Member]] = defaultdict(list)
	if groups:
		rows = frappe.get_all(
			"Credit Profile",
			filters={"credit_group": ["in", sorted(groups)]},
			fields=["credit_group", "customer", "company"],
		)
		for row in rows:
			found[row.credit_group].append((row.customer, row.company))
	return found


def _sisters(groups: Mapping[str, Collection[Member]], names: Collection[str]) -> set[str]:
	"""Return the members of the groups that some customers are in, without themselves."""
	touched = [
		{customer for customer, _company in members}
		for members in groups.values()
		if any(customer in names for customer, _company in members)
	]
	return set().union(*touched) - set(names)


def _invoices_of_orders(instruments: Iterable[Instrument]) -> dict[str, frozenset[str]]:
	"""Return the invoices of the orders among the documents that securities name."""
	named = sorted({name for instrument in instruments for name in instrument.covers})
	if not named:
		return {}
	item = frappe.qb.DocType("Sales Invoice Item")
	rows = (
		frappe.qb.from_(item)
		.select(item.sales_order, item.parent)
		.distinct()
		.where(item.sales_order.isin(named) & (item.docstatus == 1))
		.run()
	)
	found: dict[str, set[str]] = defaultdict(set)
	for order, invoice in rows:
		found[order].add(invoice)
	return {order: frozenset(invoices) for order, invoices in found.items()}
