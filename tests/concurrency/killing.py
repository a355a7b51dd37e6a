"""A worker that dies: runs a piece of work in a process of its own and kills it before its k-th effect.

An effect is a statement that writes, or a commit; so the work is killed between every two of them when k counts up.
"""

import os
import sys
import traceback
from collections.abc import Callable

import frappe
import racers

WRITES = ("insert", "update", "delete", "replace")
DIED, FAILED, DONE = 9, 1, 0


def run_and_kill(work: Callable[[], None], at: int) -> int:
	"""Run `work` in a child with a connection of its own, killed before its effect number `at` (from 1). Returns how it ended:
	DIED, DONE, or FAILED by an error, which is printed.
	"""
	sys.stdout.flush()
	child = os.fork()
	if child == 0:
		try:
			racers.connect()
			_die_at(at)
			work()
			frappe.db.commit()
		except BaseException:
			traceback.print_exc()
			os._exit(FAILED)
		os._exit(DONE)
	_pid, status = os.waitpid(child, 0)
	# The reader's own snapshot must be newer than what the child committed.
	frappe.db.rollback()
	return os.waitstatus_to_exitcode(status)


def _die_at(at: int) -> None:
	"""Count the effects of this process' connection, and die before number `at`, as a killed worker does: without a word."""
	effects = 0
	sql, commit = frappe.db.sql, frappe.db.commit

	def count() -> None:
		nonlocal effects
		effects += 1
		if effects == at:
			os._exit(DIED)

	def counting_sql(query, *args, **kwargs):
		if str(query).lstrip().lower().startswith(WRITES):
			count()
		return sql(query, *args, **kwargs)

	def counting_commit(*args, **kwargs):
		count()
		commit(*args, **kwargs)
		# Between the commit and what follows it.
		count()

	frappe.db.sql, frappe.db.commit = counting_sql, counting_commit
