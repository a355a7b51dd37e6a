frappe.query_reports["Contract Performance"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		{
			fieldname: "by",
			label: __("View"),
			fieldtype: "Select",
			options: [
				{ value: "Contract", label: __("Contract") },
				{ value: "Customer", label: __("Customer") },
				{ value: "Contract type", label: __("Contract type") },
				{ value: "Account manager", label: __("Account manager") },
				{ value: "Cycle time", label: __("Cycle time") },
			],
			default: "Contract",
		},
		b2b_contracts.reports.day("from_date", __("From"), {
			default: frappe.datetime.add_days(b2b_contracts.reports.months_ago(12), 1),
		}),
		b2b_contracts.reports.day("to_date", __("Until")),
		b2b_contracts.reports.customer(),
		{ fieldname: "contract_type", label: __("Contract type"), fieldtype: "Link", options: "Contract Type" },
		{ fieldname: "account_manager", label: __("Account manager"), fieldtype: "Link", options: "User" },
	],
	onload: (report) => b2b_contracts.reports.follow_narrowed(report),
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (column.fieldname !== "contracts" || !data || !value) return shown;
		// The contracts behind a customer, a type or an account manager.
		const group = ["customer", "contract_type", "account_manager"].find((name) => data[name]);
		return group ? b2b_contracts.reports.narrowed({ by: "Contract", [group]: data[group] }, shown) : shown;
	},
});
