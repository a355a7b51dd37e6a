"""Contracts and renewals in a pack: what has to be decided by when, and what is at stake (requirements §6). Of contracts that are not
open to everybody who may read a pack it says how many, and nothing else."""

from decimal import Decimal

import frappe
from frappe import _

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.contracts import pipeline
from b2b_contracts.contracts.pipeline_moves import stage_name
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine import renewal_pipeline as renewals
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.permissions import CONFIDENTIAL, CONTRACT

from .pack_layout import Book, Column, Light
from .pack_parts import CoverLine, Part, Source, full_name
from .shown import GREEN, GREY, RED, YELLOW

WITHIN_DAYS = 180
_COLOUR = {renewals.RED: RED, renewals.YELLOW: YELLOW, renewals.GREEN: GREEN, renewals.GREY: GREY}


class Contracts(Part):
	"""Contracts to act on within half a year."""

	sheet = engine.CONTRACTS

	@property
	def title(self) -> str:
		return _("Contracts")

	def read(self) -> None:
		found = pipeline.read(pipeline.Wanted(self.asked.company, WITHIN_DAYS), self.asked.made_on.date())
		kept_back = _not_open_to_all([entry.name for entry in found.entries])
		self.entries = [entry for entry in found.entries if entry.name not in kept_back]
		self.kept_back = len(kept_back)

	@property
	def to_decide(self) -> list:
		return [entry for entry in self.entries if entry.stage in renewals.OPEN]

	@property
	def at_stake(self) -> Decimal:
		return sum((entry.worth.value for entry in self.to_decide), ZERO)

	def cover(self):
		past = sum(entry.light == renewals.RED for entry in self.to_decide)
		near = sum(entry.light == renewals.YELLOW for entry in self.to_decide)
		yield CoverLine(
			_("Contracts to decide about within {0} days, a year's value").format(WITHIN_DAYS),
			self.at_stake,
			cells.MONEY,
			Light(RED if past else YELLOW if near else GREEN),
			_("Contracts: {0}; past the last day to act: {1}.").format(len(self.to_decide), past),
		)

	def sources(self):
		yield Source(
			_("Contracts to decide about"),
			_(
				"Running contracts whose last date to act lies within {0} days of the day on which the pack was made, at their annual value; in the company's currency at the rate of that day."
			).format(WITHIN_DAYS),
			_("Renewal Pipeline"),
		)

	def write(self, book: Book) -> None:
		page = book.page(
			self.title,
			_("As of {0}, when the pack was made.").format(f"{self.asked.made_on:%Y-%m-%d %H:%M}"),
			(32, 26, 15, 13, 18, 16, 12, 16, 14, 22),
			wide=True,
		)
		page.table(
			_("To act on within {0} days").format(WITHIN_DAYS),
			[
				Column(_("Contract"), cells.TEXT),
				Column(_("Customer"), cells.TEXT),
				Column(_("Act by"), cells.DAY),
				Column(_("Ends on"), cells.DAY),
				Column(_("Stage")),
				Column(_("Annual value"), cells.MONEY),
				Column(_("Currency")),
				Column(_("In {0}").format(self.asked.currency), cells.MONEY),
				Column(_("Probability"), cells.SHARE),
				Column(_("Account manager"), cells.TEXT),
			],
			(self._row(page, entry) for entry in self.entries),
			total=[
				_("To decide about"),
				*[None] * 6,
				self.at_stake,
				None,
				None,
			],
			most=500,
		)
		if self.kept_back:
			page.sentence(
				_("Contracts left out because they are not open to everybody: {0}.").format(self.kept_back),
				cells.NOTE,
			)

	def _row(self, page, entry) -> tuple:
		row = entry.row
		day = row["last_date_to_act"]
		colour = _COLOUR[entry.light]
		is_near = colour in (RED, YELLOW) and day
		return (
			row["title"] or entry.name,
			row["customer_name"] or "",
			page.light(Light(colour, f"{day:%Y-%m-%d}")) if is_near else day,
			row["terminated_on"] or row["end_date"],
			stage_name(entry.stage),
			entry.amount,
			row["currency"] or self.asked.currency,
			entry.worth.value,
			None if entry.worth.probability is None else Decimal(entry.worth.probability) / HUNDRED,
			full_name(row["account_manager"]),
		)


def _not_open_to_all(contracts: list[str]) -> set[str]:
	"""Return of some contracts those that are confidential, or of a type that a role alone may see."""
	if not contracts:
		return set()
	contract, kind = frappe.qb.DocType(CONTRACT), frappe.qb.DocType("Contract Type")
	closed = (kind.visible_to_role.isnotnull()) & (kind.visible_to_role != "")
	rows = (
		frappe.qb.from_(contract)
		.left_join(kind)
		.on(kind.name == contract.contract_type)
		.select(contract.name)
		.where(contract.name.isin(contracts) & ((contract.confidentiality == CONFIDENTIAL) | closed))
		.run(pluck=True)
	)
	return set(rows)
