"""How long submitting a clear order takes through our gate, beside a customer whom only ERPNext's own limit checks.

env/bin/python benchmarks/submit.py --site SITE [--quick]
"""

import sys

import frappe
import measuring
import seeding

AT_MOST = {1: 1.25, 50: 1.10}


def main() -> int:
	options = measuring.arguments(__doc__.splitlines()[0])
	history, others = (1000, 3) if options.quick else (10_000, 50)
	shape = seeding.Shape(history, open_invoices=100)
	seeding.world()
	ours = seeding.customer(f"Bench Gate {history}", shape, checked_by="us")
	theirs = seeding.customer(f"Bench Native {history}", shape, checked_by="ERPNext")
	nobodys = seeding.customer(f"Bench Unchecked {history}", shape, checked_by=None)
	seeding.others(others)
	seeding.analyse()
	measuring.machine()
	holds = True
	for lines, at_most in AT_MOST.items():
		gate, native, free = (seeding.draft_order(customer, lines) for customer in (ours, theirs, nobodys))
		samples = measuring.side_by_side(
			options.rounds,
			{
				"through our gate": lambda order=gate: _submit(options.site, order, "Clear"),
				"ERPNext's own limit": lambda order=native: _submit(options.site, order, "Not Checked"),
				"no check at all": lambda order=free: _submit(options.site, order, "Not Checked"),
			},
		)
		measuring.show(f"Submitting an order of {lines} line(s), {history:,} invoices of history", samples)
		through_gate, by_erpnext, _by_nobody = samples.values()
		holds &= measuring.ratio("through our gate / ERPNext's own limit", through_gate, by_erpnext, at_most)
		queries = [_queries(options.site, order) for order in (gate, native, free)]
		print(
			"  queries: {} through our gate, {} with ERPNext's own limit, {} without a check".format(*queries)
		)
	return 0 if holds or options.quick else 1


def _submit(site: str, order: str, expected: str) -> float:
	"""Submit in a new request, then undo."""
	measuring.open_request(site)
	doc = frappe.get_doc("Sales Order", order)
	seconds = measuring.timed(doc.submit)
	status = doc.b2b_credit_status
	frappe.db.rollback()
	if status != expected:
		sys.exit(f"{order} should be {expected}, but is {status}. Seeded data grow old: use a new site.")
	return seconds


def _queries(site: str, order: str) -> int:
	"""Count the queries of a submit."""
	measuring.open_request(site)
	doc = frappe.get_doc("Sales Order", order)
	count, sql = 0, frappe.db.sql

	def counted(*args, **kwargs):
		nonlocal count
		count += 1
		return sql(*args, **kwargs)

	frappe.db.sql = counted
	doc.submit()
	frappe.db.sql = sql
	frappe.db.rollback()
	return count


if __name__ == "__main__":
	sys.exit(main())
