frappe.query_reports["Renewal Pipeline"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		{
			fieldname: "view",
			label: __("View"),
			fieldtype: "Select",
			options: [
				{ value: "Overview", label: __("Overview") },
				{ value: "Margin and prices", label: __("Margin and prices") },
				{ value: "Reminders", label: __("Reminders") },
			],
			default: "Overview",
		},
		{
			fieldname: "within",
			label: __("To act on within (days)"),
			fieldtype: "Int",
			default: 180,
			description: __("0 = whenever."),
		},
		{
			fieldname: "stage",
			label: __("Stage"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "To Decide", label: __("To decide") },
				{ value: "In Renegotiation", label: __("In renegotiation") },
				{ value: "Renewed", label: __("Renewed") },
				{ value: "Ending", label: __("Ending") },
			],
		},
		{
			fieldname: "light",
			label: __("Traffic light"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Red", label: __("Past the last day") },
				{ value: "Yellow", label: __("Within 30 days") },
				{ value: "Green", label: __("In good time") },
				{ value: "Grey", label: __("No day") },
			],
		},
		b2b_contracts.reports.customer(),
		{ fieldname: "contract_type", label: __("Contract type"), fieldtype: "Link", options: "Contract Type" },
		{ fieldname: "account_manager", label: __("Account manager"), fieldtype: "Link", options: "User" },
	],
});
