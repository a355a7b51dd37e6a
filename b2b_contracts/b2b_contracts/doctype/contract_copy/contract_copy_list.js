frappe.listview_settings["Contract Copy"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Planned: "blue", Queued: "blue", Sent: "green", Failed: "red", "No Address": "red" }[doc.status];
		return [__(doc.status, null, "Contract Copy"), colour, `status,=,${doc.status}`];
	},
};
