"""Rating scales and how far a rating has fallen (requirements §2.1).

Two scales are kept apart: the *bureau* scale rates customers, the *issuer* scale rates banks and insurers.
"""

BUREAU = ("AAA", "AA", "A", "AN", "B", "C", "Insolvent")
INSOLVENT = "Insolvent"
NEWLY_FOUNDED = "AN"

ISSUER = (
	*("AAA", "AA+", "AA", "AA-", "A+", "A", "A-"),
	*("BBB+", "BBB", "BBB-", "BB+", "BB", "BB-", "B+", "B", "B-"),
	*("CCC+", "CCC", "CCC-", "CC", "C", "D"),
)

# AN says "too young to rate"; it stands beside A and is not a notch of its own.
_BUREAU_NOTCH = {"AAA": 0, "AA": 1, "A": 2, NEWLY_FOUNDED: 2, "B": 3, "C": 4, INSOLVENT: 5}
_ISSUER_NOTCH = {rating: notch for notch, rating in enumerate(ISSUER)}


def notches_down(reviewed: str, current: str) -> int:
	"""Return how many notches `current` lies below `reviewed` on the bureau scale; 0 when not below.

	`reviewed` is the rating that a person last reviewed. An empty rating on either side counts as no fall:
	without two ratings there is nothing to compare. Raises `ValueError` for a rating outside the scale.
	"""
	for rating in (reviewed, current):
		if rating and rating not in _BUREAU_NOTCH:
			raise ValueError(f"{rating!r} is not a bureau rating; use one of {', '.join(BUREAU)}")
	if not reviewed or not current:
		return 0
	return max(0, _BUREAU_NOTCH[current] - _BUREAU_NOTCH[reviewed])


def is_at_most(rating: str, ceiling: str) -> bool:
	"""Return whether a bureau rating is `ceiling` or worse; an empty rating is not."""
	return bool(rating) and _BUREAU_NOTCH[rating] >= _BUREAU_NOTCH[ceiling]


def issuer_at_least(rating: str, floor: str) -> bool:
	"""Return whether an issuer's rating is `floor` or better; an unknown or empty rating is not."""
	if floor not in _ISSUER_NOTCH:
		raise ValueError(f"{floor!r} is not an issuer rating; use one of {', '.join(ISSUER)}")
	return rating in _ISSUER_NOTCH and _ISSUER_NOTCH[rating] <= _ISSUER_NOTCH[floor]
