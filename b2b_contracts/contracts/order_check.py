"""Quotations, orders and invoices follow the contracts in force on their day: prices and terms are filled in, differences are
shown, and by policy warned of, parked (the gate's rule Contract) or refused (requirements §6).

A price that somebody typed, or that a customer's order came with, is never overwritten: it is compared, and what differs is
said. What was filled in from a contract follows it as quantity, unit and day change. A row that fulfils an order follows that
order, which was checked and, where it had to be, released.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate

from b2b_contracts.credit import policies
from b2b_contracts.credit.account_facts import company_currency, money
from b2b_contracts.engine import contract_check as check
from b2b_contracts.engine import contract_prices as prices
from b2b_contracts.engine.contract_check import Difference, Document, Line, Terms
from b2b_contracts.engine.contract_prices import Agreed, Asked, Item
from b2b_contracts.engine.facts import ContractState
from b2b_contracts.engine.money import HUNDRED, ZERO
from b2b_contracts.exceptions import ContractError

from . import agreed_prices, call_offs, order_wording, pricing
from .agreed_prices import Contracts

QUOTATION, ORDER, DELIVERY, INVOICE = "Quotation", "Sales Order", "Delivery Note", "Sales Invoice"
FOLLOWING = (QUOTATION, ORDER, INVOICE)
# A row of a document says which row of an order it fulfils.
ORDER_ROW = {DELIVERY: "so_detail", INVOICE: "so_detail"}
ORDER_OF = {DELIVERY: "against_sales_order", INVOICE: "sales_order"}
# What a row's price is made of.
PRICE_FIELDS = (
	*("rate", "price_list_rate", "discount_percentage", "discount_amount"),
	*("margin_type", "margin_rate_or_amount"),
)
NOTHING_SHOWN = {"action": check.NOTHING, "contracts": [], "differences": [], "call_offs": [], "hold": None}


@dataclass(frozen=True, slots=True)
class Seen:
	"""A document beside its contracts: what each row should cost by row number (None: nothing was agreed), from which quantity
	each takes, and what differs."""

	contracts: Contracts
	document: Document
	agreed: dict[int, Line]
	items: dict[str, Item]
	order_rows: dict[str, frappe._dict]

	def differences(self, tolerance: Decimal) -> tuple[Difference, ...]:
		return check.differences(self.document, tolerance)


# ------------------------------------------------------------------ who, when
def customer_of(doc) -> str | None:
	"""Return the customer of a document; a quotation may be for a lead."""
	if doc.doctype == QUOTATION:
		return doc.party_name if doc.quotation_to == "Customer" else None
	return doc.get("customer")


def day_of(doc) -> date:
	"""Return the day whose contracts a document follows: its own date."""
	return getdate(doc.get("transaction_date") or doc.get("posting_date"))


def concerns(doc) -> bool:
	"""Whether a document follows contracts: no return, nothing internal, no sale over the counter, nothing opening the books."""
	if not customer_of(doc) or not doc.get("company"):
		return False
	flags = ("is_return", "is_internal_customer", "is_pos", "is_debit_note")
	return not any(cint(doc.get(flag)) for flag in flags) and doc.get("is_opening") != "Yes"


# ------------------------------------------------------------------ compared
def look(doc) -> Seen | None:
	"""Return a document beside the contracts in force on its day; None where it follows none. As many queries for one row as for
	fifty; asked again for the same content it reads nothing."""
	if not concerns(doc):
		return None
	key = _key(doc)
	kept = doc.flags.b2b_contract_seen
	if kept and kept[0] == key:
		return kept[1]
	seen = _look(doc)
	doc.flags.b2b_contract_seen = (key, seen)
	return seen


def forget(doc) -> None:
	"""Have a document looked at anew."""
	doc.flags.b2b_contract_seen = None


def _key(doc) -> str:
	head = [customer_of(doc), doc.company, str(day_of(doc)), doc.docstatus]
	head += [doc.get(name) for name in ("currency", "selling_price_list", "payment_terms_template")]
	head += [doc.get(name) for name in ("incoterm", "named_place", "discount_amount", "conversion_rate")]
	names = ("name", "item_code", "qty", "uom", "conversion_factor", "rate", "price_list_rate", "so_detail")
	return json.dumps([head, [[row.get(name) for name in names] for row in doc.items]], default=str)


def _look(doc) -> Seen | None:
	contracts = agreed_prices.in_force(customer_of(doc), doc.company, day_of(doc))
	if not contracts:
		return None
	order_rows = _order_rows(doc)
	items = agreed_prices.items_of(row.item_code for row in doc.items)
	known = agreed_prices.of_items(contracts, items.values())
	exchange = _exchange(doc, known)
	lines = {}
	for row in doc.items:
		line = _line(
			doc, row, known, items.get(row.item_code), order_rows.get(_order_row(doc, row)), exchange
		)
		if line is not None:
			lines[row.idx] = line
	document = Document(
		contract=known.name,
		lines=tuple(lines[idx] for idx in sorted(lines)),
		terms=_terms(doc),
		agreed=_agreed_terms(doc, known, order_rows),
		whole_discount_percent=_whole_discount(doc),
		call_offs=tuple(call_offs.asked(doc, known, items)),
		places=doc.precision("rate", "items") or 2,
	)
	return Seen(known, document, lines, items, order_rows)


def _order_row(doc, row) -> str | None:
	field = ORDER_ROW.get(doc.doctype)
	return row.get(field) if field else None


def _order_rows(doc) -> dict[str, frappe._dict]:
	"""Return the rows of submitted orders of the same customer that rows of a document fulfil."""
	names = {name for row in doc.items if (name := _order_row(doc, row))}
	if not names:
		return {}
	row, order = frappe.qb.DocType("Sales Order Item"), frappe.qb.DocType(ORDER)
	found = (
		frappe.qb.from_(row)
		.join(order)
		.on(order.name == row.parent)
		.where(row.name.isin(list(names)) & (order.docstatus == 1))
		.where((order.customer == doc.customer) & (order.company == doc.company))
		.select(row.name, row.parent, row.item_code, row.uom, row.b2b_contract, row.b2b_contract_rate)
		.select(*(row[field] for field in PRICE_FIELDS))
		.select(order.payment_terms_template, order.incoterm, order.named_place, order.currency)
		.run(as_dict=True)
	)
	return {one.name: one for one in found}


def _line(doc, row, known: Contracts, item: Item | None, order_row, exchange) -> Line | None:
	if item is None or cint(row.get("is_free_item")) or not flt(row.qty):
		return None
	if order_row is not None and order_row.item_code == row.item_code and order_row.currency == doc.currency:
		return _line_of_order(row, order_row)
	asked = Asked(
		item,
		money(row.qty),
		day_of(doc),
		row.get("uom") or "",
		money(row.get("conversion_factor") or 1),
		doc.get("selling_price_list") or "",
	)
	agreed = prices.agreed(known.rows, asked)
	if agreed is None:
		return None
	rate = exchange(agreed.row.currency)
	if agreed.rate is not None and rate is None:
		return None  # the currency is said to differ
	return Line(row.idx, row.item_code, money(row.rate), _list_rate(row, agreed), agreed, rate or Decimal(1))


def _list_rate(row, agreed: Agreed) -> Decimal:
	return money(row.price_list_rate) if agreed.percent is not None else ZERO


def _line_of_order(row, order_row) -> Line | None:
	"""A row that fulfils an order costs what it costs there, per the same unit."""
	if not order_row.b2b_contract or row.uom != order_row.uom:
		return None
	source = prices.Row(order_row.b2b_contract, prices.PRICE, money(order_row.rate), item=row.item_code)
	return Line(row.idx, row.item_code, money(row.rate), ZERO, Agreed(source, rate=money(order_row.rate)))


def _exchange(doc, known: Contracts) -> Callable[[str], Decimal | None]:
	"""Return what turns a currency into the document's: read once for each other currency, None where no rate is known."""
	rates: dict[str, Decimal | None] = {}

	def rate(currency: str) -> Decimal | None:
		if not currency or currency == doc.currency:
			return Decimal(1)
		if currency not in rates:
			rates[currency] = _rate(doc, currency)
		return rates[currency]

	return rate


