"""A quotation says what security its order will take, so that it can be agreed before anybody orders (requirements §2.6)."""

from frappe.utils import getdate

from b2b_contracts.engine import demands as engine

from . import account_facts, policies, security_demands, subjects, wording


def show_demand(quotation) -> None:
	"""Write on a quotation what security an order of it would take, and why. What a form sends is put right."""
	demands, amount = (), subjects.whole_amount(quotation)
	policy = policies.active(quotation.company) if quotation.company else None
	is_customer = quotation.quotation_to == "Customer" and quotation.party_name
	if policy is not None and policy.is_on and is_customer:
		member, today = (quotation.party_name, quotation.company), getdate()
		profile = account_facts.profiles_of([member], today).get(member)
		demands = security_demands.of_order(
			policy, profile, amount, subjects.made_to_order(quotation), None, today
		)
	quotation.b2b_security_demanded_percent = float(engine.percent_demanded(demands))
	quotation.b2b_security_demanded_amount = float(engine.amount_demanded(demands, amount))
	quotation.b2b_security_demanded_because = " ".join(wording.demand(d.what) for d in demands) or None
