"""The app's scripts load in a real desk and break nothing there."""

import json

import pytest

from .conftest import on_site

pytestmark = pytest.mark.usefixtures("people")


def test_the_app_is_on_the_site_that_is_served():
	assert "b2b_contracts" in json.loads(on_site("frappe.get_installed_apps"))


def test_desk_opens_without_an_error(desk):
	desk.log_in("Administrator", "admin")
	assert desk.script("return frappe.session.user") == "Administrator"
	assert desk.errors() == []


def test_list_of_sales_orders_opens_without_an_error(desk):
	desk.log_in("Administrator", "admin").open("sales-order")
	desk.find(".list-row-container, .no-result, .layout-main")
	assert desk.script("return frappe.get_route().slice(0, 2)") == ["List", "Sales Order"]
	assert desk.errors() == []
