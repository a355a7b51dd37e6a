// Matches by what was decided about them.
frappe.listview_settings["Screening Match"] = {
	add_fields: ["status"],
	filters: [["status", "=", "Open"]],
	get_indicator(doc) {
		const colour = { Open: "red", Cleared: "green", Confirmed: "darkgrey", Ended: "gray" }[doc.status];
		return [__(doc.status, null, "Screening Match"), colour, `status,=,${doc.status}`];
	},
};
