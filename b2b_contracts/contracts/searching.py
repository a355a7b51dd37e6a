"""Looking for contracts by every data point and by the words of their documents (requirements §6).

Who may see a contract, and the filters, cut the search down in the database before anything is left out for length: whoever
sees twenty of a thousand that have a word gets their twenty.
"""

from collections import defaultdict

import frappe
from frappe import _
from frappe.query_builder import Criterion
from pypika import Order
from pypika.terms import CustomFunction, LiteralValue

from b2b_contracts.engine import text_search
from b2b_contracts.engine.text_search import Looked, Part
from b2b_contracts.permissions import CONTRACT

from . import search_texts, visible
from .contracts import refuse

LENGTH, MOST_SNIPPETS, MOST_FILTERS, LONGEST_QUERY = 20, 4, 20, 300
SHOWN = (
	*("name", "title", "contract_type", "status", "company", "customer", "customer_name", "start_date"),
	*("end_date", "last_date_to_act", "terminated_on", "annual_value", "currency", "contract_owner"),
	*("confidentiality", "signed_on"),
)
# The index is over both together.
COLUMNS = ", ".join(f"`tab{search_texts.TEXT}`.`{name}`" for name in ("data_text", "document_text"))
REPLACE = CustomFunction("REPLACE", ["text", "old", "new"])
LOCATE = CustomFunction("LOCATE", ["word", "text"])
SUBSTRING = CustomFunction("SUBSTRING", ["text", "start", "length"])
GREATEST = CustomFunction("GREATEST", ["one", "other"])
# InnoDB's own list: it does not index these, so they are looked for in the text itself.
NOT_INDEXED = frozenset(
	"a about an are as at be by com de en for from how i in is it la of on or that the this to was what when where who"
	" will with und www".split()
)


# ------------------------------------------------------------------ found
def search(query: str, filters: list, start: int = 0) -> dict:
	"""Return the contracts that the session user may see, meet `filters` and have all words of `query`, twenty from `start` on:
	`{total, start, length, rows}`. With words the best match is on top, without them what has to be acted on first."""
	if len(query) > LONGEST_QUERY:
		refuse(_("Enter {0} letters at most.").format(LONGEST_QUERY), _("Search"))
	looked = text_search.parse(query)
	contract, text = frappe.qb.DocType(CONTRACT), frappe.qb.DocType(search_texts.TEXT)
	found = frappe.qb.from_(contract).where(visible.among(contract.name, checked(filters)))
	score = None
	if looked:
		criterion, score = _criterion(looked, text)
		found = found.join(text).on(text.name == contract.name).where(criterion)
	total = found.select(frappe.query_builder.functions.Count("*")).run()[0][0]
	if score is not None:
		found = found.orderby(score, order=Order.desc)
	rows = (
		found.select(*(contract[name] for name in SHOWN))
		.orderby(contract.last_date_to_act.isnull())
		.orderby(contract.last_date_to_act)
		.orderby(contract.name)
		.limit(LENGTH)
		.offset(max(0, start))
		.run(as_dict=True)
	)
	where = found_where([row.name for row in rows], looked) if looked else {}
	return {
		"total": total,
		"start": max(0, start),
		"length": LENGTH,
		"rows": [{**row, "found": where.get(row.name, [])} for row in rows],
	}


def checked(filters: list) -> list:
	"""Return filters as Frappe takes them: `[doctype, field, operator, value]`, of a contract or one of its tables. Raises for what
	is none."""
	tables = {CONTRACT, *(table.options for table in frappe.get_meta(CONTRACT).get_table_fields())}
	if len(filters) > MOST_FILTERS:
		refuse(_("Take {0} filters at most.").format(MOST_FILTERS), _("Search"))
	kept = []
	for one in filters:
		if not isinstance(one, list | tuple) or len(one) < 4 or one[0] not in tables:
			refuse(
				_("A filter names a contract or one of its tables, a field, an operator and a value."),
				_("Search"),
			)
		meta = frappe.get_meta(one[0])
		if one[1] not in meta.get_valid_columns():
			refuse(_("There is no field {0} in {1}.").format(one[1], _(one[0])), _("Search"))
		kept.append(list(one[:4]))
	return kept


