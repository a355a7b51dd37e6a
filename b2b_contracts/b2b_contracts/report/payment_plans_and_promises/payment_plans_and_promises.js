frappe.query_reports["Payment Plans and Promises"] = b2b_contracts.reports.define({
	filters: [
		b2b_contracts.reports.company(),
		b2b_contracts.reports.choice("view", __("Show"), ["Due Next"], {
			options: [
				{ value: "Due Next", label: __("Due Next") },
				{ value: "Plans", label: __("Plans") },
				{ value: "Promises", label: __("Promises") },
				{ value: "By Collector", label: __("By Collector") },
				{ value: "By Month", label: __("By Month") },
			],
		}),
		b2b_contracts.reports.customer(),
		{ fieldname: "collector", label: __("Collector"), fieldtype: "Link", options: "User" },
		{
			fieldname: "within",
			label: __("Within (days)"),
			fieldtype: "Int",
			default: 91,
			depends_on: "eval:doc.view == 'Due Next'",
		},
		b2b_contracts.reports.day("from_date", __("Ended from"), {
			default: b2b_contracts.reports.months_ago(12),
		}),
		b2b_contracts.reports.day("to_date", __("Ended until")),
	],
});
