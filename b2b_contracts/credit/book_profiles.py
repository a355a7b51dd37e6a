"""How customers were judged over time: the sheets profiles, ratings, groups, securities and rates.

A profile's history (Credit Profile Change) says each change as people read it: "kr 100.000,00". It is walked back from
today's profile, and a step is only taken where the text is without doubt: what it says was changed to must be what is
there, and what it was changed from must read the same again when written in today's format. Where that fails, the walk
ends: the earliest state that is known is dated at the profile's creation. Nothing is guessed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import frappe
from frappe.utils import flt, get_datetime, getdate

from b2b_contracts.backtest.book_format import BY_NAME, GROUPS, PROFILES, RATES, RATINGS, SECURITIES
from b2b_contracts.engine import rules, security
from b2b_contracts.engine.insurance import DRAFT, ENDED
from b2b_contracts.engine.limits import LIMITED, PERCENT_OF_REVENUE
from b2b_contracts.engine.money import ONE

from . import book_facts, security_facts
from .account_facts import company_currency, rate_to
from .book_facts import ORDER, Scope
from .book_scratch import Scratch, amount_text, cents, day_text, number_text, text, text_until

# What the history records of what a book wants to know.
RECORDED = (
	*("segment", "level", "risk_class", "external_rating", "rating_at_review", "limit_type", "manual_limit"),
	*("temporary_limit", "temporary_limit_until", "granted_limit", "expected_annual_revenue", "credit_group"),
	*("require_po", "security_required_percent", "next_review"),
)
# The words of a book for whom a security protects.
DIRECTIONS = {
	word.lower(): word for c in BY_NAME[SECURITIES].columns if c.name == "direction" for word in c.choices
}
# The rows of one save are written within moments.
ONE_SAVE = timedelta(seconds=2)
# The first rows are written while a profile is made, from nothing.
BEING_MADE = timedelta(seconds=10)


class Doubt(Exception):
	"""A step back that cannot be taken for sure."""


@dataclass(slots=True)
class Step:
	"""What changed at one moment: (field, before, after) as texts; `reviewed` is a review that left no such row."""

	at: datetime
	changes: list[tuple[str, str, str]] = field(default_factory=list)
	reviewed: bool = False


class Profiles:
	"""Adds profiles and their ratings to a scratch."""

	def __init__(self, scope: Scope, scratch: Scratch):
		self.scope, self.scratch = scope, scratch
		self.segments, self.terms = book_facts.segments(), book_facts.segment_terms()
		self.forms: dict[str, object] = {}
		meta = frappe.get_meta("Credit Profile")
		self.fields = {meta.get_label(name): name for name in RECORDED}

	def add(self, profile) -> None:
		"""Add the rows of a profile and its ratings."""
		member = (profile.customer, profile.company)
		states = self._states(profile)
		holds = [hold for hold in profile.holds if hold.rule == rules.FORCED_HOLD]
		moments = [at for at, _state in states] + [at for hold in holds for at in _span(hold) if at]
		rows: list[tuple[datetime, dict]] = []
		for at in sorted({at for at in moments if at >= states[0][0]}):
			state = [state for since, state in states if since <= at][-1]
			row = self._row(profile, state, at) | _forced(holds, at, profile)
			if not rows or rows[-1][1] != row:
				rows.append((at, row))
		for at, row in _in_period(rows, self.scope):
			self.scratch.add(PROFILES, text(at), member, **row)
		ratings = list(_ratings(states))
		for number, (at, rating, reviewed) in enumerate(ratings):
			if self._rating_counts(ratings, number):
				self.scratch.add(RATINGS, text(at), member, rating=rating, reviewed="yes" if reviewed else "")

	def _rating_counts(self, ratings: list, number: int) -> bool:
		"""Whether a rating is of the period, or is what was known when it began."""
		at, _rating, reviewed = ratings[number]
		if at.date() >= self.scope.from_date:
			return at.date() <= self.scope.to_date
		later = [row for row in ratings[number + 1 :] if row[0].date() < self.scope.from_date]
		return not later or (reviewed and not any(row[2] for row in later))

	# -------------------------------------------------------------- the walk back
	def _states(self, profile) -> list[tuple[datetime, dict]]:
		"""Return the states of a profile that are known for sure, the oldest first, the first one at its creation."""
		state = {name: profile[name] or None for name in RECORDED}
		# A manual limit of 0 counts where a reason stands beside it (account_facts); the history does not record the reason.
		if not profile.manual_limit and profile.limit_reason:
			state["manual_limit"] = 0
		states: list[tuple[datetime, dict]] = []
		for step in reversed(self._steps(profile)):
			if step.at - profile.creation < BEING_MADE and not any(was for _name, was, _now in step.changes):
				break
			states.append((step.at, state))
			try:
				state = self._before(state, step, profile.currency)
			except Doubt:
				states.pop()
				break
		states.append((profile.creation, state))
		return states[::-1]

	def _steps(self, profile) -> list[Step]:
		steps: list[Step] = []
		for row in profile.history:
			if row.field_label not in self.fields:
				continue
			if not steps or row.changed_on - steps[-1].at > ONE_SAVE:
				steps.append(Step(row.changed_on))
			steps[-1].changes.append((self.fields[row.field_label], row.before or "", row.after or ""))
		for hold in profile.holds:
			if hold.rule == rules.STOP_BY_RATING and hold.released_on:
				# Lifting a stop by rating says that a person has reviewed the rating (releasing.lift).
				steps.append(Step(hold.released_on, reviewed=True))
		steps.sort(key=lambda step: step.at)
		reviewed = ""
		for step in steps:
			if step.reviewed:
				step.changes = [("rating_at_review", reviewed, "")]
			for name, _before, after in step.changes:
				reviewed = after if name == "rating_at_review" else reviewed
		return steps

	def _before(self, state: dict, step: Step, currency: str) -> dict:
		"""Return the state before a step. Raises Doubt where it does not say so for sure."""
		before = dict(state)
		for name, was, became in reversed(step.changes):
			if not step.reviewed and self._shown(name, before[name], currency) != became:
				raise Doubt(name)
			before[name] = self._read(name, was, currency)
		if before["manual_limit"] is None and not before["granted_limit"] and self._should_grant(before):
			# A manual limit of 0 with a reason, or none at all: the history does not say.
			raise Doubt("manual_limit")
		return before

	def _should_grant(self, state: dict) -> bool:
		"""Whether a customer without a manual limit would have been granted something."""
		if state["limit_type"] not in (None, LIMITED) or state["temporary_limit_until"]:
			return False
		basis = self.segments.get(state["segment"])
		return basis != PERCENT_OF_REVENUE or bool(state["expected_annual_revenue"])

	def _shown(self, name: str, value, currency: str) -> str:
		"""Return a value as the history has it (credit_profile.shown)."""
		form = self.forms.get(currency)
		if form is None:
			form = self.forms[currency] = frappe.new_doc("Credit Profile")
			form.currency = currency
		form.set(name, value)
		return str(form.get_formatted(name)) if _shows(value) else ""

	def _read(self, name: str, words: str, currency: str):
		"""Return the value that reads so in today's format."""
		if not words:
			return None
		for value in _readings(frappe.get_meta("Credit Profile").get_field(name).fieldtype, words):
			if self._shown(name, value, currency) == words:
				return value
		raise Doubt(name)

	# -------------------------------------------------------------- rows
	def _row(self, profile, state: dict, at: datetime) -> dict:
		manual = state["manual_limit"]
		percent, ratio = state["security_required_percent"], profile.gross_net_ratio
		revenue, until = state["expected_annual_revenue"], state["temporary_limit_until"]
		return {
			"segment": state["segment"] or "",
			"level": str(state["level"]) if state["level"] else "",
			"risk_class": state["risk_class"] or "",
			"limit_type": state["limit_type"] or "",
			"manual_limit": "" if manual is None else amount_text(cents(manual)),
			"temporary_limit": amount_text(cents(state["temporary_limit"])) if until else "",
			"temporary_limit_until": day_text(until),
			"expected_annual_revenue": amount_text(cents(revenue)) if revenue else "",
			"gross_net_ratio": number_text(ratio) if ratio else "",
			"credit_group": state["credit_group"] or "",
			"next_review": day_text(state["next_review"]),
			"requires_po": state["require_po"] or "",
			"security_required_percent": number_text(percent) if percent else "",
			"terms_days": self._terms_days(state["segment"], at.date()),
		}

	def _terms_days(self, segment: str | None, on: date) -> str:
		"""Return the days after which the last part of an invoice is due by the segment's terms of today."""
		from erpnext.controllers.accounts_controller import get_due_date

		dues = [getdate(get_due_date(row, on)) for row in self.terms.get(segment or "", ())]
		return str((max(dues) - on).days) if dues else ""


