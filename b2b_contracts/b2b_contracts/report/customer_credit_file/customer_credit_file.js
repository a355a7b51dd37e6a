(() => {
	const reports = b2b_contracts.reports;
	frappe.query_reports["Customer Credit File"] = reports.define({
		filters: [
			reports.company(),
			reports.customer({ reqd: 1 }),
			{
				fieldname: "lines",
				label: __("Lines a part at most"),
				fieldtype: "Int",
				default: 20,
			},
		],
		formatter(value, row, column, data, default_formatter) {
			// A line without an amount is not one of 0.
			if (data && column.fieldtype === "Currency" && [null, undefined].includes(data[column.fieldname]))
				return "";
			// What people wrote: text, whatever it looks like.
			const text = column.fieldtype === "Data" ? b2b_contracts.credit.esc(value ?? "") : value;
			const shown = default_formatter(text, row, column, data);
			return data?.kind === "Part" && column.fieldname === "what" ? `<b>${shown}</b>` : shown;
		},
	});
})();
