frappe.query_reports["Dunning Effectiveness"] = {
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
			options: ["Step", "Channel", "Template", "Month"].map((value) => ({ value, label: __(value) })),
			default: "Step",
			reqd: 1,
		},
		{
			fieldname: "from_date",
			label: __("Sent from"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
		},
		{
			fieldname: "to_date",
			label: __("Sent until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
		},
		{ fieldname: "flow", label: __("Dunning flow"), fieldtype: "Link", options: "Dunning Flow" },
	],
	formatter(value, row, column, data, default_formatter) {
		// Nothing is known yet: that is not 0 %.
		if (column.fieldtype === "Percent" && data && data[column.fieldname] === null) {
			return '<div style="text-align: right">–</div>';
		}
		return default_formatter(value, row, column, data);
	},
};
