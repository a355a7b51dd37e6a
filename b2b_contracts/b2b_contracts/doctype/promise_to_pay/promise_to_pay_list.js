frappe.listview_settings["Promise to Pay"] = {
	add_fields: ["status", "currency"],
	get_indicator(doc) {
		const colour = {
			Open: "blue",
			Kept: "green",
			"Partly Kept": "orange",
			Broken: "red",
			Withdrawn: "gray",
		}[doc.status];
		return [__(doc.status, null, "Promise to Pay"), colour, `status,=,${doc.status}`];
	},
};
