"""Readings that several requests of one page need at the same time: each card of a workspace is a request of its own, and three of them
may show figures of one reading that takes seconds.

The first request reads, the others wait for it. What was read counts while no document that it was read from is newer, and a minute
at most: somebody whose booking took longer than a later one of somebody else is seen that much later.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import TypeVar

import frappe
from redis.exceptions import LockError, RedisError

SECONDS = 60
# So long others wait for a reading before they read for themselves.
PATIENCE = 30
T = TypeVar("T")


def reading(name: str, about: object, doctypes: Iterable[str], read: Callable[[], T]) -> T:
	"""Return what `read` returns, read once for all who ask for the same within a minute. `about` is all that it depends on beside the
	documents of `doctypes`, whose right to read the caller has put into it. It has to survive pickling."""
	key = _key(name, about, doctypes)
	found = frappe.cache.get_value(key, expires=True)
	if found is None:
		with _alone(key):
			found = frappe.cache.get_value(key, expires=True)
			if found is None:
				found = read()
				frappe.cache.set_value(key, found, expires_in_sec=SECONDS)
	return found


def _key(name: str, about: object, doctypes: Iterable[str]) -> str:
	newest = [str(_newest(doctype)) for doctype in doctypes]
	return f"b2b_reading:{name}:{hashlib.sha256(repr((about, newest)).encode()).hexdigest()}"


def _newest(doctype: str) -> object:
	table = frappe.qb.DocType(doctype)
	# In the order of the index on it.
	rows = (
		frappe.qb.from_(table)
		.select(table.modified)
		.orderby(table.modified, order=frappe.qb.desc)
		.limit(1)
		.run()
	)
	return rows[0][0] if rows else None


@contextmanager
def _alone(key: str):
	"""Let one at a time through; nobody is kept out for long, or where Redis does not answer."""
	lock = frappe.cache.lock(
		frappe.cache.make_key(f"{key}:lock"), timeout=2 * SECONDS, blocking_timeout=PATIENCE
	)
	try:
		held = lock.acquire()
	except RedisError:
		held = False
	try:
		yield
	finally:
		if held:
			try:
				lock.release()
			except (LockError, RedisError):
				pass  # it took so long that the lock has ended by itself
