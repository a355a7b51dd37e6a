frappe.listview_settings["Account Statement Run"] = {
	add_fields: ["status", "failed_count"],
	get_indicator(doc) {
		const colour = {
			Draft: "gray",
			Queued: "blue",
			Running: "blue",
			Completed: doc.failed_count ? "orange" : "green",
			Cancelled: "gray",
		}[doc.status];
		return [__(doc.status, null, "Account Statement Run"), colour, `status,=,${doc.status}`];
	},
};
