frappe.query_reports["Security Coverage"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		b2b_contracts.reports.choice(
			"show",
			__("Show"),
			["Customers", "Credit groups", "Securities", "Dates ahead"],
			{ reqd: 1 }
		),
		b2b_contracts.reports.choice(
			"assumption",
			__("What stays open"),
			["Paid when due", "Paid as late as usual", "As much open as today"],
			{ reqd: 1 }
		),
		{ fieldname: "months", label: __("Months ahead"), fieldtype: "Int", default: 6, reqd: 1 },
		b2b_contracts.reports.customer(),
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
});
