"""The document Policy Back-test: a run over real documents, who may ask for it, how it ends, and that it stays."""

import json
import os
import tempfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import frappe
import openpyxl
from frappe import client
from frappe.utils import add_days, add_months, getdate, now_datetime, nowdate
from rq.timeouts import JobTimeoutException

from b2b_contracts import backtest_api
from b2b_contracts.backtest.book import BookError, Problem
from b2b_contracts.backtest.replay import Replay
from b2b_contracts.credit import back_test_inputs, backtesting, book_export, policy_files
from b2b_contracts.exceptions import BackTestError, EvidenceError
from b2b_contracts.tests import factories as make
from b2b_contracts.tests.factories import active_policy, as_user, make_policy, make_user
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SiteTestCase,
	email_of,
	ensure_second_company,
)

DOCTYPE = backtesting.DOCTYPE
# So long ago that no other test has orders there.
BEGAN, ENDED = 700, 680


def day(days_ago: int) -> str:
	return str(add_days(nowdate(), -days_ago))


def date_back(profile) -> None:
	"""Let a profile have been there before the period began."""
	frappe.db.set_value("Credit Profile", profile.name, "creation", f"{day(BEGAN + 10)} 08:00:00")
	of_profile = {"parent": profile.name}
	frappe.db.set_value("Credit Profile Change", of_profile, "changed_on", f"{day(BEGAN + 10)} 08:00:00")


def without(text: str, segment: str) -> str:
	"""Return a policy file without one of its segments."""
	start = text.index(f'[[segments]]\nsegment_code = "{segment}"')
	rest = text.find("[[segments]]", start + 1)
	return text[:start] + (text[rest:] if rest > 0 else "")


def policy_file_of(owner: str, text: str, name: str = "alternative.toml") -> str:
	"""Upload a policy file; returns its address."""
	with as_user(owner):
		content = {"doctype": "File", "file_name": name, "content": text, "is_private": 1}
		return frappe.get_doc(content).insert().file_url


class BackTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		# A folder for temporary files that nobody else uses.
		folder = tempfile.TemporaryDirectory(prefix="b2b-test-back-test-")
		self.addCleanup(folder.cleanup)
		self.temporary = Path(folder.name)
		mine = patch.object(tempfile, "tempdir", folder.name)
		mine.start()
		self.addCleanup(mine.stop)

	def assert_nothing_is_left_behind(self):
		self.assertEqual(list(self.temporary.iterdir()), [])

	def make(self, user: str = "credit_manager", **fields):
		values = {"company": COMPANY, "from_date": day(BEGAN), "to_date": day(ENDED), **fields}
		if "policy_a" not in fields and "file_a" not in fields:
			values["policy_a"] = active_policy().name
		with as_user(user):
			return frappe.get_doc({"doctype": DOCTYPE, **values}).insert()

	@contextmanager
	def in_a_job(self):
		"""A run commits and rolls back a transaction that is its own; here it is the test's."""
		with patch.object(frappe.db, "commit"), patch.object(frappe.db, "rollback"):
			yield

	def run_it(self, doc, user: str = "credit_manager"):
		with as_user(user), self.in_a_job():
			backtest_api.start_back_test(doc.name)
			backtesting.run(doc.name)
		doc.reload()
		return doc

	def trade(self):
		"""A customer with a limit of 10,000 and two orders: one fits and is paid late, one is over it and paid in time."""
		self.customer = make.make_customer()
		date_back(make.make_profile(self.customer, manual_limit=10_000))
		with make.policy_off():
			self.fits = self.sale(1_000, BEGAN - 2, 60)
			self.over = self.sale(12_000, BEGAN - 9, 10)
		return self.fits, self.over

	def sale(self, amount: float, ordered: int, paid_after: int):
		"""Sell something on a day, bill it at once (so that whatever waits is late), have it paid some days later."""
		order = make.make_order(self.customer, amount, transaction_date=day(ordered))
		invoice = make.make_invoice(order=order, posting_date=day(ordered), due_date=day(ordered - 12))
		make.make_payment(invoice, posting_date=day(ordered - 2 - paid_after))
		return order

	def figures(self, doc) -> dict:
		return {row["key"]: row["values"] for row in json.loads(doc.result)["figures"]}


