"""What happens on documents of ERPNext and Frappe: one file per document, plain functions named after the events."""


def on(document: str, *events: str) -> dict[str, str]:
	"""Return for hooks.py which function each event of a document calls: the one of its name."""
	return {event: f"b2b_contracts.doc_events.{document}.{event}" for event in events}