def _shows(value) -> bool:
	"""Whether the history shows a value at all: it leaves out a number that rounds to 0 (credit_profile.plain)."""
	return bool(flt(value, 2)) if isinstance(value, int | float | Decimal) else bool(value)


def _readings(fieldtype: str, words: str) -> Iterator[object]:
	"""Yield what words may mean, whatever the format; whoever asks checks which of them reads so."""
	if fieldtype in ("Select", "Link", "Data"):
		yield words
	elif fieldtype == "Int":
		if words.isdecimal():
			yield int(words)
	elif fieldtype == "Percent":
		yield flt(words.rstrip("%"))
	elif fieldtype == "Currency":
		digits = re.search(r"\d[\d.,'’\s]*", words)
		found = re.sub(r"['’\s]", "", digits[0]) if digits else ""
		for decimal in (".", ","):
			other = "," if decimal == "." else "."
			whole, _, fraction = found.replace(other, "").partition(decimal)
			if whole.isdecimal() and (not fraction or fraction.isdecimal()):
				yield float(f"{whole}.{fraction or 0}")
	elif fieldtype == "Date":
		numbers = re.findall(r"\d+", words)
		if len(numbers) == 3:
			first, second, third = numbers
			orders = ((third, second, first), (third, first, second), (first, second, third))
			for year, month, day in orders:
				try:
					yield date(int(year), int(month), int(day))
				except ValueError:
					continue


