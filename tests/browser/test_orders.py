"""A seller enters orders: what the panel says while typing, after submitting, and what it offers."""

import pytest

from .conftest import scene

pytestmark = pytest.mark.usefixtures("people")


def enter_order(desk, customer: str, rate: float, qty: float = 1) -> None:
	"""Fill in a new order on its form, as a seller does it."""
	desk.open("sales-order/new")
	desk.wait_for_form("Sales Order")
	desk.set_values(company=desk.world["company"], customer=customer)
	desk.set_values(currency="DKK", selling_price_list=desk.world["price_list"])
	desk.close_message()  # of exchange rates that this company needs none of
	desk.set_values(
		delivery_date=desk.script("return frappe.datetime.add_days(frappe.datetime.get_today(), 7)")
	)
	desk.set_in_row(item_code=desk.world["item"])
	desk.set_in_row(qty=qty, rate=rate)


def test_a_draft_says_before_submitting_that_it_would_pass_or_wait(desk):
	customer = scene("customer", manual_limit=10_000)["customer"]
	desk.log_in_as("seller1")
	enter_order(desk, customer, 9_000)
	assert "passes the credit check" in desk.wait_for_panel("Passes")
	desk.set_in_row(rate=12_000)
	text = desk.wait_for_panel("Would wait")
	assert "120.0 % of the credit limit" in text
	assert "Cut the order by" in text
	assert desk.absent('.b2b-credit [data-kind="approve"] button')  # nothing to release yet
	assert desk.errors() == []


def test_an_order_over_the_limit_is_entered_and_parked_with_reasons_and_ways_out(desk):
	customer = scene("customer", manual_limit=10_000, overdue_invoice=4_000)["customer"]
	desk.log_in_as("seller1")
	enter_order(desk, customer, 8_000)
	desk.wait_for_panel("Would wait")
	desk.save()
	desk.submit()
	message = desk.dialog()
	assert "waits for a credit decision" in message
	assert "is overdue" in message
	desk.close_message()
	text = desk.wait_for_panel("On hold until credit is decided")
	assert "120.0 % of the credit limit is used; 95.0 % is allowed" in text
	assert "4000.00 is overdue, the oldest item by 20 days" in text
	assert "Decided by" in text
	assert " left" in text  # the clock
	assert desk.script("return cur_frm.doc.b2b_credit_status") == "Held"
	desk.click('.b2b-credit button[data-kind="pay"]')
	assert "4000.00" in desk.dialog()
	assert desk.errors() == []


def test_what_would_be_refused_is_not_offered_on_a_held_order(desk):
	made = scene("held_order")
	clear = scene("order", customer=scene("customer", manual_limit=10_000)["customer"], amount=1_000)
	desk.log_in_as("sales_manager")
	desk.open_form("Sales Order", clear["order"]).wait_for_panel("Clear")
	assert "Hold" in desk.menu("Status")
	desk.open_form("Sales Order", made["order"]).wait_for_panel("Held")
	assert desk.script("return cur_frm.doc.status") == "On Hold"
	assert "Close" in desk.menu("Status")
	assert "Resume" not in desk.menu("Status")
	assert not {"Delivery Note", "Pick List", "Sales Invoice"} & set(desk.menu("Create"))


def test_the_list_of_orders_shows_what_waits_for_credit(desk):
	made = scene("held_order")
	desk.log_in_as("seller1").open(f"sales-order?name={made['order']}")
	assert desk.text(".list-row-container .indicator-pill") == "Held: credit"
	desk.open("sales-order?b2b_credit_status=Held")
	listed = "return cur_list.data.map((doc) => doc.name)"
	desk.wait(lambda _driver: made["order"] in desk.script(listed), "the held order is not in the list")
	assert desk.script("return [...new Set(cur_list.data.map((doc) => doc.b2b_credit_status))]") == ["Held"]


def test_a_purchase_order_number_clears_an_order_that_waits_for_it(desk):
	customer = scene("customer", manual_limit=50_000, segment="B", require_po="Yes")["customer"]
	order = scene("order", customer=customer, amount=1_000)["order"]
	desk.log_in_as("seller1").open_form("Sales Order", order)
	desk.wait_for_panel("requires a purchase order number")
	desk.click('.b2b-credit button[data-kind="add_po"]')
	desk.find('[data-fieldname="po_no"] input').send_keys("PO-4711")
	desk.script("document.activeElement.blur()")
	desk.primary("Update")
	desk.wait_for_panel("has passed the credit check")


def test_text_of_people_is_shown_as_text(desk):
	made = scene("held_order")
	desk.log_in_as("seller1").open_form("Sales Order", made["order"]).wait_for_panel("Held")
	desk.click('.b2b-credit button[data-kind="approve"]')
	desk.write("reason", "<b id='pwned'>urgent</b>")
	desk.confirm("Send request")
	desk.open_form("Credit Hold", made["hold"])
	desk.wait_for_panel("urgent")
	assert desk.absent(".b2b-credit #pwned")


def test_sellers_do_not_see_the_customers_of_others(desk):
	made = scene("held_order", seller="seller1")
	own_customer = scene("customer", manual_limit=10_000, seller="seller2")["customer"]
	own = scene("order", customer=own_customer, amount=12_000, seller="seller2")
	desk.log_in_as("seller2").open("credit-hold?status=Open")
	listed = "return cur_list.data.map((doc) => doc.name)"
	desk.wait(lambda _driver: own["hold"] in desk.script(listed), "one's own hold is not in the list")
	assert made["hold"] not in desk.script(listed)
	desk.open(f"credit-hold/{made['hold']}")
	desk.wait(lambda driver: "permission" in driver.page_source.lower(), "the hold of somebody else is shown")
	assert desk.absent(".b2b-credit")
	answer = desk.driver.execute_async_script(
		"const [customer, company, done] = arguments;"
		"b2b_contracts.credit.quiet('credit_status', {customer, company}).then((view) => done(view))",
		made["customer"],
		desk.world["company"],
	)
	assert answer is None
