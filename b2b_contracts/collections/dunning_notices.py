"""Dunning notices: what a user may change on one."""


def check_edit(notice) -> None:
	"""Refuse a change of anything but what is left out."""
