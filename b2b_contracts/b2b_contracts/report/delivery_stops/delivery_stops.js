frappe.query_reports["Delivery Stops"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
		{
			fieldname: "action",
			label: __("Stop"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Stop", label: __("Stop", null, "Credit Hold") },
				{ value: "Delivery Stop", label: __("Delivery Stop", null, "Credit Hold") },
			],
		},
	],
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data) return shown;
		if (column.fieldname === "customer_name")
			return b2b_contracts.credit.link("Customer", data.customer, data.customer_name);
		if (column.fieldname !== "action_shown") return shown;
		const colour = data.action === "Stop" ? "red" : "orange";
		return `<span class="indicator-pill no-indicator-dot ${colour}">${shown}</span>`;
	},
};
