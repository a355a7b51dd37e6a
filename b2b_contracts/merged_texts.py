"""The language in which people write texts that are filled in: a small part of Jinja, checked word by word and rendered in a
sandbox.

A text may name what its vocabulary has, ask whether it is there, and go through rows. It cannot call, assign, compute or
import anything, whoever wrote it: what is not listed here is refused, when a text is saved and again when it is rendered.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from frappe import _
from frappe.utils import escape_html
from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILTERS = frozenset(("lower", "title", "trim", "upper"))
TESTS = frozenset(("defined",))


@dataclass(frozen=True, slots=True)
class Vocabulary:
	"""What a text may name: values; rows to go through, each with its fields; ready-made blocks (which may be rows as well); and
	values that may stand for a whole address. With `is_open`, any other plain name as well."""

	values: frozenset[str] = frozenset()
	rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
	blocks: tuple[str, ...] = ()
	links: frozenset[str] = frozenset()
	is_open: bool = False

	@property
	def fields(self) -> dict[str, tuple[str, ...]]:
		return dict(self.rows)

	@property
	def names(self) -> frozenset[str]:
		return frozenset((*self.values, *self.fields, *self.blocks))

	def knows(self, name: str) -> bool:
		return name in self.names or (self.is_open and is_plain(name))


def is_plain(name: str) -> bool:
	"""Whether a name is one that somebody may give a value: letters, digits and single underscores within, none of Jinja's own."""
	return bool(_PLAIN.fullmatch(name)) and name not in RESERVED


# What of HTML has no place in a letter: it runs, loads or leads somewhere, or changes the page around it.
FORBIDDEN_TAGS = frozenset(
	"applet base body button embed form frame frameset head html iframe input link math meta object script select"
	" style svg template textarea title video audio".split()
)
FORBIDDEN_ATTRIBUTES = frozenset(("background", "formaction", "ping", "poster", "srcdoc", "srcset"))
LINK_SCHEMES = ("http://", "https://", "mailto:", "tel:", "#")
# Conditions within conditions, at most.
DEEPEST = 10
_MARK = "phqx"
_TAG = re.compile(r"\{%.*?%\}")
_ENDS_IN_TAG = re.compile(r"(?<![-+])%\}$")
_PLAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED = frozenset(
	"and block call do elif else extends false filter for from if import in include is loop macro none not or raw recursive"
	" self set super true varargs kwargs caller with without context".split()
)


@dataclass(frozen=True, slots=True)
class Fault:
	"""What is wrong with a text, in which line of it; `subject` is the word that it is about."""

	kind: str
	line: int
	subject: str = ""


SYNTAX, UNKNOWN_NAME, UNKNOWN_FIELD, NOT_ALLOWED, NEEDS_LOOP, NEVER_SHOWN, NOT_HERE, BAD_HTML = (
	"syntax",
	"unknown name",
	"unknown field",
	"not allowed",
	"needs a loop",
	"never shown",
	"not here",
	"bad HTML",
)


class UnsafeTextError(ValueError):
	"""A text that must not be rendered."""

	def __init__(self, fault: Fault):
		super().__init__(f"line {fault.line}: {fault.kind} {fault.subject}")
		self.fault = fault


# ------------------------------------------------------------------ what is wrong with a text
def first_fault(
	source: str,
	words: Vocabulary,
	*,
	is_html: bool,
	needs: tuple[str, ...] = (),
	blocks: tuple[str, ...] | None = None,
) -> Fault | None:
	"""Return the first thing that is wrong with a text, None when it may be used.

	`needs` are the blocks that it has to show whatever is known: not within a condition, not in a loop. `blocks` are those
	that it may show, of the vocabulary's; None: all.
	"""
	try:
		tree = _environment(is_html).parse(source)
		_Checker(words).check(tree, {}, in_loop=False, depth=0)
		_check_blocks(tree, words, words.blocks if blocks is None else blocks)
		if is_html:
			_check_html(tree, words)
	except TemplateSyntaxError as error:
		return Fault(SYNTAX, error.lineno, error.message or "")
	except RecursionError:
		return Fault(SYNTAX, 1, "{% if %}")
	except UnsafeTextError as unsafe:
		return unsafe.fault
	missing = [name for name in needs if name not in set(_shown_always(tree))]
	return Fault(NEVER_SHOWN, 1, missing[0]) if missing else None


