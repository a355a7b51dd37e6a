"""The renewal pipeline as its users see it: page, calendar, report and workbook show the same contracts and totals, a card is moved
by a step of the contract's life alone, and nobody gets around that."""

from io import BytesIO
from unittest.mock import patch

import frappe
from frappe import client
from frappe.api import v1
from frappe.desk import query_report
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
from frappe.desk.doctype.kanban_board import kanban_board
from frappe.utils import add_days, add_months, getdate, nowdate
from openpyxl import load_workbook

from b2b_contracts import contract_pipeline_api as api
from b2b_contracts import contracts_api
from b2b_contracts.contracts import facts, pipeline
from b2b_contracts.engine import key_dates as keys
from b2b_contracts.exceptions import ContractError, NotYourMandateError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import as_user
from b2b_contracts.tests.scaffold import COMPANY, email_of
from b2b_contracts.tests.test_contracts import WatchTestCase

# With 90 days' notice and a lead of 30: the first period ends so many days after the last date to act, give or take a weekend.
AHEAD = 120
STAGES = ("To Decide", "In Renegotiation", "Renewed", "Ending")


class PipelineTestCase(WatchTestCase):
	def approved(self, **fields):
		"""As in the contracts' own tests, but by the CFO: some of these bind for longer than a contract manager approves."""
		contract = self.contract(**fields)
		with as_user("seller1"):
			contracts_api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		with as_user("cfo"):
			contracts_api.take_step(contract.name, "approve")
		return contract.reload()

	def running(self, act_in: int = 20, **fields):
		"""Make a contract whose last date to act is in about so many days."""
		return self.signed(
			**{
				"start_date": add_months(nowdate(), -24),
				"first_end_date": add_days(nowdate(), AHEAD + act_in),
				"renewal_months": 12,
				"internal_lead_days": 30,
				**fields,
			}
		)

	def page(self, user="contract_manager", **filters) -> dict:
		with as_user(user):
			return api.read(COMPANY, {"customer": self.customer.name, **filters})

	def stage(self, contract, user="contract_manager") -> str | None:
		for stage in self.page(user)["stages"]:
			if contract.name in {card["name"] for card in stage["cards"]}:
				return stage["stage"]
		return None

	def card(self, contract, user="contract_manager") -> dict:
		cards = [card for stage in self.page(user)["stages"] for card in stage["cards"]]
		return next(card for card in cards if card["name"] == contract.name)

	def report(self, user="contract_manager", **filters) -> dict:
		with as_user(user):
			return query_report.run(
				"Renewal Pipeline",
				filters={"company": COMPANY, "customer": self.customer.name, **filters},
				ignore_prepared_report=True,
			)

	def move(self, contract, stage, user="contract_manager", **values):
		with as_user(user):
			return api.move(contract.name, stage, **{"reason": "Because", **values})

	def moves(self, contract, user="contract_manager") -> dict[str, str]:
		with as_user(user):
			return {row["stage"]: row["why_not"] for row in api.moves(contract.name)["moves"]}


