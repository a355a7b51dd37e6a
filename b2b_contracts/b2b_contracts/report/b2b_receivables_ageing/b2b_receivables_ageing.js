(() => {
	const NAME = "B2B Receivables Ageing";
	const reports = b2b_contracts.reports;

	// What is behind a line: its documents, by the same report with the same filters.
	function inside(data, shown) {
		const filters = { ...frappe.query_report.get_filter_values(), ...data.inside, by: "Document" };
		const words = Object.entries(filters)
			.map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value ?? ""])
			.filter(([name, value]) => value !== "" || name === "part")
			.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
		return `<a href="/app/query-report/${NAME}?${words.join("&")}">${shown}</a>`;
	}

	frappe.query_reports[NAME] = reports.define({
		filters: [
			reports.companies(),
			reports.day("as_of", __("As of"), { reqd: 1 }),
			reports.choice("by", __("Group by"), [
				"Customer",
				"Credit Group",
				"Segment",
				"Salesperson",
				"Company",
				"Currency",
				"Document",
			]),
			reports.customer(),
			reports.choice("basis", __("Age by"), ["", "Due Date", "Posting Date"]),
			{ fieldname: "buckets", label: __("Buckets in days"), fieldtype: "Data", placeholder: "30, 60, 90" },
			reports.choice("credits", __("Open credits"), ["Own Column", "Against the Oldest"]),
			reports.choice("part_by", __("Only of one"), [
				"",
				"Credit Group",
				"Segment",
				"Salesperson",
				"Currency",
			]),
			{
				fieldname: "part",
				label: __("Which one (empty: those without)"),
				fieldtype: "Data",
				depends_on: "eval:doc.part_by",
			},
		],
		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data) return shown;
			if (data.bold) return `<b>${shown}</b>`;
			if (data.inside && ["group", "total"].includes(column.fieldname)) return inside(data, shown);
			return shown;
		},
	});
})();
