frappe.query_reports["Limitation Watch"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		{ fieldname: "within", label: __("Within (days)"), fieldtype: "Int", default: 365 },
		b2b_contracts.reports.customer(),
		{ fieldname: "collector", label: __("Collector"), fieldtype: "Link", options: "User" },
	],
	formatter(value, row, column, data, default_formatter) {
		// While a suit is pending no day is the last.
		if (data && data.suit_filed_on && column.fieldname === "days_left")
			return `<span class="text-muted">${__("Before a court")}</span>`;
		return default_formatter(value, row, column, data);
	},
});