class TestReading(PipelineTestCase):
	def test_the_first_to_act_on_stands_on_top_and_of_those_the_dearest(self):
		late, soon = self.running(-5, annual_value=10), self.running(20, annual_value=10)
		dear, far = self.running(20, annual_value=900), self.running(150, annual_value=900)
		out_of_sight = self.running(400)
		cards = self.page(within=180)["stages"][0]["cards"]
		self.assertEqual([c["name"] for c in cards], [late.name, dear.name, soon.name, far.name])
		self.assertEqual([c["light"] for c in cards], ["Red", "Yellow", "Yellow", "Green"])
		self.assertEqual(self.stage(out_of_sight), "To Decide")  # whenever it has to be acted on

	def test_what_is_not_running_is_not_there(self):
		self.contract()
		self.out_for_signature()
		ended = self.running()
		frappe.db.set_value("B2B Contract", ended.name, "status", "Terminated")
		self.running(duration_type="No End", first_end_date=None, renewal_months=0)
		self.assertEqual(self.page()["total"]["count"], 0)

	def test_totals_weigh_what_is_at_stake_by_its_probability(self):
		assessed, unassessed, decided, ending = (
			self.running(20, annual_value=value) for value in (1000, 500, 200, 300)
		)
		with as_user("seller1"):
			api.plan(assessed.name, 25, "Call them", add_days(nowdate(), 3))
		self.move(decided, "Renewed")
		self.move(ending, "Ending", kind="For Convenience", given_on=nowdate())
		page = self.page()
		total = page["total"]
		self.assertEqual((total["count"], total["value"], total["weighted"]), (4, 2000, 450))
		self.assertEqual((total["unassessed"], total["unassessed_value"]), (1, 500))
		self.assertEqual(page["at_stake"]["value"], 1500)
		self.assertEqual([s["total"]["value"] for s in page["stages"]], [1500, 0, 200, 300])
		self.assertEqual([s["total"]["count"] for s in page["stages"]], [2, 0, 1, 1])
		card = self.card(assessed)
		self.assertEqual((card["probability"], card["next_step"]), (25, "Call them"))
		self.assertIsNone(self.card(unassessed)["probability"])
		# Page and report are one.
		summary = {row["label"]: row["value"] for row in self.report(within=0)["report_summary"]}
		self.assertEqual(
			[summary[name] for name in ("Contracts", "Worth a year", "Still to decide")], [4, 2000, 1500]
		)
		self.assertEqual(summary["Expected, weighted by probability"], 450)

	def test_another_currency_counts_in_the_companys(self):
		self.running(20, annual_value=1000)
		with patch("erpnext.setup.utils.get_exchange_rate", return_value=7.5):
			euros = self.running(20, annual_value=400, currency="EUR")
			page = self.page()
		self.assertEqual(page["total"]["value"], 4000)
		self.assertEqual(page["stages"][0]["cards"][0]["name"], euros.name)
		self.assertEqual((page["stages"][0]["cards"][0]["amount"], page["currency"]), (400, "DKK"))
		with make.no_exchange_rates():
			page = self.page()
			report = self.report(within=0)
		self.assertEqual((page["total"]["value"], page["unpriced"]), (1000, ["EUR"]))
		self.assertEqual(page["total"]["count"], 2)
		self.assertIn("no exchange rate from EUR", report["message"])
		self.assertNotIn("needs an exchange rate", self.messages())

	def test_it_says_who_was_told_last(self):
		contract = self.running(25)
		self.look(contract, nowdate())
		told = self.card(contract)["told"]
		self.assertIn(told["of"], ("Last date to act", "Notice deadline"))
		self.assertEqual(told["names"], [frappe.db.get_value("User", email_of("seller1"), "full_name")])
		(row,) = self.report(within=0)["result"][:1]
		self.assertIn(told["names"][0], row["told"])

	def test_filters(self):
		red, green = self.running(-5, title="Scales"), self.running(150)
		for filters, names in (
			({"light": "Red"}, [red]),
			({"search": "scal"}, [red]),
			({"search": "100%_'"}, []),
			({"stage": "Renewed"}, []),
			({"account_manager": email_of("seller2")}, []),
			({"contract_type": "Frame Agreement"}, [red, green]),
			({"within": 30}, [red]),
		):
			with self.subTest(filters):
				cards = [card["name"] for stage in self.page(**filters)["stages"] for card in stage["cards"]]
				self.assertEqual(cards, [contract.name for contract in names])

	def test_as_many_queries_for_many_contracts_as_for_one(self):
		self.running(20)

		def queries() -> int:
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				found = pipeline.read(pipeline.Wanted(COMPANY, customer=self.customer.name))
				pipeline.look_up_told(found.entries)
				pipeline.names_of(found.entries)
			return sql.call_count

		one = queries()
		for _number in range(4):
			self.running(20)
		self.assertEqual(queries(), one)


