"""The months behind the demo as they were when their books were closed: what the key figures are compared with."""

from b2b_contracts.reporting import snapshots
from b2b_contracts.setup import demo_data as data
from b2b_contracts.setup.demo_state import Made


def close_months(made: Made) -> None:
	"""Take the snapshots that the nightly job would have taken."""
	snapshots.take_due(data.COMPANY)
