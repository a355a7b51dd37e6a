"""The text of contracts: clauses, templates in versions, guided creation, deviations and who has to agree to them."""

import json

import frappe
from frappe.desk.search import search_link
from frappe.utils import nowdate

from b2b_contracts import contract_texts_api as texts
from b2b_contracts import contracts_api as api
from b2b_contracts.contracts import clauses, facts, merging
from b2b_contracts.exceptions import ContractError, EvidenceError, NotYourMandateError
from b2b_contracts.patches.v0_1 import contract_texts
from b2b_contracts.setup import defaults
from b2b_contracts.standard_clauses import CLAUSES, TEMPLATES
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of
from b2b_contracts.tests.test_contracts import FRAME, ContractTestCase

TEMPLATE = "B2B Contract Template"


def wording(text, language="en", number=0, role="", heading="Heading"):
	return {
		"kind": "Fallback" if number else "Standard",
		"fallback_number": number,
		"language": language,
		"heading": heading,
		"text": text,
		"approval_role": role,
	}


class TextTestCase(ContractTestCase):
	def clause(self, *wordings, name=None, user="contract_manager", **fields):
		with as_user(user):
			return frappe.get_doc(
				{
					"doctype": "Contract Clause",
					"clause_name": name or f"Clause {frappe.generate_hash(length=8)}",
					"category": "Other",
					"rank": "Must",
					"wordings": list(wordings) or [wording("Standard.")],
					**fields,
				}
			).insert()

	def draft_template(self, *used, name=None, **fields):
		with as_user("contract_manager"):
			return frappe.get_doc(
				{
					"doctype": TEMPLATE,
					"template_name": name or f"Template {frappe.generate_hash(length=8)}",
					"contract_type": "Frame Agreement",
					"clauses": [{"clause": clause.name} for clause in used],
					**fields,
				}
			).insert()

	def template(self, *used, **fields):
		doc = self.draft_template(*used, **fields)
		with as_user("finance_director"):
			texts.approve_template(doc.name)
		return doc.reload()

	def row(self, contract, clause):
		return next(row for row in contract.clauses if row.clause == clause.name)

	def change(self, contract, clause, user="seller1", **values):
		with as_user(user):
			contract.reload()
			self.row(contract, clause).update(values)
			contract.save()
		return self.row(contract, clause)

	def paragraphs(self, contract, clause, language=None):
		text = clauses.text_of(contract, language)
		return next(part.paragraphs for part in text.sections if part.clause == clause.name)


class TestLibrary(TextTestCase):
	def test_what_a_clause_lacks_is_said(self):
		for wordings, words in (
			([wording("Given in.", number=1)], "standard wording"),
			([wording("One."), wording("Two.")], "twice"),
			([wording("One."), wording("Two.", number=2)], "without a gap"),
			([wording("One."), {**wording("Two."), "kind": "Fallback"}], "number the fallbacks"),
		):
			with self.subTest(words), self.assertRaisesRegex(ContractError, words):
				self.clause(*wordings)

	def test_a_wording_that_does_more_than_name_things_is_refused(self):
		for hostile in (
			"{{ ''.__class__ }}",
			"{{ ''.__class__.__mro__[1].__subclasses__() }}",
			"{{ frappe.db.sql('select 1') }}",
			"{{ customer_name.__class__ }}",
			"{{ self }}",
			"{{ self.__init__ }}",
			"{{ customer_name | attr('__class__') }}",
			"{{ customer_name()  }}",
			"{{ company ~ customer_name }}",
			"{{ 'a' * 999999999 }}",
			"{% set x = 1 %}",
			"{% import 'os' as os %}",
			"{% include 'b2b_contracts/hooks.py' %}",
			"{% macro x() %}{% endmacro %}",
			"{% for x in range(99999999) %}{% endfor %}",
			"{% for a in prices %}{% for b in prices %}x{% endfor %}{% endfor %}",
			"{% for row in prices %}{{ row.__class__ }}{% endfor %}",
			"{% for row in prices %}{{ loop.index }}{% endfor %}",
			"{{ cycler.__init__.__globals__ }}",
			"{{ __builtins__ }}",
			"{{ _x }}",
			"{{ customer_name",
			"{% if customer_name %}",
			"{% raw %}{{ x }}",
		):
			with self.subTest(hostile):
				with self.assertRaisesRegex(ContractError, "line 1"):
					self.clause(wording(hostile))
				with self.assertRaisesRegex(ContractError, "line 1"):
					self.clause(wording("Plain.", heading=hostile))

	def test_a_hostile_wording_that_got_into_the_database_is_not_rendered(self):
		clause = self.clause()
		contract = self.contract(template=self.template(clause).name)
		row = contract.clauses[0]
		frappe.db.set_value("Contract Clause Use", row.name, "wording", "{{ ''.__class__ }}")
		with self.assertRaisesRegex(ContractError, "more than a text may do"):
			clauses.text_of(contract.reload())

	def test_what_people_enter_is_shown_and_never_run(self):
		clause = self.clause(wording("{{ customer_name }} and {{ title }}, {{ venue }}, {{ own_word }}."))
		template = self.template(
			clause, questions=[{"question": "Word?", "variable": "own_word", "kind": "Text"}]
		)
		hostile = "{{ ''.__class__ }}{% for x in prices %}"
		contract = self.contract(
			template=template.name,
			title=hostile,
			venue="A & B < C",
			answers=[{"question": "Word?", "variable": "own_word", "kind": "Text", "answer": "{{ 7 * 7 }}"}],
		)
		(line,) = self.paragraphs(contract, clause)
		self.assertEqual(line, f"{contract.customer_name} and {hostile}, A & B < C, {{{{ 7 * 7 }}}}.")

	def test_hostile_names_of_variables_are_refused_and_never_reach_a_text(self):
		clause = self.clause()
		for name in ("__class__", "self", "loop", "a b", "x.y", "customer_name", "prices", "X", "if", "a__b"):
			with self.subTest(name), self.assertRaisesRegex(ContractError, "word of its own"):
				self.draft_template(clause, questions=[{"question": "?", "variable": name, "kind": "Text"}])
		contract = self.contract(template=self.template(clause).name)
		contract.append("answers", {"variable": "company", "kind": "Text", "answer": "Somebody else"})
		self.assertEqual(merging.values_of(contract)["company"], COMPANY)

	def test_sellers_read_clauses_and_do_not_write_them(self):
		clause = self.clause()
		with as_user("seller1"):
			doc = frappe.get_doc("Contract Clause", clause.name)
			doc.check_permission("read")
			doc.rank = "Can"
			self.assertRaises(frappe.PermissionError, doc.save)
			self.assertRaises(frappe.PermissionError, self.clause, user="seller1")