class TestWhoSees(PipelineTestCase):
	"""An Account Manager sees their own customers' contracts, in every view and in every total."""

	def setUp(self):
		super().setUp()
		self.mine = self.running(20, annual_value=1000, title="Mine")
		self.own_customer = self.customer
		self.customer = make.make_customer(account_manager="seller2")
		self.theirs = self.running_of("seller2", 5000, "Theirs")
		self.customer = self.own_customer
		self.secret = self.running(20, annual_value=9000, title="Secret")
		# Answered for by others, and confidential.
		frappe.db.set_value(
			"B2B Contract",
			self.secret.name,
			{
				"confidentiality": "Confidential",
				"account_manager": None,
				"owner": "Administrator",
				"contract_owner": email_of("contract_manager"),
			},
		)

	def running_of(self, seller: str, value: int, title: str):
		contract = self.contract(
			user=seller,
			title=title,
			annual_value=value,
			start_date=add_months(nowdate(), -24),
			first_end_date=add_days(nowdate(), AHEAD + 20),
			renewal_months=12,
		)
		with as_user(seller):
			contracts_api.take_step(contract.name, "send_for_review")
		self.tick(contract)
		with as_user("contract_manager"):
			contracts_api.take_step(contract.name, "approve")
			contracts_api.take_step(contract.name, "send_for_signature")
		self.sign(contract)
		return contract.reload()

	def seen_by(self, user) -> dict:
		ours = {self.mine.name: "mine", self.theirs.name: "theirs", self.secret.name: "secret"}
		with as_user(user):
			page = api.read(COMPANY, {}, 1000)
			events = api.events(nowdate(), add_days(nowdate(), 60))
			report = query_report.run(
				"Renewal Pipeline", filters={"company": COMPANY, "within": 0}, ignore_prepared_report=True
			)
		on_page = {card["name"] for stage in page["stages"] for card in stage["cards"]}
		views = {
			"page": on_page,
			"calendar": {event["name"] for event in events},
			"report": {row["contract"] for row in report["result"] if isinstance(row, dict)},
		}
		seen = {view: {ours[name] for name in names if name in ours} for view, names in views.items()}
		self.assertEqual(seen["page"], seen["calendar"])
		self.assertEqual(seen["page"], seen["report"])
		return {"seen": seen["page"], "page": page, "report": report}

	def test_the_own_ones_alone_and_their_totals(self):
		for user, seen in (
			("seller1", {"mine"}),
			("seller2", {"theirs"}),
			("sales_manager", {"mine", "theirs"}),
			("credit_manager", {"mine", "theirs"}),
			("contract_manager", {"mine", "theirs", "secret"}),
			("cfo", {"mine", "theirs", "secret"}),
		):
			with self.subTest(user):
				self.assertEqual(self.seen_by(user)["seen"], seen)

	def test_totals_chart_and_workbook_of_a_seller_are_of_the_own_portfolio(self):
		found = self.seen_by("seller1")
		page, report = found["page"], found["report"]
		own = [card for stage in page["stages"] for card in stage["cards"]]
		with as_user("seller1"):
			listed = frappe.get_list("B2B Contract", filters={"status": "Active"}, pluck="name")
		self.assertLessEqual({card["name"] for card in own}, set(listed))
		worth = sum(card["amount"] for card in own)
		self.assertEqual(page["total"]["value"], worth)
		summary = {row["label"]: row["value"] for row in report["report_summary"]}
		self.assertEqual((summary["Contracts"], summary["Worth a year"]), (len(own), worth))
		charted = sum(sum(d["values"]) for d in report["chart"]["data"]["datasets"][:1])
		self.assertEqual(charted, page["at_stake"]["value"])
		cells = self.workbook("seller1")
		titles = {cell for row in cells for cell in row}
		self.assertIn("Mine", titles)
		self.assertFalse({"Theirs", "Secret"} & titles)

	def workbook(self, user) -> list[list]:
		with as_user(user):
			frappe.local.form_dict = frappe._dict(
				report_name="Renewal Pipeline",
				file_format_type="Excel",
				filters=frappe.as_json({"company": COMPANY, "within": 0}),
				visible_idx="[]",
			)
			query_report.export_query()
		sheet = load_workbook(BytesIO(frappe.response["filecontent"])).active
		return [[cell.value for cell in row] for row in sheet.iter_rows()]

	def test_as_xlsx(self):
		cells = self.workbook("contract_manager")
		header = next(row for row in cells if "Act by" in row)
		row = next(row for row in cells if row[header.index("Contract")] == "Mine")
		self.assertEqual(row[header.index("A year")], 1000)
		self.assertEqual(getdate(row[header.index("Act by")]), getdate(self.mine.last_date_to_act))
		self.assertEqual(row[header.index("Stage")], "To decide")

	def test_user_permissions_hold(self):
		user = make.make_user("Contract Manager")
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": "Customer",
				"for_value": self.own_customer.name,
			}
		).insert()
		self.assertEqual(self.seen_by(user)["seen"], {"mine", "secret"})

	def test_who_may_not_read_contracts_is_refused(self):
		user = make.make_user("Stock User")
		for method, arguments in (
			(api.read, (COMPANY,)),
			(api.options, (COMPANY,)),
			(api.events, (nowdate(), nowdate())),
		):
			with as_user(user), self.assertRaises(frappe.PermissionError):
				method(*arguments)

	def test_a_card_of_somebody_else_is_neither_looked_at_nor_moved(self):
		for method, arguments in (
			(api.moves, ()),
			(api.move, ("Ending", "Because")),
			(api.plan, (50,)),
		):
			with as_user("seller1"), self.assertRaises(frappe.PermissionError):
				method(self.theirs.name, *arguments)

	def test_what_one_can_choose_from_tells_of_nobody_else(self):
		with as_user("seller1"):
			managers = {row["user"] for row in api.options(COMPANY)["account_managers"]}
		self.assertNotIn(email_of("seller2"), managers)

	def test_filters_of_a_client_do_not_open_what_is_closed(self):
		filters = [["B2B Contract", "customer", "=", self.theirs.customer]]
		with as_user("seller1"):
			self.assertEqual(api.events(nowdate(), add_days(nowdate(), 60), filters), [])
			for hostile in (
				[["B2B Contract", "title", "like", "%' or '1'='1"]],
				'[["B2B Contract","name","=","x%s"]]',
			):
				self.assertEqual(api.events(nowdate(), add_days(nowdate(), 60), hostile), [])


