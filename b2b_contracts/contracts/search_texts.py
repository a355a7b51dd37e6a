"""What of a contract can be found by its words: every field and every row, line by line with where it stands; and the row of
`Contract Search Text` in which the database looks (requirements §6).

The words of the data are written with the contract, in its transaction; those of its documents when one is filed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import frappe
from frappe import _
from frappe.utils import cstr, getdate, strip_html

from b2b_contracts.permissions import CONTRACT

TEXT, DOCUMENT, MAIL = "Contract Search Text", "Contract Document", "Communication"
# Changed by the days, not by people; nobody looks for a contract by them.
LEFT_OUT = frozenset(
	(
		*("status", "next_key_date", "next_key_date_kind", "next_watch_on", "period_number", "amended_from"),
		*("signed_file_hash", "notice_in_time", "in_force_from", "in_force_until", "replaced_by"),
		*("original_contract", "inherited_values"),
	)
)
NO_WORDS = frozenset(
	("Check", "Section Break", "Column Break", "Tab Break", "HTML", "Button", "Table", "Code")
)
# A paper of a thousand pages is found by its first ones.
MOST_OF_DOCUMENTS = 2_000_000


@dataclass(frozen=True, slots=True)
class Line:
	"""Something that a contract says: in which field, of which table and row (0: of none), and in which words."""

	table: str
	row: int
	field: str
	text: str


# ------------------------------------------------------------------ lines
def lines_of(doc, names: dict[tuple[str, str], str] | None = None) -> list[Line]:
	"""Return all that a contract says, its tables last. `names` are the titles of what it links to, by doctype and name."""
	names = titles([doc]) if names is None else names
	found = [Line("", 0, "name", doc.name)]
	found += [Line("", 0, field.fieldname, text) for field, text in _said(doc, names)]
	for table in doc.meta.get_table_fields():
		for row in doc.get(table.fieldname):
			found += [
				Line(table.fieldname, row.idx, field.fieldname, text) for field, text in _said(row, names)
			]
	return found


def _said(row, names: dict[tuple[str, str], str]) -> Iterable[tuple]:
	for field in row.meta.fields:
		value = row.get(field.fieldname)
		if field.fieldtype in NO_WORDS or field.fieldname in LEFT_OUT or value in (None, "", 0):
			continue
		text = _text(field, value)
		if field.fieldtype == "Link":
			title = names.get((field.options, value))
			text = f"{text} – {title}" if title and title != text else text
		if text:
			yield field, text


def _text(field, value) -> str:
	if field.fieldtype == "Date":
		return str(getdate(value))
	if field.fieldtype in ("Currency", "Float", "Percent"):
		return f"{float(value):.10g}"
	if field.fieldtype == "Text Editor":
		value = strip_html(cstr(value))
	return " ".join(cstr(value).split())


# Links whose names say little, and the field that says more.
TITLES = {"Item": "item_name", "User": "full_name", "Customer": "customer_name"}


def titles(docs: Iterable) -> dict[tuple[str, str], str]:
	"""Return what items, people and customers that contracts name are called: one query for each kind."""
	wanted: dict[str, set[str]] = {doctype: set() for doctype in TITLES}
	for doc in docs:
		for row in (doc, *doc.get_all_children()):
			for field in row.meta.get_link_fields():
				if field.options in wanted and row.get(field.fieldname):
					wanted[field.options].add(row.get(field.fieldname))
	return {
		(doctype, name): title
		for doctype, of in wanted.items()
		if of
		for name, title in frappe.get_all(
			doctype, filters={"name": ["in", sorted(of)]}, fields=["name", TITLES[doctype]], as_list=True
		)
	}


# ------------------------------------------------------------------ kept
def keep(doc) -> None:
	"""Write down the words of a contract's data where they are searched, if they have changed."""
	text = "\n".join(line.text for line in lines_of(doc))
	digest = sha256(text.encode()).hexdigest()
	known = frappe.db.get_value(TEXT, doc.name, "data_hash")
	if known == digest:
		return
	_write(doc.name, known is not None, {"data_text": text, "data_hash": digest})


def keep_documents(contract: str) -> None:
	"""Write down the words of all documents and mails of a contract where they are searched, those of the newest first.

	What another transaction files meanwhile is found from the next paper on.
	"""
	# The contract before the row of its words, as whoever changes a contract takes them: Frappe writes a mail into both.
	frappe.db.get_value(CONTRACT, contract, "name", for_update=True)
	rows = frappe.get_all(
		DOCUMENT,
		filters={"contract": contract},
		fields=["title", "text"],
		order_by="creation desc, name desc",
	)
	said = [f"{row.title} {row.text or ''}" for row in rows]
	mails = frappe.get_all(
		MAIL, filters=mails_of([contract]), fields=["subject", "content"], order_by="creation desc, name desc"
	)
	said += [plain_mail(mail) for mail in mails]
	text = "\n".join(" ".join(words.split()) for words in said)[:MOST_OF_DOCUMENTS]
	_write(contract, bool(frappe.db.exists(TEXT, contract)), {"document_text": text})


def mails_of(contracts: list[str]) -> dict:
	"""Return the filters of what was written to and by customers about contracts."""
	return {
		"communication_type": "Communication",
		"reference_doctype": CONTRACT,
		"reference_name": ["in", contracts or [""]],
	}


def plain_mail(mail) -> str:
	return f"{mail.subject or ''} {strip_html((mail.content or '').replace('<', ' <'))}"


def take_mail(mail) -> None:
	"""Write down the words of a mail that was filed with a contract."""
	if mail.reference_doctype == CONTRACT and mail.communication_type == "Communication":
		keep_documents(mail.reference_name)


def _write(contract: str, is_there: bool, values: dict) -> None:
	# The contract's row is locked, so nobody writes the same one at once.
	if is_there:
		frappe.db.set_value(TEXT, contract, values, update_modified=False)
		return
	entry = frappe.get_doc({"doctype": TEXT, "name": contract, "contract": contract, **values})
	entry.owner = entry.modified_by = frappe.session.user
	entry.creation = entry.modified = frappe.utils.now()
	entry.db_insert()


def forget(contract: str) -> None:
	"""Take a contract that is deleted out of the search."""
	frappe.db.delete(TEXT, {"contract": contract})


def keep_all() -> None:
	"""Make the words of all contracts that have none yet, some at a time; may be killed and run again."""
	contract, text = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(TEXT)
	query = (
		frappe.qb.from_(contract)
		.left_join(text)
		.on(text.name == contract.name)
		.where(text.name.isnull())
		.select(contract.name)
		.limit(500)
	)
	while names := query.run(pluck=True):
		for name in names:
			keep(frappe.get_doc(CONTRACT, name))
			keep_documents(name)
		frappe.db.commit()  # nosemgrep: a patch or a job, some contracts at a time


def label(line: Line) -> str:
	"""Return where a line stands, in the words of the form."""
	meta = frappe.get_meta(CONTRACT)
	if not line.table:
		return _("Number") if line.field == "name" else _(meta.get_label(line.field), context=CONTRACT)
	table = meta.get_field(line.table)
	field = _(frappe.get_meta(table.options).get_label(line.field), context=table.options)
	return _("{0}, row {1}: {2}").format(_(table.label, context=CONTRACT), line.row, field)
