frappe.query_reports["Security Coverage"] = {
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
			fieldname: "show",
			label: __("Show"),
			fieldtype: "Select",
			options: [
				{ value: "Customers", label: __("Customers") },
				{ value: "Credit groups", label: __("Credit groups") },
				{ value: "Securities", label: __("Securities") },
				{ value: "Dates ahead", label: __("Dates ahead") },
			],
			default: "Customers",
			reqd: 1,
		},
		{
			fieldname: "assumption",
			label: __("What stays open"),
			fieldtype: "Select",
			options: [
				{ value: "Paid when due", label: __("Paid when due") },
				{ value: "Paid as late as usual", label: __("Paid as late as usual") },
				{ value: "As much open as today", label: __("As much open as today") },
			],
			default: "Paid when due",
			reqd: 1,
		},
		{ fieldname: "months", label: __("Months ahead"), fieldtype: "Int", default: 6, reqd: 1 },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
		{ fieldname: "credit_group", label: __("Credit group"), fieldtype: "Link", options: "Credit Group" },
	],
	onload(report) {
		report.page.body.on("click", "[data-ahead]", (event) => {
			event.preventDefault();
			report.set_filter_value({
				customer: event.currentTarget.getAttribute("data-ahead"),
				show: "Dates ahead",
			});
		});
	},
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data || value === null || value === undefined) return shown;
		if (["customer_name", "holder"].includes(column.fieldname) && data.customer)
			return b2b_contracts.credit.link("Customer", data.customer, value);
		if (column.fieldname === "lost_shown")
			return data.lost
				.map((name) => b2b_contracts.credit.link("Security Instrument", name, name))
				.concat(data.lost_of_group ? [__("a security of the credit group")] : [])
				.join(", ");
		if (column.fieldname === "next_fall" && data.customer)
			return `<a href="#" data-ahead="${frappe.utils.escape_html(data.customer)}">${shown}</a>`;
		const is_bad = ["gap", "over", "not_counting", "why_not"].includes(column.fieldname) && value;
		return is_bad ? `<span class="text-danger">${shown}</span>` : shown;
	},
};
