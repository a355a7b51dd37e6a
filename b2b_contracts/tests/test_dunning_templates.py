"""What reminders say: texts that are checked when they are saved, cannot run anything, and leave nothing out."""

import frappe

from b2b_contracts import merged_texts
from b2b_contracts.collections import dunning_flows, dunning_templates, dunning_texts
from b2b_contracts.engine import dunning as engine
from b2b_contracts.exceptions import DunningError
from b2b_contracts.setup import defaults
from b2b_contracts.standard_dunning import FLOWS, LEGAL_NOTICE, LOW_SMS, PUBLIC_SECTOR, REMINDER_2, TEMPLATES
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import SiteTestCase

LANGUAGES = ("en", "da", "nb", "sv")
HOSTILE = (
	"{{ ''.__class__.__mro__[1].__subclasses__() }}",
	"{{ customer_name.__class__ }}",
	"{{ items.append(1) }}",
	"{{ frappe.db.sql('select 1') }}",
	"{{ cycler.__init__.__globals__.os.popen('id').read() }}",
	"{{ self.__init__ }}",
	"{{ lipsum() }}",
	"{{ 'a' * 1000000000 }}",
	"{{ 10 ** 10 ** 10 }}",
	"{{ 'made' ~ 'up' }}",
	"{% for a in range(999999999) %}{% endfor %}",
	"{% for a in items %}{% for b in items %}{{ b.invoice }}{% endfor %}{% endfor %}",
	"{% set company = 'mine' %}",
	"{% macro m() %}{% endmacro %}",
	"{% include 'b2b_contracts/hooks.py' %}",
	"{% import 'os' as os %}",
	"{% extends 'base.html' %}",
	"{{ customer_name | attr('__class__') }}",
	"{{ customer_name | safe }}",
	"{{ company | map('upper') | list }}",
	"{% if customer_name.startswith('A') %}{% endif %}",
	"{% for row in items if row.invoice.x() %}{% endfor %}",
	"{% for row in items recursive %}{% endfor %}",
	"{% for items in items %}{% endfor %}",
)
HOSTILE_HTML = (
	"<script>alert(1)</script>",
	"<p onclick='x()'>a</p>",
	"<img src=x onerror=alert(1)>",
	"<a href='javascript:alert(1)'>a</a>",
	"<a href=' JaVaScRiPt:alert(1)'>a</a>",
	"<a href='{{ company }}'>a</a>",
	"<img src='file:///etc/passwd'>",
	"<iframe src='https://example.com'></iframe>",
	"<form action='https://example.com'></form>",
	"<style>p { background: url(https://example.com) }</style>",
	"<p style='background:url(https://example.com/x.gif)'>a</p>",
	"<p {{ company }}>a</p>",
	"<{{ company }}>",
	"<p title='{{ company }}'>a</p>",
	"<meta http-equiv=refresh>",
	"<!DOCTYPE html>",
	"<img srcset='https://example.com/a.png 2x'>",
	"<p>never closed <img src=x",
)


class TemplateTestCase(SiteTestCase):
	def template(self, message="{{ items }}{{ statements }}", texts=None, **fields):
		texts = texts or [{"language": "en", "subject": "Reminder", "message": message}]
		return frappe.get_doc(
			{
				"doctype": "Dunning Template",
				"template_name": frappe.generate_hash(length=10),
				"texts": texts,
				**fields,
			}
		)

	def refused(self, template, *words):
		with self.assertRaises(DunningError) as caught:
			template.insert()
		for word in (template.template_name, *words):
			self.assertIn(word, str(caught.exception))
		frappe.clear_messages()

	def context(self, **values) -> dict:
		return {**dunning_templates._sample(), **values}


