frappe.listview_settings["Balance Confirmation"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Sent: "blue", Confirmed: "green", Differs: "red", "No Answer": "orange" }[doc.status];
		return [__(doc.status, null, "Balance Confirmation"), colour, `status,=,${doc.status}`];
	},
};
