"""What follows for plans, disputes and promises when money moves: in one job a customer, plans first.

What a dispute may set aside is what no plan holds, so a plan must know of a payment before a dispute looks.
"""

from b2b_contracts.credit import jobs

from . import disputes, plan_facts, plans, promises


def money_has_moved(customer: str, company: str) -> None:
	"""Have a customer's plans, disputes and promises brought in step once this transaction is through. Cheap when there are none."""
	if not customer or not company:
		return
	if (
		plan_facts.has_live_plan(customer, company)
		or disputes.any_running(customer, company)
		or promises.has_open(customer, company)
	):
		jobs.after_commit("b2b_contracts.collections.following.catch_up", customer=customer, company=company)


def catch_up(customer: str, company: str) -> None:
	"""Bring a customer's plans, disputes and promises in step with what came in. Runs in a job; may be run again."""
	plans.refresh_customer(customer, company)
	disputes.keep_in_step(customer, company)
	promises.judge_customer(customer, company)


def daily() -> None:
	"""Bring every plan, dispute and promise in step, and look at what time does to them. May be killed and run again."""
	plans.daily()
	disputes.daily()
	promises.daily()
