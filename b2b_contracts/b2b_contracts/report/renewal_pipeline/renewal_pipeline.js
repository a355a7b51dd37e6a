frappe.query_reports["Renewal Pipeline"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
			reqd: 1,
		},
		{
			fieldname: "within",
			label: __("To act on within (days)"),
			fieldtype: "Int",
			default: 180,
			description: __("0 = whenever."),
		},
		{
			fieldname: "stage",
			label: __("Stage"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "To Decide", label: __("To decide") },
				{ value: "In Renegotiation", label: __("In renegotiation") },
				{ value: "Renewed", label: __("Renewed") },
				{ value: "Ending", label: __("Ending") },
			],
		},
		{
			fieldname: "light",
			label: __("Traffic light"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Red", label: __("Past the last day") },
				{ value: "Yellow", label: __("Within 30 days") },
				{ value: "Green", label: __("In good time") },
				{ value: "Grey", label: __("No day") },
			],
		},
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
		{ fieldname: "contract_type", label: __("Contract type"), fieldtype: "Link", options: "Contract Type" },
		{ fieldname: "account_manager", label: __("Account manager"), fieldtype: "Link", options: "User" },
	],
	formatter(value, row, column, data, default_formatter) {
		// Nobody has assessed it: that is not 0 %.
		if (column.fieldname === "probability" && data && data.probability === null)
			return `<span class="text-muted">${__("not assessed")}</span>`;
		const shown = default_formatter(value, row, column, data);
		if (!data) return shown;
		if (column.fieldname === "title") return b2b_contracts.credit.link("B2B Contract", data.contract, data.title);
		if (column.fieldname === "customer_name")
			return b2b_contracts.credit.link("Customer", data.customer, data.customer_name);
		if (column.fieldname === "light_name") {
			const colour = { Red: "red", Yellow: "yellow", Green: "green", Grey: "gray" }[data.light];
			return b2b_contracts.credit.pill(data.light_name, colour);
		}
		return shown;
	},
};
