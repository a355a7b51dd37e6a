// Take-overs by how far they are.
frappe.listview_settings["Take-over Import"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Draft: "gray", Checked: "blue", Importing: "orange", Completed: "green" }[doc.status];
		return [__(doc.status, null, "Take-over Import"), colour, `status,=,${doc.status}`];
	},
};
