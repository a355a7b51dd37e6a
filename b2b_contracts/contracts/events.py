"""The history of a contract: what happened, who did it and who was told. Append-only; each effect stands there once."""

from hashlib import sha256

import frappe
from frappe.utils import now_datetime

from b2b_contracts.permissions import CONTRACT_EVENT as EVENT

CREATED, CHANGED, STEP, APPROVED, SIGNED = "Created", "Changed", "Step", "Approved", "Signed"
FILED = "Filed"
DISPATCHED, COPY_SENT = "Dispatched", "Copy Sent"
STARTED, RENEWED, REMINDER = "Started", "Renewed", "Reminder"
REVIEWED = "Reviewed"
DECISION, TERMINATION, ENDED = "Decision", "Termination", "Ended"


def effect_key(*parts: object) -> str:
	"""Return what an effect is known by. The database takes each key once."""
	return sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def write(doc, event: str, description: str, key: str | None = None, **fields) -> None:
	"""Write down what happened to a contract. With a `key`, a second one fails in the database."""
	entry = frappe.get_doc(
		{
			"doctype": EVENT,
			"contract": doc.name,
			"customer": doc.customer,
			"company": doc.company,
			"event": event,
			"description": description,
			"happened_on": now_datetime(),
			"done_by": frappe.session.user,
			# Empty, not "": the database tells those apart, and takes the empty one any number of times.
			"effect_key": key,
			**fields,
		}
	)
	entry.flags.contract_service = True
	entry.insert(ignore_permissions=True)


def has(key: str) -> bool:
	"""Whether an effect is written down already."""
	return bool(frappe.db.exists(EVENT, {"effect_key": key}))
