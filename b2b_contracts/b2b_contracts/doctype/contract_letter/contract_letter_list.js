frappe.listview_settings["Contract Letter"] = {
	add_fields: ["status", "kind"],
	get_indicator(doc) {
		const colour = { "To Be Sent": "red", Sent: "green", Filed: "gray" }[doc.status];
		return [__(doc.status, null, "Contract Letter"), colour, `status,=,${doc.status}`];
	},
};
