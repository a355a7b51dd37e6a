"""Danish, Norwegian and Swedish: every text of the app has one, with its placeholders, and a decision speaks it."""

import ast
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import frappe
from frappe import translate
from frappe.gettext.translate import get_catalog

import b2b_contracts
from b2b_contracts import standard_clauses, standard_law
from b2b_contracts.credit import wording
from b2b_contracts.engine import dunning_law, ratings, rules
from b2b_contracts.engine.rules import Finding
from b2b_contracts.setup.custom_fields import CUSTOM_FIELDS
from b2b_contracts.standard_terms import SECURITY_TYPES
from b2b_contracts.tests.compat import IntegrationTestCase

APP = "b2b_contracts"
ROOT = Path(b2b_contracts.__file__).parent
# Frappe 15 keeps Norwegian under "no", Frappe 16 under "nb"; they are one language here.
LANGUAGES = {"da": ("da",), "nb": ("nb", "no"), "no": ("nb", "no"), "sv": ("sv",)}
PLACEHOLDER = re.compile(r"\{\d*\}")
TAG = re.compile(r"<[^>]+>")
CALLED_IN_TEMPLATE = re.compile(r'\b_\("([^"]+)"')
# reports.choice("by", __("Group by"), ["Month", …])
CHOICE = re.compile(r'choice\(\s*"\w+",\s*__\("[^"]*"\),\s*\[([^\]]*)\]')
QUOTED = re.compile(r'"([^"]*)"')
# What the law of dunning is told in beside the rules of a jurisdiction, which are a field's options.
LAW_WORDS = (
	*(word for words in dunning_law.CHOICES.values() for word in words),
	*(dunning_law.DISPUTED, dunning_law.NOT_OVERDUE, dunning_law.ONCE_PER_CLAIM, dunning_law.BUSINESS_ONLY),
	*(dunning_law.NOTICE_FIRST, dunning_law.ACCEPTANCE, dunning_law.RATE),
)
# Marks that read the same in every language.
MARKS = {*ratings.BUREAU, *ratings.ISSUER} - {"Insolvent"}


def placeholders(text: str) -> Counter[str]:
	"""Return the placeholders of a text and how often it has each."""
	return Counter(PLACEHOLDER.findall(text))


def has_words(text: str) -> bool:
	"""Return whether a text has anything to translate in it."""
	return text not in MARKS and bool(re.search(r"[A-Za-z]{2}", PLACEHOLDER.sub("", text)))


def extracted() -> Iterator[str]:
	"""Return what Frappe's own extractor finds: code, DocTypes, reports. The navbar is Frappe's."""
	frappe.flags.pop("scanned_files", None)  # what it read before, it leaves out
	for source, text, *_rest in translate.get_messages_for_app(APP):
		if not (source or "").startswith("Navbar"):
			yield text


def called() -> Iterator[str]:
	"""Return what the Python code translates, also inside an f-string, where Frappe's extractor does not look."""
	for path in ROOT.rglob("*.py"):
		if "tests" in path.relative_to(ROOT).parts:
			continue
		for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
			if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
				if isinstance(node.args[0], ast.Constant):
					yield node.args[0].value


def shipped() -> Iterator[str]:
	"""Return the texts that Frappe's extractor leaves out: workspaces, cards, roles, our custom fields and the records whose
	names are shown translated."""
	for path in ROOT.rglob("*.json"):
		documents = json.loads(path.read_text())
		for document in documents if isinstance(documents, list) else [documents]:
			doctype = document.get("doctype")
			if doctype == "Role":
				yield document["role_name"]
			elif doctype == "Workspace":
				yield from texts_of_workspace(document)
			elif doctype == "Print Format":
				yield document["name"]
				yield from CALLED_IN_TEMPLATE.findall(document.get("html") or "")
			elif doctype in ("Number Card", "Dashboard Chart"):
				yield document.get("label") or document["name"]
	for kind in SECURITY_TYPES:
		yield from (kind["type_name"], kind["description"])
	yield from LAW_WORDS
	yield from standard_clauses.questions()
	for template in standard_clauses.TEMPLATES:
		yield from (template["template_name"], template["description"])
	for row in standard_law.JURISDICTIONS:
		yield from (row["jurisdiction_name"], row["reference_name"])
	for fields in CUSTOM_FIELDS.values():
		for field in fields:
			yield from (field.get("label"), field.get("description"))
			if field["fieldtype"] == "Select":
				yield from field["options"].split("\n")


