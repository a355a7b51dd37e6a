"""B2B Receivables Ageing: how old what customers owe is, as of any day, tied to the general ledger to the cent."""

from collections.abc import Iterator
from decimal import Decimal

from frappe import _
from frappe.utils import cint, escape_html, formatdate

from b2b_contracts.credit.account_facts import money
from b2b_contracts.credit.wording import money_text
from b2b_contracts.engine.ageing import (
	AGAINST_OLDEST,
	BASES,
	CREDITS,
	DUE_DATE,
	POSTING_DATE,
	Bounds,
	BoundsError,
	Sums,
)
from b2b_contracts.reporting import ageing, settings, shown
from b2b_contracts.reporting.ageing import COMPANY, CURRENCY, CUSTOMER, DOCUMENT, GROUPINGS, PARTS, Group
from b2b_contracts.reporting.receivables import Wanted
from b2b_contracts.reporting.report import Report, Result

MOST_COMPANIES_WITH_CARDS = 4


def execute(filters: dict | None = None) -> Result:
	return B2BReceivablesAgeing(filters).run()


class B2BReceivablesAgeing(Report):
	reads = ("Credit Profile",)

	def validate(self) -> None:
		self.of_companies = self.companies()
		self.basis = self.choice("basis", BASES, settings.value("ageing_basis"))
		self.alarm_days = cint(settings.value("alarm_days"))
		self.alarm_percent = money(settings.value("alarm_percent"))
		part_by = self.choice("part_by", ("", *PARTS))
		by, credits = self.choice("by", GROUPINGS), self.choice("credits", CREDITS)
		wanted = Wanted(
			companies=self.of_companies,
			as_of=self.day("as_of"),
			basis=self.basis,
			customers=self.customers(),
			with_secured=True,
			with_teams=ageing.SALESPERSON in (by, part_by),
			# Whatever shows it, counts from it, or puts in order by it.
			with_posted=self.basis == POSTING_DATE or by == ageing.DOCUMENT or credits == AGAINST_OLDEST,
		)
		self.asked = ageing.Asked(
			wanted=wanted,
			bounds=self._bounds(),
			by=by,
			credits=credits,
			alarm_days=self.alarm_days,
			part_by=part_by,
			part=str(self.filters.part or "") if part_by else "",
		)
		self.bucket_names = [f"bucket_{place}" for place in range(len(self.asked.bounds))]

	def _bounds(self) -> Bounds:
		text = str(self.filters.buckets or settings.value("ageing_buckets"))
		try:
			return Bounds.of(text, self.basis)
		except BoundsError:
			self.refuse(_("Buckets {0} are not days that rise, such as 30, 60, 90.").format(text))

	def read(self) -> None:
		self.aged = ageing.aged(self.asked)
		self.found = self.aged.found
		self.by = self.asked.by
		self.in_account = self.by == CURRENCY
		self.has_unexplained = any(group.is_unexplained for group in self.aged.groups)

	# -------------------------------------------------------------- columns
	def columns(self) -> list[dict]:
		currency = "account_currency" if self.in_account else "currency"
		labels = self._bucket_labels()
		buckets = [
			shown.money(name, label, 125, currency)
			for place, (name, label) in enumerate(zip(self.bucket_names, labels, strict=True))
			if place or self.basis == DUE_DATE
		]
		unexplained = shown.money("unexplained", _("Not explained"), 125, currency, pill="unexplained_light")
		return [
			*self._first_columns(),
			shown.money("total", _("Total"), 140, currency),
			*(
				[shown.money("total_in_company", _("In the company's currency"), 170)]
				if self.in_account
				else []
			),
			*buckets,
			shown.money("credits", _("Open credits"), 125, currency),
			*([unexplained] if self.has_unexplained else []),
			shown.percent("old", _("Over {0} days").format(self.alarm_days), 120, pill="light"),
			shown.money("disputed", _("Disputed"), 120),
			shown.money("planned", _("In a plan"), 120),
			shown.money("promised", _("Promised"), 120),
			shown.money("secured", _("Secured"), 120),
			*self._last_columns(),
			shown.hidden("currency", _("Company currency")),
			shown.hidden("account_currency", _("Account currency")),
			shown.hidden("light", _("Traffic light")),
			shown.hidden("unexplained_light", _("Traffic light")),
		]

	def _first_columns(self) -> list[dict]:
		if self.by == DOCUMENT:
			first = [
				shown.document("voucher", _("Document"), "doctype", 190),
				shown.customer(),
				shown.day("posted", _("Posted on")),
				shown.day("due", _("Due since") if self.basis == DUE_DATE else _("Age counts from")),
				shown.count("days", _("Days"), 75),
			]
		elif self.by == CUSTOMER:
			first = [shown.customer(240)]
		else:
			first = [shown.column("group", _(self.by), width=240)]
		if len(self.of_companies) > 1 and self.by != COMPANY:
			first.append(shown.column("company", _("Company"), width=170))
		return first

	def _last_columns(self) -> list[dict]:
		return [shown.hidden("doctype", _("Document type"))] if self.by == DOCUMENT else []

	def _bucket_labels(self) -> list[str]:
		labels = [_("Not due")]
		for first, last in self.asked.bounds.spans:
			labels.append(
				_("{0}–{1} days").format(first, last)
				if last is not None
				else _("Over {0} days").format(first - 1)
			)
		return labels

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterator[dict]:
		for group in self.aged.groups:
			yield {**self._amounts(group.company, group.sums, group), **self._words(group)}
		if len(self.aged.groups) > 1 and not self.in_account:
			for company, sums in self.aged.sums.items():
				yield self._total_row(company, sums)

	def _amounts(self, company: str, sums: Sums, group: Group | None = None) -> dict:
		mine = self.in_account
		buckets = sums.buckets_in_account if mine else sums.buckets
		unexplained = sums.unexplained_in_account if mine else sums.unexplained
		old, total = sums.share_old, float(sums.total)
		return {
			"total": float(sums.total_in_account) if mine else total,
			"total_in_company": total,
			**dict(zip(self.bucket_names, map(float, buckets), strict=True)),
			"credits": float(sums.credits_in_account if mine else sums.credits),
			"unexplained": float(unexplained),
			"unexplained_light": shown.RED if unexplained else "",
			"old": None if old is None else round(float(old), 1),
			"light": self._light(old),
			"disputed": float(sums.disputed),
			"planned": float(sums.planned),
			"promised": float(sums.promised),
			"secured": float(sums.secured),
			"company": company,
			"currency": self.found.currency(company),
			"account_currency": group.row.currency if group else self.found.currency(company),
		}

	def _words(self, group: Group) -> dict:
		row = group.row
		name = self.aged.names.get(row.customer, row.customer)
		if group.is_unexplained:
			text = _("Not explained by the documents: {0}").format(name)
			return {"group": text, "customer_name": text, "customer": row.customer, "bold": 1}
		if self.by == CUSTOMER:
			inside = {"customer": row.customer, "company": [group.company]}
			return {"customer": row.customer, "customer_name": name, "inside": inside}
		if self.by == DOCUMENT:
			since = group.oldest or row.due
			return {
				"customer": row.customer,
				"customer_name": name,
				"doctype": row.doctype,
				"voucher": row.voucher,
				"posted": row.posted,
				"due": since if row.open > 0 else None,
				"days": (self.asked.wanted.as_of - since).days if row.open > 0 else None,
			}
		inside = {"company": [group.company]}
		if self.by != COMPANY:
			inside |= {"part_by": self.by, "part": group.key}
		return {"group": group.key or self._without(), "inside": inside}

	def _without(self) -> str:
		return {
			ageing.CREDIT_GROUP: _("No credit group"),
			ageing.SEGMENT: _("No segment"),
			ageing.SALESPERSON: _("No salesperson"),
		}.get(self.by, "")

	def _total_row(self, company: str, sums: Sums) -> dict:
		text = _("Total") if len(self.of_companies) == 1 else _("Total of {0}").format(company)
		return {
			**self._amounts(company, sums),
			"group": text,
			"customer_name": text,
			"bold": 1,
			"is_total": 1,
		}

	def _light(self, old: Decimal | None) -> str:
		if old is None:
			return ""
		return shown.RED if old > self.alarm_percent else shown.GREEN

	# -------------------------------------------------------------- words, chart, totals
	def message(self) -> str | None:
		said = [self._about_basis(), self._about_credits(), *self._about_part()]
		said += self._alarms() + self._about_ledger()
		return "<br>".join(said)

	def _about_basis(self) -> str:
		day = formatdate(self.asked.wanted.as_of)
		if self.basis == DUE_DATE:
			return _(
				"What was open on {0}, by the due date of each instalment. Of a debt that was billed again or re-dated the original due date counts."
			).format(day)
		return _("What was open on {0}, by the dates of the documents.").format(day)

	def _about_credits(self) -> str:
		if self.asked.credits == CREDITS[0]:
			return _(
				"Money and credit notes that are allocated to nothing stand in the column “Open credits”."
			)
		return _(
			"Money and credit notes that are allocated to nothing are set against the oldest debts of the same customer and currency."
		)

	def _about_part(self) -> list[str]:
		if not self.asked.part_by:
			return []
		return [
			_("Shown is only: {0} {1}.").format(
				_(self.asked.part_by), escape_html(self.asked.part) or _("(none)")
			)
		]

	def _alarms(self) -> list[str]:
		found = []
		for company, sums in self.aged.sums.items():
			if sums.share_old is not None and sums.share_old > self.alarm_percent:
				found.append(
					"<b>{}</b>".format(
						_(
							"{0}: {1} % of what is not disputed is more than {2} days old. The alarm is at {3} %."
						).format(
							company,
							round(float(sums.share_old), 1),
							self.alarm_days,
							round(float(self.alarm_percent), 1),
						)
					)
				)
		return found

	def _about_ledger(self) -> list[str]:
		return [
			"<b>{}</b>".format(
				_(
					"{0}: the general ledger has {1} that no document in the payment ledger explains. The lines in bold say of which customer."
				).format(company, money_text(amount, self.found.currency(company)))
			)
			for company, amount in self.found.unexplained.items()
			if amount
		]

	def chart(self) -> dict | None:
		"""The buckets of each company, as shares of what it is owed where there are several currencies."""
		owed = {company: sums for company, sums in self.aged.sums.items() if sums.debts}
		if not owed:
			return None
		first = 0 if self.basis == DUE_DATE else 1
		labels = self._bucket_labels()[first:]
		currencies = {self.found.currency(company) for company in owed}
		if len(currencies) > 1:
			return shown.chart(
				labels,
				{
					_("{0}, % of the debts").format(company): [
						amount * 100 / sums.debts for amount in sums.buckets[first:]
					]
					for company, sums in owed.items()
				},
			)
		if len(owed) > 1:
			sets = {company: sums.buckets[first:] for company, sums in owed.items()}
			return shown.chart(labels, sets, currency=currencies.pop(), barOptions={"stacked": 1})
		(sums,) = owed.values()
		return shown.chart(
			labels, {_("Debts"): sums.buckets[first:]}, currency=currencies.pop(), colors=["#ED8936"]
		)

	def summary(self) -> list[dict]:
		"""Totals of each company: what is owed, what the general ledger has, and what it has more."""
		cards = []
		is_part = bool(self.asked.part_by)
		for company, sums in list(self.aged.sums.items())[:MOST_COMPANIES_WITH_CARDS]:
			currency = self.found.currency(company)

			def label(text: str, company: str = company) -> str:
				return text if len(self.of_companies) == 1 else f"{company}: {text}"

			cards.append(shown.amount_card(label(_("Receivables")), sums.total, currency))
			if not is_part:
				difference = self.found.unexplained[company]
				cards.append(
					shown.amount_card(label(_("General ledger")), self.found.ledger[company], currency)
				)
				cards.append(
					shown.amount_card(label(_("Not explained")), difference, currency, shown.RED)
					if difference
					else shown.text_card(label(_("Ties to the ledger")), "✓", shown.GREEN)
				)
			cards.append(
				shown.amount_card(
					label(_("Overdue") if self.basis == DUE_DATE else _("Debts")),
					sums.overdue,
					currency,
					shown.YELLOW if sums.overdue else shown.BLUE,
				)
			)
			cards.append(
				shown.percent_card(
					label(_("Undisputed over {0} days").format(self.alarm_days)),
					sums.share_old,
					self._light(sums.share_old) or shown.GREY,
				)
			)
		return cards
