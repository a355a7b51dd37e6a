"""The first sheet of a pack, with its traffic lights, and the last one, which says where every figure comes from."""

from collections.abc import Sequence

from frappe import _

from b2b_contracts.backtest.workbook import cells
from b2b_contracts.engine import packs as engine

from .pack_layout import LIGHT, Book, Column
from .pack_parts import Asked, Part


class Cover(Part):
	"""What there is to see at a glance."""

	sheet = engine.COVER

	def __init__(self, asked: Asked, parts: Sequence[Part], taken_from: str):
		super().__init__(asked)
		self.parts, self.taken_from = parts, taken_from

	@property
	def title(self) -> str:
		return _("Overview")

	def write(self, book: Book) -> None:
		asked = self.asked
		page = book.page(_("Credit and collections"), f"{asked.company}, {asked.label}", (54, 20, 14, 74))
		page.sheet.page_setup.fitToHeight = 1
		for label, value in self._facts():
			page.add([label, value])
		page.skip()
		columns = [
			Column(_("Figure")),
			Column(_("Value"), cells.MONEY),
			Column(_("Light"), LIGHT),
			Column(_("Remark")),
		]
		page.head(columns)
		for part in self.parts:
			lines = list(part.cover())
			if lines:
				page.band(part.title)
			for line in lines:
				page.line(columns, (line.label, page.of(line.value, line.kind), line.light, line.remark))
		page.skip()
		page.sentence(
			_("Amounts in {0}. Red, yellow and green are as set for each figure; grey is not known.").format(
				asked.currency
			),
			cells.NOTE,
		)

	def _facts(self):
		asked = self.asked
		yield _("Readers"), _(asked.audience, context="Monthly Pack")
		yield _("Period"), f"{asked.period.first:%Y-%m-%d} – {asked.period.last:%Y-%m-%d}"
		yield _("Pack"), f"{asked.name}, {_('version {0}').format(asked.version)}"
		if asked.reason:
			yield _("Why anew"), asked.reason
		yield _("Pack made on"), f"{asked.made_on:%Y-%m-%d %H:%M}"
		yield _("Figures from"), self.taken_from


class Sources(Part):
	"""Where every figure of the pack comes from."""

	sheet = engine.SOURCES

	def __init__(self, asked: Asked, parts: Sequence[Part], taken_from: str):
		super().__init__(asked)
		self.parts, self.taken_from = parts, taken_from

	@property
	def title(self) -> str:
		return _("Sources")

	def write(self, book: Book) -> None:
		page = book.page(self.title, _("What each figure is made of, and where to look it up."), (38, 84, 44))
		page.table(
			"",
			[Column(_("Figure")), Column(_("How it is reckoned")), Column(_("From"))],
			(source for part in self.parts for source in part.sources()),
		)
		page.band(_("About this workbook"))
		for sentence in self._about():
			page.sentence(f"• {sentence}")

	def _about(self):
		yield _("Figures from: {0}.").format(self.taken_from)
		yield _(
			"The workbook never changes once it is made: its SHA-256 stands on the pack ({0}). What is made anew is a version of its own, with the reason why."
		).format(self.asked.name)
		yield _(
			"What waits for a decision, expected cash, collection cases and contracts are as they were when the pack was made; everything else is of the period."
		)
		yield _("All figures are of the whole company, whoever asked for the pack.")