class TestMoving(PipelineTestCase):
	def test_through_the_stages(self):
		contract = self.running()
		self.assertEqual(self.stage(contract), "To Decide")
		self.assertEqual(self.move(contract, "In Renegotiation", user="seller1")["stage"], "In Renegotiation")
		self.assertEqual(contract.reload().status, "In Renewal")
		self.assertEqual(self.move(contract, "To Decide", user="seller1")["stage"], "To Decide")
		self.assertEqual(self.move(contract, "Renewed")["stage"], "Renewed")
		self.assertEqual(contract.reload().decision_reason, "Because")
		self.assertEqual(
			self.move(contract, "Ending", kind="For Convenience", given_on=nowdate())["stage"], "Ending"
		)
		self.assertEqual(self.stage(contract), "Ending")
		self.assertEqual(contract.reload().renewal_decision, "Terminate")
		self.assertEqual(len(self.history(contract, "Decision")), 3)

	def test_without_a_reason_nothing_moves(self):
		contract = self.running()
		for stage in ("In Renegotiation", "Renewed"):
			with self.assertRaisesRegex(ContractError, "reason"):
				self.move(contract, stage, reason=" ")
		with self.assertRaisesRegex(ContractError, "kind of notice"):
			self.move(contract, "Ending")
		self.assertEqual(self.stage(contract), "To Decide")

	def test_without_a_mandate_it_is_refused_in_words(self):
		contract = self.running()
		why_not = self.moves(contract, "seller1")
		self.assertEqual(why_not["In Renegotiation"], "")
		self.assertIn("Contract Manager", why_not["Renewed"])
		self.assertIn("Contract Manager", why_not["Ending"])
		for stage, values in (
			("Renewed", {}),
			("Ending", {"kind": "For Convenience", "given_on": nowdate()}),
		):
			with self.assertRaisesRegex(NotYourMandateError, "Contract Manager"):
				self.move(contract, stage, user="seller1", **values)
		self.assertEqual(self.stage(contract), "To Decide")

	def test_a_decision_stands_and_a_notice_is_the_end(self):
		renewed, ending = self.running(), self.running()
		self.move(renewed, "Renewed")
		self.move(ending, "Ending", kind="Received from Customer", given_on=nowdate())
		self.assertIn("cannot go back", self.moves(renewed)["To Decide"])
		with self.assertRaisesRegex(ContractError, "cannot go back"):
			self.move(renewed, "To Decide")
		for stage in STAGES[:3]:
			self.assertIn("nothing left to decide", self.moves(ending)[stage])
			with self.assertRaisesRegex(ContractError, "nothing left to decide"):
				self.move(ending, stage)
		with self.assertRaisesRegex(ContractError, "somebody was quicker"):
			self.move(ending, "Ending")

	def test_what_is_no_stage_or_does_not_run(self):
		contract = self.running()
		with self.assertRaisesRegex(ContractError, "no stage"):
			self.move(contract, "Expired")
		frappe.db.set_value("B2B Contract", contract.name, "status", "Expired")
		with self.assertRaisesRegex(ContractError, "Load the page again"):
			self.move(contract, "Renewed")

	def test_a_fixed_one_is_renewed_until_a_day_and_decided_about_again(self):
		contract = self.running(20, duration_type="Fixed", renewal_months=0)
		end = getdate(contract.end_date)
		with self.assertRaisesRegex(ContractError, "until which day"):
			self.move(contract, "Renewed")
		self.move(contract, "Renewed", new_end=str(add_months(end, 12)))
		self.assertEqual(self.stage(contract), "Renewed")
		with patch("b2b_contracts.contracts.pipeline.getdate", lambda: add_months(end, 6)):
			self.assertEqual(self.stage(contract), "To Decide")

	def test_one_without_an_end_is_not_renewed(self):
		contract = self.running(duration_type="No End", first_end_date=None, renewal_months=0)
		self.move(contract, "In Renegotiation")
		self.assertEqual(self.card(contract)["light"], "Grey")
		self.assertIn("no end", self.moves(contract)["Renewed"])

	def test_renegotiating_what_was_renewed_opens_its_deadline_again(self):
		contract = self.running()
		self.move(contract, "Renewed")
		self.assertTrue(contract.reload().decided_for)
		self.move(contract, "In Renegotiation")
		self.assertFalse(contract.reload().decided_for)

	def test_what_was_thought_of_a_period_ends_with_it(self):
		contract = self.running(20)
		with as_user("seller1"):
			api.plan(contract.name, 70, "Visit", add_days(nowdate(), 5))
		self.look(contract, add_days(contract.end_date, 1))
		self.assertEqual(
			(contract.renewal_probability, contract.next_step, contract.next_step_on), (0, None, None)
		)


