frappe.listview_settings["Payment Plan"] = {
	add_fields: ["status", "currency"],
	has_indicator_for_draft: true,
	has_indicator_for_cancelled: true,
	get_indicator(doc) {
		const colour = {
			Draft: "gray",
			Approved: "orange",
			Active: "blue",
			Completed: "green",
			Broken: "red",
			Cancelled: "darkgrey",
		}[doc.status];
		return [__(doc.status, null, "Payment Plan"), colour, `status,=,${doc.status}`];
	},
};
