"""Whom to call first and what to do next: the priority's factors, the step that comes, the next best action."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b2b_contracts.engine import collection_tasks, dunning, worklist
from b2b_contracts.engine.dunning import AGENCY, EMAIL, LETTER, PHONE, Account, Flow, Had, Item, Step, chased
from b2b_contracts.engine.worklist import (
	Action,
	Coming,
	Debt,
	Situation,
	Task,
	Weights,
	days_of_change,
	debt_of,
	first_step,
	next_best,
	priority,
)

TODAY = date(2026, 6, 30)
SOME = Decimal(1000)
WEIGHTS = Weights()
amounts = st.decimals(0, 1_000_000, places=2)
debts = st.builds(
	Debt,
	chased=amounts,
	disputed=amounts,
	money_days=amounts,
	risk_class=st.sampled_from(("A", "B", "C", "")),
	broken=st.integers(0, 9),
	dispute_days=st.integers(0, 400),
)


def ago(days: int) -> date:
	return TODAY - timedelta(days=days)


def item(days: int, amount: int = 1000, **fields) -> Item:
	return Item(f"row-{days}-{amount}", f"INV-{days}", ago(days), Decimal(amount), **fields)


# ------------------------------------------------------------------ the priority
def test_a_priority_by_hand():
	# 12,000 can be asked for and 8,000 is disputed: 14,000 count, 60 days late on average.
	debt = Debt(Decimal(12_000), Decimal(8_000), Decimal(14_000 * 60), "C", broken=2, dispute_days=28)
	found = priority(debt, WEIGHTS)
	assert [factor.value for factor in found.factors] == [14, 3, Decimal("1.5"), 2, Decimal("1.5")]
	assert [factor.name for factor in found.factors] == list(worklist.FACTORS)
	assert found.value == 14 * 3 * Decimal("1.5") * 2 * Decimal("1.5")


def test_factors_stop_growing():
	far = Debt(SOME, money_days=SOME * 5000, broken=50, dispute_days=5000)
	most = Debt(SOME, money_days=SOME * 180, broken=3, dispute_days=84)
	assert priority(far, WEIGHTS).value == priority(most, WEIGHTS).value


def test_who_owes_nothing_has_no_priority():
	assert priority(Debt(Decimal(0), broken=3, dispute_days=90), WEIGHTS).value == 0


def test_a_weight_of_nothing_takes_a_factor_out():
	plain = Weights(
		age_weight=Decimal(0),
		broken_weight=Decimal(0),
		dispute_weight=Decimal(0),
		risk_high=Decimal(1),
		disputed_percent=Decimal(0),
	)
	debt = Debt(Decimal(5_000), Decimal(700), Decimal(10_000), "C", 3, 50)
	assert priority(debt, plain).value == 5


@given(debts)
def test_the_value_is_the_product_of_what_is_shown_and_never_negative(debt):
	found = priority(debt, WEIGHTS)
	value = Decimal(1)
	for factor in found.factors:
		value *= factor.value
	assert found.value == value >= 0


@given(debts, st.integers(1, 100), st.integers(0, 5), st.integers(0, 100))
def test_more_of_anything_is_never_less_urgent(debt, money, broken, days):
	more = replace(
		debt,
		money_days=debt.money_days + money,
		broken=debt.broken + broken,
		dispute_days=debt.dispute_days + days,
	)
	assert priority(more, WEIGHTS).value >= priority(debt, WEIGHTS).value
	assert priority(replace(debt, risk_class="C"), WEIGHTS).value >= priority(debt, WEIGHTS).value


@pytest.mark.parametrize("field", ["amount_unit", "age_days", "dispute_days"])
def test_nothing_is_divided_by_nothing(field):
	with pytest.raises(ValueError, match="more than nothing"):
		Weights(**{field: 0})


def test_a_debt_counts_what_is_overdue_by_its_own_age():
	account = Account((item(10), item(40, 2000, disputed=Decimal(500)), item(-5)), credits=Decimal(300))
	parts = [(part, Decimal(1)) for part in chased(account, TODAY)]
	# The credit covers the oldest: 2,000 - 500 - 300 are left of it.
	assert debt_of(parts, TODAY, WEIGHTS) == Debt(
		Decimal(2200), Decimal(500), Decimal(1200 * 40 + 1000 * 10) + Decimal(125 * 40)
	)
	doubled = [(part, Decimal(2)) for part, _rate in parts]
	assert debt_of(doubled, TODAY, WEIGHTS).chased == 4400


# ------------------------------------------------------------------ the step that comes
FLOW = Flow(
	"Ladder",
	(Step("mail", 3, EMAIL), Step("call", 10, PHONE), Step("letter", 20, LETTER), Step("out", 45, AGENCY)),
)


def next_step(flow: Flow, account: Account, on: date) -> Coming | None:
	return first_step(lambda day: dunning.plan(flow, account, day), days_of_change([flow], account, on))


@pytest.mark.parametrize(
	("days", "step", "ahead"),
	[(-2, "mail", 5), (2, "mail", 1), (3, "mail", 0), (12, "call", 0), (60, "out", 0)],
)
def test_the_step_that_is_reached_or_comes(days, step, ahead):
	found = next_step(FLOW, Account((item(days),)), TODAY)
	assert (found.step.code, found.day) == (step, TODAY + timedelta(days=ahead))


def test_a_step_that_was_had_is_followed_by_the_next_one():
	late = item(9, had=(Had("mail", 3, ago(1)),))
	found = next_step(FLOW, Account((late,)), TODAY)
	# Due tomorrow by its day, but three days from the last one at least.
	assert (found.step.code, found.day) == ("call", ago(-2))


def test_of_several_items_the_first_that_comes_and_of_those_the_highest():
	several = Account((item(2), item(1, 10), item(-5)))
	assert next_step(FLOW, several, TODAY) == Coming(FLOW.steps[0], ago(-1))
	reached = Account((item(3), item(25), item(1)))
	assert next_step(FLOW, reached, TODAY) == Coming(FLOW.steps[2], TODAY)


def test_no_step_is_left():
	over = item(90, had=(Had("out", 45, ago(30)),))
	assert next_step(FLOW, Account((over,)), TODAY) is None
	assert next_step(FLOW, Account((item(5, disputed=SOME),)), TODAY) is None


HANDING_OVER = replace(
	FLOW, steps=(*FLOW.steps[:3], replace(FLOW.steps[3], acts=frozenset({dunning.HAND_OVER})))
)


@given(
	st.sampled_from((FLOW, HANDING_OVER)),
	st.integers(-30, 100),
	st.integers(0, 3),
	st.integers(0, 30),
	st.none() | st.integers(-40, 40),
)
def test_what_is_foreseen_is_what_happens(flow, days, had, gone, time_given):
	deadline = None if time_given is None else ago(time_given)
	announced = frozenset({dunning.COLLECTION}) if time_given is None or time_given % 2 else frozenset()
	steps = tuple(Had(step.code, step.day, ago(gone), announced, deadline) for step in flow.steps[:had])
	account = Account((item(days, had=steps),))
	found = next_step(flow, account, TODAY)
	for ahead in range(0, 140):
		day = TODAY + timedelta(days=ahead)
		planned = dunning.plan(flow, account, day)
		if planned:
			assert found == Coming(planned.step or planned.contact, day)
			return
	assert found is None


def test_a_step_that_one_item_is_too_small_for_comes_with_the_next_item():
	flow = Flow("Minimum", (Step("mail", 3, EMAIL, minimum=Decimal(1500)),))
	account = Account((item(5), item(-4, 600)))
	assert next_step(flow, account, TODAY) == Coming(flow.steps[0], ago(-4))
	assert next_step(flow, Account((item(5),)), TODAY) is None


def test_what_comes_on_a_quiet_day_comes_after_it():
	account = Account((item(1),))
	days = list(days_of_change([FLOW], account, TODAY))
	quiet = {ago(-2), ago(-3)}
	found = first_step(lambda day: dunning.plan(FLOW, account, day), days, quiet.__contains__)
	assert found == Coming(FLOW.steps[0], ago(-4))
	assert first_step(lambda day: dunning.plan(FLOW, account, day), days, lambda day: True) is None


def test_what_is_held_back_is_waited_for():
	assert act(held="Nothing may go.") == ("Wait", "Held", None)
	assert act(held="Nothing may go.", coming=Coming(FLOW.steps[0], TODAY))[0] == "Reminder"


several = st.lists(
	st.tuples(st.integers(-30, 70), st.integers(1, 900), st.booleans()), min_size=1, max_size=4
)


@given(several, st.sampled_from((FLOW, HANDING_OVER)), st.integers(0, 2000), st.integers(0, 1500))
def test_no_day_but_those_of_a_change_brings_a_step(rows, flow, minimum, below):
	flow = replace(
		flow,
		steps=tuple(
			replace(
				step, minimum=Decimal(minimum), balance_below=Decimal(below) if step.code == "call" else None
			)
			for step in flow.steps
		),
	)
	items = tuple(
		replace(item(days, amount), key=str(n), stays="x" if stays else "")
		for n, (days, amount, stays) in enumerate(rows)
	)
	account = Account(items, promised=Decimal(100), payment_days=(15,) if len(rows) == 4 else ())
	found = next_step(flow, account, TODAY)
	for ahead in range(0, 140):
		day = TODAY + timedelta(days=ahead)
		planned = dunning.plan(flow, account, day)
		if planned and not planned.reason:
			assert found == Coming(planned.step or planned.contact, day)
			return
	assert found is None


# ------------------------------------------------------------------ the next best action
def seen(**fields) -> Situation:
	return Situation(**{"chased": SOME, **fields})


def act(**fields) -> tuple[str, str, date | None]:
	action = next_best(seen(**fields), TODAY)
	return action.kind, action.reason, action.day


def test_what_hinders_everything_goes_first():
	everything = {
		"broken_on": ago(1),
		"unanswered_since": ago(3),
		"tasks": (Task("CT-1", collection_tasks.PHONE_CALL, TODAY),),
	}
	assert act(is_insolvent=True, excluded="Talks", **everything)[:2] == ("Nothing", "Insolvent")
	assert act(excluded="Talks", **everything)[:2] == ("Nothing", "Excluded")


def test_what_was_not_kept_is_called_about_until_somebody_has():
	assert act(broken_on=ago(2)) == ("Call", "Broken Promise", TODAY)
	assert act(missed_on=ago(2)) == ("Call", "Missed Instalment", TODAY)
	assert act(broken_on=ago(2), last_contact=ago(5))[:2] == ("Call", "Broken Promise")
	assert act(broken_on=ago(2), last_contact=TODAY)[1] != "Broken Promise"
	assert act(broken_on=ago(2), missed_on=ago(1), last_contact=ago(1))[1] == "Missed Instalment"
	# There is nothing to ask for: what was promised once is of no use.
	assert act(chased=Decimal(0), broken_on=ago(2))[0] != "Call"


def test_an_unanswered_dispute_and_a_due_task():
	task = Task("CT-1", collection_tasks.PHONE_CALL, ago(1))
	assert act(unanswered_since=ago(4), tasks=(task,)) == ("Answer Dispute", "Unanswered Dispute", TODAY)
	assert act(tasks=(task,)) == ("Call", "Task", TODAY)
	assert next_best(seen(tasks=(task,)), TODAY).task == "CT-1"
	for kind, action in (
		(collection_tasks.ACCOUNT_MANAGER, "Account Manager Contact"),
		(collection_tasks.FIND_ADDRESS, "Find Address"),
		(collection_tasks.DECIDE_UNCLEAR, "Do Task"),
		(collection_tasks.SEND_LETTER, "Do Task"),
	):
		assert act(tasks=(Task("CT-2", kind, TODAY),))[0] == action
	# Not even with nothing to chase is a task forgotten.
	assert act(chased=Decimal(0), tasks=(task,))[1] == "Task"


@pytest.mark.parametrize(
	("reason", "fields", "expected"),
	[
		(dunning.AWAITED, {"awaited_until": ago(-2)}, ("Wait", "Payment Announced", ago(-2))),
		(dunning.PROMISED, {"promised_until": ago(-5)}, ("Wait", "Promised", ago(-5))),
		(dunning.IN_PLAN, {"instalment_on": ago(-9)}, ("Wait", "In Payment Plan", ago(-9))),
		(dunning.DISPUTED, {}, ("Wait", "In Dispute", None)),
		(dunning.COVERED, {}, ("Set off Credits", "Covered by Credits", None)),
		(dunning.IN_CASE, {}, ("Nothing", "In Collection Case", None)),
		(dunning.EXCLUDED, {}, ("Nothing", "Excluded", None)),
	],
)
def test_what_is_set_aside_is_waited_for(reason, fields, expected):
	assert act(chased=Decimal(0), left_out={reason: SOME}, **fields) == expected
	larger = {reason: SOME, dunning.DISPUTED if reason != dunning.DISPUTED else dunning.AWAITED: Decimal(1)}
	assert act(chased=Decimal(0), left_out=larger, **fields) == expected


def test_nothing_is_due():
	assert act(chased=Decimal(0)) == ("Nothing", "Nothing Due", None)


def test_the_flow_says_what_comes():
	mail, call, out = FLOW.steps[0], FLOW.steps[1], FLOW.steps[3]
	assert act(coming=Coming(mail, TODAY)) == ("Reminder", "Step", TODAY)
	assert act(coming=Coming(mail, TODAY), can_be_written_to=False) == ("Find Address", "No Address", TODAY)
	assert act(coming=Coming(call, TODAY), can_be_written_to=False) == ("Call", "Step", TODAY)
	assert act(coming=Coming(out, TODAY))[0] == "Hand Over"
	assert act(coming=Coming(call, ago(-4))) == ("Wait", "Step", ago(-4))
	assert next_best(seen(coming=Coming(call, ago(-4))), TODAY).step == call
	assert act() == ("Call", "No Step Left", TODAY)
	assert act(has_flow=False) == ("Call", "No Flow", TODAY)


def test_a_task_before_the_next_step_is_waited_for():
	retry = Task("CT-1", collection_tasks.PHONE_CALL, ago(-1))
	coming = Coming(FLOW.steps[2], ago(-4))
	assert act(tasks=(retry,), coming=coming) == ("Wait", "Task", ago(-1))
	assert act(tasks=(replace(retry, due=ago(-9)),), coming=coming) == ("Wait", "Step", ago(-4))
	assert act(tasks=(retry,)) == ("Wait", "Task", ago(-1))


def test_who_was_tried_today_is_not_called_again_by_the_flow():
	call = Coming(FLOW.steps[1], ago(2))
	retry = Task("CT-1", collection_tasks.PHONE_CALL, ago(-1))
	assert act(coming=call, last_contact=ago(1)) == ("Call", "Step", TODAY)
	assert act(coming=call, last_contact=TODAY) == ("Wait", "Contacted Today", None)
	assert act(coming=call, tasks=(retry,), last_contact=TODAY) == ("Wait", "Task", ago(-1))
	# What goes out in writing goes all the same.
	mail = Coming(FLOW.steps[0], ago(2))
	assert act(coming=mail, tasks=(retry,), last_contact=TODAY)[0] == "Reminder"
	assert act(last_contact=TODAY) == ("Wait", "Contacted Today", None)


def test_every_situation_has_an_action():
	choices = {
		"chased": (Decimal(0), SOME),
		"left_out": ({}, {dunning.PROMISED: SOME}),
		"is_insolvent": (False, True),
		"excluded": ("", "Talks"),
		"broken_on": (None, ago(1)),
		"unanswered_since": (None, ago(1)),
		"tasks": ((), (Task("CT-1", collection_tasks.OTHER, TODAY),)),
		"coming": (None, Coming(FLOW.steps[0], TODAY), Coming(FLOW.steps[0], ago(-1))),
	}
	for values in product(*choices.values()):
		action = next_best(Situation(**dict(zip(choices, values, strict=True))), TODAY)
		assert isinstance(action, Action)
		assert action.kind in worklist.ACTIONS
		if action.kind not in (worklist.WAIT, worklist.NOTHING, worklist.SET_OFF):
			assert action.day == TODAY
