// Imports of contracts by how far they are.
frappe.listview_settings["Contract Import"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Draft: "gray", Checked: "blue", Importing: "orange", Completed: "green" }[doc.status];
		return [__(doc.status, null, "Contract Import"), colour, `status,=,${doc.status}`];
	},
};
