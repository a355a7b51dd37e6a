"""What the desk and other software may call around monthly packs. Permission is checked first, every method is typed.

Errors are Frappe's: `PermissionError` without the right, `ValidationError` (with a sentence that says what to do) for
everything else.
"""

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts import permissions
from b2b_contracts.engine import packs as engine
from b2b_contracts.reporting import pack_files, pack_mails, packs


@frappe.whitelist(methods=["POST"])
def make_pack(
	company: str,
	audience: str = engine.EVERYBODY,
	period: str = engine.MONTH,
	to_date: str | None = None,
	language: str | None = None,
	reason: str | None = None,
) -> dict:
	"""Have the pack of a month or quarter that is over (the last one, else the one that `to_date` is in) made in the background, for
	those who may create packs and see every customer of the company.

	There is one pack of a period for each audience; a `reason` has it made anew, as another version. Returns `{name, version}`; how
	far it is, `pack_state` tells.
	"""
	frappe.has_permission(packs.DOCTYPE, "create", throw=True)
	if audience not in engine.AUDIENCES or period not in engine.PERIODS:
		frappe.throw(
			_("A pack is for one of {0}, of one of {1}.").format(
				", ".join(engine.AUDIENCES), ", ".join(engine.PERIODS)
			),
			title=_("Monthly pack"),
		)
	day = getdate(to_date) if to_date else engine.last_closed(period, getdate()).last
	doc = packs.ask(company, audience, period, day, language=language or "", reason=reason or "")
	return {"name": doc.name, "version": doc.version}


@frappe.whitelist(methods=["POST"])
def make_anew(name: str, reason: str) -> dict:
	"""Have a pack made anew, as another version, which says why. Returns `{name, version}` of the new one."""
	frappe.has_permission(packs.DOCTYPE, "create", throw=True)
	frappe.has_permission(packs.DOCTYPE, "read", name, throw=True)
	if not (reason or "").strip():
		frappe.throw(_("Say why the pack has to be made anew."), title=_("Monthly pack"))
	doc = frappe.get_doc(packs.DOCTYPE, name)
	new = packs.ask(
		doc.company,
		doc.audience,
		doc.period,
		getdate(doc.to_date),
		language=doc.language or "",
		reason=reason,
	)
	return {"name": new.name, "version": new.version}


@frappe.whitelist(methods=["POST"])
def try_again(name: str) -> dict:
	"""Have a pack that failed made again. Returns `{status, progress, step}`."""
	frappe.has_permission(packs.DOCTYPE, "write", name, throw=True)
	packs.try_again(name)
	return packs.state(name)


@frappe.whitelist()
def pack_state(name: str) -> dict:
	"""Return how far a pack is: `{status, progress (0 to 100), step}`."""
	frappe.has_permission(packs.DOCTYPE, "read", name, throw=True)
	return packs.state(name)


@frappe.whitelist()
@frappe.read_only()
def is_unchanged(name: str) -> bool:
	"""Return whether the workbook of a pack is still the one that was made: its hash is reckoned anew."""
	frappe.has_permission(packs.DOCTYPE, "read", name, throw=True)
	url, digest = frappe.db.get_value(packs.DOCTYPE, name, ["file", "file_hash"])
	return pack_files.is_unchanged(url, digest)


@frappe.whitelist(methods=["POST"])
def send_pack(name: str, users: str | list) -> int:
	"""Send a pack by e-mail to some users, once to each; who may not see it gets nothing, and the pack says so. Returns to how many
	it is to go."""
	frappe.has_permission(packs.DOCTYPE, "write", name, throw=True)
	if frappe.db.get_value(packs.DOCTYPE, name, "status") != packs.COMPLETED:
		frappe.throw(_("{0} is not made yet.").format(name), title=_("Monthly pack"))
	asked = frappe.parse_json(users) if isinstance(users, str) and users.startswith("[") else users
	names = [str(user) for user in (asked if isinstance(asked, list) else [asked]) if user]
	unknown = [user for user in names if not frappe.db.exists("User", user)]
	if unknown:
		frappe.throw(_("There is no user {0}.").format(", ".join(unknown)), title=_("Monthly pack"))
	count = pack_mails.plan(name, names)
	pack_mails.send_later(name)
	return count


@frappe.whitelist(methods=["POST"])
def make_due_packs(schedule: str) -> int:
	"""Have the packs made that a schedule has still to make. Returns how many."""
	frappe.has_permission(packs.SCHEDULE, "write", schedule, throw=True)
	permissions.need_company(frappe.db.get_value(packs.SCHEDULE, schedule, "company"))
	return packs.make_due(schedule)
