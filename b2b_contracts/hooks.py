from b2b_contracts import __version__
from b2b_contracts import permissions as _permissions
from b2b_contracts.doc_events import on as _on
from b2b_contracts.setup.roles import ROLES as _ROLES

app_name = "b2b_contracts"
app_title = "B2B Contracts"
app_publisher = "b2b_contracts contributors"
app_description = "B2B contracts and credit policy that run inside ERPNext"
app_email = "b2b-contracts@example.com"
app_license = "GPL-3.0-or-later"
required_apps = ["frappe/erpnext"]

export_python_type_annotations = True
require_type_annotated_api_methods = True

after_install = "b2b_contracts.setup.install.after_install"
after_migrate = "b2b_contracts.setup.install.after_migrate"
after_uninstall = "b2b_contracts.setup.uninstall.after_uninstall"

# The version in the address makes browsers fetch the files of a new version.
app_include_css = [f"/assets/b2b_contracts/css/credit.css?v={__version__}"]

app_include_js = [
	f"/assets/b2b_contracts/js/{file}.js?v={__version__}"
	for file in (
		"credit_format",
		"credit_panel",
		"credit_actions",
		"credit_order_state",
		"credit_customer_state",
		"credit_groups",
		"credit_book",
		"credit_contacts",
		"credit_disputes",
		"credit_approvals",
		"credit_limits",
		"contract_creation",
		"contract_steps",
		"dunning_letters",
		"reports",
		"workbook_import",
	)
]

# Ways of signing a contract; other apps add theirs.
b2b_contract_signature_providers = ["b2b_contracts.contracts.signature_providers.RecordOfSigning"]

# How a document stands to the contracts with its customer: credit asks, and does not know them.
b2b_contract_state = "b2b_contracts.contracts.order_check.state_of"

before_install = "b2b_contracts.setup.install.before_install"
before_uninstall = "b2b_contracts.setup.uninstall.before_uninstall"

# ERPNext's deletion of a company's transactions leaves terms and evidence alone.
company_data_to_be_ignored = [
	# An insolvency is of no company.
	*(document for document in _permissions.OF_CUSTOMER if document != "Insolvency Case"),
	*_permissions.OF_CONTRACT,
	*("Account Statement Run", "Commission Plan", "Commission Statement", "Contract Import"),
	*("Credit Group", "Credit Policy", "Credit Policy Version", "Dunning Flow", "Dunning Run"),
	*("Insurance Policy", "Insurer Duty", "Month Snapshot", "Month Snapshot Figure", "Monthly Pack"),
	*("Monthly Pack Schedule", "Payment Link Click", "Payment Reference Setup", "Policy Back-test"),
	*("Take-over Import",),
]

# Days; a site's Log Settings say otherwise.
default_log_clearing_doctypes = {"Payment Link Click": 400}

doc_events = {
	"Address": _on("address", "on_trash", "on_update"),
	"Communication": _on("communication", "after_insert", "on_trash"),
	"Company": _on("company", "after_rename", "on_update", "validate"),
	"Customer": _on("customer", "before_rename", "before_validate", "on_update", "validate"),
	"Delivery Note": _on(
		"delivery_note",
		"after_mapping",
		"before_submit",
		"before_validate",
		"on_cancel",
		"on_submit",
		"on_trash",
		"on_update",
	),
	"Dunning": _on("dunning", "before_validate", "validate"),
	"File": _on("file", "before_validate", "on_trash"),
	"Invoice Discounting": {"on_change": "b2b_contracts.doc_events.invoice_discounting.on_change"},
	"Journal Entry": _on(
		"journal_entry", "before_submit", "on_cancel", "on_submit", "on_update_after_submit"
	),
	"Kanban Board": {"validate": "b2b_contracts.doc_events.kanban_board.validate"},
	"Payment Entry": _on("payment_entry", "on_cancel", "on_submit", "on_update_after_submit"),
	"Pick List": {"before_submit": "b2b_contracts.doc_events.pick_list.before_submit"},
	"Purchase Order": {"before_submit": "b2b_contracts.doc_events.purchase_order.before_submit"},
	"Purchase Receipt": _on("purchase_receipt", "before_submit", "on_submit"),
	"Quotation": _on("quotation", "before_submit", "before_validate", "validate"),
	"Sales Invoice": _on(
		"sales_invoice",
		"after_mapping",
		"before_insert",
		"before_submit",
		"before_update_after_submit",
		"before_validate",
		"on_cancel",
		"on_submit",
		"on_trash",
		"validate",
	),
	"Sales Order": _on(
		"sales_order",
		"after_mapping",
		"before_submit",
		"before_update_after_submit",
		"before_validate",
		"on_cancel",
		"on_change",
		"on_submit",
		"on_update",
		"on_update_after_submit",
		"validate",
	),
	"Stock Entry": {"before_submit": "b2b_contracts.doc_events.stock_entry.before_submit"},
	"Stock Reservation Entry": _on("stock_reservation_entry", "before_submit"),
}