class TestTemplates(TextTestCase):
	def test_a_version_is_written_approved_by_somebody_else_and_frozen(self):
		clause = self.clause()
		draft = self.draft_template(clause, status="Approved", version_number=7, approved_by=email_of("cfo"))
		self.assertEqual((draft.status, draft.version_number, draft.approved_by), ("Draft", 1, None))
		self.refused(NotYourMandateError, "somebody else", texts.approve_template, draft.name)
		with as_user("finance_director"):
			self.assertEqual(texts.approve_template(draft.name)["status"], "Approved")
		draft.reload()
		self.assertEqual((draft.languages, draft.approved_by), ("en", email_of("finance_director")))
		with as_user("contract_manager"):
			draft.description = "Changed"
			self.assertRaisesRegex(ContractError, "new version", draft.save)
			draft.reload()
			draft.clauses[0].is_optional = 1
			self.assertRaisesRegex(ContractError, "new version", draft.save)
			draft.reload()
			self.assertRaises((EvidenceError, frappe.PermissionError), draft.delete)
		with as_user("finance_director"), self.assertRaises(frappe.PermissionError):
			frappe.client.set_value(TEMPLATE, draft.name, "status", "Draft")

	def test_the_next_version_retires_the_one_before(self):
		first = self.template(self.clause())
		with as_user("contract_manager"):
			second = texts.new_template_version(first.name)
			self.assertEqual(second["name"], f"{first.template_name} v2")
			self.refused(ContractError, "draft already", texts.new_template_version, first.name)
		draft = frappe.get_doc(TEMPLATE, second["name"])
		self.assertEqual((draft.status, draft.approved_by, draft.approved_on), ("Draft", None, None))
		self.assertFalse(draft.clauses[0].frozen or draft.languages)
		with as_user("cfo"):
			texts.approve_template(second["name"])
		self.assertEqual(first.reload().status, "Retired")
		self.assertTrue(first.retired_on)
		doc = frappe.get_doc(TEMPLATE, second["name"])
		self.assertEqual((doc.status, doc.previous_version), ("Approved", first.name))

	def test_sellers_do_not_make_approve_or_retire_templates(self):
		template = self.template(self.clause())
		draft = self.draft_template(self.clause())
		for user in ("seller1", "sales_manager"):
			with as_user(user):
				for method in (texts.new_template_version, texts.retire_template):
					self.assertRaises(frappe.PermissionError, method, template.name)
				self.assertRaises(frappe.PermissionError, texts.approve_template, draft.name)

	def test_sellers_see_the_newest_approved_version_alone(self):
		first = self.template(self.clause())
		with as_user("contract_manager"):
			second = texts.new_template_version(first.name)["name"]
		readers = (make.make_user("Account Manager"), make.make_user("Sales User"), "sales_manager")
		for user in readers:
			self.see(user, shown=first.name, hidden=second)
		with as_user("finance_director"):
			texts.approve_template(second)
		for user in readers:
			self.see(user, shown=second, hidden=first.name)
		for user in ("contract_manager", "auditor", "cfo"):
			with as_user(user):
				names = frappe.get_list(TEMPLATE, {"template_name": first.template_name}, pluck="name")
				self.assertCountEqual(names, [first.name, second])

	def see(self, user, shown, hidden):
		with self.subTest(user), as_user(user):
			name = shown.rsplit(" v", 1)[0]
			self.assertEqual(frappe.get_list(TEMPLATE, {"template_name": name}, pluck="name"), [shown])
			self.assertEqual(frappe.client.get_list(TEMPLATE, filters={"template_name": name})[0].name, shown)
			found = search_link(TEMPLATE, name)
			found = found if isinstance(found, list) else frappe.response["results"]
			self.assertEqual([row["value"] for row in found], [shown])
			self.assertEqual(frappe.client.get(TEMPLATE, shown)["name"], shown)
			self.assertRaises(frappe.PermissionError, frappe.client.get, TEMPLATE, hidden)
			self.assertRaises(frappe.PermissionError, frappe.get_doc(TEMPLATE, hidden).check_permission)
			rows = frappe.get_list(
				"Contract Template Clause", {"parent": hidden}, pluck="name", parent_doctype=TEMPLATE
			)
			self.assertEqual(rows, [])
			self.assertRaises(frappe.PermissionError, texts.template_steps, hidden)
			if frappe.has_permission("B2B Contract", "create"):
				offered = [row["name"] for row in texts.offered_templates("Frame Agreement")]
				self.assertIn(shown, offered)
				self.assertNotIn(hidden, offered)
				self.assertRaises(frappe.PermissionError, texts.start_contract, hidden)

	def test_templates_of_a_type_that_is_kept_to_a_role_are_too(self):
		template = self.template(self.clause())
		frappe.db.set_value("Contract Type", "Frame Agreement", "visible_to_role", "Compliance Officer")
		frappe.clear_document_cache("Contract Type", "Frame Agreement")
		with as_user("seller1"):
			self.assertEqual(frappe.get_list(TEMPLATE, {"name": template.name}), [])
			self.assertRaises(frappe.PermissionError, frappe.client.get, TEMPLATE, template.name)

	def test_nobody_makes_a_contract_from_another_version(self):
		first = self.template(self.clause())
		with as_user("contract_manager"):
			second = texts.new_template_version(first.name)["name"]
		with self.assertRaisesRegex(ContractError, first.name):
			self.contract(user="contract_manager", template=second)
		with as_user("finance_director"):
			texts.approve_template(second)
		with self.assertRaisesRegex(ContractError, second):
			self.contract(template=first.name)
		contract = self.contract(template=second)
		with as_user("finance_director"):
			texts.retire_template(second)
		contract.save()
		with self.assertRaisesRegex(ContractError, "no version of it is approved"):
			self.contract(template=second)
		with self.assertRaisesRegex(ContractError, "Another one|another one|for contracts of type"):
			self.contract(contract_type="Service Agreement", template=self.template(self.clause()).name)

	def test_what_changes_in_the_library_reaches_contracts_with_the_next_version_only(self):
		clause = self.clause(wording("As approved."))
		template = self.template(clause)
		old = self.contract(template=template.name)
		with as_user("contract_manager"):
			clause.wordings[0].text = "Not approved yet."
			clause.rank = "Can"
			clause.save()
		for contract in (old.reload(), self.contract(template=template.name)):
			contract.save()
			self.assertEqual(self.paragraphs(contract, clause), ("As approved.",))
			self.assertEqual(contract.clauses[0].rank, "Must")
		with as_user("contract_manager"):
			second = texts.new_template_version(template.name)["name"]
		with as_user("finance_director"):
			texts.approve_template(second)
		self.assertEqual(self.paragraphs(self.contract(template=second), clause), ("Not approved yet.",))
		old.reload().save()
		self.assertEqual(self.paragraphs(old, clause), ("As approved.",))

	def test_an_amendment_keeps_the_wordings_of_what_it_amends(self):
		clause, extra = self.clause(wording("As approved.")), self.clause(wording("As it was."))
		template = self.template(clause)
		parent = self.contract(
			template=template.name, clauses=[{"clause": clause.name}, {"clause": extra.name}]
		)
		with as_user("seller1"):
			api.take_step(parent.name, "send_for_review")
		self.tick(parent)
		with as_user("contract_manager"):
			api.take_step(parent.name, "approve")
			api.take_step(parent.name, "send_for_signature")
		self.sign(parent)
		with as_user("contract_manager"):
			extra.wordings[0].text = "Changed since."
			extra.save()
			second = texts.new_template_version(template.name)["name"]
		with as_user("finance_director"):
			texts.approve_template(second)
		amendment = self.contract(parent_contract=parent.name, effective_from=nowdate())
		self.assertEqual(amendment.template, template.name)
		self.assertEqual(self.paragraphs(amendment, clause), ("As approved.",))
		self.assertEqual(self.paragraphs(amendment, extra), ("As it was.",))
		amendment.save()
		self.assertEqual(self.paragraphs(amendment.reload(), extra), ("As it was.",))

	def test_what_no_contract_could_be_made_from_is_not_approved(self):
		asks = self.clause(wording("We buy {{ own_word }}."))
		for used, words in (
			([asks], "own_word"),
			([self.clause(), self.clause(wording("Kun dansk.", "da"))], "no language"),
			([self.clause(disabled=1)], "is disabled"),
		):
			draft = self.draft_template(*used)
			self.refused(ContractError, words, texts.approve_template, draft.name, user="cfo")
		for question, words in (
			({"target_field": "status"}, "can be asked for"),
			({"target_field": "approved_by"}, "can be asked for"),
			({"target_field": "prices"}, "can be asked for"),
			({}, "either a field"),
			({"target_field": "venue", "variable": "venue_word"}, "either a field"),
			({"variable": "word", "kind": "Choice"}, "enter the choices"),
		):
			with self.subTest(question), self.assertRaisesRegex(ContractError, words):
				self.draft_template(self.clause(), questions=[{"question": "?", **question}])

	def test_the_standard_library_is_there_once_and_every_template_makes_a_text_in_both_languages(self):
		names = {row["clause_name"] for row in CLAUSES}
		self.assertEqual(
			set(frappe.get_all("Contract Clause", {"name": ["in", list(names)]}, pluck="name")), names
		)
		count = frappe.db.count("Contract Clause")
		defaults.create_contract_texts()
		self.assertEqual(frappe.db.count("Contract Clause"), count)
		for row in TEMPLATES:
			name = f"{row['template_name']} v1"
			self.assertEqual(frappe.db.get_value(TEMPLATE, name, "status"), "Approved")
			started = texts.start_contract(name)
			answers = {
				question["key"]: question["default"] or self.answer_to(question)
				for question in started["questions"]
				if question["required"]
			}
			with as_user("seller1"):
				made = texts.draft_contract(name, self.customer.name, COMPANY, answers, language="en")
			contract = frappe.get_doc("B2B Contract", made["name"])
			for language in ("en", "da"):
				with self.subTest(f"{name} {language}"):
					text = clauses.text_of(contract, language)
					self.assertEqual(len(text.sections), len(row["clauses"]))
					for part in text.sections:
						self.assertTrue(part.paragraphs, part)
						self.assertNotRegex(part.text, r"[{}\[\]]|  ")
			self.assertEqual(clauses.open_text(contract), ())
			self.assertEqual(contract.contract_form, "Standard")

	def answer_to(self, question):
		if question["fieldtype"] == "Link":
			return {
				"Country": "Denmark",
				"Payment Terms Template": "Net 30",
				"Incoterm": frappe.db.get_value("Incoterm", {}),
			}[question["options"]]
		if question["fieldtype"] == "Select":
			return question["options"][-1]["value"]
		return 100 if question["fieldtype"] in ("Float", "Int", "Percent") else "the goods"

	def test_a_version_shows_the_text_that_it_makes(self):
		clause = self.clause(
			wording("{{ customer_name }} buys {{ own_word }}.{% if venue %} In {{ venue }}.{% endif %}")
		)
		draft = self.draft_template(
			clause, questions=[{"question": "Which goods?", "variable": "own_word", "kind": "Text"}]
		)
		approved = self.template(self.clause())
		with as_user("contract_manager"):
			text = texts.template_text(draft.name)
		self.assertEqual(text["sections"][0]["paragraphs"], ["[Customer name] buys [own word]."])
		with as_user("seller1"):
			self.assertRaises(frappe.PermissionError, texts.template_text, draft.name)
			self.assertEqual(len(texts.template_text(approved.name)["sections"]), 1)

	def test_types_of_before_send_a_deviation_to_the_finance_director(self):
		rows = {
			"Old": [{"role": "Contract Manager"}, {"role": "Finance Director", "over_value": 5}],
			"For all": [{"role": "Finance Director"}],
			"Chosen": [
				{"role": "Finance Director", "over_months": 5},
				{"role": "CFO", "on_deviation": "Should"},
			],
		}
		for name, approvals in rows.items():
			frappe.get_doc({"doctype": "Contract Type", "type_name": name, "approvals": approvals}).insert()
		contract_texts.execute()
		found = {
			name: [row.on_deviation or "" for row in frappe.get_doc("Contract Type", name).approvals]
			for name in rows
		}
		self.assertEqual(found, {"Old": ["", "Must"], "For all": [""], "Chosen": ["", "Should"]})