def words_of_choices() -> Iterator[str]:
	"""Return the words that the filters of reports offer, which public/js/reports.js puts into the user's language."""
	for path in ROOT.rglob("*.js"):
		for words in CHOICE.findall(path.read_text(encoding="utf-8")):
			yield from QUOTED.findall(words)


def texts_of_workspace(document: dict) -> Iterator[str]:
	"""Return the labels of a workspace, and its headers without their tags."""
	yield document["label"]
	for table in ("links", "shortcuts", "number_cards", "charts", "quick_lists"):
		for row in document.get(table, []):
			yield from (row.get("label"), row.get("format"), row.get("description"))
	for block in json.loads(document["content"]):
		if block["type"] in ("header", "paragraph"):
			yield TAG.sub("", block["data"]["text"])


def rows_of(language: str) -> list[list[str]]:
	"""Return the rows source, translation, context of the app's file for a language."""
	with (ROOT / "translations" / f"{language}.csv").open(encoding="utf-8", newline="") as file:
		return list(csv.reader(file))


def texts_of_the_others(language: str) -> set[str]:
	"""Return what Frappe and ERPNext translate themselves.

	A Frappe that ships no table any more has its translations compiled; where nobody compiled them, its
	catalogue says which texts are its own.
	"""
	codes = LANGUAGES[language]
	texts = {
		text for code in codes for text in translate.get_translations_from_apps(code, ["frappe", "erpnext"])
	}
	tables = [Path(frappe.get_app_path("frappe", "translations", f"{code}.csv")) for code in codes]
	if not any(table.exists() for table in tables):
		texts.update(message.id for app in ("frappe", "erpnext") for message in get_catalog(app))
	return texts


class TestTranslations(IntegrationTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		found = (*extracted(), *called(), *shipped(), *words_of_choices())
		cls.texts = {text.strip() for text in found if text and text.strip()}

	def test_every_text_is_translated(self):
		self.assertGreater(len(self.texts), 500)
		for language in LANGUAGES:
			done = {source for source, _translation, context in rows_of(language) if not context}
			missing = {text for text in self.texts if has_words(text)} - done - texts_of_the_others(language)
			with self.subTest(language):
				self.assertEqual(sorted(missing), [])

	def test_no_text_is_left_over(self):
		for language in LANGUAGES:
			with self.subTest(language):
				self.assertEqual(sorted({row[0] for row in rows_of(language)} - self.texts), [])

	def test_every_row_says_one_thing_in_another_language(self):
		for language in LANGUAGES:
			rows = rows_of(language)
			keys = Counter((source, context) for source, _translation, context in rows)
			self.assertEqual([key for key, times in keys.items() if times > 1], [], language)
			for source, translation, _context in rows:
				with self.subTest(language, source=source):
					self.assertTrue(translation.strip())
					self.assertEqual(placeholders(translation), placeholders(source))
					if len(PLACEHOLDER.sub("", source).split()) > 3:
						self.assertNotEqual(translation, source)

	def test_both_codes_of_norwegian_say_the_same(self):
		self.assertEqual(rows_of("nb"), rows_of("no"))

	def test_a_reason_is_given_in_the_language_of_the_reader(self):
		finding = Finding(rules.MISSING_PO, None, None, "", action=rules.HOLD)
		said = {
			"en": "The customer requires a purchase order number; the order has none.",
			"da": "Kunden kræver et indkøbsordrenummer; ordren har intet.",
			"nb": "Kunden krever et bestillingsnummer; ordren har ikke noe.",
			"sv": "Kunden kräver ett inköpsordernummer; ordern saknar det.",
		}
		translate.clear_cache()
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		for language, sentence in said.items():
			frappe.local.lang = language
			self.assertEqual(wording.reason(finding, "DKK"), sentence)

	def test_a_reason_keeps_its_figures(self):
		finding = Finding(
			rules.LIMIT_USE,
			Decimal("127.5"),
			Decimal(95),
			rules.PERCENT,
			action=rules.HOLD,
			over=Decimal("0.325"),
		)
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "da"
		self.assertEqual(
			wording.reason(finding, "DKK"),
			"Med denne ordre er 127.5 % af kreditgrænsen brugt; 95.0 % er tilladt.",
		)
