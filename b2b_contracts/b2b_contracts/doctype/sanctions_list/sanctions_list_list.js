// Lists: which of them anybody is screened against.
frappe.listview_settings["Sanctions List"] = {
	add_fields: ["active"],
	get_indicator: (doc) =>
		doc.active
			? [__("Active", null, "Sanctions List"), "green", "active,=,1"]
			: [__("Not active"), "gray", "active,=,0"],
};
