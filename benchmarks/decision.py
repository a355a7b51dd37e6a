"""How long our decision takes beside ERPNext's own credit check, and how it grows with a customer's history.

    env/bin/python benchmarks/decision.py --site SITE [--quick]
"""

import sys

import frappe
import measuring
import seeding

AT_MOST_OF_ERPNEXT = 1 / 10
AT_MOST_FOR_HISTORY = 1.3


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	long, short, open_items, others = (2000, 200, 100, 3) if options.quick else (100_000, 1000, 1000, 50)
	seeding.world()
	heavy = seeding.customer(f"Bench {long}", seeding.Shape(long, open_items), with_profile=True)
	light = seeding.customer(f"Bench {short}", seeding.Shape(short, open_items), with_profile=True)
	seeding.others(others, seeding.Shape(1000, 20))
	seeding.analyse()
	drafts = {name: seeding.draft_order(name, 1) for name in (heavy, light)}
	measuring.machine()
	holds = True
	for title, fresh in (("in a request that has run before", False), ("as the first thing in a request", True)):
		samples = measuring.side_by_side(
			options.rounds,
			{
				f"our decision, {long:,} of history": lambda f=fresh: _decision(options.site, drafts[heavy], f),
				f"our decision, {short:,} of history": lambda f=fresh: _decision(options.site, drafts[light], f),
				f"check_credit_limit, {long:,}": lambda f=fresh: _erpnext(options.site, heavy, f),
				f"check_credit_limit, {short:,}": lambda f=fresh: _erpnext(options.site, light, f),
			},
		)
		measuring.show(f"Deciding, {open_items:,} open invoices, {title}", samples)
		ours_long, ours_short, theirs_long, _theirs_short = samples.values()
		holds &= measuring.ratio("our decision / ERPNext's check", ours_long, theirs_long, AT_MOST_OF_ERPNEXT)
		holds &= measuring.ratio(
			f"our decision, {long:,} / {short:,} of history", ours_long, ours_short, AT_MOST_FOR_HISTORY
		)
	return 0 if holds or options.quick else 1


def _decision(site: str, order: str, fresh: bool) -> float:
	"""Facts, rules and log for an order, then undone."""
	from b2b_contracts.credit import checking, log

	_begin(site, fresh)
	doc = frappe.get_doc("Sales Order", order)
	verdicts = []
	seconds = measuring.timed(lambda: verdicts.append(checking.decide(doc, log.SUBMIT)))
	frappe.db.rollback()
	if verdicts[0].outcome != "Clear":
		fired = [f.rule for f in verdicts[0].decision.findings if f.fired]
		sys.exit(f"{order} should be clear, but {fired} fired. Seeded data grow old: use a new site.")
	return seconds


def _erpnext(site: str, customer: str, fresh: bool) -> float:
	from erpnext.selling.doctype.customer.customer import check_credit_limit

	_begin(site, fresh)
	frappe.get_doc("Customer", customer)
	seconds = measuring.timed(lambda: check_credit_limit(customer, seeding.COMPANY))
	frappe.db.rollback()
	return seconds


def _begin(site: str, fresh: bool) -> None:
	if fresh:
		measuring.open_request(site)
	else:
		frappe.db.rollback()


if __name__ == "__main__":
	sys.exit(main())
