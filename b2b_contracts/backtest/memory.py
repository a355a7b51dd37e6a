"""What a run over millions of objects does about memory."""

import gc
from contextlib import contextmanager


@contextmanager
def no_garbage_collection():
	"""Millions of objects live as long as the books are open, and none in circles: looking for some takes a third of the time."""
	was_on = gc.isenabled()
	gc.disable()
	try:
		yield
	finally:
		if was_on:
			gc.enable()
