frappe.listview_settings["Policy Back-test"] = {
	add_fields: ["status", "progress"],
	hide_name_column: true,
	get_indicator(doc) {
		const colour = {
			Draft: "gray",
			Queued: "blue",
			Running: "blue",
			Completed: "green",
			Failed: "red",
			Cancelled: "darkgrey",
		}[doc.status];
		const status = __(doc.status, null, "Policy Back-test");
		const label = doc.status === "Running" ? `${status} ${cint(doc.progress)} %` : status;
		return [label, colour, `status,=,${doc.status}`];
	},
};
