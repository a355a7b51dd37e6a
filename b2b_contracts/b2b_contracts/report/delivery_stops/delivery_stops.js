(() => {
	const reports = b2b_contracts.reports;

	// The orders that wait behind a stop, in their own list.
	function orders_behind({ customer, company }) {
		const filters = {
			customer,
			company,
			docstatus: 1,
			per_delivered: JSON.stringify(["<", 100]),
			status: JSON.stringify(["not in", "Closed,Completed"]),
		};
		const query = Object.entries(filters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
		return `/app/sales-order/view/list?${query.join("&")}`;
	}

	frappe.query_reports["Delivery Stops"] = reports.define({
		filters: [
			reports.company({ reqd: 0 }),
			reports.customer(),
			{
				fieldname: "action",
				label: __("Stop"),
				fieldtype: "Select",
				options: [
					{ value: "", label: "" },
					{ value: "Stop", label: __("Stop", null, "Credit Hold") },
					{ value: "Delivery Stop", label: __("Delivery Stop", null, "Credit Hold") },
				],
			},
		],
		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (data && column.fieldname === "waiting_orders" && data.waiting_orders)
				return `<a href="${orders_behind(data)}">${shown}</a>`;
			return shown;
		},
	});
})();