def _rate(doc, currency: str) -> Decimal | None:
	from erpnext.setup.utils import get_exchange_rate

	base = company_currency(doc.company)
	to_base = 1 if currency == base else get_exchange_rate(currency, base, str(day_of(doc)), "for_selling")
	own = flt(doc.get("conversion_rate")) or 1
	return money(to_base) / money(own) if to_base else None


def _terms(doc) -> Terms:
	return Terms(
		doc.get("payment_terms_template") or "",
		doc.get("incoterm") or "",
		doc.get("named_place") or "",
		doc.get("currency") or "",
		doc.get("selling_price_list") or "",
	)


def _agreed_terms(doc, known: Contracts, order_rows: dict) -> Terms:
	"""Return the terms that a document follows: of the contracts, but for an invoice of an order what that says."""
	first = known.first
	terms = Terms(
		first("payment_terms_template") or "",
		first("incoterm") or "",
		first("named_place") or "",
		first("currency") or "",
		first("price_list") or "",
	)
	order = next(iter(order_rows.values()), None)
	if order is None:
		return terms
	wanted = order.payment_terms_template or ""
	return Terms(wanted, order.incoterm or "", order.named_place or "", order.currency or "", "")


def _whole_discount(doc) -> Decimal:
	"""Return which share of the document is taken off as a whole, per cent; of an invoice of orders nothing is said twice."""
	if doc.doctype in ORDER_ROW and all(_order_row(doc, row) for row in doc.items):
		return ZERO
	taken = money(doc.get("discount_amount"))
	percent = money(doc.get("additional_discount_percentage"))
	if not taken or percent:
		return percent
	base = money(doc.get("total") if doc.get("apply_discount_on") == "Net Total" else 0)
	base = base or (money(doc.get("grand_total")) + taken)
	return taken * HUNDRED / base if base else ZERO


