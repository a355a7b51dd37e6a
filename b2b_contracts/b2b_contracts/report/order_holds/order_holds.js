(() => {
	const choice = (fieldname, label, words, more) => ({
		...b2b_contracts.reports.choice(fieldname, label, Object.keys(words), more),
		options: Object.entries(words).map(([value, label]) => ({ value, label })),
	});
	const STATUSES = ["", "Open", "Released", "Rejected", "Cleared", "Expired", "Cancelled"];
	// What a click on a row of a group asks for: its holds one by one.
	const FIELD = {
		Segment: "segment",
		Reason: "reason",
		"Answered by": "answered_by",
		Month: "month",
		"What became of it": "outcome",
		Customer: "customer",
	};

	frappe.query_reports["Order Holds"] = b2b_contracts.reports.define({
		filters: [
			b2b_contracts.reports.company(),
			choice(
				"by",
				__("Group by"),
				{
					Hold: __("Hold", null, "Credit Hold"),
					Segment: __("Segment"),
					Reason: __("Reason"),
					"Answered by": __("Answered by"),
					Month: __("Month"),
					"What became of it": __("What became of it"),
					Customer: __("Customer"),
				},
				{ reqd: 1 }
			),
			choice(
				"about",
				__("About"),
				{
					Orders: __("Orders"),
					"Deliveries and invoices": __("Deliveries and invoices"),
					Customers: __("Customers"),
				},
				{ reqd: 1 }
			),
			b2b_contracts.reports.day("from_date", __("Held from"), { default: b2b_contracts.reports.months_ago(12) }),
			b2b_contracts.reports.day("to_date", __("Held until")),
			{
				fieldname: "status",
				label: __("Status"),
				fieldtype: "Select",
				options: STATUSES.map((value) => ({ value, label: value ? __(value, null, "Credit Hold") : "" })),
			},
			b2b_contracts.reports.customer(),
			{ fieldname: "segment", label: __("Segment"), fieldtype: "Link", options: "Credit Segment" },
			{ fieldname: "reason", label: __("Reason"), fieldtype: "Data", hidden: 1 },
			{ fieldname: "answered_by", label: __("Answered by"), fieldtype: "Link", options: "User", hidden: 1 },
			{ fieldname: "month", label: __("Month"), fieldtype: "Data", hidden: 1 },
			{ fieldname: "outcome", label: __("What became of it"), fieldtype: "Data", hidden: 1 },
		],

		onload(report) {
			report.page.body.on("click", "[data-hold-filters]", (event) => {
				event.preventDefault();
				report.set_filter_value(JSON.parse(event.currentTarget.getAttribute("data-hold-filters")));
			});
			report.page.add_inner_button(__("All holds"), () =>
				report.set_filter_value({ reason: "", answered_by: "", month: "", outcome: "", status: "", by: "Hold" })
			);
		},

		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data) return shown;
			// Nothing to count it from: that is not 0.
			if (value === null && ["Currency", "Int"].includes(column.fieldtype)) return "";
			const by = frappe.query_report.get_filter_value("by");
			if (column.fieldname === "holds" || (by === "What became of it" && column.fieldname === "orders"))
				return value && data.key ? to_holds(shown, FIELD[by], data.key) : shown;
			const is_bad =
				(column.fieldname === "over" && value > 0) ||
				(["late", "overdue", "lost", "lost_orders", "days_late"].includes(column.fieldname) && value > 0);
			return is_bad ? `<span class="text-danger">${shown}</span>` : shown;
		},
	});

	function to_holds(shown, field, key) {
		const filters = frappe.utils.escape_html(JSON.stringify({ [field]: key, by: "Hold" }));
		return `<a href="#" data-hold-filters="${filters}" style="text-decoration:underline dotted">${shown}</a>`;
	}
})();
