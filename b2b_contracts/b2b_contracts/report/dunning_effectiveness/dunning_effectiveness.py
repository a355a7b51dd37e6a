"""Dunning Effectiveness: what reminders bring and what they cost, by step, channel, template or month."""

import frappe
from frappe import _
from frappe.utils import add_months, getdate

from b2b_contracts.collections import dunning_statistics as statistics
from b2b_contracts.collections.dunning_payments import MOST_DAYS

MONTHS = 12


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict], str, dict | None, list[dict]]:
	"""Return columns, rows, how to read them, a chart and the totals. A seller sees the own portfolio, in all of them."""
	filters = frappe._dict(filters or {})
	frappe.has_permission("Dunning Notice", "read", throw=True)
	company = filters.company or frappe.defaults.get_user_default("Company")
	if not company:
		frappe.throw(_("Choose a company."), title=_("Company"))
	to_date = getdate(filters.to_date)
	from_date = getdate(filters.from_date or add_months(to_date, -MONTHS))
	if from_date > to_date:
		frappe.throw(_("The first day comes after the last one. Change one of them."), title=_("Filter"))
	by = filters.by or statistics.STEP
	found = statistics.effectiveness(company, from_date, to_date, by, filters.flow)
	rows = [_row(label, group, found.currency) for label, group in found.groups]
	return _columns(by), rows, _message(), _chart(found), _summary(found)


def _row(label: str, group: statistics.Group, currency: str) -> dict:
	row = {
		"key": label,
		"clicked": group.clicked.percent,
		"asked": float(group.asked),
		"collected": float(group.collected),
		"cost": float(group.cost),
		"claimed": float(group.claimed),
		"charges_paid": float(group.charges_paid),
		"currency": currency,
	}
	for name in ("sent", "delivered", "failed", "calls", "invoices"):
		row[name] = getattr(group, name)
	for days in statistics.WINDOWS:
		row[f"paid_{days}"] = group.paid[days].percent
		row[f"paid_amount_{days}"] = group.paid_amount[days].percent
	return row


def _columns(by: str) -> list[dict]:
	def column(fieldname: str, label: str, fieldtype: str, width: int, **more) -> dict:
		return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}

	def amount(fieldname: str, label: str, width: int = 130) -> dict:
		return column(fieldname, label, "Currency", width, options="currency")

	return [
		column("key", _(by), "Data", 250),
		column("sent", _("Sent"), "Int", 75),
		column("delivered", _("Delivered"), "Int", 90),
		column("failed", _("Did not arrive"), "Int", 125),
		column("calls", _("Calls"), "Int", 70),
		column("clicked", _("Opened the link"), "Percent", 135),
		column("invoices", _("Invoices"), "Int", 85),
		amount("asked", _("Asked for")),
		*(
			column(f"paid_{days}", _("Paid within {0} days").format(days), "Percent", 165)
			for days in statistics.WINDOWS
		),
		*(
			column(f"paid_amount_{days}", _("Of the amount within {0} days").format(days), "Percent", 200)
			for days in statistics.WINDOWS
		),
		amount("collected", _("Collected")),
		amount("cost", _("Cost"), 110),
		amount("claimed", _("Charges claimed")),
		amount("charges_paid", _("Charges paid")),
		column("currency", _("Currency"), "Data", 0, hidden=1),
	]


def _message() -> str:
	return " ".join(
		(
			_("Shares are of the invoices whose days are over, empty where none are."),
			_("Collected is what came in after a reminder and before the next one, within {0} days.").format(
				MOST_DAYS
			),
			_("What one of each channel costs is entered on the company."),
		)
	)


def _chart(found: statistics.Found) -> dict | None:
	"""What was asked for and what came in: a share that is not known yet would stand there as nothing."""
	shown = found.groups[:12]
	if not shown:
		return None
	return {
		"data": {
			"labels": [label for label, _group in shown],
			"datasets": [
				{"name": label, "values": [float(getattr(group, name)) for _key, group in shown]}
				for label, name in ((_("Asked for"), "asked"), (_("Collected"), "collected"))
			],
		},
		"type": "bar",
		"fieldtype": "Currency",
		"options": "currency",
		"currency": found.currency,
	}


def _summary(found: statistics.Found) -> list[dict]:
	def share(label: str, rate: statistics.Rate) -> dict:
		known = rate.percent is not None
		return {
			"label": label,
			"value": round(rate.percent, 1) if known else "–",
			"datatype": "Percent" if known else "Data",
			"indicator": "Blue",
		}

	def amount(label: str, name: str) -> dict:
		return {
			"label": label,
			"value": found.total(name),
			"datatype": "Currency",
			"currency": found.currency,
			"indicator": "Blue",
		}

	days = statistics.HIT_DAYS
	return [
		share(_("Hit rate, {0} days").format(days), found.hit),
		share(_("Hit rate of the amount"), found.hit_amount),
		share(_("Opened the payment link"), found.clicked),
		amount(_("Collected"), "collected"),
		amount(_("Cost"), "cost"),
	]