class TestChecks(TemplateTestCase):
	def test_the_items_and_what_is_announced_stand_in_every_text(self):
		self.refused(self.template("{{ statements }}"), "{{ items }}", "Message", "English")
		self.refused(self.template("{{ items }}"), "{{ statements }}")
		self.refused(self.template("{% if fee %}{{ items }}{% endif %}{{ statements }}"), "{{ items }}")
		good = {"subject": "S", "message": "{{ items }}{{ statements }}"}
		bad = {"language": "da", "subject": "S", "message": "{{ items }}"}
		self.refused(self.template(texts=[{"language": "en", **good}, bad]), "Dansk", "{{ statements }}")

	def test_what_it_announces_it_says_in_every_language(self):
		text = {"subject": "S", "message": "{{ items }}{{ statements }}"}
		said = {"delivery_stop_statement": "Pay by {{ deadline }}, or we stop."}
		texts = [{"language": "en", **text, **said}, {"language": "sv", **text}]
		self.refused(
			self.template(texts=texts, announces_delivery_stop=1), "Svenska", "Announces a delivery stop"
		)
		texts[1] |= said
		self.template(texts=texts, announces_delivery_stop=1).insert()

	def test_an_sms_that_announces_says_so(self):
		text = {"language": "en", "subject": "S", "message": "{{ items }}{{ statements }}", "sms": "Pay now."}
		said = {"collection_statement": "Pay, or it goes to collection."}
		self.refused(self.template(texts=[text | said], announces_collection=1), "SMS", "{{ statements }}")
		self.template(texts=[text]).insert()
		self.refused(self.template(texts=[text | {"sms": "{{ items }}"}]), "SMS", "{{ items }}")

	def test_a_language_is_there_once_and_one_at_least(self):
		text = {"language": "en", "subject": "S", "message": "{{ items }}{{ statements }}"}
		self.refused(self.template(texts=[text, text]), "English")
		with self.assertRaises(frappe.ValidationError):
			self.template(texts=[{}]).insert()

	def test_what_there_is_not_is_named_with_its_line(self):
		self.refused(
			self.template("<p>Hello</p>\n{{ items }}\n{{ custmer_name }}{{ statements }}"),
			"line 3",
			"custmer_name",
			"customer_name",
		)
		self.refused(self.template("{{ items }}{{ statements }}\n{% if fee %}"), "line 2", "Message")
		loop = "{% for row in items %}{{ row.price }}{% endfor %}"
		self.refused(self.template("{{ items }}{{ statements }}" + loop), "row.price", "due_date")
		self.refused(
			self.template("{{ items }}{{ statements }}{{ payment_lines }}"), "payment_lines", "for row in"
		)
		subject = {"language": "en", "subject": "{{ items }}", "message": "{{ items }}{{ statements }}"}
		self.refused(self.template(texts=[subject]), "Subject", "{{ items }}")

	def test_hostile_texts_are_refused(self):
		for hostile in HOSTILE:
			with self.subTest(hostile):
				self.refused(self.template("{{ items }}{{ statements }}" + hostile), "line 1")
				subject = {"language": "en", "subject": hostile, "message": "{{ items }}{{ statements }}"}
				self.refused(self.template(texts=[subject]), "Subject")

	def test_hostile_html_is_refused(self):
		for hostile in HOSTILE_HTML:
			with self.subTest(hostile):
				self.refused(self.template("{{ items }}\n{{ statements }}" + hostile), "line 2")

	def test_conditions_end_somewhere(self):
		for depth in (20, 3_000):
			deep = "{% if fee %}" * depth + "{% endif %}" * depth
			self.refused(self.template("{{ items }}{{ statements }}" + deep), "line 1")
			with self.assertRaises(merged_texts.UnsafeTextError):
				dunning_texts.names_in(deep, is_html=True)

	def test_what_got_past_the_check_does_not_run_either(self):
		template = self.template().insert()
		for hostile in (*HOSTILE, *HOSTILE_HTML):
			frappe.db.set_value("Dunning Template Text", {"parent": template.name}, "message", hostile)
			frappe.clear_document_cache("Dunning Template", template.name)
			with self.subTest(hostile), self.assertRaises(merged_texts.UnsafeTextError):
				dunning_templates.render(template.name, "en", self.context())

	def test_every_placeholder_can_be_used(self):
		names = "".join(f"{{{{ {name} | upper }}}}" for name in dunning_texts.VALUES)
		loops = "".join(
			f"{{% for r in {rows} %}}{{{{ r.{field} }}}}{{% endfor %}}"
			for rows, fields in dunning_texts.ROWS.items()
			for field in fields
		)
		more = "{{ payment }}{% if not fee and items %}{% elif days is defined %}{% endif %}".replace(
			"days", "fee"
		)
		link = '<a href="{{ pay_link }}">{{ pay_link }}</a>'
		template = self.template("{{ items }}{{ statements }}" + names + loops + more + link).insert()
		message = dunning_templates.render(template.name, "en", self.context()).message
		self.assertIn("SAMPLE CUSTOMER", message)
		self.assertIn('<a href="https://example.com/pay-invoices?key=sample">', message)

	def test_a_template_still_announces_what_a_flow_relies_on(self):
		template = frappe.get_doc("Dunning Template", REMINDER_2)
		template.announces_delivery_stop = 0
		with self.assertRaises(DunningError) as caught:
			template.save()
		self.assertIn("Standard ladder", str(caught.exception))

	def test_a_step_by_sms_has_words_for_it(self):
		flow = frappe.get_doc("Dunning Flow", "Low risk and high volume")
		flow.steps[-1].template = self.template().insert().name
		with self.assertRaises(DunningError) as caught:
			flow.save()
		self.assertIn("SMS", str(caught.exception))


