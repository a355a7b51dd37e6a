"""Who is asked to approve a contract, by the delegation of authority (requirements §6)."""

from frappe import _

from b2b_contracts.credit import notices, people
from b2b_contracts.engine import contract_life_cycle as life

from . import facts, wording
from .facts import CONTRACT


def asked(doc) -> list[str]:
	"""Return who is asked to approve a contract: those with the role that it calls for and nothing to do with it themselves; where
	there is nobody, those with the next higher role."""
	role = facts.approval_role(doc)
	own = {doc.owner, doc.contract_owner, doc.account_manager}
	for higher in life.APPROVERS[life.APPROVERS.index(role) :]:
		users = [user for user in people.users_with(higher) if user not in own]
		if users:
			return users
	return []


def why(doc) -> str:
	"""Return who approves a contract, and why."""
	role = facts.approval_role(doc)
	return _("{0} approves it. {1}").format(_(role), wording.reasons_of_approval(doc)).strip()


def ask(doc, users: list[str]) -> None:
	"""Ask people to approve a contract."""
	said = _("Contract {0} ({1}) waits for your approval.").format(
		doc.title, doc.customer_name or doc.customer
	)
	notices.bell(CONTRACT, doc.name, users, f"{said} {why(doc)}")
