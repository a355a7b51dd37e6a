"""One order of a book, decided about as in a replay and explained: each rule, its inputs, and the ways out."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from b2b_contracts.engine import gate, rules
from b2b_contracts.engine.facts import Case
from b2b_contracts.engine.money import HUNDRED
from b2b_contracts.sentences import plain_english

from .assumptions import Assumptions
from .book import Book, BookError, as_datetime
from .ledger import Order
from .policy_file import PolicyTerms
from .replay import Task, run_sorting
from .world import World


class NotDecided(LookupError):
	"""The book has no such order, or the policy does not look at it."""


@dataclass(frozen=True, slots=True)
class RuleLine:
	"""What one rule saw, as text."""

	rule: str
	measured: str
	threshold: str
	outcome: str
	fired: bool


@dataclass(frozen=True, slots=True)
class Explanation:
	"""One decision, as text: `facts` are (what, value)."""

	title: str
	facts: tuple[tuple[str, str], ...]
	rules: tuple[RuleLine, ...]
	reasons: tuple[str, ...]
	ways_out: tuple[str, ...]


def explain(
	book: Book,
	order: str,
	terms: PolicyTerms,
	assumptions: Assumptions | None = None,
	on_progress: Callable[[float], None] | None = None,
) -> list[Explanation]:
	"""Replay a book and return every decision about an order: when it came, when it changed, when a release ran out.

	Raises `NotDecided` with what to look for, or `BookError`.
	"""
	found: list[Explanation] = []

	def watch(world: World) -> None:
		found.clear()
		world.watched[order] = lambda *seen: found.append(_explanation(terms, *seen))

	task = Task(book.path, (terms,), assumptions or Assumptions(), None, None)
	part = run_sorting(book, task, on_progress or (lambda share: None), watch=watch)
	if part.problem_count:
		raise BookError(str(book.path), part.problems, part.problem_count)
	if not found:
		raise NotDecided(
			f"{order} was not decided about: {book.path} has no such order, or its customer has no profile and the policy "
			f"says {terms.policy.without_profile!r} of such customers."
		)
	return found


def _explanation(terms: PolicyTerms, order: Order, case: Case, moment: int) -> Explanation:
	decision, currency, say = gate.decide(case), order.account.currency, plain_english()
	over = max((finding.over for finding in decision.fired), default=Decimal(0))
	at = as_datetime(moment)
	return Explanation(
		title=f"{order.name}, {order.account.name}, {at:%Y-%m-%d %H:%M}: {decision.outcome}",
		facts=_facts(terms, order, case, decision, say, currency),
		rules=tuple(_line(finding, say, currency) for finding in decision.findings),
		reasons=tuple(say.reason(finding, currency) for finding in decision.fired),
		ways_out=tuple(
			say.way_out(way, decision.requirement, over, currency) + (" (enough)" if way.is_enough else "")
			for way in decision.ways_out
		),
	)


def _facts(terms, order: Order, case: Case, decision, say, currency: str) -> tuple[tuple[str, str], ...]:
	account, position = case.account, case.position
	limit = account.limit.kind if account.limit.is_unlimited else say.money(account.limit.ceiling, currency)
	used = decision.utilisation_after
	rows = [
		("Policy", f"{terms.name}, version {terms.policy.version}"),
		("Order", say.money(case.order.amount, currency)),
		("Prepaid", say.money(case.order.prepaid, currency)),
		("Segment, risk class", f"{account.segment or '–'}, {account.risk_class}"),
		("Rating", f"{account.rating or '–'} (reviewed: {account.rating_at_review or '–'})"),
		("Limit", limit),
		("Receivables", say.money(position.receivables, currency)),
		("Delivered, not billed", say.money(position.delivered_not_billed, currency)),
		("Granted orders", say.money(position.granted_orders, currency)),
		("Waiting orders", say.money(position.waiting_orders, currency)),
		(
			"Exposure, before and after",
			f"{say.money(decision.exposure_before, currency)}, {say.money(decision.exposure_after, currency)}",
		),
		("Secured", say.money(decision.secured, currency)),
		("Limit used", "–" if used is None else say.percent(used * HUNDRED)),
		(
			"Overdue, credits",
			f"{say.money(case.overdue.amount, currency)}, {say.money(case.overdue.credits, currency)}",
		),
	]
	if case.group:
		rows.append(
			(
				"Credit group",
				f"{case.group.name}, others {say.money(case.group.others_net, case.group.currency)}",
			)
		)
	if decision.requirement.role:
		rows.append(("Released by", decision.requirement.role))
	return tuple(rows)


def _line(finding: rules.Finding, say, currency: str) -> RuleLine:
	outcome = finding.action or (f"passed: {finding.waived}" if finding.waived else "passed")
	return RuleLine(
		finding.rule,
		say.measured(finding.measured, finding.unit, currency),
		say.measured(finding.threshold, finding.unit, currency),
		outcome,
		finding.fired,
	)