doctype_js = {
	"B2B Contract": [
		f"public/js/contract_{part}.js"
		for part in ("amendments", "documents", "letters", "orders", "page", "texts")
	],
	"Bank Guarantee": "public/js/bank_guarantee.js",
	"Contract": "public/js/contract.js",
	"Credit Policy": ["public/js/policy_differences.js", "public/js/policy_files.js"],
	"Credit Profile": ["public/js/customer_insolvency.js", "public/js/customer_statements.js"],
	"Customer": [
		"public/js/contract_page.js",
		"public/js/customer.js",
		"public/js/customer_collection.js",
		"public/js/customer_insolvency.js",
		"public/js/customer_payment_slips.js",
		"public/js/customer_promises.js",
		"public/js/customer_statements.js",
	],
	"Delivery Note": "public/js/selling_draft.js",
	"Dunning": "public/js/dunning.js",
	"Invoice Discounting": "public/js/invoice_discounting.js",
	"Pick List": "public/js/goods_draft.js",
	"Policy Back-test": ["public/js/policy_differences.js", "public/js/back_test_result.js"],
	"Purchase Order": "public/js/goods_draft.js",
	"Quotation": "public/js/contract_following.js",
	"Sales Invoice": [
		"public/js/selling_draft.js",
		"public/js/sales_invoice.js",
		"public/js/invoice_interest.js",
		"public/js/contract_following.js",
	],
	"Sales Order": [
		"public/js/sales_order.js",
		"public/js/order_milestones.js",
		"public/js/contract_following.js",
	],
}

doctype_list_js = {"Sales Order": "public/js/sales_order_list.js"}

fixtures = [{"dt": "Role", "filters": [["name", "in", list(_ROLES)]]}]

has_permission = _permissions.CHECKS

# A decision outlives the draft that it was about.
ignore_links_on_delete = [
	"Approval Request",
	"Board Link",
	"Credit Decision",
	"Credit Hold",
	"Screening Match",
]

jinja = {
	"methods": [
		"b2b_contracts.collections.dispute_links.b2b_dispute_link",
		"b2b_contracts.collections.dunning_letters.b2b_dunning_letter",
		"b2b_contracts.collections.payment_links.b2b_payment_link",
		"b2b_contracts.collections.payment_references.b2b_payment_details",
	]
}

permission_query_conditions = _permissions.QUERY_CONDITIONS

scheduler_events = {
	"cron": {
		"*/5 * * * *": ["b2b_contracts.credit.clearing.sweep", "b2b_contracts.credit.notices.tell_customers"],
		"*/15 * * * *": [
			"b2b_contracts.collections.dunning_runs.sweep",
			"b2b_contracts.collections.insolvency.sweep",
			"b2b_contracts.collections.statement_runs.sweep",
			"b2b_contracts.contracts.importing.sweep",
			"b2b_contracts.contracts.copies.sweep",
			"b2b_contracts.credit.backtesting.sweep",
			"b2b_contracts.credit.takeover.sweep",
			"b2b_contracts.credit.escalation.sweep",
			"b2b_contracts.credit.screening.sweep",
			"b2b_contracts.reporting.packs.sweep",
		],
	},
	"daily_long": [
		"b2b_contracts.collections.approvals.daily",
		"b2b_contracts.collections.balance_confirmations.daily",
		"b2b_contracts.collections.dunning_runs.daily",
		"b2b_contracts.collections.following.daily",
		"b2b_contracts.collections.limitation.daily",
		"b2b_contracts.contracts.letters.daily",
		"b2b_contracts.contracts.reviews.daily",
		"b2b_contracts.contracts.call_offs.daily",
		"b2b_contracts.contracts.pricing.daily",
		"b2b_contracts.contracts.watching.daily",
		"b2b_contracts.b2b_contracts.doctype.credit_profile.credit_profile.end_temporary_limits",
		"b2b_contracts.credit.credit_lists.daily",
		"b2b_contracts.credit.limit_requests.daily",
		"b2b_contracts.credit.insurer_duties.daily",
		"b2b_contracts.credit.clearing.daily",
		"b2b_contracts.credit.notices.daily_digest",
		"b2b_contracts.credit.payment_history.daily",
		"b2b_contracts.credit.securities.expire_due",
		"b2b_contracts.credit.discounted_invoices.end_settled",
		"b2b_contracts.credit.security_reminders.daily",
		"b2b_contracts.reporting.snapshots.daily",
	],
}

standard_portal_menu_items = [
	{
		"title": "Account and payments",
		"route": "/my-account",
		"reference_doctype": "Dunning Notice",
		"role": "Customer",
	}
]
