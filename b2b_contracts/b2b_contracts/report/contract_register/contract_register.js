frappe.query_reports["Contract Register"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.companies(),
		{
			fieldname: "view",
			label: __("View"),
			fieldtype: "Select",
			options: [
				{ value: "Contracts", label: __("Contracts") },
				{ value: "Every term", label: __("Every term") },
				{ value: "Open items", label: __("Open items") },
			],
			default: "Contracts",
		},
		{
			fieldname: "only",
			label: __("Show"),
			fieldtype: "Select",
			options: [
				{ value: "Everything", label: __("Everything") },
				{ value: "Something is missing", label: __("Something is missing") },
				{ value: "In order", label: __("In order") },
				{ value: "Overdue", label: __("Overdue") },
			],
			default: "Everything",
		},
		{ fieldname: "contract_type", label: __("Contract type"), fieldtype: "Link", options: "Contract Type" },
		{
			fieldname: "status",
			label: __("Status"),
			fieldtype: "MultiSelectList",
			get_data: () =>
				[
					"Request",
					"Draft",
					"In Review",
					"Approved",
					"Out for Signature",
					"Active",
					"In Renewal",
					"Terminated",
					"Expired",
					"Rejected",
				].map((value) => ({ value, description: __(value, null, "B2B Contract") })),
		},
		{ fieldname: "governing_law", label: __("Governing law"), fieldtype: "Link", options: "Country" },
		{ fieldname: "contract_owner", label: __("Contract owner"), fieldtype: "Link", options: "User" },
		{ fieldname: "account_manager", label: __("Account manager"), fieldtype: "Link", options: "User" },
		b2b_contracts.reports.choice("confidentiality", __("Confidentiality"), ["", "Internal", "Confidential"]),
		b2b_contracts.reports.customer(),
	],
});
