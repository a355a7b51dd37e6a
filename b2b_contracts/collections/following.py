"""What follows for plans, disputes, payment slips, promises, milestones, calls and hand-overs when money moves: in one job a
customer, plans first.

What a dispute may set aside is what no plan holds, so a plan must know of a payment before a dispute looks.
"""

from b2b_contracts.credit import jobs, milestones

from . import collection_cases, collection_tasks, disputes, payment_slips, plan_facts, plans, promises


def money_has_moved(customer: str, company: str) -> None:
	"""Have what follows from a customer's money brought in step once this transaction is through. Cheap when there is
	nothing."""
	if not customer or not company:
		return
	if (
		plan_facts.has_live_plan(customer, company)
		or disputes.any_running(customer, company)
		or payment_slips.has_live(customer, company)
		or promises.has_open(customer, company)
		or milestones.has_any(customer, company)
		or collection_tasks.has_open(customer, company)
		or collection_cases.has_open(customer, company)
	):
		jobs.after_commit("b2b_contracts.collections.following.catch_up", customer=customer, company=company)


def catch_up(customer: str, company: str) -> None:
	"""Bring a customer's plans, disputes, slips, promises, milestones, hand-overs and calls in step with what came in. Runs
	in a job; may be run again."""
	plans.refresh_customer(customer, company)
	disputes.keep_in_step(customer, company)
	payment_slips.judge_customer(customer, company)
	promises.judge_customer(customer, company)
	milestones.refresh_customer(customer, company)
	collection_cases.keep_in_step(customer, company)
	collection_tasks.keep_in_step(customer, company)


def daily() -> None:
	"""Bring every plan, dispute, slip, promise, milestone, hand-over and call in step, and look at what time does to them. May
	be killed and run again."""
	plans.daily()
	disputes.daily()
	payment_slips.daily()
	promises.daily()
	milestones.daily()
	collection_cases.daily()
	collection_tasks.daily()