def _criterion(looked: tuple[Looked, ...], text) -> tuple[Criterion, LiteralValue | None]:
	"""Return the criterion that all that is looked for stands in the words of a contract, and how well it does (None where the
	index knows none of it)."""
	shortest = int(frappe.db.sql("select @@innodb_ft_min_token_size")[0][0])
	words = {
		word for one in looked for word in one.words if len(word) >= shortest and word not in NOT_INDEXED
	}
	criteria = []
	score = None
	if words:
		asked = " ".join(f"+{word}*" for word in sorted(words))
		# Words are letters, digits and underscores alone.
		score = LiteralValue(f"MATCH({COLUMNS}) AGAINST ({frappe.db.escape(asked)} IN BOOLEAN MODE)")
		criteria.append(_AsCriterion(score))
	for one in looked:
		if one.is_phrase or one.text not in words:
			like = "%{}%".format(one.text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_"))
			criteria.append(text.data_text.like(like) | text.document_text.like(like))
	return Criterion.all(criteria), score


class _AsCriterion(Criterion):
	"""A piece of SQL that is true or false."""

	def __init__(self, value: LiteralValue):
		super().__init__()
		self.value = value

	def get_sql(self, **_kwargs) -> str:
		return self.value.get_sql()


# ------------------------------------------------------------------ where
def found_where(names: list[str], looked: tuple[Looked, ...]) -> dict[str, list[dict]]:
	"""Return for each of some contracts where what is looked for stands: `[{where, document, file, parts: [[text, is_hit]]}]`, so
	that each word is shown where it can be."""
	docs = visible.loaded(names)
	known = search_texts.titles(docs)
	papers, mails = _papers(names, looked), _mails(names, looked)
	found = {}
	for doc in docs:
		shown: list[dict] = []
		left = set(looked)
		for line in search_texts.lines_of(doc, known):
			here = text_search.which(line.text, looked)
			if here and (here & left or len(shown) < MOST_SNIPPETS // 2):
				left -= here
				shown.append({"where": search_texts.label(line), **_shown(line.text, looked)})
		for paper in papers[doc.name]:
			where = _("Document: {0}").format(paper.title)
			shown.append(
				{"where": where, "document": paper.name, "file": paper.file, **_shown(paper.piece, looked)}
			)
		for mail in mails[doc.name]:
			where = _("Mail: {0}").format(mail.subject or "")
			shown.append({"where": where, **_shown(search_texts.plain_mail(mail), looked)})
		found[doc.name] = shown[: 2 * MOST_SNIPPETS]
	return found


def _shown(text: str, looked: tuple[Looked, ...]) -> dict:
	parts: tuple[Part, ...] = text_search.snippet(text, looked)
	return {"parts": [[part.text, part.is_hit] for part in parts]}


def _papers(names: list[str], looked: tuple[Looked, ...]) -> dict[str, list]:
	"""Return the documents of contracts that have something that is looked for, with the piece of their text around it."""
	document = frappe.qb.DocType(search_texts.DOCUMENT)
	# Lines end where the page did: a phrase goes on over them.
	line = REPLACE(document.text, "\n", " ")
	found: dict[str, list] = defaultdict(list)
	for one in looked:
		place = LOCATE(one.text, line)
		rows = (
			frappe.qb.from_(document)
			.where(document.contract.isin(names or [""]) & (place > 0))
			.select(*(document.name, document.contract, document.title, document.file))
			.select(SUBSTRING(line, GREATEST(place - 150, 1), 500).as_("piece"))
			.orderby(document.creation, order=Order.desc)
			.orderby(document.name)
			.limit(LENGTH * MOST_SNIPPETS)
			.run(as_dict=True)
		)
		for row in rows:
			here = found[row.contract]
			is_shown = any(
				paper.name == row.name and text_search.which(paper.piece, (one,)) for paper in here
			)
			if not is_shown and len(here) < MOST_SNIPPETS:
				here.append(row)
	return found


def _mails(names: list[str], looked: tuple[Looked, ...]) -> dict[str, list]:
	"""Return the mails about contracts that have something that is looked for."""
	found: dict[str, list] = defaultdict(list)
	likes = [["subject", "like", f"%{one.text}%"] for one in looked]
	likes += [["content", "like", f"%{one.text}%"] for one in looked]
	for mail in frappe.get_all(
		search_texts.MAIL,
		filters=search_texts.mails_of(names),
		or_filters=likes,
		fields=["name", "subject", "content", "reference_name"],
		order_by="creation desc, name",
		limit_page_length=LENGTH * MOST_SNIPPETS,
	):
		if len(found[mail.reference_name]) < MOST_SNIPPETS and text_search.which(
			search_texts.plain_mail(mail), looked
		):
			found[mail.reference_name].append(mail)
	return found
