"""How a contract gets to another stage of the renewal pipeline: by a step of its life, or not at all (requirements §6)."""

import frappe
from frappe import _
from frappe.utils import getdate

from b2b_contracts.engine import contract_life_cycle as life
from b2b_contracts.engine import contract_terms as terms
from b2b_contracts.engine import renewal_pipeline as engine

from . import facts, in_force, life_cycle, renewals, wording
from .contracts import refuse
from .facts import CONTRACT, day_of


def stage_name(stage: str) -> str:
	"""Return what a stage of the pipeline is called."""
	return {
		engine.TO_DECIDE: _("To decide"),
		engine.RENEGOTIATION: _("In renegotiation"),
		engine.RENEWED: _("Renewed"),
		engine.ENDING: _("Ending"),
	}[stage]


def stage_of(doc) -> str:
	"""Return the stage that a contract is in. Refused for one that does not run."""
	if doc.status not in life.RUNNING:
		refuse(
			_("Contract {0} is {1}: it is not in the renewal pipeline. Load the page again.").format(
				doc.name, _(doc.status, context=CONTRACT)
			),
			_("Not in the pipeline"),
		)
	about = engine.Contract(
		doc.status,
		doc.renewal_decision or "",
		day_of(doc.decided_for),
		day_of(doc.last_date_to_act),
		day_of(doc.terminated_on),
	)
	return engine.stage_of(about, getdate())


def moves(doc) -> list[dict]:
	"""Return to which stages the session user may move a contract, and why not to the others: `[{stage, label, step, step_label,
	why_not}]`."""
	stage = stage_of(doc)
	contract, person, today = facts.contract_of(doc), facts.person(doc), getdate()
	found = []
	for target in engine.targets(stage):
		step = engine.step_to(stage, target)
		if step is None:
			why_not = _no_way(doc, stage, target)
		elif step == life.RENEW and doc.duration_type == terms.NO_END:
			why_not = _("Contract {0} has no end: there is nothing to renew.").format(doc.name)
		else:
			obstacles = life.obstacles(contract, step, person, today)
			why_not = " ".join(wording.why_not(doc, step, obstacle) for obstacle in obstacles)
		found.append(
			{
				"stage": target,
				"label": stage_name(target),
				"step": step,
				"step_label": wording.step_name(step) if step else "",
				"why_not": why_not,
			}
		)
	return found


def _no_way(doc, stage: str, target: str) -> str:
	if stage == engine.ENDING:
		return wording.why_not(doc, life.RENEW, life.Obstacle(life.ENDS_ALREADY))
	return _(
		"Contract {0} is renewed, and what is decided is not undecided: it cannot go back to “{1}”. Renegotiate it or give notice where that has changed."
	).format(doc.name, stage_name(target))


def move(
	name: str,
	stage: str,
	reason: str,
	new_end: str | None = None,
	kind: str | None = None,
	given_on: str | None = None,
	ends_on: str | None = None,
	document: str | None = None,
	cause: str | None = None,
):
	"""Move a contract to a stage, by the step of its life that leads there; refused in words where none does. `new_end` counts for
	a fixed contract that is renewed, the others for a notice. Returns the contract."""
	if stage not in engine.STAGES:
		refuse(_("{0} is no stage of the renewal pipeline.").format(stage), _("Stage"))
	doc = in_force.locked_doc(name)
	before = stage_of(doc)
	step = engine.step_to(before, stage)
	if step is None and before == stage:
		refuse(
			_("Contract {0} is in “{1}” already: somebody was quicker. Load the page again.").format(
				name, stage_name(stage)
			),
			_("Moved already"),
		)
	if step is None:
		refuse(_no_way(doc, before, stage), _("Not possible"))
	if step == life.RENEGOTIATE:
		return renewals.decide(name, renewals.RENEGOTIATE, reason)
	if step == life.RENEW:
		return renewals.decide(name, renewals.RENEW, reason, new_end)
	if step == life.END_RENEWAL:
		return renewals.end_renegotiation(name, reason)
	# Without its day or its kind nobody knows what was given: no default of ours is meant.
	life_cycle.require(doc, life.TERMINATE)
	if not kind or not given_on:
		refuse(_("Say what kind of notice it is, and when it was given or came in."), _("Notice"))
	return renewals.terminate(name, kind, given_on, reason, ends_on, document, cause)


def plan(name: str, probability: float, next_step: str = "", next_step_on: str | None = None):
	"""Write down how probable a renewal is (per cent, 0: not assessed) and what is done next, until when. For whoever may write the
	contract. Returns it."""
	doc = frappe.get_doc(CONTRACT, name)
	doc.check_permission("write")
	doc.update(
		{
			"renewal_probability": probability,
			"next_step": (next_step or "").strip(),
			"next_step_on": next_step_on or None,
		}
	)
	doc.save()
	return doc
