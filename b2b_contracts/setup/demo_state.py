"""What the demo has made so far on this site, and the small tools that its parts share.

The list is kept with the app's marks and committed together with what it lists, so that clearing works also after a
run that broke off.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import frappe
from frappe.model.document import Document

from b2b_contracts.setup import marks
from b2b_contracts.setup.demo_data import PERSON

MARK = "demo"
MAKING, READY = "making", "ready"


@dataclass(slots=True)
class Made:
	"""What a run has made, in the order in which it did.

	`records` are [doctype, name] of documents that belong to no company; `names` finds documents again by the key
	they have in demo_data (customers, orders, walks); `former` is what to put back.
	"""

	state: str = MAKING
	records: list[list[str]] = field(default_factory=list)
	names: dict[str, str] = field(default_factory=dict)
	former: dict[str, dict] = field(default_factory=dict)

	def new(self, doctype: str, /, **values) -> Document:
		"""Insert a document and note it."""
		doc = frappe.get_doc({"doctype": doctype, **values}).insert()
		self.note(doctype, doc.name)
		return doc

	def ensure(self, doctype: str, name: str, /, **values) -> str:
		"""Insert a document that others may have made already; only then it is not ours to remove. Returns its name."""
		if not frappe.db.exists(doctype, name):
			return self.new(doctype, **values).name
		return name

	def note(self, doctype: str, name: str) -> None:
		if [doctype, name] not in self.records:
			self.records.append([doctype, name])

	def keep(self) -> None:
		"""Write the list down and commit it with everything it lists."""
		marks.store(MARK, json.dumps(asdict(self)))
		frappe.clear_messages()
		frappe.db.commit()  # nosemgrep: a command, not a request: each step is kept with the list of what it made


def read() -> Made | None:
	"""Return what was made on this site, None when there is no demo."""
	stored = marks.read(MARK)
	return Made(**json.loads(stored)) if stored else None


def say(text: str) -> None:
	"""Show progress, at once, to whoever runs the command."""
	print(text, flush=True)


@contextmanager
def acting_as(key: str) -> Iterator[None]:
	"""Act as one of demo_data.PEOPLE."""
	former, user = frappe.session.user, PERSON[key].email
	# Changing the user empties Frappe's caches of the request, which is felt over hundreds of documents.
	if user == former:
		yield
		return
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(former)