class TestRendering(TemplateTestCase):
	def test_the_language_nearest_to_the_customers(self):
		def text(language):
			return {"language": language, "subject": language, "message": "{{ items }}{{ statements }}"}

		template = self.template(texts=[text("sv"), text("no"), text("en"), text("da")]).insert()
		for asked, given in (
			("da", "da"),
			("da-DK", "da"),
			("nb", "no"),
			("nn", "no"),
			("sv", "sv"),
			("de", frappe.db.get_default("lang") or "en"),
			(None, frappe.db.get_default("lang") or "en"),
		):
			with self.subTest(asked):
				rendered = dunning_templates.render(template.name, asked, self.context())
				self.assertEqual((rendered.language, rendered.subject), (given, given))
		only = self.template(texts=[text("fi")]).insert()
		self.assertEqual(dunning_templates.render(only.name, "da", self.context()).language, "fi")

	def test_values_are_escaped(self):
		template = self.template("<p>{{ customer_name }}</p>{{ items }}{{ statements }}").insert()
		evil = "<script>alert('x')</script> & {{ company }}"
		context = self.context(customer_name=evil)
		context["items"][0]["invoice"] = evil
		context["payment_lines"] = [{"label": evil, "value": evil}]
		message = dunning_templates.render(template.name, "en", context, [engine.INTEREST]).message
		self.assertNotIn("<script", message)
		self.assertEqual(message.count("&lt;script&gt;"), 4)
		self.assertIn("{{ company }}", message)

	def test_a_subject_is_one_line_of_plain_text(self):
		text = {
			"language": "en",
			"subject": "To {{ customer_name }}",
			"message": "{{ items }}{{ statements }}",
		}
		template = self.template(texts=[text]).insert()
		rendered = dunning_templates.render(
			template.name, "en", self.context(customer_name="A & B\nBcc: x@example.com")
		)
		self.assertEqual(rendered.subject, "To A & B Bcc: x@example.com")

	def test_the_items_with_each_charge_and_the_total(self):
		message = self.rendered().message
		for words in (
			"SINV-",
			"Reminder fee",
			"Late-payment interest",
			"Compensation",
			"17,993.42",
			"Please pay by",
		):
			self.assertIn(words, message)
		plain = self.rendered(fee="", interest="", compensation="").message
		for words in ("Reminder fee", "Late-payment interest", "Compensation"):
			self.assertNotIn(words, plain)

	def test_how_to_pay_stands_in_every_message_once(self):
		context = self.context(payment_lines=[{"label": "Konto", "value": "1234-567890"}])
		for message in ("{{ items }}{{ statements }}", "{{ items }}{{ statements }}{{ payment }}"):
			template = self.template(message).insert()
			html = dunning_templates.render(template.name, "en", context).message
			self.assertEqual(html.count("1234-567890"), 1, message)

	def test_only_what_the_notice_announces_is_said(self):
		said = dunning_templates.render(
			REMINDER_2, "en", self.context(), [engine.DELIVERY_STOP, engine.INTEREST]
		).message
		self.assertIn("stop deliveries", said)
		self.assertIn("late-payment interest", said)
		self.assertNotIn(
			"stop deliveries", dunning_templates.render(REMINDER_2, "en", self.context()).message
		)

	def test_what_another_items_step_announces_is_said_too(self):
		message = dunning_templates.render(LEGAL_NOTICE, "da", self.context(), [engine.DELIVERY_STOP]).message
		self.assertIn("standse leveringer", message)

	def test_desk_formatting_survives_being_kept_on_the_notice(self):
		message = self.rendered().message
		kept = frappe.utils.sanitize_html(message, linkify=False)
		for words in ("text-align:right", "border-collapse", "<b>", 'class="b2b-items'):
			self.assertIn(words, message)
			self.assertIn(words.replace(":", ""), kept.replace(": ", "").replace(":", ""))

	def rendered(self, **values):
		template = self.template().insert()
		return dunning_templates.render(template.name, "en", self.context(**values))


