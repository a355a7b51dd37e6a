"""What reminders say: templates with a text for each language, checked when they are saved."""


def check(template) -> None:
	"""Refuse a template that could not be sent."""
