// Entries: which of them count.
frappe.listview_settings["Sanctions List Entry"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Current: "orange", Removed: "gray" }[doc.status];
		return [__(doc.status, null, "Sanctions List Entry"), colour, `status,=,${doc.status}`];
	},
};
