(() => {
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

	frappe.query_reports["Delivery Stops"] = {
		filters: [
			{
				fieldname: "company",
				label: __("Company"),
				fieldtype: "Link",
				options: "Company",
				default: frappe.defaults.get_user_default("Company"),
			},
			{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
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
			if (!data) return shown;
			if (column.fieldname === "customer_name")
				return b2b_contracts.credit.link("Customer", data.customer, data.customer_name);
			if (column.fieldname === "waiting_orders" && data.waiting_orders)
				return `<a href="${orders_behind(data)}">${shown}</a>`;
			if (column.fieldname !== "action_shown") return shown;
			const colour = data.action === "Stop" ? "red" : "orange";
			return `<span class="indicator-pill no-indicator-dot ${colour}">${shown}</span>`;
		},
	};
})();