class TestWording(TextTestCase):
	def test_a_line_that_ends_with_a_condition_stays_a_line(self):
		clause = self.clause(
			wording(
				"{% if prices %}The prices are:\n"
				"{% for row in prices %}{{ row.item }}: {{ row.rate }}{% if row.from_quantity %} from {{ row.from_quantity }}{% endif %}\n"
				"{% endfor %}\n{% endif %}\nThe end{% if venue %} in {{ venue }}{% endif %}\nof it."
			)
		)
		contract = self.contract(
			template=self.template(clause).name,
			prices=[
				{"item_group": "Products", "rate": 12.5},
				{"item_group": "Products", "rate": 11, "from_quantity": 100},
			],
		)
		self.assertEqual(
			self.paragraphs(contract, clause),
			(
				"The prices are:",
				"Products: DKK 12.50",
				"Products: DKK 11.00 from 100",
				"The end",
				"of it.",
			),
		)

	def test_values_are_filled_in_and_gaps_keep_it_from_review(self):
		clause = self.clause(
			wording(
				"{{ customer_name }} pays {{ payment_terms }}.\n\n"
				"{% if late_interest_percent %}{{ late_interest_percent }} % interest.\n{% endif %}"
				"Liable up to {{ liability_cap }}, {{ venue }}.\n"
				"{% for row in prices %}{{ row.item }}: {{ row.rate }}\n{% endfor %}"
			)
		)
		contract = self.contract(
			template=self.template(clause).name,
			prices=[{"item_group": "Products", "rate": 12.5}],
			liability_cap_percent=150,
		)
		lines = self.paragraphs(contract, clause)
		self.assertEqual(
			lines,
			(
				f"{contract.customer_name} pays 30 days from the date of the invoice.",
				"Liable up to 150 % of the annual value of this agreement, [Venue].",
				"Products: DKK 12.50",
			),
		)
		self.assertEqual(clauses.open_text(contract), ("Venue",))
		self.refused(ContractError, "Venue", api.take_step, contract.name, "send_for_review", user="seller1")
		with as_user("seller1"):
			contract.reload()
			contract.update({"venue": "Aarhus", "late_interest_percent": 8.5})
			contract.save()
			self.assertIn("8.5 % interest.", self.paragraphs(contract, clause))
			self.assertEqual(api.take_step(contract.name, "send_for_review")["status"], "In Review")

	def test_the_language_is_the_customers_and_falls_back_in_order(self):
		clause = self.clause(
			wording("English", heading="Terms"),
			wording("Dansk", "da", heading="Vilkår"),
			wording("Norsk", "no", heading="Vilkår"),
		)
		only_english = self.clause(wording("English only"))
		template = self.template(clause, only_english)
		self.customer.db_set("language", "da")
		contract = self.contract(template=template.name)
		self.assertEqual(contract.text_language, "en")
		both = self.contract(template=self.template(clause).name)
		self.assertEqual(both.text_language, "da")
		for wanted, text in (
			(None, "Dansk"),
			("da", "Dansk"),
			("en", "English"),
			("nb", "Norsk"),
			("no", "Norsk"),
			("da-DK", "Dansk"),
			("fi", "English"),
		):
			with self.subTest(wanted):
				self.assertEqual(self.paragraphs(both, clause, wanted), (text,))
		# Where a clause lacks the language, it alone falls back.
		self.assertEqual(self.paragraphs(contract, clause, "da"), ("Dansk",))
		self.assertEqual(self.paragraphs(contract, only_english, "da"), ("English only",))
		frappe.db.set_default("lang", "no")
		self.assertEqual(self.paragraphs(both, clause, "fi"), ("Norsk",))

	def test_another_language_brings_its_wording_and_keeps_what_was_tailored(self):
		clause = self.clause(wording("English {{ start_date }}"), wording("Dansk {{ start_date }}", "da"))
		other = self.clause(wording("Other"), wording("Anden", "da"))
		contract = self.contract(template=self.template(clause, other).name, start_date="2026-03-01")
		self.change(contract, other, choice="Tailored", wording="As we agreed", reason="Wanted")
		with as_user("seller1"):
			contract.text_language = "da"
			contract.save()
		self.assertEqual(self.paragraphs(contract, clause), ("Dansk 1. marts 2026",))
		self.assertEqual(self.paragraphs(contract, clause, "en"), ("English March 1, 2026",))
		self.assertEqual(self.paragraphs(contract, other), ("As we agreed",))
		self.assertEqual(self.paragraphs(contract, other, "en"), ("As we agreed",))

	def test_sections_are_numbered_and_what_is_left_out_is_not_there(self):
		used = [self.clause(wording(str(n))) for n in range(3)]
		contract = self.contract(template=self.template(*used).name)
		self.change(contract, used[1], choice="Left Out", reason="Not needed")
		text = clauses.text_of(contract)
		self.assertEqual([(part.number, part.text) for part in text.sections], [("1", "0"), ("2", "2")])
		shown = texts.contract_text(contract.name)
		self.assertEqual([row["heading"] for row in shown["left_out"]], ["Heading"])