class TestPlanning(PipelineTestCase):
	def test_probability_and_next_step_are_kept_up_after_the_signature(self):
		contract = self.running()
		with as_user("seller1"):
			answer = api.plan(contract.name, 60, " Send the new prices ", add_days(nowdate(), 7))
		self.assertEqual(answer["probability"], 60)
		contract.reload()
		self.assertEqual((contract.next_step, contract.renewal_probability), ("Send the new prices", 60))
		last = self.history(contract, "Changed")[-1].description
		self.assertEqual(last, "Changed: Probability of renewal, Next step, Next step on")

	def test_what_does_not_add_up_is_refused(self):
		contract = self.running()
		with as_user("seller1"):
			with self.assertRaisesRegex(ContractError, "Enter 0 to 100"):
				api.plan(contract.name, 101)
			with self.assertRaisesRegex(ContractError, "0 or more"):
				api.plan(contract.name, -1)
			with self.assertRaisesRegex(ContractError, "what the next step is"):
				api.plan(contract.name, 10, " ", nowdate())

	def test_who_may_only_read_plans_nothing(self):
		contract = self.running()
		with as_user("auditor"):
			self.assertFalse(api.moves(contract.name)["may_plan"])
			with self.assertRaises(frappe.PermissionError):
				api.plan(contract.name, 10)


