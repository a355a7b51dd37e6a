"""What `install-app` and `migrate` do beyond Frappe's own sync. `uninstall.py` is its mirror image."""

from b2b_contracts.setup import core_permissions, custom_fields, defaults, indexes, roles, texts


def before_install() -> None:
	"""Write down what is there before Frappe brings in our documents."""
	roles.remember_existing()


def after_install() -> None:
	"""Make roles, their rights, fields, indexes and the standard records."""
	roles.create()
	core_permissions.create()
	custom_fields.create()
	indexes.create()
	defaults.create()
	texts.create()


def after_migrate() -> None:
	"""Bring fields and indexes up to date. Records that users edit are left alone."""
	custom_fields.create()
	indexes.create()
