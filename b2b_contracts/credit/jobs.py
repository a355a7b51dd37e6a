"""Jobs that follow a transaction: asked for once in it, started after its commit, and never in anybody's way."""

from collections.abc import Callable

import frappe


def after_commit(method: str, queue: str = "short", **kwargs) -> None:
	"""Run `method` in a job once this transaction is committed; the same job is asked for once a transaction.

	When the queue cannot be reached, that is logged and nobody else's business: the payment that may free an order
	stays made, and the sweep finds what the job would have done.
	"""
	asked: set[tuple] = frappe.flags.setdefault("b2b_jobs_asked_for", set())
	key = (method, *sorted(kwargs.items()))
	if key in asked:
		return
	asked.add(key)
	frappe.db.after_commit.add(_starter(method, queue, kwargs, key))
	frappe.db.after_rollback.add(lambda: asked.discard(key))


def _starter(method: str, queue: str, kwargs: dict, key: tuple) -> Callable[[], None]:
	def start():
		frappe.flags.b2b_jobs_asked_for.discard(key)
		try:
			frappe.enqueue(method, queue=queue, **kwargs)
		except Exception:
			frappe.log_error(title=f"Job {method} could not be started")
			frappe.db.commit()  # nosemgrep: the transaction is over; this keeps the error log

	return start