class TestCalendar(PipelineTestCase):
	def events(self, first, last, filters=None) -> list[tuple]:
		with as_user("contract_manager"):
			found = api.events(
				str(first), str(last), filters or [["B2B Contract", "customer", "=", self.customer.name]]
			)
		return sorted((event["start"], event["title"].split(":")[0], event["light"]) for event in found)

	def test_every_day_of_a_contract_stands_there(self):
		contract = self.running(20)
		with as_user("seller1"):
			api.plan(contract.name, 70, "Visit", add_days(nowdate(), 5))
		contract.reload()
		days = [
			(str(contract.last_date_to_act), "Act", "Yellow"),
			(str(contract.notice_deadline), "Notice", "Yellow"),
			(str(contract.end_date), "Period ends", "Grey"),
			(str(contract.next_step_on), "Next step", "Step"),
		]
		self.assertEqual(self.events(nowdate(), add_days(nowdate(), 400)), sorted(days))
		# The edges of what is asked for are times, in the zone of whoever asks.
		self.assertEqual(self.events(contract.end_date, contract.end_date), [days[2]])
		self.assertEqual(self.events(add_days(contract.end_date, 3), add_days(contract.end_date, 9)), [])

	def test_nothing_is_left_to_do_about_one_that_ends(self):
		contract = self.running(20)
		self.move(contract, "Ending", kind="For Convenience", given_on=nowdate())
		contract.reload()
		self.assertEqual(
			self.events(nowdate(), add_days(nowdate(), 900)), [(str(contract.terminated_on), "Ends", "Grey")]
		)

	def test_filters_of_the_list_count(self):
		contract = self.running(20)
		like = [
			["B2B Contract", "title", "like", f"%{contract.title[:4]}%"],
			["B2B Contract", "customer", "=", self.customer.name],
		]
		self.assertTrue(self.events(nowdate(), add_days(nowdate(), 400), like))
		self.assertFalse(
			self.events(
				nowdate(), add_days(nowdate(), 400), [*like, ["B2B Contract", "status", "=", "In Renewal"]]
			)
		)