# ------------------------------------------------------------------ filled in
def fill(doc) -> None:
	"""Fill in what the contracts say, before ERPNext looks at a document that is being saved: terms that are empty, prices that
	are empty or that followed the contract and no longer do."""
	if _is_settled(doc) or not concerns(doc):
		return
	if doc.doctype in FOLLOWING and (doc.is_new() or doc.get_doc_before_save() is None):
		fill_terms(doc)
	_know_units(doc)
	seen = look(doc)
	if seen is None:
		return
	names = [contract.name for contract in seen.contracts.contracts]
	before = _rows_before(doc)
	given = set()
	for row in doc.items:
		line = seen.agreed.get(row.idx)
		if line is None:
			continue
		if _order_row(doc, row) in seen.order_rows:
			# Whatever the contract says by now. ERPNext maps the rows of a delivery last, and looks for prices anew.
			if doc.doctype == DELIVERY and doc.is_new():
				of = seen.order_rows[_order_row(doc, row)]
				row.update({field: of.get(field) for field in PRICE_FIELDS})
			_keep(doc, row)
		elif _follows(doc, row, before.get(row.name), names):
			given.add(row.idx)
			if not flt(row.rate) or not _is_as_agreed(row, line):
				_give(row, line)
			# ERPNext keeps to the rules that it has found once, also where quantity and day are others by now.
			row.pricing_rules = None
		elif not _is_as_agreed(row, line):
			_keep(doc, row)
	doc.flags.b2b_given = given
	forget(doc)


def _is_settled(doc) -> bool:
	"""Whether a document is past being filled in: submitted before, or on its way out."""
	before = doc.get_doc_before_save()
	return doc.docstatus == 2 or (before is not None and before.docstatus != 0)


def fill_terms(doc, customer_default: str | None = None) -> None:
	"""Fill in terms of a new document that are empty, or that ERPNext has filled in from the customer."""
	contracts = agreed_prices.in_force(customer_of(doc), doc.company, day_of(doc))
	if not contracts:
		return
	known = Contracts(tuple(contracts))
	agreed = _agreed_terms(doc, known, _order_rows(doc))
	if not doc.get("selling_price_list") and agreed.price_list:
		doc.selling_price_list = agreed.price_list
	usual = customer_default if customer_default is not None else _usual_terms(doc)
	if agreed.payment_terms and doc.get("payment_terms_template") in (None, "", usual):
		if doc.get("payment_terms_template") != agreed.payment_terms:
			doc.payment_terms_template = agreed.payment_terms
			# ERPNext makes them anew.
			doc.set("payment_schedule", [])
			if doc.doctype == INVOICE:
				doc.due_date = None
	if agreed.incoterm and not doc.get("incoterm"):
		doc.incoterm = agreed.incoterm
	if agreed.place and not doc.get("named_place") and doc.get("incoterm") == agreed.incoterm:
		doc.named_place = agreed.place