class TestDeviations(TextTestCase):
	def setUp(self):
		super().setUp()
		self.must = self.clause(
			wording("Standard"),
			wording("Given in once", number=1),
			wording("Given in twice", number=2, role="Finance Director"),
			name=f"Liability {frappe.generate_hash(length=6)}",
			deviation_role="CFO",
		)
		self.should = self.clause(wording("Should"), rank="Should")
		self.can = self.clause(wording("Can"), rank="Can")
		template = self.template(self.must, self.should, self.can)
		self.deal = self.contract(template=template.name)

	def in_review(self):
		with as_user("seller1"):
			api.take_step(self.deal.name, "send_for_review")
		self.tick(self.deal)
		return self.deal.reload()

	def test_standard_terms_are_the_contract_managers(self):
		self.assertEqual((self.deal.contract_form, self.deal.approval_role), ("Standard", "Contract Manager"))
		self.in_review()
		with as_user("contract_manager"):
			self.assertEqual(api.take_step(self.deal.name, "approve")["status"], "Approved")

	def test_a_fallback_that_nobody_has_to_agree_to_is_no_deviation(self):
		row = self.change(self.deal, self.must, choice="Fallback", fallback_number=1)
		self.assertEqual((row.wording, row.is_deviation, row.approval_role), ("Given in once", 0, ""))
		self.assertEqual((self.deal.contract_form, self.deal.approval_role), ("Standard", "Contract Manager"))
		self.in_review()
		with as_user("contract_manager"):
			api.take_step(self.deal.name, "approve")

	def test_a_fallback_with_a_role_needs_it(self):
		row = self.change(
			self.deal, self.must, choice="Fallback", fallback_number=2, reason="They insisted on it"
		)
		self.assertEqual((row.is_deviation, row.approval_role), (1, "Finance Director"))
		self.in_review()
		self.refused(NotYourMandateError, "Finance Director", api.take_step, self.deal.name, "approve")
		with as_user("finance_director"):
			api.take_step(self.deal.name, "approve")

	def test_a_deviation_from_a_must_clause_starts_the_approval_of_the_delegation(self):
		self.change(
			self.deal, self.must, choice="Tailored", wording="Unlimited.", reason="They are strategic"
		)
		self.assertEqual((self.deal.contract_form, self.deal.approval_role), ("Tailored", "CFO"))
		self.in_review()
		for user in ("contract_manager", "finance_director", "seller1"):
			self.refused(NotYourMandateError, "CFO", api.take_step, self.deal.name, "approve", user=user)
		with as_user("contract_manager"):
			reasons = texts.approval_reasons(self.deal.name)
		self.assertEqual(reasons[0]["role"], "CFO")
		self.assertIn("Heading", reasons[0]["reason"])
		self.assertIn("It deviates from a clause that must be kept.", [row["reason"] for row in reasons])
		(review,) = [row for row in self.history(self.deal, "Step") if email_of("cfo") in (row.told or "")]
		self.assertNotIn(email_of("contract_manager"), review.told)
		self.assertIn("It deviates from a clause that must be kept.", review.description)
		bells = frappe.get_all("Notification Log", {"document_name": self.deal.name}, ["for_user", "subject"])
		self.assertIn(
			email_of("cfo"), [row.for_user for row in bells if "waits for your approval" in row.subject]
		)
		with as_user("cfo"):
			self.assertEqual(api.take_step(self.deal.name, "approve")["status"], "Approved")
		self.assertIn("CFO approves it.", self.history(self.deal, "Approved")[0].description)

	def test_the_type_names_who_approves_a_deviation(self):
		# The clause itself asks for a Contract Manager, the type for a Finance Director.
		clause = self.clause(wording("Must"))
		deal = self.contract(template=self.template(clause).name)
		self.change(deal, clause, choice="Left Out", reason="They never sign it")
		self.assertEqual(deal.clauses[0].approval_role, "Contract Manager")
		self.assertEqual(deal.approval_role, "Finance Director")
		self.deal = deal
		self.in_review()
		self.refused(NotYourMandateError, "Finance Director", api.take_step, deal.name, "approve")
		with as_user("finance_director"):
			api.take_step(deal.name, "approve")

	def test_a_deviation_from_a_looser_clause_needs_less(self):
		self.change(self.deal, self.should, choice="Tailored", wording="Other", reason="Wanted")
		self.change(self.deal, self.can, choice="Left Out", reason="Not needed")
		self.assertEqual((self.deal.contract_form, self.deal.approval_role), ("Tailored", "Contract Manager"))

	def test_a_clause_is_not_given_up_by_deleting_its_row(self):
		with as_user("seller1"):
			self.deal.clauses = [row for row in self.deal.clauses if row.clause != self.must.name]
			self.deal.save()
		row = self.row(self.deal, self.must)
		self.assertEqual((row.choice, row.is_deviation, row.approval_role), ("Left Out", 1, "CFO"))
		self.assertEqual(self.deal.approval_role, "CFO")

	def test_what_a_client_says_of_a_deviation_is_computed_anew(self):
		row = self.change(
			self.deal,
			self.must,
			choice="Tailored",
			wording="Unlimited.",
			rank="Can",
			is_deviation=0,
			approval_role="",
			is_optional=1,
			reason="x",
		)
		self.assertEqual((row.rank, row.is_deviation, row.approval_role), ("Must", 1, "CFO"))
		# Words of one's own do not hide behind a standard either.
		row = self.change(self.deal, self.must, choice="Standard", wording="Unlimited.", heading="Other")
		self.assertEqual((row.wording, row.heading), ("Standard", "Heading"))
		row = self.change(self.deal, self.must, wording="Unlimited.", other_languages='{"en": ["a", "b"]}')
		self.assertEqual(row.wording, "Standard")
		self.assertEqual(json.loads(row.other_languages), {"en": ["Heading", "Standard"]})

	def test_another_clause_does_not_take_the_place_of_a_must_clause(self):
		with as_user("seller1"):
			self.row(self.deal, self.must).clause = self.can.name
			self.deal.save()
		self.assertEqual(self.row(self.deal, self.must).choice, "Left Out")
		self.assertEqual(self.deal.approval_role, "CFO")

	def test_a_clause_of_its_own_counts_as_a_deviation(self):
		with as_user("seller1"):
			self.deal.append(
				"clauses", {"heading": "Special", "wording": "Clause 1 does not apply.", "rank": "Can"}
			)
			self.deal.save()
		self.assertEqual(self.deal.clauses[-1].rank, "Must")
		self.assertEqual(self.deal.approval_role, "Finance Director")

	def test_a_deviation_needs_a_reason_and_words(self):
		with self.assertRaisesRegex(ContractError, "Write down what was agreed"):
			self.change(self.deal, self.should, choice="Counterparty", wording="")
		self.assertEqual(self.change(self.deal, self.should, choice="Tailored", wording="").wording, "Should")
		with self.assertRaisesRegex(ContractError, "Write down what was agreed"):
			self.change(self.deal, self.should, wording=" ")
		self.change(self.deal, self.should, choice="Counterparty", wording="Their {{ words }} stay")
		self.assertEqual(self.paragraphs(self.deal, self.should), ("Their {{ words }} stay",))
		self.refused(
			ContractError,
			"without a reason",
			api.take_step,
			self.deal.name,
			"send_for_review",
			user="seller1",
		)
		with self.assertRaisesRegex(ContractError, "no fallback 9"):
			self.change(self.deal, self.must, choice="Fallback", fallback_number=9)

	def test_counterparty_paper_goes_the_way_of_a_deviation(self):
		paper = self.contract(contract_form="Counterparty Paper")
		self.assertEqual(paper.approval_role, "Finance Director")
		frappe.get_doc(
			{
				"doctype": "Contract Document",
				"name": frappe.generate_hash(length=10),
				"contract": paper.name,
				"kind": "Counterparty Paper",
			}
		).db_insert()
		with as_user("seller1"):
			paper.contract_form = "Standard"
			paper.save()
		self.assertEqual(
			(paper.contract_form, paper.approval_role), ("Counterparty Paper", "Finance Director")
		)
		self.assertEqual(self.contract(contract_form="Tailored").approval_role, "Finance Director")
		self.assertEqual(self.contract().approval_role, "Contract Manager")

	def test_clauses_are_settled_from_review_on(self):
		self.in_review()
		for values in ({"choice": "Left Out"}, {"wording": "Other"}):
			with self.assertRaisesRegex(ContractError, "Send it back"):
				self.change(self.deal, self.must, **values)
		with as_user("seller1"):
			rows = texts.clause_choices(self.deal.name)
			self.assertRaisesRegex(
				ContractError,
				"Send it back",
				texts.choose_clauses,
				self.deal.name,
				[{"row": rows[0]["row"], "choice": "Left Out", "reason": "x"}],
			)
		self.deal.reload().db_set("modified", nowdate(), update_modified=False)
		frappe.db.set_value("Contract Clause", self.must.name, "rank", "Can")
		self.tick(self.deal)

	def test_liability_and_length_call_for_a_higher_role(self):
		kind = frappe.get_doc("Contract Type", "Frame Agreement")
		kind.append("approvals", {"role": "CFO", "over_liability_cap": 2_000_000})
		kind.save()
		for fields, role in (
			({"liability_cap_percent": 100}, "Contract Manager"),
			({"liability_cap_percent": 200}, "Contract Manager"),
			({"liability_cap_percent": 201}, "CFO"),
			({"liability_cap_amount": 2_000_001, "liability_cap_percent": 1}, "CFO"),
			({}, "CFO"),
			({"liability_cap_percent": 100, "initial_months": 37, "renewal_months": 12}, "Finance Director"),
		):
			with self.subTest(fields):
				contract = self.contract(**fields)
				self.assertEqual(contract.approval_role, role)
				self.assertEqual(facts.approval_reasons(contract)[0].role, role)
		said = {row["reason"] for row in texts.approval_reasons(self.contract().name)}
		self.assertIn("Our liability is not capped.", said)


