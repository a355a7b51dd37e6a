"""Keeps ERPNext's Pricing Rules in step with what contracts agree, so that ERPNext itself finds the price: on the form, for a
client of its API, in documents made from others (requirements §6).

The rules carry the days of the contract, so they start and stop by themselves. One that is no longer wanted is switched off and
not deleted: documents name it. What ERPNext's rules cannot carry counts as a document is saved (`order_check.py`).
"""

from collections.abc import Iterable
from hashlib import sha256

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate
from pypika.terms import ExistsCriterion

from b2b_contracts.credit import clearing
from b2b_contracts.engine import contract_prices as prices
from b2b_contracts.engine.contract_prices import Row, Rule
from b2b_contracts.permissions import COVERED_PARTIES

from . import agreed_prices
from .agreed_prices import PARTY, SIGNED
from .facts import CONTRACT

RULE = "Pricing Rule"
# A rule that never gives a price. ERPNext looks for no other where a row names one, so a price that was entered stays.
KEEPS = "B2B-PRICE-AS-ENTERED"
# A document may be dated back by so many days and still find its price on the form.
KEPT_DAYS = 366
# What a selling document's rows say of the rules that gave their price.
PRICED = (
	*("Quotation", "Sales Order", "Delivery Note", "Sales Invoice"),
	*("POS Invoice", "Purchase Order", "Purchase Invoice", "Purchase Receipt", "Supplier Quotation"),
)


def follow(contract: str) -> None:
	"""Bring the rules of everybody whom a signed contract covers in step."""
	row = frappe.db.get_value(CONTRACT, contract, ["customer", "company", "docstatus"], as_dict=True)
	if not row or row.docstatus != SIGNED:
		return
	for customer in covered_by(contract, row.customer):
		sync(customer, row.company)
		# An order may have waited for just this contract.
		clearing.cause_may_be_gone(customer, row.company)


def covered_by(contract: str, customer: str) -> list[str]:
	"""Return the customers whose documents follow a contract: its own, and those of its group that it names."""
	parties = frappe.get_all(
		PARTY,
		filters={
			"parent": contract,
			"parenttype": CONTRACT,
			"party_role": ["in", COVERED_PARTIES],
			"customer": ["is", "set"],
		},
		pluck="customer",
	)
	return list(dict.fromkeys([customer, *sorted(parties)]))


def sync(customer: str, company: str) -> tuple[Row, ...]:
	"""Make the rules of a customer in a company what is agreed. Returns the rows that ERPNext cannot carry. Doing it again changes
	nothing."""
	rows = agreed_prices.lasting(customer, company, KEPT_DAYS)
	rules, left_out = prices.rules_of(rows, agreed_prices.tree_of(rows)) if rows else ((), ())
	# Kept apart by a lock on the customer's row: two contracts signed at once would else make the same rule.
	frappe.db.get_value("Customer", customer, "name", for_update=True)
	wanted = {_name(customer, company, rule): rule for rule in rules}
	existing = dict(
		frappe.get_all(
			RULE,
			filters={"b2b_contract": ["is", "set"], "customer": customer, "company": company},
			fields=["name", "disable"],
			as_list=True,
		)
	)
	for name, disabled in existing.items():
		if bool(cint(disabled)) == (name in wanted):
			_switch(name, on=name in wanted)
	if wanted:
		_make_keeping()
	for name in sorted(set(wanted) - set(existing)):
		_make(name, customer, company, wanted[name])
	return left_out


def _name(customer: str, company: str, rule: Rule) -> str:
	"""Return the name of a rule: of the contract, and of all that it says, so that the same rule is made once."""
	said = "\x1f".join(map(str, (customer, company, rule)))
	return f"{rule.contract}-{sha256(said.encode()).hexdigest()[:10]}"


def is_ours(rule: str, contracts: Iterable[str]) -> bool:
	"""Whether a Pricing Rule was made from one of some contracts, by its name."""
	return any(rule.startswith(f"{contract}-") for contract in contracts)


def _switch(name: str, *, on: bool) -> None:
	frappe.db.set_value(RULE, name, "disable", int(not on))
	frappe.clear_document_cache(RULE, name)


