"""Our fields on ERPNext's documents: made at install, refreshed at migrate, removed with their columns at uninstall."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields
from frappe.model import no_value_fields

MODULE = "B2B Contracts"

MADE_TO_ORDER = {
	"fieldname": "b2b_made_to_order",
	"label": "Made to order",
	"fieldtype": "Check",
	"print_hide": 1,
	"description": "Goods that nobody else would buy: the order takes security for them.",
}
FROM_ITEM = {"fetch_from": "item_code.b2b_made_to_order", "fetch_if_empty": 1}

CUSTOM_FIELDS = {
	"Company": [
		{
			"fieldname": "b2b_dunning_section",
			"label": "Dunning and collections",
			"fieldtype": "Section Break",
			"insert_after": "payment_terms",
			"collapsible": 1,
		},
		{
			"fieldname": "b2b_dunning_mode",
			"label": "Dunning runs",
			"fieldtype": "Select",
			"options": "By hand\nPlan every day\nPlan and send every day",
			"default": "By hand",
			"insert_after": "b2b_dunning_section",
			"description": "Whether a dunning run is planned every day, and whether it is sent without anybody having looked at it.",
		},
		{
			"fieldname": "b2b_dunning_column",
			"fieldtype": "Column Break",
			"insert_after": "b2b_dunning_mode",
		},
	],
	"Contact": [
		{
			"fieldname": "b2b_contact_roles",
			"label": "Is told of",
			"fieldtype": "Table",
			"options": "Contact Role",
			"insert_after": "is_primary_contact",
			"description": "Which messages of ours to a customer come here. Everybody with a role is told; nobody with it: the primary contact.",
		},
	],
	"Customer": [
		{
			"fieldname": "b2b_screened_on",
			"label": "Screened on",
			"fieldtype": "Datetime",
			"insert_after": "tax_id",
			"read_only": 1,
			"hidden": 1,
			"no_copy": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
		{
			"fieldname": "b2b_collections_section",
			"label": "Dunning and collections",
			"fieldtype": "Section Break",
			"insert_after": "credit_limits",
			"collapsible": 1,
		},
		{
			"fieldname": "b2b_collector",
			"label": "Collector",
			"fieldtype": "Link",
			"options": "User",
			"insert_after": "b2b_collections_section",
			"in_standard_filter": 1,
			"print_hide": 1,
			"description": "Who calls, and whose portfolio the customer is in.",
		},
		{
			"fieldname": "b2b_dunning_flow",
			"label": "Dunning flow",
			"fieldtype": "Link",
			"options": "Dunning Flow",
			"insert_after": "b2b_collector",
			"print_hide": 1,
			"description": "Empty: the one that fits by risk class and segment.",
		},
		{
			"fieldname": "b2b_collections_column",
			"fieldtype": "Column Break",
			"insert_after": "b2b_dunning_flow",
		},
		{
			"fieldname": "b2b_payment_days",
			"label": "Pays on",
			"fieldtype": "Data",
			"insert_after": "b2b_collections_column",
			"print_hide": 1,
			"description": "Fixed payment days of the month, such as 1, 15; 31 is the last day. Reminders count from the next of them.",
		},
		{
			"fieldname": "b2b_is_public_sector",
			"label": "Public sector",
			"fieldtype": "Check",
			"insert_after": "b2b_payment_days",
			"print_hide": 1,
			"description": "Is sent no announcement of a delivery stop, and no compensation is claimed.",
		},
	],
	"Customer Credit Limit": [
		{
			"fieldname": "b2b_managed",
			"label": "Managed by credit policy",
			"fieldtype": "Check",
			"insert_after": "bypass_credit_limit_check",
			"read_only": 1,
			"in_list_view": 1,
			"description": "The customer's Credit Profile decides. This row only keeps ERPNext's own check from deciding a second time.",
		},
		{
			"fieldname": "b2b_existed",
			"label": "Row existed before",
			"fieldtype": "Check",
			"insert_after": "b2b_managed",
			"read_only": 1,
			"hidden": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
		{
			"fieldname": "b2b_former_limit",
			"label": "Former credit limit",
			"fieldtype": "Currency",
			"options": "Company:company:default_currency",
			"insert_after": "b2b_existed",
			"read_only": 1,
			"hidden": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
		{
			"fieldname": "b2b_former_bypass",
			"label": "Former bypass",
			"fieldtype": "Check",
			"insert_after": "b2b_former_limit",
			"read_only": 1,
			"hidden": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
		{
			# Beside ERPNext's own field of 2026, where the site has it.
			"fieldname": "b2b_former_overdue_threshold",
			"label": "Former overdue billing threshold",
			"fieldtype": "Currency",
			"options": "Company:company:default_currency",
			"insert_after": "b2b_former_bypass",
			"read_only": 1,
			"hidden": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
	],
	"Delivery Note": [
		{
			"fieldname": "b2b_credit_hold",
			"label": "Credit hold",
			"fieldtype": "Link",
			"options": "Credit Hold",
			"insert_after": "installation_status",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_credit_hold",
			"description": "Why this delivery may not be submitted yet.",
		},
	],
	"Item": [
		{**MADE_TO_ORDER, "insert_after": "is_sales_item"},
	],
	"Quotation": [
		{
			"fieldname": "b2b_security_required_percent",
			"label": "Security required",
			"fieldtype": "Percent",
			"insert_after": "valid_till",
			"non_negative": 1,
			"print_hide": 1,
			"description": "Share of the order that a security must cover. It goes to the sales order.",
		},
		{
			"fieldname": "b2b_security_demanded_percent",
			"label": "Security demanded",
			"fieldtype": "Percent",
			"insert_after": "b2b_security_required_percent",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_security_demanded_percent",
			"description": "Share of the order that the credit policy demands security for.",
		},
		{
			"fieldname": "b2b_security_demanded_amount",
			"label": "Amount of security demanded",
			"fieldtype": "Currency",
			"options": "Company:company:default_currency",
			"insert_after": "b2b_security_demanded_percent",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_security_demanded_percent",
		},
		{
			"fieldname": "b2b_security_demanded_because",
			"label": "Security demanded because",
			"fieldtype": "Small Text",
			"insert_after": "b2b_security_demanded_amount",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_security_demanded_percent",
		},
	],
	"Quotation Item": [
		{**MADE_TO_ORDER, "insert_after": "item_name", **FROM_ITEM},
	],
	"Sales Invoice": [
		{
			"fieldname": "b2b_credit_hold",
			"label": "Credit hold",
			"fieldtype": "Link",
			"options": "Credit Hold",
			"insert_after": "status",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_credit_hold",
			"description": "Why this invoice may not be submitted yet.",
		},
		{
			"fieldname": "b2b_original_due_date",
			"label": "Counts as due since",
			"fieldtype": "Date",
			"insert_after": "due_date",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_original_due_date",
			"description": "For credit: this debt was due before it was billed again, or its due date is later than agreed.",
		},
		{
			# No link: Frappe lets no document be saved that links to a cancelled one, nor a linked one be cancelled.
			"fieldname": "b2b_bills_again",
			"label": "Bills again",
			"fieldtype": "Data",
			"insert_after": "b2b_original_due_date",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_bills_again",
			"description": "The invoice that was credited or cancelled and that this one stands for.",
		},
		{
			# Printed with the invoice, also by ERPNext's own formats.
			"fieldname": "b2b_payment_reference_printed",
			"label": "Payment reference",
			"fieldtype": "Data",
			"length": 60,
			"insert_after": "b2b_bills_again",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"depends_on": "b2b_payment_reference_printed",
			"description": "What the customer states with the payment, made when the invoice is submitted.",
		},
		{
			"fieldname": "b2b_payment_reference",
			"label": "Payment reference number",
			"fieldtype": "Data",
			"length": 30,
			"insert_after": "b2b_payment_reference_printed",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"search_index": 1,
			"in_global_search": 1,
			"depends_on": "b2b_payment_reference",
			"description": "As it comes back in the bank's files.",
		},
		{
			"fieldname": "b2b_payment_reference_kind",
			"label": "Kind of payment reference",
			"fieldtype": "Data",
			"length": 10,
			"insert_after": "b2b_payment_reference",
			"read_only": 1,
			"hidden": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
		},
		{
			# Unique within the company: two submits at the same moment cannot give the same one.
			"fieldname": "b2b_payment_reference_key",
			"label": "Key of the payment reference",
			"fieldtype": "Data",
			"length": 60,
			"insert_after": "b2b_payment_reference_kind",
			"read_only": 1,
			"hidden": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"report_hide": 1,
			"unique": 1,
		},
		{
			"fieldname": "b2b_disputed_amount",
			"label": "Disputed",
			"fieldtype": "Currency",
			"options": "party_account_currency",
			"insert_after": "outstanding_amount",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_disputed_amount",
			"description": "What of the outstanding amount is in an open dispute: it is owed, but not chased.",
		},
		{
			"fieldname": "b2b_planned_amount",
			"label": "In a payment plan",
			"fieldtype": "Currency",
			"options": "party_account_currency",
			"insert_after": "b2b_disputed_amount",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_planned_amount",
			"description": "What of the outstanding amount is paid by an active payment plan: it is owed, but not chased.",
		},
		{
			"fieldname": "b2b_awaited_amount",
			"label": "Awaited by payment slip",
			"fieldtype": "Currency",
			"options": "party_account_currency",
			"insert_after": "b2b_planned_amount",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_awaited_amount",
			"description": "What of the outstanding amount an accepted payment slip says is on its way: it is owed, but holds nothing until then.",
		},
		{
			"fieldname": "b2b_dispute",
			"label": "Dispute",
			"fieldtype": "Link",
			"options": "Dispute",
			"insert_after": "return_against",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_dispute",
			"description": "The dispute that this credit note settles.",
		},
		{
			"fieldname": "b2b_milestone_plan",
			"label": "Milestone plan",
			"fieldtype": "Link",
			"options": "Order Milestone Plan",
			"insert_after": "b2b_dispute",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_milestone_plan",
			"description": "This invoice bills a milestone of it: a share of the order, before or after its delivery.",
		},
		{
			# The name of the milestone's row, which is no document of its own to link to.
			"fieldname": "b2b_milestone",
			"label": "Milestone",
			"fieldtype": "Data",
			"insert_after": "b2b_milestone_plan",
			"read_only": 1,
			"hidden": 1,
			"no_copy": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
	],
	"Sales Order": [
		{
			"fieldname": "b2b_credit_section",
			"label": "Credit",
			"fieldtype": "Section Break",
			"insert_after": "billing_status",
			"print_hide": 1,
		},
		{
			"fieldname": "b2b_credit_status",
			"label": "Credit status",
			"fieldtype": "Select",
			"options": "Not Checked\nClear\nHeld\nStopped\nReleased\nRejected",
			"default": "Not Checked",
			"insert_after": "b2b_credit_section",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"in_standard_filter": 1,
			"print_hide": 1,
			"description": "Decided when the order is submitted. A value that is sent in is recomputed.",
		},
		{
			"fieldname": "b2b_credit_hold",
			"label": "Credit hold",
			"fieldtype": "Link",
			"options": "Credit Hold",
			"insert_after": "b2b_credit_status",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"description": "The hold that this order waits for, or the last one it had.",
		},
		{
			"fieldname": "b2b_payment_slip",
			"label": "Goes ahead on payment slip",
			"fieldtype": "Link",
			"options": "Payment Slip",
			"insert_after": "b2b_credit_hold",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_payment_slip",
			"description": "It was let through because this money is on its way. When it does not come, the order is looked at again.",
		},
		{
			"fieldname": "b2b_credit_column",
			"fieldtype": "Column Break",
			"insert_after": "b2b_payment_slip",
		},
		{
			"fieldname": "b2b_security_required_percent",
			"label": "Security required",
			"fieldtype": "Percent",
			"insert_after": "b2b_credit_column",
			"non_negative": 1,
			"print_hide": 1,
			"description": "Share of this order that a security must cover. The Credit Profile may ask for more.",
		},
		{
			"fieldname": "b2b_security_demanded_percent",
			"label": "Security demanded",
			"fieldtype": "Percent",
			"insert_after": "b2b_security_required_percent",
			"read_only": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
			"print_hide": 1,
			"depends_on": "b2b_security_demanded_percent",
			"description": "Share of the order that the credit policy demands security for.",
		},
		{
			"fieldname": "b2b_split_from",
			"label": "Split from",
			"fieldtype": "Link",
			"options": "Sales Order",
			"insert_after": "b2b_security_demanded_percent",
			"read_only": 1,
			"no_copy": 1,
			"print_hide": 1,
			"depends_on": "b2b_split_from",
			"description": "The order that went ahead with what fitted the credit limit; this one is the rest.",
		},
	],
	"Sales Order Item": [
		{**MADE_TO_ORDER, "insert_after": "item_name", **FROM_ITEM},
	],
	"Stock Entry": [
		{
			"fieldname": "b2b_customer",
			"label": "Customer",
			"fieldtype": "Link",
			"options": "Customer",
			"insert_after": "add_to_transit",
			"depends_on": "eval:in_list(['Material Issue', 'Material Transfer'], doc.purpose)",
			"print_hide": 1,
			"description": "For whom the goods leave, such as samples. The customer's credit is checked when this is submitted.",
		},
	],
	"Warehouse": [
		{
			"fieldname": "b2b_customer",
			"label": "Consignment customer",
			"fieldtype": "Link",
			"options": "Customer",
			"insert_after": "is_rejected_warehouse",
			"print_hide": 1,
			"description": "Who has the goods of this warehouse, and of those below it, on consignment. Moving goods here is checked for credit.",
		},
	],
}


def create() -> None:
	"""Make the missing fields and bring the others to what is written above."""
	create_custom_fields(
		{
			doctype: [{**field, "module": MODULE, "is_system_generated": 1} for field in fields]
			for doctype, fields in CUSTOM_FIELDS.items()
		}
	)


def remove() -> None:
	"""Remove the fields, what was customised about them, and their columns, which Frappe leaves behind."""
	for doctype, fields in CUSTOM_FIELDS.items():
		names = [field["fieldname"] for field in fields]
		for name in frappe.get_all(
			"Custom Field", filters={"dt": doctype, "fieldname": ("in", names)}, pluck="name"
		):
			frappe.delete_doc(
				"Custom Field", name, force=True, ignore_permissions=True, delete_permanently=True
			)
		frappe.db.delete("Property Setter", {"doc_type": doctype, "field_name": ("in", names)})
		_drop_columns(
			doctype, [field["fieldname"] for field in fields if field["fieldtype"] not in no_value_fields]
		)
		frappe.clear_cache(doctype=doctype)


def _drop_columns(doctype: str, fieldnames: list[str]) -> None:
	for fieldname in fieldnames:
		# Both names are our own constants; DDL takes no parameters.
		frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP COLUMN IF EXISTS `{fieldname}`")  # nosemgrep
	frappe.cache.hdel("table_columns", f"tab{doctype}")