def _span(hold) -> tuple[datetime, datetime | None]:
	"""Return from when until when a forced hold stood."""
	return hold.creation, None if hold.status == "Open" else hold.released_on or hold.modified


def _forced(holds: list, at: datetime, profile) -> dict:
	"""Return the forced hold that stood at a moment."""
	for hold in holds:
		since, until = _span(hold)
		if since <= at and (until is None or at < until):
			reason = profile.forced_hold_reason if until is None else ""
			return {"forced_hold": hold.action, "forced_hold_reason": reason or hold.message or ""}
	return {}


def _in_period(rows: list, scope: Scope) -> list:
	"""Return the rows of the period, and the one that held when it began."""
	before = [row for row in rows if row[0].date() < scope.from_date]
	return before[-1:] + [row for row in rows if scope.from_date <= row[0].date() <= scope.to_date]


def _ratings(states: list[tuple[datetime, dict]]) -> Iterator[tuple[datetime, str, bool]]:
	"""Yield when which rating arrived or was reviewed."""
	known = reviewed = None
	for at, state in states:
		rating, at_review = state["external_rating"], state["rating_at_review"]
		if at_review and at_review != reviewed:
			yield at, at_review, True
			known = at_review
		if rating and rating != known:
			yield at, rating, False
			known = rating
		reviewed = at_review


# ------------------------------------------------------------------ groups and securities
def add_profiles(scope: Scope, scratch: Scratch) -> None:
	"""Add all profiles of the companies that were made until the end of the period, and the groups that they name."""
	profiles, last = Profiles(scope, scratch), ""
	while found := book_facts.profiles(last, scope):
		for profile in found:
			profiles.add(profile)
		last = found[-1].name
	named = scratch.groups_from()
	for group in book_facts.groups(named):
		rows = list(_group_states(group))
		# A group is known before the first profile that names it.
		since = min(text(rows[0][0]), named[group.name])
		rows = [(since, *rows[0][1:]), *((text(at), *terms) for at, *terms in rows[1:])]
		earlier = [row for row in rows if row[0] < scope.from_date.isoformat()]
		for at, currency, limit in earlier[-1:] + rows[len(earlier) :]:
			if at[:10] <= scope.to_date.isoformat():
				cells = {"credit_group": group.name, "currency": currency, "limit": amount_text(cents(limit))}
				scratch.add(GROUPS, at, None, **cells)


def _group_states(group) -> list[tuple[datetime, str, float]]:
	"""Return the limits of a group over time, as far as its versions say them without doubt."""
	states: list[tuple[datetime, str, float]] = []
	currency, limit = group.currency, group.group_limit
	form = frappe.new_doc("Credit Group")
	for version in group.versions:
		changes = {name: (was, is_now) for name, was, is_now in json.loads(version.data).get("changed", ())}
		if not changes.keys() & {"currency", "group_limit"}:
			continue
		former_currency = changes.get("currency", (currency,))[0]
		was, is_now = changes.get("group_limit", (None, None))
		possible = [limit]
		if is_now is not None:
			if _reads(form, currency, limit) != is_now:
				break
			readings = _readings("Currency", str(was))
			possible = [value for value in readings if _reads(form, former_currency, value) == was]
		if not possible:
			break
		states.append((version.creation, currency, limit))
		currency, limit = former_currency, possible[0]
	return [(group.creation, currency, limit), *states[::-1]]


