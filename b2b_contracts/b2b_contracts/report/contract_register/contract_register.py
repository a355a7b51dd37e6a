"""Contract Register: every contract with all that it says, what is missing of it, and what is open and overdue."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.contracts import wording
from b2b_contracts.credit import people
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_register as engine
from b2b_contracts.engine.contract_register import Finding
from b2b_contracts.permissions import CONTRACT
from b2b_contracts.reporting import contract_register, shown
from b2b_contracts.reporting.contract_register import Entry, Open
from b2b_contracts.reporting.report import Report, Result

CONTRACTS, TERMS, OPEN_ITEMS = VIEWS = ("Contracts", "Every term", "Open items")
EVERYTHING, INCOMPLETE, COMPLETE, OVERDUE = SHOWN = (
	"Everything",
	"Something is missing",
	"In order",
	"Overdue",
)
NUMBERS = ("Int", "Float", "Percent", "Currency")
PEOPLE = ("contract_owner", "account_manager", "approved_by")


def execute(filters: dict | None = None) -> Result:
	return ContractRegister(filters).run()


class ContractRegister(Report):
	"""What the reader may see of contracts: confidential ones and those of other portfolios are left out, in rows and totals."""

	reads = (CONTRACT,)

	def validate(self) -> None:
		self.view = self.choice("view", VIEWS)
		self.only = self.choice("only", SHOWN)
		states = self.several("status")
		for state in states:
			if state not in life.STATES:
				self.refuse(_("{0} is no state of a contract.").format(frappe.bold(state)))
		filters = {name: self.filters.get(name) for name in contract_register.FILTERS}
		self.wanted = contract_register.Wanted(self.companies(), states, filters)

	def read(self) -> None:
		self.entries: list[Entry] = []
		self.items: list[Open] = []
		if self.view == OPEN_ITEMS:
			self.items = [
				item
				for item in contract_register.open_items(self.wanted)
				if self.only in (EVERYTHING, INCOMPLETE)
				or (self.only == OVERDUE) == (item.light == engine.RED)
			]
			users = {item.responsible for item in self.items if "@" in item.responsible}
			users |= {item.row.contract_owner for item in self.items if item.row.contract_owner}
		else:
			self.entries = [one for one in contract_register.read(self.wanted) if self._is_wanted(one)]
			users = {one.row[name] for one in self.entries for name in PEOPLE if one.row[name]}
		self.names = people.full_names(users)
		self.words = Words()

	def _is_wanted(self, entry: Entry) -> bool:
		if self.only == OVERDUE:
			return bool(_overdue(entry))
		return self.only == EVERYTHING or (self.only == INCOMPLETE) == bool(entry.findings)

	# -------------------------------------------------------------- rows
	def rows(self) -> Iterable[dict]:
		if self.view == OPEN_ITEMS:
			yield from map(self._item, self.items)
		elif self.view == TERMS:
			for entry in self.entries:
				yield {**self._head(entry), **self._terms(entry)}
		else:
			for entry in self.entries:
				yield {**self._head(entry), **self._state(entry)}

	def _head(self, entry: Entry) -> dict:
		row = entry.row
		return {
			"contract": row.name,
			**{
				name: row[name]
				for name in (
					*("title", "customer", "customer_name", "company", "currency", "governing_law"),
					*("start_date", "notice_deadline", "last_date_to_act", "signed_on"),
				)
			},
			"contract_type": self.words.of(row.contract_type),
			"status": self.words.of(row.status, CONTRACT),
			"confidentiality": self.words.of(row.confidentiality, CONTRACT),
			"contract_owner": self._name(row.contract_owner),
			"account_manager": self._name(row.account_manager),
			"ends": row.terminated_on or row.end_date,
			"annual_value": row.annual_value or None,
			"total_value": row.total_value or None,
			"light": entry.light,
			"light_name": light_name(entry.light),
			"missing": "; ".join(map(finding_text, entry.findings)),
		}

	def _state(self, entry: Entry) -> dict:
		record, overdue = entry.record, _overdue(entry)
		required = [one for one in record.controls if one.is_required]
		expiries = [one.expires for one in record.certificates if one.expires]
		kind = entry.row.next_key_date_kind
		return {
			"controls_done": sum(one.is_done for one in required),
			"controls": len(required),
			"evidence": sum(one.has_evidence for one in record.controls),
			"certificates": len(record.certificates),
			"certificate_expires": min(expiries, default=None),
			"documents": entry.count("Contract Document"),
			"signed_file": _("Yes") if record.has_signed_file else _("No") if record.is_signed else "",
			"duties": sum(not one.is_done for one in record.duties),
			"duties_overdue": len(overdue),
			"next_key_date": entry.row.next_key_date,
			"next_key_date_kind": self.words.kinds.get(kind, "") if kind else "",
		}

	def _terms(self, entry: Entry) -> dict:
		row = entry.row
		found = {
			"parties": ", ".join(entry.parties),
			"contract_form": self.words.of(row.contract_form, CONTRACT),
			"template": row.template,
			"external_reference": row.external_reference,
			"parent_contract": row.parent_contract,
			"amendment_number": row.amendment_number or None,
			"in_force_from": row.in_force_from,
			"in_force_until": row.in_force_until,
			"replaced_by": row.replaced_by,
			"approved_by": self._name(row.approved_by),
			"approved_on": row.approved_on and getdate(row.approved_on),
			"need": row.need,
		}
		for field in _term_fields():
			value = row[field.fieldname]
			if field.fieldtype in NUMBERS:
				found[field.fieldname] = value or None
			else:
				found[field.fieldname] = (
					self.words.of(value, CONTRACT) if field.fieldtype == "Select" else value
				)
		return found | {_counted(doctype): entry.count(doctype) for doctype in contract_register.COUNTED}

	def _item(self, item: Open) -> dict:
		row = item.row
		return {
			"due": item.due,
			"light": item.light,
			"light_name": day_light_name(item.light),
			"kind": kind_name(item.kind),
			"item": item.title,
			"owed_by": self.words.of(item.owed_by, contract_register.OBLIGATION),
			"responsible": self._name(item.responsible),
			"note": item.note,
			"contract": row.name,
			**{name: row[name] for name in ("title", "customer", "customer_name", "company")},
			"contract_type": self.words.of(row.contract_type),
			"status": self.words.of(row.status, CONTRACT),
			"contract_owner": self._name(row.contract_owner),
		}

	def _name(self, user: str | None) -> str:
		return self.names.get(user, user) if user else ""

	# -------------------------------------------------------------- around the rows
	def columns(self) -> list[dict]:
		if self.view == OPEN_ITEMS:
			return _item_columns()
		return [
			shown.column("title", _("Contract"), width=220, opens=CONTRACT, opens_by="contract"),
			shown.link("contract", _("Number"), CONTRACT, 155),
			shown.customer(170),
			shown.column("contract_type", _("Contract type"), width=150),
			shown.column("status", _("Status"), width=120),
			shown.column("light_name", _("Completeness"), width=150, pill="light"),
			*(_term_columns() if self.view == TERMS else _state_columns()),
			shown.hidden("customer", _("Customer number")),
			shown.hidden("light", _("Light")),
		]

	def message(self) -> str:
		if self.view == OPEN_ITEMS:
			return _(
				"Obligations, milestones, insurance certificates, controls and reviews that somebody still has to see to, the first due on top."
			)
		return _(
			"Missing is what keeps a contract from being complete: required controls, fields of its type, the signed file, certificates and duties that are overdue. Of contracts that are over, the signed file and duties alone."
		)

	def chart(self) -> dict | None:
		if self.view == OPEN_ITEMS:
			return self._chart_of(
				[(kind_name(item.kind), item.light) for item in self.items],
				{
					light: day_light_name(light)
					for light in (engine.RED, engine.YELLOW, engine.GREEN, engine.GREY)
				},
			)
		return self._chart_of(
			[(self.words.of(entry.row.contract_type), entry.light) for entry in self.entries],
			{light: light_name(light) for light in (engine.RED, engine.YELLOW, engine.GREEN, engine.GREY)},
		)

	@staticmethod
	def _chart_of(found: list[tuple[str, str]], lights: dict[str, str]) -> dict | None:
		"""How many of each kind are in which light."""
		kinds = sorted({kind for kind, _light in found})
		seen = [light for light in lights if any(one == light for _kind, one in found)]
		colours = {engine.RED: "red", engine.YELLOW: "orange", engine.GREEN: "green", engine.GREY: "#b8c2cc"}
		return shown.chart(
			kinds,
			{lights[light]: [found.count((kind, light)) for kind in kinds] for light in seen},
			colors=[colours[light] for light in seen],
			barOptions={"stacked": 1},
		)

	def summary(self) -> list[dict]:
		if self.view == OPEN_ITEMS:
			lights = [item.light for item in self.items]
			return [
				shown.count_card(_("Open"), len(lights)),
				_bad_card(_("Overdue"), lights.count(engine.RED)),
				_bad_card(
					_("Within {0} days").format(engine.SOON_DAYS), lights.count(engine.YELLOW), shown.YELLOW
				),
			]
		lights = [entry.light for entry in self.entries]
		reasons = [one.reason for entry in self.entries for one in entry.findings]

		def with_reason(*wanted: str) -> int:
			return sum(one in wanted for one in reasons)

		return [
			shown.count_card(_("Contracts"), len(lights)),
			shown.count_card(light_name(engine.GREEN), lights.count(engine.GREEN), shown.GREEN),
			_bad_card(light_name(engine.RED), lights.count(engine.RED)),
			_bad_card(
				_("Controls open or expired"), with_reason(engine.CONTROL_OPEN, engine.CONTROL_EXPIRED)
			),
			_bad_card(_("Certificates expired"), with_reason(engine.CERTIFICATE_EXPIRED)),
			_bad_card(
				_("Duties overdue"), with_reason(engine.OUR_DUTY, engine.THEIR_DUTY, engine.MILESTONE_LATE)
			),
		]


def _bad_card(label: str, count: int, colour: str = shown.RED) -> dict:
	"""Return the card of something that there had better be none of."""
	return shown.count_card(label, count, colour if count else shown.GREEN)


def _overdue(entry: Entry) -> list[Finding]:
	"""Return the obligations and milestones of a contract whose day has passed."""
	late = (engine.OUR_DUTY, engine.THEIR_DUTY, engine.MILESTONE_LATE)
	return [one for one in entry.findings if one.reason in late]


# ------------------------------------------------------------------ columns
def _state_columns() -> list[dict]:
	return [
		shown.column("missing", _("Missing"), width=320),
		shown.column("company", _("Company"), width=150),
		shown.column("confidentiality", _("Confidentiality"), width=120),
		shown.column("contract_owner", _("Contract owner"), width=150),
		shown.column("account_manager", _("Account manager"), width=150),
		shown.money("annual_value", _("A year"), 125),
		shown.day("start_date", _("Start date")),
		shown.day("ends", _("Ends on")),
		shown.day("notice_deadline", _("Notice deadline"), 130),
		shown.day("last_date_to_act", _("Act by")),
		shown.column("governing_law", _("Governing law"), width=120),
		shown.day("signed_on", _("Signed on")),
		shown.column("signed_file", _("Signed file"), width=100),
		shown.count("documents", _("Documents"), 100),
		shown.count("controls_done", _("Controls done"), 115),
		shown.count("controls", _("Of controls"), 105),
		shown.count("evidence", _("With evidence"), 115),
		shown.count("certificates", _("Certificates"), 105),
		shown.day("certificate_expires", _("First certificate expires"), 175),
		shown.count("duties", _("Open duties"), 105),
		shown.count("duties_overdue", _("Of those overdue"), 130),
		shown.day("next_key_date", _("Next key date"), 120),
		shown.column("next_key_date_kind", _("What is on that day"), width=180),
		shown.hidden("currency", _("Currency")),
	]


def _term_columns() -> list[dict]:
	fields = []
	for field in _term_fields():
		label = _(field.label)
		if field.fieldtype == "Currency":
			fields.append(shown.money(field.fieldname, label))
		elif field.fieldtype in (*NUMBERS, "Date"):
			fields.append(shown.column(field.fieldname, label, field.fieldtype, 130))
		else:
			fields.append(shown.column(field.fieldname, label, width=170))
	return [
		shown.column("parties", _("Parties"), width=220),
		shown.column("company", _("Company"), width=150),
		shown.column("confidentiality", _("Confidentiality"), width=120),
		shown.column("contract_owner", _("Contract owner"), width=150),
		shown.column("account_manager", _("Account manager"), width=150),
		shown.column("contract_form", _("Form"), width=140),
		shown.column("template", _("Template"), width=150),
		shown.column("external_reference", _("Counterparty's number"), width=160),
		shown.column("parent_contract", _("Amends contract"), width=155, opens=CONTRACT),
		shown.count("amendment_number", _("Amendment number"), 150),
		shown.column("replaced_by", _("Replaced by"), width=155, opens=CONTRACT),
		shown.column("currency", _("Currency"), width=90),
		shown.money("annual_value", _("Annual value")),
		shown.money("total_value", _("Total value")),
		shown.day("start_date", _("Start date")),
		shown.day("ends", _("Ends on")),
		shown.day("in_force_from", _("In force from"), 120),
		shown.day("in_force_until", _("In force until"), 120),
		shown.day("notice_deadline", _("Notice deadline"), 130),
		shown.day("last_date_to_act", _("Act by")),
		shown.day("signed_on", _("Signed on")),
		shown.column("approved_by", _("Approved by"), width=150),
		shown.day("approved_on", _("Approved on")),
		shown.column("governing_law", _("Governing law"), width=120),
		*fields,
		*(
			shown.count(_counted(doctype), _(label), 120)
			for doctype, label in zip(contract_register.COUNTED, _counted_labels(), strict=True)
		),
		shown.column("need", _("Need and business case"), width=260),
		shown.column("missing", _("Missing"), width=320),
	]


def _item_columns() -> list[dict]:
	return [
		shown.day("due", _("Due on")),
		shown.column("light_name", _("Traffic light"), width=140, pill="light"),
		shown.column("kind", _("What"), width=170),
		shown.column("item", _("About"), width=230),
		shown.column("owed_by", _("Owed by"), width=100),
		shown.column("responsible", _("Responsible"), width=150),
		shown.column("title", _("Contract"), width=210, opens=CONTRACT, opens_by="contract"),
		shown.link("contract", _("Number"), CONTRACT, 155),
		shown.customer(170),
		shown.column("company", _("Company"), width=150),
		shown.column("contract_type", _("Contract type"), width=150),
		shown.column("status", _("Status"), width=120),
		shown.column("contract_owner", _("Contract owner"), width=150),
		shown.column("note", _("Note"), width=220),
		shown.hidden("customer", _("Customer number")),
		shown.hidden("light", _("Light")),
	]


def _term_fields() -> list:
	meta = frappe.get_meta(CONTRACT)
	return [meta.get_field(name) for name in contract_register.TERMS]


def _counted(doctype: str) -> str:
	return "rows_" + frappe.scrub(doctype)


def _counted_labels() -> list[str]:
	"""Return what the contract's form calls each table that is counted."""
	tables = {field.options: field.label for field in frappe.get_meta(CONTRACT).get_table_fields()}
	return [tables[doctype] for doctype in contract_register.COUNTED]


