"""What the days take of a contract and its amendments: one starts, takes the place of another, ends or expires (requirements §6).

Whoever signs an amendment after its day and the daily job do the same. Each effect has a key of its own, so it is told once
however often the job is killed and run again.
"""

from datetime import date

from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.credit import locking
from b2b_contracts.engine import contract_chain as chain
from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms

from . import amendments, events, facts, in_force, life_cycle
from .facts import CONTRACT


def settle(doc) -> bool:
	"""Take of a contract, and of all of its chain, what is due today, what took effect first before what took effect later.
	Returns whether anything was."""
	done = False
	for member in chain.in_order(in_force.signed(in_force.locked_rows(doc.name))):
		one = doc if member.name == doc.name else locking.locked_doc(CONTRACT, member.name)
		done = _settle(one) or done
	return done


def _settle(doc) -> bool:
	done = False
	while step := life.by_itself(facts.contract_of(doc), expires(doc), getdate()):
		TAKEN[step](doc)
		done = True
	return done


def expires(doc) -> date | None:
	"""Return the last day of a contract that nothing renews."""
	term = facts.term_of(doc)
	return None if term.renews else terms.period(term, 1).end


# ------------------------------------------------------------------ each step
def _start(doc) -> None:
	former = amendments.predecessor(doc)
	values = {"status": life.ACTIVE}
	if former is not None:
		values |= amendments.taken_over(doc, former)
		amendments.take_over_rows(doc, former)
	said = (
		_("It takes the place of {0} from {1} on.").format(former.name, formatdate(doc.in_force_from))
		if former is not None
		else ""
	)
	life_cycle.move(doc, values, events.STARTED, key=events.effect_key(doc.name, "started"), said=said)


def _replace(doc) -> None:
	said = _("{0} takes its place from {1} on.").format(doc.replaced_by, formatdate(facts.replaced_from(doc)))
	_end(doc, life.REPLACE, "replaced", said)


def _lapse(doc) -> None:
	said = _("It never took effect: what it amends had ended before {0}.").format(
		formatdate(doc.effective_from)
	)
	_end(doc, life.LAPSE, "lapsed", said)


def _end(doc, step: str, word: str = "ended", said: str = "") -> None:
	key = events.effect_key(doc.name, word)
	life_cycle.move(doc, {"status": life.after(doc.status, step)}, events.ENDED, key=key, said=said)


TAKEN = {
	life.ACTIVATE: _start,
	life.REPLACE: _replace,
	life.LAPSE: _lapse,
	life.END: lambda doc: _end(doc, life.END),
	life.EXPIRE: lambda doc: _end(doc, life.EXPIRE),
}
