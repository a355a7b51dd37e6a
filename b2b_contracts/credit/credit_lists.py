"""The negative and the premium list (requirements §3): who is on them until when, and what follows.

Negative: new orders and quotations wait for a person, deliveries of what was granted go on. Premium: holds are answered
first, and the customer hears of them from the account manager alone. Decisions look at the dates themselves.
"""

import frappe
from frappe import _
from frappe.utils import getdate, now_datetime

from b2b_contracts.engine import approval, rules
from b2b_contracts.exceptions import CreditHoldError, CreditListError, NotYourMandateError

from . import account_facts, clearing, locking, mandates, policies
from .account_facts import NEGATIVE, PREMIUM, Listing
from .profile_facts import customers_with_tax_id, normal_tax_id

ENTRY = "Credit List Entry"
SCHEDULED, ACTIVE, ENDED = "Scheduled", "Active", "Ended"
WRITTEN_BY_US = ("status", "ended_by", "ended_on", "end_reason")
# A disadvantage is entered by a lower role than a favour; to end them it is the other way round.
ENTERED_BY = {NEGATIVE: "Credit Controller", PREMIUM: "Credit Manager"}
FAVOUR_ENDED_BY = "Credit Controller"
# Who ends an entry of the negative list where no policy says so.
NEGATIVE_ENDED_BY = "Credit Manager"


# ------------------------------------------------------------------ entered
def start(entry) -> None:
	"""Give a new entry the values that nobody enters, whatever a client sent."""
	for field in WRITTEN_BY_US:
		entry.set(field, None)


