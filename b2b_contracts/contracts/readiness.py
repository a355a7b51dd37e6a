"""What a step of a contract is judged by: its own state, and what others still have to say to it (requirements §6)."""

from dataclasses import replace

from b2b_contracts.engine import contract_life_cycle as life

from . import amendments, credit_terms, facts, reviews

# Before these somebody else may have something to say.
ASKED_IN = (life.DRAFT, life.IN_REVIEW)


def contract_of(doc) -> life.Contract:
	"""Return what a step of a contract is judged by, with its reviews, the terms that credit has to agree to, and what an amendment
	has to be based on."""
	contract = facts.contract_of(doc)
	if doc.status not in ASKED_IN:
		return contract
	return replace(
		contract,
		other_base=amendments.other_base(doc),
		open_reviews=reviews.in_the_way(doc),
		terms_role=credit_terms.missing(doc) if doc.status == life.IN_REVIEW else "",
	)