@lru_cache(maxsize=512)
def names_in(source: str, words: Vocabulary, *, is_html: bool) -> frozenset[str]:
	"""Return the placeholders that a text uses, without what its loops call their rows."""
	if fault := first_fault(source, words, is_html=is_html):
		raise UnsafeTextError(fault)
	tree = _environment(is_html).parse(source)
	rows = {node.target.name for node in tree.find_all(nodes.For) if isinstance(node.target, nodes.Name)}
	return frozenset(n.name for n in tree.find_all(nodes.Name) if n.name not in rows and words.knows(n.name))


def _shown_always(tree: nodes.Template) -> Iterator[str]:
	for node in tree.body:
		if isinstance(node, nodes.Output):
			yield from (part.name for part in node.nodes if isinstance(part, nodes.Name))


class _Checker:
	"""Refuses whatever is not on the list."""

	def __init__(self, words: Vocabulary):
		self._words, self._rows = words, words.fields

	def check(
		self, node: nodes.Node, loops: Mapping[str, tuple[str, ...]], in_loop: bool, depth: int
	) -> None:
		"""Refuse whatever is not on the list. `loops` are the names of rows that stand here, with their fields."""
		if depth > DEEPEST:
			_unsafe(node)
		if isinstance(node, nodes.Template | nodes.TemplateData):
			pass
		elif isinstance(node, nodes.Output):
			for part in node.nodes:
				self._output(part, loops)
			return
		elif isinstance(node, nodes.If):
			self._expression(node.test, loops)
			for child in (*node.body, *node.elif_, *node.else_):
				self.check(child, loops, in_loop, depth + 1)
			return
		elif isinstance(node, nodes.For):
			self._loop(node, loops, in_loop, depth)
			return
		else:
			_unsafe(node)
		for child in node.iter_child_nodes():
			self.check(child, loops, in_loop, depth + 1)

	def _loop(self, node: nodes.For, loops: Mapping[str, tuple[str, ...]], in_loop: bool, depth: int) -> None:
		if in_loop or node.recursive or node.test or not isinstance(node.target, nodes.Name):
			_unsafe(node)
		if not isinstance(node.iter, nodes.Name) or node.iter.name not in self._rows:
			_unsafe(node, "for")
		if node.target.name in self._words.names or not is_plain(node.target.name):
			_unsafe(node, node.target.name)
		inside = {**loops, node.target.name: self._rows[node.iter.name]}
		for child in (*node.body, *node.else_):
			self.check(child, inside, True, depth + 1)

	def _output(self, node: nodes.Node, loops: Mapping[str, tuple[str, ...]]) -> None:
		"""What is printed: a value, a block, the field of a row, each perhaps through a filter; no text made up on the way."""
		if isinstance(node, nodes.TemplateData):
			return
		if (
			isinstance(node, nodes.Name)
			and node.name not in loops
			and node.name in self._rows
			and node.name not in self._words.blocks
		):
			raise UnsafeTextError(Fault(NEEDS_LOOP, node.lineno, node.name))
		if isinstance(node, nodes.Name) and node.name in loops:
			raise UnsafeTextError(Fault(UNKNOWN_FIELD, node.lineno, node.name))
		if isinstance(node, nodes.Filter):
			if node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
				_unsafe(node, node.name)
			if (
				not isinstance(node.node, nodes.Name | nodes.Getattr)
				or getattr(node.node, "name", "") in self._words.blocks
			):
				_unsafe(node, node.name)
			self._output(node.node, loops)
			return
		if not isinstance(node, nodes.Name | nodes.Getattr):
			_unsafe(node)
		self._expression(node, loops)

	def _expression(self, node: nodes.Node, loops: Mapping[str, tuple[str, ...]]) -> None:
		"""What a condition may ask: whether something is there, and how it compares with a word or a number."""
		if isinstance(node, nodes.Const):
			return
		if isinstance(node, nodes.Name):
			if node.name not in loops and not self._words.knows(node.name):
				raise UnsafeTextError(Fault(UNKNOWN_NAME, node.lineno, node.name))
			return
		if isinstance(node, nodes.Getattr):
			if not isinstance(node.node, nodes.Name) or node.node.name not in loops:
				# `customer.name` of a customer that there is not: say the name, not that it has no fields.
				if isinstance(node.node, nodes.Name):
					self._expression(node.node, loops)
				_unsafe(node, node.attr)
			if node.attr not in loops[node.node.name]:
				raise UnsafeTextError(Fault(UNKNOWN_FIELD, node.lineno, f"{node.node.name}.{node.attr}"))
			return
		if isinstance(node, nodes.Test):
			if node.name not in TESTS or node.args or node.kwargs:
				_unsafe(node, node.name)
		elif not isinstance(node, nodes.And | nodes.Or | nodes.Not | nodes.Compare | nodes.Operand):
			_unsafe(node)
		for child in node.iter_child_nodes():
			self._expression(child, loops)


