frappe.query_reports["Dunning Effectiveness"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		b2b_contracts.reports.choice("by", __("Group by"), ["Step", "Channel", "Template", "Month"], { reqd: 1 }),
		b2b_contracts.reports.day("from_date", __("Sent from"), {
			default: b2b_contracts.reports.months_ago(12),
		}),
		b2b_contracts.reports.day("to_date", __("Sent until")),
		{ fieldname: "flow", label: __("Dunning flow"), fieldtype: "Link", options: "Dunning Flow" },
	],
});
