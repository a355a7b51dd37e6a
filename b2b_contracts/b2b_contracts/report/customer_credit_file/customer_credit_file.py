"""Customer Credit File: everything known of one customer on one page, to read, to print and to take along."""

from frappe import _
from frappe.utils import escape_html

from b2b_contracts.reporting import credit_file, shown
from b2b_contracts.reporting.report import Report, Result

LINES, MOST_LINES = 20, 500
PART, LINE = "Part", "Line"


def execute(filters: dict | None = None) -> Result:
	return CustomerCreditFile(filters).run()


class CustomerCreditFile(Report):
	"""The credit file of one customer in a company. A part is there for whom its documents are to be read; the others are named."""

	reads = ("Credit Profile",)

	def validate(self) -> None:
		self.in_company = self.company()
		self.most = self.number("lines", LINES, 1, MOST_LINES)
		self.of_customer = self.customers() if self.filters.customer else []

	def read(self) -> None:
		self.file = (
			credit_file.read(self.of_customer[0], self.in_company, self.most) if self.of_customer else None
		)

	def columns(self) -> list[dict]:
		return [
			shown.column("what", _("What"), width=250),
			shown.column("details", _("Details"), width=330),
			shown.column("status", _("Status"), width=140, pill="colour"),
			shown.day("day", _("Date"), 105),
			shown.day("until", _("Due or until"), 110),
			shown.money("amount", _("Amount"), 125),
			shown.money("open", _("Open or granted"), 130),
			shown.document("document", _("Document"), "doctype", 190),
			shown.hidden("currency", _("Currency")),
			shown.hidden("doctype", _("Document type")),
			shown.hidden("kind", _("Kind")),
		]

	def rows(self) -> list[dict]:
		return [row for part in self.file.parts for row in self._part(part)] if self.file else []

	def _part(self, part: credit_file.Part) -> list[dict]:
		rows = [{"kind": PART, "what": part.title, "is_facts": part.is_facts, "indent": 0}]
		rows += [_row(entry) for entry in part.entries]
		if not part.entries:
			rows.append(_row(credit_file.Entry(_("Nothing"))))
		if part.is_cut_off:
			rows.append(
				_row(credit_file.Entry(_("There is more: these are the newest {0}.").format(self.most)))
			)
		return rows

	def message(self) -> str:
		if self.file is None:
			return _("Choose a customer.")
		of_whom = (escape_html(self.file.customer_name), escape_html(self.in_company))
		if not self.file.kept_back:
			return _("Everything on file of {0} in {1}.").format(*of_whom)
		return _("What you may read of {0} in {1}. Not for you to see: {2}.").format(
			*of_whom, ", ".join(self.file.kept_back)
		)

	def chart(self) -> dict | None:
		if self.file is None or not any(amount for _label, amount in self.file.buckets):
			return None
		labels, amounts = zip(*self.file.buckets, strict=True)
		return shown.chart(labels, {_("Open"): amounts}, currency=self.file.currency)

	def summary(self) -> list[dict]:
		if self.file is None:
			return []
		overdue = shown.RED if self.file.overdue else shown.GREEN
		return [
			*(self._standing() if self.file.standing.get("checked") else ()),
			shown.amount_card(_("Owed"), self.file.owed, self.file.currency),
			shown.amount_card(_("Overdue"), self.file.overdue, self.file.currency, overdue),
		]

	def _standing(self) -> list[dict]:
		standing, currency = self.file.standing, self.file.currency
		is_unlimited = standing["headroom"] is None
		is_over = not is_unlimited and standing["headroom"] < 0
		limit, used = (credit_file.money(standing[name]) for name in ("granted_limit", "net_exposure"))
		return [
			shown.text_card(_("Segment"), standing["segment"] or "–"),
			shown.text_card(_("Granted limit"), _("Unlimited"))
			if is_unlimited
			else shown.amount_card(_("Granted limit"), limit, currency),
			shown.amount_card(_("Net exposure"), used, currency, shown.RED if is_over else shown.BLUE),
			shown.text_card(
				_("Utilisation"),
				credit_file.percent_text(standing["utilisation_before"]),
				shown.RED if is_over else shown.GREEN,
			),
		]


def _row(entry: credit_file.Entry) -> dict:
	return {
		"kind": LINE,
		"what": entry.what,
		"doctype": entry.doctype or None,
		"document": entry.name or None,
		"day": entry.day,
		"until": entry.until,
		"status": entry.status,
		"colour": entry.colour,
		"amount": shown.plain(entry.amount),
		"open": shown.plain(entry.open),
		"currency": entry.currency,
		"details": entry.details,
		"indent": 1,
	}