def start_with(customer: str, company: str, on: date) -> dict:
	"""Return what a new document of a customer starts with on a day; empty where no contract is in force."""
	from erpnext.accounts.party import get_payment_terms_template

	contracts = agreed_prices.in_force(customer, company, on)
	if not contracts:
		return {}
	first = Contracts(tuple(contracts)).first
	return {
		"contract": contracts[0].name,
		"payment_terms": first("payment_terms_template"),
		"incoterm": first("incoterm"),
		"place": first("named_place"),
		"currency": first("currency"),
		"price_list": first("price_list"),
		"usual_terms": get_payment_terms_template(customer, "Customer", company),
	}


def _usual_terms(doc) -> str | None:
	from erpnext.accounts.party import get_payment_terms_template

	return get_payment_terms_template(customer_of(doc), "Customer", doc.company)


def _know_units(doc) -> None:
	"""A client need not say the unit of a row: it is sold in the item's own then."""
	missing = [row for row in doc.items if row.item_code and not row.get("uom")]
	if not missing:
		return
	found = frappe.get_all(
		"Item",
		filters={"name": ["in", sorted({row.item_code for row in missing})]},
		fields=["name", "sales_uom", "stock_uom"],
	)
	units = {row.name: row for row in found}
	for row in missing:
		item = units.get(row.item_code)
		if item and (not item.sales_uom or item.sales_uom == item.stock_uom):
			row.uom, row.conversion_factor = item.stock_uom, 1


def _rows_before(doc) -> dict:
	"""Return the rows of a document as they were before it is saved, by name."""
	before = doc.get_doc_before_save()
	return {row.name: row for row in before.items} if before is not None else {}


def _follows(doc, row, before, contracts: list[str]) -> bool:
	"""Whether a row's price is the contract's to give: none was entered, or the one it has was the contract's."""
	if not flt(row.rate):
		return True
	if doc.docstatus:
		return False  # as it was saved: nothing changes under the hands of whoever submits
	if before is not None:
		followed = before.get("b2b_contract") and _near(row, before.rate, before.b2b_contract_rate)
		return bool(followed) and _near(row, row.rate, before.rate)
	# A new document: ERPNext found the price by a rule of ours, and nobody has changed it.
	rules = _rules(row)
	untouched = not flt(row.discount_percentage) and not row.get("margin_type")
	of_ours = any(pricing.is_ours(rule, contracts) for rule in rules)
	return of_ours and untouched and _near(row, row.rate, row.price_list_rate)


def _rules(row) -> list[str]:
	said = row.get("pricing_rules") or ""
	try:
		return json.loads(said) if said.startswith("[") else said.split(",")
	except ValueError:
		return []


def _near(row, one, other) -> bool:
	return abs(flt(one) - flt(other)) < 10 ** -(row.precision("rate") or 2) / 2


def _keep(doc, row) -> None:
	"""Have ERPNext leave the price of a row as it is."""
	if doc.get("ignore_pricing_rule"):
		return  # it does: it looks for no rules, and would take one that is there away, and the price with it
	doc.flags.b2b_kept = {*(doc.flags.b2b_kept or ()), row.idx}
	if not frappe.db.exists(pricing.RULE, pricing.KEEPS, cache=True):
		return  # no rule of ours, so none that would change it
	row.pricing_rules = json.dumps([pricing.KEEPS])
	row.update(
		{"discount_percentage": 0, "discount_amount": 0, "margin_type": None, "margin_rate_or_amount": 0}
	)


def _give(row, line: Line) -> None:
	"""Give a row the agreed price. A discount is taken from the list price, which ERPNext finds anew."""
	row.update(dict.fromkeys(PRICE_FIELDS, 0) | {"margin_type": None})
	if line.agreed.rate is not None:
		row.price_list_rate = row.rate = _rate_of(row, line)
	else:
		row.price_list_rate = None