def complete(entry) -> None:
	"""Complete an entry from its customer, and refuse one without end, reason or somebody that it is about."""
	needed = ENTERED_BY[entry.list_type]
	if not mandates.acting_as(needed):
		sentence = _("An entry of the {0} list takes the role {1} or higher.").format(
			_(entry.list_type, context=ENTRY), _(needed)
		)
		frappe.throw(
			f"{sentence} {mandates.whom_to_ask(needed)}",
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	if entry.customer:
		name, tax_id = frappe.db.get_value("Customer", entry.customer, ["customer_name", "tax_id"])
		entry.party_name = name
		entry.tax_id = entry.tax_id or tax_id
	entry.tax_id = normal_tax_id(entry.tax_id) or None
	entry.reason = (entry.reason or "").strip()
	_refuse_what_is_missing(entry)
	entry.status = _status_on(entry, getdate())


def _refuse_what_is_missing(entry) -> None:
	if not entry.customer and not (entry.tax_id and (entry.party_name or "").strip()):
		_refuse(_("Choose the customer, or enter the name and tax ID of a party that is not one yet."))
	if not entry.reason:
		_refuse(_("Write down why {0} is put on the list.").format(entry.party_name))
	if getdate(entry.valid_until) < max(getdate(entry.valid_from), getdate()):
		_refuse(
			_("The entry would end on {0}, before it begins. Enter a last day from today on.").format(
				entry.get_formatted("valid_until")
			)
		)
	other = _same_entry(entry)
	if other:
		_refuse(_("{0} is on this list already ({1}). End that entry first.").format(entry.party_name, other))


def _same_entry(entry) -> str | None:
	"""Return an entry of the same list and party, for the same companies, that is not over."""
	party = {"customer": entry.customer} if entry.customer else {"tax_id": entry.tax_id}
	filters = {"list_type": entry.list_type, "status": ["!=", ENDED], **party}
	filters["company"] = entry.company or ["is", "not set"]
	return frappe.db.get_value(ENTRY, filters)


def _status_on(entry, today) -> str:
	if entry.ended_by or getdate(entry.valid_until) < today:
		return ENDED
	return SCHEDULED if getdate(entry.valid_from) > today else ACTIVE


def entered(entry) -> None:
	"""Look again at what waits for a party that has come onto a list: its holds say so then."""
	for customer, company in _waiting_members(entry):
		clearing.look_again(customer, company)


# ------------------------------------------------------------------ ended
def end(name: str, reason: str):
	"""End an entry before its last day, with a reason. Returns it."""
	reason = (reason or "").strip()
	if not reason:
		_refuse(_("Write down why the entry ends."))
	entry = locking.locked_doc(ENTRY, name)
	if entry.status == ENDED:
		_refuse(_("{0} has ended already.").format(name))
	needed = role_to_end(entry)
	if not mandates.acting_as(needed):
		sentence = _("Ending {0} takes the role {1} or higher.").format(name, _(needed))
		frappe.throw(
			f"{sentence} {mandates.whom_to_ask(needed)}",
			NotYourMandateError,
			title=_("Not within your mandate"),
		)
	values = {"ended_by": frappe.session.user, "ended_on": now_datetime(), "end_reason": reason}
	locking.write(entry, {"status": ENDED, **values})
	entered(entry)
	return entry


def role_to_end(entry) -> str:
	"""Return the role that ends an entry: for the negative list who may release what it holds."""
	if entry.list_type == PREMIUM:
		return FAVOUR_ENDED_BY
	companies = [entry.company] if entry.company else frappe.get_all("Company", pluck="name")
	active = [policy for company in companies if (policy := policies.active(company))]
	roles = [_role_to_release(policy) for policy in active]
	return approval.highest(roles) or NEGATIVE_ENDED_BY


def _role_to_release(policy: policies.ActivePolicy) -> str:
	named = approval.rule_role(policy.for_engine().rule_roles, rules.NEGATIVE_LIST, "")
	return named or NEGATIVE_ENDED_BY


def daily() -> None:
	"""Begin and end entries by their dates, and look again at what waited because of one. May be run again."""
	today = getdate()
	due = frappe.get_all(
		ENTRY,
		or_filters=[["valid_until", "<", today], ["valid_from", "<=", today]],
		filters={"status": ["!=", ENDED]},
		fields=["name", "status", "valid_from", "valid_until", "ended_by"],
	)
	for row in due:
		status = _status_on(row, today)
		if status != row.status:
			clearing.in_own_transaction(_move_on, row.name, status)


def _move_on(name: str, status: str) -> bool:
	entry = locking.locked_doc(ENTRY, name)
	if entry.status == ENDED:
		return False
	locking.write(entry, {"status": status})
	entered(entry)
	return True


def _waiting_members(entry) -> list[tuple[str, str]]:
	"""Return the customers (with their companies) that an entry is about and for whom something waits."""
	customers = [entry.customer] if entry.customer else []
	if entry.tax_id:
		customers += customers_with_tax_id(entry.tax_id, entry.customer or "")
	if not customers:
		return []
	filters = {"customer": ["in", customers], "status": "Open"}
	if entry.company:
		filters["company"] = entry.company
	rows = frappe.get_all("Credit Hold", filters=filters, fields=["customer", "company"])
	return sorted({(row.customer, row.company) for row in rows})


# ------------------------------------------------------------------ what else it is about
def warn_of_customer(customer) -> None:
	"""Warn whoever enters or changes a customer whose tax ID is on the negative list (requirements §3)."""
	before = customer.get_doc_before_save()
	tax_id = normal_tax_id(customer.tax_id)
	if not tax_id or (before and normal_tax_id(before.tax_id) == tax_id):
		return
	today = getdate()
	found = frappe.get_all(
		ENTRY,
		filters={
			"list_type": NEGATIVE,
			"tax_id": tax_id,
			"status": ["!=", ENDED],
			"valid_until": [">=", today],
			"valid_from": ["<=", today],
		},
		fields=["party_name", "valid_until", "company"],
		order_by="valid_until desc",
		limit=1,
	)
	for row in found:
		frappe.msgprint(
			_(
				"Tax ID {0} is on the negative list until {1} ({2}): orders and quotations of {3} wait for a credit decision."
			).format(
				tax_id,
				frappe.format(row.valid_until, "Date"),
				frappe.utils.escape_html(row.party_name),
				frappe.utils.escape_html(customer.customer_name),
			),
			title=_("Negative list"),
			indicator="red",
		)


def check_quotation(quotation) -> None:
	"""Refuse the submit of a quotation to a customer on the negative list, but by who may release what the list holds."""
	listing = _negative_listing(quotation)
	if listing is None:
		return
	needed = _role_to_release(policies.active(quotation.company))
	if mandates.acting_as(needed) and frappe.session.user != quotation.owner:
		return
	sentence = _(
		"{0} is on the negative list until {1}: {2} The quotation takes the role {3} or higher, and not whoever made it."
	).format(
		quotation.customer_name or quotation.party_name,
		frappe.format(listing.negative_until, "Date"),
		_sentence(listing.negative_reason),
		_(needed),
	)
	frappe.throw(f"{sentence} {mandates.whom_to_ask(needed)}", CreditHoldError, title=_("Negative list"))


def warn_of_quotation(quotation) -> None:
	"""Say on the draft of a quotation that it will wait."""
	listing = _negative_listing(quotation) if quotation.docstatus == 0 else None
	if listing:
		frappe.msgprint(
			_("{0} is on the negative list until {1}: {2}").format(
				frappe.utils.escape_html(quotation.customer_name or quotation.party_name),
				frappe.format(listing.negative_until, "Date"),
				frappe.utils.escape_html(listing.negative_reason),
			),
			title=_("Negative list"),
			indicator="orange",
		)


def _sentence(text: str) -> str:
	return text if text.endswith((".", "!", "?")) else f"{text}."


def _negative_listing(quotation) -> Listing | None:
	"""Return how a quotation's customer is listed where a policy is enforced, None where that is no matter."""
	if quotation.quotation_to != "Customer" or not quotation.party_name:
		return None
	policy = policies.active(quotation.company)
	if policy is None or not policy.is_enforced:
		return None
	listing = account_facts.listing_of((quotation.party_name, quotation.company), getdate())
	return listing if listing.negative_until else None


def _refuse(message: str) -> None:
	frappe.throw(message, CreditListError, title=_("Credit list"))
