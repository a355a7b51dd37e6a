frappe.listview_settings["Dispute"] = {
	add_fields: ["status", "open_amount"],
	get_indicator(doc) {
		// How a dispute has ended stands first: the list cuts off what is long.
		const [colour, word] = {
			Draft: ["red"],
			Open: ["orange"],
			"In Progress": ["blue"],
			"Waiting for Customer": ["yellow"],
			"Resolved: Accepted": ["green", __("Accepted", null, "Dispute")],
			"Resolved: Rejected": ["gray", __("Rejected", null, "Dispute")],
			Cancelled: ["gray"],
		}[doc.status];
		return [word || __(doc.status, null, "Dispute"), colour, `status,=,${doc.status}`];
	},
};
