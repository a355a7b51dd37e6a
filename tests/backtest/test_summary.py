"""A back-test in a few kilobytes: plain values, and the same figures as the result has."""

import json
from datetime import date

import pytest

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.book import Book
from b2b_contracts.backtest.figures import FATES
from b2b_contracts.backtest.replay import Replay
from b2b_contracts.backtest.result import amount_of
from b2b_contracts.backtest.sample import write_sample
from b2b_contracts.backtest.summary import MOST_ROWS, summary_of


@pytest.fixture(scope="module")
def book(tmp_path_factory):
	folder = tmp_path_factory.mktemp("summary") / "book"
	write_sample(folder, 80, 18, 3)
	return folder


@pytest.fixture(scope="module")
def two(book):
	policies = [policy_file.shipped("standard"), policy_file.shipped("alternative")]
	return Replay(Book(book), policies).run()


def figures(summary: dict) -> dict:
	return {row["key"]: row["values"] for row in summary["figures"]}


def test_it_is_json_and_small(two):
	text = json.dumps(summary_of(two), allow_nan=False)
	assert json.loads(text) == summary_of(two)
	assert len(text) < 100_000


def test_figures_are_those_of_the_result(two):
	summary = summary_of(two)
	found = figures(summary)
	assert [world["title"] for world in summary["worlds"]] == ["As it was", "Standard", "Alternative"]
	for n, world in enumerate(two.worlds):
		assert found["orders"][n]["count"] == world.figures.orders.count
		assert found["written_off"][n] == round(float(world.loss), 2)
		assert found["cash"][n] == round(float(world.cash), 2)
		assert found["dso"][n] == round(float(world.dso_average), 1)
	for n, world in enumerate(two.policies, 1):
		assert found["held"][n] == {
			"count": world.figures.held_orders.count,
			"amount": round(float(world.figures.held_orders.amount), 2),
		}
		assert found["good_delayed"][n]["amount"] == round(float(amount_of(world.delayed_good)), 2)
		assert found["loss_avoided"][n] == round(float(world.loss_avoided), 2)
		of_fates = [found[f"held_{fate.lower().replace(' ', '_')}"][n]["count"] for fate in FATES]
		assert sum(of_fates) == len(world.held_orders)
	held = [key for key in found if key.startswith(("held", "good", "stopped", "share", "loss_avoided"))]
	assert len(held) == 13
	assert all(found[key][0] is None for key in held)


def test_months_add_up(two):
	months = summary_of(two)["months"]
	assert [row["month"] for row in months] == sorted(row["month"] for row in months)
	for n, world in enumerate(two.worlds):
		assert round(sum(row["cash"][n] for row in months), 2) == pytest.approx(float(world.cash), abs=0.5)
	assert months[0]["dso"] == [None] * 3


def test_tables_have_every_rule_segment_role_and_fate(two):
	summary = summary_of(two)
	world = two.policies[0].figures
	assert {
		row["rule"]: row["values"][0]["count"] for row in summary["rules"] if row["values"][0]["count"]
	} == {rule: tally.count for rule, tally in world.by_rule.items()}
	assert {row["role"]: row["values"][0] for row in summary["roles"] if row["values"][0]} == dict(
		world.roles
	)
	assert [row["segment"] for row in summary["segments"]] == sorted(world.by_segment)
	assert [row["fate"] for row in summary["fates"]] == list(FATES)


def test_lists_are_cut_and_say_how_long_they_were(two):
	for found in summary_of(two)["lists"]:
		for policy in found["policies"]:
			assert len(policy["rows"]) == min(policy["count"], MOST_ROWS)
	(delayed,) = [found for found in summary_of(two)["lists"] if found["key"] == "good_delayed"]
	first = delayed["policies"][0]["rows"][0]
	assert first["order"] == two.policies[0].delayed_good[0].name
	assert first["customer_name"]
	assert first["days_delayed"] > 0


def test_one_policy_has_nothing_to_differ_from(book):
	result = Replay(Book(book), [policy_file.shipped("standard")]).run()
	summary = summary_of(result)
	assert summary["differences"] == []
	assert len(figures(summary)["held"]) == 2


def test_a_period_without_orders(book):
	result = Replay(
		Book(book), [policy_file.shipped("standard")], from_date=date(2001, 1, 1), to_date=date(2001, 2, 1)
	).run()
	summary = summary_of(result)
	assert figures(summary)["held"][1] == {"count": 0, "amount": 0}
	assert figures(summary)["share_held"] == [None, None]
	json.dumps(summary, allow_nan=False)
