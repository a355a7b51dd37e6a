frappe.listview_settings["Dispute"] = {
	add_fields: ["status", "open_amount"],
	get_indicator(doc) {
		const colour = {
			Draft: "red",
			Open: "orange",
			"In Progress": "blue",
			"Waiting for Customer": "yellow",
			"Resolved: Accepted": "green",
			"Resolved: Rejected": "green",
			Cancelled: "gray",
		}[doc.status];
		return [__(doc.status, null, "Dispute"), colour, `status,=,${doc.status}`];
	},
};
