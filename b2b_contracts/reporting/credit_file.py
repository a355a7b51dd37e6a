"""Everything known of one customer in a company, part by part, as its reader may see it: what they have no right to read is no part of
it (requirements §2, §5). A query or two for each part, whatever is in it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import add_days, getdate, strip_html

from b2b_contracts.collections import plan_facts
from b2b_contracts.credit import contacts, overview
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import ageing
from b2b_contracts.engine.money import ZERO
from b2b_contracts.permissions import CONTRACT, covering, sees_everything

from . import receivables, settings, shown

DAYS = 365
MOST_FACTS = 200
GOOD = frozenset(
	(
		"Accepted",
		"Active",
		"Approved",
		"Cleared",
		"Confirmed",
		"Granted",
		"In Force",
		"Kept",
		"Paid",
		"Released",
	)
)
BAD = frozenset(("Broken", "Failed", "Rejected", "Stopped", "Stop", "Insolvent", "Refused"))
PENDING = frozenset(("Open", "Held", "Requested", "Running", "Sent", "Waiting for Customer", "In Progress"))


@dataclass(slots=True)
class Entry:
	"""A line of the file: what it is, the document it opens, its days, where it stands, amounts in their currency, and the rest."""

	what: str
	doctype: str = ""
	name: str = ""
	day: date | None = None
	until: date | None = None
	status: str = ""
	colour: str = ""
	amount: Decimal | None = None
	open: Decimal | None = None
	currency: str = ""
	details: str = ""


@dataclass(slots=True)
class Part:
	"""A part of the file. `is_cut_off`: there is more than what is shown; `is_facts`: its lines are labels with a value each."""

	title: str
	entries: list[Entry] = field(default_factory=list)
	is_cut_off: bool = False
	is_facts: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
	"""How documents of a kind about a customer become lines: by which of their fields. Newest first, by `day`."""

	doctype: str
	title: str
	day: str
	what: tuple[str, ...] = ()
	until: str = ""
	status: str = "status"
	amount: str = ""
	open: str = ""
	details: tuple[str, ...] = ()
	of_customer: str = "customer"
	of_company: str = "company"
	filters: tuple[tuple, ...] = ()


@dataclass(slots=True)
class CreditFile:
	"""The file: its parts in their order, the titles of those that its reader may not see, and the figures on its cover."""

	customer: str
	customer_name: str
	company: str
	currency: str
	parts: list[Part] = field(default_factory=list)
	kept_back: list[str] = field(default_factory=list)
	standing: dict = field(default_factory=dict)
	buckets: list[tuple[str, Decimal]] = field(default_factory=list)
	owed: Decimal = ZERO
	overdue: Decimal = ZERO
	items: list[ageing.Row] | None = None


def listings() -> tuple[tuple[Listing, ...], tuple[Listing, ...]]:
	"""Return the kinds of documents that make a part each: of what comes before the contracts, and after them."""
	before = (
		Listing("Payment Entry", _("Payments"), "posting_date", ("payment_type",), amount="paid_amount", open="unallocated_amount",
			status="status", details=("mode_of_payment", "reference_no"), of_customer="party",
			filters=(("docstatus", "=", 1), ("party_type", "=", "Customer"))),
		Listing("Credit Hold", _("Credit holds"), "creation", ("action", "reference_name"), "released_on", amount="order_amount",
			details=("required_role", "credit_advice", "advice_reason", "released_by", "release_reason", "rejected_by", "reject_reason")),
		Listing("Credit Decision", _("Credit decisions"), "decided_on", ("kind", "reference_name"), status="outcome", amount="amount",
			details=("decided_by", "policy", "policy_version")),
		Listing("Limit Request", _("Limit requests"), "requested_on", ("requested_by",), "granted_until", amount="requested_limit",
			open="granted_limit", details=("reason", "decided_by", "remark")),
		Listing("Approval Request", _("Concessions asked for"), "creation", ("action", "reference_name"), amount="amount",
			details=("requested_by", "reason", "decided_by", "remark")),
		Listing("Dispute", _("Disputes"), "opened_on", ("root_cause",), "deadline", amount="disputed_amount", open="open_amount",
			details=("next_action_by", "description", "resolution"), filters=(("docstatus", "<", 2),)),
		Listing("Payment Plan", _("Payment plans"), "creation", ("frequency",), "last_instalment_date", amount="total_amount",
			details=("reason", "approved_by")),
		Listing("Promise to Pay", _("Promises to pay"), "made_on", ("sales_invoice",), "promised_date", amount="amount",
			details=("promised_by", "channel", "note")),
		Listing("Payment Slip", _("Payment slips"), "value_date", ("payment_reference",), "wait_until", amount="amount",
			details=("note", "reason")),
		Listing("Dunning Notice", _("Dunning notices"), "run_date", ("step_code", "channel"), "deadline", amount="grand_total",
			details=("subject", "reason_text", "recipients")),
		Listing("Dunning Charge", _("Reminder fees, interest and compensation"), "stated_on", ("kind",), status="state",
			amount="amount", open="open_amount", details=("sales_invoice",)),
		Listing("Dunning Exclusion", _("Left out of dunning"), "valid_from", ("sales_invoice",), "valid_until", status="",
			details=("reason", "end_reason"), of_company="for_company"),
		Listing("Collection Task", _("Calls and collection tasks"), "due_date", ("kind",), amount="total_amount",
			details=("assigned_to", "reason", "outcome")),
		Listing("Collection Case", _("Collection cases"), "creation", ("agency_name",), "hand_over_from", amount="total_amount",
			open="open_amount", details=("reason", "collector", "court", "end_reason")),
		Listing("Insolvency Case", _("Insolvency"), "insolvent_on", ("kind",), "claim_deadline",
			details=("trustee", "court", "case_number", "note"), of_company=""),
		Listing("Limitation Warning", _("Claims about to expire"), "due_date", ("voucher_no",), "expires_on", status="",
			amount="amount"),
		Listing("Credit List Entry", _("Credit lists"), "valid_from", ("list_type",), "valid_until", details=("reason", "end_reason")),
		Listing("Screening Match", _("Screening"), "opened_on", ("match_kind",), "decided_on", details=("entry_name", "reason"), of_company=""),
	)  # fmt: skip
	after = (
		Listing("Order Milestone Plan", _("Milestones"), "creation", ("sales_order",), amount="total_amount", open="invoiced_amount"),
		Listing("Account Statement", _("Statements of account"), "to_date", ("kind",), details=("sent_to", "reason")),
		Listing("Balance Confirmation", _("Balance confirmations"), "as_of", (), "answered_on",
			details=("answered_by", "comment", "decision_reason")),
	)  # fmt: skip
	return before, after


def read(customer: str, company: str, most: int) -> CreditFile:
	"""Return the file of a customer whom the session user may see (the caller has asked), at most so many lines a part."""
	found = CreditFile(
		customer,
		frappe.db.get_value("Customer", customer, "customer_name") or customer,
		company,
		company_currency(company),
	)
	before, after = listings()
	add = _Adding(found, most)
	add.facts(_("Customer"), "Customer", _customer)
	add.part(_("Contacts"), "Contact", _contacts)
	add.facts(_("Credit profile"), "Credit Profile", _profile)
	add.part(_("Changes of the profile"), "Credit Profile Change", _changes)
	add.facts(_("Exposure and limit"), "Credit Profile", _exposure)
	add.facts(_("Ageing"), "Credit Profile", _ageing)
	add.part(_("Open items"), "Credit Profile", _open_items)
	add.facts(_("Payment behaviour"), "Credit Profile", _behaviour)
	for listing in before:
		add.listing(listing)
	add.part(_("Security and insurance"), "Security Instrument", _securities)
	add.part(_("Contracts"), CONTRACT, _contracts)
	for listing in after:
		add.listing(listing)
	add.part(_("Documents"), "File", _documents)
	return found


class _Adding:
	"""Adds the parts that the session user may read, one after the other."""

	def __init__(self, found: CreditFile, most: int):
		self.found, self.most = found, most

	def facts(self, title: str, doctype: str, entries: Callable[[CreditFile, int], Iterable[Entry]]) -> None:
		# What there is to say of one thing is not cut off.
		self._add(title, doctype, entries, MOST_FACTS, True)

	def part(self, title: str, doctype: str, entries: Callable[[CreditFile, int], Iterable[Entry]]) -> None:
		self._add(title, doctype, entries, self.most, False)

	def _add(self, title: str, doctype: str, entries, most: int, is_facts: bool) -> None:
		if not _may_read(doctype):
			self.found.kept_back.append(title)
			return
		lines = list(entries(self.found, most + 1))
		self.found.parts.append(Part(title, lines[:most], len(lines) > most, is_facts))

	def listing(self, listing: Listing) -> None:
		self.part(listing.title, listing.doctype, lambda found, most: _listed(listing, found, most))


def _may_read(doctype: str) -> bool:
	"""Whether somebody may read documents of a kind: the history of profiles is no document of its own, and not for sellers."""
	if doctype == "Credit Profile Change":
		return sees_everything() and bool(frappe.has_permission("Credit Profile", "read"))
	return bool(frappe.has_permission(doctype, "read"))


# ------------------------------------------------------------------ documents of one kind
def _listed(listing: Listing, found: CreditFile, most: int) -> list[Entry]:
	meta = frappe.get_meta(listing.doctype)
	used = (
		listing.day,
		*listing.what,
		listing.until,
		listing.status,
		listing.amount,
		listing.open,
		*listing.details,
	)
	fields = ["name", *dict.fromkeys(name for name in used if name)]
	currency = meta.get_field(listing.amount).options if listing.amount else ""
	if currency and meta.has_field(currency):
		fields.append(currency)
	filters = [[listing.of_customer, "=", found.customer], *(list(one) for one in listing.filters)]
	if listing.of_company:
		# What concerns every company names none.
		filters.append([listing.of_company, "in", [found.company, ""]])
	rows = frappe.get_list(
		listing.doctype, filters=filters, fields=fields, order_by=f"{listing.day} desc, name desc", limit=most
	)
	return [_entry(listing, meta, row, row.get(currency) or found.currency) for row in rows]


def _entry(listing: Listing, meta, row, currency: str) -> Entry:
	def amount(name: str) -> Decimal | None:
		return money(row.get(name)) if name and row.get(name) is not None else None

	def day(name: str) -> date | None:
		return getdate(row[name]) if name and row.get(name) else None

	status = row.get(listing.status) or ""
	return Entry(
		" · ".join(_said(meta, row, listing.what)) or _(listing.doctype),
		listing.doctype,
		row.name,
		day(listing.day),
		day(listing.until),
		_(status, context=listing.doctype) if status else "",
		colour_of(status),
		amount(listing.amount),
		amount(listing.open),
		currency,
		" · ".join(_said(meta, row, listing.details, with_labels=True)),
	)


def _said(meta, row, names: Iterable[str], with_labels: bool = False) -> list[str]:
	"""Return what fields of a row say in words, empty ones left out."""
	said = []
	for name in names:
		value, docfield = row.get(name), meta.get_field(name)
		if value in (None, "", 0):
			continue
		text = _in_words(meta.name, docfield, value)
		said.append(f"{_(docfield.label, context=meta.name)}: {text}" if with_labels else text)
	return said


def _in_words(doctype: str, docfield, value) -> str:
	if docfield.fieldtype == "Select":
		return _(value, context=doctype)
	if docfield.fieldtype == "Link" and docfield.options == "User":
		return frappe.utils.get_fullname(value)
	if docfield.fieldtype == "Link" and docfield.options == "Role":
		return _(value)
	return strip_html(str(value)).strip()


def colour_of(status: str) -> str:
	"""Return the light of a status: good, bad, or waiting for somebody; none for the others."""
	first = status.split(":")[-1].strip()
	if first in BAD:
		return "Red"
	if first in GOOD:
		return "Green"
	return "Yellow" if first in PENDING else ""


# ------------------------------------------------------------------ who they are
MASTER_DATA = (
	*("customer_type", "tax_id", "customer_group", "territory", "industry", "market_segment"),
	*("customer_primary_contact", "primary_address", "email_id", "mobile_no", "website"),
	*("default_currency", "payment_terms", "default_price_list", "account_manager", "b2b_collector"),
	*(
		"b2b_dunning_flow",
		"b2b_payment_days",
		"b2b_is_public_sector",
		"is_internal_customer",
		"is_frozen",
		"disabled",
	),
)
PROFILE = (
	*("status", "stop_reason", "forced_hold_reason", "segment", "level", "risk_class", "natural_person"),
	*("external_rating", "rating_at_review", "last_review", "next_review", "credit_score", "credit_score_on"),
	*("limit_type", "granted_limit", "calculated_limit", "manual_limit", "limit_reason", "temporary_limit"),
	*("temporary_limit_until", "expected_annual_revenue", "gross_net_ratio", "credit_group", "require_po"),
	*("security_required_percent",),
)


def _facts(doc, names: Iterable[str], currency: str) -> list[Entry]:
	"""Return fields of a document as lines of label and value, as far as its reader may read them, empty ones left out."""
	doc.apply_fieldlevel_read_permissions()
	entries = []
	for name in names:
		docfield, value = doc.meta.get_field(name), doc.get(name)
		if docfield is None or value in (None, "", 0):
			continue
		entry = Entry(_(docfield.label, context=doc.doctype), currency=currency)
		if docfield.fieldtype == "Currency":
			entry.amount = money(value)
		elif docfield.fieldtype == "Date":
			entry.day = getdate(value)
		elif docfield.fieldtype == "Check":
			entry.details = _("Yes")
		else:
			entry.details = " · ".join(_said(doc.meta, doc, [name])).replace("\n", ", ")
			if docfield.fieldtype == "Link" and docfield.options not in ("User", "Role"):
				entry.doctype, entry.name = docfield.options, value
		entries.append(entry)
	return entries


def _customer(found: CreditFile, most: int) -> list[Entry]:
	doc = frappe.get_doc("Customer", found.customer)
	entries = [Entry(_("Customer"), "Customer", doc.name, details=doc.customer_name)]
	entries += _facts(doc, MASTER_DATA, found.currency)
	for row in doc.sales_team:
		entries.append(
			Entry(
				_("Sales Team"),
				"Sales Person",
				row.sales_person,
				details=f"{row.sales_person} · {shown.percent_text(row.allocated_percentage)}",
			)
		)
	return entries[:most]


def _contacts(found: CreditFile, most: int) -> list[Entry]:
	return [
		Entry(
			" ".join(filter(None, (row["first_name"], row["last_name"]))),
			"Contact",
			row["name"],
			details=" · ".join(
				filter(
					None,
					(
						*map(_, row["roles"]),
						*(row["designation"], row["email_id"], row["phone"] or row["mobile_no"]),
					),
				)
			),
		)
		for row in contacts.visible_of(found.customer, most)
	]


def _profile_of(found: CreditFile):
	name = frappe.db.get_value("Credit Profile", {"customer": found.customer, "company": found.company})
	return frappe.get_doc("Credit Profile", name) if name else None


def _profile(found: CreditFile, most: int) -> list[Entry]:
	doc = _profile_of(found)
	if doc is None or not doc.has_permission("read"):
		return []
	first = Entry(_("Credit profile"), doc.doctype, doc.name, status=_(doc.status, context=doc.doctype))
	first.colour = "Green" if doc.status == "Open" else "Red"
	return [first, *_facts(doc, PROFILE, found.currency)][:most]


def _changes(found: CreditFile, most: int) -> list[Entry]:
	doc = _profile_of(found)
	if doc is None or not doc.has_permission("read"):
		return []
	rows = sorted(doc.history, key=lambda row: str(row.changed_on), reverse=True)
	return [
		Entry(
			_(row.field_label),
			day=getdate(row.valid_from or row.changed_on),
			details=" · ".join(
				filter(
					None,
					(
						f"{row.before or '–'} → {row.after or '–'}",
						row.reason,
						frappe.utils.get_fullname(row.changed_by) if row.changed_by else "",
					),
				)
			),
		)
		for row in rows[:most]
	]


# ------------------------------------------------------------------ what they owe
def _exposure(found: CreditFile, most: int) -> list[Entry]:
	standing = found.standing = overview.figures_of_customer(found.customer, found.company)
	if not standing["checked"]:
		return [Entry(_("Nothing checks this customer's credit here."))]
	sums = (
		(_("Receivables"), "receivables"),
		(_("Delivered, not billed"), "delivered_not_billed"),
		(_("Granted orders"), "granted_orders"),
		(_("Waiting orders (not counted)"), "waiting_orders"),
		(_("Exposure"), "exposure_before"),
		(_("Secured"), "secured"),
		(_("Net exposure"), "net_exposure"),
	)
	entries = [Entry(label, amount=money(standing[name]), currency=found.currency) for label, name in sums]
	if standing["headroom"] is None:
		entries.append(Entry(_("Granted limit"), details=_("Unlimited")))
	else:
		entries.append(
			Entry(_("Granted limit"), amount=money(standing["granted_limit"]), currency=found.currency)
		)
		entries.append(Entry(_("Headroom"), amount=money(standing["headroom"]), currency=found.currency))
		entries.append(Entry(_("Utilisation"), details=percent_text(standing["utilisation_before"])))
	group = standing["group"]
	if group:
		entries.append(
			Entry(
				_("Credit group"),
				"Credit Group",
				group["name"],
				details=percent_text(group["utilisation_after"]),
			)
		)
	for reason in standing["reasons"]:
		rule = reason["rule"]
		entries.append(Entry(_("Fires now"), status=_(rule), colour="Red", details=reason["message"]))
	for security in standing["not_counted"]:
		entries.append(
			Entry(
				_("Security that does not count"),
				"Security Instrument",
				security["name"],
				details=security["message"],
			)
		)
	return entries[:most]


def percent_text(percent: float | None) -> str:
	if percent is None:
		return _("Unlimited")
	return _("Without a limit") if percent >= 1e6 else shown.percent_text(percent)


def _items_of(found: CreditFile) -> list[ageing.Row]:
	if found.items is None:
		wanted = receivables.Wanted((found.company,), getdate(), customers=[found.customer])
		found.items = receivables.read(wanted).items
	return found.items


def _ageing(found: CreditFile, most: int) -> list[Entry]:
	bounds = ageing.Bounds.of(settings.value("ageing_buckets"))
	today = getdate()
	sums = [ZERO] * len(bounds)
	credits = disputed = ZERO
	for row in _items_of(found):
		if row.is_credit:
			credits += row.open
			continue
		for part in ageing.parts_of(row):
			sums[bounds.bucket((today - part.day).days)] += part.open
			disputed += part.disputed
	labels = [_("Not due"), *(span_text(*span) for span in bounds.spans)]
	found.buckets = list(zip(labels, sums, strict=True))
	found.overdue = sum(sums[1:], ZERO)
	found.owed = sum(sums, ZERO) + credits
	entries = [
		Entry(label, amount=amount, currency=found.currency, colour="Red" if place and amount else "")
		for place, (label, amount) in enumerate(found.buckets)
	]
	entries.append(Entry(_("Credits and unallocated payments"), amount=credits, currency=found.currency))
	entries.append(Entry(_("Balance"), amount=found.owed, currency=found.currency))
	entries.append(Entry(_("Of which disputed"), amount=disputed, currency=found.currency))
	return entries[:most]


def span_text(first: int, last: int | None) -> str:
	if last is None:
		return _("More than {0} days overdue").format(first - 1)
	return _("{0}–{1} days overdue").format(first, last)


def _open_items(found: CreditFile, most: int) -> list[Entry]:
	rows = sorted(_items_of(found), key=lambda row: (row.due, row.voucher))
	today = getdate()
	entries = []
	for row in rows[:most]:
		late = (today - row.due).days
		aside = (
			(_("disputed"), row.disputed),
			(_("in a payment plan"), row.planned),
			(_("promised"), row.promised),
		)
		is_late = late > 0 and not row.is_credit
		entries.append(
			Entry(
				_("Difference to the general ledger") if row.is_unexplained else _(row.doctype),
				row.doctype,
				row.voucher,
				row.posted,
				row.due,
				_("{0} days overdue").format(late) if is_late else "",
				"Red" if is_late else "",
				None,
				row.open,
				found.currency,
				" · ".join(
					f"{label} {frappe.utils.fmt_money(amount, currency=found.currency)}"
					for label, amount in aside
					if amount
				),
			)
		)
	return entries


def _behaviour(found: CreditFile, most: int) -> list[Entry]:
	today = getdate()
	entries = []
	average = plan_facts.average_days_to_pay(found.customer, found.company, getdate(add_days(today, -DAYS)))
	entries.append(
		Entry(
			_("Average days to pay, last 12 months"),
			details=_("nothing paid") if average is None else shown.number_text(average),
		)
	)
	doc = _profile_of(found)
	if doc is not None and doc.has_permission("read"):
		entries += _facts(doc, ("annual_spend", "last_default_on"), found.currency)
	return entries[:most]


# ------------------------------------------------------------------ what stands behind it
def _securities(found: CreditFile, most: int) -> list[Entry]:
	listing = Listing(
		*("Security Instrument", "", "valid_from", ("instrument_type", "instrument_number"), "expiry_date"),
		amount="amount",
		details=("direction", "issuer", "issuer_rating", "insurance_policy", "end_reason"),
	)
	entries = _listed(listing, found, most)
	group = frappe.db.get_value(
		"Credit Profile", {"customer": found.customer, "company": found.company}, "credit_group"
	)
	if group:
		of_group = Listing(
			**{
				**{name: getattr(listing, name) for name in Listing.__dataclass_fields__},
				"of_customer": "credit_group",
				"of_company": "",
			}
		)
		entries += _listed(of_group, CreditFile(group, "", found.company, found.currency), most)
	return entries[:most]


def _contracts(found: CreditFile, most: int) -> list[Entry]:
	rows = frappe.get_list(
		CONTRACT,
		filters={"company": found.company},
		or_filters=[
			["customer", "=", found.customer],
			["name", "in", covering([found.customer]).run(pluck=True) or [""]],
		],
		fields=[
			*("name", "title", "contract_type", "status", "start_date", "end_date", "last_date_to_act"),
			*("annual_value", "currency", "contract_owner", "customer"),
		],
		order_by="start_date desc, name",
		limit=most,
	)
	return [
		Entry(
			row.title,
			CONTRACT,
			row.name,
			row.start_date,
			row.end_date,
			_(row.status, context=CONTRACT),
			colour_of(row.status),
			money(row.annual_value),
			None,
			row.currency,
			" · ".join(
				filter(
					None,
					(
						row.contract_type,
						row.contract_owner and frappe.utils.get_fullname(row.contract_owner),
						row.last_date_to_act
						and _("act by {0}").format(frappe.utils.formatdate(row.last_date_to_act)),
						"" if row.customer == found.customer else _("covered as a party"),
					),
				)
			),
		)
		for row in rows
	]


def _documents(found: CreditFile, most: int) -> list[Entry]:
	"""Return the files that hang on the customer and on what is shown of it: whoever may read a document may read its files."""
	about = {("Customer", found.customer)}
	about |= {(entry.doctype, entry.name) for part in found.parts for entry in part.entries if entry.name}
	by_doctype: dict[str, list[str]] = {}
	for doctype, name in about:
		by_doctype.setdefault(doctype, []).append(name)
	file = frappe.qb.DocType("File")
	hangs = None
	for doctype, names in sorted(by_doctype.items()):
		# An open item names its invoice to sellers too, who read no invoices.
		if not _may_read(doctype):
			continue
		on_these = (file.attached_to_doctype == doctype) & file.attached_to_name.isin(sorted(names))
		hangs = on_these if hangs is None else hangs | on_these
	if hangs is None:
		return []
	rows = (
		frappe.qb.from_(file)
		.where(hangs & (file.is_folder == 0))
		.select(
			file.name,
			file.file_name,
			file.creation,
			file.owner,
			file.attached_to_doctype,
			file.attached_to_name,
		)
		.orderby(file.creation, order=frappe.qb.desc)
		.orderby(file.name)
		.limit(most)
		.run(as_dict=True)
	)
	return [
		Entry(
			row.file_name,
			row.attached_to_doctype,
			row.attached_to_name,
			getdate(row.creation),
			details=f"{_(row.attached_to_doctype)} · {frappe.utils.get_fullname(row.owner)}",
		)
		for row in rows
	]