class TestGuidedCreation(TextTestCase):
	def setUp(self):
		super().setUp()
		self.terms = self.clause(
			wording("We sell {{ goods }} for {{ annual_value }}."),
			wording("We may.", number=1),
			rank="Should",
		)
		self.audit = self.clause(wording("Audit"), rank="Can")
		self.standard = self.template(
			self.terms,
			clauses=[{"clause": self.terms.name}, {"clause": self.audit.name, "is_optional": 1}],
			questions=[
				{"question": "Worth?", "target_field": "annual_value", "is_required": 1},
				{"question": "Which goods?", "variable": "goods", "kind": "Text", "is_required": 1},
				{
					"question": "How fast?",
					"variable": "speed",
					"kind": "Choice",
					"options": "Slow\nFast",
				},
			],
		)

	def draft(self, answers=None, chosen=None, user="seller1", **fields):
		answers = answers or {
			"annual_value": 500_000,
			"word:goods": "scales",
			"payment_terms_template": "Net 30",
			"governing_law": "Denmark",
		}
		with as_user(user):
			made = texts.draft_contract(
				self.standard.name,
				self.customer.name,
				COMPANY,
				json.dumps(answers),
				json.dumps(chosen or []),
				**fields,
			)
		return frappe.get_doc("B2B Contract", made["name"])

	def test_from_questions_and_clauses_to_a_draft(self):
		with as_user("seller1"):
			started = texts.start_contract(self.standard.name, self.customer.name)
		self.assertEqual(
			[(q["key"], q["required"]) for q in started["questions"]],
			[
				("annual_value", 1),
				("word:goods", 1),
				("word:speed", 0),
				# What the type wants before review, and the template forgot, is asked for as well.
				("payment_terms_template", 1),
				("governing_law", 1),
			],
		)
		first = started["clauses"][0]
		self.assertEqual([(row["number"], row["role"]) for row in first["fallbacks"]], [(1, "")])
		with as_user("seller1"):
			filled = texts.start_contract(
				self.standard.name,
				self.customer.name,
				None,
				COMPANY,
				{"annual_value": 12, "word:goods": "scales"},
			)
		self.assertEqual(filled["clauses"][0]["text"], "We sell scales for DKK 12.00.")
		contract = self.draft(
			chosen=[
				{"clause": self.terms.name, "choice": "Fallback", "fallback_number": 1},
				{"clause": self.audit.name, "choice": "Left Out"},
			],
			title="Scales 2026",
			start_date="2026-03-01",
		)
		self.assertEqual((contract.title, str(contract.start_date)), ("Scales 2026", "2026-03-01"))
		self.assertEqual((contract.status, contract.contract_owner), ("Draft", email_of("seller1")))
		self.assertEqual((contract.currency, contract.initial_months), ("DKK", 36))
		self.assertEqual([row.choice for row in contract.clauses], ["Fallback", "Left Out"])
		self.assertEqual((contract.contract_form, contract.approval_role), ("Standard", "Contract Manager"))
		self.assertEqual(clauses.text_of(contract).sections[0].text, "We may.")
		with as_user("seller1"):
			self.assertEqual(api.take_step(contract.name, "send_for_review")["status"], "In Review")

	def test_answers_reach_fields_and_text(self):
		contract = self.draft()
		self.assertEqual(contract.annual_value, 500_000)
		self.assertEqual(clauses.text_of(contract).sections[0].text, "We sell scales for DKK 500,000.00.")

	def test_a_length_that_is_asked_for_leaves_the_others_to_the_type(self):
		with as_user("contract_manager"):
			second = frappe.get_doc(TEMPLATE, texts.new_template_version(self.standard.name)["name"])
			second.append("questions", {"question": "How long?", "target_field": "initial_months"})
			second.append("questions", {"question": "Until when?", "target_field": "first_end_date"})
			second.save()
		with as_user("finance_director"):
			self.standard = frappe.get_doc(TEMPLATE, texts.approve_template(second.name)["name"])
		answers = {
			"annual_value": 1,
			"word:goods": "x",
			"payment_terms_template": "Net 30",
			"governing_law": "Denmark",
		}
		contract = self.draft({**answers, "initial_months": 24})
		self.assertEqual((contract.initial_months, contract.renewal_months), (24, 12))
		contract = self.draft({**answers, "first_end_date": "2030-12-31"})
		self.assertEqual((contract.initial_months, contract.renewal_months), (0, 12))

	def test_what_has_to_be_answered_is_asked_for_and_nothing_else_is_taken(self):
		with self.assertRaisesRegex(ContractError, "Which goods"):
			self.draft({"annual_value": 1})
		contract = self.draft(
			{
				"annual_value": 1,
				"word:goods": "x",
				"payment_terms_template": "Net 30",
				"governing_law": "Denmark",
				"status": "Active",
				"approved_by": email_of("cfo"),
				"contract_owner": email_of("cfo"),
				"word:other": "y",
			}
		)
		self.assertEqual((contract.status, contract.approved_by), ("Draft", None))
		self.assertEqual(contract.contract_owner, email_of("seller1"))
		self.assertNotIn("other", [row.variable for row in contract.answers])
		with self.assertRaisesRegex(ContractError, "no choice"):
			self.draft({"annual_value": 1, "word:goods": "x", "word:speed": "Never", **FRAME})

	def test_who_may_make_a_contract_from_a_template(self):
		for user in ("seller2", "auditor", make.make_user("Sales User")):
			with self.subTest(user):
				self.assertRaises(frappe.PermissionError, self.draft, user=user)

	def test_a_template_that_is_chosen_on_the_form_asks_as_well(self):
		contract = self.contract(template=self.standard.name)
		self.assertEqual([row.variable for row in contract.answers], ["goods", "speed"])
		self.assertEqual(clauses.open_text(contract), ("Which goods?",))
		with as_user("seller1"):
			contract.answers[0].answer = "scales"
			contract.append("answers", {"variable": "company", "answer": "Somebody else"})
			contract.append("answers", {"variable": "goods", "answer": "twice"})
			contract.save()
		self.assertEqual([row.answer for row in contract.answers], ["scales", None])
		self.assertEqual(clauses.open_text(contract), ())

	def test_wordings_of_a_draft_are_chosen_anew(self):
		contract = self.draft()
		with as_user("seller1"):
			rows = {row["clause"]: row for row in texts.clause_choices(contract.name)}
			texts.choose_clauses(
				contract.name,
				[
					{
						"row": rows[self.terms.name]["row"],
						"choice": "Tailored",
						"wording": "As they want it",
						"reason": "Large order",
					}
				],
			)
		contract.reload()
		self.assertEqual(contract.contract_form, "Tailored")
		self.assertEqual(clauses.text_of(contract).sections[0].text, "As they want it")
		with as_user("seller2"):
			self.assertRaises(frappe.PermissionError, texts.clause_choices, contract.name)
			self.assertRaises(frappe.PermissionError, texts.choose_clauses, contract.name, [])
			self.assertRaises(frappe.PermissionError, texts.contract_text, contract.name)
			self.assertRaises(frappe.PermissionError, texts.approval_reasons, contract.name)
