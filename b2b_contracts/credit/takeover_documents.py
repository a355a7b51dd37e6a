"""Securities and payment plans of a take-over: from the rows of its workbook to documents (requirements §2.6, §3).

Each becomes a document by its own path, so that its validations decide; a dry run tries the document and writes
nothing. A security is known again by company, type, number and issuer, a plan by its invoices: neither is made twice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate

from b2b_contracts.engine.security_life import IN_FORCE

from .account_facts import company_currency, rate_to
from .imports import refusal, tried
from .security_facts import CUSTOMER_SCOPE, GROUP_SCOPE, INSTRUMENT, NAMED_SCOPE
from .takeover_workbook import INSTALMENTS, PLANS, SECURITIES, YES
from .workbooks import Problem, Row

PLAN, INVOICE = "Payment Plan", "Sales Invoice"
# Of a plan in one of these, its invoices are not to be planned once more.
NOT_ENDED = ("Draft", "Approved", "Active")
AS_ENTERED = (
	*("issuer", "issuer_rating", "amount", "cover_percent", "deductible"),
	*("valid_from", "expiry_date", "claim_period_days", "recourse"),
)


# ------------------------------------------------------------------ securities
@dataclass(frozen=True, slots=True)
class Security:
	"""A security as a row says it. Its amounts are in its own currency."""

	customer: str
	company: str
	row: Row
	doctype = INSTRUMENT

	@property
	def label(self) -> str:
		return self.row.values["number"]

	@property
	def key(self) -> tuple[str, str, str]:
		values = self.row.values
		return values["type"], values["number"], values.get("issuer", "")

	@property
	def submitted(self) -> bool:
		return self.row.values["status"] == IN_FORCE

	@property
	def takes_document(self) -> bool:
		return bool(frappe.get_cached_value("Security Type", self.row.values["type"], "takes_document"))

	def registered(self) -> frappe._dict | None:
		"""Return the security that this paper is registered as already."""
		kind, number, issuer = self.key
		filters = {"company": self.company, "instrument_type": kind, "instrument_number": number}
		filters |= {"issuer": issuer or ["is", "not set"], "docstatus": ["<", 2]}
		fields = ["name", "scope", "customer", "amount", "currency", "docstatus", "document"]
		return frappe.db.get_value(INSTRUMENT, filters, fields, as_dict=True)

	def differences(self, found: frappe._dict) -> Iterator[Problem]:
		"""Yield what is wrong with a paper that is registered already, but not as the row says."""
		values = self.row.values
		same = (
			(found.customer == self.customer or found.scope == GROUP_SCOPE)
			and flt(found.amount, 2) == flt(values["amount"], 2)
			and found.currency == self.currency
			and (found.docstatus == 1 or not self.submitted)
		)
		if not same:
			yield self._problem(
				"number",
				_(
					"It is registered as {0} already, but not as this row says. Change it there, or take the row out."
				).format(found.name),
			)

	@property
	def currency(self) -> str:
		# Frappe would fill in the default of the user, which is not the company's.
		return self.row.values.get("currency") or company_currency(self.company)

	def cells(self) -> Iterator[Problem]:
		"""Yield what is wrong with single cells, by what the site knows."""
		values = self.row.values
		yield from _company_problems(self.row, self.company)
		kind = frappe.db.get_value("Security Type", values["type"], ["disabled"], as_dict=True)
		if not kind:
			yield self._problem("type", _("There is no security type {0}.").format(values["type"]))
		elif kind.disabled:
			yield self._problem(
				"type", _("Security type {0} is disabled. Choose another one.").format(values["type"])
			)
		if not frappe.db.exists("Currency", self.currency):
			yield self._problem("currency", _("There is no currency {0}.").format(self.currency))
		if not values["amount"]:
			yield self._problem("amount", _("Enter an amount of more than 0."))
		yield from self._covers_problems()

	def _covers_problems(self) -> Iterator[Problem]:
		covers = self.row.values.get("covers", CUSTOMER_SCOPE)
		if covers == CUSTOMER_SCOPE:
			return
		if frappe.db.exists("Credit Group", covers):
			member = {"customer": self.customer, "company": self.company, "credit_group": covers}
			if not frappe.db.exists("Credit Profile", member):
				message = _("{0} is not a member of credit group {1} in {2}.")
				yield self._problem("covers", message.format(self.customer, covers, self.company))
			return
		for name in covers.split():
			if not _document_named(name):
				yield self._problem(
					"covers",
					_(
						"{0} is neither an order nor an invoice. Enter Customer, a credit group, or orders and invoices with spaces between."
					).format(name),
				)

	def new(self):
		"""Return the Security Instrument, not saved."""
		values = self.row.values
		doc = frappe.new_doc(INSTRUMENT)
		doc.update({"customer": self.customer, "company": self.company, "currency": self.currency})
		doc.update({"instrument_type": values["type"], "instrument_number": values["number"]})
		doc.update({field: values[field] for field in AS_ENTERED if field in values})
		doc.update({field: int(values.get(field) == YES) for field in ("unconditional", "on_demand")})
		of_type = frappe.get_cached_value("Security Type", values["type"], "haircut_percent")
		# The field has a default, so that the document does not look at its type for it.
		doc.haircut_percent = values.get("haircut_percent", of_type)
		covers = values.get("covers", CUSTOMER_SCOPE)
		if covers == CUSTOMER_SCOPE:
			doc.scope = CUSTOMER_SCOPE
		elif frappe.db.exists("Credit Group", covers):
			doc.update({"scope": GROUP_SCOPE, "credit_group": covers})
		else:
			doc.scope = NAMED_SCOPE
			for name in covers.split():
				row = {"reference_doctype": _document_named(name), "reference_name": name}
				doc.append("documents", row)
		return doc

	def tried(self) -> Iterator[Problem]:
		"""Yield what the document itself would refuse, by the column it is about."""
		doc = self.new()
		message = tried(doc, self.submitted)
		if message is None:
			return
		checks: list[tuple[str, Callable]] = [
			("cover_percent", doc.validate_shares),
			("recourse", doc.validate_type),
			("expiry_date", doc.validate_dates),
			("covers", doc.validate_scope),
			("currency", lambda: _rate_of(doc)),
		]
		if self.submitted:
			checks.append(("expiry_date", doc.refuse_expired))
		named = [(column, refusal(check)) for column, check in checks]
		named = [(column, refused) for column, refused in named if refused]
		for column, refused in named or [("", message)]:
			yield self._problem(column, refused)

	def _problem(self, column: str, message: str) -> Problem:
		return Problem(SECURITIES, self.row.number, column, message)


def _rate_of(doc) -> None:
	rate_to(doc.currency, company_currency(doc.company), getdate(doc.valid_from), doc.label())


def _document_named(name: str) -> str | None:
	return next((doctype for doctype in ("Sales Order", INVOICE) if frappe.db.exists(doctype, name)), None)


# ------------------------------------------------------------------ plans
@dataclass(frozen=True, slots=True)
class Plan:
	"""A payment plan that was agreed elsewhere, as its rows say it. Amounts are in the currency of its invoices."""

	customer: str
	company: str
	rows: tuple[Row, ...]
	instalments: tuple[Row, ...]
	doctype = PLAN
	# Approving takes the mandate and a second person.
	submitted = False

	@property
	def row(self) -> Row:
		return self.rows[0]

	@property
	def label(self) -> str:
		return self.row.values["plan"]

	@property
	def invoices(self) -> list[str]:
		return [row.values["invoice"] for row in self.rows]

	def registered(self) -> frappe._dict | None:
		"""Return the plan over the same invoices that has not ended."""
		over = {"parenttype": PLAN, "sales_invoice": ["in", self.invoices], "docstatus": ["<", 2]}
		wanted = set(map(_as_compared, self.invoices))
		for name in sorted(set(frappe.get_all("Payment Plan Invoice", filters=over, pluck="parent"))):
			plan = frappe.get_doc(PLAN, name)
			there = {_as_compared(row.sales_invoice) for row in plan.invoices}
			if plan.status in NOT_ENDED and there == wanted:
				return plan
		return None

	def differences(self, found) -> Iterator[Problem]:
		"""Yield what is wrong with a plan over the same invoices that was agreed otherwise."""
		there = [(getdate(row.due_date), flt(row.amount, 2)) for row in found.instalments]
		here = [(row.values["due_date"], flt(row.values["amount"], 2)) for row in self.instalments]
		if there != here:
			message = _(
				"Its invoices are in payment plan {0} already, with other instalments. Change it there, or take the rows out."
			)
			yield Problem(PLANS, self.row.number, "plan", message.format(found.name))

	def cells(self) -> Iterator[Problem]:
		"""Yield what is wrong with single cells, by what the site knows."""
		for row in self.rows:
			yield from _company_problems(row, self.company)
			yield from self._invoice_problems(row)
		for row in self.instalments:
			if row.values["due_date"] < getdate():
				message = _("{0} is past. Take over only the instalments that are still to come.")
				day = frappe.utils.formatdate(row.values["due_date"])
				yield Problem(INSTALMENTS, row.number, "due_date", message.format(day))
			if not row.values["amount"]:
				yield Problem(INSTALMENTS, row.number, "amount", _("Enter an amount of more than 0."))

	def _invoice_problems(self, row: Row) -> Iterator[Problem]:
		name, amount = row.values["invoice"], row.values.get("amount")
		of_customer = {"name": name, "customer": self.customer, "company": self.company, "docstatus": 1}
		outstanding = frappe.db.get_value(INVOICE, of_customer, "outstanding_amount")
		if outstanding is None:
			message = _("There is no submitted invoice {0} of {1} in {2}.")
			yield Problem(PLANS, row.number, "invoice", message.format(name, self.customer, self.company))
		elif amount is not None and not 0 < flt(amount, 2) <= flt(outstanding, 2):
			message = _("{0} of invoice {1} is outstanding. Enter more than 0 and no more than that.")
			yield Problem(PLANS, row.number, "amount", message.format(flt(outstanding, 2), name))

	def new(self):
		"""Return the Payment Plan, a draft that is not saved. What its rows say once (reason, frequency) holds for all."""
		said = {}
		for row in reversed(self.rows):
			said |= row.values
		doc = frappe.new_doc(PLAN)
		doc.update({"customer": self.customer, "company": self.company})
		doc.reason = said.get("reason") or _("Agreed before it was taken over.")
		doc.force_majeure = int(said.get("force_majeure") == YES)
		if "frequency" in said:
			doc.frequency = said["frequency"]
		for row in self.rows:
			doc.append(
				"invoices", {"sales_invoice": row.values["invoice"], "amount": row.values.get("amount")}
			)
		for row in self.instalments:
			doc.append("instalments", {"due_date": row.values["due_date"], "amount": row.values["amount"]})
		return doc

	def tried(self) -> Iterator[Problem]:
		"""Yield what the document itself would refuse, at the row of the invoice that it names."""
		message = tried(self.new(), self.submitted)
		if message is None:
			return
		for row in self.rows:
			if row.values["invoice"] in message:
				yield Problem(PLANS, row.number, "invoice", message)
				return
		yield Problem(PLANS, self.row.number, "plan", message)


Paper = Security | Plan


# ------------------------------------------------------------------ read
def papers(
	rows: Iterable[tuple[str, Row]], instalments: Iterable[Row], company: str
) -> tuple[list[Paper], list[Problem]]:
	"""Return the securities and plans that rows with their customers say, and those that are there twice or in part."""
	problems: list[Problem] = []
	found: list[Paper] = []
	first: dict[tuple, Row] = {}
	whose: dict[str, tuple[str, int]] = {}
	over: dict[str, list[Row]] = defaultdict(list)
	due: dict[str, list[Row]] = defaultdict(list)

	def wrong(row: Row, column: str, message: str) -> None:
		problems.append(Problem(row.sheet, row.number, column, message))

	def stands_before(row: Row, column: str, key: tuple) -> bool:
		before = first.setdefault((row.sheet, *key), row)
		if before is not row:
			wrong(row, column, _("{0} stands in row {1} already.").format(row.values[column], before.number))
		return before is not row

	for customer, row in rows:
		if row.sheet == SECURITIES:
			one = Security(customer, company, row)
			if not stands_before(row, "number", tuple(map(_as_compared, one.key))):
				found.append(one)
		elif not stands_before(row, "invoice", (_as_compared(row.values["invoice"]),)):
			plan = row.values["plan"]
			owner, number = whose.setdefault(plan, (customer, row.number))
			over[plan].append(row)
			if owner != customer:
				message = _("Plan {0} is of {1} in row {2}. Make one plan for each customer.")
				wrong(row, "customer", message.format(plan, owner, number))
	for row in instalments:
		due[row.values["plan"]].append(row)
	for here, there, sheet in ((over, due, INSTALMENTS), (due, over, PLANS)):
		for plan in here:
			if plan not in there:
				message = _("There is no row of plan {0} in the sheet {1}.").format(plan, sheet)
				wrong(here[plan][0], "plan", message)
	found += [
		Plan(owner, company, tuple(over[plan]), tuple(due[plan]))
		for plan, (owner, _number) in whose.items()
		if plan in due
	]
	return found, problems


def problems_of(paper: Paper) -> list[Problem]:
	"""Return what is wrong with a paper: its cells, and where they are right, what its document refuses."""
	found = paper.registered()
	if found:
		return list(paper.differences(found))
	return list(paper.cells()) or list(paper.tried())


def _as_compared(name: str) -> str:
	"""Return a name as the database compares it, which takes small and capital letters for the same."""
	return name.casefold()


def _company_problems(row: Row, company: str) -> Iterator[Problem]:
	named = row.values.get("company", company)
	if named != company:
		message = _("This take-over is of {0}, not of {1}. Make one for each company.")
		yield Problem(row.sheet, row.number, "company", message.format(company, named))


# ------------------------------------------------------------------ tried and made
def make(paper: Paper, whence: str) -> None:
	"""Make the document of a paper, unless it is there, with a comment on `whence` it is; put in force what is."""
	if paper.registered():
		return
	doc = paper.new()
	doc.insert()
	doc.add_comment("Info", whence)
	if paper.submitted:
		doc.submit()


def to_do(of: Iterable[Paper]) -> str:
	"""Return what people still have to do with papers: by their numbers before the import, by their names after it."""
	documents, plans = [], []
	for paper in of:
		found = paper.registered()
		name = found.name if found else paper.label
		if isinstance(paper, Plan):
			if not found or cint(found.docstatus) == 0:
				plans.append(name)
		elif paper.submitted and paper.takes_document and not (found and found.document):
			documents.append(name)
	sentences = []
	if documents:
		sentences.append(
			_("Attach the signed document to {0}: without it a security does not count.").format(
				", ".join(documents)
			)
		)
	if plans:
		sentences.append(
			_(
				"Have {0} approved: a payment plan is a draft until somebody else with the mandate submits it."
			).format(", ".join(plans))
		)
	return "\n".join(sentences)
