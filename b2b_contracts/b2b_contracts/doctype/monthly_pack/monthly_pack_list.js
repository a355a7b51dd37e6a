frappe.listview_settings["Monthly Pack"] = {
	add_fields: ["status", "version", "audience"],
	get_indicator(doc) {
		const colour = { Queued: "blue", Running: "blue", Completed: "green", Failed: "red" }[doc.status];
		return [__(doc.status, null, "Monthly Pack"), colour, `status,=,${doc.status}`];
	},
};
