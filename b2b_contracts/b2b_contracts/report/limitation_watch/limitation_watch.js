frappe.query_reports["Limitation Watch"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
			reqd: 1,
		},
		{ fieldname: "within", label: __("Within (days)"), fieldtype: "Int", default: 365 },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
		{ fieldname: "collector", label: __("Collector"), fieldtype: "Link", options: "User" },
	],
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data) return shown;
		if (column.fieldname === "customer_name")
			return b2b_contracts.credit.link("Customer", data.customer, data.customer_name);
		if (column.fieldname !== "days_left") return shown;
		// While a suit is pending no day is the last.
		if (data.suit_filed_on) return `<span class="text-muted">${__("Before a court")}</span>`;
		const colour = data.days_left <= 30 ? "red" : data.days_left <= 90 ? "orange" : "blue";
		return `<span class="indicator-pill no-indicator-dot ${colour}">${shown}</span>`;
	},
};
