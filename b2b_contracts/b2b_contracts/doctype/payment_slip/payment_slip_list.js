frappe.listview_settings["Payment Slip"] = {
	add_fields: ["status", "currency"],
	get_indicator(doc) {
		const colour = {
			Reported: "orange",
			Accepted: "blue",
			Arrived: "green",
			"Not Arrived": "red",
			Rejected: "gray",
			Cancelled: "gray",
		}[doc.status];
		return [__(doc.status, null, "Payment Slip"), colour, `status,=,${doc.status}`];
	},
};
