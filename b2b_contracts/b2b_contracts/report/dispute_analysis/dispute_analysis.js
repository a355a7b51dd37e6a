frappe.query_reports["Dispute Analysis"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
			reqd: 1,
		},
		{
			fieldname: "by",
			label: __("Group by"),
			fieldtype: "Select",
			options: ["Root cause", "Customer", "Item", "Salesperson", "Warehouse", "Price list", "Month"].map(
				(value) => ({ value, label: __(value) })
			),
			default: "Root cause",
			reqd: 1,
		},
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
		},
		{
			fieldname: "to_date",
			label: __("To Date"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
		},
	],
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		return column.fieldname === "average_days" && data?.is_red
			? `<span class="text-danger">${shown}</span>`
			: shown;
	},
};
