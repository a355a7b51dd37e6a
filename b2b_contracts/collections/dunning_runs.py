"""Dunning runs: planned, looked through, sent."""

DRAFT, PLANNING, PLANNED, SENDING, COMPLETED, CANCELLED = (
	"Draft",
	"Planning",
	"Planned",
	"Sending",
	"Completed",
	"Cancelled",
)
WRITTEN_BY_US = ("status",)


def start(run) -> None:
	"""Begin a run."""
