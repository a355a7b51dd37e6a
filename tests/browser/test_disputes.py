"""A dispute from where it is heard of to its end, as people go through it."""

import pytest

from .conftest import Desk, scene
from .test_backtest import keep_picture

pytestmark = pytest.mark.usefixtures("people")


def dispute_amount(desk: Desk, amount: float) -> None:
	"""Enter what is disputed of the first invoice."""
	desk.driver.execute_async_script(
		"const [amount, done] = arguments; const [row] = cur_frm.doc.invoices;"
		"frappe.model.set_value(row.doctype, row.name, 'disputed_amount', amount).then(() => done())",
		amount,
	)
	desk.settle()


def note(desk: Desk, label: str, text: str, turn: str | None = None) -> None:
	"""Note something in the running dispute by its buttons; `turn` is whose turn it is then."""
	desk.choose("Progress", label)
	desk.write("text", text)
	if turn:
		desk.click('.modal.show [data-fieldname="next_action_by"] select')
		desk.click(f'.modal.show [data-fieldname="next_action_by"] option[value="{turn}"]')
	desk.confirm("Save")
	desk.settle()


def wait_for_status(desk: Desk, status: str) -> None:
	desk.wait(
		lambda driver: driver.execute_script(
			"return cur_frm.doctype === 'Dispute' && cur_frm.doc.status === arguments[0]", status
		),
		f"the dispute did not become {status}",
	)


def headline(desk: Desk) -> str:
	return desk.text(".form-message")


