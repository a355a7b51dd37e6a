frappe.listview_settings["Dunning Run"] = {
	add_fields: ["status", "failed", "unclear"],
	get_indicator(doc) {
		const colour = {
			Draft: "gray",
			Planning: "orange",
			Planned: "blue",
			Sending: "orange",
			Completed: doc.failed || doc.unclear ? "orange" : "green",
			Cancelled: "darkgrey",
		}[doc.status];
		return [__(doc.status, null, "Dunning Run"), colour, `status,=,${doc.status}`];
	},
};
