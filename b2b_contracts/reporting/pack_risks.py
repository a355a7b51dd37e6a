"""The customers most at risk, for the credit committee: those with a warning sign that owe most without security (requirements §5)."""

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_months

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.credit.account_facts import money
from b2b_contracts.engine import packs as engine
from b2b_contracts.engine import ratings
from b2b_contracts.engine.money import ZERO

from . import exposure
from .pack_ageing import books_of
from .pack_layout import Book, Column, Light, Range, bars
from .pack_parts import CoverLine, Part, Source
from .shown import GREEN, RED, YELLOW
from .snapshots import CUSTOMER, SNAPSHOT

PLANS_BROKEN_MONTHS = 12


class Risks(Part):
	"""The ten customers that would cost most."""

	sheet = engine.RISKS

	@property
	def title(self) -> str:
		return _("Customers at risk")

	def read(self) -> None:
		company, books = self.asked.company, books_of(self.asked)
		snapshot = self._snapshot()
		self.is_of_now = not snapshot
		now = {row.customer: row for row in exposure.Found(exposure.Wanted((company,))).customers}
		insolvent, plans, promises = _insolvent(), self._broken_plans(), self._broken_promises()
		standings = []
		for customer in sorted({*books.of_customers, *now}):
			sums, row = books.of_customers.get(customer), now.get(customer)
			frozen = snapshot.get(customer)
			profile = row.of.profile.row if row and row.of.profile else None
			standings.append(
				engine.Standing(
					customer=customer,
					owed=sums.total if sums else ZERO,
					secured=frozen[1] if frozen else row.figures.secured if row else ZERO,
					exposure=frozen[0] if frozen else row.figures.exposure if row else ZERO,
					limit=_limit(row, frozen),
					late=sums.undisputed_old if sums else ZERO,
					status=profile.status if profile else "",
					risk_class=row.risk_class if row else "",
					has_profile=profile is not None,
					is_insolvent=customer in insolvent,
					broke_plan=customer in plans,
					broke_promise=customer in promises,
					notches_down=_notches(profile),
				)
			)
		self.top = engine.most_at_risk(standings)
		self.with_signs = sum(bool(engine.signs_of(one)) for one in standings)
		self.rows = now
		self.overdue = {customer: sums.overdue for customer, sums in books.of_customers.items()}
		self.names = _names([one.customer for one, _signs in self.top])

	def _snapshot(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
		"""Return exposure, cover and limit of customers at the end of the month, where its snapshot knows them."""
		name = frappe.db.get_value(
			SNAPSHOT, {"company": self.asked.company, "month_end": self.asked.period.last}
		)
		if not name:
			return {}
		row = frappe.qb.DocType(CUSTOMER)
		rows = (
			frappe.qb.from_(row)
			.select(row.customer, row.exposure, row.secured, row.granted_limit)
			.where((row.snapshot == name) & (row.is_standing_known == 1))
			.run()
		)
		return {customer: tuple(money(value) for value in values) for customer, *values in rows}

	def _broken_plans(self) -> set[str]:
		last = self.asked.period.last
		since = add_months(last, -PLANS_BROKEN_MONTHS)
		plans = {"company": self.asked.company, "status": "Broken", "broken_on": ["between", [since, last]]}
		return set(frappe.get_all("Payment Plan", plans, pluck="customer", limit=0))

	def _broken_promises(self) -> set[str]:
		period = self.asked.period
		promises = {
			"company": self.asked.company,
			"status": ["in", ("Broken", "Partly Kept")],
			"promised_date": ["between", [period.first, period.last]],
		}
		return set(frappe.get_all("Promise to Pay", promises, pluck="customer", limit=0))

	# -------------------------------------------------------------- what it says
	@property
	def at_risk(self) -> Decimal:
		return sum((one.unsecured for one, _signs in self.top), ZERO)

	def cover(self):
		gravest = {sign for _one, signs in self.top for sign in signs}
		grave = gravest & {engine.INSOLVENT, engine.STOPPED, engine.OVER_LIMIT, engine.LONG_OVERDUE}
		yield CoverLine(
			_("The {0} customers most at risk owe, without security").format(len(self.top)),
			self.at_risk,
			cells.MONEY,
			Light(RED if grave else YELLOW if self.top else GREEN),
			_("Customers with a warning sign: {0}.").format(self.with_signs),
		)

	def sources(self):
		yield Source(
			_("Customers at risk"),
			_(
				"Every customer with a warning sign (insolvent, stopped or on hold, over the limit, long overdue, a plan or promise broken, a rating that fell, risk class C, no profile), by what would be lost: what is owed at the end of the period less what security covers."
			),
			_("Payment ledger; report Credit Exposure"),
		)

	def write(self, book: Book) -> None:
		moment = (
			_("exposure, limit and security as of {0}, when the pack was made").format(
				f"{self.asked.made_on:%Y-%m-%d %H:%M}"
			)
			if self.is_of_now
			else _("exposure, limit and security from the snapshot of the month")
		)
		page = book.page(
			self.title,
			_("{0}: what is owed as of {1}; {2}. Amounts in {3}.").format(
				self.asked.company, f"{self.asked.period.last:%Y-%m-%d}", moment, self.asked.currency
			),
			(5, 28, 11, 8, 9, 15, 15, 15, 15, 15, 15, 34),
			wide=True,
		)
		room = page.chart_room(1, beside=1)
		columns = [
			Column("#", cells.COUNT),
			Column(_("Customer"), cells.TEXT),
			Column(_("Segment"), cells.TEXT),
			Column(_("Risk class"), cells.TEXT),
			Column(_("Rating"), cells.TEXT),
			Column(_("Owed"), cells.MONEY),
			Column(_("Overdue"), cells.MONEY),
			Column(_("Secured"), cells.MONEY),
			Column(_("Without security"), cells.MONEY),
			Column(_("Limit", context="Credit"), cells.MONEY),
			Column(_("Over the limit"), cells.MONEY),
			Column(_("Warning signs")),
		]
		first, last = page.table(
			"",
			columns,
			(self._row(place, one, signs) for place, (one, signs) in enumerate(self.top, 1)),
			total=[
				None,
				_("Together"),
				*[None] * 3,
				sum((one.owed for one, _signs in self.top), ZERO),
				*[None] * 2,
				self.at_risk,
				*[None] * 3,
			],
			empty=_("No customer that owes anything without security shows a warning sign."),
		)
		if last >= first:
			room.put(
				bars(
					_("Owed, {0}").format(self.asked.currency),
					Range(page, 2, first, last).reference(),
					[
						(_("Secured"), Range(page, 8, first, last).reference(), GREEN),
						(_("Without security"), Range(page, 9, first, last).reference(), RED),
					],
					"#,##0",
					lying=True,
					stacked=True,
				)
			)

	def _row(self, place: int, one: engine.Standing, signs: tuple[str, ...]) -> tuple:
		row = self.rows.get(one.customer)
		profile = row.of.profile.row if row and row.of.profile else None
		return (
			place,
			self.names.get(one.customer, one.customer),
			row.segment if row and profile else "",
			one.risk_class,
			(profile.external_rating or "") if profile else "",
			one.owed,
			self.overdue.get(one.customer, ZERO),
			min(one.owed, max(ZERO, one.secured)),
			one.unsecured,
			one.limit,
			one.over or None,
			", ".join(sign_name(sign) for sign in signs),
		)


def sign_name(sign: str) -> str:
	"""Return what a warning sign is called."""
	return {
		engine.INSOLVENT: _("Insolvent"),
		engine.STOPPED: _("Stopped"),
		engine.ON_HOLD: _("On hold"),
		engine.OVER_LIMIT: _("Over the limit"),
		engine.LONG_OVERDUE: _("Long overdue"),
		engine.PLAN_BROKEN: _("Plan broken"),
		engine.PROMISE_BROKEN: _("Promise broken"),
		engine.RATING_DOWN: _("Rating down"),
		engine.HIGH_RISK: _("Risk class C"),
		engine.NO_PROFILE: _("No profile"),
	}[sign]


def _limit(row, frozen) -> Decimal | None:
	"""Return a customer's limit, None where there is none to be over."""
	if row is None or row.of.profile is None or row.of.case.account.limit.is_unlimited:
		return None
	return frozen[2] if frozen else row.of.case.account.limit.ceiling


def _notches(profile) -> int:
	if profile is None or not profile.rating_at_review or not profile.external_rating:
		return 0
	return ratings.notches_down(profile.rating_at_review, profile.external_rating)


def _insolvent() -> set[str]:
	return set(frappe.get_all("Insolvency Case", {"status": "Open"}, pluck="customer", limit=0))


def _names(customers: list[str]) -> dict[str, str]:
	rows = frappe.get_all(
		"Customer", filters={"name": ["in", customers or [""]]}, fields=["name", "customer_name"]
	)
	return {row.name: row.customer_name for row in rows}