def _rate_of(row, line: Line) -> float:
	return flt(float(line.agreed.net(line.list_rate, line.exchange)), row.precision("rate"))


def _is_as_agreed(row, line: Line) -> bool:
	if line.agreed.rate is None and not line.list_rate:
		return True  # ERPNext still has to find the list price
	return _near(row, row.rate, _rate_of(row, line))


def stamp(doc) -> None:
	"""Write on each row what its contract says, once ERPNext has its prices, and put right what its rules could not carry."""
	forget(doc)
	seen = look(doc) if concerns(doc) else None
	given, doc.flags.b2b_given = doc.flags.b2b_given or (), None
	kept, doc.flags.b2b_kept = doc.flags.b2b_kept or (), None
	corrected = False
	for row in doc.items:
		line = seen.agreed.get(row.idx) if seen else None
		_write(row, line)
		if row.idx in kept:
			_say_discount(row)
		if line and row.idx in given and not _is_as_agreed(row, line):
			_correct(row, line)
			corrected = True
	if corrected:
		doc.calculate_taxes_and_totals()
		doc.set_payment_schedule()
		forget(doc)


def _say_discount(row) -> None:
	"""Write how far a price that was kept is below the list price, as ERPNext does where it looks for rules itself."""
	row.pricing_rules = ""
	if 0 < flt(row.rate) < flt(row.price_list_rate):
		percent = (1 - flt(row.rate) / flt(row.price_list_rate)) * 100
		row.discount_percentage = flt(percent, row.precision("discount_percentage"))


def _write(row, line: Line | None) -> None:
	row.b2b_contract = line.agreed.row.contract if line else None
	row.b2b_contract_rate = _rate_of(row, line) if line else 0


def _correct(row, line: Line) -> None:
	"""Give a row its price where ERPNext's rules did not."""
	row.update({"margin_type": None, "margin_rate_or_amount": 0, "discount_amount": 0, "pricing_rules": ""})
	row.rate = _rate_of(row, line)
	if line.agreed.rate is not None:
		row.price_list_rate, row.discount_percentage = row.rate, 0
	else:
		row.discount_percentage = float(line.agreed.percent)


def stamp_changed(order) -> None:
	"""Write the same on the rows of a submitted order that is changed."""
	forget(order)
	seen = look(order) if concerns(order) else None
	for row in order.items:
		_write(row, seen.agreed.get(row.idx) if seen else None)


def mapped(doc, source) -> None:
	"""Put right a document that was made from another: an invoice or delivery costs what its order does, and an order keeps a
	price that was quoted otherwise than the contract; ERPNext would have looked for prices anew."""
	links = {
		(QUOTATION, ORDER): "quotation_item",
		(ORDER, DELIVERY): "so_detail",
		(ORDER, INVOICE): "so_detail",
		(DELIVERY, INVOICE): "dn_detail",
	}
	link = links.get((source.doctype, doc.doctype))
	if link is None or not concerns(doc):
		return
	rows = {row.name: row for row in source.items}
	bound = _bound(source)
	changed = False
	for row in doc.items:
		of = rows.get(row.get(link))
		if of is None or of.name not in bound or row.item_code != of.item_code:
			continue
		row.update({field: of.get(field) for field in PRICE_FIELDS})
		row.pricing_rules = ""
		changed = True
	if doc.doctype in FOLLOWING:
		fill_terms(doc)
	if changed:
		doc.run_method("calculate_taxes_and_totals")


def _bound(source) -> set[str]:
	"""Return the rows of a source that bind what is made from it: of an order under a contract all, of a quotation those that differ
	from theirs, of a delivery those that fulfil such an order."""
	if source.doctype == DELIVERY:
		ordered = _order_rows(source)
		return {
			row.name
			for row in source.items
			if (order_row := ordered.get(row.get("so_detail"))) and order_row.b2b_contract
		}
	return {
		row.name
		for row in source.items
		if row.get("b2b_contract")
		and (source.doctype != QUOTATION or not _near(row, row.rate, row.b2b_contract_rate))
	}