class TestRun(BackTestCase):
	def test_the_order_over_the_limit_is_held_and_everything_is_counted(self):
		_fits, over = self.trade()
		doc = self.run_it(self.make("cfo"), "cfo")
		self.assertEqual((doc.status, doc.error, doc.progress), ("Completed", None, 100))
		self.assertEqual((doc.orders_decided, doc.held_a, doc.held_b), (2, 1, 0))
		self.assertEqual(doc.started_by, email_of("cfo"))
		self.assertTrue(doc.started_on <= doc.finished_on)
		result = json.loads(doc.result)
		figures = self.figures(doc)
		self.assertEqual(figures["orders"], [{"count": 2, "amount": 13_000}] * 2)
		self.assertEqual(figures["held"], [None, {"count": 1, "amount": 12_000}])
		self.assertEqual(figures["held_paid_on_time"][1], {"count": 1, "amount": 12_000})
		self.assertEqual(figures["cash"], [13_000, 13_000])
		self.assertEqual([row["rule"] for row in result["rules"]], ["Limit Use"])
		self.assertEqual([row["segment"] for row in result["segments"]], ["C"])
		self.assertEqual(result["currency"], "DKK")
		self.assertEqual(sum(month["cash"][0] for month in result["months"]), 13_000)
		(delayed,) = [row for row in result["lists"] if row["key"] == "good_delayed"]
		(row,) = delayed["policies"][0]["rows"]
		self.assertEqual((row["order"], row["doctype"]), (over.name, "Sales Order"))
		self.assertEqual(row["customer_name"], self.customer.customer_name)
		self.assertLess(len(doc.result), 200_000)

	def test_the_workbook_is_a_private_file_of_the_document_and_of_nobody(self):
		self.trade()
		doc = self.run_it(self.make())
		file = frappe.get_doc("File", {"file_url": doc.workbook, "attached_to_name": doc.name})
		self.assertEqual((file.attached_to_doctype, file.attached_to_field), (DOCTYPE, "workbook"))
		self.assertTrue(file.is_private and file.content_hash)
		path = Path(file.get_full_path())
		self.assertEqual(path.read_bytes()[:2], b"PK")
		self.assertEqual(file.file_size, path.stat().st_size)
		self.assert_nothing_is_left_behind()
		with as_user("auditor"):
			self.assertTrue(file.has_permission("read"))
			self.assertFalse(file.has_permission("write"))
		for user in ("controller", "seller1"):
			with as_user(user):
				self.assertFalse(file.has_permission("read"), user)
		with as_user("credit_manager"):
			client.delete(DOCTYPE, doc.name)
		self.assertFalse(path.exists())
		self.assertFalse(frappe.db.exists("File", file.name))

	def test_against_a_file(self):
		self.trade()
		text = policy_files.file_of_policy(active_policy().name)
		text = text.replace("hold_utilisation_percent = 95", "hold_utilisation_percent = 129")
		text = text.replace("stop_utilisation_percent = 120", "stop_utilisation_percent = 200")
		url = policy_file_of("credit_manager", text)
		doc = self.run_it(self.make(file_b=url))
		self.assertEqual((doc.status, doc.held_a, doc.held_b), ("Completed", 1, 1))
		text = text.replace("hold_utilisation_percent = 129", "hold_utilisation_percent = 130")
		url = policy_file_of("credit_manager", text, "easier.toml")
		doc = self.run_it(self.make(file_b=url))
		self.assertEqual((doc.status, doc.held_a, doc.held_b), ("Completed", 1, 0))
		differences = json.loads(doc.result)["differences"]
		self.assertEqual(
			[(row["where"], row["ours"], row["theirs"]) for row in differences],
			[
				("policy: hold_utilisation_percent", "95", "130"),
				("policy: stop_utilisation_percent", "120", "200"),
			],
		)
		self.assertIn("hold_utilisation_percent = 130", doc.terms_b)

	def test_two_versions_of_one_policy(self):
		self.trade()
		policy = make_policy(without_profile="Park for Assessment")
		policy.update({"hold_utilisation_percent": 130, "stop_utilisation_percent": 200})
		policy.save()
		first = frappe.db.get_value("Credit Policy Version", {"policy": policy.name, "version": 1})
		doc = self.run_it(self.make(policy_a=policy.name, version_a=first, policy_b=policy.name))
		self.assertEqual((doc.held_a, doc.held_b), (1, 0))
		self.assertEqual(frappe.db.get_value("Credit Policy Version", doc.version_b, "version"), 2)
		worlds = json.loads(doc.result)["worlds"]
		self.assertEqual([world["version"] for world in worlds], [None, 1, 2])

	def test_what_is_assumed(self):
		self.trade()
		doc = self.run_it(self.make(observe=1))
		self.assertEqual((doc.held_a, self.figures(doc)["good_delayed"][1]["count"]), (1, 0))
		doc = self.run_it(self.make(nobody_releases=1, give_up_days=3))
		self.assertEqual(self.figures(doc)["good_lost"][1], {"count": 1, "amount": 12_000})
		doc = self.make(release_hours=2.5, never_prepay=1, late_days=3, keep_terms=1, recorded_answers=1)
		assumed = back_test_inputs.assumptions_of(doc)
		self.assertEqual(
			(assumed.release_hours, assumed.prepay_days, assumed.late_days, assumed.follow_terms),
			(Decimal("2.5"), None, 3, False),
		)
		self.assertTrue(assumed.recorded_answers)
		plain = back_test_inputs.assumptions_of(self.make())
		self.assertEqual(plain, type(plain)())

	def test_profiles_that_came_later_may_count_from_the_start(self):
		self.trade()
		frappe.db.set_value("Credit Profile", {"customer": self.customer.name}, "creation", now_datetime())
		policy = make_policy(without_profile="Not Checked")
		doc = self.run_it(self.make(policy_a=policy.name))
		self.assertEqual((doc.status, doc.orders_decided, doc.held_a), ("Completed", 0, 0))
		doc = self.run_it(self.make(policy_a=policy.name, profiles_from_start=1))
		self.assertEqual((doc.status, doc.orders_decided, doc.held_a), ("Completed", 2, 1))

	def test_a_period_without_orders(self):
		doc = self.run_it(self.make(from_date=day(900), to_date=day(890)))
		self.assertEqual((doc.status, doc.orders_decided), ("Completed", 0))

	def test_fates_are_known_until_today(self):
		self.customer = make.make_customer()
		profile = make.make_profile(self.customer, manual_limit=10_000)
		date_back(profile)
		with make.policy_off():
			self.sale(12_000, BEGAN - 2, BEGAN - 20)
		doc = self.run_it(self.make(from_date=day(BEGAN), to_date=day(BEGAN - 3)))
		self.assertEqual(self.figures(doc)["held_paid_late"][1]["count"], 1)

	def test_progress_is_told_to_the_user_and_the_document_and_never_touches_modified(self):
		self.trade()
		doc = self.make()
		told = []
		with (
			patch.object(backtesting, "SECONDS_BETWEEN_NEWS", 0),
			patch.object(frappe, "publish_realtime", side_effect=lambda *a, **k: told.append((a, k))),
			patch.object(frappe.db, "set_value", wraps=frappe.db.set_value) as written,
		):
			self.run_it(doc)
		news = [(args[1], where) for args, where in told if args and args[0] == backtesting.EVENT]
		shares = [message["progress"] for message, _where in news]
		self.assertEqual(shares, sorted(shares))
		self.assertEqual(shares[-1], 100)
		self.assertTrue(any(share < 45 for share in shares) and any(45 < share < 90 for share in shares))
		self.assertTrue(all(message["name"] == doc.name for message, _where in news))
		self.assertIn({"user": email_of("credit_manager")}, [where for _message, where in news])
		self.assertIn({"doctype": DOCTYPE, "docname": doc.name}, [where for _message, where in news])
		rows = [
			call
			for call in written.call_args_list
			if "progress" in str(call.args[2:3]) and len(call.args) == 3
		]
		self.assertTrue(rows)
		self.assertTrue(all(call.kwargs == {"update_modified": False} for call in rows))

	def test_nothing_is_committed_while_the_book_is_written(self):
		self.trade()
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job(), patch.object(backtesting, "SECONDS_BETWEEN_NEWS", 0):
			backtesting.start(doc.name)
			commits = frappe.db.commit
			write_book = book_export.write_book

			def watched(*args, **kwargs):
				before = commits.call_count
				write_book(*args, **kwargs)
				self.assertEqual(commits.call_count, before)
				self.assertEqual(backtesting.state(doc.name)["step"], "Writing the book")

			with patch.object(book_export, "write_book", watched):
				backtesting.run(doc.name)
		self.assertEqual(frappe.db.get_value(DOCTYPE, doc.name, "status"), "Completed")

	def test_the_bell_rings_for_whoever_asked(self):
		doc = self.run_it(self.make())
		about = {"document_type": DOCTYPE, "document_name": doc.name, "for_user": email_of("credit_manager")}
		self.assertIn("is completed", frappe.db.get_value("Notification Log", about, "subject"))

	def test_it_speaks_the_language_of_whoever_asked(self):
		self.trade()
		user = email_of("credit_manager")
		self.addCleanup(frappe.clear_cache, user=user)
		for language, sheet in (
			("da", "Beslutninger"),
			("no", "Beslutninger"),
			("sv", "Beslut"),
			("en", "Decisions"),
		):
			frappe.db.set_value("User", user, "language", language)
			frappe.clear_cache(user=user)
			doc = self.run_it(self.make(policy_b=make_policy().name))
			self.assertEqual((doc.status, frappe.local.lang), ("Completed", "en"), language)
			file = frappe.get_doc("File", {"file_url": doc.workbook, "attached_to_name": doc.name})
			sheets = openpyxl.load_workbook(file.get_full_path(), read_only=True).sheetnames
			self.assertEqual(len(sheets), len(set(sheets)))
			self.assertIn(sheet, sheets)