def _make(name: str, customer: str, company: str, rule: Rule) -> None:
	"""Make one rule. What ERPNext refuses (an item's own highest discount, say) is logged and counts as the document is saved."""
	doc = frappe.new_doc(RULE)
	doc.update(
		{
			"title": _("Contract {0}").format(rule.contract)[:140],
			"b2b_contract": rule.contract,
			"company": company,
			"selling": 1,
			"applicable_for": "Customer",
			"customer": customer,
			"apply_on": "Item Code" if rule.item else "Item Group",
			"price_or_product_discount": "Price",
			"has_priority": 1,
			"priority": str(rule.priority),
			"currency": _currency(rule, company),
			"min_qty": flt(rule.min_quantity),
			"max_qty": flt(rule.max_quantity),
			"valid_from": rule.valid_from,
			"valid_upto": rule.valid_until,
		}
	)
	if rule.item:
		doc.append("items", {"item_code": rule.item, "uom": rule.uom or None})
	else:
		doc.append("item_groups", {"item_group": rule.group, "uom": rule.uom or None})
	if rule.kind == prices.PRICE:
		doc.update({"rate_or_discount": "Rate", "rate": float(rule.value)})
	else:
		doc.update(
			{
				"rate_or_discount": "Discount Percentage",
				"discount_percentage": float(rule.value),
				"for_price_list": rule.price_list or None,
			}
		)
	frappe.db.savepoint("b2b_rule")
	try:
		# Whoever signs a contract need not have a right on pricing rules.
		doc.insert(ignore_permissions=True, ignore_links=True, set_name=name)
	except frappe.ValidationError:
		frappe.db.rollback(save_point="b2b_rule")
		frappe.clear_last_message()
		frappe.log_error(
			title=f"No pricing rule for {rule.contract}",
			reference_doctype=CONTRACT,
			reference_name=rule.contract,
		)


def _make_keeping() -> None:
	"""Make the rule that keeps prices, once: by coupon, of which there is none, and switched off."""
	if frappe.db.exists(RULE, KEEPS):
		return
	frappe.get_doc(
		{
			"doctype": RULE,
			"title": _("Keeps a price that differs from a contract"),
			"selling": 1,
			"apply_on": "Item Group",
			"item_groups": [{"item_group": frappe.db.get_value("Item Group", {"lft": 1})}],
			"price_or_product_discount": "Price",
			"rate_or_discount": "Discount Percentage",
			"currency": frappe.db.get_default("currency") or "DKK",
			"coupon_code_based": 1,
			"disable": 1,
		}
	).insert(ignore_permissions=True, ignore_links=True, set_name=KEEPS)


def _currency(rule: Rule, company: str) -> str:
	if rule.price_list:
		return frappe.get_cached_value("Price List", rule.price_list, "currency")
	return rule.currency or frappe.get_cached_value("Company", company, "default_currency")


# ------------------------------------------------------------------ every day, and when the app leaves
def daily() -> None:
	"""Look after the rules of contracts whose days have changed, however that was: each in a transaction of its own."""
	last = ""
	while rows := _changed(last):
		for row in rows:
			clearing.in_own_transaction(follow, row)
		last = rows[-1]


def _changed(after: str) -> list[str]:
	"""Return the signed contracts with prices that end, or ended lately, or have no rule yet."""
	table, rule = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(RULE)
	price, discount = frappe.qb.DocType("Contract Price"), frappe.qb.DocType("Contract Discount")
	has_rule = frappe.qb.from_(rule).where(rule.b2b_contract.isnotnull()).select(rule.b2b_contract)
	agrees = table.name.isin(frappe.qb.from_(price).select(price.parent)) | table.name.isin(
		frappe.qb.from_(discount).select(discount.parent)
	)
	runs_longer = (
		frappe.qb.from_(rule)
		.where((rule.b2b_contract == table.name) & (rule.disable == 0))
		.where(rule.valid_upto.isnull() | (rule.valid_upto > table.in_force_until))
		.select(rule.name)
	)
	return list(
		frappe.qb.from_(table)
		.where((table.docstatus == SIGNED) & (table.name > after) & agrees)
		.where(
			(
				table.name.notin(has_rule)
				& (table.in_force_until.isnull() | (table.in_force_until >= getdate()))
			)
			| (table.in_force_until.isnotnull() & ExistsCriterion(runs_longer))
		)
		.orderby(table.name)
		.limit(500)
		.select(table.name)
		.run(pluck=True)
	)


def remove() -> None:
	"""Remove every rule of ours, and what documents say of it, which ERPNext would look up and not find."""
	names = frappe.get_all(RULE, filters={"b2b_contract": ["is", "set"]}, pluck="name")
	names += frappe.get_all(RULE, filters={"name": KEEPS}, pluck="name")
	if not names:
		return
	for doctype in PRICED:
		row = frappe.qb.DocType(f"{doctype} Item")
		mention = (
			frappe.qb.from_(row).where(row.pricing_rules.like('%"%')).select(row.name, row.pricing_rules)
		)
		ours = [name for name, said in mention.run() if any(rule in said for rule in names)]
		if ours:
			frappe.qb.update(row).set(row.pricing_rules, "").where(row.name.isin(ours)).run()
	frappe.db.delete("Pricing Rule Detail", {"pricing_rule": ["in", names]})
	for table in ("Pricing Rule Item Code", "Pricing Rule Item Group"):
		frappe.db.delete(table, {"parent": ["in", names], "parenttype": RULE})
	frappe.db.delete(RULE, {"name": ["in", names]})
	for name in names:
		frappe.clear_document_cache(RULE, name)
