frappe.listview_settings["Security Instrument"] = {
	add_fields: ["status", "currency", "docstatus"],
	has_indicator_for_draft: true,
	get_indicator(doc) {
		const colour = {
			Requested: "orange",
			Received: "blue",
			"In Force": "green",
			Claimed: "purple",
			Released: "gray",
			Expired: "red",
			Replaced: "gray",
		}[doc.status];
		return [__(doc.status, null, "Security Instrument"), colour, `status,=,${doc.status}`];
	},
};
