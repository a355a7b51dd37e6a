frappe.listview_settings["Insolvency Case"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { Open: "red", "Proceedings Ended": "gray", "Reported in Error": "gray" }[doc.status];
		return [__(doc.status, null, "Insolvency Case"), colour, `status,=,${doc.status}`];
	},
};
