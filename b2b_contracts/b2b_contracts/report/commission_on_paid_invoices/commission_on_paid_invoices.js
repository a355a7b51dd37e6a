(() => {
	const reports = b2b_contracts.reports;
	frappe.query_reports["Commission on Paid Invoices"] = reports.define({
		filters: [
			reports.company(),
			reports.choice("by", __("Group by"), ["Invoice", "Salesperson", "Customer", "Month"]),
			reports.day("from_date", __("From Date"), { default: frappe.datetime.month_start() }),
			reports.day("to_date", __("To Date")),
			{
				fieldname: "sales_person",
				label: __("Salesperson"),
				fieldtype: "Link",
				options: "Sales Person",
			},
			reports.customer(),
		],
	});
})();
