"""What notices charge, and where ERPNext books it."""


def charge(notice) -> None:
	"""Write down what a notice charges."""
