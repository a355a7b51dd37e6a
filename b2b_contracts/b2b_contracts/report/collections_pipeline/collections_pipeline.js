(() => {
	const reports = b2b_contracts.reports;
	const VIEWS = [
		{ value: "By Customer", label: __("By Customer") },
		{ value: "By Document", label: __("By Document") },
		{ value: "By Collector", label: __("By Collector") },
		{ value: "By Week", label: __("By Week") },
		{ value: "Provision Matrix", label: __("Provision Matrix") },
	];

	// What is behind a line, by the same report: the documents of a week or of a customer, the customers of a collector.
	function inside(filters, shown) {
		const asked = { company: frappe.query_report.get_filter_value("company"), ...filters };
		const words = Object.entries(asked).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
		const inside = frappe.utils.escape_html(JSON.stringify(filters));
		return `<a href="/app/query-report/Collections Pipeline?${words.join("&")}" data-inside="${inside}">${shown}</a>`;
	}

	frappe.query_reports["Collections Pipeline"] = reports.define({
		filters: [
			reports.company(),
			reports.choice("view", __("Show"), ["By Customer"], { options: VIEWS }),
			reports.customer(),
			{ fieldname: "collector", label: __("Collector"), fieldtype: "Link", options: "User" },
			{
				fieldname: "week",
				label: __("Expected in the week of"),
				fieldtype: "Date",
				depends_on: "eval:doc.view == 'By Document'",
			},
		],
		onload(report) {
			// A link to the same report would change nothing: the filters do.
			report.page.body.on("click", "[data-inside]", (event) => {
				if (event.ctrlKey || event.metaKey) return true;
				report.set_filter_value(JSON.parse(event.currentTarget.getAttribute("data-inside")));
				return false;
			});
		},
		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data) return shown;
			if (data.bold) return `<b>${shown}</b>`;
			if (column.fieldname === "week" && data.monday)
				return inside({ view: "By Document", week: data.monday }, shown);
			if (column.fieldname === "owed" && data.customer && !data.document)
				return inside({ view: "By Document", customer: data.customer, week: "" }, shown);
			if (column.fieldname === "collector" && data.collector_user)
				return inside({ view: "By Customer", collector: data.collector_user }, shown);
			return shown;
		},
	});
})();
