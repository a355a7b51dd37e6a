(() => {
	const NAME = "B2B Receivables Ageing";
	const reports = b2b_contracts.reports;

	// What is behind a line: its documents, by the same report with the same filters.
	function inside(data, shown) {
		const asked = frappe.utils.escape_html(JSON.stringify(data.inside));
		return `<a href="#" data-inside="${asked}">${shown}</a>`;
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
		onload(report) {
			report.page.body.on("click", "[data-inside]", (event) => {
				event.preventDefault();
				const asked = JSON.parse(event.currentTarget.getAttribute("data-inside"));
				report.set_filter_value({ ...asked, by: "Document" });
			});
		},
		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data) return shown;
			if (data.bold) return `<b>${shown}</b>`;
			if (data.inside && ["group", "total"].includes(column.fieldname)) return inside(data, shown);
			return shown;
		},
	});
})();