def _check_blocks(tree: nodes.Template, words: Vocabulary, allowed: tuple[str, ...]) -> None:
	for output in tree.find_all(nodes.Output):
		for part in output.nodes:
			if isinstance(part, nodes.Name) and part.name in words.blocks and part.name not in allowed:
				raise UnsafeTextError(Fault(NOT_HERE, part.lineno, part.name))


def _unsafe(node: nodes.Node, subject: str = "") -> None:
	raise UnsafeTextError(Fault(NOT_ALLOWED, node.lineno, subject or type(node).__name__.lower()))


def fault_text(fault: Fault, words: Vocabulary) -> str:
	"""Return what is wrong with a text and what to do about it, as HTML."""
	word = escape_html(fault.subject)
	if fault.kind == SYNTAX:
		return _("It cannot be read ({0}). Compare it with the texts of another template.").format(word)
	if fault.kind == UNKNOWN_NAME:
		return _("There is no placeholder {0}. Use one of: {1}.").format(word, ", ".join(sorted(words.names)))
	if fault.kind == UNKNOWN_FIELD:
		return _("A row has no {0}. Use one of: {1}.").format(
			word, "; ".join(f"{name}: {', '.join(fields)}" for name, fields in words.rows)
		)
	if fault.kind == NEEDS_LOOP:
		fields = " ".join(f"{{{{ row.{name} }}}}" for name in words.fields[fault.subject][:2])
		return _("{0} is a list: go through it, as in {1}.").format(
			word, f"{{% for row in {word} %}}{fields}{{% endfor %}}"
		)
	if fault.kind == NEVER_SHOWN:
		return _(
			"{0} is missing, or stands within a condition. Put it where every customer reads it."
		).format(f"{{{{ {word} }}}}")
	if fault.kind == NOT_HERE:
		return _("{0} belongs into the message, not here. Remove it.").format(f"{{{{ {word} }}}}")
	if fault.kind == BAD_HTML:
		return _("{0} may not stand in a reminder. Remove it.").format(word)
	return _(
		"“{0}” is more than a text may do: it names placeholders, asks whether they are there and goes through the items. Remove it."
	).format(word)


# ------------------------------------------------------------------ which language
# Languages that stand in for each other, the nearest first.
NEAR = {"nb": ("no", "nn"), "no": ("nb", "nn"), "nn": ("no", "nb")}


def nearest(there: Collection[str], wanted: Iterable[str | None]) -> str | None:
	"""Return the language of those that are there which comes nearest to what is wanted, in the order of the wishes: itself,
	its base ("de" for "de-AT"), one that stands in for it. None where none does."""
	for code in wanted:
		base = (code or "").split("-")[0]
		for near in (code, base, *NEAR.get(base, ())):
			if near and near in there:
				return near
	return None


