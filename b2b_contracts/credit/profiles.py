"""What follows from a change of a profile, a group or a security: ERPNext's check steps aside, orders are looked at."""

from . import clearing, native_limit, policies


def changed(customer: str, company: str) -> None:
	"""Follow a saved Credit Profile: a new limit may free parked orders, a fallen rating may stop the customer."""
	policy = policies.active(company)
	if policy is None or not policy.is_on:
		return
	if policy.is_enforced:
		native_limit.take_over(customer, company)
	clearing.look_again(customer, company)


def security_changed(customer: str, company: str) -> None:
	"""Follow a submitted, changed or cancelled Security Instrument."""
	clearing.cause_may_be_gone(customer, company)


def group_changed(members: list[tuple[str, str]]) -> None:
	"""Follow a saved Credit Group: looking again at one member looks at the whole group."""
	for customer, company in members[:1]:
		clearing.cause_may_be_gone(customer, company)