class TestStart(BackTestCase):
	def refused(self, words: str, user: str = "credit_manager", **fields):
		doc = self.make(user, **fields)
		with as_user(user), self.assertRaisesRegex(BackTestError, words):
			backtest_api.start_back_test(doc.name)
		self.assertEqual(frappe.db.get_value(DOCTYPE, doc.name, "status"), "Draft")

	def test_defaults(self):
		with as_user("cfo"):
			doc = frappe.get_doc({"doctype": DOCTYPE, "company": COMPANY, "policy_a": active_policy().name})
			doc.insert()
		self.assertEqual(str(doc.to_date), nowdate())
		self.assertEqual(getdate(doc.from_date), add_months(getdate(nowdate()), -24))
		self.assertEqual((doc.status, doc.prepay_days, doc.give_up_days, doc.late_days), ("Draft", 5, 30, 14))
		self.assertIn(active_policy().name, doc.title)
		self.assertTrue(doc.name.startswith(f"PBT-{date.today().year}-"))

	def test_a_job_is_asked_for_once_the_document_says_so(self):
		doc = self.make()
		with patch.object(frappe, "enqueue") as enqueue, as_user("credit_manager"):
			frappe.db.after_commit.reset()
			told = backtest_api.start_back_test(doc.name)
			enqueue.assert_not_called()
			frappe.db.after_commit.run()
		self.assertEqual(told["status"], "Queued")
		enqueue.assert_called_once_with(
			"b2b_contracts.credit.backtesting.run",
			queue="long",
			timeout=4 * 60 * 60,
			job_id=f"b2b_back_test-{doc.name}",
			name=doc.name,
		)
		doc.reload()
		self.assertEqual((doc.status, doc.started_by), ("Queued", email_of("credit_manager")))
		self.assertTrue(doc.version_a)
		self.assertIn(f'name = "{doc.policy_a}"', doc.terms_a)

	def test_the_terms_are_those_of_when_it_was_asked_for(self):
		policy = make_policy(without_profile="Park for Assessment")
		doc = self.make(policy_a=policy.name)
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
		policy.reload()
		policy.overdue_hold_days = 99
		policy.save()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.run(doc.name)
		doc.reload()
		self.assertEqual(doc.status, "Completed")
		self.assertEqual(frappe.db.get_value("Credit Policy Version", doc.version_a, "version"), 1)
		self.assertIn("overdue_hold_days = 14", doc.terms_a)
		policy.overdue_hold_days = 100
		policy.save()
		self.assertIn("overdue_hold_days = 14", frappe.db.get_value(DOCTYPE, doc.name, "terms_a"))
		(terms,) = backtesting.terms_kept(doc)
		self.assertEqual(terms.policy.version, 1)

	def test_no_policy(self):
		self.refused("no policy to test", policy_a=None)

	def test_a_period_that_is_still_to_come(self):
		self.refused("Let it begin in the past", from_date=day(-5), to_date=day(-9))

	def test_not_twice_at_once_and_not_again_once_completed(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
			with self.assertRaisesRegex(BackTestError, "under way already"):
				backtesting.start(doc.name)
			backtesting.run(doc.name)
			with self.assertRaisesRegex(BackTestError, "Duplicate it"):
				backtesting.start(doc.name)
			# A second job of the same name finds nothing to do.
			with patch.object(backtesting, "_run") as again:
				backtesting.run(doc.name)
			again.assert_not_called()

	def test_another_company_s_policy_and_another_policy_s_version(self):
		ensure_second_company()
		other = frappe.db.get_value("Credit Policy", {"company": SECOND_COMPANY, "is_active": 1})
		for field in ("policy_a", "policy_b"):
			with self.assertRaisesRegex(BackTestError, f"is for .*{SECOND_COMPANY}"):
				self.make(**{"policy_a": active_policy().name, field: other})
		version = policy_files.newest_version(make_policy().name)
		with self.assertRaisesRegex(BackTestError, "belongs to"):
			self.make(version_a=version)

	def test_from_after_to(self):
		with self.assertRaisesRegex(BackTestError, "before it begins"):
			self.make(from_date=day(1), to_date=day(2))

	def test_negative_assumption(self):
		with self.assertRaisesRegex(BackTestError, "Enter 0 or more"):
			self.make(give_up_days=-1)

	def test_a_file_that_is_no_policy(self):
		bad = "[policy]\noverdue_hold_days = -1\n[other]\n"
		for text, words in (
			(bad, ("must not be negative", "other.* is not known")),
			("Hello", ("is not TOML",)),
		):
			frappe.clear_messages()
			doc = self.make(file_b=policy_file_of("credit_manager", text))
			with as_user("credit_manager"), self.assertRaises(BackTestError):
				backtest_api.start_back_test(doc.name)
			for word in words:
				self.assertRegex(self.messages(), word)

	def test_a_file_that_is_not_even_text(self):
		with as_user("credit_manager"):
			file = frappe.get_doc(
				{"doctype": "File", "file_name": "p.toml", "content": b"\xff\xfe\x00", "is_private": 1}
			).insert()
		self.refused("not a UTF-8 text file", file_a=file.file_url)

	def test_a_file_in_another_currency(self):
		text = policy_files.file_of_policy(active_policy().name).replace('"DKK"', '"EUR"')
		self.refused("are in EUR, those of .* in DKK", file_a=policy_file_of("credit_manager", text))

	def test_a_file_without_a_segment_of_ours(self):
		make.make_profile(segment="C")
		text = without(policy_files.file_of_policy(active_policy().name), "C")
		self.refused("does not have the segments C,", file_a=policy_file_of("credit_manager", text))

	def test_a_file_of_somebody_else(self):
		url = policy_file_of("Administrator", policy_files.file_of_policy(active_policy().name))
		with self.assertRaisesRegex(BackTestError, "that you may read"):
			self.make(file_a=url)
		with self.assertRaisesRegex(BackTestError, "that you may read"):
			self.make(file_a="/private/files/../site_config.json")


class TestCancel(BackTestCase):
	def test_at_each_stage(self):
		self.trade()
		for stage in (0, 20, 50, 85, 91, 99):
			doc = self.make()

			def wish(name, news, stage=stage):
				if news["status"] == "Running" and news["progress"] >= stage:
					backtesting.cancel(name)

			with (
				self.subTest(stage),
				patch.object(backtesting, "SECONDS_BETWEEN_NEWS", 0),
				patch.object(backtesting, "is_job_enqueued", return_value=True),
				patch.object(backtesting, "_tell_desk", side_effect=wish),
			):
				self.run_it(doc)
			self.assertEqual((doc.status, doc.result, doc.workbook), ("Cancelled", None, None), stage)
			self.assertTrue(doc.finished_on)
			self.assert_nothing_is_left_behind()
			self.assertFalse(frappe.db.exists("File", {"attached_to_name": doc.name}))
			# The terms that it was asked with stay, and it can be asked for again.
			self.assertEqual(self.run_it(doc).status, "Completed")

	def test_before_its_turn(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtest_api.start_back_test(doc.name)
			self.assertEqual(backtest_api.cancel_back_test(doc.name)["status"], "Cancelled")
			with patch.object(backtesting, "_run") as work:
				backtesting.run(doc.name)
			work.assert_not_called()

	def test_one_whose_job_is_gone_is_cancelled_at_once(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
			frappe.db.set_value(DOCTYPE, doc.name, "status", "Running")
			self.assertEqual(backtest_api.cancel_back_test(doc.name)["status"], "Cancelled")

	def test_nothing_to_cancel(self):
		doc = self.make()
		with as_user("credit_manager"), self.assertRaisesRegex(BackTestError, "nothing to cancel"):
			backtest_api.cancel_back_test(doc.name)


class TestFailure(BackTestCase):
	def failed(self, error: Exception):
		doc = self.make()
		with patch.object(Replay, "run", side_effect=error):
			self.run_it(doc)
		self.assertEqual((doc.status, doc.result, doc.workbook), ("Failed", None, None))
		self.assert_nothing_is_left_behind()
		about = {"document_type": DOCTYPE, "document_name": doc.name}
		self.assertIn("has failed", frappe.db.get_value("Notification Log", about, "subject"))
		return doc

	def test_a_book_that_cannot_be_replayed(self):
		problems = [
			Problem("orders", row, "amount", f"<img src=x onerror=alert({row // 2})> is none")
			for row in range(2, 60)
		]
		doc = self.failed(BookError("a book", problems, 500))
		self.assertIn("orders, amount:", doc.error)
		self.assertIn("(2 ×)", doc.error)
		self.assertIn("9 more", doc.error)
		self.assertEqual(len(doc.error.splitlines()), 22)
		self.assertNotIn("<img", doc.error)

	def test_a_segment_that_a_customer_once_had(self):
		self.trade()
		make.make_segment("B2B-GONE")
		profile = make.make_profile(segment="B2B-GONE")
		date_back(profile)
		profile.reload()
		profile.update({"segment": "C", "change_reason": "Moved"})
		profile.save()
		text = policy_files.file_of_policy(active_policy().name)
		doc = self.run_it(self.make(file_a=policy_file_of("credit_manager", without(text, "B2B-GONE"))))
		self.assertEqual(doc.status, "Failed")
		self.assertIn("'B2B-GONE' is no segment of policy", doc.error)

	def test_what_nobody_foresaw_goes_to_the_error_log(self):
		count = frappe.db.count("Error Log")
		doc = self.failed(ZeroDivisionError("x"))
		self.assertIn("ZeroDivisionError", doc.error)
		self.assertEqual(frappe.db.count("Error Log"), count + 1)

	def test_too_long(self):
		self.assertIn("longer than 4 hours", self.failed(JobTimeoutException("late")).error)

	def test_a_right_that_was_lost_meanwhile(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
		with patch.object(book_export, "sees_everything", return_value=False):
			with as_user("credit_manager"), self.in_a_job():
				backtesting.run(doc.name)
		doc.reload()
		self.assertEqual(doc.status, "Failed")
		self.assertIn("takes one of the roles", doc.error)

	def test_again_after_a_failure(self):
		doc = self.failed(ValueError("x"))
		self.assertEqual((self.run_it(doc).status, doc.error), ("Completed", None))

	def test_a_job_that_was_killed_is_swept(self):
		doc, young, alive, done = (self.make() for _n in range(4))
		for one in (doc, young, alive):
			with as_user("credit_manager"), self.in_a_job():
				backtesting.start(one.name)
			frappe.db.set_value(DOCTYPE, one.name, "status", "Running")
		self.run_it(done)
		hour_ago = frappe.utils.add_to_date(now_datetime(), hours=-1)
		for one in (doc, alive, done):
			frappe.db.set_value(DOCTYPE, one.name, "started_on", hour_ago)
		living = backtesting._job_id(alive.name)
		with self.in_a_job(), patch.object(backtesting, "is_job_enqueued", lambda job: job == living):
			backtesting.sweep()
		statuses = [frappe.db.get_value(DOCTYPE, one.name, "status") for one in (doc, young, alive, done)]
		self.assertEqual(statuses, ["Failed", "Running", "Running", "Completed"])
		self.assertIn("Run it again", frappe.db.get_value(DOCTYPE, doc.name, "error"))

	def test_the_real_queue_knows_no_such_job(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
		frappe.db.set_value(DOCTYPE, doc.name, "started_on", "2026-01-01 00:00:00")
		with self.in_a_job():
			backtesting.sweep()
		self.assertEqual(frappe.db.get_value(DOCTYPE, doc.name, "status"), "Failed")

	def test_a_run_that_was_swept_wrongly_overwrites_nothing(self):
		self.trade()
		doc = self.make()

		def sweep_now(name, news):
			frappe.db.set_value(DOCTYPE, name, "status", "Failed")

		with patch.object(backtesting, "_tell_desk", side_effect=sweep_now):
			self.run_it(doc)
		self.assertEqual((doc.status, doc.result), ("Failed", None))


class TestWho(BackTestCase):
	def test_who_may_run(self):
		for user in ("credit_manager", "finance_director", "cfo"):
			self.assertEqual(self.run_it(self.make(user), user).status, "Completed", user)

	def test_who_may_not(self):
		doc = self.run_it(self.make())
		draft = self.make()
		for user in ("seller1", "sales_manager", "controller", "collector", "accounts_user", "stock_user"):
			with self.subTest(user), as_user(user):
				for ask in (
					lambda: frappe.get_list(DOCTYPE),
					lambda: client.get(DOCTYPE, doc.name),
					lambda: client.insert({"doctype": DOCTYPE, "company": COMPANY}),
					lambda: backtest_api.start_back_test(draft.name),
					lambda: backtest_api.cancel_back_test(doc.name),
					lambda: backtest_api.back_test_state(doc.name),
					lambda: client.delete(DOCTYPE, doc.name),
				):
					with self.assertRaises(frappe.PermissionError):
						ask()

	def test_the_auditor_reads(self):
		doc, draft = self.run_it(self.make()), self.make()
		with as_user("auditor"):
			self.assertTrue(client.get(DOCTYPE, doc.name)["result"])
			self.assertEqual(backtest_api.back_test_state(doc.name)["status"], "Completed")
			self.assertTrue(frappe.get_list(DOCTYPE, filters={"name": doc.name}))
			for ask in (
				lambda: backtest_api.start_back_test(draft.name),
				lambda: client.set_value(DOCTYPE, draft.name, "title", "Mine"),
				lambda: client.delete(DOCTYPE, doc.name),
				lambda: client.insert({"doctype": DOCTYPE, "company": COMPANY}),
			):
				with self.assertRaises(frappe.PermissionError):
					ask()

	def test_somebody_to_whom_a_customer_is_kept_from_sees_none(self):
		doc, draft = self.run_it(self.make()), self.make()
		customer = make.make_customer().name
		for allow, value in (
			("Customer", customer),
			("Territory", frappe.db.get_value("Territory", {"is_group": 0})),
			("Company", ensure_second_company()),
		):
			user = make_user("Credit Manager")
			frappe.get_doc(
				{"doctype": "User Permission", "user": user, "allow": allow, "for_value": value}
			).insert()
			with self.subTest(allow), as_user(user):
				self.assertFalse(frappe.get_list(DOCTYPE, filters={"name": doc.name}))
				for ask in (
					lambda: client.get(DOCTYPE, doc.name),
					lambda: backtest_api.start_back_test(draft.name),
				):
					with self.assertRaises(frappe.PermissionError):
						ask()

	def test_the_mightiest_user_may_too(self):
		doc = self.run_it(self.make("Administrator"), "Administrator")
		self.assertEqual(doc.status, "Completed")


class TestEvidence(BackTestCase):
	CHANGES = {
		"company": SECOND_COMPANY,
		"from_date": "2025-01-01",
		"to_date": "2026-01-01",
		"policy_b": None,
		"observe": 1,
		"release_hours": 8,
		"give_up_days": 1,
		"late_days": 0,
		"status": "Draft",
		"progress": 3,
		"held_a": 999,
		"finished_on": "2026-01-01 10:00:00",
		"started_by": "Administrator",
		"workbook": "/private/files/other.xlsx",
		"terms_a": "[policy]",
		"terms_b": "[policy]",
		"result": "{}",
		"error": "None",
	}

	def setUp(self):
		super().setUp()
		ensure_second_company()
		self.changes = {**self.CHANGES, "policy_b": make_policy().name}

	def assert_kept(self, doc, field, value, user):
		before = frappe.db.get_value(DOCTYPE, doc.name, field)
		with as_user(user):
			for change in (
				lambda: client.set_value(DOCTYPE, doc.name, field, value),
				lambda: client.save({**frappe.get_doc(DOCTYPE, doc.name).as_dict(), field: value}),
			):
				with self.assertRaises(EvidenceError):
					change()
			failed = client.bulk_update(
				frappe.as_json([{"doctype": DOCTYPE, "docname": doc.name, field: value}])
			)["failed_docs"]
			self.assertEqual(len(failed), 1)
		self.assertEqual(frappe.db.get_value(DOCTYPE, doc.name, field), before)

	def test_a_completed_one_cannot_be_changed(self):
		doc = self.run_it(self.make())
		for user in ("credit_manager", "Administrator"):
			for field, value in self.changes.items():
				with self.subTest(f"{user} sets {field}"):
					self.assert_kept(doc, field, value, user)

	def test_neither_without_validation_nor_by_import(self):
		doc = self.run_it(self.make())
		changed = frappe.get_doc(DOCTYPE, doc.name)
		changed.result = "{}"
		changed.flags.ignore_validate = True
		with self.assertRaises(EvidenceError):
			changed.save()
		frappe.flags.in_import = True
		self.addCleanup(frappe.flags.pop, "in_import")
		changed = frappe.get_doc(DOCTYPE, doc.name)
		changed.held_a = 5
		with self.assertRaises(EvidenceError):
			changed.save()
		self.assertFalse(frappe.get_meta(DOCTYPE).allow_import)

	def test_its_title_may_be_changed(self):
		doc = self.run_it(self.make())
		with as_user("credit_manager"):
			client.set_value(DOCTYPE, doc.name, "title", "Before the board meeting")
		after = frappe.get_doc(DOCTYPE, doc.name)
		self.assertEqual(
			(after.title, after.status, after.result), ("Before the board meeting", "Completed", doc.result)
		)

	def test_what_is_given_cannot_be_changed_while_it_runs(self):
		doc = self.make()
		with as_user("credit_manager"), self.in_a_job():
			backtesting.start(doc.name)
		with as_user("credit_manager"), self.assertRaisesRegex(EvidenceError, "Cancel it first"):
			client.set_value(DOCTYPE, doc.name, "give_up_days", 3)
		with (
			as_user("credit_manager"),
			self.assertRaisesRegex(BackTestError, "Cancel it before you delete it"),
		):
			client.delete(DOCTYPE, doc.name)

	def test_what_a_client_says_of_the_outcome_of_another_is_not_listened_to(self):
		forged = {"status": "Completed", "result": "{}", "held_a": 7, "terms_a": "x", "workbook": "/files/x"}
		with as_user("credit_manager"):
			values = {"doctype": DOCTYPE, "company": COMPANY, "policy_a": active_policy().name, **forged}
			doc = frappe.get_doc(DOCTYPE, client.insert(values)["name"])
			self.assertEqual((doc.status, doc.result, doc.held_a, doc.terms_a), ("Draft", None, 0, None))
			for field, value in forged.items():
				client.set_value(DOCTYPE, doc.name, field, value)
		doc.reload()
		self.assertEqual((doc.status, doc.result, doc.held_a, doc.workbook), ("Draft", None, 0, None))

	def test_a_duplicate_begins_anew(self):
		doc = self.run_it(self.make(late_days=3))
		with as_user("credit_manager"):
			copy = frappe.copy_doc(doc)
			copy.insert()
		copy.reload()
		for field in backtesting.OUTCOME:
			if field != "status":
				self.assertFalse(copy.get(field), field)
		self.assertEqual((copy.status, copy.late_days, copy.policy_a), ("Draft", 3, doc.policy_a))
		self.assertEqual(self.run_it(copy).status, "Completed")
		meta = frappe.get_meta(DOCTYPE)
		self.assertTrue(
			all(meta.get_field(f).no_copy and meta.get_field(f).read_only for f in backtesting.OUTCOME)
		)

	def test_every_field_is_given_or_found(self):
		known = {*back_test_inputs.GIVEN, *backtesting.OUTCOME, "title"}
		fields = {
			df.fieldname
			for df in frappe.get_meta(DOCTYPE).fields
			if df.fieldtype not in ("Section Break", "Column Break")
		}
		self.assertEqual(fields, known)

	def test_results_are_not_cleaned_of_what_looks_like_html(self):
		doc = self.run_it(self.make())
		odd = json.dumps({"customer": "A <b>&</b> B > C"})
		frappe.db.set_value(DOCTYPE, doc.name, {"result": odd, "terms_a": "# <x>"})
		with as_user("credit_manager"):
			client.set_value(DOCTYPE, doc.name, "title", "Other")
		self.assertEqual(frappe.db.get_value(DOCTYPE, doc.name, ["result", "terms_a"]), (odd, "# <x>"))


class TestUninstall(BackTestCase):
	def test_files_and_series_go(self):
		from b2b_contracts.setup import uninstall

		doc = self.run_it(self.make())
		path = Path(frappe.get_doc("File", {"file_url": doc.workbook}).get_full_path())
		self.assertTrue(os.path.exists(path))
		with patch.object(uninstall, "BUILT_UPON", ()):
			uninstall._remove_traces()
		self.assertFalse(path.exists())
		self.assertFalse(frappe.db.exists("File", {"attached_to_doctype": DOCTYPE}))
		rows = frappe.db.sql("select name from tabSeries where name like 'PBT-%%'")
		self.assertEqual(rows, ())
