frappe.query_reports["Contracted Revenue"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		{
			fieldname: "by",
			label: __("Group by"),
			fieldtype: "Select",
			options: [
				{ value: "Month", label: __("Month") },
				{ value: "Contract", label: __("Contract") },
				{ value: "Customer", label: __("Customer") },
				{ value: "Contract type", label: __("Contract type") },
				{ value: "Account manager", label: __("Account manager") },
			],
			default: "Month",
		},
		b2b_contracts.reports.day("from_month", __("From the month of"), {
			default: frappe.datetime.month_start(),
		}),
		{ fieldname: "months", label: __("Months"), fieldtype: "Int", default: 12 },
		{
			fieldname: "amount",
			label: __("Amount by month"),
			fieldtype: "Select",
			options: [
				{ value: "Expected", label: __("Expected") },
				{ value: "Committed", label: __("Committed") },
				{ value: "Weighted", label: __("Weighted") },
				{ value: "Possible", label: __("Possible") },
			],
			default: "Expected",
			depends_on: "eval:doc.by !== 'Month'",
		},
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
