frappe.listview_settings["Account Statement"] = {
	hide_name_column: true,
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Planned: "blue", Sent: "green", Printed: "green", Skipped: "gray", Failed: "red" }[
			doc.status
		];
		return [__(doc.status, null, "Account Statement"), colour, `status,=,${doc.status}`];
	},
};
