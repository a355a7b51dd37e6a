frappe.listview_settings["Insurance Policy"] = {
	add_fields: ["status", "period_from", "period_to"],
	get_indicator(doc) {
		const colour = { Draft: "orange", "In Force": "green", Ended: "gray" }[doc.status];
		return [__(doc.status, null, "Insurance Policy"), colour, `status,=,${doc.status}`];
	},
};
