"""The gate: one small row per credit group or profile, behind which credit decisions stand in line.

A decision reads the gate row with a lock, by its primary key, so it sees the newest version and takes no gap lock.
The row remembers the recent grants, because a transaction that has waited still sees the orders as they were when
it began (REPEATABLE READ): a grant that its snapshot does not show is added by hand. See docs/architecture.md.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import frappe
from frappe.model.rename_doc import rename_doc
from frappe.utils import now_datetime

from b2b_contracts.engine.chain import GENESIS

PROFILE, GROUP, COMPANY = "Profile", "Group", "Company"
# A request lives for minutes at most: after an hour every snapshot shows what was granted.
GRANTS_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Grant:
	"""An order (or invoice, delivery) that was let through: amount in the company's currency, and the place of its
	decision in the gate's chain, by which others tell whether their snapshot shows it."""

	doctype: str
	name: str
	customer: str
	company: str
	amount: str
	granted_on: str
	sequence: int = 0


@dataclass(slots=True)
class Gate:
	"""A gate row that this transaction holds."""

	name: str
	sequence: int
	head_hash: str
	grants: list[Grant] = field(default_factory=list)

	def save(self) -> None:
		"""Write the row back, without the grants that everybody can see by now."""
		oldest = str(now_datetime() - GRANTS_KEPT_FOR)
		kept = [g for g in self.grants if g.granted_on >= oldest]
		values = {
			"sequence": self.sequence,
			"head_hash": self.head_hash,
			"recent_grants": json.dumps([[getattr(g, k) for k in Grant.__slots__] for g in kept]),
		}
		frappe.db.set_value("Credit Gate", self.name, values, update_modified=False)

	def remember(self, doctype: str, name: str, customer: str, company: str, amount, on: datetime) -> None:
		"""Note a grant, just before its decision is logged; an older one for the same document goes."""
		self.forget(doctype, name)
		self.grants.append(Grant(doctype, name, customer, company, str(amount), str(on), self.sequence + 1))

	def forget(self, doctype: str, name: str) -> None:
		self.grants = [g for g in self.grants if (g.doctype, g.name) != (doctype, name)]


def name_of(kind: str, name: str) -> str:
	"""Return the gate's name for a profile, group or company."""
	return f"{kind[0]}:{name}"


def create(kind: str, name: str) -> str:
	"""Make the gate of a profile, group or company, unless it is there; returns its name."""
	gate = name_of(kind, name)
	frappe.db.sql(
		"""insert ignore into `tabCredit Gate`
			(name, creation, modified, owner, modified_by, gate_type, sequence, head_hash, recent_grants)
		values (%s, %s, %s, %s, %s, %s, 0, %s, '[]')""",
		(gate, now_datetime(), now_datetime(), "Administrator", "Administrator", kind, GENESIS),
	)
	return gate


def rename(kind: str, old: str, new: str) -> None:
	"""Let a gate follow its renamed group or company; the hashes of its chain do not hold its name."""
	rename_doc(
		"Credit Gate",
		name_of(kind, old),
		name_of(kind, new),
		force=True,
		# Nobody has a right on gates; the right to rename what they stand for was checked already.
		ignore_permissions=True,
		show_alert=False,
		rebuild_search=False,
	)


def lock(kind: str, name: str) -> Gate:
	"""Take the gate until the transaction ends. The one place in the app that does.

	Lock order everywhere: the own document first, then the gate, then whatever ERPNext writes.
	"""
	see_newest_versions()
	gate = name_of(kind, name)
	row = _locked_row(gate)
	if row is None:
		create(kind, name)
		row = _locked_row(gate)
	return Gate(gate, row[0], row[1], [Grant(*g) for g in json.loads(row[2] or "[]")])


def unseen(gate: Gate) -> list[Grant]:
	"""Return the grants that this transaction's snapshot does not show: those whose decision it does not show.

	A grant and its decision are one transaction, so where the decision is seen, the document is seen as it was granted.
	"""
	if not gate.grants:
		return []
	decision = frappe.qb.DocType("Credit Decision")
	seen = (
		frappe.qb.from_(decision)
		.select(decision.sequence)
		.where((decision.gate == gate.name) & decision.sequence.isin([g.sequence for g in gate.grants]))
		.run(pluck=True)
	)
	return [grant for grant in gate.grants if grant.sequence not in seen]


def _locked_row(gate: str):
	row = frappe.qb.DocType("Credit Gate")
	rows = (
		frappe.qb.from_(row)
		.select(row.sequence, row.head_hash, row.recent_grants)
		.where(row.name == gate)
		.for_update()
		.run()
	)
	return rows[0] if rows else None


def see_newest_versions() -> None:
	"""Let a locking read see what was committed since this transaction began.

	MariaDB 11.6.2 and later refuse that with error 1020 unless `innodb_snapshot_isolation` is off for the session;
	older servers do not have the variable. Off is safe here: whatever the snapshot misses, the gate remembers.
	"""
	if getattr(frappe.local, "b2b_snapshot_isolation_off", None) is frappe.db:
		return
	variable = frappe.db.sql("show session variables like 'innodb_snapshot_isolation'")
	if variable and variable[0][1] == "ON":
		frappe.db.sql("set session innodb_snapshot_isolation = 0")
	frappe.local.b2b_snapshot_isolation_off = frappe.db
