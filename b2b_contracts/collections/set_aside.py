"""What of an invoice is set aside is written on it by disputes, payment plans and payment slips alone: what a client sends
is ignored."""

FIELDS = ("b2b_disputed_amount", "b2b_planned_amount", "b2b_awaited_amount")


def none_of(invoice) -> None:
	"""Set nothing aside of an invoice that is submitted now."""
	for field in FIELDS:
		invoice.set(field, 0)


def keep(invoice) -> None:
	"""Put back what is set aside of a submitted invoice that somebody saves."""
	before = invoice.get_doc_before_save()
	for field in FIELDS if before else ():
		invoice.set(field, before.get(field))
