"""How long our decision takes beside ERPNext's own credit check, and how it grows with a customer's history.

env/bin/python benchmarks/decision.py --site SITE [--quick]
"""

import sys
from functools import partial

import frappe
import measuring
import seeding

from b2b_contracts.credit import checking, log

AT_MOST_OF_ERPNEXT = 1 / 10
AT_MOST_FOR_HISTORY = 1.3
# For a customer with a large share of the ledger, MariaDB wavers between an index, a scan of the whole table and a merge
# of three indexes, up to four times slower. With these settings it takes the index: ERPNext's check at its fastest.
BEST_PLAN = "set session max_seeks_for_key = 1, session optimizer_switch = 'index_merge=off'"
COMMON_PLAN = "set session max_seeks_for_key = default, session optimizer_switch = default"


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	heavy, light = customers(options.quick)
	drafts = [seeding.draft_order(name, 1) for name in (heavy, light)]
	measuring.machine()
	holds = True
	for title, fresh in (
		("in a request that has run before", False),
		("as the first thing in a request", True),
	):
		samples = measuring.side_by_side(
			options.rounds,
			{
				f"our decision, {heavy}": partial(decide, options.site, drafts[0], fresh),
				f"our decision, {light}": partial(decide, options.site, drafts[1], fresh),
				f"check_credit_limit, {heavy}, as it comes": partial(_check, options.site, heavy, fresh),
				f"check_credit_limit, {heavy}, best plan": partial(
					_check, options.site, heavy, fresh, BEST_PLAN
				),
				f"check_credit_limit, {light}, best plan": partial(
					_check, options.site, light, fresh, BEST_PLAN
				),
			},
		)
		measuring.show(f"Deciding {title}", samples)
		ours, ours_light, as_it_comes, at_best, _light = samples.values()
		measuring.ratio("our decision / ERPNext's check as it comes", ours, as_it_comes, AT_MOST_OF_ERPNEXT)
		holds &= measuring.ratio(
			"our decision / ERPNext's check, best plan", ours, at_best, AT_MOST_OF_ERPNEXT
		)
		holds &= measuring.ratio("our decision, long / short history", ours, ours_light, AT_MOST_FOR_HISTORY)
	return 0 if holds or options.quick else 1


def customers(quick: bool) -> tuple[str, str]:
	"""Make a customer with a long history, one with a short one and the same open items, and others around them."""
	long, short, open_items, others = (2000, 200, 100, 3) if quick else (100_000, 1000, 1000, 50)
	seeding.world()
	heavy = seeding.customer(f"Bench {long}", seeding.Shape(long, open_items), checked_by="us")
	light = seeding.customer(f"Bench {short}", seeding.Shape(short, open_items), checked_by="us")
	seeding.others(others)
	seeding.suppliers(long // 2)
	seeding.analyse()
	return heavy, light


def decide(site: str, order: str, fresh: bool) -> float:
	"""Time facts, rules and log for an order, and undo it."""
	_begin(site, fresh)
	doc = frappe.get_doc("Sales Order", order)
	verdicts = []
	seconds = measuring.timed(lambda: verdicts.append(checking.decide(doc, log.SUBMIT)))
	frappe.db.rollback()
	if verdicts[0].outcome != "Clear":
		fired = [f.rule for f in verdicts[0].decision.findings if f.fired]
		sys.exit(f"{order} should be clear, but {fired} fired. Seeded data grow old: use a new site.")
	return seconds


def _check(site: str, customer: str, fresh: bool, plan: str = COMMON_PLAN) -> float:
	"""Time ERPNext's own check of a customer's credit limit."""
	from erpnext.selling.doctype.customer.customer import check_credit_limit

	_begin(site, fresh)
	frappe.get_doc("Customer", customer)
	frappe.db.sql(plan)
	seconds = measuring.timed(lambda: check_credit_limit(customer, seeding.COMPANY))
	frappe.db.sql(COMMON_PLAN)
	frappe.db.rollback()
	return seconds


def _begin(site: str, fresh: bool) -> None:
	if fresh:
		measuring.open_request(site)
	else:
		frappe.db.rollback()


if __name__ == "__main__":
	sys.exit(main())
