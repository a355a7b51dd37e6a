(() => {
	const choice = (fieldname, label, words, more) => ({
		...b2b_contracts.reports.choice(fieldname, label, Object.keys(words), more),
		options: Object.entries(words).map(([value, label]) => ({ value, label })),
	});
	const shows = (...views) => `eval:${JSON.stringify(views)}.includes(doc.show)`;
	// Where the parts of a customer's exposure are listed, document by document.
	const PARTS = {
		receivables: (row) => `query-report/B2B Receivables Ageing?${query(row)}`,
		delivered_not_billed: (row) => `delivery-note?${query(row)}&docstatus=1&status=To Bill`,
		granted_orders: (row) => `sales-order?${query(row)}&docstatus=1`,
		waiting_orders: (row) =>
			`sales-order?${query(row)}&docstatus=1&b2b_credit_status=${encodeURIComponent(
				JSON.stringify(["in", ["Held", "Stopped", "Rejected"]])
			)}`,
		secured: (row) => `security-instrument?${query(row)}&docstatus=1`,
	};
	const query = (row) => $.param({ customer: row.customer, company: row.company });

	frappe.query_reports["Credit Exposure"] = b2b_contracts.reports.define({
		filters: [
			b2b_contracts.reports.companies(),
			choice(
				"show",
				__("Show"),
				{
					Customers: __("Customers"),
					"Credit groups": __("Credit groups"),
					"Risk and revenue": __("Risk and revenue"),
					Concentration: __("Concentration"),
					"Without a profile": __("Without a profile"),
				},
				{ reqd: 1 }
			),
			choice(
				"by",
				__("Concentration by"),
				{
					Customer: __("Customer"),
					"Credit group": __("Credit group"),
					Industry: __("Industry"),
					Country: __("Country"),
					Insurer: __("Insurer"),
				},
				{ depends_on: shows("Concentration") }
			),
			choice(
				"measure",
				__("Measured by"),
				{
					"Net exposure": __("Net exposure"),
					Exposure: __("Exposure"),
					"Number of customers": __("Number of customers"),
				},
				{ depends_on: shows("Risk and revenue", "Concentration") }
			),
			b2b_contracts.reports.customer(),
			{
				fieldname: "credit_group",
				label: __("Credit group"),
				fieldtype: "Link",
				options: "Credit Group",
				hidden: !frappe.model.can_read("Credit Group"),
			},
			{ fieldname: "segment", label: __("Segment"), fieldtype: "Link", options: "Credit Segment" },
			choice("risk_class", __("Risk class"), { "": "", A: "A", B: "B", C: "C", None: __("Not classed") }),
			choice(
				"status",
				__("Status"),
				{
					"": "",
					Stopped: __("Stopped"),
					"Deliveries stopped": __("Deliveries stopped"),
					"On hold": __("On hold"),
					"Over the limit": __("Over the limit"),
					"Group over its limit": __("Group over its limit"),
					"Over the limit, approved": __("Over the limit, approved"),
					"Near the limit": __("Near the limit"),
					"Within the limit": __("Within the limit"),
					"No credit": __("No credit"),
					Unlimited: __("Unlimited"),
					"No profile": __("No profile"),
				},
				{ depends_on: shows("Customers", "Risk and revenue", "Concentration") }
			),
			{ fieldname: "industry", label: __("Industry"), fieldtype: "Link", options: "Industry Type" },
			{ fieldname: "country", label: __("Country"), fieldtype: "Link", options: "Country" },
			{ fieldname: "revenue_band", label: __("Revenue band"), fieldtype: "Data" },
		],

		onload(report) {
			report.page.body.on("click", "[data-exposure-filters]", (event) => {
				event.preventDefault();
				report.set_filter_value(JSON.parse(event.currentTarget.getAttribute("data-exposure-filters")));
			});
		},

		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data) return shown;
			if (column.heat) return heat(shown, value, column, data);
			if (data.is_total) return `<b>${shown}</b>`;
			if (["headroom", "utilisation", "group_utilisation"].includes(column.fieldname)) {
				const is_over = column.fieldname === "headroom" ? value < 0 : value > 100;
				return is_over ? `<span class="text-danger">${shown}</span>` : shown;
			}
			if (column.fieldname === "overdue" && value) return `<span class="text-danger">${shown}</span>`;
			if (PARTS[column.fieldname] && value && data.customer)
				return `<a href="/app/${PARTS[column.fieldname](data)}" style="text-decoration:underline dotted">${shown}</a>`;
			if (column.fieldname === "label") return further(shown, value, data);
			return shown;
		},
	});

	// A cell of the map: the darker, the larger a part of the whole it is; a click lists its customers.
	function heat(shown, value, column, data) {
		const rows = (frappe.query_report.data || []).filter((row) => !row.is_total);
		const bands = Object.keys(data).filter((name) => name.startsWith("band_"));
		const largest = Math.max(1, ...rows.flatMap((row) => bands.map((name) => row[name] || 0)));
		const number = column.fieldname.replace("band_", "");
		if (data.is_total) return `<b>${shown}</b>`;
		const count = data[`count_${number}`];
		if (!count) return '<div class="text-muted" style="text-align:right">–</div>';
		const strength = Math.max(0, value || 0) / largest;
		const colour = { A: "72, 187, 116", B: "236, 201, 75", C: "226, 76, 76" }[data.risk_class] || "160, 174, 192";
		const filters = { risk_class: data.risk_class, revenue_band: data.bands[number], show: "Customers" };
		const customers = count === 1 ? __("1 customer") : __("{0} customers", [count]);
		return `<a href="#" title="${customers}" data-exposure-filters="${frappe.utils.escape_html(
			JSON.stringify(filters)
		)}" style="display:block;margin:-4px -8px;padding:4px 8px;background:rgba(${colour}, ${
			0.12 + 0.75 * strength
		});color:inherit">${shown}</a>`;
	}

	// The customers of an industry or a country, by a click.
	function further(shown, value, data) {
		const by = frappe.query_report.get_filter_value("by");
		const field = { Industry: "industry", Country: "country", Customer: "customer" }[by];
		if (!field || !data.key || by === "Customer") return shown;
		const filters = { [field]: data.key, show: "Customers" };
		return `<a href="#" data-exposure-filters="${frappe.utils.escape_html(JSON.stringify(filters))}">${shown}</a>`;
	}
})();