def test_from_the_invoice_to_the_credit_note(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	desk.log_in_as("controller").open_form("Sales Invoice", made["overdue"])
	desk.choose("Credit", "Dispute")
	desk.wait_for_form("Dispute")
	given = desk.script(
		"const [row] = cur_frm.doc.invoices;"
		"return [cur_frm.doc.customer, row.sales_invoice, row.outstanding, row.disputed_amount]"
	)
	assert given == [made["customer"], made["overdue"], 4_000, 4_000]
	desk.set_values(root_cause="Price", description="They were promised five per cent.")
	dispute_amount(desk, 1_500)
	keep_picture(desk, "dispute-new")
	desk.save()
	assert "nothing is set aside" in headline(desk)
	keep_picture(desk, "dispute-draft")
	desk.submit()
	wait_for_status(desk, "Open")
	dispute = desk.script("return cur_frm.doc.name")
	assert "1500.00" in headline(desk)
	assert "our turn" in headline(desk)
	keep_picture(desk, "dispute-open")

	note(desk, "Note", "Asked them for the price list", turn="Customer")
	wait_for_status(desk, "Waiting for Customer")
	assert "the customer's turn" in headline(desk)
	keep_picture(desk, "dispute-waiting")
	note(desk, "Customer's answer", "They sent the price list of June")
	wait_for_status(desk, "In Progress")
	assert "our turn" in headline(desk)

	desk.open_form("Sales Invoice", made["overdue"])
	said = headline(desk)
	assert "Disputed: " in said
	assert "1500.00" in said
	keep_picture(desk, "invoice-disputed")
	desk.click(".form-message a")
	desk.click(f'.list-row-container a[data-name="{dispute}"]')
	desk.wait_for_form("Dispute")
	assert "They sent the price list of June" in desk.text(".b2b-credit__table")
	desk.choose("Settle", "Credit note")
	desk.wait_for_form("Sales Invoice")
	credited = desk.script("return [cur_frm.doc.is_return, cur_frm.doc.grand_total, cur_frm.doc.b2b_dispute]")
	assert credited == [1, -1_500, dispute]
	desk.save()
	desk.submit()
	credit_note = desk.script("return cur_frm.doc.name")

	desk.open_form("Dispute", dispute)
	wait_for_status(desk, "Resolved: Accepted")
	assert desk.script("return [cur_frm.doc.open_amount, cur_frm.doc.credit_note]") == [0, credit_note]
	assert desk.menu("Settle") == []
	keep_picture(desk, "dispute-resolved")
	owed = ["outstanding_amount", "b2b_disputed_amount"]
	assert scene("state", doctype="Sales Invoice", name=made["overdue"], fields=owed) == [2_500, 0]
	assert desk.errors() == []


def test_a_dispute_is_rejected_and_all_is_owed_again(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	dispute = scene("dispute", invoice=made["overdue"], amount=1_000, root_cause="Other")
	desk.log_in_as("controller").open_form("Dispute", dispute)
	desk.choose("Settle", "Reject, or withdrawn")
	desk.write("resolution", "The delivery note is signed")
	desk.confirm("Settle")
	wait_for_status(desk, "Resolved: Rejected")
	assert desk.menu("Progress") == []
	set_aside = scene("state", doctype="Sales Invoice", name=made["overdue"], fields=["b2b_disputed_amount"])
	assert set_aside == [0]
	desk.open("dispute?status=")
	desk.find(f'.list-row-container [data-name="{dispute}"]')
	keep_picture(desk, "dispute-list")
	assert desk.errors() == []


def test_a_seller_reports_a_dispute_from_the_customer(desk):
	made = scene("customer", manual_limit=50_000, open_invoice=2_000, overdue_invoice=4_000)
	desk.log_in_as("seller1").open_form("Customer", made["customer"])
	desk.choose("Credit", "Report a dispute")
	desk.settle_dialog()
	text = desk.dialog()
	assert text.index(made["overdue"]) < text.index(made["invoice"])  # the oldest first
	desk.answer("Report")
	desk.wait(lambda _driver: len(desk.dialogs()) > 1, "nothing is asked for")
	desk.close_message()
	amount = desk.find(f'.modal.show [data-invoice="{made["overdue"]}"] input')
	amount.send_keys("750")
	desk.click('.modal.show [data-fieldname="root_cause"] select')
	desk.click('.modal.show [data-fieldname="root_cause"] option[value="Delivery"]')
	desk.write("description", "One pallet stands in their yard, wet through")
	keep_picture(desk, "report-dialog")
	desk.answer("Report")
	told = desk.wait(
		lambda _driver: next((t for t in desk.dialogs() if "waits for a credit controller" in t), None),
		"it is not told what happens next",
	)
	keep_picture(desk, "report-told")
	fields = ["name", "docstatus", "root_cause", "disputed_amount", "raised_by"]
	name, *rest = scene("found", doctype="Dispute", filters={"customer": made["customer"]}, fields=fields)
	assert name in told
	assert "does not have access" not in told
	assert rest == [0, "Delivery", 750, "Customer"]
	desk.click(".modal.show .msgprint a", name)
	desk.wait_for_form("Dispute")
	assert "nothing is set aside" in headline(desk)
	keep_picture(desk, "dispute-reported")
	assert desk.errors() == []


def test_a_controller_who_reports_takes_it_up_at_once(desk):
	made = scene("customer", manual_limit=50_000, overdue_invoice=4_000)
	desk.log_in_as("controller").open_form("Customer", made["customer"])
	desk.choose("Credit", "Report a dispute")
	desk.settle_dialog()
	desk.find(f'.modal.show [data-invoice="{made["overdue"]}"] input').send_keys("4000")
	desk.click('.modal.show [data-fieldname="root_cause"] select')
	desk.click('.modal.show [data-fieldname="root_cause"] option[value="Quality"]')
	desk.write("description", "The welds have cracked")
	desk.answer("Report")
	told = desk.wait(lambda _driver: next((t for t in desk.dialogs() if "is taken up" in t), None))
	assert "4000.00" in told
	set_aside = scene("state", doctype="Sales Invoice", name=made["overdue"], fields=["b2b_disputed_amount"])
	assert set_aside == [4_000]
	assert desk.errors() == []
