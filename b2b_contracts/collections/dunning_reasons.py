"""Why something is not sent, in words."""

from frappe import _

from b2b_contracts.credit import wording
from b2b_contracts.engine import dunning as engine


def reasons() -> dict[str, str]:
	"""Return what each reason is called, for items and for whole customers."""
	return {
		engine.DISPUTED: _("Disputed"),
		engine.IN_PLAN: _("In a payment plan"),
		engine.AWAITED: _("Payment on its way"),
		engine.PROMISED: _("Promised"),
		engine.COVERED: _("Covered by unallocated payments and credit notes"),
		engine.EXCLUDED: _("Excluded"),
		engine.IN_CASE: _("With collection"),
		engine.INSOLVENT: _("The customer is insolvent: dunning rests."),
		engine.CREDIT_BALANCE: _("Unallocated payments and credit notes cover what is due."),
		engine.BELOW_MINIMUM: _("Less is due than the step takes."),
		engine.NOT_HANDED_OVER: _("Nothing may go to collection now."),
		engine.WAITS: _("In a test of this step the customer's variant has it some days later."),
		engine.NO_FLOW: _(
			"No dunning flow is for this customer. Make one for everybody, or choose one on the customer."
		),
	}


def text(reason: str, account: engine.Account) -> str:
	"""Return why a customer gets nothing."""
	found = reasons().get(reason, reason)
	if reason == engine.EXCLUDED and account.excluded:
		return _("Excluded: {0}").format(account.excluded)
	return found


def text_of(planned: engine.Planned, account: engine.Account) -> str:
	"""Return why a customer gets nothing, with what is said of single invoices."""
	return " ".join([text(planned.reason, account), *held(planned)])


def held(planned: engine.Planned) -> list[str]:
	"""Return of each invoice whose hand-over to collection has to wait, why."""
	said = {part.item.invoice: part.item.stays for part in planned.held}
	return [_("{0}: {1}").format(invoice, why) for invoice, why in sorted(said.items())]


def left_out(part: engine.Part, currency: str) -> str:
	"""Return what of an item is left out, and why."""
	named = reasons()
	lines = []
	for left in part.left_out:
		name = named[left.reason]
		if left.reason == engine.EXCLUDED and part.item.excluded:
			name = _("Excluded: {0}").format(part.item.excluded)
		lines.append(f"{name}: {wording.money_text(left.amount, currency)}")
	return "; ".join(lines)


def dropped(what: engine.Dropped) -> str:
	"""Return why a step does not do something."""
	name = {
		engine.DELIVERY_STOP: _("The delivery stop"),
		engine.HAND_OVER: _("The hand-over to collection"),
	}[what.what]
	if what.reason == engine.PUBLIC_SECTOR:
		return _("{0} is left out: the customer is of the public sector.").format(name)
	return _("{0} is left out: no earlier notice announced it, or its time is not over.").format(name)