def _reads(form, currency: str, limit: float) -> str:
	form.update({"currency": currency, "group_limit": limit})
	return form.get_formatted("group_limit")


def add_securities(scope: Scope, scratch: Scratch) -> None:
	"""Add the securities that were in force in the period, in the currency of their company."""
	known: dict[tuple, Decimal] = {}
	last = ""
	while found := book_facts.securities(last, scope):
		named = security_facts.named_documents(
			[row.name for row in found if row.scope == security_facts.NAMED_SCOPE]
		)
		for row in found:
			on = row.creation.date()
			pair = (row.currency, company_currency(row.company), on)
			if pair not in known:
				known[pair] = rate_to(*pair, f"Security Instrument {row.name}")
			_add_security(row, named.get(row.name, []), known[pair], scope, scratch)
		last = found[-1].name


def _add_security(row, named: list[str], rate: Decimal, scope: Scope, scratch: Scratch) -> None:
	def money(value) -> str:
		return amount_text(cents(Decimal(str(value or 0)) * rate))

	if not row.of:
		return  # of a group without members in its company: it covers nobody
	if row.policy_status == DRAFT:
		return  # of an insurance policy that nobody has put in force: it has covered nothing
	ends = [row.modified] if row.has_ended else []
	if row.policy_status == ENDED and row.policy_ended < row.policy_to:
		ends.append(get_datetime(row.policy_ended))  # before its time: else its period says it
	ended = min(ends, default=None)
	order = row.order_name or ""
	rules = security_facts.rules_of(row)
	usual = security.STANDARD_TYPES.get(row.instrument_type)
	scratch.add(
		SECURITIES,
		text(row.creation),
		(row.of, row.company),
		security=row.name,
		# A type of the site's own goes by its rules alone, under the name of a type that has none.
		type=row.instrument_type if usual else security.CASH_DEPOSIT,
		rules="" if rules == usual else security.rules_in_words(rules),
		covers=" ".join(named),
		credit_group=row.credit_group or "",
		with_recourse=_yes(row.recourse == security_facts.WITH_RECOURSE),
		lacks_registration=_yes(row.registration_needed and not row.registered_on),
		amount=money(row.amount),
		in_force_until=text_until(ended, scope.to_date) if ended else "",
		max_extension_days=str(row.maximum_extension_days or ""),
		direction=DIRECTIONS.get((row.direction or "").lower(), ""),
		cover_percent=number_text(row.cover_percent or 0),
		haircut_percent=number_text(row.haircut_percent or 0),
		deductible=money(row.deductible),
		issuer_rating=row.issuer_rating or "",
		unconditional=_yes(row.unconditional),
		on_demand=_yes(row.on_demand),
		has_document=_yes(row.document),
		valid_from=day_text(max(filter(None, (row.valid_from, row.policy_from)), default=None)),
		expiry=day_text(min(filter(None, (row.expiry_date, row.policy_to)), default=None)),
		claim_period_days=str(row.claim_period_days or 0),
		order=order if order and scratch.moment_of(ORDER, order) else "",
	)


def _yes(value) -> str:
	return "yes" if value else ""


# ------------------------------------------------------------------ rates
def add_rates(scope: Scope, scratch: Scratch) -> None:
	"""Add exchange rates into the first company's currency, where the book has more than one currency."""
	main = company_currency(scope.companies[0])
	currencies = {company_currency(company) for company in scope.companies} | scratch.group_currencies()
	if currencies == {main}:
		return
	known: dict[tuple[date, str], Decimal] = {}
	for row in book_facts.rates(sorted(currencies), main, scope):
		rate = Decimal(str(row.exchange_rate))
		currency = row.from_currency if row.to_currency == main else row.to_currency
		if row.to_currency == main:
			known[row.date, currency] = rate
		else:
			known.setdefault((row.date, currency), ONE / rate)
	begins = min(scratch.first_moment() or scope.from_date.isoformat(), scope.from_date.isoformat())
	scratch.add(RATES, begins, None, currency=main, rate="1")
	for currency in sorted(currencies - {main}):
		days = sorted(day for day, of in known if of == currency)
		before = [day for day in days if day < scope.from_date]
		for day in before[-1:] + [day for day in days if day >= scope.from_date]:
			scratch.add(
				RATES, day.isoformat(), None, currency=currency, rate=number_text(known[day, currency])
			)
