frappe.listview_settings["Commission Statement"] = {
	add_fields: ["total", "currency", "month_end"],
	get_indicator(doc) {
		return doc.docstatus ? [__("Approved"), "green", "docstatus,=,1"] : [__("Draft"), "orange", "docstatus,=,0"];
	},
	onload(list) {
		if (!frappe.model.can_create("Commission Statement")) return;
		list.page.add_inner_button(__("Make statements"), () =>
			frappe.prompt(
				[
					{
						fieldname: "company",
						fieldtype: "Link",
						options: "Company",
						label: __("Company"),
						default: frappe.defaults.get_user_default("Company"),
						reqd: 1,
					},
					{
						fieldname: "month",
						fieldtype: "Date",
						label: __("Any day of the month"),
						default: frappe.datetime.add_months(frappe.datetime.month_start(), -1),
						reqd: 1,
					},
				],
				async (values) => {
					const made = await frappe.xcall("b2b_contracts.commission_api.make_statements", values);
					frappe.show_alert({
						message: made.length
							? __("{0} statements made.", [made.length])
							: __("There is nothing to state that is not stated already."),
						indicator: made.length ? "green" : "blue",
					});
					list.refresh();
				},
				__("Make statements"),
				__("Make")
			)
		);
	},
};
