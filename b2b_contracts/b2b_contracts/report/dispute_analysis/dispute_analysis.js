(() => {
	const reports = b2b_contracts.reports;
	frappe.query_reports["Dispute Analysis"] = reports.define({
		filters: [
			reports.company(),
			reports.choice("by", __("Group by"), [
				"Root cause",
				"Customer",
				"Item",
				"Salesperson",
				"Warehouse",
				"Price list",
				"Month",
				"Dispute",
			]),
			reports.day("from_date", __("From Date"), { default: reports.months_ago(12) }),
			reports.day("to_date", __("To Date")),
			reports.customer(),
		],
	});
})();