# ------------------------------------------------------------------ words
class Words:
	"""What the rows say, each translated once: thousands say the same."""

	def __init__(self):
		self.kinds = wording.kind_names()
		self._known: dict[tuple[str, str | None], str] = {}

	def of(self, word: str | None, context: str | None = None) -> str:
		if not word:
			return ""
		key = word, context
		if key not in self._known:
			self._known[key] = _(word, context=context)
		return self._known[key]


def light_name(light: str) -> str:
	"""Return what the traffic light of a contract says."""
	return {
		engine.RED: _("Incomplete"),
		engine.YELLOW: _("To be looked at"),
		engine.GREEN: _("Complete"),
		engine.GREY: _("Rejected"),
	}[light]


def day_light_name(light: str) -> str:
	"""Return what the traffic light of a day says."""
	return {
		engine.RED: _("Overdue"),
		engine.YELLOW: _("Within {0} days").format(engine.SOON_DAYS),
		engine.GREEN: _("Later"),
		engine.GREY: _("No day"),
	}[light]


def kind_name(doctype: str) -> str:
	"""Return what an open item is."""
	return {
		contract_register.OBLIGATION: _("Obligation"),
		contract_register.MILESTONE: _("Milestone"),
		contract_register.CERTIFICATE: _("Insurance certificate"),
		contract_register.CONTROL: _("Control"),
		contract_register.REVIEW: _("Review"),
	}[doctype]


def finding_text(finding: Finding) -> str:
	"""Return what is missing in words."""
	day = formatdate(finding.since) if finding.since else ""
	return {
		engine.CONTROL_OPEN: _("control “{0}” is open"),
		engine.CONTROL_EXPIRED: _("control “{0}” expired on {1}"),
		engine.NO_EVIDENCE: _("control “{0}” has no evidence"),
		engine.NO_FIELD: _("“{0}” is not filled in"),
		engine.NO_SIGNED_FILE: _("no signed file"),
		engine.NO_DPA: _("no signed data processing agreement"),
		engine.CERTIFICATE_EXPIRED: _("certificate “{0}” expired on {1}"),
		engine.NO_CERTIFICATE: _("certificate “{0}” is not filed"),
		engine.OUR_DUTY: _("“{0}”, ours, was due on {1}"),
		engine.THEIR_DUTY: _("“{0}”, the customer's, was due on {1}"),
		engine.MILESTONE_LATE: _("milestone “{0}” was due on {1}"),
		engine.REVIEW_LATE: _("review “{0}” was due on {1}"),
	}[finding.reason].format(_(finding.about), day)