# ------------------------------------------------------------------ its HTML
class _Html(HTMLParser):
	"""Raises for the first tag or attribute that has no place in a letter. Lines count as in the text."""

	def __init__(self, words: Vocabulary):
		super().__init__(convert_charrefs=False)
		self._links = {f"{_MARK}-{name}" for name in words.links}

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		if tag in FORBIDDEN_TAGS or _MARK in tag:
			self._refuse(f"<{tag.replace(_MARK, '{{ … }}')}>")
		for name, value in attrs:
			value = (value or "").strip()
			if _MARK in name or name.startswith("on") or name in FORBIDDEN_ATTRIBUTES:
				self._refuse(name.replace(_MARK, "{{ … }}"))
			if name in ("href", "src", "action"):
				# Only our own links may stand for a whole address; they are made here.
				if value not in self._links and (
					_MARK in value or not value.lower().startswith(LINK_SCHEMES)
				):
					self._refuse(f'{name}="{value.replace(_MARK, "…")}"')
			elif _MARK in value or "url(" in value.lower() or "expression(" in value.lower():
				self._refuse(name)

	handle_startendtag = handle_starttag

	def handle_decl(self, decl: str) -> None:
		self._refuse(f"<!{decl}>")

	def handle_pi(self, data: str) -> None:
		self._refuse(f"<?{data}>")

	def unknown_decl(self, data: str) -> None:
		self._refuse(f"<![{data}]>")

	def _refuse(self, what: str) -> None:
		raise UnsafeTextError(Fault(BAD_HTML, self.getpos()[0], what[:80]))


def _check_html(tree: nodes.Template, words: Vocabulary) -> None:
	parser = _Html(words)
	parser.feed("".join(_with_marks(tree.body)))
	if "<" in parser.rawdata:
		# A tag that is never closed would take in what comes after the text.
		parser._refuse(parser.rawdata)


def _with_marks(body: list[nodes.Node]) -> Iterator[str]:
	"""Return a text with a mark wherever something is put in, every branch once."""
	for node in body:
		if isinstance(node, nodes.Output):
			for part in node.nodes:
				if isinstance(part, nodes.TemplateData):
					yield part.data
				else:
					yield f"{_MARK}-{part.name}" if isinstance(part, nodes.Name) else _MARK
		elif isinstance(node, nodes.If):
			yield from _with_marks([*node.body, *node.elif_, *node.else_])
		elif isinstance(node, nodes.For):
			yield from _with_marks([*node.body, *node.else_])


# ------------------------------------------------------------------ rendered
def render(source: str, context: Mapping[str, object], words: Vocabulary, *, is_html: bool) -> str:
	"""Return a text with its placeholders filled in from the context alone, escaped where it is HTML.

	Raises `UnsafeTextError` for one that must not be rendered, however it got here.
	"""
	return _compiled(source, words, is_html).render(dict(context))


@lru_cache(maxsize=512)
def _compiled(source: str, words: Vocabulary, is_html: bool):
	if fault := first_fault(source, words, is_html=is_html):
		raise UnsafeTextError(fault)
	return _environment(is_html).from_string(source if is_html else _with_line_ends(source))


def _with_line_ends(source: str) -> str:
	"""Return a text whose lines stay lines: one that ends with a tag, and has more on it than tags, would be joined with the next."""
	return "\n".join(
		f"{line[:-2]}+%}}" if _ENDS_IN_TAG.search(line) and _TAG.sub("", line).strip() else line
		for line in source.split("\n")
	)


@lru_cache(maxsize=2)
def _environment(is_html: bool) -> ImmutableSandboxedEnvironment:
	environment = ImmutableSandboxedEnvironment(
		autoescape=is_html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, cache_size=0
	)
	environment.globals.clear()
	environment.filters = {name: environment.filters[name] for name in FILTERS}
	environment.tests = {name: environment.tests[name] for name in TESTS}
	return environment