class TestSeeds(TemplateTestCase):
	def test_each_is_there_in_four_languages(self):
		for template in TEMPLATES:
			doc = frappe.get_doc("Dunning Template", template["template_name"])
			self.assertEqual(tuple(row.language for row in doc.texts), LANGUAGES, doc.name)
			for language in LANGUAGES:
				announced = [
					what
					for what, (field, _text) in dunning_templates.STATEMENT_FIELDS.items()
					if doc.get(field)
				]
				rendered = dunning_templates.render(doc.name, language, self.context(), announced)
				self.assertEqual(rendered.language, language)
				self.assertEqual(rendered.message.count("<p><b>"), len(announced), doc.name)
				self.assertIn("17,993.42", rendered.subject)
				self.assertEqual(bool(rendered.sms), doc.name == LOW_SMS)
		sms = dunning_templates.render(LOW_SMS, "sv", self.context()).sms
		self.assertIn("https://example.com/pay-invoices?key=sample", sms)
		self.assertNotIn("<", sms)

	def test_the_public_sector_reads_of_no_stop(self):
		for language, stop in (("en", "stop"), ("da", "stands"), ("nb", "stans"), ("sv", "stopp")):
			for template in TEMPLATES:
				text = dunning_templates.render(
					template["template_name"], language, self.context(compensation="")
				)
				self.assertNotIn(stop, text.message.lower(), template["template_name"])
		doc = frappe.get_doc("Dunning Template", PUBLIC_SECTOR)
		fields = [field for field, _text in dunning_templates.STATEMENT_FIELDS.values()]
		self.assertFalse(any(doc.get(field) for field in fields))

	def test_flows_are_the_four(self):
		days = {
			flow["flow_name"]: [
				(row.step_code, row.day, row.channel)
				for row in frappe.get_doc("Dunning Flow", flow["flow_name"]).steps
			]
			for flow in FLOWS
		}
		self.assertEqual(
			days,
			{
				"Low risk and high volume": [
					("D-3", -3, "Account Manager"),
					("D1", 1, "Account Manager"),
					("D3", 3, "E-mail"),
					("D7", 7, "SMS"),
				],
				"Medium risk": [("D3", 3, "E-mail"), ("D10", 10, "Phone Call"), ("D20", 20, "Letter")],
				"High risk and strategic": [
					("D-5", -5, "Account Manager"),
					("D1", 1, "E-mail"),
					("D15", 15, "E-mail"),
				],
				"Standard ladder": [
					("D0", 0, "E-mail"),
					("D7", 7, "E-mail"),
					("D14", 14, "Phone Call"),
					("D21", 21, "E-mail"),
					("D30", 30, "Registered Letter"),
					("D45", 45, "Legal Notice"),
					("D60", 60, "Collection Agency"),
				],
			},
		)

	def test_whose_they_are(self):
		book = dunning_flows.FlowBook("B2B Test A/S", frappe.utils.getdate("2026-03-02"))
		for segment, risk_class, flow in (
			("A", "A", "Low risk and high volume"),
			("B", "B", "Medium risk"),
			("C", "A", "Standard ladder"),
			("D", "A", "High risk and strategic"),
			("C", "C", "High risk and strategic"),
			("", "", "Standard ladder"),
		):
			self.assertEqual(
				book.of("nobody", None, segment, risk_class).flow.name, flow, (segment, risk_class)
			)

	def test_quiet_over_christmas_every_year(self):
		for day, quiet in (("2027-12-24", True), ("2028-01-01", True), ("2027-12-23", False)):
			book = dunning_flows.FlowBook("B2B Test A/S", frappe.utils.getdate(day))
			self.assertEqual(
				book.of("nobody", None, "B", "").quiet_reason == "Christmas and New Year", quiet, day
			)

	def test_made_once_and_never_written_over(self):
		frappe.db.set_value("Dunning Flow", "Medium risk", "description", "Ours")
		frappe.delete_doc("Dunning Flow", "High risk and strategic", force=True)
		before = frappe.db.count("Dunning Template")
		defaults.create_dunning()
		self.assertEqual(frappe.db.get_value("Dunning Flow", "Medium risk", "description"), "Ours")
		self.assertFalse(frappe.db.exists("Dunning Flow", "High risk and strategic"))
		self.assertEqual(frappe.db.count("Dunning Template"), before)

	def test_a_credit_manager_edits_them_and_a_collector_does_not(self):
		with as_user("credit_manager"):
			doc = frappe.get_doc("Dunning Template", PUBLIC_SECTOR)
			doc.texts[0].subject = "Please"
			doc.save()
		with as_user("collector"), self.assertRaises(frappe.PermissionError):
			frappe.get_doc("Dunning Template", PUBLIC_SECTOR).save()
