"""The language in which reminders are written: a small part of Jinja, checked word by word and rendered in a sandbox.

A text may name what a notice knows, ask whether it is there, and go through the items. It cannot call, assign, compute or
import anything, whoever wrote it: what is not listed here is refused, when a template is saved and again when it is rendered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

# What a text may name: words, lists to go through with the fields of a row, and ready-made blocks.
VALUES = (
	"customer_name",
	"company",
	"notice",
	"today",
	"deadline",
	"amount_due",
	"left_out_amount",
	"fee",
	"interest",
	"compensation",
	"earlier_charges",
	"grand_total",
	"pay_link",
	"split_link",
	"contact_name",
	"contact_email",
	"contact_phone",
)
ROWS = {
	"items": ("invoice", "due_date", "days", "open", "amount", "left_out", "reference"),
	"payment_lines": ("label", "value"),
}
ITEMS, STATEMENTS, PAYMENT = "items", "statements", "payment"
BLOCKS = (ITEMS, STATEMENTS, PAYMENT)
NAMES = frozenset((*VALUES, *ROWS, *BLOCKS))
FILTERS = frozenset(("lower", "title", "trim", "upper"))
TESTS = frozenset(("defined",))

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
	source: str, *, is_html: bool, needs: tuple[str, ...] = (), blocks: tuple[str, ...] = BLOCKS
) -> Fault | None:
	"""Return the first thing that is wrong with a text, None when it may be used.

	`needs` are the blocks that it has to show whatever is known of the customer: not within a condition, not in a loop.
	`blocks` are those that it may show.
	"""
	try:
		tree = _environment(is_html).parse(source)
		_check_nodes(tree, {}, in_loop=False, depth=0)
		_check_blocks(tree, blocks)
		if is_html:
			_check_html(tree)
	except TemplateSyntaxError as error:
		return Fault(SYNTAX, error.lineno, error.message or "")
	except RecursionError:
		return Fault(SYNTAX, 1, "{% if %}")
	except UnsafeTextError as unsafe:
		return unsafe.fault
	missing = [name for name in needs if name not in set(_shown_always(tree))]
	return Fault(NEVER_SHOWN, 1, missing[0]) if missing else None


@lru_cache(maxsize=512)
def names_in(source: str, *, is_html: bool) -> frozenset[str]:
	"""Return the placeholders that a text uses."""
	if fault := first_fault(source, is_html=is_html):
		raise UnsafeTextError(fault)
	tree = _environment(is_html).parse(source)
	return frozenset(node.name for node in tree.find_all(nodes.Name) if node.name in NAMES)


def _shown_always(tree: nodes.Template) -> Iterator[str]:
	for node in tree.body:
		if isinstance(node, nodes.Output):
			yield from (part.name for part in node.nodes if isinstance(part, nodes.Name))


def _check_nodes(node: nodes.Node, loops: Mapping[str, tuple[str, ...]], in_loop: bool, depth: int) -> None:
	"""Refuse whatever is not on the list. `loops` are the names of rows that stand here, with their fields."""
	if depth > DEEPEST:
		_unsafe(node)
	if isinstance(node, nodes.Template | nodes.TemplateData):
		pass
	elif isinstance(node, nodes.Output):
		for part in node.nodes:
			_check_output(part, loops)
		return
	elif isinstance(node, nodes.If):
		_check_expression(node.test, loops)
		for child in (*node.body, *node.elif_, *node.else_):
			_check_nodes(child, loops, in_loop, depth + 1)
		return
	elif isinstance(node, nodes.For):
		_check_loop(node, loops, in_loop, depth)
		return
	else:
		_unsafe(node)
	for child in node.iter_child_nodes():
		_check_nodes(child, loops, in_loop, depth + 1)


def _check_loop(node: nodes.For, loops: Mapping[str, tuple[str, ...]], in_loop: bool, depth: int) -> None:
	if in_loop or node.recursive or node.test or not isinstance(node.target, nodes.Name):
		_unsafe(node)
	if not isinstance(node.iter, nodes.Name) or node.iter.name not in ROWS:
		_unsafe(node, "for")
	if node.target.name in NAMES:
		_unsafe(node, node.target.name)
	inside = {**loops, node.target.name: ROWS[node.iter.name]}
	for child in (*node.body, *node.else_):
		_check_nodes(child, inside, True, depth + 1)


def _check_output(node: nodes.Node, loops: Mapping[str, tuple[str, ...]]) -> None:
	"""What is printed: a value, a block, the field of a row, each perhaps through a filter; no text made up on the way."""
	if isinstance(node, nodes.TemplateData):
		return
	if (
		isinstance(node, nodes.Name)
		and node.name not in loops
		and node.name in ROWS
		and node.name not in BLOCKS
	):
		raise UnsafeTextError(Fault(NEEDS_LOOP, node.lineno, node.name))
	if isinstance(node, nodes.Name) and node.name in loops:
		raise UnsafeTextError(Fault(UNKNOWN_FIELD, node.lineno, node.name))
	if isinstance(node, nodes.Filter):
		if node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
			_unsafe(node, node.name)
		if not isinstance(node.node, nodes.Name | nodes.Getattr) or getattr(node.node, "name", "") in BLOCKS:
			_unsafe(node, node.name)
		_check_output(node.node, loops)
		return
	if not isinstance(node, nodes.Name | nodes.Getattr):
		_unsafe(node)
	_check_expression(node, loops)


def _check_expression(node: nodes.Node, loops: Mapping[str, tuple[str, ...]]) -> None:
	"""What a condition may ask: whether something is there, and how it compares with a word or a number."""
	if isinstance(node, nodes.Const):
		return
	if isinstance(node, nodes.Name):
		if node.name not in NAMES and node.name not in loops:
			raise UnsafeTextError(Fault(UNKNOWN_NAME, node.lineno, node.name))
		return
	if isinstance(node, nodes.Getattr):
		if not isinstance(node.node, nodes.Name) or node.node.name not in loops:
			# `customer.name` of a customer that there is not: say the name, not that it has no fields.
			if isinstance(node.node, nodes.Name):
				_check_expression(node.node, loops)
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
		_check_expression(child, loops)


def _check_blocks(tree: nodes.Template, allowed: tuple[str, ...]) -> None:
	for output in tree.find_all(nodes.Output):
		for part in output.nodes:
			if isinstance(part, nodes.Name) and part.name in BLOCKS and part.name not in allowed:
				raise UnsafeTextError(Fault(NOT_HERE, part.lineno, part.name))


def _unsafe(node: nodes.Node, subject: str = "") -> None:
	raise UnsafeTextError(Fault(NOT_ALLOWED, node.lineno, subject or type(node).__name__.lower()))


# ------------------------------------------------------------------ its HTML
class _Html(HTMLParser):
	"""Raises for the first tag or attribute that has no place in a letter. Lines count as in the text."""

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		if tag in FORBIDDEN_TAGS or _MARK in tag:
			self._refuse(f"<{tag.replace(_MARK, '{{ … }}')}>")
		for name, value in attrs:
			value = (value or "").strip()
			if _MARK in name or name.startswith("on") or name in FORBIDDEN_ATTRIBUTES:
				self._refuse(name.replace(_MARK, "{{ … }}"))
			if name in ("href", "src", "action"):
				# Only our own links may stand for a whole address; they are made here.
				if value not in (f"{_MARK}-pay_link", f"{_MARK}-split_link") and (
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


def _check_html(tree: nodes.Template) -> None:
	parser = _Html(convert_charrefs=False)
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
def render(source: str, context: Mapping[str, object], *, is_html: bool) -> str:
	"""Return a text with its placeholders filled in from the context alone, escaped where it is HTML.

	Raises `UnsafeTextError` for one that must not be rendered, however it got here.
	"""
	return _compiled(source, is_html).render(dict(context))


@lru_cache(maxsize=512)
def _compiled(source: str, is_html: bool):
	if fault := first_fault(source, is_html=is_html):
		raise UnsafeTextError(fault)
	return _environment(is_html).from_string(source)


@lru_cache(maxsize=2)
def _environment(is_html: bool) -> ImmutableSandboxedEnvironment:
	environment = ImmutableSandboxedEnvironment(
		autoescape=is_html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, cache_size=0
	)
	environment.globals.clear()
	environment.filters = {name: environment.filters[name] for name in FILTERS}
	environment.tests = {name: environment.tests[name] for name in TESTS}
	return environment
