"""What the demo company thinks of its renewals: how probable each is, what is done next, and one that is renegotiated."""

from frappe.utils import add_days, nowdate

from b2b_contracts import contract_pipeline_api as api
from b2b_contracts.engine import renewal_pipeline as engine
from b2b_contracts.setup import demo_contracts
from b2b_contracts.setup.demo_contracts import ALL, Deal
from b2b_contracts.setup.demo_state import Made, acting_as

RENEGOTIATED = Deal("renegotiated", "sundmark", "Frame agreement for spare parts", "Frame Agreement", 780_000, 30, 165, ALL)  # fmt: skip
# contract: (probability in per cent, next step, days from today)
PLANS = {
	"to-act": (75, "Offer with the new price list, then a visit.", 5),
	"too-late": (40, "Call the purchasing manager: do they want to go on?", -2),
	"renegotiated": (60, "They answer our proposal of two price steps.", 12),
}


def plan(made: Made) -> None:
	"""Enter a contract that is renegotiated, and let the account manager say what she thinks of the renewals."""
	demo_contracts.enter(made, RENEGOTIATED)
	with acting_as("sofie"):
		api.move(
			made.names["contract:renegotiated"],
			engine.RENEGOTIATION,
			"They ask for a price step at 500 pieces.",
		)
		for key, (probability, step, days) in PLANS.items():
			api.plan(made.names[f"contract:{key}"], probability, step, add_days(nowdate(), days))
	made.keep()
