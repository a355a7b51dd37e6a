// Rates: which of them nobody has checked.
frappe.listview_settings["Reference Rate"] = {
	add_fields: ["is_confirmed"],
	get_indicator: (doc) =>
		doc.is_confirmed
			? [__("Confirmed"), "green", "is_confirmed,=,1"]
			: [__("Not confirmed"), "orange", "is_confirmed,=,0"],
};
