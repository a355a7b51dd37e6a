"""Whom customers of the demo company have for what, who is on a credit list, and who asks for a higher limit.

Each by who would do it, with the same calls as the desk.
"""

from frappe.utils import add_days, nowdate

from b2b_contracts import limits_api as api
from b2b_contracts.credit import screening
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made, acting_as, say


def enter_lists(made: Made) -> None:
	"""Name the contacts and put parties on the lists, before today's orders come in."""
	for customer, first_name, last_name, roles, language in data.ROLE_CONTACTS:
		made.new(
			"Contact",
			first_name=first_name,
			last_name=last_name,
			email_ids=[
				{"email_id": f"{first_name}.{last_name}@{customer}.example.com".lower(), "is_primary": 1}
			],
			links=[{"link_doctype": "Customer", "link_name": made.names[f"customer:{customer}"]}],
			b2b_contact_roles=[{"role": role, "message_language": language} for role in roles],
		)
	for entry in data.LIST_ENTRIES:
		_enter(made, entry)
	_screen(made)
	made.keep()


def _screen(made: Made) -> None:
	"""Put one customer on a list that is made up, and screen them: their order of today is stopped."""
	with acting_as("nina"):
		sanctions_list = made.new("Sanctions List", **data.SANCTIONS_LIST)
		entry = {key: value for key, value in data.SANCTIONED.items() if key != "customer"}
		made.new("Sanctions List Entry", sanctions_list=sanctions_list.name, **entry)
	made.names["sanctions:list"] = sanctions_list.name
	made.keep()
	screening.screen_customer(made.names[f"customer:{data.SANCTIONED['customer']}"])


def _enter(made: Made, entry: data.ListEntry) -> None:
	name, tax_id = entry.party
	with acting_as(entry.by):
		doc = made.new(
			"Credit List Entry",
			list_type=entry.list_type,
			customer=made.names[f"customer:{entry.customer}"] if entry.customer else None,
			party_name=name,
			tax_id=tax_id,
			company=data.COMPANY,
			valid_from=add_days(nowdate(), entry.begins_in),
			valid_until=add_days(nowdate(), entry.days),
			reason=entry.reason,
		)
	made.names[f"list:{entry.key}"] = doc.name
	if entry.ended:
		who, why = entry.ended
		with acting_as(who):
			api.end_list_entry(doc.name, why)


def ask(made: Made) -> None:
	"""Ask for higher limits, and answer what is answered."""
	for asked in data.LIMIT_ASKS:
		customer = made.names[f"customer:{asked.customer}"]
		until = str(add_days(nowdate(), asked.days)) if asked.days else None
		order = made.names[f"order:{asked.order}"] if asked.order else None
		with acting_as(asked.by):
			name = api.request_limit(customer, data.COMPANY, asked.limit, asked.reason, until, order)["name"]
		made.names[f"limit:{asked.key}"] = name
		if asked.answer:
			_answer(name, *asked.answer)
		made.keep()
	say(f"  {len(data.LIMIT_ASKS)} higher limits asked for")


def _answer(name: str, verb: str, who: str, remark: str, amount: int | None) -> None:
	with acting_as(who):
		if verb == "approve":
			api.approve_limit(name, remark, amount)
		elif verb == "reject":
			api.reject_limit(name, remark)
		else:
			api.withdraw_limit(name, remark)
