frappe.listview_settings["Limitation Warning"] = {
	hide_name_column: true,
	add_fields: ["days_before"],
	get_indicator(doc) {
		const colour = doc.days_before <= 30 ? "red" : doc.days_before <= 90 ? "orange" : "blue";
		return [__("{0} days before", [doc.days_before]), colour, `days_before,=,${doc.days_before}`];
	},
};
