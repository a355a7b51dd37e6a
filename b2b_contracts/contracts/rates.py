"""Exchange rates of contracts: each currency is asked for once, and one without a rate counts as nothing and is said."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import frappe
from frappe import _

from b2b_contracts.credit.account_facts import company_currency, rate_to
from b2b_contracts.engine.money import ZERO


class Rates:
	"""The rates of a day into a company's currency."""

	def __init__(self, company: str, on: date):
		self.currency = company_currency(company)
		self.on = on
		self.missing: set[str] = set()
		self._known: dict[str, Decimal] = {self.currency: Decimal(1), "": Decimal(1)}

	def of(self, currency: str | None) -> Decimal:
		"""Return the rate of a currency, 0 where there is none: one amount in another currency shall not keep the rest from sight."""
		currency = currency or ""
		if currency not in self._known:
			self._known[currency] = self._asked(currency)
		return self._known[currency]

	def _asked(self, currency: str) -> Decimal:
		said = list(frappe.local.message_log)
		try:
			return rate_to(currency, self.currency, self.on, currency)
		except frappe.ValidationError:
			frappe.local.message_log = said
			self.missing.add(currency)
			return ZERO

	def message(self) -> str:
		"""Return what is said of currencies without a rate, empty where there are none."""
		return without_rate(self.missing, self.currency) if self.missing else ""


def without_rate(currencies: Iterable[str], target: str) -> str:
	"""Return what is said of currencies that have no rate to another."""
	return _(
		"There is no exchange rate from {0} to {1}: those contracts count as nothing in the totals. Enter one under Currency Exchange."
	).format(", ".join(sorted(currencies)), target)
