frappe.listview_settings["B2B Contract Template"] = {
	add_fields: ["status", "version_number"],
	get_indicator(doc) {
		const colour = { Draft: "gray", Approved: "green", Retired: "darkgrey" }[doc.status];
		return [__(doc.status, null, "B2B Contract Template"), colour, `status,=,${doc.status}`];
	},
};