# ------------------------------------------------------------------ what comes of a difference
def state_of(doc, tolerance_percent: Decimal) -> ContractState | None:
	"""Return how a document stands to its contracts, for the gate: None where it departs from none by itself."""
	if not concerns(doc):
		return None
	if doc.doctype in ORDER_ROW and all(_order_row(doc, row) for row in doc.items):
		return None  # its orders were decided about
	seen = look(doc)
	if seen is None:
		return ContractState()
	found = seen.differences(tolerance_percent)
	return ContractState(seen.contracts.name, len(found), signature_of(found) if found else "")


def signature_of(found: Iterable[Difference]) -> str:
	"""Return what stands for exactly these differences."""
	said = "\x1e".join(
		"\x1f".join(map(str, (d.kind, d.contract, d.about, d.agreed, d.actual))) for d in found
	)
	return sha256(said.encode()).hexdigest()[:32]


def tell(doc) -> None:
	"""Say on a draft that is saved how it differs from its contract, where the policy wants that said."""
	if doc.docstatus or doc.doctype not in FOLLOWING or not concerns(doc):
		return
	seen = look(doc)
	policy = policies.active(doc.company) if seen else None
	action = policy.contract_action if policy else check.WARN
	found = seen.differences(policy.contract_tolerance_percent if policy else ZERO) if seen else ()
	if not found or action == check.NOTHING or (policy and not policy.is_on):
		return
	frappe.msgprint(
		order_wording.message(doc, found, action),
		title=_("Differs from the contract"),
		indicator="red" if action == check.BLOCK else "orange",
	)


def refuse_difference(doc) -> None:
	"""Refuse to submit, or to change, a document that differs from its contract, where the policy wants that."""
	if not concerns(doc):
		return
	policy = policies.active(doc.company)
	if policy is None or not policy.is_enforced or not _refuses(policy, doc):
		return
	seen = look(doc)
	found = seen.differences(policy.contract_tolerance_percent) if seen else ()
	if found:
		frappe.throw(
			order_wording.message(doc, found, check.BLOCK),
			ContractError,
			title=_("Differs from the contract"),
		)


def _refuses(policy: policies.ActivePolicy, doc) -> bool:
	"""Whether a policy refuses a document that differs. What should wait and cannot is refused: an invoice of goods that an order
	let go at their price."""
	if policy.contract_action == check.BLOCK:
		return True
	of_orders = doc.doctype == INVOICE and all(_order_row(doc, row) for row in doc.items)
	return policy.contract_action == check.PARK and of_orders


def shown(doc) -> dict:
	"""Return what the form shows of a document beside its contracts. Reads only."""
	seen = look(doc)
	if seen is None:
		return NOTHING_SHOWN
	policy = policies.active(doc.company)
	tolerance = policy.contract_tolerance_percent if policy else ZERO
	return {
		"action": policy.contract_action if policy and policy.is_on else check.WARN,
		"contracts": [
			{"name": one.name, "title": one.title, "is_own": one.customer == customer_of(doc)}
			for one in seen.contracts.contracts
		],
		"differences": [order_wording.shown(doc, one) for one in seen.differences(tolerance)],
		"call_offs": [order_wording.call_off(one) for one in seen.document.call_offs],
	}


# ------------------------------------------------------------------ an order on its way
def submitting(order) -> None:
	"""Count what an order calls off, and refuse it where the policy refuses differences; before the gate looks at it."""
	call_offs.take(order, look)
	forget(order)
	refuse_difference(order)


def changing(order) -> None:
	"""The same for a submitted order that is changed: its new rows follow the contract too."""
	stamp_changed(order)
	call_offs.take(order, look)
	forget(order)
	before = order.get_doc_before_save()
	# ERPNext's own dialog has written the rows by now: that they changed is seen by the totals, which it writes last.
	if _content(order) != _content(before):
		refuse_difference(order)


def _content(order) -> list:
	rows = [[row.name, row.item_code, flt(row.qty), row.uom, flt(row.rate)] for row in order.items]
	terms = [order.get(name) for name in ("payment_terms_template", "incoterm", "named_place")]
	return [rows, terms, flt(order.total, 2), flt(order.grand_total, 2)]