class TestNoWayAround(PipelineTestCase):
	"""The status of a contract changes by a step alone: neither Frappe's Kanban, nor bulk edit, nor REST, nor a form."""

	def setUp(self):
		super().setUp()
		self.contract_ = self.running()
		self.draft = self.contract()

	def both_stay(self):
		self.assertEqual(self.contract_.reload().status, "Active")
		self.assertEqual(self.draft.reload().status, "Draft")

	def test_no_kanban_board_by_status(self):
		with as_user("contract_manager"), self.assertRaisesRegex(ContractError, "Renewal pipeline"):
			kanban_board.quick_kanban_board("B2B Contract", "Contracts", "status")
		with as_user("contract_manager"):
			board = kanban_board.quick_kanban_board("B2B Contract", "Contracts", "confidentiality")
			board.field_name = "status"
			with self.assertRaisesRegex(ContractError, "Renewal pipeline"):
				board.save(ignore_permissions=True)

	def test_dragging_on_a_board_that_was_there_before_moves_nothing(self):
		board = frappe.get_doc(
			{
				"doctype": "Kanban Board",
				"kanban_board_name": "Old board",
				"reference_doctype": "B2B Contract",
				"field_name": "status",
				"columns": [{"column_name": name} for name in ("Draft", "Approved", "Active", "Terminated")],
			}
		)
		with patch("b2b_contracts.doc_events.kanban_board.CONTRACT", "Something else"):
			board.insert(ignore_permissions=True)
			for contract, before, after in (
				(self.contract_, "Active", "Terminated"),
				(self.draft, "Draft", "Approved"),
			):
				with as_user("contract_manager"):
					kanban_board.update_order_for_single_card(
						"Old board", contract.name, before, after, self.place_of(board, before, contract), 0
					)
					kanban_board.update_order("Old board", frappe.as_json({after: [contract.name]}))
		self.both_stay()
		self.assertIn("follows from steps", self.messages())

	def place_of(self, board, column, contract) -> int:
		order = frappe.parse_json(next(c.order for c in board.columns if c.column_name == column))
		return order.index(contract.name)

	def test_bulk_edit_moves_nothing(self):
		names = frappe.as_json([self.contract_.name, self.draft.name])
		with as_user("contract_manager"):
			submit_cancel_or_update_docs("B2B Contract", names, "update", {"status": "Terminated"})
		self.both_stay()

	def test_rest_moves_nothing(self):
		for contract in (self.contract_, self.draft):
			with as_user("contract_manager"):
				client.set_value("B2B Contract", contract.name, "status", "Terminated")
				client.set_value(
					"B2B Contract", contract.name, {"renewal_decision": "Renew", "terminated_on": nowdate()}
				)
				frappe.local.form_dict = frappe._dict(
					data=frappe.as_json({"status": "Expired"}), status="Expired"
				)
				v1.update_doc("B2B Contract", contract.name)
				client.save({**contract.reload().as_dict(), "status": "Terminated"})
			contract.reload()
			self.assertFalse(contract.renewal_decision or contract.terminated_on)
		self.both_stay()

	def test_the_watcher_alone_ends_it(self):
		contract = self.contract_
		with as_user("contract_manager"):
			contracts_api.terminate_contract(
				contract.name, "For Cause", nowdate(), "Not paid", cause="Nothing was paid."
			)
		self.look(contract, add_days(nowdate(), 1))
		self.assertEqual(contract.status, "Terminated")


class TestFirstReview(WatchTestCase):
	def review(self, contract) -> str | None:
		known = facts.key_facts(contract)
		return next(
			(str(d.day) for d in keys.key_dates(known, getdate()) if d.kind == keys.FIRST_REVIEW), None
		)

	def test_it_is_due_a_month_after_go_live_or_after_the_signature_of_a_service(self):
		service = {"service_levels": [{"service": "Delivered on the day", "target": 98}]}
		self.assertIsNone(self.review(self.signed()))
		contract = self.signed(**service)
		self.assertEqual(self.review(contract), add_days(nowdate(), 30))
		later = self.signed(start_date=add_days(nowdate(), 10), **service)
		self.assertEqual(self.review(later), add_days(nowdate(), 40))
		contract.go_live_date = add_days(nowdate(), 5)
		contract.save()
		self.assertEqual(self.review(contract), add_days(nowdate(), 35))
		contract.is_reviewed = 1
		contract.save()
		self.assertIsNone(self.review(contract))


class TestWords(WatchTestCase):
	def test_ours_is_called_contract(self):
		with patch.object(frappe.local, "lang", "en"):
			self.assertEqual(frappe._("B2B Contract"), "Contract")
